//! Changes of receivers, routes, times and inhibitions. The receivers of each alert are in `alerting`.

use std::collections::BTreeMap;

use super::Side;
use super::project::{listed, only};
use super::texts::{labels, value};
use crate::difference::{Change, Kind, Sentence};
use crate::model::{Address, Alertmanager, Channel, Dependency, Inhibition, Matching, Receiver, Smtp, Times};
use crate::plan::{Matcher, Notifications, ReceiverRoute};
use crate::secret;
use crate::vocabulary::{PerSeverity, Severity};

/// Receivers, routes and inhibitions.
pub(super) fn changes(old: Side, new: Side) -> Vec<Change> {
    let severities = [&old.plan.project.severities, &new.plan.project.severities];
    let mut changes = Vec::new();
    match (&old.plan.project.notifications, &new.plan.project.notifications) {
        (Some(one), Some(other)) => {
            changes.extend(receivers(&one.receivers, &other.receivers));
            changes.extend(routes(one, other, severities));
        }
        (None, Some(_)) => {
            let message = "these definitions now decide receivers, routes and inhibitions, in a configuration of Alertmanager";
            changes.push(Change::new(Kind::Route, &[], Sentence::plain(message)));
        }
        (Some(_), None) => {
            let message = "these definitions no longer decide receivers, routes and inhibitions";
            let warning = Sentence::plain(
                "the output has no configuration of Alertmanager: who is notified is decided elsewhere",
            );
            changes.push(Change::new(Kind::Route, &[], Sentence::plain(message)).warn(warning));
        }
        (None, None) => {}
    }
    if let (Some(one), Some(other)) = (&old.model.project.alertmanager, &new.model.project.alertmanager) {
        changes.extend(alertmanager(one, other, severities));
        changes.extend(dependencies(&old.model.project.dependencies, &new.model.project.dependencies));
    }
    changes
}

/// Names of removed receivers, each with the new name for the same channels.
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
        let message = Sentence::plain("the receiver ").quote(was).and(" is called ").quote(is).and(" now");
        changes.push(Change::new(Kind::Receiver, &[], message).values(was, is));
    }
    for is in new {
        let name = is.name.to_string();
        match old.iter().find(|was| was.name == is.name) {
            Some(was) => {
                let words = |receiver: &Receiver| receiver.channels.iter().map(channel).collect::<Vec<_>>();
                let one = |word: &str| Sentence::default().quote(&name).and(format!(" {word} notified by "));
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
                let message = Sentence::plain("there is a new receiver ").quote(&name);
                changes
                    .push(Change::new(Kind::Receiver, &[], message).effects(is.channels.iter().map(channel)));
            }
        }
    }
    for was in old {
        let name = was.name.to_string();
        if !renamed.contains_key(&name) && !new.iter().any(|is| is.name == was.name) {
            let message = Sentence::plain("the receiver ").quote(&name).and(" is gone");
            changes.push(Change::new(Kind::Receiver, &[], message).effects(was.channels.iter().map(channel)));
        }
    }
    changes
}

fn channel(channel: &Channel) -> Sentence {
    let file = |words: Sentence, file: &Option<String>| match file {
        Some(file) => words.and(" with the secret in ").quote(file),
        None => words,
    };
    match channel {
        Channel::Email { to } => Sentence::plain("mail to ").quote(to),
        Channel::Slack { channel, api_url_file } => {
            Sentence::plain("Slack in ").quote(channel).and(" by ").quote(api_url_file)
        }
        Channel::Webhook { address: Address::Url(url), token_file } => {
            file(Sentence::plain("webhook ").quote(secret::address(url)), token_file)
        }
        Channel::Webhook { address: Address::File(path), token_file } => {
            file(Sentence::plain("the webhook in ").quote(path), token_file)
        }
        Channel::PagerDuty { routing_key_file } => Sentence::plain("PagerDuty by ").quote(routing_key_file),
        Channel::Opsgenie { api_key_file } => Sentence::plain("Opsgenie by ").quote(api_key_file),
        Channel::Telegram { chat_id, bot_token_file } => {
            Sentence::plain("Telegram in ").quote(chat_id.to_string()).and(" by ").quote(bot_token_file)
        }
        Channel::Teams { webhook_url_file } => Sentence::plain("Teams by ").quote(webhook_url_file),
        Channel::Discord { webhook_url_file } => Sentence::plain("Discord by ").quote(webhook_url_file),
    }
}

