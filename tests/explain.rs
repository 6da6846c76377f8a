//! The output of `slowburn explain service/slo`.
#![allow(clippy::unwrap_used)]

use slowburn::explain::{explain, explain_companion};
use slowburn::plan::Plan;
use slowburn::source::{SourceFile, Sources};

const HEAD: &str = "version: slowburn/v1\nservice: api\n";
const EVENTS: &str =
    "    sli: { total: 'requests_total{job=\"api\"}', bad: 'requests_total{job=\"api\", code=~\"5..\"}' }\n";

fn planned(text: String) -> Plan {
    planned_from(&[("slos/api.yaml", &text)])
}

fn planned_from(files: &[(&str, &str)]) -> Plan {
    let file =
        |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() };
    let compiled = slowburn::compile(&Sources::new(files.iter().map(file).collect()));
    compiled.plan().unwrap_or_else(|| panic!("{:#?}", compiled.problems))
}

/// The explanation of the only companion alert in a service file.
fn explained_alert(text: String) -> String {
    let plan = planned(text);
    let (rule, _, companion) = plan.services[0].companion_alerts().next().unwrap();
    explain_companion(companion, rule)
}

/// The explanation of an SLO with these lines.
fn explained(lines: &str) -> String {
    explained_in("", lines)
}

/// The same, with these lines in the service file.
fn explained_in(service: &str, lines: &str) -> String {
    let plan = planned(format!("{HEAD}{service}slos:\n  it:\n{lines}"));
    let text = explain(&plan.services[0].slos[0]);
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "too wide: {line}");
        assert!(!line.ends_with(' '), "{line:?} ends in a blank");
    }
    text
}

#[test]
fn the_workbook_over_thirty_days() {
    let lines = "    description: Requests answered without a server error\n    objective: 99.9%\n    traffic: 10/s\n    by: [env, region]\n";
    insta::assert_snapshot!(explained(&format!("{lines}{EVENTS}")));
}

#[test]
fn latency_without_known_traffic_in_a_calendar_quarter() {
    let lines = "    objective: P95 < 500ms\n    period: calendar quarter\n    time_zone: Europe/Madrid\n    policy: workbook-scaled\n    tiers_off: [3h]\n    sli: { latency: 'request_duration_seconds{job=\"api\"}' }\n";
    insta::assert_snapshot!(explained(lines));
}

#[test]
fn five_nines_leave_no_time_for_alerts() {
    insta::assert_snapshot!(explained("    objective: 99.999%\n    sli: { probe: 'up{job=\"api\"}' }\n"));
}

#[test]
fn little_traffic_and_no_tickets() {
    let lines = "    objective: 99%\n    traffic: 20/d\n    tiers_off: [ticket]\n";
    let planned = "planned: { requests_total: the counter comes with release 2 }\n";
    insta::assert_snapshot!(explained_in(planned, &format!("{lines}{EVENTS}")));
}

#[test]
fn slices_of_a_low_objective_with_single_events() {
    let lines = "    objective: 95%\n    budgeting: timeslices\n    slice: { length: 5m, objective: 99% }\n    min_bad_events: { page: 1 }\n    period: 28d\n";
    insta::assert_snapshot!(explained(&format!("{lines}{EVENTS}")));
}

#[test]
fn a_budget_without_alerts() {
    insta::assert_snapshot!(explained(&format!(
        "    objective: 99.9%\n    tiers_off: [page, ticket]\n{EVENTS}"
    )));
}

#[test]
fn a_companion_alert_that_silences_nothing() {
    let text = format!(
        "{HEAD}alerts:\n  intruder:\n    expr: increase(logins_total{{job=\"api\", outcome=\"denied\"}}[5m]) > 50\n    severity: ticket\n    independent: true\n"
    );
    insta::assert_snapshot!(explained_alert(text));
}

#[test]
fn a_companion_alert_with_same_as() {
    let text = format!(
        "{HEAD}planned: {{ requests_total: the counter comes with release 2 }}\nslos:\n  it:\n    objective: 99.9%\n{EVENTS}alerts:\n  errors:\n    description: More than one request in twenty fails\n    expr: sum(rate(requests_total{{job=\"api\", code=~\"5..\"}}[5m])) / sum(rate(requests_total{{job=\"api\"}}[5m])) > 0.05\n    for: 5m\n    severity: page\n    same_as: it\n    runbook: errors\n"
    );
    insta::assert_snapshot!(explained_alert(text));
}

#[test]
fn alerts_with_keep_firing_for() {
    let text = format!(
        "{HEAD}alerts:\n  down:\n    expr: absent(up{{job=\"api\"}} == 1)\n    for: 1m\n    keep_firing_for: 10m\n    severity: page\n"
    );
    insta::assert_snapshot!(explained_alert(text));
    let project = "version: slowburn/v1\npolicy: own\npolicies:\n  own:\n    tiers:\n      - { severity: page, budget: 2%, long: 1h, short: 5m, keep_firing_for: 15m }\n";
    let service = format!("{HEAD}slos:\n  it:\n    objective: 99.9%\n{EVENTS}");
    let plan = planned_from(&[("slos/slowburn.yaml", project), ("slos/api.yaml", &service)]);
    insta::assert_snapshot!(explain(&plan.services[0].slos[0]));
}

#[test]
fn a_companion_alert_with_an_aftermath() {
    let project = "version: slowburn/v1\nalertmanager:\n  receivers: { office: { webhook: { url: 'http://office.internal/hook' } } }\n  default: office\n";
    let service = format!(
        "{HEAD}slos:\n  it:\n    objective: 99.9%\n    sli: {{ probe: 'up{{job=\"api\"}}' }}\nalerts:\n  down:\n    expr: absent(up{{job=\"api\"}} == 1)\n    for: 30s\n    severity: page\n    down: true\n"
    );
    let plan = planned_from(&[("slos/slowburn.yaml", project), ("slos/api.yaml", &service)]);
    let (rule, _, companion) = plan.services[0].companion_alerts().next().unwrap();
    insta::assert_snapshot!(explain_companion(companion, rule));
}
