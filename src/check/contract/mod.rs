//! Checks against the known metrics of services. A selector has one verdict, and only its first problem is reported: a metric that does not exist has
//! no wrong labels.
//!
//! **Invariant:** nothing unknown is reported. The values of `job` and `instance` are unknown, and so are labels that relabelling adds, and values of
//! a label that the contract does not contain.

pub(super) mod bad_not_within_total;
pub(super) mod bucket_out_of_reach;
pub(super) mod grouping_explodes;
pub(super) mod missing_bucket;
pub(super) mod no_contract;
pub(super) mod not_scraped;
pub(super) mod planned_metric_exists;
pub(super) mod summary_as_histogram;
pub(super) mod uninitialised_series;
pub(super) mod unit_mismatch;
pub(super) mod unknown_label;
pub(super) mod unknown_metric;
pub(super) mod unmatched_value;
pub(super) mod wrong_metric_type;

use crate::contract::{Contract, Family, Kind, Part, Shape};
use crate::diagnostic::{Label, Problem};
use crate::model::{Companion, Except, MetricRead, Model, Prometheus, Role, Service, Sli, Slo};
use crate::parallel;
use crate::promql::ast::{Expr, Matcher, Modifiers, Selector};
use crate::promql::regex::ValueCondition;
use crate::promql::{build, places};
use crate::source::{Span, Spelling};
use crate::vocabulary::{Decimal, Duration};

/// The verdict of a contract on a selector.
pub(super) enum Verdict<'a> {
    /// Unknown: there is no contract, or the metric is planned, or Prometheus or a rule makes it.
    Unknown,
    /// The metric fits the selector.
    Fits(FoundMetric<'a>),
    /// No metric has this name.
    NoMetric,
    /// The metric has another type than the selector needs.
    OtherType(FoundMetric<'a>),
    /// A matcher, by its index, uses a label that the metric does not have.
    NoLabel(FoundMetric<'a>, usize),
    /// A matcher, by its index, matches no value of its label.
    NoValue(FoundMetric<'a>, usize),
}

/// A metric of a contract under the name that the selector uses.
#[derive(Clone, Copy)]
pub(super) struct FoundMetric<'a> {
    pub name: &'a str,
    pub family: &'a Family,
    pub part: Part,
}

/// The purpose of a query: a promise, its maintenance, or a companion alert.
#[derive(Clone, Copy)]
pub(super) enum Reader<'a> {
    Slo(&'a Slo),
    Except(&'a Slo, &'a Except),
    Companion(&'a Companion),
}

impl<'a> Reader<'a> {
    /// All readers of a service.
    pub fn all(service: &'a Service) -> impl Iterator<Item = Self> {
        let except = |slo: &'a Slo| Some(Self::Except(slo, slo.agreed.except.as_ref()?));
        let slos = service.slos.iter().flat_map(move |slo| [Some(Self::Slo(slo)), except(slo)]);
        slos.flatten().chain(service.alerts.iter().map(Self::Companion))
    }

    pub fn slo(self) -> Option<&'a Slo> {
        match self {
            Self::Slo(slo) => Some(slo),
            Self::Except(..) | Self::Companion(_) => None,
        }
    }

    pub fn readings(self) -> &'a [MetricRead] {
        match self {
            Self::Slo(slo) => &slo.readings,
            Self::Except(_, except) => &except.readings,
            Self::Companion(companion) => &companion.readings,
        }
    }

    /// What it evaluates, if that is one expression.
    pub fn expr(self) -> Option<&'a Expr> {
        match self {
            Self::Companion(companion) => Some(&companion.expr),
            Self::Except(_, except) => Some(&except.expr),
            Self::Slo(slo) => match &slo.sli {
                Sli::Checked { good: expr, .. } | Sli::Ratio { bad: expr } => Some(expr),
                Sli::Counted { .. } | Sli::Journey { .. } => None,
            },
        }
    }

    /// Whether one of its metrics does not exist yet.
    pub fn is_planned(self) -> bool {
        match self {
            Self::Slo(slo) | Self::Except(slo, _) => slo.planned.is_some(),
            Self::Companion(companion) => companion.planned.is_some(),
        }
    }

    pub fn scrape_interval(self) -> Duration {
        match self {
            Self::Slo(slo) | Self::Except(slo, _) => slo.scrape_interval,
            Self::Companion(companion) => companion.scrape_interval,
        }
    }

    /// The place of its queries in the source.
    pub fn place(self) -> Span {
        match self {
            Self::Slo(slo) => slo.places.sli,
            Self::Except(_, except) => except.place,
            Self::Companion(companion) => companion.places.expr,
        }
    }
}

