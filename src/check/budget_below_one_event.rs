//! A budget of less than one event: the first failure breaks the promise.

use super::about;
use crate::diagnostic::{Code, Problem};
use crate::facts::{Event, Facts, SloFacts};
use crate::vocabulary::{Decimal, percent, quotient, text};
use rust_decimal::RoundingStrategy;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    for (_, SloFacts { slo, promise, .. }) in facts.slos() {
        let Some(traffic) = promise.traffic else { continue };
        let events = traffic * Decimal::new(promise.period_length.millis() as i64, 3);
        // Events of `100/d` have no finite decimal per second. The usual rounding restores the exact number.
        let budget = quotient(events * promise.budget, Decimal::ONE);
        if budget >= Decimal::ONE || promise.event == Event::Occurrence && slo.places.traffic_in_doubt {
            continue;
        }
        let every = || format!(", one every {}", promise.interval);
        let (place, one, every) = match promise.event {
            Event::Occurrence => (slo.places.traffic, "event", String::new()),
            Event::Check => (slo.places.objective, "evaluation", every()),
            Event::Slice(_) | Event::Journey(_) => (slo.places.objective, "slice", every()),
        };
        // 0.9999 is not rounded to one.
        let below_one = budget.round_sf_with_strategy(3, RoundingStrategy::ToZero).unwrap_or(budget);
        let problem = Problem::warning(
            Code::BudgetBelowOneEvent,
            place,
            format!("an objective of {} allows less than one bad event", slo.objective),
        )
        .label(format!(
            "over {} there are {} {one}s{every}, so the error budget is {} of one {one}",
            promise.length(),
            about(events),
            text(below_one)
        ));
        problems.push(match affordable(events) {
            Some(objective) => problem.help(format!(
                "lower the objective, to `{objective}` at most, or promise it over a longer period"
            )),
            None => problem.help("promise it over a longer period, or count several services as one"),
        });
    }
}

/// The highest round objective with a budget of at least one event.
fn affordable(events: Decimal) -> Option<String> {
    let budget = Decimal::ONE / events;
    let round = budget.round_sf_with_strategy(2, RoundingStrategy::AwayFromZero)?;
    (round < Decimal::ONE).then(|| percent(Decimal::ONE - round))
}
