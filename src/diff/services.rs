//! Services and SLOs that were added, removed or renamed, and settings of a service.

use super::Side;
use super::measured::until;
use super::pairs::{Pair, Pairs, Slo};
use super::texts::{ACCEPTED, labels, value};
use crate::contract;
use crate::difference::{Change, Kind, Sentence};
use crate::model::{MissingEvents, Service};
use crate::plan::Part;
use crate::vocabulary::Severity;

/// The changes of services.
pub(super) fn changes(old: Side, new: Side, pairs: &Pairs) -> Vec<Change> {
    let mut changes = Vec::new();
    let find = |side: Side<'_>, name: &str| -> bool {
        side.model.services.iter().any(|service| service.name.as_str() == name)
    };
    for (before, after) in &pairs.renamed_services {
        changes.push(renamed_service(before, after, pairs));
    }
    for service in &new.model.services {
        let subject = [service.name.to_string()];
        let name = service.name.as_str();
        let before =
            pairs.renamed_services.iter().find(|(_, after)| after == name).map_or(name, |(before, _)| before);
        match old.model.services.iter().find(|service| service.name.as_str() == before) {
            Some(was) => {
                changes.extend(kept(&subject, was, service));
                let missing = (watched(old, was), watched(new, service));
                changes.extend(missing_events(&subject, missing.0, missing.1));
            }
            None if old.complete => {
                changes.push(
                    Change::new(Kind::ServiceAdded, &subject, Sentence::plain("a new service"))
                        .effects(about(service)),
                );
            }
            None => changes.push(unread(&subject, "old")),
        }
    }
    for service in &old.model.services {
        let name = service.name.as_str();
        let renamed = pairs.renamed_services.iter().any(|(before, _)| before == name);
        if renamed || find(new, name) {
            continue;
        }
        let subject = [service.name.to_string()];
        changes.push(match new.complete {
            true => {
                Change::new(Kind::ServiceRemoved, &subject, Sentence::plain("the whole service is removed"))
            }
            false => unread(&subject, "new"),
        });
    }
    changes.extend(pairs.kept.iter().filter_map(|pair| renamed(pair, pairs)));
    changes.extend(
        pairs.added.iter().map(|slo| if old.complete { added(slo) } else { unread(&[slo.name()], "old") }),
    );
    changes.extend(
        pairs
            .removed
            .iter()
            .map(|slo| if new.complete { removed(slo) } else { unread(&[slo.name()], "new") }),
    );
    changes
}

fn unread(subject: &[String], side: &str) -> Change {
    let message = format!("the {side} side has errors, and this could not be read there");
    Change::new(Kind::Unread, subject, Sentence::plain(message))
}

const BEGINS_ANEW: &str = "its history keeps the old name: it starts with a full budget, and the budget left counts only since the deployment until ";

fn renamed_service(before: &str, after: &str, pairs: &Pairs) -> Change {
    let moved: Vec<&Pair> = pairs.kept.iter().filter(|pair| is_of(pair, before, after)).collect();
    let message = Sentence::plain("the service was called ").quote(before);
    let mut untils: Vec<String> = moved.iter().map(|pair| until(pair.new.slo)).collect();
    untils.sort();
    untils.dedup();
    let warning = format!("{BEGINS_ANEW}{}", untils.join(" or "));
    let slos = moved.iter().map(|pair| pair.new.slo.name.to_string());
    let effects = [
        Sentence::plain("this concerns ").list(slos),
        Sentence::plain(
            "alerts, dashboards and files have new names; silences and routes that match the old service no longer match",
        ),
    ];
    Change::new(Kind::ServiceRenamed, &[after.to_owned()], message)
        .values(before, after)
        .warn(Sentence::plain(warning))
        .effects(effects)
}

fn is_of(pair: &Pair, before: &str, after: &str) -> bool {
    pair.old.service.name.as_str() == before && pair.new.service.name.as_str() == after
}

/// An SLO with a new name, unless only its service has a new name.
fn renamed(pair: &Pair, pairs: &Pairs) -> Option<Change> {
    let same_name = pair.old.slo.name == pair.new.slo.name;
    let with_service = pairs.renamed_services.iter().any(|(before, after)| is_of(pair, before, after));
    if same_name && (with_service || pair.old.service.name == pair.new.service.name) {
        return None;
    }
    let message = match (same_name, pair.old.service.name == pair.new.service.name || with_service) {
        (true, _) => Sentence::plain("belonged to the service ").quote(&pair.old.service.name),
        (false, _) => Sentence::plain("was called ").quote(pair.old.name()),
    };
    let warning = Sentence::plain(format!("{BEGINS_ANEW}{}", until(pair.new.slo)));
    let warning = pair.old.slo.planned.is_none().then_some(warning);
    Some(
        Change::new(Kind::SloRenamed, &pair.subject(), message)
            .values(pair.old.name(), pair.new.name())
            .warn(warning),
    )
}

