//! OpenSLO: `openslo/v1` and `openslo/v1alpha`. Objects refer to each other by name, across documents and files.

mod alerts;
mod indicator;
mod time;

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Account, Draft, NotImported, Pair, PlacedText, Policy, Recorder, Slice};
use super::gather::named;
use super::keys::{self, Keys, NOT_KNOWN, not_carried, whole};
use super::sli::Sli;
use super::{DialectResults, Document, Options};
use crate::diagnostic::{Code, Problem};
use crate::parse::wrong_type;
use crate::parse::yaml::{Entry, MAX_COPIED, Node, Value};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Decimal, Objective, Period, text};
use indicator::Comparison;

pub const TOOL: &str = "OpenSLO";

/// The kinds of objects.
const KINDS: [&str; 7] =
    ["Service", "SLO", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "DataSource"];

/// All objects, by kind and name.
#[derive(Default)]
struct Objects<'n> {
    all: Vec<Object<'n>>,
    /// The index of the first object with each name.
    named: BTreeMap<(String, String), usize>,
    /// Objects with a reference to them.
    used: BTreeSet<usize>,
    /// Bytes of objects with references, counted once per reference.
    copied: usize,
}

struct Object<'n> {
    kind: String,
    name: String,
    /// The place of its name.
    place: Span,
    node: &'n Node,
}

impl<'n> Objects<'n> {
    /// Adds an object; a problem if its name is in use.
    fn add(&mut self, object: Object<'n>, problems: &mut Vec<Problem>) {
        let name = (object.kind.clone(), object.name.clone());
        match self.named.get(&name) {
            // References find the first one. An SLO needs no reference.
            Some(first) if object.kind != "SLO" => problems.push(
                not_carried(object.place, format!("a second {} of this name is not imported", object.kind))
                    .label("references by this name find the first")
                    .and(self.all[*first].place, "the first"),
            ),
            Some(_) => self.all.push(object),
            None => {
                self.named.insert(name, self.all.len());
                self.all.push(object);
            }
        }
    }

    /// The object of a reference, and whether this is the first reference to it.
    fn find(&mut self, kind: &str, name: &str) -> Option<(&'n Node, bool)> {
        let at = *self.named.get(&(kind.to_owned(), name.to_owned()))?;
        let span = self.all[at].node.span;
        self.copied += (span.end - span.start) as usize;
        Some((self.all[at].node, self.used.insert(at)))
    }
}

/// Reads all documents of OpenSLO.
pub fn read(documents: &[&Document], _: &Options, found: &mut DialectResults) {
    let DialectResults { drafts, problems } = found;
    let mut objects = Objects::default();
    for document in documents {
        if let Some(object) = object(&document.node, problems) {
            objects.add(object, problems);
        }
    }
    let slos: Vec<&Node> =
        objects.all.iter().filter(|object| object.kind == "SLO").map(|object| object.node).collect();
    for node in slos {
        // A long query with many references would be read and written once for each.
        if objects.copied > MAX_COPIED {
            let headline = "SLOs repeat more text of other documents than any definition needs";
            let problem = Problem::error(Code::TooLarge, node.span.beginning(), headline);
            problems.push(
                problem.label("this SLO and those after it are not read").help("import them in several runs"),
            );
            break;
        }
        drafts.extend(slo(node, &mut objects, problems));
    }
    for (index, object) in objects.all.iter().enumerate() {
        unread(object, objects.used.contains(&index), problems);
    }
}

/// The kind and name of a document.
fn object<'n>(node: &'n Node, problems: &mut Vec<Problem>) -> Option<Object<'n>> {
    let mut keys = Keys::of(node, "the document", problems)?;
    let kind = keys.required("kind", problems)?;
    if !KINDS.contains(&kind.text.as_str()) {
        problems.push(
            Problem::error(Code::UnknownDialect, whole(&kind), "this kind of object is not supported")
                .label(format!("supported kinds are {}", crate::diagnostic::listed(&KINDS))),
        );
        return None;
    }
    if !keys.has("metadata") {
        problems.push(keys.missing("metadata", "other documents refer to its `name`"));
        return None;
    }
    let name = keys.below("metadata", problems)?.required("name", problems)?;
    Some(Object { kind: kind.text, place: whole(&name), name: name.text, node })
}

/// Reports that an object is not imported: its kind has no equivalent, or there is no reference to it.
fn unread(object: &Object, used: bool, problems: &mut Vec<Problem>) {
    let why = match (object.kind.as_str(), used) {
        ("DataSource", _) => "the rules run in the server that has the series: no connection is needed",
        ("AlertNotificationTarget", _) => "`alertmanager` in the project file says who is notified",
        ("SLO", _) | (_, true) => return,
        ("Service", false) => "no SLO belongs to this service",
        (_, false) => "no SLO refers to it",
    };
    let name: String = object.name.chars().take(60).collect();
    let problem = not_carried(object.place, format!("{} `{name}` is not imported", object.kind));
    problems.push(problem.label(why));
}

