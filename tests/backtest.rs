//! The past of a real Prometheus, played through the rules: incidents are placed at known times, and nothing else may be found.
#![cfg(all(unix, feature = "http"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fmt::Write;
use std::fs;
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

/// One page that is late and calm.
const CALM: &str = "version: slowburn/v1
policy: calm
policies:
  calm:
    tiers:
      - { severity: page, budget: 5%, long: 6h, short: 30m }
";

const DAY: u64 = 86_400;
const END: u64 = 1_760_000_400 / 300 * 300;
/// A full outage of ten minutes.
const OUTAGE: u64 = END - 25 * DAY;
/// Two percent for three hours.
const BURN: u64 = END - 15 * DAY;
/// A quarter of a percent for two days.
const SLOW: u64 = END - 10 * DAY;
/// Hardly any traffic for four hours, and five errors in the third.
const NIGHT: u64 = END - 5 * DAY;
/// Five bad minutes of what is recorded only.
const RECORDED: u64 = END - DAY;

/// What requests are counted in thirty seconds from a moment on: good and bad.
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

/// A month of samples, half a minute apart, and three days before it; the errors of the month are 12,485.
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
            // Groups are evaluated at some moment of their own.
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

/// Alarms of a course: severity, tier, from, until, whether it is false.
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
fn incidents_of_a_month_are_found_and_nothing_else() {
    let (Some(program), Some(promtool)) = (prometheus(), promtool()) else {
        return skipped("backtest on a real Prometheus: there is none");
    };
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SLOS);
    folder.write("calm/shop.yaml", SLOS);
    folder.write("calm/slowburn.yaml", CALM);
    folder.write("samples", happened());
    folder.write("prometheus.yml", "global: {}\n");
    let made = Command::new(promtool)
        .args(["tsdb", "create-blocks-from", "--max-block-duration=960h", "openmetrics", "--quiet"])
        .args(["samples", "data"])
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = Server::start(&program, &folder.path(""));
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
    // When each tier fires by the mathematics, at most one evaluation later; the ticket of three days an evaluation of its own.
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
    // The calm policy is late, and deaf to the rest.
    let found = alarms(calm);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!((OUTAGE + 129..=OUTAGE + 190).contains(&found[0].2), "{found:?}");
    assert!((BURN + 6480..=BURN + 6540).contains(&found[1].2), "{found:?}");
    // 12,485 of 0.1 % of the events there were.
    let last = ours["days"].as_array().unwrap().last().unwrap();
    let total = ours["total_events"].as_f64().unwrap();
    let left = last["budget_left"].as_f64().unwrap();
    assert!((left - (1.0 - 12485.0 / (0.001 * total))).abs() < 1e-6, "{left}");

    // What is kept is used if it is what is asked for, and asked for again if not.
    let kept: Vec<_> =
        fs::read_dir(folder.path("kept")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(kept.len() > 60, "{}", kept.len());
    fs::write(&kept[0], "{\"asked\": [[[[").unwrap();
    fs::copy(&kept[2], &kept[1]).unwrap();
    let again = backtest(&folder, &url, &["shop/checkout", "--cache", "kept", "--format", "json"]);
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["slos"][0], report["slos"][0]);
    assert_ne!(fs::read(&kept[1]).unwrap(), fs::read(&kept[2]).unwrap());

    // Five minutes are coarser: everything is found, up to five minutes early or late.
    let said = backtest(&folder, &url, &["shop/checkout", "--step", "5m", "--format", "json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let found = alarms(&report["slos"][0]);
    assert_eq!(found.len(), 5, "{found:?}");
    assert!(found[0].2.abs_diff(OUTAGE + 52) <= 330, "{found:?}");

    let said = backtest(&folder, &url, &["shop", "--last", "6d", "--against", "calm"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout);
}

#[test]
fn whatever_answers_instead_is_told() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SLOS);
    let clock_and = |answer: &'static str| {
        Fake::with(move |stream, request| {
            use std::io::Write;
            let time = r#"{"status":"success","data":{"resultType":"scalar","result":[1763800000.5,"1763800000.5"]}}"#;
            let body = if request.contains("query=time%28%29 ") { time } else { answer };
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        })
    };
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
    for more in
        [&["shop/chekout"][..], &["mail"], &["shop", "--last", "1m"], &["shop", "--against", "nowhere"]]
    {
        let said = backtest(&folder, "http://127.0.0.1:1", more);
        assert_eq!(said.code, Some(2));
        all += &said.stderr;
    }
    insta::assert_snapshot!(all);
}
