//! How recorded series are called and addressed: the one home of their names.

use std::sync::Arc;

use crate::model::{Labels, Sli, Slo};
use crate::plan::{Makes, Promise, Rule};
use crate::promql::ast::{Expr, Selector};
use crate::promql::build::selector;
use crate::vocabulary::Duration;

/// Total, bad, or, where bad events are not counted themselves, good events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Total,
    Bad,
    Good,
}

impl Side {
    fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Bad => "bad",
            Self::Good => "good",
        }
    }
}

/// What is counted: what the SLI counts, or events. They differ for timeslices only, where an event is a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Occurrences,
    Events,
}

impl Unit {
    fn as_str(self) -> &'static str {
        match self {
            Self::Occurrences => "occurrences",
            Self::Events => "events",
        }
    }
}

/// The series of one SLO.
pub(super) struct Series {
    /// A selector of no name that every series of this SLO matches.
    all: Selector,
    /// Labels of what is recorded.
    labels: Arc<Labels>,
    /// Labels that are kept.
    pub by: Vec<String>,
    /// Whether counts are differences, which may be below zero for a moment: of counters that are not scraped together.
    pub signed: bool,
}

impl Series {
    pub fn new(slo: &Slo, promise: &Promise) -> Self {
        let signed = match &slo.sli {
            Sli::Counted { total, good, bad, .. } => {
                bad.is_none() || [total, good, bad].into_iter().flatten().flatten().any(|term| term.negative)
            }
            Sli::Checked { .. } | Sli::Ratio { .. } => false,
        };
        Self {
            all: selector("", &[("service", &promise.service), ("slo", &promise.slo)]),
            labels: Arc::new(Labels::from([
                ("service".to_owned(), promise.service.clone()),
                ("slo".to_owned(), promise.slo.clone()),
            ])),
            by: promise.by.clone(),
            signed,
        }
    }

    /// `slo:total_events:increase5m`: from the counters, over a window.
    pub fn increase(&self, unit: Unit, side: Side, window: Duration) -> String {
        self.counted(unit, side, &format!("increase{window}"))
    }

    /// `slo:bad_events:sum5m`: the sum of what was recorded in a window.
    pub fn sum(&self, side: Side, window: Duration) -> String {
        self.counted(Unit::Events, side, &format!("sum{window}"))
    }

    /// `slo:bad_events:tile5m`: sums of windows that do not overlap.
    pub fn tile(&self, side: Side, window: Duration) -> String {
        self.counted(Unit::Events, side, &format!("tile{window}"))
    }

    /// `slo:bad_events:month_tile5m`: tiles with the calendar unit they belong to as a label.
    pub fn calendar_tile(&self, side: Side, unit: &str, window: Duration) -> String {
        self.counted(Unit::Events, side, &format!("{unit}_tile{window}"))
    }

    /// `slo:bad_events:increase30d`, `slo:bad_events:month`.
    pub fn period(&self, side: Side, rolling: bool, suffix: &str) -> String {
        let operation = if rolling { format!("increase{suffix}") } else { suffix.to_owned() };
        self.counted(Unit::Events, side, &operation)
    }

    fn counted(&self, unit: Unit, side: Side, operation: &str) -> String {
        format!("slo:{}_{}:{operation}", side.as_str(), unit.as_str())
    }

    /// `slo:sli_error:ratio_rate5m`.
    pub fn ratio(&self, suffix: &str) -> String {
        format!("slo:sli_error:ratio_rate{suffix}")
    }

    /// The ratio of the period: `slo:sli_error:ratio_rate30d`, `slo:sli_error:ratio_month`.
    pub fn period_ratio(&self, rolling: bool, suffix: &str) -> String {
        if rolling { self.ratio(suffix) } else { format!("slo:sli_error:ratio_{suffix}") }
    }

    /// The selector of a recorded series of this SLO.
    pub fn recorded(&self, name: impl Into<String>) -> Selector {
        Selector { name: Some(name.into()), ..self.all.clone() }
    }

    /// Labels of recorded series; constant labels of the sources are not among them, so that changing one breaks no series.
    pub fn labels(&self) -> Labels {
        Labels::clone(&self.labels)
    }

    /// A recording rule.
    pub fn record(&self, name: String, expr: impl Into<Expr>, remark: &'static str) -> Rule {
        Rule { makes: Makes::Record(name), expr: expr.into(), labels: Arc::clone(&self.labels), remark }
    }
}
