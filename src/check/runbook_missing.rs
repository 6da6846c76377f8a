//! Alerts without a written runbook, and runbooks without an alert.
//!
//! Every alert has a generated runbook. Teams decide whether they add to it: a gap is reported only in projects that have a `runbooks` folder.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Problem, few};
use crate::facts::Facts;
use crate::model::{Labels, Model};
use crate::source::Span;
use crate::vocabulary::{SEARCHED, Severity, distance};

/// Names of runbooks that do not exist.
pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let written = &model.project.runbooks;
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    let mut message = BTreeSet::new();
    for alert in alerts(model) {
        let Some(name) = alert.runbook.filter(|name| !written.contains_key(*name)) else { continue };
        if !message.insert(alert.place) {
            continue;
        }
        let near = if message.len() <= SEARCHED { nearest(name, &names) } else { None };
        let headline = format!("the runbook `runbooks/{name}.md` does not exist");
        let problem = Problem::warning(Code::RunbookMissing, alert.place, headline);
        problems.push(match near {
            Some(near) => problem.label(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                alert.place,
                near,
            ),
            None => problem
                .label("no file says what to do")
                .help(format!("write it as Markdown into `runbooks/{name}.md`, beside the project file")),
        });
    }
}

/// Pages without a runbook, and runbooks without an alert.
pub(super) fn gaps(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let written = &model.project.runbooks;
    if written.is_empty() {
        return;
    }
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    let mut without: BTreeMap<Span, Vec<String>> = BTreeMap::new();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    let mut misspelt: BTreeSet<&str> = BTreeSet::new();
    for alert in alerts(model) {
        match alert.runbook {
            Some(name) => match written.contains_key(name) {
                true => drop(named.insert(name)),
                false => drop(misspelt.insert(name)),
            },
            None if alert.pages && !alert.elsewhere => {
                without.entry(alert.place).or_default().push(alert.name);
            }
            None => {}
        }
    }
    // A misspelt name also counts as a use of the runbook that was meant. Of too many names the meant one is not searched.
    let is_known = misspelt.len() <= SEARCHED;
    named.extend(misspelt.into_iter().take(SEARCHED).filter_map(|name| nearest(name, &names)));
    for (place, alerts) in without {
        let alerts: Vec<&str> = alerts.iter().map(String::as_str).collect();
        problems.push(
            Problem::warning(Code::RunbookMissing, place, "this pages somebody, and no file says what to do")
                .label(format!("{} without a `runbook`", few(&alerts)))
                .help("write `runbooks/NAME.md` beside the project file, and name it: `runbook: NAME`"),
        );
    }
    for (name, runbook) in written {
        if runbook.text.trim().is_empty() {
            let problem = Problem::warning(Code::RunbookMissing, runbook.place, "this runbook is empty");
            problems.push(problem.help("write what to do as Markdown, or remove the file"));
        } else if is_known && !named.contains(name.as_str()) {
            problems.push(
                Problem::warning(Code::RunbookMissing, runbook.place, "no alert names this runbook")
                    .label("so no page in `out/runbooks` contains it")
                    .help(format!("name it in an SLO, `runbook: {name}`, or remove the file")),
            );
        }
    }
}

/// An SLO or a companion alert, for its runbook.
struct Alert<'a> {
    /// `service/slo`
    name: String,
    pages: bool,
    runbook: Option<&'a str>,
    /// Whether an annotation has the address of another runbook.
    elsewhere: bool,
    place: Span,
}

fn alerts(model: &Model) -> impl Iterator<Item = Alert<'_>> {
    model.services.iter().flat_map(|service| {
        let elsewhere =
            |own: &Labels| [own, &service.annotations].iter().any(|all| all.contains_key("runbook_url"));
        let slos = service.slos.iter().map(move |slo| Alert {
            name: format!("{}/{}", service.name, slo.name),
            pages: slo.tiers.iter().any(|tier| tier.severity == Severity::Page),
            runbook: slo.runbook.as_deref(),
            elsewhere: elsewhere(&slo.annotations),
            place: slo.places.runbook,
        });
        let companions = service.alerts.iter().map(move |alert| Alert {
            name: format!("{}/{}", service.name, alert.name),
            pages: alert.severity == Severity::Page,
            runbook: alert.runbook.as_deref(),
            elsewhere: elsewhere(&alert.annotations),
            place: alert.places.runbook,
        });
        slos.chain(companions)
    })
}

/// The existing name with the most similar spelling, if it is similar enough.
fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let near = |other: &&'a str| Some((distance(&name, &other.to_lowercase(), 1 + other.len() / 4)?, *other));
    names.iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, best)| best)
}
