//! A secret in the wrong place is never repeated.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use support::folder::{API, Folder, Ran};

/// The part of every secret below that is searched in all outputs.
const HEART: &str = "S3cr3t";

fn silent(ran: &Ran, of: &str) {
    assert!(!ran.stdout.contains(HEART) && !ran.stderr.contains(HEART), "{of}\n{}{}", ran.stdout, ran.stderr);
}

/// Rules of another tool for the same SLO.
const OLD: &str = "groups: [{ name: a, rules: [{ record: 'slo:sli_error:ratio_rate5m', expr: up, labels: { service: api, slo: availability } }] }]\n";

/// A project file with these lines in `alertmanager`.
fn project(lines: &str) -> Folder {
    let folder = Folder::new();
    folder.write("slos/slowburn.yaml", format!("version: slowburn/v1\nalertmanager:\n{lines}\n"));
    folder
}

#[test]
fn an_address_with_a_secret_is_masked() {
    let folder = Folder::new();
    folder.write("old.yaml", OLD);
    for address in [
        "http://u:S3cr3tPW@127.0.0.1:1",
        "http://u:S3cr3t/PW@127.0.0.1:1",
        "http://u:S3cr3t#PW@127.0.0.1:1/x",
        "http://u:p?S3cr3t@127.0.0.1:1",
        "http://u:p/w@S3cr3t@127.0.0.1:1",
        "http://S3cr3tToken@127.0.0.1:1",
        "u:S3cr3tPW@127.0.0.1:1",
        "//u:S3cr3tPW@127.0.0.1:1",
        "http:/u:S3cr3tPW@127.0.0.1:1",
        "http:///u:S3cr3tPW@127.0.0.1:1",
        "ftp://u:S3cr3tPW@127.0.0.1:1",
        "http://127.0.0.1:1/?token=S3cr3tPW",
        "http://127.0.0.1:1/x?a=b&access_token=S3cr3tPW#S3cr3t",
        "http://127.0.0.1:1/#S3cr3tPW",
        "https://hooks.slack.com.invalid/services/T0/B0/S3cr3tPW",
        "http://h:1/S3cr3tPW9x8y7z6/",
    ] {
        for command in [
            &["status", "--prometheus", address][..],
            &["check", "--prometheus", address],
            &["backtest", "api", "--cache", "kept", "--prometheus", address],
            &["metrics", "capture", address],
            &["init", "--service", "x", "--metrics", address],
            &["backfill", "--prometheus", address],
            &["import", "old.yaml", "--check", "--prometheus", address],
        ] {
            silent(&folder.slowburn(command), address);
        }
        let _ = std::fs::remove_dir_all(folder.path("history"));
    }
}

#[test]
fn an_address_instead_of_another_argument_is_masked() {
    let folder = Folder::new();
    folder.write("old.yaml", OLD);
    for address in [
        "https://u:S3cr3tPW@h",
        "https://u:S3cr3t/PW@h",
        "http:/u:S3cr3tPW@h",
        "u:S3cr3tPW@h:9090",
        "https://h/?token=S3cr3tPW",
    ] {
        for command in [
            &["compile", address][..],
            &["compile", "--out", &format!("{address}/x")],
            &["check", address],
            &["diff", address],
            &["diff", "slos", address],
            &["diff", "old.yaml", "--also", address],
            &["import", address, "--check", "--answer", "kept.json"],
            &["import", "old.yaml", "--check", "--answer", address],
            &["explain", address],
            &["simulate", address, "100% for 5m"],
            &["simulate", "api/availability", "--csv", address],
            &["backtest", address, "--prometheus", "http://127.0.0.1:1"],
            &["status", "--prometheus", "http://127.0.0.1:1", "--only", address],
            &["check", "--prometheus", "http://127.0.0.1:1", "--timeout", address],
            &["check", "--prometheus", "http://127.0.0.1:1", "--user-file", address],
            &["check", "--prometheus", "http://127.0.0.1:1", "--ca-file", address],
            &["metrics", "capture", "slos/api.yaml", "--out", address],
            &["compile", "slos", "out", address],
            &["status", address, "--prometheus", "http://127.0.0.1:1"],
        ] {
            silent(&folder.slowburn(command), &command.join(" "));
        }
    }
}

