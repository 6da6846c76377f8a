//! Metrics that do not exist.

use super::{Judged, Place, Verdict, in_yaml, named, renamed, tell};
use crate::contract::{Contract, Kind};
use crate::diagnostic::{Code, Problem, TOLD, alternatives};
use crate::model::Role;
use crate::promql::places::spelled_metric;
use crate::vocabulary::distance;

pub(super) fn check(all: &[Judged], problems: &mut Vec<Problem>) {
    let unknown = all.iter().filter(|judged| matches!(judged.verdict, Verdict::NoMetric));
    for (index, Judged { place, .. }) in unknown.enumerate() {
        // All metrics are searched for each name, so not for more than anybody reads.
        tell(problems, place.reader, to_problem(place, index < TOLD));
    }
}

fn to_problem(place: &Place, search: bool) -> Problem {
    let name = named(place.reading);
    let near = if search { nearest(name, place.contract, place.reading.role) } else { Vec::new() };
    let problem =
        Problem::error(Code::UnknownMetric, place.reading.name, format!("there is no metric `{name}`"));
    let problem = match near.as_slice() {
        [] => problem
            .label(format!("none of the {} known metrics has a similar name", place.contract.families.len())),
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
    problem.help(format!("if the metric does not exist yet, declare it in this file: `planned: {{ {}: why it does not exist yet }}`", in_yaml(name)))
}

/// At most three names of series that could be taken so, by spelling and by words, the likeliest first; one alone if it stands out.
fn nearest(name: &str, contract: &Contract, role: Role) -> Vec<String> {
    let mut scored: Vec<(u64, String)> = names(contract, role)
        .filter_map(|candidate| Some((likeness(name, &candidate)?, candidate)))
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    let best = scored.first().map_or(0, |(score, _)| *score);
    // What is much less like it than the best was hardly meant.
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

/// How much alike two names are, in thousandths; `None` if hardly. The greater of two measures: their spelling, and the words they share.
fn likeness(name: &str, candidate: &str) -> Option<u64> {
    let longest = name.chars().count().max(candidate.chars().count()) as u64;
    // No more slips than that are told as likeness below.
    let spelling = match distance(name, candidate, longest as usize / 4 + 1) {
        Some(distance) => 1000u64.saturating_sub(1000 * distance as u64 / longest.max(1)),
        None => 0,
    };
    let words = |text: &str| -> Vec<String> { text.split(['_', ':', '.']).map(str::to_lowercase).collect() };
    let (mine, theirs) = (words(name), words(candidate));
    // Every name of a counter ends so, and says nothing by it.
    let telling =
        |word: &&String| !["total", "count", "seconds", "bytes", "bucket", "sum"].contains(&word.as_str());
    let alike =
        |a: &String, b: &String| a == b || a.strip_suffix('s') == Some(b) || b.strip_suffix('s') == Some(a);
    let shared =
        mine.iter().filter(telling).filter(|word| theirs.iter().any(|other| alike(word, other))).count()
            as u64;
    let all = (mine.iter().filter(telling).count() + theirs.iter().filter(telling).count()) as u64;
    let by_words = (2000 * shared).checked_div(all).unwrap_or(0);
    let best = spelling.max(by_words);
    let near = spelling >= 750 || (by_words >= 600 && shared >= 1);
    near.then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_by_spelling_and_by_words() {
        assert!(
            likeness("ws_send_errors_total", "ggrt_send_errors_total")
                > likeness("ws_send_errors_total", "ggrt_messages_sent_total")
        );
        assert!(likeness("http_request_total", "http_requests_total").is_some());
        assert!(likeness("htttp_requests_total", "http_requests_total").is_some());
        assert_eq!(likeness("mail_sent_total", "node_cpu_seconds_total"), None);
    }
}
