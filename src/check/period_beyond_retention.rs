//! Periods that are longer than the retention of samples.

use super::{also, slos};
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::source::Span;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let Some((retention, place)) = model.project.prometheus.retention else { return };
    let mut reported: Vec<Option<Span>> = Vec::new();
    for (_, slo) in slos(model) {
        let reach = slo.period.reach();
        let period = slo.places.period;
        // The default period is one problem for any number of SLOs.
        let written = (period != slo.places.name).then_some(period);
        if reach <= retention || reported.contains(&written) {
            continue;
        }
        reported.push(written);
        let problem =
            Problem::error(
                Code::PeriodBeyondRetention,
                period,
                format!("a period of {} is longer than Prometheus keeps samples", slo.period),
            )
            .label(format!("its budget is a sum over the last {reach}"))
            .help(format!(
                "keep samples for longer, with `--storage.tsdb.retention.time={reach}` or more, and declare it: `retention: {reach}`"
            ))
            .help(format!("or write a shorter period: `period: {retention}`"));
        problems.push(also(problem, place, format!("samples are kept for {retention}")));
    }
}
