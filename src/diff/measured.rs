//! Changes of the measurement. Recorded series keep their names, so for a while their sums mix old and new events.

use super::pairs::Pair;
use super::sli_text::{Part, in_short, parts, selector, what};
use crate::difference::{Change, Kind, Sentence};
use crate::model::{self, Budgeting, Kept, Sli, Slo};
use crate::vocabulary::Period;

/// The SLI, `by` and budgeting.
pub(super) fn changes(pair: &Pair) -> Vec<Change> {
    let (old, new) = (pair.old.slo, pair.new.slo);
    let subject = pair.subject();
    let mut changes = Vec::new();
    changes.extend(sli(pair));
    let names = |slo: &Slo| -> Vec<String> {
        let shown = |kept: &Kept| match kept.is_renamed() {
            true => format!("{kept} (read as {})", kept.label),
            false => kept.to_string(),
        };
        let mut by: Vec<String> = slo.by.iter().map(shown).collect();
        by.sort();
        by
    };
    let (before, after) = (names(old), names(new));
    if before != after {
        let each = |words: Sentence, by: &[String]| match by.is_empty() {
            true => words.and("all"),
            false => words.and("each value of ").list(by),
        };
        let message = each(each(Sentence::plain("one promise for "), &after).and(", was one for "), &before);
        let warning = format!(
            "each new promise starts with a full budget and without history; the old ones remain, without new events, until {}",
            until(new)
        );
        changes.push(
            Change::new(Kind::By, &subject, message)
                .values(before.join(", "), after.join(", "))
                .warn(pair.goes_on().then(|| Sentence::plain(warning))),
        );
    }
    let (before, after) = (budgeting(old), budgeting(new));
    if before != after {
        let message = Sentence::plain(format!("{after}; before: {before}"));
        changes.push(
            Change::new(Kind::Budgeting, &subject, message)
                .values(&before, &after)
                .warn(mixed("the series add up events of both kinds", pair)),
        );
    }
    changes
}

fn sli(pair: &Pair) -> Option<Change> {
    let (old, new) = (pair.old.slo, pair.new.slo);
    let (before, after) = (parts(old), parts(new));
    let threshold = match (old.threshold, new.threshold) {
        (Some(one), Some(other)) if one != other && series_of(old) == series_of(new) => Some((one, other)),
        _ => None,
    };
    if let Some((one, other)) = threshold {
        let message = Sentence::plain(format!("good below {other}, was {one}"));
        let warning = mixed("the series add up events that were judged by either limit", pair);
        return Some(Change::new(Kind::Threshold, &pair.subject(), message).values(one, other).warn(warning));
    }
    if let (Sli::Journey { parts: before }, Sli::Journey { parts: after }) = (&old.sli, &new.sli) {
        return journey(pair, before, after);
    }
    if before == after {
        return None;
    }
    if what(old) == what(new) {
        // The same histogram in another form or unit: the same events from other series.
        let message = Sentence::plain(
            "the same histogram is read in another form: classic or native, or in another unit",
        );
        return Some(Change::new(Kind::Sli, &pair.subject(), message).effects(became(&before, &after)));
    }
    let message = match metrics(old) == metrics(new) {
        true => "other events of the same metrics are counted",
        false => "something else is measured",
    };
    let message = Sentence::plain(message);
    let change = Change::new(Kind::Sli, &pair.subject(), message)
        .values(in_short(&before), in_short(&after))
        .warn(mixed("the series add up events of both meanings", pair));
    Some(change.effects(became(&before, &after)))
}

/// The parts of a journey, and the objective of each.
fn journey(pair: &Pair, before: &[model::Part], after: &[model::Part]) -> Option<Change> {
    let without = |some: &[model::Part], others: &[model::Part]| -> Vec<String> {
        let is_there = |part: &&model::Part| others.iter().any(|other| other.name() == part.name());
        some.iter().filter(|part| !is_there(part)).map(model::Part::name).collect()
    };
    let (added, removed) = (without(after, before), without(before, after));
    let judged = after.iter().filter_map(|part| {
        let was = before.iter().find(|was| was.name() == part.name())?;
        (was.objective != part.objective).then(|| {
            Sentence::plain(format!(
                "{} must reach {} in a slice, was {}",
                part.name(),
                part.objective,
                was.objective
            ))
        })
    });
    let judged: Vec<Sentence> = judged.collect();
    let message = match (added.is_empty(), removed.is_empty()) {
        (true, true) if judged.is_empty() => return None,
        (true, true) => Sentence::plain("its parts have other objectives"),
        (false, true) => Sentence::plain("it has more parts: ").list(&added),
        (true, false) => Sentence::plain("it no longer has the parts ").list(&removed),
        (false, false) => {
            Sentence::plain("its parts are now ").list(&added).and(" instead of ").list(&removed)
        }
    };
    let names = |parts: &[model::Part]| parts.iter().map(model::Part::name).collect::<Vec<_>>().join(", ");
    let change = Change::new(Kind::Sli, &pair.subject(), message)
        .values(names(before), names(after))
        .warn(mixed("the series add up slices of both journeys", pair));
    Some(change.effects(judged))
}

/// The names of recorded series are the same before and after.
fn mixed(why: &str, pair: &Pair) -> Option<Sentence> {
    let warning = || format!("until {} the budget left is a mixture: {why}", until(pair.new.slo));
    pair.goes_on().then(|| Sentence::plain(warning()))
}

/// When sums over the period no longer contain the time before.
pub(super) fn until(slo: &Slo) -> String {
    match &slo.period {
        Period::Rolling(length) => format!("{length} after this is deployed"),
        Period::Calendar(unit, _) => format!("the next {} begins", unit.as_str()),
    }
}

/// The series that are read, without their roles.
fn series_of(slo: &Slo) -> Vec<String> {
    match &slo.sli {
        Sli::Counted { histogram: Some(_), .. } => vec![what(slo)],
        Sli::Journey { parts } => parts.iter().map(model::Part::name).collect(),
        Sli::Counted { .. } | Sli::Checked { .. } | Sli::Ratio { .. } => {
            slo.readings.iter().map(|reading| selector(&reading.selector)).collect()
        }
    }
}

/// The metrics that are read.
pub(super) fn metrics(slo: &Slo) -> Vec<String> {
    let mut names: Vec<String> =
        slo.readings.iter().filter_map(|reading| reading.selector.name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn budgeting(slo: &Slo) -> String {
    match &slo.budgeting {
        Budgeting::Timeslices { length, .. } if !slo.parts().is_empty() => {
            format!("every moment counts, and is good if every part was good in the {length} before it")
        }
        Budgeting::Occurrences => "every event counts on its own".to_owned(),
        Budgeting::Timeslices { length, objective } => {
            format!("every moment counts, and is good if {objective} of the {length} before it were good")
        }
    }
}

fn became(before: &[Part], after: &[Part]) -> Vec<Sentence> {
    let missing = |part: &&Part, others: &[Part]| !others.iter().any(|other| other.0 == part.0);
    let mut sentences = Vec::new();
    for (name, text) in after {
        match before.iter().find(|part| part.0 == *name) {
            Some((_, was)) if was == text => {}
            Some((_, was)) => {
                sentences.push(Sentence::plain(format!("{name}: ")).quote(text).and(", was ").quote(was))
            }
            None => sentences.push(Sentence::plain(format!("{name}: ")).quote(text)),
        }
    }
    for (name, text) in before.iter().filter(|part| missing(part, after)) {
        sentences.push(Sentence::plain(format!("no longer {name}: ")).quote(text));
    }
    sentences
}
