//! Inhibitions: which alerts silence which, so that one problem is one notification.
//!
//! **Invariant:** an alert never silences a more severe one, and a label in `equal` is on all alerts of both sides, or on none.

use std::collections::{BTreeMap, BTreeSet};

use super::matchers::matchers;
use super::series::PART;
use crate::derive::{causes, external, piece};
use crate::facts::{AlertFacts, Facts};
use crate::model::{Dependency, Model};
use crate::plan::{BELOW, InhibitionReason, Matcher, PlannedInhibition};
use crate::vocabulary::{Name, Severity};

/// All inhibitions: a page over its ticket, a dependency that is down over its dependants, and those of the author.
pub(super) fn all(facts: &Facts) -> Vec<PlannedInhibition> {
    let (model, alerts) = (facts.model, &facts.alerts()[..]);
    let mut all = vec![page_over_ticket(model, alerts)];
    all.extend(burn_over_budget(model, alerts));
    all.extend(lines(model, alerts));
    all.extend(dependencies(facts));
    all.extend(companions(facts));
    all.extend(journeys(facts));
    for declared in model.project.alertmanager.iter().flat_map(|alertmanager| &alertmanager.inhibitions) {
        all.push(PlannedInhibition {
            why: InhibitionReason::Declared,
            source: matchers(&piece(&declared.source)),
            target: matchers(&piece(&declared.silenced)),
            equal: declared.equal.iter().map(|(label, _)| label.clone()).collect(),
        });
    }
    all
}

fn severity(model: &Model, severity: Severity) -> Matcher {
    is("severity", [model.project.severities.get(severity).label.as_str()])
}

/// The matchers of these alerts: one set for all that have names of their own, and one set for each of the others.
fn these<'a>(alerts: impl IntoIterator<Item = &'a AlertFacts<'a>>) -> Vec<Vec<Matcher>> {
    let (mut alone, mut apart) = (Vec::new(), BTreeSet::new());
    for alert in alerts {
        if !alert.apart.is_empty() {
            apart.insert((alert.name.as_str(), &alert.apart));
        } else if !alone.contains(&alert.name.as_str()) {
            alone.push(alert.name.as_str());
        }
    }
    let alone = (!alone.is_empty()).then(|| vec![is("alertname", alone)]);
    let apart = apart.into_iter().map(|(name, labels)| {
        let labels = labels.iter().map(|(label, value)| is(label, [value.as_str()]));
        [is("alertname", [name])].into_iter().chain(labels).collect()
    });
    alone.into_iter().chain(apart).collect()
}

/// The same, sorted by name.
fn sorted<'a>(alerts: impl IntoIterator<Item = &'a AlertFacts<'a>>) -> Vec<Vec<Matcher>> {
    let mut alerts: Vec<&AlertFacts> = alerts.into_iter().collect();
    alerts.sort_by_key(|alert| &alert.name);
    these(alerts)
}

fn is<'a>(label: &str, values: impl IntoIterator<Item = &'a str>) -> Matcher {
    let values = values.into_iter().map(str::to_owned).collect();
    Matcher { label: label.to_owned(), negative: false, values }
}

/// One rule for all SLOs: `equal` lists the labels of every `by`, and Alertmanager treats a label that both sides lack as equal. For the same reason
/// the rule excludes alerts without `slo`: all alerts of a service without it would be equal.
fn page_over_ticket(model: &Model, alerts: &[&AlertFacts]) -> PlannedInhibition {
    let any = Matcher { label: "slo".to_owned(), negative: true, values: vec![String::new()] };
    let mut source = vec![severity(model, Severity::Page), any.clone()];
    // A budget can be low for weeks, so a budget alert silences no other alerts.
    if alerts.iter().any(|alert| alert.line.is_some() && alert.severity == Severity::Page) {
        source.push(is(BELOW, [""]));
    }
    PlannedInhibition {
        why: InhibitionReason::PageOverTicket,
        source,
        target: vec![severity(model, Severity::Ticket), any],
        equal: same_promise(model),
    }
}

