//! Which alerts mean that a part of a journey fails, and which alerts of the journey they silence.

use std::collections::BTreeSet;

use super::dependencies::{Needs, is_cause};
use super::names::{made_alert_name, which};
use super::ranges::lag;
use super::{alerts, companions};
use crate::facts::{Aftermath, AlertFacts, Facts};
use crate::model::{Model, Part, Service, Slo, Tier};
use crate::vocabulary::{Duration, INTERVAL, Name, Severity};

/// The alerts which mean that a part of a journey fails: the part's own alerts, and pages about its service or a dependency that is down.
pub fn failing<'a>(facts: &'a Facts<'a>, needs: &Needs<'a>, part: &Part) -> Vec<&'a AlertFacts<'a>> {
    let mut found = Vec::new();
    of_part(part, needs, &mut BTreeSet::new(), &mut |service, _, wanted| {
        found.extend(facts.alerts_of(service).filter(|alert| wanted(alert)));
    });
    found
}

/// Called with a service, one SLO of it besides those whose page means that the service is down, and the condition for their alerts. Services in
/// `seen` are not visited again.
type Visit<'h, 'a> = dyn FnMut(&'a Name, Option<&'a Name>, &dyn Fn(&AlertFacts) -> bool) + 'h;

fn of_part<'a>(part: &'a Part, needs: &Needs<'a>, seen: &mut BTreeSet<&'a Name>, visit: &mut Visit<'_, 'a>) {
    let is_page = |alert: &AlertFacts| alert.severity == Severity::Page;
    visit(&part.service, Some(&part.slo), &|alert| {
        let own = alert.slo == Some(&part.slo) && alert.line.is_none();
        own || alert.down && is_page(alert)
    });
    let mut open: Vec<&Name> = seen.insert(&part.service).then_some(&part.service).into_iter().collect();
    while let Some(name) = open.pop() {
        for edge in needs.of_service(name) {
            visit(&edge.on, edge.slo.as_ref(), &|alert| is_cause(edge, alert) && is_page(alert));
            if seen.insert(&edge.on) {
                open.push(&edge.on);
            }
        }
    }
}

/// The alerts of one SLO of a service and of those whose page means that the service is down, and other alerts which mean that.
fn alerts_of<'a>(model: &'a Model, name: &Name, slo: Option<&Name>) -> Vec<AlertFacts<'a>> {
    let Ok(at) = model.services.binary_search_by(|service| service.name.cmp(name)) else { return Vec::new() };
    let service = &model.services[at];
    let slos = service.slos.iter().filter(|known| slo == Some(&known.name) || alerts::means_down(known));
    let slos = slos.flat_map(|slo| alerts::of_slo(model, service, slo));
    let companions = service.alerts.iter().filter(|companion| companion.down);
    let companions = companions.map(|companion| companions::alert(model, service, companion));
    slos.chain(alerts::missing(model, service)).chain(companions).collect()
}

/// The alerts of all parts of a journey, each once, without those of the journey.
pub(super) fn failing_parts<'a>(
    model: &'a Model,
    needs: &Needs<'a>,
    service: &Service,
    slo: &'a Slo,
) -> Vec<AlertFacts<'a>> {
    let (mut all, mut visited, mut known) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for part in slo.parts() {
        of_part(part, needs, &mut visited, &mut |of, slo, wanted| {
            all.extend(alerts_of(model, of, slo).into_iter().filter(wanted));
        });
    }
    all.retain(|alert: &AlertFacts| alert.service != &service.name || alert.slo != Some(&slo.name));
    all.retain(|alert| known.insert((alert.name.clone(), alert.apart.clone())));
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
