//! Reads SLO definitions from a directory.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::WalkBuilder;
use ignore::gitignore::Gitignore;
use slowburn::ask::Live;
use slowburn::diagnostic::{self, Problem, few, there_are};
use slowburn::model::Model;
use slowburn::parse::{PROJECT_FILE, is_contract, is_runbook, yaml};
use slowburn::secret;
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::nearest;
use slowburn::{Compiled, CompiledEnvironments};

use crate::ending::Failure;
use crate::ignored::{self, RULES_AT_MOST};
use crate::{read, unread, usage};

/// The parser's limit. One byte more is read, so that the parser can report the error.
pub const READ_AT_MOST: u64 = yaml::MAX_BYTES as u64;

/// Limits memory when a raw capture is in the place of a contract. In bytes.
const CAPTURE_AT_MOST: u64 = 64 * 1024 * 1024;

/// The message for a larger file.
pub const TOO_LARGE: &str =
    "it is larger than 64 MiB: make a contract from it with `slowburn metrics capture`";

/// A directory of definitions, compiled.
#[derive(Debug)]
pub struct Project {
    /// The texts, in which problems are shown.
    pub sources: Sources,
    /// The result for one environment, or for all of them. Then the model is that of the first.
    pub compiled: Compiled,
    /// The compiled environment; `None` if the project declares none.
    pub environment: Option<String>,
    /// The models of the other environments; empty if one was chosen, or if any has an error.
    pub others: Vec<(String, Model)>,
}

impl Project {
    /// Reads and compiles everything under `slos`, for the given environment, or for the only one.
    pub fn read(slos: &Path, environment: Option<&str>) -> Result<Self, Failure> {
        Self::one(files(slos, slos, BTreeMap::new())?, environment)
    }

    /// Reads and compiles everything under `slos`, for the given environment, or for all of them.
    pub fn read_all(slos: &Path, environment: Option<&str>) -> Result<Self, Failure> {
        let read = files(slos, slos, BTreeMap::new())?;
        match environment {
            Some(_) => Self::one(read, environment),
            None => Ok(Self::of(read)),
        }
    }

    /// Compiles files, given by name and bytes, for all environments.
    pub fn of(read: Vec<(String, Vec<u8>)>) -> Self {
        let (sources, faults) = decoded(read);
        Self::compiled(sources, &faults, slowburn::compile_each)
    }

    /// Compiles files for the given environment, or for the only one.
    pub fn one(read: Vec<(String, Vec<u8>)>, environment: Option<&str>) -> Result<Self, Failure> {
        let (sources, faults) = decoded(read);
        let environment = chosen(&sources, environment)?;
        let compile = |sources: &Sources| {
            let compiled = slowburn::compile_in(sources, environment.as_deref());
            CompiledEnvironments { environments: vec![(environment.clone(), compiled)] }
        };
        Ok(Self::compiled(sources, &faults, compile))
    }

    fn compiled(
        sources: Sources,
        faults: &BTreeMap<String, usize>,
        compile: impl Fn(&Sources) -> CompiledEnvironments,
    ) -> Self {
        if faults.is_empty() {
            let each = compile(&sources);
            let problems = each.problems();
            let accepted = each.accepted();
            let failed = problems.iter().any(Problem::is_error);
            let mut models = each.environments.into_iter();
            let (environment, first) =
                models.next().expect("without environments there is one without a name");
            let others = models.filter_map(|(name, compiled)| name.zip(compiled.model.filter(|_| !failed)));
            let others = others.collect();
            let compiled = Compiled { problems, accepted, model: first.model.filter(|_| !failed) };
            return Self { sources, compiled, environment, others };
        }
        // A file that is not text is compiled as an empty one, to find the problems of the other files. Problems of the empty file itself are
        // dropped.
        let readable = |file: &SourceFile| match faults.contains_key(&file.path) {
            true => SourceFile { path: file.path.clone(), text: String::new() },
            false => file.clone(),
        };
        let each = compile(&Sources::new(sources.iter().map(|(_, file)| readable(file)).collect()));
        let mut problems = each.problems();
        problems.retain(|problem| !faults.contains_key(&sources.file(problem.primary.span.source).path));
        for (id, file) in sources.iter() {
            problems.extend(faults.get(&file.path).map(|&fault| yaml::not_utf8(id, fault)));
        }
        diagnostic::sort(&mut problems);
        let environment = each.environments.into_iter().next().and_then(|(name, _)| name);
        Self {
            sources,
            compiled: Compiled { problems, accepted: Vec::new(), model: None },
            environment,
            others: Vec::new(),
        }
    }

