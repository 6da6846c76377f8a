//! Characters that people cannot see, but programs read.

/// The characters of a text that a reader cannot see or recognise, with their offsets: controls, line breaks of all kinds, characters that change the
/// direction of text or join it, invisible characters, and noncharacters. Joiners and variation selectors are left out where scripts and emoji need
/// them.
pub fn unseen(text: &str) -> impl Iterator<Item = (usize, char)> {
    let chars = text.char_indices().filter(|(_, c)| is_unseen(*c));
    chars.filter(|&(at, c)| !is_needed(&text[..at], c, &text[at + c.len_utf8()..]))
}

/// Whether a text has neither controls nor [`unseen`] characters.
pub fn is_seen(text: &str) -> bool {
    match text.is_ascii() {
        // A test of bytes is much faster, and nearly all texts are ASCII.
        true => !text.bytes().any(|byte| byte.is_ascii_control()),
        false => unseen(text).next().is_none(),
    }
}

/// Whether a character is a line break in YAML, text or code. YAML 1.1 has all of them except the form feed and the vertical tab.
pub fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The name of a character that looks like a space, or like nothing, and that no language of sources takes for one.
pub fn blank(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{a0}' => "no-break space",
        '\u{202f}' => "narrow no-break space",
        '\u{2007}' => "figure space",
        '\u{3000}' => "ideographic space",
        '\u{200b}' => "zero-width space",
        '\u{200e}' => "left-to-right mark",
        '\u{2060}' => "word joiner",
        '\u{feff}' => "byte order mark",
        c if !c.is_ascii() && c.is_whitespace() && !is_break(c) => "Unicode space",
        _ => return None,
    })
}

/// Controls (Cc), formats (Cf), separators of lines and paragraphs (Zl, Zp), characters that are ignored if they cannot be shown
/// (`Default_Ignorable_Code_Point`), and noncharacters, which YAML does not allow.
fn is_unseen(c: char) -> bool {
    match u32::from(c) {
        0x20..=0x7e | 0xa0..=0xac | 0xae..=0x2ff => false,
        0..=0x1f | 0x7f..=0x9f | 0xad => true,
        0x34f | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2 => true,
        0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f => true,
        0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 => true,
        0xfdd0..=0xfdef | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb => true,
        0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a => true,
        0xe0000..=0xe0fff => true,
        code => code & 0xfffe == 0xfffe,
    }
}

/// Whether an invisible character has a visible effect between these texts.
fn is_needed(before: &str, c: char, after: &str) -> bool {
    let (last, next) = (before.chars().next_back(), after.chars().next());
    let last_is = |known: fn(char) -> bool| last.is_some_and(known);
    let next_is = |known: fn(char) -> bool| next.is_some_and(known);
    match c {
        // A family, a profession: `👩‍💻`, `❤️‍🔥`. Or letters whose shape depends on the joiner.
        '\u{200d}' => {
            (before.trim_end_matches('\u{fe0f}').ends_with(is_emoji) && next_is(is_emoji))
                || (last_is(is_joined) && next_is(is_joined))
        }
        '\u{200c}' => last_is(is_joined) && next_is(is_joined),
        // A symbol in colour or not: `❤️`; a key: `1️⃣`.
        '\u{fe0e}' | '\u{fe0f}' => {
            last_is(is_emoji)
                || (last_is(|c| c.is_ascii_digit() || matches!(c, '#' | '*')) && next == Some('\u{20e3}'))
        }
        // A variant of a Han character.
        '\u{fe00}'..='\u{fe02}' | '\u{e0100}'..='\u{e01ef}' => last_is(is_han),
        '\u{e0020}'..='\u{e007f}' => {
            let start = before.trim_end_matches(is_tag);
            let rest = after.trim_start_matches(is_tag);
            let tags = before[start.len()..].chars().chain([c]);
            let tags = tags.chain(after[..after.len() - rest.len()].chars());
            let letters: String = tags.filter_map(|tag| char::from_u32(u32::from(tag) - 0xe0000)).collect();
            start.ends_with('\u{1f3f4}') && FLAGS.contains(&letters.as_str())
        }
        _ => false,
    }
}

