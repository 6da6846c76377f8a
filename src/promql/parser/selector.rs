//! Selectors, and the modifiers after an expression: a range, `offset`, `@`, `anchored`, `smoothed`.

use super::super::ast::{At, Expr, Extension, Kind, MatchOp, Matcher, Matchers, Modifiers, Selector, Span};
use super::super::lexer::TokenKind;
use super::super::regex;
use super::{Fault, Parser};

/// The maximum of matchers. Each is compared with the example values of the others.
const MATCHERS: usize = 64;

impl Parser<'_> {
    /// `name`, `name{…}` or `{…}`.
    pub(super) fn selector(&mut self) -> Result<Expr, Fault> {
        let start = self.peek().span.start;
        let mut selector = Selector {
            name: self.word().map(str::to_owned),
            matchers: Matchers::default(),
            at: Modifiers::default(),
            span: Span::default(),
        };
        if selector.name.is_some() {
            self.bump();
        }
        if let Some(open) = self.eat("{") {
            self.matchers(open, &mut selector)?;
        }
        selector.span = self.from(start);
        self.require_a_matcher(&selector)?;
        Ok(Expr { span: selector.span, kind: Kind::Selector(Box::new(selector)) })
    }

    fn matchers(&mut self, open: Span, selector: &mut Selector) -> Result<(), Fault> {
        let outside = selector.name.clone();
        while self.symbol() != Some("}") && self.peek().kind != TokenKind::End {
            self.matcher(selector, outside.as_deref())?;
            if self.eat(",").is_none() {
                break;
            }
        }
        self.close(open, "}", "`,` or `}`")?;
        Ok(())
    }

    fn matcher(&mut self, selector: &mut Selector, outside: Option<&str>) -> Result<(), Fault> {
        if selector.matchers.len() == MATCHERS {
            return Err(Fault::new(
                self.peek().span,
                format!("more than {MATCHERS} matchers in one selector"),
            ));
        }
        let (label, quoted) = match &self.peek().kind {
            TokenKind::Word => (self.slice(self.peek().span).to_owned(), false),
            TokenKind::String(string) => (string.clone(), true),
            _ => return Err(self.unexpected("a label name or `}`")),
        };
        let place = self.bump();
        let op = match self.symbol() {
            Some("=") => MatchOp::Equal,
            Some("!=") => MatchOp::NotEqual,
            Some("=~") => MatchOp::Matches,
            Some("!~") => MatchOp::NotMatches,
            // A quoted string without an operator is the metric's name.
            _ if quoted => return name_it(selector, label, place, outside),
            _ => {
                let fault = self.unexpected("`=`, `!=`, `=~` or `!~`");
                return Err(match self.meant(&label) {
                    Some(help) => fault.help(help),
                    None => fault,
                });
            }
        };
        self.bump();
        let TokenKind::String(value) = self.peek().kind.clone() else {
            let start = self.peek().span.start;
            let rest = &self.text[start..];
            if let (MatchOp::Equal, Some(value)) = (op, rest.strip_prefix('!')) {
                let span = Span { start: self.end() - 1, end: start + 1 };
                let (sign, value) = value.strip_prefix('~').map_or(("!=", value), |value| ("!~", value));
                let value = value[..value.find([',', '}']).unwrap_or(value.len())].trim();
                return Err(
                    Fault::new(span, "`=!` is not an operator").help(format!("write `{label}{sign}{value}`"))
                );
            }
            let value = rest[..rest.find([',', '}']).unwrap_or(rest.len())].trim_end();
            let is_bare = |c: char| c.is_alphanumeric() || "._-/|*+:^$[]()\\".contains(c);
            if value.is_empty() || !value.chars().all(is_bare) {
                return Err(self.unexpected("a quoted value"));
            }
            let span = Span { start, end: start + value.len() };
            return Err(Fault::new(span, format!("the value of `{label}` needs quotes"))
                .help(format!("write `{label}{}\"{value}\"`", op.symbol())));
        };
        let value_span = self.bump();
        if matches!(op, MatchOp::Matches | MatchOp::NotMatches)
            && let Err(reason) = regex::check(&value)
        {
            let fault = Fault::new(value_span, format!("the pattern is not valid in RE2: {reason}"));
            return Err(match reason.advice(&value, Some(&label)) {
                Some(advice) => fault.help(advice),
                None => fault,
            });
        }
        let span = self.from(place.start);
        if label == "__name__"
            && let Some(name) = outside
        {
            return Err(Fault::new(span, format!("the metric already has the name `{name}`")));
        }
        let matcher = Matcher { label, op, value, placeholder: false, span };
        selector.matchers.push(matcher);
        Ok(())
    }

    /// What is meant by another sign than those of a matcher, after `label`.
    fn meant(&self, label: &str) -> Option<String> {
        let rest = &self.text[self.peek().span.start..];
        let end = rest.find([',', '}']).unwrap_or(rest.len());
        let value = |signs: &str| {
            let value = rest[..end]
                .trim_start_matches(|c| signs.contains(c))
                .trim()
                .trim_matches(['"', '\'', '“', '”']);
            (!value.is_empty() && !value.contains(['"', '\''])).then_some(value)
        };
        Some(match self.symbol() {
            Some("==" | ":") => format!("write `{label}=\"{}\"`", value("=: ")?),
            None if rest.starts_with("~=") => format!("write `{label}=~\"{}\"`", value("~= ")?),
            Some("<") if rest.starts_with("<>") => format!("write `{label}!=\"{}\"`", value("<> ")?),
            Some(">" | ">=" | "<" | "<=") => {
                format!("a label is a text: write the values as a pattern, such as `{label}=~\"5..\"`")
            }
            Some("-") => {
                let part = rest[1..].split(['=', '!']).next()?.trim_end();
                format!("a label has no `-`: write `{label}_{}`", part.replace('-', "_"))
            }
            _ if self.keyword()? == "in" => {
                let list = rest.split_once('(')?.1.split_once(')')?.0;
                let values: Vec<&str> =
                    list.split(',').map(|one| one.trim().trim_matches(['"', '\''])).collect();
                format!("write `{label}=~\"{}\"`", values.join("|"))
            }
            _ if self.keyword()? == "like" => {
                let text = value("likeLIKE ").unwrap_or("api%").replace('%', ".*");
                format!("write a pattern: `{label}=~\"{text}\"`")
            }
            _ => return None,
        })
    }

    /// As in Prometheus, so that a mistake does not select all series.
    fn require_a_matcher(&self, selector: &Selector) -> Result<(), Fault> {
        let selects = |matcher: &Matcher| match matcher.op {
            MatchOp::Equal => !matcher.value.is_empty(),
            MatchOp::NotEqual => matcher.value.is_empty(),
            MatchOp::Matches => regex::matches(&matcher.value, "") == Some(false),
            MatchOp::NotMatches => regex::matches(&matcher.value, "") == Some(true),
        };
        if selector.name.as_ref().is_some_and(|name| !name.is_empty())
            || selector.matchers.iter().any(selects)
            || self.may_match_all == Some(selector.span.start)
        {
            return Ok(());
        }
        Err(Fault::new(
            selector.span,
            "a selector needs at least one matcher that does not match the empty string",
        ))
    }

    /// `expr` with all modifiers after it, which bind tighter than any operator.
    pub(super) fn with_modifiers(&mut self, mut expr: Expr) -> Result<Expr, Fault> {
        loop {
            let start = expr.span.start;
            if self.symbol() == Some("[") {
                expr = self.brackets(expr)?;
            } else if let Some(at) = self.eat("@") {
                let time = self.instant()?;
                let place = self.from(at.start);
                let modifiers = modifiers_of(&mut expr, place, "`@`")?;
                if modifiers.at.is_some() {
                    return Err(Fault::new(place, "`@` is set twice"));
                }
                modifiers.at = Some((time, place));
            } else if let Some(word) = self.eat_keyword("offset") {
                let time = self.offset()?;
                let place = self.from(word.start);
                let modifiers = modifiers_of(&mut expr, place, "`offset`")?;
                if modifiers.offset.is_some() {
                    return Err(Fault::new(place, "`offset` is set twice"));
                }
                modifiers.offset = Some((time, place));
            } else if let Some(place) = self.eat_keyword("anchored") {
                extend(&mut expr, Extension::Anchored, place)?;
            } else if let Some(place) = self.eat_keyword("smoothed") {
                extend(&mut expr, Extension::Smoothed, place)?;
            } else {
                return Ok(expr);
            }
            expr.span = self.from(start);
        }
    }

    /// `[5m]` or `[1h:5m]` after `expr`.
    fn brackets(&mut self, expr: Expr) -> Result<Expr, Fault> {
        let start = expr.span.start;
        let open = self.expect("[")?;
        let range = self.range(open)?;
        if self.eat(":").is_some() {
            self.count_operator()?;
            let step = if self.symbol() == Some("]") { None } else { Some(self.range(open)?) };
            self.close(open, "]", "`]`")?;
            let kind = Kind::Subquery { expr: Box::new(expr), range, step, at: Box::default() };
            return Ok(Expr { kind, span: self.from(start) });
        }
        self.close(open, "]", "`:` or `]`")?;
        let brackets = self.from(open.start);
        let Kind::Selector(selector) = expr.kind else {
            return Err(Fault::new(brackets, "a range after something that is not a selector")
                .help(self.selector_with_range(&expr, brackets)));
        };
        for (place, what) in [
            (selector.at.offset.as_ref().map(|(_, place)| *place), "`offset`"),
            (selector.at.at.as_ref().map(|(_, place)| *place), "`@`"),
        ] {
            if let Some(place) = place {
                return Err(Fault::new(place, format!("{what} before the range")).help(format!(
                    "write {what} after the range: `x{} {}`",
                    self.slice(brackets),
                    self.slice(place)
                )));
            }
        }
        Ok(Expr { kind: Kind::Range { selector, range }, span: self.from(start) })
    }

    /// The instant after `@`.
    fn instant(&mut self) -> Result<At, Fault> {
        for (word, at) in [("start", At::Start), ("end", At::End)] {
            if self.eat_keyword(word).is_some() {
                let open = self.expect("(")?;
                self.close(open, ")", "`)`")?;
                return Ok(at);
            }
        }
        let start = self.peek().span.start;
        let negative = self.symbol() == Some("-");
        if self.symbol() == Some("+") || negative {
            self.bump();
        }
        match self.peek().kind {
            TokenKind::Number => {
                let number = self.bump();
                let text = self.slice(number);
                if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("nan") {
                    return Err(Fault::new(self.from(start), "not a timestamp"));
                }
                Ok(At::Timestamp(format!("{}{text}", if negative { "-" } else { "" })))
            }
            TokenKind::Duration => Ok(At::Time(self.literal(negative)?)),
            _ => Err(self.unexpected("a timestamp, `start()` or `end()`")),
        }
    }
}

