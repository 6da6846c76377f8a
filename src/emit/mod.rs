//! plan → artifacts: a target decides only how things are spelled. A new target is one file here and one line in [`TARGETS`].

mod alertmanager;
mod prometheus;
mod promtool;
mod words;
mod yaml;

use crate::artifact::Artifacts;
use crate::plan::Plan;

/// A target takes the plan and adds its files.
pub type Target = fn(&Plan, &mut Artifacts);

/// Every target with its name.
pub const TARGETS: [(&str, Target); 3] =
    [("alertmanager", alertmanager::emit), ("prometheus", prometheus::emit), ("promtool", promtool::emit)];

/// All files of all targets. It cannot fail.
pub fn emit(plan: &Plan) -> Artifacts {
    let mut artifacts = Artifacts::new();
    for (_, target) in TARGETS {
        target(plan, &mut artifacts);
    }
    artifacts
}
