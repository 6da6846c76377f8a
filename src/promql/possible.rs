//! The numbers that an expression can have, whatever its series contain: a comparison may be true for all of them, or for none.
//!
//! NaN is not among them: no comparison but `!=` is true for it.

use super::ast::{Binary, Expr, Kind, MatchOp, Op, Selector};
use super::literals::number;
use super::types::{Type, answers};
use super::without_parens;
use crate::vocabulary::Decimal;
use Edge::{At, Least, Most};

/// Whether a query can never have a result.
pub fn never(expr: &Expr) -> bool {
    let found = possible(expr);
    found.kept.0.is_empty() && !found.nan
}

/// Whether a query has a result whenever its series exist, although it compares them.
pub fn always(expr: &Expr) -> bool {
    let found = possible(expr);
    found.certain && found.kept == found.all && !found.kept.0.is_empty()
}

/// The result of a comparison, if it is the same for all values.
pub fn outcome(expr: &Expr) -> Option<bool> {
    let Kind::Binary(binary) = &expr.kind else { return None };
    let (left, right) = (possible(&binary.left), possible(&binary.right));
    let has_nan = left.nan || right.nan;
    if !binary.op.is_comparison() || left.kept.0.is_empty() || right.kept.0.is_empty() {
        None
    } else if is_same(binary) && matches!(binary.op, Op::Lt | Op::Gt) || !meets(binary.op, &left, &right) {
        (binary.op != Op::Ne || !has_nan).then_some(false)
    } else {
        let known = !left.is_infinite() && !right.is_infinite();
        (known && !meets(binary.op.opposite(), &left, &right)).then_some(true)
    }
}

/// The end of an interval. The second number is 0 if the end belongs to it, -1 or 1 if only all numbers below or above do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Least,
    At(Decimal, i8),
    Most,
}

impl Edge {
    fn negative(self) -> Self {
        match self {
            Least => Most,
            At(number, side) => At(-number, -side),
            Most => Least,
        }
    }

    /// The sum of two ends; `otherwise` if it is not finite.
    fn plus(self, other: Self, otherwise: Self) -> Self {
        match (self, other) {
            (At(one, _), At(other, _)) => one.checked_add(other).map_or(otherwise, |sum| At(sum, 0)),
            _ => otherwise,
        }
    }

    fn times(self, factor: Decimal, otherwise: Self) -> Self {
        match self {
            At(number, _) => number.checked_mul(factor).map_or(otherwise, |product| At(product, 0)),
            Least | Most => otherwise,
        }
    }
}

const ZERO: Edge = At(Decimal::ZERO, 0);
const ONE: Edge = At(Decimal::ONE, 0);

/// Intervals in order that do not overlap.
#[derive(Clone, PartialEq, Eq)]
struct Numbers(Vec<(Edge, Edge)>);

impl Numbers {
    fn between(low: Edge, high: Edge) -> Self {
        Self(if low <= high { vec![(low, high)] } else { Vec::new() })
    }

    fn one(number: Decimal) -> Self {
        Self::between(At(number, 0), At(number, 0))
    }

    fn and(&self, other: &Self) -> Self {
        let pairs = self.0.iter().flat_map(|one| other.0.iter().map(move |other| (one, other)));
        let common = pairs.map(|(one, other)| (one.0.max(other.0), one.1.min(other.1)));
        Self(common.filter(|(low, high)| low <= high).collect())
    }

    fn not(&self) -> Self {
        let (mut rest, mut low) = (Vec::new(), Some(Least));
        for (begins, ends) in &self.0 {
            let before = match begins {
                Least => None,
                At(number, side) => Some(At(*number, side - 1)),
                Most => Some(Most),
            };
            rest.extend(low.zip(before));
            low = match ends {
                Least => Some(Least),
                At(number, side) => Some(At(*number, side + 1)),
                Most => None,
            };
        }
        rest.extend(low.map(|low| (low, Most)));
        Self(rest)
    }

    fn or(&self, other: &Self) -> Self {
        self.not().and(&other.not()).not()
    }

    fn low(&self) -> Edge {
        self.0.first().map_or(Least, |first| first.0)
    }

    fn high(&self) -> Edge {
        self.0.last().map_or(Most, |last| last.1)
    }

