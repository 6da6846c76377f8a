//! Values that no series has.

use super::uninitialised_series::may_appear;
use super::values;
use super::{FoundMetric, JudgedSelector, Place, Verdict, report};
use crate::diagnostic::{Code, Problem, few};
use crate::promql::ast::{MatchOp, Matcher};
use crate::promql::globs::meant_matcher;
use crate::vocabulary::distance;

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, .. } in all {
        if let Verdict::NoValue(found, index) = verdict
            && !may_appear(place, *found, *index)
        {
            report(problems, place.reader, to_problem(place, *found, *index));
        }
    }
}

fn to_problem(place: &Place, found: FoundMetric, index: usize) -> Problem {
    let matcher = &place.reading.selector.matchers[index];
    let span = place.reading.matchers[index];
    let values = values(found, &matcher.label);
    let problem = Problem::error(
        Code::UnmatchedValue,
        span,
        format!("no known value of `{}` matches this", matcher.label),
    )
    .label(format!("`{}` has {}", found.name, few(&values)));
    let near = values
        .iter()
        .filter_map(|value| {
            let most = 1 + value.len() / 4;
            distance(&value.to_lowercase(), &matcher.value.to_lowercase(), most)?;
            Some((distance(value, &matcher.value, value.len()), value))
        })
        .min_by_key(|(distance, _)| distance.unwrap_or(usize::MAX));
    // `^5`, `[5]` and `5`, as if a part of the value were enough.
    let part = matcher.value.trim_start_matches(['^', '[']).trim_end_matches(['$', ']', '*']);
    let class = (is_class(part) && matcher.op != MatchOp::NotEqual).then(|| Matcher {
        op: MatchOp::Matches,
        value: format!("{part}.."),
        ..matcher.clone()
    });
    // `status="5.."`: an equality with a pattern that has values.
    let pattern = (matcher.op == MatchOp::Equal && matcher.value.contains(['.', '|', '*', '[', '+']))
        .then(|| Matcher { op: MatchOp::Matches, ..matcher.clone() });
    for meant in [class, pattern, meant_matcher(matcher)].into_iter().flatten() {
        let asked = meant.asked();
        if values.iter().any(|value| asked.meets(value) == Some(true)) {
            let text = meant.to_string();
            return problem.spelled(format!("write `{text}`"), span, place.reading.spelling.of(&text));
        }
    }
    match near {
        Some((_, value)) if matcher.op == MatchOp::Equal => {
            let text = Matcher { value: (**value).to_owned(), ..matcher.clone() }.to_string();
            problem.spelled(format!("write `{text}`"), span, place.reading.spelling.of(&text))
        }
        Some(_) | None => {
            problem.help("select a value that exists, or capture the contract again if it is out of date")
        }
    }
}

/// Whether the text is the first digit of status codes.
fn is_class(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'5'])
}
