//! Changes of alerts, and of the receivers of each.

use std::collections::{BTreeMap, BTreeSet};

use super::Side;
use super::notified::renamed_receivers;
use super::pairs::{Pair, Pairs, Slo};
use crate::difference::{Change, Kind, Sentence};
use crate::lower;
use crate::model::{Alertmanager, Labels};
use crate::plan::{AlertId, Companion, Delivery, RuleOutput, ServicePlan};
use crate::vocabulary::Severity;

/// Alerts that were added or removed with the tiers of an SLO, and changed receivers.
pub(super) fn changes(old: Side, new: Side, pairs: &Pairs) -> Vec<Change> {
    let mut changes = Vec::new();
    for pair in &pairs.kept {
        for severity in Severity::ALL {
            let alert = |slo: &Slo| {
                slo.plan.alerts().find(|(of, _)| *of == severity).map(|(_, alert)| alert.id.name.clone())
            };
            let verb = match severity {
                Severity::Page => "pages",
                Severity::Ticket => "opens tickets",
            };
            let subject = pair.subject();
            match (alert(&pair.old), alert(&pair.new)) {
                (Some(_), None) if pair.new.plan.alerts().next().is_none() => {
                    let message = Sentence::plain("no alert any more, neither page nor ticket");
                    let warning = Sentence::plain("nobody is notified of this budget any more");
                    changes.push(Change::new(Kind::AlertRemoved, &subject, message).warn(warning));
                    break;
                }
                (Some(_), None) => {
                    let message = Sentence::plain(format!("no alert {verb} any more"));
                    let warning = match severity {
                        Severity::Page => "it no longer pages anybody; only a ticket remains",
                        Severity::Ticket => "nobody is notified of a slow burn any more",
                    };
                    changes.push(
                        Change::new(Kind::AlertRemoved, &subject, message).warn(Sentence::plain(warning)),
                    );
                }
                (None, Some(_)) => {
                    let message = Sentence::plain(format!("now an alert {verb}; before there was none"));
                    changes.push(Change::new(Kind::AlertAdded, &subject, message));
                }
                (Some(was), Some(is)) if was != is && chosen(pair) => {
                    let message = Sentence::plain(format!("the alert that {verb} is called ")).quote(&is);
                    let warning = Sentence::plain("routes and silences that match ").quote(&was);
                    let warning = warning.and(" no longer match it");
                    let change =
                        Change::new(Kind::AlertRenamed, &subject, message.and(" now, was ").quote(&was));
                    changes.push(change.values(&was, &is).warn(warning));
                }
                _ => {}
            }
        }
    }
    changes.extend(receiver_changes(old, new, pairs));
    changes
}

/// Whether an author chose one of the names. A generated name changes with the names of the service and the SLO, which is already reported.
fn chosen(pair: &Pair) -> bool {
    [&pair.old, &pair.new].iter().any(|side| side.slo.alert_name.is_some())
}

/// Changes of receivers by alert, if both sides declare them.
fn receiver_changes(old: Side, new: Side, pairs: &Pairs) -> Vec<Change> {
    let (Some(before), Some(after)) = (&old.plan.project.notifications, &new.plan.project.notifications)
    else {
        return Vec::new();
    };
    let renamed = renamed_receivers(&before.receivers, &after.receivers);
    let (Some(was), Some(is)) = (Receivers::of(old, renamed), Receivers::of(new, BTreeMap::new())) else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    let mut compare = |subject: [String; 1], thing: &str, one: &AlertId, other: &AlertId| {
        let (one, other) = (was.examples(one), is.examples(other));
        let values = unknown(&[&one[..], &other[..]].concat());
        let (one, other) = (was.by_labels(&one, &values), is.by_labels(&other, &values));
        changes.extend(difference(&subject, thing, &one, &other));
    };
    for pair in &pairs.kept {
        for (severity, alert) in pair.new.plan.alerts() {
            if let Some((_, before)) = pair.old.plan.alerts().find(|(of, _)| *of == severity) {
                compare(pair.subject(), severity.as_str(), &before.id, &alert.id);
            }
        }
    }
    for service in &new.plan.services {
        let before = pairs.renamed_services.iter().find(|(_, after)| *after == service.name);
        let before = before.map_or(&service.name, |(before, _)| before);
        let before = old.plan.services.iter().find(|known| known.name == *before);
        if let (Some(one), Some(other)) = (before.and_then(missing), missing(service)) {
            compare([service.name.clone()], "the alert for missing events", &one, &other);
        }
        for (_, alert, Companion { name, .. }) in service.companion_alerts() {
            let known = before
                .and_then(|before| before.companion_alerts().find(|(.., companion)| companion.name == *name));
            if let Some((_, known, _)) = known {
                compare([format!("{}/{name}", service.name)], "the alert", &known.id, &alert.id);
            }
        }
    }
    // All receivers of a new alert are new: that is not a change.
    for slo in &pairs.added {
        for (severity, alert) in slo.plan.alerts().filter(|_| old.complete) {
            let message = Sentence::plain(format!("{severity} goes to "));
            let everybody = is.examples(&alert.id).into_iter().flat_map(|one| &one.receivers);
            let everybody: BTreeSet<&String> = everybody.collect();
            let message = if everybody.is_empty() { message.and("nobody") } else { message.list(everybody) };
            changes.push(Change::new(Kind::Notified, &[slo.name()], message));
        }
    }
    changes
}

