//! Counters whose samples VictoriaMetrics does not show to the rules, because they arrive late.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::Sli;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let late = &model.project.prometheus.late;
    for (_, slo) in slos(model) {
        if !matches!(slo.sli, Sli::Counted { .. }) {
            continue;
        }
        let found = slo.readings.iter().find_map(|reading| {
            let shown = reading.series()?;
            late.contains(&shown).then_some((shown, reading.place))
        });
        let Some((name, place)) = found else { continue };
        problems.push(
            Problem::warning(
                Code::SamplesLate,
                place,
                format!("a job has samples of `{name}` that the rules do not see: they come late, or have just ended"),
            )
            .label("the events of that job are not counted")
            .help("start VictoriaMetrics, or vmselect of a cluster, with -search.minStalenessInterval=5m"),
        );
    }
}
