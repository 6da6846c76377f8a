//! Definitions that are checked against a running Prometheus, and against other programs at its address.
#![cfg(all(unix, feature = "http"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::folder::Folder;
use support::server::{Server, free_port};
use support::{prometheus, skipped};

const CONFIG: &str = "
global: { scrape_interval: 1s }
scrape_configs:
  - job_name: prometheus
    static_configs: [{ targets: ['127.0.0.1:PORT'], labels: { env: test } }]
";

/// One problem of every kind that a server can reveal.
const FAULTY: &str = "version: slowburn/v1
service: prometheus
scrape_interval: 1s
planned:
  prometheus_build_info: the build is not exposed yet
slos:
  requests:
    objective: 99.9%
    sli:
      total: prometheus_http_requests_total{job=\"prometheus\", env=\"test\"}
      bad: prometheus_http_requests_total{job=\"prometheus\", env=\"test\", code=~\"5..\"}
  misspelt:
    objective: 99.9%
    sli:
      total: prometheus_http_request_total{job=\"prometheus\"}
      bad: prometheus_http_requests_total{job=\"prometheus\", code=\"500\"}
  label:
    objective: 99.9%
    sli:
      total: prometheus_http_requests_total{job=\"prometheus\", status=\"200\"}
      bad: prometheus_http_requests_total{job=\"prometheus\", status=\"200\", code=\"200\"}
  latency:
    objective: P95 < 500ms
    sli:
      latency: prometheus_http_request_duration_seconds{job=\"prometheus\", handler=\"/metrics\"}
  up:
    objective: 99%
    sli:
      probe: up{job=\"promtheus\"}
  series:
    objective: 99%
    sli:
      condition: rate(prometheus_tsdb_head_series{job=\"prometheus\"}[1m]) < 1
  intervals:
    objective: 95% < 1s
    sli:
      latency: prometheus_target_interval_length_seconds{job=\"prometheus\"}
";

/// Definitions without a problem.
const RIGHT: &str = "version: slowburn/v1
service: prometheus
scrape_interval: 1s
slos:
  requests:
    objective: 99.9%
    period: 14d
    sli:
      total: prometheus_http_requests_total{job=\"prometheus\", env!=\"prod\", zone=\"\"}
      bad: prometheus_http_requests_total{job=\"prometheus\", env!=\"prod\", zone=\"\", code!~\"2..|3..\"}
    by: [env]
    policy: workbook-scaled
  latency:
    objective: P95 < 400ms
    period: 14d
    policy: workbook-scaled
    sli:
      latency: prometheus_http_request_duration_seconds{job=\"prometheus\", handler=~\"/metrics|/-/ready\"}
";

/// Metrics that exist from the second scrape on.
const SCRAPED: &str = "version: slowburn/v1
service: prometheus
slos:
  scrapes:
    objective: 99%
    period: 14d
    policy: workbook-scaled
    sli:
      condition: >-
        prometheus_target_interval_length_seconds{quantile=\"0.5\"}
        < 100 * prometheus_http_requests_total{handler=\"/metrics\"}
";

/// The first SLO counts every replica, the second one only one.
const SLOS_OF_REPLICAS: &str = "version: slowburn/v1
service: prometheus
slos:
  requests:
    objective: 99.9%
    sli:
      total: prometheus_http_requests_total{job=\"prometheus\"}
      bad: prometheus_http_requests_total{job=\"prometheus\", code=~\"5..|4..\"}
  series:
    objective: 99%
    sli:
      condition: prometheus_tsdb_head_series{job=\"prometheus\", replica=\"a\"} < 100000
";

struct Running {
    process: Child,
    port: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A Prometheus that scrapes itself.
fn running(folder: &Folder, program: &Path) -> Running {
    running_with(folder, program, CONFIG)
}

/// The same with another configuration.
fn running_with(folder: &Folder, program: &Path, config: &str) -> Running {
    let port = free_port();
    folder.write("prometheus.yml", config.replace("PORT", &port.to_string()));
    let process = Command::new(program)
        .current_dir(folder.path(""))
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.path("log")).unwrap())
        .spawn()
        .unwrap();
    let running = Running { process, port };
    let started = Instant::now();
    // Not polled by requests: Prometheus counts its answers, and it would answer 503.
    while !folder.read("log").contains("Server is ready to receive web requests") {
        assert!(started.elapsed() < Duration::from_secs(60), "{}", folder.read("log"));
        std::thread::sleep(Duration::from_millis(100));
    }
    // Asked until a second scrape has recorded its own metrics.
    folder.write("first/prometheus.yaml", SCRAPED);
    loop {
        let said = check(folder, port, "first");
        if said.code == Some(0) {
            return running;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{}", said.stderr);
        std::thread::sleep(Duration::from_millis(300));
    }
}

fn check(folder: &Folder, port: u16, slos: &str) -> support::folder::Ran {
    folder.slowburn(&["check", slos, "--prometheus", &format!("http://127.0.0.1:{port}")])
}

#[test]
fn check_against_a_running_prometheus() {
    let Some(program) = prometheus() else {
        return skipped("prometheus is not installed, so nothing was held against it");
    };
    let folder = Folder::empty();
    folder.write("faulty/prometheus.yaml", FAULTY);
    folder.write("right/prometheus.yaml", RIGHT);
    let prometheus = running(&folder, &program);
    let said = check(&folder, prometheus.port, "faulty");
    assert_eq!(said.code, Some(1));
    insta::assert_snapshot!(said.stderr.replace(&prometheus.port.to_string(), "PORT"));
    let said = check(&folder, prometheus.port, "right");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

#[test]
fn replicas_that_are_counted_twice_are_reported() {
    let Some(program) = prometheus() else {
        skipped("replicas of a real Prometheus are not asked for: there is none");
        return;
    };
    let folder = Folder::empty();
    let job = |name: &str| {
        format!(
            "  - {{ job_name: {name}, static_configs: [{{ targets: ['127.0.0.1:PORT'], labels: {{ job: prometheus, replica: {name} }} }}] }}\n"
        )
    };
    let config = format!("global: {{ scrape_interval: 1s }}\nscrape_configs:\n{}{}", job("a"), job("b"));
    folder.write("slos/prometheus.yaml", SLOS_OF_REPLICAS);
    let running = running_with(&folder, &program, &config);
    let project =
        |labels: &str| format!("version: slowburn/v1\nprometheus: {{ version: \"2.42\"{labels} }}\n");
    folder.write("slos/slowburn.yaml", project(", replica_labels: [replica]"));
    let said = check(&folder, running.port, "slos");
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    let warning =
        "the server has the series of `prometheus_http_requests_total` 2 times, once for each replica";
    assert!(said.stderr.contains(warning), "{}", said.stderr);
    // The other SLO selects one replica.
    assert_eq!(said.stderr.matches("replicas-counted-twice]").count(), 1, "{}", said.stderr);
    folder.write("slos/slowburn.yaml", project(""));
    let said = check(&folder, running.port, "slos");
    assert!(!said.stderr.contains("replicas-counted-twice"), "{}", said.stderr);
}

#[test]
fn other_programs_at_the_address_are_reported() {
    let folder = Folder::empty();
    folder.write("right/prometheus.yaml", RIGHT);
    let json = "Content-Type: application/json\r\n";
    let servers = [
        Server::of("200 OK", "Content-Type: text/html\r\n", b"<html>Hello</html>"),
        Server::of("200 OK", json, b"{\"status\":\"error\",\"error\":\"busy\"}"),
        Server::of("200 OK", json, b"{\"status\":\"success\",\"da"),
        Server::of("401 Unauthorized", "", b""),
        Server::of("503 Service Unavailable", "", b""),
        Server::of("302 Found", "Location: http://elsewhere.example/\r\n", b""),
    ];
    let mut all = String::new();
    let ports = servers.iter().map(|server| server.port).chain([free_port()]);
    for port in ports {
        let said = check(&folder, port, "right");
        all += &format!("{:?}\n{}\n", said.code, said.stderr.replace(&port.to_string(), "PORT"));
    }
    insta::assert_snapshot!(all);
}

/// Prometheus warns if a query is too expensive, Thanos if it waited too long.
#[test]
fn the_servers_reason_is_shown() {
    let folder = Folder::empty();
    folder.write("right/prometheus.yaml", RIGHT);
    let refusing = |status: &'static str, reason: &'static str| {
        Server::telling_time(move |_| (status, reason.to_owned()))
    };
    let mut all = String::new();
    for (status, reason) in [
        (
            "422 Unprocessable Entity",
            r#"{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}"#,
        ),
        (
            "503 Service Unavailable",
            r#"{"status":"error","errorType":"timeout","error":"query timed out\u001b[2J\nin query execution"}"#,
        ),
        ("503 Service Unavailable", "no healthy upstream"),
        ("400 Bad Request", r#"{"status":"error","errorType":"bad_data","error":7}"#),
    ] {
        let server = refusing(status, reason);
        let url = format!("http://127.0.0.1:{}", server.port);
        for command in
            [&["check", "right"][..], &["backtest", "prometheus/requests", "--slos", "right", "--last", "1d"]]
        {
            let said = folder.slowburn(&[command, &["--prometheus", &url]].concat());
            assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""));
            all += &format!("$ {}\n{}\n", command[0], said.stderr.replace(&server.port.to_string(), "PORT"));
        }
    }
    insta::assert_snapshot!(all);
}

/// A command has only some of the options that make a question smaller.
#[test]
fn every_advised_option_belongs_to_the_command() {
    let folder = Folder::empty();
    folder.write("slos/prometheus.yaml", RIGHT);
    let mut advised = 0;
    for status in ["401 Unauthorized", "404 Not Found", "422 Unprocessable Entity", "503 Service Unavailable"]
    {
        let server = Server::telling_time(move |_| (status, String::new()));
        let url = format!("http://127.0.0.1:{}", server.port);
        for command in [
            &["check"][..],
            &["status"],
            &["drift"],
            &["report", "--month", "2020-02"],
            &["backtest", "prometheus/requests", "--last", "1d"],
            &["metrics", "capture"],
        ] {
            let name = if command[0] == "metrics" { command } else { &command[..1] };
            let asked = if command[0] == "metrics" { vec![url.as_str()] } else { vec!["--prometheus", &url] };
            let said = folder.slowburn(&[command, &asked].concat());
            assert_ne!(said.code, Some(0), "{command:?}");
            let help = folder.slowburn(&[name, &["--help"]].concat()).stdout;
            let words = said.stderr.split(|c: char| !c.is_ascii_lowercase() && c != '-');
            for option in words.filter(|word| word.starts_with("--")) {
                assert!(help.contains(option), "{command:?} advises {option}:\n{}", said.stderr);
                advised += 1;
            }
        }
    }
    assert!(advised > 10, "{advised} options were advised");
}

#[test]
fn an_address_without_a_scheme_is_suggested_with_one() {
    let folder = Folder::empty();
    folder.write("right/prometheus.yaml", RIGHT);
    let mut all = String::new();
    for address in [
        "localhost:9090",
        "//prometheus.example/api",
        "",
        "operator:geheim@localhost",
        "ftp://localhost",
        "http://",
    ] {
        let said = folder.slowburn(&["status", "right", "--prometheus", address]);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""));
        assert!(!said.stderr.contains("geheim"), "{}", said.stderr);
        all += &said.stderr;
    }
    insta::assert_snapshot!(all);
}

/// Thanos adds this warning to each answer if it could not reach every store.
#[test]
fn warnings_of_a_server_are_shown_once() {
    let folder = Folder::empty();
    folder.write("right/prometheus.yaml", RIGHT);
    let body = r#"{"status":"success","warnings":["store eu-1\u001b[2J timed out","store eu-2 is away",7],"data":{}}"#;
    let server = Server::of("200 OK", "", body.as_bytes());
    let said = check(&folder, server.port, "right");
    assert!(server.requests().len() > 2);
    let warnings: Vec<&str> = said.stderr.lines().filter(|line| line.contains("store")).collect();
    assert_eq!(
        warnings,
        ["the server warns: store eu-1␛[2J timed out", "the server warns: store eu-2 is away"]
    );
    let many: Vec<String> = (0..200).map(|number| format!("\"store {number} is away\"")).collect();
    let body = format!(r#"{{"status":"success","warnings":[{}],"data":{{}}}}"#, many.join(","));
    let said = check(&folder, Server::of("200 OK", "", body.as_bytes()).port, "right");
    assert_eq!(said.stderr.matches("is away\n").count(), 10);
    assert!(said.stderr.contains("the server warns: … and 190 more\n"), "{}", said.stderr);
}

#[test]
fn a_server_with_tenants_asks_for_a_tenant() {
    let folder = Folder::empty();
    folder.write("right/prometheus.yaml", RIGHT);
    let server = Server::of("200 OK", "", b"{\"status\":\"success\",\"data\":{}}");
    let url = format!("http://127.0.0.1:{}/prometheus/", server.port);
    folder.slowburn(&["check", "right", "--prometheus", &url, "--tenant", "gad"]);
    let requests = server.requests();
    assert!(!requests.is_empty());
    for request in requests {
        assert!(request.starts_with("GET /prometheus/api/v1/"), "{request}");
        assert!(request.to_lowercase().contains("\r\nx-scope-orgid: gad\r\n"), "{request}");
    }
}

#[test]
fn nonsense_from_a_server_causes_no_panic() {
    let folder = Folder::empty();
    folder.write("right/prometheus.yaml", RIGHT);
    for data in [
        "null",
        "[]",
        "{}",
        "{\"result\":[{\"metric\":{\"le\":\"x\",\"code\":7},\"value\":[1]}]}",
        "{\"result\":{}}",
    ] {
        let body = format!("{{\"status\":\"success\",\"data\":{data}}}");
        let server = Server::of("200 OK", "Content-Type: application/json\r\n", body.as_bytes());
        let said = check(&folder, server.port, "right");
        assert_eq!(said.code, Some(1), "{data}: {}", said.stderr);
        assert!(said.stderr.contains("unknown-metric"), "{data}: {}", said.stderr);
    }
}

/// VictoriaMetrics returns no sample where Prometheus would (`tests/engines`). The queries ask for what the rules read.
#[test]
fn late_samples_are_reported() {
    let folder = Folder::empty();
    folder.write("slos/prometheus.yaml", RIGHT);
    let server = Server::telling_time(|request| {
        let late =
            request.contains("%20unless%20") && request.contains("prometheus%5Fhttp%5Frequests%5Ftotal");
        let sample = if late { r#"{"metric":{},"value":[1,"3"]}"# } else { "" };
        ("200 OK", format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{sample}]}}}}"#))
    });
    let warning = "warning[samples-late]: a job has samples of `prometheus_http_requests_total` that the rules do not see";
    for (targets, times) in [("{ vmalert: {} }", 1), ("{ vmrule: {} }", 1), ("{ thanos: {} }", 0)] {
        folder.write("slos/slowburn.yaml", format!("version: slowburn/v1\ntargets: {targets}\n"));
        let said = check(&folder, server.port, "slos");
        assert_eq!(said.stderr.matches(warning).count(), times, "{targets}: {}", said.stderr);
    }
    let asked = server.requests();
    let query = "last%5Fover%5Ftime%28prometheus%5Fhttp%5Frequests%5Ftotal%5B9s999ms%3A10s%5D%29";
    assert!(asked.iter().any(|request| request.contains(query)), "{asked:#?}");
}
