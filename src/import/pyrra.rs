//! Pyrra: `ServiceLevelObjective` of `pyrra.dev/v1alpha1`, from Kubernetes or from files.

use super::draft::{Account, Alert, Draft, Pair, PlacedText, Policy, Recorder};
use super::gather::named;
use super::keys::{self, Keys, NOT_KNOWN, not_carried, whole};
use super::measure::Counts;
use super::measure::Measured;
use super::queries::{self, Counters, asked};
use super::sli::{self, Sli};
use super::sloth::{duration, objective};
use super::specs::of_pyrra;
use super::{DialectResults, Document, Options};
use crate::ast::Key;
use crate::diagnostic::{Code, Problem, few, joined};
use crate::promql::ast::{Kind, Selector};
use crate::scalar::Scalar;
use crate::vocabulary::{Decimal, Duration, Name, PerSeverity, Period, Severity, quotient, text as number};

pub const TOOL: &str = "Pyrra";

/// Labels and annotations with this prefix are copied to the alerts.
const PREFIX: &str = "pyrra.dev/";

/// The default name of the alert for absent metrics.
const ABSENT: &str = "SLOMetricAbsent";

/// Shorter periods have proportionally shorter windows.
const MONTH: Duration = Duration::from_secs(28 * 86_400);

/// Reads all documents of Pyrra.
pub fn read(documents: &[&Document], options: &Options, found: &mut DialectResults) {
    let DialectResults { drafts, problems } = found;
    for document in documents {
        let Some(keys) = Keys::of(&document.node, "the document", problems) else { continue };
        drafts.extend(slo(keys, options, problems));
    }
}

/// What an indicator measures, and its job.
struct Indicator {
    sli: Sli,
    by: Vec<PlacedText>,
    job: Option<String>,
}

fn slo(mut keys: Keys, options: &Options, problems: &mut Vec<Problem>) -> Option<Draft> {
    keys.pass(&["apiVersion", "status"]);
    let kind = keys.text("kind", problems);
    if let Some(kind) = kind.filter(|kind| kind.text != "ServiceLevelObjective") {
        problems.push(
            Problem::error(Code::UnknownDialect, whole(&kind), "this kind of object is not supported")
                .label("only `ServiceLevelObjective` is supported"),
        );
        return None;
    }
    let place = keys.span.beginning();
    let mut metadata = Metadata::default();
    if let Some(keys) = keys.below("metadata", problems) {
        metadata = self::metadata(keys, problems);
    } else {
        problems.push(keys.missing("metadata", "its `name` is the name of the SLO"));
    }
    let mut spec = keys.required_spec(NOT_KNOWN, problems)?;
    let description = spec.text("description", problems).map(|text| text.text);
    let target = spec.required("target", problems).and_then(|text| objective(&text, problems));
    let window = spec.required("window", problems);
    let length = window.as_ref().and_then(|text| duration(text, problems));
    let indicator = match spec.has("indicator") {
        true => spec.below("indicator", problems).map(|keys| indicator(keys, problems)),
        false => Some(Indicator { sli: Sli::missing("what it measures"), by: Vec::new(), job: None }),
    };
    let mut account = Account::default();
    let scaled = length.is_some_and(|length| length < MONTH);
    let (severities, missing, mut alert_name) = match spec.below("alerting", problems) {
        Some(keys) => alerting(keys, place, &mut account, problems),
        None => {
            account
                .changes
                .push(format!("the alert {ABSENT} for absent metrics is the service's `…EventsMissing`"));
            (usual(place), None, None)
        }
    };
    if !(severities.page.off && severities.ticket.off) {
        let alert_name =
            alert_name.get_or_insert_with(|| PlacedText { text: "ErrorBudgetBurn".to_owned(), place });
        account.alerts.push(alert_name.text.clone());
        account.changes.extend(length.map(burn_rates));
        account.changes.push(
            "there were four alerts, one per pair of windows; now there are two: a page and a ticket"
                .to_owned(),
        );
    }
    spec.drop(
        "partial_response_strategy",
        "it is a setting of Thanos Ruler: write it as `targets: { thanos: { partial_response: … } }` in the project file",
        problems,
    );
    spec.drop(
        "performanceOverAccuracy",
        "long windows are cheap and exact here: they add up sums that are already recorded",
        problems,
    );
    spec.drop("ruleOutput", "all rules of a service are in one file here", problems);
    spec.finish(problems);
    let (name, target, length, indicator) = (metadata.name?, target?, length?, indicator?);
    let Indicator { sli, by, job } = indicator;
    let (service, from) = service(&metadata.service, job, &metadata.namespace, &name);
    if options.service.is_none() {
        account.changes.push(format!("Pyrra has no services: the label `service` is `{service}`, {from}"));
    }
    let mut labels = metadata.labels;
    let owner = labels.iter().position(|label| label.name == "owner").map(|at| {
        let owner = labels.remove(at);
        PlacedText { text: owner.value, place: owner.place }
    });
    if options.identity && named(&name.text, "slo").as_str() != name.text {
        labels.push(Pair {
            name: "pyrra_slo".to_owned(),
            value: name.text.clone(),
            place: name.place,
            at: name.place,
        });
    }
    account.better.extend(sli.better);
    account.changes.extend(sli.changes);
    Some(Draft {
        place,
        tool: TOOL,
        service: PlacedText { text: service, place: name.place },
        name,
        service_description: None,
        owner,
        description,
        objective: target,
        measured: sli.measured,
        by,
        period: Period::Rolling(length),
        slice: None,
        labels,
        annotations: metadata.annotations,
        severities,
        policy: if scaled { Policy::Scaled } else { Policy::Workbook },
        missing,
        alert_name,
        recorder: Recorder::Pyrra,
        account,
    })
}

