//! `slo:definition:info`: facts about an SLO that only the compiler knows, as labels of a series for dashboards, `status` and people.

use super::series::Series;
use super::{agreed, dashboards, journey, runbooks};
use crate::inert;
use crate::model::{Labels, Model, Service, Slo};
use crate::plan::{AgreedTime, Alert, Part, Promise, Rule, RuleOutput, Screens, TierFacts};
use crate::promql::build::{number, selector, vector};
use crate::vocabulary::{Decimal, Period, Severity, pointed};

/// The series: always 1, with the facts as labels.
const INFO: &str = "slo:definition:info";

/// The series for alerts without an SLO: always 1.
const ALERT_INFO: &str = "slo:alert:info";

/// The longest value of a label, in characters.
const LONGEST: usize = 300;

/// Records `slo:definition:info`. The series exists even if nothing is measured: every SLO has a row on every dashboard.
pub(super) fn rule(model: &Model, service: &Service, slo: &Slo, promise: &Promise, names: &Series) -> Rule {
    let own = |name: &str| slo.annotations.get(name).or(service.annotations.get(name)).cloned();
    let file = || runbooks::file_url(model, &runbooks::of_slo(&promise.service, &promise.slo));
    let runbook = own("runbook_url").or_else(file);
    let whole = promise.budget * Decimal::from(promise.period_length.secs());
    let agreed = promise.agreed.as_ref();
    let tiers: Vec<String> = promise.tiers.iter().map(tier).collect();
    let lines: Vec<String> =
        promise.budget_alerts.iter().map(|alert| format!("{} {}", alert.line, alert.severity)).collect();
    let policy = promise.budget_policy.iter();
    let policy: Vec<String> =
        policy.map(|agreement| format!("< {}: {}", agreement.line, agreement.action)).collect();
    // Dashboards know the names of all other external labels.
    let environment = model.project.environment.as_deref();
    let name = service.name.as_str();
    let (uid, usual) = (dashboards::uid(name, environment), dashboards::pattern(environment));
    let usual = usual.replace("${1}", name).replace("$1", name);
    let renamed = (uid != usual).then_some(uid);
    let severities = &model.project.severities;
    let facts = [
        ("budget_seconds", Some(pointed(whole))),
        ("budget_alerts", Some(lines.join(", "))),
        ("budget_policy", Some(policy.join("; "))),
        ("by", Some(promise.by.join(", "))),
        ("dashboard", renamed),
        ("except", agreed.and_then(|agreed| agreed.except.clone())),
        ("hours", agreed.and_then(|agreed| agreed.hours.as_ref().map(ToString::to_string))),
        ("journey", Some(promise.parts.iter().map(Part::name).collect::<Vec<_>>().join(", "))),
        ("maintenance", agreed.map(maintenance)),
        ("description", promise.description.clone()),
        ("objective", Some(promise.objective.clone())),
        ("owner", service.owner.clone()),
        ("period", Some(period(&promise.period))),
        ("period_seconds", Some(pointed(Decimal::from(promise.period_length.secs())))),
        ("planned", promise.planned.clone()),
        ("runbook", runbook.filter(|url| fits(url))),
        ("severity_page", Some(severities.get(Severity::Page).label.clone())),
        ("severity_ticket", Some(severities.get(Severity::Ticket).label.clone())),
        ("source", own("source_url").or_else(|| service.source.clone()).filter(|url| fits(url))),
        ("tiers", Some(tiers.join(", "))),
    ];
    // What a team asks by: the labels of its alerts. What says something else here has another meaning.
    let mut labels: Labels = service.labels.clone();
    labels.extend(slo.labels.clone());
    labels.retain(|name, _| facts.iter().all(|(fact, _)| fact != name));
    let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value.unwrap_or_default()));
    labels.extend(facts);
    let mut labels: Labels = labels.into_iter().map(|(name, value)| (name, shown(&value))).collect();
    labels.retain(|_, value| !value.is_empty());
    labels.extend(names.labels());
    let expr = vector(number("1"));
    Rule { makes: RuleOutput::Record(INFO.to_owned()), expr: expr.into(), labels: labels.into(), remark: "" }
}

/// Records `slo:alert:info` for an alert that belongs to no SLO: its runbook, if that has an address. Rules of alerts have annotations, but their series
/// have none.
pub(super) fn of_alert(alert: &Alert, labels: &Labels) -> Option<Rule> {
    let runbook =
        alert.annotations.get("runbook_url").or(alert.runbook_url.as_ref()).filter(|url| fits(url))?;
    let service = labels.get("service")?;
    let labels = [("alertname", &alert.id.name), ("runbook", &shown(runbook)), ("service", service)]
        .map(|(name, value)| (name.to_owned(), value.clone()));
    Some(Rule {
        makes: RuleOutput::Record(ALERT_INFO.to_owned()),
        expr: vector(number("1")).into(),
        labels: Labels::from(labels).into(),
        remark: "The runbook of an alert of this group, for dashboards.",
    })
}

/// Windows of maintenance, the latest first.
fn maintenance(agreed: &AgreedTime) -> String {
    let windows = agreed.maintenance.iter().rev();
    let texts = windows.map(|window| format!("{} – {}: {}", window.words.0, window.words.1, window.reason));
    texts.collect::<Vec<_>>().join("; ")
}

/// The names that screens of all SLOs share.
pub(super) fn screens(environment: Option<&str>) -> Screens {
    Screens {
        promise: dashboards::promise(environment),
        service: dashboards::pattern(environment),
        info: selector(INFO, &[]),
        alert_info: selector(ALERT_INFO, &[]),
        ratio: "slo:sli_error:ratio_rate".to_owned(),
        period_total: "slo:total_events:(increase)?".to_owned(),
        period_bad: "slo:bad_events:(increase)?".to_owned(),
        period_expected: "slo:expected_events:".to_owned(),
        agreed_time: selector(agreed::NAME, &[]),
        parts: journey::readings(|name| selector(name, &[])),
    }
}

/// The text on one line, without invisible characters, and cut to the longest label value.
fn shown(value: &str) -> String {
    let line = inert::line(value.trim());
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.into_owned(),
    }
}

/// Whether an address is short enough for a label. A longer one is left out: no link is better than a broken one.
fn fits(url: &str) -> bool {
    url.chars().count() <= LONGEST
}

/// `30d`, or `month Europe/Madrid`: the first word is the suffix of the series of the period.
fn period(period: &Period) -> String {
    match period {
        Period::Rolling(length) => length.to_string(),
        Period::Calendar(unit, zone) => format!("{} {}", unit.as_str(), zone.name()),
    }
}

/// `page 1h/5m 14.4`
fn tier(tier: &TierFacts) -> String {
    format!("{} {}/{} {}", tier.severity.as_str(), tier.long, tier.short, pointed(tier.burn_rate))
}
