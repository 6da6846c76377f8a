//! The times of evaluations: which of them count, and when their period begins.
//!
//! A simulation with a date follows the calendar: the hours of the SLO, its maintenance, and the real lengths of months. Without a date all events
//! count, and a calendar period has its nominal length.

use super::{Scenario, SimulatedSteps};
use crate::plan::{AgreedTime, Promise, SloPlan};
use crate::vocabulary::{Duration, LONG_INTERVAL, OUTLOOK, Period};

/// The times of a simulation's evaluations.
#[derive(Debug)]
pub(super) struct Clock<'a> {
    promise: &'a Promise,
    /// The interval of the fast group, in milliseconds.
    step: u64,
    /// The evaluation right before the incident.
    begin: usize,
    /// Without a date: how long the calendar period has lasted at the first evaluation, in milliseconds; below zero if it begins later.
    into: i64,
    date: Option<Date>,
}

/// The calendar of a simulation with a date.
#[derive(Debug)]
struct Date {
    /// The first evaluation, in seconds since 1970.
    first: i64,
    /// The beginning of the first of `agreed`: a multiple of five minutes.
    since: i64,
    /// For each five minutes before the first evaluation: whether events count, and how many seconds count from then on.
    agreed: Vec<(bool, i64)>,
}

const TILE: i64 = LONG_INTERVAL.secs() as i64;

impl<'a> Clock<'a> {
    pub fn new(plan: &'a SloPlan, scenario: &Scenario, played: &SimulatedSteps) -> Self {
        let promise = &plan.promise;
        let step = scenario.schedule.step.millis();
        let lead = step * played.begin as u64;
        let nominal = promise.period.nominal().millis();
        let into = scenario.into_period.map_or(nominal / 2, |into| into.millis().min(nominal));
        let date = scenario.date.map(|date| {
            let first = date - (lead / 1000) as i64;
            let reach = promise.period.reach().secs().max(OUTLOOK.secs()) as i64 + 2 * TILE;
            Date::new(promise, first, reach)
        });
        Self { promise, step, begin: played.begin, into: into as i64 - lead as i64, date }
    }

    /// The time of an evaluation in seconds since 1970; `None` without a date.
    fn date(&self, at: usize) -> Option<i64> {
        Some(self.date.as_ref()?.first + (self.step * at as u64 / 1000) as i64)
    }

    /// Whether an evaluation counts: its events, or the slice that ends with it.
    pub fn counts(&self, at: usize) -> bool {
        self.is_agreed(at, self.promise.agreed.as_ref())
    }

    /// Whether an evaluation is in some agreed time. As in the rules, the time of the evaluation before decides.
    pub fn is_agreed(&self, at: usize, agreed: Option<&AgreedTime>) -> bool {
        let Some((agreed, at)) = agreed.zip(self.date(at)) else { return true };
        agreed.counts(at - (self.step / 1000) as i64)
    }

    /// When the period of an evaluation begins, in milliseconds from the first evaluation on: below zero before it.
    pub fn period_begins(&self, at: usize) -> i64 {
        let played = (self.step * at as u64) as i64;
        match (&self.promise.period, self.date.as_ref().zip(self.date(at))) {
            (Period::Rolling(length), _) => played - length.millis() as i64,
            (Period::Calendar(unit, zone), Some((date, now))) => {
                let begins = zone.begins(*unit, u64::try_from(now).unwrap_or(0));
                (begins as i64 - date.first) * 1000
            }
            (Period::Calendar(unit, _), None) => {
                let nominal = unit.nominal().millis() as i64;
                (self.into + played).div_euclid(nominal) * nominal - self.into
            }
        }
    }

    /// Whether the incident begins in the period of an evaluation. A rolling period always contains it.
    pub fn is_first_period(&self, at: usize) -> bool {
        let is_rolling = matches!(self.promise.period, Period::Rolling(_));
        is_rolling || self.period_begins(at) <= self.period_begins(self.begin)
    }

    /// How many milliseconds count between `from` and the first evaluation; `from` is as in [`Self::period_begins`].
    pub fn agreed_before(&self, from: i64) -> u64 {
        let length = u64::try_from(-from).unwrap_or(0);
        match &self.date {
            None => length,
            Some(date) => 1000 * date.agreed_before((length / 1000) as i64),
        }
    }

    /// The agreed time of the period in which the incident begins: of a rolling one that ends then, or of the whole month or quarter. `None` without a
    /// date.
    pub fn agreed_period(&self) -> Option<Duration> {
        let now = self.date(self.begin)?;
        let (from, until) = match &self.promise.period {
            Period::Rolling(length) => (now - length.secs() as i64, now),
            Period::Calendar(unit, zone) => {
                let begins = zone.begins(*unit, u64::try_from(now).unwrap_or(0));
                // Some day of the next month or quarter, which is longer than three days.
                let ends = zone.begins(*unit, begins + unit.longest().secs() + 3 * 86_400);
                (begins as i64, ends as i64)
            }
        };
        Some(self.promise.agreed_between(from, until))
    }

    /// How many tiles are still to come in a calendar period at an evaluation.
    pub fn tiles_to_come(&self, at: usize) -> u64 {
        let Period::Calendar(unit, zone) = &self.promise.period else { return 0 };
        if let Some(now) = self.date(at) {
            return zone.tiles_to_come(*unit, u64::try_from(now).unwrap_or(0));
        }
        let nominal = unit.nominal().millis();
        let into = (self.into + (self.step * at as u64) as i64).rem_euclid(nominal as i64) as u64;
        let tile = LONG_INTERVAL.millis();
        (nominal / tile - 1).saturating_sub(into / tile)
    }

    /// Whether it is unknown which part of the period counts: the promise has hours, and the simulation has no date.
    pub fn is_vague(&self) -> bool {
        self.date.is_none() && self.promise.period_length < self.promise.period.nominal()
    }
}

impl Date {
    fn new(promise: &Promise, first: i64, reach: i64) -> Self {
        let since = (first - reach).div_euclid(TILE) * TILE;
        let tiles = (first - since + TILE - 1) / TILE;
        let mut sums = Vec::with_capacity(tiles as usize);
        let mut sum = 0;
        for index in (0..tiles).rev() {
            let begins = since + index * TILE;
            let counts = promise.counts(begins);
            sum += if counts { TILE.min(first - begins) } else { 0 };
            sums.push((counts, sum));
        }
        sums.reverse();
        Self { first, since, agreed: sums }
    }

    /// How many of the last `length` seconds before the first evaluation count.
    fn agreed_before(&self, length: i64) -> u64 {
        let from = (self.first - length).max(self.since);
        let index = (from - self.since) / TILE;
        let Some((counts, sum)) = self.agreed.get(index as usize) else { return 0 };
        let cut = if *counts { from - self.since - index * TILE } else { 0 };
        u64::try_from(sum - cut).unwrap_or(0)
    }
}
