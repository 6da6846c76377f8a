//! The plan: every rule, number and proof, before any target writes it.

mod alertmanager;
mod companion;
mod screens;

use std::sync::Arc;

pub use alertmanager::{
    Address, Channel, Clock, Delivery, Matcher, NOBODY, Notifications, Receiver, SentTo, Silenced, Smtp,
    TimeSpan, Times, Timing, Told, Why,
};
pub use companion::Companion;
pub use screens::Screens;

pub use crate::facts::{
    Aftermath, AgreedTime, BELOW, Counted, Event, Outage, Part, Promise, Sight, Watch, Which, of_agreed_time,
    seconds,
};
pub use crate::model::Labels;
use crate::model::{Language, RuleTargets, Wordings};
use crate::promql::ast::{Expr, Selector};
use crate::vocabulary::{BudgetLine, Decimal, Duration, PerSeverity, Severity};

/// Everything that is emitted.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Facts that all services share.
    pub project: ProjectPlan,
    /// By name.
    pub services: Vec<ServicePlan>,
}

/// Facts that all services share.
#[derive(Clone, Debug)]
pub struct ProjectPlan {
    /// The environment that it is compiled for; `None` where a project has none.
    pub environment: Option<String>,
    /// Of the texts for people.
    pub language: Language,
    /// The time zone that people live in who read the texts; UTC where none is named.
    pub time_zone: String,
    /// The values of the label `severity`.
    pub severities: PerSeverity<String>,
    /// The identity of the dashboard that shows all services; `None` if none of them promises anything.
    pub overview: Option<String>,
    /// The series that its dashboards read.
    pub screens: Screens,
    /// Receivers and routes; `None` if slowburn does not write them.
    pub notifications: Option<Notifications>,
    /// Texts of alerts instead of the built-in ones.
    pub texts: Wordings,
    /// Where Alertmanager is.
    pub alertmanager_url: Option<String>,
    /// Where Grafana is.
    pub grafana_url: Option<String>,
    /// Which services need which, in the order of the source.
    pub needs: Vec<Need>,
    /// Whether somebody has chosen names of alerts, so that names do not say what is a page.
    pub names_chosen: bool,
    /// Other systems that run the rules.
    pub targets: RuleTargets,
    /// Warnings that are accepted wherever they are, by code, with the reasons.
    pub accepted: Labels,
}

/// One service cannot work without another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Which.
    pub service: String,
    /// On which.
    pub on: String,
    /// The SLO whose page says that the other is down; if there is none, its `availability` and its missing events do.
    pub slo: Option<String>,
    /// Whether pages are silenced meanwhile, or tickets only.
    pub silences: Severity,
}

/// One service.
#[derive(Clone, Debug)]
pub struct ServicePlan {
    /// Its name.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// The responsible team.
    pub owner: Option<String>,
    /// Where its source can be read.
    pub source: Option<String>,
    /// The identity of its dashboard.
    pub dashboard: String,
    /// Whether it has a contract; without one its selectors were not checked.
    pub contract: bool,
    /// Metrics that are not there yet, by name.
    pub planned: Vec<Planned>,
    /// In the order of the source.
    pub slos: Vec<SloPlan>,
    /// The rules of all SLOs as they are evaluated: what several have is in them once.
    pub groups: Vec<Group>,
    /// The alert for events that disappear, in a group of its own.
    pub missing: Option<Group>,
    /// The runbook of that alert.
    pub missing_page: Runbook,
    /// Companion alerts, in a group of their own.
    pub companions: Option<Group>,
    /// Alerts that silence what these leave behind, likewise.
    pub aftermath: Option<Group>,
    /// Warnings that are accepted in its file, by code, with the reasons.
    pub accepted: Labels,
    /// The proofs of all of them; empty until they are made.
    pub proofs: Vec<Proof>,
}

