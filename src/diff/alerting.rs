//! Which alerts there are, and who is told of each.

use std::collections::{BTreeMap, BTreeSet};

use super::Side;
use super::notified::renamed_receivers;
use super::pairs::{Pairs, Slo};
use crate::difference::{Change, Kind, Words};
use crate::model::Labels;
use crate::plan::{Companion, Delivery, Makes, ServicePlan};
use crate::vocabulary::Severity;

/// Alerts that came and went with the tiers of an SLO, and other receivers.
pub(super) fn changes(old: Side, new: Side, pairs: &Pairs) -> Vec<Change> {
    let mut changes = Vec::new();
    for pair in &pairs.kept {
        for severity in Severity::ALL {
            let alert = |slo: &Slo| {
                slo.plan.alerts().find(|(of, _)| *of == severity).map(|(_, alert)| alert.name.clone())
            };
            let verb = match severity {
                Severity::Page => "pages",
                Severity::Ticket => "opens tickets",
            };
            let subject = pair.subject();
            match (alert(&pair.old), alert(&pair.new)) {
                (Some(_), None) if pair.new.plan.alerts().next().is_none() => {
                    let said = Words::plain("no alert any more, neither page nor ticket");
                    let warning = Words::plain("nobody is told any more, whatever becomes of this budget");
                    changes.push(Change::new(Kind::AlertRemoved, &subject, said).warn(warning));
                    break;
                }
                (Some(_), None) => {
                    let said = Words::plain(format!("no alert {verb} any more"));
                    let warning = match severity {
                        Severity::Page => "nobody is woken for it any more; what remains is a ticket",
                        Severity::Ticket => "what burns slowly is told to nobody any more",
                    };
                    changes.push(Change::new(Kind::AlertRemoved, &subject, said).warn(Words::plain(warning)));
                }
                (None, Some(_)) => {
                    let said = Words::plain(format!("an alert {verb} now, none did before"));
                    changes.push(Change::new(Kind::AlertAdded, &subject, said));
                }
                _ => {}
            }
        }
    }
    changes.extend(told(old, new, pairs));
    changes
}

/// Who is told of which alert, where both sides say.
fn told(old: Side, new: Side, pairs: &Pairs) -> Vec<Change> {
    let (Some(before), Some(after)) = (&old.plan.project.notifications, &new.plan.project.notifications)
    else {
        return Vec::new();
    };
    let renamed = renamed_receivers(&before.receivers, &after.receivers);
    let was = Receivers::of(&before.deliveries, &renamed);
    let is = Receivers::of(&after.deliveries, &BTreeMap::new());
    let mut changes = Vec::new();
    let mut compare = |subject: [String; 1], thing: &str, one: &str, other: &str| {
        changes.extend(difference(&subject, thing, was.of_alert(one), is.of_alert(other)));
    };
    for pair in &pairs.kept {
        for (severity, alert) in pair.new.plan.alerts() {
            if let Some((_, before)) = pair.old.plan.alerts().find(|(of, _)| *of == severity) {
                compare(pair.subject(), severity.as_str(), &before.name, &alert.name);
            }
        }
    }
    for service in &new.plan.services {
        let before = pairs.renamed_services.iter().find(|(_, after)| *after == service.name);
        let before = before.map_or(&service.name, |(before, _)| before);
        let before = old.plan.services.iter().find(|known| known.name == *before);
        if let (Some(one), Some(other)) = (before.and_then(missing), missing(service)) {
            compare([service.name.clone()], "the alert for missing events", one, other);
        }
        for (rule, _, Companion { name, .. }) in service.companion_alerts() {
            let known = before
                .and_then(|before| before.companion_alerts().find(|(.., companion)| companion.name == *name));
            if let Some((known, ..)) = known {
                compare([format!("{}/{name}", service.name)], "the alert", known.name(), rule.name());
            }
        }
    }
    // Nobody has said of new alerts yet whom they reach.
    for slo in &pairs.added {
        for (severity, alert) in slo.plan.alerts().filter(|_| old.complete) {
            let said = Words::plain(format!("{severity} goes to "));
            let everybody = everybody(is.of_alert(&alert.name));
            let said = if everybody.is_empty() { said.and("nobody") } else { said.list(everybody) };
            changes.push(Change::new(Kind::Told, &[slo.name()], said));
        }
    }
    changes
}

/// The name of a service's alert for missing events.
fn missing(service: &ServicePlan) -> Option<&str> {
    let rule = service.missing.as_ref()?.rules.first()?;
    matches!(rule.makes, Makes::Alert(_)).then(|| rule.name())
}

/// Of one alert, by the labels that are not known before it fires.
type ByLabels = BTreeMap<String, BTreeSet<String>>;

/// Who is told, by the names of alerts.
struct Receivers(BTreeMap<String, ByLabels>);

static NOBODY: ByLabels = ByLabels::new();

impl Receivers {
    fn of(deliveries: &[Delivery], renamed: &BTreeMap<String, String>) -> Self {
        let mut alerts: BTreeMap<&str, Vec<&Delivery>> = BTreeMap::new();
        for delivery in deliveries {
            alerts
                .entry(delivery.labels.get("alertname").map_or("", String::as_str))
                .or_default()
                .push(delivery);
        }
        let by_labels = |examples: Vec<&Delivery>| -> ByLabels {
            let open = |labels: &Labels| -> String {
                let differs = |name: &String, value: &String| {
                    examples.iter().any(|other| other.labels.get(name) != Some(value))
                };
                let open = labels.iter().filter(|(name, value)| differs(name, value));
                open.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
            };
            let told = |delivery: &&Delivery| {
                let names = delivery.receivers.iter();
                (
                    open(&delivery.labels),
                    names.map(|name| renamed.get(name).unwrap_or(name).clone()).collect(),
                )
            };
            examples.iter().map(told).collect()
        };
        Self(alerts.into_iter().map(|(name, examples)| (name.to_owned(), by_labels(examples))).collect())
    }

    fn of_alert(&self, name: &str) -> &ByLabels {
        self.0.get(name).unwrap_or(&NOBODY)
    }
}

fn everybody(by_labels: &ByLabels) -> BTreeSet<&String> {
    by_labels.values().flatten().collect()
}

fn difference(subject: &[String], thing: &str, old: &ByLabels, new: &ByLabels) -> Option<Change> {
    let (was, is) = (everybody(old), everybody(new));
    let gone: Vec<_> = was.difference(&is).collect();
    let come: Vec<_> = is.difference(&was).collect();
    let said = Words::plain(format!("{thing} "));
    let change = |said| Change::new(Kind::Told, subject, said);
    match (come.is_empty(), gone.is_empty()) {
        (true, true) if old == new => None,
        (true, true) => {
            let said = said.and("goes to the same receivers, but under other conditions");
            let side = |word: &str, by: &ByLabels| -> Vec<Words> {
                let line = |(labels, told): (&String, &BTreeSet<String>)| {
                    Words::plain(format!("{word} with ")).quote(labels).and(": ").list(told)
                };
                by.iter().map(line).collect()
            };
            Some(change(said).effects(side("now", new)).effects(side("before", old)))
        }
        (false, true) => Some(change(said.and("also goes to ").list(come))),
        (true, false) if is.is_empty() => {
            let said = said.and("went to ").list(gone).and(", and goes to nobody now");
            Some(change(said).warn(Words::plain("it fires, and nobody is told")))
        }
        (true, false) => Some(change(said.and("no longer goes to ").list(gone))),
        (false, false) => Some(change(said.and("goes to ").list(come).and(" instead of ").list(gone))),
    }
}
