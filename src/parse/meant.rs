//! What a value means that has the shape of another key or of another tool.

use super::examples::form;
use super::short_values::{flow, in_flow, names};
use super::yaml::{Entry, Node, Value};
use crate::vocabulary::{Objective, ObjectiveFault, severity_meant};

/// `P95 < 500ms` of `P95: 500ms`.
pub fn promise(entry: &Entry) -> Option<String> {
    let Value::Scalar(limit) = &entry.value.value else { return None };
    let share = entry.key.text.strip_prefix(['P', 'p']).unwrap_or(&entry.key.text).trim_end_matches('%');
    let is_share = !share.is_empty() && share.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let limit = limit.text.trim_start_matches(['<', '=', ' ']);
    (is_share && limit.len() <= 20).then(|| format!("{} < {limit}", entry.key.text))
}

/// Promises that are written as a map, or as a list of maps: `{ P95: 500ms, P99: 1s }`.
pub fn promises(node: &Node) -> Option<Vec<String>> {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => entries.iter().map(promise).collect(),
        Value::List(items) if !items.is_empty() => {
            let all: Option<Vec<Vec<String>>> = items.iter().map(promises).collect();
            Some(all?.concat())
        }
        Value::Scalar(scalar) => Some(vec![scalar.text.clone()]),
        _ => None,
    }
}

/// The value of a key with another name, if the value must be written in another way, too.
pub fn meant(what: &str, name: &str, node: &Node) -> Option<String> {
    match (&node.value, name) {
        (_, "match" | "labels") => pairs(node),
        (Value::Scalar(scalar), "slos") if what == "an entry of `maintenance`" => {
            Some(format!("[{}]", in_flow(&scalar.text)?))
        }
        (Value::Scalar(scalar), "severity") => severity_meant(&scalar.text).map(str::to_owned),
        (Value::Map(entries), "sli") => {
            let counters =
                two_counters(node).or_else(|| entries.iter().find_map(|entry| two_counters(&entry.value)))?;
            counters.strip_prefix("sli: ").map(str::to_owned)
        }
        (Value::List(_) | Value::Map(_), "period" | "objective") => match inner(node)? {
            (Some("calendar"), _) => None,
            (_, values) => Some((*values.first()?).to_owned()),
        },
        (Value::Scalar(scalar), "total" | "good" | "bad") if what == "`sli`" => {
            in_flow(bare_counter(&scalar.text)?)
        }
        (Value::Scalar(scalar), "bad_ratio") => {
            let text = scalar.text.replace("{{.window}}", "$window");
            (text != scalar.text && text.len() <= 300 && !text.contains('\n'))
                .then(|| format!("'{}'", text.replace('\'', "''")))
        }
        (Value::Scalar(scalar), "objective") => match Objective::parse(&scalar.text) {
            Err(ObjectiveFault::Malformed(meant)) => meant,
            Ok(_) | Err(ObjectiveFault::OutOfRange) => None,
        },
        (Value::Scalar(scalar), "budgeting") => {
            let word = scalar.text.to_lowercase();
            ["occurrences", "timeslices"].contains(&word.as_str()).then_some(word)
        }
        _ => None,
    }
}

