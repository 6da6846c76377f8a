//! `slowburn check`: problems only.

use crate::args::{Check, Format};
use crate::ending::{Ending, Failure};
use crate::sources::Project;
use crate::{ask, problems, schema, stderr, watch};

/// Shows the problems; with `--watch` again and again.
pub fn run(args: &Check) -> Result<Ending, Failure> {
    if !args.watch {
        return once(args);
    }
    let words = |ending| match ending {
        Ending::Clean => "no errors",
        Ending::Problems => "there are errors",
    };
    watch::run(&args.sources.slos, || once(args).map(words).map(str::to_owned))
}

/// Compiles in memory and shows the problems.
fn once(args: &Check) -> Result<Ending, Failure> {
    let mut project = Project::read(&args.sources.slos)?;
    if let Some(address) = &args.prometheus {
        let live = ask::live(&slowburn::model_of(&project.sources), address, &args.connection)?;
        project = project.against(&live);
        if args.format == Format::Human {
            let metrics = live.contract.families.values().filter(|family| !family.shapes.is_empty()).count();
            stderr::print(&format!(
                "held against {address}: it has series of {metrics} metrics that are read\n"
            ));
        }
    }
    problems::show(&project, args.format)?;
    schema::remind(&args.sources.slos);
    Ok(if project.compiled.model.is_some() { Ending::Clean } else { Ending::Problems })
}
