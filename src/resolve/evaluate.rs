//! Evaluates a query for given series: enough PromQL to find series that make an event good or bad, and a companion alert fire or not.
//!
//! **Invariant:** it returns `None` if it cannot evaluate the query exactly. promtool checks the result in the proofs.

use std::collections::BTreeMap;

use super::values::LONGEST;
use crate::contract::bound;
use crate::model::Labels;
use crate::promql::absent;
use crate::promql::ast::{Binary, Expr, Grouping, Kind, Matching, Op, Selector, Time};
use crate::promql::functions::COMPUTED;
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

/// The value of `time()`, chosen arbitrarily.
const NOW: i64 = 1_000_000;

/// Binary floating point distinguishes all decimals of fifteen digits. The sums in the proofs stay exact, too.
const LARGEST_MANTISSA: u128 = 10u128.pow(15);

/// A number, if it has few enough digits for a proof.
pub(super) fn playable(number: Decimal) -> Option<Decimal> {
    let number = number.normalize();
    (number.mantissa().unsigned_abs() <= LARGEST_MANTISSA).then_some(number)
}

/// The number in a query's text, if it has few enough digits for a proof.
pub(super) fn number(text: &str) -> Option<Decimal> {
    bound(text).and_then(playable)
}

/// The seconds of a range, if it is not longer than a proof.
fn seconds(range: Duration) -> Option<Decimal> {
    (range <= LONGEST).then(|| Decimal::new(range.millis() as i64, 3))
}

/// One series, and its behaviour during every range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub name: String,
    pub labels: Labels,
    pub signal: Signal,
}

/// The samples at one instant, without the names of metrics.
pub(super) type Samples = Vec<(Labels, Decimal)>;

#[derive(Debug)]
enum Value {
    Scalar(Decimal),
    Vector(Samples),
}

/// The series at a time.
#[derive(Clone, Copy)]
struct Scene<'s> {
    sources: &'s [Source],
    /// In seconds since 1970.
    now: Decimal,
}

/// The samples of an instant vector; `None` for other types, or if the query cannot be evaluated here.
///
/// Proofs begin in 1970: a result that depends on the date is not known.
pub(super) fn answer(expr: &Expr, sources: &[Source]) -> Option<Samples> {
    let at = |now: i64| vector(expr, Scene { sources, now: Decimal::from(now) });
    let samples = at(NOW)?;
    if expr.calls("time") {
        let labels = |samples: &Samples| samples.iter().map(|(labels, _)| labels.clone()).collect::<Vec<_>>();
        (labels(&samples) == labels(&at(0)?)).then_some(())?;
    }
    Some(samples)
}

fn vector(expr: &Expr, scene: Scene) -> Option<Samples> {
    match value(expr, scene)? {
        Value::Vector(samples) => Some(samples),
        Value::Scalar(_) => None,
    }
}

fn value(expr: &Expr, scene: Scene) -> Option<Value> {
    match &expr.kind {
        Kind::Number(text) => number(text).map(Value::Scalar),
        Kind::Paren(inner) => value(inner, scene),
        Kind::Unary { negative, expr } => {
            let signed = |number: Decimal| if *negative { -number } else { number };
            Some(match value(expr, scene)? {
                Value::Scalar(number) => Value::Scalar(signed(number)),
                Value::Vector(samples) => Value::Vector(each(samples, |number| Some(signed(number)))?),
            })
        }
        Kind::Selector(selector) => {
            let now = |signal: &Signal| match signal {
                Signal::Stands(level) => Some(*level),
                Signal::Ages(age) => scene.now.checked_sub(*age),
                Signal::Grows(_) => None,
            };
            selected(selector, scene.sources)?
                .map(|source| Some((source.labels.clone(), now(&source.signal)?)))
                .collect::<Option<Samples>>()
                .map(Value::Vector)
        }
        Kind::Aggregate { op, param: None, expr, grouping } => {
            aggregated(op, vector(expr, scene)?, grouping.as_ref()).map(Value::Vector)
        }
        Kind::Call { function, args } => call(function, args, scene),
        Kind::Binary(binary) => operation(binary, scene),
        Kind::String(_) | Kind::Range { .. } | Kind::Subquery { .. } | Kind::Aggregate { .. } => None,
    }
}

