//! Indicators of OpenSLO: inline or referenced by name.

use super::super::keys::{self, Keys, not_carried, whole};
use super::super::measure::Counts;
use super::super::queries::Counters;
use super::super::sli::{self, Sli};
use super::{Objects, decimal};
use crate::ast::Key;
use crate::diagnostic::{Code, Problem};
use crate::parse::yaml::Node;
use crate::promql::ast::Op;
use crate::scalar::Scalar;

/// The comparison of a metric, if there is one.
pub struct Comparison {
    pub op: Option<Scalar>,
    pub value: Option<Scalar>,
}

/// An indicator as it is written, in one of three forms.
#[derive(Default)]
pub struct IndicatorBlock<'n> {
    inline: Option<&'n Node>,
    named: Option<Scalar>,
    /// Two metrics directly in an objective, as in `v1alpha`.
    ratio: Option<&'n Node>,
}

impl<'n> IndicatorBlock<'n> {
    pub fn of(keys: &mut Keys<'n>, problems: &mut Vec<Problem>) -> Self {
        Self {
            inline: keys.node("indicator"),
            named: keys.text("indicatorRef", problems),
            ratio: keys.node("ratioMetrics"),
        }
    }

    pub fn is_some(&self) -> bool {
        self.inline.is_some() || self.named.is_some() || self.ratio.is_some()
    }
}

/// What an indicator measures.
pub fn read(
    written: &IndicatorBlock,
    comparison: &Comparison,
    objects: &mut Objects,
    problems: &mut Vec<Problem>,
) -> Sli {
    if let Some(node) = written.ratio {
        unused(comparison, problems);
        return ratio(node, objects, problems);
    }
    if let Some(node) = written.inline {
        return indicator(node, comparison, objects, problems);
    }
    let Some(named) = &written.named else { return Sli::missing("what it measures") };
    match objects.find("SLI", &named.text) {
        Some((node, _)) => indicator(node, comparison, objects, problems),
        None => {
            problems.push(
                Problem::warning(Code::NotUnderstood, whole(named), "no file contains the SLI of this name")
                    .label("import its document together with this one"),
            );
            let name: String = named.text.chars().take(60).collect();
            Sli::missing(&format!("what the SLI `{name}` measures"))
        }
    }
}

/// Reads an SLI, from an object or inline.
fn indicator(
    node: &Node,
    comparison: &Comparison,
    objects: &mut Objects,
    problems: &mut Vec<Problem>,
) -> Sli {
    let Some(mut keys) = Keys::of(node, "an indicator", problems) else {
        return Sli::faulty("its SLI cannot be read");
    };
    keys.pass(&["apiVersion", "kind"]);
    // The rest of its metadata does not change what is measured.
    if let Some(mut metadata) = keys.below("metadata", problems) {
        metadata.pass(&["name", "displayName"]);
        metadata.drop("labels", "its alerts have those of the SLO", problems);
        metadata.drop("annotations", "its alerts have those of the SLO", problems);
        metadata.finish(problems);
    }
    // `v1alpha` has no `spec` here.
    let mut spec = keys.spec(problems);
    spec.pass(&["description"]);
    let (threshold, ratio) = (spec.node("thresholdMetric"), spec.any(&["ratioMetric", "ratioMetrics"]));
    spec.finish(problems);
    match (ratio, threshold) {
        (Some(node), _) => {
            unused(comparison, problems);
            self::ratio(node, objects, problems)
        }
        (None, Some(node)) => self::threshold(node, comparison, objects, problems),
        (None, None) => Sli::missing("what it measures"),
    }
}

/// Reports an unused comparison: a ratio is always compared with the objective.
fn unused(comparison: &Comparison, problems: &mut Vec<Problem>) {
    for written in [&comparison.op, &comparison.value].into_iter().flatten() {
        problems.push(
            not_carried(whole(written), "this comparison is not imported")
                .label("events are already good or bad: only a `thresholdMetric` is compared with a value"),
        );
    }
}

/// The query of a metric.
enum MetricQuery {
    Promql(Scalar),
    /// A query of another kind of server.
    Other(String),
}

/// Reads the query of a metric; `None`, with a problem, if there is none.
fn metric(node: &Node, objects: &mut Objects, problems: &mut Vec<Problem>) -> Option<MetricQuery> {
    let mut keys = Keys::of(node, "a metric", problems)?;
    let (mut query, kind);
    if keys.has("metricSource") {
        let mut source = keys.below("metricSource", problems)?;
        keys.finish(problems);
        let named = source.text("metricSourceRef", problems);
        let of_source = named.and_then(|named| kind_of(&named.text, objects));
        kind = source.text("type", problems).map(|kind| kind.text).or(of_source);
        let there = source.has("spec");
        let spec = source.below("spec", problems);
        source.finish(problems);
        let Some(mut spec) = spec else {
            if !there {
                problems.push(missing(node, "`spec`"));
            }
            return None;
        };
        query = spec.any(&["query", "promql"]);
        // For other servers, further keys are not reported: the query itself cannot be imported.
        match kind.as_deref().is_none_or(is_prometheus) {
            true => spec.finish(problems),
            false => query = None,
        }
    } else {
        query = keys.node("query");
        let source = keys.text("source", problems).map(|kind| kind.text);
        // A Prometheus server may support other query languages, too.
        let language = keys.text("queryType", problems).map(|language| language.text);
        kind = language.filter(|language| !language.eq_ignore_ascii_case("promql")).or(source);
        keys.finish(problems);
    }
    if let Some(kind) = kind.filter(|kind| !is_prometheus(kind)) {
        return Some(MetricQuery::Other(kind));
    }
    match query {
        Some(node) => keys::scalar(node, "`query`", problems).map(MetricQuery::Promql),
        None => {
            problems.push(missing(node, "`query`"));
            None
        }
    }
}

