//! Why two ratios of one window differ.

use super::questions::{new_ratio, old_expr, old_series, weighted};
use super::{Comparison, Ratio, Row, Subject, Tolerance, Window};
use crate::diff::foreign::metric_differences;
use crate::promql::ast::{Expr, Kind, Modifiers, Selector};
use crate::promql::build::{aggregate, call, sub, subquery, sum_by, unless};
use crate::secret;
use crate::vocabulary::{Decimal, Duration, percent_digits, text};

/// Limit for the raw selectors that are examined.
const SELECTORS: usize = 6;

/// Longest window in which resets are counted.
const RESETS: Duration = Duration::from_secs(3 * 86_400);

/// The queries about one window with a difference.
struct WindowQueries {
    /// The age of the first sample of each side in the window.
    old_age: Option<String>,
    new_age: String,
    /// The number of events that the new rules counted.
    events: String,
    /// The old ratio with the same weight for every event.
    weighted: Option<String>,
    /// For each raw selector: the events of new series that `increase` missed, and the resets.
    raw: Vec<(Option<String>, Option<String>)>,
}

fn asked(subject: &Subject, window: &Window) -> WindowQueries {
    let length = window.length;
    let (theirs, ours) = (subject.labels(), &subject.ours.slo.promise.by);
    let readings = &subject.ours.slo.readings;
    let series = |window: &Window| {
        let ratio = subject.theirs.ratios.iter().find(|ratio| ratio.window == window.length)?;
        ratio.series.clone()
    };
    // A mean of ratios is computed from the shortest one.
    let shortest = subject.theirs.ratios.first().and_then(|ratio| ratio.series.clone());
    let of_old =
        if is_averaged(subject, window) { shortest.or_else(|| series(window)) } else { series(window) };
    let raw = raw_selectors(subject).into_iter().map(|raw| {
        let born = born(&raw, length, &theirs).to_string();
        let resets = sum_by(&theirs, call("resets", vec![raw.clone().range(length)])).to_string();
        (Some(born), (length <= RESETS).then_some(resets))
    });
    WindowQueries {
        old_age: of_old.map(|series| age(&series, length, &theirs).to_string()),
        new_age: age(&readings.counted_total, length.max(Duration::from_secs(600)), ours).to_string(),
        events: sum_by(
            ours,
            call(
                "sum_over_time",
                vec![readings.counted_total.clone().range(length.max(Duration::from_secs(600)))],
            ),
        )
        .to_string(),
        weighted: is_averaged(subject, window).then(|| weighted(&subject.theirs, length)).flatten(),
        raw: raw.collect(),
    }
}

/// The age of the series' first sample in the window, in seconds; about a hundred moments are examined.
fn age(series: &Selector, length: Duration, by: &[String]) -> Expr {
    let step = Duration::from_millis((length.millis() / 100).max(15_000));
    let stamps = subquery(call("timestamp", vec![series.clone().into()]), length, Some(step));
    let first = aggregate("min", by, call("min_over_time", vec![stamps]));
    sub(call("time", Vec::new()), first).into()
}

/// `sum((x unless last_over_time(x[5m] offset 1h)) - increase(x[1h]))`: the initial values of series that appeared in the window, which `increase`
/// does not count.
fn born(raw: &Selector, length: Duration, by: &[String]) -> Expr {
    let before = call("last_over_time", vec![raw.clone().offset(length).range(Duration::from_secs(300))]);
    let new = unless(Expr::from(raw.clone()), before);
    sum_by(by, sub(Expr::from(new), call("increase", vec![raw.clone().range(length)])))
}

/// The counters in the old expressions.
fn raw_selectors(subject: &Subject) -> Vec<Selector> {
    let mut found: Vec<Selector> = Vec::new();
    let exprs =
        subject.theirs.ratios.iter().filter(|ratio| !ratio.averaged).filter_map(|ratio| ratio.expr.as_ref());
    for expr in exprs {
        expr.visit(&mut |part| {
            let Kind::Call { function, args } = &part.kind else { return };
            if !["rate", "increase", "irate"].contains(&function.as_str()) {
                return;
            }
            if let Some(Expr { kind: Kind::Range { selector: raw, .. }, .. }) = args.first() {
                let bare = Selector { at: Modifiers::default(), ..(**raw).clone() };
                if !found.contains(&bare) && found.len() < SELECTORS {
                    found.push(bare);
                }
            }
        });
    }
    found
}

fn is_averaged(subject: &Subject, window: &Window) -> bool {
    let ratio = subject.theirs.ratios.iter().find(|ratio| ratio.window == window.length);
    window.calendar.is_none() && ratio.is_some_and(|ratio| ratio.averaged)
}

/// All queries about a window.
pub fn questions(subject: &Subject, window: &Window) -> Vec<String> {
    let WindowQueries { old_age, new_age, events, weighted, raw } = asked(subject, window);
    let raw = raw.into_iter().flat_map(|(born, resets)| [born, resets]).flatten();
    old_age.into_iter().chain([new_age, events]).chain(weighted).chain(raw).collect()
}

