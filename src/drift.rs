//! plan + the rules that a server evaluates → the differences: missing, changed, left over and failing rules.
//!
//! A server prints expressions in its own way, so both are compared as trees. Rules are found by the series or alert that they make and by their
//! labels; a ruler may have them in other groups, for example because of Mimir's limits.

pub mod routes;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::emit::{WrittenRule, written};
use crate::inert;
use crate::model::Labels;
use crate::plan::Plan;
use crate::promql;
use crate::promql::ast::{Expr, Selector};
use crate::promql::build::selector;
use crate::vocabulary::{Duration, shortened};
use routes::Routes;

/// The path of a server's rules, below its address.
pub const PATH: &str = "/api/v1/rules";

/// The most characters of a server's text that are shown.
const SHOWN: usize = 300;

/// A rule that a server evaluates.
#[derive(Clone, Debug)]
pub struct Loaded {
    group: String,
    interval: Option<Duration>,
    alerts: bool,
    name: String,
    query: String,
    hold: Option<Duration>,
    keep_firing_for: Option<Duration>,
    labels: Labels,
    annotations: Labels,
    error: Option<String>,
}

/// The rules in an answer. `None` if it does not have the format of the API.
pub fn loaded(answer: &Value) -> Option<Vec<Loaded>> {
    if answer["status"] != "success" {
        return None;
    }
    let mut all = Vec::new();
    for group in answer["data"]["groups"].as_array()? {
        let name = group["name"].as_str()?;
        for rule in group["rules"].as_array().into_iter().flatten() {
            let labels = |field: &str| -> Labels {
                let pairs = rule[field].as_object().into_iter().flatten();
                pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
            };
            let failed = rule["health"] == "err" || rule["health"] == "unhealthy";
            all.push(Loaded {
                group: name.to_owned(),
                interval: seconds(&group["interval"]),
                alerts: rule["type"] == "alerting",
                name: rule["name"].as_str()?.to_owned(),
                query: rule["query"].as_str()?.to_owned(),
                hold: seconds(&rule["duration"]),
                // The first name is that of Prometheus and Mimir, the second that of vmalert.
                keep_firing_for: seconds(&rule["keepFiringFor"]).or(seconds(&rule["keep_firing_for"])),
                labels: labels("labels"),
                annotations: labels("annotations"),
                error: failed.then(|| rule["lastError"].as_str().unwrap_or_default().to_owned()),
            });
        }
    }
    Some(all)
}

fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().filter(|seconds| (0.0..1e9).contains(seconds))?;
    // Durations of rules are whole milliseconds.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Some(Duration::from_millis((seconds * 1000.0).round() as u64))
}

/// The kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The server does not evaluate it.
    Missing,
    /// It is evaluated, and differs from the compiled rule.
    Changed,
    /// It is evaluated, but no longer compiled.
    LeftOver,
    /// Its last evaluation failed.
    Failing,
}

/// A part of a rule that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `expr`, `for`, `keep_firing_for`, `interval`, `labels` or `annotations`.
    pub field: &'static str,
    /// The value on the server.
    pub loaded: String,
    /// The compiled value.
    pub compiled: String,
}

/// A rule that differs from the compiled one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind of difference.
    pub kind: Kind,
    /// The group: that of the server if it has the rule.
    pub group: String,
    /// The series that it records, or the alert.
    pub rule: String,
    /// Its labels.
    pub labels: Labels,
    /// The differences, if it was changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// The server's error, if it fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The differences between the rules of a server and the compiled ones.
#[derive(Clone, Debug, Serialize)]
pub struct Drift {
    /// The number of compiled rules.
    pub compiled: usize,
    /// How many of them the server evaluates unchanged.
    pub loaded: usize,
    /// The differences, by kind.
    pub findings: Vec<Finding>,
}

