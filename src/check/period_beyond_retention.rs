//! Periods that are longer than the retention of samples.

use super::{also, slos};
use crate::diagnostic::{Code, Label, Problem};
use crate::facts::Facts;
use crate::source::Span;
use crate::vocabulary::Period;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let Some((retention, place)) = model.project.prometheus.retention else { return };
    let mut reported: Vec<(Period, Span, Problem)> = Vec::new();
    for (_, slo) in slos(model) {
        let reach = slo.period.reach();
        let period = slo.places.period;
        if reach <= retention {
            continue;
        }
        // A period is one problem for any number of SLOs, and one that is written again is the same.
        if let Some((_, first, problem)) = reported.iter_mut().find(|(known, ..)| *known == slo.period) {
            if period != slo.places.name
                && period != *first
                && problem.secondary.iter().all(|one| one.span != period)
            {
                problem.secondary.push(Label { span: period, text: "this period is as long".to_owned() });
            }
            continue;
        }
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
            .help(match period == slo.places.name {
                true => format!("or write `period: {retention}` in the project file, and in each place that is marked here with a `period`"),
                false => format!("or write `period: {retention}` in each place that is marked here"),
            });
        let problem = also(problem, place, format!("samples are kept for {retention}"));
        reported.push((slo.period.clone(), period, problem));
    }
    problems.extend(reported.into_iter().map(|(.., problem)| problem));
}
