//! Rules for the operator of VictoriaMetrics: objects `VMRule`.

use super::objects::{self, Kind};
use super::vmalert;
use crate::artifact::Artifacts;
use crate::plan::{ProjectPlan, ServicePlan};

/// The objects.
pub(super) const KIND: Kind =
    Kind { version: "operator.victoriametrics.com/v1beta1", kind: "VMRule", more: vmalert::latest };

/// Adds `vmrule/<service>.yaml`.
pub fn emit(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    let Some(objects) = &project.targets.vmrule else { return };
    artifacts
        .insert(format!("vmrule/{}.yaml", service.name), objects::rules(project, service, objects, &KIND));
}
