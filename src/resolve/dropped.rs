//! Labels in `by` that the query of an SLI drops: then no result has the label, and the SLO has no promise for any of its values.

use crate::diagnostic::{Code, Problem};
use crate::model::Sli;
use crate::promql::ast::{Expr, Kind};
use crate::promql::build;
use crate::promql::carried::ResultLabels;
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::LabelName;

/// Reports each label in `by` that no result of the query can have.
pub(super) fn report(
    sli: &Sli,
    query: &Scalar,
    by: &[LabelName],
    places: &[Span],
    problems: &mut Vec<Problem>,
) -> Option<()> {
    let (Sli::Checked { good: expr, .. } | Sli::Ratio { bad: expr }) = sli else { return Some(()) };
    let carried = ResultLabels::of(expr);
    let dropped: Vec<_> =
        by.iter().zip(places).filter(|(label, _)| !carried.may_have(label.as_str())).collect();
    for (label, place) in &dropped {
        problems.push(problem(label.as_str(), **place, expr, query));
    }
    dropped.is_empty().then_some(())
}

fn problem(label: &str, place: Span, expr: &Expr, query: &Scalar) -> Problem {
    let headline = format!("the query drops the label `{label}`, so `by` keeps nothing");
    let problem = Problem::error(Code::UnknownLabel, place, headline)
        .label("the rules keep labels that the result of the query has");
    let droppers = droppers(expr, label);
    let problem = match droppers.first() {
        Some((part, _)) => problem.and(query.place(part.span.start, part.span.end), "it is dropped here"),
        None => problem,
    };
    let mut instead: Vec<&String> = Vec::new();
    for (_, written) in &droppers {
        if !instead.contains(&written) {
            instead.push(written);
        }
    }
    let problem = match instead[..] {
        [] => problem.help(format!("write a query whose result has the label `{label}`")),
        [one] if droppers.len() == 2 => problem.help(format!("write `{one}` in both places")),
        [one] if droppers.len() > 2 => {
            problem.help(format!("write `{one}` in all {} places", droppers.len()))
        }
        _ => instead.iter().fold(problem, |problem, one| problem.help(format!("write `{one}`"))),
    };
    problem.help(format!("or remove `{label}` from `by`: there is one promise for everything then"))
}

/// The aggregations that drop a label of what they aggregate, with the same aggregation that keeps it.
fn droppers<'e>(expr: &'e Expr, label: &str) -> Vec<(&'e Expr, String)> {
    let mut found = Vec::new();
    expr.visit(&mut |part| {
        let Kind::Aggregate { op, param, expr: inner, grouping } = &part.kind else { return };
        if ResultLabels::of(part).may_have(label) || !ResultLabels::of(inner).may_have(label) {
            return;
        }
        let listed = grouping.iter().flat_map(|grouping| grouping.labels.iter().map(String::as_str));
        let (word, labels): (_, Vec<&str>) = match grouping {
            Some(grouping) if grouping.without => {
                ("without", listed.filter(|listed| *listed != label).collect())
            }
            _ => ("by", listed.chain([label]).collect()),
        };
        let labels: Vec<String> = labels.into_iter().map(build::label).collect();
        let param = param.as_ref().map(|param| format!("{param}, ")).unwrap_or_default();
        found.push((part, format!("{op} {word} ({}) ({param}…)", labels.join(", "))));
    });
    found
}
