//! The sources as they were written: every value is a text with its place, and nothing is interpreted yet.

mod alertmanager;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use alertmanager::{
    AlertmanagerBlock, ChannelBlock, DependencyBlock, InhibitionBlock, InlineSecret, MatchBlock, RouteBlock,
    SmtpBlock, TimeBlock, TimingBlock,
};
pub use targets::{MimirBlock, ObjectsBlock, TargetsBlock, ThanosBlock};

use crate::contract::Contract;
use crate::scalar::Scalar;
use crate::source::{SourceId, Span};

/// A map's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// One instance of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Where that stands.
    pub place: Span,
    /// Where its parameters stand.
    pub values: Span,
    /// The instance that it is a part of, as a number from 1.
    pub parent: Option<u32>,
}

/// A map in source order.
pub type Map<T> = Vec<(Key, T)>;

/// All files of a run.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    /// The environment that everything is read for; `None` where a project has none.
    pub environment: Option<String>,
    /// `slowburn.yaml`, if there is one.
    pub project: Option<ProjectFile>,
    /// The other files, by path.
    pub services: Vec<ServiceFile>,
    /// What services are known to expose, by the path of the file.
    pub contracts: BTreeMap<String, Arc<Contract>>,
    /// What people wrote under `runbooks/`, by the name of the file without `.md`.
    pub runbooks: BTreeMap<String, RunbookFile>,
    /// The instances of every file that holds templates.
    pub instances: BTreeMap<SourceId, Vec<Instance>>,
    /// Services that are not there in this environment.
    pub absent: BTreeSet<String>,
    /// `prometheus.scrape_config`, if it could be read.
    pub scrape: Option<ScrapeFile>,
    /// Paths of files that could not be read; a problem says why.
    pub unreadable: BTreeSet<String>,
    /// Whether something in the project file could not be read: what it says holds for every service.
    pub project_misread: bool,
    /// Files of services that say something of the whole service that could not be read.
    pub misread: BTreeSet<SourceId>,
    /// Whether anything could not be read, in whichever file.
    pub faulty: bool,
}

impl Ast {
    /// Whether what a file means has to wait until all is read that decides it: a fault found before might follow from what is missing.
    pub fn waits(&self, file: SourceId) -> bool {
        self.project_misread || self.misread.contains(&file.plain())
    }
}

/// A configuration of Prometheus, as far as it says what is scraped.
#[derive(Clone, Debug, Default)]
pub struct ScrapeFile {
    /// `global.scrape_interval`
    pub scrape_interval: Option<Scalar>,
    /// `scrape_configs`
    pub jobs: Vec<JobBlock>,
    /// Names of the labels in `global.external_labels`: no series carries them where rules are evaluated.
    pub external_labels: Vec<Key>,
}

/// One entry of `scrape_configs`.
#[derive(Clone, Debug)]
pub struct JobBlock {
    /// `job_name`
    pub name: Scalar,
    /// `scrape_interval`
    pub scrape_interval: Option<Scalar>,
    /// Labels of `static_configs`, and those that are made by `relabel_configs` and `metric_relabel_configs`.
    pub labels: Vec<String>,
    /// Whether labels may come from elsewhere: service discovery, or relabelling with a regular expression on names.
    pub open: bool,
}

/// `slowburn.yaml`.
#[derive(Clone, Debug, Default)]
pub struct ProjectFile {
    /// The path of the file, for what it names relative to itself.
    pub path: String,
    /// `language`
    pub language: Option<Scalar>,
    /// `policies`
    pub policies: Map<PolicyBlock>,
    /// `severities`
    pub severities: Map<SeverityBlock>,
    /// `prometheus`
    pub prometheus: PrometheusBlock,
    /// `alertmanager`
    pub alertmanager: Option<AlertmanagerBlock>,
    /// `links`
    pub links: LinksBlock,
    /// `texts`
    pub texts: Map<Map<Scalar>>,
    /// `dependencies`
    pub dependencies: Map<Vec<DependencyBlock>>,
    /// `targets`
    pub targets: TargetsBlock,
    /// `maintenance`
    pub maintenance: Vec<MaintenanceBlock>,
    /// The names under `environments`.
    pub environments: Vec<Key>,
    /// The names under `services` of the environment.
    pub overridden: Vec<Key>,
    /// What services and SLOs may set differently.
    pub settings: Settings,
}

/// `links`: where things can be read.
#[derive(Clone, Debug, Default)]
pub struct LinksBlock {
    /// `runbooks`
    pub runbooks: Option<Scalar>,
    /// `grafana`
    pub grafana: Option<Scalar>,
    /// `source`
    pub source: Option<Scalar>,
    /// `alertmanager`
    pub alertmanager: Option<Scalar>,
}

