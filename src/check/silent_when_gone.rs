//! Pages that stop firing when their series disappear, without another alert for that.

use std::collections::BTreeSet;

use super::fires_while_well;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Companion, MetricRead, Service};
use crate::promql::ast::{Binary, Expr, Kind, Op};
use crate::promql::{build, without_parens};
use crate::vocabulary::{Severity, is_named_up};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for service in model.services.iter().filter(|service| !service.alerts.is_empty()) {
        let has_missing_alert =
            service.missing_events.is_some() && service.slos.iter().any(|slo| slo.is_expected());
        let watched_series = WatchedSeries::of(service);
        for alert in &service.alerts {
            if let Some(meant) = counts_what_is_left(&alert.expr) {
                let headline = format!("`{}` does not fire when all of them are down", alert.name);
                problems.push(
                    Problem::warning(Code::SilentWhenGone, alert.places.expr, headline)
                        .label("if nothing passes the inner comparison, there is nothing to count, and no result")
                        .help(format!("sum values that are 0 or 1: `{meant}`")),
                );
                continue;
            }
            let matters = alert.severity == Severity::Page || alert.down;
            let watched = watched_series.include(alert);
            let of_every_job = fires_while_well::of_every_job(&alert.expr).is_some();
            if has_missing_alert && watched || !matters || !falls_silent(alert) || of_every_job {
                continue;
            }
            let problem = Problem::warning(
                Code::SilentWhenGone,
                alert.places.expr,
                format!("`{}` does not fire when its series disappear", alert.name),
            )
            .label("a target that Prometheus no longer knows has no series to compare");
            let problem = match alert.readings.first() {
                Some(reading) => {
                    let absent = build::call("absent", vec![reading.selector.clone().into()]);
                    problem.help(format!("add `or {absent}`"))
                }
                None => problem,
            };
            problems.push(match watched {
                true => problem.help("or be notified of missing events: remove `missing_events: off`"),
                false => problem,
            });
        }
    }
}

/// For `count(up == 1) < 2`, an expression that also has a result when none is up.
fn counts_what_is_left(expr: &Expr) -> Option<Expr> {
    let outer_expr = without_parens(expr);
    let Kind::Binary(outer) = &outer_expr.kind else { return None };
    let Kind::Aggregate { op, param: None, expr: inner, grouping } = &outer.left.kind else { return None };
    let compared = without_parens(inner);
    let Kind::Binary(compared) = &compared.kind else { return None };
    let is_filter = !compared.bool
        && matches!(compared.op, Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge)
        && matches!(compared.left.kind, Kind::Selector(_))
        && matches!(compared.right.kind, Kind::Number(_));
    let asks_for_few = matches!(outer.op, Op::Lt | Op::Le) && matches!(outer.right.kind, Kind::Number(_));
    if !is_filter || !asks_for_few {
        return None;
    }
    let is_up = matches!(&compared.left.kind, Kind::Selector(selector) if selector.name.as_deref().is_some_and(is_named_up));
    let counted: Expr = match op.as_str() {
        "count" => Binary { bool: true, ..(**compared).clone() }.into(),
        // The series that are up are 1.
        "sum" if is_up => compared.left.clone(),
        _ => return None,
    };
    let left = Expr {
        kind: Kind::Aggregate {
            op: "sum".to_owned(),
            param: None,
            expr: Box::new(counted),
            grouping: grouping.clone(),
        },
        ..outer.left.clone()
    };
    Some(Binary { left, ..(**outer).clone() }.into())
}

fn falls_silent(alert: &Companion) -> bool {
    alert.stimulus.as_ref().is_ok_and(|firing| firing.gone == Some(None))
}

/// The series that disappear together with the events of an SLO: then the alert for missing events covers them.
struct WatchedSeries<'a> {
    service: &'a str,
    /// The names and jobs of the SLOs' series.
    names: BTreeSet<&'a str>,
    jobs: BTreeSet<&'a str>,
}

impl<'a> WatchedSeries<'a> {
    fn of(service: &'a Service) -> Self {
        let expected = service.slos.iter().filter(|slo| slo.is_expected());
        let events = || expected.clone().flat_map(|slo| &slo.readings);
        Self {
            service: service.name.as_str(),
            names: events().filter_map(|event| event.selector.name.as_deref()).collect(),
            jobs: events().filter_map(|event| asked(event, "job")).collect(),
        }
    }

    fn include(&self, alert: &Companion) -> bool {
        alert.readings.iter().any(|reading| {
            let name = reading.selector.name.as_deref().unwrap_or_default();
            // The recorded series of the service are computed from those events.
            let is_recorded = name.starts_with("slo:") && asked(reading, "service") == Some(self.service);
            is_recorded
                || self.names.contains(name)
                || asked(reading, "job").is_some_and(|job| self.jobs.contains(job))
        })
    }
}

/// The only value of a label that is read.
fn asked<'a>(reading: &'a MetricRead, label: &str) -> Option<&'a str> {
    reading.selector.equal(label).map(|index| reading.selector.matchers[index].value.as_str())
}
