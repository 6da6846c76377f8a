//! What holds for all services: who is told and how, what silences what, how severities are spelled, what runs the rules.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::Side;
use super::texts::{labels, value};
use crate::difference::{Change, Kind, Words};
use crate::model::{
    Address, Alertmanager, Channel, Dependency, Inhibition, Job, Matching, Model, Prometheus, Receiver, Smtp,
    Times,
};
use crate::plan::{Matcher, Notifications, SentTo};
use crate::vocabulary::Severity;

/// All of that.
pub(super) fn changes(old: Side, new: Side) -> Vec<Change> {
    let (before, after) = (&old.model.project, &new.model.project);
    let mut changes = severities(old.model, new.model);
    let language = |model: &Model| format!("{:?}", model.project.language);
    changes.extend(told(
        Kind::Language,
        "texts for people are in ",
        language(old.model),
        language(new.model),
    ));
    changes.extend(prometheus(&before.prometheus, &after.prometheus));
    match (&old.plan.project.notifications, &new.plan.project.notifications) {
        (Some(one), Some(other)) => {
            changes.extend(receivers(&one.receivers, &other.receivers));
            changes.extend(routes(one, other));
        }
        (None, Some(_)) => {
            let said =
                "receivers, routes and inhibitions are decided here now, in a configuration of Alertmanager";
            changes.push(Change::new(Kind::Route, &[], Words::plain(said)));
        }
        (Some(_), None) => {
            let said = "receivers, routes and inhibitions are no longer decided here";
            let warning = Words::plain(
                "no configuration of Alertmanager comes out: who is told is somebody else's to say",
            );
            changes.push(Change::new(Kind::Route, &[], Words::plain(said)).warn(warning));
        }
        (None, None) => {}
    }
    if let (Some(one), Some(other)) = (&before.alertmanager, &after.alertmanager) {
        changes.extend(alertmanager(one, other));
        changes.extend(dependencies(&before.dependencies, &after.dependencies));
    }
    changes
}

/// A value of the project.
fn told(kind: Kind, words: &str, old: impl Display, new: impl Display) -> Option<Change> {
    let (old, new) = (old.to_string(), new.to_string());
    let said = Words::plain(words).quote(&new).and(", was ").quote(&old);
    (old != new).then(|| Change::new(kind, &[], said).values(old, new))
}

/// Entries of a list that came and went.
fn listed(kind: Kind, came: Words, went: Words, old: &[Words], new: &[Words]) -> Vec<Change> {
    let only = |one: &[Words], other: &[Words]| -> Vec<Words> {
        one.iter().filter(|words| !other.contains(words)).cloned().collect()
    };
    let said = |prefix: &Words, words: Words| {
        let mut said = prefix.clone();
        said.0.extend(words.0);
        Change::new(kind, &[], said)
    };
    let came = only(new, old).into_iter().map(|words| said(&came, words));
    came.chain(only(old, new).into_iter().map(|words| said(&went, words))).collect()
}

fn severities(old: &Model, new: &Model) -> Vec<Change> {
    let mut changes = Vec::new();
    for severity in Severity::ALL {
        let (before, after) = (old.project.severities.get(severity), new.project.severities.get(severity));
        if before.label != after.label {
            let said = Words::plain(format!("a {severity} has the label `severity` "))
                .quote(&after.label)
                .and(", had ")
                .quote(&before.label);
            let warning = "routes and silences outside of these definitions that name the old value match nothing any more";
            changes.push(
                Change::new(Kind::Severity, &[], said)
                    .values(&before.label, &after.label)
                    .warn(Words::plain(warning)),
            );
        }
        let thing = |what: &str| format!("{what} of every {severity}");
        changes.extend(labels(Kind::Label, &[], &thing("label"), &before.labels, &after.labels));
        changes.extend(labels(
            Kind::Annotation,
            &[],
            &thing("annotation"),
            &before.annotations,
            &after.annotations,
        ));
    }
    changes
}

