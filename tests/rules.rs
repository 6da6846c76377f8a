//! The real promtool checks `out/`: the rules load, and their proofs succeed.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout)]

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_yaml::Value;
use slowburn::plan::{Plan, Rule, RuleOutput, SloPlan};
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::Duration;
use slowburn::{derive, lower};
use support::rules::{Play, check_rules, compiled, files, groups, own, read, test_rules, written};
use support::{full, promtool, promtool3, skipped};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The plan of `slos/`.
fn plan() -> Plan {
    slowburn::compile(&Sources::new(own())).plan().unwrap()
}

#[test]
fn all_rules_load_without_a_complaint() {
    let rules = files(&here("out/prometheus"), ".rules.yaml");
    assert!(!rules.is_empty());
    check_rules("out/prometheus", &rules);
}

/// With the oldest Prometheus that has to load the rules; with Prometheus 3, too, if `SLOWBURN_FULL=1`, because that takes as long again.
#[test]
fn all_proofs_hold() {
    let newest = if full() { promtool3() } else { None };
    let oldest = promtool();
    if oldest.is_none() {
        skipped("proofs of out/promtool: there is no promtool");
    }
    if newest.is_none() {
        skipped("proofs of out/promtool under Prometheus 3: set SLOWBURN_FULL=1, and have promtool3");
    }
    let proofs = files(&here("out/promtool"), ".test.yaml");
    assert!(!proofs.is_empty());
    for promtool in oldest.into_iter().chain(newest) {
        let begun = Instant::now();
        let failed = test_rules(&promtool, proofs.clone());
        println!("{} files under {}: {:.0?}", proofs.len(), promtool.display(), begun.elapsed());
        let list = failed.join("\n");
        assert!(failed.is_empty(), "{} of {} files failed\n{list}", failed.len(), proofs.len());
    }
}

