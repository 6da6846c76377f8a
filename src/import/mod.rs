//! Translates sources of Sloth, Pyrra and OpenSLO to sources of slowburn.
//!
//! ```text
//! foreign text ──documents──▶ nodes ──a dialect──▶ drafts ──gather──▶ services ──file──▶ our sources
//!                                         │                            └─account─▶ what it means for whom
//!                                         └─queries, measure: what an expression counts
//! ```
//!
//! A dialect is one file, and one line in `DIALECTS`. It knows its keys and their meaning, but not the form of slowburn's sources.
//!
//! **Invariant:** nothing is dropped silently: for every key and every part of a query that is not imported, a problem gives the place and the
//! reason.
//!
//! **Invariant:** foreign sources are not trusted: they are read within the limits of [`crate::parse::yaml`], and texts that look like secrets are
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
use crate::parse::wrong_type;
use crate::parse::yaml::{self, Node, Value};
use crate::source::Sources;
use crate::vocabulary::Name;
use draft::Draft;
use file::Lines;
use keys::not_carried;
pub use rules::{FileKind, file_kinds, rules};

/// Options of an import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The service of all SLOs, instead of those in the sources.
    pub service: Option<Name>,
    /// Whether alerts keep the labels with which the other tool identifies its SLOs.
    pub identity: bool,
    /// Whether there is a project file already. It is not changed.
    pub project: bool,
}

/// The result of an import.
#[derive(Debug)]
pub struct Imported {
    /// The new sources: paths below the folder of definitions, and texts. The project file comes first, then services in the order of their first
    /// SLO.
    pub files: Vec<(String, String)>,
    /// The problems, and what is not imported; sorted.
    pub problems: Vec<Problem>,
    /// The effects: for each SLO what stays, what is measured better, and what changes for the people who are notified.
    pub account: String,
    /// Settings to add to the existing project file.
    pub beside: Option<String>,
    /// The number of SLOs in the files.
    pub slos: usize,
    /// Whether all sources could be read; otherwise SLOs may be missing.
    pub complete: bool,
}

/// The language of another tool.
struct Dialect {
    /// The tool's name.
    tool: &'static str,
    /// The values of its documents' version.
    versions: &'static [&'static str],
    /// The kind of its objects, if only this tool uses it.
    kind: Option<&'static str>,
    /// Reads the documents of one tool together, because they may refer to each other.
    read: fn(&[&Document], &Options, &mut DialectResults),
}

/// All dialects.
const DIALECTS: [Dialect; 3] = [
    Dialect {
        tool: sloth::TOOL,
        versions: &["prometheus/v1", "sloth.slok.dev/v1"],
        kind: None,
        read: sloth::read,
    },
    Dialect {
        tool: pyrra::TOOL,
        versions: &["pyrra.dev/v1alpha1"],
        kind: Some("ServiceLevelObjective"),
        read: pyrra::read,
    },
    Dialect {
        tool: openslo::TOOL,
        versions: &["openslo/v1", "openslo/v1alpha"],
        kind: None,
        read: openslo::read,
    },
];

/// One document.
struct Document {
    node: Node,
}

/// The results of the dialects.
#[derive(Default)]
struct DialectResults {
    drafts: Vec<Draft>,
    problems: Vec<Problem>,
}

/// Reads all documents. Returns whether all of them could be read, too.
fn read(sources: &Sources, options: &Options) -> (DialectResults, bool) {
    let mut found = DialectResults::default();
    let mut documents: [Vec<Document>; DIALECTS.len()] = Default::default();
    for (id, source) in sources.iter() {
        let (nodes, faults) = yaml::documents(id, &source.text);
        if nodes.is_empty() && faults.is_empty() {
            let nowhere = crate::source::Span { source: id, start: 0, end: 0 };
            found.problems.push(
                Problem::error(Code::EmptyFile, nowhere, "the file is empty")
                    .help("remove it from the command"),
            );
        }
        found.problems.extend(faults.into_iter().map(|fault| of_helm(fault, sources)));
        for node in nodes.into_iter().flat_map(listed_in) {
            match recognised(&node, &source.path, &mut found.problems) {
                Some(index) => documents[index].push(Document { node }),
                None => continue,
            }
        }
    }
    let complete = !found.problems.iter().any(Problem::is_error);
    for (dialect, documents) in DIALECTS.iter().zip(&documents) {
        if !documents.is_empty() {
            (dialect.read)(&documents.iter().collect::<Vec<_>>(), options, &mut found);
        }
    }
    (found, complete)
}

/// The rules that another tool would make from its sources, as far as they are known: the names of its series, or their expressions.
pub fn specs(sources: &Sources) -> (Foreign, Vec<Problem>) {
    let (DialectResults { drafts, mut problems }, _) = read(sources, &Options::default());
    diagnostic::sort(&mut problems);
    // Its problems were reported when the sources were imported.
    let gathered = gather::gather(drafts.clone(), &Options::default(), &mut Vec::new());
    (specs::foreign(&drafts, &gathered), problems)
}

