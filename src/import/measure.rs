//! The meaning of an understood query: sums of counters, and their ratio.

use std::collections::BTreeSet;

use crate::promql::ast::{Expr, Kind, MatchOp, Matcher, Selector, Span};
use crate::promql::bounds::{self, Bound};
use crate::promql::build;
use crate::vocabulary::{Decimal, Duration};

/// Whether the numerator counts good or bad events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    Good,
    Bad,
}

/// Why a query is not understood: the part of it, and the reason.
#[derive(Debug)]
pub struct NotUnderstood {
    pub span: Span,
    pub words: String,
}

/// A part of a query that serves only its arithmetic, and is not needed in slowburn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Against counters that do not exist before their first event.
    Absent,
    /// Against division by zero in times without events.
    Idle,
    /// Against ratios below 0 or above 1.
    Clamped,
    /// `irate` looks at the last two samples of a window.
    LastTwo,
    /// The series are not summed.
    PerSeries,
    /// Against times with little traffic: `min_bad_events` in slowburn.
    Traffic(Place),
    /// Another condition that excludes times.
    Other(Place),
}

/// A place in a query that can be ordered and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub start: usize,
    pub end: usize,
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Self { start: span.start, end: span.end }
    }
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountKind {
    /// The increase of counters.
    Gain,
    /// All observations of a native histogram.
    NativeCount,
    /// The observations of a native histogram below a bound.
    Below(Decimal),
    /// The sum of a gauge's samples.
    Summed,
    /// The number of a gauge's samples.
    Looked,
    /// How often a condition was true; for another expression, how often it had a value.
    Held(Box<Expr>),
}

/// A counter in a sum.
#[derive(Clone, Debug)]
pub struct Term {
    pub negative: bool,
    pub selector: Selector,
    pub of: CountKind,
    pub span: Span,
}

impl Term {
    /// Whether two terms cancel each other if one is subtracted.
    fn same(&self, other: &Self) -> bool {
        self.negative == other.negative && self.of == other.of && same_series(&self.selector, &other.selector)
    }
}

/// A sum of counters.
#[derive(Clone, Debug)]
pub struct Sum {
    pub terms: Vec<Term>,
    /// The labels that are kept; `None` for all of them.
    pub by: Option<Vec<String>>,
    /// The factor.
    pub scale: Decimal,
    /// Whether it is a rate per second or an increase per window; `None` if it is neither.
    pub per_second: Option<bool>,
    pub guards: BTreeSet<Guard>,
    /// Set if it is not a sum, but a mean of several series.
    pub mean: Option<Span>,
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            terms: Vec::new(),
            by: None,
            scale: Decimal::ONE,
            per_second: None,
            guards: BTreeSet::new(),
            mean: None,
        }
    }
}

impl Sum {
    pub fn of(term: Term) -> Self {
        Self { terms: vec![term], ..Self::default() }
    }

    pub fn negated(mut self) -> Self {
        self.terms.iter_mut().for_each(|term| term.negative = !term.negative);
        self
    }

    /// `None` if they are not counted in the same way.
    pub fn plus(mut self, other: Self) -> Option<Self> {
        self.guards.extend(other.guards.iter().cloned());
        if self.terms.is_empty() || other.terms.is_empty() {
            let guards = self.guards;
            let full = if self.terms.is_empty() { other } else { Self { guards: BTreeSet::new(), ..self } };
            return Some(Self { guards, ..full });
        }
        let alike =
            self.by == other.by && self.scale == other.scale && self.mean.is_some() == other.mean.is_some();
        let timed =
            self.per_second.is_none() || other.per_second.is_none() || self.per_second == other.per_second;
        self.terms.extend(other.terms);
        self.per_second = self.per_second.or(other.per_second);
        (alike && timed).then_some(self)
    }

    pub fn scaled(mut self, number: Decimal, divided: bool) -> Option<Self> {
        let scale = match divided {
            true => self.scale.checked_div(number),
            false => self.scale.checked_mul(number),
        };
        self.scale = scale.filter(|scale| *scale > Decimal::ZERO)?.normalize();
        Some(self)
    }
}

/// The kind of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Total,
    Good,
    Bad,
}

