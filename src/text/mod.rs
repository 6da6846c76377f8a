//! Texts for people, from one folder of templates per language.
//!
//! Templates are minijinja with `<< >>` and `<% %>`, so that Prometheus' own `{{ }}` remain as they are. They are strict: an unknown name is an
//! error, and the tests find it.

mod dashboards;
mod markdown;
mod report;
pub mod runbooks;
mod template;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::model::{Language, Wording, Wordings};

pub use dashboards::Dashboards;
pub use markdown::{Fences, below};
pub use report::{month, page_of, phrase, report, script_data, words_of};
pub use template::{Fault, FaultKind, MOST_BYTES, MOST_WORDS, Names, faults};

/// What the texts about a promise are filled with.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Promised<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The SLO's name.
    pub slo: &'a str,
    /// The description of the SLO in the source; may be empty.
    pub description: &'a str,
    /// `99.9%`.
    pub objective: &'a str,
    /// `30d`; empty for a calendar period.
    pub rolling: &'a str,
    /// `month` or `quarter`; empty for a rolling period.
    pub calendar: &'a str,
    /// The time zone of a calendar period.
    pub zone: &'a str,
    /// ` (env: production)`, or empty.
    pub which: &'a str,
    /// `1h`: the window of the error ratio.
    pub window: &'a str,
    /// The error ratio in it, or a template for it.
    pub error_ratio: &'a str,
    /// The same with its article, for sentences of the built-in texts: `el 3,3 %`.
    pub failed: &'a str,
    /// The remaining budget, or a template for it.
    pub budget_left: &'a str,
    /// The same with its article, for sentences of the built-in texts.
    pub remains: &'a str,
    /// How long it lasts at this error ratio, or a template for it.
    pub budget_lasts: &'a str,
    /// The description of the service in the source; may be empty.
    pub of: &'a str,
    /// The runbook's name; may be empty.
    pub runbook: &'a str,
    /// Whether it is a page.
    pub page: bool,
    /// The owner of the service; may be empty.
    pub owner: &'a str,
}

/// The values for the texts of a burn alert.
#[derive(Clone, Debug, Serialize)]
pub struct Burn<'a> {
    /// The promise.
    #[serde(flatten)]
    pub promised: Promised<'a>,
    /// The burn rate now, or a template for it.
    pub burn_rate: &'a str,
}

impl Burn<'_> {
    /// The names that the user's texts can use.
    pub const NAMES: Names = Names {
        all: &[
            "service",
            "slo",
            "description",
            "objective",
            "rolling",
            "calendar",
            "zone",
            "which",
            "burn_rate",
            "window",
            "error_ratio",
            "budget_left",
            "budget_lasts",
            "runbook",
            "page",
            "owner",
            "of",
        ],
        later: &["which", "burn_rate", "error_ratio", "budget_left", "budget_lasts"],
    };
}

/// The values for the texts of a budget alert.
#[derive(Clone, Debug, Serialize)]
pub struct Budget<'a> {
    /// The promise.
    #[serde(flatten)]
    pub promised: Promised<'a>,
    /// The line: the alert fires if less is left. `25%`, as in the sources, so that templates can compare it.
    pub below: &'a str,
    /// The same as the language writes it, for the built-in texts.
    pub line: &'a str,
    /// The alert stops if so much is left: `30%`.
    pub until: &'a str,
    /// The action of the error budget policy; may be empty.
    pub agreed: &'a str,
}

impl Budget<'_> {
    /// The names that the user's texts can use.
    pub const NAMES: Names = Names {
        all: &[
            "service",
            "slo",
            "description",
            "objective",
            "rolling",
            "calendar",
            "zone",
            "which",
            "below",
            "until",
            "budget_left",
            "window",
            "error_ratio",
            "budget_lasts",
            "agreed",
            "runbook",
            "page",
            "owner",
            "of",
        ],
        later: &["which", "budget_left", "error_ratio", "budget_lasts"],
    };
}

