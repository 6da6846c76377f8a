//! Metrics that are declared as planned, but exist.

use std::collections::BTreeSet;

use super::Reader;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::MetricRead;

pub(in crate::check) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for service in &model.services {
        if service.planned.is_empty() {
            continue;
        }
        let removed = match service.planned.len() {
            1 => "remove `planned`: it has no other entry",
            _ => "remove this line from `planned`",
        };
        let readings = Reader::all(service).flat_map(Reader::readings);
        let read: BTreeSet<&str> = readings.flat_map(MetricRead::metrics).collect();
        for (metric, planned) in &service.planned {
            let found = service.contract.as_ref().and_then(|contract| contract.find(metric));
            if found.is_some() {
                problems.push(
                    Problem::warning(
                        Code::PlannedMetricExists,
                        planned.span,
                        format!("`{metric}` is declared as planned, but the contract already has it"),
                    )
                    .label("while it is planned, no alert fires if its events stop")
                    .help(removed),
                );
            } else if !read.contains(metric.as_str()) {
                problems.push(
                    Problem::warning(
                        Code::PlannedMetricExists,
                        planned.span,
                        format!("nothing reads the planned metric `{metric}`"),
                    )
                    .help(
                        match service.slos.iter().any(|slo| slo.name.as_str() == metric) {
                            true => format!("`{metric}` is an SLO: name the metrics that it reads"),
                            false => format!("correct its name, or {removed}"),
                        },
                    ),
                );
            }
        }
    }
}
