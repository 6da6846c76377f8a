//! Bad and total events since the last evaluation: the pair that everything else is derived from.
//!
//! # How events are counted
//! A counter's gain over an interval is its value now less its value then. Nothing is extrapolated, so counts are whole and add up exactly; neither
//! the scrape interval nor the version's opinion on the edges of ranges matters. A series that restarted, or that was born with its first event,
//! counts from zero; born is believed only of a target that was known before, by another series with the same `job` and `instance` that was scraped
//! together with it, so that a new target, a gap or a changed target label never brings a counter's whole life into one interval. The time of the
//! scrape tells a relabelled target: Prometheus notices late that the old series ended, or never if it was itself started anew, and
//! until then sees both.
//!
//! # What a missed evaluation costs
//! Nothing: whatever the counters gained in the last quarter of an hour and was not recorded is counted now. Most of the time that is what they gained
//! since the last evaluation, and the greater of the two is right: more is what a missed evaluation, a restart of Prometheus, a gap between the scrapes of
//! one target or of all, or a sample that was stored late has left out; less is what counters that began again no longer show. The same makes the
//! rules right at any evaluation step up to a quarter of an hour.
//!
//! # Good events instead of bad ones
//! Where `total` and `good` are given they are counted each, and bad is what remains. Their targets need not be scraped together: what the one scrape
//! shows before the other is bad in one evaluation and taken back in the next, and a ratio below zero is zero.
//!
//! States (`probe`, `condition`, …) are looked at once per evaluation, and a look that was missed is no event.
//!
//! `rate()` does neither: it misses a series' first increment, extrapolates at the edges, and depends on how many scrapes fall into its range.

use super::series::{Series, Side, Unit};
use super::{INTERVAL, REACH};
use crate::model::{Budgeting, Counter, Sli, Slo, Term};
use crate::plan::Rule;
use crate::promql::ast::{Expr, Selector, Time};
use crate::promql::build::{
    add, aggregate, and, any, call, div, ge, gt, le, mul, number, or, string, sub, sum_by,
};
use crate::vocabulary::{Decimal, Duration, text};

/// Divisors are kept from zero by this: where there are no events there are no bad ones, and 0 ÷ 0.000000001 is 0.
pub(super) const NEARLY_NOTHING: &str = "1e-9";

/// Rules up to `slo:{total,bad}_events:increase30s`.
pub(super) fn base(slo: &Slo, names: &Series) -> Vec<Rule> {
    match &slo.budgeting {
        Budgeting::Occurrences => pair(slo, names, Unit::Events),
        Budgeting::Timeslices { length, objective } => {
            let mut rules = pair(slo, names, Unit::Occurrences);
            let bad = summed(names, Unit::Occurrences, Side::Bad, *length);
            let total = summed(names, Unit::Occurrences, Side::Total, *length);
            let ratio = div(bad, call("clamp_min", vec![total, number(NEARLY_NOTHING)]));
            let spoiled = gt(ratio, number(text(objective.budget().ratio()))).bool();
            let seen = names.recorded(names.increase(Unit::Occurrences, Side::Total, INTERVAL));
            let one = add(mul(number("0"), seen), number("1"));
            rules.extend(checks(names, Unit::Events, one.into(), |_| spoiled.into()));
            rules
        }
    }
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

/// `window` shortened by so many milliseconds.
pub(super) fn less(window: Duration, millis: u64) -> Duration {
    Duration::from_millis(window.millis().saturating_sub(millis))
}

fn pair(slo: &Slo, names: &Series, unit: Unit) -> Vec<Rule> {
    match &slo.sli {
        Sli::Counted { total, good, bad, .. } => counted(names, unit, &counters([total, good, bad])),
        Sli::Checked { .. } | Sli::Ratio { .. } => {
            let (seen, failed) = looks(slo, names).expect("a state is looked at");
            checks(names, unit, seen, |looks| or(failed, mul(number("0"), looks)).on(&names.by).into())
        }
    }
}

/// How many series are looked at, and how many of them are bad; `None` where events are counted. Where none is bad the second has no answer.
pub(super) fn looks(slo: &Slo, names: &Series) -> Option<(Expr, Expr)> {
    match &slo.sli {
        Sli::Counted { .. } => None,
        Sli::Checked { good, bad } => {
            let seen = aggregate("count", &names.by, or(good.clone(), bad.clone()));
            Some((seen, aggregate("count", &names.by, bad.clone())))
        }
        Sli::Ratio { bad } => {
            let window = Duration::from_millis((4 * slo.scrape_interval.millis()).max(60_000));
            let ratio = || {
                bad.clone().map_times(&mut |time| match time {
                    Time::Placeholder(_) => Time::Fixed(window),
                    other => other,
                })
            };
            let answered = || ge(ratio(), number("0"));
            let seen = or(
                aggregate("count", &names.by, answered()),
                mul(number("0"), aggregate("count", &names.by, ratio())),
            )
            .on(&names.by);
            let shares = sum_by(&names.by, call("clamp_max", vec![answered().into(), number("1")]));
            Some((seen.into(), shares))
        }
    }
}

/// What is counted: all events, and those on one side.
pub(super) struct Counters<'a> {
    everything: Vec<Term>,
    /// Bad events have counters of their own, or are what the good ones leave of the total.
    other: Option<(Side, &'a [Term])>,
}

/// Of total, good and bad events.
pub(super) fn counters(parts: [&Option<Vec<Term>>; 3]) -> Counters<'_> {
    let [total, good, bad] = parts;
    let everything: Vec<Term> = match total {
        Some(terms) => terms.clone(),
        None => good.iter().chain(bad).flatten().cloned().collect(),
    };
    let other = match (bad, good) {
        (Some(terms), _) => Some((Side::Bad, terms.as_slice())),
        (None, Some(terms)) => Some((Side::Good, terms.as_slice())),
        (None, None) => None,
    };
    Counters { everything, other }
}