/// `x{a="b"}` of `sum(rate(x{a="b"}[5m]))`, with any text as the range.
fn bare_counter(text: &str) -> Option<&str> {
    let (before, after) = text.split_once('[')?;
    let (_, after) = after.split_once(']')?;
    let start = before[..before.find('{').unwrap_or(before.len())].rfind('(')? + 1;
    let is_call = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_( ".contains(c));
    (is_call(&before[..start]) && after.chars().all(|c| ") ".contains(c))).then(|| before[start..].trim())
}

/// `sli: { total: …, bad: … }` of a ratio as Pyrra and OpenSLO write it.
pub fn two_counters(node: &Node) -> Option<String> {
    const WORDS: [(&str, &[&str]); 3] = [
        ("total", &["total", "valid", "total_query"]),
        ("good", &["good", "success", "good_query", "success_query"]),
        ("bad", &["bad", "errors", "error", "error_query"]),
    ];
    let Value::Map(entries) = &node.value else { return None };
    let query = |node: &Node| {
        let mut node = node;
        // `metric` of Pyrra, `metricSource: { spec: { query } }` of OpenSLO.
        while let Value::Map(entries) = &node.value {
            let of = |entry: &&Entry| {
                ["metric", "metricSource", "spec", "query"].contains(&entry.key.text.as_str())
            };
            node = &entries.iter().find(of)?.value;
        }
        let Value::Scalar(scalar) = &node.value else { return None };
        in_flow(bare_counter(&scalar.text).unwrap_or(&scalar.text))
    };
    let found: Vec<String> = WORDS
        .into_iter()
        .filter_map(|(name, words)| {
            let entry = entries.iter().find(|entry| words.contains(&entry.key.text.as_str()))?;
            Some(format!("{name}: {}", query(&entry.value)?))
        })
        .collect();
    (found.len() == 2).then(|| format!("sli: {{ {} }}", found.join(", ")))
}

/// `x{a="b"}` of `{__name__="x", a="b"}` without quotes, which YAML reads as a mapping.
pub fn selector(node: &Node) -> Option<String> {
    let Value::Map(entries) = &node.value else { return None };
    // `{http_requests_total}`
    if let [Entry { key, value: Node { value: Value::Null, .. } }] = entries.as_slice()
        && key.text.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c))
    {
        return in_flow(&key.text);
    }
    let mut name = String::new();
    let mut matchers = Vec::new();
    for Entry { key, value } in entries {
        let whole = matches!(value.value, Value::Null) && key.text.contains('=') && key.text.len() <= 100;
        match key.text.strip_prefix("__name__=").map(|name| name.trim_matches(['"', '\''])) {
            _ if !whole => return None,
            Some(named) if named.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c)) => {
                name += named
            }
            _ => matchers.push(key.text.as_str()),
        }
    }
    let labels = if matchers.is_empty() { String::new() } else { format!("{{{}}}", matchers.join(", ")) };
    in_flow(&format!("{name}{labels}")).filter(|_| !entries.is_empty())
}

/// A query that is written as a map: the metric is the value of one key, and the labels are the others.
pub fn query(node: &Node) -> Option<String> {
    const NAMES: [&str; 5] = ["metric", "name", "__name__", "histogram", "query"];
    let Value::Map(entries) = &node.value else { return None };
    let entry = entries.iter().find(|entry| NAMES.contains(&entry.key.text.as_str()))?;
    let metric = entry.value.text().filter(|text| text.len() <= 200 && !text.contains('\n'))?;
    let labels = entries
        .iter()
        .find(|entry| entry.key.text == "labels")
        .map_or(&[][..], |entry| entry.value.entries());
    let matchers = matchers(labels)?;
    in_flow(&match (matchers.is_empty(), metric.contains('{')) {
        (false, false) => format!("{metric}{{{matchers}}}"),
        _ => metric.to_owned(),
    })
}

/// The matchers of a map of labels, as PromQL writes them.
pub fn matchers(labels: &[Entry]) -> Option<String> {
    let of = |entry: &Entry| {
        let value =
            entry.value.text().filter(|value| value.len() <= 100 && !value.contains(['"', '\\', '\n']))?;
        let op = if value.contains("..") || value.contains('|') { "=~" } else { "=" };
        let is_label = entry.key.text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_label.then(|| format!("{}{op}\"{value}\"", entry.key.text))
    };
    let all: Option<Vec<String>> = labels.iter().map(of).collect();
    Some(all?.join(", "))
}

/// `a=b`, or a list such as `[a="b", c=~"d|e"]`, as a map.
pub fn pairs(node: &Node) -> Option<String> {
    const PLAIN: fn(char) -> bool = |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let pair = |text: &str| {
        let (key, value) = text.split_once('=').or_else(|| text.split_once(':'))?;
        let (value, is_pattern) = value.strip_prefix('~').map_or((value, false), |value| (value, true));
        let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'']));
        let plain = |text: &str| !text.is_empty() && text.chars().all(PLAIN);
        let values: Vec<&str> = if is_pattern { value.split('|').collect() } else { vec![value] };
        let all = plain(key) && values.iter().all(|value| plain(value));
        match values.as_slice() {
            [value] => all.then(|| format!("{key}: {value}")),
            values => all.then(|| format!("{key}: [{}]", values.join(", "))),
        }
    };
    let pairs: Vec<String> = match &node.value {
        Value::Scalar(scalar) if !scalar.text.contains("://") => {
            scalar.text.split(',').map(pair).collect::<Option<_>>()?
        }
        Value::List(entries) => entries
            .iter()
            .map(|entry| match &entry.value {
                Value::Scalar(scalar) => pair(&scalar.text),
                _ => None,
            })
            .collect::<Option<_>>()?,
        _ => return None,
    };
    (!pairs.is_empty() && pairs.len() <= 20).then(|| format!("{{ {} }}", pairs.join(", ")))
}