/// A burn page silences the page of the budget of its SLO.
fn burn_over_budget(model: &Model, alerts: &[&AlertFacts]) -> Option<PlannedInhibition> {
    let pages = alerts.iter().any(|alert| alert.line.is_some() && alert.severity == Severity::Page);
    let page = severity(model, Severity::Page);
    pages.then(|| PlannedInhibition {
        why: InhibitionReason::BurnOverBudget,
        source: vec![page.clone(), is(BELOW, [""])],
        target: vec![page, Matcher { negative: true, ..is(BELOW, [""]) }],
        equal: same_promise(model),
    })
}

/// Labels that are equal on all alerts of one promise.
fn same_promise(model: &Model) -> Vec<String> {
    let mut by: BTreeSet<String> = external(model).into_iter().collect();
    for slo in model.slos() {
        by.extend(slo.by.iter().map(ToString::to_string));
    }
    ["service", "slo"].map(str::to_owned).into_iter().chain(by).collect()
}

/// The alert of a lower line silences the tickets of the lines above it: only tickets, because an alert never silences a more severe one.
fn lines(model: &Model, alerts: &[&AlertFacts]) -> Vec<PlannedInhibition> {
    let all: BTreeSet<_> = alerts.iter().filter_map(|alert| alert.line).collect();
    let all: Vec<String> = all.into_iter().map(|line| line.to_string()).collect();
    let one = |(index, line): (usize, &String)| {
        let above: Vec<&str> = all[index + 1..].iter().map(String::as_str).collect();
        (!above.is_empty()).then(|| PlannedInhibition {
            why: InhibitionReason::LowerLine,
            source: vec![is(BELOW, [line.as_str()])],
            target: vec![is(BELOW, above), severity(model, Severity::Ticket)],
            equal: same_promise(model),
        })
    };
    all.iter().enumerate().filter_map(one).collect()
}

/// Everything that depends on a cause, directly or not; with the highest severity that is silenced there.
type Dependants<'a> = BTreeMap<&'a Name, Severity>;

/// The dependencies on each service.
type NeededBy<'a> = BTreeMap<&'a Name, Vec<&'a Dependency>>;

/// One rule per cause and per set of labels that both sides have.
fn dependencies(facts: &Facts) -> Vec<PlannedInhibition> {
    let edges = &facts.model.project.dependencies;
    let mut needed_by: NeededBy = BTreeMap::new();
    let mut broken: BTreeMap<(&Name, Option<&Name>), &Dependency> = BTreeMap::new();
    for edge in edges {
        broken.entry((&edge.on, edge.slo.as_ref())).or_insert(edge);
        needed_by.entry(&edge.on).or_default().push(edge);
    }
    let mut rules: Vec<PlannedInhibition> = Vec::new();
    for edge in broken.into_values() {
        let dependants = dependants(edge, &needed_by);
        for (labels, sources) in by_labels(causes(edge, facts)) {
            let of = |severity: Severity| -> Vec<&AlertFacts> {
                sources.iter().copied().filter(|source| source.severity == severity).collect()
            };
            let needing = |most: &[Severity]| -> Vec<&Name> {
                dependants
                    .iter()
                    .filter(|(_, loudest)| most.contains(loudest))
                    .map(|(name, _)| *name)
                    .collect()
            };
            let (page, ticket) = (Severity::Page, Severity::Ticket);
            let mut add = |sources: &[&AlertFacts], targets: &[&Name], tickets: bool| {
                rules.extend(rule(facts, edge, &labels, sources, targets, tickets));
            };
            // Pages silence as much as the dependency says. Tickets silence only tickets.
            add(&of(page), &needing(&[page]), false);
            add(&of(page), &needing(&[ticket]), true);
            add(&of(ticket), &needing(&[page, ticket]), true);
        }
    }
    rules
}

