//! Takes a map's entries by name and reports unknown keys.

use super::foreign_keys::{self, KeySuggestion};
use super::yaml::{Node, Value};
use crate::ast::{Key, Map};
use crate::diagnostic::{Code, Problem, listed};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{nearest, shortened};

/// Keys of lists of labels and annotations, which are repeated in every rule and every route.
const OF_LABELS: [&str; 7] =
    ["labels", "annotations", "external_labels", "target_labels", "replica_labels", "group_by", "equal"];

/// At most this many labels of one list are read. Mimir allows 30 per series, and few alerts have ten.
const MOST_LABELS: usize = 64;

/// The entries of a map that were not taken yet.
pub struct Fields<'a> {
    span: Span,
    what: &'static str,
    known: &'static [&'static str],
    left: Vec<(&'a Key, &'a Node)>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Fields<'a> {
    /// The entries of `node`, which should be a map with only the `known` keys; a problem and `None` if it is not a map.
    pub fn of(
        node: &'a Node,
        what: &'static str,
        known: &'static [&'static str],
        problems: &'a mut Vec<Problem>,
    ) -> Option<Self> {
        match &node.value {
            Value::Map(entries) => {
                let left = entries.iter().map(|entry| (&entry.key, &entry.value)).collect();
                Some(Self { span: node.span, what, known, left, problems })
            }
            _ => {
                let problem = hidden(wrong_type(node, what, "a map of keys and values"), what, node);
                problems.push(match example(what) {
                    Some(example) => problem.help(format!("write `{example}`")),
                    None => problem,
                });
                None
            }
        }
    }

    fn take(&mut self, name: &str) -> Option<(&'a Key, &'a Node)> {
        debug_assert!(self.known.contains(&name), "{name} is not declared as a key of {}", self.what);
        let index = self.left.iter().position(|(key, _)| key.text == name)?;
        Some(self.left.remove(index))
    }

    /// A text; a problem if it is another kind of value.
    pub fn scalar(&mut self, name: &'static str) -> Option<Scalar> {
        let (_, node) = self.take(name)?;
        as_scalar(node, &format!("`{name}`"), self.problems)
    }

    /// A required text.
    pub fn required(&mut self, name: &'static str, example: &str) -> Option<Scalar> {
        if self.left.iter().any(|(key, _)| key.text == name) {
            return self.scalar(name);
        }
        self.missing(name, example);
        None
    }

    /// Reports that `name` is missing. If it is there but misspelt, only the misspelling is reported, by `finish`.
    pub fn missing(&mut self, name: &str, example: &str) {
        if self.is_misspelt(name) {
            return;
        }
        let headline = format!("`{name}` is missing from {}", self.what);
        self.problems.push(
            Problem::error(Code::MissingKey, self.span.beginning(), headline)
                .help(format!("add `{example}`")),
        );
    }

    /// Whether an unknown key is probably a misspelling of this one.
    pub fn is_misspelt(&self, name: &str) -> bool {
        let mut unknown = self.left.iter().filter(|(key, _)| !self.known.contains(&key.text.as_str()));
        unknown.any(|(key, _)| match foreign_keys::suggestion(self.what, &key.text) {
            Some(meant) => matches!(meant, KeySuggestion::Key(meant) if meant == name),
            None => nearest(&key.text, self.known) == Some(name),
        })
    }

    /// Whether every key was taken.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// A value of any kind, without taking it.
    pub fn peek(&self, name: &str) -> Option<&'a Node> {
        self.left.iter().find(|(key, _)| key.text == name).map(|(_, node)| *node)
    }

    /// A value of any kind.
    pub fn node(&mut self, name: &'static str) -> Option<&'a Node> {
        self.take(name).map(|(_, node)| node)
    }

    /// An entry with an unknown key. It is taken, so that the caller can report it better.
    pub fn foreign(&mut self, name: &str) -> Option<(&'a Key, &'a Node)> {
        let index = self.left.iter().position(|(key, _)| key.text == name)?;
        Some(self.left.remove(index))
    }

    /// A key that was not taken yet.
    pub fn key(&self, name: &str) -> Option<Key> {
        self.left.iter().find(|(key, _)| key.text == name).map(|(key, _)| (*key).clone())
    }

    /// The place of a key.
    pub fn place(&self, name: &str) -> Option<Span> {
        self.left.iter().find(|(key, _)| key.text == name).map(|(key, _)| key.span)
    }

    /// A map of texts in source order; empty if the key is missing.
    pub fn scalars(&mut self, name: &'static str) -> Map<Scalar> {
        self.map(name, |node, problems| as_scalar(node, &format!("an entry of `{name}`"), problems))
    }

    /// A map whose values are read by `read`.
    pub fn map<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&'a Node, &mut Vec<Problem>) -> Option<T>,
    ) -> Map<T> {
        let Some((_, node)) = self.take(name) else { return Vec::new() };
        let Value::Map(entries) = &node.value else {
            let problem = wrong_type(node, &format!("`{name}`"), "a map of names and values");
            let problem = match (pairs(node), named(node)) {
                (Some(map), _) => problem.fix(format!("write `{map}`"), node.span, map),
                (None, Some((key, first))) => problem
                    .help(format!("the key is its name: write `{first}:` instead of `- {key}: {first}`, and the rest below it, indented")),
                (None, None) => problem,
            };
            self.problems.push(match example(name) {
                Some(example) => problem.help(format!("write `{name}: {example}`")),
                None => problem,
            });
            return Vec::new();
        };
        let mut map = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if self.is_beyond(name, index, entry.key.span) {
                break;
            }
            if let Some(value) = read(&entry.value, self.problems) {
                map.push((entry.key.clone(), value));
            }
        }
        map
    }

    /// A list whose entries are read by `read`; empty if the key is missing.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&'a Node, &mut Vec<Problem>) -> Option<T>,
    ) -> Vec<T> {
        let Some((_, node)) = self.take(name) else { return Vec::new() };
        let Value::List(entries) = &node.value else {
            let problem = wrong_type(node, &format!("`{name}`"), "a list");
            let simple = |scalar: &&Scalar| {
                !scalar.text.contains([',', '[', ']', '{', '}', '"', '\'', '\n', ':', '#'])
            };
            self.problems.push(match &node.value {
                _ if example(name).is_some() => {
                    let example = example(name).unwrap_or_default();
                    problem.help(format!("write `{name}: {example}`, or `{name}: []` for an empty list"))
                }
                Value::Scalar(scalar) if simple(&scalar) => {
                    let list = format!("[{}]", scalar.text);
                    problem.fix(format!("write `{list}`"), node.span, list)
                }
                _ => problem,
            });
            return Vec::new();
        };
        let mut list = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if self.is_beyond(name, index, entry.span.beginning()) {
                break;
            }
            list.extend(read(entry, self.problems));
        }
        list
    }

    /// Whether an entry is after the last one that is read. The first such entry is reported.
    fn is_beyond(&mut self, name: &str, index: usize, place: Span) -> bool {
        if index != MOST_LABELS || !OF_LABELS.contains(&name) {
            return false;
        }
        let headline = format!("`{name}` has more than {MOST_LABELS} entries");
        self.problems.push(
            Problem::error(Code::TooLarge, place, headline)
                .help("keep only the entries that routes or people use"),
        );
        true
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &'static str) -> Vec<Scalar> {
        self.list(name, |node, problems| as_scalar(node, &format!("an entry of `{name}`"), problems))
    }

    /// A text, or a list of texts.
    pub fn one_or_more(&mut self, name: &'static str) -> Vec<Scalar> {
        match self.left.iter().find(|(key, _)| key.text == name).map(|(_, node)| &node.value) {
            Some(Value::Scalar(_)) => self.scalar(name).into_iter().collect(),
            _ => self.texts(name),
        }
    }

    /// The place of an entry that is an empty map.
    pub fn empty_map(&self, name: &str) -> Option<Span> {
        let (_, node) = self.left.iter().find(|(key, _)| key.text == name)?;
        matches!(&node.value, Value::Map(entries) if entries.is_empty()).then_some(node.span)
    }

    /// The list of problems, to read a deeper level with.
    pub fn problems(&mut self) -> &mut Vec<Problem> {
        self.problems
    }

    /// Whether a key is there and was not taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.left.iter().any(|(key, _)| key.text == name)
    }

    /// Reports every key that was not taken.
    pub fn finish(self) {
        for (key, node) in self.left {
            let headline = format!("{} has no key `{}`", self.what, shown(&key.text));
            let problem = hidden(Problem::error(Code::UnknownKey, key.span, headline), self.what, node);
            let known = |name: &&str| self.known.contains(name);
            self.problems.push(match foreign_keys::suggestion(self.what, &key.text) {
                Some(KeySuggestion::Key(name)) if known(&name) => problem
                    .label(format!("the key is called `{name}`"))
                    .fix(format!("write `{name}`"), key.span, name),
                Some(KeySuggestion::Advice(advice)) => problem.help(advice),
                _ => match nearest(&key.text, self.known) {
                    Some(name) => problem.label(format!("did you mean `{name}`?")).fix(
                        format!("write `{name}`"),
                        key.span,
                        name,
                    ),
                    None if self.known.is_empty() => problem.help("it has no keys: write `{}`"),
                    None => problem.help(format!("its keys are {}", listed(self.known))),
                },
            });
        }
    }
}

