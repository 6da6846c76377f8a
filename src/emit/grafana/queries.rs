//! The queries of panels, as trees: recorded series where possible, raw series only over short ranges.

use std::collections::BTreeSet;

use super::display::LASTS;
use super::panels::FEW;
use crate::plan::{Latency, Level, RecordedRead, Screens, ServicePlan, SloPlan};
use crate::promql::ast::{At, Expr, Kind, MatchOp, Selector, Time};
use crate::promql::build::{
    add, aggregate, and, any, call, div, ge, gt, mul, number, or, selector, string, sub, sum_by, unless,
    vector,
};
use crate::vocabulary::{Decimal, Duration, Severity, pointed, text};

/// The variable with matchers on the dashboard of one SLO: which of the promises by `by` is shown.
pub const BY: &str = "by";

/// The most lines of a panel.
const MOST: &str = "5";

/// The most rows of a panel of states.
const MOST_STATES: &str = "20";

/// The most lengths of periods that one query distinguishes.
const MOST_PERIODS: usize = 6;

/// The most alerts that are listed one by one.
const MOST_ACTIVE: &str = "100";

/// The labels that identify an SLO.
pub const SLO: [&str; 2] = ["service", "slo"];

/// The services or SLOs that a panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// The selected services.
    Every,
    /// One service.
    Service(&'a str),
    /// The selected SLO.
    Promise,
}

/// A series within the scope of a panel.
pub fn within(series: Selector, scope: Scope) -> Selector {
    match scope {
        Scope::Every => series.chosen("service", "service"),
        Scope::Service(service) => series.matching("service", MatchOp::Equal, service),
        Scope::Promise => series.chosen("service", "service").chosen("slo", "slo"),
    }
}

/// The same, for the selected values of `by`.
pub fn chosen(series: Selector, scope: Scope) -> Selector {
    let series = within(series, scope);
    if scope == Scope::Promise { series.chosen("", BY) } else { series }
}

/// `slo:definition:info`: a sample for every SLO, even if nothing is measured.
pub fn info(screens: &Screens, scope: Scope) -> Expr {
    aggregate("max", &SLO, within(screens.info.clone(), scope))
}

/// A sample at the end of the range if there is any SLO: one result for all moments.
pub fn promised(of: &Source) -> Expr {
    info(of.screens, of.scope).map_selectors(&mut at_end)
}

/// A series that has the same name for every SLO.
pub fn read(reading: &RecordedRead, scope: Scope) -> Expr {
    let name = reading.series.name.as_deref().unwrap_or_default();
    held(chosen(selector(name, &[]), scope), reading.held)
}

fn held(series: Selector, held: Option<Duration>) -> Expr {
    match held {
        None => series.into(),
        Some(held) => call("last_over_time", vec![series.range(held)]),
    }
}

/// Events of the period. The name of the series depends on the period's length.
fn period(pattern: &str, lengths: &str, any: &SloPlan, scope: Scope) -> Expr {
    let name = format!("{pattern}({lengths})");
    let named = match scope {
        Scope::Promise => selector("", &[]).filled("__name__", MatchOp::Matches, &name),
        Scope::Every | Scope::Service(_) => selector("", &[]).matching("__name__", MatchOp::Matches, &name),
    };
    held(chosen(named, scope), any.readings.period_total.held)
}

/// The names of these SLOs' periods in recorded series, as one pattern.
pub fn lengths(services: &[&ServicePlan]) -> String {
    let slos = services.iter().flat_map(|service| &service.slos);
    let mut lengths: Vec<String> = slos.map(|slo| slo.promise.period.suffix()).collect();
    lengths.sort();
    lengths.dedup();
    lengths.join("|")
}

/// The lengths of their periods: of agreed time, if they have hours.
pub fn periods(services: &[&ServicePlan]) -> BTreeSet<Duration> {
    services.iter().flat_map(|service| &service.slos).map(|slo| slo.promise.period_length).collect()
}

/// Whether some of these SLOs do not always hold.
pub fn pauses(services: &[&ServicePlan]) -> bool {
    services.iter().flat_map(|service| &service.slos).any(|slo| slo.readings.agreed_time.is_some())
}

