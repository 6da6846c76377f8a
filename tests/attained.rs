//! Which promises were kept in a month, on a real Prometheus with recorded counts.
#![cfg(all(unix, feature = "http"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use support::browser::Browser;
use support::folder::{Folder, Ran};
use support::prometheus::Server;
use support::server::Server as Fake;
use support::{prometheus, promtool, skipped};

const PROJECT: &str = "version: slowburn/v1\ntime_zone: Europe/Madrid\nlanguage: LANGUAGE\n";

const SHOP: &str = r#"version: slowburn/v1
service: shop
owner: web
planned: { carts_total: carts are not counted <yet> }
slos:
  checkout:
    description: Payments & co <end> well
    objective: 99.9%
    sli: { total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop", code="500"}' }
  search:
    objective: 99.5%
    period: calendar month
    by: [env]
    sli: { total: 'searches_total{job="shop"}', bad: 'searches_total{job="shop", code="500"}' }
  rare:
    objective: 99.9%
    sli: { total: 'refunds_total{job="shop"}', bad: 'refunds_total{job="shop", code="500"}' }
  carts:
    objective: 99%
    sli: { total: 'carts_total{job="shop"}', bad: 'carts_total{job="shop", code="500"}' }
"#;

const MAIL: &str = r#"version: slowburn/v1
service: mail
slos:
  delivery:
    objective: 99%
    sli: { total: 'mails_total{job="mail"}', bad: 'mails_total{job="mail", code="500"}' }
"#;

/// March 2026 in Madrid, with the change to summer time: from 23:00 UTC on the last day of February to 22:00 UTC.
const FROM: u64 = 1_772_319_600;
const UNTIL: u64 = 1_774_994_400;

/// Counts of five minutes, recorded two minutes after each. `events` gives the events by the minutes since the begin of the month.
fn counts(text: &mut [String; 2], labels: &str, events: impl Fn(u64) -> Option<(f64, f64)>) {
    for at in (FROM + 120..UNTIL).step_by(300) {
        if let Some((total, bad)) = events((at - FROM) / 60) {
            writeln!(text[0], "slo:total_events:tile5m{{{labels}}} {total} {at}").unwrap();
            writeln!(text[1], "slo:bad_events:tile5m{{{labels}}} {bad} {at}").unwrap();
        }
    }
}

const DAY: u64 = 24 * 60;

fn blocks(folder: &Path) {
    let mut text = [String::new(), String::new()];
    // Two hours on the tenth, and a quarter of an hour on the twentieth.
    counts(&mut text, "service=\"shop\",slo=\"checkout\"", |minute| match minute {
        _ if (9 * DAY + 14 * 60..9 * DAY + 16 * 60).contains(&minute) => Some((1000.0, 100.0)),
        _ if (19 * DAY + 180..19 * DAY + 195).contains(&minute) => Some((1000.0, 500.0)),
        _ => Some((1000.0, 0.0)),
    });
    counts(&mut text, "service=\"shop\",slo=\"search\",env=\"prod\"", |_| Some((100.0, 0.7)));
    counts(&mut text, "service=\"shop\",slo=\"search\",env=\"test\"", |minute| {
        (minute >= 10 * DAY).then_some((100.0, 0.1))
    });
    // Ten days are missing, but the bad events are so many that good ones in these days could not keep the promise.
    counts(&mut text, "service=\"shop\",slo=\"search\",env=\"pre\"", |minute| {
        (minute >= 10 * DAY).then_some((100.0, 5.0))
    });
    counts(&mut text, "service=\"shop\",slo=\"rare\"", |_| Some((0.1, 0.0)));
    // Series of no SLO.
    counts(&mut text, "service=\"shop\",slo=\"old\"", |_| Some((1.0, 1.0)));
    fs::write(folder.join("samples"), text.concat() + "# EOF\n").unwrap();
    fs::write(folder.join("prometheus.yml"), "global: {}\n").unwrap();
    let made = std::process::Command::new(promtool().unwrap())
        .args([
            "tsdb",
            "create-blocks-from",
            "--max-block-duration=720h",
            "openmetrics",
            "--quiet",
            "samples",
            "data",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn report(folder: &Folder, more: &[&str]) -> Ran {
    folder.slowburn(&[&["report", "--month", "2026-03"][..], more].concat())
}

/// The visible text of an HTML page, one line for each element with text.
fn seen(page: &str) -> String {
    let body = page.split_once("<body").unwrap().1;
    let mut lines = String::new();
    let mut before = "";
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        if let Some((_, title)) = tag.split_once("title=\"") {
            // Days like the day before are left out.
            let said = &title[title.find(": ").unwrap()..];
            if said != before {
                writeln!(lines, "  {}", title.trim_end_matches('"')).unwrap();
            }
            before = said;
        } else {
            before = "";
        }
        if !text.trim().is_empty() && tag != "/i" {
            writeln!(lines, "{}", text.trim()).unwrap();
        }
    }
    lines
}

#[test]
fn report_of_a_month_from_a_real_prometheus() {
    let (Some(program), Some(_)) = (prometheus(), promtool()) else {
        return skipped("promises of a month on a real Prometheus: there is none");
    };
    let folder = Folder::empty();
    folder.write("slos/slowburn.yaml", PROJECT.replace("LANGUAGE", "en"));
    folder.write("slos/shop.yaml", SHOP);
    folder.write("slos/mail.yaml", MAIL);
    blocks(&folder.path(""));
    let server = Server::start(&program, &folder.path(""));
    let said = report(&folder, &["--prometheus", &server.url(), "--save", "march.json"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!("page", seen(&said.stdout));
    let page = said.stdout;
    drop(server);
    if let Some(browser) = Browser::found("the report of a month was not opened as on a phone") {
        assert_eq!(browser.cut(&page, 390), [] as [&str; 0]);
    }

    // A saved answer gives the same page without a server.
    let again = report(&folder, &["--answer", "march.json"]);
    assert_eq!((again.code, again.stdout == page), (Some(0), true), "{}", again.stderr);
    let json = report(&folder, &["--answer", "march.json", "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let slos = answer["slos"].as_array().unwrap();
    let shown: Vec<_> = slos.iter().map(|slo| serde_json::json!({
        "slo": format!("{}/{}", slo["service"].as_str().unwrap(), slo["slo"].as_str().unwrap()),
        "verdict": slo["verdict"], "total": slo["total_events"], "bad": slo["bad_events"],
        "spent": slo["budget_spent"], "missing": slo["missing_seconds"], "incidents": slo["incidents"].as_array().unwrap().len(),
        "days": slo["days"].as_array().unwrap().len(),
    })).collect();
    insta::assert_snapshot!("json", serde_json::to_string_pretty(&shown).unwrap());
    folder.write("slos/slowburn.yaml", PROJECT.replace("LANGUAGE", "es"));
    let spanish = report(&folder, &["--answer", "march.json", "--only", "shop/search"]);
    insta::assert_snapshot!("page.es", seen(&spanish.stdout));
    // Data that was not requested is unknown, and so is another month.
    let april = folder.slowburn(&["report", "--month", "2026-04", "--answer", "march.json"]);
    assert_eq!(april.stdout.matches("no se sabe</span>").count(), 4, "{}", april.stdout);
    let never = folder.slowburn(&["report", "--month", "2099-01", "--answer", "march.json"]);
    assert_eq!(never.code, Some(2));
    assert_eq!(never.stderr, "error: the first hour of this month is not over yet\n");
    for (text, said) in [
        ("{}", "march.json contains no answers"),
        ("[", "march.json contains no answers"),
        ("{\"now\": 1}", "no answers"),
    ] {
        folder.write("march.json", text);
        let ran = report(&folder, &["--answer", "march.json"]);
        assert!(ran.code == Some(2) && ran.stderr.contains(said), "{}", ran.stderr);
    }
}

/// The value of a parameter in a request.
fn asked(request: &str, name: &str) -> u64 {
    let value = request.split_once(&format!("{name}=")).unwrap().1;
    value.split(|end: char| !end.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// November 2025. By the server's clock, 21 days, eight hours and some minutes of it are over.
#[test]
fn a_month_that_is_not_over_has_the_budget_of_the_whole_month() {
    const NOVEMBER: u64 = 1_761_955_200;
    let folder = Folder::empty();
    folder.write("slos/mail.yaml", MAIL);
    // Twelve counts per hour, with 1,200 events in this month and 600 before. A hundred were bad in the third hour of the month.
    let hours = |request: &str| {
        let mut values = Vec::new();
        for at in (asked(request, "start")..=asked(request, "end")).step_by(3600) {
            let value = match (request.contains("count_over_time"), request.contains("bad_events")) {
                (true, _) => 12,
                (_, true) => 100 * u64::from(at == NOVEMBER + 3 * 3600),
                _ if at > NOVEMBER => 1200,
                _ => 600,
            };
            values.push(format!("[{at},\"{value}\"]"));
        }
        let labels = r#""service":"mail","slo":"delivery""#;
        format!(r#"{{"metric":{{{labels}}},"values":[{}]}}"#, values.join(","))
    };
    let server = Fake::telling_time(move |request| {
        let all = hours(&request.replace("%5F", "_"));
        ("200 OK", format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{all}]}}}}"#))
    });
    let url = server.url().replace("/metrics", "");
    let said = folder.slowburn(&["report", "--month", "2025-11", "--prometheus", &url, "--format", "json"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{}", said.stdout);
    let answer: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(answer["is_over"], false);
    let slo = &answer["slos"][0];
    let so_far = 512.0 * 1200.0;
    let in_five_minutes = (so_far + 160.0 * 600.0) / (28.0 * 288.0);
    let expected = so_far + 208.0 * 12.0 * in_five_minutes;
    assert_eq!(slo["total_events"].as_f64(), Some(so_far));
    let near = |of: &str, value: f64| {
        let answer = slo[of].as_f64().unwrap();
        assert!((answer - value).abs() < 1e-9 * value, "{of}: {answer} is not {value}");
    };
    near("expected_events", expected);
    near("budget_spent", 100.0 / (expected * 0.01));
    assert_eq!(slo["verdict"], "kept");
    let queries = server.requests().iter().filter(|request| request.contains("query_range")).count();
    assert_eq!(queries, 5, "of total events and of counts what was before the month, too");
}

#[test]
fn answers_of_other_programs_are_refused() {
    let folder = Folder::empty();
    folder.write("slos/mail.yaml", MAIL);
    for answer in [
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}",
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"service\":\"mail\",\"slo\":\"delivery\"},\"values\":[[1,\"1\"]]}]}}",
        "[]",
    ] {
        let server = Fake::telling_time(move |_| ("200 OK", answer.to_owned()));
        let ran = folder.slowburn(&["report", "--month", "2025-10", "--prometheus", &server.url()]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{answer}");
        assert!(ran.stderr.contains("this is not an answer of Prometheus"), "{}", ran.stderr);
    }
    let ran = report(&folder, &[]);
    assert!(ran.code == Some(2) && ran.stderr.contains("--prometheus"), "{}", ran.stderr);
    let ran = folder.slowburn(&["report", "--month", "march", "--answer", "x"]);
    assert!(ran.stderr.contains("a year and a month are expected, such as 2027-01"), "{}", ran.stderr);
}
