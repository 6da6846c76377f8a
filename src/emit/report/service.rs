//! The part of the report for architects: a section per service, a card per SLO.

use serde::Serialize;

use super::{Deliveries, Link, anchor};
use crate::emit::address::address;
use crate::emit::grafana;
use crate::emit::spelling::{LanguageFormat, kind, sentence};
use crate::plan::{
    Alert, Companion, Delivery, Event, Notice, Notified, Part, ProjectPlan, Promise, ServiceDependency,
    ServicePlan, SloPlan, TierFacts, seconds,
};
use crate::vocabulary::{Decimal, Severity};

/// A service's section.
#[derive(Serialize)]
pub struct Service {
    id: String,
    name: String,
    description: String,
    owner: String,
    contract: bool,
    planned: Vec<Planned>,
    needs: Vec<DependencyRow>,
    needed_by: Vec<DependencyRow>,
    dashboard: Link,
    source: Option<Link>,
    missing: Option<MissingEventsRow>,
    companions: Vec<CompanionRow>,
    slos: Vec<Slo>,
}

/// A metric that does not exist yet.
#[derive(Serialize)]
struct Planned {
    metric: String,
    reason: String,
}

/// The other end of a dependency.
#[derive(Serialize)]
pub struct DependencyRow {
    pub service: Link,
    /// The SLO whose page means that it is down, if one is declared.
    pub slo: Option<Link>,
    /// Whether pages are silenced, too.
    pub pages: bool,
}

/// The alert for missing events.
#[derive(Serialize)]
struct MissingEventsRow {
    alert: AlertRow,
    after: String,
    runbook: Link,
}

/// A companion alert.
#[derive(Serialize)]
struct CompanionRow {
    name: String,
    description: String,
    planned: Option<String>,
    hold: Option<String>,
    runbook: Link,
    alert: AlertRow,
}

/// An SLO's card.
#[derive(Serialize)]
struct Slo {
    id: String,
    name: String,
    full_name: String,
    objective: String,
    description: String,
    planned: Option<String>,
    promise: String,
    budget: Budget,
    by: Vec<String>,
    event: &'static str,
    every: String,
    tiers: Vec<Tier>,
    outages: Vec<Outage>,
    /// The parts of a journey, line by line; empty for other SLOs.
    parts: Vec<String>,
    /// The time that counts, line by line; empty if all time counts.
    hours: Vec<String>,
    /// Whether it is all time, except what is excepted.
    always: bool,
    agreed: Vec<Agreed>,
    alerts: Vec<AlertRow>,
    runbook: Link,
}

/// An action of the error budget policy.
#[derive(Serialize)]
struct Agreed {
    below: String,
    action: String,
    freeze: bool,
}

/// The error budget.
#[derive(Serialize)]
struct Budget {
    share: String,
    outage: String,
    /// `1 in 1000`, as its two numbers.
    one: String,
    of: String,
    events: String,
    /// Expected bad events and all events, at the expected traffic.
    expected: Option<(String, String)>,
    period: String,
}

#[derive(Serialize)]
struct Tier {
    name: String,
    severity: &'static str,
    asks: String,
    share: String,
    long: String,
    short: String,
    burn_rate: String,
    threshold: String,
    least: u32,
    /// The minimum of all events; `None` if one is enough.
    events: Option<u32>,
    every: String,
}

#[derive(Serialize)]
struct Outage {
    ratio: String,
    twice: Vec<String>,
    tiers: Vec<Option<(String, String)>>,
}

/// An alert and its receivers.
#[derive(Serialize)]
struct AlertRow {
    name: String,
    severity: &'static str,
    asks: String,
    label: String,
    /// How long it keeps firing afterwards.
    kept: Option<String>,
    tiers: Vec<String>,
    /// When it fires, if it has no tiers.
    about: String,
    notified: Vec<ReceiversRow>,
    /// How many combinations of label values are not shown, if some are not.
    left_out: Option<String>,
}

/// The receivers, for some values of labels.
#[derive(Serialize)]
struct ReceiversRow {
    /// `env=production`, if the receivers depend on it.
    labels: Vec<String>,
    receivers: Vec<Receiver>,
}

