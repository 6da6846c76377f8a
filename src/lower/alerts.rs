//! Alerts: one per severity and SLO, whose tiers are combined, so that one problem is one notification; and one per service for missing events.

use super::alert::{annotations, of_promise, rule};
use super::series::{Series, Side, Unit};
use super::sums::exact;
use super::{agreed, dashboards, journey_pages, runbooks, windows};
use crate::derive::missing_name;
use crate::facts::{ServiceFacts, SloFacts};
use crate::model::{Labels, Model, Service, Slo};
use crate::plan::{Alert, Expected, Group, Notice, Rule, TierFacts};
use crate::promql::ast::{Expr, Selector, Time};
use crate::promql::build::{aggregate, and, any, call, div, gt, selector};
use crate::vocabulary::{Decimal, Duration, INTERVAL, STALE, Severity};

/// The alert for missing events waits this long before it fires, so that a restart of Prometheus does not fire it.
const SETTLING: Duration = Duration::from_secs(300);

/// The alerts of one SLO, and for each whether it belongs to the slow group.
pub(super) fn burn(model: &Model, service: &Service, facts: &SloFacts, names: &Series) -> Vec<(Rule, bool)> {
    let promise = &facts.promise;
    let mut rules = Vec::new();
    for severity in Severity::ALL {
        let tiers: Vec<&TierFacts> = promise.tiers_of(severity).collect();
        let slow = tiers.iter().all(|tier| tier.slow);
        let burning = any(tiers.iter().map(|tier| burning(names, tier)));
        let (Some(burning), Some(alert)) = (burning, facts.burn(severity)) else { continue };
        let heading = alert.id().heading(severity);
        let labels = alert.rule_labels();
        let pace = windows::pace_of(promise, names, severity);
        let alert = Alert {
            keep_firing_for: tiers.iter().find_map(|tier| tier.keep_firing_for),
            ..of_promise(model, service, facts, names, (alert, &heading, pace), Notice::Burn)
        };
        let expr = div(burning, exact(promise.budget)).into();
        let expr =
            if severity == Severity::Page { journey_pages::hold_back_page(model, facts, expr) } else { expr };
        let remark = "Its value is the burn rate over the long window. In a gap the short window's last ratio is used.";
        rules.push((rule(alert, expr, labels, remark), slow));
    }
    rules
}

/// Whether one tier burns: over the long window, over the short window, and with more than a single event.
///
/// While a gap leaves the short window empty, its last known ratio is used for a quarter of the long window: missing data is not a recovery.
fn burning(names: &Series, tier: &TierFacts) -> Expr {
    let ratio = |window: Duration| names.recorded(names.ratio(&window.to_string()));
    let held =
        |series: Selector, range: Duration| call("last_over_time", vec![series.range(Time::Fixed(range))]);
    // The last sample of the slow group may be too old for an instant selector.
    let known = |series: Selector| if tier.slow { held(series, STALE) } else { series.into() };
    let above = |ratio: Expr| gt(ratio, exact(tier.threshold));
    let both = and(above(known(ratio(tier.long))), above(held(ratio(tier.short), tier.hold())));
    let mut burning: Expr = both.into();
    for (side, least) in [(Side::Bad, tier.min_bad_events), (Side::Total, tier.min_events)] {
        if least > 1 {
            // Counts may be fractions if a ratio is observed instead of events. So the limit is half a step below the number.
            let count = known(names.recorded(names.increase(Unit::Events, side, tier.long)));
            burning = and(burning, gt(count, exact(Decimal::from(least) - Decimal::new(5, 1)))).into();
        }
    }
    burning
}

/// When it fires because of one SLO.
pub(super) fn expected(service: &Service, slo: &Slo) -> Option<Expected> {
    let missing = service.missing_events.filter(|_| slo.is_expected())?;
    Some(Expected {
        name: missing_name(service),
        severity: missing.severity,
        range: until_pending(missing.after),
        hold: SETTLING,
    })
}

/// How long no events are counted before it waits.
fn until_pending(after: Duration) -> Duration {
    Duration::from_millis(after.millis() - SETTLING.millis())
}

/// The alert for a service whose events disappeared; `None` if it is switched off, or if no events are expected yet.
pub(super) fn missing(model: &Model, facts: &ServiceFacts) -> Option<Group> {
    let service = facts.service;
    let (missing, known) = (service.missing_events?, facts.missing.as_ref()?);
    let range = until_pending(missing.after);
    let absent = service.slos.iter().filter(|slo| slo.is_expected()).map(|slo| {
        let labels = [("service", service.name.as_str()), ("slo", slo.name.as_str())];
        let events = selector(&format!("slo:total_events:increase{INTERVAL}"), &labels);
        let missing = call("absent_over_time", vec![events.range(Time::Fixed(range))]);
        agreed::expected(slo, missing, &labels, range)
    });
    let which = any(absent)?;
    let alert = Alert {
        runbook_url: runbooks::url(model, &runbooks::of_missing(service.name.as_str()), &known.name),
        dashboard: dashboards::of_service(model, service.name.as_str()),
        id: known.id(),
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
        annotations: annotations(model, service, &Labels::new(), missing.severity),
    };
    let labels = known.rule_labels();
    let runbook = super::info::of_alert(&alert, &labels);
    let remark = "Its value is the number of SLOs without events.";
    let rules = [rule(alert, aggregate::<&str>("count", &[], which), labels, remark)]
        .into_iter()
        .chain(runbook)
        .collect();
    Some(Group { name: service.name.to_string(), interval: INTERVAL, rules })
}
