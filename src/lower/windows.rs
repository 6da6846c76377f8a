//! Windows: sums of recorded counts, and the ratios that alerts and dashboards read.
//!
//! # The form of long windows
//! Windows of pages are `sum_over_time` of the counts of every 30 seconds: exact at every evaluation, without delay. For windows of days that would
//! read tens of thousands of samples, so a slower group keeps tiles: sums of five minutes that do not overlap, read with the same `sum_over_time`. A
//! ratio is always Σ bad ÷ Σ total, so every event has the same weight at any time.
//!
//! `tests/bench-rules --parts forms` compares the possible forms of a long window with counted events. Seven days; Prometheus is off for 70 minutes
//! at their beginning:
//!
//! | form | samples | processor time | worst error |
//! |---|---|---|---|
//! | sum of the counts of every 30s | 20,013 | 2.7 ms | 0.23 % |
//! | sum of tiles of 5m | 2,002 | 0.74 ms | 0.23 % |
//! | tiles of 1h, and tiles of 5m since the last | 169 | 0.69 ms | 33 % |
//! | sums of a day, joined by `offset` | 21 | 1.3 ms | 0.23 % |
//! | a counter of all events, now minus then | 60 | 0.42 ms | 45 % |
//!
//! The error of the first two is the events of the 55 minutes that were lost. Tiles of an hour leave the window an hour at a time. The counter has no
//! value when the window begins, and then counts all events that ever happened. Joined days need samples at several exact moments, and cost more time
//! than they save samples. Tiles of 5m are as exact as the counts that they sum, cost a tenth of the samples, and are easy to understand.
//!
//! The next tile adds the events of a missed tile. At most one tile is recorded in five minutes, at every evaluation step.
//!
//! **Invariant:** a ratio is never NaN and never above 1: without events it is 0, and without data it is absent. For five minutes after the last
//! scrape a counter seems to be constant; a short window that contains only this time has no data either.

use super::agreed;
use super::calendar;
use super::journey;
use super::series::{Series, Side, Unit};
use super::sums::{exact, held, share, summed, tile, tiled};
use crate::model::Slo;
use crate::plan::{BurnForecast, Promise, Rule};
use crate::promql::ast::Expr;
use crate::promql::build::{add, call, div, gt, mul, number, sub, unless, vector};
use crate::vocabulary::{CURRENT, Duration, INTERVAL, LONG_INTERVAL, Period, Severity};

/// The range of an instant selector.
const LOOKBACK: Duration = Duration::from_secs(300);

/// The error budget of the objective.
const BUDGET: &str = "slo:error_budget:ratio";

/// The burn rate over the period; for a calendar period, over the part that is over.
pub(super) const BURN_RATE: &str = "slo:period_burn_rate:ratio";

/// The burn rate of the last five minutes.
const CURRENT_BURN: &str = "slo:current_burn_rate:ratio";

/// How many seconds the budget lasts at that rate, in whole minutes, and at most the period.
const LASTS: &str = "slo:current_error_budget_exhaustion:seconds";

/// The share of the period's budget that is left.
pub(super) const BUDGET_LEFT: &str = "slo:period_error_budget_remaining:ratio";

/// The same in percent for texts: never below zero, one decimal place.
pub(super) const PERCENT_LEFT: &str = "slo:period_error_budget_remaining:percent";

/// The time at which the budget will be spent.
pub(super) const EXHAUSTION: &str = "slo:error_budget_exhaustion:seconds";

/// The window whose burn rate predicts when the budget will be spent: the shortest long one, which a short error changes little.
pub(super) fn pace(promise: &Promise) -> Duration {
    promise.tiers.iter().filter(|tier| !tier.slow).map(|tier| tier.long).min().unwrap_or(CURRENT)
}

/// Windows that only slow tickets use.
fn slow_windows(promise: &Promise) -> Vec<Duration> {
    let fast = promise.fast_windows();
    let mut windows: Vec<Duration> =
        promise.tiers.iter().filter(|tier| tier.slow).flat_map(|tier| [tier.short, tier.long]).collect();
    windows.sort();
    windows.dedup();
    windows.retain(|window| !fast.contains(window));
    windows
}

/// Whether the events of a long window are recorded, because an alert requires more than one.
fn is_counted(promise: &Promise, side: Side, window: Duration) -> bool {
    promise.tiers.iter().filter(|tier| tier.long == window).any(|tier| match side {
        Side::Bad => tier.min_bad_events > 1,
        Side::Total => tier.min_events > 1,
        Side::Good | Side::Successful | Side::Failed | Side::BadOfPart => false,
    })
}

