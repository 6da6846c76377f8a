//! The plan: every rule, number and proof, before any target writes it.

mod alertmanager;
mod companion;
mod screens;

use std::sync::Arc;

pub use alertmanager::{
    Address, Channel, Clock, Delivery, InhibitionReason, Matcher, NOBODY, Notifications, Notified,
    PlannedInhibition, Receiver, ReceiverRoute, Smtp, TimeSpan, Times, Timing,
};
pub use companion::Companion;
pub use screens::Screens;

pub use crate::facts::{
    AgreedTime, AlertId, BELOW, Counted, Event, Outage, Part, Promise, SilencingAlert, TierFacts, TierState,
    first_to_fire, of_agreed_time, seconds,
};
pub use crate::model::Labels;
use crate::model::{Language, RuleTargets, Wordings};
use crate::promql::ast::{Expr, Selector};
use crate::vocabulary::{BudgetLine, Decimal, Duration, PerSeverity, Severity};

/// The whole plan.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Facts that all services share.
    pub project: ProjectPlan,
    /// The services, by name.
    pub services: Vec<ServicePlan>,
}

impl Plan {
    /// The SLOs of all services.
    pub fn slos(&self) -> impl Iterator<Item = &SloPlan> {
        self.services.iter().flat_map(|service| &service.slos)
    }
}

/// Facts that all services share.
#[derive(Clone, Debug)]
pub struct ProjectPlan {
    /// The environment that it is compiled for; `None` if the project has none.
    pub environment: Option<String>,
    /// The language of texts for people.
    pub language: Language,
    /// The time zone of the people who read the texts; UTC if none is declared.
    pub time_zone: String,
    /// The values of the label `severity`.
    pub severities: PerSeverity<String>,
    /// The identity of the dashboard of all services; `None` if there are no SLOs.
    pub overview: Option<String>,
    /// The series that its dashboards read.
    pub screens: Screens,
    /// Receivers and routes; `None` if slowburn does not write them.
    pub notifications: Option<Notifications>,
    /// Texts of alerts that replace the built-in ones.
    pub texts: Wordings,
    /// The address of Alertmanager.
    pub alertmanager_url: Option<String>,
    /// The address of Grafana.
    pub grafana_url: Option<String>,
    /// The dependencies of all services, in the order of the source.
    pub needs: Vec<ServiceDependency>,
    /// Other systems that run the rules.
    pub targets: RuleTargets,
    /// Warnings that are accepted everywhere, by code, with the reasons.
    pub accepted: Labels,
}

/// A dependency: one service cannot work without another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDependency {
    /// The service that depends.
    pub service: String,
    /// The service that it depends on.
    pub on: String,
    /// The SLO whose page means that the dependency is down; if there is none, its `availability` and its alert for missing events do.
    pub slo: Option<String>,
    /// Whether pages are silenced meanwhile, or only tickets.
    pub silences: Severity,
}

/// One service.
#[derive(Clone, Debug)]
pub struct ServicePlan {
    /// Its name.
    pub name: String,
    /// The description, for people.
    pub description: Option<String>,
    /// The responsible team.
    pub owner: Option<String>,
    /// The address of its source.
    pub source: Option<String>,
    /// The identity of its dashboard.
    pub dashboard: String,
    /// Whether it has a contract. Without one its selectors were not checked.
    pub contract: bool,
    /// Metrics that do not exist yet, by name.
    pub planned: Vec<Planned>,
    /// In the order of the source.
    pub slos: Vec<SloPlan>,
    /// The rules of all SLOs as they are evaluated: shared rules are in them once.
    pub groups: Vec<Group>,
    /// The alert for missing events, in a group of its own.
    pub missing: Option<Group>,
    /// The runbook of that alert.
    pub missing_page: Runbook,
    /// Companion alerts, in a group of their own.
    pub companions: Option<Group>,
    /// Alerts that notify nobody and silence others, in a group of their own.
    pub silencing: Option<Group>,
    /// Warnings that are accepted in its file, by code, with the reasons.
    pub accepted: Labels,
    /// The proofs of all rules; empty until they are made.
    pub proofs: Vec<Proof>,
}

