//! `slowburn status`: the state of every SLO on a running server.

use slowburn::Compiled;
use slowburn::diagnostic::alternatives;
use slowburn::plan::Plan;
use slowburn::status::{Gate, human, is_named, json, markdown, status};

use crate::args::{Status, TableFormat};
use crate::ending::{Ending, Failure};
use crate::{ask, named, problems, stdout};

/// Prints the state; exit code 1 if the gate fails.
pub fn run(args: &Status) -> Result<Ending, Failure> {
    // After errors the state is unknown. Exit code 2 shows that this is not the gate's result.
    let plan = problems::required(&args.sources.slos, &args.chosen, Compiled::outline)?;
    known(&plan, &args.only)?;
    let answers = ask::answers(&plan, &args.only, &args.prometheus, &args.connection)?;
    let (below, frozen, allow_missing) = (args.fail_below, args.fail_frozen, args.allow_missing);
    let gate = (below.is_some() || frozen).then_some(Gate { below, frozen, allow_missing });
    let status = status(&plan, &args.only, &answers, gate);
    stdout::painted(&match args.format {
        TableFormat::Human => human(&status, stdout::is_terminal().then(stdout::width), stdout::color()),
        TableFormat::Markdown => markdown(&status),
        TableFormat::Json => json(&status),
    })?;
    Ok(if status.passes() { Ending::Clean } else { Ending::Problems })
}

/// Refuses names that match no SLO: a gate without SLOs would always pass.
pub fn known(plan: &Plan, named: &[String]) -> Result<(), Failure> {
    if plan.slos().next().is_none() {
        return Err(Failure::new("there is no SLO in these definitions"));
    }
    for name in named {
        if !plan.slos().any(|slo| is_named(slo, std::slice::from_ref(name))) {
            return Err(Failure::new(format!("there is no service and no SLO `{name}`")).and(
                &match named::meant(plan, name).as_slice() {
                    [] => "name a service, as in `--only api`, or an SLO, as in `--only api/availability`"
                        .to_owned(),
                    meant => format!("did you mean {}?", alternatives(meant)),
                },
            ));
        }
    }
    Ok(())
}
