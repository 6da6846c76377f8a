//! `slowburn explain`: the page of a code, or one SLO with its numbers.

use slowburn::pages;
use slowburn::plan::{Plan, SloPlan};

use crate::args::{Explain, Format};
use crate::ending::{Ending, Failure};
use crate::sources::Project;
use crate::{problems, stdout};

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
            let found =
                slos(&plan).find(|found| found.promise.service == service && found.promise.slo == slo);
            let found = found.ok_or_else(|| unknown_slo(&plan, service, slo))?;
            stdout::print(&slowburn::explain::explain(found))?;
            Ok(Ending::Clean)
        }
    }
}

fn slos(plan: &Plan) -> impl Iterator<Item = &SloPlan> {
    plan.services.iter().flat_map(|service| &service.slos)
}

fn unknown_code(code: &str) -> Failure {
    let unknown = Failure::new(format!("no problem has the code `{code}`"));
    match pages::nearest(code) {
        Some(nearest) => unknown.and(&format!("did you mean `{nearest}`?")),
        None => unknown.and(&format!(
            "there are {}; an SLO is named with its service, as in `api/availability`",
            list(pages::PAGES.iter().map(|(code, _)| (*code).to_owned())),
        )),
    }
}

/// Says what there is: of that service, or else in all.
fn unknown_slo(plan: &Plan, service: &str, slo: &str) -> Failure {
    let name = |slo: &SloPlan| format!("{}/{}", slo.promise.service, slo.promise.slo);
    let asked = format!("{service}/{slo}");
    let unknown = Failure::new(format!("there is no SLO `{asked}`"));
    let nearest = slos(plan)
        .map(|slo| (strsim::damerau_levenshtein(&asked, &name(slo)), name(slo)))
        .filter(|(distance, _)| *distance <= 4)
        .min();
    if let Some((_, nearest)) = nearest {
        return unknown.and(&format!("did you mean `{nearest}`?"));
    }
    if plan.services.iter().any(|known| known.name == service) {
        let of_service = slos(plan).filter(|slo| slo.promise.service == service);
        return unknown.and(&format!("there are {}", list(of_service.map(name))));
    }
    unknown.and(&format!("there are {}", list(slos(plan).map(name))))
}

/// The first of them, and how many more there are.
fn list(names: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 60;
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}
