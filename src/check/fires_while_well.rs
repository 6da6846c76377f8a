//! Alerts that fire while their targets are up, and SLOs that are kept while they are down.

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Behaviour, MetricRead, Series, Service, Sli};
use crate::promql::ast::{Binary, Expr, Kind, MatchOp, Op, Selector};
use crate::promql::without_parens;
use crate::vocabulary::Decimal;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let alerts =
        model.services.iter().flat_map(|service| service.alerts.iter().map(move |alert| (service, alert)));
    for (service, alert) in alerts {
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
        if let Some((what, meant)) = compared_below(&alert.expr) {
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    alert.places.expr,
                    format!("`{}` fires while {what} is small", alert.name),
                )
                .label("an alert says what is true while something is wrong")
                .help(format!("let it fire when it is large: `{meant}`")),
            );
            continue;
        }
        if let Some(name) = of_every_job(&alert.expr) {
            let job = job_of(service).unwrap_or(service.name.as_str());
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    alert.places.expr,
                    match alert.expr.calls("absent") {
                        true => format!("`{}` does not fire while a target of any job is up", alert.name),
                        false => {
                            format!("`{}` fires for every target that is down, whatever its job", alert.name)
                        }
                    },
                )
                .label(format!("`{name}` without labels is a series of each target that Prometheus has"))
                .help(format!("select the targets of this service: `{name}{{job=\"{job}\"}}`")),
            );
            continue;
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
                .help(format!("let it fire at 0: `{} == 0`", selected(&alert.readings, name))),
            );
        }
    }
    for (_, slo) in slos(model) {
        if let Some((what, limit, meant)) = piles_up(&slo.sli) {
            problems.push(
                Problem::warning(
                    Code::FiresWhileWell,
                    slo.places.sli.beginning(),
                    format!("this promise is kept while {what} is above {limit}, and broken below it"),
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
                .help(format!(
                    "write what is true while all is well: `{} == 1`",
                    selected(&slo.readings, name)
                )),
            );
        }
    }
}

/// The selector of a metric as it is read.
fn selected(readings: &[MetricRead], name: &str) -> String {
    let of = |reading: &&MetricRead| reading.selector.name.as_deref() == Some(name);
    readings.iter().find(of).map_or(name.to_owned(), |reading| reading.selector.to_string())
}

/// The metric of a comparison such as `up == 0` that reads the targets of all jobs.
pub(super) fn of_every_job(expr: &Expr) -> Option<&str> {
    let is_plain = expr.calls("absent")
        || matches!(&expr.kind, Kind::Binary(binary) if matches!(binary.left.kind, Kind::Selector(_)));
    if !is_plain || expr.contains(|part| matches!(part.kind, Kind::Aggregate { .. })) {
        return None;
    }
    let mut found = None;
    for selector in expr.selectors() {
        let name = selector.name.as_deref()?;
        let is_up = name == "up" && selector.matchers.is_empty();
        found = found.or(is_up.then_some(name));
        if !is_up {
            return None;
        }
    }
    found
}

/// The job whose series the SLOs of a service read.
fn job_of(service: &Service) -> Option<&str> {
    let matchers = service
        .slos
        .iter()
        .flat_map(|slo| &slo.readings)
        .flat_map(|reading| reading.selector.matchers.iter());
    matchers
        .into_iter()
        .find(|matcher| matcher.label == "job" && matcher.op == MatchOp::Equal)
        .map(|matcher| matcher.value.as_str())
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

/// What is compared, the limit and the opposite of a condition that asks for a long queue, many failures, a large lag or slow answers.
fn piles_up(sli: &Sli) -> Option<(String, &str, String)> {
    let Sli::Checked { good, .. } = sli else { return None };
    let Kind::Binary(binary) = &good.kind else { return None };
    let Kind::Number(limit) = &binary.right.kind else { return None };
    // A queue may be meant not to be empty.
    if !matches!(binary.op, Op::Gt | Op::Ge) || limit == "0" {
        return None;
    }
    let what = bad_when_large(&binary.left)?;
    let opposite = Binary { op: binary.op.opposite(), ..(**binary).clone() };
    Some((what, limit.as_str(), Expr::from(opposite).to_string()))
}

/// What is compared, and the opposite of a comparison that is true while a value is small that is bad when it is large.
fn compared_below(expr: &Expr) -> Option<(String, String)> {
    let Kind::Binary(binary) = &expr.kind else { return None };
    let is_below = matches!(binary.op, Op::Lt | Op::Le) && matches!(binary.right.kind, Kind::Number(_));
    if !is_below || matches!(binary.left.kind, Kind::Selector(_)) {
        return None;
    }
    let what = bad_when_large(&binary.left)?;
    let opposite = Binary { op: binary.op.opposite(), ..(**binary).clone() };
    Some((what, Expr::from(opposite).to_string()))
}

/// The text of a value that is bad when it is large, by the names of its metrics.
fn bad_when_large(expr: &Expr) -> Option<String> {
    const SLOW: [&str; 3] = ["latency", "delay", "staleness"];
    const USED: [&str; 3] = ["used", "usage", "utilization"];
    const SHARES: [&str; 3] = ["percent", "ratio", "rate"];
    const LENGTHS: [&str; 6] = ["length", "size", "depth", "messages", "jobs", "items"];
    const BAD: [&str; 7] = ["lag", "pending", "backlog", "errors", "failures", "failed", "waiting"];
    let is_bad = |name: &str| {
        let mut words =
            name.rsplit(['_', ':', '.']).skip_while(|word| ["total", "count", "seconds"].contains(word));
        let last = words.next().unwrap_or_default();
        BAD.contains(&last)
            || LENGTHS.contains(&last) && words.clone().any(|word| word == "queue")
            || SLOW.contains(&last)
            || SHARES.contains(&last)
                && words.any(|word| USED.contains(&word) || BAD.contains(&word) || word == "error")
    };
    let expr = without_parens(expr);
    let text = |otherwise: &str| {
        let text = Some(expr.to_string()).filter(|text| text.len() <= 80);
        Some(text.map_or(otherwise.to_owned(), |text| format!("`{text}`")))
    };
    let of_bad = |expr: &Expr| {
        let selectors = expr.selectors();
        !selectors.is_empty()
            && selectors
                .iter()
                .all(|selector| selector.name.as_deref().is_some_and(is_bad) || counts_errors(selector))
    };
    match &expr.kind {
        Kind::Selector(selector) => {
            selector.name.as_deref().filter(|name| is_bad(name)).map(|name| format!("`{name}`"))
        }
        Kind::Call { function, .. } if function == "histogram_quantile" => text("the quantile"),
        Kind::Call { function, .. } if ["rate", "increase"].contains(&function.as_str()) && of_bad(&expr) => {
            text("the number of errors")
        }
        Kind::Aggregate { op, .. } if op == "sum" && of_bad(&expr) => text("the number of errors"),
        Kind::Binary(binary) if binary.op == Op::Div && of_bad(&binary.left) && !of_bad(&binary.right) => {
            text("the error ratio")
        }
        _ => None,
    }
}

/// Whether a selector reads only events with a status of an error.
fn counts_errors(selector: &Selector) -> bool {
    selector.matchers.iter().any(|matcher| {
        let is_status = ["status", "code", "status_code", "http_status"].contains(&matcher.label.as_str());
        is_status && matches!(matcher.op, MatchOp::Equal | MatchOp::Matches) && matcher.value.starts_with('5')
    })
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
