//! The count of each target: a counter that contains only events that the rules saw happen.
//!
//! # The principle
//! **The count of a target is the sum of the increases of its series, plus what it shows above everything that it has shown before; nothing else
//! moves old counts of a counter into the present.** So a new error series counts its errors, a series that expired and comes back counts only the
//! increase, and a new target counts from its first sample on.
//!
//! # How it is kept
//! There are four series for each target and side (`slo:events:…{events="bad"}`). All are of the last whole ten seconds, so they refer to the same
//! samples:
//!
//! - `shown`: the current sum of its counters.
//! - `gained`: the sum of the increases of its series in thirty seconds. A series that restarted counts from zero. A series that was absent for up to
//!   a quarter of an hour gains the events of that time.
//! - `counted`: before + gained, or `shown` if that is more: a new series, a missed evaluation, a late sample. If `shown` falls and nine tenths of
//!   the good events it shows are just gained, the process has just restarted: all sides start again, from `gained`, which has the events right before
//!   the restart, or from `shown`, which has those of new series. That `counted` of the first side falls says so to the rules that read it: then the
//!   whole count is new. If `shown` rises but stays below the earlier maximum, because an older series is gone, at least one event is counted: there
//!   is a new series, which may have existed before.
//! - `new`: the last gain of `counted`. Everything else sums it.
//!
//! A collector may show old series for some minutes after the restart. They do not move, so a side that neither gains nor falls does not start again.
//!
//! Series have the label `counters`, which changes with the selectors of the SLO: otherwise the past of a counter that is new in the definition would
//! be new events.
//!
//! A process whose errors were shown without the first side, because nothing was good yet, has counted them already: `gained` has them. So that is not
//! taken for a restart.
//!
//! All series of a program may expire in a quiet night. So `remembered` keeps `counted` for a day.
//!
//! Nine tenths, because the counts of another process of the same target would be counted again if it were taken for new. Good events, because a new
//! process may fail at once, with error series that are new and have no gain yet.
//!
//! Nothing is extrapolated, so counts are whole and add up. Steps of ten seconds are those that `irate` takes
//! and gives back without rounding: v ÷ 10 × 10 = v for every whole v (W. Kahan; 10 = 2³ + 2¹).
//!
//! # Rulers that see their own results late
//! Every rule reads raw counters, its own past, or the rule above it, and of that the last two samples. So a ruler whose rules see each other's
//! results one evaluation late (vmalert, a Thanos Ruler that writes remotely) records the same counts, each half a minute later.
//!
//! # Forms that were measured and not taken
//! 200 counters, 80 of them errors, scraped every 15 s, on 10 targets; processor time of all rules of an SLO for each evaluation, compared with the
//! earlier form in one run.
//!
//! | form | times cheaper | why not |
//! |---|---|---|
//! | per series: `x - x offset 30s` and 15 min, births and restarts by `timestamp()` | 1 | a series that comes back counts its whole life; 436 lines |
//! | `sum(x - x offset 30s >= 0)` | 4.1 to 4.9 | blind to births, restarts and missed evaluations |
//! | per series, with previous values kept for each target | 2.3 | a series that comes back counts its whole life |
//! | sums of targets, restarts by `resets(x[5m])` | 4.9 to 5.5 | a series that comes back counts its whole life; a worker that restarts counts all workers of its target |
//! | sums of targets, restarts of single series | 3.6 to 4.2 | a series that comes back counts its whole life; an error that is new after a restart is lost |
//! | sums of targets, a drop counts nothing | 6.8 to 8.8 | a crash loop counts next to nothing |
//! | the same, where a restart counts only what exceeds the last process, and counts are kept for 16 minutes | 3.0 to 4.1 | loses errors of crash loops; counts old errors again after a quiet night |
//! | this one | 2.3 to 2.7, computed from both against the raw form: 46 times | |
//!
//! On 200 targets with one series each, this form costs as much as the earlier one, or up to 1.3 times as much: nothing is summed, and everything is
//! stored twice.

use super::series::{COUNTERS, EVENTS, Ledger, Series, Side, Unit};
use super::sums::less;
use crate::model::{Counter, Term};
use crate::plan::Rule;
use crate::promql::ast::{Expr, Selector, Time};
use crate::promql::build::{
    add, aggregate_without, and, any, call, ge, gt, lt, mul, number, or, string, sub, subquery, unless,
};
use crate::vocabulary::{Duration, INTERVAL, MEMORY, REACH, text};

/// Counters are read at whole multiples of this time since 1970.
const TICK: Duration = Duration::from_secs(10);

