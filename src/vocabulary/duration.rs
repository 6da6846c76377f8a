//! Durations in the spelling of Prometheus.

use std::fmt;

use super::Decimal;

/// A duration in whole milliseconds, not negative. It reads and prints Prometheus' grammar: units `y w d h m s ms`, each at most once and in that
/// order, `1y` = 365d, `1w` = 7d.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    millis: u64,
}

const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Amounts in words, in tenths, in English and Spanish.
const AMOUNTS: [(i64, &[&str]); 8] = [
    (5, &["half a ", "half an ", "half ", "medio ", "media "]),
    (10, &["one ", "an ", "a ", "un ", "una "]),
    (20, &["two ", "dos "]),
    (30, &["three ", "tres "]),
    (40, &["four ", "cuatro "]),
    (50, &["five ", "cinco "]),
    (60, &["six ", "seis "]),
    (100, &["ten ", "diez "]),
];

/// Units with their other names, in English and Spanish, without the `s` of the plural.
const NAMES: [(&str, &[&str]); 6] = [
    ("w", &["week", "wk", "semana", "sem"]),
    ("d", &["day", "día", "dia"]),
    ("h", &["hr", "hour", "hora"]),
    ("m", &["min", "minute", "minuto"]),
    ("s", &["sec", "second", "seg", "segundo"]),
    ("ms", &["msec", "mseg", "milli", "millisecond", "milisegundo"]),
];

impl Duration {
    /// The length of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// The length of `seconds` seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self { millis: seconds * 1_000 }
    }

    /// Milliseconds.
    pub const fn millis(self) -> u64 {
        self.millis
    }

    /// Whole seconds, rounded down.
    pub const fn secs(self) -> u64 {
        self.millis / 1_000
    }

    /// A part of it for people: rounded down to whole seconds from a minute on, else to milliseconds.
    pub fn share(self, ratio: Decimal) -> Self {
        let millis = (ratio * Decimal::from(self.millis)).trunc();
        let millis = u64::try_from(millis).expect("a share of a duration is one");
        Self::from_millis(if millis < 60_000 { millis } else { millis / 1000 * 1000 })
    }

    /// The unit of a word in English or Spanish: `h` of `horas`.
    pub fn unit(word: &str) -> Option<&'static str> {
        let one = word.strip_suffix('s').unwrap_or(word);
        let is = |(unit, names): &&(&str, &[&str])| *unit == word || *unit == one || names.contains(&one);
        NAMES.iter().rev().find(is).map(|(unit, _)| *unit)
    }

    /// The duration that was probably meant by amounts with units in words or with a fraction, or by seconds alone: `30 days`, `1 h 30 min`, `1.5h`,
    /// `4w2`, `0.25`.
    pub fn from_common_spelling(text: &str) -> Option<Self> {
        let text = text.trim();
        // `1M` may mean a month, which is not a unit here.
        let text = if text.ends_with('M') && !text.starts_with("PT") {
            return None;
        } else {
            text.to_lowercase().replace(',', ".")
        };
        // ISO 8601: `P30D`, `P1DT12H`.
        let iso = text.strip_prefix('p').map(|text| text.replace('t', ""));
        let mut rest = iso.as_deref().unwrap_or(&text);
        let (mut millis, mut last) = (Decimal::ZERO, None);
        while !rest.is_empty() {
            // `medio segundo`, `half a minute`, `one hour`.
            let in_words = AMOUNTS.iter().find_map(|(amount, words)| {
                Some((*amount, words.iter().find_map(|word| rest.strip_prefix(word))?))
            });
            let (amount, after) = match in_words {
                Some((tenths, after)) => (Decimal::new(tenths, 1), after),
                None => {
                    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
                    (Decimal::from_str_exact(&rest[..end]).ok()?, &rest[end..])
                }
            };
            let after = after.trim_start();
            let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
            let unit = match (&after[..end], last) {
                ("", None) if after.is_empty() => "s",
                ("", None) => return None,
                // `1h30`: the last number has the next unit.
                ("", Some(last)) => UNITS.get(UNITS.iter().position(|(unit, _)| *unit == last)? + 1)?.0,
                (word, _) => Self::unit(word)?,
            };
            let length = UNITS.iter().find(|(name, _)| *name == unit)?.1;
            millis = millis.checked_add(amount.checked_mul(Decimal::from(length))?)?;
            last = Some(unit);
            let after = after[end..].trim_start();
            rest = ["and ", "y "].iter().find_map(|join| after.strip_prefix(join)).unwrap_or(after);
        }
        let whole = u64::try_from(millis).ok().filter(|whole| Decimal::from(*whole) == millis)?;
        Self::parse(&Self { millis: whole }.to_string()).filter(|length| *length > Self::default())
    }

    /// The right spelling of one amount with a unit in words, in the same unit if it can: `26h` of `26 hours`.
    pub fn respelled(text: &str) -> Option<String> {
        let meant = Self::from_common_spelling(text)?;
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let same = UNITS.iter().map(|(unit, _)| format!("{}{unit}", &text[..digits]));
        let same = same.filter(|same| text[digits..].trim().starts_with(|c| same[digits..].starts_with(c)));
        let same = same.into_iter().find(|same| Self::parse(same) == Some(meant));
        Some(same.unwrap_or_else(|| meant.to_string()))
    }

    /// Reads `1h30m`; `None` if Prometheus would refuse it, or if it is too long.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "0" {
            return Some(Self::default());
        }
        let (mut rest, mut millis, mut next) = (text, 0u64, 0);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let amount: u64 = rest[..digits].parse().ok()?;
            rest = &rest[digits..];
            let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let unit = next + UNITS[next..].iter().position(|(unit, _)| *unit == &rest[..letters])?;
            millis = millis.checked_add(amount.checked_mul(UNITS[unit].1)?)?;
            next = unit + 1;
            rest = &rest[letters..];
        }
        // Prometheus stores durations in 64-bit nanoseconds. A longer one is not valid.
        (next > 0 && millis <= i64::MAX as u64 / 1_000_000).then_some(Self { millis })
    }
}

