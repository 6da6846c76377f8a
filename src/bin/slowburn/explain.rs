//! `slowburn explain`: the page of a code, or one SLO with its numbers, or one companion alert.

use slowburn::explain::{companions, explain, explain_companion};
use slowburn::pages;
use slowburn::plan::{Companion, Plan, SloPlan};

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
            let mut alerts = plan.services.iter().flat_map(companions);
            let page = match found {
                Some(found) => explain(found),
                None => {
                    let named = |(alert, _): &(&Companion, _)| alert.service == service && alert.name == slo;
                    let (alert, rule) = alerts.find(named).ok_or_else(|| unknown_slo(&plan, service, slo))?;
                    explain_companion(alert, rule)
                }
            };
            stdout::print(&page)?;
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
    let asked = format!("{service}/{slo}");
    let unknown = Failure::new(format!("there is no SLO and no alert `{asked}`"));
    let nearest = names(plan)
        .map(|name| (strsim::damerau_levenshtein(&asked, &name), name))
        .filter(|(distance, _)| *distance <= 4)
        .min();
    if let Some((_, nearest)) = nearest {
        return unknown.and(&format!("did you mean `{nearest}`?"));
    }
    if plan.services.iter().any(|known| known.name == service) {
        let of_service = names(plan).filter(|name| name.split('/').next() == Some(service));
        return unknown.and(&format!("there are {}", list(of_service)));
    }
    unknown.and(&format!("there are {}", list(names(plan))))
}

/// What can be explained, by service.
fn names(plan: &Plan) -> impl Iterator<Item = String> {
    plan.services.iter().flat_map(|service| {
        let slos = service.slos.iter().map(|slo| format!("{}/{}", service.name, slo.promise.slo));
        slos.chain(companions(service).map(|(alert, _)| format!("{}/{}", service.name, alert.name)))
    })
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
