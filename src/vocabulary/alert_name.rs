//! Names of alerts that authors choose, so that routes and silences for an earlier name still match.

use std::fmt;

/// The name of an alert: ASCII letters, digits and `_ - . :`, words with one space between them, a letter first, at most 100 characters. So it is
/// safe in YAML, in PromQL, in a shell and in Markdown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertName(String);

impl AlertName {
    /// The longest name.
    pub const LONGEST: usize = 100;

    /// The name, if the text is valid.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
        let word = |word: &str| !word.is_empty() && word.bytes().all(letters);
        let valid = text.len() <= Self::LONGEST
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.split(' ').all(word);
        valid.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AlertName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
