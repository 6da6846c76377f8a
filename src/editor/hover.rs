//! The meaning of a place: a problem's page, a promise in numbers, the rules of an SLI, the description of a key, a metric's labels.

use super::actions::touch;
use super::cursor::is_query;
use super::cursor::{Cursor, PlaceKind, cursor};
use super::exposed::contract;
use super::query::word_at;
use super::{Project, language, parameters};
use crate::contract::{Family, Values};
use crate::derive;
use crate::diagnostic::Code;
use crate::emit;
use crate::explain::{explain, explain_companion};
use crate::inert;
use crate::lower;
use crate::model::Slo;
use crate::pages;
use crate::plan::{Group, Rule, ServicePlan, SloPlan};
use crate::source::{SourceId, Span};

/// The text for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The place.
    pub span: Span,
    /// The text, as Markdown.
    pub markdown: String,
}

/// The most values of a label that are shown.
const SHOWN: usize = 12;

/// The text for a place, problems first.
pub fn hover(project: Project, source: SourceId, offset: usize) -> Option<Hover> {
    let file = project.sources.file(source);
    let cursor = cursor(&file.text, offset);
    let here = Span { source, start: offset as u32, end: offset as u32 };
    let mut parts = Vec::new();
    let mut codes: Vec<Code> = Vec::new();
    let mut span = Span { source, start: cursor.written.start as u32, end: cursor.written.end as u32 };
    for problem in project.problems.iter().filter(|problem| touch(problem.primary.span, here)) {
        if !codes.contains(&problem.code) {
            span = problem.primary.span;
            parts.push(pages::page(problem.code).to_owned());
            codes.push(problem.code);
        }
    }
    match parameters::named(&file.text, offset).filter(|_| cursor.here != PlaceKind::Nothing) {
        Some(name) => {
            parts.extend(parameters::described(project, source, &cursor.path, &file.text[name]));
        }
        None => parts.extend(metric(project, source, &cursor, offset)),
    }
    parts.extend(meaning(project, source, here));
    if parts.is_empty() && cursor.here != PlaceKind::Nothing {
        let mut path = cursor.path.clone();
        if cursor.here == PlaceKind::Key {
            path.push(file.text[cursor.written.clone()].trim_matches(['"', '\'']).to_owned());
        }
        if let [.., accepted, code] = &path[..]
            && accepted == "accepted"
        {
            parts.extend(Code::named(code).map(|code| pages::page(code).to_owned()));
        }
        parts.extend(language::description(&language::under(&file.path, &path)));
    }
    (!parts.is_empty()).then(|| Hover { span, markdown: parts.join("\n\n---\n\n") })
}

/// Facts about the metric under the cursor.
fn metric(project: Project, source: SourceId, cursor: &Cursor, offset: usize) -> Option<String> {
    let is_query = matches!(cursor.here, PlaceKind::Value) && is_query(&cursor.path);
    let text = &project.sources.file(source).text;
    let word = word_at(text, offset);
    if !is_query {
        return None;
    }
    let contract = contract(project, source)?;
    let (name, family, _) = contract.find(word)?;
    Some(described(name, family))
}

/// A metric with its type, labels and bounds.
pub(super) fn described(name: &str, family: &Family) -> String {
    let mut lines = vec![format!("{}: {}", inert::code(name), family.kind)];
    for shape in &family.shapes {
        for (label, Values { known, more }) in &shape.labels {
            let mut shown: Vec<String> = known.iter().take(SHOWN).map(|value| inert::code(value)).collect();
            let left = (known.len().saturating_sub(SHOWN)) as u64 + more;
            if left > 0 {
                shown.push(format!("{left} more"));
            }
            lines.push(format!("- {}: {}", inert::code(label), shown.join(", ")));
        }
        if !shape.bounds.is_empty() {
            let bounds: Vec<String> = shape.bounds.iter().map(ToString::to_string).collect();
            lines.push(format!("- bounds: {}", bounds.join(", ")));
        }
    }
    lines.join("\n")
}

