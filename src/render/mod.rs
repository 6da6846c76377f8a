//! Problems and differences as text, for people and for machines.

mod difference;
mod github;
mod hide_secrets;
mod human;
mod json;
mod places;
mod sarif;

use std::borrow::Cow;

use crate::diagnostic::{Accepted, Level, Problem};
use crate::inert;
use crate::secret;
use crate::source::Sources;
pub use difference::{ComparedSide, DifferenceFormat, difference};
use places::Places;

/// Who reads the problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// People at a terminal: the text, with problems underlined.
    Human {
        /// Whether to write ANSI colour sequences.
        color: bool,
    },
    /// Programs: a JSON object whose fields do not change between releases.
    Json,
    /// GitHub Actions: one workflow command per problem, shown at its line of the pull request.
    Github,
    /// Code scanning services: SARIF 2.1.0.
    Sarif,
}

/// All problems in this order, each once; it ends in a line break unless it is empty. No secret of the sources is repeated.
pub fn render(problems: &[Problem], sources: &Sources, format: Format) -> String {
    render_all(problems, &[], sources, format)
}

/// The same with accepted warnings: people read their number, programs each one with its reason.
pub fn render_all(problems: &[Problem], accepted: &[Accepted], sources: &Sources, format: Format) -> String {
    let (count, reasons) = (problems.len(), accepted.iter().map(|one| secret::masked(&one.reason)));
    let reasons: Vec<String> = reasons.collect();
    let all: Vec<Problem> = problems.iter().chain(accepted.iter().map(|one| &one.problem)).cloned().collect();
    let hidden = hide_secrets::hide_secrets(&all, sources);
    let (all, sources) = hidden.as_ref().map_or((&all[..], sources), |(all, sources)| (all, sources));
    // Only now: a secret is recognised as a whole.
    let all: Vec<Problem> = all.iter().map(bounded).collect();
    let (problems, accepted) = all.split_at(count);
    let places = Places::new(sources);
    match format {
        Format::Human { color } => human::render(problems, accepted.len(), &places, color),
        Format::Json => json::render(problems, accepted, &reasons, &places),
        Format::Github => github::render(problems, &places),
        Format::Sarif => sarif::render(problems, accepted, &reasons, &places),
    }
}

/// A problem with sentences of a bounded length.
fn bounded(problem: &Problem) -> Problem {
    let mut bounded = problem.clone();
    for text in bounded.sentences_mut() {
        if let Cow::Owned(short) = inert::bounded(text) {
            *text = short;
        }
    }
    bounded
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
