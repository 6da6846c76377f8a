//! plan → artifacts: a target decides only how things are spelled. A new target is one file here and one line in [`TARGETS`].

mod prometheus;
mod promtool;
mod words;
mod yaml;

use crate::artifact::Artifacts;
use crate::model::Language;
use crate::plan::ServicePlan;

/// A kind of output.
#[derive(Debug)]
pub struct Target {
    /// Its name, and its directory.
    pub name: &'static str,
    /// Whether it is made from proofs, which are left out if nobody asks for them.
    pub proves: bool,
    /// Adds the files of one service.
    pub emit: fn(Language, &ServicePlan, &mut Artifacts),
}

/// Every target.
pub const TARGETS: [Target; 2] = [
    Target { name: "prometheus", proves: false, emit: prometheus::emit },
    Target { name: "promtool", proves: true, emit: promtool::emit },
];

/// All files of a service for these targets. It cannot fail.
pub fn emit(language: Language, service: &ServicePlan, targets: &[&Target]) -> Artifacts {
    let mut artifacts = Artifacts::new();
    for target in targets {
        (target.emit)(language, service, &mut artifacts);
    }
    artifacts
}
