//! The meaning of another tool's query: which counters it counts, or which state it reads.
//!
//! A query is parsed, and its tree is read as arithmetic on counters. Windows, `rate`, `sum` and guards against idle times are removed, and reported.
//! The rest has to be a sum of counters. Otherwise the query is not understood, and the place of the reason is returned.
//!
//! **Invariant:** the spelling does not matter: two queries with the same meaning have the same result.

use super::keys::not_carried;
use super::measure::Counts;
use std::collections::BTreeSet;

use super::measure::{CountKind, Guard, Measured, NotUnderstood, Sum, Term, same_series};
use crate::diagnostic::{Code, Problem};
use crate::promql::ast::{Expr, Grouping, Kind, MatchOp, Op, Selector, Span, Time};
use crate::promql::{self, build, without_parens};
use crate::scalar::Scalar;
use crate::vocabulary::Decimal;

/// The placeholder of a window in slowburn.
pub const WINDOW: &str = "window";

/// Advice for Helm templates.
pub const HELM: &str = "templates of Helm are not filled in: import what `helm template` prints";

/// Whether counters are wrapped in a function such as `rate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counters {
    /// `rate(x[5m])`
    Gained,
    /// `x`: the tool knows from elsewhere that it is a counter.
    Bare,
}

impl Counts {
    fn other(self) -> Self {
        match self {
            Self::Good => Self::Bad,
            Self::Bad => Self::Good,
        }
    }
}

#[derive(Debug)]
struct Ratio {
    over: Sum,
    counts: Counts,
    total: Sum,
    guards: BTreeSet<Guard>,
}

/// The meaning of a query, and the guards that were removed.
#[derive(Debug)]
pub struct Understood {
    pub measured: Measured,
    pub by: Vec<String>,
    pub guards: BTreeSet<Guard>,
}

/// Parses a query; its window becomes `$window`, and offsets are removed. `None` with a problem if it is not PromQL.
pub fn read(query: &Scalar, problems: &mut Vec<Problem>) -> Option<Expr> {
    let place = |span: Span| query.place(span.start, span.end);
    let text = match untemplated(&query.text) {
        Ok(text) => text,
        Err(span) => {
            let template = &query.text[span.start..span.end];
            let of_helm = ["include", ".Values", "printf", "`"].iter().any(|word| template.contains(word));
            problems.push(
                Problem::error(Code::PromqlSyntax, place(span), "this template is not known")
                    .label("only the window is known")
                    .help(if of_helm { HELM } else { "write the value that the template would give" }),
            );
            return None;
        }
    };
    let (expr, _) = match promql::read(&text) {
        Ok(read) => read,
        Err(faults) => {
            for fault in faults {
                let problem = Problem::error(Code::PromqlSyntax, place(fault.span), fault.message);
                problems.push(match fault.help {
                    Some(help) => problem.help(help),
                    None => problem,
                });
            }
            return None;
        }
    };
    let mut moved = Vec::new();
    for selector in expr.selectors() {
        let offset = selector.at.offset.as_ref().map(|(_, span)| (*span, "offset"));
        let at = selector.at.at.as_ref().map(|(_, span)| (*span, "@"));
        let extension = selector.at.extension.as_ref().map(|(_, span)| (*span, "anchored or smoothed"));
        moved.extend([offset, at, extension].into_iter().flatten());
    }
    for (span, what) in moved {
        problems.push(
            not_carried(place(span), format!("`{what}` is left out"))
                .label("the rules choose the time themselves"),
        );
    }
    let now = |selector: Selector| Selector { at: Default::default(), ..selector };
    let window = |time: Time| match time {
        Time::Placeholder(_) => Time::Placeholder(WINDOW.to_owned()),
        other => other,
    };
    Some(without_parens(&expr.map_selectors(&mut { now }).map_times(&mut { window })))
}