/// Every promtool that exists runs tests with these rules as `rules.yaml`.
fn hold(what: &str, rules: &str, tests: &str) {
    let judges: Vec<PathBuf> = promtool().into_iter().chain(promtool3()).collect();
    if judges.is_empty() {
        return skipped(&format!("{what}: there is no promtool"));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it.test.yaml");
    fs::write(folder.path().join("rules.yaml"), rules).unwrap();
    fs::write(&path, tests).unwrap();
    for promtool in judges {
        let failed = test_rules(&promtool, vec![path.clone()]);
        assert!(failed.is_empty(), "{}\n{}", promtool.display(), failed.join("\n"));
    }
}

/// The texts of a page, with an expression that fires at once: what fails, what is left and how long it lasts, with every kind of value, and with
/// unknown values.
#[test]
fn texts_of_pages_have_error_ratio_and_remaining_budget() {
    let rules = groups(&fs::read_to_string(here("out/prometheus/api.rules.yaml")).unwrap());
    let mut rules = rules.iter().flat_map(|group| group["rules"].as_sequence().unwrap());
    let page = rules.find(|rule| rule.get("alert") == Some(&Value::from("ApiAvailabilityBurnPage"))).unwrap();
    let text = |name: &str| page["annotations"][name].as_str().unwrap();
    let (_, left) = text("description").split_once(" Queda ").unwrap();
    let (left, _) = left.split_once(" del presupuesto de error. En la ventana").unwrap();
    let annotations = serde_json::json!({ "summary": text("summary"), "left": left });
    let rules = format!(
        "groups: [{{ name: it, rules: [{{ alert: Page, expr: burn == 14.4, annotations: {annotations} }}] }}]\n"
    );
    let unknown = "una parte desconocida";
    // The error ratio, the seconds until the budget is exhausted, and the remaining budget in percent.
    let said = [
        (["_", "_", "_"], [unknown, "un tiempo desconocido", unknown]),
        (["1", "2580", "100"], ["el 100 %", "43m 0s", "el 100 %"]),
        (["0.173", "14820", "98.8"], ["el 17,3 %", "4h 7m 0s", "el 98,8 %"]),
        (["0.0033", "392760", "50"], ["el 0,33 %", "4d 13h 6m 0s", "el 50 %"]),
        (["0.00001", "2592000", "0.1"], ["el 0,001 %", "30d 0h 0m 0s", "el 0,1 %"]),
        (["0", "2592000", "100"], ["el 0 %", "30d 0h 0m 0s", "el 100 %"]),
        (["0.5", "0", "0"], ["el 50 %", "0s", "el 0 %"]),
    ];
    let names = [
        "slo:sli_error:ratio_rate5m",
        "slo:current_error_budget_exhaustion:seconds",
        "slo:period_error_budget_remaining:percent",
    ];
    let mut tests = "rule_files: [rules.yaml]\nevaluation_interval: 1m\ntests:\n".to_owned();
    for (values, [ratio, lasts, left]) in said {
        let series = names.iter().zip(values).map(|(name, value)| {
            format!(", {{ series: '{name}{{service=\"api\",slo=\"availability\"}}', values: '{value}' }}")
        });
        let summary =
            format!("URGENTE api/availability: ahora falla {ratio}, el presupuesto de error dura {lasts}");
        tests += &format!(
            "  - interval: 1m
    input_series: [{{ series: burn, values: 14.4 }}{}]
    alert_rule_test:
      - {{ eval_time: 0m, alertname: Page, exp_alerts: [{{ exp_annotations: {{ summary: '{summary}', left: '{left}' }} }}] }}
",
            series.collect::<String>()
        );
    }
    hold("texts of what fails and of what is left of a budget", &rules, &tests);
}

/// A down alert, and the alert that silences its aftermath, without the SLO's own page, which a series replaces.
#[test]
fn an_aftermath_is_silenced_only_while_it_lasts_and_only_if_it_began_with_the_outage() {
    let text = fs::read_to_string(here("out/prometheus/postgis.rules.yaml")).unwrap();
    let mut rules = groups(&text);
    rules.retain(|group| ["postgis/alerts", "postgis/aftermath"].contains(&group["name"].as_str().unwrap()));
    let rules = format!("groups: {}\n", serde_json::to_string(&rules).unwrap());
    // The exporter reports from 2m30s to 6m30s that the database is down, so the alert fires from 3m on.
    let cases = [
        ("after it", "1000x90", vec![("2m30s", 0), ("3m", 1), ("37m", 1), ("37m30s", 0)]),
        ("an evaluation apart", "125x90", vec![("5m", 1)]),
        ("before it, and was notified", "60x90", vec![("5m", 0), ("20m", 0)]),
        ("with it, and is over", "_x6 170x20 stale", vec![("5m", 1), ("12m", 1), ("14m30s", 0)]),
    ];
    let groups = "[postgis/alerts, postgis/aftermath]";
    let mut tests =
        format!("rule_files: [rules.yaml]\nevaluation_interval: 30s\ngroup_eval_order: {groups}\ntests:\n");
    for (name, began, moments) in cases {
        tests += &format!(
            "  - name: began {name}
    interval: 30s
    input_series:
      - {{ series: 'pg_up{{job=\"postgres\"}}', values: 1x4 0x8 1x80 }}
      - {{ series: 'ALERTS_FOR_STATE{{alertname=\"PostgisAvailabilityBurnPage\"}}', values: {began} }}
    promql_expr_test:
"
        );
        for (at, count) in moments {
            let firing =
                "count(ALERTS{alertname=\"PostgisDownAftermath\",alertstate=\"firing\"}) or vector(0)";
            tests += &format!(
                "      - {{ expr: '{firing}', eval_time: {at}, exp_samples: [{{ labels: '{{}}', value: {count} }}] }}\n"
            );
        }
    }
    hold("how long an aftermath is silent", &rules, &tests);
}

#[test]
fn every_service_is_proven() {
    for service in plan().services {
        let proofs = files(&here("out/promtool"), ".test.yaml");
        let begins = format!("{}.", service.name);
        let own = proofs
            .iter()
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&begins))
            .map(|path| read(&fs::read_to_string(path).unwrap()))
            .flat_map(|proof| proof["tests"].as_sequence().unwrap().clone());
        let texts: Vec<String> = own.map(|test| serde_yaml::to_string(&test).unwrap()).collect();
        for slo in service.slos {
            for alert in slo
                .groups
                .iter()
                .chain(&service.companions)
                .chain(&service.silencing)
                .flat_map(|group| &group.rules)
            {
                if let RuleOutput::Alert(alert) = &alert.makes {
                    let fires = format!("alertname=\"{}\",alertstate=\"firing\"", alert.id.name);
                    let proven =
                        texts.iter().any(|text| text.contains(&fires) || text.contains(&alert.id.name));
                    assert!(proven, "nothing proves {}", alert.id.name);
                }
            }
        }
    }
}