/// A quoted name among the matchers. A second one is an ordinary matcher, which no series matches.
fn name_it(selector: &mut Selector, name: String, place: Span, outside: Option<&str>) -> Result<(), Fault> {
    if let Some(first) = outside {
        return Err(Fault::new(place, format!("the metric already has the name `{first}`")));
    }
    if selector.name.is_none() {
        selector.name = Some(name);
    } else {
        selector.matchers.push(Matcher {
            label: "__name__".to_owned(),
            op: MatchOp::Equal,
            value: name,
            placeholder: false,
            span: place,
        });
    }
    Ok(())
}

fn modifiers_of<'e>(expr: &'e mut Expr, place: Span, what: &str) -> Result<&'e mut Modifiers, Fault> {
    match &mut expr.kind {
        Kind::Selector(selector) | Kind::Range { selector, .. } => Ok(&mut selector.at),
        Kind::Subquery { at, .. } => Ok(at),
        _ => Err(Fault::new(
            place,
            format!("{what} after something that is neither a selector nor a subquery"),
        )),
    }
}

fn extend(expr: &mut Expr, extension: Extension, place: Span) -> Result<(), Fault> {
    let (Kind::Selector(selector) | Kind::Range { selector, .. }) = &mut expr.kind else {
        return Err(Fault::new(place, "only selectors can be `anchored` or `smoothed`"));
    };
    match selector.at.extension {
        Some((other, _)) if other != extension => {
            Err(Fault::new(place, "a selector cannot be both `anchored` and `smoothed`"))
        }
        _ => {
            selector.at.extension = Some((extension, place));
            Ok(())
        }
    }
}
