//! model + the data of a server → which alerts of an SLO would have fired, and how its budget was spent.
//!
//! The past is counted as the rules count (`history`), and simulated as `simulate` does it. Nothing is written.
//!
//! # False alarms
//! A tier fires when a certain share of the period's budget is spent. But it compares ratios, so with little traffic a few bad events are enough. An
//! alert is called false if its bad events, from one long window before it fired until it stopped, are less than that share. The period's budget is
//! computed from the average traffic of all known time in which events count: `hours` and maintenance apply to the past, too.

mod history;
mod json;
mod words;

pub use history::{From, Grain, History, MOST_COUNTS, Question, Range, warnings};
pub use json::json;
pub use words::words;

use crate::model::Labels;
use crate::plan::{Counted, Event, SloPlan};
use crate::simulate::{Firing, Step, Timeline, replay};
use crate::vocabulary::{BudgetLine, Decimal, Duration, INTERVAL, LONG_INTERVAL, OUTLOOK, Period, Severity};

/// One version of the definitions, with its alerts in the past.
#[derive(Debug)]
pub struct Run<'a> {
    /// For people: a directory or a revision.
    pub name: String,
    /// One per SLO and label set of its `by`.
    pub courses: Vec<Course<'a>>,
    /// Requested SLOs that these definitions do not have: `service/slo`.
    pub absent: Vec<String>,
}

/// The alerts and the budget of an SLO in the past.
#[derive(Debug)]
pub struct Course<'a> {
    /// The SLO.
    pub slo: &'a SloPlan,
    /// The values of the labels in its `by`.
    pub labels: Labels,
    /// The judged time. The time before it only fills the windows.
    pub judged: Range,
    /// Its burn alerts in the judged time, by time.
    pub alarms: Vec<Alarm>,
    /// Its budget alerts in the judged time, by time; `None` if the SLO declares none.
    pub budget_alerts: Option<Vec<BudgetAlarm>>,
    /// Events of the judged time.
    pub events: Counted,
    /// How much of the judged time is not known.
    pub unknown: Duration,
    /// By day of UTC.
    pub days: Vec<Day>,
    /// Warnings of the server: its answers may be incomplete.
    pub warnings: Vec<String>,
}

/// An interval in which a burn alert fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The alert.
    pub name: String,
    /// Page or ticket.
    pub severity: Severity,
    /// The first tier that fires, by its index.
    pub tier: usize,
    /// Seconds since 1970.
    pub from: u64,
    /// `None` if it still fires at the end.
    pub until: Option<u64>,
    /// The share of the period's budget, at average traffic, that is spent from one long window before it until it stops.
    pub spent: Decimal,
    /// Whether that is less than the share of the tier. Not judged if it fired already when the judged time began.
    pub is_false: bool,
    /// Whether it fired already when the judged time began.
    pub since_before: bool,
}

/// An interval in which a budget alert fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetAlarm {
    /// The alert.
    pub name: String,
    /// The severity that it would have had.
    pub severity: Severity,
    /// It fires if less than this is left of the budget.
    pub line: BudgetLine,
    /// Seconds since 1970.
    pub from: u64,
    /// `None` if it still fires at the end.
    pub until: Option<u64>,
    /// The remaining budget when it fires, from the known events.
    pub left: Decimal,
    /// Whether it fired already when the judged time began.
    pub since_before: bool,
}

/// The budget on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its beginning, or that of the judged time, in seconds since 1970.
    pub from: u64,
    /// Its events.
    pub events: Counted,
    /// The remaining budget of the period at its end, from the known events, and in a calendar period from the expected ones. `None` if there are too
    /// few events to judge, or if they are known for less than a day.
    pub left: Option<Decimal>,
}

