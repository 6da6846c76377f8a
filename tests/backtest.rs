//! A backtest on the data of a real Prometheus: incidents are at known times, and nothing else may be found.
#![cfg(all(unix, feature = "http"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::folder::{Folder, Ran};
use support::prometheus::Server;
use support::server::{Server as Fake, free_port};
use support::{prometheus, promtool, skipped};

const SLOS: &str = r#"version: slowburn/v1
service: shop
slos:
  checkout:
    objective: 99.9%
    sli: { total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop", code="500"}' }
  recorded:
    objective: 99.9%
    sli: { condition: 'queue_length{job="shop"} < 100' }
  unknown:
    objective: 99.9%
    sli: { total: 'mails_total{job="shop"}', bad: 'mails_total{job="shop", code="500"}' }
"#;

/// A policy with one late page.
const CALM: &str = "version: slowburn/v1
policy: calm
policies:
  calm:
    tiers:
      - { severity: page, budget: 5%, long: 6h, short: 30m }
";

const DAY: u64 = 86_400;
const END: u64 = 1_760_000_400 / 300 * 300;
/// A full outage for ten minutes.
const OUTAGE: u64 = END - 25 * DAY;
/// Two percent errors for three hours.
const BURN: u64 = END - 15 * DAY;
/// A quarter of a percent for two days.
const SLOW: u64 = END - 10 * DAY;
/// Little traffic for four hours, with five errors in the third hour.
const NIGHT: u64 = END - 5 * DAY;
/// Five bad minutes that are only in the recorded series.
const RECORDED: u64 = END - DAY;

/// The good and bad requests in thirty seconds from a moment on.
fn requests(at: u64) -> (f64, f64) {
    let within = |from: u64, length: u64| (from..from + length).contains(&at);
    match at {
        _ if within(OUTAGE, 600) => (0.0, 300.0),
        _ if within(BURN, 3 * 3600) => (294.0, 6.0),
        _ if within(SLOW, 2 * DAY) => (299.25, 0.75),
        _ if within(NIGHT + 7200, 150) => (0.0, 1.0),
        _ if within(NIGHT, 4 * 3600) => (0.25, 0.0),
        _ => (300.0, 0.0),
    }
}

/// A month of samples at intervals of 30 seconds, and three days before it. The month has 12,485 errors.
fn happened() -> String {
    let mut counted = ["# TYPE requests counter\n".to_owned(), String::new()];
    let mut looks = [String::new(), String::new()];
    let (mut good, mut bad) = (1000.0, 50.0);
    for at in (END - 34 * DAY..=END).step_by(30) {
        let labels = r#"job="shop",instance="a""#;
        let _ = writeln!(counted[0], r#"requests_total{{{labels},code="200"}} {good} {at}"#);
        let _ = writeln!(counted[1], r#"requests_total{{{labels},code="500"}} {bad} {at}"#);
        let now = requests(at);
        (good, bad) = (good + now.0, bad + now.1);
        if at > END - 2 * DAY {
            let labels = r#"service="shop",slo="recorded""#;
            // Groups have different evaluation times.
            let moment = at - 17;
            let failed = u8::from((RECORDED..RECORDED + 300).contains(&moment));
            let _ = writeln!(looks[0], "slo:total_events:increase30s{{{labels}}} 1 {moment}");
            let _ = writeln!(looks[1], "slo:bad_events:increase30s{{{labels}}} {failed} {moment}");
        }
    }
    format!("{}{}# EOF\n", counted.concat(), looks.concat())
}

fn backtest(folder: &Folder, url: &str, more: &[&str]) -> Ran {
    let end = jiff::Timestamp::from_second(END as i64).unwrap().to_string();
    folder.slowburn(&[&["backtest", "--prometheus", url, "--until", &end][..], more].concat())
}

/// The alerts of a course: severity, tier, begin, end, and whether it is false.
fn alarms(course: &Value) -> Vec<(String, String, u64, u64, bool)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let alarm = |alarm: &Value| {
        (
            text(&alarm["severity"]),
            text(&alarm["tier"]),
            alarm["from_seconds"].as_u64().unwrap(),
            alarm["until_seconds"].as_u64().unwrap(),
            alarm["is_false"].as_bool().unwrap(),
        )
    };
    course["alarms"].as_array().unwrap().iter().map(alarm).collect()
}

#[test]
fn a_backtest_finds_exactly_the_incidents_of_a_month() {
    let (Some(program), Some(promtool)) = (prometheus(), promtool()) else {
        return skipped("backtest on a real Prometheus: there is none");
    };
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SLOS);
    folder.write("calm/shop.yaml", SLOS);
    folder.write("calm/slowburn.yaml", CALM);
    folder.write("samples", happened());
    let server = remembering(&folder, &program, &promtool);
    let url = server.url();

    let both = ["shop/checkout", "--against", "calm", "--cache", "kept", "--format", "json"];
    let said = backtest(&folder, &url, &both);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let [ours, calm] = [0, 1].map(|index| &report["slos"][index]);
    assert_eq!((&ours["definitions"], &calm["definitions"]), (&"slos".into(), &"calm".into()));
    assert_eq!((ours["bad_events"].to_string(), &ours["unknown_seconds"]), ("12485".into(), &0.into()));
    let found = alarms(ours);
    let kinds: Vec<(&str, &str, bool)> =
        found.iter().map(|(severity, tier, .., wrong)| (severity.as_str(), tier.as_str(), *wrong)).collect();
    let page = ("page", "1h", false);
    assert_eq!(kinds, [page, ("ticket", "1d", false), page, ("ticket", "3d", false), ("page", "1h", true)]);
    // The computed times at which each tier fires, with at most one further evaluation. The ticket over three days is evaluated less often.
    for (at, expected, late) in [
        (found[0].2, OUTAGE + 52, 60),
        (found[0].3, OUTAGE + 600 + 1790, 60),
        (found[1].2, OUTAGE + 260, 330),
        (found[2].2, BURN + 2592, 60),
        (found[3].2, SLOW + 103_680, 330),
        (found[4].2, NIGHT + 7230, 60),
    ] {
        assert!(
            (expected..=expected + late).contains(&at),
            "{at} is not {expected} or {late} later: {found:?}"
        );
    }
    // The calm policy is late, and misses the others.
    let found = alarms(calm);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!((OUTAGE + 129..=OUTAGE + 190).contains(&found[0].2), "{found:?}");
    assert!((BURN + 6480..=BURN + 6540).contains(&found[1].2), "{found:?}");
    // 12,485 of 0.1 % of all events.
    let last = ours["days"].as_array().unwrap().last().unwrap();
    let total = ours["total_events"].as_f64().unwrap();
    let left = last["budget_left"].as_f64().unwrap();
    assert!((left - (1.0 - 12485.0 / (0.001 * total))).abs() < 1e-6, "{left}");

    // A cached answer is used for the same query only.
    let kept: Vec<_> =
        fs::read_dir(folder.path("kept")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(kept.len() > 60, "{}", kept.len());
    fs::write(&kept[0], "{\"asked\": [[[[").unwrap();
    fs::copy(&kept[2], &kept[1]).unwrap();
    let again = backtest(&folder, &url, &["shop/checkout", "--cache", "kept", "--format", "json"]);
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["slos"][0], report["slos"][0]);
    assert_ne!(fs::read(&kept[1]).unwrap(), fs::read(&kept[2]).unwrap());

    // Two policies in one folder give the same results as two folders with one policy each.
    let policies = ["shop/checkout", "--slos", "calm", "--policy", "workbook", "--policy", "calm"];
    let said = backtest(&folder, &url, &[&policies[..], &["--cache", "kept", "--format", "json"]].concat());
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    let by_policy: Value = serde_json::from_str(&said.stdout).unwrap();
    for (index, name) in ["workbook", "calm"].into_iter().enumerate() {
        let mut expected = report["slos"][index].clone();
        expected["definitions"] = name.into();
        assert_eq!(by_policy["slos"][index], expected);
    }

    // With steps of five minutes everything is found, up to five minutes early or late.
    let said = backtest(&folder, &url, &["shop/checkout", "--step", "5m", "--format", "json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let found = alarms(&report["slos"][0]);
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found[0].2.abs_diff(OUTAGE + 52) <= 330, "{found:?}");

    let said = backtest(&folder, &url, &["shop", "--last", "6d", "--against", "calm", "--cache", "kept"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout);
}

/// A server with these samples as its past.
fn remembering(folder: &Folder, program: &Path, promtool: &Path) -> Server {
    folder.write("prometheus.yml", "global: {}\n");
    let made = Command::new(promtool)
        .args(["tsdb", "create-blocks-from", "--max-block-duration=960h", "openmetrics", "--quiet"])
        .args(["samples", "data"])
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Server::start(program, &folder.path(""))
}

/// The same requests, promised per route, in slices of a minute, and per calendar month.
const PROMISES: &str = r#"version: slowburn/v1
service: shop
slos:
  routes:
    objective: 99.9%
    sli: { total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop", code="500"}' }
    by: [route]
  minutes:
    objective: 99%
    sli: { total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop", code="500"}' }
    budgeting: timeslices
    slice: { length: 1m, objective: 95% }
  month:
    objective: 99.9%
    sli: { total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop", code="500"}' }
    period: calendar month
    time_zone: Europe/Madrid
    budget_alerts: [{ left: 90%, severity: page }]
  office:
    objective: 99.9%
    hours: &office { days: monday-friday, hours: "09:05-17:00", time_zone: UTC }
    sli: { total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop", code="500"}' }
  office-minutes:
    objective: 99%
    hours: *office
    sli: { total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop", code="500"}' }
    budgeting: timeslices
    slice: { length: 1m, objective: 95% }
"#;

/// One route fails for ten minutes.
const ONE_ROUTE: u64 = END - 2 * DAY;
/// Two percent errors of the other route, for three hours.
const OTHER_ROUTE: u64 = END - 5 * DAY;
/// It fails for five minutes in the month before.
const LAST_MONTH: u64 = END - 10 * DAY;

/// Two weeks in which two routes have a hundred requests each every thirty seconds.
fn by_route() -> String {
    let bad = |route: &str, at: u64| {
        let within = |from: u64, length: u64| (from..from + length).contains(&at);
        match route {
            "/pay" if within(ONE_ROUTE, 600) => 100,
            "/cart" if within(LAST_MONTH, 300) => 100,
            "/cart" if within(OTHER_ROUTE, 3 * 3600) => 2,
            _ => 0,
        }
    };
    let mut text = "# TYPE requests counter\n".to_owned();
    for route in ["/pay", "/cart"] {
        let counted = |code: &str, gain: &dyn Fn(u64) -> u64| {
            let labels = format!(r#"job="shop",instance="a",route="{route}",code="{code}""#);
            let mut count = 0;
            let mut lines = String::new();
            for at in (END - 15 * DAY..=END).step_by(30) {
                let _ = writeln!(lines, "requests_total{{{labels}}} {count} {at}");
                count += gain(at);
            }
            lines
        };
        text += &counted("200", &|at| 100 - bad(route, at));
        text += &counted("500", &|at| bad(route, at));
    }
    text + "# EOF\n"
}

#[test]
fn every_kind_of_promise_is_judged_in_its_own_units() {
    let (Some(program), Some(promtool)) = (prometheus(), promtool()) else {
        return skipped("backtest of routes, slices and months: there is no Prometheus");
    };
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", PROMISES);
    folder.write("samples", by_route());
    let server = remembering(&folder, &program, &promtool);
    let asked = |slo: &str, more: &[&str]| {
        // Promises with the same queries use cached answers.
        let kept = [slo, "--cache", "kept", "--format", "json"];
        let said = backtest(&folder, &server.url(), &[&kept[..], more].concat());
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
        let report: Value = serde_json::from_str(&said.stdout).unwrap();
        report["slos"].as_array().unwrap().clone()
    };
    let judged = |slo: &str| asked(slo, &["--last", "11d"]);
    let fired = |course: &Value, expected: &[(&str, &str, u64)]| {
        let found = alarms(course);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((severity, tier, from, ..), expected) in found.iter().zip(expected) {
            assert_eq!((severity.as_str(), tier.as_str()), (expected.0, expected.1), "{found:?}");
            let late = if expected.0 == "page" { 60 } else { 330 };
            assert!((expected.2..=expected.2 + late).contains(from), "{expected:?} in {found:?}");
        }
    };
    let left =
        |course: &Value| course["days"].as_array().unwrap().last().unwrap()["budget_left"].as_f64().unwrap();
    let near = |left: f64, expected: f64| assert!((left - expected).abs() < 1e-3, "{left} is not {expected}");

    // Each route has its own alerts.
    let [cart, pay] = judged("shop/routes").try_into().unwrap();
    assert_eq!((&cart["labels"]["route"], &pay["labels"]["route"]), (&"/cart".into(), &"/pay".into()));
    assert_eq!([&cart, &pay].map(|course| course["bad_events"].as_u64().unwrap()), [1720, 2000]);
    fired(
        &cart,
        &[
            ("page", "1h", LAST_MONTH + 52),
            ("ticket", "1d", LAST_MONTH + 260),
            ("page", "1h", OTHER_ROUTE + 2592),
        ],
    );
    fired(&pay, &[("page", "1h", ONE_ROUTE + 52), ("ticket", "1d", ONE_ROUTE + 260)]);

    // An alert that fires already when the judged time begins is listed, but not judged.
    let until = jiff::Timestamp::from_second((ONE_ROUTE + 3 * 3600) as i64).unwrap().to_string();
    let later = ["backtest", "shop/routes", "--prometheus", &server.url(), "--until", &until, "--last", "2h"];
    let said = folder.slowburn(&[&later[..], &["--cache", "kept", "--format", "json"]].concat());
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let alarms = report["slos"][1]["alarms"].as_array().unwrap();
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    assert_eq!((&alarms[0]["tier"], &alarms[0]["since_before"]), (&"1d".into(), &true.into()));

    // A slice with half of an outage is bad, too: 11 slices of one outage and 21 of the other. One bad request of a hundred does not make a slice
    // bad.
    let [minutes] = judged("shop/minutes").try_into().unwrap();
    assert_eq!(minutes["bad_events"].as_u64(), Some(11 + 21));
    assert_eq!(minutes["total_events"].as_u64(), Some(11 * DAY / 30));
    fired(&minutes, &[("page", "1h", ONE_ROUTE + 518)]);
    let known = (14 * DAY + 900) as f64 / 30.0;
    near(left(&minutes), 1.0 - 32.0 / (0.01 * known));

    // October began on 30 September at 22:00 UTC. Earlier errors do not count.
    let [month] = asked("shop/month", &["--last", "11d", "--step", "5m"]).try_into().unwrap();
    assert_eq!(month["bad_events"].as_u64(), Some(1720 + 2000));
    const OCTOBER: u64 = 1_759_269_600;
    // The rest of its 31 days, with the extra hour of winter time, is expected to have the same traffic as the known days.
    assert_eq!((END - OCTOBER) / DAY, 8);
    near(left(&month), 1.0 - 2720.0 / (0.001 * (31 * DAY / 30 * 200) as f64));
    let day = |of: u64| {
        let days = month["days"].as_array().unwrap();
        days.iter().find(|day| day["from_seconds"] == of).unwrap()["budget_left"].as_f64().unwrap()
    };
    assert!(day(1_759_190_400 - DAY) < 1.0);
    near(day(1_759_190_400), 1.0);
    // 1,785 bad events are a tenth of a month's budget. The five-minute sum that ends ten minutes into the outage contains the last 1,065 of them.
    // Only the last days of September are known, and their thousand bad events are more than a tenth of their budget until October begins.
    let [before, alerted] = month["budget_alerts"].as_array().unwrap().as_slice() else {
        panic!("{}", month["budget_alerts"])
    };
    assert_eq!(before["until_seconds"], OCTOBER);
    assert_eq!(alerted["line"], "90%");
    // Counts of five minutes may be up to five minutes early or late.
    assert!(alerted["from_seconds"].as_u64().unwrap().abs_diff(ONE_ROUTE + 600) <= 300, "{alerted}");
    // A page about the burn rate fires already, so this is a ticket.
    assert_eq!((&alerted["severity"], &alerted["until_seconds"]), (&"ticket".into(), &Value::Null));

    // Of the office hours on ten working days, eight of them judged, only the second half of the outage on Tuesday was bad.
    let [office] = asked("shop/office", &["--last", "11d", "--step", "5m"]).try_into().unwrap();
    assert_eq!(
        (office["bad_events"].as_u64(), office["total_events"].as_u64()),
        (Some(1000), Some(8 * 950 * 200))
    );
    near(left(&office), 1.0 - 1000.0 / (0.001 * f64::from(10 * 950 * 200)));
    // Half of the requests fail for five minutes: 24 % of the budget of 22 days of 7 hours and 55 minutes, with the traffic of the office hours.
    let spent = office["alarms"][0]["budget_spent"].as_f64().unwrap();
    near(spent, 1000.0 / (0.001 * f64::from(22 * 950 * 200)));
    let [minutes] = asked("shop/office-minutes", &["--last", "4d"]).try_into().unwrap();
    assert_eq!((minutes["bad_events"].as_u64(), minutes["total_events"].as_u64()), (Some(11), Some(3 * 950)));
}

/// Two parts with recorded counts. The journey and its hours were defined later.
const TRIP: &str = r#"version: slowburn/v1
service: trip
slos:
  out: { objective: 99.9%, sli: { total: 'out_total', bad: 'out_total{code="500"}' } }
  back: { objective: 99%, sli: { total: 'back_total', bad: 'back_total{code="500"}' } }
  trip: { objective: 99%, sli: { journey: [trip/out, trip/back] } }
  office:
    objective: 99%
    hours: { days: monday-friday, hours: "08:00-20:00", time_zone: UTC }
    sli: { journey: [trip/out, trip/back] }
"#;

/// On a Tuesday at nine o'clock both parts have errors for ten minutes; those of the second part begin five minutes later. At night one part has
/// errors for half an hour. A slice with fewer errors than the part allows is good.
fn recorded_parts() -> String {
    let mut series = [(); 2].map(|()| "".to_owned());
    for (part, name) in ["out", "back"].into_iter().enumerate() {
        for at in (END - 6 * DAY..=END).step_by(30) {
            let within = |from: u64, length: u64| (from..from + length).contains(&at);
            let bad = match part {
                0 if within(ONE_ROUTE, 600) => 10,
                1 if within(ONE_ROUTE + 300, 600) => 3,
                1 if within(ONE_ROUTE + 13 * 3600, 1800) => 200,
                1 if within(ONE_ROUTE + DAY, 3600) => 1,
                _ => 0,
            };
            for (side, count) in [200, bad].into_iter().enumerate() {
                let name = format!(
                    r#"slo:{}_events:increase30s{{service="trip",slo="{name}"}}"#,
                    ["total", "bad"][side]
                );
                let _ = writeln!(series[side], "{name} {count} {}", at - 11);
            }
        }
    }
    format!("{}{}# EOF\n", series[0], series[1])
}

#[test]
fn a_journey_is_judged_by_the_recorded_series_of_its_parts() {
    let (Some(program), Some(promtool)) = (prometheus(), promtool()) else {
        return skipped("backtest of a journey: there is no Prometheus");
    };
    let folder = Folder::empty();
    folder.write("slos/trip.yaml", TRIP);
    folder.write("samples", recorded_parts());
    let server = remembering(&folder, &program, &promtool);
    let judged = |slo: &str| -> Value {
        let said = backtest(&folder, &server.url(), &[slo, "--last", "2d12h", "--format", "json"]);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
        serde_json::from_str::<Value>(&said.stdout).unwrap()["slos"][0].clone()
    };
    // Fifteen and thirty minutes with bad counts, until the last of them has left its slice of a minute. Three of 400 events are fewer than the part
    // allows.
    let trip = judged("trip/trip");
    assert_eq!(trip["bad_events"].as_u64(), Some(30 + 61), "{trip}");
    assert_eq!(trip["total_events"].as_u64(), Some(5 * DAY / 2 / 30));
    let found: Vec<u64> =
        alarms(&trip).iter().filter(|alarm| alarm.0 == "page").map(|alarm| alarm.2).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!((ONE_ROUTE..ONE_ROUTE + 900).contains(&found[0]), "{found:?}");
    // Outside of the hours nothing counts: the hours are half a Monday, two days from eight to eight, and one hour.
    let office = judged("trip/office");
    assert_eq!(office["bad_events"].as_u64(), Some(30), "{office}");
    assert_eq!(alarms(&office).iter().filter(|alarm| alarm.0 == "page").count(), 1);
}

/// An incomplete answer must not look healthy: a total without its bad events, or an answer that the server itself calls incomplete.
#[test]
fn incomplete_answers_are_reported() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SLOS);
    let server = Fake::telling_time(|request| {
        let matrix = |result: &str| {
            let warnings = r#""warnings":["store eu-1\u0007 timed out"]"#;
            format!(
                r#"{{"status":"success",{warnings},"data":{{"resultType":"matrix","result":[{result}]}}}}"#
            )
        };
        // The totals exist, but the bad events do not.
        let is_bad = request.contains("bad_events") || request.contains("500");
        let start = request.split("start=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
        let sample = format!(r#"{{"metric":{{}},"values":[[{start},"100"]]}}"#);
        ("200 OK", matrix(if is_bad { "" } else { &sample }))
    });
    let url = format!("http://127.0.0.1:{}", server.port);
    let asked = ["shop/checkout", "--last", "2h", "--cache", "kept"];
    let said = folder.slowburn(&[&["backtest", "--prometheus", &url][..], &asked].concat());
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert_eq!(fs::read_dir(folder.path("kept")).unwrap().count(), 0, "nothing of it is kept");
    insta::assert_snapshot!(said.stdout);
}

#[test]
fn other_programs_at_the_address_are_reported() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SLOS);
    let clock_and = |answer: &'static str| Fake::telling_time(move |_| ("200 OK", answer.to_owned()));
    let servers = [
        Fake::of("200 OK", "Content-Type: text/html\r\n", b"<html>Hello</html>"),
        clock_and(r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"val"#),
        clock_and(r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#),
        clock_and(
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[7,"1"]]}]}}"#,
        ),
        clock_and(r#"{"status":"error","error":"too many samples"}"#),
    ];
    let mut all = String::new();
    for port in servers.iter().map(|server| server.port).chain([free_port()]) {
        let said = backtest(&folder, &format!("http://127.0.0.1:{port}"), &["shop/checkout", "--last", "1d"]);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""));
        all += &said.stderr.replace(&port.to_string(), "PORT");
    }
    for more in [
        &["shop/chekout"][..],
        &["mail"],
        &["shop", "--last", "1m"],
        &["shop", "--against", "nowhere"],
        &["shop", "--policy", "calmer"],
    ] {
        let said = backtest(&folder, "http://127.0.0.1:1", more);
        assert_eq!(said.code, Some(2));
        all += &said.stderr;
    }
    insta::assert_snapshot!(all);
}