    fn hull(&self) -> Self {
        Self(self.0.first().zip(self.0.last()).map(|(first, last)| (first.0, last.1)).into_iter().collect())
    }

    fn only(&self) -> Option<Edge> {
        match &self.0[..] {
            [(low, high)] if low == high => Some(*low),
            _ => None,
        }
    }
}

/// What is known about the result of an expression.
struct Possible<'a> {
    /// What comparisons compare.
    of: &'a Expr,
    /// The numbers that it can have.
    all: Numbers,
    /// The numbers that comparisons keep.
    kept: Numbers,
    /// Whether it can be NaN.
    nan: bool,
    /// Whether there is a result whenever the series exist and no comparison drops it, and `kept` has no number too much.
    certain: bool,
}

impl<'a> Possible<'a> {
    fn new(of: &'a Expr, all: Numbers, nan: bool, certain: bool) -> Self {
        Self { of, kept: all.clone(), all, nan, certain }
    }

    fn between(of: &'a Expr, low: Edge, high: Edge, nan: bool, certain: bool) -> Self {
        Self::new(of, Numbers::between(low, high), nan, certain)
    }

    fn is_infinite(&self) -> bool {
        matches!(self.kept.only(), Some(Least | Most))
    }

    /// Whether no series that exists is dropped.
    fn keeps(&self) -> bool {
        self.certain && self.kept == self.all
    }
}

/// Whether a comparison can be true.
fn meets(op: Op, left: &Possible, right: &Possible) -> bool {
    let (left, right) = (&left.kept, &right.kept);
    match op {
        Op::Lt => left.low() < right.high(),
        Op::Le => left.low() <= right.high(),
        Op::Gt => left.high() > right.low(),
        Op::Ge => left.high() >= right.low(),
        Op::Eq => !left.and(right).0.is_empty(),
        _ => left.only().is_none() || left.only() != right.only(),
    }
}

/// Whether both sides are the same series.
fn is_same(binary: &Binary) -> bool {
    binary.matching.is_none() && binary.left == binary.right && answers(&binary.left) == Some(Type::Vector)
}

fn possible(expr: &Expr) -> Possible<'_> {
    match &expr.kind {
        Kind::Number(text) => {
            let all = match text.to_lowercase().as_str() {
                "nan" => return Possible::new(expr, Numbers(Vec::new()), true, true),
                "inf" => Numbers::between(Most, Most),
                _ => number(expr).map_or(Numbers::between(Least, Most), Numbers::one),
            };
            Possible::new(expr, all, false, true)
        }
        Kind::String(_) => Possible::between(expr, Least, Most, true, false),
        Kind::Selector(selector) | Kind::Range { selector, .. } => of_selector(expr, selector),
        Kind::Paren(inner) | Kind::Subquery { expr: inner, .. } => possible(inner),
        Kind::Unary { negative: false, expr: inner } => possible(inner),
        Kind::Unary { expr: inner, .. } => {
            let inner = possible(inner);
            let negative = |(low, high): &(Edge, Edge)| (high.negative(), low.negative());
            let all = Numbers(inner.kept.0.iter().rev().map(negative).collect());
            Possible::new(expr, all, inner.nan, inner.keeps())
        }
        Kind::Call { function, args } => of_call(expr, function, args),
        Kind::Aggregate { op, param, expr: inner, .. } => of_aggregate(expr, op, param.as_deref(), inner),
        Kind::Binary(binary) if binary.op.is_comparison() => of_comparison(expr, binary),
        Kind::Binary(binary) if binary.op.is_set() => of_sets(expr, binary),
        Kind::Binary(binary) => of_arithmetic(expr, binary),
    }
}

fn of_selector<'a>(expr: &'a Expr, selector: &Selector) -> Possible<'a> {
    let exact = || selector.matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal);
    let other = |(index, one): (usize, &super::ast::Matcher)| {
        exact().skip(index + 1).any(|other| one.label == other.label && one.value != other.value)
    };
    if exact().enumerate().any(other) {
        return Possible::new(expr, Numbers(Vec::new()), false, true);
    }
    match selector.name.as_deref().unwrap_or_default() {
        "up" | "probe_success" => Possible::new(expr, Numbers(vec![(ZERO, ZERO), (ONE, ONE)]), false, true),
        "ALERTS" => Possible::between(expr, ONE, ONE, false, false),
        name if ["_total", "_count", "_bucket"].iter().any(|end| name.ends_with(end)) => {
            Possible::between(expr, ZERO, Most, true, true)
        }
        _ => Possible::between(expr, Least, Most, true, true),
    }
}

