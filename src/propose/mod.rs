//! Proposes SLOs for a program from its metrics, as a starting point.
//!
//! Metrics are recognised by their type, their labels and the words in their names, as the usual libraries and exporters name them. Values are not
//! known, so objectives are common starting values.

mod events;
mod file;
mod names;
mod states;

use std::collections::BTreeSet;

use crate::contract::{Contract, Family, Kind};
use crate::promql::Expr;
use crate::promql::ast::{MatchOp, Selector};
use crate::promql::build::selector;
use crate::vocabulary::Name;

pub use file::{project_file, service_file};

/// Limit for proposals of one kind, so that the important ones are not lost.
const OF_ONE_KIND: usize = 3;

/// A proposed SLO.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Unique among the proposals.
    pub name: Name,
    /// How it was recognised.
    pub found: ProposalKind,
    /// The metric.
    metric: String,
    /// `99.9%`
    objective: String,
    /// The keys of its `sli`.
    sli: Vec<(&'static str, Value)>,
}

#[derive(Clone, Debug)]
enum Value {
    Query(Expr),
    Word(&'static str),
    /// The matcher of a selector, without braces.
    Matcher(String),
}

/// How a proposal was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProposalKind {
    /// Requests with a status.
    Statuses,
    /// A counter of events and a counter of failures.
    Failures,
    /// A histogram of durations.
    Durations,
    /// A histogram of durations with a status.
    Answers,
    /// A gauge that is 1 while a system is up.
    Probe,
    /// The program can be scraped.
    Scrape,
    /// The time of the last success.
    Success,
    /// The time when a job last pushed its metrics.
    Pushed,
    /// A gauge and its limit.
    Limit,
}

impl ProposalKind {
    /// Its name in the texts.
    fn as_str(self) -> &'static str {
        match self {
            Self::Statuses => "statuses",
            Self::Failures => "failures",
            Self::Durations => "durations",
            Self::Answers => "answers",
            Self::Probe => "probe",
            Self::Scrape => "scrape",
            Self::Success => "success",
            Self::Pushed => "pushed",
            Self::Limit => "limit",
        }
    }
}

/// Proposals for a program that is scraped as `job`, as far as they are `sound`: names alone may be misleading. There is at least the proposal that
/// it can be scraped.
pub fn propose(contract: &Contract, job: &str, sound: impl Fn(&Proposal) -> bool) -> Vec<Proposal> {
    let mut proposals = events::statuses(contract, job);
    let counted: Vec<_> = proposals.iter().map(|proposal| names::subject(&proposal.metric)).collect();
    let failures = events::failures(contract, job).into_iter();
    proposals.extend(failures.filter(|proposal| !counted.contains(&names::subject(&proposal.metric))));
    proposals.extend(states::probes(contract, job));
    proposals.retain(&sound);
    if proposals.is_empty() {
        // Jobs that push metrics are not scraped, so they have no `up`.
        let mut pushed = states::pushed(contract);
        pushed.retain(&sound);
        match pushed.is_empty() {
            true => proposals.push(states::scrape(job)),
            false => proposals.extend(pushed),
        }
    }
    let mut others = events::durations(contract, job);
    others.extend(states::successes(contract, job));
    others.extend(states::limits(contract, job));
    proposals.extend(others.into_iter().filter(sound));
    names::distinguish(&mut proposals, job);
    proposals
}

/// Whether a metric is about a library or about the exporter itself, not about the service.
fn is_aside(metric: &str) -> bool {
    const BEGIN: [&str; 8] = [
        "promhttp_",
        "go_",
        "python_",
        "process_",
        "net_conntrack_",
        "jvm_",
        "scrape_",
        "namedprocess_scrape_",
    ];
    // Libraries can be configured to put a prefix before these names.
    const HOLD: [&str; 2] = ["nodejs_", "process_open_fds"];
    BEGIN.iter().any(|prefix| metric.starts_with(prefix)) || HOLD.iter().any(|part| metric.contains(part))
}

/// The metrics of these types that belong to the service.
fn metrics<'a>(contract: &'a Contract, kinds: &'a [Kind]) -> impl Iterator<Item = (&'a str, &'a Family)> {
    let all = contract.families.iter().map(|(name, family)| (name.as_str(), family));
    all.filter(|(name, family)| kinds.contains(&family.kind) && !is_aside(name) && !family.shapes.is_empty())
}

/// A selector for the program's series: with the `job` under which it is scraped, or with those on the series themselves, if they were pushed.
fn of_job(name: &str, family: &Family, job: &str) -> Selector {
    let own: BTreeSet<&str> = match has_label(family, "job") {
        true => {
            family.shapes.iter().flat_map(|shape| &shape.labels["job"].known).map(String::as_str).collect()
        }
        false => BTreeSet::new(),
    };
    let own: Vec<&str> = own.into_iter().collect();
    match own[..] {
        [] => selector(name, &[("job", job)]),
        [one] => selector(name, &[("job", one)]),
        _ => selector(name, &[]).matching("job", MatchOp::Matches, &own.join("|")),
    }
}

/// Whether all series of a metric have this label.
fn has_label(family: &Family, label: &str) -> bool {
    family.shapes.iter().all(|shape| shape.labels.contains_key(label))
}
