//! An alert before its expression is written: its name, labels and what it silences.

use crate::model::{Labels, Matching};
use crate::vocabulary::{BudgetLine, Duration, Name, Severity};

/// The identity of an alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertId {
    /// Its name.
    pub name: String,
    /// Labels that separate it from other alerts of its name; empty if there are no others.
    pub apart: Labels,
}

impl AlertId {
    /// The identity of an alert with a name of its own.
    pub fn of(name: String) -> Self {
        Self { name, apart: Labels::new() }
    }

    /// Its heading in a runbook: alerts with the same name need different anchors.
    pub fn heading(&self, severity: Severity) -> String {
        match self.apart.is_empty() {
            true => self.name.clone(),
            false => format!("{} {severity}", self.name),
        }
    }

    /// Whether an alert with these labels, the name included, may be this one.
    pub fn is(&self, labels: &Labels) -> bool {
        labels.get("alertname") == Some(&self.name)
            && self.apart.iter().all(|(label, value)| labels.get(label) == Some(value))
    }
}

/// The label for the line of a budget alert, on recorded series and on alerts.
pub const BELOW: &str = "budget_below";

/// An alert that notifies nobody. It silences other alerts while or after its causes fire: the aftermath of an outage, or the pages of a journey's parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilencingAlert {
    /// Its name.
    pub name: String,
    /// The alerts that cause it.
    pub causes: Vec<AlertId>,
    /// The alerts that it silences.
    pub silenced: Vec<AlertId>,
    /// For each of these, the part of the journey that it belongs to, such as `shop/orders`; empty if the cause is not a journey.
    pub parts: Vec<String>,
    /// For how long at most after the causes have stopped.
    pub length: Duration,
}

/// The facts of an alert that may notify people.
#[derive(Clone, Debug)]
pub struct AlertFacts<'a> {
    /// Its name.
    pub name: String,
    /// Labels that separate it from other alerts of its name; empty if there are no others.
    pub apart: Labels,
    /// Its labels, with the name.
    pub labels: Labels,
    /// Labels whose values are unknown.
    pub open: Vec<String>,
    /// The labels in which the promises of one SLO differ.
    pub by: Vec<String>,
    /// Labels in which several companion alerts of this name differ, as far as they are known.
    pub distinguishing: Vec<String>,
    /// Page or ticket.
    pub severity: Severity,
    /// Its service.
    pub service: &'a Name,
    /// Its SLO, if it belongs to one.
    pub slo: Option<&'a Name>,
    /// The companion alert, if it is one.
    pub companion: Option<&'a Name>,
    /// Whether it means that the service is down, so that its dependants cannot work.
    pub down: bool,
    /// Whether it notifies even while a dependency of its service is down.
    pub independent: bool,
    /// Its line of the budget, if it is a budget alert. Such an alert may fire although nothing fails now.
    pub line: Option<BudgetLine>,
    /// The alert that silences others after it.
    pub silencing: Option<SilencingAlert>,
}

impl AlertFacts<'_> {
    /// The alert's identity.
    pub fn id(&self) -> AlertId {
        AlertId { name: self.name.clone(), apart: self.apart.clone() }
    }

    /// The labels that its rule sets.
    pub fn rule_labels(&self) -> Labels {
        let mut labels = self.labels.clone();
        labels.remove("alertname");
        labels
    }

    /// Whether `matching` matches for all possible values of unknown labels.
    pub fn always(&self, matching: &Matching) -> bool {
        matching.iter().all(|(label, values)| match self.labels.get(label) {
            Some(value) => values.contains(value),
            None => values.contains("") && !self.open.contains(label),
        })
    }

    /// Whether `matching` matches for some values.
    pub fn sometimes(&self, matching: &Matching) -> bool {
        matching.iter().all(|(label, values)| match self.labels.get(label) {
            Some(value) => values.contains(value),
            None if self.open.contains(label) => values.iter().any(|value| !value.is_empty()),
            None => values.contains(""),
        })
    }

    /// Whether it may have a label.
    pub fn carries(&self, label: &str) -> bool {
        self.labels.contains_key(label) || self.open.iter().any(|open| open == label)
    }
}
