//! Formats the numbers of an SLO's state for all formats: one row of cells, and notes for the whole table.

use rust_decimal::RoundingStrategy;

use super::{AlertKind, Gate, Knowledge, SloStatus, Status, Verdict};
use crate::diagnostic::joined;
use crate::engine::Engine;
use crate::explain::events;
use crate::inert;
use crate::vocabulary::{Decimal, Period, digits, percent, spoken};

/// The titles of the columns; the remarks are the last one.
pub(super) const HEAD: [&str; 10] =
    ["SLO", "objective", "period", "good", "left", "outage left", "events left", "burn", "gone in", ""];

/// The cells of an SLO. Unknown values are empty.
pub(super) fn row(standing: &SloStatus, gate: Option<Gate>) -> [String; 10] {
    let promise = &standing.slo.promise;
    let cell =
        |number: Option<Decimal>, format: &dyn Fn(Decimal) -> String| number.map_or(String::new(), format);
    // Two digits more than the objective has.
    let places = (promise.ratio * Decimal::ONE_HUNDRED).normalize().scale() + 2;
    [
        name(standing),
        promise.objective.clone(),
        promise.period.suffix(),
        cell(standing.compliance(), &|share| floor(share, places)),
        cell(standing.left(), &|share| floor(share, 1)),
        cell(standing.seconds_left(), &|seconds| signed(seconds, spoken)),
        cell(standing.events_left(), &|count| signed(count, events)),
        cell(standing.burn, &|burn| digits(burn, 3)),
        gone_in(standing),
        remarks(standing, gate).join(", "),
    ]
}

/// A percentage, rounded down to at most so many digits.
pub(super) fn floor(share: Decimal, digits: u32) -> String {
    percent(share.round_dp_with_strategy(digits + 2, RoundingStrategy::ToNegativeInfinity).normalize())
}

fn signed(value: Decimal, format: impl Fn(Decimal) -> String) -> String {
    let sign = if value.is_sign_negative() && !value.is_zero() { "-" } else { "" };
    format!("{sign}{}", format(value.abs()))
}

/// `api/latency env=prod`
pub(super) fn name(standing: &SloStatus) -> String {
    let promise = &standing.slo.promise;
    let labels = standing
        .labels
        .iter()
        .map(|(label, value)| format!(" {}={}", inert::line(label), inert::line(value)));
    format!("{}/{}{}", promise.service, promise.slo, labels.collect::<String>())
}

fn gone_in(standing: &SloStatus) -> String {
    let length = standing.slo.promise.period_length;
    match (standing.left(), standing.exhaustion) {
        (Some(left), _) if left <= Decimal::ZERO => "spent".to_owned(),
        (Some(_), Some(seconds)) if seconds >= Decimal::from(length.secs()) => format!("> {length}"),
        (Some(_), Some(seconds)) => spoken(seconds.max(Decimal::ZERO)),
        (_, None) | (None, _) => String::new(),
    }
}

/// Further facts on an SLO.
fn remarks(standing: &SloStatus, gate: Option<Gate>) -> Vec<String> {
    let mut remarks: Vec<String> = standing
        .active_alerts
        .iter()
        .map(|alert| {
            let state = if alert.pending { "pending" } else { "fires" };
            match alert.kind {
                AlertKind::Burns => format!("{} {state}", alert.severity),
                AlertKind::Below(line) => format!("{} below {line} {state}", alert.severity),
                AlertKind::Missing => format!("{} {state}", alert.name),
            }
        })
        .collect();
    if standing.counts == Some(false) {
        remarks.push("not counted now".to_owned());
    }
    remarks.extend(
        standing.promised.as_ref().map(|promised| format!("loaded rules promise {}", inert::line(promised))),
    );
    let promise = &standing.slo.promise;
    remarks.extend(match standing.knowledge {
        Knowledge::Judged => None,
        Knowledge::Few => {
            let total = standing.events.map_or(Decimal::ZERO, |events| events.expected);
            let bad = standing.events.map_or(Decimal::ZERO, |events| events.bad);
            let (bad, total, enough) = (events(bad), events(total), events(promise.enough_events));
            let expected = if matches!(promise.period, Period::Calendar(..)) { " expected" } else { "" };
            Some(format!("too few events: {bad} bad of {total}{expected}, {enough} are needed"))
        }
        Knowledge::Young(length) => {
            let bad = standing.events.map_or(Decimal::ZERO, |events| events.bad);
            let total = standing.events.map_or(Decimal::ZERO, |events| events.total);
            let since = match length.secs() {
                0 => "less than an hour".to_owned(),
                seconds => spoken(Decimal::from(seconds)),
            };
            Some(format!(
                "budget not known yet: counted for {since}, {} bad of {}",
                events(bad),
                events(total)
            ))
        }
        Knowledge::Waiting => Some("nothing recorded yet".to_owned()),
        Knowledge::Stale(Some(age)) => {
            Some(format!("nothing counted for {}", spoken(Decimal::from(age.secs()))))
        }
        Knowledge::Stale(None) => Some("nothing counted for more than a day".to_owned()),
        Knowledge::Nothing => Some("nothing recorded".to_owned()),
        Knowledge::NotLoaded => Some("rules not loaded".to_owned()),
        Knowledge::Planned => Some("planned".to_owned()),
    });
    let below = gate.filter(|gate| gate.verdict(standing) == Verdict::Below);
    remarks.extend(below.and_then(|gate| gate.line(standing)).map(|line| format!("below {}", percent(line))));
    remarks.extend(spent_by(&standing.shares));
    remarks.extend(standing.agreed().map(|agreement| format!("agreed: {}", inert::line(&agreement.action))));
    remarks
}

