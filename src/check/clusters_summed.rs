//! SLOs that add up several clusters of one store although the source does not declare it.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Sli, Slo};
use crate::promql::ast::{MatchOp, Selector};

/// The most SLOs that the problem names.
const NAMED: usize = 3;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let targets = &model.project.targets;
    let Some((place, store)) = targets.store() else { return };
    let prometheus = &model.project.prometheus;
    for label in &prometheus.external_labels {
        let label = label.as_str();
        // The store removes the labels of replicas.
        if prometheus.replica_labels.iter().any(|replica| replica.as_str() == label) {
            continue;
        }
        let summed: Vec<String> = slos(model)
            .filter(|(_, slo)| {
                !slo.by.iter().any(|kept| kept.label.as_str() == label) && !is_matched(slo, label)
            })
            .map(|(service, slo)| format!("{}/{}", service.name, slo.name))
            .collect();
        if summed.is_empty() {
            continue;
        }
        let mut named = summed.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if summed.len() > NAMED {
            named += &format!(" and {} more", summed.len() - NAMED);
        }
        let message = format!(
            "the store `{store}` has the series of every `{label}`, and these SLOs add them up: {named}"
        );
        problems.push(
            Problem::warning(Code::ClustersSummed, place, message)
                .label("so there is one promise for all of them together")
                .help(format!("for one promise per `{label}` write `by: [{label}]`"))
                .help(format!("if you mean the sum, write it in the selectors: `{label}=~\".+\"`")),
        );
    }
}

/// Whether every selector of the SLI selects values of a label.
fn is_matched(slo: &Slo, label: &str) -> bool {
    let says = |selector: &Selector| {
        selector.matchers.iter().any(|matcher| {
            matcher.label == label && !matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotMatches)
        })
    };
    match &slo.sli {
        Sli::Counted { total, good, bad, .. } => {
            let terms = [total, good, bad].into_iter().flatten().flatten();
            terms.map(|term| term.counter.selector()).all(says)
        }
        Sli::Checked { good, .. } => good.selectors().into_iter().all(says),
        Sli::Ratio { bad } => bad.selectors().into_iter().all(says),
        // Its parts have the selectors.
        Sli::Journey { .. } => true,
    }
}
