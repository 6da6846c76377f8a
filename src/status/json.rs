//! For programs. The names of fields and their meaning stay as they are from release to release; new ones may come.

use serde::Serialize;
use serde_json::Value;

use super::{Gate, Knowledge, Says, Standing, Status, Verdict};
use crate::inert;
use crate::model::Labels;
use crate::vocabulary::{Decimal, Period, json_number};

#[derive(Serialize)]
struct Report<'a> {
    /// Seconds since 1970, of the server's clock.
    at_seconds: Value,
    /// The worst first.
    slos: Vec<Slo<'a>>,
    /// What the server said of answers that are not whole.
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

/// A field that is not known is `null`.
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
    /// Of stale data, if it is not older than a day.
    last_counted_seconds_ago: Option<u64>,
    /// What the rules on the server promise, if that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    loaded_promise: Option<&'a str>,
    /// Of a promise that does not always hold, whether events count now.
    #[serde(skip_serializing_if = "Option::is_none")]
    counts_now: Option<bool>,
    total_events: Option<Value>,
    bad_events: Option<Value>,
    /// Of a calendar period, the events that are expected of all of it: what its budget is measured against.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_events: Option<Value>,
    enough_events: Value,
    /// Shares of one.
    compliance: Option<Value>,
    budget_left: Option<Value>,
    budget_left_seconds: Option<Value>,
    budget_left_events: Option<Value>,
    burn_rate: Option<Value>,
    /// At most the period: then it is not gone within it.
    exhausted_in_seconds: Option<Value>,
    /// Of a journey the share of each part in what was bad in the period, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part<'a>>,
    alerts: Vec<Alert<'a>>,
    /// What is agreed to be done now.
    agreed: Option<&'a str>,
    /// Whether nothing is deployed meanwhile.
    frozen: bool,
    /// `passes`, `below`, `missing` or `passed-over`, if there is a gate.
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
    /// `burn`, `budget` for what is left of it, or `missing` for events that disappear.
    about: &'static str,
}

/// All of it, as JSON.
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

fn slo<'a>(standing: &'a Standing, gate: Option<Gate>) -> Slo<'a> {
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
    let alert = |alert: &super::Ringing<'a>| Alert {
        name: alert.name,
        severity: alert.severity.as_str(),
        state: if alert.pending { "pending" } else { "firing" },
        about: match alert.says {
            Says::Burns => "burn",
            Says::Below(_) => "budget",
            Says::Missing => "missing",
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
        alerts: standing.ringing.iter().map(alert).collect(),
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

/// Twelve digits after the point, never more than it is.
fn rounded(value: Decimal) -> Value {
    json_number(value.round_dp_with_strategy(12, rust_decimal::RoundingStrategy::ToNegativeInfinity))
}
