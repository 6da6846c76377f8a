//! The aftermath of an alert with `down`. The alert stops as soon as the service is back. But long windows still contain the outage, and events are
//! counted again only some evaluations later. Alerts about that would be a second notification for a problem that is over.
//!
//! So a second alert, which notifies nobody, fires during that time and silences them. It silences only pages of SLOs that read the same series as
//! the first alert, and the alert for missing events: if those fail again, the first alert fires again. All other alerts may have another cause.

use super::sums::less;
use crate::derive::external;
use crate::facts::{AlertFacts, ServiceFacts, SloFacts};
use crate::model::{Companion, Labels, Model, Service};
use crate::plan::{Aftermath, Alert, Group, Makes, Notice, Rule, Which};
use crate::promql::ast::{Expr, MatchOp, Selector, Time};
use crate::promql::build::{aggregate, and, any, call, gt, number, selector, sub};
use crate::vocabulary::{INTERVAL, Severity};

/// When each pending or firing alert began, in seconds since 1970. Prometheus records it beside `ALERTS`.
pub(super) const BEGAN: &str = "ALERTS_FOR_STATE";

/// The alerts of a service that notify nobody, in a group of their own.
pub(super) fn group(model: &Model, facts: &ServiceFacts) -> Option<Group> {
    let service = facts.service;
    let after = |(_, known): &(&Companion, AlertFacts)| {
        let aftermath = known.aftermath.clone()?;
        Some(rule(model, service, known.name.clone(), known.rule_labels(), aftermath))
    };
    let of_slo = |slo: &SloFacts| {
        let of = format!("{}/{}", service.name, slo.slo.name);
        Some(rule(model, service, of, slo.burn(Severity::Page)?.rule_labels(), slo.aftermath.clone()?))
    };
    let companions = facts.companions.iter().filter_map(after);
    let rules: Vec<Rule> = companions.chain(facts.slos.iter().filter_map(of_slo)).collect();
    // Groups of SLOs have the names of the SLOs.
    let taken = service.slos.iter().any(|slo| slo.name.as_str() == "aftermath");
    let name = format!("{}/aftermath{}", service.name, if taken { "/companions" } else { "" });
    (!rules.is_empty()).then_some(Group { name, interval: INTERVAL, rules })
}

/// Selectors of a series that Prometheus records for these alerts.
fn kept_of(name: &str, alerts: &[Which], state: Option<&str>) -> Vec<Selector> {
    let (alone, apart): (Vec<&Which>, Vec<&Which>) = alerts.iter().partition(|alert| alert.apart.is_empty());
    let firing = |selector: Selector| match state {
        Some(state) => selector.matching("alertstate", MatchOp::Equal, state),
        None => selector,
    };
    let names: Vec<&str> = alone.iter().map(|alert| alert.name.as_str()).collect();
    let alone = (!names.is_empty())
        .then(|| selector(name, &[]).matching("alertname", MatchOp::Matches, &names.join("|")));
    let apart = apart.into_iter().map(|alert| {
        let labels: Vec<(&str, &str)> =
            alert.apart.iter().map(|(label, value)| (label.as_str(), value.as_str())).collect();
        selector(name, &labels).matching("alertname", MatchOp::Equal, &alert.name)
    });
    alone.into_iter().chain(apart).map(firing).collect()
}

/// It fires while an alert is active that began with the outage or later. Alerts that began before the outage have already notified somebody. Their
/// end must be notified, too: Alertmanager forgets an alert that ends while it is silenced.
fn rule(model: &Model, service: &Service, of: String, mut labels: Labels, aftermath: Aftermath) -> Rule {
    // A range that is half an interval shorter contains the same number of samples with open and with closed edges.
    let range = less(aftermath.length, INTERVAL.millis() / 2);
    let over = |op: &str, series: Vec<Selector>| {
        let ranged =
            |series: Selector| call(&format!("{op}_over_time"), vec![series.range(Time::Fixed(range))]);
        aggregate::<&str>(op, &[], any(series.into_iter().map(ranged)).expect("an aftermath has a cause"))
    };
    let causes = &aftermath.causes;
    let (fired, began) = match &causes[..] {
        [only] if only.apart.is_empty() => {
            let of = |name, more: &[(&str, &str)]| {
                vec![selector(name, &[&[("alertname", only.name.as_str())], more].concat())]
            };
            (over("max", of("ALERTS", &[("alertstate", "firing")])), over("max", of(BEGAN, &[])))
        }
        // If there are several causes, the first one decides: its outage explains the later ones.
        _ => (
            over("max", kept_of("ALERTS", causes, Some("firing"))),
            over("min", kept_of(BEGAN, causes, None)),
        ),
    };
    let left = kept_of(BEGAN, &aftermath.silenced, None).into_iter().map(Expr::from);
    let left = any(left).expect("an aftermath keeps something silent");
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
    // Without `service`, because other rules select alerts by it. With the external labels that distinguish two Prometheus servers.
    labels.retain(|label, _| external(model).contains(label));
    Rule {
        makes: Makes::Alert(Box::new(alert)),
        expr: and(fired, left).on::<&str>(&[]).into(),
        labels: labels.into(),
        remark: "Nobody is notified of it: it silences alerts of an outage that is over.",
    }
}
