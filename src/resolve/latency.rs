//! Latency SLIs: events of a histogram below a bound, and successful.

use super::reader::{Reader, reading};
use super::sli::Context;
use super::sli_advice::{base, of_quantile};
use super::whole;
use crate::ast::SliBlock;
use crate::diagnostic::{Code, Problem};
use crate::model::{Counter, Histogram, MetricRead, Role, Sli, Term};
use crate::promql::ast::{Expr, Kind, Matcher, Selector};
use crate::promql::{self, bounds, build, places, since, without_parens};
use crate::scalar::Scalar;
use crate::vocabulary::Decimal;

/// The first Prometheus whose promtool can test native histograms.
const NATIVE_SINCE: (u32, u32) = (2, 54);

impl Reader {
    /// `latency`
    pub fn latency(
        &mut self,
        query: &Scalar,
        block: &SliBlock,
        context: &Context,
        problems: &mut Vec<Problem>,
    ) -> Option<Sli> {
        let (expr, _) = self.read(query, problems)?;
        let expr = without_parens(&expr);
        let selector = match expr.kind {
            Kind::Selector(selector) if selector.name.is_some() => *selector,
            _ => {
                problems.push(
                    Problem::error(
                        Code::NotACounterSelector,
                        whole(query),
                        "`latency` must be the selector of one histogram",
                    )
                    .help(format!("write its name and labels: `{}`", base(&expr))),
                );
                return None;
            }
        };
        if let Some(quantile) = selector.matchers.iter().find(|matcher| matcher.label == "quantile") {
            let place = query.place(quantile.span.start, quantile.span.end);
            problems.push(of_quantile(&selector, place, context.promise));
            return None;
        }
        let name = selector.name.clone().unwrap_or_default();
        for suffix in ["_bucket", "_count", "_sum"] {
            if let Some(base) = name.strip_suffix(suffix) {
                let span = places::name(&query.text, &selector);
                let place = query.place(span.start, span.end);
                let quoted = span.end - span.start > name.len();
                let base = if quoted { build::string(base).to_string() } else { base.to_owned() };
                // The bound is decided by the objective.
                if let Some(le) = selector.matchers.iter().find(|matcher| matcher.label == "le") {
                    let (inner, all) = (places::with_comma(&query.text, le), whole(query));
                    let meant = [&query.text[..inner.start], &query.text[inner.end..]]
                        .concat()
                        .replacen(&name, &base, 1);
                    let meant = meant.replace("{}", "");
                    let problem = Problem::error(
                        Code::NotACounterSelector,
                        place,
                        format!("`{suffix}` with `{le}` is one series of the histogram"),
                    );
                    problems.push(problem.label("the objective decides the bound").spelled(
                        format!("write `{meant}`"),
                        all,
                        query.spelling().of(&meant),
                    ));
                    return None;
                }
                let spelled = query.spelling().of(&base);
                problems.push(
                    Problem::error(
                        Code::NotACounterSelector,
                        place,
                        format!("`{suffix}` is one series of the histogram"),
                    )
                    .spelled(
                        format!("write the name of the histogram: `{base}`"),
                        place,
                        spelled,
                    ),
                );
                return None;
            }
        }
        if let Some(le) = selector.matchers.iter().find(|matcher| matcher.label == "le") {
            let (place, all) = (le.span, places::with_comma(&query.text, le));
            let [place, all] = [place, all].map(|span| query.place(span.start, span.end));
            problems.push(
                Problem::error(
                    Code::NotACounterSelector,
                    place,
                    "the objective already decides the bound `le`",
                )
                .spelled("remove it", all, query.spelling().of("")),
            );
            return None;
        }
        let threshold = context.promise.and_then(|promise| promise.threshold)?;
        let bound = match block.unit.as_ref().map(|unit| (unit, unit.text.as_str())) {
            None | Some((_, "seconds")) => Decimal::new(threshold.millis() as i64, 3),
            Some((_, "milliseconds")) => Decimal::from(threshold.millis()),
            Some((unit, _)) => {
                let meant = match unit.text.to_lowercase().starts_with('m') {
                    true => "milliseconds",
                    false => "seconds",
                };
                problems.push(
                    Problem::error(Code::WrongType, whole(unit), "this unit is not supported")
                        .label("expected `seconds` or `milliseconds`")
                        .fix(format!("write `{meant}`"), whole(unit), meant),
                );
                return None;
            }
        };
        let success = match &block.successful {
            Some(written) => {
                let native = block.histogram.as_ref().is_some_and(|histogram| histogram.text == "native");
                self.successful(written, (&selector, native), problems)?
            }
            None => Vec::new(),
        };
        let successful = |selector: Selector| Selector {
            matchers: selector.matchers.iter().chain(&success).cloned().collect::<Vec<_>>().into(),
            ..selector
        };
        let term = |counter| Some(vec![Term { negative: false, counter }]);
        let milliseconds = block.unit.as_ref().is_some_and(|unit| unit.text == "milliseconds");
        let histogram = |native| {
            Some(Histogram { selector: selector.clone(), native, milliseconds, success: success.clone() })
        };
        match block.histogram.as_ref().map(|histogram| (histogram, histogram.text.as_str())) {
            None | Some((_, "classic")) => {
                let part =
                    |suffix: &str| Selector { name: Some(format!("{name}{suffix}")), ..selector.clone() };
                let (op, value) = bounds::matching(bound);
                self.readings.insert(0, reading(&selector, Role::Classic(bound), query));
                Some(Sli::Counted {
                    histogram: histogram(false),
                    total: term(Counter::Plain(part("_count"))),
                    good: term(Counter::Plain(successful(part("_bucket").matching("le", op, &value)))),
                    bad: None,
                })
            }
            Some((_, "native")) if self.version >= NATIVE_SINCE => {
                self.readings.insert(0, reading(&selector, Role::Native, query));
                Some(Sli::Counted {
                    histogram: histogram(true),
                    total: term(Counter::NativeCount(selector.clone())),
                    good: term(Counter::NativeBelow(successful(selector), bound)),
                    bad: None,
                })
            }
            Some((written, "native")) => {
                let (major, minor) = NATIVE_SINCE;
                problems.push(
                    Problem::error(Code::NeedsNewerPrometheus, whole(written), format!("native histograms need Prometheus {major}.{minor}"))
                        .label(format!("the rules must load in Prometheus {}.{}", self.version.0, self.version.1))
                        .help(format!("declare `prometheus: {{ version: \"{major}.{minor}\" }}` in the project file, or use `classic`")),
                );
                None
            }
            Some((written, _)) => {
                let meant = match written.text.to_lowercase().starts_with(['n', 'e']) {
                    true => "native",
                    false => "classic",
                };
                problems.push(
                    Problem::error(Code::WrongType, whole(written), "there is no such kind of histogram")
                        .label("expected `classic` or `native`")
                        .fix(format!("write `{meant}`"), whole(written), meant),
                );
                None
            }
        }
    }

