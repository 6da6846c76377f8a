//! Writes the few forms of YAML that rule files need, with comments for reviewers.
//!
//! **Invariant:** every scalar is written by serde-saphyr, which quotes texts that a YAML 1.1 reader would read as another type; texts with invisible
//! characters are quoted here, with escapes. A text without quotes ends only at the end of its line.

use std::borrow::Cow;

use crate::inert;
use crate::promql::ast::Expr;
use crate::promql::pretty_into;

/// A document that grows line by line.
#[derive(Default)]
pub struct Yaml {
    text: String,
    /// The indentation of the whole document.
    margin: usize,
}

impl Yaml {
    /// A document inside of another one, with this indentation.
    pub fn within(margin: usize) -> Self {
        Self { text: String::new(), margin }
    }

    /// The document.
    pub fn finish(mut self) -> String {
        // Thousands of them may be in memory until they are written.
        self.text.shrink_to_fit();
        self.text
    }

    /// `# text`, one comment line per line of text, for every kind of line end that readers know.
    pub fn comment(&mut self, indent: usize, text: &str) {
        for line in inert::lines(text) {
            self.begin(indent);
            self.text.push_str("# ");
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    /// A line as it is.
    pub fn line(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.begin(indent);
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// `key: value`; a text of several lines becomes a block. `start` is the text before the key: spaces, or `- `.
    pub fn pair(&mut self, indent: usize, start: &str, key: &str, value: &str) {
        self.begin(indent);
        self.text.push_str(start);
        self.text.push_str(&scalar(key));
        self.text.push_str(": ");
        if value.contains('\n') && is_plain_block(value) {
            self.text.push('|');
            // A block that begins with blanks must declare its indentation.
            self.text.push_str(if value.starts_with(' ') { "2" } else { "" });
            self.text.push_str(if value.ends_with('\n') { "\n" } else { "-\n" });
            let inner = indent + start.len() + 2;
            for line in value.lines() {
                self.line(inner, line);
            }
        } else {
            self.text.push_str(&scalar(value));
            self.text.push('\n');
        }
    }

    /// `key: expr`, over several lines if it does not end before column `columns`. It is printed directly into the text, because queries are most of
    /// a rule file. A query has no control characters and no blank at the end of a line.
    pub fn query(&mut self, indent: usize, key: &str, expr: &Expr, columns: usize) {
        self.begin(indent);
        self.text.push_str(key);
        self.text.push_str(": ");
        let (start, inner) = (self.text.len(), self.margin + indent + 2);
        // The key is on the first line. It is longer than the margin of the other lines.
        pretty_into(&mut self.text, expr, columns - (indent + 2), inner, key.len());
        let written = &self.text[start..];
        if written.contains('\n') {
            self.text.insert_str(start, &BLANKS[..inner]);
            self.text.insert_str(start, "|-\n");
        } else if let Cow::Owned(spelled) = scalar(written) {
            self.text.replace_range(start.., &spelled);
        }
        self.text.push('\n');
    }

    /// `key: { a: b, c: d }` if that fits into `width` columns and every value is a plain word, otherwise one pair per line.
    pub fn labels(&mut self, indent: usize, key: &str, pairs: &[(&str, Cow<str>)], width: usize) {
        let short = indent + key.len() + 5 + pairs.iter().map(|(k, v)| k.len() + v.len() + 4).sum::<usize>();
        let plain = |text: &str| if is_plain_word(text) { text.to_owned() } else { quoted(text) };
        let all_plain = pairs.iter().all(|(name, value)| is_plain_word(name) && is_plain_word(value));
        if width == usize::MAX || (short <= width && all_plain) {
            let pair = |(name, value): &(&str, Cow<str>)| format!("{}: {}", plain(name), plain(value));
            let pairs: Vec<String> = pairs.iter().map(pair).collect();
            self.line(indent, &format!("{key}: {{ {} }}", pairs.join(", ")));
            return;
        }
        self.line(indent, &format!("{key}:"));
        for (name, value) in pairs {
            self.pair(indent + 2, "", name, value);
        }
    }

    fn begin(&mut self, indent: usize) {
        self.text.push_str(&BLANKS[..self.margin + indent]);
    }
}

/// The largest indentation.
const BLANKS: &str = "                                ";

/// Whether a text can be a literal block: no invisible characters, no blank at the end of lines.
fn is_plain_block(text: &str) -> bool {
    !text.starts_with('\n')
        && !text.ends_with("\n\n")
        && match text.is_ascii() {
            // A test of bytes takes a fraction of the time, and nearly all texts are ASCII.
            true => {
                let mut before = b'\n';
                let plain = text.bytes().all(|byte| {
                    let plain = if byte == b'\n' { before != b' ' } else { !byte.is_ascii_control() };
                    before = byte;
                    plain
                });
                plain && before != b' '
            }
            false => {
                text.split('\n').all(|line| !line.ends_with(char::is_whitespace) && inert::is_seen(line))
            }
        }
}

/// One scalar on one line.
pub fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain_word(text) || is_plain_query(text) { Cow::Borrowed(text) } else { Cow::Owned(spelled(text)) }
}

/// A name that every reader of YAML reads as this text. Nearly all scalars are such names, and the general case would take longer than everything
/// else together.
fn is_plain_word(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'/' | b'-');
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(inner)
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// A query without characters that have a meaning in YAML. Most queries are like this.
fn is_plain_query(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_:/-(){}[]\"=,.~<>*+ ".contains(&byte);
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with([')', '}', ']'])
        && !text.contains(": ")
        && text.bytes().all(inner)
}

/// Words that some reader of YAML reads as true, false, null or a number.
const WORDS: [&str; 12] =
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];

fn spelled(text: &str) -> String {
    if !inert::is_seen(text) {
        return quoted(text);
    }
    let options = serde_saphyr::ser_options! { folded_wrap_chars: 1_000_000, prefer_block_scalars: false };
    let mut written = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut written, &text, options)
        .expect("a text is always a scalar");
    let written = written.trim_end_matches('\n');
    if written.contains('\n') { quoted(text) } else { written.to_owned() }
}

