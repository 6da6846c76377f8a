//! Tiers that do not fire even in a full outage.

use super::{about, about_percent, named, tiers_by_place};
use crate::diagnostic::{Code, Problem};
use crate::facts::{Event, Facts, Promise, SloFacts, TierFacts, seconds};
use crate::source::Span;
use crate::vocabulary::{Decimal, Severity, percent};
use rust_decimal::RoundingStrategy;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    for (_, facts) in facts.slos() {
        let SloFacts { slo, promise, .. } = facts;
        problems.extend(Severity::ALL.iter().filter_map(|severity| {
            // The number that is there by default is not a mistake.
            let of_bad = Some(slo.places.min_bad_events).filter(|place| *place != slo.places.name);
            tiers_without_enough_events(promise, *severity, *slo.places.min_events.get(*severity), of_bad)
        }));
        let places = tiers_by_place(facts);
        let dead: Vec<&TierFacts> =
            places.iter().flat_map(|(_, tiers)| tiers).copied().filter(|tier| is_dead(tier)).collect();
        let Some(highest) = dead.iter().max_by_key(|tier| tier.burn_rate) else { continue };
        let mut problem = Problem::error(
            Code::BurnRateUnreachable,
            slo.places.objective,
            format!("at an objective of {} {} can never fire", slo.objective, named(&dead)),
        )
        .label(format!(
            "a burn rate of {} is an error ratio of {}",
            about(highest.burn_rate),
            about_percent(highest.threshold)
        ));
        for (span, tiers) in &places {
            if *span != slo.places.name && tiers.iter().copied().any(is_dead) {
                problem = problem.and(*span, "not even a full outage reaches this burn rate");
            }
        }
        let longs: Vec<String> = dead.iter().map(|tier| tier.long.to_string()).collect();
        let some_fire = dead.len() < slo.tiers.len();
        if some_fire {
            problem = problem.help(format!("switch it off: `tiers_off: [{}]`", longs.join(", ")));
        }
        let least = (Decimal::ONE - Decimal::ONE / highest.burn_rate)
            .round_dp_with_strategy(4, RoundingStrategy::AwayFromZero);
        problems.push(problem.help(format!(
            "{}write an objective above {}, or a policy with lower burn rates",
            if some_fire { "or " } else { "" },
            percent(least)
        )));
    }
}

/// Tiers whose long window never has the number of events of `min_events` or `min_bad_events`.
///
/// This is known for states, which have a fixed number of evaluations. Declared traffic may grow.
fn tiers_without_enough_events(
    promise: &Promise,
    severity: Severity,
    place: Span,
    of_bad: Option<Span>,
) -> Option<Problem> {
    let pace = promise.traffic?;
    let events = |tier: &TierFacts| pace * seconds(tier.long);
    // All of them may be bad.
    let bad = |tier: &TierFacts| if of_bad.is_some() { tier.min_bad_events } else { 0 };
    let least = |tier: &TierFacts| tier.min_events.max(bad(tier));
    let is_starved = |tier: &&TierFacts| least(tier) > 1 && events(tier) < Decimal::from(least(tier));
    let starved: Vec<&TierFacts> = promise.tiers_of(severity).filter(is_starved).collect();
    let first = starved.first()?;
    let (tiers, events) = (named(&starved), about(events(first)));
    let (key, place) = match of_bad.filter(|_| bad(first) > first.min_events) {
        Some(place) => ("min_bad_events", place),
        None => ("min_events", place),
    };
    let (headline, label) = match promise.event {
        Event::Occurrence => (
            format!("at the expected traffic {tiers} can never fire"),
            format!("{} has {events} events, and `{key}` asks for {}", first.long, least(first)),
        ),
        Event::Check | Event::Slice(_) | Event::Journey(_) => (
            format!("{tiers} can never fire"),
            format!(
                "a series has {events} evaluations in {}, and `{key}` asks for {}",
                first.long,
                least(first)
            ),
        ),
    };
    let problem = match promise.event {
        Event::Occurrence => Problem::warning(Code::BurnRateUnreachable, place, headline),
        Event::Check | Event::Slice(_) | Event::Journey(_) => {
            Problem::error(Code::BurnRateUnreachable, place, headline)
        }
    };
    Some(problem.label(label).help(format!("lower `{key}`, or remove it")))
}

/// `T ≥ 1` (SRE Workbook, ch. 5: the threshold is `burn rate × error budget`).
fn is_dead(tier: &TierFacts) -> bool {
    tier.threshold >= Decimal::ONE
}
