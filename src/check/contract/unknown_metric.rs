//! Metrics that do not exist.

use super::{JudgedSelector, Place, Reader, Verdict, in_yaml, named, renamed, report};
use crate::contract::{Contract, Kind};
use crate::diagnostic::{Code, Problem, alternatives};
use crate::model::Role;
use crate::promql::ast::{MatchOp, Selector};
use crate::promql::places::spelled_metric;
use crate::vocabulary::{MOST_NAMES, distance, may_be_near};

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    let unknown = all.iter().filter(|judged| matches!(judged.verdict, Verdict::NoMetric));
    for JudgedSelector { place, search, .. } in unknown {
        report(problems, place.reader, to_problem(place, *search));
    }
}

fn to_problem(place: &Place, search: bool) -> Problem {
    let name = named(place.reading);
    let near = if search { nearest(name, place.contract, place.reading.role) } else { Vec::new() };
    let problem =
        Problem::error(Code::UnknownMetric, place.reading.name, format!("there is no metric `{name}`"));
    if place.contract.families.is_empty() {
        return problem
            .label("the contract has no metrics at all")
            .help("capture it again from the program: `slowburn metrics capture http://localhost:8000/metrics`, with your address and `--out`");
    }
    let problem = match near.as_slice() {
        [] => {
            let problem = problem.label(format!(
                "none of the {} known metrics has a similar name",
                place.contract.families.len()
            ));
            match counters(name, place).as_slice() {
                [] => problem,
                [known, ..] => problem.help(format!("write a counter that exists, such as `{known}`")),
            }
        }
        [one] => {
            renamed(problem.label("it is not one of the known metrics"), place.reading, one, |written| {
                format!("write `{written}`")
            })
        }
        several => problem.label("it is not one of the known metrics").help(format!(
            "did you mean {}?",
            alternatives(&several.iter().map(|name| spelled_metric(name)).collect::<Vec<_>>())
        )),
    };
    // One word is hardly a metric.
    let problem = match place.reader {
        Reader::Except(_, except) if except.text == name && !name.contains('_') => problem
            .help("for windows with a date, remove this line: those under `maintenance` in the project file hold for every SLO"),
        _ => problem,
    };
    problem.help(format!("if the metric does not exist yet, declare it in this file: `planned: {{ {}: why it does not exist yet }}`", in_yaml(name)))
}

/// The counters that could count the events of this query, those with a word of its name first; empty if it counts no events. One whose label tells
/// failures apart gets a matcher for them.
fn counters(name: &str, place: &Place) -> Vec<String> {
    if !matches!(place.reading.role, Role::Total | Role::Good | Role::Bad) {
        return Vec::new();
    }
    let families = place.contract.families.iter();
    let mut all: Vec<String> =
        families.filter(|(_, family)| family.kind == Kind::Counter).map(|(name, _)| name.clone()).collect();
    let shares = |other: &String| {
        words(other).any(|word| distinguishing_words(name).any(|own| is_same_word(word, own)))
    };
    all.sort_by_key(|other| !shares(other));
    let matchers = &place.reading.selector;
    all.into_iter()
        .map(|name| {
            let shapes = place.contract.families.get(&name).map_or(&[][..], |family| &family.shapes);
            let has_classes = |label: &&&str| {
                shapes
                    .iter()
                    .filter_map(|shape| shape.labels.get(**label))
                    .any(|values| values.known.iter().any(|value| value.len() == 3 && value.starts_with('5')))
            };
            let label =
                ["code", "status", "status_code", "http_status", "response_code"].iter().find(has_classes);
            let named = Selector { name: Some(name), ..matchers.clone() };
            match (label, place.reading.role) {
                (Some(label), Role::Bad) => named.matching(label, MatchOp::Matches, "5.."),
                (Some(label), Role::Good) => named.matching(label, MatchOp::NotMatches, "5.."),
                _ => named,
            }
            .to_string()
        })
        .collect()
}

