//! plan + the data of a month on a server → which promises were kept in that month, and what spent their budgets.
//!
//! It queries the sums that the rules record every five minutes, hour by hour. Hours without data are reported as missing. A month is judged as a
//! whole, also if the period of a promise is different: its bad and total events are compared with the objective. If the month is not over, its rest
//! is expected to have as many events as the same length of time in the last four weeks, like in the rules for a calendar month.

mod json;
mod page;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use json::json;
pub use page::page;

use crate::backtest::{Question, Range, warnings};
use crate::model::Labels;
use crate::plan::{Plan, ServicePlan, SloPlan};
use crate::promql::ast::{Selector, Time};
use crate::promql::build::{call, selector};
use crate::status::is_named;
use crate::vocabulary::{Decimal, Duration, LONG_INTERVAL, Month, OUTLOOK, measured};

/// The seconds between two sums.
const HOUR: u64 = 3600;

/// The largest missing part of a month that still counts as kept, as its reciprocal.
const TOLERATED: u64 = 100;

/// The most times of high spending that are listed.
const MOST_INCIDENTS: usize = 5;

/// A month, or the part of it that is over.
#[derive(Clone, Debug)]
pub struct Span {
    /// The month.
    pub month: Month,
    /// The time zone of the month.
    pub zone: String,
    /// The beginning of each day, and the end of the last one.
    days: Vec<u64>,
    /// Whole hours that are over.
    range: Range,
}

impl Span {
    /// `None` if less than an hour of it is over at `now`, in seconds since 1970.
    pub fn new(month: Month, zone: &str, now: u64) -> Option<Self> {
        let days = month.days(zone);
        let (from, end) = (*days.first()?, *days.last()?);
        let hours = end.min(now).checked_sub(from)? / HOUR;
        let range = Range { from, until: from + hours * HOUR };
        (hours > 0).then(|| Self { month, zone: zone.to_owned(), days, range })
    }

    /// Whether all of it is over.
    fn is_over(&self) -> bool {
        self.range.until + HOUR > self.days.last().copied().unwrap_or_default()
    }

    fn hours(&self) -> u64 {
        (self.range.until - self.range.from) / HOUR
    }

    /// The range from which the events of the rest are estimated: the four weeks before now.
    fn outlook(&self) -> Range {
        Range { from: self.range.until.saturating_sub(OUTLOOK.secs()), until: self.range.until }
    }

    /// The part of that range before the month; `None` if it is not needed.
    fn before(&self) -> Option<Range> {
        let before = Range { from: self.outlook().from, until: self.range.from };
        (!self.is_over() && before.from < before.until).then_some(before)
    }

    /// How many tiles are still to come.
    fn to_come(&self) -> u64 {
        let end = self.days.last().copied().unwrap_or_default();
        if self.is_over() { 0 } else { end.saturating_sub(self.range.until) / LONG_INTERVAL.secs() }
    }
}

/// Bad and total events of an hour, if known, and the number of counts.
#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    total: Option<Decimal>,
    bad: Option<Decimal>,
    counts: Decimal,
}

/// What a query asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MonthQueryKind {
    Total,
    Bad,
    Counts,
    /// Bad events of each part of a journey.
    Parts,
}

/// A query with its meaning.
#[derive(Clone, Debug)]
pub struct MonthQuery {
    /// The query.
    pub question: Question,
    asks: MonthQueryKind,
}

/// All answers.
#[derive(Debug)]
pub struct Answers {
    span: Span,
    /// By service, SLO, kept labels, and the end of the hour.
    hours: BTreeMap<(String, String), BTreeMap<Labels, BTreeMap<u64, Hour>>>,
    /// The share of each part of a journey in the bad events, by service and SLO.
    parts: BTreeMap<(String, String), BTreeMap<String, Decimal>>,
    warnings: BTreeSet<String>,
    /// The number of these hours.
    kept: usize,
}

/// The most hours that are kept, for all SLOs and label values together: a hundred bytes each.
pub const MOST_HOURS: usize = 5_000_000;

