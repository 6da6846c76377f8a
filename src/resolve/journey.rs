//! Journeys: SLOs over other SLOs, of the same service or of others. The parts are resolved after all files are read.

use std::collections::{BTreeMap, BTreeSet};

use super::values::{self, Promise};
use super::{innermost, slices, whole};
use crate::ast::{Ast, JourneyBlock, Settings};
use crate::diagnostic::{self, Code, Problem};
use crate::model::{Agreed, Budgeting, Part, Service, Sli, Slo};
use crate::scalar::Scalar;
use crate::source::Span;
use crate::vocabulary::{Duration, Name, Objective, SEARCHED};

/// Limits the time for suggestions.
const MOST_SEARCHED: usize = 5_000;

const NOT_A_PART: &str = "a part of a journey must name a service and an SLO";

/// Limits the work: each part is a rule that is evaluated every thirty seconds, and a line on dashboards.
const MOST: usize = 20;

/// The default length of a slice.
const SLICE: Duration = Duration::from_secs(60);

/// The parts as they are written. [`link`] fills in their objectives per slice.
pub(super) fn parts(
    block: &JourneyBlock,
    promise: Option<&Promise>,
    (ast, own): (&Ast, &str),
    problems: &mut Vec<Problem>,
) -> Option<Vec<Part>> {
    let before = problems.len();
    if !block.understood {
        return None;
    }
    if block.parts.len() < 2 {
        let (headline, help) = match block.parts.first() {
            None => (
                "this journey has no parts".to_owned(),
                "write the SLOs that it includes: `[proxy/availability, api/availability]`".to_owned(),
            ),
            Some(one) if !one.text.contains('/') => {
                let meant = match named_by(ast, own, one.text.trim()) {
                    all if all.len() > 1 => all.join(", "),
                    _ => "proxy/availability, api/availability".to_owned(),
                };
                (
                    "this journey has only one part".to_owned(),
                    format!("write two or more SLOs as `service/slo`: `journey: [{meant}]`"),
                )
            }
            Some(one) => (
                "this journey has only one part".to_owned(),
                format!(
                    "add a second SLO, such as `journey: [{}, {}]`, or remove this journey: `{}` is an SLO already",
                    shown(one),
                    another(ast, own, one.text.trim()),
                    shown(one)
                ),
            ),
        };
        problems.push(Problem::error(Code::InvalidJourney, block.key, headline).help(help));
        return None;
    }
    if let Some(more) = block.parts.get(MOST) {
        let headline = format!("a journey has more than {MOST} parts");
        problems.push(
            Problem::error(Code::InvalidJourney, whole(more), headline)
                .help("remove parts that no request depends on, or write two journeys"),
        );
    }
    let is_part = |written: &Scalar| written.text.split_once('/').is_some();
    if let ([first, _, ..], true) = (block.parts.as_slice(), block.parts.iter().all(|part| !is_part(part))) {
        // All of them are written in the same wrong way: one problem.
        let words = block.parts.iter().map(|part| part.text.trim());
        let is_service = |word: &str| ast.services.iter().any(|file| file.name.text.trim() == word);
        let services: Vec<&str> = words.clone().filter(|word| is_service(word)).collect();
        let named = |word: &str| {
            if let Some((service, slo)) = word.split_once(['.', ':']) {
                return Some(format!("{}/{}", Name::parse(service.trim())?, Name::parse(slo.trim())?));
            }
            let word = Name::parse(word)?;
            let known = named_by(ast, own, word.as_str()).into_iter().next();
            Some(known.unwrap_or_else(|| match services.is_empty() {
                true => format!("{own}/{word}"),
                false => format!("{word}/availability"),
            }))
        };
        if let Some(all) = words.map(named).collect::<Option<Vec<String>>>() {
            let problem = Problem::error(Code::InvalidJourney, whole(first), NOT_A_PART);
            let of = services.iter().find_map(|service| {
                let slos = named_by(ast, own, service);
                (slos.len() > 1).then(|| format!("the SLOs of `{service}` are {}", diagnostic::listed(&slos)))
            });
            let problem = match services.contains(&first.text.trim()) {
                true => problem.label("this is a service"),
                false => problem.label("expected `service/slo`"),
            }
            .help(format!("write `journey: [{}]`", all.join(", ")));
            problems.push(match of {
                Some(of) => problem.help(of),
                None => problem,
            });
            return None;
        }
    }
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut parts = Vec::new();
    for written in block.parts.iter().take(MOST) {
        let place = whole(written);
        if let Some(first) = seen.insert(written.text.trim(), place) {
            problems.push(
                Problem::error(
                    Code::InvalidJourney,
                    place,
                    format!("`{}` is a part of this journey twice", shown(written)),
                )
                .and(first, "the first is here")
                .help("remove one"),
            );
            continue;
        }
        let names = written.text.trim().split_once('/');
        match names.and_then(|(service, slo)| Some((Name::parse(service)?, Name::parse(slo)?))) {
            Some((service, slo)) => parts.extend(promise.map(|promise| Part {
                service,
                slo,
                objective: promise.objective,
                several: false,
                planned: None,
                agreed: Agreed::default(),
                place,
            })),
            None => {
                let text = written.text.trim();
                let problem = Problem::error(Code::InvalidJourney, place, NOT_A_PART);
                let mut names = text.splitn(2, ['.', ':', '/']).map(|name| Name::parse(name.trim()));
                problems.push(match (names.next().flatten(), names.next().flatten()) {
                    (Some(service), Some(slo)) => {
                        problem.fix(format!("write `{service}/{slo}`"), place, format!("{service}/{slo}"))
                    }
                    (Some(word), None) => {
                        let known = named_by(ast, own, word.as_str());
                        let problem = problem.label("expected `service/slo`");
                        match known.as_slice() {
                            [] => problem.help(format!(
                                "write its service before it; in this service it is `{own}/{word}`"
                            )),
                            [one] => problem.fix(format!("write `{one}`"), place, one.as_str()),
                            all => problem.help(format!("write {}", diagnostic::alternatives(all))),
                        }
                    }
                    _ => problem
                        .label("expected `service/slo`")
                        .help("write `api/availability` for the SLO `availability` of the service `api`"),
                });
            }
        }
    }
    (problems.len() == before && !parts.is_empty()).then_some(parts)
}

