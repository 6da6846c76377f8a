//! Limits of targets: numbers of groups, and sizes of objects.

use super::objects::{self, MOST, MOST_DATA};
use super::{mimir, operator, vmrule};
use crate::artifact::Artifacts;
use crate::plan::Plan;

/// A limit that is exceeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Its target.
    pub target: &'static str,
    /// What exceeds it.
    pub what: Excess,
}

/// The excess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Excess {
    /// More groups than a tenant of Mimir may have.
    Groups {
        /// The number of groups.
        count: usize,
        /// The limit.
        most: usize,
    },
    /// A group or a dashboard that is too large for an object of Kubernetes.
    Bytes {
        /// `the group api/slos` or `the dashboard overview`.
        what: String,
        /// Its size in bytes.
        bytes: usize,
        /// The limit in bytes.
        most: usize,
    },
}

/// All limits that the plan exceeds.
pub fn exceeded(plan: &Plan) -> Vec<Exceeded> {
    let targets = &plan.project.targets;
    let mut all = Vec::new();
    if let Some(limits) = &targets.mimir {
        let most = limits.max_groups as usize;
        let count: usize =
            plan.services.iter().map(|service| mimir::count(service, limits.max_rules as usize)).sum();
        if count > most {
            all.push(Exceeded { target: "mimir", what: Excess::Groups { count, most } });
        }
    }
    let operator = targets.operator.as_ref().map(|_| ("operator", &operator::KIND));
    let vmrule = targets.vmrule.as_ref().map(|_| ("vmrule", &vmrule::KIND));
    for (target, kind) in operator.into_iter().chain(vmrule) {
        for service in &plan.services {
            for (name, text) in objects::groups(&plan.project, service, kind) {
                if text.len() > MOST {
                    let (what, bytes) = (format!("the group {name}"), text.len());
                    all.push(Exceeded { target, what: Excess::Bytes { what, bytes, most: MOST } });
                }
            }
        }
    }
    if targets.operator.as_ref().is_some_and(|operator| operator.dashboards.is_some()) {
        let mut made = Artifacts::new();
        for service in &plan.services {
            operator::service(&plan.project, service, &mut made);
        }
        operator::project(plan, &mut made);
        let maps = made.into_iter().filter_map(|(path, text)| {
            let stem = path.strip_prefix("operator/dashboards/")?.strip_suffix(".yaml")?;
            Some((format!("the dashboard {stem}"), text.len()))
        });
        for (what, bytes) in maps.filter(|(_, bytes)| *bytes > MOST_DATA) {
            let what = Excess::Bytes { what, bytes, most: MOST_DATA };
            all.push(Exceeded { target: "operator", what });
        }
    }
    all
}
