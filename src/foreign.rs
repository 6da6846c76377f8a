//! Rules of another tool, or written by hand, as far as slowburn recognises them: what they record, what they alert on, and for which SLO.
//!
//! **Invariant:** every rule that was read is in exactly one place: with its SLO, or in `rest`. Parts of a rule that are not recognised are marked.

use crate::model::Labels;
use crate::promql::ast::{Expr, Selector};
use crate::vocabulary::{Decimal, Duration, Severity};

/// All rules of some files.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    /// By the order in which they are first spoken of.
    pub slos: Vec<Slo>,
    /// Rules that speak of no SLO, or of which it is not known of which.
    pub rest: Vec<Rule>,
    /// How many rules there are.
    pub rules: usize,
}

/// A rule, as it is written.
#[derive(Clone, Debug)]
pub struct Rule {
    /// File and line.
    pub place: String,
    /// The series that it records, or the alert.
    pub name: String,
    /// Whether it alerts.
    pub alerts: bool,
    /// Its expression, as it is written.
    pub text: String,
    /// The same as a tree; `None` if that is no PromQL.
    pub expr: Option<Expr>,
    /// Labels it sets.
    pub labels: Labels,
    /// Annotations it sets.
    pub annotations: Labels,
    /// How long the expression has to hold.
    pub hold: Duration,
    /// How long it goes on firing after that is over.
    pub keep_firing_for: Duration,
    /// How often it is evaluated; Prometheus' default where none is said.
    pub interval: Duration,
}

/// One SLO, as rules speak of it.
#[derive(Clone, Debug)]
pub struct Slo {
    /// `Sloth`, `Pyrra`, or `rules` of somebody's hand.
    pub tool: &'static str,
    /// The service, if rules say one.
    pub service: Option<String>,
    /// What it is called there.
    pub name: String,
    /// `service/slo`, as `import` calls it, of an SLO that was read from a spec.
    pub imported: Option<String>,
    /// What tells its series from others.
    pub identity: Labels,
    /// In (0, 1).
    pub objective: Option<Decimal>,
    /// What it is promised over.
    pub period: Option<Duration>,
    /// Error ratios that are recorded, by their windows, the shortest first.
    pub ratios: Vec<Ratio>,
    /// What it alerts on.
    pub alerts: Vec<Alert>,
    /// Everything that is recorded.
    pub recorded: Vec<Rule>,
}

/// A recorded error ratio.
#[derive(Clone, Debug)]
pub struct Ratio {
    /// Over which window.
    pub window: Duration,
    /// The series; `None` if nobody records it.
    pub series: Option<Selector>,
    /// What it is computed by.
    pub expr: Option<Expr>,
    /// Whether it is a mean of ratios over shorter windows, in which every ratio weighs the same.
    pub averaged: bool,
}

/// An alert.
#[derive(Clone, Debug)]
pub struct Alert {
    /// As it is written.
    pub rule: Rule,
    /// Page or ticket, if that can be said.
    pub severity: Option<Severity>,
    /// Labels that it fires with, as far as they are known before it does.
    pub labels: Labels,
    /// When it fires.
    pub tiers: Vec<Tier>,
    /// Whether it tells of series that are gone.
    pub absent: bool,
    /// Parts of its expression that are not understood.
    pub unclear: Vec<String>,
}

/// One pair of windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Long window.
    pub long: Duration,
    /// Short window; the same where there is only one.
    pub short: Duration,
    /// From which error ratio on.
    pub threshold: Decimal,
    /// How fast the budget burns then, if that can be said.
    pub burn_rate: Option<Decimal>,
}

impl Slo {
    /// `service/slo`, or what there is of it.
    pub fn subject(&self) -> String {
        match &self.service {
            Some(service) => format!("{service}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Takes in what else speaks of it: alerts that stand for themselves are one SLO together.
    pub fn join(&mut self, other: &Self) {
        self.objective = self
            .objective
            .filter(|objective| other.objective.is_none_or(|also| also == *objective))
            .or(if self.objective.is_none() { other.objective } else { None });
        self.period = self.period.or(other.period);
        for ratio in &other.ratios {
            if !self.ratios.iter().any(|known| known.window == ratio.window) {
                self.ratios.push(ratio.clone());
            }
        }
        self.ratios.sort_by_key(|ratio| ratio.window);
        self.alerts.extend(other.alerts.iter().cloned());
        self.recorded.extend(other.recorded.iter().cloned());
    }
}
