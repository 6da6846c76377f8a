//! Takes a map's entries by name and reports unknown keys.

use std::collections::BTreeMap;

use super::examples::example;
use super::foreign_keys::{self, KeySuggestion};
use super::meant::{keyed, keyed_tiers, listed_as_one, meant, pairs, promises, two_counters};
use super::short_values::{address_in, flow, named, named_entries, paired, shown};
use super::wrong_shape::{
    as_scalar, glued, has_keys_of, hidden, is_list_of_texts, may_be_service, wrong_type,
};
use super::yaml::{Entry, Node, Value};
use crate::ast::{Key, Map};
use crate::diagnostic::{Code, Help, Label, Problem, listed};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Name, nearest};

/// Keys of lists of labels and annotations, which are repeated in every rule and every route.
const OF_LABELS: [&str; 7] =
    ["labels", "annotations", "external_labels", "target_labels", "replica_labels", "group_by", "equal"];

/// The mail address of examples.
const OPS: &str = "ops@shop.internal";

/// At most this many labels of one list are read. Mimir allows 30 per series, and few alerts have ten.
const MOST_LABELS: usize = 64;

/// The entries of a map that were not taken yet.
pub struct Fields<'a> {
    span: Span,
    what: &'static str,
    known: &'static [&'static str],
    written: &'a [Entry],
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
                Some(Self { span: node.span, what, known, written: entries, left, problems })
            }
            _ => {
                let problem = hidden(wrong_type(node, what, "a map of keys"), what, node);
                let of_entries = matches!(&node.value, Value::List(entries) if entries.len() > 1
                    && entries.iter().all(|entry| matches!(&entry.value, Value::Map(keys) if keys.len() == 1)));
                problems.push(match example(what, node) {
                    _ if of_entries => problem.help("remove the `- ` before each key: the keys are one map"),
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
        if let Some(node) = self.peek(name) {
            let before = self.problems.len();
            let found = self.scalar(name);
            if let (Value::Null, [problem]) = (&node.value, &mut self.problems[before..]) {
                problem.help.clear();
                *problem =
                    problem.clone().help(format!("write a value after the colon, such as `{example}`"));
            }
            return found;
        }
        self.missing(name, example);
        None
    }

    /// Reports that `name` is missing. If it is there but misspelt, only the misspelling is reported, by `finish`.
    pub fn missing(&mut self, name: &str, example: &str) {
        if self.is_misspelt(name) {
            return;
        }
        let headline = match (self.what, name) {
            ("`hours`", "hours") => "`hours` has no times of day".to_owned(),
            _ => format!("`{name}` is missing from {}", self.what),
        };
        self.problems.push(Problem::error(Code::MissingKey, self.span.beginning(), headline).help(
            match name {
                "hours" => format!("add a second `hours` below it: `{example}`"),
                "reason" => format!("add `{example}`, and say why these events do not count"),
                "sli" => format!("add `{example}` with your metrics"),
                _ => format!("add `{example}`"),
            },
        ));
    }

    /// Whether an unknown key is probably a misspelling of this one.
    pub fn is_misspelt(&self, name: &str) -> bool {
        let mut unknown = self.left.iter().filter(|(key, _)| !self.known.contains(&key.text.as_str()));
        unknown.any(|(key, _)| match foreign_keys::suggestion(self.what, &key.text, self.known) {
            Some(KeySuggestion::Key(meant)) => meant == name,
            // The advice says how to write it.
            Some(KeySuggestion::Advice(advice)) => advice.contains(&format!("{name}: ")),
            None => similar(&key.text, self.known) == Some(name),
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
            let problem = wrong_type(node, &format!("`{name}`"), "a map of keys");
            let own = named(node).map(|(key, first)| {
                (key, first, Name::nearest(first).map_or(first.to_owned(), |name| name.to_string()))
            });
            let listed = named_entries(node);
            if !listed.is_empty() {
                self.problems.extend(listed.into_iter().map(|(place, own)| {
                    let headline = format!("an entry of `{name}` begins with its name, not with `-`");
                    Problem::error(Code::WrongType, place, headline).fix(
                        format!("write `{own}:`"),
                        place,
                        format!("{own}:"),
                    )
                }));
                return Vec::new();
            }
            self.problems.push(match (pairs(node).or_else(|| paired(node)).or_else(|| keyed(name, node)), own, example(name, node)) {
                // Nobody else knows the reason.
                (Some(map), ..) if ["accepted", "planned"].contains(&name) => {
                    problem.help(format!("write `{name}: {map}`, with your own reason"))
                }
                (Some(map), ..) => problem.fix(format!("write `{name}: {map}`"), node.span, map),
                (None, Some((key, first, name)), _) => problem
                    .help(format!("the key is its name: write `{name}:` instead of `- {key}: {first}`, and the rest below it, indented")),
                (None, None, Some(example)) => problem.help(format!("write `{name}: {example}`")),
                (None, None, None) => problem,
            });
            if let (Value::Null, Some(problem)) = (&node.value, self.problems.last_mut()) {
                problem
                    .help
                    .insert(0, Help { text: format!("remove `{name}:`, if it has no entry"), fix: None });
            }
            return Vec::new();
        };
        let mut map = Vec::new();
        let of_texts = ["accepted", "annotations", "labels", "planned"].contains(&name);
        let mut cut = if of_texts { cut(entries, &[]) } else { BTreeMap::new() };
        for (index, entry) in entries.iter().enumerate() {
            if self.is_beyond(name, index, entry.key.span) {
                break;
            }
            match cut.remove(&entry.key.span) {
                Some(problem) => {
                    self.problems.extend(problem.map(|problem| hidden(problem, self.what, &entry.value)));
                }
                None => {
                    let before = self.problems.len();
                    map.extend(read(&entry.value, self.problems).map(|value| (entry.key.clone(), value)));
                    self.join(before);
                }
            }
        }
        map
    }

    /// Joins the only new problem of an entry with the same problem of the entry before it.
    fn join(&mut self, before: usize) {
        let Some((new, [.., last])) = self.problems.get(before..).zip(self.problems.get(..before)) else {
            return;
        };
        if let [new] = new
            && (new.code, last.code, &new.headline) == (Code::WrongType, Code::WrongType, &last.headline)
            && new.primary.span.source == last.primary.span.source
        {
            let place = new.primary.span;
            self.problems.truncate(before);
            self.problems[before - 1]
                .secondary
                .push(Label { span: place, text: "the same mistake is here".to_owned() });
        }
    }

    /// A list whose entries are read by `read`; empty if the key is missing.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&'a Node, &mut Vec<Problem>) -> Option<T>,
    ) -> Vec<T> {
        let Some((_, node)) = self.take(name) else { return Vec::new() };
        if let Some(problem) = glued(node) {
            self.problems.push(problem);
            return Vec::new();
        }
        if let Some(all) = promises(node).filter(|_| name == "objectives" && !is_list_of_texts(node)) {
            let list = format!("[{}]", all.join(", "));
            let headline = "a promise of `objectives` is one text";
            self.problems.push(
                Problem::error(Code::WrongType, node.span.beginning(), headline)
                    .label("a percentile and its limit are joined by `<`")
                    .fix(format!("write `objectives: {list}`"), node.span, list),
            );
            return Vec::new();
        }
        let Value::List(entries) = &node.value else {
            let problem = wrong_type(node, &format!("`{name}`"), "a list");
            let list = match &node.value {
                // Of labels with values only the names are wanted.
                Value::Map(entries) if OF_LABELS.contains(&name) => {
                    let names: Vec<&str> = entries.iter().map(|entry| entry.key.text.as_str()).collect();
                    Some(format!("[{}]", names.join(", ")))
                }
                Value::Map(_) if name == "tiers" => keyed_tiers(node),
                _ => listed_as_one(node),
            };
            self.problems.push(match (list, example(name, node)) {
                // A sentence is no list of names.
                (Some(list), None) => problem.fix(format!("write `{name}: {list}`"), node.span, list),
                (Some(list), Some(example)) if has_keys_of(node, &example) || name == "tiers" => {
                    problem.fix(format!("write `{name}: {list}`"), node.span, list)
                }
                (_, Some(example)) => {
                    problem.help(format!("write `{name}: {example}`, or `{name}: []` for an empty list"))
                }
                (None, None) => problem.help(format!("write a list in brackets: `{name}: […]`")),
            });
            return Vec::new();
        };
        let mut list = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            if self.is_beyond(name, index, entry.span.beginning()) {
                break;
            }
            let before = self.problems.len();
            list.extend(read(entry, self.problems));
            self.join(before);
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
            _ if self.peek(name).is_some_and(|node| glued(node).is_some()) => self.texts(name),
            Some(Value::Scalar(_) | Value::Map(_)) => self.scalar(name).into_iter().collect(),
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
        let mut given: Vec<String> = Vec::new();
        let mut names = None;
        let in_file = self.left.is_empty() || self.known.contains(&"version");
        let mut cut = if in_file { BTreeMap::new() } else { cut(self.written, self.known) };
        for (key, node) in self.left {
            if let Some(problem) = cut.remove(&key.span) {
                self.problems.extend(problem.map(|problem| hidden(problem, self.what, node)));
                continue;
            }
            if let Some(problem) = flat_block(self.written, key) {
                self.problems.push(problem);
                continue;
            }
            let headline = format!("{} has no key `{}`", self.what, shown(&key.text));
            let problem = hidden(Problem::error(Code::UnknownKey, key.span, headline), self.what, node);
            let known = |name: &&str| self.known.contains(name);
            if let Some(advice) = of_a_name(self.what, node) {
                self.problems.push(problem.help(advice));
                continue;
            }
            let plural = |name: &&&str| name.strip_suffix('s') == Some(&key.text);
            let suggestion = match (&node.value, self.known.iter().find(plural)) {
                (Value::List(_), Some(name)) => Some(KeySuggestion::Key(name)),
                _ => foreign_keys::suggestion(self.what, &key.text, self.known),
            };
            self.problems.push(match suggestion {
                // An environment or an instance writes its keys over those of another map.
                Some(KeySuggestion::Key(name))
                    if self.span.contains(key.span)
                        && self.written.iter().any(|entry| {
                            entry.key.text == name && self.span.contains(entry.key.span)
                        }) =>
                {
                    problem.help(format!("remove it: `{name}` is the same, and is there already"))
                }
                Some(KeySuggestion::Key(name)) if known(&name) => {
                    let problem = problem.label(format!("the key is called `{name}`"));
                    let whole = Span { end: node.span.end, ..key.span };
                    let problem = match &node.value {
                        // The range of Sloth.
                        Value::Scalar(scalar) if scalar.text.contains("{{") && given.is_empty() => {
                            given.push(String::new());
                            problem.help("or move a file of Sloth to another directory, and translate it: `slowburn import FILE`")
                        }
                        _ => problem,
                    };
                    match meant(self.what, name, node).map(|value| format!("{name}: {value}")) {
                        Some(entry) => problem.fix(format!("write `{entry}`"), whole, entry),
                        None => problem.fix(format!("write `{name}`"), key.span, name),
                    }
                }
                _ if self.what == "`sli`" && two_counters(node).is_some() => {
                    problem.help(format!("write `{}`", two_counters(node).unwrap_or_default()))
                }
                // `start` and `end` are one mistake.
                Some(KeySuggestion::Advice(advice)) if given.contains(&advice) => continue,
                Some(KeySuggestion::Advice(advice)) => {
                    given.push(advice.clone());
                    let advice = filled(&advice, node, self.written);
                    let own = address_in(node).filter(|_| key.text.starts_with("email"));
                    problem.help(own.map_or(advice.clone(), |own| advice.replace(OPS, own)))
                }
                _ if ["an environment", "a service of an environment"].contains(&self.what)
                    && may_be_service(node)
                    && nearest(&key.text, self.known).is_none() =>
                {
                    let (what, under) = match self.what {
                        "an environment" => ("a service", "services"),
                        _ => ("an SLO", "slos"),
                    };
                    let name = shown(&key.text);
                    problem.help(format!("{what} belongs under `{under}`: `{under}: {{ {name}: … }}`"))
                }
                _ => match similar(&key.text, self.known) {
                    Some(name) => problem.label(format!("did you mean `{name}`?")).fix(
                        format!("write `{name}`"),
                        key.span,
                        name,
                    ),
                    None if self.known.is_empty() => problem.help("it has no keys: write `{}`"),
                    None => {
                        let names = names.get_or_insert_with(|| format!("its keys are {}", listed(self.known)));
                        problem.help(names.as_str())
                    }
                },
            });
        }
    }
}

/// The known key with a similar name, or the only one that begins with this abbreviation.
fn similar<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    nearest(key, known).or_else(|| {
        let mut begun = known.iter().filter(|name| key.len() > 2 && name.starts_with(key));
        begun.next().filter(|_| begun.next().is_none()).copied()
    })
}

