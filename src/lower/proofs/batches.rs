//! Groups the SLOs of a service that can share a test: those whose series do not overlap. Overlaps are found by names and by matched values, so that
//! thousands of SLOs are not compared pair by pair.

use std::collections::{BTreeMap, BTreeSet};

use super::selectors;
use crate::model::{Except, Series, Service, Slo};
use crate::promql::ast::{MatchOp, Selector};
use crate::promql::regex::ValueCondition;

/// A metric, a label and its value. Without a value it stands for all values, without a label for all labels.
type Key<'a> = (&'a str, Option<(&'a str, Option<&'a str>)>);

/// SLOs by their keys.
type Index<'a> = BTreeMap<Key<'a>, Vec<usize>>;

/// The series that one selector of an SLO may match.
struct View<'a> {
    metric: &'a str,
    asked: Vec<(&'a str, ValueCondition)>,
    /// Labels with the only value that they may have.
    equal: Vec<(&'a str, &'a str)>,
}

/// For every SLO the number of its test: the first test in which its series match no selectors of another SLO.
pub(super) fn of(service: &Service) -> Vec<usize> {
    let views: Vec<Vec<View>> = service.slos.iter().map(views).collect();
    let (mut by_series, mut by_selector) = (Index::new(), Index::new());
    let mut batches: Vec<usize> = Vec::new();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let names = |slo| metrics(slo).map(move |name| (name, slo));
    let mut measured: BTreeMap<&str, Vec<&Slo>> = BTreeMap::new();
    for (name, slo) in service.slos.iter().flat_map(names) {
        measured.entry(name).or_default().push(slo);
    }
    // Whether an exception and another SLO read the same series.
    let crosses = |except: &Except, slo: &Slo| {
        let read = except.readings.iter().filter_map(|reading| reading.selector.name.as_deref());
        let mut near = read.flat_map(|name| measured.get(name)).flatten();
        near.any(|other| other.name != slo.name && mixes(except, other))
    };
    for (index, slo) in service.slos.iter().enumerate() {
        // A journey plays recorded series of its parts, which may be SLOs of this service.
        if !slo.parts().is_empty() || slo.agreed.except.as_ref().is_some_and(|except| crosses(except, slo)) {
            batches.push(service.slos.len() + index);
            continue;
        }
        let like = index.checked_sub(1).filter(|before| batches[*before] < service.slos.len());
        if like.is_none_or(|like| !is_alike(&service.slos[like], slo)) {
            let mut near = BTreeSet::new();
            views[index].iter().for_each(|view| near.extend(read_by(view, &by_series)));
            near.extend(readers_of(slo, &by_selector));
            let meets = |other: &usize| {
                reads_series_of(&views[index], &service.slos[*other]) || reads_series_of(&views[*other], slo)
            };
            taken = near.into_iter().filter(meets).map(|other| batches[other]).collect();
        }
        // For SLOs that are alike, the search begins at the test of the last one.
        let batch = (0..).find(|batch| !taken.contains(batch)).expect("there are more numbers than SLOs");
        taken.insert(batch);
        batches.push(batch);
        index_series(index, slo, &mut by_series);
        views[index].iter().for_each(|view| index_selector(index, view, &mut by_selector));
    }
    batches
}

/// Whether two SLOs measure the same, such as the objectives of one SLI.
fn is_alike(one: &Slo, other: &Slo) -> bool {
    selectors(&one.sli) == selectors(&other.sli) && one.stimulus == other.stimulus && one.by == other.by
}

/// Whether an exception reads series of an SLO, or an SLO those of an exception.
pub(super) fn mixes(except: &Except, slo: &Slo) -> bool {
    let asked = views_of(except.readings.iter().map(|reading| &reading.selector));
    let mut own = except.stimulus.iter().flatten();
    reads_series_of(&asked, slo) || own.any(|series| reads(&views(slo), series, slo))
}