/// Changes of the timing of routes. Their receivers are compared alert by alert.
fn routes(old: &Notifications, new: &Notifications, severities: [&PerSeverity<String>; 2]) -> Vec<Change> {
    let renamed = renamed_receivers(&old.receivers, &new.receivers);
    let own = |routes: &[ReceiverRoute], severities| -> Vec<(String, ReceiverRoute)> {
        routes.iter().map(|route| (matching(&route.matchers, severities), route.clone())).collect()
    };
    let mut before = own(&old.routes, severities[0]);
    let mut changes = Vec::new();
    for (matched, is) in own(&new.routes, severities[1]) {
        let same = |(known, was): &(String, ReceiverRoute)| {
            *known == matched && renamed.get(&was.receiver).unwrap_or(&was.receiver) == &is.receiver
        };
        let route = Sentence::plain("alerts with ").quote(&matched).and(" to ").quote(&is.receiver);
        match before.iter().position(same) {
            Some(at) => {
                for message in timing_changes(&before.remove(at).1, &is) {
                    changes.push(Change::new(Kind::Route, &[], message).effects([route.clone()]));
                }
            }
            None => {
                let message = if is.escalates { "a new escalation" } else { "a new route" };
                changes.push(Change::new(Kind::Route, &[], Sentence::plain(message)).effects([route]));
            }
        }
    }
    for (matched, was) in before {
        let route = Sentence::plain("alerts with ").quote(&matched).and(" to ").quote(&was.receiver);
        let message = if was.escalates { "an escalation is gone" } else { "a route is gone" };
        changes.push(Change::new(Kind::Route, &[], Sentence::plain(message)).effects([route]));
    }
    changes
}

fn timing_changes(old: &ReceiverRoute, new: &ReceiverRoute) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let wait = (old.timing.group_wait, new.timing.group_wait);
    match (old.escalates, new.escalates) {
        (false, true) => {
            sentences.push(Sentence::plain(format!(
                "notified only of alerts that still fire after {}, was notified at once",
                wait.1
            )));
        }
        (true, false) => sentences.push(Sentence::plain(format!(
            "notified at once, was notified only of alerts that still fire after {}",
            wait.0
        ))),
        (true, true) if wait.0 != wait.1 => {
            sentences.push(Sentence::plain(format!(
                "notified only of alerts that still fire after {}, was {}",
                wait.1, wait.0
            )));
        }
        (false, false) if wait.0 != wait.1 => {
            sentences
                .push(Sentence::plain(format!("the first notification waits {}, was {}", wait.1, wait.0)));
        }
        _ => {}
    }
    let (one, other) = (&old.timing, &new.timing);
    if one.group_interval != other.group_interval {
        let words =
            format!("further alerts of a group wait {}, was {}", other.group_interval, one.group_interval);
        sentences.push(Sentence::plain(words));
    }
    if one.repeat_interval != other.repeat_interval {
        let words = format!("notified again every {}, was {}", other.repeat_interval, one.repeat_interval);
        sentences.push(Sentence::plain(words));
    }
    if one.group_by != other.group_by {
        let by = |labels: &Option<Vec<String>>| match labels {
            Some(labels) => format!("[{}]", labels.join(", ")),
            None => "nothing".to_owned(),
        };
        sentences.push(
            Sentence::plain("notifications are grouped by ")
                .quote(by(&other.group_by))
                .and(", were by ")
                .quote(by(&one.group_by)),
        );
    }
    let only =
        |a: &[String], b: &[String]| a.iter().filter(|name| !b.contains(name)).cloned().collect::<Vec<_>>();
    let (muted, loud) = (only(&new.mute, &old.mute), only(&old.mute, &new.mute));
    if !muted.is_empty() {
        sentences.push(Sentence::plain("nothing is sent during ").list(muted));
    }
    if !loud.is_empty() {
        sentences.push(Sentence::plain("sent now during ").list(loud));
    }
    sentences
}

