//! Queries of recorded series, compared with the series that the rules record: names, labels, services and SLOs.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::contract::{Reader, renamed, report};
use crate::diagnostic::{Code, Problem, few, there_are};
use crate::facts::{Facts, Rules};
use crate::model::{Companion, MetricRead};
use crate::promql::ast::Matcher;
use crate::source::Span;
use crate::vocabulary::distance;

/// The most names in one run that are compared with selectors without an exact name.
const MOST_COMPARISONS: usize = 500_000;

pub(super) fn check(facts: &Facts, rules: &Rules, problems: &mut Vec<Problem>) {
    let model = facts.model;
    let mut recorded = None;
    for reader in model.services.iter().flat_map(Reader::all) {
        for reading in reader.readings().iter().filter(|reading| is_own(reading)) {
            let recorded = recorded.get_or_insert_with(|| all(facts, rules));
            if let Some(problem) = recorded.wrong(reading).and_then(|fault| fault.problem(reading, recorded))
            {
                report(problems, reader, problem);
            } else if recorded.is_exhausted() {
                problems.push(unread(reading));
                return;
            }
        }
    }
}

/// Companion alerts that read series which are not recorded, by the place of their query: other checks then skip them.
pub(super) fn at_fault(facts: &Facts, rules: &Rules) -> BTreeSet<Span> {
    let alerts = || facts.model.services.iter().flat_map(|service| &service.alerts);
    let own = |alert: &Companion| alert.readings.iter().any(is_own);
    if !alerts().any(own) {
        return BTreeSet::new();
    }
    let recorded = all(facts, rules);
    let wrong = |reading: &MetricRead| is_own(reading) && recorded.wrong(reading).is_some();
    alerts().filter(|alert| alert.readings.iter().any(wrong)).map(|alert| alert.places.expr).collect()
}

/// Whether a selector reads recorded series of these rules, or is meant to. Sloth's rules use the same names, with other labels.
fn is_own(reading: &MetricRead) -> bool {
    let name = reading.selector.name.as_deref().unwrap_or_default();
    let of_sloth = |matcher: &Matcher| matcher.label.starts_with("sloth_");
    name.starts_with("slo:") && !reading.selector.matchers.iter().any(of_sloth)
}

/// The series that all rules record.
#[derive(Default)]
struct All<'a> {
    by_name: BTreeMap<String, Name<'a>>,
    services: BTreeSet<&'a str>,
    comparisons: Cell<usize>,
}

/// The series with one name.
#[derive(Default)]
struct Name<'a> {
    /// The SLOs by service.
    of: BTreeMap<&'a str, BTreeSet<&'a str>>,
    labels: BTreeSet<String>,
}

fn all<'a>(facts: &Facts<'a>, rules: &Rules) -> All<'a> {
    let mut all = All::default();
    for facts_of in &facts.services {
        let service = facts_of.service;
        for recorded in (rules.recorded)(facts.model, facts_of) {
            all.services.insert(service.name.as_str());
            for (name, labels) in recorded.names {
                let known = all.by_name.entry(name).or_default();
                known.labels.extend(labels);
                known.labels.extend(recorded.slos[0].by.iter().map(|label| label.as_str().to_owned()));
                let of = known.of.entry(service.name.as_str()).or_default();
                of.extend(recorded.slos.iter().map(|slo| slo.name.as_str()));
            }
        }
    }
    all
}

/// The problem of a selector.
enum Fault<'a> {
    /// No service has this name.
    Service,
    /// No rule records this name.
    Name,
    /// The matcher at this index uses a label that the series do not have.
    Label(usize, &'a BTreeSet<String>),
    /// None of the SLOs that record the series has this name.
    Slo(Vec<&'a BTreeSet<&'a str>>),
}

impl Fault<'_> {
    /// `None` if the service may be in another repository.
    fn problem(self, reading: &MetricRead, all: &All) -> Option<Problem> {
        let name = reading.selector.name.as_deref().unwrap_or_default();
        match self {
            // Unless it is nearly one of these names.
            Fault::Service => misspelt(reading, "service", &all.services),
            Fault::Name => Some(unrecorded(reading, name, all)),
            Fault::Label(index, known) => {
                Some(unlabelled(reading, index, name, &known.iter().map(String::as_str).collect()))
            }
            Fault::Slo(slos) => {
                let slos = slos.into_iter().flatten().copied().collect();
                misspelt(reading, "slo", &slos).or_else(|| unmatched(reading, "slo", &slos))
            }
        }
    }
}