/// The series that dashboards of one or many SLOs read, and the names of their periods.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub screens: &'a Screens,
    /// Any one of the SLOs: all have the same names of series.
    pub any: &'a SloPlan,
    /// See [`lengths`].
    pub lengths: &'a str,
    /// Whether some of them do not always hold.
    pub pauses: bool,
    pub scope: Scope<'a>,
}

impl Source<'_> {
    /// Events of the period.
    pub fn total(&self) -> Expr {
        period(&self.screens.period_total, self.lengths, self.any, self.scope)
    }

    /// Bad events of the period.
    pub fn bad(&self) -> Expr {
        period(&self.screens.period_bad, self.lengths, self.any, self.scope)
    }

    /// A series that every SLO has.
    pub fn read(&self, reading: fn(&crate::plan::Readings) -> &RecordedRead) -> Expr {
        read(reading(&self.any.readings), self.scope)
    }

    /// `expr` if the period has enough events to judge, NaN if it has too few: dashboards then show a text instead of a number.
    pub fn judged(&self, expr: impl Into<Expr>) -> Expr {
        or(and(expr, self.enough()), mul(number("NaN"), self.total())).into()
    }

    /// The same for tables, with a number that they can sort instead of NaN.
    pub fn sortable(&self, expr: impl Into<Expr>) -> Expr {
        let few = add(mul(number("0"), self.total()), number(FEW));
        or(and(expr, self.enough()), few).into()
    }

    /// Seconds until the budget is spent; [`LASTS`] if it lasts for the period. SLOs with hours have other lengths of periods than others of that name.
    pub fn exhaustion(&self, periods: &BTreeSet<Duration>) -> Expr {
        let gone = || self.read(|readings| &readings.exhaustion);
        let lasts = |length: &Duration| {
            let all = ge(gone(), number(text(Decimal::from(length.secs()) * Decimal::new(999, 3))));
            let all = match periods.len() {
                1 => all,
                _ => {
                    let seconds = pointed(Decimal::from(length.secs()));
                    let info = within(self.screens.info.clone(), self.scope);
                    and(all, info.matching("period_seconds", MatchOp::Equal, &seconds)).on(&SLO)
                }
            };
            add(mul(number("0"), all), number(LASTS)).into()
        };
        let all = periods.iter().take(MOST_PERIODS).map(lasts).chain([gone()]);
        any(all).expect("there is at least the time itself")
    }

    /// The events that budgets are compared with: those of the period, or those that are expected in a calendar period.
    fn expected(&self) -> Expr {
        let is_rolling = |length: &&str| length.starts_with(|first: char| first.is_ascii_digit());
        let (rolling, others): (Vec<&str>, Vec<&str>) = self.lengths.split('|').partition(is_rolling);
        let expected = || period(&self.screens.period_expected, &others.join("|"), self.any, self.scope);
        // The dashboard does not know which SLO is selected.
        match (self.scope == Scope::Promise || !rolling.is_empty(), others.is_empty()) {
            (_, true) => self.total(),
            (true, false) => or(expected(), self.total()).into(),
            (false, false) => expected(),
        }
    }

    /// A sample for every promise whose period has enough events: with fewer, a single bad one is more than the whole budget.
    pub fn enough(&self) -> Expr {
        let budget = self.read(|readings| &readings.error_budget);
        ge(mul(self.expected(), budget), number("1")).into()
    }

    /// `1 − error ratio` of the period.
    pub fn achieved(&self) -> Expr {
        let burnt = self.read(|readings| &readings.period_burn_rate);
        sub(number("1"), mul(burnt, self.read(|readings| &readings.error_budget))).into()
    }

    /// The budget left in whole bad events.
    pub fn events_left(&self) -> Expr {
        let allowed = mul(self.expected(), self.read(|readings| &readings.error_budget));
        call("floor", vec![sub(allowed, self.bad()).into()])
    }

    /// The lowest budget of each SLO that has enough events.
    pub fn known(&self) -> Expr {
        aggregate("min", &SLO, and(self.read(|readings| &readings.budget_left), self.enough()))
    }

    /// The budgets over time of those SLOs that have the least at the end: these are chosen once, not at each moment.
    pub fn smallest(&self) -> Expr {
        let now = self.known().map_selectors(&mut at_end);
        let left = aggregate("min", &SLO, self.read(|readings| &readings.budget_left));
        and(left, fewest(now)).on(&SLO).into()
    }

    /// The alert of each SLO: 3 for a page, 2 for a ticket, 1 for a pending alert, 0 for data without an alert, −1 without data, −3 if events do not
    /// count now.
    pub fn loudest(&self, alerts: &Alerts) -> Expr {
        let quiet = mul(number("0"), self.read(|readings| &readings.burn_now));
        let planned =
            within(self.screens.info.clone(), self.scope).matching("planned", MatchOp::NotEqual, "");
        let planned = mul(number("-1"), planned);
        let states = alerts.weighted(|series| series.matching("slo", MatchOp::NotEqual, "").into());
        let worst = |states: Vec<Expr>| any(states).map(|all| aggregate("max", &SLO, all));
        let paused = self.pauses.then(|| sub(number("-3"), mul(number("0"), self.paused())).into());
        let all = [worst(states), paused, worst(vec![quiet.into(), planned.into()])];
        any(all.into_iter().flatten()).expect("there is at least that none fires")
    }

    /// 1 for every SLO whose events do not count now: outside of its hours, or during maintenance.
    pub fn paused(&self) -> Expr {
        let counts = aggregate("max", &SLO, within(self.screens.agreed_time.clone(), self.scope));
        gt(sub(number("1"), counts), number("0")).into()
    }

    /// The budget that is left of a calendar period if it is spent evenly; nothing for a rolling period.
    pub fn even(&self) -> Expr {
        let expected = period(&self.screens.period_expected, self.lengths, self.any, self.scope);
        aggregate::<&str>("max", &[], sub(number("1"), div(self.total(), expected)))
    }
}

