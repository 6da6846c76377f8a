//! Problems as GitHub Actions workflow commands, which GitHub shows beside the changed lines of a pull request.
//!
//! The escapes are those of `actions/toolkit`, `packages/core/src/command.ts`.

use std::fmt::Write as _;

use super::level_name;
use super::places::Places;
use crate::diagnostic::Problem;
use crate::inert;

pub(super) fn render(problems: &[Problem], places: &Places) -> String {
    let mut text = String::new();
    for problem in problems {
        let (start, end) = places.positions(problem.primary.span);
        let _ = write!(
            text,
            "::{} file={},line={},endLine={}",
            level_name(problem.level),
            property(places.path(problem.primary.span.source)),
            start.line,
            end.line
        );
        // GitHub accepts no columns for a place of several lines.
        if start.line == end.line {
            let _ = write!(text, ",col={},endColumn={}", start.column, end.column);
        }
        let _ = writeln!(text, ",title={}::{}", property(problem.code.name()), value(&message(problem)));
    }
    text
}

fn message(problem: &Problem) -> String {
    let mut lines = vec![problem.headline.clone()];
    if !problem.primary.text.is_empty() {
        lines.push(problem.primary.text.clone());
    }
    lines.extend(problem.help.iter().map(|help| format!("help: {}", help.text)));
    lines.join("\n")
}

fn value(text: &str) -> String {
    inert::text(text).replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    value(text).replace(':', "%3A").replace(',', "%2C")
}
