//! The receivers of every alert.
//!
//! All routes that match send the alert, up to one with `stop`, and each receiver is notified once: by the first route that names it. The result is
//! written into the matchers, so that no route depends on the routes before it.

use super::matchers::matchers;
use crate::derive::{piece, pieces};
use crate::facts::AlertFacts;
use crate::model::{Alertmanager, Labels, Matching};
use crate::plan::{Delivery, NOBODY, Notified, ReceiverRoute, Rule};
use crate::vocabulary::Duration;

/// The limit of examples for one alert.
const MOST_EXAMPLES: usize = 64;

/// How long Alertmanager remembers a notification by default (`--data.retention`): with a longer repeat interval it repeats after this time.
const REMEMBERED: Duration = Duration::from_secs(5 * 86_400);

/// The routes as Alertmanager gets them.
pub(super) fn all(alertmanager: &Alertmanager, alerts: &[&AlertFacts]) -> Vec<ReceiverRoute> {
    let mut sent = Vec::new();
    for (index, route) in alertmanager.routes.iter().enumerate() {
        let of_budget = |alert: &&AlertFacts| alert.line.is_some() && alert.sometimes(&route.matching);
        let budgets = alerts.iter().any(of_budget).then(|| route.timing.repeat_interval.max(REMEMBERED));
        for receiver in &route.to {
            let whole = piece(&route.matching);
            for piece in pieces(&alertmanager.routes, index, receiver) {
                sent.push(ReceiverRoute {
                    matchers: matchers(&piece),
                    receiver: receiver.to_string(),
                    timing: route.timing.clone(),
                    budgets,
                    escalates: route.escalates,
                    narrowed: piece != whole,
                    mute: route.mute.iter().map(ToString::to_string).collect(),
                });
            }
        }
    }
    sent
}

/// Who is notified of each alert, from the routes as they were written. It does not use pieces and matchers, so that it can test them.
pub(super) fn deliveries(alertmanager: &Alertmanager, alerts: &[&AlertFacts]) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    for alert in alerts {
        for labels in examples(alertmanager, alert) {
            let notified = receivers(alertmanager, &labels);
            let receivers = notified.iter().map(|notified| notified.receiver.clone()).collect();
            deliveries.push(Delivery { labels, receivers, notified });
        }
    }
    deliveries
}

/// The delivery of an alert that only silences.
pub(super) fn to_nobody(rule: &Rule) -> Delivery {
    let mut labels: Labels = rule.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    labels.insert("alertname".to_owned(), rule.name().to_owned());
    Delivery { labels, receivers: vec![NOBODY.to_owned()], notified: Vec::new() }
}

/// Who is notified of an alert with these labels.
pub fn receivers(alertmanager: &Alertmanager, labels: &Labels) -> Vec<Notified> {
    let mut all: Vec<Notified> = Vec::new();
    for route in &alertmanager.routes {
        if !matches(&route.matching, labels) {
            continue;
        }
        for receiver in &route.to {
            if !all.iter().any(|known| known.receiver == receiver.as_str()) {
                all.push(Notified {
                    receiver: receiver.to_string(),
                    after: route.timing.group_wait,
                    escalates: route.escalates,
                    mute: route.mute.iter().map(ToString::to_string).collect(),
                });
            }
        }
        if route.stop {
            break;
        }
    }
    if let (true, Some(default)) = (all.is_empty(), &alertmanager.default) {
        let after = alertmanager.timing.group_wait;
        all.push(Notified { receiver: default.to_string(), after, escalates: false, mute: Vec::new() });
    }
    all
}

fn matches(matching: &Matching, labels: &Labels) -> bool {
    matching.iter().all(|(label, values)| values.contains(labels.get(label).map_or("", String::as_str)))
}

/// Examples of the alert: where its label values are unknown, each value that a route matches, and one that no route matches.
fn examples(alertmanager: &Alertmanager, alert: &AlertFacts) -> Vec<Labels> {
    let mut examples = vec![alert.labels.clone()];
    for label in &alert.open {
        let mut values: Vec<String> = alertmanager
            .routes
            .iter()
            .filter_map(|route| route.matching.get(label))
            .flatten()
            .filter(|value| !value.is_empty())
            .cloned()
            .collect();
        if values.is_empty() && !alert.by.contains(label) {
            // Prometheus adds this label to all alerts, and no route matches on it.
            continue;
        }
        values.sort();
        values.dedup();
        let mut other = format!("some-{label}");
        while values.contains(&other) {
            other.push('-');
        }
        values.push(other);
        let with = |labels: &Labels, value: &String| {
            let mut labels = labels.clone();
            labels.insert(label.clone(), value.clone());
            labels
        };
        let every = examples.len() * values.len() <= MOST_EXAMPLES;
        let (rest, asked) = values.split_last().expect("at least the other value");
        examples = examples
            .iter()
            .map(|labels| with(labels, rest))
            .chain(
                // If there are too many combinations, each value occurs once.
                examples
                    .iter()
                    .take(if every { examples.len() } else { 1 })
                    .flat_map(|labels| asked.iter().map(|value| with(labels, value))),
            )
            .collect();
    }
    examples
}
