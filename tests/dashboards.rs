//! Dashboards: their parts fit together, and their queries read only recorded series and return data.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use slowburn::artifact::Artifacts;
use slowburn::model::Model;
use slowburn::plan::{Event, Promise};
use slowburn::promql;
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::Decimal;
use support::dashboards::{self, Chosen, Dashboard};
use support::prometheus::{Server, prometheus};
use support::rules::{files, groups, run, written};
use support::samples::{STEPS, made_up, series};
use support::{promtool, skipped};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files in `out/`.
fn out() -> Artifacts {
    let mut artifacts = Artifacts::new();
    for (folder, end) in [("prometheus", ".yaml"), ("grafana/dashboards", ".json")] {
        for path in files(&here("out").join(folder), end) {
            let name = path.file_name().unwrap().to_str().unwrap();
            artifacts.insert(format!("{folder}/{name}"), fs::read_to_string(&path).unwrap());
        }
    }
    artifacts
}

/// A case of `tests/cases` in this language.
fn case(name: &str, language: &str) -> Artifacts {
    let text = fs::read_to_string(here(&format!("tests/cases/{name}.yaml"))).unwrap();
    let (project, service) = text.split_once("---\n").unwrap_or(("version: slowburn/v1\n", &text));
    let project = project.lines().filter(|line| !line.starts_with("language:")).collect::<Vec<_>>();
    let project = format!("{}\nlanguage: {language}\n", project.join("\n"));
    unproven(&[("slos/slowburn.yaml", &project), ("slos/service.yaml", service)])
}

/// The compiled files without the proofs, which take longer than all others.
fn unproven(files: &[(&str, &str)]) -> Artifacts {
    let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).into(), text: (*text).into() };
    let compiled = slowburn::compile(&Sources::new(files.iter().map(file).collect()));
    let targets: Vec<_> = slowburn::emit::TARGETS.iter().filter(|target| !target.proves).collect();
    compiled.artifacts_of(&targets).unwrap_or_else(|| panic!("{:#?}", compiled.problems))
}

/// `out/` and every case in every language.
static EVERYTHING: LazyLock<Vec<(String, Artifacts)>> = LazyLock::new(|| {
    let mut all = vec![("out".to_owned(), out())];
    for path in files(&here("tests/cases"), ".yaml") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        for language in ["en", "es"] {
            all.push((format!("{name}, {language}"), case(name, language)));
        }
    }
    all
});

fn dashboards(of: &str, artifacts: &Artifacts) -> Vec<Dashboard> {
    let json = artifacts.iter().filter(|(path, _)| path.starts_with("grafana/dashboards/"));
    json.map(|(path, text)| Dashboard::read(&format!("{of} {path}"), text)).collect()
}

/// All dashboards.
fn all() -> Vec<Dashboard> {
    EVERYTHING.iter().flat_map(|(of, artifacts)| dashboards(of, artifacts)).collect()
}

#[test]
fn there_is_one_per_service_one_of_all_and_one_of_every_slo() {
    let artifacts = out();
    let names = |folder: &str, end: &str| -> BTreeSet<String> {
        let inside = artifacts.keys().filter_map(|path| path.strip_prefix(folder)?.strip_suffix(end));
        inside.map(str::to_owned).collect()
    };
    let mut expected = names("prometheus/", ".rules.yaml");
    expected.extend(["overview", "slo"].map(str::to_owned));
    assert_eq!(names("grafana/dashboards/", ".json"), expected);
    assert!(expected.len() > 5);
}

#[test]
fn identities_are_valid_and_differ() {
    for (of, artifacts) in EVERYTHING.iter() {
        let dashboards = dashboards(of, artifacts);
        let uids: BTreeSet<&str> =
            dashboards.iter().map(|dashboard| dashboard.json["uid"].as_str().unwrap()).collect();
        assert_eq!(uids.len(), dashboards.len(), "{of}");
        for uid in uids {
            let valid = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            assert!((1..=40).contains(&uid.len()) && uid.chars().all(valid), "{of}: {uid}");
        }
    }
}

