//! Shows untrusted texts so that they have no effect: labels of a server, values of a program, texts of sources.
//!
//! Invisible characters are made visible: ASCII controls as pictures (`␛`), others by their number (`⟨U+202E⟩`). Emoji of several characters, and
//! letters that need a joiner between them, stay as they are; see `unseen`.
//!
//! **Invariant:** every output uses this module. Prose is *shown*, by [`text()`], [`line()`] or their variants for Markdown. Values that programs
//! compare are *escaped* as the output language requires, and so keep their meaning.

mod markdown;
mod unseen;

use std::borrow::Cow;

use serde::Serialize;

pub use markdown::{code, fenced, markdown};
pub use unseen::{blank, is_break, is_seen, unseen};

/// A text without control characters and invisible characters. Line breaks (`
/// `) and tabs stay.
pub fn text(text: &str) -> Cow<'_, str> {
    replaced(text, picture_in_text)
}

/// The offset in the result of [`text()`] for an offset in the text.
pub fn offset(text: &str, place: usize) -> usize {
    let before = unseen(text).take_while(|(at, _)| *at < place);
    before.fold(place, |shown, (_, c)| shown + picture_in_text(c).len() - c.len_utf8())
}

/// As [`text()`], on one line: line breaks and tabs are shown as characters, too.
pub fn line(text: &str) -> Cow<'_, str> {
    replaced(text, picture)
}

/// The lines of a text, with every kind of line break, each as [`line()`] shows it.
pub fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let text = text.strip_suffix(is_break).unwrap_or(text);
    let mut after_return = false;
    text.split_inclusive(is_break).filter_map(move |part| {
        let half = after_return && part == "\n";
        after_return = part.ends_with('\r');
        (!half).then(|| line(part.strip_suffix(is_break).unwrap_or(part)))
    })
}

/// A sentence of a bounded length, whatever it quotes: of a very long word, and of a very long sentence, both ends stay.
pub fn bounded(sentence: &str) -> Cow<'_, str> {
    const WORD: usize = 400;
    const SENTENCE: usize = 4000;
    if sentence.len() <= WORD {
        return Cow::Borrowed(sentence);
    }
    let words = sentence.split_inclusive(char::is_whitespace).map(|word| without_middle(word, WORD));
    Cow::Owned(without_middle(&words.collect::<String>(), SENTENCE).into_owned())
}

/// A quarter of `most` bytes from each end of a longer text.
fn without_middle(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let near = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (near(most / 4), near(text.len() - most / 4));
    Cow::Owned(format!("{}…{}", &text[..start], &text[end..]))
}

/// A text in which every [`unseen()`] character is replaced.
pub fn replaced(text: &str, spelled: impl Fn(char) -> String) -> Cow<'_, str> {
    if is_seen(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut done = 0;
    for (at, c) in unseen(text) {
        shown.push_str(&text[done..at]);
        shown.push_str(&spelled(c));
        done = at + c.len_utf8();
    }
    shown.push_str(&text[done..]);
    Cow::Owned(shown)
}

/// A value as such JSON on several lines.
pub fn pretty(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("structs of texts and numbers are JSON");
    json(&text).into_owned() + "\n"
}

/// The same JSON, with invisible characters as escapes: `\u202e`.
pub fn json(json: &str) -> Cow<'_, str> {
    replaced(json, |c| match c {
        '\n' => c.to_string(),
        c => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    })
}

fn picture_in_text(c: char) -> String {
    if matches!(c, '\n' | '\t') { c.to_string() } else { picture(c) }
}

fn picture(c: char) -> String {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).map(String::from).unwrap_or_default(),
        '\x7f' => '\u{2421}'.to_string(),
        c => format!("⟨U+{:04X}⟩", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::{bounded, json, line, lines, offset, text};

    #[test]
    fn control_and_invisible_characters_are_shown() {
        let hostile = "a\u{1b}[2J\r\n\tb\u{202e}c\u{200b}\u{85}\u{7f}é🔥";
        assert_eq!(text(hostile), "a␛[2J␍\n\tb⟨U+202E⟩c⟨U+200B⟩⟨U+0085⟩␡é🔥");
        assert_eq!(line(hostile), "a␛[2J␍␊␉b⟨U+202E⟩c⟨U+200B⟩⟨U+0085⟩␡é🔥");
        assert_eq!(json("\"a\u{202e}\u{e0041}b\"\n"), "\"a\\u202e\\udb40\\udc41b\"\n");
    }

    #[test]
    fn a_sentence_is_short_whatever_it_quotes() {
        let name = "é".repeat(45_000);
        let shown = bounded(&format!("the alias `*{name}` has no anchor before it")).into_owned();
        assert!(
            shown.starts_with("the alias `*éé") && shown.ends_with("éé` has no anchor before it"),
            "{shown}"
        );
        assert!(shown.contains("é…é") && shown.len() < 300, "{shown}");
        assert!(bounded(&"a b ".repeat(30_000)).len() < 2100);
        let usual = "write `a` ".repeat(80);
        assert_eq!(bounded(&usual), usual);
    }

    #[test]
    fn offsets_are_converted_to_the_shown_text() {
        let hostile = "a\u{202e}👩\r\tb";
        for (place, _) in hostile.char_indices() {
            let shown = text(hostile);
            let (before, after) = shown.split_at(offset(hostile, place));
            assert_eq!((before, after), (&*text(&hostile[..place]), &*text(&hostile[place..])));
        }
    }

    #[test]
    fn a_line_ends_where_any_reader_ends_one() {
        let all: Vec<_> = lines("a\r\nb\rc\u{85}d\u{2028}e\u{2029}f\x0cg\x0bh\n\ni\u{202e}\n").collect();
        assert_eq!(all, ["a", "b", "c", "d", "e", "f", "g", "h", "", "i⟨U+202E⟩"]);
        assert_eq!(lines("").count(), 0);
    }
}
