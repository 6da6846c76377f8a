//! The alerts of SLOs. A new alert in the rules must be added here, too; a test compares the two.

use super::budget;
use super::labels::{alert_labels, external, open};
use super::names::{alert_id, budget_alert_name, missing_name};
use crate::facts::{AlertFacts, AlertId, BELOW};
use crate::model::{Labels, Model, Service, Slo};
use crate::vocabulary::Severity;

/// The page of the SLO with this name means that a service is down.
const DOWN: &str = "availability";

/// Whether the page of an SLO means that its service is down.
pub(super) fn means_down(slo: &Slo) -> bool {
    slo.name.as_str() == DOWN
}

/// The alerts of one SLO: burn alerts, then budget alerts.
pub(super) fn of_slo<'a>(model: &Model, service: &'a Service, slo: &'a Slo) -> Vec<AlertFacts<'a>> {
    let mut all = Vec::new();
    for severity in Severity::ALL {
        if slo.tiers.iter().any(|tier| tier.severity == severity) {
            let alert = alert(model, service, slo, alert_id(model, service, slo, severity), severity);
            let down = means_down(slo) && severity == Severity::Page;
            all.push(AlertFacts { down, ..alert });
        }
    }
    for declared in &slo.budget_alerts {
        for severity in budget::severities(service, slo, declared) {
            let id = AlertId::of(budget_alert_name(service, slo, declared.line));
            let mut alert = alert(model, service, slo, id, severity);
            alert.labels.insert(BELOW.to_owned(), declared.line.to_string());
            all.push(AlertFacts { line: Some(declared.line), ..alert });
        }
    }
    all
}

fn alert<'a>(
    model: &Model,
    service: &'a Service,
    slo: &'a Slo,
    AlertId { name, apart }: AlertId,
    severity: Severity,
) -> AlertFacts<'a> {
    let mut labels = alert_labels(model, service, &slo.labels, severity);
    labels.insert("alertname".to_owned(), name.clone());
    labels.insert("slo".to_owned(), slo.name.to_string());
    let by: Vec<String> = slo.by.iter().map(ToString::to_string).collect();
    AlertFacts {
        open: open(&labels, &by, &external(model)),
        name,
        apart,
        labels,
        by,
        distinguishing: Vec::new(),
        severity,
        service: &service.name,
        slo: Some(&slo.name),
        companion: None,
        down: false,
        independent: false,
        line: None,
        silencing: None,
    }
}

/// The alert for a service whose events disappeared; `None` if it is switched off, or if no events are expected yet.
pub(super) fn missing<'a>(model: &Model, service: &'a Service) -> Option<AlertFacts<'a>> {
    let missing = service.missing_events?;
    if !service.slos.iter().any(|slo| slo.is_expected()) {
        return None;
    }
    let name = missing_name(service);
    let mut labels = alert_labels(model, service, &Labels::new(), missing.severity);
    labels.insert("alertname".to_owned(), name.clone());
    Some(AlertFacts {
        open: open(&labels, &[], &external(model)),
        name,
        apart: Labels::new(),
        labels,
        by: Vec::new(),
        distinguishing: Vec::new(),
        severity: missing.severity,
        service: &service.name,
        slo: None,
        companion: None,
        down: true,
        independent: false,
        line: None,
        silencing: None,
    })
}
