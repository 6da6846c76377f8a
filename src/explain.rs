//! plan → text for one SLO: its promise, when each tier fires, and what no tier detects.
//!
//! The arithmetic is that of the SRE Workbook (chapter 5), in exact decimals. Only printed numbers are rounded.

mod companion;

pub use companion::explain_companion;

use std::fmt::Write as _;

use crate::inert;
use crate::plan::{
    AgreedTime, Event, Labels, Promise, ServicePlan, SloPlan, TierFacts, first_to_fire, of_agreed_time,
    seconds,
};
use crate::vocabulary::{Decimal, Duration, Period, Severity, digits, percent, percent_digits, spoken};

/// The widest line.
const WIDTH: usize = 100;

/// Up to this burn rate the budget is exhausted only at the very end of the period.
const NEARLY_ONE: Decimal = Decimal::from_parts(101, 0, 0, false, 2);

/// Tiers side by side in one table.
const COLUMNS: usize = 4;

/// The output of `slowburn explain service/slo`, in lines of at most a hundred characters.
pub fn explain(plan: &SloPlan) -> String {
    let promise = &plan.promise;
    let mut page = format!("{}/{}\n", promise.service, promise.slo);
    if let Some(description) = &promise.description {
        page += &wrapped("", description);
    }
    page.push('\n');
    page += &wrapped("Promise  ", &promised(promise));
    page += &wrapped("Budget   ", &budget(promise));
    page += &measured(promise);
    if !promise.by.is_empty() {
        page += &wrapped("Labels   ", &format!("one promise for each value of {}", promise.kept()));
    }
    if let Some(reason) = &promise.planned {
        page += &wrapped("Planned  ", &format!("not measured yet: {reason}"));
    }
    page += &accepted(&plan.accepted);
    for (severity, long) in &promise.left_out {
        page +=
            &wrapped("Left out ", &format!("the {severity} of {long}: not even a full outage would fire it"));
    }
    if !promise.tiers.is_empty() {
        page += "\nTiers\n";
        page += &tiers(promise);
        let (scarce, steady): (Vec<TierFacts>, Vec<TierFacts>) =
            promise.tiers.iter().cloned().partition(|tier| is_scarce(promise, tier));
        page += "\nTime until they fire after an outage begins / until they stop after it ends\n";
        if !steady.is_empty() {
            page += &times(&Promise { tiers: steady, ..promise.clone() });
            let spent = "When a tier fires, its share of the budget is spent, whatever the error ratio.";
            page += &wrapped("  ", spent);
        }
        if !scarce.is_empty() {
            let names: Vec<String> = scarce.iter().map(name).collect();
            let message = format!(
                "{}: at the expected traffic the short window has less than one event, so the time depends on when \
                 single events come, and is not known.",
                names.join(", ")
            );
            page += &wrapped("  ", &message);
        }
        for severity in Severity::ALL {
            if let Some(kept) = promise.tiers_of(severity).find_map(|tier| tier.keep_firing_for) {
                let kept =
                    format!("The {severity} goes on firing for {kept} after that: these times include it.");
                page += &wrapped("  ", &kept);
            }
        }
    }
    page += &parts(promise);
    page += &agreed(promise);
    if !promise.budget_alerts.is_empty() {
        page += "\nBudget alerts\n";
        page += &budget_alerts(promise);
    }
    if !promise.budget_policy.is_empty() {
        page += "\nError budget policy\n";
        for agreement in &promise.budget_policy {
            let freeze = if agreement.freeze { " (deployments frozen)" } else { "" };
            let head = match agreement.line.percent() {
                0 => "  overspent  ".to_owned(),
                percent => format!("  below {:<4} ", format!("{percent}%")),
            };
            page += &wrapped(&head, &format!("{}{freeze}", agreement.action));
        }
    }
    page += "\nWhat to know\n";
    for remark in remarks(promise) {
        page += &wrapped("  - ", &remark);
    }
    page
}