/// Between double quotes, with invisible characters escaped.
pub fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    let escaped = inert::replaced(&text, |c| match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c => match u32::from(c) {
            code @ 0..=0xffff => format!("\\u{code:04x}"),
            code => format!("\\U{code:08x}"),
        },
    });
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{WORDS, Yaml, is_plain_query, is_plain_word, quoted, scalar, spelled};

    proptest! {
        #[test]
        fn plain_queries_need_no_quotes(text in "[a-z][a-z0-9_:/(){}\\[\\]\"=,.~<>*+ -]{0,20}[)}\\]]") {
            prop_assert!(!is_plain_query(&text) || spelled(&text) == text);
        }

        #[test]
        fn plain_words_need_no_quotes(text in "[A-Za-z][A-Za-z0-9_:/-]{0,12}|[yntfo][a-z]{0,4}") {
            prop_assert!(!is_plain_word(&text) || spelled(&text) == text);
        }
    }

    #[test]
    fn words_with_a_meaning_are_not_plain() {
        for word in WORDS {
            assert!(!is_plain_word(word) && !is_plain_word(&word.to_uppercase()));
        }
    }

    #[test]
    fn scalars_are_read_back_unchanged() {
        for text in [
            "yes",
            "5m",
            "{{ x }}",
            "a: b",
            "- a",
            "",
            " x ",
            "12:30",
            "\u{1b}[31m",
            "a\nb",
            "#x",
            "ñ",
            "'\"",
            "0.0144",
            "@x",
            "%",
            "a\u{2028}b: c",
            "\u{feff}a\u{85}\u{202e}\\\"\u{e0041}\u{fffe}\u{7f}\0",
            "👩\u{200d}💻",
        ] {
            for spelled in [scalar(text).into_owned(), quoted(text)] {
                let document = format!("key: {spelled}\n");
                let read: std::collections::BTreeMap<String, String> =
                    serde_yaml::from_str(&document).expect(&document);
                assert_eq!(read["key"], text, "{document}");
                assert!(crate::inert::is_seen(&spelled), "{document}");
            }
        }
    }

    #[test]
    fn a_text_stays_in_its_comment_or_value() {
        for end in ["\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\x0c", "\x0b", "\u{feff}", "\0"] {
            let text = format!("a{end}key: other\nb{end}  - x: y\u{202e}");
            let mut yaml = Yaml::default();
            yaml.comment(0, &text);
            yaml.pair(0, "", "key", &text);
            yaml.comment(2, &text);
            yaml.line(0, &format!("other: [{}]", quoted(&text)));
            let document = yaml.finish();
            assert!(document.lines().all(crate::inert::is_seen), "{document:?}");
            assert!(document.split(crate::inert::is_break).all(|line| {
                line.is_empty()
                    || ["#", "key:", "other:"].iter().any(|start| line.trim_start().starts_with(start))
            }));
            let read: serde_yaml::Value = serde_yaml::from_str(&document).expect(&document);
            let expected = serde_yaml::Mapping::from_iter([
                ("key".into(), text.as_str().into()),
                ("other".into(), serde_yaml::Value::Sequence(vec![text.as_str().into()])),
            ]);
            assert_eq!(read, serde_yaml::Value::Mapping(expected), "{document}");
        }
    }
}
