//! Rule files for Thanos Ruler: those of Prometheus, and what an answer is worth in which a store is missing.

use super::prometheus::plain;
use super::yaml::Yaml;
use crate::artifact::{Artifacts, MARK};
use crate::plan::{ProjectPlan, ServicePlan};

/// Adds `thanos/<service>.rules.yaml`.
pub fn emit(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    let Some(strategy) = project.targets.thanos else { return };
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.line(0, "groups:");
    for group in service.all_groups() {
        plain(&mut yaml, project, group, &|yaml| {
            yaml.pair(4, "", "partial_response_strategy", strategy.as_str());
        });
    }
    artifacts.insert(format!("thanos/{}.rules.yaml", service.name), yaml.finish());
}
