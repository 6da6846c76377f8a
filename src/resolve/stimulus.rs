//! Finds series that make an event good, and series that make it bad: the input of the proofs.

use std::collections::BTreeSet;

use super::effort::{Search, pair};
use super::evaluate::{SeriesInput, Signal, compare, number, playable, value};
use crate::model::{Behaviour, Counter, Labels, Series, Sli, Term};
use crate::promql::ast::{Expr, Grouping, Kind, MatchOp, Matcher, Selector};
use crate::promql::regex;
use crate::vocabulary::{Decimal, LabelName};

/// Series for good and for bad events. `None` if none were found: no series change the result, or the query cannot be evaluated here.
pub(super) fn invent(sli: &Sli, by: &[LabelName], search: &Search) -> Option<Vec<Series>> {
    match sli {
        Sli::Counted { histogram: Some(histogram), total: Some(total), good: Some(good), .. }
            if !histogram.success.is_empty() =>
        {
            successful(total.first()?, good.first()?, by, search)
        }
        Sli::Counted { total, good, bad, .. } => counted([total, good, bad], by, search),
        Sli::Checked { good, .. } => {
            let Kind::Binary(comparison) = &good.kind else { return None };
            let holds = |seen: &SeriesInput| {
                let left = value(&comparison.left, seen)?;
                let right = value(&comparison.right, seen)?;
                compare(comparison.op, left, right)
            };
            uncounted(good, by, search, holds)
        }
        Sli::Ratio { bad } => uncounted(bad, by, search, |seen| match value(bad, seen)? {
            ratio if ratio == Decimal::ZERO => Some(true),
            ratio if ratio == Decimal::ONE => Some(false),
            _ => None,
        }),
        // Its proofs use the recorded series of its parts.
        Sli::Journey { .. } => None,
    }
}

/// Counters. For a good and for a bad event: the smallest set of selectors that has to count it, so that `total`, `good` and `bad` are right. Then
/// one series for the selectors of each metric, which the other selectors do not match.
fn counted(parts: [&Option<Vec<Term>>; 3], by: &[LabelName], search: &Search) -> Option<Vec<Series>> {
    let mut counters: Vec<&Counter> = Vec::new();
    for term in parts.into_iter().flatten().flatten() {
        if !counters.contains(&&term.counter) {
            counters.push(&term.counter);
        }
    }
    if let Some(Counter::NativeCount(selector) | Counter::NativeBelow(selector, _)) = counters.first() {
        let labels = labels(&[selector], &[], by, search)?;
        let series = Series { name: selector.name.clone()?, labels, behaviour: Behaviour::Observes };
        return Some(vec![series]);
    }
    let good = atoms(parts, &counters, [1, 1, 0], by, search)?;
    let bad = atoms(parts, &counters, [1, 0, 1], by, search)?;
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

/// A histogram for which only successful events are good: the bad events are as fast as the good ones, but failed. A native histogram has only slow
/// ones, because one series cannot have both.
fn successful(total: &Term, good: &Term, by: &[LabelName], search: &Search) -> Option<Vec<Series>> {
    let (total, good) = (total.counter.selector(), &good.counter);
    let of = |metric: &Selector, labels: &Labels, good, bad| {
        let behaviour = Behaviour::Counts { good, bad };
        Some(Series { name: metric.name.clone()?, labels: labels.clone(), behaviour })
    };
    let Counter::Plain(bucket) = good else {
        let labels = labels(&[total, good.selector()], &[], by, search)?;
        return Some(vec![Series { name: total.name.clone()?, labels, behaviour: Behaviour::Observes }]);
    };
    let without = |selector: &Selector, keep: &dyn Fn(&Matcher) -> bool| Selector {
        matchers: selector
            .matchers
            .iter()
            .filter(|matcher| keep(matcher))
            .cloned()
            .collect::<Vec<_>>()
            .into(),
        ..selector.clone()
    };
    let bound = without(bucket, &|matcher| matcher.label == "le");
    let success = without(bucket, &|matcher| matcher.label != "le" && !total.matchers.contains(matcher));
    let fast = |labels: &Labels| {
        let mut all = self::labels(&[&bound], &[], &[], search)?;
        all.extend(labels.clone());
        Some(all)
    };
    let well = labels(&[total, &success], &[], by, search)?;
    let failed = labels(&[total], &[&success], by, search)?;
    let series = [
        of(total, &well, 1, 0)?,
        of(bucket, &fast(&well)?, 1, 0)?,
        of(total, &failed, 0, 1)?,
        of(bucket, &fast(&failed)?, 0, 1)?,
    ];
    Some(series.into())
}

/// The series that count one event, if `total`, `good` and `bad` should each count so many of it.
fn atoms(
    parts: [&Option<Vec<Term>>; 3],
    counters: &[&Counter],
    wanted: [i32; 3],
    by: &[LabelName],
    search: &Search,
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
        let steps = parts.iter().copied().flatten().map(Vec::len).sum();
        let right = search.goes_on(steps)
            && parts.iter().zip(wanted).all(|(terms, wanted)| {
                terms.as_ref().is_none_or(|terms| {
                    let sum: i32 = terms
                        .iter()
                        .filter(|term| counts(&term.counter))
                        .map(|term| if term.negative { -1 } else { 1 })
                        .sum();
                    sum == wanted
                })
            });
        right.then(|| one_per_metric(counters, counts, by, search)).flatten()
    })
}

