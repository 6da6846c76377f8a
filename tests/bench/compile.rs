//! How fast the compiler is, and how much memory it takes: `cargo bench --bench compile`, or `-- --short` for a form of seconds.
//!
//! `-- hundred` checks a hundred kilobytes of one thing after the other, and wants less than 100 ms for each; `-- hundred journeys` only
//! those with this in their name.
//!
//! Generates 1 to 10,000 SLOs of every kind and lets the program itself compile them, to rules alone and to every target. Beside it stand, in the
//! same run, the floor (reading those sources and writing files of the same sizes, and nothing else) and slokit on the same SLOs. Every run is a
//! process of its own; the system says how much processor time and memory it took. Ends with 1 if a bound is broken.
//!
//! # What dominates
//! Instructions per SLO on the way to rules, counted by callgrind on 110 SLOs: 1.30 million, 75 per byte of the 17.4 KB that come out. The printer
//! of expressions takes a quarter, `lower` a fifth, YAML an eighth in each direction, dropping trees 7 %. It was 8.75 million before lines were no
//! longer printed to their end to find out that they do not fit, scalars no longer all spelled by a serializer, templates no longer read once per
//! alert; and 2.35 million before patterns were read once per project, the braces of a selector spelled once per SLO, and queries printed where they
//! stand. A quarter of the time went into malloc and free, and most of that is gone with mimalloc, whose huge pages are off: to clear them took
//! longer than everything they save.
//!
//! # What is not reached
//! Ten times the speed of slokit: that is 0.24 s for 10,000 SLOs, less than the floor takes, for 2.3 times as many bytes. It is reported as broken
//! until it holds.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]

#[path = "compile/floor.rs"]
mod floor;
#[path = "compile/hundred.rs"]
mod hundred;
#[path = "compile/measure.rs"]
mod measure;
#[path = "compile/project.rs"]
mod project;
#[path = "compile/stages.rs"]
mod stages;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use measure::Cost;

const SLOWBURN: &str = env!("CARGO_BIN_EXE_slowburn");

