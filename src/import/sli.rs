//! From the queries of another tool's SLI to the measurement, with messages for the user.

use super::draft::NotImported;
use super::keys::{not_carried, whole};
use super::measure::Counts;
use super::measure::{Guard, Measured, NotUnderstood, Place, UNKNOWN_GAUGE};
use super::queries::{self, Counters, Understood};
use crate::diagnostic::{Code, Problem};
use crate::promql::ast::{Expr, Op};
use crate::promql::{self, build, pretty};
use crate::scalar::Scalar;
use crate::vocabulary::{Decimal, Duration, text};

/// The result for an SLI.
pub struct Sli {
    /// What it measures, or why that is not known.
    pub measured: Result<Measured, NotImported>,
    pub by: Vec<String>,
    pub better: Vec<String>,
    pub changes: Vec<String>,
}

impl Sli {
    fn of(measured: Result<Measured, NotImported>) -> Self {
        Self { measured, by: Vec::new(), better: Vec::new(), changes: Vec::new() }
    }

    /// An SLI without a query to interpret.
    pub fn measured(measured: Measured) -> Self {
        Self::of(Ok(measured))
    }

    /// An SLI for which the user has to decide something first.
    pub fn missing(decision: &str) -> Self {
        Self::of(Err(NotImported::Decision(decision.to_owned())))
    }

    /// An SLI with a fault that was already reported.
    pub fn faulty(fault: &'static str) -> Self {
        Self::of(Err(NotImported::Fault(fault)))
    }
}

/// Two queries: good or bad events, and all events.
pub fn of_events(
    part: &Scalar,
    counts: Counts,
    total: &Scalar,
    counters: Counters,
    problems: &mut Vec<Problem>,
) -> Sli {
    let (part_read, total_read) = (queries::read(part, problems), queries::read(total, problems));
    let (Some(part_expr), Some(total_expr)) = (part_read, total_read) else {
        return Sli::faulty("its query cannot be read");
    };
    match queries::events(&part_expr, counts, &total_expr, counters) {
        Ok(understood) => to_sli(understood, part, problems),
        Err(why) => {
            let of_part = queries::uncounted(&part_expr, counters);
            let of_total = queries::uncounted(&total_expr, counters);
            let (why, place) = match (of_part, of_total) {
                (None, Some(of_total)) => (of_total, total),
                (Some(_), _) | (None, None) => (why, part),
            };
            last_resort(&part_expr, counts, Some(&total_expr), &why, place, problems)
        }
    }
}

/// Two queries: good and bad events.
pub fn of_two(good: &Scalar, bad: &Scalar, counters: Counters, problems: &mut Vec<Problem>) -> Sli {
    let (good_read, bad_read) = (queries::read(good, problems), queries::read(bad, problems));
    let (Some(good_expr), Some(bad_expr)) = (good_read, bad_read) else {
        return Sli::faulty("its query cannot be read");
    };
    let all: Expr = build::add(good_expr.clone(), bad_expr.clone()).into();
    match queries::events(&bad_expr, Counts::Bad, &all, counters) {
        Ok(understood) => to_sli(understood, bad, problems),
        Err(why) => {
            let (why, place) = match queries::uncounted(&good_expr, counters) {
                Some(of_good) => (of_good, good),
                None => (why, bad),
            };
            last_resort(&bad_expr, Counts::Bad, Some(&all), &why, place, problems)
        }
    }
}

/// One query that is already a ratio.
pub fn of_ratio(query: &Scalar, counts: Counts, counters: Counters, problems: &mut Vec<Problem>) -> Sli {
    let Some(expr) = queries::read(query, problems) else {
        return Sli::faulty("its query cannot be read");
    };
    match queries::ratio(&expr, counts, counters) {
        Ok(understood) => to_sli(understood, query, problems),
        Err(why) => last_resort(&expr, counts, None, &why, query, problems),
    }
}