fn one_per_metric(
    counters: &[&Counter],
    counts: impl Fn(&Counter) -> bool,
    by: &[LabelName],
    search: &Search,
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
            let (inside, outside) = (inside.iter().collect::<Vec<_>>(), outside.iter().collect::<Vec<_>>());
            let labels = labels(&inside, &outside, by, search)?;
            Some((name.clone(), labels))
        })
        .collect()
}

/// Labels that every selector of `inside` matches and no selector of `outside` matches, with a value for each label of `by`.
pub(super) fn labels(
    inside: &[&Selector],
    outside: &[&Selector],
    by: &[LabelName],
    search: &Search,
) -> Option<Labels> {
    let wanted: Vec<Matcher> = inside.iter().flat_map(|selector| selector.matchers.iter().cloned()).collect();
    avoiding(wanted, outside, by, search)
}

/// Avoids the selectors of `outside` one after the other, by negating one matcher of each.
fn avoiding(
    wanted: Vec<Matcher>,
    outside: &[&Selector],
    by: &[LabelName],
    search: &Search,
) -> Option<Labels> {
    let steps = if outside.is_empty() { 10 } else { 1 };
    if !search.goes_on(steps * (wanted.len() + 1)) {
        return None;
    }
    let Some((next, rest)) = outside.split_first() else { return satisfied(&wanted, by) };
    next.matchers.iter().find_map(|matcher| {
        let mut wanted = wanted.clone();
        wanted.push(Matcher { op: matcher.op.opposite(), ..matcher.clone() });
        avoiding(wanted, rest, by, search)
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

/// Queries that are not counters. Tries values for every selector until the state is good, and then other values for as few selectors as possible
/// until it is bad. If one series per selector is not enough, tries several, as for `sum(1 - up) < 2`.
fn uncounted(
    expr: &Expr,
    by: &[LabelName],
    search: &Search,
    holds: impl Fn(&SeriesInput) -> Option<bool>,
) -> Option<Vec<Series>> {
    let alone = found(expr, 1, search, &holds).and_then(|found| played(found, by, search));
    alone.or_else(|| {
        let apart = distinguishing_label(expr, by)?;
        let found =
            several(expr).into_iter().find_map(|copies| Some((copies, found(expr, copies, search, &holds)?)));
        let (copies, found) = found?;
        let series = played(found, by, search)?;
        let copy = |series: &Series, number: u32| {
            let mut copy = series.clone();
            copy.labels.insert(apart.to_owned(), format!("host-{number}"));
            copy
        };
        Some(series.iter().flat_map(|one| (1..=copies).map(move |number| copy(one, number))).collect())
    })
}

/// Each selector with its series in the good state and in the bad state.
type StateSeries = Vec<(Selector, Signal, Signal)>;

/// Each selector has at least three candidates, so more selectors have more combinations than are tried.
const MOST_SELECTORS: usize = 9;

fn found(
    expr: &Expr,
    copies: u32,
    search: &Search,
    holds: &impl Fn(&SeriesInput) -> Option<bool>,
) -> Option<StateSeries> {
    let mut selectors: Vec<Selector> = Vec::new();
    for selector in expr.selectors() {
        if !selectors.contains(selector) {
            selectors.push(selector.clone());
        }
        if selectors.len() > MOST_SELECTORS {
            return None;
        }
    }
    let candidates: Vec<Vec<Signal>> = selectors.iter().map(|selector| candidates(expr, selector)).collect();
    let sizes: Vec<usize> = candidates.iter().map(Vec::len).collect();
    let mut steps = selectors.len();
    expr.visit(&mut |_| steps += 1);
    let seen = |picked: &[usize]| -> Vec<(Selector, Signal)> {
        let signals = picked.iter().zip(&candidates).map(|(index, signals)| signals[*index]);
        selectors.iter().cloned().zip(signals).collect()
    };
    let look = |picked: &[usize]| {
        search.goes_on(steps).then(|| holds(&SeriesInput { signals: seen(picked), copies })).flatten()
    };
    let (good, bad, _) = pair(&sizes, look, |good| *good, |_, _, good| !good)?;
    let pairs = seen(&good).into_iter().zip(seen(&bad));
    Some(pairs.map(|((selector, good), (_, bad))| (selector, good, bad)).collect())
}

fn played(found: StateSeries, by: &[LabelName], search: &Search) -> Option<Vec<Series>> {
    found
        .into_iter()
        .map(|(selector, good, bad)| {
            let behaviour = match (good, bad) {
                (Signal::Stands(good), Signal::Stands(bad)) => Behaviour::Stands { good, bad },
                (Signal::Grows(good), Signal::Grows(bad)) => Behaviour::Grows { good, bad },
                (Signal::Ages(good), Signal::Ages(bad)) => Behaviour::Ages { good, bad },
                _ => return None,
            };
            Some(Series {
                name: selector.name.clone()?,
                labels: labels(&[&selector], &[], by, search)?,
                behaviour,
            })
        })
        .collect()
}

/// Numbers of series per selector to try: around every small number in the query.
fn several(expr: &Expr) -> BTreeSet<u32> {
    const MOST: u32 = 20;
    let mut numbers: BTreeSet<u32> = BTreeSet::from([2, 3]);
    expr.visit(&mut |part| {
        if let Kind::Number(text) = &part.kind {
            let whole = number(text).and_then(|number| u32::try_from(number.ceil()).ok());
            numbers.extend(whole.into_iter().flat_map(|number| [number, number.saturating_add(1)]));
        }
    });
    numbers.retain(|number| (2..=MOST).contains(number));
    numbers
}

/// A label that can tell copies of a series apart; `None` if an aggregation does not combine all of them.
fn distinguishing_label(expr: &Expr, by: &[LabelName]) -> Option<&'static str> {
    ["instance", "replica", "copy"].into_iter().find(|label| {
        let asked = |selector: &&Selector| selector.matchers.iter().any(|matcher| matcher.label == *label);
        let kept = by.iter().any(|kept| kept.as_str() == *label);
        !kept && !expr.selectors().iter().any(asked) && takes_together(expr, label)
    })
}

/// Whether every selector is inside an aggregation that drops the label.
fn takes_together(expr: &Expr, label: &str) -> bool {
    match &expr.kind {
        Kind::Selector(_) | Kind::Range { .. } => false,
        Kind::Aggregate { op, grouping, .. } => {
            let listed = |grouping: &Grouping| grouping.labels.iter().any(|listed| listed == label);
            let drops = grouping.as_ref().is_none_or(|grouping| listed(grouping) == grouping.without);
            drops && !["topk", "bottomk", "limitk", "limit_ratio"].contains(&op.as_str())
        }
        _ => expr.children().into_iter().all(|part| takes_together(part, label)),
    }
}

/// Values to try for one selector: around every number in the query.
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

/// Whether a function of gauges reads the selector's range.
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
