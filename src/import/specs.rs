//! Specs as rules: the series that Sloth and Pyrra would record for them, with their expressions.

use std::collections::BTreeMap;

use super::draft::{Draft, Policy, Recorder};
use super::gather::{self, FileContents};
use super::measure::{Measured, Part};
use super::queries::with_window;
use super::sloth;
use crate::foreign::{Foreign, Ratio, Slo};
use crate::model::Labels;
use crate::promql::ast::{Expr, Kind, Op, Selector};
use crate::promql::bounds;
use crate::promql::build::{self, binary, call, selector, sub, sum_by};
use crate::vocabulary::{Decimal, Duration, Period, text};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// The rules for all SLOs that could be imported.
pub fn foreign(drafts: &[Draft], gathered: &FileContents) -> Foreign {
    let mut imported = BTreeMap::new();
    for service in &gathered.services {
        let named = |slo: &gather::Slo| (slo.draft.place, format!("{}/{}", service.name, slo.name));
        imported.extend(service.slos.iter().map(named));
    }
    let slos = drafts.iter().filter_map(|draft| slo(draft, imported.get(&draft.place)));
    Foreign { slos: slos.collect(), rest: Vec::new() }
}

fn slo(draft: &Draft, imported: Option<&String>) -> Option<Slo> {
    let measured = draft.measured.as_ref().ok()?;
    let service = &draft.service.text;
    let (tool, name) = match &draft.recorder {
        Recorder::Sloth(name) => (sloth::TOOL, name.clone()),
        Recorder::Pyrra | Recorder::Nobody => (draft.tool, draft.name.text.clone()),
    };
    let identity: Labels = match &draft.recorder {
        Recorder::Sloth(name) => Labels::from([
            ("sloth_id".to_owned(), format!("{service}-{name}")),
            ("sloth_service".to_owned(), service.clone()),
            ("sloth_slo".to_owned(), name.clone()),
        ]),
        Recorder::Pyrra => {
            let own = draft.labels.iter().map(|pair| (pair.name.clone(), pair.value.clone()));
            own.chain([("slo".to_owned(), name.clone())]).collect()
        }
        Recorder::Nobody => Labels::new(),
    };
    let labels: Vec<(&str, &str)> =
        identity.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let period = match &draft.period {
        Period::Rolling(length) => Some(*length),
        Period::Calendar(..) => None,
    };
    let by: Vec<&str> = draft.by.iter().map(|label| label.text.as_str()).collect();
    let series = |window: Duration| -> Option<Selector> {
        let record = match draft.recorder {
            Recorder::Sloth(_) => format!("slo:sli_error:ratio_rate{}", spelled(window)),
            Recorder::Pyrra => format!("{}:burnrate{}", metric(measured)?, spelled(window)),
            Recorder::Nobody => return None,
        };
        Some(selector(&record, &labels))
    };
    let (windows, shortest) = windows(draft);
    let mut ratios: Vec<Ratio> = windows
        .into_iter()
        .filter(|window| period.is_none_or(|period| *window < period))
        .map(|window| Ratio {
            window,
            series: series(window),
            expr: ratio(measured, &draft.recorder, &by, window),
            averaged: false,
        })
        .collect();
    // Sloth averages its shortest ratios over the period; Pyrra counts events, as for any window.
    if let Some(period) = period {
        let averaged = tool == sloth::TOOL;
        let expr = match series(shortest).filter(|_| averaged) {
            Some(shortest) => Some(call("avg_over_time", vec![shortest.range(period)])),
            None => ratio(measured, &draft.recorder, &by, period),
        };
        let series = if averaged { series(period) } else { None };
        ratios.push(Ratio { window: period, series, expr, averaged });
    }
    Some(Slo {
        tool,
        service: Some(service.clone()).filter(|_| draft.recorder != Recorder::Pyrra),
        name,
        imported: imported.cloned(),
        identity,
        objective: Some(draft.objective.ratio()),
        period,
        ratios,
        alerts: Vec::new(),
        recorded: Vec::new(),
    })
}

/// The windows that a tool records, and the one whose ratios Sloth averages over the period.
fn windows(draft: &Draft) -> (Vec<Duration>, Duration) {
    const MINUTES: [u64; 7] = [5, 30, 60, 120, 360, 1440, 4320];
    let usual = || MINUTES.iter().map(|minutes| Duration::from_secs(60 * minutes)).collect();
    let mut shortest = Duration::from_secs(5 * 60);
    let mut windows: Vec<Duration> = match (&draft.recorder, &draft.policy) {
        (Recorder::Pyrra, _) => pyrra(draft.period.nominal()),
        (Recorder::Sloth(_), Policy::Own(_, tiers)) if draft.tool == sloth::TOOL => {
            shortest = tiers.first().map_or(shortest, |tier| tier.short);
            tiers.iter().flat_map(|tier| [tier.long, tier.short]).collect()
        }
        (Recorder::Sloth(_) | Recorder::Nobody, _) => usual(),
    };
    windows.sort();
    windows.dedup();
    (windows, shortest)
}

