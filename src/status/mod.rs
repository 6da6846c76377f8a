//! plan + answers of a running Prometheus → the state of every SLO: the remaining budget, the burn rate, firing alerts, and unknown values.
//!
//! All queries are for one moment of the server's clock: one instant query per recorded series, over all SLOs. The remaining budget is computed from
//! the events of the period in exact decimals, as the rules compute it. Only printed values are rounded, always to the worse side, so that a broken
//! promise never looks kept.
//!
//! **Invariant:** an unknown number is absent. Without events, or with too few, there is neither compliance nor budget.

mod answers;
mod by_labels;
mod gate;
mod human;
mod json;
mod markdown;
mod questions;
mod shown;

pub use answers::{Answers, MOST_SERIES, moment};
pub use gate::{Gate, Verdict};
pub use human::human;
pub use json::json;
pub use markdown::markdown;
pub use questions::{About, MOMENT, Question, questions};

use by_labels::ByLabels;

use crate::engine::Engine;
use crate::model::{Agreement, Labels};
use crate::plan::{AlertId, Notice, Plan, Rule, ServicePlan, SloPlan};
use crate::vocabulary::{BudgetLine, Decimal, Duration, STALE, Severity};

/// The state of all SLOs at one moment, the worst first.
#[derive(Debug)]
pub struct Status<'a> {
    /// Seconds since 1970, of the server's clock.
    pub at: Decimal,
    /// One per SLO and set of labels in its `by`.
    pub standings: Vec<SloStatus<'a>>,
    /// Warnings of the server about incomplete answers.
    pub incomplete: Vec<String>,
    /// The kind of server, if it is known.
    pub engine: Option<Engine>,
    /// The gate, if there is one.
    pub gate: Option<Gate>,
}

/// The state of one SLO.
#[derive(Debug)]
pub struct SloStatus<'a> {
    /// The SLO.
    pub slo: &'a SloPlan,
    /// The values of the labels in its `by`, and labels that identify servers, such as `cluster`.
    pub labels: Labels,
    /// How much is known of it.
    pub knowledge: Knowledge,
    /// The objective and period of the loaded rules, if they differ. Then the burn rate and the alerts belong to them.
    pub promised: Option<String>,
    /// For a promise with `hours` or exceptions: whether events count now; `None` if that is not recorded.
    pub counts: Option<bool>,
    /// Events of the period, if they are recorded.
    pub events: Option<Events>,
    /// The burn rate of the last few minutes.
    pub burn: Option<Decimal>,
    /// Seconds until the budget is exhausted; at most the period.
    pub exhaustion: Option<Decimal>,
    /// For a journey: the share of each part in the bad events of the period, the largest first.
    pub shares: Vec<(String, Decimal)>,
    /// Its alerts, pages first.
    pub active_alerts: Vec<ActiveAlert<'a>>,
}

/// How much is known of an SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// It has enough events to judge it.
    Judged,
    /// Too few events in the period to judge the objective.
    Few,
    /// Events were counted for less than a day, which is too short to judge the period. Zero for less than an hour.
    Young(Duration),
    /// No events were counted for so long; `None` for longer than a day.
    Stale(Option<Duration>),
    /// Nothing is recorded, and it is not known whether the rules are loaded.
    Nothing,
    /// Nothing is recorded yet, but the rules are loaded.
    Waiting,
    /// Nothing is recorded, and the rules are not loaded.
    NotLoaded,
    /// Nothing is recorded, and the metric is planned.
    Planned,
}

/// Events of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events {
    pub total: Decimal,
    /// Bad events, at most `total`.
    pub bad: Decimal,
    /// The events that the budget is measured against: `total`, or in a calendar period the expected events, if they are recorded.
    pub expected: Decimal,
}

/// A firing or pending alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActiveAlert<'a> {
    /// Whether it is pending: its condition is true, but not for long enough yet.
    pub pending: bool,
    pub severity: Severity,
    /// The kind of alert.
    pub kind: AlertKind,
    pub name: &'a str,
}

/// The kind of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertKind {
    /// The burn rate is too high.
    Burns,
    /// Less of the budget is left than this line.
    Below(BudgetLine),
    /// Events are missing.
    Missing,
}

