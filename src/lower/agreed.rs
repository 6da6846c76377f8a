//! Agreed time: outside of the hours of an SLO, and during maintenance, its counts are recorded as zero.
//!
//! One series says so for each SLO: `slo:agreed_service_time:bool`, 1 while events count and 0 while they do not. Totals and bad events are
//! multiplied by it; so windows, tiles and budgets contain only agreed time. Counters are still read outside of the hours, so those events do not
//! appear in the first count afterwards.
//!
//! An evaluation counts the events since the previous one, so it checks whether the SLO applied then: hours from 8:00 to 20:00 count from the
//! evaluation after 8:00 up to the one at 20:00.
//!
//! # Local time
//! PromQL knows only UTC. A change of the clock is a weekday of a month: with `d` the day of the month and `w` the weekday, `d - w` is that of the
//! last Sunday, and `100 × month + d - w` passes `100 × month + earliest` on the day of the change, once a year (see `Offsets`).

use super::series::{Series, Unit};
use super::sums::less;
use crate::model::{Agreed, Budgeting, Maintenance, Slo};
use crate::plan::Rule;
use crate::promql::ast::{At, Expr, Selector, Time};
use crate::promql::build::{
    add, aggregate, aggregate_without, and, any, call, eq, ge, gt, lt, mul, number, or, rem, string, sub,
    subquery, unless, vector,
};
use crate::vocabulary::{ClockChange, Duration, HoursSpan, INTERVAL, LONG_INTERVAL, Offsets};

/// The name of the series.
pub(super) const NAME: &str = "slo:agreed_service_time:bool";

const DAY: u32 = 86_400;
const WEEK: u32 = 7 * DAY;

/// 1970 began on a Thursday, this many seconds after a Monday.
const SINCE_MONDAY: u32 = 3 * DAY;

/// The rule that records it. `groups` gives one sample for each value of the labels that a query of maintenance names. `None` if everything counts.
pub(super) fn rule(slo: &Slo, names: &Series, groups: impl FnOnce(&[String]) -> Expr) -> Option<Rule> {
    if slo.agreed.is_always() {
        return None;
    }
    let remark = match (&slo.agreed.hours, &slo.agreed.except) {
        (Some(_), _) => {
            "1 while events count, 0 outside of the hours and during maintenance. 1970 began on a Thursday, 259200s after a Monday."
        }
        _ => "1 while events count, 0 during maintenance.",
    };
    Some(names.record(NAME.to_owned(), flag(&slo.agreed, INTERVAL, groups), remark))
}

/// 1 or 0 for a count over `length` that ends now.
fn flag(agreed: &Agreed, length: Duration, groups: impl FnOnce(&[String]) -> Expr) -> Expr {
    let on = agreed.except.as_ref().map(|except| &except.on[..]).unwrap_or_default();
    let excepted = agreed.except.as_ref().map(|except| during(except.expr.clone(), length));
    if on.is_empty() {
        let open = open(agreed, length).unwrap_or_else(|| vector(number("1")));
        let open = match excepted {
            Some(excepted) => unless(open, excepted).on::<&str>(&[]).into(),
            None => open,
        };
        return or(aggregate::<&str>("group", &[], open), vector(number("0"))).into();
    }
    let groups = groups(on);
    let held = match excepted {
        Some(excepted) => unless(groups.clone(), excepted).on(on).into(),
        None => groups.clone(),
    };
    let held = match open(agreed, length) {
        Some(open) => and(held, open).on::<&str>(&[]).into(),
        None => held,
    };
    or(held, mul(number("0"), groups)).into()
}

/// The series that had a sample at any moment of `length`; for one evaluation, the series that have one now.
fn during(expr: Expr, length: Duration) -> Expr {
    match length > INTERVAL {
        true => {
            let range = less(length, 1);
            call("last_over_time", vec![subquery(expr, range, Some(INTERVAL))])
        }
        false => expr,
    }
}

/// A sample without labels if hours and windows let the events of the last `length` count; `None` if they always count.
fn open(agreed: &Agreed, length: Duration) -> Option<Expr> {
    if agreed.hours.is_none() && agreed.maintenance.is_empty() {
        return None;
    }
    let begun = || sub(call("time", vec![]), number(length.secs()));
    let within =
        |from: i64, to: i64| Expr::from(lt(Expr::from(ge(vector(begun()), number(from))), number(to)));
    let (mut open, holidays) = match &agreed.hours {
        Some(hours) => {
            let local = local(hours.offsets(), &begun);
            let spans = hours.spans().iter().map(|span| within_span(*span, local.clone()));
            (any(spans)?, hours.holiday_spans())
        }
        None => (vector(begun()), Vec::new()),
    };
    let windows = agreed.maintenance.iter().map(|window| (window.from, window.to));
    for (from, to) in holidays.into_iter().chain(windows) {
        open = unless(open, within(from, to)).into();
    }
    Some(open)
}

