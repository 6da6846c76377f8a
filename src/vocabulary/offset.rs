//! The UTC offset of a time zone at any moment, as a rule that is the same in every year.

use jiff::{Timestamp, civil, tz::TimeZone};

use super::{ZoneFault, exact_zone};

/// The years that are compared: 28, after which weekdays fall on the same dates again.
const YEARS: std::ops::Range<i16> = 2027..2055;

/// How local time is computed from UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offsets {
    /// Seconds ahead of UTC at the beginning of a year.
    pub base: i32,
    /// The change during the year.
    pub summer: Option<SummerTime>,
}

/// The part of a year with another offset than at its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummerTime {
    /// The additional seconds; negative south of the equator.
    pub shift: i32,
    /// Its beginning.
    pub begins: ClockChange,
    /// Its end.
    pub ends: ClockChange,
}

/// A change of the clock: a weekday of a month, in the local time until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockChange {
    /// From 1 on.
    pub month: u8,
    /// The earliest possible day of the month; the weekday is within the seven days from it.
    pub earliest: u8,
    /// Sunday is 0.
    pub weekday: u8,
    /// The seconds to subtract from UTC so that the day of the change begins at the change.
    pub second: i32,
}

impl Offsets {
    /// The offsets of an IANA name.
    ///
    /// # Errors
    /// [`ZoneFault`] if there is no such zone, or if its changes of the clock follow no rule of month and weekday.
    pub fn of(name: &str) -> Result<Self, ZoneFault> {
        let zone = exact_zone(name).ok_or(ZoneFault::Unknown)?;
        let begins = |year: i16| civil::date(year, 1, 1).to_zoned(zone.clone()).ok();
        let first = begins(YEARS.start).ok_or(ZoneFault::Varies)?;
        let base = first.offset().seconds();
        let mut turns: [Vec<Change>; 2] = [Vec::new(), Vec::new()];
        for year in YEARS {
            let (Some(from), Some(to)) = (begins(year), begins(year + 1)) else {
                return Err(ZoneFault::Varies);
            };
            if from.offset().seconds() != base {
                return Err(ZoneFault::Varies);
            }
            let mut before = base;
            let changes: Vec<Change> = zone
                .following(from.timestamp())
                .take_while(|change| change.timestamp() < to.timestamp())
                .filter_map(|change| {
                    let after = change.offset().seconds();
                    let before = std::mem::replace(&mut before, after);
                    // A change of the zone's abbreviation only does not count.
                    (before != after).then(|| Change { at: change.timestamp(), before, after })
                })
                .take(3)
                .collect();
            match changes[..] {
                [] => {}
                [one, two] => {
                    turns[0].push(one);
                    turns[1].push(two);
                }
                _ => return Err(ZoneFault::Varies),
            }
        }
        let [begins, ends] = &turns;
        if begins.is_empty() {
            return Ok(Self { base, summer: None });
        }
        let shifted = begins[0].after;
        let regular = begins.len() == YEARS.len() && begins.iter().all(|change| change.after == shifted);
        match (ClockChange::of(begins), ClockChange::of(ends)) {
            (Some(begins), Some(ends)) if regular => {
                Ok(Self { base, summer: Some(SummerTime { shift: shifted - base, begins, ends }) })
            }
            _ => Err(ZoneFault::Varies),
        }
    }

    /// Seconds ahead of UTC at a moment, in seconds since 1970.
    pub fn at(&self, moment: i64) -> i32 {
        let Some(summer) = &self.summer else { return self.base };
        let year = Timestamp::from_second(moment).map_or(1970, |at| at.to_zoned(TimeZone::UTC).year());
        let turns = summer.begins.in_year(year).zip(summer.ends.in_year(year));
        let is_summer = turns.is_some_and(|(begins, ends)| (begins..ends).contains(&moment));
        self.base + if is_summer { summer.shift } else { 0 }
    }
}

