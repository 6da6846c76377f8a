//! Alerts that notify nobody, either never or at some hours.

use std::collections::BTreeSet;

use super::place_of;
use crate::diagnostic::{Code, Problem, few};
use crate::facts::{AlertFacts, Facts};
use crate::model::{Alertmanager, Model};
use crate::vocabulary::{Name, Severity};

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    let model = facts.model;
    let Some(alertmanager) = model.project.alertmanager.as_ref().filter(|known| known.complete) else {
        return;
    };
    let alerts = facts.alerts();
    without_receiver(model, alertmanager, &alerts, problems);
    muted(alertmanager, &alerts, problems);
    silenced_by_tickets(alertmanager, &alerts, problems);
}

/// Inhibitions by which a ticket silences a page.
fn silenced_by_tickets(alertmanager: &Alertmanager, alerts: &[&AlertFacts], problems: &mut Vec<Problem>) {
    for inhibition in &alertmanager.inhibitions {
        let of = |matching, severity| {
            alerts.iter().find(|alert| alert.severity == severity && alert.sometimes(matching))
        };
        let by_page = of(&inhibition.source, Severity::Page).is_some();
        let ticket = of(&inhibition.source, Severity::Ticket).filter(|_| !by_page);
        if let (Some(ticket), Some(page)) = (ticket, of(&inhibition.silenced, Severity::Page)) {
            let headline = "tickets silence pages here";
            problems.push(
                Problem::warning(Code::AlertReachesNobody, inhibition.place, headline)
                    .label(format!("nobody is notified of `{}` while `{}` fires", page.name, ticket.name))
                    .help("let the page silence the ticket: `while: { severity: page }, silence: { severity: ticket }`"),
            );
        }
    }
}

/// Without a default receiver, some route must certainly match each alert.
fn without_receiver(
    model: &Model,
    alertmanager: &Alertmanager,
    alerts: &[&AlertFacts],
    problems: &mut Vec<Problem>,
) {
    if alertmanager.default.is_some() {
        return;
    }
    let taken = |alert: &AlertFacts| alertmanager.routes.iter().any(|route| alert.always(&route.matching));
    let unmatched: Vec<&AlertFacts> = alerts.iter().copied().filter(|alert| !taken(alert)).collect();
    let Some(first) = unmatched.first() else { return };
    let names: BTreeSet<&str> = unmatched.iter().map(|alert| alert.name.as_str()).collect();
    let of_severity = |alerts: &mut dyn Iterator<Item = &AlertFacts>| {
        alerts.filter(|alert| alert.severity == first.severity).count()
    };
    let all_of_one = of_severity(&mut unmatched.iter().copied()) == unmatched.len()
        && of_severity(&mut alerts.iter().copied()) == unmatched.len();
    let mut problem = Problem::error(
        Code::AlertReachesNobody,
        alertmanager.place,
        match (unmatched.len(), all_of_one) {
            (1, _) => format!("no route is sure to match `{}`", first.name),
            (_, true) => format!("no route is sure to match any {}", first.severity),
            (count, false) => format!("no route is sure to match {count} alerts"),
        },
    )
    .label(few(&names.into_iter().collect::<Vec<_>>()));
    if let Some(place) = place_of(model, first) {
        problem = problem.and(place, format!("`{}` is defined here", first.name));
    }
    let name = alertmanager.receivers.first().map_or("NAME", |receiver| receiver.name.as_str());
    problems.push(
        problem.help(format!("name a receiver for the alerts that no route matches: `default: {name}`")),
    );
}

/// A page needs a person now. If every matching route is muted at some hours, nobody is notified then.
fn muted(alertmanager: &Alertmanager, alerts: &[&AlertFacts], problems: &mut Vec<Problem>) {
    let mut message: BTreeSet<(usize, &Name)> = BTreeSet::new();
    for alert in alerts.iter().filter(|alert| alert.severity == Severity::Page) {
        let mut takes =
            alertmanager.routes.iter().enumerate().filter(|(_, route)| alert.sometimes(&route.matching));
        let Some((first, route)) = takes.next().filter(|(_, route)| !route.mute.is_empty()) else { continue };
        let rest: Vec<_> = takes.map(|(_, route)| route).collect();
        let Some(time) = route.mute.iter().find(|time| rest.iter().all(|route| route.mute.contains(time)))
        else {
            continue;
        };
        if message.insert((first, time)) {
            problems.push(
                Problem::warning(
                    Code::AlertReachesNobody,
                    route.place,
                    format!("nobody is notified of `{}` during `{time}`", alert.name),
                )
                .label("this route is muted then, and so is every other route that matches the alert")
                .help(
                    "a page asks a person to act now: mute tickets only, with `match: { severity: ticket }`",
                )
                .help(format!("or add a route to a receiver that is on duty during `{time}`")),
            );
        }
    }
}
