//! Companion alerts that page after a single evaluation, and `for` values that are not a multiple of the evaluation interval.

use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::Companion;
use crate::vocabulary::{Duration, INTERVAL, Severity};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for alert in model.services.iter().flat_map(|service| &service.alerts) {
        match alert.hold {
            Some(hold) => problems.extend(off_grid(alert, hold)),
            None if alert.severity == Severity::Page && !alert.expr.reads_ranges() => problems.push(
                Problem::warning(
                    Code::PageAtOnce,
                    alert.places.name,
                    format!("a single evaluation is enough for `{}` to page somebody", alert.name),
                )
                .label("one failed scrape or a restart is enough")
                .help("write how long it must last: `for: 1m`"),
            ),
            None => {}
        }
    }
}

fn off_grid(alert: &Companion, hold: Duration) -> Option<Problem> {
    let step = INTERVAL;
    if hold.millis().is_multiple_of(step.millis()) {
        return None;
    }
    let meant = Duration::from_millis(hold.millis().div_ceil(step.millis()) * step.millis());
    Some(
        Problem::error(
            Code::WindowOffGrid,
            alert.places.hold,
            format!("a `for` of {hold} is not a multiple of {step}"),
        )
        .label(format!("alerts are evaluated every {step}, so it would be {meant}"))
        .fix(format!("write `{meant}`"), alert.places.hold, meant.to_string()),
    )
}
