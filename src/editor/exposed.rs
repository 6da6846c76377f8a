//! The contract of a file's service, even if the rest of the file cannot be read.

use std::borrow::Cow;
use std::sync::Arc;

use super::Project;
use crate::contract::Contract;
use crate::parse::{beside, parse};
use crate::source::SourceId;

/// The contract of the service that a file defines.
pub(super) fn contract<'a>(project: Project<'a>, source: SourceId) -> Option<Cow<'a, Contract>> {
    if let Some(service) =
        project.model.services.iter().find(|service| service.place.source.plain() == source)
    {
        return service.contract.as_deref().map(Cow::Borrowed);
    }
    let mut contracts = parse(project.sources, project.model.project.environment.as_deref()).0.contracts;
    let mut all: Option<Contract> = None;
    for path in paths(project, source) {
        if let Some(contract) = contracts.remove(&path) {
            all.get_or_insert_default().merge(Arc::unwrap_or_clone(contract));
        }
    }
    all.map(Cow::Owned)
}

/// The contracts that a file names, by their paths: after `metrics:`, and in the entries below it. While a query is being written, the file is often
/// not valid YAML.
pub(super) fn paths(project: Project, source: SourceId) -> Vec<String> {
    let file = project.sources.file(source);
    let mut lines = file.text.lines().skip_while(|line| !line.starts_with("metrics:"));
    let first = lines.next().and_then(|line| line.strip_prefix("metrics:")).unwrap_or_default();
    let entries = lines.map_while(|line| line.trim_start().strip_prefix("- "));
    let named = [first].into_iter().chain(entries).map(|line| line.split(" #").next().unwrap_or_default());
    let named = named.flat_map(|line| line.split([',', '[', ']']));
    let named = named.map(|name| name.trim().trim_matches(['"', '\'']));
    named.filter(|name| !name.is_empty()).map(|name| beside(&file.path, name)).collect()
}
