//! The part of a journey that fails in the proofs, and its series.

use super::PER_STEP;
use crate::derive::{companion_name, missing_name};
use crate::lower::journey::counts_of;
use crate::model::{Behaviour, Budgeting, Companion, Part, Series, Service, Slo};
use crate::plan::{Event, Promise, Rule, SloPlan};
use crate::promql::ast::Selector;
use crate::vocabulary::{Decimal, Duration, INTERVAL, Severity};

/// The series that are played for a part. The recorded series are enough, but rules of the same file would overwrite them. Then the raw series of the
/// part are played, if it counts events without further conditions.
pub(super) fn series_of(service: &Service, part: &Part) -> Option<Vec<Series>> {
    if part.service != service.name {
        return Some(counts_of(part));
    }
    let slo = service.slos.iter().find(|slo| slo.name == part.slo)?;
    let counts = |one: &Series| matches!(one.behaviour, Behaviour::Counts { .. });
    let plain = slo.agreed.is_always() && slo.budgeting == Budgeting::Occurrences;
    slo.stimulus.clone().ok().filter(|series| plain && series.iter().all(counts))
}

/// The part of a journey that fails in the proofs.
pub(super) struct Lead<'a> {
    pub part: &'a Part,
    pub series: Vec<Series>,
    /// The bad events of a step in which it fails.
    pub outage: u64,
    /// Further series, so that no alert holds back the page of the journey.
    pub well: Vec<Series>,
}

/// The part that fails in the proofs: among the parts that can be played, one of another service if there is one, and then the one with the highest
/// objective. A part of this service is played only at the step of pages.
pub(super) fn failing_part<'a>(
    service: &Service,
    slo: &'a Slo,
    plans: &[SloPlan],
    plan: &SloPlan,
    step: Duration,
) -> Option<Lead<'a>> {
    let is_foreign = |part: &Part| part.service != service.name;
    let playable = slo.parts().iter().filter(|part| is_foreign(part) || step == INTERVAL);
    let playable = playable.filter_map(|part| {
        let series = series_of(service, part)?;
        let own = (!is_foreign(part))
            .then(|| plans.iter().find(|plan| plan.promise.slo == part.slo.as_str()))
            .flatten();
        let outage = match own.and_then(page).filter(|page| holds_back(plan, page.name())) {
            Some(_) => unpaged(part, &own?.promise, plan.promise.event)?,
            None => PER_STEP,
        };
        Some(Lead { part, outage, well: well(service, part, &series, plan)?, series })
    });
    playable.max_by_key(|lead| (is_foreign(lead.part), lead.part.objective.ratio()))
}

/// The rule of its page.
fn page(plan: &SloPlan) -> Option<&Rule> {
    plan.rules().find(|rule| rule.burn().is_some_and(|burn| burn.severity == Severity::Page))
}

/// Whether the page of a journey does not begin while this alert fires.
fn holds_back(journey: &SloPlan, alert: &str) -> bool {
    let reads = |series: &&Selector| {
        let mut names = series.matchers.iter().filter(|matcher| matcher.label == "alertname");
        series.name.as_deref() == Some("ALERTS") && names.any(|name| name.asked().meets(alert) == Some(true))
    };
    page(journey).is_some_and(|page| page.expr.selectors().iter().any(reads))
}

/// Bad events of a step that make every slice bad that contains the step, and yet no page of the part; `None` if there is no such number.
fn unpaged(part: &Part, promise: &Promise, event: Event) -> Option<u64> {
    let steps = event.slice().unwrap_or_default().millis().div_ceil(INTERVAL.millis()).max(1);
    let least = part.objective.budget().ratio() * Decimal::from(steps);
    let pages = promise.tiers.iter().filter(|tier| tier.severity == Severity::Page);
    let most = pages.map(|tier| tier.threshold).min()?;
    let between = (least + most) / Decimal::TWO * Decimal::from(PER_STEP);
    (least < most).then(|| u64::try_from(between.trunc()).ok()).flatten()
}

/// Series with which no alert of this service that holds back the page of a journey fires; `None` if one would fire.
fn well(service: &Service, part: &Part, played: &[Series], plan: &SloPlan) -> Option<Vec<Series>> {
    let others = |slo: &Slo| slo.is_expected() && (part.service != service.name || slo.name != part.slo);
    if service.slos.iter().any(others) && holds_back(plan, &missing_name(service)) {
        return None;
    }
    let mut series: Vec<Series> = Vec::new();
    let holding = |alert: &&Companion| holds_back(plan, &companion_name(service, alert));
    // It fires without series.
    let fires = |alert: &&Companion| match &alert.stimulus {
        Ok(firing) => !matches!(firing.gone, Some(None)),
        Err(_) => ["absent", "absent_over_time"].iter().any(|function| alert.expr.calls(function)),
    };
    for alert in service.alerts.iter().filter(holding).filter(fires) {
        let more = &alert.stimulus.as_ref().ok()?.series;
        if more.iter().any(|one| played.iter().any(|other| other.name == one.name)) {
            return None;
        }
        series.extend(more.iter().cloned());
    }
    series.dedup();
    Some(series)
}
