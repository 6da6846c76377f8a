//! What a companion alert tells beside its expression.

use super::{Runbook, Which};
use crate::model::Labels;
use crate::vocabulary::{Duration, Severity};

/// What stays silent for a while after an alert has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// The alert that silences it, of which nobody is told.
    pub name: String,
    /// The alerts that it is left by.
    pub causes: Vec<Which>,
    /// Alerts.
    pub silenced: Vec<Which>,
    /// For how long.
    pub length: Duration,
}

/// A cause that is watched beside the promises.
#[derive(Clone, Debug)]
pub struct Companion {
    /// The service's name.
    pub service: String,
    /// Its own name.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// What the service is, for people.
    pub of: Option<String>,
    /// Page or ticket.
    pub severity: Severity,
    /// How long it has to hold before it is told.
    pub hold: Option<Duration>,
    /// How long it goes on firing after that is over.
    pub keep_firing_for: Option<Duration>,
    /// The labels whose values tell one of several such alerts from the others.
    pub told: Vec<String>,
    /// Whether its value says more than that it fires.
    pub tells_value: bool,
    /// Whether it says that the service is down.
    pub down: bool,
    /// Whether it is told even while something that its service needs is down.
    pub independent: bool,
    /// The SLO that speaks of the same.
    pub same_as: Option<String>,
    /// What stays silent after it.
    pub aftermath: Option<Aftermath>,
    /// The name of its runbook.
    pub runbook: Option<String>,
    /// Warnings that are accepted in it, by code, with the reasons.
    pub accepted: Labels,
    /// Why the metric is not there yet.
    pub planned: Option<String>,
    /// What its runbook says beside all this.
    pub page: Runbook,
}