impl ServicePlan {
    /// Every rule, as if each SLO were evaluated alone.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let groups = self.slos.iter().flat_map(|slo| &slo.groups);
        let others = [&self.companions, &self.silencing, &self.missing];
        groups.chain(others.into_iter().flatten()).flat_map(|group| &group.rules)
    }

    /// Every group, in the order of the rule file.
    pub fn all_groups(&self) -> impl Iterator<Item = &Group> {
        let others = [&self.companions, &self.silencing, &self.missing];
        self.groups.iter().chain(others.into_iter().flatten())
    }

    /// The companion alerts, each with its rule.
    pub fn companion_alerts(&self) -> impl Iterator<Item = (&Rule, &Alert, &Companion)> {
        let rules = self.companions.iter().flat_map(|group| &group.rules);
        rules.filter_map(|rule| Some((rule, rule.alert()?, rule.companion()?)))
    }

    /// Whether the runbook of an alert without an SLO is recorded.
    pub fn knows_runbooks(&self) -> bool {
        let rules = [&self.companions, &self.missing].into_iter().flatten().flat_map(|group| &group.rules);
        rules.into_iter().any(|rule| matches!(rule.makes, RuleOutput::Record(_)))
    }

    /// A copy for the files of the whole project: promises and alerts, without recorded series, runbooks and proofs.
    pub fn outline(mut self) -> Self {
        self.groups = Vec::new();
        let groups = self.slos.iter_mut().flat_map(|slo| &mut slo.groups);
        for group in groups {
            group.rules.retain(|rule| matches!(rule.makes, RuleOutput::Alert(_)));
            group.rules.shrink_to_fit();
        }
        let companions = self.companions.iter_mut().flat_map(|group| &mut group.rules);
        let companions = companions.filter_map(|rule| {
            let RuleOutput::Alert(alert) = &mut rule.makes else { return None };
            let Notice::Companion(companion) = &mut alert.notice else { return None };
            Some(&mut companion.page)
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

/// A metric that does not exist yet.
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
    /// Its rules, in the order of evaluation, as if it were the service's only SLO.
    pub groups: Vec<Group>,
    /// The recorded series by meaning.
    pub readings: Readings,
    /// Values that the SLI reads, beside events.
    pub signal: Option<Signal>,
    /// How its events are counted.
    pub observed: EventCounting,
    /// The alert of its service that fires if its events disappear; `None` if none are expected.
    pub expected: Option<Expected>,
    /// Warnings that are accepted for it, by code, with the reasons.
    pub accepted: Labels,
    /// The name of its runbook.
    pub runbook: Option<String>,
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
    pub asks: QuestionKind,
    /// The query, which can be pasted as it is. It reads raw series over short ranges only.
    pub query: Expr,
}

/// The question that a query answers. Its name in the texts is its name here in small letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// How fast the budget burns.
    Burn,
    /// Which series have the most bad events.
    Worst,
    /// Which series have the fewest good events.
    Good,
    /// Which series have the most events.
    Traffic,
    /// What is bad now.
    BadNow,
    /// The current values.
    Value,
    /// Whether the targets are scraped.
    Scraped,
    /// Whether alerts of the dependencies fire.
    Needs,
    /// How many events were counted.
    Counted,
    /// Which parts are bad now.
    BadParts,
    /// Which parts have spent the budget.
    Shares,
    /// Whether alerts of the parts fire.
    Parts,
}

impl SloPlan {
    /// Its rules.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.groups.iter().flat_map(|group| &group.rules)
    }

    /// Its burn alerts, pages first.
    pub fn alerts(&self) -> impl Iterator<Item = (Severity, &Alert)> {
        self.rules().filter_map(|rule| Some((rule.burn()?.severity, rule.alert()?)))
    }

    /// Its budget alerts, each with its line and its rule.
    pub fn budget_alerts(&self) -> impl Iterator<Item = (BudgetLine, Severity, &Rule, &Alert)> {
        self.rules().filter_map(|rule| {
            let (line, budget) = rule.budget()?;
            Some((line, budget.severity, rule, rule.alert()?))
        })
    }
}

/// The recorded series of an SLO that dashboards read. All have `service`, `slo` and the kept labels, and no others.
#[derive(Clone, Debug)]
pub struct Readings {
    /// The objective.
    pub objective: RecordedRead,
    /// 1 − objective.
    pub error_budget: RecordedRead,
    /// Whether events count now; `None` if they always do.
    pub agreed_time: Option<RecordedRead>,
    /// The burn rate over the last minutes.
    pub burn_now: RecordedRead,
    /// The error ratio of the period.
    pub period_ratio: RecordedRead,
    /// The share of the period's budget that is left; below 0 if it is overspent.
    pub budget_left: RecordedRead,
    /// The burn rate over the period; for a calendar period, over the part that is over.
    pub period_burn_rate: RecordedRead,
    /// Events of the period.
    pub period_total: RecordedRead,
    /// For a calendar period, the events that are expected in all of it: its budget is compared with them.
    pub period_expected: Option<RecordedRead>,
    /// Bad events of the period.
    pub period_bad: RecordedRead,
    /// The number of events in a window, if the service counts events.
    pub traffic: Option<(RecordedRead, Duration)>,
    /// Counts of events that do not overlap and leave out none, so that they can be summed over any range.
    pub counted_total: Selector,
    /// The same of bad events.
    pub counted_bad: Selector,
    /// The interval of these counts.
    pub counted_every: Duration,
    /// Error ratios of the tiers, in their order.
    pub tiers: Vec<TierReadings>,
    /// Recorded series of each part of a journey.
    pub parts: Option<PartReadings>,
    /// Seconds until the budget is spent, at most the period.
    pub exhaustion: RecordedRead,
}

