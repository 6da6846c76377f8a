//! Writes a tree as PromQL: on one line by `Display`, over several by `pretty`.
//!
//! Trees that were built have no `Paren`; parentheses are added wherever the text would otherwise be read as another
//! tree. What is printed, parsed and stripped of parentheses is the tree again.

use std::fmt::{self, Display, Write as _};

use super::ast::{
    At, Binary, Expr, Extension, Fill, Group, Grouping, Kind, Matcher, Matching, Modifiers, Op, Selector,
    Time, TimeExpr,
};
use super::names;

/// `expr` on one line if that line is at most `width` characters long, otherwise over several: operators on lines of
/// their own with their operands indented, arguments one a line.
pub fn pretty(expr: &Expr, width: usize) -> String {
    let mut out = String::new();
    block(&mut out, expr, &Page { width, indent: 0, after: 0 });
    out
}

impl Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Number(text) => f.write_str(text),
            Kind::String(text) => f.write_str(&quote(text)),
            Kind::Selector(selector) => selector.fmt(f),
            Kind::Range { selector, range } => {
                write!(f, "{}[{range}]{}", Bare(selector), selector.at)
            }
            Kind::Subquery { expr, range, step, at } => {
                let step = step.as_ref().map(Time::to_string).unwrap_or_default();
                write!(f, "{}[{range}:{step}]{at}", Operand { expr, parens: !takes_brackets(expr) })
            }
            Kind::Call { function, args } => write!(f, "{function}({})", Separated(args)),
            Kind::Aggregate { param: Some(param), expr, .. } => {
                write!(f, "{}({param}, {expr})", head(&self.kind))
            }
            Kind::Aggregate { param: None, expr, .. } => write!(f, "{}({expr})", head(&self.kind)),
            Kind::Unary { negative, expr } => {
                let sign = if *negative { '-' } else { '+' };
                write!(f, "{sign}{}", Operand { expr, parens: binds_looser_than_sign(expr) })
            }
            Kind::Binary(binary) => {
                let left = Operand { expr: &binary.left, parens: left_needs_parens(binary.op, &binary.left) };
                let right =
                    Operand { expr: &binary.right, parens: right_needs_parens(binary.op, &binary.right) };
                write!(f, "{left} {} {right}", operator(binary))
            }
            Kind::Paren(inner) => write!(f, "({inner})"),
        }
    }
}

struct Operand<'e> {
    expr: &'e Expr,
    parens: bool,
}

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parens { write!(f, "({})", self.expr) } else { self.expr.fmt(f) }
    }
}

struct Separated<'e, T>(&'e [T]);

impl<T: Display> Display for Separated<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// What stands before an aggregation's parenthesis: `sum`, or `sum by (a) ` with the space.
fn head(aggregate: &Kind) -> String {
    match aggregate {
        Kind::Aggregate { op, grouping: Some(Grouping { without, labels }), .. } => {
            format!("{op} {} ({}) ", if *without { "without" } else { "by" }, label_list(labels))
        }
        Kind::Aggregate { op, .. } => op.clone(),
        _ => String::new(),
    }
}

/// The operator with all that belongs to it.
fn operator(binary: &Binary) -> String {
    let bool = if binary.bool { " bool" } else { "" };
    let matching = binary.matching.as_ref().map(|matching| format!(" {matching}")).unwrap_or_default();
    format!("{}{bool}{matching}", binary.op.symbol())
}

impl Display for Matching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        // `ignoring ()` says nothing, unless it is all there is to say or a group needs it.
        if self.on || !self.labels.is_empty() || self.group.is_some() || self.fill.is_none() {
            words.push(format!("{} ({})", if self.on { "on" } else { "ignoring" }, label_list(&self.labels)));
        }
        if let Some(Group { left, include }) = &self.group {
            // The parentheses stay when they are empty: `group_left (a + b)` would be a list of labels.
            words.push(format!("group_{} ({})", if *left { "left" } else { "right" }, label_list(include)));
        }
        match &self.fill {
            Some(Fill { left: Some(left), right: Some(right) }) if left == right => {
                words.push(format!("fill ({left})"))
            }
            Some(Fill { left, right }) => {
                words.extend(left.iter().map(|left| format!("fill_left ({left})")));
                words.extend(right.iter().map(|right| format!("fill_right ({right})")));
            }
            None => {}
        }
        f.write_str(&words.join(" "))
    }
}