impl ClockChange {
    /// The moment of this change in a year, in seconds since 1970.
    fn in_year(&self, year: i16) -> Option<i64> {
        let first = civil::Date::new(year, self.month as i8, self.earliest as i8).ok()?;
        let weekday = first.weekday().to_sunday_zero_offset().unsigned_abs();
        let days = (self.weekday + 7 - weekday) % 7;
        let midnight = first.checked_add(jiff::Span::new().days(i64::from(days))).ok()?;
        let midnight = midnight.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
        Some(midnight + i64::from(self.second))
    }

    /// The rule of these changes; `None` if there is none.
    fn of(changes: &[Change]) -> Option<Self> {
        let moments: Vec<civil::DateTime> = changes.iter().filter_map(Change::shown).collect();
        let first = moments.first()?;
        let earliest = moments.iter().map(|moment| moment.day()).min()?;
        let like = |moment: &civil::DateTime| {
            moment.month() == first.month()
                && moment.weekday() == first.weekday()
                && moment.time() == first.time()
                && (earliest..earliest + 7).contains(&moment.day())
        };
        let time = first.time();
        let second = (i32::from(time.hour()) * 60 + i32::from(time.minute())) * 60 + i32::from(time.second());
        (moments.len() == changes.len() && moments.iter().all(like)).then(|| Self {
            month: first.month().unsigned_abs(),
            earliest: earliest.unsigned_abs(),
            weekday: first.weekday().to_sunday_zero_offset().unsigned_abs(),
            second: second - changes[0].before,
        })
    }
}

/// A change of the clock in one year.
#[derive(Clone, Copy)]
struct Change {
    at: Timestamp,
    before: i32,
    after: i32,
}

impl Change {
    /// The local time without the change.
    fn shown(&self) -> Option<civil::DateTime> {
        let local = Timestamp::from_second(self.at.as_second() + i64::from(self.before)).ok()?;
        Some(local.to_zoned(TimeZone::UTC).datetime())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_change_by_a_rule() {
        let madrid = Offsets::of("Europe/Madrid").expect("regular");
        // The clock changes from two to three, and back from three to two: both at one o'clock in UTC.
        let turn = |month, earliest, second| ClockChange { month, earliest, weekday: 0, second };
        let summer = SummerTime { shift: 3600, begins: turn(3, 25, 3600), ends: turn(10, 25, 3600) };
        assert_eq!(madrid, Offsets { base: 3600, summer: Some(summer) });
        let chile = Offsets::of("America/Santiago").expect("regular");
        assert_eq!((chile.base, chile.summer.expect("changes").shift), (-3 * 3600, -3600));
        let fixed = Offsets::of("America/Argentina/Buenos_Aires").expect("regular");
        assert_eq!(fixed, Offsets { base: -3 * 3600, summer: None });
        assert_eq!(Offsets::of("Europe/Atlantis"), Err(ZoneFault::Unknown));
        assert_eq!(Offsets::of("Asia/Gaza"), Err(ZoneFault::Varies));
    }

    #[test]
    fn the_rule_agrees_with_the_database() {
        let zones = [
            "Europe/Madrid",
            "America/Santiago",
            "America/New_York",
            "Pacific/Auckland",
            "Australia/Lord_Howe",
        ];
        for name in zones {
            let offsets = Offsets::of(name).expect("regular");
            let zone = TimeZone::get(name).expect("is there");
            let begin = "2027-01-01T00:00:00Z".parse::<Timestamp>().expect("a time").as_second();
            for moment in (begin..begin + 4 * 366 * 86_400).step_by(1800) {
                let at = Timestamp::from_second(moment).expect("a time");
                assert_eq!(offsets.at(moment), zone.to_offset(at).seconds(), "{name} {at}");
            }
        }
    }

    /// The list of zones without a rule, so that a longer list is noticed.
    #[test]
    fn nearly_all_zones_have_a_rule() {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let without: Vec<&String> =
            names.iter().filter(|name| Offsets::of(name) == Err(ZoneFault::Varies)).collect();
        assert!(names.len() > 400 && without.len() < 12, "{without:?} of {}", names.len());
    }
}
