//! Proposes SLOs that count events: requests by status, failures, durations.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{subject, words};
use super::{OF_ONE_KIND, Proposal, ProposalKind, Value, has_label, metrics, of_job};
use crate::contract::{Bound, Contract, Family, Kind};
use crate::promql::ast::{MatchOp, Selector};
use crate::promql::build::selector;
use crate::promql::places::spelled_label;
use crate::promql::regex::ValueCondition;
use crate::vocabulary::{Decimal, Duration, Name};

const COUNTERS: [Kind; 2] = [Kind::Counter, Kind::Unknown];
const HISTOGRAMS: [Kind; 2] = [Kind::Histogram, Kind::BothHistograms];

/// Requests with a label for their status.
pub(super) fn statuses(contract: &Contract, job: &str) -> Vec<Proposal> {
    let counters = metrics(contract, &COUNTERS).map(|(name, family)| (name.to_owned(), name, family));
    // If requests are not counted by status, the histogram of their durations may be.
    let counts = metrics(contract, &HISTOGRAMS).map(|(name, family)| (format!("{name}_count"), name, family));
    let mut subjects = BTreeSet::new();
    let mut proposals = Vec::new();
    for (series, metric, family) in counters.chain(counts) {
        let words = words(metric);
        let is = |word: &str| words.iter().any(|found| found == word);
        let of_requests = ["request", "response", "handled", "call", "rpc"].into_iter().any(is);
        if !of_requests || ["size", "byte", "exception", "error", "failed"].into_iter().any(is) {
            continue;
        }
        let Some(bad) = server_error(family) else { continue };
        if !subjects.insert(subject(metric)) || proposals.len() == OF_ONE_KIND {
            continue;
        }
        let total = of_users(once(of_job(&series, family, job), family), family);
        let (label, op, value) = bad;
        let bad = total.clone().matching(&label, op, value);
        let sli = vec![("total", Value::Query(total.into())), ("bad", Value::Query(bad.into()))];
        proposals.push(proposal(ProposalKind::Statuses, metric, "99.9%", sli));
    }
    proposals
}

fn proposal(found: ProposalKind, metric: &str, objective: &str, sli: Vec<(&'static str, Value)>) -> Proposal {
    let name = Name::parse("unnamed").expect("it is a name");
    Proposal { name, found, metric: metric.to_owned(), objective: objective.to_owned(), sli }
}

/// The matcher for requests with an error of the server.
fn server_error(family: &Family) -> Option<(String, MatchOp, &'static str)> {
    let labels: BTreeSet<&String> = family.shapes.iter().flat_map(|shape| shape.labels.keys()).collect();
    labels.into_iter().filter(|label| has_label(family, label)).find_map(|label| {
        let values: BTreeSet<&str> = family
            .shapes
            .iter()
            .flat_map(|shape| &shape.labels[label].known)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
            .collect();
        let all = |is: fn(&str) -> bool| !values.is_empty() && values.iter().all(|value| is(value));
        let digit = |value: &str| value.starts_with(|c: char| ('1'..='5').contains(&c));
        let status = label.contains("code") || label.contains("status");
        let (op, value) = if !status {
            return None;
        } else if values.iter().any(|value| is_number(value))
            && values.iter().all(|value| is_number(value) || !digit(value))
        {
            (MatchOp::Matches, "5..")
        } else if values.iter().any(|value| is_class(value)) {
            (MatchOp::Equal, "5xx")
        } else if all(|value| GRPC.iter().any(|(code, _)| *code == value)) {
            (MatchOp::Matches, "Unknown|DeadlineExceeded|Internal|Unavailable|DataLoss")
        } else if all(|value| GRPC.iter().any(|(_, code)| *code == value)) {
            (MatchOp::Matches, "UNKNOWN|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|DATA_LOSS")
        } else if label.contains("grpc")
            && all(|value| value.parse().is_ok_and(|code: usize| code < GRPC.len()))
        {
            (MatchOp::Matches, "2|4|13|14|15")
        } else {
            return None;
        };
        Some((label.clone(), op, value))
    })
}

/// `404`
fn is_number(value: &str) -> bool {
    value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_digit()) && ("100".."600").contains(&value)
}

