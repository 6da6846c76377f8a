//! Helpers of several tests: the tools that they run, and folders that they may change.
#![allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)]

pub mod alertmanager;
pub mod application;
pub mod browser;
pub mod dashboards;
pub mod documents;
pub mod editor;
pub mod folder;
pub mod mailbox;
pub mod prometheus;
pub mod readers;
pub mod recorder;
pub mod rules;
pub mod samples;
pub mod server;
pub mod slots;

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// The files of `tests/rejected`, each with the folder of its project.
pub fn rejected() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rejected");
    let entries = |folder: &Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, PathBuf)> = entries(&root)
        .flat_map(|folder| entries(&folder).collect::<Vec<_>>())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| (path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    files.sort();
    assert!(files.len() > 400, "{} rejected files", files.len());
    files
}

/// Debian's promtool, or that of `PROMTOOL` or `PATH`. Under `tests/run` it must exist: a test that needs it fails without.
pub fn promtool() -> Option<PathBuf> {
    let found = tool("PROMTOOL", "promtool");
    assert!(found.is_some() || !required(), "there is no promtool: run tests/tools, or set PROMTOOL");
    found
}

/// Prometheus. Under `tests/run` it must exist.
pub fn prometheus() -> Option<PathBuf> {
    let found = tool("PROMETHEUS", "prometheus");
    assert!(found.is_some() || !required(), "there is no prometheus: run tests/tools, or set PROMETHEUS");
    found
}

/// Alertmanager. Under `tests/run` it must exist.
pub fn alertmanager() -> Option<PathBuf> {
    let found = tool("ALERTMANAGER", "alertmanager");
    assert!(found.is_some() || !required(), "there is no alertmanager: run tests/tools, or set ALERTMANAGER");
    found
}

/// The tool for Alertmanager's configuration. Under `tests/run` it must exist.
pub fn amtool() -> Option<PathBuf> {
    let found = tool("AMTOOL", "amtool");
    assert!(found.is_some() || !required(), "there is no amtool: run tests/tools, or set AMTOOL");
    found
}

fn required() -> bool {
    env::var("SLOWBURN_REQUIRE_TOOLS").as_deref() == Ok("1")
}

/// A promtool of Prometheus 3, if there is one.
pub fn promtool3() -> Option<PathBuf> {
    tool("PROMTOOL3", "promtool3")
}

/// The processor time of this thread: a busy machine does not change it.
pub fn processor_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}

/// An amtool of Alertmanager 0.28 or newer, if there is one.
pub fn amtool28() -> Option<PathBuf> {
    tool("AMTOOL28", "amtool28")
}

/// VictoriaMetrics' counterpart of promtool.
pub fn vmalert_tool() -> Option<PathBuf> {
    tool("VMALERT_TOOL", "vmalert-tool")
}

/// A Chromium, if there is one.
pub fn chromium() -> Option<PathBuf> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    names.iter().find_map(|name| tool("CHROMIUM", name))
}

/// Whether slow tests are wanted, too.
pub fn full() -> bool {
    env::var("SLOWBURN_FULL").as_deref() == Ok("1")
}

/// Prints that something could not run. It does not use `eprintln!`, which the test harness captures; `tests/run` repeats the line beside the result.
pub fn skipped(what: &str) {
    let line = format!("skipped: {what}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Ok(list) = env::var("SLOWBURN_SKIPPED") {
        let mut list = OpenOptions::new().create(true).append(true).open(list).unwrap();
        list.write_all(line.as_bytes()).unwrap();
    }
}

/// The tool from `variable`, from `tests/tools`, or from `PATH`; only if it runs.
fn tool(variable: &str, name: &str) -> Option<PathBuf> {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin").join(name);
    let named = env::var_os(variable).filter(|named| !named.is_empty()).map(PathBuf::from);
    let runs = |tool: &PathBuf| {
        // vmalert-tool has no `--version`.
        ["--version", "--help"].iter().any(|asked| {
            let answer = Command::new(tool).arg(asked).stdout(Stdio::null()).stderr(Stdio::null()).status();
            answer.is_ok_and(|status| status.success())
        })
    };
    [named, Some(fetched), Some(PathBuf::from(name))].into_iter().flatten().find(runs)
}
