//! What is computed: every rule, number and proof, before any target spells it.

mod alertmanager;

pub use alertmanager::{
    Address, Channel, Delivery, Matcher, Notifications, Receiver, SentTo, Silenced, Smtp, TimeSpan, Times,
    Timing, Why,
};

use crate::model::{Labels, Language};
use crate::promql::ast::Expr;
use crate::vocabulary::{Decimal, Duration, Period, Severity};

/// Everything that is emitted.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Of the texts for people.
    pub language: Language,
    /// By name.
    pub services: Vec<ServicePlan>,
    /// Who is told; `None` if that is not slowburn's to say.
    pub notifications: Option<Notifications>,
}

/// One service.
#[derive(Clone, Debug)]
pub struct ServicePlan {
    /// Its name.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// In the order of the source.
    pub slos: Vec<SloPlan>,
    /// The alert for events that disappear, in a group of its own.
    pub missing: Option<Group>,
    /// What proves all of them; empty until they are proven.
    pub proofs: Vec<Proof>,
}

/// One SLO.
#[derive(Clone, Debug)]
pub struct SloPlan {
    /// What it promises, in numbers.
    pub promise: Promise,
    /// Its rules, in the order in which they are to be evaluated.
    pub groups: Vec<Group>,
}

/// What an SLO promises, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The service's name.
    pub service: String,
    /// The SLO's name.
    pub slo: String,
    /// For people.
    pub description: Option<String>,
    /// `99.9%`, or `95% < 500ms`.
    pub objective: String,
    /// In (0, 1).
    pub ratio: Decimal,
    /// 1 − objective.
    pub budget: Decimal,
    /// What it is promised over.
    pub period: Period,
    /// What burn rates are derived from.
    pub period_length: Duration,
    /// What one event is.
    pub event: Event,
    /// Labels that are kept.
    pub by: Vec<String>,
    /// Expected events per second, if declared or known.
    pub traffic: Option<Decimal>,
    /// Watching tiers, in the order of the policy.
    pub tiers: Vec<Watch>,
    /// The evaluation interval of pages and their windows.
    pub interval: Duration,
    /// The evaluation interval of long windows.
    pub long_interval: Duration,
    /// Why the metric is not there yet.
    pub planned: Option<String>,
}

/// What one event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something that the service counts.
    Occurrence,
    /// One look at a state, every `interval`, for each of the series that are looked at.
    Check,
    /// One moment, judged by the slice that ends there.
    Slice(Duration),
}

/// One tier with everything that follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Page or ticket.
    pub severity: Severity,
    /// The share of the budget that is gone when it fires.
    pub budget_share: Decimal,
    /// Long window.
    pub long: Duration,
    /// Short window.
    pub short: Duration,
    /// Budget share × period ÷ long window.
    pub burn_rate: Decimal,
    /// Burn rate × error budget.
    pub threshold: Decimal,
    /// Fewer bad events in the long window never fire.
    pub min_bad_events: u32,
    /// Whether its windows are evaluated every `long_interval` only.
    pub slow: bool,
}

/// Rules that are evaluated one after the other at one timestamp.
#[derive(Clone, Debug)]
pub struct Group {
    /// Unique in its file.
    pub name: String,
    /// How often.
    pub interval: Duration,
    /// In order.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it makes.
    pub makes: Makes,
    /// Of what.
    pub expr: Expr,
    /// Labels it sets.
    pub labels: Labels,
    /// What a reviewer wants to know of it; may be empty.
    pub remark: &'static str,
}

impl Rule {
    /// The name of the series or of the alert.
    pub fn name(&self) -> &str {
        match &self.makes {
            Makes::Record(name) => name,
            Makes::Alert(alert) => &alert.name,
        }
    }
}

/// What a rule makes.
#[derive(Clone, Debug)]
pub enum Makes {
    /// A series.
    Record(String),
    /// An alert.
    Alert(Box<Alert>),
}

/// An alert beside its expression and labels.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Its name.
    pub name: String,
    /// How long the expression has to hold.
    pub hold: Option<Duration>,
    /// What its texts say.
    pub notice: Notice,
    /// The sources' own annotations.
    pub annotations: Labels,
}

/// What an alert's texts are made from.
#[derive(Clone, Debug)]
pub enum Notice {
    /// The error budget burns.
    Burn {
        /// What is promised.
        promise: Box<Promise>,
        /// Page or ticket.
        severity: Severity,
        /// The name of the runbook.
        runbook: Option<String>,
        /// What is left of the budget; carries the same labels as the alert.
        budget_left: Expr,
    },
    /// Events have disappeared.
    Missing {
        /// The service's name.
        service: String,
        /// For how long.
        after: Duration,
        /// The SLOs without events.
        which: Expr,
    },
}

/// One file of tests that run the very rules.
#[derive(Clone, Debug)]
pub struct Proof {
    /// What is proven, as part of a file's name.
    pub what: String,
    /// For the reviewer.
    pub about: &'static str,
    /// Input and evaluation step.
    pub step: Duration,
    /// The groups in the order in which they are to be evaluated.
    pub groups: Vec<String>,
    /// The tests.
    pub cases: Vec<Case>,
    /// What could not be proven, and why.
    pub unproven: Vec<String>,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Case {
    /// The sentence it proves.
    pub title: String,
    /// The time between two samples.
    pub interval: Duration,
    /// Series with their values, in promtool's notation.
    pub series: Vec<(String, String)>,
    /// What must be so.
    pub checks: Vec<Check>,
}

/// What must be so at a moment.
#[derive(Clone, Debug)]
pub enum Check {
    /// No alert of that name fires.
    Silent {
        /// When.
        at: Duration,
        /// The alert's name.
        alert: String,
    },
    /// That many alerts of that name fire.
    Fires {
        /// When.
        at: Duration,
        /// The alert's name.
        alert: String,
        /// How many.
        count: usize,
    },
    /// Exactly this alert fires, with these texts.
    Says {
        /// When.
        at: Duration,
        /// The rule.
        rule: Box<Rule>,
        /// Labels that the expression brings along.
        labels: Labels,
        /// The burn rate in the text.
        burn_rate: String,
        /// What is left of the budget, in the text.
        budget_left: String,
    },
    /// A query has this value; `None` for no answer.
    Value {
        /// When.
        at: Duration,
        /// The query.
        expr: Expr,
        /// Labels of the one sample, without the metric's name.
        labels: Labels,
        /// The value as decimal text.
        value: Option<String>,
    },
}
