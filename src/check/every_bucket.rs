//! Buckets that are counted without a single bound: an event is in every bucket whose bound is not below it, and would be counted in each.

use super::contract::{Reader, report};
use super::slos;
use crate::contract::Part;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{MetricRead, Role, Service};
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::promql::bounds::{Bound, listed};
use crate::vocabulary::{Decimal, Duration, text};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (service, slo) in slos(model) {
        let counted = |reading: &&MetricRead| matches!(reading.role, Role::Total | Role::Good | Role::Bad);
        for reading in slo.readings.iter().filter(counted) {
            if let Some(problem) = not_a_number(reading) {
                report(problems, Reader::Slo(slo), problem);
            } else if counts_several(service, reading) {
                report(problems, Reader::Slo(slo), to_problem(reading));
            }
        }
    }
}

/// The problem of a bound with a unit, such as `le="500ms"`: no bucket has it.
fn not_a_number(reading: &MetricRead) -> Option<Problem> {
    let is_wrong = |matcher: &Matcher| {
        matcher.label == "le"
            && matcher.op == MatchOp::Equal
            && !matcher.placeholder
            && listed(matcher).is_none()
    };
    let index = reading.selector.matchers.iter().position(is_wrong)?;
    let (place, value) = (reading.matchers[index], &reading.selector.matchers[index].value);
    let headline = "the bound of a bucket is a number";
    let problem = Problem::error(Code::UnmatchedValue, place, headline).label("no bucket has this bound");
    Some(match Duration::from_common_spelling(value) {
        Some(length) => {
            let seconds = text(Decimal::new(length.millis() as i64, 3));
            let meant = format!("le=\"{seconds}\"");
            let written = reading.spelling.of(&meant);
            problem.label("lengths are in seconds").spelled(format!("write `{meant}`"), place, written)
        }
        None => problem.help("write a number, such as `le=\"0.5\"`"),
    })
}

/// Whether buckets with different bounds are selected, if that is known.
fn counts_several(service: &Service, reading: &MetricRead) -> bool {
    let name = reading.selector.name.as_deref().unwrap_or_default();
    let found = service.contract.as_ref().and_then(|contract| contract.find(name));
    let is_bucket = match found {
        Some((_, _, part)) => part == Part::Bucket,
        None => name.ends_with("_bucket"),
    };
    if !is_bucket {
        return false;
    }
    let bounds = reading.selector.matchers.iter().filter(|matcher| matcher.label == "le");
    let mut one = false;
    for matcher in bounds {
        let positive = matches!(matcher.op, MatchOp::Equal | MatchOp::Matches);
        match listed(matcher) {
            Some(mut bounds) => {
                bounds.sort();
                bounds.dedup();
                one |= positive && bounds.len() == 1;
            }
            // Another pattern may be one bound in all its spellings.
            None => one |= positive && !["", ".*", ".+"].contains(&matcher.value.as_str()),
        }
    }
    !one
}

fn to_problem(reading: &MetricRead) -> Problem {
    let name = reading.selector.name.as_deref().unwrap_or_default();
    let base = name.strip_suffix("_bucket").unwrap_or(name);
    let at = reading.selector.matchers.iter().position(|matcher| matcher.label == "le");
    let label = match at {
        Some(index) => match listed(&reading.selector.matchers[index]).as_deref() {
            Some([Bound::At(_) | Bound::Infinite, ..]) => "this selects the buckets of several bounds",
            _ => "this selects buckets of any bound",
        },
        None => "this selects the buckets of all bounds",
    };
    let others: Vec<_> =
        reading.selector.matchers.iter().filter(|matcher| matcher.label != "le").cloned().collect();
    let of = |name: &str| Selector {
        name: Some(name.to_owned()),
        matchers: others.clone().into(),
        ..reading.selector.clone()
    };
    let bounded = of(name).matching("le", MatchOp::Equal, "0.5");
    Problem::error(
        Code::NotACounterSelector,
        at.map_or(reading.place, |index| reading.matchers[index]),
        "an event is in several buckets, and is counted once in each",
    )
    .label(label)
    .help(format!("for all events, count `{}`", of(&format!("{base}_count"))))
    .help(format!("for the events up to a bound, write the bound: `{bounded}`"))
}
