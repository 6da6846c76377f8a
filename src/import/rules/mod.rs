//! Reads Prometheus rule files of any author: plain files, and `PrometheusRule` objects.
//!
//! Each fault is one problem at its place, and the rest of the file is still read.

mod alerts;
mod slos;

use super::file::Lines;
use super::keys::{Keys, scalar};
use super::listed_in;
use crate::diagnostic::{Code, Problem};
use crate::foreign::{Foreign, Rule};
use crate::model::Labels;
use crate::parse::wrong_type;
use crate::parse::yaml::{self, Node};
use crate::promql;
use crate::source::{SourceId, Sources, Span};
use crate::vocabulary::Duration;

/// The default interval of Prometheus.
const INTERVAL: Duration = Duration::from_secs(60);

/// Limit for rules: one Prometheus does not evaluate more.
const MOST_RULES: usize = 50_000;

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Rules of Prometheus.
    Rules,
    /// Sources of a tool that can be imported.
    Specs,
    /// Sources of slowburn.
    Ours,
    /// Anything else.
    Other,
}

/// The kind of each file. If a file has several kinds of documents, the first one that is recognised counts.
pub fn file_kinds(sources: &Sources) -> Vec<(SourceId, FileKind)> {
    let of = |node: &Node| {
        let text = |key: &str| node.get(key).and_then(Node::text);
        let version = text("apiVersion").or_else(|| text("version"));
        match version {
            Some("slowburn/v1") => FileKind::Ours,
            version if super::dialect(version, text("kind")).is_some() => FileKind::Specs,
            _ if node.get("groups").is_some() || text("kind") == Some("PrometheusRule") => FileKind::Rules,
            Some(_) | None => FileKind::Other,
        }
    };
    let file = |id: SourceId, text: &str| {
        let mut nodes = yaml::documents(id, text).0.into_iter().flat_map(listed_in).map(|node| of(&node));
        nodes.find(|kind| *kind != FileKind::Other).unwrap_or(FileKind::Other)
    };
    sources.iter().map(|(id, source)| (id, file(id, &source.text))).collect()
}

/// The rules of all files, and the problems.
pub fn rules(sources: &Sources) -> (Foreign, Vec<Problem>) {
    let lines = Lines::of(sources);
    let (mut rules, mut problems) = (Vec::new(), Vec::new());
    for (id, source) in sources.iter() {
        let (nodes, faults) = yaml::documents(id, &source.text);
        if nodes.is_empty() && faults.is_empty() {
            let nowhere = Span { source: id, start: 0, end: 0 };
            problems.push(
                Problem::error(Code::EmptyFile, nowhere, "the file has no rules")
                    .help("remove it from the command"),
            );
        }
        problems.extend(faults);
        for node in nodes.into_iter().flat_map(listed_in) {
            document(&node, &lines, &mut rules, &mut problems);
        }
    }
    crate::diagnostic::sort(&mut problems);
    (slos::foreign(rules), problems)
}

fn document(node: &Node, lines: &Lines, rules: &mut Vec<Rule>, problems: &mut Vec<Problem>) {
    let Some(mut keys) = Keys::of(node, "the document", problems) else { return };
    let object = keys.text("kind", problems).is_some_and(|kind| kind.text == "PrometheusRule");
    if object {
        let there = keys.has("spec");
        match keys.below("spec", problems) {
            Some(spec) => keys = spec,
            None if there => return,
            None => {}
        }
    }
    if !keys.has("groups") {
        problems.push(
            Problem::error(
                Code::UnknownDialect,
                node.span.beginning(),
                "there are no rules in this document",
            )
            .label("a rule file has `groups`, and a `PrometheusRule` has them in `spec`"),
        );
        return;
    }
    for group in keys.list("groups", problems) {
        let Some(mut keys) = Keys::of(group, "a group of rules", problems) else { continue };
        let interval = duration(&mut keys, "interval", problems).unwrap_or(INTERVAL);
        let shared = labels(&mut keys, "labels", problems);
        for node in keys.list("rules", problems) {
            if rules.len() == MOST_RULES {
                problems.push(
                    Problem::error(
                        Code::TooLarge,
                        node.span.beginning(),
                        format!("the files have more than {MOST_RULES} rules"),
                    )
                    .help("compare them in parts"),
                );
                return;
            }
            rules.extend(rule(node, interval, &shared, lines, problems));
        }
    }
}

fn rule(
    node: &Node,
    interval: Duration,
    shared: &Labels,
    lines: &Lines,
    problems: &mut Vec<Problem>,
) -> Option<Rule> {
    let mut keys = Keys::of(node, "a rule", problems)?;
    let is_named = keys.has("record") || keys.has("alert");
    let (record, alert) = (keys.text("record", problems), keys.text("alert", problems));
    if is_named && record.is_none() && alert.is_none() {
        return None;
    }
    let alerts = alert.is_some();
    let Some(name) = alert.or(record).filter(|name| !name.text.trim().is_empty()) else {
        problems.push(
            Problem::error(Code::MissingKey, node.span.beginning(), "the rule has no name")
                .help("a rule must have `record` or `alert`"),
        );
        return None;
    };
    let Some(expr) = keys.node("expr") else {
        problems.push(
            Problem::error(Code::MissingKey, node.span.beginning(), "`expr` is missing from the rule")
                .help("the query is not known without it"),
        );
        return None;
    };
    let text = scalar(expr, "`expr`", problems)?.text;
    let mut all = shared.clone();
    all.extend(labels(&mut keys, "labels", problems));
    // An empty label is a missing label.
    all.retain(|_, value| !value.is_empty());
    Some(Rule {
        place: lines.place(node.span),
        name: name.text,
        alerts,
        expr: promql::read(&text).ok().map(|(expr, _)| promql::without_parens(&expr)),
        text,
        labels: all,
        annotations: labels(&mut keys, "annotations", problems),
        hold: duration(&mut keys, "for", problems).unwrap_or_default(),
        keep_firing_for: duration(&mut keys, "keep_firing_for", problems).unwrap_or_default(),
        interval,
    })
}

fn labels(keys: &mut Keys, name: &str, problems: &mut Vec<Problem>) -> Labels {
    let pairs = keys.pairs(name, problems);
    pairs.into_iter().map(|(key, value)| (key.text, value.text)).collect()
}

fn duration(keys: &mut Keys, name: &str, problems: &mut Vec<Problem>) -> Option<Duration> {
    let node = keys.node(name)?;
    let read = node.text().and_then(|text| Duration::parse(text.trim()));
    if read.is_none() {
        problems.push(wrong_type(node, &format!("`{name}`"), "a duration such as `5m`"));
    }
    read
}
