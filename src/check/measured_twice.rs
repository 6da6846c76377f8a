//! SLOs of two services that measure exactly the same: one was probably copied from the other.

use std::collections::BTreeMap;

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Service, Sli, Slo};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    // The SLOs of one service may watch the same events for different periods.
    if model.services.len() < 2 {
        return;
    }
    let mut known: BTreeMap<Vec<(&str, &str)>, Vec<_>> = BTreeMap::new();
    for (service, slo) in slos(model).filter(|(_, slo)| !matches!(slo.sli, Sli::Journey { .. })) {
        let Some(first) = slo.readings.first() else { continue };
        let matchers = first.selector.matchers.iter();
        let key = [("", first.selector.name.as_deref().unwrap_or_default())]
            .into_iter()
            .chain(matchers.map(|matcher| (matcher.label.as_str(), matcher.value.as_str())))
            .collect();
        let alike = known.entry(key).or_default();
        let is_same = |(other_service, other): &&(&Service, &Slo)| {
            other_service.name != service.name
                && other.threshold == slo.threshold
                && measures_the_same(other, slo)
        };
        if let Some((other_service, other)) = alike.iter().find(is_same) {
            let headline = format!(
                "`{}/{}` measures the same as `{}/{}`",
                service.name, slo.name, other_service.name, other.name
            );
            problems.push(
                Problem::warning(Code::CountedTwice, slo.places.name, headline)
                    .label("one outage would page for both services")
                    .and(other.places.name, "the other one")
                    .help("select the series of this service, for example by its `job`, or remove one of the two"),
            );
        }
        if alike.len() < MOST_ALIKE {
            alike.push((service, slo));
        }
    }
}

/// The most SLOs with the same first selector that are compared.
const MOST_ALIKE: usize = 8;

/// Whether two SLOs read the same series in the same way, wherever they are written.
fn measures_the_same(one: &Slo, other: &Slo) -> bool {
    let readings = one.readings.len() == other.readings.len()
        && one.readings.iter().zip(&other.readings).all(|(one, other)| {
            one.role == other.role
                && one.selector.name == other.selector.name
                && one.selector.matchers == other.selector.matchers
        });
    let text = |sli: &Sli| match sli {
        Sli::Checked { good: expr, .. } | Sli::Ratio { bad: expr } => expr.to_string(),
        Sli::Counted { .. } | Sli::Journey { .. } => String::new(),
    };
    readings && text(&one.sli) == text(&other.sli)
}
