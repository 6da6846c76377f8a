//! Finds the SLO that is named on the command line.

use slowburn::plan::{Plan, SloPlan};

use crate::ending::Failure;

/// The SLO of a service, or what there is instead.
pub fn slo<'a>(plan: &'a Plan, service: &str, slo: &str) -> Result<&'a SloPlan, Failure> {
    let found = slos(plan).find(|found| found.promise.service == service && found.promise.slo == slo);
    found.ok_or_else(|| unknown(plan, service, slo))
}

fn slos(plan: &Plan) -> impl Iterator<Item = &SloPlan> {
    plan.services.iter().flat_map(|service| &service.slos)
}

/// Says what there is: of that service, or else in all.
fn unknown(plan: &Plan, service: &str, slo: &str) -> Failure {
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
pub fn list(names: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 60;
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}
