//! The labels of alerts.

use crate::model::{Labels, Model, Service};
use crate::vocabulary::Severity;

/// Labels of every alert. They do not change while it fires.
pub(super) fn alert_labels(model: &Model, service: &Service, own: &Labels, severity: Severity) -> Labels {
    let style = model.project.severities.get(severity);
    let mut labels = service.labels.clone();
    labels.extend(own.clone());
    labels.extend(style.labels.clone());
    // For Prometheus an empty label does not exist: it removes the label of an outer level.
    labels.retain(|_, value| !value.is_empty());
    labels.insert("severity".to_owned(), style.label.clone());
    labels.insert("service".to_owned(), service.name.to_string());
    if let Some(owner) = &service.owner {
        labels.insert("owner".to_owned(), owner.clone());
    }
    labels
}

/// Labels in which alerts of two Prometheus servers differ.
pub fn external(model: &Model) -> Vec<String> {
    model.project.prometheus.external_labels.iter().map(ToString::to_string).collect()
}

/// Labels with unknown values: those that are kept, and those that Prometheus adds if an alert has no label of that name.
pub(super) fn open(labels: &Labels, by: &[String], external: &[String]) -> Vec<String> {
    let added = external.iter().filter(|label| !labels.contains_key(*label) && !by.contains(label));
    by.iter().chain(added).cloned().collect()
}
