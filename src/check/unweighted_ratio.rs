//! Ratios without event counts.

use super::{slos, swapped_events};
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::Sli;
use crate::promql::ast::Expr;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model) {
        let Sli::Ratio { bad } = &slo.sli else { continue };
        // A ratio of gauges has no events to count; a recorded one, with a colon in its name, has.
        let recorded = |bad: &Expr| {
            bad.selectors().iter().any(|one| one.name.as_deref().is_some_and(|name| name.contains(':')))
        };
        if (bad.reads_ranges() || recorded(bad)) && !swapped_events::is_swapped(slo, bad) {
            let counters = swapped_events::counters(bad);
            problems.push(
                Problem::warning(
                    Code::UnweightedRatio,
                    slo.places.sli.beginning(),
                    "a ratio without event counts gives quiet hours the same weight as busy ones",
                )
                .label("every 30s count the same, however many events they had")
                .help(match counters {
                    Some(counters) => counters.meant(),
                    None => "write two of `total`, `good` and `bad` if there are counters".to_owned(),
                }),
            );
        }
    }
}
