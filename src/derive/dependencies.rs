//! Which alerts mean that a dependency is down.

use crate::facts::AlertFacts;
use crate::model::Dependency;
use crate::vocabulary::Severity;

/// The alerts which mean that a service, or one of its SLOs, is down.
pub fn causes<'a>(dependency: &Dependency, alerts: &[&'a AlertFacts<'a>]) -> Vec<&'a AlertFacts<'a>> {
    alerts.iter().copied().filter(|alert| is_cause(dependency, alert)).collect()
}

/// Whether an alert means that.
pub(super) fn is_cause(dependency: &Dependency, alert: &AlertFacts) -> bool {
    alert.service == &dependency.on
        && match &dependency.slo {
            Some(slo) => alert.slo == Some(slo) && alert.severity == Severity::Page && alert.line.is_none(),
            None => alert.down,
        }
}
