//! Assigns another tool's rules to SLOs, and finds their objectives and periods.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::{self, constant, named_window, short_of, window};
use crate::foreign::{Alert, Foreign, Ratio, Rule, Slo, Tier};
use crate::model::Labels;
use crate::promql::ast::{Expr, Kind, MatchOp};
use crate::promql::build;
use crate::promql::carried::ResultLabels;
use crate::vocabulary::{Decimal, Duration, Severity};

/// Identifies an SLO.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    tool: &'static str,
    service: Option<String>,
    name: String,
    /// The labels that tell SLOs with this name apart.
    apart: Labels,
}

impl Key {
    fn new(tool: &'static str, service: Option<String>, name: String) -> Self {
        Self { tool, service, name, apart: Labels::new() }
    }
}

/// Labels with which Sloth identifies an SLO.
const SLOTH: [&str; 3] = ["sloth_id", "sloth_service", "sloth_slo"];

/// Assigns every rule to its SLO.
pub fn foreign(rules: Vec<Rule>) -> Foreign {
    let known: Vec<Labels> = rules.iter().map(known).collect();
    let pyrra: BTreeSet<String> = rules
        .iter()
        .zip(&known)
        .filter(|(rule, labels)| {
            labels.contains_key("slo")
                && (rule.name.contains(":burnrate")
                    || rule.name.starts_with("pyrra_")
                    || reads(rule).any(|name| name.contains(":burnrate")))
        })
        .filter_map(|(_, labels)| labels.get("slo").cloned())
        .collect();
    let pyrra = distinguishing_labels(pyrra, &rules, &known);
    let mut keys: Vec<Option<Key>> = known.iter().map(|labels| key(labels, &pyrra)).collect();
    // An alert without such labels belongs to the SLO whose series it reads.
    let mut named: BTreeMap<&str, BTreeSet<Option<Key>>> = BTreeMap::new();
    for (rule, labels) in rules.iter().zip(&known).filter(|(rule, _)| !rule.alerts) {
        named.entry(&rule.name).or_default().insert(key(labels, &pyrra));
    }
    for (rule, key) in rules.iter().zip(&mut keys) {
        if key.is_none() && rule.alerts {
            *key = by_series(rule, &named).or_else(|| Some(Key::new("rules", None, rule.name.clone())));
        }
    }
    take_what_alerts_read(&rules, &mut keys);
    let windows = windows(&rules);
    let mut order: Vec<Key> = Vec::new();
    let mut members: BTreeMap<Key, Vec<(Rule, Labels)>> = BTreeMap::new();
    let mut rest = Vec::new();
    for ((rule, labels), key) in rules.iter().zip(known).zip(keys) {
        match key {
            Some(key) => {
                let group = members.entry(key.clone()).or_default();
                if group.is_empty() {
                    order.push(key);
                }
                group.push((rule.clone(), labels));
            }
            None => rest.push(rule.clone()),
        }
    }
    let mut slos = Vec::new();
    for key in order {
        let rules = members.remove(&key).unwrap_or_default();
        match slo(key, rules, &windows) {
            Ok(slo) => slos.push(slo),
            Err(rules) => rest.extend(rules),
        }
    }
    Foreign { slos, rest }
}

/// For each name in Pyrra's rules: the labels that tell several SLOs with this name apart. All their rules have these labels.
fn distinguishing_labels(
    names: BTreeSet<String>,
    rules: &[Rule],
    known: &[Labels],
) -> BTreeMap<String, BTreeSet<String>> {
    let mut of_name: BTreeMap<&String, Vec<(&Rule, &Labels)>> = BTreeMap::new();
    for (rule, labels) in rules.iter().zip(known) {
        if let Some(name) = labels.get("slo").filter(|name| names.contains(*name)) {
            of_name.entry(name).or_default().push((rule, labels));
        }
    }
    let differ = |of_name: &[(&Rule, &Labels)]| {
        let mut recorded: BTreeMap<&str, &Labels> = BTreeMap::new();
        let mut differ = BTreeSet::new();
        for (rule, labels) in of_name.iter().filter(|(rule, _)| rule.name.contains(":burnrate")) {
            let first = *recorded.entry(&rule.name).or_insert(labels);
            differ.extend(
                first.iter().filter(|(name, value)| labels.get(*name) != Some(value)).map(|(name, _)| name),
            );
        }
        differ.retain(|name| of_name.iter().all(|(_, labels)| labels.contains_key(*name)));
        differ.into_iter().cloned().collect()
    };
    let apart: BTreeMap<String, BTreeSet<String>> =
        of_name.iter().map(|(name, rules)| ((*name).clone(), differ(rules))).collect();
    apart
}

