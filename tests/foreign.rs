//! Rules and specs of other tools as the old side of a comparison: what both sides have, what only one has, and what is not understood. Hostile files
//! do no harm.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use slowburn::foreign::Slo;
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::Duration as Window;

use crate::support::folder::{Folder, Ran};

/// A service with the SLO of `tests/foreign/hand.rules.yaml`.
const SHOP: &str = "\
version: slowburn/v1
service: shop
slos:
  checkout:
    objective: 99.9%
    sli:
      total: shop_checkouts_total
      bad: shop_checkouts_total{result=\"error\"}
";

fn file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)).unwrap()
}

/// The result of importing a spec, beside the rules that the tool makes from it.
fn migrated(spec: &str, rules: &str, more: &[&str]) -> Folder {
    let folder = Folder::empty();
    folder.write("spec.yaml", file(&format!("import/{spec}")));
    folder.write("old.yaml", file(&format!("foreign/{rules}")));
    let ran = folder.slowburn(&[&["import", "spec.yaml", "--to", "slos"], more].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    folder
}

fn diff(folder: &Folder, args: &[&str]) -> Ran {
    folder.slowburn(&[&["diff"], args].concat())
}

#[test]
fn rules_of_sloth_are_compared_with_what_was_imported() {
    let folder = migrated("sloth-availability.yaml", "sloth-availability.rules.yaml", &[]);
    let human = diff(&folder, &["old.yaml"]);
    assert_eq!(human.code, Some(0), "{}", human.stderr);
    insta::assert_snapshot!("sloth", human.stdout);
    let markdown = diff(&folder, &["old.yaml", "--format", "markdown"]);
    insta::assert_snapshot!("sloth-markdown", markdown.stdout);
    let json: Value = serde_json::from_str(&diff(&folder, &["old.yaml", "--format", "json"]).stdout).unwrap();
    let of = |kind: &str| -> Vec<&Value> {
        json["changes"].as_array().unwrap().iter().filter(|change| change["kind"] == kind).collect()
    };
    // The objective, the alert names and the windows are the same.
    for kind in
        ["objective-stricter", "objective-looser", "period", "tier", "alert-renamed", "sli", "not-understood"]
    {
        assert_eq!(of(kind), Vec::<&Value>::new(), "{kind}");
    }
    assert!(!of("series").is_empty() && !of("label").is_empty() && !of("kept").is_empty());
    assert_eq!(json["amounts"]["before"]["recorded_series"], 30);
    // With `--identity`, alerts keep every label.
    let folder = migrated("sloth-availability.yaml", "sloth-availability.rules.yaml", &["--identity"]);
    let json: Value = serde_json::from_str(&diff(&folder, &["old.yaml", "--format", "json"]).stdout).unwrap();
    let lost =
        json["changes"].as_array().unwrap().iter().filter(|change| {
            change["kind"] == "label" && change["said"].as_str().unwrap().contains("is gone")
        });
    assert_eq!(lost.count(), 0);
}

#[test]
fn rules_of_pyrra_are_compared_with_what_was_imported() {
    let folder = migrated("pyrra-ratio.yaml", "pyrra-ratio.rules.yaml", &[]);
    let human = diff(&folder, &["old.yaml"]);
    assert_eq!(human.code, Some(0), "{}", human.stderr);
    insta::assert_snapshot!("pyrra", human.stdout);
    // Native histograms, gauges, groupings, and alerts with their own names.
    let folder = migrated("pyrra-alerting.yaml", "pyrra-alerting.rules.yaml", &[]);
    let human = diff(&folder, &["old.yaml"]);
    assert_eq!(human.code, Some(0), "{}", human.stderr);
    insta::assert_snapshot!("pyrra-alerting", human.stdout);
    // Several SLOs with one name, distinguished by labels.
    let folder = migrated("pyrra-sites.yaml", "pyrra-sites.rules.yaml", &[]);
    let json: Value = serde_json::from_str(&diff(&folder, &["old.yaml", "--format", "json"]).stdout).unwrap();
    let changes = json["changes"].as_array().unwrap();
    let matched = |name: &str| {
        let said = format!("in the rules of Pyrra it is `{name}`");
        changes.iter().any(|change| change["kind"] == "kept" && change.to_string().contains(&said))
    };
    for name in ["text-madrid", "upload-madrid", "text-bilbao", "upload-bilbao"] {
        assert!(matched(&format!("edge-requests-{name}")), "{name}: {json:#}");
    }
    assert!(
        changes
            .iter()
            .all(|change| !["slo-added", "slo-removed"].contains(&change["kind"].as_str().unwrap()))
    );
}

#[test]
fn rules_that_sloth_makes_of_openslo_are_found_by_the_numbers_of_objectives() {
    let folder = migrated("openslo-by-sloth.yaml", "openslo-by-sloth.rules.yaml", &[]);
    let human = diff(&folder, &["old.yaml"]);
    assert_eq!(human.code, Some(0), "{}", human.stderr);
    insta::assert_snapshot!("openslo-by-sloth", human.stdout);
}

#[test]
fn specs_are_found_by_the_series_names_of_their_tools() {
    for spec in ["sloth-availability", "openslo-by-sloth", "pyrra-ratio", "pyrra-alerting", "pyrra-sites"] {
        let of = |text: String| Sources::new(vec![SourceFile { path: "old.yaml".to_owned(), text }]);
        let (named, _) = slowburn::import::specs(&of(file(&format!("import/{spec}.yaml"))));
        let (recorded, _) = slowburn::import::rules(&of(file(&format!("foreign/{spec}.rules.yaml"))));
        let mut compared = 0;
        for expected in &named.slos {
            let is = |slo: &&Slo| {
                expected
                    .identity
                    .iter()
                    .all(|pair| slo.recorded.iter().all(|rule| rule.labels.get(pair.0) == Some(pair.1)))
            };
            let mut found = recorded.slos.iter().filter(is);
            let real = found.next().expect(&expected.name);
            assert!(found.next().is_none(), "{spec}: {}", expected.name);
            assert_eq!((&real.service, real.period), (&expected.service, expected.period), "{}", real.name);
            let windows = |slo: &Slo| -> Vec<(Window, String)> {
                let ratios = slo
                    .ratios
                    .iter()
                    .filter_map(|ratio| Some((ratio.window, ratio.series.as_ref()?.name.clone()?)));
                ratios.collect()
            };
            assert_eq!(windows(expected), windows(real), "{spec}: {}", real.name);
            compared += windows(real).len();
        }
        assert!(compared > 12, "{spec}: {compared}");
    }
}

#[test]
fn handwritten_rules_are_found_by_their_alert_names() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SHOP);
    folder.write("old.yaml", file("foreign/hand.rules.yaml"));
    let human = diff(&folder, &["old.yaml"]);
    assert_eq!(human.code, Some(0), "{}", human.stderr);
    insta::assert_snapshot!("hand", human.stdout);
    // Every rule of the file is reported somewhere.
    for name in ["ShopDown", "Templated", "job:up:sum", "shop:checkout_errors:ratio5m", "> 10"] {
        assert!(human.stdout.contains(name), "{name}");
    }
}

