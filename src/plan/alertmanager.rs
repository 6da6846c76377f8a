//! Receivers, routes and inhibitions, as computed.

use crate::model::Labels;
pub use crate::model::{Address, Channel, Clock, Receiver, Smtp, TimeSpan, Times, Timing};
use crate::vocabulary::Duration;

/// Everything between an alert and the people who are notified.
#[derive(Clone, Debug)]
pub struct Notifications {
    /// How mail is sent.
    pub smtp: Option<Smtp>,
    /// The receivers.
    pub receivers: Vec<Receiver>,
    /// The receiver of alerts that no route matches; `None` if there is none.
    pub default: Option<String>,
    /// Defaults for routes.
    pub timing: Timing,
    /// Named times.
    pub times: Vec<Times>,
    /// The time zone in which texts show when an alert began.
    pub clock: Clock,
    /// The routes. Each is independent of the others.
    pub routes: Vec<ReceiverRoute>,
    /// Alerts that notify nobody. They only silence others.
    pub notify_nobody: Vec<String>,
    /// Alerts that are silenced while other alerts fire.
    pub inhibitions: Vec<PlannedInhibition>,
    /// The receivers of every alert.
    pub deliveries: Vec<Delivery>,
}

/// The receiver that notifies nobody. No source can have a receiver of that name.
pub const NOBODY: &str = "nobody_";

/// A route: one receiver of some alerts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverRoute {
    /// The matchers; all must match.
    pub matchers: Vec<Matcher>,
    /// The receiver's name.
    pub receiver: String,
    /// The timing of its notifications.
    pub timing: Timing,
    /// The repeat interval of budget alerts on this route. A budget alert can fire for weeks, so it notifies only once.
    pub budgets: Option<Duration>,
    /// Whether it is notified only of alerts that still fire after `timing.group_wait`.
    pub escalates: bool,
    /// Whether alerts were excluded because earlier routes decide about them.
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
    /// The values; at least one. A missing label has the value "".
    pub values: Vec<String>,
}

/// An inhibition: alerts that are silenced while other alerts fire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedInhibition {
    /// For the reviewer.
    pub why: InhibitionReason,
    /// The alerts that silence.
    pub source: Vec<Matcher>,
    /// The alerts that are silenced.
    pub target: Vec<Matcher>,
    /// Labels that have the same value on both sides, or that both sides lack.
    pub equal: Vec<String>,
}

impl Matcher {
    /// Whether the label of an alert has such a value.
    fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.label).map_or("", String::as_str);
        self.values.iter().any(|known| known == value) != self.negative
    }
}

impl PlannedInhibition {
    /// Whether Alertmanager silences the alert `target` while `source` fires. Alerts that are on both sides do not silence each other.
    pub fn silences(&self, source: &Labels, target: &Labels) -> bool {
        let is = |matchers: &[Matcher], labels| matchers.iter().all(|matcher| matcher.matches(labels));
        let value = |labels: &Labels, label: &String| labels.get(label).cloned().unwrap_or_default();
        is(&self.source, source)
            && is(&self.target, target)
            && self.equal.iter().all(|label| value(source, label) == value(target, label))
            && !(is(&self.target, source) && is(&self.source, target))
    }
}

/// The reason of an inhibition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InhibitionReason {
    /// The page over the ticket of the same promise.
    PageOverTicket,
    /// The burn page over the page of the same SLO's budget.
    BurnOverBudget,
    /// The alert of a line over those of the lines above it.
    LowerLine,
    /// A dependency is down.
    Down {
        /// The dependency.
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
    /// Two alerts have the same meaning.
    Same {
        /// The service.
        service: String,
        /// Its SLO.
        slo: String,
    },
    /// The alerts of a part over the ticket of its journey.
    Journey {
        /// The service of the journey.
        service: String,
        /// The journey.
        slo: String,
    },
    /// The page of a journey over those of its parts, if it was first.
    JourneyFirst {
        /// The service of the journey.
        service: String,
        /// The journey.
        slo: String,
    },
    /// The author declared it.
    Declared,
}

/// The receivers of one alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its labels, with values for those that are unknown before it fires.
    pub labels: Labels,
    /// The names of receivers, in the order of the routes.
    pub receivers: Vec<String>,
    /// When each of them is notified.
    pub notified: Vec<Notified>,
    /// How many other combinations of label values the alert can have that have no delivery here: there are too many of them.
    pub left_out: usize,
}

/// When one receiver is notified of a firing alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notified {
    /// The receiver's name.
    pub receiver: String,
    /// How long the alert fires before that, at least.
    pub after: Duration,
    /// Whether that is an escalation: only of alerts that nobody has silenced by then.
    pub escalates: bool,
    /// Names of times without notifications.
    pub mute: Vec<String>,
}