/// The text with the window of a Go template replaced by the placeholder, at the same positions; the place of any other template as an error.
fn untemplated(text: &str) -> Result<String, Span> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|found| found + at) {
        // In PromQL, two closing braces without a template are possible only in strings.
        let Some(end) = text[start..].find("}}").map(|found| found + start + 2) else { break };
        let inner = text[start + 2..end - 2].trim_matches(|c: char| c.is_whitespace() || c == '-');
        if inner != ".window" && inner != ".Window" {
            return Err(Span { start, end });
        }
        out.push_str(&text[at..start]);
        out.push('$');
        out.push_str(WINDOW);
        out.extend(std::iter::repeat_n(' ', end - start - WINDOW.len() - 1));
        at = end;
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// The meaning of two queries, of which one counts all events.
pub fn events(
    part: &Expr,
    counts: Counts,
    total: &Expr,
    counters: Counters,
) -> Result<Understood, NotUnderstood> {
    // A user who has only a ratio divides it by one.
    if is_one(total) {
        return ratio(part, counts, counters);
    }
    let over = sum(part, counters)?;
    let total = sum(total, counters)?;
    measured(Ratio { over, counts, total, guards: BTreeSet::new() })
}

/// The meaning of one query that is a ratio.
pub fn ratio(query: &Expr, counts: Counts, counters: Counters) -> Result<Understood, NotUnderstood> {
    measured(fraction(query, counts, counters)?)
}

/// Why a query does not count events, if so.
pub fn uncounted(query: &Expr, counters: Counters) -> Option<NotUnderstood> {
    sum(query, counters).err()
}

/// Reads a query as a ratio of two sums.
fn fraction(query: &Expr, counts: Counts, counters: Counters) -> Result<Ratio, NotUnderstood> {
    let guarded = |mut ratio: Ratio, guard: Guard| {
        ratio.guards.insert(guard);
        ratio
    };
    match &query.kind {
        Kind::Binary(binary) => match binary.op {
            Op::Sub if is_one(&binary.left) => fraction(&binary.right, counts.other(), counters),
            Op::Div if binary.matching.as_ref().is_some_and(|matching| matching.group.is_some()) => {
                Err(why(query, "one side has more series than the other, so each series has its own ratio"))
            }
            Op::Div => {
                let (over, total) = (sum(&binary.left, counters)?, sum(&binary.right, counters)?);
                Ok(Ratio { over, counts, total, guards: BTreeSet::new() })
            }
            Op::Or if is_zero(&binary.right) || is_one(&binary.right) => {
                Ok(guarded(fraction(&binary.left, counts, counters)?, Guard::Idle))
            }
            Op::And | Op::Unless => {
                let guard = guard(&binary.right, binary.op == Op::Unless);
                Ok(guarded(fraction(&binary.left, counts, counters)?, guard))
            }
            // A comparison with another number than 0 would change the ratio.
            op if keeps_large(op) && !binary.bool && is_number(&binary.right) == Some(Decimal::ZERO) => {
                let guard = guard(query, false);
                Ok(guarded(fraction(&binary.left, counts, counters)?, guard))
            }
            _ => Err(why(query, "this is not a ratio of counters")),
        },
        Kind::Call { function, args } if CLAMPS.contains(&function.as_str()) => Ok(guarded(
            fraction(args.first().ok_or_else(|| why(query, "nothing is clamped"))?, counts, counters)?,
            Guard::Clamped,
        )),
        Kind::Call { function, args } if function == "histogram_fraction" => {
            let ([low, high, over], counters) = (&args[..], counters) else {
                return Err(why(query, "this is not a ratio of counters"));
            };
            let bound = is_number(high).filter(|_| is_number(low) == Some(Decimal::ZERO));
            let bound = bound
                .ok_or_else(|| why(query, "a share between two bounds is not a share below one bound"))?;
            let total = sum(over, counters)?;
            let part = |of: CountKind| {
                let terms = total.terms.iter().map(|term| Term { of: of.clone(), ..term.clone() });
                Sum { terms: terms.collect(), ..total.clone() }
            };
            Ok(Ratio {
                over: part(CountKind::Below(bound)),
                counts,
                total: part(CountKind::NativeCount),
                guards: BTreeSet::new(),
            })
        }
        Kind::Call { function, args } if function == "avg_over_time" => match args
            .first()
            .map(|arg| &arg.kind)
        {
            Some(Kind::Range { selector, .. }) => {
                let part = |of| {
                    Sum::of(Term { negative: false, selector: (**selector).clone(), of, span: query.span })
                };
                Ok(Ratio {
                    over: part(CountKind::Summed),
                    counts,
                    total: part(CountKind::Looked),
                    guards: BTreeSet::new(),
                })
            }
            _ => Err(why(query, "an average over time does not count events")),
        },
        Kind::Aggregate { op, expr, grouping, param: None } if op == "avg" => {
            let mut ratio = fraction(expr, counts, counters)?;
            let looks = |sum: &Sum| {
                sum.terms.iter().all(|term| matches!(term.of, CountKind::Summed | CountKind::Looked))
            };
            if !looks(&ratio.over) || !looks(&ratio.total) {
                return Err(why(query, "an average of ratios gives every series the same weight"));
            }
            let by = kept(grouping.as_ref(), query)?;
            ratio.over.by = Some(by.clone());
            ratio.total.by = Some(by);
            Ok(ratio)
        }
        _ => Err(why(query, "this is not a ratio of counters")),
    }
}

const CLAMPS: [&str; 3] = ["clamp_min", "clamp_max", "clamp"];

/// Reads a query as a sum of counters.
fn sum(query: &Expr, counters: Counters) -> Result<Sum, NotUnderstood> {
    let guarded = |mut sum: Sum, guard: Guard| {
        sum.guards.insert(guard);
        sum
    };
    if is_zero(query) {
        return Ok(Sum::default());
    }
    match &query.kind {
        Kind::Selector(selector) if counters == Counters::Bare => Ok(Sum::of(gain(selector, query))),
        Kind::Selector(_) => Err(why(query, "the increase within a window is not known")),
        Kind::Unary { negative, expr } => {
            let inner = sum(expr, counters)?;
            Ok(if *negative { inner.negated() } else { inner })
        }
        Kind::Aggregate { op, expr, grouping, param: None } if op == "sum" => {
            let mut inner = sum(expr, counters)?;
            inner.by = Some(kept(grouping.as_ref(), query)?);
            Ok(inner)
        }
        Kind::Aggregate { op, expr, grouping, param: None } if op == "avg" => {
            let mut inner = sum(expr, counters)?;
            inner.by = Some(kept(grouping.as_ref(), query)?);
            // Divided by the mean of the same series, a mean gives the same ratio as a sum.
            inner.mean = Some(query.span);
            Ok(inner)
        }
        Kind::Aggregate { op, .. } => {
            Err(why(query, format!("`{op}` of several series is not the sum of their counts")))
        }
        Kind::Call { function, args } => match (function.as_str(), &args[..]) {
            ("rate" | "irate" | "increase", [arg]) => {
                let selector = match &arg.kind {
                    Kind::Range { selector, .. } => selector,
                    // The sum of increases over the steps of a subquery is the same increase.
                    Kind::Subquery { expr, .. } => match &expr.kind {
                        Kind::Selector(selector) => selector,
                        _ => {
                            return Err(why(
                                query,
                                "the increase of a subquery is not the increase of a counter",
                            ));
                        }
                    },
                    _ => return Err(why(query, "this is neither a counter nor a sum of counters")),
                };
                let mut gained = Sum::of(gain(selector, query));
                gained.per_second = Some(function != "increase");
                Ok(if function == "irate" { guarded(gained, Guard::LastTwo) } else { gained })
            }
            ("sum_over_time" | "count_over_time", [arg]) => samples_over_time(function, arg, query),
            ("clamp_min" | "clamp_max" | "clamp", [inner, ..]) => {
                Ok(guarded(sum(inner, counters)?, Guard::Clamped))
            }
            ("histogram_count", [inner]) => {
                let mut counted = sum(inner, counters)?;
                counted.terms.iter_mut().for_each(|term| term.of = CountKind::NativeCount);
                Ok(counted)
            }
            ("scalar" | "vector", [inner]) => sum(inner, counters),
            _ => Err(why(query, format!("`{function}` of counters is not a sum of them"))),
        },
        Kind::Binary(binary) => {
            let grouped = binary.matching.as_ref().is_some_and(|matching| matching.group.is_some());
            match binary.op {
                Op::Add | Op::Sub if !grouped => {
                    let left = sum(&binary.left, counters)?;
                    let right = sum(&binary.right, counters)?;
                    let right = if binary.op == Op::Sub { right.negated() } else { right };
                    left.plus(right).ok_or_else(|| why(query, "the two sides are counted in different ways"))
                }
                Op::Or if is_zero(&binary.right) => Ok(guarded(sum(&binary.left, counters)?, Guard::Absent)),
                // A guard against division by zero.
                Op::Or if is_number(&binary.right).is_some() => {
                    Ok(guarded(sum(&binary.left, counters)?, Guard::Idle))
                }
                Op::And => Ok(guarded(sum(&binary.left, counters)?, guard(&binary.right, false))),
                Op::Mul | Op::Div => {
                    let (inner, number) = match (is_number(&binary.left), is_number(&binary.right)) {
                        (_, Some(number)) => (&binary.left, number),
                        (Some(number), _) if binary.op == Op::Mul => (&binary.right, number),
                        _ => return Err(why(query, "this is a ratio, but a number of events is needed")),
                    };
                    let scaled = sum(inner, counters)?.scaled(number, binary.op == Op::Div);
                    scaled.ok_or_else(|| why(query, "each event must count once"))
                }
                op if keeps_large(op) && !binary.bool && is_number(&binary.right).is_some() => {
                    Ok(guarded(sum(&binary.left, counters)?, guard(query, false)))
                }
                _ => Err(why(query, "this is neither a sum nor a difference of counters")),
            }
        }
        _ => Err(why(query, "this is neither a counter nor a sum of counters")),
    }
}

fn gain(selector: &Selector, query: &Expr) -> Term {
    Term { negative: false, selector: selector.clone(), of: CountKind::Gain, span: query.span }
}

/// `sum_over_time(…)` and `count_over_time(…)`: the number of samples, and how often a condition was true.
fn samples_over_time(function: &str, arg: &Expr, query: &Expr) -> Result<Sum, NotUnderstood> {
    let counts = function == "count_over_time";
    match &arg.kind {
        Kind::Range { selector, .. } => {
            let of = if counts { CountKind::Looked } else { CountKind::Summed };
            Ok(Sum::of(Term { negative: false, selector: (**selector).clone(), of, span: query.span }))
        }
        Kind::Subquery { expr, .. } => {
            let (op, inner, grouping) = match &expr.kind {
                Kind::Aggregate { op, expr, grouping, param: None } => {
                    (op.as_str(), expr.as_ref(), grouping.as_ref())
                }
                _ => ("", expr.as_ref(), None),
            };
            let compared = |expr: &Expr, with_bool: bool| match &expr.kind {
                Kind::Binary(binary) if binary.op.is_comparison() && binary.bool == with_bool => {
                    let mut binary = (**binary).clone();
                    binary.bool = false;
                    Some(Expr { kind: Kind::Binary(Box::new(binary)), span: expr.span })
                }
                _ => None,
            };
            let held = match (counts, op) {
                (false, "count") | (true, "") => {
                    Some(compared(inner, false).unwrap_or_else(|| inner.clone()))
                }
                (false, "sum" | "") => compared(inner, true),
                _ => None,
            };
            let held = held.ok_or_else(|| why(query, "this reads neither counters nor a condition"))?;
            let mut looked = Sum::of(Term {
                negative: false,
                selector: build::selector("", &[]),
                of: CountKind::Held(Box::new(held)),
                span: query.span,
            });
            looked.by = Some(kept(grouping, query)?);
            Ok(looked)
        }
        _ => Err(why(query, "this is neither a counter nor a sum of counters")),
    }
}

/// The labels that an aggregation keeps.
fn kept(grouping: Option<&Grouping>, query: &Expr) -> Result<Vec<String>, NotUnderstood> {
    match grouping {
        None => Ok(Vec::new()),
        Some(grouping) if !grouping.without => {
            // `le` does not describe the event.
            let labels: BTreeSet<&String> = grouping.labels.iter().filter(|label| *label != "le").collect();
            let mut seen = BTreeSet::new();
            let kept =
                grouping.labels.iter().filter(|label| labels.contains(label) && seen.insert(label.as_str()));
            Ok(kept.cloned().collect())
        }
        Some(grouping) if grouping.labels.is_empty() => {
            Err(why(query, "the labels that are kept are not listed"))
        }
        Some(_) => Err(why(query, "`without` keeps labels that are not named here")),
    }
}

/// The purpose of a comparison: `> 0` removes idle times, `> 5` removes times with little traffic. If it is `excluded`, the times when it is true are
/// removed.
fn guard(query: &Expr, excluded: bool) -> Guard {
    match &query.kind {
        Kind::Binary(binary) if binary.op.is_comparison() => match is_number(&binary.right) {
            Some(number) if excluded && number.is_zero() && matches!(binary.op, Op::Eq | Op::Le) => {
                Guard::Idle
            }
            Some(number) if !excluded && keeps_large(binary.op) => match number.is_zero() {
                true => Guard::Idle,
                false => Guard::Traffic(query.span.into()),
            },
            Some(_) | None => Guard::Other(query.span.into()),
        },
        _ => Guard::Other(query.span.into()),
    }
}

/// Whether a comparison keeps large numbers.
fn keeps_large(op: Op) -> bool {
    matches!(op, Op::Gt | Op::Ge | Op::Ne)
}

/// The value of a number, with or without parentheses and other wrappers.
fn is_number(query: &Expr) -> Option<Decimal> {
    match &query.kind {
        Kind::Number(text) => {
            Decimal::from_str_exact(text).ok().or_else(|| Decimal::from_scientific(text).ok())
        }
        Kind::Unary { negative, expr } => {
            is_number(expr).map(|number| if *negative { -number } else { number })
        }
        Kind::Call { function, args } if matches!(function.as_str(), "vector" | "scalar") => {
            args.first().and_then(is_number)
        }
        _ => None,
    }
}

fn is_one(query: &Expr) -> bool {
    is_number(query) == Some(Decimal::ONE)
}

/// Whether it is a zero for missing series: `vector(0)`, `0 * x`, `x * 0`.
fn is_zero(query: &Expr) -> bool {
    match &query.kind {
        Kind::Binary(binary) if binary.op == Op::Mul => {
            [&binary.left, &binary.right].iter().any(|side| is_number(side) == Some(Decimal::ZERO))
        }
        Kind::Aggregate { op, expr, .. } if op == "sum" => is_zero(expr),
        _ => is_number(query) == Some(Decimal::ZERO),
    }
}

fn why(query: &Expr, words: impl Into<String>) -> NotUnderstood {
    NotUnderstood { span: query.span, words: words.into() }
}

/// The meaning of a ratio of sums.
fn measured(ratio: Ratio) -> Result<Understood, NotUnderstood> {
    let Ratio { over, counts, total, mut guards } = ratio;
    let span = over.terms.first().or(total.terms.first()).map(|term| term.span).unwrap_or_default();
    let fault = |words: &str| NotUnderstood { span, words: words.to_owned() };
    if let Some(span) = over.mean.or(total.mean) {
        let terms = || over.terms.iter().chain(&total.terms);
        let one = terms().all(|term| terms().all(|other| same_series(&term.selector, &other.selector)));
        if over.mean.is_none() || total.mean.is_none() || !one {
            return Err(NotUnderstood {
                span,
                words: "`avg` of several series is not the sum of their counts".to_owned(),
            });
        }
    }
    if over.scale != total.scale {
        return Err(fault("the two sides of the division are multiplied by different numbers"));
    }
    if let (Some(one), Some(other)) = (over.per_second, total.per_second)
        && one != other
    {
        return Err(fault(
            "`rate` counts per second and `increase` per window: their ratio is not a share of events",
        ));
    }
    let by = match (&over.by, &total.by) {
        (Some(one), Some(other)) if one.iter().collect::<BTreeSet<_>>() == other.iter().collect() => {
            one.clone()
        }
        (None, None) => {
            // For bare counters the source does not say how they are summed.
            if over.per_second.is_some() || total.per_second.is_some() {
                guards.insert(Guard::PerSeries);
            }
            Vec::new()
        }
        (Some(by), None) | (None, Some(by)) if over.terms.is_empty() || total.terms.is_empty() => by.clone(),
        _ => return Err(fault("the two sides of the division keep different labels")),
    };
    guards.extend(over.guards.iter().cloned());
    guards.extend(total.guards.iter().cloned());
    let measured = super::measure::of(over.terms, counts, total.terms).map_err(fault)?;
    Ok(Understood { measured, by, guards })
}

/// The query as `bad_ratio`, with `$window` in place of its range. `None` if it has no place for a window.
pub fn bad_ratio(part: &Expr, counts: Counts, total: Option<&Expr>) -> Option<Expr> {
    let share = match total.filter(|total| !is_one(total)) {
        Some(total) => build::div(part.clone(), total.clone()).into(),
        None => part.clone(),
    };
    let bad: Expr = match counts {
        Counts::Bad => share,
        Counts::Good => build::sub(build::number(1), share).into(),
    };
    let windows = |expr: &Expr| {
        let mut found = (false, false);
        expr.visit(&mut |part| match &part.kind {
            Kind::Range { range, .. } | Kind::Subquery { range, .. } => match range {
                Time::Placeholder(_) => found.0 = true,
                Time::Fixed(_) | Time::Negative(_) | Time::Ahead(_) | Time::Expr(_) => found.1 = true,
            },
            _ => {}
        });
        found
    };
    let bad = match windows(&bad) {
        (true, _) => bad,
        (false, true) => windowed(&bad, false),
        (false, false) => windowed(&bad, true),
    };
    // Without a series there is no ratio.
    (windows(&bad).0 && promql::check(&bad) == Ok(promql::Type::Vector)).then_some(bad)
}

/// The same query with `$window` in place of every range. If there are none, instant values are averaged over `$window`.
fn windowed(expr: &Expr, bare: bool) -> Expr {
    let window = || Time::Placeholder(WINDOW.to_owned());
    let below = |expr: &Expr| Box::new(windowed(expr, bare));
    let kind = match &expr.kind {
        Kind::Range { selector, .. } => Kind::Range { selector: selector.clone(), range: window() },
        Kind::Selector(selector) if bare => {
            build::call("avg_over_time", vec![selector.clone().range(window())]).kind
        }
        Kind::Subquery { expr, step, at, .. } => {
            Kind::Subquery { expr: expr.clone(), range: window(), step: step.clone(), at: at.clone() }
        }
        Kind::Call { function, args } => Kind::Call {
            function: function.clone(),
            args: args.iter().map(|arg| windowed(arg, bare)).collect(),
        },
        Kind::Aggregate { op, param, expr, grouping } => Kind::Aggregate {
            op: op.clone(),
            param: param.clone(),
            expr: below(expr),
            grouping: grouping.clone(),
        },
        Kind::Unary { negative, expr } => Kind::Unary { negative: *negative, expr: below(expr) },
        Kind::Binary(binary) => {
            let mut binary = binary.clone();
            binary.left = windowed(&binary.left, bare);
            binary.right = windowed(&binary.right, bare);
            Kind::Binary(binary)
        }
        kind @ (Kind::Number(_) | Kind::String(_) | Kind::Selector(_) | Kind::Paren(_)) => kind.clone(),
    };
    Expr { kind, span: expr.span }
}

/// The same query with a fixed window in place of `$window`.
pub fn with_window(query: Expr, window: crate::vocabulary::Duration) -> Expr {
    query.map_times(&mut |time| match time {
        Time::Placeholder(_) => Time::Fixed(window),
        other => other,
    })
}

/// Whether a query has a placeholder for its window.
pub fn has_window(query: &Expr) -> bool {
    query.contains(|part| {
        let (Kind::Range { range, .. } | Kind::Subquery { range, .. }) = &part.kind else { return false };
        matches!(range, Time::Placeholder(_))
    })
}

/// The value of a label that a matcher requires, if there is one.
pub fn asked<'s>(selector: &'s Selector, label: &str) -> Option<&'s str> {
    let mut found = selector.matchers.iter().filter(|matcher| matcher.label == label);
    match (found.next(), found.next()) {
        (Some(matcher), None) if matcher.op == MatchOp::Equal => Some(&matcher.value),
        _ => None,
    }
}