/// Alerts of one name, grouped by the labels that distinguish them.
fn by_labels<'a>(alerts: Vec<&'a AlertFacts<'a>>) -> BTreeMap<BTreeSet<String>, Vec<&'a AlertFacts<'a>>> {
    let mut groups: BTreeMap<BTreeSet<String>, Vec<&AlertFacts>> = BTreeMap::new();
    for alert in alerts {
        groups.entry(alert.by.iter().cloned().collect()).or_default().push(alert);
    }
    groups
}

/// What depends on the service that `cause` names: a chain silences no more than its weakest link.
fn dependants<'a>(cause: &Dependency, needed_by: &NeededBy<'a>) -> Dependants<'a> {
    let mut found: Dependants = BTreeMap::new();
    let needing = |name| needed_by.get(name).into_iter().flatten();
    let direct = needing(&cause.on).filter(|edge| edge.slo == cause.slo);
    let mut left: Vec<(&Name, Severity)> = direct.map(|edge| (&edge.service, edge.silences)).collect();
    while let Some((name, most)) = left.pop() {
        // `Page` is more severe, but smaller in the order of the type.
        if *name == cause.on || found.get(name).is_some_and(|known| *known <= most) {
            continue;
        }
        found.insert(name, most);
        left.extend(needing(name).map(|edge| (&edge.service, edge.silences.max(most))));
    }
    found
}

fn rule(
    facts: &Facts,
    cause: &Dependency,
    by: &BTreeSet<String>,
    sources: &[&AlertFacts],
    targets: &[&Name],
    tickets: bool,
) -> Vec<PlannedInhibition> {
    if sources.is_empty() || targets.is_empty() {
        return Vec::new();
    }
    let mut shared: BTreeMap<Vec<String>, Vec<Vec<Matcher>>> = BTreeMap::new();
    let (apart, alerts): (Vec<&AlertFacts>, Vec<&AlertFacts>) =
        targets.iter().flat_map(|name| facts.alerts_of(name)).partition(|alert| alert.independent);
    if by.is_empty() {
        let mut target = vec![is("service", targets.iter().map(|name| name.as_str()))];
        if !apart.is_empty() {
            let names: BTreeSet<&str> = apart.iter().map(|alert| alert.name.as_str()).collect();
            target.push(Matcher { negative: true, ..is("alertname", names) });
        }
        shared.insert(Vec::new(), vec![target]);
    } else {
        let mut groups: BTreeMap<Vec<String>, Vec<&AlertFacts>> = BTreeMap::new();
        for alert in alerts {
            let both = alert.by.iter().filter(|label| by.contains(*label)).cloned().collect();
            if !tickets || alert.severity == Severity::Ticket {
                groups.entry(both).or_default().push(alert);
            }
        }
        shared.extend(groups.into_iter().map(|(both, alerts)| (both, sorted(alerts))));
    }
    let sources = sorted(sources.iter().copied());
    let mut rules = Vec::new();
    for (both, targets) in shared {
        for mut target in targets {
            if tickets && !target.iter().any(|matcher| matcher.label == "severity") {
                target.push(severity(facts.model, Severity::Ticket));
            }
            let mut equal = external(facts.model);
            equal.extend(both.iter().cloned());
            let why = InhibitionReason::Down { service: cause.on.to_string() };
            rules.extend(between(&why, &sources, &[target], &equal));
        }
    }
    rules
}

/// One rule for each source and target.
fn between(
    why: &InhibitionReason,
    sources: &[Vec<Matcher>],
    targets: &[Vec<Matcher>],
    equal: &[String],
) -> Vec<PlannedInhibition> {
    let pairs = targets.iter().flat_map(|target| sources.iter().map(move |source| (source, target)));
    let rule = |(source, target): (&Vec<Matcher>, &Vec<Matcher>)| PlannedInhibition {
        why: why.clone(),
        source: source.clone(),
        target: target.clone(),
        equal: equal.to_vec(),
    };
    pairs.map(rule).collect()
}

