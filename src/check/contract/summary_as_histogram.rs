//! Summaries that are used as histograms.

use super::wrong_metric_type::is_summary_as_histogram;
use super::{JudgedSelector, Verdict, named, report};
use crate::diagnostic::{Code, Problem};
use crate::vocabulary::text;

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, .. } in all {
        let Verdict::OtherType(found) = verdict else { continue };
        if !is_summary_as_histogram(place.reading.role, *found) {
            continue;
        }
        let quantiles: Vec<String> = found
            .family
            .shapes
            .iter()
            .flat_map(|shape| &shape.bounds)
            .map(|quantile| text(*quantile))
            .collect();
        let label = match quantiles.as_slice() {
            [] => "it has only a count and a sum".to_owned(),
            [first, ..] => {
                format!(
                    "it has quantiles such as {first}: each is of one process and of the last minutes only"
                )
            }
        };
        let name = named(place.reading);
        report(
            problems,
            place.reader,
            Problem::error(
                Code::SummaryAsHistogram,
                place.reading.name,
                format!("`{name}` is a summary: it cannot say how many events were below a threshold"),
            )
            .label(label)
            .help("let the program record into a histogram with a bucket that ends at the threshold"),
        );
    }
}
