//! The output of `slowburn simulate` for people and programs, and what it refuses.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use serde_json::Value;
use support::folder::{API, Folder, Ran};

/// An SLO of another kind, in a service file of its own.
fn with(name: &str, slo: &str) -> Folder {
    let folder = Folder::new();
    folder.write("slos/other.yaml", format!("version: slowburn/v1\nservice: other\nslos:\n  {name}:\n{slo}"));
    folder
}

fn shown(folder: &Folder, args: &[&str]) -> String {
    let ran = folder.slowburn(&[&["simulate"], args].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{args:?}");
    for line in ran.stdout.lines() {
        assert!(line.chars().count() <= 100 && !line.ends_with(' '), "{line:?}");
    }
    ran.stdout
}

fn refused(folder: &Folder, args: &[&str]) -> String {
    let Ran { code, stdout, stderr } = folder.slowburn(&[&["simulate"], args].concat());
    assert_eq!((code, stdout.as_str()), (Some(2), ""), "{args:?}: {stderr}");
    stderr
}

#[test]
fn a_full_outage_pages_within_a_minute() {
    insta::assert_snapshot!(shown(&Folder::new(), &["api/availability", "100% for 5m"]));
}

#[test]
fn a_sequence_with_a_gap_and_a_ramp() {
    let incident = "0% for 10m, 100% for 5m, no data for 20m, ramp 0% to 5% for 2h, 5% for 10m at 50/s";
    insta::assert_snapshot!(shown(&Folder::new(), &["api/availability", incident, "--budget-spent", "30%"]));
}

#[test]
fn charts_can_be_drawn_in_ascii() {
    let folder = Folder::new();
    let asked = shown(&folder, &["api/availability", "2% for 3h", "--ascii"]);
    assert!(asked.is_ascii(), "{asked}");
    let ran =
        folder.command(&["simulate", "api/availability", "2% for 3h"]).env("LC_ALL", "C").output().unwrap();
    assert_eq!(String::from_utf8(ran.stdout).unwrap(), asked);
    insta::assert_snapshot!(asked);
}

#[test]
fn a_single_event_does_not_alert() {
    let slo = "    objective: 99%\n    traffic: 40/d\n    sli: { total: 'sent_total{job=\"m\"}', bad: 'sent_total{job=\"m\", code=\"1\"}' }\n";
    insta::assert_snapshot!(shown(&with("few", slo), &["other/few", "100% for 40m"]));
}

#[test]
fn a_probe_in_a_calendar_month() {
    let slo = "    objective: 99.5%\n    period: calendar month\n    sli: { probe: 'up{job=\"m\"}' }\n";
    insta::assert_snapshot!(shown(&with("up", slo), &["other/up", "100% for 20m", "--into", "2d"]));
}

#[test]
fn slices_stay_bad_for_their_length() {
    let slo = "    objective: 99%\n    budgeting: timeslices\n    slice: { length: 5m, objective: 95% }\n    sli: { total: 'sent_total{job=\"m\"}', bad: 'sent_total{job=\"m\", code=\"1\"}' }\n";
    insta::assert_snapshot!(shown(&with("sliced", slo), &["other/sliced", "10% for 30m"]));
}

#[test]
fn a_ratio_of_unknown_weight() {
    let slo =
        "    objective: 99%\n    sli: { bad_ratio: 'avg_over_time(failed_ratio{job=\"m\"}[$window])' }\n";
    let shown_text = shown(&with("ratio", slo), &["other/ratio", "20% for 1h"]);
    assert!(
        shown_text.contains(
            "The budget of 30d is 7.2 h of full outage, or 864 bad evaluations. The incident spends 12 m, or 24"
        ),
        "{shown_text}"
    );
}

#[test]
fn short_histories_fire_earlier() {
    let first = |history: &[&str]| {
        let args = [&["api/availability", "20% for 10m", "--format", "json"], history].concat();
        let value: Value = serde_json::from_str(&shown_json(&Folder::new(), &args)).unwrap();
        value["notifications"][0]["at_seconds"].as_u64().unwrap()
    };
    // 0.2 t / 3600 is above 0.0144 after 259 s; with ten minutes of history, 0.2 t / (600 + t) is above 0.006 after 19 s.
    assert_eq!((first(&[]), first(&["--history", "10m"])), (270, 30));
}

fn shown_json(folder: &Folder, args: &[&str]) -> String {
    let ran = folder.slowburn(&[&["simulate"], args].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{args:?}");
    ran.stdout
}

#[test]
fn programs_read_json() {
    let shown_text = shown_json(&Folder::new(), &["api/availability", "100% for 5m", "--format", "json"]);
    let value: Value = serde_json::from_str(&shown_text).unwrap();
    assert_eq!(value["notifications"][0]["alert"], "ApiAvailabilityBurnPage");
    assert_eq!(value["tiers"][0]["firing_seconds"], serde_json::json!([[60, 600]]));
    insta::assert_snapshot!(shown_text);
}

#[test]
fn counted_events_come_from_a_file() {
    let folder = Folder::new();
    let row = |minute: u64| {
        let bad = if (10..15).contains(&minute) { 600 } else { 0 };
        format!("{},{},{bad}\n", 1_700_000_000 + 60 * minute, 600 - bad)
    };
    folder.write("incident.csv", format!("time,good,bad\n{}", (0..30).map(row).collect::<String>()));
    let shown_text = shown_json(&folder, &["api/availability", "--csv", "incident.csv", "--format", "json"]);
    let words = "0% for 10m, 100% for 5m, 0% for 15m";
    let same = shown_json(&folder, &["api/availability", words, "--format", "json"]);
    assert_eq!(shown_text.replace("incident.csv", words), same);
    assert_eq!(
        shown_json(&folder, &["api/availability", "slos", "--csv", "incident.csv", "--format", "json"]),
        shown_text
    );
}

#[test]
fn faults_in_an_incident_are_marked_where_they_are() {
    let folder = Folder::new();
    let faults: Vec<String> = [
        "",
        "100%",
        "2 for 3h",
        "0.02 for 3h",
        "99,9% for 5m",
        "120% for 5m",
        "100% for 5m, 2% for 5min",
        "100% for 0s",
        "100% for",
        "100% for 400d",
        "50% for 60d, 50% for 60d",
        "100% for 5m 2% for 3h",
        "100% for 5m, ",
        "100% fro 5m",
        "100% 5m",
        "100% foor 5m at 50/s",
        "ramp 0% 5% for 2h",
        "rmp 0% to 5% for 2h",
        "no trafic for 15m",
        "no traffic for 15m at 5/s",
        "2% for 1h at 50",
        "2% for 1h at 50/s tehn 3% for 1h",
        "outage for\t5m",
    ]
    .iter()
    .map(|incident| {
        let said = refused(&folder, &["api/availability", incident]);
        // If the right spelling is known, it is printed; otherwise how incidents are written.
        let Some((fault, how)) = said.split_once("\nwrite an incident as") else {
            assert!(said.contains("\nwrite `"), "{said}");
            return said.trim_end().to_owned();
        };
        assert!(how.ends_with("separate parts with commas\n"), "{how}");
        fault.to_owned()
    })
    .collect();
    insta::assert_snapshot!(faults.join("\n"));
}

#[test]
fn faults_in_a_file_are_reported_with_their_line() {
    let folder = Folder::new();
    let said = |text: &[u8]| {
        folder.write("incident.csv", text);
        refused(&folder, &["api/availability", "--csv", "incident.csv"])
    };
    let shown_text = [
        said(b""),
        said(b"good,bad\n1,2\n"),
        said(b"time,good,bad\n0,10,0\n60,10\n"),
        said(b"time,good,bad\n0,10,0\n60,10,-1\n"),
        said(b"time,good,bad\n0,10,0\n60,1e9,1\n"),
        said(b"time,good,bad\n0,10,0\nnoon,10,1\n"),
        said(b"time,good,bad\n60,10,0\n60,10,1\n"),
        said(b"time,good,bad\n0,10,0\n99999999999,10,1\n"),
        said(b"time,good,bad\n0,10,0\n"),
        said(b"time,good,bad\n0,10,0\n60,\xff,1\n"),
    ];
    insta::assert_snapshot!(shown_text.concat());
    folder.remove("incident.csv");
    let gone = refused(&folder, &["api/availability", "--csv", "incident.csv"]);
    assert_eq!(gone, "error: cannot read incident.csv: No such file or directory\n");
}

#[test]
fn meaningless_incidents_are_refused() {
    let folder = with("up", "    objective: 99%\n    sli: { probe: 'up{job=\"m\"}' }\n");
    let said = [
        refused(&folder, &["api", "100% for 5m"]),
        refused(&folder, &["api/availabilty", "100% for 5m"]),
        refused(&folder, &["api/availability"]),
        refused(&folder, &["api/availability", "100% for 5m", "slos2", "--csv", "x"]),
        refused(&folder, &["api/availability", "100% for 5m", "--into", "3d"]),
        refused(&folder, &["other/up", "100% for 5m", "--traffic", "10/s"]),
        refused(&folder, &["other/up", "no traffic for 5m"]),
        refused(&folder, &["api/availability", "100% for 5m", "--traffic", "10"])
            .lines()
            .next()
            .unwrap()
            .to_owned(),
        refused(&folder, &["api/availability", "100% for 5m", "--budget-spent", "0.3"])
            .lines()
            .next()
            .unwrap()
            .to_owned(),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn sources_with_errors_are_reported_as_by_other_commands() {
    let folder = Folder::new();
    folder.write("slos/api.yaml", API.replace("99.9%", "200%"));
    let ran = folder.slowburn(&["simulate", "api/availability", "100% for 5m"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("slos/api.yaml:5:16"), "{}", ran.stderr);
}

/// Every text is either simulated or refused.
#[test]
fn extreme_incidents_have_a_result() {
    let folder = with(
        "ratio",
        "    objective: 99.9999999999%\n    tiers_off: [ticket]\n    sli: { total: 'sent_total{job=\"m\"}', bad: 'sent_total{job=\"m\", code=\"1\"}' }\n",
    );
    for (incident, traffic) in [
        ("100% for 9d at 1000000000/s", "0.000000001/s"),
        ("0.0000000001% for 1ms", "1000000000/s"),
        ("ramp 100% to 0% for 1ms, no data for 5d, 100% for 1ms at 1/d", "1/d"),
    ] {
        for slo in ["api/availability", "other/ratio"] {
            let ran = folder.slowburn(&[
                "simulate",
                slo,
                incident,
                "--traffic",
                traffic,
                "--budget-spent",
                "100000%",
            ]);
            assert_eq!(ran.code, Some(0), "{slo} {incident}: {}", ran.stderr);
        }
    }
}
