//! The recorded series of an SLO, evaluation by evaluation: the counts of `lower::events`, the windows and tiles of `lower::windows`, the tiers of
//! `lower::alerts`. The comments name the recorded series. A change of those rules needs a change here, and `tests/simulate.rs` compares both under
//! promtool.

use std::collections::BTreeMap;

use super::clock::Clock;
use super::recorded::{Counts, Newest};
use super::{Schedule, Step, struck};
use crate::plan::{Counted, Event, EventSource, Part, SloPlan, TierFacts, TierState};
use crate::vocabulary::{
    BudgetLine, Decimal, Duration, INTERVAL, LONG_INTERVAL, MEMORY, OUTLOOK, Period, STALE,
};

/// The state before the first evaluation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct InitialState {
    /// Events per millisecond of agreed time.
    pub pace: Decimal,
    /// How long events had been counted; zero if not at all.
    pub counted: Duration,
    /// Bad events that are already in the period.
    pub bad: Decimal,
}

/// The state of the period's budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct BudgetState {
    /// The share that is left; below 0 if it is overspent.
    pub share: Decimal,
    /// Whether events have been counted for a day, and there are enough of them; in a calendar period as many as are expected of it.
    pub is_known: bool,
}

/// Both sides of a count.
#[derive(Debug)]
struct Pair {
    total: Counts,
    bad: Counts,
}

impl Pair {
    fn new(schedule: &Schedule) -> Self {
        Self { total: Counts::new(schedule), bad: Counts::new(schedule) }
    }

    fn push(&mut self, total: Option<Decimal>, bad: Option<Decimal>) {
        self.total.push(total);
        self.bad.push(bad);
    }

    /// Sums over a range, if both are known.
    fn sum(&self, at: usize, range: Duration) -> Option<Counted> {
        Some(Counted { total: self.total.sum(at, range)?, bad: self.bad.sum(at, range)? })
    }
}

/// The rules of one SLO, and all recorded series.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    plan: &'a SloPlan,
    pub clock: Clock<'a>,
    /// Whether the steps were counted by rules: those of a journey are then its slices.
    counted: bool,
    schedule: Schedule,
    before: InitialState,
    /// Whether the series could be read at each evaluation.
    seen: Vec<bool>,
    /// The values of counters at each evaluation: all events and bad ones.
    total: Vec<Decimal>,
    bad: Vec<Decimal>,
    /// `slo:*_occurrences:increase30s`, for slices only.
    occurrences: Pair,
    /// `slo:*_events:increase30s`
    events: Pair,
    /// `slo:*_events:tile5m`
    tiles: Pair,
    /// `slo:sli_error:ratio_rate*`, as counts.
    ratios: BTreeMap<Duration, Newest<Counted>>,
    /// Windows of the fast group.
    fast: Vec<Duration>,
    /// `slo:period_error_budget_remaining:ratio`
    left: Newest<BudgetState>,
    /// Whether a slice was exactly at its objective, so that the rounding of Prometheus decides.
    pub undecided: bool,
}

/// The range of the rules for a window: half an interval shorter.
fn less(window: Duration, interval: Duration) -> Duration {
    Duration::from_millis(window.millis().saturating_sub(interval.millis() / 2))
}

impl<'a> Rules<'a> {
    pub fn new(
        plan: &'a SloPlan,
        schedule: &Schedule,
        before: InitialState,
        clock: Clock<'a>,
        counted: bool,
    ) -> Self {
        let fast = plan.promise.fast_windows();
        let windows = plan.promise.tiers.iter().flat_map(|tier| [tier.long, tier.short]);
        let ratios = windows.chain(fast.iter().copied()).map(|window| (window, Newest::new(schedule)));
        Self {
            plan,
            clock,
            counted,
            schedule: *schedule,
            before,
            seen: Vec::new(),
            total: Vec::new(),
            bad: Vec::new(),
            occurrences: Pair::new(schedule),
            events: Pair::new(schedule),
            tiles: Pair::new(schedule),
            ratios: ratios.collect(),
            fast,
            left: Newest::new(schedule),
            undecided: false,
        }
    }

    /// Evaluates the fast group; `step` contains the events since the last evaluation.
    pub fn evaluate(&mut self, step: &Step) {
        let at = self.seen.len();
        self.seen.push(step.seen);
        for (counter, gained) in [(&mut self.total, step.total), (&mut self.bad, step.bad)] {
            let before = counter.last().copied().unwrap_or_default();
            counter.push(before + gained);
        }
        self.count(at, step);
        for window in &self.fast {
            let ratio =
                self.events.sum(at, less(*window, INTERVAL)).filter(|sum| self.is_known(at, *window, sum));
            if let Some(ratios) = self.ratios.get_mut(window) {
                ratios.push(at, ratio);
            }
        }
    }

