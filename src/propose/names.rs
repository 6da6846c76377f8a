//! The words in the names of metrics, and the names of proposals.

use std::collections::BTreeMap;

use super::{Proposal, ProposalKind};
use crate::vocabulary::Name;

/// The words of a name, in the singular.
pub(super) fn words(metric: &str) -> Vec<String> {
    let singular = |word: &str| match word.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None if word.ends_with("ss") => word.to_owned(),
        None => word.strip_suffix('s').unwrap_or(word).to_owned(),
    };
    metric.split(['_', ':', '.']).filter(|word| !word.is_empty()).map(singular).collect()
}

/// The subject of a metric: its words without those for the kind of measurement. A request and its response are the same event.
pub(super) fn subject(metric: &str) -> Vec<String> {
    const MEASURES: [&str; 9] =
        ["duration", "latency", "second", "millisecond", "time", "total", "count", "highr", "handling"];
    let same = |word: String| if word == "response" { "request".to_owned() } else { word };
    words(metric).into_iter().filter(|word| !MEASURES.contains(&word.as_str())).map(same).collect()
}

/// Gives each proposal a unique name: that of its kind if it is the only one, else with its subject. A subject does not need the job as its first
/// word.
pub(super) fn distinguish(proposals: &mut [Proposal], job: &str) {
    let kind = |found: ProposalKind| match found {
        ProposalKind::Statuses | ProposalKind::Failures | ProposalKind::Probe | ProposalKind::Scrape => {
            "availability"
        }
        ProposalKind::Durations | ProposalKind::Answers => "latency",
        ProposalKind::Success | ProposalKind::Pushed => "freshness",
        ProposalKind::Limit => "saturation",
    };
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for proposal in proposals.iter() {
        *count.entry(kind(proposal.found)).or_default() += 1;
    }
    let mut taken: Vec<Name> = Vec::new();
    for proposal in proposals {
        let kind = kind(proposal.found);
        let about = match count[kind] {
            1 => kind.to_owned(),
            _ => {
                let subject = subject(&proposal.metric);
                let begin = usize::from(subject.first().is_some_and(|word| word == job));
                format!("{}-{kind}", subject[begin..].join("-"))
            }
        };
        let tries =
            (1..).map(|number| if number == 1 { about.clone() } else { format!("{kind}-{number}-{about}") });
        let name = tries.filter_map(|text| Name::nearest(&text)).find(|name| !taken.contains(name));
        proposal.name = name.expect("numbers go on");
        taken.push(proposal.name.clone());
    }
}
