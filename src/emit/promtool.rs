//! Stub.
use crate::artifact::Artifacts;
use crate::plan::Plan;
/// Adds `promtool/…`.
pub fn emit(_plan: &Plan, _artifacts: &mut Artifacts) {}
