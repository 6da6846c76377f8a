//! Budget alerts: one per line. It notifies once when less than the line is left, and ends when clearly more is left again.
//!
//! Whether a line is crossed is recorded, because it depends on the state before: between the line and [`BudgetLine::DISTANCE`] above it, a firing
//! alert continues to fire and a silent one stays silent. So a budget that oscillates around the line notifies once.
//!
//! A line is crossed only if the budget is known: the period has enough events (a calendar period: as many as are expected of it), and events were
//! counted for a day. One hour says nothing about a month.
//!
//! A line is not crossed outside of the hours of the SLO, or during maintenance. The budget that is left changes then too, because old events leave a
//! rolling period and a calendar period has fewer events to come, but nothing fails.
//!
//! A page of a line becomes a ticket if a page of the same SLO, or of a companion alert with the same meaning, fires or has fired in the hour before:
//! somebody is already awake.

use std::sync::Arc;

use super::agreed;
use super::alert::{of_promise, rule};
use super::series::{Series, Side};
use super::sums::{exact, held, less};
use super::windows::{self, BUDGET_LEFT};
use crate::derive::pages_of_companions;
use crate::facts::{AlertFacts, SloFacts};
use crate::model::{Model, Service, Slo};
use crate::plan::{BELOW, Notice, Promise, Rule, RuleOutput};
use crate::promql::ast::{Expr, MatchOp, Time};
use crate::promql::build::{add, aggregate, and, call, eq, ge, gt, lt, mul, number, or, selector};
use crate::vocabulary::{BudgetLine, Duration, LONG_INTERVAL, Period, STALE, Severity};

/// 0 while enough is left; 1 from the crossing of the line until the recovery; 2 if somebody was awake at the crossing.
pub(super) const STATE: &str = "slo:budget_below:state";

/// The state before is read over this time, so that it survives a restart of Prometheus.
const BEFORE: Duration = Duration::from_secs(3600);

/// The rules of all lines of an SLO, for the slow group: they read the series that this group has just recorded.
pub(super) fn rules(model: &Model, service: &Service, facts: &SloFacts, names: &Series) -> Vec<Rule> {
    let SloFacts { slo, promise, alerts, .. } = facts;
    let mut rules = Vec::new();
    for declared in &slo.budget_alerts {
        let of_line: Vec<&AlertFacts> =
            alerts.iter().filter(|alert| alert.line == Some(declared.line)).collect();
        let awake = if of_line.len() > 1 { pages_within_hour(service, facts, names) } else { Vec::new() };
        rules.push(state(slo, promise, names, declared.line, awake));
        for alert in of_line {
            // The ticket in place of a page is for the person who is awake.
            let crossed = if alert.severity == declared.severity { "1" } else { "2" };
            rules.push(self::alert(model, service, facts, names, (alert, declared.line, crossed)));
        }
    }
    rules
}

/// The state of a line in this evaluation, or in the last one.
fn state(slo: &Slo, promise: &Promise, names: &Series, line: BudgetLine, awake: Vec<Expr>) -> Rule {
    let left = || held(names, BUDGET_LEFT);
    let recorded = names.recorded(STATE).matching(BELOW, MatchOp::Equal, &line.to_string());
    let before = gt(call("last_over_time", vec![recorded.range(Time::Fixed(BEFORE))]), number("0"));
    let stays = and(before, Expr::from(lt(left(), exact(line.recovered())))).ignoring(&[BELOW]);
    let events = match &slo.period {
        Period::Rolling(length) => names.period(Side::Total, true, &length.to_string()),
        Period::Calendar(unit, _) => names.expected(unit.as_str()),
    };
    let events = held(names, &events);
    let enough = ge(events, exact(promise.enough_events));
    let below = || -> Expr {
        let below = and(lt(left(), exact(line.ratio())), Expr::from(enough.clone()));
        let below = and(Expr::from(below), counted_for_a_day(names)).into();
        agreed::counted_within(slo, names, below, BudgetLine::AFTER_HOURS)
    };
    let value = |of: Expr, value: &str| -> Expr { add(mul(number("0"), of), number(value)).into() };
    let mut begins: Expr = or(value(below(), "1"), mul(number("0"), left())).into();
    // Each page is one `and`, so that several firing pages are not counted twice.
    for page in awake.into_iter().rev() {
        begins = or(value(page_and(below(), page, names), "2"), begins).into();
    }
    let mut labels = names.labels();
    labels.insert(BELOW.to_owned(), line.to_string());
    Rule {
        makes: RuleOutput::Record(STATE.to_owned()),
        expr: Arc::new(or(stays, begins).ignoring(&[BELOW]).into()),
        labels: labels.into(),
        remark: "1 when less is left than the line says, until 5% more is left; 2 if a page has fired in the hour before. Needs a day of events.",
    }
}

