//! Alerts that fire while their targets are up, and SLOs that are kept while they are down.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Behaviour, Series};
use crate::vocabulary::Decimal;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for alert in model.services.iter().flat_map(|service| &service.alerts) {
        let series = alert.stimulus.iter().flat_map(|firing| &firing.series);
        if let Some(name) = up_side_down(series) {
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    alert.places.expr,
                    format!("`{}` fires while `{name}` is 1, and does not fire while it is 0", alert.name),
                )
                .label("1 says that all is well")
                .help(format!("let it fire at 0: `{name} == 0`")),
            );
        }
    }
    for (_, slo) in slos(model) {
        if let Some(name) = up_side_down(slo.stimulus.iter().flatten()) {
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    slo.places.sli.beginning(),
                    format!("this promise is kept while `{name}` is 0, and broken while it is 1"),
                )
                .label("1 says that all is well")
                .help(format!("write what is true while all is well: `{name} == 1`")),
            );
        }
    }
}

/// The first metric with values 0 and 1 that is 0 in the good state and 1 in the bad one, if all changing series are like this.
fn up_side_down<'a>(series: impl Iterator<Item = &'a Series>) -> Option<&'a str> {
    let mut found = None;
    for one in series {
        match &one.behaviour {
            Behaviour::Stands { good, bad } if good == bad => {}
            Behaviour::Stands { good, bad }
                if *good == Decimal::ZERO && *bad == Decimal::ONE && is_named_well(&one.name) =>
            {
                found = found.or(Some(one.name.as_str()));
            }
            Behaviour::Counts { .. }
            | Behaviour::Observes
            | Behaviour::Counted { .. }
            | Behaviour::Stands { .. }
            | Behaviour::Grows { .. }
            | Behaviour::Exists { .. }
            | Behaviour::Ages { .. } => return None,
        }
    }
    found
}

/// Whether a metric is 1 in the good state, by its name.
fn is_named_well(name: &str) -> bool {
    const WORDS: [&str; 5] = ["up", "success", "healthy", "ready", "reachable"];
    name.rsplit(['_', ':', '.']).next().is_some_and(|last| WORDS.contains(&last))
}