/// The current sum of a target's counters.
const SHOWN: &str = "shown";

/// The increase of its series in an interval.
const GAINED: &str = "gained";

/// The counted events.
const COUNTED: &str = "counted";

/// The events since the last evaluation.
pub(super) const NEW: &str = "new";

/// The counted events, every five minutes.
const KEPT: &str = "kept";

/// The same of every target of the last day.
const REMEMBERED: &str = "remembered";

/// For this long after its last scrape, a target is known. A program whose series expire may be idle for a night.
const REMEMBRANCE: Duration = Duration::from_secs(86_400);

/// The labels that the rules of targets set.
const SET: [&str; 4] = [COUNTERS, EVENTS, "service", "slo"];

/// The label that separates series of several counters in one vector.
const TERM: &str = "slowburn_term";

/// One side of an SLI with its counters.
pub(super) struct Account<'a> {
    /// The ledger that is kept.
    pub ledger: Ledger,
    /// The counters; all are added.
    pub terms: Vec<&'a Counter>,
    /// Whether a target that `first` has and this one lacks has zero events here.
    pub filled: bool,
}

impl<'a> Account<'a> {
    /// The accounts of the counters that are added, and of those that are subtracted, if there are any.
    pub fn of(unit: Unit, side: Side, terms: &'a [Term], filled: bool) -> Vec<Self> {
        let signs = [false, true].into_iter().filter_map(|negative| {
            let terms: Vec<&Counter> =
                terms.iter().filter(|term| term.negative == negative).map(|term| &term.counter).collect();
            let ledger = Ledger { unit, side, subtracted: negative };
            (!terms.is_empty()).then_some(Self { ledger, terms, filled: filled || negative })
        });
        signs.collect()
    }
}

/// The good events, which show that a process has just started.
#[derive(Clone, Copy)]
pub(super) enum Begins {
    /// The events of one ledger.
    With(Ledger),
    /// The events of the first ledger without those of the second.
    WithRest(Ledger, Ledger),
}

