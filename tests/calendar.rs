//! What the budget of a calendar period is measured against, in promtool: with counts of five minutes over months, compared with numbers computed by
//! hand.
//!
//! Only the rules that sum these counts are evaluated, and only every hour or less often: all rules over months would take promtool minutes.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write;
use std::fs;

use serde_yaml::Value;
use support::rules::{compiled, groups, test_rules};
use support::{promtool, promtool3, skipped};

/// A day in counts of five minutes.
const DAY: u64 = 288;

/// January, February and March of 1970, when tests of promtool begin.
const MONTHS: [u64; 3] = [31 * DAY, 28 * DAY, 31 * DAY];

/// The rules of an SLO of 99.9 % with these keys, which read counts of five minutes.
fn rules(keys: &str) -> String {
    let service = format!(
        "version: slowburn/v1\nservice: mail\nslos:\n  delivery:\n    objective: 99.9%\n{keys}    sli:\n      total: \
         sent_total{{job=\"mail\"}}\n      bad: sent_total{{job=\"mail\", outcome=\"error\"}}\n"
    );
    let artifacts = compiled(&[("slos/mail.yaml", &service)]);
    let all = groups(&artifacts["prometheus/mail.rules.yaml"]);
    let all = all.iter().flat_map(|group| group["rules"].as_sequence().unwrap());
    let named = |rule: &&Value| {
        let Some(name) = rule.get("record").and_then(Value::as_str) else { return false };
        ["slo:error_budget:ratio", "slo:period_error_budget_remaining:ratio"].contains(&name)
            || name.starts_with("slo:expected_events:")
            || name.ends_with("_events:month")
            || name.ends_with("_events:quarter")
            || name.starts_with("slo:sli_error:ratio_month")
    };
    let kept: Vec<&Value> = all.filter(named).collect();
    assert!(kept.len() >= 5, "{kept:?}");
    format!("groups: [{{ name: it, interval: 1h, rules: {} }}]\n", serde_json::to_string(&kept).unwrap())
}

/// Counts of five minutes, from the begin of 1970 on.
#[derive(Default)]
struct Counts {
    text: String,
    /// The samples of each series.
    at: u64,
    all: Vec<(u64, u64, u64)>,
}

impl Counts {
    /// A number of counts with the same events.
    fn times(mut self, times: u64, total: u64, bad: u64) -> Self {
        self.all.push((times, total, bad));
        self.at += times;
        self
    }

    /// A number of missing counts.
    fn gap(self, times: u64) -> Self {
        self.times(times, u64::MAX, 0)
    }

    /// The series of an SLO; its period has this name, and begins again at these counts.
    fn series(mut self, unit: &str, labels: &str, edges: &[u64]) -> String {
        for (side, which) in [("total", 0), ("bad", 1)] {
            let value = |run: &(u64, u64, u64)| if which == 0 { run.1 } else { run.2 };
            let mut write = |name: String, from: u64, until: u64| {
                let mut values = String::new();
                let mut at = 0;
                let mut put = |times: u64, value: Option<u64>| match value {
                    _ if times == 0 => {}
                    Some(value) => write!(values, "{value}x{} ", times - 1).unwrap(),
                    None => write!(values, "_x{times} ").unwrap(),
                };
                put(from, None);
                for run in &self.all {
                    let (begins, ends) = (at.max(from), (at + run.0).min(until));
                    put(ends.saturating_sub(begins), (run.1 < u64::MAX).then(|| value(run)));
                    at += run.0;
                }
                if values.contains(|value: char| value.is_ascii_digit()) {
                    writeln!(self.text, "      - {{ series: '{name}', values: '{}' }}", values.trim())
                        .unwrap();
                }
            };
            let by = format!("service=\"mail\",slo=\"delivery\"{labels}");
            write(format!("slo:{side}_events:tile5m{{{by}}}"), 0, self.at);
            for (index, edge) in edges.windows(2).enumerate() {
                let period = index + 1;
                let name = format!("slo:{side}_events:{unit}_tile5m{{{by},period=\"{period}\"}}");
                write(name, edge[0], edge[1].min(self.at));
            }
        }
        self.text
    }
}

