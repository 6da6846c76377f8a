//! model → queries for a running Prometheus; its answers → a contract, which is checked in the same way as a file.
//!
//! The queries are few and cheap: one instant query per metric, over the labels in the definitions; the list of names only if a metric was not found;
//! and the server's status. Everything is read-only. What a server does not answer (Thanos and Mimir do not scrape) is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::contract::{Contract, Kind, Shape, VALUES, Values, bound};
use crate::model::{Job, MetricRead, Model, Role, Sli, Slo};
use crate::promql::Expr;
use crate::promql::build::{aggregate, aggregate_without, call, selector, subquery, unless};
use crate::vocabulary::Duration;

/// A request of the HTTP API, below the server's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The path, such as `/api/v1/query`.
    pub path: &'static str,
    /// Parameters, not escaped yet.
    pub parameters: Vec<(&'static str, String)>,
    /// What it asks for.
    pub about: About,
}

/// The kinds of questions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The series of one metric.
    Series(String),
    /// Types and units of all metrics.
    Metadata,
    /// The scrape targets.
    Targets,
    /// The retention.
    Retention,
    /// The names of all metrics.
    Names,
    /// The largest number of series of one metric that differ only by replica labels.
    Replicas(String),
    /// Whether one metric has samples that the rules do not see, because they arrive late.
    Late(String),
}

/// What is known of a server.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// The metrics that have series.
    pub contract: Contract,
    /// The scrape jobs, if they are known.
    pub jobs: Option<Vec<Job>>,
    /// The retention, if it is known.
    pub retention: Option<Duration>,
    /// The number of replicas with the same series, by metric, if there are several.
    pub replicas: BTreeMap<String, u64>,
    /// Metrics whose samples the rules do not see.
    pub late: BTreeSet<String>,
    /// Warnings about incomplete answers.
    pub warnings: BTreeSet<String>,
    /// Types and units by metric, until [`Self::settle`] adds them to the metrics.
    types: BTreeMap<String, (Kind, Option<String>)>,
    /// Requested names without series.
    absent: BTreeSet<String>,
    /// Number of label sets of all metrics.
    shapes: usize,
}

/// Limit for the label sets of all metrics: a kilobyte or more each.
pub const MOST_SHAPES: usize = 100_000;

/// Limit for the names of metrics, which are needed only to suggest a name.
const MOST_NAMES: usize = 100_000;

/// The first questions.
pub fn questions(model: &Model) -> Vec<Question> {
    let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let alerts = model.services.iter().flat_map(|service| &service.alerts);
    let readers = model
        .slos()
        .flat_map(|slo| {
            let except = slo.agreed.except.as_ref().map(|except| (&except.readings, &[][..]));
            [Some((&slo.readings, &slo.by[..])), except].into_iter().flatten()
        })
        .chain(alerts.map(|companion| (&companion.readings, &[][..])));
    for (readings, by) in readers {
        for reading in readings {
            let Some(name) = reading.series() else { continue };
            let wanted = labels.entry(name).or_default();
            wanted.extend(reading.selector.matchers.iter().map(|matcher| matcher.label.clone()));
            wanted.extend(by.iter().map(|kept| kept.label.as_str().to_owned()));
            if matches!(reading.role, Role::Classic(_)) {
                wanted.insert("le".to_owned());
            }
        }
    }
    let counts = |slo: &Slo| matches!(slo.sli, Sli::Counted { .. });
    let counted: BTreeSet<String> = model
        .services
        .iter()
        .flat_map(|service| service.slos.iter().filter(|slo| counts(slo)))
        .flat_map(|slo| slo.readings.iter().filter_map(MetricRead::series))
        .collect();
    let about = |path, about| Question { path, parameters: Vec::new(), about };
    let mut questions = vec![
        about("/api/v1/metadata", About::Metadata),
        about("/api/v1/targets", About::Targets),
        about("/api/v1/status/runtimeinfo", About::Retention),
    ];
    questions[1].parameters.push(("state", "active".to_owned()));
    questions[0].parameters.push(("limit_per_metric", "1".to_owned()));
    // Prometheus accepts samples of the last five minutes; VictoriaMetrics only of one and a half scrape intervals.
    let victoria = model.project.targets.vmalert || model.project.targets.vmrule.is_some();
    let replicas: Vec<String> =
        model.project.prometheus.replica_labels.iter().map(|label| label.as_str().to_owned()).collect();
    for (name, wanted) in labels {
        if !replicas.is_empty() {
            let same = aggregate_without("count", &replicas, selector(&name, &[]));
            let parameters = vec![("query", aggregate("max", &[] as &[&str], same).to_string())];
            let about = About::Replicas(name.clone());
            questions.push(Question { path: "/api/v1/query", parameters, about });
        }
        if victoria && counted.contains(&name) {
            questions.push(late(&name));
        }
        let wanted: Vec<String> = wanted.into_iter().collect();
        let query = aggregate("count", &wanted, selector(&name, &[])).to_string();
        let parameters = vec![("query", query)];
        questions.push(Question { path: "/api/v1/query", parameters, about: About::Series(name) });
    }
    questions
}