/// The labels that the result of a rule certainly has: those that the rule sets, and those that all its selectors require.
fn known(rule: &Rule) -> Labels {
    let mut labels = Labels::new();
    if let (true, Some(expr)) = (rule.alerts, &rule.expr) {
        let selectors = expr.selectors();
        if let Some((first, others)) = selectors.split_first() {
            for matcher in first.matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal) {
                let everywhere = others.iter().all(|selector| {
                    selector.matchers.iter().any(|other| {
                        (other.op, &other.label, &other.value) == (matcher.op, &matcher.label, &matcher.value)
                    })
                });
                if everywhere && matcher.label != "__name__" && !matcher.value.is_empty() {
                    labels.insert(matcher.label.clone(), matcher.value.clone());
                }
            }
        }
    }
    labels.extend(rule.labels.clone());
    labels
}

fn key(labels: &Labels, pyrra: &BTreeMap<String, BTreeSet<String>>) -> Option<Key> {
    let of = |name: &str| labels.get(name).cloned();
    if let Some(name) = of("sloth_slo").or_else(|| of("sloth_id")) {
        return Some(Key::new("Sloth", of("sloth_service"), name));
    }
    let name = of("slo")?;
    if let Some(apart) = pyrra.get(&name) {
        let apart = apart.iter().filter_map(|label| Some((label.clone(), of(label)?))).collect();
        return Some(Key { apart, ..Key::new("Pyrra", None, name) });
    }
    Some(Key::new("rules", of("service"), name))
}

/// The SLO of the recorded series that an alert reads, if it is only one.
fn by_series(rule: &Rule, named: &BTreeMap<&str, BTreeSet<Option<Key>>>) -> Option<Key> {
    let keys: BTreeSet<&Option<Key>> = reads(rule).filter_map(|name| named.get(name)).flatten().collect();
    match keys.len() {
        1 => keys.into_iter().next().cloned().flatten(),
        _ => None,
    }
}

fn reads(rule: &Rule) -> impl Iterator<Item = &str> {
    let selectors = rule.expr.iter().flat_map(Expr::selectors);
    selectors.filter_map(|selector| selector.name.as_deref())
}

/// Recording rules without labels belong to the SLO of the alert that reads them, if it is only one. The rules that they read belong to it, too.
fn take_what_alerts_read(rules: &[Rule], keys: &mut [Option<Key>]) {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| !rule.alerts) {
        by_name.entry(&rule.name).or_default().push(index);
    }
    // Chains of recorded series are not deeper.
    for _ in 0..4 {
        let mut wanted: BTreeMap<usize, BTreeSet<Key>> = BTreeMap::new();
        for (rule, key) in rules.iter().zip(keys.iter()) {
            let Some(key) = key else { continue };
            for name in reads(rule) {
                for index in by_name.get(name).into_iter().flatten().filter(|index| keys[**index].is_none()) {
                    wanted.entry(*index).or_default().insert(key.clone());
                }
            }
        }
        let mut any = false;
        for (index, of) in wanted {
            if of.len() == 1 {
                keys[index] = of.into_iter().next();
                any = true;
            }
        }
        if !any {
            break;
        }
    }
}

/// The windows of recorded series, by their names.
fn windows(rules: &[Rule]) -> BTreeMap<&str, Duration> {
    let mut found: BTreeMap<&str, BTreeSet<Option<Duration>>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| !rule.alerts) {
        let none = BTreeMap::new();
        let length =
            named_window(&rule.name).or_else(|| rule.expr.as_ref().and_then(|expr| window(expr, &none)));
        found.entry(&rule.name).or_default().insert(length);
    }
    let one = |(name, lengths): (_, BTreeSet<Option<Duration>>)| match lengths.len() {
        1 => Some((name, lengths.into_iter().next().flatten()?)),
        _ => None,
    };
    found.into_iter().filter_map(one).collect()
}

