//! The size of a plan: numbers of SLOs, alerts, series and evaluations.

use crate::difference::Amounts;
use crate::plan::{Group, Notice, Plan, RuleOutput};
use crate::promql::ast::Selector;
use crate::vocabulary::Severity;

/// The prefix of all series that our rules record.
const RECORDED: &str = "slo:";

/// The size of a plan.
pub(super) fn amounts(plan: &Plan) -> Amounts {
    let slos = plan.services.iter().map(|service| service.slos.len()).sum();
    let mut amounts = Amounts { services: plan.services.len(), slos, ..Amounts::default() };
    for service in &plan.services {
        let others = [&service.missing, &service.companions, &service.silencing];
        for group in service.groups.iter().chain(others.into_iter().flatten()) {
            add(&mut amounts, group, plan);
        }
    }
    amounts
}

fn add(amounts: &mut Amounts, group: &Group, plan: &Plan) {
    let hourly = usize::try_from(3_600_000 / group.interval.millis().max(1)).unwrap_or_default();
    let is_raw = |selector: &&Selector| !selector.name.as_deref().unwrap_or_default().starts_with(RECORDED);
    for rule in &group.rules {
        amounts.evaluations += hourly;
        amounts.raw_reads += hourly * rule.expr.selectors().into_iter().filter(is_raw).count();
        let severity = match &rule.makes {
            RuleOutput::Record(_) => {
                amounts.recorded += 1;
                continue;
            }
            RuleOutput::Alert(alert) => match &alert.notice {
                Notice::Burn { severity, .. } | Notice::Budget { severity, .. } => Some(*severity),
                Notice::Companion(companion) => Some(companion.severity),
                Notice::Silencing { .. } => None,
                Notice::Missing { .. } => {
                    let label = rule.labels.get("severity");
                    let pages = label == Some(&plan.project.severities.page);
                    Some(if pages { Severity::Page } else { Severity::Ticket })
                }
            },
        };
        match severity {
            Some(Severity::Page) => amounts.pages += 1,
            Some(Severity::Ticket) => amounts.tickets += 1,
            None => {}
        }
    }
}
