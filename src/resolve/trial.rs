//! Finds series for which an expression has one result, and for which it has another one. Both are the same series with other values.

use std::collections::BTreeSet;

use super::effort::{Search, pair, picked, ways};
use super::evaluate::{Samples, Signal, Source, answer, number, playable};
use super::labels::labels;
use crate::model::{Behaviour, Labels, Series};
use crate::promql::ast::{Expr, Grouping, Kind, Op, Selector};
use crate::vocabulary::{Decimal, LabelName, text};

/// The label that distinguishes several series of a selector, unless the query uses it.
const INSTANCE: &str = "instance";

/// The series that one selector matches; `None` if they are missing.
type MatchedSeries = Option<Vec<Source>>;

/// Each selector has at least two candidates, so more selectors have more combinations than are tried.
const MOST_SELECTORS: usize = 14;

/// An expression, with the requirements for its series.
#[derive(Clone, Copy)]
pub(super) struct TrialQuery<'a> {
    pub expr: &'a Expr,
    /// Labels of every series.
    pub by: &'a [LabelName],
    /// Whether every series belongs to a target.
    pub of_target: bool,
    /// Whether the series have the labels of other metrics, too: in `open_fds{job="a"} / max_fds` both have the job.
    pub alike: bool,
    pub search: &'a Search<'a>,
}

/// The combinations of series to try for an expression.
pub(super) struct Trial<'a> {
    asked: TrialQuery<'a>,
    /// The candidates for each selector.
    candidates: Vec<Vec<MatchedSeries>>,
    /// Their number for each selector.
    sizes: Vec<usize>,
    /// The steps to try one combination.
    steps: usize,
}

