//! The aftermath of an alert with `down`. The alert stops as soon as the service is back, but the outage is still in long windows, and events are
//! counted again only some evaluations later. Alerts about that would be a second notification for a problem that is over.
//!
//! So a second alert, which notifies nobody, fires during that time and silences them. It silences only pages of SLOs that read the same series as
//! the first alert, and the service's missing events: if those fail again, the first alert says so. All other alerts may have another cause by then.

use super::sums::less;
use crate::derive::external;
use crate::facts::{AlertFacts, ServiceFacts, SloFacts};
use crate::model::{Companion, Labels, Model, Service};
use crate::plan::{Aftermath, Alert, Group, Makes, Notice, Rule, Which};
use crate::promql::ast::{Expr, MatchOp, Selector, Time};
use crate::promql::build::{aggregate, and, any, call, gt, number, selector, sub};
use crate::vocabulary::{INTERVAL, Severity};

/// When each alert that is pending or fires began to be, in seconds since 1970. Prometheus records it beside `ALERTS`.
pub(super) const BEGAN: &str = "ALERTS_FOR_STATE";

/// The alerts of a service of which nobody is told, in a group of their own.
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
    // Groups of SLOs are called after them.
    let taken = service.slos.iter().any(|slo| slo.name.as_str() == "aftermath");
    let name = format!("{}/aftermath{}", service.name, if taken { "/companions" } else { "" });
    (!rules.is_empty()).then_some(Group { name, interval: INTERVAL, rules })
}

/// Selectors of a series that Prometheus keeps of these alerts.
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

/// It fires while something burns on that began when the outage did, or later. What had begun before was told before, so its end has to be
/// told, too: Alertmanager forgets what ends while it is silenced.
fn rule(model: &Model, service: &Service, of: String, mut labels: Labels, aftermath: Aftermath) -> Rule {
    // Half an interval less holds as many samples, whatever the edges of ranges are.
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
        // Of several causes the first: what began with it is not told for the others either.
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
    // Without `service`, by which others look for alerts; with what decides whether two Prometheus are meant.
    labels.retain(|label, _| external(model).contains(label));
    Rule {
        makes: Makes::Alert(Box::new(alert)),
        expr: and(fired, left).on::<&str>(&[]).into(),
        labels: labels.into(),
        remark: "Nobody is notified of it: it silences alerts of an outage that is over.",
    }
}
