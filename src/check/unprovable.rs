//! SLIs for which no outage can be invented, and companion alerts that nothing seems to make fire.

use super::always_fires::can_be_empty;
use super::{beginning, slos};
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::lower;
use crate::model::{Companion, Sli};
use crate::promql::ast::{Expr, Kind, Selector};
use crate::promql::carried::Carried;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    let at_fault = super::own_series::at_fault(facts);
    for alert in facts.model.services.iter().flat_map(|service| &service.alerts) {
        // What always fires is a fault of its own.
        if alert.stimulus.is_none() && can_be_empty(&alert.expr) && !at_fault.contains(&alert.places.expr) {
            problems.push(unplayed(alert));
        }
    }
    for (alert, reason) in facts.services.iter().flat_map(|service| lower::unplayed(facts.model, service)) {
        if at_fault.contains(&alert.places.expr) {
            continue;
        }
        problems.push(
            Problem::warning(
                Code::Unprovable,
                alert.places.expr,
                format!("`{}` cannot be played", alert.name),
            )
            .label(reason)
            .help("watch it fire once yourself"),
        );
    }
    let model = facts.model;
    for (service, slo) in slos(model) {
        // Events that are all of one kind are a fault of their own.
        if slo.stimulus.is_some()
            || super::bad_is_total::is_all(model, service, slo)
            || super::filtered_away::is_so(slo)
            || super::no_timestamp::is_twice(slo)
        {
            continue;
        }
        let help = match &slo.sli {
            Sli::Counted { .. } => "let `bad` select a part of what `total` selects",
            Sli::Checked { .. } => "compare so that some value is good and another is bad",
            // What is recorded of its parts can be played.
            Sli::Journey { .. } => continue,
            Sli::Ratio { .. } => "let it be 0 when all is well and 1 when nothing is: `errors ÷ total`",
        };
        problems.push(
            Problem::warning(
                Code::Unprovable,
                beginning(slo.places.sli),
                "no outage could be invented to prove the rules of this SLI",
            )
            .label("no series were found that make one event good and another bad")
            .help(help),
        );
    }
}

fn unplayed(alert: &Companion) -> Problem {
    let problem = Problem::warning(
        Code::Unprovable,
        alert.places.expr,
        format!("no series were found that make `{}` fire, and others that do not", alert.name),
    );
    if loses_bounds(&alert.expr) {
        return problem
            .label("`histogram_quantile` is given buckets without their bounds, and answers nothing")
            .help("keep the label `le`: `sum by (le) (rate(…))`");
    }
    problem
        .label("so nothing proves that it ever does")
        .help(
            "labels that differ on the two sides of an operator match nothing: sum both sides, or say which labels count with `on (…)`",
        )
        .help("or the expression is beyond what is seen through: then watch it fire once yourself")
}

/// Whether buckets are summed over the label that tells them apart.
fn loses_bounds(expr: &Expr) -> bool {
    let mut loses = false;
    expr.visit(&mut |part| {
        let Kind::Call { function, args } = &part.kind else { return };
        let Some(buckets) = args.get(1).filter(|_| function == "histogram_quantile") else { return };
        let of_buckets =
            |selector: &&Selector| selector.name.as_ref().is_some_and(|name| name.ends_with("_bucket"));
        loses |= buckets.selectors().iter().any(of_buckets) && !Carried::of(buckets).may_have("le");
    });
    loses
}
