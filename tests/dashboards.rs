//! Dashboards: what is in them fits together, asks only for what is recorded, and has an answer.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use slowburn::artifact::Artifacts;
use slowburn::model::{Behaviour, Labels, Model, Series};
use slowburn::plan::{Event, Makes};
use slowburn::promql;
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::Decimal;
use support::dashboards::Dashboard;
use support::prometheus::{Server, prometheus};
use support::rules::{files, groups, run, written};
use support::{promtool, skipped};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What is in `out/`.
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

/// A case of `tests/cases`; whatever project it has, in this language.
fn case(name: &str, language: &str) -> Artifacts {
    let text = fs::read_to_string(here(&format!("tests/cases/{name}.yaml"))).unwrap();
    let (project, service) = text.split_once("---\n").unwrap_or(("version: slowburn/v1\n", &text));
    let project = project.lines().filter(|line| !line.starts_with("language:")).collect::<Vec<_>>();
    let project = format!("{}\nlanguage: {language}\n", project.join("\n"));
    unproven(&[("slos/slowburn.yaml", &project), ("slos/service.yaml", service)])
}

/// What sources compile to, without the proofs, which take longer than all the rest.
fn unproven(files: &[(&str, &str)]) -> Artifacts {
    let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).into(), text: (*text).into() };
    let compiled = slowburn::compile(&Sources::new(files.iter().map(file).collect()));
    slowburn::emit::emit(&compiled.plan().unwrap_or_else(|| panic!("{:#?}", compiled.problems)))
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

/// Every dashboard there is.
fn all() -> Vec<Dashboard> {
    EVERYTHING.iter().flat_map(|(of, artifacts)| dashboards(of, artifacts)).collect()
}

