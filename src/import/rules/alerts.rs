//! When another tool's alert fires, from its expression: error ratios over windows, compared with thresholds.

use std::collections::BTreeMap;

use super::super::sli::spelled;
use crate::foreign::Tier;
use crate::promql::ast::{Binary, Expr, Kind, Op, Time};
use crate::vocabulary::{Decimal, Duration, quotient};

/// The understood parts of an expression.
#[derive(Debug, Default)]
pub struct AlertCondition {
    pub tiers: Vec<Tier>,
    /// The factors in thresholds that are budgets: 0.001 in `14.4 * 0.001`.
    pub budgets: Vec<Decimal>,
    /// Whether it fires for missing series.
    pub absent: bool,
    /// The parts that are not understood.
    pub unclear: Vec<String>,
}

/// Limit for alternatives of windows.
const ALTERNATIVES: usize = 32;

/// Reads an alert's expression. `windows` knows the windows of recorded series by their names.
pub fn fires(expr: &Expr, windows: &BTreeMap<&str, Duration>) -> AlertCondition {
    let mut fires = AlertCondition::default();
    if asks_for_absence(expr) {
        fires.absent = true;
        return fires;
    }
    let Some(alternatives) = alternatives(expr) else {
        fires.unclear.push(spelled(expr));
        return fires;
    };
    for parts in alternatives {
        let mut limits: Vec<Limit> = Vec::new();
        for part in parts {
            match limit(part, windows) {
                Some(limit) => limits.push(limit),
                None => fires.unclear.push(spelled(part)),
            }
        }
        limits.sort_by_key(|limit| std::cmp::Reverse(limit.window));
        let (Some(long), Some(short)) = (limits.first(), limits.last()) else { continue };
        if limits.len() > 2 || long.threshold != short.threshold {
            let all: Vec<String> = limits
                .iter()
                .map(|limit| format!("above {} over {}", limit.threshold, limit.window))
                .collect();
            fires.unclear.push(all.join(" and "));
            continue;
        }
        fires.budgets.extend(long.budget);
        fires.tiers.push(Tier {
            long: long.window,
            short: short.window,
            threshold: long.threshold,
            burn_rate: long.budget.map(|budget| short_of(quotient(long.threshold, budget))),
        });
    }
    fires
}

/// Removes errors of binary fractions: `0.0009999999999999432` is 0.001.
pub fn short_of(number: Decimal) -> Decimal {
    number.round_sf(9).unwrap_or(number).normalize()
}

fn asks_for_absence(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Call { function, .. } => ["absent", "absent_over_time"].contains(&function.as_str()),
        Kind::Binary(binary) if binary.op.is_comparison() || binary.op.is_set() => {
            asks_for_absence(&binary.left)
        }
        Kind::Aggregate { expr, .. } | Kind::Paren(expr) => asks_for_absence(expr),
        _ => false,
    }
}

/// The operands of `or`, each as the operands of its `and`; `None` if there are too many.
fn alternatives(expr: &Expr) -> Option<Vec<Vec<&Expr>>> {
    match &expr.kind {
        Kind::Binary(binary) if binary.op == Op::Or => {
            let mut all = alternatives(&binary.left)?;
            all.extend(alternatives(&binary.right)?);
            (all.len() <= ALTERNATIVES).then_some(all)
        }
        Kind::Binary(binary) if binary.op == Op::And => {
            let (left, right) = (alternatives(&binary.left)?, alternatives(&binary.right)?);
            if left.len() * right.len() > ALTERNATIVES {
                return None;
            }
            let mut both = Vec::new();
            for one in &left {
                for other in &right {
                    both.push(one.iter().chain(other).copied().collect());
                }
            }
            Some(both)
        }
        // `max(x > 0.1) without (window)`, and the same with several comparisons.
        Kind::Aggregate { expr: inner, param: None, .. } if holds_a_limit(inner) => alternatives(inner),
        Kind::Paren(inner) => alternatives(inner),
        _ => Some(vec![vec![expr]]),
    }
}

fn holds_a_limit(expr: &Expr) -> bool {
    matches!(&expr.kind, Kind::Binary(binary) if binary.op.is_set() || binary.op.is_comparison())
}

/// A comparison of an error ratio with a threshold.
struct Limit {
    window: Duration,
    threshold: Decimal,
    budget: Option<Decimal>,
}

