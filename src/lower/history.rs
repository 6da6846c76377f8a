//! Backfill: tiles of the past, computed from raw series, so that a fresh installation has history for windows of days and for the period.
//!
//! Recorded tiles read earlier recorded counts, so promtool cannot compute them for the past. These rules compute them in one step from raw series:
//! the increase of a counter in five minutes is its value at the end minus its value at the beginning, and a subquery evaluates a state every thirty
//! seconds. Windows of hours need no backfill: they have data within hours.

use super::events::evaluated;
use super::ledger::value;
use super::series::{Series, Side, Unit};
use super::split::{CounterSplit, family};
use super::sums::{less, share};
use super::{agreed, calendar, journey, targets};
use crate::model::{Budgeting, Counter, Model, Service, Slo, Term};
use crate::plan::{Group, Promise};
use crate::promql::ast::{Expr, Selector, Time};
use crate::promql::build::{
    add, aggregate, aggregate_without, and, any, call, ge, gt, le, mul, number, or, string, sub, subquery,
};
use crate::vocabulary::{Duration, INTERVAL, LONG_INTERVAL, Period, text};

/// A series that was absent is continued if it comes back within this time.
const MEMORY: Duration = Duration::from_secs(3600);

/// The rules that promtool evaluates every five minutes of the past, once.
pub(super) fn group(model: &Model, service: &Service, slo: &Slo, promise: &Promise) -> Group {
    let names = Series::new(slo, promise);
    let (total, bad) = match &slo.budgeting {
        Budgeting::Occurrences => {
            agreed_pair(slo, pair(model, service, slo, &names, LONG_INTERVAL), LONG_INTERVAL)
        }
        Budgeting::Timeslices { length, objective } => {
            let (total, bad) = pair(model, service, slo, &names, *length);
            let groups = |on: &[String]| aggregate("group", on, total.clone());
            let ratio = share(&names, bad, total.clone(), total.clone());
            let spoiled = gt(ratio, number(text(objective.budget().ratio()))).bool();
            let one = add(mul(number("0"), total.clone()), number("1"));
            let flagged = |slice: Expr| agreed::applied_to_past(slo, slice, INTERVAL, groups);
            let (one, spoiled) = (flagged(one.into()), flagged(spoiled.into()));
            (over_window(one, LONG_INTERVAL), over_window(spoiled, LONG_INTERVAL))
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

/// Total and bad events over `window`, as queries to a server: first from recorded series, then from raw series.
pub(super) fn counted(
    model: &Model,
    service: &Service,
    slo: &Slo,
    promise: &Promise,
    window: Duration,
) -> [(Expr, Expr); 2] {
    let names = Series::new(slo, promise);
    // Slices are judged by the events in them.
    let unit = match &slo.budgeting {
        Budgeting::Timeslices { .. } if names.is_journey => Unit::Events,
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
    let past = match journey::afterwards(slo) {
        Some((total, bad)) => (over_window(total, window), over_window(bad, window)),
        None => pair(model, service, slo, &names, window),
    };
    [(recorded(Side::Total), recorded(Side::Bad)), agreed_pair(slo, past, window)]
}

/// Both, as far as they are in agreed time.
fn agreed_pair(slo: &Slo, (total, bad): (Expr, Expr), window: Duration) -> (Expr, Expr) {
    let groups = |on: &[String]| aggregate("group", on, total.clone());
    let applied = |events: &Expr| agreed::applied_to_past(slo, events.clone(), window, groups);
    (applied(&total), applied(&bad))
}

/// Total and bad events of a window.
fn pair(model: &Model, service: &Service, slo: &Slo, names: &Series, window: Duration) -> (Expr, Expr) {
    if let Some(split) = CounterSplit::of(slo) {
        let own = targets::own_labels(model, service, slo, &split);
        return gained_pair(names, &own, &split, window);
    }
    let (seen, failed) = evaluated(slo, names).expect("what is not counted is looked at");
    let none = mul(number("0"), seen.clone());
    (over_window(seen, window), over_window(names.alike(or(failed, none)), window))
}

/// Total and bad events of a window, straight from the counters.
fn gained_pair(names: &Series, own: &[String], split: &CounterSplit, window: Duration) -> (Expr, Expr) {
    let [first, second] = split.all();
    let homes = homes(first, second);
    let gained = |terms: &[Term]| gained(names, own, terms, &homes, window);
    let none = |total: Expr| mul(number("0"), total);
    match split {
        CounterSplit::Apart { good, bad } => {
            let both = [good.as_slice(), bad].concat();
            (gained(&both), names.alike(or(gained(bad), none(gained(&both)))))
        }
        CounterSplit::Bad { total, bad } if bad.is_empty() => (gained(total), none(gained(total)).into()),
        CounterSplit::Bad { total, bad } => {
            (gained(total), names.alike(or(gained(bad), none(gained(total)))))
        }
        CounterSplit::Good { total, good, .. } => {
            let good = names.alike(or(gained(good), none(gained(total))));
            (gained(total), sub(gained(total), good).into())
        }
    }
}

/// Selectors that distinguish a new series from a new target: the counters of the first side, and those of the other side if it is another metric,
/// which another program may expose.
fn homes<'a>(first: &'a [Term], second: &'a [Term]) -> Vec<&'a Selector> {
    let mut homes: Vec<&Selector> = Vec::new();
    for (index, term) in first.iter().chain(second).enumerate() {
        let selector = term.counter.selector();
        if index < first.len() || homes.iter().all(|home| family(home) != family(selector)) {
            homes.push(selector);
        }
    }
    homes
}

/// The increase of a sum of counters in a window.
fn gained(names: &Series, own: &[String], terms: &[Term], homes: &[&Selector], window: Duration) -> Expr {
    if let [Term { negative: false, counter }] = terms {
        return names.aggregate("sum", gain(own, counter, homes, window));
    }
    // The label separates series of several counters in one vector. So a counter without series does not make the sum empty.
    let parts = terms.iter().enumerate().map(|(index, term)| {
        let gain = gain(own, &term.counter, homes, window);
        let marked = ["slowburn_term", &index.to_string(), "", ""].map(string);
        let marked = call("label_replace", [vec![gain], marked.to_vec()].concat());
        if term.negative { mul(number("-1"), marked).into() } else { marked }
    });
    names.aggregate("sum", any(parts).expect("a sum has terms"))
}

/// The increase of every series of one counter in a window: since its start, or since the series was last seen. A series that restarted, or is new in
/// a known target, increases from zero.
fn gain(own: &[String], counter: &Counter, homes: &[&Selector], window: Duration) -> Expr {
    let now = || value(counter, None, None);
    let then = || value(counter, Some(MEMORY), Some(window));
    let scraped = |selector: &Selector| call("timestamp", vec![selector.clone().into()]);
    let known =
        homes.iter().map(|home| and(scraped(home), (*home).clone().offset(Time::Fixed(window))).into());
    let known = any(known).expect("events are counted by something");
    let with_known = le(scraped(counter.selector()), aggregate_without("max", own, known));
    let restarted = and(now(), then());
    let born = and(now(), with_known.ignoring(own).group_left::<&str>(&[]));
    let fresh = crate::promql::build::unless(Expr::from(born), then());
    or(or(ge(sub(now(), then()), number("0")), restarted), fresh).into()
}

/// The sum of the states of every thirty seconds. Subqueries evaluate at whole half minutes. So a range that is a millisecond shorter contains the
/// same number of them, wherever it begins, and with open and with closed edges.
fn over_window(state: impl Into<Expr>, window: Duration) -> Expr {
    let range = less(window, 1);
    call("sum_over_time", vec![subquery(state, range, Some(INTERVAL))])
}
