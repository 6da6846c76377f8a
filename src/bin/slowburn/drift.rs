//! `slowburn drift`: where the rules that a server evaluates are not those that were compiled.

use slowburn::drift::{drift, human, json};

use crate::args::{Drift, Format, Told};
use crate::ending::{Ending, Failure};
use crate::sources::Project;
use crate::{ask, problems, stdout};

/// Prints it; exit code 1 if something differs.
pub fn run(args: &Drift) -> Result<Ending, Failure> {
    let project = Project::read(&args.sources.slos, args.chosen.environment.as_deref())?;
    let Some(plan) = project.compiled.plan() else {
        problems::show(&project, Format::Human)?;
        return Err(Failure::new("the definitions have errors, so nothing was asked"));
    };
    let loaded = ask::rules(&args.prometheus, &args.connection)?;
    let drift = drift(&plan, &loaded);
    stdout::painted(&match args.format {
        Told::Human => human(&drift, &args.prometheus.to_string()),
        Told::Json => json(&drift),
    })?;
    Ok(if drift.findings.is_empty() { Ending::Clean } else { Ending::Problems })
}
