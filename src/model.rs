//! The sources with their meaning: every value is valid, every default is filled in, and every name exists.

mod agreed;
mod alertmanager;
mod companion;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use agreed::{Agreed, Except, Maintenance};
pub use alertmanager::{
    Address, Alertmanager, Channel, Clock, Dependency, Inhibition, Matching, Receiver, Route, Smtp, TimeSpan,
    Times, Timing,
};

pub use companion::{Companion, CompanionPlaces, Firing};
pub use targets::{Mimir, Objects, Operator, PartialResponse, RuleTargets};

use crate::contract::Contract;
use crate::promql::ast::{Expr, Kind, Matcher, Op, Selector};
use crate::promql::without_series::WithoutSeries;
use crate::source::{Span, Spelling};
use crate::vocabulary::{
    AlertName, BudgetLine, Decimal, Duration, LabelName, Name, Objective, PerSeverity, Period, Severity,
};

/// A whole project.
#[derive(Clone, Debug)]
pub struct Model {
    /// Settings for all services.
    pub project: Project,
    /// By name.
    pub services: Vec<Service>,
}

impl Model {
    /// The SLOs of all services.
    pub fn slos(&self) -> impl Iterator<Item = &Slo> {
        self.services.iter().flat_map(|service| &service.slos)
    }
}

/// Settings for all services.
#[derive(Clone, Debug)]
pub struct Project {
    /// The environment that is compiled; `None` if the project has none.
    pub environment: Option<String>,
    /// The language of alerts, dashboards and runbooks.
    pub language: Language,
    /// The time zone in the texts for people; `None` if it is not set.
    pub time_zone: Option<String>,
    /// The labels and annotations of severities.
    pub severities: PerSeverity<SeverityStyle>,
    /// The Prometheus that runs the rules.
    pub prometheus: Prometheus,
    /// Receivers and routes; `None` if slowburn does not write them.
    pub alertmanager: Option<Alertmanager>,
    /// Dependencies between services.
    pub dependencies: Vec<Dependency>,
    /// Addresses of other systems.
    pub links: Links,
    /// Texts of alerts instead of the built-in ones.
    pub texts: Wordings,
    /// The user's runbook texts, by name.
    pub runbooks: BTreeMap<String, Written>,
    /// Other systems that evaluate the rules.
    pub targets: RuleTargets,
    /// Reasons for warnings that are accepted in the whole project, by code.
    pub accepted: Labels,
}

/// The user's texts for alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wordings {
    /// For burn alerts.
    pub burn: Wording,
    /// For budget alerts.
    pub budget: Wording,
    /// For missing events.
    pub missing: Wording,
    /// For companion alerts.
    pub companion: Wording,
}

/// Valid templates that replace the built-in ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// One line.
    pub summary: Option<String>,
    /// The details.
    pub description: Option<String>,
}

/// A runbook text of the user.
#[derive(Clone, Debug)]
pub struct Written {
    /// Markdown.
    pub text: String,
    /// Its beginning.
    pub place: Span,
}

/// Base addresses of other systems, without a slash at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Where `out/runbooks` is published.
    pub runbooks: Option<String>,
    /// Grafana.
    pub grafana: Option<String>,
    /// Where the directory of the sources is published.
    pub source: Option<String>,
    /// Alertmanager.
    pub alertmanager: Option<String>,
}

/// The languages of texts for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Language {
    English,
    Spanish,
}

impl Language {
    /// All languages, with their codes.
    pub const ALL: [(&'static str, Self); 2] = [("en", Self::English), ("es", Self::Spanish)];

    /// `en` or `es`.
    pub fn code(self) -> &'static str {
        let [(english, _), (spanish, _)] = Self::ALL;
        match self {
            Self::English => english,
            Self::Spanish => spanish,
        }
    }
}

/// Valid label or annotation names with their values, by name.
pub type Labels = BTreeMap<String, String>;

/// The labels and annotations of a severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeverityStyle {
    /// The value of the `severity` label.
    pub label: String,
    /// Further labels.
    pub labels: Labels,
    /// Further annotations.
    pub annotations: Labels,
}

