//! Comparisons in words, English and Spanish: `less than 10`, `mayor o igual que 5`.

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

#[cfg(test)]
mod tests {
    use super::comparison;

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
}
