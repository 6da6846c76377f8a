//! What panels ask, as trees: recorded series first, raw ones only for what is nowhere recorded, and these over short ranges.

use crate::plan::{Companion, Latency, Level, Promise, Reading, ServicePlan, SloPlan};
use crate::promql::ast::{Expr, Kind, MatchOp, Selector, Time};
use crate::promql::build::{
    add, aggregate, and, any, call, div, ge, mul, number, or, selector, string, sub, subquery_at_start,
    sum_by, vector,
};
use crate::vocabulary::{Decimal, Duration, text};

/// The state of an alert whose metric is not there yet.
pub const PLANNED: &str = "-1";

/// How the variable of a label is called: like the label, unless that would be the data source's, or no name of a variable.
pub fn variable(label: &str) -> String {
    if label.chars().any(|c| !c.is_ascii_alphanumeric() && c != '_') {
        let spelled = |c: char| match c.is_ascii_alphanumeric() || c == '_' {
            true => c.to_string(),
            false => format!("_{:x}_", c as u32),
        };
        return label.chars().map(spelled).collect();
    }
    match label.strip_prefix(super::panels::DATA_SOURCE) {
        Some(rest) if rest.bytes().all(|byte| byte == b'_') => format!("{label}_"),
        _ => label.to_owned(),
    }
}

/// A selector narrowed to the chosen values of these labels.
pub fn chosen(series: &Selector, by: &[String]) -> Selector {
    by.iter().fold(series.clone(), |series, label| series.chosen(label, &variable(label)))
}

/// A recorded series, narrowed to what is chosen.
pub fn read(reading: &Reading, by: &[String]) -> Expr {
    held(chosen(&reading.series, by), reading.held)
}

/// A recorded series of all SLOs, or of all of one service.
pub fn across(reading: &Reading, service: Option<&str>) -> Expr {
    let name = reading.series.name.as_deref().unwrap_or_default();
    let labels: Vec<(&str, &str)> = service.iter().map(|service| ("service", *service)).collect();
    held(selector(name, &labels), reading.held)
}

fn held(series: Selector, held: Option<Duration>) -> Expr {
    match held {
        None => series.into(),
        Some(held) => call("last_over_time", vec![series.range(held)]),
    }
}

/// One number for all that are chosen: by `op`, if there can be several.
pub fn one(op: &str, by: &[String], expr: impl Into<Expr>) -> Expr {
    if by.is_empty() { expr.into() } else { aggregate::<&str>(op, &[], expr) }
}

/// `expr` where the period holds enough events to judge by, NaN where it holds too few: dashboards say so instead of a number.
pub fn judged(slo: &SloPlan, expr: impl Into<Expr>) -> Expr {
    let total = || read(&slo.readings.period_total, &slo.promise.by);
    let enough = ge(total(), number(text(slo.promise.enough_events)));
    or(and(expr, enough), mul(number("NaN"), total())).into()
}

/// A line that guides the eye, only where there is something to be held against it: by itself it would pass for data.
pub fn guiding(guide: Expr, data: Expr) -> Expr {
    and(guide, data).on::<&str>(&[]).into()
}

/// The same for all SLOs at once, whatever their periods are.
pub fn judged_across(services: &[&ServicePlan], service: Option<&str>, expr: Expr) -> Option<Expr> {
    let enough = enough_across(services, service)?;
    let total = total_across(services, service)?;
    Some(or(and(expr, enough), mul(number("NaN"), total)).into())
}

/// Something for every SLO whose period holds enough events.
pub fn enough_across(services: &[&ServicePlan], service: Option<&str>) -> Option<Expr> {
    let any = services.iter().flat_map(|service| &service.slos).next()?;
    let budget = across(&any.readings.error_budget, service);
    Some(ge(mul(total_across(services, service)?, budget), number("1")).into())
}

/// The events of the period: one series per length of period.
fn total_across(services: &[&ServicePlan], service: Option<&str>) -> Option<Expr> {
    let mut seen = Vec::new();
    let mut totals = Vec::new();
    for slo in services.iter().flat_map(|service| &service.slos) {
        let reading = &slo.readings.period_total;
        if !seen.contains(&&reading.series.name) {
            seen.push(&reading.series.name);
            totals.push(across(reading, service));
        }
    }
    any(totals)
}

/// `1 − error ratio`
pub fn achieved(slo: &SloPlan) -> Expr {
    sub(number("1"), read(&slo.readings.period_ratio, &slo.promise.by)).into()
}

/// The same for all SLOs, from what is recorded under one name for all of them.
pub fn achieved_across(any: &SloPlan, service: Option<&str>) -> Expr {
    let spent = sub(number("1"), across(&any.readings.budget_left, service));
    sub(number("1"), mul(spent, across(&any.readings.error_budget, service))).into()
}

