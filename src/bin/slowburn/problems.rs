//! Prints problems in the chosen format.

use slowburn::diagnostic::{Accepted, Problem};
use slowburn::render::{self, render_all};
use slowburn::source::Sources;

use crate::args::Format;
use crate::ending::Failure;
use crate::sources::Project;
use crate::{stderr, stdout};

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
