//! Which alerts mean that a part of a journey fails, and which alerts of the journey they silence.

use std::collections::BTreeSet;

use super::dependencies::{Needs, is_cause};
use super::names::{alert_id, made_alert_name};
use super::ranges::lag;
use super::{alerts, companions};
use crate::facts::{AlertFacts, Facts, SilencingAlert};
use crate::model::{Alertmanager, Companion, Inhibition, Model, Part, Service, Slo, Tier};
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

/// How long the page of a journey does not begin after the pages of its parts stop: its windows contain the outage a little longer than theirs.
pub fn page_delay_after_parts(slo: &Slo) -> Duration {
    Duration::from_millis(contained(slo).millis() + lag(slo).millis() + 2 * INTERVAL.millis())
}

/// How long the windows of its page contain an outage that is over.
fn contained(slo: &Slo) -> Duration {
    let pages = slo.tiers_of(Severity::Page);
    let stops = |tier: &Tier| tier.short.millis() + tier.keep_firing_for.unwrap_or_default().millis();
    Duration::from_millis(pages.map(stops).max().unwrap_or_default())
}

/// The alert that silences the pages of parts if the page of the journey was first; `None` if it would silence none. It silences only pages whose
/// receivers are notified of the journey, too. There is no such alert if another alert may silence the journey.
pub(super) fn silencing_alert(
    model: &Model,
    needs: &Needs,
    service: &Service,
    slo: &Slo,
    failing: &[AlertFacts],
) -> Option<SilencingAlert> {
    let alertmanager = model.project.alertmanager.as_ref()?;
    let page = alerts::of_slo(model, service, slo)
        .into_iter()
        .find(|alert| alert.severity == Severity::Page && alert.line.is_none())?;
    let is_down = |companion: &Companion| companion.down && companion.severity == Severity::Page;
    let silenced_by_author = |declared: &Inhibition| page.sometimes(&declared.silenced);
    if needs.of_service(&service.name).next().is_some()
        || service.alerts.iter().any(is_down)
        || alertmanager.inhibitions.iter().any(silenced_by_author)
    {
        return None;
    }
    let is_of = |alert: &AlertFacts, part: &Part| {
        *alert.service == part.service && alert.slo == Some(&part.slo) && alert.severity == Severity::Page
    };
    let (mut silenced, mut parts, mut length) = (Vec::new(), Vec::new(), Duration::default());
    for part in slo.parts() {
        let own = failing.iter().filter(|alert| alert.line.is_none() && is_of(alert, part));
        for alert in own.filter(|alert| same_people(alertmanager, alert, &page)) {
            silenced.push(alert.id());
            parts.push(format!("{}/{}", part.service, part.slo));
            let of = model.services.iter().find(|known| known.name == part.service);
            let of = of.and_then(|known| known.slos.iter().find(|known| known.name == part.slo));
            length = length.max(of.map(page_delay_after_parts).unwrap_or_default());
        }
    }
    let name = format!("{}Notified", made_alert_name(service, slo, Severity::Page));
    let causes = vec![alert_id(model, service, slo, Severity::Page)];
    (!silenced.is_empty()).then_some(SilencingAlert { name, causes, silenced, parts, length })
}

/// Whether every route that may match one alert always matches the other one, at the same times.
fn same_people(alertmanager: &Alertmanager, one: &AlertFacts, other: &AlertFacts) -> bool {
    let mut is_routed = false;
    for route in &alertmanager.routes {
        let (may, does) = (one.sometimes(&route.matching), other.always(&route.matching));
        is_routed |= may;
        // The other one goes no further.
        let is_stopped = route.stop && other.sometimes(&route.matching) && !one.always(&route.matching);
        if may && !does || is_stopped {
            return false;
        }
    }
    is_routed || alertmanager.routes.iter().all(|route| !other.sometimes(&route.matching))
}