/// The bounds. They hold for the largest number of SLOs; those of time that are absolute for 10,000.
mod bounds {
    /// Seconds for 10,000 SLOs to rules.
    pub const SECONDS: f64 = 1.0;
    /// How many times faster per SLO than slokit.
    pub const FASTER: f64 = 10.0;
    /// Peak memory over input and output.
    pub const MEMORY: f64 = 4.0;
    /// Processor time for ten times as many SLOs. It is linear if it is 10; the rest is what leaves the processor's caches. Not the time on the
    /// wall, which is the disk's and the neighbours' as well.
    pub const DECADE: f64 = 12.0;
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        // The bench starts itself for what is to be measured in a process of its own.
        ["measure", ref command @ ..] => measure::child(command),
        ["floor", sources, made, to] => floor::copy(sources.as_ref(), made.as_ref(), to.as_ref()),
        ["stages", sources] => stages::print(sources.as_ref()),
        ["hundred", ref some @ ..] => {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-hundred");
            return hundred::print(&folder, &some.join(" "));
        }
        [] => return bench(&[1, 100, 1000, 10_000]),
        ["--short"] => return bench(&[1, 100, 1000]),
        _ => {
            eprintln!("usage: cargo bench --bench compile [-- --short | hundred [NAME]]");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// One number of SLOs, with what everything cost.
struct Row {
    slos: usize,
    check: Cost,
    rules: Target,
    all: Target,
    slokit: Option<Cost>,
}

/// What slowburn was asked to make.
struct Target {
    cost: Cost,
    floor: Cost,
    /// Bytes of sources and of what is made from them.
    bytes: u64,
}

fn bench(sizes: &[usize]) -> ExitCode {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-compile");
    let slokit = slokit();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{cores} cores; the fastest of several runs each");
    let rows: Vec<Row> = sizes.iter().map(|slos| row(&folder, *slos, slokit.as_deref())).collect();
    println!(
        "\n{:<22}{:>7}{:>10}{:>12}{:>10}{:>10}{:>9}{:>9}{:>9}",
        "", "SLOs", "wall s", "SLOs/s", "CPU s", "peak MB", "in+out", "CPU ×", "peak ×"
    );
    type Part = (&'static str, fn(&Row) -> Option<(Cost, u64)>);
    let parts: [Part; 6] = [
        ("slowburn check", |row| Some((row.check, 0))),
        ("floor, rules", |row| Some((row.rules.floor, row.rules.bytes))),
        ("slowburn, rules", |row| Some((row.rules.cost, row.rules.bytes))),
        ("slokit, rules", |row| Some((row.slokit?, 0))),
        ("floor, all targets", |row| Some((row.all.floor, row.all.bytes))),
        ("slowburn, all targets", |row| Some((row.all.cost, row.all.bytes))),
    ];
    for (name, cost) in parts {
        let mut before: Option<Cost> = None;
        for row in &rows {
            let Some((cost, bytes)) = cost(row) else { continue };
            let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
            let grown = |part: fn(&Cost) -> f64| {
                before.map_or_else(String::new, |before| format!("{:.1}", part(&cost) / part(&before)))
            };
            println!(
                "{name:<22}{:>7}{:>10.3}{:>12.0}{:>10.3}{:>10}{:>9}{:>9}{:>9}",
                row.slos,
                cost.wall,
                row.slos as f64 / cost.wall,
                cost.cpu,
                megabytes(cost.peak),
                if bytes > 0 { megabytes(bytes) } else { String::new() },
                grown(|cost| cost.cpu),
                grown(|cost| cost.peak as f64),
            );
            before = Some(cost);
        }
    }
    println!("\nWhere the time of {} SLOs goes, each stage by itself:", sizes[sizes.len() - 1]);
    let sources = folder.join(sizes[sizes.len() - 1].to_string()).join("slos");
    let status = Command::new(env::current_exe().unwrap()).arg("stages").arg(sources).status().unwrap();
    assert!(status.success());
    judge(&rows)
}

/// Says of every bound whether it holds.
fn judge(rows: &[Row]) -> ExitCode {
    let [.., before, last] = rows else { return ExitCode::FAILURE };
    let mut broken = 0;
    let mut bound = |holds: bool, words: String| {
        println!("{}  {words}", if holds { "holds " } else { "BROKEN" });
        broken += usize::from(!holds);
    };
    println!();
    if last.slos == 10_000 {
        let seconds = last.rules.cost.wall;
        bound(
            seconds < bounds::SECONDS,
            format!("10,000 SLOs to rules in {seconds:.2} s, below {} s", bounds::SECONDS),
        );
    } else {
        println!("skipped 10,000 SLOs to rules in less than {} s: this is the short form", bounds::SECONDS);
    }
    match last.slokit {
        Some(slokit) => {
            let faster = slokit.wall / last.rules.cost.wall;
            bound(
                faster >= bounds::FASTER,
                format!(
                    "{faster:.1} times the speed of slokit per SLO ({:.1} times in processor time), at least {}",
                    slokit.cpu / last.rules.cost.cpu,
                    bounds::FASTER
                ),
            );
        }
        None => println!("skipped the speed of slokit: it could not be installed"),
    }
    for (name, target, before) in
        [("rules", &last.rules, &before.rules), ("all targets", &last.all, &before.all)]
    {
        let memory = target.cost.peak as f64 / target.bytes as f64;
        bound(
            memory < bounds::MEMORY,
            format!("{name}: peak memory {memory:.1} times input and output, below {}", bounds::MEMORY),
        );
        let time = target.cost.cpu / before.cost.cpu;
        bound(
            time < bounds::DECADE,
            format!(
                "{name}: {time:.1} times the processor time for ten times the SLOs, below {}",
                bounds::DECADE
            ),
        );
    }
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Measures everything for one number of SLOs.
fn row(folder: &Path, slos: usize, slokit: Option<&Path>) -> Row {
    let folder = folder.join(slos.to_string());
    let _ = fs::remove_dir_all(&folder);
    let (sources, sloth) = (folder.join("slos"), folder.join("sloth"));
    project::slowburn(slos, &sources);
    project::sloth(slos, &sloth);
    let times = if slos < 1000 { 10 } else { 3 };
    let compiled = |name: &str, only: &[&str]| {
        let out = folder.join(name);
        let mut command: Vec<&str> = vec![SLOWBURN, "compile", path(&sources), "--out", path(&out)];
        command.extend(only);
        let cost = measure::best(times, &command, &out);
        let copy = folder.join("floor");
        let this = env::current_exe().unwrap();
        let floor =
            measure::best(times, &[path(&this), "floor", path(&sources), path(&out), path(&copy)], &copy);
        let bytes = floor::bytes(&sources) + floor::bytes(&out);
        Target { cost, floor, bytes }
    };
    let rules = compiled("rules", &["--only", "prometheus"]);
    let all = compiled("all", &[]);
    let check = measure::best(times, &[SLOWBURN, "check", path(&sources)], &folder.join("nothing"));
    let out = folder.join("slokit.yaml");
    let slokit = slokit.map(|slokit| {
        measure::best(
            times,
            &[path(slokit), "generate", "-i", path(&sloth), "-o", path(&out)],
            &folder.join("nothing"),
        )
    });
    Row { slos, check, rules, all, slokit }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("the target directory is called in UTF-8")
}

/// The peer, installed beside what cargo builds; `None` if that is not possible, which is said aloud.
fn slokit() -> Option<PathBuf> {
    const VERSION: &str = "1.9.0";
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("peers");
    let program = root.join("bin/slokit");
    let version = Command::new(&program).arg("--version").output();
    if version.is_ok_and(|version| String::from_utf8_lossy(&version.stdout).contains(VERSION)) {
        return Some(program);
    }
    println!("installing slokit {VERSION} into {}: a few minutes, once", root.display());
    let installed = Command::new(env!("CARGO"))
        .args(["install", "slokit", "--locked", "--quiet", "--version", VERSION, "--root"])
        .arg(&root)
        .stdin(Stdio::null())
        .status();
    if installed.is_ok_and(|status| status.success()) {
        return Some(program);
    }
    println!("slokit could not be installed, so nothing is compared with it");
    None
}
