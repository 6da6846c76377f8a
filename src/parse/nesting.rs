//! Keys that are indented too little or too much, and numbers that a comma cuts in two. The fields would report each part apart: this is one mistake.

use super::alertmanager;
use super::foreign_keys::{self, KeySuggestion};
use super::keys::{
    ALERT_KEYS, CHANNELS, POLICY_KEYS, PROJECT_KEYS, SERVICE_KEYS, SLI_KEYS, SLO_KEYS, TIME_KEYS,
};
use super::yaml::{Entry, Node, Value};
use crate::diagnostic::{Code, Problem, listed};
use crate::source::Span;

/// A mapping with known keys.
pub struct Level {
    what: &'static str,
    keys: &'static [&'static str],
    below: &'static [(&'static str, Below)],
}

/// What is below a key.
#[derive(Clone, Copy)]
enum Below {
    /// A mapping of this level.
    Keys(&'static Level),
    /// Names, and a mapping of this level below each.
    Names(&'static Level),
}

/// A service file.
pub const SERVICE: Level = Level {
    what: "a service",
    keys: SERVICE_KEYS,
    below: &[("slos", Below::Names(&SLO)), ("alerts", Below::Names(&ALERT))],
};

const SLO: Level = Level { what: "an SLO", keys: SLO_KEYS, below: &[("sli", Below::Keys(&SLI))] };
const SLI: Level = Level { what: "an SLI", keys: SLI_KEYS, below: &[] };
const ALERT: Level = Level { what: "an alert", keys: ALERT_KEYS, below: &[] };

/// The project file.
pub const PROJECT: Level = Level {
    what: "a project",
    keys: PROJECT_KEYS,
    below: &[("alertmanager", Below::Keys(&ALERTMANAGER)), ("policies", Below::Names(&POLICY))],
};

const ALERTMANAGER: Level = Level {
    what: "`alertmanager`",
    keys: alertmanager::KEYS,
    below: &[("receivers", Below::Names(&RECEIVER)), ("times", Below::Names(&TIME))],
};
const POLICY: Level = Level { what: "a policy", keys: POLICY_KEYS, below: &[] };
const TIME: Level = Level { what: "these hours", keys: TIME_KEYS, below: &[] };
const RECEIVER: Level = Level { what: "a receiver", keys: CHANNELS, below: &[] };

/// The first fault of a file of this level.
pub fn fault(node: &Node, level: &Level) -> Option<Problem> {
    cut_number(node).or_else(|| misplaced(node, level))
}

/// The first number with a decimal comma in brackets, where a comma ends the value: `{ objective: 99,9% }`.
fn cut_number(node: &Node) -> Option<Problem> {
    if let Value::List(items) = &node.value {
        return items.iter().find_map(cut_number);
    }
    let entries = node.entries();
    let ends_whole = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    let cut = entries.windows(2).find_map(|pair| {
        let (Value::Scalar(whole), Value::Null) = (&pair[0].value.value, &pair[1].value.value) else {
            return None;
        };
        let (part, place) = (&pair[1].key, pair[0].value.span);
        let is_cut = whole.plain
            && ends_whole(&whole.text)
            && part.text.starts_with(|c: char| c.is_ascii_digit())
            && part.span.start == place.end + 1;
        is_cut.then_some((pair, whole, part, Span { end: part.span.end, ..place }))
    });
    let Some((pair, whole, part, place)) = cut else {
        return entries.iter().find_map(|entry| cut_number(&entry.value));
    };
    let meant = format!("{}.{}", whole.text, part.text);
    let problem = Problem::error(Code::UnknownKey, part.span, "a comma ends a value in brackets")
        .label("this is not part of the number");
    Some(problem.fix(format!("write `{}: {meant}`", pair[0].key.text), place, meant))
}

/// The first key of a file with a wrong indentation.
fn misplaced(node: &Node, level: &Level) -> Option<Problem> {
    let entries = node.entries();
    entries.iter().enumerate().find_map(|(index, entry)| {
        let (_, below) = level.below.iter().find(|(key, _)| *key == entry.key.text)?;
        let rest = &entries[index + 1..];
        match (below, &entry.value.value) {
            (Below::Keys(inner), Value::Null) => {
                beside(entry, rest, |next| inner.has(next) && !level.has(next))
            }
            (Below::Names(inner), Value::Null) => {
                beside(entry, rest, |next| !level.has(next) && inner.is_of(&next.value))
            }
            (Below::Keys(inner), _) => {
                outer(entry, inner, entries, level).or_else(|| misplaced(&entry.value, inner))
            }
            (Below::Names(inner), _) => named(entry, inner, level).or_else(|| {
                let one = rest.iter().find(|next| !level.has(next) && inner.defines(&next.value))?;
                Some(indented(entry, &[one]))
            }),
        }
    })
}

impl Level {
    fn has(&self, entry: &Entry) -> bool {
        self.keys.contains(&entry.key.text.as_str())
    }

    /// The key of this level that an entry has, also under a name of other tools if its value is no map.
    fn meant<'a>(&self, entry: &'a Entry) -> Option<&'a str> {
        let key = entry.key.text.as_str();
        if self.has(entry) || matches!(entry.value.value, Value::Map(_)) {
            return self.has(entry).then_some(key);
        }
        match foreign_keys::suggestion(self.what, key, self.keys) {
            Some(KeySuggestion::Key(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether a value is certainly an SLO, or an alert.
    fn defines(&self, node: &Node) -> bool {
        ["sli", "expr"].iter().any(|key| self.keys.contains(key) && node.get(key).is_some())
    }

    /// Whether a value has a key of this level.
    fn is_of(&self, node: &Node) -> bool {
        node.entries().iter().any(|entry| self.has(entry))
    }
}

/// The names below a key.
fn named(parent: &Entry, inner: &Level, level: &Level) -> Option<Problem> {
    let entries = parent.value.entries();
    entries.iter().enumerate().find_map(|(index, entry)| {
        let is_key = |entry: &Entry| inner.has(entry) && !inner.is_of(&entry.value);
        let is_written = !matches!(entry.value.value, Value::Null);
        if !is_written {
            return beside(entry, &entries[index + 1..], is_key);
        }
        if is_key(entry) && !is_off(&entry.value) {
            let keys: Vec<&Entry> = entries[index..].iter().take_while(|entry| is_key(entry)).collect();
            return Some(match entries[..index].last() {
                Some(name) => indented(name, &keys),
                None => unnamed(&keys, inner),
            });
        }
        if let Some(key) = level.meant(entry)
            && !inner.is_of(&entry.value)
            && !is_off(&entry.value)
        {
            return Some(belongs_above(entry, key, &parent.key.text, level));
        }
        misplaced(&entry.value, inner)
    })
}

/// `off` switches a definition off.
fn is_off(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar(scalar) if scalar.text == "off")
}

/// The problem of keys that follow an empty key, to which they belong.
fn beside(empty: &Entry, rest: &[Entry], belongs: impl Fn(&Entry) -> bool) -> Option<Problem> {
    let keys: Vec<&Entry> = rest.iter().take_while(|next| belongs(next)).collect();
    (!keys.is_empty()).then(|| indented(empty, &keys))
}

fn indented(parent: &Entry, keys: &[&Entry]) -> Problem {
    let names: Vec<&str> = keys.iter().map(|entry| entry.key.text.as_str()).collect();
    let (listed, name) = (listed(&names), &parent.key.text);
    let headline = format!("{listed} must be indented below `{name}`");
    let is_deep = keys.iter().any(|entry| matches!(entry.value.value, Value::Map(_) | Value::List(_)));
    let and = if is_deep { ", and before the lines below" } else { "" };
    Problem::error(Code::UnknownKey, keys[0].key.span, headline)
        .label(format!("it has the indentation of `{name}`"))
        .help(format!("write two more spaces before {listed}{and}"))
}

/// The problem of keys of a level whose name is missing.
fn unnamed(keys: &[&Entry], level: &Level) -> Problem {
    let names: Vec<&str> = keys.iter().map(|entry| entry.key.text.as_str()).collect();
    let (listed, name) = (
        listed(&names),
        match level.what {
            "an SLO" => "availability",
            "an alert" => "down",
            "a policy" => "strict",
            "these hours" => "nights",
            _ => "ops",
        },
    );
    let headline = format!("{listed} must be below the name of {}", level.what);
    Problem::error(Code::UnknownKey, keys[0].key.span, headline)
        .label(format!("the name of {} is missing in a line above", level.what))
        .help(format!("write `{name}:` in a line above, and two more spaces before all lines below it"))
}

/// The problem of a key that the level above needs: `objective` below `sli`.
fn outer(parent: &Entry, inner: &Level, beside: &[Entry], level: &Level) -> Option<Problem> {
    let is_outer = |entry: &&Entry| {
        !inner.has(entry) && level.has(entry) && !beside.iter().any(|other| other.key.text == entry.key.text)
    };
    let found = parent.value.entries().iter().find(is_outer)?;
    Some(belongs_above(found, &found.key.text, &parent.key.text, level))
}

/// The problem of a key of the level above, which is called `key` there.
fn belongs_above(entry: &Entry, key: &str, parent: &str, level: &Level) -> Problem {
    let written = &entry.key.text;
    let headline = format!("`{written}` belongs to {}, and is written below `{parent}`", level.what);
    let problem = Problem::error(Code::UnknownKey, entry.key.span, headline);
    let problem = if key == written { problem } else { problem.label(format!("the key is called `{key}`")) };
    problem.help(format!("write `{key}:` with the indentation of `{parent}:`"))
}