/// Simulates an SLO. `steps` begin at the begin of the history, in seconds since 1970; `judged` is the judged time.
pub fn course<'a>(
    slo: &'a SloPlan,
    labels: Labels,
    history: &History,
    judged: Range,
    steps: Vec<Step>,
) -> Course<'a> {
    let evaluation = INTERVAL.secs();
    let mut steps = steps;
    let idle = never_seen(&steps, judged.from.saturating_sub(history.range().from) / evaluation);
    steps.drain(..idle);
    let begins = history.range().from + idle as u64 * evaluation;
    let mut agreed = 0;
    for (index, step) in steps.iter_mut().enumerate() {
        let begun = begins as i64 + index as i64 * evaluation as i64;
        let counts = slo.promise.counts(begun);
        agreed += u64::from(step.seen && counts);
        // A recorded count belongs to an evaluation up to one interval earlier. And it may be older than the present `hours` or maintenance windows.
        if !counts && !slo.promise.counts(begun - evaluation as i64) {
            (step.total, step.bad) = (Decimal::ZERO, Decimal::ZERO);
        }
    }
    let unseen = steps
        .iter()
        .enumerate()
        .filter(|(index, step)| !step.seen && begins + (*index as u64 + 1) * evaluation > judged.from);
    let unknown = Duration::from_secs(unseen.count() as u64 * evaluation);
    let known = steps.iter().filter(|step| step.seen).count() as u64 * evaluation;
    let seen: Vec<bool> = steps.iter().map(|step| step.seen).collect();
    let happened: Vec<Counted> =
        steps.iter().map(|step| Counted { total: step.total, bad: step.bad }).collect();
    let timeline = replay(slo, steps, i64::try_from(begins).unwrap_or(i64::MAX));
    let counted = match slo.promise.event {
        // A journey's slices are judged already, in the recorded series of its parts.
        Event::Occurrence | Event::Check | Event::Journey(_) => happened,
        // The promise is about slices.
        Event::Slice(_) => timeline.events.iter().map(|events| events.unwrap_or_default()).collect(),
    };
    let known =
        KnownTime { all: Duration::from_secs(known), agreed: Duration::from_secs(agreed * evaluation) };
    let sums = Sums::new(begins, known, &counted, &seen);
    Course {
        alarms: alarms(slo, &timeline, &sums, begins, judged),
        budget_alerts: budget_alarms(slo, &timeline, begins, judged),
        events: sums.between(judged.from, judged.until),
        unknown,
        days: days(slo, &sums, judged),
        warnings: history.warnings(),
        slo,
        labels,
        judged,
    }
}

/// How many of the first `most` steps are before the first known event, in whole intervals of the slow group. They can be skipped.
fn never_seen(steps: &[Step], most: u64) -> usize {
    let interval = (LONG_INTERVAL.millis() / INTERVAL.millis()) as usize;
    let unseen = steps.iter().take(most as usize).take_while(|step| !step.seen).count();
    unseen.saturating_sub(1) / interval * interval
}

fn alarms(slo: &SloPlan, timeline: &Timeline, sums: &Sums, begins: u64, judged: Range) -> Vec<Alarm> {
    let all = sums.between(begins, judged.until);
    let known = Decimal::from(sums.known.agreed.secs().max(1));
    let allowed = slo.promise.budget * all.total / known * Decimal::from(slo.promise.period_length.secs());
    let mut alarms = Vec::new();
    for course in &timeline.alerts {
        for Firing { span, tier, .. } in &course.firings {
            let (from, until) = (begins + span.from.secs(), span.until.map(|until| begins + until.secs()));
            if until.is_some_and(|until| until <= judged.from) || from > judged.until {
                continue;
            }
            let since_before = from <= judged.from;
            let watch = &slo.promise.tiers[*tier];
            let bad = sums.between(from.saturating_sub(watch.long.secs()), until.unwrap_or(judged.until)).bad;
            let spent = if allowed.is_zero() { Decimal::ZERO } else { bad / allowed };
            alarms.push(Alarm {
                name: course.name.clone(),
                severity: course.severity,
                tier: *tier,
                from,
                until,
                spent,
                is_false: !since_before && spent < watch.budget_share,
                since_before,
            });
        }
    }
    alarms.sort_by(|a, b| (a.from, a.severity, &a.name).cmp(&(b.from, b.severity, &b.name)));
    alarms
}

fn budget_alarms(slo: &SloPlan, timeline: &Timeline, begins: u64, judged: Range) -> Option<Vec<BudgetAlarm>> {
    let mut alarms = Vec::new();
    for course in &timeline.lines {
        for (span, severity, left) in &course.firings {
            let (from, until) = (begins + span.from.secs(), span.until.map(|until| begins + until.secs()));
            if until.is_none_or(|until| until > judged.from) && from <= judged.until {
                let since_before = from <= judged.from;
                let (name, line) = (course.name.clone(), course.line);
                alarms.push(BudgetAlarm {
                    name,
                    severity: *severity,
                    line,
                    from,
                    until,
                    left: *left,
                    since_before,
                });
            }
        }
    }
    alarms.sort_by(|a, b| (a.from, &a.name).cmp(&(b.from, &b.name)));
    (!slo.promise.budget_alerts.is_empty()).then_some(alarms)
}

