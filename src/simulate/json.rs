//! A timeline for programs. The field names and their order are stable; new fields may be added.

use serde::Serialize;
use serde_json::Value;

use super::{Span, Timeline};
use crate::plan::SloPlan;
use crate::vocabulary::{Decimal, Duration, Severity, json_number};

#[derive(Serialize)]
struct Simulation<'a> {
    slo: String,
    incident: &'a str,
    incident_seconds: u64,
    /// Its beginning, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_seconds: Option<i64>,
    /// How much of it does not count, because it is outside of the hours or in a window of maintenance.
    uncounted_seconds: u64,
    evaluated_every_seconds: u64,
    long_windows_every_seconds: u64,
    watched_seconds: u64,
    notifications: Vec<Notification<'a>>,
    tiers: Vec<Tier>,
    budget: Budget,
}

#[derive(Default, Serialize)]
struct Notification<'a> {
    at_seconds: u64,
    alert: &'a str,
    severity: &'a str,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    burn_rate: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_left: Option<Value>,
    /// Whether another alert silences it at that time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    silenced: bool,
}

#[derive(Serialize)]
struct Tier {
    severity: &'static str,
    long: String,
    short: String,
    threshold: Value,
    pending_seconds: Vec<[Option<u64>; 2]>,
    firing_seconds: Vec<[Option<u64>; 2]>,
    armed_seconds: Vec<[Option<u64>; 2]>,
}

#[derive(Serialize)]
struct Budget {
    left_before: Option<Value>,
    left_after: Option<Value>,
    spent: Value,
    bad_events: Option<Value>,
    allowed_bad_events: Option<Value>,
}

/// Six digits are enough to compare.
fn short(value: Decimal) -> Value {
    json_number(value.round_sf(6).unwrap_or(value))
}

fn spans(spans: &[Span]) -> Vec<[Option<u64>; 2]> {
    spans.iter().map(|span| [Some(span.from.secs()), span.until.map(Duration::secs)]).collect()
}

/// A timeline as JSON, for an incident with this text.
pub fn json(plan: &SloPlan, incident: &str, timeline: &Timeline) -> String {
    let budget = &timeline.budget;
    let events = |value| (!budget.assumed).then(|| short(value));
    let simulation = Simulation {
        slo: format!("{}/{}", plan.promise.service, plan.promise.slo),
        incident,
        incident_seconds: timeline.incident.secs(),
        from_seconds: timeline.date,
        uncounted_seconds: timeline.uncounted.secs(),
        evaluated_every_seconds: timeline.schedule.step.secs(),
        long_windows_every_seconds: timeline.schedule.long.secs(),
        watched_seconds: timeline.watched.secs(),
        notifications: notifications(timeline),
        tiers: timeline
            .tiers
            .iter()
            .map(|course| Tier {
                severity: course.tier.severity.as_str(),
                long: course.tier.long.to_string(),
                short: course.tier.short.to_string(),
                threshold: json_number(course.tier.threshold),
                pending_seconds: spans(&course.pending),
                firing_seconds: spans(&course.firing),
                armed_seconds: spans(&course.armed),
            })
            .collect(),
        budget: Budget {
            left_before: budget.before.map(short),
            left_after: budget.after.map(short),
            spent: short(budget.spent()),
            bad_events: events(budget.bad),
            allowed_bad_events: events(budget.allowed),
        },
    };
    let mut json = serde_json::to_string_pretty(&simulation).expect("texts and numbers are JSON");
    json.push('\n');
    json
}

/// The notifications, by time.
fn notifications(timeline: &Timeline) -> Vec<Notification<'_>> {
    let mut all = Vec::new();
    let mut add = |alert, severity: Severity, span: Span, begins: Notification<'_>| {
        let silenced_firing = timeline.silenced_firing(alert, severity, span);
        let one = |at: Duration, state, silenced| Notification {
            at_seconds: at.secs(),
            alert,
            severity: severity.as_str(),
            state,
            silenced,
            ..Notification::default()
        };
        let fires = one(span.from, "fires", silenced_firing.begins);
        let Notification { tier, burn_rate, budget_left, .. } = begins;
        all.push(Notification { tier, burn_rate, budget_left, ..fires });
        all.extend(silenced_firing.sent.map(|at| one(at, "sent", false)));
        all.extend(span.until.map(|at| one(at, "stops", silenced_firing.stops)));
    };
    for alert in &timeline.alerts {
        for firing in &alert.firings {
            let begins = Notification {
                tier: Some(timeline.tiers[firing.tier].tier.long.to_string()),
                burn_rate: Some(short(firing.burn_rate)),
                budget_left: firing.left.map(short),
                ..Notification::default()
            };
            add(&alert.name, alert.severity, firing.span, begins);
        }
    }
    for course in &timeline.lines {
        for (span, severity, left) in &course.firings {
            let begins = Notification { budget_left: Some(short(*left)), ..Notification::default() };
            add(&course.name, *severity, *span, begins);
        }
    }
    if let Some(missing) = &timeline.missing {
        for span in &missing.firings {
            add(&missing.name, missing.severity, *span, Notification::default());
        }
    }
    all.sort_by_key(|notification| notification.at_seconds);
    all
}
