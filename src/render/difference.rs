//! Differences as text, for people at a terminal, for a pull request, for programs.

mod human;
mod json;
mod markdown;

use super::discreet::discreet;
use super::level_name;
use super::places::Places;
use crate::diagnostic::{Level, Problem};
use crate::difference::{Change, Difference, Effect, Weight};
use crate::inert;
use crate::source::Sources;

/// One side of a comparison, as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// What people call it: a directory, a revision.
    pub name: &'a str,
    /// Its files.
    pub sources: &'a Sources,
    /// What is wrong with them.
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
    /// People who read a pull request and write no YAML, in GitHub's Markdown.
    Markdown,
    /// Programs: a JSON object whose fields stay as they are from release to release.
    Json,
}

/// All of it; ends in a line break.
pub fn difference(difference: &Difference, old: Compared, new: Compared, format: DifferenceFormat) -> String {
    // Nothing of the sources is repeated that is a secret.
    let (was, is) = (discreet(old.problems, old.sources), discreet(new.problems, new.sources));
    let (old, new) = (told(old, was.as_ref()), told(new, is.as_ref()));
    let page = Page { difference, old: old.name, new: new.name, flaws: flaws(old, new) };
    match format {
        DifferenceFormat::Human { color } => human::render(&page, color),
        DifferenceFormat::Markdown => markdown::render(&page),
        DifferenceFormat::Json => json::render(&page),
    }
}

/// A side as it may be told.
fn told<'a>(side: Compared<'a>, discreet: Option<&'a (Vec<Problem>, Sources)>) -> Compared<'a> {
    discreet.map_or(side, |(problems, sources)| Compared { name: side.name, sources, problems })
}

/// What is shown.
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

    /// Whether a side could not be understood in whole.
    fn fails(&self, new: bool) -> bool {
        self.flaws.iter().any(|flaw| flaw.new == new && flaw.level == "error")
    }

    /// Says that it is not all, if it is not.
    fn caveat(&self) -> Option<String> {
        let sides = match (self.fails(false), self.fails(true)) {
            (false, false) => return None,
            (true, false) => "The old side has errors",
            (false, true) => "The new side has errors",
            (true, true) => "Both sides have errors",
        };
        Some(format!("{sides}: the list below shows only the parts that could be read."))
    }

    /// Whom a change is about.
    fn whom(&self, change: &Change) -> String {
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

/// For whom an effect is, if not for all.
fn for_whom(effect: &Effect) -> Option<String> {
    (!effect.subjects.is_empty()).then(|| few(&effect.subjects))
}

/// The first names, and how many more there are. Names hold nothing that has to be kept from a reader.
fn few(names: &[String]) -> String {
    const NAMED: usize = 4;
    match names.len().saturating_sub(NAMED) {
        0 | 1 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}

/// A problem that matters here: an error of either side, or a warning that only the new one has.
struct Flaw<'a> {
    new: bool,
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

fn flaws<'a>(old: Compared<'a>, new: Compared<'a>) -> Vec<Flaw<'a>> {
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
                    new,
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
