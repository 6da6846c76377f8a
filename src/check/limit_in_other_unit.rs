//! Limits in another unit than the value: a ratio compared with a percentage, seconds with hours or milliseconds, and a point between thousands.

use super::contract::{Reader, report};
use super::fires_while_well::expires;
use crate::diagnostic::{Code, Problem};
use crate::facts::Facts;
use crate::model::MetricRead;
use crate::promql::ast::{Binary, Expr, Kind, Op, Selector};
use crate::promql::{build, without_parens};
use crate::vocabulary::{Decimal, is_named_up, text};

pub(super) fn check(Facts { model, .. }: &Facts, problems: &mut Vec<Problem>) {
    for reader in model.services.iter().flat_map(Reader::all) {
        let Some(expr) = reader.expr() else { continue };
        let Some((selector, [headline, label, advice])) = first(expr) else { continue };
        let of = |reading: &&MetricRead| reading.selector == selector;
        if let Some(reading) = reader.readings().iter().find(of) {
            let problem = Problem::warning(Code::UnitMismatch, reading.name, headline).label(label);
            report(problems, reader, problem.help(advice));
        }
    }
}

/// The metric, and the headline, the label and the advice.
type Fault = (Selector, [String; 3]);

/// Whether an expression has such a limit.
pub(super) fn is_in(expr: &Expr) -> bool {
    first(expr).is_some()
}

fn first(expr: &Expr) -> Option<Fault> {
    let mut found = None;
    expr.visit(&mut |part| {
        if let (None, Kind::Binary(binary)) = (&found, &part.kind) {
            found = fault(binary);
        }
    });
    found
}

/// The comparison that is probably meant by `avg(up) < 50`, whose value is between 0 and 1.
pub(super) fn as_ratio(expr: &Expr) -> Option<String> {
    let Kind::Binary(binary) = &expr.kind else { return None };
    let Kind::Number(written) = &binary.right.kind else { return None };
    let limit = Decimal::from_str_exact(written).ok().filter(|limit| *limit > Decimal::ONE)?;
    let selectors = binary.left.selectors();
    let is_up = !selectors.is_empty()
        && selectors.iter().all(|selector| selector.name.as_deref().is_some_and(is_named_up))
        && !binary.left.contains(|part| matches!(&part.kind, Kind::Number(_)));
    let sums = binary
        .left
        .contains(|part| matches!(&part.kind, Kind::Aggregate { op, .. } if op == "sum" || op == "count"));
    let orders = matches!(binary.op, Op::Lt | Op::Le | Op::Gt | Op::Ge);
    if !orders || !is_up || sums || limit > Decimal::ONE_HUNDRED {
        return None;
    }
    let ratio = text(limit.checked_div(Decimal::ONE_HUNDRED)?.normalize());
    Some(Expr::from(Binary { right: build::number(ratio), ..(**binary).clone() }).to_string())
}

/// The metric that is compared with a limit in another unit; the headline, the label and the advice.
fn fault(binary: &Binary) -> Option<Fault> {
    if !matches!(binary.op, Op::Lt | Op::Le | Op::Gt | Op::Ge) {
        return None;
    }
    let Kind::Number(written) = &binary.right.kind else { return None };
    let limit = Decimal::from_str_exact(written).ok()?;
    // A condition such as `up < 1` is no case of any of them.
    if limit < Decimal::ONE || matches!(binary.left.kind, Kind::Selector(_)) && !has_group(written) {
        return None;
    }
    let left = without_parens(&binary.left);
    let compared =
        |limit: String| Expr::from(Binary { right: build::number(limit), ..binary.clone() }).to_string();
    let selector = (*left.selectors().first()?).clone();
    if has_group(written) {
        let meant = written.replace('.', "");
        return Some((
            selector,
            [
                format!("the point in `{written}` is a decimal point"),
                format!("the limit is {}", text(limit)),
                format!("write `{meant}`, or `{}` if that is meant", text(limit)),
            ],
        ));
    }
    if is_share(&left) && limit > Decimal::ONE_HUNDRED {
        return Some((
            selector,
            [
                format!("this ratio is between 0 and 1, and never {written}"),
                "every value is below the limit".to_owned(),
                "compare it with a limit between 0 and 1".to_owned(),
            ],
        ));
    }
    if is_share(&left) && limit > Decimal::ONE {
        let ratio = text(limit.checked_div(Decimal::ONE_HUNDRED)?.normalize());
        return Some((
            selector,
            [
                format!("this ratio is between 0 and 1, and {written} is a percentage"),
                "every value is below the limit".to_owned(),
                format!("write the limit as a ratio: `{}`", compared(ratio)),
            ],
        ));
    }
    let name = selector.name.as_deref().unwrap_or_default();
    if is_quantile_of_seconds(&left) && limit >= Decimal::ONE_HUNDRED {
        let seconds = text(limit.checked_div(Decimal::ONE_THOUSAND)?.normalize());
        return Some((
            selector.clone(),
            [
                format!("`{name}` is in seconds, and {written} of them are minutes"),
                "its name says the unit".to_owned(),
                format!("if milliseconds are meant, write `{}`", compared(seconds)),
            ],
        ));
    }
    if is_age(&left)
        && limit >= Decimal::from(100 * 86_400 * 10)
        && name.contains("_seconds")
        && (limit % Decimal::ONE_THOUSAND).is_zero()
    {
        let seconds = text(limit.checked_div(Decimal::ONE_THOUSAND)?.normalize());
        let days = text(limit.checked_div(Decimal::from(86_400))?.round());
        return Some((
            selector,
            [
                format!("this age is in seconds, and the limit is {days} days"),
                "`time()` is in seconds".to_owned(),
                format!("if milliseconds are meant, write `{}`", compared(seconds)),
            ],
        ));
    }
    let (unit, seconds) = unit_of_time(&left, name, limit)?;
    Some((
        selector.clone(),
        [
            format!("this time is in seconds, and the limit is {written} of them"),
            "`time()` is in seconds".to_owned(),
            format!(
                "if {unit} are meant, multiply: `{} {} {seconds} * {written}`",
                binary.left,
                binary.op.symbol()
            ),
        ],
    ))
}

