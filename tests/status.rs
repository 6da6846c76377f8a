//! The state of SLOs, from a real Prometheus with recorded series, and from other servers.
#![cfg(all(unix, feature = "http"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use slowburn::source::{SourceFile, Sources};
use support::folder::{Folder, Ran};
use support::prometheus::Server;
use support::server::{Server as Fake, free_port};
use support::{prometheus, promtool, skipped};

const SLOS: &str = r#"version: slowburn/v1
service: shop
owner: web
missing_events: { severity: page, after: 15m }
planned:
  carts_total: carts are not counted yet
slos:
  checkout:
    objective: 99.9%
    sli: { total: 'requests_total{job="shop"}', bad: 'requests_total{job="shop", code="500"}' }
  search:
    objective: 99.5%
    by: [env]
    budget_alerts: [{ left: 50%, severity: ticket }, { left: 0%, severity: page }]
    sli: { total: 'searches_total{job="shop"}', bad: 'searches_total{job="shop", code="500"}' }
  month:
    objective: 99%
    period: calendar month
    budget_policy: [{ below: 50%, do: Ask first }, { below: 10%, do: Only fixes, freeze: true }, { below: 0%, do: Nothing }]
    sli: { total: 'orders_total{job="shop"}', bad: 'orders_total{job="shop", code="500"}' }
  rare:
    objective: 99.9%
    sli: { total: 'refunds_total{job="shop"}', bad: 'refunds_total{job="shop", code="500"}' }
  carts:
    objective: 99%
    sli: { total: 'carts_total{job="shop"}', bad: 'carts_total{job="shop", code="500"}' }
  silent:
    objective: 99.9%
    sli: { total: 'mails_total{job="shop"}', bad: 'mails_total{job="shop", code="500"}' }
  gone:
    objective: 99.9%
    sli: { total: 'exports_total{job="shop"}', bad: 'exports_total{job="shop", code="500"}' }
"#;

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Samples of recorded series in the text format from which promtool makes blocks.
#[derive(Default)]
struct Recorded {
    metrics: std::collections::BTreeMap<String, String>,
}

impl Recorded {
    /// One sample per minute, from two hours before `until` on.
    fn series(&mut self, series: &str, value: &str, until: u64) {
        let text = self.metrics.entry(series.split('{').next().unwrap().to_owned()).or_default();
        // Events were counted for more than a day.
        let before = if series.contains(":tile5m") { 7200 } else { 0 };
        let before = until - 108_000..until - 108_000 + before;
        for at in before.chain(until - 7200..=until).step_by(60) {
            let _ = writeln!(text, "{series} {value} {at}");
        }
    }

    /// The recorded series of an SLO with these events in its period.
    fn slo(&mut self, labels: &str, period: &str, counted: [&str; 2], pace: [&str; 2], until: u64, end: u64) {
        self.series(&format!("slo:total_events:{period}{{{labels}}}"), counted[0], end);
        self.series(&format!("slo:bad_events:{period}{{{labels}}}"), counted[1], end);
        self.series(&format!("slo:total_events:tile5m{{{labels}}}"), "7", until);
        if until == end {
            self.series(&format!("slo:current_burn_rate:ratio{{{labels}}}"), pace[0], end);
            self.series(&format!("slo:error_budget_exhaustion:seconds{{{labels}}}"), pace[1], end);
        }
    }

    fn blocks(self, folder: &Path) {
        let text = self.metrics.into_values().collect::<String>() + "# EOF\n";
        blocks(folder, &text);
    }
}

fn blocks(folder: &Path, text: &str) {
    fs::write(folder.join("samples"), text).unwrap();
    fs::write(folder.join("prometheus.yml"), "global: {}\n").unwrap();
    let made = std::process::Command::new(promtool().unwrap())
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet", "samples", "data"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn status(folder: &Folder, url: &str, more: &[&str]) -> Ran {
    folder.slowburn(&[&["status", "--prometheus", url][..], more].concat())
}

fn slo<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["slos"].as_array().unwrap().iter().find(|slo| slo["slo"] == name).unwrap()
}