/// The local time if it is within the hours and days of this span; then also the seconds since its midnight.
fn within_span(span: HoursSpan, local: Expr) -> Expr {
    let whole_week = span.first == 0 && span.last == 6;
    let local = add(local, number(SINCE_MONDAY));
    let days = if whole_week {
        local.into()
    } else {
        let week: Expr = rem(Expr::from(local), number(WEEK)).into();
        let from_first: Expr = match span.first {
            0 => week,
            first => ge(week, number(u32::from(first) * DAY)).into(),
        };
        match span.last {
            6 => from_first,
            last => lt(from_first, number((u32::from(last) + 1) * DAY)).into(),
        }
    };
    let seconds = |minutes: u16| u32::from(minutes) * 60;
    let from: Expr = match (span.from, span.to) {
        (0, 1440) => return days,
        (0, _) => rem(days, number(DAY)).into(),
        (from, _) => ge(Expr::from(rem(days, number(DAY))), number(seconds(from))).into(),
    };
    match span.to {
        1440 => from,
        to => lt(from, number(seconds(to))).into(),
    }
}

/// Local time, as seconds since 1970.
fn local(offsets: &Offsets, utc: &dyn Fn() -> crate::promql::ast::Binary) -> Expr {
    let shifted = |by: i32| -> Expr {
        match by {
            0 => utc().into(),
            by if by > 0 => add(utc(), number(by)).into(),
            by => sub(utc(), number(-by)).into(),
        }
    };
    let base = vector(shifted(offsets.base));
    let Some(summer) = &offsets.summer else { return base };
    let turned = |turn: ClockChange, other: ClockChange| -> Expr {
        let day = |name: &str, by: i32| call(name, vec![vector(shifted(by))]);
        let month = mul(number("100"), day("month", -turn.second));
        let weekday = day("day_of_week", -turn.second - i32::from(turn.weekday) * DAY as i32);
        let last = sub(day("day_of_month", -turn.second), weekday);
        let reached = 100 * u32::from(turn.month) + u32::from(turn.earliest);
        let reached: Expr = ge(Expr::from(add(month, Expr::from(last))), number(reached)).bool().into();
        if turn.second <= other.second {
            return reached;
        }
        // The other change sees the new year earlier. From then on this one is not reached either.
        let same_year = ge(day("month", -other.second), number(turn.month)).bool();
        mul(reached, Expr::from(same_year)).into()
    };
    let summer_now = sub(turned(summer.begins, summer.ends), turned(summer.ends, summer.begins));
    let shift = mul(number(summer.shift), Expr::from(summer_now));
    add(base, Expr::from(shift)).into()
}

/// The counted events, multiplied by the agreed time. `bare` is true if the series have no labels `service` and `slo`.
pub(super) fn applied(slo: &Slo, names: &Series, counted: Expr, bare: bool) -> Expr {
    if slo.agreed.is_always() {
        return counted;
    }
    let mut on: Vec<String> = if bare { Vec::new() } else { names.labels().into_keys().collect() };
    on.extend(slo.agreed.except.iter().flat_map(|except| except.on.iter().cloned()));
    mul(counted, names.recorded(NAME)).on(&on).group_left::<&str>(&[]).into()
}

/// A condition, if events count now or counted within a range: outside of the hours nothing begins.
pub(super) fn counted_within(slo: &Slo, names: &Series, holds: Expr, range: Duration) -> Expr {
    if slo.agreed.is_always() {
        return holds;
    }
    let mut on: Vec<String> = names.labels().into_keys().collect();
    on.extend(slo.agreed.except.iter().flat_map(|except| except.on.iter().cloned()));
    let counted = call("max_over_time", vec![names.recorded(NAME).range(Time::Fixed(range))]);
    and(holds, Expr::from(gt(counted, number("0")))).on(&on).into()
}

/// Past counts over `length`, ending now, as far as they are in agreed time; `groups` as in [`rule`].
pub(super) fn applied_to_past(
    slo: &Slo,
    counted: Expr,
    length: Duration,
    groups: impl FnOnce(&[String]) -> Expr,
) -> Expr {
    if slo.agreed.is_always() {
        return counted;
    }
    let on = slo.agreed.except.as_ref().map(|except| except.on.clone()).unwrap_or_default();
    mul(counted, flag(&slo.agreed, length, groups)).on(&on).group_left::<&str>(&[]).into()
}

