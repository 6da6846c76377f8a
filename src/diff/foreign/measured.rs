//! The measurement on both sides: the metrics with their matchers.

use std::collections::{BTreeMap, BTreeSet};

use super::OurSlo;
use crate::difference::{Change, Kind, Sentence};
use crate::foreign::Slo;
use crate::plan::Rule;
use crate::promql::ast::{MatchOp, Selector};

/// The matchers of each metric's selectors. A matcher and its opposite count as one: good events are those that are not bad.
pub type Reads = BTreeMap<String, BTreeSet<String>>;

/// The raw series that an SLO of the other rules reads.
pub fn reads(theirs: &Slo) -> Reads {
    let mut recorded: BTreeSet<&str> = theirs.recorded.iter().map(|rule| rule.name.as_str()).collect();
    let series = theirs.ratios.iter().filter_map(|ratio| ratio.series.as_ref()?.name.as_deref());
    recorded.extend(series);
    let of_alerts = theirs.alerts.iter().filter(|alert| !alert.absent).map(|alert| &alert.rule.expr);
    let of_ratios = theirs.ratios.iter().map(|ratio| &ratio.expr);
    let exprs = theirs.recorded.iter().map(|rule| &rule.expr).chain(of_alerts).chain(of_ratios).flatten();
    let selectors = exprs.flat_map(|expr| expr.selectors());
    asked(selectors.filter(|selector| !recorded.contains(selector.name.as_deref().unwrap_or_default())))
}

/// The raw series that our SLO reads.
pub(super) fn ours(one: OurSlo) -> Reads {
    let recorded: BTreeSet<&str> = one.slo.rules().filter_map(Rule::record).collect();
    let selectors =
        one.slo.rules().filter(|rule| rule.record().is_some()).flat_map(|rule| rule.expr.selectors());
    asked(selectors.filter(|selector| !recorded.contains(selector.name.as_deref().unwrap_or_default())))
}

fn asked<'a>(selectors: impl Iterator<Item = &'a Selector>) -> Reads {
    let mut reads = Reads::new();
    for selector in selectors {
        let Some(name) = selector.name.as_deref() else { continue };
        // The series of one histogram are one metric.
        let parts = ["_bucket", "_count", "_sum"];
        let base = parts.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
        let matchers =
            selector.matchers.iter().filter(|matcher| matcher.label != "le" && matcher.label != "__name__");
        let positive = matchers.map(|matcher| {
            let op = match matcher.op {
                MatchOp::NotEqual | MatchOp::NotMatches => matcher.op.opposite(),
                op @ (MatchOp::Equal | MatchOp::Matches) => op,
            };
            format!("{}{}\"{}\"", matcher.label, op.symbol(), matcher.value)
        });
        reads.entry(base.to_owned()).or_default().extend(positive);
    }
    reads
}

/// The differences in words; empty if both sides read the same.
pub fn metric_differences(theirs: &Slo, one: OurSlo) -> Vec<Sentence> {
    let (before, after) = (reads(theirs), ours(one));
    let mut sentences = Vec::new();
    for (metric, was) in &before {
        match after.get(metric) {
            None => sentences.push(Sentence::plain("only the old rules read ").quote(metric)),
            Some(is) if was != is => {
                let only = |from: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
                    from.difference(other).cloned().collect()
                };
                for (side, only) in [("old", only(was, is)), ("new", only(is, was))] {
                    if !only.is_empty() {
                        let words = Sentence::plain("of ").quote(metric);
                        sentences.push(words.and(format!(" only the {side} rules ask ")).list(only));
                    }
                }
            }
            Some(_) => {}
        }
    }
    for metric in after.keys().filter(|metric| !before.contains_key(*metric)) {
        sentences.push(Sentence::plain("only the new rules read ").quote(metric));
    }
    sentences
}

pub(super) fn changes(theirs: &Slo, one: OurSlo, kept: &mut Vec<Sentence>) -> Option<Change> {
    let subject = [one.name()];
    if reads(theirs).is_empty() {
        let message = "the old rules do not say which raw series they read, so these are not compared";
        return Some(Change::new(Kind::NotUnderstood, &subject, Sentence::plain(message)));
    }
    let apart = metric_differences(theirs, one);
    if apart.is_empty() {
        kept.push(Sentence::plain("both read the same series: ").list(reads(theirs).into_keys()));
        return None;
    }
    let message = Sentence::plain("the two sides read different series");
    let warning =
        Sentence::plain("the ratios of both rule sets may differ: `slowburn import --check` compares them");
    Some(Change::new(Kind::Sli, &subject, message).warn(warning).effects(apart))
}