fn prometheus(old: &Prometheus, new: &Prometheus) -> Vec<Change> {
    let version = |prometheus: &Prometheus| format!("{}.{}", prometheus.version.0, prometheus.version.1);
    let retention =
        |prometheus: &Prometheus| prometheus.retention.as_ref().map(|(length, _)| length.to_string());
    let names = |labels: &[crate::vocabulary::LabelName]| -> Vec<Words> {
        labels.iter().map(|label| Words::default().quote(label)).collect()
    };
    let kind = Kind::Prometheus;
    let mut changes: Vec<Change> =
        told(kind, "the oldest Prometheus that has to load the rules is ", version(old), version(new))
            .into_iter()
            .collect();
    changes.extend(value(kind, &[], "retention of Prometheus", &retention(old), &retention(new)));
    let (before, after) = (names(&old.target_labels), names(&new.target_labels));
    changes.extend(listed(
        kind,
        Words::plain("targets have the label "),
        Words::plain("targets no longer have the label "),
        &before,
        &after,
    ));
    let (before, after) = (names(&old.external_labels), names(&new.external_labels));
    changes.extend(listed(
        kind,
        Words::plain("Prometheus adds to alerts the label "),
        Words::plain("Prometheus no longer adds to alerts the label "),
        &before,
        &after,
    ));
    let jobs = |jobs: &Option<Vec<Job>>| -> Vec<Words> {
        let said =
            |job: &Job| Words::default().quote(&job.name).and(format!(" every {}", job.scrape_interval));
        jobs.iter().flatten().map(said).collect()
    };
    changes.extend(listed(
        kind,
        Words::plain("Prometheus scrapes "),
        Words::plain("Prometheus no longer scrapes "),
        &jobs(&old.jobs),
        &jobs(&new.jobs),
    ));
    changes
}

/// Names of receivers that are gone, with the new name under which the same channels are reached.
pub(super) fn renamed_receivers(old: &[Receiver], new: &[Receiver]) -> BTreeMap<String, String> {
    let known = |all: &[Receiver], name: &str| all.iter().any(|receiver| receiver.name.as_str() == name);
    let mut renamed = BTreeMap::new();
    for was in old.iter().filter(|receiver| !known(new, receiver.name.as_str())) {
        let heir = new
            .iter()
            .filter(|is| !known(old, is.name.as_str()) && is.channels == was.channels)
            .find(|is| !renamed.values().any(|taken: &String| taken == is.name.as_str()));
        if let Some(is) = heir {
            renamed.insert(was.name.to_string(), is.name.to_string());
        }
    }
    renamed
}

fn receivers(old: &[Receiver], new: &[Receiver]) -> Vec<Change> {
    let renamed = renamed_receivers(old, new);
    let mut changes = Vec::new();
    for (was, is) in &renamed {
        let said = Words::plain("the receiver ").quote(was).and(" is called ").quote(is).and(" now");
        changes.push(Change::new(Kind::Receiver, &[], said).values(was, is));
    }
    for is in new {
        let name = is.name.to_string();
        match old.iter().find(|was| was.name == is.name) {
            Some(was) => {
                let words = |receiver: &Receiver| receiver.channels.iter().map(channel).collect::<Vec<_>>();
                let one = |word: &str| Words::default().quote(&name).and(format!(" {word} told by "));
                changes.extend(listed(
                    Kind::Receiver,
                    one("is also"),
                    one("is no longer"),
                    &words(was),
                    &words(is),
                ));
            }
            None if renamed.values().any(|known| *known == name) => {}
            None => {
                let said = Words::plain("there is a new receiver ").quote(&name);
                changes.push(Change::new(Kind::Receiver, &[], said).effects(is.channels.iter().map(channel)));
            }
        }
    }
    for was in old {
        let name = was.name.to_string();
        if !renamed.contains_key(&name) && !new.iter().any(|is| is.name == was.name) {
            let said = Words::plain("the receiver ").quote(&name).and(" is gone");
            changes.push(Change::new(Kind::Receiver, &[], said).effects(was.channels.iter().map(channel)));
        }
    }
    changes
}

