//! What an alert that says `down` leaves behind. It stops as soon as the service is back, while the outage burns on in the windows it went into, and
//! while events are counted again only some evaluations later: told then, that would be a second notification for a problem that is over.
//!
//! So a second alert, of which nobody is told, fires until it is, and silences it. Only pages of SLOs that read what the first alert reads
//! are kept silent, and the service's missing events: if that fails again, the first alert says so. Everything else may have a fault of its own by now.

use super::sums::less;
use crate::derive::external;
use crate::facts::{AlertFacts, ServiceFacts};
use crate::model::{Labels, Model, Service};
use crate::plan::{Aftermath, Alert, Group, Makes, Notice, Rule, Which};
use crate::promql::ast::{Expr, MatchOp, Selector, Time};
use crate::promql::build::{aggregate, and, any, call, gt, number, selector, sub};
use crate::vocabulary::INTERVAL;

/// When each alert that is pending or fires began to be, in seconds since 1970. Prometheus records it beside `ALERTS`.
pub(super) const BEGAN: &str = "ALERTS_FOR_STATE";

/// The alerts of a service of which nobody is told, in a group of their own.
pub(super) fn group(model: &Model, facts: &ServiceFacts) -> Option<Group> {
    let service = facts.service;
    let rules: Vec<Rule> = (facts.companions.iter())
        .filter_map(|(_, known)| Some(rule(model, service, known, known.aftermath.clone()?)))
        .collect();
    // Groups of SLOs are called after them.
    let taken = service.slos.iter().any(|slo| slo.name.as_str() == "aftermath");
    let name = format!("{}/aftermath{}", service.name, if taken { "/companions" } else { "" });
    (!rules.is_empty()).then_some(Group { name, interval: INTERVAL, rules })
}

/// When these alerts began.
fn began_of(alerts: &[Which]) -> Expr {
    let (alone, apart): (Vec<&Which>, Vec<&Which>) = alerts.iter().partition(|alert| alert.apart.is_empty());
    let names = alone.iter().map(|alert| alert.name.as_str()).collect::<Vec<_>>().join("|");
    let alone =
        (!alone.is_empty()).then(|| selector(BEGAN, &[]).matching("alertname", MatchOp::Matches, &names));
    let apart = apart.into_iter().map(|alert| {
        let labels: Vec<(&str, &str)> =
            alert.apart.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
        selector(BEGAN, &labels).matching("alertname", MatchOp::Equal, &alert.name)
    });
    any(alone.into_iter().chain(apart).map(Expr::from)).expect("an aftermath keeps something silent")
}

/// It fires while something burns on that began when the outage did, or later. What had begun before was told before, so its end has to be
/// told, too: Alertmanager forgets what ends while it is silenced.
fn rule(model: &Model, service: &Service, known: &AlertFacts, aftermath: Aftermath) -> Rule {
    let of = known.name.clone();
    // Half an interval less holds as many samples, whatever the edges of ranges are.
    let range = less(aftermath.length, INTERVAL.millis() / 2);
    let most = |series: Selector| {
        aggregate::<&str>("max", &[], call("max_over_time", vec![series.range(Time::Fixed(range))]))
    };
    let fired = most(selector("ALERTS", &[("alertname", of.as_str()), ("alertstate", "firing")]));
    let began = most(selector(BEGAN, &[("alertname", of.as_str())]));
    let left = began_of(&aftermath.silenced);
    let left = gt(left, sub(began, number(INTERVAL.secs()))).on::<&str>(&[]).group_left::<&str>(&[]);
    let alert = Alert {
        which: Which::of(aftermath.name.clone()),
        runbook_url: None,
        dashboard: None,
        hold: None,
        keep_firing_for: None,
        annotations: Labels::new(),
        notice: Notice::Aftermath { service: service.name.to_string(), of, aftermath },
    };
    // Without `service`, by which others look for alerts; with what decides whether two Prometheus are meant.
    let mut labels = known.rule_labels();
    labels.retain(|label, _| external(model).contains(label));
    Rule {
        makes: Makes::Alert(Box::new(alert)),
        expr: and(fired, left).on::<&str>(&[]).into(),
        labels: labels.into(),
        remark: "Nobody is told of it: it keeps silent what is over already.",
    }
}
