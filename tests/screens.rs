//! Dashboards at their limits: many services, many values of `by`, SLOs of every kind, alerts that fire, are pending or have ended, missing series. A
//! real Prometheus answers every query of every panel, and the answers are compared with the expected values.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use slowburn::artifact::Artifacts;
use slowburn::plan::{Plan, RecordedRead, RuleOutput, SloPlan};
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::PerSeverity;
use support::dashboards::{self, Chosen, Dashboard, Query};
use support::prometheus::{Server, prometheus};
use support::rules::run;
use support::{promtool, skipped};

/// The number of values of `by` in one SLO.
const VALUES: usize = 30;

/// Forty services with five SLOs each, of every kind. One has many values, and the series of one are missing.
fn sources() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = (0..40)
        .map(|index| {
            let text = format!(
                r#"version: slowburn/v1
service: s{index}
owner: team-{}
planned: {{ later_total: "soon" }}
slos:
  events: {{ objective: 99.9%, sli: {{ total: 'r_total{{job="s{index}"}}', bad: 'r_total{{job="s{index}",code="500"}}' }} }}
  latency: {{ objective: "P95 < 500ms", sli: {{ latency: 'd_seconds{{job="s{index}"}}' }}, period: calendar month }}
  level: {{ objective: 99%, sli: {{ condition: 'used{{job="s{index}"}} < 0.9' }}, period: 28d }}
  probe: {{ objective: 99.5%, sli: {{ probe: 'up{{job="s{index}"}}' }}, tiers_off: [ticket] }}
  fresh: {{ objective: "99.5% < 60s", sli: {{ freshness: 'at_seconds{{job="s{index}"}}' }} }}
alerts:
  down: {{ expr: 'up{{job="s{index}"}} == 0', for: 5m, severity: ticket }}
"#,
                index % 4
            );
            (format!("slos/s{index}.yaml"), text)
        })
        .collect();
    let other = |name: &str, more: &str| {
        let text = format!("version: slowburn/v1\nservice: {name}\nslos:\n{more}");
        (format!("slos/{name}.yaml"), text)
    };
    files.push(other(
        "many",
        "  nodes: { objective: 99%, sli: { probe: 'up{job=\"node\"}' }, by: [node] }\n  raw: { objective: 99%, sli: { bad_ratio: 'avg(rate(e[$window]))' } }\n",
    ));
    files
        .push(other("gone", "  nodes: { objective: 99%, sli: { probe: 'up{job=\"gone\"}' }, by: [node] }\n"));
    files.push(other(
        "office",
        "  desk: { objective: 99%, sli: { probe: 'up{job=\"desk\"}' }, hours: { days: monday-friday, hours: \"08:00-20:00\", time_zone: UTC } }\n",
    ));
    files.push(other("trip", "  whole: { objective: 99%, sli: { journey: [s0/events, s1/events] } }\n"));
    files.push((
        "slos/causes.yaml".to_owned(),
        "version: slowburn/v1\nservice: causes\nowner: team-9\nlabels: { floor: second }\nalerts:\n  hot: { expr: 'heat > 9', severity: page }\n".to_owned(),
    ));
    files.push(other(LONG, "  raw: { objective: 99%, sli: { bad_ratio: 'avg(rate(e[$window]))' } }\n"));
    files.push((
        "slos/slowburn.yaml".to_owned(),
        "version: slowburn/v1\nlinks: { runbooks: \"https://wiki\" }\n".to_owned(),
    ));
    files
}

fn compiled() -> (Plan, Artifacts) {
    let file = |(path, text): (String, String)| SourceFile { path, text };
    let compiled = slowburn::compile(&Sources::new(sources().into_iter().map(file).collect()));
    let targets: Vec<_> = slowburn::emit::TARGETS.iter().filter(|target| !target.proves).collect();
    let artifacts = compiled.artifacts_of(&targets).unwrap_or_else(|| panic!("{:#?}", compiled.problems));
    (slowburn::plan_of(&compiled.model.unwrap()), artifacts)
}

/// The values of one promise: the burn rate and the remaining budget.
fn figures(index: usize) -> (f64, f64) {
    (0.25 * index as f64, 1.0 - 0.01 * index as f64)
}

/// The elapsed part of its period.
fn over(slo: &SloPlan) -> f64 {
    if slo.readings.period_expected.is_some() { 0.5 } else { 1.0 }
}

/// Samples of the last hour.
struct Samples {
    end: u64,
    metrics: BTreeMap<String, String>,
}

