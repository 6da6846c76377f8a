//! Thresholds in one unit, histograms in another.

use super::selected;
use super::{FoundMetric, JudgedSelector, Place, Reader, Verdict, named, report};
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Role, Slo};
use crate::vocabulary::{Decimal, Duration};

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, .. } in all {
        let Verdict::Fits(found) = verdict else { continue };
        let Some((unit, why)) = other_unit(place, *found) else { continue };
        let read = unit_of(place.reader.slo(), place.reading.role).map_or("another unit", |(read, _)| read);
        let problem = Problem::error(
            Code::UnitMismatch,
            place.reading.name,
            format!("`{}` is in {unit}, and the SLI reads it as {read}", named(place.reading)),
        )
        .label(why);
        report(problems, place.reader, advised(problem, unit));
    }
}

/// Histograms whose name ends with another unit. Only where no contract says it.
pub(in crate::check) fn by_name(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (service, slo) in super::super::slos(model) {
        for reading in &slo.readings {
            let is_known = service.contract.as_ref().is_some_and(|one| one.find(named(reading)).is_some());
            let Some((read, _)) = unit_of(Some(slo), reading.role).filter(|_| !is_known) else { continue };
            let word = named(reading).rsplit('_').next().unwrap_or_default();
            let named_unit = UNITS.iter().find(|(_, words, _)| words.contains(&word)).map(|unit| unit.0);
            let Some(unit) = named_unit.filter(|unit| *unit != read) else { continue };
            let headline = format!("`{}` is in {unit}, and the SLI reads it as {read}", named(reading));
            let problem =
                Problem::warning(Code::UnitMismatch, reading.name, headline).label("its name says the unit");
            report(problems, Reader::Slo(slo), advised(problem, unit));
        }
    }
}

fn advised(problem: Problem, unit: &str) -> Problem {
    problem.help(match unit {
        "seconds" => "remove `unit: milliseconds` from the SLI",
        "milliseconds" => "add `unit: milliseconds` to the SLI",
        _ => "let the program record seconds, as the conventions of Prometheus say",
    })
}

/// Names of units, with the number of them in a second.
const UNITS: [(&str, &[&str], i64); 4] = [
    ("seconds", &["seconds", "second", "s"], 1),
    ("milliseconds", &["milliseconds", "millisecond", "millis", "msec", "ms"], 1_000),
    ("microseconds", &["microseconds", "microsecond", "micros", "usec", "us"], 1_000_000),
    ("nanoseconds", &["nanoseconds", "nanosecond", "nanos", "nsec", "ns"], 1_000_000_000),
];

/// The unit that the query expects of a histogram.
fn unit_of(slo: Option<&Slo>, role: Role) -> Option<(&'static str, i64)> {
    let (Role::Classic(bound), Some(threshold)) = (role, slo.and_then(|slo| slo.threshold)) else {
        return None;
    };
    let seconds = Decimal::new(threshold.millis() as i64, 3);
    UNITS
        .iter()
        .find(|(_, _, per_second)| bound == seconds * Decimal::from(*per_second))
        .map(|unit| (unit.0, unit.2))
}

/// The unit of a histogram, if it is not the expected one, and the evidence: its declared unit, its name, or its buckets.
pub(super) fn other_unit(place: &Place, found: FoundMetric) -> Option<(&'static str, String)> {
    let (read, per_second) = unit_of(place.reader.slo(), place.reading.role)?;
    let called = |word: &str| UNITS.iter().find(|(_, words, _)| words.contains(&word)).map(|unit| unit.0);
    let declared = found.family.unit.as_deref().and_then(called);
    let named = found.name.rsplit('_').next().and_then(called);
    if let Some(unit) = declared.or(named) {
        let why = if declared.is_some() { "its unit is declared" } else { "its name says the unit" };
        return (unit != read).then(|| (unit, why.to_owned()));
    }
    // Without a declared unit the bounds decide: all are far from the threshold, and contain it in another unit.
    let (Role::Classic(bound), bounds) = (place.reading.role, selected(place, &found).collect::<Vec<_>>())
    else {
        return None;
    };
    if bounds.contains(&bound) {
        return None;
    }
    let seconds = bound / Decimal::from(per_second);
    let (unit, _, _) = UNITS.iter().find(|(unit, _, per_second)| {
        *unit != read && bounds.contains(&(seconds * Decimal::from(*per_second)))
    })?;
    let last = bounds.iter().max()?;
    Some((unit, format!("its buckets end between {} and {last}", bounds.iter().min()?)))
}

/// A bound as a duration, in the expected unit.
pub(super) fn shown(slo: &Slo, role: Role, bound: Decimal) -> Option<String> {
    use rust_decimal::prelude::ToPrimitive;
    let (_, per_second) = unit_of(Some(slo), role)?;
    let millis = bound.checked_mul(Decimal::from(1000))? / Decimal::from(per_second);
    match millis.is_integer() {
        true => Some(Duration::from_millis(millis.to_u64()?).to_string()),
        false => Some(format!("{}ms", crate::vocabulary::text(millis))),
    }
}
