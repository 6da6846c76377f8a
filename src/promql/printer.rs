//! Writes a tree as PromQL: on one line by `Display`, over several by `pretty`.
//!
//! Trees that were built have no `Paren`. The printer adds parentheses where the text would otherwise be parsed as another tree. If printed text is
//! parsed and stripped of parentheses, the result is the same tree.

use std::fmt::{self, Display, Write as _};

use super::ast::{
    At, Binary, Expr, Extension, Fill, Group, Grouping, Kind, Matcher, Matching, Modifiers, Op, Selector,
    Time, TimeExpr,
};
use super::names;
use crate::inert::unseen;

/// `expr` on one line if it has at most `width` characters, otherwise over several: operators begin lines of their own with indented operands, and
/// each argument has its own line.
pub fn pretty(expr: &Expr, width: usize) -> String {
    let mut out = String::new();
    pretty_into(&mut out, expr, width, 0, 0);
    out
}

/// [`pretty`], appended to `out`, with every line but the first indented. It is on one line only if `more` further characters have room there.
pub fn pretty_into(out: &mut String, expr: &Expr, width: usize, indent: usize, more: usize) {
    let page = Page { width: width + indent, indent, after: 0 };
    let first = Page { after: more, ..page };
    if least(expr, first.room()) <= first.room() && first.on_one_line(out, expr) {
        return;
    }
    broken(out, expr, &page);
}

impl Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Number(text) => f.write_str(text),
            Kind::String(text) => Quoted(text).fmt(f),
            Kind::Selector(selector) => selector.fmt(f),
            Kind::Range { selector, range } => {
                Bare(selector).fmt(f)?;
                f.write_char('[')?;
                range.fmt(f)?;
                f.write_char(']')?;
                selector.at.fmt(f)
            }
            Kind::Subquery { expr, range, step, at } => {
                let step = step.as_ref().map(Time::to_string).unwrap_or_default();
                write!(f, "{}[{range}:{step}]{at}", Operand { expr, parens: !takes_brackets(expr) })
            }
            Kind::Call { function, args } => {
                f.write_str(function)?;
                f.write_char('(')?;
                Separated(args).fmt(f)?;
                f.write_char(')')
            }
            Kind::Aggregate { op, param, expr, grouping } => {
                Head { op, grouping: grouping.as_ref() }.fmt(f)?;
                f.write_char('(')?;
                if let Some(param) = param {
                    param.fmt(f)?;
                    f.write_str(", ")?;
                }
                expr.fmt(f)?;
                f.write_char(')')
            }
            Kind::Unary { negative, expr } => {
                f.write_char(if *negative { '-' } else { '+' })?;
                Operand { expr, parens: binds_looser_than_sign(expr) }.fmt(f)
            }
            Kind::Binary(binary) => {
                Operand { expr: &binary.left, parens: left_needs_parens(binary.op, &binary.left) }.fmt(f)?;
                f.write_char(' ')?;
                Operator(binary).fmt(f)?;
                f.write_char(' ')?;
                Operand { expr: &binary.right, parens: right_needs_parens(binary.op, &binary.right) }.fmt(f)
            }
            Kind::Paren(inner) => Operand { expr: inner, parens: true }.fmt(f),
        }
    }
}

struct Operand<'e> {
    expr: &'e Expr,
    parens: bool,
}

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.parens {
            return self.expr.fmt(f);
        }
        f.write_char('(')?;
        self.expr.fmt(f)?;
        f.write_char(')')
    }
}

struct Separated<'e, T>(&'e [T]);

impl<T: Display> Display for Separated<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

/// The text before an aggregation's parenthesis: `sum`, or `sum by (a) ` with the space.
struct Head<'e> {
    op: &'e str,
    grouping: Option<&'e Grouping>,
}

impl Display for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.op)?;
        match self.grouping {
            Some(Grouping { without, labels }) => {
                f.write_str(if *without { " without (" } else { " by (" })?;
                LabelList(labels).fmt(f)?;
                f.write_str(") ")
            }
            None => Ok(()),
        }
    }
}

/// The operator with its modifiers.
struct Operator<'e>(&'e Binary);

impl Display for Operator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Binary { op, bool, matching, .. } = self.0;
        f.write_str(op.symbol())?;
        if *bool {
            f.write_str(" bool")?;
        }
        match matching {
            Some(matching) => {
                f.write_char(' ')?;
                matching.fmt(f)
            }
            None => Ok(()),
        }
    }
}