/// The text of `node`; a problem if it is a list, a map or null.
pub fn as_scalar(node: &Node, what: &str, problems: &mut Vec<Problem>) -> Option<Scalar> {
    match &node.value {
        Value::Scalar(scalar) => Some(scalar.clone()),
        _ => {
            let problem = wrong_type(node, what, "a single value");
            problems.push(match &node.value {
                Value::Map(_) => {
                    problem.help("put a text that begins with `{` or contains `: ` into single quotes")
                }
                Value::List(_) if what == "`objective`" => problem
                    .help("for several promises of one SLI write `objectives: [P95 < 500ms, P99 < 2s]`"),
                Value::List(_) => problem
                    .help("write one of them: a list is not allowed here")
                    .help("put a text that begins with `[` or `-` into single quotes"),
                Value::Null | Value::Scalar(_) => problem,
            });
            None
        }
    }
}

/// Hides the value in a problem where secrets are often written, whatever the key is.
fn hidden(problem: Problem, what: &str, node: &Node) -> Problem {
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
    let written = matches!(node.value, Value::Scalar(_) | Value::List(_));
    if PRONE.contains(&what) && written { problem.hiding(node.span) } else { problem }
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

/// A list such as `[a=b, c=d]` as a map.
fn pairs(node: &Node) -> Option<String> {
    const PLAIN: fn(char) -> bool = |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let Value::List(entries) = &node.value else { return None };
    let pair = |entry: &Node| {
        let Value::Scalar(scalar) = &entry.value else { return None };
        let (key, value) = scalar.text.split_once('=').or_else(|| scalar.text.split_once(':'))?;
        let (key, value) = (key.trim(), value.trim());
        let plain = |text: &str| !text.is_empty() && text.chars().all(PLAIN);
        (plain(key) && plain(value)).then(|| format!("{key}: {value}"))
    };
    let pairs: Vec<String> = entries.iter().map(pair).collect::<Option<_>>()?;
    (!pairs.is_empty() && pairs.len() <= 20).then(|| format!("{{ {} }}", pairs.join(", ")))
}

/// The key and the name of the first entry, if the entries of a list name themselves.
fn named(node: &Node) -> Option<(&str, &str)> {
    let Value::List(entries) = &node.value else { return None };
    let Value::Map(first) = &entries.first()?.value else { return None };
    let entry = first.iter().find(|entry| ["name", "alert", "id"].contains(&entry.key.text.as_str()))?;
    let Value::Scalar(name) = &entry.value.value else { return None };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_name = !name.text.is_empty() && name.text.len() <= 60 && name.text.chars().all(plain);
    is_name.then_some((entry.key.text.as_str(), name.text.as_str()))
}

/// An example of a map that is often written as another kind of value.
fn example(what: &str) -> Option<&'static str> {
    Some(match what {
        "slos" => "{ availability: { objective: 99.9%, sli: { total: …, bad: … } } }",
        "alerts" => "{ down: { expr: 'absent(up{job=\"api\"} == 1)', severity: page } }",
        "accepted" => "{ single-event-pages: one request a day, from one customer }",
        "labels" | "annotations" => "{ component: database }",
        "policies" => "{ strict: { tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }] } }",
        "severities" => "{ page: { label: critical }, ticket: { label: warning } }",
        "receivers" => "{ ops: { email: ops@example.com } }",
        "planned" => "{ http_requests_total: why it does not exist yet }",
        "min_bad_events" => "{ page: 5, ticket: 1 }",
        "min_events" => "{ page: 100, ticket: 20 }",
        "`sli`" => "sli: { total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}' }",
        "`environments`" => "environments: { production: {}, staging: {} }",
        "`targets`" => "targets: { thanos: {} }",
        "`operator`" => "operator: { namespace: monitoring, labels: { release: prometheus } }",
        "`vmrule`" => "vmrule: { namespace: monitoring }",
        "`thanos`" => "thanos: {}",
        "`mimir`" => "mimir: {}",
        "`cortex`" => "cortex: {}",
        "`vmalert`" => "vmalert: {}",
        "`prometheus`" => "prometheus: { version: \"3.0\" }",
        "a receiver" => "{ email: ops@example.com }",
        "a tier" => "{ severity: page, budget: 2%, long: 1h, short: 5m }",
        "a policy" => "{ tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }] }",
        "a severity" => "{ label: critical }",
        "`links`" => "links: { runbooks: https://example.com/runbooks }",
        "`slice`" => "slice: { length: 1m, objective: 95% }",
        "budget_alerts" => "[{ left: 25%, severity: ticket }]",
        "`hours`" => "hours: { days: monday-friday, hours: \"08:00-20:00\" }",
        "maintenance" => "[{ from: 2027-01-10T02:00, to: 2027-01-10T04:00, reason: The database moves }]",
        "an entry of `maintenance`" => {
            "{ from: 2027-01-10T02:00, to: 2027-01-10T04:00, reason: The database moves }"
        }
        "budget_policy" => "[{ below: 25%, do: Only fixes are deployed }]",
        "an entry of `budget_policy`" => "{ below: 25%, do: Only fixes are deployed }",
        "an entry of `budget_alerts`" => "{ left: 25%, severity: ticket }",
        "an SLO" => "{ objective: 99.9%, sli: { total: …, bad: … } }",
        "an alert" => "{ expr: 'absent(up{job=\"api\"} == 1)', severity: page }",
        _ => return None,
    })
}

/// A text of the sources, shortened for a headline.
fn shown(text: &str) -> String {
    shortened(text, 60)
}
