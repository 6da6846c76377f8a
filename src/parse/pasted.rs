//! Lines of other programs and languages in a file that is not YAML: a conflict of Git, a diff, Markdown, JSON, comments of C, templates of Jinja.

use crate::diagnostic::{Code, Problem};
use crate::source::{SourceId, Span};

/// The first such line.
pub fn found(source: SourceId, text: &str) -> Option<Problem> {
    let mut start = 0;
    // Open brackets before the line: in them a comma ends an entry.
    let mut open = 0_i32;
    for line in text.split_inclusive(['\n', '\r']) {
        let written = line.trim();
        let at = start + line.len() - line.trim_start().len();
        let place = |length: usize| Span { source, start: at as u32, end: (at + length) as u32 };
        let brackets = written.chars().map(|c| i32::from("{[".contains(c)) - i32::from("}]".contains(c)));
        let after = open + brackets.sum::<i32>();
        if line.starts_with("<<<<<<< ") {
            return Some(syntax(place(8), "this file has a conflict of Git").help(
                "keep one of the two sides, and remove the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`",
            ));
        }
        if written.starts_with("```") {
            let problem = syntax(place(3), "this line belongs to Markdown");
            return Some(problem.help("remove it, and the same line at the end"));
        }
        if is_added(line) {
            let problem = syntax(place(1), "this `+` comes from a diff");
            return Some(problem.help("remove it, and the lines of the diff that begin with `-`"));
        }
        if ["diff --git ", "@@ -"].iter().any(|mark| line.starts_with(mark)) {
            return Some(syntax(place(written.len()), "this line comes from a diff").help("remove it"));
        }
        if written.starts_with("//") || written.starts_with("/*") {
            let problem = syntax(place(2), "a comment of YAML begins with `#`");
            return Some(problem.fix("write `#`", place(2), "#"));
        }
        if written.starts_with("{%") || written.contains("{{ .Values") {
            let length = written.len().min(80);
            let length = (0..=length).rev().find(|end| written.is_char_boundary(*end)).unwrap_or_default();
            let problem =
                syntax(place(length), "this is a template of Jinja or Helm, which slowburn does not read");
            return Some(problem.help(
                "write each service in a file of its own, or several alike once, with `parameters` and `instances`: `slowburn help templates`",
            ));
        }
        if open <= 0 && after <= 0 && ends_with_comma(written) {
            let end = at + written.len();
            return Some(comma(Span { source, start: (end - 1) as u32, end: end as u32 }));
        }
        open = after;
        start += line.len();
    }
    None
}

/// The problem of a comma after a value.
pub fn comma(place: Span) -> Problem {
    syntax(place, "YAML has no comma at the end of a line").fix("remove it", place, "")
}

/// Whether a line was added in a diff: `+`, the indentation and a key or an entry.
fn is_added(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('+') else { return false };
    let key = rest.trim_start_matches([' ', '-']);
    key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.contains(':')
}

/// Whether a line is `"key": "value",` or `key: { … },`.
fn ends_with_comma(written: &str) -> bool {
    let Some(value) = written.strip_suffix(',') else { return false };
    let is_entry = written.contains(": ") && !written.starts_with('#');
    is_entry && value.trim_end().ends_with(['"', '\'', '}', ']'])
}

fn syntax(span: Span, headline: &str) -> Problem {
    Problem::error(Code::YamlSyntax, span, headline)
}