#[test]
fn receivers_of_old_and_new_alerts_are_compared_by_the_projects_routes() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SHOP);
    folder.write(
        "slos/slowburn.yaml",
        "version: slowburn/v1
alertmanager:
  version: '0.28'
  receivers:
    shop: { webhook: { url_file: /run/secrets/shop } }
    all: { webhook: { url_file: /run/secrets/all } }
  default: all
  routes:
    - { match: { team: shop }, to: shop }
",
    );
    folder.write("old.yaml", file("foreign/hand.rules.yaml"));
    let human = diff(&folder, &["old.yaml"]);
    assert_eq!(human.code, Some(0), "{}{}", human.stdout, human.stderr);
    let said = "shop/checkout: the page goes to `all`; the old one, sent through the same routes, goes to `shop`\n    ! `shop` is not notified any more";
    assert!(human.stdout.contains(said), "{}", human.stdout);
}

#[test]
fn a_spec_of_another_tool_is_compared_as_imported() {
    let folder = migrated("sloth-availability.yaml", "sloth-availability.rules.yaml", &[]);
    let same = diff(&folder, &["spec.yaml"]);
    assert_eq!(
        (same.code, same.stdout.as_str()),
        (Some(0), "spec.yaml → slos\nThe two definitions mean the same.\n")
    );
    // Files of Pyrra may have any version.
    folder.write("pyrra.yaml", file("import/pyrra-ratio.yaml").replace("pyrra.dev/v1alpha1", "v1alpha1"));
    let pyrra = diff(&folder, &["pyrra.yaml"]);
    assert!(pyrra.stdout.contains("gateway/gateway-api-errors"), "{}{}", pyrra.stdout, pyrra.stderr);
    let strict = folder.read("slos/checkout.yaml").replace("objective: 99%", "objective: 99.5%");
    folder.write("slos/checkout.yaml", strict);
    let said = diff(&folder, &["spec.yaml"]).stdout;
    assert!(said.contains("checkout/requests-latency: objective 99.5%, was 99%: stricter"), "{said}");
}