/// Recorded series of the parts of a journey, with the label `part`.
#[derive(Clone, Debug)]
pub struct PartReadings {
    /// 1 while a part is bad, 0 while it is good, absent without events.
    pub bad_now: RecordedRead,
    /// Its share of the bad events of the period.
    pub share: RecordedRead,
    /// Its share of bad events, in counts that do not overlap and leave out none.
    pub counted_bad: Selector,
}

/// One recorded series and how it is read.
#[derive(Clone, Debug)]
pub struct RecordedRead {
    /// Its selector.
    pub series: Selector,
    /// How long its last sample is valid, if that is longer than the range of an instant selector.
    pub held: Option<Duration>,
}

/// The error ratios that a tier compares.
#[derive(Clone, Debug)]
pub struct TierReadings {
    /// Over its long window.
    pub long: RecordedRead,
    /// Over its short window.
    pub short: RecordedRead,
}

/// Values that an SLI reads. These are raw series: read them only over short ranges.
#[derive(Clone, Debug)]
pub enum Signal {
    /// How long events take.
    Latency(Latency),
    /// A value that is compared with a limit.
    Level(Level),
}

/// How long events take.
#[derive(Clone, Debug)]
pub struct Latency {
    /// The histogram; a classic one has the name without `_bucket`.
    pub histogram: Selector,
    /// Whether it is a native one.
    pub native: bool,
    /// Its unit.
    pub measure: Measure,
    /// The limit above which an event is bad, in the unit of `measure`.
    pub limit: Decimal,
    /// The percentiles that dashboards show, each in (0, 1).
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
    /// Unknown.
    Plain,
}

/// When the alert for missing events fires because of one SLO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its name.
    pub name: String,
    /// Page or ticket.
    pub severity: Severity,
    /// It begins after so much agreed time without events.
    pub range: Duration,
    /// So long it must last until it fires.
    pub hold: Duration,
}

/// How events are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventCounting {
    /// The source of its events.
    pub by: EventSource,
    /// The share of bad events that a slice may have; `None` without slices.
    pub slice_budget: Option<Decimal>,
}

/// The source of an SLO's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventSource {
    /// Counters.
    Counters {
        /// Expected counts per second, if declared.
        traffic: Option<Decimal>,
    },
    /// A state that is good or bad in each evaluation.
    States,
    /// A ratio: an evaluation is bad in part.
    Ratios,
    /// The parts of a journey.
    Parts,
}

/// Rules that are evaluated in order at one timestamp.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name, unique in the file.
    pub name: String,
    /// The evaluation interval.
    pub interval: Duration,
    /// The rules, in order.
    pub rules: Vec<Rule>,
}

impl Group {
    /// Whether it sums the series of faster groups. If a ruler shows their samples late, or evaluates all groups at the same moments, this group must
    /// be evaluated after them: a sample that does not exist at that time is in no sum.
    ///
    /// Measured with `tests/engines/run` in all services: Mimir summed 36,605 of 41,135 events before, and all of them after.
    pub fn sums_others(&self) -> bool {
        self.interval > Duration::from_secs(60)
    }
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The series or alert that it makes.
    pub makes: RuleOutput,
    /// The expression.
    pub expr: Arc<Expr>,
    /// Labels that it sets; those of an SLO's recording rules are all the same.
    pub labels: Arc<Labels>,
    /// A comment for reviewers; may be empty.
    pub remark: &'static str,
}

impl Rule {
    /// The name of the series or of the alert.
    pub fn name(&self) -> &str {
        match &self.makes {
            RuleOutput::Record(name) => name,
            RuleOutput::Alert(alert) => &alert.id.name,
        }
    }

    /// The name of the series, if it makes one.
    pub fn record(&self) -> Option<&str> {
        match &self.makes {
            RuleOutput::Record(name) => Some(name),
            RuleOutput::Alert(_) => None,
        }
    }

    /// The alert, if it makes one.
    pub fn alert(&self) -> Option<&Alert> {
        match &self.makes {
            RuleOutput::Alert(alert) => Some(alert),
            RuleOutput::Record(_) => None,
        }
    }

    /// The burn alert, if it makes one.
    pub fn burn(&self) -> Option<&OfPromise> {
        let Notice::Burn(burn) = &self.alert()?.notice else { return None };
        Some(burn)
    }

