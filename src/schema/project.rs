//! The project file.

use serde_json::{Value, json};

use super::alertmanager::{alertmanager, dependencies};
use super::settings::{missing_events, settings};
use super::targets::targets;
use super::values::{
    annotation_name, duration, label_name, own_label_name, percentage, severity, text, the_version, version,
    words,
};
use super::{block, list, map};
use crate::model::Language;

pub(super) fn schema() -> Value {
    let languages: Vec<&str> = Language::ALL.iter().map(|(code, _)| *code).collect();
    let mut keys = vec![
        ("version", "The version of the language: `slowburn/v1`.", the_version()),
        ("language", "The language of alerts and dashboards; `en` if nothing is said.", words(&languages)),
        ("policies", "Policies of your own, by name: when alerts fire.", map(text(), policy())),
        ("severities", "How pages and tickets appear on alerts.", severities()),
        ("prometheus", "What is known of the Prometheus that evaluates the rules.", prometheus()),
        (
            "alertmanager",
            "Who is told, and how. With it a whole configuration of Alertmanager comes out.",
            alertmanager(),
        ),
        (
            "dependencies",
            "Which services need which: `payments: [database]`. What needs a service is silent while that is down.",
            dependencies(),
        ),
        ("links", "Where things can be read: alerts, dashboards and runbooks then link to it.", links()),
        ("texts", "What alerts say, in your own words.", texts()),
        ("targets", "What runs the rules beside Prometheus.", targets()),
        missing_events(),
    ];
    keys.extend(settings());
    let mut schema = block(&["version"], keys);
    schema["title"] = json!("The project file of slowburn");
    schema
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
            ("summary", "One line. Names stand in `<< >>`.", text()),
            ("description", "What else there is to say. Names stand in `<< >>`.", text()),
        ];
        block(&[], keys)
    };
    let kinds = vec![
        ("burn", "Alerts of SLOs.", texts()),
        ("budget", "Alerts of what is left of a budget.", texts()),
        ("missing", "Alerts for events that disappear.", texts()),
        ("companion", "Companion alerts.", texts()),
    ];
    block(&[], kinds)
}

fn policy() -> Value {
    let tier = vec![
        ("severity", "What the alert asks for: `page` wants somebody now, `ticket` within days.", severity()),
        (
            "budget",
            "The share of the error budget whose loss within the long window alerts, such as 2%.",
            percentage(),
        ),
        ("long", "The long window: how long the budget is watched.", duration()),
        ("short", "The short window: how soon the alert stops when the burn does.", duration()),
    ];
    let keys = vec![
        (
            "scale_to",
            "The period that the windows are written for; they are then scaled to the period of each SLO.",
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
        vec![("page", "Wants somebody now.", keys()), ("ticket", "Wants somebody within days.", keys())],
    )
}

fn prometheus() -> Value {
    let keys = vec![
        (
            "version",
            "The oldest Prometheus that is to load the rules, in quotes: `\"2.42\"`, which is the default.",
            version(),
        ),
        ("retention", "How long samples are kept. A longer period is then an error.", duration()),
        ("scrape_interval", "How often targets are scraped; `15s` if nothing is said.", duration()),
        ("target_labels", "Labels of targets beside `job` and `instance`.", list(label_name())),
        ("external_labels", "Labels that Prometheus adds to alerts.", list(label_name())),
        (
            "replica_labels",
            "Labels that tell the series of one replica of Prometheus from the same series of another.",
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
