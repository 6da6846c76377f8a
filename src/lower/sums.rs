//! Sums of recorded counts over windows and tiles, and their ratios.

use super::series::{Bounds, Series, Side, Unit};
use crate::promql::ast::{Expr, Time};
use crate::promql::build::{call, div, gt, mul, number, or, sub, unless};
use crate::vocabulary::{Decimal, Duration, INTERVAL, LONG_INTERVAL, STALE, text};

/// A number of the plan in PromQL.
pub(super) fn exact(value: Decimal) -> Expr {
    number(text(value))
}

/// `window` minus this number of milliseconds.
pub(super) fn less(window: Duration, millis: u64) -> Duration {
    Duration::from_millis(window.millis().saturating_sub(millis))
}

/// The sum of a recorded pair over a window that ends now.
///
/// The range is half an interval shorter than the window: it holds exactly one sample per interval, whether ranges include
/// their left edge (Prometheus 2) or not (Prometheus 3).
pub(super) fn summed(names: &Series, unit: Unit, side: Side, window: Duration) -> Expr {
    let range = less(window, INTERVAL.millis() / 2);
    call(
        "sum_over_time",
        vec![names.recorded(names.increase(unit, side, INTERVAL)).range(Time::Fixed(range))],
    )
}

/// The last sample that a slow rule recorded.
pub(super) fn held(names: &Series, name: &str) -> Expr {
    call("last_over_time", vec![names.recorded(name).range(Time::Fixed(STALE))])
}

/// The share of bad events, in [0, 1]; 0 without events, as long as `idle` has a sample.
pub(super) fn share(names: &Series, bad: Expr, total: Expr, idle: impl Into<Expr>) -> Expr {
    let ratio = div(bad, Expr::from(gt(total, number("0")))).into();
    let ratio = match names.bounds {
        Bounds::Kept => ratio,
        Bounds::Above => call("clamp_max", vec![ratio, number("1")]),
        Bounds::Both => call("clamp", vec![ratio, number("0"), number("1")]),
    };
    or(ratio, mul(number("0"), idle)).into()
}

/// The sum of a window that only the slow group needs.
pub(super) fn tiled(names: &Series, side: Side, window: Duration) -> Expr {
    let range = less(window, LONG_INTERVAL.millis() / 2);
    call("sum_over_time", vec![names.recorded(names.tile(side, LONG_INTERVAL)).range(Time::Fixed(range))])
}

/// The next tile: five minutes. If the tile before was missed, everything of the last half hour that is in no tile.
///
/// Another group records the counts, and the count of this moment may be recorded a moment later. So every tile ends half a minute ago: otherwise no
/// tile would contain the last count. Ranges are a millisecond shorter, so they contain the same samples with open and with closed left edges.
pub(super) fn tile(names: &Series, side: Side) -> Expr {
    let counted = |tiles: u64| {
        let counts = names.recorded(names.increase(Unit::Events, side, INTERVAL)).offset(INTERVAL);
        let range = Duration::from_millis(tiles * LONG_INTERVAL.millis() - 1);
        call("sum_over_time", vec![counts.range(Time::Fixed(range))])
    };
    let tiles = |function: &str, range: Duration| {
        call(function, vec![names.recorded(names.tile(side, LONG_INTERVAL)).range(Time::Fixed(range))])
    };
    let half = LONG_INTERVAL.millis() / 2;
    let others = tiles("sum_over_time", Duration::from_millis(6 * LONG_INTERVAL.millis() - half));
    let before = tiles("present_over_time", Duration::from_millis(LONG_INTERVAL.millis() + half));
    let untiled: Expr = or(sub(counted(6), others), counted(6)).into();
    let missed = unless(call("clamp_min", vec![untiled, number("0")]), before);
    let next = or(missed, counted(1));
    unless(Expr::from(next), tiles("present_over_time", less(LONG_INTERVAL, INTERVAL.millis() / 2))).into()
}
