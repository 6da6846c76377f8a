//! Proposes SLOs for a program from its metrics, as a starting point.
//!
//! Metrics are recognised by their type, their labels and the words of their names, as the usual libraries and exporters name them.
//! Nothing is known of values, so objectives are those that people begin with.

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

/// More of one kind would bury what matters.
const OF_ONE_KIND: usize = 3;

/// One SLO that could be.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Unique among the proposals.
    pub name: Name,
    /// By what it was recognised.
    pub found: Found,
    /// The metric that it looks at.
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
    /// What stands between the braces of a selector.
    Matcher(String),
}

/// By what a proposal was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// Requests with the status of their answers.
    Statuses,
    /// A counter of events, and one of those that failed.
    Failures,
    /// A histogram of durations.
    Durations,
    /// The same, with the status of what took so long.
    Answers,
    /// A gauge that says whether something answers.
    Probe,
    /// Nothing but that it can be scraped.
    Scrape,
    /// When something last succeeded.
    Success,
    /// When a job last pushed its metrics.
    Pushed,
    /// A gauge and its limit.
    Limit,
}

/// What could be promised of a program that is scraped as `job`, as far as it is `sound`: names say a lot, and not all. At least that
/// it can be scraped.
pub fn propose(contract: &Contract, job: &str, sound: impl Fn(&Proposal) -> bool) -> Vec<Proposal> {
    let mut proposals = events::statuses(contract, job);
    let counted: Vec<_> = proposals.iter().map(|proposal| names::subject(&proposal.metric)).collect();
    let failures = events::failures(contract, job).into_iter();
    proposals.extend(failures.filter(|proposal| !counted.contains(&names::subject(&proposal.metric))));
    proposals.extend(states::probes(contract, job));
    proposals.retain(&sound);
    if proposals.is_empty() {
        // What pushes is not scraped, so there is no `up` of it.
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

/// Metrics that a library exposes of itself, or an exporter of its own work, say nothing of the service.
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
    // Libraries that are told to put a name before theirs.
    const HOLD: [&str; 2] = ["nodejs_", "process_open_fds"];
    BEGIN.iter().any(|prefix| metric.starts_with(prefix)) || HOLD.iter().any(|part| metric.contains(part))
}

/// The metrics of these types that belong to the service.
fn metrics<'a>(contract: &'a Contract, kinds: &'a [Kind]) -> impl Iterator<Item = (&'a str, &'a Family)> {
    let all = contract.families.iter().map(|(name, family)| (name.as_str(), family));
    all.filter(|(name, family)| kinds.contains(&family.kind) && !is_aside(name) && !family.shapes.is_empty())
}

/// The series of a program: by the job that it is scraped as, or by those that stand on the series themselves, as of what is pushed.
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