/// The burn rates and long windows of both tools.
fn burn_rates(period: Duration) -> String {
    const LONG: [u64; 4] = [672, 112, 28, 7];
    let theirs = LONG.map(|share| of_pyrra(period, share).to_string());
    let theirs = format!("Pyrra alerted at burn rates of 14, 7, 2 and 1 over {}", joined(&theirs, "and"));
    if period < MONTH {
        return format!(
            "{theirs}; the policy `workbook-scaled` alerts at 14.4, 6, 3 and 1 over a 720th, a 120th, a 30th and a 10th of the period"
        );
    }
    // Shares and windows of the SRE Workbook.
    const WORKBOOK: [(i64, u64); 4] = [(2, 1), (5, 6), (10, 24), (10, 72)];
    let rates = WORKBOOK.map(|(percent, hours)| {
        let spent = Decimal::new(percent, 2) * Decimal::from(period.secs());
        let rate = quotient(spent, Decimal::from(hours * 3600));
        number(rate.round_sf(3).unwrap_or(rate))
    });
    format!("{theirs}; the policy `workbook` alerts at {} over 1h, 6h, 1d and 3d", joined(&rates, "and"))
}

/// Metadata of a Kubernetes object that Pyrra uses.
#[derive(Default)]
struct Metadata {
    name: Option<PlacedText>,
    namespace: Option<Scalar>,
    service: Option<String>,
    labels: Vec<Pair>,
    annotations: Vec<Pair>,
}

fn metadata(mut keys: Keys, problems: &mut Vec<Problem>) -> Metadata {
    keys.pass(&["creationTimestamp", "generation", "resourceVersion", "uid", "managedFields", "selfLink"]);
    let name = keys
        .required("name", problems)
        .map(|name| PlacedText { place: whole(&name), text: keys::short(&name) });
    let namespace = keys.text("namespace", problems);
    let mut of_alerts = |key: &str, what: &str, problems: &mut Vec<Problem>| {
        let (of_alerts, others): (Vec<_>, Vec<_>) =
            keys.pairs(key, problems).into_iter().partition(|(key, _)| key.text.starts_with(PREFIX));
        if let Some((first, _)) = others.first() {
            let names: Vec<String> =
                others.iter().map(|(key, _)| key.text.chars().take(60).collect()).collect();
            let (verb, belongs) = match names.len() {
                1 => ("is", "it belongs"),
                _ => ("are", "they belong"),
            };
            let problem = not_carried(first.span, format!("{} {verb} not imported", few(&names)));
            problems.push(problem.label(format!(
                "{belongs} to the object in Kubernetes: only {what} that begin with `{PREFIX}` are on alerts"
            )));
        }
        let carried = |(key, value): (Key, Scalar)| {
            let name = key.text[PREFIX.len()..].to_owned();
            Pair { name, ..Pair::of((key, value)) }
        };
        of_alerts.into_iter().map(carried).collect::<Vec<Pair>>()
    };
    let mut labels = of_alerts("labels", "labels", problems);
    let annotations = of_alerts("annotations", "annotations", problems);
    let service = labels.iter().position(|label| label.name == "service").map(|at| labels.remove(at).value);
    for name in ["ownerReferences", "finalizers"] {
        keys.drop(name, "it belongs to the object in Kubernetes, and was never on alerts", problems);
    }
    keys.finish(problems);
    Metadata { name, namespace, service, labels, annotations }
}