/// An SLO that is no journey and not `one`: of this service, or else of another one.
fn another(ast: &Ast, own: &str, one: &str) -> String {
    let all = ast
        .services
        .iter()
        .flat_map(|service| service.slos.iter().map(move |(key, slo)| (service, key, slo)));
    let all = all.filter(|(.., slo)| slo.sli.journey.is_none());
    let names = all.map(|(service, key, _)| {
        (service.name.text.as_str() != own, format!("{}/{}", service.name.text.trim(), key.text))
    });
    let other = names.filter(|(_, name)| name != one).min_by_key(|(is_other, _)| *is_other);
    other.map_or("api/availability".to_owned(), |(_, name)| name)
}

/// The SLOs that a name without a slash may stand for: the SLO of this service, all SLOs of the service with this name, or the SLOs of other services.
fn named_by(ast: &Ast, own: &str, word: &str) -> Vec<String> {
    let files = || ast.services.iter();
    let of = |wanted: &dyn Fn(&str, &str) -> bool| -> Vec<String> {
        let all = files().flat_map(|file| file.slos.iter().map(move |(slo, block)| (file, slo, block)));
        let parts =
            all.take(MOST_SEARCHED).filter(|(.., block)| block.sli.journey.is_none() && !block.several);
        parts
            .map(|(file, slo, _)| (file.name.text.trim(), slo.text.as_str()))
            .filter(|(service, slo)| wanted(service, slo))
            .map(|(service, slo)| format!("{service}/{slo}"))
            .take(MOST)
            .collect()
    };
    let of_own = of(&|service, slo| service == own && slo == word);
    let of_service = if of_own.is_empty() { of(&|service, _| service == word) } else { of_own };
    if of_service.is_empty() { of(&|_, slo| slo == word) } else { of_service }
}

/// A written text, shortened for a headline.
fn shown(written: &Scalar) -> String {
    written.text.trim().chars().take(130).collect()
}

/// The slices of a journey. `budgeting: timeslices` is optional here.
pub(super) fn budgeting(
    levels: [&Settings; 3],
    promise: Option<&Promise>,
    problems: &mut Vec<Problem>,
) -> Option<Budgeting> {
    let own = levels[2].budgeting.as_ref();
    match own.filter(|written| written.text.trim() != "timeslices") {
        Some(written) if written.text.trim() == "occurrences" => {
            problems.push(
                Problem::error(
                    Code::InvalidJourney,
                    whole(written),
                    "a journey counts slices of time, not events",
                )
                .label("its parts count different kinds of events")
                .help("remove it; `slice: { length: 5m }` says how long a slice is"),
            );
            return None;
        }
        Some(_) => return slices::budgeting(levels, problems),
        None => {}
    }
    let slice = innermost(levels.map(|level| level.slice.as_ref()));
    let length = match slice {
        Some(slice) => slices::slice_length(slice, problems),
        None => Some(SLICE),
    };
    let objective = match slice.and_then(|slice| slice.objective.as_ref()) {
        Some(written) => values::promise(written, problems).map(|promise| promise.objective),
        None => promise.map(|promise| promise.objective),
    };
    Some(Budgeting::Timeslices { length: length?, objective: objective? })
}

/// The problem of `by` in a journey, which is one promise.
pub(super) fn keeps_nothing(block: &JourneyBlock, by: Span) -> Problem {
    Problem::error(Code::InvalidJourney, by, "a journey cannot have `by`")
        .label("its parts may not have these labels")
        .and(block.key, "a part with `by` is read as a whole: all its values together")
        .help("remove `by`, or write one journey for each value, of SLOs with only that value")
}

/// What is needed from an SLO that may be a part.
struct PartCandidate {
    objective: Objective,
    several: bool,
    planned: Option<String>,
    agreed: Agreed,
    is_journey: bool,
}

