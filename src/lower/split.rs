//! How the counters of an SLI separate good events from bad ones.

use super::targets;
use crate::model::{Sli, Slo, Term};

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
    },
}

impl CounterSplit {
    /// The split of an SLO; `None` if it counts no events.
    pub fn of(slo: &Slo) -> Option<Self> {
        let Sli::Counted { total, good, bad, histogram } = &slo.sli else { return None };
        Some(match (total.clone(), good.clone(), bad.clone()) {
            (Some(total), _, Some(bad)) => match targets::complement(&total, &bad) {
                Some(good) => Self::Apart { good, bad },
                None => Self::Bad { total, bad },
            },
            (Some(total), Some(good), None) => match targets::complement(&total, &good) {
                Some(bad) => Self::Apart { good, bad },
                None => {
                    // If buckets are read for successful events only, a target without buckets still has failed events.
                    let histogram = histogram
                        .as_ref()
                        .is_some_and(|histogram| !histogram.native && histogram.success.is_empty());
                    Self::Good { total, good, histogram }
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

    /// Whether counts of bad events are differences that may be below zero for a moment, because their counters are not scraped together.
    pub fn is_signed(&self) -> bool {
        matches!(self, Self::Good { .. }) || self.all().into_iter().flatten().any(|term| term.negative)
    }
}