/// Flags that consist of a black flag and tags: England, Scotland and Wales.
const FLAGS: [&str; 3] = ["gbeng\x7f", "gbsct\x7f", "gbwls\x7f"];

fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

/// Symbols that can be shown in colour.
fn is_emoji(c: char) -> bool {
    matches!(
        u32::from(c),
        0xa9 | 0xae | 0x203c | 0x2049 | 0x2122 | 0x2139 | 0x2190..=0x21ff | 0x2300..=0x23ff | 0x24c2
            | 0x25a0..=0x27bf | 0x2934..=0x2935 | 0x2b00..=0x2bff | 0x3030 | 0x303d | 0x3297 | 0x3299
            | 0x1f000..=0x1faff
    )
}

/// Letters of scripts in which joiners change the shape: from Arabic to Sinhala, and their marks.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{dff}') && !is_unseen(c)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        && u32::from(c) & 0xfffe != 0xfffe
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Class, HirKind};

    use super::{is_seen, is_unseen, unseen};

    /// All characters of a category in the tables of another library.
    fn category(pattern: &str) -> Vec<char> {
        let hir = regex_syntax::parse(pattern).expect("a class");
        let HirKind::Class(Class::Unicode(class)) = hir.into_kind() else { panic!("{pattern}") };
        class.iter().flat_map(|range| range.start()..=range.end()).collect()
    }

    #[test]
    fn every_control_format_and_separator_is_unseen() {
        for pattern in [r"\p{Cc}", r"\p{Cf}", r"[\p{Zl}\p{Zp}]", r"\p{Default_Ignorable_Code_Point}"] {
            let missed: Vec<char> = category(pattern).into_iter().filter(|c| !is_unseen(*c)).collect();
            assert!(missed.is_empty(), "{pattern}: {missed:x?}");
        }
    }

    #[test]
    fn letters_digits_signs_and_blanks_are_seen() {
        // Fillers of Hangul are invisible letters.
        let fillers = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];
        for pattern in [r"\p{L}", r"\p{N}", r"\p{P}", r"\p{S}", r"\p{Zs}"] {
            let lost: Vec<char> =
                (category(pattern).into_iter()).filter(|c| is_unseen(*c) && !fillers.contains(c)).collect();
            assert!(lost.is_empty(), "{pattern}: {lost:x?}");
        }
    }

    #[test]
    fn joiners_inside_emoji_and_letters_stay() {
        for text in [
            "👩\u{200d}💻",
            "👩🏽\u{200d}🚒",
            "❤\u{fe0f}\u{200d}🔥",
            "👨\u{200d}👩\u{200d}👧",
            "⚠\u{fe0f} 1\u{fe0f}\u{20e3} #\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "葛\u{e0100}",
        ] {
            assert!(is_seen(text), "{text:?}");
        }
    }

    #[test]
    fn the_table_of_invisible_characters_is_complete() {
        for text in [
            "a\u{200d}b",
            "👩\u{200d}",
            "\u{200d}👩",
            "👩\u{200d}\u{200d}💻",
            "a\u{fe0f}",
            "1\u{fe0f}",
            "❤\u{fe0f}\u{fe0f}",
            "🏴\u{e0067}\u{e0062}",
            "a\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "🏴\u{e0061}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "葛\u{e0100}\u{e0101}",
            "a\u{fffe}",
            "\u{10ffff}",
            "\t",
        ] {
            assert!(!is_seen(text), "{text:?}");
        }
        let found: Vec<(usize, char)> = unseen("a\u{202e}é\n").collect();
        assert_eq!(found, [(1, '\u{202e}'), (6, '\n')]);
    }
}
