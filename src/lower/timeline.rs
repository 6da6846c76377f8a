//! Counts events step by step and computes the expected value of every window, ratio and alert, for the proofs of the rules.
//!
//! It contains the mathematics (SRE Workbook, ch. 5) and no PromQL: ratios of counts, compared exactly.

use crate::plan::{Counted, Event, TierFacts};
use crate::vocabulary::{CURRENT, Decimal, Duration, LONG_INTERVAL, Severity};

/// The events of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct StepEvents {
    /// Good events; for a state, how many series are good.
    pub good: u64,
    /// Bad events; for a state, how many series are bad.
    pub bad: u64,
}

/// The counts of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    total: u64,
    bad: u64,
}

/// Counts from the beginning up to every step.
pub(super) struct Timeline<'a> {
    step: Duration,
    tiers: &'a [TierFacts],
    sums: Vec<Sum>,
    /// The step of the first count.
    origin: usize,
}

/// The state of an alert at one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Silent,
    /// Fires for the tier of this index.
    Fires(usize),
    /// Exactly at a threshold, so rounding decides.
    Undecided,
}

impl<'a> Timeline<'a> {
    /// The timeline of `loads`. The first load happens before the first step. States are evaluated from the beginning on; counters increase only
    /// after the first step. Load at a step for which `counts` is false is not counted. `slice_budget` is the share of bad events that a slice may
    /// contain.
    pub fn new(
        event: Event,
        states: bool,
        slice_budget: Decimal,
        tiers: &'a [TierFacts],
        step: Duration,
        loads: &[StepEvents],
        counts: impl Fn(usize) -> bool,
    ) -> Self {
        let first = loads.first().copied().filter(|_| states);
        let origin = usize::from(!states);
        // The parts of a journey continue to count; only the journey's counts stop.
        let keeps = matches!(event, Event::Journey(_));
        let all = first.into_iter().chain(loads.iter().copied()).enumerate();
        let loads: Vec<StepEvents> = all
            .map(|(index, load)| if keeps || counts(origin + index) { load } else { StepEvents::default() })
            .collect();
        let mut sums = if states { Vec::new() } else { vec![Sum::default()] };
        for (index, load) in loads.iter().enumerate() {
            let counted = match event {
                Event::Occurrence | Event::Check => Sum { total: load.good + load.bad, bad: load.bad },
                Event::Slice(length) | Event::Journey(length) => {
                    let steps = (length.millis() / step.millis()).max(1) as usize;
                    let slice = &loads[(index + 1).saturating_sub(steps)..=index];
                    let bad: u64 = slice.iter().map(|load| load.bad).sum();
                    let total: u64 = slice.iter().map(|load| load.good + load.bad).sum();
                    let spoiled = Decimal::from(bad) > slice_budget * Decimal::from(total);
                    match counts(origin + index) && !(keeps && total == 0) {
                        true => Sum { total: 1, bad: u64::from(spoiled) },
                        false => Sum::default(),
                    }
                }
            };
            let last = sums.last().copied().unwrap_or_default();
            sums.push(Sum { total: last.total + counted.total, bad: last.bad + counted.bad });
        }
        Self { step, tiers, sums, origin }
    }

    /// The same timeline if the first count is recorded this number of steps later.
    pub fn shifted_by(self, steps: usize) -> Self {
        Self { origin: self.origin + steps, ..self }
    }

    /// The last step.
    pub fn last(&self) -> usize {
        self.sums.len() - 1
    }

    /// Bad and total events of a window as its rule sums them at a step: a window of tiles ends with the last tile.
    pub fn window(&self, at: usize, window: Duration) -> (u64, u64) {
        let ends = if self.is_tiled(window) { self.behind(at) } else { at };
        self.counted(ends, window)
    }

    /// Bad and total events of the period that ends at a step, if it is longer than the timeline.
    pub fn period(&self, at: usize, period: Duration) -> (u64, u64) {
        self.counted(self.behind(at), period)
    }

