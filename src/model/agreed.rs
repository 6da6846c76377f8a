//! Agreed time: events at other times do not count. ITIL calls it agreed service time.

use super::{MetricRead, NoSeries, Series};
use crate::promql::ast::Expr;
use crate::source::Span;
use crate::vocabulary::{Duration, Hours};

/// The time in which a promise holds; always by default.
#[derive(Clone, Debug, Default)]
pub struct Agreed {
    /// The hours of the week; `None` for all.
    pub hours: Option<Hours>,
    /// A query that excludes times.
    pub except: Option<Except>,
    /// Maintenance windows, sorted by their beginning.
    pub maintenance: Vec<Maintenance>,
}

impl Agreed {
    /// Whether the promise always holds.
    pub fn is_always(&self) -> bool {
        self.hours.is_none() && self.except.is_none() && self.maintenance.is_empty()
    }

    /// The longest agreed time in any window of this length. Maintenance is not subtracted.
    pub fn most_within(&self, window: Duration) -> Duration {
        self.hours.as_ref().map_or(window, |hours| hours.most_within(window))
    }
}

/// A query that excludes the times in which it has a result.
#[derive(Clone, Debug)]
pub struct Except {
    /// The query.
    pub expr: Expr,
    /// The query as it is written.
    pub text: String,
    /// The labels of `by` that the query distinguishes; empty if it excludes all.
    pub on: Vec<String>,
    /// Its selectors.
    pub readings: Vec<MetricRead>,
    /// Series for which it has a result.
    pub stimulus: Result<Vec<Series>, NoSeries>,
    /// Its place.
    pub place: Span,
}

/// A maintenance window: its events do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// Seconds since 1970.
    pub from: i64,
    /// Seconds since 1970.
    pub to: i64,
    /// Both times in the project's time zone, with the zone after the second.
    pub words: (String, String),
    /// The reason.
    pub reason: String,
}

impl Maintenance {
    /// Whether both have the same time and reason, regardless of the displayed time zone.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.from, self.to, &self.reason) == (other.from, other.to, &other.reason)
    }
}
