//! Sloth: `prometheus/v1`, the same as a Kubernetes object `PrometheusServiceLevel`, and declared alert windows.

use super::account::night_example;
use super::draft::{Account, Alert, Draft, Pair, PlacedText, Policy, Recorder, Tier};
use super::keys::{self, Keys, NOT_KNOWN, not_carried, whole};
use super::measure::Counts;
use super::measure::Measured;
use super::queries::Counters;
use super::sli::{self, Sli};
use super::{DialectResults, Document, Options};
use crate::diagnostic::{Code, Problem, few};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Decimal, Duration, Objective, PerSeverity, Period, Severity};

pub const TOOL: &str = "Sloth";

/// Keys with another spelling in Kubernetes objects.
struct Spelled {
    error_query: &'static str,
    total_query: &'static str,
    error_ratio_query: &'static str,
    page_alert: &'static str,
    ticket_alert: &'static str,
    plugins: [&'static str; 2],
}

const PLAIN: Spelled = Spelled {
    error_query: "error_query",
    total_query: "total_query",
    error_ratio_query: "error_ratio_query",
    page_alert: "page_alert",
    ticket_alert: "ticket_alert",
    plugins: ["slo_plugins", "plugins"],
};

const KUBERNETES: Spelled = Spelled {
    error_query: "errorQuery",
    total_query: "totalQuery",
    error_ratio_query: "errorRatioQuery",
    page_alert: "pageAlert",
    ticket_alert: "ticketAlert",
    plugins: ["sloPlugins", "plugins"],
};

/// The default period of Sloth.
const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// Alert windows that are declared for a period.
struct Windows {
    /// The place of the declaration.
    place: Span,
    period: Duration,
    tiers: Vec<Tier>,
}

/// The settings that the SLOs of one document share.
struct Group<'a> {
    service: PlacedText,
    labels: Vec<Pair>,
    windows: Option<&'a Windows>,
    spelled: &'static Spelled,
}

/// Reads all documents of Sloth.
pub fn read(documents: &[&Document], options: &Options, found: &mut DialectResults) {
    let DialectResults { drafts, problems } = found;
    let mut windows = Vec::new();
    let mut groups = Vec::new();
    for document in documents {
        let Some(mut keys) = Keys::of(&document.node, "the document", problems) else { continue };
        match keys.text("kind", problems) {
            Some(kind) if kind.text == "AlertWindows" => windows.extend(alert_windows(keys, problems)),
            Some(kind) if kind.text == "PrometheusServiceLevel" => groups.push((keys, &KUBERNETES)),
            Some(kind) => problems.push(
                Problem::error(Code::UnknownDialect, whole(&kind), "this kind of object is not supported")
                    .label("supported are `PrometheusServiceLevel` and `AlertWindows`"),
            ),
            None => groups.push((keys, &PLAIN)),
        }
    }
    // Sloth's default is 30 days, unless its command line sets another period. Declared windows name their period.
    let usual = windows.iter().position(|windows: &Windows| windows.period == MONTH);
    let used = if groups.is_empty() { None } else { usual.or((!windows.is_empty()).then_some(0)) };
    let unused = windows.iter().enumerate().filter(|(index, _)| Some(*index) != used);
    for (_, windows) in unused {
        let why = match used {
            Some(_) => "Sloth uses the windows of one period, and those of another were imported",
            None => "the files contain no SLO",
        };
        let headline = format!("the windows for {} are not imported", windows.period);
        let place = windows.place;
        problems.push(not_carried(place, headline).label(why));
    }
    let windows = used.map(|used| &windows[used]);
    for (keys, spelled) in groups {
        group(keys, spelled, windows, options, drafts, problems);
    }
}

