//! Pages that fall silent when what they watch disappears, with nothing else to say so.

use crate::diagnostic::Problem;
use crate::lower;
use crate::model::{Companion, Model};
use crate::promql::build;
use crate::vocabulary::Severity;

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    let alerts = lower::known(model);
    for service in &model.services {
        // Whoever is told that the service's events have disappeared is told of this, too.
        let told = alerts
            .iter()
            .any(|alert| *alert.service == service.name && alert.name == lower::missing_name(service));
        for alert in &service.alerts {
            let matters = alert.severity == Severity::Page || alert.down;
            if told || !matters || !falls_silent(alert) {
                continue;
            }
            let problem = Problem::warning(
                "silent-when-gone",
                alert.places.expr,
                format!("`{}` is silent when its series are gone", alert.name),
            )
            .label("a target that is no longer known has no series that could be compared");
            problems.push(
                match alert.readings.first() {
                    Some(reading) => {
                        let absent = build::call("absent", vec![reading.selector.clone().into()]);
                        problem.help(format!("add `or {absent}`"))
                    }
                    None => problem,
                }
                .help("or let the service tell of events that disappear: remove `missing_events: off`"),
            );
        }
    }
}

fn falls_silent(alert: &Companion) -> bool {
    alert.stimulus.as_ref().is_some_and(|firing| firing.gone == Some(None))
}