/// At most three similar names of series that fit the query, by spelling and by words, the most similar first; only one if it is clearly the best.
fn nearest(name: &str, contract: &Contract, role: Role) -> Vec<String> {
    let mut compared = 0;
    let mut likeness = |candidate: &str| {
        compared += usize::from(may_be_near(name, candidate, most(name, candidate)));
        similarity(name, candidate, compared <= MOST_NAMES)
    };
    let mut scored: Vec<(u64, String)> =
        names(contract, role).filter_map(|candidate| Some((likeness(&candidate)?, candidate))).collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    let best = scored.first().map_or(0, |(score, _)| *score);
    // Much less similar names are hardly meant.
    scored.into_iter().filter(|(score, _)| score * 10 >= best * 9).map(|(_, name)| name).take(3).collect()
}

/// The names that a query could have for the contract's metrics.
fn names(contract: &Contract, role: Role) -> impl Iterator<Item = String> {
    contract.families.iter().flat_map(move |(name, family)| {
        let classic = matches!(family.kind, Kind::Histogram | Kind::BothHistograms);
        let counted = matches!(role, Role::Total | Role::Good | Role::Bad | Role::Gain);
        let histogram = matches!(role, Role::Classic(_) | Role::Native);
        match () {
            () if counted && (classic || family.kind == Kind::Summary) => {
                vec![format!("{name}_count")]
            }
            () if histogram && !(classic || family.kind == Kind::NativeHistogram) => Vec::new(),
            () => vec![name.clone()],
        }
    })
}

/// How similar two names are, in thousandths; `None` if hardly. It is the greater of two measures: their spelling, and the words that they share.
/// Without `closely`, only the words.
fn similarity(name: &str, candidate: &str, closely: bool) -> Option<u64> {
    let longest = longest(name, candidate) as u64;
    let spelling = match closely.then(|| distance(name, candidate, most(name, candidate))).flatten() {
        Some(distance) => 1000u64.saturating_sub(1000 * distance as u64 / longest.max(1)),
        None => 0,
    };
    let shared = distinguishing_words(name)
        .filter(|word| words(candidate).any(|other| is_same_word(word, other)))
        .count() as u64;
    let all = (distinguishing_words(name).count() + distinguishing_words(candidate).count()) as u64;
    let by_words = (2000 * shared).checked_div(all).unwrap_or(0);
    let best = spelling.max(by_words);
    let near = spelling >= 750 || (by_words >= 600 && shared >= 1);
    near.then_some(best)
}

fn longest(name: &str, candidate: &str) -> usize {
    name.chars().count().max(candidate.chars().count())
}

/// The most spelling differences between similar names.
fn most(name: &str, candidate: &str) -> usize {
    longest(name, candidate) / 4 + 1
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', ':', '.'])
}

/// The words that distinguish a name. The endings of counters are left out, because all counters have them.
fn distinguishing_words(name: &str) -> impl Iterator<Item = &str> {
    const TELL_NOTHING: [&str; 6] = ["total", "count", "seconds", "bytes", "bucket", "sum"];
    words(name).filter(|word| !TELL_NOTHING.iter().any(|other| word.eq_ignore_ascii_case(other)))
}

/// Whether two words are equal, or one is the plural of the other.
fn is_same_word(one: &str, other: &str) -> bool {
    let plural = |many: &str, one: &str| {
        many.strip_suffix(['s', 'S']).is_some_and(|word| word.eq_ignore_ascii_case(one))
    };
    one.eq_ignore_ascii_case(other) || plural(one, other) || plural(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_similar_by_spelling_and_by_words() {
        assert!(
            similarity("ws_send_errors_total", "ggrt_send_errors_total", true)
                > similarity("ws_send_errors_total", "ggrt_messages_sent_total", true)
        );
        assert!(similarity("http_request_total", "http_requests_total", true).is_some());
        assert!(similarity("htttp_requests_total", "http_requests_total", true).is_some());
        assert_eq!(similarity("mail_sent_total", "node_cpu_seconds_total", true), None);
    }
}
