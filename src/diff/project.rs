//! Changes of the project: severity labels, targets, language, Prometheus.

use std::fmt::Display;

use super::Side;
use super::texts::{ACCEPTED, labels, value};
use crate::difference::{Change, Kind, Sentence};
use crate::model::{Job, Labels, Links, Model, Objects, Project, Prometheus, RuleTargets, Wording, Wordings};
use crate::vocabulary::Severity;

/// The changes of the project.
pub(super) fn changes(old: Side, new: Side) -> Vec<Change> {
    let (before, after) = (&old.model.project, &new.model.project);
    let mut changes = severities(old.model, new.model);
    let language = |model: &Model| format!("{:?}", model.project.language);
    changes.extend(value_change(
        Kind::Language,
        "texts for people are in ",
        language(old.model),
        language(new.model),
    ));
    let zone = |project: &Project| project.time_zone.clone().unwrap_or_else(|| "UTC".to_owned());
    changes.extend(value_change(
        Kind::TimeZone,
        "times in notifications and months of reports are those of ",
        zone(before),
        zone(after),
    ));
    changes.extend(prometheus(&before.prometheus, &after.prometheus));
    changes.extend(targets(&before.targets, &after.targets));
    changes.extend(links(&before.links, &after.links));
    changes.extend(texts(&before.texts, &after.texts));
    let written = |project: &Project| -> Labels {
        project.runbooks.iter().map(|(name, written)| (name.clone(), written.text.clone())).collect()
    };
    let accepted = |side: Side<'_>| side.model.project.accepted.clone();
    changes.extend(labels(Kind::Accepted, &[], ACCEPTED, &accepted(old), &accepted(new)));
    changes.extend(labels(Kind::Runbook, &[], "runbook", &written(before), &written(after)));
    changes
}

/// A value of the project.
fn value_change(kind: Kind, words: &str, old: impl Display, new: impl Display) -> Option<Change> {
    let (old, new) = (old.to_string(), new.to_string());
    let message = Sentence::plain(words).quote(&new).and(", was ").quote(&old);
    (old != new).then(|| Change::new(kind, &[], message).values(old, new))
}

/// Entries of a list that were added or removed, each in its words after the introduction.
pub(super) fn listed(
    kind: Kind,
    came: Sentence,
    went: Sentence,
    old: &[Sentence],
    new: &[Sentence],
) -> Vec<Change> {
    let behind =
        |prefix: &Sentence, words: Sentence| Sentence(prefix.0.iter().cloned().chain(words.0).collect());
    let came = only(new, old, |words| behind(&came, words));
    let went = only(old, new, |words| behind(&went, words));
    came.chain(went).map(|message| Change::new(kind, &[], message)).collect()
}

/// The entries that only one side has, in words.
pub(super) fn only<'a, T: PartialEq + Clone>(
    one: &'a [T],
    other: &'a [T],
    message: impl Fn(T) -> Sentence + 'a,
) -> impl Iterator<Item = Sentence> + 'a {
    one.iter().filter(|entry| !other.contains(entry)).cloned().map(message)
}

