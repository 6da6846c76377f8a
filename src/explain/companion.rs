//! plan → text for one companion alert: when it fires, its texts, and what it silences.

use super::{WIDTH, accepted, wrapped};
use crate::plan::{Aftermath, Companion, Rule};
use crate::promql::pretty;
use crate::vocabulary::Severity;

/// A companion alert as `slowburn explain service/alert` tells it.
pub fn explain_companion(companion: &Companion, rule: &Rule) -> String {
    let Companion { service, name, .. } = companion;
    let mut page = format!("{service}/{name}\n");
    if let Some(description) = &companion.description {
        page += &wrapped("", description);
    }
    page += "\nFires for every series that this answers\n";
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
    if let Some(Aftermath { name, silenced, length, .. }) = &companion.aftermath {
        let verb = if silenced.len() == 1 { "stays" } else { "stay" };
        page += &wrapped(
            "After    ",
            &format!(
                "{} {verb} silent until it is over, for {length} at most, by {name}, of which nobody is told: windows still \
                 hold the outage, and events are counted again only some evaluations later",
                silenced.iter().map(|alert| alert.name.as_str()).collect::<Vec<_>>().join(", ")
            ),
        );
    }
    page
}

fn asks(severity: Severity) -> &'static str {
    match severity {
        Severity::Page => "a page: it wants somebody now",
        Severity::Ticket => "a ticket: it wants somebody within days",
    }
}

fn held(companion: &Companion) -> String {
    let fires = match companion.hold {
        Some(hold) => format!("it fires once this has held for {hold}"),
        None => "it fires at the first look that sees it".to_owned(),
    };
    let stops = match (companion.keep_firing_for, companion.hold) {
        (Some(kept), _) => {
            format!("stops when it has not held for {kept}, so a flapping target does not stop it")
        }
        (None, Some(_)) => "stops as soon as it does not".to_owned(),
        (None, None) => "stops at the first that does not".to_owned(),
    };
    format!("{fires}, and {stops}")
}

fn silence(companion: &Companion) -> String {
    let (service, name) = (&companion.service, &companion.name);
    let alone = match (&companion.same_as, companion.down, companion.severity) {
        (_, true, Severity::Page) => format!(
            "while it fires, the SLOs of {service} are silent, and what needs {service} by `dependencies`"
        ),
        (_, true, Severity::Ticket) => format!(
            "while it fires, the tickets of {service}'s SLOs are silent, and of what needs {service} by `dependencies`"
        ),
        (Some(slo), false, Severity::Page) => format!(
            "{service}/{slo} speaks of the same: while that pages, {name} is silent; while {name} fires, its ticket is"
        ),
        (Some(slo), false, Severity::Ticket) => {
            format!("{service}/{slo} speaks of the same: while that alerts, {name} is silent")
        }
        (None, false, _) => "it silences nothing".to_owned(),
    };
    let needs = "something that the service needs is down";
    match companion.independent {
        true => format!("{alone}; it is told even while {needs}"),
        false => format!("{alone}; it is silent while {needs}"),
    }
}
