//! Values of the wrong shape: a list in place of a text, a text in place of a map.

use super::keys::{CHANNELS, SERVICE_KEYS, SLO_KEYS};
use super::meant::{inner, matchers, promise, query, selector};
use super::short_values::{flow, in_flow, is_address, named_by, names};
use super::yaml::{Entry, Node, Value};
use crate::diagnostic::{Code, Problem};
use crate::scalar::Scalar;
use crate::vocabulary::{Objective, ObjectiveFault, is_channel_name};

/// The text of `node`; a problem if it is a list, a map or null.
pub fn as_scalar(node: &Node, what: &str, problems: &mut Vec<Problem>) -> Option<Scalar> {
    match &node.value {
        Value::Scalar(scalar) => Some(scalar.clone()),
        _ => {
            let problem = wrong_type(node, what, "a single value");
            let key = what.strip_prefix('`').and_then(|what| what.strip_suffix('`'));
            let entry = |value: &str| key.map_or(value.to_owned(), |key| format!("{key}: {value}"));
            let inner = inner(node);
            let inner = inner.as_ref().map(|(key, values)| (*key, values.as_slice()));
            problems.push(match (&node.value, inner) {
                (Value::Map(entries), _) if what == "`service`" && named_by(entries).is_some() => problem.help(format!(
                    "write `service: {}`, and the other keys beside it, without indentation",
                    named_by(entries).unwrap_or_default()
                )),
                (Value::List(items), _) if what == "`service`" && names(node).is_some() && items.len() > 1 => {
                    let all: Vec<String> =
                        names(node).into_iter().flatten().map(|name| format!("{name}: {{}}")).collect();
                    problem.help(format!(
                        "remove it, and name the services that are alike: `instances: {{ {} }}`, with `<<name>>` in the queries",
                        all.join(", ")
                    ))
                }
                (Value::Null, _) if what == "an entry of `accepted`" => {
                    problem.help("write why the warning is right here, after the colon")
                }
                (Value::Null | Value::Scalar(_), _) => problem
                    .help("write a value after the colon, or remove the key; a text that begins with `#` needs quotes"),
                _ if what == "`mute`" => problem.help(
                    "write the hours in `alertmanager`, under a name: `times: { nights: { hours: \"22:00-07:00\" } }`, and the name here: `mute: nights`",
                ),
                _ if what == "`except`" => problem.help(
                    "write a query, such as `except: maintenance_active == 1`; windows with a date are in the project file: `maintenance: [{ from: 2027-01-10T02:00, to: 2027-01-10T04:00, reason: The database moves }]`",
                ),
                _ if what == "`policy`" => problem.help(
                    "write the tiers in the project file, under a name: `policies: { strict: { tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }] } }`",
                ).help("and write this name here: `policy: strict`"),
                (Value::List(_), Some((_, [_, _, ..]))) if what == "`objective`" => problem.help(match flow(node) {
                    Some(list) => format!("for several promises of one SLI write `objectives: {list}`"),
                    None => "for several promises of one SLI write `objectives: [P95 < 500ms, P99 < 2s]`".to_owned(),
                }),
                (Value::Map(entries), _) if what == "`objective`" && matches!(entries.as_slice(), [one] if promise(one).is_some()) => {
                    let meant = promise(&entries[0]).unwrap_or_default();
                    problem.fix(format!("write `{}`", entry(&meant)), node.span, meant)
                }
                (Value::Map(entries), _) if what == "an entry of `journey`" && part(entries).is_some() => {
                    let part = part(entries).unwrap_or_default();
                    let problem = problem.fix(format!("write `{part}`"), node.span, part);
                    match entries.iter().any(|entry| entry.key.text == "weight") {
                        true => problem.help("parts have no weights: a request needs all of them"),
                        false => problem,
                    }
                }
                (Value::Map(entries), _) if is_query(what) && query(node).is_some() => {
                    let meant = query(node).unwrap_or_default();
                    let problem = problem.fix(format!("write `{}`", entry(&meant)), node.span, meant);
                    match entries.iter().any(|entry| entry.key.text == "threshold") {
                        true => problem.help("and write the threshold in the objective: `objective: P95 < 500ms`"),
                        false => problem,
                    }
                }
                (Value::Map(entries), _) if is_query(what) && matchers(entries).is_some() => {
                    let matchers = matchers(entries).unwrap_or_default();
                    problem.help(format!(
                        "write a metric with these labels, such as `{}`",
                        entry(&format!("'http_requests_total{{{matchers}}}'"))
                    ))
                }
                (_, Some((Some("calendar"), [value]))) => {
                    let meant = format!("calendar {value}");
                    problem.fix(format!("write `{meant}`"), node.span, meant)
                }
                (_, Some((_, [_]))) if key.is_some_and(holds_secret) => problem.help("write one value: a path or an address, without a map or a list"),
                (_, Some((_, [value]))) if what == "`objective`" => {
                    let meant = match Objective::parse(value) {
                        Err(ObjectiveFault::Malformed(Some(meant))) => meant,
                        _ => (*value).to_owned(),
                    };
                    problem.fix(format!("write `{}`", entry(&meant)), node.span, meant)
                }
                (_, Some((_, [value]))) => problem.fix(format!("write `{}`", entry(value)), node.span, *value),
                (Value::List(_), Some((_, values))) if ["`total`", "`good`", "`bad`"].contains(&what) => {
                    match in_flow(&values.join(" + ")) {
                        Some(sum) => problem.fix(format!("write the sum: `{}`", entry(&sum)), node.span, sum),
                        None => problem.help(format!("add the counters: `{}`", entry("'a_total + b_total'"))),
                    }
                }
                (Value::List(_), Some((_, values))) if what == "`do`" => {
                    let text = values.join("; ");
                    match in_flow(&text) {
                        Some(text) => problem.fix(format!("write `{}`", entry(&text)), node.span, text),
                        None => problem.help("write one sentence"),
                    }
                }
                (Value::List(_), Some((_, values))) if what == "`default`" => problem.help(format!(
                    "write one receiver here, and send to the others in a route that matches every alert: `routes: [{{ to: [{}] }}]`",
                    values.join(", ")
                )),
                (Value::List(_), Some((_, values))) if what == "an entry of `by`" => problem
                    .label("the value of an entry is the label that gets another name")
                    .help("write only the label: `by: [region]`")
                    .help(format!("to count only some values, write a matcher in the queries: `region=~\"{}\"`", values.join("|"))),
                (_, Some((_, [value, ..]))) => problem.help(format!("write one of them, such as `{value}`: a list is not allowed here")),
                (Value::Map(_), _) => match selector(node) {
                    Some(text) => problem.fix(format!("write `{}`", entry(&text)), node.span, text),
                    None => problem.help("write one value, or put a text that begins with `{` or contains `: ` into single quotes"),
                },
                (Value::List(_), _) => problem
                    .help("write one value: a list is not allowed here")
                    .help("put a text that begins with `[` or `-` into single quotes"),
            });
            None
        }
    }
}