impl Samples {
    fn add(&mut self, name: &str, labels: &str, moments: impl Iterator<Item = u64>, value: f64) {
        let text = self.metrics.entry(name.to_owned()).or_default();
        for at in moments {
            let _ = writeln!(text, "{name}{{{labels}}} {value} {at}");
        }
    }

    fn recent(&mut self, reading: &RecordedRead, labels: &str, value: f64) {
        let name = reading.series.name.clone().unwrap();
        let end = self.end;
        self.add(&name, labels, (end - 3600..=end).step_by(60), value);
    }

    fn slo(&mut self, slo: &SloPlan, labels: &str, index: usize) {
        let (burn, left) = figures(index);
        let promise = &slo.promise;
        let number = |value: &dyn ToString| value.to_string().parse::<f64>().unwrap();
        let (budget, period) = (number(&promise.budget), promise.period_length.secs() as f64);
        let readings = &slo.readings;
        // Too few to judge.
        let expected = if promise.service == "s2" && promise.slo == "fresh" { 7.0 } else { 100_000.0 };
        // Half of the month is over, with half of its events.
        let over = over(slo);
        if let Some(reading) = &readings.period_expected {
            self.recent(reading, labels, expected);
        }
        for (reading, value) in [
            (&readings.objective, 1.0 - budget),
            (&readings.error_budget, budget),
            (&readings.burn_now, burn),
            (&readings.period_ratio, (1.0 - left) * budget / over),
            (&readings.period_burn_rate, (1.0 - left) / over),
            (&readings.budget_left, left),
            (&readings.period_total, expected * over),
            (&readings.period_bad, (1.0 - left) * budget * expected),
            (&readings.exhaustion, (left * period / burn).min(period)),
        ] {
            self.recent(reading, labels, value);
        }
        let mut ratios = BTreeMap::new();
        for reading in readings.tiers.iter().flat_map(|tier| [&tier.long, &tier.short]) {
            ratios.insert(reading.series.name.clone().unwrap(), reading);
        }
        for reading in ratios.values() {
            self.recent(reading, labels, budget * burn);
        }
        if let Some(agreed) = &readings.agreed_time {
            self.recent(agreed, labels, 0.0);
        }
        if let Some(parts) = &readings.parts {
            let end = self.end;
            for (part, at) in [("s0/events", end - 1900), ("s1/events", end + 1)] {
                let labels = format!("{labels},part={part:?}");
                let name = parts.bad_now.series.name.clone().unwrap();
                self.add(&name, &labels, (end - 3600..at).step_by(60), 0.0);
                self.add(&name, &labels, (at..at + 90).step_by(60).filter(|at| *at <= end), 1.0);
                self.add(&name, &labels, (at + 120..=end).step_by(60), 0.0);
                self.recent(&parts.share, &labels, if at < end { 1.0 } else { 0.0 });
            }
        }
        for series in [&readings.counted_bad, &readings.counted_total] {
            let (name, end) = (series.name.clone().unwrap(), self.end);
            self.add(&name, labels, (end - 3600..=end).step_by(300), 10.0);
        }
    }

    /// An alert that is active at these times.
    fn alert(&mut self, labels: &str, state: &str, from: u64, to: u64) {
        let moments = || (from..=to).step_by(30);
        self.add("ALERTS", &format!("{labels},alertstate=\"{state}\""), moments(), 1.0);
        self.add("ALERTS_FOR_STATE", labels, moments(), from as f64);
    }
}

