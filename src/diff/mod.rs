//! Two models with their plans → [`Difference`]: the changes in meaning, not in text.
//!
//! Each file compares one subject, SLO by SLO and service by service. Changes that many SLOs share are merged here, at the end.

mod agreed;
mod alerting;
pub mod amounts;
mod companions;
pub mod foreign;
mod measured;
mod notified;
mod pairs;
mod project;
mod promise;
mod services;
mod sli_text;
mod texts;

use std::collections::BTreeMap;

use crate::difference::{Amounts, Change, Difference, Effect};
use crate::model::Model;
use crate::plan::Plan;

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its plan; `diff` needs the [outline](crate::plan::ServicePlan::outline) only.
    pub plan: &'a Plan,
    /// The size of the whole plan.
    pub amounts: Amounts,
    /// Whether the model is complete. If not, a missing part may only be one that was not understood.
    pub complete: bool,
}

/// The difference in meaning between two models.
pub fn diff(old: Side, new: Side) -> Difference {
    let pairs = pairs::pairs(old, new);
    let mut changes = project::changes(old, new);
    changes.extend(notified::changes(old, new));
    changes.extend(services::changes(old, new, &pairs));
    for pair in &pairs.kept {
        changes.extend(measured::changes(pair));
        changes.extend(promise::changes(pair));
        changes.extend(texts::of_slo(pair));
    }
    changes.extend(companions::changes(old, new, &pairs));
    changes.extend(alerting::changes(old, new, &pairs));
    Difference {
        changes: sorted(together(changes)),
        before: old.amounts,
        after: new.amounts,
        kept: pairs.kept.len(),
        complete: old.complete && new.complete,
    }
}

/// Changes that are the same for several subjects, as one change. An effect that does not hold for all subjects names its own.
fn together(changes: Vec<Change>) -> Vec<Change> {
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    let mut facts: Vec<Vec<Change>> = Vec::new();
    for change in changes {
        let fact = (change.kind, change.text.clone(), change.warning.clone());
        let place = *places.entry((fact, change.before.clone(), change.after.clone())).or_insert(facts.len());
        match facts.get_mut(place) {
            Some(same) => same.push(change),
            None => facts.push(vec![change]),
        }
    }
    facts.into_iter().map(one).collect()
}

/// The same change of several subjects.
fn one(mut same: Vec<Change>) -> Change {
    let mut effects: Vec<Effect> = Vec::new();
    let mut subjects: Vec<String> = Vec::new();
    for change in &same {
        subjects.extend(change.subjects.clone());
        for effect in &change.effects {
            match effects.iter_mut().find(|known| known.text == effect.text) {
                Some(known) => known.subjects.extend(change.subjects.clone()),
                None => effects.push(Effect { text: effect.text.clone(), subjects: change.subjects.clone() }),
            }
        }
    }
    subjects.sort();
    subjects.dedup();
    for effect in &mut effects {
        effect.subjects.sort();
        effect.subjects.dedup();
        if effect.subjects.len() == subjects.len() {
            effect.subjects.clear();
        }
    }
    // Effects on all subjects first, then those on many.
    effects.sort_by_key(|effect| (!effect.subjects.is_empty(), std::cmp::Reverse(effect.subjects.len())));
    Change { subjects, effects, ..same.swap_remove(0) }
}

/// Most severe first, then changes of many subjects before those of few.
fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by(|a, b| {
        let rank = |change: &Change| (change.weight(), change.kind, std::cmp::Reverse(reach(change)));
        (rank(a), &a.subjects, &a.text).cmp(&(rank(b), &b.subjects, &b.text))
    });
    changes
}

/// How many subjects a change has; the whole project has the most.
fn reach(change: &Change) -> usize {
    if change.subjects.is_empty() { usize::MAX } else { change.subjects.len() }
}
