//! Labels of alerts that overwrite a label in which the results of a companion alert differ: the rules make one alert of them, and it does not say
//! which of them fails.

use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{Companion, Model, Service};
use crate::promql::ast::{Expr, Kind, Selector};
use crate::promql::carried::ResultLabels;
use crate::promql::origin::{fixed, origins};

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    let model = facts.model;
    for facts in &facts.services {
        let service = facts.service;
        for (companion, alert) in &facts.companions {
            let saved =
                |label: &str| copies(&companion.expr, label).any(|copy| !alert.labels.contains_key(copy));
            let lost = |label: &&String| overwrites(model, service, companion, label) && !saved(label);
            problems.extend(alert.labels.keys().filter(lost).map(|label| to_problem(companion, label)));
        }
    }
}

fn to_problem(companion: &Companion, label: &str) -> Problem {
    let written: Vec<_> = companion.places.labels.iter().filter(|(name, _)| name == label).collect();
    let headline = match written.is_empty() {
        true => format!("every alert has a label `{label}`, and it overwrites the one of this expression"),
        false => format!("the constant label `{label}` overwrites the one of this expression"),
    };
    let problem = Problem::error(Code::ReservedLabel, companion.places.expr, headline).label(
        "results that differ only in this label become one alert, and it does not say which of them fails",
    );
    let problem = written
        .iter()
        .fold(problem, |problem, (_, place)| problem.and(*place, "every alert would have this value"));
    let drop = match ResultLabels::of(&companion.expr) {
        ResultLabels::Among(_) => "drop it from `by`".to_owned(),
        ResultLabels::AllBut(_) => format!("select one value of it, or drop it: `max without ({label}) (…)`"),
    };
    match written.is_empty() {
        true => problem.help(drop).help(format!(
            "or copy it to another label first: `label_replace(…, \"of_{label}\", \"$1\", \"{label}\", \"(.*)\")`"
        )),
        false => problem.help(format!("remove it, or give it another name, or {drop}")),
    }
}

/// Whether two results may differ in a label that the alert overwrites.
fn overwrites(model: &Model, service: &Service, companion: &Companion, label: &str) -> bool {
    let expr = &companion.expr;
    // The result of `absent` is one series.
    if matches!(&expr.kind, Kind::Call { function, .. } if function.starts_with("absent")) {
        return false;
    }
    let carried = ResultLabels::of(expr);
    if !carried.may_have(label) || fixed(expr, label).is_some() {
        return false;
    }
    match &carried {
        ResultLabels::Among(_) => true,
        ResultLabels::AllBut(_) => {
            // The label `instance` distinguishes targets as long as the result has it.
            let targets = &model.project.prometheus.target_labels;
            let of_target = !carried.may_have("instance") && targets.iter().any(|it| it.as_str() == label);
            of_target || origins(expr).into_iter().any(|selector| differ(model, service, selector, label))
        }
    }
}

/// The kept labels into which an expression copies another one.
fn copies<'e>(expr: &'e Expr, label: &str) -> impl Iterator<Item = &'e String> {
    let carried = ResultLabels::of(expr);
    let mut copies = Vec::new();
    expr.visit(&mut |part| {
        let Kind::Call { function, args } = &part.kind else { return };
        let is = |arg: &Expr| matches!(&arg.kind, Kind::String(text) if text == label);
        let reads = match function.as_str() {
            "label_replace" => args.get(3).is_some_and(is),
            "label_join" => args.iter().skip(3).any(is),
            _ => false,
        };
        if let (true, Some(Kind::String(made))) = (reads, args.get(1).map(|arg| &arg.kind)) {
            copies.push(made);
        }
    });
    copies.into_iter().filter(move |copy| carried.may_have(copy))
}

/// Whether series that match a selector are known to differ only in this label.
fn differ(model: &Model, service: &Service, selector: &Selector, label: &str) -> bool {
    let name = selector.name.as_deref().unwrap_or_default();
    let made = match label {
        "alertname" => ["ALERTS", "ALERTS_FOR_STATE"].contains(&name),
        // SLOs of different services may have the same names.
        "service" => name.starts_with("slo:") && model.services.len() > 1,
        _ => false,
    };
    let family = service.contract.as_ref().and_then(|contract| contract.find(name));
    let mut shapes = family.iter().flat_map(|(_, family, _)| &family.shapes);
    made || shapes.any(|shape| {
        let Some(values) = shape.labels.get(label) else { return false };
        let asked: Vec<_> = selector.matchers.iter().filter(|matcher| matcher.label == label).collect();
        let meets = |value: &&String| asked.iter().all(|matcher| matcher.asked().meets(value) != Some(false));
        let seen = values.known.iter().filter(meets).count() as u64 + values.more;
        let others = shape.labels.iter().filter(|(other, _)| *other != label);
        let combinations = others.fold(1u64, |product, (_, values)| {
            product.saturating_mul(values.known.len() as u64 + values.more)
        });
        // There are more series than combinations of the other labels.
        seen > 1 && shape.series > combinations
    })
}
