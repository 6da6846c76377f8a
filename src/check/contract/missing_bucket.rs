//! Thresholds without a bucket.

use super::selected;
use std::collections::BTreeSet;

use super::unit_mismatch::{other_unit, shown};
use super::{JudgedSelector, Place, Verdict, report};
use crate::contract::{Kind, Part};
use crate::diagnostic::{Code, Problem};
use crate::model::{Role, Slo};
use crate::promql::ast::MatchOp;
use crate::promql::bounds::{Bound, listed};
use crate::source::Span;
use crate::vocabulary::{Decimal, text};

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, .. } in all {
        if let (Verdict::Fits(found), Role::Classic(bound), Some(slo)) =
            (verdict, place.reading.role, place.reader.slo())
            && other_unit(place, *found).is_none()
        {
            let bounds: Vec<Decimal> = selected(place, found).collect();
            if !bounds.is_empty() && !bounds.contains(&bound) {
                report(problems, place.reader, to_problem(slo, place, found.name, bound, bounds));
            }
        }
    }
}

/// Bounds and quantiles in matchers that do not exist.
pub(super) fn named(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, .. } in all {
        let Verdict::Fits(found) = verdict else { continue };
        let label = match (found.part, found.family.kind) {
            (Part::Bucket, _) => "le",
            (Part::Whole, Kind::Summary) => "quantile",
            _ => continue,
        };
        let known: BTreeSet<Bound> =
            selected(place, found).map(|bound| Bound::At(bound.normalize())).collect();
        let matchers = place.reading.selector.matchers.iter().zip(&place.reading.matchers);
        for (matcher, span) in matchers.filter(|(matcher, _)| matcher.label == label) {
            let Some(asked) = listed(matcher) else { continue };
            let positive = matches!(matcher.op, MatchOp::Equal | MatchOp::Matches);
            let is_there =
                |bound: &Bound| known.contains(bound) || label == "le" && *bound == Bound::Infinite;
            let missing = asked.into_iter().find(|bound| !is_there(bound));
            if let (true, false, Some(Bound::At(missing))) = (positive, known.is_empty(), missing) {
                report(problems, place.reader, unnamed(place, found.name, label, *span, missing, &known));
            }
        }
    }
}

fn unnamed(
    place: &Place,
    name: &str,
    label: &str,
    span: Span,
    missing: Decimal,
    known: &BTreeSet<Bound>,
) -> Problem {
    let numbers: Vec<Decimal> = known
        .iter()
        .filter_map(|bound| match bound {
            Bound::At(number) => Some(*number),
            Bound::Infinite => None,
        })
        .collect();
    let (is, are) = match label {
        "le" => (format!("no bucket of `{name}` ends at {}", text(missing)), "bounds"),
        _ => (format!("`{name}` has no quantile {}", text(missing)), "quantiles"),
    };
    let below = numbers.iter().rfind(|other| **other < missing);
    let above = numbers.iter().find(|other| **other > missing);
    let near: Vec<String> = below.into_iter().chain(above).map(|number| text(*number)).collect();
    let problem =
        Problem::error(Code::MissingBucket, span, is).label(format!("nearest {are}: {}", near.join(", ")));
    match above.or(below) {
        Some(next) => {
            let written = format!("{label}=\"{}\"", text(*next));
            problem.spelled(format!("write `{written}`"), span, place.reading.spelling.of(&written))
        }
        None => problem,
    }
    .help("or add this one in the program, and capture the contract again")
}

fn to_problem(slo: &Slo, place: &Place, name: &str, bound: Decimal, mut bounds: Vec<Decimal>) -> Problem {
    bounds.sort();
    let threshold = slo.threshold.map(|threshold| threshold.to_string()).unwrap_or_default();
    let scale = |bound: &Decimal| shown(slo, place.reading.role, *bound);
    let below = bounds.iter().rfind(|other| **other < bound);
    let above = bounds.iter().find(|other| **other > bound);
    let near: Vec<String> = below.into_iter().chain(above).filter_map(scale).collect();
    let span = slo.places.threshold;
    let problem = Problem::error(
        Code::MissingBucket,
        span,
        format!("no bucket of `{name}` ends at {threshold}, so events below it cannot be counted"),
    )
    .label(format!("the nearest buckets end at {}", near.join(" and ")));
    // `500s` of a histogram with a bucket that ends at 0.5.
    let thousandth = bound.checked_div(Decimal::ONE_THOUSAND).filter(|meant| bounds.contains(meant));
    if let Some(meant) = thousandth.and_then(|meant| scale(&meant)) {
        return problem.fix(format!("write `{meant}`, where a bucket ends"), span, meant);
    }
    let problem = match above.and_then(scale) {
        Some(next) => problem.fix(format!("write `{next}`, where a bucket ends"), span, next),
        None => problem,
    };
    let or = if above.is_some() { "or " } else { "" };
    problem.help(format!(
        "{or}give the histogram a bucket that ends at {} in the program, and capture the contract again",
        text(bound)
    ))
}
