//! Queries of what the generated rules record, held against what they do record: names, labels, services and SLOs are all known here.

use std::collections::{BTreeMap, BTreeSet};

use super::contract::{Reader, renamed, tell};
use crate::diagnostic::{Problem, few};
use crate::lower;
use crate::model::{Companion, Model, Reading, Slo};
use crate::plan::Makes;
use crate::promql::ast::{MatchOp, Matcher};
use crate::source::Span;
use crate::vocabulary::distance;

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    let mut recorded = None;
    for reader in model.services.iter().flat_map(Reader::all) {
        for reading in reader.readings().iter().filter(|reading| is_own(reading)) {
            let recorded = recorded.get_or_insert_with(|| all(model));
            if let Some(problem) = fault(reading, recorded) {
                tell(problems, reader, problem);
            }
        }
    }
}

/// Companion alerts that read what is not recorded, by the place of their query: nothing else has to be said of them.
pub(super) fn at_fault(model: &Model) -> BTreeSet<Span> {
    let alerts = || model.services.iter().flat_map(|service| &service.alerts);
    let own = |alert: &Companion| alert.readings.iter().any(is_own);
    if !alerts().any(own) {
        return BTreeSet::new();
    }
    let recorded = all(model);
    let wrong = |reading: &Reading| is_own(reading) && fault(reading, &recorded).is_some();
    alerts().filter(|alert| alert.readings.iter().any(wrong)).map(|alert| alert.places.expr).collect()
}

/// Whether a selector reads what these rules record, or what is meant to be that. Sloth's rules have the same names, and labels of their own.
fn is_own(reading: &Reading) -> bool {
    let name = reading.selector.name.as_deref().unwrap_or_default();
    let of_sloth = |matcher: &Matcher| matcher.label.starts_with("sloth_");
    name.starts_with("slo:") && !reading.selector.matchers.iter().any(of_sloth)
}

/// Who records a series.
struct Recorded {
    service: String,
    slo: String,
}

/// What all rules record.
#[derive(Default)]
struct All {
    by_name: BTreeMap<String, Vec<Recorded>>,
    /// The labels of each name.
    labels: BTreeMap<String, BTreeSet<String>>,
    services: BTreeSet<String>,
}

fn all(model: &Model) -> All {
    let mut all = All::default();
    for service in &model.services {
        let slos: BTreeMap<&str, &Slo> = service.slos.iter().map(|slo| (slo.name.as_str(), slo)).collect();
        for rule in lower::service(model, service).rules() {
            let Makes::Record(name) = &rule.makes else { continue };
            let of = |label: &str| rule.labels.get(label).cloned().unwrap_or_default();
            let slo = slos.get(of("slo").as_str());
            let kept = slo.iter().flat_map(|slo| &slo.by).map(|label| label.as_str().to_owned());
            let labels = rule.labels.keys().cloned().chain(kept);
            all.labels.entry(name.clone()).or_default().extend(labels);
            all.services.insert(of("service"));
            let recorded = Recorded { service: of("service"), slo: of("slo") };
            all.by_name.entry(name.clone()).or_default().push(recorded);
        }
    }
    all
}

fn fault(reading: &Reading, all: &All) -> Option<Problem> {
    let name = reading.selector.name.as_deref()?;
    let of_service = meets(reading, "service");
    if !all.services.iter().any(|service| of_service(service)) {
        // It may be one of another repository, unless it is nearly one of these.
        return misspelt(reading, "service", &all.services.iter().map(String::as_str).collect());
    }
    let Some(recorded) = all.by_name.get(name) else { return Some(unrecorded(reading, name, all)) };
    let known: BTreeSet<&str> = all.labels[name].iter().map(String::as_str).collect();
    for (index, matcher) in reading.selector.matchers.iter().enumerate() {
        if !known.contains(matcher.label.as_str()) && matcher.asked().meets("") == Some(false) {
            return Some(unlabelled(reading, index, name, &known));
        }
    }
    let there: Vec<&Recorded> = recorded.iter().filter(|one| of_service(&one.service)).collect();
    let of_slo = meets(reading, "slo");
    if there.iter().any(|one| of_slo(&one.slo)) {
        return None;
    }
    let slos: BTreeSet<&str> = there.iter().map(|one| one.slo.as_str()).collect();
    match slos.is_empty() {
        true => Some(unrecorded(reading, name, all)),
        false => misspelt(reading, "slo", &slos).or_else(|| unmatched(reading, "slo", &slos)),
    }
}

