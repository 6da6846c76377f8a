//! For programs. The names and meanings of fields do not change between releases; new fields may be added.

use serde::Serialize;
use serde_json::Value;

use super::{AlertKind, Gate, Knowledge, SloStatus, Status, Verdict};
use crate::inert;
use crate::model::Labels;
use crate::vocabulary::{Decimal, Period, json_number};

#[derive(Serialize)]
struct Report<'a> {
    /// Seconds since 1970, of the server's clock.
    at_seconds: Value,
    /// The worst SLO first.
    slos: Vec<Slo<'a>>,
    /// Warnings of the server about incomplete answers.
    warnings: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<Judgement>,
}

#[derive(Serialize)]
struct Judgement {
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_below: Option<Value>,
    fail_frozen: bool,
    allow_missing: bool,
    passes: bool,
}

/// Unknown values are `null`.
#[derive(Serialize)]
struct Slo<'a> {
    service: &'a str,
    slo: &'a str,
    labels: &'a Labels,
    objective: &'a str,
    objective_ratio: Value,
    period: String,
    period_seconds: u64,
    /// `judged`, `too-few-events`, `less-than-a-day`, `stale`, `nothing-recorded`, `nothing-yet`, `rules-not-loaded` or `planned`.
    data: &'static str,
    /// The age of stale data, if it is less than a day.
    last_counted_seconds_ago: Option<u64>,
    /// The objective and period of the loaded rules, if they differ from the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded_promise: Option<&'a str>,
    /// For a promise with `hours` or exceptions: whether events count now.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts_now: Option<bool>,
    total_events: Option<Value>,
    bad_events: Option<Value>,
    /// For a calendar period: the expected events of the whole period, which the budget is measured against.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_events: Option<Value>,
    enough_events: Value,
    /// Ratios.
    compliance: Option<Value>,
    budget_left: Option<Value>,
    budget_left_seconds: Option<Value>,
    budget_left_events: Option<Value>,
    burn_rate: Option<Value>,
    /// At most the period, which means that it is not exhausted within the period.
    exhausted_in_seconds: Option<Value>,
    /// For a journey: the share of each part in the bad events of the period, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part<'a>>,
    alerts: Vec<Alert<'a>>,
    /// The action that the error budget policy asks for now.
    agreed: Option<&'a str>,
    /// Whether deployments stop.
    frozen: bool,
    /// The result of the gate, if there is one: `passes`, `below`, `missing` or `passed-over`.
    #[serde(skip_serializing_if = "Option::is_none")]
    gate: Option<&'static str>,
}

#[derive(Serialize)]
struct Part<'a> {
    part: &'a str,
    share: Value,
}

#[derive(Serialize)]
struct Alert<'a> {
    name: &'a str,
    severity: &'static str,
    state: &'static str,
    /// `burn`, `budget` for a budget alert, or `missing` for missing events.
    about: &'static str,
}

/// The state as JSON.
pub fn json(status: &Status) -> String {
    let report = Report {
        at_seconds: json_number(status.at),
        slos: status.standings.iter().map(|standing| slo(standing, status.gate)).collect(),
        warnings: &status.incomplete,
        gate: status.gate.map(|gate| Judgement {
            fail_below: gate.below.map(json_number),
            fail_frozen: gate.frozen,
            allow_missing: gate.allow_missing,
            passes: status.passes(),
        }),
    };
    inert::pretty(&report)
}

fn slo<'a>(standing: &'a SloStatus, gate: Option<Gate>) -> Slo<'a> {
    let promise = &standing.slo.promise;
    let (data, ago) = match standing.knowledge {
        Knowledge::Judged => ("judged", None),
        Knowledge::Few => ("too-few-events", None),
        Knowledge::Young(_) => ("less-than-a-day", None),
        Knowledge::Waiting => ("nothing-yet", None),
        Knowledge::Stale(age) => ("stale", age.map(|age| age.secs())),
        Knowledge::Nothing => ("nothing-recorded", None),
        Knowledge::NotLoaded => ("rules-not-loaded", None),
        Knowledge::Planned => ("planned", None),
    };
    let alert = |alert: &super::ActiveAlert<'a>| Alert {
        name: alert.name,
        severity: alert.severity.as_str(),
        state: if alert.pending { "pending" } else { "firing" },
        about: match alert.kind {
            AlertKind::Burns => "burn",
            AlertKind::Below(_) => "budget",
            AlertKind::Missing => "missing",
        },
    };
    Slo {
        service: &promise.service,
        slo: &promise.slo,
        labels: &standing.labels,
        objective: &promise.objective,
        objective_ratio: json_number(promise.ratio),
        period: promise.period.suffix(),
        period_seconds: promise.period_length.secs(),
        data,
        last_counted_seconds_ago: ago,
        loaded_promise: standing.promised.as_deref(),
        counts_now: standing.counts,
        total_events: standing.events.map(|events| json_number(events.total)),
        bad_events: standing.events.map(|events| json_number(events.bad)),
        expected_events: (standing.events)
            .filter(|_| matches!(promise.period, Period::Calendar(..)))
            .map(|events| json_number(events.expected)),
        enough_events: json_number(promise.enough_events),
        compliance: standing.compliance().map(rounded),
        budget_left: standing.left().map(rounded),
        budget_left_seconds: standing.seconds_left().map(rounded),
        budget_left_events: standing.events_left().map(json_number),
        burn_rate: standing.burn.map(rounded),
        exhausted_in_seconds: standing.exhaustion.map(rounded),
        parts: (standing.shares.iter()).map(|(part, share)| Part { part, share: rounded(*share) }).collect(),
        alerts: standing.active_alerts.iter().map(alert).collect(),
        agreed: standing.agreed().map(|agreement| agreement.action.as_str()),
        frozen: standing.is_frozen(),
        gate: gate.map(|gate| match gate.verdict(standing) {
            Verdict::Passes => "passes",
            Verdict::Below => "below",
            Verdict::Missing => "missing",
            Verdict::PassedOver => "passed-over",
        }),
    }
}

/// Rounded down to twelve digits.
fn rounded(value: Decimal) -> Value {
    json_number(value.round_dp_with_strategy(12, rust_decimal::RoundingStrategy::ToNegativeInfinity))
}