/// The samples of `below` while a page fires. A burn alert has the labels that are kept, a companion alert does not.
fn page_and(below: Expr, page: Expr, names: &Series) -> Expr {
    match matches!(&page.kind, crate::promql::ast::Kind::Aggregate { grouping: Some(_), .. }) {
        true => names.alike(and(below, page)),
        false => and(below, page).on::<&str>(&[]).into(),
    }
}

/// Whether tiles were recorded a day ago.
fn counted_for_a_day(names: &Series) -> Expr {
    // Twelve and a half tiles, so that a tile on the edge of the range decides nothing.
    let hour = Time::Fixed(Duration::from_millis(3_600_000 + LONG_INTERVAL.millis() / 2));
    let series = names.recorded(names.tile(Side::Total, LONG_INTERVAL)).offset(BudgetLine::KNOWN_AFTER);
    call("present_over_time", vec![series.range(hour)])
}

/// Pages about a failure of this SLO that fire now or fired within the hour before.
fn pages_within_hour(service: &Service, facts: &SloFacts, names: &Series) -> Vec<Expr> {
    let slo = facts.slo;
    let range = less(BudgetLine::AWAKE, LONG_INTERVAL.millis() / 2);
    let page = facts.burn(Severity::Page);
    let fired = |alerts: &[String]| {
        let mut firing = selector("ALERTS", &[("alertstate", "firing")]);
        firing = match alerts {
            [one] => firing.matching("alertname", MatchOp::Equal, one),
            several => firing.matching("alertname", MatchOp::Matches, &several.join("|")),
        };
        for (label, value) in
            page.iter().filter(|page| alerts.contains(&page.name)).flat_map(|page| &page.apart)
        {
            firing = firing.matching(label, MatchOp::Equal, value);
        }
        call("max_over_time", vec![firing.range(Time::Fixed(range))])
    };
    let burn: Vec<String> = page.iter().map(|page| page.name.clone()).collect();
    let companions = pages_of_companions(service, slo);
    // A companion alert may lack the kept labels that a burn alert has. It also lacks the labels that distinguish alerts of one name.
    let alike = names.by.is_empty() && slo.alert_name.is_none();
    let (apart, together) = match alike {
        true => (Vec::new(), [burn, companions].concat()),
        false => (burn, companions),
    };
    let max = |by: &[String], alerts: &[String]| aggregate("max", by, fired(alerts));
    let both = [(&names.by[..], apart), (&[], together)];
    both.into_iter().filter(|(_, alerts)| !alerts.is_empty()).map(|(by, alerts)| max(by, &alerts)).collect()
}

/// The alert of a line. Its value is the share of the budget that is left.
fn alert(
    model: &Model,
    service: &Service,
    facts: &SloFacts,
    names: &Series,
    (alert, line, crossed): (&AlertFacts, BudgetLine, &str),
) -> Rule {
    let state = names.recorded(STATE).matching(BELOW, MatchOp::Equal, &line.to_string());
    let state = call("last_over_time", vec![state.range(Time::Fixed(STALE))]);
    let expr = and(held(names, BUDGET_LEFT), Expr::from(eq(state, number(crossed)))).ignoring(&[BELOW]);
    let pace = windows::pace_of_period(&facts.promise, names);
    let known = (alert, alert.name.as_str(), pace);
    let alert_of_line = of_promise(model, service, facts, names, known, |of| Notice::Budget(line, of));
    rule(alert_of_line, expr, alert.rule_labels(), "Its value is the share of the budget that is left.")
}
