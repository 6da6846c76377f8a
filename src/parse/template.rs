//! Templates: one definition for many services, or for many SLOs or alerts of a service.
//!
//! A map with `instances` becomes one map for each name under it. Each is the rest of the map, with values for `<<parameter>>`, and with the other
//! keys of the instance merged over it. This happens on parsed values, not on the text of the file, so a value with a quote, a brace or a line break
//! remains one value.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::Fields;
use super::keys::{ALERT_KEYS, SERVICE_KEYS, SLO_KEYS};
use super::overlay::laid_over;
use super::short_values::names;
use super::wrong_shape::{as_scalar, wrong_type};
use super::yaml::{self, Entry, MAX_VALUES, Node, Value};
use crate::ast::{Instance, Key};
use crate::diagnostic::{Code, Help, Label, Problem, few, listed};
use crate::scalar::Scalar;
use crate::source::{SourceId, Span};
use crate::vocabulary::{Placeholder, nearest};

/// The keys of a template: its instances and its parameters.
pub const INSTANCES: &str = "instances";
const PARAMETERS: &str = "parameters";

/// The name of the instance: a parameter that is always there.
const NAME: &str = "name";

/// So many inserted bytes count as one more value.
const LONG: usize = 32;

/// Limit for the values that the templates of a file make: several times as many as a project has.
const MOST_VALUES: usize = MAX_VALUES / 10;

/// Limit for parameters: every instance has a value for each.
const MOST_PARAMETERS: usize = 64;

/// Keys whose values are PromQL.
const QUERIES: [&str; 10] =
    ["total", "good", "bad", "latency", "successful", "condition", "probe", "freshness", "bad_ratio", "expr"];

/// The templates of a file while they are expanded.
pub struct Templates<'a> {
    /// Every instance so far.
    pub instances: Vec<Instance>,
    /// Names that are allowed in `<< >>` anywhere in the file, and where they are declared.
    known: BTreeMap<String, Span>,
    /// Places of values that were already reported to be more than a word.
    spread: BTreeSet<Span>,
    /// Names of placeholders that were already reported, each with its instance.
    reported: BTreeSet<(u32, String)>,
    /// Names that were used in `<< >>`.
    used: BTreeSet<String>,
    /// Whether the parameters have a problem, so that placeholders are not compared with them.
    misread: bool,
    /// How many more values may be made; a long text counts as several.
    left: usize,
    /// Whether it was reported that there are too many values.
    spent: bool,
    problems: &'a mut Vec<Problem>,
}

/// The services of a file: one per instance, or the only one. With all instances in it.
pub fn services(file: Node, problems: &mut Vec<Problem>) -> (Vec<Node>, Vec<Instance>) {
    let before = problems.len();
    for node in [&file].into_iter().chain(parts(&file).map(|entry| &entry.value)) {
        if node.entry(INSTANCES).is_some()
            && node.entry(PARAMETERS).is_none()
            && let Some(entry) = node.entries().iter().find(|entry| is_parameters(&entry.key.text))
        {
            let headline = format!("a template has no key `{}`", super::short_values::shown(&entry.key.text));
            problems.push(
                Problem::error(Code::UnknownKey, entry.key.span, headline)
                    .label("the key is called `parameters`")
                    .fix("write `parameters`", entry.key.span, PARAMETERS),
            );
        }
        let misspelt = |entry: &Entry| nearest(&entry.key.text, &[INSTANCES]).is_some();
        if let (Some(entry), false) = (node.entry(PARAMETERS), node.entries().iter().any(misspelt)) {
            problems.push(
                Problem::error(Code::MissingKey, entry.key.span, "`parameters` needs `instances` beside it")
                    .help("add `instances: { payments: {}, orders: {} }`"),
            );
        }
    }
    if problems.len() > before {
        return (Vec::new(), Vec::new());
    }
    if !is_template(&file) && !parts(&file).any(|entry| is_template(&entry.value)) {
        return (vec![file], Vec::new());
    }
    let mut templates = Templates {
        instances: Vec::new(),
        known: BTreeMap::new(),
        used: BTreeSet::new(),
        spread: BTreeSet::new(),
        reported: BTreeSet::new(),
        misread: false,
        left: MOST_VALUES,
        spent: false,
        problems,
    };
    let services = match is_template(&file) {
        false => vec![file],
        true => {
            if let Some(entry) = file.entry("service") {
                templates.problems.push(
                    Problem::error(
                        Code::UnknownKey,
                        entry.key.span,
                        "a template of services has no key `service`",
                    )
                    .help("remove it: the names under `instances` are the names of the services"),
                );
            }
            let made = templates.expand(&file, None);
            made.into_iter().map(|(key, node)| named(key, node)).collect()
        }
    };
    let services: Vec<Node> = services.into_iter().map(|service| templates.expand_parts(service)).collect();
    let Templates { instances, known, used, .. } = templates;
    // Problems of a faulty template would be repeated in its instances, where nobody wrote them.
    if problems.len() > before {
        return (Vec::new(), instances);
    }
    problems.extend(known.into_iter().filter(|(name, _)| !used.contains(name)).map(|(name, place)| {
        Problem::warning(Code::UnreadSetting, place, format!("no text of the template uses `<<{name}>>`"))
            .label("the value that an instance gives it has no effect")
            .help(format!("write `<<{name}>>` where the value belongs, or remove the parameter"))
    }));
    (services, instances)
}