/// The names of the metrics that an SLO reads.
fn metrics(slo: &Slo) -> impl Iterator<Item = &str> {
    selectors(&slo.sli).into_iter().filter_map(|selector| selector.name.as_deref())
}

fn views(slo: &Slo) -> Vec<View<'_>> {
    views_of(selectors(&slo.sli).into_iter())
}

fn views_of<'a>(selectors: impl Iterator<Item = &'a Selector>) -> Vec<View<'a>> {
    selectors
        .filter(|selector| selector.name.is_some())
        .map(|selector| View {
            metric: selector.name.as_deref().unwrap_or_default(),
            asked: selector.matchers.iter().map(|matcher| (&*matcher.label, matcher.asked())).collect(),
            equal: selector
                .matchers
                .iter()
                .filter(|matcher| matcher.op == MatchOp::Equal && !matcher.value.is_empty())
                .map(|matcher| (&*matcher.label, &*matcher.value))
                .collect(),
        })
        .collect()
}

fn by(slo: &Slo) -> impl Iterator<Item = &str> {
    slo.by.iter().map(|kept| kept.label.as_str())
}

/// Whether one of the views matches a series of an SLO.
fn reads_series_of(views: &[View], slo: &Slo) -> bool {
    slo.stimulus.iter().flatten().any(|series| reads(views, series, slo))
}

/// Whether one of the views matches a series. The labels that the SLO keeps may have any value.
fn reads(views: &[View], series: &Series, slo: &Slo) -> bool {
    views.iter().filter(|view| view.metric == series.name).any(|view| {
        view.asked.iter().all(|(label, asked)| {
            by(slo).any(|kept| kept == *label)
                || asked.meets(series.labels.get(*label).map_or("", String::as_str)) != Some(false)
        })
    })
}

/// Adds the series of an SLO to the index.
fn index_series<'a>(slo: usize, of: &'a Slo, by_series: &mut Index<'a>) {
    for series in of.stimulus.iter().flatten() {
        let mut enter = |label| by_series.entry((&series.name, label)).or_default().push(slo);
        enter(None);
        by(of).for_each(|label| enter(Some((label, None))));
        let known = series.labels.iter().filter(|(label, _)| by(of).all(|kept| kept != *label));
        known.for_each(|(label, value)| enter(Some((label, Some(value)))));
    }
}

/// The SLOs that a selector may match, found by the label with the fewest candidates.
fn read_by(view: &View, by_series: &Index) -> Vec<usize> {
    let of = |label| by_series.get(&(view.metric, label)).map(Vec::as_slice).unwrap_or_default();
    let fewest = view
        .equal
        .iter()
        .map(|(label, value)| [of(Some((label, Some(value)))), of(Some((label, None)))])
        .min_by_key(|lists| lists[0].len() + lists[1].len());
    fewest.unwrap_or([of(None), &[]]).concat()
}

/// Adds a selector to the index under the label that has the fewest entries.
fn index_selector<'a>(slo: usize, view: &View<'a>, by_selector: &mut Index<'a>) {
    let count = |label| by_selector.get(&(view.metric, label)).map_or(0, Vec::len);
    let rarest = view.equal.iter().min_by_key(|(label, value)| count(Some((*label, Some(*value)))));
    let Some((label, value)) = rarest else {
        return by_selector.entry((view.metric, None)).or_default().push(slo);
    };
    for value in [Some(*value), None] {
        by_selector.entry((view.metric, Some((*label, value)))).or_default().push(slo);
    }
}

/// The SLOs whose selectors may match a series of this one.
fn readers_of(slo: &Slo, by_selector: &Index) -> Vec<usize> {
    let mut found = Vec::new();
    for series in slo.stimulus.iter().flatten() {
        let labels = series.labels.iter().map(|(label, value)| Some((label.as_str(), Some(value.as_str()))));
        let kept = by(slo).map(|label| Some((label, None)));
        for label in labels.chain(kept).chain([None]) {
            found.extend(by_selector.get(&(series.name.as_str(), label)).into_iter().flatten());
        }
    }
    found
}
