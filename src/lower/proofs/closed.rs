//! Proofs that outages outside of the hours and during maintenance do not count.

use super::played::{Situation, SloCases, counts};
use super::stage::Stage;
use crate::lower::shapes::SeriesIncidents;
use crate::lower::timeline::{StepEvents, Timeline};
use crate::plan::{Case, Check};
use crate::vocabulary::{Duration, Severity};

/// The limit of steps. If hours are closed for longer, only the beginning is played.
const MOST: usize = 400;

pub(super) fn play(stage: &Stage, played: &mut SloCases) {
    if stage.slo.agreed.hours.is_some() {
        match outside(stage) {
            Some(case) => played.cases.push((Situation::Closed, case)),
            None => played
                .unproven
                .push("that events outside of its hours do not count: the hours end too late".to_owned()),
        }
    }
    if stage.slo.agreed.except.is_some() {
        match during(stage) {
            Ok(case) => played.cases.push((Situation::Excepted, case)),
            Err(reason) => {
                played.unproven.push(format!("that events during maintenance do not count: {reason}"))
            }
        }
    }
}

/// From the opening to an hour after the next opening. All events outside of the hours are bad.
fn outside(stage: &Stage) -> Option<Case> {
    let begins = (1..MOST).find(|step| stage.holds(*step))?;
    let closes = (begins..MOST).find(|step| !stage.holds(*step))?;
    let hour = stage.steps(Duration::from_secs(3600));
    let opens = (closes..MOST).find(|step| stage.holds(*step)).map_or(MOST, |step| step + hour);
    let load = |step: usize| if stage.holds(step) { stage.good(1) } else { stage.bad(1) };
    let loads: Vec<StepEvents> = (1..=opens).flat_map(load).collect();
    let timeline = stage.timeline(&loads);
    let checks = no_alerts(stage, &timeline, &[closes, opens]);
    Some(stage.case(
        "an outage outside of its hours costs nothing",
        &loads,
        SeriesIncidents::default(),
        checks,
    ))
}

/// An outage of an hour, announced.
fn during(stage: &Stage) -> Result<Case, &'static str> {
    let except = stage.slo.agreed.except.as_ref().ok_or("there is no maintenance")?;
    if except.stimulus.is_err() {
        return Err("slowburn found no series for which its query has a result");
    }
    if except.expr.reads_ranges() {
        return Err("its query reads a range, so its result begins and ends late");
    }
    let hour = stage.steps(Duration::from_secs(3600));
    let well = stage.good(hour);
    let loads = [well.clone(), stage.bad(hour), well].concat();
    let calm = vec![StepEvents { good: 1, bad: 0 }; hour];
    let excepted = [calm.clone(), vec![StepEvents { good: 0, bad: 1 }; hour], calm].concat();
    let timeline = stage.timeline_with(&loads, &excepted);
    let checks = no_alerts(stage, &timeline, &[hour, 2 * hour, 3 * hour]);
    Ok(stage.case_with(
        "an outage during maintenance costs nothing",
        &loads,
        SeriesIncidents::default(),
        &excepted,
        checks,
    ))
}

/// No alert fires, and the counts are exactly those of the counted time.
fn no_alerts(stage: &Stage, timeline: &Timeline, steps: &[usize]) -> Vec<Check> {
    let mut checks = Vec::new();
    for step in steps {
        checks.extend(Severity::ALL.iter().filter_map(|severity| stage.state(timeline, *severity, *step)));
        checks.extend(counts(stage, timeline, *step));
    }
    checks
}