/// Whether a key is written instead of `parameters`.
fn is_parameters(key: &str) -> bool {
    const WORDS: [&str; 9] =
        ["params", "parametros", "parámetros", "variables", "vars", "args", "arguments", "inputs", "values"];
    WORDS.contains(&key.to_lowercase().as_str()) || nearest(key, &[PARAMETERS]).is_some()
}

/// Takes the keys of a template that was not expanded. `parameters` alone has a problem already, and environments cannot override templates.
pub fn take_unexpanded(fields: &mut Fields) {
    if let Some(place) = fields.place(INSTANCES) {
        fields.problems().push(
            Problem::error(Code::UnknownKey, place, "an environment cannot hold a template")
                .help("write it in the file of the service"),
        );
        fields.node(INSTANCES);
    }
    fields.node(PARAMETERS);
}

fn is_template(node: &Node) -> bool {
    node.get(INSTANCES).is_some()
}

/// The SLOs and alerts of a service.
fn parts(service: &Node) -> impl Iterator<Item = &Entry> {
    ["slos", "alerts"].into_iter().filter_map(|key| service.get(key)).flat_map(Node::entries)
}

/// A service with the name of its instance.
fn named(key: Key, node: Node) -> Node {
    let Node { span, value: Value::Map(mut entries) } = node else { return node };
    let name = Scalar::new(key.text.clone(), &key.text, key.span);
    entries.retain(|entry| entry.key.text != "service");
    let value = Node { span: key.span, value: Value::Scalar(name) };
    entries.push(Entry { key: Key { text: "service".to_owned(), span: key.span }, value });
    Node { span, value: Value::Map(entries) }
}