/// Advice for the name of an SLO or an alert with the indentation of another level.
fn of_a_name(what: &str, node: &Node) -> Option<&'static str> {
    let is_slo = node.get("objective").is_some() || node.get("objectives").is_some();
    let is_alert = node.get("expr").is_some();
    Some(match what {
        "an SLO" if is_slo => "it is an SLO: write two spaces less before it, and before the lines below",
        "an alert" if is_alert => {
            "it is an alert: write two spaces less before it, and before the lines below"
        }
        _ => return None,
    })
}

/// The problem of a key that is a line of the empty block scalar before it.
fn flat_block(written: &[Entry], key: &Key) -> Option<Problem> {
    let at = written.iter().position(|entry| entry.key.span == key.span)?.checked_sub(1)?;
    let Entry { key: before, value: Node { value: Value::Scalar(text), .. } } = &written[at] else {
        return None;
    };
    (!text.plain && text.text.is_empty() && key.text.contains(' ')).then(|| {
        let headline = format!("the text of `{}` is not indented", before.text);
        let help = format!("write more spaces before each of its lines than before `{}`", before.text);
        Problem::error(Code::UnknownKey, key.span, headline).help(help)
    })
}

/// Advice with the user's own values: `«name|example»` is the value of the key `name` in `node` or beside it, `«value|example»` is `node` itself. With
/// `=` before the example it is the text as it is.
fn filled(advice: &str, node: &Node, beside: &[Entry]) -> String {
    fn find<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
        match &node.value {
            Value::List(items) => items.iter().find_map(|item| find(item, name)),
            _ => node.get(name).or_else(|| node.entries().iter().find_map(|entry| find(&entry.value, name))),
        }
    }
    let mut parts = advice.split('«');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (part, rest) in parts.filter_map(|part| part.split_once('»')) {
        let (name, example) = part.split_once('|').unwrap_or((part, part));
        let own = match name {
            "value" => Some(node),
            "first" | "second" => match &node.value {
                Value::List(items) => items.get(usize::from(name == "second")),
                _ => None,
            },
            _ => {
                let beside = || beside.iter().find(|entry| entry.key.text == name).map(|entry| &entry.value);
                find(node, name).or_else(beside)
            }
        };
        // As it is written, between quotes.
        if let Some(example) = example.strip_prefix('=') {
            let own = own.and_then(Node::text);
            let own = own.filter(|own| own.len() <= 120 && !own.contains(['\'', '\n']));
            text.push_str(own.unwrap_or(example));
            text.push_str(rest);
            continue;
        }
        let own = own.filter(|own| matches!(own.value, Value::Scalar(_) | Value::List(_))).and_then(flow);
        // A name has no capitals.
        let own = match example.starts_with(|c: char| c.is_ascii_lowercase()) {
            true => own.and_then(|own| Name::nearest(&own)).map(|name| name.to_string()),
            false => own
                .filter(|own| !example.starts_with('[') || own.starts_with('[') || !own.contains(' '))
                .map(|own| {
                    if example.starts_with('[') && !own.starts_with('[') { format!("[{own}]") } else { own }
                }),
        };
        text.push_str(&own.unwrap_or_else(|| example.to_owned()));
        text.push_str(rest);
    }
    text
}

