//! Buckets that are counted without a single bound: an event is in every bucket whose bound is not below it, and would be counted in each.

use super::contract::{Reader, report};
use super::slos;
use crate::contract::Part;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{MetricRead, Role, Service};
use crate::promql::ast::{MatchOp, Selector};
use crate::promql::bounds::{Bound, listed};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (service, slo) in slos(model) {
        let counted = |reading: &&MetricRead| matches!(reading.role, Role::Total | Role::Good | Role::Bad);
        for reading in slo.readings.iter().filter(counted).filter(|reading| counts_several(service, reading))
        {
            report(problems, Reader::Slo(slo), to_problem(reading));
        }
    }
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
