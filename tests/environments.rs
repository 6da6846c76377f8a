//! One project with several environments: each has its own complete tree, without parts of another environment.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::process::Command;

use support::folder::Folder;
use support::promtool;

const PROJECT: &str = "\
version: slowburn/v1
policy: workbook
labels: { team: shop }
dependencies: { shop: [database] }
environments:
  production:
    labels: { environment: production }
  staging:
    labels: { environment: staging }
    services:
      shop:
        slos:
          checkout: { objective: 99% }
          latency: off
          refunds:
            objective: 95%
            sli: { total: 'refunds_total{job=\"shop\"}', bad: 'refunds_total{job=\"shop\",result=\"error\"}' }
      database: off
";

const SHOP: &str = "\
version: slowburn/v1
service: shop
slos:
  checkout:
    objective: 99.9%
    sli: { total: 'checkouts_total{job=\"shop\"}', bad: 'checkouts_total{job=\"shop\",result=\"error\"}' }
  latency:
    objective: P95 < 250ms
    sli: { latency: 'checkout_duration_seconds{job=\"shop\"}' }
";

const DATABASE: &str = "\
version: slowburn/v1
service: database
slos:
  availability: { objective: 99.9%, sli: { probe: 'up{job=\"database\"}' } }
";

fn folder() -> Folder {
    let folder = Folder::empty();
    folder.write("slos/slowburn.yaml", PROJECT);
    folder.write("slos/shop.yaml", SHOP);
    folder.write("slos/database.yaml", DATABASE);
    folder
}

#[test]
fn every_environment_has_its_own_tree_with_proofs_that_succeed() {
    let folder = folder();
    let ran = folder.slowburn(&[]);
    assert!(ran.stderr.starts_with("compiled 5 SLOs of 3 services in 2 environments"), "{}", ran.stderr);
    let rules = |name: &str| folder.read(&format!("out/environments/{name}/prometheus/shop.rules.yaml"));
    let (production, staging) = (rules("production"), rules("staging"));
    assert!(production.contains("vector(0.999)") && !production.contains("vector(0.99)\n"));
    assert!(staging.contains("vector(0.99)\n") && !staging.contains("vector(0.999)"));
    // Maps are merged, so settings for all environments are there, too.
    assert!(staging.contains("environment: staging") && staging.contains("team: shop"));
    assert!(!staging.contains("production") && !production.contains("staging"));
    let has = |rules: &str, slo: &str| rules.contains(&format!("slo: {slo}"));
    assert_eq!(["latency", "refunds"].map(|slo| has(&production, slo)), [true, false]);
    assert_eq!(["latency", "refunds"].map(|slo| has(&staging, slo)), [false, true]);
    assert!(!folder.path("out/environments/staging/prometheus/database.rules.yaml").exists());
    assert!(!folder.path("out/prometheus").exists());
    let report = folder.read("out/environments/staging/report/index.html");
    assert!(report.contains("· staging</h1>") && report.contains("· staging</title>"));
    assert_eq!(folder.slowburn(&["compile", "--check"]).code, Some(0));
    let Some(promtool) = promtool() else { return };
    for environment in ["production", "staging"] {
        let proofs = folder.path(&format!("out/environments/{environment}/promtool"));
        let ran = Command::new(&promtool)
            .args(["test", "rules"])
            .arg(proofs.join("shop.page.test.yaml"))
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    }
}

/// One Grafana may have the dashboards of both.
#[test]
fn dashboards_of_environments_are_separate() {
    let folder = folder();
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    let mut uids = std::collections::BTreeSet::new();
    for (environment, count) in [("production", 4), ("staging", 3)] {
        let dashboards = support::rules::files(
            &folder.path(&format!("out/environments/{environment}/grafana/dashboards")),
            ".json",
        );
        assert_eq!(dashboards.len(), count);
        for path in dashboards {
            let json: serde_json::Value =
                serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let uid = json["uid"].as_str().unwrap().to_owned();
            assert!(uid.ends_with(&format!("_{environment}")), "{uid}");
            assert!(json["title"].as_str().unwrap().ends_with(&format!(" · {environment}")));
            // Its links do not lead to other environments, either.
            let others = json.to_string().replace(&format!("_{environment}"), "");
            assert!(
                !["production", "staging"].iter().any(|name| others.contains(&format!("_{name}"))),
                "{uid}"
            );
            assert!(uids.insert(uid));
        }
    }
}

