//! plan + the configuration that an Alertmanager runs → the differences from the compiled one.
//!
//! Alertmanager prints its configuration with all defaults, sorts matchers, and writes `<secret>` for what is secret. So receivers may have more
//! fields than the compiled ones; routes, inhibitions and times are compared completely, because an additional one changes who is notified.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Kind, short};
use crate::inert;
use crate::parse::yaml;
use crate::secret;
use crate::vocabulary::Duration;

/// The path of an Alertmanager's configuration, below its address.
pub const PATH: &str = "/api/v2/status";

/// Alertmanager prints this for every secret.
const MASK: &str = "<secret>";

/// A part of the configuration that differs from the compiled one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind of difference.
    pub kind: Kind,
    /// `route.routes[2].receiver`
    pub place: String,
    /// The value in Alertmanager, if it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loaded: Option<String>,
    /// The compiled value, if it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compiled: Option<String>,
}

/// The differences between a configuration and the compiled one.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Routes {
    /// The differences, in the order of the compiled configuration.
    pub findings: Vec<Finding>,
}

/// The configuration in an answer. `None` if it does not have the format of the API.
pub fn running(answer: &Value) -> Option<Value> {
    yaml::plain(answer["config"]["original"].as_str()?).filter(Value::is_object)
}

/// Compares the compiled configuration with the running one.
pub fn routes(compiled: &str, running: &Value) -> Routes {
    let compiled = yaml::plain(compiled).expect("what is compiled is YAML");
    let mut comparing = Comparing { findings: Vec::new() };
    comparing.maps("", &compiled, running);
    Routes { findings: comparing.findings }
}

struct Comparing {
    findings: Vec<Finding>,
}

impl Comparing {
    fn one(&mut self, kind: Kind, place: &str, both: Option<(&Value, &Value)>) {
        let (loaded, compiled) = match both {
            Some((loaded, compiled)) => (Some(shown(place, loaded)), Some(shown(place, compiled))),
            None => (None, None),
        };
        self.findings.push(Finding { kind, place: short(place), loaded, compiled });
    }

    fn values(&mut self, place: &str, compiled: &Value, loaded: &Value) {
        match (compiled, loaded) {
            (Value::Object(_), Value::Object(_)) => self.maps(place, compiled, loaded),
            (Value::Array(one), Value::Array(other)) if one.iter().chain(other).any(Value::is_object) => {
                self.lists(place, one, other);
            }
            _ if same(place, compiled, loaded) => {}
            _ => self.one(Kind::Changed, place, Some((loaded, compiled))),
        }
    }

    fn maps(&mut self, place: &str, compiled: &Value, loaded: &Value) {
        let empty = Map::new();
        let (compiled, loaded) =
            (compiled.as_object().unwrap_or(&empty), loaded.as_object().unwrap_or(&empty));
        for (name, value) in compiled {
            let inner = within(place, name);
            match loaded.get(name) {
                Some(other) => self.values(&inner, value, other),
                None if is_default(name, value) => {}
                None => self.one(Kind::Missing, &inner, None),
            }
        }
        for (name, value) in loaded {
            let inner = within(place, name);
            if whole(&inner) && !compiled.contains_key(name) && !is_default(name, value) {
                self.one(Kind::LeftOver, &inner, None);
            }
        }
    }

    /// Pairs equal elements first, so that they are in no other pair; then those with the same name; then those at the same position.
    fn lists(&mut self, place: &str, compiled: &[Value], loaded: &[Value]) {
        let equal = |one: &Value, other: &Value| {
            let mut trial = Comparing { findings: Vec::new() };
            trial.values(&format!("{place}[]"), one, other);
            trial.findings.is_empty()
        };
        let mut taken = vec![None; loaded.len()];
        let mut open = Vec::new();
        for (at, one) in compiled.iter().enumerate() {
            match (0..loaded.len()).find(|other| taken[*other].is_none() && equal(one, &loaded[*other])) {
                Some(other) => taken[other] = Some(at),
                None => open.push(at),
            }
        }
        for at in open {
            let named = |other: &usize| {
                ["name", "receiver"]
                    .iter()
                    .any(|key| compiled[at][key].is_string() && loaded[*other][key] == compiled[at][key])
            };
            let free: Vec<usize> = (0..loaded.len()).filter(|other| taken[*other].is_none()).collect();
            let known = compiled[at]["name"].is_string();
            let other = free.iter().copied().find(|other| named(other));
            match other.or(free.first().copied().filter(|_| !known)) {
                Some(other) => {
                    taken[other] = Some(at);
                    self.values(&element(place, at, &compiled[at]), &compiled[at], &loaded[other]);
                }
                None => self.one(Kind::Missing, &element(place, at, &compiled[at]), None),
            }
        }
        for (at, _) in taken.iter().enumerate().filter(|(_, taken)| taken.is_none()) {
            self.one(Kind::LeftOver, &element(place, at, &loaded[at]), None);
        }
        let order: Vec<usize> = taken.into_iter().flatten().collect();
        // The first matching route decides; receivers, inhibitions and times have no order.
        if place.ends_with("routes") && !order.is_sorted() {
            self.one(Kind::Changed, &format!("{place}, their order"), None);
        }
    }
}

