//! The labels that identify a target: all labels of a counter that do not belong to the metric.
//!
//! The counters of one process restart together. So their sum is a counter, too, and one sum per target is enough. A label belongs to the metric if
//! the contract lists it for that metric, or if the selectors differ in it (`code`, `le`). Without a contract every other label is part of the
//! target: that is always correct, and only costs more series.
//!
//! **Invariant:** a label that names a program or a place never belongs to the metric, even if the contract lists it. Several programs may be behind
//! one collector, and a program that moves to another collector keeps its counter values.

use std::collections::BTreeSet;

use super::split::CounterSplit;
use crate::contract::{Contract, Part};
use crate::model::{Model, Service, Slo};
use crate::promql::ast::Selector;
use crate::promql::names;
use crate::promql::since::QUOTED_NAMES;
use crate::vocabulary::{self, LabelName};

/// The labels of these counters that do not identify a target, sorted.
pub(super) fn own_labels(model: &Model, service: &Service, slo: &Slo, split: &CounterSplit) -> Vec<String> {
    let selectors: Vec<&Selector> =
        split.all().into_iter().flatten().map(|term| term.counter.selector()).collect();
    let differing = differing(&selectors);
    let mut own = differing.clone();
    if let Some(contract) = &service.contract {
        own.extend(selectors.iter().flat_map(|selector| listed(contract, selector)));
    }
    let prometheus = &model.project.prometheus;
    own.retain(|label| {
        let named = |names: &[LabelName]| names.iter().any(|name| name.as_str() == label);
        // If every selector requires one value, the sums cannot mix places. Then targets of different jobs are one target.
        // But a target of two programs would hide that one of them is not scraped.
        let mixes =
            split.may_be_two_programs() || !selectors.iter().all(|selector| selector.equal(label).is_some());
        let place = vocabulary::names_a_place(label) && (mixes || !differing.contains(label));
        // Prometheus cannot read the others in a list.
        let quoted = prometheus.version >= QUOTED_NAMES && names::may_be_label(label);
        let readable = names::is_label(label) || quoted;
        readable
            && !place
            && !slo.by.iter().any(|kept| kept.label.as_str() == label)
            && !named(&prometheus.target_labels)
            && !named(&prometheus.external_labels)
            && !named(&prometheus.replica_labels)
    });
    // A label that already has the new name of a renamed label is dropped.
    own.extend(slo.by.iter().filter(|kept| kept.is_renamed()).map(ToString::to_string));
    own.into_iter().collect()
}

/// Labels on which the selectors have different matchers.
fn differing(selectors: &[&Selector]) -> BTreeSet<String> {
    let matches = |selector: &Selector, label: &str| -> Vec<_> {
        let matchers = selector.matchers.iter().filter(|matcher| matcher.label == label);
        matchers.map(|matcher| (matcher.op, matcher.value.clone())).collect()
    };
    let labels = selectors.iter().flat_map(|selector| selector.matchers.iter()).map(|matcher| &matcher.label);
    labels
        .filter(|label| {
            selectors.windows(2).any(|pair| matches(pair[0], label) != matches(pair[1], label))
                || label.as_str() == "le"
        })
        .cloned()
        .collect()
}

/// Labels that the contract lists for the metric of a selector.
fn listed(contract: &Contract, selector: &Selector) -> Vec<String> {
    let Some((_, family, part)) = selector.name.as_deref().and_then(|name| contract.find(name)) else {
        return Vec::new();
    };
    let labels = family.shapes.iter().flat_map(|shape| shape.labels.keys().cloned());
    labels.chain((part == Part::Bucket).then(|| "le".to_owned())).collect()
}