/// The queries about the selected SLOs: three range queries per service with one point per hour, and a fourth for journeys; if the month is not over,
/// two more for the time before it.
pub fn questions(plan: &Plan, named: &[String], span: &Span) -> Vec<MonthQuery> {
    let mut all = Vec::new();
    for service in &plan.services {
        let mut asked: Vec<(&str, MonthQueryKind)> = Vec::new();
        for slo in service.slos.iter().filter(|slo| is_named(slo, named)) {
            let readings = &slo.readings;
            let parts = readings.parts.iter().map(|parts| (&parts.counted_bad, MonthQueryKind::Parts));
            for (series, asks) in [
                (&readings.counted_total, MonthQueryKind::Total),
                (&readings.counted_bad, MonthQueryKind::Bad),
                (&readings.counted_total, MonthQueryKind::Counts),
            ]
            .into_iter()
            .chain(parts)
            {
                let series = series.name.as_deref().unwrap_or_default();
                if !asked.contains(&(series, asks)) {
                    asked.push((series, asks));
                }
            }
        }
        for (series, asks) in asked {
            let mut asked =
                |range| all.push(MonthQuery { question: ask(service, series, asks, range), asks });
            asked(span.range);
            let outlook = matches!(asks, MonthQueryKind::Total | MonthQueryKind::Counts);
            span.before().filter(|_| outlook).into_iter().for_each(asked);
        }
    }
    all
}

fn ask(service: &ServicePlan, series: &str, asks: MonthQueryKind, asked: Range) -> Question {
    let series: Selector = selector(series, &[("service", &service.name)]);
    // A millisecond shorter, so that no count is in two hours, with open and with closed edges of ranges.
    let range = series.range(Time::Fixed(Duration::from_millis(HOUR * 1000 - 1)));
    let function = if asks == MonthQueryKind::Counts { "count_over_time" } else { "sum_over_time" };
    Question { query: call(function, vec![range]).to_string(), range: asked, step: HOUR }
}

impl Answers {
    /// Without answers.
    pub fn new(span: Span) -> Self {
        Self { span, hours: BTreeMap::new(), parts: BTreeMap::new(), warnings: BTreeSet::new(), kept: 0 }
    }

    /// Whether a server sent more hours than are kept, so that some are missing.
    pub fn is_full(&self) -> bool {
        self.kept > MOST_HOURS
    }

    /// Adds an answer; `None` if it does not have the format of the API.
    pub fn add_answer(&mut self, plan: &Plan, asked: &MonthQuery, answer: &Value) -> Option<()> {
        if answer["status"] != "success" || answer["data"]["resultType"] != "matrix" {
            return None;
        }
        self.warnings.extend(warnings(answer).map(str::to_owned));
        for series in answer["data"]["result"].as_array()? {
            let metric = series["metric"].as_object()?;
            let of = |label: &str| metric.get(label).and_then(Value::as_str).map(str::to_owned);
            let (Some(service), Some(slo)) = (of("service"), of("slo")) else { continue };
            let Some(known) = plan.services.iter().find(|known| known.name == service) else { continue };
            let Some(known) = known.slos.iter().find(|known| known.promise.slo == slo) else { continue };
            if asked.asks == MonthQueryKind::Parts {
                let Some(part) =
                    of("part").filter(|part| known.promise.parts.iter().any(|it| it.name() == *part))
                else {
                    continue;
                };
                let samples = series["values"].as_array()?.iter();
                let all: Decimal = samples.filter_map(|sample| number(sample[1].as_str()?)).sum();
                *self.parts.entry((service, slo)).or_default().entry(part).or_default() += all;
                continue;
            }
            let kept = known.promise.by.iter().filter_map(|label| Some((label.clone(), of(label)?)));
            let labels: Labels = kept.collect();
            let hours = self.hours.entry((service, slo)).or_default().entry(labels).or_default();
            for sample in series["values"].as_array()? {
                let (at, value) = (sample[0].as_f64()?, sample[1].as_str()?);
                let range = asked.question.range;
                let is_asked = at.fract() == 0.0 && at > range.from as f64 && at <= range.until as f64;
                let at = is_asked.then_some(at as u64)?;
                // A value that is not a number is not a count.
                let Some(value) = number(value) else { continue };
                self.kept += usize::from(!hours.contains_key(&at));
                if self.kept > MOST_HOURS {
                    return Some(());
                }
                let hour = hours.entry(at).or_default();
                // Of two servers with the same rules the sums of both count. Time is missing only if both lack it.
                match asked.asks {
                    MonthQueryKind::Total => hour.total = Some(hour.total.unwrap_or_default() + value),
                    MonthQueryKind::Bad => hour.bad = Some(hour.bad.unwrap_or_default() + value),
                    MonthQueryKind::Counts => hour.counts = hour.counts.max(value),
                    MonthQueryKind::Parts => {}
                }
            }
        }
        Some(())
    }
}

/// An hour with more events is not valid.
const MOST: u64 = 1_000_000_000_000_000;

