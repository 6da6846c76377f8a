//! Reads incidents: `0% for 10m, ramp 0% to 5% for 2h, no data for 5m`.

use std::fmt;
use std::ops::Range;

use super::incident::{Incident, LONGEST, Phase};
use super::{is_traffic, loose};
use crate::vocabulary::{Decimal, Duration, distance, per_second, percent, text};

/// Why a text is not an incident: the error, its place, and how to correct it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    text: String,
    place: Range<usize>,
    headline: String,
    label: String,
    /// The whole incident in its right spelling, if it is clear.
    meant: Option<String>,
}

/// The number of characters that are shown on each side of a fault.
const AROUND: usize = 100;

/// The longest word of an incident.
const LONGEST_WORD: usize = 40;

impl Fault {
    /// The whole incident in its right spelling, if it is clear.
    pub fn meant(&self) -> Option<&str> {
        self.meant.as_deref()
    }
}

impl fmt::Display for Fault {
    /// The headline, the text around the error with the error marked, and how incidents are written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            |text: &str| -> String { text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect() };
        let Range { start, end } = self.place;
        let (before, after) = (&self.text[..start], &self.text[end..]);
        let from = before.char_indices().rev().nth(AROUND - 1).map_or(0, |(at, _)| at);
        let until = after.char_indices().nth(AROUND).map_or(self.text.len(), |(at, _)| end + at);
        let (cut, more) = (if from > 0 { "…" } else { "" }, if until < self.text.len() { "…" } else { "" });
        let column = self.text[from..start].chars().count() + cut.chars().count();
        let width = self.text[start..end].chars().count().max(1);
        writeln!(f, "{}", self.headline)?;
        writeln!(f, "  {cut}{}{more}", shown(&self.text[from..until]))?;
        let marked = format!("  {}{}", " ".repeat(column), "^".repeat(width));
        if let Some(meant) = &self.meant {
            return write!(f, "{marked}\nwrite `{meant}`");
        }
        writeln!(f, "{marked} {}", self.label)?;
        write!(
            f,
            "write an incident as `100% for 5m`, `ramp 0% to 5% for 2h`, `no traffic for 15m` or `no data for 10m`,\n\
             with other traffic as `2% for 1h at 50/s`; separate parts with commas"
        )
    }
}

/// Reads an incident.
///
/// # Errors
/// [`Fault`], at the first word that does not fit.
pub fn parse(text: &str) -> Result<Incident, Fault> {
    read(text).map_err(|fault| {
        let meant = loose::respelled(text).filter(|meant| read(meant).is_ok());
        Fault { meant, ..fault }
    })
}

fn read(text: &str) -> Result<Incident, Fault> {
    let mut reader = Reader { text, words: words(text), next: 0 };
    if let Some(long) = reader.words.iter().find(|word| text[(*word).clone()].chars().count() > LONGEST_WORD)
    {
        let start =
            text[long.clone()].char_indices().nth(LONGEST_WORD).map_or(long.end, |(at, _)| long.start + at);
        let label = format!("no word has more than {LONGEST_WORD} characters");
        return Err(reader.fault(long.start..start, "this is not an incident", label));
    }
    let mut phases: Vec<Phase> = Vec::new();
    let mut total = 0;
    loop {
        let phase = reader.phase()?;
        total += phase.length.millis();
        phases.push(phase);
        if total > LONGEST.millis() {
            let label = format!("together at most {LONGEST}");
            return Err(reader.fault(reader.last(), "the incident is longer than any period", label));
        }
        match reader.word() {
            None => return Ok(Incident { phases }),
            Some("," | "then") => {
                reader.next += 1;
                if reader.word() == Some("then") {
                    reader.next += 1;
                }
            }
            Some(word) => {
                let label = match nearest(word, &["at", "then"]) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write a comma before the next part".to_owned(),
                };
                return Err(reader.fault(reader.place(), format!("`{word}` is not allowed here"), label));
            }
        }
    }
}

/// Words and commas, each with its place.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut begin = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let ends = c.is_whitespace() || c == ',';
        // `99,9%` is one word with a typing error.
        let in_number = c == ','
            && text[..at].ends_with(|c: char| c.is_ascii_digit())
            && text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        if ends && !in_number {
            words.extend(begin.take().map(|begin| begin..at));
            if c == ',' {
                words.push(at..at + 1);
            }
        } else if begin.is_none() {
            begin = Some(at);
        }
    }
    words
}

