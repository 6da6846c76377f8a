//! What alerts say: the same texts for the rules, where Prometheus fills in the numbers, and for the tests, where they are known.

use crate::model::{Labels, Language};
use crate::plan::{Alert, Companion, Notice, Promise};
use crate::promql::ast::Expr;
use crate::text::{self, Texts};
use crate::vocabulary::{Period, Severity};

/// What is not known before an alert fires.
pub struct Known<'a> {
    /// Values of the labels that the expression brings along.
    pub labels: &'a Labels,
    /// The alert's value.
    pub value: &'a str,
    /// What is left of the budget; empty if there is none.
    pub budget_left: &'a str,
}

/// All annotations of an alert, ready for a rule file if nothing is known yet, or as they are once it fires.
pub fn annotations(language: Language, alert: &Alert, known: Option<&Known>) -> Labels {
    let mut annotations: Labels = alert
        .annotations
        .iter()
        .map(|(name, value)| (name.clone(), if known.is_some() { value.clone() } else { text::inert(value) }))
        .collect();
    let texts = match &alert.notice {
        Notice::Burn { promise, severity, runbook, budget_left } => {
            burn(language, promise, *severity, runbook.as_deref(), budget_left, known)
        }
        Notice::Companion(companion) => self::companion(language, companion, known),
        Notice::Missing { service, after, which } => {
            let after = after.to_string();
            let asked = format!(
                "{{{{ range query {} }}}}{{{{ .Labels.slo }}}} {{{{ end }}}}",
                quoted(&which.to_string())
            );
            let values = text::Missing { service, after: &after, which: &asked, count: "{{ $value }}" };
            text::missing(language, &values)
        }
    };
    annotations.insert("summary".to_owned(), texts.summary);
    annotations.insert("description".to_owned(), texts.description);
    annotations
}

fn burn(
    language: Language,
    promise: &Promise,
    severity: Severity,
    runbook: Option<&str>,
    budget_left: &Expr,
    known: Option<&Known>,
) -> Texts {
    let own = |words: &str| if known.is_some() { words.to_owned() } else { text::inert(words) };
    let which = which(promise, known);
    let (burn_rate, left) = match known {
        Some(known) => (known.value.to_owned(), known.budget_left.to_owned()),
        None => ("{{ $value | printf \"%.1f\" }}".to_owned(), asked(promise, budget_left)),
    };
    let (rolling, calendar, zone) = match &promise.period {
        Period::Rolling(length) => (length.to_string(), "", ""),
        Period::Calendar(unit, zone) => (String::new(), unit.as_str(), zone.name()),
    };
    let description = sentence(&own(promise.description.as_deref().unwrap_or_default()));
    let values = text::Burn {
        service: &promise.service,
        slo: &promise.slo,
        description: &description,
        objective: &promise.objective,
        rolling: &rolling,
        calendar,
        zone,
        which: &which,
        burn_rate: &burn_rate,
        budget_left: &left,
        runbook: &own(runbook.unwrap_or_default()),
        page: severity == Severity::Page,
    };
    text::burn(language, &values)
}

fn companion(language: Language, companion: &Companion, known: Option<&Known>) -> Texts {
    let own = |words: &str| if known.is_some() { words.to_owned() } else { text::inert(words) };
    let description = own(&sentence(companion.description.as_deref().unwrap_or_default()));
    let which: String = companion
        .told
        .iter()
        .map(|label| match known {
            Some(known) => {
                known.labels.get(label).map(|value| format!(", {label} {value}")).unwrap_or_default()
            }
            None => format!("{{{{ with $labels.{label} }}}}, {label} {{{{ . }}}}{{{{ end }}}}"),
        })
        .collect();
    let value = match known {
        _ if !companion.tells_value => String::new(),
        Some(known) => known.value.to_owned(),
        None => "{{ $value | printf \"%.4g\" }}".to_owned(),
    };
    let of = own(companion.of.as_deref().unwrap_or_default().trim().trim_end_matches('.'));
    let held = companion.hold.map(|hold| hold.to_string()).unwrap_or_default();
    let values = text::Companion {
        service: &companion.service,
        name: &companion.name,
        description: &description,
        of: &of.replace(['\n', '\r'], " "),
        which: &which,
        held: &held,
        value: &value,
        runbook: &own(companion.runbook.as_deref().unwrap_or_default()),
        page: companion.severity == Severity::Page,
    };
    text::companion(language, &values)
}

/// ` (env: production)`: which of the promises it is.
fn which(promise: &Promise, known: Option<&Known>) -> String {
    let value = |label: &String| match known {
        Some(known) => known.labels.get(label).cloned().unwrap_or_default(),
        None => format!("{{{{ $labels.{label} }}}}"),
    };
    let parts: Vec<String> = promise.by.iter().map(|label| format!("{label}: {}", value(label))).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// The template that asks Prometheus what is left of the budget, with the alert's own values of the labels that are kept.
fn asked(promise: &Promise, budget_left: &Expr) -> String {
    let query = budget_left.to_string();
    let wanted: String = promise.by.iter().map(|label| format!(",{label}=%q")).collect();
    let values: String = promise.by.iter().map(|label| format!(" $labels.{label}")).collect();
    let query = match query.split_once('}') {
        Some((head, tail)) if !promise.by.is_empty() => {
            let format = format!("{}{wanted}}}{tail}", head.replace('%', "%%"));
            format!("(printf {}{values})", quoted(&format))
        }
        _ => quoted(&query),
    };
    format!("{{{{ with query {query} }}}}{{{{ . | first | value | humanizePercentage }}}}{{{{ end }}}}")
}

/// A string of Go's templates.
fn quoted(text: &str) -> String {
    if text.contains('`') { format!("{text:?}") } else { format!("`{text}`") }
}

/// A description with a full stop.
fn sentence(text: &str) -> String {
    let text = text.trim().replace(['\n', '\r'], " ");
    if text.is_empty() || text.ends_with(['.', '!', '?', '…']) { text } else { format!("{text}.") }
}
