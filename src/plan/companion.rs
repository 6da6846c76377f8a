//! Facts of a companion alert besides its expression.

use super::{Runbook, SilencingAlert};
use crate::model::Labels;
use crate::vocabulary::{Duration, Severity};

/// A companion alert: an alert on a cause.
#[derive(Clone, Debug)]
pub struct Companion {
    /// The service's name.
    pub service: String,
    /// Its own name.
    pub name: String,
    /// The description, for people.
    pub description: Option<String>,
    /// The description of the service.
    pub of: Option<String>,
    /// Page or ticket.
    pub severity: Severity,
    /// How long its condition must be true before it fires.
    pub hold: Option<Duration>,
    /// How long it keeps firing after that.
    pub keep_firing_for: Option<Duration>,
    /// The labels in which several alerts of this name differ.
    pub distinguishing: Vec<String>,
    /// Whether its value is more than the fact that it fires.
    pub has_value: bool,
    /// Whether it means that the service is down.
    pub down: bool,
    /// Whether it notifies even while a dependency of its service is down.
    pub independent: bool,
    /// The SLO that reports the same failure.
    pub same_as: Option<String>,
    /// The alert that silences others after it.
    pub silencing: Option<SilencingAlert>,
    /// The name of its runbook.
    pub runbook: Option<String>,
    /// Warnings that are accepted in it, by code, with the reasons.
    pub accepted: Labels,
    /// Why the metric does not exist yet.
    pub planned: Option<String>,
    /// More facts for its runbook.
    pub page: Runbook,
}