/// The label that distinguishes the series of a selector, and their number.
type Copies = Option<(&'static str, u32)>;

impl<'a> Trial<'a> {
    /// `None` if there are no candidates, or too many combinations.
    pub fn of(asked: TrialQuery<'a>) -> Option<Self> {
        Self::with(asked, None)
    }

    fn with(asked: TrialQuery<'a>, copies: Copies) -> Option<Self> {
        let mut selectors: Vec<&Selector> = Vec::new();
        for selector in asked.expr.selectors() {
            if !selectors.contains(&selector) {
                selectors.push(selector);
            }
            if selectors.len() > MOST_SELECTORS {
                asked.search.stop();
                return None;
            }
        }
        let numbers = numbers(asked.expr);
        let of = |lines: &[Decimal]| {
            let all = selectors
                .iter()
                .map(|selector| candidates(&asked, selector, &selectors, [&numbers, lines], copies));
            let candidates = all.collect::<Option<Vec<Vec<MatchedSeries>>>>()?;
            let sizes: Vec<usize> = candidates.iter().map(Vec::len).collect();
            if ways(&sizes).is_none() {
                asked.search.stop();
                return None;
            }
            Some((candidates, sizes))
        };
        let (candidates, sizes) =
            of(&[&numbers[..], &products(&numbers)].concat()).or_else(|| of(&numbers))?;
        let mut steps = selectors.len() * copies.map_or(1, |(_, number)| number as usize);
        asked.expr.visit(&mut |_| steps += 1);
        Some(Self { asked, candidates, sizes, steps })
    }

    fn sources(&self, picked: &[usize]) -> Vec<Source> {
        picked
            .iter()
            .zip(&self.candidates)
            .filter_map(|(index, seen)| seen[*index].clone())
            .flatten()
            .collect()
    }

    /// Its result for a combination of series, if it can be evaluated; the outer `None` ends the search.
    fn result(&self, picked: &[usize]) -> Option<Option<Samples>> {
        self.asked.search.goes_on(self.steps).then(|| answer(self.asked.expr, &self.sources(picked)))
    }

    /// Whether it has no result for some series, but has one if the series of these metrics are missing.
    pub fn fires_without(&self, is_missing: impl Fn(&str) -> bool) -> bool {
        let mut named = self.candidates.iter().flatten().flatten().flatten();
        if !named.any(|source| is_missing(&source.name)) {
            return false;
        }
        let all = 0..ways(&self.sizes).unwrap_or(0);
        all.map(|way| picked(way, &self.sizes))
            .map_while(|picked| Some((self.result(&picked)?, picked)))
            .filter(|(samples, _)| samples.as_ref().is_some_and(Vec::is_empty))
            .any(|(_, picked)| {
                let mut seen = self.sources(&picked);
                let all = seen.len();
                seen.retain(|source| !is_missing(&source.name));
                let without = || answer(self.asked.expr, &seen);
                seen.len() < all && without().is_some_and(|samples| !samples.is_empty())
            })
    }

    /// Its result without any series.
    pub fn without_series(&self) -> Option<Samples> {
        answer(self.asked.expr, &[])
    }

    /// Series for which it has one result, and the other result in their other state. If one series per selector is not enough, tries several, as for
    /// `sum(1 - up) < 2`. `None` if none were found.
    pub fn invent(
        &self,
        one: impl Fn(&Samples) -> bool,
        other: impl Fn(&Samples) -> bool,
    ) -> Option<(Vec<Series>, Samples)> {
        let TrialQuery { expr, by, search, .. } = self.asked;
        let label = distinguishing_label(expr, by);
        let several = |number| Self::with(self.asked, Some((label?, number)))?.pair(&one, &other);
        // One series of `count(up == 1) < 4` makes it fire, but for the opposite reason: it is too few.
        let enough = quorums(expr).into_iter().find_map(several);
        let alike = || {
            let is_new = !self.asked.alike && has_labels_apart(expr);
            is_new.then(|| Self::with(TrialQuery { alike: true, ..self.asked }, None)?.pair(&one, &other))?
        };
        enough.or_else(|| self.pair(&one, &other)).or_else(alike).or_else(|| {
            let (numbers, all) = numbers_of_copies(expr);
            let found = numbers.into_iter().find_map(several);
            if found.is_none() && label.is_some() && !all {
                search.stop();
            }
            found
        })
    }

    fn pair(
        &self,
        one: &impl Fn(&Samples) -> bool,
        other: &impl Fn(&Samples) -> bool,
    ) -> Option<(Vec<Series>, Samples)> {
        let series = |first: &[usize], second: &[usize]| -> Option<Vec<Series>> {
            let pairs = first.iter().zip(second).zip(&self.candidates);
            let played = pairs.map(|((first, second), seen)| played(&seen[*first], &seen[*second]));
            Some(played.collect::<Option<Vec<_>>>()?.concat())
        };
        let (first, second, samples) = pair(
            &self.sizes,
            |picked| self.result(picked),
            one,
            |first, second, samples| other(samples) && series(first, second).is_some(),
        )?;
        Some((series(&first, &second)?, samples))
    }
}

/// Whether a metric is read with a label that another one is read without.
fn has_labels_apart(expr: &Expr) -> bool {
    let selectors = expr.selectors();
    let lacks =
        |label: &str, selector: &Selector| !selector.matchers.iter().any(|matcher| matcher.label == label);
    selectors.iter().any(|one| {
        let others = || selectors.iter().filter(|other| other.name != one.name);
        one.matchers.iter().any(|matcher| others().any(|other| lacks(&matcher.label, other)))
    })
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

/// The most series per selector.
const MOST_COPIES: u32 = 100;

/// Numbers of series per selector to try: around every small number in the query. Also whether these are all.
fn numbers_of_copies(expr: &Expr) -> (BTreeSet<u32>, bool) {
    let mut numbers = BTreeSet::from([2, 3]);
    let whole = self::numbers(expr).into_iter().filter_map(|number| u32::try_from(number.ceil()).ok());
    numbers.extend(whole.flat_map(|number| [number, number.saturating_add(1)]));
    numbers.retain(|number| *number >= 2);
    let before = numbers.len();
    numbers.retain(|number| *number <= MOST_COPIES);
    let all = numbers.len() == before;
    (numbers, all)
}

/// Numbers of series to try first: as many as are just enough, four for `count(up == 1) < 4`.
fn quorums(expr: &Expr) -> BTreeSet<u32> {
    let mut numbers = BTreeSet::new();
    expr.visit(&mut |part| {
        let Kind::Binary(binary) = &part.kind else { return };
        let (few, limit) = match binary.op {
            Op::Lt | Op::Le => (&binary.left, &binary.right),
            Op::Gt | Op::Ge => (&binary.right, &binary.left),
            _ => return,
        };
        let Kind::Number(limit) = &limit.kind else { return };
        let enough = |limit: Decimal| match binary.op {
            Op::Lt | Op::Gt => Some(limit.ceil()),
            _ => limit.floor().checked_add(Decimal::ONE),
        };
        let enough = number(limit).and_then(enough).and_then(|enough| u32::try_from(enough).ok());
        numbers.extend(enough.filter(|_| few.contains(counts_chosen)));
    });
    numbers.retain(|number| (2..=MOST_COPIES).contains(number));
    numbers
}

/// Whether an expression counts or sums the series that pass a comparison.
fn counts_chosen(expr: &Expr) -> bool {
    let Kind::Aggregate { op, expr, .. } = &expr.kind else { return false };
    let chooses =
        |part: &Expr| matches!(&part.kind, Kind::Binary(binary) if binary.op.is_comparison() && !binary.bool);
    ["count", "sum"].contains(&op.as_str()) && expr.contains(chooses)
}

/// A label that can tell copies of a series apart; `None` if an aggregation does not combine all of them.
fn distinguishing_label(expr: &Expr, by: &[LabelName]) -> Option<&'static str> {
    ["instance", "replica", "copy"].into_iter().find(|label| {
        let asked = |selector: &&Selector| selector.matchers.iter().any(|matcher| matcher.label == *label);
        let kept = by.iter().any(|kept| kept.as_str() == *label);
        !kept && !expr.selectors().iter().any(asked) && takes_together(expr, label)
    })
}

/// Whether every selector is inside an aggregation that drops the label.
fn takes_together(expr: &Expr, label: &str) -> bool {
    match &expr.kind {
        Kind::Selector(_) | Kind::Range { .. } => false,
        Kind::Call { function, .. } if ["absent", "absent_over_time"].contains(&function.as_str()) => true,
        Kind::Aggregate { op, grouping, .. } => {
            let listed = |grouping: &Grouping| grouping.labels.iter().any(|listed| listed == label);
            let drops = grouping.as_ref().is_none_or(|grouping| listed(grouping) == grouping.without);
            drops && !["topk", "bottomk", "limitk", "limit_ratio"].contains(&op.as_str())
        }
        _ => expr.children().into_iter().all(|part| takes_together(part, label)),
    }
}

/// Candidates for one selector; `None` if no series could be found that it matches.
fn candidates(
    asked: &TrialQuery,
    selector: &Selector,
    all: &[&Selector],
    [numbers, lines]: [&[Decimal]; 2],
    copies: Copies,
) -> Option<Vec<MatchedSeries>> {
    let TrialQuery { expr, by, of_target, alike, search } = *asked;
    let name = selector.name.clone()?;
    let others: Vec<&Selector> = all
        .iter()
        .copied()
        .filter(|other| other.name == selector.name && other.matchers != selector.matchers)
        .collect();
    // If two selectors read one metric, every series of the narrower one also matches the wider one. Series that match only the wider one exist
    // beside them.
    let mut labels =
        labels(&[selector], &others, by, search).or_else(|| labels(&[selector], &[], by, search))?;
    if alike {
        for other in all.iter().filter(|other| other.name != selector.name) {
            for (label, value) in self::labels(&[other], &[], by, search)? {
                let is_read = selector.matchers.iter().any(|matcher| matcher.label == label);
                if !is_read && !["le", "quantile"].contains(&label.as_str()) {
                    labels.entry(label).or_insert(value);
                }
            }
        }
    }
    let is_free =
        !labels.contains_key(INSTANCE) && !selector.matchers.iter().any(|matcher| matcher.label == INSTANCE);
    if of_target && is_free {
        labels.insert(INSTANCE.to_owned(), host(1));
    }
    let source = |labels: &Labels, signal| Source { name: name.clone(), labels: labels.clone(), signal };
    let copy = |label: &str, number, signal| {
        let mut labels = labels.clone();
        labels.insert(label.to_owned(), host(number));
        source(&labels, signal)
    };
    let uses = Uses::of(expr, selector);
    if uses.buckets {
        return Some(
            buckets(numbers)
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
    let mut values = around(lines);
    // Values that fall, or are predicted to fall.
    if uses.falls {
        values.push(-Decimal::ONE);
    }
    // Times in the future.
    if uses.clock {
        values.extend(values.clone().into_iter().map(|value| -value));
    }
    let mut seen: Vec<MatchedSeries> = match copies {
        Some((label, number)) => {
            let all = |value| (1..=number).map(|number| copy(label, number, signal(value))).collect();
            // All but the first one.
            let most = |value| {
                let mut all: Vec<Source> = all(value);
                all[0].signal = signal(&Decimal::ZERO);
                all
            };
            let fewer = values.iter().filter(|value| uses.chosen && !value.is_zero());
            let mut candidates: Vec<Vec<Source>> = values.iter().map(all).collect();
            // Right after all of them with 1: of `up`, one that fails is nearer than all.
            candidates.splice(1..1, fewer.map(most));
            candidates.into_iter().map(Some).collect()
        }
        None if uses.counted && is_free => {
            let all = |values: [&Decimal; 3]| {
                Some((1..).zip(values).map(|(number, value)| copy(INSTANCE, number, signal(value))).collect())
            };
            let mixed = all([&Decimal::ZERO, &Decimal::ZERO, &Decimal::ONE]);
            values.iter().map(|value| all([value; 3])).chain([mixed]).collect()
        }
        None => values.iter().map(|value| Some(vec![source(&labels, signal(value))])).collect(),
    };
    if uses.absent {
        seen.push(None);
    }
    Some(seen)
}

/// The target of this number.
fn host(number: u32) -> String {
    format!("host-{number}")
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
    /// By the number or the sum of the series that pass a comparison.
    chosen: bool,
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
                uses.chosen |= counts_chosen(part) && reads(expr);
            }
            if let Kind::Binary(binary) = &part.kind
                && (binary.op == Op::Sub || binary.op.is_comparison())
            {
                let (left, right) = (&binary.left, &binary.right);
                uses.clock |= is_moment(left) && reads(right) || is_moment(right) && reads(left);
            }
            let Kind::Call { function, args } = &part.kind else { return };
            let ranged = args.iter().any(
                |arg| matches!(&arg.kind, Kind::Range { selector: ranged, .. } if **ranged == *selector),
            );
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

/// The products of two numbers in a query, if there are few.
fn products(numbers: &[Decimal]) -> Vec<Decimal> {
    const MOST: usize = 3;
    let pairs = numbers
        .iter()
        .enumerate()
        .flat_map(|(index, one)| numbers[index..].iter().filter_map(move |other| one.checked_mul(*other)));
    pairs.filter(|_| numbers.len() <= MOST).collect()
}

/// Values on both sides of these numbers.
fn around(lines: &[Decimal]) -> Vec<Decimal> {
    let two = Decimal::from(2);
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
