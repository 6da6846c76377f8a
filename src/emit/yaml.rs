//! The few shapes of YAML that rule files need, with comments where a reviewer looks for them.
//!
//! **Invariant:** every scalar is spelled by serde-saphyr, which quotes what a YAML 1.1 reader would take for something else.

use std::borrow::Cow;

use crate::promql::ast::Expr;
use crate::promql::pretty_into;

/// A document that grows line by line.
#[derive(Default)]
pub struct Yaml {
    text: String,
}

impl Yaml {
    /// The document.
    pub fn finish(mut self) -> String {
        // Thousands of them wait to be written.
        self.text.shrink_to_fit();
        self.text
    }

    /// `# text`, one comment line per line of text; control characters are left out.
    pub fn comment(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            self.begin(indent);
            self.text.push_str("# ");
            let clean: String = line.split(char::is_control).collect();
            self.text.push_str(clean.trim_end());
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

    /// `key: value`; a text of several lines becomes a block. `start` is what stands before the key: spaces, or `- `.
    pub fn pair(&mut self, indent: usize, start: &str, key: &str, value: &str) {
        self.begin(indent);
        self.text.push_str(start);
        self.text.push_str(&scalar(key));
        self.text.push_str(": ");
        if value.contains('\n') && is_plain_block(value) {
            self.text.push('|');
            // A block that begins with blanks has to say how far it is indented.
            self.text.push_str(if value.starts_with(' ') { "2" } else { "" });
            self.line(0, if value.ends_with('\n') { "" } else { "-" });
            let inner = indent + start.len() + 2;
            for line in value.lines() {
                self.line(inner, line);
            }
        } else {
            self.line(0, &scalar(value));
        }
    }

    /// `key: expr`, over several lines if it does not end before column `columns`. Printed where it stands: it is most of what rule files hold, and a query
    /// has no control characters and no blank at the end of a line.
    pub fn query(&mut self, indent: usize, key: &str, expr: &Expr, columns: usize) {
        self.begin(indent);
        self.text.push_str(key);
        self.text.push_str(": ");
        let (start, inner) = (self.text.len(), indent + 2);
        // On its first line stands the key, which is longer than the margin of the others.
        pretty_into(&mut self.text, expr, columns - inner, inner, key.len());
        let written = &self.text[start..];
        if written.contains('\n') {
            self.text.insert_str(start, &BLANKS[..inner]);
            self.text.insert_str(start, "|-\n");
        } else if let Cow::Owned(spelled) = scalar(written) {
            self.text.replace_range(start.., &spelled);
        }
        self.text.push('\n');
    }

    /// `key: { a: b, c: d }` if that fits into `width` columns and every value is a plain word, otherwise one pair on a line.
    pub fn labels(&mut self, indent: usize, key: &str, pairs: &[(&str, Cow<str>)], width: usize) {
        let short = indent + key.len() + 5 + pairs.iter().map(|(k, v)| k.len() + v.len() + 4).sum::<usize>();
        if short <= width && pairs.iter().all(|(name, value)| is_plain_word(name) && is_plain_word(value)) {
            let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            self.line(indent, &format!("{key}: {{ {} }}", pairs.join(", ")));
            return;
        }
        self.line(indent, &format!("{key}:"));
        for (name, value) in pairs {
            self.pair(indent + 2, "", name, value);
        }
    }

    fn begin(&mut self, indent: usize) {
        self.text.push_str(&BLANKS[..indent]);
    }
}

/// Nothing is indented further than this.
const BLANKS: &str = "                                ";

/// Whether a text survives as a literal block: no control characters, no blank at the end of lines.
fn is_plain_block(text: &str) -> bool {
    !text.starts_with('\n')
        && !text.ends_with("\n\n")
        && match text.is_ascii() {
            // Looking at bytes takes a fraction of the time, and nearly all texts are ASCII.
            true => {
                let mut before = b'\n';
                let plain = text.bytes().all(|byte| {
                    let plain = if byte == b'\n' { before != b' ' } else { !byte.is_ascii_control() };
                    before = byte;
                    plain
                });
                plain && before != b' '
            }
            false => text
                .split('\n')
                .all(|line| !line.ends_with(char::is_whitespace) && !line.contains(char::is_control)),
        }
}

/// One scalar on one line.
pub fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain_word(text) || is_plain_query(text) { Cow::Borrowed(text) } else { Cow::Owned(spelled(text)) }
}

/// A name that no reader of YAML takes for anything but itself. Nearly all that is written are such names, and asking for the spelling of each
/// would take longer than all the rest.
fn is_plain_word(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'/' | b'-');
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(inner)
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// A query as most of them are: nothing in it means anything to a reader of YAML.
fn is_plain_query(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_:/-(){}[]\"=,.~<>*+ ".contains(&byte);
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with([')', '}', ']'])
        && !text.contains(": ")
        && text.bytes().all(inner)
}

/// Letters that are true, false, nothing or a number to some reader of YAML.
const WORDS: [&str; 12] =
    ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];

fn spelled(text: &str) -> String {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: 1_000_000, prefer_block_scalars: false };
    let mut written = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut written, &text, options)
        .expect("a text is always a scalar");
    let written = written.trim_end_matches('\n');
    if written.contains('\n') { serde_json::Value::from(text).to_string() } else { written.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{WORDS, is_plain_query, is_plain_word, scalar, spelled};

    proptest! {
        #[test]
        fn plain_queries_are_spelled_as_they_are(text in "[a-z][a-z0-9_:/(){}\\[\\]\"=,.~<>*+ -]{0,20}[)}\\]]") {
            prop_assert!(!is_plain_query(&text) || spelled(&text) == text);
        }

        #[test]
        fn plain_words_are_spelled_as_they_are(text in "[A-Za-z][A-Za-z0-9_:/-]{0,12}|[yntfo][a-z]{0,4}") {
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
    fn scalars_are_read_back_as_they_are() {
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
        ] {
            let document = format!("key: {}\n", scalar(text));
            let read: std::collections::BTreeMap<String, String> =
                serde_yaml::from_str(&document).expect(&document);
            assert_eq!(read["key"], text, "{document}");
        }
    }
}