fn label_list(labels: &[String]) -> String {
    let label = |label: &String| if names::is_label(label) { label.clone() } else { quote(label) };
    labels.iter().map(label).collect::<Vec<_>>().join(", ")
}

impl Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Bare(self), self.at)
    }
}

/// A selector without its modifiers, which come after the range if there is one.
struct Bare<'e>(&'e Selector);

impl Display for Bare<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, matchers) = name_and_matchers(self.0);
        f.write_str(name)?;
        if name.is_empty() || !matchers.is_empty() {
            write!(f, "{{{}}}", matchers.join(","))?;
        }
        Ok(())
    }
}

/// A selector's name as it stands before the braces, and what stands in them.
fn name_and_matchers(selector: &Selector) -> (&str, Vec<String>) {
    let matchers = selector.matchers.iter().map(Matcher::to_string);
    match selector.name.as_deref() {
        // Before the braces, Prometheus allows no second matcher of the name in them.
        Some(name) if names::is_metric(name) && selector.matchers.iter().all(|m| m.label != "__name__") => {
            (name, matchers.collect())
        }
        Some(name) => ("", [quote(name)].into_iter().chain(matchers).collect()),
        None => ("", matchers.collect()),
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = !names::is_label_in_braces(&self.label);
        let label = if quoted { &quote(&self.label) } else { &self.label };
        let symbol = self.op.symbol();
        match self.placeholder {
            true => write!(f, "{label}{symbol}\"${}\"", self.value),
            false => write!(f, "{label}{symbol}{}", quote(&self.value)),
        }
    }
}

impl Display for Modifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.extension {
            Some((Extension::Anchored, _)) => f.write_str(" anchored")?,
            Some((Extension::Smoothed, _)) => f.write_str(" smoothed")?,
            None => {}
        }
        match &self.at {
            Some((At::Timestamp(seconds), _)) => write!(f, " @ {seconds}")?,
            Some((At::Start, _)) => f.write_str(" @ start()")?,
            Some((At::End, _)) => f.write_str(" @ end()")?,
            Some((At::Time(time), _)) => write!(f, " @ {time}")?,
            None => {}
        }
        match &self.offset {
            Some((Time::Expr(expr), _)) if !stands_after_offset(expr) => write!(f, " offset ({expr})"),
            Some((time, _)) => write!(f, " offset {time}"),
            None => Ok(()),
        }
    }
}

/// Whether this arithmetic is read as a whole after `offset`.
fn stands_after_offset(time: &TimeExpr) -> bool {
    match time {
        TimeExpr::Call(_) | TimeExpr::Choose { .. } | TimeExpr::Paren(_) => true,
        TimeExpr::Unary { expr, .. } => {
            matches!(**expr, TimeExpr::Call(_) | TimeExpr::Choose { .. } | TimeExpr::Paren(_))
        }
        TimeExpr::Duration(_) | TimeExpr::Number(_) => true,
        TimeExpr::Binary { .. } => false,
    }
}

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Time::Fixed(duration) => duration.fmt(f),
            Time::Negative(duration) => write!(f, "-{duration}"),
            Time::Placeholder(name) => write!(f, "${name}"),
            Time::Expr(expr) => expr.fmt(f),
        }
    }
}

impl Display for TimeExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operand =
            |expr: &TimeExpr, parens: bool| if parens { format!("({expr})") } else { expr.to_string() };
        match self {
            TimeExpr::Duration(duration) => duration.fmt(f),
            TimeExpr::Number(text) => f.write_str(text),
            TimeExpr::Call(function) => write!(f, "{function}()"),
            TimeExpr::Choose { function, args } => write!(f, "{function}({})", Separated(args)),
            TimeExpr::Paren(inner) => write!(f, "({inner})"),
            TimeExpr::Unary { negative, expr } => {
                let parens = matches!(**expr, TimeExpr::Binary { op, .. } if op != Op::Pow);
                write!(f, "{}{}", if *negative { '-' } else { '+' }, operand(expr, parens))
            }
            TimeExpr::Binary { op, left, right } => {
                let left_parens = match **left {
                    TimeExpr::Binary { op: inner, .. } => looser_on_the_left(inner, *op),
                    TimeExpr::Unary { .. } => *op == Op::Pow,
                    _ => false,
                };
                let right_parens =
                    matches!(**right, TimeExpr::Binary { op: inner, .. } if looser_on_the_right(inner, *op));
                let (left, right) = (operand(left, left_parens), operand(right, right_parens));
                write!(f, "{left} {} {right}", op.symbol())
            }
        }
    }
}

