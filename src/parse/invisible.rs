//! Invisible characters in values, such as a zero-width space that came with a copied name. A selector or a route with one matches nothing.

use super::yaml::{Node, Value};
use crate::diagnostic::{Code, Problem};
use crate::inert::{blank, is_seen, unseen};
use crate::source::Span;

/// The most warnings for a file.
const MOST: usize = 20;

/// A warning for each invisible character that is written in a value. One that is written as an escape is meant.
pub fn invisible(text: &str, node: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !is_seen_text(text) {
        values(text, node, &mut problems);
    }
    problems
}

/// Whether only line breaks and tabs are invisible. They are in every file.
fn is_seen_text(text: &str) -> bool {
    text.split(['\n', '\r', '\t']).all(is_seen)
}

fn values(text: &str, node: &Node, problems: &mut Vec<Problem>) {
    match &node.value {
        Value::Null => {}
        Value::List(items) => items.iter().for_each(|item| values(text, item, problems)),
        Value::Map(entries) => {
            for entry in entries {
                value(text, entry.key.span, problems);
                values(text, &entry.value, problems);
            }
        }
        Value::Scalar(_) => value(text, node.span, problems),
    }
}

fn value(text: &str, written: Span, problems: &mut Vec<Problem>) {
    let Some(raw) = text.get(written.start as usize..written.end as usize) else { return };
    if raw.is_ascii() {
        return;
    }
    for (at, c) in unseen(raw).filter(|(_, c)| !matches!(c, '\n' | '\r' | '\t')) {
        if problems.len() == MOST {
            return;
        }
        let start = written.start + at as u32;
        let place = Span { start, end: start + c.len_utf8() as u32, ..written };
        let code = u32::from(c);
        let name = blank(c).map(|name| format!(" ({name})")).unwrap_or_default();
        let headline = format!("this character is invisible: U+{code:04X}{name}");
        let problem = Problem::warning(Code::InvisibleCharacter, place, headline);
        let problem = problem.label("programs compare it like any other character");
        let escape = if code > 0xffff { format!("\\U{code:08x}") } else { format!("\\u{code:04x}") };
        problems.push(
            problem
                .fix("remove it", place, "")
                .help(format!("or, if it is meant, write `{escape}` in double quotes")),
        );
    }
}
