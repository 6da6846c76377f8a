//! Old and new rules on one real Prometheus with the same counters: where their ratios are equal, where they differ, and whether the reported reason
//! is the real one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use serde_json::Value;
use support::folder::{Folder, Ran};
use support::prometheus::Server;
use support::{prometheus, promtool, skipped};

const SHOP: &str = r#"version: slowburn/v1
service: shop
slos:
  events:
    objective: 99.9%
    sli:
      total: requests_total{job="shop"}
      bad: requests_total{job="shop", status=~"5.."}
  gone:
    objective: 99%
    sli:
      total: nothing_total
      bad: nothing_total{status="500"}
"#;

const HOUR: u64 = 3600;

/// At night one request per second, half of them bad. Then a hundred per second, one of them bad for half an hour. Half an hour ago, a series
/// appeared with a hundred bad events.
fn happened(now: u64) -> String {
    let start = now - 10 * HOUR;
    let (mut good, mut bad, mut born) =
        (String::from("# TYPE requests counter\n"), String::new(), String::new());
    for at in (start..now + 900).step_by(15) {
        let since = at - start;
        let (night, day) = (since.min(3 * HOUR), since.saturating_sub(3 * HOUR));
        let outage = day.saturating_sub(2 * HOUR).min(1800);
        let _ = writeln!(
            good,
            r#"requests_total{{job="shop",instance="a",status="200"}} {} {at}"#,
            1000 + night / 2 + 100 * day - outage
        );
        let _ = writeln!(
            bad,
            r#"requests_total{{job="shop",instance="a",status="500"}} {} {at}"#,
            10 + night - night / 2 + outage
        );
        if at + 1800 >= now {
            let _ = writeln!(born, r#"requests_total{{job="shop",instance="a",status="503"}} 100 {at}"#);
        }
    }
    format!("{good}{bad}{born}# EOF\n")
}

/// The series that Sloth records for these events.
fn sloth() -> String {
    let labels = |window: &str| {
        format!(
            "labels: {{ sloth_id: shop-events, sloth_service: shop, sloth_slo: events, sloth_window: {window} }}"
        )
    };
    let mut text = String::from("groups:\n- name: sloth-slo-sli-recordings-shop-events\n  rules:\n");
    for window in ["5m", "1h", "2h", "6h"] {
        let _ = write!(
            text,
            "  - record: slo:sli_error:ratio_rate{window}\n    expr: |\n      (sum(rate(requests_total{{job=\"shop\",status=~\"5..\"}}[{window}])))\n      /\n      (sum(rate(requests_total{{job=\"shop\"}}[{window}])))\n    {}\n",
            labels(window)
        );
    }
    let series =
        r#"slo:sli_error:ratio_rate5m{sloth_id="shop-events", sloth_service="shop", sloth_slo="events"}"#;
    let _ = write!(
        text,
        "  - record: slo:sli_error:ratio_rate30d\n    expr: |\n      sum_over_time({series}[30d])\n      / ignoring (sloth_window)\n      count_over_time({series}[30d])\n    {}\n",
        labels("30d")
    );
    text += "- name: sloth-slo-meta-recordings-shop-events\n  rules:\n  - record: slo:objective:ratio\n    expr: vector(0.999)\n    labels: { sloth_id: shop-events, sloth_service: shop, sloth_slo: events }\n";
    text += "- name: sloth-slo-sli-recordings-shop-gone\n  rules:\n  - record: slo:sli_error:ratio_rate1h\n    expr: sum(rate(nothing_total{status=\"500\"}[1h])) / sum(rate(nothing_total[1h]))\n    labels: { sloth_id: shop-gone, sloth_service: shop, sloth_slo: gone, sloth_window: 1h }\n";
    text
}

/// The ratios that the new rules record, computed from their counts, because the rules would have to run for as long as the windows.
fn new_ratios() -> String {
    let of = |side: &str, window: &str| {
        format!(
            r#"sum by (service, slo) (sum_over_time(slo:{side}_events:tile5m{{service="shop",slo="events"}}[{window}]))"#
        )
    };
    let mut text = String::from("groups:\n- name: new\n  rules:\n");
    for window in ["1h", "2h", "6h", "30d"] {
        let _ = writeln!(
            text,
            "  - record: slo:sli_error:ratio_rate{window}\n    expr: {} / {}\n    labels: {{ service: shop, slo: events }}",
            of("bad", window),
            of("total", window)
        );
    }
    text
}

fn bash(folder: &Path, script: &str) {
    let run = Command::new("bash").args(["-euc", script]).current_dir(folder).output().unwrap();
    let said = [run.stdout, run.stderr].concat();
    assert!(run.status.success(), "{script}\n{}", String::from_utf8_lossy(&said));
}

fn check(folder: &Folder, args: &[&str]) -> Ran {
    folder.slowburn(&[&["import", "old.yaml", "--check"], args].concat())
}

/// The rows of one window of one SLO, with their reasons.
fn line<'a>(answer: &'a Value, slo: &str, window: &str) -> &'a Value {
    let all = answer["ratios"].as_array().unwrap().iter();
    let mut found = all.filter(|line| line["slo"] == slo && line["window"] == window);
    let line = found.next().unwrap_or_else(|| panic!("{slo} {window}: {answer:#}"));
    assert!(found.next().is_none());
    line
}

