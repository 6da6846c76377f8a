//! Runbooks: one per SLO, one per service for missing events, and an index.
//!
//! **Invariant:** texts of the sources are escaped, so that they are never interpreted as Markdown. Only runbooks that people wrote as Markdown are
//! copied as Markdown, below their own heading.

use std::collections::BTreeMap;

use super::spelling::{LanguageFormat, sentence};
use crate::artifact::{Artifacts, MARK};
use crate::inert::{self, fenced, markdown};
use crate::plan::{
    Address, Alert, AlertId, Channel, Companion, Notice, Notified, Part, Plan, ProjectPlan, Promise,
    Receiver, Rule, Runbook, ServiceDependency, ServicePlan, SloPlan, TierFacts, anchor, first_to_fire,
    seconds,
};
use crate::promql::places::spelled_label;
use crate::promql::pretty;
use crate::text::runbooks::{
    self, AgreedPart, AlertPart, Index, IndexPage, IndexService, JourneyPart, NeedPart, NotifiedPart,
    OutagePart, Page, Person, QuestionPart, TierPart,
};
use crate::text::{self, Fences, below};
use crate::vocabulary::{Decimal, Period, Severity};

/// The maximum width of queries.
const WIDTH: usize = 100;

/// The length of a silence during work.
const SILENCE: &str = "2h";

/// The index. No runbook has this name: names of services are in lower case.
const INDEX: &str = "README.md";

/// Adds `runbooks/<service>-<slo>.md`, `runbooks/<service>.<alert>.md` and `runbooks/<service>.events-missing.md`.
pub fn service(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    let words = LanguageFormat::new(project.language, &project.severities);
    let mut add = |file: &str, text: String| artifacts.insert(path(file), marked(&text));
    for slo in &service.slos {
        add(&slo.page.file, runbooks::slo(project.language, &of_slo(project, service, slo, &words)));
    }
    for (rule, alert, companion) in service.companion_alerts() {
        let page = of_companion(project, service, rule, alert, companion, &words);
        add(&companion.page.file, runbooks::companion(project.language, &page));
    }
    if let Some(page) = of_missing(project, service, &words) {
        add(&service.missing_page.file, runbooks::missing(project.language, &page));
    }
}

/// Adds `runbooks/README.md`.
pub fn project(plan: &Plan, artifacts: &mut Artifacts) {
    let grafana = plan.project.grafana_url.as_ref();
    let overview = grafana.zip(plan.project.overview.as_ref()).map(|(url, uid)| format!("{url}/d/{uid}"));
    let words = LanguageFormat::new(plan.project.language, &plan.project.severities);
    let index = Index {
        services: plan.services.iter().map(|service| index_service(service, &words)).collect(),
        overview: overview.unwrap_or_default(),
    };
    artifacts.insert(path(INDEX), marked(&runbooks::index(plan.project.language, &index)));
}

fn path(file: &str) -> String {
    format!("runbooks/{file}")
}

