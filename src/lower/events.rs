//! Bad and total events since the last evaluation: the two series from which everything else is derived.
//!
//! `ledger` keeps a counter for each target, and this file sums them over all targets. If an additional matcher selects the events of one side, the
//! opposite matcher selects the other side: then good and bad are counted, and total is their sum, so that no series is read twice.
//!
//! # Good events instead of bad ones
//! If `total` and `good` are given and do not split, both are counted, and bad is the rest. Their targets may be scraped at different times: events
//! that one scrape shows first are bad in one evaluation and good in the next, and a ratio below zero is zero. For a histogram, only targets with the
//! bucket are counted: events that were not measured are not bad.
//!
//! States (`probe`, `condition`, …) are evaluated once per evaluation, and a missed evaluation is not an event.

use std::slice;

use super::ledger::{self, Account, Begins};
use super::series::{EVENTS, Ledger, Series, Side, Unit};
use super::split::CounterSplit;
use super::sums::{share, summed};
use super::{agreed, held, journey, targets};
use crate::model::{Budgeting, Model, Service, Sli, Slo};
use crate::plan::Rule;
use crate::promql::ast::{Expr, MatchOp, Time};
use crate::promql::build::{add, aggregate, call, gt, mul, number, or, sub, sum_by};
use crate::vocabulary::{Duration, INTERVAL, text};

/// The rules up to `slo:{total,bad}_events:increase30s`.
pub(super) fn base(model: &Model, service: &Service, slo: &Slo, names: &Series) -> Vec<Rule> {
    if let Sli::Journey { parts } = &slo.sli {
        return journey::rules(slo, parts, names);
    }
    match &slo.budgeting {
        Budgeting::Occurrences => pair(model, service, slo, names, Unit::Events),
        Budgeting::Timeslices { length, objective } => {
            let mut rules = pair(model, service, slo, names, Unit::Occurrences);
            let bad = summed(names, Unit::Occurrences, Side::Bad, *length);
            let total = summed(names, Unit::Occurrences, Side::Total, *length);
            let seen = || names.recorded(names.increase(Unit::Occurrences, Side::Total, INTERVAL));
            let ratio = share(names, bad, total, seen());
            let spoiled = gt(ratio, number(text(objective.budget().ratio()))).bool();
            let one = add(mul(number("0"), seen()), number("1"));
            let (one, spoiled) = (Expr::from(one), Expr::from(spoiled));
            rules.extend(checks(names, Unit::Events, agreed::applied(slo, names, one, false), |_| {
                agreed::applied(slo, names, spoiled, false)
            }));
            rules
        }
    }
}

fn pair(model: &Model, service: &Service, slo: &Slo, names: &Series, unit: Unit) -> Vec<Rule> {
    if let Some(split) = CounterSplit::of(slo) {
        let own = targets::own_labels(model, service, slo, &split);
        return counted(slo, names, unit, &own, &split);
    }
    let (seen, failed) = evaluated(slo, names).expect("a state is looked at");
    let groups = |on: &[String]| aggregate("group", on, seen.clone());
    let mut rules: Vec<Rule> = agreed::rule(slo, names, groups).into_iter().collect();
    let seen = agreed::applied(slo, names, seen, true);
    let failed = agreed::applied(slo, names, failed, true);
    rules.extend(checks(names, unit, seen, |all| names.alike(or(failed, mul(number("0"), all)))));
    rules
}

/// How many series are evaluated, and how many of them are bad; `None` if events are counted. If no series is bad, the second query has no result.
pub(super) fn evaluated(slo: &Slo, names: &Series) -> Option<(Expr, Expr)> {
    match &slo.sli {
        Sli::Counted { .. } | Sli::Journey { .. } => None,
        Sli::Checked { good, bad } => {
            let seen = names.aggregate("count", or(good.clone(), bad.clone()));
            Some((seen, names.aggregate("count", bad.clone())))
        }
        Sli::Ratio { bad } => {
            let window = Duration::from_millis((4 * slo.scrape_interval.millis()).max(60_000));
            let ratio = || {
                bad.clone().map_times(&mut |time| match time {
                    Time::Placeholder(_) => Time::Fixed(window),
                    other => other,
                })
            };
            // Without NaN.
            let answered = || gt(ratio(), number("-Inf"));
            let unanswered = mul(number("0"), names.aggregate("count", ratio()));
            let seen = names.alike(or(names.aggregate("count", answered()), unanswered));
            let shares = call("clamp", vec![answered().into(), number("0"), number("1")]);
            let shares = names.aggregate("sum", shares);
            Some((seen, shares))
        }
    }
}

/// What the slow group records for counters.
pub(super) fn remembered(slo: &Slo, names: &Series) -> Vec<Rule> {
    let unit = match slo.budgeting {
        Budgeting::Occurrences => Unit::Events,
        Budgeting::Timeslices { .. } => Unit::Occurrences,
    };
    CounterSplit::of(slo).map_or(Vec::new(), |_| ledger::remembered(names, unit).into())
}

