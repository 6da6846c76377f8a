//! Texts for people, from one folder of templates per language.
//!
//! Templates are minijinja with `<< >>` and `<% %>`, so that Prometheus' own `{{ }}` pass through. They are strict: an unknown name is an error, and
//! the tests find it.

mod dashboards;
mod markdown;
mod report;
pub mod runbooks;
mod template;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::model::{Language, Wording, Wordings};

pub use dashboards::Dashboards;
pub use markdown::{Fences, below};
pub use report::{island, month, page_of, report, say, words_of};
pub use template::{Fault, FaultKind, MOST_BYTES, MOST_WORDS, Names, faults};

/// What the texts about a promise are filled with.
#[derive(Clone, Debug, Serialize)]
pub struct Promised<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The SLO's name.
    pub slo: &'a str,
    /// What a good event is, in the author's words; may be empty.
    pub description: &'a str,
    /// `99.9%`.
    pub objective: &'a str,
    /// `30d`; empty for a calendar period.
    pub rolling: &'a str,
    /// `month` or `quarter`; empty for a rolling period.
    pub calendar: &'a str,
    /// The time zone of a calendar period.
    pub zone: &'a str,
    /// ` (env: production)`, or nothing.
    pub which: &'a str,
    /// `1h`: the window of the error ratio.
    pub window: &'a str,
    /// The error ratio in it, or the template that asks for it.
    pub error_ratio: &'a str,
    /// What is left of the budget, or the template that asks for it.
    pub budget_left: &'a str,
    /// How long that lasts at this error ratio, or the template that asks for it.
    pub budget_lasts: &'a str,
    /// What the service is, in the author's words; may be empty.
    pub of: &'a str,
    /// The runbook's name; may be empty.
    pub runbook: &'a str,
    /// Whether somebody is wanted now.
    pub page: bool,
    /// Who looks after the service; may be empty.
    pub owner: &'a str,
}

/// What a burn alert's texts are filled with.
#[derive(Clone, Debug, Serialize)]
pub struct Burn<'a> {
    /// The promise.
    #[serde(flatten)]
    pub promised: Promised<'a>,
    /// The burn rate now, or the template that asks for it.
    pub burn_rate: &'a str,
}

impl Burn<'_> {
    /// What an author's texts may name.
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

/// What the texts about a budget of which little is left are filled with.
#[derive(Clone, Debug, Serialize)]
pub struct Budget<'a> {
    /// The promise.
    #[serde(flatten)]
    pub promised: Promised<'a>,
    /// `25%`: less than that is left.
    pub below: &'a str,
    /// `30%`: the alert ends when so much is left again.
    pub until: &'a str,
    /// What is agreed to be done; may be empty.
    pub agreed: &'a str,
}

impl Budget<'_> {
    /// What an author's texts may name.
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

/// What the texts about missing events are filled with.
#[derive(Clone, Debug, Serialize)]
pub struct Missing<'a> {
    /// The service's name.
    pub service: &'a str,
    /// How long nothing came.
    pub after: &'a str,
    /// The SLOs without events, or the template that asks for them.
    pub which: &'a str,
    /// How many they are.
    pub count: &'a str,
    /// What the service is, in the author's words; may be empty.
    pub of: &'a str,
    /// Whether somebody is wanted now.
    pub page: bool,
    /// Who looks after the service; may be empty.
    pub owner: &'a str,
}

impl Missing<'_> {
    /// What an author's texts may name.
    pub const NAMES: Names = Names {
        all: &["service", "after", "which", "count", "of", "page", "owner"],
        later: &["which", "count"],
    };
}