/// The expected values, and the server.
struct World {
    server: Server,
    artifacts: Artifacts,
    slos: Vec<SloPlan>,
    severities: PerSeverity<String>,
    end: u64,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Option<Self> {
        let (promtool, prometheus) = (promtool()?, prometheus()?);
        let (plan, artifacts) = compiled();
        let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 60 * 60;
        let mut samples = Samples { end, metrics: BTreeMap::new() };
        let severities = plan.project.severities.clone();
        for rule in plan.services.iter().flat_map(|service| service.rules()) {
            let RuleOutput::Record(name) = &rule.makes else { continue };
            let labels = rule.labels.iter().map(|(name, value)| format!("{name}={value:?}"));
            let labels = labels.collect::<Vec<_>>().join(",");
            match name.as_str() {
                "slo:definition:info" => {
                    samples.add(name, &labels, (end - 3600..=end).step_by(60), 1.0);
                    let before = end - 9 * 86_400;
                    samples.add(name, &labels, (before..before + 3600).step_by(600), 1.0);
                }
                "slo:alert:info" => samples.add(name, &labels, (end - 3600..=end).step_by(60), 1.0),
                _ => {}
            }
        }
        let slos: Vec<SloPlan> = plan.services.into_iter().flat_map(|service| service.slos).collect();
        for (index, slo) in slos.iter().enumerate() {
            let own = format!("service={:?},slo={:?}", slo.promise.service, slo.promise.slo);
            match (slo.promise.service.as_str(), slo.promise.by.is_empty()) {
                ("gone", _) => {}
                (_, true) => samples.slo(slo, &own, index % 60 + 1),
                (_, false) => {
                    for value in 0..VALUES {
                        samples.slo(slo, &format!("{own},node=\"n{value}\""), value + 1);
                    }
                }
            }
        }
        let page = r#"alertname="S3EventsBurnPage",service="s3",slo="events",severity="page",owner="team-3""#;
        samples.alert(page, "firing", end - 600, end);
        let past = r#"alertname="S7EventsBurnPage",service="s7",slo="events",severity="page",owner="team-3""#;
        samples.alert(past, "firing", end - 9 * 86_400, end - 9 * 86_400 + 600);
        let firing = r#"alertname="S5Down",service="s5",severity="ticket",owner="team-1""#;
        samples.alert(firing, "firing", end - 1800, end);
        let below = r#"alertname="S8EventsBudgetBelow25",service="s8",slo="events",severity="ticket",budget_below="25%""#;
        samples.alert(below, "firing", end - 900, end);
        let alone = r#"alertname="CausesHot",service="causes",severity="page",owner="team-9""#;
        samples.alert(alone, "firing", end - 1200, end);
        let pending = r#"alertname="S6Down",service="s6",severity="ticket",owner="team-2""#;
        samples.alert(pending, "pending", end - 120, end);
        // A hundred and fifty at the same time.
        for place in 0..150 {
            let labels = format!(r#"alertname="S5Down",service="s5",slo="x{place}",severity="ticket""#);
            samples.alert(&labels, "firing", storm(end), storm(end) + 600);
        }
        let folder = tempfile::tempdir().unwrap();
        let text = samples.metrics.into_values().collect::<String>() + "# EOF\n";
        fs::write(folder.path().join("samples.txt"), text).unwrap();
        fs::write(folder.path().join("prometheus.yml"), "global: {}\n").unwrap();
        let blocks = ["tsdb", "create-blocks-from", "openmetrics", "--quiet"];
        let files = [folder.path().join("samples.txt"), folder.path().join("data")];
        run(&promtool, &blocks, &files).unwrap_or_else(|said| panic!("{said}"));
        let server = Server::start(&prometheus, folder.path());
        Some(Self { server, artifacts, slos, severities, end, _folder: folder })
    }

    fn storm(&self) -> u64 {
        storm(self.end)
    }

    fn dashboard(&self, name: &str) -> Dashboard {
        Dashboard::read(name, &self.artifacts[&format!("grafana/dashboards/{name}.json")])
    }

    fn slo(&self, service: &str, slo: &str) -> &SloPlan {
        self.slos.iter().find(|known| known.promise.service == service && known.promise.slo == slo).unwrap()
    }

    /// The selection on the dashboard of one SLO.
    fn chosen(&self, service: &str, slo: &str) -> Chosen {
        dashboards::of(&self.slo(service, slo).promise, &self.severities)
    }

    /// The present results of each query of a panel.
    fn now(&self, dashboard: &Dashboard, panel: &Value, chosen: &Chosen) -> Vec<Vec<Value>> {
        let queries = dashboard.asked_by(panel);
        let ask = |query: &Query| {
            let filled = query.filled(chosen);
            self.server
                .query(&filled, self.end)
                .unwrap_or_else(|fault| panic!("{}: {fault}\n{filled}", query.place))
        };
        queries.iter().map(ask).collect()
    }

    /// The value of a stat panel; `None` without data.
    fn tile(&self, dashboard: &Dashboard, title: &str, chosen: &Chosen) -> Option<f64> {
        let answers = self.now(dashboard, dashboard.panel("stat", title), chosen);
        answers[0].first().map(value)
    }
}

/// When very many alerts began to fire.
fn storm(end: u64) -> u64 {
    end - 9 * 86_400
}

/// A service whose name is longer than Grafana's identities.
const LONG: &str = "a-name-that-is-longer-than-identities-are";

fn digested() -> String {
    let (_, artifacts) = compiled();
    let json: Value = serde_json::from_str(&artifacts[&format!("grafana/dashboards/{LONG}.json")]).unwrap();
    json["uid"].as_str().unwrap().to_owned()
}

fn value(series: &Value) -> f64 {
    series["value"][1].as_str().unwrap().parse().unwrap()
}

fn label<'v>(series: &'v Value, name: &str) -> &'v str {
    series["metric"][name].as_str().unwrap_or_default()
}

