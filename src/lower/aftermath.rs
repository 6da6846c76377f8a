//! What an alert that says `down` leaves behind. It stops as soon as the service is back, while the outage burns on in the windows it went into, and
//! while events are counted again only some evaluations later: told then, that would be a second notification for a problem that is over.
//!
//! So a second alert, of which nobody is told, fires until it is, and silences it. Only pages of SLOs that read what the first alert reads
//! are kept silent, and the service's missing events: if that fails again, the first alert says so. Everything else may have a fault of its own by now.

use super::alerts::{alert_labels, external, missing_name, own_name, which};
use super::{INTERVAL, companion_name, events, inhibitions};
use crate::model::{Budgeting, Companion, Labels, Model, Service, Slo, Tier};
use crate::plan::{Aftermath, Alert, Group, Makes, Notice, Rule, Which};
use crate::promql::ast::{Expr, MatchOp, Selector, Time};
use crate::promql::build::{aggregate, and, any, call, gt, number, selector, sub};
use crate::vocabulary::{Duration, Severity};

/// When each alert that is pending or fires began to be, in seconds since 1970. Prometheus records it beside `ALERTS`.
pub(super) const BEGAN: &str = "ALERTS_FOR_STATE";

/// How long missing events are still missing after their counters are back: until those were scraped, compared with a scrape before, and looked at.
const COUNTED_AGAIN: Duration = Duration::from_secs(300);

/// Whether a companion alert certainly looks at what an SLO looks at: it reads one of its metrics, by no more matchers than the SLO does.
pub fn looks_at_the_same(slo: &Slo, companion: &Companion) -> bool {
    let covers = |event: &Selector, watched: &Selector| {
        event.name.is_some()
            && event.name == watched.name
            && watched.matchers.iter().all(|matcher| event.matchers.contains(matcher))
    };
    let mut events = slo.readings.iter();
    events.any(|event| companion.readings.iter().any(|it| covers(&event.selector, &it.selector)))
}

/// What stays silent after a companion alert that pages, and for how long at most; `None` if nothing does, or if nobody is told of anything.
pub fn of(model: &Model, service: &Service, companion: &Companion) -> Option<Aftermath> {
    if !companion.down || companion.severity != Severity::Page || model.project.alertmanager.is_none() {
        return None;
    }
    let mut silenced = Vec::new();
    let mut length = Duration::default();
    for slo in service.slos.iter().filter(|slo| looks_at_the_same(slo, companion)) {
        let pages = slo.tiers.iter().filter(|tier| tier.severity == Severity::Page);
        let stops = |tier: &Tier| tier.short.millis() + tier.keep_firing_for.unwrap_or_default().millis();
        let Some(longest) = pages.map(stops).max() else { continue };
        let slice = match &slo.budgeting {
            Budgeting::Timeslices { length, .. } => *length,
            Budgeting::Occurrences => Duration::default(),
        };
        // Up to two evaluations pass before both alerts have seen that the outage is over.
        let late = slice.millis() + events::lag(slo).millis() + 2 * INTERVAL.millis();
        length = length.max(Duration::from_millis(longest + late));
        silenced.push(which(model, service, slo, Severity::Page));
    }
    let expected = service.slos.iter().any(|slo| slo.is_expected());
    if service.missing_events.is_some() && expected {
        length = length.max(COUNTED_AGAIN);
        silenced.push(Which::of(missing_name(service)));
    }
    let name = format!("{}Aftermath", companion_name(service, companion));
    let causes = vec![Which::of(companion_name(service, companion))];
    (!silenced.is_empty()).then_some(Aftermath { name, causes, silenced, length })
}

/// What stays silent of a journey when its parts page no more: its windows hold the outage a little longer than theirs. `None` if nothing does, or if
/// nobody is told of anything.
pub fn of_journey(model: &Model, service: &Service, slo: &Slo) -> Option<Aftermath> {
    model.project.alertmanager.as_ref()?;
    let pages = slo.tiers.iter().filter(|tier| tier.severity == Severity::Page);
    let stops = |tier: &Tier| tier.short.millis() + tier.keep_firing_for.unwrap_or_default().millis();
    let longest = pages.map(stops).max()?;
    let causes: Vec<Which> = inhibitions::failing_parts(model, service, slo)
        .into_iter()
        .filter(|alert| alert.severity == Severity::Page)
        .map(|alert| Which { name: alert.name, apart: alert.apart })
        .collect();
    let length = Duration::from_millis(longest + events::lag(slo).millis() + 2 * INTERVAL.millis());
    let name = format!("{}Aftermath", own_name(service, slo, Severity::Page));
    let silenced = vec![which(model, service, slo, Severity::Page)];
    (!causes.is_empty()).then_some(Aftermath { name, causes, silenced, length })
}

/// The alerts of a service of which nobody is told, in a group of their own.
pub(super) fn group(model: &Model, service: &Service) -> Option<Group> {
    let after = |companion: &Companion| {
        let aftermath = of(model, service, companion)?;
        let of = companion_name(service, companion);
        // Without `service`, by which others look for alerts; with what decides whether two Prometheus are meant.
        let labels = alert_labels(model, service, &companion.labels, companion.severity);
        Some(rule(model, service, of, labels, aftermath))
    };
    let of_slo = |slo: &Slo| {
        let aftermath = of_journey(model, service, slo)?;
        let labels = alert_labels(model, service, &slo.labels, Severity::Page);
        let of = format!("{}/{}", service.name, slo.name);
        Some(rule(model, service, of, labels, aftermath))
    };
    let rules: Vec<Rule> =
        service.alerts.iter().filter_map(after).chain(service.slos.iter().filter_map(of_slo)).collect();
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
    let range = events::less(aftermath.length, INTERVAL.millis() / 2);
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
    labels.retain(|label, _| external(model).contains(label));
    Rule {
        makes: Makes::Alert(Box::new(alert)),
        expr: and(fired, left).on::<&str>(&[]).into(),
        labels: labels.into(),
        remark: "Nobody is told of it: it keeps silent what is over already.",
    }
}