fn reasons(line: &Value) -> String {
    line["reasons"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn ratios_of_both_rule_sets_are_compared_and_what_differs_is_explained() {
    let (Some(promtool), Some(program)) = (promtool(), prometheus()) else {
        return skipped("old and new ratios are not compared: there is no Prometheus");
    };
    let folder = Folder::empty();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 300 * 300;
    folder.write("slos/shop.yaml", SHOP);
    folder.write("old.yaml", sloth());
    folder.write("new.yaml", new_ratios());
    folder.write("prometheus.yml", "global: {}\n");
    folder.write("raw", happened(now));
    let (tool, path) = (promtool.display(), folder.path(""));
    bash(&path, &format!("'{tool}' tsdb create-blocks-from openmetrics --quiet raw data"));
    let server = Server::start(&program, &path);
    let rules = |server: &Server, start: u64, step: &str, file: &str, to: &str| {
        bash(
            &path,
            &format!(
                "'{tool}' tsdb create-blocks-from rules --start {start} --end {} --eval-interval {step} --url {} --output-dir {to} {file}",
                now + 600,
                server.url()
            ),
        );
    };
    rules(&server, now - 10 * HOUR + 300, "60s", "old.yaml", "one");
    let backfill = folder.slowburn(&["backfill", "--prometheus", &server.url()]);
    assert_eq!(backfill.code, Some(0), "{}", backfill.stderr);
    rules(&server, now - 10 * HOUR, "300s", "history/shop.rules.yaml", "two");
    drop(server);
    bash(&path, "mv one/* two/* data/");
    // The mean over the period, and the new ratios from the counts.
    let server = Server::start(&program, &path);
    let mean = sloth();
    let (head, mean) = mean.split_once("  - record: slo:sli_error:ratio_rate30d").unwrap();
    let mean = mean.split_once("- name: sloth-slo-meta").unwrap().0;
    assert!(head.contains("ratio_rate6h"));
    folder.write(
        "mean.yaml",
        format!("groups:\n- name: a\n  rules:\n  - record: slo:sli_error:ratio_rate30d{mean}"),
    );
    rules(&server, now - 600, "60s", "mean.yaml", "three");
    rules(&server, now - 600, "60s", "new.yaml", "four");
    drop(server);
    bash(&path, "mv three/* four/* data/");

    let server = Server::start(&program, &path);
    let url = server.url();
    let ran = check(&folder, &["--prometheus", &url, "--format", "json", "--save", "kept.json"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let value = |line: &Value, side: &str| line[side].as_str().unwrap().parse::<f64>().unwrap();

    // Six hours: half an hour with one bad event in a hundred, which both sides count.
    let six = line(&answer, "shop/events", "6h");
    assert_eq!(six["differs"], false, "{six:#}");
    let expected = 1900.0 / (6.0 * 3600.0 * 100.0);
    assert!((value(six, "new") - expected).abs() < expected / 50.0, "{six:#}");

    // One hour: only a hundred events that a series began with, which `rate` does not count.
    let hour = line(&answer, "shop/events", "1h");
    assert_eq!((hour["differs"].as_bool(), value(hour, "old")), (Some(true), 0.0), "{hour:#}");
    assert!((value(hour, "new") - 100.0 / 360_100.0).abs() < 2e-6, "{hour:#}");
    assert!(
        reasons(hour).contains(
            "new series in the window started with up to 100 events, which `rate` and `increase` do not see"
        ),
        "{hour:#}"
    );

    // The period: the mean of ratios gives the night as much weight as the day.
    let period = line(&answer, "shop/events", "30d");
    assert_eq!((period["differs"].as_bool(), period["period"].as_bool()), (Some(true), Some(true)));
    assert!(value(period, "old") > 0.1 && value(period, "new") < 0.01, "{period:#}");
    let said = reasons(period);
    assert!(said.contains("the old ratio is a mean of ratios over shorter windows"), "{said}");
    assert!(said.contains("not enough history yet: the old rules have recorded"), "{said}");
    assert!(said.contains("not enough history yet: the new rules have counted for"), "{said}");

    // The new rules record five minutes only while they run.
    let five = line(&answer, "shop/events", "5m");
    assert_eq!((five["differs"].as_bool(), five["new"].is_null()), (Some(true), true), "{five:#}");
    assert!(reasons(five).contains("the new rules have not recorded it"), "{five:#}");

    // A series that the server does not have.
    let gone = line(&answer, "shop/gone", "1h");
    assert!(reasons(gone).contains("and the old expression has no result"), "{gone:#}");

    // The saved answers give the same result without a server. Other selectors are reported.
    drop(server);
    let again = check(&folder, &["--answer", "kept.json", "--format", "json"]);
    assert_eq!((again.code, again.stdout), (Some(1), ran.stdout));
    let human = check(&folder, &["--answer", "kept.json", "--only", "shop/events"]);
    assert_eq!(human.code, Some(1));
    assert!(human.stdout.contains("  6h "), "{}", human.stdout);
    assert!(
        human.stdout.ends_with("ratios of 1 SLO differ by more than 5%, or are missing, at kept.json\n"),
        "{}",
        human.stdout
    );
    let other = SHOP.replace("status=~\"5..\"", "status=~\"5..|429\"");
    folder.write("slos/shop.yaml", other);
    let other = check(&folder, &["--answer", "kept.json", "--only", "shop/events"]);
    assert!(other.stdout.contains("only the old rules ask `status=~\"5..\"`"), "{}", other.stdout);
    // With a large tolerance, only missing ratios differ.
    let wide = check(&folder, &["--answer", "kept.json", "--tolerance", "100%", "--format", "json"]);
    let wide: Value = serde_json::from_str(&wide.stdout).unwrap();
    assert_eq!(line(&wide, "shop/events", "1h")["differs"], false);
}

#[test]
fn servers_that_cannot_be_asked_end_with_2() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SHOP);
    folder.write("old.yaml", sloth());
    folder.write("other.yaml", sloth().replace("shop", "other"));
    folder.write("broken.json", "{}");
    for (args, said) in [
        (&["old.yaml", "--check"][..], "`slowburn import` needs `--prometheus URL|--answer FILE`"),
        (&["old.yaml", "--prometheus", "http://127.0.0.1:1"], "--check"),
        (&["old.yaml", "--check", "--prometheus", "http://127.0.0.1:1"], "cannot"),
        (
            &["old.yaml", "--check", "--prometheus", "http://127.0.0.1:1", "--only", "nobody"],
            "no SLO `nobody`",
        ),
        (&["other.yaml", "--check", "--prometheus", "http://127.0.0.1:1"], "no SLO exists on both sides"),
        (&["slos", "--check", "--prometheus", "http://127.0.0.1:1"], "these are definitions of slowburn"),
        (&["old.yaml", "--check", "--answer", "broken.json"], "broken.json contains no answers"),
        (&["old.yaml", "--check", "--answer", "broken.json", "--format", "sarif"], "for people or as JSON"),
        (&["none.yaml", "--check", "--answer", "broken.json"], "cannot read none.yaml"),
    ] {
        let ran = folder.slowburn(&[&["import"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn refusals_and_unexpected_answers_are_reported() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SHOP);
    folder.write("old.yaml", sloth());
    let asked = |status: &'static str, body: &'static str| {
        let server = support::server::Server::telling_time(move |_| (status, body.to_owned()));
        check(&folder, &["--prometheus", &format!("http://127.0.0.1:{}", server.port)])
    };
    // A server that refuses all queries cannot be compared.
    let refused =
        asked("422 Unprocessable Entity", r#"{"status":"error","error":"too many \u001b[31m samples"}"#);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{}", refused.stderr);
    assert!(refused.stderr.contains("did not answer any question"), "{}", refused.stderr);
    assert!(!refused.stderr.contains('\u{1b}'), "{}", refused.stderr);
    for body in [
        r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":7,"value":[1,"1"]}]}}"#,
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,1]}]}}"#,
        r#"[]"#,
    ] {
        let other = asked("200 OK", body);
        assert_eq!((other.code, other.stdout.as_str()), (Some(2), ""), "{body}: {}", other.stderr);
        assert!(other.stderr.contains("not an answer of Prometheus"), "{body}: {}", other.stderr);
    }
    // Impossible ratios, and several series for one SLO, are ignored.
    let nothing = asked(
        "200 OK",
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}}"#,
    );
    assert_eq!(nothing.code, Some(0), "{}{}", nothing.stdout, nothing.stderr);
    assert!(nothing.stdout.contains("no events"), "{}", nothing.stdout);
    let several = asked(
        "200 OK",
        r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1,"1"]},{"metric":{"a":"2"},"value":[1,"1"]}]}}"#,
    );
    assert_eq!(several.code, Some(1), "{}{}", several.stdout, several.stderr);
    // For label sets, only a limited number of rows is shown.
    let by = SHOP.replace("status=~\"5..\"}\n", "status=~\"5..\"}\n    by: [route]\n");
    assert!(by.contains("by: [route]"));
    folder.write("slos/shop.yaml", by);
    let server = support::server::Server::telling_time(move |_| {
        let samples: Vec<String> = (0..500)
            .map(|route| format!(r#"{{"metric":{{"route":"r{route}"}},"value":[1,"0.{route}"]}}"#))
            .collect();
        let samples = samples.join(",");
        ("200 OK", format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{samples}]}}}}"#))
    });
    let many = check(&folder, &["--prometheus", &format!("http://127.0.0.1:{}", server.port)]);
    assert!(many.stdout.lines().count() < 200, "{}", many.stdout.lines().count());
    assert!(many.stdout.contains("route=r1"), "{}", many.stdout);
}

