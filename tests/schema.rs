//! The schemas have the keys of the parser, and an independent validator accepts and refuses what the compiler does.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support::documents::documents;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use slowburn::parse::PROJECT_FILE;
use slowburn::schema::SCHEMAS;
use slowburn::source::{SourceFile, Sources};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn schema(name: &str) -> Value {
    let schema = SCHEMAS.iter().find(|schema| schema.name == name).unwrap();
    serde_json::from_str(&schema.text()).unwrap()
}

/// Both schemas, for a validator.
struct Validator {
    schemas: Schemas,
    service: SchemaIndex,
    project: SchemaIndex,
}

impl Validator {
    fn new() -> Self {
        let mut schemas = Schemas::new();
        let mut compile = |name: &str| {
            let mut compiler = Compiler::new();
            compiler.add_resource(name, schema(name)).unwrap();
            compiler.compile(name, &mut schemas).unwrap()
        };
        let (service, project) = (compile("service"), compile("project"));
        Self { schemas, service, project }
    }

    /// The validator's message for a source; `None` if it is valid.
    fn faults(&self, path: &str, text: &str) -> Option<String> {
        let mut yaml: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
        yaml.apply_merge().unwrap();
        let value = serde_json::to_value(yaml).unwrap();
        let of = if path.ends_with(PROJECT_FILE) { self.project } else { self.service };
        self.schemas.validate(&value, of).err().map(|fault| format!("{path}: {fault:#}"))
    }
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn problems(path: &str, text: &str) -> Vec<slowburn::diagnostic::Problem> {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    // An environment can only override an existing service.
    let service = "version: slowburn/v1\nservice: a\nslos: { a: { objective: 99%, sli: { probe: up } } }\n";
    slowburn::compile(&Sources::new(vec![file("slos/service.yaml", service), file(path, text)])).problems
}

/// Finds every map of a schema with known keys, each with a document in which this map has only `x`.
fn maps(schema: &Value, around: &dyn Fn(Value) -> Value, found: &mut Vec<(Value, BTreeSet<String>)>) {
    if let Some(keys) = schema["properties"].as_object() {
        assert_eq!(schema["additionalProperties"], json!(false));
        found.push((around(json!({ "x": {} })), keys.keys().cloned().collect()));
        for (key, value) in keys {
            assert!(
                value["description"].as_str().is_some_and(|text| text.ends_with(['.', '…', '`', '%'])),
                "{key}"
            );
            maps(value, &|inner| around(json!({ key: inner })), found);
        }
    }
    if schema["additionalProperties"].is_object() {
        maps(&schema["additionalProperties"], &|inner| around(json!({ "a": inner })), found);
    }
    if schema["items"].is_object() {
        maps(&schema["items"], &|inner| around(json!([inner])), found);
    }
    for branch in schema["anyOf"].as_array().into_iter().flatten() {
        maps(branch, around, found);
    }
}

/// The compiler lists all known keys when it finds an unknown one.
#[test]
fn every_key_of_the_parser_is_in_the_schema_and_no_other() {
    for (name, path) in [("service", "slos/a.yaml"), ("project", "slos/slowburn.yaml")] {
        let mut found = Vec::new();
        maps(&schema(name), &|inner| inner, &mut found);
        assert!(found.len() > 5, "{found:?}");
        for (document, keys) in found {
            // Names of severities are not keys for the parser; both get them from the vocabulary.
            if keys.iter().eq(["page", "ticket"]) {
                continue;
            }
            let problems = problems(path, &document.to_string());
            let unknown = problems.iter().find(|problem| problem.code.name() == "unknown-key");
            let help = unknown.and_then(|problem| problem.help.first());
            let help = help.unwrap_or_else(|| panic!("the parser has no such place: {document}"));
            // A place without keys has another message.
            let listed = help.text.split_once("are ").map_or("", |(_, keys)| keys);
            assert!(!listed.is_empty() || help.text.starts_with("it has no keys"), "{}", help.text);
            let listed = listed.split('`').skip(1).step_by(2).map(str::to_owned);
            assert_eq!(keys, listed.collect(), "{document}");
        }
    }
}

#[test]
fn every_source_of_ours_is_valid() {
    let validator = Validator::new();
    let mut faults = Vec::new();
    for path in files("slos") {
        faults.extend(validator.faults(path.to_str().unwrap(), &fs::read_to_string(&path).unwrap()));
    }
    for path in files("tests/cases") {
        let text = fs::read_to_string(&path).unwrap();
        let (project, service) = text.split_once("---\n").map_or((None, &*text), |(a, b)| (Some(a), b));
        faults.extend(project.and_then(|project| validator.faults(PROJECT_FILE, project)));
        faults.extend(validator.faults(path.to_str().unwrap(), service));
    }
    for document in documents() {
        for (path, text) in document.files().filter(|(_, text)| text.starts_with("version: slowburn/")) {
            faults.extend(validator.faults(path, text));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The schemas refuse rejected sources with wrong keys or types, and none that the compiler accepts.
#[test]
fn the_schema_refuses_only_what_the_compiler_refuses() {
    const KNOWABLE: [&str; 3] = ["unknown-key", "missing-key", "unsupported-version"];
    // Whether a key is missing may depend on another key or file (a journey needs no objective of slices). The `match` of a route accepts all labels.
    // Parameters of templates have any names. The SLOs of an environment stand in other files.
    const BEYOND: [&str; 25] = [
        "parameters-in-an-instance",
        "route-severity-with-exclamation",
        "route-severity-with-pipe",
        "environment-slo-unknown",
        "parameter-not-declared",
        "beginner-env-off-only",
        "beginner-pj-env-slo-typo",
        "environment-slo-misspelt",
        "hours-without-zone",
        "receiver-mail-without-smtp",
        "route-severity-critical",
        "times-without-zone",
        "template-parameter-missing",
        "template-undeclared",
        "template-unknown-parameter",
        "template-with-service",
        "beginner-ph-dollarbrace-template",
        "beginner-ph-mustache-template",
        "beginner-tp-noparam",
        "beginner-tp-sp",
        "beginner-tp-svc-name",
        "beginner-tp-unknown-param",
        "parameter-with-hyphen",
        "slice-without-objective",
        "timeslices-without-slice",
    ];
    let validator = Validator::new();
    let (mut refused, mut faults) = (0, Vec::new());
    for (folder, path) in crate::support::rejected() {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        // A file that is not YAML cannot be validated.
        if serde_yaml::from_str::<serde_yaml::Value>(&text).is_err() {
            continue;
        }
        let of = if folder == "project" { PROJECT_FILE } else { "mail.yaml" };
        let fault = validator.faults(of, &text);
        let snapshot = fs::read_to_string(path.with_extension("snap")).unwrap();
        let codes: Vec<&str> = snapshot
            .lines()
            .filter_map(|line| line.strip_prefix("error[").and_then(|rest| rest.split(']').next()))
            .collect();
        if codes.is_empty() {
            faults.extend(fault);
            continue;
        }
        let knowable = codes.iter().any(|code| KNOWABLE.contains(code));
        if knowable && fault.is_none() != BEYOND.contains(&name) {
            faults.push(format!("{name}, {codes:?}: {fault:?}"));
        }
        refused += usize::from(fault.is_some());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(refused > 40, "{refused} of the rejected sources are refused");
}

/// A clone has everything that an editor needs, without a network.
#[test]
fn every_source_names_its_schema_and_finds_it() {
    for path in files("slos") {
        let text = fs::read_to_string(&path).unwrap();
        let line = text.lines().next().unwrap();
        let named =
            line.strip_prefix("# yaml-language-server: $schema=").unwrap_or_else(|| panic!("{path:?}"));
        let is_project = path.file_name().unwrap() == PROJECT_FILE;
        let schema = SCHEMAS.iter().find(|schema| (schema.name == "project") == is_project).unwrap();
        let there = fs::read_to_string(path.parent().unwrap().join(named)).unwrap();
        let again = format!("run: slowburn schema {} > {named}", schema.name);
        assert!(there == schema.text(), "{named} is not what the compiler knows: {again}");
        assert!(Path::new(named).is_relative());
    }
}
