//! Reads incidents that are written in other words, in another order, or in Spanish, so that an error can show the right spelling.

use crate::vocabulary::{Decimal, Duration, without_accent};

/// Words, without accents and capitals, and the words of an incident that they mean. An empty meaning: the word adds nothing.
const WORDS: &[(&str, &[&str])] = &[
    ("ramp", &["rampa", "subida", "sube", "rising", "rises", "from"]),
    ("no", &["sin", "without", "ningun", "zero"]),
    ("traffic", &["trafico", "requests", "peticiones", "solicitudes", "events", "eventos"]),
    ("data", &["datos", "series", "metricas", "metrics", "scrape"]),
    ("outage", &["caida", "down", "caido", "apagon", "corte"]),
    (",", &["then", "and", "y", "luego", "despues", "next", ";"]),
    ("at", &["con", "with", "@"]),
    (
        "",
        &[
            "for", "during", "durante", "por", "over", "in", "en", "to", "de", "of", "a", "hasta", "until",
            "del", "al", "la", "el", "un", "una", "the", "an", "total", "full", "complete", "completa",
            "errors", "errores", "error", "x", "×", "failures", "fallos", "fail", "failing", "bad", "->",
            "-", "all", "is", "esta", "las", "los",
        ],
    ),
];

/// Other signs and spellings, and the usual ones.
const SIGNS: [(&str, &str); 12] = [
    ("no-data", "no data"),
    ("no-traffic", "no traffic"),
    (", ", " , "),
    (";", " , "),
    (" percent", "%"),
    ("percent", "%"),
    (" por ciento", "%"),
    ("pct", "%"),
    (" %", "%"),
    ("%x", "% "),
    ("%/", "% "),
    ("->", " to "),
];

/// The incident in its right spelling; `None` if a word is unknown, or a part has no length.
pub(super) fn respelled(text: &str) -> Option<String> {
    let text = SIGNS.iter().fold(text.to_lowercase(), |text, (sign, usual)| text.replace(sign, usual));
    let words: Vec<&str> = text.split_whitespace().map(meaning).collect();
    let parts: Option<Vec<String>> =
        words.split(|word| *word == ",").filter(|part| !part.is_empty()).map(part).collect();
    // In `5%, 10m` the comma does not begin a part.
    let one = || {
        part(&words.iter().copied().filter(|word| *word != ",").collect::<Vec<_>>()).map(|part| vec![part])
    };
    let parts = parts.filter(|parts| !parts.is_empty()).or_else(one)?;
    Some(parts.join(", "))
}

fn meaning(word: &str) -> &str {
    let plain: String = word.chars().map(without_accent).collect();
    let known = WORDS.iter().find(|(ours, words)| *ours == plain || words.contains(&plain.as_str()));
    known.map_or(word, |(ours, _)| *ours)
}

/// The length with another word of it: `1d` and `2h` are `1d2h`.
fn with(length: Option<Duration>, found: Duration) -> Option<Duration> {
    match length {
        Some(before) => Duration::parse(&format!("{before}{found}")),
        None => Some(found),
    }
}

