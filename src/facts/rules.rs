//! Questions about the rules of a service before they are written: which series they record, and which alerts their proofs cannot play.

use super::ServiceFacts;
use crate::model::{Companion, Model, Slo};

/// The answers, from the stage that writes the rules. They are functions, because rules take long to write, and few projects read their own series.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The series that the rules of a service record.
    pub recorded: for<'a> fn(&Model, &ServiceFacts<'a>) -> Vec<RecordedNames<'a>>,
    /// The companion alerts of a service that have series which make them fire, but are not played, each with the reason. Only alerts that meet the
    /// condition are looked at.
    pub unplayed: for<'a> fn(&Model, &ServiceFacts<'a>, &AlertCondition) -> Vec<(&'a Companion, String)>,
}

/// Which alerts are looked at.
pub type AlertCondition<'c> = dyn Fn(&Companion) -> bool + 'c;

/// SLOs that record the same names.
#[derive(Debug)]
pub struct RecordedNames<'a> {
    /// Each name with the labels that the rule sets.
    pub names: Vec<(String, Vec<String>)>,
    /// The SLOs.
    pub slos: Vec<&'a Slo>,
}
