//! How the counters of an SLI separate good events from bad ones.

use std::collections::BTreeSet;

use crate::model::{Counter, Sli, Slo, Term};
use crate::promql::ast::{Expr, Matcher, Selector};
use crate::vocabulary::names_a_place;

/// How the counters of an SLI separate good from bad.
pub(super) enum CounterSplit {
    /// No event is counted on both sides.
    Apart { good: Vec<Term>, bad: Vec<Term> },
    /// All events are counted, and the bad ones among them, if there can be any.
    Bad { total: Vec<Term>, bad: Vec<Term> },
    /// All events are counted, and the good ones among them.
    Good {
        total: Vec<Term>,
        good: Vec<Term>,
        /// Whether both are read from one classic histogram, whose bucket may be missing.
        histogram: bool,
        /// The successful events of `total` and the failed ones. They are counted apart: old series of failed events, which a collector may still
        /// show after a restart, must not be counted again with the successful ones.
        parted: Option<Box<[Term; 2]>>,
    },
}

impl CounterSplit {
    /// The split of an SLO; `None` if it counts no events.
    pub fn of(slo: &Slo) -> Option<Self> {
        let Sli::Counted { total, good, bad, histogram } = &slo.sli else { return None };
        Some(match (total.clone(), good.clone(), bad.clone()) {
            (Some(total), _, Some(bad)) => match complement(&total, &bad) {
                Some(good) => Self::Apart { good, bad },
                None => Self::Bad { total, bad },
            },
            (Some(total), Some(good), None) => match complement(&total, &good) {
                Some(bad) => Self::Apart { good, bad },
                None => {
                    // If buckets are read for successful events only, a target without buckets still has failed events.
                    let success = histogram.as_ref().map_or(&[][..], |histogram| &histogram.success);
                    let histogram =
                        histogram.as_ref().is_some_and(|histogram| !histogram.native) && success.is_empty();
                    let parted = parted(&total, success).map(Box::new);
                    Self::Good { total, good, histogram, parted }
                }
            },
            (Some(total), None, None) => Self::Bad { total, bad: Vec::new() },
            (None, good, bad) => Self::Apart { good: good.unwrap_or_default(), bad: bad.unwrap_or_default() },
        })
    }

    /// The counters of both sides.
    pub fn all(&self) -> [&[Term]; 2] {
        match self {
            Self::Apart { good, bad } => [good, bad],
            Self::Bad { total, bad } => [total, bad],
            Self::Good { total, good, .. } => [total, good],
        }
    }

    /// Whether one program may count all events and another one the good ones. Then an event that only one of them has shown is not bad.
    pub fn may_be_two_programs(&self) -> bool {
        let Self::Good { total, good, histogram: false, .. } = self else { return false };
        let places = |terms: &[Term]| -> BTreeSet<String> { terms.iter().map(place).collect() };
        places(total) != places(good)
    }

    /// A short text that is another one for other counters: 32 bits of FNV-1a.
    pub fn fingerprint(&self) -> String {
        let text = |term: &Term| {
            let selector = Expr::from(term.counter.selector().clone());
            let bound = match &term.counter {
                Counter::NativeBelow(_, bound) => bound.to_string(),
                Counter::Plain(_) | Counter::NativeCount(_) => String::new(),
            };
            format!("{} {selector} {bound}", if term.negative { '-' } else { '+' })
        };
        let sides = self.all().map(|side| side.iter().map(text).collect::<Vec<_>>().join(" ")).join("|");
        let hash = sides
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        format!("{hash:08x}")
    }

    /// Whether counts of bad events are differences that may be below zero for a moment, because their counters are not scraped together.
    pub fn is_signed(&self) -> bool {
        self.may_be_two_programs() || self.all().into_iter().flatten().any(|term| term.negative)
    }
}

/// The metric of a selector, without the suffixes of a histogram.
pub(super) fn family(selector: &Selector) -> String {
    let name = selector.name.as_deref().unwrap_or_default();
    ["_bucket", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name).to_owned()
}

/// The metric of a counter, with the matchers that select programs and places.
fn place(term: &Term) -> String {
    let selector = term.counter.selector();
    let matchers = selector.matchers.iter().filter(|matcher| names_a_place(&matcher.label));
    let mut matchers: Vec<String> =
        matchers.map(|matcher| format!("{} {:?} {}", matcher.label, matcher.op, matcher.value)).collect();
    matchers.sort();
    format!("{} {}", family(selector), matchers.join(" "))
}

/// The successful events and the failed ones, if one matcher separates them.
fn parted(total: &[Term], success: &[Matcher]) -> Option<[Term; 2]> {
    let ([Term { negative: false, counter }], [only]) = (total, success) else { return None };
    if only.placeholder || names_a_place(&only.label) {
        return None;
    }
    let of = |op| {
        let matching = |selector: &Selector| selector.clone().matching(&only.label, op, &only.value);
        let counter = match counter {
            Counter::Plain(selector) => Counter::Plain(matching(selector)),
            Counter::NativeCount(selector) => Counter::NativeCount(matching(selector)),
            Counter::NativeBelow(selector, bound) => Counter::NativeBelow(matching(selector), *bound),
        };
        Term { negative: false, counter }
    };
    Some([of(only.op), of(only.op.opposite())])
}

/// The counters of `whole` without those of `part`: if a selector has one more matcher, its complement has the opposite matcher.
fn complement(whole: &[Term], part: &[Term]) -> Option<Vec<Term>> {
    let (
        [Term { negative: false, counter: Counter::Plain(whole) }],
        [Term { negative: false, counter: Counter::Plain(part) }],
    ) = (whole, part)
    else {
        return None;
    };
    if whole.name != part.name || whole.at != part.at {
        return None;
    }
    let same = |one: &Matcher, two: &Matcher| {
        one.label == two.label
            && one.op == two.op
            && one.value == two.value
            && one.placeholder == two.placeholder
    };
    let more: Vec<&Matcher> = part
        .matchers
        .iter()
        .filter(|matcher| !whole.matchers.iter().any(|other| same(matcher, other)))
        .collect();
    let [only] = more[..] else { return None };
    let kept = whole.matchers.iter().all(|matcher| part.matchers.iter().any(|other| same(matcher, other)));
    if !kept || only.placeholder {
        return None;
    }
    let rest = whole.clone().matching(&only.label, only.op.opposite(), &only.value);
    Some(vec![Term { negative: false, counter: Counter::Plain(rest) }])
}