/// Asks whether a job has samples of the last five minutes, but no counter value at a multiple of ten seconds, which is the time that rules read.
fn late(name: &str) -> Question {
    let there = call("last_over_time", vec![selector(name, &[]).range(Duration::from_secs(300))]);
    let ticks = subquery(selector(name, &[]), Duration::from_millis(9_999), Some(Duration::from_secs(10)));
    let read = call("last_over_time", vec![ticks]);
    // For the whole job: single series end all the time.
    let count = |of: Expr| aggregate("count", &["job"], of);
    let query = Expr::from(unless(count(there), count(read))).to_string();
    let parameters = vec![("query", query)];
    Question { path: "/api/v1/query", parameters, about: About::Late(name.to_owned()) }
}

/// The second questions: the names of all metrics, if some were not found.
pub fn further(model: &Model, live: &Live) -> Vec<Question> {
    let readings = model.services.iter().flat_map(|service| {
        let of_slos = service.slos.iter().flat_map(|slo| {
            let except = slo.agreed.except.iter().flat_map(|except| &except.readings);
            slo.readings.iter().chain(except)
        });
        of_slos.chain(service.alerts.iter().flat_map(|companion| &companion.readings))
    });
    let missing = readings
        .filter_map(|reading| reading.selector.name.as_deref())
        .any(|name| live.contract.find(name).is_none());
    match missing {
        true => vec![Question {
            path: "/api/v1/label/__name__/values",
            parameters: Vec::new(),
            about: About::Names,
        }],
        false => Vec::new(),
    }
}

impl Live {
    /// Adds an answer. Unexpected parts are ignored, because the APIs of servers differ.
    pub fn add_answer(&mut self, question: &Question, answer: &Value) {
        let data = &answer["data"];
        self.warnings.extend(texts(&answer["warnings"]).map(str::to_owned));
        match &question.about {
            About::Series(name) => self.series(name, data),
            About::Metadata => self.metadata(data),
            About::Targets => self.targets(data),
            About::Retention => {
                // `15d`, or `15d or 10GB`.
                let value = data["storageRetention"].as_str().and_then(|value| value.split(' ').next());
                self.retention = value.and_then(Duration::parse);
            }
            About::Replicas(name) => {
                let count = data["result"][0]["value"][1].as_str().and_then(|count| count.parse().ok());
                self.replicas.extend(count.filter(|count| *count > 1).map(|count| (name.clone(), count)));
            }
            About::Late(name) => {
                if data["result"].as_array().is_some_and(|result| !result.is_empty()) {
                    self.late.insert(name.clone());
                }
            }
            About::Names => {
                for name in texts(data).take(MOST_NAMES) {
                    self.named(name);
                }
            }
        }
    }

    /// Whether the limit is reached, so that some label sets are missing.
    pub fn is_full(&self) -> bool {
        self.shapes > MOST_SHAPES
    }

    /// Replaces what the model knows of the server by these answers, for the checks.
    pub fn hold(&self, model: &mut Model) {
        let contract = Arc::new(self.contract.clone());
        for service in &mut model.services {
            service.contract = Some(Arc::clone(&contract));
        }
        let prometheus = &mut model.project.prometheus;
        prometheus.replicas = self.replicas.clone();
        prometheus.late = self.late.clone();
        if self.jobs.is_some() {
            prometheus.jobs = self.jobs.clone();
        }
        if let Some(retention) = self.retention {
            prometheus.retention = Some((retention, None));
        }
    }

