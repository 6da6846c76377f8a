//! The part of a journey that fails in the proofs, and its series.

use crate::lower::journey::counts_of;
use crate::model::{Behaviour, Budgeting, Part, Series, Service, Slo};
use crate::vocabulary::{Duration, INTERVAL};

/// The series that are played for a part. The recorded series are enough, but rules of the same file would overwrite them. Then the raw series of the
/// part are played, if it counts events without further conditions.
pub(super) fn series_of(service: &Service, part: &Part) -> Option<Vec<Series>> {
    if part.service != service.name {
        return Some(counts_of(part));
    }
    let slo = service.slos.iter().find(|slo| slo.name == part.slo)?;
    let counts = |one: &Series| matches!(one.behaviour, Behaviour::Counts { .. });
    let plain = slo.agreed.is_always() && slo.budgeting == Budgeting::Occurrences;
    slo.stimulus.clone().filter(|series| plain && series.iter().all(counts))
}

/// The part that fails in the proofs, and its series: among the parts that can be played, one of another service if there is one, and then the one
/// with the highest objective. A part of this service is played only at the step of pages.
pub(super) fn failing_part<'a>(
    service: &Service,
    slo: &'a Slo,
    step: Duration,
) -> Option<(&'a Part, Vec<Series>)> {
    let is_foreign = |part: &Part| part.service != service.name;
    let playable = slo.parts().iter().filter_map(|part| Some((part, series_of(service, part)?)));
    let playable = playable.filter(|(part, _)| is_foreign(part) || step == INTERVAL);
    playable.max_by_key(|(part, _)| (is_foreign(part), part.objective.ratio()))
}
