//! The part of a journey that fails in the proofs, and its series.

use crate::lower::journey::counts_of;
use crate::model::{Behaviour, Budgeting, Part, Series, Service, Slo};
use crate::vocabulary::{Duration, INTERVAL};

/// Series that a part is played by. What is recorded of it is enough, but rules of the same file would record over that: then what these count, if it is
/// plainly counted.
pub(super) fn series_of(service: &Service, part: &Part) -> Option<Vec<Series>> {
    if part.service != service.name {
        return Some(counts_of(part));
    }
    let slo = service.slos.iter().find(|slo| slo.name == part.slo)?;
    let counts = |one: &Series| matches!(one.behaviour, Behaviour::Counts { .. });
    let plain = slo.agreed.is_always() && slo.budgeting == Budgeting::Occurrences;
    slo.stimulus.clone().filter(|series| plain && series.iter().all(counts))
}

/// The part that fails in the proofs, and the series that it is played by: of those that can be played the one of which most is asked, and of those of
/// other services if there are any. At the step of pages alone where it is of this service.
pub(super) fn lead<'a>(service: &Service, slo: &'a Slo, step: Duration) -> Option<(&'a Part, Vec<Series>)> {
    let is_foreign = |part: &Part| part.service != service.name;
    let playable = slo.parts().iter().filter_map(|part| Some((part, series_of(service, part)?)));
    let playable = playable.filter(|(part, _)| is_foreign(part) || step == INTERVAL);
    playable.max_by_key(|(part, _)| (is_foreign(part), part.objective.ratio()))
}
