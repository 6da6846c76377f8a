//! Services that need each other, so that each would silence the other and nobody be told.

use std::collections::BTreeSet;

use crate::diagnostic::Problem;
use crate::model::{Dependency, Model};
use crate::vocabulary::Name;

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    let edges = &model.project.dependencies;
    let mut said: BTreeSet<Name> = BTreeSet::new();
    for edge in edges {
        if said.contains(&edge.service) {
            continue;
        }
        let Some(way) = way(edges, edge) else { continue };
        let names: Vec<&str> = way.iter().map(Name::as_str).collect();
        let headline = match names.len() {
            1 => format!("`{}` needs itself", edge.service),
            _ => format!("`{}` and `{}` need each other", edge.service, edge.on),
        };
        problems.push(
            Problem::error("dependency-cycle", edge.place, headline)
                .label(format!("{} → {}", edge.service, names.join(" → ")))
                .help("while both are down each would silence the other, and nobody would be told")
                .help("remove the direction in which the failure spreads less"),
        );
        said.extend(way);
    }
}

/// What an edge leads through, from its end back to its beginning; `None` if it never comes back.
fn way(edges: &[Dependency], edge: &Dependency) -> Option<Vec<Name>> {
    let mut ways = vec![vec![edge.on.clone()]];
    let mut seen: BTreeSet<&Name> = BTreeSet::from([&edge.on]);
    while let Some(way) = ways.pop() {
        let last = way.last().expect("a way has an end");
        if *last == edge.service {
            return Some(way);
        }
        for next in edges.iter().filter(|next| next.service == *last) {
            if seen.insert(&next.on) {
                ways.push(way.iter().chain([&next.on]).cloned().collect());
            }
        }
    }
    None
}
