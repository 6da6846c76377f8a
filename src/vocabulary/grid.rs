//! The evaluation intervals of rules, and how long recorded samples can be read. All rules, checks and forecasts use these times.

use super::{Duration, Severity};

/// How often the rules that page look at the counters: half a minute, so that a full outage of a 99.9 % objective, which spends its 52
/// seconds, pages at the next evaluation. Needs no knowledge of the scrape interval: see `lower::events`.
pub const INTERVAL: Duration = Duration::from_secs(30);

/// How often long windows are summed: as far as an instant selector looks back, so that nothing they record is ever too old to
/// be seen.
pub const LONG_INTERVAL: Duration = Duration::from_secs(300);

/// How much of the past tells what is to come: whole weeks, because weekdays differ, and as many as a short month holds.
pub const OUTLOOK: Duration = Duration::from_secs(28 * 86_400);

/// The shortest window that is always recorded: what happens now.
pub const CURRENT: Duration = LONG_INTERVAL;

/// How old a sample of the slow group may be that is read between its evaluations: three of them.
pub const STALE: Duration = Duration::from_secs(3 * LONG_INTERVAL.secs());

/// How far back missed evaluations are compensated: a restart of Prometheus, a gap between scrapes.
pub const REACH: Duration = Duration::from_secs(900);

/// How long a target's count is remembered while nothing is recorded: as long as [`REACH`], and a minute.
pub const MEMORY: Duration = Duration::from_secs(REACH.secs() + 60);

/// Whether a tier with this long window is evaluated every [`LONG_INTERVAL`]. Pages never are; a ticket is if its long window is so long that
/// this makes it late by no more than one percent of the window.
pub const fn is_slow(long: Duration, severity: Severity) -> bool {
    matches!(severity, Severity::Ticket) && long.millis() >= 100 * LONG_INTERVAL.millis()
}

/// How often a tier with this long window is evaluated.
pub const fn interval_of(long: Duration, severity: Severity) -> Duration {
    if is_slow(long, severity) { LONG_INTERVAL } else { INTERVAL }
}