/// `4xx`
fn is_class(value: &str) -> bool {
    value.len() == 3 && value.starts_with(|c: char| ('1'..='5').contains(&c)) && value.ends_with("xx")
}

/// Status codes of gRPC servers by number: their names in most libraries, and in OpenTelemetry.
const GRPC: [(&str, &str); 17] = [
    ("OK", "OK"),
    ("Canceled", "CANCELLED"),
    ("Unknown", "UNKNOWN"),
    ("InvalidArgument", "INVALID_ARGUMENT"),
    ("DeadlineExceeded", "DEADLINE_EXCEEDED"),
    ("NotFound", "NOT_FOUND"),
    ("AlreadyExists", "ALREADY_EXISTS"),
    ("PermissionDenied", "PERMISSION_DENIED"),
    ("ResourceExhausted", "RESOURCE_EXHAUSTED"),
    ("FailedPrecondition", "FAILED_PRECONDITION"),
    ("Aborted", "ABORTED"),
    ("OutOfRange", "OUT_OF_RANGE"),
    ("Unimplemented", "UNIMPLEMENTED"),
    ("Internal", "INTERNAL"),
    ("Unavailable", "UNAVAILABLE"),
    ("DataLoss", "DATA_LOSS"),
    ("Unauthenticated", "UNAUTHENTICATED"),
];

/// If both ends of a call report it, as in Istio, the selector for the server's end.
fn once(all: Selector, family: &Family) -> Selector {
    const ENDS: [&str; 2] = ["source", "destination"];
    let reports = |end: &str| family.shapes.iter().any(|shape| shape.labels["reporter"].known.contains(end));
    match has_label(family, "reporter") && ENDS.into_iter().all(reports) {
        true => all.matching("reporter", MatchOp::Equal, ENDS[1]),
        false => all,
    }
}

/// Excludes requests of monitoring.
fn of_users(all: Selector, family: &Family) -> Selector {
    const PLACES: [&str; 6] = ["handler", "path", "route", "endpoint", "uri", "url"];
    const WATCHERS: [&str; 8] =
        ["/-/healthy", "/-/ready", "/health", "/healthz", "/livez", "/metrics", "/ready", "/readyz"];
    let Some(place) = PLACES.into_iter().find(|place| has_label(family, place)) else { return all };
    let known: BTreeSet<&str> =
        family.shapes.iter().flat_map(|shape| &shape.labels[place].known).map(String::as_str).collect();
    let asked: Vec<&str> = WATCHERS.into_iter().filter(|watcher| known.contains(watcher)).collect();
    match asked[..] {
        // There are no other requests yet.
        _ if asked.len() == known.len() => all,
        [] => all,
        [one] => all.matching(place, MatchOp::NotEqual, one),
        _ => all.matching(place, MatchOp::NotMatches, &asked.join("|")),
    }
}

/// Counters of events and of failures: `queries_total` and `query_errors_total`.
pub(super) fn failures(contract: &Contract, job: &str) -> Vec<Proposal> {
    const FAILED: [&str; 3] = ["failed", "failure", "error"];
    let failed = |metric: &str| words(metric).iter().any(|word| FAILED.contains(&word.as_str()));
    let mut totals: BTreeMap<Vec<String>, Vec<(&str, &Family)>> = BTreeMap::new();
    for (name, family) in metrics(contract, &COUNTERS).filter(|(name, _)| !failed(name)) {
        totals.entry(words(name)).or_default().push((name, family));
    }
    let mut proposals = Vec::new();
    for (bad, family) in metrics(contract, &COUNTERS).filter(|(name, _)| failed(name)) {
        let mut about = words(bad);
        about.retain(|word| !FAILED.contains(&word.as_str()));
        let labels = |family: &Family| -> BTreeSet<String> {
            family.shapes.iter().flat_map(|shape| shape.labels.keys().cloned()).collect()
        };
        let mut known = totals.get(&about).into_iter().flatten();
        let Some((total, _)) = known.find(|(_, total)| labels(total) == labels(family)) else { continue };
        if proposals.len() < OF_ONE_KIND {
            let query = |name: &str| Value::Query(selector(name, &[("job", job)]).into());
            proposals.push(proposal(
                ProposalKind::Failures,
                total,
                "99%",
                vec![("total", query(total)), ("bad", query(bad))],
            ));
        }
    }
    proposals
}