/// The labels of a group's rule for one SLO; `None` if it has none for it.
fn said_of(rule: &Rule, service: &str, slo: &str) -> Option<String> {
    let expr = rule.expr.to_string();
    if !rule.labels.is_empty() {
        return (rule.labels.get("slo").map(String::as_str) == Some(slo)).then_some(expr);
    }
    let all = format!("{{service=\"{service}\"");
    let one = format!("{all},slo=\"{slo}\"");
    let mut said = String::new();
    let mut parts = expr.split(&all);
    said += parts.next()?;
    for part in parts {
        said += &one;
        said += match part.strip_prefix(",slo=~\"") {
            Some(some) => {
                let (names, rest) = some.split_once('"')?;
                names.split('|').any(|name| name == slo).then_some(rest)?
            }
            None => part,
        };
    }
    Some(said)
}

#[test]
fn a_change_of_several_slos_is_reported_once_with_all_names() {
    for service in plan().services {
        for slo in &service.slos {
            let name = &slo.promise.slo;
            for rule in slo.groups.iter().flat_map(|group| &group.rules) {
                let namesakes = service.groups.iter().flat_map(|group| &group.rules);
                let namesakes = namesakes.filter(|other| other.name() == rule.name());
                let said: Vec<String> =
                    namesakes.filter_map(|other| said_of(other, &service.name, name)).collect();
                assert_eq!(
                    said.iter().filter(|said| **said == rule.expr.to_string()).count(),
                    1,
                    "{said:#?}"
                );
            }
        }
    }
}

#[test]
fn a_service_of_many_slos_reads_them_in_several_groups() {
    let slo = |number: usize| {
        format!(
            "  s{number}:\n    objective: 99%\n    sli: {{ total: 'x_total{{n=\"{number}\"}}', bad: 'x_total{{n=\"{number}\",code=\"500\"}}' }}\n"
        )
    };
    let slos: String = (0..120).map(slo).collect();
    let source = format!("version: slowburn/v1\nservice: many\nmissing_events: off\nslos:\n{slos}");
    let artifacts =
        compiled(&[("slos/slowburn.yaml", "version: slowburn/v1\n"), ("slos/many.yaml", &source)]);
    let rules = &artifacts["prometheus/many.rules.yaml"];
    let groups = groups(rules);
    let names: Vec<&str> = groups.iter().map(|group| group["name"].as_str().unwrap()).collect();
    let raw = (2..=10).map(|index| format!("many/slos/{index}"));
    let slow = ["many/slos/long", "many/slos/long/alerts/2", "many/slos/long/alerts/3"];
    let rest = ["many/slos", "many/slos/alerts/2", "many/slos/alerts/3"].into_iter().chain(slow);
    assert_eq!(names, raw.chain(rest.map(str::to_owned)).collect::<Vec<_>>());
    let dir = written(&artifacts);
    check_rules("a service of many SLOs", &[dir.path().join("prometheus/many.rules.yaml")]);
    let counted = |side: &str| format!("sum(sum_over_time(slo:{side}_events:increase30s{{slo='s119'}}[1h]))");
    Play::of("version: slowburn/v1\n", &source)
        .series("x_total{n='119',code='200'}", "1000+9x60")
        .series("x_total{n='119',code='500'}", "10+1x60")
        .until("12m")
        .is("12m", &counted("total"), "240")
        .is("12m", &counted("bad"), "24")
        .run();
}