/// The key of a map with one entry, and its text; or the texts of a list.
pub fn inner(node: &Node) -> Option<(Option<&str>, Vec<&str>)> {
    fn short(node: &Node) -> Option<&str> {
        node.text().filter(|text| text.len() <= 100 && !text.contains('\n'))
    }
    match &node.value {
        Value::Map(entries) => {
            let entry = match entries.as_slice() {
                [entry] => entry,
                // OpenSLO says beside it whether the period is rolling.
                _ => node.entry("duration")?,
            };
            Some((Some(entry.key.text.as_str()), vec![short(&entry.value)?]))
        }
        Value::List(entries) if matches!(entries.as_slice(), [Node { value: Value::Map(_), .. }]) => {
            inner(&entries[0])
        }
        Value::List(entries) if !entries.is_empty() => {
            Some((None, entries.iter().map(short).collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// A value as a list: a map as its only entry, `a, b` as `[a, b]`.
pub fn listed_as_one(node: &Node) -> Option<String> {
    let Value::Scalar(scalar) = &node.value else { return flow(node).map(|map| format!("[{map}]")) };
    let text = scalar.text.trim_matches(['(', ')']);
    let is_name = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@' | '%'))
    };
    let parts: Vec<&str> = text.split([',', ' ', ';']).filter(|part| !part.is_empty()).collect();
    let names =
        !parts.is_empty() && parts.iter().all(|part| is_name(part)) && !["true", "false"].contains(&text);
    if names && (parts.len() == 1 || text.contains([',', ';'])) {
        return Some(format!("[{}]", parts.join(", ")));
    }
    // Promises: `P95 < 500ms, P99 < 1s`.
    let parts: Vec<&str> = text.split([',', ';']).map(str::trim).collect();
    let is_promise = |part: &&str| {
        part.starts_with(['P', 'p', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            && part.contains(['%', '<'])
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "%<. ".contains(c))
    };
    if parts.len() > 1 && parts.iter().all(is_promise) {
        return Some(format!("[{}]", parts.join(", ")));
    }
    let is_one = !text.contains([',', '[', ']', '{', '}', '"', '\'', '\n', ':', '#'])
        && !names
        && !["true", "false"].contains(&text);
    is_one.then(|| format!("[{text}]"))
}

/// Tiers by severity as a list: `{ page: { budget: 2% } }` as `[{ severity: page, budget: 2% }]`. One tier is a list of one.
pub fn keyed_tiers(node: &Node) -> Option<String> {
    let tier = |entry: &Entry| {
        let Value::Map(keys) = &entry.value.value else { return None };
        let keys: Option<Vec<String>> =
            keys.iter().map(|key| Some(format!("{}: {}", key.key.text, flow(&key.value)?))).collect();
        Some(format!("{{ severity: {}, {} }}", in_flow(&entry.key.text)?, keys?.join(", ")))
    };
    let tiers: Option<Vec<String>> = node.entries().iter().map(tier).collect();
    match tiers {
        Some(tiers) if (1..=10).contains(&tiers.len()) => Some(format!("[{}]", tiers.join(", "))),
        _ => listed_as_one(node),
    }
}

/// A list of names as a map, with the value of the example for each.
pub fn keyed(name: &str, node: &Node) -> Option<String> {
    const NAMED: [&str; 7] = ["planned", "accepted", "slos", "alerts", "policies", "receivers", "times"];
    let (form, _) = form(name).filter(|_| NAMED.contains(&name))?;
    let (_, value) = form.strip_prefix("{ ")?.strip_suffix(" }")?.split_once(": ")?;
    // `planned: true` and `accepted: all` name nothing.
    const NO_NAMES: [&str; 11] =
        ["true", "false", "yes", "no", "on", "off", "all", "none", "any", "todo", "todos"];
    let names = names(node)?;
    if names.iter().any(|name| NO_NAMES.contains(&name.to_lowercase().as_str())) {
        return None;
    }
    let entries: Vec<String> = names.iter().map(|name| format!("{name}: {value}")).collect();
    Some(format!("{{ {} }}", entries.join(", ")))
}
