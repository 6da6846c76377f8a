//! Rule files for the rulers of Mimir and Cortex, as `mimirtool` and `cortextool` load them: a namespace for each service.

use super::prometheus::plain;
use super::yaml::Yaml;
use crate::artifact::{Artifacts, MARK};
use crate::plan::{Group, ProjectPlan, ServicePlan};

/// Adds `mimir/<service>.rules.yaml`.
pub fn mimir(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    let Some(mimir) = &project.targets.mimir else { return };
    let groups: Vec<Group> =
        service.all_groups().flat_map(|group| parts(group, mimir.max_rules as usize)).collect();
    let text = file(project, service, &groups, &|yaml, group| {
        // So a window contains the same number of samples, from any group.
        yaml.line(4, "align_evaluation_time_on_interval: true");
        // At the moment of evaluation of all groups the last count is not stored yet. So these groups are evaluated a minute in the past.
        if group.sums_others() {
            yaml.line(4, "query_offset: 2m");
        }
        if !mimir.source_tenants.is_empty() {
            yaml.line(4, "source_tenants:");
            for tenant in &mimir.source_tenants {
                yaml.line(6, &format!("- {}", super::yaml::scalar(tenant)));
            }
        }
    });
    artifacts.insert(format!("mimir/{}.rules.yaml", service.name), text);
}

/// Adds `cortex/<service>.rules.yaml`.
pub fn cortex(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    if project.targets.cortex {
        let groups: Vec<Group> = service.all_groups().cloned().collect();
        let text = file(project, service, &groups, &|_, _| {});
        artifacts.insert(format!("cortex/{}.rules.yaml", service.name), text);
    }
}

fn file(
    project: &ProjectPlan,
    service: &ServicePlan,
    groups: &[Group],
    more: &dyn Fn(&mut Yaml, &Group),
) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.pair(0, "", "namespace", &format!("slo-{}", service.name));
    yaml.line(0, "groups:");
    for group in groups {
        plain(&mut yaml, project, group, more);
    }
    yaml.finish()
}

/// A group, divided into several that are small enough: `api/slos`, `api/slos/part2`, …
fn parts(group: &Group, most: usize) -> Vec<Group> {
    let name = |index: usize| match index {
        0 => group.name.clone(),
        index => format!("{}/part{}", group.name, index + 1),
    };
    let parts = group.rules.chunks(most).enumerate();
    parts
        .map(|(index, rules)| Group { name: name(index), interval: group.interval, rules: rules.to_vec() })
        .collect()
}

/// The number of groups of a service's rules.
pub(super) fn count(service: &ServicePlan, most: usize) -> usize {
    service.all_groups().map(|group| group.rules.len().div_ceil(most)).sum()
}
