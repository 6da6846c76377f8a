//! Rules of Sloth or Pyrra and the imported ones, loaded together. Their names do not collide, and neither side reads the series of the other,
//! although Sloth's series have the same names as slowburn's.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use slowburn::foreign::Foreign;
use slowburn::model::Model;
use slowburn::source::{SourceFile, Sources};
use support::dashboards::{self, Dashboard};
use support::folder::Folder;
use support::prometheus::Server;
use support::samples::made_up;
use support::{prometheus, promtool, skipped};

const PAIRS: [(&str, &str); 2] = [
    ("sloth-availability.yaml", "sloth-availability.rules.yaml"),
    ("pyrra-ratio.yaml", "pyrra-ratio.rules.yaml"),
];

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)).unwrap()
}

/// An imported project, compiled, beside the old rules as a plain rule file.
fn migrated(spec: &str, rules: &str) -> (Folder, Foreign) {
    let folder = Folder::empty();
    folder.write("spec.yaml", file(&format!("import/{spec}")));
    assert_eq!(folder.slowburn(&["import", "spec.yaml", "--to", "slos"]).code, Some(0));
    let compiled = folder.slowburn(&["compile", "--only", "prometheus,grafana"]);
    assert_eq!(compiled.code, Some(0), "{}", compiled.stderr);
    let text = file(&format!("foreign/{rules}"));
    let of =
        |text: &str| Sources::new(vec![SourceFile { path: "old.yaml".to_owned(), text: text.to_owned() }]);
    let (foreign, problems) = slowburn::import::rules(&of(&text));
    assert!(problems.is_empty(), "{problems:?}");
    // Kubernetes objects have their rules one level deeper.
    let objects: Vec<&str> = text.split("\nspec:\n  groups:\n").skip(1).collect();
    let plain = match objects.is_empty() {
        false => {
            let groups = objects.iter().map(|object| object.split("\n---\n").next().unwrap());
            let lines = groups.flat_map(str::lines);
            let lines = lines.map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line)));
            format!("groups:\n{}", lines.collect::<String>())
        }
        true => text,
    };
    folder.write("old.rules.yaml", plain);
    (folder, foreign)
}

fn new_rules(folder: &Folder) -> Vec<String> {
    folder.tree("out/prometheus").keys().map(|name| format!("out/prometheus{name}")).collect()
}

/// Name and labels of every rule, with whether it is an alert.
fn identities(text: &str) -> Vec<(bool, String, BTreeMap<String, String>)> {
    let file: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    let file: Value = serde_json::to_value(&file).unwrap();
    let groups = file["groups"].as_array().unwrap();
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
    let identity = |rule: &Value| {
        let alerts = rule["alert"].is_string();
        let name = if alerts { &rule["alert"] } else { &rule["record"] };
        let labels = rule["labels"].as_object().into_iter().flatten();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (
            alerts,
            name.as_str().unwrap().to_owned(),
            labels.map(|(name, value)| (name.clone(), text(value))).collect(),
        )
    };
    rules.map(identity).collect()
}