fn number(text: &str) -> Option<Decimal> {
    measured(text, MOST).filter(|number| *number >= Decimal::ZERO).map(|number| number.round_dp(6))
}

/// The verdict on a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// More events were bad than the objective allows.
    Broken,
    /// Too much of the month is missing.
    Unknown,
    /// There is no data.
    Nothing,
    /// There are so few events that a single bad one is more than the whole budget.
    Few,
    /// No more events were bad than the objective allows.
    Kept,
    /// The definition says that its metrics do not exist yet.
    Planned,
}

/// A time in which the error ratio was higher than the budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its beginning and end on whole hours, in seconds since 1970.
    pub range: Range,
    /// The share of the month's budget that it spent.
    pub share: Decimal,
    /// The error ratio in it.
    pub ratio: Decimal,
}

/// The result of one promise.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// The SLO.
    pub slo: &'a SloPlan,
    /// The labels that it keeps.
    pub labels: Labels,
    /// Whether it was kept.
    pub verdict: Verdict,
    /// All known events.
    pub total: Decimal,
    /// Known bad events.
    pub bad: Decimal,
    /// The events that the budget is compared with: the known ones, and if the month is not over, those that are expected in the rest.
    pub expected: Decimal,
    /// How much of the time is unknown.
    pub missing: Duration,
    /// The share of the budget that was spent; `None` without data.
    pub spent: Option<Decimal>,
    /// The times that spent the most of it, the largest first.
    pub incidents: Vec<Incident>,
    /// For a journey, the share of each part in the bad events, the largest first.
    pub parts: Vec<(String, Decimal)>,
    /// The share that was spent on each day; `None` without data.
    pub days: Vec<Option<Decimal>>,
}

/// All promises of a team.
#[derive(Debug)]
pub struct Team<'a> {
    /// The owner of their services.
    pub owner: Option<&'a str>,
    /// Broken ones first.
    pub outcomes: Vec<Outcome<'a>>,
}

/// The results of the selected SLOs, team by team.
pub fn teams<'a>(plan: &'a Plan, named: &[String], answers: &Answers) -> Vec<Team<'a>> {
    let mut teams: BTreeMap<Option<&str>, Vec<Outcome>> = BTreeMap::new();
    let none = BTreeMap::new();
    for service in &plan.services {
        for slo in service.slos.iter().filter(|slo| is_named(slo, named)) {
            let subject = (slo.promise.service.clone(), slo.promise.slo.clone());
            let known = answers.hours.get(&subject).unwrap_or(&none).iter();
            // SLOs with data only in the weeks before are left out.
            let counted_in =
                |hours: &BTreeMap<u64, Hour>| hours.range(answers.span.range.from + 1..).next().is_some();
            let mut known = known.filter(|(_, hours)| counted_in(hours)).peekable();
            let is_unknown = known.peek().is_none();
            let outcomes = teams.entry(service.owner.as_deref()).or_default();
            let counted = known.map(|(labels, hours)| Outcome {
                parts: shares(answers.parts.get(&subject)),
                ..outcome(slo, labels.clone(), hours, &answers.span)
            });
            outcomes.extend(counted);
            if is_unknown {
                outcomes.push(outcome(slo, Labels::new(), &BTreeMap::new(), &answers.span));
            }
        }
    }
    // SLOs without an owner come last.
    let (with, without): (Vec<_>, Vec<_>) = teams.into_iter().partition(|(owner, _)| owner.is_some());
    let team = |(owner, mut outcomes): (Option<&'a str>, Vec<Outcome<'a>>)| {
        outcomes.sort_by(|a, b| a.order().cmp(&b.order()));
        Team { owner, outcomes }
    };
    with.into_iter().chain(without).map(team).collect()
}

impl Outcome<'_> {
    fn order(&self) -> (Verdict, Decimal, &str, &str, &Labels) {
        let promise = &self.slo.promise;
        (self.verdict, -self.spent.unwrap_or_default(), &promise.service, &promise.slo, &self.labels)
    }

    /// The share of good events.
    pub fn attained(&self) -> Option<Decimal> {
        (self.total > Decimal::ZERO).then(|| (self.total - self.bad) / self.total)
    }
}

