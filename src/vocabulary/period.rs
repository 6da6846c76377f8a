//! The period of an objective.

use std::fmt;
use std::sync::LazyLock;

use jiff::{Span, Timestamp, civil, tz::TimeZone};

use super::{Duration, LONG_INTERVAL, distance};

/// A rolling period up to now, or a calendar month or quarter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// The last days of this length.
    Rolling(Duration),
    /// From the first day of the month or quarter.
    Calendar(Calendar, Zone),
}

/// Calendar units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calendar {
    /// From the first day of the month.
    Month,
    /// From the first day of January, April, July or October.
    Quarter,
}

impl Calendar {
    /// The name of the unit in `period: calendar …` and in names of series.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }

    /// The length from which burn rates are derived: 30 days for every month, 90 for every quarter, so that thresholds do not depend on the calendar.
    pub fn nominal(self) -> Duration {
        match self {
            Self::Month => Duration::from_secs(30 * 86_400),
            Self::Quarter => Duration::from_secs(90 * 86_400),
        }
    }

    /// The longest possible length of the unit.
    pub fn longest(self) -> Duration {
        match self {
            Self::Month => Duration::from_secs(31 * 86_400),
            Self::Quarter => Duration::from_secs(92 * 86_400),
        }
    }
}

impl Period {
    /// The length in the formula `budget share × period ÷ long window`.
    pub fn nominal(&self) -> Duration {
        match self {
            Self::Rolling(length) => *length,
            Self::Calendar(unit, _) => unit.nominal(),
        }
    }

    /// The range of the period's own rules.
    pub fn reach(&self) -> Duration {
        match self {
            Self::Rolling(length) => *length,
            Self::Calendar(unit, _) => unit.longest(),
        }
    }

    /// The suffix of recorded series: `30d`, `month`, `quarter`.
    pub fn suffix(&self) -> String {
        match self {
            Self::Rolling(length) => length.to_string(),
            Self::Calendar(unit, _) => unit.as_str().to_owned(),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rolling(length) => write!(f, "{length}"),
            Self::Calendar(unit, zone) => write!(f, "calendar {} ({})", unit.as_str(), zone.name),
        }
    }
}

/// The zone of an IANA name, with exactly its capitals: Prometheus and Alertmanager look for a file of this name.
pub fn exact_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok().filter(|zone| zone.iana_name() == Some(name))
}

/// Why a name is not a usable time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneFault {
    /// The zone does not exist.
    Unknown,
    /// The offset at the beginning of its months changes from year to year, so there is no rule that holds for years.
    Varies,
}

/// A time zone, reduced to the facts for calendar periods: the UTC offset at the beginning of each month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    /// Seconds ahead of UTC at midnight of the first day of January, February, …
    ahead: [i32; 12],
}

/// Zones with their abbreviations and countries, in capitals. The database does not know these names.
const COMMON: [(&str, &[&str]); 22] = [
    ("UTC", &["Z", "ZULU", "UTC+0", "GMT+0", "+00:00", "UNIVERSAL TIME"]),
    ("America/Argentina/Buenos_Aires", &["ART", "ARG", "ARGENTINA"]),
    ("America/Sao_Paulo", &["BRT", "BRAZIL", "BRASIL"]),
    ("America/Santiago", &["CLT", "CLST", "CHILE"]),
    ("America/Bogota", &["COT", "COLOMBIA"]),
    ("America/Lima", &["PET", "PERU", "PERÚ"]),
    ("America/Montevideo", &["UYT", "URUGUAY"]),
    ("America/Asuncion", &["PYT", "PARAGUAY"]),
    ("America/La_Paz", &["BOT", "BOLIVIA"]),
    ("America/Caracas", &["VET", "VENEZUELA"]),
    ("America/Guayaquil", &["ECT", "ECUADOR"]),
    ("America/Mexico_City", &["MEXICO", "MÉXICO"]),
    ("America/New_York", &["ET", "EST", "EDT", "EASTERN"]),
    ("America/Chicago", &["CT", "CST", "CDT", "CENTRAL"]),
    ("America/Denver", &["MT", "MDT", "MOUNTAIN"]),
    ("America/Los_Angeles", &["PT", "PST", "PDT", "PACIFIC"]),
    ("Europe/London", &["BST", "UK"]),
    ("Europe/Madrid", &["CEST", "SPAIN", "ESPAÑA", "ESPANA"]),
    ("Europe/Athens", &["EEST"]),
    ("Asia/Kolkata", &["IST", "INDIA"]),
    ("Asia/Tokyo", &["JST"]),
    ("Australia/Sydney", &["AEST", "AEDT", "AET"]),
];