/// A window of Pyrra: a part of the period, rounded to minutes.
pub fn of_pyrra(period: Duration, share: u64) -> Duration {
    Duration::from_secs(60 * ((period.millis() / share + 30_000) / 60_000))
}

/// All windows of Pyrra.
fn pyrra(period: Duration) -> Vec<Duration> {
    const SHARES: [u64; 7] = [28 * 24 * 12, 28 * 24 * 2, 28 * 24, 28 * 12, 28 * 4, 28, 7];
    let windows = SHARES.into_iter().map(|share| of_pyrra(period, share));
    windows.filter(|window| window.millis() > 0).collect()
}

/// A window as Prometheus' own library writes it, which both tools use: with whole years and weeks.
fn spelled(window: Duration) -> String {
    let whole = |unit: u64| window.millis().is_multiple_of(unit * 1000).then(|| window.secs() / unit);
    match (whole(365 * DAY), whole(7 * DAY)) {
        (Some(years), _) if years > 0 => format!("{years}y"),
        (_, Some(weeks)) if weeks > 0 => format!("{weeks}w"),
        _ => window.to_string(),
    }
}

/// The metric in the names of Pyrra's series.
fn metric(measured: &Measured) -> Option<String> {
    let name = match measured {
        Measured::Events(parts) => parts[0].1.selectors().first()?.name.clone()?,
        Measured::Latency { histogram, .. } => histogram.name.clone()?,
        Measured::Probe(expr) => expr.selectors().first()?.name.clone()?,
        Measured::Condition(_) | Measured::Ratio(_) => return None,
    };
    let name = name.strip_suffix("_total").unwrap_or(&name);
    Some(name.strip_suffix("_count").unwrap_or(name).to_owned())
}

/// The tool's expression for a ratio over a window.
fn ratio(measured: &Measured, recorder: &Recorder, by: &[&str], window: Duration) -> Option<Expr> {
    let rate = |expr: &Expr| rated(expr, window);
    match measured {
        Measured::Events(parts) => {
            let [(one, first), (other, second)] = &**parts;
            let (first, second) = (sum_by(by, rate(first)), sum_by(by, rate(second)));
            Some(match (one, other) {
                (Part::Total, Part::Bad) => build::div(second, first).into(),
                (Part::Total, Part::Good) => build::div(Expr::from(sub(first.clone(), second)), first).into(),
                (Part::Good, Part::Bad) => build::div(second.clone(), binary(Op::Add, first, second)).into(),
                _ => return None,
            })
        }
        Measured::Latency { histogram, threshold, native: false, milliseconds, success } => {
            let name = histogram.name.clone()?;
            let with = |suffix: &str| Selector { name: Some(format!("{name}{suffix}")), ..histogram.clone() };
            let unit = if *milliseconds { Decimal::ONE } else { Decimal::from(1000) };
            let (op, le) = bounds::matching((Decimal::from(threshold.millis()) / unit).normalize());
            let mut below = with("_bucket").matching("le", op, &le);
            for matcher in success {
                below = below.matching(&matcher.label, matcher.op, &matcher.value);
            }
            let total = sum_by(by, rate(&with("_count").into()));
            let bad = sub(total.clone(), sum_by(by, rate(&below.into())));
            Some(build::div(Expr::from(bad), total).into())
        }
        Measured::Latency { histogram, threshold, native: true, .. } => {
            let seconds = (Decimal::from(threshold.millis()) / Decimal::from(1000)).normalize();
            let bounds = vec![build::number(0), build::number(text(seconds))];
            let rates = sum_by(by, rate(&histogram.clone().into()));
            let fast = call("histogram_fraction", bounds.into_iter().chain([rates]).collect());
            Some(sub(build::number(1), fast).into())
        }
        Measured::Probe(expr) => match (&expr.kind, recorder) {
            (Kind::Selector(gauge), Recorder::Pyrra) => {
                let over = |function: &str| sum_by(by, call(function, vec![gauge.clone().range(window)]));
                let (looked, up) = (over("count_over_time"), over("sum_over_time"));
                Some(build::div(Expr::from(sub(looked.clone(), up)), looked).into())
            }
            (Kind::Selector(gauge), Recorder::Sloth(_) | Recorder::Nobody) => {
                let up =
                    build::aggregate("avg", by, call("avg_over_time", vec![gauge.clone().range(window)]));
                Some(sub(build::number(1), up).into())
            }
            _ => None,
        },
        Measured::Ratio(expr) => Some(with_window(expr.clone(), window)),
        Measured::Condition(_) => None,
    }
}

/// Applies `rate` to every counter of a sum.
fn rated(expr: &Expr, window: Duration) -> Expr {
    match &expr.kind {
        Kind::Selector(counter) => call("rate", vec![counter.clone().range(window)]),
        Kind::Binary(both) => {
            let mut both = both.clone();
            both.left = rated(&both.left, window);
            both.right = rated(&both.right, window);
            Kind::Binary(both).into()
        }
        _ => expr.clone(),
    }
}
