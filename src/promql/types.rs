//! Computes the type of an expression, or all its type errors, by the rules of Prometheus.

use super::ast::{Binary, Expr, Kind, Matching, Span};
use super::fault::Fault;
use super::functions::FUNCTIONS;
pub use super::functions::{Function, function_named as function};
use super::names;
pub use super::result_type::Type;
use crate::vocabulary::{Decimal, distance};

/// Parses and checks `text`: its tree and type, or all its faults.
pub fn read(text: &str) -> Result<(Expr, Type), Vec<Fault>> {
    let expr = super::parse(text).map_err(|fault| vec![fault])?;
    match check(&expr) {
        Ok(found) => Ok((expr, found)),
        Err(faults) => Err(faults.into_iter().map(|fault| fault.trimmed(text)).collect()),
    }
}

/// The type of `expr`, or all its faults in the order of the text. The tree has no places of operators, so the fault of an operator spans all text
/// between its operands; `read` trims it to the words.
pub fn check(expr: &Expr) -> Result<Type, Vec<Fault>> {
    let mut faults = Vec::new();
    let found = type_of(expr, &mut faults);
    match found {
        Some(found) if faults.is_empty() => Ok(found),
        _ => {
            faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
            Err(faults)
        }
    }
}

/// The type of an expression without faults. It reads few parts, while `check` reads all of them again.
pub fn answers(expr: &Expr) -> Option<Type> {
    match &expr.kind {
        Kind::Number(_) => Some(Type::Scalar),
        Kind::String(_) => Some(Type::String),
        Kind::Selector(_) | Kind::Aggregate { .. } => Some(Type::Vector),
        Kind::Range { .. } | Kind::Subquery { .. } => Some(Type::Matrix),
        Kind::Paren(inner) | Kind::Unary { expr: inner, .. } => answers(inner),
        Kind::Call { function: name, .. } => function(name).map(|function| function.returns),
        // Long sums nest on the left, so their right side is short.
        Kind::Binary(binary) => match answers(&binary.right)? {
            Type::Scalar => answers(&binary.left),
            _ => Some(Type::Vector),
        },
    }
}

/// The type, if known. The result of an unknown function is unknown, and causes no second fault.
fn type_of(expr: &Expr, faults: &mut Vec<Fault>) -> Option<Type> {
    match &expr.kind {
        Kind::Number(_) => Some(Type::Scalar),
        Kind::String(_) => Some(Type::String),
        Kind::Selector(_) => Some(Type::Vector),
        Kind::Range { .. } => Some(Type::Matrix),
        Kind::Paren(inner) => type_of(inner, faults),
        Kind::Subquery { expr: inner, .. } => {
            expect(inner, Type::Vector, "a subquery takes", faults);
            Some(Type::Matrix)
        }
        Kind::Unary { expr: inner, .. } => {
            let found = type_of(inner, faults);
            if let Some(found @ (Type::Matrix | Type::String)) = found {
                let message =
                    format!("a sign before {}, not a scalar or an instant vector", found.description());
                faults.push(with_rate(Fault::new(inner.span, message), found));
                return None;
            }
            found
        }
        Kind::Aggregate { op, param, expr: inner, .. } => {
            aggregate(expr.span, op, param.as_deref(), inner, faults);
            Some(Type::Vector)
        }
        Kind::Call { function: name, args } => call(expr.span, name, args, faults),
        Kind::Binary(binary) => operation(binary, faults),
    }
}

fn expect(expr: &Expr, wanted: Type, taker: &str, faults: &mut Vec<Fault>) {
    let Some(found) = type_of(expr, faults) else { return };
    if found == wanted {
        return;
    }
    let message = format!("{taker} {}, found {}", wanted.description(), found.description());
    let fault = Fault::new(expr.span, message);
    faults.push(match (wanted, &expr.kind) {
        (Type::Matrix, Kind::Selector(selector)) => {
            fault.help(format!("write a range after it: `{selector}[5m]`"))
        }
        (Type::Matrix, _) if found == Type::Vector => fault.help("write a subquery after it: `[5m:]`"),
        (Type::Vector, _) if found == Type::Scalar => fault.help("write it in `vector(…)`"),
        (Type::Scalar, _) if found == Type::Vector => fault.help("write it in `scalar(…)`"),
        (Type::Vector, _) => with_rate(fault, found),
        _ => fault,
    });
}

