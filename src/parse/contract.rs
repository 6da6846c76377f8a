//! Contracts beside the sources: as `slowburn metrics capture` writes them, or raw captures.

use super::exposition;
use crate::contract::{Contract, MARK};
use crate::diagnostic::{Code, Problem};
use crate::source::{SourceId, Span};

/// Reads a contract. Its first line decides which form it has.
///
/// A written contract must have no faults: if there is a problem, all of it is unknown. A raw capture comes from a program, so it is read as far as
/// possible, and each line that is left out is a warning.
pub fn contract(source: SourceId, text: &str) -> (Option<Contract>, Vec<Problem>) {
    let first = text.lines().next().unwrap_or_default().trim_start_matches('\u{feff}').trim_end();
    if first == MARK {
        return match Contract::parse(source, text) {
            Ok(contract) => (Some(contract), Vec::new()),
            Err(problems) => (None, problems),
        };
    }
    let reading = exposition::read(text.as_bytes());
    let problems = unread_lines(source, text, &reading);
    (Some(reading.contract), problems)
}

/// The lines of a raw capture that were left out.
fn unread_lines(source: SourceId, text: &str, reading: &exposition::Exposition) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut lines = text.split_inclusive('\n').enumerate();
    let mut offset = 0;
    for skipped in &reading.skipped {
        // Both lists are ordered by line, and one line can have several entries.
        let mut line = "";
        let mut ahead = lines.clone();
        while let Some((index, next)) = ahead.next() {
            if index + 1 == skipped.line {
                line = next.trim_end_matches(['\n', '\r']);
                break;
            }
            offset += next.len();
            lines = ahead.clone();
        }
        // Columns do not count a byte order mark.
        let mark = line.len() - line.trim_start_matches('\u{feff}').len();
        let column =
            line[mark..].char_indices().nth(skipped.column - 1).map_or(line.len(), |(at, _)| mark + at);
        let place = |at: usize| u32::try_from(offset + at).unwrap_or(u32::MAX);
        let span = Span { source, start: place(column), end: place(line.len()) };
        let problem =
            Problem::warning(Code::UnreadSample, span, "slowburn cannot read this line of the capture");
        problems.push(problem.label(skipped.reason.clone()));
    }
    if reading.more > 0
        && let Some(last) = problems.pop()
    {
        problems.push(last.help(format!("it cannot read {} more lines", reading.more)));
    }
    problems
}
