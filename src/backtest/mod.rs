//! model + the data of a server → which alerts of an SLO would have fired, and how its budget was spent.
//!
//! The past is counted as the rules count (`history`), and played through `simulate`, which does what they do. Nothing is written anywhere.
//!
//! # False alarms
//! A tier says that a share of the period's budget is spent when it fires. It compares ratios, so with little traffic a few bad events are enough. An
//! alarm is called false if the bad events from one long window before it fired until it stopped are less than that share of the budget that the
//! period has at the average traffic of all the time that is known and in which events count: hours and windows of maintenance apply to the past too.

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

/// One state of the definitions, played through the past.
#[derive(Debug)]
pub struct Run<'a> {
    /// What people call it: a directory or a revision.
    pub name: String,
    /// One per SLO and value of the labels that it keeps.
    pub courses: Vec<Course<'a>>,
    /// SLOs that are asked for and are not among these definitions: `service/slo`.
    pub absent: Vec<String>,
}

/// What an SLO made of the past.
#[derive(Debug)]
pub struct Course<'a> {
    /// The SLO.
    pub slo: &'a SloPlan,
    /// The labels that it keeps.
    pub labels: Labels,
    /// The time that is judged; what was before it only fills windows.
    pub judged: Range,
    /// What would have been told in it, by time.
    pub alarms: Vec<Alarm>,
    /// Budget alerts in it, by time; `None` if the SLO declares none.
    pub budget_alerts: Option<Vec<BudgetAlarm>>,
    /// Events of the judged time.
    pub events: Counted,
    /// How much of it is not known.
    pub unknown: Duration,
    /// By day of UTC.
    pub days: Vec<Day>,
    /// What the server says of its own answers: they may not be all there is.
    pub warnings: Vec<String>,
}

/// One time that an alert fires.
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
    /// `None` if it still fires in the end.
    pub until: Option<u64>,
    /// The share of the period's budget that is spent from one long window before it until it stops, at average traffic.
    pub spent: Decimal,
    /// Whether that is less than the tier says. Not judged of an alarm that fires already when the judged time begins.
    pub is_false: bool,
    /// Whether it fires already then.
    pub since_before: bool,
}

/// One time that a budget alert fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetAlarm {
    /// The alert.
    pub name: String,
    /// Page or ticket, as it would have been sent.
    pub severity: Severity,
    /// Less than this is left of the budget.
    pub line: BudgetLine,
    /// Seconds since 1970.
    pub from: u64,
    /// `None` if it still fires in the end.
    pub until: Option<u64>,
    /// What is left when it fires, of the known events.
    pub left: Decimal,
    /// Whether it fires already when the judged time begins.
    pub since_before: bool,
}

/// What became of the budget on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Its beginning, or that of the judged time, in seconds since 1970.
    pub from: u64,
    /// Its events.
    pub events: Counted,
    /// What is left of the period's budget at its end, of the events that are known, and in a calendar period those that are expected; `None` if they are too few to judge by, or known for less than a day.
    pub left: Option<Decimal>,
}

/// Plays what happened through the rules of an SLO: `steps` from the beginning of a history on, in seconds since 1970; `judged` is what counts.
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
        // What a server counted is of an evaluation that was up to one interval earlier. Recorded events may be older than the hours, or than the window
        // of maintenance.
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
        // A journey's slices are judged already: by what is recorded of its parts.
        Event::Occurrence | Event::Check | Event::Journey(_) => happened,
        // What is promised is promised of slices.
        Event::Slice(_) => timeline.events.iter().map(|events| events.unwrap_or_default()).collect(),
    };
    let known = Known { all: Duration::from_secs(known), agreed: Duration::from_secs(agreed * evaluation) };
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

/// How many steps of the first `most` are before anything was known, in whole intervals of the slow group. There is nothing to play in them.
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

/// Of less nothing is said that is of a period.
const DAY: u64 = 86_400;

/// When the period began that ends with a moment, or that it is part of.
fn period_begins(period: &Period, at: u64) -> u64 {
    match period {
        Period::Rolling(length) => at.saturating_sub(length.secs()),
        Period::Calendar(unit, zone) => zone.begins(*unit, at.saturating_sub(1)),
    }
}

/// The events that the rest of a calendar period is expected to bring, as the rules expect them.
fn to_come(slo: &SloPlan, sums: &Sums, at: u64) -> Decimal {
    let Period::Calendar(unit, zone) = &slo.promise.period else { return Decimal::ZERO };
    // The tile that is recorded at this moment is counted already.
    let to_come = zone.tiles_to_come(*unit, at.saturating_sub(1)).saturating_sub(1);
    let from = at.saturating_sub(OUTLOOK.secs());
    let tiles = Decimal::from(sums.seen(from, at)) / Decimal::from(LONG_INTERVAL.secs());
    slo.promise.expected(to_come, sums.between(from, at).total, tiles)
}

impl Course<'_> {
    /// Alarms of a severity: all, and false ones.
    pub fn count(&self, severity: Severity) -> (usize, usize) {
        let of = || self.alarms.iter().filter(|alarm| alarm.severity == severity);
        (of().count(), of().filter(|alarm| alarm.is_false).count())
    }

    /// So many times in thirty days, if a day or more is known: minutes say nothing of a month.
    pub fn per_month(&self, count: usize) -> Option<Decimal> {
        let known = (self.judged.until - self.judged.from).saturating_sub(self.unknown.secs());
        let often = Decimal::from(count as u64) * Decimal::from(30 * 86_400) / Decimal::from(known.max(1));
        (count == 0 || known >= DAY).then_some(often)
    }

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        self.unknown.secs() >= self.judged.until - self.judged.from
    }
}

/// How much of the past is known.
struct Known {
    all: Duration,
    /// Of the time in which events count.
    agreed: Duration,
}

/// Sums of events since the beginning.
struct Sums {
    begins: u64,
    known: Known,
    sums: Vec<Counted>,
    /// How many evaluations have seen something.
    seen: Vec<u64>,
}

impl Sums {
    fn new(begins: u64, known: Known, counted: &[Counted], is_seen: &[bool]) -> Self {
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

    /// How many seconds between two moments are known.
    fn seen(&self, from: u64, until: u64) -> u64 {
        let at = |moment: u64| self.seen[self.index(moment).min(self.seen.len() - 1)];
        (at(until) - at(from)) * INTERVAL.secs()
    }

    /// Events between two moments, as far as they are known.
    fn between(&self, from: u64, until: u64) -> Counted {
        let at = |moment: u64| self.sums[self.index(moment)];
        let (from, until) = (at(from), at(until));
        Counted { total: until.total - from.total, bad: until.bad - from.bad }
    }
}
