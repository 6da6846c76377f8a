//! Facts of a companion alert beside its expression.

use super::{Aftermath, Runbook};
use crate::model::Labels;
use crate::vocabulary::{Duration, Severity};

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
    /// How long its condition must be true before it fires.
    pub hold: Option<Duration>,
    /// How long it goes on firing after that is over.
    pub keep_firing_for: Option<Duration>,
    /// The labels in which several alerts of this name differ.
    pub told: Vec<String>,
    /// Whether its value says more than that it fires.
    pub tells_value: bool,
    /// Whether it says that the service is down.
    pub down: bool,
    /// Whether it notifies even while a service that this one needs is down.
    pub independent: bool,
    /// The SLO that reports the same failure.
    pub same_as: Option<String>,
    /// The alerts that stay silenced after it.
    pub aftermath: Option<Aftermath>,
    /// The name of its runbook.
    pub runbook: Option<String>,
    /// Warnings that are accepted in it, by code, with the reasons.
    pub accepted: Labels,
    /// Why the metric is not there yet.
    pub planned: Option<String>,
    /// More facts for its runbook.
    pub page: Runbook,
}
