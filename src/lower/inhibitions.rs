//! What is silenced while something else fires, so that one problem is one notification.
//!
//! **Invariant:** nothing silences what is louder than itself, and what is silenced carries every label that has to be equal,
//! or nothing on either side does.

use std::collections::{BTreeMap, BTreeSet};

use super::aftermath;
use super::alerts::{Known, external};
use super::matching::{matchers, piece};
use crate::model::{Dependency, Model};
use crate::plan::{BELOW, Matcher, Silenced, Why};
use crate::vocabulary::{Name, Severity};

/// All of them: the page over its ticket, what is down over what needs it, the author's own.
pub(super) fn all(model: &Model, alerts: &[Known]) -> Vec<Silenced> {
    let mut all = vec![page_over_ticket(model, alerts)];
    all.extend(burn_over_budget(model, alerts));
    all.extend(lines(model, alerts));
    all.extend(dependencies(model, alerts));
    all.extend(companions(model, alerts));
    for declared in model.project.alertmanager.iter().flat_map(|alertmanager| &alertmanager.inhibitions) {
        all.push(Silenced {
            why: Why::Declared,
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

fn is<'a>(label: &str, values: impl IntoIterator<Item = &'a str>) -> Matcher {
    let values = values.into_iter().map(str::to_owned).collect();
    Matcher { label: label.to_owned(), negative: false, values }
}

/// One rule for all SLOs: `equal` lists the labels of every `by`, and Alertmanager takes a label that is on neither side for equal.
/// For the same reason alerts without `slo` have to be left out, or everything a service says about itself would be one SLO.
fn page_over_ticket(model: &Model, alerts: &[Known]) -> Silenced {
    let any = Matcher { label: "slo".to_owned(), negative: true, values: vec![String::new()] };
    let mut source = vec![severity(model, Severity::Page), any.clone()];
    // What a budget lacks for weeks silences nothing that happens meanwhile.
    if alerts.iter().any(|alert| alert.line.is_some() && alert.severity == Severity::Page) {
        source.push(is(BELOW, [""]));
    }
    Silenced {
        why: Why::PageOverTicket,
        source,
        target: vec![severity(model, Severity::Ticket), any],
        equal: same_promise(model),
    }
}

/// A page that burns wakes for what the page of its budget would wake for.
fn burn_over_budget(model: &Model, alerts: &[Known]) -> Option<Silenced> {
    let pages = alerts.iter().any(|alert| alert.line.is_some() && alert.severity == Severity::Page);
    let page = severity(model, Severity::Page);
    pages.then(|| Silenced {
        why: Why::BurnOverBudget,
        source: vec![page.clone(), is(BELOW, [""])],
        target: vec![page, Matcher { negative: true, ..is(BELOW, [""]) }],
        equal: same_promise(model),
    })
}

/// Labels that are equal on all alerts of one promise.
fn same_promise(model: &Model) -> Vec<String> {
    let mut by: BTreeSet<String> = external(model).into_iter().collect();
    for slo in model.services.iter().flat_map(|service| &service.slos) {
        by.extend(slo.by.iter().map(ToString::to_string));
    }
    ["service", "slo"].map(str::to_owned).into_iter().chain(by).collect()
}

/// Whoever is told that less is left than a line says need not be told of the lines above: their tickets, because nothing silences what is louder.
fn lines(model: &Model, alerts: &[Known]) -> Vec<Silenced> {
    let all: BTreeSet<_> = alerts.iter().filter_map(|alert| alert.line).collect();
    let all: Vec<String> = all.into_iter().map(|line| line.to_string()).collect();
    let one = |(index, line): (usize, &String)| {
        let above: Vec<&str> = all[index + 1..].iter().map(String::as_str).collect();
        (!above.is_empty()).then(|| Silenced {
            why: Why::LowerLine,
            source: vec![is(BELOW, [line.as_str()])],
            target: vec![is(BELOW, above), severity(model, Severity::Ticket)],
            equal: same_promise(model),
        })
    };
    all.iter().enumerate().filter_map(one).collect()
}

/// What says that a service, or one promise of it, is broken.
pub fn causes<'a>(dependency: &Dependency, alerts: &'a [Known]) -> Vec<&'a Known<'a>> {
    alerts
        .iter()
        .filter(|alert| alert.service == &dependency.on)
        .filter(|alert| match &dependency.slo {
            Some(slo) => alert.slo == Some(slo) && alert.severity == Severity::Page && alert.line.is_none(),
            None => alert.down,
        })
        .collect()
}

/// Everything that needs a cause, however far; with the loudest alert of it that is silenced.
type Dependants<'a> = BTreeMap<&'a Name, Severity>;

/// One rule per cause and per set of labels that both sides carry.
fn dependencies(model: &Model, alerts: &[Known]) -> Vec<Silenced> {
    let edges = &model.project.dependencies;
    let mut causes: BTreeMap<(&Name, Option<&Name>), &Dependency> = BTreeMap::new();
    for edge in edges {
        causes.entry((&edge.on, edge.slo.as_ref())).or_insert(edge);
    }
    let mut rules: Vec<Silenced> = Vec::new();
    for edge in causes.into_values() {
        let dependants = dependants(edge, edges);
        for (labels, sources) in by_labels(self::causes(edge, alerts)) {
            let of = |severity: Severity| -> Vec<&Known> {
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
            let mut add = |sources: &[&Known], targets: &[&Name], tickets: bool| {
                rules.extend(rule(model, edge, &labels, sources, targets, tickets, alerts));
            };
            // Pages silence as much as the dependency says, tickets never more than tickets.
            add(&of(page), &needing(&[page]), false);
            add(&of(page), &needing(&[ticket]), true);
            add(&of(ticket), &needing(&[page, ticket]), true);
        }
    }
    rules
}

/// Alerts by the labels that tell them apart among those of one name.
fn by_labels<'a>(alerts: Vec<&'a Known<'a>>) -> BTreeMap<BTreeSet<String>, Vec<&'a Known<'a>>> {
    let mut groups: BTreeMap<BTreeSet<String>, Vec<&Known>> = BTreeMap::new();
    for alert in alerts {
        groups.entry(alert.by.iter().cloned().collect()).or_default().push(alert);
    }
    groups
}

/// Who needs what `cause` names: a chain silences no more than its weakest link.
fn dependants<'a>(cause: &Dependency, edges: &'a [Dependency]) -> Dependants<'a> {
    let mut found: Dependants = BTreeMap::new();
    let direct = edges.iter().filter(|edge| edge.on == cause.on && edge.slo == cause.slo);
    let mut left: Vec<(&Name, Severity)> = direct.map(|edge| (&edge.service, edge.silences)).collect();
    while let Some((name, most)) = left.pop() {
        // `Page` is the louder of the two, and the lesser in order.
        if *name == cause.on || found.get(name).is_some_and(|known| *known <= most) {
            continue;
        }
        found.insert(name, most);
        let further = edges.iter().filter(|edge| edge.on == *name);
        left.extend(further.map(|edge| (&edge.service, edge.silences.max(most))));
    }
    found
}

