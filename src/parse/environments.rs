//! Environments: the settings of one environment override the project file and the service files, entry by entry.
//!
//! The overrides are merged before definitions are read, so an environment can set every key of the language, and a problem is shown at its text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::fields::Fields;
use super::keys::{PROJECT_KEYS, SERVICE_KEYS};
use super::overlay::{is_off, laid_over};
use super::short_values::names;
use super::wrong_shape::wrong_type;
use super::yaml::{Entry, Node, Value};
use crate::ast::Key;
use crate::diagnostic::{Code, Problem, there_are};
use crate::source::Span;
use crate::vocabulary::nearest;

/// The key in the project file.
pub const KEY: &str = "environments";

/// The keys of an environment: those of the project file, and `services`.
static KEYS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let keys = PROJECT_KEYS.iter().filter(|key| !["version", KEY].contains(key));
    keys.chain(&["services"]).copied().collect()
});

/// The keys that an environment can set for a service.
static SERVICE: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let fixed = ["version", "service", "parameters", "instances"];
    SERVICE_KEYS.iter().filter(|key| !fixed.contains(key)).copied().collect()
});

/// The overrides of an environment for services, by their names.
#[derive(Default)]
pub struct Overrides {
    services: BTreeMap<String, (Span, Node)>,
}

impl Overrides {
    /// The file of a service, with the environment's overrides.
    ///
    /// # Errors
    /// The name of the service, if it is switched off in this environment.
    pub fn of(&self, node: Node, problems: &mut Vec<Problem>) -> Result<Node, String> {
        let Some(name) = service(&node).map(str::to_owned) else { return Ok(node) };
        let Some((place, over)) = self.services.get(&name) else { return Ok(node) };
        if is_off(over) {
            return Err(name);
        }
        let had = has_any(&node, "slos");
        let over = known_parts(over.clone(), &node, &name, problems);
        let mut node = laid_over(node, &over, false);
        if !had || has_any(&node, "slos") {
            return Ok(node);
        }
        if has_any(&node, "alerts") {
            if let Value::Map(entries) = &mut node.value {
                entries.retain(|entry| entry.key.text != "slos");
            }
            return Ok(node);
        }
        let headline = format!("the environment leaves the service `{name}` without any SLO");
        let problem = Problem::error(Code::MissingKey, *place, headline);
        problems.push(problem.help(format!("turn off the whole service: `services: {{ {name}: off }}`")));
        Err(name)
    }

    /// The services that the environment overrides.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.services.iter().map(|(name, (span, _))| Key { text: name.clone(), span: *span })
    }
}

/// Limits the work: the project is compiled once per environment.
pub const MOST: usize = 50;

/// The environments of a project file, in their order.
pub fn keys(project: &Node) -> Vec<Key> {
    entries_of(project, KEY).iter().map(|entry| entry.key.clone()).collect()
}

/// The project file with the overrides of an environment, and the overrides for services. Without an environment, the project file as it is.
pub fn choose(project: Node, environment: Option<&str>, problems: &mut Vec<Problem>) -> (Node, Overrides) {
    let mut overrides = Overrides::default();
    let chosen = entries_of(&project, KEY)
        .iter()
        .find(|entry| Some(entry.key.text.as_str()) == environment)
        .map(|entry| entry.value.clone());
    let Node { span, value: Value::Map(mut keys) } = project else { return (project, overrides) };
    if let Some(place) = keys.iter().position(|entry| entry.key.text == KEY) {
        declared(&keys.remove(place), problems);
    }
    let project = Node { span, value: Value::Map(keys) };
    let Some(Node { span, value: Value::Map(mut keys) }) = chosen else { return (project, overrides) };
    known(&mut keys, span, "an environment", &KEYS, problems);
    if let Some(place) = keys.iter().position(|entry| entry.key.text == "services") {
        overrides.services = services(keys.remove(place), problems);
    }
    (laid_over(project, &Node { span, value: Value::Map(keys) }, false), overrides)
}

/// Checks the list of environments itself.
fn declared(environments: &Entry, problems: &mut Vec<Problem>) {
    let Some(_) = Fields::of(&environments.value, "`environments`", &[], problems) else { return };
    let Value::Map(entries) = &environments.value.value else { return };
    if entries.is_empty() {
        problems.push(
            Problem::error(Code::MissingKey, environments.key.span.beginning(), "`environments` is empty")
                .help("write `environments: { production: {}, staging: {} }`, or remove it"),
        );
    }
    if let Some(more) = entries.get(MOST) {
        let headline = format!("there are more than {MOST} environments");
        let problem = Problem::error(Code::TooLarge, more.key.span, headline);
        problems.push(
            problem.help("keep one environment for each set of rules: an address alone is not a difference"),
        );
    }
    for entry in entries.iter().take(MOST) {
        if !matches!(entry.value.value, Value::Map(_) | Value::Null) {
            problems.push(
                wrong_type(&entry.value, "an environment", "a map of keys")
                    .help(format!("write `{}: {{}}` if nothing is different there", entry.key.text))
                    .help(format!(
                        "or write here what is different: `{}: {{ services: {{ api: {{ slos: {{ availability: off }} }} }} }}`",
                        entry.key.text
                    )),
            );
        }
    }
}

