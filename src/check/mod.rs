//! Checks of valid definitions that would not work as their author expects.
//!
//! A new check is one file here, its page, and one line in [`CHECKS`] or [`CHECKS_OF_RULES`].

mod alert_reaches_nobody;
mod always_fires;
mod bad_is_total;
mod budget_below_one_event;
mod budget_unwatched;
mod burn_rate_below_one;
mod burn_rate_unreachable;
mod clusters_summed;
mod constant_condition;
mod contract;
mod counted_apart;
mod counted_twice;
mod dependency_cycle;
mod duplicate_alert;
mod every_bucket;
mod excepted_always;
mod filtered_away;
mod fires_when_new;
mod fires_while_well;
mod inhibition_never_matches;
mod inhibition_outrun;
mod journey_overspent;
mod label_overwritten;
mod limit_in_other_unit;
mod measured_twice;
mod no_timestamp;
mod one_silences_all;
mod own_series;
mod page_at_once;
mod pattern_as_text;
mod period_beyond_retention;
mod planned_alert_fires;
mod recorded_as_counter;
mod replicas_counted_twice;
mod route_entangled;
mod route_unreachable;
mod runbook_missing;
mod samples_late;
mod silent_when_gone;
mod single_event_pages;
mod swapped_events;
mod unprovable;
mod unweighted_ratio;
mod window_below_scrape;
mod window_off_grid;
mod window_order;

use crate::diagnostic::{Code, Problem, joined};
use crate::facts::{AlertFacts, Facts, Rules, SloFacts, TierFacts};
use crate::model::{Model, Service, Slo};
use crate::parallel;
use crate::source::Span;
use crate::vocabulary::{Decimal, Duration};

/// A check reads the facts of the whole model, and adds its problems.
pub type Check = fn(&Facts, &mut Vec<Problem>);

/// The same for a check that compares the facts with the rules that will be.
pub type CheckOfRules = fn(&Facts, &Rules, &mut Vec<Problem>);

/// What a check needs so that its problems are true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckScope {
    /// Only the definition itself, even if other definitions were left out because of a problem.
    Part,
    /// The whole model: it reports that something does not exist anywhere.
    Whole,
}

