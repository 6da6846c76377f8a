//! The few shapes of YAML that rule files need, with comments where a reviewer looks for them.
//!
//! **Invariant:** every scalar is spelled by serde-saphyr, which quotes what a YAML 1.1 reader would take for something else.

use std::fmt::Write;

/// A document that grows line by line.
#[derive(Default)]
pub struct Yaml {
    text: String,
}

impl Yaml {
    /// The document.
    pub fn finish(self) -> String {
        self.text
    }

    /// `# text`, one comment line per line of text; control characters are left out.
    pub fn comment(&mut self, indent: usize, text: &str) {
        for line in text.lines() {
            let clean: String = line.chars().filter(|c| !c.is_control()).collect();
            self.line(indent, &format!("# {}", clean.trim_end()));
        }
    }

    /// A line as it is.
    pub fn line(&mut self, indent: usize, text: &str) {
        if text.is_empty() {
            self.text.push('\n');
        } else {
            let _ = writeln!(self.text, "{:indent$}{text}", "");
        }
    }

    /// `key: value`; a text of several lines becomes a block. `start` is what stands before the key: spaces, or `- `.
    pub fn pair(&mut self, indent: usize, start: &str, key: &str, value: &str) {
        let key = scalar(key);
        if value.contains('\n') && is_plain_block(value) {
            // A block that begins with blanks has to say how far it is indented.
            let indented = if value.starts_with(' ') { "2" } else { "" };
            let chomped = if value.ends_with('\n') { "" } else { "-" };
            self.line(indent, &format!("{start}{key}: |{indented}{chomped}"));
            let inner = indent + start.len() + 2;
            for line in value.lines() {
                self.line(if line.is_empty() { 0 } else { inner }, line);
            }
        } else {
            self.line(indent, &format!("{start}{key}: {}", scalar(value)));
        }
    }
}

/// Whether a text survives as a literal block: no control characters, no blank at the end of lines.
fn is_plain_block(text: &str) -> bool {
    !text.starts_with(['\n', '\t'])
        && !text.chars().any(|c| c.is_control() && c != '\n')
        && !text.ends_with("\n\n")
        && text.lines().all(|line| line.trim_end() == line)
}

/// One scalar on one line.
pub fn scalar(text: &str) -> String {
    let options = serde_saphyr::ser_options! { folded_wrap_chars: 1_000_000, prefer_block_scalars: false };
    let mut written = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut written, &text, options)
        .expect("a text is always a scalar");
    let written = written.trim_end_matches('\n');
    if written.contains('\n') { serde_json::Value::from(text).to_string() } else { written.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::scalar;

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