/// The Prometheus that runs the rules.
#[derive(Clone, Debug)]
pub struct Prometheus {
    /// Major and minor version of the oldest server that loads them.
    pub version: (u32, u32),
    /// How long it keeps samples, if that is known, with the place of the setting.
    pub retention: Option<(Duration, Option<Span>)>,
    /// Labels that series have from their targets, beside `job` and `instance`.
    pub target_labels: Vec<LabelName>,
    /// Labels that are added only to alerts that are sent.
    pub external_labels: Vec<LabelName>,
    /// Labels that differ between replicas.
    pub replica_labels: Vec<LabelName>,
    /// How many replicas have the same series, by metric. Only for metrics with several replicas on a server that was asked.
    pub replicas: BTreeMap<String, u64>,
    /// Metrics whose samples arrive too late for the rules, if a server was asked.
    pub late: BTreeSet<String>,
    /// Its scrape jobs, if they are known.
    pub jobs: Option<Vec<Job>>,
}

/// One scrape job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// `job_name`
    pub name: String,
    /// The interval between two scrapes.
    pub scrape_interval: Duration,
    /// The known labels of its targets.
    pub labels: Vec<String>,
    /// Whether its targets may have other labels.
    pub open: bool,
}

/// One service file.
#[derive(Clone, Debug)]
pub struct Service {
    /// Unique in the project.
    pub name: Name,
    /// The place of its name.
    pub place: Span,
    /// For people.
    pub description: Option<String>,
    /// The responsible team or person.
    pub owner: Option<String>,
    /// The address of its source.
    pub source: Option<String>,
    /// Labels of every alert of the service: those of the project and of the service.
    pub labels: Labels,
    /// Annotations of every alert of the service.
    pub annotations: Labels,
    /// Its contract.
    pub contract: Option<Arc<Contract>>,
    /// Metrics that do not exist yet, with the reasons.
    pub planned: BTreeMap<String, Planned>,
    /// The alert for events that disappear; `None` if it is switched off.
    pub missing_events: Option<MissingEvents>,
    /// In the order of the file.
    pub slos: Vec<Slo>,
    /// Companion alerts, in the order of the file.
    pub alerts: Vec<Companion>,
    /// Reasons for warnings that are accepted in its file, by code.
    pub accepted: Labels,
}

/// The alert for missing events of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingEvents {
    /// Page or ticket.
    pub severity: Severity,
    /// The time without events before it fires.
    pub after: Duration,
}

/// Why a metric does not exist yet.
#[derive(Clone, Debug)]
pub struct Planned {
    /// For people.
    pub reason: String,
    /// The place of the metric's name.
    pub span: Span,
}

