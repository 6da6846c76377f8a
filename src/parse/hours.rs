//! Agreed time: `hours` of any level, and `maintenance` of the project file.

use super::fields::Fields;
use super::yaml::{Node, Value};
use crate::ast::{HoursBlock, MaintenanceBlock};
use crate::diagnostic::{Code, Problem, joined};

/// A longer list of windows cannot be reviewed.
const MOST: usize = 100;

/// `hours`.
pub(super) fn hours(fields: &mut Fields) -> Option<HoursBlock> {
    let node = fields.node("hours")?;
    if let Value::Scalar(word) = &node.value {
        return Some(HoursBlock::Word(word.clone()));
    }
    if differ(&node.value) {
        fields.problems().push(by_day(node));
        return None;
    }
    let keys = &["days", "hours", "time_zone", "holidays"];
    let mut fields = Fields::of(node, "`hours`", keys, fields.problems())?;
    for (name, example) in [("days", "days: monday-friday"), ("hours", "hours: \"08:00-20:00\"")] {
        if !fields.has(name) {
            fields.missing(name, example);
        }
    }
    let block = HoursBlock::Week {
        span: node.span,
        days: fields.one_or_more("days"),
        hours: fields.one_or_more("hours"),
        time_zone: fields.scalar("time_zone"),
        holidays: fields.one_or_more("holidays"),
    };
    fields.finish();
    Some(block)
}

/// The problem of hours that are written for each day.
fn by_day(node: &Node) -> Problem {
    let place = node.span.beginning();
    let of = |days: &str, hours: &str| format!("{{ days: {days}, hours: \"{hours}\" }}");
    let each: Option<Vec<(&str, &str)>> = node
        .entries()
        .iter()
        .map(|entry| Some((days_of(&entry.key.text), entry.value.text()?.trim())))
        .collect();
    let each = each.filter(|each| each.iter().all(|(days, hours)| days.len() + hours.len() < 60));
    match each.as_deref() {
        Some([(first, hours), rest @ ..]) if rest.iter().all(|(_, other)| other == hours) => {
            let days = match rest {
                [] => (*first).to_owned(),
                rest => format!(
                    "[{first}, {}]",
                    rest.iter().map(|(days, _)| *days).collect::<Vec<_>>().join(", ")
                ),
            };
            let headline = format!("`{}` is not a key of `hours`", node.entries()[0].key.text);
            let meant = of(&days, hours);
            Problem::error(Code::InvalidHours, place, headline).fix(
                format!("write `hours: {meant}`"),
                node.span,
                meant,
            )
        }
        each => {
            let headline = "the hours of an SLO are the same on all its days";
            let problem = Problem::error(Code::InvalidHours, place, headline).help(
                "write one list of days and one of hours: `{ days: [monday-friday, saturday], hours: \"09:00-13:00\" }`",
            );
            let each: Vec<String> = each
                .into_iter()
                .flatten()
                .map(|(days, hours)| format!("`hours: {}`", of(days, hours)))
                .collect();
            problem.help(match each.is_empty() {
                true => "or write one SLO for each: both may have the same `sli`".to_owned(),
                false => format!("or write one SLO for each, with the same `sli`: {}", joined(&each, "and")),
            })
        }
    }
}

/// The days that a key stands for.
fn days_of(key: &str) -> &str {
    match key.trim() {
        "weekday" | "weekdays" | "laborables" => "monday-friday",
        "weekend" | "weekends" => "saturday-sunday",
        days => days,
    }
}

/// Whether the hours differ by day: a map with days as keys, or a list of maps.
fn differ(hours: &Value) -> bool {
    const DAYS: [&str; 19] = [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "lun", "mar", "mie", "mié", "jue", "vie", "sab",
        "sáb", "dom", "weekday", "weekend", "labora",
    ];
    match hours {
        Value::Map(entries) => entries.iter().any(|entry| {
            let key = entry.key.text.trim().to_lowercase();
            !matches!(entry.value.value, Value::Null) && DAYS.iter().any(|day| key.starts_with(day))
        }),
        Value::List(entries) => {
            entries.len() > 1 && entries.iter().all(|entry| matches!(entry.value, Value::Map(_)))
        }
        Value::Scalar(_) | Value::Null => false,
    }
}

/// `maintenance`.
pub(super) fn maintenance(fields: &mut Fields) -> Vec<MaintenanceBlock> {
    let mut windows = fields.list("maintenance", |node, problems| {
        let keys = &["from", "to", "slos", "reason"];
        let mut fields = Fields::of(node, "an entry of `maintenance`", keys, problems)?;
        let from = fields.required("from", "from: 2027-01-10T02:00");
        let to = fields.required("to", "to: 2027-01-10T04:00");
        let reason = fields.required("reason", "reason: The database moves");
        let slos = fields.one_or_more("slos");
        fields.finish();
        Some(MaintenanceBlock { span: node.span, from: from?, to: to?, slos, reason: reason? })
    });
    if let Some(more) = windows.get(MOST) {
        let place = more.span.beginning();
        let problem =
            Problem::error(Code::TooLarge, place, format!("`maintenance` has more than {MOST} entries"));
        fields.problems().push(problem.help("remove the entries that are older than the longest period"));
        windows.truncate(MOST);
    }
    windows
}
