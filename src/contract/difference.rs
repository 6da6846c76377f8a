//! The difference between two contracts in words, for the reviewer of a new capture.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Contract, Family, Shape, Values};

/// More values of one list are only counted.
const LISTED: usize = 10;

/// The changes of a contract. Its origin does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Metrics that only the new one has, with their types.
    pub appeared: Vec<String>,
    /// Metrics that only the old one has, with their types.
    pub vanished: Vec<String>,
    /// Metrics that both have, each with sentences about its changes.
    pub changed: BTreeMap<String, Vec<String>>,
}

impl Difference {
    /// The changes between two contracts.
    pub fn between(old: &Contract, new: &Contract) -> Self {
        let only = |one: &Contract, other: &Contract| {
            let only = one.families.iter().filter(|(name, _)| !other.families.contains_key(*name));
            only.map(|(name, family)| format!("{} `{name}`", family.kind)).collect()
        };
        let mut changed = BTreeMap::new();
        for (name, family) in &new.families {
            let Some(before) = old.families.get(name) else { continue };
            let sentences = changes(before, family);
            if !sentences.is_empty() {
                changed.insert(name.clone(), sentences);
            }
        }
        Self { appeared: only(new, old), vanished: only(old, new), changed }
    }

    /// Whether there are no changes.
    pub fn is_empty(&self) -> bool {
        self.appeared.is_empty() && self.vanished.is_empty() && self.changed.is_empty()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for metric in &self.appeared {
            writeln!(f, "{metric} appeared")?;
        }
        for metric in &self.vanished {
            writeln!(f, "{metric} vanished")?;
        }
        for (name, sentences) in &self.changed {
            for sentence in sentences {
                writeln!(f, "`{name}`: {sentence}")?;
            }
        }
        Ok(())
    }
}

fn changes(old: &Family, new: &Family) -> Vec<String> {
    let mut sentences = Vec::new();
    if old.kind != new.kind {
        sentences.push(format!("its type is {}, was {}", new.kind, old.kind));
    }
    if old.unit != new.unit {
        let of = |unit: &Option<String>| unit.clone().unwrap_or_else(|| "not declared".to_owned());
        sentences.push(format!("its unit is {}, was {}", of(&new.unit), of(&old.unit)));
    }
    let (kept, left, came) = pairs(&old.shapes, &new.shapes);
    for (before, after) in kept {
        let first = sentences.len();
        compare(before, after, &mut sentences);
        if sentences.len() == first && before.series != after.series {
            sentences.push(format!("it has {} series, had {}", after.series, before.series));
        }
    }
    sentences.extend(came.iter().map(|shape| format!("series {} appeared", labelled(shape))));
    sentences.extend(left.iter().map(|shape| format!("series {} vanished", labelled(shape))));
    sentences
}

type Pairs<'a> = (Vec<(&'a Shape, &'a Shape)>, Vec<&'a Shape>, Vec<&'a Shape>);

/// Shapes with the same labels are pairs. If one shape is left on each side, they are a pair, too: a label was added or removed.
fn pairs<'a>(old: &'a [Shape], new: &'a [Shape]) -> Pairs<'a> {
    let same = |a: &Shape, b: &Shape| a.labels.keys().eq(b.labels.keys());
    let lone = |one: &'a [Shape], other: &[Shape]| -> Vec<&'a Shape> {
        one.iter().filter(|shape| !other.iter().any(|other| same(shape, other))).collect()
    };
    let mut kept: Vec<(&Shape, &Shape)> = Vec::new();
    for before in old {
        kept.extend(new.iter().find(|after| same(before, after)).map(|after| (before, after)));
    }
    match (&lone(old, new)[..], &lone(new, old)[..]) {
        ([before], [after]) => {
            kept.push((*before, *after));
            (kept, Vec::new(), Vec::new())
        }
        (left, came) => (kept, left.to_vec(), came.to_vec()),
    }
}

fn labelled(shape: &Shape) -> String {
    match shape.labels.keys().map(|label| format!("`{label}`")).collect::<Vec<_>>() {
        labels if labels.is_empty() => "without labels".to_owned(),
        labels => format!("with {}", labels.join(", ")),
    }
}

fn compare(old: &Shape, new: &Shape, sentences: &mut Vec<String>) {
    for label in new.labels.keys().filter(|label| !old.labels.contains_key(*label)) {
        sentences.push(format!("the label `{label}` appeared"));
    }
    for label in old.labels.keys().filter(|label| !new.labels.contains_key(*label)) {
        sentences.push(format!("the label `{label}` vanished"));
    }
    for (label, after) in &new.labels {
        if let Some(before) = old.labels.get(label) {
            sentences.extend(of_values(before, after).map(|change| format!("label `{label}`: {change}")));
        }
    }
    let only = |one: &BTreeSet<_>, other: &BTreeSet<_>| list(one.difference(other).map(ToString::to_string));
    let bounds = sentence(only(&new.bounds, &old.bounds), only(&old.bounds, &new.bounds));
    sentences.extend(bounds.map(|bounds| format!("bounds: {bounds}")));
}

/// The values that were added and removed, as far as they are known. Values that are only counted are unknown.
fn of_values(old: &Values, new: &Values) -> Option<String> {
    let only = |one: &Values, other: &Values| {
        let counted = |value: &String| other.more > 0 && other.known.last().is_none_or(|last| value > last);
        let lone = one.known.difference(&other.known).filter(|value| !counted(value));
        list(lone.map(|value| format!("{value:?}")))
    };
    let change = sentence(only(new, old), only(old, new));
    let count = |values: &Values| values.known.len() as u64 + values.more;
    change.or_else(|| {
        (count(old) != count(new)).then(|| format!("there are {} values, were {}", count(new), count(old)))
    })
}

fn sentence(came: Option<String>, went: Option<String>) -> Option<String> {
    match (came, went) {
        (None, None) => None,
        (Some(came), None) => Some(format!("{came} appeared")),
        (None, Some(went)) => Some(format!("{went} vanished")),
        (Some(came), Some(went)) => Some(format!("{came} appeared and {went} vanished")),
    }
}

fn list(entries: impl Iterator<Item = String>) -> Option<String> {
    let mut entries: Vec<String> = entries.collect();
    if entries.len() > LISTED {
        let more = entries.len() - LISTED;
        entries.truncate(LISTED);
        entries.push(format!("{more} more"));
    }
    (!entries.is_empty()).then(|| entries.join(", "))
}
