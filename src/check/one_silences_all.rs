//! Alerts with `down` that fire for each of several targets: one failed target silences the alerts of all others.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Problem, few};
use crate::facts::Facts;
use crate::model::Companion;
use crate::promql::ast::{Expr, Kind, Op};
use crate::promql::build::{call, eq, number};
use crate::vocabulary::Name;

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    let whole = facts.model.project.dependencies.iter().filter(|need| need.slo.is_none());
    let needed: BTreeSet<&Name> = whole.map(|need| &need.on).collect();
    for facts in &facts.services {
        let service = facts.service;
        let is_needed = needed.contains(&service.name);
        if service.slos.is_empty() && !is_needed {
            continue;
        }
        for (alert, known) in facts.companions.iter().filter(|(alert, _)| alert.down) {
            let distinguishing = &known.distinguishing;
            if distinguishing.is_empty() {
                continue;
            }
            let what = if is_needed { "the service and all that needs it" } else { "the service's SLOs" };
            let labels = few(distinguishing);
            problems.push(
                Problem::warning(
                    Code::OneSilencesAll,
                    alert.places.expr,
                    format!("`{}` fires once per {labels}, and a single one silences {what}", alert.name),
                )
                .label("each of these alerts says that everything is down")
                .help(match together(alert) {
                    Some(together) => format!("let it fire only when all of them are down: `{together}`"),
                    None => "let it fire once, for all of them together: `absent(… == 1)`, or compare a sum"
                        .to_owned(),
                })
                .help("or remove `down: true`: then this alert silences no other alert"),
            );
        }
    }
}

/// The same condition for all targets together, if the expression looks for 0, alone or with an alternative for missing series.
fn together(alert: &Companion) -> Option<Expr> {
    let expr = match &alert.expr.kind {
        Kind::Binary(binary) if binary.op == Op::Or && is_absent(&binary.right) => &binary.left,
        _ => &alert.expr,
    };
    let Kind::Binary(binary) = &expr.kind else { return None };
    let (Op::Eq, Kind::Selector(selector), Kind::Number(zero)) =
        (binary.op, &binary.left.kind, &binary.right.kind)
    else {
        return None;
    };
    (zero == "0").then(|| call("absent", vec![eq((**selector).clone(), number("1")).into()]))
}

fn is_absent(expr: &Expr) -> bool {
    matches!(&expr.kind, Kind::Call { function, .. } if function == "absent")
}
