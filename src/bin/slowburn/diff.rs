//! `slowburn diff`: what a change of the definitions means.

use std::collections::BTreeMap;
use std::path::Path;

use slowburn::diagnostic::few;
use slowburn::render::{self, Compared, DifferenceFormat};

use crate::args::{Diff, DiffFormat};
use crate::ending::{Ending, Failure};
use crate::sources::{self, Project, shown};
use crate::{revision, stdout};

/// The files of one side, with what people call it.
struct Side {
    name: String,
    files: Vec<(String, Vec<u8>)>,
    environments: Vec<String>,
}

/// Compares, and says it on stdout; each environment for itself.
pub fn run(args: &Diff) -> Result<Ending, Failure> {
    let old = side(&args.old, &args.path)?;
    let new = match &args.new {
        Some(new) => side(new, &args.path)?,
        None => folder(&args.path)?,
    };
    let mut environments = new.environments.clone();
    environments.extend(old.environments.iter().filter(|name| !new.environments.contains(name)).cloned());
    if let Some(named) = &args.chosen.environment {
        if !environments.contains(named) {
            let unknown = Failure::new(format!("neither side has an environment `{named}`"));
            return Err(unknown.and(&format!("there are {}", few(&environments))));
        }
        environments.retain(|name| name == named);
    }
    if environments.is_empty() {
        return compare(args, &old, &new, None);
    }
    if environments.len() > 1 && matches!(args.format, DiffFormat::Json) {
        return Err(Failure::new(format!("the project has the environments {}", few(&environments)))
            .and(&format!("name one, so that there is one object: --environment {}", environments[0])));
    }
    let mut ending = Ending::Clean;
    for name in &environments {
        if !matches!(args.format, DiffFormat::Json) {
            let mark = if matches!(args.format, DiffFormat::Markdown) { "# " } else { "" };
            stdout::print(&format!("{mark}Environment {name}\n\n"))?;
        }
        let is_in = |side: &Side| side.environments.is_empty() || side.environments.contains(name);
        match (is_in(&old), is_in(&new)) {
            (false, _) => stdout::print(&format!("it is new in {}\n", new.name))?,
            (_, false) => stdout::print(&format!("it is gone in {}\n", new.name))?,
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

/// Both sides in one environment; a side without environments is the same in each.
fn compare(args: &Diff, old: &Side, new: &Side, environment: Option<&str>) -> Result<Ending, Failure> {
    let of = |side: &Side| {
        let environment = environment.filter(|_| !side.environments.is_empty());
        Project::one(side.files.clone(), environment)
    };
    let projects = (of(old)?, of(new)?);
    let complete = |project: &Project| project.compiled.model.is_some();
    let (before, after) = (complete(&projects.0), complete(&projects.1));
    let difference = slowburn::difference(&projects.0.meant(), before, &projects.1.meant(), after);
    let format = match args.format {
        DiffFormat::Human => DifferenceFormat::Human { color: stdout::color() },
        DiffFormat::Markdown => DifferenceFormat::Markdown,
        DiffFormat::Json => DifferenceFormat::Json,
    };
    let sides = (compared(&old.name, &projects.0), compared(&new.name, &projects.1));
    stdout::painted(&render::difference(&difference, sides.0, sides.1, format))?;
    Ok(if before && after { Ending::Clean } else { Ending::Problems })
}

fn compared<'a>(name: &'a str, project: &'a Project) -> Compared<'a> {
    Compared { name, sources: &project.sources, problems: &project.compiled.problems }
}

/// A directory, or else a revision; with what people call it.
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
    Side { name, files, environments }
}