/// `component=api, severity=page`, with the names of severities in the sources.
fn matching(matchers: &[Matcher], severities: &PerSeverity<String>) -> String {
    let one = |matcher: &Matcher| {
        let op = if matcher.negative { "≠" } else { "=" };
        let values = matcher.values.iter().map(|value| called(&matcher.label, value, severities));
        format!("{}{op}{}", matcher.label, values.collect::<Vec<_>>().join("|"))
    };
    match matchers.is_empty() {
        true => "any labels".to_owned(),
        false => matchers.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// A label's value; for a severity its own name instead of its label value, which changes for all alerts at once.
fn called<'a>(label: &str, value: &'a str, severities: &PerSeverity<String>) -> &'a str {
    let severity = Severity::ALL.into_iter().find(|severity| severities.get(*severity) == value);
    severity.filter(|_| label == "severity").map_or(value, |severity| severity.as_str())
}

/// Changes of mail, named times, the default receiver and the author's inhibitions.
fn alertmanager(
    old: &Alertmanager,
    new: &Alertmanager,
    severities: [&PerSeverity<String>; 2],
) -> Vec<Change> {
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
    changes.extend(value(Kind::Route, &[], "the default receiver", &default(old), &default(new)));
    let times = |times: &[Times]| -> BTreeMap<String, String> {
        times.iter().map(|times| (times.name.to_string(), hours(times))).collect()
    };
    changes.extend(labels(Kind::Route, &[], "the time", &times(&old.times), &times(&new.times)));
    let silenced = |alertmanager: &Alertmanager, severities| -> Vec<Sentence> {
        alertmanager.inhibitions.iter().map(|inhibition| declared(inhibition, severities)).collect()
    };
    let (before, after) = (silenced(old, severities[0]), silenced(new, severities[1]));
    let (came, went) = (Sentence::plain("now, "), Sentence::plain("no longer, "));
    changes.extend(listed(Kind::Inhibition, came, went, &before, &after));
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

fn declared(inhibition: &Inhibition, severities: &PerSeverity<String>) -> Sentence {
    let labels = |matching: &Matching| {
        let one = |(label, values): (&String, &std::collections::BTreeSet<String>)| {
            let values = values.iter().map(|value| called(label, value, severities));
            format!("{label}={}", values.collect::<Vec<_>>().join("|"))
        };
        matching.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let equal: Vec<&String> = inhibition.equal.iter().map(|(label, _)| label).collect();
    let words = Sentence::plain("while ")
        .quote(labels(&inhibition.source))
        .and(" fires, this is silenced: ")
        .quote(labels(&inhibition.silenced));
    if equal.is_empty() { words } else { words.and(" with the same ").list(equal) }
}

/// Changes of dependencies.
fn dependencies(old: &[Dependency], new: &[Dependency]) -> Vec<Change> {
    type Edge = (String, &'static str, String);
    let edges = |all: &[Dependency]| -> Vec<Edge> {
        let edge = |dependency: &Dependency| {
            let on = match &dependency.slo {
                Some(slo) => format!("{}/{slo}", dependency.on),
                None => dependency.on.to_string(),
            };
            let what = match dependency.silences {
                Severity::Page => "alerts of ",
                Severity::Ticket => "tickets of ",
            };
            (on, what, dependency.service.to_string())
        };
        all.iter().map(edge).collect()
    };
    let message = |(on, what, service): Edge, words: &str| {
        Sentence::plain(what).quote(service).and(words).quote(on).and(" is down")
    };
    let (old, new) = (edges(old), edges(new));
    let came = only(&new, &old, |edge| message(edge, " are now silenced while "));
    let went = only(&old, &new, |edge| message(edge, " are no longer silenced while "));
    came.chain(went).map(|message| Change::new(Kind::Inhibition, &[], message)).collect()
}
