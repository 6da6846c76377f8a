//! Proofs of the shares of a journey's parts, alone and together.

use super::PER_STEP;
use std::ops::Range;

use super::lead::series_of;
use super::stage::Stage;
use crate::derive::page_delay_after_parts;
use crate::lower::journey::SHARE;
use crate::lower::series::{PART, Side, Unit};
use crate::lower::shapes::{SeriesIncidents, samples};
use crate::lower::timeline::{State, StepEvents, Timeline};
use crate::model::{Part, Series};
use crate::plan::{AlertId, Case, Check, Group, Notice, Promise, SilencingAlert};
use crate::promql::ast::{Expr, MatchOp, Time};
use crate::promql::build::{call, selector};
use crate::vocabulary::{Decimal, INTERVAL, Severity, text};

const NONE: StepEvents = StepEvents { good: 0, bad: 0 };
const GOOD: StepEvents = StepEvents { good: PER_STEP, bad: 0 };
const BAD: StepEvents = StepEvents { good: 0, bad: PER_STEP };

/// The loads of two parts of a journey for a number of steps, and those of the other parts.
type Scene = (usize, [StepEvents; 3]);

/// The first part and another one fail alone, together, and not at all; `None` if the SLO is not a journey or has only one part.
pub(super) fn parts(stage: &Stage) -> Option<Case> {
    if !stage.is_prompt() {
        return None;
    }
    let played: Vec<(&Part, Vec<Series>)> =
        (stage.slo.parts().iter()).filter_map(|part| Some((part, series_of(stage.service, part)?))).collect();
    let parts: Vec<&Part> = played.iter().map(|(part, _)| *part).collect();
    let [_, _, ..] = parts[..] else { return None };
    let slice = stage.slice_steps();
    let scenes: [Scene; 9] = [
        (slice + 3, [GOOD, GOOD, GOOD]),
        (slice + 4, [NONE, NONE, NONE]),
        (slice + 3, [GOOD, GOOD, GOOD]),
        (4, [BAD, GOOD, GOOD]),
        (3, [BAD, BAD, GOOD]),
        (2, [GOOD, BAD, GOOD]),
        (slice + 3, [GOOD, GOOD, GOOD]),
        (slice + 4, [NONE, GOOD, NONE]),
        // Until tiles contain all of it.
        (slice + 12, [GOOD, GOOD, GOOD]),
    ];
    let loads = |part: usize| -> Vec<StepEvents> {
        scenes.iter().flat_map(|(steps, loads)| std::iter::repeat_n(loads[part.min(2)], *steps)).collect()
    };
    let all: Vec<Vec<StepEvents>> = (0..parts.len()).map(loads).collect();
    let counted = counted(&parts, &all, slice);
    let last = all[0].len();
    let everything = stage.at(last + 1);
    let sum = |series| call("sum_over_time", vec![series]);
    let recorded = |side| stage.recorded(&stage.names.increase(Unit::Events, side, INTERVAL));
    let of = |side| sum(recorded(side).range(Time::Fixed(everything)));
    let idle = scenes[0].0 + scenes[1].0;
    let mut checks = vec![
        stage.value(idle, of(Side::Total), counted.until(idle).total.to_string()),
        stage.value(last, of(Side::Total), counted.until(last).total.to_string()),
        stage.value(last, of(Side::Bad), counted.until(last).bad.to_string()),
    ];
    let spent = counted.until(last);
    for (part, share) in parts.iter().zip(&spent.shares).take(3) {
        let series = recorded(Side::BadOfPart).matching(PART, MatchOp::Equal, &part.name());
        checks.push(of_part(stage, last, part, sum(series.range(Time::Fixed(everything))), text(*share)));
        let float = |value: Decimal| text(value).parse::<f64>().unwrap_or_default();
        let share = format!("{:?}", float(*share) / float(Decimal::from(spent.bad)));
        checks.push(of_part(stage, last, part, shares(stage, part), share));
    }
    let mut case = stage.case(
        "parts that fail together are counted once and share the slice, and without events nothing is counted",
        &[],
        SeriesIncidents::default(),
        checks,
    );
    // Nothing before the beginning of the hours is counted.
    let before = stage.steps(stage.begins);
    let excepting: Vec<(String, String)> = {
        let calm = vec![GOOD; before + last];
        let excepting = super::exception::series(stage.slo, &stage.stimulus);
        excepting.iter().map(|one| samples(one, INTERVAL, &calm, SeriesIncidents::default())).collect()
    };
    case.series = played
        .iter()
        .zip(&all)
        .flat_map(|((_, series), loads)| {
            let loads = [vec![NONE; before], loads.clone()].concat();
            series.iter().map(move |one| samples(one, INTERVAL, &loads, SeriesIncidents::default()))
        })
        .chain(excepting)
        .collect();
    Some(case)
}

/// The part that failed alone has spent all of the budget that was spent.
pub(super) fn spent_alone(stage: &Stage, step: usize) -> Option<Check> {
    let part = stage.lead?;
    Some(of_part(stage, step, part, shares(stage, part), "1".to_owned()))
}

