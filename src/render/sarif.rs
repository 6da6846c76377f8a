//! Problems as SARIF 2.1.0, which GitHub code scanning and most other services read.
//!
//! It contains what the standard requires and what a problem has. Section numbers are those of the OASIS standard.

use serde::Serialize;

use super::level_name;
use super::places::Places;
use crate::diagnostic::{Code, Fix, Label, Problem};
use crate::inert;
use crate::pages;
use crate::source::{SourceId, Span};

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'a str,
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
struct Driver<'a> {
    name: &'a str,
    rules: Vec<Rule<'a>>,
}

/// A `reportingDescriptor` (3.49).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    full_description: Message,
    help: Help,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

/// A `result` (3.27).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'a str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Mending<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'a>>,
}

/// A `suppression` (3.35).
#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'a str,
    justification: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// A `region` (3.30): from 1, the end column exclusive.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// A `fix` (3.55).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mending<'a> {
    description: Message,
    artifact_changes: [ArtifactChange<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'a> {
    artifact_location: ArtifactLocation,
    replacements: [Replacement<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
}

pub(super) fn render(
    problems: &[Problem],
    accepted: &[Problem],
    reasons: &[String],
    places: &Places,
) -> String {
    let mut codes: Vec<Code> = problems.iter().chain(accepted).map(|problem| problem.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules = codes.iter().map(|code| rule(*code));
    let suppressed = accepted.iter().zip(reasons).map(|(problem, reason)| Outcome {
        suppressions: vec![Suppression { kind: "inSource", justification: reason }],
        ..outcome(problem, &codes, places)
    });
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: Driver { name: "slowburn", rules: rules.collect() } },
            column_kind: "unicodeCodePoints",
            results: (problems.iter().map(|problem| outcome(problem, &codes, places)))
                .chain(suppressed)
                .collect(),
        }],
    };
    inert::pretty(&log)
}

fn rule(code: Code) -> Rule<'static> {
    let page = pages::page(code);
    let about = page.split("\n\n").nth(1).unwrap_or_default();
    let help = Help { text: format!("slowburn explain {code}"), markdown: page };
    Rule { id: code.name(), full_description: message(&[&about.replace('\n', " ")]), help }
}

fn outcome<'a>(problem: &'a Problem, codes: &[Code], places: &Places) -> Outcome<'a> {
    let advice = problem.help.iter().map(|help| format!("help: {}", help.text));
    let mut lines = vec![problem.headline.clone(), problem.primary.text.clone()];
    lines.extend(advice);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let fixes = problem.help.iter().filter_map(|help| Some(mending(&help.text, help.fix.as_ref()?, places)));
    Outcome {
        rule_id: problem.code.name(),
        rule_index: codes.partition_point(|code| *code < problem.code),
        level: level_name(problem.level),
        message: message(&lines),
        locations: [Location { physical_location: physical(problem.primary.span, places), message: None }],
        related_locations: problem.secondary.iter().map(|label| related(label, places)).collect(),
        fixes: fixes.collect(),
        suppressions: Vec::new(),
    }
}

fn related(label: &Label, places: &Places) -> Location {
    let words = (!label.text.is_empty()).then(|| message(&[&label.text]));
    Location { physical_location: physical(label.span, places), message: words }
}

fn mending<'a>(words: &str, fix: &'a Fix, places: &Places) -> Mending<'a> {
    let replacement = Replacement {
        deleted_region: region(fix.span, places),
        inserted_content: Content { text: &fix.replacement },
    };
    let artifact_location = artifact(fix.span.source, places);
    let change = ArtifactChange { artifact_location, replacements: [replacement] };
    Mending { description: message(&[words]), artifact_changes: [change] }
}

/// The lines that are not empty, as a plain text message. In a single line `[text](target)` would be a link (3.11.6).
fn message(lines: &[&str]) -> Message {
    let lines: Vec<&str> = lines.iter().copied().filter(|line| !line.is_empty()).collect();
    Message { text: inert::text(&lines.join("\n")).replace("](", "\\](") }
}

fn physical(span: Span, places: &Places) -> PhysicalLocation {
    PhysicalLocation { artifact_location: artifact(span.source, places), region: region(span, places) }
}

fn region(span: Span, places: &Places) -> Region {
    let (start, end) = places.positions(span);
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

/// The path as a relative URI reference: RFC 3986 allows only these characters without an escape, and a colon in the first part would make that part
/// a scheme.
fn artifact(source: SourceId, places: &Places) -> ArtifactLocation {
    let mut uri = String::new();
    for byte in places.path(source).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte as char)
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    ArtifactLocation { uri }
}
