//! Translates sources of other tools to our sources: Sloth, Pyrra and OpenSLO.
//!
//! ```text
//! foreign text ──documents──▶ nodes ──a dialect──▶ drafts ──gather──▶ services ──file──▶ our sources
//!                                         │                            └─account─▶ what it means for whom
//!                                         └─queries, measure: what an expression counts
//! ```
//!
//! A dialect is a front end: one file, and one line in `DIALECTS`. It knows its keys and their meaning, but not the form of our sources.
//!
//! **Invariant:** nothing is dropped silently: for every key and every part of a query that is not imported, a problem gives the place and the
//! reason.
//!
//! **Invariant:** no text of a foreign source is trusted: it is read within the limits of [`crate::parse::yaml`], and what looks like a secret is
//! neither written nor shown.

mod account;
mod alert_names;
mod draft;
mod file;
mod gather;
mod keys;
mod measure;
mod openslo;
mod pyrra;
mod queries;
mod rules;
mod sli;
mod sloth;
mod specs;

use crate::diagnostic::{self, Code, Problem, listed};
use crate::foreign::Foreign;
use crate::parse::yaml::{self, Node, Value};
use crate::parse::{first_line, wrong_type};
use crate::source::Sources;
use crate::vocabulary::Name;
use draft::Draft;
use file::Lines;
pub use rules::{Holds, holds, rules};

/// What is asked of an import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The service of all SLOs, whatever the sources say.
    pub service: Option<Name>,
    /// Whether alerts keep the labels by which the other tool named its SLOs.
    pub identity: bool,
    /// Whether a project file is there already, which nobody changes.
    pub project: bool,
}

/// What an import comes to.
#[derive(Debug)]
pub struct Imported {
    /// Our sources: paths below the folder of definitions, and texts. The project file comes first, then services in the order of their first SLO.
    pub files: Vec<(String, String)>,
    /// What is wrong, and what is not imported, sorted.
    pub problems: Vec<Problem>,
    /// What it means: for each SLO what stays, what is measured better, what changes for whoever is notified.
    pub account: String,
    /// What belongs into a project file that is there already.
    pub beside: Option<String>,
    /// How many SLOs are in the files.
    pub slos: usize,
    /// Whether the sources could be read: if not, what is missing is not known.
    pub complete: bool,
}

/// A foreign tool's language.
struct Dialect {
    /// The tool's name.
    tool: &'static str,
    /// What its documents say of themselves.
    versions: &'static [&'static str],
    /// What documents mean together: they may refer to each other.
    read: fn(&[&Document], &Options, &mut Found),
}

/// Every dialect.
const DIALECTS: [Dialect; 3] = [
    Dialect { tool: sloth::TOOL, versions: &["prometheus/v1", "sloth.slok.dev/v1"], read: sloth::read },
    Dialect { tool: pyrra::TOOL, versions: &["pyrra.dev/v1alpha1"], read: pyrra::read },
    Dialect { tool: openslo::TOOL, versions: &["openslo/v1", "openslo/v1alpha"], read: openslo::read },
];

/// One document.
struct Document {
    node: Node,
}

/// What the dialects find.
#[derive(Default)]
struct Found {
    drafts: Vec<Draft>,
    problems: Vec<Problem>,
}

/// What all dialects find, and whether all of it could be read.
fn read(sources: &Sources, options: &Options) -> (Found, bool) {
    let mut found = Found::default();
    let mut documents: [Vec<Document>; DIALECTS.len()] = Default::default();
    let mut any = false;
    for (id, source) in sources.iter() {
        let (nodes, faults) = yaml::documents(id, &source.text);
        if nodes.is_empty() && faults.is_empty() {
            let nowhere = crate::source::Span { source: id, start: 0, end: 0 };
            found.problems.push(
                Problem::error(Code::EmptyFile, nowhere, "the file is empty")
                    .help("remove it from the command"),
            );
        }
        found.problems.extend(faults);
        for node in nodes.into_iter().flat_map(listed_in) {
            any = true;
            match recognised(&node, &mut found.problems) {
                Some(index) => documents[index].push(Document { node }),
                None => continue,
            }
        }
    }
    let complete = any && !found.problems.iter().any(Problem::is_error);
    for (dialect, documents) in DIALECTS.iter().zip(&documents) {
        if !documents.is_empty() {
            (dialect.read)(&documents.iter().collect::<Vec<_>>(), options, &mut found);
        }
    }
    (found, complete)
}