/// The values for the texts about missing events.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Missing<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The time without events before the alert fires.
    pub after: &'a str,
    /// The SLOs without events, or a template for them.
    pub which: &'a str,
    /// Their number.
    pub count: &'a str,
    /// The description of the service in the source; may be empty.
    pub of: &'a str,
    /// Whether it is a page.
    pub page: bool,
    /// The owner of the service; may be empty.
    pub owner: &'a str,
}

impl Missing<'_> {
    /// The names that the user's texts can use.
    pub const NAMES: Names = Names {
        all: &["service", "after", "which", "count", "of", "page", "owner"],
        later: &["which", "count"],
    };
}

/// The values for the texts of a companion alert.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Companion<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The alert's name.
    pub name: &'a str,
    /// The description of the alert in the source; may be empty.
    pub description: &'a str,
    /// The description of the service in the source; may be empty.
    pub of: &'a str,
    /// `, instance api-1`, or empty, or a template for it.
    pub which: &'a str,
    /// How long the condition was true before the alert fired; empty without `for`.
    pub held: &'a str,
    /// The value of the expression, or a template for it; empty if it adds nothing.
    pub value: &'a str,
    /// The runbook's name; may be empty.
    pub runbook: &'a str,
    /// Whether it is a page.
    pub page: bool,
}

impl Companion<'_> {
    /// The names that the user's texts can use.
    pub const NAMES: Names = Names {
        all: &["service", "name", "description", "of", "which", "held", "value", "runbook", "page"],
        later: &["which", "value"],
    };
}

/// One alert's texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// One line.
    pub summary: String,
    /// The details.
    pub description: String,
}

/// The texts of a burn alert; those of the user, if there are any.
pub fn burn(language: Language, own: &Wordings, burn: &Burn) -> Texts {
    let [summary, description, ..] = templates(language);
    render_texts(&own.burn, [summary, description], burn)
}

/// The texts of a budget alert, in the same way.
pub fn budget(language: Language, own: &Wordings, budget: &Budget) -> Texts {
    render_texts(&own.budget, budget_templates(language), budget)
}

fn budget_templates(language: Language) -> [&'static str; 2] {
    match language {
        Language::English => {
            [include_str!("en/budget.summary.txt"), include_str!("en/budget.description.txt")]
        }
        Language::Spanish => {
            [include_str!("es/budget.summary.txt"), include_str!("es/budget.description.txt")]
        }
    }
}

/// The texts of an alert about missing events, in the same way.
pub fn missing(language: Language, own: &Wordings, missing: &Missing) -> Texts {
    let [_, _, summary, description, ..] = templates(language);
    render_texts(&own.missing, [summary, description], missing)
}

fn render_texts(own: &Wording, [summary, description]: [&'static str; 2], values: &impl Serialize) -> Texts {
    let values = Value::from(minijinja::value::Serde(values));
    let phrase = |own: &Option<String>, template| match own {
        Some(own) => {
            trimmed(ENVIRONMENT.render_str(own, values.clone()).expect("templates with faults are problems"))
        }
        None => rendered(template, values.clone()),
    };
    Texts { summary: phrase(&own.summary, summary), description: phrase(&own.description, description) }
}

/// The texts of a companion alert, in the same way.
pub fn companion(language: Language, own: &Wordings, companion: &Companion) -> Texts {
    let [.., summary, description] = templates(language);
    render_texts(&own.companion, [summary, description], companion)
}

/// The values for the templates of notifications.
#[derive(Clone, Debug, Serialize)]
pub struct Notification<'a> {
    /// The label `severity` of pages, as a string of Go's templates.
    pub page: &'a str,
    /// The template that prints when an alert began.
    pub starts: &'a str,
    /// The template that prints when it ended.
    pub ends: &'a str,
}

