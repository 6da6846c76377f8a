//! Finds the part of a PromQL expression at a place while the expression is incomplete.

/// The kind of text that can follow a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Query {
    /// A metric or a function, with the part that is written.
    Metric(String),
    /// A label of a metric, if that is known.
    Label(Option<String>, String),
    /// A value of a label of a metric.
    Value(Option<String>, String, String),
    /// A label for grouping, from any metric in the expression.
    Grouping(String),
    /// A duration, or the rest of a number.
    Other,
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// The word at the end of a text.
pub(super) fn last_word(text: &str) -> &str {
    &text[text
        .rfind(|c| !is_word(c))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))..]
}

/// The word around a place.
pub(super) fn word_at(text: &str, at: usize) -> &str {
    let start = at - last_word(&text[..at]).len();
    let end = text[at..].find(|c| !is_word(c)).map_or(text.len(), |length| at + length);
    &text[start..end]
}

/// The words of an expression that may be metrics.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty())
}

/// The kind of text at the end of `before`, which begins with the YAML value.
pub(super) fn query(before: &str) -> Query {
    // Only a quote at the beginning of the value can belong to YAML.
    match before.chars().next() {
        Some(quote @ ('"' | '\'')) => in_yaml(&before[1..], Some(quote)),
        _ => in_yaml(before, None),
    }
}

/// The kind of text at the end of `before`, which is in these quotes of YAML, or in none.
fn in_yaml(before: &str, yaml: Option<char>) -> Query {
    // The metric before the open brace, and the label before the open quote.
    let mut brace: Option<Option<String>> = None;
    let mut label = String::new();
    let mut quote: Option<(char, usize)> = None;
    let mut escaped = false;
    let mut brackets = 0_usize;
    let mut characters = before.char_indices().peekable();
    while let Some((mut at, mut c)) = characters.next() {
        // A quote in quotes is written `\"` or `''`; alone it ends the value.
        let spells = match yaml {
            Some('"') if c == '\\' => true,
            Some('\'') if c == '\'' => characters.peek().is_some_and(|(_, next)| *next == '\''),
            _ => false,
        };
        if spells {
            let Some(meant) = characters.next() else { break };
            (at, c) = meant;
        } else if Some(c) == yaml {
            return Query::Other;
        }
        if let Some((open, _)) = quote {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if c == open => quote = None,
                _ => {}
            }
            continue;
        }
        match c {
            '"' | '\'' | '`' => quote = Some((c, at + 1)),
            '{' => {
                let metric = last_word(before[..at].trim_end());
                brace = Some((!metric.is_empty()).then(|| metric.to_owned()));
            }
            '}' => brace = None,
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            '=' | '!' if brace.is_some() && !before[..at].ends_with(['=', '!']) => {
                last_word(before[..at].trim_end()).clone_into(&mut label);
            }
            _ => {}
        }
    }
    if let Some((_, begin)) = quote {
        return match brace {
            Some(metric) => Query::Value(metric, label, before[begin..].to_owned()),
            None => Query::Other,
        };
    }
    let word = last_word(before).to_owned();
    if let Some(metric) = brace {
        let rest = before[..before.len() - word.len()].trim_end();
        return if rest.ends_with(['{', ',']) { Query::Label(metric, word) } else { Query::Other };
    }
    let number = before
        .rfind(|c| !is_word(c) && c != '.')
        .map_or(before, |at| before[at..].trim_start_matches(|c| !is_word(c)));
    if brackets > 0 || number.starts_with(|c: char| c.is_ascii_digit()) {
        return Query::Other;
    }
    let open = before.rfind('(').filter(|open| !before[*open..].contains(')'));
    const LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
    match open.map(|open| last_word(before[..open].trim_end())) {
        Some(list) if LISTS.contains(&list) => Query::Grouping(word),
        _ => Query::Metric(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_an_expression_has_the_right_kind() {
        let text = |text: &str| Some(text.to_owned());
        let cases = [
            ("", Query::Metric(String::new())),
            ("sum(rate(http_req", Query::Metric("http_req".into())),
            ("up{", Query::Label(text("up"), String::new())),
            ("up{job=\"api\", in", Query::Label(text("up"), "in".into())),
            ("{jo", Query::Label(None, "jo".into())),
            ("up{job", Query::Label(text("up"), "job".into())),
            ("up{job=", Query::Other),
            ("up{job=\"", Query::Value(text("up"), "job".into(), String::new())),
            ("up{job!~\"a|b", Query::Value(text("up"), "job".into(), "a|b".into())),
            ("up{job =~ \"a\\\"", Query::Value(text("up"), "job".into(), "a\\\"".into())),
            ("up{a=\"}\"} / down{b=\"", Query::Value(text("down"), "b".into(), String::new())),
            ("sum by (job, in", Query::Grouping("in".into())),
            ("sum by (job) (u", Query::Metric("u".into())),
            ("rate(x[5", Query::Other),
            ("x > 0.", Query::Other),
            ("label_replace(up, \"jo", Query::Other),
            ("'up{job=\"", Query::Value(text("up"), "job".into(), String::new())),
            ("'up{job=''a", Query::Value(text("up"), "job".into(), "a".into())),
            ("'up{job=''a'', in", Query::Label(text("up"), "in".into())),
            ("\"up{job=\\\"a", Query::Value(text("up"), "job".into(), "a".into())),
            ("\"up{job=\\\"a\\\", in", Query::Label(text("up"), "in".into())),
            ("\"up{job=\\\"a\\\\\\\"b", Query::Value(text("up"), "job".into(), "a\\\\\\\"b".into())),
            ("\"sum(rate(http_req", Query::Metric("http_req".into())),
            ("\"up\"", Query::Other),
            ("\"\\", Query::Metric(String::new())),
            ("ñ🔥x", Query::Metric("x".into())),
        ];
        for (before, expected) in cases {
            assert_eq!(query(before), expected, "{before}");
        }
        assert_eq!(word_at("rate(up{a})", 6), "up");
    }

    /// On a stack as small as that of threads that answer an editor.
    #[test]
    fn thousands_of_quotes_are_one_place() {
        for text in ["\"\\", "\\\"", "\"", "'", "`", "{a=\"", "\"{"].map(|quotes| quotes.repeat(100_000)) {
            for begin in ["", "\"", "'"] {
                query(&format!("{begin}{text}"));
            }
        }
    }
}
