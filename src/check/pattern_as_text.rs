//! Matchers whose value looks like a pattern but is none, or like a pattern of another language. With a contract, `unmatched_value` knows whether such
//! values exist.

use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::MetricRead;
use crate::promql::ast::{MatchOp, Matcher};
use crate::promql::globs::meant_matcher;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for service in model.services.iter().filter(|service| service.contract.is_none()) {
        let slos = service.slos.iter().flat_map(|slo| &slo.readings);
        for reading in slos.chain(service.alerts.iter().flat_map(|alert| &alert.readings)) {
            problems.extend(reading.selector.matchers.iter().enumerate().filter_map(|(index, matcher)| {
                // Some exporters count by class, with such a value.
                let name = reading.selector.name.as_deref().unwrap_or_default();
                if ["haproxy_", "nginx_"].iter().any(|start| name.starts_with(start))
                    && matcher.value.ends_with("xx")
                {
                    return None;
                }
                let meant = meant_matcher(matcher)?;
                Some(pattern(reading, index, matcher, &meant))
            }));
        }
    }
}

fn pattern(reading: &MetricRead, index: usize, matcher: &Matcher, meant: &Matcher) -> Problem {
    let place = reading.matchers[index];
    let text = meant.to_string();
    let (headline, label) = match matcher.op {
        MatchOp::Equal | MatchOp::NotEqual => (
            format!(
                "`{}` compares with the text `{}`: it is not a pattern here",
                matcher.op.symbol(),
                matcher.value
            ),
            "only a series with exactly this value would be selected",
        ),
        MatchOp::Matches | MatchOp::NotMatches => (
            format!("`{}` is not a regular expression for these values", matcher.value),
            "patterns are regular expressions of RE2, for the whole value",
        ),
    };
    Problem::warning(Code::UnmatchedValue, place, headline).label(label).spelled(
        format!("write `{text}`"),
        place,
        reading.spelling.of(&text),
    )
}
