//! The labels that `absent` and `absent_over_time` copy from their selector: labels with one equality matcher and no later matcher.
//!
//! Like `createLabelsForAbsentFunction` in Prometheus' `promql/functions.go`; `tests/promql.rs` compares it with promtool.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Expr, Kind, MatchOp};

/// The labels of the result with their values; empty if the argument is not a selector.
pub fn kept(argument: &Expr) -> BTreeMap<&str, &str> {
    let selector = match &argument.kind {
        Kind::Paren(inner) => return kept(inner),
        Kind::Selector(selector) | Kind::Range { selector, .. } => selector,
        _ => return BTreeMap::new(),
    };
    let (mut labels, mut equal) = (BTreeMap::new(), BTreeSet::new());
    for matcher in selector.matchers.iter().filter(|matcher| matcher.label != "__name__") {
        let label = matcher.label.as_str();
        // A second equality matcher removes a label, too; one after another operator does not.
        if matcher.op == MatchOp::Equal && equal.insert(label) {
            labels.insert(label, matcher.value.as_str());
        } else {
            labels.remove(label);
        }
    }
    // For Prometheus an empty label does not exist.
    labels.retain(|_, value| !value.is_empty());
    labels
}
