//! Routes that no alert reaches.

use std::collections::BTreeSet;

use crate::derive;
use crate::diagnostic::{Code, Problem, there_are};
use crate::facts::{AlertFacts, Facts};
use crate::model::{Alertmanager, Route};
use crate::vocabulary::nearest;

/// Labels with other words for them.
const SPANISH: &[(&str, &[&str])] = &[
    ("severity", &["severidad", "gravedad", "priority", "prioridad", "level", "nivel"]),
    ("service", &["servicio", "app", "job"]),
    ("owner", &["equipo", "team", "propietario", "responsable"]),
    ("environment", &["entorno", "ambiente", "env", "stage"]),
];

/// More such routes have one common cause.
const MOST: usize = 100;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    let Some(alertmanager) = &facts.model.project.alertmanager else { return };
    let alerts = facts.alerts();
    let before = problems.len();
    for (index, route) in alertmanager.routes.iter().enumerate() {
        let mut possible = alerts.iter().copied().filter(|alert| alert.sometimes(&route.matching)).peekable();
        if possible.peek().is_none() {
            problems.push(nothing(route, &alerts));
        } else if let Some(earlier) = taken(alertmanager, index, route, possible) {
            problems.push(after(route, earlier));
        }
        if problems.len() - before == MOST {
            break;
        }
    }
}

/// The earlier route that takes the first of the alerts, if earlier routes take all alerts of this one.
fn taken<'a>(
    alertmanager: &'a Alertmanager,
    index: usize,
    route: &Route,
    possible: impl Iterator<Item = &'a AlertFacts<'a>>,
) -> Option<&'a Route> {
    let mut first = None;
    for alert in possible {
        for receiver in &route.to {
            first = first.or(Some(derive::taken(&alertmanager.routes, index, receiver, alert)?));
        }
    }
    first
}

fn after(route: &Route, earlier: &Route) -> Problem {
    let problem = Problem::error(Code::RouteUnreachable, route.place, "no alert reaches this route");
    match earlier.stop {
        true => problem
            .label("earlier routes take every alert that it matches")
            .and(earlier.place, "this route has `stop: true`")
            .help(
                "remove `stop: true` there: several routes may match one alert, and each notifies its receivers",
            )
            .help("or move this route above it"),
        false => problem
            .label("earlier routes already notify its receivers of all these alerts")
            .and(earlier.place, "for example this route")
            .help("remove it: each receiver is notified once, by the first route that names it"),
    }
}

/// The problem of a route whose labels no alert has: it names the label and the existing values.
fn nothing(route: &Route, alerts: &[&AlertFacts]) -> Problem {
    let alone = |label: &str| {
        let only = route.matching.iter().filter(|(name, _)| *name == label);
        let only = only.map(|(name, values)| (name.clone(), values.clone())).collect();
        alerts.iter().any(|alert| alert.sometimes(&only))
    };
    let headline = "no alert of these definitions matches this route";
    let Some((label, place)) = route.labels.iter().find(|(label, _)| !alone(label)) else {
        return Problem::warning(Code::RouteUnreachable, route.place, headline)
            .label("each of its labels is on some alert, but no alert has all of them")
            .help("write several routes, or remove a label");
    };
    let mut values: Vec<&str> =
        alerts.iter().filter_map(|alert| alert.labels.get(label)).map(String::as_str).collect();
    values.sort_unstable();
    values.dedup();
    let problem = Problem::warning(Code::RouteUnreachable, *place, headline);
    if values.is_empty() {
        let known: BTreeSet<&str> =
            alerts.iter().flat_map(|alert| alert.labels.keys()).map(String::as_str).collect();
        let known: Vec<&str> = known.into_iter().collect();
        let spanish = SPANISH.iter().find(|(_, words)| words.contains(&label.to_lowercase().as_str()));
        let spanish = spanish.map(|(ours, _)| *ours).filter(|ours| known.contains(ours));
        if let Some(meant) = spanish.or_else(|| nearest(label, &known)) {
            return problem.label(format!("no alert has the label `{label}`: did you mean `{meant}`?")).fix(
                format!("write `{meant}`"),
                *place,
                meant,
            );
        }
        return problem
            .label(format!("no alert has the label `{label}`"))
            .help("alerts have the labels of `labels`, of `by` and of `prometheus.external_labels`")
            .help("if it is for alerts of other rule files, keep it");
    }
    let written = route.matching.iter().find(|(name, _)| *name == label).map(|(_, values)| values);
    let patterns: Vec<&str> = written
        .into_iter()
        .flatten()
        .flat_map(|value| value.split('|'))
        .filter(|part| !part.is_empty())
        .collect();
    let problem = match written.is_some_and(|values| values.iter().any(|value| value.contains('|'))) {
        true => problem.help(format!("a value is not a pattern: write `{label}: [{}]`", patterns.join(", "))),
        false => problem,
    };
    let problem = problem.label(format!("no alert has this value of `{label}`"));
    let meant = match patterns.as_slice() {
        [one] => nearest(one, &values),
        _ => None,
    };
    match meant {
        Some(meant) => problem.help(format!("did you mean `{label}: {meant}`?")),
        None => problem.help(there_are(&values)),
    }
    .help("if it is for alerts of other rule files, keep it")
}
