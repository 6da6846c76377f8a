//! Keeps the names of alerts, because routes and silences use them. A name that several SLOs share is written once: in the service or in the project.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::FileContents;
use super::keys::not_carried;
use crate::diagnostic::Problem;
use crate::vocabulary::{AlertName, Severity};

/// An SLO: the index of its service, and its index in the service.
type SloIndex = (usize, usize);

/// Decides on which level each name is written.
pub fn settle(gathered: &mut FileContents, may_be_project: bool, problems: &mut Vec<Problem>) {
    let labels = Severity::ALL.map(|severity| {
        let label = gathered.severities.get(severity).label.as_ref();
        label.map_or_else(|| severity.to_string(), |label| label.text.clone())
    });
    let alike = labels[0] == labels[1];
    let mut names: BTreeMap<String, Vec<SloIndex>> = BTreeMap::new();
    let mut nameless: BTreeSet<usize> = BTreeSet::new();
    for (service, slo) in all(gathered) {
        let draft = &gathered.services[service].slos[slo].draft;
        match draft.alert_name.as_ref().filter(|_| !draft.is_silent()) {
            Some(written) if alike && Severity::ALL.iter().all(|it| !draft.severities.get(*it).off) => {
                nameless.insert(service);
                let problem = not_carried(written.place, "this name of two alerts is not imported");
                problems.push(problem.label(format!(
                    "page and ticket both have `severity: {}`, so the two alerts would be the same",
                    labels[0]
                )));
            }
            Some(written) if AlertName::parse(&written.text).is_some() => {
                names.entry(written.text.clone()).or_default().push((service, slo));
            }
            Some(written) => {
                nameless.insert(service);
                problems.push(
                    not_carried(written.place, "this name of an alert is not imported")
                        .label("a name has letters, digits, `_ - . :` and single spaces"),
                );
            }
            None if draft.is_silent() => {}
            None => drop(nameless.insert(service)),
        }
    }
    let mut named: Vec<(String, Vec<SloIndex>)> = names.into_iter().collect();
    named.sort_by_key(|(_, slos)| (std::cmp::Reverse(slos.len()), slos[0]));
    for (name, slos) in named {
        let (service, slo) = slos[0];
        let one_service = slos.iter().all(|(other, _)| *other == service);
        if slos.len() == 1 {
            gathered.services[service].slos[slo].alert_name = Some(name);
        } else if one_service
            && gathered.services[service].alert_name.is_none()
            && !nameless.contains(&service)
        {
            gathered.services[service].alert_name = Some(name);
        } else if may_be_project && gathered.alert_name.is_none() && nameless.is_empty() {
            gathered.alert_name = Some(name);
        } else {
            for (service, slo) in slos {
                let draft = &gathered.services[service].slos[slo].draft;
                let Some(written) = &draft.alert_name else { continue };
                problems.push(
                    not_carried(written.place,
                        format!("the alert name `{name}` of several SLOs is not imported"),
                    )
                    .label("such a name is written once, for a service or for the project, and then applies to all its SLOs")
                    .help(format!("if all of them should have this name, write `alert_name: {name}` there")),
                );
            }
        }
    }
}

fn all(gathered: &FileContents) -> Vec<SloIndex> {
    let services = gathered.services.iter().enumerate();
    services.flat_map(|(at, service)| (0..service.slos.len()).map(move |slo| (at, slo))).collect()
}
