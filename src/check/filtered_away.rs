//! Conditions that have a result only in a bad state: a comparison inside an aggregation drops the good series, and then no series is left.

use std::borrow::Cow;

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Sli, Slo};
use crate::promql::ast::{Binary, Expr, Kind};
use crate::promql::possible;
use crate::source::Span;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for (_, slo) in slos(model) {
        // A comparison with one result has its own problem.
        let (Some(help), Sli::Checked { good, .. }) = (of(slo).map(advice), &slo.sli) else { continue };
        if possible::outcome(good).is_some() {
            continue;
        }
        let place: Span = slo.readings.first().map_or(slo.places.sli.beginning(), |reading| reading.place);
        let problem = Problem::warning(
            Code::FilteredAway,
            place,
            "this condition has a result only while a series passes the comparison inside it",
        )
        .label("other series are dropped before they are counted; with no series left there is no result");
        problems.push(problem.help(help));
    }
}

/// How to write an aggregation of a comparison so that it always has a result.
pub(super) fn advice(filtered: &Expr) -> Cow<'static, str> {
    match rewritten(filtered) {
        Some(part) => format!("let the comparison give 0 or 1, and sum that: `{part}`").into(),
        None => {
            "let the comparison give 0 or 1 with `bool`, and sum that: `sum(queue_length > bool 100)`".into()
        }
    }
}

/// Whether the condition of an SLO is only evaluated in a bad state.
pub(super) fn is_so(slo: &Slo) -> bool {
    of(slo).is_some()
}

fn of(slo: &Slo) -> Option<&Expr> {
    let Sli::Checked { good, .. } = &slo.sli else { return None };
    let Kind::Binary(condition) = &good.kind else { return None };
    filter(&condition.left).or_else(|| filter(&condition.right))
}

/// An aggregation whose argument is a comparison.
pub(super) fn filter(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        Kind::Aggregate { expr: inner, .. } if filters(inner) => Some(expr),
        // An alternative gives the expression a result.
        Kind::Binary(binary) if binary.op == crate::promql::ast::Op::Or => None,
        Kind::Call { function, .. } if function.starts_with("absent") => None,
        _ => expr.children().into_iter().find_map(filter),
    }
}

fn filters(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Paren(inner) => filters(inner),
        Kind::Binary(binary) => binary.op.is_comparison() && !binary.bool,
        _ => false,
    }
}

/// `count by (a) (x == 0)` as `sum by (a) (x == bool 0)`.
fn rewritten(expr: &Expr) -> Option<Expr> {
    let Kind::Aggregate { op, expr: inner, grouping, .. } = &expr.kind else { return None };
    let mut inner = inner.as_ref();
    while let Kind::Paren(within) = &inner.kind {
        inner = within;
    }
    let Kind::Binary(comparison) = &inner.kind else { return None };
    let asked: Expr = Binary { bool: true, ..(**comparison).clone() }.into();
    let (param, grouping) = (None, grouping.clone());
    (op == "count")
        .then(|| Kind::Aggregate { op: "sum".to_owned(), param, expr: Box::new(asked), grouping }.into())
}
