//! What an expression returns while no series exists: `absent(m)` and `m or vector(0)` have a result also then.

use super::ast::{Expr, Kind, Op};
use super::types::{Type, answers};

/// The result while no series exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WithoutSeries {
    /// No result.
    Nothing,
    /// NaN, as of `scalar(m)`.
    NaN,
    /// Another number.
    Number,
}

impl WithoutSeries {
    /// The result of `expr`. A comparison counts as one that is true: it may also filter the result away.
    pub fn of(expr: &Expr) -> Self {
        match &expr.kind {
            Kind::Number(_) | Kind::String(_) => Self::Number,
            Kind::Selector(_) | Kind::Range { .. } => Self::Nothing,
            Kind::Paren(inner) | Kind::Subquery { expr: inner, .. } | Kind::Unary { expr: inner, .. } => {
                Self::of(inner)
            }
            Kind::Aggregate { expr: inner, .. } => Self::of(inner),
            Kind::Call { function, args } => {
                let inner = args.iter().map(Self::of).fold(Self::Number, Ord::min);
                match function.as_str() {
                    "absent" | "absent_over_time" if inner == Self::Nothing => Self::Number,
                    "absent" | "absent_over_time" => Self::Nothing,
                    "scalar" => inner.max(Self::NaN),
                    _ => inner,
                }
            }
            Kind::Binary(binary) => {
                let (left, right) = (Self::of(&binary.left), Self::of(&binary.right));
                match binary.op {
                    Op::Or if answers(&binary.left) == Some(Type::Vector) => left.max(right),
                    Op::Unless if right > Self::Nothing => Self::Nothing,
                    Op::Unless => left,
                    _ => left.min(right),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::WithoutSeries::{self, NaN, Nothing, Number};

    #[test]
    fn some_expressions_have_a_result_without_series() {
        for (query, result) in [
            ("m", Nothing),
            ("sum by (a) (rate(m[5m])) / 2", Nothing),
            ("absent(m)", Number),
            ("absent(absent(m))", Nothing),
            ("absent_over_time(m[5m]) - 1 or m", Number),
            ("m or vector(0)", Number),
            ("m and vector(1)", Nothing),
            ("vector(1) unless m", Number),
            ("vector(1) unless absent(m)", Nothing),
            ("vector(scalar(m))", NaN),
            ("max_over_time((m or vector(0))[5m:1m])", Number),
            ("count(m) or 0 * absent(m)", Number),
            ("hour()", Number),
            ("time() - m", Nothing),
        ] {
            assert_eq!(WithoutSeries::of(&crate::promql::parse(query).unwrap()), result, "{query}");
        }
    }
}
