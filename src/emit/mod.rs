//! plan → artifacts: a target decides only how things are spelled. A new target is one file here and one line in [`TARGETS`].

mod address;
mod alertmanager;
mod grafana;
pub mod limits;
mod mimir;
mod objects;
mod operator;
mod prometheus;
mod promtool;
mod report;
mod runbooks;
pub(crate) mod spelling;
mod thanos;
mod vmalert;
mod vmrule;
mod words;
pub mod yaml;

pub use prometheus::{WrittenRule, written};

use crate::artifact::Artifacts;
use crate::plan::{Group, Plan, ProjectPlan, ServicePlan};

/// A kind of output.
#[derive(Debug)]
pub struct Target {
    /// Its name, and its directory.
    pub name: &'static str,
    /// Whether it needs proofs. They are not computed if no target needs them.
    pub proves: bool,
    /// Adds the files of one service.
    pub service: Option<fn(&ProjectPlan, &ServicePlan, &mut Artifacts)>,
    /// Adds the files that services share. It gets their alerts, but no recorded series and no proofs.
    pub project: Option<fn(&Plan, &mut Artifacts)>,
}

/// Every target.
pub const TARGETS: [Target; 12] = [
    Target { name: "prometheus", proves: false, service: Some(prometheus::emit), project: None },
    Target { name: "promtool", proves: true, service: Some(promtool::emit), project: None },
    Target {
        name: "grafana",
        proves: false,
        service: Some(grafana::service),
        project: Some(grafana::project),
    },
    Target {
        name: "runbooks",
        proves: false,
        service: Some(runbooks::service),
        project: Some(runbooks::project),
    },
    Target { name: "alertmanager", proves: false, service: None, project: Some(alertmanager::emit) },
    Target { name: "report", proves: false, service: None, project: Some(report::emit) },
    Target {
        name: "operator",
        proves: false,
        service: Some(operator::service),
        project: Some(operator::project),
    },
    Target { name: "thanos", proves: false, service: Some(thanos::emit), project: None },
    Target { name: "mimir", proves: false, service: Some(mimir::mimir), project: None },
    Target { name: "cortex", proves: false, service: Some(mimir::cortex), project: None },
    Target { name: "vmalert", proves: false, service: Some(vmalert::emit), project: None },
    Target { name: "vmrule", proves: false, service: Some(vmrule::emit), project: None },
];

/// A rule file for the history of a service, for promtool.
pub fn history(project: &ProjectPlan, groups: &[Group]) -> String {
    prometheus::history(project, groups)
}

/// Some groups of rules, as in a rule file.
pub fn excerpt(project: &ProjectPlan, groups: &[Group]) -> String {
    prometheus::excerpt(project, groups)
}

/// The configuration of Alertmanager; `None` if the sources declare no receivers.
pub fn routes(plan: &Plan) -> Option<String> {
    let mut artifacts = Artifacts::new();
    alertmanager::emit(plan, &mut artifacts);
    artifacts.remove("alertmanager/alertmanager.yml")
}

/// The files of a service for these targets. It cannot fail.
pub fn service(project: &ProjectPlan, service: &ServicePlan, targets: &[&Target]) -> Artifacts {
    let mut artifacts = Artifacts::new();
    for emit in targets.iter().filter_map(|target| target.service) {
        emit(project, service, &mut artifacts);
    }
    artifacts
}

/// The files that services share, for these targets. It cannot fail.
pub fn project(plan: &Plan, targets: &[&Target]) -> Artifacts {
    let mut artifacts = Artifacts::new();
    for emit in targets.iter().filter_map(|target| target.project) {
        emit(plan, &mut artifacts);
    }
    artifacts
}
