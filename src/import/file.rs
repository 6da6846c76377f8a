//! Writes the imported services as source files that people read and maintain.

use std::borrow::Cow;

use super::Options;
use super::draft::{Alert, Draft, NotImported, Pair, PlacedText, Policy, Slice, Tier};
use super::gather::{FileContents, Service, Slo, recorded_as};
use super::measure::Measured;
use super::sli::spelled;
use crate::emit::yaml::Yaml;
use crate::parse::PROJECT_FILE;
use crate::promql::ast::Selector;
use crate::secret;
use crate::source::{Sources, Span};
use crate::vocabulary::{Period, Severity, percent, text};

/// Longer maps are written on several lines.
const WIDTH: usize = 100;

/// All files: the project file, unless there is one, and one file for each service with an SLO.
pub fn files(gathered: &FileContents, lines: &Lines, options: &Options) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let services: Vec<&Service> =
        gathered.services.iter().filter(|service| !service.slos.is_empty()).collect();
    if !options.project && !services.is_empty() {
        files.push((PROJECT_FILE.to_owned(), project(gathered)));
    }
    for service in services {
        // `slowburn.yaml` is the project file, so a service with this name needs another file.
        let file =
            if service.name.as_str() == "slowburn" { "slowburn-service" } else { service.name.as_str() };
        files.push((format!("{file}.yaml"), self::service(service, lines)));
    }
    files
}

/// The project file.
fn project(gathered: &FileContents) -> String {
    let mut yaml = Yaml::default();
    yaml.comment(0, "Settings for all services. Written by `slowburn import`; edit it as you like.");
    yaml.pair(0, "", "version", "slowburn/v1");
    yaml.pair(0, "", "language", "en");
    yaml.pair(0, "", "period", "30d");
    alert_name(&mut yaml, 0, gathered.alert_name.as_deref());
    settings(&mut yaml, gathered);
    yaml.finish()
}

/// Settings that are possible only in the project file, as its lines; may be empty.
pub fn project_settings(gathered: &FileContents) -> String {
    let mut yaml = Yaml::default();
    settings(&mut yaml, gathered);
    yaml.finish()
}

fn settings(yaml: &mut Yaml, gathered: &FileContents) {
    let has_settings =
        |alert: &Alert| alert.label.is_some() || !alert.labels.is_empty() || !alert.annotations.is_empty();
    if Severity::ALL.iter().any(|severity| has_settings(gathered.severities.get(*severity))) {
        yaml.line(0, "severities:");
        for severity in Severity::ALL {
            let alert = gathered.severities.get(severity);
            if !has_settings(alert) {
                continue;
            }
            yaml.line(2, &format!("{severity}:"));
            if let Some(label) = &alert.label {
                yaml.pair(4, "", "label", &label.text);
            }
            pairs(yaml, 4, "labels", &alert.labels);
            pairs(yaml, 4, "annotations", &alert.annotations);
        }
    }
    if !gathered.policies.is_empty() {
        yaml.line(0, "policies:");
        for (name, tiers) in &gathered.policies {
            yaml.line(2, &format!("{name}:"));
            yaml.line(4, "tiers:");
            tiers.iter().for_each(|tier| yaml.line(6, &self::tier(tier)));
        }
    }
    if gathered.native {
        yaml.comment(0, "Native histograms need Prometheus 2.54 or newer.");
        yaml.line(0, "prometheus: { version: \"2.54\" }");
    }
}

fn tier(tier: &Tier) -> String {
    let Tier { severity, share, long, short } = tier;
    format!("- {{ severity: {severity}, budget: {}, long: {long}, short: {short} }}", percent(*share))
}