/// The SLO that rules describe; the rules themselves, if they do not describe one.
fn slo(key: Key, rules: Vec<(Rule, Labels)>, windows: &BTreeMap<&str, Duration>) -> Result<Slo, Vec<Rule>> {
    let (mut recorded, mut alerts, mut budgets) = (Vec::new(), Vec::new(), Vec::new());
    let (of_alerts, others): (Vec<_>, Vec<_>) = rules.into_iter().partition(|(rule, _)| rule.alerts);
    recorded.extend(others.into_iter().map(|(rule, _)| rule));
    let mut named: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &recorded {
        named.entry(&rule.name).or_default().push(rule);
    }
    for (rule, labels) in of_alerts {
        let fires = match &rule.expr {
            Some(expr) => alerts::fires(expr, windows),
            None => alerts::AlertCondition {
                unclear: vec![rule.text.clone()],
                ..alerts::AlertCondition::default()
            },
        };
        budgets.extend(fires.budgets);
        let labels = with_labels_of_series(labels, &rule, &named);
        let severity = severity(&labels);
        let alert = Alert {
            rule,
            severity,
            labels,
            tiers: fires.tiers,
            absent: fires.absent,
            unclear: fires.unclear,
        };
        alerts.push(alert);
    }
    // An alert without a name of an SLO, and without a burn rate, is an ordinary alert.
    let burns = alerts.iter().any(|alert: &Alert| !alert.tiers.is_empty());
    if key.tool == "rules" && key.service.is_none() && !burns {
        let alerts = alerts.into_iter().map(|alert| alert.rule);
        return Err(recorded.into_iter().chain(alerts).collect());
    }
    let number = |name: &str| {
        let rule = recorded.iter().find(|rule| rule.name == name);
        rule.and_then(|rule| rule.expr.as_ref()).and_then(constant).map(short_of)
    };
    budgets.sort();
    budgets.dedup();
    let budget = match budgets[..] {
        [budget] => Some(budget),
        _ => number("slo:error_budget:ratio"),
    };
    let in_range = |ratio: &Decimal| *ratio > Decimal::ZERO && *ratio < Decimal::ONE;
    let objective = number("slo:objective:ratio")
        .or_else(|| number("pyrra_objective"))
        .or_else(|| budget.map(|budget| Decimal::ONE - budget))
        .filter(in_range);
    let whole = |number: Decimal, unit: u64| {
        let millis = number.checked_mul(Decimal::from(unit))?.trunc();
        u64::try_from(millis).ok().map(Duration::from_millis).filter(|length| length.millis() > 0)
    };
    let tiers = || alerts.iter().flat_map(|alert| &alert.tiers);
    let watched: BTreeSet<Duration> = tiers().flat_map(|tier| [tier.long, tier.short]).collect();
    // The counters that Pyrra records over the period. For a gauge it records the count and the sum of its samples.
    let counts = |name: &str| {
        [":count", ":sum"].iter().any(|part| key.tool == "Pyrra" && name.contains(part))
            || name.contains(":increase")
    };
    let increased = recorded.iter().filter(|rule| counts(&rule.name));
    let ratios = ratios(&recorded, &watched, &alerts, windows);
    let longest = ratios.last().map(|ratio| ratio.window).filter(|window| !watched.contains(window));
    let period = number("slo:time_period:days")
        .and_then(|days| whole(days, 86_400_000))
        .or_else(|| number("pyrra_window").and_then(|seconds| whole(seconds, 1_000)))
        .or_else(|| increased.filter_map(|rule| named_window(&rule.name)).max())
        .or(longest);
    if let Some(budget) = objective.map(|objective| Decimal::ONE - objective) {
        for tier in alerts.iter_mut().flat_map(|alert| &mut alert.tiers) {
            let of = |tier: &Tier| tier.threshold.checked_div(budget).map(short_of);
            tier.burn_rate = tier.burn_rate.or_else(|| of(tier));
        }
    }
    let labels = |rule: &Rule| rule.labels.clone();
    let identity = match key.tool {
        "Sloth" => {
            let all = recorded.iter().map(labels).chain(alerts.iter().map(|alert| alert.labels.clone()));
            let mut found = Labels::new();
            for labels in all {
                found.extend(labels.into_iter().filter(|(name, _)| SLOTH.contains(&name.as_str())));
            }
            found
        }
        "Pyrra" => key.apart.clone().into_iter().chain([("slo".to_owned(), key.name.clone())]).collect(),
        _ => {
            let named = [("service", key.service.clone()), ("slo", Some(key.name.clone()))];
            let set = |name: &str| recorded.iter().any(|rule| rule.labels.contains_key(name));
            let kept = named.into_iter().filter(|(name, _)| set(name));
            kept.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        }
    };
    Ok(Slo {
        tool: key.tool,
        service: key.service,
        name: std::iter::once(&key.name).chain(key.apart.values()).cloned().collect::<Vec<_>>().join("-"),
        imported: None,
        identity,
        objective,
        period,
        ratios,
        alerts,
        recorded,
    })
}

