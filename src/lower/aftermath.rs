//! The aftermath of an alert with `down`. The alert stops as soon as the service is back. But long windows still contain the outage, and events are
//! counted again only some evaluations later. Alerts about that would be a second notification for a problem that is over.
//!
//! So a second alert, which notifies nobody, fires during that time and silences them. It silences only pages of SLOs that read the same series as
//! the first alert, and the alert for missing events: if those fail again, the first alert fires again. All other alerts may have another cause.
//!
//! The alerts that silence the parts of a journey are in the same group: see `journey_pages`.

use super::active::{began, firing};
use super::alert::{self, group_name, silencing_alert};
use super::journey_pages;
use super::series::Series;
use super::sums::less;
use crate::derive::external;
use crate::facts::{AlertFacts, ServiceFacts, SloFacts};
use crate::model::{Companion, Labels, Model, Service};
use crate::plan::{Group, Rule, SilencingAlert};
use crate::promql::ast::{Expr, Selector, Time};
use crate::promql::build::{aggregate, and, any, call, gt, number, sub};
use crate::vocabulary::INTERVAL;

/// The alerts of a service that notify nobody, in a group of their own.
pub(super) fn silencing_group(model: &Model, facts: &ServiceFacts) -> Option<Group> {
    let service = facts.service;
    let after = |(_, known): &(&Companion, AlertFacts)| {
        let silencing = known.silencing.clone()?;
        Some(rule(model, service, known.name.clone(), known.rule_labels(), silencing))
    };
    let of_slo = |slo: &SloFacts| {
        journey_pages::silencing_rule(model, service, slo, &Series::new(slo.slo, &slo.promise))
    };
    let companions = facts.companions.iter().filter_map(after);
    let rules: Vec<Rule> = companions.chain(facts.slos.iter().filter_map(of_slo)).collect();
    let name = group_name(service, "aftermath");
    (!rules.is_empty()).then_some(Group { name, interval: INTERVAL, rules })
}

/// It fires while an alert is active that began with the outage or later. Alerts that began before the outage have already notified somebody. Their
/// end must be notified, too: Alertmanager forgets an alert that ends while it is silenced.
fn rule(model: &Model, service: &Service, of: String, mut labels: Labels, silencing: SilencingAlert) -> Rule {
    // A range that is half an interval shorter contains the same number of samples with open and with closed edges.
    let range = less(silencing.length, INTERVAL.millis() / 2);
    let over = |series: Vec<Selector>| {
        let ranged = |series: Selector| call("max_over_time", vec![series.range(Time::Fixed(range))]);
        aggregate::<&str>("max", &[], any(series.into_iter().map(ranged)).expect("an aftermath has a cause"))
    };
    let (fired, began) = (over(firing(&silencing.causes)), over(began(&silencing.causes)));
    let left = self::began(&silencing.silenced).into_iter().map(Expr::from);
    let left = any(left).expect("an aftermath keeps something silent");
    let left = gt(left, sub(began, number(INTERVAL.secs()))).on::<&str>(&[]).group_left::<&str>(&[]);
    let alert = silencing_alert(service, of, silencing);
    // Without `service`, because other rules select alerts by it. With the external labels that distinguish two Prometheus servers.
    labels.retain(|label, _| external(model).contains(label));
    let remark = "Nobody is notified of it: it silences alerts of an outage that is over.";
    alert::rule(alert, and(fired, left).on::<&str>(&[]), labels, remark)
}