fn channel(channel: &Channel) -> Words {
    let file = |words: Words, file: &Option<String>| match file {
        Some(file) => words.and(" with the secret in ").quote(file),
        None => words,
    };
    match channel {
        Channel::Email { to } => Words::plain("mail to ").quote(to),
        Channel::Slack { channel, api_url_file } => {
            Words::plain("Slack in ").quote(channel).and(" by ").quote(api_url_file)
        }
        Channel::Webhook { address: Address::Url(url), token_file } => {
            file(Words::plain("webhook ").quote(url), token_file)
        }
        Channel::Webhook { address: Address::File(path), token_file } => {
            file(Words::plain("the webhook in ").quote(path), token_file)
        }
        Channel::PagerDuty { routing_key_file } => Words::plain("PagerDuty by ").quote(routing_key_file),
        Channel::Opsgenie { api_key_file } => Words::plain("Opsgenie by ").quote(api_key_file),
    }
}

/// When the receivers of a route are told, and how often; whom it tells is said alert by alert.
fn routes(old: &Notifications, new: &Notifications) -> Vec<Change> {
    let renamed = renamed_receivers(&old.receivers, &new.receivers);
    let mut before: Vec<&SentTo> = old.routes.iter().collect();
    let mut changes = Vec::new();
    for is in &new.routes {
        let same = |was: &&SentTo| {
            was.matchers == is.matchers && renamed.get(&was.receiver).unwrap_or(&was.receiver) == &is.receiver
        };
        let route =
            Words::plain("alerts with ").quote(matching(&is.matchers)).and(" to ").quote(&is.receiver);
        match before.iter().position(same) {
            Some(at) => {
                for said in rhythm(before.remove(at), is) {
                    changes.push(Change::new(Kind::Route, &[], said).effects([route.clone()]));
                }
            }
            None => {
                let said = if is.escalates { "a new escalation" } else { "a new route" };
                changes.push(Change::new(Kind::Route, &[], Words::plain(said)).effects([route]));
            }
        }
    }
    for was in before {
        let route =
            Words::plain("alerts with ").quote(matching(&was.matchers)).and(" to ").quote(&was.receiver);
        let said = if was.escalates { "an escalation is gone" } else { "a route is gone" };
        changes.push(Change::new(Kind::Route, &[], Words::plain(said)).effects([route]));
    }
    changes
}

fn rhythm(old: &SentTo, new: &SentTo) -> Vec<Words> {
    let mut said = Vec::new();
    let wait = (old.timing.group_wait, new.timing.group_wait);
    match (old.escalates, new.escalates) {
        (false, true) => {
            said.push(Words::plain(format!("tells only of what still fires after {}, told at once", wait.1)));
        }
        (true, false) => said.push(Words::plain(format!("tells at once, told after {}", wait.0))),
        (true, true) if wait.0 != wait.1 => {
            said.push(Words::plain(format!("tells of what still fires after {}, was {}", wait.1, wait.0)));
        }
        (false, false) if wait.0 != wait.1 => {
            said.push(Words::plain(format!("the first notification waits {}, was {}", wait.1, wait.0)));
        }
        _ => {}
    }
    let (one, other) = (&old.timing, &new.timing);
    if one.group_interval != other.group_interval {
        let words =
            format!("further alerts of a group wait {}, was {}", other.group_interval, one.group_interval);
        said.push(Words::plain(words));
    }
    if one.repeat_interval != other.repeat_interval {
        let words = format!("is told again every {}, was {}", other.repeat_interval, one.repeat_interval);
        said.push(Words::plain(words));
    }
    if one.group_by != other.group_by {
        let by = |labels: &Option<Vec<String>>| match labels {
            Some(labels) => format!("[{}]", labels.join(", ")),
            None => "nothing".to_owned(),
        };
        said.push(
            Words::plain("notifications are shared by ")
                .quote(by(&other.group_by))
                .and(", were by ")
                .quote(by(&one.group_by)),
        );
    }
    let only =
        |a: &[String], b: &[String]| a.iter().filter(|name| !b.contains(name)).cloned().collect::<Vec<_>>();
    let (muted, loud) = (only(&new.mute, &old.mute), only(&old.mute, &new.mute));
    if !muted.is_empty() {
        said.push(Words::plain("nothing is sent during ").list(muted));
    }
    if !loud.is_empty() {
        said.push(Words::plain("is also sent during ").list(loud));
    }
    said
}

