//! Alert policies of OpenSLO as tiers. One window becomes two: the short one ends an alert soon after its cause.

use super::super::draft::{Alert, PlacedText, Tier};
use super::super::keys::{Keys, not_carried, whole};
use super::{Objects, decimal, time};
use crate::diagnostic::{Code, Problem};
use crate::parse::wrong_type;
use crate::parse::yaml::{Node, Value};
use crate::scalar::Scalar;
use crate::vocabulary::{Decimal, Duration, PerSeverity, Period, Severity, interval_of, quotient, text};

/// Limit for tiers.
const MOST: usize = 20;

/// The alerts of an SLO.
#[derive(Clone, Default)]
pub struct Alerts {
    /// The name of its policy.
    pub name: String,
    pub tiers: Vec<Tier>,
    /// The former names of the alerts.
    pub names: Vec<String>,
    pub severities: PerSeverity<Alert>,
    pub changes: Vec<String>,
}

/// Reads the alert policies of an SLO.
pub fn read(
    policies: &[Node],
    period: &Period,
    objects: &mut Objects,
    problems: &mut Vec<Problem>,
) -> Alerts {
    let mut alerts = Alerts::default();
    let mut names = Vec::new();
    for node in policies {
        let reference = |mut keys: Keys<'_>, problems: &mut Vec<Problem>| -> Option<Scalar> {
            let named = keys.text("alertPolicyRef", problems);
            if named.is_some() {
                keys.finish(problems);
            }
            named
        };
        if let Some(node) = referred("AlertPolicy", node, "an alert policy", reference, objects, problems) {
            names.extend(policy(node, &mut alerts, period, objects, problems));
        }
    }
    alerts.name = names.join("-");
    for severity in Severity::ALL {
        alerts.severities.get_mut(severity).off = !alerts.tiers.iter().any(|tier| tier.severity == severity);
    }
    alerts
}

/// The object of this kind that a node is or refers to, by a name alone or by the key that `reference` reads; a problem if there is none.
fn referred<'n, 'o: 'n>(
    kind: &str,
    node: &'n Node,
    what: &str,
    reference: impl FnOnce(Keys<'n>, &mut Vec<Problem>) -> Option<Scalar>,
    objects: &mut Objects<'o>,
    problems: &mut Vec<Problem>,
) -> Option<&'n Node> {
    let named = match &node.value {
        Value::Scalar(name) => Some(name.clone()),
        Value::Map(_) => Keys::of(node, what, problems).and_then(|keys| reference(keys, problems)),
        Value::Null | Value::List(_) => {
            problems.push(wrong_type(node, what, "a map of keys"));
            return None;
        }
    };
    let Some(named) = &named else { return Some(node) };
    let node = objects.find(kind, &named.text).map(|(node, _)| node);
    if node.is_none() {
        problems.push(
            not_carried(whole(named), format!("no file contains the {kind} of this name"))
                .label("import its document together with this one: without it there is no alert"),
        );
    }
    node
}

/// Reads one policy, and returns its name.
fn policy(
    node: &Node,
    alerts: &mut Alerts,
    period: &Period,
    objects: &mut Objects,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let mut keys = Keys::of(node, "an alert policy", problems)?;
    keys.pass(&["apiVersion", "kind"]);
    let name = called(&mut keys, problems);
    let mut spec = keys.required_spec("its `conditions` say when it alerts", problems)?;
    spec.pass(&["description"]);
    let breaching = spec.flag("alertWhenBreaching", problems).is_none_or(|(on, _)| on);
    if let Some((false, place)) = spec.flag("alertWhenNoData", problems) {
        problems.push(
            not_carried(place, "the switch that turns off notifications of missing data is not imported")
                .label("the service has one alert for missing events")
                .help("`missing_events: off` in the service file turns it off"),
        );
    }
    if let Some((resolved, place)) = spec.flag("alertWhenResolved", problems) {
        let why = match resolved {
            true => "receivers of the generated Alertmanager always notify when an alert ends",
            false => {
                "receivers decide whether they notify when an alert ends; receivers of the generated Alertmanager do"
            }
        };
        problems.push(not_carried(place, "`alertWhenResolved` is not imported").label(why));
    }
    let conditions = spec.list("conditions", problems);
    spec.drop("notificationTargets", "`alertmanager` in the project file says who is notified", problems);
    spec.finish(problems);
    let name = name.unwrap_or_else(|| "imported".to_owned());
    for node in conditions {
        let reference = |mut keys: Keys, problems: &mut Vec<Problem>| keys.text("conditionRef", problems);
        let Some(node) = referred("AlertCondition", node, "a condition", reference, objects, problems) else {
            continue;
        };
        if alerts.tiers.len() == MOST {
            problems.push(
                Problem::error(
                    Code::TooLarge,
                    node.span.beginning(),
                    format!("this SLO has more than {MOST} alert conditions"),
                )
                .help("nobody can distinguish so many alerts"),
            );
            break;
        }
        if let Some(tier) = condition(node, alerts, period, problems).filter(|_| breaching) {
            alerts.tiers.push(tier);
            alerts.names.push(name.clone());
            alerts.names.dedup();
        }
    }
    Some(name)
}

