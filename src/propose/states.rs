//! Proposes SLOs on states: whether a system is up, when it last succeeded, how near it is to a limit.

use std::collections::{BTreeMap, BTreeSet};

use super::names::words;
use super::{OF_ONE_KIND, Proposal, ProposalKind, Value, has_label, metrics, of_job};
use crate::contract::{Contract, Family, Kind};
use crate::promql::Expr;
use crate::promql::build::{div, gt, lt, number, selector, sum};
use crate::vocabulary::{Name, is_named_up};

const GAUGES: [Kind; 2] = [Kind::Gauge, Kind::Unknown];

fn proposal(found: ProposalKind, metric: &str, objective: &str, key: &'static str, query: Expr) -> Proposal {
    let name = Name::parse("unnamed").expect("it is a name");
    let sli = vec![(key, Value::Query(query))];
    Proposal { name, found, metric: metric.to_owned(), objective: objective.to_owned(), sli }
}

/// Gauges of exporters that are 1 while a system is up. Gauges per device, as for network cards, are left out.
pub(super) fn probes(contract: &Contract, job: &str) -> Vec<Proposal> {
    let bare = |family: &Family| family.shapes.iter().all(|shape| shape.labels.is_empty());
    metrics(contract, &GAUGES)
        .filter(|(name, family)| *name != "up" && is_named_up(name) && bare(family))
        .map(|(name, _)| {
            proposal(ProposalKind::Probe, name, "99.9%", "probe", selector(name, &[("job", job)]).into())
        })
        .take(OF_ONE_KIND)
        .collect()
}

/// Whether Prometheus can scrape the program. This is known for every program.
pub(super) fn scrape(job: &str) -> Proposal {
    proposal(ProposalKind::Scrape, "up", "99.9%", "probe", selector("up", &[("job", job)]).into())
}

/// Times at which jobs last pushed to a Pushgateway, one for each job.
pub(super) fn pushed(contract: &Contract) -> Vec<Proposal> {
    let Some(family) = contract.families.get("push_time_seconds").filter(|family| has_label(family, "job"))
    else {
        return Vec::new();
    };
    let jobs: BTreeSet<&String> = family.shapes.iter().flat_map(|shape| &shape.labels["job"].known).collect();
    let of = |job: &String| {
        let pushed = selector("push_time_seconds", &[("job", job)]);
        proposal(ProposalKind::Pushed, "push_time_seconds", "99% < 26h", "freshness", pushed.into())
    };
    jobs.into_iter().filter(|job| !job.is_empty()).map(of).take(OF_ONE_KIND).collect()
}

/// Times of the last success of repeated jobs. Reloads of a configuration are left out, because they depend on changes.
pub(super) fn successes(contract: &Contract, job: &str) -> Vec<Proposal> {
    let named = |name: &str| {
        let words = words(name);
        let is = |word: &str| words.iter().any(|found| found == word);
        is("last") && is("success") && (is("timestamp") || is("time")) && !is("config") && !is("reload")
    };
    metrics(contract, &GAUGES)
        .filter(|(name, _)| named(name))
        .map(|(name, family)| {
            proposal(ProposalKind::Success, name, "99% < 26h", "freshness", of_job(name, family, job).into())
        })
        .take(OF_ONE_KIND)
        .collect()
}

/// Gauges with a limit that is a metric, too.
pub(super) fn limits(contract: &Contract, job: &str) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    let mut used = BTreeSet::new();
    let named = Named::of(contract);
    for (limit, of) in metrics(contract, &GAUGES) {
        let Some((gauge, every)) = limited(contract, &named, limit, of) else { continue };
        if !used.insert(gauge) || proposals.len() == OF_ONE_KIND {
            continue;
        }
        let series = |name: &str| selector(name, &[("job", job)]);
        // Without a limit, the metric is 0 or -1.
        let set = gt(series(limit), number(0));
        let share = match every {
            true => div(sum(series(gauge)), sum(set)),
            false => div(series(gauge), set),
        };
        proposals.push(proposal(
            ProposalKind::Limit,
            gauge,
            "99.5%",
            "condition",
            lt(share, number("0.9")).into(),
        ));
    }
    proposals
}

/// Metrics by the words in their names.
struct Named<'a> {
    /// The words of all metrics.
    all: BTreeSet<Vec<String>>,
    /// Gauges by their words, and by their words without those for usage.
    gauges: BTreeMap<Vec<String>, Vec<(&'a str, &'a Family)>>,
}

impl<'a> Named<'a> {
    fn of(contract: &'a Contract) -> Self {
        const USES: [&str; 6] = ["used", "current", "open", "active", "allocated", "inuse"];
        let mut gauges: BTreeMap<Vec<String>, Vec<(&str, &Family)>> = BTreeMap::new();
        for (name, family) in metrics(contract, &GAUGES) {
            let all = words(name);
            let rest: Vec<String> =
                all.iter().filter(|word| !USES.contains(&word.as_str())).cloned().collect();
            if rest != all {
                gauges.entry(rest).or_default().push((name, family));
            }
            gauges.entry(all).or_default().push((name, family));
        }
        Self { all: contract.families.keys().map(|name| words(name)).collect(), gauges }
    }
}

/// The gauge that belongs to a limit, and whether the limit applies to the sum of its series.
fn limited<'a>(
    contract: &'a Contract,
    named: &Named<'a>,
    limit: &str,
    of: &Family,
) -> Option<(&'a str, bool)> {
    // Names that no rule can find.
    const KNOWN: [(&str, &str, bool); 3] = [
        ("pg_settings_max_connections", "pg_stat_database_numbackends", true),
        ("prometheus_engine_queries_concurrent_max", "prometheus_engine_queries", false),
        ("redis_config_maxclients", "redis_connected_clients", false),
    ];
    const LIMITS: [&str; 3] = ["limit", "max", "maximum"];
    if let Some((_, gauge, every)) = KNOWN.iter().find(|(known, _, _)| *known == limit) {
        let (gauge, _) = contract.families.get_key_value(*gauge)?;
        return Some((gauge, *every));
    }
    let mut about = words(limit);
    // A cache should be full, and a limit for free space is a minimum.
    if about.iter().any(|word| word == "cache" || word == "free") {
        return None;
    }
    let at = about.iter().position(|word| LIMITS.contains(&word.as_str()))?;
    let is_limit = about.remove(at) == "limit";
    // If a program has both, `max` is the highest observed value.
    let other = || {
        let mut other = about.clone();
        other.insert(at, "limit".to_owned());
        named.all.contains(&other)
    };
    if !is_limit && other() {
        return None;
    }
    let labels = |family: &Family| -> BTreeSet<Vec<String>> {
        family.shapes.iter().map(|shape| shape.labels.keys().cloned().collect()).collect()
    };
    let mut known = named.gauges.get(&about).into_iter().flatten();
    let found = known.find(|(name, family)| *name != limit && labels(family) == labels(of));
    Some((found?.0, false))
}