#[test]
fn the_tree_of_a_removed_environment_is_removed() {
    let folder = folder();
    folder.slowburn(&[]);
    folder.write("out/environments/staging/prometheus/own.yaml", "groups: []\n");
    folder.write("slos/slowburn.yaml", PROJECT.split_once("  staging:").unwrap().0);
    assert_eq!(folder.slowburn(&["compile", "--check"]).code, Some(1));
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    let left: Vec<String> =
        folder.tree("out/environments/staging").into_keys().filter(|path| path.contains('.')).collect();
    assert_eq!(left, ["/prometheus/own.yaml"], "what somebody else put there stays");
    folder.write("slos/slowburn.yaml", PROJECT.split_once("environments:").unwrap().0);
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    assert!(folder.path("out/prometheus/shop.rules.yaml").exists());
    assert!(!folder.path("out/environments/production/prometheus/shop.rules.yaml").exists());
}

#[test]
fn a_problem_says_which_environments_have_it() {
    let folder = folder();
    folder.write("slos/slowburn.yaml", PROJECT.replace("objective: 99% }", "objective: 100% }"));
    let ran = folder.slowburn(&["check"]);
    assert!(ran.stderr.contains("slos/slowburn.yaml:13:34"), "{}", ran.stderr);
    assert!(ran.stderr.contains("in the environment `staging`"), "{}", ran.stderr);
    // A problem of all environments is reported once, without their names.
    folder.write("slos/slowburn.yaml", PROJECT);
    folder.write("slos/shop.yaml", SHOP.replace("99.9%", "99,9%"));
    let ran = folder.slowburn(&["check"]);
    let both = SHOP.replace("service: shop", "service: shopp");
    assert_eq!(ran.stderr.matches("error[").count(), 1, "{}", ran.stderr);
    folder.write("slos/shop.yaml", both);
    let ran = folder.slowburn(&["check"]);
    assert!(ran.stderr.contains("there is no service `shop`"), "{}", ran.stderr);
}

#[test]
fn a_command_for_one_environment_needs_its_name() {
    let folder = folder();
    let ran = folder.slowburn(&["explain", "shop/checkout"]);
    assert_eq!(ran.code, Some(2));
    let said = "error: the project has the environments `production` and `staging`\nname one: --environment production\n";
    assert_eq!(ran.stderr, said);
    let promised = |name: &str| folder.slowburn(&["explain", "shop/checkout", "--environment", name]);
    assert!(promised("production").stdout.contains("99.9%"));
    assert!(promised("staging").stdout.contains("99% of events"));
    assert_eq!(
        promised("stagin").stderr,
        "error: the project has no environment `stagin`\nthere are `production` and `staging`\n"
    );
    let simulated = ["simulate", "shop/checkout", "100% for 20m", "--environment", "staging"];
    assert_eq!(folder.slowburn(&simulated).code, Some(0));
}

#[test]
fn a_difference_is_shown_for_each_environment() {
    let folder = folder();
    folder.write("old/slowburn.yaml", PROJECT.replace("objective: 99% }", "objective: 98% }"));
    folder.write("old/shop.yaml", SHOP);
    folder.write("old/database.yaml", DATABASE);
    let ran = folder.slowburn(&["diff", "old", "slos"]);
    let (production, staging) = ran.stdout.split_once("Environment staging").unwrap();
    assert!(
        !production.contains("98%") && staging.contains("98%") && staging.contains("99%"),
        "{}",
        ran.stdout
    );
    let json = folder.slowburn(&["diff", "old", "slos", "--format", "json", "--environment", "staging"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok());
    assert_eq!(folder.slowburn(&["diff", "old", "slos", "--format", "json"]).code, Some(2));
    // A new environment has nothing to compare with.
    folder.write("old/slowburn.yaml", PROJECT.split_once("  staging:").unwrap().0);
    let ran = folder.slowburn(&["diff", "old", "slos"]);
    assert!(ran.stdout.contains("Environment staging\n\nit exists only in slos"), "{}", ran.stdout);
}