#[test]
fn specs_are_compared_by_the_series_of_their_tools() {
    let folder = Folder::empty();
    for (spec, asked) in [
        (
            "sloth-availability.yaml",
            vec![
                r#"slo:sli_error:ratio_rate5m{sloth_id="checkout-requests-availability",sloth_service="checkout",sloth_slo="requests-availability"}"#,
                r#"slo:sli_error:ratio_rate5m{service="checkout",slo="requests-availability"}"#,
            ],
        ),
        (
            "pyrra-ratio.yaml",
            vec![
                r#"gateway_requests:burnrate5m{slo="gateway-api-errors",team="edge"}"#,
                r#"gateway_request_duration_seconds:burnrate1h{slo="gateway-api-latency",team="edge"}"#,
            ],
        ),
        (
            "openslo-by-sloth.yaml",
            vec![
                r#"slo:sli_error:ratio_rate4w{sloth_id="shop-slo-requests-1",sloth_service="shop",sloth_slo="slo-requests-1"}"#,
                r#"slo:sli_error:ratio_rate5m{sloth_id="shop-slo-payments-0",sloth_service="shop",sloth_slo="slo-payments-0"}"#,
            ],
        ),
    ] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(spec))
            .unwrap();
        folder.write("old.yaml", text);
        let _ = fs::remove_dir_all(folder.path("slos"));
        assert_eq!(folder.slowburn(&["import", "old.yaml", "--to", "slos"]).code, Some(0));
        // A server with empty answers gets all queries.
        let empty = support::server::Server::of(
            "200 OK",
            "Content-Type: application/json\r\n",
            br#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1800000000"]}]}}"#,
        );
        let url = format!("http://127.0.0.1:{}", empty.port);
        let _ = fs::remove_file(folder.path("kept.json"));
        let ran = check(&folder, &["--prometheus", &url, "--save", "kept.json"]);
        assert!(ran.code == Some(0) || ran.code == Some(1), "{}", ran.stderr);
        let kept: Value = serde_json::from_str(&folder.read("kept.json")).unwrap();
        let questions: Vec<&str> =
            kept["answers"].as_array().unwrap().iter().map(|one| one["asked"].as_str().unwrap()).collect();
        for asked in asked {
            assert!(questions.contains(&asked), "{asked}\n{questions:#?}");
        }
        assert!(questions.len() < 400, "{}", questions.len());
        // A difference is not explained by selectors if they are the same.
        let apart = support::server::Server::telling_time(|request| {
            let value = if request.contains("sloth") || request.contains("burnrate") { "0.5" } else { "0.1" };
            (
                "200 OK",
                format!(
                    r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[1,"{value}"]}}]}}}}"#
                ),
            )
        });
        let ran = check(&folder, &["--prometheus", &format!("http://127.0.0.1:{}", apart.port)]);
        assert!(ran.code == Some(1) && ran.stdout.contains("differs"), "{}{}", ran.stdout, ran.stderr);
        assert!(!ran.stdout.contains("the two sides read different series"), "{}", ran.stdout);
    }
}