#[derive(Serialize)]
struct Receiver {
    name: String,
    id: String,
    after: String,
    escalates: bool,
    mute: Vec<String>,
}

pub fn service(
    project: &ProjectPlan,
    service: &ServicePlan,
    deliveries: &Deliveries,
    words: &LanguageFormat,
) -> Service {
    let needs = |down: bool| {
        let ours = project
            .needs
            .iter()
            .filter(move |need| *if down { &need.service } else { &need.on } == service.name);
        ours.map(move |need| dependency(need, if down { &need.on } else { &need.service }))
    };
    Service {
        id: anchor(&service.name, None),
        name: service.name.clone(),
        description: service.description.clone().unwrap_or_default(),
        owner: service.owner.clone().unwrap_or_default(),
        contract: service.contract,
        planned: service
            .planned
            .iter()
            .map(|gap| Planned { metric: gap.metric.clone(), reason: gap.reason.clone() })
            .collect(),
        needs: needs(true).collect(),
        needed_by: needs(false).collect(),
        dashboard: dashboard(project, service),
        source: service.source.as_deref().and_then(address).map(|href| Link { text: href.clone(), href }),
        missing: missing(service, deliveries, words),
        companions: companions(service, deliveries, words),
        slos: service.slos.iter().map(|slo| card(slo, deliveries, words)).collect(),
    }
}

/// The address of the dashboard; without Grafana's address, the path of its file.
fn dashboard(project: &ProjectPlan, service: &ServicePlan) -> Link {
    let url = project.grafana_url.as_ref().and_then(|url| address(&format!("{url}/d/{}", service.dashboard)));
    match url {
        Some(url) => Link { text: url.clone(), href: url },
        None => {
            let path = grafana::path(&service.name);
            Link { href: format!("../{path}"), text: path }
        }
    }
}

/// The runbook beside the report, with the name that its author gave it.
fn runbook(name: Option<&str>, file: &str) -> Link {
    Link { text: name.unwrap_or(file).to_owned(), href: format!("../runbooks/{file}") }
}

fn companions(service: &ServicePlan, deliveries: &Deliveries, words: &LanguageFormat) -> Vec<CompanionRow> {
    let cause = |(_, alert, companion): (_, &Alert, &Companion)| CompanionRow {
        name: companion.name.clone(),
        description: companion.description.clone().unwrap_or_default(),
        planned: companion.planned.clone(),
        hold: companion.hold.map(|hold| words.length(hold)),
        runbook: runbook(companion.runbook.as_deref(), &companion.page.file),
        alert: row(alert, companion.severity, Vec::new(), deliveries, words),
    };
    service.companion_alerts().map(cause).collect()
}

/// A dependency, with the service that is shown as its other end.
pub fn dependency(need: &ServiceDependency, service: &str) -> DependencyRow {
    DependencyRow {
        service: to(service, None),
        slo: need.slo.as_deref().map(|slo| to(&need.on, Some(slo))),
        pages: need.silences == Severity::Page,
    }
}

/// A link to a section or a card.
pub fn to(service: &str, slo: Option<&str>) -> Link {
    let text = slo.map_or_else(|| service.to_owned(), |slo| format!("{service}/{slo}"));
    Link { text, href: format!("#{}", anchor(service, slo)) }
}

fn missing(
    service: &ServicePlan,
    deliveries: &Deliveries,
    words: &LanguageFormat,
) -> Option<MissingEventsRow> {
    let rule = service.missing.iter().flat_map(|group| &group.rules).next()?;
    let alert = rule.alert()?;
    let Notice::Missing { after, severity, .. } = &alert.notice else { return None };
    let alert = row(alert, *severity, Vec::new(), deliveries, words);
    Some(MissingEventsRow {
        alert,
        after: words.length(*after),
        runbook: runbook(None, &service.missing_page.file),
    })
}