fn of_call<'a>(expr: &'a Expr, function: &str, args: &'a [Expr]) -> Possible<'a> {
    let vector = args.iter().find(|arg| answers(arg) != Some(Type::Scalar));
    let found = vector.or(args.first()).map(possible);
    let (nan, keeps) = found.as_ref().map_or((false, true), |found| (found.nan, found.keeps()));
    let kept = found.as_ref().map_or(Numbers::between(Least, Most), |found| found.kept.clone());
    if kept.0.is_empty() && !nan && !function.starts_with("absent") && function != "scalar" {
        return Possible::new(expr, kept, false, keeps);
    }
    let whole = |number: i64| At(Decimal::from(number), 0);
    let between = |low, high| Possible::between(expr, low, high, nan, keeps);
    let limit = |index: usize| args.get(index).and_then(number);
    match function {
        // There is a result while there are no series.
        "absent" | "absent_over_time" => Possible::between(expr, ONE, ONE, false, false),
        "vector" => between(kept.low(), kept.high()),
        "label_replace" | "label_join" | "sort" | "sort_desc" | "last_over_time" => {
            Possible::new(expr, kept, nan, keeps)
        }
        "scalar" => Possible::new(expr, kept.hull(), true, true),
        "abs" | "sqrt" | "exp" | "stddev_over_time" | "stdvar_over_time" => between(ZERO, Most),
        "time" | "timestamp" => Possible::between(expr, ZERO, Most, false, keeps),
        "changes" | "resets" => Possible::between(expr, ZERO, Most, false, keeps),
        "rate" | "irate" | "increase" if kept.low() >= ZERO => {
            Possible::between(expr, ZERO, Most, false, keeps)
        }
        // That a series exists may be what an alert is about.
        "count_over_time" => Possible::between(expr, ONE, Most, false, false),
        "present_over_time" => Possible::between(expr, ONE, ONE, false, false),
        "avg_over_time" | "min_over_time" | "max_over_time" => between(kept.low(), kept.high()),
        "sgn" => between(whole(-1), ONE),
        "hour" => between(ZERO, whole(23)),
        "minute" => between(ZERO, whole(59)),
        "day_of_week" => between(ZERO, whole(6)),
        "day_of_month" => between(ONE, whole(31)),
        "day_of_year" => between(ONE, whole(366)),
        "days_in_month" => between(whole(28), whole(31)),
        "month" => between(ONE, whole(12)),
        "clamp_max" | "clamp_min" | "clamp" => {
            let edge = |number: Option<Decimal>| number.map(|number| At(number, 0));
            let (low, high) = match function {
                "clamp_max" => (None, edge(limit(1))),
                "clamp_min" => (edge(limit(1)), None),
                _ => (edge(limit(1)), edge(limit(2))),
            };
            let within = |edge: Edge| edge.max(low.unwrap_or(Least)).min(high.unwrap_or(Most));
            match low.zip(high) {
                Some((low, high)) if low > high => Possible::new(expr, Numbers(Vec::new()), false, keeps),
                _ => between(within(kept.low()), within(kept.high())),
            }
        }
        _ => Possible::between(expr, Least, Most, true, keeps),
    }
}

fn of_aggregate<'a>(expr: &'a Expr, op: &str, param: Option<&Expr>, inner: &'a Expr) -> Possible<'a> {
    let found = possible(inner);
    let (low, high, nan, keeps) = (found.kept.low(), found.kept.high(), found.nan, found.keeps());
    if found.kept.0.is_empty() && !nan {
        return Possible::new(expr, found.kept, false, keeps);
    }
    let quantile = || param.and_then(number).is_some_and(|at| at >= Decimal::ZERO && at <= Decimal::ONE);
    match op {
        "sum" => {
            let least = if low >= ZERO { low } else { Least };
            let most = if high <= ZERO { high } else { Most };
            Possible::between(expr, least, most, nan || low == Least && high == Most, keeps)
        }
        "avg" | "min" | "max" => Possible::between(expr, low, high, nan, keeps),
        "quantile" if quantile() => Possible::between(expr, low, high, nan, keeps),
        "topk" | "bottomk" | "limitk" | "limit_ratio" => Possible::new(expr, found.kept, nan, false),
        "count" | "count_values" => Possible::between(expr, ONE, Most, false, false),
        "group" => Possible::between(expr, ONE, ONE, false, false),
        "stddev" | "stdvar" => Possible::between(expr, ZERO, Most, nan, keeps),
        _ => Possible::between(expr, Least, Most, true, keeps),
    }
}