    fn series(&mut self, name: &str, data: &Value) {
        let results = data["result"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut shapes: BTreeMap<Vec<String>, Shape> = BTreeMap::new();
        // By label names first: a series can have so many labels that a copy of its names for each of them does not fit into memory.
        let mut values: BTreeMap<Vec<String>, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        let mut bounds: BTreeMap<Vec<String>, BTreeMap<String, usize>> = BTreeMap::new();
        for result in results {
            let Some(labels) = result["metric"].as_object() else { continue };
            let pairs = || labels.iter().filter_map(|(label, value)| Some((label, value.as_str()?)));
            let names: Vec<String> = pairs()
                .map(|(label, _)| label.clone())
                .filter(|label| label != "le" && label != "__name__")
                .collect();
            if !shapes.contains_key(&names) {
                self.shapes += 1;
            }
            if self.is_full() {
                return;
            }
            let shape = shapes.entry(names.clone()).or_default();
            let count = result["value"][1].as_str().and_then(|count| count.parse::<u64>().ok()).unwrap_or(1);
            shape.series = shape.series.saturating_add(count);
            if let Some((_, bound)) = pairs().find(|(label, _)| *label == "le") {
                *bounds.entry(names.clone()).or_default().entry(bound.to_owned()).or_default() += 1;
            }
            let values = values.entry(names).or_default();
            for (label, value) in pairs().filter(|(label, _)| *label != "le" && *label != "__name__") {
                values.entry(label.clone()).or_default().insert(value.to_owned());
            }
        }
        if shapes.is_empty() {
            self.absent.insert(name.to_owned());
            return;
        }
        for (names, values) in values {
            let values = values.into_iter().map(|(label, all)| {
                let more = all.len().saturating_sub(VALUES) as u64;
                (label, Values { known: all.into_iter().take(VALUES).collect(), more })
            });
            shapes.entry(names).or_default().labels.extend(values);
        }
        for (names, counted) in bounds {
            // A bound that only some of the series have cannot be used.
            let all = counted.values().copied().max().unwrap_or(0);
            let shape = shapes.entry(names).or_default();
            shape.bounds =
                counted.iter().filter(|(_, count)| **count == all).filter_map(|(le, _)| bound(le)).collect();
        }
        let (name, kind) = match name.strip_suffix("_bucket") {
            Some(base) if shapes.values().any(|shape| !shape.bounds.is_empty()) => (base, Kind::Histogram),
            _ => (name, Kind::Unknown),
        };
        let family = self.contract.families.entry(name.to_owned()).or_default();
        if kind != Kind::Unknown {
            family.kind = kind;
        }
        family.shapes = shapes.into_values().collect();
    }

    /// Types and units of metrics. The order of answers does not matter.
    fn metadata(&mut self, data: &Value) {
        for (name, value) in data.as_object().into_iter().flatten() {
            let kind = match value[0]["type"].as_str() {
                Some("counter") => Kind::Counter,
                Some("gauge") => Kind::Gauge,
                Some("histogram") => Kind::Histogram,
                Some("summary") => Kind::Summary,
                Some("info") => Kind::Info,
                Some("stateset") => Kind::StateSet,
                _ => continue,
            };
            let unit = value[0]["unit"].as_str().filter(|unit| !unit.is_empty()).map(str::to_owned);
            self.types.insert(name.clone(), (kind, unit));
        }
    }

    fn targets(&mut self, data: &Value) {
        let Some(targets) = data["activeTargets"].as_array() else { return };
        let mut jobs: BTreeMap<String, Job> = BTreeMap::new();
        for target in targets {
            let Some(name) = target["labels"]["job"].as_str() else { continue };
            // VictoriaMetrics has the interval among the discovered labels.
            let value = [&target["scrapeInterval"], &target["discoveredLabels"]["__scrape_interval__"]];
            let value = value.into_iter().find_map(|value| Duration::parse(value.as_str()?));
            let Some(scrape_interval) = value else { continue };
            let job = jobs.entry(name.to_owned()).or_insert_with(|| Job {
                name: name.to_owned(),
                scrape_interval,
                labels: Vec::new(),
                open: false,
            });
            job.scrape_interval = job.scrape_interval.max(scrape_interval);
            let labels = target["labels"].as_object().into_iter().flatten().map(|(label, _)| label.clone());
            job.labels.extend(labels);
            job.labels.sort();
            job.labels.dedup();
        }
        if !jobs.is_empty() {
            self.jobs = Some(jobs.into_values().collect());
        }
    }

    /// Adds a metric of which only the name is known. If it was requested and has no series now, it does not exist.
    fn named(&mut self, name: &str) {
        if self.contract.find(name).is_none() && !self.absent.contains(name) {
            self.contract.families.entry(name.to_owned()).or_default();
        }
    }

    /// Adds types and units to the metrics, after all answers.
    pub fn settle(&mut self) {
        for (name, (kind, unit)) in std::mem::take(&mut self.types) {
            if let Some(family) = self.contract.families.get_mut(&name) {
                family.kind = kind;
                family.unit = unit;
            }
        }
    }
}

fn texts(data: &Value) -> impl Iterator<Item = &str> {
    data.as_array().into_iter().flatten().filter_map(Value::as_str)
}
