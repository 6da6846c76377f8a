//! What to write instead of a query that an SLI cannot use, with the names of the query itself.

use super::values::Promise;
use super::whole;
use crate::ast::SliBlock;
use crate::contract::Contract;
use crate::diagnostic::{Code, Problem, joined};
use crate::model::{MetricRead, Role};
use crate::promql::ast::{Binary, Expr, Kind, MatchOp, Matcher, Op, Selector};
use crate::promql::{self, build, without_parens};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Decimal, LabelName, text};

pub(super) const RANGE: &str =
    "a placeholder of another tool: write a duration such as `5m`; in `bad_ratio` it is `$window`";

pub(super) const KINDS: &str = "write two of `total`, `good` and `bad`, or one of `latency`, `condition`, `probe`, `freshness`, `bad_ratio` and `journey`";

/// The problem of an SLI of several kinds.
pub(super) fn mixed(block: &SliBlock) -> Problem {
    let events = [("total", &block.total), ("good", &block.good), ("bad", &block.bad)];
    let others = [
        ("latency", &block.latency),
        ("condition", &block.condition),
        ("probe", &block.probe),
        ("freshness", &block.freshness),
        ("bad_ratio", &block.bad_ratio),
    ];
    let events: Vec<(&str, &Scalar)> =
        events.iter().filter_map(|(key, query)| Some((*key, query.as_ref()?))).collect();
    let others: Vec<(&str, &Scalar)> =
        others.iter().filter_map(|(key, query)| Some((*key, query.as_ref()?))).collect();
    let headline = "this SLI mixes several kinds";
    let names = |all: &[(&str, &Scalar)]| all.iter().map(|(key, _)| format!("`{key}`")).collect::<Vec<_>>();
    match (events.as_slice(), others.as_slice()) {
        ([(_, first), ..], [(kind, query)]) if block.journey.is_none() => {
            let (removed, why) = (
                joined(&names(&events), "and"),
                match *kind {
                    "latency" => "`latency` counts all requests itself",
                    "bad_ratio" => "`bad_ratio` has both counts in it",
                    _ => "it needs no counters",
                },
            );
            let problem = Problem::error(Code::SliKind, whole(first), headline)
                .and(whole(query), format!("`{kind}` is a kind of its own"));
            problem.help(format!("remove {removed}: {why}"))
        }
        _ => {
            let mut all = names(&events);
            all.extend(names(&others));
            all.extend(block.journey.as_ref().map(|_| "`journey`".to_owned()));
            Problem::error(Code::SliKind, block.span.beginning(), headline)
                .label(format!("it has {}", joined(&all, "and")))
                .help("keep one of them here, and write the others in SLOs of their own")
        }
    }
}

/// The count that is missing beside the only one, with the user's own metric.
pub(super) fn other_count(block: &SliBlock, contract: Option<&Contract>) -> Option<String> {
    const OUTCOMES: [&str; 10] = [
        "code",
        "status",
        "status_code",
        "http_status",
        "result",
        "outcome",
        "error",
        "success",
        "grpc_code",
        "reason",
    ];
    /// Values of bad events.
    const FAILED: [&str; 8] = ["error", "errors", "failed", "failure", "fail", "5xx", "false", "exception"];
    let written = [&block.total, &block.good, &block.bad].into_iter().find_map(Option::as_ref)?;
    let Kind::Selector(selector) = promql::parse(&written.text).ok()?.kind else { return None };
    if block.total.is_some() {
        let family = contract.and_then(|contract| contract.find(selector.name.as_deref()?));
        let shapes = family.map_or(&[][..], |(_, family, _)| &family.shapes);
        let values = |label: &&&str| shapes.iter().find_map(|shape| shape.labels.get(**label));
        let label = OUTCOMES.iter().find(|label| values(label).is_some()).unwrap_or(&OUTCOMES[0]);
        let known = values(&label).map(|values| &values.known);
        let failed = known.and_then(|known| FAILED.iter().find(|word| known.contains(**word)));
        let (op, value) = failed.map_or((MatchOp::Matches, "5.."), |word| (MatchOp::Equal, *word));
        let bad = selector.as_ref().clone().matching(label, op, value);
        return Some(format!("add the bad events, with the label that tells them apart: `bad: {bad}`"));
    }
    let decides = |matcher: &&Matcher| OUTCOMES.contains(&matcher.label.as_str());
    if !selector.matchers.iter().any(|matcher| decides(&matcher)) {
        let name = selector.name.as_deref()?;
        let words = ["errors", "error", "failures", "failed", "failure", "success", "successes"];
        let part = name.split('_').find(|part| words.contains(part))?;
        let total = Selector { name: Some(name.replace(part, "requests")), ..(*selector).clone() };
        return Some(format!("add all events, with the metric that counts them, such as `total: {total}`"));
    }
    let matchers: Vec<Matcher> =
        selector.matchers.iter().filter(|matcher| !decides(matcher)).cloned().collect();
    let total = Selector { matchers: matchers.into(), ..(*selector).clone() };
    Some(format!("add all events: `total: {total}`"))
}

