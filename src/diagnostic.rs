//! A problem with the sources, as data: what is wrong, where, and how to correct it.
//!
//! **Invariant:** nothing here knows how a problem is shown; `render` does.

mod code;
mod lists;

pub use code::Code;
pub use lists::{alternatives, few, joined, listed, several, there_are};

use std::collections::BTreeMap;

use crate::source::{SourceId, Sources, Span};
use crate::vocabulary::Name;

/// Whether a problem stops the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing is compiled.
    Error,
    /// The sources are compiled, and the warning is shown.
    Warning,
}

/// A place with a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The label at the place; may be empty.
    pub text: String,
}

/// An edit that corrects a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The place of the text to replace.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

/// Advice, with the edit for it if there is exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// The advice.
    pub text: String,
    /// The edit.
    pub fix: Option<Fix>,
}

/// A warning that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The warning.
    pub problem: Problem,
    /// The reason in the sources.
    pub reason: String,
}

/// One fault with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub code: Code,
    /// Error or warning.
    pub level: Level,
    /// One clause, lower case, no full stop, true on its own.
    pub headline: String,
    /// Where the fault is.
    pub primary: Label,
    /// Other places that disagree with it.
    pub secondary: Vec<Label>,
    /// Advice, the best first.
    pub help: Vec<Help>,
    /// The place of a secret in the sources, which must never be shown.
    pub hidden: Option<Span>,
}

impl Problem {
    /// An error at `span`.
    pub fn error(code: Code, span: Span, headline: impl Into<String>) -> Self {
        Self::new(code, Level::Error, span, headline.into())
    }

    /// A warning at `span`.
    pub fn warning(code: Code, span: Span, headline: impl Into<String>) -> Self {
        Self::new(code, Level::Warning, span, headline.into())
    }

    fn new(code: Code, level: Level, span: Span, headline: String) -> Self {
        let primary = Label { span, text: String::new() };
        Self { code, level, headline, primary, secondary: Vec::new(), help: Vec::new(), hidden: None }
    }

    /// All its places, to change them.
    pub(crate) fn spans_mut(&mut self) -> impl Iterator<Item = &mut Span> {
        let labels = std::iter::once(&mut self.primary).chain(&mut self.secondary);
        let fixes = self.help.iter_mut().filter_map(|help| help.fix.as_mut());
        labels.map(|label| &mut label.span).chain(fixes.map(|fix| &mut fix.span)).chain(&mut self.hidden)
    }

    /// All its sentences, to change them.
    pub(crate) fn sentences_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let labels = std::iter::once(&mut self.primary).chain(&mut self.secondary);
        let help = self.help.iter_mut().map(|help| &mut help.text);
        std::iter::once(&mut self.headline).chain(labels.map(|label| &mut label.text)).chain(help)
    }

    /// Whether it stops the compiler.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }

    /// Sets the label at the place of the fault.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds a second place.
    pub fn and(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Hides the text under `span`, which is a secret.
    pub fn hiding(mut self, span: Span) -> Self {
        self.hidden = Some(span);
        self
    }

    /// Adds advice.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(Help { text: text.into(), fix: None });
        self
    }

    /// Adds advice with an edit.
    pub fn fix(mut self, text: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        let fix = Fix { span, replacement: replacement.into() };
        self.help.push(Help { text: text.into(), fix: Some(fix) });
        self
    }

    /// Adds advice, with an edit if the text can be written at this place.
    pub fn spelled(self, text: impl Into<String>, span: Span, replacement: Option<String>) -> Self {
        match replacement {
            Some(replacement) => self.fix(text, span, replacement),
            None => self.help(text),
        }
    }
}

/// Removes advice whose edit changes nothing.
pub fn without_idle_fixes(problems: &mut [Problem], sources: &Sources) {
    for problem in problems {
        let changes = |fix: &Fix| sources.text(fix.span) != fix.replacement;
        problem.help.retain(|help| help.fix.as_ref().is_none_or(changes));
    }
}

