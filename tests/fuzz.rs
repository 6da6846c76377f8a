//! Every input of texts, fed with changed seeds from `tests/fuzz` and from the other tests. The changes are random, but the same in each run.
//! `tests/fuzz/run SECONDS` runs for a given time, with optimisation.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

use crate::support;

use std::cell::Cell;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use slowburn::ask::{self, Live};
use slowburn::backtest::{self, From, Grain, History, Range};
use slowburn::diagnostic::Problem;
use slowburn::editor;
use slowburn::import;
use slowburn::promql::ast::MatchOp;
use slowburn::promql::{self, regex};
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, SourceId, Sources};
use slowburn::status::{self, Answers};
use slowburn::vocabulary::{self, Decimal};
use slowburn::{parse, simulate, text};
use support::folder::{API, Folder};

/// Reads a text; the number is random.
type Run = fn(&str, u64);

/// The inputs, each with the function that reads it.
const TARGETS: [(&str, Run); 11] = [
    ("source", source),
    ("import", foreign),
    ("promql", query),
    ("exposition", exposition),
    ("contract", contract),
    ("incident", incident),
    ("csv", csv),
    ("template", template),
    ("answer", answer),
    ("editor", places),
    ("regex", pattern),
];

fn one(text: &str) -> Sources {
    Sources::new(vec![SourceFile { path: "slos/api.yaml".to_owned(), text: text.to_owned() }])
}

fn rendered(problems: &[Problem], sources: &Sources) {
    for format in [Format::Human { color: true }, Format::Json, Format::Github, Format::Sarif] {
        render(problems, sources, format);
    }
}

/// As a service beside a project, or as the project beside a service.
fn source(text: &str, chance: u64) {
    let name =
        if chance.is_multiple_of(2) { ["slowburn.yaml", "api.yaml"] } else { ["api.yaml", "slowburn.yaml"] };
    let other = if chance.is_multiple_of(2) { API } else { "version: slowburn/v1\nlanguage: es\n" };
    let file = |name: &str, text: &str| SourceFile { path: format!("slos/{name}"), text: text.to_owned() };
    let sources = Sources::new(vec![file(name[0], text), file(name[1], other)]);
    let compiled = slowburn::compile(&sources);
    rendered(&compiled.problems, &sources);
    // Valid sources are compiled only sometimes, because that takes far longer.
    if chance.is_multiple_of(31) {
        compiled.artifacts();
    }
}

/// As a spec of another tool. The result is read again.
fn foreign(text: &str, chance: u64) {
    let sources = one(text);
    let options = import::Options { identity: chance.is_multiple_of(2), ..import::Options::default() };
    let imported = import::import(&sources, &options);
    rendered(&imported.problems, &sources);
    let file = |(path, text): (String, String)| SourceFile { path, text };
    let files = Sources::new(imported.files.into_iter().map(file).collect());
    let problems = slowburn::compile(&files).problems;
    let broken = ["yaml-syntax", "unknown-key", "wrong-type", "duplicate-key", "promql-syntax"];
    assert!(
        !problems.iter().any(|problem| problem.is_error() && broken.contains(&problem.code.name())),
        "{problems:?}"
    );
}

fn query(text: &str, _: u64) {
    if let Ok((expr, _)) = promql::read(text) {
        let printed = expr.to_string();
        let again = promql::parse(&printed).unwrap_or_else(|fault| panic!("{printed}: {fault:?}"));
        assert_eq!(again.to_string(), printed);
        assert!(promql::parse(&promql::pretty(&expr, 80)).is_ok(), "{printed}");
    }
}

fn exposition(text: &str, _: u64) {
    parse::exposition::read(text.as_bytes());
}

fn contract(text: &str, chance: u64) {
    let marked = format!("{}\n{text}", slowburn::contract::MARK);
    let text = if chance.is_multiple_of(2) { text } else { &marked };
    let (read, problems) = parse::contract(SourceId(0), text);
    rendered(&problems, &one(text));
    if let Some(built) = read.and_then(|contract| contract.build()) {
        assert!(parse::contract(SourceId(0), &built).0.is_some(), "{built}");
    }
}

fn incident(text: &str, _: u64) {
    match simulate::parse(text) {
        Ok(incident) => assert_eq!(simulate::parse(&incident.to_string()).as_ref(), Ok(&incident)),
        Err(fault) => assert!(fault.to_string().len() < 4_000),
    }
}

fn csv(text: &str, _: u64) {
    drop(simulate::parse_csv(text, vocabulary::Duration::from_secs(30)));
}

fn template(template: &str, _: u64) {
    text::faults(template, text::Burn::NAMES);
    text::faults(template, text::Companion::NAMES);
}

