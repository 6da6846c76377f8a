//! JSON Schema of the sources, for editors: it completes and explains keys, and marks mistakes while people type.
//!
//! Draft 7, which the YAML servers of editors know best. A schema never refuses a file that the compiler accepts; the compiler checks the rest, for
//! example whether a policy exists. `tests/schema.rs` compares the keys with those of the parser.

mod alertmanager;
mod project;
mod service;
mod settings;
mod targets;
mod values;

use serde_json::{Map, Value, json};

/// A file of the language, and the name of its schema's file.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The name on the command line, such as `service`.
    pub name: &'static str,
    of: fn() -> Value,
}

/// Both kinds of files.
pub const SCHEMAS: [Schema; 2] =
    [Schema { name: "service", of: service::schema }, Schema { name: "project", of: project::schema }];

impl Schema {
    /// The schema.
    pub fn value(&self) -> Value {
        (self.of)()
    }

    /// The schema, as a file.
    pub fn text(&self) -> String {
        let mut schema = self.value();
        schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
        format!("{schema:#}\n")
    }
}

/// A key, its description, and the schema of its value.
type Key = (&'static str, &'static str, Value);

/// A map with these keys and no others.
fn block(required: &[&str], keys: Vec<Key>) -> Value {
    let mut properties = Map::new();
    for (name, means, mut value) in keys {
        value["description"] = json!(means);
        properties.insert(name.to_owned(), value);
    }
    let mut block = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if !required.is_empty() {
        block["required"] = json!(required);
    }
    block
}

/// A map with these keys, and at least the keys of one of the lists.
fn any_of(required: &[&[&str]], keys: Vec<Key>) -> Value {
    let forms = required.iter().map(|keys| json!({ "required": keys })).collect();
    with(block(&[], keys), "anyOf", forms)
}

/// A map with free names.
fn map(names: Value, value: Value) -> Value {
    json!({ "type": "object", "propertyNames": names, "additionalProperties": value })
}

/// The same with another keyword.
fn with(mut schema: Value, keyword: &str, value: Value) -> Value {
    schema[keyword] = value;
    schema
}

/// The same with at least one entry.
fn not_empty(map: Value) -> Value {
    with(map, "minProperties", json!(1))
}

fn list(entry: Value) -> Value {
    json!({ "type": "array", "items": entry })
}

fn one_or_more(entry: Value) -> Value {
    json!({ "anyOf": [entry.clone(), list(entry)] })
}
