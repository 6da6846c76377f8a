//! What an alert that says `down` leaves behind. It stops as soon as the service is back, while the outage burns on in the windows it went into, and
//! while events are counted again only some evaluations later: told then, that would be a second notification for a problem that is over.
//!
//! So a second alert, of which nobody is told, fires until it is, and silences it. Only what reads the very metric that the first alert reads is kept
//! silent, and the service's missing events: if that fails again, the first alert says so. Everything else may have a fault of its own by now.

use super::alerts::{missing_name, name};
use super::{INTERVAL, companion_name};
use crate::model::{Companion, Labels, Model, Reading, Service, Slo};
use crate::plan::{Aftermath, Alert, Group, Makes, Notice, Rule};
use crate::promql::ast::Time;
use crate::promql::build::{aggregate, call, selector};
use crate::vocabulary::{Duration, Severity};

/// How long missing events are still missing after their counters are back: until those were scraped, compared with a scrape before, and looked at.
const COUNTED_AGAIN: Duration = Duration::from_secs(300);

/// Whether both certainly look at the same: they read the same metric.
pub fn looks_at_the_same(slo: &Slo, companion: &Companion) -> bool {
    fn metrics(readings: &[Reading]) -> impl Iterator<Item = &str> {
        readings.iter().filter_map(|reading| reading.selector.name.as_deref())
    }
    metrics(&slo.readings).any(|metric| metrics(&companion.readings).any(|watched| watched == metric))
}

/// What stays silent after a companion alert; `None` if nothing does, or if nobody is told of anything.
pub fn of(model: &Model, service: &Service, companion: &Companion) -> Option<Aftermath> {
    if !companion.down || companion.severity != Severity::Page || model.project.alertmanager.is_none() {
        return None;
    }
    let mut silenced = Vec::new();
    let mut length = Duration::default();
    for slo in service.slos.iter().filter(|slo| looks_at_the_same(slo, companion)) {
        let pages = slo.tiers.iter().filter(|tier| tier.severity == Severity::Page);
        let Some(longest) = pages.map(|tier| tier.short).max() else { continue };
        // Up to two evaluations pass before both alerts have seen that the outage is over.
        length = length.max(Duration::from_millis(longest.millis() + 2 * INTERVAL.millis()));
        silenced.push(name(service, slo, Severity::Page));
    }
    let expected = service.slos.iter().any(|slo| slo.planned.is_none());
    if service.missing_events.is_some() && expected {
        length = length.max(COUNTED_AGAIN);
        silenced.push(missing_name(service));
    }
    let name = format!("{}Aftermath", companion_name(service, companion));
    (!silenced.is_empty()).then_some(Aftermath { name, silenced, length })
}

/// The alerts of a service of which nobody is told, in a group of their own.
pub(super) fn group(model: &Model, service: &Service) -> Option<Group> {
    let rules: Vec<Rule> = (service.alerts.iter())
        .filter_map(|companion| {
            Some(rule(service, companion_name(service, companion), of(model, service, companion)?))
        })
        .collect();
    // Groups of SLOs are called after them.
    let taken = service.slos.iter().any(|slo| slo.name.as_str() == "aftermath");
    let name = format!("{}/aftermath{}", service.name, if taken { "/companions" } else { "" });
    (!rules.is_empty()).then_some(Group { name, interval: INTERVAL, rules })
}

fn rule(service: &Service, of: String, aftermath: Aftermath) -> Rule {
    let firing = selector("ALERTS", &[("alertname", of.as_str()), ("alertstate", "firing")]);
    // Half an interval less holds as many samples, whatever the edges of ranges are.
    let range = super::events::less(aftermath.length, INTERVAL.millis() / 2);
    let fired = call("max_over_time", vec![firing.range(Time::Fixed(range))]);
    let alert = Alert {
        name: aftermath.name.clone(),
        runbook_url: None,
        dashboard: None,
        hold: None,
        annotations: Labels::new(),
        notice: Notice::Aftermath { service: service.name.to_string(), of, aftermath },
    };
    Rule {
        makes: Makes::Alert(Box::new(alert)),
        expr: aggregate::<&str>("max", &[], fired),
        labels: Labels::from([("service".to_owned(), service.name.to_string())]).into(),
        remark: "Nobody is told of it: it keeps silent what is over already.",
    }
}