#[test]
fn panels_show_the_expected_values() {
    let Some(world) = World::new() else {
        return skipped("screens at their limits: there is no promtool or no Prometheus");
    };
    no_query_fails(&world);
    every_slo_has_a_row(&world);
    what_fires_stands_first(&world);
    no_more_than_a_hundred_fire_one_by_one(&world);
    tables_can_be_sorted(&world);
    five_budgets_are_drawn(&world);
    lines_and_tiers_have_names(&world);
    tiles_say_what_was_recorded(&world);
    one_of_many_values_can_be_chosen(&world);
    what_is_gone_is_no_data(&world);
    a_page_of_ten_minutes_nine_days_ago_is_seen(&world);
    what_began_after_the_last_step_is_on_it(&world);
    what_is_not_counted_says_so(&world);
    parts_of_journeys_are_seen(&world);
    an_even_spend_is_drawn_for_calendar_periods(&world);
}

fn no_query_fails(world: &World) {
    for path in world.artifacts.keys().filter(|path| path.starts_with("grafana/dashboards/")) {
        let dashboard = Dashboard::read(path, &world.artifacts[path]);
        let chosen = match dashboard.is_of_one() {
            true => world.chosen("s1", "latency"),
            false => dashboards::all(),
        };
        for query in dashboard.queries().iter().chain(&dashboard.annotations()) {
            let filled = query.filled(&chosen);
            let answer = match query.instant {
                true => world.server.query(&filled, world.end),
                false => world.server.query_range(&filled, world.end - 3600, world.end, 300),
            };
            answer.unwrap_or_else(|fault| panic!("{}: {fault}\n{filled}", query.place));
        }
    }
}

/// Many alerts at the same time are a hundred rows and the number of the others. All columns have the same rows.
fn no_more_than_a_hundred_fire_one_by_one(world: &World) {
    let overview = world.dashboard("overview");
    let mut rows = BTreeMap::new();
    for (index, query) in overview.asked_by(overview.panels()[0]).iter().enumerate() {
        let answer = world.server.query(&query.filled(&dashboards::all()), world.storm() + 300).unwrap();
        for series in answer {
            let key = (label(&series, "alertname").to_owned(), label(&series, "slo").to_owned());
            rows.entry(key).or_insert(BTreeMap::new()).insert(index, value(&series));
        }
    }
    let more = rows.remove(&("and more".to_owned(), String::new())).unwrap();
    assert_eq!(more, BTreeMap::from([(0, -2.0), (2, 51.0)]));
    // A page is among the rows.
    let page = rows.remove(&("S7EventsBurnPage".to_owned(), "events".to_owned())).unwrap();
    assert_eq!(page, BTreeMap::from([(0, 3.0), (1, 300.0), (2, 1.0)]));
    assert_eq!(rows.len(), 99);
    assert!(rows.values().all(|row| *row == BTreeMap::from([(0, 2.0), (1, 300.0), (2, 1.0)])), "{rows:?}");
}

/// Grafana sorts numbers, but nothing beside NaN. The remaining time is known for all periods.
fn tables_can_be_sorted(world: &World) {
    let overview = world.dashboard("overview");
    let screen = world.dashboard("slo");
    let few = world.chosen("s2", "fresh");
    for (dashboard, title, chosen) in
        [(&overview, "All SLOs", dashboards::all()), (&screen, "Each value", few)]
    {
        let answers = world.now(dashboard, dashboard.panel("table", title), &chosen);
        assert!(answers.iter().flatten().all(|series| !value(series).is_nan()), "{title}");
        let unjudged = answers.iter().flatten().filter(|series| value(series) == 9e15);
        assert_eq!(unjudged.count(), 3, "{title}");
    }
    let answers = world.now(&overview, overview.panel("table", "All SLOs"), &dashboards::all());
    let gone: BTreeMap<(&str, &str), f64> = answers[2]
        .iter()
        .map(|series| ((label(series, "service"), label(series, "slo")), value(series)))
        .collect();
    for (index, slo) in world.slos.iter().enumerate().filter(|(_, slo)| slo.promise.by.is_empty()) {
        let (burn, left) = figures(index % 60 + 1);
        let (service, name) = (slo.promise.service.as_str(), slo.promise.slo.as_str());
        let expected =
            if left < burn * 0.999 { left / burn * slo.promise.period_length.secs() as f64 } else { 1e11 };
        let said = gone[&(service, name)];
        assert!(said == 9e15 || (said - expected).abs() < 1.0, "{service}/{name}: {said}, not {expected}");
    }
}