impl Counters<'_> {
    /// Total and bad events of a window, straight from the counters.
    pub fn pair(&self, names: &Series, window: Duration) -> (Expr, Expr) {
        let gained = |terms: &[Term]| gained(names, terms, &homes(&self.everything, terms), window);
        let total = || gained(&self.everything);
        let none = || mul(number("0"), total());
        let bad = match self.other {
            Some((Side::Good, terms)) => {
                sub(total(), Expr::from(or(gained(terms), none()).on(&names.by))).into()
            }
            Some((_, terms)) => or(gained(terms), none()).on(&names.by).into(),
            None => none().into(),
        };
        (total(), bad)
    }
}

/// Counters.
fn counted(names: &Series, unit: Unit, counters: &Counters) -> Vec<Rule> {
    let Counters { everything, other } = counters;
    let gained = |terms: &[Term], window| gained(names, terms, &homes(everything, terms), window);
    let record =
        |side, window, expr: Expr, remark| names.record(names.increase(unit, side, window), expr, remark);
    let none = |window| mul(number("0"), names.recorded(names.increase(unit, Side::Total, window))).into();
    let mut rules = vec![record(
        Side::Total,
        REACH,
        gained(everything, REACH),
        "What the counters gained in a quarter of an hour.",
    )];
    if let Some((side, terms)) = *other {
        let expr = or(gained(terms, REACH), none(REACH)).on(&names.by).into();
        rules.push(record(side, REACH, expr, ""));
    }
    rules.push(record(
        Side::Total,
        INTERVAL,
        greater(names, [gained(everything, INTERVAL), uncounted(names, unit, Side::Total)]),
        "Events since the last evaluation, and whatever else of the last 15m is not counted yet.",
    ));
    if let Some((side, terms)) = *other {
        let counts = [gained(terms, INTERVAL), uncounted(names, unit, side), none(INTERVAL)];
        rules.push(record(side, INTERVAL, greater(names, counts), ""));
    }
    if let Some((Side::Good, _)) | None = other {
        let count = |side| names.recorded(names.increase(unit, side, INTERVAL));
        let bad = match other {
            Some(_) => sub(count(Side::Total), count(Side::Good)).into(),
            None => none(INTERVAL),
        };
        rules.push(record(Side::Bad, INTERVAL, bad, ""));
    }
    rules
}

/// What tells a newborn series of `terms` from a new target: the counters of all events, and its own where that is another metric, which may be
/// exposed elsewhere.
fn homes<'a>(everything: &'a [Term], terms: &'a [Term]) -> Vec<&'a Selector> {
    let metric = |selector: &Selector| {
        let name = selector.name.clone().unwrap_or_default();
        ["_bucket", "_count"]
            .iter()
            .find_map(|part| name.strip_suffix(part).map(str::to_owned))
            .unwrap_or(name)
    };
    let mut homes: Vec<&Selector> = Vec::new();
    for (index, term) in everything.iter().chain(terms).enumerate() {
        let selector = term.counter.selector();
        if index < everything.len() || homes.iter().all(|home| metric(home) != metric(selector)) {
            homes.push(selector);
        }
    }
    homes
}

/// The greatest of several counts of the same events.
fn greater<const N: usize>(names: &Series, counts: [Expr; N]) -> Expr {
    aggregate("max", &names.by, any(counts).expect("there is a count"))
}

/// States that are looked at: one event per look and series. A look that was missed is no event: nobody knows what it would have seen.
fn checks(names: &Series, unit: Unit, seen: Expr, bad: impl FnOnce(Expr) -> Expr) -> Vec<Rule> {
    let looks = names.recorded(names.increase(unit, Side::Total, INTERVAL));
    vec![
        names.record(
            names.increase(unit, Side::Total, INTERVAL),
            seen,
            "Looks: one every 30s for each series.",
        ),
        names.record(
            names.increase(unit, Side::Bad, INTERVAL),
            bad(looks.into()),
            "Those that found it bad.",
        ),
    ]
}

