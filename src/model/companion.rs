//! Companion alerts: alerts on causes, beside the SLOs.

use super::{Labels, MetricRead, NoSeries, Series};
use crate::promql::ast::Expr;
use crate::source::Span;
use crate::vocabulary::{Decimal, Duration, Name, Severity};

/// One companion alert.
#[derive(Clone, Debug)]
pub struct Companion {
    /// Unique among the SLOs and alerts of its service.
    pub name: Name,
    /// For people.
    pub description: Option<String>,
    /// An instant vector: the alert fires for each series in it.
    pub expr: Expr,
    /// How long its condition must be true before it fires.
    pub hold: Option<Duration>,
    /// How long it keeps firing after its condition is false.
    pub keep_firing_for: Option<Duration>,
    /// Page or ticket.
    pub severity: Severity,
    /// Whether it means that the service is down. Then all other alerts of the service, and of services that need it, are silenced.
    pub down: bool,
    /// Whether it notifies even while a dependency of its service is down.
    pub independent: bool,
    /// The SLO of the service that reports the same failure.
    pub same_as: Option<Name>,
    /// The name of its runbook.
    pub runbook: Option<String>,
    /// Labels in addition to those of the service.
    pub labels: Labels,
    /// Annotations in addition to those of the service.
    pub annotations: Labels,
    /// Why the metric does not exist yet.
    pub planned: Option<String>,
    /// The planned metric whose absence alone makes it fire.
    pub fires_unmeasured: Option<String>,
    /// How often its targets are scraped.
    pub scrape_interval: Duration,
    /// The selectors of its expression, in the order of the source.
    pub readings: Vec<MetricRead>,
    /// The ranges that need two samples, with their places.
    pub windows: Vec<(Duration, Span)>,
    /// Input series for the proofs: some that make it fire, and others that do not.
    pub stimulus: Result<Firing, NoSeries>,
    /// Reasons for warnings that are accepted in it, by code.
    pub accepted: Labels,
    /// The places of its settings.
    pub places: CompanionPlaces,
}

/// The places of the settings of a companion alert.
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
    /// Its constant labels, from all levels.
    pub labels: Vec<(String, Span)>,
}

/// Series for which an alert does not fire (good) or fires (bad), and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firing {
    /// The series.
    pub series: Vec<Series>,
    /// The labels of the result.
    pub labels: Labels,
    /// The value of the result.
    pub value: Decimal,
    /// The result when all series disappear: nothing, or labels and value. `None` if it is not known.
    pub gone: Option<Option<(Labels, Decimal)>>,
}
