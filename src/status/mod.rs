//! plan + answers of a running Prometheus → the state of every SLO: the budget left, the burn rate, firing alerts, and what is not known.
//!
//! All queries are for one moment of the server's clock, one instant query per recorded series over all SLOs. The budget left is computed from the
//! counted events of the period in exact decimals, as the rules compute it. Only what is printed is rounded, and shares always to the worse side, so
//! that a broken promise never looks kept.
//!
//! **Invariant:** a number that cannot be known is absent. Without events, or with too few, there is neither compliance nor budget.

mod answers;
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

use crate::engine::Engine;
use crate::model::{Agreement, Labels};
use crate::plan::{Notice, Plan, Rule, ServicePlan, SloPlan, Which};
use crate::vocabulary::{BudgetLine, Decimal, Duration, STALE, Severity};

/// How all SLOs stand at one moment, the worst first.
#[derive(Debug)]
pub struct Status<'a> {
    /// Seconds since 1970, of the server's clock.
    pub at: Decimal,
    /// One per SLO, or per value of the labels that it keeps.
    pub standings: Vec<Standing<'a>>,
    /// What the server says of answers that are not whole.
    pub incomplete: Vec<String>,
    /// Who answered, if it told.
    pub engine: Option<Engine>,
    /// What decides whether that is good enough, if something does.
    pub gate: Option<Gate>,
}

/// How one SLO stands.
#[derive(Debug)]
pub struct Standing<'a> {
    /// The SLO.
    pub slo: &'a SloPlan,
    /// The labels that it keeps, and those by which servers tell themselves apart (`cluster`, say).
    pub labels: Labels,
    /// What is known of it.
    pub knowledge: Knowledge,
    /// What the rules on the server promise, if that is something else: then the burn rate and the alerts are of that.
    pub promised: Option<String>,
    /// Whether events count now, of a promise that does not always hold; `None` if that is not recorded.
    pub counts: Option<bool>,
    /// Events of the period, if some are recorded.
    pub events: Option<Events>,
    /// The burn rate of the last minutes.
    pub burn: Option<Decimal>,
    /// Seconds until the budget is gone; at most the period.
    pub exhaustion: Option<Decimal>,
    /// Of a journey the share of each part in what was bad in the period, the largest first.
    pub shares: Vec<(String, Decimal)>,
    /// Its alerts, the louder first.
    pub ringing: Vec<Ringing<'a>>,
}

/// What is known of an SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// Its events are counted, and they are enough to judge by.
    Judged,
    /// The period has too few events to say anything of the objective.
    Few,
    /// Events have been counted for so long, less than a day: what that says of the whole period is chance. Zero for less than an hour.
    Young(Duration),
    /// Nothing has been counted for so long; `None` for longer than a day.
    Stale(Option<Duration>),
    /// It is not known whether its rules are loaded, and nothing is recorded.
    Nothing,
    /// Its rules are loaded, and nothing is recorded yet.
    Waiting,
    /// The server evaluates no rules of that SLO, and nothing is recorded.
    NotLoaded,
    /// Nothing is recorded, and the definition says that its metric is not there yet.
    Planned,
}

/// Events of the period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Events {
    /// All.
    pub total: Decimal,
    /// Bad ones, no more than all.
    pub bad: Decimal,
    /// What the budget is measured against: all, or in a calendar period as many as are expected of it, if that is recorded.
    pub expected: Decimal,
}

/// An alert that fires or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ringing<'a> {
    /// Whether it holds, but not for long enough yet.
    pub pending: bool,
    /// Page or ticket.
    pub severity: Severity,
    /// What it says.
    pub says: Says,
    /// Its name.
    pub name: &'a str,
}

/// What an alert says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// The budget burns.
    Burns,
    /// Less of it is left than this.
    Below(BudgetLine),
    /// Events are missing.
    Missing,
}

impl Standing<'_> {
    /// Whether the events of the period are enough to judge by.
    fn judged(&self) -> Option<Events> {
        let young = matches!(self.knowledge, Knowledge::Young(_));
        self.events.filter(|events| !young && events.expected >= self.slo.promise.enough_events)
    }

    /// The share of good events in the period so far, if there are any.
    pub fn compliance(&self) -> Option<Decimal> {
        let judged = self.judged().filter(|events| events.total > Decimal::ZERO);
        judged.map(|events| (events.total - events.bad) / events.total)
    }

    /// The share of the period's budget that is left; below 0 if it is overspent.
    pub fn left(&self) -> Option<Decimal> {
        self.judged().map(|events| {
            let allowed = events.expected * self.slo.promise.budget;
            (allowed - events.bad) / allowed
        })
    }

    /// What is agreed to be done now.
    pub fn agreed(&self) -> Option<&Agreement> {
        self.slo.promise.agreed(self.left()?)
    }

    /// Whether it is agreed that nothing is deployed now.
    pub fn is_frozen(&self) -> bool {
        let freezes =
            |left: Decimal| move |agreement: &Agreement| agreement.freeze && left < agreement.line.ratio();
        self.left().is_some_and(|left| self.slo.promise.budget_policy.iter().any(freezes(left)))
    }

    /// The same as seconds of full outage.
    pub fn seconds_left(&self) -> Option<Decimal> {
        let period = Decimal::new(self.slo.promise.period_length.millis() as i64, 3);
        self.left().map(|left| left * self.slo.promise.budget * period)
    }

    /// The same as whole bad events.
    pub fn events_left(&self) -> Option<Decimal> {
        self.judged().map(|events| (events.expected * self.slo.promise.budget - events.bad).floor())
    }

    /// Whether somebody is being paged for what fails now.
    fn pages(&self) -> bool {
        let page = |alert: &Ringing| !alert.pending && alert.severity == Severity::Page;
        self.ringing.iter().any(|alert| page(alert) && !matches!(alert.says, Says::Below(_)))
    }

    /// What is worse comes first: a page, a spent budget, nothing known, and then whatever has the least left.
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