/// The word that was probably meant.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let near = known.iter().filter_map(|known| Some((distance(&word, known, known.len() / 3)?, *known)));
    near.min().map(|(_, known)| known)
}

struct Reader<'a> {
    text: &'a str,
    words: Vec<Range<usize>>,
    next: usize,
}

impl<'a> Reader<'a> {
    fn word(&self) -> Option<&'a str> {
        self.words.get(self.next).map(|place| &self.text[place.clone()])
    }

    /// The place of the next word, or the end.
    fn place(&self) -> Range<usize> {
        self.words.get(self.next).cloned().unwrap_or(self.text.len()..self.text.len())
    }

    fn last(&self) -> Range<usize> {
        self.words[self.next.saturating_sub(1)].clone()
    }

    fn fault(&self, place: Range<usize>, headline: impl Into<String>, label: impl Into<String>) -> Fault {
        Fault {
            text: self.text.to_owned(),
            place,
            headline: headline.into(),
            label: label.into(),
            meant: None,
        }
    }

    /// `2% for 3h` and similar phases.
    fn phase(&mut self) -> Result<Phase, Fault> {
        let quiet = |traffic, seen| (Decimal::ZERO, Decimal::ZERO, traffic, seen);
        let (from, to, stopped, seen) = match self.word() {
            Some("ramp") => {
                self.next += 1;
                let from = self.ratio()?;
                self.expect("to", "a ramp goes from one error ratio to another")?;
                (from, self.ratio()?, None, true)
            }
            Some("no") => {
                self.next += 1;
                let what = self.word();
                self.next += 1;
                match what {
                    Some("traffic") => quiet(Some(Decimal::ZERO), true),
                    Some("data") => quiet(None, false),
                    what => {
                        self.next -= 1;
                        let meant = what.and_then(|what| nearest(what, &["traffic", "data"]));
                        let label = meant.map_or("write `no traffic` or `no data`".to_owned(), |meant| {
                            format!("did you mean `no {meant}`?")
                        });
                        return Err(self.fault(self.place(), "`no` needs `traffic` or `data`", label));
                    }
                }
            }
            None => return Err(self.fault(self.place(), "an incident is expected", "write `100% for 5m`")),
            Some(word) => {
                if let Some(meant) =
                    nearest(word, &["ramp", "no"]).filter(|_| word.starts_with(char::is_alphabetic))
                {
                    return Err(self.fault(
                        self.place(),
                        format!("`{word}` is not an error ratio"),
                        format!("did you mean `{meant}`?"),
                    ));
                }
                let ratio = self.ratio()?;
                (ratio, ratio, None, true)
            }
        };
        let is_length = |place: &Range<usize>| Duration::parse(&self.text[place.clone()]).is_some();
        let next =
            self.words[self.next.min(self.words.len())..].iter().take(2).find(|place| is_length(place));
        let headline = match (self.word(), next) {
            (Some(word), Some(_)) if Duration::parse(word).is_none() => {
                format!("`{word}` is written instead of `for`")
            }
            (Some(_), Some(_)) => "`for` is missing before the duration".to_owned(),
            (Some(word), None) if word.starts_with(char::is_alphabetic) => {
                format!("`{word}` is written instead of `for`")
            }
            _ => "the duration is missing".to_owned(),
        };
        self.expect("for", &headline)?;
        let length = self.length()?;
        let mut traffic = stopped;
        if self.word() == Some("at") {
            self.next += 1;
            let place = self.place();
            let rate = self.word().and_then(per_second).filter(is_traffic);
            match rate {
                Some(rate) if stopped.is_none() => traffic = Some(rate),
                Some(_) => return Err(self.fault(place, "`no traffic` cannot have a rate", "remove this")),
                None => {
                    let amount = self.word().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
                    let label = match amount {
                        Some(amount) => {
                            format!("write `{amount}/s`, `{amount}/m`, `{amount}/h` or `{amount}/d`")
                        }
                        None => "write events per `s`, `m`, `h` or `d`, such as `50/s`".to_owned(),
                    };
                    return Err(self.fault(place, "this is not a rate of events", label));
                }
            }
            self.next += 1;
        }
        Ok(Phase { from, to, length, traffic, seen })
    }

    fn expect(&mut self, word: &str, headline: &str) -> Result<(), Fault> {
        if self.word() == Some(word) {
            self.next += 1;
            return Ok(());
        }
        let label = match (self.word(), word) {
            (Some(","), "for") | (None, "for") => "write `for 5m` here".to_owned(),
            (Some(other), "for") if Duration::parse(other).is_some() => format!("write `for {other}`"),
            (Some(other), _) if other.ends_with('%') => format!("write `{word} {other}`"),
            (Some(other), _) if nearest(other, &[word, "over"]).is_some() => format!("write `{word}`"),
            _ => format!("write `{word}` here"),
        };
        Err(self.fault(self.place(), headline, label))
    }

    /// `2%`, from 0% to 100%.
    fn ratio(&mut self) -> Result<Decimal, Fault> {
        let place = self.place();
        let Some(word) = self.word().filter(|word| *word != ",") else {
            return Err(self.fault(place, "an error ratio is expected", "write one such as `2%`"));
        };
        let number = |digits: &str| {
            let plain = digits.starts_with(|c: char| c.is_ascii_digit())
                && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
            plain.then(|| Decimal::from_str_exact(digits).ok()).flatten()
        };
        let Some(value) = word.strip_suffix('%').and_then(number) else {
            let dotted = word.trim_end_matches('%').replace(',', ".");
            let label = match number(&dotted) {
                Some(value) if value < Decimal::ONE && !value.is_zero() && !word.ends_with('%') => format!(
                    "write `{}` or `{}`, whichever is meant",
                    percent(value),
                    percent(value / Decimal::ONE_HUNDRED)
                ),
                Some(value) => format!("write `{}%`", text(value)),
                None => "write one such as `2%`".to_owned(),
            };
            return Err(self.fault(place, format!("`{word}` is not an error ratio"), label));
        };
        if value > Decimal::ONE_HUNDRED || value.normalize().scale() > 10 {
            let label = "write from `0%` to `100%`, with at most ten decimal places";
            return Err(self.fault(place, format!("`{word}` is not an error ratio"), label));
        }
        self.next += 1;
        Ok(value / Decimal::ONE_HUNDRED)
    }

    fn length(&mut self) -> Result<Duration, Fault> {
        let place = self.place();
        let word = self.word().filter(|word| *word != ",");
        let length = word.and_then(Duration::parse).filter(|length| length.millis() > 0);
        if length.is_none_or(|length| length > LONGEST) {
            let headline = match (word, length) {
                (None, _) => "the duration is missing".to_owned(),
                (Some(word), None) => format!("`{word}` is not a duration"),
                (Some(word), Some(_)) => format!("`{word}` is longer than any period"),
            };
            let amount = word.filter(|word| word.len() < 4 && word.bytes().all(|byte| byte.is_ascii_digit()));
            let label = match word.and_then(meant) {
                None if amount.is_some() => {
                    let amount = amount.unwrap_or_default();
                    format!("write `{amount}s`, `{amount}m` or `{amount}h`, whichever is meant")
                }
                Some(meant) => format!("write `{meant}`"),
                None => format!("write one such as `30s`, `5m` or `1h30m`, at most `{LONGEST}`"),
            };
            return Err(self.fault(place, headline, label));
        }
        self.next += 1;
        Ok(length.unwrap_or_default())
    }
}

/// `5min` is `5m`.
fn meant(word: &str) -> Option<Duration> {
    let digits = word.find(|c: char| !c.is_ascii_digit())?;
    let unit = match word[digits..].to_lowercase().as_str() {
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        _ => return None,
    };
    Duration::parse(&format!("{}{unit}", &word[..digits]))
        .filter(|length| length.millis() > 0 && *length <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_it_reads() {
        for text in [
            "100% for 5m",
            "0% for 10m, 100% for 5m, ramp 0% to 5% for 2h",
            "no traffic for 15m, 0.5% for 1d at 50/s, no data for 45s",
        ] {
            assert_eq!(parse(text).expect(text).to_string(), text);
        }
        assert_eq!(
            parse("2% for 1m then 3% for 90s").map(|it| it.to_string()),
            parse("2% for 1m,3% for 1m30s").map(|it| it.to_string())
        );
    }
}
