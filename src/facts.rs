//! Facts that follow from the model before any expression is written: promises with their burn rates and thresholds, and every alert once.

mod alert;
mod outage;
mod promise;
mod rules;
mod tier;

pub use alert::{AlertFacts, AlertId, BELOW, SilencingAlert};
pub use outage::{Outage, first_to_fire, of_agreed_time, seconds};
pub use promise::{AgreedTime, Event, Part, Promise};
pub use rules::{RecordedNames, Rules};
pub use tier::{Counted, TierFacts, TierState};

use crate::model::{Companion, Model, Service, Slo};
use crate::vocabulary::{Name, Severity};

/// The facts of a model.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The model.
    pub model: &'a Model,
    /// The services, by name.
    pub services: Vec<ServiceFacts<'a>>,
}

/// The facts of one service.
#[derive(Clone, Debug)]
pub struct ServiceFacts<'a> {
    /// The service.
    pub service: &'a Service,
    /// In the order of the source.
    pub slos: Vec<SloFacts<'a>>,
    /// The alert for missing events, if there is one.
    pub missing: Option<AlertFacts<'a>>,
    /// Companion alerts with their facts, in the order of the source.
    pub companions: Vec<(&'a Companion, AlertFacts<'a>)>,
}

/// The facts of one SLO.
#[derive(Clone, Debug)]
pub struct SloFacts<'a> {
    /// The SLO.
    pub slo: &'a Slo,
    /// Its promise.
    pub promise: Promise,
    /// Its alerts: burn alerts, then budget alerts.
    pub alerts: Vec<AlertFacts<'a>>,
    /// The alerts which mean that a part of a journey fails; empty for other SLOs.
    pub failing_parts: Vec<AlertFacts<'a>>,
    /// For a journey: the alert that silences the pages of its parts.
    pub silencing: Option<SilencingAlert>,
}

impl<'a> Facts<'a> {
    /// Every alert that may notify people, by service.
    pub fn alerts(&self) -> Vec<&AlertFacts<'a>> {
        self.services.iter().flat_map(ServiceFacts::alerts).collect()
    }

    /// The alerts of one service that may notify people; empty if there is no such service.
    pub fn alerts_of(&self, service: &Name) -> impl Iterator<Item = &AlertFacts<'a>> {
        self.service(service).into_iter().flat_map(ServiceFacts::alerts)
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
    /// Its alerts that may notify people.
    pub fn alerts(&self) -> impl Iterator<Item = &AlertFacts<'a>> {
        let companions = self.companions.iter().map(|(_, alert)| alert);
        self.slos.iter().flat_map(|slo| &slo.alerts).chain(&self.missing).chain(companions)
    }
}

impl<'a> SloFacts<'a> {
    /// Its burn alert with this severity, if a tier has it.
    pub fn burn(&self, severity: Severity) -> Option<&AlertFacts<'a>> {
        self.alerts.iter().find(|alert| alert.line.is_none() && alert.severity == severity)
    }
}