/// Each of these rules reads what the one before has just recorded. Groups are evaluated at moments of their own: in two groups it would be read
/// sometimes now and sometimes at the next evaluation, and some events would be counted twice.
#[test]
fn the_rules_that_count_the_events_of_an_slo_are_in_one_group() {
    let slo = |number: usize| {
        format!(
            "  s{number}: {{ objective: 99%, sli: {{ total: 'x_total{{n=\"{number}\"}}', bad: 'x_total{{n=\"{number}\",code=\"500\"}}' }} }}\n"
        )
    };
    for (count, project, file) in [
        (60, "version: slowburn/v1\n", "prometheus/many.rules.yaml"),
        (25, "version: slowburn/v1\n", "prometheus/many.rules.yaml"),
        (7, "version: slowburn/v1\ntargets: { mimir: {} }\n", "mimir/many.rules.yaml"),
        (7, "version: slowburn/v1\ntargets: { mimir: { max_rules: 12 } }\n", "mimir/many.rules.yaml"),
    ] {
        let slos: String = (0..count).map(slo).collect();
        let source = format!("version: slowburn/v1\nservice: many\nslos:\n{slos}");
        let artifacts = compiled(&[("slos/slowburn.yaml", project), ("slos/many.yaml", &source)]);
        let groups = groups(&artifacts[file]);
        for number in 0..count {
            let labels = format!("slo=\"s{number}\"");
            // A rule of all SLOs names none.
            let is_of = |rule: &Value, record: &str| {
                let expr = rule["expr"].as_str().unwrap();
                let own = rule["labels"].get("slo").is_some_and(|slo| *slo == format!("s{number}"));
                rule.get("record").is_some_and(|name| *name == record)
                    && (own
                        || !expr.contains("slo=") && rule.get("labels").is_none()
                        || expr.contains(&labels))
            };
            let place = |record: &str| {
                let of = |group: &Value| {
                    group["rules"].as_sequence().unwrap().iter().any(|rule| is_of(rule, record))
                };
                groups.iter().position(of)
            };
            let shown = place("slo:events:shown");
            assert!(shown.is_some(), "{file} {number}");
            for record in ["gained", "counted"].map(|name| format!("slo:events:{name}")) {
                assert_eq!(place(&record), shown, "{file} {number} {record}");
            }
            for side in ["total", "bad"] {
                assert_eq!(place(&format!("slo:{side}_events:increase30s")), shown, "{file} {number} {side}");
            }
        }
    }
}

#[test]
fn files_read_independently_match_the_plan() {
    for service in plan().services {
        let text = fs::read_to_string(here(&format!("out/prometheus/{}.rules.yaml", service.name))).unwrap();
        let written = groups(&text);
        let planned: Vec<_> = service
            .groups
            .iter()
            .chain(&service.companions)
            .chain(&service.silencing)
            .chain(&service.missing)
            .collect();
        assert_eq!(written.len(), planned.len(), "{}", service.name);
        for (written, planned) in written.iter().zip(planned) {
            assert_eq!(written["name"], Value::from(planned.name.as_str()));
            assert_eq!(Duration::parse(written["interval"].as_str().unwrap()), Some(planned.interval));
            let rules = written["rules"].as_sequence().unwrap();
            assert_eq!(rules.len(), planned.rules.len(), "{}", planned.name);
            for (written, planned) in rules.iter().zip(&planned.rules) {
                let kind = if matches!(planned.makes, RuleOutput::Record(_)) { "record" } else { "alert" };
                assert_eq!(written[kind], Value::from(planned.name()));
                let expr = slowburn::promql::parse(written["expr"].as_str().unwrap()).unwrap();
                let [expr, wanted] =
                    [&expr, &planned.expr].map(|expr| slowburn::promql::without_parens(expr).to_string());
                assert_eq!(expr, wanted);
                for (label, value) in planned.labels.iter() {
                    assert_eq!(written["labels"][label.as_str()], Value::from(value.as_str()));
                }
                let labels = written.get("labels").map_or(0, |labels| labels.as_mapping().unwrap().len());
                assert_eq!(labels, planned.labels.iter().count());
            }
        }
    }
}

#[test]
fn thresholds_are_exact_decimals() {
    for path in files(&here("out/prometheus"), ".rules.yaml") {
        let text = fs::read_to_string(&path).unwrap();
        for sloppy in ["0000000", "9999999"] {
            assert!(!text.contains(sloppy), "{}: {sloppy}", path.display());
        }
    }
}

