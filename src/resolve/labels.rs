//! Finds labels of a series that some selectors match and others do not.

use std::collections::BTreeSet;

use super::effort::Search;
use crate::model::Labels;
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::promql::regex::{self, NoValue};
use crate::vocabulary::LabelName;

/// Labels that every selector of `inside` matches and no selector of `outside` matches, with a value for each label of `by`.
pub(super) fn labels(
    inside: &[&Selector],
    outside: &[&Selector],
    by: &[LabelName],
    search: &Search,
) -> Option<Labels> {
    let wanted: Vec<Matcher> = inside.iter().flat_map(|selector| selector.matchers.iter().cloned()).collect();
    avoiding(wanted, outside, by, search)
}

/// Avoids the selectors of `outside` one after the other, by negating one matcher of each.
fn avoiding(
    wanted: Vec<Matcher>,
    outside: &[&Selector],
    by: &[LabelName],
    search: &Search,
) -> Option<Labels> {
    let steps = if outside.is_empty() { 10 } else { 1 };
    if !search.goes_on(steps * (wanted.len() + 1)) {
        return None;
    }
    let Some((next, rest)) = outside.split_first() else { return satisfied(&wanted, by, search) };
    next.matchers.iter().find_map(|matcher| {
        let mut wanted = wanted.clone();
        wanted.push(Matcher { op: matcher.op.opposite(), ..matcher.clone() });
        avoiding(wanted, rest, by, search)
    })
}

fn satisfied(wanted: &[Matcher], by: &[LabelName], search: &Search) -> Option<Labels> {
    let names: BTreeSet<&str> =
        wanted.iter().map(|matcher| matcher.label.as_str()).chain(by.iter().map(LabelName::as_str)).collect();
    let mut labels = Labels::new();
    for name in names {
        let mut matchers: Vec<(MatchOp, &str)> = wanted
            .iter()
            .filter(|matcher| matcher.label == name)
            .map(|matcher| (matcher.op, matcher.value.as_str()))
            .collect();
        if by.iter().any(|label| label.as_str() == name) {
            matchers.push((MatchOp::NotEqual, ""));
        }
        let value = match regex::value(&matchers) {
            Ok(value) => value,
            Err(NoValue::NotFound) => return None,
            Err(NoValue::LimitReached) => {
                search.stop();
                return None;
            }
        };
        if !value.is_empty() {
            labels.insert(name.to_owned(), value);
        }
    }
    Some(labels)
}
