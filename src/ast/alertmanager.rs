//! `alertmanager` and `dependencies` of the project file, as they are written.

use super::{Key, Map};
use crate::scalar::Scalar;
use crate::source::Span;

/// `alertmanager`.
#[derive(Clone, Debug)]
pub struct AlertmanagerBlock {
    /// Its beginning.
    pub span: Span,
    /// `version`
    pub version: Option<Scalar>,
    /// `smtp`
    pub smtp: Option<SmtpBlock>,
    /// `receivers`
    pub receivers: Map<Vec<ChannelBlock>>,
    /// `default`
    pub default: Option<Scalar>,
    /// Timings that routes can override.
    pub timing: TimingBlock,
    /// `times`
    pub times: Map<TimeBlock>,
    /// `routes`
    pub routes: Vec<RouteBlock>,
    /// Whether every route was understood. Otherwise routes are missing.
    pub understood: bool,
    /// `inhibitions`
    pub inhibitions: Vec<InhibitionBlock>,
    /// Keys that would hold a secret.
    pub inline: Vec<InlineSecret>,
}

/// A key that would hold a secret in the source.
#[derive(Clone, Debug)]
pub struct InlineSecret {
    /// The key.
    pub key: Key,
    /// The text in place of the secret.
    pub value: Scalar,
    /// The key to use instead, whose value is a file.
    pub instead: &'static str,
}

/// `smtp`.
#[derive(Clone, Debug)]
pub struct SmtpBlock {
    /// `host`
    pub host: Scalar,
    /// `from`
    pub from: Scalar,
    /// `user`
    pub user: Option<Scalar>,
    /// `password_file`
    pub password_file: Option<Scalar>,
    /// `tls`
    pub tls: Option<Scalar>,
}

/// A channel of a receiver.
#[derive(Clone, Debug)]
pub enum ChannelBlock {
    /// One entry of `email`.
    Email(Scalar),
    /// `slack`
    Slack {
        /// `channel`
        channel: Scalar,
        /// `api_url_file`
        api_url_file: Scalar,
    },
    /// `webhook`
    Webhook {
        /// `url`
        url: Option<Scalar>,
        /// `url_file`
        url_file: Option<Scalar>,
        /// `token_file`
        token_file: Option<Scalar>,
    },
    /// `pagerduty`, with its `routing_key_file`.
    PagerDuty(Scalar),
    /// `opsgenie`, with its `api_key_file`.
    Opsgenie(Scalar),
    /// `telegram`
    Telegram {
        /// `chat_id`
        chat_id: Scalar,
        /// `bot_token_file`
        bot_token_file: Scalar,
    },
    /// `teams`, with its `webhook_url_file`.
    Teams(Scalar),
    /// `discord`, with its `webhook_url_file`.
    Discord(Scalar),
}

/// Timings and grouping.
#[derive(Clone, Debug, Default)]
pub struct TimingBlock {
    /// `group_by`, if it is there.
    pub group_by: Option<Vec<Scalar>>,
    /// `group_wait`
    pub group_wait: Option<Scalar>,
    /// `group_interval`
    pub group_interval: Option<Scalar>,
    /// `repeat_interval`
    pub repeat_interval: Option<Scalar>,
}

/// One entry of `times`.
#[derive(Clone, Debug)]
pub struct TimeBlock {
    /// `days`
    pub days: Vec<Scalar>,
    /// `hours`
    pub hours: Vec<Scalar>,
    /// `time_zone`
    pub time_zone: Option<Scalar>,
}

/// Labels with their possible values.
pub type MatchBlock = Map<Vec<Scalar>>;

/// One entry of `routes`.
#[derive(Clone, Debug)]
pub struct RouteBlock {
    /// The whole entry.
    pub span: Span,
    /// `match`
    pub matches: MatchBlock,
    /// `to`
    pub to: Vec<Scalar>,
    /// `after`
    pub after: Option<Scalar>,
    /// Its own timings.
    pub timing: TimingBlock,
    /// `mute`
    pub mute: Vec<Scalar>,
    /// `stop`
    pub stop: Option<Scalar>,
}

/// One entry of `inhibitions`.
#[derive(Clone, Debug)]
pub struct InhibitionBlock {
    /// The whole entry.
    pub span: Span,
    /// `while`
    pub source: MatchBlock,
    /// `silence`
    pub silenced: MatchBlock,
    /// `equal`
    pub equal: Vec<Scalar>,
}

/// A dependency of a service.
#[derive(Clone, Debug)]
pub struct DependencyBlock {
    /// `service` or `service/slo`.
    pub on: Scalar,
    /// `silences`
    pub silences: Option<Scalar>,
}
