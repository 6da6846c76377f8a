//! One SLO in words, for `slowburn explain service/slo`.

use crate::plan::SloPlan;

/// Placeholder.
pub fn explain(plan: &SloPlan) -> String {
    format!("{}/{}\n", plan.promise.service, plan.promise.slo)
}
