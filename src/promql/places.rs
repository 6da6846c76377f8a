//! Finds the places of a selector's names in its text. The tree does not contain them, because a quoted name is longer in the text.

use super::ast::{Matcher, Selector, Span};
use super::lexer::{Token, TokenKind, lex};
use super::names;

/// The place of a name, its quotes included, within the text under `span`: its first occurrence in quotes.
pub fn quoted(text: &str, span: Span, name: &str) -> Option<Span> {
    let tokens = tokens(text, span);
    let found =
        tokens.iter().find(|token| matches!(&token.kind, TokenKind::String(string) if string == name));
    found.map(|token| token.span)
}

/// The place of a selector's name, its quotes included; that of the selector if it has none.
pub fn name(text: &str, selector: &Selector) -> Span {
    let Some(name) = &selector.name else { return selector.span };
    let first = tokens(text, selector.span).into_iter().next();
    match first {
        Some(Token { kind: TokenKind::Word, span }) => span,
        _ => {
            let of_matcher = |at: Span| {
                selector.matchers.iter().any(|it| it.span.start <= at.start && at.end <= it.span.end)
            };
            let is_name = |token: &Token| {
                matches!(&token.kind, TokenKind::String(string) if string == name) && !of_matcher(token.span)
            };
            let found = tokens(text, selector.span).into_iter().find(is_name);
            found.map_or(selector.span, |token| token.span)
        }
    }
}

/// The place of a matcher's label, its quotes included.
pub fn label(text: &str, matcher: &Matcher) -> Span {
    tokens(text, matcher.span).first().map_or(matcher.span, |token| token.span)
}

/// A label as it is written in a matcher.
pub fn spelled_label(label: &str) -> String {
    match names::is_label_in_braces(label) {
        true => label.to_owned(),
        false => super::build::string(label).to_string(),
    }
}

/// A metric's name as it is written: with quotes inside of the braces if it cannot be before them.
pub fn spelled_metric(name: &str) -> String {
    match names::is_metric(name) {
        true => name.to_owned(),
        false => super::build::string(name).to_string(),
    }
}

/// The text to delete to remove a matcher: its place with the comma that separates it from its neighbours.
pub fn with_comma(text: &str, matcher: &Matcher) -> Span {
    let Span { start, end } = matcher.span;
    let rest = text.get(end..).unwrap_or_default();
    let after = rest.len() - rest.trim_start().len();
    if rest.trim_start().starts_with(',') {
        let more = rest.get(after + 1..).unwrap_or_default();
        return Span { start, end: end + after + 1 + (more.len() - more.trim_start().len()) };
    }
    let before = text.get(..start).unwrap_or_default().trim_end();
    Span { start: before.strip_suffix(',').map_or(start, |rest| rest.trim_end().len()), end }
}

fn tokens(text: &str, span: Span) -> Vec<Token> {
    let mut tokens = lex(text.get(span.start..span.end).unwrap_or_default());
    for token in &mut tokens {
        token.span = Span { start: token.span.start + span.start, end: token.span.end + span.start };
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::{ast::Kind, parse};

    fn selector(text: &str) -> Selector {
        match parse(text).expect("PromQL").kind {
            Kind::Selector(selector) => *selector,
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn names_are_found_with_their_quotes() {
        for (text, expected_name, expected_label) in [
            (r#"up{job="a"}"#, "up", "job"),
            (r#"{"up", "a.b"="c"}"#, r#""up""#, r#""a.b""#),
            (r#"{ "a.b" = "up", 'up' }"#, "'up'", r#""a.b""#),
            (r#"{"http\u002erequest", job="a"}"#, r#""http\u002erequest""#, "job"),
        ] {
            let selector = selector(text);
            let at = |span: Span| &text[span.start..span.end];
            assert_eq!(at(name(text, &selector)), expected_name, "{text}");
            assert_eq!(at(label(text, &selector.matchers[0])), expected_label, "{text}");
        }
    }

    #[test]
    fn a_matcher_is_removed_with_its_comma() {
        for (text, index, left) in [
            (r#"up{a="1"}"#, 0, "up{}"),
            (r#"up{a="1", b="2"}"#, 0, r#"up{b="2"}"#),
            (r#"up{a="1" , b="2"}"#, 1, r#"up{a="1"}"#),
            (r#"up{a="1",b="2",}"#, 1, r#"up{a="1",}"#),
        ] {
            let span = with_comma(text, &selector(text).matchers[index]);
            assert_eq!(format!("{}{}", &text[..span.start], &text[span.end..]), left, "{text}");
            assert!(parse(left).is_ok());
        }
    }
}
