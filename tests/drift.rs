//! Loaded rules are compared with compiled ones: a real Prometheus prints them, and there must be no false difference.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fs;

use serde_json::{Value, json};
use slowburn::drift::{drift, human, json as printed, loaded, routes};
use slowburn::plan::Plan;
use slowburn::source::Sources;
use support::alertmanager::Running;
use support::folder::Folder;
use support::prometheus::Server;
use support::{prometheus, rules, skipped};
use tempfile::TempDir;

/// A Prometheus with these files.
fn serving(files: &[(String, String)]) -> Option<(Server, TempDir)> {
    let Some(program) = prometheus() else {
        skipped("the rules of a real Prometheus are not compared: there is none");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    fs::write(folder.path().join("prometheus.yml"), json!({ "rule_files": names }).to_string()).unwrap();
    Some((Server::start(&program, folder.path()), folder))
}

/// This project's own rules.
fn compiled() -> (Plan, Vec<(String, String)>) {
    let compiled = slowburn::compile(&Sources::new(rules::own()));
    let artifacts = compiled.artifacts().unwrap();
    let files = artifacts.into_iter().filter_map(|(path, text)| {
        let name = path.strip_prefix("prometheus/")?;
        Some((name.to_owned(), text))
    });
    (compiled.plan().unwrap(), files.collect())
}

#[test]
fn rules_in_prometheus_equal_the_compiled_ones() {
    let (plan, files) = compiled();
    let Some((server, _folder)) = serving(&files) else { return };
    let answer = json!({ "status": "success", "data": server.data("/api/v1/rules").unwrap() });
    let drift = drift(&plan, &loaded(&answer).unwrap());
    assert_eq!(drift.findings, []);
    assert_eq!(drift.loaded, drift.compiled);
    assert!(drift.compiled > 500, "{}", drift.compiled);
}

#[test]
fn rules_changed_by_hand_are_shown() {
    let folder = Folder::new();
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    let own = folder.read("out/prometheus/api.rules.yaml");
    let changed = own.replace("[59m45s]", "[58m45s]").replace("severity: page", "severity: none");
    // A removed SLO, and rules from another source.
    let old = "groups:
- name: shop/slos
  rules:
  - { record: 'slo:objective:ratio', expr: vector(0.99), labels: { service: shop, slo: checkout } }
- name: other
  rules:
  - { record: 'job:up:sum', expr: sum(up) }
  - { alert: Down, expr: up == 0 }
";
    // A rule that an earlier version did not have.
    let start = changed.find("      - record: slo:current_burn_rate:ratio").unwrap();
    let end = start + changed[start..].find("      # For the texts of pages").unwrap();
    let missing = format!("{}{}", &changed[..start], &changed[end..]);
    let files = [("api.yaml".to_owned(), missing), ("old.yaml".to_owned(), old.to_owned())];
    let Some((server, _folder)) = serving(&files) else { return };
    let said = folder.slowburn(&["drift", "--prometheus", &server.url()]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout.replace(&server.url(), "http://ADDRESS"));
    let said = folder.slowburn(&["drift", "--prometheus", &server.url(), "--format", "json"]);
    assert_eq!(said.code, Some(1));
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    let kinds: Vec<&str> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "missing").count(), 1, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "left-over").count(), 1, "{kinds:?}");
}

#[test]
fn a_failing_rule_is_shown_with_the_servers_error() {
    let (plan, _) = compiled();
    let rule = json!({
        "type": "recording", "name": "slo:objective:ratio", "query": "vector(0.999)", "health": "err",
        "lastError": "many-to-many \u{1b}[31m matching", "labels": { "service": "api", "slo": "availability" },
    });
    let group = json!({ "name": "api/slos", "interval": 30, "rules": [rule] });
    let answer = json!({ "status": "success", "data": { "groups": [group] } });
    let drift = drift(&plan, &loaded(&answer).unwrap());
    let said = human(&drift, "http://ADDRESS");
    assert!(said.ends_with("left over, 1 failing\n"), "{said}");
    assert!(!said.contains('\u{1b}'));
    assert!(said.lines().count() < 60, "a list that is printed is bounded");
    assert!(printed(Some(&drift), None).contains("many-to-many"));
    for broken in
        [json!({}), json!({ "status": "success", "data": { "groups": 7 } }), json!({ "status": "error" })]
    {
        assert!(loaded(&broken).is_none(), "{broken}");
    }
}

