//! Alerts on the absence of events over a range that also fire for series which are younger than the range.

use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::Companion;
use crate::promql::ast::{Expr, Kind, Op, Time};
use crate::vocabulary::Duration;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for alert in model.services.iter().flat_map(|service| &service.alerts) {
        let Some((function, range)) = too_little(&alert.expr) else { continue };
        if alert.hold.is_some_and(|hold| hold >= range) || reads_the_past(&alert.expr) {
            continue;
        }
        problems.push(to_problem(alert, function, range));
    }
}

/// The function and the range in which an alert finds too few events: `increase(x[1h]) == 0`. Ranges of a few scrapes are excluded, because they are
/// full soon.
fn too_little(expr: &Expr) -> Option<(&str, Duration)> {
    const LEAST: Duration = Duration::from_secs(900);
    match &expr.kind {
        Kind::Paren(inner) => too_little(inner),
        Kind::Binary(binary) => match binary.op {
            Op::And | Op::Or => too_little(&binary.left).or_else(|| too_little(&binary.right)),
            Op::Unless => too_little(&binary.left),
            Op::Lt | Op::Le => gained(&binary.left),
            Op::Gt | Op::Ge => gained(&binary.right),
            Op::Eq => gained(&binary.left).or_else(|| gained(&binary.right)),
            _ => None,
        },
        _ => None,
    }
    .filter(|(_, range)| *range >= LEAST)
}

/// The increase over the longest range, if it is compared itself or in a sum.
fn gained(expr: &Expr) -> Option<(&str, Duration)> {
    match &expr.kind {
        Kind::Paren(inner) => gained(inner),
        Kind::Aggregate { expr, .. } => gained(expr),
        Kind::Call { function, args } if ["increase", "rate", "changes"].contains(&function.as_str()) => {
            match &args.first()?.kind {
                Kind::Range { range: Time::Fixed(range), .. } => Some((function, *range)),
                _ => None,
            }
        }
        // A quotient of two increases is valid for any range.
        Kind::Binary(binary) if matches!(binary.op, Op::Mul | Op::Add) => {
            gained(&binary.left).into_iter().chain(gained(&binary.right)).max_by_key(|(_, range)| *range)
        }
        _ => None,
    }
}

/// Whether it reads the past with `offset`.
fn reads_the_past(expr: &Expr) -> bool {
    expr.selectors().iter().any(|selector| selector.at.offset.is_some())
}

fn to_problem(alert: &Companion, function: &str, range: Duration) -> Problem {
    let held = alert.hold.map_or("at once".to_owned(), |hold| format!("after {hold}"));
    // A longer `for` is not realistic, and its proof could not be played.
    const LONGEST: Duration = Duration::from_secs(86_400);
    Problem::warning(
        Code::FiresWhenNew,
        alert.places.expr,
        format!("`{}` fires for series that are younger than {range}", alert.name),
    )
    .label(format!(
        "a new series has little history, so `{function}` is too small, and the alert fires {held}"
    ))
    .help(match range <= LONGEST {
        true => format!("write a shorter range and a longer `for`: `{function}(…[5m])`, and `for: {range}`"),
        false => format!("require that the series existed before: `… and … offset {range}`"),
    })
}