/// The meaning of the SLO or companion alert whose name, objective or SLI is at this place.
fn meaning(project: Project, source: SourceId, here: Span) -> Option<String> {
    let service = project.service(source)?;
    let of_slo = |slo: &&Slo| touch(slo.places.name, here) || touch(slo.places.objective, here);
    let of_sli = |slo: &&Slo| touch(slo.places.sli, here);
    let of_alert =
        |places: &crate::model::CompanionPlaces| touch(places.name, here) || touch(places.expr, here);
    let named: Vec<&Slo> = service.slos.iter().filter(of_slo).collect();
    let measured: Vec<&Slo> = service.slos.iter().filter(of_sli).collect();
    let alert = service.alerts.iter().find(|alert| of_alert(&alert.places));
    if named.is_empty() && measured.is_empty() && alert.is_none() {
        return None;
    }
    let plan = lower::service(project.model, &derive::service(project.model, service));
    if let Some(alert) = alert {
        let mut companions = plan.companion_alerts();
        let (rule, _, companion) = companions.find(|(.., known)| known.name == alert.name.as_str())?;
        return Some(inert::fenced("text", &explain_companion(companion, rule)));
    }
    let planned = |slo: &Slo| plan.slos.iter().find(|planned| planned.promise.slo == slo.name.as_str());
    if named.is_empty() {
        // Several objectives share one SLI; each has its own rules.
        let parts: Vec<String> =
            measured.into_iter().filter_map(|slo| Some(rules(project, &plan, slo, planned(slo)?))).collect();
        return Some(parts.join("\n\n"));
    }
    let pages: Vec<String> =
        named.into_iter().filter_map(planned).map(|slo| inert::fenced("text", &explain(slo))).collect();
    Some(pages.join("\n\n"))
}

/// The rules that read the series of an SLI, and the number of rules that are derived from them.
fn rules(project: Project, service: &ServicePlan, slo: &Slo, plan: &SloPlan) -> String {
    let reads = |rule: &&Rule| {
        rule.expr.selectors().iter().any(|selector| {
            let name = selector.name.as_deref().unwrap_or_default();
            let parts =
                ["", "_bucket", "_count", "_sum"].map(|part| name.strip_suffix(part).unwrap_or_default());
            slo.readings
                .iter()
                .any(|reading| parts.iter().any(|metric| !metric.is_empty() && reading.reads(metric)))
        })
    };
    let mut all = 0;
    let mut shown = 0;
    let mut groups = Vec::new();
    for group in &plan.groups {
        let rules: Vec<Rule> = group.rules.iter().filter(reads).cloned().collect();
        all += group.rules.len();
        shown += rules.len();
        if !rules.is_empty() {
            groups.push(Group { rules, ..group.clone() });
        }
    }
    let excerpt = emit::excerpt(&lower::project(&derive::derive(project.model)), &groups);
    let alerts: Vec<String> =
        plan.alerts().map(|(severity, alert)| format!("`{}` ({severity})", alert.id.name)).collect();
    let alerts = if alerts.is_empty() { "no alert".to_owned() } else { alerts.join(", ") };
    format!(
        "`{}/{}` reads it in {shown} rules, and makes {} more such rules; its alerts: {alerts}.\n\n{}",
        service.name,
        plan.promise.slo,
        all - shown,
        inert::fenced("yaml", &excerpt)
    )
}

#[cfg(test)]
mod tests {
    use super::described;
    use crate::contract::Contract;
    use crate::source::SourceId;

    #[test]
    fn exposed_texts_are_no_markup() {
        const HOSTILE: &str =
            "# slowburn contract\n\ncounter a_total\n  path: \"\" \"/\" \"a`[x](http://evil)\" \"b\\n# c\"\n";
        let contract = Contract::parse(SourceId(0), HOSTILE).expect("a contract");
        let (name, family, _) = contract.find("a_total").expect("a metric");
        assert_eq!(
            described(name, family),
            "`a_total`: counter\n- `path`: `␣`, `/`, `` a`[x](http://evil) ``, `b␊# c`"
        );
    }
}