impl Display for Matching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `ignoring ()` has no effect, but is printed if there is nothing else, or if a group needs it.
        let labels = self.on || !self.labels.is_empty() || self.group.is_some() || self.fill.is_none();
        if labels {
            f.write_str(if self.on { "on (" } else { "ignoring (" })?;
            LabelList(&self.labels).fmt(f)?;
            f.write_char(')')?;
        }
        if let Some(Group { left, include }) = &self.group {
            // Empty parentheses are printed: `group_left (a + b)` would be a list of labels.
            f.write_str(if *left { " group_left (" } else { " group_right (" })?;
            LabelList(include).fmt(f)?;
            f.write_char(')')?;
        }
        let Some(fill) = &self.fill else { return Ok(()) };
        // With a group the labels are printed, too.
        let mut blank = if labels { " " } else { "" };
        match fill {
            Fill { left: Some(left), right: Some(right) } if left == right => {
                write!(f, "{blank}fill ({left})")
            }
            Fill { left, right } => {
                for (side, value) in [("left", left), ("right", right)] {
                    if let Some(value) = value {
                        write!(f, "{blank}fill_{side} ({value})")?;
                        blank = " ";
                    }
                }
                Ok(())
            }
        }
    }
}

/// `a, b`
struct LabelList<'e>(&'e [String]);

impl Display for LabelList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, label) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            match names::is_label(label) {
                true => f.write_str(label)?,
                false => Quoted(label).fmt(f)?,
            }
        }
        Ok(())
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Bare(self).fmt(f)?;
        self.at.fmt(f)
    }
}

/// A selector without its modifiers, which come after the range if there is one.
struct Bare<'e>(&'e Selector);

impl Display for Bare<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, quoted) = names_of(self.0);
        f.write_str(name)?;
        if !name.is_empty() && self.0.matchers.is_empty() {
            return Ok(());
        }
        f.write_char('{')?;
        if let Some(quoted) = quoted {
            Quoted(quoted).fmt(f)?;
            if !self.0.matchers.is_empty() {
                f.write_char(',')?;
            }
        }
        f.write_str(self.0.matchers.spelled())?;
        f.write_char('}')
    }
}

/// A selector's name before the braces, and inside of them; at most one of both.
pub(super) fn names_of(selector: &Selector) -> (&str, Option<&str>) {
    match selector.name.as_deref() {
        // If the name is before the braces, Prometheus allows no second matcher of the name inside.
        Some(name) if names::is_metric(name) && selector.matchers.iter().all(|m| m.label != "__name__") => {
            (name, None)
        }
        name => ("", name),
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.placeholder && self.label.is_empty() {
            return write!(f, "${{{}:raw}}", self.value);
        }
        if names::is_label_in_braces(&self.label) {
            f.write_str(&self.label)?;
        } else {
            Quoted(&self.label).fmt(f)?;
        }
        f.write_str(self.op.symbol())?;
        match self.placeholder {
            true if self.value.contains('$') => write!(f, "\"{}\"", self.value),
            true => write!(f, "\"${}\"", self.value),
            false => Quoted(&self.value).fmt(f),
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

/// Whether this arithmetic is parsed as a whole after `offset`.
pub(super) fn stands_after_offset(time: &TimeExpr) -> bool {
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
            Time::Ahead(name) => write!(f, "-${name}"),
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

/// Whether a number has a sign, which only built trees contain.
fn is_signed(text: &str) -> bool {
    text.starts_with(['-', '+'])
}

fn left_needs_parens(outer: Op, expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Binary(inner) => looser_on_the_left(inner.op, outer),
        Kind::Unary { .. } => outer == Op::Pow,
        Kind::Number(text) => outer == Op::Pow && is_signed(text),
        // Prometheus continues after a parenthesis: `x offset (5m) * 2` moves x by ten minutes.
        Kind::Selector(selector) | Kind::Range { selector, .. } => ends_in_a_parenthesis(&selector.at),
        Kind::Subquery { at, .. } => ends_in_a_parenthesis(at),
        _ => false,
    }
}

pub(super) fn ends_in_a_parenthesis(at: &Modifiers) -> bool {
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
        // An operator after the whole would be parsed as part of the offset.
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

/// Whether `[1h:]` directly after `expr` applies to all of `expr`, also for a human reader.
pub(super) fn takes_brackets(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Selector(selector) => selector.at == Modifiers::default(),
        Kind::Call { .. } | Kind::Aggregate { .. } | Kind::Paren(_) => true,
        Kind::Number(_) | Kind::String(_) | Kind::Range { .. } | Kind::Subquery { .. } => false,
        Kind::Unary { .. } | Kind::Binary(_) => false,
    }
}

/// A string in double quotes, with Go's escapes. Text that a dashboard would read as one of its variables (`$name`, `${name}`, `[[name]]`) is escaped
/// so that only Prometheus understands it.
struct Quoted<'e>(&'e str);

impl Quoted<'_> {
    /// Whether a dashboard would read the `$` or `[` at a place as the beginning of a variable.
    fn names_variable(&self, at: usize) -> bool {
        let named = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let rest = &self.0[at..];
        if let Some(rest) = rest.strip_prefix('$') {
            return named(rest) || rest.starts_with('{');
        }
        rest.strip_prefix("[[")
            .is_some_and(|rest| named(rest) && rest.trim_start_matches(inner).starts_with("]]"))
    }
}

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let mut plain = 0;
        let mut unseen = unseen(self.0).map(|(at, _)| at).peekable();
        for (at, c) in self.0.char_indices() {
            // Prometheus' lexer reads U+FFFD as invalid UTF-8.
            let escaped = matches!(c, '"' | '\\' | '\u{fffd}')
                || unseen.next_if_eq(&at).is_some()
                || (matches!(c, '$' | '[') && self.names_variable(at));
            if !escaped {
                continue;
            }
            f.write_str(&self.0[plain..at])?;
            plain = at + c.len_utf8();
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '$' => f.write_str("\\x24")?,
                '[' => f.write_str("\\x5b")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                _ => match u32::from(c) {
                    code @ 0..=0xffff => write!(f, "\\u{code:04x}")?,
                    code => write!(f, "\\U{code:08x}")?,
                },
            }
        }
        f.write_str(&self.0[plain..])?;
        f.write_char('"')
    }
}