impl Templates<'_> {
    /// A service with its SLOs and alerts expanded.
    fn expand_parts(&mut self, service: Node) -> Node {
        let Node { span, value: Value::Map(entries) } = service else { return service };
        let expanded = entries.into_iter().map(|Entry { key, value }| {
            let value = match value {
                Node { span, value: Value::Map(parts) }
                    if ["slos", "alerts"].contains(&key.text.as_str()) =>
                {
                    Node { span, value: Value::Map(self.parts(parts)) }
                }
                other => other,
            };
            Entry { key, value }
        });
        let node = Node { span, value: Value::Map(expanded.collect()) };
        self.unknown_placeholders(&node);
        node
    }

    fn parts(&mut self, parts: Vec<Entry>) -> Vec<Entry> {
        let mut all: Vec<Entry> = Vec::new();
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for part in parts {
            let made = match is_template(&part.value) {
                true => self.expand(&part.value, self.parent(part.key.span)),
                false => vec![(part.key, part.value)],
            };
            for (key, value) in made {
                match seen.get(&key.text) {
                    Some(first) => self.problems.push(
                        Problem::error(
                            Code::DuplicateKey,
                            key.span,
                            format!("`{}` is defined twice", key.text),
                        )
                        .and(*first, "the first is here")
                        .help("give one of them another name"),
                    ),
                    None => {
                        seen.insert(key.text.clone(), key.span);
                        all.push(Entry { key, value });
                    }
                }
            }
        }
        all
    }

    /// The instance that contains a place.
    fn parent(&self, span: Span) -> Option<u32> {
        Some(span.source.instance()).filter(|number| *number > 0)
    }

    /// All instances of a template, with their names.
    fn expand(&mut self, template: &Node, parent: Option<u32>) -> Vec<(Key, Node)> {
        let Value::Map(entries) = &template.value else { return Vec::new() };
        let defaults = template.entry(PARAMETERS).map(|entry| self.parameters(entry)).unwrap_or_default();
        let declared = template.entry(PARAMETERS).into_iter().flat_map(|entry| entry.value.entries());
        self.known.extend(declared.map(|entry| (entry.key.text.clone(), entry.key.span)));
        let Some(Entry { key, value }) = template.entry(INSTANCES) else { return Vec::new() };
        let Value::Map(instances) = &value.value else {
            self.problems.push(match names(value) {
                Some(names) => {
                    let map: Vec<String> = names.iter().map(|name| format!("{name}: {{}}")).collect();
                    let map = format!("{{ {} }}", map.join(", "));
                    wrong_type(value, "`instances`", "a map of names")
                        .help(format!("write `instances: {map}`"))
                }
                None => wrong_type(value, "`instances`", "a map of names")
                    .help("write `instances: { payments: {}, orders: { job: orders-v2 } }`"),
            });
            return Vec::new();
        };
        if instances.is_empty() {
            self.problems.push(
                Problem::error(Code::MissingKey, key.span.beginning(), "`instances` is empty")
                    .help("write `instances: { payments: {} }`"),
            );
        }
        let rest = entries.iter().filter(|entry| ![PARAMETERS, INSTANCES].contains(&entry.key.text.as_str()));
        let body = Node { span: template.span, value: Value::Map(rest.cloned().collect()) };
        let size = body.count() + defaults.len();
        // Checked before any instance is made, to avoid the work.
        let room = (self.left / size).min(crate::source::MOST_INSTANCES - 1 - self.instances.len());
        if let Some(more) = instances.get(room) {
            self.too_many(more.key.span);
            return Vec::new();
        }
        let mut made = Vec::new();
        for instance in instances {
            if let Some(entry) = instance.value.entry(PARAMETERS) {
                let headline = format!("the instance `{}` has no key `{PARAMETERS}`", instance.key.text);
                let problem = Problem::error(Code::UnknownKey, entry.key.span, headline)
                    .label("the values of parameters are keys of the instance itself");
                self.problems.push(match super::short_values::flow(&entry.value) {
                    Some(values) => problem.help(format!("write `{}: {values}`", instance.key.text)),
                    None => problem.help("write the values without this key"),
                });
                continue;
            }
            self.left = self.left.saturating_sub(size);
            if self.left == 0 {
                self.too_many(instance.key.span);
                break;
            }
            made.extend(self.instance(&body, &defaults, instance, parent));
        }
        made
    }

    /// Reports once that the templates make too many values.
    fn too_many(&mut self, place: Span) {
        if !std::mem::replace(&mut self.spent, true) {
            self.problems.push(
                Problem::error(Code::TooLarge, place, "the templates of this file make too many values")
                    .help("split the instances into several files"),
            );
        }
    }

    /// `parameters`: names, some of them with defaults.
    fn parameters(&mut self, entry: &Entry) -> BTreeMap<String, Option<Scalar>> {
        let Value::Map(entries) = &entry.value.value else {
            self.problems.push(
                wrong_type(&entry.value, "`parameters`", "a map of names and defaults")
                    .help("write `parameters: { job: <<name>>, threshold: 500ms, team: }`"),
            );
            self.misread = true;
            return BTreeMap::new();
        };
        if let Some(more) = entries.get(MOST_PARAMETERS) {
            let headline = format!("a template has more than {MOST_PARAMETERS} parameters");
            self.problems.push(
                Problem::error(Code::TooLarge, more.key.span, headline)
                    .help("write several templates: nobody sets so many"),
            );
            self.spent = true;
            return BTreeMap::new();
        }
        let mut parameters = BTreeMap::new();
        for Entry { key, value } in entries {
            let is_name = |text: &str| {
                let mut bytes = text.bytes();
                bytes.next().is_some_and(|first| first.is_ascii_lowercase())
                    && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            };
            if !is_name(&key.text) || key.text == NAME {
                self.misread = true;
                let problem =
                    Problem::error(Code::InvalidName, key.span, "this is not a valid name of a parameter");
                self.problems.push(match key.text == NAME {
                    true => {
                        problem.help("`<<name>>` is already the name of the instance: choose another name")
                    }
                    false => {
                        let problem =
                            problem.label("lower-case letters, digits and `_`, beginning with a letter");
                        let meant = key.text.to_lowercase().replace(['-', '.', ' '], "_");
                        match is_name(&meant) && meant != NAME {
                            true => {
                                problem.fix(format!("write `{meant}`, and `<<{meant}>>`"), key.span, meant)
                            }
                            false => problem.help("write a name such as `job`"),
                        }
                    }
                });
                continue;
            }
            let default = match &value.value {
                Value::Null => None,
                _ => as_scalar(value, &format!("the default of `{}`", key.text), self.problems),
            };
            let other = default.iter().flat_map(|default| {
                placeholders(&default.text)
                    .filter(|(.., name)| *name != NAME)
                    .map(move |found| (default, found))
            });
            for (default, (start, end, name)) in other {
                self.misread = true;
                let headline = format!("a default cannot contain `<<{name}>>`");
                self.problems.push(
                    Problem::error(Code::UnknownKey, default.place(start, end), headline)
                        .label("only the name of the instance is known here")
                        .help(format!("write `{}: <<name>>`, or the value itself", key.text)),
                );
            }
            parameters.insert(key.text.clone(), default);
        }
        parameters
    }

    /// One instance: its name, and the expanded template.
    fn instance(
        &mut self,
        body: &Node,
        defaults: &BTreeMap<String, Option<Scalar>>,
        entry: &Entry,
        parent: Option<u32>,
    ) -> Option<(Key, Node)> {
        let own = match &entry.value.value {
            Value::Map(own) => own.as_slice(),
            Value::Null => &[],
            _ => {
                self.problems.push(wrong_type(&entry.value, "an instance", "a map of parameters").help(
                    match (&entry.value.value, defaults.keys().next()) {
                        (Value::Scalar(value), Some(first))
                            if is_word(&value.text.replace(['-', '/'], "_")) =>
                        {
                            format!("write `{}: {{ {first}: {} }}`", entry.key.text, value.text)
                        }
                        _ => format!("write `{}: {{}}` if it sets none", entry.key.text),
                    },
                ));
                return None;
            }
        };
        let place = Span { source: entry.key.span.source.plain(), ..entry.key.span };
        let name = entry.key.text.clone();
        self.instances.push(Instance { name: name.clone(), place, values: entry.value.span, parent });
        let number = self.instances.len() as u32;
        let title = Scalar::new(name.clone(), &name, entry.key.span);
        let mut values = BTreeMap::from([(NAME.to_owned(), title)]);
        let mut over = Vec::new();
        for Entry { key, value } in own {
            if defaults.contains_key(&key.text) {
                let value = as_scalar(value, &format!("`{}`", key.text), self.problems)?;
                values.insert(key.text.clone(), value);
                continue;
            }
            let parameters: Vec<&str> = defaults.keys().map(String::as_str).collect();
            let is_key =
                [SERVICE_KEYS, SLO_KEYS, ALERT_KEYS].iter().any(|keys| keys.contains(&key.text.as_str()));
            match nearest(&key.text, &parameters).filter(|_| !is_key) {
                None => over.push(Entry { key: key.clone(), value: value.clone() }),
                Some(nearest) => {
                    let headline = format!("the template has no parameter `{}`", key.text);
                    self.problems.push(
                        Problem::error(Code::UnknownKey, key.span, headline)
                            .label(format!("did you mean `{nearest}`?"))
                            .fix(format!("write `{nearest}`"), key.span, nearest),
                    );
                    return None;
                }
            }
        }
        let of_name = BTreeMap::from([(NAME.to_owned(), values[NAME].clone())]);
        for (parameter, default) in defaults {
            if values.contains_key(parameter) {
                continue;
            }
            let Some(default) = default else {
                let headline = format!("`{parameter}` is missing from the instance `{name}`");
                self.problems.push(
                    Problem::error(Code::MissingKey, entry.key.span, headline).help(format!(
                        "write `{name}: {{ {parameter}: … }}`, or give the parameter a default"
                    )),
                );
                return None;
            };
            let default = self.filled(default, &of_name, false);
            values.insert(parameter.clone(), default);
        }
        let over = Node { span: entry.value.span, value: Value::Map(over) };
        let node = laid_over(self.fill(body.clone(), "", &values), &over, false);
        let key = Key { text: name, span: Span { source: place.source.of_instance(number), ..place } };
        Some((key, node.in_instance(number)))
    }

    /// A value with its parameters filled in.
    fn fill(&mut self, node: Node, key: &str, values: &BTreeMap<String, Scalar>) -> Node {
        if is_template(&node) {
            // An inner template has its own parameters and its own `name`.
            let own = node.get(PARAMETERS).map_or(&[][..], Node::entries);
            let is_own = |name: &str| name == NAME || own.iter().any(|entry| entry.key.text == name);
            let outer = values.iter().filter(|(name, _)| !is_own(name));
            let outer = outer.map(|(name, value)| (name.clone(), value.clone())).collect();
            return self.fill_all(node, key, &outer);
        }
        self.fill_all(node, key, values)
    }

    fn fill_all(&mut self, node: Node, key: &str, values: &BTreeMap<String, Scalar>) -> Node {
        let value = match node.value {
            Value::Null => Value::Null,
            Value::Scalar(scalar) => Value::Scalar(self.filled(&scalar, values, QUERIES.contains(&key))),
            Value::List(items) => {
                Value::List(items.into_iter().map(|item| self.fill(item, key, values)).collect())
            }
            Value::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|Entry { key, value }| {
                        let value = self.fill(value, &key.text, values);
                        Entry { key, value }
                    })
                    .collect(),
            ),
        };
        Node { span: node.span, value }
    }

    /// A text with its parameters filled in. In a query, they are escaped so that each stays one value.
    fn filled(&mut self, scalar: &Scalar, values: &BTreeMap<String, Scalar>, query: bool) -> Scalar {
        let mut parts = Vec::new();
        let mut quotes = Quotes::default();
        for (start, end, name) in placeholders(&scalar.text) {
            let Some(value) = values.get(name) else { continue };
            if !self.used.contains(name) {
                self.used.insert(name.to_owned());
            }
            if !query && start == 0 && end == scalar.text.len() {
                return value.clone();
            }
            let text = match query.then(|| quotes.at(&scalar.text, start)) {
                None => value.text.clone(),
                Some(Some(quote)) => quoted(&value.text, quote),
                Some(None) => {
                    let written = value.whole();
                    if !is_word(&value.text) && self.spread.insert(written) {
                        let headline = format!("`<<{name}>>` must be a name or a number here");
                        self.problems.push(
                            Problem::error(Code::WrongType, written, headline)
                                .label("this value is more than one word of the query")
                                .and(scalar.place(start, end), "it is used here")
                                .help("put the placeholder into quotes, as the value of a label"),
                        );
                    }
                    value.text.clone()
                }
            };
            parts.push((start..end, text));
        }
        if parts.is_empty() {
            return scalar.clone();
        }
        let length = parts.iter().map(|(_, text)| text.len()).sum::<usize>();
        self.left = self.left.saturating_sub(length / LONG);
        if self.left == 0 {
            self.too_many(scalar.whole());
            return scalar.clone();
        }
        scalar.replaced(&parts)
    }

    /// Reports a parameter whose placeholder is written as in another language, such as `{{job}}` or `${job}`.
    fn foreign_placeholders(&mut self, scalar: &Scalar) {
        for found in Placeholder::all(&scalar.text) {
            let written = &scalar.text[found.place.clone()];
            let (name, certain) = (found.name, found.is_certain(&scalar.text));
            let is_own =
                written == format!("<<{name}>>") || written.contains("$labels") || written == "$window";
            let is_meant = self.known.contains_key(name) || name == NAME && certain;
            let place = scalar.place(found.place.start, found.place.end);
            if is_own || !is_meant {
                continue;
            }
            let headline = format!("nothing fills in `{written}`");
            if !self.reported.insert((place.source.instance(), name.to_owned())) {
                let same = |problem: &&mut Problem| {
                    problem.headline == headline && problem.primary.span.source == place.source
                };
                if let Some(first) = self.problems.iter_mut().find(same) {
                    first.secondary.push(Label { span: place, text: "and here".to_owned() });
                }
                continue;
            }
            self.problems.push(
                Problem::error(Code::UnknownKey, place, headline)
                    .label("a placeholder of a template is written in `<<` and `>>`")
                    .help(format!("write `<<{name}>>`")),
            );
        }
    }

    /// Reports placeholders without a parameter.
    fn unknown_placeholders(&mut self, node: &Node) {
        // If there were too many values, some placeholders were not filled in, and they are not misspelt.
        if self.spent || self.misread {
            return;
        }
        match &node.value {
            Value::Null => {}
            Value::List(items) => items.iter().for_each(|item| self.unknown_placeholders(item)),
            Value::Map(entries) => entries.iter().for_each(|entry| self.unknown_placeholders(&entry.value)),
            Value::Scalar(scalar) => {
                self.foreign_placeholders(scalar);
                for (start, end, name) in placeholders(&scalar.text) {
                    let place = scalar.place(start, end);
                    if !self.reported.insert((place.source.instance(), name.to_owned())) {
                        continue;
                    }
                    let known: Vec<&str> = self.known.keys().map(String::as_str).chain([NAME]).collect();
                    let problem =
                        Problem::error(Code::UnknownKey, place, format!("no parameter is called `{name}`"));
                    // `<<name-v2>>` is the value of `name`, and more text.
                    let begins = |known: &&str| {
                        name.strip_prefix(*known).is_some_and(|rest| rest.starts_with(['-', '.']))
                    };
                    if let Some(begin) = known.iter().find(|known| begins(known)) {
                        let meant = format!("<<{begin}>>{}", &name[begin.len()..]);
                        self.problems.push(problem.help(format!("write `{meant}`")));
                        continue;
                    }
                    let nearest = nearest(name, &known).map(str::to_owned);
                    self.problems.push(match nearest {
                        Some(nearest) => problem
                            .label(format!("did you mean `<<{nearest}>>`?"))
                            .help(format!("write `<<{nearest}>>`")),
                        None => {
                            let unused: Vec<&String> =
                                self.known.keys().filter(|known| !self.used.contains(*known)).collect();
                            let declare = match name.contains(['-', '.']) {
                                true => "give it a name without this sign, and declare it".to_owned(),
                                false => format!("declare it: `parameters: {{ {name}: }}`"),
                            };
                            match unused.as_slice() {
                                [one] => problem
                                    .label(format!("did you mean `<<{one}>>`?"))
                                    .help(format!("write `<<{one}>>`, the parameter that is not used"))
                                    .help(format!("or {declare}")),
                                _ if known.len() == 1 => problem.help(declare),
                                _ => problem
                                    .help(format!("known are {}", listed(&known)))
                                    .help(format!("or {declare}")),
                            }
                        }
                    });
                }
            }
        }
    }
}