/// Mistakes with a secret: each is an error, and no format shows the line.
const SLIPS: [&str; 31] = [
    "  receivers:\n    a: { slack: 'https://hooks.slack.com/services/T0/B0/S3cr3tPW' }\n  default: a",
    "  receivers:\n    a: { slack: S3cr3tPW }\n  default: a",
    "  receivers:\n    a: { slak: 'https://hooks.slack.com/services/T0/B0/S3cr3tPW' }\n  default: a",
    "  receivers:\n    a:\n      slack:\n        channel: '#a'\n        api_ulr: S3cr3tPW\n  default: a",
    "  receivers:\n    a: { slack: { channel: '#a', hook: S3cr3tPW } }\n  default: a",
    "  receivers:\n    a:\n      slack:\n        api_url: S3cr3tPW\n        api_url: S3cr3tPW\n  default: a",
    "  receivers:\n    a: { webhook: 'https://u:S3cr3tPW@h' }\n  default: a",
    "  receivers:\n    a:\n      webhook:\n        url: >-\n          https://u:S3cr3t\n          S3cr3tPW@h\n  default: a",
    "  receivers:\n    a:\n      webhook:\n        url:\n          https://u:S3cr3tPW@h\n  default: a",
    "  receivers:\n    a: { webhook: { url: 'https://h/hook/S3cr3tPW' } }\n  default: a",
    "  receivers:\n    a: { webhook: { url: 'https://h/hook#S3cr3tPW' } }\n  default: a",
    "  receivers:\n    a: { webhook: { url: 'https://h/hook?key=S3cr3tPW' } }\n  default: a",
    "  receivers:\n    a: { webhook: { url: 'https://u:S3cr3t/PW@h' } }\n  default: a",
    "  receivers:\n    a: { slack: { channel: 'https://hooks.slack.com/services/T0/B0/S3cr3tPW', api_url_file: /x } }\n  default: a",
    "  receivers:\n    a: { opsgenie: { api_key_file: S3cr3tPW } }\n  default: a",
    "  receivers:\n    a: { pagerduty: [S3cr3tPW] }\n  default: a",
    "  receivers:\n    a: { email: x@shop.internal }\n  smtp: { host: 'u:S3cr3tPW@m:25', from: x@shop.internal }\n  default: a",
    "  receivers:\n    a: { email: x@shop.internal }\n  smtp: { host: 'm:25', from: x@shop.internal, pasword: S3cr3tPW }\n  default: a",
    "  receivers:\n    a: { email: x@shop.internal }\n  smtp: { host: 'm:25', from: x@shop.internal, password_file: S3cr3tPW }\n  default: a",
    "  smtp:\n    password: 'S3cr3tPW\n  receivers: { a: { email: x@shop.internal } }",
    "  receivers:\n    a:\n      slack:\n        token:S3cr3tPW\n  default: a",
    "  receivers:\n    a: { pagerduty: { routing_key: *S3cr3tPW } }\n  default: a",
    "  receivers:\n    a: { pagerduty: { routing_key: !S3cr3tPW } }\n  default: a",
    "  receivers:\n    a: { pagerduty: { routing_key: !S3cr3tPW x } }\n  default: a",
    "  receivers:\n    a: { pagerduty: { routing_key: &S3cr3tPW } }\n  default: a",
    "  receivers:\n    a: { email: x@shop.internal }\n  smtp: { host: 'm:25', from: x@shop.internal, password S3cr3tPW }\n  default: a",
    "  receivers:\n    a: { email: x@shop.internal }\n  smtp:\n    host: 'm:25'\n    password S3cr3tPW\n  default: a",
    "  password: S3cr3tPW\n  default: *a",
    "  receivers:\n    a: { slack: { api_url: [S3cr3tPW] } }\n  default: a",
    "  receivers:\n    a: { opsgenie: { api_key: { file: S3cr3tPW } } }\n  default: a",
    "  receivers:\n    a:\n      pagerduty:\n        routing_key:\n          - S3cr3tPW\n  default: a",
];

#[test]
fn no_mistake_shows_the_line_of_a_secret() {
    for lines in SLIPS {
        let folder = project(lines);
        for format in ["human", "json", "github", "sarif"] {
            let ran = folder.slowburn(&["check", "--format", format]);
            assert_eq!(ran.code, Some(1), "{lines}\n{}", ran.stderr);
            silent(&ran, lines);
        }
        let plain = Folder::new();
        plain.write("new/slowburn.yaml", folder.read("slos/slowburn.yaml"));
        plain.write("new/api.yaml", API);
        for format in ["human", "markdown", "json"] {
            silent(&plain.slowburn(&["diff", "slos", "new", "--format", format]), lines);
            silent(&plain.slowburn(&["diff", "new", "slos", "--format", format]), lines);
        }
    }
}

