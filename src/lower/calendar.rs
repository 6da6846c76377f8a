//! Calendar periods: tiles carry the month or quarter they belong to, so that a sum since its first day needs no variable range.
//!
//! # What the budget is compared with
//! A promise for a month is about all events of the month, and nobody knows how many events are still to come. Compared with the events so far, five
//! minutes of outage in the first hour are seventy budgets of 99.9 %, and a tenth of one at the end. So the rules estimate the rest of the period
//! from the four weeks before now: they contain every weekday equally often, and follow a service that grows. The estimate needs no series from the
//! edge of the period before. As the period passes, less of it is estimated, and at its end nothing is: then the budget is exactly that of the events
//! that happened. If less than four weeks were counted, the missing part is taken from `traffic` if that is declared. Otherwise it is extrapolated
//! from the counted part.

use super::agreed;
use super::series::{Series, Side};
use super::sums::{exact, held, less, tile};
use crate::model::Slo;
use crate::plan::{Promise, Rule};
use crate::promql::ast::{Expr, Time};
use crate::promql::build::{
    add, aggregate, aggregate_without, and, call, div, eq, ge, le, lt, mul, number, or, rem, string, sub,
    vector,
};
use crate::vocabulary::{Calendar, LONG_INTERVAL, OUTLOOK, Zone};

/// Seconds in a day.
const DAY: u64 = 86_400;

/// The label of tiles with the period.
pub(super) const LABEL: &str = "period";

/// Tiles with the label of the period. They are evaluated before the tiles without it, which decide for both whether a tile is due.
pub(super) fn tiles(names: &Series, unit: Calendar, zone: &Zone) -> Vec<Rule> {
    let record = |side| {
        let remark = if side == Side::Total { "Each tile with the calendar unit it belongs to." } else { "" };
        let tile = marked(tile(names, side), unit, zone);
        names.record(names.calendar_tile(side, unit.as_str(), LONG_INTERVAL), tile, remark)
    };
    names.sides().map(record).collect()
}

/// The sums of the period for all sides.
pub(super) fn sums(slo: &Slo, names: &Series, unit: Calendar, zone: &Zone) -> Vec<Rule> {
    let record = |side| {
        let range = less(unit.longest(), LONG_INTERVAL.millis() / 2);
        let tiles = names.recorded(names.calendar_tile(side, unit.as_str(), LONG_INTERVAL));
        let sums = call("sum_over_time", vec![tiles.clone().range(Time::Fixed(range))]);
        let sums = agreed::excused(slo, names, sums, &tiles, unit.longest());
        let here = here(sums, unit, zone);
        let remark =
            if side == Side::Total { "The calendar period so far, from counted events." } else { "" };
        let sum = aggregate_without("sum", &[LABEL], here);
        names.record(names.period(side, false, unit.as_str()), sum, remark)
    };
    names.sides().map(record).collect()
}

/// The events of the whole period: those so far, and the rest of the period at the rate of the four weeks before now.
pub(super) fn expected(promise: &Promise, names: &Series, unit: Calendar, zone: &Zone) -> Rule {
    let so_far = || held(names, &names.period(Side::Total, false, unit.as_str()));
    let tiles = || {
        let range = less(OUTLOOK, LONG_INTERVAL.millis() / 2);
        names.recorded(names.tile(Side::Total, LONG_INTERVAL)).range(Time::Fixed(range))
    };
    let per_tile = match promise.expected_per_tile() {
        None => call("avg_over_time", vec![tiles()]),
        Some(declared) => {
            let all = number(OUTLOOK.millis() / LONG_INTERVAL.millis());
            let uncounted = sub(all.clone(), call("count_over_time", vec![tiles()]));
            let declared = mul(exact(declared), Expr::from(uncounted));
            div(Expr::from(add(call("sum_over_time", vec![tiles()]), declared)), all).into()
        }
    };
    let rest = call("scalar", vec![to_come(unit, zone)]);
    let all = add(so_far(), mul(per_tile, rest));
    let remark = match promise.expected_per_tile() {
        None => {
            "The budget is measured against the events so far, plus the average of the last four weeks for every five minutes to come."
        }
        Some(_) => {
            "The budget is measured against the events so far, plus the average of the last four weeks for every five minutes to come.\nThe average takes `traffic` for the time without counts."
        }
    };
    // A promise without counts in four weeks expects no events.
    names.record(names.expected(unit.as_str()), or(all, so_far()), remark)
}

