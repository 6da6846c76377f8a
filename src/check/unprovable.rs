//! SLIs for which no outage can be invented, and companion alerts that nothing seems to make fire.

use super::{beginning, slos};
use crate::diagnostic::Problem;
use crate::model::{Companion, Model, Sli};

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    for alert in model.services.iter().flat_map(|service| &service.alerts) {
        problems.extend(alert.stimulus.is_none().then(|| unplayed(alert)));
    }
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

fn unplayed(alert: &Companion) -> Problem {
    Problem::warning(
        "unprovable",
        alert.places.expr,
        format!("no series were found that make `{}` fire, and others that do not", alert.name),
    )
    .label("so nothing proves that it ever does")
    .help("labels that differ on the two sides of an operator match nothing: sum both sides, or say which labels count with `on (…)`")
    .help("or the expression is beyond what is seen through: then watch it fire once yourself")
}
