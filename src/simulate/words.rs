//! A timeline as text: who is notified when, the states of each tier, and the cost in budget.

use super::timeline::AnyFiring;
use super::{Span, Style, Timeline, chart, struck};
use crate::explain::{aligned, events, wrapped};
use crate::plan::{Event, EventSource, SloPlan, of_agreed_time};
use crate::vocabulary::{Decimal, Duration, Period, on_the_clock, percent, percent_digits, spoken, text};

/// A timeline for people, for an incident with this text.
pub fn words(plan: &SloPlan, incident: &str, timeline: &Timeline, style: Style) -> String {
    let promise = &plan.promise;
    let from = timeline
        .date
        .map(|_| format!(", from {} ({})", clock(plan, timeline, Duration::default()), promise.zone));
    let mut page = format!("{}/{}: {incident}{}\n\n", promise.service, promise.slo, from.unwrap_or_default());
    page += &chart::chart(timeline, style);
    page += "\nWho is notified\n";
    page += &notifications(plan, timeline);
    if !timeline.tiers.is_empty() {
        page += "\nTiers\n";
        page += &tiers(timeline, style);
    }
    page += "\nBudget\n";
    page += &budget(plan, timeline);
    for remark in remarks(plan, timeline) {
        page += &wrapped("  ", &remark);
    }
    page
}

/// A time in an incident with a date, in the time zone of the SLO: `2027-01-04 19:51`.
fn clock(plan: &SloPlan, timeline: &Timeline, after: Duration) -> String {
    let at = timeline.date.unwrap_or_default() + after.secs() as i64;
    on_the_clock(at.unsigned_abs(), plan.promise.zone.as_str())
}

fn notifications(plan: &SloPlan, timeline: &Timeline) -> String {
    let mut rows: Vec<(Duration, Vec<String>)> = Vec::new();
    for AnyFiring { name, severity, span, burn, line, left } in timeline.firings() {
        let mut row = |at: Duration, event: String, values: [String; 2]| {
            let [burn_rate, left] = values;
            let cells = [at.to_string(), severity.to_string(), name.to_owned(), event, burn_rate, left];
            rows.push((at, cells.to_vec()));
        };
        let silenced_firing = timeline.silenced_firing(name, severity, span);
        let event = |text: &str, is_silenced: bool| match is_silenced {
            true => format!("{text}: silenced"),
            false => text.to_owned(),
        };
        let fires = match (burn, line) {
            (Some(firing), _) => format!("fires, {}", timeline.tiers[firing.tier].tier.long),
            (None, Some(line)) => format!("less than {line} left"),
            (None, None) => "fires, no events".to_owned(),
        };
        // As in the notification.
        let burn_rate = burn.map(|firing| text(firing.burn_rate.round_dp(1)));
        let left = left.map(|left| percent_digits(left, 3));
        let values = [burn_rate, left].map(Option::unwrap_or_default);
        row(span.from, event(&fires, silenced_firing.begins), values);
        if let Some(at) = silenced_firing.sent {
            row(at, "is sent".to_owned(), Default::default());
        }
        if let Some(at) = span.until {
            row(at, event("stops", silenced_firing.stops), Default::default());
        }
    }
    if rows.is_empty() {
        return "  nobody: no alert fires\n".to_owned();
    }
    rows.sort_by_key(|(at, _)| *at);
    let head =
        ["after", "severity", "alert", "event", "burn rate", "budget left"].map(str::to_owned).to_vec();
    let mut table = vec![head];
    table.extend(rows.iter().map(|(_, row)| row.clone()));
    if timeline.date.is_none() {
        return aligned(&table, 4);
    }
    let times = rows.iter().map(|(after, _)| clock(plan, timeline, *after));
    for (row, time) in table.iter_mut().zip(std::iter::once("at".to_owned()).chain(times)) {
        row.insert(1, time);
    }
    aligned(&table, 5)
}

fn tiers(timeline: &Timeline, style: Style) -> String {
    let mut rows = vec![["tier", "pending", "fires", "armed"].map(str::to_owned).to_vec()];
    for course in &timeline.tiers {
        let spans = [&course.pending, &course.firing, &course.armed];
        let most = spans.iter().map(|spans| spans.len()).max().unwrap_or(0);
        for line in 0..most.clamp(1, LINES) {
            let name = match line {
                0 => format!("{} {}", course.tier.severity, course.tier.long),
                _ => String::new(),
            };
            let cells = spans.map(|spans| cell(spans, line, style));
            rows.push([vec![name], cells.to_vec()].concat());
        }
    }
    let legend = "pending: only the short window is above the threshold; armed: only the long one still is";
    format!("{}  {legend}\n", aligned(&rows, 4))
}

/// Lines for one tier.
const LINES: usize = 6;

