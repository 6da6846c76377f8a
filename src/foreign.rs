//! Rules of another tool, or written by hand, as far as slowburn understands them: what they record, when they alert, and for which SLO.
//!
//! **Invariant:** every rule is in exactly one place: in its SLO, or in `rest`. Parts of a rule that are not understood are marked.

use crate::model::Labels;
use crate::promql::ast::{Expr, Selector};
use crate::vocabulary::{Decimal, Duration, Severity};

/// All rules of some files.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    /// In the order of their first rule.
    pub slos: Vec<Slo>,
    /// Rules that belong to no SLO, or to an unknown one.
    pub rest: Vec<Rule>,
}

/// A rule, as it is written.
#[derive(Clone, Debug)]
pub struct Rule {
    /// File and line.
    pub place: String,
    /// The recorded series, or the alert.
    pub name: String,
    /// Whether it is an alerting rule.
    pub alerts: bool,
    /// Its expression, as it is written.
    pub text: String,
    /// The parsed expression; `None` if it is not PromQL.
    pub expr: Option<Expr>,
    /// The labels that it sets.
    pub labels: Labels,
    /// The annotations that it sets.
    pub annotations: Labels,
    /// `for`: how long the expression must be true.
    pub hold: Duration,
    /// `keep_firing_for`: how long it keeps firing after that.
    pub keep_firing_for: Duration,
    /// The evaluation interval; Prometheus' default if none is set.
    pub interval: Duration,
}

/// One SLO, as its rules describe it.
#[derive(Clone, Debug)]
pub struct Slo {
    /// `Sloth`, `Pyrra`, or `rules` if they were written by hand.
    pub tool: &'static str,
    /// The service, if it is known.
    pub service: Option<String>,
    /// Its name in the rules.
    pub name: String,
    /// For an SLO that was read from a spec: `service/slo`, as `import` names it.
    pub imported: Option<String>,
    /// The labels that identify its series.
    pub identity: Labels,
    /// Above 0 and below 1.
    pub objective: Option<Decimal>,
    /// The period of the promise.
    pub period: Option<Duration>,
    /// Recorded error ratios, the shortest window first.
    pub ratios: Vec<Ratio>,
    /// What it alerts on.
    pub alerts: Vec<Alert>,
    /// All its recording rules.
    pub recorded: Vec<Rule>,
}

/// A recorded error ratio.
#[derive(Clone, Debug)]
pub struct Ratio {
    /// Its window.
    pub window: Duration,
    /// The series; `None` if it is not recorded.
    pub series: Option<Selector>,
    /// The expression that computes it.
    pub expr: Option<Expr>,
    /// Whether it is a mean of ratios over shorter windows, all with the same weight.
    pub averaged: bool,
}

/// An alert.
#[derive(Clone, Debug)]
pub struct Alert {
    /// The rule as it is written.
    pub rule: Rule,
    /// The severity, if it is known.
    pub severity: Option<Severity>,
    /// Its labels, as far as they are known before it fires.
    pub labels: Labels,
    /// When it fires.
    pub tiers: Vec<Tier>,
    /// Whether it fires for missing series.
    pub absent: bool,
    /// Parts of its expression that are not understood.
    pub unclear: Vec<String>,
}

/// One pair of windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Long window.
    pub long: Duration,
    /// Short window; the same as the long one if there is only one.
    pub short: Duration,
    /// The error ratio above which it fires.
    pub threshold: Decimal,
    /// The burn rate at the threshold, if the objective is known.
    pub burn_rate: Option<Decimal>,
}

impl Slo {
    /// `service/slo`, or the name alone.
    pub fn subject(&self) -> String {
        match &self.service {
            Some(service) => format!("{service}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// Adds another part of the same SLO: alerts without recorded ratios are separate at first.
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
