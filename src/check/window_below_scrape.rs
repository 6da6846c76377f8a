//! Short windows that a late scrape leaves empty.

use super::tiers_by_place;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::source::{SourceId, Span};
use crate::vocabulary::Duration;

/// A rate needs two samples, one scrape may be missed, and a window may begin between two scrapes.
const SCRAPES: u64 = 4;

/// The shortest interval of rules: windows are multiples of it.
const GRID: Duration = Duration::from_secs(30);

pub(super) fn check(facts: &Facts, problems: &mut Vec<Problem>) {
    for alert in facts.model.services.iter().flat_map(|service| &service.alerts) {
        let scrape = alert.scrape_interval;
        let least = Duration::from_millis(SCRAPES * scrape.millis());
        for (range, span) in alert.windows.iter().filter(|(range, _)| *range < least) {
            problems.push(range_too_short(*range, *span, scrape, least));
        }
    }
    let mut reported: Vec<(SourceId, Duration, Duration)> = Vec::new();
    for (_, facts) in facts.slos() {
        let slo = facts.slo;
        let scrape = slo.scrape_interval;
        let least = Duration::from_millis(SCRAPES * scrape.millis());
        // A period that is too short for its windows has its own problem: see `window_order`.
        if slo.tiers.iter().any(|tier| tier.short >= tier.long) {
            continue;
        }
        for (span, mut tiers) in tiers_by_place(facts) {
            tiers.retain(|tier| tier.short < least);
            let Some(shortest) = tiers.iter().min_by_key(|tier| tier.short) else { continue };
            let fault = (span.source, scrape, shortest.short);
            // With default tiers, the service's scrape interval is the cause, and one problem.
            if span == slo.places.name && reported.contains(&fault) {
                continue;
            }
            reported.push(fault);
            let longs: Vec<String> = tiers.iter().map(|tier| tier.long.to_string()).collect();
            problems.push(
                Problem::error(
                    Code::WindowBelowScrape,
                    span,
                    format!("a short window of {} holds fewer than four scrapes", shortest.short),
                )
                .label(match shortest.short == GRID {
                    true => format!(
                        "with a scrape every {scrape} a short window needs {least} or more; a shorter one than {GRID} becomes {GRID}"
                    ),
                    false => format!("with a scrape every {scrape} a short window needs {least} or more"),
                })
                .help(format!(
                    "scrape every {} or more often, and declare it: `scrape_interval: {}`",
                    fraction(shortest.short),
                    fraction(shortest.short)
                ))
                .help(format!("or watch with longer windows only: `tiers_off: [{}]`", longs.join(", "))),
            );
        }
    }
}

fn range_too_short(range: Duration, span: Span, scrape: Duration, least: Duration) -> Problem {
    Problem::error(Code::WindowBelowScrape, span, format!("a range of {range} holds fewer than four scrapes"))
        .label("with fewer than two there is no result, and the alert does not fire")
        .help(match range.secs() {
            // `[5]` is five seconds.
            seconds @ 1..=15 if range.millis() == seconds * 1_000 && Duration::from_secs(60 * seconds) >= least => {
                format!("with a scrape every {scrape} write a range of `{least}` or more; `{seconds}m` if minutes are meant")
            }
            _ => format!("with a scrape every {scrape} write a range of `{least}` or more"),
        })
        .help(format!(
            "or scrape every {} or more often, and declare it: `scrape_interval: {}`",
            fraction(range),
            fraction(range)
        ))
}

/// A quarter of the window, in whole seconds if possible.
fn fraction(window: Duration) -> Duration {
    let quarter = window.millis() / SCRAPES;
    Duration::from_millis(if quarter >= 1_000 { quarter / 1_000 * 1_000 } else { quarter })
}
