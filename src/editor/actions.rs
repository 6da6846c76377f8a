//! Quick fixes at a place: the edits of its problems.

use crate::diagnostic::{Fix, Problem};
use crate::source::Span;

/// One edit with its title.
#[derive(Clone, Copy, Debug)]
pub struct Action<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// The title of the edit.
    pub title: &'a str,
    /// The edit.
    pub fix: &'a Fix,
    /// Whether it is the only edit of its problem.
    pub only: bool,
}

/// The edits of all problems that touch a place, best first.
pub fn actions(problems: &[Problem], place: Span) -> Vec<Action<'_>> {
    let mut actions = Vec::new();
    for problem in problems {
        let fixes: Vec<_> =
            problem.help.iter().filter_map(|help| Some((help.text.as_str(), help.fix.as_ref()?))).collect();
        let is_here =
            touch(problem.primary.span, place) || fixes.iter().any(|(_, fix)| touch(fix.span, place));
        if is_here {
            let only = fixes.len() == 1;
            actions.extend(fixes.into_iter().map(|(title, fix)| Action { problem, title, fix, only }));
        }
    }
    actions
}

/// Whether two places share a byte, or are adjacent: a cursor is between two characters.
pub(super) fn touch(a: Span, b: Span) -> bool {
    a.source == b.source && a.start <= b.end && b.start <= a.end
}
