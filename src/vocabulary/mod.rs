//! The terms of the field as types that cannot contain invalid values.

mod alert_name;
mod channel;
mod decimal;
mod duration;
mod grid;
mod hours;
mod line;
mod month;
mod name;
mod near;
mod objective;
mod offset;
mod period;
mod placeholder;
mod rate;
mod severity;
mod spoken;

pub use alert_name::AlertName;
pub use channel::is_channel_name;
pub use decimal::{Decimal, digits, json_number, measured, percent, percent_digits, pointed, quotient, text};
pub use duration::Duration;
pub use grid::{CURRENT, INTERVAL, LONG_INTERVAL, MEMORY, OUTLOOK, REACH, STALE, interval_of, is_slow};
pub use hours::{Hours, STEP as HOURS_STEP, Span as HoursSpan};
pub use line::BudgetLine;
pub use month::{Moment, Month, on_the_clock};
pub use name::{LabelName, Name, RESERVED_LABELS, is_named_up, names_a_place};
pub use near::{MOST_NAMES, SEARCHED, distance, may_be_near, nearest, without_accent};
pub use objective::{ErrorBudget, Objective, ObjectiveFault};
pub use offset::{ClockChange, Offsets, SummerTime};
pub use period::{Calendar, Period, Zone, ZoneFault, exact_zone};
pub use placeholder::Placeholder;
pub use rate::per_second;
pub use severity::{PerSeverity, Severity, severity_meant};
pub use spoken::{amount, shortened, spoken};
