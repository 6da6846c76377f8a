//! How far one word is from another that may have been meant.

/// The longest word that is compared, in bytes: nobody mistypes a longer one.
const LONGEST: usize = 100;

/// How many names are compared with one word, at most.
const MOST_NAMES: usize = 64;

/// How many slips lie between two words, if no more than `most`: a letter too many, one missing, another one, or two swapped.
pub fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    if one == other {
        return Some(0);
    }
    may_be_near(one, other, most).then(|| strsim::osa_distance(one, other)).filter(|slips| *slips <= most)
}

/// Whether lengths and letters allow so few slips. Most words are told apart by this, which takes a hundredth of the time.
fn may_be_near(one: &str, other: &str, most: usize) -> bool {
    // A slip changes a character, which has up to four bytes.
    if one.len().max(other.len()) > LONGEST || one.len().abs_diff(other.len()) > 4 * most {
        return false;
    }
    let mut letters = [0i32; 64];
    one.chars().for_each(|c| letters[c as usize % 64] += 1);
    other.chars().for_each(|c| letters[c as usize % 64] -= 1);
    // A slip puts at most one letter in another's place.
    letters.iter().map(|count| count.unsigned_abs() as usize).sum::<usize>() <= 2 * most
}

/// The known word that is nearest to another, if it is near enough to have been meant; of several the first.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = |name: &str| 1 + name.len() / 4;
    known
        .iter()
        .filter(|name| may_be_near(&word, name, most(name)))
        .take(MOST_NAMES)
        .filter_map(|name| Some((distance(&word, name, most(name))?, *name)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn words_are_as_far_as_slips_lie_between_them() {
        let all =
            ["", "a", "ab", "ba", "objective", "objectiv", "obejctive", "añb", "anb", "kitten", "sitting"];
        for (one, other) in all.iter().flat_map(|one| all.map(|other| (one, other))) {
            let slips = strsim::osa_distance(one, other);
            for most in 0..10 {
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
