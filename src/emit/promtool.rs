//! promtool's unit tests: the proofs, which run against the rule files in `prometheus/`.

use super::words::{self, FiringValues};
use super::{prometheus, yaml::Yaml};
use crate::artifact::{Artifacts, MARK};
use crate::model::Labels;
use crate::plan::{AlertId, Case, Check, ProjectPlan, Proof, Rule, ServicePlan};
use crate::promql::ast::Expr;
use crate::promql::build::{aggregate, selector};
use crate::vocabulary::Duration;

/// Adds `promtool/<service>.<what>.test.yaml`.
pub fn emit(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    for proof in &service.proofs {
        let path = format!("promtool/{}.{}.test.yaml", service.name, proof.what);
        artifacts.insert(path, file(project, service, proof));
    }
}

fn file(project: &ProjectPlan, service: &ServicePlan, proof: &Proof) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.comment(0, proof.about);
    for promise in service.slos.iter().map(|slo| &slo.promise) {
        if let Some(reason) = &promise.planned {
            yaml.comment(0, &format!("Planned, its metrics do not exist yet: {}: {reason}", promise.slo));
        }
    }
    for rule in service.companions.iter().flat_map(|group| &group.rules) {
        if let Some(companion) = rule.companion()
            && let Some(reason) = &companion.planned
        {
            yaml.comment(0, &format!("Planned, its metrics do not exist yet: {}: {reason}", companion.name));
        }
    }
    for reason in &proof.unproven {
        yaml.comment(0, &format!("Not proven: {reason}."));
    }
    yaml.line(0, "rule_files:");
    yaml.line(2, &format!("- ../{}", prometheus::path(&service.name)));
    yaml.pair(0, "", "evaluation_interval", &proof.step.to_string());
    yaml.line(0, "group_eval_order:");
    for group in &proof.groups {
        yaml.line(2, &format!("- {}", super::yaml::scalar(group)));
    }
    yaml.line(0, "tests:");
    for case in &proof.cases {
        write(&mut yaml, project, case);
    }
    yaml.finish()
}

fn write(yaml: &mut Yaml, project: &ProjectPlan, case: &Case) {
    yaml.pair(2, "- ", "name", &case.title);
    yaml.pair(4, "", "interval", &case.interval.to_string());
    yaml.line(4, "input_series:");
    for (series, values) in &case.series {
        yaml.pair(6, "- ", "series", series);
        yaml.pair(8, "", "values", values);
    }
    let (alerts, queries): (Vec<&Check>, Vec<&Check>) = case.checks.iter().partition(|check| match check {
        // promtool distinguishes alerts only by their names.
        Check::Silent { alert, .. } => alert.apart.is_empty(),
        Check::Says { .. } => true,
        Check::Fires { .. } | Check::Value { .. } => false,
    });
    if !alerts.is_empty() {
        yaml.line(4, "alert_rule_test:");
    }
    for check in alerts {
        match check {
            Check::Silent { at, alert } => {
                yaml.pair(6, "- ", "eval_time", &at.to_string());
                yaml.pair(8, "", "alertname", &alert.name);
                yaml.line(8, "exp_alerts: []");
            }
            Check::Says { at, rule, labels, value, budget_left, error_ratio, budget_lasts } => {
                let known = FiringValues { labels, value, budget_left, error_ratio, budget_lasts };
                alert_texts(yaml, project, *at, rule, &known);
            }
            Check::Fires { .. } | Check::Value { .. } => {}
        }
    }
    if !queries.is_empty() {
        yaml.line(4, "promql_expr_test:");
    }
    for check in queries {
        match check {
            Check::Fires { at, alert, count } => {
                query(yaml, *at, &firing(alert), &Labels::new(), Some(&count.to_string()));
            }
            Check::Value { at, expr, labels, value } => {
                query(yaml, *at, &nameless(expr), labels, value.as_deref());
            }
            Check::Silent { at, alert } => query(yaml, *at, &firing(alert), &Labels::new(), None),
            Check::Says { .. } => {}
        }
    }
}

/// How many of these alerts fire; empty if none does.
fn firing(alert: &AlertId) -> Expr {
    let apart = alert.apart.iter().map(|(label, value)| (label.as_str(), value.as_str()));
    let mut labels = vec![("alertname", alert.name.as_str()), ("alertstate", "firing")];
    labels.extend(apart);
    aggregate::<&str>("count", &[], selector("ALERTS", &labels))
}

/// A query whose result has no metric name, so that a test need not expect one.
fn nameless(expr: &Expr) -> Expr {
    match &expr.kind {
        crate::promql::ast::Kind::Selector(_) => {
            crate::promql::build::add(expr.clone(), crate::promql::build::number("0")).into()
        }
        _ => expr.clone(),
    }
}

fn alert_texts(yaml: &mut Yaml, project: &ProjectPlan, at: Duration, rule: &Rule, known: &FiringValues) {
    let Some(alert) = rule.alert() else { return };
    yaml.pair(6, "- ", "eval_time", &at.to_string());
    yaml.pair(8, "", "alertname", &alert.id.name);
    yaml.line(8, "exp_alerts:");
    yaml.line(10, "- exp_labels:");
    let mut labels = known.labels.clone();
    labels.extend(rule.labels.iter().map(|(name, value)| (name.clone(), value.clone())));
    for (name, value) in &labels {
        yaml.pair(14, "", name, value);
    }
    yaml.line(12, "exp_annotations:");
    for (name, value) in words::annotations(project, alert, Some(known)) {
        yaml.pair(14, "", &name, &value);
    }
}

fn query(yaml: &mut Yaml, at: Duration, expr: &Expr, labels: &Labels, value: Option<&str>) {
    yaml.pair(6, "- ", "expr", &expr.to_string());
    yaml.pair(8, "", "eval_time", &at.to_string());
    match value {
        None => yaml.line(8, "exp_samples: []"),
        Some(value) => {
            let matchers: Vec<(&str, &str)> =
                labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let labels = selector("", &matchers).to_string();
            yaml.line(8, "exp_samples:");
            yaml.pair(10, "- ", "labels", if labels.is_empty() { "{}" } else { &labels });
            yaml.line(12, &format!("value: {value}"));
        }
    }
}
