//! Timestamps and lengths of time that are confused: the age of a duration, of a time in milliseconds or in the future; a timestamp that is
//! compared with a duration.

use super::contract::{Reader, report};
use super::fires_while_well::expires;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{MetricRead, Sli, Slo};
use crate::promql::ast::{Expr, Kind, Op, Selector};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for reader in model.services.iter().flat_map(Reader::all) {
        let Some(expr) = reader.expr() else { continue };
        let reading_of =
            |selector: &Selector| reader.readings().iter().find(|reading| reading.selector == *selector);
        if let Reader::Slo(_) = reader
            && let Some(selector) = age_of_an_end(expr)
            && let Some(reading) = reading_of(selector)
        {
            let name = selector.name.as_deref().unwrap_or_default();
            let headline = format!("`{name}` is in the future, so its age is below zero and never too large");
            let problem = Problem::warning(Code::NoTimestamp, reading.name, headline);
            report(
                problems,
                reader,
                problem.help(format!(
                    "say how much time must be left: `condition: {selector} - time() > 86400`"
                )),
            );
            continue;
        }
        expr.visit(&mut |part| {
            if let Some(selector) = compared_as_a_length(part)
                && let Some(reading) = reading_of(selector)
            {
                let name = selector.name.as_deref().unwrap_or_default();
                let headline = format!("`{name}` is seconds since 1970, and always far above this limit");
                let problem = Problem::warning(Code::NoTimestamp, reading.name, headline);
                let (left, age) = (format!("{selector} - time()"), format!("time() - {selector}"));
                report(
                    problems,
                    reader,
                    problem.help(match expires(name) {
                        true => format!("compare the time that is left: `{left}`"),
                        false => format!("compare its age: `{age}`"),
                    }),
                );
            }
            let Some(moment) = subtracted_from_now(part) else { return };
            let named = |reading: &&MetricRead| moment.selectors().contains(&&reading.selector);
            let Some(reading) = reader.readings().iter().find(named) else { return };
            if let Some(problem) = timestamp_fault(moment, reading) {
                report(problems, reader, problem);
            }
        });
    }
}

/// Whether the age of an age is computed.
pub(super) fn subtracts_time_twice(slo: &Slo) -> bool {
    let Sli::Checked { good, .. } = &slo.sli else { return false };
    good.contains(|part| subtracted_from_now(part).is_some_and(|moment| moment.calls("time")))
}

/// The `x` of `time() - x < limit`, if it is by its name the time at which something ends.
fn age_of_an_end(expr: &Expr) -> Option<&Selector> {
    let Kind::Binary(binary) = &expr.kind else { return None };
    let Kind::Selector(selector) = &subtracted_from_now(&binary.left)?.kind else { return None };
    let is_limit = matches!(&binary.right.kind, Kind::Number(limit) if limit != "0");
    let is_young = matches!(binary.op, Op::Lt | Op::Le);
    let is_end = selector.name.as_deref().is_some_and(expires);
    (is_limit && is_young && is_end).then_some(&**selector)
}

/// A timestamp that is compared with a length such as `86400 * 14`.
fn compared_as_a_length(part: &Expr) -> Option<&Selector> {
    let Kind::Binary(binary) = &part.kind else { return None };
    let Kind::Selector(selector) = &binary.left.kind else { return None };
    let is_moment =
        selector.name.as_deref().is_some_and(|name| name.split('_').any(|word| word == "timestamp"));
    let is_length = |expr: &Expr| {
        !expr.contains(|part| match &part.kind {
            // 1e8 is in 1973.
            Kind::Number(number) => {
                number.len() > 8 || number.contains(['e', 'E', 'x', 'X']) || number == "0"
            }
            Kind::Binary(inner) => !matches!(inner.op, Op::Mul | Op::Add | Op::Sub | Op::Div),
            Kind::Paren(_) => false,
            _ => true,
        })
    };
    let compares = matches!(binary.op, Op::Gt | Op::Ge | Op::Lt | Op::Le);
    (compares && is_moment && is_length(&binary.right)).then_some(&**selector)
}

/// The `x` in `time() - x`.
fn subtracted_from_now(part: &Expr) -> Option<&Expr> {
    let Kind::Binary(binary) = &part.kind else { return None };
    let is_now = |expr: &Expr| matches!(&expr.kind, Kind::Call { function, .. } if function == "time");
    (binary.op == Op::Sub && is_now(&binary.left)).then_some(&binary.right)
}

fn timestamp_fault(moment: &Expr, reading: &MetricRead) -> Option<Problem> {
    let is_quotient =
        |part: &Expr| matches!(&part.kind, Kind::Binary(binary) if matches!(binary.op, Op::Div | Op::Mul));
    let divided = moment.contains(is_quotient);
    let selector = Selector { at: Default::default(), ..reading.selector.clone() };
    if moment.calls("time") {
        return Some(
            Problem::error(Code::NoTimestamp, reading.place, "the age is computed twice")
                .label("`freshness` already subtracts the timestamp from the time")
                .help(format!("write only the timestamp: `{selector}`")),
        );
    }
    let name = reading.selector.name.as_deref()?;
    let words: Vec<String> = name.split(['_', ':', '.']).map(str::to_lowercase).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    // `timestamp(x)` returns a timestamp for any metric.
    if matches!(&moment.kind, Kind::Call { function, .. } if function == "timestamp") {
        return None;
    }
    if ["_total", "_count", "_bucket"].iter().any(|end| name.ends_with(end))
        && matches!(moment.kind, Kind::Selector(_))
    {
        return Some(
            Problem::warning(
                Code::NoTimestamp,
                reading.name,
                format!("by its name `{name}` counts events, and is not a point in time"),
            )
            .label("`time() -` needs seconds since 1970")
            .help("read the metric with the time of the last success, such as `backup_last_success_timestamp_seconds`"),
        );
    }
    if has(&["ms", "msec", "millis", "milliseconds"]) && !divided {
        return Some(
            Problem::warning(
                Code::NoTimestamp,
                reading.name,
                format!("`{name}` is in milliseconds, and the time is in seconds"),
            )
            .label("so it is thousands of years in the future, and never too old")
            .help(format!("divide it: `{selector} / 1000`")),
        );
    }
    const OF_TIME: [&str; 18] = [
        "timestamp",
        "time",
        "created",
        "modified",
        "updated",
        "epoch",
        "unixtime",
        "date",
        "last",
        "since",
        "at",
        "start",
        "started",
        "end",
        "ended",
        "expiry",
        "after",
        "before",
    ];
    const OF_LENGTH: [&str; 9] =
        ["seconds", "duration", "age", "lag", "delay", "latency", "elapsed", "uptime", "interval"];
    if has(&OF_LENGTH[1..]) && !has(&["timestamp"]) || has(&OF_LENGTH) && !has(&OF_TIME) {
        return Some(
            Problem::warning(
                Code::NoTimestamp,
                reading.name,
                format!("by its name `{name}` is a duration, not a point in time"),
            )
            .label("`freshness` reads seconds since 1970: this one would look decades old")
            .help(format!("compare the duration itself, in a `condition` such as `{selector} < 60`")),
        );
    }
    None
}
