//! The names of recorded series, and their selectors.

use std::sync::Arc;

use super::split::CounterSplit;
use crate::model::{Labels, Service, Slo};
use crate::plan::{Promise, Rule, RuleOutput};
use crate::promql::ast::{Binary, Expr, MatchOp, Selector};
use crate::promql::build::{aggregate, aggregate_without, call, selector, string};
use crate::vocabulary::{Duration, INTERVAL, LONG_INTERVAL};

/// Total and bad events, or good events if bad ones are not counted themselves; for a journey also the bad ones of each part. The total may be counted
/// in two parts, successful and failed events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Total,
    Bad,
    Good,
    Successful,
    Failed,
    BadOfPart,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Bad => "bad",
            Self::Good => "good",
            Self::Successful => "successful",
            Self::Failed => "failed",
            Self::BadOfPart => "journey_bad",
        }
    }
}

/// The unit of counts: that of the SLI, or events. They differ only for timeslices, where an event is a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Occurrences,
    Events,
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Occurrences => "occurrences",
            Self::Events => "events",
        }
    }
}

/// One sum of counters that is kept for each target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ledger {
    pub unit: Unit,
    pub side: Side,
    /// Whether its counters are subtracted from those of its side.
    pub subtracted: bool,
}

impl Ledger {
    /// The value of the label `events`.
    pub fn events(self) -> String {
        let side = self.side.as_str();
        if self.subtracted { format!("{side}_subtracted") } else { side.to_owned() }
    }
}

/// The label that distinguishes the parts of a journey.
pub(super) const PART: &str = "part";

/// The label that distinguishes the ledgers of one SLO.
pub(super) const EVENTS: &str = "events";

/// The label that changes with the counters of an SLO. After a change the counts begin again: what the new counters have counted before is not new.
pub(super) const COUNTERS: &str = "counters";

/// The names and selectors of the series of one SLO.
pub(super) struct Series {
    /// A selector without a name that matches every series of this SLO.
    all: Selector,
    /// Labels of recorded series.
    labels: Arc<Labels>,
    /// Labels that are kept.
    pub by: Vec<String>,
    /// Their names in the raw series.
    read: Vec<String>,
    /// The value of the label `counters`.
    counters: String,
    /// Whether counts also have the label of a journey's parts.
    pub is_journey: bool,
    /// How ratios are limited to [0, 1].
    pub bounds: Bounds,
}

/// How ratios are limited to [0, 1]. All SLOs of a service use the same form, so that they have the same rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bounds {
    /// Every bad event is also counted as an event.
    Kept,
    /// Events of a program that restarts together with Prometheus may be missing in the total, but counted as bad.
    Above,
    /// Counts are also differences.
    Both,
}

impl Bounds {
    /// The bounds that suit all SLOs of a service.
    pub fn of_all(service: &Service) -> Self {
        let each = service.slos.iter().map(|slo| Self::of(CounterSplit::of(slo).as_ref()));
        each.max().unwrap_or(Self::Kept)
    }

    fn of(split: Option<&CounterSplit>) -> Self {
        match split {
            Some(split) if split.is_signed() => Self::Both,
            None | Some(CounterSplit::Apart { .. }) => Self::Kept,
            Some(CounterSplit::Bad { .. } | CounterSplit::Good { .. }) => Self::Above,
        }
    }
}

impl Series {
    pub fn new(slo: &Slo, promise: &Promise) -> Self {
        let split = CounterSplit::of(slo);
        Self {
            all: selector("", &[("service", &promise.service), ("slo", &promise.slo)]),
            labels: Arc::new(Labels::from([
                ("service".to_owned(), promise.service.clone()),
                ("slo".to_owned(), promise.slo.clone()),
            ])),
            by: promise.by.clone(),
            read: slo.by.iter().map(|kept| kept.label.to_string()).collect(),
            counters: split.as_ref().map(CounterSplit::fingerprint).unwrap_or_default(),
            is_journey: !slo.parts().is_empty(),
            bounds: Bounds::of(split.as_ref()),
        }
    }

    /// The sides that tiles and the period contain.
    pub fn sides(&self) -> impl Iterator<Item = Side> {
        let parts = self.is_journey.then_some(Side::BadOfPart);
        [Side::Total, Side::Bad].into_iter().chain(parts)
    }