    /// The last step in the last tile, if each step records one: tiles end half a minute earlier.
    fn behind(&self, at: usize) -> usize {
        if self.step < LONG_INTERVAL { at } else { at.saturating_sub(1) }
    }

    /// Whether a window is summed from tiles.
    fn is_tiled(&self, window: Duration) -> bool {
        let fast = |tier: &TierFacts| !tier.slow && (tier.long == window || tier.short == window);
        window != CURRENT && !self.tiers.iter().any(fast)
    }

    /// Bad and total events in a window that ends at a step. If it is no multiple of the step, it contains one more evaluation.
    pub fn counted(&self, at: usize, window: Duration) -> (u64, u64) {
        let steps = window.millis().div_ceil(self.step.millis()) as usize;
        let from = at.checked_sub(steps).map_or(Sum::default(), |from| self.sums[from]);
        (self.sums[at].bad - from.bad, self.sums[at].total - from.total)
    }

    /// Whether the ratio of a window at a step differs from those of windows that are a tenth shorter and longer, or one step; if `of_each`, its bad
    /// events and all its events differ as well.
    pub fn shows_length(&self, at: usize, window: Duration, of_each: bool) -> bool {
        let ends = if self.is_tiled(window) { self.behind(at) } else { at };
        let apart = (window.millis() / 10).max(self.step.millis());
        let (bad, total) = self.counted(ends, window);
        let differs = |other: u64| {
            let (other_bad, other) = self.counted(ends, Duration::from_millis(other));
            let ratio = u128::from(bad) * u128::from(other) != u128::from(other_bad) * u128::from(total);
            ratio && (!of_each || bad != other_bad && total != other)
        };
        differs(window.millis().saturating_sub(apart)) && differs(window.millis() + apart)
    }

    /// Bad and total events in tiles at a step: the first tile is recorded a step after the first count.
    pub fn tiled(&self, at: usize) -> (u64, u64) {
        let per_tile = (LONG_INTERVAL.millis() / self.step.millis()).max(1) as usize;
        let at = match at.checked_sub(self.origin + 1) {
            Some(since) => self.origin + since / per_tile * per_tile,
            None => 0,
        };
        (self.sums[at].bad, self.sums[at].total)
    }

    /// How many tiles there are at a step.
    pub fn tiles(&self, at: usize) -> u64 {
        let per_tile = (LONG_INTERVAL.millis() / self.step.millis()).max(1) as usize;
        at.checked_sub(self.origin + 1).map_or(0, |since| (since / per_tile + 1) as u64)
    }

    /// Whether one tier burns; `None` if rounding decides.
    pub fn burns(&self, tier: &TierFacts, at: usize) -> Option<bool> {
        let counted = |window| {
            let (bad, total) = self.window(at, window);
            Counted { bad: Decimal::from(bad), total: Decimal::from(total) }
        };
        let state = tier.state(counted(tier.long), counted(tier.short));
        (!state.undecided).then(|| state.fires())
    }

    /// The state of the alert of a severity at a step: it fires for a tier that burns now, or that burnt within the time for which the alert keeps
    /// firing.
    pub fn state(&self, severity: Severity, at: usize) -> State {
        let mut tiers = self.tiers.iter().filter(|tier| tier.severity == severity);
        let kept = tiers.find_map(|tier| tier.keep_firing_for).unwrap_or_default();
        let kept = kept.millis().div_ceil(self.step.millis()) as usize;
        let mut state = self.seen(severity, at);
        for before in (at.saturating_sub(kept)..at).rev() {
            match (state, self.seen(severity, before)) {
                (State::Fires(_), _) => return state,
                (_, fires @ State::Fires(_)) => return fires,
                (_, State::Undecided) => state = State::Undecided,
                (_, State::Silent) => {}
            }
        }
        state
    }

