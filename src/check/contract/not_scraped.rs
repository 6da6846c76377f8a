//! Jobs that Prometheus does not scrape, or not often enough.

use super::{Reader, report};
use crate::contract::Contract;
use crate::diagnostic::{Code, Problem, few};
use crate::facts::Facts;
use crate::model::{Job, MetricRead, Model};
use crate::promql::ast::{MatchOp, Matcher};
use crate::promql::regex::ValueCondition;
use crate::source::Span;
use crate::vocabulary::nearest;
use std::collections::BTreeSet;

pub(in crate::check) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let Some(jobs) = &model.project.prometheus.jobs else { return by_contracts(model, problems) };
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

/// Jobs of series that Prometheus makes, if every contract has jobs, and none has this one.
fn by_contracts(model: &Model, problems: &mut Vec<Problem>) {
    let contracts = || model.services.iter().filter_map(|service| service.contract.as_ref());
    let jobs_of = |contract: &Contract| -> Vec<String> {
        let shapes = contract.families.values().flat_map(|family| &family.shapes);
        let values = shapes.filter_map(|shape| shape.labels.get("job").filter(|values| values.more == 0));
        values.flat_map(|values| values.known.iter().cloned()).collect()
    };
    let by_contract: Vec<Vec<String>> = contracts().map(|contract| jobs_of(contract)).collect();
    if by_contract.is_empty() || by_contract.iter().any(Vec::is_empty) {
        return;
    }
    let all: BTreeSet<String> = by_contract.into_iter().flatten().collect();
    let known: Vec<&str> = all.iter().map(String::as_str).collect();
    for service in &model.services {
        for (reader, reading) in Reader::all(service)
            .flat_map(|reader| reader.readings().iter().map(move |reading| (reader, reading)))
        {
            let mut matchers = reading.selector.matchers.iter().zip(&reading.matchers);
            let is_job =
                |(matcher, _): &(&Matcher, &Span)| matcher.label == "job" && matcher.op == MatchOp::Equal;
            let Some((matcher, place)) = matchers.find(is_job) else { continue };
            if super::named(reading) != "up" || all.contains(&matcher.value) || reader.is_planned() {
                continue;
            }
            let headline = format!("no contract has the job `{}`", matcher.value);
            let problem = Problem::warning(Code::NotScraped, *place, headline)
                .label(format!("the contracts have {}", few(&known)));
            let problem = match nearest(&matcher.value, &known) {
                Some(near) => {
                    let text = Matcher { value: near.to_owned(), ..matcher.clone() }.to_string();
                    problem.spelled(format!("write `{text}`"), *place, reading.spelling.of(&text))
                }
                None => problem.help("correct the matcher, or capture the contract of this job, too"),
            };
            report(problems, reader, problem);
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