impl SloStatus<'_> {
    /// The events of the period, if they are enough to judge it.
    fn judged(&self) -> Option<Events> {
        let young = matches!(self.knowledge, Knowledge::Young(_));
        self.events.filter(|events| !young && events.expected >= self.slo.promise.enough_events)
    }

    /// The ratio of good events in the period until now, if there are any.
    pub fn compliance(&self) -> Option<Decimal> {
        let judged = self.judged().filter(|events| events.total > Decimal::ZERO);
        judged.map(|events| (events.total - events.bad) / events.total)
    }

    /// The remaining share of the period's budget; below 0 if it is overspent.
    pub fn left(&self) -> Option<Decimal> {
        self.judged().map(|events| {
            let allowed = events.expected * self.slo.promise.budget;
            (allowed - events.bad) / allowed
        })
    }

    /// The line of the error budget policy that applies now.
    pub fn agreed(&self) -> Option<&Agreement> {
        self.slo.promise.agreed(self.left()?)
    }

    /// Whether deployments stop now.
    pub fn is_frozen(&self) -> bool {
        let freezes =
            |left: Decimal| move |agreement: &Agreement| agreement.freeze && left < agreement.line.ratio();
        self.left().is_some_and(|left| self.slo.promise.budget_policy.iter().any(freezes(left)))
    }

    /// The remaining budget in seconds of full outage.
    pub fn seconds_left(&self) -> Option<Decimal> {
        let period = Decimal::new(self.slo.promise.period_length.millis() as i64, 3);
        self.left().map(|left| left * self.slo.promise.budget * period)
    }

    /// The remaining budget in whole bad events.
    pub fn events_left(&self) -> Option<Decimal> {
        self.judged().map(|events| (events.expected * self.slo.promise.budget - events.bad).floor())
    }

    /// Whether a page about the burn rate fires.
    fn pages(&self) -> bool {
        let page = |alert: &ActiveAlert| !alert.pending && alert.severity == Severity::Page;
        self.active_alerts.iter().any(|alert| page(alert) && !matches!(alert.kind, AlertKind::Below(_)))
    }

    /// The sort key: pages first, then exhausted budgets, then unknown ones, then the least remaining budget.
    fn order(&self) -> (u8, Decimal, &str, &str, &Labels) {
        let left = self.left();
        let rank = match (self.knowledge, left) {
            _ if self.pages() => 0,
            (_, Some(left)) if left <= Decimal::ZERO => 1,
            (Knowledge::Stale(_) | Knowledge::Nothing | Knowledge::NotLoaded | Knowledge::Waiting, _) => 2,
            (Knowledge::Judged, _) => 3,
            (Knowledge::Few | Knowledge::Young(_), _) => 4,
            (Knowledge::Planned, _) => 5,
        };
        let promise = &self.slo.promise;
        (rank, left.unwrap_or_default(), &promise.service, &promise.slo, &self.labels)
    }
}

/// Whether an SLO is selected by its service, or by service and SLO. Without names, all are selected.
pub fn is_named(slo: &SloPlan, named: &[String]) -> bool {
    let promise = &slo.promise;
    named.is_empty()
        || named.iter().any(|name| match name.split_once('/') {
            Some((service, slo)) => promise.service == service && promise.slo == slo,
            None => promise.service == *name,
        })
}

/// The state of the selected SLOs.
pub fn status<'a>(plan: &'a Plan, named: &[String], answers: &Answers, gate: Option<Gate>) -> Status<'a> {
    let mut standings = Vec::new();
    for service in &plan.services {
        for slo in service.slos.iter().filter(|slo| is_named(slo, named)) {
            standings.extend(of_slo(service, slo, answers));
        }
    }
    standings.sort_by(|a: &SloStatus, b| a.order().cmp(&b.order()));
    Status {
        at: answers.at(),
        standings,
        incomplete: answers.incomplete().to_vec(),
        engine: answers.engine(),
        gate,
    }
}