/// The part that spent a journey's budget is shown to people and programs.
#[test]
fn the_parts_of_a_journey_have_their_shares() {
    let (Some(program), Some(_)) = (prometheus(), promtool()) else {
        return skipped("status of a journey on a real Prometheus: there is none");
    };
    let folder = Folder::empty();
    folder.write(
        "slos/trip.yaml",
        "version: slowburn/v1\nservice: trip\nslos:\n  out: { objective: 99%, sli: { probe: 'up{job=\"out\"}' } }\n  back: { objective: 99%, sli: { probe: 'up{job=\"back\"}' } }\n  trip: { objective: 98%, sli: { journey: [trip/out, trip/back] } }\n",
    );
    let end = now() - 5;
    let mut recorded = Recorded::default();
    let labels = "service=\"trip\",slo=\"trip\"";
    recorded.slo(labels, "30d", ["86400", "864"], ["0", "2592000"], end, end);
    for (part, share) in [("trip/out", "0.25"), ("trip/back", "0.75")] {
        recorded.series(&format!("slo:journey_part_share:ratio{{{labels},part=\"{part}\"}}"), share, end);
    }
    // The rules of one SLO have an earlier objective.
    for (of, objective) in [("trip", "95%"), ("out", "99%")] {
        let info = format!(
            "slo:definition:info{{service=\"trip\",slo=\"{of}\",objective=\"{objective}\",period=\"30d\"}}"
        );
        recorded.series(&info, "1", end);
    }
    recorded.blocks(&folder.path(""));
    let server = Server::start(&program, &folder.path(""));
    let said = status(&folder, &server.url(), &[]);
    assert_eq!(said.stdout.matches("loaded rules promise 95% over 30d").count(), 1, "{}", said.stdout);
    assert!(
        said.stdout.contains("spent 75% by trip/back and 25% by trip/out"),
        "{}{}",
        said.stdout,
        said.stderr
    );
    let said = status(&folder, &server.url(), &["--format", "json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let loaded = ["trip", "out"].map(|name| slo(&report, name).get("loaded_promise").cloned());
    assert_eq!(loaded, [Some("95% over 30d".into()), None]);
    let parts = slo(&report, "trip")["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2, "{parts:?}");
    assert_eq!((&parts[0]["part"], &parts[0]["share"]), (&"trip/back".into(), &0.75.into()));
}

/// Five minutes of outage in the first hour of a month are a ninth of its budget, not seventy times the whole budget.
#[test]
fn the_first_hour_of_a_month_does_not_fail_the_gate() {
    let (Some(program), Some(_)) = (prometheus(), promtool()) else {
        return skipped("status of a month that has just begun on a real Prometheus: there is none");
    };
    let folder = Folder::empty();
    let month = |name: &str| {
        format!(
            "  {name}: {{ objective: 99.9%, period: calendar month, sli: {{ total: '{name}_total', bad: '{name}_total{{code=\"500\"}}' }} }}\n"
        )
    };
    let names = ["sales", "older", "quiet"];
    let slos: String = names.into_iter().map(month).collect();
    folder.write("slos/shop.yaml", format!("version: slowburn/v1\nservice: shop\nslos:\n{slos}"));
    let end = now() - 5;
    let mut recorded = Recorded::default();
    for name in names {
        let labels = format!("service=\"shop\",slo=\"{name}\"");
        let counted = if name == "quiet" { ["12", "0"] } else { ["1300", "100"] };
        recorded.slo(&labels, "month", counted, ["0", "2592000"], end, end);
        // Rules of an older version do not record the expected events.
        match name {
            "sales" => recorded.series(&format!("slo:expected_events:month{{{labels}}}"), "892800", end),
            "quiet" => recorded.series(&format!("slo:expected_events:month{{{labels}}}"), "900.5", end),
            _ => {}
        }
    }
    recorded.blocks(&folder.path(""));
    let server = Server::start(&program, &folder.path(""));
    let said = status(&folder, &server.url(), &["--format", "json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let sales = slo(&report, "sales");
    assert_eq!(sales["data"], "judged");
    let left = sales["budget_left"].as_f64().unwrap();
    assert!((left - (1.0 - 100.0 / 892.8)).abs() < 1e-9, "{left}");
    assert_eq!((&sales["expected_events"], &sales["budget_left_events"]), (&892_800.into(), &792.into()));
    assert_eq!(sales["compliance"].as_f64().unwrap(), 0.923_076_923_076);
    assert_eq!(slo(&report, "older")["budget_left"].as_f64().unwrap().round(), -76.0);
    assert_eq!(slo(&report, "quiet")["data"], "too-few-events");
    let shown = status(&folder, &server.url(), &[]).stdout;
    assert!(shown.contains("too few events: 0 bad of 900 expected, 1,000 are needed"), "{shown}");
    let gate = |name: &str| status(&folder, &server.url(), &["--only", name, "--fail-below", "80%"]).code;
    assert_eq!((gate("shop/sales"), gate("shop/older"), gate("shop/quiet")), (Some(0), Some(1), Some(1)));
}

#[test]
fn status_of_every_slo_from_a_real_prometheus() {
    let (Some(program), Some(_)) = (prometheus(), promtool()) else {
        return skipped("status of SLOs on a real Prometheus: there is none");
    };
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SLOS);
    // Samples after the time of the query are not found, and one from now may not be there yet.
    let end = now() - 5;
    let mut recorded = Recorded::default();
    let labels = |slo: &str| format!("service=\"shop\",slo=\"{slo}\"");
    let rolling = "increase30d";
    recorded.slo(&labels("checkout"), rolling, ["1000000", "1200"], ["14.5", "0"], end, end);
    let env = |env: &str| format!("{},env=\"{env}\"", labels("search"));
    recorded.slo(&env("prod"), rolling, ["3000", "10"], ["0.3", "2592000"], end, end);
    recorded.slo(&env("test"), rolling, ["1000", "0"], ["0", "2592000"], end, end);
    // No events were counted in this environment for an hour.
    recorded.slo(&env("pre"), rolling, ["40000", "1"], ["0", "0"], end - 3600, end);
    recorded.slo(&labels("month"), "month", ["3e+05", "2700.5"], ["0.5", "86400"], end, end);
    recorded.slo(&labels("rare"), rolling, ["999", "0"], ["NaN", "2592000"], end, end);
    recorded.slo(&labels("gone"), rolling, ["5000", "4"], ["0", "0"], end - 1800, end);
    // Series of other tools, and series that have ended.
    recorded.slo("service=\"other\",slo=\"checkout\"", rolling, ["5", "5"], ["9", "9"], end, end);
    for (series, until) in [
        ("alertname=\"ShopCheckoutBurnPage\",alertstate=\"firing\",service=\"shop\",slo=\"checkout\"", end),
        (
            "alertname=\"ShopCheckoutBurnTicket\",alertstate=\"pending\",service=\"shop\",slo=\"checkout\"",
            end,
        ),
        (
            "alertname=\"ShopSearchBurnTicket\",alertstate=\"firing\",service=\"shop\",slo=\"search\",env=\"prod\"",
            end,
        ),
        ("alertname=\"ShopMonthBurnPage\",alertstate=\"firing\",service=\"shop\",slo=\"month\"", end - 1800),
        ("alertname=\"ShopEventsMissing\",alertstate=\"firing\",service=\"shop\"", end),
    ] {
        recorded.series(&format!("ALERTS{{{series},severity=\"x\"}}"), "1", until);
    }
    let below = "alertname=\"ShopSearchBudgetBelow50\",budget_below=\"50%\",alertstate=\"firing\",severity=\"ticket\"";
    recorded.series(&format!("ALERTS{{{below},{}}}", env("prod")), "1", end);
    recorded.blocks(&folder.path(""));
    let server = Server::start(&program, &folder.path(""));

    let said = status(&folder, &server.url(), &[]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    // The time since the last count depends on the begin of the query's five minutes.
    let without_ages = |text: &str| {
        let lines = text.lines().map(|line| match line.split_once("nothing counted for ") {
            Some((head, _)) => format!("{head}nothing counted for …\n"),
            None => format!("{line}\n"),
        });
        lines.collect::<String>()
    };
    insta::assert_snapshot!("table", without_ages(&said.stdout));
    let said = status(&folder, &server.url(), &["--format", "markdown", "--fail-below", "10%"]);
    assert_eq!(said.code, Some(1));
    insta::assert_snapshot!("markdown", without_ages(&said.stdout));

    let said = status(&folder, &server.url(), &["--format", "json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(report["at_seconds"].as_f64().unwrap() >= end as f64);
    let checkout = slo(&report, "checkout");
    let exact = |slo: &Value, field: &str| slo[field].to_string();
    assert_eq!(exact(checkout, "compliance"), "0.9988");
    assert_eq!(exact(checkout, "budget_left"), "-0.2");
    assert_eq!(exact(checkout, "budget_left_seconds"), "-518.4");
    assert_eq!(exact(checkout, "budget_left_events"), "-200");
    assert_eq!(exact(checkout, "burn_rate"), "14.5");
    assert_eq!(checkout["alerts"].as_array().unwrap().len(), 2);
    let all = report["slos"].as_array().unwrap().iter().flat_map(|slo| slo["alerts"].as_array().unwrap());
    let below: Vec<&Value> = all.filter(|alert| alert["about"] == "budget").collect();
    assert_eq!((below.len(), &below[0]["severity"]), (1, &"ticket".into()));
    // 1 - 2700.5 ÷ 3000
    assert_eq!(exact(slo(&report, "month"), "budget_left"), "0.099833333333");
    assert_eq!(exact(slo(&report, "month"), "exhausted_in_seconds"), "86400");
    let rare = slo(&report, "rare");
    assert_eq!((&rare["data"], &rare["compliance"]), (&"too-few-events".into(), &Value::Null));
    assert_eq!((&rare["burn_rate"], exact(rare, "enough_events").as_str()), (&Value::Null, "1000"));
    assert_eq!(slo(&report, "silent")["data"], "rules-not-loaded");
    assert_eq!(slo(&report, "carts")["data"], "planned");
    let ago = slo(&report, "gone")["last_counted_seconds_ago"].as_u64().unwrap();
    assert!((1800..2400).contains(&ago), "{ago}");

    let month = slo(&report, "month");
    assert_eq!((&month["agreed"], &month["frozen"]), (&"Only fixes".into(), &true.into()));
    assert_eq!((&checkout["agreed"], &checkout["frozen"]), (&Value::Null, &false.into()));
    let frozen = |only: &str, more: &[&str]| {
        status(&folder, &server.url(), &[&["--only", only, "--fail-frozen"][..], more].concat()).code
    };
    assert_eq!(frozen("shop/month", &[]), Some(1));
    // It has no error budget policy, so it may have spent everything.
    assert_eq!(frozen("shop/checkout,shop/silent", &[]), Some(0));
    assert_eq!(frozen("shop/checkout", &["--fail-below", "0%"]), Some(1));

    // The gate: less is too little, and exactly as much is enough. An unknown budget fails unless it is allowed.
    let gate = |only: &str, below: &str, more: &[&str]| {
        status(&folder, &server.url(), &[&["--only", only, "--fail-below", below][..], more].concat()).code
    };
    assert_eq!(gate("shop/month", "9%", &[]), Some(0));
    assert_eq!(gate("shop/month", "10%", &[]), Some(1));
    assert_eq!(gate("shop/month", "10%", &["--allow-missing"]), Some(1));
    assert_eq!(gate("shop/checkout", "0%", &[]), Some(1));
    for unknown in ["shop/silent", "shop/gone", "shop/rare", "shop/search", "shop/month,shop/silent"] {
        assert_eq!(gate(unknown, "1%", &[]), Some(1), "{unknown}");
        assert_eq!(gate(unknown, "1%", &["--allow-missing"]), Some(0), "{unknown}");
    }
    assert_eq!(gate("shop/carts", "10%", &[]), Some(0));
    assert_eq!(gate("shop/carts,shop/month", "10%", &[]), Some(1));
    // Stale data below the limit fails.
    assert_eq!(gate("shop/gone", "50%", &["--allow-missing"]), Some(1));
}

#[test]
fn every_slo_of_ours_has_its_lines() {
    let (Some(program), Some(_)) = (prometheus(), promtool()) else {
        return skipped("status of our SLOs on a real Prometheus: there is none");
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("slos");
    let mut files = Vec::new();
    let is_source = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "prom");
    for entry in walk(&here).into_iter().filter(is_source) {
        let path = entry.strip_prefix(&here).unwrap().to_str().unwrap().to_owned();
        files.push(SourceFile { path: format!("slos/{path}"), text: fs::read_to_string(&entry).unwrap() });
    }
    let model = slowburn::compile(&Sources::new(files)).model.unwrap();
    let folder = Folder::empty();
    blocks(&folder.path(""), &support::samples::made_up(&model, now() / 60 * 60, 2));
    let server = Server::start(&program, &folder.path(""));
    let said = status(&folder, &server.url(), &[here.to_str().unwrap(), "--format", "json"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let slos = report["slos"].as_array().unwrap();
    let plan = slowburn::plan_of(&model);
    let mut firing = 0;
    for (index, plan) in plan.services.iter().flat_map(|service| &service.slos).enumerate() {
        let promise = &plan.promise;
        let lines: Vec<&Value> = slos
            .iter()
            .filter(|slo| slo["service"] == promise.service && slo["slo"] == promise.slo)
            .collect();
        let places = if promise.by.is_empty() { 1 } else { 2 };
        assert_eq!(lines.len(), places, "{}/{}", promise.service, promise.slo);
        for line in lines {
            firing += line["alerts"].as_array().unwrap().len();
            if index % 8 == 5 {
                let few = promise.enough_events > slowburn::vocabulary::Decimal::from(7);
                assert_eq!(line["data"], if few { "too-few-events" } else { "judged" });
                continue;
            }
            // From 0.1 to 1.3 budgets are spent.
            let left = line["budget_left"].as_f64().unwrap_or_else(|| panic!("{line}"));
            let spent = (0..2).map(|place| 0.1 + 0.15 * ((index + 5 * place) % 9) as f64);
            assert!(spent.map(|spent| (1.0 - spent - left).abs()).any(|off| off < 0.001), "{line}");
        }
    }
    assert!(slos.len() > 30 && firing > 10, "{} lines, {firing} alerts", slos.len());
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(walk(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// An empty Prometheus without these rules: the output names the files to load.
#[test]
fn status_lists_rules_that_are_not_loaded() {
    let Some(program) = prometheus() else {
        return skipped("status of SLOs on an empty Prometheus: there is none");
    };
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SLOS);
    folder.write("prometheus.yml", "global: {}\n");
    let server = Server::start(&program, &folder.path(""));
    let said = status(&folder, &server.url(), &["--fail-below", "1%"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout);
}

const JSON: &str = "Content-Type: application/json\r\n";

/// A server that knows the time, and gives this answer to everything else.
fn clock_and(answer: &str) -> Fake {
    let answer = answer.to_owned();
    Fake::telling_time(move |_| ("200 OK", answer.clone()))
}

#[test]
fn other_programs_at_the_address_are_reported() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SLOS);
    let huge = format!("{{\"status\":\"success\",\"data\":\"{}\"}}", "x".repeat(1_100_000));
    let servers = [
        Fake::of("200 OK", "Content-Type: text/html\r\n", b"<html>Hello</html>"),
        Fake::of("401 Unauthorized", "", b""),
        Fake::of("200 OK", JSON, b"{\"status\":\"error\",\"error\":\"busy\"}"),
        Fake::of("200 OK", JSON, b"{\"status\":\"success\",\"da"),
        Fake::of("200 OK", JSON, huge.as_bytes()),
        clock_and(
            "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"va",
        ),
        clock_and("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}"),
        clock_and(
            "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":7,\"value\":[1]}]}}",
        ),
    ];
    let mut all = String::new();
    for port in servers.iter().map(|server| server.port).chain([free_port()]) {
        let said = status(&folder, &format!("http://127.0.0.1:{port}"), &["--max-size", "1"]);
        assert_eq!(said.stdout, "");
        all += &format!("{:?}\n{}\n", said.code, said.stderr.replace(&port.to_string(), "PORT"));
    }
    let said = status(&folder, "http://127.0.0.1:1", &["--only", "shop/chekout"]);
    all += &format!("{:?}\n{}\n", said.code, said.stderr);
    insta::assert_snapshot!(all);
}

/// A warning of Thanos about an incomplete answer is shown. Invalid numbers and hostile labels do no harm.
#[test]
fn incomplete_and_hostile_answers_are_shown_and_fail_the_gate() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SLOS);
    let sample = |labels: &str, value: &str| {
        format!(r#"{{"metric":{{"service":"shop","slo":"checkout"{labels}}},"value":[1,"{value}"]}}"#)
    };
    let answer = |samples: &[String], more: &str| {
        format!(
            r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}{more}}}"#,
            samples.join(",")
        )
    };
    // Every series has this value, so the counts are very old.
    let warned = answer(&[sample("", "5000")], r#","warnings":["store \u001b[31m is away"]"#);
    let ask = |answer: &str, more: &[&str]| {
        let server = clock_and(answer);
        let url = format!("http://127.0.0.1:{}", server.port);
        status(&folder, &url, &[&["--only", "shop/checkout"][..], more].concat())
    };
    let said = ask(&warned, &["--fail-below", "0%"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("The server warns: store \u{241b}[31m is away"), "{}", said.stdout);
    for value in ["NaN", "+Inf", "1e300", "x"] {
        let said = ask(&answer(&[sample("", value)], ""), &["--fail-below", "1%"]);
        assert_eq!(said.code, Some(1), "{value}");
        assert!(said.stdout.contains("nothing recorded"), "{value}\n{}", said.stdout);
        assert!(!said.stdout.contains("NaN") && !said.stdout.contains("100%"), "{}", said.stdout);
    }
    let hostile = answer(&[sample(r#","cluster":"\u001b]0;|<b>\u202e""#, "5")], "");
    let said = ask(&hostile, &["--format", "markdown"]);
    assert!(said.stdout.contains("cluster=\u{241b}\\]0;\\|&lt;b>⟨U+202E⟩"), "{}", said.stdout);
}
