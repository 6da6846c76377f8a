//! Services that depend on each other, so that each would silence the other and nobody would be notified.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Dependency, Part};
use crate::vocabulary::Name;

/// The dependencies of each service.
type Edges<'a> = BTreeMap<&'a Name, Vec<&'a Name>>;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    let edges = &facts.model.project.dependencies;
    let (mut next, mut back) = (Edges::new(), Edges::new());
    for edge in edges {
        next.entry(&edge.service).or_default().push(&edge.on);
        back.entry(&edge.on).or_default().push(&edge.service);
    }
    // A service without dependencies or without dependants is in no cycle.
    let (onward, backward) = (endless(&next, &back), endless(&back, &next));
    let left: BTreeSet<&Name> = onward.intersection(&backward).copied().collect();
    let mut message: BTreeSet<&Name> = BTreeSet::new();
    for edge in edges {
        if message.contains(&edge.service) || !left.contains(&edge.service) || !left.contains(&edge.on) {
            continue;
        }
        let Some(way) = way(&next, edge) else { continue };
        let names: Vec<&str> = way.iter().map(|name| name.as_str()).collect();
        let headline = match names.len() {
            1 => format!("`{}` needs itself", edge.service),
            _ => format!("`{}` and `{}` need each other", edge.service, edge.on),
        };
        problems.push(
            Problem::error(Code::DependencyCycle, edge.place, headline)
                .label(format!("{} → {}", edge.service, names.join(" → ")))
                .help("while both are down each silences the other, and nobody is notified")
                .help("remove one of these entries, so that no service needs itself"),
        );
        message.extend(way);
    }
    journeys(facts, &back, problems);
}

/// Services that depend on a journey which includes them: each would silence the other.
fn journeys<'a>(facts: &'a Facts, back: &Edges<'a>, problems: &mut Vec<Problem>) {
    // The direct and indirect dependants of the last dependency's service.
    let mut needing: Option<(&Name, BTreeSet<&Name>)> = None;
    for edge in &facts.model.project.dependencies {
        let cause = edge.slo.as_ref().map_or("availability", Name::as_str);
        let slos = facts.service(&edge.on).into_iter().flat_map(|service| &service.slos);
        let mut journeys = slos.map(|slo| slo.slo).filter(|slo| !slo.parts().is_empty());
        let Some(journey) = journeys.find(|slo| slo.name.as_str() == cause) else { continue };
        let (_, leading) = match needing.take().filter(|(name, _)| *name == &edge.service) {
            Some(known) => needing.insert(known),
            None => needing.insert((&edge.service, reached(back, &edge.service))),
        };
        let leads = |part: &&Part| part.service != edge.on && leading.contains(&part.service);
        let Some(part) = journey.parts().iter().find(leads) else { continue };
        problems.push(
            Problem::error(
                Code::DependencyCycle,
                edge.place,
                format!("`{}` needs `{}/{cause}`, and that journey includes it", edge.service, edge.on),
            )
            .label(format!("while `{}` fails each silences the other, and nobody is notified", part.name()))
            .and(part.place, "this would let a part of the journey silence the journey")
            .help("remove the dependency: a journey fails when one of its parts fails, so a part cannot need it"),
        );
    }
}

/// A service, and everything that a path of edges leads to.
fn reached<'a>(next: &Edges<'a>, from: &'a Name) -> BTreeSet<&'a Name> {
    let mut reached = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(last) = open.pop() {
        open.extend(next.get(last).into_iter().flatten().filter(|on| reached.insert(on)));
    }
    reached
}

/// Services with an endless path of dependencies.
fn endless<'a>(next: &Edges<'a>, back: &Edges<'a>) -> BTreeSet<&'a Name> {
    let mut ways: BTreeMap<&Name, usize> = back.keys().map(|name| (*name, 0)).collect();
    ways.extend(next.iter().map(|(name, all)| (*name, all.len())));
    let mut ends: Vec<&Name> = ways.iter().filter(|(_, left)| **left == 0).map(|(name, _)| *name).collect();
    while let Some(end) = ends.pop() {
        for before in back.get(end).into_iter().flatten() {
            let left = ways.entry(before).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                ends.push(before);
            }
        }
        ways.remove(end);
    }
    ways.into_keys().collect()
}

/// The path from an edge's end back to its beginning; `None` if there is none.
fn way<'a>(next: &Edges<'a>, edge: &'a Dependency) -> Option<Vec<&'a Name>> {
    let mut before: BTreeMap<&Name, Option<&Name>> = BTreeMap::from([(&edge.on, None)]);
    let mut open = vec![&edge.on];
    while let Some(last) = open.pop() {
        if last == &edge.service {
            let mut way: Vec<&Name> = std::iter::successors(Some(last), |name| before[name]).collect();
            way.reverse();
            return Some(way);
        }
        for on in next.get(last).into_iter().flatten() {
            if !before.contains_key(on) {
                before.insert(on, Some(last));
                open.push(on);
            }
        }
    }
    None
}