fn shares(stage: &Stage, part: &Part) -> Expr {
    stage.recorded(SHARE).matching(PART, MatchOp::Equal, &part.name()).into()
}

/// The check of a recorded value of a part.
fn of_part(stage: &Stage, step: usize, part: &Part, expr: Expr, value: String) -> Check {
    match stage.value(step, expr, value) {
        Check::Value { at, expr, mut labels, value } => {
            labels.insert(PART.to_owned(), part.name());
            Check::Value { at, expr, labels, value }
        }
        other => other,
    }
}

/// Counts up to a step.
#[derive(Clone, Default)]
struct Sum {
    total: u64,
    bad: u64,
    shares: Vec<Decimal>,
}

/// The sums, by step.
struct Counted(Vec<Sum>);

impl Counted {
    fn until(&self, step: usize) -> Sum {
        self.0.get(step).cloned().unwrap_or_default()
    }
}

/// Computes every slice independently of the rules: it ends one step earlier.
fn counted(parts: &[&Part], loads: &[Vec<StepEvents>], slice: usize) -> Counted {
    let steps = loads.first().map_or(0, Vec::len);
    let mut sum = Sum { shares: vec![Decimal::ZERO; parts.len()], ..Sum::default() };
    let mut sums = vec![sum.clone()];
    for step in 1..=steps {
        // The load of a step is counted at its end.
        let (from, until) = ((step - 1).saturating_sub(slice), step - 1);
        let events =
            |loads: &Vec<StepEvents>| loads[from..until].iter().map(|load| load.good + load.bad).sum::<u64>();
        let failed = |loads: &Vec<StepEvents>| loads[from..until].iter().map(|load| load.bad).sum::<u64>();
        let is_bad = |(part, loads): (&&Part, &Vec<StepEvents>)| {
            let may = part.objective.budget().ratio() * Decimal::from(events(loads));
            Decimal::from(failed(loads)) > may
        };
        let bad: Vec<bool> = parts.iter().zip(loads).map(is_bad).collect();
        let share = bad.iter().filter(|bad| **bad).count() as u64;
        sum.total += u64::from(loads.iter().any(|loads| events(loads) > 0));
        sum.bad += u64::from(share > 0);
        for (sum, _) in sum.shares.iter_mut().zip(&bad).filter(|(_, bad)| **bad) {
            *sum += Decimal::ONE / Decimal::from(share);
        }
        sums.push(sum.clone());
    }
    Counted(sums)
}

/// The alert of a journey that silences the pages of its parts.
pub(super) fn silencing_alert<'a>(group: &'a Group, journey: &Promise) -> Option<&'a SilencingAlert> {
    let name = format!("{}/{}", journey.service, journey.slo);
    group.rules.iter().find_map(|rule| match &rule.alert()?.notice {
        Notice::Silencing { of, silencing, .. } if *of == name => Some(silencing),
        _ => None,
    })
}

/// Series that are played, and the checks.
type Play = (Vec<(String, String)>, Vec<Check>);

/// The part that fails pages for two steps while its journey already pages: the series for it, and the checks of the alert that silences the part.
/// `None` if there is no such alert.
pub(super) fn first(stage: &Stage, timeline: &Timeline, outage: Range<usize>) -> Option<Play> {
    const PAGES: usize = 2;
    let silencing = stage.silencing.filter(|_| stage.step == INTERVAL)?;
    let name = stage.lead?.name();
    let (page, _) = silencing.silenced.iter().zip(&silencing.parts).find(|(_, part)| **part == name)?;
    let fires = |step: usize| matches!(timeline.state(Severity::Page, step), State::Fires(_));
    let first = timeline.first(outage.start + 1, fires)?;
    let last = timeline.first(first, |step| !fires(step))? - 1;
    // Some rulers see each other's results an evaluation late.
    let from = first + 3;
    // Afterwards the journey would be held back.
    let held_back = from + PAGES + stage.steps(page_delay_after_parts(stage.slo));
    if last <= from + PAGES || timeline.first(last + 1, fires).is_some_and(|next| next <= held_back) {
        return None;
    }
    let labels: Vec<(&str, &str)> = [("alertname", page.name.as_str()), ("alertstate", "firing")]
        .into_iter()
        .chain(page.apart.iter().map(|(label, value)| (label.as_str(), value.as_str())))
        .collect();
    let paging = selector("ALERTS", &labels).to_string();
    let values = format!("_x{} 1x{} stale", stage.steps(stage.begins) + from, PAGES - 1);
    let alert = || AlertId::of(silencing.name.clone());
    let quiet = |step| Check::Silent { at: stage.at(step), alert: alert() };
    let fires = |step| Check::Fires { at: stage.at(step), alert: alert(), count: 1 };
    Some((vec![(paging, values)], vec![quiet(first - 1), fires(first), fires(last), quiet(last + 2)]))
}
