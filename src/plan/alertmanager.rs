//! Receivers, routes and inhibitions, as computed.

use crate::model::Labels;
pub use crate::model::{Address, Channel, Clock, Receiver, Smtp, TimeSpan, Times, Timing};
use crate::vocabulary::Duration;

/// Everything between an alert and the people who are notified.
#[derive(Clone, Debug)]
pub struct Notifications {
    /// How mail is sent.
    pub smtp: Option<Smtp>,
    /// All of them.
    pub receivers: Vec<Receiver>,
    /// Told of what no route takes; `None` if nobody is.
    pub default: Option<String>,
    /// Defaults for routes.
    pub timing: Timing,
    /// Named times.
    pub times: Vec<Times>,
    /// In which time zone it is said when an alert began.
    pub clock: Clock,
    /// Each route is independent of the others.
    pub routes: Vec<SentTo>,
    /// Alerts that notify nobody: they only silence others.
    pub unheard: Vec<String>,
    /// Alerts that are silenced while other alerts fire.
    pub inhibitions: Vec<Silenced>,
    /// The receivers of every alert.
    pub deliveries: Vec<Delivery>,
}

/// The receiver that nobody is behind. No source can have a receiver of that name.
pub const NOBODY: &str = "nobody_";

/// One receiver of some alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentTo {
    /// All of them hold.
    pub matchers: Vec<Matcher>,
    /// The receiver's name.
    pub receiver: String,
    /// When and how.
    pub timing: Timing,
    /// When a budget alert on this route is repeated. It lasts for weeks, so it is notified once.
    pub budgets: Option<Duration>,
    /// Whether it is notified only of alerts that still fire after `timing.group_wait`.
    pub escalates: bool,
    /// Whether alerts were taken out that earlier routes decide on.
    pub narrowed: bool,
    /// Names of times without notifications.
    pub mute: Vec<String>,
}

/// A condition on a label's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// Whether the value must not be one of these.
    pub negative: bool,
    /// At least one; no value at all is "".
    pub values: Vec<String>,
}

/// Alerts that are silenced while other alerts fire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silenced {
    /// For the reviewer.
    pub why: Why,
    /// The alerts that silence.
    pub source: Vec<Matcher>,
    /// The alerts that are silenced.
    pub target: Vec<Matcher>,
    /// Labels that have the same value on both sides, or are on neither.
    pub equal: Vec<String>,
}

/// Why something is silenced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The page says more than the ticket of the same promise.
    PageOverTicket,
    /// The page that burns says more than the page of the budget that it burns.
    BurnOverBudget,
    /// A line of the budget says more than the lines above it.
    LowerLine,
    /// A needed service is down.
    Down {
        /// The service that is needed.
        service: String,
    },
    /// The service of the SLO is down.
    DownItself {
        /// The service.
        service: String,
    },
    /// The service of the SLO was down, and its windows still contain the outage.
    Aftermath {
        /// The service.
        service: String,
    },
    /// Both speak of the same.
    Same {
        /// The service.
        service: String,
        /// Its SLO.
        slo: String,
    },
    /// A part of a journey says where it fails.
    Journey {
        /// The service of the journey.
        service: String,
        /// The journey.
        slo: String,
    },
    /// The author says so.
    Declared,
}

/// The receivers of one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its labels, with values for those that are not known before it fires.
    pub labels: Labels,
    /// The names of receivers, in the order of the routes.
    pub receivers: Vec<String>,
    /// When each of them is notified.
    pub told: Vec<Told>,
}

/// When one receiver is notified of a firing alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The receiver's name.
    pub receiver: String,
    /// How long the alert fires before that, at least.
    pub after: Duration,
    /// Whether that is an escalation, for what nobody has silenced by then.
    pub escalates: bool,
    /// Names of times without notifications.
    pub mute: Vec<String>,
}