/// Imports sources of other tools.
pub fn import(sources: &Sources, options: &Options) -> Imported {
    let (found, complete) = read(sources, options);
    let DialectResults { drafts, mut problems } = found;
    let mut gathered = gather::gather(drafts, options, &mut problems);
    alert_names::settle(&mut gathered, !options.project, &mut problems);
    let lines = Lines::of(sources);
    let files = file::files(&gathered, &lines, options);
    let settings = file::project_settings(&gathered);
    let beside = (options.project && !settings.is_empty()).then_some(settings);
    if let (Some(_), Some(place)) = (&beside, gathered.place()) {
        problems.push(
            not_carried(place, "settings of the project are not imported")
                .label("the project file already exists, and is not changed")
                .help("add the lines that are printed below"),
        );
    }
    let account = account::account(&gathered, &lines);
    diagnostic::sort(&mut problems);
    let slos = gathered.services.iter().map(|service| service.slos.len()).sum();
    Imported { files, problems, account, beside, slos, complete }
}

/// Adds advice to a fault in a line with a template.
fn of_helm(fault: Problem, sources: &Sources) -> Problem {
    let text = &sources.file(fault.primary.span.source).text;
    let (before, after) = text.split_at_checked(fault.primary.span.start as usize).unwrap_or((text, ""));
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let line = &text[begin..before.len() + after.find('\n').unwrap_or(after.len())];
    match line.contains("{{") {
        true => Problem { help: Vec::new(), ..fault }.help(queries::HELM),
        false => fault,
    }
}

/// The objects of a document: the entries of a list, as from `kubectl get -o yaml` and in OpenSLO, or the document itself.
fn listed_in(node: Node) -> Vec<Node> {
    match node.value {
        Value::List(items) => items,
        Value::Map(entries) => {
            let is_list = entries.iter().any(|entry| {
                entry.key.text == "kind" && entry.value.text().is_some_and(|kind| kind.ends_with("List"))
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

/// The dialect with this version. Pyrra does not read the version of its files, so any version is possible, and the kind decides.
fn dialect(version: Option<&str>, kind: Option<&str>) -> Option<usize> {
    let by_version = |version: &str| DIALECTS.iter().position(|dialect| dialect.versions.contains(&version));
    let by_kind = || DIALECTS.iter().position(|dialect| kind.is_some() && dialect.kind == kind);
    version.and_then(by_version).or_else(by_kind)
}

/// The dialect of a document; a problem if it is not known.
fn recognised(node: &Node, path: &str, problems: &mut Vec<Problem>) -> Option<usize> {
    if !matches!(node.value, Value::Map(_)) {
        problems.push(wrong_type(node, "the document", "a map of keys"));
        return None;
    }
    let text = |key: &str| node.get(key).and_then(|value| Some((value.text()?, value.span)));
    let named = text("apiVersion").or_else(|| text("version"));
    let kind = text("kind");
    if let Some(index) = dialect(named.map(|(text, _)| text), kind.map(|(kind, _)| kind)) {
        return Some(index);
    }
    let of_tool = named.and_then(|(text, _)| {
        DIALECTS.iter().find(|dialect| text.to_lowercase().contains(&dialect.tool.to_lowercase()))
    });
    if let (Some((kind, place)), Some(_), None) = (kind, text("apiVersion"), of_tool) {
        let kind: String = kind.chars().take(60).collect();
        let problem = not_carried(place, format!("this {kind} is not imported"));
        problems.push(match kind.as_str() {
            "PrometheusRule" => problem
                .label("these are rules: SLOs are imported from the specs that rules are made from")
                .help(format!("compare rules with definitions: `slowburn diff {path}`")),
            _ => problem.label("it contains no SLO of Sloth, Pyrra or OpenSLO"),
        });
        return None;
    }
    if named.is_none() && node.get("groups").is_some() {
        let headline = "these are rules of Prometheus, and SLOs are imported from specs";
        problems.push(
            Problem::error(Code::UnknownDialect, node.span.beginning(), headline)
                .label("specs are the files of Sloth, Pyrra or OpenSLO that such rules are made from")
                .help(format!(
                    "write the SLOs anew, and compare them with these rules: `slowburn diff {path}`"
                )),
        );
        return None;
    }
    let known: Vec<&str> = match of_tool {
        Some(dialect) => dialect.versions.to_vec(),
        None => DIALECTS.iter().flat_map(|dialect| dialect.versions.iter().copied()).collect(),
    };
    let (place, headline) = match (named, of_tool) {
        (Some(("slowburn/v1", place)), _) => {
            (place, "this file is already in slowburn's language".to_owned())
        }
        (Some((_, place)), Some(dialect)) => {
            (place, format!("this version of {} is not supported", dialect.tool))
        }
        (Some((_, place)), None) => (place, "this language is not known".to_owned()),
        (None, _) => (node.span.beginning(), "the file does not say its language".to_owned()),
    };
    let problem = Problem::error(Code::UnknownDialect, place, headline);
    problems.push(match of_tool {
        None if matches!(named, Some(("slowburn/v1", _))) => {
            let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
            problem.label("nothing has to be imported").help(format!("write `slowburn compile {folder}`"))
        }
        Some(_) => problem.label(format!("supported: {}", listed(&known))),
        None => problem
            .label(format!("known languages are {}", listed(&known)))
            .help("files of Sloth begin with `version: prometheus/v1`, those of Pyrra and OpenSLO with `apiVersion`"),
    });
    None
}