    /// The same series with these bounds, usually those of the whole service.
    pub fn bounded(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// `slo:total_events:increase5m`: the increase of the counters over a window.
    pub fn increase(&self, unit: Unit, side: Side, window: Duration) -> String {
        called(unit, side, &format!("increase{window}"))
    }

    /// `slo:total_events:pending`: counts that may have to wait.
    pub fn pending(&self, unit: Unit, side: Side) -> String {
        called(unit, side, "pending")
    }

    /// `slo:total_events:increase30s`: every SLO has it.
    pub fn counts_of_evaluation(side: Side) -> String {
        called(Unit::Events, side, &format!("increase{INTERVAL}"))
    }

    /// `slo:events:shown`, which is kept for each target: of all ledgers, or of one.
    pub fn kept(&self, unit: Unit, operation: &str, of: Option<Ledger>) -> Selector {
        let all = self.recorded(format!("slo:{}:{operation}", unit.as_str()));
        match of {
            Some(ledger) => all.matching(EVENTS, MatchOp::Equal, &ledger.events()),
            None => all,
        }
    }

    /// A rule that records `slo:events:shown` of one ledger.
    pub fn keep(&self, ledger: Ledger, operation: &str, expr: impl Into<Expr>, remark: &'static str) -> Rule {
        let mut labels = self.labels();
        labels.insert(EVENTS.to_owned(), ledger.events());
        labels.insert(COUNTERS.to_owned(), self.counters.clone());
        let name = format!("slo:{}:{operation}", ledger.unit.as_str());
        Rule { makes: RuleOutput::Record(name), expr: Arc::new(expr.into()), labels: labels.into(), remark }
    }

    /// `slo:bad_events:tile5m`: sums of windows that do not overlap.
    pub fn tile(&self, side: Side, window: Duration) -> String {
        called(Unit::Events, side, &format!("tile{window}"))
    }

    /// The same name for every SLO.
    pub fn tile_of(side: Side) -> String {
        called(Unit::Events, side, &format!("tile{LONG_INTERVAL}"))
    }

    /// `slo:bad_events:month_tile5m`: tiles with their calendar unit as a label.
    pub fn calendar_tile(&self, side: Side, unit: &str, window: Duration) -> String {
        called(Unit::Events, side, &format!("{unit}_tile{window}"))
    }

    /// `slo:bad_events:increase30d`, `slo:bad_events:month`.
    pub fn period(&self, side: Side, rolling: bool, suffix: &str) -> String {
        let operation = if rolling { format!("increase{suffix}") } else { suffix.to_owned() };
        called(Unit::Events, side, &operation)
    }

    /// `slo:expected_events:month`: the events that the budget of a calendar period is compared with.
    pub fn expected(&self, unit: &str) -> String {
        format!("slo:expected_events:{unit}")
    }

    /// `slo:sli_error:ratio_rate5m`.
    pub fn ratio(&self, suffix: &str) -> String {
        format!("slo:sli_error:ratio_rate{suffix}")
    }

    /// The ratio of the period: `slo:sli_error:ratio_rate30d`, `slo:sli_error:ratio_month`.
    pub fn period_ratio(&self, rolling: bool, suffix: &str) -> String {
        if rolling { self.ratio(suffix) } else { format!("slo:sli_error:ratio_{suffix}") }
    }

    /// The labels of recorded series: those of the SLO, and the kept ones.
    pub fn all_by(&self) -> Vec<String> {
        self.labels.keys().chain(&self.by).cloned().collect()
    }

    /// Compares samples by their kept labels, no matter whether they also have the labels of the SLO. Prometheus 3.0 to 3.9 evaluates `on ("http.route")`
    /// without the quotes, and fails; so the other labels are ignored.
    pub fn alike(&self, binary: Binary) -> Expr {
        binary.ignoring(&self.labels.keys().collect::<Vec<_>>()).into()
    }

    /// The kept labels as raw series name them.
    pub fn read(&self) -> &[String] {
        &self.read
    }

    /// Aggregates raw series for each value of the kept labels.
    pub fn aggregate(&self, op: &str, raw: impl Into<Expr>) -> Expr {
        self.renamed(aggregate(op, &self.read, raw))
    }

    /// Renames the kept labels to their recorded names. No two results differ only in a label that is renamed or replaced.
    pub fn renamed(&self, raw: Expr) -> Expr {
        let pairs = || self.by.iter().zip(&self.read).filter(|(name, label)| name != label);
        let before: Vec<&String> = pairs().map(|(_, label)| label).collect();
        if before.is_empty() {
            return raw;
        }
        let named = pairs().fold(raw, |expr, (name, label)| {
            let parts = [name.as_str(), "$1", label.as_str(), "(.*)"].map(string);
            call("label_replace", [vec![expr], parts.to_vec()].concat())
        });
        aggregate_without("sum", &before, named)
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
        Rule {
            makes: RuleOutput::Record(name),
            expr: Arc::new(expr.into()),
            labels: Arc::clone(&self.labels),
            remark,
        }
    }
}

fn called(unit: Unit, side: Side, operation: &str) -> String {
    format!("slo:{}_{}:{operation}", side.as_str(), unit.as_str())
}