/// How many tiles are still to come in the period: one is recorded in every five minutes since its first moment.
///
/// `%` keeps the sign of its left side, so before 1970 in local time the result is a day too long. Only tests of promtool see that, which begin at
/// 1970 in UTC, in zones west of it.
fn to_come(unit: Calendar, zone: &Zone) -> Expr {
    let now = || vector(local(zone));
    let day = DAY / LONG_INTERVAL.secs();
    let days = |at: Expr| call("days_in_month", vec![at]);
    let left = || sub(days(now()), call("day_of_month", vec![now()]));
    let today = div(Expr::from(rem(now(), number(DAY))), number(LONG_INTERVAL.secs()));
    let days_to_come: Expr = match unit {
        Calendar::Month => left().into(),
        Calendar::Quarter => {
            // The first day of the next month, plus the days of a further month: no month has more than 31.
            let next = |more: u64| -> Expr {
                add(now(), mul(number(DAY), Expr::from(add(left(), number(1 + more))))).into()
            };
            let place = || rem(Expr::from(sub(call("month", vec![now()]), number("1"))), number("3"));
            let second = mul(days(next(0)), Expr::from(lt(place(), number("2")).bool()));
            let third = mul(days(next(31)), Expr::from(eq(place(), number("0")).bool()));
            add(Expr::from(add(left(), second)), third).into()
        }
    };
    let whole = add(mul(number(day), days_to_come), number(day - 1));
    sub(whole, call("floor", vec![today.into()])).into()
}

/// The tiles of the current month or quarter.
pub(super) fn here(tiles: Expr, unit: Calendar, zone: &Zone) -> Expr {
    and(tiles, current(unit, zone)).on(&[LABEL]).into()
}

/// A tile with its month or quarter as a label.
pub(super) fn marked(tile: Expr, unit: Calendar, zone: &Zone) -> Expr {
    mul(tile, current(unit, zone)).on::<&str>(&[]).group_left(&[LABEL]).into()
}

/// One sample whose label is the current month or quarter in local time.
fn current(unit: Calendar, zone: &Zone) -> Expr {
    let month = call("month", vec![vector(local(zone))]);
    let index: Expr = match unit {
        Calendar::Month => month,
        Calendar::Quarter => call("ceil", vec![div(month, number("3")).into()]),
    };
    let mut counted = aggregate::<&str>("count_values", &[], index);
    if let crate::promql::ast::Kind::Aggregate { param, .. } = &mut counted.kind {
        *param = Some(Box::new(string(LABEL)));
    }
    counted
}

/// The local time for the purpose of month boundaries: seconds since 1970, shifted by the UTC offset at the nearest first day of a month.
fn local(zone: &Zone) -> Expr {
    let time = || call("time", vec![]);
    let ahead = zone.ahead();
    let base = ahead[0];
    let shifted = |by: i32| -> Expr {
        match by {
            0 => time(),
            by if by > 0 => add(time(), number(by)).into(),
            by => sub(time(), number(-by)).into(),
        }
    };
    let changed: Vec<usize> = (0..12).filter(|month| ahead[*month] != base).collect();
    let (Some(first), Some(last)) = (changed.first(), changed.last()) else { return shifted(base) };
    // In every time zone, months with another offset than January are consecutive. The month of now plus half a month shows which first day is
    // nearest.
    let nearest = || call("month", vec![vector(add(time(), number(15 * 86_400)))]);
    let summer = mul(
        Expr::from(ge(nearest(), number(first + 1)).bool()),
        Expr::from(le(nearest(), number(last + 1)).bool()),
    );
    let shift = add(number(base), mul(number(ahead[*first] - base), call("scalar", vec![summer.into()])));
    add(time(), Expr::from(shift)).into()
}