/// Adds the labels of the series that an alert reads, unless its expression drops them.
fn with_labels_of_series(labels: Labels, rule: &Rule, named: &BTreeMap<&str, Vec<&Rule>>) -> Labels {
    let Some(expr) = &rule.expr else { return labels };
    let mut read: Option<Labels> = None;
    for selector in expr.selectors() {
        let equal = || selector.matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal);
        // More series with one name were made by a program.
        const SERIES: usize = 100;
        let found = named.get(selector.name.as_deref().unwrap_or_default()).into_iter().flatten();
        let found = found.take(SERIES).filter(|rule| {
            equal().all(|matcher| rule.labels.get(&matcher.label).is_none_or(|value| *value == matcher.value))
        });
        for rule in found {
            match &mut read {
                Some(read) => read.retain(|name, value| rule.labels.get(name) == Some(value)),
                None => read = Some(rule.labels.clone()),
            }
        }
    }
    let carried = ResultLabels::of(expr);
    let mut all: Labels = read.into_iter().flatten().filter(|(name, _)| carried.may_have(name)).collect();
    all.extend(labels);
    all
}

/// The severity, from the labels.
fn severity(labels: &Labels) -> Option<Severity> {
    let label = labels.get("sloth_severity").or_else(|| labels.get("severity"))?;
    match label.to_lowercase().as_str() {
        "page" | "critical" | "crit" | "pager" | "p1" => Some(Severity::Page),
        "ticket" | "warning" | "warn" | "p2" => Some(Severity::Ticket),
        _ => None,
    }
}

/// The error ratios among recorded series: those that alerts read, and those with a matching name.
fn ratios(
    recorded: &[Rule],
    watched: &BTreeSet<Duration>,
    alerts: &[Alert],
    windows: &BTreeMap<&str, Duration>,
) -> Vec<Ratio> {
    let read: BTreeSet<&str> = alerts.iter().flat_map(|alert| reads(&alert.rule)).collect();
    let names: BTreeSet<&str> = recorded.iter().map(|rule| rule.name.as_str()).collect();
    let mut ratios: Vec<Ratio> = Vec::new();
    for rule in recorded {
        let called = rule.name.contains("ratio_rate") || rule.name.contains("burnrate");
        if !called && !read.contains(rule.name.as_str()) {
            continue;
        }
        let Some(window) = windows.get(rule.name.as_str()).copied() else { continue };
        if (!called && !watched.contains(&window)) || ratios.iter().any(|ratio| ratio.window == window) {
            continue;
        }
        let labels: Vec<(&str, &str)> =
            rule.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        ratios.push(Ratio {
            window,
            series: Some(build::selector(&rule.name, &labels)),
            expr: rule.expr.clone(),
            averaged: rule.expr.as_ref().is_some_and(|expr| is_averaged(expr, &names)),
        });
    }
    // Expressions of alerts that are not recorded.
    let none = BTreeMap::new();
    for expr in alerts.iter().filter_map(|alert| alert.rule.expr.as_ref()) {
        expr.visit(&mut |part| {
            let Kind::Binary(binary) = &part.kind else { return };
            if !binary.op.is_comparison() || constant(&binary.right).is_none() {
                return;
            }
            let selectors = binary.left.selectors();
            let raw = selectors.iter().all(|one| !names.contains(one.name.as_deref().unwrap_or_default()));
            let Some(window) = window(&binary.left, &none).filter(|window| watched.contains(window)) else {
                return;
            };
            if raw && !ratios.iter().any(|ratio| ratio.window == window) {
                let expr = Some(binary.left.clone());
                ratios.push(Ratio { window, series: None, expr, averaged: false });
            }
        });
    }
    ratios.sort_by_key(|ratio| ratio.window);
    ratios
}

/// Whether an expression is a mean of recorded ratios.
fn is_averaged(expr: &Expr, recorded: &BTreeSet<&str>) -> bool {
    let is_ratio =
        |name: &str| (name.contains("ratio") || name.contains("burnrate")) && recorded.contains(name);
    expr.contains(|part| {
        let Kind::Call { function, args } = &part.kind else { return false };
        let mut names = args.iter().flat_map(Expr::selectors).filter_map(|selector| selector.name.as_deref());
        ["avg_over_time", "sum_over_time"].contains(&function.as_str()) && names.any(is_ratio)
    })
}