fn missing(node: &Node, name: &str) -> Problem {
    Problem::error(Code::MissingKey, node.span.beginning(), format!("{name} is missing from a metric"))
        .help("the measurement is not known without it")
}

/// The kind of a named data source.
fn kind_of(name: &str, objects: &mut Objects) -> Option<String> {
    let (node, _) = objects.find("DataSource", name)?;
    let mut nobody = Vec::new();
    Keys::of(node, "the document", &mut nobody)?
        .below("spec", &mut nobody)?
        .text("type", &mut nobody)
        .map(|kind| kind.text)
}

/// Whether a kind of data source uses PromQL.
fn is_prometheus(kind: &str) -> bool {
    const KNOWN: [&str; 10] = [
        "prometheus",
        // Accepted by `sloth generate`, too.
        "sloth",
        "promql",
        "thanos",
        "mimir",
        "cortex",
        "victoriametrics",
        "amp",
        "amazonprometheus",
        "gmp",
    ];
    KNOWN.contains(&kind.to_lowercase().as_str())
}

fn elsewhere(kind: &str) -> Sli {
    let kind: String = kind.chars().take(40).collect();
    Sli::missing(&format!("which query of Prometheus replaces its query for {kind}"))
}

/// Reads two metrics, or one that is already a ratio.
fn ratio(node: &Node, objects: &mut Objects, problems: &mut Vec<Problem>) -> Sli {
    let nothing = || Sli::faulty("its SLI cannot be read");
    let Some(mut keys) = Keys::of(node, "a ratio", problems) else { return nothing() };
    let counter = keys.flag("counter", problems).or(keys.flag("incremental", problems));
    let counters = match counter {
        Some((true, _)) => Counters::Bare,
        Some((false, _)) | None => Counters::Gained,
    };
    let parts =
        [("good", Counts::Good), ("bad", Counts::Bad)].map(|(name, counts)| (keys.entry(name), counts));
    let (total, raw) = (keys.node("total"), keys.node("raw"));
    let kind = keys.text("rawType", problems);
    keys.finish(problems);
    let mut asked = |node: &Node, problems: &mut Vec<Problem>| metric(node, objects, problems);
    if let Some(node) = raw {
        let counts = match kind.as_ref().map(|kind| kind.text.as_str()) {
            Some("success") => Counts::Good,
            Some("failure") => Counts::Bad,
            Some(_) | None => return Sli::missing("whether its ratio is one of good or of bad events"),
        };
        return match asked(node, problems) {
            Some(MetricQuery::Promql(query)) => sli::of_ratio(&query, counts, counters, problems),
            Some(MetricQuery::Other(kind)) => elsewhere(&kind),
            None => nothing(),
        };
    }
    let mut given = parts.into_iter().filter_map(|(entry, counts)| Some((entry?, counts)));
    let Some(((_, part), counts)) = given.next() else {
        return Sli::missing("which events are good, or which are bad");
    };
    let second: Option<((&Key, &Node), Counts)> = given.next();
    let Some(total) = total else {
        // Good and bad events together are all events.
        let Some(((_, other), _)) = second else { return Sli::missing("which events are all events") };
        return match (asked(part, problems), asked(other, problems)) {
            (Some(MetricQuery::Promql(good)), Some(MetricQuery::Promql(bad))) => {
                sli::of_two(&good, &bad, counters, problems)
            }
            (Some(MetricQuery::Other(kind)), _) | (_, Some(MetricQuery::Other(kind))) => elsewhere(&kind),
            _ => nothing(),
        };
    };
    if let Some(((key, node), _)) = second {
        problems.push(keys::dropped(key, node, "`good` and `total` say how many are bad"));
    }
    match (asked(part, problems), asked(total, problems)) {
        (Some(MetricQuery::Promql(part)), Some(MetricQuery::Promql(total))) => {
            sli::of_events(&part, counts, &total, counters, problems)
        }
        (Some(MetricQuery::Other(kind)), _) | (_, Some(MetricQuery::Other(kind))) => elsewhere(&kind),
        _ => nothing(),
    }
}

/// Reads a metric that is compared with a number.
fn threshold(
    node: &Node,
    comparison: &Comparison,
    objects: &mut Objects,
    problems: &mut Vec<Problem>,
) -> Sli {
    let query = match metric(node, objects, problems) {
        Some(MetricQuery::Promql(query)) => query,
        Some(MetricQuery::Other(kind)) => return elsewhere(&kind),
        None => return Sli::faulty("its SLI cannot be read"),
    };
    let op = comparison.op.as_ref().and_then(|op| match op.text.as_str() {
        "lte" => Some(Op::Le),
        "lt" => Some(Op::Lt),
        "gte" => Some(Op::Ge),
        "gt" => Some(Op::Gt),
        _ => {
            problems.push(
                Problem::error(Code::WrongType, whole(op), "this is not a comparison")
                    .label("expected `lte`, `lt`, `gte` or `gt`"),
            );
            None
        }
    });
    let value = comparison.value.as_ref().and_then(|value| {
        let number = decimal(value);
        if number.is_none() {
            problems.push(Problem::error(Code::WrongType, whole(value), "this is not a number"));
        }
        number
    });
    match (op, value) {
        (Some(op), Some(value)) => sli::of_threshold(&query, op, value, problems),
        _ => Sli::missing("with which number its metric is compared: `op` and `value`"),
    }
}