/// One state for each set of labels that something is recorded with, or one that says that nothing is.
fn of_slo<'a>(service: &'a ServicePlan, slo: &'a SloPlan, answers: &Answers) -> Vec<SloStatus<'a>> {
    let all = answers.labels_of(slo);
    let alerts = known_alerts(service, slo, answers);
    let (promised, shares) = (answers.promised(slo), answers.shares(slo));
    let agreed_time = answers.agreed_time(slo);
    let stand = |labels: Labels| {
        let events = answers.events(slo, &labels);
        let enough = events.is_some_and(|events| events.expected >= slo.promise.enough_events);
        let age = answers.age(slo, &labels);
        let young = answers.young(slo, &labels);
        let knowledge = match (events, age) {
            (Some(_), age) if age.is_none_or(|age| age <= STALE) && young.is_some() => {
                Knowledge::Young(young.unwrap_or_default())
            }
            (Some(_), Some(age)) if age <= STALE && enough => Knowledge::Judged,
            (Some(_), Some(age)) if age <= STALE => Knowledge::Few,
            (_, Some(age)) if age > STALE => Knowledge::Stale(Some(age)),
            (Some(_), _) => Knowledge::Stale(None),
            (None, _) if slo.promise.planned.is_some() && age.is_none() => Knowledge::Planned,
            (None, None) if answers.is_not_loaded(slo) => Knowledge::NotLoaded,
            // The burn rate is recorded before the remaining budget.
            (None, _) if answers.is_loaded(slo) || answers.burn(slo, &labels).is_some() => Knowledge::Waiting,
            (None, _) => Knowledge::Nothing,
        };
        // The series has only those labels of `by` that maintenance windows name.
        let counts = agreed_time.as_ref().and_then(|times| {
            let times = times.agreeing(&labels).into_iter();
            times.min_by_key(|(labels, _)| *labels).map(|(_, value)| !value.is_zero())
        });
        SloStatus {
            slo,
            knowledge,
            promised: promised.clone(),
            counts,
            events,
            burn: answers.burn(slo, &labels),
            exhaustion: answers.exhaustion(slo, &labels),
            shares: shares.clone(),
            active_alerts: active_alerts(&alerts, &labels, age),
            labels,
        }
    };
    match all.is_empty() {
        true => vec![stand(Labels::new())],
        false => all.into_iter().map(stand).collect(),
    }
}

/// The pending and firing alerts of one rule.
struct KnownAlerts<'a, 'b> {
    severity: Severity,
    kind: AlertKind,
    name: &'a str,
    /// Labels that the rule sets, by which its alerts differ from others with the same name.
    apart: Labels,
    alerts: ByLabels<'b, bool>,
}

/// The pending and firing alerts of an SLO, and that of its service for missing events.
fn known_alerts<'a, 'b>(
    service: &'a ServicePlan,
    slo: &'a SloPlan,
    answers: &'b Answers,
) -> Vec<KnownAlerts<'a, 'b>> {
    let known = |severity, kind, id: &'a AlertId, apart| KnownAlerts {
        severity,
        kind,
        name: &id.name,
        apart,
        alerts: answers.alerts_of_slo(&id.name, slo),
    };
    let burns = slo.alerts().map(|(severity, alert)| {
        let apart = alert.id.apart.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        known(severity, AlertKind::Burns, &alert.id, apart)
    });
    let budgets = slo.budget_alerts().map(|(line, severity, rule, alert)| {
        // Page and ticket may have the same name.
        let label = rule.labels.get("severity").map(|label| ("severity".to_owned(), label.clone()));
        known(severity, AlertKind::Below(line), &alert.id, label.into_iter().collect())
    });
    let rules = service.missing.iter().flat_map(|group| &group.rules).filter_map(Rule::alert);
    let missing = rules.filter(|_| slo.promise.planned.is_none()).filter_map(|alert| {
        let Notice::Missing { severity, .. } = alert.notice else { return None };
        let alerts = answers.alerts_named(&alert.id.name);
        let (kind, name, apart) = (AlertKind::Missing, &alert.id.name, Labels::new());
        Some(KnownAlerts { severity, kind, name, apart, alerts })
    });
    burns.chain(budgets).chain(missing).collect()
}

/// Those of the alerts that have these labels; `age` is how long ago events were counted.
fn active_alerts<'a>(
    known: &[KnownAlerts<'a, '_>],
    labels: &Labels,
    age: Option<Duration>,
) -> Vec<ActiveAlert<'a>> {
    // The alert for missing events does not name an SLO. An SLO with fresh counts is not meant.
    let fresh = age.is_some_and(|age| age <= STALE);
    let mut active_alerts = Vec::new();
    for alert in known.iter().filter(|alert| !(fresh && alert.kind == AlertKind::Missing)) {
        let wanted: Labels =
            labels.iter().chain(&alert.apart).map(|(name, value)| (name.clone(), value.clone())).collect();
        let has_all = |known: &Labels| {
            alert.kind == AlertKind::Missing || wanted.keys().all(|name| known.contains_key(name))
        };
        let found = alert.alerts.agreeing(&wanted).into_iter().filter(|(known, _)| has_all(known));
        let (severity, kind, name) = (alert.severity, alert.kind, alert.name);
        active_alerts.extend(found.map(|(_, pending)| ActiveAlert { pending, severity, kind, name }));
    }
    active_alerts.sort();
    active_alerts.dedup();
    active_alerts
}