fn with_rate(fault: Fault, found: Type) -> Fault {
    if found == Type::Matrix {
        fault.help("write a function around it: `rate(…)` for a counter, `avg_over_time(…)` for a gauge")
    } else {
        fault
    }
}

fn aggregate(span: Span, op: &str, param: Option<&Expr>, expr: &Expr, faults: &mut Vec<Fault>) {
    if !names::is_aggregation(op) {
        faults.push(Fault::new(span, format!("unknown aggregation `{op}`")));
    }
    let taker = format!("`{op}` takes");
    match (names::WITH_PARAMETER.contains(&op), param) {
        (true, Some(param)) => {
            let wanted = if op == "count_values" { Type::String } else { Type::Scalar };
            expect(param, wanted, &format!("the parameter of `{op}` is"), faults);
        }
        (true, None) => faults.push(Fault::new(span, format!("`{op}` takes two arguments, found 1"))),
        (false, Some(_)) => faults.push(Fault::new(span, format!("`{op}` takes one argument, found 2"))),
        (false, None) => {}
    }
    expect(expr, Type::Vector, &taker, faults);
}

fn call(span: Span, name: &str, args: &[Expr], faults: &mut Vec<Fault>) -> Option<Type> {
    let Some(function) = function(name) else {
        let end = if span.end > span.start { span.start + name.len() } else { span.end };
        let fault = Fault::new(Span { end, ..span }, format!("unknown function `{name}`"));
        faults.push(match nearest(name) {
            _ if names::METRICSQL.contains(&name) => fault
                .help("it is a function of MetricsQL, which only VictoriaMetrics has: write it in PromQL"),
            _ if matches!(name, "label_values" | "query_result" | "label_names" | "metrics") => {
                fault.help("it is a function of Grafana's variables: write the metric itself")
            }
            _ if in_other_words(name).is_some() => {
                fault.help(format!("write `{}`", in_other_words(name).unwrap_or_default()))
            }
            // Its name since Prometheus 3, where it needs a feature flag.
            _ if name == "holt_winters" => fault.help(
                "Prometheus 3 calls it `double_exponential_smoothing`, so rules cannot have it: write `avg_over_time` or `deriv`",
            ),
            Some(nearest) => fault.help(format!("did you mean `{nearest}`?")),
            None => fault,
        });
        for arg in args {
            type_of(arg, faults);
        }
        return None;
    };
    if args.len() < function.least || function.most.is_some_and(|most| args.len() > most) {
        faults.push(Fault::new(span, format!("`{name}` takes {}, found {}", how_many(function), args.len())));
        // It is unknown which argument is missing, and so are the types of the others.
        for arg in args {
            type_of(arg, faults);
        }
        return Some(function.returns);
    }
    if let ([first, second], [one, other]) = (function.args, args)
        && first != second
        && answers(one) == Some(*second)
        && answers(other) == Some(*first)
    {
        let message = format!("the arguments of `{name}` are in the wrong order");
        faults.push(Fault::new(span, message).help(format!("write `{name}({other}, {one})`")));
        return Some(function.returns);
    }
    for (i, arg) in args.iter().enumerate() {
        match function.args.get(i).or(function.args.last()) {
            Some(wanted) => expect(arg, *wanted, &format!("`{name}` takes"), faults),
            None => drop(type_of(arg, faults)),
        }
    }
    if name == "info"
        && let Some(Expr { kind: Kind::Selector(selector), span }) = args.get(1)
        && selector.name.is_some()
    {
        faults.push(
            Fault::new(*span, "the second argument of `info` must be only matchers")
                .help("`info(metric, {label=\"value\"})`"),
        );
    }
    Some(function.returns)
}

/// The name of a function that is written in Spanish, or as other languages call it.
fn in_other_words(name: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 10] = [
        ("avg", &["average", "mean", "promedio", "media"]),
        ("sum", &["suma", "sumar", "total"]),
        ("count", &["contar", "cuenta", "cantidad"]),
        ("max", &["maximum", "maximo", "greatest"]),
        ("min", &["minimum", "minimo", "least"]),
        ("rate", &["tasa", "per_second"]),
        ("increase", &["incremento", "aumento", "as_count"]),
        ("absent", &["ausente", "missing", "no_data", "nodata"]),
        ("histogram_quantile", &["percentile", "percentil", "quantil", "p95", "p99"]),
        ("abs", &["absoluto"]),
    ];
    let lower = name.to_ascii_lowercase();
    WORDS.iter().find(|(_, others)| others.contains(&lower.as_str())).map(|(known, _)| *known)
}

