//! The situations that are played for SLOs, and the checks of each SLO.

use super::stage::Stage;
use crate::lower::series::{Side, Unit};
use crate::lower::timeline::Timeline;
use crate::plan::{Case, Check};
use crate::promql::ast::Time;
use crate::promql::build::call;
use crate::vocabulary::INTERVAL;

/// A situation; the SLOs of a service play the same one together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Situation {
    /// A healthy day with everything that may happen to counters, a spike, an outage and its end.
    Day,
    /// A burn between two thresholds of the fast group, by the place of the lower one in the policy.
    Between(usize),
    /// A burn just below the lowest threshold of the fast group.
    BelowPages,
    /// A burn just below the lowest threshold of all.
    BelowTickets,
    /// An outage outside of the hours.
    Closed,
    /// An outage during maintenance.
    Excepted,
    /// Days: a spike, a slow burn and its end, an outage and its end, and the period's figures.
    Days,
    /// A line of the budget, by its place among them.
    Line(usize),
    /// Parts of a journey that fail one after the other and together.
    Parts,
}

/// The cases of one SLO.
#[derive(Default)]
pub(super) struct SloCases {
    pub cases: Vec<(Situation, Case)>,
    pub unproven: Vec<String>,
}

impl SloCases {
    /// Adds a case; `spiked` says whether it contains a spike.
    pub(super) fn add(&mut self, situation: Situation, case: Case, spiked: bool) {
        self.cases.push((situation, case));
        if !spiked {
            self.unproven.push("slowburn found no spike that only a short window sees".to_owned());
        }
    }
}

/// Checks that all events so far were counted exactly.
pub(super) fn counts(stage: &Stage, timeline: &Timeline, step: usize) -> Vec<Check> {
    let everything = stage.at(step + 1);
    let (bad, total) = timeline.counted(step, everything);
    [(Side::Bad, bad), (Side::Total, total)]
        .map(|(side, count)| {
            let name = stage.names.increase(Unit::Events, side, INTERVAL);
            let all = call("sum_over_time", vec![stage.recorded(&name).range(Time::Fixed(everything))]);
            stage.value(step, all, count.to_string())
        })
        .into()
}