/// `shown`, `gained` and `counted` of all accounts. The first account decides which targets exist.
///
/// `held` is true if counts wait while a target is not scraped. Then it must be gone as soon as it is not shown.
pub(super) fn rules(
    names: &Series,
    own: &[String],
    accounts: &[Account],
    begins: Begins,
    held: bool,
) -> Vec<Rule> {
    let Some(first) = accounts.first().map(|account| account.ledger) else { return Vec::new() };
    let unit = first.unit;
    // A label that the rule sets would hide differences of series: they would be duplicates, and the rule would fail.
    let is_kept = |label: &&str| !own.iter().chain(names.read()).any(|kept| kept == label);
    let set = SET.into_iter().filter(is_kept).map(str::to_owned);
    let own = &own.iter().cloned().chain(set).collect::<Vec<_>>()[..];
    let filled = |account: &Account, expr: Expr, by: Ledger| -> Expr {
        match account.filled && account.ledger != first {
            true => {
                // Without the labels that the rule sets: vmalert would keep them under other names.
                let targets = names.kept(unit, SHOWN, Some(by));
                let targets = aggregate_without("sum", &SET, targets);
                or(expr, mul(number("0"), targets)).into()
            }
            false => expr,
        }
    };
    let mut rules = Vec::new();
    for account in accounts {
        let shown = together(names, own, &account.terms, &|counter| {
            let range = less(TICK, 1);
            finite(call("last_over_time", vec![subquery(value(counter, None, None), range, Some(TICK))]))
        });
        let remark = match (account.ledger == first, account.filled) {
            (true, _) => {
                "Counter values at the last whole 10s, summed for each target. [9s999ms:10s] is exactly one point."
            }
            (false, true) => "A target that has no such series yet counts as 0.",
            (false, false) => "",
        };
        rules.push(names.keep(account.ledger, SHOWN, filled(account, shown, first), remark));
    }
    for account in accounts {
        let ticks = Duration::from_millis(2 * TICK.millis());
        let gained = together(names, own, &account.terms, &|counter| {
            let held = value(counter, Some(REACH), None);
            finite(mul(number(TICK.secs()), call("irate", vec![subquery(held, ticks, Some(TICK))])))
        });
        let thirty = less(INTERVAL, 1);
        let gained = call("sum_over_time", vec![subquery(gained, thirty, Some(TICK))]);
        let remark = if account.ledger == first {
            "Increase of each series in 30s, counter resets included. 10 × irate is that of 10s; [15m] bridges scrape gaps."
        } else {
            ""
        };
        rules.push(names.keep(account.ledger, GAINED, filled(account, gained, account.ledger), remark));
    }
    let all = |operation| names.kept(unit, operation, None);
    let at_last = |counted: Selector| -> Expr {
        call("last_over_time", vec![counted.offset(Time::Fixed(half_an_interval())).range(MEMORY)])
    };
    let before = || at_last(all(COUNTED));
    // Half an event, so that rounding errors of sums decide nothing.
    let risen = gt(last_gain(all(SHOWN)), number("0.5")).bool();
    let idle = lt(all(GAINED), number("0.5")).bool();
    let lacks = lt(all(SHOWN), Expr::from(sub(before(), number("0.5")))).bool();
    let new = mul(Expr::from(mul(Expr::from(risen), Expr::from(idle))), Expr::from(lacks));
    let grown = add(add(before(), all(GAINED)), Expr::from(new));
    let good = |operation| match begins {
        Begins::With(ledger) => names.kept(unit, operation, Some(ledger)).into(),
        Begins::WithRest(all, bad) => {
            let all = names.kept(unit, operation, Some(all));
            Expr::from(sub(all, names.kept(unit, operation, Some(bad))).ignoring(&[EVENTS]))
        }
    };
    let began = ge(good(GAINED), mul(number("0.9"), good(SHOWN)));
    // A burst of events while older series are gone may also be most of `shown`. But `shown` falls only at a restart.
    let fell = lt(last_gain(names.kept(unit, SHOWN, Some(first))), number("0"));
    let began = match begins {
        Begins::With(ledger) if ledger == first => and(began, fell),
        Begins::With(_) | Begins::WithRest(..) => and(began, fell).ignoring(&[EVENTS]),
    };
    // A side that was shown without the first one has counted its own restart.
    let shown_before = |shown: Selector| call("count_over_time", vec![shown.range(MEMORY)]);
    let alone = gt(shown_before(all(SHOWN)), shown_before(names.kept(unit, SHOWN, Some(first))));
    let alone = alone.ignoring(&[EVENTS]).group_left::<&str>(&[]);
    let began = unless(Expr::from(began), Expr::from(alone)).ignoring(&[EVENTS]);
    // Old series of a collector may stay visible for minutes after the restart, and do not move.
    let moves = or(gt(all(GAINED), number("0")), lt(last_gain(all(SHOWN)), number("0")));
    let began = and(Expr::from(moves), Expr::from(began)).ignoring(&[EVENTS]);
    let grown = unless(Expr::from(grown), Expr::from(began));
    let grown = gt(Expr::from(grown), all(SHOWN));
    let returned = gt(call("last_over_time", vec![all(REMEMBERED).range(REACH)]), all(SHOWN));
    let returned = unless(Expr::from(returned), before());
    // The events before a restart are in `gained`. But `counted` of the first side has to fall: that says that all sides start again.
    let falls = lt(names.kept(unit, GAINED, Some(first)), at_last(names.kept(unit, COUNTED, Some(first))));
    let restarted = and(gt(all(GAINED), all(SHOWN)), Expr::from(falls)).ignoring(&[EVENTS]);
    // A target that was scraped since the last evaluation, and is gone.
    let last = add(before(), Expr::from(gt(all(GAINED), number("0"))));
    let last = (!held).then(|| last.into());
    let counted =
        [grown.into(), returned.into(), restarted.into(), all(SHOWN).into()].into_iter().chain(last);
    let counted = any(counted).expect("at least four alternatives");
    let name = format!("slo:{}:{COUNTED}", unit.as_str());
    rules.push(names.record(
        name,
        counted,
        "Running count: the previous value plus gained, and never less than shown. [16m] bridges missed evaluations.\n\
         If shown rises, gained is 0 and a series is missing, another one is new and counts as one event. If shown falls\n\
         and nine tenths of its good events are in gained, the process has restarted: the count starts again from the\n\
         larger of gained and shown. A target that was away for up to a day goes on where it was. The label counters changes\n\
         with the selectors: then all counts start again.",
    ));
    rules.push(new_events(names, first));
    rules
}

/// Records `slo:events:remembered`: `counted` of the targets of the last day, every five minutes. The rules of every half minute read only its last
/// sample.
pub(super) fn remembered(names: &Series, unit: Unit) -> [Rule; 2] {
    let of = |operation: &str| format!("slo:{}:{operation}", unit.as_str());
    let last =
        |operation, range| call("last_over_time", vec![names.kept(unit, operation, None).range(range)]);
    [
        names.record(of(KEPT), last(COUNTED, REACH), "The running counts of the targets of the last day."),
        names.record(of(REMEMBERED), last(KEPT, REMEMBRANCE), ""),
    ]
}