/// The SLOs with the least budget at the end, over the whole time; not those with the least at any moment.
fn five_budgets_are_drawn(world: &World) {
    let overview = world.dashboard("overview");
    let query = &overview.asked_by(overview.panel("timeseries", "The five smallest"))[0];
    let filled = query.filled(&dashboards::all());
    let answer = world.server.query_range(&filled, world.end - 3600, world.end, 300).unwrap();
    assert_eq!(answer.len(), 5);
    for series in &answer {
        let points = series["values"].as_array().unwrap();
        assert!(
            points.len() > 10
                && points.iter().all(|point| point[1].as_str().unwrap().parse::<f64>().unwrap() < 0.42)
        );
    }
}

/// The names of lines and panels, for an SLO with values of `by`, and for one with fewer tiers than others.
fn lines_and_tiers_have_names(world: &World) {
    let screen = world.dashboard("slo");
    let said = |name: &str, slo: &SloPlan| -> Vec<String> {
        let variables = screen.variables();
        let variable = variables.iter().find(|variable| variable["name"] == name).unwrap();
        let query = Query::of(variable).filled(&world.chosen(&slo.promise.service, &slo.promise.slo));
        let answer = world.server.query(&query, world.end).unwrap();
        answer.iter().map(|series| label(series, "made").to_owned()).collect()
    };
    let (many, one) = (world.slo("many", "nodes"), world.slo("s1", "probe"));
    assert_eq!(
        (said("values", many), said("values", one)),
        (vec!["{{node}}".to_owned()], vec![String::new()])
    );
    assert_eq!(said("tier_1", one), ["page: 1h and 5m above 14.4×"]);
    assert_eq!(
        (said("tier_4", one), said("tier_4", many)),
        (vec![String::new()], vec!["ticket: 3d and 6h above 1.0×".to_owned()])
    );
    assert_eq!(said("screen", one), ["slo-s1"]);
    assert_eq!(said("screen", world.slo(LONG, "raw")), [digested()]);
    let lines = screen.panels().into_iter().filter(|panel| panel["type"] == "timeseries");
    let legends: Vec<String> = lines
        .flat_map(|panel| panel["targets"].as_array().unwrap())
        .map(|target| target["legendFormat"].to_string())
        .collect();
    assert_eq!(legends.iter().filter(|legend| legend.ends_with(" ${values}\"")).count(), 11);
}

/// With or without data: also an SLO whose series are missing.
fn every_slo_has_a_row(world: &World) {
    let overview = world.dashboard("overview");
    let answers = world.now(&overview, overview.panel("table", "All SLOs"), &dashboards::all());
    let rows: BTreeSet<(String, String)> = (answers.iter().flatten())
        .map(|series| (label(series, "service").to_owned(), label(series, "slo").to_owned()))
        .collect();
    let promised: BTreeSet<(String, String)> =
        world.slos.iter().map(|slo| (slo.promise.service.clone(), slo.promise.slo.clone())).collect();
    assert_eq!(promised.len(), 206);
    assert_eq!(rows, promised);
    // And not more than one row each.
    assert!(answers.iter().all(|answer| answer.len() <= promised.len()));
    let owned = Chosen::from([("service".to_owned(), "s(3|7)".to_owned())]);
    let answers = world.now(&overview, overview.panel("table", "All SLOs"), &owned);
    assert_eq!(answers.last().unwrap().len(), 10);
}