/// The templates of notifications, which Alertmanager evaluates.
pub fn notification(language: Language, made: &Notification) -> String {
    #[derive(Serialize)]
    struct Values<'a> {
        #[serde(flatten)]
        made: &'a Notification<'a>,
        lang: &'a str,
        phrase: BTreeMap<&'a str, String>,
    }
    let phrase = |name| (name, phrase(language, &format!("notification.{name}"), &[]));
    let values = Values {
        made,
        lang: if language == Language::Spanish { "es" } else { "en" },
        phrase: ["resolved", "since", "until", "dashboard", "silence"].map(phrase).into(),
    };
    render(NOTIFICATION, values) + "\n"
}

/// Rendered once for each format of channels: plain text, Slack's markup, and Markdown.
const NOTIFICATION: &str = include_str!("notification.tmpl");

/// The templates of summary and description: for a burn alert, for missing events, and for a companion alert.
fn templates(language: Language) -> [&'static str; 6] {
    match language {
        Language::English => [
            include_str!("en/burn.summary.txt"),
            include_str!("en/burn.description.txt"),
            include_str!("en/missing.summary.txt"),
            include_str!("en/missing.description.txt"),
            include_str!("en/companion.summary.txt"),
            include_str!("en/companion.description.txt"),
        ],
        Language::Spanish => [
            include_str!("es/burn.summary.txt"),
            include_str!("es/burn.description.txt"),
            include_str!("es/missing.summary.txt"),
            include_str!("es/missing.description.txt"),
            include_str!("es/companion.summary.txt"),
            include_str!("es/companion.description.txt"),
        ],
    }
}

/// The text of an aftermath alert, which silences other alerts.
pub fn aftermath(language: Language, service: &str, of: &str) -> String {
    #[derive(Serialize)]
    struct Values<'a> {
        service: &'a str,
        of: &'a str,
    }
    render(aftermath_template(language), Values { service, of })
}

fn aftermath_template(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("en/aftermath.summary.txt"),
        Language::Spanish => include_str!("es/aftermath.summary.txt"),
    }
}

fn trimmed(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text
}

fn render(template: &str, values: impl Serialize) -> String {
    rendered(template, minijinja::value::Serde(&values).into())
}

fn rendered(template: &str, values: Value) -> String {
    let template = ENVIRONMENT.get_template(template).expect("the built-in templates have names");
    trimmed(template.render(values).expect("the built-in templates are tested"))
}

/// Delimiters that differ from those of Prometheus.
static SYNTAX: LazyLock<SyntaxConfig> = LazyLock::new(|| {
    SyntaxConfig::builder()
        .block_delimiters("<%", "%>")
        .variable_delimiters("<<", ">>")
        .comment_delimiters("<#", "#>")
        .build()
        .expect("the delimiters differ")
});

/// All templates, parsed once.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_syntax(SYNTAX.clone());
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for template in Language::ALL.into_iter().flat_map(|(_, language)| {
        let texts = templates(language)
            .into_iter()
            .chain(budget_templates(language))
            .chain([aftermath_template(language)]);
        texts.chain(runbooks::templates(language))
    }) {
        environment.add_template(template, template).expect("the built-in templates are tested");
    }
    environment.add_template(NOTIFICATION, NOTIFICATION).expect("the built-in templates are tested");
    environment
});

/// The texts of a file, by the `[name]` above each.
fn entries(file: &'static str) -> BTreeMap<&'static str, &'static str> {
    let entries = file.strip_prefix('[').into_iter().flat_map(|rest| rest.split("\n["));
    entries.filter_map(|entry| entry.split_once("]\n")).map(|(name, text)| (name, text.trim_end())).collect()
}