/// What rules that a tool makes of its sources would record, as far as they can be named: by which series to find them, or how they would compute.
pub fn specs(sources: &Sources) -> (Foreign, Vec<Problem>) {
    let (Found { drafts, mut problems }, _) = read(sources, &Options::default());
    diagnostic::sort(&mut problems);
    (specs::foreign(&drafts), problems)
}

/// Reads sources of other tools, and says the same in ours.
pub fn import(sources: &Sources, options: &Options) -> Imported {
    let (found, complete) = read(sources, options);
    let Found { drafts, mut problems } = found;
    let mut gathered = gather::gather(drafts, options, &mut problems);
    alert_names::settle(&mut gathered, !options.project, &mut problems);
    let lines = Lines::of(sources);
    let files = file::files(&gathered, &lines, options);
    let settings = file::project_settings(&gathered);
    let beside = (options.project && !settings.is_empty()).then_some(settings);
    if let (Some(_), Some(place)) = (&beside, gathered.place()) {
        problems.push(
            Problem::warning(Code::NotCarried, place, "settings of the project are not imported")
                .label("the project file already exists, and is not changed")
                .help("add the lines that are printed below"),
        );
    }
    let account = account::account(&gathered, &lines);
    diagnostic::sort(&mut problems);
    let slos = gathered.services.iter().map(|service| service.slos.len()).sum();
    Imported { files, problems, account, beside, slos, complete }
}

/// The objects of a document: those of a list, as `kubectl get -o yaml` and OpenSLO have them, or itself.
fn listed_in(node: Node) -> Vec<Node> {
    match node.value {
        Value::List(items) => items,
        Value::Map(entries) => {
            let is_list = entries.iter().any(|entry| {
                entry.key.text == "kind"
                    && matches!(&entry.value.value, Value::Scalar(kind) if kind.text.ends_with("List"))
            });
            let mut entries = entries;
            match entries.iter().position(|entry| is_list && entry.key.text == "items") {
                Some(at) => match entries.swap_remove(at).value {
                    Node { value: Value::List(items), .. } => items,
                    other => vec![other],
                },
                None => vec![Node { value: Value::Map(entries), ..node }],
            }
        }
        Value::Null | Value::Scalar(_) => vec![node],
    }
}

/// Which dialect a document is of; a problem if it is of none.
fn recognised(node: &Node, problems: &mut Vec<Problem>) -> Option<usize> {
    let Value::Map(entries) = &node.value else {
        problems.push(wrong_type(node, "the document", "a map of keys and values"));
        return None;
    };
    let said = |name: &str| {
        entries.iter().find(|entry| entry.key.text == name).and_then(|entry| match &entry.value.value {
            Value::Scalar(scalar) => Some((scalar.text.as_str(), entry.value.span)),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        })
    };
    let named = said("apiVersion").or_else(|| said("version"));
    let index =
        named.and_then(|(text, _)| DIALECTS.iter().position(|dialect| dialect.versions.contains(&text)));
    if index.is_none() {
        let known: Vec<&str> = DIALECTS.iter().flat_map(|dialect| dialect.versions.iter().copied()).collect();
        let tools: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.tool).collect();
        let (place, headline) = match named {
            Some(("slowburn/v1", place)) => (place, "this file is already in slowburn's language"),
            Some((_, place)) => (place, "this language is not known"),
            None => (first_line(node.span), "the file does not say its language"),
        };
        problems.push(
            Problem::error(Code::UnknownDialect, place, headline)
                .label(format!("known languages are {}", listed(&known)))
                .help(format!(
                    "these are {}: write `apiVersion` or `version`",
                    diagnostic::joined(
                        &tools.iter().map(|tool| (*tool).to_owned()).collect::<Vec<_>>(),
                        "and"
                    )
                )),
        );
    }
    index
}
