//! Good events with the name of errors, and bad ones with the name of successes.
//!
//! Only the usual words are known: the classes of HTTP, the codes of gRPC, and English words for failure and success.

use std::collections::BTreeMap;

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{MetricRead, Role, Sli, Term};
use crate::promql::ast::{MatchOp, Matcher, Selector};

/// Parts of names of labels for the result of an event.
const TELLING: [&str; 7] = ["code", "status", "result", "outcome", "success", "state", "reason"];

/// Names of failures.
const FAILED: [&str; 16] = [
    "error",
    "errors",
    "failed",
    "failure",
    "failures",
    "fail",
    "ERROR",
    "FAILED",
    "FAILURE",
    "Internal",
    "Unknown",
    "Unavailable",
    "DataLoss",
    "DeadlineExceeded",
    "5xx",
    "SERVER_ERROR",
];

/// Names of successes.
const WELL: [&str; 9] =
    ["ok", "OK", "Ok", "success", "SUCCESS", "succeeded", "successful", "2xx", "SUCCESSFUL"];

/// The conditions on a label, with whether they select names of failures, and of successes: many SLOs have the same conditions.
type ConditionKinds<'a> = BTreeMap<Vec<(&'static str, &'a str)>, (bool, bool)>;

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    let mut known = ConditionKinds::new();
    for (_, slo) in slos(model) {
        let Sli::Counted { histogram: None, good, bad, .. } = &slo.sli else { continue };
        for (role, terms) in [(Role::Good, good), (Role::Bad, bad)] {
            // A subtracted term selects the opposite.
            let selectors = terms.iter().flatten().filter(|term: &&Term| !term.negative);
            for selector in selectors.map(|term| term.counter.selector()) {
                let same = |reading: &&MetricRead| reading.role == role && reading.selector == *selector;
                let Some(reading) = slo.readings.iter().find(same) else { continue };
                let found = {
                    let mut matchers = reading.selector.matchers.iter();
                    matchers.position(|matcher| {
                        let asked = asked(&reading.selector, &matcher.label, &mut known);
                        asked.is_some_and(|(failed, well)| match role {
                            Role::Good => failed && !well,
                            _ => well && !failed,
                        })
                    })
                };
                problems.extend(found.map(|index| to_problem(reading, index)));
            }
        }
    }
}

/// Whether the conditions on a label select names of failures, and of successes; `None` if the label is not for the result of an event.
fn asked<'a>(selector: &'a Selector, label: &str, known: &mut ConditionKinds<'a>) -> Option<(bool, bool)> {
    let name = label.to_lowercase();
    if !TELLING.iter().any(|word| name.contains(word)) {
        return None;
    }
    let of_label: Vec<&Matcher> = selector.matchers.iter().filter(|matcher| matcher.label == label).collect();
    let key = of_label.iter().map(|matcher| (matcher.op.symbol(), matcher.value.as_str())).collect();
    Some(*known.entry(key).or_insert_with(|| called(&of_label)))
}

fn called(of_label: &[&Matcher]) -> (bool, bool) {
    if of_label.iter().any(|matcher| matcher.value.contains(|c: char| c.is_ascii_digit())) {
        let asked: Vec<_> = of_label.iter().map(|matcher| matcher.asked()).collect();
        let meets = |value: &str| asked.iter().all(|asked| asked.meets(value) == Some(true));
        let any = |class: u16| {
            let mut numbers = (class * 100..class * 100 + 100).map(|number| number.to_string());
            numbers.any(|number| meets(&number)) || meets(&format!("{class}xx"))
        };
        return (any(5), any(2));
    }
    // There are infinitely many words. If a condition excludes a word, it excludes the others with the same meaning, too.
    let (mut failed, mut well) = (false, false);
    for matcher in of_label {
        let negative = matches!(matcher.op, MatchOp::NotEqual | MatchOp::NotMatches);
        let op = if negative { matcher.op.opposite() } else { matcher.op };
        let named = Matcher { op, ..(*matcher).clone() }.asked();
        let names = |words: &[&str]| words.iter().any(|word| named.meets(word) == Some(true));
        let (bad, good) = (names(&FAILED), names(&WELL));
        failed |= if negative { good } else { bad };
        well |= if negative { bad } else { good };
    }
    (failed, well)
}

fn to_problem(reading: &MetricRead, index: usize) -> Problem {
    let matcher = &reading.selector.matchers[index];
    let (headline, other) = match reading.role {
        Role::Good => ("by its name `good` counts errors", "bad"),
        _ => ("by its name `bad` counts successes", "good"),
    };
    Problem::warning(Code::SwappedEvents, reading.matchers[index], headline)
        .label(format!("`{matcher}` selects only such events"))
        .help(format!("if you mean these events, write `{other}`"))
}
