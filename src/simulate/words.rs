//! A timeline in words: who is told when, what each tier sees, what it costs of the budget.

use super::{Firing, Span, Style, Timeline, chart};
use crate::explain::{aligned, events, spoken};
use crate::plan::{Event, Observer, SloPlan};
use crate::vocabulary::{Decimal, Duration, percent, text};

/// A timeline for people, of an incident that was written like this.
pub fn words(plan: &SloPlan, incident: &str, timeline: &Timeline, style: Style) -> String {
    let promise = &plan.promise;
    let mut page = format!("{}/{}: {incident}\n\n", promise.service, promise.slo);
    page += &chart::chart(timeline, style);
    page += "\nWho is told, after the beginning\n";
    page += &told(timeline);
    if !timeline.tiers.is_empty() {
        page += "\nTiers\n";
        page += &tiers(timeline, style);
    }
    page += "\nBudget\n";
    page += &budget(plan, timeline);
    for remark in remarks(plan, timeline) {
        page += &format!("{remark}\n");
    }
    page
}

fn told(timeline: &Timeline) -> String {
    let mut rows: Vec<(Duration, Vec<String>)> = Vec::new();
    for alert in &timeline.alerts {
        for firing in &alert.firings {
            let told = |at: Duration, what: String| {
                (at, vec![at.to_string(), alert.severity.to_string(), alert.name.clone(), what])
            };
            rows.push(told(firing.span.from, fires(timeline, firing)));
            rows.extend(firing.span.until.map(|at| told(at, stops(firing, at))));
        }
    }
    if rows.is_empty() {
        return "  nobody: no alert fires\n".to_owned();
    }
    rows.sort_by_key(|(at, _)| *at);
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(_, row)| row).collect();
    aligned(&rows, 4)
}

fn fires(timeline: &Timeline, firing: &Firing) -> String {
    let rate = text(firing.burn_rate.round_dp(1));
    let left = firing.left.map_or(String::new(), |left| format!(", {} of the budget left", shown(left)));
    format!("fires at {rate} over {}{left}", timeline.tiers[firing.tier].tier.long)
}

fn stops(firing: &Firing, at: Duration) -> String {
    format!("stops after {}", Duration::from_millis(at.millis() - firing.span.from.millis()))
}

fn tiers(timeline: &Timeline, style: Style) -> String {
    let mut rows = vec![["tier", "pending", "fires", "armed"].map(str::to_owned).to_vec()];
    for course in &timeline.tiers {
        rows.push(vec![
            format!("{} {}", course.tier.severity, course.tier.long),
            spans(&course.pending, style),
            spans(&course.firing, style),
            spans(&course.armed, style),
        ]);
    }
    let legend = "pending: only the short window is above the threshold; armed: only the long one still is";
    format!("{}  {legend}\n", aligned(&rows, 4))
}

/// The first few of them.
fn spans(spans: &[Span], style: Style) -> String {
    const SHOWN: usize = 3;
    if spans.is_empty() {
        return "never".to_owned();
    }
    let one = |span: &Span| match span.until {
        Some(until) => format!("{}{}{until}", span.from, style.dash()),
        None => format!("{}{}", span.from, style.dash()).trim_end().to_owned(),
    };
    let mut shown: Vec<String> = spans.iter().take(SHOWN).map(one).collect();
    if let Some(more) = spans.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

fn budget(plan: &SloPlan, timeline: &Timeline) -> String {
    let budget = &timeline.budget;
    let length = Decimal::new(plan.promise.period_length.millis() as i64, 3);
    let whole = length * plan.promise.budget;
    let spent = budget.spent();
    let unit = match plan.promise.event {
        Event::Occurrence => "bad events",
        Event::Check => "bad looks",
        Event::Slice(_) => "bad slices",
    };
    let counted = match budget.assumed {
        true => String::new(),
        false => format!(", {} of {} {unit}", events(budget.bad), events(budget.allowed)),
    };
    let mut text = format!(
        "  The incident spends {} of the budget of {}: {} of {} of full outage{counted}.\n",
        shown(spent),
        plan.promise.period,
        spoken(spent * whole),
        spoken(whole),
    );
    if let (Some(before), Some(after)) = (budget.before, budget.after) {
        text += &format!("  Before it {} are left, after it {}.\n", shown(before), shown(after));
    }
    text
}

/// What the figures do not say by themselves.
fn remarks(plan: &SloPlan, timeline: &Timeline) -> Vec<String> {
    let mut remarks = Vec::new();
    if timeline.budget.assumed {
        remarks.push("  The traffic is not known: it is taken to be so high that no number of events keeps an alert silent.".to_owned());
        remarks.push("  Give it with --traffic 10/s, or as `traffic` in the definition.".to_owned());
    }
    if timeline.undecided || timeline.alerts.iter().any(|alert| !alert.undecided.is_empty()) {
        remarks.push("  At some moments a ratio is exactly at its threshold: there the rounding of Prometheus decides.".to_owned());
    }
    if matches!(plan.observed.by, Observer::Looks) {
        remarks.push(format!(
            "  The state is looked at every {}; a share of the time is spread over the looks.",
            timeline.schedule.step
        ));
    }
    remarks
}

/// Three digits of a percentage.
fn shown(share: Decimal) -> String {
    percent(share.round_sf(3).unwrap_or(share).normalize())
}
