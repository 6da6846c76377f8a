//! The aftermath of an alert with `down`: see `lower::aftermath`, which writes its rule.

use super::names::{alert_id, companion_name, missing_name};
use super::ranges::lag;
use crate::facts::{AlertId, SilencingAlert};
use crate::model::{Budgeting, Companion, Model, Service, Slo, Tier};
use crate::promql::ast::Selector;
use crate::vocabulary::{Duration, INTERVAL, Severity};

/// How long events are still missing after their counters are back: until the counters are scraped, compared with a previous scrape, and evaluated.
const COUNTED_AGAIN: Duration = Duration::from_secs(300);

/// Whether a companion alert certainly reads the same series as an SLO: it reads one of its metrics, with no matcher that the SLO lacks.
pub fn reads_the_same(slo: &Slo, companion: &Companion) -> bool {
    let covers = |event: &Selector, watched: &Selector| {
        event.name.is_some()
            && event.name == watched.name
            && watched.matchers.iter().all(|matcher| event.matchers.contains(matcher))
    };
    let mut events = slo.readings.iter();
    events.any(|event| companion.readings.iter().any(|it| covers(&event.selector, &it.selector)))
}

/// The aftermath of a companion alert that pages: which alerts stay silenced, and for how long at most; `None` if there are none, or without
/// `alertmanager`.
pub(super) fn silencing_alert(
    model: &Model,
    service: &Service,
    companion: &Companion,
) -> Option<SilencingAlert> {
    if !companion.down || companion.severity != Severity::Page || model.project.alertmanager.is_none() {
        return None;
    }
    let mut silenced = Vec::new();
    let mut length = Duration::default();
    for slo in service.slos.iter().filter(|slo| reads_the_same(slo, companion)) {
        let pages = slo.tiers_of(Severity::Page);
        let stops = |tier: &Tier| tier.short.millis() + tier.keep_firing_for.unwrap_or_default().millis();
        let Some(longest) = pages.map(stops).max() else { continue };
        let slice = match &slo.budgeting {
            Budgeting::Timeslices { length, .. } => *length,
            Budgeting::Occurrences => Duration::default(),
        };
        // It takes up to two evaluations until both alerts have stopped.
        let late = slice.millis() + lag(slo).millis() + 2 * INTERVAL.millis();
        length = length.max(Duration::from_millis(longest + late));
        silenced.push(alert_id(model, service, slo, Severity::Page));
    }
    let expected = service.slos.iter().any(|slo| slo.is_expected());
    if service.missing_events.is_some() && expected {
        length = length.max(COUNTED_AGAIN);
        silenced.push(AlertId::of(missing_name(service)));
    }
    let name = format!("{}Aftermath", companion_name(service, companion));
    let causes = vec![AlertId::of(companion_name(service, companion))];
    (!silenced.is_empty()).then_some(SilencingAlert { name, causes, silenced, parts: Vec::new(), length })
}
