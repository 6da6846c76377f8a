//! A calendar month in a time zone.

use jiff::civil::{self, Date};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};

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

/// What a written date and time is: with a UTC offset, or in local time such as `2027-01-03T14:00`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A moment, in seconds since 1970.
    At(i64),
    /// The clocks never show it, because they are set forward: from one time to the other.
    Skipped {
        /// The time at which they are changed: `02:00`.
        from: String,
        /// The time that they show next: `03:00`.
        to: String,
        /// The first local time after the change: `2027-03-28T03:00`.
        first: String,
        /// The written time with the offset before the change.
        unchanged: String,
    },
    /// The clocks show it twice, because they are set back: with the offset of the first time, and of the second.
    Twice([String; 2]),
}

impl Moment {
    /// Reads a text; `None` if it is not a time, or if the zone is unknown.
    pub fn read(written: &str, zone: &str) -> Option<Self> {
        let written = written.trim();
        if let Ok(at) = written.parse::<Timestamp>() {
            return Some(Self::At(at.as_second()));
        }
        let (local, zone) = (written.parse::<civil::DateTime>().ok()?, TimeZone::get(zone).ok()?);
        let with = |offset: Offset| {
            let zoned = local.to_zoned(TimeZone::fixed(offset)).ok()?;
            Some(zoned.strftime("%Y-%m-%dT%H:%M%:z").to_string())
        };
        Some(match zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => Self::At(offset.to_timestamp(local).ok()?.as_second()),
            AmbiguousOffset::Fold { before, after } => Self::Twice([with(before)?, with(after)?]),
            AmbiguousOffset::Gap { before, .. } => {
                // The change is the last one before the moment that an unchanged clock shows so.
                let next = before.to_timestamp(local).ok()?.checked_add(SignedDuration::from_secs(1)).ok()?;
                let change = zone.preceding(next).next()?.timestamp();
                let (from, to) = (before.to_datetime(change), zone.to_datetime(change));
                let clock = |at: civil::DateTime| at.strftime("%H:%M").to_string();
                Self::Skipped {
                    from: clock(from),
                    to: clock(to),
                    first: to.strftime("%Y-%m-%dT%H:%M").to_string(),
                    unchanged: with(before)?,
                }
            }
        })
    }
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
        for text in ["2027", "2027-13", "2027-1", "27-01", "2027-01-01", "+027-01", "1969-12"] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }

    #[test]
    fn skipped_and_repeated_local_times_are_refused() {
        let read = |text: &str| Moment::read(text, "Europe/Madrid");
        let at = |text: &str| Some(Moment::At(text.parse::<Timestamp>().expect("a time").as_second()));
        let text = str::to_owned;
        let skipped = Moment::Skipped {
            from: text("02:00"),
            to: text("03:00"),
            first: text("2027-03-28T03:00"),
            unchanged: text("2027-03-28T02:30+01:00"),
        };
        assert_eq!(read("2027-03-28T02:30"), Some(skipped));
        let twice = ["2027-10-31T02:30+02:00", "2027-10-31T02:30+01:00"];
        assert_eq!(read("2027-10-31T02:30"), Some(Moment::Twice(twice.map(text))));
        for (written, moment) in [
            ("2027-03-28T01:59", "2027-03-28T00:59Z"),
            ("2027-03-28T03:00", "2027-03-28T01:00Z"),
            ("2027-03-28T02:30Z", "2027-03-28T02:30Z"),
            ("2027-10-31T01:59", "2027-10-30T23:59Z"),
            ("2027-10-31T03:00", "2027-10-31T02:00Z"),
            (twice[1], "2027-10-31T01:30Z"),
        ] {
            assert_eq!(read(written), at(moment), "{written}");
        }
        assert_eq!(read("soon"), None);
    }
}
