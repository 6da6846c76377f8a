//! Keys and words that are allowed at a place, with their descriptions, from the schema. `tests/schema.rs` compares the schema with the parser.

use serde_json::Value;

use super::cursor::LIST;
use crate::parse::{PROJECT_FILE, is_contract, is_runbook};
use crate::schema::SCHEMAS;

/// The schemas of the values under some keys of a file, one for each possible form.
pub(super) fn under(file: &str, path: &[String]) -> Vec<Value> {
    if is_contract(file) || is_runbook(file) {
        return Vec::new();
    }
    let name = if file.rsplit('/').next() == Some(PROJECT_FILE) { "project" } else { "service" };
    let mut forms: Vec<Value> =
        SCHEMAS.iter().filter(|schema| schema.name == name).map(|schema| schema.value()).collect();
    for key in path {
        forms = forms.iter().flat_map(forms_of).filter_map(|form| below(form, key)).cloned().collect();
    }
    forms
}

/// A schema, or those that it refers to.
fn forms_of(schema: &Value) -> Vec<&Value> {
    let others = schema["anyOf"].as_array().into_iter().flatten();
    others.flat_map(forms_of).chain([schema]).collect()
}

fn below<'a>(form: &'a Value, key: &str) -> Option<&'a Value> {
    if key == LIST {
        return form.get("items");
    }
    let named = form["properties"].get(key);
    named.or_else(|| form.get("additionalProperties").filter(|value| value.is_object()))
}

/// The keys, each with its description and its schema, by name.
pub(super) fn keys(forms: &[Value]) -> Vec<(&str, &Value)> {
    let forms = forms.iter().flat_map(forms_of);
    let keys = forms.filter_map(|form| form["properties"].as_object()).flatten();
    keys.map(|(name, schema)| (name.as_str(), schema)).collect()
}

/// The allowed words, or examples if there are too many of them.
pub(super) fn words(forms: &[Value]) -> Vec<String> {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let lists = forms.iter().flat_map(forms_of).flat_map(|form| {
        let one = form.get("const").into_iter();
        let listed = ["enum", "examples"].map(|name| form[name].as_array()).into_iter().flatten().flatten();
        one.chain(listed)
    });
    let mut words: Vec<String> = Vec::new();
    for word in lists.map(word) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// The description of a key.
pub(super) fn description(forms: &[Value]) -> Option<String> {
    forms.iter().find_map(|form| form["description"].as_str().map(str::to_owned))
}

/// Whether the value of a key is a map or a list, which begins on the next line.
pub(super) fn is_block(schema: &Value) -> bool {
    schema["type"] == "object"
}
