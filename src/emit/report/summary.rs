//! The part of the report for executives: counts, the index, gaps, receivers, dependencies.

use serde::Serialize;

use super::service::{DependencyRow, dependency, promised, receiver_id, to};
use super::{Deliveries, Link};
use crate::emit::spelling::LanguageFormat;
use crate::plan::{Address, Channel, Plan, SloPlan, TimeSpan, first_to_fire};
use crate::vocabulary::{Decimal, Severity};

/// The head of the index.
#[derive(Serialize)]
pub struct Summary {
    services: usize,
    slos: usize,
    pages: usize,
    tickets: usize,
    index: Vec<Group>,
    gaps: Gaps,
    /// Warnings that are accepted with a reason.
    accepted: Vec<Accepted>,
    /// `None` if the sources declare no receivers.
    receivers: Option<Vec<Receiver>>,
    times: Vec<Times>,
    needs: Vec<Dependency>,
}

/// A service's part of the index.
#[derive(Serialize)]
struct Group {
    service: Link,
    description: String,
    slos: Vec<Line>,
}

/// An SLO in the index.
#[derive(Serialize)]
struct Line {
    link: Link,
    objective: String,
    promise: String,
    outage: String,
    /// How long a full outage lasts until it pages, and until it opens a ticket.
    page: Option<String>,
    ticket: Option<String>,
    planned: bool,
    contract: bool,
}

/// Gaps.
#[derive(Serialize)]
struct Gaps {
    count: usize,
    planned: Vec<Planned>,
    /// Services without a contract.
    uncontracted: Vec<Link>,
    /// SLOs without alerts.
    unwatched: Vec<Link>,
    /// SLOs with tickets only.
    ticketed: Vec<Link>,
    /// Alerts that notify nobody.
    unnotified: Vec<String>,
}

/// A metric that does not exist yet.
#[derive(Serialize)]
struct Planned {
    service: Link,
    metric: String,
    reason: String,
    slos: Vec<Link>,
}

/// A warning that is accepted with a reason.
#[derive(Serialize)]
struct Accepted {
    /// Its place; `None` for the whole project.
    place: Option<Link>,
    code: String,
    reason: String,
}

#[derive(Serialize)]
struct Receiver {
    id: String,
    name: String,
    channels: Vec<String>,
    alerts: usize,
}

#[derive(Serialize)]
struct Times {
    name: String,
    spans: Vec<String>,
    zone: String,
}

#[derive(Serialize)]
struct Dependency {
    service: Link,
    needs: Vec<DependencyRow>,
}

pub fn summary(plan: &Plan, deliveries: &Deliveries, words: &LanguageFormat) -> Summary {
    let alerts = |severity: Severity| {
        plan.slos().filter(|slo| slo.alerts().any(|(known, _)| known == severity)).count()
    };
    Summary {
        services: plan.services.len(),
        slos: plan.services.iter().map(|service| service.slos.len()).sum(),
        pages: alerts(Severity::Page),
        tickets: alerts(Severity::Ticket),
        index: plan.services.iter().map(|service| group(service, words)).collect(),
        gaps: gaps(plan, deliveries),
        accepted: accepted(plan),
        receivers: receivers(plan, words),
        times: times(plan, words),
        needs: needs(plan),
    }
}

fn group(service: &crate::plan::ServicePlan, words: &LanguageFormat) -> Group {
    Group {
        service: to(&service.name, None),
        description: service.description.clone().unwrap_or_default(),
        slos: service.slos.iter().map(|slo| line(slo, service.contract, words)).collect(),
    }
}

fn line(slo: &SloPlan, contract: bool, words: &LanguageFormat) -> Line {
    let promise = &slo.promise;
    let soonest = |severity: Severity| {
        first_to_fire(promise.tiers_of(severity), Decimal::ONE).map(|(after, _)| words.time(after))
    };
    Line {
        link: Link { text: promise.slo.clone(), ..to(&promise.service, Some(&promise.slo)) },
        objective: words.objective(promise),
        promise: promised(promise, words),
        outage: words.time(promise.full_outage()),
        page: soonest(Severity::Page),
        ticket: soonest(Severity::Ticket),
        planned: promise.planned.is_some(),
        contract,
    }
}

fn gaps(plan: &Plan, deliveries: &Deliveries) -> Gaps {
    let links = |of: &dyn Fn(&SloPlan) -> bool| -> Vec<Link> {
        plan.slos()
            .filter(|slo| of(slo))
            .map(|slo| to(&slo.promise.service, Some(&slo.promise.slo)))
            .collect()
    };
    let pages = |slo: &SloPlan| slo.alerts().any(|(severity, _)| severity == Severity::Page);
    let mut gaps = Gaps {
        count: 0,
        planned: planned(plan),
        uncontracted: plan
            .services
            .iter()
            .filter(|service| {
                let reads = service.slos.iter().any(|slo| slo.promise.planned.is_none())
                    || service.companion_alerts().any(|(.., alert)| alert.planned.is_none());
                reads && !service.contract
            })
            .map(|service| to(&service.name, None))
            .collect(),
        unwatched: links(&|slo| slo.promise.tiers.is_empty() && slo.promise.budget_alerts.is_empty()),
        ticketed: links(&|slo| {
            (!slo.promise.tiers.is_empty() || !slo.promise.budget_alerts.is_empty()) && !pages(slo)
        }),
        unnotified: (deliveries.by_name.iter())
            .filter(|(_, all)| all.iter().any(|delivery| delivery.notified.is_empty()))
            .map(|(name, _)| (*name).to_owned())
            .collect(),
    };
    // An SLO without pages is often intended, so it is shown, but not counted.
    gaps.count = gaps.planned.len() + gaps.uncontracted.len() + gaps.unwatched.len() + gaps.unnotified.len();
    gaps
}

