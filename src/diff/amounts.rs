//! The size of a service's plan: numbers of SLOs, alerts, series and evaluations.

use crate::difference::Amounts;
use crate::plan::{Group, Notice, RuleOutput, ServicePlan};
use crate::promql::ast::Selector;
use crate::vocabulary::Severity;

/// The prefix of all series that our rules record.
const RECORDED: &str = "slo:";

/// The size of a service's plan.
pub fn amounts(service: &ServicePlan) -> Amounts {
    let mut amounts = Amounts { services: 1, slos: service.slos.len(), ..Amounts::default() };
    for group in service.all_groups() {
        add(&mut amounts, group);
    }
    amounts
}

fn add(amounts: &mut Amounts, group: &Group) {
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
                Notice::Burn(of) | Notice::Budget(_, of) => Some(of.severity),
                Notice::Companion(companion) => Some(companion.severity),
                Notice::Missing { severity, .. } => Some(*severity),
                Notice::Silencing { .. } => None,
            },
        };
        match severity {
            Some(Severity::Page) => amounts.pages += 1,
            Some(Severity::Ticket) => amounts.tickets += 1,
            None => {}
        }
    }
}