/// The budget that is left as minutes of full outage.
pub fn minutes_left(slo: &SloPlan) -> Expr {
    let promise = &slo.promise;
    let whole = promise.budget * Decimal::from(promise.period_length.millis()) / Decimal::from(60_000);
    mul(read(&slo.readings.budget_left, &promise.by), number(text(whole))).into()
}

/// The budget that is left in whole bad events.
pub fn events_left(slo: &SloPlan) -> Expr {
    let (readings, promise) = (&slo.readings, &slo.promise);
    let allowed = mul(read(&readings.period_total, &promise.by), number(text(promise.budget)));
    call("floor", vec![sub(allowed, read(&readings.period_bad, &promise.by)).into()])
}

/// `error ratio ÷ budget`
pub fn burn(promise: &Promise, ratio: &Reading) -> Expr {
    div(read(ratio, &promise.by), number(text(promise.budget))).into()
}

/// A line across the panel.
pub fn line(value: Decimal) -> Expr {
    vector(number(text(value)))
}

/// What an even spend of a whole budget would leave, if it began at the left edge of the panel.
pub fn even_spend(length: Duration) -> Expr {
    // `@ start()` needs a selector or a subquery; the clock's own reading in the last minute before the left edge is one.
    let clock = || vector(call("time", vec![]));
    let begun = subquery_at_start(clock(), Duration::from_secs(60), Duration::from_secs(1));
    let gone = sub(clock(), call("last_over_time", vec![begun]));
    sub(number("1"), div(gone, number(length.secs()))).into()
}

/// Bad events, as many as there were between one point of the panel and the next.
pub fn bad_events(slo: &SloPlan) -> Expr {
    aggregate::<&str>("sum", &[], counted(slo, &slo.readings.counted_bad))
}

/// Good ones.
pub fn good_events(slo: &SloPlan) -> Expr {
    let all = aggregate::<&str>("sum", &[], counted(slo, &slo.readings.counted_total));
    call("clamp_min", vec![sub(all, bad_events(slo)).into(), number("0")])
}

/// The bad events left of the value that has the least of its budget left, so that both tiles speak of the same.
pub fn worst_events_left(slo: &SloPlan) -> Expr {
    let by = &slo.promise.by;
    let events = judged(slo, events_left(slo));
    if by.is_empty() {
        return events;
    }
    let worst = smallest("1", judged(slo, read(&slo.readings.budget_left, by)));
    one("min", by, and(events, worst).on(by))
}

/// So many series with the smallest values.
pub fn smallest(many: &str, expr: Expr) -> Expr {
    let mut smallest = aggregate::<&str>("bottomk", &[], expr);
    if let Kind::Aggregate { param, .. } = &mut smallest.kind {
        *param = Some(Box::new(number(many)));
    }
    smallest
}

fn counted(slo: &SloPlan, series: &Selector) -> Expr {
    let range = Time::Placeholder("__interval".to_owned());
    call("sum_over_time", vec![chosen(series, &slo.promise.by).range(range)])
}

/// Events per second, from what was counted in so long a time.
pub fn traffic(counted: &Reading, length: Duration, by: &[String]) -> Expr {
    div(read(counted, by), number(length.secs())).into()
}

/// The loudest of these alerts that fires, by its weight; 0 while none does although there is data.
pub fn alert(slo: &SloPlan, alerts: &[(&str, u32)]) -> Expr {
    let by = &slo.promise.by;
    let quiet: Expr = mul(number("0"), read(&slo.readings.burn_now, by)).into();
    let firing = alerts.iter().map(|(name, weight)| {
        let firing = selector("ALERTS", &[("alertname", name), ("alertstate", "firing")]);
        weighted(chosen(&firing, by), *weight)
    });
    aggregate("max", by, any(firing.chain([quiet])).expect("there is at least that none fires"))
}

/// The loudest alert for each value of `by`, with `slo` among it only alerts of SLOs: 2 for a page, 1 for a ticket, 0 for none although there is
/// data.
pub fn loudest(any: &SloPlan, severities: [&str; 2], service: Option<&str>, by: &[&str]) -> Expr {
    let firing = |severity: &str| {
        let all = firing(service);
        let series = if by.contains(&"slo") { all.matching("slo", MatchOp::NotEqual, "") } else { all };
        series.matching("severity", MatchOp::Equal, severity)
    };
    let [page, ticket] = severities;
    let quiet = mul(number("0"), across(&any.readings.burn_now, service));
    aggregate("max", by, or(or(weighted(firing(page), 2), firing(ticket)), quiet))
}

fn weighted(firing: Selector, weight: u32) -> Expr {
    if weight == 1 { firing.into() } else { mul(number(weight), firing).into() }
}

/// All alerts that fire, or all of one service.
pub fn firing(service: Option<&str>) -> Selector {
    let series = selector("ALERTS", &[("alertstate", "firing")]);
    match service {
        Some(service) => series.matching("service", MatchOp::Equal, service),
        None => series.matching("service", MatchOp::NotEqual, ""),
    }
}