/// `overview` and `slo` are possible names of services, and a name of 60 letters is too long for Grafana.
#[test]
fn unusual_names_of_services_get_dashboards_too() {
    let source = |name: &str| {
        format!(
            "version: slowburn/v1\nservice: {name}\nslos:\n  a:\n    objective: 99%\n    sli: {{ probe: \"up{{job='x'}}\" }}\n    by: [datasource]\n"
        )
    };
    let names = ["overview".to_owned(), "slo".to_owned(), "b".repeat(60), format!("{}c", "b".repeat(59))];
    let sources = names.clone().map(|name| (format!("{name}.yaml"), source(&name)));
    let files: Vec<(&str, &str)> =
        sources.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let artifacts = unproven(&files);
    let dashboards = dashboards("", &artifacts);
    assert_eq!(dashboards.len(), 6);
    let uids: BTreeSet<&str> =
        dashboards.iter().map(|dashboard| dashboard.json["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), 6);
    assert!(uids.iter().all(|uid| uid.len() <= 40), "{uids:?}");
    // Tables lead to them, too: they query dashboards with other names.
    let rules: String = artifacts
        .iter()
        .filter(|(path, _)| path.starts_with("prometheus/"))
        .map(|(_, text)| text.as_str())
        .collect();
    assert!(
        uids.iter().filter(|uid| uid.len() == 40).all(|uid| rules.contains(&format!("dashboard: {uid},")))
    );
    assert_eq!(rules.matches("dashboard: ").count(), 2);
}

#[test]
fn panels_have_unique_ids_and_do_not_overlap() {
    for dashboard in all() {
        let mut ids = BTreeSet::new();
        let mut taken = BTreeMap::new();
        let ids_of_all =
            dashboard.panels().into_iter().all(|panel| ids.insert(panel["id"].as_u64().unwrap()));
        assert!(ids_of_all && !ids.contains(&0), "{}", dashboard.name);
        for panel in dashboard.json["panels"].as_array().unwrap() {
            let id = panel["id"].as_u64().unwrap();
            let grid = |side: &str| panel["gridPos"][side].as_u64().unwrap();
            let (x, y, w, h) = (grid("x"), grid("y"), grid("w"), grid("h"));
            assert!(w > 0 && h > 0 && x + w <= 24, "{} #{id}", dashboard.name);
            for column in x..x + w {
                for line in y..y + h {
                    let other = taken.insert((column, line), id);
                    assert_eq!(other, None, "{} #{id}", dashboard.name);
                }
            }
        }
    }
}

#[test]
fn every_panel_explains_itself_and_has_a_unit_and_thresholds() {
    let mut seen = BTreeSet::new();
    for dashboard in all() {
        let described = dashboard.json["description"].as_str().unwrap();
        assert!(described.starts_with("Compiled by slowburn: "), "{}", dashboard.name);
        assert_eq!(dashboard.json["editable"], false);
        for panel in dashboard.panels() {
            let place = format!("{} #{} {}", dashboard.name, panel["id"], panel["title"]);
            let kind = panel["type"].as_str().unwrap();
            seen.insert(kind.to_owned());
            if kind == "row" {
                continue;
            }
            let text = |part: &Value| part.as_str().is_some_and(|text| !text.is_empty());
            assert!(text(&panel["description"]), "{place}");
            if kind == "text" {
                assert!(text(&panel["options"]["content"]), "{place}");
                continue;
            }
            assert!(text(&panel["title"]), "{place}");
            let defaults = &panel["fieldConfig"]["defaults"];
            assert!(text(&defaults["unit"]) && text(&defaults["noValue"]), "{place}");
            let steps = defaults["thresholds"]["steps"].as_array().unwrap();
            assert!(!steps.is_empty() && steps[0]["value"].is_null(), "{place}");
            let numbers: Vec<f64> = steps[1..].iter().map(|step| step["value"].as_f64().unwrap()).collect();
            assert!(numbers.is_sorted(), "{place}: {numbers:?}");
            let targets = panel["targets"].as_array().unwrap();
            let names: BTreeSet<String> = targets.iter().map(|target| target["refId"].to_string()).collect();
            assert!(!targets.is_empty() && names.len() == targets.len(), "{place}");
            for target in targets {
                assert_eq!(target["datasource"]["uid"], "${datasource}", "{place}");
                assert_ne!(target["instant"], target["range"], "{place}");
                let series = ["timeseries", "state-timeline"].contains(&kind);
                assert_eq!(target["range"].as_bool().unwrap(), series, "{place}");
                assert!(!series || text(&target["legendFormat"]), "{place}");
            }
        }
    }
    let kinds = ["row", "stat", "state-timeline", "table", "text", "timeseries"];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), kinds);
}