/// Every question gets every answer.
fn answer(text: &str, chance: u64) {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return };
    thread_local!(static COMPILED: slowburn::Compiled = slowburn::compile(&one(API)));
    COMPILED.with(|compiled| {
        let (plan, mut model) = (compiled.plan().unwrap(), compiled.model.clone().unwrap());
        let mut live = Live::default();
        for question in ask::questions(&model).iter().chain(&ask::further(&model, &live)) {
            live.add_answer(question, &value);
        }
        live.settle();
        let moment = status::moment(&value["data"]).unwrap_or(Decimal::from(1_767_225_600));
        let mut answers = Answers::new(moment);
        for question in status::questions(&plan, &[]) {
            answers.add_answer(&question, &value);
        }
        let standings = status::status(&plan, &[], &answers, None);
        for _ in [
            status::human(&standings, Some(80), true),
            status::json(&standings),
            status::markdown(&standings),
        ] {}
        let (service, range) = (&model.services[0], Range { from: 1_767_225_600, until: 1_767_312_000 });
        let mut history = History::new(&model, service, &service.slos[0], range, Grain::Coarse);
        for (from, piece) in [(From::Recorded, range), (From::Raw, range)] {
            for question in history.questions(piece, from) {
                history.add_answer(&question, from, &value);
            }
        }
        history.steps().count();
        backtest::warnings(&value).count();
        if chance.is_multiple_of(16) {
            live.hold(&mut model);
            slowburn::compile_against(&one(API), None, &live);
        }
    });
}

/// Requests of an editor at all places in an incomplete text.
fn places(text: &str, chance: u64) {
    let sources = one(text);
    let (compiled, model) = (slowburn::compile(&sources), slowburn::model_of(&sources));
    let project = editor::Project { sources: &sources, problems: &compiled.problems, model: &model };
    let mut offset = chance as usize % (text.len() + 1);
    let lines = editor::Lines::of(text, editor::Encoding::Utf16);
    offset = lines.offset(lines.place(offset));
    editor::completion(project, SourceId(0), offset);
    editor::hover(project, SourceId(0), offset);
    editor::definition(project, SourceId(0), offset);
}

fn pattern(pattern: &str, _: u64) {
    if regex::check(pattern).is_ok() {
        let example = regex::example(pattern);
        assert!(example.is_none_or(|text| regex::matches(pattern, &text) == Some(true)));
        regex::satisfying(&[(MatchOp::Matches, pattern), (MatchOp::NotMatches, "a.*")]);
    }
}

/// A random generator with the same numbers in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Texts that have caused faults in other programs.
const HOSTILE: [&str; 40] = [
    "\u{2028}",
    "\u{feff}",
    "\u{202e}",
    "\r",
    "\t",
    "\0",
    "'",
    "\"",
    "`",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "{{",
    "<<",
    "%>",
    "\\",
    "#",
    "&a ",
    "*a",
    "- ",
    ": ",
    "\n",
    "\n  ",
    "|",
    ">-",
    "-79228162514264337593543950335",
    "1e308",
    "NaN",
    "+Inf",
    "0",
    "99.9%",
    "1y",
    "$",
    "é",
    "🞶",
    "[5m]",
    "offset",
];

/// A seed with one to eight changes: cut, doubled, joined with another one, or with a byte or a word changed.
fn ruined(seeds: &[String], chance: &mut Chance) -> String {
    let mut text = chance.of(seeds).clone();
    for _ in 0..=chance.below(8) {
        let floor = |mut at: usize, text: &str| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (one, other) = (chance.below(text.len() + 1), chance.below(text.len() + 1));
        let near = one.min(other).max(one.max(other).saturating_sub(1 + chance.below(40)));
        let (start, end) = (floor(near, &text), floor(one.max(other), &text));
        let part = text[start..end].to_owned();
        match chance.below(7) {
            0 => text.replace_range(start..end, ""),
            1 => text.insert_str(end, &part.repeat(1 + chance.below(4))),
            2 => text.replace_range(start..end, HOSTILE[chance.below(HOSTILE.len())]),
            3 => text.insert_str(start, HOSTILE[chance.below(HOSTILE.len())]),
            4 => {
                let donor = chance.of(seeds);
                let at = floor(chance.below(donor.len() + 1), donor);
                let to = floor((at + chance.below(60)).min(donor.len()), donor);
                text.insert_str(start, &donor[at..to]);
            }
            5 => text.truncate(end),
            _ => {
                let c = char::from_u32(chance.below(128) as u32).unwrap_or(' ');
                text.replace_range(
                    start..end.min(floor((start + 1).min(text.len()), &text)).max(start),
                    &c.to_string(),
                );
            }
        }
        text.truncate(floor(text.len().min(20_000), &text));
    }
    text
}

