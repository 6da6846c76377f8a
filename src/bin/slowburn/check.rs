//! `slowburn check`: problems only.

use std::collections::BTreeSet;

use slowburn::inert;

use crate::args::{Check, Format};
use crate::ending::{Ending, Failure};
use crate::sources::Project;
use crate::{ask, problems, schema, stderr, unread, watch};

/// Shows the problems; with `--watch` after every change.
pub fn run(args: &Check) -> Result<Ending, Failure> {
    if !args.watch {
        let (ending, project) = once(args)?;
        // The process ends here: to free each part of a large project takes a tenth of the time.
        std::mem::forget(project);
        return Ok(ending);
    }
    let words = |ending| match ending {
        Ending::Clean => "no errors",
        Ending::Problems => "there are errors",
    };
    watch::run(&args.sources.slos, || once(args).map(|(ending, _)| words(ending).to_owned()))
}

/// Compiles in memory and shows the problems.
fn once(args: &Check) -> Result<(Ending, Project), Failure> {
    let (slos, environment) = (&args.sources.slos, args.chosen.environment.as_deref());
    let mut project = match args.prometheus {
        None => Project::read_all(slos, environment)?,
        // A server belongs to one environment.
        Some(_) => Project::read(slos, environment)?,
    };
    if let Some(address) = &args.prometheus {
        let live = ask::live(&project.meant(), address, &args.connection)?;
        project = project.against(&live);
        warn(&live.warnings);
        if args.format == Format::Human {
            let metrics = live.contract.families.values().filter(|family| !family.shapes.is_empty()).count();
            stderr::print(&format!(
                "checked against {address}: it has series of {metrics} metrics that the definitions read\n"
            ));
        }
    }
    problems::show(&project, args.format)?;
    schema::remind(&args.sources.slos);
    unread::remind(&args.sources.slos);
    let ending = if project.compiled.model.is_some() { Ending::Clean } else { Ending::Problems };
    Ok((ending, project))
}

/// Prints the warnings of a server about incomplete answers: a series that the server did not report may exist.
fn warn(warnings: &BTreeSet<String>) {
    const MOST_SHOWN: usize = 10;
    let print = |words: &str| stderr::print(&format!("the server warns: {words}\n"));
    for warning in warnings.iter().take(MOST_SHOWN) {
        print(&inert::line(warning));
    }
    if warnings.len() > MOST_SHOWN {
        print(&format!("… and {} more", warnings.len() - MOST_SHOWN));
    }
}