/// A name for the service, and where it comes from: Pyrra does not name services.
fn service(
    label: &Option<String>,
    job: Option<String>,
    namespace: &Option<Scalar>,
    name: &PlacedText,
) -> (String, &'static str) {
    let usable = |text: &String| Name::parse(text).or_else(|| Name::nearest(text)).is_some();
    match (label, job, namespace) {
        (Some(label), _, _) if usable(label) => (label.clone(), "as its label says"),
        (_, Some(job), _) if usable(&job) => {
            (named(&job, "service").to_string(), "after the job that is measured")
        }
        (_, _, Some(namespace)) if usable(&namespace.text) => (namespace.text.clone(), "after the namespace"),
        _ => (named(&name.text, "service").to_string(), "after the SLO itself"),
    }
}

fn indicator(mut keys: Keys, problems: &mut Vec<Problem>) -> Indicator {
    let nothing = || Indicator { sli: Sli::missing("what it measures"), by: Vec::new(), job: None };
    let kinds = [
        keys.entry("ratio")
            .map(|entry| (entry, ratio as fn(Keys, &mut Vec<Problem>) -> (Sli, Option<String>))),
        keys.entry("latency")
            .map(|entry| (entry, latency as fn(Keys, &mut Vec<Problem>) -> (Sli, Option<String>))),
        keys.entry("latencyNative")
            .map(|entry| (entry, native as fn(Keys, &mut Vec<Problem>) -> (Sli, Option<String>))),
        keys.entry("bool_gauge")
            .map(|entry| (entry, gauge as fn(Keys, &mut Vec<Problem>) -> (Sli, Option<String>))),
        keys.entry("boolGauge")
            .map(|entry| (entry, gauge as fn(Keys, &mut Vec<Problem>) -> (Sli, Option<String>))),
    ];
    keys.finish(problems);
    let mut found = kinds.into_iter().flatten();
    let Some(((key, node), read)) = found.next() else { return nothing() };
    for ((other, node), _) in found {
        problems.push(keys::dropped(
            other,
            node,
            &format!("an SLO has one indicator, and this one already has `{}`", key.text),
        ));
    }
    let Some(mut keys) = Keys::of(node, format!("`{}`", key.text), problems) else { return nothing() };
    let by = keys.texts("grouping", problems);
    let by = by.into_iter().map(|label| PlacedText { place: whole(&label), text: label.text }).collect();
    let (sli, job) = read(keys, problems);
    Indicator { sli, by, job }
}

/// The metric of a query.
fn metric(keys: &mut Keys, name: &str, problems: &mut Vec<Problem>) -> Option<Scalar> {
    if !keys.has(name) {
        problems.push(
            Problem::error(
                Code::MissingKey,
                keys.span.beginning(),
                format!("`{name}` is missing from the indicator"),
            )
            .help("it names the metric of these events"),
        );
        return None;
    }
    let mut below = keys.below(name, problems)?;
    let metric = below.required("metric", problems);
    below.finish(problems);
    metric
}

fn ratio(mut keys: Keys, problems: &mut Vec<Problem>) -> (Sli, Option<String>) {
    let (bad, total) = (metric(&mut keys, "errors", problems), metric(&mut keys, "total", problems));
    keys.finish(problems);
    counted(bad, Counts::Bad, total, problems)
}

fn latency(mut keys: Keys, problems: &mut Vec<Problem>) -> (Sli, Option<String>) {
    let (good, total) = (metric(&mut keys, "success", problems), metric(&mut keys, "total", problems));
    keys.finish(problems);
    counted(good, Counts::Good, total, problems)
}

fn counted(
    part: Option<Scalar>,
    counts: Counts,
    total: Option<Scalar>,
    problems: &mut Vec<Problem>,
) -> (Sli, Option<String>) {
    match (part, total) {
        (Some(part), Some(total)) => {
            let sli = sli::of_events(&part, counts, &total, Counters::Bare, problems);
            (sli, selector(&total).and_then(|selector| job(&selector)))
        }
        _ => (Sli::faulty("its SLI cannot be read"), None),
    }
}

fn native(mut keys: Keys, problems: &mut Vec<Problem>) -> (Sli, Option<String>) {
    let threshold = keys.required("latency", problems).and_then(|text| duration(&text, problems));
    let total = metric(&mut keys, "total", problems);
    keys.finish(problems);
    let (Some(threshold), Some(total)) = (threshold, total) else {
        return (Sli::faulty("its SLI cannot be read"), None);
    };
    match read_selector(&total, problems) {
        Some(histogram) => {
            let job = job(&histogram);
            let measured = Measured::Latency {
                histogram,
                threshold,
                native: true,
                milliseconds: false,
                success: Vec::new(),
            };
            (Sli::measured(measured), job)
        }
        None => (Sli::missing("which native histogram is measured"), None),
    }
}