fn how_many(function: &Function) -> String {
    const WORDS: [&str; 6] = ["no", "one", "two", "three", "four", "five"];
    let word = |count: usize| WORDS.get(count).map_or_else(|| count.to_string(), |word| (*word).to_owned());
    let arguments = |count: usize| format!("{} argument{}", word(count), if count == 1 { "" } else { "s" });
    match function.most {
        Some(most) if most == function.least => arguments(most),
        Some(most) => format!("{} to {}", word(function.least), arguments(most)),
        None => format!("at least {}", arguments(function.least)),
    }
}

/// The function or aggregation that was most likely meant.
fn nearest(name: &str) -> Option<&'static str> {
    let known = FUNCTIONS.iter().map(|function| function.name).chain(names::AGGREGATIONS);
    let lower = name.to_ascii_lowercase();
    known
        .filter_map(|known| {
            Some((distance(&lower, known, 1 + known.len() / 4)?, !known.starts_with(&lower), known))
        })
        .min()
        .map(|(_, _, known)| known)
}

fn operation(binary: &Binary, faults: &mut Vec<Fault>) -> Option<Type> {
    let Binary { op, bool, matching, left, right } = binary;
    let symbol = op.symbol();
    let mut side = |expr: &Expr| {
        let found = type_of(expr, faults);
        if let Some(found @ (Type::Matrix | Type::String)) = found {
            let message =
                format!("`{symbol}` takes scalars and instant vectors, found {}", found.description());
            let fault = Fault::new(expr.span, message);
            faults.push(match &expr.kind {
                Kind::String(text) if Decimal::from_str_exact(text.trim()).is_ok() => {
                    fault.help(format!("a number has no quotes: write `{}`", text.trim()))
                }
                Kind::String(_) => fault.help(
                    "a value is always a number, and texts are in labels: `metric{state=\"down\"} == 1`",
                ),
                _ => with_rate(fault, found),
            });
            return None;
        }
        found
    };
    let (left_type, right_type) = (side(left), side(right));
    let between = Span { start: left.span.end, end: right.span.start };

    if *bool && !op.is_comparison() {
        faults.push(Fault::new(
            between,
            format!("`bool` is allowed only after a comparison, not after `{symbol}`"),
        ));
    }
    if let Some(matching) = matching {
        both_on_and_grouped(matching, between, faults);
        if op.is_set() && matching.group.is_some() {
            faults.push(Fault::new(
                between,
                format!("`{symbol}` matches many to many and cannot have a group"),
            ));
        }
        if op.is_set() && matching.fill.is_some() {
            faults.push(Fault::new(
                between,
                format!("`fill` is not allowed with `{symbol}`: it leaves nothing to fill"),
            ));
        }
    }
    let (left_type, right_type) = (left_type?, right_type?);
    let scalars = left_type == Type::Scalar || right_type == Type::Scalar;
    if scalars && op.is_set() {
        let side = if left_type == Type::Scalar { left } else { right };
        faults.push(
            Fault::new(side.span, format!("`{symbol}` takes instant vectors, found a scalar"))
                .help("`vector(…)` makes it one"),
        );
    } else if scalars && matching.as_ref().is_some_and(|m| !m.labels.is_empty() || m.fill.is_some()) {
        faults.push(Fault::new(between, "labels cannot be matched with a scalar: a scalar has no labels"));
    }
    if left_type == Type::Scalar && right_type == Type::Scalar {
        if op.is_comparison() && !bool {
            faults.push(
                Fault::new(between, "a comparison of scalars without `bool`")
                    .help(format!("`{symbol} bool`")),
            );
        }
        return Some(Type::Scalar);
    }
    Some(Type::Vector)
}

fn both_on_and_grouped(matching: &Matching, between: Span, faults: &mut Vec<Fault>) {
    let include = matching.group.iter().flat_map(|group| &group.include);
    for label in include.filter(|label| matching.on && matching.labels.contains(label)) {
        faults.push(Fault::new(between, format!("label `{label}` in both `on` and the group")));
    }
}