/// One file of `runbooks/`: Markdown, taken as it is.
#[derive(Clone, Debug)]
pub struct RunbookFile {
    /// Where it begins.
    pub place: Span,
    /// All of it.
    pub text: String,
}

/// One entry of `policies`.
#[derive(Clone, Debug, Default)]
pub struct PolicyBlock {
    /// Whether every key and value of it was understood; else tiers are missing.
    pub understood: bool,
    /// `scale_to`
    pub scale_to: Option<Scalar>,
    /// `tiers`
    pub tiers: Vec<TierBlock>,
}

/// One entry of `tiers`.
#[derive(Clone, Debug)]
pub struct TierBlock {
    /// The whole entry.
    pub span: Span,
    /// `severity`
    pub severity: Scalar,
    /// `budget`
    pub budget: Scalar,
    /// `long`
    pub long: Scalar,
    /// `short`
    pub short: Scalar,
    /// `keep_firing_for`
    pub keep_firing_for: Option<Scalar>,
}

/// One entry of `severities`.
#[derive(Clone, Debug, Default)]
pub struct SeverityBlock {
    /// `label`
    pub label: Option<Scalar>,
    /// `labels`
    pub labels: Map<Scalar>,
    /// `annotations`
    pub annotations: Map<Scalar>,
}

/// `prometheus`.
#[derive(Clone, Debug, Default)]
pub struct PrometheusBlock {
    /// `version`
    pub version: Option<Scalar>,
    /// `retention`
    pub retention: Option<Scalar>,
    /// `scrape_interval`
    pub scrape_interval: Option<Scalar>,
    /// `target_labels`
    pub target_labels: Vec<Scalar>,
    /// `external_labels`
    pub external_labels: Vec<Scalar>,
    /// `replica_labels`
    pub replica_labels: Vec<Scalar>,
    /// `scrape_config`
    pub scrape_config: Option<Scalar>,
}

/// What the project, a service and an SLO may each say; the innermost wins.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `period`
    pub period: Option<Scalar>,
    /// `time_zone`
    pub time_zone: Option<Scalar>,
    /// `policy`
    pub policy: Option<Scalar>,
    /// `alert_name`
    pub alert_name: Option<Scalar>,
    /// `min_bad_events`
    pub min_bad_events: Map<Scalar>,
    /// `min_events`
    pub min_events: Map<Scalar>,
    /// `missing_events`
    pub missing_events: Option<MissingBlock>,
    /// `budgeting`
    pub budgeting: Option<Scalar>,
    /// `slice`
    pub slice: Option<SliceBlock>,
    /// `labels`
    pub labels: Map<Scalar>,
    /// `annotations`
    pub annotations: Map<Scalar>,
    /// `accepted`: reasons by code, each for its own level and what is in it.
    pub accepted: Map<Scalar>,
    /// `budget_alerts`; an empty list is none at all.
    pub budget_alerts: Option<Vec<BudgetAlertBlock>>,
    /// `budget_policy`; an empty list is none at all.
    pub budget_policy: Option<Vec<AgreementBlock>>,
    /// `hours`
    pub hours: Option<HoursBlock>,
    /// `except`
    pub except: Option<Scalar>,
}

/// `hours`.
#[derive(Clone, Debug)]
pub enum HoursBlock {
    /// One word: `always`.
    Word(Scalar),
    /// Days and hours of a week.
    Week {
        /// Where it stands.
        span: Span,
        /// `days`
        days: Vec<Scalar>,
        /// `hours`
        hours: Vec<Scalar>,
        /// `time_zone`
        time_zone: Option<Scalar>,
        /// `holidays`
        holidays: Vec<Scalar>,
    },
}

/// One entry of `maintenance`.
#[derive(Clone, Debug)]
pub struct MaintenanceBlock {
    /// Where it stands.
    pub span: Span,
    /// `from`
    pub from: Scalar,
    /// `to`
    pub to: Scalar,
    /// `slos`: services, and SLOs with their service; none for all.
    pub slos: Vec<Scalar>,
    /// `reason`
    pub reason: Scalar,
}

/// One entry of `budget_policy`.
#[derive(Clone, Debug)]
pub struct AgreementBlock {
    /// `below`
    pub below: Scalar,
    /// `do`
    pub action: Scalar,
    /// `freeze`
    pub freeze: Option<Scalar>,
}

/// One entry of `budget_alerts`.
#[derive(Clone, Debug)]
pub struct BudgetAlertBlock {
    /// `left`
    pub left: Scalar,
    /// `severity`
    pub severity: Scalar,
}

/// `missing_events`.
#[derive(Clone, Debug)]
pub enum MissingBlock {
    /// `off`, or another word that is not understood.
    Word(Scalar),
    /// Its keys.
    Block {
        /// `severity`
        severity: Option<Scalar>,
        /// `after`
        after: Option<Scalar>,
    },
}

