//! plan + incident → timeline: when the tiers and alerts of an SLO fire in an incident, and how much of the budget it costs.
//!
//! It computes, evaluation by evaluation, what the compiled rules compute: the same counts, windows, tiles, held windows and thresholds, in exact
//! decimals. `tests/simulate.rs` compares it with promtool and the compiled rules.
//!
//! # Evaluations
//! The fast group is evaluated every 30 seconds, and the slow one every five minutes, after the fast one. Prometheus spreads groups over their
//! intervals. Here both are evaluated at the moment before the incident begins, as in the simulator of the report; with other evaluation times an
//! alert fires less than one evaluation earlier or later. Scrapes take no time here: add up to two scrape intervals, and the time that Alertmanager
//! waits.
//!
//! # Events
//! Events are evenly spread, and whole: with 2 % errors and 10 events per evaluation, every fifth evaluation counts one bad event. A state is
//! evaluated once per evaluation, and with 2 % errors every fiftieth evaluation is bad.
//!
//! In a journey only the strictest part fails; the others are good.
//!
//! # Dates
//! An incident with a date is played with the hours, the maintenance and the calendar period of that time (`clock`). Without a date all events
//! count. Whether a query of `except` has a result is unknown. The simulation assumes that it has none.

mod chart;
mod clock;
mod csv;
mod grammar;
mod incident;
mod json;
mod loose;
mod recorded;
mod rules;
mod silences;
mod timeline;
mod words;

pub use chart::Style;
pub use csv::{CsvCounts, CsvFault, parse as parse_csv};
pub use grammar::{Fault, parse};
pub use incident::{Incident, Phase};
pub use json::json;
pub use silences::silence;
pub use timeline::{
    AlertCourse, BudgetCourse, Firing, LineCourse, MissingCourse, Span, TierCourse, Timeline,
};
pub use words::words;

use crate::plan::{Event, EventSource, Part, SloPlan};
use crate::vocabulary::{Decimal, Duration, INTERVAL, LONG_INTERVAL, OUTLOOK};
use clock::Clock;
use rules::{InitialState, Rules};

/// Events per evaluation if the traffic is unknown: one in a million is a whole number.
const MANY: u64 = 1_000_000;

/// The events between two evaluations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// All events; for a state, one evaluation.
    pub total: Decimal,
    /// Bad events.
    pub bad: Decimal,
    /// Whether the series can be read at the evaluation. Counters that cannot be read still increase.
    pub seen: bool,
}

/// The times of evaluations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The interval of the fast group.
    pub step: Duration,
    /// The interval of the slow group: a multiple of `step`.
    pub long: Duration,
    /// The first evaluation of the slow group after the beginning of the incident, less than its interval.
    pub phase: Duration,
    /// Whether ranges contain the sample on their left edge, as in Prometheus 2.
    pub closed: bool,
}

impl Default for Schedule {
    /// The intervals of the compiled rules, in Prometheus 3.
    fn default() -> Self {
        Self { step: INTERVAL, long: LONG_INTERVAL, phase: Duration::default(), closed: false }
    }
}

/// The input of a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The incident, evaluation by evaluation. Events may be fractions.
    pub steps: Vec<Step>,
    /// Events per second before and after the incident, all of them good; `None` if unknown.
    pub traffic: Option<Decimal>,
    /// How long the series had existed before; `None` for longer than every range.
    pub history: Option<Duration>,
    /// How long the simulation continues after the incident; `None` for until every window is empty again.
    pub after: Option<Duration>,
    /// The share of the period's budget that was spent before: outside of the windows of all tiers, and in the period until its end.
    pub spent: Decimal,
    /// Without a date: how long the calendar period has lasted when the incident begins; half of it if not given.
    pub into_period: Option<Duration>,
    /// When the incident begins, in seconds since 1970; `None` without a date.
    pub date: Option<i64>,
    /// The times of evaluations.
    pub schedule: Schedule,
}

impl Scenario {
    /// An incident after a long time without errors, at this usual traffic or else at the declared one.
    pub fn new(plan: &SloPlan, incident: &Incident, traffic: Option<Decimal>) -> Self {
        let usual = traffic.or(declared(plan)).unwrap_or_else(assumed);
        Self::counted(plan, incident.steps(usual, Schedule::default().step), traffic)
    }

