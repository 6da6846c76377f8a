//! SLIs: their kinds, and the series that their queries read.

use super::effort::Effort;
use super::reader::{Reader, all_values};
use super::sli_advice::{KINDS, decided, mixed, other_count, smoothed};
use super::values::Promise;
use super::{contract, dropped, journey, stimulus, whole};
use crate::ast::{Ast, ServiceFile, SliBlock};
use crate::diagnostic::{Code, Problem};
use crate::model::{MetricRead, NoSeries, Role, Series, Sli, Term};
use crate::promql::ast::{Expr, Op};
use crate::promql::build;
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Decimal, Duration, LabelName, text};

/// What is needed to resolve an SLI.
pub(super) struct Context<'a> {
    pub promise: Option<&'a Promise>,
    pub objective: &'a Scalar,
    pub version: (u32, u32),
    pub by: &'a [LabelName],
    pub by_places: &'a [Span],
    pub effort: &'a Effort,
    /// The file of its service.
    pub file: &'a ServiceFile,
    /// All services.
    pub ast: &'a Ast,
}

/// An SLI, with series that make its events good and bad, and the selectors of its queries.
pub(super) struct Resolved {
    pub sli: Sli,
    pub stimulus: Result<Vec<Series>, NoSeries>,
    pub readings: Vec<MetricRead>,
}

/// Resolves an SLI.
pub(super) fn sli(block: &SliBlock, context: &Context, problems: &mut Vec<Problem>) -> Option<Resolved> {
    let events = [&block.total, &block.good, &block.bad];
    let given = events.iter().filter(|part| part.is_some()).count();
    let others = [&block.latency, &block.condition, &block.probe, &block.freshness, &block.bad_ratio];
    let kinds = usize::from(given > 0)
        + usize::from(block.journey.is_some())
        + others.iter().filter(|part| part.is_some()).count();
    let start = block.span.beginning();
    let complete = kinds == 1 && given != 1 && given != 3;
    if !complete && !block.understood {
        return None;
    }
    if kinds == 0 {
        problems.push(Problem::error(Code::SliKind, start, "this SLI has no query").help(KINDS));
        return None;
    }
    if kinds != 1 {
        problems.push(mixed(block));
        return None;
    }
    if given == 1 || given == 3 {
        let all = "write exactly two of `total`, `good` and `bad`";
        problems.push(match given {
            1 => Problem::error(Code::SliKind, start, "a ratio needs two counts of events").help({
                let contract = contract::contract(context.file, context.ast, &mut Vec::new());
                other_count(block, contract.as_deref()).unwrap_or_else(|| all.to_owned())
            }),
            _ => Problem::error(
                Code::SliKind,
                start,
                "`total`, `good` and `bad` are written, but only two of them are allowed",
            )
            .help("remove `good`: it is `total` without `bad`"),
        });
        return None;
    }
    for (key, written) in
        [("successful", &block.successful), ("histogram", &block.histogram), ("unit", &block.unit)]
    {
        if let (Some(written), None) = (written, &block.latency) {
            problems.push(
                Problem::error(Code::SliKind, whole(written), format!("`{key}` is only for `latency`"))
                    .help("remove it"),
            );
        }
    }
    let fits = threshold(block, context, problems);
    if let Some(journey) = &block.journey {
        let service = context.file.name.text.trim();
        let parts = journey::parts(journey, context.promise, (context.ast, service), problems);
        fits?;
        let sli = Sli::Journey { parts: parts? };
        return Some(Resolved { sli, stimulus: Err(NoSeries::NotFound), readings: Vec::new() });
    }
    let mut reader = Reader::new(context.version);
    let sli = if given == 2 {
        let roles = [Role::Total, Role::Good, Role::Bad];
        let mut part =
            |index: usize| events[index].as_ref().map(|query| reader.terms(query, roles[index], problems));
        let (total, good, bad) = (part(0), part(1), part(2));
        let whole_or_none = |part: Option<Option<Vec<Term>>>| match part {
            Some(terms) => terms.map(Some),
            None => Some(None),
        };
        let (total, good, bad) = (whole_or_none(total), whole_or_none(good), whole_or_none(bad));
        Sli::Counted { histogram: None, total: total?, good: good?, bad: bad? }
    } else if let Some(query) = &block.latency {
        reader.latency(query, block, context, problems)?
    } else if let Some(query) = &block.condition {
        reader.condition(query, problems)?
    } else if let Some(query) = &block.probe {
        let probe = reader.vector(query, problems)?;
        all_values(&probe, query, "probe", problems)?;
        if let Some(problem) = smoothed(&probe, query) {
            problems.push(problem);
            return None;
        }
        checked(probe, Op::Eq, build::number("1"))
    } else if let Some(query) = &block.freshness {
        let timestamp = reader.vector(query, problems)?;
        all_values(&timestamp, query, "freshness", problems)?;
        let limit = context.promise.and_then(|promise| promise.threshold)?;
        let age = build::sub(build::call("time", vec![]), timestamp);
        checked(age.into(), Op::Lt, build::number(seconds(limit)))
    } else {
        reader.ratio(block.bad_ratio.as_ref()?, problems)?
    };
    fits?;
    check_listed_labels(&sli, &reader, problems)?;
    let queries = [&block.condition, &block.probe, &block.freshness, &block.bad_ratio];
    if let Some(query) = queries.into_iter().flatten().next() {
        dropped::report(&sli, query, context.by, context.by_places, problems)?;
    }
    let search = context.effort.search();
    let stimulus = match stimulus::invent(&sli, context.by, &search) {
        Ok(found) => search.result(found),
        Err(decides) => {
            problems.push(decided(&context.by[decides], context.by_places[decides], &reader.readings));
            return None;
        }
    };
    Some(Resolved { sli, stimulus, readings: reader.readings })
}

