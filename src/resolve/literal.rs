//! Finds Prometheus templates in texts where they are not evaluated.

use super::whole;
use crate::ast::{Ast, Map, ProjectFile};
use crate::diagnostic::{Code, Problem, listed};
use crate::scalar::Scalar;
use crate::text::{Burn, Companion, Names};

/// Annotations that slowburn writes.
pub(super) const OURS: [&str; 2] = ["summary", "description"];

/// The texts of burn-rate alerts, and the names in them.
pub(super) const BURN: (&str, Names) = ("burn", Burn::NAMES);

/// The texts of companion alerts, and the names in them.
pub(super) const COMPANION: (&str, Names) = ("companion", Companion::NAMES);

pub(super) fn all(file: &ProjectFile, ast: &Ast, problems: &mut Vec<Problem>) {
    let mut of = |texts: &mut dyn Iterator<Item = &Scalar>, kind: &str, names: Names| {
        problems.extend(texts.filter_map(|text| find_template(text, kind, names)));
    };
    let burn = BURN;
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
            of(&mut texts.chain(&alert.description), COMPANION.0, COMPANION.1);
        }
    }
}

/// The values of labels or annotations. Those that slowburn writes itself are reported as such.
fn values(map: &Map<Scalar>) -> impl Iterator<Item = &Scalar> {
    map.iter().filter(|(key, _)| !OURS.contains(&key.text.as_str())).map(|(_, value)| value)
}

/// A text with names in `<< >>` instead of templates of Prometheus, if all of them are known.
pub(super) fn translated(text: &str, names: Names) -> Option<String> {
    let mut translated = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inner, after) = after.split_once("}}")?;
        let word = inner.split('|').next().unwrap_or_default().trim();
        let word = word.trim_start_matches("humanize").trim_start_matches("Percentage").trim();
        let name = match word.trim_start_matches("$labels.").trim_start_matches(".Labels.") {
            "$value" | ".Value" if names.all.contains(&"value") => "value",
            "$value" | ".Value" => "error_ratio",
            "job" | "service" => "service",
            "alertname" if names.all.contains(&"name") => "name",
            "alertname" => "slo",
            label if label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => "which",
            _ => return None,
        };
        translated += &format!("{before}<< {name} >>");
        rest = after;
    }
    translated += rest;
    (translated.len() <= 200 && !translated.contains(['"', '\n', '\\'])).then_some(translated)
}

fn find_template(text: &Scalar, kind: &str, names: Names) -> Option<Problem> {
    let start = text.text.find("{{")?;
    let end = text.text[start..].find("}}").map_or(text.text.len(), |length| start + length + 2);
    // Underlines one line only.
    let end = text.text[start..end].find('\n').map_or(end, |length| start + length);
    let own = translated(&text.text, names);
    let link = text.text[..start]
        .split_once("://")
        .map(|(scheme, rest)| format!("{scheme}://{}", rest.split('/').next().unwrap_or_default()));
    let problem = Problem::warning(
        Code::InvalidText,
        if end > start { text.place(start, end) } else { whole(text) },
        "templates are not filled in here",
    )
    .label("the alert would show the braces");
    if let Some(base) = link.filter(|base| !base.ends_with('/')) {
        return Some(problem.help(format!("write the address without it: `{}`", &text.text[..start])).help(format!(
            "or, for links to the dashboards that slowburn makes, write in the project file: `links: {{ grafana: {base} }}`"
        )));
    }
    if let Some(own) = own {
        return Some(problem.help(format!(
            "write the text for all alerts of this kind, in the project file: `texts: {{ {kind}: {{ description: \"{own}\" }} }}`"
        )).help("or remove it: every alert already has its labels, and the built-in texts print those that distinguish it"));
    }
    Some(
        problem
            .help("remove it: every alert already has its labels, and the built-in texts print those that distinguish it")
            .help(format!(
                "or write the text for all alerts of this kind, in the project file: `texts: {{ {kind}: {{ description: \"…\" }} }}`, with names such as `<< service >>`; known names are {}",
                listed(names.all)
            )),
    )
}