/// The rules for counters.
fn counted(slo: &Slo, names: &Series, unit: Unit, own: &[String], split: &CounterSplit) -> Vec<Rule> {
    let [one, two] = split.all();
    let sides = match split {
        CounterSplit::Apart { .. } => vec![(Side::Good, one, true), (Side::Bad, two, true)],
        CounterSplit::Bad { .. } => vec![(Side::Total, one, true), (Side::Bad, two, true)],
        CounterSplit::Good { parted: Some(parts), .. } => vec![
            (Side::Successful, slice::from_ref(&parts[0]), true),
            (Side::Good, two, true),
            (Side::Failed, slice::from_ref(&parts[1]), true),
        ],
        CounterSplit::Good { histogram, .. } => {
            vec![(Side::Total, one, true), (Side::Good, two, !histogram)]
        }
    };
    let accounts: Vec<Account> =
        sides.into_iter().flat_map(|(side, terms, filled)| Account::of(unit, side, terms, filled)).collect();
    let known = |side, subtracted| {
        let ledger = Ledger { unit, side, subtracted };
        accounts.iter().any(|account| account.ledger == ledger).then_some(ledger)
    };
    let Some(first) = accounts.first().map(|account| account.ledger) else { return Vec::new() };
    let begins = match split {
        CounterSplit::Bad { .. } => match known(Side::Bad, false) {
            Some(bad) if !split.is_signed() => Begins::WithRest(first, bad),
            _ => Begins::With(first),
        },
        _ => Begins::With(known(Side::Good, false).unwrap_or(first)),
    };
    let mut rules = ledger::rules(names, own, &accounts, begins, split.may_be_two_programs());
    rules.extend(agreed::rule(slo, names, agreed::kept_groups(slo, names)));
    let only = |side: Side| match split {
        CounterSplit::Good { histogram: true, .. } if side == Side::Total => {
            Some(Ledger { unit, side: Side::Good, subtracted: false })
        }
        _ => None,
    };
    // The events of a side, with those that wait.
    let sum_with = |side: Side, waiting: Option<Expr>| -> Expr {
        let of = |ledger| ledger::gains(names, unit, Some(ledger), only(side));
        let sum = |gains: Expr| sum_by(&names.all_by(), gains);
        let added = known(side, false).map(|ledger| match waiting {
            Some(waiting) => sum(or(of(ledger), waiting).into()),
            None => sum(of(ledger)),
        });
        match (added, known(side, true).map(|ledger| sum(of(ledger)))) {
            (Some(added), Some(subtracted)) => sub(added, subtracted).into(),
            (Some(added), None) => added,
            (None, Some(subtracted)) => mul(number("-1"), subtracted).into(),
            (None, None) => {
                mul(number("0"), names.recorded(names.increase(unit, Side::Total, INTERVAL))).into()
            }
        }
    };
    let sum = |side| sum_with(side, None);
    let count = |side| names.recorded(names.increase(unit, side, INTERVAL));
    let record = |side, expr: Expr, remark| names.record(names.increase(unit, side, INTERVAL), expr, remark);
    let agreed = |expr: Expr| agreed::applied(slo, names, expr, false);
    let since = "The same for all targets.";
    match split {
        CounterSplit::Apart { .. } => {
            let total = match accounts.iter().any(|account| account.ledger.subtracted) {
                // A term that is subtracted on one side is on this side, too.
                true => add(sum(Side::Good), sum(Side::Bad)).into(),
                false => sum_by(&names.all_by(), ledger::gains(names, unit, None, None)),
            };
            rules.push(record(Side::Total, agreed(total), since));
            rules.push(record(Side::Bad, agreed(sum(Side::Bad)), ""));
        }
        CounterSplit::Bad { .. } => {
            rules.push(record(Side::Total, agreed(sum(Side::Total)), since));
            rules.push(record(Side::Bad, agreed(sum(Side::Bad)), ""));
        }
        CounterSplit::Good { parted, .. } => {
            if split.may_be_two_programs() {
                let good = Ledger { unit, side: Side::Good, subtracted: false };
                rules.push(held::rule(names, first, good));
                let pending =
                    |side| held::pending(names, unit, side, |waiting| sum_with(side, Some(waiting)));
                let ((total, all), (good, answered)) = (pending(Side::Total), pending(Side::Good));
                rules.extend([Rule { remark: since, ..total }, good]);
                rules.push(record(Side::Total, agreed(all), ""));
                rules.push(record(Side::Good, agreed(answered), ""));
            } else if parted.is_some() {
                let all = names.kept(unit, ledger::NEW, None);
                let all = all.matching(EVENTS, MatchOp::NotEqual, Side::Good.as_str());
                rules.push(record(Side::Total, agreed(sum_by(&names.all_by(), all)), since));
                // A group may have failed events only.
                let good = or(sum(Side::Good), mul(number("0"), count(Side::Total)));
                rules.push(record(Side::Good, agreed(good.into()), ""));
            } else {
                rules.push(record(Side::Total, agreed(sum(Side::Total)), since));
                rules.push(record(Side::Good, agreed(sum(Side::Good)), ""));
            }
            let rest = sub(count(Side::Total), count(Side::Good)).into();
            // One program shows both at once. If its good events increase more, they are counted in another way than before.
            rules.push(record(
                Side::Bad,
                match split.is_signed() {
                    true => rest,
                    false => call("clamp_min", vec![rest, number("0")]),
                },
                "",
            ));
        }
    }
    rules
}

/// The rules for states: one event per evaluation and series. A missed evaluation is not an event, because its state is unknown.
fn checks(names: &Series, unit: Unit, seen: Expr, bad: impl FnOnce(Expr) -> Expr) -> Vec<Rule> {
    let all = names.recorded(names.increase(unit, Side::Total, INTERVAL));
    vec![
        names.record(
            names.increase(unit, Side::Total, INTERVAL),
            seen,
            "One check every 30s for each series.",
        ),
        names.record(names.increase(unit, Side::Bad, INTERVAL), bad(all.into()), "Checks with a bad result."),
    ]
}