/// One promise.
#[derive(Clone, Debug)]
pub struct Slo {
    /// Unique in its service.
    pub name: Name,
    /// For people.
    pub description: Option<String>,
    /// The ratio of good events.
    pub objective: Objective,
    /// The threshold: an event is good if it takes less than this.
    pub threshold: Option<Duration>,
    /// How events are measured.
    pub sli: Sli,
    /// The selectors of its queries, in the order of the source.
    pub readings: Vec<MetricRead>,
    /// Input series for the proofs: for good and bad events.
    pub stimulus: Result<Vec<Series>, NoSeries>,
    /// One promise per value of these labels.
    pub by: Vec<Kept>,
    /// What an event is.
    pub budgeting: Budgeting,
    /// The time over which the objective is promised.
    pub period: Period,
    /// The active tiers, in the order of the policy.
    pub tiers: Vec<Tier>,
    /// The tiers of a built-in policy that could never fire at this objective.
    pub left_out: Vec<Tier>,
    /// The alert name of its page and its ticket, if it is set. They differ by the label `severity`.
    pub alert_name: Option<AlertName>,
    /// The alert fires only with at least so many bad events in the long window.
    pub min_bad_events: PerSeverity<u32>,
    /// The alert fires only with at least so many events in the long window.
    pub min_events: PerSeverity<u32>,
    /// Lines of the budget with a budget alert, the highest first.
    pub budget_alerts: Vec<BudgetAlert>,
    /// The error budget policy: agreed actions by line of the budget, the highest line first.
    pub budget_policy: Vec<Agreement>,
    /// The agreed time, in which it holds.
    pub agreed: Agreed,
    /// Labels of its alerts in addition to those of the service.
    pub labels: Labels,
    /// Annotations of its alerts in addition to those of the service.
    pub annotations: Labels,
    /// The name of its runbook.
    pub runbook: Option<String>,
    /// Why the metric does not exist yet.
    pub planned: Option<String>,
    /// How often its targets are scraped.
    pub scrape_interval: Duration,
    /// Expected events per second.
    pub traffic: Option<Decimal>,
    /// Reasons for warnings that are accepted in it, by code.
    pub accepted: Labels,
    /// The places of its settings.
    pub places: Places,
}

impl Slo {
    /// The tiers with this severity: together they are one alert.
    pub fn tiers_of(&self, severity: Severity) -> impl Iterator<Item = &Tier> {
        self.tiers.iter().filter(move |tier| tier.severity == severity)
    }

    /// The parts of a journey; empty for other SLIs.
    pub fn parts(&self) -> &[Part] {
        match &self.sli {
            Sli::Journey { parts } => parts,
            Sli::Counted { .. } | Sli::Checked { .. } | Sli::Ratio { .. } => &[],
        }
    }

    /// Whether the service's alert for missing events includes it. For a journey, the services of its parts have this alert. The events of
    /// `condition: absent(m) == 1` or `probe: m or vector(0)` are never missing.
    pub fn is_expected(&self) -> bool {
        self.planned.is_none() && self.parts().is_empty() && !self.sli.counts_without_series()
    }

    /// The part of a journey with the highest objective per slice. The proofs let this part fail.
    pub fn strictest(&self) -> Option<&Part> {
        self.parts().iter().max_by_key(|part| part.objective.ratio())
    }
}

/// A label in `by`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name on recorded series.
    pub name: LabelName,
    /// Its name on raw series.
    pub label: LabelName,
}

impl Kept {
    /// The name on recorded series.
    pub fn as_str(&self) -> &str {
        self.name.as_str()
    }

    /// Whether it is recorded under another name.
    pub fn is_renamed(&self) -> bool {
        self.name != self.label
    }
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name.fmt(f)
    }
}

/// The places of the settings of an SLO. If a setting has its default value, its place is the SLO's name.
#[derive(Clone, Debug)]
pub struct Places {
    /// Its name.
    pub name: Span,
    /// Its objective.
    pub objective: Span,
    /// The threshold in it, or the objective.
    pub threshold: Span,
    /// Its period, or its name.
    pub period: Span,
    /// Its SLI.
    pub sli: Span,
    /// Its `by`, one by one.
    pub by: Vec<Span>,
    /// Its `alert_name`, or its name.
    pub alert_name: Span,
    /// Its `min_bad_events.page`, or its name.
    pub min_bad_events: Span,
    /// Its `min_events`, one by one, or its name.
    pub min_events: PerSeverity<Span>,
    /// Its `traffic`, or its name.
    pub traffic: Span,
    /// Whether the point in its `traffic` may separate groups of digits. This is reported, so nothing else is said of the number.
    pub traffic_in_doubt: bool,
    /// Its `runbook`, or its name.
    pub runbook: Span,
    /// The last of its `tiers_off`, or its policy's name, or its own.
    pub tiers: Span,
}

