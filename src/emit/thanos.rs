//! Rule files for Thanos Ruler: those of Prometheus, with `partial_response_strategy`.

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
        plain(&mut yaml, project, group, &|yaml, group| {
            yaml.pair(4, "", "partial_response_strategy", strategy.as_str());
            // Samples from a ruler without storage arrive some seconds later.
            if group.sums_others() {
                yaml.line(4, "query_offset: 1m");
            }
        });
    }
    artifacts.insert(format!("thanos/{}.rules.yaml", service.name), yaml.finish());
}
