//! Completions at a place: keys, words of the language, names of the project, and in queries the metrics, labels and values of the contract.

use super::cursor::is_query;
use std::collections::BTreeSet;

use super::cursor::{Cursor, LIST, PlaceKind, cursor, siblings};
use super::exposed::contract;
use super::hover::described;
use super::query::{Query, query, words};
use super::{Project, language, parameters};
use crate::contract::{Contract, Family, Kind as Type};
use crate::diagnostic::Code;
use crate::parse::parse;
use crate::promql::functions::FUNCTIONS;
use crate::promql::names::AGGREGATIONS;
use crate::promql::places::{spelled_label, spelled_metric};
use crate::source::{SourceId, Span, Spelling};

/// The kind of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Key,
    Word,
    Name,
    File,
    Metric,
    Label,
    LabelValue,
    Function,
}

/// One completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletionItem {
    /// The text that is shown and searched.
    pub label: String,
    /// Its kind.
    pub kind: Kind,
    /// The text that it replaces: the part that is already written.
    pub span: Span,
    /// The new text.
    pub text: String,
    /// A word or two; may be empty.
    pub detail: String,
    /// The description, as Markdown; may be empty.
    pub documentation: String,
}

/// All completions at a place, in their order.
pub fn completion(project: Project, source: SourceId, offset: usize) -> Vec<CompletionItem> {
    let file = project.sources.file(source);
    let Cursor { path, here, written } = cursor(&file.text, offset);
    if let Some(name) = parameters::named(&file.text, offset).filter(|_| here != PlaceKind::Nothing) {
        let known = parameters::known(project, source, &path);
        let names = known.into_iter().map(|(key, _)| key.text).chain(["name".to_owned()]);
        let span = Span { source, start: name.start as u32, end: name.end as u32 };
        return names.map(|name| CompletionItem { span, ..item(name, Kind::Name) }).collect();
    }
    let span = |start: usize, end: usize| Span { source, start: start as u32, end: end as u32 };
    if here == PlaceKind::Value && is_query(&path) {
        let before = &file.text[written.start.min(offset)..offset];
        return in_query(
            contract(project, source).as_deref(),
            &path,
            before,
            &file.text[written],
            |length| span(offset - length, offset),
        );
    }
    let all = span(written.start, written.end);
    let mut items = Vec::new();
    if matches!(here, PlaceKind::Key | PlaceKind::Entry) {
        let forms = language::under(&file.path, &path);
        let rest = file.text[written.end..].trim_start_matches(' ');
        let siblings = siblings(&file.text, written.start);
        for (name, schema) in language::keys(&forms) {
            if siblings.iter().any(|sibling| sibling == name) {
                continue;
            }
            let text = match (rest.starts_with(':'), language::is_block(schema)) {
                (true, _) => name.to_owned(),
                (false, true) => format!("{name}:"),
                (false, false) => format!("{name}: "),
            };
            items.push(CompletionItem {
                label: name.to_owned(),
                kind: Kind::Key,
                span: all,
                text,
                detail: String::new(),
                documentation: schema["description"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    if here != PlaceKind::Nothing {
        for (label, kind) in names(project, source, &path, here) {
            items.push(CompletionItem { span: all, ..item(label, kind) });
        }
    }
    if matches!(here, PlaceKind::Value | PlaceKind::Entry) {
        for word in language::words(&language::under(&file.path, &path)) {
            items.push(CompletionItem { span: all, ..item(word, Kind::Word) });
        }
    }
    items
}

/// A completion whose new text is its label.
fn item(label: String, kind: Kind) -> CompletionItem {
    let nowhere = Span { source: SourceId(0), start: 0, end: 0 };
    let (detail, documentation) = (String::new(), String::new());
    CompletionItem { text: label.clone(), label, kind, span: nowhere, detail, documentation }
}

/// Names in the project that fit the key.
fn names(project: Project, source: SourceId, path: &[String], here: PlaceKind) -> Vec<(String, Kind)> {
    let keys: Vec<&str> = path.iter().map(String::as_str).filter(|key| *key != LIST).collect();
    let named = |names: Vec<String>| names.into_iter().map(|name| (name, Kind::Name)).collect();
    let services = || project.model.services.iter().map(|service| service.name.to_string());
    if here == PlaceKind::Key {
        return match keys[..] {
            ["dependencies"] => named(services().collect()),
            [.., "accepted"] => Code::ALL.iter().map(|code| (code.name().to_owned(), Kind::Word)).collect(),
            _ => Vec::new(),
        };
    }
    let (ast, _) = parse(project.sources, project.model.project.environment.as_deref());
    let alertmanager = || ast.project.as_ref().and_then(|project| project.alertmanager.as_ref());
    match keys[..] {
        [.., "policy"] => {
            let own =
                ast.project.iter().flat_map(|project| &project.policies).map(|(key, _)| key.text.clone());
            named(["workbook", "workbook-scaled"].map(str::to_owned).into_iter().chain(own).collect())
        }
        [.., "to" | "default"] => named(
            alertmanager()
                .iter()
                .flat_map(|block| &block.receivers)
                .map(|(key, _)| key.text.clone())
                .collect(),
        ),
        [.., "mute"] => named(
            alertmanager().iter().flat_map(|block| &block.times).map(|(key, _)| key.text.clone()).collect(),
        ),
        ["owner"] => {
            let owners = project.model.services.iter().filter_map(|service| service.owner.clone());
            named(owners.collect::<BTreeSet<_>>().into_iter().collect())
        }
        ["dependencies", ..] => named(services().collect()),
        ["metrics"] => {
            let file = &project.sources.file(source).path;
            let here = file.rfind('/').map_or("", |slash| &file[..=slash]);
            let known = ast.contracts.keys().filter_map(|path| path.strip_prefix(here));
            known.map(|path| (path.to_owned(), Kind::File)).collect()
        }
        [.., "runbook"] => ast.runbooks.keys().map(|name| (name.clone(), Kind::File)).collect(),
        [.., "journey"] => named(parts(project)),
        [.., "same_as"] => {
            let slos = project.service(source).into_iter().flat_map(|service| &service.slos);
            named(slos.map(|slo| slo.name.to_string()).collect())
        }
        [.., "by"] | [.., "by", _] => {
            let labels =
                contract(project, source).map(|contract| labels(&contract, &|_| true)).unwrap_or_default();
            labels.into_iter().map(|label| (label, Kind::Label)).collect()
        }
        [.., "tiers_off"] => {
            let words = crate::vocabulary::Severity::ALL.iter().map(|severity| severity.to_string());
            words.map(|word| (word, Kind::Word)).collect()
        }
        _ => Vec::new(),
    }
}

/// SLOs that may be parts of a journey, with their services.
fn parts(project: Project) -> Vec<String> {
    let slos =
        project.model.services.iter().flat_map(|service| service.slos.iter().map(move |slo| (service, slo)));
    let parts = slos.filter(|(_, slo)| slo.parts().is_empty());
    parts.map(|(service, slo)| format!("{}/{}", service.name, slo.name)).collect()
}

/// The labels of the metrics for which `of` is true.
fn labels(contract: &Contract, of: &dyn Fn(&String) -> bool) -> BTreeSet<String> {
    let families = contract.families.iter().filter(|(name, _)| of(name));
    families.flat_map(|(_, family)| &family.shapes).flat_map(|shape| shape.labels.keys().cloned()).collect()
}

fn in_query(
    contract: Option<&Contract>,
    path: &[String],
    before: &str,
    whole: &str,
    span: impl Fn(usize) -> Span,
) -> Vec<CompletionItem> {
    let found = |metric: &Option<String>| {
        metric.as_deref().and_then(|metric| contract?.find(metric)).map(|(name, _, _)| name.to_owned())
    };
    // If the metric is unknown, labels of all metrics.
    let known = |metric: &Option<String>, label: &str| {
        let name = found(metric);
        let mut values = BTreeSet::new();
        for (_, family) in contract
            .iter()
            .flat_map(|contract| &contract.families)
            .filter(|(family, _)| name.as_ref().is_none_or(|name| name == *family))
        {
            values.extend(
                family
                    .shapes
                    .iter()
                    .filter_map(|shape| shape.labels.get(label))
                    .flat_map(|values| values.known.clone()),
            );
        }
        values
    };
    let quotes = match before.as_bytes().first() {
        Some(b'"') => Spelling::Double,
        Some(b'\'') => Spelling::Single,
        _ => Spelling::Block,
    };
    let spelled = |text: String| quotes.of(&text).unwrap_or(text);
    let of_families = |of: &dyn Fn(&String) -> bool, word: &str| -> Vec<CompletionItem> {
        let labels = contract.into_iter().flat_map(|contract| labels(contract, of));
        let all: BTreeSet<String> = labels.chain(["instance", "job"].map(str::to_owned)).collect();
        let placed = |label: String| CompletionItem {
            span: span(word.len()),
            text: spelled(spelled_label(&label)),
            ..item(label, Kind::Label)
        };
        all.into_iter().map(placed).collect()
    };
    match query(before) {
        Query::Metric(word) => {
            let alone = before.trim_start() == word;
            let written = |name: &str| match spelled_metric(name) {
                plain if plain == name => plain,
                // Without quotes, YAML would read the braces as a map.
                quoted if alone => format!("'{{{}}}'", quoted.replace('\'', "''")),
                quoted => spelled(format!("{{{quoted}}}")),
            };
            let placed = |item: CompletionItem| match item.kind {
                Kind::Metric => CompletionItem { span: span(word.len()), text: written(&item.label), ..item },
                _ => CompletionItem { span: span(word.len()), ..item },
            };
            metrics(contract, path).into_iter().map(placed).collect()
        }
        Query::Label(metric, word) => {
            let name = found(&metric);
            of_families(&|family| name.as_ref().is_none_or(|name| name == family), &word)
        }
        Query::Grouping(word) => {
            let used: BTreeSet<&str> =
                words(whole).filter_map(|word| Some(contract?.find(word)?.0)).collect();
            of_families(&|family| used.contains(family.as_str()), &word)
        }
        Query::Value(metric, label, written) => {
            // In a regular expression, the alternative that is being written.
            let last = written.rsplit('|').next().map_or(0, str::len);
            let value = |value: String| CompletionItem {
                span: span(last),
                text: spelled(value.replace('\\', "\\\\").replace('"', "\\\"")),
                ..item(value, Kind::LabelValue)
            };
            known(&metric, &label).into_iter().map(value).collect()
        }
        Query::Other => Vec::new(),
    }
}

/// Metrics that fit the key, and functions if the value is an expression.
fn metrics(contract: Option<&Contract>, path: &[String]) -> Vec<CompletionItem> {
    let key = path.last().map_or("", String::as_str);
    let mut items = Vec::new();
    for (name, family) in contract.iter().flat_map(|contract| &contract.families) {
        for series in series(key, family) {
            items.push(CompletionItem {
                detail: family.kind.to_string(),
                documentation: described(name, family),
                ..item(format!("{name}{series}"), Kind::Metric)
            });
        }
    }
    if ["condition", "expr", "bad_ratio"].contains(&key) {
        let names = FUNCTIONS.iter().map(|function| function.name).chain(AGGREGATIONS);
        items.extend(names.map(|name| item(name.to_owned(), Kind::Function)));
    }
    items
}

/// The suffixes of a metric's series that make sense under a key.
fn series(key: &str, family: &Family) -> &'static [&'static str] {
    let histogram = matches!(family.kind, Type::Histogram | Type::BothHistograms | Type::NativeHistogram);
    match (key, family.kind) {
        ("latency", _) => {
            if histogram {
                &[""]
            } else {
                &[]
            }
        }
        ("successful", _) => &[],
        ("total" | "good" | "bad", Type::Counter | Type::Unknown) => &[""],
        ("total" | "good" | "bad", Type::Histogram | Type::BothHistograms) => &["_count", "_bucket"],
        ("total" | "good" | "bad", Type::Summary) => &["_count"],
        ("total" | "good" | "bad", _) => &[],
        ("probe" | "freshness", Type::Gauge | Type::Unknown) => &[""],
        ("probe" | "freshness", _) => &[],
        (_, Type::Histogram | Type::BothHistograms) => &["_bucket", "_count", "_sum"],
        (_, Type::Summary) => &["", "_count", "_sum"],
        _ => &[""],
    }
}
