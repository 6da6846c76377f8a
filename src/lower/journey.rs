//! Journeys: a moment is good if each of several SLOs kept its objective in the slice that ends there.
//!
//! Rules read only recorded series of the parts: their counts of every thirty seconds, as of thirty seconds ago. By then they exist, in any order of
//! groups and on any ruler. A range that is a millisecond shorter contains exactly the counts of a slice. There are no instant selectors.
//!
//! A part without events in the slice does not make it bad. If no part has events, nothing is counted. Outside of the hours of a part or during its
//! maintenance, zero events are recorded, so they do not count for the journey either. All promises of a part with `by` are added up.
//!
//! A bad moment is divided equally among the parts that were bad in it. So the shares of a period add up to one.

use super::agreed;
use super::series::{PART, Series, Side, Unit};
use super::sums::{exact, less};
use crate::model::{self, Budgeting, Part, Slo};
use crate::plan::{self, Rule, RuleOutput};
use crate::promql::ast::{Expr, Selector, Time};
use crate::promql::build::{aggregate, any, call, div, gt, mul, number, or, selector, string, sum_by};
use crate::vocabulary::{Duration, INTERVAL, STALE};

/// 1 while a part is bad, 0 while it is good, absent while it has no events.
pub(super) const BAD: &str = "slo:journey_part_bad:bool";

/// The share of each part in the bad moments of the period.
pub(super) const SHARE: &str = "slo:journey_part_share:ratio";

/// The length of the journey's slices.
fn slice(slo: &Slo) -> Duration {
    match &slo.budgeting {
        Budgeting::Timeslices { length, .. } => *length,
        Budgeting::Occurrences => INTERVAL,
    }
}

/// The counts of a part in the last slice: all events, or bad ones.
fn counted(part: &Part, side: Side, slice: Duration) -> Expr {
    let name = Series::counts_of_evaluation(side);
    let series = selector(&name, &[("service", part.service.as_str()), ("slo", part.slo.as_str())]);
    call("sum_over_time", vec![series.offset(Time::Fixed(INTERVAL)).range(Time::Fixed(less(slice, 1)))])
}

/// The rules up to `slo:{total,bad}_events:increase30s`, and the bad moments of each part.
pub(super) fn rules(slo: &Slo, parts: &[Part], names: &Series) -> Vec<Rule> {
    let slice = slice(slo);
    let by = names.all_by();
    let mut rules: Vec<Rule> = parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            let remark = match index {
                0 => "1 while a part is bad: its error ratio over the slice is above its budget. 0 while it is good. No value without events.",
                _ => "",
            };
            let mut labels = names.labels();
            labels.insert(PART.to_owned(), part.name());
            Rule { makes: RuleOutput::Record(BAD.to_owned()), expr: is_bad(part, slice).into(), labels: labels.into(), remark }
        })
        .collect();
    let state = || names.recorded(BAD);
    let total = any_counted(parts, slice).expect("a journey has parts");
    rules.extend(agreed::rule(slo, names, |_| total.clone()));
    let seen = || names.recorded(names.increase(Unit::Events, Side::Total, INTERVAL));
    let bad = or(aggregate("max", &by, state()), mul(number("0"), seen()));
    let others = call("clamp_min", vec![sum_by(&by, state()), number("1")]);
    let of_part = div(state(), others).on(&by).group_left::<&str>(&[]);
    let record =
        |side, expr: Expr, remark| names.record(names.increase(Unit::Events, side, INTERVAL), expr, remark);
    rules.push(record(
        Side::Total,
        agreed::applied(slo, names, total, true),
        "One moment every 30s, unless no part has events in the slice that ends there.",
    ));
    rules.push(record(
        Side::Bad,
        agreed::applied(slo, names, bad.into(), false),
        "It is bad if any part is.",
    ));
    rules.push(record(
        Side::BadOfPart,
        agreed::applied(slo, names, of_part.into(), false),
        "Parts that are bad at the same time share it equally.",
    ));
    rules
}

/// Whether a part is bad in the slice, as 0 or 1; absent without events.
fn is_bad(part: &Part, slice: Duration) -> Expr {
    let sum = |side| aggregate::<&str>("sum", &[], counted(part, side, slice));
    let ratio = div(sum(Side::Bad), Expr::from(gt(sum(Side::Total), number("0"))));
    gt(ratio, exact(part.objective.budget().ratio())).bool().into()
}

/// The share of each part in the bad moments of the period. `of_parts` is the series with the bad moments of each. All shares are 0 if nothing was
/// bad.
pub(super) fn shares(names: &Series, of_parts: &str) -> Vec<Rule> {
    if !names.is_journey {
        return Vec::new();
    }
    let held = || call("last_over_time", vec![names.recorded(of_parts).range(Time::Fixed(STALE))]);
    let by = names.all_by();
    let all = gt(sum_by(&by, held()), number("0"));
    let share = div(held(), Expr::from(all)).on(&by).group_left::<&str>(&[]);
    let share = or(share, mul(number("0"), held()));
    vec![names.record(
        SHARE.to_owned(),
        share,
        "The share of the budget that each part spent: the shares add up to 1.",
    )]
}

/// Whether each moment of the past counts, and whether it was bad, from the recorded series of the parts; `None` if the SLO is not a journey.
pub(super) fn afterwards(slo: &Slo) -> Option<(Expr, Expr)> {
    let slice = slice(slo);
    let total = any_counted(slo.parts(), slice)?;
    let marked = slo.parts().iter().map(|part| {
        let name = [PART, &part.name(), "", ""].map(string);
        call("label_replace", [vec![is_bad(part, slice)], name.to_vec()].concat())
    });
    let bad = aggregate::<&str>("max", &[], any(marked)?);
    Some((total.clone(), or(bad, mul(number("0"), total)).into()))
}

/// Whether any part has events in the slice, as 0 or 1; absent if nothing is recorded.
fn any_counted(parts: &[Part], slice: Duration) -> Option<Expr> {
    let counted = any(parts.iter().map(|part| counted(part, Side::Total, slice)))?;
    Some(gt(aggregate::<&str>("max", &[], counted), number("0")).bool().into())
}

/// The recorded series of the parts.
pub(super) fn readings(series: impl Fn(&str) -> Selector) -> plan::PartReadings {
    plan::PartReadings {
        bad_now: plan::RecordedRead { series: series(BAD), held: None },
        share: plan::RecordedRead { series: series(SHARE), held: Some(STALE) },
        counted_bad: series(&Series::tile_of(Side::BadOfPart)),
    }
}

/// The recorded series of a part that the proofs play.
pub(super) fn counts_of(part: &Part) -> Vec<model::Series> {
    let labels = model::Labels::from([
        ("service".to_owned(), part.service.to_string()),
        ("slo".to_owned(), part.slo.to_string()),
    ]);
    let series = |side, good| model::Series {
        name: Series::counts_of_evaluation(side),
        labels: labels.clone(),
        behaviour: model::Behaviour::Counted { good },
    };
    vec![series(Side::Total, true), series(Side::Bad, false)]
}
