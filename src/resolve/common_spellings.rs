//! Recognises common wrong spellings of days, hours, dates, rates, shares and switches, so that an error can suggest the right one.

use jiff::civil::{Date, DateTime};

use crate::vocabulary::Duration;

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
        &[
            "weekdays",
            "weekday",
            "workdays",
            "business days",
            "working days",
            "laborables",
            "hábiles",
            "días laborables",
            "días hábiles",
            "entre semana",
        ],
    ),
    ("saturday-sunday", &["weekend", "weekends", "fin de semana", "fines de semana", "finde", "findes"]),
    ("monday-sunday", &["daily", "every day", "all", "todos", "todos los días", "cada día"]),
];

/// Words for yes and no.
const SWITCHES: [(&str, &[&str]); 2] = [
    ("true", &["true", "yes", "y", "on", "1", "sí", "si", "verdadero", "enabled", "starttls", "required"]),
    ("false", &["false", "no", "n", "off", "0", "falso", "never", "none", "disabled"]),
];

/// Separators of a list that is written as one text.
const JOINS: [&str; 8] = [",", ";", " and ", " y ", " e ", "&", "+", " "];

/// Longer lists of dates are not suggested.
const MOST_DATES: usize = 31;

/// Names of rates with their units.
const RATES: [(&str, &str); 7] =
    [("rps", "s"), ("qps", "s"), ("tps", "s"), ("rpm", "m"), ("qpm", "m"), ("rph", "h"), ("rpd", "d")];