/// The rules of the fast group after the total and bad events.
pub(super) fn fast(promise: &Promise, names: &Series) -> Vec<Rule> {
    let mut rules = Vec::new();
    let seen = || names.recorded(names.increase(Unit::Events, Side::Total, INTERVAL));
    for window in promise.fast_windows() {
        // Counters that are no longer scraped seem to be constant for five minutes: a window of that length or less has no events then, and no data.
        let idle: Expr = match window > LOOKBACK {
            true => seen().into(),
            false => {
                let longer = Duration::from_millis(window.millis() + 2 * INTERVAL.millis());
                let events = gt(summed(names, Unit::Events, Side::Total, longer), number("0"));
                unless(seen(), Expr::from(events)).into()
            }
        };
        let sum = |side| summed(names, Unit::Events, side, window);
        let mut more = ratio(promise, names, window, sum, idle);
        if window == CURRENT {
            more[0].remark = "[4m45s] holds ten evaluations of 30s: 5m. Without events the ratio is 0, but it is absent in the first minute.";
        }
        rules.extend(more);
    }
    let current = names.recorded(names.ratio(&CURRENT.to_string()));
    let burning = div(current, budget(promise, names));
    rules.push(names.record(CURRENT_BURN.to_owned(), burning, ""));
    let pages = promise.tiers.iter().any(|tier| tier.severity == Severity::Page);
    if pages {
        rules.push(names.record(LASTS.to_owned(), lasts(promise, names), "For the texts of pages."));
    }
    rules
}

/// The rules for the objective and its error budget.
pub(super) fn constants(promise: &Promise, names: &Series) -> Vec<Rule> {
    // One sample per value of the kept labels, so that dashboards can join it with the other series.
    let constant = |value| -> Expr {
        match promise.by.is_empty() {
            true => vector(exact(value)),
            false => {
                let seen = names.recorded(names.increase(Unit::Events, Side::Total, INTERVAL));
                add(mul(number("0"), seen), exact(value)).into()
            }
        }
    };
    vec![
        names.record("slo:objective:ratio".to_owned(), constant(promise.ratio), ""),
        names.record(BUDGET.to_owned(), constant(promise.budget), ""),
    ]
}

/// The error budget: the recorded series, so that SLOs of different objectives have the same rules. It is a number if the series is recorded only
/// while events are counted.
fn budget(promise: &Promise, names: &Series) -> Expr {
    if promise.by.is_empty() { names.recorded(BUDGET).into() } else { exact(promise.budget) }
}

/// The rules of the slow group. They do not read each other by instant selectors: if a ruler shows results late, these would be five minutes old, and
/// too old for an instant selector.
pub(super) fn slow(slo: &Slo, promise: &Promise, names: &Series) -> Vec<Rule> {
    let mut rules = Vec::new();
    if let Period::Calendar(unit, zone) = &slo.period {
        rules.extend(calendar::tiles(names, *unit, zone));
    }
    for side in names.sides() {
        let remark = match side {
            Side::Total => {
                "Sums of five minutes that do not overlap. They end 30s ago, because the newest count may not be there yet.\nIf the last sum is missing, the next one adds the rest of the last 30m."
            }
            Side::Bad | Side::Good | Side::Successful | Side::Failed | Side::BadOfPart => "",
        };
        rules.push(names.record(names.tile(side, LONG_INTERVAL), tile(names, side), remark));
    }
    for window in slow_windows(promise) {
        rules.extend(ratio(
            promise,
            names,
            window,
            |side| tiled(names, side, window),
            held(names, &names.tile(Side::Total, LONG_INTERVAL)),
        ));
    }
    let (rolling, suffix) = (matches!(slo.period, Period::Rolling(_)), slo.period.suffix());
    match &slo.period {
        Period::Rolling(length) => {
            for side in names.sides() {
                rules.push(names.record(
                    names.period(side, rolling, &suffix),
                    agreed::excused(
                        slo,
                        names,
                        tiled(names, side, *length),
                        &names.recorded(names.tile(side, LONG_INTERVAL)),
                        *length,
                    ),
                    if side == Side::Total { "The period, from counted events." } else { "" },
                ));
            }
        }
        Period::Calendar(unit, zone) => {
            rules.extend(calendar::sums(slo, names, *unit, zone));
            rules.push(calendar::expected(promise, names, *unit, zone));
        }
    }
    let events = |side| held(names, &names.period(side, rolling, &suffix));
    let ratio = names.period_ratio(rolling, &suffix);
    // The budget that is left reads the recorded ratio, too: if results are seen late, every step is five minutes.
    let burnt = div(held(names, &ratio), budget(promise, names));
    let spent = || match &slo.period {
        Period::Rolling(_) => held(names, &ratio),
        Period::Calendar(unit, _) => {
            let expected = || held(names, &names.expected(unit.as_str()));
            share(names, events(Side::Bad), expected(), expected())
        }
    };
    let left = sub(number("1"), Expr::from(div(spent(), budget(promise, names))));
    let percent = call("round", vec![mul(number("100"), held(names, BUDGET_LEFT)).into(), number("0.1")]);
    let of_period = share(names, events(Side::Bad), events(Side::Total), events(Side::Total));
    rules.extend([
        names.record(ratio.clone(), of_period, ""),
        names.record(BURN_RATE.to_owned(), burnt, ""),
        names.record(BUDGET_LEFT.to_owned(), left, ""),
        names.record(
            PERCENT_LEFT.to_owned(),
            call("clamp_min", vec![percent, number("0")]),
            "For the texts of alerts.",
        ),
        names.record(
            EXHAUSTION.to_owned(),
            exhaustion(promise, names, spent()),
            "Seconds until the budget is gone if errors go on as they are; the whole period if not within it.",
        ),
    ]);
    rules.dedup_by(|a, b| a.name() == b.name());
    rules.extend(journey::shares(names, &names.period(Side::BadOfPart, rolling, &suffix)));
    rules
}

