//! Takes the keys of another tool's map. Every key that was not taken is reported, so that nothing is dropped silently.

use crate::ast::Key;
use crate::diagnostic::{Code, Problem};
use crate::parse::wrong_type;
use crate::parse::yaml::{Node, Value};
use crate::scalar::Scalar;
use crate::secret;
use crate::source::Span;
use crate::vocabulary::nearest;

/// The advice about a missing key that a promise needs.
pub const NOT_KNOWN: &str = "the promise is not known without it";

/// The keys of a map that were not taken yet.
pub struct Keys<'n> {
    /// The place of the map.
    pub span: Span,
    what: String,
    left: Vec<(&'n Key, &'n Node)>,
    /// The names that were asked for.
    known: Vec<String>,
}

impl<'n> Keys<'n> {
    /// The keys of `node`, which messages call `what`; a problem and `None` if it is not a map.
    pub fn of(node: &'n Node, what: impl Into<String>, problems: &mut Vec<Problem>) -> Option<Self> {
        let what = what.into();
        match &node.value {
            Value::Map(entries) => {
                let left = entries.iter().map(|entry| (&entry.key, &entry.value)).collect();
                Some(Self { span: node.span, what, left, known: Vec::new() })
            }
            Value::Null | Value::Scalar(_) | Value::List(_) => {
                problems.push(wrong_type(node, &what, "a map of keys"));
                None
            }
        }
    }

    /// A value of any kind; `None` if it is empty.
    pub fn node(&mut self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|(_, node)| node)
    }

    /// A value, without taking it.
    pub fn peek(&self, name: &str) -> Option<&'n Node> {
        self.left.iter().find(|(key, _)| key.text == name).map(|(_, node)| *node)
    }

    /// A value with its key.
    pub fn entry(&mut self, name: &str) -> Option<(&'n Key, &'n Node)> {
        self.known.push(name.to_owned());
        let at = self.left.iter().position(|(key, _)| key.text == name)?;
        let (key, node) = self.left.remove(at);
        (node.value != Value::Null).then_some((key, node))
    }

    /// The first of several keys that exists: a dialect may spell one key in several ways.
    pub fn any(&mut self, names: &[&str]) -> Option<&'n Node> {
        names.iter().find_map(|name| self.node(name))
    }

    /// A text; a problem if it is another kind of value.
    pub fn text(&mut self, name: &str, problems: &mut Vec<Problem>) -> Option<Scalar> {
        let node = self.node(name)?;
        scalar(node, &format!("`{name}`"), problems)
    }

    /// A required text that is not empty.
    pub fn required(&mut self, name: &str, problems: &mut Vec<Problem>) -> Option<Scalar> {
        let there = self.left.iter().any(|(key, node)| key.text == name && node.value != Value::Null);
        match self.text(name, problems) {
            Some(text) if !text.text.trim().is_empty() => Some(text),
            None if there => None,
            Some(empty) => {
                let headline = format!("`{name}` of {} is empty", self.what);
                let problem = Problem::error(Code::MissingKey, whole(&empty), headline);
                problems.push(problem.help(NOT_KNOWN));
                None
            }
            None => {
                problems.push(self.missing(name, NOT_KNOWN));
                None
            }
        }
    }

    /// The problem of a required key that the map does not have.
    pub fn missing(&self, name: &str, help: &str) -> Problem {
        let headline = format!("`{name}` is missing from {}", self.what);
        Problem::error(Code::MissingKey, self.span.beginning(), headline).help(help)
    }

    /// `true` or `false`; a problem if it is another kind of value.
    pub fn flag(&mut self, name: &str, problems: &mut Vec<Problem>) -> Option<(bool, Span)> {
        let node = self.node(name)?;
        let text = scalar(node, &format!("`{name}`"), problems)?;
        match text.text.as_str() {
            "true" | "True" | "TRUE" => Some((true, node.span)),
            "false" | "False" | "FALSE" => Some((false, node.span)),
            _ => {
                problems.push(wrong_type(node, &format!("`{name}`"), "`true` or `false`"));
                None
            }
        }
    }

    /// The entries of a list; a problem if it is another kind of value.
    pub fn list(&mut self, name: &str, problems: &mut Vec<Problem>) -> &'n [Node] {
        match self.node(name) {
            None => &[],
            Some(Node { value: Value::List(items), .. }) => items,
            Some(node) => {
                problems.push(wrong_type(node, &format!("`{name}`"), "a list"));
                &[]
            }
        }
    }

    /// The entries of a list; a single map is a list of one.
    pub fn one_or_more(&mut self, name: &str, problems: &mut Vec<Problem>) -> &'n [Node] {
        match self.peek(name) {
            Some(node @ Node { value: Value::Map(_), .. }) => {
                self.pass(&[name]);
                std::slice::from_ref(node)
            }
            Some(_) | None => self.list(name, problems),
        }
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &str, problems: &mut Vec<Problem>) -> Vec<Scalar> {
        let items = self.list(name, problems);
        items.iter().filter_map(|item| scalar(item, &format!("an entry of `{name}`"), problems)).collect()
    }

    /// A map of texts, in its order.
    pub fn pairs(&mut self, name: &str, problems: &mut Vec<Problem>) -> Vec<(Key, Scalar)> {
        match self.node(name) {
            None => Vec::new(),
            Some(node) => pairs(node, &format!("`{name}`"), problems),
        }
    }

    /// The keys of a map inside this one.
    pub fn below(&mut self, name: &str, problems: &mut Vec<Problem>) -> Option<Keys<'n>> {
        Keys::of(self.node(name)?, format!("`{name}`"), problems)
    }

    /// The keys inside `spec`, if there is one; short forms have no `spec`.
    pub fn spec(mut self, problems: &mut Vec<Problem>) -> Self {
        match self.below("spec", problems) {
            Some(spec) => {
                self.finish(problems);
                spec
            }
            None => self,
        }
    }

    /// The keys inside `spec`, the last key of this map that is read; a problem with `help` if there is no `spec`.
    pub fn required_spec(mut self, help: &str, problems: &mut Vec<Problem>) -> Option<Keys<'n>> {
        let missing = (!self.has("spec")).then(|| self.missing("spec", help));
        let spec = self.below("spec", problems);
        self.finish(problems);
        problems.extend(missing);
        spec
    }

    /// Reports that a key is not imported, and why.
    pub fn drop(&mut self, name: &str, why: &str, problems: &mut Vec<Problem>) {
        if let Some((key, node)) = self.entry(name) {
            problems.push(dropped(key, node, why));
        }
    }

    /// Skips keys that have no effect.
    pub fn pass(&mut self, names: &[&str]) {
        self.known.extend(names.iter().map(|name| (*name).to_owned()));
        self.left.retain(|(key, _)| !names.contains(&key.text.as_str()));
    }

    /// Whether a key exists and was not taken.
    pub fn has(&self, name: &str) -> bool {
        self.left.iter().any(|(key, node)| key.text == name && node.value != Value::Null)
    }

    /// Reports every key that was not taken.
    pub fn finish(self, problems: &mut Vec<Problem>) {
        for (key, node) in self.left {
            let problem = dropped(key, node, &format!("{} has no such key", self.what));
            let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
            let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
            let same = known.iter().find(|name| plain(name) == plain(&key.text));
            problems.push(match (same, nearest(&key.text, &known)) {
                (Some(same), _) => {
                    problem.help(format!("it is spelled `{same}` here: the old tool did not read this"))
                }
                (None, Some(near)) => problem.help(format!("did you mean `{near}`?")),
                (None, None) => problem,
            });
        }
    }
}

