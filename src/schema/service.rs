//! A service file.

use serde_json::{Value, json};

use super::settings::{accepted, missing_events, settings};
use super::values::{
    annotation_name, boolean, duration, kept_label_name, metric_name, name, objective, own_label_name,
    read_label_name, severity, text, the_version, traffic, words,
};
use super::{Key, any_of, block, list, map, not_empty, one_or_more, with};

pub(super) fn schema() -> Value {
    let mut keys = vec![
        ("version", "The version of the language: `slowburn/v1`.", the_version()),
        (
            "service",
            "The service's name: lower-case letters, digits and single hyphens. Unique in the project.",
            name(),
        ),
        ("description", "About the service, for readers of this file.", text()),
        ("owner", "The responsible team: the label `owner` on its alerts.", text()),
        ("scrape_interval", "How often it is scraped, if it differs from the project.", duration()),
        (
            "metrics",
            "Its contract, or a list of contracts: the metrics that it exposes. Paths are relative to this file. `slowburn metrics capture` writes a contract.",
            one_or_more(text()),
        ),
        ("planned", "Metrics that do not exist yet, each with the reason.", map(metric_name(), text())),
        ("slos", "The SLOs, by name.", not_empty(map(name(), slo()))),
        ("alerts", "Companion alerts, by name: alerts on causes, beside the SLOs.", map(name(), alert())),
        missing_events(),
    ];
    keys.extend(settings());
    keys.extend(template());
    let mut schema = block(&["version"], keys);
    schema["anyOf"] = json!([
        { "required": ["service", "slos"] },
        { "required": ["service", "alerts"] },
        { "required": ["instances"], "not": { "required": ["service"] } },
    ]);
    schema["dependencies"] = json!({ "parameters": ["instances"] });
    schema["title"] = json!("A service of slowburn");
    filled(schema)
}

/// The runbook of an SLO or an alert.
fn runbook() -> Key {
    let about = "What to do: the name of `runbooks/NAME.md` beside the project file, such as `API-down`.";
    ("runbook", about, text())
}

/// The keys of a template.
fn template() -> Vec<Key> {
    vec![
        (
            "parameters",
            "A template: names for `<< >>`, each with its default or without a value.",
            map(
                json!({ "type": "string", "pattern": "^[a-z][a-z0-9_]*$" }),
                json!({ "anyOf": [text(), { "type": "null" }] }),
            ),
        ),
        (
            "instances",
            "A template: its instances, by name. Each sets parameters, and any other key that differs.",
            not_empty(map(name(), json!({ "type": ["object", "null"] }))),
        ),
    ]
}

/// The same, but each value may contain parameters of a template.
fn filled(schema: Value) -> Value {
    match schema {
        Value::Object(mut form) => {
            if let Some(Value::String(pattern)) = form.get_mut("pattern") {
                pattern.push_str("|<<");
            }
            let words = ["enum", "const"].iter().any(|key| form.contains_key(*key));
            let about = if words { form.remove("description") } else { None };
            let form: Value = form
                .into_iter()
                // Names are not values.
                .map(|(key, value)| match key.as_str() {
                    "propertyNames" => (key, value),
                    _ => (key, filled(value)),
                })
                .collect();
            match words {
                true => {
                    let mut either = json!({ "anyOf": [form, { "type": "string", "pattern": "<<" }] });
                    if let Some(about) = about {
                        either["description"] = about;
                    }
                    either
                }
                false => form,
            }
        }
        Value::Array(forms) => forms.into_iter().map(filled).collect(),
        other => other,
    }
}

fn slo() -> Value {
    let mut keys = vec![
        ("description", "What a good event is, in a sentence. The alert's description contains it.", text()),
        (
            "objective",
            "The share of good events that is promised: `99.9%`; with a threshold `P95 < 500ms` (latency) or `99.5% < 60s` (freshness).",
            objective(),
        ),
        (
            "objectives",
            "Instead of `objective`: a list. Each entry makes one SLO, with the suffix `-p95`, `-p99` … in its name.",
            with(list(objective()), "minItems", json!(1)),
        ),
        (
            "sli",
            "The measurement: two of `total`, `good` and `bad`, or one of `latency`, `condition`, `probe`, `freshness`, `bad_ratio`, `journey`.",
            sli(),
        ),
        (
            "by",
            "Labels to keep: there is one promise, one budget and one alert for each of their values. `{ backend: service }` records the label `service` of the series as `backend`.",
            serde_json::json!({ "anyOf": [list(kept_label_name()), map(own_label_name(), read_label_name())] }),
        ),
        (
            "tiers_off",
            "Tiers that do not alert: severities (`page`, `ticket`) or long windows (`3d`).",
            list(text()),
        ),
        (
            "traffic",
            "The expected events per time, such as `200/h`. `explain`, the checks and the budget of a new SLO over a calendar period use it.",
            traffic(),
        ),
        runbook(),
    ];
    keys.extend(settings());
    keys.extend(template());
    any_of(&[&["sli", "objective"], &["sli", "objectives"], &["instances"]], keys)
}

