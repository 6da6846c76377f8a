//! Reads PromQL as Prometheus 3 does: a Pratt parser over tokens that stops at the first fault and points at it.
//!
//! **Invariant:** no input panics or overflows the stack: a nesting deeper than `NESTING`, or more than `OPERATORS` operators, is a fault. This also
//! limits the height of every tree that this parser returns.

mod advice;
mod levels;
mod selector;
mod time;
mod words;

pub use super::fault::Fault;
pub(super) use time::seconds;

use super::ast::{Binary, Expr, Fill, Group, Grouping, Kind, Matching, Op, Span};
use super::lexer::{Token, TokenKind, lex};
use super::names;

/// The maximum depth of brackets, calls, signs and powers. A level takes up to 10 kB of stack in a debug build, and the smallest stack is the 2 MB of
/// a test's thread.
const NESTING: usize = 100;

/// The maximum number of binary operators and subqueries in one text: a chain of them is a tree of the same height.
const OPERATORS: usize = 250;

/// Reads one expression. Types are checked by `types::check`.
pub fn parse(text: &str) -> Result<Expr, Fault> {
    let mut parser = Parser { text, tokens: lex(text), at: 0, depth: 0, operators: 0, may_match_all: None };
    if parser.peek().kind == TokenKind::End {
        return Err(Fault::new(Span { start: 0, end: text.len() }, "an empty expression"));
    }
    let expr = parser.expression(0)?;
    if parser.peek().kind != TokenKind::End {
        return Err(parser.unexpected("an operator"));
    }
    // The printed form must be readable, too, and printed parentheses are levels.
    if 1 + levels::levels(&expr) > NESTING {
        return Err(Parser::too_deep(expr.span));
    }
    Ok(expr)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    operators: usize,
    /// The start of the only selector that may match everything: the second argument of `info`.
    may_match_all: Option<usize>,
}

/// Tokens.
impl<'a> Parser<'a> {
    fn peek(&self) -> &Token {
        // The last token is never consumed, so there always is one.
        &self.tokens[self.at]
    }

    fn symbol(&self) -> Option<&'static str> {
        if let TokenKind::Symbol(symbol) = self.peek().kind { Some(symbol) } else { None }
    }

    fn next_symbol(&self) -> Option<&'static str> {
        match self.tokens.get(self.at + 1)?.kind {
            TokenKind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    fn slice(&self, span: Span) -> &'a str {
        &self.text[span.start..span.end]
    }

    fn word(&self) -> Option<&'a str> {
        (self.peek().kind == TokenKind::Word).then(|| self.slice(self.peek().span))
    }

    /// The current word as a keyword. Keywords may be in any case.
    fn keyword(&self) -> Option<String> {
        self.word().map(str::to_ascii_lowercase)
    }

    /// Consumes a token and returns its place.
    fn bump(&mut self) -> Span {
        let span = self.peek().span;
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        span
    }

    fn eat(&mut self, symbol: &str) -> Option<Span> {
        (self.symbol() == Some(symbol)).then(|| self.bump())
    }

    fn eat_keyword(&mut self, keyword: &str) -> Option<Span> {
        self.word().is_some_and(|word| word.eq_ignore_ascii_case(keyword)).then(|| self.bump())
    }

    fn expect(&mut self, symbol: &str) -> Result<Span, Fault> {
        self.eat(symbol).ok_or_else(|| self.unexpected(&format!("`{symbol}`")))
    }

    /// Consumes the bracket that closes the one at `open`.
    fn close(&mut self, open: Span, symbol: &str, expected: &str) -> Result<Span, Fault> {
        if self.peek().kind == TokenKind::End {
            return Err(Fault::new(open, format!("unclosed `{}`", self.slice(open)))
                .help(format!("end it with `{symbol}`")));
        }
        self.eat(symbol).ok_or_else(|| self.unexpected(expected))
    }

    /// The end of the last consumed token.
    fn end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |last| self.tokens[last].span.end)
    }

    fn from(&self, start: usize) -> Span {
        Span { start, end: self.end() }
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let Token { kind, span } = self.peek();
        let found = match kind {
            TokenKind::Fault(fault) => {
                return match self.advice(expected).filter(|_| fault.help.is_none()) {
                    Some(help) => fault.clone().help(help),
                    None => fault.clone(),
                };
            }
            TokenKind::End => "the end of the query".to_owned(),
            TokenKind::String(_) => "a string".to_owned(),
            _ => format!("`{}`", self.slice(*span)),
        };
        let last = |back: usize| self.at.checked_sub(back).map_or("", |at| self.slice(self.tokens[at].span));
        if *kind == TokenKind::End && last(1) == "%" && last(2).starts_with(|c: char| c.is_ascii_digit()) {
            return Fault::new(self.tokens[self.at - 1].span, "`%` is the remainder of a division here")
                .help(format!(
                    "write the ratio, `{0} / 100`, or `{0}` if the value is a percentage",
                    last(2)
                ));
        }
        let span = match kind {
            TokenKind::End => Span { start: self.end(), end: self.end() },
            _ => *span,
        };
        let fault = Fault::new(span, format!("expected {expected}, found {found}"));
        match self.advice(expected) {
            Some(help) => fault.help(help),
            None => fault,
        }
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err(Self::too_deep(self.peek().span));
        }
        Ok(())
    }

    fn too_deep(span: Span) -> Fault {
        Fault::new(span, format!("nested more than {NESTING} levels deep"))
    }

    fn count_operator(&mut self) -> Result<(), Fault> {
        self.operators += 1;
        if self.operators > OPERATORS {
            return Err(Fault::new(
                self.peek().span,
                format!("more than {OPERATORS} operators in one expression"),
            ));
        }
        Ok(())
    }
}