/// Histograms of durations for which users wait.
pub(super) fn durations(contract: &Contract, job: &str) -> Vec<Proposal> {
    const WAITED_FOR: [&str; 10] = [
        "request",
        "response",
        "query",
        "rpc",
        "grpc",
        "call",
        "command",
        "message",
        "notification",
        "transaction",
    ];
    let mut subjects = BTreeSet::new();
    let mut proposals = Vec::new();
    for (metric, family) in metrics(contract, &HISTOGRAMS) {
        let about = words(metric);
        let is = |word: &str| about.iter().any(|found| found == word);
        let millis = is("millisecond") || family.unit.as_deref() == Some("milliseconds");
        // OpenTelemetry measures in seconds, but its names have no unit.
        let of_otel = metric.contains('.') && metric.ends_with("duration");
        let measures = millis || of_otel || is("second") || family.unit.as_deref() == Some("seconds");
        if !measures || !WAITED_FOR.into_iter().any(is) {
            continue;
        }
        let Some(threshold) = threshold(family, millis) else { continue };
        if !subjects.insert(subject(metric)) || proposals.len() == OF_ONE_KIND {
            continue;
        }
        let latency = of_users(once(of_job(metric, family, job), family), family);
        let mut sli = vec![("latency", Value::Query(latency.into()))];
        // A failed request is bad even if it was fast. If there was no success yet, the matcher is not known.
        let failed = server_error(family).filter(|(label, op, value)| {
            let asked = ValueCondition::of(*op, value);
            let mut known = family.shapes.iter().flat_map(|shape| &shape.labels[label].known);
            known.any(|value| asked.meets(value) == Some(false))
        });
        let found = if failed.is_some() { ProposalKind::Answers } else { ProposalKind::Durations };
        if let Some((label, op, value)) = failed {
            let matcher = format!("{}{}\"{value}\"", spelled_label(&label), op.opposite().symbol());
            sli.push(("successful", Value::Matcher(matcher)));
        }
        if millis {
            sli.push(("unit", Value::Word("milliseconds")));
        }
        proposals.push(proposal(found, metric, &format!("P95 < {threshold}"), sli));
    }
    proposals
}

/// The longest bound up to half a second, which users hardly notice. If all bounds are longer, the shortest one; `None` if it is so long that the
/// name must have a wrong unit.
fn threshold(family: &Family, millis: bool) -> Option<Duration> {
    let everywhere = |bound: &&Bound| family.shapes.iter().all(|shape| shape.bounds.contains(bound));
    let factor = if millis { Decimal::ONE } else { Decimal::ONE_THOUSAND };
    let whole = |bound: &Bound| {
        let length = bound.checked_mul(factor)?.normalize();
        let millis = u64::try_from(length).ok().filter(|_| length.scale() == 0)?;
        (millis > 0).then_some(millis)
    };
    let bounds: BTreeSet<u64> =
        family.shapes.first()?.bounds.iter().filter(everywhere).filter_map(whole).collect();
    let chosen = bounds.range(..=500).next_back().or_else(|| bounds.range(..=2_500).next())?;
    Some(Duration::from_millis(*chosen))
}
