//! Summaries, whose quantiles answer no other question than their own.

use super::wrong_metric_type::is_summary_as_histogram;
use super::{Verdict, each, named, tell};
use crate::diagnostic::Problem;
use crate::model::Model;
use crate::vocabulary::text;

pub(in crate::check) fn check(model: &Model, problems: &mut Vec<Problem>) {
    each(model, |place, verdict| {
        let Verdict::OtherType(found) = verdict else { return };
        if !is_summary_as_histogram(place.reading.role, *found) {
            return;
        }
        let quantiles: Vec<String> = found
            .family
            .shapes
            .iter()
            .flat_map(|shape| &shape.bounds)
            .map(|quantile| text(*quantile))
            .collect();
        let label = match quantiles.as_slice() {
            [] => "it has no quantiles either, only a count and a sum".to_owned(),
            [first, ..] => {
                format!("it has quantiles such as {first}, each of one process and of the last minutes")
            }
        };
        let name = named(place.reading);
        tell(
            problems,
            place.slo,
            Problem::error(
                "summary-as-histogram",
                place.reading.name,
                format!("`{name}` is a summary, which does not tell how many events were under a threshold"),
            )
            .label(label)
            .help("let the program observe into a histogram with a bound at the threshold"),
        );
    });
}
