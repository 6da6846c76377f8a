//! The sources as they are written: every value is a text with its place, and is not interpreted yet.

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

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// One instance of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// The place of its name.
    pub place: Span,
    /// The place of its parameters.
    pub values: Span,
    /// The instance around it, as a number from 1.
    pub parent: Option<u32>,
}

/// A map in source order.
pub type Map<T> = Vec<(Key, T)>;

/// All files of a project.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    /// The environment that is compiled; `None` if the project has none.
    pub environment: Option<String>,
    /// `slowburn.yaml`, if there is one.
    pub project: Option<ProjectFile>,
    /// The other files, by path.
    pub services: Vec<ServiceFile>,
    /// The metrics that services expose, by the path of the file.
    pub contracts: BTreeMap<String, Arc<Contract>>,
    /// The texts under `runbooks/`, by the name of the file without `.md`.
    pub runbooks: BTreeMap<String, RunbookFile>,
    /// The instances of every file with templates.
    pub instances: BTreeMap<SourceId, Vec<Instance>>,
    /// Services that are switched off in this environment.
    pub absent: BTreeSet<String>,
    /// `prometheus.scrape_config`, if it could be read.
    pub scrape: Option<ScrapeFile>,
    /// Paths of files that could not be read; their problems are reported.
    pub unreadable: BTreeSet<String>,
    /// Whether a part of the project file could not be read. It applies to every service.
    pub project_misread: bool,
    /// Files of services in which settings of the whole service could not be read.
    pub misread: BTreeSet<SourceId>,
    /// Whether any part of any file could not be read.
    pub faulty: bool,
}

impl Ast {
    /// Whether problems of a file must not be shown yet, because a file with its settings could not be read completely: they could be false.
    pub fn waits(&self, file: SourceId) -> bool {
        self.project_misread || self.misread.contains(&file.plain())
    }
}

/// The scrape jobs of a Prometheus configuration.
#[derive(Clone, Debug, Default)]
pub struct ScrapeFile {
    /// `global.scrape_interval`
    pub scrape_interval: Option<Scalar>,
    /// `scrape_configs`
    pub jobs: Vec<JobBlock>,
    /// The label names in `global.external_labels`. Series do not have these labels where rules are evaluated.
    pub external_labels: Vec<Key>,
}

/// One entry of `scrape_configs`.
#[derive(Clone, Debug)]
pub struct JobBlock {
    /// `job_name`
    pub name: Scalar,
    /// `scrape_interval`
    pub scrape_interval: Option<Scalar>,
    /// Labels from `static_configs`, `relabel_configs` and `metric_relabel_configs`.
    pub labels: Vec<String>,
    /// Whether there may be other labels: from service discovery, or from relabelling with regular expressions.
    pub open: bool,
}

/// `slowburn.yaml`.
#[derive(Clone, Debug, Default)]
pub struct ProjectFile {
    /// The path of the file, to which paths in it are relative.
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
    /// Settings that services and SLOs can override.
    pub settings: Settings,
}

/// `links`: addresses of other systems.
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

/// A file in `runbooks/`: Markdown that is copied unchanged.
#[derive(Clone, Debug)]
pub struct RunbookFile {
    /// Its beginning.
    pub place: Span,
    pub text: String,
}

/// One entry of `policies`.
#[derive(Clone, Debug, Default)]
pub struct PolicyBlock {
    /// Whether every key and value was understood. Otherwise tiers may be missing.
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

/// The settings that the project, a service and an SLO can have; the innermost is used.
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
    /// `accepted`: reasons by code. They apply to the level on which they are written, and to everything inside it.
    pub accepted: Map<Scalar>,
    /// `budget_alerts`; an empty list switches them off.
    pub budget_alerts: Option<Vec<BudgetAlertBlock>>,
    /// `budget_policy`; an empty list switches it off.
    pub budget_policy: Option<Vec<AgreementBlock>>,
    /// `hours`
    pub hours: Option<HoursBlock>,
    /// `except`
    pub except: Option<Scalar>,
}

/// `hours`.
#[derive(Clone, Debug)]
pub enum HoursBlock {
    /// A single word: `always`.
    Word(Scalar),
    /// Days and hours of the week.
    Week {
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
    pub span: Span,
    /// `from`
    pub from: Scalar,
    /// `to`
    pub to: Scalar,
    /// `slos`: names of services or SLOs; empty for all.
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
    /// `off`, or another word, which is an error.
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
    pub span: Span,
    /// `length`
    pub length: Scalar,
    /// `objective`, optional for a journey.
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
    /// The path of the file, to which paths in it are relative.
    pub path: String,
    /// `metrics`
    pub metrics: Vec<Scalar>,
    /// `planned`
    pub planned: Map<Scalar>,
    /// Whether everything outside `slos` and `alerts` was understood.
    pub understood: bool,
    /// Settings that its SLOs share.
    pub settings: Settings,
    /// `slos`
    pub slos: Map<SloBlock>,
    /// `alerts`
    pub alerts: Map<AlertBlock>,
}

/// One entry of `alerts`.
#[derive(Clone, Debug)]
pub struct AlertBlock {
    /// Whether every key and value was understood. Otherwise it is not checked any further.
    pub understood: bool,
    /// The place of its value.
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
    /// Whether every key and value was understood. Otherwise it is not checked any further.
    pub understood: bool,
    /// The place of its value.
    pub span: Span,
    /// `description`
    pub description: Option<Scalar>,
    /// `objective` or the entries of `objectives`.
    pub objectives: Vec<Scalar>,
    /// Whether the objectives are a list, so that the names get a suffix.
    pub several: bool,
    /// `sli`
    pub sli: SliBlock,
    /// `by`
    pub by: Vec<KeptBlock>,
    /// The place of `by`.
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

/// A label in `by`.
#[derive(Clone, Debug)]
pub struct KeptBlock {
    /// Its name on recorded series.
    pub name: Key,
    /// Its name on raw series: the same if `by` is a list.
    pub label: Scalar,
}

/// `sli`: all its possible keys. `resolve` decides which of them can be combined.
#[derive(Clone, Debug)]
pub struct SliBlock {
    /// The place of the block.
    pub span: Span,
    /// Whether every key and value was understood. Otherwise keys may be missing.
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
    /// The place of the key.
    pub key: Span,
    /// Its entries.
    pub parts: Vec<Scalar>,
    /// Whether every entry was understood. Otherwise entries may be missing.
    pub understood: bool,
}