    /// Evaluates the slow group, at the same moment and after the fast one; `is_due` is false if it is not evaluated now.
    pub fn evaluate_slow(&mut self, is_due: bool) {
        let at = self.seen.len() - 1;
        let tile = |count: &Counts, tiles: &Counts| is_due.then(|| tile(at, count, tiles)).flatten();
        let total = tile(&self.events.total, &self.tiles.total);
        let bad = tile(&self.events.bad, &self.tiles.bad);
        self.tiles.push(total, bad);
        for (window, ratios) in &mut self.ratios {
            if !self.fast.contains(window) {
                let sum = || self.tiles.sum(at, less(*window, LONG_INTERVAL));
                ratios.push(at, is_due.then(sum).flatten());
            }
        }
        let left = is_due.then(|| self.period(at)).flatten();
        self.left.push(at, left);
    }

    /// Events since the last evaluation: `lower::events::base`.
    fn count(&mut self, at: usize, step: &Step) {
        let (total, bad) = match self.plan.observed.by {
            EventSource::Counters { .. } => (self.gained(at, &self.total), self.gained(at, &self.bad)),
            EventSource::States | EventSource::Ratios | EventSource::Parts => {
                (step.seen.then_some(step.total), step.seen.then_some(step.bad))
            }
        };
        let only = |count: Option<Decimal>, counts: bool| {
            count.map(|count| if counts { count } else { Decimal::ZERO })
        };
        let event = self.plan.promise.event;
        // A journey reads series of its parts that were recorded an evaluation ago: `lower::journey`.
        let of_parts = matches!(event, Event::Journey(_));
        let counts = self.clock.counts(at);
        let slice = event.slice().filter(|_| !(of_parts && self.counted));
        let (Some(length), Some(budget)) = (slice, self.plan.observed.slice_budget) else {
            let counts = counts || self.counted;
            self.events.push(only(total, counts), only(bad, counts));
            return;
        };
        let parts = &self.plan.promise.parts;
        let is_agreed = |part: &Part| self.clock.is_agreed(at, part.agreed.as_ref());
        match of_parts {
            // The other parts have events too.
            true => self.occurrences.push(
                only(total, parts.iter().any(is_agreed)),
                only(bad, struck(self.plan).is_none_or(is_agreed)),
            ),
            false => self.occurrences.push(only(total, counts), only(bad, counts)),
        }
        let last = if of_parts { at.checked_sub(1) } else { Some(at) };
        let slice = last.and_then(|last| self.occurrences.sum(last, less(length, INTERVAL)));
        let spoiled = slice.map(|slice| {
            let limit = budget * slice.total;
            self.undecided |=
                !slice.bad.is_zero() && (slice.bad - limit).abs() * Decimal::from(1_000_000_000) <= limit;
            Decimal::from(u8::from(slice.bad > limit))
        });
        let has_events = |slice: Counted| Decimal::from(u8::from(slice.total > Decimal::ZERO));
        let one = if of_parts { slice.map(has_events) } else { total.map(|_| Decimal::ONE) };
        self.events.push(only(one, counts), only(spoiled, counts));
    }

    /// The increase of a counter since its last sample, if that is not too old: `lower::ledger`.
    fn gained(&self, at: usize, counter: &[Decimal]) -> Option<Decimal> {
        let back = (MEMORY.millis() / self.schedule.step.millis()) as usize;
        let before = (at.saturating_sub(back)..at).rev().find(|then| self.seen[*then])?;
        self.seen[at].then(|| counter[at] - counter[before])
    }

    /// Whether a window has a ratio: it contains events, or data without events. Counters that are no longer scraped seem to be constant for five
    /// minutes, so a window of that length or less needs one more minute.
    fn is_known(&self, at: usize, window: Duration, sum: &Counted) -> bool {
        let longer = Duration::from_millis(window.millis() + 2 * INTERVAL.millis());
        let idle = || self.events.sum(at, less(longer, INTERVAL)).is_none_or(|sum| sum.total.is_zero());
        let seen = self.events.total.at(at).is_some();
        sum.total > Decimal::ZERO || seen && (window > LONG_INTERVAL || idle())
    }

