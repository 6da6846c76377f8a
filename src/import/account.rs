//! The effects of a migration, for each SLO: what stays, what is measured better, and what changes for the people who are notified.

use super::draft::{Draft, Policy};
use super::file::{Lines, labels, rounded, why};
use super::gather::{FileContents, Service, Slo, recorded_as};
use super::measure::{Measured, Part};
use crate::vocabulary::{Decimal, Period, Severity};

/// Longest line.
const WIDTH: usize = 110;

/// The rows of one SLO: what stays, what is better, what changes.
type Rows = [Vec<String>; 3];

const TITLES: [&str; 3] = ["stays", "better", "changes"];

/// The effects for all SLOs. What is true for all of them is written once, at the end.
pub fn account(gathered: &FileContents, lines: &Lines) -> String {
    let slos =
        || gathered.services.iter().flat_map(|service| service.slos.iter().map(move |slo| (service, slo)));
    let rows: Vec<Rows> = slos()
        .map(|(service, slo)| [unchanged_rows(slo), improved_rows(slo), changed_rows(service, slo, gathered)])
        .collect();
    let shared: Rows = match rows.split_first() {
        Some((first, rest)) if !rest.is_empty() => [0, 1, 2].map(|row| {
            let everywhere =
                |sentence: &&String| row > 0 && rest.iter().all(|rows| rows[row].contains(sentence));
            first[row].iter().filter(everywhere).cloned().collect()
        }),
        Some(_) | None => Rows::default(),
    };
    let mut text = String::new();
    let mut block = |title: String, rows: &Rows, without: &Rows| {
        let rows = [0, 1, 2].map(|row| -> Vec<String> {
            rows[row].iter().filter(|sentence| !without[row].contains(sentence)).cloned().collect()
        });
        text += &title;
        text.push('\n');
        for (row, title) in rows.iter().zip(TITLES) {
            self::row(&mut text, title, row);
        }
        text.push('\n');
    };
    for ((service, slo), rows) in slos().zip(&rows) {
        let draft = &slo.draft;
        // A different name is listed with both names.
        let was = match slo.name.as_str() == draft.name.text {
            true => String::new(),
            false => format!("`{}` of ", draft.name.text),
        };
        let from = format!("{was}{} in {}", draft.tool, lines.place(draft.place));
        block(format!("{}/{}, from {from}", service.name, slo.name), rows, &shared);
    }
    if shared.iter().any(|row| !row.is_empty()) {
        block("all of them".to_owned(), &shared, &Rows::default());
    }
    for (draft, missing) in gathered.services.iter().flat_map(|service| &service.left_out) {
        text +=
            &format!("`{}` of {} in {}: left out\n", draft.name.text, draft.tool, lines.place(draft.place));
        row(&mut text, "why", &[why(missing)]);
        text.push('\n');
    }
    text.truncate(text.trim_end_matches('\n').len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// What does not change.
fn unchanged_rows(slo: &Slo) -> Vec<String> {
    let draft = &slo.draft;
    let measured = match &slo.measured {
        Measured::Events(parts) => match (parts[0].0, parts[1].0) {
            (Part::Total, Part::Good) => "it counts good events and all events",
            (Part::Total, _) => "it counts bad events and all events",
            _ => "it counts good events and bad events",
        },
        Measured::Latency { success, .. } if !success.is_empty() => {
            "it counts events that are fast and successful, with the same histogram"
        }
        Measured::Latency { .. } => "it counts events below the threshold, with the same histogram",
        Measured::Condition(_) => "it watches the same condition",
        Measured::Probe(_) => "it watches the same gauge, which is 1 while all is well",
        Measured::Ratio(_) => "it watches the same ratio",
    };
    let mut stays = vec![
        format!("the objective {} over {}", draft.objective, period(&draft.period)),
        measured.to_owned(),
    ];
    if let Some(slice) = &draft.slice {
        stays.push(format!("slices of {}, good from {} on", slice.length, slice.objective));
    }
    if !draft.by.is_empty() {
        stays.push(format!("one promise for each value of {}", labels(draft)));
    }
    stays
}

fn period(period: &Period) -> String {
    match period {
        Period::Rolling(length) => length.to_string(),
        Period::Calendar(unit, zone) => format!("a calendar {} in {}", unit.as_str(), zone.name()),
    }
}

/// What is measured better, with an example that can be checked by hand.
fn improved_rows(slo: &Slo) -> Vec<String> {
    let mut better = slo.draft.account.better.clone();
    let counted = matches!(slo.measured, Measured::Events(_) | Measured::Latency { native: false, .. });
    if counted {
        better.push(
            "a new counter that starts with 3 errors: `rate` and `increase` miss all 3, slowburn counts them"
                .to_owned(),
        );
    }
    better
}

/// An example of an hour at night, as the mean of ratios and as counted events: 12 hours with a hundredth of the traffic of the other 12.
pub fn night_example(draft: &Draft) -> Option<String> {
    let Period::Rolling(length) = &draft.period else { return None };
    let hours = Decimal::from(length.secs() / 3600);
    let days = hours / Decimal::from(24);
    if days < Decimal::ONE {
        return None;
    }
    let budget = draft.objective.budget().ratio();
    let averaged = Decimal::ONE / hours / budget;
    let events = Decimal::ONE / (days * Decimal::from(12 * 101)) / budget;
    Some(format!(
        "the ratio of the period was a mean of ratios: an hour of outage at night, with a hundredth of the day's traffic, took {} of the budget; counted in events it takes {}",
        rounded(averaged),
        rounded(events)
    ))
}

/// What changes for the people who are notified.
fn changed_rows(service: &Service, slo: &Slo, gathered: &FileContents) -> Vec<String> {
    let draft = &slo.draft;
    let mut changes = Vec::new();
    let chosen = [&slo.alert_name, &service.alert_name, &gathered.alert_name].into_iter().flatten().next();
    let alerts: Vec<String> = Severity::ALL
        .into_iter()
        .filter(|severity| !draft.severities.get(*severity).off)
        .map(|severity| {
            let kind = if severity == Severity::Page { "Page" } else { "Ticket" };
            format!("{}{}Burn{kind}", service.name.camel(), slo.name.camel())
        })
        .collect();
    let was = draft.account.alerts.join(", ");
    match (was.is_empty(), alerts.is_empty()) {
        (true, true) => changes.push("no alert for the burn rate, as before".to_owned()),
        (false, true) => changes.push(format!("the alert {was} no longer exists")),
        (true, false) => changes.push(format!("new alerts: {}", alerts.join(", "))),
        (false, false) if chosen == Some(&was) => {
            changes.push(match alerts.len() {
                1 => format!("the alert keeps its name, {was}"),
                _ => format!("page and ticket keep the name {was}: they differ in the label `severity`"),
            });
        }
        (false, false) => changes.push(format!("alert {was} is now {}", alerts.join(" and "))),
    }
    for severity in Severity::ALL.into_iter().filter(|severity| !draft.severities.get(*severity).off) {
        let label = gathered.severities.get(severity).label.as_ref();
        if let (Some(label), None) = (label, &draft.severities.get(severity).label) {
            changes.push(format!("a {severity} now has the label `severity: {}`", label.text));
        }
        if label.is_none() {
            changes.push(format!("a {severity} now has the label `severity: {severity}`"));
        }
    }
    if !alerts.is_empty() {
        match &draft.policy {
            Policy::Workbook => {}
            Policy::Scaled => {
                changes.push("the windows are those of the SRE Workbook, scaled to the period".to_owned())
            }
            Policy::Own(..) => {}
        }
        changes.push("a single bad event pages nobody: `min_bad_events` is 2 for pages".to_owned());
    }
    if service.missing {
        changes
            .push(format!("{}EventsMissing fires when no events are counted any more", service.name.camel()));
    }
    for label in &draft.by {
        if let Some(name) = recorded_as(&label.text) {
            changes.push(format!(
                "the label `{}` of the series is called `{name}` on alerts and recorded series",
                label.text
            ));
        }
    }
    changes.extend(draft.account.changes.iter().cloned());
    changes
}

/// One row, wrapped at words.
fn row(text: &mut String, title: &str, sentences: &[String]) {
    for (index, sentence) in sentences.iter().enumerate() {
        let head = if index == 0 { title } else { "" };
        let mut line = format!("  {head:<8}");
        let start = line.len();
        for word in sentence.split(|c: char| c == ' ' || c.is_control()) {
            if line.len() > start && line.chars().count() + word.chars().count() >= WIDTH {
                text.push_str(line.trim_end());
                text.push('\n');
                line = format!("{:start$}  ", "");
            } else if line.len() > start {
                line.push(' ');
            }
            line.push_str(word);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
