//! `slowburn diff`: what a change of the definitions means.

use std::borrow::Cow;
use std::path::Path;

use slowburn::model::Model;
use slowburn::render::{self, Compared, DifferenceFormat};

use crate::args::{Diff, DiffFormat};
use crate::ending::{Ending, Failure};
use crate::sources::{Project, shown};
use crate::{revision, stdout};

/// Compares, and says it on stdout.
pub fn run(args: &Diff) -> Result<Ending, Failure> {
    let here = shown(&args.path, Path::new(""));
    let (old_name, old) = side(&args.old, &args.path)?;
    let (new_name, new) = match &args.new {
        Some(new) => side(new, &args.path)?,
        None => (here, Project::read(&args.path)?),
    };
    let complete = |project: &Project| project.compiled.model.is_some();
    let difference = slowburn::difference(&model(&old), complete(&old), &model(&new), complete(&new));
    let format = match args.format {
        DiffFormat::Human => DifferenceFormat::Human { color: stdout::color() },
        DiffFormat::Markdown => DifferenceFormat::Markdown,
        DiffFormat::Json => DifferenceFormat::Json,
    };
    let compared = |name, project| -> Compared<'_> { compared(name, project) };
    let text = render::difference(&difference, compared(&old_name, &old), compared(&new_name, &new), format);
    stdout::painted(&text)?;
    Ok(if complete(&old) && complete(&new) { Ending::Clean } else { Ending::Problems })
}

fn compared<'a>(name: &'a str, project: &'a Project) -> Compared<'a> {
    Compared { name, sources: &project.sources, problems: &project.compiled.problems }
}

/// A directory, or else a revision; with what people call it.
fn side(named: &str, path: &Path) -> Result<(String, Project), Failure> {
    if Path::new(named).is_dir() {
        return Ok((shown(Path::new(named), Path::new("")), Project::read(Path::new(named))?));
    }
    Ok((named.to_owned(), revision::read(named, path)?))
}

/// What is meant, or as much of it as could be understood.
fn model(project: &Project) -> Cow<'_, Model> {
    match &project.compiled.model {
        Some(model) => Cow::Borrowed(model),
        None => Cow::Owned(slowburn::model_of(&project.sources)),
    }
}