impl ServicePlan {
    /// Every rule, as if each SLO were evaluated for itself.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let groups = self.slos.iter().flat_map(|slo| &slo.groups);
        let others = [&self.companions, &self.aftermath, &self.missing];
        groups.chain(others.into_iter().flatten()).flat_map(|group| &group.rules)
    }

    /// Every group, in the order of the rule file.
    pub fn all_groups(&self) -> impl Iterator<Item = &Group> {
        let others = [&self.companions, &self.aftermath, &self.missing];
        self.groups.iter().chain(others.into_iter().flatten())
    }

    /// The companion alerts, each with its rule.
    pub fn companion_alerts(&self) -> impl Iterator<Item = (&Rule, &Alert, &Companion)> {
        let rules = self.companions.iter().flat_map(|group| &group.rules);
        rules.filter_map(|rule| match &rule.makes {
            Makes::Alert(alert) => match &alert.notice {
                Notice::Companion(companion) => Some((rule, &**alert, &**companion)),
                Notice::Burn { .. }
                | Notice::Budget { .. }
                | Notice::Missing { .. }
                | Notice::Aftermath { .. } => None,
            },
            Makes::Record(_) => None,
        })
    }

    /// A copy for other services: its promises and alerts, without recorded series, runbooks and proofs.
    pub fn outline(mut self) -> Self {
        self.groups = Vec::new();
        let groups = self.slos.iter_mut().flat_map(|slo| &mut slo.groups);
        for group in groups {
            group.rules.retain(|rule| matches!(rule.makes, Makes::Alert(_)));
        }
        let companions = self.companions.iter_mut().flat_map(|group| &mut group.rules);
        let companions = companions.filter_map(|rule| match &mut rule.makes {
            Makes::Alert(alert) => match &mut alert.notice {
                Notice::Companion(companion) => Some(&mut companion.page),
                Notice::Burn { .. }
                | Notice::Budget { .. }
                | Notice::Missing { .. }
                | Notice::Aftermath { .. } => None,
            },
            Makes::Record(_) => None,
        });
        for page in
            self.slos.iter_mut().map(|slo| &mut slo.page).chain([&mut self.missing_page]).chain(companions)
        {
            *page = Runbook { file: std::mem::take(&mut page.file), ..Runbook::default() };
        }
        self.proofs = Vec::new();
        self
    }
}

/// A metric that is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub metric: String,
    /// Why.
    pub reason: String,
    /// The SLOs that read it.
    pub slos: Vec<String>,
}

/// One SLO.
#[derive(Clone, Debug)]
pub struct SloPlan {
    /// Its promise, in numbers.
    pub promise: Promise,
    /// Its rules, in the order in which they are to be evaluated, as if it were the service's only SLO.
    pub groups: Vec<Group>,
    /// The recorded series by meaning.
    pub readings: Readings,
    /// Values that the SLI reads, beside events.
    pub signal: Option<Signal>,
    /// How its events are counted.
    pub observed: Observed,
    /// Warnings that are accepted in it, by code, with the reasons.
    pub accepted: Labels,
    /// The name of its runbook.
    pub runbook: Option<String>,
    /// Where its runbook can be read.
    pub runbook_url: Option<String>,
    /// More facts for its runbook.
    pub page: Runbook,
}

/// Facts for a runbook beside the promise.
#[derive(Clone, Debug, Default)]
pub struct Runbook {
    /// Its file below `runbooks/`.
    pub file: String,
    /// The runbook that people wrote, as Markdown.
    pub written: Option<String>,
    /// The first queries.
    pub questions: Vec<Question>,
}

/// A query for finding the cause.
#[derive(Clone, Debug)]
pub struct Question {
    /// The question that it answers.
    pub asks: Asks,
    /// To be pasted as it is. Raw series: over short ranges only.
    pub query: Expr,
}

/// The question that a query answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// How fast the budget burns.
    Burn,
    /// Which series have bad events.
    Worst,
    /// Which series have the fewest good events.
    Good,
    /// Which series have the most events.
    Traffic,
    /// What is bad at this moment.
    BadNow,
    /// What the values are.
    Value,
    /// Whether the targets answer.
    Scraped,
    /// Whether anything fires that it needs.
    Needs,
    /// What has been counted.
    Counted,
    /// Which parts are bad at this moment.
    BadParts,
    /// Which parts have spent the budget.
    Shares,
    /// Whether anything fires of the parts.
    Parts,
}

impl SloPlan {
    /// Its alerts, the louder first.
    pub fn alerts(&self) -> impl Iterator<Item = (Severity, &Alert)> {
        self.groups.iter().flat_map(|group| &group.rules).filter_map(|rule| match &rule.makes {
            Makes::Alert(alert) => match &alert.notice {
                Notice::Burn { severity, .. } => Some((*severity, &**alert)),
                Notice::Budget { .. }
                | Notice::Missing { .. }
                | Notice::Companion(_)
                | Notice::Aftermath { .. } => None,
            },
            Makes::Record(_) => None,
        })
    }

    /// Its alerts of what is left of the budget, each with its line and its rule.
    pub fn budget_alerts(&self) -> impl Iterator<Item = (BudgetLine, Severity, &Rule, &Alert)> {
        self.groups.iter().flat_map(|group| &group.rules).filter_map(|rule| match &rule.makes {
            Makes::Alert(alert) => match &alert.notice {
                Notice::Budget { line, severity, .. } => Some((*line, *severity, rule, &**alert)),
                Notice::Burn { .. }
                | Notice::Missing { .. }
                | Notice::Companion(_)
                | Notice::Aftermath { .. } => None,
            },
            Makes::Record(_) => None,
        })
    }
}