impl Part {
    /// The key in slowburn.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// The SLI to write.
#[derive(Clone, Debug)]
pub enum Measured {
    /// Two of total, good and bad events.
    Events(Box<[(Part, Expr); 2]>),
    /// A histogram and a threshold.
    Latency {
        histogram: Selector,
        threshold: Duration,
        native: bool,
        milliseconds: bool,
        success: Vec<Matcher>,
    },
    /// A condition that is true in the good state.
    Condition(Expr),
    /// A gauge that is 1 in the good state.
    Probe(Expr),
    /// A ratio of unknown weight, if nothing better is known.
    Ratio(Expr),
}

/// The meaning of one sum divided by another.
///
/// # Errors
/// The reason why it has no meaning.
pub fn of(over: Vec<Term>, counts: Counts, total: Vec<Term>) -> Result<Measured, &'static str> {
    let (over, total) = (cancelled(over), cancelled(total));
    if total.is_empty() {
        return Err("the total counts nothing");
    }
    let gains = |terms: &[Term]| terms.iter().all(|term| term.of == CountKind::Gain);
    if gains(&over) && gains(&total) {
        return counted(over, counts, total);
    }
    let (over, counts) = complemented(over, counts, &total);
    match (&over[..], &total[..]) {
        ([part], [all]) if !part.negative && !all.negative => state(part, counts, all),
        _ => Err("one sum mixes counters and states"),
    }
}

/// Both sums are increases of counters.
fn counted(over: Vec<Term>, counts: Counts, total: Vec<Term>) -> Result<Measured, &'static str> {
    let (part, counts) = complemented(over, counts, &total);
    if part.is_empty() || part.iter().all(|term| term.negative) || total.iter().all(|term| term.negative) {
        return Err("the counted events cancel out, or are negative");
    }
    if let (Counts::Good, [below], [all]) = (counts, &part[..], &total[..])
        && let Some(latency) = latency(&below.selector, &all.selector)
    {
        return Ok(latency);
    }
    // For `bad / (good + bad)`, good and bad are clearer than their sum.
    let rest =
        without(&total, &part).filter(|rest| !rest.is_empty() && rest.iter().all(|term| !term.negative));
    let (counted, other) = match counts {
        Counts::Good => (Part::Good, Part::Bad),
        Counts::Bad => (Part::Bad, Part::Good),
    };
    let part = (counted, written(&part));
    Ok(Measured::Events(Box::new(match rest {
        None => [(Part::Total, written(&total)), part],
        Some(rest) if counted == Part::Good => [part, (other, written(&rest))],
        Some(rest) => [(other, written(&rest)), part],
    })))
}

/// A state that is sampled regularly.
fn state(part: &Term, counts: Counts, all: &Term) -> Result<Measured, &'static str> {
    match (&part.of, &all.of) {
        (CountKind::Below(bound), CountKind::NativeCount) if same_series(&part.selector, &all.selector) => {
            let threshold = whole_millis(*bound * Decimal::ONE_THOUSAND)
                .ok_or("the bound is not a whole number of milliseconds")?;
            match counts {
                Counts::Good => Ok(Measured::Latency {
                    histogram: part.selector.clone(),
                    threshold,
                    native: true,
                    milliseconds: false,
                    success: Vec::new(),
                }),
                Counts::Bad => Err("events below the bound are counted as bad"),
            }
        }
        (CountKind::Summed, CountKind::Looked) if same_series(&part.selector, &all.selector) => {
            let name = part.selector.name.as_deref().unwrap_or_default();
            match counts {
                Counts::Good if is_probe(name) => Ok(Measured::Probe(part.selector.clone().into())),
                Counts::Good | Counts::Bad => Err(UNKNOWN_GAUGE),
            }
        }
        (CountKind::Held(held), CountKind::Held(asked)) => match &held.kind {
            Kind::Binary(binary) if binary.op.is_comparison() && **asked == binary.left => {
                let mut good = (**binary).clone();
                if counts == Counts::Bad {
                    good.op = good.op.opposite();
                }
                Ok(Measured::Condition(good.into()))
            }
            _ => Err("the two sides read different series"),
        },
        (CountKind::Summed, CountKind::Summed) => {
            Err("values of gauges are not events: a gauge of 7 does not mean that something happened 7 times")
        }
        _ => Err("one ratio mixes counters and states"),
    }
}

/// The reason why a gauge cannot be counted, if it may still be a gauge with 0 and 1.
pub const UNKNOWN_GAUGE: &str = "this gauge is not known to be 0 or 1, so its values are not events";

/// Names of metrics that are always 0 or 1.
fn is_probe(name: &str) -> bool {
    name == "up" || name.ends_with("_up") || name.ends_with("_success") || name.ends_with("_healthy")
}

/// In `(total - good) / total`, the good events.
fn complemented(over: Vec<Term>, counts: Counts, total: &[Term]) -> (Vec<Term>, Counts) {
    match without(&over, total) {
        Some(mut rest) if !rest.is_empty() => {
            rest.iter_mut().for_each(|term| term.negative = !term.negative);
            let other = match counts {
                Counts::Good => Counts::Bad,
                Counts::Bad => Counts::Good,
            };
            (rest, other)
        }
        Some(_) | None => (over, counts),
    }
}

