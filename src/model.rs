//! The sources as they are meant: every value valid, every default filled in, every name known.

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
use crate::promql::ast::{Expr, Matcher, Selector};
use crate::source::{Span, Spelling};
use crate::vocabulary::{
    AlertName, BudgetLine, Decimal, Duration, LabelName, Name, Objective, PerSeverity, Period, Severity,
};

/// Everything a run compiles.
#[derive(Clone, Debug)]
pub struct Model {
    /// Settings for all services.
    pub project: Project,
    /// By name.
    pub services: Vec<Service>,
}

/// Settings for all services.
#[derive(Clone, Debug)]
pub struct Project {
    /// The environment that it is compiled for; `None` where a project has none.
    pub environment: Option<String>,
    /// Of the texts for people.
    pub language: Language,
    /// The time zone that people live in who read the texts; `None` where none is named.
    pub time_zone: Option<String>,
    /// How severities are spelled, and what they carry.
    pub severities: PerSeverity<SeverityStyle>,
    /// The Prometheus that runs the rules.
    pub prometheus: Prometheus,
    /// Receivers and routes; `None` if slowburn does not write them.
    pub alertmanager: Option<Alertmanager>,
    /// Which services need which.
    pub dependencies: Vec<Dependency>,
    /// Where things can be read.
    pub links: Links,
    /// Texts of alerts instead of the built-in ones.
    pub texts: Wordings,
    /// Runbooks written by people, by name.
    pub runbooks: BTreeMap<String, Written>,
    /// Other systems that run the rules.
    pub targets: RuleTargets,
    /// Warnings that are accepted wherever they are, by code, with the reasons.
    pub accepted: Labels,
}

/// Texts of alerts, written by the author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wordings {
    /// Of an error budget that burns.
    pub burn: Wording,
    /// Of a budget of which little is left.
    pub budget: Wording,
    /// Of events that disappear.
    pub missing: Wording,
    /// Of companion alerts.
    pub companion: Wording,
}

/// Templates without a fault, in place of the built-in ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// One line.
    pub summary: Option<String>,
    /// The details.
    pub description: Option<String>,
}

/// A runbook written by people.
#[derive(Clone, Debug)]
pub struct Written {
    /// Markdown.
    pub text: String,
    /// Where it begins.
    pub place: Span,
}

/// Addresses below which things can be read, without a slash at their ends.
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

/// Languages that texts for people exist in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Language {
    English,
    Spanish,
}

impl Language {
    /// Both, with their codes.
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

/// How one severity looks on an alert.
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
    /// How long it keeps samples, if that is known, and where it was written.
    pub retention: Option<(Duration, Option<Span>)>,
    /// Labels that series have from their targets, beside `job` and `instance`.
    pub target_labels: Vec<LabelName>,
    /// Labels that it gives to alerts on their way out, and to nothing before.
    pub external_labels: Vec<LabelName>,
    /// Labels in which series of two replicas differ.
    pub replica_labels: Vec<LabelName>,
    /// How many replicas have the same series, by metric, if a server was asked and has more than one.
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
    /// How often.
    pub scrape_interval: Duration,
    /// Labels that its targets get, as far as they are known.
    pub labels: Vec<String>,
    /// Whether there may be others.
    pub open: bool,
}

/// One service file.
#[derive(Clone, Debug)]
pub struct Service {
    /// Unique in the project.
    pub name: Name,
    /// Where its name was written.
    pub place: Span,
    /// For people.
    pub description: Option<String>,
    /// The responsible team.
    pub owner: Option<String>,
    /// Where its source can be read.
    pub source: Option<String>,
    /// Labels that every alert of the service carries: the project's and its own.
    pub labels: Labels,
    /// Annotations likewise.
    pub annotations: Labels,
    /// Its contract.
    pub contract: Option<Arc<Contract>>,
    /// Metrics that are not there yet, with the reason.
    pub planned: BTreeMap<String, Planned>,
    /// The alert for events that disappear; `None` if it is switched off.
    pub missing_events: Option<MissingEvents>,
    /// In the order of the file.
    pub slos: Vec<Slo>,
    /// Companion alerts, in the order of the file.
    pub alerts: Vec<Companion>,
    /// Warnings that are accepted in its file, by code, with the reasons.
    pub accepted: Labels,
}

/// When and how loudly it is said that a service's events have disappeared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingEvents {
    /// Page or ticket.
    pub severity: Severity,
    /// How long they are gone before it is said.
    pub after: Duration,
}

/// Why a metric is not there yet.
#[derive(Clone, Debug)]
pub struct Planned {
    /// For people.
    pub reason: String,
    /// Where the metric was named.
    pub span: Span,
}

