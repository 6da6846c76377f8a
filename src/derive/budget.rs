//! The severity of a budget alert.

use super::names::companion_name;
use crate::model::{BudgetAlert, Service, Slo};
use crate::vocabulary::Severity;

/// Its own severity, and ticket if somebody may be awake.
pub(super) fn severities(service: &Service, slo: &Slo, alert: &BudgetAlert) -> Vec<Severity> {
    let burns = slo.tiers.iter().any(|tier| tier.severity == Severity::Page);
    match alert.severity {
        Severity::Page if burns || !pages_of_companions(service, slo).is_empty() => {
            vec![Severity::Page, Severity::Ticket]
        }
        severity => vec![severity],
    }
}

/// The names of companion alerts whose page means that this SLO fails.
pub fn pages_of_companions(service: &Service, slo: &Slo) -> Vec<String> {
    let same = service.alerts.iter().filter(|companion| {
        companion.severity == Severity::Page
            && (companion.down || companion.same_as.as_ref() == Some(&slo.name))
    });
    same.map(|companion| companion_name(service, companion)).collect()
}
