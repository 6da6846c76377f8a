//! Finds series for which a companion alert does not fire, and series for which it fires: the input of its proofs.

use std::collections::BTreeSet;

use super::answer::{Source, answer};
use super::effort::{Search, pair, picked, ways};
use super::evaluate::{Signal, number, playable};
use super::stimulus::labels;
use crate::model::{Behaviour, Firing, Labels, Series};
use crate::promql::ast::{Expr, Kind, Op, Selector};
use crate::vocabulary::{Decimal, text};

/// The target of all invented series.
const INSTANCE: (&str, &str) = ("instance", "host-1");

/// The series that one selector matches; `None` if they are missing.
type MatchedSeries = Option<Vec<Source>>;

/// The combinations of series to try for an expression.
pub(super) struct Trials<'a> {
    expr: &'a Expr,
    /// The candidates for each selector.
    candidates: Vec<Vec<MatchedSeries>>,
    /// Their number for each selector.
    sizes: Vec<usize>,
    /// The steps to try one combination.
    steps: usize,
    search: &'a Search<'a>,
}

/// Each selector has at least two candidates, so more selectors have more combinations than are tried.
const MOST_SELECTORS: usize = 14;

/// Candidates for all selectors; `None` if a selector has none, or if there are too many combinations.
pub(super) fn tried<'a>(expr: &'a Expr, search: &'a Search<'a>) -> Option<Trials<'a>> {
    let mut selectors: Vec<&Selector> = Vec::new();
    for selector in expr.selectors() {
        if !selectors.contains(&selector) {
            selectors.push(selector);
        }
        if selectors.len() > MOST_SELECTORS {
            return None;
        }
    }
    let all = selectors.iter().map(|selector| candidates(expr, selector, &selectors, search));
    let candidates: Vec<Vec<MatchedSeries>> = all.collect::<Option<_>>()?;
    let sizes: Vec<usize> = candidates.iter().map(Vec::len).collect();
    ways(&sizes)?;
    let mut steps = selectors.len();
    expr.visit(&mut |_| steps += 1);
    Some(Trials { expr, candidates, sizes, steps, search })
}

fn sources(picked: &[usize], candidates: &[Vec<MatchedSeries>]) -> Vec<Source> {
    picked.iter().zip(candidates).filter_map(|(index, seen)| seen[*index].clone()).flatten().collect()
}

/// Whether the alert does not fire for some series, but fires if the series of these metrics are missing.
pub(super) fn fires_without(tried: &Trials, is_missing: impl Fn(&str) -> bool) -> bool {
    let Trials { expr, candidates, sizes, steps, search } = tried;
    let mut named = candidates.iter().flatten().flatten().flatten();
    if !named.any(|source| is_missing(&source.name)) {
        return false;
    }
    let answered = |seen: &[Source]| search.goes_on(*steps).then(|| answer(expr, seen)).flatten();
    (0..ways(sizes).unwrap_or(0)).any(|way| {
        let mut seen = sources(&picked(way, sizes), candidates);
        let all = seen.len();
        let is_silent = answered(&seen).is_some_and(|samples| samples.is_empty());
        seen.retain(|source| !is_missing(&source.name));
        is_silent && seen.len() < all && answered(&seen).is_some_and(|samples| !samples.is_empty())
    })
}

/// Series for both states. `None` if none were found: no series change the result, or the query cannot be evaluated here.
pub(super) fn invent(tried: &Trials) -> Option<Firing> {
    let Trials { expr, candidates, sizes, steps, search } = tried;
    let playable = |silent: &[usize], firing: &[usize]| {
        let mut pairs = silent.iter().zip(firing).zip(candidates);
        pairs.all(|((silent, firing), seen)| played(&seen[*silent], &seen[*firing]).is_some())
    };
    let (silent, firing, samples) = pair(
        sizes,
        |picked| search.goes_on(*steps).then(|| answer(expr, &sources(picked, candidates))).flatten(),
        |samples| samples.is_empty(),
        |silent, firing, samples| samples.len() == 1 && playable(silent, firing),
    )?;
    let mut series: Vec<Series> = Vec::new();
    for ((silent, firing), seen) in silent.iter().zip(&firing).zip(candidates) {
        series.extend(played(&seen[*silent], &seen[*firing])?);
    }
    let (labels, value) = samples.first()?.clone();
    let gone =
        answer(expr, &[]).filter(|samples| samples.len() < 2).map(|samples| samples.into_iter().next());
    Some(Firing { series, labels, value, gone })
}

