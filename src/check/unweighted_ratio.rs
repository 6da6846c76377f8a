//! Ratios whose events are unknown.

use super::{beginning, slos};
use crate::diagnostic::{Code, Problem};
use crate::model::{Model, Sli};

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model) {
        if matches!(slo.sli, Sli::Ratio { .. }) {
            problems.push(
                Problem::warning(
                    Code::UnweightedRatio,
                    beginning(slo.places.sli),
                    "a ratio without its events weighs a quiet night like a busy noon",
                )
                .label("every 30s count the same, whatever happened in them")
                .help("give two of `total`, `good` and `bad` if there are counters"),
            );
        }
    }
}