fn added(slo: &Slo) -> Change {
    let promise = &slo.plan.promise;
    let message = format!("new: promises {} over {}", promise.objective, promise.period);
    let mut effects = Vec::new();
    effects.extend(promise.description.as_ref().map(|text| Sentence::default().quote(text)));
    effects.push(Sentence::plain(format!(
        "budget: {} of full outage in {}",
        promise.period_length.share(promise.budget),
        promise.length()
    )));
    let alerts: Vec<&str> = slo
        .plan
        .alerts()
        .map(|(severity, _)| match severity {
            Severity::Page => "pages",
            Severity::Ticket => "opens tickets",
        })
        .collect();
    effects.push(Sentence::plain(match alerts.is_empty() {
        true => "alerts nobody".to_owned(),
        false => alerts.join(" and "),
    }));
    if !promise.parts.is_empty() {
        let parts: Vec<String> = promise.parts.iter().map(Part::name).collect();
        effects.push(Sentence::plain("good while all its parts are good: ").list(&parts));
    }
    if let Some(length) = promise.event.slice() {
        effects.push(Sentence::plain(format!("budgeted in slices of {length}")));
    }
    if !promise.by.is_empty() {
        effects.push(Sentence::plain("one promise for each value of ").list(&promise.by));
    }
    effects.extend(promise.planned.as_ref().map(|reason| Sentence::plain("only planned: ").quote(reason)));
    Change::new(Kind::SloAdded, &[slo.name()], Sentence::plain(message)).effects(effects)
}

fn removed(slo: &Slo) -> Change {
    let promise = &slo.plan.promise;
    let message = format!("removed: promised {} over {}", promise.objective, promise.period);
    let loud = slo.plan.alerts().any(|(severity, _)| severity == Severity::Page);
    let warning = match (loud, slo.plan.alerts().next().is_some()) {
        (true, _) => "it no longer pages anybody, and its recorded series end",
        (false, true) => "no ticket is opened for it any more, and its recorded series end",
        (false, false) => "its recorded series end",
    };
    Change::new(Kind::SloRemoved, &[slo.name()], Sentence::plain(message)).warn(Sentence::plain(warning))
}

fn about(service: &Service) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    sentences.extend(service.description.as_ref().map(|text| Sentence::default().quote(text)));
    sentences.extend(service.owner.as_ref().map(|owner| Sentence::plain("owner: ").quote(owner)));
    sentences
}

/// Changes of a service's own settings.
fn kept(subject: &[String], old: &Service, new: &Service) -> Vec<Change> {
    let mut changes = labels(Kind::Label, subject, "label", &old.labels, &new.labels);
    changes.extend(labels(Kind::Annotation, subject, "annotation", &old.annotations, &new.annotations));
    changes.extend(labels(Kind::Accepted, subject, ACCEPTED, &old.accepted, &new.accepted));
    changes.extend(value(Kind::Owner, subject, "owner", &old.owner, &new.owner));
    changes.extend(value(Kind::Description, subject, "description", &old.description, &new.description));
    changes.extend(exposed(subject, old, new));
    changes
}

/// The alert for missing events; `None` while all metrics of a service are planned.
fn watched(side: Side, service: &Service) -> Option<MissingEvents> {
    let plan = side.plan.services.iter().find(|plan| plan.name == service.name.as_str())?;
    service.missing_events.filter(|_| plan.missing.is_some())
}

fn missing_events(
    subject: &[String],
    old: Option<MissingEvents>,
    new: Option<MissingEvents>,
) -> Option<Change> {
    let described = |missing: MissingEvents| format!("a {} after {}", missing.severity, missing.after);
    let change = |message: String| Change::new(Kind::MissingEvents, subject, Sentence::plain(message));
    match (old, new) {
        (Some(was), Some(is)) if was != is => {
            Some(change(format!("missing events: {}, was {}", described(is), described(was))))
        }
        (None, Some(is)) => {
            Some(change(format!("there is now an alert for missing events: {}", described(is))))
        }
        (Some(was), None) => Some(
            change(format!("there is no alert for missing events any more; was {}", described(was)))
                .warn(Sentence::plain("a service without measurements looks like a service without errors")),
        ),
        _ => None,
    }
}

/// The metrics that are new in the contract.
fn exposed(subject: &[String], old: &Service, new: &Service) -> Option<Change> {
    let (before, after) = match (&old.contract, &new.contract) {
        (None, None) => return None,
        (None, Some(_)) => {
            let message = "now checked against a contract: metrics, labels and bounds";
            return Some(Change::new(Kind::Contract, subject, Sentence::plain(message)));
        }
        (Some(_), None) => {
            let message = "no longer checked against a contract: nobody notices a metric that does not exist";
            return Some(Change::new(Kind::Contract, subject, Sentence::plain(message)));
        }
        (Some(before), Some(after)) => (before, after),
    };
    let difference = contract::Difference::between(before, after);
    if difference.is_empty() {
        return None;
    }
    let message = format!(
        "the contract has other metrics: {} appeared, {} vanished, {} changed",
        difference.appeared.len(),
        difference.vanished.len(),
        difference.changed.len()
    );
    let effects: Vec<Sentence> =
        difference.to_string().lines().map(|line| Sentence::default().quote(line.replace('`', ""))).collect();
    Some(Change::new(Kind::Contract, subject, Sentence::plain(message)).effects(effects))
}