/// Checks that Prometheus can read the labels which the rules remove from the counters: those in which the counters differ.
fn check_listed_labels(sli: &Sli, reader: &Reader, problems: &mut Vec<Problem>) -> Option<()> {
    let Sli::Counted { .. } = sli else { return Some(()) };
    let before = problems.len();
    for reading in &reader.readings {
        for (matcher, place) in reading.selector.matchers.iter().zip(&reading.labels) {
            let everywhere = reader.readings.iter().all(|other| other.selector.matchers.contains(matcher));
            let successful =
                reading.role == Role::Good && matches!(sli, Sli::Counted { histogram: Some(_), .. });
            let label = &matcher.label;
            if LabelName::is_keyword(label) && (!everywhere || successful) {
                let headline = format!("the label `{label}` cannot decide which events are good or bad");
                problems.push(
                    Problem::error(Code::InvalidLabel, *place, headline)
                        .label(format!("the rules list this label, and Prometheus reads `{label}` there as a keyword"))
                        .help(format!(
                            "store it under another name: `metric_relabel_configs: [{{ source_labels: [{label}], target_label: exported_{label} }}]` in the job that scrapes it, and write `exported_{label}` here"
                        )),
                );
            }
        }
    }
    (problems.len() == before).then_some(())
}

/// Checks that there is a threshold if the kind of SLI needs one, and none otherwise.
fn threshold(block: &SliBlock, context: &Context, problems: &mut Vec<Problem>) -> Option<()> {
    let promise = context.promise?;
    // A summary is its own mistake: a threshold would not mend it.
    if block.latency.as_ref().is_some_and(|query| query.text.contains("quantile=")) {
        return Some(());
    }
    let wanted = block.latency.is_some() || block.freshness.is_some();
    if wanted == promise.threshold.is_some() {
        return Some(());
    }
    let place = whole(context.objective);
    let promised = promise.objective;
    problems.push(if wanted {
        // The bound of the bucket that is read.
        let bound = |query: &Scalar| {
            let (_, rest) = query.text.split_once("le=\"")?;
            let seconds = Decimal::from_str_exact(rest.split('"').next()?).ok()?;
            let length =
                Duration::from_millis(u64::try_from(seconds.checked_mul(Decimal::ONE_THOUSAND)?).ok()?);
            (length > Duration::default()).then(|| length.to_string())
        };
        let limit = match &block.latency {
            Some(query) => bound(query).unwrap_or_else(|| "500ms".to_owned()),
            None => "26h".to_owned(),
        };
        Problem::error(
            Code::ThresholdMismatch,
            place,
            "this SLI needs a threshold to separate good from bad events",
        )
        .fix(
            format!("write `{promised} < {limit}`, with a threshold of your own"),
            place,
            format!("{promised} < {limit}"),
        )
    } else {
        Problem::error(Code::ThresholdMismatch, place, "this kind of SLI does not use a threshold")
            .label("only `latency` and `freshness` use a threshold")
            .fix(format!("write `{promised}`"), place, promised.to_string())
    });
    None
}

fn seconds(length: Duration) -> String {
    text(Decimal::new(length.millis() as i64, 3))
}

/// A state: `left op right` is good, and its opposite is bad.
fn checked(left: Expr, op: Op, right: Expr) -> Sli {
    let good = build::binary(op, left.clone(), right.clone()).into();
    let bad = build::binary(op.opposite(), left, right).into();
    Sli::Checked { good, bad }
}