/// What an event is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Budgeting {
    /// A single event of the SLI.
    Occurrences,
    /// A moment that is good if enough events of the slice before it were good; in a journey, in each part.
    Timeslices {
        /// Length of the slice.
        length: Duration,
        /// The ratio of good events that makes a slice good; in a journey, that of its strictest part.
        objective: Objective,
    },
}

/// A pair of windows with its share of the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The severity of its alert.
    pub severity: Severity,
    /// The share of the budget that is spent when it fires: above 0, at most 1.
    pub budget_share: Decimal,
    /// The window that decides when to fire.
    pub long: Duration,
    /// The window that decides when to stop.
    pub short: Duration,
    /// `keep_firing_for` of its alert; the same for all tiers of a severity.
    pub keep_firing_for: Option<Duration>,
    /// Its place; for built-in tiers, the place of the policy's name or of the SLO.
    pub span: Span,
}

/// A line of the budget with an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetAlert {
    /// The alert fires if less of the budget is left.
    pub line: BudgetLine,
    /// Page or ticket.
    pub severity: Severity,
}

/// An entry of the error budget policy: what the team does while less than the line is left of the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The line.
    pub line: BudgetLine,
    /// The agreed action, one line.
    pub action: String,
    /// Whether deployments stop.
    pub freeze: bool,
}

/// How events are measured.
#[derive(Clone, Debug)]
pub enum Sli {
    /// Counters of events: at least two of the three are given.
    Counted {
        /// The histogram with these counters, if there is one.
        histogram: Option<Histogram>,
        /// All events.
        total: Option<Vec<Term>>,
        /// Good events.
        good: Option<Vec<Term>>,
        /// Bad events.
        bad: Option<Vec<Term>>,
    },
    /// A state that is evaluated regularly. Each evaluation of each series is an event.
    Checked {
        /// Returns the series in the good state.
        good: Expr,
        /// Returns the series in the bad state. A series in neither (NaN) is not an event.
        bad: Expr,
    },
    /// A ratio of unknown weight, with `$window` in it. Each evaluation is an event, which may be partly bad.
    Ratio {
        /// Bad ÷ total.
        bad: Expr,
    },
    /// Other SLOs: a slice is good if it was good in each of them.
    Journey {
        /// At least two, without those of services that are switched off in this environment.
        parts: Vec<Part>,
    },
}

impl Sli {
    /// Whether it has events while none of its series exist.
    fn counts_without_series(&self) -> bool {
        match self {
            Self::Counted { .. } | Self::Journey { .. } => false,
            Self::Checked { good, .. } => {
                let equals =
                    matches!(&good.kind, Kind::Binary(binary) if matches!(binary.op, Op::Eq | Op::Ne));
                // NaN is neither below nor above a number.
                match WithoutSeries::of(good) {
                    WithoutSeries::Nothing => false,
                    WithoutSeries::NaN => equals,
                    WithoutSeries::Number => true,
                }
            }
            Self::Ratio { bad } => WithoutSeries::of(bad) > WithoutSeries::Nothing,
        }
    }
}

/// A part of a journey.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its service.
    pub service: Name,
    /// Its SLO.
    pub slo: Name,
    /// The ratio of good events that it needs in a slice.
    pub objective: Objective,
    /// Whether it has several promises, one for each value of some labels.
    pub several: bool,
    /// Why its metric does not exist yet.
    pub planned: Option<String>,
    /// When its events count.
    pub agreed: Agreed,
    /// The place of its name in the journey.
    pub place: Span,
}

impl Part {
    /// `api/availability`
    pub fn name(&self) -> String {
        format!("{}/{}", self.service, self.slo)
    }
}

/// A histogram of durations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// Its name and labels; for a classic histogram, without `_bucket`.
    pub selector: Selector,
    /// Whether it is a native histogram.
    pub native: bool,
    /// Whether its unit is milliseconds; otherwise seconds.
    pub milliseconds: bool,
    /// Matchers of successful events; empty if all are successful.
    pub success: Vec<Matcher>,
}