/// What a companion alert's texts are filled with.
#[derive(Clone, Debug, Serialize)]
pub struct Companion<'a> {
    /// The service's name.
    pub service: &'a str,
    /// The alert's name.
    pub name: &'a str,
    /// What is wrong, in the author's words; may be empty.
    pub description: &'a str,
    /// What the service is, in the author's words; may be empty.
    pub of: &'a str,
    /// `, instance api-1`, or nothing, or the template that asks for it.
    pub which: &'a str,
    /// How long it held before it was told; empty if it was told at once.
    pub held: &'a str,
    /// Its value, or the template that asks for it; empty if it says nothing more.
    pub value: &'a str,
    /// The runbook's name; may be empty.
    pub runbook: &'a str,
    /// Whether somebody is wanted now.
    pub page: bool,
}

impl Companion<'_> {
    /// What an author's texts may name.
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
    /// What else there is to say.
    pub description: String,
}

/// The texts of a burn alert, in the author's words where there are any.
pub fn burn(language: Language, own: &Wordings, burn: &Burn) -> Texts {
    let [summary, description, ..] = templates(language);
    said(&own.burn, [summary, description], burn)
}

/// The texts of an alert of what is left of a budget, likewise.
pub fn budget(language: Language, own: &Wordings, budget: &Budget) -> Texts {
    said(&own.budget, budget_templates(language), budget)
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

/// A share of which nothing is recorded yet, as part of a sentence.
pub fn unknown_part(language: Language) -> &'static str {
    match language {
        Language::English => "an unknown part",
        Language::Spanish => "una parte desconocida",
    }
}

/// A time of which nothing is recorded yet, as part of a sentence.
pub fn unknown_time(language: Language) -> &'static str {
    match language {
        Language::English => "an unknown time",
        Language::Spanish => "un tiempo desconocido",
    }
}

/// The texts of an alert about missing events, likewise.
pub fn missing(language: Language, own: &Wordings, missing: &Missing) -> Texts {
    let [_, _, summary, description, ..] = templates(language);
    said(&own.missing, [summary, description], missing)
}

fn said(own: &Wording, [summary, description]: [&'static str; 2], values: &impl Serialize) -> Texts {
    let say = |own: &Option<String>, template| match own {
        Some(own) => trimmed(
            ENVIRONMENT
                .render_str(own, minijinja::value::Serde(values))
                .expect("templates with faults are problems"),
        ),
        None => render(template, values),
    };
    Texts { summary: say(&own.summary, summary), description: say(&own.description, description) }
}

/// The texts of a companion alert, likewise.
pub fn companion(language: Language, own: &Wordings, companion: &Companion) -> Texts {
    let [.., summary, description] = templates(language);
    said(&own.companion, [summary, description], companion)
}

/// What the templates of notifications are made with.
#[derive(Clone, Debug, Serialize)]
pub struct Notification<'a> {
    /// The label `severity` of pages, as Go's templates write a text.
    pub page: &'a str,
    /// The template that prints when an alert began.
    pub starts: &'a str,
    /// The template that prints when it ended.
    pub ends: &'a str,
}

/// The templates of notifications, which Alertmanager fills in.
pub fn notification(language: Language, made: &Notification) -> String {
    #[derive(Serialize)]
    struct Values<'a> {
        #[serde(flatten)]
        made: &'a Notification<'a>,
        lang: &'a str,
        say: BTreeMap<&'a str, String>,
    }
    let say = |name| (name, say(language, &format!("notification.{name}"), &[]));
    let values = Values {
        made,
        lang: if language == Language::Spanish { "es" } else { "en" },
        say: ["resolved", "since", "until", "dashboard", "silence"].map(say).into(),
    };
    render(NOTIFICATION, values) + "\n"
}

/// Made once for each way in which a channel reads texts: as they are, Slack's, and Markdown.
const NOTIFICATION: &str = include_str!("notification.tmpl");

/// Summary and description of a burn, then of missing events, then of a companion alert.
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

/// What an alert says that silences what another leaves behind.
pub fn aftermath(language: Language, service: &str, of: &str) -> String {
    #[derive(Serialize)]
    struct Values<'a> {
        service: &'a str,
        of: &'a str,
    }
    render(left_behind(language), Values { service, of })
}