fn of_comparison<'a>(expr: &'a Expr, binary: &'a Binary) -> Possible<'a> {
    let sides = [&binary.left, &binary.right].map(|side| answers(side) == Some(Type::Vector));
    let (left, right) = (possible(&binary.left), possible(&binary.right));
    if binary.bool {
        let all = match outcome(expr) {
            Some(true) => vec![(ONE, ONE)],
            Some(false) => vec![(ZERO, ZERO)],
            None => vec![(ZERO, ZERO), (ONE, ONE)],
        };
        return Possible::new(expr, Numbers(all), false, left.keeps() && right.keeps() && sides != [true; 2]);
    }
    let truth = outcome(expr);
    // The result has the values of the left side, or of the only one with series.
    let (found, limit, op) = match sides {
        [false, true] => (right, left, mirrored(binary.op)),
        _ => (left, right, binary.op),
    };
    let matched = sides == [true; 2];
    let kept = match (truth, limit.kept.only()) {
        (Some(false), _) => return Possible { kept: Numbers(Vec::new()), nan: false, ..found },
        // Only `!=` is true.
        _ if limit.kept.0.is_empty() && limit.nan && !matched => {
            let kept = if op == Op::Ne { found.kept } else { Numbers(Vec::new()) };
            return Possible { nan: op == Op::Ne && found.nan, kept, ..found };
        }
        (None, Some(At(limit, _))) if !matched => found.kept.and(&passing(op, limit)),
        _ => found.kept,
    };
    let known = truth.is_some() || matches!(limit.kept.only(), Some(At(..)));
    let certain = found.certain && limit.keeps() && known && !matched;
    Possible { kept, nan: op == Op::Ne && found.nan, certain, ..found }
}

/// The same comparison with its sides exchanged.
const fn mirrored(op: Op) -> Op {
    match op {
        Op::Lt => Op::Gt,
        Op::Gt => Op::Lt,
        Op::Le => Op::Ge,
        Op::Ge => Op::Le,
        other => other,
    }
}

/// The numbers for which a comparison with a limit is true.
fn passing(op: Op, limit: Decimal) -> Numbers {
    match op {
        Op::Lt => Numbers::between(Least, At(limit, -1)),
        Op::Le => Numbers::between(Least, At(limit, 0)),
        Op::Gt => Numbers::between(At(limit, 1), Most),
        Op::Ge => Numbers::between(At(limit, 0), Most),
        Op::Eq => Numbers::one(limit),
        _ => Numbers::one(limit).not(),
    }
}

fn of_sets<'a>(expr: &'a Expr, binary: &'a Binary) -> Possible<'a> {
    let (left, right) = (possible(&binary.left), possible(&binary.right));
    let (no_left, no_right) = (left.kept.0.is_empty() && !left.nan, right.kept.0.is_empty() && !right.nan);
    let same = binary.matching.is_none() && are_equal(left.of, right.of);
    let nothing = || Possible::new(expr, Numbers(Vec::new()), false, false);
    match binary.op {
        Op::And if no_left || no_right => nothing(),
        Op::And if same => Possible {
            kept: left.kept.and(&right.kept),
            nan: left.nan && right.nan,
            certain: left.certain && right.certain,
            ..left
        },
        Op::Unless if no_left => nothing(),
        Op::Unless if no_right => left,
        // NaN passes only `!=`.
        Op::Unless if same && right.certain => Possible {
            kept: left.kept.and(&right.kept.not()),
            nan: left.nan && !right.nan,
            certain: left.certain,
            ..left
        },
        Op::Or if no_left => right,
        Op::Or if no_right => left,
        Op::Or if same => Possible {
            kept: left.kept.or(&right.kept),
            nan: left.nan || right.nan,
            certain: left.certain && right.certain,
            ..left
        },
        Op::Or => {
            let certain = left.keeps() || right.keeps();
            Possible::new(expr, left.kept.or(&right.kept), left.nan || right.nan, certain)
        }
        _ => Possible { certain: false, ..left },
    }
}

