//! `targets`: other systems that run the rules, with their defaults.

use super::whole;
use crate::ast::{Map, MimirBlock, ObjectsBlock, TargetsBlock};
use crate::diagnostic::{Code, Problem};
use crate::model::{Labels, Mimir, Objects, Operator, PartialResponse, RuleTargets};
use crate::scalar::Scalar;

/// Limit for the tenants that a federated group reads.
const TENANTS: usize = 100;

pub(super) fn all(block: &TargetsBlock, configured: bool, problems: &mut Vec<Problem>) -> RuleTargets {
    RuleTargets {
        declared: block.span,
        operator: block.operator.as_ref().map(|block| operator(block, configured, problems)),
        thanos: block.thanos.as_ref().map(|block| {
            let Some(written) = &block.partial_response else { return PartialResponse::default() };
            match PartialResponse::ALL.iter().find(|(known, _)| *known == written.text) {
                Some((_, known)) => *known,
                None => {
                    let problem =
                        Problem::error(Code::WrongType, whole(written), "Thanos has no such strategy");
                    problems.push(problem.label("expected `abort` or `warn`"));
                    PartialResponse::default()
                }
            }
        }),
        mimir: block.mimir.as_ref().map(|block| mimir(block, problems)),
        cortex: block.cortex,
        vmalert: block.vmalert,
        vmrule: block.vmrule.as_ref().map(|block| objects(block, problems)),
    }
}

fn operator(block: &ObjectsBlock, configured: bool, problems: &mut Vec<Problem>) -> Operator {
    let dashboards = block.dashboards.as_ref().map(|(key, written)| {
        let labels = labels(written, problems);
        if written.is_empty() {
            let problem = Problem::error(
                Code::MissingKey,
                key.span,
                "`dashboards` has no label, so Grafana's sidecar does not find them",
            );
            problems.push(problem.help(
                "write `dashboards: { grafana_dashboard: \"1\" }`, or the label that your sidecar looks for",
            ));
        }
        labels
    });
    let alertmanager = block.alertmanager.as_ref().and_then(|written| {
        if !configured {
            let problem = Problem::error(
                Code::UnreadSetting,
                whole(written),
                "this project has no configuration of Alertmanager to write",
            );
            problems.push(problem.help("declare `alertmanager` in the project file, or remove this key"));
            return None;
        }
        name(written, "this is not a valid name of an object `Alertmanager`", problems)
    });
    Operator { objects: objects(block, problems), dashboards, alertmanager }
}

fn objects(block: &ObjectsBlock, problems: &mut Vec<Problem>) -> Objects {
    let what = "this is not a valid name of a namespace";
    let namespace = block.namespace.as_ref().and_then(|written| name(written, what, problems));
    Objects { place: block.span, namespace, labels: labels(&block.labels, problems) }
}

/// A Kubernetes name: a label of RFC 1123.
fn name(written: &Scalar, what: &str, problems: &mut Vec<Problem>) -> Option<String> {
    let text = &written.text;
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !text.is_empty()
        && text.len() <= 63
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
    {
        return Some(text.clone());
    }
    let problem = Problem::error(Code::InvalidName, whole(written), what);
    problems.push(problem.label("Kubernetes allows lower-case letters, digits and `-`, at most 63"));
    None
}

/// Labels of Kubernetes objects.
fn labels(written: &Map<Scalar>, problems: &mut Vec<Problem>) -> Labels {
    let word = |text: &str, longest: usize| {
        text.len() <= longest
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let is_key = |text: &str| match text.split_once('/') {
        Some((prefix, name)) => {
            word(prefix, 253)
                && !prefix.contains('_')
                && prefix == prefix.to_ascii_lowercase()
                && word(name, 63)
        }
        None => word(text, 63),
    };
    let mut all = Labels::new();
    for (key, value) in written {
        if !is_key(&key.text) {
            let problem =
                Problem::error(Code::InvalidLabel, key.span, "this is not a valid label name in Kubernetes");
            problems.push(problem.label(
                "allowed are letters, digits, `-`, `_` and `.`, at most 63, with an optional prefix such as `name.example/`",
            ));
        } else if !value.text.is_empty() && !word(&value.text, 63) {
            let problem = Problem::error(
                Code::InvalidLabel,
                whole(value),
                "this is not a valid label value in Kubernetes",
            );
            problems.push(problem.label("allowed are letters, digits, `-`, `_` and `.`, at most 63"));
        } else {
            all.insert(key.text.clone(), value.text.clone());
        }
    }
    all
}

fn mimir(block: &MimirBlock, problems: &mut Vec<Problem>) -> Mimir {
    let mut limit = |written: &Option<Scalar>, default: u32, least: u32| {
        let Some(written) = written else { return default };
        match written.text.parse::<u32>() {
            Ok(limit) if (least..=100_000).contains(&limit) => limit,
            _ => {
                let problem = Problem::error(
                    Code::WrongType,
                    whole(written),
                    "this is not a valid limit of Mimir's ruler",
                );
                problems.push(problem.label(format!("expected a whole number from {least} to 100000")));
                default
            }
        }
    };
    let max_groups = limit(&block.max_groups, Mimir::MAX_GROUPS, 1);
    let max_rules = limit(&block.max_rules, Mimir::MAX_RULES, 10);
    let mut source_tenants: Vec<String> = Vec::new();
    for (index, written) in block.source_tenants.iter().enumerate() {
        let known = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()".contains(c);
        let text = &written.text;
        if index >= TENANTS {
            let problem = Problem::error(
                Code::TooLarge,
                whole(written),
                format!("there are more than {TENANTS} tenants"),
            );
            problems.push(problem.help("list fewer tenants"));
            break;
        }
        if text.is_empty() || text.len() > 150 || !text.chars().all(known) || text == "." || text == ".." {
            let problem =
                Problem::error(Code::InvalidName, whole(written), "this is not a valid tenant name in Mimir");
            problems.push(problem.label("allowed are letters, digits and `!-_.*'()`, at most 150"));
        } else if !source_tenants.contains(text) {
            source_tenants.push(text.clone());
        }
    }
    Mimir { place: block.span, max_groups, max_rules, source_tenants }
}