/// Whether a value meets all that is asked of a label.
fn meets<'a>(reading: &'a Reading, label: &'a str) -> impl Fn(&str) -> bool + 'a {
    let of_label = reading.selector.matchers.iter().filter(move |matcher| matcher.label == label);
    let asked: Vec<_> = of_label.map(Matcher::asked).collect();
    move |value| asked.iter().all(|asked| asked.meets(value) != Some(false))
}

fn unrecorded(reading: &Reading, name: &str, all: &All) -> Problem {
    let names = || all.by_name.keys();
    let near: Vec<(usize, &String)> =
        names().filter_map(|known| Some((distance(known, name, known.len())?, known))).collect();
    let nearest = near.iter().map(|(distance, _)| *distance).min();
    let likely: Vec<&String> =
        near.iter().filter(|(distance, _)| Some(*distance) == nearest).map(|(_, known)| *known).collect();
    let problem = Problem::error("unknown-metric", reading.name, format!("no rule records `{name}`"));
    let stem =
        |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit() || "mhdwsy".contains(c)).to_owned();
    let alike: Vec<&String> = names().filter(|known| stem(known) == stem(name)).collect();
    let problem = match alike.is_empty() {
        true => problem.label("it is not among the series that these definitions make"),
        false => problem.label(format!("there are {}", few(&alike))),
    };
    match (likely.as_slice(), nearest) {
        // Another window is another question.
        ([one], Some(distance)) if alike.is_empty() && distance <= 1 + one.len() / 4 => {
            renamed(problem, reading, one, |written| format!("write `{written}`"))
        }
        _ if alike.is_empty() => problem.help("look for its name in `out/prometheus`"),
        _ => problem.help("did you mean one of those? A window is recorded where a tier has it"),
    }
}

fn unlabelled(reading: &Reading, index: usize, name: &str, known: &BTreeSet<&str>) -> Problem {
    let label = reading.selector.matchers[index].label.as_str();
    let all: Vec<&str> = known.iter().copied().collect();
    let problem =
        Problem::error("unknown-label", reading.labels[index], format!("`{name}` has no label `{label}`"))
            .label(format!("it has {}", few(&all)));
    // `slo_name` is `slo`, and so is `sloo`.
    let begins = |known: &&&str| label.starts_with(**known) || label.ends_with(**known);
    let near = all.iter().filter_map(|known| {
        let most = if begins(&known) { label.len() } else { 1 + known.len() / 4 };
        Some((distance(known, label, most)?, known))
    });
    match near.min_by_key(|(distance, _)| *distance) {
        Some((_, known)) => {
            problem.spelled(format!("write `{known}`"), reading.labels[index], reading.spelling.of(known))
        }
        None => problem.help("constant labels stand on alerts, and not on recorded series"),
    }
}

/// The problem of a value that is nearly one that is there.
fn misspelt(reading: &Reading, label: &str, known: &BTreeSet<&str>) -> Option<Problem> {
    let index = equal(reading, label)?;
    let value = reading.selector.matchers[index].value.as_str();
    let near = known.iter().filter_map(|near| Some((distance(near, value, 1 + near.len() / 4)?, near)));
    let (_, near) = near.min_by_key(|(distance, _)| *distance)?;
    let written =
        Matcher { value: (*near).to_owned(), ..reading.selector.matchers[index].clone() }.to_string();
    let spelled = reading.spelling.of(&written);
    Some(absent(reading, index, label, known).spelled(
        format!("write `{written}`"),
        reading.matchers[index],
        spelled,
    ))
}

fn unmatched(reading: &Reading, label: &str, known: &BTreeSet<&str>) -> Option<Problem> {
    let index = reading.selector.matchers.iter().position(|matcher| matcher.label == label)?;
    Some(absent(reading, index, label, known).help("name one that there is"))
}

fn absent(reading: &Reading, index: usize, label: &str, known: &BTreeSet<&str>) -> Problem {
    let all: Vec<&str> = known.iter().copied().collect();
    let matcher = &reading.selector.matchers[index];
    let what = if label == "slo" { "SLO" } else { label };
    Problem::error("unmatched-value", reading.matchers[index], format!("no {what} meets `{matcher}`"))
        .label(format!("there are {}", few(&all)))
}

fn equal(reading: &Reading, label: &str) -> Option<usize> {
    reading
        .selector
        .matchers
        .iter()
        .position(|matcher| matcher.label == label && matcher.op == MatchOp::Equal)
}
