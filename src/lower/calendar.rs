//! Calendar periods: tiles carry the month or quarter they belong to, so that a sum since its first day needs no variable range.

use super::agreed;
use super::series::{Series, Side};
use super::sums::{less, tile};
use crate::model::Slo;
use crate::plan::Rule;
use crate::promql::ast::{Expr, Time};
use crate::promql::build::{
    add, aggregate, aggregate_without, and, call, div, ge, le, mul, number, string, sub, vector,
};
use crate::vocabulary::{Calendar, LONG_INTERVAL, Zone};

/// The label on tiles.
pub(super) const LABEL: &str = "period";

/// Tiles with their mark. Evaluated before the tiles without, from which both tell whether one is due.
pub(super) fn tiles(names: &Series, unit: Calendar, zone: &Zone) -> Vec<Rule> {
    let record = |side| {
        let remark = if side == Side::Total { "Each tile with the calendar unit it belongs to." } else { "" };
        let tile = marked(tile(names, side), unit, zone);
        names.record(names.calendar_tile(side, unit.as_str(), LONG_INTERVAL), tile, remark)
    };
    names.sides().map(record).collect()
}

/// All sides of the period.
pub(super) fn sums(slo: &Slo, names: &Series, unit: Calendar, zone: &Zone) -> Vec<Rule> {
    let record = |side| {
        let range = less(unit.longest(), LONG_INTERVAL.millis() / 2);
        let tiles = names.recorded(names.calendar_tile(side, unit.as_str(), LONG_INTERVAL));
        let sums = call("sum_over_time", vec![tiles.clone().range(Time::Fixed(range))]);
        let sums = agreed::excused(slo, sums, &tiles, unit.longest());
        let here = here(sums, unit, zone);
        let remark =
            if side == Side::Total { "The calendar period so far, from counted events." } else { "" };
        let sum = aggregate_without("sum", &[LABEL], here);
        names.record(names.period(side, false, unit.as_str()), sum, remark)
    };
    names.sides().map(record).collect()
}

/// What belongs to the month or quarter that it is now.
pub(super) fn here(tiles: Expr, unit: Calendar, zone: &Zone) -> Expr {
    and(tiles, current(unit, zone)).on(&[LABEL]).into()
}

/// A tile with the month or quarter it belongs to as a label.
pub(super) fn marked(tile: Expr, unit: Calendar, zone: &Zone) -> Expr {
    mul(tile, current(unit, zone)).on::<&str>(&[]).group_left(&[LABEL]).into()
}

/// One sample whose label says which month or quarter it is there now.
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

/// The local time, as far as the beginning of months is concerned: seconds since 1970 shifted by the offset that holds at the nearest first of a month.
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
    // The months that differ from January follow each other in every zone there is; half a month ahead of now tells which first of a month is nearest.
    let nearest = || call("month", vec![vector(add(time(), number(15 * 86_400)))]);
    let summer = mul(
        Expr::from(ge(nearest(), number(first + 1)).bool()),
        Expr::from(le(nearest(), number(last + 1)).bool()),
    );
    let shift = add(number(base), mul(number(ahead[*first] - base), call("scalar", vec![summer.into()])));
    add(time(), Expr::from(shift)).into()
}
