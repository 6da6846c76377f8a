//! Tiles of the past, straight from raw series: how a fresh installation gets the history that windows of days and the period are summed from.
//!
//! Tiles as they are recorded read what was counted before them, so promtool cannot make them of the past. These do the same in one step, with
//! what can be known afterwards: what a counter gained in five minutes is its value at their end less its value at their beginning, and a state
//! is looked at every thirty seconds by a subquery. Windows of hours are not made: they fill themselves within hours.

use super::events::{counters, less, looks};
use super::series::{Series, Side, Unit};
use super::{INTERVAL, LONG_INTERVAL, calendar, events};
use crate::model::{Budgeting, Sli, Slo};
use crate::plan::{Group, Promise};
use crate::promql::ast::Expr;
use crate::promql::build::{add, call, div, gt, mul, number, or, subquery};
use crate::vocabulary::{Duration, Period, text};

/// The rules that promtool evaluates every five minutes of the past, once.
pub(super) fn group(slo: &Slo, promise: &Promise) -> Group {
    let names = Series::new(slo, promise);
    let (total, bad) = match &slo.budgeting {
        Budgeting::Occurrences => pair(slo, &names, LONG_INTERVAL),
        Budgeting::Timeslices { length, objective } => {
            let (total, bad) = pair(slo, &names, *length);
            let ratio = div(bad, call("clamp_min", vec![total.clone(), number(events::NEARLY_NOTHING)]));
            let spoiled = gt(ratio, number(text(objective.budget().ratio()))).bool();
            let one = add(mul(number("0"), total), number("1"));
            (looked(one, LONG_INTERVAL), looked(spoiled, LONG_INTERVAL))
        }
    };
    let mut rules = Vec::new();
    for (side, tile) in [(Side::Total, total), (Side::Bad, bad)] {
        if let Period::Calendar(unit, zone) = &slo.period {
            let marked = calendar::marked(tile.clone(), *unit, zone);
            rules.push(names.record(names.calendar_tile(side, unit.as_str(), LONG_INTERVAL), marked, ""));
        }
        rules.push(names.record(names.tile(side, LONG_INTERVAL), tile, ""));
    }
    Group { name: format!("{}/{}/history", promise.service, promise.slo), interval: LONG_INTERVAL, rules }
}

/// Total and bad events of so long a time, as a server can be asked for them afterwards: first what the rules recorded, then what raw series tell.
pub(super) fn counted(slo: &Slo, promise: &Promise, window: Duration) -> [(Expr, Expr); 2] {
    let names = Series::new(slo, promise);
    // Slices are judged by what is counted in them.
    let unit = match &slo.budgeting {
        Budgeting::Occurrences => Unit::Events,
        Budgeting::Timeslices { .. } => Unit::Occurrences,
    };
    let recorded = |side| {
        let name = match unit {
            Unit::Events if window == LONG_INTERVAL => names.tile(side, window),
            Unit::Events | Unit::Occurrences => names.increase(unit, side, INTERVAL),
        };
        call("sum_over_time", vec![names.recorded(name).range(less(window, 1))])
    };
    [(recorded(Side::Total), recorded(Side::Bad)), pair(slo, &names, window)]
}

/// Total and bad events of a window.
fn pair(slo: &Slo, names: &Series, window: Duration) -> (Expr, Expr) {
    if let Sli::Counted { total, good, bad, .. } = &slo.sli {
        return counters([total, good, bad]).pair(names, window);
    }
    let (seen, failed) = looks(slo, names).expect("what is not counted is looked at");
    let none = mul(number("0"), seen.clone());
    (looked(seen, window), looked(or(failed, none).on(&names.by), window))
}

/// The sum of what was seen every thirty seconds. Subqueries look at whole half minutes, so a range that is a millisecond short holds as many of
/// them wherever it begins, and whether ranges include their left edge or not.
fn looked(state: impl Into<Expr>, window: Duration) -> Expr {
    let range = less(window, 1);
    call("sum_over_time", vec![subquery(state, range, Some(INTERVAL))])
}
