//! Exceptions that hold for any value of their series.

use super::always_fires::can_be_empty;
use super::fires_while_well::is_named_well;
use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::promql::ast::{Expr, Kind, Op};

/// Words that are not names of metrics.
const WORDS: [&str; 12] =
    ["true", "false", "yes", "no", "on", "off", "none", "always", "null", "sí", "si", "nunca"];

/// The metric of an exception that holds while all is well by its name, and the value that says so.
fn while_well(expr: &Expr) -> Option<(&str, &'static str)> {
    let Kind::Binary(binary) = &expr.kind else { return None };
    let (Kind::Selector(selector), Kind::Number(limit)) = (&binary.left.kind, &binary.right.kind) else {
        return None;
    };
    let is_zero = matches!((binary.op, limit.as_str()), (Op::Eq | Op::Le, "0") | (Op::Lt | Op::Ne, "1"));
    const PAUSES: [&str; 6] =
        ["maintenance", "mantenimiento", "deploying", "deployment", "migration", "downtime"];
    let name = selector.name.as_deref()?;
    if is_zero && name.split(['_', ':']).any(|word| PAUSES.contains(&word)) {
        return Some((name, "0"));
    }
    let is_one = matches!((binary.op, limit.as_str()), (Op::Eq | Op::Ge, "1") | (Op::Gt | Op::Ne, "0"));
    (is_one && is_named_well(name)).then_some((name, "1"))
}

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let mut seen = Vec::new();
    for except in slos(model).filter_map(|(_, slo)| slo.agreed.except.as_ref()) {
        if let Some((name, value)) = while_well(&except.expr).filter(|_| !seen.contains(&except.place)) {
            seen.push(except.place);
            let headline = format!("no event counts while `{name}` is {value}");
            let problem = Problem::warning(Code::NeverCounted, except.place, headline);
            problems.push(problem.label(format!("{value} says that all is well")).help(match value {
                "0" => {
                    let read = except.expr.selectors().first().map_or(name.to_owned(), ToString::to_string);
                    format!("write when events do not count: `{read} == 1`")
                }
                _ => "write when events do not count, such as `maintenance_active == 1`".to_owned(),
            }));
            continue;
        }
        if can_be_empty(&except.expr) || seen.contains(&except.place) {
            continue;
        }
        // A setting of several SLOs is one problem.
        seen.push(except.place);
        let problem = Problem::warning(
            Code::NeverCounted,
            except.place,
            "this query has a result at all times, so no event counts",
        );
        problems.push(match &except.expr.kind {
            Kind::Selector(_) if WORDS.contains(&except.text.to_lowercase().as_str()) => problem
                .label(format!("`{}` is read as the name of a metric", except.text))
                .help("write `except: never` if all events count")
                .help("write a query that has a result only during maintenance, such as `maintenance_active == 1`"),
            Kind::Selector(selector) if selector.name.as_ref().is_some_and(|name| name.ends_with("_total")) => problem
                .label("a counter does not end")
                .help("write a series that is 1 only during maintenance, such as `maintenance_active == 1`"),
            Kind::Selector(_) => problem.help(format!("compare it: `{} == 1`", except.text)),
            _ => {
                problem.help("compare it, so that the result is empty when there is no maintenance: `… == 1`")
            }
        });
    }
}