/// Alerts by severity.
pub struct Alerts {
    page: Selector,
    ticket: Selector,
    pending: Selector,
}

impl Alerts {
    /// The alerts in this scope, with these names of severities.
    pub fn of(severities: [&str; 2], scope: Scope) -> Self {
        let [page, ticket] = severities
            .map(|severity| within(state("firing"), scope).matching("severity", MatchOp::Equal, severity));
        Self { page, ticket, pending: within(state("pending"), scope) }
    }

    /// The alerts of the selected SLO. Its definition knows the project's names of severities.
    pub fn of_promise() -> Self {
        let [page, ticket] = Severity::ALL.map(|severity| {
            let named = format!("${}", severity.as_str());
            chosen(state("firing"), Scope::Promise).filled("severity", MatchOp::Equal, &named)
        });
        Self { page, ticket, pending: chosen(state("pending"), Scope::Promise) }
    }

    /// Each with its severity as a factor.
    fn weighted(&self, asked: impl Fn(Selector) -> Expr) -> Vec<Expr> {
        let Self { page, ticket, pending } = self;
        vec![
            mul(number("3"), asked(page.clone())).into(),
            mul(number("2"), asked(ticket.clone())).into(),
            asked(pending.clone()),
        ]
    }

    /// All of them, in any state.
    fn all(&self) -> Vec<Selector> {
        vec![self.page.clone(), self.ticket.clone(), self.pending.clone()]
    }

    /// The severity of each active alert: 3, 2 or 1.
    pub fn active<L: AsRef<str>>(&self, by: &[L]) -> Expr {
        let states = self.weighted(Expr::from);
        aggregate("max", by, any(states).expect("there are three"))
    }

    /// How many alerts of one name are active.
    pub fn count<L: AsRef<str>>(&self, by: &[L]) -> Expr {
        let all = any(self.all().into_iter().map(Expr::from)).expect("there are three");
        aggregate("count", by, all)
    }

    /// For how many seconds they have been active; for each name, the longest.
    pub fn lasting<L: AsRef<str>>(&self, by: &[L], scope: Scope) -> Expr {
        let all = any(self.all().into_iter().map(Expr::from)).expect("there are three");
        lasting(all, by, scope)
    }

    /// The same of the most severe ones alone.
    pub fn loudest_lasting(&self, scope: Scope) -> Expr {
        let each = self.all().into_iter().map(|alerts| lasting::<&str>(alerts.into(), &[], scope));
        any(each).expect("there are three")
    }

    /// Those that are shown one by one: the most severe, as many as a person can read.
    pub fn shown<L: AsRef<str>>(&self, by: &[L]) -> Expr {
        top(MOST_ACTIVE, self.active(by))
    }

    /// How many more are active.
    pub fn more<L: AsRef<str>>(&self, by: &[L]) -> Expr {
        let all = aggregate::<&str>("count", &[], self.active(by));
        gt(sub(all, number(MOST_ACTIVE)), number("0")).into()
    }