/// One promise.
#[derive(Clone, Debug)]
pub struct Slo {
    /// Unique in its service.
    pub name: Name,
    /// For people.
    pub description: Option<String>,
    /// The share of good events.
    pub objective: Objective,
    /// The threshold: an event is good if it takes less.
    pub threshold: Option<Duration>,
    /// How events are observed.
    pub sli: Sli,
    /// The selectors of its queries, in the order of the source.
    pub readings: Vec<Reading>,
    /// Input series for the proofs; `None` if no series were found for good and bad events.
    pub stimulus: Option<Vec<Series>>,
    /// One promise per value of these labels.
    pub by: Vec<Kept>,
    /// What an event is.
    pub budgeting: Budgeting,
    /// Its period.
    pub period: Period,
    /// Those that are switched on, in the order of the policy.
    pub tiers: Vec<Tier>,
    /// Those of a built-in policy that could never fire at this objective.
    pub left_out: Vec<Tier>,
    /// The alert name of its page and its ticket, if it is set: they differ in the label `severity`.
    pub alert_name: Option<AlertName>,
    /// Fewer bad events than this in the long window never alert.
    pub min_bad_events: PerSeverity<u32>,
    /// Fewer events than this in the long window, good ones among them, never alert.
    pub min_events: PerSeverity<u32>,
    /// Lines of the budget with a budget alert, the highest first.
    pub budget_alerts: Vec<BudgetAlert>,
    /// The error budget policy: the agreed actions by line of the budget, the highest first.
    pub budget_policy: Vec<Agreement>,
    /// When it holds.
    pub agreed: Agreed,
    /// Labels of its alerts beside the service's.
    pub labels: Labels,
    /// Annotations likewise.
    pub annotations: Labels,
    /// The name of its runbook.
    pub runbook: Option<String>,
    /// Why the metric is not there yet.
    pub planned: Option<String>,
    /// How often its targets are scraped.
    pub scrape_interval: Duration,
    /// Expected events per second.
    pub traffic: Option<Decimal>,
    /// Warnings that are accepted in it, by code, with the reasons.
    pub accepted: Labels,
    /// Where its parts were written.
    pub places: Places,
}

impl Slo {
    /// The parts of a journey; none of any other.
    pub fn parts(&self) -> &[Part] {
        match &self.sli {
            Sli::Journey { parts } => parts,
            Sli::Counted { .. } | Sli::Checked { .. } | Sli::Ratio { .. } => &[],
        }
    }

    /// Whether the service's alert for missing events includes it. For a journey, the services of its parts have that alert.
    pub fn is_expected(&self) -> bool {
        self.planned.is_none() && self.parts().is_empty()
    }

    /// The part of a journey of which a slice asks most: the proofs let this one fail.
    pub fn strictest(&self) -> Option<&Part> {
        self.parts().iter().max_by_key(|part| part.objective.ratio())
    }
}

/// A label that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name on recorded series.
    pub name: LabelName,
    /// Its name on the series that are read.
    pub label: LabelName,
}

impl Kept {
    /// The name in all that is recorded.
    pub fn as_str(&self) -> &str {
        self.name.as_str()
    }

    /// Whether it is recorded under another name than it is read under.
    pub fn is_renamed(&self) -> bool {
        self.name != self.label
    }
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name.fmt(f)
    }
}

/// Where the parts of an SLO were written; a default's place is where the SLO's name is.
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
    /// Its `runbook`, or its name.
    pub runbook: Span,
    /// The last of its `tiers_off`, or its policy's name, or its own.
    pub tiers: Span,
}

/// What an event is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Budgeting {
    /// What the SLI counts.
    Occurrences,
    /// A moment, good if enough of the events in the slice that ends there were; in a journey, of each part.
    Timeslices {
        /// Length of the slice.
        length: Duration,
        /// The share of good events that makes a slice good; in a journey, that of its strictest part.
        objective: Objective,
    },
}

/// A pair of windows with its share of the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// The severity of its alert.
    pub severity: Severity,
    /// The share of the budget that is gone when it fires, in (0, 1].
    pub budget_share: Decimal,
    /// Decides whether to fire.
    pub long: Duration,
    /// Decides when to stop.
    pub short: Duration,
    /// How long its alert goes on firing after that; the same for all tiers of a severity.
    pub keep_firing_for: Option<Duration>,
    /// Where it was written; built-in ones where their policy, or the SLO, is named.
    pub span: Span,
}

/// A line of the budget with an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetAlert {
    /// Told when less is left.
    pub line: BudgetLine,
    /// Page or ticket.
    pub severity: Severity,
}

