//! Recorded series: those that end with the old rules, and those with the same name but other labels.

use std::collections::{BTreeMap, BTreeSet};

use super::OurSlo;
use crate::difference::{Change, Kind, Sentence};
use crate::foreign::Slo;
use crate::plan::RuleOutput;

/// How many names are listed.
const NAMED: usize = 60;

pub(super) fn changes(theirs: &Slo, one: OurSlo, kept: &mut Vec<Sentence>) -> Vec<Change> {
    let subject = [one.name()];
    let mut ours: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for rule in one.slo.rules() {
        if let RuleOutput::Record(name) = &rule.makes {
            let labels = ours.entry(name).or_default();
            labels.extend(rule.labels.keys().map(String::as_str));
            labels.extend(one.slo.promise.by.iter().map(String::as_str));
        }
    }
    let (mut gone, mut other): (BTreeSet<&str>, BTreeMap<Vec<&str>, BTreeSet<&str>>) = Default::default();
    for rule in &theirs.recorded {
        match ours.get(rule.name.as_str()) {
            None => {
                gone.insert(&rule.name);
            }
            Some(labels) => {
                let lost = rule.labels.keys().map(String::as_str).filter(|name| !labels.contains(name));
                let lost: Vec<&str> = lost.collect();
                if lost.is_empty() {
                    kept.push(Sentence::plain("the recorded series ").quote(&rule.name));
                } else {
                    other.entry(lost).or_default().insert(&rule.name);
                }
            }
        }
    }
    let mut changes = Vec::new();
    if !gone.is_empty() {
        let names = gone.iter().take(NAMED).map(|name| Sentence::default().quote(name));
        let more = gone.len().saturating_sub(NAMED);
        let more = (more > 0).then(|| Sentence::plain(format!("and {more} more")));
        let message = Sentence::plain(format!("{} recorded series end with the old rules", gone.len()));
        let message = if gone.len() == 1 {
            Sentence::plain("a recorded series ends with the old rules")
        } else {
            message
        };
        let warning = "dashboards and other rules that read them find no data then";
        let change = Change::new(Kind::Series, &subject, message).warn(Sentence::plain(warning));
        changes.push(change.effects(names).effects(more));
    }
    for (lost, names) in other {
        let message = Sentence::plain("recorded under the same name, without the labels ").list(lost);
        let warning = "dashboards and rules that match these labels find no data once the old rules are removed; those that match no labels find both series while both are loaded";
        let names = names.into_iter().take(NAMED).map(|name| Sentence::default().quote(name));
        changes
            .push(Change::new(Kind::Series, &subject, message).warn(Sentence::plain(warning)).effects(names));
    }
    changes
}