    /// The pages.
    pub fn pages(&self) -> Expr {
        self.page.clone().into()
    }

    /// The tickets.
    pub fn tickets(&self) -> Expr {
        self.ticket.clone().into()
    }

    /// The alerts that were active at any moment in the panel's range: those with the most samples.
    fn seen<L: AsRef<str>>(&self, by: &[L]) -> Expr {
        let range = |series: Selector| call("count_over_time", vec![ahead(at_end(series), "__range")]);
        let all = any(self.all().into_iter().map(range)).expect("there are three");
        top(MOST_STATES, aggregate("sum", by, all))
    }

    /// Their severity over time, for alerts that were active in the range for any time. While the rules were not evaluated there is a gap.
    pub fn history<L: AsRef<str>>(&self, by: &[L], rules: Expr) -> Expr {
        let loud = self.weighted(until_next);
        let quiet = and(mul(number("0"), self.seen(by)), rules).on::<&str>(&[]);
        let all = any(loud.into_iter().chain([quiet.into()])).expect("there are three");
        and(aggregate("max", by, all), self.seen(by)).on(by).into()
    }

    /// −1 if no alert was active in the range: Grafana does not draw an empty panel of states.
    pub fn no_active_alerts(&self) -> Expr {
        unless(vector(number("-1")), self.seen::<&str>(&[])).on::<&str>(&[]).into()
    }
}

fn lasting<L: AsRef<str>>(alerts: Expr, by: &[L], scope: Scope) -> Expr {
    let since = chosen(selector("ALERTS_FOR_STATE", &[]), scope);
    let active = and(since, alerts).ignoring(&["alertstate"]);
    aggregate("max", by, sub(call("time", vec![]), active))
}

/// The series at the end of the panel's range.
fn at_end(mut series: Selector) -> Selector {
    series.at.at = Some((At::End, Default::default()));
    series
}

/// The samples of a range that ends one step later.
fn ahead(series: Selector, range: &str) -> Expr {
    series.offset(Time::Ahead("__interval".to_owned())).range(Time::Placeholder(range.to_owned()))
}

/// The largest value until the panel's next step: it is drawn until then, and Grafana's last step may be long past. If there is none, the current value.
fn until_next(series: Selector) -> Expr {
    or(call("max_over_time", vec![ahead(series.clone(), "__interval")]), series).into()
}

fn state(state: &str) -> Selector {
    selector("ALERTS", &[("alertstate", state)])
}

/// Alerts with facts about their SLO, or else about themselves and their service, as labels: the runbook, and the name of the dashboard if it is
/// unusual.
pub fn with_links(of: &Source, runbooks: bool, expr: &Expr) -> Expr {
    let info = |labels: &[&str]| aggregate("max", labels, within(of.screens.info.clone(), of.scope));
    let promised = info(&["service", "slo", "runbook", "dashboard"]);
    let promised = mul(expr.clone(), promised).on(&SLO).group_left(&["runbook", "dashboard"]);
    let other = unless(expr.clone(), info(&SLO)).on(&SLO).into();
    let with = |expr: Expr, facts: Expr, on: &[&str], label: &str| -> Expr {
        let known = mul(expr.clone(), facts.clone()).on(on).group_left(&[label]);
        or(known, unless(expr, facts).on(on)).into()
    };
    let other = with(other, info(&["service", "dashboard"]), &["service"], "dashboard");
    let other = match runbooks {
        true => {
            let known = within(of.screens.alert_info.clone(), of.scope);
            let on = ["service", "alertname"];
            with(other, aggregate("max", &["service", "alertname", "runbook"], known), &on, "runbook")
        }
        false => other,
    };
    or(promised, other).into()
}

/// 1 for each part of journeys that was bad until the next step of the panel, 0 if it was good all the time.
pub fn part_bad(screens: &Screens, series: impl Fn(Selector) -> Selector) -> Expr {
    let bad = series(screens.parts.bad_now.series.clone());
    aggregate("max", &["part"], until_next(bad))
}

/// The share of each part in what was bad in the period.
pub fn part_share(screens: &Screens, series: impl Fn(Selector) -> Selector) -> Expr {
    let RecordedRead { series: share, held: reading } = &screens.parts.share;
    aggregate("max", &["part"], held(series(share.clone()), *reading))
}