/// A query that is compared with a number: it is good while the comparison is true.
pub fn of_threshold(query: &Scalar, op: Op, value: Decimal, problems: &mut Vec<Problem>) -> Sli {
    const USUAL: Duration = Duration::from_secs(300);
    let Some(expr) = queries::read(query, problems) else {
        return Sli::faulty("its query cannot be read");
    };
    if promql::check(&expr) != Ok(promql::Type::Vector) {
        problems.push(
            Problem::warning(Code::NotUnderstood, whole(query), "this query returns no series to compare")
                .label("an instant vector is needed"),
        );
        return Sli::missing("which series are compared with its threshold");
    }
    let mut changes = Vec::new();
    let expr = match queries::has_window(&expr) {
        true => {
            changes
                .push(format!("the condition reads the last {USUAL}: change the window if you need another"));
            queries::with_window(expr, USUAL)
        }
        false => expr,
    };
    let condition = build::binary(op, expr, build::number(text(value)));
    Sli { changes, ..Sli::of(Ok(Measured::Condition(condition.into()))) }
}

/// Converts an understood query, and reports the guards that were removed.
fn to_sli(understood: Understood, query: &Scalar, problems: &mut Vec<Problem>) -> Sli {
    let Understood { measured, by, guards } = understood;
    let mut sli = Sli { by, ..Sli::of(Ok(measured)) };
    for guard in guards {
        match guard {
            Guard::Absent => sli.better.push(
                "a counter that does not exist yet counts as 0: `or vector(0)` is not needed".to_owned(),
            ),
            Guard::Idle => sli
                .better
                .push("a time without events has an error ratio of 0: no guard is needed".to_owned()),
            Guard::Clamped => {
                sli.better.push(
                    "a ratio of counted events is always between 0 and 1: no clamp is needed".to_owned(),
                );
            }
            Guard::LastTwo => sli.better.push(
                "`irate` reads only the last two samples of a window; now every event counts".to_owned(),
            ),
            Guard::PerSeries => sli.changes.push(
                "there was one ratio per series; now there is one for all of them: `by: […]` separates them"
                    .to_owned(),
            ),
            Guard::Traffic(place) => problems.push(
                left_out(query, place, "the guard against little traffic is not imported")
                    .help("with `min_bad_events` a few bad events do not alert"),
            ),
            Guard::Other(place) => {
                problems.push(left_out(
                    query,
                    place,
                    "the condition that stops the measurement is not imported",
                ));
            }
        }
    }
    sli
}

fn left_out(query: &Scalar, place: Place, headline: &str) -> Problem {
    not_carried(query.place(place.start, place.end), headline).label("here all events count, at any time")
}

/// `bad_ratio` for a query whose events are not understood.
fn last_resort(
    part: &Expr,
    counts: Counts,
    total: Option<&Expr>,
    why: &NotUnderstood,
    query: &Scalar,
    problems: &mut Vec<Problem>,
) -> Sli {
    let ratio = queries::bad_ratio(part, counts, total);
    let becomes = if ratio.is_some() { ", so it becomes a `bad_ratio`" } else { "" };
    let problem = Problem::warning(
        Code::NotUnderstood,
        query.place(why.span.start, why.span.end),
        format!("slowburn does not recognise the events in this query{becomes}"),
    );
    let problem = problem.label(why.words.clone());
    problems.push(match why.words == UNKNOWN_GAUGE {
        true => problem
            .help("if it is 1 while all is well, write `probe`; if it is 0 while all is well, write `condition: … == 0`"),
        false => problem.help("if there are counters of the events, write two of `total`, `good` and `bad`"),
    });
    match ratio {
        Some(ratio) => Sli {
            changes: vec![
                "it is a `bad_ratio`: every moment has the same weight, however many events it has"
                    .to_owned(),
            ],
            ..Sli::of(Ok(Measured::Ratio(ratio)))
        },
        None => Sli::missing("which counters or which ratio its query means"),
    }
}

/// The query as one line of text.
pub fn spelled(expr: &Expr) -> String {
    const ONE_LINE: usize = 100_000;
    pretty(expr, ONE_LINE)
}
