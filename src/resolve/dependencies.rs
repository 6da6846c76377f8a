//! Dependencies between services.

use std::collections::{BTreeMap, BTreeSet};

use super::{values, whole};
use crate::ast::{DependencyBlock, Map};
use crate::diagnostic::{Code, Problem, few};
use crate::model::{Dependency, Service};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Name, Severity};

/// Stands for every service that the named services do not need themselves.
const EVERYTHING: &str = "everything";

/// Limits the work: each of them is a dependency of every service.
const MOST: usize = 20;

/// All dependencies, without those of services that are `absent` in this environment.
pub(super) fn all(
    written: &Map<Vec<DependencyBlock>>,
    services: &[Service],
    absent: &BTreeSet<String>,
    problems: &mut Vec<Problem>,
) -> Vec<Dependency> {
    let mut dependencies = Vec::new();
    let is_there = |block: &&DependencyBlock| {
        let name = block.on.text.split('/').next().unwrap_or_default();
        !absent.contains(name)
    };
    for (key, blocks) in written.iter().filter(|(key, _)| key.text != EVERYTHING) {
        if absent.contains(&key.text) {
            continue;
        }
        let Some(service) = service(&key.text, key.span, services, problems) else { continue };
        for block in blocks.iter().filter(is_there) {
            dependencies.extend(dependency(service, block, services, problems));
        }
    }
    for (_, blocks) in written.iter().filter(|(key, _)| key.text == EVERYTHING) {
        let Some(any) = services.first() else { break };
        if let Some(more) = blocks.get(MOST) {
            let headline = format!("`{EVERYTHING}` needs more than {MOST} services");
            problems.push(
                Problem::error(Code::TooLarge, whole(&more.on), headline)
                    .help("write here what everything needs, and under each service what it needs"),
            );
        }
        let found: Vec<Dependency> = blocks
            .iter()
            .take(MOST)
            .filter(is_there)
            .filter_map(|block| dependency(any, block, services, problems))
            .collect();
        let needed = needed(&found, &dependencies);
        for service in services.iter().filter(|service| !needed.contains(&service.name)) {
            dependencies.extend(
                found.iter().map(|found| Dependency { service: service.name.clone(), ..found.clone() }),
            );
        }
    }
    dependencies
}

/// The services that these dependencies need, directly or not. They cannot need `everything`.
fn needed(ends: &[Dependency], dependencies: &[Dependency]) -> BTreeSet<Name> {
    let mut next: BTreeMap<&Name, Vec<&Name>> = BTreeMap::new();
    for one in dependencies {
        next.entry(&one.service).or_default().push(&one.on);
    }
    let mut needed = BTreeSet::new();
    let mut open: Vec<&Name> = ends.iter().map(|end| &end.on).collect();
    while let Some(name) = open.pop() {
        if needed.insert(name.clone()) {
            open.extend(next.get(name).into_iter().flatten());
        }
    }
    needed
}

/// The service with this name; a problem if there is none.
pub(super) fn service<'a>(
    name: &str,
    place: Span,
    services: &'a [Service],
    problems: &mut Vec<Problem>,
) -> Option<&'a Service> {
    let found = services.binary_search_by(|service| service.name.as_str().cmp(name)).ok();
    let found = found.map(|index| &services[index]);
    if found.is_none() {
        let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
        problems.push(values::undefined(place, format!("there is no service `{name}`"), name, &names));
    }
    found
}

fn dependency(
    dependant: &Service,
    block: &DependencyBlock,
    services: &[Service],
    problems: &mut Vec<Problem>,
) -> Option<Dependency> {
    let text = block.on.text.as_str();
    let (name, slo) = match text.split_once('/') {
        Some((name, slo)) => (name, Some(slo)),
        None => (text, None),
    };
    let others: Vec<&str> = services
        .iter()
        .map(|service| service.name.as_str())
        .filter(|other| *other != dependant.name.as_str())
        .collect();
    if name != dependant.name.as_str() && !others.contains(&name) {
        let place = block.on.place(0, name.len());
        let parts: Vec<&str> = text.split([',', ';', ' ']).filter(|part| !part.is_empty()).collect();
        if parts.len() > 1
            && text.contains([',', ';'])
            && parts.iter().all(|part| Name::parse(part).is_some())
        {
            let list = format!("[{}]", parts.join(", "));
            let problem = Problem::error(Code::ServiceUndefined, place, "these are several services");
            problems.push(problem.help(format!("write a list: `{}: {list}`", dependant.name)));
            return None;
        }
        let problem = values::undefined(place, format!("there is no service `{name}`"), name, &others);
        problems.push(match problem.help.first() {
            Some(help) if help.fix.is_some() => problem,
            _ => {
                let known = Problem { help: Vec::new(), ..problem };
                let known =
                    known.help(format!("write its definition in a file, `{name}.yaml`, or remove it here"));
                if others.is_empty() {
                    known
                } else {
                    known.help(format!("other services are {}", few(&others)))
                }
            }
        });
        return None;
    }
    let on = service(name, block.on.place(0, name.len()), services, problems)?;
    let slo = match slo {
        None => None,
        Some(slo) => match on.slos.iter().find(|known| known.name.as_str() == slo) {
            Some(known) => Some(known.name.clone()),
            None => {
                let place = block.on.place(name.len() + 1, text.len());
                let names: Vec<&str> = on.slos.iter().map(|slo| slo.name.as_str()).collect();
                problems.push(values::undefined(
                    place,
                    format!("service `{name}` has no SLO `{slo}`"),
                    slo,
                    &names,
                ));
                return None;
            }
        },
    };
    Some(Dependency {
        service: dependant.name.clone(),
        on: on.name.clone(),
        slo,
        silences: silences(block.silences.as_ref(), problems)?,
        place: whole(&block.on),
    })
}

/// The highest severity that is silenced.
fn silences(written: Option<&Scalar>, problems: &mut Vec<Problem>) -> Option<Severity> {
    match written {
        None => Some(Severity::Page),
        Some(word) => values::severity(&word.text, whole(word), problems),
    }
}