fn rule(
    model: &Model,
    cause: &Dependency,
    by: &BTreeSet<String>,
    sources: &[&Known],
    targets: &[&Name],
    tickets: bool,
    alerts: &[Known],
) -> Vec<Silenced> {
    if sources.is_empty() || targets.is_empty() {
        return Vec::new();
    }
    let names: BTreeSet<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let mut shared: BTreeMap<Vec<String>, Vec<Matcher>> = BTreeMap::new();
    let (apart, alerts): (Vec<&Known>, Vec<&Known>) =
        alerts.iter().filter(|alert| targets.contains(&alert.service)).partition(|alert| alert.independent);
    if by.is_empty() {
        let mut target = vec![is("service", targets.iter().map(|name| name.as_str()))];
        if !apart.is_empty() {
            let names: BTreeSet<&str> = apart.iter().map(|alert| alert.name.as_str()).collect();
            target.push(Matcher { negative: true, ..is("alertname", names) });
        }
        shared.insert(Vec::new(), target);
    } else {
        let mut groups: BTreeMap<Vec<String>, BTreeSet<&str>> = BTreeMap::new();
        for alert in alerts {
            let both = alert.by.iter().filter(|label| by.contains(*label)).cloned().collect();
            if !tickets || alert.severity == Severity::Ticket {
                groups.entry(both).or_default().insert(&alert.name);
            }
        }
        shared.extend(groups.into_iter().map(|(both, names)| (both, vec![is("alertname", names)])));
    }
    shared
        .into_iter()
        .map(|(both, mut target)| {
            if tickets {
                target.push(severity(model, Severity::Ticket));
            }
            let mut equal = external(model);
            equal.extend(both);
            Silenced {
                why: Why::Down { service: cause.on.to_string() },
                source: vec![is("alertname", names.iter().copied())],
                target,
                equal,
            }
        })
        .collect()
}

