//! `slowburn drift`: where the rules of a server, and the routes of an Alertmanager, differ from the compiled ones.

use slowburn::Compiled;
use slowburn::drift::{drift, human, json, routes};
use slowburn::emit;

use crate::address::Address;
use crate::args::{Drift, DriftFormat};
use crate::ending::{Ending, Failure};
use crate::{ask, problems, stdout};

/// Prints the differences; exit code 1 if there are any.
pub fn run(args: &Drift) -> Result<Ending, Failure> {
    let plan = problems::required(&args.sources.slos, &args.chosen, Compiled::plan)?;
    let rules = match &args.prometheus {
        Some(address) => Some(drift(&plan, &ask::rules(address, &args.connection)?)),
        None => None,
    };
    let routes = match &args.alertmanager {
        Some(address) => {
            let compiled = emit::routes(&plan).ok_or_else(|| {
                Failure::new("the definitions have no `alertmanager`, so there are no routes to compare")
                    .and("write `alertmanager` in the project file: slowburn help notifications")
            })?;
            Some(routes::routes(&compiled, &ask::routes(address, &args.connection)?))
        }
        None => None,
    };
    let shown = |address: &Option<Address>| address.as_ref().map(Address::to_string).unwrap_or_default();
    stdout::painted(&match args.format {
        DriftFormat::Human => {
            let rules = rules.as_ref().map(|drift| human(drift, &shown(&args.prometheus)));
            let routes = routes.as_ref().map(|found| routes::human(found, &shown(&args.alertmanager)));
            rules.unwrap_or_default() + &routes.unwrap_or_default()
        }
        DriftFormat::Json => json(rules.as_ref(), routes.as_ref()),
    })?;
    let clean = rules.is_none_or(|drift| drift.findings.is_empty())
        && routes.is_none_or(|routes| routes.findings.is_empty());
    Ok(if clean { Ending::Clean } else { Ending::Problems })
}