/// `services` of an environment.
fn services(entry: Entry, problems: &mut Vec<Problem>) -> BTreeMap<String, (Span, Node)> {
    let Value::Map(entries) = entry.value.value else {
        let example = match names(&entry.value) {
            Some(names) => {
                let all: Vec<String> = names.iter().map(|name| format!("{name}: {{}}")).collect();
                format!("write what is different for each: `services: {{ {} }}`", all.join(", "))
            }
            None => "write `services: { api: { policy: workbook }, billing: off }`".to_owned(),
        };
        problems.push(wrong_type(&entry.value, "`services`", "a map of keys").help(example));
        return BTreeMap::new();
    };
    let mut services = BTreeMap::new();
    for Entry { key, mut value } in entries {
        let off = is_off(&value);
        if let Some(problem) = meant_off(&value, &key.text) {
            problems.push(problem);
            continue;
        }
        match &mut value.value {
            Value::Map(keys) => known(keys, value.span, "a service of an environment", &SERVICE, problems),
            _ if off => {}
            _ => {
                problems.push(
                    wrong_type(&value, "a service of an environment", "a map of keys or `off`").help(
                        format!("write `{}: off` if the environment does not have the service", key.text),
                    ),
                );
                continue;
            }
        }
        services.insert(key.text, (key.span, value));
    }
    services
}

/// Keeps the known keys, and reports the others.
fn known(
    keys: &mut Vec<Entry>,
    span: Span,
    what: &'static str,
    known: &'static [&'static str],
    problems: &mut Vec<Problem>,
) {
    let node = Node { span, value: Value::Map(std::mem::take(keys)) };
    if let Some(mut fields) = Fields::of(&node, what, known, problems) {
        for name in known {
            fields.node(name);
        }
        fields.finish();
    }
    if let Value::Map(entries) = node.value {
        *keys = entries.into_iter().filter(|entry| known.contains(&entry.key.text.as_str())).collect();
    }
}

/// What people write instead of `off`.
const OFF: [&str; 14] = [
    "disabled",
    "disable",
    "false",
    "no",
    "none",
    "null",
    "skip",
    "removed",
    "inactive",
    "apagado",
    "apagada",
    "desactivado",
    "desactivada",
    "ninguno",
];

/// The problem of a word that means `off`.
fn meant_off(node: &Node, name: &str) -> Option<Problem> {
    let is_meant = match &node.value {
        Value::Null => true,
        Value::Scalar(word) => OFF.contains(&word.text.trim().to_lowercase().as_str()),
        Value::List(_) | Value::Map(_) => false,
    };
    is_meant.then(|| {
        let headline = format!("an environment turns `{name}` off with the word `off`");
        let (problem, help) =
            (Problem::error(Code::WrongType, node.span, headline), format!("write `{name}: off`"));
        match node.value {
            // Nothing is written that could be replaced.
            Value::Null if node.span.start == node.span.end => {
                problem.help(help).help("or remove the line, if nothing is different there")
            }
            _ => problem.fix(help, node.span, "off"),
        }
    })
}

/// The overrides of a service without those that have a problem: for an SLO or an alert that the service does not have, or with another word for `off`.
fn known_parts(mut over: Node, base: &Node, service: &str, problems: &mut Vec<Problem>) -> Node {
    let Value::Map(keys) = &mut over.value else { return over };
    for (part, what, needed) in [("slos", "SLO", "sli"), ("alerts", "alert", "expr")] {
        let known: Vec<&str> = entries_of(base, part).iter().map(|entry| entry.key.text.as_str()).collect();
        let Some(written) = keys.iter().position(|entry| entry.key.text == part) else { continue };
        if is_off(&keys[written].value) || meant_off(&keys[written].value, part).is_some() {
            let off = known.iter().take(10).map(|name| format!("{name}: off")).collect::<Vec<_>>().join(", ");
            let headline = format!("an environment turns off each {what} by its name");
            let problem = Problem::error(Code::WrongType, keys.remove(written).value.span, headline);
            problems.push(match part {
                "slos" => {
                    problem.help(format!("turn off the whole service: `services: {{ {service}: off }}`"))
                }
                _ if off.is_empty() => problem.help(format!("remove this line: `{service}` has no {what}")),
                _ => problem.help(format!("write `{part}: {{ {off} }}`")),
            });
            continue;
        }
        let Value::Map(entries) = &mut keys[written].value.value else { continue };
        entries.retain(|Entry { key, value }| {
            if let Some(problem) = meant_off(value, &key.text) {
                // An environment may not leave a service without SLOs and alerts.
                let is_last = part == "slos" && known == [key.text.as_str()] && !has_any(base, "alerts");
                problems.push(match is_last {
                    true => Problem { help: Vec::new(), ..problem }.help(format!(
                        "`{service}` has no other SLO, so turn off the whole service: `services: {{ {service}: off }}`"
                    )),
                    false => problem,
                });
                return false;
            }
            let is_new = value.get(needed).is_some();
            if is_new || known.is_empty() || known.contains(&key.text.as_str()) {
                return true;
            }
            let headline = format!("service `{service}` has no {what} `{}`", key.text);
            let problem = Problem::error(Code::UnknownKey, key.span, headline);
            problems.push(match nearest(&key.text, &known) {
                Some(near) => problem.label(format!("did you mean `{near}`?")).fix(
                    format!("write `{near}`"),
                    key.span,
                    near,
                ),
                None => {
                    problem.help(format!("{}: write one of them, or remove this line", there_are(&known)))
                }
            });
            false
        });
    }
    over
}

/// The entries of the map under a key.
fn entries_of<'a>(node: &'a Node, key: &str) -> &'a [Entry] {
    node.get(key).map_or(&[], Node::entries)
}

/// Whether a service has an entry under a key.
fn has_any(service: &Node, key: &str) -> bool {
    !entries_of(service, key).is_empty()
}

/// The name of the service that a file defines.
fn service(node: &Node) -> Option<&str> {
    node.get("service")?.text()
}
