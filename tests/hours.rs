//! Hours and maintenance: the recorded values at every change, compared with the calendar of a library.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use serde_yaml::Value;
use support::prometheus::{Server, prometheus};
use support::rules::{compiled, groups};
use support::{promtool, skipped};
use tempfile::TempDir;

/// The rules of one SLO with these keys, in a project with these keys.
fn rules(project: &str, slo: &str) -> Vec<Value> {
    let service = format!(
        "version: slowburn/v1\nservice: desk\nslos:\n  open:\n    objective: 99%\n{slo}    sli:\n      \
         total: requests_total{{job=\"desk\"}}\n      bad: requests_total{{job=\"desk\", code=\"500\"}}\n"
    );
    let project = format!("version: slowburn/v1\n{project}");
    let artifacts = compiled(&[("slos/slowburn.yaml", &project), ("slos/desk.yaml", &service)]);
    let groups = groups(&artifacts["prometheus/desk.rules.yaml"]);
    groups.iter().flat_map(|group| group["rules"].as_sequence().unwrap().clone()).collect()
}

/// The expression of the rule that records this series.
fn expression(rules: &[Value], name: &str) -> String {
    let rule = rules.iter().find(|rule| rule.get("record").is_some_and(|record| record == name)).unwrap();
    rule["expr"].as_str().unwrap().to_owned()
}

/// A Prometheus with these samples in the text format; `None` if there is no program.
fn server(samples: &str) -> Option<(Server, TempDir)> {
    let (Some(program), Some(promtool)) = (prometheus(), promtool()) else {
        skipped("there is no Prometheus");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("prometheus.yml"), "scrape_configs: []\n").unwrap();
    std::fs::write(folder.path().join("samples"), samples).unwrap();
    if !samples.is_empty() {
        let made = std::process::Command::new(promtool)
            .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet", "samples", "data"])
            .current_dir(folder.path())
            .status()
            .unwrap();
        assert!(made.success());
    }
    Some((Server::start(&program, folder.path()), folder))
}

/// Whether a moment is in these hours, by the time zone database.
fn holds(zone: &TimeZone, days: &[i8], spans: &[(i8, i8)], holidays: &[civil::Date], at: i64) -> bool {
    let local = Timestamp::from_second(at).unwrap().to_zoned(zone.clone());
    let hour = local.hour();
    let today = local.weekday().to_monday_zero_offset();
    let yesterday = (today + 6) % 7;
    let within = |(from, to): &(i8, i8)| match from < to {
        true => days.contains(&today) && (*from..*to).contains(&hour),
        false => (days.contains(&today) && hour >= *from) || (days.contains(&yesterday) && hour < *to),
    };
    spans.iter().any(within) && !holidays.contains(&local.date())
}

/// A zone, days and spans as text, and both as numbers: Monday is 0, spans are full hours.
type Case<'a> = (&'a str, &'a str, &'a [i8], &'a str, &'a [(i8, i8)]);

