//! Alerts: one per severity and SLO, whose tiers are combined, so that one problem is one notification; and one per service for events that disappear.

use super::events::exact;
use super::series::{Series, Side, Unit};
use super::{INTERVAL, LONG_INTERVAL, STALE, agreed, budget, companions, dashboards, runbooks, windows};
use crate::model::{Labels, Matching, Model, Service, Slo};
use crate::plan::{Alert, BELOW, Group, Makes, Notice, Promise, Rule, Watch, Which};
use crate::promql::ast::{Expr, Selector, Time};
use crate::promql::build::{aggregate, and, any, call, div, gt, selector};
use crate::vocabulary::{BudgetLine, Decimal, Duration, Name, Severity};

/// A service's alert for missing events holds that long before it fires, so that a restart of Prometheus is none.
const SETTLING: Duration = Duration::from_secs(300);

/// The name of an SLO's alert: `ApiAvailabilityBurnPage`, or what somebody has called it.
pub fn name(service: &Service, slo: &Slo, severity: Severity) -> String {
    slo.alert_name.as_ref().map_or_else(|| own_name(service, slo, severity), ToString::to_string)
}

/// The name that is made of the names of the service and the SLO.
pub fn own_name(service: &Service, slo: &Slo, severity: Severity) -> String {
    let severity = match severity {
        Severity::Page => "Page",
        Severity::Ticket => "Ticket",
    };
    format!("{}{}Burn{severity}", service.name.camel(), slo.name.camel())
}

/// Which alert of an SLO is meant: a name that somebody has chosen may be that of several, and of rules that are not ours.
pub(super) fn which(model: &Model, service: &Service, slo: &Slo, severity: Severity) -> Which {
    let apart = slo.alert_name.is_some().then(|| {
        Labels::from([
            ("service".to_owned(), service.name.to_string()),
            ("slo".to_owned(), slo.name.to_string()),
            ("severity".to_owned(), model.project.severities.get(severity).label.clone()),
        ])
    });
    Which { name: name(service, slo, severity), apart: apart.unwrap_or_default() }
}

/// The name of a service's alert for missing events.
pub fn missing_name(service: &Service) -> String {
    format!("{}EventsMissing", service.name.camel())
}

/// The alerts of one SLO, and whether each belongs to the slow group.
pub(super) fn burn(
    model: &Model,
    service: &Service,
    slo: &Slo,
    promise: &Promise,
    names: &Series,
) -> Vec<(Rule, bool)> {
    let mut rules = Vec::new();
    for severity in Severity::ALL {
        let tiers: Vec<&Watch> = promise.tiers.iter().filter(|tier| tier.severity == severity).collect();
        let slow = tiers.iter().all(|tier| tier.slow);
        let burning = any(tiers.iter().map(|tier| burning(names, tier)));
        let Some(burning) = burning else { continue };
        let notice = Notice::Burn {
            promise: Box::new(promise.clone()),
            severity,
            of: service.description.clone(),
            runbook: slo.runbook.clone(),
            owner: service.owner.clone(),
            budget_left: windows::held(names, windows::PERCENT_LEFT),
            pace: Box::new(windows::pace_of(promise, names, severity)),
        };
        let mut annotations = service.annotations.clone();
        annotations.extend(slo.annotations.clone());
        annotations.extend(model.project.severities.get(severity).annotations.clone());
        let which = which(model, service, slo, severity);
        let heading = which.heading(severity);
        let alert = Alert {
            runbook_url: runbooks::url(model, &runbooks::of_slo(&promise.service, &promise.slo), &heading),
            dashboard: dashboards::of_slo(model, &promise.service, &promise.slo, &promise.by),
            which,
            hold: None,
            keep_firing_for: tiers.iter().find_map(|tier| tier.keep_firing_for),
            notice,
            annotations,
        };
        let mut labels = alert_labels(model, service, &slo.labels, severity);
        labels.extend(names.labels());
        let labels = labels.into();
        let expr = div(burning, exact(promise.budget)).into();
        let remark = "Its value is the burn rate over the long window. In a gap the short window's last ratio is used.";
        rules.push((Rule { makes: Makes::Alert(Box::new(alert)), expr, labels, remark }, slow));
    }
    rules
}