    /// The state of the period's budget.
    fn period(&self, at: usize) -> Option<BudgetState> {
        let step = self.schedule.step.millis();
        let begins = self.clock.period_begins(at);
        // The first tile of a calendar period contains the five minutes that ended an evaluation before its beginning.
        let (edge, first) = match &self.plan.promise.period {
            Period::Rolling(_) => (LONG_INTERVAL, 0),
            Period::Calendar(..) => (INTERVAL, (LONG_INTERVAL.millis() + step) as i64),
        };
        let first_in = u64::try_from(begins).map_or(0, |begins| begins.div_ceil(step) as usize);
        let length = match &self.plan.promise.period {
            Period::Rolling(length) => *length,
            Period::Calendar(..) => Duration::from_millis(step * (at + 1 - first_in) as u64),
        };
        let sum = self.tiles.sum(at, less(length, edge))?;
        let is_before = begins < 0 && self.before.counted > Duration::default();
        let before = if is_before { self.clock.agreed_before(begins - first) } else { 0 };
        let bad = if self.clock.is_first_period(at) { self.before.bad } else { Decimal::ZERO };
        let promise = &self.plan.promise;
        let (bad, total) = (sum.bad + bad, sum.total + Decimal::from(before) * self.before.pace);
        let of = match &promise.period {
            _ if self.clock.is_vague() && self.before.counted > Duration::default() => {
                Decimal::from(promise.period_length.millis()) * self.before.pace
            }
            Period::Rolling(_) => total,
            Period::Calendar(..) => total + self.to_come(at),
        };
        let ratio = if of.is_zero() { Decimal::ZERO } else { (bad / of).min(Decimal::ONE) };
        let counted = self.before.counted.millis() + step * at as u64;
        Some(BudgetState {
            share: Decimal::ONE - ratio / promise.budget,
            is_known: counted >= BudgetLine::KNOWN_AFTER.millis() && of >= promise.enough_events,
        })
    }

    /// The expected events in the rest of a calendar period: `lower::calendar::expected`.
    fn to_come(&self, at: usize) -> Decimal {
        let tile = LONG_INTERVAL.millis();
        let played = self.schedule.step.millis() * at as u64;
        let range = less(OUTLOOK, LONG_INTERVAL);
        let tiles = &self.tiles.total;
        let (mut counted, mut number) =
            (tiles.sum(at, range).unwrap_or_default(), Decimal::from(tiles.count(at, range)));
        let before = self.before.counted.millis().min(OUTLOOK.millis().saturating_sub(played));
        if before > 0 {
            counted += Decimal::from(self.clock.agreed_before(-(before as i64))) * self.before.pace;
            // The first simulated tile lacks the time before it, and every tile ends an evaluation ago.
            let held = |first: usize| self.schedule.step.millis() * first.saturating_sub(1) as u64;
            let first = tiles.begins().map_or(tile, held);
            let short = Decimal::from(tile.saturating_sub(first)) / Decimal::from(tile);
            number += Decimal::from(before) / Decimal::from(tile) - short;
        }
        self.plan.promise.expected(self.clock.tiles_to_come(at), counted, number)
    }

    /// Whether no count was recorded in a range of agreed time: `lower::alerts::missing`.
    pub fn is_missing(&self, at: usize, range: Duration) -> bool {
        let total = &self.events.total;
        !total.any(at, range) && total.within(at, range).all(|at| self.clock.counts(at))
    }

    /// Whether events count at an evaluation or did so shortly before: outside of the hours no line of the budget is crossed.
    pub fn counted_lately(&self, at: usize) -> bool {
        let back = (BudgetLine::AFTER_HOURS.millis() / self.schedule.step.millis()) as usize;
        (at.saturating_sub(back)..=at).any(|at| self.clock.counts(at))
    }

    /// The state of a tier now, and the counts of its long window: `lower::alerts::burning`.
    pub fn tier_state(&self, tier: &TierFacts) -> (TierState, Counted) {
        let at = self.seen.len() - 1;
        let long = match tier.slow {
            true => self.ratios[&tier.long].last(at, STALE),
            false => self.ratios[&tier.long].at(at),
        };
        let short = self.ratios[&tier.short].last(at, tier.hold());
        let long = long.unwrap_or_default();
        (tier.state(long, short.unwrap_or_default()), long)
    }

    /// The budget left in a notification: alerts of the fast group read the last sample of the slow group.
    pub fn left(&self) -> Option<Decimal> {
        self.budget().map(|left| left.share)
    }

    /// The same, and whether it is known.
    pub fn budget(&self) -> Option<BudgetState> {
        self.left.last(self.seen.len() - 1, STALE)
    }

    /// Bad and total events of an evaluation.
    pub fn events(&self, at: usize) -> Option<Counted> {
        Some(Counted { bad: self.events.bad.at(at)?, total: self.events.total.at(at)? })
    }
}

/// The next tile: `lower::sums::tile`.
fn tile(at: usize, count: &Counts, tiles: &Counts) -> Option<Decimal> {
    let times = |number: u64| Duration::from_millis(LONG_INTERVAL.millis() * number);
    let counted =
        |number: u64| count.sum(at.checked_sub(1)?, Duration::from_millis(times(number).millis() - 1));
    if tiles.any(at, less(LONG_INTERVAL, INTERVAL)) {
        return None;
    }
    let before = Duration::from_millis(times(3).millis() / 2);
    match tiles.sum(at, less(times(6), LONG_INTERVAL)) {
        None => counted(6),
        Some(others) if !tiles.any(at, before) => Some((counted(6)? - others).max(Decimal::ZERO)),
        Some(_) => counted(1),
    }
}