/// The error ratio, and how many seconds the budget lasts at it: for a page, over the last five minutes, because its long window still contains the
/// time before; for a ticket, over the window that predicts when the budget will be spent.
pub(super) fn pace_of(promise: &Promise, names: &Series, severity: Severity) -> BurnForecast {
    match severity {
        Severity::Page => BurnForecast {
            window: CURRENT,
            error_ratio: held(names, &names.ratio(&CURRENT.to_string())),
            budget_lasts: held(names, LASTS),
        },
        Severity::Ticket => pace_of_period(promise, names),
    }
}

/// The error ratio of the window that predicts when the budget will be spent, and that time.
pub(super) fn pace_of_period(promise: &Promise, names: &Series) -> BurnForecast {
    BurnForecast {
        window: pace(promise),
        error_ratio: held(names, &names.ratio(&pace(promise).to_string())),
        budget_lasts: held(names, EXHAUSTION),
    }
}

/// How long the budget lasts at the burn rate of the last five minutes.
fn lasts(promise: &Promise, names: &Series) -> Expr {
    let burn_rate = names.recorded(CURRENT_BURN);
    lasts_at(promise, names, call("clamp_min", vec![burn_rate.into(), number("1e-9")]))
}

/// How many seconds the budget lasts at a burn rate, in whole minutes, and at most the period.
fn lasts_at(promise: &Promise, names: &Series, burn_rate: Expr) -> Expr {
    let period = || number(promise.period_length.secs());
    let lasts = div(mul(held(names, BUDGET_LEFT), period()), burn_rate);
    let lasts = call("clamp", vec![lasts.into(), number("0"), period()]);
    call("round", vec![lasts, number("60")])
}

/// Budget left × period ÷ burn rate, at most to the end of the period; `spent` is the bad share of all its events.
fn exhaustion(promise: &Promise, names: &Series, spent: Expr) -> Expr {
    let period = number(promise.period_length.secs());
    let left: Expr = sub(budget(promise, names), spent).into();
    let left = mul(left, period.clone());
    let pace = names.recorded(names.ratio(&pace(promise).to_string()));
    // Without errors the budget lasts longer than the period.
    let ahead = div(left, call("clamp_min", vec![pace.into(), number("1e-15")]));
    call("clamp", vec![ahead.into(), number("0"), period])
}

/// The ratio over a window, and the counts that an alert requires; see [`share`] for `idle`.
fn ratio(
    promise: &Promise,
    names: &Series,
    window: Duration,
    sum: impl Fn(Side) -> Expr,
    idle: Expr,
) -> Vec<Rule> {
    let suffix = window.to_string();
    let mut rules = Vec::new();
    let mut counted = |side| -> Expr {
        if !is_counted(promise, side, window) {
            return sum(side);
        }
        let name = names.increase(Unit::Events, side, window);
        rules.push(names.record(name.clone(), sum(side), ""));
        names.recorded(&name).into()
    };
    let (bad, total) = (counted(Side::Bad), counted(Side::Total));
    rules.push(names.record(names.ratio(&suffix), share(names, bad, total, idle), ""));
    rules
}
