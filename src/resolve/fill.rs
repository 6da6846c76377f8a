//! The project file with its defaults filled in.

use std::collections::{BTreeMap, BTreeSet};

use super::{alertmanager, contract, links, literal, secrets, settings, targets, texts, values, whole};
use crate::ast::{Ast, KeptBlock, Map, ProjectFile, PrometheusBlock, RunbookFile, ServiceFile};
use crate::diagnostic::{Code, Problem};
use crate::model::{Labels, Language, Project, Prometheus, SeverityStyle, Written};
use crate::parse::beside;
use crate::scalar::Scalar;
use crate::vocabulary::{LabelName, PerSeverity, Severity};

/// The oldest server that is supported: Debian 12's.
const OLDEST: (u32, u32) = (2, 42);

/// The settings of the whole project.
pub(super) fn project(file: &ProjectFile, ast: &Ast, problems: &mut Vec<Problem>) -> Project {
    let language = match &file.language {
        None => Language::English,
        Some(code) => match Language::ALL.iter().find(|(known, _)| *known == code.text) {
            Some((_, language)) => *language,
            None => {
                let problem = Problem::error(Code::WrongType, whole(code), "this language is not supported")
                    .label("expected `en` or `es`");
                let begins =
                    |starts: &[&str]| starts.iter().any(|start| code.text.to_lowercase().starts_with(start));
                let meant = [("es", begins(&["es", "spa", "cast"])), ("en", begins(&["en", "ing"]))];
                problems.push(match meant.iter().find(|(_, is_meant)| *is_meant) {
                    Some((meant, _)) => problem.fix(format!("write `{meant}`"), whole(code), *meant),
                    None => problem.help("write `language: en`, or `language: es` for Spanish"),
                });
                Language::English
            }
        },
    };
    let plain = |label: &str| SeverityStyle {
        label: label.to_owned(),
        labels: Labels::new(),
        annotations: Labels::new(),
    };
    let mut severities =
        PerSeverity { page: plain(Severity::Page.as_str()), ticket: plain(Severity::Ticket.as_str()) };
    for (key, block) in &file.severities {
        let Some(severity) = values::severity(&key.text, key.span, problems) else { continue };
        let style = severities.get_mut(severity);
        if let Some(label) = &block.label {
            let what = format!("the severity label of a {severity}");
            secrets::published([label], problems);
            style.label =
                settings::label_value(label, &what, problems).unwrap_or_else(|| style.label.clone());
        }
        style.labels = settings::labels([&block.labels], problems);
        style.annotations = settings::annotations([&block.annotations], literal::BURN, problems);
    }
    let prometheus = prometheus(file, ast, problems);
    let alertmanager = file.alertmanager.as_ref().map(|block| {
        let context = alertmanager::Context {
            version: alertmanager::version_of(block),
            severities: &severities,
            external_labels: &prometheus.external_labels,
            time_zone: file.settings.time_zone.as_ref(),
            carried: &|label| carried(file, ast, label),
        };
        alertmanager::alertmanager(block, &context, problems)
    });
    let links = links::all(&file.links, problems);
    for file in ast.runbooks.values() {
        secrets::in_runbook(file, problems);
    }
    let written = |file: &RunbookFile| Written { text: file.text.clone(), place: file.place };
    let runbooks = ast.runbooks.iter().map(|(name, file)| (name.clone(), written(file))).collect();
    Project {
        environment: ast.environment.clone(),
        language,
        time_zone: file.settings.time_zone.as_ref().map(|written| written.text.trim().to_owned()),
        severities,
        prometheus,
        alertmanager,
        dependencies: Vec::new(),
        links,
        runbooks,
        accepted: settings::accepted(&file.settings.accepted, problems),
        texts: texts::all(&file.texts, problems),
        targets: targets::all(&file.targets, file.alertmanager.is_some(), problems),
    }
}

/// Whether any alert of the sources may have this label.
fn carried(file: &ProjectFile, ast: &Ast, label: &str) -> bool {
    let sets = |labels: &Map<Scalar>| labels.iter().any(|(key, _)| key.text == label);
    let kept = |labels: &[KeptBlock]| labels.iter().any(|kept| kept.name.text == label);
    let of_service = |service: &ServiceFile| {
        (label == "owner" && service.owner.is_some())
            || sets(&service.settings.labels)
            || service.slos.iter().any(|(_, slo)| sets(&slo.settings.labels) || kept(&slo.by))
            || service.alerts.iter().any(|(_, alert)| sets(&alert.labels) || alert.expr.text.contains(label))
    };
    label == "slo"
        || sets(&file.settings.labels)
        || file.severities.iter().any(|(_, severity)| sets(&severity.labels))
        || ast.services.iter().any(of_service)
}

fn prometheus(file: &ProjectFile, ast: &Ast, problems: &mut Vec<Problem>) -> Prometheus {
    let block: &PrometheusBlock = &file.prometheus;
    let version = match &block.version {
        None => OLDEST,
        Some(written) => {
            let parts: Option<Vec<u32>> = written.text.split('.').map(|part| part.parse().ok()).collect();
            match parts.as_deref() {
                Some([major, minor, ..])
                    if (*major, *minor) >= OLDEST && parts.iter().flatten().count() <= 3 =>
                {
                    (*major, *minor)
                }
                _ => {
                    let problem = Problem::error(
                        Code::WrongType,
                        whole(written),
                        "this is not a version of Prometheus, 2.42 or newer",
                    );
                    // `v2.54.1` and `3`
                    let text = written.text.trim_start_matches(['v', 'V']);
                    let numbers: Vec<&str> = text.split('.').take(2).collect();
                    let meant = match numbers.as_slice() {
                        [major] => format!("{major}.0"),
                        numbers => numbers.join("."),
                    };
                    let known: Option<Vec<u32>> = meant.split('.').map(|part| part.parse().ok()).collect();
                    let is_version = known.is_some_and(|known| known.as_slice() >= &[OLDEST.0, OLDEST.1]);
                    problems.push(match is_version {
                        true => problem.fix(
                            format!("write `\"{meant}\"`"),
                            whole(written),
                            if written.plain { format!("\"{meant}\"") } else { meant.clone() },
                        ),
                        false => problem.help(
                            "write only major and minor version, in quotes, such as `\"2.42\"` or `\"3.5\"`",
                        ),
                    });
                    OLDEST
                }
            }
        }
    };
    let retention = block
        .retention
        .as_ref()
        .and_then(|written| values::length(written, problems).map(|length| (length, Some(whole(written)))));
    let target_labels = settings::target_labels(&block.target_labels, version, problems);
    if let Some(path) = &block.scrape_config
        && ast.scrape.is_none()
        && !ast.unreadable.contains(&beside(&file.path, &path.text))
    {
        problems.push(
            Problem::error(Code::ContractNotFound, whole(path), "this path is not that of a file beside the definitions")
                .label("expected a configuration of Prometheus")
                .help("copy the configuration of Prometheus to the directory of the definitions, and name it relative to the project file"),
        );
    }
    let mut external_labels = settings::target_labels(&block.external_labels, version, problems);
    for key in ast.scrape.iter().flat_map(|scrape| &scrape.external_labels) {
        external_labels.extend(LabelName::parse(&key.text).filter(|name| !external_labels.contains(name)));
    }
    let replica_labels = settings::target_labels(&block.replica_labels, version, problems);
    let jobs = contract::jobs(ast, problems);
    Prometheus {
        version,
        retention,
        target_labels,
        external_labels,
        replica_labels,
        replicas: BTreeMap::new(),
        late: BTreeSet::new(),
        jobs,
    }
}
