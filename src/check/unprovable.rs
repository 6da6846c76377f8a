//! SLIs and companion alerts for which slowburn finds no series for a test.

use super::always_fires::can_be_empty;
use super::{constant_condition, limit_in_other_unit, slos};
use crate::diagnostic::{Code, Problem};
use crate::facts::{Facts, Rules};
use crate::model::{Companion, NoSeries, Sli};
use crate::promql::ast::{Expr, Kind, Op, Selector};
use crate::promql::carried::ResultLabels;
use crate::promql::functions::COMPUTED;
use crate::promql::without_parens;

pub(super) fn check(facts: &Facts, rules: &Rules, problems: &mut Vec<Problem>) {
    let at_fault = super::own_series::at_fault(facts, rules);
    for alert in facts.model.services.iter().flat_map(|service| &service.alerts) {
        // An alert that always fires has its own problem, and so has one that never does.
        let Err(reason) = alert.stimulus else { continue };
        let is_reported = !can_be_empty(&alert.expr)
            || constant_condition::never_fires(alert)
            || at_fault.contains(&alert.places.expr)
            || limit_in_other_unit::is_in(&alert.expr);
        if !is_reported {
            problems.push(untested_alert(alert, reason));
        }
    }
    let is_right = |alert: &Companion| !at_fault.contains(&alert.places.expr);
    let unplayed = |service| (rules.unplayed)(facts.model, service, &is_right);
    for (alert, reason) in facts.services.iter().flat_map(unplayed) {
        problems.push(
            Problem::warning(
                Code::Unprovable,
                alert.places.expr,
                format!("slowburn cannot test `{}`", alert.name),
            )
            .label(reason)
            .help("test the alert by hand"),
        );
    }
    let model = facts.model;
    for (service, slo) in slos(model) {
        // Events that are all of one kind have their own problem.
        let Err(reason) = slo.stimulus else { continue };
        if super::bad_is_total::has_one_kind_of_events(model, service, slo)
            || super::filtered_away::is_so(slo)
            || constant_condition::of(slo).is_some()
            || super::no_timestamp::subtracts_time_twice(slo)
            || matches!(&slo.sli, Sli::Checked { good, .. } if limit_in_other_unit::is_in(good))
            || super::contract::bad_not_within_total::is_so(model, service, slo)
        {
            continue;
        }
        let help = match &slo.sli {
            Sli::Counted { .. } => "let `bad` select a part of what `total` selects",
            Sli::Checked { .. } => "write a comparison that some values pass and others fail",
            // The recorded series of its parts can be played.
            Sli::Journey { .. } => continue,
            Sli::Ratio { .. } => {
                "write a ratio that is 0 when all events are good and 1 when all are bad: `errors ÷ total`"
            }
        };
        let problem = Problem::warning(
            Code::Unprovable,
            slo.places.sli.beginning(),
            "the rules of this SLI cannot be tested",
        );
        if reason == NoSeries::LimitReached {
            problems.push(limit_reached(problem));
            continue;
        }
        let problem =
            problem.label("slowburn found no values that make one event good and another bad").help(help);
        let matches = matches!(&slo.sli, Sli::Checked { good, .. } if good.contains(has_two_sides));
        problems.push(if matches { problem.help(SIDES) } else { problem });
    }
}

/// What is often wrong with an operator between series.
const SIDES: &str = "if labels differ on the two sides of an operator, the sides do not match: sum both sides, or list the labels with `on (…)`";

/// Whether it matches series with other series.
fn has_two_sides(expr: &Expr) -> bool {
    let Kind::Binary(binary) = &expr.kind else { return false };
    let (left, right) = (binary.left.selectors(), binary.right.selectors());
    !left.is_empty() && !right.is_empty() && left.iter().any(|one| !right.contains(one))
}

/// All queries of a service share one search, so others may have used it up.
fn limit_reached(problem: Problem) -> Problem {
    problem
        .label("the search for values of its series was stopped: there are too many to try")
        .help("make this query simpler: use fewer operators and fewer patterns")
        .help("or first change the other queries of this service that cannot be tested: all of them share one limit")
}