fn alert() -> Value {
    let mut keys = vec![
        ("description", "What is wrong while it fires, in a sentence.", text()),
        (
            "expr",
            "PromQL: the alert fires for every series in the result, such as `absent(up{job=\"api\"} == 1)`.",
            text(),
        ),
        (
            "for",
            "How long the condition must be true before the alert fires, in steps of 30 seconds.",
            duration(),
        ),
        (
            "keep_firing_for",
            "How long the alert keeps firing after the condition ends, so that a target that comes and goes is one alert.",
            duration(),
        ),
        ("severity", "`page` asks a person to act now, `ticket` within days.", severity()),
        (
            "down",
            "`true`: while it fires the service is down; its SLOs are silenced, and the services that need it.",
            boolean(),
        ),
        ("independent", "`true`: it notifies even while a service that this one needs is down.", boolean()),
        (
            "same_as",
            "The SLO that reports the same failure: while one of the two pages, the other is silenced.",
            name(),
        ),
        runbook(),
        ("labels", "Constant labels.", map(own_label_name(), text())),
        ("annotations", "Constant annotations, copied as they are.", map(annotation_name(), text())),
        accepted(),
    ];
    keys.extend(template());
    any_of(&[&["expr", "severity"], &["instances"]], keys)
}

fn parts() -> Value {
    let mut parts = list(json!({ "type": "string", "pattern": "^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$" }));
    parts["minItems"] = json!(2);
    parts["maxItems"] = json!(20);
    parts
}

fn sli() -> Value {
    let keys = vec![
        (
            "total",
            "All events: a counter, such as `http_requests_total{job=\"api\"}`, or a sum or difference of counters. Without `rate`.",
            text(),
        ),
        ("good", "The good events: a counter, or a sum or difference of counters. Without `rate`.", text()),
        (
            "bad",
            "The bad events: a counter, such as `http_requests_total{job=\"api\", status=~\"5..\"}`, or a sum or difference. Without `rate`.",
            text(),
        ),
        (
            "latency",
            "A histogram by its base name, without `_bucket` and `le`. An event is good if it is below the objective's threshold.",
            text(),
        ),
        (
            "successful",
            "For `latency`: matchers of successful events, such as `status!~\"5..\"`. An event is good if it is fast and successful.",
            text(),
        ),
        (
            "histogram",
            "For `latency`: `classic` (the default), or `native`, which needs `prometheus.version` 2.54.",
            words(&["classic", "native"]),
        ),
        (
            "unit",
            "For `latency`: the unit of the histogram. Default: `seconds`.",
            words(&["seconds", "milliseconds"]),
        ),
        (
            "condition",
            "PromQL that compares, such as `redis_memory_used_bytes / redis_memory_max_bytes < 0.9`. Time is good while it is true.",
            text(),
        ),
        ("probe", "A gauge of 0 and 1, such as `up{job=\"api\"}`. Time is good while it is 1.", text()),
        (
            "freshness",
            "A gauge of Unix times, such as `backup_last_success_timestamp_seconds`. Time is good while the age is below the objective's threshold.",
            text(),
        ),
        (
            "bad_ratio",
            "PromQL of a ratio of bad events, with `$window` as its range. The last resort: the number of events is not known.",
            text(),
        ),
        (
            "journey",
            "Other SLOs, each with its service, such as `[proxy/availability, api/availability]`. A slice of time is good if each of them kept its objective in it.",
            parts(),
        ),
    ];
    const KINDS: [&[&str]; 9] = [
        &["total", "bad"],
        &["total", "good"],
        &["good", "bad"],
        &["latency"],
        &["condition"],
        &["probe"],
        &["freshness"],
        &["bad_ratio"],
        &["journey"],
    ];
    any_of(&KINDS, keys)
}