/// All that was gained in the last quarter of an hour, less what is recorded of it.
fn uncounted(names: &Series, unit: Unit, side: Side) -> Expr {
    let reached = || names.recorded(names.increase(unit, side, REACH));
    let range = less(REACH, INTERVAL.millis() / 2);
    let recorded = names.recorded(names.increase(unit, side, INTERVAL)).range(Time::Fixed(range));
    let counted = call("sum_over_time", vec![recorded]);
    let uncounted = sub(reached(), Expr::from(or(counted, mul(number("0"), reached()))));
    not_negative(names, uncounted.into())
}

/// Zero instead of less, where less can only be because a counter began again.
pub(super) fn not_negative(names: &Series, count: Expr) -> Expr {
    if names.signed { count } else { call("clamp_min", vec![count, number("0")]) }
}

/// What a sum of counters gained in a window.
fn gained(names: &Series, terms: &[Term], homes: &[&Selector], window: Duration) -> Expr {
    if let [Term { negative: false, counter }] = terms {
        return sum_by(&names.by, gain(counter, homes, window));
    }
    // A label keeps series of several counters apart in one vector, so that a counter without series is no missing operand.
    let parts = terms.iter().enumerate().map(|(index, term)| {
        let gain = gain(&term.counter, homes, window);
        let marked = ["slowburn_term", &index.to_string(), "", ""].map(string);
        let marked = call("label_replace", [vec![gain], marked.to_vec()].concat());
        if term.negative { mul(number("-1"), marked).into() } else { marked }
    });
    sum_by(&names.by, any(parts).expect("a sum has terms"))
}

/// What every series of one counter gained in a window.
fn gain(counter: &Counter, homes: &[&Selector], window: Duration) -> Expr {
    let reading = |moved: bool| -> Expr {
        let at = |selector: &Selector| -> Expr {
            if moved { selector.clone().offset(Time::Fixed(window)).into() } else { selector.clone().into() }
        };
        match counter {
            Counter::Plain(selector) => at(selector),
            Counter::NativeCount(selector) => call("histogram_count", vec![at(selector)]),
            Counter::NativeBelow(selector, bound) => {
                let bounds = [number("-Inf"), number(text(*bound)), at(selector)];
                let below = mul(
                    call("histogram_fraction", bounds.to_vec()),
                    call("histogram_count", vec![at(selector)]),
                );
                // A histogram without observations has no fraction; NaN would spoil the sum.
                ge(below, number("0")).into()
            }
        }
    };
    let scraped = |selector: &Selector| call("timestamp", vec![selector.clone().into()]);
    let known =
        homes.iter().map(|home| and(scraped(home), (*home).clone().offset(Time::Fixed(window))).into());
    let known = any(known).expect("events are counted by something");
    let target = ["job", "instance"];
    let with_known = le(scraped(counter.selector()), aggregate("max", &target, known));
    or(
        ge(sub(reading(false), reading(true)), number("0")),
        and(reading(false), with_known.on(&target).group_left::<&str>(&[])),
    )
    .into()
}

/// When a counter was last scraped; nothing for what is not counted.
pub(super) fn scraped(slo: &Slo, names: &Series) -> Option<Expr> {
    let Sli::Counted { total, good, bad, .. } = &slo.sli else { return None };
    let homes = total
        .as_ref()
        .map_or_else(|| good.iter().chain(bad).flatten().collect(), |total| total.iter().collect::<Vec<_>>());
    let scraped =
        homes.into_iter().map(|term| call("timestamp", vec![term.counter.selector().clone().into()]));
    Some(aggregate("max", &names.by, any(scraped)?))
}

/// How far behind a state may be that is read from ranges: the longest of them.
pub(super) fn lag(slo: &Slo) -> Duration {
    let longest = |expr: &Expr| {
        let mut longest = Duration::default();
        let _ = expr.clone().map_times(&mut |time| {
            longest = longest.max(match &time {
                Time::Fixed(length) => *length,
                Time::Placeholder(_) => Duration::from_millis((4 * slo.scrape_interval.millis()).max(60_000)),
                Time::Negative(_) | Time::Expr(_) => Duration::from_secs(3600),
            });
            time
        });
        longest
    };
    match &slo.sli {
        Sli::Counted { .. } => Duration::default(),
        Sli::Checked { good, .. } => longest(good),
        Sli::Ratio { bad } => longest(bad),
    }
}

/// A number of the plan as PromQL.
pub(super) fn exact(value: Decimal) -> Expr {
    number(text(value))
}
