//! Changes of the promise: objective, period and tiers, and what follows in minutes, events and times to the alert.

use super::agreed;
use super::companions::kept_firing;
use super::measured::until;
use super::pairs::Pair;
use crate::difference::{Change, Kind, Sentence};
use crate::explain::events;
use crate::model::{Agreement, Slo};
use crate::plan::{Event, Promise, SloPlan, TierFacts, first_to_fire};
use crate::vocabulary::{Decimal, Period, Severity, digits, percent, percent_digits, spoken};

/// Changes of the objective, the period, the tiers and their minimum of events.
pub(super) fn changes(pair: &Pair) -> Vec<Change> {
    let (old, new) = (&pair.old.plan.promise, &pair.new.plan.promise);
    let mut changes = Vec::new();
    changes.extend(period(pair, old, new));
    changes.extend(objective(pair, old, new));
    let tiers = tiers(pair, old, new);
    let alone = changes.is_empty();
    changes.extend(tiers);
    changes.extend(min_bad_events(pair));
    changes.extend(budget_alerts(pair, old, new));
    changes.extend(agreed::changes(pair, old, new));
    changes.extend(budget_policy(pair, old, new));
    changes.extend(planned(pair, old, new));
    // Common effects of all changes are reported with the objective, or else with the first change.
    changes.sort_by_key(|change| !matches!(change.kind, Kind::Stricter | Kind::Looser));
    if let Some(first) = changes
        .iter_mut()
        .find(|change| !matches!(change.kind, Kind::Planned | Kind::BudgetAlert | Kind::BudgetPolicy))
    {
        let budget = if alone { Vec::new() } else { budget(old, new) };
        let effects = std::mem::take(&mut first.effects);
        *first = first.clone().effects(budget).effects(times(old, new));
        first.effects.extend(effects);
    }
    changes
}

fn objective(pair: &Pair, old: &Promise, new: &Promise) -> Option<Change> {
    if old.ratio == new.ratio {
        return None;
    }
    let used = |share: Decimal| percent_digits(share, 3);
    // The events of the period stay the same and are compared with another budget.
    let past = match new.budget < old.budget {
        true => format!(
            "it applies at once to the events that are already counted: errors that had used {} of the old budget have used all of the new one",
            used(new.budget / old.budget)
        ),
        false => format!(
            "it applies at once to the events that are already counted: errors that had used all of the old budget have used {} of the new one",
            used(old.budget / new.budget)
        ),
    };
    Some(new_objective(&pair.subject(), old.ratio, new.ratio).effects([Sentence::plain(past)]))
}

/// The change of an objective.
pub(super) fn new_objective(subject: &[String], old: Decimal, new: Decimal) -> Change {
    let (before, after) = (percent(old), percent(new));
    let (kind, word) = if new > old { (Kind::Stricter, "stricter") } else { (Kind::Looser, "looser") };
    let message = Sentence::plain(format!("objective {after}, was {before}: {word}"));
    Change::new(kind, subject, message).values(before, after)
}

fn period(pair: &Pair, old: &Promise, new: &Promise) -> Option<Change> {
    if old.period == new.period {
        return None;
    }
    let message = Sentence::plain(format!("period {}, was {}", new.period, old.period));
    let change = Change::new(Kind::Period, &pair.subject(), message).values(&old.period, &new.period);
    let same_unit = match (&old.period, &new.period) {
        (Period::Calendar(one, _), Period::Calendar(other, _)) => one == other,
        (Period::Rolling(_) | Period::Calendar(..), Period::Rolling(_) | Period::Calendar(..)) => false,
    };
    let name = |plan: &SloPlan| plan.readings.period_ratio.series.name.clone().unwrap_or_default();
    let renamed = Sentence::plain("series of the period are called otherwise: ")
        .quote(name(pair.new.plan))
        .and(" instead of ")
        .quote(name(pair.old.plan))
        .and(", and so on; what reads them elsewhere has to follow");
    let warning = match (&old.period, &new.period) {
        (_, Period::Calendar(unit, _)) if !same_unit => format!(
            "the budget begins anew: only events after the deployment are counted until the next {} begins",
            unit.as_str()
        ),
        (_, Period::Calendar(..)) => {
            format!("the hours around the beginning belong to either zone until {}", until(pair.new.slo))
        }
        (_, Period::Rolling(_)) if old.period.reach() < new.period.reach() => format!(
            "the longer period is whole only where samples are kept that long; where they are kept for {} only, not until {}",
            old.period.reach(),
            until(pair.new.slo)
        ),
        (_, Period::Rolling(_)) => {
            "the budget left jumps once, at the deployment: events of another stretch of time are counted"
                .to_owned()
        }
    };
    let change = change.warn(Sentence::plain(warning));
    let expected = match &new.period {
        Period::Calendar(unit, _) => Some(Sentence::plain(format!(
            "the budget is measured against the whole {0}: the rest is expected to have as many events as the same length of time in the last four weeks",
            unit.as_str()
        ))),
        Period::Rolling(_) => None,
    };
    Some(if same_unit { change } else { change.effects(expected.into_iter().chain([renamed])) })
}