fn severities(old: &Model, new: &Model) -> Vec<Change> {
    let mut changes = Vec::new();
    for severity in Severity::ALL {
        let (before, after) = (old.project.severities.get(severity), new.project.severities.get(severity));
        if before.label != after.label {
            let message = Sentence::plain(format!("a {severity} has the label "))
                .quote("severity")
                .and(" ")
                .quote(&after.label)
                .and(", had ")
                .quote(&before.label);
            let warning =
                "routes and silences outside of these definitions that use the old value no longer match";
            changes.push(
                Change::new(Kind::Severity, &[], message)
                    .values(&before.label, &after.label)
                    .warn(Sentence::plain(warning)),
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

/// Other targets of the rules, each with its settings.
fn targets(old: &RuleTargets, new: &RuleTargets) -> Vec<Change> {
    let pairs = |labels: &Labels| -> String {
        let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join(", ")
    };
    let objects = |objects: &Objects| -> Vec<String> {
        let namespace = objects.namespace.iter().map(|name| format!("namespace {name}"));
        let labels = (!objects.labels.is_empty()).then(|| format!("labels {}", pairs(&objects.labels)));
        namespace.chain(labels).collect()
    };
    let settings =
        |parts: Vec<String>| if parts.is_empty() { "as it is".to_owned() } else { parts.join("; ") };
    let all = |targets: &RuleTargets| {
        let operator = targets.operator.as_ref().map(|operator| {
            let mut parts = objects(&operator.objects);
            parts.extend(operator.dashboards.as_ref().map(|labels| format!("dashboards {}", pairs(labels))));
            parts.extend(operator.alertmanager.as_ref().map(|name| format!("alertmanager {name}")));
            settings(parts)
        });
        let mimir = targets.mimir.as_ref().map(|mimir| {
            let mut parts = vec![format!("{} groups of {} rules", mimir.max_groups, mimir.max_rules)];
            if !mimir.source_tenants.is_empty() {
                parts.push(format!("tenants {}", mimir.source_tenants.join(", ")));
            }
            settings(parts)
        });
        [
            ("operator", operator),
            ("thanos", targets.thanos.map(|strategy| format!("partial response: {}", strategy.as_str()))),
            ("mimir", mimir),
            ("cortex", targets.cortex.then(|| settings(Vec::new()))),
            ("vmalert", targets.vmalert.then(|| settings(Vec::new()))),
            ("vmrule", targets.vmrule.as_ref().map(|target| settings(objects(target)))),
        ]
    };
    let both = all(old).into_iter().zip(all(new));
    both.filter_map(|((name, old), (_, new))| {
        value(Kind::Target, &[], &format!("the target {name}"), &old, &new)
    })
    .collect()
}

fn links(old: &Links, new: &Links) -> Vec<Change> {
    let one = |thing: &str, old, new| value(Kind::Link, &[], thing, old, new);
    let all = [
        one("the address of runbooks", &old.runbooks, &new.runbooks),
        one("the address of Grafana", &old.grafana, &new.grafana),
        one("the address of the sources", &old.source, &new.source),
        one("the address of Alertmanager", &old.alertmanager, &new.alertmanager),
    ];
    all.into_iter().flatten().collect()
}

/// Changes of the author's texts of alerts.
fn texts(old: &Wordings, new: &Wordings) -> Vec<Change> {
    let Wordings { burn, budget, missing, companion } = old;
    let pairs = [
        ("burn rates", burn, &new.burn),
        ("budgets", budget, &new.budget),
        ("missing events", missing, &new.missing),
        ("companion alerts", companion, &new.companion),
    ];
    let both = |(of, old, new): (&str, &Wording, &Wording)| {
        let one =
            |what: &str, old, new| value(Kind::Description, &[], &format!("the {what} of {of}"), old, new);
        [one("summary", &old.summary, &new.summary), one("description", &old.description, &new.description)]
    };
    pairs.into_iter().flat_map(both).flatten().collect()
}

fn prometheus(old: &Prometheus, new: &Prometheus) -> Vec<Change> {
    let version = |prometheus: &Prometheus| format!("{}.{}", prometheus.version.0, prometheus.version.1);
    let retention =
        |prometheus: &Prometheus| prometheus.retention.as_ref().map(|(length, _)| length.to_string());
    let names = |labels: &[crate::vocabulary::LabelName]| -> Vec<Sentence> {
        labels.iter().map(|label| Sentence::default().quote(label)).collect()
    };
    let kind = Kind::Prometheus;
    let mut changes: Vec<Change> =
        value_change(kind, "the oldest Prometheus that must load the rules is ", version(old), version(new))
            .into_iter()
            .collect();
    changes.extend(value(kind, &[], "retention of Prometheus", &retention(old), &retention(new)));
    let jobs = |jobs: &Option<Vec<Job>>| -> Vec<Sentence> {
        let described =
            |job: &Job| Sentence::default().quote(&job.name).and(format!(" every {}", job.scrape_interval));
        jobs.iter().flatten().map(described).collect()
    };
    let lists = [
        (
            ["targets have the label ", "targets no longer have the label "],
            [names(&old.target_labels), names(&new.target_labels)],
        ),
        (
            ["Prometheus adds to alerts the label ", "Prometheus no longer adds to alerts the label "],
            [names(&old.external_labels), names(&new.external_labels)],
        ),
        (
            ["replicas differ in the label ", "replicas no longer differ in the label "],
            [names(&old.replica_labels), names(&new.replica_labels)],
        ),
        (["Prometheus scrapes ", "Prometheus no longer scrapes "], [jobs(&old.jobs), jobs(&new.jobs)]),
    ];
    for (message, [before, after]) in lists {
        let [came, went] = message.map(Sentence::plain);
        changes.extend(listed(kind, came, went, &before, &after));
    }
    changes
}
