//! Companion alerts that fire because their metric does not exist yet.

use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::promql::ast::{Expr, Time};
use crate::promql::build::{call, ge, number, sum_by};
use crate::vocabulary::Duration;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for service in &model.services {
        for alert in &service.alerts {
            let Some(metric) = &alert.fires_unmeasured else { continue };
            let Some(reading) = alert.readings.iter().find(|reading| reading.reads(metric)) else { continue };
            let name = reading.selector.name.as_deref().unwrap_or_default();
            let range = Time::Fixed(Duration::from_secs(3600));
            let gained = call("increase", vec![reading.selector.clone().range(range)]);
            let there: Expr = ge(sum_by::<&str>(&[], gained), number("0")).into();
            problems.push(
                Problem::warning(
                    Code::PlannedAlertFires,
                    alert.places.expr,
                    format!("`{}` may fire only because `{name}` does not exist yet", alert.name),
                )
                .label("the metric is planned, and this expression fires while it is missing")
                .help(format!(
                    "let it fire only where the metric exists: add `and {there}` if it is a counter"
                ))
                .help("or remove the alert until the metric exists"),
            );
        }
    }
}
