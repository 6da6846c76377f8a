//! The manual: one page per topic, printed by `slowburn help TOPIC` and read on a code host.
//!
//! A new page is a file in this folder, one line in [`TOPICS`] and one line in the index, `README.md`. `tests/manual.rs` runs
//! every block of every page and compares the list with the folder and with the index.

use crate::vocabulary::{nearest, without_accent};

/// The index: one line per page, in groups.
pub const INDEX: &str = include_str!("README.md");

/// Every topic with its page, in the order of the index.
pub const TOPICS: &[(&str, &str)] = &[
    ("commands", include_str!("commands.md")),
    ("first-definition", include_str!("first-definition.md")),
    ("import", include_str!("import.md")),
    ("glossary", include_str!("glossary.md")),
    ("sources", include_str!("sources.md")),
    ("project-file", include_str!("project-file.md")),
    ("environments", include_str!("environments.md")),
    ("settings", include_str!("settings.md")),
    ("service-file", include_str!("service-file.md")),
    ("templates", include_str!("templates.md")),
    ("slo", include_str!("slo.md")),
    ("sli", include_str!("sli.md")),
    ("journeys", include_str!("journeys.md")),
    ("budgeting", include_str!("budgeting.md")),
    ("policies", include_str!("policies.md")),
    ("service-hours", include_str!("service-hours.md")),
    ("maintenance", include_str!("maintenance.md")),
    ("budget-alerts", include_str!("budget-alerts.md")),
    ("budget-policy", include_str!("budget-policy.md")),
    ("companion-alerts", include_str!("companion-alerts.md")),
    ("contract", include_str!("contract.md")),
    ("capture", include_str!("capture.md")),
    ("notifications", include_str!("notifications.md")),
    ("output", include_str!("output.md")),
    ("recorded-series", include_str!("recorded-series.md")),
    ("alerts", include_str!("alerts.md")),
    ("alert-texts", include_str!("alert-texts.md")),
    ("dashboards", include_str!("dashboards.md")),
    ("runbooks", include_str!("runbooks.md")),
    ("report", include_str!("report.md")),
    ("proofs", include_str!("proofs.md")),
    ("counting", include_str!("counting.md")),
    ("windows", include_str!("windows.md")),
    ("cold-start", include_str!("cold-start.md")),
    ("wiring", include_str!("wiring.md")),
    ("targets", include_str!("targets.md")),
    ("scaling", include_str!("scaling.md")),
    ("ci", include_str!("ci.md")),
    ("review", include_str!("review.md")),
    ("editor", include_str!("editor.md")),
    ("problems", include_str!("problems.md")),
    ("simulate", include_str!("simulate.md")),
    ("status", include_str!("status.md")),
    ("drift", include_str!("drift.md")),
    ("backtest", include_str!("backtest.md")),
    ("limits", include_str!("limits.md")),
    ("bench", include_str!("bench.md")),
    ("live-proof", include_str!("live-proof.md")),
    ("contributing", include_str!("contributing.md")),
];

/// Topics with their Spanish words, folded: without accents, capitals and the `s` of a plural.
const SPANISH: &[(&str, &[&str])] = &[
    ("first-definition", &["inicio", "comenzar", "empezar", "primero", "introduccion"]),
    ("glossary", &["glosario", "palabra", "termino", "vocabulario"]),
    ("project-file", &["proyecto"]),
    ("environments", &["entorno", "ambiente"]),
    ("settings", &["ajuste", "configuracion", "opcione", "opcion"]),
    ("service-file", &["servicio"]),
    ("templates", &["plantilla"]),
    ("journeys", &["recorrido", "viaje"]),
    ("policies", &["politica"]),
    ("service-hours", &["horario", "hora", "dia", "feriado", "festivo"]),
    ("maintenance", &["mantenimiento"]),
    ("budget-alerts", &["presupuesto"]),
    ("contract", &["contrato", "metrica"]),
    ("notifications", &["notificacione", "notificacion", "aviso", "receptore", "correo"]),
    ("output", &["salida", "archivo"]),
    ("alerts", &["alerta", "alarma"]),
    ("alert-texts", &["texto"]),
    ("dashboards", &["tablero", "panel", "panele"]),
    ("report", &["informe", "reporte"]),
    ("proofs", &["prueba"]),
    ("windows", &["ventana"]),
    ("review", &["revision", "cambio"]),
    ("problems", &["error", "errore", "problema", "advertencia", "codigo"]),
    ("simulate", &["incidente", "simulacion"]),
    ("limits", &["limite"]),
];

