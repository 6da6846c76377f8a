//! Recorded series: at most one sample per evaluation, with the ranges of Prometheus.

use super::Schedule;
use crate::vocabulary::{Decimal, Duration};

/// The samples that ranges contain.
#[derive(Clone, Copy, Debug)]
struct Reach {
    step: Duration,
    closed: bool,
}

impl Reach {
    fn new(schedule: &Schedule) -> Self {
        Self { step: schedule.step, closed: schedule.closed }
    }

    /// The first evaluation in a range that ends with evaluation `at`. Prometheus 2 includes the left edge, Prometheus 3 does not.
    fn first(self, at: usize, range: Duration) -> usize {
        let whole = (range.millis() / self.step.millis()) as usize;
        let is_edge = range.millis().is_multiple_of(self.step.millis());
        let back = if is_edge && !self.closed { whole.saturating_sub(1) } else { whole };
        at.saturating_sub(back)
    }
}

/// The newest sample of a recorded series. It is read at the next evaluation at the latest.
#[derive(Debug)]
pub(super) struct Newest<T> {
    reach: Reach,
    /// The sample, with its evaluation.
    sample: Option<(usize, T)>,
}

impl<T: Copy> Newest<T> {
    pub fn new(schedule: &Schedule) -> Self {
        Self { reach: Reach::new(schedule), sample: None }
    }

    /// Records the sample of an evaluation.
    pub fn push(&mut self, at: usize, sample: Option<T>) {
        self.sample = sample.map(|sample| (at, sample)).or(self.sample);
    }

    /// The sample of an evaluation: a rule without a result ends its series, so an instant selector reads no older sample.
    pub fn at(&self, at: usize) -> Option<T> {
        self.sample.filter(|(then, _)| *then == at).map(|(_, sample)| sample)
    }

    /// `last_over_time`
    pub fn last(&self, at: usize, range: Duration) -> Option<T> {
        self.sample.filter(|(then, _)| *then >= self.reach.first(at, range)).map(|(_, sample)| sample)
    }
}

/// A recorded count, which can be summed.
#[derive(Debug)]
pub(super) struct Counts {
    reach: Reach,
    samples: Vec<Option<Decimal>>,
    /// The sums before each evaluation, and after the last.
    sums: Vec<Decimal>,
    /// The numbers of samples before each evaluation, and after the last.
    numbers: Vec<u32>,
}

impl Counts {
    pub fn new(schedule: &Schedule) -> Self {
        Self { reach: Reach::new(schedule), samples: Vec::new(), sums: vec![Decimal::ZERO], numbers: vec![0] }
    }

    pub fn push(&mut self, sample: Option<Decimal>) {
        self.samples.push(sample);
        let sum = self.sums.last().copied().unwrap_or_default();
        self.sums.push(sum + sample.unwrap_or_default());
        let number = self.numbers.last().copied().unwrap_or_default();
        self.numbers.push(number + u32::from(sample.is_some()));
    }

    pub fn at(&self, at: usize) -> Option<Decimal> {
        self.samples.get(at).copied().flatten()
    }

    /// The evaluations in a range.
    pub fn within(&self, at: usize, range: Duration) -> std::ops::RangeInclusive<usize> {
        self.reach.first(at, range)..=at
    }

    /// Whether there is a sample.
    pub fn any(&self, at: usize, range: Duration) -> bool {
        self.count(at, range) > 0
    }

    /// `sum_over_time`
    pub fn sum(&self, at: usize, range: Duration) -> Option<Decimal> {
        self.any(at, range).then(|| {
            let behind = (at + 1).min(self.sums.len() - 1);
            self.sums[behind] - self.sums[self.reach.first(at, range)]
        })
    }

    /// `count_over_time`
    pub fn count(&self, at: usize, range: Duration) -> u32 {
        let behind = (at + 1).min(self.numbers.len() - 1);
        self.numbers[behind] - self.numbers[self.reach.first(at, range).min(behind)]
    }

    /// The evaluation of the first sample.
    pub fn begins(&self) -> Option<usize> {
        let behind = self.numbers.partition_point(|number| *number == 0);
        (behind < self.numbers.len()).then(|| behind - 1)
    }
}
