//! Proposals as files: what somebody reads first, and changes.

use super::{Found, Proposal, Value};
use crate::contract::Contract;
use crate::emit::yaml::Yaml;
use crate::model::Language;
use crate::promql::pretty;
use crate::vocabulary::Name;

/// Longer than any query that is proposed.
const ONE_LINE: usize = 10_000;

/// Words of one language: the head of each file, and for each proposal why it was made and what a good event is.
struct Words {
    project: &'static str,
    quoted: &'static str,
    service: &'static str,
    why: fn(Found) -> &'static str,
    good: fn(Found) -> &'static str,
}

/// The project file, for a Prometheus that is as new as the names of these metrics and labels ask for.
pub fn project_file(language: Language, contract: &Contract) -> String {
    let words = words(language);
    let mut yaml = Yaml::default();
    yaml.line(0, "# yaml-language-server: $schema=.slowburn/project.json");
    yaml.comment(0, words.project);
    yaml.pair(0, "", "version", "slowburn/v1");
    yaml.pair(0, "", "language", language.code());
    yaml.pair(0, "", "period", "30d");
    let labels =
        contract.families.values().flat_map(|family| &family.shapes).flat_map(|shape| shape.labels.keys());
    if contract.families.keys().chain(labels).any(|name| name.contains('.')) {
        yaml.comment(0, words.quoted);
        yaml.line(0, "prometheus:");
        yaml.pair(2, "", "version", "3.0");
    }
    yaml.finish()
}

/// A service file; `contract` is its path beside the file.
pub fn service_file(
    service: &Name,
    contract: Option<&str>,
    proposals: &[Proposal],
    language: Language,
) -> String {
    let words = words(language);
    let mut yaml = Yaml::default();
    yaml.line(0, "# yaml-language-server: $schema=.slowburn/service.json");
    yaml.comment(0, words.service);
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
        yaml.comment(2, &format!("`{}`: {}", proposal.metric, (words.why)(proposal.found)));
        yaml.line(2, &format!("{}:", proposal.name));
        yaml.pair(4, "", "description", (words.good)(proposal.found));
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

fn words(language: Language) -> Words {
    match language {
        Language::English => Words {
            project: "What holds for all services. Of the period, and of other settings, a service file may say otherwise.",
            quoted: "Names with dots load in Prometheus 3.0 and newer.",
            service: "Proposed by `slowburn init`: every objective is a place to begin, and yours to decide.",
            why: |found| match found {
                Found::Statuses => "its label tells failed requests from others.",
                Found::Failures => {
                    "another counter counts those that failed. Make sure that it counts them here, too."
                }
                Found::Durations => "the threshold is a bound that the histogram has.",
                Found::Answers => {
                    "the threshold is a bound that the histogram has. Its label tells failed requests from others: a fast failure is not a good answer."
                }
                Found::Probe => "it is 1 while what is watched answers.",
                Found::Scrape => {
                    "nothing else says whether the service works. Requests would say more: count them."
                }
                Found::Success => "it tells the last success. 26h is right for what runs once a day.",
                Found::Pushed => {
                    "what is pushed is not scraped, so it has no `up`. 26h is right for what runs once a day."
                }
                Found::Limit => "its limit is a metric, too. 90% of it is where others begin to worry.",
            },
            good: |found| match found {
                Found::Statuses => "A request is good if it is answered without a server error",
                Found::Failures => "An event is good if it is not counted as failed",
                Found::Durations => "A request is good if it is answered before the threshold",
                Found::Answers => {
                    "A request is good if it is answered before the threshold, and without a server error"
                }
                Found::Probe => "A moment is good if the exporter reaches what it watches",
                Found::Scrape => "A moment is good if Prometheus reaches the service",
                Found::Success => "A moment is good if the last success is younger than the threshold",
                Found::Pushed => "A moment is good if the job last pushed its metrics within the threshold",
                Found::Limit => "A moment is good if less than 90% of the limit is used",
            },
        },
        Language::Spanish => Words {
            project: "Lo que vale para todos los servicios. El período y otros ajustes se pueden cambiar en el archivo de cada uno.",
            quoted: "Los nombres con puntos se cargan desde Prometheus 3.0.",
            service: "Propuesto por `slowburn init`: cada objetivo es un punto de partida, y lo decide quien responde por él.",
            why: |found| match found {
                Found::Statuses => "su etiqueta distingue las peticiones que fallaron.",
                Found::Failures => {
                    "otro contador cuenta los que fallaron. Conviene comprobar que también los cuenta aquí."
                }
                Found::Durations => "el umbral es un límite que el histograma tiene.",
                Found::Answers => {
                    "el umbral es un límite que el histograma tiene. Su etiqueta distingue las peticiones que fallaron: un error rápido no es una buena respuesta."
                }
                Found::Probe => "vale 1 mientras lo vigilado responde.",
                Found::Scrape => {
                    "nada más dice si el servicio funciona. Las peticiones dirían más: conviene contarlas."
                }
                Found::Success => {
                    "dice cuándo fue el último éxito. 26h sirve para lo que corre una vez al día."
                }
                Found::Pushed => {
                    "lo que se envía al Pushgateway no se consulta, así que no tiene `up`. 26h sirve para lo que corre una vez al día."
                }
                Found::Limit => {
                    "su límite también es una métrica. El 90 % es donde otros empiezan a preocuparse."
                }
            },
            good: |found| match found {
                Found::Statuses => "Una petición es buena si se responde sin error del servidor",
                Found::Failures => "Un evento es bueno si no se cuenta como fallido",
                Found::Durations => "Una petición es buena si se responde antes del umbral",
                Found::Answers => {
                    "Una petición es buena si se responde antes del umbral y sin error del servidor"
                }
                Found::Probe => "Un momento es bueno si el exportador alcanza lo que vigila",
                Found::Scrape => "Un momento es bueno si Prometheus alcanza al servicio",
                Found::Success => "Un momento es bueno si el último éxito es más reciente que el umbral",
                Found::Pushed => "Un momento es bueno si el trabajo envió sus métricas dentro del umbral",
                Found::Limit => "Un momento es bueno si se usa menos del 90 % del límite",
            },
        },
    }
}