/// Topics with names of other programs, and words for their subject.
const OTHER_WORDS: &[(&str, &[&str])] = &[
    (
        "notifications",
        &[
            "slack",
            "telegram",
            "teams",
            "discord",
            "email",
            "mail",
            "smtp",
            "pagerduty",
            "opsgenie",
            "webhook",
            "receiver",
            "route",
            "routing",
            "silence",
            "mute",
        ],
    ),
    ("targets", &["kubernetes", "k8", "operator", "thano", "mimir", "cortex", "vmalert", "victoriametric"]),
    ("import", &["sloth", "pyrra", "openslo"]),
    ("sli", &["latency", "histogram", "condition", "probe", "freshnes", "gauge", "counter"]),
    ("editor", &["vscode", "vim", "neovim", "lsp", "schema"]),
    ("ci", &["github", "gitlab", "pipeline"]),
    ("windows", &["burn-rate", "tier"]),
    ("capture", &["metric", "expose"]),
];

/// The page of a topic.
pub fn page(topic: &str) -> Option<&'static str> {
    TOPICS.iter().find(|(known, _)| *known == topic).map(|(_, page)| *page)
}

/// The groups of the index with their lines: each a topic and its subject.
pub fn groups() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let group = |text: &'static str| {
        let (title, lines) = text.split_once('\n').unwrap_or((text, ""));
        (title, lines.lines().filter_map(line).collect())
    };
    INDEX.split("\n## ").skip(1).map(group).collect()
}

/// A line of the index: `- [topic](topic.md): what it is about`.
fn line(text: &str) -> Option<(&str, &str)> {
    let (topic, rest) = text.strip_prefix("- [")?.split_once(']')?;
    Some((topic, rest.split_once("): ")?.1))
}

/// Topics that a word may mean: the one with the most similar name, then those with the word in a heading or in the index.
pub fn near(word: &str) -> Vec<&'static str> {
    let topics: Vec<&str> = TOPICS.iter().map(|(topic, _)| *topic).collect();
    let wanted = word.to_lowercase();
    let folded: String = wanted.chars().map(without_accent).collect();
    let spanish = SPANISH.iter().find(|(_, words)| words.contains(&folded.trim_end_matches('s')));
    let other = OTHER_WORDS.iter().find(|(_, words)| words.contains(&folded.trim_end_matches('s')));
    let near = spanish.or(other).map(|(topic, _)| *topic).or_else(|| nearest(word, &topics));
    let mut found: Vec<&str> = near.into_iter().collect();
    let about: Vec<(&str, &str)> = groups().into_iter().flat_map(|(_, lines)| lines).collect();
    for (topic, page) in TOPICS {
        let headings = page.lines().filter(|line| line.starts_with('#'));
        let lines = about.iter().filter(|(of, _)| of == topic).map(|(_, about)| *about);
        let speaks = headings
            .chain(lines)
            .any(|line| words(line).any(|word| word == wanted || word.strip_suffix('s') == Some(&wanted)));
        if speaks && !found.contains(topic) {
            found.push(topic);
        }
    }
    found
}

fn words(line: &str) -> impl Iterator<Item = String> {
    line.split(|c: char| !c.is_alphanumeric() && c != '-').map(str::to_lowercase)
}
