//! A timeline as a small chart for terminals: the error ratio, and below it the state of each tier.

use super::{Span, Timeline};
use crate::vocabulary::{Decimal, Duration, percent_digits};

/// The style of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Characters in a line.
    pub width: usize,
    /// Whether characters outside of ASCII are allowed.
    pub unicode: bool,
}

impl Style {
    /// The dash between the ends of a span.
    pub(super) fn dash(self) -> &'static str {
        if self.unicode { " – " } else { " - " }
    }

    /// The characters from zero to a full line.
    fn levels(self) -> &'static [char] {
        match self.unicode {
            true => &[' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
            false => &[' ', '.', ':', '|'],
        }
    }

    /// The characters for idle, armed, pending and firing.
    fn states(self) -> [char; 4] {
        if self.unicode { ['·', '▒', '░', '█'] } else { ['.', '-', '+', '#'] }
    }
}

/// Lines of the error ratio.
const HEIGHT: usize = 4;

/// The smallest and the largest number of columns of the plot.
const COLUMNS: [usize; 2] = [20, 200];

/// The chart, from the beginning of the incident to the last change.
pub(super) fn chart(timeline: &Timeline, style: Style) -> String {
    let tiers: Vec<String> = timeline
        .tiers
        .iter()
        .map(|course| format!("{} {}", course.tier.severity, course.tier.long))
        .collect();
    let step = timeline.schedule.step.millis();
    let last = timeline.last_change().millis();
    let span = (last + last / 20).div_ceil(step).max(1) * step;
    let ratios = ratios(timeline);
    let highest = ratios.iter().take((span / step) as usize).copied().max().unwrap_or_default();
    let top = percent_digits(highest, 3);
    let gutter = tiers.iter().map(|name| name.chars().count()).chain([top.len(), 4]).max().unwrap_or(0) + 2;
    let columns = style.width.saturating_sub(gutter + 2).clamp(COLUMNS[0], COLUMNS[1]);
    // There are never more columns than evaluations.
    let columns = columns.min((span / step) as usize).max(1);
    let edges = |column: usize| {
        let edge = |column: usize| span * column as u64 / columns as u64;
        (edge(column), edge(column + 1))
    };
    let mut chart = String::new();
    let highs: Vec<Decimal> = (0..columns)
        .map(|column| {
            let (from, to) = edges(column);
            let evaluations = (from / step) as usize..(to.div_ceil(step) as usize).min(ratios.len());
            ratios.get(evaluations).unwrap_or_default().iter().copied().max().unwrap_or_default()
        })
        .collect();
    let levels = style.levels();
    let full = levels.len() - 1;
    for line in (0..HEIGHT).rev() {
        let label = match line {
            0 => "0%",
            line if line == HEIGHT - 1 => top.as_str(),
            _ => "",
        };
        let cells = highs.iter().map(|ratio| {
            let height = height(*ratio, highest, full * HEIGHT);
            levels[height.saturating_sub(line * full).min(full)]
        });
        push(&mut chart, gutter, label, cells);
    }
    for (name, course) in tiers.iter().zip(&timeline.tiers) {
        let states = style.states();
        let cells = (0..columns).map(|column| {
            let (from, to) = edges(column);
            let meets =
                |span: &Span| span.from.millis() < to && span.until.is_none_or(|until| until.millis() > from);
            match (&course.firing, &course.pending, &course.armed) {
                (firing, ..) if firing.iter().any(meets) => states[3],
                (_, pending, _) if pending.iter().any(meets) => states[2],
                (.., armed) if armed.iter().any(meets) => states[1],
                _ => states[0],
            }
        });
        push(&mut chart, gutter, name, cells);
    }
    push(&mut chart, gutter, "", axis(span, columns).into_iter());
    chart
}

/// Adds a line, without blanks at its end.
fn push(chart: &mut String, gutter: usize, label: &str, cells: impl Iterator<Item = char>) {
    let padding = " ".repeat(gutter - label.chars().count());
    let line = format!("  {label}{padding}{}", cells.collect::<String>());
    chart.push_str(line.trim_end());
    chart.push('\n');
}

/// The height of a ratio; every ratio above zero is visible.
fn height(ratio: Decimal, highest: Decimal, full: usize) -> usize {
    if ratio.is_zero() || highest.is_zero() {
        return 0;
    }
    let height = (ratio / highest * Decimal::from(full as u64)).round();
    usize::try_from(height).unwrap_or(full).clamp(1, full)
}

/// The error ratio of every evaluation.
fn ratios(timeline: &Timeline) -> Vec<Decimal> {
    let ratio = |counted: &Option<crate::plan::Counted>| match counted {
        Some(counted) if !counted.total.is_zero() => {
            (counted.bad / counted.total).clamp(Decimal::ZERO, Decimal::ONE)
        }
        Some(_) | None => Decimal::ZERO,
    };
    timeline.events.iter().map(ratio).collect()
}

/// Times below the chart, as many as fit.
fn axis(span: u64, columns: usize) -> Vec<char> {
    const MINUTES: [u64; 18] =
        [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 20_160, 40_320, 80_640, 161_280];
    const APART: u64 = 12;
    let most = (columns as u64 / APART).max(1);
    let every = MINUTES.into_iter().map(|minutes| minutes * 60_000).find(|every| span / every <= most);
    let every = every.unwrap_or(span);
    let mut line = vec![' '; columns];
    for tick in 0..=span / every {
        let at = (tick * every * columns as u64 / span) as usize;
        let text = match tick {
            0 => "0".to_owned(),
            tick => Duration::from_millis(tick * every).to_string(),
        };
        if at + text.len() <= columns {
            for (cell, c) in line[at..].iter_mut().zip(text.chars()) {
                *cell = c;
            }
        }
    }
    line
}
