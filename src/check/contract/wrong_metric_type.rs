//! Metrics that are used as another type: a gauge as a counter, a counter as a histogram.

use std::collections::BTreeSet;

use super::{
    FoundMetric, JudgedSelector, Place, Reader, Verdict, made_by_prometheus, named, renamed, report, words,
};
use crate::contract::{Kind, Part};
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::{MetricRead, Role, Sli};
use crate::promql::ast::{self as promql, Binary, Expr, Modifiers, Op, Selector};
use crate::promql::build;
use crate::vocabulary::{self, Duration};

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
        ) if is_in_quantile(place) && found.family.kind != Kind::Summary => {
            let bucket = format!("{name}_bucket");
            renamed(problem, place.reading, &bucket, |written| format!("read its buckets: `{written}`"))
        }
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
        (Role::State, Kind::Histogram) if place.reading.selector.equal("quantile").is_some() => {
            problem.help(format!("compute the quantile: `{}`", quantile(&place.reading.selector)))
        }
        (Role::State, _) => problem.help("compare the `rate` of its `_count`, `_sum` or `_bucket`"),
    }
}

/// `histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))` of `x{quantile="0.95"}`.
fn quantile(selector: &Selector) -> String {
    let of = |matcher: &&promql::Matcher| matcher.label == "quantile";
    let share = selector.matchers.iter().find(of).map_or("0.95", |matcher| matcher.value.as_str());
    let matchers: Vec<_> = selector.matchers.iter().filter(|matcher| !of(matcher)).cloned().collect();
    let name = format!("{}_bucket", selector.name.as_deref().unwrap_or_default());
    let buckets = Selector { name: Some(name), matchers: matchers.into(), ..selector.clone() };
    format!("histogram_quantile({share}, sum by (le) (rate({buckets}[5m])))")
}

/// Whether a selector is an argument of `histogram_quantile`.
fn is_in_quantile(place: &Place) -> bool {
    let Some(expr) = place.reader.expr() else { return false };
    expr.contains(|part| match &part.kind {
        promql::Kind::Call { function, args } if function == "histogram_quantile" => {
            args.iter().any(|arg| arg.selectors().contains(&&place.reading.selector))
        }
        _ => false,
    })
}

/// Gauges that are known by their names, used as counters. Only where no contract says their type.
pub(in crate::check) fn by_name(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for service in &model.services {
        let is_known = |reading: &MetricRead| {
            let contract = service.contract.as_ref();
            contract.is_some_and(|contract| contract.find(named(reading)).is_some())
                || reading.metrics().any(|metric| service.planned.contains_key(metric))
        };
        for reader in Reader::all(service) {
            for reading in reader.readings() {
                let counts = matches!(reading.role, Role::Total | Role::Good | Role::Bad | Role::Gain);
                if let Some(known) = KnownGauge::of(named(reading)).filter(|_| counts && !is_known(reading)) {
                    report(problems, reader, known.problem(reading));
                }
            }
        }
    }
}

/// Sums of observed values that are used as counts: beside counts of the same histogram, or because they are lengths of time by their names.
pub(in crate::check) fn by_sum(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    const LENGTHS: [&str; 6] = ["seconds", "milliseconds", "ms", "duration", "latency", "time"];
    for slo in model.services.iter().flat_map(|service| &service.slos) {
        let counts = |reading: &&MetricRead| matches!(reading.role, Role::Total | Role::Good | Role::Bad);
        let names: BTreeSet<&str> = slo.readings.iter().filter(counts).map(named).collect();
        for reading in slo.readings.iter().filter(counts) {
            let name = named(reading);
            let Some(stem) = name.strip_suffix("_sum") else { continue };
            let (count, bucket) = (format!("{stem}_count"), format!("{stem}_bucket"));
            let is_length = stem.rsplit('_').next().is_some_and(|unit| LENGTHS.contains(&unit));
            if !is_length && !names.contains(count.as_str()) && !names.contains(bucket.as_str()) {
                continue;
            }
            let headline =
                format!("`{name}` adds up the observed values, but a count of events is needed here");
            let problem = Problem::error(Code::WrongMetricType, reading.name, headline);
            let problem = match reading.role {
                Role::Total => problem.help(format!("count the events: `{count}`")),
                _ if !reading.selector.matchers.iter().any(|matcher| matcher.label == "le")
                    && !names.contains(count.as_str()) =>
                {
                    problem
                        .help(format!("count the bad events: `{count}` with the label that tells them apart"))
                }
                _ => problem.help(format!("count the events up to a bound: `{bucket}{{le=\"0.5\"}}`")),
            };
            report(problems, Reader::Slo(slo), problem);
        }
    }
}

