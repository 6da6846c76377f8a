//! `slowburn check`: problems only.

use crate::args::Check;
use crate::ending::{Ending, Failure};
use crate::problems;
use crate::sources::Project;

/// Compiles in memory and shows the problems.
pub fn run(args: &Check) -> Result<Ending, Failure> {
    let project = Project::read(&args.sources.slos)?;
    problems::show(&project, args.format)?;
    Ok(if project.compiled.model.is_some() { Ending::Clean } else { Ending::Problems })
}
