//! The rules of companion alerts, in a group of their own.

use std::collections::BTreeSet;

use super::alert::{self, annotations, group_name};
use super::{dashboards, info, runbooks};
use crate::facts::{AlertFacts, ServiceFacts};
use crate::model::{Companion, Model, Service};
use crate::plan::{self, Alert, Group, Notice, Rule};
use crate::promql::ast::{Expr, Kind, Op};
use crate::promql::build::aggregate_without;
use crate::promql::carried::ResultLabels;
use crate::promql::origin::{fixed, origins};
use crate::vocabulary::INTERVAL;

/// The group of a service's companion alerts, if it has any.
pub(super) fn group(model: &Model, facts: &ServiceFacts) -> Option<Group> {
    let service = facts.service;
    if facts.companions.is_empty() {
        return None;
    }
    let companions = facts.companions.iter();
    let mut rules: Vec<Rule> =
        companions.map(|(companion, known)| rule(model, service, companion, known)).collect();
    let mut known = Vec::new();
    for rule in &rules {
        if let Some(alert) = rule.alert() {
            known.extend(info::of_alert(alert, &rule.labels));
        }
    }
    // Several alerts may have one name: the first one's runbook leads to the others.
    let mut named = BTreeSet::new();
    known.retain(|rule| named.insert(rule.labels.get("alertname").cloned()));
    rules.extend(known);
    Some(Group { name: group_name(service, "alerts"), interval: INTERVAL, rules })
}

fn rule(model: &Model, service: &Service, companion: &Companion, known: &AlertFacts) -> Rule {
    let page = runbooks::of_companion(model, service, companion);
    let alert = Alert {
        runbook_url: runbooks::url(model, &page.file, &known.name),
        dashboard: dashboards::of_service(model, service.name.as_str()),
        id: known.id(),
        hold: companion.hold,
        keep_firing_for: companion.keep_firing_for,
        notice: Notice::Companion(Box::new(plan::Companion {
            service: service.name.to_string(),
            name: companion.name.to_string(),
            description: companion.description.clone(),
            of: service.description.clone(),
            severity: companion.severity,
            hold: companion.hold,
            keep_firing_for: companion.keep_firing_for,
            distinguishing: known.distinguishing.clone(),
            has_value: has_value(&companion.expr),
            down: companion.down,
            independent: companion.independent,
            same_as: companion.same_as.as_ref().map(ToString::to_string),
            silencing: known.silencing.clone(),
            runbook: companion.runbook.clone(),
            planned: companion.planned.clone(),
            accepted: companion.accepted.clone(),
            page,
        })),
        annotations: annotations(model, service, &companion.annotations, companion.severity),
    };
    let labels = known.rule_labels();
    alert::rule(alert, distinguished(&companion.expr, labels.keys()), labels, "")
}

/// The expression, with one sample for those that would become the same alert: Prometheus refuses two alerts with the same labels, and then sends
/// none of the rule. They differ only in a label that the alert sets, or in the name of their metric, which no alert has.
fn distinguished<'l>(expr: &Expr, set: impl Iterator<Item = &'l String>) -> Expr {
    let carried = ResultLabels::of(expr);
    let lost: Vec<&String> =
        set.filter(|label| carried.may_have(label) && fixed(expr, label).is_none()).collect();
    let several_metrics = origins(expr).into_iter().any(|selector| selector.name.is_none());
    let several = matches!(carried, ResultLabels::AllBut(_)) && several_metrics;
    match lost.is_empty() && !several {
        true => expr.clone(),
        false => aggregate_without("max", &lost, expr.clone()),
    }
}

/// Whether the alert's value is more than the fact that it fires.
fn has_value(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Binary(binary) => match binary.op {
            Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Ne => !binary.bool,
            Op::And | Op::Unless => has_value(&binary.left),
            _ => false,
        },
        _ => false,
    }
}