fn what_fires_stands_first(world: &World) {
    let overview = world.dashboard("overview");
    assert_eq!(overview.panels()[0]["title"], "Firing alerts");
    let [states, since, number] =
        &world.now(&overview, &overview.panels()[0].clone(), &dashboards::all())[..]
    else {
        panic!()
    };
    let by_name = |answer: &Vec<Value>| -> BTreeMap<String, f64> {
        answer.iter().map(|series| (label(series, "alertname").to_owned(), value(series))).collect()
    };
    let named = |values: [f64; 5]| -> BTreeMap<String, f64> {
        let names = ["CausesHot", "S3EventsBurnPage", "S5Down", "S8EventsBudgetBelow25", "S6Down"];
        names.map(str::to_owned).into_iter().zip(values).collect()
    };
    assert_eq!(by_name(states), named([3.0, 3.0, 2.0, 2.0, 1.0]));
    assert_eq!(by_name(since), named([1200.0, 600.0, 1800.0, 900.0, 120.0]));
    assert_eq!(by_name(number), named([1.0; 5]));
    for series in states {
        let screen = format!("slo-{}", label(series, "service"));
        assert_eq!(label(series, "screen"), screen);
        let file = match label(series, "alertname") {
            "CausesHot" => "causes.hot.md#causeshot",
            "S3EventsBurnPage" => "s3-events.md",
            "S5Down" => "s5.down.md#s5down",
            "S8EventsBudgetBelow25" => "s8-events.md",
            _ => "s6.down.md#s6down",
        };
        assert_eq!(label(series, "runbook"), format!("https://wiki/{file}"));
        // A row without an SLO leads to its service.
        let of_slo = label(series, "slo").is_empty();
        assert_eq!(label(series, "promise"), if of_slo { &screen } else { "slo_promise" });
    }
    let pages = world.tile(&overview, "Pages", &dashboards::all());
    assert_eq!(pages, Some(2.0));
    // A service without SLOs can be selected while one of its alerts is active, and so can its owner.
    let variables = overview.variables();
    let services = variables.iter().find(|variable| variable["name"] == "service").unwrap();
    for (owner, first, many) in [(".*", "a-name", 46), ("team-9", "causes", 1)] {
        let query =
            Query::of(services).over(&Chosen::from([("owner".to_owned(), owner.to_owned())]), "1h", "1m");
        let answer = world.server.query(&query, world.end).unwrap();
        let names: BTreeSet<&str> = answer.iter().map(|series| label(series, "service")).collect();
        assert!(names.first().unwrap().starts_with(first) && names.len() == many, "{names:?}");
    }
}

/// Outside of its hours an SLO is shown neither as good nor as missing. A page has priority.
fn what_is_not_counted_says_so(world: &World) {
    let overview = world.dashboard("overview");
    let answers = world.now(&overview, overview.panel("table", "All SLOs"), &dashboards::all());
    let paused: Vec<&str> = answers[0]
        .iter()
        .filter(|series| value(series) == -3.0)
        .map(|series| label(series, "service"))
        .collect();
    assert_eq!(paused, ["office"]);
    let screen = world.dashboard("slo");
    let [desk, other] =
        [("office", "desk"), ("s4", "events")].map(|(service, slo)| world.chosen(service, slo));
    assert_eq!(world.tile(&screen, "Alert", &desk), Some(-3.0));
    let marks = screen.annotations();
    let marked = marks.iter().find(|query| query.place.ends_with("not counted now\"")).unwrap();
    // Grafana draws no annotation for 0.
    let marked = [desk, other].map(|chosen| world.server.query(&marked.filled(&chosen), world.end).unwrap());
    assert_eq!(marked.map(|answer| answer.iter().map(value).collect::<Vec<_>>()), [vec![1.0], vec![]]);
}

/// A minute in which a part of a journey was bad is visible between two steps, on both dashboards.
fn parts_of_journeys_are_seen(world: &World) {
    for (name, title) in [("slo", "Parts that are bad"), ("trip", "whole: Parts that are bad")] {
        let dashboard = world.dashboard(name);
        let query = &dashboard.asked_by(dashboard.panel("state-timeline", title))[0];
        let filled = query.over(&world.chosen("trip", "whole"), "1h", "10m");
        let answer = world.server.query_range(&filled, world.end - 3600, world.end, 600).unwrap();
        let bad = answer.iter().map(|series| {
            let points = series["values"].as_array().unwrap();
            (label(series, "part"), points.iter().filter(|point| point[1] == "1").count())
        });
        let bad: BTreeMap<&str, usize> = bad.collect();
        assert_eq!(bad, BTreeMap::from([("s0/events", 1), ("s1/events", 0)]), "{name}");
    }
}

/// If half of a month is over, even consumption leaves half of the budget. A rolling period has no such line.
fn an_even_spend_is_drawn_for_calendar_periods(world: &World) {
    let screen = world.dashboard("slo");
    let panel = screen.panel("timeseries", "Budget left over time");
    let even =
        |slo| world.now(&screen, panel, &world.chosen("s4", slo))[2].iter().map(value).collect::<Vec<_>>();
    assert_eq!((even("latency"), even("events")), (vec![0.5], vec![]));
}

