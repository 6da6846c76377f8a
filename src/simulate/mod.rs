//! plan + incident → timeline: when the tiers and alerts of an SLO fire in an incident, and how much of the budget it costs.
//!
//! It computes, evaluation by evaluation, what the compiled rules compute: the same counts, windows, tiles, held windows and thresholds, in exact
//! decimals. `tests/simulate.rs` compares it with promtool and the compiled rules.
//!
//! # Evaluations
//! The fast group is evaluated every 30 seconds and the slow one every five minutes, after it. Prometheus spreads groups over their intervals. Here
//! both are evaluated at the moment before the incident begins, as in the simulator of the report; with other evaluation times an alert fires less
//! than one evaluation earlier or later. Scrapes take no time here: add up to two scrape intervals, and the time that Alertmanager waits.
//!
//! # Events
//! Events are evenly spread, and whole: with 2 % errors and 10 events per evaluation, every fifth evaluation counts one bad event. A state is
//! evaluated once per evaluation, and with 2 % errors every fiftieth evaluation is bad.
//!
//! In a journey only the strictest part fails; the others are good.
//!
//! # Dates
//! An incident that has a date is played with the hours, the maintenance and the calendar period of that time ([`clock`]). Without one it is played at
//! a time when all events count. Whether a query of `except` has a result is not known: it has none.

mod chart;
mod clock;
mod csv;
mod grammar;
mod incident;
mod json;
mod recorded;
mod rules;
mod timeline;
mod words;

pub use chart::Style;
pub use csv::{CsvCounts, CsvFault, parse as parse_csv};
pub use grammar::{Fault, parse};
pub use incident::{Incident, Phase};
pub use json::json;
pub use timeline::{AlertCourse, BudgetCourse, Firing, LineCourse, Span, TierCourse, Timeline};
pub use words::words;

use crate::plan::{Event, Observer, Part, SloPlan};
use crate::vocabulary::{Decimal, Duration, INTERVAL, LONG_INTERVAL, OUTLOOK};
use clock::Clock;
use rules::{Before, Rules};

/// Events per evaluation where the traffic is not known: so many that one in a million is a whole number.
const MANY: u64 = 1_000_000;

/// What happens until one evaluation, since the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Events; of a state that is looked at, one look.
    pub total: Decimal,
    /// Bad ones among them.
    pub bad: Decimal,
    /// Whether the series are there at the evaluation. Counters that are not still count.
    pub seen: bool,
}

/// When rules are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The interval of the fast group.
    pub step: Duration,
    /// That of the slow one: a multiple of it.
    pub long: Duration,
    /// How long after the beginning of the incident the slow group is evaluated, less than its interval.
    pub phase: Duration,
    /// Whether ranges hold the sample on their left edge, as in Prometheus 2.
    pub closed: bool,
}

impl Default for Schedule {
    /// As the compiled rules say, in Prometheus 3.
    fn default() -> Self {
        Self { step: INTERVAL, long: LONG_INTERVAL, phase: Duration::default(), closed: false }
    }
}

/// What is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The incident, evaluation by evaluation, in events that need not be whole.
    pub steps: Vec<Step>,
    /// Events per second before and after it, all of them good; `None` if not known.
    pub traffic: Option<Decimal>,
    /// How long the series had been there before; `None` for longer than anything looks back.
    pub history: Option<Duration>,
    /// How long it is watched after the incident; `None` until every window is empty again.
    pub after: Option<Duration>,
    /// The share of the period's budget that was spent before, so long ago that no tier sees it, and that stays in the period.
    pub spent: Decimal,
    /// How far into a calendar period the incident begins; half of it if not given. Of an incident without a date.
    pub into_period: Option<Duration>,
    /// When the incident begins, in whole seconds since 1970; `None` for some time at which all events count.
    pub date: Option<i64>,
    /// When rules are evaluated.
    pub schedule: Schedule,
}

impl Scenario {
    /// An incident at this usual traffic, or else at that which the SLO declares, after a long time in which all was good.
    pub fn new(plan: &SloPlan, incident: &Incident, traffic: Option<Decimal>) -> Self {
        let usual = traffic.or(declared(plan)).unwrap_or_else(assumed);
        Self::counted(plan, incident.steps(usual, Schedule::default().step), traffic)
    }

    /// The same of counted events, one entry per evaluation.
    pub fn counted(plan: &SloPlan, steps: Vec<Step>, traffic: Option<Decimal>) -> Self {
        let traffic = traffic.or(declared(plan));
        let schedule = Schedule::default();
        Self {
            steps,
            traffic,
            history: None,
            after: None,
            spent: Decimal::ZERO,
            into_period: None,
            date: None,
            schedule,
        }
    }
}

/// Whether so many events per second can be played: from one in thirty years to a thousand million.
pub fn is_traffic(per_second: &Decimal) -> bool {
    (Decimal::new(1, 9)..=Decimal::from(1_000_000_000)).contains(per_second)
}

/// Traffic where none is known.
fn assumed() -> Decimal {
    Decimal::from(MANY) / Decimal::from(INTERVAL.secs())
}

/// The part of a journey that the incident happens to: the strictest one.
fn struck(plan: &SloPlan) -> Option<&Part> {
    plan.promise.parts.iter().find(|part| Some(part.budget) == plan.observed.slice_budget)
}

/// The traffic that an SLO declares.
fn declared(plan: &SloPlan) -> Option<Decimal> {
    match plan.observed.by {
        Observer::Counters { traffic, .. } => traffic.filter(is_traffic),
        Observer::Looks | Observer::Shares | Observer::Parts => None,
    }
}

