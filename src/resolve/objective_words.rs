//! Recognises objectives that are written in words, as a fraction, or as the errors that are allowed, so that an error can suggest the right text.

use crate::vocabulary::{Decimal, Duration, Objective, text as digits};

/// What was probably meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// The right text in its place.
    Text(String),
    /// What to write instead.
    Advice(String),
}

/// What an objective in other words means: `95% under 250ms`, `>= 99.9%`, `99,9 por ciento`, `three nines`.
pub(super) fn meant(text: &str) -> Option<Meant> {
    let written = text.to_lowercase();
    // YAML begins a comment only after a blank.
    let lower = written.split('#').next().unwrap_or_default().trim().to_owned();
    if lower != written && Objective::parse(&lower).is_ok() {
        return Some(Meant::Text(lower));
    }
    if let Some(meant) = nines(&lower).or_else(|| fraction(&lower)).or_else(|| of_errors(&lower)) {
        return Some(Meant::Text(meant));
    }
    if let Some(rest) = ["median", "mediana"].iter().find_map(|word| lower.strip_prefix(word)) {
        return Some(Meant::Text(format!("P50{rest}")));
    }
    if ["avg", "average", "mean", "promedio", "media"].iter().any(|word| lower.starts_with(word)) {
        return Some(Meant::Advice(
            "an average hides slow answers: promise a percentile, such as `P95 < 500ms`".to_owned(),
        ));
    }
    if let Some(advice) = of_outage(&lower) {
        return Some(Meant::Advice(advice));
    }
    let parts: Vec<&str> = lower.split([',', ';', '/']).map(str::trim).collect();
    if let [one, _, ..] = parts.as_slice()
        && parts.iter().all(|part| Objective::parse(part).is_ok())
    {
        return Some(Meant::Advice(format!(
            "write one of them, as in `objective: {one}`; several promises of a latency are a list: `objectives: [P95 < 500ms, P99 < 2s]`"
        )));
    }
    // `500ms P95`
    if let Some((length, share)) = lower.split_once(' ')
        && let Some(length) = Duration::from_common_spelling(length)
        && let share = share.trim_start_matches(['p', '@', ' ']).trim_end_matches(['%', ' '])
        && Objective::from_percent(share).is_ok()
    {
        return Some(Meant::Text(format!("P{share} < {length}")));
    }
    let text = lower.replace(',', ".");
    let start = text.find(|c: char| c.is_ascii_digit()).filter(|start| !text[..*start].ends_with('-'))?;
    let number =
        text[start..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(text.len(), |end| start + end);
    let percent = text[start..number].trim_end_matches('.');
    let rest = text[number..].trim_start();
    let sign =
        ["%", "percent", "per cent", "por ciento", "pct"].iter().find_map(|sign| rest.strip_prefix(sign));
    let (rest, has_sign) = sign.map_or((rest, false), |rest| (rest.trim_start(), true));
    Objective::from_percent(percent).ok()?;
    let length =
        rest.find(|c: char| c.is_ascii_digit()).map(|at| Duration::from_common_spelling(&rest[at..]));
    match length {
        None => {
            let is_share = has_sign || rest.is_empty() && start > 0 || percent.contains('.');
            is_share.then(|| Meant::Text(format!("{percent}%")))
        }
        // `99.9% over 30d`: no answer takes a day, so that is the period.
        Some(Some(length))
            if length >= Duration::from_secs(86_400) && rest.starts_with(char::is_alphabetic) =>
        {
            Some(Meant::Advice(format!(
                "write `objective: {percent}%`, and the period in a line of its own: `period: {length}`"
            )))
        }
        Some(Some(length)) if length >= Duration::from_secs(3_600) => {
            Some(Meant::Text(format!("{percent}% < {length}")))
        }
        Some(Some(length)) => Some(Meant::Text(format!("P{percent} < {length}"))),
        Some(None) => None,
    }
}

/// `99.9%` of `three nines` and `tres nueves`.
fn nines(text: &str) -> Option<String> {
    const COUNTS: [(&str, &[&str]); 5] = [
        ("99%", &["two", "2", "dos"]),
        ("99.9%", &["three", "3", "tres"]),
        ("99.99%", &["four", "4", "cuatro"]),
        ("99.999%", &["five", "5", "cinco"]),
        ("99.9999%", &["six", "6", "seis"]),
    ];
    let (count, word) = text.split_once([' ', '-']).or_else(|| text.split_at_checked(1))?;
    let is_nines = ["nines", "nine", "nueves", "9s"].contains(&word.trim());
    COUNTS.iter().find(|(_, words)| is_nines && words.contains(&count)).map(|(meant, _)| (*meant).to_owned())
}

/// `99.9%` of `999/1000`.
fn fraction(text: &str) -> Option<String> {
    let (good, all) =
        text.split_once('/').or_else(|| text.split_once(" of ")).or_else(|| text.split_once(" de "))?;
    let number = |text: &str| Decimal::from_str_exact(&text.trim().replace(',', "")).ok();
    let share = number(good)?.checked_div(number(all)?)?.checked_mul(Decimal::ONE_HUNDRED)?;
    Objective::from_percent(&digits(share)).ok().map(|objective| objective.to_string())
}

/// `99.9%` of `< 0.1% errors`.
fn of_errors(text: &str) -> Option<String> {
    const BAD: [&str; 9] =
        ["error", "errors", "errores", "failures", "failed", "fallos", "bad", "downtime", "unavailable"];
    let mut words = text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '%'));
    let share = words.clone().find_map(|word| Decimal::from_str_exact(word.strip_suffix('%')?).ok())?;
    (words.any(|word| BAD.contains(&word)) && share < Decimal::from(50)).then_some(())?;
    Objective::from_percent(&digits(Decimal::ONE_HUNDRED - share)).ok().map(|objective| objective.to_string())
}