/// Whether one tier sees its burn: over the long window, still over the short one, and in more than a stray event.
///
/// While a gap leaves the short window empty, its last known ratio stands in for a quarter of the long window: missing data is not a recovery.
fn burning(names: &Series, tier: &Watch) -> Expr {
    let ratio = |window: Duration| names.recorded(names.ratio(&window.to_string()));
    let held =
        |series: Selector, range: Duration| call("last_over_time", vec![series.range(Time::Fixed(range))]);
    // What the slow group records may be too old for an instant selector.
    let known = |series: Selector| if tier.slow { held(series, STALE) } else { series.into() };
    let above = |ratio: Expr| gt(ratio, exact(tier.threshold));
    let both = and(above(known(ratio(tier.long))), above(held(ratio(tier.short), hold(tier))));
    let mut burning: Expr = both.into();
    for (side, least) in [(Side::Bad, tier.min_bad_events), (Side::Total, tier.min_events)] {
        if least > 1 {
            // Counts may be fractional where a ratio is observed and not events, so half a step below the number is enough.
            let count = known(names.recorded(names.increase(Unit::Events, side, tier.long)));
            burning = and(burning, gt(count, exact(Decimal::from(least) - Decimal::new(5, 1)))).into();
        }
    }
    burning
}

/// How long the short window's last known ratio stands in for it: a quarter of the long window, and never less than two evaluations.
pub fn hold(tier: &Watch) -> Duration {
    let interval = if tier.slow { LONG_INTERVAL } else { INTERVAL };
    Duration::from_millis((tier.long.millis() / 4).max(2 * interval.millis()))
}

/// Labels of every alert; nothing that changes while it fires.
pub(super) fn alert_labels(model: &Model, service: &Service, own: &Labels, severity: Severity) -> Labels {
    let style = model.project.severities.get(severity);
    let mut labels = service.labels.clone();
    labels.extend(own.clone());
    labels.extend(style.labels.clone());
    // To Prometheus an empty label is none: it takes back what an outer level said.
    labels.retain(|_, value| !value.is_empty());
    labels.insert("severity".to_owned(), style.label.clone());
    labels.insert("service".to_owned(), service.name.to_string());
    if let Some(owner) = &service.owner {
        labels.insert("owner".to_owned(), owner.clone());
    }
    labels
}

/// The SLO whose page says that a service is down.
const DOWN: &str = "availability";

/// What is known of an alert before it fires.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// Its name.
    pub name: String,
    /// Labels that tell it from other alerts of its name; none where there are no others.
    pub apart: Labels,
    /// Its labels, with the name.
    pub labels: Labels,
    /// Labels that it has, with values that are not known.
    pub open: Vec<String>,
    /// Those among them that tell the promises of one SLO apart.
    pub by: Vec<String>,
    /// Page or ticket.
    pub severity: Severity,
    /// The service that it speaks of.
    pub service: &'a Name,
    /// The SLO, if it speaks of one.
    pub slo: Option<&'a Name>,
    /// The companion alert, if it is one.
    pub companion: Option<&'a Name>,
    /// Whether it says that the service is down, so that what needs it cannot work.
    pub down: bool,
    /// Whether it is told even while something that its service needs is down.
    pub independent: bool,
    /// The line of the budget, if it speaks of one. That it fires does not say that anything fails now.
    pub line: Option<BudgetLine>,
}

impl Known<'_> {
    /// Whether it matches, whatever the values are that are not known.
    pub fn always(&self, matching: &Matching) -> bool {
        matching.iter().all(|(label, values)| match self.labels.get(label) {
            Some(value) => values.contains(value),
            None => values.contains("") && !self.open.contains(label),
        })
    }

    /// Whether it matches for some values.
    pub fn sometimes(&self, matching: &Matching) -> bool {
        matching.iter().all(|(label, values)| match self.labels.get(label) {
            Some(value) => values.contains(value),
            None if self.open.contains(label) => values.iter().any(|value| !value.is_empty()),
            None => values.contains(""),
        })
    }

    /// Whether it may carry a label.
    pub fn carries(&self, label: &str) -> bool {
        self.labels.contains_key(label) || self.open.iter().any(|open| open == label)
    }
}

/// Labels by which alerts of one Prometheus are told from those of another.
pub(super) fn external(model: &Model) -> Vec<String> {
    model.project.prometheus.external_labels.iter().map(ToString::to_string).collect()
}

/// Every alert that somebody may be told of, by service: whoever adds one to the rules adds it here, and a test holds one against the other.
pub fn known(model: &Model) -> Vec<Known<'_>> {
    model.services.iter().flat_map(|service| known_of(model, service)).collect()
}

