//! Matchers with `=` whose value looks like a pattern or a variable of Grafana. With a contract, `unmatched_value` knows whether such values exist.

use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::MetricRead;
use crate::promql::ast::{MatchOp, Matcher};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for service in model.services.iter().filter(|service| service.contract.is_none()) {
        let slos = service.slos.iter().flat_map(|slo| &slo.readings);
        for reading in slos.chain(service.alerts.iter().flat_map(|alert| &alert.readings)) {
            problems.extend(reading.selector.matchers.iter().enumerate().filter_map(|(index, matcher)| {
                if matcher.op != MatchOp::Equal {
                    return None;
                }
                if is_variable(&matcher.value) {
                    return Some(variable(reading, index, matcher));
                }
                is_pattern(&matcher.value).then(|| pattern(reading, index, matcher))
            }));
        }
    }
}

/// `5..`, `.*`, `api|web.*`: real values do not have this form.
fn is_pattern(value: &str) -> bool {
    let class = matches!(value.as_bytes(), [b'1'..=b'5', b'.', b'.']);
    class || value.contains(".*") || value.contains(".+") || value.contains("[0-9]")
}

/// `$job`, `${job}`, `[[job]]`
fn is_variable(value: &str) -> bool {
    let name = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let name = name.or_else(|| value.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")));
    let name = name.or_else(|| value.strip_prefix('$'));
    name.is_some_and(|name| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))
    })
}

fn pattern(reading: &MetricRead, index: usize, matcher: &Matcher) -> Problem {
    let place = reading.matchers[index];
    let text = Matcher { op: MatchOp::Matches, ..matcher.clone() }.to_string();
    let headline = format!("`=` compares with the text `{}`: it is not a pattern here", matcher.value);
    Problem::warning(Code::UnmatchedValue, place, headline)
        .label("only a series with exactly this value would be selected")
        .spelled(format!("write `{text}`"), place, reading.spelling.of(&text))
}

fn variable(reading: &MetricRead, index: usize, matcher: &Matcher) -> Problem {
    let headline = format!("`{}` is a variable of Grafana; to Prometheus it is plain text", matcher.value);
    Problem::warning(Code::UnmatchedValue, reading.matchers[index], headline)
        .label("only a series with exactly this value would be selected")
        .help(format!(
            "write the value itself, or remove the matcher and keep the label: `by: [{}]`",
            matcher.label
        ))
}