/// Every `<<name>>` in a text: its begin, its end, and the name.
fn placeholders(text: &str) -> impl Iterator<Item = (usize, usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text.get(from..)?.find("<<")?;
            let rest = &text[start + 2..];
            let length =
                rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
            from = start + 2;
            if length > 0 && rest[length..].starts_with(">>") {
                from = start + length + 4;
                return Some((start, from, &rest[..length]));
            }
        }
    })
}

/// Tracks the quotes of a query from its beginning.
#[derive(Default)]
struct Quotes {
    /// Number of bytes read.
    read: usize,
    open: Option<char>,
    escaped: bool,
}

impl Quotes {
    /// The quote around a place. Places must be asked for in ascending order.
    fn at(&mut self, query: &str, place: usize) -> Option<char> {
        for c in query[self.read..place].chars() {
            match self.open {
                Some('`') | None => {}
                Some(_) if self.escaped => {
                    self.escaped = false;
                    continue;
                }
                Some(_) if c == '\\' => {
                    self.escaped = true;
                    continue;
                }
                Some(_) => {}
            }
            match self.open {
                Some(quote) if c == quote => self.open = None,
                None if matches!(c, '"' | '\'' | '`') => self.open = Some(c),
                _ => {}
            }
        }
        self.read = place;
        self.open
    }
}