/// Keys without a value that the commas of a text in brackets made, as `but not fixes` in `{ do: Stop, but not fixes }`. The first key of a text has
/// the problem.
fn cut(entries: &[Entry], known: &[&str]) -> BTreeMap<Span, Option<Problem>> {
    // Of lines below each other, the indentation would be between them.
    let is_part = |at: &usize| {
        let (before, Entry { key, value }) = (&entries[at - 1], &entries[*at]);
        let end = if matches!(before.value.value, Value::Null) {
            before.key.span.end
        } else {
            before.value.span.end
        };
        matches!(value.value, Value::Null) && key.span.start == end + 2 && !known.contains(&key.text.as_str())
    };
    let mut cut = BTreeMap::new();
    let mut at = 1;
    while at < entries.len() {
        let (begin, parts) = entries[at - 1..].split_at(1);
        let count = (at..entries.len()).take_while(is_part).count();
        at += count + 1;
        let (begin, parts) = (&begin[0], &parts[..count]);
        let (Value::Scalar(text), Some(first), Some(last)) =
            (&begin.value.value, parts.first(), parts.last())
        else {
            continue;
        };
        if !text.plain {
            continue;
        }
        let whole: Vec<&str> = [&text.text]
            .into_iter()
            .chain(parts.iter().map(|part| &part.key.text))
            .map(String::as_str)
            .collect();
        let meant = format!("'{}'", whole.join(", ").replace('\'', "''"));
        let whole = Span { end: last.key.span.end, ..begin.value.span };
        let headline = format!("`{}` is not a key", shown(&first.key.text));
        let problem = Problem::error(Code::UnknownKey, first.key.span, headline)
            .label("in brackets a comma ends a text without quotes")
            .fix(format!("write `{}: {meant}`", begin.key.text), whole, meant);
        cut.extend(parts[1..].iter().map(|part| (part.key.span, None)));
        cut.insert(first.key.span, Some(problem));
    }
    cut
}
