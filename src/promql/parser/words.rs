//! Comparisons and conditions in words, English and Spanish: `less than 10`, `mayor o igual que 5`, `if x > 5 for 5m`.

use crate::vocabulary::Duration;

/// Operators with their words; longer ones come before those that they begin with.
const COMPARISONS: [(&str, &[&str]); 6] = [
    ("<=", &["less than or equal", "less or equal", "menor o igual", "at most", "como mucho", "=<"]),
    (">=", &["greater than or equal", "greater or equal", "mayor o igual", "at least", "al menos", "=>"]),
    ("<", &["less", "fewer", "lower", "smaller", "below", "under", "menor", "menos", "debajo", "inferior"]),
    (
        ">",
        &[
            "greater", "more", "higher", "bigger", "above", "over", "mayor", "más", "mas", "encima",
            "superior",
        ],
    ),
    ("!=", &["not equal", "is not", "distinto", "diferente"]),
    ("==", &["equal", "equals", "igual"]),
];

/// The first comparison in words: where it begins, its operator and the number after it. Words such as `is` before it belong to it.
pub(super) fn comparison(text: &str) -> Option<(usize, &'static str, &str)> {
    let lower = text.to_ascii_lowercase();
    let is_apart = |at: usize, word: &str| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        !lower[..at].ends_with(part) && !lower[at + word.len()..].starts_with(part)
    };
    let of = |(op, words): &(&'static str, &[&str])| {
        let at = words.iter().find_map(|word| {
            lower.match_indices(word).map(|(at, _)| at).find(|at| word.contains('=') || is_apart(*at, word))
        })?;
        Some((at, *op))
    };
    let (at, op) = COMPARISONS.iter().find_map(of)?;
    let rest = &text[at..];
    let rest = &rest[rest.find(|c: char| c.is_ascii_digit())?..];
    let number = &rest[..rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len())];
    let is_only_link = ["is", "es", "be", "sea", ""].contains(&lower[..at].trim());
    Some((if is_only_link { 0 } else { at }, op, number.trim_end_matches('.')))
}

/// Whether a word begins a condition in another language: `if` and `when`, and `ALERT IF` of Prometheus 1.
pub(super) fn begins_a_condition(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let last = words.last().map(String::as_str);
    words.len() <= 3
        && last.is_some_and(|last| ["if", "when", "while", "si", "cuando", "alert", "alerta"].contains(&last))
}

/// A condition without `for 5m` at its end.
pub(super) fn without_duration(text: &str) -> &str {
    let mut words = text.trim_end().rsplitn(3, char::is_whitespace);
    match (words.next(), words.next(), words.next()) {
        (Some(duration), Some(word), Some(rest))
            if word.eq_ignore_ascii_case("for") && Duration::parse(duration).is_some() =>
        {
            rest
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{begins_a_condition, comparison, without_duration};

    #[test]
    fn comparisons_in_words_are_recognised() {
        for (text, found) in [
            ("menor a 10", (0, "<", "10")),
            ("is less than or equal to 3.5", (0, "<=", "3.5")),
            ("mayor o igual que 7", (0, ">=", "7")),
            ("más de 2", (0, ">", "2")),
            ("cola tiene menos de 100", (11, "<", "100")),
            ("is not 0", (0, "!=", "0")),
        ] {
            assert_eq!(comparison(text), Some(found), "{text}");
        }
        for text in ["", "job", "lessons 3", "is down", "more"] {
            assert_eq!(comparison(text), None, "{text}");
        }
    }

    #[test]
    fn conditions_of_other_languages_are_recognised() {
        assert!(["IF", "when", "si", "ALERT Down IF"].into_iter().all(begins_a_condition));
        assert!(!["", "http", "notif"].into_iter().any(begins_a_condition));
        assert_eq!(without_duration("x > 5 FOR 10m"), "x > 5");
        assert_eq!(without_duration("x > 5 for good"), "x > 5 for good");
    }
}
