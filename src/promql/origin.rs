//! Where the labels of an expression's result come from, and which of them have one value in all samples.

use super::absent;
use super::ast::{Expr, Kind, Op, Selector};
use super::carried::ResultLabels;
use super::types::{Type, answers};

/// The selectors whose series give the result its labels.
pub fn origins(expr: &Expr) -> Vec<&Selector> {
    match &expr.kind {
        Kind::Selector(selector) | Kind::Range { selector, .. } => vec![selector],
        Kind::Binary(binary) if binary.op == Op::Or => {
            [&binary.left, &binary.right].into_iter().flat_map(origins).collect()
        }
        _ => origin(expr).map_or_else(Vec::new, origins),
    }
}

/// The value of a label in every sample that has it, because a matcher requires it; `None` if samples may differ.
pub fn fixed<'e>(expr: &'e Expr, label: &str) -> Option<&'e str> {
    match &expr.kind {
        Kind::Selector(selector) | Kind::Range { selector, .. } => {
            selector.equal(label).map(|index| selector.matchers[index].value.as_str())
        }
        Kind::Binary(binary) if binary.op == Op::Or => of_samples(expr, label).flatten(),
        Kind::Binary(binary) => {
            let included = |matching: &super::ast::Matching| {
                let mut include = matching.group.iter().flat_map(|group| &group.include);
                include.any(|included| included == label)
            };
            match binary.matching.as_ref().is_some_and(included) {
                true => None,
                false => fixed(origin(expr)?, label),
            }
        }
        Kind::Call { function, args } if ["absent", "absent_over_time"].contains(&function.as_str()) => {
            absent::kept(args.first()?).get(label).copied()
        }
        Kind::Call { function, args } if ["label_replace", "label_join"].contains(&function.as_str()) => {
            let made = args.get(1).map(|made| &made.kind);
            match matches!(made, Some(Kind::String(made)) if made == label) {
                true => None,
                false => fixed(origin(expr)?, label),
            }
        }
        Kind::Aggregate { param: Some(param), .. } if matches!(&param.kind, Kind::String(made) if made == label) => {
            None
        }
        _ => fixed(origin(expr)?, label),
    }
}

/// The same for the samples of an expression; `None` if none of them has the label. It reads each part of a long `or` once.
fn of_samples<'e>(expr: &'e Expr, label: &str) -> Option<Option<&'e str>> {
    match &expr.kind {
        Kind::Binary(binary) if binary.op == Op::Or => {
            match (of_samples(&binary.left, label), of_samples(&binary.right, label)) {
                (Some(left), Some(right)) => Some(left.filter(|_| left == right)),
                (one, None) | (None, one) => one,
            }
        }
        _ => ResultLabels::of(expr).may_have(label).then(|| fixed(expr, label)),
    }
}

/// The part of an expression that gives the result its labels; `None` if there is none, or if both sides of `or` do.
fn origin(expr: &Expr) -> Option<&Expr> {
    let is = |side: &Expr, kind| answers(side) == Some(kind);
    let is_vector = |side: &Expr| is(side, Type::Vector);
    match &expr.kind {
        Kind::Paren(inner)
        | Kind::Subquery { expr: inner, .. }
        | Kind::Unary { expr: inner, .. }
        | Kind::Aggregate { expr: inner, .. } => Some(inner),
        Kind::Call { function, args } => match function.as_str() {
            "vector" | "scalar" | "time" => None,
            // It copies labels only from a selector.
            "absent" | "absent_over_time" => {
                args.first().filter(|arg| matches!(&arg.kind, Kind::Selector(_) | Kind::Range { .. }))
            }
            _ => args.iter().find(|arg| is_vector(arg) || is(arg, Type::Matrix)),
        },
        Kind::Binary(binary) => {
            let group = binary.matching.as_ref().and_then(|matching| matching.group.as_ref());
            match (is_vector(&binary.left), is_vector(&binary.right)) {
                (false, _) => Some(&binary.right),
                (true, true) if group.is_some_and(|group| !group.left) => Some(&binary.right),
                (true, _) => Some(&binary.left),
            }
            .filter(|_| binary.op != Op::Or)
        }
        Kind::Number(_) | Kind::String(_) | Kind::Selector(_) | Kind::Range { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    #[test]
    fn labels_are_fixed_if_every_sample_has_the_value_of_a_matcher() {
        for (query, value, from) in [
            ("up{job=\"a\"} == 0", Some("a"), "up"),
            ("0 == up{job=\"a\"}", Some("a"), "up"),
            ("up == 0", None, "up"),
            ("up{job=~\"a\"} == 0", None, "up"),
            ("up{job=\"a\"} == 0 or up{job=\"b\"} == 0", None, "up up"),
            ("up{job=\"a\"} == 0 or absent(up{job=\"a\"})", Some("a"), "up up"),
            ("up{job=\"a\"} == 0 or absent(up{job=\"b\"})", None, "up up"),
            ("up{job=\"a\"} == 0 or absent(up{job=\"b\"} == 1)", Some("a"), "up"),
            ("up{job=\"a\"} == 0 and on (instance) size{job=\"b\"}", Some("a"), "up"),
            ("size unless on (instance) up{job=\"a\"}", None, "size"),
            ("sum by (job) (rate(x_total{job=\"a\"}[5m])) > 1", Some("a"), "x_total"),
            ("x{job=\"a\"} * on (instance) group_right y{job=\"b\"}", Some("b"), "y"),
            ("x{job=\"a\"} * on (instance) group_left (job) y{job=\"b\"}", None, "x"),
            ("label_replace(x{job=\"a\"}, \"job\", \"$1\", \"b\", \"(.*)\")", None, "x"),
            ("label_replace(x{job=\"a\"}, \"b\", \"$1\", \"c\", \"(.*)\")", Some("a"), "x"),
            ("count_values(\"job\", x{job=\"a\"})", None, "x"),
            ("histogram_quantile(0.9, rate(x{job=\"a\"}[5m])) > 2", Some("a"), "x"),
            ("vector(1)", None, ""),
        ] {
            let expr = parse(query).unwrap_or_else(|fault| panic!("{query}: {fault:?}"));
            let names: Vec<&str> =
                origins(&expr).into_iter().filter_map(|selector| selector.name.as_deref()).collect();
            assert_eq!((fixed(&expr, "job"), names.join(" ").as_str()), (value, from), "{query}");
        }
    }
}
