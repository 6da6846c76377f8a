//! Lists in sentences: `a, b and c`.

/// Limit for the names in a sentence; the others are counted.
const MOST: usize = 8;

/// Longest list in a sentence.
const LONGEST: usize = 40;

/// `a`, `b` and `c`.
pub fn listed(names: &[impl AsRef<str>]) -> String {
    joined(&quoted(names), "and")
}

/// `a`, `b` or `c`.
pub fn alternatives(names: &[impl AsRef<str>]) -> String {
    joined(&quoted(names), "or")
}

/// `1 file`, `2 files`.
pub fn several(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// `a`, `b` and `c`; only the first of many.
pub fn few(names: &[impl AsRef<str>]) -> String {
    match names.len().checked_sub(MOST) {
        None | Some(0) => listed(names),
        Some(more) => format!("{} and {more} more", quoted(&names[..MOST]).join(", ")),
    }
}

/// The names that exist, as a sentence.
pub fn there_are(names: &[impl AsRef<str>]) -> String {
    format!("{} {}", if names.len() == 1 { "there is only" } else { "there are" }, few(names))
}

/// a, b and c; only the first of very many.
pub fn joined(words: &[String], and: &str) -> String {
    if words.len() > LONGEST {
        return format!("{} and {} more", words[..LONGEST].join(", "), words.len() - LONGEST);
    }
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {and} {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

fn quoted(names: &[impl AsRef<str>]) -> Vec<String> {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::{alternatives, few, listed};

    #[test]
    fn a_list_reads_as_a_sentence_does() {
        let names =
            |count: usize| -> Vec<String> { (1..=count).map(|number| format!("n{number}")).collect() };
        assert_eq!(
            [0, 1, 2, 3].map(|count| listed(&names(count))),
            ["", "`n1`", "`n1` and `n2`", "`n1`, `n2` and `n3`"]
        );
        assert_eq!(alternatives(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(few(&names(8)), "`n1`, `n2`, `n3`, `n4`, `n5`, `n6`, `n7` and `n8`");
        assert!(listed(&names(1_000)).ends_with("`n40` and 960 more"));
        assert_eq!(few(&names(9)), "`n1`, `n2`, `n3`, `n4`, `n5`, `n6`, `n7`, `n8` and 1 more");
    }
}
