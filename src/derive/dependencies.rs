//! Which alerts mean that a dependency is down.

use std::collections::BTreeMap;

use crate::facts::{AlertFacts, Facts};
use crate::model::{Dependency, Model};
use crate::vocabulary::{Name, Severity};

/// The alerts which mean that a service, or one of its SLOs, is down.
pub fn causes<'a>(dependency: &Dependency, facts: &'a Facts<'a>) -> Vec<&'a AlertFacts<'a>> {
    facts.alerts_of(&dependency.on).filter(|alert| is_cause(dependency, alert)).collect()
}

/// The dependencies of each service that silence its pages.
pub struct Needs<'a>(BTreeMap<&'a Name, Vec<&'a Dependency>>);

impl<'a> Needs<'a> {
    /// The dependencies of a model, in its order.
    pub fn of(model: &'a Model) -> Self {
        let mut needs: BTreeMap<&Name, Vec<&Dependency>> = BTreeMap::new();
        for edge in model.project.dependencies.iter().filter(|edge| edge.silences == Severity::Page) {
            needs.entry(&edge.service).or_default().push(edge);
        }
        Self(needs)
    }

    /// The dependencies of one service.
    pub(super) fn of_service(&self, name: &Name) -> impl Iterator<Item = &'a Dependency> {
        self.0.get(name).into_iter().flatten().copied()
    }
}

/// Whether an alert means that.
pub(super) fn is_cause(dependency: &Dependency, alert: &AlertFacts) -> bool {
    alert.service == &dependency.on
        && match &dependency.slo {
            Some(slo) => alert.slo == Some(slo) && alert.severity == Severity::Page && alert.line.is_none(),
            None => alert.down,
        }
}
