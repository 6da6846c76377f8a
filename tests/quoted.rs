//! Labels of OpenTelemetry such as `http.route` in `by`: every output quotes them as its reader requires, or a problem names the reader that does not
//! support them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use slowburn::source::{SourceFile, Sources};
use support::rules::{compiled, files, run, test_rules, written};
use support::{promtool3, skipped};

const SERVICE: &str = r#"version: slowburn/v1
service: web
slos:
  requests:
    objective: 99%
    by: [http.route, k8s.io/role]
    sli:
      total: '{"http.server.requests", job="web"}'
      bad: '{"http.server.requests", job="web", "http.status"="500"}'
alerts:
  busy:
    expr: sum by ("http.route") (rate({"http.server.requests"}[5m])) > 100
    for: 5m
    severity: ticket
"#;

fn project(prometheus: &str, alertmanager: &str) -> String {
    format!(
        r#"version: slowburn/v1
prometheus: {{ version: "{prometheus}" }}
links: {{ grafana: "https://grafana.corp.io" }}
alertmanager:
  version: "{alertmanager}"
  receivers:
    on-call: {{ webhook: {{ url: "http://pager.internal/hook" }} }}
  default: on-call
  routes:
    - {{ match: {{ http.route: "/a" }}, to: on-call, group_by: [http.route] }}
"#
    )
}

fn problems(project: &str, service: &str) -> Vec<String> {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let sources = Sources::new(vec![file("slos/slowburn.yaml", project), file("slos/web.yaml", service)]);
    let problems = slowburn::compile(&sources).problems;
    let said = |problem: &slowburn::diagnostic::Problem| {
        let help: Vec<&str> = problem.help.iter().map(|help| help.text.as_str()).collect();
        format!("{}: {}\n{}", problem.code.name(), problem.headline, help.join("\n"))
    };
    problems.iter().map(said).collect()
}

