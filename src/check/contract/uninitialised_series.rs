//! Series of bad events that do not exist before the first bad event.

use super::values;
use super::{FoundMetric, JudgedSelector, Place, Reader, Verdict, named, report};
use crate::diagnostic::{Code, Problem, alternatives, few};
use crate::model::Role;
use crate::promql::ast::{MatchOp, Matcher};
use crate::promql::build::selector;
use crate::promql::regex;

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, .. } in all {
        if let Verdict::NoValue(found, index) = verdict
            && may_appear(place, *found, *index)
        {
            report(problems, place.reader, to_problem(place, *found, *index));
        }
    }
}

fn to_problem(place: &Place, found: FoundMetric, index: usize) -> Problem {
    let matcher = &place.reading.selector.matchers[index];
    let values = values(found, &matcher.label);
    let example = sibling(matcher, &values).or_else(|| regex::satisfying(&[(matcher.op, &matcher.value)]));
    // No HTTP status begins with 6: perhaps a value that exists was meant.
    let is_odd = example.as_ref().is_some_and(|value| value.starts_with(['0', '6', '7', '8', '9']));
    let wanted = example.map(|value| selector(named(place.reading), &[(&matcher.label, &value)]));
    let problem = Problem::warning(
        Code::UninitialisedSeries,
        place.reading.matchers[index],
        "this series did not exist when the contract was captured",
    )
    .label(format!("`{}` has {}", matcher.label, few(&values)));
    let problem = match is_odd {
        true => problem.help(format!(
            "if an existing value is meant, write {}",
            alternatives(&values[..values.len().min(5)])
        )),
        false => problem,
    };
    match wanted {
        Some(wanted) => problem.help(format!("create the counter at 0 when the process starts: `{wanted}`")),
        None => problem,
    }
    .help("or make such an event happen once, and capture the contract again")
}

/// Whether series with such a value may appear later, and the matcher has no spelling mistake: bad events are rare, and the value resembles those
/// that exist.
pub(super) fn may_appear(place: &Place, found: FoundMetric, index: usize) -> bool {
    // A companion alert also counts events that should not happen.
    let counts_bad = match place.reader {
        Reader::Slo(_) => place.reading.role == Role::Bad,
        Reader::Except(..) => false,
        Reader::Companion(_) => place.reading.role == Role::Gain,
    };
    if !counts_bad {
        return false;
    }
    let matcher = &place.reading.selector.matchers[index];
    let of_all = place.reader.readings().iter().filter(|reading| reading.role == Role::Total);
    if of_all.flat_map(|reading| reading.selector.matchers.iter()).any(|other| other == matcher) {
        // The selector of all events needs it too, and those exist.
        return false;
    }
    let values = values(found, &matcher.label);
    if values.iter().any(|value| is_misspelt(matcher, value)) {
        return false;
    }
    if sibling(matcher, &values).is_some() {
        return true;
    }
    let example = regex::satisfying(&[(matcher.op, &matcher.value)]);
    // `^5` matches only the value 5: a pattern is for the whole value.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let shorter =
        |example: &String| is_number(example) && values.iter().all(|value| example.len() < value.len());
    if matcher.op == MatchOp::Matches && example.as_ref().is_some_and(shorter) {
        return false;
    }
    example.is_some_and(|example| values.iter().any(|value| form(value) == form(&example)))
}

/// A value that matches and differs from a known one in its first character: 500 if there is 200, 5xx if there is 2xx.
fn sibling(matcher: &Matcher, values: &[&str]) -> Option<String> {
    let first = |value: &str, c: char| -> String {
        let mut rest = value.chars();
        rest.next();
        std::iter::once(c).chain(rest).collect()
    };
    let is_digit = |value: &&&str| value.starts_with(|c: char| c.is_ascii_digit());
    let siblings =
        values.iter().filter(is_digit).flat_map(|value| "5413267890".chars().map(move |c| first(value, c)));
    let asked = matcher.asked();
    siblings.into_iter().find(|value| asked.meets(value) == Some(true))
}

/// Whether the value differs from a known one by a spelling mistake. A different number is a different value.
fn is_misspelt(matcher: &Matcher, value: &str) -> bool {
    if matcher.op != MatchOp::Equal || value.contains(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let (written, known) = (matcher.value.to_lowercase(), value.to_lowercase());
    crate::vocabulary::distance(&written, &known, known.chars().count() / 4).is_some()
}

/// The form of a value: `9` for digits, `a` for letters, repetitions once.
fn form(value: &str) -> String {
    let mut form = String::new();
    for c in value.chars() {
        let class = match c {
            c if c.is_ascii_digit() => '9',
            c if c.is_alphabetic() => 'a',
            c => c,
        };
        if !form.ends_with(class) {
            form.push(class);
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching(op: MatchOp, value: &str) -> Matcher {
        Matcher {
            label: "status".to_owned(),
            op,
            value: value.to_owned(),
            placeholder: false,
            span: crate::promql::ast::Span::default(),
        }
    }

    #[test]
    fn a_sibling_differs_in_its_first_digit() {
        let known = ["200", "404"];
        assert_eq!(sibling(&matching(MatchOp::Matches, "5.."), &known).as_deref(), Some("500"));
        assert_eq!(sibling(&matching(MatchOp::Equal, "5xx"), &known), None);
        assert_eq!(sibling(&matching(MatchOp::Matches, "5.."), &["2xx"]).as_deref(), Some("5xx"));
    }
}
