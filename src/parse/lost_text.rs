//! Texts without quotes that a `#` cuts: `Bug #12` is `Bug` and a comment.

use super::yaml::{Node, Value};
use crate::diagnostic::{Code, Problem};
use crate::source::Span;

/// Keys whose values are sentences, and keys of maps of sentences. A comment without a blank behind `#` is usual after other values.
const SENTENCES: [&str; 11] = [
    "description",
    "reason",
    "do",
    "summary",
    "title",
    "owner",
    "accepted",
    "planned",
    "annotations",
    "labels",
    "texts",
];

/// The most warnings for a file.
const MOST: usize = 20;

/// A longer text is not suggested.
const LONGEST: usize = 300;

/// A warning for each sentence without quotes that is followed by `#` and a letter or a digit.
pub fn lost_text(text: &str, node: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    if text.contains(" #") {
        below(text, node, false, &mut problems);
    }
    problems
}

fn below(text: &str, node: &Node, is_sentence: bool, problems: &mut Vec<Problem>) {
    if problems.len() == MOST {
        return;
    }
    match &node.value {
        Value::Null => {}
        Value::List(items) => items.iter().for_each(|item| below(text, item, is_sentence, problems)),
        Value::Map(entries) => {
            for entry in entries {
                let is_sentence = is_sentence || SENTENCES.contains(&entry.key.text.as_str());
                below(text, &entry.value, is_sentence, problems);
            }
        }
        Value::Scalar(scalar) if is_sentence && scalar.plain => problems.extend(cut(text, node)),
        Value::Scalar(_) => {}
    }
}

fn cut(text: &str, node: &Node) -> Option<Problem> {
    let (start, end) = (node.span.start as usize, node.span.end as usize);
    let written = text.get(start..end)?;
    let rest = text[end..].split(['\n', '\r']).next()?.trim_end();
    let comment = rest.trim_start();
    let is_text = comment.strip_prefix('#')?.starts_with(char::is_alphanumeric);
    if !is_text
        || comment.len() == rest.len()
        || written.contains(['\n', '\r'])
        || written.len() + rest.len() > LONGEST
    {
        return None;
    }
    let meant = format!("'{}'", format!("{written}{rest}").replace('\'', "''"));
    let from = node.span.end + (rest.len() - comment.len()) as u32;
    let whole = node.span.end + rest.len() as u32;
    let place = Span { start: from, end: whole, ..node.span };
    let headline = format!("`{comment}` is not part of the text: `#` after a space begins a comment");
    Some(
        Problem::warning(Code::InvalidText, place, headline)
            .label(format!("the text ends with `{}`", written.split_whitespace().last().unwrap_or_default()))
            .fix(format!("write `{meant}`"), Span { end: whole, ..node.span }, meant)
            .help("or, if it is a comment, write a blank after `#`"),
    )
}
