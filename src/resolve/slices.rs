//! What an event is: a single occurrence, or a moment that is judged by the slice that ends there.

use super::{innermost, values, whole};
use crate::ast::{Settings, SliceBlock};
use crate::diagnostic::{Code, Problem};
use crate::model::Budgeting;
use crate::vocabulary::{Duration, INTERVAL};

pub(super) fn budgeting(levels: [&Settings; 3], problems: &mut Vec<Problem>) -> Option<Budgeting> {
    let Some(written) = innermost(levels.map(|level| level.budgeting.as_ref())) else {
        return Some(Budgeting::Occurrences);
    };
    match written.text.trim() {
        "occurrences" => Some(Budgeting::Occurrences),
        "timeslices" => {
            let Some(slice) = innermost(levels.map(|level| level.slice.as_ref())) else {
                problems.push(
                    Problem::error(
                        Code::MissingKey,
                        whole(written),
                        "`budgeting: timeslices` needs a `slice`",
                    )
                    .help("add `slice: { length: 1m, objective: 95% }`"),
                );
                return None;
            };
            let length = slice_length(slice, problems);
            let Some(objective) = &slice.objective else {
                problems.push(
                    Problem::error(
                        Code::MissingKey,
                        slice.span.beginning(),
                        "`objective` is missing from `slice`",
                    )
                    .help("add `objective: 95%`"),
                );
                return None;
            };
            let promise = values::promise(objective, problems);
            Some(Budgeting::Timeslices { length: length?, objective: promise?.objective })
        }
        _ => {
            const TIME: [&str; 10] = [
                "time", "slice", "tiempo", "franja", "tramo", "interval", "minut", "period", "segment",
                "window",
            ];
            const EVENTS: [&str; 8] = ["occ", "ocu", "event", "requ", "peti", "soli", "count", "ratio"];
            let text = written.text.to_lowercase();
            let is = |words: &[&str]| words.iter().any(|word| text.contains(word));
            let problem =
                Problem::error(Code::WrongType, whole(written), "there is no such kind of budgeting")
                    .label("expected `occurrences` or `timeslices`");
            let meant = match (is(&TIME), is(&EVENTS)) {
                (true, false) => Some("timeslices"),
                (false, true) => Some("occurrences"),
                _ => None,
            };
            problems.push(match meant {
                Some(meant) => problem.fix(format!("write `{meant}`"), whole(written), meant),
                None => problem.help(
                    "write `occurrences` if every event counts, or `timeslices` if every slice of time counts",
                ),
            });
            None
        }
    }
}

/// The length of a slice.
pub(super) fn slice_length(slice: &SliceBlock, problems: &mut Vec<Problem>) -> Option<Duration> {
    let length = values::duration(&slice.length, problems)?;
    let fits = length.millis() % INTERVAL.millis() == 0 && length <= Duration::from_secs(3600);
    if !fits {
        let headline = "the length of a slice must be a multiple of 30s, up to an hour";
        let problem = Problem::error(Code::WindowOffGrid, whole(&slice.length), headline);
        problems.push(problem.help("write `1m` or `5m`"));
    }
    fits.then_some(length)
}