/// Companion alerts that say what an SLO says, too.
fn companions(model: &Model, alerts: &[Known]) -> Vec<Silenced> {
    let mut rules = Vec::new();
    for service in &model.services {
        let here: Vec<&Known> = alerts.iter().filter(|alert| *alert.service == service.name).collect();
        for companion in &service.alerts {
            let Some(alert) = here.iter().find(|alert| alert.companion == Some(&companion.name)) else {
                continue;
            };
            if companion.down {
                rules.extend(down(model, alert, &here));
                rules.extend(aftermath::of(model, service, companion).map(|aftermath| Silenced {
                    why: Why::Aftermath { service: service.name.to_string() },
                    source: vec![is("alertname", [aftermath.name.as_str()])],
                    target: vec![is("alertname", aftermath.silenced.iter().map(String::as_str))],
                    equal: external(model),
                }));
            } else if let Some(slo) = &companion.same_as {
                rules.extend(same(model, alert, slo, &here));
            }
        }
    }
    rules
}

/// A service that is down keeps no promise: of all its SLOs, only that is told.
fn down(model: &Model, alert: &Known, here: &[&Known]) -> Option<Silenced> {
    let of_slos = here.iter().filter(|other| other.companion.is_none());
    let targets: BTreeSet<&str> =
        of_slos.filter(|other| other.severity >= alert.severity).map(|other| other.name.as_str()).collect();
    (!targets.is_empty()).then(|| Silenced {
        why: Why::DownItself { service: alert.service.to_string() },
        source: vec![is("alertname", [alert.name.as_str()])],
        target: vec![is("alertname", targets)],
        equal: external(model),
    })
}

/// The SLO's alert tells more than a companion that is no louder. A companion that pages tells more than the SLO's ticket.
fn same(model: &Model, alert: &Known, slo: &Name, here: &[&Known]) -> Vec<Silenced> {
    let (louder, quieter): (Vec<&Known>, Vec<&Known>) = here
        .iter()
        .copied()
        .filter(|other| other.slo == Some(slo) && other.line.is_none())
        .partition(|other| other.severity <= alert.severity);
    let rule = |sources: &[&Known], targets: &[&Known]| {
        let mut equal = external(model);
        let by = sources.iter().chain(targets).flat_map(|alert| &alert.by);
        for label in by.filter(|label| sources.iter().chain(targets).all(|alert| alert.carries(label))) {
            if !equal.contains(label) {
                equal.push(label.clone());
            }
        }
        let names = |alerts: &[&Known]| is("alertname", alerts.iter().map(|alert| alert.name.as_str()));
        let why = Why::Same { service: alert.service.to_string(), slo: slo.to_string() };
        let some = !sources.is_empty() && !targets.is_empty();
        some.then(|| Silenced { why, source: vec![names(sources)], target: vec![names(targets)], equal })
    };
    [rule(&louder, &[alert]), rule(&[alert], &quieter)].into_iter().flatten().collect()
}