fn gauge(mut keys: Keys, problems: &mut Vec<Problem>) -> (Sli, Option<String>) {
    let metric = keys.required("metric", problems);
    keys.finish(problems);
    let Some(metric) = metric else { return (Sli::faulty("its SLI cannot be read"), None) };
    match read_selector(&metric, problems) {
        Some(gauge) => {
            let job = job(&gauge);
            (Sli::measured(Measured::Probe(gauge.into())), job)
        }
        None => (Sli::missing("which gauge is 1 while all is well"), None),
    }
}

/// The selector in a query; a problem if the query has more than that.
fn read_selector(metric: &Scalar, problems: &mut Vec<Problem>) -> Option<Selector> {
    let expr = queries::read(metric, problems)?;
    match expr.kind {
        Kind::Selector(selector) if selector.name.is_some() => Some(*selector),
        _ => {
            problems.push(
                Problem::warning(Code::NotUnderstood, whole(metric), "this is not a selector of one metric")
                    .label("Pyrra allows only a metric with its labels here"),
            );
            None
        }
    }
}

/// The same without problems, which are reported elsewhere.
fn selector(metric: &Scalar) -> Option<Selector> {
    match queries::read(metric, &mut Vec::new())?.kind {
        Kind::Selector(selector) => Some(*selector),
        _ => None,
    }
}

fn job(selector: &Selector) -> Option<String> {
    asked(selector, "job").map(str::to_owned)
}

/// The default settings of alerts.
fn usual(place: crate::source::Span) -> PerSeverity<Alert> {
    let of =
        |label: &str| Alert { label: Some(PlacedText { text: label.to_owned(), place }), ..Alert::default() };
    PerSeverity { page: of("critical"), ticket: of("warning") }
}

fn alerting(
    mut keys: Keys,
    place: crate::source::Span,
    account: &mut Account,
    problems: &mut Vec<Problem>,
) -> (PerSeverity<Alert>, Option<(bool, crate::source::Span)>, Option<PlacedText>) {
    let mut severities = usual(place);
    let disabled = keys.flag("disabled", problems).is_some_and(|(disabled, _)| disabled);
    let burnrates = keys.flag("burnrates", problems).is_none_or(|(on, _)| on);
    let missing = keys.flag("absent", problems);
    let name = keys.text("name", problems).map(|name| PlacedText { place: whole(&name), text: name.text });
    if disabled || !burnrates {
        severities.page.off = true;
        severities.ticket.off = true;
    }
    let absent_name = keys.text("absentName", problems).filter(|name| !name.text.trim().is_empty());
    let is_off = matches!(missing, Some((false, _)));
    if !is_off {
        let name = absent_name.as_ref().map_or(ABSENT, |name| name.text.as_str());
        account
            .changes
            .push(format!("the alert {name} for absent metrics is the service's `…EventsMissing`"));
    }
    if let Some(name) = &absent_name {
        let headline = "the name of the alert for absent metrics is not imported";
        let problem = not_carried(whole(name), headline);
        problems.push(match is_off {
            true => problem.label("there is no such alert: `absent` is false"),
            false => problem
                .label("one alert, `…EventsMissing`, is for all SLOs of a service")
                .help("change routes and silences that match the name to that alert"),
        });
    }
    if let Some(mut labels) = keys.below("severities", problems) {
        for (severity, quick, slow) in
            [(Severity::Page, "fastBurn", "mediumBurn"), (Severity::Ticket, "slowBurn", "longTermBurn")]
        {
            let [quick, slow] = [quick, slow].map(|name| labels.text(name, problems));
            let alert = severities.get_mut(severity);
            let usual = alert.label.as_ref().map(|label| label.text.clone()).unwrap_or_default();
            let texts = [&quick, &slow]
                .map(|label| label.as_ref().map_or(usual.as_str(), |label| label.text.as_str()));
            if let (true, Some(slow)) = (texts[0] != texts[1], slow.as_ref().or(quick.as_ref())) {
                problems.push(
                    not_carried(
                        whole(slow),
                        format!("the difference between the two alerts of a {severity} is not imported"),
                    )
                    .label(format!("one alert is for both pairs of windows, and has `{}`", texts[0])),
                );
            }
            if let Some(label) = quick.as_ref().or(slow.as_ref()) {
                alert.label = Some(PlacedText { text: texts[0].to_owned(), place: whole(label) });
            }
        }
        labels.drop(
            "absent",
            "`missing_events: { severity: page }` or `ticket` sets the severity of missing events",
            problems,
        );
        labels.finish(problems);
    }
    keys.finish(problems);
    (severities, missing, name)
}