impl<'a> All<'a> {
    fn wrong(&'a self, reading: &MetricRead) -> Option<Fault<'a>> {
        let name = reading.selector.name.as_deref()?;
        let (services, known) = (&self.services, |name: &str| self.services.get(name).copied());
        if self.values_meeting_conditions(reading, "service", services.iter().copied(), known, 1)?.is_empty()
        {
            return Some(Fault::Service);
        }
        let Some(known) = self.by_name.get(name) else { return Some(Fault::Name) };
        for (index, matcher) in reading.selector.matchers.iter().enumerate() {
            if !known.labels.contains(&matcher.label) && matcher.asked().meets("") == Some(false) {
                return Some(Fault::Label(index, &known.labels));
            }
        }
        let of = |name: &str| known.of.get_key_value(name).map(|(name, _)| *name);
        let services =
            self.values_meeting_conditions(reading, "service", known.of.keys().copied(), of, usize::MAX)?;
        let slos: Vec<&BTreeSet<&str>> = services.iter().map(|service| &known.of[service]).collect();
        for slos in &slos {
            let of = |name: &str| slos.get(name).copied();
            let met =
                !self.values_meeting_conditions(reading, "slo", slos.iter().copied(), of, 1)?.is_empty();
            if met {
                return None;
            }
        }
        Some(if slos.is_empty() { Fault::Name } else { Fault::Slo(slos) })
    }

    fn is_exhausted(&self) -> bool {
        self.comparisons.get() > MOST_COMPARISONS
    }

    /// The first values that meet all conditions on a label, `most` of them. An exact value is looked up with `known`.
    ///
    /// `None` if this run has already compared too many.
    fn values_meeting_conditions<'b>(
        &self,
        reading: &MetricRead,
        label: &str,
        values: impl ExactSizeIterator<Item = &'b str>,
        known: impl Fn(&str) -> Option<&'b str>,
        most: usize,
    ) -> Option<Vec<&'b str>> {
        if let Some(index) = reading.selector.equal(label) {
            let value = known(&reading.selector.matchers[index].value);
            return Some(value.filter(|value| meets(reading, label)(value)).into_iter().collect());
        }
        let asks = reading.selector.matchers.iter().any(|matcher| matcher.label == label);
        if asks {
            self.comparisons.set(self.comparisons.get() + values.len());
        }
        let meets = meets(reading, label);
        (!self.is_exhausted()).then(|| values.filter(|value| meets(value)).take(most).collect())
    }
}

/// Whether a value meets all conditions on a label.
fn meets<'a>(reading: &'a MetricRead, label: &'a str) -> impl Fn(&str) -> bool + 'a {
    let of_label = reading.selector.matchers.iter().filter(move |matcher| matcher.label == label);
    let asked: Vec<_> = of_label.map(Matcher::asked).collect();
    move |value| asked.iter().all(|asked| asked.meets(value) != Some(false))
}

fn unrecorded(reading: &MetricRead, name: &str, all: &All) -> Problem {
    let names = || all.by_name.keys();
    let near: Vec<(usize, &String)> =
        names().filter_map(|known| Some((distance(known, name, 1 + known.len() / 4)?, known))).collect();
    let nearest = near.iter().map(|(distance, _)| *distance).min();
    let likely: Vec<&String> =
        near.iter().filter(|(distance, _)| Some(*distance) == nearest).map(|(_, known)| *known).collect();
    let problem = Problem::error(Code::UnknownMetric, reading.name, format!("no rule records `{name}`"));
    let stem =
        |text: &str| text.trim_end_matches(|c: char| c.is_ascii_digit() || "mhdwsy".contains(c)).to_owned();
    let alike: Vec<&String> = names().filter(|known| stem(known) == stem(name)).collect();
    let problem = match alike.is_empty() {
        true => problem.label("these definitions do not record such a series"),
        false => problem.label(there_are(&alike)),
    };
    match likely.as_slice() {
        // Another window has another meaning.
        [one] if alike.is_empty() => renamed(problem, reading, one, |written| format!("write `{written}`")),
        _ if alike.is_empty() => problem.help("look for its name in `out/prometheus`"),
        _ => problem.help("did you mean one of those? A window is recorded only if a tier has it"),
    }
}

/// The end of the check.
fn unread(reading: &MetricRead) -> Problem {
    Problem::warning(
        Code::UnmatchedValue,
        reading.name,
        "this selector and those after it were not compared with the recorded series",
    )
    .label("too many selectors have patterns for `service` or `slo`")
    .help("write exact names, `service=\"api\"`: they need no comparison")
}

fn unlabelled(reading: &MetricRead, index: usize, name: &str, known: &BTreeSet<&str>) -> Problem {
    let label = reading.selector.matchers[index].label.as_str();
    let all: Vec<&str> = known.iter().copied().collect();
    let problem =
        Problem::error(Code::UnknownLabel, reading.labels[index], format!("`{name}` has no label `{label}`"))
            .label(format!("it has {}", few(&all)));
    // `slo_name` or `sloo` for `slo`.
    let begins = |known: &&&str| label.starts_with(**known) || label.ends_with(**known);
    let near = all.iter().filter_map(|known| {
        let most = if begins(&known) { label.len() } else { 1 + known.len() / 4 };
        Some((distance(known, label, most)?, known))
    });
    match near.min_by_key(|(distance, _)| *distance) {
        Some((_, known)) => {
            problem.spelled(format!("write `{known}`"), reading.labels[index], reading.spelling.of(known))
        }
        None => problem.help("constant labels are on alerts, not on recorded series"),
    }
}

/// The problem of a value that is nearly an existing one.
fn misspelt(reading: &MetricRead, label: &str, known: &BTreeSet<&str>) -> Option<Problem> {
    let index = reading.selector.equal(label)?;
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

fn unmatched(reading: &MetricRead, label: &str, known: &BTreeSet<&str>) -> Option<Problem> {
    let index = reading.selector.matchers.iter().position(|matcher| matcher.label == label)?;
    Some(absent(reading, index, label, known).help("write one that exists"))
}

fn absent(reading: &MetricRead, index: usize, label: &str, known: &BTreeSet<&str>) -> Problem {
    let all: Vec<&str> = known.iter().copied().collect();
    let matcher = &reading.selector.matchers[index];
    let what = if label == "slo" { "SLO" } else { label };
    Problem::error(Code::UnmatchedValue, reading.matchers[index], format!("no {what} matches `{matcher}`"))
        .label(there_are(&all))
}
