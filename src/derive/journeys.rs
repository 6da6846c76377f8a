//! Which alerts mean that a part of a journey fails, and which alerts of the journey they silence.

use std::collections::BTreeSet;

use super::dependencies::is_cause;
use super::names::{made_alert_name, which};
use super::ranges::lag;
use super::{alerts, companions};
use crate::facts::{Aftermath, AlertFacts};
use crate::model::{Model, Part, Service, Slo, Tier};
use crate::vocabulary::{Duration, INTERVAL, Name, Severity};

/// The alerts which mean that a part of a journey fails: the part's own alerts, and pages about its service or a dependency that is down.
pub fn failing<'a>(model: &'a Model, part: &Part) -> Vec<AlertFacts<'a>> {
    let is_page = |alert: &AlertFacts| alert.severity == Severity::Page;
    let mut all = alerts_of(model, &part.service);
    all.retain(|alert| {
        let own = alert.slo == Some(&part.slo) && alert.line.is_none();
        own || alert.down && is_page(alert)
    });
    let edges = &model.project.dependencies;
    let mut open = vec![&part.service];
    let mut seen: BTreeSet<&Name> = open.iter().copied().collect();
    while let Some(name) = open.pop() {
        for edge in edges.iter().filter(|edge| edge.service == *name && edge.silences == Severity::Page) {
            let known = alerts_of(model, &edge.on).into_iter();
            all.extend(known.filter(|alert| is_cause(edge, alert) && is_page(alert)));
            if seen.insert(&edge.on) {
                open.push(&edge.on);
            }
        }
    }
    all
}

/// The alerts of a service; empty if there is no such service.
fn alerts_of<'a>(model: &'a Model, name: &Name) -> Vec<AlertFacts<'a>> {
    let Ok(at) = model.services.binary_search_by(|service| service.name.cmp(name)) else { return Vec::new() };
    let service = &model.services[at];
    let slos = service.slos.iter().flat_map(|slo| alerts::of_slo(model, service, slo));
    let companions = service.alerts.iter().map(|companion| companions::alert(model, service, companion));
    slos.chain(alerts::missing(model, service)).chain(companions).collect()
}

/// The alerts of all parts of a journey, each once, without those of the journey.
pub(super) fn failing_parts<'a>(model: &'a Model, service: &Service, slo: &Slo) -> Vec<AlertFacts<'a>> {
    let mut seen = BTreeSet::new();
    let mut all: Vec<AlertFacts> = slo.parts().iter().flat_map(|part| failing(model, part)).collect();
    all.retain(|alert| alert.service != &service.name || alert.slo != Some(&slo.name));
    all.retain(|alert| seen.insert((alert.name.clone(), alert.apart.clone())));
    all
}

/// Alerts of a journey that stay silenced after the pages of its parts stop: its windows contain the outage a little longer than theirs. `None` if
/// there are none, or if nobody is notified of anything.
pub(super) fn aftermath(
    model: &Model,
    service: &Service,
    slo: &Slo,
    failing: &[AlertFacts],
) -> Option<Aftermath> {
    model.project.alertmanager.as_ref()?;
    let pages = slo.tiers.iter().filter(|tier| tier.severity == Severity::Page);
    let stops = |tier: &Tier| tier.short.millis() + tier.keep_firing_for.unwrap_or_default().millis();
    let longest = pages.map(stops).max()?;
    let pages = failing.iter().filter(|alert| alert.severity == Severity::Page);
    let causes: Vec<_> = pages.map(AlertFacts::which).collect();
    let length = Duration::from_millis(longest + lag(slo).millis() + 2 * INTERVAL.millis());
    let name = format!("{}Aftermath", made_alert_name(service, slo, Severity::Page));
    let silenced = vec![which(model, service, slo, Severity::Page)];
    (!causes.is_empty()).then_some(Aftermath { name, causes, silenced, length })
}