#[test]
fn no_two_rules_of_both_make_the_same_series_or_alert() {
    for (spec, rules) in PAIRS {
        let (folder, foreign) = migrated(spec, rules);
        let old = identities(&folder.read("old.rules.yaml"));
        let new: Vec<_> = new_rules(&folder).iter().flat_map(|path| identities(&folder.read(path))).collect();
        // The names are the same, so only labels distinguish the series.
        let names = |rules: &[(bool, String, BTreeMap<String, String>)]| -> BTreeSet<String> {
            rules.iter().map(|(_, name, _)| name.clone()).collect()
        };
        let shared: Vec<String> = names(&old).intersection(&names(&new)).cloned().collect();
        match spec {
            "sloth-availability.yaml" => {
                assert!(shared.contains(&"slo:sli_error:ratio_rate5m".to_owned()), "{shared:?}")
            }
            _ => assert_eq!(shared, ["ErrorBudgetBurn"]),
        }
        let unique: BTreeSet<_> = old.iter().chain(&new).filter(|(alerts, ..)| !alerts).collect();
        let count = old.iter().chain(&new).filter(|(alerts, ..)| !alerts).count();
        let within = |rules: &[(bool, String, BTreeMap<String, String>)]| {
            let records: Vec<_> = rules.iter().filter(|(alerts, ..)| !alerts).collect();
            records.len() - records.iter().collect::<BTreeSet<_>>().len()
        };
        // slowburn's own rules that write one series in several ways are counted apart.
        assert_eq!(count - unique.len(), within(&old) + within(&new), "{spec}");
        // Alerts have the labels of the series that they read: old alerts those of the old series, new alerts those of the new ones.
        let of_old: BTreeSet<(String, String)> = foreign
            .slos
            .iter()
            .flat_map(|slo| &slo.alerts)
            .map(|alert| (alert.rule.name.clone(), format!("{:?}", alert.labels)))
            .collect();
        for (_, name, labels) in new.iter().filter(|(alerts, ..)| *alerts) {
            assert!(labels.contains_key("service"), "{name}");
            assert!(!of_old.contains(&(name.clone(), format!("{labels:?}"))), "{name}");
        }
        assert!(of_old.iter().all(|(_, labels)| !labels.contains("\"service\"")), "{of_old:?}");
        if let Some(promtool) = promtool() {
            let checked = Command::new(promtool)
                .args(["check", "rules", "old.rules.yaml"])
                .args(new_rules(&folder))
                .current_dir(folder.path(""))
                .output()
                .unwrap();
            let said = [checked.stdout, checked.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(checked.status.success() && !said.contains("duplicate"), "{said}");
        }
    }
}

fn model(folder: &Folder) -> Model {
    let files = folder.tree("slos").into_iter().map(|(name, text)| SourceFile {
        path: format!("slos{name}"),
        text: String::from_utf8(text).unwrap(),
    });
    slowburn::compile(&Sources::new(files.collect())).model.unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// Samples of all series that the old rules record.
fn recorded(foreign: &Foreign, end: u64) -> String {
    let mut metrics: BTreeMap<&str, String> = BTreeMap::new();
    for rule in foreign.slos.iter().flat_map(|slo| &slo.recorded) {
        let labels: Vec<(&str, &str)> =
            rule.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let series = format!("{}{}", rule.name, slowburn::promql::build::selector("", &labels));
        let text = metrics.entry(&rule.name).or_default();
        for at in (end - 7200..=end).step_by(60) {
            let _ = writeln!(text, "{series} 0.77 {at}");
        }
    }
    metrics.into_values().collect::<String>() + "# EOF\n"
}

fn serving(folder: &Folder, name: &str, texts: &[&str]) -> Server {
    folder.write(&format!("{name}/prometheus.yml"), "global: {}\n");
    for (index, text) in texts.iter().enumerate() {
        folder.write(&format!("{name}/samples{index}"), text);
        let made = Command::new(promtool().unwrap())
            .args([
                "tsdb",
                "create-blocks-from",
                "openmetrics",
                "--quiet",
                &format!("samples{index}"),
                "data",
            ])
            .current_dir(folder.path(name))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    Server::start(&prometheus().unwrap(), &folder.path(name))
}

#[test]
fn neither_side_reads_series_of_the_other() {
    if promtool().is_none() || prometheus().is_none() {
        return skipped("dashboards beside rules of Sloth are not asked: there is no Prometheus");
    }
    for (spec, rules) in PAIRS {
        let (folder, foreign) = migrated(spec, rules);
        let model = model(&folder);
        let end = now() / 60 * 60;
        let (ours, theirs) = (made_up(&model, end, 2), recorded(&foreign, end));
        let alone = serving(&folder, "alone", &[&ours]);
        let beside = serving(&folder, "beside", &[&ours, &theirs]);
        let others = serving(&folder, "others", &[&theirs]);
        let sorted = |server: &Server, query: &str| {
            let answer = server.query(query, end).unwrap_or_else(|fault| panic!("{query}: {fault}"));
            let mut answer: Vec<String> = answer.iter().map(ToString::to_string).collect();
            answer.sort();
            answer
        };
        // The queries of the dashboards, with everything selected and for each SLO.
        let mut queries: BTreeSet<String> = BTreeSet::new();
        let plan = slowburn::plan_of(&model);
        for (name, text) in
            folder.tree("out/grafana/dashboards").into_iter().filter(|(name, _)| name.ends_with(".json"))
        {
            let dashboard = Dashboard::read(&name, std::str::from_utf8(&text).unwrap());
            let chosen: Vec<_> = match dashboard.is_of_one() {
                true => plan
                    .services
                    .iter()
                    .flat_map(|service| &service.slos)
                    .map(|slo| dashboards::of(&slo.promise, &plan.project.severities))
                    .collect(),
                false => {
                    // Grafana lists the values of its variable, which are the services in `slo:definition:info`.
                    let services: Vec<&str> =
                        plan.services.iter().map(|service| service.name.as_str()).collect();
                    let mut chosen = dashboards::all();
                    chosen.insert("service".to_owned(), format!("({})", services.join("|")));
                    vec![chosen]
                }
            };
            for query in dashboard.queries() {
                queries.extend(chosen.iter().map(|chosen| query.filled(chosen)));
            }
        }
        // The queries of the new rules.
        queries.extend(
            plan.services.iter().flat_map(|service| service.rules()).map(|rule| rule.expr.to_string()),
        );
        assert!(queries.len() > 100, "{}", queries.len());
        let mut answered = 0;
        for query in &queries {
            let answer = sorted(&alone, query);
            answered += usize::from(!answer.is_empty());
            assert_eq!(answer, sorted(&beside, query), "{spec}: {query}");
        }
        assert!(answered > 50, "{answered} of {} queries have an answer", queries.len());
        // The queries of the old rules on recorded series.
        let rules = foreign
            .slos
            .iter()
            .flat_map(|slo| slo.recorded.iter().chain(slo.alerts.iter().map(|alert| &alert.rule)));
        for rule in rules {
            let expr = rule.expr.as_ref().unwrap();
            let reads = expr.selectors();
            let recorded = reads.iter().all(|one| {
                foreign
                    .slos
                    .iter()
                    .flat_map(|slo| &slo.recorded)
                    .any(|rule| one.name.as_deref() == Some(&rule.name))
            });
            if recorded {
                assert_eq!(sorted(&others, &rule.text), sorted(&beside, &rule.text), "{}", rule.name);
            }
        }
        let status = |server: &Server| {
            let said = folder.slowburn(&["status", "--prometheus", &server.url(), "--format", "json"]);
            assert_eq!(said.code, Some(0), "{}", said.stderr);
            let mut said: Value = serde_json::from_str(&said.stdout).unwrap();
            said.as_object_mut().unwrap().remove("at");
            said["slos"].as_array().unwrap().iter().map(|slo| slo["budget_left"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(status(&alone), status(&beside), "{spec}");
    }
}

#[test]
fn a_real_prometheus_evaluates_both_rule_sets() {
    if promtool().is_none() || prometheus().is_none() {
        return skipped("old and new rules are not loaded together: there is no Prometheus");
    }
    let folder = Folder::empty();
    let mut files = Vec::new();
    let mut samples = String::new();
    // Prometheus cannot record samples that are older than existing ones.
    let until = now();
    for (index, (spec, rules)) in PAIRS.into_iter().enumerate() {
        let (project, _) = migrated(spec, rules);
        for path in new_rules(&project).into_iter().chain(["old.rules.yaml".to_owned()]) {
            let name = format!("{index}-{}", path.replace('/', "-"));
            folder.write(&name, project.read(&path));
            files.push(name);
        }
    }
    for (metric, labels) in [
        ("http_request_duration_seconds_count", "job=\"checkout\",code=\"200\""),
        ("http_request_duration_seconds_count", "job=\"checkout\",code=\"500\""),
        ("http_request_duration_seconds_bucket", "job=\"checkout\",code=\"200\",le=\"0.4\""),
        ("http_request_duration_seconds_bucket", "job=\"checkout\",code=\"200\",le=\"+Inf\""),
        ("gateway_requests_total", "job=\"gateway\",route=\"a\",status=\"200\""),
        ("gateway_requests_total", "job=\"gateway\",route=\"a\",status=\"500\""),
        ("gateway_requests_total", "job=\"gateway\",route=\"b\",status=\"200\""),
        ("gateway_request_duration_seconds_count", "job=\"gateway\""),
        ("gateway_request_duration_seconds_bucket", "job=\"gateway\",le=\"1\""),
    ] {
        for at in (until - 7800..=until).step_by(15) {
            let _ = writeln!(samples, "{metric}{{instance=\"i\",{labels}}} {} {at}", at + 7800 - until);
        }
    }
    folder.write("samples", samples + "# EOF\n");
    let made = Command::new(promtool().unwrap())
        .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet", "samples", "data"])
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let names: Vec<String> = files.iter().map(|name| format!("'{name}'")).collect();
    folder.write(
        "prometheus.yml",
        format!("global: {{ evaluation_interval: 2s }}\nrule_files: [{}]\n", names.join(", ")),
    );
    let server = Server::start(&prometheus().unwrap(), &folder.path(""));
    let begun = Instant::now();
    // All groups that are evaluated at least every half minute, at least twice.
    let rules = loop {
        let groups = server.data("/api/v1/rules").unwrap();
        let groups = groups["groups"].as_array().unwrap().clone();
        let waiting = groups.iter().filter(|group| {
            group["interval"].as_f64().unwrap() <= 30.0
                && group["lastEvaluation"].as_str().is_none_or(|at| at.starts_with("0001"))
        });
        if waiting.count() == 0 {
            break groups;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "rules are not evaluated");
        std::thread::sleep(Duration::from_millis(500));
    };
    let rules: Vec<&Value> = rules.iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    assert!(rules.len() > 100, "{}", rules.len());
    let failed: Vec<_> = rules.iter().filter(|rule| rule["health"] == "err").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    // Both record series with the same name, and each series exists once. Promises per route need events first.
    let both = loop {
        let both = server.query("count by (sloth_slo, slo) (slo:objective:ratio)", now()).unwrap();
        if both.len() >= 5 || begun.elapsed() > Duration::from_secs(120) {
            break both;
        }
        std::thread::sleep(Duration::from_millis(500));
    };
    assert!([5, 6].contains(&both.len()), "{both:#?}");
    assert!(both.iter().all(|one| one["value"][1] == "1"), "{both:#?}");
}
