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
    /// Told of what no route takes.
    pub default: Option<Name>,
    /// Defaults for routes.
    pub timing: Timing,
    /// Named times.
    pub times: Vec<Times>,
    /// Every route whose labels match takes part, up to one that says `stop`.
    pub routes: Vec<Route>,
    /// Whether these are all routes and the default; else a problem was found in the others.
    pub complete: bool,
    /// The author's own.
    pub inhibitions: Vec<Inhibition>,
    /// The project's time zone, as far as Alertmanager knows it.
    pub clock: Clock,
    /// Where it is declared.
    pub place: Span,
}

/// How mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// `host:port`
    pub host: String,
    /// The sender's address.
    pub from: String,
    /// The user, if the host wants one.
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
        /// The number of the chat; of groups it is negative.
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

/// In which time zone notifications say when an alert began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clock {
    /// That of the machine on which Alertmanager runs.
    Server,
    /// So many seconds ahead of UTC, all year.
    Ahead(i32),
    /// An IANA name, which Alertmanager looks up.
    Zone(String),
}

/// Where a webhook is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// No secret.
    Url(String),
    /// The file that holds it.
    File(String),
}

/// When notifications are sent, and which alerts share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Alerts with the same values share a notification; `None` for one notification per alert.
    pub group_by: Option<Vec<String>>,
    /// How long the first one waits for others.
    pub group_wait: Duration,
    /// How long further ones wait.
    pub group_interval: Duration,
    /// When it is said again.
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
    /// 0 is Sunday; all of them if there is none.
    pub days: BTreeSet<u8>,
    /// From this minute of the day.
    pub from: u16,
    /// To this minute of the same day; 1440 is its end.
    pub to: u16,
}

/// Values that labels have to have, each one of several; a label that is not there has the value "".
pub type Matching = BTreeMap<String, BTreeSet<String>>;

/// A route: which receivers are notified of which alerts.
#[derive(Clone, Debug)]
pub struct Route {
    /// Of which.
    pub matching: Matching,
    /// Where each label was named.
    pub labels: Vec<(String, Span)>,
    /// Who.
    pub to: Vec<Name>,
    /// When and how.
    pub timing: Timing,
    /// Whether it is an escalation: notified only of alerts that still fire after `timing.group_wait`.
    pub escalates: bool,
    /// Nothing is sent during these times.
    pub mute: Vec<Name>,
    /// Whether later routes do not see its alerts.
    pub stop: bool,
    /// Where it begins.
    pub place: Span,
}

/// An inhibition: while one alert fires, others are silenced.
#[derive(Clone, Debug)]
pub struct Inhibition {
    /// The alerts that silence.
    pub source: Matching,
    /// The alerts that are silenced.
    pub silenced: Matching,
    /// Labels that have the same value on both sides.
    pub equal: Vec<(String, Span)>,
    /// Where it begins.
    pub place: Span,
}

/// One service cannot work without another.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Which.
    pub service: Name,
    /// On which.
    pub on: Name,
    /// The SLO whose page says that the other is down; if there is none, its `availability` and its missing events do.
    pub slo: Option<Name>,
    /// Whether pages are silenced, or tickets only.
    pub silences: Severity,
    /// Where it was written.
    pub place: Span,
}