/// At this count, the query has nearly this value.
type Check = (u64, &'static str, f64);

const LEFT: &str = "slo:period_error_budget_remaining:ratio";
const EXPECTED: &str = "slo:expected_events:month";

/// One test of promtool.
fn played(name: &str, minutes: u64, series: &str, checks: &[Check]) -> String {
    let mut text = format!(
        "  - name: {name}\n    interval: {minutes}m\n    input_series:\n{series}    promql_expr_test:\n"
    );
    for (at, series, value) in checks {
        let near = format!("abs({series} - ({value:?})) < bool {:e}", value.abs() * 1e-9);
        let labels = match series.split_once('{') {
            Some((_, by)) => format!("{{service=\"mail\",slo=\"delivery\",{by}"),
            None => "{service=\"mail\",slo=\"delivery\"}".to_owned(),
        };
        writeln!(text, "      - expr: '{near}'\n        eval_time: {}m", at * minutes).unwrap();
        writeln!(text, "        exp_samples: [{{ labels: '{labels}', value: 1 }}]").unwrap();
    }
    text
}

/// Runs tests with an interval in hours.
fn run(hours: u64, tests: &[(String, String)]) {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (index, (rules, test)) in tests.iter().enumerate() {
        fs::write(folder.path().join(format!("{index}.rules.yaml")), rules).unwrap();
        let file = folder.path().join(format!("{index}.test.yaml"));
        let head = format!("rule_files: [{index}.rules.yaml]\nevaluation_interval: {hours}h\ntests:\n");
        fs::write(&file, format!("{head}{test}")).unwrap();
        files.push(file);
    }
    let tools: Vec<_> = promtool().into_iter().chain(promtool3()).collect();
    if tools.is_empty() {
        skipped("budgets of calendar periods: there is no promtool");
    }
    for tool in tools {
        let failed = test_rules(&tool, files.clone());
        assert!(failed.is_empty(), "{}\n{}", tool.display(), failed.join("\n"));
    }
}

/// The first counts of the months.
fn months() -> Vec<u64> {
    let mut at = 0;
    std::iter::once(0)
        .chain(MONTHS.map(|length| {
            at += length;
            at
        }))
        .collect()
}

#[test]
fn an_outage_spends_the_same_share_of_a_month_at_any_time() {
    let month = "    period: calendar month\n";
    // Five minutes of full outage in the first quarter of an hour. The 31 days have 100 events in every five minutes: 892,800, of which 892.8 may be
    // bad.
    let first = |more: Counts| more.times(3, 100, 0).times(1, 100, 100);
    let left = 1.0 - 100.0 / 892.8;
    assert_eq!(format!("{left:.3}"), "0.888");
    let always: Vec<Check> = [12, DAY, 10 * DAY, 31 * DAY - 12]
        .into_iter()
        .flat_map(|at| [(at, LEFT, left), (at, EXPECTED, 892_800.0)])
        // An hour into the month, a thirteenth of the events are bad.
        .chain([(12, "slo:sli_error:ratio_month", 1.0 / 13.0)])
        .collect();
    let even = first(Counts::default()).times(31 * DAY, 100, 0).series("month", "", &months());
    // The same with declared traffic of half the real traffic. After a day, 289 of 8,064 counts are known.
    let declared = "    period: calendar month\n    traffic: 10/m\n";
    let per_count = |counts: f64| (counts * 100.0 + (8064.0 - counts) * 50.0) / 8064.0;
    let expected = |at: u64| {
        let counts = at as f64 + 1.0;
        100.0 * counts + per_count(counts.min(8064.0)) * (31.0 * 288.0 - counts)
    };
    let known = [12, DAY, 10 * DAY, 31 * DAY - 12]
        .into_iter()
        .flat_map(|at| [(at, EXPECTED, expected(at)), (at, LEFT, 1.0 - 100.0 / (expected(at) * 0.001))]);
    let known: Vec<Check> = known.collect();
    assert_eq!((expected(12) / 1000.0).round(), 448.0, "half of what comes, and the first hour");
    run(
        1,
        &[
            (rules(month), played("the first month, of which nothing is known", 5, &even, &always)),
            (rules(declared), played("the first month, of which the traffic is declared", 5, &even, &known)),
        ],
    );
}

#[test]
fn a_month_is_expected_to_go_on_like_four_weeks() {
    let month = "    period: calendar month\n";
    let edge = MONTHS[0];
    // A February after a January. It is shorter, and January only determines the number of expected events per five minutes.
    let even = Counts::default().times(edge, 100, 0).times(1, 100, 100).times(28 * DAY, 100, 0);
    let left = 1.0 - 100.0 / 806.4;
    let february = [
        (edge - 72, EXPECTED, 892_800.0),
        (edge - 72, LEFT, 1.0),
        (edge, EXPECTED, 806_400.0),
        (edge, LEFT, left),
        (edge + 72, LEFT, left),
        (edge + 10 * DAY, LEFT, left),
        (edge + 28 * DAY - 72, LEFT, left),
    ];
    let even = even.series("month", "", &months());
    // February has half of the traffic from its first day on. On the eleventh, 2,881 counts of the last four weeks belong to it; 5,183 counts are
    // still to come.
    let half = Counts::default().times(edge, 200, 0).times(1, 100, 100).times(28 * DAY, 100, 0);
    let average = (2881.0 * 100.0 + 5183.0 * 200.0) / 8064.0;
    let expected = 2881.0 * 100.0 + 5183.0 * average;
    assert_eq!(f64::round(expected / 1000.0), 1140.0);
    let fewer = [
        (edge + 10 * DAY, EXPECTED, expected),
        (edge + 10 * DAY, LEFT, 1.0 - 100.0 / (expected * 0.001)),
        // Six hours before its end, 71 counts are still to come, so the estimate is nearly exact.
        (edge + 28 * DAY - 72, EXPECTED, 7993.0 * 100.0 + 71.0 * (7993.0 * 100.0 + 71.0 * 200.0) / 8064.0),
    ];
    let half = half.series("month", "", &months());
    // Prometheus is down from noon on the last day of January to noon on the first day of February: each month lacks 144 of 288 counts.
    let down =
        Counts::default().times(edge - 144, 100, 0).gap(288).times(1, 100, 100).times(28 * DAY, 100, 0);
    let down = down.series("month", "", &months());
    let counted = (28.0 * 288.0 - 144.0) * 100.0;
    let missed = [
        (edge + 144, EXPECTED, counted),
        (edge + 144, LEFT, 1.0 - 100.0 / (counted * 0.001)),
        (edge + 20 * DAY, LEFT, 1.0 - 100.0 / (counted * 0.001)),
    ];
    // Nothing was counted for five weeks: no more events are expected, and the counted ones stay.
    let ended = Counts::default().times(DAY, 100, 0).times(10, 100, 1).gap(60 * DAY);
    let ended = ended.series("quarter", "", &[0, 90 * DAY]);
    let quarter = "    period: calendar quarter\n";
    let idle = [
        (36 * DAY, "slo:expected_events:quarter", 298.0 * 100.0),
        (36 * DAY, LEFT, 1.0 - 10.0 / (298.0 * 0.1)),
    ];
    run(
        6,
        &[
            (rules(month), played("a February after a January", 5, &even, &february)),
            (rules(month), played("a month with half the traffic", 5, &half, &fewer)),
            (rules(month), played("Prometheus is down at the edge", 5, &down, &missed)),
            (rules(quarter), played("what ended is not expected", 5, &ended, &idle)),
        ],
    );
}

#[test]
fn each_value_of_by_has_its_own_month() {
    // A new label value begins on the eleventh, and is expected to continue. Declared traffic is not divided among label values.
    let keys = "    period: calendar month\n    by: [env]\n    traffic: 1000/m\n";
    let old = Counts::default().times(3, 100, 0).times(1, 100, 100).times(31 * DAY, 100, 0);
    let new = Counts::default().gap(10 * DAY).times(1, 10, 10).times(20 * DAY, 10, 0);
    let series =
        old.series("month", ",env=\"prod\"", &months()) + &new.series("month", ",env=\"test\"", &months());
    let checks = [
        (11 * DAY, "slo:expected_events:month{env=\"prod\"}", 892_800.0),
        (11 * DAY, "slo:expected_events:month{env=\"test\"}", 21.0 * 2880.0),
        (11 * DAY, "slo:period_error_budget_remaining:ratio{env=\"prod\"}", 1.0 - 100.0 / 892.8),
        (11 * DAY, "slo:period_error_budget_remaining:ratio{env=\"test\"}", 1.0 - 10.0 / 60.48),
    ];
    run(6, &[(rules(keys), played("values", 5, &series, &checks))]);
}

#[test]
fn a_quarter_ends_when_its_zone_says() {
    // In Madrid the second quarter begins two hours earlier than in UTC, and the first quarter one hour earlier. Counts are hourly, because promtool
    // reads at most ten thousand samples. The rest of the period is still computed in steps of five minutes.
    let keys = "    period: calendar quarter\n    time_zone: Europe/Madrid\n";
    let end = 90 * 24 - 2;
    let even = Counts::default().times(100 * 24, 100, 0).series("quarter", "", &[0, end, 200 * 24]);
    let expected = |counts: u64, whole: u64, into: u64| 100.0 * (counts + whole * DAY - 1 - 12 * into) as f64;
    // The missing hour in March is included from the middle of that month on.
    let checks = [
        (24, expected(25, 90, 25)),
        (60 * 24, expected(60 * 24 + 1, 90, 60 * 24 + 1)),
        (80 * 24, expected(80 * 24 + 1, 90, 80 * 24 + 2)),
        (end - 2, expected(end - 1, 90, end)),
        (end, expected(1, 91, 0)),
        (end + 9 * 24, expected(9 * 24 + 1, 91, 9 * 24)),
    ];
    let checks = checks.map(|(at, value)| (at, "slo:expected_events:quarter", value));
    assert_eq!(checks[3].2, 100.0 * (end - 1 + 23) as f64, "23 times five minutes are to come");
    run(2, &[(rules(keys), played("a quarter in Madrid", 60, &even, &checks))]);
}