/// A selector with its context.
pub(super) struct Place<'a> {
    pub model: &'a Model,
    pub service: &'a Service,
    pub contract: &'a Contract,
    pub reader: Reader<'a>,
    pub reading: &'a MetricRead,
    /// The conditions of its matchers, in their order.
    asked: Vec<ValueCondition>,
}

/// A selector with the verdict of its contract.
pub(super) struct JudgedSelector<'a> {
    pub place: Place<'a>,
    pub verdict: Verdict<'a>,
    /// Whether to search for similar names if the name does not exist.
    pub search: bool,
}

/// A check of all selectors that have a verdict.
type Check = fn(&[JudgedSelector], &mut Vec<Problem>);

/// The checks of selectors.
const CHECKS: [Check; 11] = [
    bucket_out_of_reach::check,
    grouping_explodes::check,
    missing_bucket::check,
    missing_bucket::named,
    summary_as_histogram::check,
    uninitialised_series::check,
    unit_mismatch::check,
    unknown_label::check,
    unknown_metric::check,
    unmatched_value::check,
    wrong_metric_type::check,
];

/// The problems of selectors with contracts. Each selector is judged once, because that takes the most time.
pub(super) fn check(model: &Model) -> Vec<Problem> {
    let mut judged = parallel::map(&model.services, |service| {
        let mut judged = Vec::new();
        for reader in Reader::all(service) {
            for reading in service.contract.iter().flat_map(|_| reader.readings()) {
                judged.extend(judge(model, service, reader, reading));
            }
        }
        judged
    });
    let unknown =
        |judged: &&mut JudgedSelector| matches!(judged.verdict, Verdict::NoMetric | Verdict::NoLabel(..));
    judged
        .iter_mut()
        .flatten()
        .filter(unknown)
        .skip(crate::vocabulary::SEARCHED)
        .for_each(|judged| judged.search = false);
    let found = parallel::map(&judged, |judged| {
        let mut problems = Vec::new();
        for check in CHECKS {
            check(judged, &mut problems);
        }
        problems
    });
    found.into_iter().flatten().collect()
}

fn judge<'a>(
    model: &'a Model,
    service: &'a Service,
    reader: Reader<'a>,
    reading: &'a MetricRead,
) -> Option<JudgedSelector<'a>> {
    let contract = service.contract.as_ref()?;
    let asked = reading.selector.matchers.iter().map(Matcher::asked).collect();
    let place = Place { model, service, contract, reader, reading, asked };
    let verdict = place.verdict();
    // Matchers without a metric: the problem is reported where the metric is named.
    let nameless = place.is_nameless();
    let of_metric = matches!(verdict, Verdict::NoMetric | Verdict::OtherType(_));
    (!(nameless && of_metric)).then_some(JudgedSelector { place, verdict, search: true })
}

/// A selector as it is written, for a problem's text.
pub(super) fn named(reading: &MetricRead) -> &str {
    reading.selector.name.as_deref().unwrap_or_default()
}