/// Whether a number is probably `1000`, written with a point between groups of digits.
fn has_group(number: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    number.split_once('.').is_some_and(|(whole, part)| {
        digits(whole)
            && digits(part)
            && part.len() == 3
            && part.ends_with('0')
            && whole.len() <= 3
            && !whole.starts_with('0')
    })
}

/// Whether an expression is a part divided by the whole, or 1 minus that: it is at most 1.
fn is_share(expr: &Expr) -> bool {
    let Kind::Binary(binary) = &expr.kind else { return false };
    let (left, right) = (without_parens(&binary.left), without_parens(&binary.right));
    match (binary.op, &left.kind) {
        (Op::Sub, Kind::Number(one)) => one == "1" && is_share(&right),
        (Op::Div, Kind::Aggregate { .. } | Kind::Call { .. } | Kind::Selector(_)) => {
            let (part, whole) = (left.selectors(), right.selectors());
            let ([part], [whole]) = (part.as_slice(), whole.as_slice()) else { return false };
            let named = |selector: &Selector| selector.name.clone().unwrap_or_default();
            let is_up = is_named_up(&named(part))
                && matches!(&right.kind, Kind::Aggregate { op, .. } if op == "count");
            let stem = |name: &str, ends: &[&str]| {
                ends.iter().find_map(|end| name.split_once(end)).map(|(stem, _)| stem.to_owned())
            };
            let free =
                stem(&named(part), &["_avail", "_free", "_used", "_available", "_remaining", "_usage"]);
            if free.is_some()
                && free == stem(&named(whole), &["_size", "_total", "_limit", "_capacity", "_max"])
            {
                return true;
            }
            let is_part = part.matchers.len() > whole.matchers.len()
                && whole.matchers.iter().all(|matcher| part.matchers.contains(matcher));
            named(part) == named(whole) && (is_up || is_part) && same_functions(&left, &right, is_up)
        }
        _ => false,
    }
}

/// Whether both sides are computed in the same way, so that the part is not larger than the whole.
fn same_functions(part: &Expr, whole: &Expr, is_up: bool) -> bool {
    if is_up {
        return true;
    }
    match (&part.kind, &whole.kind) {
        (Kind::Aggregate { op, expr: one, .. }, Kind::Aggregate { op: other_op, expr: other, .. }) => {
            op == "sum" && op == other_op && same_functions(one, other, false)
        }
        (Kind::Call { function, .. }, Kind::Call { function: other, .. }) => function == other,
        (Kind::Selector(_), Kind::Selector(_)) => true,
        _ => false,
    }
}

fn is_quantile_of_seconds(expr: &Expr) -> bool {
    let Kind::Call { function, .. } = &expr.kind else { return false };
    // A job may take minutes, and an answer may not.
    const ANSWERS: [&str; 8] = ["request", "requests", "response", "latency", "http", "grpc", "rpc", "query"];
    let in_seconds = |selector: &Selector| {
        selector.name.as_ref().is_some_and(|name| {
            name.ends_with("_seconds_bucket") && name.split('_').any(|word| ANSWERS.contains(&word))
        })
    };
    function == "histogram_quantile" && expr.selectors().into_iter().all(in_seconds)
}

/// Whether an expression is `time() - x`.
fn is_age(expr: &Expr) -> bool {
    let Kind::Binary(binary) = &expr.kind else { return false };
    binary.op == Op::Sub && matches!(&binary.left.kind, Kind::Call { function, .. } if function == "time")
}

/// The unit that is meant by a limit for a time, and the seconds in it: days until something expires, hours since it was done.
fn unit_of_time(expr: &Expr, name: &str, limit: Decimal) -> Option<(&'static str, u32)> {
    const DONE: [&str; 8] =
        ["success", "successful", "backup", "completed", "completion", "export", "import", "sync"];
    /// Lengths that are written in seconds, too.
    const SECONDS: [i64; 8] = [5, 10, 15, 20, 30, 40, 45, 60];
    let Kind::Binary(binary) = &expr.kind else { return None };
    let is_time = |expr: &Expr| matches!(&expr.kind, Kind::Call { function, .. } if function == "time");
    if binary.op != Op::Sub || limit < Decimal::ONE || !limit.is_integer() {
        return None;
    }
    if is_time(&binary.right) && expires(name) && limit <= Decimal::from(366) {
        return Some(("days", 86_400));
    }
    let is_done = name.split(['_', ':']).any(|word| DONE.contains(&word));
    let is_hours = limit <= Decimal::from(72) && !SECONDS.contains(&i64::try_from(limit).ok()?);
    (is_time(&binary.left) && is_done && is_hours).then_some(("hours", 3_600))
}