#[test]
fn servers_that_do_not_evaluate_rules_are_reported() {
    let folder = Folder::new();
    let said = folder.slowburn(&["drift", "--prometheus", "http://127.0.0.1:1"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""));
    folder.write("slos/api.yaml", "version: slowburn/v1\n");
    let said = folder.slowburn(&["drift", "--prometheus", "http://127.0.0.1:1"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("the server was not asked"), "{}", said.stderr);
}

/// The compiled routes of this project, and the configuration of an Alertmanager with these files.
fn notified(change: impl Fn(String) -> String) -> Option<(String, Value, Running)> {
    let compiled = slowburn::compile(&Sources::new(rules::own()));
    let mut artifacts = compiled.artifacts().unwrap();
    let own = artifacts["alertmanager/alertmanager.yml"].clone();
    let changed = change(own.clone());
    artifacts.insert("alertmanager/alertmanager.yml".to_owned(), changed);
    let server = Running::start(&artifacts)?;
    let running = routes::running(&server.status()).unwrap();
    Some((own, running, server))
}

#[test]
fn the_configuration_in_alertmanager_equals_the_compiled_one() {
    let Some((own, running, _server)) = notified(|own| own) else { return };
    assert_eq!(routes::routes(&own, &running).findings, []);
}

#[test]
fn changed_routes_are_shown_without_secrets() {
    let change = |own: String| {
        let changed = own
            .replacen("repeat_interval: 1h", "repeat_interval: 2h", 1)
            .replacen(
                "    - receiver: backend\n",
                "    - receiver: nobody_\n      matchers: ['a=\"b\"']\n    - receiver: backend\n",
                1,
            )
            .replacen(
                "smtp_auth_password_file: /etc/alertmanager/secrets/smtp-password",
                "smtp_auth_password: hunter22",
                1,
            )
            .replacen("- slo!=\"\"", "- slo=\"\"", 1);
        changed.replacen(
            "receivers:\n",
            "receivers:\n  - name: more\n    webhook_configs: [{ url: 'http://u:hunter22@h.internal/x' }]\n",
            1,
        )
    };
    let Some((own, running, server)) = notified(change) else { return };
    let found = routes::routes(&own, &running);
    let said = routes::human(&found, "http://ADDRESS");
    assert!(!said.contains("hunter22"), "{said}");
    insta::assert_snapshot!(said);
    // The same with the command, in a project with other definitions.
    let folder = Folder::new();
    let url = format!("http://127.0.0.1:{}", server.port);
    let said = folder.slowburn(&["drift", "--alertmanager", &url]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""));
    assert!(said.stderr.contains("no `alertmanager`"), "{}", said.stderr);
    folder.write("slos/slowburn.yaml", "version: slowburn/v1\nalertmanager: { receivers: { ops: { email: a@b.internal } }, default: ops, smtp: { host: 'm:25', from: c@b.internal } }\n");
    let said = folder.slowburn(&["drift", "--alertmanager", &url, "--format", "json"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    let answer: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(answer["routes"]["findings"].as_array().unwrap().len() > 3, "{answer}");
    assert!(answer.get("compiled").is_none());
    assert!(!said.stdout.contains("hunter22"));
}

#[test]
fn an_answer_without_a_configuration_is_an_error() {
    for answer in
        [json!({}), json!({ "config": { "original": "a: [" } }), json!({ "config": { "original": "- 1" } })]
    {
        assert!(routes::running(&answer).is_none(), "{answer}");
    }
}
