//! Takes a map's entries by name and reports unknown keys.

use std::collections::BTreeMap;

use super::foreign_keys::{self, KeySuggestion};
use super::keys::{SERVICE_KEYS, SLO_KEYS};
use super::yaml::{Entry, Node, Value};
use crate::ast::{Key, Map};
use crate::diagnostic::{Code, Help, Label, Problem, listed};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Name, Objective, ObjectiveFault, is_channel_name, nearest, shortened};

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
                (key, first, hyphenated(first).map_or(first.to_owned(), |name| name.to_string()))
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
            self.problems.push(match (pairs(node).or_else(|| keyed(name, node)), own, example(name, node)) {
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
                _ => listed_as_one(node),
            };
            self.problems.push(match (list, example(name, node)) {
                // A sentence is no list of names.
                (Some(list), None) => problem.fix(format!("write `{name}: {list}`"), node.span, list),
                (Some(list), Some(example)) if has_keys_of(node, &example) => {
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
                Some(KeySuggestion::Key(name)) if self.written.iter().any(|entry| entry.key.text == name) => {
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

/// The nearest valid name: `shop-down` of `ShopDown`.
fn hyphenated(text: &str) -> Option<Name> {
    let mut parted = String::new();
    for c in text.chars() {
        if c.is_uppercase() && parted.ends_with(char::is_lowercase) {
            parted.push('-');
        }
        parted.push(c);
    }
    Name::nearest(&parted)
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

/// Advice with the user's own values: `«name|example»` is the value of the key `name` in `node` or beside it, `«value|example»` is `node` itself.
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
            _ => {
                let beside = || beside.iter().find(|entry| entry.key.text == name).map(|entry| &entry.value);
                find(node, name).or_else(beside)
            }
        };
        let own = own.filter(|own| matches!(own.value, Value::Scalar(_) | Value::List(_))).and_then(flow);
        // A name has no capitals.
        let own = match example.starts_with(|c: char| c.is_ascii_lowercase()) {
            true => own.and_then(|own| hyphenated(&own)).map(|name| name.to_string()),
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

/// `P95 < 500ms` of `P95: 500ms`.
fn promise(entry: &Entry) -> Option<String> {
    let Value::Scalar(limit) = &entry.value.value else { return None };
    let share = entry.key.text.strip_prefix(['P', 'p']).unwrap_or(&entry.key.text).trim_end_matches('%');
    let is_share = !share.is_empty() && share.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let limit = limit.text.trim_start_matches(['<', '=', ' ']);
    (is_share && limit.len() <= 20).then(|| format!("{} < {limit}", entry.key.text))
}

fn is_list_of_texts(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().all(|item| matches!(item.value, Value::Scalar(_))),
        value => matches!(value, Value::Scalar(_)),
    }
}

/// Promises that are written as a map, or as a list of maps: `{ P95: 500ms, P99: 1s }`.
fn promises(node: &Node) -> Option<Vec<String>> {
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

/// The value of a key with another name, if the value must be written in another way, too.
fn meant(what: &str, name: &str, node: &Node) -> Option<String> {
    match (&node.value, name) {
        (_, "match") => pairs(node),
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
fn two_counters(node: &Node) -> Option<String> {
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
fn selector(node: &Node) -> Option<String> {
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
                (_, Some((Some("calendar"), [value]))) => {
                    let meant = format!("calendar {value}");
                    problem.fix(format!("write `{meant}`"), node.span, meant)
                }
                (_, Some((_, [value]))) => problem.fix(format!("write `{}`", entry(value)), node.span, *value),
                (Value::List(_), Some((_, values))) if ["`total`", "`good`", "`bad`"].contains(&what) => {
                    match in_flow(&values.join(" + ")) {
                        Some(sum) => problem.fix(format!("write the sum: `{}`", entry(&sum)), node.span, sum),
                        None => problem.help(format!("add the counters: `{}`", entry("'a_total + b_total'"))),
                    }
                }
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
    let in_chat = ["`slack`", "`telegram`", "`teams`", "`discord`"].contains(&what);
    let is_channel = |text: &str| is_channel_name(text) && (in_chat || text.starts_with(['#', '@', '-']));
    let written = match &node.value {
        Value::Scalar(scalar) => !is_address(&scalar.text) && !is_channel(&scalar.text),
        Value::List(items) => !items.iter().all(|item| item.text().is_some_and(is_channel)),
        Value::Null | Value::Map(_) => false,
    };
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

/// `a=b`, or a list such as `[a="b", c=~"d|e"]`, as a map.
fn pairs(node: &Node) -> Option<String> {
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
fn inner(node: &Node) -> Option<(Option<&str>, Vec<&str>)> {
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

/// Whether a map has a key of an example, so that it is an entry of the list.
fn has_keys_of(node: &Node, example: &str) -> bool {
    let Value::Map(entries) = &node.value else { return false };
    entries.iter().any(|entry| example.contains(&format!("{}: ", entry.key.text)))
}

/// Whether a value is what an environment says of a service: `off`, or a map of its keys.
fn may_be_service(node: &Node) -> bool {
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

/// A value as a list: a map as its only entry, `a, b` as `[a, b]`.
fn listed_as_one(node: &Node) -> Option<String> {
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

/// A short value on one line.
fn flow(node: &Node) -> Option<String> {
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
fn in_flow(text: &str) -> Option<String> {
    let is_plain = text.starts_with(|c: char| c.is_alphanumeric() || c == '/')
        && !text.ends_with([' ', ':'])
        && !text.contains([',', '[', ']', '{', '}', '#', '\''])
        && !text.contains(": ");
    let fits = text.len() <= 100 && !text.contains(char::is_control);
    fits.then(|| if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) })
}

/// A list of names as a map, with the value of the example for each.
fn keyed(name: &str, node: &Node) -> Option<String> {
    const NAMED: [&str; 7] = ["planned", "accepted", "slos", "alerts", "policies", "receivers", "times"];
    let (form, _) = form(name).filter(|_| NAMED.contains(&name))?;
    let (_, value) = form.strip_prefix("{ ")?.strip_suffix(" }")?.split_once(": ")?;
    let entries: Vec<String> = names(node)?.iter().map(|name| format!("{name}: {value}")).collect();
    Some(format!("{{ {} }}", entries.join(", ")))
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

/// The mail address in the value of another tool.
fn address_in(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Scalar(scalar) => is_address(&scalar.text).then_some(scalar.text.as_str()),
        Value::List(entries) => entries.iter().find_map(address_in),
        Value::Map(_) => address_in(node.get("to")?),
        Value::Null => None,
    }
}

/// The value of `name` in a map.
fn named_by(entries: &[Entry]) -> Option<&str> {
    let entry = entries.iter().find(|entry| entry.key.text == "name")?;
    names(&entry.value)?.first().copied()
}

/// The beginnings `- name: shop` of the entries of a list, each with the name as a key; empty if an entry begins otherwise.
fn named_entries(node: &Node) -> Vec<(Span, String)> {
    let Value::List(entries) = &node.value else { return Vec::new() };
    let begin = |entry: &Node| {
        let first = entry.entries().first()?;
        // In brackets the map begins before its first key.
        let is_block = entry.span.start == first.key.span.start && entry.entries().len() > 1;
        let is_name = ["name", "alert", "id"].contains(&first.key.text.as_str());
        let name = names(&first.value)?.first().and_then(|name| hyphenated(name))?;
        let span =
            Span { start: first.key.span.start.checked_sub(2)?, end: first.value.span.end, ..first.key.span };
        (is_block && is_name).then(|| (span, name.to_string()))
    };
    entries.iter().map(begin).collect::<Option<_>>().unwrap_or_default()
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

/// An example of a value that is often written as another kind, with the user's own text in it if it fits.
fn example(what: &str, node: &Node) -> Option<String> {
    let (text, part) = form(what)?;
    match &node.value {
        // Only a text that cannot be a secret is repeated.
        Value::Scalar(scalar) if !part.is_empty() && alike(&scalar.text, part) => {
            Some(text.replacen(part, &scalar.text, 1))
        }
        Value::Scalar(scalar) if part.starts_with('#') && is_channel_name(&scalar.text) => {
            Some(text.replacen(part, &format!("#{}", scalar.text.trim_start_matches(['#', '@'])), 1))
        }
        Value::List(entries) if ["`environments`", "`targets`"].contains(&what) && !entries.is_empty() => {
            let names: Option<Vec<String>> =
                entries.iter().map(|entry| Some(format!("{}: {{}}", flow(entry)?))).collect();
            Some(format!("{}: {{ {} }}", what.trim_matches('`'), names?.join(", ")))
        }
        _ => Some(text.to_owned()),
    }
}

/// Whether a text has the form of another one: the same kinds of characters in the same order.
fn alike(text: &str, other: &str) -> bool {
    let kinds = |text: &str| {
        let mut kinds: Vec<char> = text
            .chars()
            .map(|c| {
                if c.is_ascii_digit() {
                    '0'
                } else if c.is_ascii_lowercase() || matches!(c, '-' | '_') {
                    'a'
                } else {
                    c
                }
            })
            .collect();
        kinds.dedup();
        kinds
    };
    let (one, two) = (kinds(text), kinds(other));
    text.len() <= 60 && (one == two || other.contains('@') && is_address(text))
}

/// Whether a text is a mail address.
fn is_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && name.chars().all(plain) && host.chars().all(plain)
    })
}

/// The form of a value, and the part of it that the user's own text may replace.
fn form(what: &str) -> Option<(&'static str, &'static str)> {
    Some(match what {
        "slos" => ("{ availability: { objective: 99.9%, sli: { total: …, bad: … } } }", ""),
        "alerts" => ("{ down: { expr: 'absent(up{job=\"api\"} == 1)', severity: page } }", ""),
        "accepted" => ("{ single-event-pages: one request a day, from one customer }", ""),
        "labels" | "annotations" => ("{ component: database }", ""),
        "policies" => ("{ strict: { tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }] } }", ""),
        "severities" => ("{ page: { label: critical }, ticket: { label: warning } }", ""),
        "receivers" => ("{ ops: { email: ops@shop.internal } }", ""),
        "planned" => ("{ http_requests_total: why it does not exist yet }", ""),
        "min_bad_events" => ("{ page: 5, ticket: 1 }", "5"),
        "min_events" => ("{ page: 100, ticket: 20 }", "100"),
        "`sli`" => ("sli: { total: http_requests_total, bad: 'http_requests_total{code=~\"5..\"}' }", ""),
        "`environments`" => ("environments: { production: {}, staging: {} }", "production"),
        "`targets`" => ("targets: { thanos: {} }", "thanos"),
        "`operator`" => ("operator: { namespace: monitoring, labels: { release: prometheus } }", ""),
        "`vmrule`" => ("vmrule: { namespace: monitoring }", ""),
        "`thanos`" => ("thanos: {}", ""),
        "`mimir`" => ("mimir: {}", ""),
        "`cortex`" => ("cortex: {}", ""),
        "`vmalert`" => ("vmalert: {}", ""),
        "`prometheus`" => (
            "prometheus: { version: \"3.0\" }`; an address is an option of commands: `--prometheus http://localhost:9090",
            "",
        ),
        "a receiver" => ("{ email: ops@shop.internal }", "ops@shop.internal"),
        "a tier" => ("{ severity: page, budget: 2%, long: 1h, short: 5m }", ""),
        "a policy" => ("{ tiers: [{ severity: page, budget: 2%, long: 1h, short: 5m }] }", ""),
        "a severity" => ("{ label: critical }", "critical"),
        "`links`" => ("links: { runbooks: https://wiki.shop.internal/runbooks }", ""),
        "`slice`" => ("slice: { length: 1m, objective: 95% }", "1m"),
        "budget_alerts" => ("[{ left: 25%, severity: ticket }]", ""),
        "`hours`" => ("hours: { days: monday-friday, hours: \"08:00-20:00\" }", ""),
        "maintenance" => {
            ("[{ from: 2027-01-10T02:00, to: 2027-01-10T04:00, reason: The database moves }]", "")
        }
        "an entry of `maintenance`" => {
            ("{ from: 2027-01-10T02:00, to: 2027-01-10T04:00, reason: The database moves }", "")
        }
        "texts" => ("{ burn: { summary: \"<< service >>/<< slo >> burns\" } }", ""),
        "an entry of `texts`" => ("texts: { burn: { summary: \"<< service >>/<< slo >> burns\" } }", ""),
        "dependencies" => ("{ shop: [database] }", ""),
        "routes" => ("[{ match: { severity: page }, to: ops }]", ""),
        "tiers" => ("[{ severity: page, budget: 2%, long: 1h, short: 5m }]", ""),
        "times" => ("{ nights: { hours: \"22:00-07:00\" } }", ""),
        "an entry of `times`" => ("{ hours: \"22:00-07:00\" }", "22:00-07:00"),
        "match" | "while" | "silence" => ("{ severity: page }", ""),
        "a route" => ("{ match: { severity: page }, to: ops }", ""),
        "`slack`" => {
            ("slack: { channel: \"#alerts\", api_url_file: /etc/alertmanager/secrets/slack }", "#alerts")
        }
        "`telegram`" => (
            "telegram: { chat_id: -1001234567890, bot_token_file: /etc/alertmanager/secrets/telegram }",
            "-1001234567890",
        ),
        "`teams`" => ("teams: { webhook_url_file: /etc/alertmanager/secrets/teams }", ""),
        "`discord`" => ("discord: { webhook_url_file: /etc/alertmanager/secrets/discord }", ""),
        "`webhook`" => ("webhook: { url: \"http://bridge.internal:8080/\" }", ""),
        "`pagerduty`" => ("pagerduty: { routing_key_file: /etc/alertmanager/secrets/pagerduty }", ""),
        "`opsgenie`" => ("opsgenie: { api_key_file: /etc/alertmanager/secrets/opsgenie }", ""),
        "`smtp`" => ("smtp: { host: \"mail.internal:587\", from: alerts@shop.internal }", ""),
        "`alertmanager`" => {
            ("alertmanager: { receivers: { ops: { email: ops@shop.internal } }, default: ops }", "")
        }
        "budget_policy" => ("[{ below: 25%, do: Only fixes are deployed }]", ""),
        "an entry of `budget_policy`" => ("{ below: 25%, do: Only fixes are deployed }", "25%"),
        "an entry of `budget_alerts`" => ("{ left: 25%, severity: ticket }", "25%"),
        "an SLO" => ("{ objective: 99.9%, sli: { total: …, bad: … } }", "99.9%"),
        "an alert" => ("{ expr: 'absent(up{job=\"api\"} == 1)', severity: page }", ""),
        _ => return None,
    })
}

/// A text of the sources, shortened for a headline.
fn shown(text: &str) -> String {
    shortened(text, 60)
}
