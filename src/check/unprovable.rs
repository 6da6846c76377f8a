//! SLIs for which no outage can be invented.

use super::{beginning, slos};
use crate::diagnostic::Problem;
use crate::model::{Model, Sli};

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model) {
        if slo.stimulus.is_some() {
            continue;
        }
        let help = match &slo.sli {
            Sli::Counted { .. } => "let `bad` select a part of what `total` selects",
            Sli::Checked { .. } => "compare so that some value is good and another is bad",
            Sli::Ratio { .. } => "let it be 0 when all is well and 1 when nothing is: `errors ÷ total`",
        };
        problems.push(
            Problem::warning(
                "unprovable",
                beginning(slo.places.sli),
                "no outage could be invented to prove the rules of this SLI",
            )
            .label("no series were found that make one event good and another bad")
            .help(help),
        );
    }
}
