//! Bad events that are not among all events. Needs no contract: it is algebra on matchers.
//!
//! A selector is within another one of the same metric if every series that it selects also matches the other. Matchers of different labels are
//! independent, so one label is enough to show that it is not: a value that matches all matchers of the inner selector, but not one of the outer's. A
//! problem is reported only if such a value is found.

use std::collections::BTreeSet;

use super::{Reader, report};
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{MetricRead, Model, Role, Service, Slo};
use crate::promql::ast::{MatchOp, Matcher, Selector};
use crate::promql::regex;
use crate::vocabulary;

pub(in crate::check) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (service, slo) in super::super::slos(model) {
        for (inner, total, index, value) in found(model, service, slo) {
            report(problems, Reader::Slo(slo), to_problem(inner, total, index, &value));
        }
    }
}

/// Whether some events are bad, or good, and not in the total.
pub(in crate::check) fn is_so(model: &Model, service: &Service, slo: &Slo) -> bool {
    found(model, service, slo).next().is_some()
}

/// Readings that are not within the total, with the total, the index of its matcher, and a value that shows it.
fn found<'a>(
    model: &'a Model,
    service: &'a Service,
    slo: &'a Slo,
) -> impl Iterator<Item = (&'a MetricRead, &'a MetricRead, usize, String)> {
    let of_events = slo.readings.iter().filter(|reading| matches!(reading.role, Role::Bad | Role::Good));
    of_events.filter_map(move |inner| {
        let mut same = slo
            .readings
            .iter()
            .filter(|total| total.role == Role::Total && total.selector.name == inner.selector.name);
        // Several selectors of one metric may contain it together.
        let (total, None) = (same.next()?, same.next()) else { return None };
        let (index, value) = outside(model, service, &inner.selector, &total.selector)?;
        Some((inner, total, index, value))
    })
}

/// A matcher of the outer selector, by its index, and a value of its label that matches the inner selector but not the outer one.
fn outside(model: &Model, service: &Service, inner: &Selector, outer: &Selector) -> Option<(usize, String)> {
    if inner.matchers.iter().any(|matcher| !can_be_met(inner, &matcher.label)) {
        // An empty selection is within every other.
        return None;
    }
    outer.matchers.iter().enumerate().find_map(|(index, matcher)| {
        let own: Vec<&Matcher> = inner.matchers.iter().filter(|other| other.label == matcher.label).collect();
        if let Some(known) = known_values(model, service, inner, &matcher.label) {
            // If all values of a label are known, there may be no value in the difference.
            let (within, asked) =
                (matcher.asked(), own.iter().map(|other| other.asked()).collect::<Vec<_>>());
            let escapes = |value: &&&str| {
                within.meets(value) == Some(false)
                    && asked.iter().all(|other| other.meets(value) == Some(true))
            };
            // A value of an existing label is a better example than a missing label.
            let (missing, present): (Vec<&str>, Vec<&str>) = known.iter().partition(|value| value.is_empty());
            return present.iter().chain(&missing).find(escapes).map(|value| (index, (*value).to_owned()));
        }
        let mut wanted: Vec<(MatchOp, &str)> =
            own.iter().map(|other| (other.op, other.value.as_str())).collect();
        wanted.push((matcher.op.opposite(), &matcher.value));
        let present = [wanted.as_slice(), &[(MatchOp::NotEqual, "")]].concat();
        regex::satisfying(&present).or_else(|| regex::satisfying(&wanted)).map(|value| (index, value))
    })
}

/// Whether some value is found that matches all matchers of a label.
fn can_be_met(selector: &Selector, label: &str) -> bool {
    let of_label = selector.matchers.iter().filter(|matcher| matcher.label == label);
    let all: Vec<(MatchOp, &str)> = of_label.map(|matcher| (matcher.op, matcher.value.as_str())).collect();
    regex::satisfying(&all).is_some()
}

/// A metric has one shape, or a few. The values of more are not looked through for each selector.
const MOST_SHAPES: usize = 100;

/// All values of a label of the metric, with the empty value of series without it; `None` if the contract does not know them all.
pub(in crate::check) fn known_values<'a>(
    model: &Model,
    service: &'a Service,
    selector: &Selector,
    label: &str,
) -> Option<BTreeSet<&'a str>> {
    let (_, family, _) = service.contract.as_ref()?.find(selector.name.as_deref()?)?;
    if family.shapes.len() > MOST_SHAPES {
        return None;
    }
    let mut values = BTreeSet::new();
    for shape in &family.shapes {
        match shape.labels.get(label) {
            Some(known) if known.more > 0 => return None,
            Some(known) => values.extend(known.known.iter().map(String::as_str)),
            None if super::is_of_target(&model.project.prometheus, label) => return None,
            None => {
                values.insert("");
            }
        }
    }
    Some(values)
}

fn to_problem(inner: &MetricRead, total: &MetricRead, index: usize, value: &str) -> Problem {
    let matcher = &total.selector.matchers[index];
    let (what, key) = if inner.role == Role::Bad { ("bad", "bad") } else { ("good", "good") };
    let example = match value {
        "" => format!("without `{}`", matcher.label),
        value => format!("with `{}=\"{}\"`", matcher.label, value.escape_debug()),
    };
    let own = inner.selector.matchers.iter().position(|other| other.label == matcher.label);
    let place = own.map_or(inner.name, |own| inner.matchers[own]);
    let problem =
        Problem::error(Code::BadNotWithinTotal, place, format!("some events are {what} and not in `total`"))
            .label(format!("for example those {example}"))
            .and(total.matchers[index], "they are not in `total`");
    let wider = |inner: &Selector, outer: &Selector| {
        inner.matchers.iter().all(|matcher| outer.matchers.contains(matcher))
    };
    if inner.role == Role::Bad && wider(&inner.selector, &total.selector) {
        return problem.help(format!(
            "`total` is a part of `bad`: are they exchanged? then write `total: {}` and `bad: {}`",
            inner.selector, total.selector
        ));
    }
    let own_values = inner.selector.matchers.iter().filter(|other| other.label == matcher.label);
    let both: Vec<(MatchOp, &str)> =
        own_values.chain([matcher]).map(|matcher| (matcher.op, matcher.value.as_str())).collect();
    if own.is_some() && matcher.op != MatchOp::Equal && regex::satisfying(&both).is_none() {
        return problem.help(format!("remove `{matcher}` from `total`, which selects all events"));
    }
    // Two matchers for one label would select nothing, or less than is meant.
    let same = own.map(|own| &inner.selector.matchers[own]).filter(|other| other.op == MatchOp::Equal);
    let numbers = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match same {
        // Another status code is not a misspelling.
        Some(other) if inner.role == Role::Bad && numbers(&other.value) && numbers(&matcher.value) => {
            problem.help(format!("remove `{matcher}` from `total`, which selects all events"))
        }
        Some(other) if near(&other.value, &matcher.value) => problem
            .label(format!("did you mean `{matcher}`?"))
            .spelled(format!("write `{matcher}`"), place, inner.spelling.of(&matcher.to_string())),
        Some(_) => {
            problem.help(format!("write `{matcher}` in both, or select the events of both in `total`"))
        }
        None => problem.help(format!("add the matcher `{matcher}` to `{key}`, too")),
    }
}

/// Whether a value is probably a misspelling of another.
fn near(value: &str, other: &str) -> bool {
    vocabulary::distance(value, other, 1 + other.len() / 4).is_some()
}
