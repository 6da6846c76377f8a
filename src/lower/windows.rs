//! Windows: sums of what was counted, and the ratios that alerts and dashboards read.
//!
//! # The form of long windows
//! Windows of pages are `sum_over_time` of what is counted every 30 seconds: exact at every evaluation, without lag. For windows of days that would read
//! tens of thousands of samples, so a slower group keeps tiles: sums of five minutes that do not overlap, read with the same
//! `sum_over_time`. A ratio is always Σ bad ÷ Σ total, so every event weighs the same, whenever it happened.
//!
//! `tests/bench-rules --parts forms` holds the forms a long window may have against counted events. Seven days, Prometheus off for 70 minutes while they begin:
//!
//! | form | samples | processor time | worst error |
//! |---|---|---|---|
//! | sum of what is counted every 30s | 20,013 | 2.7 ms | 0.23 % |
//! | sum of tiles of 5m | 2,002 | 0.74 ms | 0.23 % |
//! | tiles of 1h, and tiles of 5m since the last | 169 | 0.69 ms | 33 % |
//! | sums of a day, joined by `offset` | 21 | 1.3 ms | 0.23 % |
//! | a counter of all events, now less then | 60 | 0.42 ms | 45 % |
//!
//! The error of the first two is what happened in the 55 minutes that were not made good. Tiles of an hour leave the window an hour at a time. The counter
//! has no value at the moment the window begins, and then counts all there ever was. Days that are joined look back at moments that must all have been recorded,
//! and cost more time than they save samples. Tiles of 5m are as true as what they are made of, cost a tenth of its samples, and are understood at sight.
//!
//! **Invariant:** a ratio is never NaN and never above 1: without events it is 0, and without data it is absent. For five minutes after the
//! last scrape a counter seems to stand still; a short window that holds nothing else has no data either.

use super::calendar;
use super::events::{self, NEARLY_NOTHING, exact, less, not_negative, summed};
use super::readings::CURRENT;
use super::series::{Series, Side, Unit};
use super::{INTERVAL, LONG_INTERVAL};
use crate::model::Slo;
use crate::plan::{Promise, Rule};
use crate::promql::ast::{Expr, Time};
use crate::promql::build::{add, and, call, div, gt, mul, number, or, sub, unless, vector};
use crate::vocabulary::{Decimal, Duration, Period};

/// When the counters were last scraped, in seconds since 1970.
const SCRAPED: &str = "slo:last_scrape:timestamp_seconds";

/// What is left of the period's budget.
pub(super) const BUDGET_LEFT: &str = "slo:period_error_budget_remaining:ratio";

/// When the budget will be gone.
pub(super) const EXHAUSTION: &str = "slo:error_budget_exhaustion:seconds";

/// The window whose burn rate tells when the budget will be gone: the shortest long one, which a passing error moves little.
pub(super) fn pace(promise: &Promise) -> Duration {
    promise.tiers.iter().filter(|tier| !tier.slow).map(|tier| tier.long).min().unwrap_or(CURRENT)
}

/// Windows that pages use, in ascending order; five minutes are always among them.
pub fn fast_windows(promise: &Promise) -> Vec<Duration> {
    let mut windows = vec![CURRENT];
    for tier in promise.tiers.iter().filter(|tier| !tier.slow) {
        windows.extend([tier.short, tier.long]);
    }
    windows.sort();
    windows.dedup();
    windows
}

/// Windows that only slow tickets use.
fn slow_windows(promise: &Promise) -> Vec<Duration> {
    let fast = fast_windows(promise);
    let mut windows: Vec<Duration> =
        promise.tiers.iter().filter(|tier| tier.slow).flat_map(|tier| [tier.short, tier.long]).collect();
    windows.sort();
    windows.dedup();
    windows.retain(|window| !fast.contains(window));
    windows
}

/// Long windows whose bad events are counted, because an alert asks for more than one.
fn counted_windows(promise: &Promise) -> Vec<Duration> {
    promise.tiers.iter().filter(|tier| tier.min_bad_events > 1).map(|tier| tier.long).collect()
}

