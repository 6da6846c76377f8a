//! What one SLO promises.

/// Text.
pub fn explain(plan: &crate::plan::SloPlan) -> String {
    plan.promise.slo.clone()
}