/// The problem of a label in `by` that decides which events are good.
pub(super) fn decided(label: &LabelName, place: Span, readings: &[MetricRead]) -> Problem {
    let headline = format!("`{label}` decides which events are bad, so it cannot be in `by`");
    let problem = Problem::error(Code::BadIsTotal, place, headline)
        .label("all events of a value are good, or all are bad");
    let matchers =
        readings.iter().flat_map(|reading| reading.selector.matchers.iter().zip(&reading.matchers));
    let mut deciding: Vec<_> = matchers.filter(|(matcher, _)| matcher.label == label.as_str()).collect();
    let problem = deciding
        .pop()
        .iter()
        .fold(problem, |problem, (_, place)| problem.and(**place, "this matcher decides"));
    problem.help(format!("remove `{label}` from `by`, or let another label decide which events are bad"))
}

/// The histogram that an expression reads, without what `latency` adds itself.
pub(super) fn base(expr: &Expr) -> String {
    let Some(selector) = expr.selectors().into_iter().find(|one| one.name.is_some()) else {
        return "http_request_duration_seconds{job=\"api\"}".to_owned();
    };
    let name = selector.name.as_deref().unwrap_or_default();
    let name = ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let matchers =
        selector.matchers.iter().filter(|matcher| matcher.label != "le").cloned().collect::<Vec<_>>();
    Selector { name: Some(name.to_owned()), matchers: matchers.into(), ..selector.clone() }.to_string()
}

/// Whether a subtraction is probably a name with a hyphen: no blanks, and no name of a metric has only one word.
pub(super) fn is_hyphen(text: &str, left: &Expr, right: &Expr) -> bool {
    let is_word = |expr: &Expr| match &expr.kind {
        Kind::Selector(selector) => {
            selector.matchers.is_empty()
                && selector.name.as_ref().is_some_and(|name| !name.contains(['_', ':']))
        }
        _ => false,
    };
    let first = match &left.kind {
        Kind::Binary(binary) if binary.op == Op::Sub => is_hyphen(text, &binary.left, &binary.right),
        _ => is_word(left),
    };
    first && text.get(left.span.end..right.span.start) == Some("-")
}

/// Both counters in a ratio of two selectors without functions.
pub(super) fn of_counters(expr: &Expr) -> Option<(String, String)> {
    let expr = without_parens(expr);
    let Kind::Binary(binary) = &expr.kind else { return None };
    let (Kind::Selector(bad), Kind::Selector(total)) = (&binary.left.kind, &binary.right.kind) else {
        return None;
    };
    (binary.op == Op::Div).then(|| (bad.to_string(), total.to_string()))
}

/// Whether an expression has a comparison; then it describes a state.
pub(super) fn compares(expr: &Expr) -> bool {
    expr.contains(|part| matches!(&part.kind, Kind::Binary(binary) if binary.op.is_comparison()))
}

/// The problem of a comparison instead of a counter, with the equivalent `condition`.
pub(super) fn compared(expr: &Expr, place: Span, role: Role) -> Problem {
    let problem = Problem::error(Code::NotACounterSelector, place, "a comparison does not count events")
        .label("it is a state: true or false");
    match (&expr.kind, role) {
        (Kind::Binary(binary), Role::Good | Role::Bad) if binary.op.is_comparison() => {
            let op = if role == Role::Bad { binary.op.opposite() } else { binary.op };
            let condition = Expr::from(Binary { op, bool: false, ..(**binary).clone() });
            problem
                .help(format!(
                    "measure the time while all is well: `sli: {{ condition: '{}' }}`",
                    condition.to_string().replace('\'', "''")
                ))
                .help("then remove `total` and `bad`: every evaluation is an event")
        }
        _ => problem
            .help("write what is true while all is well: `sli: { condition: 'queue_length < 100' }`")
            .help("then remove `total` and `bad`: every evaluation is an event"),
    }
}

