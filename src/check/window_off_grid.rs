//! Windows that are not a multiple of the evaluation interval.

use super::tiers_by_place;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::vocabulary::Duration;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    for (_, slo) in facts.slos() {
        for (span, tiers) in tiers_by_place(slo) {
            for tier in tiers {
                let step = tier.interval();
                let off: Vec<(&str, Duration)> = [("long", tier.long), ("short", tier.short)]
                    .into_iter()
                    .filter(|(_, window)| window.millis() % step.millis() != 0)
                    .collect();
                let Some((_, first)) = off.first() else { continue };
                let meant: Vec<String> =
                    off.iter().map(|(key, window)| format!("{key}: {}", nearest(*window, step))).collect();
                problems.push(
                    Problem::error(
                        Code::WindowOffGrid,
                        span,
                        format!("a window of {first} is not a multiple of {step}"),
                    )
                    .label(format!("the sums that this tier reads are recorded every {step}"))
                    .help(format!("write `{}`", meant.join(", "))),
                );
            }
        }
    }
}

fn nearest(window: Duration, step: Duration) -> Duration {
    let steps = (window.millis() + step.millis() / 2) / step.millis();
    Duration::from_millis(steps.max(1) * step.millis())
}