fn group(
    mut keys: Keys,
    spelled: &'static Spelled,
    windows: Option<&Windows>,
    options: &Options,
    drafts: &mut Vec<Draft>,
    problems: &mut Vec<Problem>,
) {
    keys.pass(&["version", "apiVersion", "status"]);
    let is_object = std::ptr::eq(spelled, &KUBERNETES);
    let mut spec = if is_object {
        metadata(&mut keys, problems);
        let there = keys.has("spec");
        match keys.below("spec", problems) {
            Some(spec) => {
                keys.finish(problems);
                spec
            }
            None => {
                if !there {
                    problems.push(keys.missing("spec", NOT_KNOWN));
                }
                return;
            }
        }
    } else {
        keys
    };
    let service = spec.required("service", problems);
    let labels: Vec<Pair> = spec.pairs("labels", problems).into_iter().map(Pair::of).collect();
    plugins(&mut spec, spelled, problems);
    let slos = spec.list("slos", problems);
    if slos.is_empty() && !spec.has("slos") {
        let problem =
            Problem::error(Code::MissingKey, spec.span.beginning(), "there are no `slos` in the document");
        problems.push(problem.help("remove the document, or write its SLOs"));
    }
    spec.finish(problems);
    let Some(service) = service else { return };
    let service = PlacedText { place: whole(&service), text: keys::short(&service) };
    let group = Group { service, labels, windows, spelled };
    for node in slos {
        if let Some(keys) = Keys::of(node, "an SLO of Sloth", problems) {
            drafts.extend(slo(keys, &group, options, problems));
        }
    }
}

/// Skips metadata of a Kubernetes object: it selects the rules, and has no effect on alerts.
pub fn metadata(keys: &mut Keys, problems: &mut Vec<Problem>) {
    let Some(mut metadata) = keys.below("metadata", problems) else { return };
    metadata.pass(&[
        "name",
        "creationTimestamp",
        "generation",
        "resourceVersion",
        "uid",
        "managedFields",
        "selfLink",
    ]);
    const OF_THE_OBJECT: [&str; 5] = ["namespace", "labels", "annotations", "ownerReferences", "finalizers"];
    let found: Vec<_> = OF_THE_OBJECT.iter().filter_map(|name| metadata.entry(name)).collect();
    if let Some((first, _)) = found.first() {
        let names: Vec<&str> = found.iter().map(|(key, _)| key.text.as_str()).collect();
        let (verb, why) = match names.len() {
            1 => ("is", "it belongs to the object in Kubernetes, and was never on alerts"),
            _ => ("are", "they belong to the object in Kubernetes, and were never on alerts"),
        };
        let headline = format!("{} {verb} not imported", few(&names));
        problems.push(not_carried(first.span, headline).label(why));
    }
    metadata.finish(problems);
}

fn plugins(keys: &mut Keys, spelled: &Spelled, problems: &mut Vec<Problem>) {
    for name in spelled.plugins {
        keys.drop(name, "plugins are programs of Sloth; slowburn does not run them", problems);
    }
}

fn slo(mut keys: Keys, group: &Group, options: &Options, problems: &mut Vec<Problem>) -> Option<Draft> {
    let place = keys.span.beginning();
    let name = keys.required("name", problems);
    let description = keys.text("description", problems).map(|text| text.text);
    let objective = keys.required("objective", problems).and_then(|text| objective(&text, problems));
    let mut labels = group.labels.clone();
    labels.extend(keys.pairs("labels", problems).into_iter().map(Pair::of));
    plugins(&mut keys, group.spelled, problems);
    let sli = match keys.has("sli") {
        true => keys.below("sli", problems).map(|keys| sli(keys, group.spelled, problems)),
        false => Some(Sli::missing("what it measures")),
    };
    let mut account = Account::default();
    let mut annotations = Vec::new();
    let mut alert_name = None;
    let mut severities = match keys.below("alerting", problems) {
        Some(alerting) => {
            let of_slo = name.as_ref().map(|name| name.text.as_str()).unwrap_or_default();
            let alerts = alerts(alerting, group, of_slo, &mut labels, &mut annotations, problems);
            alert_name = alerts.1;
            account.alerts.extend(alert_name.iter().map(|name| name.text.clone()));
            alerts.0
        }
        None => PerSeverity::default(),
    };
    keys.finish(problems);
    let (name, objective, sli) = (name?, objective?, sli?);
    let owner = labels.iter().rposition(|label| label.name == "owner").map(|at| {
        let owner = labels[at].clone();
        labels.retain(|label| label.name != "owner");
        PlacedText { text: owner.value, place: owner.place }
    });
    if options.identity {
        let place = whole(&name);
        let of = |label: &str, value: &str| Pair {
            name: label.to_owned(),
            value: value.to_owned(),
            place,
            at: place,
        };
        let service = &group.service.text;
        labels.push(of("sloth_service", service));
        labels.push(of("sloth_slo", &name.text));
        labels.push(of("sloth_id", &format!("{service}-{}", name.text)));
        for severity in Severity::ALL {
            severities.get_mut(severity).labels.push(of("sloth_severity", severity.as_str()));
        }
    } else if !(severities.page.off && severities.ticket.off) {
        account.changes.push(
            "alerts lose the labels `sloth_id`, `sloth_service`, `sloth_slo` and `sloth_severity`: `--identity` keeps them"
                .to_owned(),
        );
    }
    let period = Period::Rolling(group.windows.map_or(MONTH, |windows| windows.period));
    account.better.extend(sli.better);
    account.changes.extend(sli.changes);
    let policy = match group.windows {
        Some(windows) => Policy::Own("sloth".to_owned(), windows.tiers.clone()),
        None => Policy::Workbook,
    };
    if let Some(windows) = group.windows {
        account.changes.push(format!("the period is {}: the declared windows are for it", windows.period));
    }
    let mut draft = Draft {
        place,
        tool: TOOL,
        service: group.service.clone(),
        name: PlacedText { place: whole(&name), text: keys::short(&name) },
        service_description: None,
        owner,
        description,
        objective,
        measured: sli.measured,
        by: sli.by.into_iter().map(|text| PlacedText { text, place }).collect(),
        period,
        slice: None,
        labels,
        annotations,
        severities,
        policy,
        missing: None,
        alert_name,
        recorder: Recorder::Sloth(keys::short(&name)),
        account,
    };
    if matches!(draft.measured, Ok(Measured::Events(_) | Measured::Latency { .. })) {
        draft.account.better.splice(0..0, night_example(&draft));
    }
    Some(draft)
}

