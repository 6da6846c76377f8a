//! Counts that wait while one of two programs is not scraped.
//!
//! If a load balancer counts all events and a program behind it the good ones, the program may miss a scrape: all events would be bad until the next
//! scrape. So while a target of good events has disappeared, the counts of the SLO wait, for up to two minutes. Then all of them are recorded. Counts
//! of targets go on meanwhile: a pod that replaces another one loses nothing.
//!
//! If a ruler sees results one evaluation late, this rule and those that sum the counts see the same ones: both read `new`.

use super::ledger::NEW;
use super::series::{EVENTS, Ledger, Series, Side, Unit};
use crate::plan::Rule;
use crate::promql::ast::{Expr, Selector, Time};
use crate::promql::build::{aggregate, and, call, gt, number, unless};
use crate::vocabulary::{Duration, INTERVAL};

/// After this time, a target is gone: as long as counts wait, and one evaluation more, which some rulers do not see yet.
const PATIENCE: Duration = Duration::from_secs(165);

/// Counts wait for as many evaluations in a row, even if more targets disappear meanwhile.
const EVALUATIONS: u64 = 4;

/// 1 while counts wait.
fn held(names: &Series, unit: Unit) -> Selector {
    names.recorded(format!("slo:{}:held", unit.as_str()))
}

/// Records when counts wait: a target of `good` has been counted lately, and now it is not. If it is no longer in `first` either, both sides have lost
/// it.
pub(super) fn rule(names: &Series, first: Ledger, good: Ledger) -> Rule {
    let unit = first.unit;
    let counted = |of| names.kept(unit, NEW, Some(of));
    let lately = |of| call("last_over_time", vec![counted(of).range(PATIENCE)]);
    let gone = unless(lately(good), counted(good));
    let gone = unless(Expr::from(gone), lately(first)).ignoring(&[EVENTS]);
    let gone = aggregate("group", &names.all_by(), Expr::from(gone));
    let range = Duration::from_millis(EVALUATIONS * INTERVAL.millis());
    let before = held(names, unit).offset(Time::Fixed(half())).range(range);
    let enough = gt(call("count_over_time", vec![before]), number(format!("{}.5", EVALUATIONS - 1)));
    names.record(
        format!("slo:{}:held", unit.as_str()),
        unless(gone, Expr::from(enough)),
        "1 while a target of good events is missing, for at most 2m: counts wait in pending until it is back.",
    )
}

/// Records the events of a side that wait, with those of this evaluation, and returns those that need not wait any longer.
///
/// `sum` adds the events that wait to those of this evaluation.
pub(super) fn pending(
    names: &Series,
    unit: Unit,
    side: Side,
    sum: impl FnOnce(Expr) -> Expr,
) -> (Rule, Expr) {
    let name = names.pending(unit, side);
    let last = |series: Selector| {
        let series = series.offset(Time::Fixed(half())).range(INTERVAL);
        call("last_over_time", vec![series])
    };
    let waiting = and(last(names.recorded(&name)), last(held(names, unit)));
    let released = unless(names.recorded(&name), held(names, unit));
    (names.record(name, sum(waiting.into()), ""), released.into())
}

/// The offset that reads the evaluation before, and nothing from this one.
fn half() -> Duration {
    Duration::from_millis(INTERVAL.millis() / 2)
}
