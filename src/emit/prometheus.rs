//! Rule files for Prometheus, one per service.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::words;
use super::yaml::Yaml;
use crate::artifact::{Artifacts, MARK};
use crate::model::Labels;
use crate::plan::{
    Companion, Event, Group, ProjectPlan, Promise, Rule, ServicePlan, TierFacts, of_agreed_time,
};
use crate::promql::Expr;
use crate::vocabulary::{Duration, percent, text};

/// The width of a line.
const COLUMNS: usize = 110;

/// The path of a service's rules.
pub fn path(service: &str) -> String {
    format!("prometheus/{service}.rules.yaml")
}

/// Adds `prometheus/<service>.rules.yaml`.
pub fn emit(project: &ProjectPlan, service: &ServicePlan, artifacts: &mut Artifacts) {
    artifacts.insert(path(&service.name), file(project, service));
}

fn file(project: &ProjectPlan, service: &ServicePlan) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.line(0, "groups:");
    let (mut slos, mut remarks) = (BTreeSet::new(), BTreeSet::new());
    for group in &service.groups {
        yaml.line(0, "");
        head(&mut yaml, group);
        yaml.line(4, "rules:");
        for rule in &group.rules {
            if let Some(slo) = rule.labels.get("slo")
                && slos.insert(slo)
                && let Some(slo) = service.slos.iter().find(|known| known.promise.slo == *slo)
            {
                yaml.line(0, "");
                promise(&mut yaml, &slo.promise);
            }
            write_rule(&mut yaml, project, rule, &mut remarks);
        }
    }
    for (group, about) in [
        (&service.companions, "companion alerts"),
        (&service.silencing, "alerts that only silence others"),
        (&service.missing, "missing events"),
    ] {
        if let Some(group) = group {
            yaml.line(0, "");
            yaml.comment(2, &format!("{}: {about}", service.name));
            write(&mut yaml, project, group, &mut remarks);
        }
    }
    yaml.finish()
}

/// Facts about a companion alert for reviewers.
fn companion_comment(yaml: &mut Yaml, companion: &Companion) {
    let Companion { service, name, severity, .. } = companion;
    yaml.comment(6, &format!("{service}/{name}: a {severity}"));
    if let Some(description) = &companion.description {
        yaml.comment(6, description);
    }
    if let Some(reason) = &companion.planned {
        yaml.comment(6, &format!("PLANNED, not instrumented yet: {reason}"));
    }
}

/// A rule as it is written in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenRule {
    /// The name of its group.
    pub group: String,
    /// The evaluation interval of the group.
    pub interval: Duration,
    /// Whether it is an alert.
    pub alerts: bool,
    /// Its name.
    pub name: String,
    /// The expression.
    pub expr: Expr,
    /// `for`; zero for recording rules.
    pub hold: Duration,
    /// `keep_firing_for`; zero for recording rules.
    pub keep_firing_for: Duration,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations; empty for recording rules.
    pub annotations: Labels,
}

/// The rules of a service, as they are written in the file.
pub fn written(project: &ProjectPlan, service: &ServicePlan) -> Vec<WrittenRule> {
    let of = |group: &Group, rule: &Rule| {
        let alert = rule.alert();
        let inert = |(name, value): (&String, &String)| {
            let value = if alert.is_some() { crate::text::inert(value) } else { value.clone() };
            (name.clone(), value)
        };
        WrittenRule {
            group: group.name.clone(),
            interval: group.interval,
            alerts: alert.is_some(),
            name: rule.name().to_owned(),
            expr: Expr::clone(&rule.expr),
            hold: alert.and_then(|alert| alert.hold).unwrap_or_default(),
            keep_firing_for: alert.and_then(|alert| alert.keep_firing_for).unwrap_or_default(),
            labels: rule.labels.iter().map(inert).collect(),
            annotations: alert.map(|alert| words::annotations(project, alert, None)).unwrap_or_default(),
        }
    };
    let groups = service.all_groups();
    groups.flat_map(|group| group.rules.iter().map(move |rule| of(group, rule))).collect()
}

/// Some groups, as they are written in the file.
pub fn excerpt(project: &ProjectPlan, groups: &[Group]) -> String {
    with_groups(Yaml::default(), project, groups)
}

fn with_groups(mut yaml: Yaml, project: &ProjectPlan, groups: &[Group]) -> String {
    let mut remarks = BTreeSet::new();
    for group in groups {
        write(&mut yaml, project, group, &mut remarks);
    }
    yaml.finish()
}

/// A file of groups for the backfill, for promtool.
pub fn history(project: &ProjectPlan, groups: &[Group]) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(0, MARK);
    yaml.comment(0, "promtool evaluates this once, over the past. Do not load it into Prometheus.");
    yaml.line(0, "groups:");
    with_groups(yaml, project, groups)
}

