//! Finds the SLO or the companion alert that is named on the command line.

use slowburn::diagnostic::alternatives;
use slowburn::plan::{Companion, Plan, Rule, ServicePlan, SloPlan};
use slowburn::vocabulary::distance;

use crate::ending::Failure;

/// What a name stands for.
pub enum Named<'a> {
    Slo(&'a SloPlan),
    /// With its alerting rule.
    Companion(&'a Companion, &'a Rule),
}

/// The SLO or companion alert of a service, or an error that lists the names that exist.
pub fn any<'a>(plan: &'a Plan, service: &str, name: &str) -> Result<Named<'a>, Failure> {
    if let Some(found) = find(plan, service, name) {
        return Ok(Named::Slo(found));
    }
    let mut alerts = plan.services.iter().flat_map(ServicePlan::companion_alerts);
    match alerts.find(|(.., alert)| alert.service == service && alert.name == name) {
        Some((rule, _, alert)) => Ok(Named::Companion(alert, rule)),
        None => {
            let alerts = |service: &ServicePlan| {
                let alerts = service.companion_alerts();
                let names = alerts.map(|(.., alert)| format!("{}/{}", service.name, alert.name));
                slos(service).chain(names).collect()
            };
            Err(unknown(plan, service, name, "SLO and no alert", alerts))
        }
    }
}

/// The SLO or the companion alert with an alert of this name, as a notification shows it.
pub fn of_alert<'a>(plan: &'a Plan, alert: &str) -> Option<Named<'a>> {
    let slo = plan.slos().find(|slo| slo.rules().any(|rule| rule.alert().is_some() && rule.name() == alert));
    if let Some(slo) = slo {
        return Some(Named::Slo(slo));
    }
    let mut companions = plan.services.iter().flat_map(ServicePlan::companion_alerts);
    companions.find(|(rule, ..)| rule.name() == alert).map(|(rule, _, alert)| Named::Companion(alert, rule))
}

/// The SLO of a service, or an error that lists the names that exist.
pub fn slo<'a>(plan: &'a Plan, service: &str, name: &str) -> Result<&'a SloPlan, Failure> {
    find(plan, service, name)
        .ok_or_else(|| unknown(plan, service, name, "SLO", |service| slos(service).collect()))
}

/// The SLOs and alerts that a name without a slash may stand for: those of the service with this name, or those with this name or nearly this name in
/// any service.
pub fn meant(plan: &Plan, word: &str) -> Vec<String> {
    if let Some(service) = plan.services.iter().find(|service| service.name == word) {
        return slos(service).collect();
    }
    let all = plan.services.iter().flat_map(|service| {
        let alerts = service.companion_alerts().map(|(.., alert)| format!("{}/{}", service.name, alert.name));
        slos(service).chain(alerts).collect::<Vec<_>>()
    });
    let named = |name: String| {
        let most = word.chars().count() / 4;
        let (_, own) = name.split_once('/')?;
        Some((distance(word, own, most)?, name))
    };
    let near: Vec<(usize, String)> = all.filter_map(named).collect();
    let nearest = near.iter().map(|(distance, _)| *distance).min();
    near.into_iter().filter(|(distance, _)| Some(*distance) == nearest).map(|(_, name)| name).collect()
}

fn find<'a>(plan: &'a Plan, service: &str, name: &str) -> Option<&'a SloPlan> {
    plan.slos().find(|found| found.promise.service == service && found.promise.slo == name)
}

fn slos(service: &ServicePlan) -> impl Iterator<Item = String> {
    service.slos.iter().map(|slo| format!("{}/{}", slo.promise.service, slo.promise.slo))
}

/// An error that lists similar names, or all names of the service, or of all services.
fn unknown(
    plan: &Plan,
    service: &str,
    name: &str,
    kind: &str,
    names: impl Fn(&ServicePlan) -> Vec<String>,
) -> Failure {
    let asked = format!("{service}/{name}");
    let unknown = Failure::new(format!("there is no {kind} `{asked}`"));
    let all = || plan.services.iter().flat_map(&names);
    // The beginning of a name is enough: `latency` stands for `latency-p95` and `latency-p99`.
    let begun: Vec<String> =
        all().filter(|known| known.strip_prefix(&asked).is_some_and(|rest| rest.starts_with('-'))).collect();
    if !begun.is_empty() {
        return unknown.and(&format!("did you mean {}?", alternatives(&begun)));
    }
    // A short name allows fewer typing errors than a long one.
    let nearest = all()
        .filter_map(|name| Some((distance(&asked, &name, 4.min(1 + name_length(&name, service) / 4))?, name)))
        .min();
    if let Some((_, nearest)) = nearest {
        return unknown.and(&format!("did you mean `{nearest}`?"));
    }
    let known = match plan.services.iter().find(|known| known.name == service) {
        Some(known) => names(known),
        None => all().collect(),
    };
    let there = if known.len() == 1 { "there is only" } else { "there are" };
    unknown.and(&format!("{there} {}", list(known.into_iter())))
}

/// The number of characters in which typing errors are possible: those of the name alone if the service is right.
fn name_length(known: &str, service: &str) -> usize {
    known.strip_prefix(service).and_then(|rest| rest.strip_prefix('/')).unwrap_or(known).len()
}

/// The first names, and the number of the others.
pub fn list(names: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 60;
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}