fn service(service: &Service, lines: &Lines) -> String {
    let mut yaml = Yaml::default();
    let mut tools: Vec<&str> = service.slos.iter().map(|slo| slo.draft.tool).collect();
    tools.dedup();
    let tools: Vec<String> = tools.into_iter().map(str::to_owned).collect();
    yaml.comment(
        0,
        &format!(
            "Imported from {} by `slowburn import`; edit it as you like.\nAdd `metrics`: with a contract, the selectors are checked against what the programs expose.",
            crate::diagnostic::joined(&tools, "and")
        ),
    );
    yaml.pair(0, "", "version", "slowburn/v1");
    yaml.pair(0, "", "service", service.name.as_str());
    if let Some(description) = &service.description {
        yaml.pair(0, "", "description", description);
    }
    if let Some(owner) = &service.owner {
        yaml.pair(0, "", "owner", owner);
    }
    period(&mut yaml, 0, &service.period);
    alert_name(&mut yaml, 0, service.alert_name.as_deref());
    pairs(&mut yaml, 0, "labels", &service.labels);
    pairs(&mut yaml, 0, "annotations", &service.annotations);
    if !service.missing {
        yaml.pair(0, "", "missing_events", "off");
    }
    yaml.line(0, "");
    yaml.line(0, "slos:");
    for (index, slo) in service.slos.iter().enumerate() {
        if index > 0 {
            yaml.line(0, "");
        }
        one(&mut yaml, slo, service, lines);
    }
    for (draft, missing) in &service.left_out {
        yaml.line(0, "");
        yaml.comment(2, &format!("{} was not imported: {}.", origin(draft, lines), why(missing)));
    }
    yaml.finish()
}

/// Why an SLO is left out, in a sentence.
pub fn why(missing: &NotImported) -> String {
    match missing {
        NotImported::Decision(decision) => format!("somebody must decide {decision}"),
        NotImported::Fault(fault) => (*fault).to_owned(),
    }
}

/// The comments directly above an SLO in its source, without secrets.
fn comments(place: Span, lines: &Lines) -> Vec<String> {
    const MOST: usize = 20;
    let text = &lines.sources.file(place.source).text;
    let before = text.get(..place.start as usize).unwrap_or_default();
    let above = &before[..before.rfind(['\n', '\r']).unwrap_or(0)];
    let lines = above.rsplit(['\n', '\r']).map(str::trim).take_while(|line| line.starts_with('#')).take(MOST);
    let mut lines: Vec<String> =
        lines.map(|line| secret::masked(line.trim_start_matches('#').trim())).collect();
    lines.retain(|line| !line.is_empty() && !line.starts_with("yaml-language-server"));
    lines.reverse();
    lines
}

fn one(yaml: &mut Yaml, slo: &Slo, service: &Service, lines: &Lines) {
    let draft = &slo.draft;
    for comment in comments(draft.place, lines) {
        yaml.comment(2, &comment);
    }
    yaml.comment(2, &origin(draft, lines));
    yaml.line(2, &format!("{}:", slo.name));
    if let Some(description) = draft.description.as_deref().filter(|text| !text.trim().is_empty()) {
        yaml.pair(4, "", "description", description.trim());
    }
    let threshold = match &slo.measured {
        Measured::Latency { threshold, .. } => format!(" < {threshold}"),
        Measured::Events(_) | Measured::Condition(_) | Measured::Probe(_) | Measured::Ratio(_) => {
            String::new()
        }
    };
    yaml.pair(4, "", "objective", &format!("{}{threshold}", draft.objective));
    yaml.line(4, "sli:");
    let mut query = |key: &str, query| yaml.pair(6, "", key, &spelled(query));
    match &slo.measured {
        Measured::Events(parts) => parts.iter().for_each(|(part, expr)| query(part.as_str(), expr)),
        Measured::Latency { histogram, native, milliseconds, success, .. } => {
            let selector = histogram.clone().into();
            query("latency", &selector);
            if !success.is_empty() {
                let matchers = success.clone().into();
                let matchers = Selector { name: None, matchers, ..histogram.clone() }.into();
                query("successful", &matchers);
            }
            if *native {
                yaml.pair(6, "", "histogram", "native");
            }
            if *milliseconds {
                yaml.pair(6, "", "unit", "milliseconds");
            }
        }
        Measured::Condition(expr) => query("condition", expr),
        Measured::Probe(expr) => query("probe", expr),
        Measured::Ratio(expr) => query("bad_ratio", expr),
    }
    if !draft.by.is_empty() {
        let renamed = draft.by.iter().any(|label| recorded_as(&label.text).is_some());
        let pair = |label: &PlacedText| {
            let name = recorded_as(&label.text).unwrap_or_else(|| label.text.clone());
            format!("{name}: {}", label.text)
        };
        let pairs: Vec<String> = draft.by.iter().map(pair).collect();
        yaml.line(
            4,
            &match renamed {
                true => format!("by: {{ {} }}", pairs.join(", ")),
                false => format!("by: [{}]", labels(draft)),
            },
        );
    }
    if draft.period != service.period {
        period(yaml, 4, &draft.period);
    }
    if let Some(Slice { length, objective }) = &draft.slice {
        yaml.pair(4, "", "budgeting", "timeslices");
        yaml.line(4, &format!("slice: {{ length: {length}, objective: {objective} }}"));
    }
    if let Some(policy) =
        slo.policy.as_ref().filter(|_| !draft.is_silent() || matches!(draft.policy, Policy::Own(..)))
    {
        yaml.pair(4, "", "policy", policy);
    }
    alert_name(yaml, 4, slo.alert_name.as_deref());
    // Only severities that the policy has can be switched off.
    let has = |severity: Severity| match &draft.policy {
        Policy::Own(_, tiers) => tiers.iter().any(|tier| tier.severity == severity),
        Policy::Workbook | Policy::Scaled => true,
    };
    let off =
        Severity::ALL.into_iter().filter(|severity| draft.severities.get(*severity).off && has(*severity));
    let off: Vec<String> = off.map(|severity| severity.to_string()).collect();
    if !off.is_empty() {
        if draft.is_silent() {
            yaml.comment(4, "There were no alerts before. Without this line the policy makes alerts.");
        }
        yaml.line(4, &format!("tiers_off: [{}]", off.join(", ")));
    }
    pairs(yaml, 4, "labels", &slo.labels);
    pairs(yaml, 4, "annotations", &slo.annotations);
}

