//! A tier with its numbers, and whether it fires for given counts: the only comparison of counts with thresholds (SRE Workbook, ch. 5).

use crate::vocabulary::{Decimal, Duration, Severity, interval_of};

/// One tier with its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierFacts {
    /// Page or ticket.
    pub severity: Severity,
    /// The share of the budget that is spent when it fires.
    pub budget_share: Decimal,
    /// Long window.
    pub long: Duration,
    /// The most agreed time in the long window: all of it, unless the promise has hours.
    pub long_agreed: Duration,
    /// Short window.
    pub short: Duration,
    /// Budget share × period ÷ long window, both in agreed time.
    pub burn_rate: Decimal,
    /// Burn rate × error budget.
    pub threshold: Decimal,
    /// With fewer bad events in the long window it does not fire.
    pub min_bad_events: u32,
    /// With fewer events in the long window, good ones included, it does not fire.
    pub min_events: u32,
    /// How long its alert keeps firing afterwards; the same for all tiers of a severity.
    pub keep_firing_for: Option<Duration>,
    /// Whether its windows are evaluated every `long_interval` only.
    pub slow: bool,
}

/// Bad and total events of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Bad events.
    pub bad: Decimal,
    /// All events.
    pub total: Decimal,
}

/// The state of a tier: which of its windows exceed the threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TierState {
    /// The error ratio of the long window is above the threshold.
    pub long: bool,
    /// The error ratio of the short window is above the threshold.
    pub short: bool,
    /// Whether the long window has the minimum of events and of bad events.
    pub enough: bool,
    /// A ratio is exactly at the threshold, so the rounding of Prometheus decides.
    pub undecided: bool,
}

impl TierState {
    /// Whether the tier fires.
    pub fn fires(self) -> bool {
        self.long && self.short && self.enough
    }
}

impl TierFacts {
    /// How often it is evaluated.
    pub fn interval(&self) -> Duration {
        interval_of(self.long, self.severity)
    }

    /// How long the short window's last known ratio is used instead of a missing one: a quarter of the long window, and never less than two
    /// evaluations.
    pub fn hold(&self) -> Duration {
        Duration::from_millis((self.long.millis() / 4).max(2 * self.interval().millis()))
    }

    /// The state of the tier if its windows have these counts.
    pub fn state(&self, long: Counted, short: Counted) -> TierState {
        // Most moments have no bad events, and no threshold is zero.
        if long.bad.is_zero() && short.bad.is_zero() {
            return TierState::default();
        }
        let mut undecided = false;
        let mut above = |window: Counted| {
            let limit = self.threshold * window.total;
            undecided |=
                !window.total.is_zero() && (window.bad - limit).abs() * Decimal::from(1_000_000_000) <= limit;
            window.bad > limit
        };
        let (is_long, is_short) = (above(long), above(short));
        // Counts may be fractions if a ratio is observed instead of events. So the limit is half a step below the number.
        let reaches =
            |count: Decimal, least: u32| least < 2 || count > Decimal::from(least) - Decimal::new(5, 1);
        let enough = reaches(long.bad, self.min_bad_events) && reaches(long.total, self.min_events);
        TierState { long: is_long, short: is_short, enough, undecided: undecided && enough }
    }
}
