//! Pairs SLOs of both sides: by name, or by their measurement.

use super::sli_text::what;
use std::collections::{BTreeMap, BTreeSet};

use super::Side;
use crate::model;
use crate::plan::SloPlan;

/// An SLO on one side.
#[derive(Clone, Copy)]
pub(super) struct Slo<'a> {
    pub service: &'a model::Service,
    pub slo: &'a model::Slo,
    pub plan: &'a SloPlan,
}

impl Slo<'_> {
    /// `service/slo`
    pub fn name(&self) -> String {
        format!("{}/{}", self.service.name, self.slo.name)
    }
}

/// One SLO on both sides.
pub(super) struct Pair<'a> {
    pub old: Slo<'a>,
    pub new: Slo<'a>,
}

impl Pair<'_> {
    /// The name now.
    pub fn subject(&self) -> [String; 1] {
        [self.new.name()]
    }

    /// Whether recorded counts from before continue under the same names.
    pub fn goes_on(&self) -> bool {
        self.old.name() == self.new.name() && self.old.slo.planned.is_none()
    }
}

/// Every SLO of both sides, once.
pub(super) struct Pairs<'a> {
    /// On both sides, in the order of the new one.
    pub kept: Vec<Pair<'a>>,
    /// On the old side only.
    pub removed: Vec<Slo<'a>>,
    /// On the new side only.
    pub added: Vec<Slo<'a>>,
    /// Services with a new name: the old and the new one.
    pub renamed_services: Vec<(String, String)>,
}

/// All SLOs of a side, in its order.
pub(super) fn slos(side: Side<'_>) -> Vec<Slo<'_>> {
    let services = side.model.services.iter().zip(&side.plan.services);
    services
        .flat_map(|(service, plan)| {
            service.slos.iter().zip(&plan.slos).map(move |(slo, plan)| Slo { service, slo, plan })
        })
        .collect()
}

/// Pairs by name first, then by the same measurement and the most other similarities. Similarity alone makes no pair, because services that are
/// written after one pattern are similar.
pub(super) fn pairs<'a>(old: Side<'a>, new: Side<'a>) -> Pairs<'a> {
    let mut left = (slos(old), slos(new));
    let mut kept = Vec::new();
    let keys: [fn(&Slo) -> String; 2] = [|slo| slo.name(), |slo| what(slo.slo)];
    for key in keys {
        let found = pairs_by_key(&left.0, &left.1, key);
        let rest = |slos: &[Slo<'a>], taken: &BTreeSet<usize>| -> Vec<Slo<'a>> {
            let rest = slos.iter().enumerate().filter(|(index, _)| !taken.contains(index));
            rest.map(|(_, slo)| *slo).collect()
        };
        kept.extend(found.iter().map(|(i, j)| Pair { old: left.0[*i], new: left.1[*j] }));
        let (gone, come) = found.into_iter().unzip();
        left = (rest(&left.0, &gone), rest(&left.1, &come));
    }
    kept.sort_by_key(|pair| pair.new.name());
    let renamed_services = renamed_services(old, new, &kept);
    Pairs { kept, removed: left.0, added: left.1, renamed_services }
}

/// Pairs with the same key, the most similar first, and then in order.
fn pairs_by_key(old: &[Slo], new: &[Slo], key: fn(&Slo) -> String) -> Vec<(usize, usize)> {
    let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, slo) in new.iter().enumerate() {
        by_key.entry(key(slo)).or_default().push(index);
    }
    let mut found: Vec<(u32, usize, usize)> = Vec::new();
    for (i, slo) in old.iter().enumerate() {
        let same = by_key.get(&key(slo)).into_iter().flatten();
        found.extend(same.map(|j| (similarity(slo, &new[*j]), i, *j)));
    }
    found.sort_by_key(|(likeness, i, j)| (std::cmp::Reverse(*likeness), *i, *j));
    let (mut gone, mut come) = (BTreeSet::new(), BTreeSet::new());
    found.retain(|(_, i, j)| {
        let free = !gone.contains(i) && !come.contains(j);
        if free {
            gone.insert(*i);
            come.insert(*j);
        }
        free
    });
    found.into_iter().map(|(_, i, j)| (i, j)).collect()
}

/// How similar two SLOs of different names are, besides their measurement: the service counts most, then the name.
fn similarity(old: &Slo, new: &Slo) -> u32 {
    let same_service = old.service.name == new.service.name;
    let same_slo = old.slo.name == new.slo.name;
    let same_promise = old.slo.objective == new.slo.objective && old.slo.threshold == new.slo.threshold;
    let same_event = old.slo.budgeting == new.slo.budgeting;
    8 * u32::from(same_service)
        + 4 * u32::from(same_slo)
        + 2 * u32::from(same_promise)
        + u32::from(same_event)
}

/// Pairs of a removed service and a new one that has most of its SLOs.
fn renamed_services(old: Side, new: Side, kept: &[Pair]) -> Vec<(String, String)> {
    let known =
        |side: Side, name: &str| side.model.services.iter().any(|service| service.name.as_str() == name);
    let mut renamed = Vec::new();
    for before in old.model.services.iter().filter(|service| !known(new, service.name.as_str())) {
        let went_to = |name: &str| {
            kept.iter()
                .filter(|pair| pair.old.service.name == before.name && pair.new.service.name.as_str() == name)
                .count()
        };
        let heir = new
            .model
            .services
            .iter()
            .filter(|after| !known(old, after.name.as_str()))
            .find(|after| 2 * went_to(after.name.as_str()) > before.slos.len());
        renamed.extend(heir.map(|after| (before.name.to_string(), after.name.to_string())));
    }
    renamed
}
