//! Comparisons that are true for every value of their series, or for none: an alert that never fires, a promise that is never broken or always.

use std::borrow::Cow;

use super::{filtered_away, limit_in_other_unit, slos};
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Companion, Sli, Slo};
use crate::promql::ast::{Expr, Kind, Op};
use crate::promql::possible;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for alert in model.services.iter().flat_map(|service| &service.alerts).filter(|alert| never_fires(alert))
    {
        let headline = format!("`{}` can never fire", alert.name);
        let problem = Problem::error(Code::ConstantCondition, alert.places.expr, headline);
        problems.push(problem.label("no value passes its comparisons").help(advice(&alert.expr)));
    }
    for (_, slo) in slos(model) {
        let (Some(is_good), Sli::Checked { good, .. }) = (of(slo), &slo.sli) else { continue };
        let (headline, label) = match is_good {
            true => ("this promise can never be broken", "the comparison is true for every value"),
            false => ("this promise is always broken", "the comparison is false for every value"),
        };
        let problem = Problem::error(Code::ConstantCondition, slo.places.sli.beginning(), headline);
        problems.push(problem.label(label).help(advice(good)));
    }
    let mut seen = Vec::new();
    for except in slos(model).filter_map(|(_, slo)| slo.agreed.except.as_ref()) {
        // A setting of several SLOs is one problem.
        if possible::never(&except.expr) && !seen.contains(&except.place) {
            seen.push(except.place);
            let headline = "the query of `except` can never have a result";
            let problem = Problem::error(Code::ConstantCondition, except.place, headline);
            problems.push(problem.label("no value passes its comparisons").help(advice(&except.expr)));
        }
    }
}

/// Whether no series makes an alert fire.
pub(super) fn never_fires(alert: &Companion) -> bool {
    possible::never(&alert.expr)
}

/// Whether the condition of an SLO is true for every value, or false; `None` if that depends on the value.
pub(super) fn of(slo: &Slo) -> Option<bool> {
    let Sli::Checked { good, .. } = &slo.sli else { return None };
    possible::outcome(good)
}

fn advice(expr: &Expr) -> Cow<'static, str> {
    let counts = |part: &Expr| matches!(&part.kind, Kind::Aggregate { op, .. } if op == "count");
    let is = |op: Op| matches!(&expr.kind, Kind::Binary(binary) if binary.op == op);
    if let Some(filtered) = filtered_away::filter(expr) {
        return filtered_away::advice(filtered);
    }
    if let Some(meant) = limit_in_other_unit::as_ratio(expr) {
        return format!("the value is between 0 and 1: write `{meant}`").into();
    }
    let advice = if expr.contains(counts) {
        "a count is at least 1: without series there is nothing to count, and no result"
    } else if expr.calls("absent") || expr.calls("absent_over_time") {
        "`absent(…)` is 1 while no series exists, and has no result otherwise"
    } else if is(Op::And) {
        "`and` keeps what passes both sides: if one of them is enough, write `or`"
    } else {
        "compare with a limit that some values pass and others do not"
    };
    advice.into()
}
