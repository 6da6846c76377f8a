//! model → facts: promises in numbers, and every alert once, before any expression is written.

mod aftermath;
mod alerts;
mod budget;
mod companions;
mod dependencies;
mod journeys;
mod labels;
mod matching;
mod names;
mod promises;
mod ranges;
mod routing;

pub use aftermath::reads_the_same;
pub use budget::pages_of_companions;
pub use dependencies::{Needs, causes};
pub use journeys::{failing, page_delay_after_parts};
pub use labels::external;
pub use matching::{Piece, Values, piece};
pub use names::{alert_name, budget_alert_name, companion_name, made_alert_name, missing_name};
pub use promises::{promise, watches};
pub use ranges::{lag, longest_range};
pub use routing::{before, entangled, pieces, taken};

use crate::facts::{Facts, ServiceFacts, SloFacts};
use crate::model::{Model, Service, Slo};
use crate::parallel;

/// The facts of a model. It cannot fail: every possible error was already a problem.
pub fn derive(model: &Model) -> Facts<'_> {
    let needs = Needs::of(model);
    Facts { model, services: parallel::map(&model.services, |one| service_by(model, &needs, one)) }
}

/// The facts of one service.
pub fn service<'a>(model: &'a Model, service: &'a Service) -> ServiceFacts<'a> {
    service_by(model, &Needs::of(model), service)
}

fn service_by<'a>(model: &'a Model, needs: &Needs<'a>, service: &'a Service) -> ServiceFacts<'a> {
    let companion = |companion| (companion, companions::alert(model, service, companion));
    ServiceFacts {
        service,
        slos: parallel::map_many(&service.slos, |one| slo(model, needs, service, one)),
        missing: alerts::missing(model, service),
        companions: service.alerts.iter().map(companion).collect(),
    }
}

fn slo<'a>(model: &'a Model, needs: &Needs<'a>, service: &'a Service, slo: &'a Slo) -> SloFacts<'a> {
    let failing_parts = journeys::failing_parts(model, needs, service, slo);
    SloFacts {
        slo,
        promise: promise(model, service, slo),
        alerts: alerts::of_slo(model, service, slo),
        silencing: journeys::silencing_alert(model, needs, service, slo, &failing_parts),
        failing_parts,
    }
}