    /// `successful`: matchers, with or without their braces.
    fn successful(
        &mut self,
        written: &Scalar,
        (histogram, native): (&Selector, bool),
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Matcher>> {
        let braced = written.text.trim_start().starts_with('{');
        // A selector needs a name. Text added before it moves every place.
        let (query, moved) = match braced {
            true => (format!("_{}", written.text), 1),
            false => (format!("_{{{}}}", written.text), 2),
        };
        let back = |at: usize| at.saturating_sub(moved).min(written.text.len());
        let place = |span: promql::ast::Span| written.place(back(span.start), back(span.end));
        let parsed = promql::parse(&query);
        let faults = parsed.as_ref().map(promql::check);
        if let Ok(Err(faults)) = faults {
            problems.extend(
                (faults.into_iter())
                    .map(|fault| Problem::error(Code::PromqlType, place(fault.span), fault.message)),
            );
            return None;
        }
        if let Some(newer) = parsed.iter().flat_map(|expr| since::newer_than(expr, self.version)).next() {
            let (major, minor) = newer.since;
            let problem = Problem::error(Code::NeedsNewerPrometheus, whole(written), newer.headline());
            problems.push(problem.help(format!(
                "declare `prometheus: {{ version: \"{major}.{minor}\" }}` in the project file, if your servers are that new"
            )));
            return None;
        }
        let selector = match parsed {
            Ok(Expr { kind: Kind::Selector(selector), .. }) if !is_moved(&selector) => *selector,
            Err(_) if !braced => {
                let headline = "this is not a list of matchers";
                let problem = Problem::error(Code::PromqlSyntax, whole(written), headline);
                let inner =
                    written.text.split_once('{').and_then(|(_, rest)| rest.trim_end().strip_suffix('}'));
                problems.push(match inner.filter(|inner| promql::parse(&format!("_{{{inner}}}")).is_ok()) {
                    Some(inner) => problem.help(format!("write only the matchers: `successful: {inner}`")),
                    None => problem.help("write label matchers, such as `successful: status!~\"5..\"`"),
                });
                return None;
            }
            Ok(_) => {
                problems.push(
                    Problem::error(
                        Code::NotACounterSelector,
                        whole(written),
                        "`successful` must be label matchers",
                    )
                    .help("write how to recognise successful events, such as `successful: status!~\"5..\"`"),
                );
                return None;
            }
            Err(fault) => {
                let problem = Problem::error(Code::PromqlSyntax, place(fault.span), fault.message);
                problems.push(problem.help("write label matchers, such as `successful: status!~\"5..\"`"));
                return None;
            }
        };
        let known = |matcher: &&Matcher| {
            ["le", "__name__"].contains(&matcher.label.as_str())
                || histogram.matchers.iter().any(|other| {
                    (&other.label, other.op, &other.value) == (&matcher.label, matcher.op, &matcher.value)
                })
        };
        if selector.matchers.is_empty() {
            problems.push(
                Problem::error(Code::NotACounterSelector, whole(written), "`successful` has no matchers").help(
                    "write how to recognise successful events, such as `successful: status!~\"5..\"`, or remove it",
                ),
            );
            return None;
        }
        if let Some(matcher) = selector.matchers.iter().find(known) {
            let sentence = match matcher.label.as_str() {
                "le" => "the objective already decides the bound `le`",
                "__name__" => "`latency` already names the metric",
                _ => "`latency` already has this matcher",
            };
            let problem = Problem::error(Code::NotACounterSelector, place(matcher.span), sentence);
            problems.push(problem.help("remove it from `successful`"));
            return None;
        }
        // Only these matchers are checked: the others are part of `latency`.
        let base = histogram.name.clone().unwrap_or_default();
        let (name, role) = match native {
            true => (base, Role::Gain),
            false => (format!("{base}_count"), Role::Good),
        };
        let all = whole(written);
        let label = |matcher: &Matcher| {
            let span = places::label(&query, matcher);
            written.place(back(span.start), back(span.end))
        };
        self.readings.push(MetricRead {
            selector: Selector { name: Some(name), ..selector.clone() },
            role,
            name: all,
            matchers: selector.matchers.iter().map(|matcher| place(matcher.span)).collect(),
            labels: selector.matchers.iter().map(label).collect(),
            place: all,
            spelling: written.spelling(),
        });
        Some(selector.matchers.to_vec())
    }
}

/// Whether a selector has `offset` or `@`.
fn is_moved(selector: &Selector) -> bool {
    let at = &selector.at;
    at.offset.is_some() || at.at.is_some() || at.extension.is_some()
}