/// `slice`.
#[derive(Clone, Debug)]
pub struct SliceBlock {
    /// Where it stands.
    pub span: Span,
    /// `length`
    pub length: Scalar,
    /// `objective`, which a journey need not say.
    pub objective: Option<Scalar>,
}

/// A service file.
#[derive(Clone, Debug)]
pub struct ServiceFile {
    /// `service`
    pub name: Scalar,
    /// `description`
    pub description: Option<Scalar>,
    /// `owner`
    pub owner: Option<Scalar>,
    /// `scrape_interval`
    pub scrape_interval: Option<Scalar>,
    /// The path of the file, for what it names relative to itself.
    pub path: String,
    /// `metrics`
    pub metrics: Vec<Scalar>,
    /// `planned`
    pub planned: Map<Scalar>,
    /// Whether all that it says outside of `slos` and `alerts` was understood.
    pub understood: bool,
    /// What its SLOs share.
    pub settings: Settings,
    /// `slos`
    pub slos: Map<SloBlock>,
    /// `alerts`
    pub alerts: Map<AlertBlock>,
}

/// One entry of `alerts`.
#[derive(Clone, Debug)]
pub struct AlertBlock {
    /// Whether every key and value of it was understood; else it is not judged by what is left.
    pub understood: bool,
    /// Its value as a whole.
    pub span: Span,
    /// `description`
    pub description: Option<Scalar>,
    /// `expr`
    pub expr: Scalar,
    /// `for`
    pub hold: Option<Scalar>,
    /// `keep_firing_for`
    pub keep_firing_for: Option<Scalar>,
    /// `severity`
    pub severity: Scalar,
    /// `down`
    pub down: Option<Scalar>,
    /// `independent`
    pub independent: Option<Scalar>,
    /// `same_as`
    pub same_as: Option<Scalar>,
    /// `runbook`
    pub runbook: Option<Scalar>,
    /// `labels`
    pub labels: Map<Scalar>,
    /// `annotations`
    pub annotations: Map<Scalar>,
    /// `accepted`: reasons by code.
    pub accepted: Map<Scalar>,
}

/// One entry of `slos`.
#[derive(Clone, Debug)]
pub struct SloBlock {
    /// Whether every key and value of it was understood; else it is not judged by what is left.
    pub understood: bool,
    /// Its value as a whole.
    pub span: Span,
    /// `description`
    pub description: Option<Scalar>,
    /// `objective` or the entries of `objectives`.
    pub objectives: Vec<Scalar>,
    /// Whether it was written as a list, so that names get a suffix.
    pub several: bool,
    /// `sli`
    pub sli: SliBlock,
    /// `by`
    pub by: Vec<KeptBlock>,
    /// All of that.
    pub by_place: Option<Span>,
    /// `tiers_off`
    pub tiers_off: Vec<Scalar>,
    /// `traffic`
    pub traffic: Option<Scalar>,
    /// `runbook`
    pub runbook: Option<Scalar>,
    /// Its own settings.
    pub settings: Settings,
}

/// A label that is kept.
#[derive(Clone, Debug)]
pub struct KeptBlock {
    /// What it is called in everything that is recorded.
    pub name: Key,
    /// What it is called in the series that are read: the same where `by` is a list.
    pub label: Scalar,
}

/// `sli`: every key it may have; which of them go together is decided in `resolve`.
#[derive(Clone, Debug)]
pub struct SliBlock {
    /// The whole block.
    pub span: Span,
    /// Whether every key and value of it was understood; else it may seem to have too few.
    pub understood: bool,
    /// `total`
    pub total: Option<Scalar>,
    /// `good`
    pub good: Option<Scalar>,
    /// `bad`
    pub bad: Option<Scalar>,
    /// `latency`
    pub latency: Option<Scalar>,
    /// `successful`
    pub successful: Option<Scalar>,
    /// `histogram`
    pub histogram: Option<Scalar>,
    /// `unit`
    pub unit: Option<Scalar>,
    /// `condition`
    pub condition: Option<Scalar>,
    /// `probe`
    pub probe: Option<Scalar>,
    /// `freshness`
    pub freshness: Option<Scalar>,
    /// `bad_ratio`
    pub bad_ratio: Option<Scalar>,
    /// `journey`
    pub journey: Option<JourneyBlock>,
}

/// `journey`.
#[derive(Clone, Debug)]
pub struct JourneyBlock {
    /// The key.
    pub key: Span,
    /// Its entries.
    pub parts: Vec<Scalar>,
    /// Whether every entry of it was understood; else it may seem to have too few.
    pub understood: bool,
}
