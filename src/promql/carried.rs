//! Which labels an expression's result may have.

use std::collections::BTreeSet;

use super::absent;
use super::ast::{Expr, Grouping, Kind, Matching, Op};
use super::types::{Type, answers};

/// Labels of a vector's samples, without the metric's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultLabels {
    /// Only these labels.
    Among(BTreeSet<String>),
    /// All labels of the series, without these.
    AllBut(BTreeSet<String>),
}

impl ResultLabels {
    /// The labels of the result of `expr`; none if it is a number.
    pub fn of(expr: &Expr) -> Self {
        match &expr.kind {
            Kind::Number(_) | Kind::String(_) => Self::nothing(),
            Kind::Selector(_) | Kind::Range { .. } => Self::AllBut(BTreeSet::new()),
            Kind::Paren(inner) | Kind::Subquery { expr: inner, .. } | Kind::Unary { expr: inner, .. } => {
                Self::of(inner)
            }
            Kind::Aggregate { op, param, expr: inner, grouping } => {
                // `count_values` writes the counted values into a label of its own, which `without` can remove.
                let made = param.as_deref().and_then(text);
                match (op.as_str(), Self::of(inner), grouping) {
                    ("topk" | "bottomk" | "limitk" | "limit_ratio", inner, _) => inner,
                    (_, inner, Some(grouping)) if grouping.without => inner.with(made).grouped(grouping),
                    (_, inner, Some(grouping)) => inner.grouped(grouping).with(made),
                    (_, _, None) => Self::nothing().with(made),
                }
            }
            Kind::Call { function, args } => call(function, args),
            Kind::Binary(binary) => {
                let is_vector = |side: &Expr| answers(side) == Some(Type::Vector);
                let (left, right) = (Self::of(&binary.left), Self::of(&binary.right));
                match (is_vector(&binary.left), is_vector(&binary.right), binary.op) {
                    (false, _, _) => right,
                    (true, false, _) => left,
                    (true, true, Op::Or) => left.or(right),
                    (true, true, Op::And | Op::Unless) => left,
                    (true, true, _) => binary
                        .matching
                        .iter()
                        .fold(left.clone(), |_, matching| joined(matching, left.clone(), right.clone())),
                }
            }
        }
    }

    /// Whether a sample may have a label.
    pub fn may_have(&self, label: &str) -> bool {
        match self {
            Self::Among(labels) => labels.contains(label),
            Self::AllBut(labels) => !labels.contains(label),
        }
    }

    fn nothing() -> Self {
        Self::Among(BTreeSet::new())
    }

    fn grouped(self, grouping: &Grouping) -> Self {
        let labels = grouping.labels.iter().cloned();
        match (grouping.without, self) {
            (true, inner) => inner.without(labels),
            (false, inner) => Self::Among(labels.filter(|label| inner.may_have(label)).collect()),
        }
    }

    fn without(self, dropped: impl IntoIterator<Item = String>) -> Self {
        let dropped: BTreeSet<String> = dropped.into_iter().collect();
        match self {
            Self::Among(labels) => Self::Among(&labels - &dropped),
            Self::AllBut(labels) => Self::AllBut(&labels | &dropped),
        }
    }

    fn with(self, added: impl IntoIterator<Item = String>) -> Self {
        let added: BTreeSet<String> = added.into_iter().collect();
        match self {
            Self::Among(labels) => Self::Among(&labels | &added),
            Self::AllBut(labels) => Self::AllBut(&labels - &added),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Among(one), other) => other.with(one),
            (one, Self::Among(other)) => one.with(other),
            (Self::AllBut(one), Self::AllBut(other)) => Self::AllBut(&one & &other),
        }
    }
}

fn joined(matching: &Matching, left: ResultLabels, right: ResultLabels) -> ResultLabels {
    match &matching.group {
        Some(group) => (if group.left { left } else { right }).with(group.include.iter().cloned()),
        None => left.grouped(&Grouping { without: !matching.on, labels: matching.labels.clone() }),
    }
}

fn call(function: &str, args: &[Expr]) -> ResultLabels {
    let vector = || args.iter().find(|arg| matches!(answers(arg), Some(Type::Vector | Type::Matrix)));
    let inner = || vector().map_or_else(ResultLabels::nothing, ResultLabels::of);
    match function {
        "vector" | "scalar" | "time" => ResultLabels::nothing(),
        "absent" | "absent_over_time" => ResultLabels::Among(
            args.first().into_iter().flat_map(absent::kept).map(|(label, _)| label.to_owned()).collect(),
        ),
        "histogram_quantile" => inner().without(["le".to_owned()]),
        "label_replace" | "label_join" => inner().with(args.get(1).and_then(text)),
        _ => inner(),
    }
}

/// The label name in a string.
fn text(expr: &Expr) -> Option<String> {
    match &expr.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Paren(inner) => text(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    #[test]
    fn labels_are_kept_as_in_prometheus() {
        let among = |labels: &[&str]| ResultLabels::Among(labels.iter().map(ToString::to_string).collect());
        let all_but =
            |labels: &[&str]| ResultLabels::AllBut(labels.iter().map(ToString::to_string).collect());
        for (query, carried) in [
            ("up == 0", all_but(&[])),
            ("0 == up", all_but(&[])),
            ("absent(up{job=\"api\",env=~\"p.*\"})", among(&["job"])),
            ("absent(up{job=\"api\"} == 1)", among(&[])),
            ("sum by (a, b) (rate(x[5m])) > 1", among(&["a", "b"])),
            ("sum(x) / sum(y)", among(&[])),
            ("sum without (a) (x)", all_but(&["a"])),
            ("histogram_quantile(0.9, sum by (le, a) (rate(x[5m])))", among(&["a"])),
            ("histogram_quantile(0.9, rate(x[5m]))", all_but(&["le"])),
            ("x / on (a) y > 1", among(&["a"])),
            ("x / ignoring (a) y", all_but(&["a"])),
            ("x * on (a) group_left (b) y", all_but(&[])),
            ("sum by (a) (x) or sum by (b) (y)", among(&["a", "b"])),
            ("sum by (a) (x) and y", among(&["a"])),
            ("topk(3, x)", all_but(&[])),
            ("count_values(\"version\", x)", among(&["version"])),
            ("count_values by (job) (\"version\", x) > 1", among(&["job", "version"])),
            ("count_values without (a) (\"a\", x)", all_but(&["a"])),
            ("count_values without (a) (\"version\", sum by (a, b) (x))", among(&["b", "version"])),
            ("quantile by (job) (0.9, x)", among(&["job"])),
        ] {
            let expr = parse(query).unwrap_or_else(|fault| panic!("{query}: {fault:?}"));
            assert_eq!(ResultLabels::of(&expr), carried, "{query}");
        }
    }
}