fn card(slo: &SloPlan, deliveries: &Deliveries, words: &LanguageFormat) -> Slo {
    let promise = &slo.promise;
    let full_name = format!("{}/{}", promise.service, promise.slo);
    let named = |severity| -> Vec<String> {
        promise.tiers_of(severity).map(|tier| words.length(tier.long)).collect()
    };
    let mut alerts: Vec<AlertRow> = slo
        .alerts()
        .map(|(severity, alert)| row(alert, severity, named(severity), deliveries, words))
        .collect();
    alerts.extend(slo.budget_alerts().map(|(line, severity, rule, alert)| {
        let mut all = deliveries.of_alert(&alert.id);
        all.retain(|one| one.labels.get("severity") == rule.labels.get("severity"));
        let until = words.percent(line.recovered());
        let about = words.at_line("alerts", line, &[("until", &until)]);
        AlertRow { about, ..row_of(alert, severity, Vec::new(), &all, words) }
    }));
    Slo {
        id: anchor(&promise.service, Some(&promise.slo)),
        name: promise.slo.clone(),
        full_name,
        objective: words.objective(promise),
        description: promise.description.clone().unwrap_or_default(),
        planned: promise.planned.as_ref().map(|reason| sentence(reason.trim().to_owned())),
        promise: promised(promise, words),
        budget: budget(promise, words),
        by: promise.by.clone(),
        event: kind(promise.event),
        every: words.length(promise.interval),
        tiers: promise.tiers.iter().map(|tier| self::tier(promise, tier, words)).collect(),
        outages: outages(promise, words),
        parts: promise.parts.iter().map(|part| self::part(part, words)).collect(),
        hours: words.agreed_time(promise),
        always: promise.agreed.as_ref().is_none_or(|agreed| agreed.hours.is_none()),
        agreed: (promise.budget_policy.iter())
            .map(|agreement| Agreed {
                below: words.at_line("agreed", agreement.line, &[]),
                action: sentence(agreement.action.trim().to_owned()),
                freeze: agreement.freeze,
            })
            .collect(),
        alerts,
        runbook: runbook(slo.runbook.as_deref(), &slo.page.file),
    }
}

/// A part of a journey as a sentence.
fn part(part: &Part, words: &LanguageFormat) -> String {
    let (name, budget) = (part.name(), words.percent(part.budget));
    let mut said = words.phrase("parts.part", &[("part", &name), ("budget", &budget)]);
    if part.several {
        said = words.phrase("parts.several", &[("part", &said)]);
    }
    match &part.planned {
        Some(reason) => {
            let reason = reason.trim_end_matches('.');
            words.phrase("parts.planned", &[("part", &said), ("reason", reason)])
        }
        None => said,
    }
}

/// The promise as a sentence.
pub fn promised(promise: &Promise, words: &LanguageFormat) -> String {
    let share = words.percent(promise.ratio);
    let every = words.length(promise.interval);
    let limit = words.limit(promise);
    let what = match (promise.event, &limit) {
        (Event::Occurrence, Some(limit)) => match &promise.successful {
            Some(matchers) => {
                let parts = [("share", share.as_str()), ("limit", limit), ("matchers", matchers)];
                words.phrase("promise.faster.successful", &parts)
            }
            None => words.phrase("promise.faster", &[("share", &share), ("limit", limit)]),
        },
        (Event::Occurrence, None) => words.phrase("promise.events", &[("share", &share)]),
        (Event::Check, Some(limit)) => {
            words.phrase("promise.younger", &[("share", &share), ("limit", limit)])
        }
        (Event::Check, None) => words.phrase("promise.time", &[("share", &share)]),
        (Event::Slice(length), _) => {
            let length = words.length(length);
            words.phrase("promise.slices", &[("share", &share), ("slice", &length), ("every", &every)])
        }
        (Event::Journey(length), _) => {
            let parts: Vec<String> = promise.parts.iter().map(Part::name).collect();
            let (length, parts) = (words.length(length), parts.join(", "));
            let said = [("share", share.as_str()), ("slice", &length), ("every", &every), ("parts", &parts)];
            words.phrase("promise.journey", &said)
        }
    };
    words.phrase("promise", &[("what", &what), ("over", &words.over(&promise.period))])
}