fn looser_on_the_left(inner: Op, outer: Op) -> bool {
    inner.precedence() < outer.precedence() || (inner.precedence() == outer.precedence() && outer == Op::Pow)
}

fn looser_on_the_right(inner: Op, outer: Op) -> bool {
    inner.precedence() < outer.precedence() || (inner.precedence() == outer.precedence() && outer != Op::Pow)
}

/// Whether a number is one with its sign, which only built trees have.
fn is_signed(text: &str) -> bool {
    text.starts_with(['-', '+'])
}

fn left_needs_parens(outer: Op, expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Binary(inner) => looser_on_the_left(inner.op, outer),
        Kind::Unary { .. } => outer == Op::Pow,
        Kind::Number(text) => outer == Op::Pow && is_signed(text),
        // Prometheus reads on after a parenthesis: `x offset (5m) * 2` moves x by ten minutes.
        Kind::Selector(Selector { at, .. })
        | Kind::Range { selector: Selector { at, .. }, .. }
        | Kind::Subquery { at, .. } => ends_in_a_parenthesis(at),
        _ => false,
    }
}

fn ends_in_a_parenthesis(at: &Modifiers) -> bool {
    match &at.offset {
        Some((Time::Expr(expr), _)) => {
            !matches!(**expr, TimeExpr::Call(_) | TimeExpr::Choose { .. } | TimeExpr::Unary { .. })
                || !stands_after_offset(expr)
        }
        _ => false,
    }
}

fn right_needs_parens(outer: Op, expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Binary(inner) => looser_on_the_right(inner.op, outer),
        // An operator that follows the whole would be read into the offset.
        Kind::Selector(_) | Kind::Range { .. } | Kind::Subquery { .. } => left_needs_parens(outer, expr),
        _ => false,
    }
}

fn binds_looser_than_sign(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Binary(binary) => binary.op != Op::Pow,
        Kind::Selector(_) | Kind::Range { .. } | Kind::Subquery { .. } => left_needs_parens(Op::Mul, expr),
        _ => false,
    }
}

/// Whether `[1h:]` right after `expr` is about `expr` as a whole, to the eye of a reader too.
fn takes_brackets(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Selector(selector) => selector.at == Modifiers::default(),
        Kind::Call { .. } | Kind::Aggregate { .. } | Kind::Paren(_) => true,
        Kind::Number(_) | Kind::String(_) | Kind::Range { .. } | Kind::Subquery { .. } => false,
        Kind::Unary { .. } | Kind::Binary(_) => false,
    }
}

