//! Journeys that can break although every part keeps its promise: the parts may fail for a longer time in total than the journey.

use super::{about_percent, slos};
use crate::diagnostic::{Code, Problem, joined};
use crate::facts::Facts;
use crate::model::{Model, Part, Slo};
use crate::vocabulary::{Decimal, percent, quotient};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model).filter(|(_, slo)| !slo.parts().is_empty()) {
        let parts: Vec<(&Part, Decimal)> =
            slo.parts().iter().filter_map(|part| Some((part, spends(slo, known(model, part)?)))).collect();
        let all: Decimal = parts.iter().map(|(_, spends)| *spends).sum();
        let budget = slo.objective.budget().ratio();
        if all <= budget {
            continue;
        }
        let named: Vec<String> = parts
            .iter()
            .map(|(part, spends)| format!("{} of {}", about_percent(*spends), part.name()))
            .collect();
        let problem = Problem::warning(
            Code::JourneyOverspent,
            slo.places.objective,
            format!("`{}` promises more than its parts can keep", slo.name),
        )
        .label(format!(
            "it may fail for {}, but its parts together may fail for {}",
            about_percent(budget),
            about_percent(all)
        ))
        .help(format!("the error budgets of its parts are {}", joined(&named, "and")));
        problems.push(match all < Decimal::ONE {
            true => problem.help(format!(
                "write `objective: {}` here, or higher objectives for the parts",
                percent(Decimal::ONE - all)
            )),
            false => problem.help("write higher objectives for the parts"),
        });
    }
}

fn known<'a>(model: &'a Model, part: &Part) -> Option<&'a Slo> {
    let service = model.services.iter().find(|service| service.name == part.service)?;
    service.slos.iter().find(|slo| slo.name == part.slo)
}

/// The time that a part may fail in a period of the journey; if its own period is longer, its whole budget.
fn spends(journey: &Slo, part: &Slo) -> Decimal {
    let length = |slo: &Slo| Decimal::from(slo.period.nominal().millis());
    let (own, whole) = (length(part), length(journey));
    let budget = part.objective.budget().ratio();
    if own <= whole { budget } else { quotient(budget * own, whole) }
}
