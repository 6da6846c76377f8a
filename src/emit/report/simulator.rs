//! The numbers for the page's simulator: those of the plan, exact, as decimal text.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Deliveries;
use crate::emit::spelling::{LanguageFormat, kind};
use crate::plan::{AlertId, Event, Promise, ServicePlan, SloPlan, TierFacts};
use crate::text::words_of;
use crate::vocabulary::{BudgetLine, Decimal, Severity, text};

/// The data of the page's simulator.
#[derive(Serialize)]
pub struct Simulator {
    words: BTreeMap<&'static str, &'static str>,
    slos: Vec<Slo>,
}

/// Lengths are in milliseconds.
#[derive(Serialize)]
struct Slo {
    name: String,
    budget: String,
    period: u64,
    /// The evaluation interval, and that of the slow group.
    interval: u64,
    long_interval: u64,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice: Option<Slice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traffic: Option<String>,
    tiers: Vec<Tier>,
    alerts: Vec<Alert>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_alerts: Option<BudgetAlerts>,
}

#[derive(Serialize)]
struct Slice {
    length: u64,
    budget: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<u64>,
}

#[derive(Serialize)]
struct Tier {
    severity: &'static str,
    name: String,
    long: u64,
    short: u64,
    threshold: String,
    least: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<u64>,
    every: u64,
    /// For windows that are sums of tiles: how long before an evaluation the long and the short window end.
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<[u64; 2]>,
}

#[derive(Serialize)]
struct Alert {
    severity: &'static str,
    name: String,
    notified: Vec<Receiver>,
}

/// The budget alerts.
#[derive(Serialize)]
struct BudgetAlerts {
    /// With fewer events in the period the budget is unknown.
    enough: String,
    /// For this long after a page somebody is awake.
    awake: u64,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    name: String,
    severity: &'static str,
    /// The line, as people read it.
    left: String,
    /// The share of the budget that is spent at the line.
    spent: String,
}

#[derive(Serialize)]
struct Receiver {
    name: String,
    after: u64,
    escalates: bool,
    mute: Vec<String>,
}

pub fn simulator(services: &[ServicePlan], deliveries: &Deliveries, words: &LanguageFormat) -> Simulator {
    let slos = services.iter().flat_map(|service| &service.slos);
    Simulator {
        words: words_of(words.language, "script."),
        slos: slos.map(|slo| self::slo(slo, deliveries, words)).collect(),
    }
}

fn slo(slo: &SloPlan, deliveries: &Deliveries, words: &LanguageFormat) -> Slo {
    let promise = &slo.promise;
    let slice = |length: crate::vocabulary::Duration| {
        let budget = slo.observed.slice_budget.map(text).unwrap_or_default();
        let late = matches!(promise.event, Event::Journey(_)).then(|| promise.interval.millis());
        Slice { length: length.millis(), budget, late }
    };
    Slo {
        name: format!("{}/{}", promise.service, promise.slo),
        budget: text(promise.budget),
        period: promise.period_length.millis(),
        interval: promise.interval.millis(),
        long_interval: promise.long_interval.millis(),
        event: kind(promise.event),
        slice: promise.event.slice().map(slice),
        // The rate of evaluations and slices follows from the interval, which the simulator knows.
        traffic: promise.traffic.filter(|_| promise.event == Event::Occurrence).map(text),
        tiers: promise.tiers.iter().map(|tier| self::tier(promise, tier, words)).collect(),
        alerts: slo.alerts().map(|(severity, alert)| self::alert(severity, &alert.id, deliveries)).collect(),
        budget_alerts: budget_alerts(slo, words),
    }
}

fn budget_alerts(slo: &SloPlan, words: &LanguageFormat) -> Option<BudgetAlerts> {
    let line = |line: BudgetLine, severity: Severity, alert: &crate::plan::Alert| Line {
        name: alert.id.name.clone(),
        severity: severity.as_str(),
        left: words.at_line("line", line, &[]),
        spent: text(Decimal::ONE - line.ratio()),
    };
    let lines: Vec<Line> =
        slo.budget_alerts().map(|(crossed, severity, _, alert)| line(crossed, severity, alert)).collect();
    (!lines.is_empty()).then(|| BudgetAlerts {
        enough: text(slo.promise.enough_events),
        awake: BudgetLine::AWAKE.millis(),
        lines,
    })
}

fn tier(promise: &Promise, tier: &TierFacts, words: &LanguageFormat) -> Tier {
    let every = if tier.slow { promise.long_interval } else { promise.interval };
    let fast = promise.fast_windows();
    let late = [tier.long, tier.short].map(|window| match fast.contains(&window) {
        true => 0,
        false => promise.interval.millis(),
    });
    Tier {
        severity: tier.severity.as_str(),
        name: format!("{} {}", words.severity(tier.severity), words.length(tier.long)),
        long: tier.long.millis(),
        short: tier.short.millis(),
        threshold: text(tier.threshold),
        least: tier.min_bad_events,
        events: (tier.min_events > 1).then_some(tier.min_events),
        kept: tier.keep_firing_for.map(|kept| kept.millis()),
        every: every.millis(),
        late: (late != [0, 0]).then_some(late),
    }
}

fn alert(severity: Severity, id: &AlertId, deliveries: &Deliveries) -> Alert {
    // If receivers depend on labels, all possible receivers.
    let mut receivers: Vec<Receiver> = Vec::new();
    for notified in deliveries.of_alert(id).iter().flat_map(|delivery| &delivery.notified) {
        if !receivers.iter().any(|known| known.name == notified.receiver) {
            receivers.push(Receiver {
                name: notified.receiver.clone(),
                after: notified.after.millis(),
                escalates: notified.escalates,
                mute: notified.mute.clone(),
            });
        }
    }
    Alert { severity: severity.as_str(), name: id.name.clone(), notified: receivers }
}
