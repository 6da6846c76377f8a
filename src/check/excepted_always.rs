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

/// The metric of an exception that holds while it is 1, which by its name says that all is well.
fn while_well(expr: &Expr) -> Option<&str> {
    let Kind::Binary(binary) = &expr.kind else { return None };
    let (Kind::Selector(selector), Kind::Number(limit)) = (&binary.left.kind, &binary.right.kind) else {
        return None;
    };
    let is_one = matches!((binary.op, limit.as_str()), (Op::Eq | Op::Ge, "1") | (Op::Gt | Op::Ne, "0"));
    selector.name.as_deref().filter(|name| is_one && is_named_well(name))
}

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let mut seen = Vec::new();
    for except in slos(model).filter_map(|(_, slo)| slo.agreed.except.as_ref()) {
        if let Some(name) = while_well(&except.expr).filter(|_| !seen.contains(&except.place)) {
            seen.push(except.place);
            let headline = format!("no event counts while `{name}` is 1");
            let problem = Problem::warning(Code::NeverCounted, except.place, headline);
            problems.push(
                problem
                    .label("1 says that all is well")
                    .help("write when events do not count, such as `maintenance_active == 1`"),
            );
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
