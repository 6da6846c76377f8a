//! SLOs whose good events and all events are counted by different jobs.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::Role;

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
    }
}