/// Grafana's last step may be some time ago. Later events belong to it.
fn what_began_after_the_last_step_is_on_it(world: &World) {
    for (name, title) in
        [("overview", "Alerts by service"), ("s3", "Alerts of this service"), ("slo", "Alerts over time")]
    {
        let dashboard = world.dashboard(name);
        let chosen = if dashboard.is_of_one() { world.chosen("s3", "events") } else { dashboards::all() };
        let query = &dashboard.asked_by(dashboard.panel("state-timeline", title))[0];
        // The page is ten minutes old, and the last step fifteen. Or the last step is now.
        for at in [world.end - 900, world.end] {
            let last = world.server.query_range(&query.over(&chosen, "30d", "43m"), at, at, 60).unwrap();
            let loud = last.iter().find(|series| {
                label(series, "alertname") == "S3EventsBurnPage" || label(series, "service") == "s3"
            });
            assert_eq!(loud.unwrap_or_else(|| panic!("{name}: {last:?}"))["values"][0][1], "3", "{name}");
        }
    }
}

fn tiles_say_what_was_recorded(world: &World) {
    let screen = world.dashboard("slo");
    for (index, slo) in
        world.slos.iter().enumerate().filter(|(index, slo)| index % 7 == 0 && slo.promise.by.is_empty())
    {
        let chosen = world.chosen(&slo.promise.service, &slo.promise.slo);
        let (burn, left) = figures(index % 60 + 1);
        let budget: f64 = slo.promise.budget.to_string().parse().unwrap();
        let period = slo.promise.period_length.secs() as f64;
        let gone = left * period / burn;
        for (title, expected) in [
            ("Burn rate", burn),
            ("Budget left", left),
            ("Achieved", 1.0 - (1.0 - left) * budget / over(slo)),
            ("Full outage", left * budget * period),
            ("Bad events left", (100_000.0 * budget - (1.0 - left) * budget * 100_000.0).floor()),
            ("Budget gone in", if gone < period { gone } else { 1e11 }),
        ] {
            let said = world.tile(&screen, title, &chosen).unwrap_or(f64::NAN);
            let close = (said - expected).abs() <= 1e-6 * expected.abs().max(1.0)
                || title == "Bad events left" && (said - expected).abs() <= 1.0;
            assert!(close, "{}/{} {title}: {said}, not {expected}", slo.promise.service, slo.promise.slo);
        }
    }
    let page = world.chosen("s3", "events");
    assert_eq!(world.tile(&screen, "Alert", &page), Some(3.0));
    assert_eq!(world.tile(&screen, "Active for", &page), Some(600.0));
    let below = world.chosen("s8", "events");
    assert_eq!(world.tile(&screen, "Alert", &below), Some(2.0));
    assert_eq!(world.tile(&screen, "Active for", &below), Some(900.0));
    let calm = world.chosen("s4", "events");
    assert_eq!(world.tile(&screen, "Alert", &calm), Some(0.0));
    assert_eq!(world.tile(&screen, "Active for", &calm), None);
}

fn one_of_many_values_can_be_chosen(world: &World) {
    let screen = world.dashboard("slo");
    let many = world.chosen("many", "nodes");
    let table = screen.panel("table", "Each value");
    for answer in world.now(&screen, table, &many) {
        assert_eq!(answer.len(), VALUES);
    }
    for panel in screen.panels().into_iter().filter(|panel| panel["type"] == "timeseries") {
        for (query, answer) in screen.asked_by(panel).iter().zip(world.now(&screen, panel, &many)) {
            // Only a calendar period has a line of even consumption.
            let least = usize::from(!dashboards::is_even_spend(&query.expr));
            assert!((least..=5).contains(&answer.len()), "{}: {}", query.place, answer.len());
        }
    }
    // A single number for all is the worst of them.
    assert_eq!(world.tile(&screen, "Burn rate", &many), Some(figures(VALUES).0));
    let one = Chosen::from_iter(many.into_iter().chain([("by".to_owned(), "node=\"n7\"".to_owned())]));
    assert_eq!(world.tile(&screen, "Burn rate", &one), Some(figures(8).0));
    for answer in world.now(&screen, table, &one) {
        assert_eq!(answer.len(), 1);
    }
}

