//! What an understood query measures: sums of counters, and the meaning of their ratio.

use std::collections::BTreeSet;

use crate::promql::ast::{Expr, Kind, MatchOp, Matcher, Selector, Span};
use crate::promql::bounds::{self, Bound};
use crate::promql::build;
use crate::vocabulary::{Decimal, Duration};

/// Whether what stands above the fraction is good or bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    Good,
    Bad,
}

/// Why a query is not understood: which part of it, and what is so there.
#[derive(Debug)]
pub struct Why {
    pub span: Span,
    pub words: String,
}

/// What stood in a query for the sake of its arithmetic, and is not needed here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// For counters that are not there before their first event.
    Absent,
    /// For times without events, in which nothing can be divided.
    Idle,
    /// For ratios beyond 0 and 1.
    Clamped,
    /// `irate` looks at the last two samples of a window.
    LastTwo,
    /// Series by series, as nobody summed them.
    PerSeries,
    /// For times with little traffic: that is `min_bad_events` here.
    Traffic(Place),
    /// A condition under which nothing is measured.
    Other(Place),
}

/// A place in a query that orders and compares as itself.
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

/// What is counted of a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// What counters gain.
    Gain,
    /// Observations of a native histogram.
    NativeCount,
    /// Those of them below a bound.
    Below(Decimal),
    /// The values of a gauge, added up.
    Summed,
    /// How often a gauge was looked at.
    Looked,
    /// How often a condition held, or, of anything but a comparison, was asked.
    Held(Box<Expr>),
}

/// A counter in a sum.
#[derive(Clone, Debug)]
pub struct Term {
    pub negative: bool,
    pub selector: Selector,
    pub of: Of,
    pub span: Span,
}

impl Term {
    /// Whether they cancel each other out where one is subtracted.
    fn same(&self, other: &Self) -> bool {
        self.negative == other.negative && self.of == other.of && same_series(&self.selector, &other.selector)
    }
}

/// A sum of counters.
#[derive(Clone, Debug)]
pub struct Sum {
    pub terms: Vec<Term>,
    /// The labels that are kept; `None`: all of them.
    pub by: Option<Vec<String>>,
    /// By what it is multiplied.
    pub scale: Decimal,
    /// Whether it is counted by the second, or by the window; `None` of what says neither.
    pub per_second: Option<bool>,
    pub guards: BTreeSet<Guard>,
    /// Where it is no sum, but the mean of several series.
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

    /// `None` where the two are not counted alike.
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

/// Which events are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Total,
    Good,
    Bad,
}

impl Part {
    /// As our language has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// What an SLI is to say.
#[derive(Clone, Debug)]
pub enum Measured {
    /// Two of all, good and bad events.
    Events(Box<[(Part, Expr); 2]>),
    /// A histogram and a threshold.
    Latency {
        histogram: Selector,
        threshold: Duration,
        native: bool,
        milliseconds: bool,
        success: Vec<Matcher>,
    },
    /// What holds while all is well.
    Condition(Expr),
    /// A gauge that is 1 while all is well.
    Probe(Expr),
    /// The last resort.
    Ratio(Expr),
}

/// What it means to divide one sum by another.
///
/// # Errors
/// Why it means nothing.
pub fn of(over: Vec<Term>, counts: Counts, total: Vec<Term>) -> Result<Measured, &'static str> {
    let (over, total) = (cancelled(over), cancelled(total));
    if total.is_empty() {
        return Err("the total counts nothing");
    }
    let gains = |terms: &[Term]| terms.iter().all(|term| term.of == Of::Gain);
    if gains(&over) && gains(&total) {
        return counted(over, counts, total);
    }
    let (over, counts) = complemented(over, counts, &total);
    match (&over[..], &total[..]) {
        ([part], [all]) if !part.negative && !all.negative => state(part, counts, all),
        _ => Err("one sum mixes counters and states"),
    }
}

/// Counters over counters.
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
    // Of `bad / (good + bad)` the two say more than their sum.
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

/// A state, looked at again and again.
fn state(part: &Term, counts: Counts, all: &Term) -> Result<Measured, &'static str> {
    match (&part.of, &all.of) {
        (Of::Below(bound), Of::NativeCount) if same_series(&part.selector, &all.selector) => {
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
        (Of::Summed, Of::Looked) if same_series(&part.selector, &all.selector) => {
            let name = part.selector.name.as_deref().unwrap_or_default();
            match counts {
                Counts::Good if is_probe(name) => Ok(Measured::Probe(part.selector.clone().into())),
                Counts::Good | Counts::Bad => Err(UNKNOWN_GAUGE),
            }
        }
        (Of::Held(held), Of::Held(asked)) => match &held.kind {
            Kind::Binary(binary) if binary.op.is_comparison() && **asked == binary.left => {
                let mut good = (**binary).clone();
                if counts == Counts::Bad {
                    good.op = good.op.opposite();
                }
                Ok(Measured::Condition(good.into()))
            }
            _ => Err("the two sides read different series"),
        },
        (Of::Summed, Of::Summed) => {
            Err("values of gauges are not events: a gauge of 7 does not mean that something happened 7 times")
        }
        _ => Err("one ratio mixes counters and states"),
    }
}

/// Why a gauge counts nothing, if it may be one that says whether all is well.
pub const UNKNOWN_GAUGE: &str = "this gauge is not known to be 0 or 1, so its values are not events";

/// Names that say of themselves that they are 0 or 1.
fn is_probe(name: &str) -> bool {
    name == "up" || name.ends_with("_up") || name.ends_with("_success") || name.ends_with("_healthy")
}

/// Of `(total - good) / total`, the good ones.
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

/// The terms without these, each of which has to be among them.
fn without(terms: &[Term], these: &[Term]) -> Option<Vec<Term>> {
    let mut rest = terms.to_vec();
    for term in these {
        let at = rest.iter().position(|other| other.same(term))?;
        rest.remove(at);
    }
    Some(rest)
}

/// The terms without those that are added and subtracted.
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

/// A sum as our language has it.
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

/// A histogram with a threshold, if that is what a bucket and a count are.
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
    // What the bucket asks more is what tells successful events.
    let success: Vec<Matcher> =
        below_plain.matchers.iter().filter(|matcher| !asks(&all_plain, matcher)).cloned().collect();
    if !every || !all_plain.matchers.iter().all(|matcher| asks(&below_plain, matcher)) {
        return None;
    }
    let found = bounds_of(below)?;
    // Spellings of one number are one bound.
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

/// The bounds that a selector asks for; `None` if it does not ask.
fn bounds_of(selector: &Selector) -> Option<Vec<Bound>> {
    let asks: Vec<&Matcher> = selector.matchers.iter().filter(|matcher| matcher.label == "le").collect();
    match asks[..] {
        [matcher] if matches!(matcher.op, MatchOp::Equal | MatchOp::Matches) => bounds::listed(matcher),
        _ => None,
    }
}

fn whole_millis(millis: Decimal) -> Option<Duration> {
    let whole = u64::try_from(millis.trunc()).ok()?;
    // A year is longer than anything that is waited for.
    let fits = Decimal::from(whole) == millis && (1..=31_536_000_000).contains(&whole);
    fits.then(|| Duration::from_millis(whole))
}

/// Whether two selectors find the same series, in whatever order their matchers stand.
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
