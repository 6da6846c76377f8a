//! Companion alerts that fire for any value of their series.

use super::limit_in_other_unit;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::promql::ast::{Expr, Kind, Op};
use crate::promql::possible;
use crate::vocabulary::is_named_up;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for alert in model.services.iter().flat_map(|service| &service.alerts) {
        if can_be_empty(&alert.expr) {
            continue;
        }
        let problem = Problem::error(
            Code::AlwaysFires,
            alert.places.expr,
            format!("`{}` fires whenever its series exist", alert.name),
        );
        problems.push(match &alert.expr.kind {
            Kind::Binary(binary) if binary.bool => problem
                .label("with `bool` a comparison that is false gives 0, and an alert fires for a 0, too")
                .help("remove `bool`: without it a comparison drops the series for which it is false"),
            Kind::Binary(binary) if binary.op == Op::Or && !compares(&alert.expr) => problem
                .label("one side of `or` always has a result")
                .help("compare both sides with a limit; an alert does not need `or vector(0)`"),
            _ if compares(&alert.expr) => problem.label("its comparison is true for every value").help(
                match limit_in_other_unit::as_ratio(&alert.expr) {
                    Some(meant) => format!("the value is between 0 and 1: write `{meant}`"),
                    None => "compare with a limit that no value passes while all is well".to_owned(),
                },
            ),
            _ => problem
                .label("it has a result at all times, whatever the values are")
                .help(compared(&alert.expr, alert.down)),
        });
    }
}

/// How to compare an expression, so that it has a result only while something is wrong.
fn compared(expr: &Expr, down: bool) -> String {
    match &expr.kind {
        Kind::Selector(selector) if selector.name.as_deref().is_some_and(is_named_up) => match down {
            true => format!("let it fire when all of them are down: `absent({selector} == 1)`"),
            false => format!("let it fire at 0: `{selector} == 0`"),
        },
        Kind::Selector(selector) if selector.name.as_deref().is_some_and(|name| name.ends_with("_total")) => {
            format!(
                "compare how fast it grows with a limit, such as `rate({selector}[5m]) > 1` for 1 per second"
            )
        }
        Kind::Selector(selector) => format!("compare it with a limit, such as `{selector} > 100`"),
        // Printed expressions are valid, but long ones are hard to find in a sentence.
        _ if expr.to_string().len() <= 160 => format!("compare it with a limit, such as `{expr} > 1`"),
        _ => "compare it with a limit, such as `> 1` at its end".to_owned(),
    }
}

/// Whether the result may be empty although the series exist: a comparison drops them, or the expression is about their absence.
pub(super) fn can_be_empty(expr: &Expr) -> bool {
    !possible::always(expr) && compares(expr)
}

fn compares(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Number(_) | Kind::String(_) => false,
        // Series of alerts appear and disappear themselves.
        Kind::Selector(selector) => selector.name.as_deref() == Some("ALERTS"),
        Kind::Range { .. } => false,
        Kind::Paren(inner) | Kind::Subquery { expr: inner, .. } | Kind::Unary { expr: inner, .. } => {
            compares(inner)
        }
        Kind::Aggregate { expr, .. } => compares(expr),
        Kind::Call { function, args } => match function.as_str() {
            "absent" | "absent_over_time" => true,
            // A number, even if it is NaN.
            "scalar" | "vector" | "time" => false,
            _ => args.iter().any(compares),
        },
        Kind::Binary(binary) => match binary.op {
            Op::Or => compares(&binary.left) && compares(&binary.right),
            // The result depends on the existence of the other side.
            Op::And | Op::Unless => true,
            op if op.is_comparison() && !binary.bool => true,
            _ => compares(&binary.left) || compares(&binary.right),
        },
    }
}