/// Those of one service.
pub(super) fn known_of<'a>(model: &'a Model, service: &'a Service) -> Vec<Known<'a>> {
    let external = external(model);
    let named = |name: &str, mut labels: Labels| {
        labels.insert("alertname".to_owned(), name.to_owned());
        labels
    };
    let mut all = Vec::new();
    {
        for slo in &service.slos {
            for severity in Severity::ALL {
                if !slo.tiers.iter().any(|tier| tier.severity == severity) {
                    continue;
                }
                let Which { name, apart } = which(model, service, slo, severity);
                let labels = named(&name, alert_labels(model, service, &slo.labels, severity));
                let down = slo.name.as_str() == DOWN && severity == Severity::Page;
                all.push(Known { down, apart, ..of_slo(service, slo, name, labels, severity, &external) });
            }
            for alert in &slo.budget_alerts {
                for severity in budget::severities(service, slo, alert) {
                    let name = budget::budget_alert_name(service, slo, alert.line);
                    let mut labels = named(&name, alert_labels(model, service, &slo.labels, severity));
                    labels.insert(BELOW.to_owned(), alert.line.to_string());
                    let line = Some(alert.line);
                    all.push(Known { line, ..of_slo(service, slo, name, labels, severity, &external) });
                }
            }
        }
        let expected = service.slos.iter().any(|slo| slo.is_expected());
        if let Some(missing) = service.missing_events.filter(|_| expected) {
            let name = missing_name(service);
            let labels = named(&name, alert_labels(model, service, &Labels::new(), missing.severity));
            all.push(Known {
                open: open(&labels, &[], &external),
                name,
                apart: Labels::new(),
                labels,
                by: Vec::new(),
                severity: missing.severity,
                service: &service.name,
                slo: None,
                companion: None,
                down: true,
                independent: false,
                line: None,
            });
        }
        all.extend(service.alerts.iter().map(|companion| companions::known(model, service, companion)));
    }
    all
}

/// An alert of an SLO.
fn of_slo<'a>(
    service: &'a Service,
    slo: &'a Slo,
    name: String,
    mut labels: Labels,
    severity: Severity,
    external: &[String],
) -> Known<'a> {
    labels.insert("slo".to_owned(), slo.name.to_string());
    let by: Vec<String> = slo.by.iter().map(ToString::to_string).collect();
    Known {
        open: open(&labels, &by, external),
        name,
        apart: Labels::new(),
        labels,
        by,
        severity,
        service: &service.name,
        slo: Some(&slo.name),
        companion: None,
        down: false,
        independent: false,
        line: None,
    }
}

/// Labels whose values are not known: those that are kept, and those that Prometheus adds where an alert has none of that name.
fn open(labels: &Labels, by: &[String], external: &[String]) -> Vec<String> {
    let added = external.iter().filter(|label| !labels.contains_key(*label) && !by.contains(label));
    by.iter().chain(added).cloned().collect()
}

/// The alert for a service whose events have disappeared; none if it is switched off, or if nothing is expected yet.
pub(super) fn missing(model: &Model, service: &Service) -> Option<Group> {
    let missing = service.missing_events?;
    let range = Duration::from_millis(missing.after.millis() - SETTLING.millis());
    let absent = service.slos.iter().filter(|slo| slo.is_expected()).map(|slo| {
        let labels = [("service", service.name.as_str()), ("slo", slo.name.as_str())];
        let events = selector(&format!("slo:total_events:increase{INTERVAL}"), &labels);
        let missing = call("absent_over_time", vec![events.range(Time::Fixed(range))]);
        agreed::expected(slo, missing, &labels, range)
    });
    let which = any(absent)?;
    let name = missing_name(service);
    let alert = Alert {
        runbook_url: runbooks::url(model, &runbooks::of_missing(service.name.as_str()), &name),
        dashboard: dashboards::of_service(model, service.name.as_str()),
        which: Which::of(name),
        hold: Some(SETTLING),
        keep_firing_for: None,
        notice: Notice::Missing {
            service: service.name.to_string(),
            of: service.description.clone(),
            owner: service.owner.clone(),
            severity: missing.severity,
            after: missing.after,
            which: which.clone(),
        },
        annotations: {
            let mut annotations = service.annotations.clone();
            annotations.extend(model.project.severities.get(missing.severity).annotations.clone());
            annotations
        },
    };
    let rule = Rule {
        makes: Makes::Alert(Box::new(alert)),
        expr: aggregate::<&str>("count", &[], which),
        labels: alert_labels(model, service, &Labels::new(), missing.severity).into(),
        remark: "Its value is the number of SLOs without events.",
    };
    Some(Group { name: service.name.to_string(), interval: INTERVAL, rules: vec![rule] })
}
