//! The hours in which an SLO applies, as time spans of a week in a time zone.

use std::fmt;

use jiff::{Timestamp, civil, tz::TimeZone};

use super::Duration;
use super::offset::Offsets;

/// Beginnings and ends of spans are multiples of this, in minutes, because long windows are sums of tiles.
pub const STEP: u16 = 5;

const DAY: u16 = 1440;
const SLOTS: usize = 7 * (DAY / STEP) as usize;

/// Consecutive days with the same hours. A span does not pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first day; Monday is 0.
    pub first: u8,
    /// The last day, not before the first.
    pub last: u8,
    /// The minute of the day at which it begins.
    pub from: u16,
    /// The minute of the day at which it ends, at most 1440.
    pub to: u16,
}

/// The hours of a promise. ITIL calls them the agreed service time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    spans: Vec<Span>,
    /// Their text for people: `monday-friday 08:00-20:00`.
    words: String,
    zone: String,
    offsets: Offsets,
    holidays: Vec<civil::Date>,
}

impl Hours {
    /// From days (Monday is 0) and pairs of minutes; a pair that ends before it begins passes midnight. `words` is their text for people. Holidays
    /// may be in any order.
    pub fn new(
        days: &[u8],
        hours: &[(u16, u16)],
        words: String,
        (zone, offsets): (String, Offsets),
        mut holidays: Vec<civil::Date>,
    ) -> Self {
        let mut spans = Vec::new();
        for (from, to) in hours.iter().copied() {
            if from < to {
                spans.extend(runs(days, from, to));
                continue;
            }
            let next: Vec<u8> = days.iter().map(|day| (day + 1) % 7).collect();
            spans.extend(runs(days, from, DAY));
            if to > 0 {
                spans.extend(runs(&next, 0, to));
            }
        }
        holidays.sort();
        holidays.dedup();
        Self { spans, words, zone, offsets, holidays }
    }

    /// The spans of a week.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The IANA name of the zone.
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// The UTC offsets of the zone.
    pub fn offsets(&self) -> &Offsets {
        &self.offsets
    }

    /// Days without hours.
    pub fn holidays(&self) -> &[civil::Date] {
        &self.holidays
    }

    /// The beginning and end of each holiday, in seconds since 1970; consecutive ones as one span.
    pub fn holiday_spans(&self) -> Vec<(i64, i64)> {
        let Ok(zone) = TimeZone::get(&self.zone) else { return Vec::new() };
        let midnight = |date: civil::Date| {
            let zoned = date.to_zoned(zone.clone()).ok()?;
            Some(zoned.timestamp().as_second())
        };
        let mut spans: Vec<(i64, i64)> = Vec::new();
        for date in &self.holidays {
            let Some(span) = midnight(*date).zip(date.tomorrow().ok().and_then(midnight)) else { continue };
            match spans.last_mut() {
                Some(last) if last.1 == span.0 => last.1 = span.1,
                _ => spans.push(span),
            }
        }
        spans
    }

    /// Whether a moment is within the hours, in seconds since 1970.
    pub fn hold(&self, at: i64) -> bool {
        let Ok(local) = Timestamp::from_second(at + i64::from(self.offsets.at(at))) else { return false };
        let local = local.to_zoned(TimeZone::UTC);
        let day = local.weekday().to_monday_zero_offset() as u8;
        let minute = u16::from(local.hour() as u8) * 60 + u16::from(local.minute() as u8);
        let within =
            |span: &Span| (span.first..=span.last).contains(&day) && (span.from..span.to).contains(&minute);
        self.spans.iter().any(within) && !self.holidays.contains(&local.date())
    }

    /// The quarter of an hour that contains the first moment within the hours from 1970 on: proofs begin there, with nothing counted before.
    pub fn opening(&self) -> i64 {
        const QUARTER: i64 = 900;
        let mut moments = (0..8 * 86_400).step_by(usize::from(STEP) * 60);
        moments.find(|at| self.hold(*at)).map_or(0, |at| at / QUARTER * QUARTER)
    }

    /// The most time of a window of this length that can be within the hours, without holidays and changes of the clock.
    pub fn most_within(&self, window: Duration) -> Duration {
        let open = self.week();
        let slot = u64::from(STEP) * 60_000;
        let slots = (window.millis() / slot) as usize;
        let rest = window.millis() % slot;
        let week = open.iter().filter(|open| **open).count();
        let (weeks, slots) = (slots / SLOTS, slots % SLOTS);
        // The open slots of one window; each next window loses a slot and gains one.
        let mut within = open[..slots].iter().filter(|open| **open).count();
        let mut most = 0;
        for from in 0..SLOTS {
            let next = open[(from + slots) % SLOTS];
            most = most.max(within as u64 * slot + if next { rest } else { 0 });
            within = within + usize::from(next) - usize::from(open[from]);
        }
        Duration::from_millis((weeks * week) as u64 * slot + most)
    }

