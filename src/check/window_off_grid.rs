//! Windows that are not whole number of evaluations.

use super::{slos, tiers_by_place};
use crate::diagnostic::{Code, Problem};
use crate::lower;
use crate::model::Model;
use crate::vocabulary::Duration;

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model) {
        for (span, tiers) in tiers_by_place(slo) {
            for tier in tiers {
                let step = if tier.slow { lower::LONG_INTERVAL } else { lower::INTERVAL };
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
                    .label(format!("what this tier looks at is summed every {step}"))
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