    /// The budget alert with its line, if it makes one.
    pub fn budget(&self) -> Option<(BudgetLine, &OfPromise)> {
        let Notice::Budget(line, budget) = &self.alert()?.notice else { return None };
        Some((*line, budget))
    }

    /// The companion alert, if it makes one.
    pub fn companion(&self) -> Option<&Companion> {
        let Notice::Companion(companion) = &self.alert()?.notice else { return None };
        Some(companion)
    }
}

/// What a rule makes.
#[derive(Clone, Debug)]
pub enum RuleOutput {
    /// A series.
    Record(String),
    /// An alert.
    Alert(Box<Alert>),
}

/// An alert without its expression and labels.
#[derive(Clone, Debug)]
pub struct Alert {
    /// The alert's identity.
    pub id: AlertId,
    /// The address of its runbook.
    pub runbook_url: Option<String>,
    /// The dashboard that shows it.
    pub dashboard: Option<DashboardLink>,
    /// How long the expression must be true before it fires.
    pub hold: Option<Duration>,
    /// How long it keeps firing after that.
    pub keep_firing_for: Option<Duration>,
    /// The values of its texts.
    pub notice: Notice,
    /// The annotations from the sources.
    pub annotations: Labels,
}

/// The anchor of a runbook's heading.
pub fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_ascii_alphanumeric() || " _-".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// The address of a dashboard; the alert's values of some labels are added to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DashboardLink {
    /// The address without them.
    pub url: String,
    /// The selected values, by the names of its variables.
    pub chosen: Vec<(&'static str, String)>,
    /// The labels whose values are added.
    pub by: Vec<String>,
}

/// How fast a budget burns. Both expressions read recorded series with the same labels as the alert.
#[derive(Clone, Debug)]
pub struct BurnForecast {
    /// The window in which it is measured.
    pub window: Duration,
    /// The error ratio in that window.
    pub error_ratio: Expr,
    /// How many seconds the budget lasts at that ratio.
    pub budget_lasts: Expr,
}

/// The values from which the texts of an alert of a promise are made.
#[derive(Clone, Debug)]
pub struct OfPromise {
    /// The promise.
    pub promise: Box<Promise>,
    /// Page or ticket.
    pub severity: Severity,
    /// The description of the service.
    pub of: Option<String>,
    /// The name of the runbook.
    pub runbook: Option<String>,
    /// The responsible team.
    pub owner: Option<String>,
    /// The budget left, in percent; with the same labels as the alert, except the line.
    pub budget_left: Expr,
    /// How fast it burns.
    pub pace: Box<BurnForecast>,
}

/// The values from which an alert's texts are made.
#[derive(Clone, Debug)]
pub enum Notice {
    /// The error budget burns.
    Burn(OfPromise),
    /// Less of the error budget is left than a line says.
    Budget(BudgetLine, OfPromise),
    /// Events are missing.
    Missing {
        /// The service's name.
        service: String,
        /// The description of the service.
        of: Option<String>,
        /// The responsible team.
        owner: Option<String>,
        /// Page or ticket.
        severity: Severity,
        /// How long they must be missing.
        after: Duration,
        /// The SLOs without events.
        which: Expr,
    },
    /// A companion alert fires.
    Companion(Box<Companion>),
    /// It notifies nobody, but silences other alerts.
    Silencing {
        /// The service's name.
        service: String,
        /// The alert after which it silences others.
        of: String,
        /// The alerts that it silences.
        silencing: SilencingAlert,
    },
}

/// One file of tests that run the real rules.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The kind of proof, as part of a file's name.
    pub what: String,
    /// A description for the reviewer.
    pub about: &'static str,
    /// The interval of samples, and of evaluations.
    pub step: Duration,
    /// The groups, in the order of evaluation.
    pub groups: Vec<String>,
    /// The tests.
    pub cases: Vec<Case>,
    /// The situations that could not be proven, each with the reason.
    pub unproven: Vec<String>,
}

/// One test.
#[derive(Clone, Debug)]
pub struct Case {
    /// The sentence that it proves.
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
        /// The moment.
        at: Duration,
        /// The alert.
        alert: AlertId,
    },
    /// That many of these alerts fire.
    Fires {
        /// The moment.
        at: Duration,
        /// The alert.
        alert: AlertId,
        /// The number.
        count: usize,
    },
    /// Only this alert fires, with these texts.
    Says {
        /// The moment.
        at: Duration,
        /// The rule.
        rule: Box<Rule>,
        /// Labels that the result of the expression has.
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
    /// A query has this value; `None` if it has no result.
    Value {
        /// The moment.
        at: Duration,
        /// The query.
        expr: Expr,
        /// Labels of the only sample, without the metric's name.
        labels: Labels,
        /// The value as decimal text.
        value: Option<String>,
    },
}
