//! The facts of companion alerts.

use std::collections::BTreeSet;

use super::aftermath;
use super::labels::{alert_labels, external};
use super::names::companion_name;
use crate::facts::AlertFacts;
use crate::model::{Companion, Labels, Model, Service};
use crate::promql::ast::Kind;
use crate::promql::carried::ResultLabels;
use crate::promql::origin::fixed;
use crate::vocabulary::LabelName;

/// The facts of a companion alert before it fires.
pub(super) fn alert<'a>(model: &'a Model, service: &'a Service, companion: &'a Companion) -> AlertFacts<'a> {
    let name = companion_name(service, companion);
    let mut labels = alert_labels(model, service, &companion.labels, companion.severity);
    labels.insert("alertname".to_owned(), name.clone());
    let mut open: Vec<String> = carried(model, service, companion);
    open.extend(external(model).into_iter().filter(|label| !open.contains(label)).collect::<Vec<_>>());
    open.retain(|label| !labels.contains_key(label));
    let mut distinguishing = distinguishing_labels(service, companion);
    // The rule sets them, so its result has one sample for all of their values.
    distinguishing.retain(|label| !labels.contains_key(label));
    AlertFacts {
        name,
        apart: Labels::new(),
        labels,
        open,
        by: Vec::new(),
        distinguishing,
        severity: companion.severity,
        service: &service.name,
        slo: None,
        companion: Some(&companion.name),
        down: companion.down,
        independent: companion.independent,
        line: None,
        silencing: aftermath::silencing_alert(model, service, companion),
    }
}

/// The labels in which several alerts differ: those that the expression keeps by name, or those of the target; empty if there is only one alert.
fn distinguishing_labels(service: &Service, companion: &Companion) -> Vec<String> {
    let expr = &companion.expr;
    let mut labels: Vec<String> = match ResultLabels::of(expr) {
        // The labels that `absent` copies are in the expression, and so the same in every alert.
        ResultLabels::Among(_) if matches!(&expr.kind, Kind::Call { function, .. } if function.starts_with("absent")) => {
            Vec::new()
        }
        ResultLabels::Among(labels) => labels
            .into_iter()
            .filter(|label| LabelName::parse(label).or_else(|| LabelName::in_quotes(label)).is_some())
            .collect(),
        carried @ ResultLabels::AllBut(_) => {
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

/// The labels that its series have of their own, as far as they are known.
fn exposed(service: &Service, companion: &Companion) -> BTreeSet<String> {
    let contract = service.contract.as_ref();
    let names = companion.readings.iter().filter_map(|reading| reading.selector.name.as_deref());
    let families = names.filter_map(|name| contract?.find(name));
    let shapes = families.flat_map(|(_, family, _)| &family.shapes);
    shapes.flat_map(|shape| shape.labels.keys().cloned()).collect()
}

/// The labels that the result of the expression may have, as far as they are known.
fn carried(model: &Model, service: &Service, companion: &Companion) -> Vec<String> {
    let carried = ResultLabels::of(&companion.expr);
    let mut labels: Vec<String> = match &carried {
        ResultLabels::Among(labels) => return labels.iter().cloned().collect(),
        ResultLabels::AllBut(_) => ["instance", "job"].map(str::to_owned).into(),
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