/// Every check of the model with its code; the checks of selectors with contracts are in `contract`.
pub const CHECKS: [(Code, CheckScope, Check); 53] = [
    (Code::AlertReachesNobody, CheckScope::Whole, alert_reaches_nobody::check),
    (Code::AlwaysFires, CheckScope::Part, always_fires::check),
    (Code::BadIsTotal, CheckScope::Part, bad_is_total::check),
    (Code::BadNotWithinTotal, CheckScope::Part, contract::bad_not_within_total::check),
    (Code::BudgetBelowOneEvent, CheckScope::Part, budget_below_one_event::check),
    (Code::BudgetUnwatched, CheckScope::Part, budget_unwatched::check),
    (Code::BurnRateBelowOne, CheckScope::Part, burn_rate_below_one::check),
    (Code::BurnRateUnreachable, CheckScope::Part, burn_rate_unreachable::check),
    (Code::ClustersSummed, CheckScope::Part, clusters_summed::check),
    (Code::ConstantCondition, CheckScope::Part, constant_condition::check),
    (Code::CountedApart, CheckScope::Part, counted_apart::check),
    (Code::CountedTwice, CheckScope::Part, counted_twice::check),
    (Code::CountedTwice, CheckScope::Part, measured_twice::check),
    (Code::DependencyCycle, CheckScope::Part, dependency_cycle::check),
    (Code::DuplicateAlert, CheckScope::Part, duplicate_alert::check),
    (Code::FilteredAway, CheckScope::Part, filtered_away::check),
    (Code::FiresWhenNew, CheckScope::Part, fires_when_new::check),
    (Code::FiresWhileWell, CheckScope::Part, fires_while_well::check),
    (Code::InhibitionNeverMatches, CheckScope::Whole, inhibition_never_matches::check),
    (Code::InhibitionOutrun, CheckScope::Whole, inhibition_outrun::check),
    (Code::JourneyOverspent, CheckScope::Whole, journey_overspent::check),
    (Code::NeverCounted, CheckScope::Part, excepted_always::check),
    (Code::NoContract, CheckScope::Whole, contract::no_contract::check),
    (Code::NoTimestamp, CheckScope::Part, no_timestamp::check),
    (Code::NotACounterSelector, CheckScope::Part, every_bucket::check),
    (Code::NotScraped, CheckScope::Part, contract::not_scraped::check),
    (Code::OneSilencesAll, CheckScope::Part, one_silences_all::check),
    (Code::PageAtOnce, CheckScope::Part, page_at_once::check),
    (Code::PeriodBeyondRetention, CheckScope::Part, period_beyond_retention::check),
    (Code::PlannedAlertFires, CheckScope::Part, planned_alert_fires::check),
    (Code::PlannedMetricExists, CheckScope::Whole, contract::planned_metric_exists::check),
    (Code::RecordedAsCounter, CheckScope::Part, recorded_as_counter::check),
    (Code::ReplicasCountedTwice, CheckScope::Part, replicas_counted_twice::check),
    (Code::ReservedLabel, CheckScope::Part, label_overwritten::check),
    (Code::RouteEntangled, CheckScope::Part, route_entangled::check),
    (Code::RouteUnreachable, CheckScope::Whole, route_unreachable::check),
    (Code::RunbookMissing, CheckScope::Part, runbook_missing::check),
    (Code::SamplesLate, CheckScope::Part, samples_late::check),
    (Code::RunbookMissing, CheckScope::Whole, runbook_missing::gaps),
    (Code::SilentWhenGone, CheckScope::Whole, silent_when_gone::check),
    (Code::SingleEventPages, CheckScope::Part, single_event_pages::check),
    (Code::SwappedEvents, CheckScope::Part, swapped_events::check),
    (Code::UnitMismatch, CheckScope::Part, contract::unit_mismatch::by_name),
    (Code::UnitMismatch, CheckScope::Part, limit_in_other_unit::check),
    (Code::UnmatchedValue, CheckScope::Whole, pattern_as_text::check),
    (Code::UnweightedRatio, CheckScope::Part, unweighted_ratio::check),
    (Code::WindowBelowScrape, CheckScope::Part, window_below_scrape::check),
    (Code::WindowOffGrid, CheckScope::Part, window_off_grid::check),
    (Code::WindowOrder, CheckScope::Part, window_order::check),
    (Code::WrongMetricType, CheckScope::Part, contract::wrong_metric_type::by_name),
    (Code::WrongMetricType, CheckScope::Part, contract::wrong_metric_type::by_sum),
    (Code::WrongMetricType, CheckScope::Part, contract::wrong_metric_type::by_value),
    (Code::WrongMetricType, CheckScope::Part, contract::wrong_metric_type::by_probe),
];

/// Those that compare it with the rules.
pub const CHECKS_OF_RULES: [(Code, CheckScope, CheckOfRules); 2] = [
    (Code::UnknownMetric, CheckScope::Whole, own_series::check),
    (Code::Unprovable, CheckScope::Part, unprovable::check),
];

/// The problems of all checks. If a part of the model was left out, only those of checks that do not need it.
pub fn check(facts: &Facts, rules: &Rules, sees: CheckScope) -> Vec<Problem> {
    let is_true = |needs: CheckScope| needs == CheckScope::Part || sees == CheckScope::Whole;
    let of_facts = parallel::map(&CHECKS, |(_, needs, check)| {
        let mut problems = Vec::new();
        if is_true(*needs) {
            check(facts, &mut problems);
        }
        problems
    });
    let mut problems: Vec<Problem> = of_facts.into_iter().flatten().collect();
    for (_, _, check) in CHECKS_OF_RULES.iter().filter(|(_, needs, _)| is_true(*needs)) {
        check(facts, rules, &mut problems);
    }
    problems.extend(contract::check(facts.model));
    let errors: Vec<Span> =
        problems.iter().filter(|one| one.is_error()).map(|one| one.primary.span).collect();
    // What is wrong is written anew. Then a warning about the same text may be false, and so is one about what is sent when.
    problems.retain(|one| {
        let is_of_all = one.code == Code::InhibitionOutrun && !errors.is_empty();
        one.is_error() || !(errors.contains(&one.primary.span) || is_of_all)
    });
    problems
}

