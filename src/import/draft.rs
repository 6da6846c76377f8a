//! An imported SLO in our terms: the common result of all dialects.

use super::measure::Measured;
use crate::ast::Key;
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Decimal, Duration, Objective, PerSeverity, Period, Severity};

/// A text and where it stands.
#[derive(Clone, Debug)]
pub struct Said {
    pub text: String,
    pub place: Span,
}

/// A label or an annotation, and where its name stands.
#[derive(Clone, Debug)]
pub struct Pair {
    pub name: String,
    pub value: String,
    pub place: Span,
    /// Where its value stands, which may be a secret.
    pub at: Span,
}

impl Pair {
    /// A label or an annotation as it is written.
    pub fn of((key, value): (Key, Scalar)) -> Self {
        Self { place: key.span, name: key.text, at: value.place(0, value.text.len()), value: value.text }
    }
}

/// One SLO of a foreign source.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Where it begins.
    pub place: Span,
    /// The tool it is from.
    pub tool: &'static str,
    pub service: Said,
    pub name: Said,
    pub service_description: Option<String>,
    pub owner: Option<Said>,
    pub description: Option<String>,
    pub objective: Objective,
    /// What is measured, or why that cannot be said.
    pub measured: Result<Measured, Missing>,
    /// The labels that keep promises apart.
    pub by: Vec<Said>,
    pub period: Period,
    pub slice: Option<Slice>,
    pub labels: Vec<Pair>,
    pub annotations: Vec<Pair>,
    /// What is said of pages and of tickets alone.
    pub severities: PerSeverity<Alert>,
    pub policy: Policy,
    /// Whether somebody is to be told of events that are missing, if that is said.
    pub missing: Option<(bool, Span)>,
    /// What its alerts are called.
    pub alert_name: Option<Said>,
    pub recorder: Recorder,
    pub account: Account,
}

/// Whose rules record an SLO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorder {
    /// Sloth's, which call it by this name.
    Sloth(String),
    /// Pyrra's.
    Pyrra,
    /// No known tool makes rules of it.
    Nobody,
}

/// Why an SLO is left out.
#[derive(Clone, Debug)]
pub enum Missing {
    /// Somebody has to decide this first.
    Decision(String),
    /// This is wrong with it, as a problem has told already.
    Fault(&'static str),
}

/// One slice of time that is good or bad as a whole.
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
    pub label: Option<Said>,
    pub labels: Vec<Pair>,
    pub annotations: Vec<Pair>,
}

/// By which policy it is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The SRE Workbook's, with its own windows.
    Workbook,
    /// The same, scaled to the period.
    Scaled,
    /// One of its own, by a name.
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

/// What a migration means, in sentences.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Alerts as they were called.
    pub alerts: Vec<String>,
    pub better: Vec<String>,
    pub changes: Vec<String>,
}

impl Draft {
    /// Whether nobody is alerted of its budget.
    pub fn is_silent(&self) -> bool {
        self.severities.page.off && self.severities.ticket.off
    }
}
