//! `slowburn explain`: the page of a code, or one SLO with its numbers, or one companion alert; by its name, or by that of an alert.

use std::path::Path;

use slowburn::diagnostic::{Code, alternatives};
use slowburn::explain::{contents, explain, explain_companion};
use slowburn::pages;
use slowburn::vocabulary::distance;

use crate::args::{Explain, Format};
use crate::ending::{Ending, Failure};
use crate::named::Named;
use crate::sources::{Project, shown};
use crate::{named, problems, stdout};

pub fn run(args: &Explain) -> Result<Ending, Failure> {
    let folder = args.sources.slos.to_string_lossy();
    if Path::new(&args.subject).is_dir() && !args.sources.slos.is_dir() {
        let after = if args.subject == "slos" { String::new() } else { format!(" {}", args.subject) };
        return Err(Failure::new(format!("`{}` is a directory: it comes last", args.subject))
            .and(&format!("write `slowburn explain {folder}{after}`")));
    }
    match args.subject.split_once('/') {
        None => {
            match Code::named(in_brackets(&args.subject)) {
                Some(code) => stdout::print(pages::page(code))?,
                None => stdout::print(&service(args)?)?,
            }
            Ok(Ending::Clean)
        }
        Some((service, slo)) => {
            let project = Project::read(&args.sources.slos, args.chosen.environment.as_deref())?;
            let compiled = &project.compiled;
            let Some(plan) = compiled.outline_of(service, slo).or_else(|| compiled.outline()) else {
                problems::show(&project, Format::Human)?;
                return Ok(Ending::Problems);
            };
            stdout::print(&text(&named::any(&plan, service, slo)?))?;
            Ok(Ending::Clean)
        }
    }
}

fn text(named: &Named) -> String {
    match named {
        Named::Slo(slo) => explain(slo),
        Named::Companion(alert, rule) => explain_companion(alert, rule),
    }
}

/// The code of `error[unknown-key]`.
fn in_brackets(word: &str) -> &str {
    let inner = word.split_once('[').and_then(|(_, inner)| inner.split(']').next());
    inner.unwrap_or(word).trim()
}

/// Lists what can be explained in a service.
fn service(args: &Explain) -> Result<String, Failure> {
    let name = in_brackets(&args.subject);
    let slos = &args.sources.slos;
    let asked = shown(slos, Path::new(""));
    if asked != "slos" && !slos.exists() && slos.parent() == Some(Path::new("")) {
        let unknown = Failure::new(format!("there is no directory `{asked}`"));
        return Err(unknown.and(&format!("for an SLO, write `slowburn explain {name}/{asked}`")));
    }
    let project = Project::read(slos, args.chosen.environment.as_deref());
    if let Err(failure) = project {
        // Without definitions the name can only be a code.
        return Err(if slos.is_dir() { failure } else { unknown_code(name, [].into_iter(), None) });
    }
    let plan = project.ok().and_then(|project| project.compiled.outline());
    let services = plan.iter().flat_map(|plan| &plan.services);
    match services.clone().find(|service| service.name == name) {
        Some(service) => Ok(contents(service)),
        None => {
            if let Some(named) = plan.as_ref().and_then(|plan| named::of_alert(plan, name)) {
                return Ok(text(&named));
            }
            let slos = plan.as_ref().map(|plan| named::meant(plan, name)).unwrap_or_default();
            if pages::nearest(name).is_none() && !slos.is_empty() {
                let unknown = Failure::new(format!("there is no problem code and no service `{name}`"));
                return Err(unknown.and(&format!("did you mean {}?", alternatives(&slos))));
            }
            let example = plan
                .as_ref()
                .and_then(|plan| plan.slos().next())
                .map(|slo| format!("{}/{}", slo.promise.service, slo.promise.slo));
            Err(unknown_code(name, services.map(|service| service.name.as_str()), example))
        }
    }
}

fn unknown_code<'a>(code: &str, services: impl Iterator<Item = &'a str>, slo: Option<String>) -> Failure {
    let unknown = Failure::new(format!("there is no problem code and no service `{code}`"));
    let near =
        services.filter_map(|service| Some((distance(code, service, 1 + service.len() / 4)?, service)));
    let service = near.min_by_key(|(distance, _)| *distance).map(|(_, service)| service);
    match service.or_else(|| pages::nearest(code)) {
        Some(nearest) => unknown.and(&format!("did you mean `{nearest}`?")),
        None => unknown.and(&format!(
            "a problem shows its code in brackets, as in `error[missing-key]`: write `slowburn explain missing-key`; for an SLO write `slowburn explain {}`",
            slo.as_deref().unwrap_or("api/availability"),
        )),
    }
}
