//! What people write first for days, hours and rates, in the language's own words, so that an error can offer it.

/// Names of days and their abbreviations, in English and Spanish, from Monday on.
const DAYS: [(&str, &[&str]); 7] = [
    ("monday", &["mon", "mo", "lunes", "lun"]),
    ("tuesday", &["tue", "tues", "tu", "martes", "mar"]),
    ("wednesday", &["wed", "we", "miércoles", "miercoles", "mié", "mie"]),
    ("thursday", &["thu", "thurs", "th", "jueves", "jue"]),
    ("friday", &["fri", "fr", "viernes", "vie"]),
    ("saturday", &["sat", "sa", "sábado", "sabado", "sáb", "sab"]),
    ("sunday", &["sun", "su", "domingo", "dom"]),
];

/// Words for several days.
const SPANS_OF_DAYS: [(&str, &[&str]); 3] = [
    (
        "monday-friday",
        &["weekdays", "weekday", "workdays", "business days", "working days", "laborables", "hábiles"],
    ),
    ("saturday-sunday", &["weekend", "weekends", "fin de semana"]),
    ("monday-sunday", &["daily", "every day", "all", "todos"]),
];

/// Units of a rate: of the language, and what else people call them.
const UNITS: [(&str, &[&str]); 4] = [
    ("s", &["s", "sec", "second", "seconds", "1s"]),
    ("m", &["m", "min", "minute", "minutes", "1m"]),
    ("h", &["h", "hr", "hour", "hours", "1h"]),
    ("d", &["d", "day", "days", "1d"]),
];

/// Rates with a unit of their own.
const RATES: [(&str, &str); 5] = [("rps", "s"), ("qps", "s"), ("tps", "s"), ("rpm", "m"), ("qpm", "m")];

/// `monday-friday` of `Mon - Fri`, `lunes a viernes` or `weekdays`.
pub(super) fn days(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    if let Some((days, _)) = SPANS_OF_DAYS.iter().find(|(_, names)| names.contains(&text.as_str())) {
        return Some((*days).to_owned());
    }
    let day = |name: &str| {
        let name = name.trim().trim_end_matches('.');
        let known = |(day, names): &&(&str, &[&str])| {
            *day == name || format!("{day}s") == name || names.contains(&name)
        };
        DAYS.iter().find(known).map(|(day, _)| *day)
    };
    match between(&text) {
        Some((from, to)) => Some(format!("{}-{}", day(from)?, day(to)?)),
        None => Some(day(&text)?.to_owned()),
    }
}

/// `08:00-20:00` of `8-20`, `8:00 to 20:00`, `8am-8pm` or `08.00–20.00`.
pub(super) fn hours(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (from, to) = between(&text)?;
    let (from, to) = (clock(from)?, clock(to)?);
    (from != to && from != "24:00").then(|| format!("{from}-{to}"))
}

/// `10/s` of `10 per second`, `10 req/s` or `10 rps`.
pub(super) fn rate(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (amount, rest) = text.split_at(end);
    let rest = rest.trim();
    if amount.is_empty() || amount.len() > 20 {
        return None;
    }
    if let Some((_, unit)) = RATES.iter().find(|(name, _)| *name == rest) {
        return Some(format!("{amount}/{unit}"));
    }
    let (_, unit) = [" per ", "per ", "/", " a ", "a "].iter().find_map(|word| rest.split_once(word))?;
    let (unit, _) = UNITS.iter().find(|(_, names)| names.contains(&unit.trim()))?;
    Some(format!("{amount}/{unit}"))
}

/// Both ends of a span, however they are joined.
fn between(text: &str) -> Option<(&str, &str)> {
    ["–", "—", "..", "-", " to ", " a ", " until ", " hasta "]
        .iter()
        .find_map(|joined| text.split_once(joined))
}

/// `08:00` of `8`, `8:00`, `8.00`, `08h`, `8 am`.
fn clock(text: &str) -> Option<String> {
    let text = text.trim();
    let (text, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(text), _) => (text.trim(), Some(0)),
        (_, Some(text)) => (text.trim(), Some(12)),
        _ => (text.trim_end_matches('h').trim(), None),
    };
    let (hour, minute) = text.split_once([':', '.', 'h']).unwrap_or((text, "00"));
    let digits = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    (minute < 60 && hour * 60 + minute <= 1440).then(|| format!("{hour:02}:{minute:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_what_people_call_them() {
        for (written, meant) in [
            ("mon-fri", "monday-friday"),
            ("Mon - Fri", "monday-friday"),
            ("lunes a viernes", "monday-friday"),
            ("sáb–dom", "saturday-sunday"),
            ("Weekdays", "monday-friday"),
            ("thu", "thursday"),
            ("Saturdays", "saturday"),
        ] {
            assert_eq!(days(written).as_deref(), Some(meant), "{written}");
        }
        for written in ["", "-", "mon-", "m", "funday", "mon-fri-sun", "1-5"] {
            assert_eq!(days(written), None, "{written}");
        }
    }

    #[test]
    fn hours_are_what_people_call_them() {
        for (written, meant) in [
            ("8-20", "08:00-20:00"),
            ("8:00-20:00", "08:00-20:00"),
            ("08.30 – 20.15", "08:30-20:15"),
            ("8am-8pm", "08:00-20:00"),
            ("12 am to 12 pm", "00:00-12:00"),
            ("8h a 20h", "08:00-20:00"),
            ("22-6", "22:00-06:00"),
            ("0-24", "00:00-24:00"),
        ] {
            assert_eq!(hours(written).as_deref(), Some(meant), "{written}");
        }
        for written in ["", "8", "8-8", "8-25", "24-8", "8:0-9:00", "13pm-2pm", "8:60-9:00", "-", "8-20-22"] {
            assert_eq!(hours(written), None, "{written}");
        }
    }

    #[test]
    fn rates_are_what_people_call_them() {
        for (written, meant) in [
            ("10 per second", "10/s"),
            ("10/sec", "10/s"),
            ("1.5 req/min", "1.5/m"),
            ("200 requests per hour", "200/h"),
            ("30rps", "30/s"),
            ("5 a day", "5/d"),
        ] {
            assert_eq!(rate(written).as_deref(), Some(meant), "{written}");
        }
        for written in ["", "10", "ten/s", "10/fortnight", "/s", "10 k", "-1/s"] {
            assert_eq!(rate(written), None, "{written}");
        }
    }
}
