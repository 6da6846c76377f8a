//! A service file.

use serde_json::{Value, json};

use super::settings::{missing_events, settings};
use super::values::{
    annotation_name, boolean, code, duration, kept_label_name, metric_name, name, objective, own_label_name,
    read_label_name, reason, severity, text, the_version, traffic, words,
};
use super::{Key, block, list, map, one_or_more};

pub(super) fn schema() -> Value {
    let mut keys = vec![
        ("version", "The version of the language: `slowburn/v1`.", the_version()),
        (
            "service",
            "The service's name: lower-case letters, digits and single hyphens. Unique in the project.",
            name(),
        ),
        ("description", "About the service, for readers of this file.", text()),
        ("owner", "Who answers for it: the label `owner` on its alerts.", text()),
        ("scrape_interval", "How often it is scraped, if not as often as the project says.", duration()),
        (
            "metrics",
            "What it exposes: a contract, or a list of them, relative to this file. `slowburn metrics capture` writes one.",
            one_or_more(text()),
        ),
        ("planned", "Metrics that are not there yet, each with the reason.", map(metric_name(), text())),
        ("slos", "What is promised: SLOs by name.", slos()),
        (
            "alerts",
            "Alerts on causes, by name: what an operations team already watches beside the promises.",
            map(name(), alert()),
        ),
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

/// What makes a template of a map.
fn template() -> Vec<Key> {
    vec![
        (
            "parameters",
            "A template: names that may stand in `<< >>`, each with its default or with nothing.",
            map(
                json!({ "type": "string", "pattern": "^[a-z][a-z0-9_]*$" }),
                json!({ "anyOf": [text(), { "type": "null" }] }),
            ),
        ),
        (
            "instances",
            "A template: what comes of it, by name. Each sets parameters, and any other key that is different.",
            instances(),
        ),
    ]
}

fn instances() -> Value {
    let mut instances = map(name(), json!({ "type": ["object", "null"] }));
    instances["minProperties"] = json!(1);
    instances
}

/// The same where a value may be the parameter of a template.
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
                // Names are no values.
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

fn slos() -> Value {
    let mut slos = map(name(), slo());
    slos["minProperties"] = json!(1);
    slos
}

fn objectives() -> Value {
    let mut objectives = list(objective());
    objectives["minItems"] = json!(1);
    objectives
}

fn slo() -> Value {
    let mut keys = vec![
        ("description", "What a good event is, in a sentence. It stands in the alert's description.", text()),
        (
            "objective",
            "The share of good events that is promised: `99.9%`; with a threshold `P95 < 500ms` (latency) or `99.5% < 60s` (freshness).",
            objective(),
        ),
        (
            "objectives",
            "Instead of `objective`: a list, which makes one SLO each, named with the suffix `-p95`, `-p99` …",
            objectives(),
        ),
        (
            "sli",
            "What is measured: two of `total`, `good` and `bad`, or one of `latency`, `condition`, `probe`, `freshness`, `bad_ratio`, `journey`.",
            sli(),
        ),
        (
            "by",
            "Labels that are kept: one promise, one budget and one alert for each of their values. `{ backend: service }` records the label `service` of the series as `backend`.",
            serde_json::json!({ "anyOf": [list(kept_label_name()), map(own_label_name(), read_label_name())] }),
        ),
        (
            "tiers_off",
            "What does not alert: severities (`page`, `ticket`) or long windows (`3d`).",
            list(text()),
        ),
        (
            "traffic",
            "Events that are expected, such as `200/h`. It lets `explain` and the checks say more, and a new SLO over a calendar period know how many to expect.",
            traffic(),
        ),
        (
            "runbook",
            "What to do: the name of `runbooks/NAME.md` beside the project file, such as `API-down`.",
            text(),
        ),
    ];
    keys.extend(settings());
    keys.extend(template());
    let mut slo = block(&[], keys);
    slo["anyOf"] = json!([
        { "required": ["sli", "objective"] },
        { "required": ["sli", "objectives"] },
        { "required": ["instances"] },
    ]);
    slo
}

fn alert() -> Value {
    let mut keys = vec![
        ("description", "What is wrong while it fires, in a sentence.", text()),
        (
            "expr",
            "PromQL: it fires for every series that this answers, such as `absent(up{job=\"api\"} == 1)`.",
            text(),
        ),
        ("for", "How long it has to hold, in steps of 30 seconds.", duration()),
        (
            "keep_firing_for",
            "How long it goes on firing after it is over, so that a target that comes and goes is one alert.",
            duration(),
        ),
        ("severity", "What it asks for: `page` wants somebody now, `ticket` within days.", severity()),
        (
            "down",
            "`true`: it says that the service is down, so its SLOs are silent meanwhile, and what needs it.",
            boolean(),
        ),
        ("independent", "`true`: it is told even while something that its service needs is down.", boolean()),
        (
            "same_as",
            "The SLO that speaks of the same: while one of the two pages, the other is silent.",
            name(),
        ),
        (
            "runbook",
            "What to do: the name of `runbooks/NAME.md` beside the project file, such as `API-down`.",
            text(),
        ),
        ("labels", "Constant labels.", map(own_label_name(), text())),
        ("annotations", "Constant annotations, taken as they are.", map(annotation_name(), text())),
        (
            "accepted",
            "Warnings that are known and no fault, by code, each with the reason: `single-event-pages: one customer`.",
            map(code(), reason()),
        ),
    ];
    keys.extend(template());
    let mut alert = block(&[], keys);
    alert["anyOf"] = json!([{ "required": ["expr", "severity"] }, { "required": ["instances"] }]);
    alert
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
            "A histogram by its base name, without `_bucket` and `le`. Good is an event below the objective's threshold.",
            text(),
        ),
        (
            "successful",
            "Of `latency`: matchers of what counts as successful, such as `status!~\"5..\"`. Good is an event that is fast and successful.",
            text(),
        ),
        (
            "histogram",
            "Of `latency`: `classic` (the default), or `native`, which needs `prometheus.version` 2.54.",
            words(&["classic", "native"]),
        ),
        (
            "unit",
            "Of `latency`: what the histogram counts in; `seconds` if nothing is said.",
            words(&["seconds", "milliseconds"]),
        ),
        (
            "condition",
            "PromQL that compares, such as `redis_memory_used_bytes / redis_memory_max_bytes < 0.9`. Good is time while it holds.",
            text(),
        ),
        ("probe", "A gauge of 0 and 1, such as `up{job=\"api\"}`. Good is time while it is 1.", text()),
        (
            "freshness",
            "A gauge of Unix times, such as `backup_last_success_timestamp_seconds`. Good is time while it is younger than the objective's threshold.",
            text(),
        ),
        (
            "bad_ratio",
            "PromQL of a ratio, with `$window` where its range stands. The last resort: weights of events are unknown.",
            text(),
        ),
        (
            "journey",
            "Other SLOs, each with its service, such as `[proxy/availability, api/availability]`. Good is a slice of time in which each of them kept its objective.",
            parts(),
        ),
    ];
    let mut sli = block(&[], keys);
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
    sli["anyOf"] = KINDS.iter().map(|keys| json!({ "required": keys })).collect();
    sli
}