/// The objective for a length of full outage: `43m`, `43m per month`, `43 minutes of downtime`.
fn of_outage(text: &str) -> Option<String> {
    let first = text.trim_start_matches(['<', '=', ' ']);
    let end = [" per ", " a ", " por ", " al ", " of ", " de ", "/", " in "]
        .iter()
        .filter_map(|word| first.find(word))
        .min();
    let length = first[..end.unwrap_or(first.len())].trim();
    length.ends_with(char::is_alphabetic).then_some(())?;
    let length = Duration::from_common_spelling(length)?;
    let month = Decimal::from(30 * 86_400);
    let share = Decimal::ONE - Decimal::from(length.secs()).checked_div(month)?;
    let percent = (share * Decimal::ONE_HUNDRED).round_dp(3).normalize();
    let objective = Objective::from_percent(&digits(percent)).ok()?;
    (objective.ratio() >= Decimal::new(9, 1)).then(|| {
        format!(
            "an objective is the share of good events: {length} of full outage in 30 days are `{objective}`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Meant, meant};

    #[test]
    fn objectives_in_other_words_are_recognised() {
        for (written, right) in [
            ("95% under 250ms", "P95 < 250ms"),
            (">= 99.9%", "99.9%"),
            ("99,9 por ciento", "99.9%"),
            ("99.5%#was 99", "99.5%"),
            ("three nines", "99.9%"),
            ("cuatro nueves", "99.99%"),
            ("5 nines", "99.999%"),
            ("995/1000", "99.5%"),
            ("999 of 1000", "99.9%"),
            ("< 0.5% errors", "99.5%"),
            ("error rate < 1%", "99%"),
            ("median < 300ms", "P50 < 300ms"),
        ] {
            assert_eq!(meant(written), Some(Meant::Text(right.to_owned())), "{written}");
        }
        for (written, part) in [
            ("avg < 500ms", "percentile"),
            ("43m", "`99.9%`"),
            ("7h per month", "`99.028%`"),
            ("43 minutes of downtime", "`99.9%`"),
            ("99.9% / 99.5%", "one of them"),
        ] {
            assert!(
                matches!(meant(written), Some(Meant::Advice(advice)) if advice.contains(part)),
                "{written}"
            );
        }
        for written in ["", "good", "nines", "0/0", "/", "#", "20d"] {
            assert_eq!(meant(written), None, "{written}");
        }
    }
}
