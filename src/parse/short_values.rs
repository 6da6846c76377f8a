//! Short values as they are written on one line, and the names among them.

use super::yaml::{Entry, Node, Value};
use crate::source::Span;
use crate::vocabulary::{Name, shortened};

/// A short value on one line.
pub fn flow(node: &Node) -> Option<String> {
    let text = match &node.value {
        Value::Null => String::new(),
        Value::Scalar(scalar) => in_flow(&scalar.text)?,
        Value::List(entries) => {
            format!("[{}]", entries.iter().map(flow).collect::<Option<Vec<_>>>()?.join(", "))
        }
        Value::Map(entries) => {
            let entry =
                |entry: &Entry| Some(format!("{}: {}", in_flow(&entry.key.text)?, flow(&entry.value)?));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Option<Vec<_>>>()?.join(", "))
        }
    };
    (text.len() <= 160).then_some(text)
}

/// A short text as a value of a flow collection, in quotes if it needs them.
pub fn in_flow(text: &str) -> Option<String> {
    let is_plain = text.starts_with(|c: char| c.is_alphanumeric() || c == '/')
        && !text.ends_with([' ', ':'])
        && !text.contains([',', '[', ']', '{', '}', '#', '\''])
        && !text.contains(": ");
    let fits = text.len() <= 100 && !text.contains(char::is_control);
    fits.then(|| if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) })
}

/// The names that a list consists of, or the only name.
pub fn names(node: &Node) -> Option<Vec<&str>> {
    fn name(node: &Node) -> Option<&str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let Value::Scalar(one) = &node.value else { return None };
        let is_name = (1..=60).contains(&one.text.len()) && one.text.chars().all(plain);
        is_name.then_some(one.text.as_str())
    }
    let nodes = match &node.value {
        Value::List(entries) if (1..=20).contains(&entries.len()) => entries.as_slice(),
        Value::Scalar(_) => std::slice::from_ref(node),
        _ => return None,
    };
    nodes.iter().map(name).collect()
}

/// The value of `name` in a map.
pub fn named_by(entries: &[Entry]) -> Option<&str> {
    let entry = entries.iter().find(|entry| entry.key.text == "name")?;
    names(&entry.value)?.first().copied()
}

/// The beginnings `- name: shop` of the entries of a list, each with the name as a key; empty if an entry begins otherwise.
pub fn named_entries(node: &Node) -> Vec<(Span, String)> {
    let Value::List(entries) = &node.value else { return Vec::new() };
    let begin = |entry: &Node| {
        let first = entry.entries().first()?;
        // In brackets the map begins before its first key.
        let is_block = entry.span.start == first.key.span.start && entry.entries().len() > 1;
        let is_name = ["name", "alert", "id"].contains(&first.key.text.as_str());
        let name = names(&first.value)?.first().and_then(|name| Name::nearest(name))?;
        let span =
            Span { start: first.key.span.start.checked_sub(2)?, end: first.value.span.end, ..first.key.span };
        (is_block && is_name).then(|| (span, name.to_string()))
    };
    entries.iter().map(begin).collect::<Option<_>>().unwrap_or_default()
}

/// A list of pairs as a map: `{ team: web }` of `[{ name: team, value: web }]` and of `[{ team: web }]`.
pub fn paired(node: &Node) -> Option<String> {
    let Value::List(items) = &node.value else { return None };
    let pair = |item: &Node| match item.entries() {
        [one] if matches!(one.value.value, Value::Scalar(_)) => {
            Some(format!("{}: {}", in_flow(&one.key.text)?, flow(&one.value)?))
        }
        [key, value]
            if ["name", "key", "label"].contains(&key.key.text.as_str()) && value.key.text == "value" =>
        {
            Some(format!("{}: {}", flow(&key.value)?, flow(&value.value)?))
        }
        _ => None,
    };
    let pairs: Vec<String> = items.iter().map(pair).collect::<Option<_>>()?;
    (!pairs.is_empty() && pairs.len() <= 20).then(|| format!("{{ {} }}", pairs.join(", ")))
}

/// The key and the name of the first entry, if the entries of a list name themselves.
pub fn named(node: &Node) -> Option<(&str, &str)> {
    let Value::List(entries) = &node.value else { return None };
    let Value::Map(first) = &entries.first()?.value else { return None };
    let entry = first.iter().find(|entry| ["name", "alert", "id"].contains(&entry.key.text.as_str()))?;
    let Value::Scalar(name) = &entry.value.value else { return None };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_name = !name.text.is_empty() && name.text.len() <= 60 && name.text.chars().all(plain);
    is_name.then_some((entry.key.text.as_str(), name.text.as_str()))
}

/// Whether a text is a mail address.
pub fn is_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && name.chars().all(plain) && host.chars().all(plain)
    })
}

/// The mail address in the value of another tool.
pub fn address_in(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Scalar(scalar) => is_address(&scalar.text).then_some(scalar.text.as_str()),
        Value::List(entries) => entries.iter().find_map(address_in),
        Value::Map(_) => address_in(node.get("to")?),
        Value::Null => None,
    }
}

/// A text of the sources, shortened for a headline.
pub fn shown(text: &str) -> String {
    shortened(text, 60)
}
