//! Good events with the name of errors, and bad ones with the name of successes: in counts, and in ratios.
//!
//! Only the usual words are known: the classes of HTTP, the codes of gRPC, and English words for failure and success.

use std::collections::BTreeMap;

use super::slos;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{MetricRead, Role, Sli, Slo, Term};
use crate::promql::ast::{Expr, Kind, MatchOp, Matcher, Op, Selector};
use crate::promql::bounds::{Bound, listed};

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
        match &slo.sli {
            Sli::Counted { histogram: None, total, good, bad } => {
                problems.extend(total.as_deref().and_then(|total| errors_as_total(slo, total, good, bad)));
                for (role, terms) in [(Role::Good, good), (Role::Bad, bad)] {
                    // A subtracted term selects the opposite.
                    let selectors = terms.iter().flatten().filter(|term: &&Term| !term.negative);
                    for selector in selectors.map(|term| term.counter.selector()) {
                        let same =
                            |reading: &&MetricRead| reading.role == role && reading.selector == *selector;
                        let Some(reading) = slo.readings.iter().find(same) else { continue };
                        problems.extend(
                            swapped(reading, role, &mut known).map(|found| to_problem(reading, role, found)),
                        );
                    }
                }
            }
            Sli::Counted { histogram: Some(histogram), .. } => {
                let selects = |reading: &&MetricRead| {
                    let all = &reading.selector.matchers;
                    !all.is_empty() && all.iter().all(|matcher| histogram.success.contains(matcher))
                };
                // The reading of `successful` has its matchers only.
                problems.extend(slo.readings.iter().find(selects).and_then(|reading| {
                    let found = swapped(reading, Role::Good, &mut known)?;
                    let problem = to_problem(reading, Role::Good, found);
                    let headline = "`successful` seems to select errors".to_owned();
                    let opposite =
                        |matcher: &Matcher| Matcher { op: matcher.op.opposite(), ..matcher.clone() };
                    let help = match histogram.success.as_slice() {
                        [one] => {
                            format!("write which events are successful: `successful: {}`", opposite(one))
                        }
                        _ => "write which events are successful, such as `successful: code!~\"5..\"`"
                            .to_owned(),
                    };
                    Some(Problem { headline, help: Vec::new(), ..problem }.help(help))
                }));
            }
            Sli::Ratio { bad } => problems.extend(of_ratio(slo, bad, &mut known)),
            _ => {}
        }
    }
}

/// A total with the name of failures, beside counters without such a name.
fn errors_as_total(
    slo: &Slo,
    total: &[Term],
    good: &Option<Vec<Term>>,
    bad: &Option<Vec<Term>>,
) -> Option<Problem> {
    let failed = |selector: &Selector| {
        selector.name.iter().flat_map(|name| name.split(['_', ':', '.'])).any(|part| FAILED.contains(&part))
    };
    let [Term { negative: false, counter }] = total else { return None };
    let others: Vec<&Term> = good.iter().chain(bad).flatten().collect();
    if !failed(counter.selector())
        || others.is_empty()
        || others.iter().any(|term| failed(term.counter.selector()))
    {
        return None;
    }
    let reading = slo.readings.iter().find(|reading| reading.role == Role::Total)?;
    let problem = Problem::warning(Code::SwappedEvents, reading.name, "`total` seems to count errors only")
        .label("the name of the metric says so");
    Some(problem.help("count all events in `total`, and the errors among them in `bad`"))
}

/// Why a selector by its name selects the opposite of its role: the index of a matcher, or the name of the metric itself.
enum Telling {
    Matcher(usize),
    /// A matcher for the bound of a bucket.
    Bound(usize),
    Name,
}

fn swapped<'a>(reading: &'a MetricRead, role: Role, known: &mut ConditionKinds<'a>) -> Option<Telling> {
    let is_swapped = |(failed, well): (bool, bool)| match role {
        Role::Good => failed && !well,
        _ => well && !failed,
    };
    let selector = &reading.selector;
    // A bucket counts the events up to its bound, which are the fast ones.
    let is_bucket = selector.name.as_deref().is_some_and(|name| name.ends_with("_bucket"));
    if is_bucket
        && role == Role::Bad
        && let Some(index) = selector.matchers.iter().position(is_bound)
    {
        return Some(Telling::Bound(index));
    }
    let mut is_decided = false;
    for (index, matcher) in selector.matchers.iter().enumerate() {
        let Some(asked) = asked(selector, &matcher.label, known) else { continue };
        if is_swapped(asked) {
            return Some(Telling::Matcher(index));
        }
        is_decided = true;
    }
    let parts = || selector.name.iter().flat_map(|name| name.split(['_', ':', '.']));
    let named = |words: &[&str]| parts().any(|part| words.contains(&part));
    (!is_decided && is_swapped((named(&FAILED), named(&WELL)))).then_some(Telling::Name)
}

