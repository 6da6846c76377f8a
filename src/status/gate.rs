//! The gate for deployments: passes only if enough budget is left and this is known.

use super::{Knowledge, Standing, Status};
use crate::vocabulary::Decimal;

/// What is asked of every SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The share of its budget that it must have left, at least.
    pub below: Option<Decimal>,
    /// Whether it must have as much left as its error budget policy asks for, so that deployments do not stop.
    pub frozen: bool,
    /// Whether an SLO passes of which that is not known.
    pub allow_missing: bool,
}

/// What the gate says of one SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has enough left.
    Passes,
    /// It has less left.
    Below,
    /// It is not known what it has left, and that is not allowed.
    Missing,
    /// It is not known what it has left, and that is allowed, or so declared by its definition.
    PassedOver,
}

impl Verdict {
    /// Whether it keeps the gate shut.
    pub fn fails(self) -> bool {
        matches!(self, Self::Below | Self::Missing)
    }
}

impl Gate {
    /// How much an SLO must have left; `None` if it may have spent everything.
    pub(super) fn line(&self, standing: &Standing) -> Option<Decimal> {
        let policy =
            standing.slo.promise.budget_policy.iter().filter(|agreement| self.frozen && agreement.freeze);
        policy.map(|agreement| agreement.line.ratio()).chain(self.below).max()
    }

    /// What it says of an SLO. What is stale counts as it was if that is too little, and as unknown if it is not.
    pub fn verdict(&self, standing: &Standing) -> Verdict {
        // Of which nothing is agreed, nothing need be known.
        let Some(line) = self.line(standing) else { return Verdict::Passes };
        let below = standing.left().is_some_and(|left| left < line);
        match standing.knowledge {
            Knowledge::Judged | Knowledge::Stale(_) if below => Verdict::Below,
            Knowledge::Judged => Verdict::Passes,
            Knowledge::Planned => Verdict::PassedOver,
            Knowledge::Few
            | Knowledge::Young(_)
            | Knowledge::Stale(_)
            | Knowledge::Nothing
            | Knowledge::Waiting
            | Knowledge::NotLoaded => {
                if self.allow_missing {
                    Verdict::PassedOver
                } else {
                    Verdict::Missing
                }
            }
        }
    }
}

impl Status<'_> {
    /// Whether everything passes. Answers that are not whole are missing data.
    pub fn passes(&self) -> bool {
        self.gate.is_none_or(|gate| {
            let whole = self.incomplete.is_empty() || gate.allow_missing;
            whole && !self.standings.iter().any(|standing| gate.verdict(standing).fails())
        })
    }
}
