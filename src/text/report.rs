//! The report's page: one HTML template for all languages, with its words by name in one file per language.
//!
//! The page's template is minijinja with its usual `{{ }}`, and escapes everything that it prints. Words are templates with `<< >>`, like all texts,
//! and are escaped when the page prints them. Texts of the sources are values in both, never templates.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};
use serde::Serialize;

use crate::inert;
use crate::model::Language;

/// The templates of the page, in the order in which they include each other.
const PARTS: [(&str, &str); 8] = [
    ("month.html", include_str!("report/month.html")),
    ("page.html", include_str!("report/page.html")),
    ("summary.html", include_str!("report/summary.html")),
    ("service.html", include_str!("report/service.html")),
    ("slo.html", include_str!("report/slo.html")),
    ("alerts.html", include_str!("report/alerts.html")),
    ("notified.html", include_str!("report/notified.html")),
    ("simulator.html", include_str!("report/simulator.html")),
];

const STYLE: &str = include_str!("report/style.css");

/// Computes the effect of an outage in the reader's browser.
const SIMULATOR: &str = include_str!("report/simulator.js");

/// Opens the right page from the index, if there are many pages.
const SPLIT: &str = include_str!("report/split.js");

/// The file of a service's page, if it has a page of its own.
pub fn page_of(service: &str) -> String {
    // Names of services have no `_`.
    format!("{service}{}.html", if service == "index" { "_" } else { "" })
}

/// A link on a page: inside it, or to the page with its target. `page` is `None` if there is only one page, empty for the index, or a service's name.
fn on(href: &str, page: Option<&str>) -> String {
    let (Some(page), Some(place)) = (page, href.strip_prefix('#')) else { return href.to_owned() };
    let of_service = ["service_", "slo_"].iter().find_map(|kind| place.strip_prefix(kind));
    let simulated = place.strip_prefix("simulate?slo=").and_then(|slo| slo.split('/').next());
    let target = match (of_service, simulated) {
        (Some(rest), _) => rest.split('_').next().unwrap_or_default(),
        (None, Some(service)) => service,
        (None, None) => "",
    };
    match target {
        _ if target == page => href.to_owned(),
        "" => format!("index.html{href}"),
        service => format!("{}{href}", page_of(service)),
    }
}

/// The page with these values.
pub fn report(language: Language, values: &impl Serialize) -> String {
    let page = environment(language).get_template("page.html").expect("the built-in templates have names");
    page.render(minijinja::value::Serde(values)).expect("the built-in templates are tested")
}

/// The page of a month with these values.
pub fn month(language: Language, values: &impl Serialize) -> String {
    let page = environment(language).get_template("month.html").expect("the built-in templates have names");
    page.render(minijinja::value::Serde(values)).expect("the built-in templates are tested")
}

/// A text of the report with values for its names.
pub fn phrase(language: Language, name: &str, values: &[(&str, &str)]) -> String {
    let values = Value::from_pairs(values.iter().copied());
    filled(words(language), name, values).expect("the built-in texts are tested")
}

/// All words whose names have this prefix, without it.
pub fn words_of(language: Language, beginning: &str) -> BTreeMap<&'static str, &'static str> {
    let within = |(name, text): (&&'static str, &&'static str)| Some((name.strip_prefix(beginning)?, *text));
    words(language).texts.iter().filter_map(within).collect()
}

/// The words of one language.
struct ReportWords {
    texts: BTreeMap<&'static str, &'static str>,
    templates: Environment<'static>,
}

fn words(language: Language) -> &'static ReportWords {
    static ENGLISH: LazyLock<ReportWords> = LazyLock::new(|| read(include_str!("en/report.txt")));
    static SPANISH: LazyLock<ReportWords> = LazyLock::new(|| read(include_str!("es/report.txt")));
    match language {
        Language::English => &ENGLISH,
        Language::Spanish => &SPANISH,
    }
}

fn read(file: &'static str) -> ReportWords {
    let texts = super::entries(file);
    let mut templates = Environment::new();
    templates.set_syntax(super::SYNTAX.clone());
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in texts.iter().filter(|(_, text)| is_template(text)) {
        templates.add_template(name, text).expect("the built-in texts are tested");
    }
    ReportWords { texts, templates }
}