fn budget(promise: &Promise, words: &LanguageFormat) -> Budget {
    let (one, of) = fraction(promise.budget);
    let expected = promise.traffic.map(|traffic| {
        let total = traffic * seconds(promise.period_length);
        (words.short(total * promise.budget), words.short(total))
    });
    Budget {
        share: words.percent(promise.budget),
        outage: words.time(promise.full_outage()),
        one: words.number(one),
        of: words.number(of),
        events: words.events(promise.event),
        expected,
        period: words.budgeted_time(promise),
    }
}

/// A share as the smallest whole numbers: 0.001 is 1 in 1000.
fn fraction(share: Decimal) -> (Decimal, Decimal) {
    let share = share.normalize();
    let of = Decimal::from(10_i128.pow(share.scale().min(27)));
    let (mut a, mut b) = (share * of, of);
    while !b.is_zero() {
        (a, b) = (b, a % b);
    }
    (share * of / a, of / a)
}

fn tier(promise: &Promise, tier: &TierFacts, words: &LanguageFormat) -> Tier {
    Tier {
        name: format!("{} {}", words.severity(tier.severity), words.length(tier.long)),
        severity: tier.severity.as_str(),
        asks: words.severity(tier.severity),
        share: words.short_percent(tier.budget_share),
        long: words.length(tier.long),
        short: words.length(tier.short),
        burn_rate: words.short(tier.burn_rate),
        threshold: words.short_percent(tier.threshold),
        least: tier.min_bad_events,
        events: (tier.min_events > 1).then_some(tier.min_events),
        every: words.length(if tier.slow { promise.long_interval } else { promise.interval }),
    }
}

fn outages(promise: &Promise, words: &LanguageFormat) -> Vec<Outage> {
    let outage = |outage: &crate::plan::Outage| Outage {
        ratio: words.short_percent(outage.error_ratio),
        twice: outage.twice.iter().map(|long| words.length(*long)).collect(),
        tiers: outage
            .tiers
            .iter()
            .map(|times| times.map(|(fires, stops)| (words.time(fires), words.time(stops))))
            .collect(),
    };
    promise.outages().iter().map(outage).collect()
}

fn row(
    alert: &Alert,
    severity: Severity,
    tiers: Vec<String>,
    deliveries: &Deliveries,
    words: &LanguageFormat,
) -> AlertRow {
    row_of(alert, severity, tiers, &deliveries.of_alert(&alert.id), words)
}

fn row_of(
    alert: &Alert,
    severity: Severity,
    tiers: Vec<String>,
    all: &[&Delivery],
    words: &LanguageFormat,
) -> AlertRow {
    // If all deliveries have the same receivers, labels do not matter.
    let same = all.windows(2).all(|pair| pair[0].notified == pair[1].notified);
    let shown = if same { &all[..all.len().min(1)] } else { all };
    let left_out = shown.iter().find(|one| !same && one.left_out > 0);
    let delivered = |delivery: &&Delivery| {
        let differs = |(label, value): &(&String, &String)| {
            all.iter().any(|other| other.labels.get(*label) != Some(*value))
        };
        let labels = delivery.labels.iter().filter(differs).map(|(label, value)| format!("{label}={value}"));
        ReceiversRow {
            labels: if same { Vec::new() } else { labels.collect() },
            receivers: delivery.notified.iter().map(|notified| receiver(notified, words)).collect(),
        }
    };
    AlertRow {
        name: alert.id.name.clone(),
        severity: severity.as_str(),
        asks: words.severity(severity),
        label: words.severity_label(severity).to_owned(),
        kept: alert.keep_firing_for.map(|kept| words.length(kept)),
        about: String::new(),
        tiers,
        notified: shown.iter().map(delivered).collect(),
        left_out: left_out.map(|one| words.number(one.left_out.into())),
    }
}

fn receiver(notified: &Notified, words: &LanguageFormat) -> Receiver {
    Receiver {
        id: receiver_id(&notified.receiver),
        name: notified.receiver.clone(),
        after: words.length(notified.after),
        escalates: notified.escalates,
        mute: notified.mute.clone(),
    }
}

/// The anchor of a receiver's description.
pub fn receiver_id(name: &str) -> String {
    format!("receiver_{name}")
}
