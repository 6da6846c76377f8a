//! `slowburn diff`: what a change of the definitions means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use slowburn::diagnostic::{Problem, few, there_are};
use slowburn::difference::Difference;
use slowburn::render::{self, ComparedSide, DifferenceFormat};

use crate::args::{Diff, DiffFormat};
use crate::ending::{Ending, Failure};
use crate::sources::{self, Project, shown};
use crate::{foreign, revision, stdout};

/// The files of one side.
struct Side {
    name: String,
    files: Vec<(String, Vec<u8>)>,
    environments: Vec<String>,
    /// Set if the files are not definitions of slowburn.
    foreign: Option<foreign::Side>,
}

/// Compares each environment, and prints the differences on stdout.
pub fn run(args: &Diff) -> Result<Ending, Failure> {
    let old = old(args)?;
    let new = match &args.new {
        Some(new) => side(new, &args.path)?,
        None => folder(&args.path)?,
    };
    let mut environments = new.environments.clone();
    environments.extend(old.environments.iter().filter(|name| !new.environments.contains(name)).cloned());
    if let Some(named) = &args.chosen.environment {
        if !environments.contains(named) {
            let unknown = Failure::new(format!("neither side has an environment `{named}`"));
            return Err(unknown.and(&there_are(&environments)));
        }
        environments.retain(|name| name == named);
    }
    if environments.is_empty() {
        return compare(args, &old, &new, None);
    }
    if environments.len() > 1 && matches!(args.format, DiffFormat::Json) {
        return Err(Failure::new(format!("the project has the environments {}", few(&environments)))
            .and(&format!("choose one for the JSON object: --environment {}", environments[0])));
    }
    let mut ending = Ending::Clean;
    for name in &environments {
        if !matches!(args.format, DiffFormat::Json) {
            let mark = if matches!(args.format, DiffFormat::Markdown) { "# " } else { "" };
            stdout::print(&format!("{mark}Environment {name}\n\n"))?;
        }
        let is_in = |side: &Side| side.environments.is_empty() || side.environments.contains(name);
        match (is_in(&old), is_in(&new)) {
            (false, _) => stdout::print(&format!("it exists only in {}\n", new.name))?,
            (_, false) => stdout::print(&format!("it does not exist in {}\n", new.name))?,
            (true, true) => {
                if compare(args, &old, &new, Some(name))? == Ending::Problems {
                    ending = Ending::Problems;
                }
            }
        }
        stdout::print("\n")?;
    }
    Ok(ending)
}

/// Compares both sides in one environment. A side without environments is the same in each.
fn compare(args: &Diff, old: &Side, new: &Side, environment: Option<&str>) -> Result<Ending, Failure> {
    let of = |side: &Side| {
        let environment = environment.filter(|_| !side.environments.is_empty());
        Project::one(side.files.clone(), environment)
    };
    let new_project = of(new)?;
    let complete = |project: &Project| project.compiled.model.is_some();
    let after = complete(&new_project);
    let show = |difference: &Difference, was: ComparedSide| {
        let format = match args.format {
            DiffFormat::Human => DifferenceFormat::Human { color: stdout::color() },
            DiffFormat::Markdown => DifferenceFormat::Markdown,
            DiffFormat::Json => DifferenceFormat::Json,
        };
        stdout::painted(&render::difference(difference, was, compared(&new.name, &new_project), format))
    };
    let before = match &old.foreign {
        Some(foreign::Side::Rules(rules)) => {
            let before = !rules.problems.iter().any(Problem::is_error);
            let difference = slowburn::difference_from(&rules.foreign, before, &new_project.meant(), after);
            show(
                &difference,
                ComparedSide { name: &old.name, sources: &rules.sources, problems: &rules.problems },
            )?;
            before
        }
        Some(foreign::Side::Specs(specs)) => {
            let project = of(old)?;
            let problems = &specs.imported.problems;
            let before = complete(&project) && !problems.iter().any(Problem::is_error);
            let difference = slowburn::difference(&project.meant(), before, &new_project.meant(), after);
            show(&difference, ComparedSide { name: &old.name, sources: &specs.sources, problems })?;
            before
        }
        Some(foreign::Side::Ours) | None => {
            let project = of(old)?;
            let before = complete(&project);
            let difference = slowburn::difference(&project.meant(), before, &new_project.meant(), after);
            show(&difference, compared(&old.name, &project))?;
            before
        }
    };
    Ok(if before && after { Ending::Clean } else { Ending::Problems })
}

fn compared<'a>(name: &'a str, project: &'a Project) -> ComparedSide<'a> {
    ComparedSide { name, sources: &project.sources, problems: &project.compiled.problems }
}

/// Reads the old side: definitions, or rules or specs of another tool.
fn old(args: &Diff) -> Result<Side, Failure> {
    let path = Path::new(&args.old);
    if !path.exists() && args.also.is_empty() {
        return side(&args.old, &args.path);
    }
    let paths: Vec<PathBuf> = std::iter::once(path.to_owned()).chain(args.also.iter().cloned()).collect();
    let read = foreign::read(&paths)?;
    let files = match &read {
        foreign::Side::Ours if args.also.is_empty() => return folder(path),
        foreign::Side::Ours => {
            return Err(Failure::new(
                "--also is for rules or specs of other tools, but these are definitions",
            )
            .and("name one directory that contains all of them"));
        }
        foreign::Side::Rules(_) => Vec::new(),
        foreign::Side::Specs(specs) => {
            let named = |(path, text): &(String, String)| (format!("slos/{path}"), text.clone().into_bytes());
            specs.imported.files.iter().map(named).collect()
        }
    };
    let names: Vec<String> = paths.iter().map(|path| shown(path, Path::new(""))).collect();
    let name = match &names[..] {
        [one] => one.clone(),
        [one, others @ ..] => format!("{one} and {} more", others.len()),
        [] => String::new(),
    };
    Ok(Side { name, files, environments: Vec::new(), foreign: Some(read) })
}

/// Reads a side: a directory if it exists, else a revision.
fn side(named: &str, path: &Path) -> Result<Side, Failure> {
    match Path::new(named).is_dir() {
        true => folder(Path::new(named)),
        false => Ok(of(named.to_owned(), revision::read(named, path)?)),
    }
}

fn folder(path: &Path) -> Result<Side, Failure> {
    Ok(of(shown(path, Path::new("")), sources::files(path, path, BTreeMap::new())?))
}

fn of(name: String, files: Vec<(String, Vec<u8>)>) -> Side {
    let environments = slowburn::environments(&sources::decoded(files.clone()).0);
    Side { name, files, environments, foreign: None }
}