fn filled(words: &ReportWords, name: &str, values: Value) -> Result<String, Error> {
    match words.texts.get(name) {
        Some(text) if !is_template(text) => Ok((*text).to_owned()),
        Some(_) | None => words.templates.get_template(name)?.render(values),
    }
}

fn is_template(text: &str) -> bool {
    text.contains("<<") || text.contains("<%")
}

fn environment(language: Language) -> &'static Environment<'static> {
    static ENGLISH: LazyLock<Environment> = LazyLock::new(|| page(Language::English));
    static SPANISH: LazyLock<Environment> = LazyLock::new(|| page(Language::Spanish));
    match language {
        Language::English => &ENGLISH,
        Language::Spanish => &SPANISH,
    }
}

fn page(language: Language) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build().expect("the delimiters are the usual ones"));
    environment.set_formatter(|out, state, value| match (state.auto_escape(), value.as_str()) {
        (AutoEscape::Html, Some(text)) if !value.is_safe() => {
            escaped(text, |part| out.write_str(part).map_err(Error::from))
        }
        _ => escape_formatter(out, state, value),
    });
    environment.add_function("say", move |name: String, values: Kwargs| -> Result<String, Error> {
        filled(words(language), &name, Value::from(values))
            .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("{name}: {error}")))
    });
    environment.add_filter("on", |href: String, page: Option<String>| on(&href, page.as_deref()));
    environment.add_global("split", Value::from_safe_string(SPLIT.to_owned()));
    environment.add_global("style", Value::from_safe_string(STYLE.to_owned()));
    environment.add_global("simulator", Value::from_safe_string(SIMULATOR.to_owned()));
    for (name, text) in PARTS {
        environment.add_template(name, text).expect("the built-in templates are tested");
    }
    environment
}

/// Escapes a text for an HTML element or a quoted attribute, and makes invisible characters visible. Minijinja would escape every `/`, too.
fn escaped(text: &str, mut write: impl FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
    for part in inert::text(text).split_inclusive(['&', '<', '>', '"', '\'']) {
        let (plain, entity) = match part.as_bytes().last() {
            Some(b'&') => (&part[..part.len() - 1], "&amp;"),
            Some(b'<') => (&part[..part.len() - 1], "&lt;"),
            Some(b'>') => (&part[..part.len() - 1], "&gt;"),
            Some(b'"') => (&part[..part.len() - 1], "&quot;"),
            Some(b'\'') => (&part[..part.len() - 1], "&#39;"),
            _ => (part, ""),
        };
        write(plain)?;
        write(entity)?;
    }
    Ok(())
}

/// Data as JSON for a `<script>` of data. Invisible characters are made visible, and no text can end the element, begin a comment or be markup.
pub fn script_data(data: &impl Serialize) -> String {
    let json = serde_json::to_string_pretty(data).expect("texts and numbers are JSON");
    let mut escaped = String::with_capacity(json.len());
    for c in inert::text(&json).chars() {
        match c {
            '<' | '>' | '&' => escaped += &format!("\\u{:04x}", c as u32),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that templates use.
    fn asked() -> impl Iterator<Item = &'static str> {
        let asks = PARTS.iter().flat_map(|(_, text)| text.split("say(\"").skip(1));
        asks.filter_map(|rest| Some(rest.split_once('"')?.0))
    }

    #[test]
    fn every_language_has_every_text_of_the_report() {
        let names = |language| words(language).texts.keys().copied().collect::<Vec<_>>();
        for (_, language) in Language::ALL {
            assert_eq!(names(language), names(Language::English));
            assert!(words(language).texts.values().all(|text| !text.is_empty()));
            for name in asked().filter(|name| !name.ends_with('.')) {
                assert!(words(language).texts.contains_key(name), "{name}");
            }
        }
        assert!(names(Language::English).len() > 50);
    }

    #[test]
    fn script_data_contains_no_markup() {
        let text = script_data(&["</script><!-- <script>", "a\u{2028}b & \"c\""]);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        let read: Vec<String> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read, ["</script><!-- <script>", "a⟨U+2028⟩b & \"c\""]);
    }
}
