//! Burn rates that spend the whole budget without an alert.

use super::{about, even_share, lasts};
use crate::diagnostic::{Code, Problem};
use crate::facts::{Facts, SloFacts};
use crate::vocabulary::{Decimal, Duration, LONG_INTERVAL};

/// A burn rate of up to this value spends the budget only in the last hundredth of the period, and the rounding of scaled windows is as large.
const NEARLY_ONE: Decimal = Decimal::from_parts(101, 0, 0, false, 2);

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    // With a budget alert somebody is notified before the budget is spent, at any burn rate.
    for (_, SloFacts { slo, promise, .. }) in
        facts.slos().filter(|(_, facts)| facts.slo.budget_alerts.is_empty())
    {
        let period = slo.period.nominal();
        let agreed = slo.agreed.most_within(period);
        let lowest = slo.tiers.iter().zip(&promise.tiers).min_by_key(|(_, watch)| watch.burn_rate);
        problems.push(match lowest {
            None => Problem::warning(Code::BudgetUnwatched, slo.places.tiers, "no alert watches this error budget")
                .label(format!(
                    "a full outage spends the budget of {period} in {} and alerts nobody",
                    lasts(agreed, Decimal::ONE / slo.objective.budget().ratio())
                ))
                .help(match slo.has_tickets {
                    true => "keep at least the tickets: `tiers_off: [page]`",
                    false if slo.places.tiers == slo.places.name => {
                        "write a tier in its policy: `tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }]`"
                    }
                    false => "remove `tiers_off`: the policy has no other tier",
                }),
            Some((tier, watch)) if watch.burn_rate > NEARLY_ONE => {
                let long = tenth(period.millis(), 1);
                let place = if slo.places.tiers == slo.places.name { tier.span } else { slo.places.tiers };
                let problem = Problem::warning(
                    Code::BudgetUnwatched,
                    place,
                    format!("errors can spend the whole budget of {period}, and no alert fires"),
                )
                .label(format!(
                    "no alert fires below a burn rate of {}, but this rate spends the whole budget in {}",
                    about(watch.burn_rate),
                    lasts(agreed, watch.burn_rate)
                ));
                let slow = format!(
                    "a tier with a burn rate of 1: `{{ severity: ticket, budget: {}, long: {long}, short: {} }}`",
                    even_share(slo.agreed.most_within(long), agreed),
                    tenth(period.millis(), 12)
                );
                // The slowest tier of `workbook`, which is made for 30 days.
                match tier.budget_share == Decimal::from_parts(1, 0, 0, false, 1) && tier.long == Duration::from_secs(3 * 86_400) {
                    true => problem
                        .help("write `policy: workbook-scaled`: its windows are parts of the period")
                        .help(format!("or write a policy of your own with {slow}")),
                    false => problem.help(format!("add to the policy {slow}")),
                }
            }
            Some(_) => continue,
        });
    }
}

/// A tenth of the period, or a part of it, in multiples of the evaluation interval of tickets.
fn tenth(period: u64, parts: u64) -> Duration {
    let step = LONG_INTERVAL.millis();
    Duration::from_millis((period / 10 / parts / step).max(1) * step)
}
