//! The short texts of dashboards, by name: one file per language, with `[name]` above each text.

use std::collections::BTreeMap;

use crate::model::Language;

/// All dashboard texts in one language.
pub struct Dashboards {
    texts: BTreeMap<&'static str, &'static str>,
}

impl Dashboards {
    /// The texts in a language.
    pub fn of(language: Language) -> Self {
        Self { texts: texts(language) }
    }

    /// A text without values.
    pub fn phrase(&self, name: &str) -> String {
        self.text(name).to_owned()
    }

    /// The title and the description of a panel.
    pub fn titled(&self, name: &str) -> [String; 2] {
        ["title", "about"].map(|part| self.phrase(&format!("{name}.{part}")))
    }

    /// A text with values for its names.
    pub fn fill(&self, name: &str, values: &[(&str, &str)]) -> String {
        let values: BTreeMap<&str, &str> = values.iter().copied().collect();
        let values = minijinja::value::Serde(&values);
        super::ENVIRONMENT.render_str(self.text(name), values).expect("the built-in templates are tested")
    }

    fn text(&self, name: &str) -> &'static str {
        self.texts.get(name).copied().expect("every language has every text, which the tests see to")
    }
}

fn texts(language: Language) -> BTreeMap<&'static str, &'static str> {
    let file = match language {
        Language::English => include_str!("en/dashboards.txt"),
        Language::Spanish => include_str!("es/dashboards.txt"),
    };
    super::entries(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_text_of_dashboards() {
        let names = |language| texts(language).into_keys().collect::<Vec<_>>();
        for (_, language) in Language::ALL {
            assert_eq!(names(language), names(Language::English));
            assert!(texts(language).values().all(|text| !text.is_empty()));
        }
        assert!(names(Language::English).len() > 50);
    }
}