/// The metadata of an object.
#[derive(Default)]
struct Metadata {
    name: Option<Scalar>,
    shown: Option<String>,
    labels: Vec<Pair>,
    annotations: Vec<Pair>,
}

fn metadata(keys: &mut Keys, problems: &mut Vec<Problem>) -> Metadata {
    let Some(mut keys) = keys.below("metadata", problems) else { return Metadata::default() };
    let name = keys.text("name", problems);
    let shown = keys.text("displayName", problems).map(|shown| shown.text);
    let labels = match keys.node("labels") {
        Some(node) => labels(node, problems),
        None => Vec::new(),
    };
    let annotations = keys.pairs("annotations", problems).into_iter().map(Pair::of).collect();
    keys.finish(problems);
    Metadata { name, shown, labels, annotations }
}

/// Labels. OpenSLO allows several values for a label; Prometheus allows one.
fn labels(node: &Node, problems: &mut Vec<Problem>) -> Vec<Pair> {
    let Value::Map(entries) = &node.value else {
        problems.push(wrong_type(node, "`labels`", "a map of names and texts"));
        return Vec::new();
    };
    let mut single = Vec::new();
    for entry in entries {
        let value = match &entry.value.value {
            Value::List(values) if values.len() == 1 => &values[0],
            Value::List(_) | Value::Map(_) => {
                problems.push(keys::dropped(&entry.key, &entry.value, "a label has one value"));
                continue;
            }
            Value::Null | Value::Scalar(_) => &entry.value,
        };
        single.push(Entry { key: entry.key.clone(), value: value.clone() });
    }
    let single = Node { span: node.span, value: Value::Map(single) };
    keys::pairs(&single, "`labels`", problems).into_iter().map(Pair::of).collect()
}

/// The service of an SLO.
fn service(name: &str, objects: &mut Objects, problems: &mut Vec<Problem>) -> (Option<String>, Vec<Pair>) {
    let Some((node, new)) = objects.find("Service", name) else { return (None, Vec::new()) };
    let Some(mut keys) = Keys::of(node, "the document", problems) else { return (None, Vec::new()) };
    keys.pass(&["apiVersion", "kind"]);
    let metadata = metadata(&mut keys, problems);
    for annotation in &metadata.annotations {
        problems.push(
            not_carried(annotation.place, format!("`{}` is not imported", annotation.name))
                .label("it describes the object, and was never on alerts")
                .hiding(annotation.at),
        );
    }
    let description = match keys.below("spec", problems) {
        Some(mut spec) => {
            let description = spec.text("description", problems).map(|text| text.text);
            spec.finish(problems);
            description
        }
        None => None,
    };
    keys.finish(problems);
    // The service's description is written once, with its first SLO.
    (description.or(metadata.shown).filter(|_| new), metadata.labels)
}

/// The settings that the objectives of one SLO share.
struct Group {
    place: Span,
    name: PlacedText,
    service: PlacedText,
    service_description: Option<String>,
    description: Option<String>,
    labels: Vec<Pair>,
    annotations: Vec<Pair>,
    period: Period,
    sliced: Sliced,
    alerts: alerts::Alerts,
    changes: Vec<String>,
    several: bool,
    /// Whether `sloth generate` supports it. Sloth numbers objectives from 0.
    by_sloth: bool,
}

/// How the budget is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sliced {
    /// By events.
    Not,
    /// By slices of time, each good or bad.
    Slices,
    /// By the mean of the slices' ratios, which slowburn does not have.
    Means,
}

