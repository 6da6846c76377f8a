//! How far one word is from another that may have been meant.

/// Words of more characters are taken for no slips of each other: what they say at length was not mistyped.
const LONGEST: usize = 100;

/// How many slips lie between two words, if no more than `most`: a letter too many, too few, another one, or two changed about. Most words are told
/// apart by their lengths and letters, without comparing them.
pub fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    if one == other {
        return Some(0);
    }
    if one.len().max(other.len()) > 4 * LONGEST {
        return None;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let most = most.min(one.len().max(other.len()));
    if one.len().max(other.len()) > LONGEST || one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut letters = [0i32; 64];
    one.iter().for_each(|c| letters[*c as usize % 64] += 1);
    other.iter().for_each(|c| letters[*c as usize % 64] -= 1);
    // A slip puts at most one letter in another's place.
    if letters.iter().map(|count| count.unsigned_abs() as usize).sum::<usize>() > 2 * most {
        return None;
    }
    // Rows of the usual table; what lies further from its diagonal than `most` costs more than that anyway.
    let beyond = most + 1;
    let mut before = vec![beyond; other.len() + 1];
    let mut above: Vec<usize> = (0..=other.len()).map(|column| column.min(beyond)).collect();
    for row in 1..=one.len() {
        let mut here = vec![beyond; other.len() + 1];
        here[0] = row.min(beyond);
        for column in row.saturating_sub(most).max(1)..=(row + most).min(other.len()) {
            let differs = usize::from(one[row - 1] != other[column - 1]);
            let mut least = (above[column - 1] + differs).min(above[column] + 1).min(here[column - 1] + 1);
            let swapped = row > 1
                && column > 1
                && one[row - 1] == other[column - 2]
                && one[row - 2] == other[column - 1];
            if swapped {
                least = least.min(before[column - 2] + 1);
            }
            here[column] = least.min(beyond);
        }
        (before, above) = (above, here);
    }
    above.last().copied().filter(|distance| *distance <= most)
}

/// The known word that is nearest to another, if it is near enough to have been meant; of several the first.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let near = known.iter().filter_map(|name| Some((distance(&word, name, 1 + name.len() / 4)?, *name)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
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
}
