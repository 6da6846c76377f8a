//! A journey and its parts page for one thing once, whichever of them is first.
//!
//! The part is first: the page of the journey does not begin while a part pages, nor afterwards as long as its windows contain the same outage.
//!
//! The journey is first: an alert that notifies nobody silences the pages of the parts that were bad when it began. It fires as long as the journey
//! pages, and longer for a part that still pages then, as long as the windows of the part contain the same outage.
//!
//! Alertmanager silences an alert even if the alert that silences it is silenced itself, so two alerts that silence each other would both be lost. Two
//! Prometheus servers may also disagree about which one was first. Therefore Alertmanager silences parts only, and the journey is held back in its own
//! rule: an alert that silences a part comes from a server on which the page of the journey fires, and nothing silences that.

use super::active::{began, firing};
use super::alert::{self, silencing_alert};
use super::journey::BAD;
use super::series::{PART, Series};
use super::sums::less;
use crate::facts::{AlertFacts, AlertId, SloFacts};
use crate::model::{Model, Service};
use crate::plan::Rule;
use crate::promql::ast::{Binary, Expr, MatchOp, Selector, Time};
use crate::promql::build::{aggregate, and, any, call, eq, lt, number, or, string, sub, unless};
use crate::vocabulary::{Duration, INTERVAL, Severity};

/// How long after the page of the journey begins the parts that are bad are noted: two evaluations may be missed.
const BEGINS: Duration = Duration::from_secs(75);

/// How much longer than `group_wait` the journey fires until its notification is certainly sent.
const SENT: Duration = Duration::from_secs(60);

/// The page of a journey that does not begin while or after a part pages.
pub(super) fn hold_back_page(model: &Model, facts: &SloFacts, page: Expr) -> Expr {
    let pages = facts.failing_parts.iter().filter(|alert| alert.severity == Severity::Page);
    let pages: Vec<AlertId> = pages.map(AlertFacts::id).collect();
    let own = facts.burn(Severity::Page);
    let (Some(own), false, Some(_)) = (own, pages.is_empty(), &model.project.alertmanager) else {
        return page;
    };
    let length = crate::derive::page_delay_after_parts(facts.slo);
    let paged = fired_within(&pages, length);
    let silencing = [own.id()]
        .into_iter()
        .chain(facts.silencing.iter().map(|silencing| AlertId::of(silencing.name.clone())));
    let silencing = fires(&silencing.collect::<Vec<_>>());
    unless(page, Expr::from(unless(paged, silencing).on::<&str>(&[]))).on::<&str>(&[]).into()
}

/// A range that is half an interval shorter contains the same number of samples with open and with closed edges.
fn fixed(length: Duration) -> Time {
    Time::Fixed(less(length, INTERVAL.millis() / 2))
}

/// These alerts while they fire.
fn fires(alerts: &[AlertId]) -> Expr {
    any(firing(alerts).into_iter().map(Expr::from)).expect("there is an alert")
}

/// These alerts if they fire or did so within a time.
fn fired_within(alerts: &[AlertId], time: Duration) -> Expr {
    let ranged = |series: Selector| call("max_over_time", vec![series.range(fixed(time))]);
    any(firing(alerts).into_iter().map(ranged)).expect("there is an alert")
}

/// How many seconds an alert has been active.
fn age(alert: &AlertId) -> Binary {
    let began = any(began(std::slice::from_ref(alert)).into_iter().map(Expr::from));
    sub(call("time", Vec::new()), began.expect("there is an alert"))
}

/// The alert that silences the pages of parts; `None` if there are none that it may silence.
pub(super) fn silencing_rule(
    model: &Model,
    service: &Service,
    facts: &SloFacts,
    names: &Series,
) -> Option<Rule> {
    let (silencing, page) = (facts.silencing.clone()?, facts.burn(Severity::Page)?);
    let by_part = |expr: Expr| aggregate("max", &[PART], expr);
    // A page begins with a bad slice, and that is in its shortest window.
    let pages = facts.promise.tiers_of(Severity::Page);
    let short = pages.map(|tier| tier.short).min().unwrap_or_default();
    let bad = names.recorded(BAD).matching(PART, MatchOp::Matches, &silencing.parts.join("|"));
    let bad = call("max_over_time", vec![bad.range(fixed(plus(short, BEGINS)))]);
    let own = AlertId::of(silencing.name.clone());
    let begun = lt(Expr::from(age(&page.id())), number(BEGINS.secs()));
    let begins = and(Expr::from(eq(by_part(bad), number("1"))), Expr::from(begun)).on::<&str>(&[]);
    let before = || by_part(fires(std::slice::from_ref(&own)));
    let stays = and(before(), fires(&[page.id()])).on::<&str>(&[]);
    let fired = fired_within(&[page.id()], silencing.length);
    let of_parts = silencing.silenced.iter().zip(&silencing.parts).map(|(id, part)| {
        let pages = aggregate::<&str>("max", &[], fires(std::slice::from_ref(id)));
        call("label_replace", [vec![pages], [PART, part, "", ""].map(string).to_vec()].concat())
    });
    let sent = Expr::from(lt(number(waits(model, page).secs()), Expr::from(age(&own))));
    let after = and(before(), any(of_parts)?).on(&[PART]);
    let after = and(Expr::from(after), sent).on(&[PART]);
    let after = and(Expr::from(after), fired).on::<&str>(&[]);
    let mut labels = page.rule_labels();
    labels.retain(|label, _| crate::derive::external(model).contains(label));
    let alert = silencing_alert(service, format!("{}/{}", service.name, facts.slo.name), silencing);
    let expr = or(Expr::from(or(begins, stays)), after);
    let remark =
        "Nobody is notified of it: it silences the pages of parts that were bad when their journey paged.";
    Some(alert::rule(alert, expr, labels, remark))
}

fn plus(one: Duration, other: Duration) -> Duration {
    Duration::from_millis(one.millis() + other.millis())
}

/// How long the journey fires until everybody is notified of it.
fn waits(model: &Model, page: &AlertFacts) -> Duration {
    let Some(alertmanager) = &model.project.alertmanager else { return SENT };
    let of = |route: &&crate::model::Route| !route.escalates && page.sometimes(&route.matching);
    let waits = alertmanager.routes.iter().filter(of).map(|route| route.timing.group_wait);
    plus(waits.max().unwrap_or(alertmanager.timing.group_wait), SENT)
}
