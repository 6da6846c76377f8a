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
    if may_be_near(one, other, most) { slips(one, other, most) } else { None }
}

/// The characters of a word that is compared.
fn letters(word: &str) -> ([char; LONGEST], usize) {
    let mut letters = ['\0'; LONGEST];
    let mut count = 0;
    for (place, letter) in letters.iter_mut().zip(word.chars()) {
        *place = letter;
        count += 1;
    }
    (letters, count)
}

/// The distance of two words, computed at most `most` from the diagonal; it stops at the first row in which all values are larger.
fn slips(one: &str, other: &str, most: usize) -> Option<usize> {
    let ((one, rows), (other, columns)) = (letters(one), letters(other));
    // A word has at most 255 letters.
    let mut before = [u8::MAX; LONGEST + 1];
    let mut last = before;
    let mut row = before;
    last.iter_mut().zip(0..).take(columns + 1).for_each(|(slips, column)| *slips = column);
    for i in 1..=rows {
        row.fill(u8::MAX);
        row[0] = last[0] + 1;
        let mut least = row[0];
        for j in i.saturating_sub(most).max(1)..=columns.min(i + most) {
            let (letter, beside) = (one[i - 1], other[j - 1]);
            let mut slips = last[j - 1].saturating_add(u8::from(letter != beside));
            slips = slips.min(last[j].saturating_add(1)).min(row[j - 1].saturating_add(1));
            if i > 1 && j > 1 && letter == other[j - 2] && one[i - 2] == beside {
                slips = slips.min(before[j - 2].saturating_add(1));
            }
            row[j] = slips;
            least = least.min(slips);
        }
        // Two swapped letters need the row before the last one.
        if usize::from(least) > most && last.iter().all(|slips| usize::from(*slips) >= most) {
            return None;
        }
        (before, last, row) = (last, row, before);
    }
    Some(usize::from(last[columns])).filter(|slips| *slips <= most)
}

/// Whether lengths and letters allow so few mistakes. If not, [`distance`] need not be computed. This excludes most words in a hundredth of the time.
pub fn may_be_near(one: &str, other: &str, most: usize) -> bool {
    // A mistake changes one character, which has up to four bytes.
    if one.len().max(other.len()) > LONGEST || one.len().abs_diff(other.len()) > 4 * most {
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

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn the_distance_is_the_number_of_typing_mistakes() {
        let all =
            ["", "a", "ab", "ba", "objective", "objectiv", "obejctive", "añb", "anb", "kitten", "sitting"];
        for (one, other) in all.iter().flat_map(|one| all.map(|other| (one, other))) {
            let slips = strsim::osa_distance(one, other);
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
