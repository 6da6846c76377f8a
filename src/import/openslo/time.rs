//! Times of OpenSLO: periods, slices and windows.

use super::super::keys::{Keys, not_carried, whole};
use crate::diagnostic::{Code, Problem};
use crate::parse::yaml::{Node, Value};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Calendar, Duration, Period, Zone, ZoneFault};

const DAY: u64 = 86_400;

/// The default period.
const USUAL: Period = Period::Rolling(Duration::from_secs(30 * DAY));

/// A number with a unit of time or of the calendar.
#[derive(Clone, Copy)]
struct Length {
    count: u64,
    unit: Unit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// The unit of a letter: `m` is a minute, `M` is a month.
    fn lettered(letter: char) -> Option<Self> {
        Some(match letter {
            'm' => Self::Minute,
            'h' => Self::Hour,
            'd' => Self::Day,
            'w' => Self::Week,
            'M' => Self::Month,
            'Q' => Self::Quarter,
            'Y' => Self::Year,
            _ => return None,
        })
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().trim_end_matches('s') {
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return None,
        })
    }

    const fn seconds(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3600,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
            Self::Quarter => 90 * DAY,
            Self::Year => 365 * DAY,
        }
    }
}

impl Length {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let last = text.chars().last()?;
        // `4 w` is not valid in OpenSLO.
        let digits = text.strip_suffix(last).filter(|digits| !digits.ends_with(char::is_whitespace))?;
        Some(Self { count: Self::count(digits)?, unit: Unit::lettered(last)? })
    }

    /// Reads a whole number from 1 to a million.
    fn count(text: &str) -> Option<u64> {
        text.trim().parse().ok().filter(|count| (1..=1_000_000).contains(count))
    }

    fn duration(self) -> Duration {
        Duration::from_secs(self.count * self.unit.seconds())
    }
}

/// The period of an SLO. Changes are added to `changes`.
pub fn period(spec: &mut Keys, changes: &mut Vec<String>, problems: &mut Vec<Problem>) -> Period {
    let windows =
        [spec.one_or_more("timeWindow", problems), spec.one_or_more("timeWindows", problems)].concat();
    let Some((window, others)) = windows.split_first() else {
        changes.push("there was no period: it is now 30d".to_owned());
        return USUAL;
    };
    for other in others {
        problems.push(
            not_carried(other.span.beginning(), "a second time window is not imported")
                .label("an SLO has one period"),
        );
    }
    self::window(window, changes, problems).unwrap_or(USUAL)
}

/// Whether the period is left out, or is one window in days: Sloth supports only these.
pub fn in_days(spec: &Keys) -> bool {
    let is_in_days = |window: &Node| {
        let unit = window.get("unit").and_then(Node::text);
        unit.is_some_and(|unit| unit.eq_ignore_ascii_case("day"))
    };
    match spec.peek("timeWindows").map(|node| &node.value) {
        None => true,
        Some(Value::List(windows)) => windows.len() == 1 && windows.iter().all(is_in_days),
        Some(Value::Null | Value::Scalar(_) | Value::Map(_)) => false,
    }
}

fn window(node: &Node, changes: &mut Vec<String>, problems: &mut Vec<Problem>) -> Option<Period> {
    let mut keys = Keys::of(node, "a time window", problems)?;
    let rolling = keys.flag("isRolling", problems).map(|(rolling, _)| rolling);
    let (length, place) = match keys.has("duration") {
        true => {
            let written = keys.required("duration", problems)?;
            (length(&written, problems), whole(&written))
        }
        false => {
            let unit = keys.required("unit", problems);
            let count = keys.required("count", problems);
            let place = unit.as_ref().map_or(node.span.beginning(), whole);
            let unit_read = unit.as_ref().and_then(|unit| {
                let read = Unit::named(&unit.text);
                if read.is_none() {
                    problems.push(no_length(unit));
                }
                read
            });
            let count = count.and_then(|count| {
                let read = Length::count(&count.text);
                if read.is_none() {
                    problems.push(no_length(&count));
                }
                read
            });
            (unit_read.zip(count).map(|(unit, count)| Length { count, unit }), place)
        }
    };
    let calendar = keys.below("calendar", problems);
    let calendar = calendar.map(|mut calendar| {
        let (zone, start) = (calendar.text("timeZone", problems), calendar.text("startTime", problems));
        calendar.finish(problems);
        (zone, start)
    });
    keys.finish(problems);
    let length = length?;
    let (zone, start) = match calendar {
        Some(calendar) if rolling != Some(true) => calendar,
        None if rolling == Some(false) => (None, None),
        _ => return Some(Period::Rolling(length.duration())),
    };
    let period = calendar_period(length, zone, place, changes, problems);
    if let (Period::Calendar(..), Some(start)) = (&period, start) {
        started(&start, problems);
    }
    Some(period)
}