impl fmt::Display for Duration {
    /// The shortest spelling without units larger than a day, so that `30d` stays `30d` and `90m` is `1h30m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millis == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.millis;
        for (unit, length) in &UNITS[2..] {
            let amount = rest / length;
            if amount > 0 {
                amount.fmt(f)?;
                f.write_str(unit)?;
                rest %= length;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Duration;

    #[test]
    fn prints_what_it_reads() {
        for text in ["5m", "1h", "30d", "28d", "1h30m", "59m45s", "500ms", "1d12h"] {
            assert_eq!(Duration::parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn common_spellings_are_recognised() {
        for (written, meant) in [
            ("500 milisegundos", "500ms"),
            ("500 mseg", "500ms"),
            ("2 seg", "2s"),
            ("medio segundo", "500ms"),
            ("half a minute", "30s"),
            ("media hora", "30m"),
            ("1.5h", "1h30m"),
            ("30 days", "30d"),
            ("30 dias", "30d"),
            ("24hs", "24h"),
            ("una semana", "7d"),
            ("dos horas", "2h"),
            ("4w2", "30d"),
            ("1h30", "1h30m"),
            ("1h 30m", "1h30m"),
            ("30m1h", "1h30m"),
            ("1 hora y 30 minutos", "1h30m"),
            ("P1DT12H", "1d12h"),
            ("PT5M", "5m"),
        ] {
            assert_eq!(Duration::respelled(written).as_deref(), Some(meant), "{written}");
        }
        for written in ["", "medio", "half a fortnight", "un", "1M", "1h-", "5ms2", "1h and"] {
            assert_eq!(Duration::respelled(written), None, "{written}");
        }
    }

    #[test]
    fn refuses_what_prometheus_refuses() {
        for text in ["", "5", "m", "5m1h", "5m5m", "-5m", "1.5h", "5 m", "5M", "99999999999y"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }
}