    /// The same sources, checked against the series of a server.
    pub fn against(self, live: &Live) -> Self {
        let compiled = slowburn::compile_against(&self.sources, self.environment.as_deref(), live);
        Self { compiled, ..self }
    }

    /// The model of each environment, with the environment's name if there is one; empty if there is an error.
    pub fn models(&self) -> impl Iterator<Item = (Option<&str>, &Model)> {
        let first = self.compiled.model.iter().map(|model| (self.environment.as_deref(), model));
        first.chain(self.others.iter().map(|(name, model)| (Some(name.as_str()), model)))
    }

    /// The model of the first environment; after errors, the part that could be understood.
    pub fn meant(&self) -> Cow<'_, Model> {
        match &self.compiled.model {
            Some(model) => Cow::Borrowed(model),
            None => Cow::Owned(slowburn::model_in(&self.sources, self.environment.as_deref())),
        }
    }
}

/// The files as texts. For each file that is not text: the number of its bytes that can be read.
pub fn decoded(read: Vec<(String, Vec<u8>)>) -> (Sources, BTreeMap<String, usize>) {
    let mut files = Vec::new();
    let mut faults = BTreeMap::new();
    for (shown, bytes) in read {
        let (text, fault) = decode(bytes);
        faults.extend(fault.map(|fault| (shown.clone(), fault)));
        files.push(SourceFile { path: shown, text });
    }
    (Sources::new(files), faults)
}

/// The given environment, or the only one.
fn chosen(sources: &Sources, named: Option<&str>) -> Result<Option<String>, Failure> {
    let mut known = slowburn::environments(sources);
    let Some(named) = named else {
        return match known.len() {
            0 | 1 => Ok(known.pop()),
            _ => Err(Failure::new(format!("the project has the environments {}", few(&known)))
                .and(&format!("name one: --environment {}", known[0]))),
        };
    };
    if known.iter().any(|name| name == named) {
        return Ok(Some(named.to_owned()));
    }
    let unknown = Failure::new(format!("the project has no environment `{named}`"));
    Err(match known.is_empty() {
        true => unknown.and("declare it in slowburn.yaml: `environments: { production: {}, staging: {} }`"),
        false => unknown.and(&there_are(&known)),
    })
}

/// The files of all definitions under `slos`, with paths below `base`. Open texts replace the files on the disk; some of them may not exist on the
/// disk yet.
pub fn files(
    slos: &Path,
    base: &Path,
    mut open: BTreeMap<PathBuf, Vec<u8>>,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let found = match find(slos) {
        Ok(found) => found,
        Err(failure) if open.is_empty() => return Err(failure),
        Err(_) => Vec::new(),
    };
    let mut files = Vec::new();
    for path in found {
        let shown = shown(base, &path);
        let bytes = match open.remove(&path) {
            Some(bytes) => bytes,
            None => {
                source(&slos.join(&path), most(&path)).map_err(|error| Failure::of("read", &shown, &error))?
            }
        };
        files.push((shown, bytes));
    }
    // A file that exists on the disk and was not found is hidden or ignored.
    let new = open.into_iter().filter(|(path, _)| is_source(path) && !slos.join(path).exists());
    files.extend(new.map(|(path, bytes)| (shown(base, &path), bytes)));
    Ok(files)
}

/// A path for messages: `base` as the user wrote it, then the rest, with `/` between the parts.
pub fn shown(base: &Path, rest: &Path) -> String {
    let base = base.display().to_string();
    // The user may have written an address instead.
    let base = if base.contains(":/") { secret::address(&base) } else { secret::masked(&base) };
    let trimmed = base.trim_end_matches(std::path::is_separator);
    if rest.as_os_str().is_empty() {
        return if trimmed.is_empty() { base } else { trimmed.to_owned() };
    }
    rest.iter().fold(trimmed.to_owned(), |shown, part| format!("{shown}/{}", part.to_string_lossy()))
}

/// Refuses an `out` inside `slos`, because the next run would read its own output.
pub fn refuse_out_inside_slos(slos: &Path, out: &Path) -> Result<(), Failure> {
    // A path that does not exist yet cannot be a link. Its nearest existing parent shows where it will be.
    let existing =
        out.ancestors().map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path });
    let real = existing.into_iter().find_map(|path| fs::canonicalize(path).ok());
    match (fs::canonicalize(slos), real) {
        (Ok(slos_real), Some(real)) if real.starts_with(&slos_real) => {
            let (slos, out) = (shown(slos, Path::new("")), shown(out, Path::new("")));
            Err(Failure::new(format!(
                "{out} is inside {slos}, so the compiled files would be read as definitions"
            ))
            .and("name a directory outside of it: --out path/to/out"))
        }
        _ => Ok(()),
    }
}

