//! Arguments with which an expression loads, and then fails or returns nothing useful whenever it is evaluated.

use super::ast::{Expr, Kind};
use super::fault::Fault;
use super::{names, places, regex};
use crate::vocabulary::Decimal;

/// The faults of all arguments that are written out, in the order of the text.
pub fn faults(expr: &Expr, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    expr.visit(&mut |part| {
        for label in listed(part).into_iter().filter(|label| !names::may_be_label(label)) {
            let span = places::quoted(text, part.span, label).unwrap_or(part.span);
            faults.push(
                Fault::new(span, format!("Prometheus cannot evaluate a list with the label `{label}`"))
                    .help("give the label another name before, with `label_replace`"),
            );
        }
        for label in labels(part).into_iter().filter(|label| string(label) == Some("")) {
            faults.push(Fault::new(label.span, "a label needs a name").help("write the name of a label"));
        }
        if let Some(written) = pattern(part)
            && let Some(Err(reason)) = string(written).map(regex::check)
        {
            let fault = Fault::new(written.span, format!("the pattern is not valid in RE2: {reason}"));
            faults.push(match reason.advice(string(written).unwrap_or_default(), None) {
                Some(advice) => fault.help(advice),
                None => fault,
            });
        }
        match &part.kind {
            Kind::Call { function, args } => of_call(function, args, &mut faults),
            Kind::Aggregate { op, param: Some(param), .. } => of_aggregation(op, param, &mut faults),
            _ => {}
        }
    });
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    faults
}

/// The labels of `by (…)`, `on (…)` and similar lists. Prometheus 3 reads `by ("inf")`, and evaluates `by (inf)`, which it cannot read.
fn listed(expr: &Expr) -> Vec<&String> {
    match &expr.kind {
        Kind::Aggregate { grouping: Some(grouping), .. } => grouping.labels.iter().collect(),
        Kind::Binary(binary) => match &binary.matching {
            Some(matching) => {
                let included = matching.group.iter().flat_map(|group| &group.include);
                matching.labels.iter().chain(included).collect()
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The arguments of a call or of an aggregation that are names of labels.
pub(super) fn labels(expr: &Expr) -> Vec<&Expr> {
    let is_label = |function: &str, index: usize| match function {
        "label_replace" => [1, 3].contains(&index),
        "label_join" => index == 1 || index > 2,
        _ => false,
    };
    match &expr.kind {
        Kind::Call { function, args } => {
            let all = args.iter().enumerate();
            all.filter(|(index, _)| is_label(function, *index)).map(|(_, arg)| arg).collect()
        }
        Kind::Aggregate { op, param: Some(param), .. } if op == "count_values" => vec![param],
        _ => Vec::new(),
    }
}

/// The pattern in the arguments of a call.
pub(super) fn pattern(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        Kind::Call { function, args } if function == "label_replace" => args.get(4),
        _ => None,
    }
}

/// The text of a string.
pub(super) fn string(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        Kind::String(text) => Some(text),
        Kind::Paren(inner) => string(inner),
        _ => None,
    }
}

pub(super) fn number(expr: &Expr) -> Option<Decimal> {
    match &expr.kind {
        Kind::Number(text) => text.parse().ok().or_else(|| Decimal::from_scientific(text).ok()),
        Kind::Paren(inner) => number(inner),
        Kind::Unary { negative, expr } => number(expr).map(|number| if *negative { -number } else { number }),
        _ => None,
    }
}

fn of_call(function: &str, args: &[Expr], faults: &mut Vec<Fault>) {
    match (function, args) {
        ("histogram_quantile" | "quantile_over_time", [quantile, ..]) => {
            of_quantile(function, quantile, faults);
        }
        ("double_exponential_smoothing" | "holt_winters", [_, factors @ ..]) => {
            for factor in factors {
                let fits = |number: Decimal| number > Decimal::ZERO && number < Decimal::ONE;
                if number(factor).is_some_and(|number| !fits(number)) {
                    let says = format!("the factors of `{function}` are above 0 and below 1");
                    faults.push(Fault::new(factor.span, says).help("write a number such as `0.3`"));
                }
            }
        }
        ("clamp", [_, least, most]) => {
            if let (Some(low), Some(high)) = (number(least), number(most))
                && low > high
            {
                let says = "the lower limit is above the upper one, so there is no result";
                faults.push(Fault::new(least.span, says).help("swap the two limits"));
            }
        }
        _ => {}
    }
}

fn of_aggregation(op: &str, param: &Expr, faults: &mut Vec<Fault>) {
    match op {
        "quantile" => of_quantile(op, param, faults),
        "topk" | "bottomk" | "limitk" if number(param).is_some_and(|number| number < Decimal::ONE) => {
            let says = format!("`{op}` selects less than one series, so there is no result");
            faults.push(Fault::new(param.span, says).help("write a number from 1"));
        }
        _ => {}
    }
}

fn of_quantile(taker: &str, quantile: &Expr, faults: &mut Vec<Fault>) {
    let Some(number) = number(quantile) else { return };
    if number >= Decimal::ZERO && number <= Decimal::ONE {
        return;
    }
    let says = format!("the quantile of `{taker}` is between 0 and 1");
    let fault = Fault::new(quantile.span, says);
    let percent = number >= Decimal::TEN && number <= Decimal::ONE_HUNDRED;
    faults.push(match percent {
        true => fault.help(format!("write `{}`", (number / Decimal::ONE_HUNDRED).normalize())),
        false => fault.help("write a number such as `0.99`"),
    });
}
