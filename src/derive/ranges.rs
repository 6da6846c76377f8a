//! The longest range that an expression reads.

use crate::model::{Budgeting, Companion, Sli, Slo};
use crate::promql::ast::{Expr, Kind, Time};
use crate::vocabulary::{Duration, INTERVAL};

/// How late the state of an SLO may be if it is read from ranges: the longest of them.
pub fn lag(slo: &Slo) -> Duration {
    let longest = |expr: &Expr| {
        let mut longest = Duration::default();
        let _ = expr.clone().map_times(&mut |time| {
            longest = longest.max(match &time {
                Time::Fixed(length) => *length,
                Time::Placeholder(_) => Duration::from_millis((4 * slo.scrape_interval.millis()).max(60_000)),
                Time::Negative(_) | Time::Ahead(_) | Time::Expr(_) => Duration::from_secs(3600),
            });
            time
        });
        longest
    };
    match &slo.sli {
        Sli::Counted { .. } => Duration::default(),
        Sli::Checked { good, .. } => longest(good),
        Sli::Ratio { bad } => longest(bad),
        // Its slice, and the evaluation before it.
        Sli::Journey { .. } => match &slo.budgeting {
            Budgeting::Timeslices { length, .. } => {
                Duration::from_millis(length.millis() + INTERVAL.millis())
            }
            Budgeting::Occurrences => Duration::from_millis(2 * INTERVAL.millis()),
        },
    }
}

/// The longest range that a companion alert reads.
pub fn longest_range(companion: &Companion) -> Option<Duration> {
    let mut longest: Option<Duration> = None;
    companion.expr.visit(&mut |part| {
        if let Kind::Range { range: Time::Fixed(range), .. } = &part.kind {
            longest = longest.max(Some(*range));
        }
    });
    longest
}
