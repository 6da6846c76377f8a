//! Invents series that make an event good, and series that make it bad: what the proofs feed to the rules.

use std::collections::BTreeSet;

use super::evaluate::{Signal, compare, number, playable, value};
use crate::model::{Behaviour, Counter, Labels, Series, Sli, Term};
use crate::promql::ast::{Expr, Kind, MatchOp, Matcher, Selector};
use crate::promql::regex;
use crate::vocabulary::{Decimal, LabelName};

/// Enough series for both, or `None` if none were found: then no event can be told good from bad, or the query is beyond what this can see
/// through.
pub(super) fn invent(sli: &Sli, by: &[LabelName]) -> Option<Vec<Series>> {
    match sli {
        Sli::Counted { total, good, bad, .. } => counted([total, good, bad], by),
        Sli::Checked { good, .. } => {
            let Kind::Binary(comparison) = &good.kind else { return None };
            let holds = |signals: &[(Selector, Signal)]| {
                let left = value(&comparison.left, signals)?;
                let right = value(&comparison.right, signals)?;
                compare(comparison.op, left, right)
            };
            uncounted(good, by, holds)
        }
        Sli::Ratio { bad } => uncounted(bad, by, |signals| match value(bad, signals)? {
            ratio if ratio == Decimal::ZERO => Some(true),
            ratio if ratio == Decimal::ONE => Some(false),
            _ => None,
        }),
    }
}

/// Counters: for a good and for a bad event, the smallest set of selectors that has to count it so that `total`, `good` and `bad` come out right;
/// then one series for the selectors of each metric, which none of the other selectors sees.
fn counted(parts: [&Option<Vec<Term>>; 3], by: &[LabelName]) -> Option<Vec<Series>> {
    let mut counters: Vec<&Counter> = Vec::new();
    for term in parts.into_iter().flatten().flatten() {
        if !counters.contains(&&term.counter) {
            counters.push(&term.counter);
        }
    }
    if let Some(Counter::NativeCount(selector) | Counter::NativeBelow(selector, _)) = counters.first() {
        let labels = labels(&[selector], &[], by)?;
        let series = Series { name: selector.name.clone()?, labels, behaviour: Behaviour::Observes };
        return Some(vec![series]);
    }
    let good = atoms(parts, &counters, [1, 1, 0], by)?;
    let bad = atoms(parts, &counters, [1, 0, 1], by)?;
    let all: BTreeSet<&(String, Labels)> = good.iter().chain(&bad).collect();
    Some(
        all.into_iter()
            .map(|atom| Series {
                name: atom.0.clone(),
                labels: atom.1.clone(),
                behaviour: Behaviour::Counts {
                    good: good.contains(atom).into(),
                    bad: bad.contains(atom).into(),
                },
            })
            .collect(),
    )
}

/// The series that count one event, given what `total`, `good` and `bad` are to make of it.
fn atoms(
    parts: [&Option<Vec<Term>>; 3],
    counters: &[&Counter],
    wanted: [i32; 3],
    by: &[LabelName],
) -> Option<Vec<(String, Labels)>> {
    const MOST: usize = 10;
    if counters.len() > MOST {
        return None;
    }
    let mut choices: Vec<u32> = (1..1u32 << counters.len()).collect();
    choices.sort_by_key(|choice| choice.count_ones());
    choices.into_iter().find_map(|choice| {
        let counts = |counter: &Counter| {
            counters.iter().position(|other| *other == counter).is_some_and(|bit| choice >> bit & 1 == 1)
        };
        let right = parts.iter().zip(wanted).all(|(terms, wanted)| {
            terms.as_ref().is_none_or(|terms| {
                let sum: i32 = terms
                    .iter()
                    .filter(|term| counts(&term.counter))
                    .map(|term| if term.negative { -1 } else { 1 })
                    .sum();
                sum == wanted
            })
        });
        right.then(|| one_per_metric(counters, counts, by)).flatten()
    })
}

fn one_per_metric(
    counters: &[&Counter],
    counts: impl Fn(&Counter) -> bool,
    by: &[LabelName],
) -> Option<Vec<(String, Labels)>> {
    let names: BTreeSet<&String> = counters
        .iter()
        .filter(|counter| counts(counter))
        .filter_map(|counter| counter.selector().name.as_ref())
        .collect();
    names
        .into_iter()
        .map(|name| {
            let of_metric = counters.iter().filter(|counter| counter.selector().name.as_ref() == Some(name));
            let (inside, outside): (Vec<&Counter>, Vec<&Counter>) =
                of_metric.partition(|counter| counts(counter));
            let selectors = |counters: Vec<&Counter>| -> Vec<Selector> {
                counters.into_iter().map(|counter| counter.selector().clone()).collect()
            };
            let (inside, outside) = (selectors(inside), selectors(outside));
            let labels = labels(&inside.iter().collect::<Vec<_>>(), &outside.iter().collect::<Vec<_>>(), by)?;
            Some((name.clone(), labels))
        })
        .collect()
}

/// Labels that every selector of `inside` matches and none of `outside`, with a value for each of `by`.
pub(super) fn labels(inside: &[&Selector], outside: &[&Selector], by: &[LabelName]) -> Option<Labels> {
    let wanted: Vec<Matcher> = inside.iter().flat_map(|selector| selector.matchers.iter().cloned()).collect();
    avoiding(wanted, outside, by)
}

