//! A difference for programs.
//!
//! The field names, the kinds and the weights are stable; new ones may be added. The words are for people and may change.

use serde::Serialize;

use super::{Flaw, Page};
use crate::difference::{Amounts, Change};
use crate::inert;

#[derive(Serialize)]
struct Report<'a> {
    old: Side<'a>,
    new: Side<'a>,
    same: bool,
    summary: String,
    changes: Vec<Item<'a>>,
    amounts: BeforeAfter,
    problems: &'a [Flaw<'a>],
}

#[derive(Serialize)]
struct Side<'a> {
    name: &'a str,
    complete: bool,
}

#[derive(Serialize)]
struct Item<'a> {
    kind: &'a str,
    weight: &'a str,
    subjects: &'a [String],
    said: String,
    before: Option<&'a str>,
    after: Option<&'a str>,
    warning: Option<String>,
    effects: Vec<Effect<'a>>,
}

#[derive(Serialize)]
struct Effect<'a> {
    said: String,
    subjects: &'a [String],
}

#[derive(Serialize)]
struct BeforeAfter {
    before: Counts,
    after: Counts,
}

#[derive(Serialize)]
struct Counts {
    services: usize,
    slos: usize,
    page_alerts: usize,
    ticket_alerts: usize,
    recorded_series: usize,
    evaluations_per_hour: usize,
    raw_reads_per_hour: usize,
}

pub(super) fn render(page: &Page) -> String {
    let difference = page.difference;
    let report = Report {
        old: Side { name: page.old, complete: !page.fails("old") },
        new: Side { name: page.new, complete: !page.fails("new") },
        same: difference.is_empty(),
        summary: difference.summary(),
        changes: difference.changes.iter().map(item).collect(),
        amounts: BeforeAfter { before: counts(&difference.before), after: counts(&difference.after) },
        problems: &page.flaws,
    };
    inert::pretty(&report)
}

fn item(change: &Change) -> Item<'_> {
    Item {
        kind: change.kind.as_str(),
        weight: change.weight().as_str(),
        subjects: &change.subjects,
        said: change.text.to_string(),
        before: change.before.as_deref(),
        after: change.after.as_deref(),
        warning: change.warning.as_ref().map(ToString::to_string),
        effects: change
            .effects
            .iter()
            .map(|effect| Effect { said: effect.text.to_string(), subjects: &effect.subjects })
            .collect(),
    }
}

fn counts(amounts: &Amounts) -> Counts {
    Counts {
        services: amounts.services,
        slos: amounts.slos,
        page_alerts: amounts.pages,
        ticket_alerts: amounts.tickets,
        recorded_series: amounts.recorded,
        evaluations_per_hour: amounts.evaluations,
        raw_reads_per_hour: amounts.raw_reads,
    }
}