/// The budget in time and in events.
fn budget(old: &Promise, new: &Promise) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let outage = |promise: &Promise| promise.period_length.share(promise.budget);
    if outage(old) != outage(new) {
        sentences.push(Sentence::plain(format!(
            "budget: {} of full outage in {}, was {} in {}",
            outage(new),
            new.length(),
            outage(old),
            old.length()
        )));
    }
    let bad = |promise: &Promise| {
        let total = promise.traffic? * Decimal::from(promise.period_length.secs());
        Some((total * promise.budget, total))
    };
    if let (Event::Occurrence, Some((before, _)), Some((after, total))) = (new.event, bad(old), bad(new))
        && before != after
    {
        sentences.push(Sentence::plain(format!(
            "at the expected traffic {} of {} events may be bad, were {}",
            events(after),
            events(total),
            events(before)
        )));
    }
    sentences
}

/// Which tier detects an outage first, and at which error ratio, per severity.
fn times(old: &Promise, new: &Promise) -> Vec<Sentence> {
    let mut effects = Vec::new();
    for severity in Severity::ALL {
        let (verb, of) = match severity {
            Severity::Page => ("pages", "a page"),
            Severity::Ticket => ("opens a ticket", "a ticket"),
        };
        let fires = [old, new].map(|promise| first_to_fire(promise.tiers_of(severity), Decimal::ONE));
        let lowest = |promise: &Promise| promise.tiers_of(severity).map(|tier| tier.threshold).min();
        match fires.into() {
            (Some((was, _)), Some((is, burn))) if was != is => effects.push(Sentence::plain(format!(
                "{verb} after {} of full outage, was {} (burn rate {})",
                spoken(is),
                spoken(was),
                digits(burn.burn_rate, 3)
            ))),
            (Some((was, _)), None) if lowest(new).is_some() => effects.push(Sentence::plain(format!(
                "not even a full outage makes {of}; before it did after {}",
                spoken(was)
            ))),
            (None, Some((is, _))) if lowest(old).is_some() => effects.push(Sentence::plain(format!(
                "{verb} after {} of full outage; before, not even a full outage did",
                spoken(is)
            ))),
            _ => {}
        }
        match (lowest(old), lowest(new)) {
            (Some(was), Some(is)) if ratio(was) == ratio(is) => {}
            (Some(was), Some(is)) if was < is => effects.push(Sentence::plain(format!(
                "{verb} from an error ratio of {}, was {}: ratios between the two no longer make {of}",
                ratio(is),
                ratio(was)
            ))),
            (Some(was), Some(is)) if was > is => effects.push(Sentence::plain(format!(
                "{verb} from an error ratio of {}, was {}: ratios between the two made no {severity} before",
                ratio(is),
                ratio(was)
            ))),
            _ => {}
        }
    }
    effects
}

fn ratio(value: Decimal) -> String {
    percent_digits(value, 3)
}

/// Tiers that were added, removed or changed. Tiers of one severity with the same long window are pairs, then the rest in order.
fn tiers(pair: &Pair, old: &Promise, new: &Promise) -> Vec<Change> {
    let subject = pair.subject();
    let mut changes = Vec::new();
    for severity in Severity::ALL {
        let of = |promise: &Promise| promise.tiers_of(severity).cloned().collect::<Vec<_>>();
        let (mut before, mut after) = (of(old), of(new));
        let mut both = Vec::new();
        before.retain(|tier| {
            let same = after.iter().position(|other| other.long == tier.long);
            both.extend(same.map(|at| (tier.clone(), after.remove(at))));
            same.is_none()
        });
        let pairs = before.len().min(after.len());
        both.extend(before.drain(..pairs).zip(after.drain(..pairs)));
        for (was, is) in both {
            let own = |tier: &TierFacts| (tier.budget_share, tier.long, tier.short);
            if own(&was) != own(&is) {
                let message =
                    Sentence::plain(format!("{severity} when {}; was {}", described(&is), described(&was)));
                let burn = (digits(is.burn_rate, 3), digits(was.burn_rate, 3));
                let burn = (burn.0 != burn.1)
                    .then(|| Sentence::plain(format!("at a burn rate of {}, was {}", burn.0, burn.1)));
                let change =
                    Change::new(Kind::Tier, &subject, message).values(described(&was), described(&is));
                changes.push(change.effects(burn));
            }
        }
        // If all tiers of a severity are added or removed, so is the alert, and that is reported instead.
        if of(old).is_empty() || of(new).is_empty() {
            continue;
        }
        let kept = |promise| of(promise).iter().find_map(|tier| tier.keep_firing_for);
        let (was, is) = (kept(old), kept(new));
        if was != is {
            let message = Sentence::plain(format!("the {severity} {}", kept_firing(was, is)));
            changes.push(Change::new(Kind::Tier, &subject, message));
        }
        let one = |tier: &TierFacts, words: &str| {
            let message = Sentence::plain(format!("{words} {severity} when {}", described(tier)));
            Change::new(Kind::Tier, &subject, message)
        };
        changes.extend(before.iter().map(|tier| one(tier, "no longer a")));
        changes.extend(after.iter().map(|tier| one(tier, "also a")));
    }
    changes
}