/// Facts that a reviewer can check.
fn promise(yaml: &mut Yaml, promise: &Promise) {
    yaml.comment(
        6,
        &format!("{}/{}: {} over {}", promise.service, promise.slo, promise.objective, promise.period),
    );
    if let Some(description) = &promise.description {
        yaml.comment(6, description);
    }
    if let Some(matchers) = &promise.successful {
        yaml.comment(6, &format!("good events are fast and successful: {matchers}"));
    }
    if let Some(reason) = &promise.planned {
        yaml.comment(6, &format!("PLANNED, not instrumented yet: {reason}"));
    }
    if !promise.by.is_empty() {
        yaml.comment(6, &format!("one promise per {}", promise.kept()));
    }
    match promise.event {
        Event::Occurrence => {}
        Event::Check => yaml.comment(6, &format!("one event every {} for each series", promise.interval)),
        Event::Journey(length) => {
            let every = promise.interval;
            yaml.comment(
                6,
                &format!("one event every {every}: bad if any part missed its objective in {length}"),
            );
            for part in &promise.parts {
                let more = if part.several { ", all its promises together" } else { "" };
                let planned = if part.planned.is_some() { " (planned)" } else { "" };
                yaml.comment(
                    6,
                    &format!(
                        "part {}: bad above {} of a slice{more}{planned}",
                        part.name(),
                        text(part.budget)
                    ),
                );
            }
        }
        Event::Slice(length) => yaml.comment(
            6,
            &format!(
                "one event every {}: bad if the last {length} missed the objective of a slice",
                promise.interval
            ),
        ),
    }
    yaml.comment(
        6,
        &format!(
            "error budget = 1 - {} = {}: {} of full outage in {}",
            text(promise.ratio),
            text(promise.budget),
            promise.period_length.share(promise.budget),
            promise.length(),
        ),
    );
    for tier in &promise.tiers {
        let TierFacts { severity, long, short, .. } = tier;
        let (share, burn) = (percent(tier.budget_share), text(tier.burn_rate));
        yaml.comment(
            6,
            &format!(
                "{severity}: {share} of the budget in {long}, still burning over {short}: burn rate {share} × {} ÷ {} = {burn}, alerts above {burn} × {} = {}",
                of_agreed_time(promise.period_length, promise.period.nominal()),
                of_agreed_time(tier.long_agreed, tier.long),
                text(promise.budget),
                text(tier.threshold),
            ),
        );
    }
    for alert in &promise.budget_alerts {
        let (severity, line) = (alert.severity, alert.line);
        let until = percent(line.recovered());
        yaml.comment(
            6,
            &format!("{severity}: less than {line} of the budget left, until {until} is left again"),
        );
    }
}

fn write(yaml: &mut Yaml, project: &ProjectPlan, group: &Group, remarks: &mut BTreeSet<&'static str>) {
    head(yaml, group);
    yaml.line(4, "rules:");
    for rule in &group.rules {
        write_rule(yaml, project, rule, remarks);
    }
}

fn head(yaml: &mut Yaml, group: &Group) {
    yaml.pair(2, "- ", "name", &group.name);
    yaml.pair(4, "", "interval", &group.interval.to_string());
}

/// A group without comments, for other rulers. `more` adds lines between its interval and its rules.
pub(super) fn plain(yaml: &mut Yaml, project: &ProjectPlan, group: &Group, more: &dyn Fn(&mut Yaml, &Group)) {
    head(yaml, group);
    more(yaml, group);
    yaml.line(4, "rules:");
    for rule in &group.rules {
        spell(yaml, project, rule);
    }
}

/// `remarks` contains the remarks that are already in the file.
fn write_rule(yaml: &mut Yaml, project: &ProjectPlan, rule: &Rule, remarks: &mut BTreeSet<&'static str>) {
    if !rule.remark.is_empty() && remarks.insert(rule.remark) {
        yaml.comment(6, rule.remark);
    }
    if let Some(companion) = rule.companion() {
        companion_comment(yaml, companion);
    }
    spell(yaml, project, rule);
}

fn spell(yaml: &mut Yaml, project: &ProjectPlan, rule: &Rule) {
    let alert = rule.alert();
    yaml.pair(6, "- ", if alert.is_some() { "alert" } else { "record" }, rule.name());
    yaml.query(8, "expr", &rule.expr, COLUMNS);
    if let Some(alert) = alert {
        for (key, length) in [("for", alert.hold), ("keep_firing_for", alert.keep_firing_for)] {
            if let Some(length) = length {
                yaml.pair(8, "", key, &length.to_string());
            }
        }
    }
    let inert = alert.is_some();
    let labels = rule.labels.iter().map(|(name, value)| {
        let value = if inert { crate::text::inert(value).into() } else { value.as_str().into() };
        (name.as_str(), value)
    });
    let labels: Vec<(&str, Cow<str>)> = labels.collect();
    if !labels.is_empty() {
        // Labels of recorded series are few and short, or belong to `slo:definition:info`, which people need not read in the file.
        let columns = if inert { COLUMNS } else { usize::MAX };
        yaml.labels(8, "labels", &labels, columns);
    }
    if let Some(alert) = alert {
        yaml.line(8, "annotations:");
        for (name, value) in words::annotations(project, alert, None) {
            yaml.pair(10, "", &name, &value);
        }
    }
}