/// A calendar period, if slowburn has it.
fn calendar_period(
    length: Length,
    zone: Option<Scalar>,
    place: Span,
    changes: &mut Vec<String>,
    problems: &mut Vec<Problem>,
) -> Period {
    let unit = match (length.count, length.unit) {
        (1, Unit::Month) => Calendar::Month,
        (1, Unit::Quarter) | (3, Unit::Month) => Calendar::Quarter,
        (1, Unit::Minute) => {
            problems.push(
                not_carried(place, "a calendar of minutes is not imported")
                    .label("`1m` is a minute, and `1M` a month: it is imported as a month"),
            );
            Calendar::Month
        }
        _ => {
            let length = length.duration();
            problems.push(not_carried(place, "this calendar period is not supported").label(format!(
                "only months and quarters are supported: the period is now the last {length}"
            )));
            changes.push(format!(
                "the budget no longer restarts with the calendar: it is the budget of the last {length}"
            ));
            return Period::Rolling(length);
        }
    };
    let zone = zone.and_then(|written| match Zone::named(written.text.trim()) {
        Ok(zone) => Some(zone),
        Err(fault) => {
            let why = match fault {
                ZoneFault::Unknown => "this time zone is not known, so months begin in UTC",
                ZoneFault::Varies => {
                    "its months do not begin at the same UTC offset every year, so months begin in UTC"
                }
            };
            problems.push(not_carried(whole(&written), "the time zone is not imported").label(why));
            changes.push("months begin at midnight in UTC".to_owned());
            None
        }
    });
    Period::Calendar(unit, zone.unwrap_or_else(Zone::utc))
}

/// Checks the start of a calendar period: it begins on its first day, and any other start is reported.
fn started(start: &Scalar, problems: &mut Vec<Problem>) {
    let text = start.text.trim();
    let date = text.split(['T', ' ']).next().unwrap_or_default();
    let time = text[date.len()..].trim_matches(['T', ' ', 'Z', '0', ':', '.']);
    if !date.ends_with("-01") || !time.is_empty() {
        problems.push(
            not_carried(whole(start), "when the period begins is not imported")
                .label("months and quarters begin at midnight of their first day"),
        );
    }
}

fn length(written: &Scalar, problems: &mut Vec<Problem>) -> Option<Length> {
    let read = Length::parse(&written.text);
    if read.is_none() {
        problems.push(no_length(written));
    }
    read
}

fn no_length(written: &Scalar) -> Problem {
    Problem::error(Code::InvalidDuration, whole(written), "this is not a valid duration")
        .label("expected a number with `m`, `h`, `d`, `w`, `M`, `Q` or `Y`, such as `4w`")
}

/// The window of an alert.
pub fn lookback(written: &Scalar, problems: &mut Vec<Problem>) -> Option<Duration> {
    if matches!(written.text.trim(), "0" | "0m" | "0h" | "0d") {
        return Some(Duration::default());
    }
    length(written, problems).map(Length::duration)
}

/// The length of a slice; a number without a unit is in minutes.
pub fn slice(written: &Scalar, problems: &mut Vec<Problem>) -> Option<Duration> {
    const LONGEST: Duration = Duration::from_secs(3600);
    let length = match Length::count(&written.text) {
        Some(count) => Length { count, unit: Unit::Minute },
        None => length(written, problems)?,
    };
    let length = length.duration();
    if length > LONGEST {
        problems.push(
            not_carried(whole(written), "this slice is too long to be imported")
                .label(format!("a slice is at most {LONGEST}, so {LONGEST} is written")),
        );
    }
    Some(length.min(LONGEST))
}