fn limit(expr: &Expr, windows: &BTreeMap<&str, Duration>) -> Option<Limit> {
    let Kind::Binary(binary) = &expr.kind else { return None };
    let (ratio, number) = match binary.op {
        Op::Gt | Op::Ge if !binary.bool => (&binary.left, &binary.right),
        Op::Lt | Op::Le if !binary.bool => (&binary.right, &binary.left),
        _ => return None,
    };
    let mut threshold = constant(number)?;
    let mut budget = budget(number);
    let mut ratio = ratio;
    // `ratio / 0.001 > 14.4`: a burn rate.
    if let Kind::Binary(divided) = &ratio.kind
        && let (Op::Div, Some(by)) = (divided.op, constant(&divided.right))
        && by > Decimal::ZERO
        && by < Decimal::ONE
    {
        (threshold, budget, ratio) = (threshold.checked_mul(by)?, Some(short_of(by)), &divided.left);
    }
    let threshold = short_of(threshold);
    // A ratio cannot be above one: this is a guard against little traffic.
    if threshold <= Decimal::ZERO
        || threshold > Decimal::ONE_HUNDRED
        || (threshold > Decimal::ONE && budget.is_none())
    {
        return None;
    }
    Some(Limit { window: window(ratio, windows)?, threshold, budget })
}

/// The factor of a product that is a budget.
fn budget(expr: &Expr) -> Option<Decimal> {
    let Kind::Binary(binary) = &expr.kind else { return None };
    if binary.op != Op::Mul {
        return None;
    }
    let (left, right) = (constant(&binary.left)?, constant(&binary.right)?);
    let smaller = left.min(right);
    (smaller > Decimal::ZERO && smaller < Decimal::ONE).then(|| short_of(smaller))
}

/// The value of an expression of numbers.
pub fn constant(expr: &Expr) -> Option<Decimal> {
    match &expr.kind {
        Kind::Number(text) => {
            let plain = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
            plain.ok().or_else(|| {
                // Enough digits for any threshold.
                let short: String = text.chars().take(28).collect();
                text.contains('.').then(|| Decimal::from_str_exact(&short).ok()).flatten()
            })
        }
        Kind::Paren(expr) => constant(expr),
        Kind::Unary { negative, expr } => constant(expr).map(|value| if *negative { -value } else { value }),
        Kind::Call { function, args } if function == "vector" => constant(args.first()?),
        Kind::Binary(binary) => {
            let Binary { op, left, right, .. } = &**binary;
            let (left, right) = (constant(left)?, constant(right)?);
            match op {
                Op::Add => left.checked_add(right),
                Op::Sub => left.checked_sub(right),
                Op::Mul => left.checked_mul(right),
                Op::Div if !right.is_zero() => left.checked_div(right),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The window of an expression: that of the recorded series in it, or its ranges. `None` if it has none, or different ones.
pub fn window(expr: &Expr, windows: &BTreeMap<&str, Duration>) -> Option<Duration> {
    let mut found: Vec<Option<Duration>> = Vec::new();
    expr.visit(&mut |part| match &part.kind {
        Kind::Range { range, .. } | Kind::Subquery { range, .. } => found.push(match range {
            Time::Fixed(length) => Some(*length),
            Time::Negative(_) | Time::Placeholder(_) | Time::Ahead(_) | Time::Expr(_) => None,
        }),
        Kind::Selector(selector) => {
            let name = selector.name.as_deref().unwrap_or_default();
            found.push(windows.get(name).copied().or_else(|| named_window(name)));
        }
        _ => {}
    });
    found.sort();
    found.dedup();
    match found[..] {
        [one] => one.filter(|window| window.millis() > 0),
        _ => None,
    }
}

/// The window at the end of a name, as in `slo:sli_error:ratio_rate5m`.
pub fn named_window(name: &str) -> Option<Duration> {
    let bytes = name.as_bytes();
    let starts =
        (1..bytes.len()).filter(|at| bytes[*at].is_ascii_digit() && !bytes[*at - 1].is_ascii_digit());
    // Searched from the left, so that `1h30m` is one window.
    let mut lengths =
        starts.filter_map(|at| name.is_char_boundary(at).then(|| Duration::parse(&name[at..])).flatten());
    lengths.next().filter(|length| length.millis() > 0)
}