/// The parts of a journey; empty for other SLOs.
fn parts(promise: &Promise) -> String {
    let Some(slice) = promise.event.slice().filter(|_| !promise.parts.is_empty()) else {
        return String::new();
    };
    let mut page = format!("\nParts: a slice of {slice} is good if each of them was good in it\n");
    let mut rows = vec![["part", "bad in a slice with", ""].map(str::to_owned).to_vec()];
    for part in &promise.parts {
        let planned =
            part.planned.as_ref().map(|reason| format!("not measured yet: {}", inert::line(reason)));
        let several = part.several.then(|| "all its promises together".to_owned());
        let more: Vec<String> = several.into_iter().chain(planned).collect();
        rows.push(vec![
            part.name(),
            format!("more than {} of errors", percent(part.budget)),
            more.join("; "),
        ]);
    }
    page += &aligned(&rows, 3);
    for message in [
        "A part without events does not make a slice bad; without events in any part nothing is counted.",
        "A bad slice is shared equally by the parts that were bad in it: slo:journey_part_share:ratio says \
         which part spent the budget. While a part pages, this page does not begin.",
    ] {
        page += &wrapped("  ", message);
    }
    page
}

/// When the promise holds; empty for always.
fn agreed(promise: &Promise) -> String {
    let Some(agreed) = &promise.agreed else { return String::new() };
    let mut page = match agreed.hours {
        Some(_) => "\nAgreed time: only events in it count\n".to_owned(),
        None => "\nAgreed time: all time, except this\n".to_owned(),
    };
    if let Some(hours) = &agreed.hours {
        page += &wrapped("  hours   ", &hours.to_string());
        let most = format!(
            "at most {} of {}",
            of_agreed_time(promise.period_length, promise.period.nominal()),
            promise.period.nominal()
        );
        page += &wrapped("  period  ", &most);
    }
    let holidays = agreed.holidays();
    if !holidays.is_empty() {
        page += &wrapped("  not on  ", &AgreedTime::dates(&holidays));
    }
    if let Some(query) = &agreed.except {
        page += &wrapped("  except  ", &format!("while this query has a result: {query}"));
    }
    for window in agreed.maintenance.iter().rev().take(AgreedTime::SHOWN) {
        let (from, to) = &window.words;
        page += &wrapped("  except  ", &format!("{from} to {to}: {}", window.reason));
    }
    if let Some(more) = agreed.maintenance.len().checked_sub(AgreedTime::SHOWN).filter(|more| *more > 0) {
        page += &wrapped("  ", &format!("and {more} earlier windows"));
    }
    page
}

/// Accepted warnings, each with its reason.
fn accepted(reasons: &Labels) -> String {
    reasons.iter().map(|(code, reason)| wrapped("Accepted ", &format!("{code}: {reason}"))).collect()
}

/// Whether the short window of a tier expects less than one event.
fn is_scarce(promise: &Promise, tier: &TierFacts) -> bool {
    promise.event == Event::Occurrence
        && promise.traffic.is_some_and(|traffic| traffic * seconds(tier.short) < Decimal::ONE)
}

/// A number of events, with commas between its thousands.
pub fn events(value: Decimal) -> String {
    if value < Decimal::from(100) {
        return digits(value, 3);
    }
    let digits = value.round().to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The SLOs and alerts of a service, by name, so that each can be explained.
pub fn contents(service: &ServicePlan) -> String {
    let slos = service.slos.iter().map(|slo| (slo.promise.slo.as_str(), promised(&slo.promise)));
    let alerts = service.companion_alerts().map(|(.., alert)| {
        let says = alert
            .description
            .clone()
            .unwrap_or_else(|| format!("an alert with `severity: {}`", alert.severity));
        (alert.name.as_str(), says)
    });
    let all: Vec<(String, String)> =
        slos.chain(alerts).map(|(name, says)| (format!("{}/{name}", service.name), says)).collect();
    let widest = all.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, says) in &all {
        let says = inert::line(says.trim());
        let _ = writeln!(text, "{name:widest$}  {says}");
    }
    if !service.accepted.is_empty() {
        let _ = writeln!(text, "\n{}", accepted(&service.accepted).trim_end());
    }
    if all.is_empty() {
        let _ = writeln!(text, "{} has no SLOs and no alerts", service.name);
    }
    text
}

