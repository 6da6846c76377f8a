//! Windows that do not fit into the period. `resolve` already checks that a short window is shorter than its long one.

use super::{also, named, tiers_against_period, tiers_by_place};
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    for (_, facts) in facts.slos() {
        let slo = facts.slo;
        let period = slo.period.nominal();
        for (span, mut tiers) in tiers_by_place(facts) {
            tiers.retain(|tier| tier.long >= period || tier.short >= tier.long);
            if tiers.is_empty() {
                continue;
            }
            let (place, other) = tiers_against_period(slo, span);
            let too_long = tiers.iter().any(|tier| tier.long >= period);
            let problem = if too_long {
                Problem::error(
                    Code::WindowOrder,
                    place,
                    format!(
                        "{} {} not fit into a period of {period}",
                        named(&tiers),
                        if tiers.len() == 1 { "does" } else { "do" }
                    ),
                )
                .label("a long window must be shorter than the period")
                .help("let the windows follow the period, `policy: workbook-scaled`, or write shorter ones")
            } else {
                Problem::error(
                    Code::WindowOrder,
                    place,
                    format!("a period of {period} is too short for two windows in {}", named(&tiers)),
                )
                .label("after scaling, the short window is as long as the long one")
                .help("write a longer period, such as `period: 1d`, or a policy with other windows")
            };
            problems.push(also(problem, other, format!("the period is {period}")));
        }
    }
}
