//! The series that the dashboards of all SLOs read.

use super::PartReadings;
use crate::promql::ast::Selector;

/// Names that are the same in every project.
#[derive(Clone, Debug)]
pub struct Screens {
    /// The identity of the dashboard of one SLO.
    pub promise: String,
    /// The same of nearly all services, as PromQL replaces a name: `slo-$1`. Where it is another one, `info` has a label `dashboard`.
    pub service: String,
    /// `slo:definition:info`: 1 for every SLO, with what the compiler knows of it as labels.
    pub info: Selector,
    /// The beginning of the names of error ratios; a window follows.
    pub ratio: String,
    /// A pattern that the names of the period's events begin with; what its period is called follows.
    pub period_total: String,
    /// The same of bad events.
    pub period_bad: String,
    /// The events that are expected in all of a calendar period.
    pub period_expected: String,
    /// Recorded series of the parts of a journey.
    pub parts: PartReadings,
}
