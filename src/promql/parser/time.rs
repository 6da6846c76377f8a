//! Lengths of time: ranges, steps and offsets, with Prometheus 3's arithmetic.

use super::super::ast::{Op, Span, Time, TimeExpr};
use super::super::lexer::TokenKind;
use super::{Fault, Parser};
use crate::vocabulary::Duration;

/// Prometheus keeps durations in 64-bit nanoseconds.
const MOST_SECONDS: f64 = 9_223_372_036.0;

impl Parser<'_> {
    /// The duration in brackets. It must be longer than zero.
    pub(super) fn range(&mut self, open: Span) -> Result<Time, Fault> {
        if self.peek().kind == TokenKind::End {
            self.close(open, "]", "`]`")?;
        }
        let start = self.peek().span.start;
        if let Some(placeholder) = self.placeholder() {
            return Ok(placeholder);
        }
        let time = self.time(0)?;
        if literal_value(&time).is_some_and(|seconds| seconds <= 0.0) {
            return Err(Fault::new(self.from(start), "a range that is not greater than 0"));
        }
        Ok(Time::from(time))
    }

    fn placeholder(&mut self) -> Option<Time> {
        if self.peek().kind != TokenKind::Placeholder {
            return None;
        }
        let span = self.bump();
        Some(Time::Placeholder(self.slice(span)[1..].to_owned()))
    }

    /// The duration after `offset`. It ends after a sign with a literal, so `x offset 5m * 2` doubles the metric. After parentheses arithmetic
    /// continues: Prometheus' grammar does the same.
    pub(super) fn offset(&mut self) -> Result<Time, Fault> {
        if let Some(placeholder) = self.placeholder() {
            return Ok(placeholder);
        }
        let negative = self.symbol() == Some("-");
        let signed = negative || self.symbol() == Some("+");
        if signed {
            self.bump();
        }
        if let TokenKind::Number | TokenKind::Duration = self.peek().kind {
            return self.literal(negative);
        }
        let time = match self.symbol() {
            Some("(") if !signed => self.time(0)?,
            _ => self.time_operand()?,
        };
        Ok(Time::from(if signed { TimeExpr::Unary { negative, expr: Box::new(time) } } else { time }))
    }

    /// A number or a duration.
    pub(super) fn literal(&mut self, negative: bool) -> Result<Time, Fault> {
        let literal = self.time_operand()?;
        Ok(Time::from(if negative { TimeExpr::Unary { negative, expr: Box::new(literal) } } else { literal }))
    }

    fn time(&mut self, min: u8) -> Result<TimeExpr, Fault> {
        self.deeper()?;
        let mut left = self.time_operand()?;
        while let Some(op) = self.time_operator().filter(|op| op.precedence() >= min) {
            self.count_operator()?;
            let place = self.bump();
            let right = self.time(if op == Op::Pow { op.precedence() } else { op.precedence() + 1 })?;
            if matches!(op, Op::Div | Op::Mod) && literal_value(&right) == Some(0.0) {
                return Err(Fault::new(place, "a division by zero"));
            }
            left = TimeExpr::Binary { op, left: Box::new(left), right: Box::new(right) };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn time_operator(&self) -> Option<Op> {
        match self.symbol()? {
            "+" => Some(Op::Add),
            "-" => Some(Op::Sub),
            "*" => Some(Op::Mul),
            "/" => Some(Op::Div),
            "%" => Some(Op::Mod),
            "^" => Some(Op::Pow),
            _ => None,
        }
    }

    fn time_operand(&mut self) -> Result<TimeExpr, Fault> {
        let span = self.peek().span;
        match self.peek().kind {
            TokenKind::Duration => {
                self.bump();
                let duration = Duration::parse(self.slice(span));
                Ok(TimeExpr::Duration(duration.expect("the lexer calls a duration only what Duration reads")))
            }
            TokenKind::Number => {
                self.bump();
                let text = self.slice(span);
                if !seconds(text).is_some_and(|seconds| seconds <= MOST_SECONDS) {
                    return Err(Fault::new(span, "a duration out of range"));
                }
                Ok(TimeExpr::Number(text.to_owned()))
            }
            TokenKind::Symbol(sign @ ("+" | "-")) => {
                self.bump();
                let expr = Box::new(self.time(Op::Pow.precedence())?);
                Ok(TimeExpr::Unary { negative: sign == "-", expr })
            }
            TokenKind::Symbol("(") => {
                self.bump();
                let inner = self.time(0)?;
                self.close(span, ")", "an operator or `)`")?;
                Ok(TimeExpr::Paren(Box::new(inner)))
            }
            TokenKind::Word => self.time_call(),
            TokenKind::Placeholder => Err(Fault::new(span, "a placeholder inside of duration arithmetic")),
            _ => Err(self.unexpected("a duration")),
        }
    }

    /// `step()`, `range()`, `min(a, b)`, `max(a, b)`.
    fn time_call(&mut self) -> Result<TimeExpr, Fault> {
        let function = self.keyword().unwrap_or_default();
        match function.as_str() {
            "step" | "range" => {
                self.bump();
                let open = self.expect("(")?;
                self.close(open, ")", "`)`")?;
                Ok(TimeExpr::Call(function))
            }
            "min" | "max" => {
                self.bump();
                let open = self.expect("(")?;
                let left = self.time(0)?;
                self.expect(",")?;
                let right = self.time(0)?;
                self.close(open, ")", "an operator or `)`")?;
                Ok(TimeExpr::Choose { function, args: vec![left, right] })
            }
            _ => Err(self.unexpected("a duration")),
        }
    }
}

/// The seconds of a literal with any signs and parentheses. Prometheus computes arithmetic only later.
fn literal_value(time: &TimeExpr) -> Option<f64> {
    match time {
        TimeExpr::Duration(duration) => Some(duration.millis() as f64 / 1_000.0),
        TimeExpr::Number(text) => seconds(text),
        TimeExpr::Paren(inner) => literal_value(inner),
        TimeExpr::Unary { negative, expr } => {
            literal_value(expr).map(|value| if *negative { -value } else { value })
        }
        TimeExpr::Call(_) | TimeExpr::Choose { .. } | TimeExpr::Binary { .. } => None,
    }
}

/// The value of a number of seconds, in any spelling that the lexer accepts.
pub(in super::super) fn seconds(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_ascii_lowercase();
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).ok().map(|seconds| seconds as f64);
    }
    // Go reads integers with a leading zero as octal, if all digits are octal.
    if text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| (b'0'..=b'7').contains(&b)) {
        return i64::from_str_radix(&text, 8).ok().map(|seconds| seconds as f64);
    }
    text.parse().ok().filter(|seconds: &f64| seconds.is_finite())
}