/// The series that a selector matches; `None` if it reads another time than now.
fn selected<'s>(
    selector: &'s Selector,
    sources: &'s [Source],
) -> Option<impl Iterator<Item = &'s Source> + use<'s>> {
    let (name, at) = (selector.name.as_deref()?, &selector.at);
    if at.offset.is_some() || at.at.is_some() || at.extension.is_some() {
        return None;
    }
    Some(sources.iter().filter(move |source| {
        let meets = |matcher: &crate::promql::ast::Matcher| {
            let value = source.labels.get(&matcher.label).map_or("", String::as_str);
            matcher.asked().meets(value) == Some(true)
        };
        source.name == name && selector.matchers.iter().all(meets)
    }))
}

fn each(samples: Samples, f: impl Fn(Decimal) -> Option<Decimal>) -> Option<Samples> {
    samples.into_iter().map(|(labels, number)| Some((labels, f(number)?))).collect()
}

fn call(function: &str, args: &[Expr], scene: Scene) -> Option<Value> {
    if !COMPUTED.contains(&function) {
        return None;
    }
    let scalar = |index: usize| match value(args.get(index)?, scene)? {
        Value::Scalar(number) => Some(number),
        Value::Vector(_) => None,
    };
    let samples_of = |index: usize| vector(args.get(index)?, scene);
    Some(match function {
        "time" => Value::Scalar(scene.now),
        "vector" => Value::Vector(vec![(Labels::new(), scalar(0)?)]),
        "scalar" => match &samples_of(0)?[..] {
            [(_, number)] => Value::Scalar(*number),
            _ => return None,
        },
        "sort" | "sort_desc" => Value::Vector(samples_of(0)?),
        "abs" | "ceil" | "floor" | "clamp_min" | "clamp_max" | "clamp" => {
            let limits = (1..args.len()).map(scalar).collect::<Option<Vec<Decimal>>>()?;
            Value::Vector(each(samples_of(0)?, |number| of_number(function, number, &limits))?)
        }
        "predict_linear" => {
            let ahead = scalar(1)?;
            let Kind::Range { selector, .. } = &args.first()?.kind else { return None };
            let of = |source: &Source| match &source.signal {
                Signal::Stands(level) => Some((source.labels.clone(), *level)),
                Signal::Grows(_) | Signal::Ages(_) => None,
            };
            (ahead >= Decimal::ZERO).then_some(())?;
            Value::Vector(selected(selector, scene.sources)?.map(of).collect::<Option<Samples>>()?)
        }
        "absent" | "absent_over_time" => {
            let arg = args.first()?;
            let is_empty = match &arg.kind {
                Kind::Range { selector, .. } => selected(selector, scene.sources)?.next().is_none(),
                _ => vector(arg, scene)?.is_empty(),
            };
            let labels: Labels = absent::kept(arg)
                .into_iter()
                .map(|(label, value)| (label.to_owned(), value.to_owned()))
                .collect();
            Value::Vector(if is_empty { vec![(labels, Decimal::ONE)] } else { Vec::new() })
        }
        "histogram_quantile" => Value::Vector(quantiles(scalar(0)?, samples_of(1)?)?),
        _ => {
            let Kind::Range { selector, range } = &args.last()?.kind else { return None };
            let seconds = match range {
                Time::Fixed(length) => seconds(*length)?,
                // The window of a ratio can have any length: only proportions matter.
                Time::Placeholder(_) => Decimal::from(60),
                Time::Negative(_) | Time::Ahead(_) | Time::Expr(_) => return None,
            };
            let of =
                |source: &Source| Some((source.labels.clone(), of_range(function, source.signal, seconds)?));
            Value::Vector(selected(selector, scene.sources)?.map(of).collect::<Option<Samples>>()?)
        }
    })
}