/// Expressions.
impl Parser<'_> {
    /// An expression whose operators bind at least as tightly as `min`.
    fn expression(&mut self, min: u8) -> Result<Expr, Fault> {
        self.deeper()?;
        let mut left = self.operand()?;
        while let Some(op) = self.operator().filter(|op| op.precedence() >= min) {
            self.count_operator()?;
            self.bump();
            let bool = self.eat_keyword("bool").is_some();
            let matching = self.matching()?;
            let right = self.expression(if op == Op::Pow { op.precedence() } else { op.precedence() + 1 })?;
            let span = Span { start: left.span.start, end: right.span.end };
            left = Expr { kind: Kind::Binary(Box::new(Binary { op, bool, matching, left, right })), span };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<Op> {
        match self.symbol() {
            Some("^") => Some(Op::Pow),
            Some("*") => Some(Op::Mul),
            Some("/") => Some(Op::Div),
            Some("%") => Some(Op::Mod),
            Some("+") => Some(Op::Add),
            Some("-") => Some(Op::Sub),
            Some("==") => Some(Op::Eq),
            Some("!=") => Some(Op::Ne),
            Some("<") => Some(Op::Lt),
            Some("<=") => Some(Op::Le),
            Some(">") => Some(Op::Gt),
            Some(">=") => Some(Op::Ge),
            Some("</") => Some(Op::TrimUpper),
            Some(">/") => Some(Op::TrimLower),
            Some(_) => None,
            None => match self.keyword()?.as_str() {
                "atan2" => Some(Op::Atan2),
                "and" => Some(Op::And),
                "unless" => Some(Op::Unless),
                "or" => Some(Op::Or),
                _ => None,
            },
        }
    }

    /// `on (…)` or `ignoring (…)`, `group_left (…)` or `group_right (…)`, `fill(…)`.
    fn matching(&mut self) -> Result<Option<Matching>, Fault> {
        let mut matching = Matching { on: false, labels: Vec::new(), group: None, fill: None };
        let mut written = false;
        let on = self.eat_keyword("on").is_some();
        if on || self.eat_keyword("ignoring").is_some() {
            written = true;
            matching.on = on;
            matching.labels = self.labels()?;
            let left = self.eat_keyword("group_left").is_some();
            if left || self.eat_keyword("group_right").is_some() {
                let include = if self.symbol() == Some("(") { self.labels()? } else { Vec::new() };
                matching.group = Some(Group { left, include });
            }
        }
        matching.fill = self.fill()?;
        written |= matching.fill.is_some();
        Ok(written.then_some(matching))
    }

    /// `fill(…)`, `fill_left(…)`, `fill_right(…)`. Without parentheses these words are metrics.
    fn fill(&mut self) -> Result<Option<Fill>, Fault> {
        let mut fill = Fill { left: None, right: None };
        while self.next_symbol() == Some("(") {
            let (left, right) = match self.keyword().as_deref() {
                Some("fill") => (true, true),
                Some("fill_left") => (true, false),
                Some("fill_right") => (false, true),
                _ => break,
            };
            let word = self.bump();
            if left && fill.left.is_some() || right && fill.right.is_some() {
                return Err(Fault::new(word, "`fill` is written twice for one side"));
            }
            let open = self.expect("(")?;
            let value = self.signed_number()?;
            self.close(open, ")", "`)`")?;
            if left {
                fill.left = Some(value.clone());
            }
            if right {
                fill.right = Some(value);
            }
        }
        Ok((fill.left.is_some() || fill.right.is_some()).then_some(fill))
    }

    /// A number with its sign, as text.
    fn signed_number(&mut self) -> Result<String, Fault> {
        let sign = if self.eat("-").is_some() {
            "-"
        } else {
            self.eat("+");
            ""
        };
        match self.peek().kind {
            TokenKind::Number | TokenKind::Duration => {
                let number = self.bump();
                Ok(format!("{sign}{}", self.slice(number)))
            }
            _ => Err(self.unexpected("a number")),
        }
    }

    fn operand(&mut self) -> Result<Expr, Fault> {
        let start = self.peek().span.start;
        if let Some(sign @ ("+" | "-")) = self.symbol() {
            self.bump();
            // A sign binds less tightly than `^` and tighter than `*`.
            let expr = Box::new(self.expression(Op::Pow.precedence())?);
            return Ok(Expr { span: self.from(start), kind: Kind::Unary { negative: sign == "-", expr } });
        }
        let primary = self.primary()?;
        self.with_modifiers(primary)
    }

    fn primary(&mut self) -> Result<Expr, Fault> {
        match self.peek().kind {
            TokenKind::Symbol("(") => self.parentheses(),
            TokenKind::Symbol("{") => self.selector(),
            TokenKind::Word => self.word_operand(),
            _ => self.literal_operand(),
        }
    }

    fn parentheses(&mut self) -> Result<Expr, Fault> {
        let open = self.bump();
        let inner = Box::new(self.expression(0)?);
        self.close(open, ")", "an operator or `)`")?;
        Ok(Expr { kind: Kind::Paren(inner), span: self.from(open.start) })
    }

    fn literal_operand(&mut self) -> Result<Expr, Fault> {
        let span = self.peek().span;
        let kind = match &self.peek().kind {
            TokenKind::Number | TokenKind::Duration => Kind::Number(self.slice(span).to_owned()),
            TokenKind::String(string) => Kind::String(string.clone()),
            TokenKind::Placeholder => {
                return Err(Fault::new(span, "a placeholder outside of a duration")
                    .help("`$name` is allowed in `[$name]` and after `offset`"));
            }
            TokenKind::Word | TokenKind::Symbol(_) | TokenKind::End | TokenKind::Fault(_) => {
                return Err(self.unexpected("a metric or a number"));
            }
        };
        self.bump();
        Ok(Expr { kind, span })
    }

    /// An operand that starts with a word: an aggregation, a call, or a metric, which may have the name of a keyword.
    fn word_operand(&mut self) -> Result<Expr, Fault> {
        let span = self.peek().span;
        let word = self.slice(span);
        if names::is_aggregation(word) {
            let grouping_follows = self.tokens.get(self.at + 1).is_some_and(|next| {
                next.kind == TokenKind::Word
                    && ["by", "without"].iter().any(|by| by.eq_ignore_ascii_case(self.slice(next.span)))
            });
            if grouping_follows || self.next_symbol() == Some("(") {
                return self.aggregation();
            }
        } else if self.next_symbol() == Some("(") && names::is_function(word) {
            self.bump();
            // `start()`, `end()`, `step()` and `range()` are keywords, so they may be in any case.
            let keyword = word.to_ascii_lowercase();
            let is_keyword = ["start", "end", "step", "range"].contains(&keyword.as_str());
            let function = if is_keyword { keyword } else { word.to_owned() };
            let args = self.arguments(function == "info")?;
            return Ok(Expr { kind: Kind::Call { function, args }, span: self.from(span.start) });
        } else if !names::is_metric(word) {
            return Err(self.unexpected("a metric or a number"));
        }
        self.selector()
    }

    fn aggregation(&mut self) -> Result<Expr, Fault> {
        let name = self.bump();
        let op = self.slice(name).to_ascii_lowercase();
        let before = self.grouping()?;
        let open = self.peek().span.start;
        let mut args = self.arguments(false)?;
        let parentheses = self.from(open);
        let grouping = if before.is_some() { before } else { self.grouping()? };
        let with_parameter = names::WITH_PARAMETER.contains(&op.as_str());
        let wanted = 1 + usize::from(with_parameter);
        if args.len() != wanted {
            let arguments = if wanted == 1 { "one argument" } else { "two arguments" };
            let fault = Fault::new(parentheses, format!("`{op}` takes {arguments}, found {}", args.len()));
            return Err(if with_parameter {
                fault.help(format!("`{op}(parameter, vector)`"))
            } else {
                fault
            });
        }
        let expr = Box::new(args.remove(wanted - 1));
        let param = args.pop().map(Box::new);
        Ok(Expr { kind: Kind::Aggregate { op, param, expr, grouping }, span: self.from(name.start) })
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, Fault> {
        let without = self.eat_keyword("without").is_some();
        if !without && self.eat_keyword("by").is_none() {
            return Ok(None);
        }
        Ok(Some(Grouping { without, labels: self.labels()? }))
    }

    /// `(a, b)`; the list may end with a comma.
    fn labels(&mut self) -> Result<Vec<String>, Fault> {
        let open = self.expect("(")?;
        let mut labels = Vec::new();
        loop {
            if let Some("]" | "}") = self.symbol() {
                return Err(self.unexpected("a label name or `)`"));
            }
            if self.symbol() == Some(")") || self.peek().kind == TokenKind::End {
                break;
            }
            labels.push(self.label()?);
            if self.eat(",").is_none() {
                break;
            }
        }
        self.close(open, ")", "`,` or `)`")?;
        Ok(labels)
    }

    fn label(&mut self) -> Result<String, Fault> {
        let label = match &self.peek().kind {
            TokenKind::Word if names::may_be_label(self.slice(self.peek().span)) => {
                self.slice(self.peek().span).to_owned()
            }
            TokenKind::String(label) if !label.is_empty() => label.clone(),
            _ => return Err(self.unexpected("a label name")),
        };
        self.bump();
        Ok(label)
    }

    /// `(a, b)`; unlike labels, arguments must not end with a comma.
    fn arguments(&mut self, of_info: bool) -> Result<Vec<Expr>, Fault> {
        let open = self.expect("(")?;
        let mut args = Vec::new();
        if self.eat(")").is_some() {
            return Ok(args);
        }
        loop {
            if of_info && args.len() == 1 {
                self.may_match_all = Some(self.peek().span.start);
            }
            args.push(self.expression(0)?);
            let Some(comma) = self.eat(",") else { break };
            if self.symbol() == Some(")") {
                return Err(Fault::new(comma, "a comma after the last argument"));
            }
        }
        self.close(open, ")", "an operator, `,` or `)`")?;
        Ok(args)
    }
}