/// The groups of targets by these labels, as far as counts are recorded for them.
pub(super) fn kept_groups<'a>(slo: &Slo, names: &'a Series) -> impl FnOnce(&[String]) -> Expr + 'a {
    let unit = match slo.budgeting {
        Budgeting::Occurrences => Unit::Events,
        Budgeting::Timeslices { .. } => Unit::Occurrences,
    };
    move |on| aggregate("group", on, names.kept(unit, "counted", None))
}

/// Whether events were expected for the whole `range`, for an SLO without events.
pub(super) fn expected(slo: &Slo, events: Expr, labels: &[(&str, &str)], range: Duration) -> Expr {
    if slo.agreed.is_always() {
        return events;
    }
    let named = |except: &crate::model::Except| !except.on.is_empty();
    if slo.agreed.except.as_ref().is_some_and(named) {
        // The labels of series that disappeared are unknown.
        return match open(&slo.agreed, range) {
            Some(open) => and(events, open).on::<&str>(&[]).into(),
            None => events,
        };
    }
    let flag = crate::promql::build::selector(NAME, labels).range(Time::Fixed(range));
    and(events, gt(call("min_over_time", vec![flag]), number("0"))).into()
}

/// The sum over a period without the counts during windows of maintenance that were declared after the counts were recorded. During windows that were
/// declared before, nothing was counted, and the flag was 0.
///
/// `tiles` are summed, and `reach` is the longest possible period. All tiles that have any event of a window are subtracted, and so up to five minutes on
/// either side of it. A window is subtracted as a whole as long as any part of it is in the period.
pub(super) fn excused(slo: &Slo, names: &Series, sum: Expr, tiles: &Selector, reach: Duration) -> Expr {
    let windows = together(&slo.agreed.maintenance);
    let on: Vec<String> = match &slo.agreed.except {
        Some(except) => names.labels().into_keys().chain(except.on.iter().cloned()).collect(),
        None => names.labels().into_keys().collect(),
    };
    let off = |(index, (from, to)): (usize, (i64, i64))| -> Expr {
        let length = Duration::from_secs(u64::try_from(to - from).unwrap_or(0));
        let at = |selector: Selector, moment: i64, range: Duration| {
            let mut selector = selector;
            selector.at.at = Some((At::Timestamp(moment.to_string()), crate::promql::ast::Span::default()));
            selector.range(Time::Fixed(range))
        };
        // A tile ends 30 seconds before it is recorded. The first one ends after the window begins, and the last one begins before the window ends.
        let tile = i64::try_from(LONG_INTERVAL.secs() + INTERVAL.secs()).unwrap_or(0);
        let range = Duration::from_millis(length.millis() + LONG_INTERVAL.millis() - 2_000);
        let tiles = call("sum_over_time", vec![at(tiles.clone(), to + tile - 1, range)]);
        let flag = call("max_over_time", vec![at(names.recorded(NAME), to, less(length, 60_000))]);
        let counted = unless(tiles, Expr::from(eq(flag, number("0")))).on(&on);
        let leaves = to + i64::try_from(reach.secs()).unwrap_or(0);
        let off = and(Expr::from(counted), lt(vector(call("time", vec![])), number(leaves))).on::<&str>(&[]);
        match windows.len() {
            1 => off.into(),
            // One vector contains the sums of several windows.
            _ => {
                let marked = ["slowburn_window", &index.to_string(), "", ""].map(string);
                call("label_replace", [vec![off.into()], marked.to_vec()].concat())
            }
        }
    };
    let Some(all) = any(windows.iter().copied().enumerate().map(off)) else { return sum };
    let all = match windows.len() {
        1 => all,
        _ => aggregate_without("sum", &["slowburn_window"], all),
    };
    or(sub(sum.clone(), all), sum).into()
}

/// Beginnings and ends of windows, those that overlap or touch as one: no tile is subtracted twice.
fn together(windows: &[Maintenance]) -> Vec<(i64, i64)> {
    let mut windows: Vec<(i64, i64)> = windows.iter().map(|window| (window.from, window.to)).collect();
    windows.sort_unstable();
    windows.dedup_by(|next, last| {
        let is_one = next.0 <= last.1;
        last.1 = if is_one { last.1.max(next.1) } else { last.1 };
        is_one
    });
    windows
}