/// The names of all recorded series.
fn recorded(artifacts: &Artifacts) -> BTreeSet<String> {
    let rules = artifacts.iter().filter(|(path, _)| path.starts_with("prometheus/"));
    let groups = rules.flat_map(|(_, text)| groups(text));
    let rules = groups.flat_map(|group| group["rules"].as_sequence().unwrap().clone());
    rules.filter_map(|rule| Some(rule.get("record")?.as_str()?.to_owned())).collect()
}

/// The names of all alerts.
fn alerts(artifacts: &Artifacts) -> BTreeSet<String> {
    let rules = artifacts.iter().filter(|(path, _)| path.starts_with("prometheus/"));
    let groups = rules.flat_map(|(_, text)| groups(text));
    let rules = groups.flat_map(|group| group["rules"].as_sequence().unwrap().clone());
    rules.filter_map(|rule| Some(rule.get("alert")?.as_str()?.to_owned())).collect()
}

/// With values for its variables, every query is valid PromQL, and every recorded series and alert in it exists.
#[test]
fn queries_are_promql_and_name_nothing_that_does_not_exist() {
    let all: BTreeSet<String> = EVERYTHING.iter().flat_map(|(_, artifacts)| alerts(artifacts)).collect();
    for (of, artifacts) in EVERYTHING.iter() {
        let recorded = recorded(artifacts);
        for dashboard in dashboards(of, artifacts) {
            let chosen = chosen(&dashboard).swap_remove(0);
            // The dashboard of all SLOs uses names that some SLO has, in any project.
            let made = if dashboard.is_of_one() { &all } else { &alerts(artifacts) };
            for query in dashboard.queries().iter().chain(&dashboard.annotations()) {
                let filled = query.filled(&chosen);
                assert!(!filled.contains('$') || filled.contains("slo-$1"), "{}\n{filled}", query.place);
                let (expr, kind) = promql::read(&filled).unwrap_or_else(|faults| {
                    panic!("{}\n{filled}\n{faults:?}", query.place);
                });
                assert_eq!(kind, promql::Type::Vector, "{}", query.place);
                for selector in expr.selectors() {
                    for matcher in selector.matchers.iter().filter(|matcher| matcher.label == "alertname") {
                        let asked = matcher.asked();
                        let found = made.iter().any(|alert| asked.meets(alert) == Some(true));
                        assert!(found, "{}: {}", query.place, matcher.value);
                    }
                    // The dashboard of all SLOs uses all names; some of them do not exist in this project.
                    let name = selector.name.as_deref().unwrap_or_default();
                    if name.contains(':') && !dashboard.is_of_one() {
                        assert!(recorded.contains(name), "{}: {name}", query.place);
                    }
                }
            }
        }
    }
}

