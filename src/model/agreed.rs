//! Agreed time: events at other times do not count. ITIL calls it the agreed service time.

use super::{Reading, Series};
use crate::promql::ast::Expr;
use crate::source::Span;
use crate::vocabulary::{Duration, Hours};

/// When a promise holds; always by default.
#[derive(Clone, Debug, Default)]
pub struct Agreed {
    /// Its hours of the week; `None` for all.
    pub hours: Option<Hours>,
    /// The query during which it does not apply.
    pub except: Option<Except>,
    /// Windows with a date in which it does not hold, by their beginning.
    pub maintenance: Vec<Maintenance>,
}

impl Agreed {
    /// Whether everything is counted.
    pub fn is_always(&self) -> bool {
        self.hours.is_none() && self.except.is_none() && self.maintenance.is_empty()
    }

    /// The most time of so long a window in which the promise may hold; maintenance is not taken off.
    pub fn most_within(&self, window: Duration) -> Duration {
        self.hours.as_ref().map_or(window, |hours| hours.most_within(window))
    }
}

/// A query that has an answer while nothing is counted.
#[derive(Clone, Debug)]
pub struct Except {
    /// The query.
    pub expr: Expr,
    /// It as it is written.
    pub text: String,
    /// Labels of `by` that say for what it holds; none if it holds for all.
    pub on: Vec<String>,
    /// What it reads.
    pub readings: Vec<Reading>,
    /// Series under which it has an answer; `None` if none were found.
    pub stimulus: Option<Vec<Series>>,
    /// Where it was written.
    pub place: Span,
}

/// A window in which nothing is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// Seconds since 1970.
    pub from: i64,
    /// Seconds since 1970.
    pub to: i64,
    /// Both in the time zone of the project, which the second names.
    pub words: (String, String),
    /// Why.
    pub reason: String,
}

impl Maintenance {
    /// Whether both excuse the same time for the same reason, in whatever time zone it is shown.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.from, self.to, &self.reason) == (other.from, other.to, &other.reason)
    }
}
