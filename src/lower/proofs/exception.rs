//! The series that the query of `except` reads while an SLO is played: the query has no result, unless maintenance is played.

use super::batches::mixes;
use crate::model::{Except, Series, Slo};
use crate::promql::ast::Kind;

/// Whether it is known that the query has no result while events are played; otherwise the reason why not.
pub(super) fn playable(slo: &Slo) -> Result<(), &'static str> {
    let Some(except) = &slo.agreed.except else { return Ok(()) };
    if mixes(except, slo) {
        return Err("`except` reads the series that make its events good and bad");
    }
    if selects_others(except, slo) {
        return Err("`except` selects other values of a label of `by`, so it never holds for what is played");
    }
    match asks_for_absence(except) {
        true if except.stimulus.is_err() => {
            Err("slowburn found no series for which the query of `except` has no result")
        }
        true if except.expr.reads_ranges() && !is_plain(except) => {
            Err("`except` looks for the absence of a result that is read from a range")
        }
        _ => Ok(()),
    }
}

/// Whether a matcher of the query excludes the value of a kept label that is played.
fn selects_others(except: &Except, slo: &Slo) -> bool {
    let played = slo.stimulus.as_deref().unwrap_or_default();
    slo.by.iter().filter(|kept| except.on.iter().any(|on| on == kept.as_str())).any(|kept| {
        let (label, value) = (kept.label.as_str(), value_of(played, kept.label.as_str()));
        let selectors = except.expr.selectors();
        let matchers = selectors.iter().flat_map(|selector| selector.matchers.iter());
        matchers
            .filter(|matcher| matcher.label == label)
            .any(|matcher| matcher.asked().meets(&value) == Some(false))
    })
}

/// The series to play, with the labels of the promise under proof. A query that reads ranges has no result without series: with samples that are far
/// apart or few it might have one.
pub(super) fn series(slo: &Slo, stimulus: &[Series]) -> Vec<Series> {
    let Some(except) = &slo.agreed.except else { return Vec::new() };
    if except.expr.reads_ranges() && !asks_for_absence(except) {
        return Vec::new();
    }
    let named = |series: &Series| {
        let mut series = series.clone();
        for kept in slo.by.iter().filter(|kept| except.on.iter().any(|on| on == kept.as_str())) {
            series.labels.insert(kept.label.as_str().to_owned(), value_of(stimulus, kept.label.as_str()));
        }
        series
    };
    except.stimulus.iter().flatten().map(named).collect()
}

/// The value of a label in the series that are played.
pub(super) fn value_of(stimulus: &[Series], label: &str) -> String {
    stimulus.iter().find_map(|series| series.labels.get(label)).cloned().unwrap_or_default()
}

/// Whether the query may have a result without series.
fn asks_for_absence(except: &Except) -> bool {
    ["absent", "absent_over_time", "vector"].iter().any(|function| except.expr.calls(function))
}

/// Whether it reads ranges only as in `absent_over_time(up[5m])`, which has no result while the series exists.
fn is_plain(except: &Except) -> bool {
    let mut plain = true;
    except.expr.visit(&mut |part| match &part.kind {
        Kind::Subquery { .. } => plain = false,
        Kind::Call { function, args } if function != "absent_over_time" => {
            plain &= !args.iter().any(|arg| matches!(arg.kind, Kind::Range { .. }));
        }
        _ => {}
    });
    plain
}