/// Whether a matcher selects the bucket of one finite bound.
fn is_bound(matcher: &Matcher) -> bool {
    let mut bounds = listed(matcher).unwrap_or_default();
    // All spellings of one.
    bounds.dedup();
    let is_positive = matches!(matcher.op, MatchOp::Equal | MatchOp::Matches);
    matcher.label == "le" && is_positive && matches!(bounds[..], [Bound::At(_)])
}

/// Whether this ratio is reported here.
pub(super) fn is_swapped(slo: &Slo, bad: &Expr) -> bool {
    of_ratio(slo, bad, &mut ConditionKinds::new()).is_some()
}

/// A ratio whose numerator counts successes.
fn of_ratio<'a>(slo: &'a Slo, bad: &Expr, known: &mut ConditionKinds<'a>) -> Option<Problem> {
    let (selector, role) = counted(bad, Role::Bad)?;
    let reading = slo.readings.iter().find(|reading| reading.selector == *selector)?;
    let found = swapped(reading, role, known)?;
    let headline = "`bad_ratio` seems to be the ratio of good events".to_owned();
    let problem = Problem { headline, help: Vec::new(), ..to_problem(reading, role, found) };
    Some(problem.help(match (role, counters(bad)) {
        (role, Some(counters)) => counters.advice(role == Role::Good),
        (Role::Bad, None) => {
            "write the ratio of the other events: `bad_ratio: 1 - (…)`, with your query in the parentheses"
                .to_owned()
        }
        _ => "write the ratio of these events itself, without `1 -`".to_owned(),
    }))
}

/// The only selector of a numerator, and whether its events make the ratio larger (`Bad`) or smaller (`Good`).
fn counted(expr: &Expr, role: Role) -> Option<(&Selector, Role)> {
    match &expr.kind {
        Kind::Selector(selector) | Kind::Range { selector, .. } => Some((selector, role)),
        Kind::Paren(inner) | Kind::Aggregate { expr: inner, .. } => counted(inner, role),
        Kind::Call { args, .. } => args.iter().find_map(|arg| counted(arg, role)),
        Kind::Binary(binary) => match binary.op {
            Op::Div | Op::Or => counted(&binary.left, role),
            Op::Sub if matches!(&binary.left.kind, Kind::Number(_)) => {
                counted(&binary.right, if role == Role::Bad { Role::Good } else { Role::Bad })
            }
            _ => None,
        },
        _ => None,
    }
}

/// Both counters of a quotient of two rates, or of `1 -` such a quotient.
pub(super) fn counters(ratio: &Expr) -> Option<Counters<'_>> {
    let Kind::Binary(binary) = &ratio.kind else { return None };
    let of = |side: &Expr| side.reads_ranges() && side.selectors().len() == 1;
    match binary.op {
        Op::Div if of(&binary.left) && of(&binary.right) => Some(Counters {
            numerator: binary.left.selectors().pop()?,
            total: binary.right.selectors().pop()?,
            is_rest: false,
        }),
        Op::Sub if matches!(&binary.left.kind, Kind::Number(one) if one == "1") => {
            counters(&binary.right).map(|found| Counters { is_rest: !found.is_rest, ..found })
        }
        _ => None,
    }
}

/// The counters of a ratio.
pub(super) struct Counters<'a> {
    numerator: &'a Selector,
    total: &'a Selector,
    /// Whether the ratio is that of the other events: `1 - …`.
    is_rest: bool,
}

impl Counters<'_> {
    /// What to write instead of a ratio, if its numerator counts bad events, or if it counts good ones.
    pub fn advice(&self, is_bad: bool) -> String {
        let (key, Self { numerator, total, .. }) = (if is_bad { "bad" } else { "good" }, self);
        format!("write both counters, without `bad_ratio`: `{key}: {numerator}` and `total: {total}`")
    }

    /// The same, if the ratio is what it is called.
    pub fn meant(&self) -> String {
        self.advice(!self.is_rest)
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
        let well = any(2);
        // `4..` alone is a class of failures, too.
        return (any(5) || any(4) && !well && !any(3), well);
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

fn to_problem(reading: &MetricRead, role: Role, found: Telling) -> Problem {
    let (headline, other) = match role {
        Role::Good => ("`good` seems to count errors", "bad"),
        _ => ("`bad` seems to count successes", "good"),
    };
    let (place, label) = match found {
        Telling::Matcher(index) => (
            reading.matchers[index],
            format!("`{}` selects only such events", reading.selector.matchers[index]),
        ),
        Telling::Bound(index) => {
            (reading.matchers[index], "a bucket counts the events up to its bound: the fast ones".to_owned())
        }
        Telling::Name => (reading.name, "the name of the metric says so".to_owned()),
    };
    Problem::warning(Code::SwappedEvents, place, headline)
        .label(label)
        .help(format!("if you mean these events, write `{other}`"))
}
