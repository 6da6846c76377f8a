//! One change as a unified diff, as `patch` reads it.

use similar::TextDiff;

use crate::changes::Change;

/// A longer diff is replaced by its number of lines.
const LINES: usize = 200;

/// The diff from the file in `out` to the compiled text.
pub fn diff(change: &Change, out: &str) -> String {
    // The present file may have any bytes.
    let old = change.old.as_deref().map(String::from_utf8_lossy);
    let name = |prefix: char, exists: bool| match exists {
        true => format!("{prefix}/{out}/{}", change.path),
        false => "/dev/null".to_owned(),
    };
    let lines = TextDiff::from_lines(old.as_deref().unwrap_or(""), change.new.unwrap_or(""));
    let text =
        lines.unified_diff().header(&name('a', old.is_some()), &name('b', change.new.is_some())).to_string();
    let more = text.lines().count().saturating_sub(LINES);
    if more == 0 {
        return text;
    }
    let shown: String = text.split_inclusive('\n').take(LINES).collect();
    format!("{shown}… {more} more lines\n")
}