/// The recorded series of an SLO that dashboards read. All carry `service`, `slo` and the labels that are kept, and nothing else.
#[derive(Clone, Debug)]
pub struct Readings {
    /// The objective.
    pub objective: Reading,
    /// 1 − objective.
    pub error_budget: Reading,
    /// Whether events count now; `None` if they always do.
    pub agreed_time: Option<Reading>,
    /// The burn rate over the last minutes.
    pub burn_now: Reading,
    /// The error ratio of the period.
    pub period_ratio: Reading,
    /// The share of the period's budget that is left; below 0 if it is overspent.
    pub budget_left: Reading,
    /// The burn rate over the period, or over that part of a calendar period which is over.
    pub period_burn_rate: Reading,
    /// Events of the period.
    pub period_total: Reading,
    /// Of a calendar period, the events that are expected of all of it: what its budget is measured against.
    pub period_expected: Option<Reading>,
    /// Bad events of the period.
    pub period_bad: Reading,
    /// The number of events in a window, if the service counts events.
    pub traffic: Option<(Reading, Duration)>,
    /// Counts of events that neither overlap nor leave out any, so that they can be summed over any range.
    pub counted_total: Selector,
    /// Bad ones likewise.
    pub counted_bad: Selector,
    /// How often these are counted.
    pub counted_every: Duration,
    /// Error ratios of the tiers, in their order.
    pub tiers: Vec<TierReadings>,
    /// Recorded series of each part of a journey.
    pub parts: Option<PartReadings>,
    /// Seconds until the budget is gone, at most the period.
    pub exhaustion: Reading,
    /// The window whose burn rate that goes by.
    pub pace: Duration,
}

/// Recorded series of the parts of a journey, with the label `part`.
#[derive(Clone, Debug)]
pub struct PartReadings {
    /// 1 while it is bad, 0 while it is good, nothing without events.
    pub bad_now: Reading,
    /// Its share in what was bad in the period.
    pub share: Reading,
    /// Its share in bad events, in counts that neither overlap nor leave out any.
    pub counted_bad: Selector,
}

/// One recorded series and how it is read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Its selector.
    pub series: Selector,
    /// How long its last sample can be read, if that is longer than an instant selector reads.
    pub held: Option<Duration>,
}

/// The error ratios that a tier compares.
#[derive(Clone, Debug)]
pub struct TierReadings {
    /// Over its long window.
    pub long: Reading,
    /// Over its short one.
    pub short: Reading,
}

/// Values that an SLI reads. These are raw series: read them only over short ranges.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one per SLO, and it is never copied about")]
pub enum Signal {
    /// How long events take.
    Latency(Latency),
    /// A value that is compared with a limit.
    Level(Level),
}

/// How long events take.
#[derive(Clone, Debug)]
pub struct Latency {
    /// The histogram; a classic one without `_bucket`.
    pub histogram: Selector,
    /// Whether it is a native one.
    pub native: bool,
    /// Its unit.
    pub measure: Measure,
    /// From where on an event is bad, in that measure.
    pub limit: Decimal,
    /// Which percentiles are of interest, each in (0, 1).
    pub percentiles: Vec<Decimal>,
    /// How often it is scraped.
    pub scrape_interval: Duration,
}

/// A value that is compared with a limit.
#[derive(Clone, Debug)]
pub struct Level {
    /// The value.
    pub value: Expr,
    /// The limit, as a vector.
    pub limit: Expr,
    /// The limit, if it is a number.
    pub fixed: Option<Decimal>,
    /// Whether values above the limit are bad.
    pub high_is_bad: bool,
    /// Its unit.
    pub measure: Measure,
    /// How often it is scraped.
    pub scrape_interval: Duration,
}

/// The unit of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Measure {
    Seconds,
    Milliseconds,
    /// A share of a whole.
    Share,
    /// Nothing that is known.
    Plain,
}

/// How events are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// What is observed.
    pub by: Observer,
    /// The share of bad ones that a slice may have, where slices are judged.
    pub slice_budget: Option<Decimal>,
}

/// What is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observer {
    /// Counters.
    Counters {
        /// Expected counts per second, if declared.
        traffic: Option<Decimal>,
    },
    /// A state, good or bad at each look.
    Looks,
    /// A ratio, so that a look is bad in part.
    Shares,
    /// Other SLOs.
    Parts,
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

impl Group {
    /// Whether it sums what faster groups record. Where what they recorded is seen late, or where all groups are evaluated at the same moments, it has to
    /// be evaluated behind them: what is not there yet when it sums is in no sum, ever.
    ///
    /// `tests/engines/run` before and after: Mimir summed 36,605 of 41,135 events, in all services; then all of them.
    pub fn sums_others(&self) -> bool {
        self.interval > Duration::from_secs(60)
    }
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The series or alert that it makes.
    pub makes: Makes,
    /// Of what.
    pub expr: Expr,
    /// Labels it sets; those of an SLO's recording rules are all the same.
    pub labels: Arc<Labels>,
    /// A comment for reviewers; may be empty.
    pub remark: &'static str,
}

