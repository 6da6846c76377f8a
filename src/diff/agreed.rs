//! Changes of the agreed time: `hours`, `except` and windows of maintenance.

use super::pairs::Pair;
use crate::difference::{Change, Kind, Sentence};
use crate::model::Maintenance;
use crate::plan::{AgreedTime, Promise};

pub(super) fn changes(pair: &Pair, old: &Promise, new: &Promise) -> Vec<Change> {
    let always = AgreedTime::default();
    let (was, is) = (old.agreed.as_ref().unwrap_or(&always), new.agreed.as_ref().unwrap_or(&always));
    let change = |message| Change::new(Kind::AgreedTime, &pair.subject(), message);
    let mut changes = Vec::new();
    let [before, after] = [was, is].map(|agreed| agreed.hours.as_ref().map(ToString::to_string));
    if before != after {
        let message = match (before, after) {
            (Some(before), Some(after)) => {
                Sentence::plain("applies ").quote(after).and(", applied ").quote(before)
            }
            (None, Some(after)) => Sentence::plain("applies only ").quote(after).and(", applied always"),
            (Some(before), _) => Sentence::plain("applies always, applied only ").quote(before),
            (None, None) => Sentence::default(),
        };
        let warning = "events that are already counted stay counted: the budget is exact one period later";
        changes.push(change(message).warn(Sentence::plain(warning)));
    }
    let (before, after) = (was.holidays(), is.holidays());
    for (less, more, word) in
        [(&before, &after, "does not apply on "), (&after, &before, "applies again on ")]
    {
        let dates: Vec<&String> = more.iter().filter(|date| !less.contains(date)).collect();
        if !dates.is_empty() {
            changes.push(change(Sentence::plain(format!("{word}{}", AgreedTime::dates(&dates)))));
        }
    }
    if was.except != is.except {
        let message = match (&was.except, &is.except) {
            (_, Some(after)) => {
                Sentence::plain("not counted while this query has a result: ").quote(after.clone())
            }
            (Some(before), None) => {
                Sentence::plain("counted again while this query has a result: ").quote(before.clone())
            }
            (None, None) => Sentence::default(),
        };
        changes.push(change(message));
    }
    for (without, with, excused) in [(was, is, true), (is, was, false)] {
        let is_new = |window: &&Maintenance| !without.maintenance.iter().any(|known| known.is_same(window));
        for window in with.maintenance.iter().filter(is_new) {
            let (from, to) = &window.words;
            let message = match excused {
                true => Sentence::plain(format!("not counted from {from} to {to}: ")),
                false => Sentence::plain(format!("counted again from {from} to {to}, was excused: ")),
            };
            let warning = match excused {
                true => "if it is over, its counted events are removed from the budget",
                false => "if it is over, its recorded events return to the budget",
            };
            changes.push(change(message.quote(window.reason.clone())).warn(Sentence::plain(warning)));
        }
    }
    changes
}
