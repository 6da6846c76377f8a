//! The evaluation intervals of rules, and how long recorded samples can be read. All rules, checks and forecasts use these times.

use super::{Duration, Severity};

/// The evaluation interval of pages: half a minute, so that a full outage of a 99.9 % objective, which reaches the threshold after 52 seconds, pages
/// at the next evaluation. It does not depend on the scrape interval: see `lower::events`.
pub const INTERVAL: Duration = Duration::from_secs(30);

/// The evaluation interval of long windows. It is the range of an instant selector, so that recorded samples are never too old for it.
pub const LONG_INTERVAL: Duration = Duration::from_secs(300);

/// The part of the past from which the future is estimated: whole weeks, because weekdays differ, and as many as fit into a short month.
pub const OUTLOOK: Duration = Duration::from_secs(28 * 86_400);

/// The shortest window that is always recorded: the current state.
pub const CURRENT: Duration = LONG_INTERVAL;

/// The maximum age of the slow group's samples when they are read between its evaluations: three intervals.
pub const STALE: Duration = Duration::from_secs(3 * LONG_INTERVAL.secs());

/// How much time of missed evaluations is compensated, after a restart of Prometheus or a gap between scrapes.
pub const REACH: Duration = Duration::from_secs(900);

/// How long a target's count is remembered without new samples: [`REACH`], and a minute.
pub const MEMORY: Duration = Duration::from_secs(REACH.secs() + 60);

/// Whether a tier with this long window is evaluated every [`LONG_INTERVAL`]. Pages never are. A ticket is, if its long window is so long that this
/// delays it by at most one percent of the window.
pub const fn is_slow(long: Duration, severity: Severity) -> bool {
    matches!(severity, Severity::Ticket) && long.millis() >= 100 * LONG_INTERVAL.millis()
}

/// The evaluation interval of a tier with this long window.
pub const fn interval_of(long: Duration, severity: Severity) -> Duration {
    if is_slow(long, severity) { LONG_INTERVAL } else { INTERVAL }
}
