//! Prints problems in the chosen format.

use std::path::Path;

use slowburn::Compiled;
use slowburn::diagnostic::{Accepted, Problem};
use slowburn::plan::Plan;
use slowburn::render::{self, render_all};
use slowburn::source::Sources;

use crate::args::{Chosen, Format};
use crate::ending::Failure;
use crate::sources::Project;
use crate::{stderr, stdout};

/// The plan of definitions, to ask a server about it. Prints the problems if there is none.
pub fn required(slos: &Path, chosen: &Chosen, plan: fn(&Compiled) -> Option<Plan>) -> Result<Plan, Failure> {
    let project = Project::read(slos, chosen.environment.as_deref())?;
    if let Some(plan) = plan(&project.compiled) {
        return Ok(plan);
    }
    show(&project, Format::Human)?;
    Err(Failure::new("the definitions have errors, so the server was not asked"))
}

/// Prints the problems of a project: for people on stderr, for programs on stdout.
pub fn show(project: &Project, format: Format) -> Result<(), Failure> {
    all(&project.compiled.problems, &project.compiled.accepted, &project.sources, format)
}

/// Prints these problems.
pub fn shown(problems: &[Problem], sources: &Sources, format: Format) -> Result<(), Failure> {
    all(problems, &[], sources, format)
}

fn all(
    problems: &[Problem],
    accepted: &[Accepted],
    sources: &Sources,
    format: Format,
) -> Result<(), Failure> {
    let format = match format {
        Format::Human => render::Format::Human { color: stderr::color() },
        Format::Json => render::Format::Json,
        Format::Github => render::Format::Github,
        Format::Sarif => render::Format::Sarif,
    };
    let text = render_all(problems, accepted, sources, format);
    if let render::Format::Human { .. } = format {
        stderr::painted(&text);
        return Ok(());
    }
    stdout::print(&text)
}
