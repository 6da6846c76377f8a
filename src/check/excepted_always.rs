//! Exceptions that hold for any value of their series.

use super::always_fires::can_be_empty;
use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::promql::ast::Kind;

/// Words that are not names of metrics.
const WORDS: [&str; 12] =
    ["true", "false", "yes", "no", "on", "off", "none", "always", "null", "sí", "si", "nunca"];

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let mut seen = Vec::new();
    for except in slos(model).filter_map(|(_, slo)| slo.agreed.except.as_ref()) {
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
            Kind::Selector(_) => problem.help(format!("compare it: `{} == 1`", except.text)),
            _ => {
                problem.help("compare it, so that the result is empty when there is no maintenance: `… == 1`")
            }
        });
    }
}
