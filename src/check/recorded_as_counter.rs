//! Recorded series that are read as counters: a sum of counters falls when one counter disappears, and that looks like a restart.

use super::contract::{Reader, report};
use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::Role;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model) {
        for reading in &slo.readings {
            let counts =
                matches!(reading.role, Role::Total | Role::Good | Role::Bad | Role::Gain | Role::Classic(_));
            let name = reading.selector.name.as_deref().unwrap_or_default();
            if counts && name.contains(':') {
                let problem = Problem::warning(
                    Code::RecordedAsCounter,
                    reading.name,
                    format!("by its name a recording rule writes `{name}`, but it is read as a counter"),
                )
                .label("when one of the summed counters disappears the sum falls, and Prometheus counts the rest again")
                .help("select the raw counters that the rule reads; slowburn's rules sum them up");
                report(problems, Reader::Slo(slo), problem);
            }
        }
    }
}
