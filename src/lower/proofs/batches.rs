//! Groups the SLOs of a service that can share a test: those whose series do not overlap. Overlaps are found by names and by matched values, so that
//! thousands of SLOs are not compared pair by pair.

use std::collections::{BTreeMap, BTreeSet};

use super::selectors;
use crate::model::{Service, Slo};
use crate::promql::ast::MatchOp;
use crate::promql::regex::Asked;

/// A metric, a label and a value of it; without a value any one, without a label all.
type Key<'a> = (&'a str, Option<(&'a str, Option<&'a str>)>);

/// SLOs by their keys.
type Index<'a> = BTreeMap<Key<'a>, Vec<usize>>;

/// What one selector of an SLO sees.
struct View<'a> {
    metric: &'a str,
    asked: Vec<(&'a str, Asked)>,
    /// Labels with the one value that they may have.
    equal: Vec<(&'a str, &'a str)>,
}

/// For every SLO the number of the test that it plays in: the first in which no series meets another's selectors.
pub(super) fn of(service: &Service) -> Vec<usize> {
    let views: Vec<Vec<View>> = service.slos.iter().map(views).collect();
    let (mut shown, mut watched) = (Index::new(), Index::new());
    let mut batches: Vec<usize> = Vec::new();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    for (index, slo) in service.slos.iter().enumerate() {
        // A journey plays what is recorded of its parts, which may be of this service.
        if !slo.parts().is_empty() {
            batches.push(service.slos.len() + index);
            continue;
        }
        let like = index.checked_sub(1).map(|before| &service.slos[before]);
        if like.is_none_or(|like| !like.parts().is_empty() || !is_alike(like, slo)) {
            let mut near = BTreeSet::new();
            views[index].iter().for_each(|view| near.extend(may_be_seen(view, &shown)));
            near.extend(may_see(slo, &watched));
            let meets =
                |other: &usize| sees(&views[index], &service.slos[*other]) || sees(&views[*other], slo);
            taken = near.into_iter().filter(meets).map(|other| batches[other]).collect();
        }
        // Of those that are alike the last one has the first free place.
        let batch = (0..).find(|batch| !taken.contains(batch)).expect("there are more numbers than SLOs");
        taken.insert(batch);
        batches.push(batch);
        show(index, slo, &mut shown);
        views[index].iter().for_each(|view| watch(index, view, &mut watched));
    }
    batches
}

/// Whether two measure the same, as the objectives of one SLI do.
fn is_alike(one: &Slo, other: &Slo) -> bool {
    selectors(&one.sli) == selectors(&other.sli) && one.stimulus == other.stimulus && one.by == other.by
}

fn views(slo: &Slo) -> Vec<View<'_>> {
    let view = |selector: &&crate::promql::ast::Selector| selector.name.is_some();
    let named = selectors(&slo.sli).into_iter().filter(view);
    named
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

/// Whether one of the views sees a series of an SLO, whatever value the labels have that it keeps.
fn sees(views: &[View], slo: &Slo) -> bool {
    let mut series = slo.stimulus.iter().flatten();
    series.any(|series| {
        views.iter().filter(|view| view.metric == series.name).any(|view| {
            view.asked.iter().all(|(label, asked)| {
                by(slo).any(|kept| kept == *label)
                    || asked.meets(series.labels.get(*label).map_or("", String::as_str)) != Some(false)
            })
        })
    })
}

/// Enters the series of an SLO.
fn show<'a>(slo: usize, of: &'a Slo, shown: &mut Index<'a>) {
    for series in of.stimulus.iter().flatten() {
        let mut enter = |label| shown.entry((&series.name, label)).or_default().push(slo);
        enter(None);
        by(of).for_each(|label| enter(Some((label, None))));
        let known = series.labels.iter().filter(|(label, _)| by(of).all(|kept| kept != *label));
        known.for_each(|(label, value)| enter(Some((label, Some(value)))));
    }
}

/// The SLOs that a selector may see, by the label that leaves the fewest.
fn may_be_seen(view: &View, shown: &Index) -> Vec<usize> {
    let of = |label| shown.get(&(view.metric, label)).map(Vec::as_slice).unwrap_or_default();
    let fewest = view
        .equal
        .iter()
        .map(|(label, value)| [of(Some((label, Some(value)))), of(Some((label, None)))])
        .min_by_key(|lists| lists[0].len() + lists[1].len());
    fewest.unwrap_or([of(None), &[]]).concat()
}

/// Enters a selector under that one of its labels under which the fewest stand.
fn watch<'a>(slo: usize, view: &View<'a>, watched: &mut Index<'a>) {
    let count = |label| watched.get(&(view.metric, label)).map_or(0, Vec::len);
    let rarest = view.equal.iter().min_by_key(|(label, value)| count(Some((*label, Some(*value)))));
    let Some((label, value)) = rarest else {
        return watched.entry((view.metric, None)).or_default().push(slo);
    };
    for value in [Some(*value), None] {
        watched.entry((view.metric, Some((*label, value)))).or_default().push(slo);
    }
}

/// The SLOs whose selectors may see a series of this one.
fn may_see(slo: &Slo, watched: &Index) -> Vec<usize> {
    let mut found = Vec::new();
    for series in slo.stimulus.iter().flatten() {
        let labels = series.labels.iter().map(|(label, value)| Some((label.as_str(), Some(value.as_str()))));
        let kept = by(slo).map(|label| Some((label, None)));
        for label in labels.chain(kept).chain([None]) {
            found.extend(watched.get(&(series.name.as_str(), label)).into_iter().flatten());
        }
    }
    found
}