#[test]
fn secrets_in_a_prometheus_configuration_are_not_shown() {
    for lines in [
        "  - job_name: api\n    basic_auth: { username: u, password: \"S3cr3tPW }\n",
        "  - job_name: api\n    basic_auth:\n      password: 'S3cr3tPW\n",
        "  - job_name: api\n    authorization: { credentials: 'S3cr3tPW }\n",
        "  - job_name: api\n    bearer_token: S3cr3tPW\n    bearer_token: S3cr3tPW\n",
        "  - job_name: api\n    oauth2: { client_secret: S3cr3tPW\n",
        "  - job_name: [http://u:S3cr3tPW@h]\n",
        "  - job_name: api\n    proxy_url: http://u:S3cr3tPW@h: x\n",
    ] {
        let folder = Folder::new();
        folder.write(
            "slos/slowburn.yaml",
            "version: slowburn/v1\nprometheus: { scrape_config: prometheus.yml }\n",
        );
        folder.write("slos/prometheus.yml", format!("scrape_configs:\n{lines}"));
        for format in ["human", "json", "github", "sarif"] {
            let ran = folder.slowburn(&["check", "--format", format]);
            assert_eq!(ran.code, Some(1), "{lines}\n{}", ran.stderr);
            silent(&ran, lines);
        }
    }
}

#[test]
fn a_secret_in_a_text_that_everybody_reads_is_an_error() {
    for text in [
        "annotations: { runbook_url: 'https://u:S3cr3tPW@h' }",
        "annotations: { runbook_url: 'https://h/x?access_token=S3cr3tPW' }",
        "annotations: { hook: 'https://hooks.slack.com/services/T0/B0/S3cr3tPW' }",
        "labels: { x: 'https://u:S3cr3t/PW@h' }",
        "labels: { api_token: S3cr3tPW }",
        "annotations: { help: 'ssh ops@h, la contraseña es S3cr3tPW' }",
        "annotations: { help: 'curl -u ops:S3cr3tPW http://h' }",
        "description: 'password: S3cr3tPW'",
        "description: |\n  -----BEGIN OPENSSH PRIVATE KEY-----\n  S3cr3tPW\n  -----END OPENSSH PRIVATE KEY-----",
    ] {
        let folder = Folder::new();
        folder.write("slos/api.yaml", format!("{text}\n{API}"));
        let ran = folder.slowburn(&[]);
        assert_eq!(ran.code, Some(1), "{text}\n{}", ran.stderr);
        assert!(ran.stderr.contains("error[inline-secret]"), "{text}\n{}", ran.stderr);
        silent(&ran, text);
        assert!(!folder.path("out").exists());
    }
    let folder = Folder::new();
    let said = "description: see https://u:S3cr3tPW@h\n    objective";
    folder.write("slos/api.yaml", API.replace("objective", said));
    assert!(folder.slowburn(&[]).stderr.contains("error[inline-secret]"));
    let probed = API.replace("job=\"api\"", "job=\"api\", instance=\"https://u:S3cr3tPW@h/\"");
    assert_ne!(probed, API);
    folder.write("slos/api.yaml", probed);
    let ran = folder.slowburn(&[]);
    assert!(ran.stderr.contains("a query contains a secret"), "{}", ran.stderr);
    silent(&ran, "a query");
    let runbooks = Folder::new();
    runbooks.write("slos/api.yaml", API.replace("objective", "runbook: down\n    objective"));
    runbooks.write("slos/runbooks/down.md", "# Down\n\nSign in: `PGPASSWORD=S3cr3tPW psql`\n");
    let ran = runbooks.slowburn(&[]);
    assert!(
        ran.stderr.contains("a runbook contains a secret") && ran.stderr.contains("down.md:3:"),
        "{}",
        ran.stderr
    );
    silent(&ran, "a runbook");
    // A text that is not a secret is shown.
    folder.write(
        "slos/api.yaml",
        format!("annotations: {{ runbook_url: 'https://wiki.internal/@ops/API-down?page=3#first' }}\n{API}"),
    );
    let ran = folder.slowburn(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}