/// A value, escaped for a string of PromQL.
fn quoted(value: &str, quote: char) -> String {
    if quote == '`' {
        // Backticks have no escapes. If the value contains one, the parser of the query will report it.
        return value.to_owned();
    }
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            c if c == quote || c == '\\' => text.extend(['\\', c]),
            c if c.is_control() => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

/// Whether a value is a name, a number or a duration.
fn is_word(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:.".contains(&byte))
}

/// The parameters that can be used at a path of a file, the innermost first, each with its default.
pub fn parameters(source: SourceId, text: &str, path: &[String]) -> Vec<(Key, Option<String>)> {
    let Ok(file) = yaml::read(source, text) else { return Vec::new() };
    let mut around = vec![&file];
    for key in path {
        match around.last().and_then(|node| node.get(key)) {
            Some(value) => around.push(value),
            None => break,
        }
    }
    let templates = around.into_iter().rev().filter_map(|node| node.get(PARAMETERS));
    let all = templates.flat_map(Node::entries);
    all.map(|Entry { key, value }| (key.clone(), value.text().map(str::to_owned))).collect()
}

/// Problems of instances, shown in the template, with the place of the instance. A problem of several instances is reported once.
pub fn merge_instance_problems(
    problems: Vec<Problem>,
    instances: &BTreeMap<SourceId, Vec<Instance>>,
) -> Vec<Problem> {
    if instances.is_empty() {
        return problems;
    }
    let mut merged: Vec<Problem> = Vec::new();
    let mut of: BTreeMap<(Span, Code, String), (usize, Vec<&Instance>)> = BTreeMap::new();
    for mut problem in problems {
        let source = problem.primary.span.source;
        let found = instances
            .get(&source.plain())
            .and_then(|all| all.get(source.instance().checked_sub(1)? as usize));
        without_instances(&mut problem);
        let Some(instance) = found else {
            merged.push(problem);
            continue;
        };
        // A fix would edit the template, so it would change all instances.
        problem.help.iter_mut().for_each(|help| help.fix = None);
        let (index, others) = of
            .entry((problem.primary.span, problem.code, problem.headline.clone()))
            .or_insert_with(|| (merged.len(), Vec::new()));
        others.push(instance);
        if *index == merged.len() {
            merged.push(problem);
        }
    }
    for (index, of) in of.into_values() {
        let problem = &mut merged[index];
        let place = problem.primary.span;
        let all = &instances[&place.source];
        let mut next = of.first().copied();
        while let Some(instance) = next {
            let is_around = |span: Span| span.start <= place.start && place.end <= span.end;
            if !is_around(instance.place) && !is_around(instance.values) {
                let text = format!("in the instance `{}`", instance.name);
                problem.secondary.push(Label { span: instance.place, text });
            }
            next = instance.parent.and_then(|parent| all.get(parent as usize - 1));
        }
        if of.len() > 1 {
            let names: Vec<&str> = of[1..].iter().map(|instance| instance.name.as_str()).collect();
            problem.help.push(Help { text: format!("the same problem is in {}", few(&names)), fix: None });
        }
    }
    merged
}

/// Replaces places in instances by places in files.
pub fn without_instances(problem: &mut Problem) {
    problem.spans_mut().for_each(|span| span.source = span.source.plain());
}
