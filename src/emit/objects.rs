//! Objects of Kubernetes.

use super::prometheus::plain;
use super::yaml::Yaml;
use crate::artifact::MARK;
use crate::model::{Labels, Objects};
use crate::plan::{Group, ProjectPlan, ServicePlan};

/// The most bytes of rules in an object. `kubectl apply` copies an object as JSON into an annotation of at most 256 KiB.
pub(super) const MOST: usize = 180_000;

/// The most bytes in a `ConfigMap` or `Secret`: together with its metadata, 1 MiB.
pub(super) const MOST_DATA: usize = 1_000_000;

/// The indentation of a rule file's groups in an object.
const WITHIN: usize = 2;

/// A kind of object that holds rules.
pub(super) struct Kind {
    /// `apiVersion`
    pub version: &'static str,
    /// `kind`
    pub kind: &'static str,
    /// Lines between a group's interval and its rules.
    pub more: fn(&mut Yaml, &Group),
}

/// The rules of a service, in as many objects as necessary: `slo-api`, `slo-api.2`, … No service has a point in its name.
pub(super) fn rules(project: &ProjectPlan, service: &ServicePlan, objects: &Objects, kind: &Kind) -> String {
    let mut all = String::new();
    let mut size = 0;
    let mut count = 0;
    for (_, group) in groups(project, service, kind) {
        if count == 0 || size + group.len() > MOST {
            count += 1;
            size = 0;
            let name = match count {
                1 => format!("slo-{}", service.name),
                count => format!("slo-{}.{count}", service.name),
            };
            if count > 1 {
                all.push_str("---\n");
            }
            all.push_str(&head(
                kind.version,
                kind.kind,
                &name,
                objects.namespace.as_deref(),
                &objects.labels,
            ));
            all.push_str("spec:\n  groups:\n");
        }
        size += group.len();
        all.push_str(&group);
    }
    all
}

/// The groups of a service by name, as written in an object.
pub(super) fn groups<'a>(
    project: &'a ProjectPlan,
    service: &'a ServicePlan,
    kind: &'a Kind,
) -> impl Iterator<Item = (&'a str, String)> {
    service.all_groups().map(|group| {
        let mut yaml = Yaml::within(WITHIN);
        plain(&mut yaml, project, group, &kind.more);
        (group.name.as_str(), yaml.finish())
    })
}

/// The beginning of every object.
pub(super) fn head(
    version: &str,
    kind: &str,
    name: &str,
    namespace: Option<&str>,
    labels: &Labels,
) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.pair(0, "", "apiVersion", version);
    yaml.pair(0, "", "kind", kind);
    yaml.line(0, "metadata:");
    yaml.pair(2, "", "name", name);
    if let Some(namespace) = namespace {
        yaml.pair(2, "", "namespace", namespace);
    }
    if !labels.is_empty() {
        yaml.line(2, "labels:");
        for (name, value) in labels {
            yaml.pair(4, "", name, value);
        }
    }
    yaml.finish()
}

/// A `ConfigMap` or a `Secret`: files by name.
pub(super) fn files(
    kind: &str,
    name: &str,
    objects: &Objects,
    labels: &Labels,
    files: &[(&str, &str)],
) -> String {
    let all: Labels =
        objects.labels.iter().chain(labels).map(|(key, value)| (key.clone(), value.clone())).collect();
    let mut yaml = Yaml::default();
    if kind == "Secret" {
        yaml.pair(0, "", "type", "Opaque");
        yaml.line(0, "stringData:");
    } else {
        yaml.line(0, "data:");
    }
    for (name, text) in files {
        yaml.pair(2, "", name, text);
    }
    head("v1", kind, name, objects.namespace.as_deref(), &all) + &yaml.finish()
}
