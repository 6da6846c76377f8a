//! Sums in which two selectors select the same series: its events count twice.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{MetricRead, Role, Sli, Term};
use crate::promql::ast::{MatchOp, Selector};
use crate::promql::regex;

/// The most selectors whose pairs are compared.
const MOST: usize = 40;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model) {
        let Sli::Counted { histogram: None, total, good, bad } = &slo.sli else { continue };
        for (role, terms) in [(Role::Total, total), (Role::Good, good), (Role::Bad, bad)] {
            let added: Vec<&Selector> = added(terms).take(MOST).collect();
            // A subtracted term may be the one that was counted twice.
            if terms.iter().flatten().any(|term| term.negative) {
                continue;
            }
            let readings: Vec<&MetricRead> =
                slo.readings.iter().filter(|reading| reading.role == role).collect();
            let pairs = added.iter().enumerate().flat_map(|(index, one)| {
                added[index + 1..]
                    .iter()
                    .enumerate()
                    .map(move |(more, other)| (index, *one, index + 1 + more, *other))
            });
            for (first, one, second, other) in pairs {
                if let (true, Some(one), Some(other)) =
                    (overlap(one, other), readings.get(first), readings.get(second))
                {
                    problems.push(
                        Problem::warning(
                            Code::CountedTwice,
                            other.place,
                            "some events count twice in this sum",
                        )
                        .label("this selector and another one select the same series")
                        .and(one.place, "the other one")
                        .help("add a matcher that separates the two, or remove the narrower one"),
                    );
                }
            }
        }
    }
}

fn added(terms: &Option<Vec<Term>>) -> impl Iterator<Item = &Selector> {
    terms.iter().flatten().filter(|term| !term.negative).map(|term| term.counter.selector())
}

/// Whether a series is found that both match. Labels are independent, so each must have a value that matches both.
fn overlap(one: &Selector, other: &Selector) -> bool {
    let labels = one.matchers.iter().chain(other.matchers.iter()).map(|matcher| matcher.label.as_str());
    one.name == other.name
        && labels.collect::<std::collections::BTreeSet<_>>().into_iter().all(|label| {
            let both = one.matchers.iter().chain(other.matchers.iter());
            let asked: Vec<(MatchOp, &str)> = both
                .filter(|matcher| matcher.label == label)
                .map(|matcher| (matcher.op, matcher.value.as_str()))
                .collect();
            regex::satisfying(&asked).is_some()
        })
}
