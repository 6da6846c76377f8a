//! Problems for programs in general.
//!
//! The field names and their order are stable; new fields may be added.

use serde::Serialize;

use super::places::Places;
use super::{count, level_name};
use crate::diagnostic::{Help, Label, Level, Problem};
use crate::inert;

#[derive(Serialize)]
struct Report<'a> {
    problems: Vec<Item<'a>>,
    errors: usize,
    warnings: usize,
    /// Accepted warnings.
    accepted: Vec<Acceptance<'a>>,
}

#[derive(Serialize)]
struct Acceptance<'a> {
    #[serde(flatten)]
    item: Item<'a>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Item<'a> {
    code: &'a str,
    level: &'a str,
    headline: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
    secondary: Vec<Secondary<'a>>,
    help: Vec<Advice<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: Point,
    end: Point,
}

/// Line and column in characters from 1; offset in bytes from 0.
#[derive(Serialize)]
struct Point {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Secondary<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
}

#[derive(Serialize)]
struct Advice<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Edit<'a>>,
}

#[derive(Serialize)]
struct Edit<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
}

pub(super) fn render(
    problems: &[Problem],
    accepted: &[Problem],
    reasons: &[String],
    places: &Places,
) -> String {
    let accepted = accepted.iter().zip(reasons);
    let report = Report {
        problems: problems.iter().map(|problem| item(problem, places)).collect(),
        errors: count(problems, Level::Error),
        warnings: count(problems, Level::Warning),
        accepted: accepted.map(|(one, reason)| Acceptance { item: item(one, places), reason }).collect(),
    };
    inert::pretty(&report)
}

fn item<'a>(problem: &'a Problem, places: &Places<'a>) -> Item<'a> {
    Item {
        code: problem.code.name(),
        level: level_name(problem.level),
        headline: &problem.headline,
        place: place(problem.primary.span, places),
        label: &problem.primary.text,
        secondary: problem.secondary.iter().map(|label| secondary(label, places)).collect(),
        help: problem.help.iter().map(|help| advice(help, places)).collect(),
    }
}

fn secondary<'a>(label: &'a Label, places: &Places<'a>) -> Secondary<'a> {
    Secondary { place: place(label.span, places), label: &label.text }
}

fn advice<'a>(help: &'a Help, places: &Places<'a>) -> Advice<'a> {
    let edit = |fix: &'a crate::diagnostic::Fix| Edit {
        place: place(fix.span, places),
        replacement: &fix.replacement,
    };
    Advice { text: &help.text, fix: help.fix.as_ref().map(edit) }
}

fn place<'a>(span: crate::source::Span, places: &Places<'a>) -> Place<'a> {
    let (start, end) = places.range(span);
    let point = |offset| {
        let position = places.position(span.source, offset);
        Point { line: position.line, column: position.column, offset }
    };
    Place { file: places.path(span.source), start: point(start), end: point(end) }
}
