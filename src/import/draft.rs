//! An imported SLO in slowburn's terms: the common result of all dialects.

use super::measure::Measured;
use crate::ast::Key;
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Decimal, Duration, Objective, PerSeverity, Period, Severity};

/// A text and its place.
#[derive(Clone, Debug)]
pub struct PlacedText {
    pub text: String,
    pub place: Span,
}

/// A label or an annotation, with the place of its name.
#[derive(Clone, Debug)]
pub struct Pair {
    pub name: String,
    pub value: String,
    pub place: Span,
    /// The place of its value, which may be a secret.
    pub at: Span,
}

impl Pair {
    /// A label or an annotation as it is written.
    pub fn of((key, value): (Key, Scalar)) -> Self {
        Self { place: key.span, name: key.text, at: value.whole(), value: value.text }
    }
}

/// One SLO of another tool.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Where the SLO begins.
    pub place: Span,
    /// The tool's name.
    pub tool: &'static str,
    pub service: PlacedText,
    pub name: PlacedText,
    pub service_description: Option<String>,
    pub owner: Option<PlacedText>,
    pub description: Option<String>,
    pub objective: Objective,
    /// What it measures, or why that is not known.
    pub measured: Result<Measured, NotImported>,
    /// The labels that tell its promises apart.
    pub by: Vec<PlacedText>,
    pub period: Period,
    pub slice: Option<Slice>,
    pub labels: Vec<Pair>,
    pub annotations: Vec<Pair>,
    /// Settings of pages and of tickets.
    pub severities: PerSeverity<Alert>,
    pub policy: Policy,
    /// Whether missing events should alert, if the source says so.
    pub missing: Option<(bool, Span)>,
    /// The name of its alerts.
    pub alert_name: Option<PlacedText>,
    pub recorder: Recorder,
    pub account: Account,
}

/// The tool whose rules record the SLO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorder {
    /// Sloth, with its name for the SLO.
    Sloth(String),
    /// Pyrra.
    Pyrra,
    /// No known tool.
    Nobody,
}

/// Why an SLO is left out.
#[derive(Clone, Debug)]
pub enum NotImported {
    /// The user has to decide something first.
    Decision(String),
    /// It has a fault that was already reported.
    Fault(&'static str),
}

/// Slices of time, each good or bad as a whole.
#[derive(Clone, Debug)]
pub struct Slice {
    pub length: Duration,
    pub objective: Objective,
}

/// The alert of one severity.
#[derive(Clone, Debug, Default)]
pub struct Alert {
    pub off: bool,
    /// The value of the label `severity`.
    pub label: Option<PlacedText>,
    pub labels: Vec<Pair>,
    pub annotations: Vec<Pair>,
}

/// The policy that watches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The SRE Workbook's, with its own windows.
    Workbook,
    /// The same, scaled to the SLO's period.
    Scaled,
    /// A policy of its own, with this name.
    Own(String, Vec<Tier>),
}

/// One tier of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    pub severity: Severity,
    pub share: Decimal,
    pub long: Duration,
    pub short: Duration,
}

/// The effects of a migration, in sentences.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The former names of the alerts.
    pub alerts: Vec<String>,
    pub better: Vec<String>,
    pub changes: Vec<String>,
}

impl Draft {
    /// Whether no alert watches its budget.
    pub fn is_silent(&self) -> bool {
        self.severities.page.off && self.severities.ticket.off
    }
}