fn slo(node: &Node, objects: &mut Objects, problems: &mut Vec<Problem>) -> Vec<Draft> {
    let Some(mut keys) = Keys::of(node, "the document", problems) else { return Vec::new() };
    keys.pass(&["kind"]);
    let alpha = keys.text("apiVersion", problems).is_some_and(|version| version.text == "openslo/v1alpha");
    let metadata = metadata(&mut keys, problems);
    let Some(mut spec) = keys.required_spec(NOT_KNOWN, problems) else { return Vec::new() };
    let description = spec.text("description", problems).map(|text| text.text);
    let service = spec.required("service", problems);
    let mut changes = Vec::new();
    let in_days = time::in_days(&spec);
    let period = time::period(&mut spec, &mut changes, problems);
    let sliced = method(spec.text("budgetingMethod", problems), problems);
    let indicator = indicator::IndicatorBlock::of(&mut spec, problems);
    let entry = spec.entry("objectives");
    let policies = spec.list("alertPolicies", problems);
    const MOST: usize = 50;
    let objectives = match entry {
        Some((key, Node { value: Value::List(objectives), .. })) if objectives.len() > MOST => {
            problems.push(
                Problem::error(Code::TooLarge, key.span, format!("an SLO has more than {MOST} objectives"))
                    .help("each becomes an SLO: write several SLOs"),
            );
            &[]
        }
        Some((_, Node { value: Value::List(objectives), .. })) => objectives.as_slice(),
        Some((_, node)) => {
            problems.push(wrong_type(node, "`objectives`", "a list"));
            &[]
        }
        None => {
            problems.push(
                Problem::error(
                    Code::MissingKey,
                    spec.span.beginning(),
                    "`objectives` is missing from the SLO",
                )
                .help("the promise is not known without it"),
            );
            &[]
        }
    };
    spec.finish(problems);
    let alerts = alerts::read(policies, &period, objects, problems);
    let (Some(name), Some(service)) = (metadata.name, service) else { return Vec::new() };
    let (service_description, mut labels) = self::service(&service.text, objects, problems);
    labels.extend(metadata.labels);
    let group = Group {
        place: node.span.beginning(),
        name: PlacedText { place: whole(&name), text: keys::short(&name) },
        service: PlacedText { place: whole(&service), text: keys::short(&service) },
        service_description,
        description: description.or(metadata.shown),
        labels,
        annotations: metadata.annotations,
        period,
        sliced,
        alerts,
        changes,
        several: objectives.len() > 1,
        by_sloth: alpha && in_days && objectives.iter().all(has_two_metrics),
    };
    let mut drafts = Vec::new();
    for (index, node) in objectives.iter().enumerate() {
        let Some(keys) = Keys::of(node, "an objective", problems) else { continue };
        drafts.extend(objective(keys, index, &indicator, &group, objects, problems));
    }
    drafts
}

/// Whether an objective has its metrics directly in it, as Sloth supports.
fn has_two_metrics(objective: &Node) -> bool {
    objective.get("ratioMetrics").is_some()
}

fn method(written: Option<Scalar>, problems: &mut Vec<Problem>) -> Sliced {
    let Some(written) = written else { return Sliced::Not };
    match written.text.to_lowercase().as_str() {
        "occurrences" => Sliced::Not,
        "timeslices" => Sliced::Slices,
        "ratiotimeslices" => {
            problems.push(
                not_carried(whole(&written), "the mean of slices is not imported")
                    .label("slowburn gives every event the same weight, at any time")
                    .help("with `budgeting: timeslices` a slice is good or bad as a whole"),
            );
            Sliced::Means
        }
        _ => {
            problems.push(
                Problem::error(
                    Code::WrongType,
                    whole(&written),
                    "this method of counting the budget is not known",
                )
                .label("expected `Occurrences`, `Timeslices` or `RatioTimeslices`"),
            );
            Sliced::Not
        }
    }
}

/// One objective, which becomes an SLO of its own.
fn objective(
    mut keys: Keys,
    index: usize,
    shared: &indicator::IndicatorBlock,
    group: &Group,
    objects: &mut Objects,
    problems: &mut Vec<Problem>,
) -> Option<Draft> {
    let place = keys.span.beginning();
    let shown =
        keys.text("displayName", problems).map(|shown| shown.text).filter(|shown| !shown.trim().is_empty());
    let target = target(&mut keys, problems);
    let op = keys.text("op", problems);
    let value = keys.text("value", problems);
    let own = indicator::IndicatorBlock::of(&mut keys, problems);
    keys.drop(
        "compositeWeight",
        "each objective becomes an SLO here, so this belongs to none of them",
        problems,
    );
    let slice = slice(&mut keys, group, problems);
    keys.finish(problems);
    let comparison = Comparison { op, value };
    let written = if own.is_some() { &own } else { shared };
    let sli = match written.is_some() {
        true => indicator::read(written, &comparison, objects, problems),
        false => Sli::missing("what it measures"),
    };
    let target = target?;
    let (slice, measured) = match slice {
        Ok(slice) => (slice, sli.measured),
        Err(missing) => (None, Err(missing)),
    };
    let mut account = Account { changes: group.changes.clone(), ..Account::default() };
    let mut name = group.name.clone();
    let by_sloth = format!("{}-{index}", name.text);
    if group.several {
        name.place = place;
        account
            .changes
            .push(format!("it is one objective of `{}`: each objective becomes an SLO", name.text));
        name.text = match &shown {
            // Its old rules are found by this number.
            _ if group.by_sloth => by_sloth.clone(),
            Some(shown) => format!("{}-{}", name.text, named(shown, "objective")),
            None => format!("{}-{}", name.text, index + 1),
        };
    }
    account.alerts.extend(group.alerts.names.iter().cloned());
    account.changes.extend(group.alerts.changes.iter().cloned());
    account.better.extend(sli.better);
    account.changes.extend(sli.changes);
    let mut labels = group.labels.clone();
    let owner = labels.iter().rposition(|label| label.name == "owner").map(|at| {
        let owner = labels.remove(at);
        PlacedText { text: owner.value, place: owner.place }
    });
    Some(Draft {
        place: if group.several { place } else { group.place },
        tool: TOOL,
        service: group.service.clone(),
        name,
        service_description: group.service_description.clone(),
        owner,
        description: match (&group.description, shown.filter(|_| group.several)) {
            (Some(description), Some(shown)) => Some(format!("{shown}: {description}")),
            (description, shown) => description.clone().or(shown),
        },
        objective: target,
        measured,
        by: sli.by.into_iter().map(|text| PlacedText { text, place }).collect(),
        period: group.period.clone(),
        slice,
        labels,
        annotations: group.annotations.clone(),
        severities: group.alerts.severities.clone(),
        policy: match group.alerts.tiers.is_empty() {
            true => Policy::Workbook,
            false => Policy::Own(group.alerts.name.clone(), group.alerts.tiers.clone()),
        },
        missing: None,
        alert_name: None,
        recorder: if group.by_sloth { Recorder::Sloth(by_sloth) } else { Recorder::Nobody },
        account,
    })
}

