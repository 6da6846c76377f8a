//! The labels that `absent` and `absent_over_time` copy from their selector: labels with one equality matcher and no later matcher.
//!
//! As `createLabelsForAbsentFunction` does in Prometheus' `promql/functions.go`; `tests/promql.rs` has promtool judge it.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Expr, Kind, MatchOp};

/// The labels of the answer with their values; none where the argument is no selector.
pub fn kept(argument: &Expr) -> BTreeMap<&str, &str> {
    let selector = match &argument.kind {
        Kind::Paren(inner) => return kept(inner),
        Kind::Selector(selector) | Kind::Range { selector, .. } => selector,
        _ => return BTreeMap::new(),
    };
    let (mut labels, mut equal) = (BTreeMap::new(), BTreeSet::new());
    for matcher in selector.matchers.iter().filter(|matcher| matcher.label != "__name__") {
        let label = matcher.label.as_str();
        // A second equality takes a label away, too; one after another operator does not.
        if matcher.op == MatchOp::Equal && equal.insert(label) {
            labels.insert(label, matcher.value.as_str());
        } else {
            labels.remove(label);
        }
    }
    // To Prometheus an empty label is none.
    labels.retain(|_, value| !value.is_empty());
    labels
}
