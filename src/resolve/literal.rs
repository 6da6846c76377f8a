//! Finds Prometheus templates in texts where they are not evaluated.

use super::whole;
use crate::ast::{Ast, Map, ProjectFile};
use crate::diagnostic::{Code, Problem, listed};
use crate::scalar::Scalar;
use crate::text::{Burn, Companion, Names};

pub(super) fn all(file: &ProjectFile, ast: &Ast, problems: &mut Vec<Problem>) {
    let mut of = |texts: &mut dyn Iterator<Item = &Scalar>, kind: &str, names: Names| {
        problems.extend(texts.filter_map(|text| find_template(text, kind, names)));
    };
    let burn = ("burn", Burn::NAMES);
    let severities = file.severities.iter().flat_map(|(_, block)| [&block.labels, &block.annotations]);
    let project = [&file.settings.labels, &file.settings.annotations].into_iter().chain(severities);
    of(&mut project.flat_map(values), burn.0, burn.1);
    for service in &ast.services {
        let settings = [&service.settings.labels, &service.settings.annotations];
        let texts = settings.into_iter().flat_map(values).chain(&service.description).chain(&service.owner);
        of(&mut texts.into_iter(), burn.0, burn.1);
        for (_, slo) in &service.slos {
            let settings = [&slo.settings.labels, &slo.settings.annotations];
            of(&mut settings.into_iter().flat_map(values).chain(&slo.description), burn.0, burn.1);
        }
        for (_, alert) in &service.alerts {
            let texts = [&alert.labels, &alert.annotations].into_iter().flat_map(values);
            of(&mut texts.chain(&alert.description), "companion", Companion::NAMES);
        }
    }
}

fn values(map: &Map<Scalar>) -> impl Iterator<Item = &Scalar> {
    map.iter().map(|(_, value)| value)
}

fn find_template(text: &Scalar, kind: &str, names: Names) -> Option<Problem> {
    let start = text.text.find("{{")?;
    let end = text.text[start..].find("}}").map_or(text.text.len(), |length| start + length + 2);
    // Underlines one line only.
    let end = text.text[start..end].find('\n').map_or(end, |length| start + length);
    let problem = Problem::warning(
        Code::InvalidText,
        if end > start { text.place(start, end) } else { whole(text) },
        "templates are not filled in here",
    )
    .label("the alert would show the braces");
    Some(
        problem
            .help("remove it: every alert already has its labels, and the built-in texts print those that distinguish it")
            .help(format!(
                "or write the text for all alerts of this kind, in the project file: `texts: {{ {kind}: {{ description: \"…\" }} }}`, with names such as `<< service >>`; known names are {}",
                listed(names.all)
            )),
    )
}