#[test]
fn folders_and_several_files_are_one_old_side() {
    let folder = migrated("sloth-availability.yaml", "sloth-availability.rules.yaml", &[]);
    let text = folder.read("old.yaml");
    let (head, second) =
        text.split_once("- name: sloth-slo-sli-recordings-checkout-requests-latency").unwrap();
    folder.write("parts/one.yaml", head);
    folder.write("parts/two.yml", format!("groups:\n- name: second{second}"));
    folder.write(
        "parts/three.yaml",
        "kind: ConfigMapList\nitems:\n  - kind: PrometheusRule\n    spec: { groups: [] }\n",
    );
    let whole = diff(&folder, &["old.yaml", "--format", "json"]).stdout.replace("old.yaml", "X");
    let parts = diff(&folder, &["parts", "--format", "json"]).stdout.replace("\"parts\"", "\"X\"");
    assert_eq!(whole, parts);
    let also = diff(&folder, &["parts/one.yaml", "--also", "parts/two.yml", "--format", "json"]);
    assert_eq!(whole, also.stdout.replace("parts/one.yaml and 1 more", "X"));
    // Two directories of definitions are still compared as definitions.
    let own = diff(&folder, &["slos", "slos"]);
    assert!(own.stdout.contains("The two definitions mean the same."), "{}", own.stdout);
    for (args, said) in [
        (&["spec.yaml", "--also", "old.yaml"][..], "old.yaml contains rules, and spec.yaml contains specs"),
        (&["slos/checkout.yaml"], "slos/checkout.yaml is a definition of slowburn"),
        (
            &["slos", "--also", "slos"],
            "--also is for rules or specs of other tools, but these are definitions",
        ),
        (&["nothing.yaml", "--also", "old.yaml"], "cannot read nothing.yaml"),
    ] {
        let ran = diff(&folder, args);
        assert_eq!(ran.code, Some(2), "{args:?}");
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn faults_of_old_rules_are_reported_once_and_the_rest_is_compared() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SHOP);
    let good = file("foreign/hand.rules.yaml");
    let bad = [
        ("groups: 7\n", "old.yaml:1:9", "wrong-type"),
        ("groups:\n  - rules: { a: 1 }\n", "old.yaml:2:12", "wrong-type"),
        ("groups:\n  - rules:\n      - { record: [a], expr: 1 }\n", "old.yaml:3:19", "wrong-type"),
        ("groups:\n  - rules:\n      - { alert: A }\n", "old.yaml:3:9", "missing-key"),
        ("groups:\n  - rules:\n      - { expr: up }\n", "old.yaml:3:9", "missing-key"),
        ("groups:\n  - rules:\n      - { alert: A, expr: up, for: soon }\n", "old.yaml:3:36", "wrong-type"),
        ("groups:\n  - rules:\n      - { alert: A, expr: up, labels: [x] }\n", "old.yaml:3:39", "wrong-type"),
        ("kind: Deployment\nspec: {}\n", "old.yaml:1:1", "unknown-dialect"),
        ("kind: PrometheusRule\nspec: 3\n", "old.yaml:2:7", "wrong-type"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f]\n",
            "old.yaml:",
            "error[",
        ),
        (
            "groups: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
            "old.yaml:1:",
            "error[",
        ),
        ("", "old.yaml:1:1", "empty-file"),
    ];
    for (text, place, code) in bad {
        folder.write("old.yaml", text);
        let ran = diff(&folder, &["old.yaml", "--also", "good.yaml"]);
        assert_eq!(ran.code, Some(2), "nothing is read where a file is missing: {}", ran.stderr);
        folder.write("good.yaml", &good);
        let ran = diff(&folder, &["old.yaml", "--also", "good.yaml"]);
        folder.remove("good.yaml");
        assert_eq!(ran.code, Some(1), "{text}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout.matches("error[").count(), 1, "{text}: {}", ran.stdout);
        assert!(ran.stdout.contains(place) && ran.stdout.contains(code), "{text}: {}", ran.stdout);
        assert!(ran.stdout.contains("the page `ShopCheckoutBurnPage`"), "{text}: {}", ran.stdout);
    }
    folder.write("old.yaml", [b"groups:\n".as_slice(), &[0xff, 0xfe, 0x80]].concat());
    let ran = diff(&folder, &["old.yaml"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("error[invalid-utf-8]"), "{}", ran.stdout);
}

#[test]
fn large_old_rules_take_bounded_time() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SHOP);
    let begun = Instant::now();
    // A file that exceeds the size limit.
    folder.write("old.yaml", "#".repeat(9 << 20));
    let ran = diff(&folder, &["old.yaml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("error[too-large]"), "{}", ran.stdout);
    // Alerts that are too complex to analyse, and many rules without an SLO.
    let chain = |op: &str| vec!["up{a=\"1\"} > 0.1"; 200].join(op);
    let mut text = format!(
        "groups:\n  - rules:\n      - {{ alert: Long, expr: '{}', labels: {{ slo: a }} }}\n      - {{ alert: Deep, expr: '{}', labels: {{ slo: a }} }}\n",
        chain(" and "),
        chain(" or "),
    );
    for index in 0..5_000 {
        text += &format!(
            "      - {{ alert: A{index}, expr: up, labels: {{ slo: s{index} }} }}\n      - {{ alert: B{index}, expr: up }}\n"
        );
    }
    folder.write("old.yaml", text);
    let ran = diff(&folder, &["old.yaml", "--format", "markdown"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.len() < 65_536, "{}", ran.stdout.len());
    assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
}

#[test]
fn a_secret_in_old_rules_is_not_repeated() {
    let folder = Folder::empty();
    folder.write("slos/shop.yaml", SHOP);
    let secret = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX";
    let rules = file("foreign/hand.rules.yaml")
        .replace("team: shop", &format!("team: shop, channel: \"{secret}\""))
        .replace("alert: Templated", &format!("alert: \"{secret}\""));
    folder.write("old.yaml", rules);
    for format in ["human", "markdown", "json"] {
        let ran = diff(&folder, &["old.yaml", "--format", format]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(!ran.stdout.contains("XXXXXXXX"), "{}", ran.stdout);
        assert!(ran.stdout.contains("channel"), "{}", ran.stdout);
    }
}