/// The meaning of an expression, independent of its printed form.
fn normalised(expr: Expr) -> String {
    let sorted = |reads: Selector| {
        let mut matchers: Vec<_> = reads.matchers.iter().collect();
        matchers.sort_by_key(|matcher| (&matcher.label, matcher.op.symbol(), &matcher.value));
        let all = matchers
            .into_iter()
            .fold(selector("", &[]), |all, matcher| all.matching(&matcher.label, matcher.op, &matcher.value));
        Selector { matchers: all.matchers, ..reads }
    };
    let plain = promql::without_parens(&expr).with_plain_numbers();
    plain.map_selectors(&mut |reads| sorted(reads)).to_string()
}

/// Compares the compiled rules with those that a server evaluates.
pub fn drift(plan: &Plan, rules: &[Loaded]) -> Drift {
    let queries: Vec<String> = rules
        .iter()
        .map(|rule| {
            promql::read(&rule.query).map_or_else(|_| rule.query.clone(), |(expr, _)| normalised(expr))
        })
        .collect();
    let mut named: BTreeMap<(bool, &str), Vec<usize>> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate() {
        named.entry((rule.alerts, &rule.name)).or_default().push(index);
    }
    let mut taken = vec![false; rules.len()];
    let mut open: Vec<(&str, WrittenRule, String)> = Vec::new();
    let (mut compiled, mut same) = (0, 0);
    // Equal rules are paired first, so that they are in no other pair.
    for service in &plan.services {
        for rule in written(&plan.project, service) {
            compiled += 1;
            let query = normalised(rule.expr.clone());
            let known = named.get(&(rule.alerts, rule.name.as_str())).into_iter().flatten().copied();
            let equal = known.into_iter().find(|index| {
                !taken[*index] && differences(&rule, &query, &rules[*index], &queries[*index]).is_empty()
            });
            match equal {
                Some(index) => {
                    taken[index] = true;
                    same += 1;
                }
                None => open.push((&service.name, rule, query)),
            }
        }
    }
    let mut findings = Vec::new();
    for (service, rule, query) in open {
        let known = named.get(&(rule.alerts, rule.name.as_str())).into_iter().flatten().copied();
        let known: Vec<usize> =
            known.filter(|index| !taken[*index] && belongs(&rules[*index].group, service)).collect();
        let labelled = known.iter().find(|index| rules[**index].labels == rule.labels).or(known.first());
        match labelled {
            Some(index) => {
                taken[*index] = true;
                findings.push(Finding {
                    kind: Kind::Changed,
                    group: short(&rules[*index].group),
                    rule: rule.name.clone(),
                    labels: rule.labels.clone(),
                    differences: differences(&rule, &query, &rules[*index], &queries[*index]),
                    error: None,
                });
            }
            None => findings.push(Finding {
                kind: Kind::Missing,
                group: rule.group,
                rule: rule.name,
                labels: rule.labels,
                differences: Vec::new(),
                error: None,
            }),
        }
    }
    for (index, rule) in rules.iter().enumerate() {
        let one = |kind, error| Finding {
            kind,
            group: short(&rule.group),
            rule: short(&rule.name),
            labels: rule.labels.clone(),
            differences: Vec::new(),
            error,
        };
        // Rules of other tools are ignored.
        let ours = rule.name.starts_with("slo:")
            || plan
                .services
                .iter()
                .any(|service| belongs(&rule.group, &service.name) && rule.group != service.name)
                && rule.labels.contains_key("service");
        if !taken[index] && ours {
            findings.push(one(Kind::LeftOver, None));
        }
        if let Some(error) = rule.error.as_ref().filter(|_| taken[index] || ours) {
            findings.push(one(Kind::Failing, Some(short(error))));
        }
    }
    findings.sort_by_key(|finding| finding.kind);
    Drift { compiled, loaded: same, findings }
}