/// The result of a function of one number and of limits.
fn of_number(function: &str, number: Decimal, limits: &[Decimal]) -> Option<Decimal> {
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
fn of_range(function: &str, signal: Signal, seconds: Decimal) -> Option<Decimal> {
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

/// Quantiles of classic histograms, by linear interpolation.
fn quantiles(quantile: Decimal, samples: Samples) -> Option<Samples> {
    let mut histograms: BTreeMap<Labels, Vec<(Option<Decimal>, Decimal)>> = BTreeMap::new();
    for (mut labels, count) in samples {
        let bound = match labels.remove("le")?.as_str() {
            "+Inf" => None,
            bound => Some(Decimal::from_str_exact(bound).ok()?),
        };
        histograms.entry(labels).or_default().push((bound, count));
    }
    let mut answers = Samples::new();
    for (labels, mut buckets) in histograms {
        // The bucket `+Inf` is the last one.
        buckets.sort_by_key(|(bound, _)| (bound.is_none(), *bound));
        let (None, all) = buckets.last()? else { return None };
        let rank = quantile.checked_mul(*all)?;
        let within = buckets.iter().position(|(_, count)| *count >= rank)?;
        if all.is_zero() {
            // No observations: NaN, which every comparison drops.
            return None;
        }
        let finite = |index: usize| buckets.get(index).and_then(|(bound, _)| *bound);
        let Some(upper) = finite(within) else {
            answers.push((labels, finite(within.checked_sub(1)?)?));
            continue;
        };
        let (lower, below) = match within.checked_sub(1) {
            Some(before) => (finite(before)?, buckets.get(before)?.1),
            None => (Decimal::ZERO, Decimal::ZERO),
        };
        let inside = buckets.get(within)?.1.checked_sub(below)?;
        let share = rank.checked_sub(below)?.checked_div(inside)?;
        let above = upper.checked_sub(lower)?.checked_mul(share)?;
        answers.push((labels, lower.checked_add(above)?));
    }
    Some(answers)
}

fn kept(labels: &Labels, grouping: Option<&Grouping>) -> Labels {
    let listed = |label: &String| grouping.is_some_and(|grouping| grouping.labels.contains(label));
    let without = grouping.is_some_and(|grouping| grouping.without);
    labels.iter().filter(|(label, _)| listed(label) != without).map(|(a, b)| (a.clone(), b.clone())).collect()
}

fn aggregated(op: &str, samples: Samples, grouping: Option<&Grouping>) -> Option<Samples> {
    let mut groups: BTreeMap<Labels, Vec<Decimal>> = BTreeMap::new();
    for (labels, number) in samples {
        groups.entry(kept(&labels, grouping)).or_default().push(number);
    }
    let sum =
        |numbers: &[Decimal]| numbers.iter().try_fold(Decimal::ZERO, |sum, number| sum.checked_add(*number));
    let of = |numbers: &[Decimal]| match op {
        "sum" => sum(numbers),
        "avg" => sum(numbers)?.checked_div(Decimal::from(numbers.len())),
        "min" => numbers.iter().min().copied(),
        "max" => numbers.iter().max().copied(),
        "count" => Some(Decimal::from(numbers.len())),
        "group" => Some(Decimal::ONE),
        _ => None,
    };
    groups.into_iter().map(|(labels, numbers)| Some((labels, of(&numbers)?))).collect()
}

fn operation(binary: &Binary, scene: Scene) -> Option<Value> {
    let (op, left, right) = (binary.op, value(&binary.left, scene)?, value(&binary.right, scene)?);
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => computed(binary, left, right)?.map(Value::Scalar),
        (Value::Vector(left), Value::Scalar(right)) => {
            let sample = |(labels, number): (Labels, Decimal)| {
                Some(computed(binary, number, right)?.map(|number| (labels, number)))
            };
            let samples: Option<Vec<Option<_>>> = left.into_iter().map(sample).collect();
            Some(Value::Vector(samples?.into_iter().flatten().collect()))
        }
        (Value::Scalar(left), Value::Vector(right)) => {
            let filters = op.is_comparison() && !binary.bool;
            let sample = |(labels, number): (Labels, Decimal)| {
                // A comparison returns the value of the vector, on whichever side it is.
                let kept = |result| if filters { number } else { result };
                Some(computed(binary, left, number)?.map(|result| (labels, kept(result))))
            };
            let samples: Option<Vec<Option<_>>> = right.into_iter().map(sample).collect();
            Some(Value::Vector(samples?.into_iter().flatten().collect()))
        }
        (Value::Vector(left), Value::Vector(right)) => {
            let matching = binary.matching.as_ref();
            let key = |labels: &Labels| signature(labels, matching);
            let among =
                |all: &Samples, labels: &Labels| all.iter().any(|(other, _)| key(other) == key(labels));
            let samples = match op {
                Op::And => left.into_iter().filter(|(labels, _)| among(&right, labels)).collect(),
                Op::Unless => left.into_iter().filter(|(labels, _)| !among(&right, labels)).collect(),
                Op::Or => {
                    let more: Samples =
                        right.into_iter().filter(|(labels, _)| !among(&left, labels)).collect();
                    left.into_iter().chain(more).collect()
                }
                _ => matched(binary, left, right)?,
            };
            Some(Value::Vector(samples))
        }
    }
}

fn signature(labels: &Labels, matching: Option<&Matching>) -> Labels {
    let grouping = matching.map(|it| Grouping { without: !it.on, labels: it.labels.clone() });
    match grouping {
        Some(grouping) => kept(labels, Some(&grouping)),
        None => labels.clone(),
    }
}

/// Each sample with its match; `None` if there are several matches, which is an error in Prometheus.
fn matched(binary: &Binary, left: Samples, right: Samples) -> Option<Samples> {
    let matching = binary.matching.as_ref();
    let group = matching.and_then(|matching| matching.group.as_ref());
    let mut answers = Samples::new();
    let many_right = group.is_some_and(|group| !group.left);
    let (many, one) = if many_right { (&right, &left) } else { (&left, &right) };
    for (labels, number) in many {
        let key = signature(labels, matching);
        let mut partners = one.iter().filter(|(other, _)| signature(other, matching) == key);
        let Some((other, partner)) = partners.next() else { continue };
        if partners.next().is_some() {
            return None;
        }
        let (first, second) = if many_right { (*partner, *number) } else { (*number, *partner) };
        let Some(result) = computed(binary, first, second)? else { continue };
        let mut labels = if group.is_some() { labels.clone() } else { key };
        for label in group.into_iter().flat_map(|group| &group.include) {
            match other.get(label) {
                Some(value) => labels.insert(label.clone(), value.clone()),
                None => labels.remove(label),
            };
        }
        if answers.iter().any(|(known, _)| *known == labels) {
            return None;
        }
        answers.push((labels, result));
    }
    Some(answers)
}

/// `None` if it cannot be evaluated here; `Some(None)` if a comparison drops it.
#[expect(clippy::option_option, reason = "no answer and an empty answer are two things")]
fn computed(binary: &Binary, left: Decimal, right: Decimal) -> Option<Option<Decimal>> {
    match binary.op {
        Op::Add => left.checked_add(right).map(Some),
        Op::Sub => left.checked_sub(right).map(Some),
        Op::Mul => left.checked_mul(right).map(Some),
        Op::Div => left.checked_div(right).map(Some),
        Op::Mod => left.checked_rem(right).map(Some),
        op => {
            // Prometheus computes with binary fractions: whether computed ones are equal is not known.
            let is_equality = matches!(op, Op::Eq | Op::Ne);
            if is_equality
                && left == right
                && !left.is_integer()
                && (computes(&binary.left) || computes(&binary.right))
            {
                return None;
            }
            let holds = compare(op, left, right)?;
            Some(if binary.bool { Some(Decimal::from(u8::from(holds))) } else { holds.then_some(left) })
        }
    }
}

/// Whether an expression computes with its values: rates, averages and arithmetic.
fn computes(expr: &Expr) -> bool {
    const SUMS: [&str; 4] = ["sum", "avg", "stddev", "quantile"];
    expr.contains(|part| match &part.kind {
        Kind::Range { .. } => true,
        Kind::Aggregate { op, .. } => SUMS.contains(&op.as_str()),
        Kind::Binary(binary) => {
            matches!(binary.op, Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod | Op::Pow)
        }
        _ => false,
    })
}

/// Whether a comparison holds; `None` for any other operator.
fn compare(op: Op, left: Decimal, right: Decimal) -> Option<bool> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    fn source(name: &str, labels: &[(&str, &str)], signal: Signal) -> Source {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Source { name: name.to_owned(), labels, signal }
    }

    /// Three targets of which two are up, a histogram with values between 1 and 2, and counters of responses by code.
    fn world() -> Vec<Source> {
        let (number, stands) = (Decimal::from, |value: i64| Signal::Stands(Decimal::from(value)));
        let grows = |rate: i64| Signal::Grows(number(rate));
        vec![
            source("up", &[("job", "a"), ("instance", "1")], stands(1)),
            source("up", &[("job", "a"), ("instance", "2")], stands(1)),
            source("up", &[("job", "a"), ("instance", "3")], stands(0)),
            source("size", &[("instance", "1")], stands(50)),
            source("x_bucket", &[("le", "1")], grows(0)),
            source("x_bucket", &[("le", "2")], grows(10)),
            source("x_bucket", &[("le", "+Inf")], grows(10)),
            source("y_total", &[("code", "200")], grows(9)),
            source("y_total", &[("code", "500")], grows(1)),
            source("done", &[], Signal::Ages(number(60))),
        ]
    }

    #[test]
    fn queries_are_answered_as_prometheus_answers_them() {
        let answered = |query: &str| -> Option<String> {
            let expr = parse(query).unwrap_or_else(|fault| panic!("{query}: {fault:?}"));
            let samples = answer(&expr, &world())?;
            let shown = samples.iter().map(|(labels, value)| {
                let labels: Vec<String> =
                    labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{{{}}} {}", labels.join(","), value.normalize())
            });
            Some(shown.collect::<Vec<_>>().join("; "))
        };
        for (query, expected) in [
            ("up == 0", Some("{instance=3,job=a} 0")),
            ("0 == up", Some("{instance=3,job=a} 0")),
            ("up > bool 0", Some("{instance=1,job=a} 1; {instance=2,job=a} 1; {instance=3,job=a} 0")),
            ("count(up == 1) / count(up) < 0.7", Some("{} 0.6666666666666666666666666667")),
            ("absent(up{job=\"a\"})", Some("")),
            ("absent(up{job=\"b\",env!=\"x\"})", Some("{job=b} 1")),
            ("absent(up{job=\"b\"} == 1)", Some("{} 1")),
            ("absent(up{job=\"b\",job=~\"b.*\"})", Some("{} 1")),
            ("clamp(size, 0, 10)", Some("{instance=1} 10")),
            ("clamp(size, 10, 0)", None),
            ("sum by (code) (rate(y_total[5m])) > 5", Some("{code=200} 9")),
            ("sum(increase(y_total{code=~\"5..\"}[1m])) / sum(increase(y_total[1m]))", Some("{} 0.1")),
            // Different labels do not match.
            ("rate(y_total{code=\"500\"}[5m]) / rate(y_total{code=\"200\"}[5m])", Some("")),
            (
                "rate(y_total{code=\"500\"}[5m]) / ignoring (code) rate(y_total{code=\"200\"}[5m]) > 1",
                Some(""),
            ),
            ("histogram_quantile(0.9, rate(x_bucket[5m]))", Some("{} 1.9")),
            ("up * on (instance) group_left size", Some("{instance=1,job=a} 50")),
            ("up unless on (instance) size", Some("{instance=2,job=a} 1; {instance=3,job=a} 0")),
            ("up == 0 or on (job) absent(z)", Some("{instance=3,job=a} 0; {} 1")),
            ("time() - done > 59", Some("{} 60")),
            ("time() - done > 60", Some("")),
            // Several matches are an error, and cannot be evaluated here.
            ("size * on () up", None),
            ("y_total > 5", None),
            ("up offset 1h == 0", None),
            ("label_replace(up, \"a\", \"b\", \"c\", \"d\") == 0", None),
        ] {
            assert_eq!(answered(query).as_deref(), expected, "{query}");
        }
    }
}
