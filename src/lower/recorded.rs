//! The names of recorded series, by SLO, without writing all rules: SLOs of one form record the same names.

use super::split::CounterSplit;
use std::collections::BTreeMap;
use std::mem;

use super::lower_slo;
use super::series::Bounds;
use crate::facts::{RecordedNames, ServiceFacts, SloFacts};
use crate::model::{Budgeting, Model, Service};
use crate::plan::RuleOutput;

/// The series that a service's rules record.
pub(super) fn recorded<'a>(model: &Model, facts: &ServiceFacts<'a>) -> Vec<RecordedNames<'a>> {
    let service = facts.service;
    let mut forms: BTreeMap<String, Vec<&SloFacts>> = BTreeMap::new();
    for slo in &facts.slos {
        forms.entry(form(service, slo)).or_default().push(slo);
    }
    let names = |slo: &SloFacts| {
        let rules =
            lower_slo(model, service, slo, Bounds::Kept).groups.into_iter().flat_map(|group| group.rules);
        let made = rules.filter_map(|rule| match rule.makes {
            RuleOutput::Record(name) => Some((name, rule.labels.keys().cloned().collect())),
            RuleOutput::Alert(_) => None,
        });
        made.collect()
    };
    let recorded = |slos: Vec<&SloFacts<'a>>| RecordedNames {
        names: names(slos[0]),
        slos: slos.iter().map(|slo| slo.slo).collect(),
    };
    forms.into_values().map(recorded).collect()
}

/// Everything that the names and labels of recorded series depend on, except the name of the SLO. A test compares it with the rules.
fn form(service: &Service, facts: &SloFacts) -> String {
    let slo = facts.slo;
    let counted = CounterSplit::of(slo).map(|split| {
        let subtracts = split
            .all()
            .map(|terms| (terms.iter().any(|term| term.negative), terms.iter().any(|term| !term.negative)));
        (mem::discriminant(&split), split.is_signed(), subtracts)
    });
    let length = match &slo.budgeting {
        Budgeting::Timeslices { length, .. } => Some(length),
        Budgeting::Occurrences => None,
    };
    let tiers: Vec<_> = (facts.promise.tiers.iter())
        .map(|tier| (tier.severity, tier.long, tier.short, tier.min_bad_events > 1))
        .collect();
    let by: Vec<[&str; 2]> = slo.by.iter().map(|kept| [kept.as_str(), kept.label.as_str()]).collect();
    let linked = |name: &str| slo.annotations.get(name).or(service.annotations.get(name)).is_some();
    let facts = (
        slo.description.as_deref().is_some_and(|text| !text.trim().is_empty()),
        slo.planned.is_some(),
        slo.runbook.is_some(),
        ["runbook_url", "source_url"].map(linked),
        (slo.agreed.hours.is_some(), slo.agreed.except.is_some(), slo.agreed.maintenance.is_empty()),
    );
    format!(
        "{counted:?} {:?} {length:?} {:?} {tiers:?} {by:?} {facts:?}",
        mem::discriminant(&slo.sli),
        slo.period
    )
}
