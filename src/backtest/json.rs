//! A backtest for programs. The names and meanings of fields do not change between releases; new fields may be added.

use serde::Serialize;
use serde_json::Value;

use super::{Course, Grain, Run};
use crate::inert;
use crate::model::Labels;
use crate::vocabulary::{Decimal, Severity, json_number};

#[derive(Serialize)]
struct Report<'a> {
    /// The time between two counts.
    step_seconds: u64,
    slos: Vec<Slo<'a>>,
    /// Requested SLOs that some of the definitions do not have.
    absent: Vec<Absent<'a>>,
}

#[derive(Serialize)]
struct Absent<'a> {
    definitions: &'a str,
    slo: &'a str,
}

/// Times are seconds since 1970; shares are ratios.
#[derive(Serialize)]
struct Slo<'a> {
    /// The directory or revision of the definitions.
    definitions: &'a str,
    service: &'a str,
    slo: &'a str,
    labels: &'a Labels,
    from_seconds: u64,
    until_seconds: u64,
    unknown_seconds: u64,
    /// Warnings of the server: its answers may be incomplete.
    warnings: &'a [String],
    total_events: Value,
    bad_events: Value,
    alarms: Vec<Alarm<'a>>,
    budget_alerts: Vec<BudgetAlert<'a>>,
    false_alarms_in_30_days: Counts,
    days: Vec<Day>,
}

#[derive(Serialize)]
struct Alarm<'a> {
    alert: &'a str,
    severity: &'static str,
    tier: String,
    from_seconds: u64,
    /// `null` if it still fires.
    until_seconds: Option<u64>,
    budget_spent: Value,
    is_false: bool,
    /// It fired already when the judged time began.
    since_before: bool,
}

#[derive(Serialize)]
struct BudgetAlert<'a> {
    alert: &'a str,
    severity: &'static str,
    /// It fires if less than this share is left.
    line: String,
    from_seconds: u64,
    /// `null` if it still fires.
    until_seconds: Option<u64>,
    budget_left: Value,
    /// It fired already when the judged time began.
    since_before: bool,
}

#[derive(Serialize)]
struct Counts {
    page: Value,
    ticket: Value,
}

#[derive(Serialize)]
struct Day {
    from_seconds: u64,
    total_events: Value,
    bad_events: Value,
    /// `null` if there are too few events to judge.
    budget_left: Option<Value>,
}

/// The result as JSON.
pub fn json(runs: &[Run], grain: Grain) -> String {
    let slos = runs.iter().flat_map(|run| run.courses.iter().map(|course| slo(&run.name, course))).collect();
    let absent =
        runs.iter().flat_map(|run| run.absent.iter().map(|slo| Absent { definitions: &run.name, slo }));
    let report = Report { step_seconds: grain.step().secs(), slos, absent: absent.collect() };
    inert::pretty(&report)
}

fn slo<'a>(definitions: &'a str, course: &'a Course) -> Slo<'a> {
    let promise = &course.slo.promise;
    let wrong = |severity| course.per_month(course.count(severity).1).map_or(Value::Null, number);
    Slo {
        definitions,
        service: &promise.service,
        slo: &promise.slo,
        labels: &course.labels,
        from_seconds: course.judged.from,
        until_seconds: course.judged.until,
        unknown_seconds: course.unknown.secs(),
        warnings: &course.warnings,
        total_events: number(course.events.total),
        bad_events: number(course.events.bad),
        alarms: course
            .alarms
            .iter()
            .map(|alarm| Alarm {
                alert: &alarm.name,
                severity: alarm.severity.as_str(),
                tier: promise.tiers[alarm.tier].long.to_string(),
                from_seconds: alarm.from,
                until_seconds: alarm.until,
                budget_spent: number(alarm.spent),
                is_false: alarm.is_false,
                since_before: alarm.since_before,
            })
            .collect(),
        budget_alerts: course
            .budget_alerts
            .iter()
            .flatten()
            .map(|alarm| BudgetAlert {
                alert: &alarm.name,
                severity: alarm.severity.as_str(),
                line: alarm.line.to_string(),
                from_seconds: alarm.from,
                until_seconds: alarm.until,
                budget_left: number(alarm.left),
                since_before: alarm.since_before,
            })
            .collect(),
        false_alarms_in_30_days: Counts { page: wrong(Severity::Page), ticket: wrong(Severity::Ticket) },
        days: course
            .days
            .iter()
            .map(|day| Day {
                from_seconds: day.from,
                total_events: number(day.events.total),
                bad_events: number(day.events.bad),
                budget_left: day.left.map(number),
            })
            .collect(),
    }
}

/// Rounded to nine digits.
fn number(value: Decimal) -> Value {
    json_number(value.round_dp(9))
}