fn what_is_gone_is_no_data(world: &World) {
    let screen = world.dashboard("slo");
    let gone = world.chosen("gone", "nodes");
    for title in ["Alert", "Burn rate", "Budget gone in", "Budget left", "Achieved"] {
        assert_eq!(world.tile(&screen, title, &gone), None, "{title}");
    }
    // The objectives are known in any case, and every column has a title.
    let panel = screen.panel("table", "What is promised");
    let known = world.now(&screen, panel, &gone).swap_remove(0);
    assert_eq!(known.len(), 1);
    let titles = &panel["transformations"][1]["options"]["renameByName"];
    let overrides = panel["fieldConfig"]["overrides"].as_array().unwrap();
    for name in known[0]["metric"].as_object().unwrap().keys() {
        let hides = |of: &Value| {
            of["matcher"]["options"] == name.as_str() && of["properties"][0]["id"] == "custom.hidden"
        };
        assert!(titles[name].is_string() || overrides.iter().any(hides), "{name}");
    }
}

fn a_page_of_ten_minutes_nine_days_ago_is_seen(world: &World) {
    for (name, title) in
        [("overview", "Alerts by service"), ("s7", "Alerts of this service"), ("slo", "Alerts over time")]
    {
        let dashboard = world.dashboard(name);
        let chosen = match dashboard.is_of_one() {
            true => world.chosen("s7", "events"),
            false => dashboards::all(),
        };
        let panel = dashboard.panel("state-timeline", title);
        let query = &dashboard.asked_by(panel)[0];
        // Grafana asks for about one point per pixel of the panel.
        let filled = query.over(&chosen, "30d", "43m");
        let from = world.end - 30 * 86_400;
        let answer = world.server.query_range(&filled, from, world.end, 43 * 60).unwrap();
        let seen = answer.iter().find(|series| {
            label(series, "alertname") == "S7EventsBurnPage" || label(series, "service") == "s7"
        });
        let points = seen.unwrap_or_else(|| panic!("{name}: {answer:?}"))["values"].as_array().unwrap();
        let loud = points.iter().filter(|point| point[1] == "3").count();
        assert!((1..=2).contains(&loud), "{name}: {loud} of {}", points.len());
        // A service without any alert has no line.
        let services: BTreeSet<&str> = answer.iter().map(|series| label(series, "service")).collect();
        assert!(services.len() <= 6, "{services:?}");
    }
}

/// The size of files does not grow with the number of SLOs beyond the limit of `kubectl apply`, and the dashboard of a service has at most two
/// screens.
#[test]
fn screens_are_small() {
    let (_, artifacts) = compiled();
    for (path, text) in artifacts.iter().filter(|(path, _)| path.starts_with("grafana/dashboards/")) {
        assert!(text.len() < 256 * 1024, "{path}: {}", text.len());
        let dashboard = Dashboard::read(path, text);
        let bottom =
            |panel: &Value| panel["gridPos"]["y"].as_u64().unwrap() + panel["gridPos"]["h"].as_u64().unwrap();
        let rows = dashboard.json["panels"].as_array().unwrap().iter().map(bottom).max().unwrap();
        // Rows have 30 pixels with gaps of 8; a screen has 1,080.
        assert!(rows * 38 <= 2 * 1080, "{path}: {}", rows * 38);
    }
}

/// With many SLOs the report is an index and a page per service, and every link has a target.
#[test]
fn the_report_of_many_slos_is_a_page_per_service() {
    let (_, artifacts) = compiled();
    let pages: BTreeMap<&str, &String> =
        artifacts.iter().filter_map(|(path, text)| Some((path.strip_prefix("report/")?, text))).collect();
    assert_eq!(pages.len(), 47);
    let ids: BTreeMap<&str, BTreeSet<&str>> = pages
        .iter()
        .map(|(name, text)| {
            let ids = text.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            (*name, ids.collect())
        })
        .collect();
    let mut followed = 0;
    for (name, text) in &pages {
        for href in text.split(" href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            if href.starts_with("..") || href.contains("://") {
                continue;
            }
            let (page, place) = href.split_once('#').unwrap_or((href, ""));
            let page = if page.is_empty() { name } else { page };
            let place = place.split('?').next().unwrap();
            assert!(ids[page].contains(place), "{name}: {href}");
            followed += 1;
        }
    }
    assert!(followed > 500, "{followed}");
    // Addresses of the simulator are redirected from the index to the right page.
    assert!(pages["index.html"].contains("Addresses of a report that was one page"));
    assert!(pages["s3.html"].contains("#simulate?slo=s3/events"));
}
