//! Evaluates a query for given series, one per selector: only enough PromQL to find values that make a condition true or false.
//!
//! **Invariant:** it returns `None` if it cannot evaluate the query exactly. promtool checks the result in the proofs.

use super::values::LONGEST;
use crate::contract::bound;
use crate::promql::ast::{Expr, Kind, Op, Selector, Time};
use crate::vocabulary::{Decimal, Duration};

/// The behaviour of one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// A constant value.
    Stands(Decimal),
    /// A counter that increases by this much per second.
    Grows(Decimal),
    /// A time that is always so many seconds ago.
    Ages(Decimal),
}

/// The series that a query reads.
#[derive(Clone, Debug)]
pub(super) struct SeriesInput {
    /// Each selector with the behaviour of its series.
    pub signals: Vec<(Selector, Signal)>,
    /// The number of series per selector; more than one only inside an aggregation.
    pub copies: u32,
}

/// Whether an expression has an aggregation.
fn is_aggregated(expr: &Expr) -> bool {
    matches!(expr.kind, Kind::Aggregate { .. }) || expr.children().into_iter().any(is_aggregated)
}

/// The value of `time()`, chosen arbitrarily.
pub(super) const NOW: i64 = 1_000_000;

/// Binary floating point distinguishes all decimals of fifteen digits. The sums in the proofs stay exact, too.
const TOLD_APART: u128 = 10u128.pow(15);

/// A number, if it has few enough digits for a proof.
pub(super) fn playable(number: Decimal) -> Option<Decimal> {
    let number = number.normalize();
    (number.mantissa().unsigned_abs() <= TOLD_APART).then_some(number)
}

/// The number in a query's text, if it has few enough digits for a proof.
pub(super) fn number(text: &str) -> Option<Decimal> {
    bound(text).and_then(playable)
}

/// The seconds of a range, if it is not longer than a proof.
pub(super) fn seconds(range: Duration) -> Option<Decimal> {
    (range <= LONGEST).then(|| Decimal::new(range.millis() as i64, 3))
}

/// The value of `expr`; `None` if it has none, or cannot be evaluated here.
pub(super) fn value(expr: &Expr, seen: &SeriesInput) -> Option<Decimal> {
    let signals = &seen.signals;
    let signal =
        |selector: &Selector| signals.iter().find(|(known, _)| known == selector).map(|(_, signal)| *signal);
    match &expr.kind {
        Kind::Number(text) => number(text),
        Kind::Paren(inner) => value(inner, seen),
        Kind::Unary { negative, expr } => {
            value(expr, seen).map(|operand| if *negative { -operand } else { operand })
        }
        Kind::Selector(selector) => match signal(selector)? {
            Signal::Stands(level) => Some(level),
            Signal::Ages(age) => Decimal::from(NOW).checked_sub(age),
            Signal::Grows(_) => None,
        },
        Kind::Aggregate { op, expr, .. } => {
            let inner = value(expr, seen)?;
            // After one aggregation there is one sample, however many series there were.
            let samples = if is_aggregated(expr) { Decimal::ONE } else { Decimal::from(seen.copies) };
            match op.as_str() {
                "sum" => inner.checked_mul(samples),
                "avg" | "min" | "max" => Some(inner),
                "count" => Some(samples),
                "group" => Some(Decimal::ONE),
                _ => None,
            }
        }
        Kind::Call { function, args } => call(function, args, seen),
        Kind::Binary(binary) => {
            let left = value(&binary.left, seen);
            let right = value(&binary.right, seen);
            match binary.op {
                Op::Or => left.or(right),
                Op::And => left.filter(|_| right.is_some()),
                Op::Unless => left.filter(|_| right.is_none()),
                op => arithmetic(op, binary.bool, left?, right?),
            }
        }
        Kind::String(_) | Kind::Range { .. } | Kind::Subquery { .. } => None,
    }
}

fn call(function: &str, args: &[Expr], seen: &SeriesInput) -> Option<Decimal> {
    let signals = &seen.signals;
    let arg = |index: usize| args.get(index).and_then(|arg| value(arg, seen));
    let ranged = || match &args.last()?.kind {
        Kind::Range { selector, range } => {
            let (_, signal) = signals.iter().find(|(known, _)| known == selector)?;
            let seconds = match range {
                Time::Fixed(length) => seconds(*length)?,
                // The window of a ratio can have any length: only proportions matter.
                Time::Placeholder(_) => Decimal::from(60),
                Time::Negative(_) | Time::Ahead(_) | Time::Expr(_) => return None,
            };
            Some((*signal, seconds))
        }
        _ => None,
    };
    match function {
        "time" => Some(Decimal::from(NOW)),
        "vector" | "scalar" => arg(0),
        "abs" | "ceil" | "floor" | "clamp_min" | "clamp_max" | "clamp" => {
            let limits = (1..args.len()).map(arg).collect::<Option<Vec<Decimal>>>()?;
            of_number(function, arg(0)?, &limits)
        }
        _ => ranged().and_then(|(signal, seconds)| of_range(function, signal, seconds)),
    }
}

/// The result of a function of one number and of limits.
pub(super) fn of_number(function: &str, number: Decimal, limits: &[Decimal]) -> Option<Decimal> {
    match (function, limits) {
        ("abs", []) => Some(number.abs()),
        ("ceil", []) => Some(number.ceil()),
        ("floor", []) => Some(number.floor()),
        ("clamp_min", [least]) => Some(number.max(*least)),
        ("clamp_max", [most]) => Some(number.min(*most)),
        // If the limits are in the wrong order, Prometheus returns nothing.
        ("clamp", [least, most]) if least <= most => Some(number.max(*least).min(*most)),
        _ => None,
    }
}

/// The result of a function of a range, over which the series behaves the same. The length is in seconds.
pub(super) fn of_range(function: &str, signal: Signal, seconds: Decimal) -> Option<Decimal> {
    match (function, signal) {
        ("rate" | "irate" | "deriv", Signal::Grows(rate)) => Some(rate),
        ("increase" | "delta", Signal::Grows(rate)) => rate.checked_mul(seconds),
        ("rate" | "irate" | "deriv" | "increase" | "delta", Signal::Stands(_)) => Some(Decimal::ZERO),
        (
            "avg_over_time" | "min_over_time" | "max_over_time" | "last_over_time" | "quantile_over_time",
            Signal::Stands(level),
        ) => Some(level),
        _ => None,
    }
}

fn arithmetic(op: Op, as_bool: bool, left: Decimal, right: Decimal) -> Option<Decimal> {
    match op {
        Op::Add => left.checked_add(right),
        Op::Sub => left.checked_sub(right),
        Op::Mul => left.checked_mul(right),
        Op::Div => left.checked_div(right),
        Op::Mod => left.checked_rem(right),
        _ => {
            let holds = compare(op, left, right)?;
            match (as_bool, holds) {
                (true, holds) => Some(Decimal::from(u8::from(holds))),
                (false, true) => Some(left),
                (false, false) => None,
            }
        }
    }
}

/// Whether a comparison holds; `None` for any other operator.
pub(super) fn compare(op: Op, left: Decimal, right: Decimal) -> Option<bool> {
    match op {
        Op::Eq => Some(left == right),
        Op::Ne => Some(left != right),
        Op::Lt => Some(left < right),
        Op::Le => Some(left <= right),
        Op::Gt => Some(left > right),
        Op::Ge => Some(left >= right),
        _ => None,
    }
}