/// `service/slo` of a part of a journey that is written as a map.
fn part(entries: &[Entry]) -> Option<String> {
    let text = |keys: &[&str]| {
        let entry = entries.iter().find(|entry| keys.contains(&entry.key.text.as_str()))?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/');
        entry.value.text().filter(|text| text.len() <= 130 && text.chars().all(is_name))
    };
    let slo = text(&["slo", "name", "sli", "ref", "part"])?;
    match slo.contains('/') {
        true => Some(slo.to_owned()),
        false => Some(format!("{}/{slo}", text(&["service"])?)),
    }
}

/// Whether a value is a query.
fn is_query(what: &str) -> bool {
    const QUERIES: [&str; 9] = [
        "`total`",
        "`good`",
        "`bad`",
        "`latency`",
        "`successful`",
        "`condition`",
        "`probe`",
        "`freshness`",
        "`expr`",
    ];
    QUERIES.contains(&what)
}

/// Whether the value of a key may give access to something.
fn holds_secret(key: &str) -> bool {
    key.split('_').any(|word| {
        ["url", "uri", "token", "key", "password", "file", "secret", "hook", "address"].contains(&word)
    })
}

/// A problem: another type was expected.
pub fn wrong_type(node: &Node, what: &str, expected: &str) -> Problem {
    let found = match &node.value {
        Value::Null => "empty",
        Value::Scalar(_) => "a single value",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
    };
    let headline = format!("{what} is {found}, but must be {expected}");
    Problem::error(Code::WrongType, node.span.beginning(), headline).label(format!("expected {expected}"))
}

