//! The gate for deployments: passes only if enough budget is left, and if this is known.

use super::{Knowledge, SloStatus, Status};
use crate::vocabulary::Decimal;

/// The conditions for every SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The least share of its budget that must be left.
    pub below: Option<Decimal>,
    /// Whether an SLO also fails if its error budget policy stops deployments now.
    pub frozen: bool,
    /// Whether an SLO passes if its remaining budget is not known.
    pub allow_missing: bool,
}

/// The result for one SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has enough budget left.
    Passes,
    /// It has less budget left.
    Below,
    /// Its remaining budget is not known, which is not allowed.
    Missing,
    /// Its remaining budget is not known, which is allowed, or the SLO is planned.
    PassedOver,
}

impl Verdict {
    /// Whether it makes the gate fail.
    pub fn fails(self) -> bool {
        matches!(self, Self::Below | Self::Missing)
    }
}

impl Gate {
    /// The least share of the budget for an SLO; `None` if there is no limit.
    pub(super) fn line(&self, standing: &SloStatus) -> Option<Decimal> {
        let policy =
            standing.slo.promise.budget_policy.iter().filter(|agreement| self.frozen && agreement.freeze);
        policy.map(|agreement| agreement.line.ratio()).chain(self.below).max()
    }

    /// The result for an SLO. Stale data fails if it was below the limit. Otherwise it counts as unknown.
    pub fn verdict(&self, standing: &SloStatus) -> Verdict {
        // Without a limit, the budget need not be known.
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
    /// Whether all SLOs pass. Incomplete answers count as missing data.
    pub fn passes(&self) -> bool {
        self.gate.is_none_or(|gate| {
            let whole = self.incomplete.is_empty() || gate.allow_missing;
            whole && !self.standings.iter().any(|standing| gate.verdict(standing).fails())
        })
    }
}
