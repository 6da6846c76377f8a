//! The parts that alert rules of several kinds have in common.

use std::sync::Arc;

use super::series::Series;
use super::sums::held;
use super::{dashboards, runbooks, windows};
use crate::facts::{AlertFacts, AlertId, SilencingAlert, SloFacts};
use crate::model::{Labels, Model, Service};
use crate::plan::{Alert, BurnForecast, Notice, OfPromise, Rule, RuleOutput};
use crate::promql::ast::Expr;
use crate::vocabulary::Severity;

/// A rule that makes an alert.
pub(super) fn rule(
    alert: Alert,
    expr: impl Into<Expr>,
    labels: impl Into<Arc<Labels>>,
    remark: &'static str,
) -> Rule {
    Rule {
        makes: RuleOutput::Alert(Box::new(alert)),
        expr: Arc::new(expr.into()),
        labels: labels.into(),
        remark,
    }
}

/// The name of a group beside those of the SLOs, which have the names of the SLOs.
pub(super) fn group_name(service: &Service, name: &str) -> String {
    let taken = service.slos.iter().any(|slo| slo.name.as_str() == name);
    format!("{}/{name}{}", service.name, if taken { "/companions" } else { "" })
}

/// The annotations of an alert: those of the service, its own, and those of the severity.
pub(super) fn annotations(model: &Model, service: &Service, own: &Labels, severity: Severity) -> Labels {
    let mut annotations = service.annotations.clone();
    annotations.extend(own.clone());
    annotations.extend(model.project.severities.get(severity).annotations.clone());
    annotations
}

/// An alert of a promise, under this heading in the runbook. It fires as soon as its expression has a result.
pub(super) fn of_promise(
    model: &Model,
    service: &Service,
    SloFacts { slo, promise, .. }: &SloFacts,
    names: &Series,
    (known, heading, pace): (&AlertFacts, &str, BurnForecast),
    notice: impl FnOnce(OfPromise) -> Notice,
) -> Alert {
    Alert {
        runbook_url: runbooks::url(model, &runbooks::of_slo(&promise.service, &promise.slo), heading),
        dashboard: dashboards::of_slo(model, &promise.service, &promise.slo, &promise.by),
        id: known.id(),
        hold: None,
        keep_firing_for: None,
        notice: notice(OfPromise {
            promise: Box::new(promise.clone()),
            severity: known.severity,
            of: service.description.clone(),
            runbook: slo.runbook.clone(),
            owner: service.owner.clone(),
            budget_left: held(names, windows::PERCENT_LEFT),
            pace: Box::new(pace),
        }),
        annotations: annotations(model, service, &slo.annotations, known.severity),
    }
}

/// An alert that notifies nobody and silences others.
pub(super) fn silencing_alert(service: &Service, of: String, silencing: SilencingAlert) -> Alert {
    Alert {
        id: AlertId::of(silencing.name.clone()),
        runbook_url: None,
        dashboard: None,
        hold: None,
        keep_firing_for: None,
        annotations: Labels::new(),
        notice: Notice::Silencing { service: service.name.to_string(), of, silencing },
    }
}
