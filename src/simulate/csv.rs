//! Counted events as an incident: rows of `time,good,bad`, each with the events since the previous row.

use std::fmt;

use jiff::Timestamp;

use super::incident::LONGEST;
use super::{Step, is_traffic};
use crate::vocabulary::{Decimal, Duration};

/// The most rows: one per second of a day, or one per minute of a quarter.
const MOST_ROWS: usize = 150_000;

/// The most events in a row.
const MOST_EVENTS: u64 = 1_000_000_000_000;

/// An error in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFault {
    /// Its line, from 1.
    pub line: usize,
    /// The error, and how to correct it.
    pub words: String,
}

impl fmt::Display for CsvFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// One row.
struct Row {
    /// Milliseconds since 1970 or any other moment.
    time: i64,
    /// Whether it is a date.
    dated: bool,
    good: u64,
    bad: u64,
    line: usize,
}

/// The content of a file of counted events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvCounts {
    /// The events until each evaluation, spread evenly between rows.
    pub steps: Vec<Step>,
    /// Events per second, on average.
    pub traffic: Decimal,
    /// When the first row's events begin, in seconds since 1970; `None` if the times have no date.
    pub date: Option<i64>,
}

/// Reads a file of counted events. The events of the first row are spread over the same time as those of the second.
///
/// # Errors
/// The first line that is not a valid row.
pub fn parse(text: &str, step: Duration) -> Result<CsvCounts, CsvFault> {
    let rows = rows(text)?;
    let [first, second, ..] = rows.as_slice() else { unreachable!("there are two rows") };
    let begin = first.time - (second.time - first.time);
    let last = rows.last().map_or(first.time, |row| row.time);
    let length = (last - begin) as u64;
    let mut steps = vec![Step { seen: true, ..Step::default() }; length.div_ceil(step.millis()) as usize];
    let mut from = 0;
    let mut total = Decimal::ZERO;
    for row in &rows {
        let to = (row.time - begin) as u64;
        let events = [Decimal::from(row.good) + Decimal::from(row.bad), Decimal::from(row.bad)];
        let per_second = events[0] * Decimal::from(1000) / Decimal::from(to - from);
        if !events[0].is_zero() && !is_traffic(&per_second) {
            let words = "these are more than a thousand million events a second: check the times";
            return Err(CsvFault { line: row.line, words: words.to_owned() });
        }
        total += events[0];
        for index in from / step.millis()..to.div_ceil(step.millis()) {
            let edges = (index * step.millis(), (index + 1) * step.millis());
            let share = Decimal::from(edges.1.min(to) - edges.0.max(from)) / Decimal::from(to - from);
            let happened = &mut steps[index as usize];
            happened.total += events[0] * share;
            happened.bad += events[1] * share;
        }
        from = to;
    }
    let traffic = total * Decimal::from(1000) / Decimal::from(length);
    Ok(CsvCounts { steps, traffic, date: first.dated.then_some(begin / 1000) })
}

