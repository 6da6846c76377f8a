//! Jobs that Prometheus does not scrape, or not often enough.

use super::{Reader, report};
use crate::contract::Contract;
use crate::diagnostic::{Code, Problem, few};
use crate::facts::Facts;
use crate::model::{Job, MetricRead};
use crate::promql::ast::Matcher;
use crate::promql::regex::ValueCondition;

pub(in crate::check) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let Some(jobs) = &model.project.prometheus.jobs else { return };
    let readers = model.services.iter().flat_map(|service| Reader::all(service).map(move |it| (service, it)));
    for (service, reader) in readers {
        if reader.is_planned() {
            continue;
        }
        for reading in reader.readings() {
            let on_job = |index: &usize| reading.selector.matchers[*index].label == "job";
            let Some(first) = (0..reading.matchers.len()).find(on_job) else { continue };
            if service.contract.as_ref().is_some_and(|contract| is_checked_elsewhere(contract, reading)) {
                continue;
            }
            let asked: Vec<ValueCondition> =
                reading.selector.matchers.iter().filter(|it| it.label == "job").map(Matcher::asked).collect();
            let is_meant = |job: &&Job| asked.iter().all(|asked| asked.meets(&job.name) != Some(false));
            let selected: Vec<&Job> = jobs.iter().filter(is_meant).collect();
            let place = reading.matchers[first];
            if selected.is_empty() {
                let names: Vec<&String> = jobs.iter().map(|job| &job.name).collect();
                report(
                    problems,
                    reader,
                    Problem::error(Code::NotScraped, place, "Prometheus does not scrape this job")
                        .label(format!("it scrapes {}", few(&names)))
                        .help("correct the matcher, or add the job to the configuration of Prometheus"),
                );
                continue;
            }
            if let Some(slow) = selected.iter().find(|job| job.scrape_interval > reader.scrape_interval()) {
                report(
                    problems,
                    reader,
                    Problem::error(
                        Code::NotScraped,
                        place,
                        format!(
                            "`{}` is scraped every {}, not every {}",
                            slow.name,
                            slow.scrape_interval,
                            reader.scrape_interval()
                        ),
                    )
                    .help(format!("say how often: `scrape_interval: {}` in this file", slow.scrape_interval))
                    .help("or scrape it more often"),
                );
            }
        }
    }
}

/// Whether the series themselves show better which jobs exist, or the metric already has a problem.
fn is_checked_elsewhere(contract: &Contract, reading: &MetricRead) -> bool {
    match contract.find(super::named(reading)) {
        Some((_, family, _)) => family.shapes.iter().any(|shape| shape.labels.contains_key("job")),
        None => !super::made_by_prometheus(super::named(reading)),
    }
}
