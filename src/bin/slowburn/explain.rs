//! `slowburn explain`: the page of a code, or one SLO with its numbers, or one companion alert.

use slowburn::explain::{explain, explain_companion};
use slowburn::pages;

use crate::args::{Explain, Format};
use crate::ending::{Ending, Failure};
use crate::named::Named;
use crate::sources::Project;
use crate::{named, problems, stdout};

/// Prints the page or the SLO.
pub fn run(args: &Explain) -> Result<Ending, Failure> {
    match args.subject.split_once('/') {
        None => {
            stdout::print(pages::page(&args.subject).ok_or_else(|| unknown_code(&args.subject))?)?;
            Ok(Ending::Clean)
        }
        Some((service, slo)) => {
            let project = Project::read(&args.sources.slos)?;
            let Some(plan) = project.compiled.plan() else {
                problems::show(&project, Format::Human)?;
                return Ok(Ending::Problems);
            };
            stdout::print(&match named::any(&plan, service, slo)? {
                Named::Slo(slo) => explain(slo),
                Named::Companion(alert, rule) => explain_companion(alert, rule),
            })?;
            Ok(Ending::Clean)
        }
    }
}

fn unknown_code(code: &str) -> Failure {
    let unknown = Failure::new(format!("no problem has the code `{code}`"));
    match pages::nearest(code) {
        Some(nearest) => unknown.and(&format!("did you mean `{nearest}`?")),
        None => unknown.and(&format!(
            "there are {}; an SLO is named with its service, as in `api/availability`",
            named::list(pages::PAGES.iter().map(|(code, _)| (*code).to_owned())),
        )),
    }
}