/// Records the events since the last evaluation for each target and side. `first` says by its fall that a process has restarted: then the whole count
/// is new. The first sample of a target is no increase; MetricsQL would count from zero.
fn new_events(names: &Series, first: Ledger) -> Rule {
    let unit = first.unit;
    let all = |operation| names.kept(unit, operation, None);
    let counted = || all(COUNTED);
    let restarted = lt(last_gain(names.kept(unit, COUNTED, Some(first))), number("0"));
    // If a ruler sees results one evaluation late, `counted` is of what was gained two evaluations before.
    let minute = Time::Fixed(Duration::from_millis(2 * INTERVAL.millis()));
    let earlier = gt(all(GAINED).offset(minute), number("0"));
    let on_time = call("present_over_time", vec![all(GAINED).range(half_an_interval())]);
    let earlier = unless(Expr::from(earlier), on_time).into();
    let moves =
        any([gt(all(GAINED), number("0")).into(), earlier, gt(last_gain(counted()), number("0")).into()])
            .expect("three alternatives");
    let restarted = and(moves, Expr::from(restarted)).ignoring(&[EVENTS]);
    let gained = unless(Expr::from(ge(last_gain(counted()), number("0"))), Expr::from(restarted));
    let known = gt(call("count_over_time", vec![counted().range(MEMORY)]), number("1"));
    let gained = and(and(Expr::from(or(gained, counted())), counted()), Expr::from(known));
    names.record(
        format!("slo:{}:{NEW}", unit.as_str()),
        gained,
        "Events since the last evaluation: the increase of counted, or its whole value after a restart. A new target starts at 0.",
    )
}

/// The new events of one ledger or of all, and only of targets that `only` counts too.
pub(super) fn gains(names: &Series, unit: Unit, of: Option<Ledger>, only: Option<Ledger>) -> Expr {
    let gained = names.kept(unit, NEW, of);
    match only {
        Some(other) => and(gained, names.kept(unit, NEW, Some(other))).ignoring(&[EVENTS]).into(),
        None => gained.into(),
    }
}

/// Without samples that are NaN or infinite. One of them would spoil every sum over the period.
fn finite(value: impl Into<Expr>) -> Expr {
    lt(value, number("Inf")).into()
}

/// The difference of the last two samples, at any distance.
fn last_gain(series: Selector) -> Expr {
    call("idelta", vec![series.range(MEMORY)])
}

/// The offset that reads the evaluation before, and nothing from this one.
fn half_an_interval() -> Duration {
    Duration::from_millis(INTERVAL.millis() / 2)
}

/// The sum of counters per target.
fn together(names: &Series, own: &[String], terms: &[&Counter], of: &dyn Fn(&Counter) -> Expr) -> Expr {
    if let [only] = terms {
        return names.renamed(aggregate_without("sum", own, of(only)));
    }
    let own: Vec<String> = own.iter().cloned().chain([TERM.to_owned()]).collect();
    // A counter without series does not make the sum empty.
    let parts = terms.iter().enumerate().map(|(index, term)| {
        let marked = [TERM, &index.to_string(), "", ""].map(string);
        call("label_replace", [vec![of(term)], marked.to_vec()].concat())
    });
    names.renamed(aggregate_without("sum", &own, any(parts).expect("a side has counters")))
}

/// The value of a counter; with `held`, its last value within that time; with `ago`, its value then.
pub(super) fn value(counter: &Counter, held: Option<Duration>, ago: Option<Duration>) -> Expr {
    let at = |selector: &Selector| -> Expr {
        let selector = match ago {
            Some(ago) => selector.clone().offset(Time::Fixed(ago)),
            None => selector.clone(),
        };
        match held {
            Some(range) => call("last_over_time", vec![selector.range(range)]),
            None => selector.into(),
        }
    };
    match counter {
        Counter::Plain(selector) => at(selector),
        Counter::NativeCount(selector) => call("histogram_count", vec![at(selector)]),
        Counter::NativeBelow(selector, bound) => {
            let bounds = [number("-Inf"), number(text(*bound)), at(selector)];
            let below =
                mul(call("histogram_fraction", bounds.to_vec()), call("histogram_count", vec![at(selector)]));
            // The product is not exact. If it fell by the last digit while all events are bad, it would be taken for a restart.
            let below = call("round", vec![below.into(), number("0.001")]);
            // A histogram without observations has no fraction, but is a sample of its series.
            or(ge(below, number("0")), mul(number("0"), call("histogram_count", vec![at(selector)]))).into()
        }
    }
}
