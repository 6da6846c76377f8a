//! The two ratios of a window, as queries.

use super::{Subject, Window};
use crate::foreign::{Ratio, Slo};
use crate::plan::RecordedRead;
use crate::promql::ast::{Expr, Kind, Selector, Time};
use crate::promql::build::{call, div, sum_by};
use crate::vocabulary::Duration;

/// Both recorded ratios.
pub fn ratios(subject: &Subject, window: &Window) -> Vec<String> {
    let old = old_series(subject, window).or_else(|| old_expr(subject, window));
    old.into_iter().chain([new_ratio(subject, window)]).collect()
}

fn ratio(theirs: &Slo, length: Duration) -> Option<&Ratio> {
    theirs.ratios.iter().find(|ratio| ratio.window == length)
}

/// Whether the old side has a ratio for a window.
pub fn has_ratio(theirs: &Slo, length: Duration) -> bool {
    ratio(theirs, length).is_some() || weighted(theirs, length).is_some()
}

/// The old recorded series.
pub fn old_series(subject: &Subject, window: &Window) -> Option<String> {
    if window.calendar.is_some() {
        return None;
    }
    Some(ratio(&subject.theirs, window.length)?.series.as_ref()?.to_string())
}

/// The old expression. If the window is not recorded, the expression of the shortest window, with this window in it.
pub fn old_expr(subject: &Subject, window: &Window) -> Option<String> {
    match ratio(&subject.theirs, window.length).filter(|_| window.calendar.is_none()) {
        Some(ratio) => ratio.expr.as_ref().map(Expr::to_string),
        None => weighted(&subject.theirs, window.length),
    }
}

/// The expression of the shortest window with another window in it, so that every event has the same weight.
pub fn weighted(theirs: &Slo, length: Duration) -> Option<String> {
    let shortest = theirs.ratios.iter().find(|ratio| !ratio.averaged && ratio.expr.is_some())?;
    let expr = shortest.expr.as_ref()?;
    let mut raw = true;
    expr.visit(&mut |part| {
        if let Kind::Range { range, .. } | Kind::Subquery { range, .. } = &part.kind {
            raw &= *range == Time::Fixed(shortest.window);
        }
    });
    let wide = expr.clone().map_times(&mut |time| match time {
        Time::Fixed(range) if range == shortest.window => Time::Fixed(length),
        other => other,
    });
    (raw && wide != *expr || shortest.window == length).then(|| wide.to_string())
}

/// The new ratio: the recorded one, or else the recorded counts summed over the window.
pub fn new_ratio(subject: &Subject, window: &Window) -> String {
    let slo = subject.ours.slo;
    if window.calendar.is_some() {
        return read(&slo.readings.period_ratio).to_string();
    }
    let mut known = slo
        .promise
        .tiers
        .iter()
        .zip(&slo.readings.tiers)
        .flat_map(|(tier, readings)| [(tier.long, &readings.long), (tier.short, &readings.short)]);
    if let Some((_, reading)) = known.find(|(length, _)| *length == window.length) {
        return read(reading).to_string();
    }
    if window.period {
        return read(&slo.readings.period_ratio).to_string();
    }
    let over = |selector: &Selector| {
        let mut by = vec!["service".to_owned(), "slo".to_owned()];
        by.extend(slo.promise.by.iter().cloned());
        sum_by(&by, call("sum_over_time", vec![selector.clone().range(window.length)]))
    };
    Expr::from(div(over(&slo.readings.counted_bad), over(&slo.readings.counted_total))).to_string()
}

fn read(reading: &RecordedRead) -> Expr {
    match reading.held {
        None => reading.series.clone().into(),
        Some(held) => call("last_over_time", vec![reading.series.clone().range(held)]),
    }
}