/// The name of an object; the rest of its metadata does not concern alerts.
fn called(keys: &mut Keys, problems: &mut Vec<Problem>) -> Option<String> {
    let mut metadata = keys.below("metadata", problems)?;
    let name = metadata.text("name", problems).map(|name| name.text);
    metadata.pass(&["displayName"]);
    metadata.drop("labels", "its alerts have those of the SLO", problems);
    metadata.drop("annotations", "its alerts have those of the SLO", problems);
    metadata.finish(problems);
    name
}

/// Reads one condition as a tier.
fn condition(node: &Node, alerts: &mut Alerts, period: &Period, problems: &mut Vec<Problem>) -> Option<Tier> {
    let mut keys = Keys::of(node, "a condition", problems)?;
    keys.pass(&["apiVersion", "kind"]);
    called(&mut keys, problems);
    let mut spec = keys.spec(problems);
    spec.pass(&["description"]);
    let severity = spec.required("severity", problems);
    let condition = spec.below("condition", problems);
    spec.finish(problems);
    let mut condition = condition?;
    if let Some(kind) =
        condition.text("kind", problems).filter(|kind| !kind.text.eq_ignore_ascii_case("burnrate"))
    {
        problems.push(
            not_carried(whole(&kind), "a condition of this kind is not imported")
                .label("only `burnrate` is supported"),
        );
        condition.pass(&["op", "threshold", "lookbackWindow", "alertAfter"]);
        condition.finish(problems);
        return None;
    }
    if let Some(op) = condition.text("op", problems).filter(|op| op.text.starts_with("lt")) {
        problems.push(
            not_carried(whole(&op), "an alert below a burn rate is not imported")
                .label("it would fire while all is well, so it is imported as one above"),
        );
    }
    let threshold = condition.required("threshold", problems);
    let long = condition.required("lookbackWindow", problems);
    let after = condition.text("alertAfter", problems);
    condition.finish(problems);
    let severity = severity?;
    let kind = kind_of(&severity.text);
    let (long_read, threshold_read) =
        (long.as_ref().and_then(|long| time::lookback(long, problems)), threshold.as_ref().and_then(decimal));
    let (Some(long), Some(threshold)) = (long, threshold) else { return None };
    let Some(burn_rate) = threshold_read.filter(|rate| *rate > Decimal::ZERO) else {
        problems.push(
            Problem::error(Code::WrongType, whole(&threshold), "this is not a burn rate")
                .label("expected a number above 0, such as 14.4"),
        );
        return None;
    };
    let written = long_read?;
    let Some((window, short)) = windows(written, kind, period) else {
        problems.push(
            not_carried(whole(&long), "a window of this length is not imported")
                .label("a long window must be between 2m and the period"),
        );
        return None;
    };
    let share = share(burn_rate, window, period);
    if share > Decimal::ONE {
        problems.push(not_carried(whole(&threshold), "this burn rate is too high to be imported").label(
            "it spends more than the whole budget within its window, so 100% of the budget is written",
        ));
    }
    let share = share.min(Decimal::ONE);
    if let Some(after) =
        after.filter(|after| time::lookback(after, problems).is_some_and(|time| time.millis() > 0))
    {
        problems.push(
            not_carried(whole(&after), "`alertAfter` is not imported")
                .label(format!("the short window of {short} stops the alert soon after the cause ends")),
        );
    }
    let alert = alerts.severities.get_mut(kind);
    match &alert.label {
        None => alert.label = Some(PlacedText { text: severity.text.clone(), place: whole(&severity) }),
        Some(label) if label.text != severity.text => problems.push(
            not_carried(whole(&severity), format!("the severity `{}` is not imported", severity.text)).label(
                format!(
                    "a project has one label value for a {kind}, and another condition has `{}`",
                    label.text
                ),
            ),
        ),
        Some(_) => {}
    }
    alerts.changes.push(format!(
        "the burn rate of {} over {window} must also be exceeded over the last {short}, so the alert ends soon after its cause",
        text(burn_rate)
    ));
    Some(Tier { severity: kind, share, long: window, short })
}

/// Whether a severity is a page or a ticket.
fn kind_of(severity: &str) -> Severity {
    const PAGES: [&str; 12] = [
        "page",
        "critical",
        "crit",
        "high",
        "sev1",
        "sev0",
        "p1",
        "p0",
        "s1",
        "urgent",
        "emergency",
        "major",
    ];
    let word: String = severity.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    if PAGES.contains(&word.as_str()) { Severity::Page } else { Severity::Ticket }
}

/// The long window as a multiple of the group's interval, and a twelfth of it as the short window.
fn windows(long: Duration, severity: Severity, period: &Period) -> Option<(Duration, Duration)> {
    let grid = interval_of(long, severity).millis();
    let on_grid = |millis: u64, least: u64| (millis / grid * grid).max(least);
    let window = on_grid(long.millis(), 0);
    // Four scrapes, with the default interval.
    let short = on_grid(window / 12, grid.max(60_000));
    let fits = short < window && window <= period.nominal().millis();
    fits.then(|| (Duration::from_millis(window), Duration::from_millis(short)))
}

/// The share of the budget that is spent when it alerts; more than 1 if the budget is smaller than that.
fn share(burn_rate: Decimal, long: Duration, period: &Period) -> Decimal {
    let (long, period) = (Decimal::from(long.millis()), Decimal::from(period.nominal().millis()));
    let share = burn_rate.checked_mul(long).map_or(Decimal::TWO, |spent| quotient(spent, period));
    // A policy cannot have more digits; never zero.
    share.round_dp(10).max(Decimal::new(1, 10)).normalize()
}
