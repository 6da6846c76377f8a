//! The nesting depth of an expression in its printed form, which may be deeper than the written form: the printer adds parentheses.

use super::super::ast::{At, Expr, Kind, Modifiers, Time, TimeExpr};
use super::super::printer::{ends_in_a_parenthesis, stands_after_offset, takes_brackets};

/// The number of levels below an expression. It is the same for every printed form: parentheses that may be added count in any case.
pub(super) fn levels(expr: &Expr) -> usize {
    match &expr.kind {
        Kind::Number(_) | Kind::String(_) => 0,
        Kind::Selector(selector) => modifiers(&selector.at),
        Kind::Range { selector, range } => modifiers(&selector.at).max(time(range)),
        Kind::Subquery { expr, range, step, at } => {
            let times = modifiers(at).max(time(range)).max(step.as_ref().map_or(0, time));
            times.max(if takes_brackets(expr) { levels(expr) } else { enclosed(expr) })
        }
        Kind::Call { args, .. } => args.iter().map(|arg| 1 + levels(arg)).max().unwrap_or(0),
        Kind::Aggregate { param, expr, .. } => {
            let param = param.as_ref().map_or(0, |param| levels(param));
            1 + levels(expr).max(param)
        }
        // If it does not fit on one line, its operand is in parentheses after all signs.
        Kind::Unary { expr, .. } if matches!(expr.kind, Kind::Unary { .. }) => 1 + levels(expr),
        Kind::Unary { expr, .. } => 1 + enclosed(expr),
        Kind::Paren(inner) => 1 + levels(inner),
        Kind::Binary(binary) => operand(&binary.left).max(1 + operand(&binary.right)),
    }
}

/// The levels of an operand in parentheses, written or added.
fn enclosed(expr: &Expr) -> usize {
    if let Kind::Paren(_) = expr.kind { levels(expr) } else { 1 + levels(expr) }
}

/// The levels of an operand beside an operator. If it needs parentheses there, they are added only if it has none.
fn operand(expr: &Expr) -> usize {
    let at = match &expr.kind {
        Kind::Selector(selector) | Kind::Range { selector, .. } => &selector.at,
        Kind::Subquery { at, .. } => at,
        _ => return levels(expr),
    };
    levels(expr) + usize::from(ends_in_a_parenthesis(at))
}

fn modifiers(at: &Modifiers) -> usize {
    let moment = match &at.at {
        Some((At::Time(moment), _)) => time(moment),
        _ => 0,
    };
    let offset = match &at.offset {
        Some((Time::Expr(expr), _)) if !stands_after_offset(expr) => 2 + arithmetic(expr),
        Some((offset, _)) => time(offset),
        None => 0,
    };
    moment.max(offset)
}

fn time(time: &Time) -> usize {
    match time {
        Time::Fixed(_) | Time::Negative(_) | Time::Placeholder(_) | Time::Ahead(_) => 1,
        Time::Expr(expr) => 1 + arithmetic(expr),
    }
}

fn arithmetic(expr: &TimeExpr) -> usize {
    match expr {
        TimeExpr::Duration(_) | TimeExpr::Number(_) | TimeExpr::Call(_) => 0,
        TimeExpr::Choose { args, .. } => 1 + args.iter().map(arithmetic).max().unwrap_or(0),
        TimeExpr::Paren(inner) | TimeExpr::Unary { expr: inner, .. } => 1 + arithmetic(inner),
        TimeExpr::Binary { left, right, .. } => arithmetic(left).max(1 + arithmetic(right)),
    }
}