/// Escapes the selectors of `outside` one after the other, by turning round one matcher of each.
fn avoiding(wanted: Vec<Matcher>, outside: &[&Selector], by: &[LabelName]) -> Option<Labels> {
    let Some((next, rest)) = outside.split_first() else { return satisfied(&wanted, by) };
    next.matchers.iter().find_map(|matcher| {
        let mut wanted = wanted.clone();
        wanted.push(Matcher { op: matcher.op.opposite(), ..matcher.clone() });
        avoiding(wanted, rest, by)
    })
}

fn satisfied(wanted: &[Matcher], by: &[LabelName]) -> Option<Labels> {
    let names: BTreeSet<&str> =
        wanted.iter().map(|matcher| matcher.label.as_str()).chain(by.iter().map(LabelName::as_str)).collect();
    let mut labels = Labels::new();
    for name in names {
        let mut matchers: Vec<(MatchOp, &str)> = wanted
            .iter()
            .filter(|matcher| matcher.label == name)
            .map(|matcher| (matcher.op, matcher.value.as_str()))
            .collect();
        if by.iter().any(|label| label.as_str() == name) {
            matchers.push((MatchOp::NotEqual, ""));
        }
        let value = regex::satisfying(&matchers)?;
        if !value.is_empty() {
            labels.insert(name.to_owned(), value);
        }
    }
    Some(labels)
}

/// Queries that are not counters: tries values for every selector until the state is good under one choice and bad under another that differs
/// from it in as few series as possible.
fn uncounted(
    expr: &Expr,
    by: &[LabelName],
    holds: impl Fn(&[(Selector, Signal)]) -> Option<bool>,
) -> Option<Vec<Series>> {
    const MOST: usize = 20_000;
    let mut selectors: Vec<Selector> = Vec::new();
    for selector in expr.selectors() {
        if !selectors.contains(selector) {
            selectors.push(selector.clone());
        }
    }
    let candidates: Vec<Vec<Signal>> = selectors.iter().map(|selector| candidates(expr, selector)).collect();
    let combinations: usize = candidates.iter().map(Vec::len).product();
    if selectors.is_empty() || combinations > MOST {
        return None;
    }
    let choice = |mut index: usize| -> Vec<(Selector, Signal)> {
        let pick = |(selector, signals): (&Selector, &Vec<Signal>)| {
            let signal = signals[index % signals.len()];
            index /= signals.len();
            (selector.clone(), signal)
        };
        selectors.iter().zip(&candidates).map(pick).collect()
    };
    let choices: Vec<(Vec<(Selector, Signal)>, bool)> = (0..combinations)
        .map(choice)
        .filter_map(|signals| holds(&signals).map(|good| (signals, good)))
        .collect();
    let (good, _) = choices.iter().find(|(_, good)| *good)?;
    let differing = |other: &[(Selector, Signal)]| good.iter().zip(other).filter(|(a, b)| a.1 != b.1).count();
    let (bad, _) = choices.iter().filter(|(_, good)| !good).min_by_key(|(signals, _)| differing(signals))?;
    good.iter()
        .zip(bad)
        .map(|((selector, good), (_, bad))| {
            let behaviour = match (good, bad) {
                (Signal::Stands(good), Signal::Stands(bad)) => Behaviour::Stands { good: *good, bad: *bad },
                (Signal::Grows(good), Signal::Grows(bad)) => Behaviour::Grows { good: *good, bad: *bad },
                (Signal::Ages(good), Signal::Ages(bad)) => Behaviour::Ages { good: *good, bad: *bad },
                _ => return None,
            };
            Some(Series { name: selector.name.clone()?, labels: labels(&[selector], &[], by)?, behaviour })
        })
        .collect()
}

/// Values worth trying for one selector: around every number of the query.
fn candidates(expr: &Expr, selector: &Selector) -> Vec<Signal> {
    let mut grows = false;
    let mut clock = false;
    let mut numbers: BTreeSet<Decimal> = BTreeSet::new();
    expr.visit(&mut |part| match &part.kind {
        Kind::Range { selector: ranged, .. } if ranged == selector => grows = true,
        Kind::Call { function, .. } => clock |= function == "time",
        Kind::Number(text) => numbers.extend(number(text)),
        _ => {}
    });
    let levelled = is_level(expr, selector);
    let around = |number: &Decimal| {
        let two = Decimal::from(2);
        let sides = [
            Some(*number),
            number.checked_add(Decimal::ONE),
            number.checked_mul(two),
            number.checked_div(two),
        ];
        sides.into_iter().flatten().filter_map(playable)
    };
    let mut values: Vec<Decimal> = vec![Decimal::ONE, Decimal::ZERO, Decimal::ONE_HUNDRED];
    for value in numbers.iter().flat_map(around) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let signal = |value| match () {
        () if grows && !levelled => Signal::Grows(value),
        () if clock => Signal::Ages(value),
        () => Signal::Stands(value),
    };
    values.into_iter().map(signal).collect()
}

/// Whether the selector's range is read by a function that takes a gauge.
fn is_level(expr: &Expr, selector: &Selector) -> bool {
    let mut levelled = false;
    expr.visit(&mut |part| {
        if let Kind::Call { function, args } = &part.kind {
            let reads = args
                .iter()
                .any(|arg| matches!(&arg.kind, Kind::Range { selector: ranged, .. } if ranged == selector));
            levelled |= reads && function.ends_with("_over_time");
        }
    });
    levelled
}
