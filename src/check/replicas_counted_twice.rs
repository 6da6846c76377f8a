//! Series that a server has once per replica, so that every event is counted several times.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::promql::ast::{MatchOp, Matcher};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let prometheus = &model.project.prometheus;
    let labels: Vec<String> = prometheus.replica_labels.iter().map(|label| format!("`{label}`")).collect();
    for (_, slo) in slos(model) {
        let found = slo.readings.iter().find_map(|reading| {
            let shown = reading.series()?;
            let one = |matcher: &Matcher| {
                let of = prometheus.replica_labels.iter().any(|label| label.as_str() == matcher.label);
                of && matcher.op == MatchOp::Equal
            };
            if reading.selector.matchers.iter().any(one) {
                return None;
            }
            Some((prometheus.replicas.get(&shown)?, shown, reading.place))
        });
        // One example is enough.
        let Some((count, name, place)) = found else { continue };
        problems.push(
            Problem::error(
                Code::ReplicasCountedTwice,
                place,
                format!("the server has the series of `{name}` {count} times, once for each replica"),
            )
            .label(format!("every event is counted {count} times"))
            .help(format!("query and evaluate where {} is deduplicated", labels.join(" or ")))
            .help("or select one replica in every selector"),
        );
    }
}
