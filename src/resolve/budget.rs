//! Lines of the budget: at which of them somebody is told.

use super::{innermost, settings, whole};
use crate::ast::{BudgetAlertBlock, Settings};
use crate::diagnostic::Problem;
use crate::model::BudgetAlert;
use crate::scalar::Scalar;
use crate::vocabulary::BudgetLine;

/// As many lines as anybody can tell apart.
const MOST: usize = 8;

/// The innermost `budget_alerts`, the highest line first.
pub(super) fn alerts(levels: [&Settings; 3], problems: &mut Vec<Problem>) -> Option<Vec<BudgetAlert>> {
    innermost(levels.map(|level| level.budget_alerts.as_ref()))
        .map_or(Some(Vec::new()), |blocks| alerts_of(blocks, problems))
}

/// What one level says; `None` with problems.
pub(super) fn alerts_of(
    blocks: &[BudgetAlertBlock],
    problems: &mut Vec<Problem>,
) -> Option<Vec<BudgetAlert>> {
    let lines = lines(blocks.iter().map(|block| &block.left), BudgetLine::HIGHEST_ALERT, problems);
    let severities: Vec<_> = (blocks.iter())
        .map(|block| settings::severity(&block.severity.text, whole(&block.severity), problems))
        .collect();
    let severities: Option<Vec<_>> = severities.into_iter().collect();
    let both = lines?.into_iter().zip(severities?);
    let mut alerts: Vec<BudgetAlert> = both.map(|(line, severity)| BudgetAlert { line, severity }).collect();
    alerts.sort_by_key(|alert| std::cmp::Reverse(alert.line));
    Some(alerts)
}

/// Lines in the order of the source, each of them once.
fn lines<'a>(
    written: impl Iterator<Item = &'a Scalar>,
    highest: u8,
    problems: &mut Vec<Problem>,
) -> Option<Vec<BudgetLine>> {
    let mut known: Vec<(BudgetLine, &Scalar)> = Vec::new();
    let before = problems.len();
    for (index, scalar) in written.enumerate() {
        let place = whole(scalar);
        if index == MOST {
            problems.push(
                Problem::error("invalid-budget-line", place, format!("more than {MOST} lines of one budget"))
                    .help("keep those at which somebody does something else than before"),
            );
            break;
        }
        match BudgetLine::parse(&scalar.text).filter(|line| line.percent() <= highest) {
            None => problems.push(
                Problem::error("invalid-budget-line", place, "this is not a line of the error budget")
                    .label(format!("expected a whole percentage from 0% to {highest}%"))
                    .help("write the share of the budget that is left, such as `25%`; `0%` is a budget that is overspent"),
            ),
            Some(line) => match known.iter().find(|(other, _)| *other == line) {
                Some((_, first)) => problems.push(
                    Problem::error("invalid-budget-line", place, format!("the line {line} stands here twice"))
                        .and(whole(first), "the first is here")
                        .help("remove one of them"),
                ),
                None => known.push((line, scalar)),
            },
        }
    }
    (problems.len() == before).then(|| known.into_iter().map(|(line, _)| line).collect())
}