/// Puts the service of a file in place of the invented service `api` of examples.
pub fn with_own_names(problems: &mut [Problem], sources: &Sources) {
    for problem in problems {
        let text = &sources.file(problem.primary.span.source).text;
        let own = text.lines().find_map(|line| line.strip_prefix("service:")).map(str::trim);
        let Some(own) = own.filter(|own| Name::parse(own).is_some() && !text.contains("api")) else {
            continue;
        };
        for help in problem.help.iter_mut().filter(|help| help.fix.is_none()) {
            help.text =
                help.text.replace("\"api\"", &format!("\"{own}\"")).replace("`api/", &format!("`{own}/"));
        }
    }
}

/// These depend on the environment: a setting may have an effect in one and none in another, and an accepted warning may be reported only in one.
const OF_ALL: [Code; 2] = [Code::UnreadSetting, Code::AcceptanceUnneeded];

/// The problems of several environments, each once. A problem that not all environments have names those that have it.
pub fn together(environments: &[(&str, &[Problem])]) -> Vec<Problem> {
    let mut all: Vec<(&Problem, &str)> = environments
        .iter()
        .flat_map(|(name, problems)| problems.iter().map(move |one| (one, *name)))
        .collect();
    let key =
        |(problem, _): &(&Problem, &str)| (problem.primary.span, problem.code, problem.headline.clone());
    all.sort_by_cached_key(key);
    let mut problems = Vec::new();
    for same in all.chunk_by(|(one, _), (other, _)| one == other) {
        let problem = same[0].0;
        if same.len() == environments.len() {
            problems.push(problem.clone());
        } else if !OF_ALL.contains(&problem.code) {
            let names: Vec<&str> = same.iter().map(|(_, name)| *name).collect();
            let word = if names.len() == 1 { "environment" } else { "environments" };
            problems.push(problem.clone().help(format!("in the {word} {}", few(&names))));
        }
    }
    sort(&mut problems);
    problems
}

/// The most problems of one kind that are reported for one file; with more, the cause is probably a generator.
const MOST_OF_A_KIND: usize = 50;

/// Sorts by file, offset and code, and removes duplicates, so that the order does not depend on the stage that found a fault. If one file has very
/// many of one kind, the first are kept, and the last of these says how many more there are.
pub fn sort(problems: &mut Vec<Problem>) {
    problems
        .sort_by(|a, b| (a.primary.span, a.code, &a.headline).cmp(&(b.primary.span, b.code, &b.headline)));
    problems.dedup();
    let mut counts: BTreeMap<(SourceId, Code, bool), usize> = BTreeMap::new();
    // Warnings hide no error.
    let kind = |problem: &Problem| (problem.primary.span.source, problem.code, problem.is_error());
    problems.retain(|problem| {
        let count = counts.entry(kind(problem)).or_default();
        *count += 1;
        *count <= MOST_OF_A_KIND
    });
    for problem in problems.iter_mut().rev() {
        let more = counts.insert(kind(problem), 0).unwrap_or(0).saturating_sub(MOST_OF_A_KIND);
        if more > 0 {
            problem.help.push(Help { text: format!("and {more} more of this kind in this file"), fix: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    #[test]
    fn an_edit_that_changes_nothing_is_no_advice() {
        let file = SourceFile { path: "slos/a.yaml".to_owned(), text: "tiers_off: [page]".to_owned() };
        let span = Span { source: SourceId(0), start: 12, end: 16 };
        let mut problems = vec![
            Problem::error(Code::UnknownPolicy, span, "no such tier")
                .fix("write `page`", span, "page")
                .fix("write `ticket`", span, "ticket")
                .help("or remove it"),
        ];
        without_idle_fixes(&mut problems, &Sources::new(vec![file]));
        let left: Vec<&str> = problems[0].help.iter().map(|help| help.text.as_str()).collect();
        assert_eq!(left, ["write `ticket`", "or remove it"]);
    }
}
