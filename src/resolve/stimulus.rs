//! Finds series that make an event good, and series that make it bad: the input of the proofs.

use std::collections::BTreeSet;

use super::effort::Search;
use super::evaluate::Samples;
use super::labels::labels;
use super::trial::{Trial, TrialQuery};
use crate::model::{Behaviour, Counter, Labels, Series, Sli, Term};
use crate::promql::ast::{Binary, Expr, Kind, MatchOp, Matcher, Selector};
use crate::promql::regex;
use crate::vocabulary::{self, Decimal, LabelName};

/// Series for good and for bad events. `None` if none were found: no series change the result, or the query cannot be evaluated here. An error is the
/// index of a label in `by` that decides which events are good: no value of it has both.
pub(super) fn invent(sli: &Sli, by: &[LabelName], search: &Search) -> Result<Option<Vec<Series>>, usize> {
    if let Sli::Counted { histogram: Some(histogram), .. } = sli {
        // Events that have no success are all bad, also the fast ones.
        let decides =
            |label: &LabelName| histogram.success.iter().any(|matcher| matcher.label == label.as_str());
        if let Some(index) = by.iter().position(decides) {
            return Err(index);
        }
    }
    let Some(found) = any(sli, by, search) else { return Ok(None) };
    let Sli::Counted { total, good, bad, .. } = sli else { return Ok(Some(found)) };
    let parts = [total, good, bad];
    let Some(apart) = by.iter().position(|label| is_apart(&found, label)) else {
        return Ok(of_one_target(sli, parts, found, by, search));
    };
    match in_one_group(parts, &found, by, search) {
        // An exhausted search proves nothing.
        None if search.goes_on(1) => Err(apart),
        None => Ok(None),
        Some(found) => Ok(of_one_target(sli, parts, found, by, search)),
    }
}

/// The same series, all of one program and place: the rules count the events of each target on its own, and the proofs play one target. `None` if
/// its labels decide which events are good.
fn of_one_target(
    sli: &Sli,
    parts: [&Option<Vec<Term>>; 3],
    found: Vec<Series>,
    by: &[LabelName],
    search: &Search,
) -> Option<Vec<Series>> {
    let selectors: Vec<&Selector> =
        parts.into_iter().flatten().flatten().map(|term| term.counter.selector()).collect();
    let read: BTreeSet<&str> = selectors
        .iter()
        .flat_map(|selector| selector.matchers.iter())
        .map(|matcher| matcher.label.as_str())
        .filter(|label| vocabulary::names_a_place(label))
        .collect();
    let mut together = by.to_vec();
    for label in read {
        // The rules sum over a label of which every counter has one value.
        let one_each = selectors.iter().all(|selector| selector.equal(label).is_some());
        let name = LabelName::parse(label).or_else(|| LabelName::in_quotes(label));
        let Some(name) = name.filter(|name| !one_each && is_apart(&found, name)) else { continue };
        together.push(name);
    }
    if together.len() == by.len() {
        return Some(found);
    }
    let successful =
        matches!(sli, Sli::Counted { histogram: Some(histogram), .. } if !histogram.success.is_empty());
    match successful {
        true => None,
        false => in_one_group(parts, &found, &together, search),
    }
}

/// Whether series differ in a label.
fn is_apart(series: &[Series], label: &LabelName) -> bool {
    series.windows(2).any(|pair| pair[0].labels.get(label.as_str()) != pair[1].labels.get(label.as_str()))
}

/// The most groups that are tried.
const GROUPS: usize = 64;

/// Counters of one group: each label of `by` has one of the values that were found. A counter that does not match it counts nothing.
fn in_one_group(
    parts: [&Option<Vec<Term>>; 3],
    found: &[Series],
    by: &[LabelName],
    search: &Search,
) -> Option<Vec<Series>> {
    let mut groups: Vec<Vec<(&LabelName, String)>> = vec![Vec::new()];
    for label in by {
        let mut values: Vec<String> =
            found.iter().filter_map(|series| series.labels.get(label.as_str()).cloned()).collect();
        for term in parts.into_iter().flatten().flatten() {
            let matchers = term.counter.selector().matchers.iter().filter(|it| it.label == label.as_str());
            let asked: Vec<_> = matchers.map(|matcher| (matcher.op, matcher.value.as_str())).collect();
            values.extend(regex::satisfying(&asked).filter(|value| !value.is_empty()));
        }
        let mut seen = BTreeSet::new();
        values.retain(|value| seen.insert(value.clone()));
        let with = |group: &Vec<(_, String)>, value: &String| {
            group.iter().cloned().chain([(label, value.clone())]).collect()
        };
        groups = groups.iter().flat_map(|group| values.iter().map(move |value| with(group, value))).collect();
        groups.truncate(GROUPS);
    }
    groups.iter().find_map(|group| {
        let [total, good, bad] = parts.map(|part| {
            part.as_ref().map(|terms| terms.iter().filter_map(|term| of_group(term, group)).collect())
        });
        counted([&total, &good, &bad], by, search)
    })
}

/// A term of one group; `None` if its counter does not match it.
fn of_group(term: &Term, group: &[(&LabelName, String)]) -> Option<Term> {
    let mut selector = term.counter.selector().clone();
    for (label, value) in group {
        let of_label = |matcher: &&Matcher| matcher.label == label.as_str();
        if selector.matchers.iter().filter(of_label).any(|matcher| matcher.asked().meets(value) != Some(true))
        {
            return None;
        }
        let others: Vec<Matcher> = selector.matchers.iter().filter(|it| !of_label(it)).cloned().collect();
        selector.matchers = others.into();
        selector = selector.matching(label.as_str(), MatchOp::Equal, value);
    }
    let counter = match &term.counter {
        Counter::Plain(_) => Counter::Plain(selector),
        Counter::NativeCount(_) => Counter::NativeCount(selector),
        Counter::NativeBelow(_, bound) => Counter::NativeBelow(selector, *bound),
    };
    Some(Term { counter, negative: term.negative })
}

fn any(sli: &Sli, by: &[LabelName], search: &Search) -> Option<Vec<Series>> {
    match sli {
        Sli::Counted { histogram: Some(histogram), total: Some(total), good: Some(good), .. }
            if !histogram.success.is_empty() =>
        {
            successful(total.first()?, good.first()?, by, search)
        }
        Sli::Counted { total, good, bad, .. } => counted([total, good, bad], by, search),
        Sli::Checked { good, .. } => judged(&as_number(good)?, Decimal::ONE, by, search),
        Sli::Ratio { bad } => judged(bad, Decimal::ZERO, by, search),
        // Its proofs use the recorded series of its parts.
        Sli::Journey { .. } => None,
    }
}

/// Queries that are not counters: of the numbers 0 and 1, one is good and the other bad.
fn judged(expr: &Expr, good: Decimal, by: &[LabelName], search: &Search) -> Option<Vec<Series>> {
    let is = |samples: &Samples, number| matches!(&samples[..], [(_, one)] if *one == number);
    let bad = Decimal::ONE - good;
    let trial = Trial::of(TrialQuery { expr, by, of_target: false, alike: false, search })?;
    let (series, _) = trial.invent(|samples| is(samples, good), |samples| is(samples, bad))?;
    Some(series)
}

/// A comparison as 1 if it is true, and 0 if not.
fn as_number(comparison: &Expr) -> Option<Expr> {
    let Kind::Binary(binary) = &comparison.kind else { return None };
    let binary = Binary { bool: true, ..(**binary).clone() };
    Some(Expr { kind: Kind::Binary(Box::new(binary)), ..comparison.clone() })
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
        search.stop();
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
