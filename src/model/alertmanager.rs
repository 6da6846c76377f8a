//! Receivers, routes and inhibitions, as they are meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Span;
use crate::vocabulary::{Duration, Name, Severity};

/// Receivers, routes and inhibitions.
#[derive(Clone, Debug)]
pub struct Alertmanager {
    /// How mail is sent.
    pub smtp: Option<Smtp>,
    /// In the order of the source.
    pub receivers: Vec<Receiver>,
    /// The receiver for alerts that no route matches.
    pub default: Option<Name>,
    /// Defaults for routes.
    pub timing: Timing,
    /// Named times.
    pub times: Vec<Times>,
    /// Every route whose labels match is used, up to one with `stop`.
    pub routes: Vec<Route>,
    /// Whether all routes and the default are valid; otherwise some are missing.
    pub complete: bool,
    /// The user's own inhibitions.
    pub inhibitions: Vec<Inhibition>,
    /// The time zone in notifications.
    pub clock: Clock,
    /// The place of the block.
    pub place: Span,
}

/// How mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// `host:port`
    pub host: String,
    /// The sender's address.
    pub from: String,
    /// The user, if the server needs one.
    pub user: Option<String>,
    /// The file that holds the user's password.
    pub password_file: Option<String>,
    /// Whether the connection has to be encrypted.
    pub tls: bool,
}

/// A receiver: a person or team that is notified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Unique.
    pub name: Name,
    /// At least one.
    pub channels: Vec<Channel>,
}

/// A channel of a receiver. Secrets are only paths of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A mail.
    Email {
        /// The address.
        to: String,
    },
    /// A message in Slack.
    Slack {
        /// `#name`, or an identifier.
        channel: String,
        /// The file that holds the address of Slack's webhook.
        api_url_file: String,
    },
    /// A request to another program.
    Webhook {
        /// Where to.
        address: Address,
        /// The file that holds a bearer token.
        token_file: Option<String>,
    },
    /// An event in PagerDuty.
    PagerDuty {
        /// The file that holds the integration's key.
        routing_key_file: String,
    },
    /// An alert in Opsgenie.
    Opsgenie {
        /// The file that holds the key.
        api_key_file: String,
    },
    /// A message in Telegram.
    Telegram {
        /// The id of the chat; negative for groups.
        chat_id: i64,
        /// The file that holds the token of the bot that writes.
        bot_token_file: String,
    },
    /// A card in Microsoft Teams.
    Teams {
        /// The file that holds the address of the workflow.
        webhook_url_file: String,
    },
    /// A message in Discord.
    Discord {
        /// The file that holds the address of the channel's webhook.
        webhook_url_file: String,
    },
}

/// The time zone in which notifications show when an alert began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clock {
    /// That of the machine on which Alertmanager runs.
    Server,
    /// A fixed offset in seconds east of UTC.
    Ahead(i32),
    /// An IANA name, which Alertmanager looks up.
    Zone(String),
}

/// The address of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An address without a secret.
    Url(String),
    /// A file with the address.
    File(String),
}

/// When notifications are sent, and how alerts are grouped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Alerts with the same values share a notification; `None` for one notification per alert.
    pub group_by: Option<Vec<String>>,
    /// How long the first notification of a group waits for further alerts.
    pub group_wait: Duration,
    /// The least time between notifications about changes in a group.
    pub group_interval: Duration,
    /// The time after which a notification is repeated.
    pub repeat_interval: Duration,
}

/// A named set of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    /// Unique.
    pub name: Name,
    /// IANA name.
    pub time_zone: String,
    /// Parts of days.
    pub spans: Vec<TimeSpan>,
}

/// A part of some days of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    /// 0 is Sunday; empty for all days.
    pub days: BTreeSet<u8>,
    /// From this minute of the day.
    pub from: u16,
    /// To this minute of the same day; 1440 is its end.
    pub to: u16,
}

/// Labels with their possible values. A missing label has the value "".
pub type Matching = BTreeMap<String, BTreeSet<String>>;

/// A route: which receivers are notified of which alerts.
#[derive(Clone, Debug)]
pub struct Route {
    /// The alerts that it matches.
    pub matching: Matching,
    /// The place of each label.
    pub labels: Vec<(String, Span)>,
    /// The receivers.
    pub to: Vec<Name>,
    /// Its timings and grouping.
    pub timing: Timing,
    /// Whether it is an escalation: it notifies only of alerts that still fire after `timing.group_wait`.
    pub escalates: bool,
    /// Times without notifications.
    pub mute: Vec<Name>,
    /// Whether later routes do not get its alerts.
    pub stop: bool,
    /// Its beginning.
    pub place: Span,
}

/// An inhibition: while one alert fires, other alerts are silenced.
#[derive(Clone, Debug)]
pub struct Inhibition {
    /// The alerts that silence.
    pub source: Matching,
    /// The alerts that are silenced.
    pub silenced: Matching,
    /// Labels that must have the same value on both sides, with their places.
    pub equal: Vec<(String, Span)>,
    /// Its beginning.
    pub place: Span,
}

/// A dependency between two services.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The service that needs the other one.
    pub service: Name,
    /// The service that it needs.
    pub on: Name,
    /// The SLO whose page means that the other service is down; `None` means its `availability` and its missing events.
    pub slo: Option<Name>,
    /// The highest severity that is silenced.
    pub silences: Severity,
    /// Its place.
    pub place: Span,
}