/// An entry of the error budget policy: what a team does while less of the budget is left than the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The line.
    pub line: BudgetLine,
    /// In the team's words, on one line.
    pub action: String,
    /// Whether nothing is deployed meanwhile.
    pub freeze: bool,
}

/// How events are observed.
#[derive(Clone, Debug)]
pub enum Sli {
    /// Counters of events: at least two of the three are given.
    Counted {
        /// The histogram that they are read from, if they are.
        histogram: Option<Histogram>,
        /// All events.
        total: Option<Vec<Term>>,
        /// Good ones.
        good: Option<Vec<Term>>,
        /// Bad ones.
        bad: Option<Vec<Term>>,
    },
    /// A state that is evaluated regularly: every evaluation of every series is an event.
    Checked {
        /// Keeps the series that are good.
        good: Expr,
        /// Keeps those that are bad. A series that is in neither (NaN) is not an event.
        bad: Expr,
    },
    /// A ratio of unknown weight, with `$window` in it: every look is an event, bad in part.
    Ratio {
        /// Bad ÷ total.
        bad: Expr,
    },
    /// Other SLOs: a slice of time is good if it was good in each of them.
    Journey {
        /// At least two, but for those whose services are not there in this environment.
        parts: Vec<Part>,
    },
}

/// A part of a journey.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its service.
    pub service: Name,
    /// Its SLO.
    pub slo: Name,
    /// The share of good events that it has to have in a slice.
    pub objective: Objective,
    /// Whether it has several promises, one for each value of some labels.
    pub several: bool,
    /// Why its metric is not there yet.
    pub planned: Option<String>,
    /// When its events count.
    pub agreed: Agreed,
    /// Where it is named.
    pub place: Span,
}

impl Part {
    /// `api/availability`
    pub fn name(&self) -> String {
        format!("{}/{}", self.service, self.slo)
    }
}

/// A histogram of how long events take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// Its name and labels; of a classic one without `_bucket`.
    pub selector: Selector,
    /// Whether it is a native one.
    pub native: bool,
    /// Whether it counts milliseconds; seconds if not.
    pub milliseconds: bool,
    /// Matchers of successful events; empty if all are successful.
    pub success: Vec<Matcher>,
}

/// A selector as it was written.
#[derive(Clone, Debug)]
pub struct Reading {
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
    /// How an edit of it is to be spelled.
    pub spelling: Spelling,
}

impl Reading {
    /// Whether it reads a metric that is named without a suffix.
    pub fn reads(&self, metric: &str) -> bool {
        self.metrics().any(|name| name == metric)
    }

    /// The name of a series that shows what it reads.
    pub fn series(&self) -> Option<String> {
        let suffix = if matches!(self.role, Role::Classic(_)) { "_bucket" } else { "" };
        self.selector.name.as_deref().map(|name| format!("{name}{suffix}"))
    }

    /// The names without a suffix that the metric it reads may have.
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
    /// A histogram with buckets as series, one of which ends at this bound, in the histogram's unit.
    Classic(Decimal),
    /// A native histogram.
    Native,
    /// A value that is read.
    State,
    /// Something that counts up, within `rate`.
    Gain,
    /// A value that goes up and down, within `avg_over_time`.
    Course,
}

/// A counter with its sign in a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Whether it is subtracted.
    pub negative: bool,
    /// What counts.
    pub counter: Counter,
}

/// Something that counts up, and starts again from zero with its process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counter {
    /// A counter's series.
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

/// A series for the proofs, and how it behaves while events are good and while they are bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The metric's name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// The course of its samples.
    pub behaviour: Behaviour,
}

/// What a series does for one good and for one bad event, or while the state is good and while it is bad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Counts up by so much for every good and every bad event.
    Counts {
        /// Per good event.
        good: u32,
        /// Per bad event.
        bad: u32,
    },
    /// A native histogram that takes one observation per event.
    Observes,
    /// Says how many of these were counted since the sample before, as recorded counts do.
    Counted {
        /// Whether good ones are among them.
        good: bool,
    },
    /// Stands at one value or at the other.
    Stands {
        /// While good.
        good: Decimal,
        /// While bad.
        bad: Decimal,
    },
    /// Grows at one rate per second or at the other.
    Grows {
        /// While good.
        good: Decimal,
        /// While bad.
        bad: Decimal,
    },
    /// Is there while good, and gone while bad.
    Exists {
        /// What it stands at.
        value: Decimal,
    },
    /// Holds a timestamp so many seconds before now.
    Ages {
        /// While good.
        good: Decimal,
        /// While bad.
        bad: Decimal,
    },
}