/// The first terms without the second ones, all of which must be among them.
fn without(terms: &[Term], these: &[Term]) -> Option<Vec<Term>> {
    let mut rest = terms.to_vec();
    for term in these {
        let at = rest.iter().position(|other| other.same(term))?;
        rest.remove(at);
    }
    Some(rest)
}

/// The terms without those that cancel each other.
fn cancelled(terms: Vec<Term>) -> Vec<Term> {
    let mut kept: Vec<Term> = Vec::new();
    for term in terms {
        let opposite = Term { negative: !term.negative, ..term.clone() };
        match kept.iter().position(|other| other.same(&opposite)) {
            Some(at) => drop(kept.remove(at)),
            None => kept.push(term),
        }
    }
    kept
}

/// A sum as an expression.
fn written(terms: &[Term]) -> Expr {
    let first = terms.iter().position(|term| !term.negative).unwrap_or_default();
    let mut sum: Expr = terms[first].selector.clone().into();
    for (index, term) in terms.iter().enumerate() {
        let selector = term.selector.clone();
        if index != first {
            sum = if term.negative { build::sub(sum, selector) } else { build::add(sum, selector) }.into();
        }
    }
    sum
}

/// A histogram with a threshold, if the selectors are a bucket and its count.
fn latency(below: &Selector, all: &Selector) -> Option<Measured> {
    let base = below.name.as_deref()?.strip_suffix("_bucket")?;
    let all_name = all.name.as_deref()?;
    let plain = |selector: &Selector| Selector {
        name: None,
        matchers: selector
            .matchers
            .iter()
            .filter(|matcher| matcher.label != "le")
            .cloned()
            .collect::<Vec<_>>()
            .into(),
        ..selector.clone()
    };
    let of_all = bounds_of(all);
    let every = match all_name.strip_suffix("_count") {
        Some(name) => name == base && of_all.is_none(),
        None => all_name.strip_suffix("_bucket") == Some(base) && of_all == Some(vec![Bound::Infinite]),
    };
    let asks = |selector: &Selector, matcher: &Matcher| {
        let same = |other: &Matcher| {
            (&other.label, other.op, &other.value) == (&matcher.label, matcher.op, &matcher.value)
        };
        selector.matchers.iter().any(same)
    };
    let (below_plain, all_plain) = (plain(below), plain(all));
    // Further matchers of the bucket select successful events.
    let success: Vec<Matcher> =
        below_plain.matchers.iter().filter(|matcher| !asks(&all_plain, matcher)).cloned().collect();
    if !every || !all_plain.matchers.iter().all(|matcher| asks(&below_plain, matcher)) {
        return None;
    }
    let found = bounds_of(below)?;
    // Different spellings of one number are one bound.
    let numbers: BTreeSet<Bound> = found.into_iter().collect();
    let (Some(Bound::At(bound)), 1) = (numbers.first(), numbers.len()) else { return None };
    let milliseconds = base.ends_with("_milliseconds") || base.ends_with("_ms");
    if !milliseconds && !base.ends_with("_seconds") {
        return None;
    }
    let threshold = if milliseconds { *bound } else { bound.checked_mul(Decimal::ONE_THOUSAND)? };
    let found = if success.is_empty() { below_plain } else { all_plain };
    let histogram = Selector { name: Some(base.to_owned()), ..found };
    Some(Measured::Latency {
        histogram,
        threshold: whole_millis(threshold)?,
        native: false,
        milliseconds,
        success,
    })
}

/// The bounds in a selector; `None` if it has no matcher for `le`.
fn bounds_of(selector: &Selector) -> Option<Vec<Bound>> {
    let asks: Vec<&Matcher> = selector.matchers.iter().filter(|matcher| matcher.label == "le").collect();
    match asks[..] {
        [matcher] if matches!(matcher.op, MatchOp::Equal | MatchOp::Matches) => bounds::listed(matcher),
        _ => None,
    }
}

fn whole_millis(millis: Decimal) -> Option<Duration> {
    let whole = u64::try_from(millis.trunc()).ok()?;
    // A year is the longest threshold.
    let fits = Decimal::from(whole) == millis && (1..=31_536_000_000).contains(&whole);
    fits.then(|| Duration::from_millis(whole))
}

/// Whether two selectors match the same series. The order of matchers does not matter.
pub fn same_series(one: &Selector, other: &Selector) -> bool {
    let asked = |selector: &Selector| {
        selector
            .matchers
            .iter()
            .map(|matcher| (matcher.label.clone(), matcher.op, matcher.value.clone()))
            .collect::<BTreeSet<_>>()
    };
    one.name == other.name && asked(one) == asked(other)
}