/// The paths of all definitions, relative to `slos`.
///
/// Only files inside `slos` matter: not whether it is in a git repository, and not the `.gitignore` files of its parents.
pub fn find(slos: &Path) -> Result<Vec<PathBuf>, Failure> {
    let name = shown(slos, Path::new(""));
    match fs::metadata(slos) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => {
            return Err(Failure::new(format!("{name} is a file")).and(&format!(
                "name the directory of the definitions: {}",
                usage::with_path(slos, &folder_of(slos))
            )));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Failure::new(format!("there is no directory {name}")).and(&match like(slos) {
                None if usage::is_address(&name.to_string())
                    && usage::typed().any(|word| word == "check") =>
                {
                    format!(
                        "write the option before an address: {}",
                        usage::with_path(
                            slos,
                            &format!("--prometheus={}", usage::with_scheme(&name.to_string()))
                        )
                    )
                }
                Some(like) if is_yaml(slos) => format!(
                    "slowburn reads all definitions of a directory: write `{}`",
                    usage::with_path(slos, &like)
                ),
                Some(like) => format!("did you mean `{}`?", usage::with_path(slos, &like)),
                None if is_inside(slos) => format!(
                    "you are inside of it: go one folder up with `cd ..`, or write `{}`",
                    usage::with_path(slos, ".")
                ),
                None if usage::is_slo(&name.to_string()) && Path::new(crate::args::SLOS).is_dir() => format!(
                    "slowburn reads all definitions of a directory: write `{}`; `slowburn explain {name}` shows one SLO",
                    usage::with_path(slos, crate::args::SLOS)
                ),
                None => format!(
                    "begin with `slowburn init`, or name the directory of the definitions: {}",
                    usage::with_path(slos, "path/to/slos")
                ),
            }));
        }
        Err(error) => return Err(Failure::of("read", name, &error)),
    }
    let mut walk = WalkBuilder::new(slos);
    walk.standard_filters(false).hidden(true).follow_links(true);
    let rules = Arc::new(Mutex::new(Rules { of: BTreeMap::new(), failure: None }));
    let (top, asked) = (slos.to_owned(), Arc::clone(&rules));
    walk.filter_entry(move |entry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let mut rules = asked.lock().unwrap_or_else(PoisonError::into_inner);
        !rules.excluded(&top, entry.path(), is_folder)
    });
    let mut found = Vec::new();
    for entry in walk.build() {
        if let Some(failure) = rules.lock().unwrap_or_else(PoisonError::into_inner).failure.take() {
            return Err(failure);
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if passed_over(slos, &error) => continue,
            Err(error) => return Err(unreadable(&name, &error)),
        };
        let path = entry.path().strip_prefix(slos).expect("a walk stays where it began");
        if !is_source(path) {
            continue;
        }
        let name = shown(slos, path);
        if entry.file_type().is_some_and(|kind| kind.is_dir()) {
            return Err(Failure::new(format!("{name} is a folder, not a file"))
                .and("rename the folder, or write a file in its place"));
        }
        if path.to_str().is_none() {
            return Err(Failure::new(format!("the name of {name} is not UTF-8")).and("rename the file"));
        }
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            return Err(Failure::new(format!("{name} is not a regular file")));
        }
        if entry.depth() > 1 {
            not_a_second_project(slos, path)?;
        }
        found.push(path.to_owned());
    }
    if let Some(failure) = rules.lock().unwrap_or_else(PoisonError::into_inner).failure.take() {
        return Err(failure);
    }
    if !found.iter().any(|path| is_yaml(path)) {
        let failure = Failure::new(format!("there is no *.yaml in {name}"));
        if let Some(unread) = unread::under(slos).first() {
            return Err(failure.and(&unread::words(slos, unread)));
        }
        return Err(failure
            .and("write a definition into it, such as api.yaml, or name another directory: slowburn compile path/to/slos"));
    }
    Ok(found)
}

/// The folder of a file, as it is typed.
pub fn folder_of(file: &Path) -> String {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(".".to_owned(), |folder| folder.display().to_string())
}

/// Whether the working directory is the folder that was not found.
fn is_inside(missing: &Path) -> bool {
    fs::canonicalize(".").is_ok_and(|here| here.file_name() == missing.file_name())
}