/// A percentage without `%`.
pub fn objective(written: &Scalar, problems: &mut Vec<Problem>) -> Option<Objective> {
    match Objective::from_percent(written.text.trim()) {
        Ok(objective) => {
            if let Some((slip, meant)) = objective.meant() {
                problems.push(
                    Problem::error(
                        Code::ObjectiveOutOfRange,
                        whole(written),
                        format!("an objective is the share of good events, and {objective} is almost none"),
                    )
                    .label(format!("a percentage is read here; if this is {slip}, the objective is {meant}"))
                    .help(format!("write {meant}")),
                );
                return None;
            }
            Some(objective)
        }
        Err(_) => {
            problems.push(
                Problem::error(
                    Code::ObjectiveOutOfRange,
                    whole(written),
                    "this is not a percentage between 0 and 100, both excluded",
                )
                .help("write an objective that can be reached and missed: 99.9"),
            );
            None
        }
    }
}

fn sli(mut keys: Keys, spelled: &Spelled, problems: &mut Vec<Problem>) -> Sli {
    let (raw, events, plugin) = (keys.node("raw"), keys.node("events"), keys.entry("plugin"));
    keys.finish(problems);
    if let Some(events) = events {
        let Some(mut keys) = Keys::of(events, "`events`", problems) else {
            return Sli::faulty("its SLI cannot be read");
        };
        let bad = keys.required(spelled.error_query, problems);
        let total = keys.required(spelled.total_query, problems);
        keys.finish(problems);
        return match (bad, total) {
            (Some(bad), Some(total)) => sli::of_events(&bad, Counts::Bad, &total, Counters::Gained, problems),
            _ => Sli::faulty("its SLI cannot be read"),
        };
    }
    if let Some(raw) = raw {
        let Some(mut keys) = Keys::of(raw, "`raw`", problems) else {
            return Sli::faulty("its SLI cannot be read");
        };
        let query = keys.required(spelled.error_ratio_query, problems);
        keys.finish(problems);
        return match query {
            Some(query) => sli::of_ratio(&query, Counts::Bad, Counters::Gained, problems),
            None => Sli::faulty("its SLI cannot be read"),
        };
    }
    match plugin {
        Some((key, node)) => {
            problems.push(keys::dropped(
                key,
                node,
                "a program of Sloth makes this query; slowburn does not run it",
            ));
            Sli::missing("which events the plugin counts: `sloth generate` shows its query")
        }
        None => Sli::missing("what it measures"),
    }
}