fn promised(promise: &Promise) -> String {
    let over = match matches!(promise.period, Period::Calendar(..)) {
        true => format!("in every {}", promise.period),
        false => format!("in any {}", promise.period),
    };
    let (share, threshold) = match promise.objective.split_once(" < ") {
        Some((share, threshold)) => (share, Some(threshold)),
        None => (promise.objective.as_str(), None),
    };
    let what = match (promise.event, threshold) {
        (Event::Occurrence, Some(threshold)) => {
            let successful = promise.successful.as_ref();
            let successful = successful.map(|matchers| format!(" and are successful ({matchers})"));
            format!("{share} of events take less than {threshold}{}", successful.unwrap_or_default())
        }
        (Event::Occurrence, None) => format!("{share} of events are good"),
        (Event::Check, Some(threshold)) => format!("{share} of the time it is less than {threshold} old"),
        (Event::Check, None) => {
            format!("{share} of the time it is good, evaluated every {},", promise.interval)
        }
        (Event::Journey(length), _) => format!(
            "{share} of the time all its parts are good, judged every {} over the last {length},",
            promise.interval
        ),
        (Event::Slice(length), _) => format!(
            "{share} of the time it is good, judged every {} over the last {length},",
            promise.interval
        ),
    };
    format!("{what} {over}")
}

fn budget(promise: &Promise) -> String {
    let time = format!(
        "{} may be bad: {} of full outage in {}",
        percent(promise.budget),
        spoken(promise.full_outage()),
        promise.length()
    );
    match (promise.traffic, promise.event) {
        (Some(traffic), event) => {
            let total = traffic * seconds(promise.period_length);
            let unit = match event {
                Event::Occurrence => "events",
                Event::Check => "evaluations of each series",
                Event::Slice(_) | Event::Journey(_) => "slices",
            };
            let bad = total * promise.budget;
            format!("{time}, or {} of {} {unit}", events(bad), events(total))
        }
        (None, _) => format!("{time} at even traffic"),
    }
}

/// What the budget of a calendar period is measured against; empty for a rolling period.
fn measured(promise: &Promise) -> String {
    let Period::Calendar(unit, _) = &promise.period else { return String::new() };
    let uncounted = match promise.expected_per_tile() {
        Some(_) => "; what was not counted in them is taken from the expected traffic",
        None => "",
    };
    let message = format!(
        "it is measured against all events of the {}: those so far, and those that are expected in the rest, as many as in the same length of time in the last four weeks{uncounted}",
        unit.as_str()
    );
    wrapped("         ", &message)
}

/// `page 1h`
fn name(tier: &TierFacts) -> String {
    format!("{} {}", tier.severity, tier.long)
}

