//! The names of alerts.

use crate::facts::AlertId;
use crate::model::{Companion, Labels, Model, Service, Slo};
use crate::vocabulary::{BudgetLine, Severity};

/// The name of an SLO's alert: `ApiAvailabilityBurnPage`, or the one that the author chose.
pub fn alert_name(service: &Service, slo: &Slo, severity: Severity) -> String {
    slo.alert_name.as_ref().map_or_else(|| made_alert_name(service, slo, severity), ToString::to_string)
}

/// The generated name: it consists of the names of the service and the SLO.
pub fn made_alert_name(service: &Service, slo: &Slo, severity: Severity) -> String {
    let severity = match severity {
        Severity::Page => "Page",
        Severity::Ticket => "Ticket",
    };
    format!("{}{}Burn{severity}", service.name.camel(), slo.name.camel())
}

/// The identity of an SLO's alert: several alerts, and rules of other tools, may have a name that the author chose.
pub(super) fn alert_id(model: &Model, service: &Service, slo: &Slo, severity: Severity) -> AlertId {
    let apart = slo.alert_name.is_some().then(|| {
        Labels::from([
            ("service".to_owned(), service.name.to_string()),
            ("slo".to_owned(), slo.name.to_string()),
            ("severity".to_owned(), model.project.severities.get(severity).label.clone()),
        ])
    });
    AlertId { name: alert_name(service, slo, severity), apart: apart.unwrap_or_default() }
}

/// The name of a budget alert: `ApiAvailabilityBudgetBelow25`.
pub fn budget_alert_name(service: &Service, slo: &Slo, line: BudgetLine) -> String {
    format!("{}{}BudgetBelow{}", service.name.camel(), slo.name.camel(), line.percent())
}

/// The name of a service's alert for missing events.
pub fn missing_name(service: &Service) -> String {
    format!("{}EventsMissing", service.name.camel())
}

/// The name of a companion alert: `ApiDown`.
pub fn companion_name(service: &Service, companion: &Companion) -> String {
    format!("{}{}", service.name.camel(), companion.name.camel())
}
