//! Promises per label value, of which there are too many.

use super::{FoundMetric, JudgedSelector, Place, Verdict, report};
use crate::diagnostic::{Code, Problem};
use crate::model::{Role, Slo};

/// The most promises that anybody can observe.
const MOST: u64 = 100;

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, .. } in all {
        let reads_all =
            matches!(place.reading.role, Role::Total | Role::Classic(_) | Role::Native | Role::State);
        let Verdict::Fits(found) = verdict else { continue };
        let Some(slo) = place.reader.slo() else { continue };
        let (Some(first), true) = (slo.places.by.first(), reads_all) else { continue };
        let Some((promises, widest)) = promises(slo, place, *found) else { continue };
        if promises > MOST {
            report(
                problems,
                place.reader,
                Problem::warning(
                    Code::GroupingExplodes,
                    *first,
                    format!("with `by` this SLO has about {promises} promises"),
                )
                .label(format!("`{widest}` has the most values"))
                .help(format!("remove `{widest}` from `by`, or select some of its values with a matcher")),
            );
        }
    }
}

/// How many combinations of the kept labels there may be, and which label has the most values. Labels of the target are not counted.
fn promises(slo: &Slo, place: &Place, found: FoundMetric) -> Option<(u64, String)> {
    let shapes = found.family.shapes.iter().filter_map(|shape| {
        let counts: Vec<(u64, &str)> = slo
            .by
            .iter()
            .map(|kept| &kept.label)
            .filter_map(|label| shape.labels.get(label.as_str()).map(|values| (label, values)))
            .map(|(label, values)| (matching(place, label.as_str(), values), label.as_str()))
            .collect();
        let widest = counts.iter().max_by_key(|(count, _)| *count)?.1.to_owned();
        let product = counts.iter().fold(1u64, |product, (count, _)| product.saturating_mul(*count));
        Some((product.min(shape.series.max(1)), widest))
    });
    shapes.max_by_key(|(count, _)| *count)
}

/// The number of a label's values that match the selector.
fn matching(place: &Place, label: &str, values: &crate::contract::Values) -> u64 {
    let on_it = || place.reading.selector.matchers.iter().filter(|matcher| matcher.label == label);
    let known = values
        .known
        .iter()
        .filter(|value| on_it().all(|matcher| matcher.asked().meets(value) != Some(false)));
    let more = if on_it().next().is_none() { values.more } else { 0 };
    known.count() as u64 + more
}
