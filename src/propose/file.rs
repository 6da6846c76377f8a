//! Writes proposals as source files for people to edit.

use super::{Proposal, ProposalKind, Value};
use crate::contract::Contract;
use crate::emit::yaml::Yaml;
use crate::model::Language;
use crate::promql::pretty;
use crate::vocabulary::Name;

/// Longer than any proposed query, so that it is not wrapped.
const ONE_LINE: usize = 10_000;

/// Texts in one language: the beginning of each file, and for each proposal the reason and the description of a good event.
struct FileTexts {
    project: &'static str,
    quoted: &'static str,
    service: &'static str,
    why: fn(ProposalKind) -> &'static str,
    good: fn(ProposalKind) -> &'static str,
}

/// The project file. Its version of Prometheus is new enough for the names of these metrics and labels.
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

/// A service file; `contract` is a path relative to it.
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

fn words(language: Language) -> FileTexts {
    match language {
        Language::English => FileTexts {
            project: "Settings for all services. A service file can change the period and other settings.",
            quoted: "Names with dots need Prometheus 3.0 or newer.",
            service: "Proposed by `slowburn init`: every objective is a starting point; decide on your own.",
            why: |found| match found {
                ProposalKind::Statuses => "its label marks failed requests.",
                ProposalKind::Failures => {
                    "another counter counts those that failed. Make sure that it counts the same events."
                }
                ProposalKind::Durations => "the threshold is a bound that the histogram has.",
                ProposalKind::Answers => {
                    "the threshold is a bound that the histogram has. Its label tells failed requests from others: a fast failure is not a good answer."
                }
                ProposalKind::Probe => "it is 1 while the monitored system answers.",
                ProposalKind::Scrape => {
                    "no other metric says whether the service works. Requests would say more: count them."
                }
                ProposalKind::Success => {
                    "it is the time of the last success. 26h fits a job that runs once a day."
                }
                ProposalKind::Pushed => {
                    "pushed metrics are not scraped, so there is no `up`. 26h fits a job that runs once a day."
                }
                ProposalKind::Limit => {
                    "its limit is a metric, too. 90% of the limit is a common warning line."
                }
            },
            good: |found| match found {
                ProposalKind::Statuses => "A request is good if it is answered without a server error",
                ProposalKind::Failures => "An event is good if it is not counted as failed",
                ProposalKind::Durations => "A request is good if it is answered before the threshold",
                ProposalKind::Answers => {
                    "A request is good if it is answered before the threshold, and without a server error"
                }
                ProposalKind::Probe => "A moment is good if the exporter reaches the system that it monitors",
                ProposalKind::Scrape => "A moment is good if Prometheus reaches the service",
                ProposalKind::Success => "A moment is good if the last success is younger than the threshold",
                ProposalKind::Pushed => {
                    "A moment is good if the job last pushed its metrics within the threshold"
                }
                ProposalKind::Limit => "A moment is good if less than 90% of the limit is used",
            },
        },
        Language::Spanish => FileTexts {
            project: "Ajustes para todos los servicios. El período y otros ajustes se pueden cambiar en el archivo de cada servicio.",
            quoted: "Los nombres con puntos requieren Prometheus 3.0 o más nuevo.",
            service: "Propuesto por `slowburn init`: cada objetivo es un punto de partida; lo decide el equipo responsable.",
            why: |found| match found {
                ProposalKind::Statuses => "su etiqueta distingue las peticiones que fallaron.",
                ProposalKind::Failures => {
                    "otro contador cuenta los que fallaron. Conviene comprobar que también los cuenta aquí."
                }
                ProposalKind::Durations => "el umbral es un límite que el histograma tiene.",
                ProposalKind::Answers => {
                    "el umbral es un límite que el histograma tiene. Su etiqueta distingue las peticiones que fallaron: un error rápido no es una buena respuesta."
                }
                ProposalKind::Probe => "vale 1 mientras el sistema monitoreado responde.",
                ProposalKind::Scrape => {
                    "ninguna otra métrica dice si el servicio funciona. Las peticiones dirían más: conviene contarlas."
                }
                ProposalKind::Success => {
                    "dice cuándo fue el último éxito. 26h sirve para un trabajo que corre una vez al día."
                }
                ProposalKind::Pushed => {
                    "las métricas del Pushgateway no se recolectan del servicio, así que no hay `up`. 26h sirve para un trabajo que corre una vez al día."
                }
                ProposalKind::Limit => {
                    "su límite también es una métrica. El 90 % del límite es una línea de aviso habitual."
                }
            },
            good: |found| match found {
                ProposalKind::Statuses => "Una petición es buena si se responde sin error del servidor",
                ProposalKind::Failures => "Un evento es bueno si no se cuenta como fallido",
                ProposalKind::Durations => "Una petición es buena si se responde antes del umbral",
                ProposalKind::Answers => {
                    "Una petición es buena si se responde antes del umbral y sin error del servidor"
                }
                ProposalKind::Probe => {
                    "Un momento es bueno si el exportador alcanza el sistema que monitorea"
                }
                ProposalKind::Scrape => "Un momento es bueno si Prometheus alcanza al servicio",
                ProposalKind::Success => {
                    "Un momento es bueno si el último éxito es más reciente que el umbral"
                }
                ProposalKind::Pushed => {
                    "Un momento es bueno si el trabajo envió sus métricas dentro del umbral"
                }
                ProposalKind::Limit => "Un momento es bueno si se usa menos del 90 % del límite",
            },
        },
    }
}