fn planned(plan: &Plan) -> Vec<Planned> {
    let mut all = Vec::new();
    for service in &plan.services {
        all.extend(service.planned.iter().map(|gap| Planned {
            service: to(&service.name, None),
            metric: gap.metric.clone(),
            reason: gap.reason.clone(),
            slos: gap.slos.iter().map(|slo| to(&service.name, Some(slo))).collect(),
        }));
    }
    all
}

/// The accepted warnings of the project, and then those of each service, its SLOs and its companion alerts.
fn accepted(plan: &Plan) -> Vec<Accepted> {
    let mut all = Vec::new();
    let mut add = |place: Option<Link>, reasons: &crate::plan::Labels| {
        all.extend(reasons.iter().map(|(code, reason)| Accepted {
            place: place.as_ref().map(|link| Link { text: link.text.clone(), href: link.href.clone() }),
            code: code.clone(),
            reason: reason.clone(),
        }));
    };
    add(None, &plan.project.accepted);
    for service in &plan.services {
        add(Some(to(&service.name, None)), &service.accepted);
        for slo in &service.slos {
            add(Some(to(&service.name, Some(&slo.promise.slo))), &slo.accepted);
        }
        for (.., companion) in service.companion_alerts() {
            let link =
                Link { text: format!("{}/{}", service.name, companion.name), ..to(&service.name, None) };
            add(Some(link), &companion.accepted);
        }
    }
    all
}

fn receivers(plan: &Plan, words: &LanguageFormat) -> Option<Vec<Receiver>> {
    let notifications = plan.project.notifications.as_ref()?;
    let alerts = |name: &str| {
        let deliveries = notifications
            .deliveries
            .iter()
            .filter(|delivery| delivery.receivers.iter().any(|receiver| receiver == name));
        let mut names: Vec<&String> =
            deliveries.filter_map(|delivery| delivery.labels.get("alertname")).collect();
        names.sort();
        names.dedup();
        names.len()
    };
    let receiver = |receiver: &crate::plan::Receiver| Receiver {
        id: receiver_id(receiver.name.as_str()),
        name: receiver.name.to_string(),
        channels: receiver.channels.iter().map(|channel| self::channel(channel, words)).collect(),
        alerts: alerts(receiver.name.as_str()),
    };
    Some(notifications.receivers.iter().map(receiver).collect())
}

/// How a receiver is notified. Files with secrets are not named here; Alertmanager's configuration has them.
fn channel(channel: &Channel, words: &LanguageFormat) -> String {
    match channel {
        Channel::Email { to } => words.phrase("channel.email", &[("to", to)]),
        Channel::Slack { channel, .. } => words.phrase("channel.slack", &[("to", channel)]),
        Channel::Webhook { address: Address::Url(url), .. } => {
            words.phrase("channel.webhook", &[("to", url)])
        }
        Channel::Webhook { address: Address::File(_), .. } => words.phrase("channel.webhook.secret", &[]),
        Channel::PagerDuty { .. } => "PagerDuty".to_owned(),
        Channel::Opsgenie { .. } => "Opsgenie".to_owned(),
        Channel::Telegram { chat_id, .. } => format!("Telegram, {chat_id}"),
        Channel::Teams { .. } => "Microsoft Teams".to_owned(),
        Channel::Discord { .. } => "Discord".to_owned(),
    }
}

fn times(plan: &Plan, words: &LanguageFormat) -> Vec<Times> {
    let times = |times: &crate::plan::Times| Times {
        name: times.name.to_string(),
        spans: times.spans.iter().map(|span| self::span(span, words)).collect(),
        zone: times.time_zone.clone(),
    };
    plan.project.notifications.iter().flat_map(|all| &all.times).map(times).collect()
}

fn span(span: &TimeSpan, words: &LanguageFormat) -> String {
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let hours = format!("{}–{}", clock(span.from), clock(span.to));
    let days: Vec<String> = span.days.iter().map(|day| words.phrase(&format!("day.{day}"), &[])).collect();
    if days.is_empty() { hours } else { format!("{} {hours}", days.join(", ")) }
}

fn needs(plan: &Plan) -> Vec<Dependency> {
    let mut all: Vec<Dependency> = Vec::new();
    for need in &plan.project.needs {
        let needed = dependency(need, &need.on);
        match all.iter_mut().find(|known| known.service.text == need.service) {
            Some(known) => known.needs.push(needed),
            None => all.push(Dependency { service: to(&need.service, None), needs: vec![needed] }),
        }
    }
    all.sort_by(|a, b| a.service.text.cmp(&b.service.text));
    all
}