/// `monday-friday` of `Mon - Fri`, `lunes a viernes` or `weekdays`.
pub(super) fn days(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    if let Some((days, _)) = SPANS_OF_DAYS.iter().find(|(_, names)| names.contains(&text.as_str())) {
        return Some((*days).to_owned());
    }
    let day = |name: &str| {
        let name = name.trim().trim_end_matches('.');
        let name = ["los ", "el "].iter().find_map(|article| name.strip_prefix(article)).unwrap_or(name);
        // ISO 8601 counts from Monday.
        if let Some((day, _)) = name.parse::<usize>().ok().and_then(|number| DAYS.get(number.checked_sub(1)?))
        {
            return Some(*day);
        }
        let known = |(day, names): &&(&str, &[&str])| {
            let one = name.strip_suffix('s').unwrap_or(name);
            *day == name || *day == one || names.contains(&name) || names.contains(&one)
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
    let text = text.strip_prefix("de ").or_else(|| text.strip_prefix("from ")).unwrap_or(&text);
    let (from, to) = match text.strip_prefix("entre ").or_else(|| text.strip_prefix("between ")) {
        Some(both) => both.split_once(" y ").or_else(|| both.split_once(" and "))?,
        None => between(text)?,
    };
    let (from, mut to) = (clock(from)?, clock(to).or_else(|| after_midnight(to))?);
    // `9 to 5` ends in the afternoon.
    let bare = |text: &str| text.trim().bytes().all(|byte| byte.is_ascii_digit());
    if to < from
        && from.as_str() < "12:00"
        && text.split_once(['-', '–', 't', 'a']).is_some_and(|(from, _)| bare(from))
    {
        to = clock(&format!("{}pm", to.trim_end_matches(":00").trim_start_matches('0')))?;
    }
    (from != to && from != "24:00").then(|| format!("{from}-{to}"))
}

/// `00:30` of `24:30`: a time after midnight.
fn after_midnight(text: &str) -> Option<String> {
    let (hour, minute) = text.trim().split_once(':')?;
    let hour: u16 = hour.parse().ok().filter(|hour| (24..30).contains(hour))?;
    clock(&format!("{}:{minute}", hour - 24))
}

/// `["08:30-13:30", "15:00-18:00"]` of `08:30-13:30, 15:00-18:00`: the meaning of each part, as a list.
pub(super) fn several(text: &str, one: fn(&str) -> Option<String>, quote: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']').to_lowercase();
    JOINS.iter().find_map(|join| {
        let parts: Vec<&str> = text.split(join).map(|part| part.trim_matches([' ', '"', '\''])).collect();
        // `monday, tuesday and friday` has two kinds of separators.
        let parts = parts.iter().flat_map(|part| match one(part) {
            Some(_) => vec![*part],
            None => [" and ", " y ", " e "]
                .iter()
                .find_map(|join| part.split_once(join))
                .map_or(vec![*part], |(first, last)| vec![first, last]),
        });
        let meant: Option<Vec<String>> =
            parts.map(|part| one(part).map(|meant| format!("{quote}{meant}{quote}"))).collect();
        let meant = meant.filter(|meant| meant.len() > 1)?;
        Some(format!("[{}]", meant.join(", ")))
    })
}

/// `true` of `yes`, `false` of `off`.
pub(super) fn switch(text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase();
    SWITCHES.iter().find(|(_, words)| words.contains(&text.as_str())).map(|(meant, _)| *meant)
}

/// The whole percentage for `25`, `25%`, `0.25` or `,25`: a number below 1 is a ratio. `None` if the percentage is not whole.
pub(super) fn percent(text: &str) -> Option<u32> {
    let text = text.trim().replace(',', ".");
    let (number, is_percent) = match text.strip_suffix('%') {
        Some(number) => (number.trim(), true),
        None => (text.as_str(), false),
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if number.is_empty() || number.len() > 12 || !is_number(number) || !part.bytes().all(|byte| byte != b'.')
    {
        return None;
    }
    let part = part.trim_end_matches('0');
    if is_percent || !number.contains('.') {
        return if part.is_empty() { whole.parse().ok() } else { None };
    }
    if part.len() > 2 {
        return None;
    }
    let whole: u32 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u32 = format!("{part:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(part)
}

/// `2026-12-08` of `2026/12/8`: year, month and day in this order.
pub(super) fn date(text: &str) -> Option<Date> {
    let (year, month, day) = numbers(text)?;
    Date::new(year, month, day).ok()
}

/// `2027-01-11T00:00` of `2027-01-10T24:00`; a time without a date is on the day of `begins`.
pub(super) fn moment(text: &str, begins: Option<&str>) -> Option<String> {
    let text = text.trim();
    // `2h` is the length of the window.
    let length = text.ends_with(char::is_alphabetic).then(|| Duration::from_common_spelling(text)).flatten();
    if let (Some(begins), Some(length)) = (begins, length) {
        let (local, offset) = (begins.trim().get(..16)?, begins.trim().get(16..)?);
        let begin: DateTime = local.parse().ok()?;
        let end =
            begin.checked_add(jiff::SignedDuration::from_secs(i64::try_from(length.secs()).ok()?)).ok()?;
        return Some(format!("{}{offset}", end.strftime("%Y-%m-%dT%H:%M")));
    }
    let (day, time) = match text.split_once(['T', ' ']) {
        Some((day, time)) => (date(day.trim())?, clock(time)?),
        None => {
            let (begin, end) = (begins?.trim(), clock(text)?);
            let day = date(begin.get(..10)?)?;
            // A time before the begin is on the next day.
            let is_over_midnight = begin.get(11..16).is_some_and(|time| end.as_str() <= time);
            (if is_over_midnight { day.tomorrow().ok()? } else { day }, end)
        }
    };
    match time.as_str() {
        "24:00" => Some(format!("{}T00:00", day.tomorrow().ok()?)),
        time => Some(format!("{day}T{time}")),
    }
}

/// Both readings of a date such as `10/01/2027`, with the time after it: the day first, and the month first.
pub(super) fn both_readings(text: &str) -> Option<[String; 2]> {
    let text = text.trim();
    let (day, time) = text.split_once(['T', ' ']).map_or((text, None), |(day, time)| (day, Some(time)));
    let mut parts = day.split(['-', '/', '.']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |part: &str| part.parse::<i8>().ok();
    let year: i16 = year.parse().ok().filter(|_| year.len() == 4 && parts.next().is_none())?;
    let time = match time {
        Some(time) => format!("T{}", clock(time)?),
        None => String::new(),
    };
    let date = |month: &str, day: &str| {
        Some(format!("{}{time}", Date::new(year, number(month)?, number(day)?).ok()?))
    };
    Some([date(second, first)?, date(first, second)?])
}

/// Why a date does not exist: `February 2027 has 28 days` for `2027-02-29`.
pub(super) fn no_such_day(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let (year, month, _) =
        numbers(text).filter(|(year, month, day)| Date::new(*year, *month, *day).is_err())?;
    let Ok(first) = Date::new(year, month, 1) else { return Some("a year has twelve months".to_owned()) };
    let name = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index))?;
    Some(format!("{name} {year} has {} days", first.days_in_month()))
}

/// `[2026-12-08, 2026-12-09]` of `2026-12-08..2026-12-09`, or of dates with commas; `None` if there are too many.
pub(super) fn dates(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(listed) = several(text, |part| date(part).map(|date| date.to_string()), "") {
        return Some(listed);
    }
    let (first, last) = (text.get(..10)?, text.get(text.len().checked_sub(10)?..)?);
    let joined = text.get(10..text.len().checked_sub(10)?)?.trim().to_lowercase();
    if !["..", "...", "-", "–", "—", "/", "to", "a", "al", "until", "hasta", ":"].contains(&joined.as_str())
    {
        return None;
    }
    let (first, last) = (date(first)?, date(last)?);
    let all: Vec<String> = first
        .series(jiff::Span::new().days(1))
        .take_while(|date| *date <= last)
        .take(MOST_DATES + 1)
        .map(|date| date.to_string())
        .collect();
    (2..=MOST_DATES).contains(&all.len()).then(|| format!("[{}]", all.join(", ")))
}

/// A year of four digits, a month and a day, with any separators.
fn numbers(text: &str) -> Option<(i16, i8, i8)> {
    let mut parts = text.trim().split(['-', '/', '.']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    // `25/12/2027`: a day after the twelfth cannot be a month.
    let is_later = |text: &str| text.parse::<u8>().is_ok_and(|number| number > 12);
    let (year, month, day) = match (year, month, day) {
        (first, second, year) if year.len() == 4 && is_later(first) => (year, second, first),
        (first, second, year) if year.len() == 4 && is_later(second) => (year, first, second),
        written => written,
    };
    let digits = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !is_year || !digits(month) || !digits(day) {
        return None;
    }
    Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}

/// `1/h` and `1000/h` of `1.000/h`, in which the point may separate groups of digits.
pub(super) fn with_groups(text: &str) -> Option<(String, String)> {
    let (amount, unit) = text.trim().split_once('/')?;
    let (whole, part) = amount.trim_end().split_once('.')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_group = part.len() == 3 && digits(part) && digits(whole) && (1..=3).contains(&whole.len());
    // Nobody writes `0.500` for 500, and zeros at the end of a decimal have no use.
    (is_group && !whole.starts_with('0') && part.ends_with('0')).then(|| {
        let decimal = format!("{whole}.{part}");
        let decimal = decimal.trim_end_matches('0').trim_end_matches('.');
        (format!("{decimal}/{unit}"), format!("{whole}{part}/{unit}"))
    })
}

/// `10/s` of `10 per second`, `10 req/s` or `10 rps`.
pub(super) fn rate(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    // `1,000/h` has a comma between groups of digits, `1,5/h` a decimal comma.
    let after =
        text.split_once(',').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    let text = text.replacen(',', if after == 3 { "" } else { "." }, 1);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (amount, rest) = text.split_at(end);
    // `10k` is 10000.
    let zeros = match rest.as_bytes() {
        [b'k', next, ..] if !next.is_ascii_alphabetic() => "000",
        [b'm', next, ..] if !next.is_ascii_alphabetic() => "000000",
        _ => "",
    };
    let rest = rest[zeros.len().min(1)..].trim();
    if !zeros.is_empty() && amount.contains('.') {
        return None;
    }
    let amount = &format!("{amount}{zeros}");
    if amount.is_empty() || amount.len() > 20 {
        return None;
    }
    if let Some((_, unit)) = RATES.iter().find(|(name, _)| *name == rest) {
        return Some(format!("{amount}/{unit}"));
    }
    let unit = [" per ", "per ", "/", " al ", "al ", " por ", "por ", " a ", "a ", " x ", "x "]
        .iter()
        .find_map(|word| rest.split_once(word))
        .map_or(rest, |(_, unit)| unit.trim());
    let unit = Duration::unit(unit.strip_prefix('1').unwrap_or(unit))?;
    if !RATES.iter().any(|(_, known)| *known == unit) {
        return None;
    }
    Some(format!("{amount}/{unit}"))
}

/// Both ends of a span, with any separator.
fn between(text: &str) -> Option<(&str, &str)> {
    ["–", "—", "..", "-", " to ", " a ", " until ", " hasta "]
        .iter()
        .find_map(|joined| text.split_once(joined))
}

/// `08:00` of `8`, `8:00`, `8.00`, `08h`, `8 am`.
fn clock(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("las ").unwrap_or(text);
    let (text, half) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(text), _) => (text.trim(), Some(0)),
        (_, Some(text)) => (text.trim(), Some(12)),
        _ => {
            let unit = ["horas", "hours", "hrs", "hs", "h"].iter().find_map(|unit| text.strip_suffix(unit));
            (unit.unwrap_or(text).trim(), None)
        }
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
    fn common_spellings_of_days_are_recognised() {
        for (written, meant) in [
            ("mon-fri", "monday-friday"),
            ("Mon - Fri", "monday-friday"),
            ("lunes a viernes", "monday-friday"),
            ("sáb–dom", "saturday-sunday"),
            ("los sábados", "saturday"),
            ("fines de semana", "saturday-sunday"),
            ("Weekdays", "monday-friday"),
            ("thu", "thursday"),
            ("Saturdays", "saturday"),
            ("1-5", "monday-friday"),
        ] {
            assert_eq!(days(written).as_deref(), Some(meant), "{written}");
        }
        for written in ["", "-", "mon-", "m", "funday", "mon-fri-sun", "0-5"] {
            assert_eq!(days(written), None, "{written}");
        }
    }

    #[test]
    fn common_spellings_of_hours_are_recognised() {
        for (written, meant) in [
            ("8-20", "08:00-20:00"),
            ("8:00-20:00", "08:00-20:00"),
            ("08.30 – 20.15", "08:30-20:15"),
            ("8am-8pm", "08:00-20:00"),
            ("12 am to 12 pm", "00:00-12:00"),
            ("8h a 20h", "08:00-20:00"),
            ("22-6", "22:00-06:00"),
            ("9 to 5", "09:00-17:00"),
            ("0-24", "00:00-24:00"),
            ("de 9 a 18 hs", "09:00-18:00"),
            ("entre las 9 y las 18", "09:00-18:00"),
            ("between 9 and 18", "09:00-18:00"),
            ("from 9:30 to 18 hours", "09:30-18:00"),
            ("20:00-25:30", "20:00-01:30"),
        ] {
            assert_eq!(hours(written).as_deref(), Some(meant), "{written}");
        }
        for written in ["", "8", "8-8", "8-25", "24-8", "8:0-9:00", "13pm-2pm", "8:60-9:00", "-", "8-20-22"] {
            assert_eq!(hours(written), None, "{written}");
        }
    }

    #[test]
    fn several_of_one_text_are_a_list() {
        for (written, meant) in [
            ("08:30-13:30, 15:00-18:00", r#"["08:30-13:30", "15:00-18:00"]"#),
            ("8:30-13:30 y 15-18", r#"["08:30-13:30", "15:00-18:00"]"#),
            ("08:30-13:30 15:00-18:00", r#"["08:30-13:30", "15:00-18:00"]"#),
        ] {
            assert_eq!(several(written, hours, "\"").as_deref(), Some(meant), "{written}");
        }
        for (written, meant) in [
            ("monday, friday", "[monday, friday]"),
            ("lun, mié y vie", "[monday, wednesday, friday]"),
            ("mon tue wed", "[monday, tuesday, wednesday]"),
            ("mon-thu, sat", "[monday-thursday, saturday]"),
            ("sábados y domingos", "[saturday, sunday]"),
        ] {
            assert_eq!(several(written, days, "").as_deref(), Some(meant), "{written}");
        }
        for written in ["", ",", "monday", "monday,", "monday, someday", "monday - friday"] {
            assert_eq!(several(written, days, ""), None, "{written}");
        }
    }

    #[test]
    fn common_spellings_of_dates_are_recognised() {
        let three = "[2026-12-08, 2026-12-09, 2026-12-10]";
        for written in [
            "2026-12-08..2026-12-10",
            "2026-12-08 - 2026-12-10",
            "2026-12-08 a 2026-12-10",
            "2026-12-08, 2026-12-09 and 2026-12-10",
        ] {
            assert_eq!(dates(written).as_deref(), Some(three), "{written}");
        }
        for written in
            ["2026-12-08", "2026-12-10..2026-12-08", "2026-01-01..2026-12-31", "ñ", "2026-12-08..soon"]
        {
            assert_eq!(dates(written), None, "{written}");
        }
        assert_eq!(date("2026/12/8").map(|date| date.to_string()).as_deref(), Some("2026-12-08"));
        assert_eq!(no_such_day("2027-02-29").as_deref(), Some("February 2027 has 28 days"));
        assert_eq!(no_such_day("2027-13-01").as_deref(), Some("a year has twelve months"));
        assert_eq!(no_such_day("2028-02-29"), None);
        assert_eq!(no_such_day("tomorrow"), None);
    }

    #[test]
    fn common_spellings_of_shares_are_recognised() {
        for (written, meant) in
            [("25", 25), ("25%", 25), ("0.25", 25), ("0,3", 30), (".05", 5), ("25.0%", 25), ("1.0", 100)]
        {
            assert_eq!(percent(written), Some(meant), "{written}");
        }
        for written in ["", "%", "12.5%", "0.255", "-1%", "a", "1.2.3", "9999999999999"] {
            assert_eq!(percent(written), None, "{written}");
        }
    }

    #[test]
    fn common_spellings_of_rates_are_recognised() {
        for (written, meant) in [
            ("10 per second", "10/s"),
            ("10/sec", "10/s"),
            ("1.5 req/min", "1.5/m"),
            ("200 requests per hour", "200/h"),
            ("30rps", "30/s"),
            ("5 a day", "5/d"),
            ("10k/h", "10000/h"),
            ("1000 al día", "1000/d"),
            ("10/seg", "10/s"),
            ("10/segundo", "10/s"),
            ("20 por hs", "20/h"),
            ("5 veces por minuto", "5/m"),
            ("1,000/h", "1000/h"),
            ("1,5/s", "1.5/s"),
        ] {
            assert_eq!(rate(written).as_deref(), Some(meant), "{written}");
        }
        for written in ["", "10", "ten/s", "10/fortnight", "10/ms", "/s", "10 k", "-1/s"] {
            assert_eq!(rate(written), None, "{written}");
        }
    }
}