/// The checks of own series compute the names without making the rules of every SLO.
#[test]
fn recorded_names_depend_only_on_the_form_of_an_slo() {
    let mut projects: Vec<Sources> = files(&here("tests/cases"), ".yaml")
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            Sources::new(vec![SourceFile { path: "slos/case.yaml".to_owned(), text }])
        })
        .collect();
    projects.push(Sources::new(own()));
    let mut seen = 0;
    for sources in projects {
        let model = slowburn::model_of(&sources);
        let facts = derive::derive(&model);
        for (service, plan) in facts.services.iter().zip(lower::lower(&facts).services) {
            let made = |rule: &Rule| match &rule.makes {
                RuleOutput::Record(name) => Some((name.clone(), rule.labels.keys().cloned().collect())),
                RuleOutput::Alert(_) => None,
            };
            type Names = Vec<(String, Vec<String>)>;
            let mut known: Vec<(&str, Names)> = Vec::new();
            for recorded in (lower::RULES.recorded)(&model, service) {
                known.extend(recorded.slos.iter().map(|slo| (slo.name.as_str(), recorded.names.clone())));
            }
            known.sort();
            let rules =
                |slo: &SloPlan| slo.groups.iter().flat_map(|group| &group.rules).filter_map(made).collect();
            let mut truth: Vec<_> =
                plan.slos.iter().map(|slo| (slo.promise.slo.as_str(), rules(slo))).collect();
            truth.sort();
            assert_eq!(known, truth);
            seen += known.len();
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn series_that_differ_only_in_a_label_of_the_alert_fire_once() {
    // Prometheus refuses two alerts with the same labels, and then sends none of the rule.
    for label in ["service", "severity", "owner"] {
        Play::of(
            "version: slowburn/v1\n",
            "version: slowburn/v1\nservice: shop\nowner: web\nalerts:\n  queue: { expr: 'queue_length > 5', for: 1m, severity: ticket }\n",
        )
        .series(&format!("queue_length{{queue=\"mail\",{label}=\"one\"}}"), "9x20")
        .series(&format!("queue_length{{queue=\"mail\",{label}=\"other\"}}"), "8x20")
        .series("queue_length{queue=\"print\"}", "7x20")
        .firing("8m", "ShopQueue", 2)
        .is("8m", "count(ALERTS{queue=\"mail\",service=\"shop\",severity=\"ticket\"})", "1")
        .until("9m")
        .run();
    }
}

/// Windows so short that proofs are short.
const BRIEF: &str = "version: slowburn/v1\nperiod: 1d\npolicy: brief\npolicies:\n  brief:\n    tiers:\n      - { severity: page, budget: 10%, long: 30m, short: 5m }\n      - { severity: ticket, budget: 25%, long: 2h, short: 10m }\n";

#[test]
fn what_has_a_result_without_series_is_never_missing() {
    for (sli, alone) in [
        ("condition: (absent(shop_closed) or shop_closed) == 1", true),
        ("condition: (absent(shop_closed) or shop_closed) > 1", true),
        ("probe: shop_open or vector(0)", true),
        ("probe: vector(scalar(shop_open))", true),
        ("bad_ratio: shop_errors_ratio or vector(0)", true),
        ("condition: vector(scalar(shop_open)) > 0", false),
        ("condition: (absent(absent(shop_open)) or shop_open) == 1", false),
    ] {
        let source = format!(
            "version: slowburn/v1\nservice: shop\nslos:\n  open: {{ objective: 99%, sli: {{ {sli} }} }}\n"
        );
        let artifacts = compiled(&[("slos/slowburn.yaml", BRIEF), ("slos/shop.yaml", &source)]);
        let rules = &artifacts["prometheus/shop.rules.yaml"];
        assert_eq!(!rules.contains("alert: ShopEventsMissing"), alone, "{sli}");
        if !artifacts.keys().any(|path| path.starts_with("promtool/")) {
            continue;
        }
        let folder = written(&artifacts);
        let failed = test_rules(&promtool().unwrap(), files(&folder.path().join("promtool"), ".yaml"));
        assert!(failed.is_empty(), "{sli}: {}", failed.join("\n"));
    }
}
