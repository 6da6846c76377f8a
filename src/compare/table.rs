//! The comparison as a table for people, and as JSON for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::reasons::shown;
use super::{Comparison, Note, Ratio, Row, Tolerance};
use crate::inert;
use crate::vocabulary::percent;

/// Limit for the names of SLOs that only one side has.
const NAMED: usize = 20;

fn ratio_text(ratio: Ratio) -> String {
    match ratio {
        Ratio::Of(ratio) => shown(ratio),
        Ratio::Nothing => "no events".to_owned(),
        Ratio::Missing => "missing".to_owned(),
    }
}

/// The difference in percentage points.
fn points_of_difference(row: &Row) -> String {
    match (row.old, row.new) {
        (Ratio::Of(old), Ratio::Of(new)) => {
            let apart = new - old;
            let sign = if apart.is_sign_negative() || apart.is_zero() { "" } else { "+" };
            format!("{sign}{}", shown(apart))
        }
        _ => "-".to_owned(),
    }
}

/// For people: a table per SLO. The reasons follow a row with a difference. If all rows of a window have a reason, it is written once.
pub fn human(
    comparison: &Comparison,
    rows: &[Row],
    notes: &[Note],
    tolerance: Tolerance,
    address: &str,
) -> String {
    let mut text = String::new();
    for slo in comparison.names() {
        let gap = if text.is_empty() { "" } else { "\n" };
        let _ =
            writeln!(text, "{gap}{slo}\n  {:<10} {:>12} {:>12} {:>12}", "window", "old", "new", "difference");
        let of_slo: Vec<&Row> = rows.iter().filter(|row| row.slo == slo).collect();
        for window in of_slo.chunk_by(|one, other| one.window == other.window) {
            lines(&mut text, window);
        }
        for note in notes.iter().filter(|note| note.slo == slo) {
            let _ = writeln!(text, "  {}", inert::line(&note.text));
        }
    }
    if rows.iter().any(|row| row.period) {
        text += "\n* the period of the promise\n";
    }
    for (names, what) in
        [(&comparison.old_only, "only on the old side"), (&comparison.new_only, "only on the new side")]
    {
        if !names.is_empty() {
            let more = names.len().saturating_sub(NAMED);
            let shown: Vec<_> = names.iter().take(NAMED).map(|name| inert::line(name)).collect();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let _ = writeln!(text, "\nnot compared, {what}: {}{more}", shown.join(", "));
        }
    }
    let differ = rows.iter().filter(|row| row.differs).count();
    let _ = writeln!(
        text,
        "\n{} of {} ratios of {} SLO{} differ by more than {}, or are missing, at {address}",
        differ,
        rows.len(),
        comparison.slos(),
        if comparison.slos() == 1 { "" } else { "s" },
        percent(tolerance.0),
    );
    text
}

/// The rows of one window.
fn lines(text: &mut String, rows: &[&Row]) {
    let differ: Vec<&&Row> = rows.iter().filter(|row| row.differs).collect();
    let everywhere = |reason: &String| differ.iter().all(|row| row.reasons.contains(reason));
    let shared: Vec<&String> = match differ[..] {
        [first, _, ..] => first.reasons.iter().filter(|reason| everywhere(reason)).collect(),
        _ => Vec::new(),
    };
    for row in rows {
        let window = match row.period {
            true => format!("{} *", row.window),
            false => row.window.clone(),
        };
        let mark = if row.differs { "  differs" } else { "" };
        let line = format!(
            "  {window:<10} {:>12} {:>12} {:>12}{mark}",
            ratio_text(row.old),
            ratio_text(row.new),
            points_of_difference(row)
        );
        let labels =
            if row.labels.is_empty() { String::new() } else { format!("  {}", inert::line(&row.labels)) };
        let _ = writeln!(text, "{}{labels}", line.trim_end());
        for reason in row.reasons.iter().filter(|reason| !shared.contains(reason)) {
            let _ = writeln!(text, "    - {}", inert::line(reason));
        }
    }
    for reason in shared {
        let _ = writeln!(text, "    - all {} that differ: {}", differ.len(), inert::line(reason));
    }
}

#[derive(Serialize)]
struct Report<'a> {
    tolerance: String,
    slos: usize,
    differ: usize,
    ratios: Vec<Line<'a>>,
    notes: Vec<JsonNote<'a>>,
    old_only: &'a [String],
    new_only: &'a [String],
}

#[derive(Serialize)]
struct Line<'a> {
    slo: &'a str,
    labels: &'a str,
    window: &'a str,
    period: bool,
    old: Option<String>,
    new: Option<String>,
    differs: bool,
    reasons: &'a [String],
}

#[derive(Serialize)]
struct JsonNote<'a> {
    slo: &'a str,
    said: &'a str,
}

/// For programs. The names and meanings of fields do not change between releases; new fields may be added.
pub fn json(comparison: &Comparison, rows: &[Row], notes: &[Note], tolerance: Tolerance) -> String {
    let number = |ratio: Ratio| match ratio {
        Ratio::Of(ratio) => Some(ratio.normalize().to_string()),
        Ratio::Nothing | Ratio::Missing => None,
    };
    let report = Report {
        tolerance: percent(tolerance.0),
        slos: comparison.slos(),
        differ: rows.iter().filter(|row| row.differs).count(),
        ratios: rows
            .iter()
            .map(|row| Line {
                slo: &row.slo,
                labels: &row.labels,
                window: &row.window,
                period: row.period,
                old: number(row.old),
                new: number(row.new),
                differs: row.differs,
                reasons: &row.reasons,
            })
            .collect(),
        notes: notes.iter().map(|note| JsonNote { slo: &note.slo, said: &note.text }).collect(),
        old_only: &comparison.old_only,
        new_only: &comparison.new_only,
    };
    inert::pretty(&report)
}