/// The text with the mark of generated files in a comment, without the empty lines of conditions, and with invisible characters made visible.
fn marked(text: &str) -> String {
    let mut page = format!("<!-- {MARK} -->\n\n");
    let mut fences = Fences::default();
    let mut blank = true;
    for line in inert::text(text).lines() {
        let is_code = fences.hold(line);
        if !is_code && line.is_empty() && blank {
            continue;
        }
        blank = line.is_empty();
        page += line;
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// The description of the service without its full stop.
fn about(service: &ServicePlan) -> String {
    plain(service.description.as_deref().map(|text| text.trim().trim_end_matches('.')))
}

fn plain(text: Option<&str>) -> String {
    markdown(text.unwrap_or_default())
}

/// The parts that all runbooks of a service share.
fn blank(project: &ProjectPlan, service: &ServicePlan, page: &Runbook) -> Page {
    let need = |need: &ServiceDependency, name: &str| NeedPart {
        service: name.to_owned(),
        slo: need.slo.clone().unwrap_or_default(),
        tickets_only: need.silences == Severity::Ticket,
    };
    Page {
        service: service.name.clone(),
        about: about(service),
        written: page.written.as_deref().map(|text| below(2, text)).unwrap_or_default(),
        questions: page.questions.iter().map(question).collect(),
        dashboard: project
            .grafana_url
            .as_ref()
            .map(|url| format!("{url}/d/{}", service.dashboard))
            .unwrap_or_default(),
        source: service.source.as_deref().and_then(super::address::address).unwrap_or_default(),
        needs: (project.needs.iter())
            .filter(|known| known.service == service.name)
            .map(|known| need(known, &known.on))
            .collect(),
        needed_by: (project.needs.iter())
            .filter(|known| known.on == service.name)
            .map(|known| need(known, &known.service))
            .collect(),
        owner: plain(service.owner.as_deref()),
        ..Page::default()
    }
}

fn question(question: &crate::plan::Question) -> QuestionPart {
    QuestionPart { asks: question.asks, query: fenced("promql", &pretty(&question.query, WIDTH)) }
}

fn of_slo(project: &ProjectPlan, service: &ServicePlan, slo: &SloPlan, words: &LanguageFormat) -> Page {
    let promise = &slo.promise;
    let (rolling, calendar, zone) = match &promise.period {
        Period::Rolling(length) => (words.days(*length), "", ""),
        Period::Calendar(unit, zone) => (String::new(), unit.as_str(), zone.name()),
    };
    let part = |rule: &Rule| {
        let alert = rule.alert()?;
        if let Some(of) = rule.burn() {
            return Some(burn(project, promise, rule, alert, of.severity, words));
        }
        let (line, of) = rule.budget()?;
        // Some receive a page and others a ticket: one section under the alert's name.
        let declared = promise.budget_alerts.iter().find(|known| known.line == line);
        declared.is_some_and(|known| known.severity == of.severity).then(|| AlertPart {
            below: words.percent(line.ratio()),
            spent: line.percent() == 0,
            until: words.percent(line.recovered()),
            ..alert_part(project, rule, alert, of.severity, words)
        })
    };
    let mut alerts: Vec<AlertPart> = slo.rules().filter_map(part).collect();
    alerts.sort_by_key(|alert| (!alert.below.is_empty(), !alert.page));
    Page {
        slo: promise.slo.clone(),
        description: sentence(plain(promise.description.as_deref())),
        planned: sentence(plain(promise.planned.as_deref())),
        objective: words.objective(promise).replace('<', "&lt;"),
        rolling,
        calendar: calendar.to_owned(),
        zone: markdown(zone),
        budget: words.percent(promise.budget),
        full_outage: words.time(promise.full_outage()),
        by: promise.by.iter().map(|label| spelled_label(label)).collect(),
        hours: words.agreed_time(promise).iter().map(|line| markdown(line)).collect(),
        always: promise.agreed.as_ref().is_none_or(|agreed| agreed.hours.is_none()),
        successful: promise.successful.clone().unwrap_or_default(),
        parts: promise.parts.iter().map(|part| self::part(part, words)).collect(),
        slice: promise.event.slice().map(|length| words.length(length)).unwrap_or_default(),
        agreed: (promise.budget_policy.iter())
            .map(|agreement| AgreedPart {
                below: words.percent(agreement.line.ratio()),
                spent: agreement.line.percent() == 0,
                action: sentence(markdown(&agreement.action)),
                freeze: agreement.freeze,
            })
            .collect(),
        runbook: plain(slo.runbook.as_deref()),
        people: people(project, &alerts),
        alerts,
        ..blank(project, service, &slo.page)
    }
}

fn part(part: &Part, words: &LanguageFormat) -> JourneyPart {
    JourneyPart {
        name: part.name(),
        // The name from `lower::runbooks`: names of services and SLOs need no escape in an address.
        file: format!("{}-{}.md", part.service, part.slo),
        budget: words.percent(part.budget),
        several: part.several,
        planned: plain(part.planned.as_deref().map(|reason| reason.trim_end_matches('.'))),
    }
}

fn of_missing(project: &ProjectPlan, service: &ServicePlan, words: &LanguageFormat) -> Option<Page> {
    let rule = service.missing.as_ref()?.rules.first()?;
    let alert = rule.alert()?;
    let Notice::Missing { after, severity, .. } = &alert.notice else { return None };
    let part = alert_part(project, rule, alert, *severity, words);
    let after = words.length(*after);
    let alerts = vec![part];
    Some(Page {
        after,
        people: people(project, &alerts),
        alerts,
        ..blank(project, service, &service.missing_page)
    })
}

fn of_companion(
    project: &ProjectPlan,
    service: &ServicePlan,
    rule: &Rule,
    alert: &Alert,
    companion: &Companion,
    words: &LanguageFormat,
) -> Page {
    let alerts = vec![alert_part(project, rule, alert, companion.severity, words)];
    Page {
        slo: companion.same_as.clone().unwrap_or_default(),
        description: sentence(plain(companion.description.as_deref())),
        planned: sentence(plain(companion.planned.as_deref())),
        after: companion.hold.map(|hold| words.length(hold)).unwrap_or_default(),
        kept: companion.keep_firing_for.map(|kept| words.length(kept)).unwrap_or_default(),
        by: companion.distinguishing.iter().map(|label| spelled_label(label)).collect(),
        runbook: plain(companion.runbook.as_deref()),
        people: people(project, &alerts),
        alerts,
        independent: companion.independent,
        ..blank(project, service, &companion.page)
    }
}

/// An alert without numbers.
fn alert_part(
    project: &ProjectPlan,
    rule: &Rule,
    alert: &Alert,
    severity: Severity,
    words: &LanguageFormat,
) -> AlertPart {
    let notified = receiver_parts(project, &alert.id, rule, words);
    AlertPart {
        name: alert.id.heading(severity),
        page: severity == Severity::Page,
        severity: markdown(project.severities.get(severity)),
        escalates: notified.iter().any(|notified| notified.escalates),
        notified,
        silence: fenced("sh", &silence(project, alert, rule)),
        ..AlertPart::default()
    }
}

fn burn(
    project: &ProjectPlan,
    promise: &Promise,
    rule: &Rule,
    alert: &Alert,
    severity: Severity,
    words: &LanguageFormat,
) -> AlertPart {
    let tiers: Vec<&TierFacts> = promise.tiers_of(severity).collect();
    let period = seconds(promise.period_length);
    let stops = |tier: &&TierFacts| seconds(tier.short) + seconds(tier.keep_firing_for.unwrap_or_default());
    let least = tiers.iter().map(stops).max().unwrap_or_default();
    AlertPart {
        tiers: tiers.iter().map(|tier| self::tier(tier, period, words)).collect(),
        outages: promise
            .outages()
            .iter()
            .filter_map(|outage| self::outage(promise, &tiers, outage.error_ratio, words))
            .collect(),
        stops: words.time(least),
        ..alert_part(project, rule, alert, severity, words)
    }
}

fn tier(tier: &TierFacts, period: Decimal, words: &LanguageFormat) -> TierPart {
    let short = |value: Decimal| value.round_sf(4).unwrap_or(value);
    TierPart {
        burn_rate: words.number(short(tier.burn_rate)),
        share: words.percent(short(tier.budget_share)),
        long: words.length(tier.long),
        short: words.length(tier.short),
        threshold: words.percent(short(tier.threshold)),
        gone: words.time(period / tier.burn_rate),
    }
}

/// `None` if no tier fires at this error ratio.
fn outage(
    promise: &Promise,
    tiers: &[&TierFacts],
    error_ratio: Decimal,
    words: &LanguageFormat,
) -> Option<OutagePart> {
    let (fires, _) = first_to_fire(tiers.iter().copied(), error_ratio)?;
    let stops = tiers.iter().filter_map(|tier| tier.stops_after(error_ratio)).max()?;
    Some(OutagePart {
        errors: words.percent(error_ratio.round_sf(4).unwrap_or(error_ratio)),
        fires: words.time(fires),
        gone: words.time(promise.full_outage() / error_ratio),
        stops: words.time(stops),
    })
}

/// All receivers of an alert, for any values of the labels that are unknown before it fires.
fn receiver_parts(
    project: &ProjectPlan,
    id: &AlertId,
    rule: &Rule,
    words: &LanguageFormat,
) -> Vec<NotifiedPart> {
    let mut all: Vec<&Notified> = Vec::new();
    let is =
        |labels: &crate::model::Labels| id.is(labels) && labels.get("service") == rule.labels.get("service");
    let deliveries = project.notifications.iter().flat_map(|notifications| &notifications.deliveries);
    for delivery in deliveries.filter(|delivery| is(&delivery.labels)) {
        for notified in &delivery.notified {
            if !all.iter().any(|known| known.receiver == notified.receiver) {
                all.push(notified);
            }
        }
    }
    let part = |notified: &Notified| NotifiedPart {
        receiver: markdown(&notified.receiver),
        after: words.length(notified.after),
        escalates: notified.escalates,
        mute: notified.mute.iter().map(|time| markdown(time)).collect(),
    };
    all.into_iter().map(part).collect()
}

/// The receivers of these alerts with their channels, without secrets.
fn people(project: &ProjectPlan, alerts: &[AlertPart]) -> Vec<Person> {
    let receivers = project.notifications.iter().flat_map(|notifications| &notifications.receivers);
    let is_notified = |receiver: &&Receiver| {
        let name = markdown(receiver.name.as_str());
        alerts.iter().flat_map(|alert| &alert.notified).any(|notified| notified.receiver == name)
    };
    let person = |receiver: &Receiver| Person {
        name: markdown(receiver.name.as_str()),
        at: receiver.channels.iter().flat_map(reached).map(|at| markdown(&at)).collect(),
    };
    receivers.filter(is_notified).map(person).collect()
}

fn reached(channel: &Channel) -> Vec<String> {
    match channel {
        Channel::Email { to } => vec![to.clone()],
        Channel::Slack { channel, .. } => vec![format!("Slack {channel}")],
        Channel::Webhook { address: Address::Url(url), .. } => vec![url.clone()],
        Channel::Webhook { address: Address::File(_), .. } => Vec::new(),
        Channel::PagerDuty { .. } => vec!["PagerDuty".to_owned()],
        Channel::Opsgenie { .. } => vec!["Opsgenie".to_owned()],
        Channel::Telegram { chat_id, .. } => vec![format!("Telegram {chat_id}")],
        Channel::Teams { .. } => vec!["Microsoft Teams".to_owned()],
        Channel::Discord { .. } => vec!["Discord".to_owned()],
    }
}

/// The command for a shell. Names of alerts, services and SLOs contain no quotes, and addresses contain no special characters of a shell.
fn silence(project: &ProjectPlan, alert: &Alert, rule: &Rule) -> String {
    let url = project.alertmanager_url.as_ref().map(|url| format!(" --alertmanager.url='{url}'"));
    let mut matchers = vec![format!("'alertname=\"{}\"'", alert.id.name)];
    let severity = (!alert.id.apart.is_empty()).then_some("severity");
    for label in ["service", "slo"].into_iter().chain(severity) {
        matchers.extend(rule.labels.get(label).map(|value| format!("'{label}=\"{value}\"'")));
    }
    // The text has no character with a meaning in a shell.
    let comment = format!("--comment='{}'", text::phrase(project.language, "silence.comment", &[]));
    format!(
        "amtool silence add{} --duration={SILENCE} {comment} {}",
        url.unwrap_or_default(),
        matchers.join(" ")
    )
}

fn index_service(service: &ServicePlan, words: &LanguageFormat) -> IndexService {
    let anchored = |name: &str| (name.to_owned(), anchor(name));
    let mut pages: Vec<IndexPage> = service
        .slos
        .iter()
        .map(|slo| IndexPage {
            title: slo.promise.slo.clone(),
            file: slo.page.file.clone(),
            promise: words.objective(&slo.promise).replace('<', "&lt;"),
            alerts: {
                let alerts: BTreeMap<bool, String> = slo
                    .alerts()
                    .map(|(severity, alert)| (severity != Severity::Page, alert.id.heading(severity)))
                    .collect();
                let mut names: Vec<String> = alerts.into_values().collect();
                names.extend(slo.budget_alerts().map(|(.., alert)| alert.id.name.clone()));
                names.dedup();
                names.iter().map(|name| anchored(name)).collect()
            },
        })
        .collect();
    pages.extend(service.companion_alerts().map(|(_, alert, companion)| IndexPage {
        title: companion.name.clone(),
        file: companion.page.file.clone(),
        promise: String::new(),
        alerts: vec![anchored(&alert.id.name)],
    }));
    if let Some(rule) = service.missing.as_ref().and_then(|group| group.rules.first()) {
        pages.push(IndexPage {
            title: rule.name().to_owned(),
            file: service.missing_page.file.clone(),
            promise: String::new(),
            alerts: vec![anchored(rule.name())],
        });
    }
    IndexService {
        name: service.name.clone(),
        about: about(service),
        owner: plain(service.owner.as_deref()),
        pages,
    }
}
