//! Tiers that alert although the promise is kept.

use super::{about, also, even_share, named, tiers_against_period, tiers_by_place};
use crate::diagnostic::{Code, Problem, few};
use crate::facts::{Facts, TierFacts};
use crate::vocabulary::Decimal;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    // Tiers of a policy are one problem, for any number of SLOs with the same hours.
    let mut found: Vec<(Problem, Vec<String>)> = Vec::new();
    for (service, facts) in facts.slos() {
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
                format!("{} below a burn rate of 1, which never spends the budget of {period}", alerts(&tiers)),
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
                .map(|tier| format!("{} for {}", even_share(tier.long_agreed, agreed), tier.long))
                .collect();
            let problem = also(problem, other, format!("the period is {period}"));
            if agreed == period {
                problems.push(
                    problem
                        .help("write `policy: workbook-scaled`: its windows are parts of the period")
                        .help(format!(
                            "or write a policy of your own in which `budget` is larger: {}",
                            shares.join(", ")
                        )),
                );
                continue;
            }
            let problem =
                problem.help(format!("or write a policy for these hours alone, with {}", shares.join(", ")));
            let name = format!("{}/{}", service.name, slo.name);
            match found.iter_mut().rev().take(NEAR).find(|(other, _)| *other == problem) {
                Some((_, names)) => names.push(name),
                None => found.push((problem, vec![name])),
            }
        }
    }
    problems.extend(found.into_iter().map(|(problem, names)| {
        let advice = format!(
            "write `policy: workbook-scaled` in {}: with `hours` it gives a tier a larger share of the budget",
            few(&names)
        );
        let mut problem = problem.help(advice);
        problem.help.reverse();
        problem
    }));
}

/// SLOs with the same policy follow each other.
const NEAR: usize = 16;

fn alerts(tiers: &[&TierFacts]) -> String {
    format!("{} {}", named(tiers), if tiers.len() == 1 { "alerts" } else { "alert" })
}