/// Rules of the fast group behind the counted pair.
pub(super) fn fast(slo: &Slo, promise: &Promise, names: &Series) -> Vec<Rule> {
    let mut rules = Vec::new();
    let scraped = events::scraped(slo, names);
    if let Some(scraped) = scraped.clone() {
        rules.push(names.record(
            SCRAPED.to_owned(),
            scraped,
            "The last scrape, so that a gap is no recovery.",
        ));
    }
    for side in [Side::Total, Side::Bad] {
        rules.push(names.record(
            names.sum(side, LONG_INTERVAL),
            summed(names, Unit::Events, side, LONG_INTERVAL),
            "",
        ));
    }
    for window in fast_windows(promise) {
        let sum = |side| match window {
            CURRENT => names.recorded(names.sum(side, window)).into(),
            _ => summed(names, Unit::Events, side, window),
        };
        let mut ratio = ratio(promise, names, window, sum);
        let decides = window == CURRENT || promise.tiers.iter().any(|tier| tier.short == window);
        if let (true, true, Some(rule)) = (scraped.is_some(), decides, ratio.last_mut()) {
            let fresh = gt(names.recorded(SCRAPED), sub(call("time", vec![]), number(window.secs())));
            let known = or(gt(sum(Side::Total), number("0")), fresh);
            rule.expr = and(rule.expr.clone(), known).into();
        }
        rules.extend(ratio);
    }
    let current = names.recorded(names.ratio(&CURRENT.to_string()));
    // One per value of the labels that are kept, so that dashboards can join it with the rest.
    let constant = |value| -> Expr {
        let seen = names.recorded(names.sum(Side::Total, LONG_INTERVAL));
        match promise.by.is_empty() {
            true => vector(exact(value)),
            false => add(mul(number("0"), seen), exact(value)).into(),
        }
    };
    rules.extend([
        names.record("slo:objective:ratio".to_owned(), constant(promise.ratio), ""),
        names.record("slo:error_budget:ratio".to_owned(), constant(promise.budget), ""),
        names.record("slo:current_burn_rate:ratio".to_owned(), div(current, exact(promise.budget)), ""),
    ]);
    rules
}

/// Rules of the slow group.
pub(super) fn slow(slo: &Slo, promise: &Promise, names: &Series) -> Vec<Rule> {
    let mut rules = Vec::new();
    for side in [Side::Total, Side::Bad] {
        let remark = match side {
            Side::Total => {
                "Tiles: sums of five minutes, one after the other; a tile that was missed is made good by the next."
            }
            Side::Bad | Side::Good => "",
        };
        rules.push(names.record(names.tile(side, LONG_INTERVAL), tile(names, side), remark));
    }
    for window in slow_windows(promise) {
        rules.extend(ratio(promise, names, window, |side| tiled(names, side, window)));
    }
    let (rolling, suffix) = (matches!(slo.period, Period::Rolling(_)), slo.period.suffix());
    match &slo.period {
        Period::Rolling(length) => {
            for side in [Side::Total, Side::Bad] {
                rules.push(names.record(
                    names.period(side, rolling, &suffix),
                    tiled(names, side, *length),
                    if side == Side::Total { "The period, from counted events." } else { "" },
                ));
            }
        }
        Period::Calendar(unit, zone) => rules.extend(calendar::rules(names, *unit, zone)),
    }
    let events = |side| names.recorded(names.period(side, rolling, &suffix));
    let ratio = names.period_ratio(rolling, &suffix);
    let spent = || div(names.recorded(&ratio), exact(promise.budget));
    rules.extend([
        names.record(
            ratio.clone(),
            quotient(names, events(Side::Bad).into(), events(Side::Total).into()),
            "",
        ),
        names.record("slo:period_burn_rate:ratio".to_owned(), spent(), ""),
        names.record(BUDGET_LEFT.to_owned(), sub(number("1"), spent()), ""),
        names.record(
            EXHAUSTION.to_owned(),
            exhaustion(promise, names),
            "Seconds until the budget is gone if errors go on as they are and none drops out of the period; the whole period if not within it.",
        ),
    ]);
    rules.dedup_by(|a, b| a.name() == b.name());
    rules
}

