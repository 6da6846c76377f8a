//! The series that dashboards read: recorded series, and raw series of an SLI that have their own panel.

use super::series::{Series, Side, Unit};
use crate::model::{Sli, Slo};
use crate::plan::{
    Event, Latency, Level, Measure, Promise, Readings, RecordedRead, Signal, TierFacts, TierReadings,
};
use crate::promql::ast::{Binary, Expr, Kind, Op};
use crate::promql::build::vector;
use crate::promql::{Type, check};
use crate::vocabulary::{Decimal, Duration, INTERVAL, LONG_INTERVAL, Period, STALE};

/// The recorded series of an SLO, by their meaning.
pub(super) fn readings(slo: &Slo, promise: &Promise, names: &Series) -> Readings {
    let fast = |name: &str| RecordedRead { series: names.recorded(name), held: None };
    let slow = |name: &str| RecordedRead { series: names.recorded(name), held: Some(STALE) };
    let (rolling, suffix) = (matches!(promise.period, Period::Rolling(_)), promise.period.suffix());
    let ratio = |window: Duration, slowly: bool| {
        let name = names.ratio(&window.to_string());
        if slowly { slow(&name) } else { fast(&name) }
    };
    let tier = |tier: &TierFacts| {
        // A window that a fast tier uses, too, is recorded in the fast group.
        let fast = |window| promise.fast_windows().contains(&window);
        TierReadings { long: ratio(tier.long, !fast(tier.long)), short: ratio(tier.short, !fast(tier.short)) }
    };
    Readings {
        objective: fast("slo:objective:ratio"),
        error_budget: fast("slo:error_budget:ratio"),
        agreed_time: (!slo.agreed.is_always()).then(|| fast(super::agreed::NAME)),
        burn_now: fast("slo:current_burn_rate:ratio"),
        period_ratio: slow(&names.period_ratio(rolling, &suffix)),
        budget_left: slow(super::windows::BUDGET_LEFT),
        period_burn_rate: slow(super::windows::BURN_RATE),
        period_expected: (!rolling).then(|| slow(&names.expected(&suffix))),
        period_total: slow(&names.period(Side::Total, rolling, &suffix)),
        period_bad: slow(&names.period(Side::Bad, rolling, &suffix)),
        traffic: match (&slo.sli, promise.event) {
            (Sli::Counted { .. }, event) => {
                let unit = if matches!(event, Event::Slice(_)) { Unit::Occurrences } else { Unit::Events };
                Some((fast(&names.increase(unit, Side::Total, INTERVAL)), INTERVAL))
            }
            (Sli::Checked { .. } | Sli::Ratio { .. } | Sli::Journey { .. }, _) => None,
        },
        counted_total: names.recorded(names.tile(Side::Total, LONG_INTERVAL)),
        counted_bad: names.recorded(names.tile(Side::Bad, LONG_INTERVAL)),
        counted_every: LONG_INTERVAL,
        tiers: promise.tiers.iter().map(tier).collect(),
        parts: names.is_journey.then(|| super::journey::readings(|name| names.recorded(name))),
        exhaustion: slow(super::windows::EXHAUSTION),
    }
}

/// The signal of the SLI, if it is more than the recorded events.
pub(super) fn signal(slo: &Slo) -> Option<Signal> {
    match &slo.sli {
        Sli::Counted { histogram, .. } => {
            let histogram = histogram.clone()?;
            let limit = Decimal::from(slo.threshold?.millis());
            let per_unit = if histogram.milliseconds { 1 } else { 1000 };
            Some(Signal::Latency(Latency {
                histogram: histogram.selector,
                native: histogram.native,
                measure: if histogram.milliseconds { Measure::Milliseconds } else { Measure::Seconds },
                limit: (limit / Decimal::from(per_unit)).normalize(),
                percentiles: percentiles(slo.objective.ratio()),
                scrape_interval: slo.scrape_interval,
            }))
        }
        Sli::Checked { good, .. } => level(slo, good).map(Signal::Level),
        // Its signal is the recorded ratio, or its parts.
        Sli::Ratio { .. } | Sli::Journey { .. } => None,
    }
}

/// The usual percentiles, and the promised one.
fn percentiles(objective: Decimal) -> Vec<Decimal> {
    let mut percentiles = vec![Decimal::new(5, 1), Decimal::new(95, 2), Decimal::new(99, 2), objective];
    percentiles.sort();
    percentiles.dedup();
    percentiles
}

/// Both sides of the comparison that separates good from bad.
fn level(slo: &Slo, good: &Expr) -> Option<Level> {
    let Kind::Binary(comparison) = &good.kind else { return None };
    let Binary { op, left, right, .. } = &**comparison;
    let (value, op, limit) = match check(left).ok()? {
        Type::Vector => (left, *op, right),
        _ => (right, with_sides_exchanged(*op), left),
    };
    let is_vector = check(limit).ok()? == Type::Vector;
    let high_is_bad = matches!(op, Op::Lt | Op::Le);
    let fixed = matches!(limit.kind, Kind::Number(_)).then(|| limit.to_string());
    let fixed = fixed.and_then(|text| Decimal::from_str_exact(&text).ok());
    let measure = match (slo.threshold, fixed) {
        // Freshness: an age.
        (Some(_), _) => Measure::Seconds,
        (None, Some(limit)) if limit > Decimal::ZERO && limit < Decimal::ONE => Measure::Share,
        (None, _) => Measure::Plain,
    };
    Some(Level {
        value: value.clone(),
        limit: if is_vector { limit.clone() } else { vector(limit.clone()) },
        fixed,
        high_is_bad,
        measure,
        scrape_interval: slo.scrape_interval,
    })
}

/// The comparison with exchanged sides.
fn with_sides_exchanged(op: Op) -> Op {
    match op {
        Op::Lt => Op::Gt,
        Op::Le => Op::Ge,
        Op::Gt => Op::Lt,
        Op::Ge => Op::Le,
        other => other,
    }
}