fn untested_alert(alert: &Companion, reason: NoSeries) -> Problem {
    let problem = Problem::warning(
        Code::Unprovable,
        alert.places.expr,
        format!("slowburn found no values for which `{}` fires, or none for which it does not", alert.name),
    );
    if loses_bounds(&alert.expr) {
        return problem
            .label("`histogram_quantile` gets buckets without their bounds, and returns nothing")
            .help("keep the label `le`: `sum by (le) (rate(…))`");
    }
    if let Some(buckets) = bare_buckets(&alert.expr) {
        return problem
            .label("its buckets count since the start of the process")
            .help(format!("read those of the last minutes: `rate({buckets}[5m])`"));
    }
    if reason == NoSeries::LimitReached {
        return limit_reached(problem);
    }
    let problem = problem.label("so no test proves that it can fire");
    if let Some(function) = not_computed(&alert.expr) {
        return problem
            .help(format!("slowburn does not compute `{function}` for its tests: test the alert by hand"));
    }
    if let Some(advice) = compared(&alert.expr) {
        return problem.help(advice);
    }
    if alert.expr.calls("time") {
        return problem.help(
            "the tests begin in 1970, and for them the result depends on the date: test the alert by hand",
        );
    }
    let problem = if alert.expr.contains(has_two_sides) { problem.help(SIDES) } else { problem };
    problem.help(
        "the tests play series that keep a value, grow evenly or are missing: if the alert needs others, test it by hand",
    )
}

/// The first function or part whose result slowburn does not compute.
fn not_computed(expr: &Expr) -> Option<String> {
    let mut found = None;
    expr.visit(&mut |part| {
        let name = match &part.kind {
            Kind::Call { function, .. } if !COMPUTED.contains(&function.as_str()) => Some(function.clone()),
            Kind::Aggregate { op, param: Some(_), .. } => Some(op.clone()),
            Kind::Selector(selector) if selector.at.offset.is_some() => Some("offset".to_owned()),
            Kind::Subquery { .. } => Some("[…:]".to_owned()),
            _ => None,
        };
        found = found.take().or(name);
    });
    found
}

/// What to compare instead, for limits that hardly any value passes, or every one.
fn compared(expr: &Expr) -> Option<String> {
    let bare = without_parens(expr);
    let Kind::Binary(binary) = &bare.kind else { return None };
    let limit = binary.right.to_string();
    let is_number = limit.parse::<f64>().is_ok();
    match binary.op {
        Op::Eq | Op::Ne
            if is_number && limit.contains('.') && !matches!(binary.left.kind, Kind::Selector(_)) =>
        {
            Some(format!("a computed value is seldom exactly {limit}: compare with `<` or `>`"))
        }
        Op::Gt | Op::Ge if is_number && limit.starts_with('-') => Some(format!(
            "values from 0 on are all above {limit}: write the limit that tells that something is wrong"
        )),
        _ => None,
    }
}

/// The buckets that `histogram_quantile` reads without a range.
fn bare_buckets(expr: &Expr) -> Option<String> {
    let mut found = None;
    expr.visit(&mut |part| {
        let Kind::Call { function, args } = &part.kind else { return };
        let ranged = |part: &Expr| matches!(part.kind, Kind::Range { .. });
        if let Some(buckets) =
            args.get(1).filter(|arg| function == "histogram_quantile" && !arg.contains(ranged))
        {
            found = found.take().or(buckets.selectors().first().map(ToString::to_string));
        }
    });
    found
}

/// Whether buckets are summed over the label of their bounds.
fn loses_bounds(expr: &Expr) -> bool {
    expr.contains(|part| {
        let Kind::Call { function, args } = &part.kind else { return false };
        let Some(buckets) = args.get(1).filter(|_| function == "histogram_quantile") else { return false };
        let of_buckets =
            |selector: &&Selector| selector.name.as_ref().is_some_and(|name| name.ends_with("_bucket"));
        buckets.selectors().iter().any(of_buckets) && !ResultLabels::of(buckets).may_have("le")
    })
}