impl<'a> Place<'a> {
    fn verdict(&self) -> Verdict<'a> {
        let Some(name) = self.reading.selector.name.as_deref() else { return Verdict::Unknown };
        if self.is_planned() {
            return Verdict::Unknown;
        }
        let Some((name, family, part)) = self.contract.find(name) else {
            return if made_by_prometheus(name) { Verdict::Unknown } else { Verdict::NoMetric };
        };
        let found = FoundMetric { name, family, part };
        if !has_fitting_type(self.reading.role, &found) {
            return Verdict::OtherType(found);
        }
        self.matched(found)
    }

    /// Whether its matchers are written without their metric.
    fn is_nameless(&self) -> bool {
        // A metric without braces has no matchers.
        self.reading.name == self.reading.place && !self.reading.matchers.is_empty()
    }

    /// Whether the metric does not exist yet.
    fn is_planned(&self) -> bool {
        self.reading.metrics().any(|metric| self.service.planned.contains_key(metric))
    }

    fn matched(&self, found: FoundMetric<'a>) -> Verdict<'a> {
        let judged = found.family.shapes.iter().map(|shape| self.faults(found, shape));
        // The most similar shape shows the problem: missing labels before missing values.
        match judged.min_by_key(|[labels, values]| (labels.count, values.count)) {
            Some([Faults { first: Some(label), .. }, _]) => Verdict::NoLabel(found, label),
            Some([_, Faults { first: Some(value), .. }]) => Verdict::NoValue(found, value),
            Some(_) | None => Verdict::Fits(found),
        }
    }

    /// The matchers that series of one shape cannot match: those with a missing label, and those with a missing value.
    fn faults(&self, found: FoundMetric, shape: &Shape) -> [Faults; 2] {
        let [mut labels, mut values] = [Faults::default(), Faults::default()];
        for (index, matcher) in self.reading.selector.matchers.iter().enumerate() {
            let own = ["le", "quantile"].contains(&matcher.label.as_str())
                && (found.part == Part::Bucket || found.family.kind == Kind::Summary);
            match shape.labels.get(&matcher.label) {
                _ if own => {}
                // If only matchers separate successful events, a matcher that also matches a missing label separates nothing.
                None if self.asked[index].meets("") != Some(false) && !self.is_nameless() => {}
                None if is_of_target(&self.model.project.prometheus, &matcher.label) => {}
                None => labels.push(index),
                Some(known) if known.more > 0 => {}
                Some(known) => {
                    if known.known.iter().all(|value| self.asked[index].meets(value) == Some(false)) {
                        values.push(index);
                    }
                }
            }
        }
        [labels, values]
    }
}

/// Matchers, by index.
#[derive(Default)]
struct Faults {
    count: usize,
    first: Option<usize>,
}

impl Faults {
    fn push(&mut self, index: usize) {
        self.count += 1;
        self.first.get_or_insert(index);
    }
}

/// Series that no program exposes: Prometheus or a rule makes them.
fn made_by_prometheus(name: &str) -> bool {
    const MADE: [&str; 3] = ["up", "ALERTS", "ALERTS_FOR_STATE"];
    MADE.contains(&name) || name.starts_with("scrape_") || name.contains(':')
}

/// Whether series may have a label from their target.
pub(super) fn is_of_target(prometheus: &Prometheus, label: &str) -> bool {
    ["job", "instance"].contains(&label)
        || prometheus.target_labels.iter().chain(&prometheus.replica_labels).any(|it| it.as_str() == label)
        || prometheus
            .jobs
            .iter()
            .flatten()
            .any(|job| job.open || job.labels.iter().any(|target| target == label))
}

/// A name in YAML's spelling for a list or a key.
pub(super) fn in_yaml(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | ':');
    let is_word = name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    match is_word && !name.ends_with(':') {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "''")),
    }
}

/// Advice to use another metric, with the edit if it is possible. A quoted name is written inside of the braces, and a name that needs quotes cannot
/// be written before them.
pub(super) fn renamed(
    problem: Problem,
    reading: &MetricRead,
    name: &str,
    advice: impl Fn(&str) -> String,
) -> Problem {
    let in_braces = reading.name.start > reading.place.start;
    let spelled = places::spelled_metric(name);
    if in_braces {
        let quoted = build::string(name).to_string();
        return problem.spelled(advice(&quoted), reading.name, reading.spelling.of(&quoted));
    }
    if spelled == name {
        return problem.spelled(advice(name), reading.name, reading.spelling.of(name));
    }
    let selector =
        Selector { name: Some(name.to_owned()), at: Modifiers::default(), ..reading.selector.clone() };
    let text = selector.to_string();
    match reading.spelling {
        // YAML reads text that begins with a brace as a map.
        Spelling::Plain | Spelling::Unknown => {
            problem.help(format!("{}, with the query in single quotes", advice(&text)))
        }
        spelling => problem.spelled(advice(&text), reading.place, spelling.of(&text)),
    }
}