    /// Whether each slot of the week is within the hours.
    fn week(&self) -> Vec<bool> {
        let mut open = vec![false; SLOTS];
        for span in &self.spans {
            for day in span.first..=span.last {
                let midnight = u32::from(day) * u32::from(DAY);
                let (from, to) = (midnight + u32::from(span.from), midnight + u32::from(span.to));
                open[(from / u32::from(STEP)) as usize..(to / u32::from(STEP)) as usize].fill(true);
            }
        }
        open
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.words, self.zone)
    }
}

/// Consecutive days as one span.
fn runs(days: &[u8], from: u16, to: u16) -> Vec<Span> {
    let mut days = days.to_vec();
    days.sort_unstable();
    days.dedup();
    let mut spans: Vec<Span> = Vec::new();
    for day in days {
        match spans.last_mut() {
            Some(span) if span.last + 1 == day => span.last = day,
            _ => spans.push(Span { first: day, last: day, from, to }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office(zone: &str, holidays: Vec<civil::Date>) -> Hours {
        let offsets = Offsets::of(zone).expect("regular");
        let words = "monday-friday 08:00-20:00".to_owned();
        Hours::new(&[0, 1, 2, 3, 4], &[(480, 1200)], words, (zone.to_owned(), offsets), holidays)
    }

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("a time").as_second()
    }

    #[test]
    fn hours_follow_the_zone() {
        let hours = office("America/Argentina/Buenos_Aires", vec![civil::date(2027, 1, 1)]);
        assert!(!hours.hold(at("2026-11-27T10:59:59Z")) && hours.hold(at("2026-11-27T11:00:00Z")));
        assert!(hours.hold(at("2026-11-27T22:59:59Z")) && !hours.hold(at("2026-11-27T23:00:00Z")));
        assert!(!hours.hold(at("2026-11-28T15:00:00Z")), "a Saturday");
        assert!(!hours.hold(at("2027-01-01T15:00:00Z")), "a holiday");
        assert_eq!(hours.holiday_spans(), [(at("2027-01-01T03:00:00Z"), at("2027-01-02T03:00:00Z"))]);
    }

    /// The same, counted window by window.
    #[test]
    fn windows_move_from_slot_to_slot() {
        let zone = || ("UTC".to_owned(), Offsets::of("UTC").expect("is"));
        for (days, from, to) in [(&[0, 2][..], 480, 1200), (&[6], 1300, 305), (&[0, 1, 2, 3, 4, 5, 6], 0, 5)]
        {
            let hours = Hours::new(days, &[(from, to)], String::new(), zone(), Vec::new());
            let open = hours.week();
            for minutes in [1u64, 5, 7, 600, 1440, 10_075, 10_083] {
                let within =
                    |begin: u64| (begin..begin + minutes).filter(|at| open[(at / 5) as usize % SLOTS]);
                let most = (0..SLOTS as u64).map(|slot| within(5 * slot).count() as u64).max();
                let window = Duration::from_secs(60 * minutes);
                assert_eq!(Some(hours.most_within(window).secs() / 60), most, "{days:?} {minutes}");
            }
        }
    }

    #[test]
    fn the_most_agreed_time_of_a_window_is_that_of_the_best_one() {
        let hours = office("UTC", Vec::new());
        let most = |seconds: u64| hours.most_within(Duration::from_secs(seconds)).secs();
        assert_eq!(most(3600), 3600);
        assert_eq!(most(6 * 3600), 6 * 3600);
        assert_eq!(most(86_400), 12 * 3600);
        assert_eq!(most(3 * 86_400), 36 * 3600);
        assert_eq!(most(30 * 86_400), 22 * 12 * 3600);
        assert_eq!(most(28 * 86_400), 20 * 12 * 3600);
        let night = Hours::new(
            &[6],
            &[(22 * 60, 360)],
            String::new(),
            ("UTC".to_owned(), Offsets::of("UTC").expect("is")),
            Vec::new(),
        );
        assert!(night.hold(at("2026-11-29T22:00:00Z")) && night.hold(at("2026-11-30T05:59:00Z")));
        assert!(!night.hold(at("2026-11-30T06:00:00Z")) && !night.hold(at("2026-11-29T05:00:00Z")));
    }
}