/// The objective: a ratio or a percentage.
fn target(keys: &mut Keys, problems: &mut Vec<Problem>) -> Option<Objective> {
    let percent = keys.text("targetPercent", problems);
    let ratio = match keys.has("target") || percent.is_none() {
        true => keys.required("target", problems),
        false => None,
    };
    match (ratio, percent) {
        (Some(ratio), percent) => {
            if let Some(percent) = percent {
                problems.push(
                    not_carried(whole(&percent), "`targetPercent` is not imported")
                        .label("`target` already is the objective"),
                );
            }
            share(&ratio, problems)
        }
        (None, Some(percent)) => super::sloth::objective(&percent, problems),
        (None, None) => None,
    }
}

/// A ratio between 0 and 1, both excluded.
fn share(written: &Scalar, problems: &mut Vec<Problem>) -> Option<Objective> {
    let ratio = decimal(written);
    let percent = ratio.and_then(|ratio| ratio.checked_mul(Decimal::ONE_HUNDRED));
    let objective = percent.and_then(|percent| Objective::from_percent(&text(percent)).ok());
    if objective.is_none() {
        let problem = Problem::error(
            Code::ObjectiveOutOfRange,
            whole(written),
            "this is not a ratio between 0 and 1, both excluded",
        );
        problems.push(match ratio.filter(|ratio| *ratio > Decimal::ONE && *ratio < Decimal::ONE_HUNDRED) {
            Some(_) => problem.help("write a percentage as `targetPercent`"),
            None => problem.help("write an objective that can be reached and missed: 0.999"),
        });
    }
    objective
}

fn decimal(written: &Scalar) -> Option<Decimal> {
    let text = written.text.trim();
    Decimal::from_str_exact(text).ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// The slices.
///
/// # Errors
/// What the user has to decide, if the source does not say it.
fn slice(keys: &mut Keys, group: &Group, problems: &mut Vec<Problem>) -> Result<Option<Slice>, NotImported> {
    const WHY: &str = "the budget counts events: it has no slices";
    if group.sliced != Sliced::Slices {
        let why = if group.sliced == Sliced::Means { "every event has the same weight here" } else { WHY };
        keys.drop("timeSliceTarget", why, problems);
        keys.drop("timeSliceWindow", why, problems);
        return Ok(None);
    }
    let decide = |decision: &str| NotImported::Decision(decision.to_owned());
    let length = keys.text("timeSliceWindow", problems);
    let target = keys.text("timeSliceTarget", problems);
    let length = length.ok_or_else(|| decide("how long its slices of time are: `timeSliceWindow`"))?;
    let written = target.ok_or_else(|| {
        decide("from which share of good events on a slice of time is good: `timeSliceTarget`")
    })?;
    let length = time::slice(&length, problems);
    let target = match decimal(&written) {
        Some(all) if all == Decimal::ONE => {
            problems.push(
                not_carried(whole(&written), "a slice without any bad event is not imported")
                    .label("a slice needs an objective below 1, so 99.9999% is written instead"),
            );
            Objective::from_percent("99.9999").ok()
        }
        _ => share(&written, problems),
    };
    let fault = NotImported::Fault("its slices of time cannot be read");
    length.zip(target).map(|(length, objective)| Some(Slice { length, objective })).ok_or(fault)
}