fn left_behind(language: Language) -> &'static str {
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
    let values = minijinja::value::Serde(&values);
    let template = ENVIRONMENT.get_template(template).expect("the built-in templates have names");
    trimmed(template.render(values).expect("the built-in templates are tested"))
}

/// Delimiters that leave those of Prometheus alone.
static SYNTAX: LazyLock<SyntaxConfig> = LazyLock::new(|| {
    SyntaxConfig::builder()
        .block_delimiters("<%", "%>")
        .variable_delimiters("<<", ">>")
        .comment_delimiters("<#", "#>")
        .build()
        .expect("the delimiters differ")
});

/// Every template by its text, read once.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_syntax(SYNTAX.clone());
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for template in Language::ALL.into_iter().flat_map(|(_, language)| {
        let texts =
            templates(language).into_iter().chain(budget_templates(language)).chain([left_behind(language)]);
        texts.chain(runbooks::templates(language))
    }) {
        environment.add_template(template, template).expect("the built-in templates are tested");
    }
    environment.add_template(NOTIFICATION, NOTIFICATION).expect("the built-in templates are tested");
    environment
});

/// A file of texts, in which `[name]` stands above each.
fn entries(file: &'static str) -> BTreeMap<&'static str, &'static str> {
    let entries = file.strip_prefix('[').into_iter().flat_map(|rest| rest.split("\n["));
    entries.filter_map(|entry| entry.split_once("]\n")).map(|(name, text)| (name, text.trim_end())).collect()
}

/// A text that Prometheus is not to expand: every `{{` is written so that its templates print it.
pub fn inert(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(values: &impl Serialize) -> std::collections::BTreeSet<String> {
        let value = serde_json::to_value(values).expect("texts are JSON");
        value.as_object().expect("a map").keys().cloned().collect()
    }

    #[test]
    fn every_language_has_every_text() {
        let promised = Promised {
            service: "api",
            slo: "availability",
            description: "",
            objective: "99.9%",
            rolling: "30d",
            calendar: "",
            zone: "",
            which: "",
            window: "1h",
            error_ratio: "17.3%",
            budget_left: "80%",
            budget_lasts: "4h 8m",
            runbook: "",
            page: false,
            owner: "",
            of: "",
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
            let [budget_left, error_ratio, budget_lasts] = ["24%", "0.3%", "2d 3h"];
            let promised = Promised { budget_left, error_ratio, budget_lasts, ..promised.clone() };
            let values = Budget { promised, below: "25%", until: "30%", agreed: "" };
            assert_eq!(names(&values), Budget::NAMES.all.iter().map(|&name| name.to_owned()).collect());
            let texts = budget(language, &Wordings::default(), &values);
            for said in ["25%", "2d 3h"] {
                assert!(texts.summary.contains(said), "{}", texts.summary);
            }
            for said in ["24%", "1h", "0.3%", "2d 3h", "30%"] {
                assert!(texts.description.contains(said), "{}", texts.description);
            }
            // What is overspent lasts no more; what is agreed stands in place of advice.
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
            let values = Missing {
                service: "api",
                after: "15m",
                which: "latency",
                count: "1",
                of: "",
                page: false,
                owner: "",
            };
            assert_eq!(names(&values), Missing::NAMES.all.iter().map(|&name| name.to_owned()).collect());
            assert!(missing(language, &Wordings::default(), &values).description.contains("latency"));
            let values = Companion {
                service: "api",
                name: "disk_full",
                description: "",
                of: "",
                which: ", instance api-1",
                held: "10m",
                value: "",
                runbook: "",
                page: true,
            };
            assert_eq!(names(&values), Companion::NAMES.all.iter().map(|&name| name.to_owned()).collect());
            let texts = companion(language, &Wordings::default(), &values);
            assert!(texts.summary.contains("disk_full"), "{}", texts.summary);
        }
    }
}
