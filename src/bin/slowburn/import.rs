//! `slowburn import`: the SLOs of another tool as slowburn definitions.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use slowburn::diagnostic::{self, Code, Problem, several};
use slowburn::import::{Imported, Options, import};
use slowburn::parse::{PROJECT_FILE, yaml};
use slowburn::source::{SourceFile, Sources};

use crate::args::{Format, Import};
use crate::ending::{Ending, Failure};
use crate::sources::{Project, READ_AT_MOST, decode, shown};
use crate::{import_check, problems, read, stderr, stdout, write};

/// Reads the files, lists what is not imported, and writes or prints the result.
pub fn run(args: &Import) -> Result<Ending, Failure> {
    if args.check {
        return import_check::run(args);
    }
    if args.to.is_none() && args.format != Format::Human {
        return Err(Failure::new("problems and definitions cannot both be on stdout")
            .and("name a directory for the definitions: --to slos"));
    }
    let there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let project = args.to.as_ref().is_some_and(|to| there(&to.join(PROJECT_FILE)));
    let options = Options { service: args.service.clone(), identity: args.identity, project };
    let (sources, faults) = sources(&args.files)?;
    let mut imported = import(&sources, &options);
    let unreadable: Vec<_> = faults.iter().map(|fault| fault.primary.span.source).collect();
    imported.complete &= faults.is_empty();
    imported.problems.retain(|problem| !unreadable.contains(&problem.primary.span.source));
    imported.problems.extend(faults);
    diagnostic::sort(&mut imported.problems);
    problems::shown(&imported.problems, &sources, args.format)?;
    if !imported.complete || imported.files.is_empty() {
        stderr::print(&format!("nothing was written: {}\n", why_nothing(&imported)));
        return Ok(Ending::Problems);
    }
    stderr::print(&imported.account);
    if let Some(beside) = &imported.beside {
        stderr::print(&format!("\nadd to the existing project file:\n{beside}"));
    }
    let compiled = match &args.to {
        Some(to) => written(to, &imported)?,
        None => printed(&imported)?,
    };
    let decided = !imported.problems.iter().any(Problem::is_error);
    if compiled.compiled.model.is_none() {
        problems::shown(&errors(&compiled), &compiled.sources, args.format)?;
    }
    Ok(if decided && compiled.compiled.model.is_some() { Ending::Clean } else { Ending::Problems })
}

/// The reason why nothing is written.
fn why_nothing(imported: &Imported) -> &'static str {
    let left_out = imported.problems.iter().any(Problem::is_error);
    match (imported.complete, left_out) {
        (false, _) if imported.problems.iter().all(|one| one.code == Code::UnknownDialect) => {
            "no file can be imported"
        }
        (false, _) => "correct the errors, and import again",
        (true, true) => "no SLO can be imported as it is",
        (true, false) => "no file contains an SLO",
    }
}

/// Writes the files that do not exist yet, and compiles the folder.
fn written(to: &Path, imported: &Imported) -> Result<Project, Failure> {
    if to.is_file() {
        return Err(Failure::new(format!("{} is a file", shown(to, Path::new(""))))
            .and("name the directory for the definitions: --to path/to/slos"));
    }
    let files: Vec<(PathBuf, String)> =
        imported.files.iter().map(|(path, text)| (PathBuf::from(path), text.clone())).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| fs::symlink_metadata(to.join(path)).is_ok()) {
        return Err(Failure::new(format!("{} already exists", shown(to, path))).and(
            "nothing was written: name another directory with --to, or another service with --service",
        ));
    }
    write::new_files(to, &files.iter().collect::<Vec<_>>())?;
    stderr::print("\n");
    for (path, _) in &files {
        stderr::print(&format!("wrote {}\n", shown(to, path)));
    }
    let project = Project::read_all(to, None)?;
    stderr::print(&format!("{}: {}\n", count(imported), next(&project, to)));
    Ok(project)
}

fn next(project: &Project, to: &Path) -> String {
    match project.compiled.model.is_some() {
        true => format!("read them, and compile them: slowburn compile {}", shown(to, Path::new(""))),
        false => "they have errors".to_owned(),
    }
}

/// Prints the files, and compiles them alone.
fn printed(imported: &Imported) -> Result<Project, Failure> {
    let files = &imported.files;
    let text: Vec<String> = files.iter().map(|(path, text)| format!("# file: slos/{path}\n{text}")).collect();
    stdout::print(&text.join("---\n"))?;
    let named = |(path, text): &(String, String)| (format!("slos/{path}"), text.clone().into_bytes());
    let project = Project::of(files.iter().map(named).collect());
    stderr::print(&format!("\n{}: write them into a directory with --to\n", count(imported)));
    Ok(project)
}

fn count(imported: &Imported) -> String {
    let services = imported.files.iter().filter(|(path, _)| path != PROJECT_FILE).count();
    format!("imported {} of {}", several(imported.slos, "SLO"), several(services, "service"))
}

/// The errors. Warnings are left to later runs of the compiler.
fn errors(project: &Project) -> Vec<Problem> {
    project.compiled.problems.iter().filter(|problem| problem.is_error()).cloned().collect()
}

/// Reads each file once; with a problem for each file that is not text.
fn sources(paths: &[PathBuf]) -> Result<(Sources, Vec<Problem>), Failure> {
    let mut texts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for path in paths {
        let name = shown(path, Path::new(""));
        let stdin = path == Path::new("-");
        let bytes = match stdin {
            true => {
                let mut bytes = Vec::new();
                io::stdin().lock().take(READ_AT_MOST + 1).read_to_end(&mut bytes).map(|_| bytes)
            }
            false => read::start(path, READ_AT_MOST + 1),
        };
        let name = if stdin { "stdin".to_owned() } else { name };
        let bytes = bytes.map_err(|error| match path.is_dir() {
            true => Failure::new(format!("{name} is a folder"))
                .and(&format!("name its files: slowburn import {}/*.yaml", name.trim_end_matches('/'))),
            false => Failure::of("read", &name, &error),
        })?;
        texts.entry(name).or_insert(bytes);
    }
    let mut files = Vec::new();
    let mut faults = BTreeMap::new();
    for (path, bytes) in texts {
        let (text, fault) = decode(bytes);
        faults.extend(fault.map(|fault| (path.clone(), fault)));
        files.push(SourceFile { path, text });
    }
    let sources = Sources::new(files);
    let fault = |(id, file): (_, &SourceFile)| faults.get(&file.path).map(|valid| yaml::not_utf8(id, *valid));
    let problems = sources.iter().filter_map(fault).collect();
    Ok((sources, problems))
}
