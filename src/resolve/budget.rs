//! Lines of the error budget: budget alerts and the error budget policy.

use super::{common_spellings, innermost, secrets, values, whole};
use crate::ast::{AgreementBlock, BudgetAlertBlock, Settings};
use crate::diagnostic::{Code, Problem};
use crate::model::{Agreement, BudgetAlert};
use crate::scalar::Scalar;
use crate::vocabulary::BudgetLine;

/// Limit for lines: nobody can distinguish more.
const MOST: usize = 8;

/// Limit for characters, so that the text fits into an alert.
const LONGEST: usize = 200;

/// The innermost `budget_alerts`, the highest line first.
pub(super) fn alerts(levels: [&Settings; 3], problems: &mut Vec<Problem>) -> Option<Vec<BudgetAlert>> {
    innermost(levels.map(|level| level.budget_alerts.as_ref()))
        .map_or(Some(Vec::new()), |blocks| alerts_of(blocks, problems))
}

/// The budget alerts of one level; `None` with problems.
pub(super) fn alerts_of(
    blocks: &[BudgetAlertBlock],
    problems: &mut Vec<Problem>,
) -> Option<Vec<BudgetAlert>> {
    let lines = lines(blocks.iter().map(|block| &block.left), BudgetLine::HIGHEST_ALERT, problems);
    let severities: Vec<_> = (blocks.iter())
        .map(|block| values::severity(&block.severity.text, whole(&block.severity), problems))
        .collect();
    let severities: Option<Vec<_>> = severities.into_iter().collect();
    let both = lines?.into_iter().zip(severities?);
    let mut alerts: Vec<BudgetAlert> = both.map(|(line, severity)| BudgetAlert { line, severity }).collect();
    alerts.sort_by_key(|alert| std::cmp::Reverse(alert.line));
    Some(alerts)
}

/// The innermost `budget_policy`, the highest line first.
pub(super) fn policy(levels: [&Settings; 3], problems: &mut Vec<Problem>) -> Option<Vec<Agreement>> {
    innermost(levels.map(|level| level.budget_policy.as_ref()))
        .map_or(Some(Vec::new()), |blocks| policy_of(blocks, problems))
}

/// The policy of one level; `None` with problems.
pub(super) fn policy_of(blocks: &[AgreementBlock], problems: &mut Vec<Problem>) -> Option<Vec<Agreement>> {
    let before = problems.len();
    let lines = lines(blocks.iter().map(|block| &block.below), BudgetLine::HIGHEST, problems);
    secrets::published(blocks.iter().map(|block| &block.action), problems);
    let actions: Vec<(String, bool)> =
        blocks.iter().filter_map(|block| action_and_freeze(block, problems)).collect();
    let both = lines?.into_iter().zip(actions);
    let mut policy: Vec<Agreement> =
        both.map(|(line, (action, freeze))| Agreement { line, action, freeze }).collect();
    policy.sort_by_key(|agreement| std::cmp::Reverse(agreement.line));
    (problems.len() == before).then_some(policy)
}

fn action_and_freeze(block: &AgreementBlock, problems: &mut Vec<Problem>) -> Option<(String, bool)> {
    let action = block.action.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = action.chars().count();
    if !(1..=LONGEST).contains(&length) {
        let headline = match length {
            0 => "this text is empty".to_owned(),
            _ => format!("this text has {length} characters; at most {LONGEST} are allowed"),
        };
        problems.push(
            Problem::error(Code::WrongType, whole(&block.action), headline)
                .help("write one sentence, such as `Only fixes are deployed`"),
        );
        return None;
    }
    let freeze = match &block.freeze {
        None => false,
        Some(written) => values::boolean(written, "freeze", problems)?,
    };
    Some((action, freeze))
}

/// The problem of a text that is not a line of the budget, or that is above the highest line.
fn not_a_line(written: &Scalar, highest: u8) -> Problem {
    let place = whole(written);
    let error = |headline: String| {
        Problem::error(Code::InvalidBudgetLine, place, headline)
            .label(format!("expected a whole percentage from 0% to {highest}%"))
    };
    match common_spellings::percent(&written.text) {
        Some(percent) if percent > u32::from(highest) => {
            error(format!("{percent}% is above {highest}%, the highest line"))
                .help(format!("write a lower line, such as `{highest}%` or `25%`"))
        }
        Some(percent) => error("this is not a share of the error budget".to_owned()).fix(
            format!("write `{percent}%`"),
            place,
            format!("{percent}%"),
        ),
        None => error("this is not a share of the error budget".to_owned()).help(
            "write the share of the budget that is left, such as `25%`; `0%` means that the budget is overspent",
        ),
    }
}

/// The lines in source order, without duplicates.
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
                Problem::error(Code::InvalidBudgetLine, place, format!("a budget has at most {MOST} lines"))
                    .help("keep the lines at which somebody does something new"),
            );
            break;
        }
        match BudgetLine::parse(&scalar.text).filter(|line| line.percent() <= highest) {
            None => problems.push(not_a_line(scalar, highest)),
            Some(line) => match known.iter().find(|(other, _)| *other == line) {
                Some((_, first)) => problems.push(
                    Problem::error(
                        Code::InvalidBudgetLine,
                        place,
                        format!("the line {line} is written twice"),
                    )
                    .and(whole(first), "the first is here")
                    .help("remove one of them"),
                ),
                None => known.push((line, scalar)),
            },
        }
    }
    (problems.len() == before).then(|| known.into_iter().map(|(line, _)| line).collect())
}
