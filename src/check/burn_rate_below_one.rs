//! Tiers that alert although the promise is kept.

use super::{about, about_percent, also, named, tiers_against_period, tiers_by_place};
use crate::diagnostic::{Code, Problem};
use crate::facts::{Facts, TierFacts};
use crate::vocabulary::Decimal;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    for (_, facts) in facts.slos() {
        let slo = facts.slo;
        let period = slo.period.nominal();
        let agreed = slo.agreed.most_within(period);
        // Windows as long as the period are a worse case of the same problem: see `window_order`.
        if slo.tiers.iter().any(|tier| tier.long >= period) {
            continue;
        }
        for (span, mut tiers) in tiers_by_place(facts) {
            tiers.retain(|tier| tier.burn_rate < Decimal::ONE);
            if tiers.is_empty() {
                continue;
            }
            let (place, other) = tiers_against_period(slo, span);
            let rates: Vec<String> =
                tiers.iter().map(|tier| format!("{} over {}", about(tier.burn_rate), tier.long)).collect();
            let problem = Problem::warning(
                Code::BurnRateBelowOne,
                place,
                format!("{} although the budget of {period} would last", alerts(&tiers)),
            )
            .label(match agreed == period {
                true => format!("burn rate = budget share × period ÷ long window: {}", rates.join(", ")),
                false => format!(
                    "burn rate = budget share × service hours of the period ÷ service hours of the long window: {}",
                    rates.join(", ")
                ),
            });
            let shares: Vec<String> = tiers
                .iter()
                .map(|tier| {
                    let share = Decimal::from(tier.long_agreed.millis()) / Decimal::from(agreed.millis());
                    let share = share.round_sf_with_strategy(3, rust_decimal::RoundingStrategy::AwayFromZero);
                    format!("{} for {}", about_percent(share.unwrap_or(Decimal::ONE)), tier.long)
                })
                .collect();
            problems.push(
                also(problem, other, format!("the period is {period}"))
                    .help("let the windows follow the period: `policy: workbook-scaled`")
                    .help(format!(
                        "or give a larger share of the budget in a policy of your own: {}",
                        shares.join(", ")
                    )),
            );
        }
    }
}

fn alerts(tiers: &[TierFacts]) -> String {
    format!("{} {}", named(tiers), if tiers.len() == 1 { "alerts" } else { "alert" })
}