#[test]
fn hours_begin_and_end_as_in_the_calendar() {
    let Some((server, _folder)) = server("") else { return };
    let cases: [Case; 5] = [
        ("America/Argentina/Buenos_Aires", "monday-friday", &[0, 1, 2, 3, 4], "\"08:00-20:00\"", &[(8, 20)]),
        (
            "Europe/Madrid",
            "[monday-friday, sunday]",
            &[0, 1, 2, 3, 4, 6],
            "[\"22:00-06:00\", \"10:00-12:00\"]",
            &[(22, 6), (10, 12)],
        ),
        ("America/Santiago", "saturday-sunday", &[5, 6], "\"20:00-04:00\"", &[(20, 4)]),
        ("Pacific/Auckland", "monday-sunday", &[0, 1, 2, 3, 4, 5, 6], "\"07:00-24:00\"", &[(7, 24)]),
        (
            "America/New_York",
            "friday-monday",
            &[4, 5, 6, 0],
            "[\"00:00-02:00\", \"09:00-17:00\"]",
            &[(0, 2), (9, 17)],
        ),
    ];
    let holidays = [civil::date(2027, 3, 28), civil::date(2027, 3, 29), civil::date(2027, 12, 31)];
    let mut wrong = Vec::new();
    for (name, days, numbers, hours, spans) in cases {
        let keys = format!(
            "    hours: {{ days: {days}, hours: {hours}, time_zone: {name}, holidays: [2027-03-28, 2027-03-29, 2027-12-31] }}\n"
        );
        let flag = expression(&rules("", &keys), "slo:agreed_service_time:bool");
        let zone = TimeZone::get(name).unwrap();
        // The months with changes of the clock, and the turn of a year; full hours, and half a minute before and after them.
        for (from, to) in
            [("2027-03-01", "2027-04-20"), ("2027-09-20", "2027-11-20"), ("2027-12-28", "2028-01-04")]
        {
            let at = |date: &str| {
                date.parse::<civil::Date>().unwrap().to_zoned(TimeZone::UTC).unwrap().timestamp().as_second()
            };
            for late in [0, 30, 60] {
                let (from, to) = ((at(from) + late) as u64, (at(to) + late) as u64);
                let series = server.query_range(&flag, from, to, 3600).unwrap();
                let values = series[0]["values"].as_array().unwrap();
                assert_eq!((series.len(), values.len() as u64), (1, (to - from) / 3600 + 1));
                for sample in values {
                    let (time, value) = (sample[0].as_f64().unwrap() as i64, sample[1].as_str().unwrap());
                    // Counted events happened in the half minute before.
                    if (value == "1") != holds(&zone, numbers, spans, &holidays, time - 30) {
                        wrong.push(format!("{name} {} says {value}", Timestamp::from_second(time).unwrap()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong: {:#?}", wrong.len(), &wrong[..wrong.len().min(12)]);
}

/// Three days of tiles with 1 % bad events, and two hours with 50 %. The two hours are excluded, but no event that ended five minutes before or began
/// five minutes after them, whenever the group is evaluated.
#[test]
fn later_declared_maintenance_is_subtracted_from_the_budget() {
    const BEGIN: u64 = 1_793_491_200; // 2026-11-01T00:00:00Z
    let outage = BEGIN + 86_400 + 7_200..BEGIN + 86_400 + 14_400;
    for phase in [0, 30, 60, 170, 299] {
        let mut samples = String::new();
        let mut spoiled = 0;
        for (side, name) in [("total", "slo:total_events:tile5m"), ("bad", "slo:bad_events:tile5m")] {
            samples += &format!("# TYPE {name} gauge\n");
            for tile in 0..3 * 288 {
                let at = BEGIN + 300 * tile + phase + 1;
                // A tile contains five minutes, which end half a minute before it is recorded.
                let is_bad = at - 30 > outage.start && at - 330 < outage.end;
                spoiled += u64::from(is_bad && side == "bad");
                let value = if side == "total" {
                    100
                } else if is_bad {
                    50
                } else {
                    1
                };
                samples += &format!("{name}{{service=\"desk\",slo=\"open\"}} {value} {at}\n");
            }
        }
        // On the third day a window was declared before it began.
        samples += "# TYPE slo:agreed_service_time:bool gauge\n";
        let planned = BEGIN + 2 * 86_400 + 7_200..BEGIN + 2 * 86_400 + 14_400;
        for at in (planned.start - 7_200..planned.end + 7_200).step_by(30) {
            let flag = u8::from(!planned.contains(&(at - 30)));
            samples +=
                &format!("slo:agreed_service_time:bool{{service=\"desk\",slo=\"open\"}} {flag} {at}\n");
        }
        samples += "# EOF\n";
        let Some((server, _folder)) = server(&samples) else { return };
        let now = BEGIN + 3 * 86_400 + 300;
        let sums = |windows: &[(&str, &str)], now: u64| {
            let entries = windows.iter().map(|(from, to)| {
                format!("  - {{ from: {from}, to: {to}, reason: The provider was down }}\n")
            });
            let project = match windows {
                [] => String::new(),
                _ => format!("maintenance:\n{}", entries.collect::<String>()),
            };
            let rules = rules(&project, "");
            ["slo:total_events:increase30d", "slo:bad_events:increase30d"].map(|name| {
                let series = server.query(&expression(&rules, name), now).unwrap();
                series.first().map(|series| series["value"][1].as_str().unwrap().to_owned())
            })
        };
        let is = |tiles: u64, bad: u64| [Some((100 * tiles).to_string()), Some(bad.to_string())];
        let whole = is(864, 864 + 49 * spoiled);
        let without = is(864 - spoiled, 864 - spoiled);
        assert_eq!(sums(&[], now), whole);
        let excused = ("2026-11-02T02:00Z", "2026-11-02T04:00Z");
        assert_eq!(sums(&[excused], now), without, "{phase}");
        // Windows that overlap or touch each other are joined.
        let halves = [("2026-11-02T02:00Z", "2026-11-02T03:20Z"), ("2026-11-02T02:40Z", "2026-11-02T03:30Z")];
        assert_eq!(sums(&[halves[0], halves[1], ("2026-11-02T03:30Z", "2026-11-02T04:00Z")], now), without);
        // Events in a window that was declared before were not counted, so nothing is subtracted. One of the two windows is in the future.
        let planned = ("2026-11-03T02:00Z", "2026-11-03T04:00Z");
        assert_eq!(sums(&[planned], now), whole);
        assert_eq!(sums(&[excused, planned, ("2026-11-05T02:00Z", "2026-11-05T04:00Z")], now), without);
        // When the window is no longer in the period, nothing is subtracted.
        let later = BEGIN + 86_400 + 14_700 + 30 * 86_400;
        assert_eq!(sums(&[excused], later), sums(&[], later));
    }
}