/// `component="api"`
fn matching(matchers: &[Matcher]) -> String {
    let one = |matcher: &Matcher| {
        let op = if matcher.negative { "≠" } else { "=" };
        format!("{}{op}{}", matcher.label, matcher.values.join("|"))
    };
    match matchers.is_empty() {
        true => "any labels".to_owned(),
        false => matchers.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// Mail, named times, the default receiver, the author's own inhibitions.
fn alertmanager(old: &Alertmanager, new: &Alertmanager) -> Vec<Change> {
    let mut changes = Vec::new();
    let smtp = |smtp: &Option<Smtp>| {
        smtp.as_ref().map(|smtp| {
            let user = smtp.user.as_ref().map(|user| format!(" as {user}")).unwrap_or_default();
            let secret = smtp.password_file.as_ref().map(|file| format!(" with {file}")).unwrap_or_default();
            let tls = if smtp.tls { "" } else { " without TLS" };
            format!("{} from {}{user}{secret}{tls}", smtp.host, smtp.from)
        })
    };
    changes.extend(value(
        Kind::Receiver,
        &[],
        "mail is sent by a server that",
        &smtp(&old.smtp),
        &smtp(&new.smtp),
    ));
    let default = |alertmanager: &Alertmanager| alertmanager.default.as_ref().map(ToString::to_string);
    changes.extend(value(
        Kind::Route,
        &[],
        "the receiver of what no route takes",
        &default(old),
        &default(new),
    ));
    let times = |times: &[Times]| -> BTreeMap<String, String> {
        times.iter().map(|times| (times.name.to_string(), hours(times))).collect()
    };
    changes.extend(labels(Kind::Route, &[], "the time", &times(&old.times), &times(&new.times)));
    let silenced =
        |alertmanager: &Alertmanager| alertmanager.inhibitions.iter().map(declared).collect::<Vec<_>>();
    changes.extend(listed(
        Kind::Inhibition,
        Words::plain("now, "),
        Words::plain("no longer, "),
        &silenced(old),
        &silenced(new),
    ));
    changes
}

fn hours(times: &Times) -> String {
    const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let spans = times.spans.iter().map(|span| {
        let days: Vec<&str> = DAYS
            .iter()
            .enumerate()
            .filter(|(day, _)| span.days.contains(&(*day as u8)))
            .map(|(_, day)| *day)
            .collect();
        let days = if days.is_empty() { "every day".to_owned() } else { days.join(", ") };
        format!("{days} {}-{}", clock(span.from), clock(span.to))
    });
    format!("{} ({})", spans.collect::<Vec<_>>().join("; "), times.time_zone)
}

fn declared(inhibition: &Inhibition) -> Words {
    let labels = |matching: &Matching| {
        let one = |(label, values): (&String, &std::collections::BTreeSet<String>)| {
            format!("{label}={}", values.iter().cloned().collect::<Vec<_>>().join("|"))
        };
        matching.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let equal: Vec<&String> = inhibition.equal.iter().map(|(label, _)| label).collect();
    let words = Words::plain("while ")
        .quote(labels(&inhibition.source))
        .and(" fires, silent is ")
        .quote(labels(&inhibition.silenced));
    if equal.is_empty() { words } else { words.and(" with the same ").list(equal) }
}

/// What is silent while something it needs is down.
fn dependencies(old: &[Dependency], new: &[Dependency]) -> Vec<Change> {
    let said = |all: &[Dependency]| -> Vec<Words> {
        let one = |dependency: &Dependency| {
            let on = match &dependency.slo {
                Some(slo) => format!("{}/{slo}", dependency.on),
                None => dependency.on.to_string(),
            };
            let what = match dependency.silences {
                Severity::Page => "alerts of ",
                Severity::Ticket => "tickets of ",
            };
            Words::plain("while ").quote(on).and(" is down, silent are ").and(what).quote(&dependency.service)
        };
        all.iter().map(one).collect()
    };
    listed(Kind::Inhibition, Words::plain("now, "), Words::plain("no longer, "), &said(old), &said(new))
}