    /// The same for counted events, one entry per evaluation.
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

/// Whether this number of events per second can be simulated: from one in thirty years to a thousand million.
pub fn is_traffic(per_second: &Decimal) -> bool {
    (Decimal::new(1, 9)..=Decimal::from(1_000_000_000)).contains(per_second)
}

/// The traffic if it is unknown.
fn assumed() -> Decimal {
    Decimal::from(MANY) / Decimal::from(INTERVAL.secs())
}

/// The part of a journey that fails in the incident: the strictest one.
fn struck(plan: &SloPlan) -> Option<&Part> {
    plan.promise.parts.iter().find(|part| Some(part.budget) == plan.observed.slice_budget)
}

/// The declared traffic of an SLO.
fn declared(plan: &SloPlan) -> Option<Decimal> {
    match plan.observed.by {
        EventSource::Counters { traffic, .. } => traffic.filter(is_traffic),
        EventSource::States | EventSource::Ratios | EventSource::Parts => None,
    }
}

/// A scenario in whole events: the time before the incident, the incident, and the time after it.
#[derive(Clone, Debug)]
pub struct SimulatedSteps {
    /// One step per evaluation of the fast group; the first is only a state.
    pub steps: Vec<Step>,
    /// The evaluation right before the incident.
    pub begin: usize,
    /// The last evaluation of the incident.
    pub end: usize,
}

/// The steps of a scenario.
pub fn play(plan: &SloPlan, scenario: &Scenario) -> SimulatedSteps {
    let evaluations = |length: Duration| length.millis().div_ceil(scenario.schedule.step.millis()) as usize;
    let tiers = &plan.promise.tiers;
    let longest = tiers.iter().map(|tier| tier.long).max().unwrap_or(LONG_INTERVAL);
    let slice = plan.promise.event.slice().unwrap_or_default();
    // After a quarter of an hour missed counts are no longer added, and a gap is forgotten.
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
    SimulatedSteps { steps: whole(plan, steps), begin: before, end: before + scenario.steps.len() }
}

/// The same in whole events. No part of an event is lost: bad fractions add up, and at one a bad event is counted. A state is evaluated once per
/// step.
fn whole(plan: &SloPlan, steps: impl Iterator<Item = Step>) -> Vec<Step> {
    // The largest rounding error of a quotient.
    let nearly = Decimal::new(1, 9);
    let floor = |exact: Decimal| (exact + nearly).floor();
    let (mut total, mut bad) = (Decimal::ZERO, Decimal::ZERO);
    let one = |step: Step| {
        let share = if step.total.is_zero() { Decimal::ZERO } else { step.bad / step.total };
        let gained = match plan.observed.by {
            EventSource::Counters { .. } | EventSource::Parts => floor(total + step.total) - floor(total),
            EventSource::States => Decimal::ONE,
            EventSource::Ratios => return Step { total: Decimal::ONE, bad: share, seen: step.seen },
        };
        let failed = floor(bad + gained * share) - floor(bad);
        total += step.total;
        bad += gained * share;
        Step { total: gained, bad: failed, seen: step.seen }
    };
    steps.map(one).collect()
}

/// The results of an SLO's rules in a scenario.
pub fn simulate(plan: &SloPlan, scenario: &Scenario) -> Timeline {
    let played = play(plan, scenario);
    run(plan, scenario, &played, before(plan, scenario), false)
}

/// The results for counted events, one entry per evaluation from `from` on, in seconds since 1970, without events before and after them.
pub fn replay(plan: &SloPlan, counted: Vec<Step>, from: i64) -> Timeline {
    let seconds = Decimal::from(INTERVAL.secs() * counted.len().max(1) as u64);
    let total: Decimal = counted.iter().map(|step| step.total).sum();
    let first = Step { seen: true, ..Step::default() };
    let played = SimulatedSteps {
        begin: 0,
        end: counted.len(),
        steps: std::iter::once(first).chain(counted).collect(),
    };
    let mut scenario = Scenario::counted(plan, Vec::new(), Some(total / seconds));
    scenario.date = Some(from);
    run(plan, &scenario, &played, InitialState::default(), true)
}

/// `counted` is true if the steps were counted by rules, only agreed time included. Those of a journey are then its slices, not events of a part.
fn run(
    plan: &SloPlan,
    scenario: &Scenario,
    played: &SimulatedSteps,
    before: InitialState,
    counted: bool,
) -> Timeline {
    let clock = Clock::new(plan, scenario, played);
    let mut rules = Rules::new(plan, &scenario.schedule, before, clock, counted);
    let mut courses = timeline::TimelineBuilder::new(plan, scenario, played);
    for (at, step) in played.steps.iter().enumerate() {
        let since = scenario.schedule.step.millis() as i64 * (at as i64 - played.begin as i64);
        let late = (since - scenario.schedule.phase.millis() as i64) % scenario.schedule.long.millis() as i64;
        let is_due = late == 0;
        rules.evaluate(step);
        courses.follow_alerts(&rules, at, false);
        courses.follow_missing(&rules, at);
        rules.evaluate_slow(is_due);
        if is_due {
            courses.follow_alerts(&rules, at, true);
            courses.follow_lines(&rules, at);
        }
        courses.follow_budget(&rules, at, is_due);
    }
    let incident = played.begin + 1..=played.end;
    let uncounted = incident.filter(|at| !rules.clock.counts(*at)).count();
    courses.end(rules.undecided, uncounted, rules.clock.agreed_period())
}

/// The state before the first evaluation.
fn before(plan: &SloPlan, scenario: &Scenario) -> InitialState {
    let pace = match (plan.observed.by, plan.promise.event) {
        (EventSource::Counters { .. }, Event::Occurrence | Event::Check) => {
            scenario.traffic.unwrap_or_else(assumed) / Decimal::from(1000)
        }
        _ => Decimal::ONE / Decimal::from(scenario.schedule.step.millis()),
    };
    let period = Decimal::from(plan.promise.period_length.millis());
    InitialState {
        pace,
        counted: scenario.history.map_or(OUTLOOK, |_| Duration::default()),
        bad: scenario.spent * plan.promise.budget * pace * period,
    }
}
