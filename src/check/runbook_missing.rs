//! Alerts for which nobody wrote down what to do, and what was written down for none.
//!
//! Every alert has a runbook that is made for it. Whether people add to it is theirs to decide: only where they do is a gap worth a word.

use std::collections::{BTreeMap, BTreeSet};

use super::{listed, slos};
use crate::diagnostic::Problem;
use crate::model::Model;
use crate::source::Span;
use crate::vocabulary::Severity;

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    let written = &model.project.runbooks;
    if written.is_empty() {
        return;
    }
    let mut named: BTreeSet<&str> = BTreeSet::new();
    let mut without: BTreeMap<Span, Vec<String>> = BTreeMap::new();
    let mut missing: BTreeMap<Span, &str> = BTreeMap::new();
    let services = model.services.iter();
    let companions = services.flat_map(|service| service.alerts.iter().map(move |one| (service, one)));
    for (service, slo) in slos(model) {
        let pages = slo.tiers.iter().any(|tier| tier.severity == Severity::Page);
        let elsewhere =
            [&slo.annotations, &service.annotations].iter().any(|own| own.contains_key("runbook_url"));
        match &slo.runbook {
            None if pages && !elsewhere => {
                without.entry(slo.places.runbook).or_default().push(format!("{}/{}", service.name, slo.name));
            }
            None => {}
            Some(name) => {
                named.insert(name);
                if !written.contains_key(name) {
                    missing.insert(slo.places.runbook, name);
                }
            }
        }
    }
    for (service, companion) in companions {
        let elsewhere =
            [&companion.annotations, &service.annotations].iter().any(|own| own.contains_key("runbook_url"));
        match &companion.runbook {
            None if companion.severity == Severity::Page && !elsewhere => {
                let name = format!("{}/{}", service.name, companion.name);
                without.entry(companion.places.runbook).or_default().push(name);
            }
            None => {}
            Some(name) => {
                named.insert(name);
                if !written.contains_key(name) {
                    missing.insert(companion.places.runbook, name);
                }
            }
        }
    }
    for (place, slos) in without {
        let slos: Vec<&str> = slos.iter().map(String::as_str).collect();
        problems.push(
            Problem::warning("runbook-missing", place, "this pages somebody, and nobody wrote what to do")
                .label(format!("{} without a `runbook`", listed(slos)))
                .help("name what stands in `runbooks/NAME.md`, beside the project file: `runbook: NAME`"),
        );
    }
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    for (place, name) in missing {
        let problem = Problem::warning("runbook-missing", place, format!("there is no `runbooks/{name}.md`"));
        problems.push(match nearest(name, &names) {
            Some(near) => {
                problem.label(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), place, near)
            }
            None => problem
                .label("nobody wrote what to do")
                .help(format!("write it as Markdown into `runbooks/{name}.md`, beside the project file")),
        });
    }
    for (name, runbook) in written {
        if runbook.text.trim().is_empty() {
            let problem = Problem::warning("runbook-missing", runbook.place, "this runbook says nothing");
            problems.push(problem.help("write what to do as Markdown, or remove the file"));
        } else if !named.contains(name.as_str()) {
            problems.push(
                Problem::warning("runbook-missing", runbook.place, "no alert names this runbook")
                    .label("so it is in none of `out/runbooks`")
                    .help(format!("name it in an SLO, `runbook: {name}`, or remove the file")),
            );
        }
    }
}

/// The name that is spelled most like this one, if it is near enough to have been meant.
fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let distance = |other: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &other.to_lowercase());
    let best = names.iter().min_by_key(|other| distance(other))?;
    (distance(best) <= 1 + best.len() / 4).then_some(*best)
}
