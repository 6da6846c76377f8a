//! The distance between a word and a known word, for "did you mean".

/// The longest word that is compared, in bytes. Longer words are not typing mistakes.
const LONGEST: usize = 100;

/// The most names of one kind for which similar names are searched: nobody reads more suggestions.
pub const SEARCHED: usize = 50;

/// The most names that are compared closely with one word.
pub const MOST_NAMES: usize = 64;

/// The number of typing mistakes between two words, if it is at most `most`: one letter too many, one missing, one replaced, or two swapped.
pub fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    if one == other {
        return Some(0);
    }
    may_be_near(one, other, most).then(|| strsim::osa_distance(one, other)).filter(|slips| *slips <= most)
}

/// Whether lengths and letters allow so few mistakes. If not, [`distance`] need not be computed. This excludes most words in a hundredth of the time.
pub fn may_be_near(one: &str, other: &str, most: usize) -> bool {
    // A mistake changes one character, which has up to four bytes.
    let bytes = if one.is_ascii() && other.is_ascii() { 1 } else { 4 };
    if one.len().max(other.len()) > LONGEST || one.len().abs_diff(other.len()) > bytes * most {
        return false;
    }
    let mut letters = [0i32; 64];
    one.chars().for_each(|c| letters[c as usize % 64] += 1);
    other.chars().for_each(|c| letters[c as usize % 64] -= 1);
    // A mistake replaces at most one letter.
    letters.iter().map(|count| count.unsigned_abs() as usize).sum::<usize>() <= 2 * most
}

/// The known word that is nearest to another, if it is near enough to have been meant; the first of several.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = |name: &str| 1 + name.len() / 4;
    let mut best: Option<(usize, &str)> = None;
    for name in known.iter().filter(|name| may_be_near(&word, name, most(name))).take(MOST_NAMES) {
        match best {
            Some((0, _)) => break,
            // From now on only nearer words count.
            Some((least, _)) => {
                best = distance(&word, name, most(name).min(least - 1)).map(|slips| (slips, *name)).or(best);
            }
            None => best = distance(&word, name, most(name)).map(|slips| (slips, *name)),
        }
    }
    best.map(|(_, name)| name)
}

/// A letter of Spanish without its accent.
pub fn without_accent(c: char) -> char {
    match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn the_distance_is_the_number_of_typing_mistakes() {
        for (one, other, slips) in [
            ("objective", "objective", 0),
            ("objective", "objectiv", 1),
            ("objective", "obejctive", 1),
            ("añb", "anb", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
        ] {
            for most in 0..12 {
                assert_eq!(distance(one, other, most), Some(slips).filter(|slips| *slips <= most));
            }
        }
        assert_eq!(distance(&"a".repeat(1_000), &"a".repeat(999), 9), None);
        assert_eq!(distance(&"a".repeat(1_000), &"a".repeat(1_000), 0), Some(0));
    }

    #[test]
    fn a_word_is_compared_with_few_names() {
        let other = "obejctive".to_owned();
        let mut names: Vec<&str> = vec![&other; super::MOST_NAMES];
        names.push("objectives");
        assert_eq!(super::nearest("objectives", &names), Some("obejctive"));
        names.swap(0, super::MOST_NAMES);
        assert_eq!(super::nearest("objectives", &names), Some("objectives"));
    }
}