/// The layout of a block: the width of lines, the indentation, and the number of characters that follow on its last line.
struct Page {
    width: usize,
    indent: usize,
    after: usize,
}

impl Page {
    fn deeper(&self, after: usize) -> Page {
        Page { width: self.width, indent: self.indent + 2, after }
    }

    /// Begins a line with its indentation.
    fn margin(&self, out: &mut String) {
        const BLANKS: &str = "                                                                ";
        let mut left = self.indent;
        while left > 0 {
            let some = left.min(BLANKS.len());
            out.push_str(&BLANKS[..some]);
            left -= some;
        }
    }

    /// The number of characters that fit on a line.
    fn room(&self) -> usize {
        self.width.saturating_sub(self.indent + self.after)
    }

    /// Writes `text` on the current line if it fits; otherwise `out` is unchanged.
    fn on_one_line(&self, out: &mut String, text: &impl Display) -> bool {
        let start = out.len();
        let mut line = Line { out, left: self.room() };
        let fits = write!(line, "{text}").is_ok();
        if !fits {
            out.truncate(start);
        }
        fits
    }
}

/// Accepts this number of characters and then fails, so that a text that does not fit is not written to its end.
struct Line<'o> {
    out: &'o mut String,
    left: usize,
}

impl fmt::Write for Line<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.left = self.left.checked_sub(length(text)).ok_or(fmt::Error)?;
        self.out.push_str(text);
        Ok(())
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
        self.out.push(c);
        Ok(())
    }
}

/// The length in characters.
fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// The minimum number of characters of `expr` on one line, counted up to `limit`: an expression that certainly does not fit is not tried.
fn least(expr: &Expr, limit: usize) -> usize {
    let sum = |parts: &mut dyn Iterator<Item = &Expr>| {
        let mut sum = 0;
        for part in parts {
            sum += least(part, limit);
            if sum > limit {
                break;
            }
        }
        sum
    };
    match &expr.kind {
        Kind::Number(text) | Kind::String(text) => length(text),
        Kind::Selector(selector) | Kind::Range { selector, .. } => {
            let name = selector.name.as_deref().map_or(0, length);
            name + length(selector.matchers.spelled())
        }
        Kind::Subquery { expr, .. } | Kind::Unary { expr, .. } | Kind::Paren(expr) => least(expr, limit),
        Kind::Call { function, args } => function.len() + sum(&mut args.iter()),
        Kind::Aggregate { op, param, expr, .. } => {
            op.len() + sum(&mut param.as_deref().into_iter().chain([expr.as_ref()]))
        }
        Kind::Binary(binary) => sum(&mut [&binary.left, &binary.right].into_iter()),
    }
}

/// Writes `expr` with every line but the first indented, and no line break at the end.
fn block(out: &mut String, expr: &Expr, page: &Page) {
    operand(out, expr, false, page);
}