impl Zone {
    /// The years in which the offsets must be the same.
    const YEARS: std::ops::RangeInclusive<i16> = 2024..=2037;

    /// UTC itself.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), ahead: [0; 12] }
    }

    /// The zone of an IANA name (`Europe/Madrid`), from the built-in database.
    ///
    /// # Errors
    /// [`ZoneFault`] if there is no such name, or if the offset at the beginning of its months changes from year to year.
    pub fn named(name: &str) -> Result<Self, ZoneFault> {
        let zone = exact_zone(name).ok_or(ZoneFault::Unknown)?;
        let mut ahead = [0; 12];
        for (month, slot) in (1i8..).zip(&mut ahead) {
            let mut offsets = Self::YEARS.map(|year| {
                let midnight = civil::date(year, month, 1).at(0, 0, 0, 0);
                midnight.to_zoned(zone.clone()).map(|zoned| zoned.offset().seconds()).ok()
            });
            let first = offsets.next().flatten().ok_or(ZoneFault::Varies)?;
            if !offsets.all(|offset| offset == Some(first)) {
                return Err(ZoneFault::Varies);
            }
            *slot = first;
        }
        Ok(Self { name: name.to_owned(), ahead })
    }

    /// The IANA name that was probably meant: by its city, or by a typing mistake.
    pub fn like(text: &str) -> Option<String> {
        let spelled = |text: &str| text.to_lowercase().replace([' ', '-'], "_");
        // The names in the order of the database, each with its spelling for comparisons.
        static NAMES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
            let names = jiff::tz::db().available().map(|name| name.to_string());
            let mut names: Vec<_> = names.map(|name| (name.to_lowercase().replace('-', "_"), name)).collect();
            names.sort_by(|one, other| one.1.cmp(&other.1));
            names
        });
        let name = text.trim();
        let name =
            name.get(..8).filter(|begin| begin.eq_ignore_ascii_case("hora de ")).map_or(name, |_| &name[8..]);
        let written = spelled(name);
        // `UTC+2` and `GMT-3`: the database has them with the opposite sign.
        let offset = text.trim().to_uppercase();
        if let Some(offset) =
            ["UTC", "GMT", ""].iter().find_map(|zone| offset.strip_prefix(zone)).map(str::trim)
            && let Some(hours) = offset
                .strip_prefix(['+', '-'])
                .and_then(|hours| hours.trim_end_matches(":00").parse::<u8>().ok())
        {
            let sign = if offset.starts_with('+') { '-' } else { '+' };
            return (1..=12).contains(&hours).then(|| format!("Etc/GMT{sign}{hours}"));
        }
        let known = COMMON.iter().find(|(_, names)| {
            // `America/Argentina`
            names.contains(&offset.as_str())
                || offset.rsplit('/').next().is_some_and(|last| names.contains(&last))
        });
        if let Some((name, _)) = known {
            return Some((*name).to_owned());
        }
        let city = |spelled: &str| {
            spelled.rsplit_once('/').is_some_and(|(_, city)| Some(city) == written.rsplit('/').next())
        };
        let by_city = NAMES.iter().filter(|(spelled, _)| city(spelled)).map(|(_, name)| name);
        // `America/Argentina/Buenos_Aires` is the current name of `America/Buenos_Aires`.
        if let Some(name) = by_city.max_by_key(|name| name.matches('/').count()) {
            return Some(name.clone());
        }
        let most = 1 + written.chars().count() / 8;
        let near = NAMES.iter().filter_map(|(known, name)| Some((distance(known, &written, most)?, name)));
        near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name.clone())
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The beginning of the month or quarter that contains a moment; both in seconds since 1970.
    pub fn begins(&self, unit: Calendar, at: u64) -> u64 {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let today = Timestamp::from_second(at).map(|moment| moment.to_zoned(TimeZone::UTC).date());
        let Ok(this) = today.map(civil::Date::first_of_month) else { return 0 };
        // In a zone ahead of UTC the next month may have begun; a quarter began up to three months ago.
        for months in (-3..=1).rev() {
            let Ok(first) = this.checked_add(Span::new().months(months)) else { continue };
            let Ok(midnight) = first.at(0, 0, 0, 0).to_zoned(TimeZone::UTC) else { continue };
            let ahead = self.ahead[(first.month() - 1) as usize];
            let begins = midnight.timestamp().as_second() - i64::from(ahead);
            if begins <= at && (unit == Calendar::Month || first.month() % 3 == 1) {
                return u64::try_from(begins).unwrap_or(0);
            }
        }
        0
    }

    /// How many tiles are still to come in the month or quarter that contains a moment, in seconds since 1970. As in the rules, it uses the UTC
    /// offset at the nearest first day of a month. So an hour that is gained or lost within the month counts only after half of the month.
    pub fn tiles_to_come(&self, unit: Calendar, at: u64) -> u64 {
        const DAY: i64 = 86_400;
        let utc = |second: i64| {
            Timestamp::from_second(second).unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC).date()
        };
        let at = i64::try_from(at).unwrap_or(i64::MAX / 2);
        let nearest = utc(at + 15 * DAY).month();
        let local = at + i64::from(self.ahead[(nearest - 1) as usize]);
        let today = utc(local);
        let months = match unit {
            Calendar::Month => 0,
            Calendar::Quarter => 2 - (today.month() - 1) % 3,
        };
        let last =
            today.first_of_month().checked_add(Span::new().months(months)).map(civil::Date::last_of_month);
        let days = last.and_then(|last| today.until(last)).map_or(0, |days| i64::from(days.get_days()));
        let tile = LONG_INTERVAL.secs() as i64;
        let tiles = (days + 1) * (DAY / tile) - 1 - (local % DAY).div_euclid(tile);
        u64::try_from(tiles).unwrap_or(0)
    }

    /// The UTC offset at the beginning of each month, in seconds.
    pub fn ahead(&self) -> [i32; 12] {
        self.ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_at_midnight_of_their_zone() {
        let madrid = Zone::named("Europe/Madrid").expect("in the database");
        assert_eq!(madrid.ahead()[0], 3600);
        assert_eq!(madrid.ahead()[6], 7200);
        let buenos_aires = Zone::named("America/Argentina/Buenos_Aires").expect("in the database");
        assert!(buenos_aires.ahead().iter().all(|ahead| *ahead == -3 * 3600));
        let begins = |zone: &Zone, unit, at: &str| {
            let at: Timestamp = at.parse().expect("a time");
            let begun = zone.begins(unit, at.as_second() as u64);
            Timestamp::from_second(begun as i64).expect("a time").to_string()
        };
        let month = |at| begins(&madrid, Calendar::Month, at);
        assert_eq!(month("2026-07-31T21:59:59Z"), "2026-06-30T22:00:00Z");
        assert_eq!(month("2026-07-31T22:00:00Z"), "2026-07-31T22:00:00Z");
        let quarter = |at| begins(&buenos_aires, Calendar::Quarter, at);
        assert_eq!(quarter("2026-01-01T02:59:59Z"), "2025-10-01T03:00:00Z");
        assert_eq!(quarter("2026-06-30T12:00:00Z"), "2026-04-01T03:00:00Z");
        let to_come = |zone: &Zone, unit, at: &str| {
            let at: Timestamp = at.parse().expect("a time");
            zone.tiles_to_come(unit, at.as_second() as u64)
        };
        assert_eq!(to_come(&Zone::utc(), Calendar::Month, "2028-02-01T00:00:00Z"), 29 * 288 - 1);
        assert_eq!(to_come(&Zone::utc(), Calendar::Month, "2027-02-28T23:55:29Z"), 0);
        assert_eq!(to_come(&madrid, Calendar::Month, "2026-07-31T21:54:59Z"), 1);
        assert_eq!(to_come(&madrid, Calendar::Month, "2026-07-31T22:00:00Z"), 31 * 288 - 1);
        assert_eq!(to_come(&buenos_aires, Calendar::Quarter, "2027-01-01T03:00:00Z"), 90 * 288 - 1);
        assert_eq!(to_come(&buenos_aires, Calendar::Quarter, "2027-12-01T02:59:59Z"), 31 * 288);
        assert_eq!(Zone::named("Europe/Atlantis"), Err(ZoneFault::Unknown));
        assert_eq!(Zone::named("Africa/Casablanca"), Err(ZoneFault::Varies));
    }
}
