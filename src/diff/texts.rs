//! Changes of labels, annotations, owners, descriptions and runbooks.

use super::pairs::Pair;
use crate::difference::{Change, Kind, Sentence};
use crate::model::Labels;
use crate::vocabulary::Period;

/// The words before the code of an accepted warning.
pub(super) const ACCEPTED: &str = "the accepted warning";

/// Those of an SLO that are not its service's.
pub(super) fn of_slo(pair: &Pair) -> Vec<Change> {
    let (old, new) = (pair.old.slo, pair.new.slo);
    let subject = pair.subject();
    let mut changes = labels(Kind::Label, &subject, "label", &old.labels, &new.labels);
    changes.extend(labels(Kind::Annotation, &subject, "annotation", &old.annotations, &new.annotations));
    changes.extend(labels(Kind::Accepted, &subject, ACCEPTED, &old.accepted, &new.accepted));
    changes.extend(value(Kind::Description, &subject, "description", &old.description, &new.description));
    changes.extend(value(Kind::Runbook, &subject, "runbook", &old.runbook, &new.runbook));
    let traffic = |traffic: Option<crate::vocabulary::Decimal>| {
        traffic.map(|traffic| format!("{} events a second", crate::vocabulary::text(traffic.round_dp(6))))
    };
    let expected =
        value(Kind::Traffic, &subject, "expected traffic", &traffic(old.traffic), &traffic(new.traffic));
    let [was, is] = [pair.old, pair.new].map(|side| side.plan.promise.expected_per_tile());
    let warning = match &new.period {
        Period::Calendar(unit, _) if pair.goes_on() && was != is => {
            let warning = "the budget left jumps once if less than four weeks have been counted: other events are expected of the rest of the";
            Some(Sentence::plain(format!("{warning} {}", unit.as_str())))
        }
        _ => None,
    };
    changes.extend(expected.map(|change| change.warn(warning)));
    if old.scrape_interval != new.scrape_interval {
        let (before, after) = (old.scrape_interval, new.scrape_interval);
        let message = Sentence::plain(format!("targets scraped every {after}, was {before}"));
        changes.push(Change::new(Kind::Scrape, &subject, message).values(before, after));
    }
    changes
}

/// One change per name.
pub(super) fn labels(kind: Kind, subject: &[String], thing: &str, old: &Labels, new: &Labels) -> Vec<Change> {
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let change = |name: &String| {
        let message = Sentence::plain(format!("{thing} ")).quote(name);
        match (old.get(name), new.get(name)) {
            (Some(was), Some(is)) if was != is => {
                let message = message.and(" is ").quote(is).and(", was ").quote(was);
                Some(Change::new(kind, subject, message).values(was, is))
            }
            (None, Some(is)) => Some(Change::new(kind, subject, message.and(" is new: ").quote(is))),
            (Some(was), None) => {
                Some(Change::new(kind, subject, message.and(" is removed; was ").quote(was)))
            }
            _ => None,
        }
    };
    names.into_iter().filter_map(change).collect()
}

/// A change of an optional text.
pub(super) fn value(
    kind: Kind,
    subject: &[String],
    thing: &str,
    old: &Option<String>,
    new: &Option<String>,
) -> Option<Change> {
    let message = |words: &str| Sentence::plain(format!("{thing} {words}"));
    match (old, new) {
        (Some(was), Some(is)) if was != is => {
            let message = message("is ").quote(is).and(", was ").quote(was);
            Some(Change::new(kind, subject, message).values(was, is))
        }
        (None, Some(is)) => Some(Change::new(kind, subject, message("is new: ").quote(is))),
        (Some(was), None) => Some(Change::new(kind, subject, message("is removed; was ").quote(was))),
        _ => None,
    }
}