#[test]
fn there_is_one_per_service_and_one_of_all() {
    let artifacts = out();
    let names = |folder: &str, end: &str| -> BTreeSet<String> {
        let inside = artifacts.keys().filter_map(|path| path.strip_prefix(folder)?.strip_suffix(end));
        inside.map(str::to_owned).collect()
    };
    let mut expected = names("prometheus/", ".rules.yaml");
    expected.insert("overview".to_owned());
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

/// `overview` is a name like any other, and one of 60 letters is too long for Grafana.
#[test]
fn unusual_names_of_services_get_dashboards_too() {
    let source = |name: &str| {
        format!(
            "version: slowburn/v1\nservice: {name}\nslos:\n  a:\n    objective: 99%\n    sli: {{ probe: \"up{{job='x'}}\" }}\n    by: [datasource]\n"
        )
    };
    let long = ["b".repeat(60), format!("{}c", "b".repeat(59))];
    let sources = [source("overview"), source(&long[0]), source(&long[1])];
    let artifacts = unproven(&[("a.yaml", &sources[0]), ("b.yaml", &sources[1]), ("c.yaml", &sources[2])]);
    let dashboards = dashboards("", &artifacts);
    assert_eq!(dashboards.len(), 4);
    let uids: BTreeSet<&str> =
        dashboards.iter().map(|dashboard| dashboard.json["uid"].as_str().unwrap()).collect();
    assert_eq!(uids.len(), 4);
    assert!(uids.iter().all(|uid| uid.len() <= 40), "{uids:?}");
    for dashboard in &dashboards {
        let names: Vec<&Value> = dashboard.json["templating"]["list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|variable| &variable["name"])
            .collect();
        let overview = dashboard.json["uid"] == "slo_overview";
        assert_eq!(names.len(), if overview { 1 } else { 2 });
        assert!(overview || names == ["datasource", "datasource_"], "{names:?}");
    }
    // The table of the overview leads to them all the same.
    let overview = dashboards.iter().find(|dashboard| dashboard.json["uid"] == "slo_overview").unwrap();
    let text = overview.json.to_string();
    assert!(uids.iter().filter(|uid| uid.len() == 40).all(|uid| text.contains(uid)));
}

#[test]
fn panels_have_numbers_of_their_own_and_do_not_overlap() {
    for dashboard in all() {
        let mut ids = BTreeSet::new();
        let mut taken = BTreeMap::new();
        for panel in dashboard.panels() {
            let id = panel["id"].as_u64().unwrap();
            assert!(id > 0 && ids.insert(id), "{} #{id}", dashboard.name);
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

/// Names of all series that the rules record.
fn recorded(artifacts: &Artifacts) -> BTreeSet<String> {
    let rules = artifacts.iter().filter(|(path, _)| path.starts_with("prometheus/"));
    let groups = rules.flat_map(|(_, text)| groups(text));
    let rules = groups.flat_map(|group| group["rules"].as_sequence().unwrap().clone());
    rules.filter_map(|rule| Some(rule.get("record")?.as_str()?.to_owned())).collect()
}

/// Names of all alerts.
fn alerts(artifacts: &Artifacts) -> BTreeSet<String> {
    let rules = artifacts.iter().filter(|(path, _)| path.starts_with("prometheus/"));
    let groups = rules.flat_map(|(_, text)| groups(text));
    let rules = groups.flat_map(|group| group["rules"].as_sequence().unwrap().clone());
    rules.filter_map(|rule| Some(rule.get("alert")?.as_str()?.to_owned())).collect()
}

/// With its variables filled in, every query is PromQL, and every recorded series and alert that it names is made by a rule.
#[test]
fn queries_are_promql_and_name_nothing_that_does_not_exist() {
    for (of, artifacts) in EVERYTHING.iter() {
        let (recorded, alerts) = (recorded(artifacts), alerts(artifacts));
        for dashboard in dashboards(of, artifacts) {
            let variables = dashboard.variables();
            for query in dashboard.queries().iter().chain(&dashboard.annotations()) {
                let filled = query.filled(&variables);
                assert!(!filled.contains('$') || filled.contains("slo-$1"), "{}\n{filled}", query.place);
                let (expr, kind) = promql::read(&filled).unwrap_or_else(|faults| {
                    panic!("{}\n{filled}\n{faults:?}", query.place);
                });
                assert_eq!(kind, promql::Type::Vector, "{}", query.place);
                for selector in expr.selectors() {
                    let name = selector.name.as_deref().unwrap();
                    if name == "ALERTS" {
                        let named = selector.matchers.iter().filter(|matcher| matcher.label == "alertname");
                        for matcher in named {
                            assert!(alerts.contains(&matcher.value), "{}: {}", query.place, matcher.value);
                        }
                    } else if name.contains(':') {
                        assert!(recorded.contains(name), "{}: {name}", query.place);
                    }
                }
            }
        }
    }
}

/// Raw series are read over the rate interval, in panels that show hours; nothing is read over days.
#[test]
fn no_query_reads_raw_series_over_long_ranges() {
    use slowburn::promql::ast::{Kind, Time};
    for dashboard in all() {
        for panel in dashboard.panels() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let expr = promql::parse(target["expr"].as_str().unwrap()).unwrap();
                let mut raw = false;
                expr.visit(&mut |part| match &part.kind {
                    Kind::Range { range: Time::Fixed(range), .. } => {
                        assert!(range.secs() <= 15 * 60, "{} {}", dashboard.name, panel["title"]);
                    }
                    Kind::Selector(selector) => {
                        raw |= selector
                            .name
                            .as_deref()
                            .is_none_or(|name| !name.contains(':') && name != "ALERTS");
                    }
                    _ => {}
                });
                let histogram = target["expr"].as_str().unwrap().contains("$__rate_interval");
                if raw || histogram {
                    assert_eq!(panel["timeFrom"], "6h", "{} {}", dashboard.name, panel["title"]);
                }
            }
        }
    }
}

/// A label that tells promises apart is a variable, and every query about such an SLO honours it.
#[test]
fn labels_that_are_kept_can_be_chosen() {
    let artifacts = case("one-promise-per-two-labels", "en");
    let dashboard = Dashboard::read("mail", &artifacts["grafana/dashboards/mail.json"]);
    assert_eq!(dashboard.variables(), ["region", "queue"]);
    for variable in &dashboard.json["templating"]["list"].as_array().unwrap()[1..] {
        assert_eq!((&variable["multi"], &variable["includeAll"]), (&Value::from(true), &Value::from(true)));
        let query = variable["query"]["query"].as_str().unwrap();
        let name = variable["name"].as_str().unwrap();
        assert_eq!(query, format!("label_values(slo:objective:ratio{{service=\"mail\"}}, {name})"));
    }
    let mut asked = 0;
    for query in dashboard.queries().iter().filter(|query| query.expr.contains("slo=\"delivery\"")) {
        for selector in promql::parse(&query.expr).unwrap().selectors() {
            let chosen: Vec<&str> = selector
                .matchers
                .iter()
                .filter(|matcher| matcher.value.starts_with('$'))
                .map(|matcher| matcher.label.as_str())
                .collect();
            assert_eq!(chosen, ["region", "queue"], "{}\n{}", query.place, query.expr);
            asked += 1;
        }
    }
    assert!(asked > 20);
}

/// A dashboard's texts are Markdown in which Grafana replaces variables: what a source says stays text.
#[test]
fn hostile_texts_come_out_inert() {
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
        // It is there all the same.
        assert!(
            all.contains("&#60;script&#62;alert(1)&#60;/script&#62; &#123;&#123; &#36;value &#125;&#125;"),
            "{all}"
        );
        assert!(all.contains("ñandú"));
        for query in dashboard.queries() {
            assert!(query.expr.contains("path=~\"$path\"") || !query.expr.contains("slo=\"delivery\""));
        }
    }
}

/// Links lead to the web, and nothing in them is a variable.
#[test]
fn addresses_of_the_sources_are_links_only_if_they_are_of_the_web() {
    let source = |url: &str| {
        format!(
            "version: slowburn/v1\nservice: mail\nannotations: {{ source_url: {0:?}, runbook_url: {0:?} }}\nslos:\n  a:\n    objective: 99%\n    sli: {{ probe: \"up{{job='x'}}\" }}\n",
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
    assert_eq!(links("https://wiki/x?a=b#c"), ["https://wiki/x?a=b#c"; 2]);
    assert_eq!(
        links("https://wiki/${__user.login}/ñ \"<"),
        ["https://wiki/%24%7B__user.login%7D/%C3%B1%20%22%3C"; 2]
    );
    for url in ["javascript:alert(1)", "//wiki", "data:text/html,x", " https://x", "runbook"] {
        assert!(links(url).is_empty(), "{url}");
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

/// What `slos/` means.
static MODEL: LazyLock<Model> = LazyLock::new(|| {
    let file = |path: PathBuf| SourceFile {
        path: format!("slos/{}", path.file_name().unwrap().to_str().unwrap()),
        text: fs::read_to_string(path).unwrap(),
    };
    let sources = Sources::new(files(&here("slos"), ".yaml").into_iter().map(file).collect());
    slowburn::compile(&sources).model.unwrap()
});

/// How long an hour of an outage is played, in half minutes.
const STEPS: u32 = 120;

/// What the SLIs of `slos/` read: every series with what it does while a fifth of all events is bad.
fn inputs() -> BTreeMap<String, Series> {
    let mut inputs = BTreeMap::new();
    for each in
        MODEL.services.iter().flat_map(|service| &service.slos).flat_map(|slo| &slo.stimulus).flatten()
    {
        // A histogram has more than the one bucket that the SLI counts.
        if each.labels.contains_key("le") {
            for (le, good, bad) in [("0.001", 0, 0), ("+Inf", 1, 1)] {
                let mut bucket = each.clone();
                bucket.labels.insert("le".to_owned(), le.to_owned());
                bucket.behaviour = Behaviour::Counts { good, bad };
                inputs.entry(written_out(&bucket)).or_insert(bucket);
            }
        }
        inputs.entry(written_out(each)).or_insert(each.clone());
    }
    inputs
}

fn written_out(series: &Series) -> String {
    let labels: Vec<(&str, &str)> =
        series.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    promql::build::selector(&series.name, &labels).to_string()
}

/// The same in promtool's notation: four good events for one that is bad, or a state that is bad all the time.
fn series() -> BTreeMap<String, String> {
    let values = |series: &Series| match &series.behaviour {
        Behaviour::Counts { good, bad } => format!("0+{}x{STEPS}", 40 * good + 10 * bad),
        Behaviour::Stands { bad, .. } => format!("{bad}+0x{STEPS}"),
        Behaviour::Grows { bad, .. } => format!("0+{}x{STEPS}", bad * Decimal::from(30)),
        Behaviour::Ages { bad, .. } => format!("-{bad}+30x{STEPS}"),
        Behaviour::Observes => panic!("no source of ours has a native histogram"),
    };
    inputs().iter().map(|(name, series)| (name.clone(), values(series))).collect()
}

/// Selectors of the SLOs that see enough events in that hour to be judged, so that too few is no answer for them: looks at a state are
/// rarer than what services count.
fn judged() -> Vec<String> {
    let plan = slowburn::lower::lower(&MODEL);
    let slos = plan.services.into_iter().flat_map(|service| service.slos).map(|slo| slo.promise);
    let enough = slos.filter(|promise| {
        let seen = if promise.event == Event::Occurrence { 40 * STEPS } else { STEPS - 10 };
        promise.enough_events <= Decimal::from(seen)
    });
    enough.map(|promise| format!("service=\"{}\",slo=\"{}\"", promise.service, promise.slo)).collect()
}

/// Every query of every panel is answered by the engine itself, from what the rules made of an hour of an outage.
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
    for (name, values) in series() {
        test += &format!("      - {{ series: {}, values: {} }}\n", quoted(&name), quoted(&values));
    }
    test += "    promql_expr_test:\n";
    let judged = judged();
    assert!(judged.len() > 15);
    let mut asked = BTreeSet::new();
    for dashboard in dashboards("", &artifacts) {
        let variables = dashboard.variables();
        for query in dashboard.queries().iter().chain(&dashboard.annotations()) {
            let filled = query.filled(&variables);
            if asked.insert(filled.clone()) {
                // Only NaN is unlike itself.
                let own = judged.iter().any(|slo| filled.contains(slo)) || filled.contains("_quantile");
                let known = if own { format!("({filled}) == ({filled})") } else { filled };
                test += &format!("      - expr: {}\n", quoted(&format!("count({known}) > bool 0")));
                test += "        eval_time: 1h\n        exp_samples: [{ labels: '{}', value: 1 }]\n";
            }
        }
    }
    assert!(asked.len() > 400, "{}", asked.len());
    artifacts.insert("promtool/dashboards.yaml".to_owned(), test);
    let dir = written(&artifacts);
    if let Err(said) = run(&promtool, &["test", "rules"], &[dir.path().join("promtool/dashboards.yaml")]) {
        panic!("{said}");
    }
}

/// Samples in the text format that promtool makes blocks of: made-up values for every series that the rules record and that the SLIs read, as if
/// budgets had been spent for `days`, with an outage two thirds into the last two hours.
fn made_up(end: u64, days: u64) -> String {
    let mut metrics: BTreeMap<String, String> = BTreeMap::new();
    let mut add =
        |name: &str, labels: &Labels, every: u64, since: u64, value: &dyn Fn(u64) -> Option<f64>| {
            let labels: Vec<(&str, &str)> =
                labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let series = format!("{name}{}", promql::build::selector("", &labels));
            let text = metrics.entry(name.to_owned()).or_default();
            let begin = end - end % every - since;
            for at in (begin..=end).step_by(every as usize) {
                if let Some(value) = value(at) {
                    let _ = writeln!(text, "{series} {value} {at}");
                }
            }
        };
    const RECENT: u64 = 2 * 3600;
    let outage = move |at: u64| at + 2400 > end && at + 1200 < end;
    let plan = slowburn::lower::lower(&MODEL);
    let slos = plan.services.iter().flat_map(|service| &service.slos);
    for (index, slo) in slos.enumerate() {
        let promise = &slo.promise;
        let budget = promise.budget.to_string().parse::<f64>().unwrap();
        let kept = |label: &String, other: &str| {
            let inputs = inputs();
            let known = inputs.values().filter(|series| {
                slo.groups.iter().flat_map(|group| &group.rules).any(|rule| {
                    rule.expr
                        .selectors()
                        .iter()
                        .any(|selector| selector.name.as_deref().is_some_and(|name| name == series.name))
                })
            });
            let value = known.filter_map(|series| series.labels.get(label)).next();
            (label.clone(), format!("{}{other}", value.map_or("x", String::as_str)))
        };
        let others = if promise.by.is_empty() { &[""][..] } else { &["", "-2"][..] };
        for (place, other) in others.iter().enumerate() {
            let mut labels: Labels = promise.by.iter().map(|label| kept(label, other)).collect();
            labels.insert("service".to_owned(), promise.service.clone());
            labels.insert("slo".to_owned(), promise.slo.clone());
            // From 0.1 to 1.3 budgets, evenly over the period.
            let spent = 0.1 + 0.15 * ((index + 5 * place) % 9) as f64;
            let few = index % 8 == 5;
            let period = promise.period_length.secs();
            let left = move |at: u64| {
                let gone = 1.0 - (end - at) as f64 / period as f64;
                1.0 - spent * gone.max(0.0).powi(2)
            };
            let burn = move |at: u64| if outage(at) { 20.0 } else { spent };
            for rule in slo.groups.iter().flat_map(|group| &group.rules) {
                let Makes::Record(name) = &rule.makes else { continue };
                let total = if few { 7.0 } else { 250_000.0 };
                let long = days * 86_400;
                let (every, since, value): (u64, u64, Box<dyn Fn(u64) -> Option<f64>>) = match name.as_str() {
                    "slo:objective:ratio" => (60, RECENT, Box::new(move |_| Some(1.0 - budget))),
                    "slo:error_budget:ratio" => (240, long, Box::new(move |_| Some(budget))),
                    "slo:current_burn_rate:ratio" => (60, RECENT, Box::new(move |at| Some(burn(at)))),
                    "slo:period_error_budget_remaining:ratio" => {
                        (600, long, Box::new(move |at| Some(left(at))))
                    }
                    "slo:period_burn_rate:ratio" => (240, RECENT, Box::new(move |at| Some(1.0 - left(at)))),
                    "slo:error_budget_exhaustion:seconds" => (
                        240,
                        RECENT,
                        Box::new(move |at| {
                            Some((left(at) * period as f64 / burn(at)).clamp(0.0, period as f64))
                        }),
                    ),
                    _ if *name == slo.readings.period_ratio.series.name.clone().unwrap() => {
                        (240, RECENT, Box::new(move |at| Some(budget * (1.0 - left(at)))))
                    }
                    _ if *name == slo.readings.period_total.series.name.clone().unwrap() => {
                        (600, long, Box::new(move |_| Some(total)))
                    }
                    _ if *name == slo.readings.period_bad.series.name.clone().unwrap() => {
                        (240, RECENT, Box::new(move |at| Some(total * budget * (1.0 - left(at)))))
                    }
                    _ if name.contains(":ratio_") => {
                        (60, RECENT, Box::new(move |at| Some((budget * burn(at)).min(1.0))))
                    }
                    _ if name.contains(":tile") => {
                        let bad = name.contains("bad");
                        (
                            300,
                            RECENT,
                            Box::new(move |at| {
                                Some(if bad { 300.0 * (budget * burn(at)).min(1.0) } else { 300.0 })
                            }),
                        )
                    }
                    _ => (60, RECENT, Box::new(move |at| Some(300.0 + (at % 1800) as f64 / 20.0))),
                };
                add(name, &labels, every, since, &value);
            }
            for (_, alert) in slo.alerts() {
                let mut labels = labels.clone();
                let rule =
                    slo.groups.iter().flat_map(|group| &group.rules).find(|rule| rule.name() == alert.name);
                labels.extend(rule.unwrap().labels.clone());
                labels.insert("alertname".to_owned(), alert.name.clone());
                labels.insert("alertstate".to_owned(), "firing".to_owned());
                // Those of half the SLOs still fire.
                let still = move |at: u64| index % 2 == 0 && place == 0 && at + 1200 >= end;
                add("ALERTS", &labels, 60, RECENT, &|at| (outage(at) || still(at)).then_some(1.0));
            }
        }
    }
    for (index, series) in inputs().values().enumerate() {
        let wave = move |at: u64| 1.0 + ((at + 600 * index as u64) % 3600) as f64 / 3600.0;
        let number = |decimal: &Decimal| decimal.to_string().parse::<f64>().unwrap();
        let value: Box<dyn Fn(u64) -> Option<f64>> = match &series.behaviour {
            Behaviour::Counts { good, bad } => {
                let rate = f64::from(9 * good + bad);
                Box::new(move |at| Some(rate * (at + RECENT - end) as f64))
            }
            Behaviour::Stands { good, bad } => {
                let (good, bad) = (number(good), number(bad));
                Box::new(move |at| Some(if outage(at) { bad } else { good * wave(at) / 2.0 }))
            }
            Behaviour::Grows { good, .. } => {
                let rate = number(good);
                Box::new(move |at| Some(rate * (at + RECENT - end) as f64))
            }
            Behaviour::Ages { good, .. } => {
                let age = number(good);
                Box::new(move |at| Some(at as f64 - age * wave(at)))
            }
            Behaviour::Observes => panic!("no source of ours has a native histogram"),
        };
        add(&series.name, &series.labels, 15, RECENT - 60, &value);
    }
    metrics.into_values().collect::<String>() + "# EOF\n"
}

/// A real Prometheus answers every query as Grafana asks it: over a range, with variables in place, and with something.
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
    fs::write(&samples, made_up(end, days)).unwrap();
    fs::write(folder.join("prometheus.yml"), "global: {}\n").unwrap();
    let data = folder.join("data");
    let blocks = ["tsdb", "create-blocks-from", "openmetrics", "--quiet"];
    run(&promtool, &blocks, &[samples, data]).unwrap_or_else(|said| panic!("{said}"));
    let server = Server::start(&prometheus, &folder);
    let mut faults = Vec::new();
    let mut asked = 0;
    for dashboard in dashboards("", &out()) {
        let variables = dashboard.variables();
        for query in dashboard.queries().iter().chain(&dashboard.annotations()) {
            let filled = query.filled(&variables);
            let answer = match query.instant {
                true => server.query(&filled, end),
                false => server.query_range(&filled, end - 3600, end, 300),
            };
            asked += 1;
            match answer {
                Ok(series) if series.is_empty() => faults.push(format!("{}: nothing\n{filled}", query.place)),
                Ok(_) => {}
                Err(fault) => faults.push(format!("{}: {fault}\n{filled}", query.place)),
            }
        }
        // `label_values(series, label)` is Grafana's own.
        for variable in dashboard.json["templating"]["list"].as_array().unwrap() {
            let Some(query) = variable["definition"].as_str() else { continue };
            let inner =
                query.strip_prefix("label_values(").and_then(|query| query.strip_suffix(')')).unwrap();
            let (series, label) = inner.rsplit_once(", ").unwrap();
            let answer = server.query(&format!("count by ({label}) ({series})"), end).unwrap();
            let chosen = answer.iter().filter(|series| series["metric"].get(label).is_some()).count();
            assert!(chosen > 1, "{}: {query}", dashboard.name);
        }
    }
    assert!(asked > 500, "{asked}");
    assert!(faults.is_empty(), "{} of {asked}\n{}", faults.len(), faults.join("\n"));
}