/// Whether a group belongs to a service: `api`, `api/slos`, `api/slos/long`.
fn belongs(group: &str, service: &str) -> bool {
    group.strip_prefix(service).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn differences(rule: &WrittenRule, query: &str, loaded: &Loaded, of: &str) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut differs = |field, loaded: String, compiled: String| {
        if loaded != compiled {
            let (loaded, compiled) = excerpts_at_difference(&loaded, &compiled);
            all.push(Difference { field, loaded, compiled });
        }
    };
    differs("expr", of.to_owned(), query.to_owned());
    if rule.alerts {
        differs("for", loaded.hold.unwrap_or_default().to_string(), rule.hold.to_string());
        let kept = loaded.keep_firing_for.unwrap_or_default();
        differs("keep_firing_for", kept.to_string(), rule.keep_firing_for.to_string());
    }
    if let Some(interval) = loaded.interval {
        differs("interval", interval.to_string(), rule.interval.to_string());
    }
    differs("labels", pairs(&loaded.labels), pairs(&rule.labels));
    differs("annotations", pairs(&loaded.annotations), pairs(&rule.annotations));
    all
}

fn pairs(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    pairs.join(", ")
}

/// Two long texts, each from shortly before their first difference.
fn excerpts_at_difference(one: &str, other: &str) -> (String, String) {
    const BEFORE: usize = 60;
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let skipped =
        if one.chars().count().max(other.chars().count()) > SHOWN { same.saturating_sub(BEFORE) } else { 0 };
    let from = |text: &str| {
        let rest: String = text.chars().skip(skipped).collect();
        format!("{}{}", if skipped > 0 { "…" } else { "" }, short(&rest))
    };
    (from(one), from(other))
}

/// The part of a foreign text that is shown.
fn short(text: &str) -> String {
    inert::line(&shortened(text, SHOWN)).into_owned()
}

/// The most rules that are listed.
const LISTED: usize = 50;

/// The text for people: a line for each rule, and a summary. `address` is that of the server.
pub fn human(drift: &Drift, address: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for finding in drift.findings.iter().take(LISTED) {
        let Finding { group, rule, labels, .. } = finding;
        let of = match (labels.get("service"), labels.get("slo")) {
            (Some(service), Some(slo)) => format!(" of {service}/{slo}"),
            _ => String::new(),
        };
        let state = match finding.kind {
            Kind::Missing => "is not loaded",
            Kind::Changed => "differs from the compiled rule",
            Kind::LeftOver => "is loaded, but no longer compiled",
            Kind::Failing => "fails",
        };
        let _ = write!(text, "{group}: {rule}{} {state}", inert::line(&of));
        match &finding.error {
            Some(error) => drop(writeln!(text, ": {error}")),
            None => text.push('\n'),
        }
        for Difference { field, loaded, compiled } in &finding.differences {
            let _ = writeln!(text, "  {field} loaded:   {loaded}");
            let _ = writeln!(text, "  {field} compiled: {compiled}");
        }
    }
    let more = drift.findings.len().saturating_sub(LISTED);
    if more > 0 {
        let _ = writeln!(text, "and {more} more: --format json shows them all");
    }
    let count = |kind| drift.findings.iter().filter(|finding| finding.kind == kind).count();
    let _ = writeln!(
        text,
        "{} of {} compiled rules are loaded unchanged at {address}: {} missing, {} changed, {} left over, {} failing",
        drift.loaded,
        drift.compiled,
        count(Kind::Missing),
        count(Kind::Changed),
        count(Kind::LeftOver),
        count(Kind::Failing),
    );
    text
}

/// The result for programs. The names and meanings of fields do not change between releases; new fields may be added.
pub fn json(rules: Option<&Drift>, routes: Option<&Routes>) -> String {
    #[derive(Serialize)]
    struct Both<'a> {
        #[serde(flatten)]
        rules: Option<&'a Drift>,
        #[serde(skip_serializing_if = "Option::is_none")]
        routes: Option<&'a Routes>,
    }
    inert::pretty(&Both { rules, routes })
}
