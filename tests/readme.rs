//! The README is true: every block in it is compiled, run or compared, as the words behind its fence say.
//!
//! | block | is |
//! |---|---|
//! | `yaml out/…` | an excerpt of what the sources below `slos/` compile to |
//! | `yaml …/*.yaml`, `prom …/*.prom` | a source; all of one folder compile together without a problem |
//! | `yaml prometheus.yml` | a configuration that promtool accepts with the compiled rules |
//! | `yaml .github/…` | YAML |
//! | `console` | commands behind `$`, and all they print |
//! | `sh` | a script that bash can read |
//!
//! In excerpts and outputs `…` stands for anything. Commands run one after the other where the named files are.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::process::Command;

use slowburn::source::{SourceFile, Sources};
use support::folder::Folder;
use support::{promtool, skipped};

const README: &str = include_str!("../README.md");

/// Every fenced block: the words behind its fence, and its text.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let fenced: Vec<&str> = README.split("\n```").skip(1).collect();
    assert!(fenced.len().is_multiple_of(2), "every fence is closed");
    fenced.chunks(2).map(|block| block[0].split_once('\n').unwrap_or((block[0], ""))).collect()
}

/// The blocks of YAML, by the path of each.
fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    let path = |info: &'static str| info.strip_prefix("yaml ").or(info.strip_prefix("prom "));
    blocks().into_iter().filter_map(move |(info, text)| Some((path(info)?, text)))
}

/// The blocks that are sources, by folder.
fn sources() -> BTreeMap<&'static str, Vec<SourceFile>> {
    let mut folders: BTreeMap<&str, Vec<SourceFile>> = BTreeMap::new();
    for (path, text) in files() {
        let Some((folder, _)) = path.split_once('/') else { continue };
        if folder != "out" && !folder.starts_with('.') {
            let file = SourceFile { path: path.to_owned(), text: format!("{text}\n") };
            folders.entry(folder).or_default().push(file);
        }
    }
    folders
}

/// A folder with every file that the README names, compiled.
fn folder() -> Folder {
    let folder = Folder::empty();
    for (path, text) in files().filter(|(path, _)| !path.starts_with("out/")) {
        folder.write(path, format!("{text}\n"));
    }
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    folder
}

/// Whether `text` is the pattern, in which `…` stands for anything.
fn is(text: &str, pattern: &str) -> bool {
    let Some((head, mut pattern)) = pattern.split_once('…') else { return text == pattern };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    while let Some((part, after)) = pattern.split_once('…') {
        let Some(at) = rest.find(part) else { return false };
        (rest, pattern) = (&rest[at + part.len()..], after);
    }
    rest.ends_with(pattern)
}

#[test]
fn every_block_is_of_a_kind_that_is_tested() {
    for (info, text) in blocks() {
        let known = match info.split_once(' ') {
            Some(("yaml" | "prom", path)) => path.contains('/') || path == "prometheus.yml",
            _ => ["console", "sh"].contains(&info),
        };
        assert!(known && !text.is_empty(), "```{info}\n{text}");
    }
}

#[test]
fn sources_compile_without_a_problem() {
    assert_eq!(sources().into_keys().collect::<Vec<_>>(), ["reference", "slos"]);
    for files in sources().into_values() {
        let sources = Sources::new(files);
        let problems = slowburn::compile(&sources).problems;
        let format = slowburn::render::Format::Human { color: false };
        assert!(problems.is_empty(), "{}", slowburn::render::render(&problems, &sources, format));
    }
}

#[test]
fn excerpts_are_of_what_is_compiled() {
    let folder = folder();
    for (path, text) in files().filter(|(path, _)| path.starts_with("out/")) {
        assert!(is(&folder.read(path), &format!("…\n{text}\n…")), "{path} does not have\n{text}");
    }
}