/// A text that Prometheus prints unchanged: every `{{` is escaped.
pub fn inert(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of values, except those that only the built-in texts use.
    fn names(values: &impl Serialize) -> std::collections::BTreeSet<String> {
        let value = serde_json::to_value(values).expect("texts are JSON");
        let names = value.as_object().expect("a map").keys();
        names.filter(|name| !["failed", "remains", "line"].contains(&name.as_str())).cloned().collect()
    }

    #[test]
    fn every_language_has_every_text() {
        let promised = Promised {
            service: "api",
            slo: "availability",
            objective: "99.9%",
            rolling: "30d",
            window: "1h",
            error_ratio: "17.3%",
            failed: "17.3%",
            budget_left: "80%",
            remains: "80%",
            budget_lasts: "4h 8m",
            ..Promised::default()
        };
        for (_, language) in Language::ALL {
            for page in [true, false] {
                let values =
                    Burn { promised: Promised { page, owner: "web", ..promised.clone() }, burn_rate: "14.4" };
                let own = Wordings::default();
                assert_eq!(names(&values), Burn::NAMES.all.iter().map(|&name| name.to_owned()).collect());
                let texts = burn(language, &own, &values);
                let word = match (language, page) {
                    (Language::English, true) => "PAGE ",
                    (Language::English, false) => "TICKET ",
                    (Language::Spanish, true) => "URGENTE ",
                    (Language::Spanish, false) => "AVISO ",
                };
                assert!(texts.summary.starts_with(word), "{}", texts.summary);
                let title = if page { ["17.3%", "4h 8m"] } else { ["14.4", "80%"] };
                for said in title {
                    assert!(texts.summary.contains(said), "{}", texts.summary);
                }
                for said in if page { &["14.4", "80%"][..] } else { &["1h", "17.3%", "4h 8m", "14.4", "80%"] }
                {
                    assert!(texts.description.contains(said), "{}", texts.description);
                }
            }
            let [remains, failed, budget_lasts] = ["24%", "0.3%", "2d 3h"];
            let promised = Promised { remains, failed, budget_lasts, ..promised.clone() };
            let values = Budget { promised, below: "25%", line: "25%", until: "30%", agreed: "" };
            assert_eq!(names(&values), Budget::NAMES.all.iter().map(|&name| name.to_owned()).collect());
            let texts = budget(language, &Wordings::default(), &values);
            for said in ["25%", "2d 3h"] {
                assert!(texts.summary.contains(said), "{}", texts.summary);
            }
            for said in ["24%", "1h", "0.3%", "2d 3h", "30%"] {
                assert!(texts.description.contains(said), "{}", texts.description);
            }
            // An overspent budget does not last; the agreed action replaces the advice.
            let agreed = "Nothing is deployed.";
            let promised = Promised { page: true, ..values.promised.clone() };
            let gone = Budget { promised, below: "0%", agreed, ..values };
            let [before, after] =
                [&values, &gone].map(|values| budget(language, &Wordings::default(), values));
            assert!(after.summary.contains("0.3%") && !after.summary.contains("2d 3h"), "{}", after.summary);
            assert!(!after.description.contains("2d 3h"), "{}", after.description);
            let advice = ["until the budget recovers", "hasta que el presupuesto se recupere"];
            let advises = |texts: &Texts| advice.iter().any(|advice| texts.description.contains(advice));
            assert!(advises(&before) && !advises(&after), "{before:?} {after:?}");
            assert!(after.description.contains(agreed), "{}", after.description);
            let values =
                Missing { service: "api", after: "15m", which: "latency", count: "1", ..Missing::default() };
            assert_eq!(names(&values), Missing::NAMES.all.iter().map(|&name| name.to_owned()).collect());
            assert!(missing(language, &Wordings::default(), &values).description.contains("latency"));
            let values = Companion {
                service: "api",
                name: "disk_full",
                which: ", instance api-1",
                held: "10m",
                page: true,
                ..Companion::default()
            };
            assert_eq!(names(&values), Companion::NAMES.all.iter().map(|&name| name.to_owned()).collect());
            let texts = companion(language, &Wordings::default(), &values);
            assert!(texts.summary.contains("disk_full"), "{}", texts.summary);
        }
    }
}
