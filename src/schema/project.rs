//! The project file.

use serde_json::{Value, json};

use super::alertmanager::{alertmanager, dependencies};
use super::settings::{missing_events, settings};
use super::targets::targets;
use super::values::{
    annotation_name, duration, label_name, name, own_label_name, percentage, severity, text, the_version,
    version, words,
};
use super::{Key, block, list, map, not_empty, one_or_more, with};
use crate::model::Language;

pub(super) fn schema() -> Value {
    let mut keys = keys();
    keys.push((
        "environments",
        "Environments, each with its differences. The output has one directory for each: `out/environments/NAME`.",
        not_empty(map(name(), environment())),
    ));
    with(block(&["version"], keys), "title", json!("The project file of slowburn"))
}

fn maintenance() -> Vec<Key> {
    vec![
        ("from", "When it begins: `2027-01-10T02:00` in `time_zone`, or with `Z` or an offset.", text()),
        ("to", "When it ends, in the same form.", text()),
        ("slos", "Services, and SLOs such as `api/availability`. Default: all.", one_or_more(text())),
        ("reason", "Why events do not count during this time.", text()),
    ]
}

/// The keys of an environment.
fn environment() -> Value {
    let mut service = overriding(super::service::schema());
    for key in ["version", "service", "parameters", "instances"] {
        service["properties"].as_object_mut().map(|keys| keys.remove(key));
    }
    let mut environment = keys();
    environment.retain(|(key, ..)| *key != "version");
    environment.push((
        "services",
        "Differences of services, by name: any key of a service file. `off` if the environment does not have the service.",
        map(name(), or_off(service)),
    ));
    json!({ "anyOf": [overriding(block(&[], environment)), { "type": "null" }] })
}

/// A value, or `off` to remove it.
fn or_off(value: Value) -> Value {
    json!({ "anyOf": [value, { "const": "off" }] })
}

/// The same without required keys, because it overrides another value.
fn overriding(mut schema: Value) -> Value {
    if let Some(form) = schema.as_object_mut() {
        // A key of the sources may have the same name as a keyword; then its value is a schema.
        let lists = |value: &Value| value.as_object().is_some_and(|of| of.values().all(Value::is_array));
        for demands in ["required", "minProperties", "title", "dependencies"] {
            if form.get(demands).is_some_and(|value| !value.is_object() || lists(value)) {
                form.remove(demands);
            }
        }
        let demands = |form: &Value| {
            form.as_object().is_some_and(|form| form.keys().all(|key| key == "required" || key == "not"))
        };
        if form.get("anyOf").and_then(Value::as_array).is_some_and(|forms| forms.iter().all(demands)) {
            form.remove("anyOf");
        }
        if let Some(keys) = form.get_mut("properties").and_then(Value::as_object_mut) {
            for name in ["slos", "alerts"] {
                if let Some(entry) = keys.get_mut(name).and_then(|map| map.get_mut("additionalProperties")) {
                    *entry = or_off(entry.take());
                }
            }
        }
    }
    match schema {
        Value::Object(form) => form.into_iter().map(|(key, value)| (key, overriding(value))).collect(),
        Value::Array(forms) => forms.into_iter().map(overriding).collect(),
        other => other,
    }
}

