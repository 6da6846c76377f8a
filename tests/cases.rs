//! One file per feature, with the rules that it compiles to. promtool accepts them, and their proofs succeed.
//!
//! A case is a service, perhaps with a project file as a document before it. Without one, windows are short, so that the proofs are.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_yaml::Value;
use slowburn::artifact::Artifacts;
use support::rules::{check_rules, compiled, files, read, test_rules, written};
use support::{full, promtool, promtool3, skipped};

const PROJECT: &str = "
version: slowburn/v1
period: 1d
policy: brief
policies:
  brief:
    tiers:
      - { severity: page,   budget: 10%, long: 30m, short: 5m }
      - { severity: ticket, budget: 25%, long: 2h,  short: 10m }
";

fn artifacts(path: &Path) -> Artifacts {
    let text = fs::read_to_string(path).unwrap();
    let (project, service) = text.split_once("---\n").unwrap_or((PROJECT, &text));
    compiled(&[("slos/slowburn.yaml", project), ("slos/service.yaml", service)])
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// All cases, compiled to one folder.
fn everything() -> (tempfile::TempDir, BTreeMap<String, PathBuf>) {
    let mut all = Artifacts::new();
    let mut folders = BTreeMap::new();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"), ".yaml") {
        let name = name(&path);
        for (path, text) in artifacts(&path) {
            all.insert(format!("{name}/{path}"), text);
        }
        folders.insert(name, PathBuf::new());
    }
    let dir = written(&all);
    for (name, folder) in &mut folders {
        *folder = dir.path().join(name);
    }
    (dir, folders)
}

/// Whether a case needs a newer promtool than that of Prometheus 2.
fn is_new(name: &str) -> bool {
    name.starts_with("native-")
}

#[test]
fn cases_compile_to_what_is_beside_them() {
    insta::glob!("cases/*.yaml", |path| {
        let artifacts = artifacts(path);
        let rules: Vec<&String> = artifacts
            .iter()
            .filter(|(path, _)| path.starts_with("prometheus/"))
            .map(|(_, text)| text)
            .collect();
        assert_eq!(rules.len(), 1);
        let mut settings = insta::Settings::clone_current();
        settings.remove_snapshot_suffix();
        settings.remove_input_file();
        settings.set_snapshot_path("cases");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name(path), rules[0]));
    });
}

#[test]
fn rules_of_cases_load_without_a_complaint() {
    let (_dir, folders) = everything();
    let rules: Vec<PathBuf> =
        folders.values().flat_map(|folder| files(&folder.join("prometheus"), ".yaml")).collect();
    assert_eq!(rules.len(), folders.len());
    check_rules("tests/cases", &rules);
}

/// The proofs expect the texts of the sources in alerts; promtool checks below that Prometheus writes them.
#[test]
fn texts_of_the_sources_are_expected_unchanged() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/texts-of-every-kind.yaml");
    let slo = &read(&fs::read_to_string(&path).unwrap())["slos"]["delivery"];
    let artifacts = artifacts(&path);
    let page = read(&artifacts["promtool/mail.page.test.yaml"]);
    let tests = page["tests"].as_sequence().unwrap();
    let alerts = tests.iter().filter_map(|test| test.get("alert_rule_test")?.as_sequence()).flatten();
    let expected: Vec<&Value> =
        alerts.filter_map(|alert| alert["exp_alerts"].as_sequence().unwrap().first()).collect();
    assert!(!expected.is_empty());
    for alert in expected {
        for (said, meant) in [("exp_labels", "labels"), ("exp_annotations", "annotations")] {
            for (name, value) in slo[meant].as_mapping().unwrap() {
                // An empty label does not exist.
                let wanted = Some(value).filter(|value| value.as_str() != Some(""));
                assert_eq!(alert[said].get(name), wanted, "{name:?}");
            }
        }
        let description = slo["description"].as_str().unwrap().replace('\n', " ");
        assert!(alert["exp_annotations"]["description"].as_str().unwrap().contains(&description));
    }
}

/// With Prometheus 2, or 3 if a case needs it; all cases with both if `SLOWBURN_FULL=1`.
#[test]
fn proofs_of_cases_hold() {
    let (_dir, folders) = everything();
    let proofs = |which: &dyn Fn(&str) -> bool| -> Vec<PathBuf> {
        let proven = folders.iter().filter(|(name, _)| which(name));
        let folders = proven.map(|(_, folder)| folder);
        folders.flat_map(|folder| files(&folder.join("promtool"), ".yaml")).collect()
    };
    let mut failed = Vec::new();
    match promtool() {
        Some(promtool) => failed.extend(test_rules(&promtool, proofs(&|name| !is_new(name)))),
        None => skipped("proofs of tests/cases: there is no promtool"),
    }
    match promtool3() {
        Some(promtool) => failed.extend(test_rules(&promtool, proofs(&|name| full() || is_new(name)))),
        None => skipped("proofs of native histograms: there is no promtool3"),
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}
