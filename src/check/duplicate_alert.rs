//! Alerts of one name for two promises, or for a promise and a companion alert. Promises are compared as if both had all alerts: their
//! runbooks are files of one name as soon as their alerts are of one.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Problem};
use crate::lower;
use crate::model::{Model, Service, Slo};
use crate::source::Span;
use crate::vocabulary::Severity;

pub(super) fn check(model: &Model, problems: &mut Vec<Problem>) {
    let mut services: BTreeMap<String, (&Service, Span)> = BTreeMap::new();
    let mut promises: BTreeMap<String, (&Service, &Slo)> = BTreeMap::new();
    let mut alerts: BTreeMap<String, (&Service, &Slo)> = BTreeMap::new();
    for service in &model.services {
        let Some(place) = service.slos.first().map(|slo| slo.places.name) else { continue };
        if service.missing_events.is_some() {
            let name = lower::missing_name(service);
            if let Some((other, first)) = services.get(&name) {
                problems.push(collision(&name, place, *first, [other.name.as_str(), service.name.as_str()]));
                continue;
            }
            services.insert(name, (service, place));
        }
        for slo in &service.slos {
            let any = lower::alert_name(service, slo, Severity::Page);
            if let Some((other_service, other)) = promises.get(&any) {
                let full = |service: &Service, slo: &Slo| format!("{}/{}", service.name, slo.name);
                let both = [full(other_service, other), full(service, slo)];
                let both = [both[0].as_str(), both[1].as_str()];
                problems.push(collision(&any, slo.places.name, other.places.name, both));
                continue;
            }
            promises.insert(any, (service, slo));
            let severities = Severity::ALL
                .into_iter()
                .filter(|severity| slo.tiers.iter().any(|tier| tier.severity == *severity));
            let burns = severities.map(|severity| lower::alert_name(service, slo, severity));
            let lines =
                slo.budget_alerts.iter().map(|alert| lower::budget_alert_name(service, slo, alert.line));
            alerts.extend(burns.chain(lines).map(|name| (name, (service, slo))));
        }
    }
    let full = |service: &Service, name: &str| format!("{}/{name}", service.name);
    let mut known: BTreeMap<String, (String, Span)> = BTreeMap::new();
    known.extend(
        services.into_iter().map(|(name, (service, place))| (name, (service.name.to_string(), place))),
    );
    known.extend(
        alerts
            .into_iter()
            .map(|(name, (service, slo))| (name, (full(service, slo.name.as_str()), slo.places.name))),
    );
    for service in &model.services {
        for companion in &service.alerts {
            let name = lower::companion_name(service, companion);
            let own = full(service, companion.name.as_str());
            match known.get(&name) {
                Some((other, first)) => {
                    problems.push(collision(&name, companion.places.name, *first, [other, &own]));
                }
                None => drop(known.insert(name, (own, companion.places.name))),
            }
        }
    }
    for service in &model.services {
        for companion in &service.alerts {
            let Some(aftermath) = lower::aftermath(model, service, companion) else { continue };
            if let Some((other, place)) = known.get(&aftermath.name) {
                let own = format!("the aftermath of {}", full(service, companion.name.as_str()));
                problems.push(collision(&aftermath.name, *place, companion.places.name, [other, &own]));
            }
        }
    }
}

fn collision(alert: &str, place: Span, first: Span, [one, other]: [&str; 2]) -> Problem {
    Problem::error(
        Code::DuplicateAlert,
        place,
        format!("`{one}` and `{other}` have one alert name, `{alert}`"),
    )
    .label("hyphens are not seen in the names of alerts")
    .and(first, "the first is here")
    .help("rename one of them by what it promises")
}
