//! A table for terminals.

use super::shown::{HEAD, notes, row};
use super::{Knowledge, Severity, SloStatus, Status};
use crate::explain::{LONGEST_CELL, wrapped};
use crate::vocabulary::{Decimal, shortened};

/// Columns that are dropped if the table is too wide, the least important first.
const DISPENSABLE: [&str; 7] =
    ["events left", "period", "outage left", "objective", "gone in", "good", "burn"];

const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const PLAIN: &str = "\u{1b}[0m";

/// The table, with ANSI colours if wanted, at most `width` wide if possible.
pub fn human(status: &Status, width: Option<usize>, color: bool) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    // A server decides how long its labels are.
    let short = |cell: String| shortened(&cell, LONGEST_CELL);
    rows.extend(status.standings.iter().map(|standing| row(standing, status.gate).map(short)));
    let count = |text: &str| text.chars().count();
    let widths: Vec<usize> =
        (0..HEAD.len()).map(|column| rows.iter().map(|row| count(&row[column])).max().unwrap_or(0)).collect();
    // Empty columns are left out.
    let is_empty = |column: usize| rows[1..].iter().all(|row| row[column].is_empty());
    let mut columns: Vec<usize> = (0..HEAD.len()).filter(|column| !is_empty(*column)).collect();
    for name in DISPENSABLE {
        let needed: usize = columns.iter().map(|column| widths[*column] + 2).sum::<usize>().saturating_sub(2);
        if width.is_none_or(|width| needed <= width) {
            break;
        }
        columns.retain(|column| HEAD[*column] != name);
    }
    let mut page = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells = columns.iter().map(|column| {
            let (cell, width) = (&row[*column], widths[*column]);
            match *column {
                0 | 9 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        let line = line.trim_end();
        let style = index.checked_sub(1).and_then(|index| style(&status.standings[index], status));
        match style.filter(|_| color) {
            Some(style) => page += &format!("{style}{line}{PLAIN}\n"),
            None => page += &format!("{line}\n"),
        }
    }
    for note in notes(status) {
        page.push('\n');
        page += &wrapped("", &note);
    }
    page
}

/// Red if action is needed now, yellow if it will be needed.
fn style(standing: &SloStatus, status: &Status) -> Option<&'static str> {
    let fires =
        |severity| standing.active_alerts.iter().any(|alert| !alert.pending && alert.severity == severity);
    let left = standing.left();
    let spent = left.is_some_and(|left| left <= Decimal::ZERO);
    let little = left.is_some_and(|left| left < Decimal::new(25, 2));
    if spent || fires(Severity::Page) || status.gate.is_some_and(|gate| gate.verdict(standing).fails()) {
        return Some(RED);
    }
    let unknown = matches!(
        standing.knowledge,
        Knowledge::Stale(_) | Knowledge::Nothing | Knowledge::Waiting | Knowledge::NotLoaded
    );
    (little || unknown || fires(Severity::Ticket)).then_some(YELLOW)
}