    /// The state of the tiers of a severity at a step, without the time for which the alert keeps firing.
    fn seen(&self, severity: Severity, at: usize) -> State {
        let mut undecided = false;
        for (index, tier) in self.tiers.iter().enumerate().filter(|(_, tier)| tier.severity == severity) {
            match self.burns(tier, at) {
                Some(true) if !undecided => return State::Fires(index),
                Some(true) | None => undecided = true,
                Some(false) => {}
            }
        }
        if undecided { State::Undecided } else { State::Silent }
    }

    /// The first step from `from` on at which `holds` is true.
    pub fn first(&self, from: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
        (from..=self.last()).find(|at| holds(*at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::quotient;

    fn workbook(budget: Decimal) -> Vec<TierFacts> {
        [
            (Severity::Page, 2, 3600, 300),
            (Severity::Page, 5, 21_600, 1800),
            (Severity::Ticket, 10, 86_400, 7200),
            (Severity::Ticket, 10, 259_200, 21_600),
        ]
        .map(|(severity, percent, long, short)| {
            let spent = Decimal::new(percent, 2) * Decimal::from(30 * 86_400);
            TierFacts {
                severity,
                budget_share: Decimal::new(percent, 2),
                long: Duration::from_secs(long),
                long_agreed: Duration::from_secs(long),
                short: Duration::from_secs(short),
                burn_rate: quotient(spent, Decimal::from(long)),
                threshold: quotient(spent * budget, Decimal::from(long)),
                min_bad_events: 1,
                min_events: 1,
                keep_firing_for: None,
                slow: severity == Severity::Ticket,
            }
        })
        .to_vec()
    }

    /// The table of the formulas `W·T/e` and `w·(1 − T/e)` at 99.9 %, to the step.
    #[test]
    fn counting_agrees_with_the_formulas() {
        let tiers = workbook(Decimal::new(1, 3));
        for (step, healthy, tiers_in_it) in
            [(30, 21_600 / 30, &tiers[..2]), (300, 259_200 / 300, &tiers[2..])]
        {
            for tier in tiers_in_it {
                for (bad, of) in [(1u64, 1u64), (1, 10), (1, 50)] {
                    let ratio = Decimal::from(bad) / Decimal::from(of);
                    if ratio <= tier.threshold {
                        continue;
                    }
                    let seconds = |window: Duration, share: Decimal| Decimal::from(window.secs()) * share;
                    let fires = seconds(tier.long, tier.threshold / ratio) / Decimal::from(step);
                    let burning =
                        1 + u64::try_from(fires.trunc()).expect("small") + 6 * tier.short.secs() / step;
                    let quiet = tier.short.secs() / step + 2;
                    let mut loads = vec![StepEvents { good: of, bad: 0 }; healthy as usize];
                    loads.extend(vec![StepEvents { good: of - bad, bad }; burning as usize]);
                    loads.extend(vec![StepEvents { good: of, bad: 0 }; quiet as usize]);
                    let timeline = Timeline::new(
                        Event::Occurrence,
                        false,
                        Decimal::ONE,
                        &tiers,
                        Duration::from_secs(step),
                        &loads,
                        |_| true,
                    );
                    let sees = |at| timeline.burns(tier, at) == Some(true);
                    let first = timeline.first(0, sees).expect("fires") as u64 - healthy;
                    // A tile ends before the step at which it is recorded.
                    let most = |window| match timeline.is_tiled(window) {
                        true => Decimal::TWO,
                        false => Decimal::ONE,
                    };
                    let late = Decimal::from(first) - fires;
                    assert!(
                        late >= Decimal::ZERO && late <= most(tier.long),
                        "{tier:?} at {ratio}: {first} for {fires}"
                    );
                    let stops =
                        seconds(tier.short, Decimal::ONE - tier.threshold / ratio) / Decimal::from(step);
                    let end = (healthy + burning) as usize;
                    let stopped = timeline.first(end, |at| !sees(at)).expect("stops") - end;
                    let late = Decimal::from(stopped as u64) - stops;
                    assert!(
                        late >= Decimal::ZERO && late <= most(tier.short),
                        "{tier:?} at {ratio}: {stopped} for {stops}"
                    );
                }
            }
        }
    }
}