/// A selector in a source.
#[derive(Clone, Debug)]
pub struct MetricRead {
    /// The selector.
    pub selector: Selector,
    /// The role of its metric.
    pub role: Role,
    /// The place of the metric's name with its quotes, or of the selector if it has no name.
    pub name: Span,
    /// The place of each of its matchers.
    pub matchers: Vec<Span>,
    /// The place of the label of each of its matchers, with its quotes.
    pub labels: Vec<Span>,
    /// The place of the whole selector, without a range or modifiers after it.
    pub place: Span,
    /// How an edit of it has to be quoted.
    pub spelling: Spelling,
}

impl MetricRead {
    /// Whether it reads the metric with this name (without suffix).
    pub fn reads(&self, metric: &str) -> bool {
        self.metrics().any(|name| name == metric)
    }

    /// The name of a series that shows what it reads.
    pub fn series(&self) -> Option<String> {
        let suffix = if matches!(self.role, Role::Classic(_)) { "_bucket" } else { "" };
        self.selector.name.as_deref().map(|name| format!("{name}{suffix}"))
    }

    /// The possible names of its metric, without suffix.
    pub fn metrics(&self) -> impl Iterator<Item = &str> {
        let name = self.selector.name.as_deref().unwrap_or_default();
        ["", "_bucket", "_count", "_sum"].into_iter().filter_map(move |part| name.strip_suffix(part))
    }
}

/// The role in which a query reads a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A counter of all events.
    Total,
    /// A counter of good events.
    Good,
    /// A counter of bad events.
    Bad,
    /// A classic histogram with a bucket at this bound, in the histogram's unit.
    Classic(Decimal),
    /// A native histogram.
    Native,
    /// An instant value.
    State,
    /// A counter, in `rate`.
    Gain,
    /// A gauge, in `avg_over_time`.
    Course,
}

/// A counter with its sign, in a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Whether it is subtracted.
    pub negative: bool,
    /// The counter.
    pub counter: Counter,
}

/// A series that counts up, and starts again at zero with its process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counter {
    /// A counter.
    Plain(Selector),
    /// The observations of native histograms.
    NativeCount(Selector),
    /// The observations of native histograms up to a bound, in the histogram's unit.
    NativeBelow(Selector, Decimal),
}

impl Counter {
    /// The selector it reads.
    pub fn selector(&self) -> &Selector {
        match self {
            Self::Plain(selector) | Self::NativeCount(selector) | Self::NativeBelow(selector, _) => selector,
        }
    }
}

/// A series for the proofs, with its behaviour for good and for bad events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The metric's name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// The course of its samples.
    pub behaviour: Behaviour,
}

/// Why a proof has no input series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSeries {
    /// The search tried everything.
    NotFound,
    /// The search reached its limit.
    LimitReached,
}

/// The behaviour of a series for a good and for a bad event, or in the good and in the bad state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Increases by so much for every good and every bad event.
    Counts {
        /// Per good event.
        good: u32,
        /// Per bad event.
        bad: u32,
    },
    /// A native histogram with one observation per event.
    Observes,
    /// Has the number of events since the previous sample, as recorded counts do.
    Counted {
        /// Whether it counts good events, too.
        good: bool,
    },
    /// Has one of two values.
    Stands {
        /// While good.
        good: Decimal,
        /// While bad.
        bad: Decimal,
    },
    /// Increases by one of two rates, per second.
    Grows {
        /// While good.
        good: Decimal,
        /// While bad.
        bad: Decimal,
    },
    /// Exists only in the good state.
    Exists {
        /// Its value.
        value: Decimal,
    },
    /// Has a timestamp so many seconds before now.
    Ages {
        /// While good.
        good: Decimal,
        /// While bad.
        bad: Decimal,
    },
}
