//! Problems and differences as text, for people and for machines.

mod difference;
mod github;
mod human;
mod json;
mod places;
mod sarif;

use crate::diagnostic::{Level, Problem};
use crate::source::{SourceFile, SourceId, Sources, Span};
pub use difference::{Compared, DifferenceFormat, difference};
use places::Places;

/// Who reads the problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// People at a terminal: the text with its faults underlined.
    Human {
        /// Whether to write ANSI colour sequences.
        color: bool,
    },
    /// Programs: a JSON object whose fields stay as they are from release to release.
    Json,
    /// GitHub Actions: one workflow command a problem, shown at its line of the pull request.
    Github,
    /// Code scanning services: SARIF 2.1.0.
    Sarif,
}

/// All problems in the order given, each exactly once; ends in a line break unless it is empty.
pub fn render(problems: &[Problem], sources: &Sources, format: Format) -> String {
    let shown = without_secrets(problems, sources);
    let places = Places::new(shown.as_ref().unwrap_or(sources));
    match format {
        Format::Human { color } => human::render(problems, &places, color),
        Format::Json => json::render(problems, &places),
        Format::Github => github::render(problems, &places),
        Format::Sarif => sarif::render(problems, &places),
    }
}

/// The sources with stars in the place of secrets, of the same length, so that every other place stays where it is; `None` if there are none.
fn without_secrets(problems: &[Problem], sources: &Sources) -> Option<Sources> {
    let hidden: Vec<Span> = problems.iter().filter_map(|problem| problem.hidden).collect();
    if hidden.is_empty() {
        return None;
    }
    let file = |(id, file): (SourceId, &SourceFile)| {
        let spans = || hidden.iter().filter(|span| span.source == id);
        let mut text = String::with_capacity(file.text.len());
        for (at, c) in file.text.char_indices() {
            let is_secret = spans().any(|span| (span.start as usize..span.end as usize).contains(&at));
            match c {
                '\n' | '\r' => text.push(c),
                _ if is_secret => text.extend(std::iter::repeat_n('*', c.len_utf8())),
                _ => text.push(c),
            }
        }
        SourceFile { path: file.path.clone(), text }
    };
    Some(Sources::new(sources.iter().map(file).collect()))
}

fn count(problems: &[Problem], level: Level) -> usize {
    problems.iter().filter(|problem| problem.level == level).count()
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}