/// The reasons for a difference that answers and expressions confirm.
pub fn reasons(
    all: &Comparison,
    subject: &Subject,
    window: &Window,
    row: &Row,
    tolerance: Tolerance,
) -> Vec<String> {
    let asked = asked(subject, window);
    let length = window.length;
    let promise = &subject.ours.slo.promise;
    let theirs = subject.labels();
    let of_old = |asked: &str| all.number(asked, &theirs, &row.key);
    let of_new = |asked: &str| all.number(asked, &promise.by, &row.key);
    let mut reasons = Vec::new();
    if row.old == Ratio::Missing {
        let series = old_series(subject, window);
        let expr = old_expr(subject, window);
        let refused = [&series, &expr].into_iter().flatten().find_map(|asked| all.refused.get(asked));
        reasons.push(match (refused, series) {
            (Some(why), _) => format!("the server does not answer for the old side: {}", secret::masked(why)),
            (None, Some(series)) => {
                let series = secret::masked(&series);
                format!("the server has no `{series}`, and the old expression has no result")
            }
            (None, None) => {
                "the old expression has no result: the server does not have its series".to_owned()
            }
        });
    }
    if row.new == Ratio::Missing {
        reasons.push(match all.refused.get(&new_ratio(subject, window)) {
            Some(why) => format!("the server does not answer for the new side: {}", secret::masked(why)),
            None => {
                "the new rules have not recorded it: they are not loaded, or not for long enough".to_owned()
            }
        });
    }
    // Less than nine tenths of the window is too short for a comparison.
    let young = |seconds: Decimal| {
        let enough = Decimal::from(length.millis()) * Decimal::new(9, 1) / Decimal::from(1000);
        let known = u64::try_from(seconds.trunc()).ok().map(Duration::from_secs)?;
        (seconds < enough).then_some(known)
    };
    if let Some(known) = asked.old_age.as_deref().and_then(of_old).and_then(young) {
        reasons.push(format!(
            "not enough history yet: the old rules have recorded {} of {length}",
            short(known)
        ));
    }
    if length >= Duration::from_secs(600)
        && let Some(known) = of_new(&asked.new_age).and_then(young)
    {
        reasons.push(format!(
            "not enough history yet: the new rules have counted for {} of {length}",
            short(known)
        ));
    }
    if row.old == Ratio::Missing || row.new == Ratio::Missing {
        return reasons;
    }
    reasons.extend(other_selectors(subject));
    if is_averaged(subject, window) {
        let mean = "the old ratio is a mean of ratios over shorter windows: a quiet hour has the same weight as a busy one";
        let weighted = asked.weighted.as_deref().and_then(of_old);
        reasons.push(match (weighted, row.new) {
            (Some(weighted), Ratio::Of(new)) => {
                let near = if tolerance.differs(weighted, new, promise.budget) {
                    ""
                } else {
                    ", as the new rules say"
                };
                format!("{mean}: by events it is {}{near}", shown(weighted))
            }
            _ => mean.to_owned(),
        });
    }
    let born: Vec<Decimal> = asked
        .raw
        .iter()
        .filter_map(|(born, _)| of_old(born.as_deref()?))
        .filter(|born| *born >= Decimal::ONE)
        .collect();
    if let Some(most) = born.iter().max() {
        reasons.push(format!(
            "new series in the window started with up to {} events, which `rate` and `increase` do not see",
            text(most.round_dp(0))
        ));
    }
    let resets = asked.raw.iter().filter_map(|(_, resets)| of_old(resets.as_deref()?)).max();
    if let Some(resets) = resets.filter(|resets| *resets >= Decimal::ONE) {
        reasons.push(format!(
            "counters restarted {} times in the window: the two sides estimate the events around a restart differently",
            text(resets.round_dp(0))
        ));
    }
    let events = of_new(&asked.events).filter(|events| *events > Decimal::ZERO);
    if let (Some(events), Ratio::Of(old), Ratio::Of(new)) = (events, row.old, row.new) {
        let apart = (new - old).abs() * events;
        if apart < Decimal::TWO {
            reasons.push(format!(
                "there are few events, {}: `increase` estimates fractions of events at the edges of a window",
                text(events.round_dp(0))
            ));
        }
    }
    if matches!((row.old, row.new), (Ratio::Nothing, _) | (_, Ratio::Nothing)) {
        reasons.push("one side counted no events in the window, so its ratio is 0 / 0".to_owned());
    }
    if reasons.is_empty() {
        reasons.push(
            "the reason is not known; evaluation intervals and scrape delays move the edges of a window"
                .to_owned(),
        );
    }
    reasons
}

fn other_selectors(subject: &Subject) -> Option<String> {
    let apart = metric_differences(&subject.theirs, subject.ours);
    const MOST_NAMES: usize = 4;
    let names: Vec<String> = apart.iter().take(MOST_NAMES).map(ToString::to_string).collect();
    (!names.is_empty()).then(|| format!("the two sides read different series: {}", names.join("; ")))
}

/// A rounded duration.
fn short(length: Duration) -> Duration {
    let unit = match length.secs() {
        0..600 => 1,
        600..86_400 => 60,
        _ => 3600,
    };
    Duration::from_secs(length.secs() / unit * unit)
}

/// A ratio for people.
pub fn shown(ratio: Decimal) -> String {
    percent_digits(ratio, 4)
}
