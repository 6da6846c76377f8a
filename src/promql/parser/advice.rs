//! What was probably meant, where the parser finds something else than it expects.

use super::super::ast::{Expr, Kind, Modifiers, Span};
use super::super::functions::function_named;
use super::super::lexer::{Token, TokenKind};
use super::super::names;
use super::super::result_type::Type;
use super::{Parser, words};
use crate::vocabulary::Duration;

impl Parser<'_> {
    /// What is probably meant, if a token is found where `expected` should be.
    pub(super) fn advice(&self, expected: &str) -> Option<String> {
        let next = self.tokens.get(self.at + 1).map_or("", |next| self.slice(next.span));
        let last = |back: usize| self.at.checked_sub(back).map_or("", |at| self.slice(self.tokens[at].span));
        let is_number =
            |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<u64>().is_ok();
        let found = self.slice(self.peek().span);
        let number_at = |at: usize| {
            let number = self.tokens.get(self.at + at).map_or("", |token| self.slice(token.span));
            number.starts_with(|c: char| c.is_ascii_digit()).then_some(number)
        };
        Some(match found {
            word if word.eq_ignore_ascii_case("for") && is_duration(next) => format!(
                "a query has no `for`: remove `{word} {next}`, and in an alert write `for: {next}` below `expr`"
            ),
            "by" | "without" | "group_by" if next == "(" => {
                "a selector is not grouped: write the labels in the SLO, such as `by: [method]`".to_owned()
            }
            "where" | "WHERE" => "write conditions in braces: `{code=\"500\"}`".to_owned(),
            "{" if last(1) == "}" => {
                let (before, after) = self.text.split_at(self.peek().span.start);
                let (first, end) = (before.trim_end().trim_end_matches('}'), after.find('}'));
                match end.filter(|_| before.find('{').is_some_and(|open| !first[open..].contains('}'))) {
                    Some(end) => format!("write one pair of braces: `{first}, {}`", after[1..=end].trim()),
                    None => "write all matchers in one pair of braces, with commas between".to_owned(),
                }
            }
            "!" if expected.starts_with("a metric") => {
                let operand = self.text[self.peek().span.end..].trim();
                format!("write the opposite comparison: `{operand} == 0`")
            }
            "<" | "<=" | ">" | ">=" | "==" | "!=" if matches!(last(1), "and" | "or") => {
                let compared = self.compared_before();
                match (compared, number_at(1)) {
                    (Some(compared), Some(number)) => {
                        format!("write what is compared again: `{} {compared} {found} {number}`", last(1))
                    }
                    _ => "write what is compared again".to_owned(),
                }
            }
            "?" => "a comparison alone is the condition: remove `?` and what follows".to_owned(),
            "$" => {
                let rest = &self.text[self.peek().span.end..];
                let number =
                    &rest[..rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len())];
                match number.is_empty() {
                    false => format!("write the number alone: `{number}`"),
                    true => return None,
                }
            }
            "=" if last(2) == "(" && function_named(last(3)).is_none() && !names::is_aggregation(last(3)) => {
                self.in_braces(last(3))
            }
            "=" if self.text[self.peek().span.end..].starts_with('>') => "write `>=`".to_owned(),
            "=" if self.text[self.peek().span.end..].starts_with('<') => "write `<=`".to_owned(),
            "=" | "is" if words::comparison(&self.text[self.peek().span.start..]).is_none() => {
                "write `==` for equality".to_owned()
            }
            ";" if next.is_empty() => "remove it".to_owned(),
            metric if last(1) == "not" => format!("write the opposite comparison: `{metric} == 0`"),
            "=~" | "!~" => "write patterns in braces: `{label=~\"pattern\"}`".to_owned(),
            "or" | "||" if expected.contains('}') => self.alternatives(),
            "and" | "&&" | "&" | ";" | "AND" if expected.contains('}') => {
                "write commas between matchers: `{job=\"api\", code=\"500\"}`".to_owned()
            }
            "between" => {
                let number = |at: usize| number_at(at).unwrap_or_default();
                let what = self.text[..self.peek().span.start].trim();
                format!("write `({what} > bool {}) * ({what} < bool {}) == 1`", number(1), number(3))
            }
            "}" | "," if expected == "a quoted value" => {
                let (label, op) = (last(2), last(1));
                let value = if op.ends_with('~') { "5.." } else { "500" };
                format!("write a value after `{op}`, such as `{label}{op}\"{value}\"`")
            }
            name if last(1) == "}" && self.named_late().is_some() => {
                let labels = self.named_late()?;
                format!("write the name before its labels: `{name}{labels}`")
            }
            "," if expected.starts_with("a label name") => "remove this comma".to_owned(),
            "}" | ")" | "]" if expected == "an operator" => "remove it: no bracket is open here".to_owned(),
            "&&" => "write `and`".to_owned(),
            "||" => "write `or`".to_owned(),
            "," if is_number(last(1)) && is_number(next) && next.len() == 3 => {
                format!("write `{0}{next}`, or `{0}.{next}` if it is a decimal", last(1))
            }
            "," if is_number(last(1)) && is_number(next) => format!("write `{}.{next}`", last(1)),
            "," if expected == "an operator" && self.depth <= 1 => {
                "write `and` between two conditions that must both be true, or `or`".to_owned()
            }
            word if expected.contains("`,` or `}`") && matches!(self.peek().kind, TokenKind::Word) => {
                format!("write a comma before it: `, {word}`")
            }
            word if !word.is_empty()
                && expected == "`(`"
                && matches!(last(1), "by" | "without" | "on" | "ignoring") =>
            {
                format!("write `{} ({word})`", last(1))
            }
            _ if expected.contains("duration") && matches!(next, "=" | "=~" | "!=" | "!~") => {
                self.in_braces(last(2))
            }
            unit if expected.contains("`]`") && is_duration(&format!("{}{unit}", last(1))) => {
                format!("write `{}{unit}`", last(1))
            }
            _ if expected.contains("an operator") && self.depth <= 1 => return self.sentence(),
            _ => return None,
        })
    }

    /// The labels before a word, if no name is before them.
    fn named_late(&self) -> Option<&str> {
        let before = &self.text[..self.end()];
        let open = before.rfind('{')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
        let is_bare =
            matches!(self.peek().kind, TokenKind::Word) && !before[..open].trim_end().ends_with(is_name);
        is_bare.then(|| &before[open..])
    }

    /// What is compared in the last comparison before this place: `x` of `x < 1 or`.
    fn compared_before(&self) -> Option<&str> {
        let before = &self.tokens[..self.at];
        let is_comparison =
            |token: &Token| matches!(self.slice(token.span), "<" | "<=" | ">" | ">=" | "==" | "!=");
        let end = before.iter().rposition(is_comparison)?;
        let is_set = |token: &Token| matches!(self.slice(token.span), "and" | "or" | "unless");
        let start = before[..end].iter().rposition(is_set).map_or(0, |at| at + 1);
        let compared = &self.text[before.get(start)?.span.start..before[end].span.start];
        Some(compared.trim())
    }

    /// A comparison in words after a metric, or a sentence.
    fn sentence(&self) -> Option<String> {
        let at = self.peek().span.start;
        let comparison = words::comparison(&self.text[at..]);
        let before = self.text[..at].trim();
        if words::begins_a_condition(before) {
            let rest = words::without_duration(&self.text[at..]);
            return Some(format!("write only what must be true: `{}`", rest.trim()));
        }
        // `http requests total{…}`
        if let Some((name, labels)) = self.text.split_once('{')
            && at < name.len()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ' '))
        {
            let name: Vec<&str> = name.split_whitespace().collect();
            return Some(format!("a metric has no blanks in its name: write `{}{{{labels}`", name.join("_")));
        }
        let (metric, (op, number)) = match comparison {
            Some((0, op, number)) => (before, (op, number)),
            _ if !matches!(self.peek().kind, TokenKind::Word) => return None,
            Some((_, op, number)) => ("queue_length", (op, number)),
            // Three words are a sentence.
            None if self.tokens.get(self.at + 1).is_some_and(|next| next.kind == TokenKind::Word)
                && before.chars().all(|c| c.is_alphanumeric() || c == ' ') =>
            {
                ("queue_length", ("<", "100"))
            }
            None => return None,
        };
        Some(match metric == before {
            true => format!("write `{metric} {op} {number}`"),
            false => format!(
                "write a query, not a sentence: a metric and what to compare it with, such as `{metric} {op} {number}`"
            ),
        })
    }

    /// `code=~"500|503"` of `code="500" or code="503"`.
    fn alternatives(&self) -> String {
        let text = |at: usize| self.tokens.get(at).map_or("", |token| self.slice(token.span));
        let value = |at: usize| match self.tokens.get(at).map(|token| &token.kind) {
            Some(TokenKind::String(value)) if matches!(text(at - 1), "=" | "=~") => Some(value.as_str()),
            _ => None,
        };
        let (first, label) = (self.at.saturating_sub(1), text(self.at.saturating_sub(3)));
        let mut values: Vec<&str> = value(first).into_iter().collect();
        let mut at = self.at;
        while matches!(text(at), "or" | "||") && text(at + 1) == label && !values.is_empty() {
            let Some(another) = value(at + 3) else { break };
            values.push(another);
            at += 4;
        }
        match values.len() {
            0 | 1 => "write alternatives as a pattern: `{label=~\"a|b\"}`".to_owned(),
            _ => format!("write alternatives as a pattern: `{label}=~\"{}\"`", values.join("|")),
        }
    }

    /// Where the range belongs that stands after `expr`: `rate(x[5m])` of `rate(x)[5m]`, and of `sum(x)[5m]` `sum(rate(x[5m]))`.
    pub(super) fn selector_with_range(&self, expr: &Expr, range: Span) -> String {
        let range = self.slice(range);
        let plain = |expr: &Expr| match &expr.kind {
            Kind::Selector(selector) if selector.at == Modifiers::default() => {
                Some(self.slice(expr.span).to_owned())
            }
            _ => None,
        };
        let meant = match &expr.kind {
            Kind::Call { function, args } => match args.as_slice() {
                [one] if function_named(function).is_some_and(|known| known.args == [Type::Matrix]) => {
                    plain(one).map(|inner| format!("{function}({inner}{range})"))
                }
                _ => None,
            },
            Kind::Aggregate { op, param: None, expr: inner, .. } => {
                let outer = self.function_around(expr.span.start);
                plain(inner).zip(outer).map(|(inner, outer)| {
                    let (before, after) =
                        self.slice(expr.span).split_once(inner.as_str()).unwrap_or((op, ""));
                    format!("{before}{outer}({inner}{range}){after}")
                })
            }
            _ => None,
        };
        match meant {
            Some(meant) => format!("the range belongs to the selector: `{meant}`"),
            None => "write a subquery with a colon: `[1h:]`".to_owned(),
        }
    }

    /// The function of a range whose only argument begins at `start`.
    fn function_around(&self, start: usize) -> Option<&str> {
        let before = self.text[..start].trim_end().strip_suffix('(')?.trim_end();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = &before[before.rfind(|c| !is_part(c)).map_or(0, |at| at + 1)..];
        function_named(name).is_some_and(|known| known.args == [Type::Matrix]).then_some(name)
    }

    /// Labels that are written in other brackets.
    fn in_braces(&self, metric: &str) -> String {
        let at = self.peek().span.start;
        let open = self.text[..at].rfind(['(', '[']).unwrap_or(at);
        let inner = self.text[open..].trim_start_matches(['(', '[']);
        let inner = &inner[..inner.find([')', ']']).unwrap_or(inner.len())];
        format!("write labels in braces: `{metric}{{{inner}}}`")
    }
}

/// Whether a text is a duration such as `5m`.
fn is_duration(text: &str) -> bool {
    Duration::parse(text).is_some()
}
