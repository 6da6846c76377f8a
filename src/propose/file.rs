//! Writes proposals as source files for people to edit.

use super::{Proposal, Value};
use crate::contract::Contract;
use crate::emit::yaml::Yaml;
use crate::model::Language;
use crate::promql::pretty;
use crate::text::phrase;
use crate::vocabulary::Name;

/// Longer than any proposed query, so that it is not wrapped.
const ONE_LINE: usize = 10_000;

/// The project file. Its version of Prometheus is new enough for the names of these metrics and labels.
pub fn project_file(language: Language, contract: &Contract) -> String {
    let say = |name: &str| phrase(language, &format!("init.{name}"), &[]);
    let mut yaml = Yaml::default();
    yaml.line(0, "# yaml-language-server: $schema=.slowburn/project.json");
    yaml.comment(0, &say("project"));
    yaml.pair(0, "", "version", "slowburn/v1");
    yaml.pair(0, "", "language", language.code());
    yaml.pair(0, "", "period", "30d");
    let labels =
        contract.families.values().flat_map(|family| &family.shapes).flat_map(|shape| shape.labels.keys());
    if contract.families.keys().chain(labels).any(|name| name.contains('.')) {
        yaml.comment(0, &say("quoted"));
        yaml.line(0, "prometheus:");
        yaml.pair(2, "", "version", "3.0");
    }
    yaml.finish()
}

/// A service file; `contract` is a path relative to it.
pub fn service_file(
    service: &Name,
    contract: Option<&str>,
    proposals: &[Proposal],
    language: Language,
) -> String {
    let say = |name: &str| phrase(language, &format!("init.{name}"), &[]);
    let mut yaml = Yaml::default();
    yaml.line(0, "# yaml-language-server: $schema=.slowburn/service.json");
    yaml.comment(0, &say("service"));
    yaml.pair(0, "", "version", "slowburn/v1");
    yaml.pair(0, "", "service", service.as_str());
    if let Some(contract) = contract {
        yaml.pair(0, "", "metrics", contract);
    }
    yaml.line(0, "");
    yaml.line(0, "slos:");
    for (index, proposal) in proposals.iter().enumerate() {
        if index > 0 {
            yaml.line(0, "");
        }
        yaml.comment(
            2,
            &format!("`{}`: {}", proposal.metric, say(&format!("why.{}", proposal.found.as_str()))),
        );
        yaml.line(2, &format!("{}:", proposal.name));
        yaml.pair(4, "", "description", &say(&format!("good.{}", proposal.found.as_str())));
        yaml.pair(4, "", "objective", &proposal.objective);
        yaml.line(4, "sli:");
        for (key, value) in &proposal.sli {
            match value {
                Value::Query(query) => yaml.pair(6, "", key, &pretty(query, ONE_LINE)),
                Value::Word(word) => yaml.pair(6, "", key, word),
                Value::Matcher(matcher) => yaml.pair(6, "", key, matcher),
            }
        }
    }
    yaml.finish()
}