/// A warning about something that is not imported.
pub fn not_carried(place: Span, headline: impl Into<String>) -> Problem {
    Problem::warning(Code::NotCarried, place, headline)
}

/// The problem of a key that is not imported. Its value may be a secret, and is not shown.
pub fn dropped(key: &Key, node: &Node, why: &str) -> Problem {
    let name: String = key.text.chars().take(60).collect();
    let problem = Problem::warning(Code::NotCarried, key.span, format!("`{name}` is not imported"));
    let problem = if secret::is_secret_name(&key.text) { problem.hiding(node.span) } else { problem };
    problem.label(why)
}

/// Limits for the labels and annotations of one map: their bytes together, and their number. They are copied to every SLO below the map, which could
/// make gigabytes.
const LONGEST: usize = 8 << 10;
const MOST: usize = 64;

/// The entries of a map as texts.
pub fn pairs(node: &Node, what: &str, problems: &mut Vec<Problem>) -> Vec<(Key, Scalar)> {
    let Value::Map(entries) = &node.value else {
        problems.push(wrong_type(node, what, "a map of names and texts"));
        return Vec::new();
    };
    let (mut pairs, mut length) = (Vec::new(), 0);
    for entry in entries {
        if entry.value.value == Value::Null {
            problems.push(dropped(&entry.key, &entry.value, "it has no value"));
        } else if let Some(text) = scalar(&entry.value, &format!("an entry of {what}"), problems) {
            length += entry.key.text.len() + text.text.len();
            match length <= LONGEST && pairs.len() < MOST {
                true => pairs.push((entry.key.clone(), text)),
                false => {
                    problems.push(dropped(&entry.key, &entry.value, "there are more than an alert can have"))
                }
            }
        }
    }
    pairs
}

/// The text of a value; a problem if it is another kind of value.
pub fn scalar(node: &Node, what: &str, problems: &mut Vec<Problem>) -> Option<Scalar> {
    match &node.value {
        Value::Scalar(scalar) => Some(scalar.clone()),
        Value::Null | Value::List(_) | Value::Map(_) => {
            problems.push(wrong_type(node, what, "a single value"));
            None
        }
    }
}

/// A name on one line, shortened because it may be repeated for many SLOs.
pub fn short(scalar: &Scalar) -> String {
    scalar.text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

/// The place of a whole text.
pub fn whole(scalar: &Scalar) -> Span {
    scalar.whole()
}
