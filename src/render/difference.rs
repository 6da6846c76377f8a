//! Differences as text: for a terminal, for a pull request, for programs.

mod human;
mod json;
mod markdown;

use serde::Serialize;

use super::hide_secrets::hide_secrets;
use super::level_name;
use super::places::Places;
use crate::diagnostic::{Level, Problem};
use crate::difference::{Change, Difference, Effect, Weight};
use crate::inert;
use crate::source::Sources;

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct ComparedSide<'a> {
    /// The name for people: a directory, a revision.
    pub name: &'a str,
    /// Its files.
    pub sources: &'a Sources,
    /// Its problems.
    pub problems: &'a [Problem],
}

/// Who reads the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceFormat {
    /// People at a terminal.
    Human {
        /// Whether to write ANSI colour sequences.
        color: bool,
    },
    /// People who read a pull request but no YAML, in GitHub's Markdown.
    Markdown,
    /// Programs: a JSON object whose fields do not change between releases.
    Json,
}

/// The difference as text; it ends in a line break.
pub fn difference(
    difference: &Difference,
    old: ComparedSide,
    new: ComparedSide,
    format: DifferenceFormat,
) -> String {
    // No secret of the sources is repeated.
    let (was, is) = (hide_secrets(old.problems, old.sources), hide_secrets(new.problems, new.sources));
    let (old, new) = (without_secrets(old, was.as_ref()), without_secrets(new, is.as_ref()));
    let page = Page { difference, old: old.name, new: new.name, flaws: flaws(old, new) };
    match format {
        DifferenceFormat::Human { color } => human::render(&page, color),
        DifferenceFormat::Markdown => markdown::render(&page),
        DifferenceFormat::Json => json::render(&page),
    }
}

/// A side without its secrets.
fn without_secrets<'a>(
    side: ComparedSide<'a>,
    hidden: Option<&'a (Vec<Problem>, Sources)>,
) -> ComparedSide<'a> {
    hidden.map_or(side, |(problems, sources)| ComparedSide { name: side.name, sources, problems })
}

/// The content of an output.
struct Page<'a> {
    difference: &'a Difference,
    old: &'a str,
    new: &'a str,
    flaws: Vec<Flaw<'a>>,
}

impl Page<'_> {
    /// The changes of one weight.
    fn of(&self, weight: Weight) -> Vec<&Change> {
        self.difference.changes.iter().filter(|change| change.weight() == weight).collect()
    }

    /// Whether a side was not understood completely.
    fn fails(&self, side: &str) -> bool {
        self.flaws.iter().any(|flaw| flaw.side == side && flaw.level == "error")
    }

    /// A sentence if the comparison is not complete.
    fn caveat(&self) -> Option<String> {
        let sides = match (self.fails("old"), self.fails("new")) {
            (false, false) => return None,
            (true, false) => "The old side has errors",
            (false, true) => "The new side has errors",
            (true, true) => "Both sides have errors",
        };
        Some(format!("{sides}: the list below shows only the parts that could be read."))
    }

    /// The subjects of a change.
    fn subjects(&self, change: &Change) -> String {
        let slos = change.subjects.iter().all(|subject| subject.contains('/'));
        match change.subjects.len() {
            0 => "project".to_owned(),
            count
                if slos
                    && count > 2
                    && count == self.difference.kept
                    && count == self.difference.after.slos =>
            {
                format!("all {count} SLOs")
            }
            _ => few(&change.subjects),
        }
    }
}

/// The subjects of an effect, if they are not all.
fn for_subjects(effect: &Effect) -> Option<String> {
    (!effect.subjects.is_empty()).then(|| few(&effect.subjects))
}

/// The first names, and the number of the rest. Names need no escape.
fn few(names: &[String]) -> String {
    const NAMED: usize = 4;
    match names.len().saturating_sub(NAMED) {
        0 | 1 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}

/// A problem that is shown: an error of either side, or a warning that only the new side has.
#[derive(Serialize)]
struct Flaw<'a> {
    /// `old` or `new`.
    side: &'static str,
    level: &'a str,
    code: &'a str,
    headline: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
}

impl Flaw<'_> {
    fn place(&self) -> String {
        inert::line(&format!("{}:{}:{}", self.file, self.line, self.column)).into_owned()
    }
}

fn flaws<'a>(old: ComparedSide<'a>, new: ComparedSide<'a>) -> Vec<Flaw<'a>> {
    let known = |problem: &Problem| {
        old.problems.iter().any(|known| known.code == problem.code && known.headline == problem.headline)
    };
    let all = [(old, false), (new, true)];
    let flaws = all.into_iter().flat_map(|(side, new)| {
        let places = Places::new(side.sources);
        side.problems
            .iter()
            .filter(|problem| problem.level == Level::Error || (new && !known(problem)))
            .map(|problem| {
                let (start, _) = places.positions(problem.primary.span);
                Flaw {
                    side: if new { "new" } else { "old" },
                    level: level_name(problem.level),
                    code: problem.code.name(),
                    headline: &problem.headline,
                    file: &side.sources.file(problem.primary.span.source).path,
                    line: start.line,
                    column: start.column,
                }
            })
            .collect::<Vec<_>>()
    });
    flaws.collect()
}