fn alert_name(yaml: &mut Yaml, indent: usize, name: Option<&str>) {
    if let Some(name) = name {
        yaml.pair(indent, "", "alert_name", name);
    }
}

/// `region, zone`
pub fn labels(draft: &Draft) -> String {
    let labels: Vec<&str> = draft.by.iter().map(|label| label.text.as_str()).collect();
    labels.join(", ")
}

/// `checkout in slos.yaml:12`
fn origin(draft: &Draft, lines: &Lines) -> String {
    format!("`{}` in {}", draft.name.text, lines.place(draft.place))
}

/// The offsets of all lines, so that each place is found without reading the file again.
pub struct Lines<'s> {
    sources: &'s Sources,
    starts: Vec<Vec<u32>>,
}

impl<'s> Lines<'s> {
    pub fn of(sources: &'s Sources) -> Self {
        let starts = sources.iter().map(|(_, file)| {
            let ends = file.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            ends.map(|(at, _)| at as u32 + 1).collect()
        });
        Self { sources, starts: starts.collect() }
    }

    /// File and line, without folders: the output must not depend on the folder.
    pub fn place(&self, span: Span) -> String {
        let path = &self.sources.file(span.source).path;
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let line = self.starts[span.source.0 as usize].partition_point(|start| *start <= span.start) + 1;
        format!("{file}:{line}")
    }
}

fn period(yaml: &mut Yaml, indent: usize, period: &Period) {
    match period {
        Period::Rolling(length) => yaml.pair(indent, "", "period", &length.to_string()),
        Period::Calendar(unit, zone) => {
            yaml.pair(indent, "", "period", &format!("calendar {}", unit.as_str()));
            if zone.name() != "UTC" {
                yaml.pair(indent, "", "time_zone", zone.name());
            }
        }
    }
}

fn pairs(yaml: &mut Yaml, indent: usize, key: &str, pairs: &[Pair]) {
    if !pairs.is_empty() {
        let pairs: Vec<(&str, Cow<str>)> =
            pairs.iter().map(|pair| (pair.name.as_str(), Cow::Borrowed(pair.value.as_str()))).collect();
        yaml.labels(indent, key, &pairs, WIDTH);
    }
}

/// A percentage, rounded for people.
pub fn rounded(ratio: crate::vocabulary::Decimal) -> String {
    let percent = ratio * crate::vocabulary::Decimal::ONE_HUNDRED;
    format!("{}%", text(percent.round_sf(3).unwrap_or(percent)))
}