/// Raw series are read over the rate interval, in panels that show hours; never over days.
#[test]
fn no_query_reads_raw_series_over_long_ranges() {
    use slowburn::promql::ast::{Kind, Time};
    for dashboard in all() {
        let chosen = chosen(&dashboard).swap_remove(0);
        for panel in dashboard.panels() {
            for query in dashboard.asked_by(panel) {
                let expr = promql::parse(&query.over(&chosen, "7m", "5m")).unwrap();
                let mut raw = false;
                expr.visit(&mut |part| match &part.kind {
                    Kind::Range { range: Time::Fixed(range), .. } => {
                        assert!(range.secs() <= 15 * 60, "{} {}", dashboard.name, panel["title"]);
                    }
                    Kind::Selector(selector) => {
                        raw |= selector
                            .name
                            .as_deref()
                            .is_some_and(|name| !name.contains(':') && !name.starts_with("ALERTS"));
                    }
                    _ => {}
                });
                let histogram = query.expr.contains("$__rate_interval");
                if (raw || histogram) && panel["type"] == "timeseries" {
                    assert_eq!(panel["timeFrom"], "6h", "{} {}", dashboard.name, panel["title"]);
                }
            }
        }
    }
}

/// The promise to show can be selected by the labels of `by`, whatever their names are, and all queries use the selection.
#[test]
fn one_of_the_promises_of_an_slo_can_be_chosen() {
    let artifacts = case("one-promise-per-two-labels", "en");
    let dashboard = Dashboard::read("slo", &artifacts["grafana/dashboards/slo.json"]);
    let mut asked = 0;
    for query in dashboard.queries() {
        let series = query.expr.split('{').skip(1).map(|rest| rest.split('}').next().unwrap());
        let all = query.expr.split("slo=~\"$slo\"").count() - 1;
        let chosen = query.expr.matches("slo=~\"$slo\",${by:raw}").count();
        // Facts from the compiler and hours are the same for all promises.
        let known = query.expr.matches("slo:definition:info{").count()
            + query.expr.matches("slo:agreed_service_time:bool{").count();
        assert_eq!(all, chosen + known, "{}\n{}", query.place, query.expr);
        asked += series.count();
    }
    assert!(asked > 100);
}

