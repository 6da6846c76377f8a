//! A table for pull requests, wikis and chats.

use super::Status;
use super::shown::{HEAD, notes, row};
use crate::inert;

/// The table in GitHub's Markdown.
pub fn markdown(status: &Status) -> String {
    let mut page = format!("|{}|\n", HEAD.map(|name| format!(" {name} ")).join("|"));
    page += &format!(
        "|{}|\n",
        (0..HEAD.len()).map(|at| if at % 9 == 0 { "---" } else { "---:" }).collect::<Vec<_>>().join("|")
    );
    for standing in &status.standings {
        let cells = row(standing, status.gate).map(|cell| format!(" {} ", escaped(&cell)));
        page += &format!("|{}|\n", cells.join("|"));
    }
    for note in notes(status) {
        page += &format!("\n{}\n", escaped(&note));
    }
    page
}

/// Escapes label values and warnings of servers, so that they are never markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in inert::line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '#' | '@' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}