/// Writes `expr` over several lines, if it can be broken.
fn broken(out: &mut String, expr: &Expr, page: &Page) {
    match &expr.kind {
        Kind::Number(_) | Kind::String(_) => {
            let _ = write!(out, "{expr}");
        }
        Kind::Selector(selector) => broken_selector(out, selector, &selector.at, page),
        Kind::Range { selector, range } => {
            broken_selector(out, selector, &format_args!("[{range}]{}", selector.at), page);
        }
        Kind::Subquery { expr, range, step, at } => {
            let step = step.as_ref().map(Time::to_string).unwrap_or_default();
            let brackets = format!("[{range}:{step}]{at}");
            let page = Page { after: page.after + brackets.chars().count(), ..*page };
            operand(out, expr, !takes_brackets(expr), &page);
            out.push_str(&brackets);
        }
        Kind::Call { function, args } => enclosed(out, function, args.iter(), page),
        Kind::Aggregate { op, grouping, param, expr: inner } => {
            let head = Head { op, grouping: grouping.as_ref() };
            enclosed(out, &head, param.as_deref().into_iter().chain([inner.as_ref()]), page);
        }
        Kind::Unary { negative, expr } => {
            out.push(if *negative { '-' } else { '+' });
            match &expr.kind {
                // Signs are written side by side. Otherwise each would have parentheses of its own.
                Kind::Unary { .. } => broken(out, expr, page),
                Kind::Paren(inner) => enclosed(out, "", [inner.as_ref()].into_iter(), page),
                _ => enclosed(out, "", [expr.as_ref()].into_iter(), page),
            }
        }
        Kind::Binary(binary) => broken_binary(out, binary, page),
        Kind::Paren(inner) => enclosed(out, "", [inner.as_ref()].into_iter(), page),
    }
}

/// Writes the left operand, and the operator at the beginning of a line with the right operand after it. Operands that bind tighter are indented
/// more, so nothing begins with a blank. Plain scalars stay on the operator's line: `1 - (` and `> 0.0144` are easier to read together.
fn broken_binary(out: &mut String, binary: &Binary, page: &Page) {
    let (left, right) = (&binary.left, &binary.right);
    let (left_parens, right_parens) =
        (left_needs_parens(binary.op, left), right_needs_parens(binary.op, right));
    let operator = Operator(binary);
    let opens =
        right_parens || matches!(right.kind, Kind::Paren(_) | Kind::Call { .. } | Kind::Aggregate { .. });
    if opens && is_plain(left) {
        let _ = write!(out, "{} {operator} ", Operand { expr: left, parens: left_parens });
        operand(out, right, right_parens, page);
        return;
    }
    match &left.kind {
        // A chain of one precedence is printed as a list without further indentation.
        Kind::Binary(inner) if inner.op.precedence() == binary.op.precedence() && !left_parens => {
            broken(out, left, page);
        }
        Kind::Binary(_) if !left_parens => operand(out, left, false, &Page { after: 0, ..page.deeper(0) }),
        _ => operand(out, left, left_parens, &Page { after: 0, ..*page }),
    }
    out.push('\n');
    page.margin(out);
    let line = format_args!("{operator} {}", Operand { expr: right, parens: right_parens });
    if page.on_one_line(out, &line) {
        return;
    }
    if opens {
        let _ = write!(out, "{operator} ");
        operand(out, right, right_parens, page);
        return;
    }
    let _ = writeln!(out, "{operator}");
    let page = page.deeper(page.after);
    page.margin(out);
    operand(out, right, right_parens, &page);
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

/// Writes an operand, in parentheses if necessary.
fn operand(out: &mut String, expr: &Expr, parens: bool, page: &Page) {
    if least(expr, page.room()) <= page.room() && page.on_one_line(out, &Operand { expr, parens }) {
        return;
    }
    if parens {
        enclosed(out, "", [expr].into_iter(), page);
    } else {
        broken(out, expr, page);
    }
}

/// Writes `head(`, one argument per line, and `)`.
fn enclosed<'e>(out: &mut String, head: impl Display, args: impl Iterator<Item = &'e Expr>, page: &Page) {
    let _ = write!(out, "{head}(");
    let mut args = args.peekable();
    if args.peek().is_none() {
        out.push(')');
        return;
    }
    while let Some(arg) = args.next() {
        let comma = if args.peek().is_some() { "," } else { "" };
        let page = page.deeper(comma.len());
        out.push('\n');
        page.margin(out);
        block(out, arg, &page);
        out.push_str(comma);
    }
    out.push('\n');
    page.margin(out);
    out.push(')');
}

fn broken_selector(out: &mut String, selector: &Selector, after: &impl Display, page: &Page) {
    let (name, quoted) = names_of(selector);
    if quoted.is_none() && selector.matchers.is_empty() {
        let _ = write!(out, "{}{after}", Bare(selector));
        return;
    }
    let mut before = format!("{name}{{");
    let mut line = |text: &dyn Display| {
        let _ = write!(out, "{before}\n{:indent$}{text}", "", indent = page.indent + 2);
        before = ",".to_owned();
    };
    if let Some(name) = quoted {
        line(&Quoted(name));
    }
    selector.matchers.iter().for_each(|matcher| line(matcher));
    let _ = write!(out, "\n{:indent$}}}{after}", "", indent = page.indent);
}
