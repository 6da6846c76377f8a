//! Specs as rules: the series that Sloth and Pyrra would record for them, and their expressions.

use super::draft::Draft;
use super::measure::{Measured, Part};
use super::queries::with_window;
use super::{pyrra, sloth};
use crate::foreign::{Foreign, Ratio, Slo};
use crate::model::Labels;
use crate::promql::ast::{Expr, Kind, Op, Selector};
use crate::promql::bounds;
use crate::promql::build::{self, binary, call, selector, sub, sum_by};
use crate::vocabulary::{Decimal, Duration, Period};

/// The windows that are compared, in minutes.
const WINDOWS: [u64; 7] = [5, 30, 60, 120, 360, 1440, 4320];

/// All SLOs that measure something.
pub fn foreign(drafts: &[Draft]) -> Foreign {
    Foreign { slos: drafts.iter().filter_map(slo).collect(), rest: Vec::new(), rules: 0 }
}

fn slo(draft: &Draft) -> Option<Slo> {
    let measured = draft.measured.as_ref().ok()?;
    let (service, name) = (draft.service.text.clone(), draft.name.text.clone());
    let is_sloth = draft.tool == sloth::TOOL;
    let identity: Labels = match draft.tool {
        sloth::TOOL => Labels::from([
            ("sloth_id".to_owned(), format!("{service}-{name}")),
            ("sloth_service".to_owned(), service.clone()),
            ("sloth_slo".to_owned(), name.clone()),
        ]),
        pyrra::TOOL => Labels::from([("slo".to_owned(), name.clone())]),
        _ => Labels::new(),
    };
    let labels: Vec<(&str, &str)> =
        identity.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let period = match &draft.period {
        Period::Rolling(length) => Some(*length),
        Period::Calendar(..) => None,
    };
    let by: Vec<&str> = draft.by.iter().map(|label| label.text.as_str()).collect();
    let series = |window: Duration| -> Option<Selector> {
        let record = match draft.tool {
            sloth::TOOL => format!("slo:sli_error:ratio_rate{window}"),
            pyrra::TOOL => format!("{}:burnrate{window}", metric(measured)?),
            _ => return None,
        };
        Some(selector(&record, &labels))
    };
    let mut windows: Vec<Duration> =
        WINDOWS.iter().map(|minutes| Duration::from_secs(60 * minutes)).collect();
    windows.retain(|window| period.is_none_or(|period| *window < period));
    let mut ratios: Vec<Ratio> = windows
        .into_iter()
        .map(|window| Ratio {
            window,
            series: series(window),
            expr: ratio(measured, &by, window),
            averaged: false,
        })
        .collect();
    // Sloth has a mean of its shortest ratios for the period; Pyrra counts, as it does for any window.
    if let Some(period) = period {
        let shortest = series(Duration::from_secs(300));
        let expr = match shortest.filter(|_| is_sloth) {
            Some(shortest) => Some(call("avg_over_time", vec![shortest.range(period)])),
            None => ratio(measured, &by, period),
        };
        let series = if is_sloth { series(period) } else { None };
        ratios.push(Ratio { window: period, series, expr, averaged: is_sloth });
    }
    Some(Slo {
        tool: draft.tool,
        service: Some(service).filter(|_| draft.tool != pyrra::TOOL),
        name,
        identity,
        objective: Some(draft.objective.ratio()),
        period,
        ratios,
        alerts: Vec::new(),
        recorded: Vec::new(),
    })
}

/// The metric that Pyrra names its series after.
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

/// How the tool computes a ratio over a window.
fn ratio(measured: &Measured, by: &[&str], window: Duration) -> Option<Expr> {
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
        Measured::Probe(expr) => match &expr.kind {
            Kind::Selector(gauge) => {
                let up =
                    build::aggregate("avg", by, call("avg_over_time", vec![gauge.clone().range(window)]));
                Some(sub(build::number(1), up).into())
            }
            _ => None,
        },
        Measured::Ratio(expr) => Some(with_window(expr.clone(), window)),
        Measured::Latency { native: true, .. } | Measured::Condition(_) => None,
    }
}

/// The rate of every counter in a sum.
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