/// The name of a service's alert for missing events.
fn missing(service: &ServicePlan) -> Option<AlertId> {
    let rule = service.missing.as_ref()?.rules.first()?;
    matches!(rule.makes, RuleOutput::Alert(_)).then(|| AlertId::of(rule.name().to_owned()))
}

/// The receivers of one alert, by its labels with unknown values.
type ByLabels = BTreeMap<Labels, BTreeSet<String>>;

/// The receivers by names of alerts.
struct Receivers<'a> {
    alerts: BTreeMap<&'a str, Vec<&'a Delivery>>,
    alertmanager: &'a Alertmanager,
    renamed: BTreeMap<String, String>,
}

impl<'a> Receivers<'a> {
    fn of(side: Side<'a>, renamed: BTreeMap<String, String>) -> Option<Self> {
        let mut alerts: BTreeMap<&str, Vec<&Delivery>> = BTreeMap::new();
        for delivery in &side.plan.project.notifications.as_ref()?.deliveries {
            let name = delivery.labels.get("alertname").map_or("", String::as_str);
            alerts.entry(name).or_default().push(delivery);
        }
        Some(Self { alerts, alertmanager: side.model.project.alertmanager.as_ref()?, renamed })
    }

    fn examples(&self, id: &AlertId) -> Vec<&'a Delivery> {
        let named = self.alerts.get(id.name.as_str()).into_iter().flatten();
        named.copied().filter(|delivery| id.is(&delivery.labels)).collect()
    }

    /// For all these values of unknown labels, whether this side has such an example or not.
    fn by_labels(&self, examples: &[&Delivery], all: &BTreeSet<Labels>) -> ByLabels {
        let Some(first) = examples.first() else { return ByLabels::new() };
        let known: BTreeMap<&Labels, &Delivery> = examples.iter().map(|one| (&one.labels, *one)).collect();
        let receivers = |values: &Labels| {
            let mut labels = first.labels.clone();
            for (label, value) in &mut labels {
                // Labels that this side sets keep their values.
                if let (true, Some(other)) = (lower::is_unknown(label, value), values.get(label)) {
                    value.clone_from(other);
                }
            }
            let names = match known.get(&labels) {
                Some(delivery) => delivery.receivers.clone(),
                None => {
                    lower::receivers(self.alertmanager, &labels).into_iter().map(|one| one.receiver).collect()
                }
            };
            names.into_iter().map(|name| self.renamed.get(&name).cloned().unwrap_or(name)).collect()
        };
        all.iter().map(|values| (values.clone(), receivers(values))).collect()
    }
}

/// The values of unknown labels in the examples of both sides.
fn unknown(examples: &[&Delivery]) -> BTreeSet<Labels> {
    let mut others = Labels::new();
    for (label, value) in examples.iter().flat_map(|one| &one.labels) {
        if lower::is_unknown(label, value) {
            others.insert(label.clone(), value.clone());
        }
    }
    let values = |one: &&Delivery| {
        let value = |(label, other): (&String, &String)| {
            (label.clone(), one.labels.get(label).unwrap_or(other).clone())
        };
        others.iter().map(value).collect()
    };
    examples.iter().map(values).collect()
}

fn everybody(by_labels: &ByLabels) -> BTreeSet<&String> {
    by_labels.values().flatten().collect()
}

fn difference(subject: &[String], thing: &str, old: &ByLabels, new: &ByLabels) -> Option<Change> {
    let (was, is) = (everybody(old), everybody(new));
    let gone: Vec<_> = was.difference(&is).collect();
    let come: Vec<_> = is.difference(&was).collect();
    let message = Sentence::plain(format!("{thing} "));
    let change = |message| Change::new(Kind::Notified, subject, message);
    match (come.is_empty(), gone.is_empty()) {
        (true, true) if old == new => None,
        (true, true) => {
            let message = message.and("goes to the same receivers, but under other conditions");
            let side = |word: &str, by: &ByLabels, other: &ByLabels| -> Vec<Sentence> {
                let differs = |(labels, receivers): &(&Labels, &BTreeSet<String>)| {
                    other.get(*labels) != Some(*receivers)
                };
                let line = |(labels, receivers): (&Labels, &BTreeSet<String>)| {
                    let labels = labels.iter().map(|(label, value)| format!("{label}={value}"));
                    let labels = labels.collect::<Vec<_>>().join(", ");
                    Sentence::plain(format!("{word} with ")).quote(labels).and(": ").list(receivers)
                };
                by.iter().filter(differs).map(line).collect()
            };
            Some(change(message).effects(side("now", new, old)).effects(side("before", old, new)))
        }
        (false, true) => Some(change(message.and("also goes to ").list(come))),
        (true, false) if is.is_empty() => {
            let message = message.and("went to ").list(gone).and(", and goes to nobody now");
            Some(change(message).warn(Sentence::plain("it fires, and nobody is notified")))
        }
        (true, false) => Some(change(message.and("no longer goes to ").list(gone))),
        (false, false) => Some(change(message.and("goes to ").list(come).and(" instead of ").list(gone))),
    }
}
