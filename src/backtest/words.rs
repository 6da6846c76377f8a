//! A backtest for people.

use jiff::Timestamp;

use super::{BudgetAlarm, Course, Run};
use crate::explain::{aligned, events, wrapped};
use crate::inert;
use crate::plan::Event;
use crate::vocabulary::{Decimal, Severity, digits, percent_digits, spoken};

/// The alerts of every run, and a comparison.
pub fn words(runs: &[Run], grain: super::Grain) -> String {
    let mut page = String::new();
    for run in runs {
        for course in &run.courses {
            if !page.is_empty() {
                page.push('\n');
            }
            let name =
                if runs.len() > 1 { format!("{} in {}", name(course), run.name) } else { name(course) };
            page += &one(&name, course);
        }
        for slo in &run.absent {
            page += &format!("\n{slo} in {}\n  There is no such SLO.\n", run.name);
        }
    }
    if runs.len() > 1 {
        page += "\nSide by side\n";
        page += &compared(runs);
    }
    page.push('\n');
    page += &wrapped(
        "",
        "An alarm is false if less of the budget is spent than its tier says, counted from one long window before it fires until it stops. The \
         budget is that of a period with the average traffic of the known time. The budget left at the end of a day counts the known \
         events only; they begin one longest window before the judged time.",
    );
    if grain == super::Grain::Coarse {
        page += &wrapped(
            "",
            "Events were counted every 5 minutes and are spread evenly over each 5 minutes: alarms may be five minutes early or late, and \
             shorter errors look weaker than they were.",
        );
    }
    page
}

fn name(course: &Course) -> String {
    let promise = &course.slo.promise;
    let labels = course.labels.iter().map(|(label, value)| format!(" {label}={}", inert::line(value)));
    format!("{}/{}{}", promise.service, promise.slo, labels.collect::<String>())
}

fn one(name: &str, course: &Course) -> String {
    let judged = course.judged;
    let mut page = format!("{name}, {} to {} UTC\n", moment(judged.from), moment(judged.until));
    for warning in &course.warnings {
        page += &wrapped(
            "  ",
            &format!("The server says that its answers may be incomplete: {}", inert::line(warning)),
        );
    }
    if course.is_unknown() {
        return page + "  There is no data: no recorded series, and no raw series.\n";
    }
    let unknown = match course.unknown.secs() {
        0 => String::new(),
        seconds => format!("; no data for {}", spoken(Decimal::from(seconds))),
    };
    let what = match course.slo.promise.event {
        Event::Slice(_) | Event::Journey(_) => "slices",
        Event::Check => "evaluations",
        Event::Occurrence => "events",
    };
    page += &format!(
        "  {} of {} {what} were bad{unknown}\n",
        events(course.events.bad),
        events(course.events.total)
    );
    page += "\nWho would have been notified\n";
    if course.alarms.is_empty() {
        page += "  nobody: no alert fires\n";
    } else {
        let mut rows =
            vec![["at", "severity", "tier", "", "for", "budget spent"].map(str::to_owned).to_vec()];
        for alarm in &course.alarms {
            rows.push(vec![
                since(alarm.from, alarm.since_before),
                alarm.severity.to_string(),
                course.slo.promise.tiers[alarm.tier].long.to_string(),
                if alarm.is_false { "false" } else { "" }.to_owned(),
                length(alarm.from, alarm.until),
                percent_digits(alarm.spent, 3),
            ]);
        }
        page += &aligned(&rows, 4);
    }
    page += &format!("  {}\n", counted(course));
    if let Some(alarms) = &course.budget_alerts {
        page += "\nBudget alerts\n";
        page += &budget_alerts(alarms);
    }
    page += "\nBudget at the end of each day with bad events\n";
    let last = course.days.len().saturating_sub(1);
    let mut rows = vec![["day", what, "bad", "left"].map(str::to_owned).to_vec()];
    let why = match course.events.total < course.slo.promise.enough_events {
        true => "too few events",
        false => "not known yet",
    };
    for (index, day) in course.days.iter().enumerate() {
        if index == last || !day.events.bad.is_zero() {
            let date = moment(day.from).split(' ').next().unwrap_or_default().to_owned();
            let left = day.left.map_or_else(|| why.to_owned(), |left| percent_digits(left, 3));
            rows.push(vec![date, events(day.events.total), events(day.events.bad), left]);
        }
    }
    page + &aligned(&rows, 1)
}

fn budget_alerts(alarms: &[BudgetAlarm]) -> String {
    if alarms.is_empty() {
        return "  none: the budget crosses no line\n".to_owned();
    }
    let mut rows = vec![["at", "severity", "alert", "less than", "left", "for"].map(str::to_owned).to_vec()];
    rows.extend(alarms.iter().map(|alarm| {
        vec![
            since(alarm.from, alarm.since_before),
            alarm.severity.to_string(),
            alarm.name.clone(),
            alarm.line.to_string(),
            percent_digits(alarm.left, 3),
            length(alarm.from, alarm.until),
        ]
    }));
    aligned(&rows, 4)
}

/// When an alert begins to fire.
fn since(from: u64, since_before: bool) -> String {
    let at = moment(from);
    if since_before { format!("since {at}") } else { at }
}

/// How long an alert fires.
fn length(from: u64, until: Option<u64>) -> String {
    until.map_or("still firing".to_owned(), |until| spoken(Decimal::from(until - from)))
}

/// `3 pages, 1 of them false (1 in 30 days); 1 ticket`
fn counted(course: &Course) -> String {
    let of = |severity: Severity| {
        let (all, wrong) = course.count(severity);
        let plural = if all == 1 { "" } else { "s" };
        match wrong {
            0 => format!("{all} {severity}{plural}, none false"),
            _ => {
                let often = course.per_month(wrong).map(|often| format!(": {} in 30 days", digits(often, 2)));
                format!("{all} {severity}{plural}, {wrong} false{}", often.unwrap_or_default())
            }
        }
    };
    Severity::ALL.map(of).join("; ")
}

fn compared(runs: &[Run]) -> String {
    let head = ["", "", "pages", "false", "tickets", "false", "first alarm"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for run in runs {
        for course in &run.courses {
            let [(pages, false_pages), (tickets, false_tickets)] =
                Severity::ALL.map(|severity| course.count(severity));
            let first = course.alarms.first().map_or("none".to_owned(), |alarm| moment(alarm.from));
            let mut row = vec![name(course), run.name.clone()];
            row.extend([pages, false_pages, tickets, false_tickets].map(|count| count.to_string()));
            row.push(first);
            rows.push(row);
        }
    }
    rows[1..].sort();
    aligned(&rows, 2)
}

/// `2026-11-22 22:10:30`
pub(super) fn moment(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map_or(String::new(), |moment| moment.to_string().replace('T', " ").replace('Z', ""))
}