/// A scenario as it is played: what came before the incident, the incident, and what comes after it, in whole events.
#[derive(Clone, Debug)]
pub struct Played {
    /// One per evaluation of the fast group; the first is only looked at.
    pub steps: Vec<Step>,
    /// The evaluation right before the incident.
    pub begin: usize,
    /// The last one of the incident.
    pub end: usize,
}

/// What is played of a scenario.
pub fn play(plan: &SloPlan, scenario: &Scenario) -> Played {
    let evaluations = |length: Duration| length.millis().div_ceil(scenario.schedule.step.millis()) as usize;
    let tiers = &plan.promise.tiers;
    let longest = tiers.iter().map(|tier| tier.long).max().unwrap_or(LONG_INTERVAL);
    let slice = plan.promise.event.slice().unwrap_or_default();
    // A quarter of an hour is how far counts are made good, and the time after which a gap is forgotten.
    let margin =
        evaluations(slice) + evaluations(Duration::from_secs(900)) + 2 * evaluations(scenario.schedule.long);
    let before = scenario.history.map_or(evaluations(longest) + margin, evaluations);
    let after = scenario.after.map_or(evaluations(longest) + margin, evaluations);
    let traffic = scenario.traffic.unwrap_or_else(assumed);
    let per_step = traffic * Decimal::new(scenario.schedule.step.millis() as i64, 3);
    let quiet = Step { total: per_step, bad: Decimal::ZERO, seen: true };
    let first = Step { seen: true, ..Step::default() };
    let steps = std::iter::once(first)
        .chain(std::iter::repeat_n(quiet, before))
        .chain(scenario.steps.iter().copied())
        .chain(std::iter::repeat_n(quiet, after));
    Played { steps: whole(plan, steps), begin: before, end: before + scenario.steps.len() }
}

/// The same in whole events, none lost: each is as bad as its moment, and when that adds up to one it is a bad one. Looks are one per step.
fn whole(plan: &SloPlan, steps: impl Iterator<Item = Step>) -> Vec<Step> {
    // What a quotient that does not end may be short of a whole number.
    let nearly = Decimal::new(1, 9);
    let floor = |exact: Decimal| (exact + nearly).floor();
    let (mut total, mut bad) = (Decimal::ZERO, Decimal::ZERO);
    let one = |step: Step| {
        let share = if step.total.is_zero() { Decimal::ZERO } else { step.bad / step.total };
        let gained = match plan.observed.by {
            Observer::Counters { .. } | Observer::Parts => floor(total + step.total) - floor(total),
            Observer::Looks => Decimal::ONE,
            Observer::Shares => return Step { total: Decimal::ONE, bad: share, seen: step.seen },
        };
        let failed = floor(bad + gained * share) - floor(bad);
        total += step.total;
        bad += gained * share;
        Step { total: gained, bad: failed, seen: step.seen }
    };
    steps.map(one).collect()
}

/// What the rules of an SLO make of a scenario.
pub fn simulate(plan: &SloPlan, scenario: &Scenario) -> Timeline {
    let played = play(plan, scenario);
    run(plan, scenario, &played, before(plan, scenario), false)
}

/// What they make of events that were counted, one entry per evaluation from a moment on, in seconds since 1970: as they were, with nothing before and
/// nothing after them.
pub fn replay(plan: &SloPlan, counted: Vec<Step>, from: i64) -> Timeline {
    let seconds = Decimal::from(INTERVAL.secs() * counted.len().max(1) as u64);
    let total: Decimal = counted.iter().map(|step| step.total).sum();
    let first = Step { seen: true, ..Step::default() };
    let played =
        Played { begin: 0, end: counted.len(), steps: std::iter::once(first).chain(counted).collect() };
    let mut scenario = Scenario::counted(plan, Vec::new(), Some(total / seconds));
    scenario.date = Some(from);
    run(plan, &scenario, &played, Before::default(), true)
}

/// `counted` says that steps were counted, as far as they count; those of a journey are its slices then, and not events of a part.
fn run(plan: &SloPlan, scenario: &Scenario, played: &Played, before: Before, counted: bool) -> Timeline {
    let clock = Clock::new(plan, scenario, played);
    let mut rules = Rules::new(plan, &scenario.schedule, before, clock, counted);
    let mut courses = timeline::Courses::new(plan, scenario, played);
    for (at, step) in played.steps.iter().enumerate() {
        let since = scenario.schedule.step.millis() as i64 * (at as i64 - played.begin as i64);
        let late = (since - scenario.schedule.phase.millis() as i64) % scenario.schedule.long.millis() as i64;
        let is_due = late == 0;
        rules.evaluate(step);
        courses.follow_alerts(&rules, at, false);
        rules.evaluate_slow(is_due);
        if is_due {
            courses.follow_alerts(&rules, at, true);
            courses.follow_lines(&rules, at);
        }
        courses.follow_budget(&rules, at);
    }
    let incident = played.begin + 1..=played.end;
    let uncounted = incident.filter(|at| !rules.clock.counts(*at)).count();
    courses.end(rules.undecided, uncounted)
}

/// What there was before the first evaluation.
fn before(plan: &SloPlan, scenario: &Scenario) -> Before {
    let pace = match (plan.observed.by, plan.promise.event) {
        (Observer::Counters { .. }, Event::Occurrence | Event::Check) => {
            scenario.traffic.unwrap_or_else(assumed) / Decimal::from(1000)
        }
        _ => Decimal::ONE / Decimal::from(scenario.schedule.step.millis()),
    };
    let period = Decimal::from(plan.promise.period_length.millis());
    Before {
        pace,
        counted: scenario.history.map_or(OUTLOOK, |_| Duration::default()),
        bad: scenario.spent * plan.promise.budget * pace * period,
    }
}
