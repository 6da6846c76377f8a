//! `texts`: the user's templates for alerts, checked before they are used.

use super::{secrets, whole};
use crate::ast::{Key, Map};
use crate::diagnostic::{Code, Problem, listed};
use crate::model::{Wording, Wordings};
use crate::scalar::Scalar;
use crate::text::{self, FaultKind, MOST_BYTES, MOST_WORDS, Names};
use crate::vocabulary::{Placeholder, nearest};

/// All templates.
pub(super) fn all(blocks: &Map<Map<Scalar>>, problems: &mut Vec<Problem>) -> Wordings {
    const KINDS: [&str; 4] = ["burn", "budget", "missing", "companion"];
    let mut wordings = Wordings::default();
    for (key, block) in blocks {
        let (wording, names) = match key.text.as_str() {
            "burn" => (&mut wordings.burn, text::Burn::NAMES),
            "budget" => (&mut wordings.budget, text::Budget::NAMES),
            "missing" => (&mut wordings.missing, text::Missing::NAMES),
            "companion" => (&mut wordings.companion, text::Companion::NAMES),
            _ => {
                problems.push(unknown(key, &KINDS));
                continue;
            }
        };
        *wording = self::wording(block, names, problems);
    }
    wordings
}

fn unknown(key: &Key, kinds: &[&str]) -> Problem {
    let problem = Problem::error(Code::UnknownKey, key.span, "there is no such kind of alert");
    match nearest(&key.text, kinds) {
        Some(name) => {
            problem.label(format!("did you mean `{name}`?")).fix(format!("write `{name}`"), key.span, name)
        }
        None => problem.help(format!("the kinds are {}", listed(kinds))),
    }
}

fn wording(block: &Map<Scalar>, names: Names, problems: &mut Vec<Problem>) -> Wording {
    let mut wording = Wording::default();
    secrets::published(block.iter().map(|(_, template)| template), problems);
    for (key, template) in block {
        let found = text::faults(&template.text, names);
        if let Some(problem) = otherwise(template, &found, names) {
            problems.push(problem);
            continue;
        }
        if found.is_empty() {
            let place = if key.text == "summary" { &mut wording.summary } else { &mut wording.description };
            *place = Some(template.text.clone());
        }
        problems.extend(found.into_iter().map(|fault| problem(template, fault, names)));
    }
    wording
}

/// The problem of a name that is written as in another language: `{service}`, `${service}`, `{{ $labels.service }}`.
fn otherwise(template: &Scalar, faults: &[text::Fault], names: Names) -> Option<Problem> {
    if !faults.iter().all(|fault| fault.kind == FaultKind::Prometheus) {
        return None;
    }
    let text = &template.text;
    if let Some(at) = text.find("{%").filter(|_| text.contains("endif %}")) {
        let place = template.place(at, at + 2);
        let problem = Problem::error(Code::InvalidText, place, "a condition is written in `<% %>`");
        return Some(problem.help("write `<% if page %>…<% else %>…<% endif %>`"));
    }
    let found = Placeholder::all(text)
        .find(|found| names.all.contains(&found.name) && !text[found.place.clone()].starts_with("<<"))?;
    let place = template.place(found.place.start, found.place.end);
    let meant = format!("<< {} >>", found.name);
    let headline = format!("nothing fills in `{}`", &text[found.place]);
    let problem = Problem::error(Code::InvalidText, place, headline).label("a name is written in `<< >>`");
    Some(problem.fix(format!("write `{meant}`"), place, meant))
}

/// Names with their Spanish words.
const SPANISH: &[(&str, &[&str])] = &[
    ("page", &["pagina", "paginar", "urgente"]),
    ("service", &["servicio", "job"]),
    ("name", &["nombre", "alerta", "alert"]),
    ("value", &["valor"]),
    ("description", &["descripcion", "resumen"]),
    ("objective", &["objetivo", "meta"]),
    ("window", &["ventana"]),
    ("owner", &["propietario", "dueno", "equipo", "team"]),
    ("budget_left", &["presupuesto", "budget", "queda", "restante"]),
    ("which", &["labels", "cual", "cuales", "etiquetas"]),
];

fn problem(template: &Scalar, fault: text::Fault, names: Names) -> Problem {
    let place = match fault.kind {
        FaultKind::Empty => whole(template),
        _ => template.place(fault.place.start, fault.place.end),
    };
    let of = |headline: &str| Problem::error(Code::InvalidText, place, headline);
    let known = format!("known names are {}", listed(names.all));
    match fault.kind {
        FaultKind::Unknown(name) => {
            let problem = of("this name is not known in this text");
            let spanish = SPANISH.iter().find(|(_, words)| words.contains(&name.to_lowercase().as_str()));
            let spanish = spanish.map(|(ours, _)| *ours).filter(|ours| names.all.contains(ours));
            match spanish.or_else(|| nearest(&name, names.all)) {
                Some(near) => {
                    problem.label(format!("did you mean `{near}`?")).fix(format!("write `{near}`"), place, near)
                }
                None => problem.help(known),
            }
        }
        FaultKind::Syntax(message) => of("this template has a syntax error").label(message).help(
            "write a name as `<< service >>`, and a condition as `<% if page %>…<% else %>…<% endif %>`",
        ),
        FaultKind::Long => of("this text is too long").label("it must end before this").help(format!(
            "a text has at most {MOST_BYTES} bytes, and at most {MOST_WORDS} names, words and signs in its tags"
        )),
        FaultKind::Refused => of("only names and conditions are allowed in a text")
            .label("this could work for one alert and fail for another")
            .help("write `<< service >>`, or `<% if page %>…<% endif %>` with `==`, `!=`, `and`, `or` and `not`")
            .help(known),
        FaultKind::Compared(name) => of("this value is not known before the alert fires, so it cannot be compared")
            .label(format!("Prometheus fills in `{name}`"))
            .help("print it, or test only whether it exists: `<% if which %>`"),
        FaultKind::Prometheus => of("templates of Prometheus are not allowed in a text")
            .label("the proofs could not know the result")
            .help(format!("write a name in `<< >>`: {known}")),
        FaultKind::Empty => of("this text is empty").help("remove it to keep the built-in text"),
    }
}
