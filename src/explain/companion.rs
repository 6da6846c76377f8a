//! plan → text for one companion alert: when it fires, its texts, and what it silences.

use super::{WIDTH, accepted, wrapped};
use crate::plan::{Companion, Rule, SilencingAlert};
use crate::promql::pretty;
use crate::vocabulary::Severity;

/// The output of `slowburn explain service/alert`.
pub fn explain_companion(companion: &Companion, rule: &Rule) -> String {
    let Companion { service, name, .. } = companion;
    let mut page = format!("{service}/{name}\n");
    if let Some(description) = &companion.description {
        page += &wrapped("", description);
    }
    page += "\nFires for every series in the result of\n";
    for line in pretty(&rule.expr, WIDTH - 2).lines() {
        page += format!("  {line}").trim_end();
        page.push('\n');
    }
    page.push('\n');
    page += &wrapped("Alert    ", &format!("{}, {}", rule.name(), asks(companion.severity)));
    page += &wrapped("Held     ", &held(companion));
    if let Some(reason) = &companion.planned {
        page += &wrapped("Planned  ", &format!("not measured yet: {reason}"));
    }
    page += &accepted(&companion.accepted);
    if let Some(runbook) = &companion.runbook {
        page += &wrapped("Runbook  ", runbook);
    }
    let labels: Vec<String> = rule.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    page += &wrapped("Labels   ", &labels.join(", "));
    page += &wrapped("Silence  ", &silence(companion));
    if let Some(SilencingAlert { name, silenced, length, .. }) = &companion.silencing {
        let verb = if silenced.len() == 1 { "stays" } else { "stay" };
        page += &wrapped(
            "After    ",
            &format!(
                "{} {verb} silenced by {name}, which notifies nobody, for at most {length}: windows still contain the \
                 outage, and events are counted again only some evaluations later",
                silenced.iter().map(|alert| alert.name.as_str()).collect::<Vec<_>>().join(", ")
            ),
        );
    }
    page
}

fn asks(severity: Severity) -> &'static str {
    match severity {
        Severity::Page => "a page: it asks a person to act now",
        Severity::Ticket => "a ticket: it asks a person to act within days",
    }
}

fn held(companion: &Companion) -> String {
    let fires = match companion.hold {
        Some(hold) => format!("it fires when this has been true for {hold}"),
        None => "it fires at the first evaluation in which this is true".to_owned(),
    };
    let stops = match (companion.keep_firing_for, companion.hold) {
        (Some(kept), _) => {
            format!("stops when this has been false for {kept}, so a flapping target does not stop it")
        }
        (None, Some(_)) => "stops as soon as this is false".to_owned(),
        (None, None) => "stops at the first in which it is false".to_owned(),
    };
    format!("{fires}, and {stops}")
}

fn silence(companion: &Companion) -> String {
    let (service, name) = (&companion.service, &companion.name);
    let alone = match (&companion.same_as, companion.down, companion.severity) {
        (_, true, Severity::Page) => format!(
            "while it fires, alerts of {service}'s SLOs are silenced, and of services that need {service} by `dependencies`"
        ),
        (_, true, Severity::Ticket) => format!(
            "while it fires, tickets of {service}'s SLOs are silenced, and of services that need {service} by `dependencies`"
        ),
        (Some(slo), false, Severity::Page) => format!(
            "{service}/{slo} reports the same failure: while that pages, {name} is silenced; while {name} fires, its ticket is"
        ),
        (Some(slo), false, Severity::Ticket) => {
            format!("{service}/{slo} reports the same failure: while that alerts, {name} is silenced")
        }
        (None, false, _) => "it silences nothing".to_owned(),
    };
    let needs = "a service that it needs is down";
    match companion.independent {
        true => format!("{alone}; it notifies even while {needs}"),
        false => format!("{alone}; it is silenced while {needs}"),
    }
}
