//! Companion alerts: the rules of a service's own causes, in a group of their own.

use std::collections::BTreeSet;

use super::alerts::{Known, alert_labels, external};
use super::{INTERVAL, aftermath, dashboards, runbooks};
use crate::model::{Companion, Labels, Model, Service};
use crate::plan::{self, Alert, Group, Makes, Notice, Rule, Which};
use crate::promql::ast::{Expr, Kind, Op};
use crate::promql::carried::Carried;
use crate::promql::origin::fixed;
use crate::vocabulary::LabelName;

/// The name of a companion alert: `ApiDown`.
pub fn companion_name(service: &Service, companion: &Companion) -> String {
    format!("{}{}", service.name.camel(), companion.name.camel())
}

/// The group of a service's companion alerts, if it has any.
pub(super) fn group(model: &Model, service: &Service) -> Option<Group> {
    if service.alerts.is_empty() {
        return None;
    }
    let rules = service.alerts.iter().map(|companion| rule(model, service, companion)).collect();
    // Groups of SLOs are called after them.
    let taken = service.slos.iter().any(|slo| slo.name.as_str() == "alerts");
    let name = format!("{}/alerts{}", service.name, if taken { "/companions" } else { "" });
    Some(Group { name, interval: INTERVAL, rules })
}

fn rule(model: &Model, service: &Service, companion: &Companion) -> Rule {
    let mut annotations = service.annotations.clone();
    annotations.extend(companion.annotations.clone());
    annotations.extend(model.project.severities.get(companion.severity).annotations.clone());
    let name = companion_name(service, companion);
    let told = told(service, companion);
    let page = runbooks::of_companion(model, service, companion);
    let alert = Alert {
        runbook_url: runbooks::url(model, &page.file, &name),
        dashboard: dashboards::of_service(model, service.name.as_str()),
        which: Which::of(name),
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
            told,
            tells_value: tells_value(&companion.expr),
            down: companion.down,
            independent: companion.independent,
            same_as: companion.same_as.as_ref().map(ToString::to_string),
            aftermath: aftermath::of(model, service, companion),
            runbook: companion.runbook.clone(),
            planned: companion.planned.clone(),
            accepted: companion.accepted.clone(),
            page,
        })),
        annotations,
    };
    Rule {
        makes: Makes::Alert(Box::new(alert)),
        expr: companion.expr.clone(),
        labels: alert_labels(model, service, &companion.labels, companion.severity).into(),
        remark: "",
    }
}

/// The labels that tell one of several alerts from the others: those that the expression keeps by name, or the target's; none if there are no
/// several.
pub fn told(service: &Service, companion: &Companion) -> Vec<String> {
    let expr = &companion.expr;
    let mut labels: Vec<String> = match Carried::of(expr) {
        // What `absent` takes over is written in the expression, and the same in every alert.
        Carried::Among(_) if matches!(&expr.kind, Kind::Call { function, .. } if function.starts_with("absent")) => {
            Vec::new()
        }
        Carried::Among(labels) => labels
            .into_iter()
            .filter(|label| LabelName::parse(label).or_else(|| LabelName::in_quotes(label)).is_some())
            .collect(),
        carried @ Carried::AllBut(_) => {
            let targets = ["instance", "job"].map(str::to_owned);
            let exposed = exposed(service, companion);
            let own = exposed.into_iter().filter(|label| !targets.contains(label));
            let all: Vec<String> = targets.iter().cloned().chain(own).collect();
            all.into_iter().filter(|label| carried.may_have(label)).collect()
        }
    };
    labels.retain(|label| fixed(expr, label).is_none());
    labels
}

/// The labels that its series are known to have of their own.
fn exposed(service: &Service, companion: &Companion) -> BTreeSet<String> {
    let contract = service.contract.as_ref();
    let names = companion.readings.iter().filter_map(|reading| reading.selector.name.as_deref());
    let families = names.filter_map(|name| contract?.find(name));
    let shapes = families.flat_map(|(_, family, _)| &family.shapes);
    shapes.flat_map(|shape| shape.labels.keys().cloned()).collect()
}

/// Whether the alert's value says more than that it fires.
fn tells_value(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Binary(binary) => match binary.op {
            Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Ne => !binary.bool,
            Op::And | Op::Unless => tells_value(&binary.left),
            _ => false,
        },
        _ => false,
    }
}

/// What is known of a companion alert before it fires.
pub fn known<'a>(model: &'a Model, service: &'a Service, companion: &'a Companion) -> Known<'a> {
    let name = companion_name(service, companion);
    let mut labels = alert_labels(model, service, &companion.labels, companion.severity);
    labels.insert("alertname".to_owned(), name.clone());
    let mut open: Vec<String> = carried(model, service, companion);
    open.extend(external(model).into_iter().filter(|label| !open.contains(label)).collect::<Vec<_>>());
    open.retain(|label| !labels.contains_key(label));
    Known {
        name,
        apart: Labels::new(),
        labels,
        open,
        by: Vec::new(),
        severity: companion.severity,
        service: &service.name,
        slo: None,
        companion: Some(&companion.name),
        down: companion.down,
        independent: companion.independent,
        line: None,
    }
}

/// The labels that the expression may bring along, as far as they are known.
fn carried(model: &Model, service: &Service, companion: &Companion) -> Vec<String> {
    let carried = Carried::of(&companion.expr);
    let mut labels: Vec<String> = match &carried {
        Carried::Among(labels) => return labels.iter().cloned().collect(),
        Carried::AllBut(_) => ["instance", "job"].map(str::to_owned).into(),
    };
    labels.extend(model.project.prometheus.target_labels.iter().map(ToString::to_string));
    for reading in &companion.readings {
        labels.extend(reading.selector.matchers.iter().map(|matcher| matcher.label.clone()));
    }
    labels.extend(exposed(service, companion));
    labels.retain(|label| carried.may_have(label) && label != "le");
    labels.sort();
    labels.dedup();
    labels
}
