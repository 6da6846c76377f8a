//! Companion alerts: alerts on causes, beside the SLOs.

use super::{Labels, Reading, Series};
use crate::promql::ast::Expr;
use crate::source::Span;
use crate::vocabulary::{Decimal, Duration, Name, Severity};

/// One companion alert.
#[derive(Clone, Debug)]
pub struct Companion {
    /// Unique in its service, among its SLOs, too.
    pub name: Name,
    /// For people.
    pub description: Option<String>,
    /// An instant vector: the alert fires for each series in it.
    pub expr: Expr,
    /// How long its condition must be true before it fires.
    pub hold: Option<Duration>,
    /// How long it goes on firing after that is over.
    pub keep_firing_for: Option<Duration>,
    /// Page or ticket.
    pub severity: Severity,
    /// Whether it says that the service is down: then all other alerts of the service, and of services that need it, are silenced.
    pub down: bool,
    /// Whether it notifies even while a service that this one needs is down.
    pub independent: bool,
    /// The SLO of the service that reports the same failure.
    pub same_as: Option<Name>,
    /// The name of its runbook.
    pub runbook: Option<String>,
    /// Labels beside the service's.
    pub labels: Labels,
    /// Annotations likewise.
    pub annotations: Labels,
    /// Why the metric is not there yet.
    pub planned: Option<String>,
    /// The planned metric for whose absence alone it may fire.
    pub fires_unmeasured: Option<String>,
    /// How often its targets are scraped.
    pub scrape_interval: Duration,
    /// The selectors of its expression, in the order of the source.
    pub readings: Vec<Reading>,
    /// The ranges that need two samples, with their places.
    pub windows: Vec<(Duration, Span)>,
    /// Input series for the proofs; `None` if no series were found that make it fire, and others that do not.
    pub stimulus: Option<Firing>,
    /// Warnings that are accepted in it, by code, with the reasons.
    pub accepted: Labels,
    /// Where its parts were written.
    pub places: CompanionPlaces,
}

/// Where the parts of a companion alert were written.
#[derive(Clone, Debug)]
pub struct CompanionPlaces {
    /// Its name.
    pub name: Span,
    /// Its expression.
    pub expr: Span,
    /// Its `for`, or its name.
    pub hold: Span,
    /// Its `runbook`, or its name.
    pub runbook: Span,
    /// Its constant labels, one by one, on whichever level they are.
    pub labels: Vec<(String, Span)>,
}

/// Series under which an alert is silent (good) or fires (bad), and what it then answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// The series.
    pub series: Vec<Series>,
    /// The labels that the expression brings along while it fires.
    pub labels: Labels,
    /// Its value.
    pub value: Decimal,
    /// The result when all series disappear: nothing, or labels and value; `None` if that is not known.
    pub gone: Option<Option<(Labels, Decimal)>>,
}