/// One of several spans; the last line shows how many are left out.
fn cell(spans: &[Span], line: usize, style: Style) -> String {
    match (spans.get(line), spans.len().saturating_sub(line)) {
        (None, _) if line == 0 => "never".to_owned(),
        (None, _) => String::new(),
        (Some(_), left) if line + 1 == LINES && left > 1 => format!("{left} more times"),
        (Some(Span { from, until: Some(until) }), _) => format!("{from}{}{until}", style.dash()),
        (Some(Span { from, until: None }), _) => format!("since {from}"),
    }
}

fn budget(plan: &SloPlan, timeline: &Timeline) -> String {
    let budget = &timeline.budget;
    let whole = Decimal::new(budget.length.millis() as i64, 3) * plan.promise.budget;
    let spent = budget.spent();
    let unit = match plan.promise.event {
        Event::Occurrence => "bad events",
        Event::Check => "bad evaluations",
        Event::Slice(_) | Event::Journey(_) => "bad slices",
    };
    let counted = |count: Decimal| match budget.assumed {
        true => String::new(),
        false => match events(count).as_str() {
            "1" => format!(", or 1 {}", unit.trim_end_matches('s')),
            count => format!(", or {count} {unit}"),
        },
    };
    let period = match &plan.promise.period {
        Period::Rolling(length) => length.to_string(),
        calendar @ Period::Calendar(..) => format!("a {calendar}"),
    };
    let mut text = format!(
        "The budget of {period} is {} of full outage{}. The incident spends {}{}: {} of it.",
        spoken(whole),
        counted(budget.allowed),
        spoken(spent * whole),
        counted(budget.bad),
        percent_digits(spent, 3),
    );
    if let (Some(before), Some(after)) = (budget.before, budget.after) {
        let [before, after] = [before, after].map(|left| percent_digits(left, 3));
        text += &format!(" Before it {before} of the budget is left, after it {after}.");
    }
    wrapped("  ", &text)
}

/// Remarks on the numbers.
fn remarks(plan: &SloPlan, timeline: &Timeline) -> Vec<String> {
    let mut remarks = Vec::new();
    let budget = &timeline.budget;
    let is_closed = timeline.uncounted == timeline.incident;
    if timeline.budget.assumed {
        let unknown = "The traffic is not known: it is assumed to be so high that `min_events` and `min_bad_events` have no effect. Give it with \
                       --traffic 10/s, or as `traffic` in the definition.";
        remarks.push(unknown.to_owned());
    }
    if plan.promise.event == Event::Occurrence && !budget.assumed && budget.bad.is_zero() && !is_closed {
        remarks.push("At this traffic the incident contains no bad event, so no rule sees it.".to_owned());
    }
    if timeline.is_close() {
        remarks.push(
            "At some moment a ratio is exactly at its threshold: there the rounding of Prometheus decides."
                .to_owned(),
        );
    }
    if !timeline.silenced.is_empty() {
        remarks.push(
            "Nobody is notified of a silenced alert: Alertmanager silences it while another alert of this SLO fires."
                .to_owned(),
        );
    }
    let uncounted = timeline.uncounted;
    if uncounted > Duration::default() {
        let length = spoken(Decimal::from(uncounted.secs()));
        remarks.push(match is_closed {
            true => "The incident is outside of the hours, or during maintenance: its events do not count.".to_owned(),
            false => format!("{length} of the incident are outside of the hours, or during maintenance: these events do not count."),
        });
    }
    if timeline.date.is_some() && budget.length < plan.promise.period.nominal() {
        let of = match &plan.promise.period {
            Period::Rolling(length) => format!("the {length} before the incident"),
            Period::Calendar(unit, _) => format!("this {}", unit.as_str()),
        };
        let length = of_agreed_time(budget.length, plan.promise.period.nominal());
        remarks.push(format!("The budget is that of {length} of agreed time in {of}."));
    }
    if let Some(agreed) = &plan.promise.agreed {
        match timeline.date {
            None => remarks.push(
                "This SLO has hours or maintenance: the incident is played at a time when all events count. `--at 2027-01-04T19:50` plays it at another time."
                    .to_owned(),
            ),
            Some(_) if agreed.except.is_some() => {
                remarks.push("The query of `except` is assumed to have no result.".to_owned());
            }
            Some(_) => {}
        }
    }
    if let Period::Calendar(unit, _) = &plan.promise.period {
        remarks.push(format!(
            "The budget is measured against the whole {}: the rest is expected to have as many events as the same length of time in the last four weeks.",
            unit.as_str()
        ));
    }
    if let Some(part) = struck(plan) {
        remarks.push(format!(
            "The incident happens to {}, the strictest of its parts: a slice is bad above {} of errors. The other parts are good.",
            part.name(),
            percent(part.budget)
        ));
    }
    if matches!(plan.observed.by, EventSource::States) {
        remarks.push(format!(
            "The state is evaluated every {}; a share of the time is spread over the evaluations.",
            timeline.schedule.step
        ));
    }
    remarks
}
