//! Good events that are counted elsewhere than all events.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Reading, Role};
use crate::promql::ast::MatchOp;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model) {
        let of = |role: Role| slo.readings.iter().filter(move |reading| reading.role == role);
        let pairs = of(Role::Total).flat_map(|total| of(Role::Good).map(move |good| (total, good)));
        for (total, good) in pairs {
            let (Some(all), Some(part)) = (job(total), job(good)) else { continue };
            if total.selector.matchers[all].value != good.selector.matchers[part].value {
                problems.push(
                    Problem::warning(
                        Code::CountedApart,
                        good.matchers[part],
                        "good events are counted by another job than all events",
                    )
                    .label("what its scrape shows later is bad for a moment")
                    .and(total.matchers[all], "all events are counted here")
                    .help("count bad events instead of good ones, if somebody does: `bad`"),
                );
                break;
            }
        }
    }
}

/// The matcher that names the one job of a selector.
fn job(reading: &Reading) -> Option<usize> {
    reading
        .selector
        .matchers
        .iter()
        .position(|matcher| matcher.label == "job" && matcher.op == MatchOp::Equal)
}
