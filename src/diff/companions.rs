//! Changes of companion alerts.

use super::Side;
use super::pairs::Pairs;
use super::sli_text::expression;
use super::texts::{ACCEPTED, labels, value};
use crate::difference::{Change, Kind, Sentence};
use crate::model::{Companion, Service};
use crate::vocabulary::{Duration, Severity};

/// Companion alerts that were added, removed or changed, service by service.
pub(super) fn changes(old: Side, new: Side, pairs: &Pairs) -> Vec<Change> {
    let mut changes = Vec::new();
    for service in &new.model.services {
        let name = service.name.to_string();
        let before = pairs.renamed_services.iter().find(|(_, after)| *after == name);
        let before = before.map_or(name.as_str(), |(before, _)| before);
        let was = old.model.services.iter().find(|known| known.name.as_str() == before);
        let known = was.map_or(&[][..], |was| &was.alerts);
        for alert in &service.alerts {
            match known.iter().find(|known| known.name == alert.name) {
                Some(was) => changes.extend(kept(&subject(service, alert), was, alert)),
                None if old.complete => changes.push(added(service, alert)),
                None => {}
            }
        }
        let gone = known.iter().filter(|was| !service.alerts.iter().any(|alert| alert.name == was.name));
        changes.extend(gone.filter(|_| new.complete).map(|was| removed(service, was)));
    }
    let renamed = |name: &str| pairs.renamed_services.iter().any(|(before, _)| before == name);
    for service in old.model.services.iter().filter(|service| !renamed(service.name.as_str())) {
        if new.complete && !new.model.services.iter().any(|known| known.name == service.name) {
            changes.extend(service.alerts.iter().map(|was| removed(service, was)));
        }
    }
    changes
}

fn subject(service: &Service, alert: &Companion) -> [String; 1] {
    [format!("{}/{}", service.name, alert.name)]
}

fn added(service: &Service, alert: &Companion) -> Change {
    let hold = alert.hold.map(|hold| format!(" after {hold}")).unwrap_or_default();
    let message = format!("a new alert: a {}{hold}", alert.severity);
    let mut effects = Vec::new();
    effects.extend(alert.description.as_ref().map(|text| Sentence::default().quote(text)));
    effects.push(Sentence::plain("fires on ").quote(expression(&alert.expr)));
    effects.extend(alert.planned.as_ref().map(|reason| Sentence::plain("only planned: ").quote(reason)));
    Change::new(Kind::AlertAdded, &subject(service, alert), Sentence::plain(message)).effects(effects)
}

fn removed(service: &Service, alert: &Companion) -> Change {
    let message = format!("the alert is removed; it was a {}", alert.severity);
    let warning = match alert.severity {
        Severity::Page => "this cause no longer pages anybody",
        Severity::Ticket => "no ticket is opened for this cause any more",
    };
    Change::new(Kind::AlertRemoved, &subject(service, alert), Sentence::plain(message))
        .warn(Sentence::plain(warning))
}

/// How long an alert keeps firing.
pub(super) fn kept_firing(old: Option<Duration>, new: Option<Duration>) -> String {
    match (old, new) {
        (None, Some(new)) => format!("goes on firing for {new} after it is over; it stopped at once before"),
        (Some(old), Some(new)) => format!("goes on firing for {new} after it is over, was {old}"),
        (Some(old), None) => format!("stops as soon as it is over; it went on firing for {old} before"),
        (None, None) => "stops as soon as it is over".to_owned(),
    }
}

fn kept(subject: &[String], old: &Companion, new: &Companion) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut changed = |message: Sentence| changes.push(Change::new(Kind::Companion, subject, message));
    let (was, is) = (expression(&old.expr), expression(&new.expr));
    if was != is {
        changed(Sentence::plain("fires on ").quote(is).and(", was ").quote(was));
    }
    if old.hold != new.hold {
        let held =
            |alert: &Companion| alert.hold.map_or("at once".to_owned(), |hold| format!("after {hold}"));
        changed(Sentence::plain(format!("fires {}, was {}", held(new), held(old))));
    }
    if old.keep_firing_for != new.keep_firing_for {
        changed(Sentence::plain(kept_firing(old.keep_firing_for, new.keep_firing_for)));
    }
    if old.severity != new.severity {
        changed(Sentence::plain(format!("now a {}, was a {}", new.severity, old.severity)));
    }
    match (old.down, new.down) {
        (false, true) => changed(Sentence::plain(
            "now says that the service is down: while it fires, alerts of services that need it are silenced",
        )),
        (true, false) => changed(Sentence::plain(
            "no longer says that the service is down: alerts of services that need it are no longer silenced",
        )),
        _ => {}
    }
    match (old.independent, new.independent) {
        (false, true) => changed(Sentence::plain("now notifies even while a service that it needs is down")),
        (true, false) => changed(Sentence::plain("now silenced while a service that it needs is down")),
        _ => {}
    }
    if old.same_as != new.same_as {
        match (&old.same_as, &new.same_as) {
            (_, Some(slo)) => changed(Sentence::plain("now about the same as the SLO ").quote(slo)),
            (Some(slo), None) => changed(Sentence::plain("no longer about the same as the SLO ").quote(slo)),
            (None, None) => {}
        }
    }
    changes.extend(value(Kind::Planned, subject, "what is only planned", &old.planned, &new.planned));
    changes.extend(labels(Kind::Label, subject, "label", &old.labels, &new.labels));
    changes.extend(labels(Kind::Annotation, subject, "annotation", &old.annotations, &new.annotations));
    changes.extend(labels(Kind::Accepted, subject, ACCEPTED, &old.accepted, &new.accepted));
    changes.extend(value(Kind::Description, subject, "description", &old.description, &new.description));
    changes.extend(value(Kind::Runbook, subject, "runbook", &old.runbook, &new.runbook));
    changes
}