/// A vector with one value per route.
fn routes(values: &[(&str, &str)]) -> (&'static str, String) {
    let sample = |(route, value): &(&str, &str)| {
        format!(r#"{{"metric":{{"route":"{route}"}},"value":[1763800000,"{value}"]}}"#)
    };
    let samples: Vec<String> = values.iter().map(sample).collect();
    let samples = samples.join(",");
    ("200 OK", format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{samples}]}}}}"#))
}

#[test]
fn calendar_periods_are_compared_since_they_began_and_each_value_has_its_own_reasons() {
    let folder = Folder::empty();
    let shop = SHOP.replace("service: shop\n", "service: shop\nperiod: calendar month\n");
    let shop = shop.replace("status=~\"5..\"}\n", "status=~\"5..\"}\n    by: [route]\n");
    folder.write("slos/shop.yaml", &shop);
    folder.write("old.yaml", sloth().replace("(sum(", "(sum by (route) ("));
    let server = support::server::Server::telling_time(|request| {
        let is = |part: &str| request.contains(part);
        match () {
            () if is("resets%28") => routes(&[("a", "3"), ("b", "0"), ("c", "0")]),
            () if is("unless") => routes(&[("a", "0"), ("b", "40"), ("c", "0")]),
            () if is("timestamp%28") => routes(&[("a", "9999999"), ("b", "9999999"), ("c", "9999999")]),
            () if is("tile5m") && !is("bad") => routes(&[("a", "1000"), ("b", "1000"), ("c", "1000")]),
            () if is("sloth%5Fid") || is("rate%28") => routes(&[("b", "0.2"), ("c", "0.1"), ("a", "0.5")]),
            () => routes(&[("c", "0.1"), ("b", "0.15"), ("a", "0.1")]),
        }
    });
    let url = format!("http://127.0.0.1:{}", server.port);
    let asked = ["--only", "shop/events", "--prometheus", &url, "--save", "kept.json"];
    let ran = check(&folder, &[&asked[..], &["--format", "json"]].concat());
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let of_month: Vec<&Value> =
        answer["ratios"].as_array().unwrap().iter().filter(|line| line["window"] == "month").collect();
    let months: Vec<(&str, bool, String)> = of_month
        .iter()
        .map(|line| (line["labels"].as_str().unwrap(), line["differs"].as_bool().unwrap(), reasons(line)))
        .collect();
    // The largest difference is first, with its own reason.
    assert_eq!(
        months.iter().map(|line| (line.0, line.1)).collect::<Vec<_>>(),
        [("route=a", true), ("route=b", true), ("route=c", false)]
    );
    assert!(of_month.iter().all(|line| line["period"] == true));
    assert!(months[1].2.contains("started with up to 40 events") && !months[0].2.contains("started with"));
    let hour: Vec<&Value> =
        answer["ratios"].as_array().unwrap().iter().filter(|line| line["window"] == "1h").collect();
    assert!(reasons(hour[0]).contains("counters restarted 3 times"), "{}", hour[0]);
    assert!(!reasons(hour[1]).contains("restarted"), "{}", hour[1]);
    assert_eq!(
        answer["notes"][0]["said"],
        "the period differs: the old rules count their budget over the last 30d, the new ones over the calendar month"
    );
    // The old side is queried for the elapsed part of the month: until the 22nd, 8:26 UTC.
    let kept: Value = serde_json::from_str(&folder.read("kept.json")).unwrap();
    let mut questions = kept["answers"].as_array().unwrap().iter().map(|one| one["asked"].as_str().unwrap());
    assert!(questions.any(|asked| asked.contains("rate(") && asked.contains("[21d8h26m]")), "{kept:#}");
    let human = check(&folder, &["--answer", "kept.json", "--only", "shop/events"]);
    assert_eq!(human.code, Some(1), "{}", human.stderr);
    insta::assert_snapshot!("calendar", human.stdout);

    // A query with a fixed window cannot be used for the month.
    let fixed = "groups:\n- name: a\n  rules:\n  - record: slo:sli_error:ratio_rate1h\n    expr: shop:errors:ratio1h\n    labels: { sloth_id: shop-events, sloth_service: shop, sloth_slo: events, sloth_window: 1h }\n";
    folder.write("old.yaml", fixed);
    let ran = check(&folder, &["--prometheus", &url, "--only", "shop/events"]);
    assert!(
        ran.stdout.contains("the calendar month is not compared: the old rules record no ratio over it, and it cannot be computed from their queries"),
        "{}",
        ran.stdout
    );
}
