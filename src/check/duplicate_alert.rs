//! Two SLOs, or an SLO and a companion alert, whose alerts have the same name. SLOs are compared as if both had all alerts: if their alerts have the
//! same name, their runbooks have the same file name.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::derive::{alert_name, budget_alert_name, made_alert_name, missing_name};
use crate::diagnostic::{Code, Problem};
use crate::facts::{Facts, SloFacts};
use crate::model::{Service, Slo};
use crate::source::Span;
use crate::vocabulary::Severity;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    let model = facts.model;
    let mut services: BTreeMap<String, (&Service, Span)> = BTreeMap::new();
    let mut promises: BTreeMap<String, (&Service, &Slo)> = BTreeMap::new();
    let mut alerts: BTreeMap<String, (&Service, &Slo)> = BTreeMap::new();
    for service in &model.services {
        let Some(place) = service.slos.first().map(|slo| slo.places.name) else { continue };
        if service.missing_events.is_some() {
            let name = missing_name(service);
            if let Some((other, first)) = services.get(&name) {
                problems.push(collision(&name, place, *first, [other.name.as_str(), service.name.as_str()]));
                continue;
            }
            services.insert(name, (service, place));
        }
        for slo in &service.slos {
            let any = made_alert_name(service, slo, Severity::Page);
            if let Some((other_service, other)) = promises.get(&any) {
                let full = |service: &Service, slo: &Slo| format!("{}/{}", service.name, slo.name);
                let both = [full(other_service, other), full(service, slo)];
                let both = [both[0].as_str(), both[1].as_str()];
                problems.push(collision(&any, slo.places.name, other.places.name, both));
                continue;
            }
            promises.insert(any, (service, slo));
            let severities: Vec<Severity> = (Severity::ALL.into_iter())
                .filter(|severity| slo.tiers.iter().any(|tier| tier.severity == *severity))
                .collect();
            let labels = Severity::ALL.map(|severity| &model.project.severities.get(severity).label);
            if let (Some(name), 2, true) = (&slo.alert_name, severities.len(), labels[0] == labels[1]) {
                let headline =
                    format!("`{name}` is a page and a ticket, and both have `severity: {}`", labels[0]);
                problems.push(
                    Problem::error(Code::DuplicateAlert, slo.places.alert_name, headline)
                        .label("nothing tells the two alerts apart")
                        .help("write another `label` for one of the two `severities` in the project file, or remove `alert_name`"),
                );
            }
            let burns = severities.into_iter().map(|severity| alert_name(service, slo, severity));
            let lines = slo.budget_alerts.iter().map(|alert| budget_alert_name(service, slo, alert.line));
            for name in burns.chain(lines) {
                match alerts.entry(name) {
                    Entry::Vacant(entry) => drop(entry.insert((service, slo))),
                    Entry::Occupied(entry) => {
                        problems.extend(chosen_twice(entry.key(), *entry.get(), (service, slo)))
                    }
                }
            }
        }
    }
    let full = |service: &Service, name: &str| format!("{}/{name}", service.name);
    let mut known: BTreeMap<String, (String, Span)> = BTreeMap::new();
    known.extend(
        alerts
            .into_iter()
            .map(|(name, (service, slo))| (name, (full(service, slo.name.as_str()), named_at(slo)))),
    );
    for (name, (service, place)) in services {
        let own = service.name.to_string();
        match known.get(&name) {
            Some((other, first)) => {
                problems.push(
                    duplicate_alert(&name, *first, place, [&own, other]).help("write another `alert_name`"),
                );
            }
            None => drop(known.insert(name, (own, place))),
        }
    }
    let chosen: BTreeSet<&str> =
        model.slos().filter_map(|slo| slo.alert_name.as_ref()).map(|name| name.as_str()).collect();
    for facts in &facts.services {
        for (companion, alert) in &facts.companions {
            let name = &alert.name;
            let own = full(facts.service, companion.name.as_str());
            match known.get(name) {
                Some((other, first)) if chosen.contains(name.as_str()) => {
                    let problem = duplicate_alert(name, *first, companion.places.name, [&own, other]);
                    problems.push(problem.help("write another `alert_name`"));
                }
                Some((other, first)) => {
                    problems.push(collision(name, companion.places.name, *first, [other, &own]));
                }
                None => drop(known.insert(name.clone(), (own, companion.places.name))),
            }
        }
    }
    for (service, SloFacts { slo, silencing, .. }) in facts.slos() {
        let Some(silencing) = silencing else { continue };
        if let Some((other, place)) = known.get(&silencing.name) {
            let own = format!("{} (aftermath)", full(service, slo.name.as_str()));
            problems.push(collision(&silencing.name, *place, slo.places.name, [other, &own]));
        }
    }
    for facts in &facts.services {
        for (companion, alert) in &facts.companions {
            let Some(silencing) = &alert.silencing else { continue };
            if let Some((other, place)) = known.get(&silencing.name) {
                let own = format!("{} (aftermath)", full(facts.service, companion.name.as_str()));
                problems.push(collision(&silencing.name, *place, companion.places.name, [other, &own]));
            }
        }
    }
}

/// The place that decides the names of its alerts.
fn named_at(slo: &Slo) -> Span {
    if slo.alert_name.is_some() { slo.places.alert_name } else { slo.places.name }
}

/// The problem of two promises with the same alert names. It is intended if one setting names both: a service, the project, or an SLO with several
/// objectives.
fn chosen_twice(name: &str, first: (&Service, &Slo), second: (&Service, &Slo)) -> Option<Problem> {
    let plain = |slo: &Slo| {
        let place = slo.places.alert_name;
        (place.source.plain(), place.start)
    };
    let chosen = [first.1, second.1].map(|slo| slo.alert_name.is_some());
    if std::ptr::eq(first.1, second.1) || (chosen == [true, true] && plain(first.1) == plain(second.1)) {
        return None;
    }
    let [one, other] = [first, second].map(|(service, slo)| format!("{}/{}", service.name, slo.name));
    let problem = duplicate_alert(name, named_at(second.1), named_at(first.1), [&one, &other]);
    Some(problem.help(
        "write another `alert_name` for one of them; if both should share the name, write it once, in the service or in the project file",
    ))
}

fn collision(alert: &str, place: Span, first: Span, both: [&str; 2]) -> Problem {
    duplicate_alert(alert, place, first, both)
        .label("the name of an alert leaves out hyphens")
        .help("rename one of them")
}

fn duplicate_alert(alert: &str, place: Span, first: Span, [one, other]: [&str; 2]) -> Problem {
    Problem::error(
        Code::DuplicateAlert,
        place,
        format!("`{one}` and `{other}` have the same alert name, `{alert}`"),
    )
    .and(first, "the first is here")
}