/// Budget left × period ÷ burn rate, as far as the period reaches.
fn exhaustion(promise: &Promise, names: &Series) -> Expr {
    let period = number(promise.period_length.secs());
    let left =
        mul(names.recorded(BUDGET_LEFT), exact(promise.budget * Decimal::from(promise.period_length.secs())));
    let pace = names.recorded(names.ratio(&pace(promise).to_string()));
    let ahead = div(left, call("clamp_min", vec![pace.into(), number(NEARLY_NOTHING)]));
    call("clamp", vec![ahead.into(), number("0"), period])
}

/// The ratio over a window, and the count of bad events where an alert asks for it.
fn ratio(promise: &Promise, names: &Series, window: Duration, sum: impl Fn(Side) -> Expr) -> Vec<Rule> {
    let suffix = window.to_string();
    let mut rules = Vec::new();
    let bad = if counted_windows(promise).contains(&window) {
        let name = names.increase(Unit::Events, Side::Bad, window);
        rules.push(names.record(name.clone(), sum(Side::Bad), ""));
        names.recorded(&name).into()
    } else {
        sum(Side::Bad)
    };
    rules.push(names.record(names.ratio(&suffix), quotient(names, bad, sum(Side::Total)), ""));
    rules
}

/// What restarts together with Prometheus may be missed in the total and seen among the bad.
fn quotient(names: &Series, bad: Expr, total: Expr) -> Expr {
    let ratio = div(bad, call("clamp_min", vec![total, number(NEARLY_NOTHING)])).into();
    match names.signed {
        true => call("clamp", vec![ratio, number("0"), number("1")]),
        false => call("clamp_max", vec![ratio, number("1")]),
    }
}

/// The sum of a window that only the slow group needs.
pub(super) fn tiled(names: &Series, side: Side, window: Duration) -> Expr {
    let range = less(window, LONG_INTERVAL.millis() / 2);
    call("sum_over_time", vec![names.recorded(names.tile(side, LONG_INTERVAL)).range(Time::Fixed(range))])
}

/// The next tile: the last five minutes, or, if the tile before was missed, all of the last half hour that is in no tile. At most one per five minutes
/// at whatever step the rules are evaluated.
fn tile(names: &Series, side: Side) -> Expr {
    let tiles = |range| names.recorded(names.tile(side, LONG_INTERVAL)).range(Time::Fixed(range));
    let present = |range| call("present_over_time", vec![tiles(range)]);
    let half = INTERVAL.millis() / 2;
    let reach = Duration::from_millis(6 * LONG_INTERVAL.millis());
    // One second short, so that a sample at its far edge is in neither sum.
    let counted_range = less(reach, 1000);
    let counted = || {
        let counts = names.recorded(names.increase(Unit::Events, side, INTERVAL));
        call("sum_over_time", vec![counts.range(Time::Fixed(counted_range))])
    };
    let tiled = call("sum_over_time", vec![tiles(less(reach, LONG_INTERVAL.millis() / 2))]);
    let untiled = sub(counted(), Expr::from(or(tiled, mul(number("0"), counted()))));
    let missed = unless(
        not_negative(names, untiled.into()),
        present(Duration::from_millis(LONG_INTERVAL.millis() * 3 / 2)),
    );
    // A sum that is no longer recorded is of five minutes before: whatever is in no tile by then is missed, and made good. One of before a restart of
    // Prometheus still shows itself, and is too old.
    let sum = || names.recorded(names.sum(side, LONG_INTERVAL));
    let last = call("last_over_time", vec![sum().range(Time::Fixed(Duration::from_secs(60)))]);
    let next = or(missed, and(last, sum()));
    unless(Expr::from(next), present(less(LONG_INTERVAL, half))).into()
}