/// An error ratio whose window is the value of a variable.
pub fn ratio(screens: &Screens, any: &SloPlan, variable: &str) -> Expr {
    let name = format!("{}${variable}", screens.ratio);
    let series = chosen(selector("", &[]).filled("__name__", MatchOp::Equal, &name), Scope::Promise);
    held(series, any.readings.budget_left.held)
}

/// The number in a variable; empty if it has none.
pub fn known_number(variable: &str) -> Expr {
    gt(vector(number(format!("0${variable}"))), number("0")).into()
}

/// A guide line that is shown only with data: without data it could be mistaken for data.
pub fn guiding(guide: Expr, data: Expr) -> Expr {
    and(guide, data).on::<&str>(&[]).into()
}

/// A horizontal line.
pub fn line(value: Decimal) -> Expr {
    vector(number(text(value)))
}

/// The largest few at each moment.
pub fn largest(expr: Expr) -> Expr {
    top(MOST, expr)
}

/// The smallest few at each moment.
pub fn fewest(expr: Expr) -> Expr {
    smallest(MOST, expr)
}

/// This number of series with the smallest values.
pub fn smallest(many: &str, expr: Expr) -> Expr {
    ranked("bottomk", many, expr)
}

fn top(many: &str, expr: Expr) -> Expr {
    ranked("topk", many, expr)
}

fn ranked(op: &str, many: &str, expr: Expr) -> Expr {
    let mut ranked = aggregate::<&str>(op, &[], expr);
    if let Kind::Aggregate { param, .. } = &mut ranked.kind {
        *param = Some(Box::new(number(many)));
    }
    ranked
}

/// The events between one point of the panel and the next.
pub fn counted(series: &Selector, scope: Scope) -> Expr {
    let range = Time::Placeholder("__interval".to_owned());
    let series = chosen(selector(series.name.as_deref().unwrap_or_default(), &[]), scope);
    aggregate::<&str>("sum", &[], call("sum_over_time", vec![series.range(range)]))
}

/// Events per second of these SLOs, from the counts over this length.
pub fn traffic(counted: &RecordedRead, length: Duration, service: &str, slos: &[&str]) -> Expr {
    let name = counted.series.name.as_deref().unwrap_or_default();
    let series = within(selector(name, &[]), Scope::Service(service));
    let series = held(series.matching("slo", MatchOp::Matches, &slos.join("|")), counted.held);
    largest(aggregate("sum", &["slo"], div(series, number(length.secs()))))
}

/// A percentile of the latency.
pub fn percentile(latency: &Latency, share: Decimal) -> Expr {
    let range = Time::Placeholder("__rate_interval".to_owned());
    let mut histogram = latency.histogram.clone();
    let mut kept = Vec::new();
    if !latency.native {
        histogram.name = histogram.name.map(|name| name + "_bucket");
        kept.push("le");
    }
    let rates = call("rate", vec![histogram.range(range)]);
    call("histogram_quantile", vec![number(text(share)), sum_by(&kept, rates)])
}

/// The worst of the values that an SLI reads.
pub fn worst_level(level: &Level) -> Expr {
    aggregate::<&str>(if level.high_is_bad { "max" } else { "min" }, &[], level.value.clone())
}

/// The limit that they are compared with.
pub fn limit(level: &Level) -> Expr {
    let op = if level.high_is_bad { "min" } else { "max" };
    match level.fixed {
        Some(fixed) => line(fixed),
        None => aggregate::<&str>(op, &[], level.limit.clone()),
    }
}

/// With the name of its service's dashboard as a label, for links.
pub fn with_screen(screens: &Screens, expr: Expr) -> Expr {
    let usual = labelled(expr, "screen", &screens.service, "service", "(.+)");
    labelled(usual, "screen", "$1", "dashboard", "(.+)")
}

/// With a label that is made from another one, if that matches a pattern.
pub fn labelled(expr: Expr, label: &str, value: &str, of: &str, pattern: &str) -> Expr {
    let words = [label, value, of, pattern].map(string);
    call("label_replace", [vec![expr], words.to_vec()].concat())
}

/// The number of series; 0 if there are none.
pub fn how_many(expr: impl Into<Expr>) -> Expr {
    or(aggregate::<&str>("count", &[], expr), vector(number("0"))).into()
}