/// A page or a ticket of a part silences the ticket of its journey. If the journey paged first, it silences the pages of its parts: see `journey_pages`.
fn journeys(facts: &Facts) -> Vec<PlannedInhibition> {
    let mut rules = Vec::new();
    let external = external(facts.model);
    for (service, journey) in facts.slos().filter(|(_, facts)| !facts.slo.parts().is_empty()) {
        let (service, slo) = (service.name.to_string(), journey.slo.name.to_string());
        let why = InhibitionReason::Journey { service: service.clone(), slo: slo.clone() };
        for severity in Severity::ALL {
            let sources = sorted(journey.failing_parts.iter().filter(|alert| alert.severity == severity));
            let targets = sorted(journey.burn(Severity::Ticket));
            rules.extend(between(&why, &sources, &targets, &external));
        }
        let Some(silencing) = &journey.silencing else { continue };
        let why = InhibitionReason::JourneyFirst { service, slo };
        for (id, part) in silencing.silenced.iter().zip(&silencing.parts) {
            let source = [vec![is("alertname", [silencing.name.as_str()]), is(PART, [part.as_str()])]];
            let parts = journey.failing_parts.iter().filter(|alert| alert.id() == *id);
            rules.extend(between(&why, &source, &these(parts), &external));
        }
    }
    rules
}

/// Companion alerts with the same meaning as an SLO.
fn companions(facts: &Facts) -> Vec<PlannedInhibition> {
    let model = facts.model;
    let mut rules = Vec::new();
    for service in &facts.services {
        let here: Vec<&AlertFacts> = service.alerts().collect();
        for (companion, alert) in &service.companions {
            if companion.down {
                rules.extend(down(model, alert, &here));
                if let Some(silencing) = &alert.silencing {
                    let why = InhibitionReason::Aftermath { service: service.service.name.to_string() };
                    let source = [vec![is("alertname", [silencing.name.as_str()])]];
                    let silenced = silencing
                        .silenced
                        .iter()
                        .flat_map(|id| here.iter().copied().filter(|known| id.is(&known.labels)));
                    let targets = these(silenced);
                    rules.extend(between(&why, &source, &targets, &external(model)));
                }
            } else if let Some(slo) = &companion.same_as {
                rules.extend(same(model, alert, slo, &here));
            }
        }
    }
    rules
}

/// A service that is down violates all its SLOs: only the alert with `down` notifies.
fn down(model: &Model, alert: &AlertFacts, here: &[&AlertFacts]) -> Vec<PlannedInhibition> {
    let of_slos = here.iter().copied().filter(|other| other.companion.is_none());
    let targets = sorted(of_slos.filter(|other| other.severity >= alert.severity));
    let why = InhibitionReason::DownItself { service: alert.service.to_string() };
    between(&why, &these([alert]), &targets, &external(model))
}

/// The SLO's alert silences a companion that is not more severe, because it says more. A companion page silences the SLO's ticket.
fn same(model: &Model, alert: &AlertFacts, slo: &Name, here: &[&AlertFacts]) -> Vec<PlannedInhibition> {
    let (louder, quieter): (Vec<&AlertFacts>, Vec<&AlertFacts>) = here
        .iter()
        .copied()
        .filter(|other| other.slo == Some(slo) && other.line.is_none())
        .partition(|other| other.severity <= alert.severity);
    let rule = |sources: &[&AlertFacts], targets: &[&AlertFacts]| {
        let mut equal = external(model);
        let by = sources.iter().chain(targets).flat_map(|alert| &alert.by);
        for label in by.filter(|label| sources.iter().chain(targets).all(|alert| alert.carries(label))) {
            if !equal.contains(label) {
                equal.push(label.clone());
            }
        }
        let why = InhibitionReason::Same { service: alert.service.to_string(), slo: slo.to_string() };
        between(&why, &these(sources.iter().copied()), &these(targets.iter().copied()), &equal)
    };
    [rule(&louder, &[alert]), rule(&[alert], &quieter)].concat()
}