/// One part: its ratios, its length and its traffic in any order.
fn part(words: &[&str]) -> Option<String> {
    let (mut ratios, mut length, mut rate, mut kind, mut outage) =
        (Vec::new(), None, None, Vec::new(), false);
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    let mut next = 0;
    while let Some(word) = words.get(next) {
        let more = words.get(next + 1).copied().unwrap_or_default();
        next += 1;
        let two = format!("{word} {more}");
        if let Some(found) = Duration::parse(word).filter(|_| *word != "0").or_else(|| length_of(word)) {
            length = with(length, found);
            length?;
        } else if let Some(found) = length_of(&two) {
            next += 1;
            length = with(length, found);
            length?;
        } else if let Some(ratio) = ratio(word) {
            ratios.push(ratio);
        } else if let Some(of) = rate_of(word).or_else(|| rate_of(&two)) {
            next += usize::from(rate_of(word).is_none());
            rate = Some(of);
        } else if *word == "at" {
            continue;
        } else if *word == "outage" {
            outage = true;
        } else if ["ramp", "no", "traffic", "data"].contains(word) {
            kind.push(*word);
        } else {
            return None;
        }
    }
    // An outage without a ratio is one of all events. `5% of requests` is `5%`.
    if outage && ratios.is_empty() {
        ratios.push("100%".to_owned());
        length = length.or(Some(Duration::from_secs(300)));
    }
    if kind == ["traffic"] && !ratios.is_empty() {
        kind.clear();
    }
    kind.dedup();
    let length = length?;
    let rate = rate.map_or(String::new(), |rate| format!(" at {rate}"));
    match (kind.as_slice(), ratios.as_slice()) {
        (["no", what @ ("traffic" | "data")], []) => Some(format!("no {what} for {length}")),
        (["ramp"] | [], [from, to]) => Some(format!("ramp {from} to {to} for {length}{rate}")),
        // A ramp to one ratio begins without errors.
        (["ramp"], [to]) => Some(format!("ramp 0% to {to} for {length}{rate}")),
        ([], [ratio]) => Some(format!("{ratio} for {length}{rate}")),
        _ => None,
    }
}

/// `10/s` of `10/s` or `10 rps`.
fn rate_of(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|end| *end > 0)?;
    let (amount, unit) = text.split_at(end);
    match unit.trim() {
        unit if unit.starts_with('/') => Some(text.to_owned()),
        "rps" | "qps" | "tps" | "req/s" => Some(format!("{amount}/s")),
        "rpm" | "qpm" | "req/min" => Some(format!("{amount}/m")),
        _ => None,
    }
}

/// `5m` of `5 minutes` or `5min`, but not of a number alone.
fn length_of(text: &str) -> Option<Duration> {
    let has_unit = text.contains(char::is_alphabetic);
    has_unit.then(|| Duration::from_common_spelling(text)).flatten()
}

/// `2.5%` of `2,5%`, and `0%` of `0`.
fn ratio(word: &str) -> Option<String> {
    let number = word.strip_suffix('%').or_else(|| (word == "0").then_some(word))?.replace(',', ".");
    let value = Decimal::from_str_exact(&number).ok()?;
    (value >= Decimal::ZERO && value <= Decimal::ONE_HUNDRED).then(|| format!("{number}%"))
}

#[cfg(test)]
mod tests {
    use super::respelled;

    #[test]
    fn other_words_and_orders_are_understood() {
        for (written, meant) in [
            ("5m 100%", "100% for 5m"),
            ("caída total durante 5 minutos", "100% for 5m"),
            ("outage during 10min", "100% for 10m"),
            ("50% outage for 10m", "50% for 10m"),
            ("sin tráfico for 15m", "no traffic for 15m"),
            ("sin datos por 1 hora", "no data for 1h"),
            ("no-data for 10m", "no data for 10m"),
            ("5% for 1d 2h", "5% for 1d2h"),
            ("ramp de 0% a 5% for 2h", "ramp 0% to 5% for 2h"),
            ("0% for 10m y 100% for 5m", "0% for 10m, 100% for 5m"),
            ("2,5% for 3h", "2.5% for 3h"),
            ("3% in 20 minutes at 50/s", "3% for 20m at 50/s"),
            ("5%, 10m", "5% for 10m"),
            ("5 percent for 10m", "5% for 10m"),
            ("5% of requests fail for 10m", "5% for 10m"),
            ("5%x10m", "5% for 10m"),
            ("total outage", "100% for 5m"),
            ("5% for 10m at 10 rps", "5% for 10m at 10/s"),
            ("ramp 5% in 2h", "ramp 0% to 5% for 2h"),
            ("ramp from 0 to 5% over 2h", "ramp 0% to 5% for 2h"),
            ("5% for 1h30", "5% for 1h30m"),
        ] {
            assert_eq!(respelled(written).as_deref(), Some(meant), "{written}");
        }
        for written in ["", "5m", "100%", "5m 10m 1%", "1% 2% 3% for 5m", "banana for 5m", "200% for 5m"] {
            assert_eq!(respelled(written), None, "{written}");
        }
    }
}
