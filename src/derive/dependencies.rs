//! Which alerts say that what a service needs is broken.

use crate::facts::AlertFacts;
use crate::model::Dependency;
use crate::vocabulary::Severity;

/// What says that a service, or one promise of it, is broken.
pub fn causes<'a>(dependency: &Dependency, alerts: &[&'a AlertFacts<'a>]) -> Vec<&'a AlertFacts<'a>> {
    alerts.iter().copied().filter(|alert| is_cause(dependency, alert)).collect()
}

/// Whether an alert says so.
pub(super) fn is_cause(dependency: &Dependency, alert: &AlertFacts) -> bool {
    alert.service == &dependency.on
        && match &dependency.slo {
            Some(slo) => alert.slo == Some(slo) && alert.severity == Severity::Page && alert.line.is_none(),
            None => alert.down,
        }
}