/// Hides the value in a problem where secrets are often written, whatever the key is.
pub fn hidden(problem: Problem, what: &str, node: &Node) -> Problem {
    const PRONE: [&str; 9] = [
        "`smtp`",
        "a receiver",
        "`slack`",
        "`telegram`",
        "`teams`",
        "`discord`",
        "`webhook`",
        "`pagerduty`",
        "`opsgenie`",
    ];
    let in_chat = ["`slack`", "`telegram`", "`teams`", "`discord`"].contains(&what);
    let is_channel = |text: &str| is_channel_name(text) && (in_chat || text.starts_with(['#', '@', '-']));
    let written = match &node.value {
        Value::Scalar(scalar) => {
            !is_address(&scalar.text)
                && !is_channel(&scalar.text)
                && !CHANNELS.contains(&scalar.text.as_str())
        }
        Value::List(items) => !items.iter().all(|item| item.text().is_some_and(is_channel)),
        Value::Null | Value::Map(_) => false,
    };
    if PRONE.contains(&what) && written { problem.hiding(node.span) } else { problem }
}

/// Texts that begin with `-` without a space behind it, which YAML reads as one text: `-a.prom -b.prom`.
pub fn glued(node: &Node) -> Option<Problem> {
    let Value::Scalar(scalar) = &node.value else { return None };
    let parts: Vec<&str> = scalar.text.split_whitespace().collect();
    let texts: Option<Vec<&str>> = parts.iter().map(|part| part.strip_prefix('-')).collect();
    let texts = texts.filter(|texts| {
        scalar.plain && texts.iter().all(|text| text.starts_with(|c: char| c.is_ascii_alphabetic()))
    })?;
    let list = format!("[{}]", texts.join(", "));
    let problem =
        Problem::error(Code::WrongType, node.span.beginning(), "the `-` of a list needs a space behind it");
    Some(problem.fix(format!("write `- {}`, or `{list}`", texts.first()?), node.span, list))
}

pub fn is_list_of_texts(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().all(|item| matches!(item.value, Value::Scalar(_))),
        value => matches!(value, Value::Scalar(_)),
    }
}

/// Whether a map has a key of an example, so that it is an entry of the list.
pub fn has_keys_of(node: &Node, example: &str) -> bool {
    let Value::Map(entries) = &node.value else { return false };
    entries.iter().any(|entry| example.contains(&format!("{}: ", entry.key.text)))
}

/// Whether a value is what an environment says of a service: `off`, or a map of its keys.
pub fn may_be_service(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => scalar.text == "off",
        Value::Map(entries) => {
            let known = |key: &str| SERVICE_KEYS.contains(&key) || SLO_KEYS.contains(&key);
            let has_known = |node: &Node| match &node.value {
                Value::Map(entries) => entries.iter().any(|entry| known(&entry.key.text)),
                _ => false,
            };
            has_known(node) || entries.iter().any(|entry| has_known(&entry.value))
        }
        Value::Null | Value::List(_) => false,
    }
}