/// The series in both states; `None` if they cannot change from one state to the other.
fn played(silent: &MatchedSeries, firing: &MatchedSeries) -> Option<Vec<Series>> {
    let series = |source: &Source, behaviour| Series {
        name: source.name.clone(),
        labels: source.labels.clone(),
        behaviour,
    };
    match (silent, firing) {
        (None, None) => Some(Vec::new()),
        (Some(silent), None) => silent
            .iter()
            .map(|source| match source.signal {
                Signal::Stands(value) => Some(series(source, Behaviour::Exists { value })),
                Signal::Grows(_) | Signal::Ages(_) => None,
            })
            .collect(),
        (None, Some(_)) => None,
        (Some(silent), Some(firing)) => silent
            .iter()
            .zip(firing)
            .map(|(silent, firing)| {
                let behaviour = match (silent.signal, firing.signal) {
                    (Signal::Stands(good), Signal::Stands(bad)) => Behaviour::Stands { good, bad },
                    (Signal::Grows(good), Signal::Grows(bad)) => Behaviour::Grows { good, bad },
                    (Signal::Ages(good), Signal::Ages(bad)) => Behaviour::Ages { good, bad },
                    _ => return None,
                };
                Some(series(silent, behaviour))
            })
            .collect(),
    }
}

/// Candidates for one selector; `None` if no series could be found that it matches.
fn candidates(
    expr: &Expr,
    selector: &Selector,
    all: &[&Selector],
    search: &Search,
) -> Option<Vec<MatchedSeries>> {
    let name = selector.name.clone()?;
    let others: Vec<&Selector> = all
        .iter()
        .copied()
        .filter(|other| other.name == selector.name && other.matchers != selector.matchers)
        .collect();
    // If two selectors read one metric, every series of the narrower one also matches the wider one. Series that match only the wider one exist
    // beside them.
    let mut labels =
        labels(&[selector], &others, &[], search).or_else(|| labels(&[selector], &[], &[], search))?;
    if !selector.matchers.iter().any(|matcher| matcher.label == INSTANCE.0) {
        labels.insert(INSTANCE.0.to_owned(), INSTANCE.1.to_owned());
    }
    let source = |labels: &Labels, signal| Source { name: name.clone(), labels: labels.clone(), signal };
    let uses = Uses::of(expr, selector);
    let numbers = numbers(expr);
    if uses.buckets {
        return Some(
            buckets(&numbers)
                .iter()
                .map(|rates| {
                    let bucket = |(bound, rate): &(String, Decimal)| {
                        let mut labels = labels.clone();
                        labels.insert("le".to_owned(), bound.clone());
                        source(&labels, Signal::Grows(*rate))
                    };
                    Some(rates.iter().map(bucket).collect())
                })
                .collect(),
        );
    }
    let signal = |value: &Decimal| match () {
        () if uses.gain => Signal::Grows(*value),
        () if uses.clock => Signal::Ages(*value),
        () => Signal::Stands(*value),
    };
    let mut values = around(&numbers);
    // Values that fall, or are predicted to fall.
    if uses.falls {
        values.push(-Decimal::ONE);
    }
    // Times in the future.
    if uses.clock {
        values.extend(values.clone().into_iter().map(|value| -value));
    }
    let one = |value: &Decimal| vec![source(&labels, signal(value))];
    let mut seen: Vec<MatchedSeries> = values.iter().map(|value| Some(one(value))).collect();
    if uses.counted && !selector.matchers.iter().any(|matcher| matcher.label == INSTANCE.0) {
        let several = |values: [&Decimal; 3]| {
            let copy = |(number, value): (usize, &Decimal)| {
                let mut labels = labels.clone();
                labels.insert(INSTANCE.0.to_owned(), format!("host-{}", number + 1));
                source(&labels, signal(value))
            };
            Some((0..).zip(values).map(copy).collect())
        };
        let mixed = several([&Decimal::ZERO, &Decimal::ZERO, &Decimal::ONE]);
        seen = values.iter().map(|value| several([value; 3])).chain([mixed]).collect();
    }
    if uses.absent {
        seen.push(None);
    }
    Some(seen)
}

/// How an expression uses a selector.
#[derive(Default)]
struct Uses {
    /// By its increase.
    gain: bool,
    /// As the buckets of a histogram.
    buckets: bool,
    /// As a value that may fall below zero.
    falls: bool,
    /// As a timestamp.
    clock: bool,
    /// By the number of series.
    counted: bool,
    /// With `absent`.
    absent: bool,
}

