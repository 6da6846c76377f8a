//! Pages for one failed event.

use std::collections::BTreeMap;

use super::about;
use crate::diagnostic::{Code, Problem};
use crate::facts::{Event, Facts, SloFacts, TierFacts};
use crate::source::Span;
use crate::vocabulary::{Decimal, Severity};

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    // One number in the sources is one problem. It names the SLO that has the worst effect.
    let mut worst: BTreeMap<Span, (Decimal, String)> = BTreeMap::new();
    for (_, SloFacts { slo, promise, .. }) in facts.slos() {
        if slo.min_bad_events.page >= 2 {
            continue;
        }
        let alone = |tier: &&TierFacts| match (promise.event, promise.traffic) {
            // The rate of evaluations is known, so it is known whether one of them is enough.
            (Event::Check | Event::Slice(_) | Event::Journey(_), Some(pace)) => {
                pace * Decimal::new(tier.long.millis() as i64, 3) * tier.threshold < Decimal::ONE
            }
            _ => true,
        };
        // With the number of events of `min_events`, a single bad one may be too few.
        let of_few = |tier: &&TierFacts| Decimal::from(tier.min_events) * tier.threshold < Decimal::ONE;
        let pages = promise.tiers_of(Severity::Page).filter(alone).filter(of_few);
        let Some(hourly) = pages.map(hourly).max() else { continue };
        let entry = (hourly, slo.objective.to_string());
        let known = worst.entry(slo.places.min_bad_events).or_insert_with(|| entry.clone());
        *known = entry.max(known.clone());
    }
    for (place, (hourly, objective)) in worst {
        problems.push(
            Problem::warning(Code::SingleEventPages, place, "a single bad event is enough to page")
                .label(format!(
                    "at {objective} it pages whenever an hour has fewer than {} events",
                    about(hourly)
                ))
                .fix("require two, as the default does: `page: 2`", place, "2"),
        );
    }
}

/// The events per hour below which a single bad event exceeds the threshold: `1 ÷ T` per long window.
fn hourly(tier: &TierFacts) -> Decimal {
    Decimal::from(3_600_000) / (tier.threshold * Decimal::from(tier.long.millis()))
}