impl Rule {
    /// The name of the series or of the alert.
    pub fn name(&self) -> &str {
        match &self.makes {
            Makes::Record(name) => name,
            Makes::Alert(alert) => &alert.which.name,
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
    /// Its name, and the labels that separate it from others of that name.
    pub which: Which,
    /// Where its runbook can be read.
    pub runbook_url: Option<String>,
    /// The dashboard that shows it.
    pub dashboard: Option<DashboardLink>,
    /// How long the expression has to hold.
    pub hold: Option<Duration>,
    /// How long it goes on firing after that is over.
    pub keep_firing_for: Option<Duration>,
    /// The values of its texts.
    pub notice: Notice,
    /// The sources' own annotations.
    pub annotations: Labels,
}

/// The anchor of a runbook's heading.
pub fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_ascii_alphanumeric() || " _-".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// The address of a dashboard, to which the alert's values of some labels are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardLink {
    /// Without them.
    pub url: String,
    /// The selected values, by the names of its variables.
    pub chosen: Vec<(&'static str, String)>,
    /// The labels.
    pub by: Vec<String>,
}

/// Stands for the alert's value in what its texts ask, as Go's `printf` fills it in.
pub const VALUE: &str = "%g";

/// How fast a budget burns. [`VALUE`] stands for the alert's value.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The error ratio.
    pub error_ratio: Expr,
    /// How many seconds the budget lasts at that ratio.
    pub budget_lasts: Expr,
}

/// The values from which an alert's texts are made.
#[derive(Clone, Debug)]
pub enum Notice {
    /// The error budget burns.
    Burn {
        /// The promise.
        promise: Box<Promise>,
        /// Page or ticket.
        severity: Severity,
        /// What the service is, for people.
        of: Option<String>,
        /// The name of the runbook.
        runbook: Option<String>,
        /// Who looks after the service.
        owner: Option<String>,
        /// The budget left, in percent; with the same labels as the alert.
        budget_left: Expr,
        /// How fast it burns.
        pace: Box<Pace>,
    },
    /// Less of the error budget is left than a line says.
    Budget {
        /// The promise.
        promise: Box<Promise>,
        /// The line.
        line: BudgetLine,
        /// Page or ticket.
        severity: Severity,
        /// What the service is, for people.
        of: Option<String>,
        /// The name of the runbook.
        runbook: Option<String>,
        /// Who looks after the service.
        owner: Option<String>,
        /// The budget left, in percent; with the same labels as the alert, except the line.
        budget_left: Expr,
        /// The window that is looked at for how it goes on.
        window: Duration,
        /// The error ratio in that window, and how long the budget lasts at it; labels likewise.
        pace: Box<Pace>,
    },
    /// Events have disappeared.
    Missing {
        /// The service's name.
        service: String,
        /// What the service is, for people.
        of: Option<String>,
        /// The responsible team.
        owner: Option<String>,
        /// Page or ticket.
        severity: Severity,
        /// For how long.
        after: Duration,
        /// The SLOs without events.
        which: Expr,
    },
    /// A cause that is watched beside the promises.
    Companion(Box<Companion>),
    /// It notifies nobody: it silences the aftermath of an alert.
    Aftermath {
        /// The service's name.
        service: String,
        /// The alert that left it.
        of: String,
        /// What is silenced.
        aftermath: Aftermath,
    },
}

/// One file of tests that run the very rules.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The kind of proof, as part of a file's name.
    pub what: String,
    /// For the reviewer.
    pub about: &'static str,
    /// Input and evaluation step.
    pub step: Duration,
    /// The groups in the order in which they are to be evaluated.
    pub groups: Vec<String>,
    /// The tests.
    pub cases: Vec<Case>,
    /// What could not be proven, and the reason.
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
    /// The conditions that must be true.
    pub checks: Vec<Check>,
}

/// A condition that must be true at a moment.
#[derive(Clone, Debug)]
pub enum Check {
    /// No such alert fires.
    Silent {
        /// When.
        at: Duration,
        /// Which.
        alert: Which,
    },
    /// That many of these alerts fire.
    Fires {
        /// When.
        at: Duration,
        /// Which.
        alert: Which,
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
        /// The alert's value in the text: the burn rate, or the value of a companion alert.
        value: String,
        /// The budget left, in percent; empty if there is none.
        budget_left: String,
        /// The error ratio, in percent; empty if there is none.
        error_ratio: String,
        /// How long the budget lasts; empty if there is none.
        budget_lasts: String,
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
