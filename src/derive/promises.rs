//! The promises of SLOs, in exact numbers.

use crate::facts::{AgreedTime, Event, Part, Promise, TierFacts};
use crate::model::{self, Agreed, Budgeting, Histogram, Model, Service, Sli, Slo};
use crate::promql::ast::{Expr, Selector};
use crate::vocabulary::{Decimal, Hours, INTERVAL, LONG_INTERVAL, Period, is_slow, quotient};

/// The numbers of an SLO.
pub fn promise(model: &Model, service: &Service, slo: &Slo) -> Promise {
    let objective = match slo.threshold {
        Some(threshold) => format!("{} < {threshold}", slo.objective),
        None => slo.objective.to_string(),
    };
    let event = match (&slo.budgeting, &slo.sli) {
        (Budgeting::Timeslices { length, .. }, Sli::Journey { .. }) => Event::Journey(*length),
        (Budgeting::Timeslices { length, .. }, _) => Event::Slice(*length),
        (Budgeting::Occurrences, Sli::Counted { .. }) => Event::Occurrence,
        (Budgeting::Occurrences, Sli::Checked { .. } | Sli::Ratio { .. } | Sli::Journey { .. }) => {
            Event::Check
        }
    };
    let per_check = quotient(Decimal::from(1000), Decimal::from(INTERVAL.millis()));
    Promise {
        service: service.name.to_string(),
        slo: slo.name.to_string(),
        description: slo.description.clone(),
        objective,
        ratio: slo.objective.ratio(),
        budget: slo.objective.budget().ratio(),
        enough_events: enough_events(slo.objective.budget().ratio()),
        period: slo.period.clone(),
        period_length: slo.agreed.most_within(slo.period.nominal()),
        agreed: agreed_time(&slo.agreed),
        zone: zone(model, slo),
        event,
        by: slo.by.iter().map(ToString::to_string).collect(),
        successful: match &slo.sli {
            Sli::Counted { histogram: Some(histogram), .. } if !histogram.success.is_empty() => {
                Some(successful(histogram))
            }
            Sli::Counted { .. } | Sli::Checked { .. } | Sli::Ratio { .. } | Sli::Journey { .. } => None,
        },
        parts: slo.parts().iter().map(part).collect(),
        read_as: (slo.by.iter().filter(|kept| kept.is_renamed()))
            .map(|kept| (kept.to_string(), kept.label.to_string()))
            .collect(),
        traffic: match event {
            Event::Occurrence => slo.traffic,
            Event::Check | Event::Slice(_) | Event::Journey(_) => Some(per_check),
        },
        tiers: watches(slo),
        budget_alerts: slo.budget_alerts.clone(),
        budget_policy: slo.budget_policy.clone(),
        left_out: slo.left_out.iter().map(|tier| (tier.severity, tier.long)).collect(),
        interval: INTERVAL,
        long_interval: LONG_INTERVAL,
        planned: slo.planned.clone(),
    }
}

/// Every tier with its burn rate and threshold, each a single quotient of exact products (SRE Workbook, ch. 5).
pub fn watches(slo: &Slo) -> Vec<TierFacts> {
    let period = Decimal::from(slo.agreed.most_within(slo.period.nominal()).millis());
    slo.tiers
        .iter()
        .map(|tier| {
            let long_agreed = slo.agreed.most_within(tier.long);
            let long = Decimal::from(long_agreed.millis());
            let spent = tier.budget_share * period;
            TierFacts {
                severity: tier.severity,
                budget_share: tier.budget_share,
                long: tier.long,
                long_agreed,
                short: tier.short,
                burn_rate: quotient(spent, long),
                threshold: quotient(spent * slo.objective.budget().ratio(), long),
                min_bad_events: *slo.min_bad_events.get(tier.severity),
                min_events: *slo.min_events.get(tier.severity),
                keep_firing_for: tier.keep_firing_for,
                slow: is_slow(tier.long, tier.severity),
            }
        })
        .collect()
}

/// The time zone in which times of an SLO are written and shown.
fn zone(model: &Model, slo: &Slo) -> String {
    let of_period = match &slo.period {
        Period::Calendar(_, zone) => Some(zone.name()),
        Period::Rolling(_) => None,
    };
    let named = slo.agreed.hours.as_ref().map(Hours::zone).or(of_period);
    named.or(model.project.time_zone.as_deref()).unwrap_or("UTC").to_owned()
}

/// The time that counts for a promise; `None` if all time counts.
fn agreed_time(agreed: &Agreed) -> Option<AgreedTime> {
    (!agreed.is_always()).then(|| AgreedTime {
        hours: agreed.hours.clone(),
        except: agreed.except.as_ref().map(|except| except.text.clone()),
        maintenance: agreed.maintenance.clone(),
    })
}

/// The number of events below which the objective cannot be judged: with fewer than 1 ÷ budget events, a single bad one is more than the whole
/// budget.
fn enough_events(budget: Decimal) -> Decimal {
    (Decimal::ONE / budget).ceil()
}

/// `status!~"5.."`: the matchers of successful events.
fn successful(histogram: &Histogram) -> String {
    let matchers = histogram.success.clone().into();
    let spelled = Expr::from(Selector { name: None, matchers, ..histogram.selector.clone() }).to_string();
    spelled.trim_start_matches('{').trim_end_matches('}').to_owned()
}

/// A part in the form that targets read.
fn part(part: &model::Part) -> Part {
    Part {
        service: part.service.to_string(),
        slo: part.slo.to_string(),
        budget: part.objective.budget().ratio(),
        several: part.several,
        planned: part.planned.clone(),
        agreed: agreed_time(&part.agreed),
    }
}
