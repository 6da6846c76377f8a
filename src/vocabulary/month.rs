//! A calendar month in a time zone.

use jiff::civil::{self, Date};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};

/// A month of a year: `2027-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    first: Date,
}

impl Month {
    /// `2027-01`, from 1970 on.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_whole = year.len() == 4 && month.len() == 2 && digits(year) && digits(month);
        let (year, month) = is_whole.then(|| year.parse::<i16>().ok().zip(month.parse::<i8>().ok()))??;
        let first = Date::new(year, month, 1).ok().filter(|_| (1970..9999).contains(&year))?;
        Some(Self { first })
    }

    /// From 1 to 12.
    pub fn number(self) -> i8 {
        self.first.month()
    }

    /// Its year.
    pub fn year(self) -> i16 {
        self.first.year()
    }

    /// The beginning of each of its days and the end of the last one, in seconds since 1970. An unknown zone is UTC.
    pub fn days(self, zone: &str) -> Vec<u64> {
        let zone = of(zone);
        let begins = |day: i8| {
            let date = self.first.checked_add(Span::new().days(i64::from(day))).ok()?;
            let midnight = date.at(0, 0, 0, 0).to_zoned(zone.clone()).ok()?;
            Some(u64::try_from(midnight.timestamp().as_second()).unwrap_or(0))
        };
        (0..=self.first.days_in_month()).filter_map(begins).collect()
    }
}

/// A moment in local time: `2027-01-03 14:00`.
pub fn on_the_clock(at: u64, zone: &str) -> String {
    let moment = Timestamp::from_second(i64::try_from(at).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX);
    let local: civil::DateTime = moment.to_zoned(of(zone)).datetime();
    let (date, time) = (local.date(), local.time());
    format!("{date} {:02}:{:02}", time.hour(), time.minute())
}

/// A moment in seconds since 1970, from a text with a UTC offset or in local time: `2027-01-03T14:00`.
pub fn moment(written: &str, zone: &str) -> Option<i64> {
    let written = written.trim();
    if let Ok(at) = written.parse::<Timestamp>() {
        return Some(at.as_second());
    }
    let local: civil::DateTime = written.parse().ok()?;
    local.to_zoned(TimeZone::get(zone).ok()?).ok().map(|zoned| zoned.timestamp().as_second())
}

/// Whether the clock of a zone never shows a time, because it is set forward then.
pub fn is_skipped(written: &str, zone: &str) -> bool {
    let local: Option<civil::DateTime> = written.trim().parse().ok();
    let ambiguous = |local| TimeZone::get(zone).map(|zone| zone.to_ambiguous_timestamp(local).offset());
    written.trim().parse::<Timestamp>().is_err()
        && local.is_some_and(|local| matches!(ambiguous(local), Ok(AmbiguousOffset::Gap { .. })))
}

fn of(zone: &str) -> TimeZone {
    TimeZone::get(zone).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_midnight_of_its_zone() {
        let month = Month::parse("2027-03").expect("a month");
        assert_eq!((month.year(), month.number()), (2027, 3));
        let days = month.days("Europe/Madrid");
        assert_eq!(days.len(), 32);
        assert_eq!(on_the_clock(days[0], "Europe/Madrid"), "2027-03-01 00:00");
        assert_eq!(on_the_clock(days[0], "UTC"), "2027-02-28 23:00");
        // The day of the change to summer time has 23 hours.
        assert_eq!(days[28] - days[27], 23 * 3600);
        assert_eq!(days[31] - days[0], 31 * 86_400 - 3600);
        assert_eq!(on_the_clock(days[31], "America/Argentina/Buenos_Aires"), "2027-03-31 19:00");
        let skipped = ["2027-03-28T01:59", "2027-03-28T02:30", "2027-03-28T03:00", "2027-03-28T02:30Z"];
        assert_eq!(skipped.map(|time| is_skipped(time, "Europe/Madrid")), [false, true, false, false]);
        for text in ["2027", "2027-13", "2027-1", "27-01", "2027-01-01", "+027-01", "1969-12"] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }
}