fn outcome<'a>(slo: &'a SloPlan, labels: Labels, hours: &BTreeMap<u64, Hour>, span: &Span) -> Outcome<'a> {
    let budget = slo.promise.budget;
    let known: BTreeMap<u64, (Decimal, Decimal)> = (hours.range(span.range.from + 1..))
        // Counters that are not scraped together may differ for a moment.
        .filter_map(|(at, hour)| Some((*at, (hour.total?, hour.bad?.min(hour.total?)))))
        .collect();
    let counts: Decimal = known.keys().filter_map(|at| hours.get(at)).map(|hour| hour.counts).sum();
    let every = slo.readings.counted_every.secs();
    let seen = u64::try_from(counts.trunc()).unwrap_or(0).saturating_mul(every).min(span.hours() * HOUR);
    let missing = Duration::from_secs(span.hours() * HOUR - seen);
    let (total, bad) = known
        .values()
        .fold(Default::default(), |(total, bad): (Decimal, Decimal), hour| (total + hour.0, bad + hour.1));
    let to_come = to_come(slo, hours, span);
    let expected = total + to_come;
    let allowed = expected * budget;
    let share = |bad: Decimal| if allowed.is_zero() { Decimal::ZERO } else { bad / allowed };
    let is_missing = missing.secs() * TOLERATED > span.hours() * HOUR;
    // It is broken even if no event was bad in the missing time, at the same traffic.
    let (seen_part, all_of_it) = (Decimal::from(seen), Decimal::from(span.hours() * HOUR));
    let is_broken = bad * seen_part > (total * all_of_it + to_come * seen_part) * budget;
    let verdict = match (expected >= slo.promise.enough_events, seen) {
        (_, 0) if slo.promise.planned.is_some() => Verdict::Planned,
        (_, 0) => Verdict::Nothing,
        (true, _) if is_broken => Verdict::Broken,
        (_, _) if is_missing => Verdict::Unknown,
        (false, _) => Verdict::Few,
        (true, _) if bad > allowed => Verdict::Broken,
        (true, _) => Verdict::Kept,
    };
    let day = |ends: &[u64]| {
        let mut of_day = known.range(ends[0] + 1..=ends[1]).peekable();
        of_day.peek()?;
        Some(share(of_day.map(|(_, hour)| hour.1).sum()))
    };
    Outcome {
        verdict,
        total,
        bad,
        expected,
        missing,
        spent: (seen > 0).then(|| share(bad)),
        incidents: incidents(&known, budget, share),
        parts: Vec::new(),
        days: span.days.windows(2).map(day).collect(),
        slo,
        labels,
    }
}

/// The events that are expected in the rest of the month.
fn to_come(slo: &SloPlan, hours: &BTreeMap<u64, Hour>, span: &Span) -> Decimal {
    let outlook = span.outlook();
    let known = hours
        .range(outlook.from + 1..=outlook.until)
        .filter_map(|(_, hour)| Some((hour.total?, hour.counts)));
    let (counted, tiles) = known.fold(Default::default(), |(events, tiles): (Decimal, Decimal), hour| {
        (events + hour.0, tiles + hour.1)
    });
    slo.promise.expected(span.to_come(), counted, tiles)
}

/// The share of each part in the bad events, the largest first, without parts that have none.
fn shares(parts: Option<&BTreeMap<String, Decimal>>) -> Vec<(String, Decimal)> {
    let bad = || parts.into_iter().flatten().filter(|(_, bad)| **bad > Decimal::ZERO);
    let all: Decimal = bad().map(|(_, bad)| *bad).sum();
    let mut shares: Vec<(String, Decimal)> = bad().map(|(part, bad)| (part.clone(), bad / all)).collect();
    shares.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    shares
}

/// Consecutive hours in which the error ratio was higher than the budget.
fn incidents(
    known: &BTreeMap<u64, (Decimal, Decimal)>,
    budget: Decimal,
    share: impl Fn(Decimal) -> Decimal,
) -> Vec<Incident> {
    let mut runs: Vec<(Range, Decimal, Decimal)> = Vec::new();
    for (at, (total, bad)) in known.iter().filter(|(_, (total, bad))| *bad > total * budget) {
        match runs.last_mut() {
            Some((range, all, failed)) if range.until + HOUR == *at => {
                range.until = *at;
                (*all, *failed) = (*all + total, *failed + bad);
            }
            _ => runs.push((Range { from: at - HOUR, until: *at }, *total, *bad)),
        }
    }
    let incident = |(range, total, bad): (Range, Decimal, Decimal)| Incident {
        range,
        share: share(bad),
        ratio: bad / total,
    };
    let mut incidents: Vec<Incident> = runs.into_iter().map(incident).collect();
    incidents.sort_by(|a, b| b.share.cmp(&a.share).then(a.range.cmp(&b.range)));
    incidents.truncate(MOST_INCIDENTS);
    incidents
}