/// The folder that was meant by one that does not exist: the folder of a definition, or one with nearly the same name.
fn like(missing: &Path) -> Option<String> {
    let folder = folder_of(missing);
    if is_yaml(missing) {
        let known = if folder == "." { crate::args::SLOS } else { folder.as_str() };
        return Path::new(known).is_dir().then(|| known.to_owned());
    }
    let folders = fs::read_dir(&folder).ok()?.flatten().filter(|entry| entry.path().is_dir());
    let names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.starts_with('.')).collect();
    let name = nearest(missing.file_name()?.to_str()?, &names)?;
    Some(missing.with_file_name(name).display().to_string())
}

/// The `.gitignore` files of the visited folders. Each is read once, and only if it is a regular file.
struct Rules {
    of: BTreeMap<PathBuf, Gitignore>,
    /// Why a `.gitignore` file could not be read. The walk stops then.
    failure: Option<Failure>,
}

impl Rules {
    fn excluded(&mut self, top: &Path, path: &Path, is_folder: bool) -> bool {
        let folders = || path.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
        for folder in folders() {
            if self.failure.is_none() && !self.of.contains_key(folder) {
                let file = folder.join(".gitignore");
                let text = match read::plain(&file, RULES_AT_MOST) {
                    Ok(text) => text,
                    Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
                    Err(error) => {
                        self.failure = Some(Failure::of("read", shown(&file, Path::new("")), &error));
                        return true;
                    }
                };
                self.of.insert(folder.to_owned(), ignored::rules(folder, &text));
            }
        }
        self.failure.is_some()
            || ignored::excluded(folders().filter_map(|folder| self.of.get(folder)), path, is_folder)
    }
}

/// Refuses a project file below the first level.
pub fn not_a_second_project(slos: &Path, path: &Path) -> Result<(), Failure> {
    if path.file_name().is_none_or(|name| name != PROJECT_FILE) {
        return Ok(());
    }
    let (name, project) = (shown(slos, path), shown(slos, Path::new(PROJECT_FILE)));
    Err(Failure::new(format!("{name} would be a second project file: only {project} is read as one"))
        .and("move its settings there or into the service files, or rename it"))
}

/// The limit for a file, in bytes. One byte more is read, to notice that it is exceeded.
pub fn most(path: &Path) -> u64 {
    if path.to_str().is_some_and(is_contract) { CAPTURE_AT_MOST } else { READ_AT_MOST }
}

/// Whether a file is a definition, a contract or a text for a runbook. Runbook texts are in one folder, beside the project file.
pub fn is_source(path: &Path) -> bool {
    let written = path.components().count() == 2 && path.to_str().is_some_and(is_runbook);
    is_yaml(path) || path.to_str().is_some_and(is_contract) || written
}

pub fn is_yaml(path: &Path) -> bool {
    let is = |extension: &OsStr| ["yaml", "yml"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    path.extension().is_some_and(is)
}

/// Whether the walk may ignore an error. A link to a parent folder only repeats files. A broken link matters only if it has the name of a definition:
/// editors lock a file by a hidden link.
fn passed_over(slos: &Path, error: &ignore::Error) -> bool {
    match error {
        ignore::Error::Loop { .. } => true,
        ignore::Error::WithDepth { err, .. } => passed_over(slos, err),
        ignore::Error::WithPath { path, err } => {
            let path = path.strip_prefix(slos).unwrap_or(path);
            let hidden = path.iter().any(|part| part.as_encoded_bytes().starts_with(b"."));
            let nowhere = err.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound);
            hidden || (nowhere && !is_source(path)) || passed_over(slos, err)
        }
        _ => false,
    }
}

fn unreadable(name: &str, error: &ignore::Error) -> Failure {
    match error {
        ignore::Error::WithDepth { err, .. } => unreadable(name, err),
        ignore::Error::WithPath { path, err } => unreadable(&shown(path, Path::new("")), err),
        ignore::Error::Io(error) => Failure::of("read", name, error),
        _ => Failure::new(format!("cannot read {name}: {error}")),
    }
}

fn source(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let bytes = read::start(path, most + 1)?;
    if most == CAPTURE_AT_MOST && bytes.len() as u64 > most {
        return Err(io::Error::other(TOO_LARGE));
    }
    Ok(bytes)
}

/// The text. If not all bytes are UTF-8: the number of bytes before the first fault.
pub fn decode(bytes: Vec<u8>) -> (String, Option<usize>) {
    if bytes.len() as u64 == READ_AT_MOST + 1 {
        // The file is too large anyway, and will be rejected. Reading may have split its last character; its replacement keeps the text too long.
        return (String::from_utf8_lossy(&bytes).into_owned(), None);
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(valid);
            (String::from_utf8(bytes).expect("this much is valid"), Some(valid))
        }
    }
}
