//! Inhibitions that silence nothing, because the two sides can never agree.

use std::collections::BTreeSet;

use crate::derive::causes;
use crate::diagnostic::{Code, Problem, few};
use crate::facts::{AlertFacts, Facts};
use crate::model::{Inhibition, Model};
use crate::vocabulary::Severity;

/// More such inhibitions have one common cause.
const MOST: usize = 100;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    let model = facts.model;
    let Some(alertmanager) = &model.project.alertmanager else { return };
    let alerts = facts.alerts();
    severities_with_equal_labels(model, problems);
    problems.extend(
        alertmanager.inhibitions.iter().filter_map(|inhibition| declared(inhibition, &alerts)).take(MOST),
    );
    let mut message = BTreeSet::new();
    for dependency in &model.project.dependencies {
        if !causes(dependency, facts).is_empty() || !message.insert(dependency.place) {
            continue;
        }
        let service = facts.service(&dependency.on);
        let slos: Vec<&str> =
            service.into_iter().flat_map(|service| &service.slos).map(|slo| slo.slo.name.as_str()).collect();
        let on = &dependency.on;
        problems.push(
            Problem::warning(
                Code::InhibitionNeverMatches,
                dependency.place,
                format!("`{on}` has no alert that says it is down"),
            )
            .label("so this dependency silences nothing")
            .help(format!("name the SLO that pages when it is down, as `{on}/SLO`: it has {}", few(&slos))),
        );
    }
}

/// The label `severity` distinguishes pages from tickets.
fn severities_with_equal_labels(model: &Model, problems: &mut Vec<Problem>) {
    let Some(alertmanager) = &model.project.alertmanager else { return };
    let [page, ticket] = Severity::ALL.map(|severity| &model.project.severities.get(severity).label);
    if page == ticket {
        problems.push(
            Problem::error(Code::InhibitionNeverMatches, alertmanager.place, "pages and tickets have the same label")
                .label(format!("both have `severity: {page}`, so no page can silence its ticket"))
                .help("give them different values: `severities: { page: { label: critical }, ticket: { label: warning } }`"),
        );
    }
}

fn declared(inhibition: &Inhibition, alerts: &[&AlertFacts]) -> Option<Problem> {
    let of = |matching| -> Vec<&AlertFacts> {
        alerts.iter().copied().filter(|alert| alert.sometimes(matching)).collect()
    };
    let (sources, silenced) = (of(&inhibition.source), of(&inhibition.silenced));
    if silenced.is_empty() {
        let headline = "this silences no alert of these definitions";
        return sources.is_empty().then(|| {
            Problem::warning(Code::InhibitionNeverMatches, inhibition.place, headline)
                .label("no alert matches `while`, and no alert matches `silence`")
                .help("if it is for alerts of other rule files, keep it")
        });
    }
    let (label, place) =
        inhibition.equal.iter().find(|(label, _)| !can_be_equal(label, &sources, &silenced))?;
    let carried = |alerts: &[&AlertFacts]| alerts.iter().any(|alert| alert.carries(label));
    let problem = Problem::error(
        Code::InhibitionNeverMatches,
        *place,
        format!("`{label}` never has the same value on both sides"),
    );
    let problem = match (carried(&silenced), sources.is_empty() || carried(&sources)) {
        (false, _) => problem.label(format!("no alert that matches `silence` has the label `{label}`")),
        (true, false) => problem.label(format!("no alert that matches `while` has the label `{label}`")),
        (true, true) => problem.label("its values on the two sides are different"),
    };
    let shared: Vec<&str> = silenced
        .first()
        .map(|alert| {
            alert
                .labels
                .keys()
                .map(String::as_str)
                .filter(|label| ["service", "component"].contains(label))
                .collect()
        })
        .unwrap_or_default();
    Some(match shared.is_empty() {
        true => problem.help("remove it: alerts of SLOs are sums over all targets"),
        false => problem
            .help(format!(
                "alerts of SLOs are sums over all targets: compare a label that they have, such as {}",
                few(&shared)
            ))
            .help("or remove it, and select the alerts under `while` and `silence`"),
    })
}

/// Whether alerts of both sides may have the same value. Alerts of other tools may have any value.
fn can_be_equal(label: &str, sources: &[&AlertFacts], silenced: &[&AlertFacts]) -> bool {
    if sources.is_empty() {
        return silenced.iter().any(|silenced| silenced.carries(label));
    }
    // The known values, whether some alerts have an unknown value, and whether some have none.
    fn values<'a>(label: &str, alerts: &'a [&AlertFacts]) -> (BTreeSet<&'a str>, bool, bool) {
        let known = alerts.iter().filter_map(|alert| alert.labels.get(label)).map(String::as_str).collect();
        let unknown = |carried| {
            alerts.iter().any(|alert| !alert.labels.contains_key(label) && alert.carries(label) == carried)
        };
        (known, unknown(true), unknown(false))
    }
    let (one, any, none) = values(label, sources);
    let (other, any_other, no_other) = values(label, silenced);
    !one.is_disjoint(&other)
        || any && (any_other || !other.is_empty())
        || any_other && !one.is_empty()
        || none && no_other
}
