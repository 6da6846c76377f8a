//! The series that the dashboards of all SLOs read.

use super::PartReadings;
use crate::promql::ast::Selector;

/// Names that are the same in every project.
#[derive(Clone, Debug)]
pub struct Screens {
    /// The identity of the dashboard of one SLO.
    pub promise: String,
    /// The same for nearly all services, as a replacement for `label_replace`: `slo-$1`. If a service has another identity, its `info` has a label
    /// `dashboard`.
    pub service: String,
    /// `slo:definition:info`: 1 for every SLO, with facts from the compiler as labels.
    pub info: Selector,
    /// `slo:alert:info`: 1 for alerts without an SLO that have a runbook, with its address as a label.
    pub alert_info: Selector,
    /// The beginning of the names of error ratios; a window follows.
    pub ratio: String,
    /// A pattern for the beginning of the names of the period's events; the name of the period follows.
    pub period_total: String,
    /// The same for bad events.
    pub period_bad: String,
    /// The events that are expected in all of a calendar period.
    pub period_expected: String,
    /// 1 while the events of an SLO count, 0 while they do not; absent if they always count.
    pub agreed_time: Selector,
    /// Recorded series of the parts of a journey.
    pub parts: PartReadings,
}