/// Whether a metric has the type that a query needs, if the type is known. Exporters often declare a counter as a gauge, with the right name.
fn has_fitting_type(role: Role, found: &FoundMetric) -> bool {
    let kind = match found.part {
        Part::Bucket | Part::Count | Part::Sum => Kind::Counter,
        Part::Whole => found.family.kind,
    };
    let counts = matches!(kind, Kind::Counter | Kind::Unknown)
        || kind == Kind::Gauge && found.name.ends_with("_total");
    let native = matches!(kind, Kind::NativeHistogram | Kind::BothHistograms);
    match role {
        Role::Total | Role::Good | Role::Bad => counts,
        Role::Classic(_) => {
            matches!(found.family.kind, Kind::Histogram | Kind::BothHistograms) && found.part == Part::Whole
        }
        Role::Native => native || kind == Kind::Unknown,
        Role::Gain => counts || native,
        Role::Course => kind != Kind::Counter && kind != Kind::Histogram,
        Role::State => kind != Kind::Histogram,
    }
}

/// The name of a type.
pub(super) fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "a counter",
        Kind::Gauge => "a gauge",
        Kind::Histogram => "a histogram with buckets",
        Kind::NativeHistogram => "a native histogram",
        Kind::BothHistograms => "a histogram",
        Kind::Summary => "a summary",
        Kind::Info => "a gauge that is always 1",
        Kind::StateSet => "a set of states",
        Kind::Unknown => "of no known type",
    }
}

/// How many problems are searched for an equal one.
const NEAR: usize = 256;

/// The most places of one problem.
const PLACES: usize = 8;

/// Adds a problem, or a second place to the same problem of the same SLI: a mistake is reported once, even if it is written several times or the SLI
/// has several objectives.
pub(super) fn report(problems: &mut Vec<Problem>, reader: Reader, problem: Problem) {
    let all = reader.place();
    let within = |span: Span| span.source == all.source && all.start <= span.start && span.end <= all.end;
    let same = |other: &&mut Problem| {
        other.code == problem.code
            && other.headline == problem.headline
            && other.primary.text == problem.primary.text
            && (other.primary.span == problem.primary.span
                || within(other.primary.span) && within(problem.primary.span))
    };
    // The problems of one SLI are reported together.
    let Some(known) = problems.iter_mut().rev().take(NEAR).find(same) else { return problems.push(problem) };
    let span = problem.primary.span;
    let is_reported = known.primary.span == span || known.secondary.iter().any(|label| label.span == span);
    if !is_reported && known.secondary.len() < PLACES {
        known.secondary.push(Label { span, text: "and here".to_owned() });
    }
}

/// The bounds of the series that a selector matches.
fn selected<'a>(place: &Place, found: &FoundMetric<'a>) -> impl Iterator<Item = Decimal> + use<'a> {
    let fits = |shape: &&'a Shape| place.faults(*found, shape).iter().all(|faults| faults.count == 0);
    let mut shapes = found.family.shapes.iter().filter(fits);
    // A bound must exist in all shapes.
    let first = shapes.next().map(|shape| shape.bounds.clone()).unwrap_or_default();
    let rest: Vec<_> = shapes.collect();
    first.into_iter().filter(move |bound| rest.iter().all(|shape| shape.bounds.contains(bound)))
}

/// All known values of a label.
fn values<'a>(found: FoundMetric<'a>, label: &str) -> Vec<&'a str> {
    let of = found.family.shapes.iter().filter_map(|shape| shape.labels.get(label));
    let mut values: Vec<&str> = of.flat_map(|values| values.known.iter().map(String::as_str)).collect();
    values.sort();
    values.dedup();
    values
}
