//! The month for programs. The names and meanings of fields do not change between releases; new fields may be added.

use rust_decimal::RoundingStrategy;
use serde::Serialize;
use serde_json::Value;

use super::{Answers, Incident, Outcome, Verdict, teams};
use crate::inert;
use crate::model::Labels;
use crate::plan::Plan;
use crate::vocabulary::{Decimal, json_number};

/// An unknown value is `null`. Times are seconds since 1970.
#[derive(Serialize)]
struct Report<'a> {
    /// `2027-01`
    month: String,
    time_zone: &'a str,
    environment: Option<&'a str>,
    from_seconds: u64,
    /// If the month is not over, the last whole hour.
    until_seconds: u64,
    is_over: bool,
    /// By team, broken ones first.
    slos: Vec<Slo<'a>>,
    /// Warnings of the server about incomplete answers.
    warnings: Vec<&'a str>,
}

#[derive(Serialize)]
struct Slo<'a> {
    owner: Option<&'a str>,
    service: &'a str,
    slo: &'a str,
    labels: &'a Labels,
    objective: &'a str,
    objective_ratio: Value,
    /// `kept`, `broken`, `unknown`, `nothing-recorded`, `too-few-events` or `planned`.
    verdict: &'static str,
    total_events: Value,
    bad_events: Value,
    /// If the month is not over, the events that its budget is compared with: the events so far, and those that are expected in the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_events: Option<Value>,
    /// The share of good events, rounded down.
    attained: Option<Value>,
    /// The share of the month's budget that was spent, rounded up; above 1 if it was overspent.
    budget_spent: Option<Value>,
    missing_seconds: u64,
    /// The share of the budget that was spent on each day of the month.
    days: Vec<Option<Value>>,
    /// The times that spent the most of it, the largest first.
    incidents: Vec<Span>,
    /// For a journey, the share of each part in the bad events, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part<'a>>,
}

#[derive(Serialize)]
struct Part<'a> {
    part: &'a str,
    share: Value,
}

#[derive(Serialize)]
struct Span {
    from_seconds: u64,
    until_seconds: u64,
    budget_spent: Value,
    error_ratio: Value,
}

/// The month of the selected SLOs.
pub fn json(plan: &Plan, named: &[String], answers: &Answers) -> String {
    let span = &answers.span;
    let teams = teams(plan, named, answers);
    let slos = teams
        .iter()
        .flat_map(|team| team.outcomes.iter().map(|outcome| slo(team.owner, outcome, span.is_over())));
    let report = Report {
        month: format!("{:04}-{:02}", span.month.year(), span.month.number()),
        time_zone: &span.zone,
        environment: plan.project.environment.as_deref(),
        from_seconds: span.range.from,
        until_seconds: span.range.until,
        is_over: span.is_over(),
        slos: slos.collect(),
        warnings: answers.warnings.iter().map(String::as_str).collect(),
    };
    inert::pretty(&report)
}

fn slo<'a>(owner: Option<&'a str>, outcome: &'a Outcome<'a>, is_over: bool) -> Slo<'a> {
    let promise = &outcome.slo.promise;
    Slo {
        owner,
        service: &promise.service,
        slo: &promise.slo,
        labels: &outcome.labels,
        objective: &promise.objective,
        objective_ratio: json_number(promise.ratio),
        verdict: match outcome.verdict {
            Verdict::Broken => "broken",
            Verdict::Unknown => "unknown",
            Verdict::Nothing => "nothing-recorded",
            Verdict::Few => "too-few-events",
            Verdict::Kept => "kept",
            Verdict::Planned => "planned",
        },
        total_events: json_number(outcome.total),
        bad_events: json_number(outcome.bad),
        expected_events: (!is_over).then(|| rounded(outcome.expected, RoundingStrategy::ToNegativeInfinity)),
        attained: outcome.attained().map(|share| rounded(share, RoundingStrategy::ToNegativeInfinity)),
        budget_spent: outcome.spent.map(up),
        missing_seconds: outcome.missing.secs(),
        days: outcome.days.iter().map(|day| day.map(up)).collect(),
        incidents: outcome.incidents.iter().map(incident).collect(),
        parts: outcome.parts.iter().map(|(part, share)| Part { part, share: up(*share) }).collect(),
    }
}

fn incident(incident: &Incident) -> Span {
    Span {
        from_seconds: incident.range.from,
        until_seconds: incident.range.until,
        budget_spent: up(incident.share),
        error_ratio: up(incident.ratio),
    }
}

fn up(share: Decimal) -> Value {
    rounded(share, RoundingStrategy::ToPositiveInfinity)
}

/// Twelve digits after the point.
fn rounded(share: Decimal, to: RoundingStrategy) -> Value {
    json_number(share.round_dp_with_strategy(12, to))
}