impl Uses {
    fn of(expr: &Expr, selector: &Selector) -> Self {
        let mut uses = Self::default();
        let reads = |expr: &Expr| expr.selectors().contains(&selector);
        expr.visit(&mut |part| {
            if let Kind::Aggregate { op, expr, .. } = &part.kind {
                uses.counted |= op == "count" && reads(expr);
            }
            if let Kind::Binary(binary) = &part.kind
                && (binary.op == Op::Sub || binary.op.is_comparison())
            {
                let (left, right) = (&binary.left, &binary.right);
                uses.clock |= is_moment(left) && reads(right) || is_moment(right) && reads(left);
            }
            let Kind::Call { function, args } = &part.kind else { return };
            let ranged = args
                .iter()
                .any(|arg| matches!(&arg.kind, Kind::Range { selector: ranged, .. } if ranged == selector));
            match function.as_str() {
                "rate" | "irate" | "increase" => uses.gain |= ranged,
                "deriv" | "delta" => {
                    uses.gain |= ranged;
                    uses.falls |= ranged;
                }
                "predict_linear" => uses.falls |= ranged,
                "histogram_quantile" => uses.buckets |= args.iter().any(reads),
                "absent" | "absent_over_time" => uses.absent |= args.iter().any(reads),
                _ => {}
            }
        });
        uses
    }
}

/// Whether an expression's value is a timestamp from `time()`. Such a timestamp minus the value of a series is a duration.
fn is_moment(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Paren(inner) | Kind::Unary { expr: inner, .. } => is_moment(inner),
        Kind::Call { function, args } => function == "time" || args.iter().any(is_moment),
        Kind::Binary(binary) => {
            let (left, right) = (&binary.left, &binary.right);
            let is_length =
                binary.op == Op::Sub && !(left.selectors().is_empty() && right.selectors().is_empty());
            !is_length && !binary.op.is_set() && (is_moment(left) || is_moment(right))
        }
        Kind::Number(_)
        | Kind::String(_)
        | Kind::Selector(_)
        | Kind::Range { .. }
        | Kind::Subquery { .. }
        | Kind::Aggregate { .. } => false,
    }
}

fn numbers(expr: &Expr) -> Vec<Decimal> {
    let mut numbers: BTreeSet<Decimal> = BTreeSet::new();
    expr.visit(&mut |part| {
        if let Kind::Number(text) = &part.kind {
            numbers.extend(number(text));
        }
    });
    numbers.into_iter().collect()
}

/// Values on both sides of each limit that the numbers of a query make, alone or in pairs.
fn around(numbers: &[Decimal]) -> Vec<Decimal> {
    let two = Decimal::from(2);
    let products = numbers
        .iter()
        .enumerate()
        .flat_map(|(index, one)| numbers[index..].iter().filter_map(move |other| one.checked_mul(*other)));
    let lines: Vec<Decimal> = numbers.iter().copied().chain(products.filter(|_| numbers.len() < 4)).collect();
    let sides = lines.iter().flat_map(|number| {
        [Some(*number), number.checked_add(Decimal::ONE), number.checked_mul(two), number.checked_div(two)]
    });
    let mut values: Vec<Decimal> = vec![Decimal::ONE, Decimal::ZERO, Decimal::ONE_HUNDRED];
    for value in sides.flatten().filter_map(playable) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// Histograms: the rates of their buckets for small observations and for large ones.
fn buckets(numbers: &[Decimal]) -> Vec<Vec<(String, Decimal)>> {
    let two = Decimal::from(2);
    let mut bounds: BTreeSet<Decimal> = BTreeSet::from([Decimal::ONE]);
    for number in numbers.iter().filter(|number| **number > Decimal::ZERO) {
        bounds.extend(
            [number.checked_div(two), Some(*number), number.checked_mul(two)]
                .into_iter()
                .flatten()
                .filter_map(playable),
        );
    }
    let last = bounds.len() - 1;
    let rates = |from: usize| -> Vec<(String, Decimal)> {
        let rate = |index: usize| Decimal::from(u8::from(index >= from));
        let finite = bounds.iter().enumerate().map(|(index, bound)| (text(*bound), rate(index)));
        finite.chain([("+Inf".to_owned(), Decimal::ONE)]).collect()
    };
    vec![rates(0), rates(last)]
}