fn rows(text: &str) -> Result<Vec<Row>, CsvFault> {
    let fault = |line: usize, words: String| CsvFault { line, words };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    match lines.next() {
        Some((_, "time,good,bad")) => {}
        Some((line, first)) => {
            let words = if first.split(',').any(|cell| cell.trim() == "total") {
                "the first line must be `time,good,bad`: good events are all events without the bad ones"
            } else if first.contains([';', '\t']) {
                "the first line must be `time,good,bad`, and values are separated by commas"
            } else if first.starts_with(|c: char| c.is_ascii_digit()) {
                "the first line must be `time,good,bad`: write it above the rows"
            } else {
                "the first line must be `time,good,bad`, in this order and with these names"
            };
            return Err(fault(line, words.to_owned()));
        }
        None => return Err(fault(1, "the file is empty: write `time,good,bad` first".to_owned())),
    }
    let mut rows: Vec<Row> = Vec::new();
    let mut end = 1;
    for (line, written) in lines {
        end = line;
        if written.is_empty() {
            continue;
        }
        let cells: Vec<&str> = written.split(',').map(str::trim).collect();
        let [time, good, bad] = cells[..] else {
            return Err(fault(
                line,
                format!(
                    "there are {} values, but three are needed: a time, good and bad events",
                    cells.len()
                ),
            ));
        };
        let dated = time.contains('-');
        let time = moment(time).ok_or_else(|| {
            fault(
                line,
                format!(
                    "`{}` is not a time: write seconds, or RFC 3339 such as `2026-11-22T21:05:00Z`",
                    clipped(time)
                ),
            )
        })?;
        let count = |written: &str| {
            let plain = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
            let count = plain.then(|| written.parse().ok()).flatten().filter(|count| *count <= MOST_EVENTS);
            count.ok_or_else(|| {
                fault(
                    line,
                    format!(
                        "`{}` is not a number of events: write a whole number, at most {MOST_EVENTS}",
                        clipped(written)
                    ),
                )
            })
        };
        let row = Row { time, dated, good: count(good)?, bad: count(bad)?, line };
        if let Some(before) = rows.last()
            && row.time <= before.time
        {
            return Err(fault(
                line,
                "this time is not later than the row before: sort rows by time, and write each time once"
                    .to_owned(),
            ));
        }
        let first = rows.first().map_or(row.time, |first| first.time);
        let next = rows.get(1).map_or(row.time, |next| next.time);
        if row.time.abs_diff(first) + next.abs_diff(first) > LONGEST.millis() {
            return Err(fault(line, format!("the rows cover more than {LONGEST}: remove some")));
        }
        if rows.len() == MOST_ROWS {
            return Err(fault(line, format!("there are more than {MOST_ROWS} rows: join some")));
        }
        rows.push(row);
    }
    if rows.len() < 2 {
        return Err(fault(
            end,
            "there are fewer than two rows, so the time between rows is not known".to_owned(),
        ));
    }
    Ok(rows)
}

/// Milliseconds since 1970, or since any other moment.
fn moment(written: &str) -> Option<i64> {
    if written.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        let seconds = Decimal::from_str_exact(written).ok()?;
        let millis = seconds.checked_mul(Decimal::from(1000))?;
        return i64::try_from(millis.round()).ok().filter(|millis| *millis < i64::MAX / 4);
    }
    written.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

fn clipped(written: &str) -> String {
    const SHOWN: usize = 40;
    let shown: String = written.chars().filter(|c| !c.is_control()).take(SHOWN).collect();
    if written.chars().count() > SHOWN { format!("{shown}…") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_spread_from_row_to_row() {
        let text = "time,good,bad\n60,60,0\n120,30,30\n";
        let CsvCounts { steps, traffic, date } = parse(text, Duration::from_secs(30)).expect("rows");
        let step =
            |total: i64, bad: i64| Step { total: Decimal::from(total), bad: Decimal::from(bad), seen: true };
        assert_eq!(steps, [step(30, 0), step(30, 0), step(30, 15), step(30, 15)]);
        assert_eq!((traffic, date), (Decimal::ONE, None));
        let dates = "time,good,bad\r\n2026-11-22T21:05:00Z,60,0\r\n2026-11-22T21:06:00Z,30,30\r\n";
        let dated = parse(dates, Duration::from_secs(30)).expect("rows");
        assert_eq!((dated.steps, dated.date), (steps, Some(1_795_381_440)));
    }

    #[test]
    fn faults_have_their_line() {
        let line = |text: &str| parse(text, Duration::from_secs(30)).expect_err(text).line;
        for (text, expected) in [
            ("", 1),
            ("when,good,bad\n", 1),
            ("time,good,bad\n1,2\n", 2),
            ("time,good,bad\n1,2,-3\n", 2),
            ("time,good,bad\nyesterday,2,3\n", 2),
            ("time,good,bad\n0,1,1\n0,1,1\n", 3),
            ("time,good,bad\n0,1,1\n", 2),
            ("time,good,bad\n0,1,1\n99999999999,1,1\n", 3),
            ("time,good,bad\n0,1,1\n1,99999999999999999999,1\n", 3),
            ("time,good,bad\n...,1,1\n", 2),
            ("time,good,bad\n0,0,0\n0.001,1000000000000,1000000000000\n", 3),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
    }
}