/// Counters whose value is compared with a limit: it only grows until the next restart.
pub(in crate::check) fn by_value(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for service in &model.services {
        let alerts = service.alerts.iter().map(|alert| (Reader::Companion(alert), &alert.expr));
        let slos = service.slos.iter().filter_map(|slo| match &slo.sli {
            Sli::Checked { good, .. } => Some((Reader::Slo(slo), good)),
            _ => None,
        });
        for (reader, expr) in alerts.chain(slos) {
            expr.visit(&mut |part| {
                let Some((selector, growth)) = compared(part) else { return };
                // `x > 0` beside a division by `x`.
                let is_guard = matches!(&part.kind, promql::Kind::Binary(binary) if binary.op == Op::Gt && binary.right.to_string() == "0");
                if is_guard && expr.selectors().iter().filter(|other| ***other == *selector).count() > 1 {
                    return;
                }
                let name = selector.name.as_deref().unwrap_or_default();
                let known = service.contract.as_ref().and_then(|contract| contract.find(name));
                let counts = known.map_or(name.ends_with("_total"), |(_, family, part)| {
                    family.kind == Kind::Counter || matches!(part, Part::Bucket | Part::Count | Part::Sum)
                });
                let same = |reading: &&MetricRead| reading.selector == *selector;
                if let Some(reading) = reader.readings().iter().find(same).filter(|_| counts) {
                    let headline = format!("`{name}` is a counter, and its value only grows until a restart");
                    let problem = Problem::warning(Code::WrongMetricType, reading.name, headline)
                        .label("a comparison with its value says nothing about the last minutes");
                    report(problems, reader, problem.help(format!("compare its increase: `{growth}`")));
                }
            });
        }
    }
}

/// Gauges that are no probes by their names: what they measure is seldom 1.
pub(in crate::check) fn by_probe(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    const UNITS: [&str; 5] = ["_bytes", "_seconds", "_connections", "_count", "_total"];
    for slo in model.services.iter().flat_map(|service| &service.slos) {
        let Sli::Checked { good, .. } = &slo.sli else { continue };
        let promql::Kind::Binary(binary) = &good.kind else { continue };
        let (promql::Kind::Selector(selector), Op::Eq) = (&binary.left.kind, binary.op) else { continue };
        // A queue may have to be empty.
        if binary.right.to_string() != "1" {
            continue;
        }
        let name = selector.name.as_deref().unwrap_or_default();
        let is_value = matches!(KnownGauge::of(name), Some(KnownGauge::Value | KnownGauge::Moment))
            || UNITS.iter().any(|unit| name.ends_with(unit));
        let same = |reading: &&MetricRead| reading.selector == **selector;
        if let Some(reading) = slo.readings.iter().find(same).filter(|_| is_value) {
            let headline = format!("`{name}` is seldom 1, and a probe is 1 while all is well");
            let problem = Problem::warning(Code::WrongMetricType, reading.name, headline)
                .label("its name is that of a measurement")
                .help(format!("say which values are good: `sli: {{ condition: '{selector} < 100' }}`"));
            report(problems, Reader::Slo(slo), problem);
        }
    }
}