/// The problem of a ratio that is multiplied by 100.
pub(super) fn percentage(expr: &Expr, query: &Scalar) -> Option<Problem> {
    let (ratio, number) = divided(expr)?;
    let headline = "`bad_ratio` is a ratio from 0 to 1, and this is a percentage";
    let problem = Problem::error(Code::PromqlType, query.place(number.start, number.end), headline)
        .label("the rules compare the result with an error budget such as 0.001");
    let meant = without_parens(&ratio).to_string();
    Some(problem.spelled(format!("write `{meant}`"), whole(query), query.spelling().of(&meant)))
}

/// A percentage as a ratio, if an expression has a factor 100, or subtracts from 100; with the place of the 100.
fn divided(expr: &Expr) -> Option<(Expr, promql::ast::Span)> {
    let hundred =
        |side: &Expr| matches!(&side.kind, Kind::Number(text) if text == "100").then_some(side.span);
    let with = |kind: Kind| Expr { kind, ..expr.clone() };
    match &expr.kind {
        Kind::Paren(inner) => divided(inner),
        Kind::Aggregate { op, expr: inner, .. } if op != "count" => {
            let (inner, place) = divided(inner)?;
            let Kind::Aggregate { op, param, grouping, .. } = expr.kind.clone() else { return None };
            Some((with(Kind::Aggregate { op, param, expr: Box::new(inner), grouping }), place))
        }
        Kind::Binary(binary) => {
            let of = |left: Expr, right: Expr| {
                with(Kind::Binary(Box::new(Binary { left, right, ..(**binary).clone() })))
            };
            let (left, right) = (&binary.left, &binary.right);
            match binary.op {
                Op::Mul => match (hundred(left), hundred(right)) {
                    (Some(place), _) => Some((right.clone(), place)),
                    (_, Some(place)) => Some((left.clone(), place)),
                    _ => divided(left).map(|(left, place)| (of(left, right.clone()), place)),
                },
                Op::Div if hundred(right).is_none() => {
                    divided(left).map(|(left, place)| (of(left, right.clone()), place))
                }
                Op::Or => divided(left).map(|(left, place)| (of(left, right.clone()), place)),
                Op::Sub => {
                    let place = hundred(left)?;
                    let ratio = match divided(right) {
                        Some((ratio, _)) => ratio,
                        None => build::binary(Op::Div, right.clone(), build::number("100")).into(),
                    };
                    Some((of(build::number("1"), ratio), place))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The problem of `10 < q < 100`: the first comparison drops series, so they count as neither good nor bad.
pub(super) fn chained(binary: &Binary, query: &Scalar) -> Option<Problem> {
    let Kind::Binary(first) = &binary.left.kind else { return None };
    if !first.op.is_comparison() || first.bool {
        return None;
    }
    let written = |part: &Expr| query.text.get(part.span.start..part.span.end).unwrap_or_default();
    let place = query.place(binary.left.span.start, binary.left.span.end);
    let problem =
        Problem::error(Code::PromqlType, place, "a condition compares once, and this compares twice")
            .label("this comparison removes series, and a removed series is not counted at all");
    let between = if first.left.selectors().is_empty() { &first.right } else { &first.left };
    let both = format!(
        "({} {} bool {}) * ({} {} bool {}) == 1",
        written(&first.left),
        first.op.symbol(),
        written(&first.right),
        written(between),
        binary.op.symbol(),
        written(&binary.right)
    );
    Some(problem.spelled(format!("write `{both}`"), whole(query), query.spelling().of(&both)))
}

/// The problem of comparisons that `and` or `or` joins, also if they are written `&&` and `||`.
pub(super) fn several_comparisons(query: &Scalar) -> Option<Problem> {
    let text = query.text.replace("&&", "and").replace("||", "or");
    let expr = without_parens(&promql::parse(&text).ok()?);
    let Kind::Binary(binary) = &expr.kind else { return None };
    let is_both = match binary.op {
        Op::And => true,
        Op::Or => false,
        _ => return None,
    };
    let [left, right] = [&binary.left, &binary.right].map(without_parens);
    let (Kind::Binary(first), Kind::Binary(second)) = (&left.kind, &right.kind) else { return None };
    if !first.op.is_comparison() || !second.op.is_comparison() {
        return None;
    }
    let at = ["&&", "||", " and ", " or "].iter().find_map(|sign| Some((query.text.find(sign)?, sign)))?;
    let start = at.0 + usize::from(at.1.starts_with(' '));
    let place = query.place(start, start + at.1.trim().len());
    let problem =
        Problem::error(Code::PromqlType, place, "a condition is one comparison, and this joins two");
    let one = |binary: &Binary| format!("{} {} bool {}", binary.left, binary.op.symbol(), binary.right);
    // Of the same series, both are true or false together with one value.
    if first.left.to_string() == second.left.to_string() {
        let (sign, end) = if is_both { ("*", "== 1") } else { ("+", "> 0") };
        let meant = format!("({}) {sign} ({}) {end}", one(first), one(second));
        return Some(problem.spelled(format!("write `{meant}`"), whole(query), query.spelling().of(&meant)));
    }
    let condition =
        |expr: &Expr| format!("`sli: {{ condition: '{}' }}`", expr.to_string().replace('\'', "''"));
    Some(match is_both {
        true => problem.help(format!(
            "write two SLOs: one with {}, one with {}",
            condition(&left),
            condition(&right)
        )),
        false => problem.help(format!("keep one of them: {}", condition(&left))),
    })
}

/// The problem of a probe that is an average: one failure makes it differ from 1 for the whole range.
pub(super) fn smoothed(probe: &Expr, query: &Scalar) -> Option<Problem> {
    const SMOOTH: [&str; 5] = ["avg_over_time", "sum_over_time", "rate", "increase", "quantile_over_time"];
    let mut found = None;
    probe.visit(&mut |part| {
        if let Kind::Call { function, args } = &part.kind
            && SMOOTH.contains(&function.as_str())
            && found.is_none()
            && let Some(Kind::Range { selector, .. }) = args.last().map(|arg| &arg.kind)
        {
            found = Some((function.clone(), part.span, selector.span));
        }
    });
    let (function, call, inner) = found?;
    let place = query.place(call.start, call.end);
    let bare = query.text.get(inner.start..inner.end)?;
    Some(
        Problem::error(Code::PromqlType, place, "a probe must be 1 while all is well, and 0 while it is not")
            .label(format!("one failure makes `{function}` differ from 1 for its whole range"))
            .spelled(format!("write `{bare}`"), place, query.spelling().of(bare)),
    )
}

/// The problem of a quantile of a summary in `latency`.
pub(super) fn of_quantile(selector: &Selector, place: Span, promise: Option<&Promise>) -> Problem {
    let limit = promise.and_then(|promise| promise.threshold);
    let limit = limit.map_or("0.5".to_owned(), |limit| text(Decimal::new(limit.millis() as i64, 3)));
    let name = selector.name.as_deref().unwrap_or_default();
    Problem::error(Code::SummaryAsHistogram, place, format!("`{name}` is a summary, and `latency` needs a histogram"))
        .label("only a summary has the label `quantile`")
        .help("let the program record into a histogram with a bucket that ends at the threshold")
        .help(format!(
            "or promise how often the quantile is low: `objective: 99%` with `sli: {{ condition: '{selector} < {limit}' }}`"
        ))
}

/// The place of the first `$name` in a query.
pub(super) fn of_variable(query: &Scalar, name: &str) -> Span {
    let written = format!("${name}");
    match query.text.find(&written) {
        Some(at) => query.place(at, at + written.len()),
        None => whole(query),
    }
}

/// A query with another text in every range that has a placeholder.
pub(super) fn in_ranges(text: &str, range: &str) -> String {
    let mut parts = text.split('[');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        written.push('[');
        match part.split_once(']') {
            Some((inner, rest)) if inner.contains(['$', '{', '<', '%']) && !inner.contains('"') => {
                written += &format!("{range}]{rest}");
            }
            _ => written += part,
        }
    }
    written
}

/// The counter of a query whose range is a placeholder that PromQL cannot read.
pub(super) fn in_foreign_range(text: &str) -> Option<String> {
    let readable = Some(in_ranges(text, "5m")).filter(|readable| readable != text)?;
    let expr = promql::parse(&readable).ok()?;
    match expr.selectors().as_slice() {
        [one] => Some(readable.get(one.span.start..one.span.end)?.to_owned()),
        _ => None,
    }
}

/// The edit that replaces curly quotes in a query, if one of them is the fault.
pub(super) fn straight(query: &Scalar, fault: usize) -> Option<(Span, String)> {
    const CURLY: [char; 9] = ['“', '”', '„', '«', '»', '‘', '’', '´', '‚'];
    query.text.get(fault..)?.starts_with(CURLY).then_some(())?;
    let (start, last) = (query.text.find(CURLY)?, query.text.rfind(CURLY)?);
    let end = last + query.text[last..].chars().next().map_or(0, char::len_utf8);
    let text = query.text[start..end].replace(CURLY, "\"");
    Some((query.place(start, end), query.spelling().of(&text)?))
}