/// An alert of a service that is none of its SLOs': `weight` while it fires, else 0 where what it speaks of is measured, as far as that is known: where an
/// SLO speaks of the same it is, and else where the rules are there. [`PLANNED`] where it is not measured yet.
pub fn beside(service: &ServicePlan, name: &str, weight: u32, companion: Option<&Companion>) -> Expr {
    let firing = selector("ALERTS", &[("alertname", name), ("alertstate", "firing")]);
    let same = companion.and_then(|companion| companion.same_as.as_ref());
    let same = same.and_then(|name| service.slos.iter().find(|slo| slo.promise.slo == *name));
    let rules = || Some(across(&service.slos.first()?.readings.objective, Some(&service.name)));
    let quiet: Option<Expr> = match same {
        _ if companion.is_some_and(|companion| companion.planned.is_some()) => {
            rules().map(|rules| add(mul(number("0"), rules), number(PLANNED)).into())
        }
        Some(slo) => Some(mul(number("0"), read(&slo.readings.burn_now, &[])).into()),
        None => rules().map(|rules| mul(number("0"), rules).into()),
    };
    let all = any([weighted(firing, weight)].into_iter().chain(quiet));
    aggregate::<&str>("max", &[], all.expect("there is at least that it fires"))
}

/// The alerts of a service that concern what is chosen.
pub fn chosen_alerts(service: &ServicePlan) -> Expr {
    let mut kept: Vec<(&[String], Vec<&str>)> = Vec::new();
    for slo in &service.slos {
        let (by, name) = (slo.promise.by.as_slice(), slo.promise.slo.as_str());
        match kept.iter_mut().find(|(other, _)| *other == by) {
            Some((_, names)) => names.push(name),
            None => kept.push((by, vec![name])),
        }
    }
    let all = || firing(Some(&service.name));
    // What is about no single SLO concerns everybody.
    let shared = all().matching("slo", MatchOp::Equal, "");
    kept.into_iter().fold(shared.into(), |others: Expr, (by, names)| {
        or(others, chosen(&all().matching("slo", MatchOp::Matches, &names.join("|")), by)).into()
    })
}

/// A percentile of how long events take.
pub fn percentile(latency: &Latency, share: Decimal, by: &[String]) -> Expr {
    let range = Time::Placeholder("__rate_interval".to_owned());
    let mut histogram = chosen(&latency.histogram, by);
    let mut kept = by.to_vec();
    if !latency.native {
        histogram.name = histogram.name.map(|name| name + "_bucket");
        kept.push("le".to_owned());
    }
    let rates = call("rate", vec![histogram.range(range)]);
    call("histogram_quantile", vec![number(text(share)), sum_by(&kept, rates)])
}

/// The worst of the values that an SLI looks at. What is chosen is taken from what is recorded, because not every series that the
/// condition reads has to carry the label.
pub fn worst_level(slo: &SloPlan, level: &Level) -> Expr {
    let op = if level.high_is_bad { "max" } else { "min" };
    among_chosen(slo, aggregate(op, &slo.promise.by, level.value.clone()))
}

/// The limit that it is held against.
pub fn limit(slo: &SloPlan, level: &Level) -> Expr {
    let op = if level.high_is_bad { "min" } else { "max" };
    match level.fixed {
        Some(fixed) => line(fixed),
        None if matches!(&level.limit.kind, Kind::Call { function, .. } if function == "vector") => {
            level.limit.clone()
        }
        None => among_chosen(slo, aggregate(op, &slo.promise.by, level.limit.clone())),
    }
}

fn among_chosen(slo: &SloPlan, expr: Expr) -> Expr {
    let by = &slo.promise.by;
    if by.is_empty() {
        return expr;
    }
    and(expr, read(&slo.readings.objective, by)).on(by).into()
}

/// With the identity of each service's dashboard as a label, for links.
pub fn with_dashboard(services: &[&ServicePlan], expr: Expr) -> Expr {
    let labelled = |expr: Expr, value: &str, service: &str| {
        let words = ["dashboard", value, "service", service].map(string);
        call("label_replace", [vec![expr], words.to_vec()].concat())
    };
    // Nearly all are called like their service, with the same word before it; the others are replaced one by one.
    let before = services.iter().find_map(|service| service.dashboard.strip_suffix(&service.name));
    let before = before.unwrap_or_default();
    let all = labelled(expr, &format!("{before}$1"), "(.+)");
    let others = services.iter().filter(|service| service.dashboard != format!("{before}{}", service.name));
    others.fold(all, |all, service| labelled(all, &service.dashboard, &service.name))
}

/// How many there are, none being 0.
pub fn how_many(expr: impl Into<Expr>) -> Expr {
    or(aggregate::<&str>("count", &[], expr), vector(number("0"))).into()
}