fn within(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// `receivers[on-call]`, or `route.routes[2]`, counted from one.
fn element(place: &str, at: usize, value: &Value) -> String {
    match value["name"].as_str() {
        Some(name) => format!("{place}[{name}]"),
        None => format!("{place}[{}]", at + 1),
    }
}

/// Whether an additional value is a difference. Other additional values of a receiver may be defaults that Alertmanager prints.
fn whole(place: &str) -> bool {
    ["route", "inhibit_rules", "time_intervals"].iter().any(|part| place.starts_with(part))
}

/// Whether Alertmanager prints or omits this value by default.
fn is_default(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(set) => name == "continue" && !set,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

/// Whether two values have the same meaning at that place.
fn same(place: &str, compiled: &Value, loaded: &Value) -> bool {
    let key = place.rsplit('.').next().unwrap_or_default();
    if loaded == MASK {
        return compiled.is_string();
    }
    match (compiled, loaded) {
        (Value::Array(one), Value::Array(other)) if key.ends_with("matchers") => {
            let sorted = |items: &[Value]| {
                let mut all: Vec<String> = items.iter().map(plain).collect();
                all.sort();
                all
            };
            sorted(one) == sorted(other)
        }
        // Alertmanager resolves both relative to its configuration; an operator mounts them elsewhere.
        (Value::Array(one), Value::Array(other)) if key == "templates" => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| file(one) == file(other))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| plain(one) == plain(other))
        }
        _ if key.ends_with("_file") => {
            let (one, other) = (plain(compiled), plain(loaded));
            one == other || other.ends_with(&format!("/{one}"))
        }
        _ => {
            let (one, other) = (plain(compiled), plain(loaded));
            one == other || Duration::parse(&one).is_some_and(|one| Duration::parse(&other) == Some(one))
        }
    }
}

fn file(value: &Value) -> String {
    plain(value).rsplit('/').next().unwrap_or_default().to_owned()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value for people, without secrets; empty for an address that may be one.
fn shown(place: &str, value: &Value) -> String {
    let text = plain(value);
    match place.ends_with("url") || secret::is_in(&text) {
        true => short(&secret::address(&text)),
        false => short(&secret::masked(&text)),
    }
}

/// The most differences that are listed.
const LISTED: usize = 50;

/// The text for people: a line for each difference, and a summary. `address` is that of the server.
pub fn human(routes: &Routes, address: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for Finding { kind, place, loaded, compiled } in routes.findings.iter().take(LISTED) {
        let state = match kind {
            Kind::Missing => "is not loaded",
            Kind::Changed => "differs from the compiled configuration",
            Kind::LeftOver => "is loaded, but not compiled",
            Kind::Failing => "fails",
        };
        let _ = writeln!(text, "{} {state}", inert::line(place));
        if let (Some(loaded), Some(compiled)) = (loaded, compiled) {
            let _ = writeln!(text, "  loaded:   {loaded}");
            let _ = writeln!(text, "  compiled: {compiled}");
        }
    }
    let more = routes.findings.len().saturating_sub(LISTED);
    if more > 0 {
        let _ = writeln!(text, "and {more} more: --format json shows them all");
    }
    let _ = match routes.findings.len() {
        0 => writeln!(text, "the Alertmanager at {address} runs the compiled configuration"),
        1 => writeln!(text, "the Alertmanager at {address} runs something else: 1 difference"),
        count => writeln!(text, "the Alertmanager at {address} runs something else: {count} differences"),
    };
    text
}