/// The selector that is compared with a limit, and the same comparison of its increase.
fn compared(expr: &Expr) -> Option<(&Selector, Expr)> {
    let promql::Kind::Binary(binary) = &expr.kind else { return None };
    if !matches!(binary.op, Op::Lt | Op::Le | Op::Gt | Op::Ge) {
        return None;
    }
    let five_minutes = Duration::from_secs(300);
    let increase = |selector: &Selector| build::call("increase", vec![selector.clone().range(five_minutes)]);
    let of = |left: Expr, right: Expr| Expr {
        kind: promql::Kind::Binary(Box::new(Binary { left, right, ..(**binary).clone() })),
        ..expr.clone()
    };
    match (&binary.left.kind, &binary.right.kind) {
        // `avg(x) > 1`
        (promql::Kind::Aggregate { expr: inner, param: None, .. }, _)
            if binary.right.selectors().is_empty() =>
        {
            let promql::Kind::Selector(one) = &inner.kind else { return None };
            let mut left = binary.left.clone();
            if let promql::Kind::Aggregate { expr: inner, op, .. } = &mut left.kind {
                if op == "count" {
                    return None;
                }
                **inner = increase(one);
            }
            Some((one, of(left, binary.right.clone())))
        }
        (promql::Kind::Selector(one), _) if binary.right.selectors().is_empty() => {
            Some((one, of(increase(one), binary.right.clone())))
        }
        (_, promql::Kind::Selector(one)) if binary.left.selectors().is_empty() => {
            Some((one, of(binary.left.clone(), increase(one))))
        }
        _ => None,
    }
}

/// What is known of a gauge by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KnownGauge {
    /// Prometheus makes it.
    Made,
    /// It is 1 in the good state, and else 0.
    Up,
    /// A point in time.
    Moment,
    /// Another value that is no count.
    Value,
}

impl KnownGauge {
    fn of(name: &str) -> Option<Self> {
        const PROCESS: [&str; 9] = [
            "go_goroutines",
            "go_threads",
            "node_load1",
            "node_load5",
            "node_load15",
            "process_max_fds",
            "process_open_fds",
            "process_resident_memory_bytes",
            "process_virtual_memory_bytes",
        ];
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if vocabulary::is_named_up(name) {
            return Some(Self::Up);
        }
        if made_by_prometheus(name) && !name.contains(':') {
            return Some(Self::Made);
        }
        if ends(&["_timestamp", "_timestamp_seconds", "_start_time_seconds", "_created"]) {
            return Some(Self::Moment);
        }
        const VALUES: [&str; 18] = [
            "_active",
            "_capacity",
            "_celsius",
            "_current",
            "_depth",
            "_free",
            "_in_flight",
            "_inflight",
            "_info",
            "_length",
            "_pending",
            "_percent",
            "_queued",
            "_ratio",
            "_size",
            "_temperature",
            "_usage",
            "_utilization",
        ];
        let value = PROCESS.contains(&name) || ends(&VALUES);
        value.then_some(Self::Value)
    }

    fn problem(self, reading: &MetricRead) -> Problem {
        let name = named(reading);
        let (headline, span) = (format!("`{name}` is a gauge, but a counter is needed here"), reading.name);
        // A name of a convention may lie.
        let problem = match self == Self::Made || name == "up" {
            true => Problem::error(Code::WrongMetricType, span, headline),
            false => Problem::warning(Code::WrongMetricType, span, headline),
        };
        let selector = Selector { at: Modifiers::default(), ..reading.selector.clone() };
        if reading.role == Role::Gain {
            let advice = "`rate` and `increase` are for counters; for a gauge use `delta` or `avg_over_time`";
            return problem.label("its name is that of a gauge").help(advice);
        }
        match self {
            Self::Up => problem
                .label("it is 1 or 0, and its increase counts nothing")
                .help(format!("write it as a `probe`, without `total`, `good` and `bad`: `sli: {{ probe: '{selector}' }}`")),
            Self::Made => problem.label("Prometheus makes this series, and its increase counts nothing").help(
                "write counters of the program, or what is true while all is well: `sli: { condition: 'queue_length < 100' }`",
            ),
            Self::Moment if name.ends_with("_created") => problem
                .label("it is the time at which the counter began")
                .help(format!("count the events: `{}_total`", name.trim_end_matches("_created"))),
            Self::Moment => problem.label("it is a point in time").help(format!(
                "promise its age: `objective: 99% < 1h` with `sli: {{ freshness: '{selector}' }}`"
            )),
            Self::Value => problem
                .label("its name is that of a gauge")
                .help(format!("say which values are good, in a `condition` such as `{selector} < 100`"))
                .help("or, if it is a counter, name a contract that says so, in `metrics`"),
        }
    }
}