/// The keys of the project file.
fn keys() -> Vec<Key> {
    let languages: Vec<&str> = Language::ALL.iter().map(|(code, _)| *code).collect();
    let mut keys = vec![
        ("version", "The version of the language: `slowburn/v1`.", the_version()),
        ("language", "The language of alerts and dashboards. Default: `en`.", words(&languages)),
        ("policies", "Policies of your own, by name: when alerts fire.", map(text(), policy())),
        ("severities", "The labels of pages and tickets on alerts.", severities()),
        ("prometheus", "The Prometheus that evaluates the rules.", prometheus()),
        (
            "alertmanager",
            "Who is notified, and how. With it slowburn writes a complete configuration of Alertmanager.",
            alertmanager(),
        ),
        (
            "dependencies",
            "Which services need which: `payments: [database]`. While a needed service is down, the services that need it are silenced.",
            dependencies(),
        ),
        ("links", "Addresses that alerts, dashboards and runbooks link to.", links()),
        ("texts", "The texts of alerts, in your own words.", texts()),
        ("targets", "Other systems that run the rules.", targets()),
        (
            "maintenance",
            "Windows in which events do not count: planned ones, and past ones that are excused. Each has a reason.",
            list(block(&["from", "to", "reason"], maintenance())),
        ),
        missing_events(),
    ];
    keys.extend(settings());
    keys
}

fn links() -> Value {
    let keys = vec![
        ("runbooks", "Where `out/runbooks` is published: every alert gets `runbook_url`.", text()),
        ("grafana", "Where Grafana is: every alert gets `dashboard_url`.", text()),
        ("source", "Where the folder of the definitions is published.", text()),
        ("alertmanager", "Where `amtool` finds Alertmanager.", text()),
    ];
    block(&[], keys)
}

fn texts() -> Value {
    let texts = || {
        let keys = vec![
            ("summary", "One line. Write names in `<< >>`.", text()),
            ("description", "The details. Write names in `<< >>`.", text()),
        ];
        block(&[], keys)
    };
    let kinds = vec![
        ("burn", "Alerts of SLOs.", texts()),
        ("budget", "Budget alerts.", texts()),
        ("missing", "Alerts for missing events.", texts()),
        ("companion", "Companion alerts.", texts()),
    ];
    block(&[], kinds)
}

fn policy() -> Value {
    let tier = vec![
        ("severity", "`page` asks a person to act now, `ticket` within days.", severity()),
        (
            "budget",
            "The alert fires if this share of the error budget is spent within the long window, such as 2%.",
            percentage(),
        ),
        ("long", "The long window: the time over which the burn rate is measured.", duration()),
        ("short", "The short window: it decides how soon the alert stops after the errors stop.", duration()),
        (
            "keep_firing_for",
            "How long the alert keeps firing after that; the same for all tiers of a severity.",
            duration(),
        ),
    ];
    let keys = vec![
        (
            "scale_to",
            "The period for which the windows are written; they are scaled to the period of each SLO.",
            duration(),
        ),
        ("tiers", "Pairs of windows.", list(block(&["severity", "budget", "long", "short"], tier))),
    ];
    block(&["tiers"], keys)
}

fn severities() -> Value {
    let keys = || {
        let keys = vec![
            ("label", "The value of the label `severity`, such as `critical`.", text()),
            ("labels", "Labels on alerts of this severity.", map(own_label_name(), text())),
            ("annotations", "Annotations on alerts of this severity.", map(annotation_name(), text())),
        ];
        block(&[], keys)
    };
    block(
        &[],
        vec![
            ("page", "Asks a person to act now.", keys()),
            ("ticket", "Asks a person to act within days.", keys()),
        ],
    )
}

fn prometheus() -> Value {
    let keys = vec![
        (
            "version",
            "The oldest Prometheus that must load the rules, in quotes. Default: `\"2.42\"`.",
            version(),
        ),
        ("retention", "How long samples are kept. A longer period is then an error.", duration()),
        ("scrape_interval", "How often targets are scraped. Default: `15s`.", duration()),
        ("target_labels", "Labels of targets beside `job` and `instance`.", list(label_name())),
        ("external_labels", "Labels that Prometheus adds to alerts.", list(label_name())),
        (
            "replica_labels",
            "Labels in which the series of two replicas of Prometheus differ.",
            list(label_name()),
        ),
        (
            "scrape_config",
            "A configuration of Prometheus, relative to this file: its jobs, and how often they are scraped.",
            text(),
        ),
    ];
    block(&[], keys)
}
