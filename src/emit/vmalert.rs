//! Rule files for vmalert of VictoriaMetrics.

use super::prometheus::plain;
use super::yaml::Yaml;
use crate::artifact::{Artifacts, MARK};
use crate::plan::{Group, ProjectPlan, ServicePlan};

/// Adds `vmalert/<service>.rules.yaml`.
pub fn emit(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    if !project.targets.vmalert {
        return;
    }
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.line(0, "groups:");
    for group in service.all_groups() {
        plain(&mut yaml, project, group, &latest);
    }
    artifacts.insert(format!("vmalert/{}.rules.yaml", service.name), yaml.finish());
}

/// VictoriaMetrics hides the last 30 seconds by default. vmalert evaluates up to a minute in the past, each group at a different moment, aligned to
/// whole intervals. Groups that sum the series of others are evaluated after them.
pub(super) fn latest(yaml: &mut Yaml, group: &Group) {
    if group.sums_others() {
        yaml.line(4, "eval_delay: 90s");
    }
    yaml.line(4, "params:");
    yaml.line(6, "latency_offset: [1ms]");
}