/// `2% of the budget is spent within 1h and it still burns over 5m`
fn described(tier: &TierFacts) -> String {
    let share = percent_digits(tier.budget_share, 4);
    format!("{share} of the budget is spent within {} and it still burns over {}", tier.long, tier.short)
}

fn min_bad_events(pair: &Pair) -> Vec<Change> {
    let watched = |slo: &Slo, severity| slo.tiers.iter().any(|tier| tier.severity == severity);
    let mut changes = Vec::new();
    for severity in Severity::ALL {
        if !watched(pair.old.slo, severity) || !watched(pair.new.slo, severity) {
            continue;
        }
        let (old, new) = (pair.old.slo, pair.new.slo);
        for (kind, what, before, after) in [
            (Kind::MinBadEvents, "bad events", &old.min_bad_events, &new.min_bad_events),
            (Kind::MinEvents, "events in its long window", &old.min_events, &new.min_events),
        ] {
            let (before, after) = (before.get(severity), after.get(severity));
            if before != after {
                let message = format!("a {severity} needs at least {after} {what}, was {before}");
                let change = Change::new(kind, &pair.subject(), Sentence::plain(message));
                changes.push(change.values(before, after));
            }
        }
    }
    changes
}

/// Budget alerts that were added, removed or changed.
fn budget_alerts(pair: &Pair, old: &Promise, new: &Promise) -> Vec<Change> {
    let subject = pair.subject();
    let of = |promise: &Promise, line| {
        promise.budget_alerts.iter().find(|alert| alert.line == line).map(|alert| alert.severity)
    };
    let lines = old.budget_alerts.iter().chain(&new.budget_alerts).map(|alert| alert.line);
    let lines: std::collections::BTreeSet<_> = lines.collect();
    let mut changes = Vec::new();
    for line in lines.into_iter().rev() {
        let below = format!("when less than {line} of the budget is left");
        let change = |message| Change::new(Kind::BudgetAlert, &subject, Sentence::plain(message));
        changes.extend(match (of(old, line), of(new, line)) {
            (Some(was), Some(is)) if was == is => None,
            (Some(was), Some(is)) => Some(change(format!("a {is} {below}, was a {was}")).values(was, is)),
            (None, Some(is)) => Some(change(format!("a {is} {below}, nobody was notified before"))),
            (Some(was), None) => Some(change(format!("no {was} any more {below}"))),
            (None, None) => None,
        });
    }
    changes
}

/// Actions of the error budget policy that were added, removed or changed.
fn budget_policy(pair: &Pair, old: &Promise, new: &Promise) -> Vec<Change> {
    let of = |promise: &'_ Promise, line| {
        promise.budget_policy.iter().find(|agreement| agreement.line == line).cloned()
    };
    let lines = old.budget_policy.iter().chain(&new.budget_policy).map(|agreement| agreement.line);
    let lines: std::collections::BTreeSet<_> = lines.collect();
    let change = |message| Change::new(Kind::BudgetPolicy, &pair.subject(), message);
    let mut changes = Vec::new();
    for line in lines.into_iter().rev() {
        let (was, is) = (of(old, line), of(new, line));
        let freezes = |agreement: &Option<Agreement>| agreement.as_ref().is_some_and(|one| one.freeze);
        let action = |agreement: &Option<Agreement>| agreement.as_ref().map(|one| one.action.clone());
        match (action(&was), action(&is)) {
            (Some(was), Some(is)) if was == is => {}
            (was, Some(is)) => {
                let message = Sentence::plain(format!("agreed below {line} of the budget: ")).quote(is);
                changes.push(change(match was {
                    Some(was) => message.and(", was ").quote(was),
                    None => message,
                }));
            }
            (Some(was), None) => {
                changes.push(change(
                    Sentence::plain(format!("no longer agreed below {line} of the budget: ")).quote(was),
                ));
            }
            (None, None) => {}
        }
        match (freezes(&was), freezes(&is)) {
            (true, false) => {
                let message = Sentence::plain(format!(
                    "deployments go on below {line} of the budget, and stopped before"
                ));
                changes.push(change(message).warn(Sentence::plain("`status --fail-frozen` lets them pass")));
            }
            (false, true) => {
                changes.push(change(Sentence::plain(format!("deployments stop below {line} of the budget"))));
            }
            (true, true) | (false, false) => {}
        }
    }
    changes
}

fn planned(pair: &Pair, old: &Promise, new: &Promise) -> Option<Change> {
    let message = match (&old.planned, &new.planned) {
        (None, None) => return None,
        (Some(_), None) => Sentence::plain("measured now, was only planned"),
        (None, Some(reason)) => Sentence::plain("only planned now: ").quote(reason),
        (Some(before), Some(after)) if before == after => return None,
        (Some(_), Some(reason)) => Sentence::plain("still only planned, for another reason: ").quote(reason),
    };
    Some(Change::new(Kind::Planned, &pair.subject(), message))
}
