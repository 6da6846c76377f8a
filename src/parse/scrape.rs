//! Reads the scrape jobs of a Prometheus configuration. Other keys are ignored.

use super::wrong_shape::as_scalar;
use super::yaml::{Entry, Node, Value};
use crate::ast::{JobBlock, Key, ScrapeFile};
use crate::diagnostic::{Code, Problem};
use crate::scalar::Scalar;

/// Whether a file looks like a Prometheus configuration.
pub(super) fn looks_like(node: &Node) -> bool {
    node.get("scrape_configs").is_some()
}

/// The scrape jobs; a problem and `None` if the file is not such a configuration.
pub(super) fn scrape(node: &Node, problems: &mut Vec<Problem>) -> Option<ScrapeFile> {
    let Some(Value::List(jobs)) = node.get("scrape_configs").map(|node| &node.value) else {
        problems.push(
            Problem::error(
                Code::WrongType,
                start(node),
                "this configuration of Prometheus has no scrape jobs",
            )
            .label("expected `scrape_configs`, a list of jobs")
            .help("name the configuration file of Prometheus, or a copy of it"),
        );
        return None;
    };
    let global = node.get("global");
    let scrape_interval = global.and_then(|global| scalar(global, "scrape_interval", problems));
    let external_labels =
        global.and_then(|global| global.get("external_labels")).map(keys).unwrap_or_default();
    let jobs = jobs.iter().filter_map(|node| job(node, problems)).collect();
    Some(ScrapeFile { scrape_interval, jobs, external_labels })
}

fn job(node: &Node, problems: &mut Vec<Problem>) -> Option<JobBlock> {
    let name = scalar(node, "job_name", problems)?;
    let scrape_interval = scalar(node, "scrape_interval", problems);
    let mut labels = Vec::new();
    let mut open = false;
    for Entry { key, value } in node.entries() {
        let all = list(value);
        match key.text.as_str() {
            "static_configs" => {
                let sets = all.iter().filter_map(|node| node.get("labels"));
                labels.extend(sets.flat_map(keys).map(|key| key.text));
            }
            "relabel_configs" | "metric_relabel_configs" => {
                for rule in all {
                    let text = |key: &str| rule.get(key).and_then(Node::text);
                    labels.extend(text("target_label").map(str::to_owned));
                    open |= text("action") == Some("labelmap");
                }
            }
            // Service discovery adds labels only by relabelling, but files of targets have their own labels.
            "file_sd_configs" | "http_sd_configs" => open = true,
            _ => {}
        }
    }
    Some(JobBlock { name, scrape_interval, labels, open })
}

fn start(node: &Node) -> crate::source::Span {
    crate::source::Span { end: node.span.start, ..node.span }
}

fn list(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(nodes) => nodes,
        _ => &[],
    }
}

fn keys(node: &Node) -> Vec<Key> {
    node.entries().iter().map(|entry| entry.key.clone()).collect()
}

fn scalar(node: &Node, name: &str, problems: &mut Vec<Problem>) -> Option<Scalar> {
    as_scalar(node.get(name)?, &format!("`{name}`"), problems)
}