/// Finds the parts of every journey. Parts in services that are absent in this environment are left out, and journeys without any part, too.
pub(super) fn link(
    services: &mut [Service],
    ast: &Ast,
    problems: &mut Vec<Problem>,
    undefined: &mut Vec<Problem>,
) {
    if !services.iter().flat_map(|service| &service.slos).any(|slo| matches!(slo.sli, Sli::Journey { .. })) {
        return;
    }
    let known: BTreeMap<Name, BTreeMap<Name, PartCandidate>> =
        services.iter().map(|service| (service.name.clone(), slos(service))).collect();
    let asked = asked(ast);
    for service in services {
        let name = service.name.clone();
        service.slos.retain_mut(|slo| {
            let Sli::Journey { parts } = &slo.sli else { return true };
            let own = (&name, &slo.name);
            let all = parts.iter().filter(|part| !ast.absent.contains(part.service.as_str()));
            let found: Vec<Part> = all
                .filter_map(|part| linked(part, own, &known, problems, undefined))
                .map(|part| match (&slo.budgeting, asked.contains(&slo.places.sli)) {
                    (Budgeting::Timeslices { objective, .. }, true) => Part { objective: *objective, ..part },
                    _ => part,
                })
                .collect();
            fill(slo, found)
        });
    }
}

/// The SLIs of journeys whose `slice` has an objective for every part.
fn asked(ast: &Ast) -> BTreeSet<Span> {
    let outer = ast.project.as_ref().and_then(|project| project.settings.slice.as_ref());
    let mut asked = BTreeSet::new();
    for service in &ast.services {
        for (_, block) in &service.slos {
            let levels = [outer, service.settings.slice.as_ref(), block.settings.slice.as_ref()];
            if innermost(levels).is_some_and(|slice| slice.objective.is_some()) {
                asked.insert(block.sli.span);
            }
        }
    }
    asked
}

fn slos(service: &Service) -> BTreeMap<Name, PartCandidate> {
    let known = |slo: &Slo| PartCandidate {
        objective: slo.objective,
        several: !slo.by.is_empty(),
        planned: slo.planned.clone(),
        agreed: slo.agreed.clone(),
        is_journey: matches!(slo.sli, Sli::Journey { .. }),
    };
    service.slos.iter().map(|slo| (slo.name.clone(), known(slo))).collect()
}

fn linked(
    part: &Part,
    own: (&Name, &Name),
    known: &BTreeMap<Name, BTreeMap<Name, PartCandidate>>,
    problems: &mut Vec<Problem>,
    undefined: &mut Vec<Problem>,
) -> Option<Part> {
    let mut refused = |headline: String, help: &str| {
        problems.push(Problem::error(Code::InvalidJourney, part.place, headline).help(help));
    };
    if (&part.service, &part.slo) == own {
        refused(format!("`{}` is a part of itself", part.name()), "name the SLOs that it includes");
        return None;
    }
    let Some(service) = known.get(&part.service) else {
        // A name that is near may be in any service.
        let all: Vec<String> = if undefined.len() < SEARCHED { names(known, own) } else { Vec::new() };
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let headline = format!("there is no service `{}`", part.service);
        undefined.push(values::undefined(part.place, headline, &part.name(), &all));
        return None;
    };
    let Some(found) = service.get(&part.slo) else {
        let all: Vec<String> = service
            .iter()
            .filter(|(_, slo)| !slo.is_journey && undefined.len() < SEARCHED)
            .map(|(slo, _)| format!("{}/{slo}", part.service))
            .collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let headline = format!("service `{}` has no SLO `{}`", part.service, part.slo);
        undefined.push(values::undefined(part.place, headline, &part.name(), &all));
        return None;
    };
    if found.is_journey {
        refused(
            format!("`{}` is also a journey", part.name()),
            "name its parts instead: an SLO can be part of several journeys",
        );
        return None;
    }
    Some(Part {
        objective: found.objective,
        several: found.several,
        planned: found.planned.clone(),
        agreed: found.agreed.clone(),
        ..part.clone()
    })
}

/// The names of all SLOs that can be a part.
fn names(known: &BTreeMap<Name, BTreeMap<Name, PartCandidate>>, own: (&Name, &Name)) -> Vec<String> {
    let all =
        known.iter().flat_map(|(service, slos)| slos.iter().map(move |(slo, known)| (service, slo, known)));
    let parts = all.filter(|(service, slo, known)| !known.is_journey && (*service, *slo) != own);
    parts.map(|(service, slo, _)| format!("{service}/{slo}")).collect()
}

/// Sets the parts, and what follows from them. Returns whether there are any.
fn fill(slo: &mut Slo, parts: Vec<Part>) -> bool {
    slo.sli = Sli::Journey { parts };
    let Some(strictest) = slo.strictest().map(|part| part.objective) else { return false };
    if let Budgeting::Timeslices { objective, .. } = &mut slo.budgeting {
        *objective = strictest;
    }
    let reasons: Option<Vec<String>> =
        slo.parts().iter().map(|part| Some(format!("{}: {}", part.name(), part.planned.as_ref()?))).collect();
    slo.planned = reasons.map(|reasons| reasons.join("; "));
    true
}
