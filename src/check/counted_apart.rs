//! SLOs whose good or bad events are counted by another job than all events, or for fewer jobs and places.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Role, Sli, Slo};
use crate::promql::ast::{MatchOp, Matcher};
use crate::vocabulary::names_a_place;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model) {
        let of = |role: Role| slo.readings.iter().filter(move |reading| reading.role == role);
        let pairs = of(Role::Total).flat_map(|total| of(Role::Good).map(move |good| (total, good)));
        for (total, good) in pairs {
            let (Some(all), Some(part)) = (total.selector.equal("job"), good.selector.equal("job")) else {
                continue;
            };
            if total.selector.matchers[all].value != good.selector.matchers[part].value {
                problems.push(
                    Problem::warning(
                        Code::CountedApart,
                        good.matchers[part],
                        "`good` and `total` are counted by different jobs",
                    )
                    .label("events that this job's scrape shows later count as bad for a moment")
                    .and(total.matchers[all], "all events are counted here")
                    .help("if a metric counts bad events, write it as `bad` instead of `good`"),
                );
                break;
            }
        }
        problems.extend(counted_for_fewer(slo));
    }
}

/// A matcher for a program or a place, such as `job`, that `total` does not have: then it counts the events of others, too.
fn counted_for_fewer(slo: &Slo) -> Option<Problem> {
    let Sli::Counted { histogram: None, .. } = &slo.sli else { return None };
    let of = |role: Role| slo.readings.iter().filter(move |reading| reading.role == role);
    let (Some(total), None) = (of(Role::Total).next(), of(Role::Total).nth(1)) else { return None };
    let asks = |matcher: &Matcher| total.selector.matchers.iter().any(|other| other.label == matcher.label);
    [("bad", Role::Bad), ("good", Role::Good)].into_iter().find_map(|(key, role)| {
        let reading = of(role).find(|reading| reading.selector.name == total.selector.name)?;
        // Without another matcher, the place itself decides which events are meant.
        let others =
            |matcher: &&Matcher| !names_a_place(&matcher.label) && !total.selector.matchers.contains(matcher);
        reading.selector.matchers.iter().find(others)?;
        let index = reading.selector.matchers.iter().position(|matcher| {
            let is_positive = matches!(matcher.op, MatchOp::Equal | MatchOp::Matches);
            let is_some = ![".*", ".+"].contains(&matcher.value.as_str());
            names_a_place(&matcher.label) && is_positive && is_some && !asks(matcher)
        })?;
        let matcher = &reading.selector.matchers[index];
        let headline = format!("`total` counts every `{}`, and `{key}` does not", matcher.label);
        Some(
            Problem::warning(Code::CountedApart, reading.matchers[index], headline)
                .and(total.place, "all events are counted here")
                .help(format!("add `{matcher}` to `total`, or remove it from `{key}`")),
        )
    })
}