/// Whether two expressions differ only in parentheses. Most pairs differ at their top already, so long chains are not copied for each operator.
fn are_equal(left: &Expr, right: &Expr) -> bool {
    fn inner(mut expr: &Expr) -> &Expr {
        while let Kind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }
    let (left, right) = (inner(left), inner(right));
    let may_be = match (&left.kind, &right.kind) {
        (Kind::Binary(one), Kind::Binary(other)) => one.op == other.op,
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    };
    may_be && without_parens(left) == without_parens(right)
}

fn of_arithmetic<'a>(expr: &'a Expr, binary: &'a Binary) -> Possible<'a> {
    let (left, right) = (possible(&binary.left), possible(&binary.right));
    let matched = [&binary.left, &binary.right].iter().all(|side| answers(side) == Some(Type::Vector));
    let keeps = left.keeps() && right.keeps() && !matched;
    let nothing = |one: &Possible| one.kept.0.is_empty() && !one.nan;
    let filled = binary.matching.as_ref().is_some_and(|matching| matching.fill.is_some());
    if !filled && (nothing(&left) || nothing(&right)) {
        return Possible::new(expr, Numbers(Vec::new()), false, keeps);
    }
    let [(low, high), (other_low, other_high)] = [&left, &right].map(|one| (one.kept.low(), one.kept.high()));
    let finite = [low, high, other_low, other_high].iter().all(|edge| matches!(edge, At(..)));
    let nan = left.nan || right.nan || !finite;
    let between = |low, high| Possible::between(expr, low, high, nan, keeps);
    let scaled = |low: Edge, high: Edge, factor: Decimal| match factor {
        factor if factor.is_zero() => between(ZERO, ZERO),
        factor if factor > Decimal::ZERO => between(low.times(factor, Least), high.times(factor, Most)),
        factor => between(high.times(factor, Least), low.times(factor, Most)),
    };
    let positive = low >= ZERO && other_low >= ZERO && !filled;
    match (binary.op, left.kept.only(), right.kept.only()) {
        _ if filled => Possible::between(expr, Least, Most, true, false),
        (Op::Sub, ..) if is_same(binary) => Possible::between(expr, ZERO, ZERO, true, false),
        (Op::Div, ..) if is_same(binary) => Possible::between(expr, ONE, ONE, true, false),
        (Op::Add, ..) => between(low.plus(other_low, Least), high.plus(other_high, Most)),
        (Op::Sub, ..) => {
            between(low.plus(other_high.negative(), Least), high.plus(other_low.negative(), Most))
        }
        (Op::Mul, _, Some(At(factor, _))) => scaled(low, high, factor),
        (Op::Mul, Some(At(factor, _)), _) => scaled(other_low, other_high, factor),
        (Op::Mul | Op::Div, ..) if positive => Possible::between(expr, ZERO, Most, true, keeps),
        (Op::Mod, _, Some(At(by, _))) if !by.is_zero() => {
            let least = if low >= ZERO { ZERO } else { At(-by.abs(), 1) };
            let most = if high <= ZERO { ZERO } else { At(by.abs(), -1) };
            Possible::between(expr, least, most, true, keeps)
        }
        (Op::Pow, _, Some(At(power, _))) if (power % Decimal::TWO).is_zero() => {
            Possible::between(expr, ZERO, Most, true, keeps)
        }
        _ => Possible::between(expr, Least, Most, true, keeps),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{always, never, outcome};

    #[test]
    fn a_comparison_may_be_true_for_no_value() {
        for query in [
            "vector(1) == 2",
            "absent(x) == 0",
            "absent(x) != 1",
            "up < 0",
            "up == 2",
            "max(up) > 1",
            "avg_over_time(up[5m]) > 1",
            "1 - avg(up) < 0",
            "quantile(0.9, up) > 1",
            "x > 5 and x < 3",
            "x == 1 and x == 2",
            "x > 5 unless x > 3",
            "(x > 5) < 3",
            "5 > x > 7",
            "x - x > 0",
            "x > x",
            "count(x) < 1",
            "count by (a) (up == 0) == 0",
            "sum(up == 0) > 0",
            "sum(up == 1) < 1",
            "abs(x) < 0",
            "rate(x_total[5m]) < 0",
            "increase(x_total[5m]) * 2 < 0",
            "hour() > 24",
            "day_of_week() == 7",
            "x > NaN",
            "x > +Inf",
            "clamp(x, 0, 10) > 10",
            "clamp_max(x, 10) * 100 > 1000",
            "x % 5 >= 5",
            "(x > bool 5) > 1",
            "x > bool 5 > 1",
            "up{job=\"a\",job=\"b\"} == 0",
            "x and on () vector(1) > 2",
            "x > 5 and on () (vector(0) == 1)",
            "present_over_time(x[5m]) == 0",
            "absent_over_time(x[5m]) > 1",
            "x > 1 and y and absent(x) > 1",
        ] {
            assert!(never(&crate::promql::parse(query).unwrap()), "{query}");
        }
    }

    #[test]
    fn a_comparison_may_be_true_for_all_values() {
        for query in [
            "vector(1) > 0",
            "up >= 0",
            "up != 3",
            "x < 3 or x >= 3",
            "x < 3 or x > 2",
            "x != 1 or x != 2",
            "abs(x) >= 0",
            "rate(x_total[5m]) >= 0",
            "hour() < 24",
            "(x > bool 5) >= 0",
            "x > 5 or vector(1) > 0",
            "clamp_min(x, 5) >= 5",
            "sum(up) >= 0",
        ] {
            assert!(always(&crate::promql::parse(query).unwrap()), "{query}");
        }
    }

    #[test]
    fn other_comparisons_depend_on_values() {
        for query in [
            "x > 5",
            "x > 3 and x < 5",
            "x < 3 or x > 5",
            "x > 5 unless x > 7",
            "x > 5 and y < 3",
            "x > 5 and on (a) x < 3",
            "x offset 5m > 5 and x < 3",
            "x{a=\"1\"} > 5 and x{a=\"2\"} < 3",
            "x != x",
            "x == x",
            "x >= -Inf",
            "x <= +Inf",
            "x != +Inf",
            "x > 1 unless x == +Inf",
            "absent(x)",
            "absent(x) == 1",
            "count(x) >= 1",
            "present_over_time(x[5m]) == 1",
            "ALERTS{alertname=\"a\"} == 1",
            "up == 0",
            "up < 1",
            "avg(up) < 0.5",
            "sum(up == 0) == 0",
            "count(up == 0) > 0",
            "count(up == 0) / count(up) > 0.5",
            "rate(x_total[5m]) == 0",
            "rate(x[5m]) < 0",
            "delta(x[5m]) < 0",
            "hour() > 22",
            "time() - x > 100",
            "vector(5) > scalar(x)",
            "x > on (a) group_left () y",
            "x / y > 1",
            "1 - up > 0",
            "x > 0x10",
            "5 - x > 3 and 5 - x < 4",
            "x - x != 0",
            "clamp_max(x, 10) > 5",
            "sgn(x) == -1",
            "x % 5 > 4",
            "(x > 1 or y > 1) and x < 0",
            "histogram_quantile(0.9, rate(d_bucket[5m])) > 2",
            "quantile_over_time(0.9, up[5m]) == 0",
            "topk(3, up) == 0",
            "min_over_time((x > 5)[5m:]) < 7",
        ] {
            let expr = crate::promql::parse(query).unwrap();
            assert!(!never(&expr) && !always(&expr), "{query}");
        }
    }

    #[test]
    fn a_condition_is_asked_for_every_series() {
        for (query, result) in [
            ("up == 1", None),
            ("up >= 0", Some(true)),
            ("up > 1", Some(false)),
            ("absent(x) == 1", Some(true)),
            ("count(x) >= 1", Some(true)),
            ("count(up == 0) < 1", Some(false)),
            ("x > 5 > 3", Some(true)),
            ("x > x", Some(false)),
            ("x == x", None),
            ("time() - x < 3600", None),
            ("x < 100", None),
            ("x != NaN", None),
        ] {
            assert_eq!(outcome(&crate::promql::parse(query).unwrap()), result, "{query}");
        }
    }
}