#[test]
fn commands_print_what_is_shown() {
    let folder = Folder::empty();
    for (path, text) in files().filter(|(path, _)| path.starts_with("slos/")) {
        folder.write(path, format!("{text}\n"));
    }
    let tools = [Path::new(env!("CARGO_BIN_EXE_slowburn")).to_owned()].into_iter().chain(promtool());
    let folders = tools.map(|tool| tool.parent().unwrap().to_owned());
    let known = env::split_paths(&env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    let path = env::join_paths(folders.chain(known)).unwrap();
    for (_, text) in blocks().into_iter().filter(|(info, _)| *info == "console") {
        for shown in format!("\n{text}\n").split("\n$ ").skip(1) {
            let (command, expected) = shown.split_once('\n').unwrap_or((shown, ""));
            if command.starts_with("promtool ") && promtool().is_none() {
                skipped(&format!("promtool is not installed, so the README's `{command}` did not run"));
                continue;
            }
            let run = command.replace("cargo run --release", "slowburn");
            let script = format!("exec 2>&1; PATH='{}'; {run}", path.display());
            let printed = folder.script(&["bash", "-c"], &script).stdout;
            let (printed, expected) = (printed.trim_end(), expected.trim_end());
            assert!(is(printed, expected), "$ {command}\n{printed}\n--- is not ---\n{expected}");
        }
    }
}

#[test]
fn other_files_are_what_their_readers_take() {
    let folder = folder();
    for (path, text) in files() {
        // An excerpt need not be YAML by itself.
        if !path.starts_with("out/") && !path.ends_with(".prom") {
            serde_yaml::from_str::<serde_yaml::Value>(text).unwrap();
        }
    }
    let Some(promtool) = promtool() else {
        return skipped("promtool is not installed, so it did not check the README's prometheus.yml");
    };
    let config = folder.path("prometheus.yml");
    let checked = Command::new(promtool).args(["check", "config"]).arg(config).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.contains("shop.rules.yaml"), "{said}");
}

#[test]
fn scripts_are_read_by_bash() {
    for (_, text) in blocks().into_iter().filter(|(info, _)| *info == "sh") {
        let read = Command::new("bash").args(["-n", "-c", text]).output().unwrap();
        assert!(read.status.success(), "{text}\n{}", String::from_utf8_lossy(&read.stderr));
    }
}

/// The compiler lists the keys it knows whenever it meets one it does not.
#[test]
fn every_key_is_told() {
    let project = "x: 1\nprometheus: { x: 1 }\nseverities: { page: { x: 1 } }\nmissing_events: { x: 1 }\n\
                   slice: { x: 1 }\npolicies: { calm: { x: 1, tiers: [{ x: 1 }] } }\n\
                   dependencies: { a: { x: 1 } }\nalertmanager: { x: 1, smtp: { x: 1 }, times: { a: { x: 1 } }, \
                   routes: [{ x: 1 }], inhibitions: [{ x: 1 }], receivers: { a: { x: 1, slack: { x: 1 }, \
                   webhook: { x: 1 }, pagerduty: { x: 1 }, opsgenie: { x: 1 } } } }\n";
    let service = "x: 1\nslos: { a: { x: 1, sli: { x: 1 } } }\nalerts: { a: { x: 1 } }\n";
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let sources = Sources::new(vec![file("slos/slowburn.yaml", project), file("slos/a.yaml", service)]);
    let problems = slowburn::compile(&sources).problems;
    let unknown: Vec<_> = problems.iter().filter(|problem| problem.code == "unknown-key").collect();
    assert_eq!(unknown.len(), 22, "each `x` is one");
    for help in unknown.iter().flat_map(|problem| &problem.help) {
        for key in help.text.split('`').skip(1).step_by(2) {
            let told = [format!("`{key}`"), format!(".{key}`"), format!("{key}: ")];
            assert!(told.iter().any(|told| README.contains(told)), "the README does not tell of `{key}`");
        }
    }
}

#[test]
fn lines_are_short_and_links_lead_somewhere() {
    for line in README.lines() {
        assert!(line.chars().count() <= 120, "{line}");
    }
    let headings = README.lines().filter(|line| line.starts_with('#'));
    let anchors: Vec<String> =
        headings.map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-")).collect();
    for link in README.split("](#").skip(1) {
        let anchor = link.split(')').next().unwrap();
        assert!(anchors.iter().any(|known| known == anchor), "#{anchor}");
    }
}
