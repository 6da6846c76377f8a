//! Recorded series: at most one sample per evaluation, with the ranges of Prometheus.

use super::Schedule;
use crate::vocabulary::{Decimal, Duration};

/// A recorded series.
#[derive(Debug)]
pub(super) struct Recorded<T> {
    step: Duration,
    closed: bool,
    samples: Vec<Option<T>>,
    /// For each evaluation, the number of evaluations up to its last sample.
    last: Vec<usize>,
}

impl<T: Copy> Recorded<T> {
    pub fn new(schedule: &Schedule) -> Self {
        Self { step: schedule.step, closed: schedule.closed, samples: Vec::new(), last: Vec::new() }
    }

    /// Records the sample of this evaluation.
    pub fn push(&mut self, sample: Option<T>) {
        self.samples.push(sample);
        let before = self.last.last().copied().unwrap_or(0);
        self.last.push(if sample.is_some() { self.samples.len() } else { before });
    }

    /// The sample of an evaluation: a rule without a result ends its series, so an instant selector reads no older sample.
    pub fn at(&self, at: usize) -> Option<T> {
        self.samples.get(at).copied().flatten()
    }

    /// `last_over_time`
    pub fn last(&self, at: usize, range: Duration) -> Option<T> {
        let seen = self.last.get(at.min(self.last.len().checked_sub(1)?))?;
        (*seen > self.first(at, range)).then(|| self.samples[seen - 1]).flatten()
    }

    /// The first evaluation in a range that ends with evaluation `at`. Prometheus 2 includes the left edge, Prometheus 3 does not.
    fn first(&self, at: usize, range: Duration) -> usize {
        let whole = (range.millis() / self.step.millis()) as usize;
        let is_edge = range.millis().is_multiple_of(self.step.millis());
        let back = if is_edge && !self.closed { whole.saturating_sub(1) } else { whole };
        at.saturating_sub(back)
    }
}

/// A recorded count, which can be summed.
#[derive(Debug)]
pub(super) struct Counts {
    recorded: Recorded<Decimal>,
    /// The sums before each evaluation, and after the last.
    sums: Vec<Decimal>,
    /// The numbers of samples before each evaluation, and after the last.
    numbers: Vec<u64>,
}

impl Counts {
    pub fn new(schedule: &Schedule) -> Self {
        Self { recorded: Recorded::new(schedule), sums: vec![Decimal::ZERO], numbers: vec![0] }
    }

    pub fn push(&mut self, sample: Option<Decimal>) {
        self.recorded.push(sample);
        let sum = self.sums.last().copied().unwrap_or_default();
        self.sums.push(sum + sample.unwrap_or_default());
        let number = self.numbers.last().copied().unwrap_or_default();
        self.numbers.push(number + u64::from(sample.is_some()));
    }

    pub fn at(&self, at: usize) -> Option<Decimal> {
        self.recorded.at(at)
    }

    pub fn last(&self, at: usize, range: Duration) -> Option<Decimal> {
        self.recorded.last(at, range)
    }

    /// `sum_over_time`
    pub fn sum(&self, at: usize, range: Duration) -> Option<Decimal> {
        self.recorded.last(at, range)?;
        let behind = (at + 1).min(self.sums.len() - 1);
        Some(self.sums[behind] - self.sums[self.recorded.first(at, range)])
    }

    /// `count_over_time`
    pub fn count(&self, at: usize, range: Duration) -> u64 {
        let behind = (at + 1).min(self.numbers.len() - 1);
        self.numbers[behind] - self.numbers[self.recorded.first(at, range).min(behind)]
    }

    /// The evaluation of the first sample.
    pub fn begins(&self) -> Option<usize> {
        let behind = self.numbers.partition_point(|number| *number == 0);
        (behind < self.numbers.len()).then(|| behind - 1)
    }
}
