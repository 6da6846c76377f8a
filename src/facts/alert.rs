//! What is known of an alert before its expression is written.

use crate::model::{Labels, Matching};
use crate::vocabulary::{BudgetLine, Duration, Name, Severity};

/// Which alert is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Which {
    /// Its name.
    pub name: String,
    /// Labels that tell it from other alerts of its name; none where there are no others.
    pub apart: Labels,
}

impl Which {
    /// The only alert of its name.
    pub fn of(name: String) -> Self {
        Self { name, apart: Labels::new() }
    }

    /// What stands above it in a runbook, where each of several of one name needs an anchor of its own.
    pub fn heading(&self, severity: Severity) -> String {
        match self.apart.is_empty() {
            true => self.name.clone(),
            false => format!("{} {severity}", self.name),
        }
    }

    /// Whether an alert with these labels, its name among them, may be it.
    pub fn is(&self, labels: &Labels) -> bool {
        labels.get("alertname") == Some(&self.name)
            && self.apart.iter().all(|(label, value)| labels.get(label) == Some(value))
    }
}

/// The label of a line of the budget, on what is recorded and on alerts.
pub const BELOW: &str = "budget_below";

/// What stays silent for a while after an alert has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// The alert that silences it, of which nobody is told.
    pub name: String,
    /// The alerts that it is left by.
    pub causes: Vec<Which>,
    /// Alerts.
    pub silenced: Vec<Which>,
    /// For how long.
    pub length: Duration,
}

/// What is known of an alert that somebody may be notified of.
#[derive(Clone, Debug)]
pub struct AlertFacts<'a> {
    /// Its name.
    pub name: String,
    /// Labels that tell it from other alerts of its name; none where there are no others.
    pub apart: Labels,
    /// Its labels, with the name.
    pub labels: Labels,
    /// Labels that it has, with values that are not known.
    pub open: Vec<String>,
    /// Those among them that tell the promises of one SLO apart.
    pub by: Vec<String>,
    /// Labels that tell one of several companion alerts of this name from the others, as far as they are known.
    pub told: Vec<String>,
    /// Page or ticket.
    pub severity: Severity,
    /// The service that it speaks of.
    pub service: &'a Name,
    /// The SLO, if it speaks of one.
    pub slo: Option<&'a Name>,
    /// The companion alert, if it is one.
    pub companion: Option<&'a Name>,
    /// Whether it says that the service is down, so that what needs it cannot work.
    pub down: bool,
    /// Whether it is sent even while something that its service needs is down.
    pub independent: bool,
    /// The line of the budget, if it speaks of one. That it fires does not say that anything fails now.
    pub line: Option<BudgetLine>,
    /// What stays silent after it.
    pub aftermath: Option<Aftermath>,
}

impl AlertFacts<'_> {
    /// Its name, and what tells it from others of that name.
    pub fn which(&self) -> Which {
        Which { name: self.name.clone(), apart: self.apart.clone() }
    }

    /// The labels that its rule sets.
    pub fn rule_labels(&self) -> Labels {
        let mut labels = self.labels.clone();
        labels.remove("alertname");
        labels
    }

    /// Whether it matches, whatever the values are that are not known.
    pub fn always(&self, matching: &Matching) -> bool {
        matching.iter().all(|(label, values)| match self.labels.get(label) {
            Some(value) => values.contains(value),
            None => values.contains("") && !self.open.contains(label),
        })
    }

    /// Whether it matches for some values.
    pub fn sometimes(&self, matching: &Matching) -> bool {
        matching.iter().all(|(label, values)| match self.labels.get(label) {
            Some(value) => values.contains(value),
            None if self.open.contains(label) => values.iter().any(|value| !value.is_empty()),
            None => values.contains(""),
        })
    }

    /// Whether it may carry a label.
    pub fn carries(&self, label: &str) -> bool {
        self.labels.contains_key(label) || self.open.iter().any(|open| open == label)
    }
}
