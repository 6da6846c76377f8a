//! Facts that follow from the model before any expression is written: promises with their burn rates and thresholds, and every alert once.

mod alert;
mod outage;
mod promise;
mod watch;

pub use alert::{Aftermath, AlertFacts, BELOW, Which};
pub use outage::{Outage, of_agreed_time, seconds};
pub use promise::{AgreedTime, Event, Part, Promise};
pub use watch::{Counted, TierState, Watch};

use crate::model::{Companion, Model, Service, Slo};
use crate::vocabulary::{Name, Severity};

/// The facts of a model.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// From which.
    pub model: &'a Model,
    /// By name.
    pub services: Vec<ServiceFacts<'a>>,
}

/// The facts of one service.
#[derive(Clone, Debug)]
pub struct ServiceFacts<'a> {
    /// For which.
    pub service: &'a Service,
    /// In the order of the source.
    pub slos: Vec<SloFacts<'a>>,
    /// The alert for events that disappear, if there is one.
    pub missing: Option<AlertFacts<'a>>,
    /// Companion alerts with what is known of them, in the order of the source.
    pub companions: Vec<(&'a Companion, AlertFacts<'a>)>,
}

/// The facts of one SLO.
#[derive(Clone, Debug)]
pub struct SloFacts<'a> {
    /// For which.
    pub slo: &'a Slo,
    /// Its promise.
    pub promise: Promise,
    /// Its alerts: those of burn rates, then those of the budget.
    pub alerts: Vec<AlertFacts<'a>>,
    /// The alerts that say that a part of a journey fails; none of any other SLO.
    pub failing_parts: Vec<AlertFacts<'a>>,
    /// Alerts of a journey that stay silenced after them.
    pub aftermath: Option<Aftermath>,
}

impl<'a> Facts<'a> {
    /// Every alert that somebody may be notified of, by service.
    pub fn alerts(&self) -> Vec<&AlertFacts<'a>> {
        self.services.iter().flat_map(ServiceFacts::alerts).collect()
    }

    /// Every SLO with its service.
    pub fn slos(&self) -> impl Iterator<Item = (&'a Service, &SloFacts<'a>)> {
        self.services.iter().flat_map(|service| service.slos.iter().map(|slo| (service.service, slo)))
    }

    /// A service by its name.
    pub fn service(&self, name: &Name) -> Option<&ServiceFacts<'a>> {
        let index = self.services.binary_search_by(|one| one.service.name.cmp(name)).ok()?;
        Some(&self.services[index])
    }
}

impl<'a> ServiceFacts<'a> {
    /// Its alerts that somebody may be notified of.
    pub fn alerts(&self) -> impl Iterator<Item = &AlertFacts<'a>> {
        let companions = self.companions.iter().map(|(_, alert)| alert);
        self.slos.iter().flat_map(|slo| &slo.alerts).chain(&self.missing).chain(companions)
    }
}

impl<'a> SloFacts<'a> {
    /// The alert of its burn rates with this severity, if a tier has it.
    pub fn burn(&self, severity: Severity) -> Option<&AlertFacts<'a>> {
        self.alerts.iter().find(|alert| alert.line.is_none() && alert.severity == severity)
    }
}