/// Whether an SLO is among those that are named: by their service, or by service and SLO. If none is named, all are.
pub fn is_named(slo: &SloPlan, named: &[String]) -> bool {
    let promise = &slo.promise;
    named.is_empty()
        || named.iter().any(|name| match name.split_once('/') {
            Some((service, slo)) => promise.service == service && promise.slo == slo,
            None => promise.service == *name,
        })
}

/// How the SLOs that are named stand.
pub fn status<'a>(plan: &'a Plan, named: &[String], answers: &Answers, gate: Option<Gate>) -> Status<'a> {
    let mut standings = Vec::new();
    for service in &plan.services {
        for slo in service.slos.iter().filter(|slo| is_named(slo, named)) {
            standings.extend(of_slo(service, slo, answers));
        }
    }
    standings.sort_by(|a: &Standing, b| a.order().cmp(&b.order()));
    Status {
        at: answers.at(),
        standings,
        incomplete: answers.incomplete().to_vec(),
        engine: answers.engine(),
        gate,
    }
}

/// One standing for each set of labels that something is recorded with, or one that says that nothing is.
fn of_slo<'a>(service: &'a ServicePlan, slo: &'a SloPlan, answers: &Answers) -> Vec<Standing<'a>> {
    let all = answers.labels_of(slo);
    let alerts: Vec<_> = slo
        .alerts()
        .map(|(severity, alert)| (severity, &alert.which, answers.ringing(&alert.which.name, slo)))
        .collect();
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
            // What burns is recorded before what is left.
            (None, _) if answers.is_loaded(slo) || answers.burn(slo, &labels).is_some() => Knowledge::Waiting,
            (None, _) => Knowledge::Nothing,
        };
        Standing {
            slo,
            knowledge,
            promised: answers.promised(slo),
            counts: answers.counts(slo, &labels),
            events,
            burn: answers.burn(slo, &labels),
            exhaustion: answers.exhaustion(slo, &labels),
            shares: answers.shares(slo),
            ringing: ringing(service, slo, &labels, (&alerts, answers)),
            labels,
        }
    };
    match all.is_empty() {
        true => vec![stand(Labels::new())],
        false => all.into_iter().map(stand).collect(),
    }
}

/// The alerts of an SLO that fire, and that of its service for missing events.
fn ringing<'a>(
    service: &'a ServicePlan,
    slo: &'a SloPlan,
    labels: &Labels,
    (alerts, answers): (&[(Severity, &'a Which, answers::Ringing)], &Answers),
) -> Vec<Ringing<'a>> {
    let mut ringing = Vec::new();
    for (severity, which, of) in alerts {
        let apart: Labels =
            labels.iter().chain(&which.apart).map(|(name, value)| (name.clone(), value.clone())).collect();
        let states = of.states(&apart).into_iter();
        let (severity, says, name) = (*severity, Says::Burns, &which.name);
        ringing.extend(states.map(|pending| Ringing { pending, severity, says, name }));
    }
    for (line, severity, rule, alert) in slo.budget_alerts() {
        // One name may have two severities.
        let mut labels = labels.clone();
        labels.extend(rule.labels.get("severity").map(|label| ("severity".to_owned(), label.clone())));
        let states = answers.ringing(&alert.which.name, slo).states(&labels);
        let (says, name) = (Says::Below(line), &alert.which.name);
        ringing.extend(states.into_iter().map(|pending| Ringing { pending, severity, says, name }));
    }
    // It does not say which SLO it is about; whoever has fresh counts is not meant.
    let fresh = answers.age(slo, labels).is_some_and(|age| age <= STALE);
    if slo.promise.planned.is_none() && !fresh {
        for alert in service.missing.iter().flat_map(|group| &group.rules).filter_map(Rule::alert) {
            let Notice::Missing { severity, .. } = alert.notice else { continue };
            let name = &alert.which.name;
            let states = answers.states(name, labels).into_iter();
            ringing.extend(states.map(|pending| Ringing { pending, severity, says: Says::Missing, name }));
        }
    }
    ringing.sort();
    ringing.dedup();
    ringing
}
