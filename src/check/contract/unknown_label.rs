//! Labels that a metric does not have.

use std::collections::BTreeSet;

use super::{FoundMetric, JudgedSelector, Place, Verdict, in_yaml, is_of_target, named, report};
use crate::diagnostic::{Code, Problem, few};
use crate::model::Role;
use crate::promql::places::spelled_label;
use crate::source::Span;
use crate::vocabulary::distance;

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, search } in all {
        match verdict {
            Verdict::NoLabel(found, index) => {
                report(problems, place.reader, matcher(place, *found, *index, *search));
            }
            Verdict::Fits(found) => kept(place, *found, problems),
            Verdict::Unknown | Verdict::NoMetric | Verdict::OtherType(_) | Verdict::NoValue(..) => {}
        }
    }
}

/// The problem of a matcher with a missing label.
fn matcher(place: &Place, found: FoundMetric, index: usize, search: bool) -> Problem {
    let matcher = &place.reading.selector.matchers[index];
    let label = place.reading.labels[index];
    let spelled = |known: &str| place.reading.spelling.of(&spelled_label(known));
    if !search {
        let headline = format!("`{}` has no label `{}`", found.name, matcher.label);
        return Problem::error(Code::UnknownLabel, label, headline);
    }
    let labels = labels(found);
    let problem = unknown(label, found.name, &matcher.label, &labels);
    if labels.contains(&matcher.label) {
        return problem
            .label("some of its series have it, but not those that the other matchers select")
            .help("remove one of the matchers");
    }
    let asked = matcher.asked();
    let all = found.family.shapes.iter().flat_map(|shape| &shape.labels);
    let has_value =
        all.filter(|(_, values)| values.known.iter().any(|value| asked.meets(value) == Some(true)));
    let by_value = has_value.map(|(label, _)| label).min();
    suggested(problem, label, &matcher.label, by_value, &labels, spelled)
}

/// Labels in `by` that the series of all events do not have.
fn kept(place: &Place, found: FoundMetric, problems: &mut Vec<Problem>) {
    let reads_all = matches!(place.reading.role, Role::Total | Role::Classic(_) | Role::Native);
    let Some(slo) = place.reader.slo() else { return };
    let has = |label: &str| found.family.shapes.iter().any(|shape| shape.labels.contains_key(label));
    for (label, span) in slo.by.iter().zip(&slo.places.by) {
        let text = label.label.as_str().to_owned();
        if reads_all && !has(&text) && !is_of_target(&place.model.project.prometheus, &text) {
            let labels = labels(found);
            let problem = unknown(*span, named(place.reading), &text, &labels);
            report(
                problems,
                place.reader,
                suggested(problem, *span, &text, None, &labels, |known| {
                    (in_yaml(known) == known).then(|| known.to_owned())
                }),
            );
        }
    }
}

fn labels(found: FoundMetric<'_>) -> BTreeSet<&String> {
    found.family.shapes.iter().flat_map(|shape| shape.labels.keys()).collect()
}

fn unknown(span: Span, metric: &str, label: &str, labels: &BTreeSet<&String>) -> Problem {
    let problem = Problem::error(Code::UnknownLabel, span, format!("`{metric}` has no label `{label}`"));
    let all: Vec<String> = labels.iter().map(|label| (*label).clone()).collect();
    match all.is_empty() {
        true => problem.label("it has no labels of its own"),
        false => problem.label(format!("it has {}", few(&all))),
    }
}

/// Labels with the same meaning in different libraries.
const ALIKE: [&[&str]; 5] = [
    &["handler", "route", "path", "endpoint", "uri", "url", "http_route", "ruta", "view"],
    &[
        "code",
        "status",
        "status_code",
        "http_status",
        "response_code",
        "http_status_code",
        "estado",
        "codigo",
    ],
    &["method", "verb", "http_method", "request_method", "metodo"],
    &["instance", "host", "node", "server", "hostname"],
    &["service", "app", "application", "job", "servicio"],
];

fn suggested(
    problem: Problem,
    span: Span,
    label: &str,
    by_value: Option<&String>,
    labels: &BTreeSet<&String>,
    spelled: impl Fn(&str) -> Option<String>,
) -> Problem {
    let near = labels
        .iter()
        .copied()
        .filter_map(|known| Some((distance(known, label, 1 + known.len() / 4)?, known)));
    let near = near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known);
    let synonyms = ALIKE.iter().find(|names| names.contains(&label)).copied().unwrap_or_default();
    let alike = synonyms.iter().find_map(|name| labels.iter().copied().find(|known| known == name));
    let problem = match by_value.or(near).or(alike) {
        Some(known) => problem.spelled(format!("write `{}`", spelled_label(known)), span, spelled(known)),
        None => problem,
    };
    problem.help(format!(
        "if Prometheus adds this label to every series of the target, declare it in the project file: `prometheus: {{ target_labels: [{}] }}`",
        in_yaml(label)
    ))
}
