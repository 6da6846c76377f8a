//! Alerts that fire while their targets are up, and SLOs that are kept while they are down.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Behaviour, Series, Sli};
use crate::promql::ast::{Binary, Expr, Kind, Op};
use crate::vocabulary::Decimal;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for alert in model.services.iter().flat_map(|service| &service.alerts) {
        if let Some((Side::Above, left, meant)) = compared_time_left(&alert.expr) {
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    alert.places.expr,
                    format!("`{}` fires while `{left}` is large: long before it expires", alert.name),
                )
                .label("an alert says what is true while something is wrong")
                .help(format!("let it fire when little is left: `{meant}`")),
            );
        }
        let series = alert.stimulus.iter().flat_map(|firing| &firing.series);
        if let Some(name) = up_side_down(series) {
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    alert.places.expr,
                    format!("`{}` fires while `{name}` is 1, and does not fire while it is 0", alert.name),
                )
                .label("1 says that all is well")
                .help(format!("let it fire at 0: `{name} == 0`")),
            );
        }
    }
    for (_, slo) in slos(model) {
        if let Some((name, limit, meant)) = piles_up(&slo.sli) {
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    slo.places.sli.beginning(),
                    format!("this promise is kept while `{name}` is above {limit}, and broken below it"),
                )
                .label("a condition says what is true while all is well")
                .help(format!("write `condition: {meant}`")),
            );
        }
        if let Sli::Checked { good, .. } = &slo.sli
            && let Some((Side::Below, left, meant)) = compared_time_left(good)
        {
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    slo.places.sli.beginning(),
                    format!("this promise is kept while `{left}` is small: right before it expires"),
                )
                .label("a condition says what is true while all is well")
                .help(format!("write `condition: {meant}`")),
            );
        }
        if let Some(name) = up_side_down(slo.stimulus.iter().flatten()) {
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    slo.places.sli.beginning(),
                    format!("this promise is kept while `{name}` is 0, and broken while it is 1"),
                )
                .label("1 says that all is well")
                .help(format!("write what is true while all is well: `{name} == 1`")),
            );
        }
    }
}

/// The first metric with values 0 and 1 that is 0 in the good state and 1 in the bad one, if all changing series are like this.
fn up_side_down<'a>(series: impl Iterator<Item = &'a Series>) -> Option<&'a str> {
    let mut found = None;
    for one in series {
        match &one.behaviour {
            Behaviour::Stands { good, bad } if good == bad => {}
            Behaviour::Stands { good, bad }
                if *good == Decimal::ZERO && *bad == Decimal::ONE && is_named_well(&one.name) =>
            {
                found = found.or(Some(one.name.as_str()));
            }
            Behaviour::Counts { .. }
            | Behaviour::Observes
            | Behaviour::Counted { .. }
            | Behaviour::Stands { .. }
            | Behaviour::Grows { .. }
            | Behaviour::Exists { .. }
            | Behaviour::Ages { .. } => return None,
        }
    }
    found
}

/// The metric, the limit and the opposite of a condition that asks for a long queue, many failures or a large lag.
fn piles_up(sli: &Sli) -> Option<(&str, &str, String)> {
    const LENGTHS: [&str; 6] = ["length", "size", "depth", "messages", "jobs", "items"];
    const BAD: [&str; 7] = ["lag", "pending", "backlog", "errors", "failures", "failed", "waiting"];
    let Sli::Checked { good, .. } = sli else { return None };
    let Kind::Binary(binary) = &good.kind else { return None };
    let (Kind::Selector(selector), Kind::Number(limit)) = (&binary.left.kind, &binary.right.kind) else {
        return None;
    };
    let name = selector.name.as_deref()?;
    let mut words =
        name.rsplit(['_', ':', '.']).skip_while(|word| ["total", "count", "seconds"].contains(word));
    let last = words.next()?;
    let is_bad = BAD.contains(&last) || LENGTHS.contains(&last) && words.any(|word| word == "queue");
    // A queue may be meant not to be empty.
    let is_above = matches!(binary.op, Op::Gt | Op::Ge) && limit != "0";
    let opposite = Binary { op: binary.op.opposite(), ..(**binary).clone() };
    (is_bad && is_above).then(|| (name, limit.as_str(), Expr::from(opposite).to_string()))
}

/// The side of a limit for which a comparison is true.
enum Side {
    Below,
    Above,
}

/// For a comparison of the time that is left until something expires: the side, that time, and the opposite comparison.
fn compared_time_left(expr: &Expr) -> Option<(Side, String, String)> {
    let Kind::Binary(binary) = &expr.kind else { return None };
    let Kind::Binary(left) = &binary.left.kind else { return None };
    let Kind::Selector(selector) = &left.left.kind else { return None };
    let is_left = left.op == Op::Sub && left.right.calls("time") && expires(selector.name.as_deref()?);
    let side = match binary.op {
        Op::Lt | Op::Le => Side::Below,
        Op::Gt | Op::Ge => Side::Above,
        _ => return None,
    };
    let opposite = Binary { op: binary.op.opposite(), ..(**binary).clone() };
    is_left.then(|| (side, binary.left.to_string(), Expr::from(opposite).to_string()))
}

/// Whether a metric is the time at which something expires, by its name.
pub(super) fn expires(name: &str) -> bool {
    ["expir", "not_after", "notafter"].iter().any(|word| name.to_lowercase().contains(word))
}

/// Whether a metric is 1 in the good state, by its name.
pub(super) fn is_named_well(name: &str) -> bool {
    const WORDS: [&str; 5] = ["up", "success", "healthy", "ready", "reachable"];
    name.rsplit(['_', ':', '.']).next().is_some_and(|last| WORDS.contains(&last))
}