/// Limit for the parts of a journey that are shown with their share; the others are counted.
const PARTS: usize = 3;

/// The parts of a journey that spent its budget.
fn spent_by(shares: &[(String, Decimal)]) -> Option<String> {
    let spent = |(part, share): &(String, Decimal)| {
        let share = share.round_dp(3).normalize();
        format!("{} by {}", percent(share), inert::line(part))
    };
    let mut parts: Vec<String> = shares.iter().take(PARTS).map(spent).collect();
    let more = shares.len().saturating_sub(PARTS);
    parts.extend((more > 0).then(|| format!("the rest by {more} more")));
    (!parts.is_empty()).then(|| format!("spent {}", joined(&parts, "and")))
}

/// Notes for the whole table.
pub(super) fn notes(status: &Status) -> Vec<String> {
    let mut notes = Vec::new();
    for (index, warning) in status.incomplete.iter().take(3).enumerate() {
        let more = match status.incomplete.len() {
            all if index == 2 && all > 3 => format!(" (and {} more)", all - 3),
            _ => String::new(),
        };
        notes.push(format!("The server warns: {}{more}", inert::line(warning)));
    }
    let of = |knowledge: Knowledge| status.standings.iter().filter(move |one| one.knowledge == knowledge);
    let mut files: Vec<String> =
        of(Knowledge::NotLoaded).map(|one| one.slo.promise.service.clone()).collect();
    files.sort();
    files.dedup();
    if !files.is_empty() {
        let some = of(Knowledge::NotLoaded).count();
        let one = if some == 1 { "SLO" } else { "SLOs" };
        notes.push(format!("The server evaluates no rules of {some} {one}. {}", load(status.engine, &files)));
    } else if of(Knowledge::Nothing).next().is_some()
        && status.standings.iter().all(|one| one.events.is_none())
    {
        notes.push(
            match status.engine.filter(|engine| engine.only_stores()) {
                Some(_) => {
                    "VictoriaMetrics has no series of the rules, and evaluates no rules itself. Check that vmalert has loaded vmalert/*.rules.yaml of the \
                     output, that it writes here (-remoteWrite.url), and that the metrics arrive here."
                }
                None => {
                    "The server has no series of the rules. Check that prometheus/*.rules.yaml of the output are in its rule_files, and \
                     that their metrics are scraped."
                }
            }
            .to_owned(),
        );
    }
    if of(Knowledge::Waiting).next().is_some() {
        notes.push(
            "Some loaded rules have recorded nothing yet. The first figures come up to ten minutes after the rules are loaded, on vmalert \
             and a Thanos Ruler without storage up to half an hour; if none come, their metrics are not scraped, or have other labels."
                .to_owned(),
        );
    }
    if status.standings.iter().any(|one| matches!(one.knowledge, Knowledge::Young(_))) {
        notes.push(
            "The budget that is left is known after one day of counted events: one good hour says nothing about a month. \
             Alerts work from the first minutes on."
                .to_owned(),
        );
    }
    notes.extend(status.gate.map(|gate| verdict(status, gate)));
    notes
}

/// Advice how to load the rules.
fn load(engine: Option<Engine>, files: &[String]) -> String {
    let of = |target: &str| -> Vec<String> {
        files.iter().map(|file| format!("{target}/{file}.rules.yaml")).collect()
    };
    match engine {
        Some(Engine::Mimir) => format!("Load them: mimirtool rules load {}", of("mimir").join(" ")),
        Some(Engine::Cortex) => {
            format!("Load {} of the output: slowburn help targets", joined(&of("cortex"), "and"))
        }
        _ => format!(
            "Load them: add {} of the output to rule_files, or ask the server that has them.",
            joined(&of("prometheus"), "and")
        ),
    }
}

/// The result of the gate.
fn verdict(status: &Status, gate: Gate) -> String {
    let of =
        |verdict: Verdict| status.standings.iter().filter(move |one| gate.verdict(one) == verdict).count();
    let (under, missing, over) = (of(Verdict::Below), of(Verdict::Missing), of(Verdict::PassedOver));
    let slos = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 SLO {one}"),
        count => format!("{count} SLOs {more}"),
    };
    let mut parts = Vec::new();
    let asked = match gate.below {
        Some(below) if !gate.frozen => percent(below),
        Some(below) => format!("{} or the share that its policy requires", percent(below)),
        None => "the share that its policy requires".to_owned(),
    };
    if under > 0 {
        let less = match gate.below {
            Some(below) if !gate.frozen => format!("less than {} of the budget left", percent(below)),
            _ => format!("less of the budget left than {asked}"),
        };
        parts.push(slos(under, &format!("has {less}"), &format!("have {less}")));
    }
    if missing > 0 {
        parts.push(slos(missing, "cannot be judged", "cannot be judged"));
    }
    if !status.incomplete.is_empty() && !gate.allow_missing {
        parts.push("answers are incomplete".to_owned());
    }
    if status.passes() {
        parts.push(format!("every judged SLO has {asked} of its budget left or more"));
    }
    if over > 0 {
        parts.push(slos(over, "is skipped: it has no data", "are skipped: they have no data"));
    }
    let word = if status.passes() { "passes" } else { "fails" };
    format!("The gate {word}: {}.", parts.join("; "))
}