/// Grafana inserts label names and values unescaped. A value that would break a matcher cannot be selected, because all queries would fail.
#[test]
fn values_that_grafana_cannot_quote_are_not_offered() {
    let artifacts = case("one-promise-per-two-labels", "en");
    let dashboard = Dashboard::read("slo", &artifacts["grafana/dashboards/slo.json"]);
    let variables = dashboard.variables();
    let by = variables.iter().find(|variable| variable["name"] == "by").unwrap();
    let pattern = by["regex"].as_str().unwrap().strip_prefix('/').unwrap().strip_suffix('/').unwrap();
    let pattern = regex_automata::meta::Regex::new(pattern).unwrap();
    for (labels, offered) in [
        (r#"env="test",role="d b{}""#, true),
        (r#"env="",role="a,b=c""#, true),
        (r#"env="te"st""#, false),
        (r#"env="a\b",role="db""#, false),
        (r#"env="test",http.route="/a""#, false),
        (r#"env="a"} or vector(1) or up{a="""#, false),
        ("", false),
    ] {
        let said = format!("{{{labels}}} 1 1700000000000");
        let mut captures = pattern.create_captures();
        pattern.captures(&said, &mut captures);
        let found = captures.get_group(1).map(|span| &said[span.range()]);
        assert_eq!(found, offered.then_some(labels));
        assert!(!offered || promql::parse(&format!("up{{{labels}}}")).is_ok(), "{labels}");
    }
}

/// It is the same in all projects, except for the language.
#[test]
fn the_screen_of_an_slo_is_one_for_all_projects() {
    for language in ["en", "es"] {
        let of_language = EVERYTHING.iter().filter(|(of, _)| of.ends_with(&format!(", {language}")));
        let screens = of_language.filter_map(|(_, artifacts)| artifacts.get("grafana/dashboards/slo.json"));
        assert_eq!(screens.collect::<BTreeSet<&String>>().len(), 1, "{language}");
    }
}

/// Texts of dashboards are Markdown in which Grafana replaces variables. Texts of the sources must stay text.
#[test]
fn hostile_texts_have_no_effect() {
    for language in ["en", "es"] {
        let artifacts = case("texts-of-every-kind", language);
        let dashboard = Dashboard::read("mail", &artifacts["grafana/dashboards/mail.json"]);
        let mut texts = vec![dashboard.json["description"].as_str().unwrap().to_owned()];
        for panel in dashboard.panels() {
            let parts = [&panel["title"], &panel["description"], &panel["options"]["content"]];
            texts.extend(parts.into_iter().filter_map(Value::as_str).map(str::to_owned));
        }
        let all = texts.join("\n");
        for hostile in ["<script", "{{", "${", "$value", "$labels", "[[", "<<", "<%", "`"] {
            assert!(!all.contains(hostile), "{hostile}");
        }
        // But it is there.
        assert!(all.contains("&#123;&#123; nobody &#125;&#125; &#96;x&#96;"), "{all}");
        // On the dashboard of an SLO, texts come from a label, and tables do not interpret Markdown.
        let rules = &artifacts["prometheus/mail.rules.yaml"];
        let known: Vec<&str> = rules.lines().filter(|line| line.contains("budget_seconds")).collect();
        assert!(!known.is_empty());
        for label in known {
            assert!(slowburn::inert::is_seen(label), "{label}");
        }
        assert!(rules.contains("<script>alert(1)</script>"));
    }
}

/// Links are web addresses without variables.
#[test]
fn addresses_of_the_sources_are_links_only_if_they_are_of_the_web() {
    let source = |url: &str| {
        format!(
            "version: slowburn/v1\nservice: mail\nannotations: {{ source_url: {0:?} }}\nslos:\n  a:\n    objective: 99%\n    sli: {{ probe: \"up{{job='x'}}\" }}\n",
            url
        )
    };
    let links = |url: &str| {
        let artifacts = unproven(&[("slos/mail.yaml", &source(url))]);
        let dashboard = Dashboard::read("mail", &artifacts["grafana/dashboards/mail.json"]);
        let links = dashboard.json["links"].as_array().unwrap().clone();
        let urls = links.iter().filter_map(|link| link["url"].as_str());
        urls.filter(|url| !url.starts_with("/d/")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(links("https://wiki/x?a=b#c"), ["https://wiki/x?a=b#c"]);
    assert_eq!(
        links("https://wiki/${__user.login}/ñ \"<"),
        ["https://wiki/%24%7B__user.login%7D/%C3%B1%20%22%3C"]
    );
    for url in ["javascript:alert(1)", "//wiki", "data:text/html,x", " https://x", "runbook"] {
        assert!(links(url).is_empty(), "{url}");
    }
}

#[test]
fn dashboards_link_to_dashboards_that_are_there() {
    for (of, artifacts) in EVERYTHING.iter() {
        let all = dashboards(of, artifacts);
        for dashboard in all.iter().filter(|dashboard| !dashboard.is_of_one()) {
            let links = dashboard.json["links"].as_array().unwrap();
            for uid in links.iter().filter_map(|link| link["url"].as_str()?.strip_prefix("/d/")) {
                assert!(all.iter().any(|dashboard| dashboard.json["uid"] == uid), "{of}: /d/{uid}");
            }
        }
    }
}

#[test]
fn dashboards_of_a_small_case() {
    let artifacts = case("spanish", "es");
    for (path, text) in artifacts.iter().filter(|(path, _)| path.starts_with("grafana/")) {
        let name = path.trim_start_matches("grafana/").replace(['/', '.'], "-");
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("grafana-{name}"), text);
        });
    }
}

/// The model of `slos/`.
static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let paths = files(&here("slos"), ".yaml").into_iter().chain(files(&here("slos/metrics"), ".prom"));
    let file = |path: PathBuf| SourceFile {
        path: path.strip_prefix(here("")).unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(path).unwrap(),
    };
    let compiled = slowburn::compile(&Sources::new(paths.map(file).collect()));
    compiled.model.unwrap_or_else(|| panic!("{:#?}", compiled.problems))
});

/// The SLOs with enough events in that hour. Evaluations of a state are less frequent than events of services.
fn judged() -> BTreeSet<(String, String)> {
    let seen = |promise: &Promise| if promise.event == Event::Occurrence { 40 * STEPS } else { STEPS - 10 };
    // A test begins in 1970, at night in the time zone of this project.
    let held = promises().into_iter().filter(|promise| promise.agreed.is_none());
    let enough = held.filter(|promise| promise.enough_events <= Decimal::from(seen(promise)));
    enough.map(|promise| (promise.service, promise.slo)).collect()
}

/// The promises of `slos/`.
fn promises() -> Vec<Promise> {
    let services = slowburn::plan_of(&MODEL).services;
    services.into_iter().flat_map(|service| service.slos).map(|slo| slo.promise).collect()
}

/// The selections on a dashboard: everything, or each SLO.
fn chosen(dashboard: &Dashboard) -> Vec<Chosen> {
    if !dashboard.is_of_one() {
        return vec![dashboards::all()];
    }
    let severities = slowburn::plan_of(&MODEL).project.severities;
    promises().iter().map(|promise| dashboards::of(promise, &severities)).collect()
}

/// Every panel with queries, with its selections.
fn asking(dashboard: &Dashboard) -> Vec<(Chosen, &Value)> {
    let panels = || dashboard.panels().into_iter().filter(|panel| panel["targets"].is_array());
    chosen(dashboard)
        .into_iter()
        .flat_map(|chosen| panels().map(move |panel| (chosen.clone(), panel)))
        .collect()
}

/// The queries of a panel that must return data: one of several for states, and none for tiers that the SLO does not have, or for the begin of
/// alerts.
fn answers(dashboard: &Dashboard, panel: &Value, chosen: &Chosen) -> Vec<String> {
    let filled: Vec<String> = dashboard.asked_by(panel).iter().map(|query| query.filled(chosen)).collect();
    match panel["type"].as_str().unwrap() {
        "state-timeline" => {
            vec![filled.iter().map(|expr| format!("({expr})")).collect::<Vec<_>>().join(" or ")]
        }
        _ => {
            let may_be_none = ["vector(0)", "ratio_rate\"", "ALERTS_FOR_STATE"];
            let none = |expr: &String| {
                may_be_none.iter().any(|part| expr.contains(part)) || dashboards::is_even_spend(expr)
            };
            filled.into_iter().filter(|expr| !none(expr)).collect()
        }
    }
}

/// Every query of every panel is evaluated by the engine itself, on the results of the rules for an hour with an outage.
#[test]
fn every_query_has_an_answer_from_the_rules() {
    let Some(promtool) = promtool() else {
        return skipped("queries of dashboards over the rules: there is no promtool");
    };
    let mut artifacts = out();
    let quoted = |text: &str| Value::from(text).to_string();
    let rules: Vec<String> = artifacts.keys().filter(|path| path.ends_with(".rules.yaml")).cloned().collect();
    let names = rules
        .iter()
        .flat_map(|path| groups(&artifacts[path]))
        .map(|group| group["name"].as_str().unwrap().to_owned());
    let mut test = format!(
        "rule_files: {}\nevaluation_interval: 30s\ngroup_eval_order: {}\n",
        Value::from_iter(rules.iter().map(|path| format!("../{path}"))),
        Value::from_iter(names),
    );
    test += "tests:\n  - interval: 30s\n    input_series:\n";
    for (name, values) in series(&MODEL) {
        test += &format!("      - {{ series: {}, values: {} }}\n", quoted(&name), quoted(&values));
    }
    test += "    promql_expr_test:\n";
    let judged = judged();
    assert!(judged.len() > 15);
    let mut asked = BTreeSet::new();
    for dashboard in dashboards("", &artifacts) {
        for (chosen, panel) in asking(&dashboard) {
            for filled in answers(&dashboard, panel, &chosen) {
                if asked.insert(filled.clone()) {
                    // Only NaN is different from itself.
                    let own = match dashboard.is_of_one() {
                        true => judged.contains(&(chosen["service"].clone(), chosen["slo"].clone())),
                        // At least one of its SLOs is judged.
                        false => judged.iter().any(|(service, _)| {
                            dashboard.name.ends_with(&format!("/{service}.json"))
                                || dashboard.name.ends_with("/overview.json")
                        }),
                    };
                    let known = if own { format!("({filled}) == ({filled})") } else { filled };
                    test += &format!("      - expr: {}\n", quoted(&format!("count({known}) > bool 0")));
                    test += "        eval_time: 1h\n        exp_samples: [{ labels: '{}', value: 1 }]\n";
                }
            }
        }
    }
    assert!(asked.len() > 900, "{}", asked.len());
    artifacts.insert("promtool/dashboards.yaml".to_owned(), test);
    let dir = written(&artifacts);
    if let Err(said) = run(&promtool, &["test", "rules"], &[dir.path().join("promtool/dashboards.yaml")]) {
        panic!("{said}");
    }
}

/// A real Prometheus answers every query as Grafana sends it: over a range, with values for variables, and with data.
#[test]
fn a_real_prometheus_answers_every_query() {
    let (Some(promtool), Some(prometheus)) = (promtool(), prometheus()) else {
        return skipped("queries of dashboards in a real Prometheus: there is none");
    };
    let dir = tempfile::tempdir().unwrap();
    let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 60 * 60;
    let folder = env::var_os("SLOWBURN_KEEP").map_or_else(|| dir.path().to_owned(), PathBuf::from);
    let days = env::var("SLOWBURN_DAYS").map_or(1, |days| days.parse().unwrap());
    let samples = folder.join("samples.txt");
    fs::write(&samples, made_up(&MODEL, end, days)).unwrap();
    fs::write(folder.join("prometheus.yml"), "global: {}\n").unwrap();
    let data = folder.join("data");
    let blocks = ["tsdb", "create-blocks-from", "openmetrics", "--quiet"];
    run(&promtool, &blocks, &[samples, data]).unwrap_or_else(|said| panic!("{said}"));
    let server = Server::start(&prometheus, &folder);
    let mut faults = Vec::new();
    let mut asked = 0;
    for dashboard in dashboards("", &out()) {
        for (chosen, panel) in asking(&dashboard) {
            let ranged = ["timeseries", "state-timeline"].contains(&panel["type"].as_str().unwrap());
            for filled in answers(&dashboard, panel, &chosen) {
                let answer = match ranged {
                    false => server.query(&filled, end),
                    true => server.query_range(&filled, end - 3600, end, 300),
                };
                asked += 1;
                let place = format!("{} {} {:?}", dashboard.name, panel["title"], chosen.get("slo"));
                match answer {
                    Ok(series) if series.is_empty() => faults.push(format!("{place}: nothing\n{filled}")),
                    Ok(_) => {}
                    Err(fault) => faults.push(format!("{place}: {fault}\n{filled}")),
                }
            }
        }
        // `label_values(series, label)` is a function of Grafana.
        for variable in dashboard.variables().iter().filter(|variable| variable["hide"] == 0) {
            let query = variable["definition"].as_str().unwrap();
            let Some(inner) = query.strip_prefix("label_values(") else { continue };
            let (series, label) = inner.strip_suffix(')').unwrap().rsplit_once(", ").unwrap();
            let series = series.replace("$owner", ".*").replace("$service", ".*");
            let answer = server.query(&format!("count by ({label}) ({series})"), end).unwrap();
            let found = answer.iter().filter(|series| series["metric"].get(label).is_some()).count();
            assert!(found > 1, "{}: {query}", dashboard.name);
        }
    }
    assert!(asked > 900, "{asked}");
    assert!(faults.is_empty(), "{} of {asked}\n{}", faults.len(), faults.join("\n"));
}
