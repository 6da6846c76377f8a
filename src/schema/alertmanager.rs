//! `alertmanager` and `dependencies` of the project file.

use serde_json::{Value, json};

use super::values::{boolean, duration, label_name, name, pause, severity, text, version};
use super::{Key, any_of, block, list, map, not_empty, one_or_more};

pub(super) fn alertmanager() -> Value {
    let smtp = vec![
        ("host", "The mail server with its port: `mail.internal:587`.", text()),
        ("from", "The sender address of mails.", text()),
        ("user", "The name to log in with.", text()),
        ("password_file", "A file with the password, on Alertmanager's machine.", text()),
        ("tls", "Whether the connection must be encrypted. Default: `true`.", boolean()),
    ];
    let mut keys = vec![
        (
            "version",
            "The oldest Alertmanager that must load the configuration, in quotes. Default: `\"0.25\"`.",
            version(),
        ),
        (
            "smtp",
            "The mail server; needed for `email`.",
            together(["user", "password_file"], block(&["host", "from"], smtp)),
        ),
        (
            "receivers",
            "Receivers by name: who can be notified, by one or more channels each.",
            map(name(), receiver()),
        ),
        (
            "default",
            "The receiver of alerts that no route matches. Without it every alert must have a route.",
            text(),
        ),
        ("times", "Times by name, for `mute`.", map(name(), time())),
        (
            "routes",
            "Which alert goes to which receivers. All routes that match an alert send it.",
            list(route()),
        ),
        (
            "inhibitions",
            "Alerts that silence other alerts, in addition to those that follow from the SLOs.",
            list(inhibition()),
        ),
    ];
    keys.extend(timing());
    block(&["receivers"], keys)
}

/// A block in which each of two keys needs the other one.
fn together([one, other]: [&str; 2], mut block: Value) -> Value {
    block["dependencies"] = json!({ one: [other], other: [one] });
    block
}

fn receiver() -> Value {
    let slack = vec![
        ("channel", "The channel, in quotes: `\"#alerts\"`.", text()),
        ("api_url_file", "A file with the webhook's address, on Alertmanager's machine.", text()),
    ];
    let telegram = vec![
        ("chat_id", "The number of the chat. Groups have negative numbers: `-1001234567890`.", chat()),
        ("bot_token_file", "A file with the bot's token, on Alertmanager's machine.", text()),
    ];
    let hook = || {
        let file = "A file with the webhook's address, on Alertmanager's machine.";
        block(&["webhook_url_file"], vec![("webhook_url_file", file, text())])
    };
    let webhook = vec![
        ("url", "The address to call, if it is not a secret.", text()),
        ("url_file", "A file with the address, from Alertmanager 0.26 on.", text()),
        ("token_file", "A file with a bearer token.", text()),
    ];
    let pagerduty = vec![("routing_key_file", "A file with the integration key.", text())];
    let opsgenie = vec![("api_key_file", "A file with the API key.", text())];
    let keys = vec![
        ("email", "An address, or a list. Needs `smtp`.", one_or_more(text())),
        ("slack", "A channel of Slack.", block(&["channel", "api_url_file"], slack)),
        (
            "telegram",
            "A chat of Telegram, from Alertmanager 0.26 on.",
            block(&["chat_id", "bot_token_file"], telegram),
        ),
        ("teams", "A channel of Microsoft Teams, from Alertmanager 0.28 on.", hook()),
        ("discord", "A channel of Discord, from Alertmanager 0.28 on.", hook()),
        ("webhook", "A program that is called over HTTP.", any_of(&[&["url"], &["url_file"]], webhook)),
        ("pagerduty", "A service of PagerDuty.", block(&["routing_key_file"], pagerduty)),
        ("opsgenie", "Opsgenie.", block(&["api_key_file"], opsgenie)),
    ];
    not_empty(block(&[], keys))
}

/// The id of a chat; quotes are allowed.
fn chat() -> Value {
    json!({ "type": ["integer", "string"], "pattern": "^-?[0-9]+$" })
}

fn timing() -> Vec<Key> {
    vec![
        (
            "group_by",
            "Labels: alerts with the same values share a notification. `[...]`: every alert has its own.",
            list(text()),
        ),
        (
            "group_wait",
            "How long the first notification of a group waits for other alerts. Default: `30s`.",
            pause(),
        ),
        (
            "group_interval",
            "How long a group waits before it notifies of further alerts. Default: `5m`.",
            duration(),
        ),
        ("repeat_interval", "When a notification is repeated. Default: `4h`.", duration()),
    ]
}

fn time() -> Value {
    let keys = vec![
        ("days", "Days such as `saturday`, ranges such as `monday-friday`, or a list.", one_or_more(text())),
        ("hours", "From and to, in quotes: `\"22:00-07:00\"`, or a list.", one_or_more(text())),
        ("time_zone", "An IANA name such as `Europe/Madrid`. Default: the time zone of the project.", text()),
    ];
    any_of(&[&["days"], &["hours"]], keys)
}

fn route() -> Value {
    let mut keys = vec![
        (
            "match",
            "Labels of alerts with a value or a list; `severity` is `page` or `ticket`. Default: every alert.",
            matching(),
        ),
        ("to", "A receiver, or a list.", one_or_more(text())),
        ("after", "An escalation: notified only of alerts that still fire after this time.", duration()),
        ("mute", "Names of `times` in which nothing is sent.", one_or_more(text())),
        ("stop", "`true`: routes below do not see the alerts that this route matches.", boolean()),
    ];
    keys.extend(timing());
    block(&["to"], keys)
}

fn inhibition() -> Value {
    let keys = vec![
        ("while", "Labels of the alert that silences.", matching()),
        ("silence", "Labels of the alerts that are silenced.", matching()),
        ("equal", "Labels that both have with the same value.", one_or_more(label_name())),
    ];
    block(&["while", "silence"], keys)
}

/// Labels with one or several values.
fn matching() -> Value {
    map(label_name(), one_or_more(text()))
}

pub(super) fn dependencies() -> Value {
    let keys = vec![
        ("on", "The service that is needed, or one SLO of it: `database/connections`.", text()),
        ("silences", "`ticket`: only tickets are silenced, pages are not.", severity()),
    ];
    let one = json!({ "anyOf": [text(), block(&["on"], keys)] });
    map(text(), one_or_more(one))
}
