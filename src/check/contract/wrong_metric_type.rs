//! Metrics that are used as another type: a gauge as a counter, a counter as a histogram.

use super::{FoundMetric, JudgedSelector, Place, Verdict, named, renamed, report, words};
use crate::contract::{Kind, Part};
use crate::diagnostic::{Code, Problem};
use crate::model::Role;
use crate::promql::build;

pub(super) fn check(all: &[JudgedSelector], problems: &mut Vec<Problem>) {
    for JudgedSelector { place, verdict, .. } in all {
        if let Verdict::OtherType(found) = verdict
            && !is_summary_as_histogram(place.reading.role, *found)
        {
            report(problems, place.reader, to_problem(place, *found));
        }
    }
}

/// That is reported as another problem.
pub(super) fn is_summary_as_histogram(role: Role, found: FoundMetric) -> bool {
    matches!(role, Role::Classic(_) | Role::Native) && found.family.kind == Kind::Summary
}

fn to_problem(place: &Place, found: FoundMetric) -> Problem {
    let name = named(place.reading);
    let span = place.reading.name;
    let taken = match place.reading.role {
        Role::Total | Role::Good | Role::Bad | Role::Gain => "a counter",
        Role::Classic(_) => "a histogram with buckets",
        Role::Native => "a native histogram",
        Role::State | Role::Course => "a gauge",
    };
    let is = match found.part {
        Part::Bucket => "a bucket of a histogram",
        Part::Count => "a count of observations",
        Part::Sum => "a sum of observations",
        Part::Whole => words(found.family.kind),
    };
    let problem =
        Problem::error(Code::WrongMetricType, span, format!("`{name}` is {is}, but {taken} is needed here"));
    match (place.reading.role, found.family.kind) {
        (
            Role::Total | Role::Good | Role::Bad | Role::Gain,
            Kind::Histogram | Kind::Summary | Kind::BothHistograms,
        ) => {
            let count = format!("{name}_count");
            renamed(problem, place.reading, &count, |written| format!("count its observations: `{written}`"))
        }
        (Role::Total | Role::Good | Role::Bad, _) => problem.help(format!(
            "say which values are good, in a `condition` such as `{} < 100`",
            build::selector(name, &[])
        )),
        (Role::Gain, _) => {
            problem.help("`rate` and `increase` are for counters; for a gauge use `delta` or `avg_over_time`")
        }
        (Role::Classic(_), Kind::NativeHistogram) => {
            problem.help("add `histogram: native` to the SLI; the rules then need Prometheus 2.54 or newer")
        }
        (Role::Native, Kind::Histogram) => problem.help("remove `histogram: native`: it has buckets"),
        (Role::Classic(_) | Role::Native, _) => problem.help("write the name of a histogram"),
        (Role::Course, _) => problem.help("read it with `rate` or `increase`"),
        (Role::State, _) => problem.help("compare the `rate` of its `_count`, `_sum` or `_bucket`"),
    }
}