fn alerts(
    mut keys: Keys,
    group: &Group,
    slo: &str,
    labels: &mut Vec<Pair>,
    annotations: &mut Vec<Pair>,
    problems: &mut Vec<Problem>,
) -> (PerSeverity<Alert>, Option<PlacedText>) {
    let place = keys.span.beginning();
    let name = keys.text("name", problems).map(|name| PlacedText { place: whole(&name), text: name.text });
    labels.extend(keys.pairs("labels", problems).into_iter().map(Pair::of));
    annotations.extend(keys.pairs("annotations", problems).into_iter().map(Pair::of));
    let mut severities = PerSeverity::default();
    for (severity, key) in
        [(Severity::Page, group.spelled.page_alert), (Severity::Ticket, group.spelled.ticket_alert)]
    {
        if let Some(alert) = keys.below(key, problems) {
            *severities.get_mut(severity) = self::alert(alert, problems);
        }
    }
    keys.finish(problems);
    // `severity` cannot be an ordinary label. If the source sets it for all alerts, it becomes the label of pages and of tickets.
    if let Some(at) = labels.iter().rposition(|label| label.name == "severity") {
        let label = labels.remove(at);
        for severity in Severity::ALL {
            let alert: &mut Alert = severities.get_mut(severity);
            alert.label.get_or_insert_with(|| PlacedText { text: label.value.clone(), place: label.place });
        }
    }
    let default = || PlacedText { text: format!("{}-{slo}", group.service.text), place };
    let speaks = !(severities.page.off && severities.ticket.off);
    (severities, speaks.then(|| name.unwrap_or_else(default)))
}

fn alert(mut keys: Keys, problems: &mut Vec<Problem>) -> Alert {
    let off = keys.flag("disable", problems).is_some_and(|(off, _)| off);
    let mut labels: Vec<Pair> = keys.pairs("labels", problems).into_iter().map(Pair::of).collect();
    let annotations = keys.pairs("annotations", problems).into_iter().map(Pair::of).collect();
    keys.drop(
        "for",
        "the short window stops the alert soon after its cause ends: `for` is not needed",
        problems,
    );
    keys.finish(problems);
    let label = labels.iter().position(|label| label.name == "severity").map(|at| {
        let label = labels.remove(at);
        PlacedText { text: label.value, place: label.place }
    });
    Alert { off, label, labels, annotations }
}

/// Reads declared alert windows.
fn alert_windows(mut keys: Keys, problems: &mut Vec<Problem>) -> Option<Windows> {
    keys.pass(&["apiVersion"]);
    metadata(&mut keys, problems);
    let spec = keys.below("spec", problems);
    keys.finish(problems);
    let mut spec = spec?;
    let period = spec.required("sloPeriod", problems).and_then(|text| duration(&text, problems));
    let mut tiers = Vec::new();
    for (severity, key) in [(Severity::Page, "page"), (Severity::Ticket, "ticket")] {
        let Some(mut windows) = spec.below(key, problems) else { continue };
        for key in ["quick", "slow"] {
            let Some(mut keys) = windows.below(key, problems) else { continue };
            let share = keys.required("errorBudgetPercent", problems);
            let long = keys.required("longWindow", problems).and_then(|text| duration(&text, problems));
            let short = keys.required("shortWindow", problems).and_then(|text| duration(&text, problems));
            keys.finish(problems);
            let share = share.and_then(|text| share_of(&text, problems));
            if let (Some(share), Some(long), Some(short)) = (share, long, short) {
                tiers.push(Tier { severity, share, long, short });
            }
        }
        windows.finish(problems);
    }
    let place = spec.span.beginning();
    spec.finish(problems);
    if tiers.is_empty() {
        problems.push(
            Problem::error(Code::MissingKey, place, "there are no windows here")
                .help("`page` and `ticket` each need `quick` and `slow`"),
        );
    }
    Some(Windows { place, period: period?, tiers }).filter(|windows| !windows.tiers.is_empty())
}

fn share_of(text: &Scalar, problems: &mut Vec<Problem>) -> Option<Decimal> {
    let percent = Decimal::from_str_exact(text.text.trim()).ok();
    let percent = percent.filter(|percent| *percent > Decimal::ZERO && *percent <= Decimal::ONE_HUNDRED);
    if percent.is_none() {
        problems.push(
            Problem::error(Code::WrongType, whole(text), "this is not a share of the error budget")
                .label("expected a percentage above 0 and up to 100"),
        );
    }
    percent.map(|percent| percent / Decimal::ONE_HUNDRED)
}

/// A duration in the format of Prometheus.
pub fn duration(text: &Scalar, problems: &mut Vec<Problem>) -> Option<Duration> {
    let length = Duration::parse(text.text.trim()).filter(|length| length.millis() > 0);
    if length.is_none() {
        problems.push(
            Problem::error(Code::InvalidDuration, whole(text), "this is not a valid duration")
                .label("expected one such as `5m`, `1h30m` or `28d`"),
        );
    }
    length
}