/// The files of a folder; with `lines`, each line separately.
fn read(folder: &Path, extension: &str, lines: bool, seeds: &mut Vec<String>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_none_or(|known| extension.is_empty() || known == extension))
    {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        match lines {
            true => seeds.extend(text.lines().filter(|line| !line.is_empty()).map(str::to_owned)),
            false if text.len() < 20_000 => seeds.push(text),
            false => {}
        }
    }
}

/// The seeds. The first ones, up to the returned number, are cases that are always run.
fn seeds(target: &str) -> (Vec<String>, usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Vec::new();
    let whole = ["csv"].contains(&target);
    read(&root.join("tests/fuzz").join(target), "", !whole, &mut seeds);
    let cases = seeds.len();
    let beside: &[(&str, &str, bool)] = match target {
        "source" | "editor" => &[
            ("slos", "yaml", false),
            ("tests/rejected/project", "yaml", false),
            ("tests/rejected/service", "yaml", false),
            ("tests/rejected/contract", "yaml", false),
            ("tests/cases", "yaml", false),
        ],
        "import" => &[("tests/import", "yaml", false)],
        "promql" => &[("tests/promql", "txt", true)],
        "exposition" => &[
            ("tests/expositions", "prom", false),
            ("tests/expositions/real", "", false),
            ("slos/metrics", "prom", false),
        ],
        "contract" => &[
            ("tests/contracts", "prom", false),
            ("slos/metrics", "prom", false),
            ("tests/rejected/contract", "prom", false),
        ],
        _ => &[],
    };
    for (folder, extension, lines) in beside {
        read(&root.join(folder), extension, *lines, &mut seeds);
    }
    assert!(!seeds.is_empty(), "{target} has no seeds");
    (seeds, cases)
}

/// The time for each target: `SLOWBURN_FUZZ` seconds, or half a second.
fn time() -> Duration {
    let seconds = std::env::var("SLOWBURN_FUZZ").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(0.5))
}

/// After a panic the text is saved beside the seeds of its target, and is a case from then on.
#[test]
fn no_input_ends_the_program() {
    let begin = std::env::var("SLOWBURN_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut faults = Vec::new();
    let only = std::env::var("SLOWBURN_FUZZ_TARGET").ok();
    for (target, run) in
        TARGETS.into_iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name))
    {
        let (seeds, cases) = seeds(target);
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ begin);
        let (start, count) = (Instant::now(), Cell::new(0u64));
        let mut slowest = (Duration::ZERO, String::new());
        let mut left = seeds[..cases].iter();
        while start.elapsed() < time() || left.len() > 0 {
            let text = left.next().cloned().unwrap_or_else(|| ruined(&seeds, &mut chance));
            let number = chance.next();
            let begun = Instant::now();
            if catch_unwind(AssertUnwindSafe(|| run(&text, number))).is_err() {
                faults.push(format!("{target}: {text:?}"));
                let found =
                    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}-{}", faults.len()));
                std::fs::write(found, &text).unwrap();
                break;
            }
            if begun.elapsed() > slowest.0 {
                slowest = (begun.elapsed(), text);
            }
            count.set(count.get() + 1);
        }
        let shown: String = slowest.1.chars().take(60).collect();
        eprintln!("{target}: {} inputs, the slowest took {:?}: {shown:?}", count.get(), slowest.0);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The language server reads all messages, whatever they are.
#[test]
fn no_message_ends_the_server() {
    let folder = Folder::new();
    let (seeds, _) = seeds("message");
    let mut chance = Chance(7);
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < time() {
        let mut server = Command::new(env!("CARGO_BIN_EXE_slowburn"))
            .arg("lsp")
            .current_dir(folder.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = server.stdout.take().unwrap();
        let reader = std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
        let mut sent = Vec::new();
        {
            let mut into = server.stdin.take().unwrap();
            let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#;
            let texts = std::iter::once(hello.to_owned()).chain(seeds.iter().cloned());
            let texts: Vec<String> = texts.chain((0..500).map(|_| ruined(&seeds, &mut chance))).collect();
            for text in texts {
                // `exit` ends it with code 0.
                if !text.contains("exit")
                    && into
                        .write_all(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes())
                        .is_ok()
                {
                    sent.push(text);
                }
            }
        }
        let ended = server.wait_with_output().unwrap();
        reader.join().unwrap().unwrap();
        count += sent.len();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(
            ended.status.code().is_some_and(|code| code <= 2) && !said.contains("panicked"),
            "{said}\n{sent:?}"
        );
    }
    eprintln!("message: {count} inputs");
}