fn slos(model: &Model) -> impl Iterator<Item = (&Service, &Slo)> {
    model.services.iter().flat_map(|service| service.slos.iter().map(move |slo| (service, slo)))
}

/// The tiers of an SLO with their numbers, grouped by the place where they are written, such as the name of a policy.
fn tiers_by_place<'a>(facts: &'a SloFacts) -> Vec<(Span, Vec<&'a TierFacts>)> {
    let mut places: Vec<(Span, Vec<&TierFacts>)> = Vec::new();
    for (tier, watch) in facts.slo.tiers.iter().zip(&facts.promise.tiers) {
        match places.iter_mut().find(|(span, _)| *span == tier.span) {
            Some((_, tiers)) => tiers.push(watch),
            None => places.push((tier.span, vec![watch])),
        }
    }
    places
}

/// The place for a conflict between tiers and period: the tiers or their policy if they are written, else the period, else the SLO, which has both by
/// default. So a problem of the project's settings has one place, for any number of SLOs.
fn tiers_against_period(slo: &Slo, tiers: Span) -> (Span, Option<Span>) {
    let name = slo.places.name;
    let mut written = [tiers, slo.places.period].into_iter().filter(|place| *place != name);
    (written.next().unwrap_or(name), written.next())
}

/// Adds a second place, if there is one.
fn also(problem: Problem, place: Option<Span>, text: String) -> Problem {
    match place {
        Some(place) => problem.and(place, text),
        None => problem,
    }
}

/// `the tier of 1h`, `the tiers of 1h, 6h and 1d`.
fn named(tiers: &[&TierFacts]) -> String {
    let longs: Vec<String> = tiers.iter().map(|tier| tier.long.to_string()).collect();
    let s = if longs.len() == 1 { "" } else { "s" };
    format!("the tier{s} of {}", joined(&longs, "and"))
}

/// The place where the SLO or the companion of an alert is defined.
fn place_of(model: &Model, alert: &AlertFacts) -> Option<Span> {
    let service = &model.services[model.services.binary_search_by(|one| one.name.cmp(alert.service)).ok()?];
    if let Some(name) = alert.companion {
        let companion = service.alerts.iter().find(|companion| companion.name == *name)?;
        return Some(companion.places.name);
    }
    let slo = service.slos.iter().find(|slo| alert.slo.is_none_or(|name| slo.name == *name))?;
    Some(slo.places.name)
}

/// A number with three digits for texts. No decision depends on it.
fn about(value: Decimal) -> String {
    let rounded =
        if value.abs() >= Decimal::from(1000) { value.round() } else { value.round_sf(3).unwrap_or(value) };
    crate::vocabulary::text(rounded)
}

/// A ratio as a percentage with three digits.
fn about_percent(ratio: Decimal) -> String {
    format!("{}%", about(ratio * Decimal::ONE_HUNDRED))
}

/// The share of the budget with which a long window has a burn rate of 1, rounded up.
fn even_share(long: Duration, period: Duration) -> String {
    let share = Decimal::from(long.millis()) / Decimal::from(period.millis());
    about_percent(
        share.round_sf_with_strategy(3, rust_decimal::RoundingStrategy::AwayFromZero).unwrap_or(share),
    )
}

/// How long the budget lasts at a burn rate, to the minute.
fn lasts(period: Duration, burn_rate: Decimal) -> String {
    use rust_decimal::prelude::ToPrimitive;
    let exact = (Decimal::from(period.millis()) / burn_rate).to_u64().unwrap_or_default();
    let step = if exact >= 60_000 { 60_000 } else { 1_000 };
    Duration::from_millis(exact / step * step).to_string()
}