#[test]
fn every_output_spells_them_as_its_reader_does() {
    let artifacts = compiled(&[("slos/slowburn.yaml", &project("3.0", "0.29")), ("slos/web.yaml", SERVICE)]);
    // As YAML reads it.
    let rules = &artifacts["prometheus/web.rules.yaml"].replace("\\\"", "\"");
    assert!(rules.contains(r#"sum by (service, slo, "http.route", "k8s.io/role")"#), "{rules}");
    assert!(rules.contains(r#"{{ (index $labels "http.route") }}"#), "{rules}");
    assert!(rules.contains(r#","http.route"=%q,"k8s.io/role"=%q}"#), "{rules}");
    assert!(
        rules.contains(
            r#"var-by=%22http.route%22%3D{{ printf `%q` (index $labels "http.route") | urlquery }}"#
        ),
        "{rules}"
    );
    assert!(!rules.contains("$labels.http"), "{rules}");
    let alertmanager = &artifacts["alertmanager/alertmanager.yml"];
    assert!(alertmanager.contains(r#"- "\"http.route\"=\"/a\"""#), "{alertmanager}");
    assert!(alertmanager.contains(r#"group_by: ["http.route"]"#), "{alertmanager}");
    let runbook = &artifacts["runbooks/web-requests.md"];
    assert!(runbook.contains(r#"`'"http.route"="…"'`"#), "{runbook}");
    let Some(promtool) = promtool3() else {
        return skipped("the proofs of labels in quotes, which need a promtool of Prometheus 3");
    };
    let folder = written(&artifacts);
    run(&promtool, &["check", "rules"], &files(&folder.path().join("prometheus"), ".yaml")).unwrap();
    let failed = test_rules(&promtool, files(&folder.path().join("promtool"), ".yaml"));
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn readers_that_do_not_support_them_are_named_with_advice() {
    let old = problems(&project("2.42", "0.29"), SERVICE);
    let of_by = old.iter().find(|said| said.contains("labels such as `http.route`")).unwrap();
    assert!(of_by.starts_with("needs-newer-prometheus:") && of_by.contains("`http_route`"), "{of_by}");
    let plain = SERVICE.replace("[http.route, k8s.io/role]", "[route]");
    let no_route = project("3.0", "0.25").replace(
        "    - { match: { http.route: \"/a\" }, to: on-call, group_by: [http.route] }",
        "    - { match: { severity: page }, to: on-call }",
    );
    assert_eq!(problems(&no_route, &plain), [] as [&str; 0]);
    for said in [problems(&no_route, SERVICE), problems(&project("3.0", "0.25"), &plain)] {
        assert!(!said.is_empty());
        for problem in said {
            assert!(problem.starts_with("needs-newer-alertmanager:"), "{problem}");
        }
    }
    for text in ["a b", "a\\\"b", "1a", "a:b", "a{b"] {
        let said = problems(
            &project("3.0", "0.29"),
            &SERVICE.replace("[http.route, k8s.io/role]", &format!("[\"{text}\"]")),
        );
        assert!(said.iter().any(|problem| problem.starts_with("invalid-label:")), "{text}: {said:?}");
    }
}

#[test]
fn reserved_labels_can_be_renamed() {
    for label in ["service", "slo", "severity", "owner"] {
        let said = problems(
            &project("3.0", "0.29"),
            &SERVICE.replace("[http.route, k8s.io/role]", &format!("[{label}]")),
        );
        let problem = said.iter().find(|said| said.starts_with("reserved-label:")).unwrap();
        assert!(problem.contains(&format!(": {label} }}` to record it as")), "{problem}");
        assert!(problem.contains("one SLO for each value"), "{problem}");
    }
}

/// Prometheus 3.0 to 3.9 evaluates `on ("http.route")` without the quotes, and fails.
#[test]
fn rules_do_not_match_by_names_in_quotes() {
    let project = "version: slowburn/v1\nprometheus: { version: \"3.8\" }\n";
    let more = "budget_alerts: [{ left: 25%, severity: page }]";
    let mut all = "version: slowburn/v1\nservice: web\nslos:\n".to_owned();
    for (name, objective, sli) in [
        ("counted", "99%", r#"total: 'm_total', bad: 'm_total{"http.status"="500"}'"#),
        ("parts", "99%", r#"good: 'g_total', bad: 'b_total{"http.status"="500"}'"#),
        ("latency", "99% < 500ms", r#"latency: h, successful: '"http.status"!="500"'"#),
        ("native", "99% < 500ms", r#"latency: n, histogram: native, successful: '"http.status"!="500"'"#),
        ("state", "99%", "condition: 'g > 5'"),
        ("probe", "99%", "probe: p"),
        ("age", "99% < 1h", "freshness: x_timestamp_seconds"),
        ("ratio", "99%", "bad_ratio: error_ratio"),
    ] {
        all += &format!(
            "  {name}: {{ objective: {objective}, by: [http.route, é], sli: {{ {sli} }}, {more} }}\n"
        );
    }
    let artifacts = compiled(&[("slos/slowburn.yaml", project), ("slos/web.yaml", &all)]);
    for (path, text) in artifacts.iter().filter(|(path, _)| path.starts_with("prometheus/")) {
        let text = text.replace("\\\"", "\"");
        for list in text.match_indices(" on (").chain(text.match_indices("ignoring (")).map(|(at, _)| at) {
            let list = &text[list..list + text[list..].find(')').unwrap()];
            assert!(!list.contains('"'), "{path}: {list}");
        }
    }
    let Some(promtool) = promtool3() else {
        return skipped("the proofs of labels in quotes, which need a promtool of Prometheus 3");
    };
    let folder = written(&artifacts);
    let failed = test_rules(&promtool, files(&folder.path().join("promtool"), ".yaml"));
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn matching_by_names_in_quotes_needs_a_newer_version() {
    let with = |expr: &str| {
        SERVICE.replace("sum by (\"http.route\") (rate({\"http.server.requests\"}[5m])) > 100", expr)
    };
    for expr in [
        r#"up * on ("http.route") up > 2"#,
        r#"up and ignoring ("http.route", job) up"#,
        r#"up * on (job) group_left ("http.route") info > 2"#,
        r#"sum by ("http.route") (up) unless on ("http.route") sum by ("http.route") (up) > 2"#,
    ] {
        let said = problems(&project("3.9", "0.29"), &with(expr)).join("\n");
        assert!(
            said.contains("need Prometheus 3.10 or newer") && said.contains("label_replace"),
            "{expr}: {said}"
        );
        let said = problems(&project("3.10", "0.29"), &with(expr)).join("\n");
        assert!(!said.contains("needs-newer-prometheus"), "{expr}: {said}");
    }
    let within = problems(
        &project("3.0", "0.29"),
        &SERVICE.replace("    sli:", "    except: max by (\"http.route\") (closed == 1)\n    sli:"),
    )
    .join("\n");
    assert!(
        within.contains("`except` by labels such as `http.route` needs Prometheus 3.10 or newer"),
        "{within}"
    );
}
