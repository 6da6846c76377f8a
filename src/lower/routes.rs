//! The receivers of every alert.
//!
//! All routes that match send the alert, up to one with `stop`, and each receiver is notified once: by the first route that names it. The result is
//! written into the matchers, so that no route depends on the routes before it.

use std::collections::BTreeSet;

use super::matchers::matchers;
use crate::derive::{Piece, Values, piece, pieces};
use crate::facts::AlertFacts;
use crate::model::{Alertmanager, Labels, Matching};
use crate::plan::{Delivery, NOBODY, Notified, ReceiverRoute, Rule};
use crate::vocabulary::Duration;

/// The limit of combinations for one alert. With more of them each route has examples of its own.
const MOST_EXAMPLES: usize = 64;

/// With the label's name after it, the value of a label that no route matches.
const OTHER: &str = "some-";

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

/// Who is notified of each alert, from the routes as they were written. Pieces and matchers do not decide it, so that it can test them.
pub(super) fn deliveries(alertmanager: &Alertmanager, alerts: &[&AlertFacts]) -> Vec<Delivery> {
    let routes = alertmanager.routes.iter().enumerate();
    let pieces: Vec<Piece> = routes
        .flat_map(|(index, route)| route.to.iter().map(move |receiver| (index, receiver)))
        .flat_map(|(index, receiver)| pieces(&alertmanager.routes, index, receiver))
        .collect();
    let mut deliveries = Vec::new();
    for alert in alerts {
        let (examples, left_out) = examples(alertmanager, alert, &pieces);
        for labels in examples {
            let notified = receivers(alertmanager, &labels);
            let receivers = notified.iter().map(|notified| notified.receiver.clone()).collect();
            deliveries.push(Delivery { labels, receivers, notified, left_out });
        }
    }
    deliveries
}

/// The delivery of an alert that only silences.
pub(super) fn to_nobody(rule: &Rule) -> Delivery {
    let mut labels: Labels = rule.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    labels.insert("alertname".to_owned(), rule.name().to_owned());
    Delivery { labels, receivers: vec![NOBODY.to_owned()], notified: Vec::new(), left_out: 0 }
}

/// Whether this is the value in examples for a label whose value is unknown.
pub fn is_unknown(label: &str, value: &str) -> bool {
    value.strip_prefix(OTHER).is_some_and(|name| name.trim_end_matches('-') == label)
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

/// Examples of the alert: every combination of the values that routes match, and of one more value that no route matches. If these are more than
/// [`MOST_EXAMPLES`], one that no route matches, and for each of the `pieces` that routes send its own values, with the other value for other labels.
/// Then the second number is that of the combinations without an example.
fn examples(alertmanager: &Alertmanager, alert: &AlertFacts, pieces: &[Piece]) -> (Vec<Labels>, usize) {
    let mut choices = Vec::new();
    for label in &alert.open {
        let values = alertmanager.routes.iter().filter_map(|route| route.matching.get(label)).flatten();
        let values: BTreeSet<&String> = values.filter(|value| !value.is_empty()).collect();
        if values.is_empty() && !alert.by.contains(label) {
            // Prometheus adds this label to all alerts, and no route matches on it.
            continue;
        }
        let mut other = format!("{OTHER}{label}");
        while values.contains(&other) {
            other.push('-');
        }
        choices.push((label, other, values));
    }
    let combinations =
        choices.iter().fold(1, |all: usize, (.., values)| all.saturating_mul(values.len() + 1));
    let with = |labels: &Labels, label: &String, value: &String| {
        let mut labels = labels.clone();
        labels.insert(label.clone(), value.clone());
        labels
    };
    let mut examples = vec![alert.labels.clone()];
    for (label, other, values) in &choices {
        let others = examples.iter().map(|labels| with(labels, label, other));
        let asked =
            examples.iter().flat_map(|labels| values.iter().map(move |value| with(labels, label, value)));
        let most = if combinations <= MOST_EXAMPLES { usize::MAX } else { 0 };
        examples = others.chain(asked.take(most)).collect();
    }
    if combinations > MOST_EXAMPLES {
        let own: Vec<Labels> = pieces.iter().flat_map(|piece| inside(piece, alert, &examples[0])).collect();
        examples.extend(own);
        let mut known = BTreeSet::new();
        examples.retain(|labels| known.insert(labels.clone()));
    }
    let left_out = combinations - examples.len();
    (examples, left_out)
}

/// Examples of the alert in a piece: each value of the piece occurs, and other labels are those of `other`. None if the alert cannot be in the piece.
fn inside(piece: &Piece, alert: &AlertFacts, other: &Labels) -> Vec<Labels> {
    let mut open = Vec::new();
    for (label, values) in piece {
        match values {
            Values::Among(values) if alert.open.contains(label) => {
                open.push((label, values.iter().filter(|value| !value.is_empty()).collect::<Vec<_>>()));
            }
            _ if values.contains(other.get(label).map_or("", String::as_str)) => {}
            _ => return Vec::new(),
        }
    }
    if open.iter().any(|(_, values)| values.is_empty()) {
        return Vec::new();
    }
    let most = open.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
    let example = |at: usize| {
        let mut labels = other.clone();
        labels
            .extend(open.iter().map(|(label, values)| ((*label).clone(), values[at % values.len()].clone())));
        labels
    };
    (0..most).map(example).collect()
}
