//! Selectors of what a ruler records of alerts that are active.

use crate::plan::AlertId;
use crate::promql::ast::{MatchOp, Selector};
use crate::promql::build::selector;

/// When each pending or firing alert began, in seconds since 1970. Prometheus records it beside `ALERTS`.
pub(super) const BEGAN: &str = "ALERTS_FOR_STATE";

/// These alerts while they fire.
pub(super) fn firing(alerts: &[AlertId]) -> Vec<Selector> {
    let firing = |series: Selector| series.matching("alertstate", MatchOp::Equal, "firing");
    of("ALERTS", alerts).into_iter().map(firing).collect()
}

/// When these alerts began, while they are active.
pub(super) fn began(alerts: &[AlertId]) -> Vec<Selector> {
    of(BEGAN, alerts)
}

/// A series of these alerts: one selector for all that have names of their own, and one for each of the others.
fn of(series: &str, alerts: &[AlertId]) -> Vec<Selector> {
    let (alone, apart): (Vec<&AlertId>, Vec<&AlertId>) =
        alerts.iter().partition(|alert| alert.apart.is_empty());
    let names: Vec<&str> = alone.iter().map(|alert| alert.name.as_str()).collect();
    let alone = match &names[..] {
        [] => None,
        [one] => Some(selector(series, &[("alertname", one)])),
        several => Some(selector(series, &[]).matching("alertname", MatchOp::Matches, &several.join("|"))),
    };
    let apart = apart.into_iter().map(|alert| {
        let labels: Vec<(&str, &str)> =
            alert.apart.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
        selector(series, &labels).matching("alertname", MatchOp::Equal, &alert.name)
    });
    alone.into_iter().chain(apart).collect()
}