fn days(slo: &SloPlan, sums: &Sums, judged: Range) -> Vec<Day> {
    let day = |piece: Range| {
        let period = sums.between(period_begins(&slo.promise.period, piece.until), piece.until);
        let of = period.total + to_come(slo, sums, piece.until);
        let left = (of >= slo.promise.enough_events && sums.known.all.secs() >= DAY)
            .then(|| Decimal::ONE - period.bad / (of * slo.promise.budget));
        Day { from: piece.from, events: sums.between(piece.from, piece.until), left }
    };
    judged.pieces().into_iter().map(day).collect()
}

/// A shorter time says nothing about a period. In seconds.
const DAY: u64 = 86_400;

/// The beginning of the period that contains a moment or ends with it.
fn period_begins(period: &Period, at: u64) -> u64 {
    match period {
        Period::Rolling(length) => at.saturating_sub(length.secs()),
        Period::Calendar(unit, zone) => zone.begins(*unit, at.saturating_sub(1)),
    }
}

/// The events that are expected in the rest of a calendar period, computed as in the rules.
fn to_come(slo: &SloPlan, sums: &Sums, at: u64) -> Decimal {
    let Period::Calendar(unit, zone) = &slo.promise.period else { return Decimal::ZERO };
    // The tile that is recorded at this moment is already counted.
    let to_come = zone.tiles_to_come(*unit, at.saturating_sub(1)).saturating_sub(1);
    let from = at.saturating_sub(OUTLOOK.secs());
    let tiles = Decimal::from(sums.seen(from, at)) / Decimal::from(LONG_INTERVAL.secs());
    slo.promise.expected(to_come, sums.between(from, at).total, tiles)
}

impl Course<'_> {
    /// The number of alerts with a severity, and of false ones among them.
    pub fn count(&self, severity: Severity) -> (usize, usize) {
        let of = || self.alarms.iter().filter(|alarm| alarm.severity == severity);
        (of().count(), of().filter(|alarm| alarm.is_false).count())
    }

    /// The number per thirty days. `None` if less than a day is known.
    pub fn per_month(&self, count: usize) -> Option<Decimal> {
        let known = (self.judged.until - self.judged.from).saturating_sub(self.unknown.secs());
        let often = Decimal::from(count as u64) * Decimal::from(30 * 86_400) / Decimal::from(known.max(1));
        (count == 0 || known >= DAY).then_some(often)
    }

    /// Whether none of the judged time is known.
    pub fn is_unknown(&self) -> bool {
        self.unknown.secs() >= self.judged.until - self.judged.from
    }
}

/// How much of the past is known.
struct KnownTime {
    all: Duration,
    /// Of this, the time in which events count.
    agreed: Duration,
}

/// Sums of events since the beginning.
struct Sums {
    begins: u64,
    known: KnownTime,
    sums: Vec<Counted>,
    /// The number of evaluations with known events.
    seen: Vec<u64>,
}

impl Sums {
    fn new(begins: u64, known: KnownTime, counted: &[Counted], is_seen: &[bool]) -> Self {
        let mut sums = vec![Counted::default()];
        let mut sum = Counted::default();
        for events in counted {
            sum = Counted { total: sum.total + events.total, bad: sum.bad + events.bad };
            sums.push(sum);
        }
        let mut seen = vec![0];
        for is_seen in is_seen {
            seen.push(seen.last().copied().unwrap_or_default() + u64::from(*is_seen));
        }
        Self { begins, known, sums, seen }
    }

    fn index(&self, moment: u64) -> usize {
        let index = moment.saturating_sub(self.begins) / INTERVAL.secs();
        (index as usize).min(self.sums.len() - 1)
    }

    /// The known time between two moments, in seconds.
    fn seen(&self, from: u64, until: u64) -> u64 {
        let at = |moment: u64| self.seen[self.index(moment).min(self.seen.len() - 1)];
        (at(until) - at(from)) * INTERVAL.secs()
    }

    /// The known events between two moments.
    fn between(&self, from: u64, until: u64) -> Counted {
        let at = |moment: u64| self.sums[self.index(moment)];
        let (from, until) = (at(from), at(until));
        Counted { total: until.total - from.total, bad: until.bad - from.bad }
    }
}
