//! Finds the definition of the name at a place.

use super::cursor::is_query;
use super::cursor::{Cursor, LIST, PlaceKind, cursor};
use super::exposed::{contract, paths};
use super::query::word_at;
use super::{Project, parameters};
use crate::ast::{Ast, Key, Map};
use crate::parse::{beside, is_contract, parse};
use crate::source::{SourceId, Span};

/// The definitions of the name at a place; empty if there is none, or if the text is not a name.
pub fn definition(project: Project, source: SourceId, offset: usize) -> Vec<Span> {
    let file = project.sources.file(source);
    let Cursor { path, here, written } = cursor(&file.text, offset);
    let word = file.text[written].trim().trim_matches(['"', '\'']).to_owned();
    if let Some(name) = parameters::named(&file.text, offset) {
        let known = parameters::known(project, source, &path);
        let found = known.into_iter().find(|(key, _)| key.text == file.text[name.clone()]);
        return found.map(|(key, _)| key.span).into_iter().collect();
    }
    let keys: Vec<&str> = path.iter().map(String::as_str).filter(|key| *key != LIST).collect();
    if here == PlaceKind::Nothing || word.is_empty() {
        return Vec::new();
    }
    if here == PlaceKind::Key {
        return if keys == ["dependencies"] { service(project, &word) } else { Vec::new() };
    }
    if is_query(&path) {
        return metric(project, source, word_at(&file.text, offset));
    }
    let (ast, _) = parse(project.sources, project.model.project.environment.as_deref());
    match keys[..] {
        [.., "policy"] => ast.project.iter().flat_map(|project| key(&project.policies, &word)).collect(),
        ["owner"] | [.., "to" | "default"] => alertmanager(&ast, |block| key(&block.receivers, &word)),
        [.., "mute"] => alertmanager(&ast, |block| key(&block.times, &word)),
        ["dependencies", ..] | [.., "journey"] => service(project, &word),
        ["metrics"] | [.., "scrape_config"] => file_named(project, &beside(&file.path, &word)),
        [.., "runbook"] => ast.runbooks.get(&word).map(|runbook| runbook.place).into_iter().collect(),
        [.., "same_as"] => slo(project, source, &word),
        _ => Vec::new(),
    }
}

fn alertmanager(ast: &Ast, find: impl Fn(&crate::ast::AlertmanagerBlock) -> Option<Span>) -> Vec<Span> {
    ast.project.iter().filter_map(|project| project.alertmanager.as_ref()).filter_map(find).collect()
}

fn key<T>(map: &Map<T>, name: &str) -> Option<Span> {
    map.iter().find(|(key, _)| key.text == name).map(|(Key { span, .. }, _)| *span)
}

/// `database` or `database/connections`.
fn service(project: Project, name: &str) -> Vec<Span> {
    let (name, slo) = name.split_once('/').map_or((name, None), |(name, slo)| (name, Some(slo)));
    let Some(service) = project.model.services.iter().find(|service| service.name.as_str() == name) else {
        return Vec::new();
    };
    let found = slo.and_then(|name| service.slos.iter().find(|slo| slo.name.as_str() == name));
    vec![found.map_or(service.place, |slo| slo.places.name)]
}

fn slo(project: Project, source: SourceId, name: &str) -> Vec<Span> {
    let slos = project.service(source).into_iter().flat_map(|service| &service.slos);
    slos.filter(|slo| slo.name.as_str() == name).map(|slo| slo.places.name).collect()
}

fn file_named(project: Project, path: &str) -> Vec<Span> {
    let found = project.sources.iter().filter(|(_, file)| file.path == path);
    found.map(|(source, _)| Span { source, start: 0, end: 0 }).collect()
}

/// The lines of contracts that declare a metric, such as `gauge pg_up`, in the contracts of this file's service.
fn metric(project: Project, source: SourceId, word: &str) -> Vec<Span> {
    let Some(contract) = contract(project, source) else { return Vec::new() };
    let Some((name, ..)) = contract.find(word) else { return Vec::new() };
    let named = paths(project, source);
    let contracts =
        project.sources.iter().filter(|(_, file)| is_contract(&file.path) && named.contains(&file.path));
    contracts
        .filter_map(|(source, file)| {
            let mut start = 0;
            for line in file.text.split_inclusive('\n') {
                let says =
                    line.starts_with(char::is_alphabetic) && line.split_whitespace().nth(1) == Some(name);
                if says {
                    let at = start + line.find(name)?;
                    return Some(Span { source, start: at as u32, end: (at + name.len()) as u32 });
                }
                start += line.len();
            }
            None
        })
        .collect()
}