/// A string in double quotes, with Go's escapes. What a dashboard would take for one of its variables (`$name`, `${name}`, `[[name]]`)
/// is written so that only Prometheus understands it.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for (place, c) in text.char_indices() {
        let rest = &text[place + c.len_utf8()..];
        let named = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let bracketed = |rest: &str| named(rest) && rest.trim_start_matches(inner).starts_with("]]");
        match c {
            '$' if named(rest) || rest.starts_with('{') => out.push_str("\\x24"),
            '[' if rest.strip_prefix('[').is_some_and(bracketed) => out.push_str("\\x5b"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // U+FFFD itself is what Prometheus' lexer takes for broken UTF-8.
            _ if c.is_control() || c == '\u{feff}' || c == '\u{fffd}' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Where a block is printed: how wide the page is, how far in, and how many characters follow on its last line.
struct Page {
    width: usize,
    indent: usize,
    after: usize,
}

impl Page {
    fn deeper(&self, after: usize) -> Page {
        Page { width: self.width, indent: self.indent + 2, after }
    }

    fn fits(&self, line: &str) -> bool {
        self.indent + line.chars().count() + self.after <= self.width
    }

    fn margin(&self) -> String {
        " ".repeat(self.indent)
    }
}

/// Writes `expr` with every line indented, and no line break at the end.
fn block(out: &mut String, expr: &Expr, page: &Page) {
    let line = expr.to_string();
    if page.fits(&line) {
        let _ = write!(out, "{}{line}", page.margin());
    } else {
        broken(out, expr, page);
    }
}

/// Writes `expr` over several lines, if there is a place to break it.
fn broken(out: &mut String, expr: &Expr, page: &Page) {
    match &expr.kind {
        Kind::Number(_) | Kind::String(_) => {
            let _ = write!(out, "{}{expr}", page.margin());
        }
        Kind::Selector(selector) => broken_selector(out, selector, &selector.at.to_string(), page),
        Kind::Range { selector, range } => {
            broken_selector(out, selector, &format!("[{range}]{}", selector.at), page);
        }
        Kind::Subquery { expr, range, step, at } => {
            let step = step.as_ref().map(Time::to_string).unwrap_or_default();
            let brackets = format!("[{range}:{step}]{at}");
            let page = Page { after: page.after + brackets.chars().count(), ..*page };
            operand(out, expr, !takes_brackets(expr), &page);
            out.push_str(&brackets);
        }
        Kind::Call { function, args } => enclosed(out, function, args.iter(), page),
        Kind::Aggregate { param, expr: inner, .. } => {
            enclosed(out, &head(&expr.kind), param.as_deref().into_iter().chain([inner.as_ref()]), page);
        }
        Kind::Unary { negative, expr } => {
            let inner = if let Kind::Paren(inner) = &expr.kind { inner } else { expr };
            enclosed(out, if *negative { "-" } else { "+" }, [inner.as_ref()].into_iter(), page);
        }
        Kind::Binary(binary) => broken_binary(out, binary, page),
        Kind::Paren(inner) => enclosed(out, "", [inner.as_ref()].into_iter(), page),
    }
}

/// Writes operands indented and the operator on a line of its own between them. Plain scalars stay on its line:
/// `1 - (` and `> 0.0144` read better whole.
fn broken_binary(out: &mut String, binary: &Binary, page: &Page) {
    let (left, right) = (&binary.left, &binary.right);
    let (left_parens, right_parens) =
        (left_needs_parens(binary.op, left), right_needs_parens(binary.op, right));
    let operator = operator(binary);
    let margin = page.margin();
    let opens =
        right_parens || matches!(right.kind, Kind::Paren(_) | Kind::Call { .. } | Kind::Aggregate { .. });
    if opens && is_plain(left) {
        let mut rest = String::new();
        operand(&mut rest, right, right_parens, page);
        let left = Operand { expr: left, parens: left_parens };
        let _ = write!(out, "{margin}{left} {operator} {}", rest.trim_start());
        return;
    }
    match &left.kind {
        // A chain of one level of precedence is a list, not a staircase.
        Kind::Binary(inner) if inner.op.precedence() == binary.op.precedence() && !left_parens => {
            broken(out, left, page);
        }
        _ => operand(out, left, left_parens, &page.deeper(0)),
    }
    let line = format!("{operator} {}", Operand { expr: right, parens: right_parens });
    if is_plain(right) && page.fits(&line) {
        let _ = write!(out, "\n{margin}{line}");
        return;
    }
    let _ = write!(out, "\n{margin}{operator}\n");
    operand(out, right, right_parens, &page.deeper(page.after));
}

/// A number, or arithmetic on numbers.
fn is_plain(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Number(_) => true,
        Kind::Paren(inner) | Kind::Unary { expr: inner, .. } => is_plain(inner),
        Kind::Binary(binary) => is_plain(&binary.left) && is_plain(&binary.right),
        _ => false,
    }
}

/// Writes an operand, in parentheses where it needs them.
fn operand(out: &mut String, expr: &Expr, parens: bool, page: &Page) {
    let line = Operand { expr, parens }.to_string();
    if page.fits(&line) {
        let _ = write!(out, "{}{line}", page.margin());
    } else if parens {
        enclosed(out, "", [expr].into_iter(), page);
    } else {
        broken(out, expr, page);
    }
}

/// Writes `head(`, the arguments one a line, and `)`.
fn enclosed<'e>(out: &mut String, head: &str, args: impl Iterator<Item = &'e Expr>, page: &Page) {
    let _ = write!(out, "{}{head}(", page.margin());
    let mut args = args.peekable();
    if args.peek().is_none() {
        out.push(')');
        return;
    }
    while let Some(arg) = args.next() {
        out.push('\n');
        let comma = if args.peek().is_some() { "," } else { "" };
        block(out, arg, &page.deeper(comma.len()));
        out.push_str(comma);
    }
    let _ = write!(out, "\n{})", page.margin());
}

fn broken_selector(out: &mut String, selector: &Selector, after: &str, page: &Page) {
    let (name, matchers) = name_and_matchers(selector);
    let margin = page.margin();
    if matchers.is_empty() {
        let _ = write!(out, "{margin}{}{after}", Bare(selector));
        return;
    }
    let matchers = matchers.join(&format!(",\n{margin}  "));
    let _ = write!(out, "{margin}{name}{{\n{margin}  {matchers}\n{margin}}}{after}");
}