fn tiers(promise: &Promise) -> String {
    let mut rows = vec![
        ["severity", "budget", "long", "short", "burn rate", "error ratio above", "evaluated every"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for tier in &promise.tiers {
        rows.push(vec![
            tier.severity.to_string(),
            percent_digits(tier.budget_share, 4),
            tier.long.to_string(),
            tier.short.to_string(),
            digits(tier.burn_rate, 4),
            percent(tier.threshold),
            evaluated(promise, tier).to_string(),
        ]);
    }
    table(&rows)
}

fn evaluated(promise: &Promise, tier: &TierFacts) -> Duration {
    if tier.slow { promise.long_interval } else { promise.interval }
}

fn budget_alerts(promise: &Promise) -> String {
    let mut rows = vec![["severity", "below", "until", "full outage to it"].map(str::to_owned).to_vec()];
    for alert in &promise.budget_alerts {
        rows.push(vec![
            alert.severity.to_string(),
            alert.line.to_string(),
            percent(alert.line.recovered()),
            spoken(promise.full_outage() * (Decimal::ONE - alert.line.ratio())),
        ]);
    }
    let limit = "Each is sent once, and not before events have been counted for a day. A page is sent as a ticket if a page of this SLO has \
                fired within the hour before.";
    table(&rows) + &wrapped("  ", limit)
}

fn times(promise: &Promise) -> String {
    let outages = promise.outages();
    let mut tables = Vec::new();
    for (chunk, tiers) in promise.tiers.chunks(COLUMNS).enumerate() {
        let mut rows = vec![vec!["error ratio".to_owned()]];
        rows[0].extend(tiers.iter().map(name));
        for outage in &outages {
            let label = format!("{}%", digits(outage.error_ratio * Decimal::ONE_HUNDRED, 3));
            let twice: Vec<String> = outage.twice.iter().map(ToString::to_string).collect();
            let mut row = vec![match twice.is_empty() {
                true => label,
                false => format!("{label}, twice {}", twice.join(" and ")),
            }];
            let times = outage.tiers.iter().skip(chunk * COLUMNS).take(COLUMNS);
            row.extend(times.map(|times| match times {
                Some((fires, stops)) => format!("{} / {}", spoken(*fires), spoken(*stops)),
                None => "never".to_owned(),
            }));
            rows.push(row);
        }
        tables.push(table(&rows));
    }
    tables.join("\n")
}

/// Facts that are not in the tables.
fn remarks(promise: &Promise) -> Vec<String> {
    let mut remarks = vec![];
    let period = seconds(promise.period_length);
    let outage = promise.full_outage();
    remarks.extend(undetected_errors(promise, period));
    if outage < Decimal::from(60) {
        remarks.push(format!(
            "A full outage spends the whole budget in {}, before it can be scraped and evaluated and anybody is notified: only \
             automatic recovery can keep this objective, not alerts.",
            spoken(outage)
        ));
    }
    if let Some((after, tier)) = first_to_fire(&promise.tiers, Decimal::ONE) {
        remarks.push(match promise.event {
            // A slice is bad from its first bad event on, for its whole length.
            Event::Slice(length) if after <= seconds(length) => format!(
                "One failed event can fire the first alert, if its slices have few others: they stay bad for {}, and it fires after \
                 {}.",
                spoken(seconds(length)),
                spoken(after)
            ),
            Event::Slice(length) => format!(
                "A full outage that is over within {} fires no alert, and spends up to {} of the budget each time: its slices stay \
                 bad for {} longer.",
                spoken(after - seconds(length)),
                percent_digits(tier.budget_share, 3),
                spoken(seconds(length))
            ),
            _ => format!(
                "A full outage that is over within {} fires no alert, and spends up to {} of the budget each time.",
                spoken(after),
                percent_digits(tier.budget_share, 3)
            ),
        });
    }
    remarks.extend(Severity::ALL.iter().filter_map(|severity| effect_of_min_bad_events(promise, *severity)));
    remarks.extend(Severity::ALL.iter().filter_map(|severity| effect_of_min_events(promise, *severity)));
    remarks.extend(cold_start(promise));
    if !promise.tiers.is_empty() {
        remarks.push(delays(promise));
    }
    remarks
}

/// Errors that no tier detects, and how long the budget lasts with them.
fn undetected_errors(promise: &Promise, period: Decimal) -> Vec<String> {
    let lowest = promise.tiers.iter().map(|tier| tier.burn_rate).min();
    let lowest_page = promise.tiers_of(Severity::Page).map(|tier| tier.burn_rate).min();
    let gone = |burn_rate: Decimal| spoken(period / burn_rate);
    let limit = promise.budget_alerts.first().map(|alert| alert.line);
    let mut remarks = vec![match (lowest, limit) {
        (None, Some(line)) => format!(
            "No tier watches how fast this budget burns. An alert fires when less than {line} of it is left."
        ),
        (None, None) => format!(
            "No tier watches this budget. A full outage spends it in {}, and nobody is notified.",
            spoken(promise.full_outage())
        ),
        (Some(burn), limit) if burn > NEARLY_ONE => format!(
            "A burn rate between 1 and {} (an error ratio from {} to {}) spends the whole budget and alerts {} {} it is gone after {}.",
            digits(burn, 3),
            percent(promise.budget),
            percent_digits(burn * promise.budget, 3),
            match limit {
                Some(line) => format!("only when less than {line} of it is left: just under"),
                None => "nobody: just below".to_owned(),
            },
            digits(burn, 3),
            gone(burn)
        ),
        (Some(burn), _) if burn < Decimal::ONE => format!(
            "The lowest tier fires at a burn rate of {}, although at 1 the budget lasts for the period.",
            digits(burn, 3)
        ),
        (Some(_), _) => format!(
            "A burn rate below 1 (an error ratio below {}) alerts nobody, and never spends the whole budget.",
            percent(promise.budget)
        ),
    }];
    if let Some(page) = lowest_page.filter(|page| Some(*page) != lowest && *page > Decimal::ONE) {
        remarks.push(format!(
            "A steady burn rate just below {} opens a ticket but does not page: the budget is spent after {}.",
            digits(page, 3),
            gone(page)
        ));
    }
    remarks
}

/// Which bad events do not alert because of `min_bad_events`.
fn effect_of_min_bad_events(promise: &Promise, severity: Severity) -> Option<String> {
    let tiers = || promise.tiers_of(severity);
    let count = tiers().map(|tier| tier.min_bad_events).min()?;
    let is_evaluated = promise.event != Event::Occurrence;
    if count < 2 {
        // With `min_events`, a single bad event may be below the threshold.
        if tiers().all(|tier| Decimal::from(tier.min_events) * tier.threshold >= Decimal::ONE) {
            return None;
        }
        // With fewer than `1/T` events in the long window, a single bad event is above the threshold.
        let alone = |tier: &TierFacts| Decimal::from(3600) / (tier.threshold * seconds(tier.long));
        let alone = tiers().map(alone).max()?;
        return match promise.traffic {
            // Evaluations come at a fixed rate, so traffic does not matter.
            Some(pace) if is_evaluated => (pace * Decimal::from(3600) < alone)
                .then(|| format!("One bad evaluation is enough for a {severity}.")),
            _ => Some(format!(
                "One bad event is enough for a {severity} while an hour has fewer than {} events.",
                events(alone)
            )),
        };
    }
    let needs = format!("A {severity} needs {count} bad events in its long window");
    let Some(traffic) = promise.traffic else {
        return Some(format!("{needs}; fewer do not alert, even if traffic is low."));
    };
    let unreachable: Vec<String> = tiers()
        .filter(|tier| traffic * seconds(tier.long) < Decimal::from(count))
        .map(|tier| tier.long.to_string())
        .collect();
    let after = spoken(Decimal::from(count) / traffic);
    Some(match unreachable.is_empty() {
        true if is_evaluated => {
            format!("{needs}: with one evaluation every {} that takes {after}.", promise.interval)
        }
        true => format!("{needs}: in a full outage at the expected traffic they come within {after}."),
        false => format!(
            "{needs}: at the expected traffic a full outage has so many only after {after}, so not even that makes the tier of \
             {} fire.",
            unreachable.join(" or ")
        ),
    })
}

/// Which bad events do not alert because of `min_events`.
fn effect_of_min_events(promise: &Promise, severity: Severity) -> Option<String> {
    let tiers = || promise.tiers_of(severity);
    let count = tiers().map(|tier| tier.min_events).max().filter(|count| *count > 1)?;
    let needs = format!(
        "A {severity} needs {count} events in its long window, good or bad; with fewer, not even a \
         full outage makes it fire"
    );
    let Some(traffic) = promise.traffic else { return Some(format!("{needs}.")) };
    let shortest = tiers().map(|tier| tier.long).min()?;
    Some(format!("{needs}. At the expected traffic {shortest} has {}.", events(traffic * seconds(shortest))))
}

/// The effect of a short history, which makes long windows shorter: `H·T/(e − T)`.
fn cold_start(promise: &Promise) -> Option<String> {
    let tier = promise
        .tiers_of(Severity::Page)
        .max_by_key(|tier| tier.long)
        .or_else(|| promise.tiers.iter().max_by_key(|tier| tier.long))?;
    let history = Duration::from_secs((tier.long.secs() / 3).max(60));
    let ratio = [Decimal::new(1, 1), Decimal::ONE].into_iter().find(|ratio| *ratio > tier.threshold)?;
    let usual = tier.fires_after(ratio)?;
    let early = (seconds(history) * tier.threshold / (ratio - tier.threshold)).min(usual);
    Some(format!(
        "While there is less history than a long window, the window is only as long as the history: {history} after the first \
         sample {} of errors fire the {} tier within {} instead of {}.",
        percent(ratio),
        name(tier),
        spoken(early),
        spoken(usual)
    ))
}

fn delays(promise: &Promise) -> String {
    let slow = promise.tiers.iter().any(|tier| tier.slow);
    let fast = promise.tiers.iter().any(|tier| !tier.slow);
    // The sums of slow tiers end one evaluation of the fast group earlier.
    let behind = Duration::from_millis(promise.long_interval.millis() + promise.interval.millis());
    let evaluation = match (fast, slow) {
        (true, true) => format!("one evaluation ({}, or {behind} of slow tiers)", promise.interval),
        (true, false) => format!("one evaluation ({})", promise.interval),
        (false, _) => format!("one evaluation ({behind})"),
    };
    let slices = match promise.event.slice() {
        Some(length) => {
            format!(
                " A slice that was bad stays bad for {length}, so short failures count for longer than they last."
            )
        }
        None => String::new(),
    };
    format!(
        "Add to these times up to {evaluation}, two scrapes, and the time to notify. They are for a steady \
         error ratio after a period without errors, at even traffic.{slices}"
    )
}

/// Aligned columns: the first to the left, all others to the right.
fn table(rows: &[Vec<String>]) -> String {
    aligned(rows, 1)
}

/// The most characters of a table's cell that count for the width of its column.
pub const LONGEST_CELL: usize = 1_000;

/// Aligned columns: `left` of them aligned to the left, the others to the right.
pub fn aligned(rows: &[Vec<String>], left: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count().min(LONGEST_CELL))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column < left {
            true => format!("{cell:<width$}"),
            false => format!("{cell:>width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text += &format!("  {}\n", line.trim_end());
    }
    text
}

/// A wrapped paragraph. The first line follows `head`, the others are indented as far.
pub fn wrapped(head: &str, words: &str) -> String {
    let indent = head.chars().count();
    let mut text = String::new();
    let mut line = head.to_owned();
    let mut is_new = true;
    for word in unbroken(&inert::text(words)) {
        if !is_new && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text += line.trim_end();
            text.push('\n');
            line = " ".repeat(indent);
            is_new = true;
        }
        if !is_new {
            line.push(' ');
        }
        line += &word;
        is_new = false;
    }
    text += line.trim_end();
    text.push('\n');
    text
}

/// The words of a text. A number and its unit are one word.
fn unbroken(words: &str) -> Vec<String> {
    let mut unbroken: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        let is_unit = ["s", "m", "h", "d"].contains(&word.trim_end_matches([',', '.', ':']));
        match unbroken.last_mut() {
            Some(number) if is_unit && number.ends_with(|c: char| c.is_ascii_digit()) => {
                *number = format!("{number} {word}");
            }
            _ => unbroken.push(word.to_owned()),
        }
    }
    unbroken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_never_too_wide() {
        let text = wrapped("  - ", &"alert ".repeat(60));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.lines().skip(1).all(|line| line.starts_with("    alert")));
    }
}
