//! One file per mistake, with its problems beside it, in a folder for the kind of project around it: `service` has a service alone, `project` a
//! project file, `contract` a service with `all.prom`, `scraped` a service with `prometheus.yml`, `beside` a service beside one with a contract,
//! `routed` a service in a project with routes, `policies` one in a project with policies, `runbook` a service with a runbook. Files named `accepted-…` have no problem, `several-…` more than
//! one.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::path::Path;

use slowburn::diagnostic::Problem;
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, Sources};
use support::full;

/// The service beside the project files.
const SERVICE: &str = "version: slowburn/v1
service: mail
slos:
  delivery:
    objective: 99.9%
    sli:
      total: smtp_deliveries_total{job=\"mail\"}
      bad: smtp_deliveries_total{job=\"mail\", result=\"error\"}
";

/// A project with receivers, in which a shop depends on mail.
const ROUTED: &str = "version: slowburn/v1
dependencies: { shop: [mail] }
alertmanager:
  receivers:
    on-call: { webhook: { url: \"http://pager.internal/hook\" } }
    office: { webhook: { url: \"http://office.internal/hook\" } }
  default: office
  routes:
    - { match: { severity: page }, to: on-call }
";

/// A project with policies of only one severity, and a short retention.
const POLICIES: &str = "version: slowburn/v1
prometheus: { retention: 60d }
policies:
  paging: { tiers: [{ severity: page, budget: 10%, long: 3d, short: 6h }] }
  calm: { tiers: [{ severity: ticket, budget: 10%, long: 3d, short: 6h }] }
";

fn compiled(path: &Path) -> (String, Sources, Vec<Problem>) {
    compiled_as(path, std::fs::read_to_string(path).unwrap())
}

/// The problems of a case with another text.
fn compiled_as(path: &Path, text: String) -> (String, Sources, Vec<Problem>) {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let folder = path.parent().unwrap();
    let beside = |name: &str| std::fs::read_to_string(folder.with_file_name(name)).unwrap();
    let sources = Sources::new(match folder.file_name().unwrap().to_str() {
        Some("project") => vec![file("slos/slowburn.yaml", &text), file("slos/mail.yaml", SERVICE)],
        Some("runbook") => {
            let written = file("slos/runbooks/Mail-down.md", "# Mail is down\n\nRestart the queue.\n");
            vec![file("slos/mail.yaml", &text), written]
        }
        Some("contract") => {
            vec![file("slos/mail.yaml", &text), file("slos/metrics/all.prom", &beside("contract/all.prom"))]
        }
        Some("scraped") => vec![
            file(
                "slos/slowburn.yaml",
                "version: slowburn/v1\nprometheus: { scrape_config: prometheus.yml }\n",
            ),
            file("slos/prometheus.yml", &beside("scraped/prometheus.yml")),
            file("slos/mail.yaml", &text),
        ],
        Some("routed") => vec![
            file("slos/slowburn.yaml", ROUTED),
            file("slos/mail.yaml", &text),
            file(
                "slos/shop.yaml",
                &SERVICE.replace("mail", "shop").replace("smtp_deliveries_total", "orders_total"),
            ),
        ],
        Some("policies") => vec![file("slos/slowburn.yaml", POLICIES), file("slos/mail.yaml", &text)],
        Some("beside") => vec![
            file("slos/mail.yaml", &text),
            file(
                "slos/other.yaml",
                &format!(
                    "metrics: metrics/all.prom\n{}",
                    SERVICE
                        .replace("mail", "other")
                        .replace("smtp_deliveries_total", "jobs_total")
                        .replace("result=\"error\"", "outcome=\"failed\"")
                ),
            ),
            file("slos/metrics/all.prom", &beside("contract/all.prom")),
        ],
        _ => vec![file("slos/mail.yaml", &text)],
    });
    let problems = slowburn::compile(&sources).problems;
    (name, sources, problems)
}

#[test]
fn every_mistake_is_reported_at_its_place_with_advice() {
    insta::glob!("rejected/*/*.yaml", |path| {
        let (name, sources, problems) = compiled(path);
        let source = std::fs::read_to_string(path).unwrap();
        let shown = render(&problems, &sources, Format::Human { color: false });
        let mut settings = insta::Settings::clone_current();
        settings.remove_snapshot_suffix();
        settings.remove_input_file();
        settings.set_snapshot_path(path.parent().unwrap());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, format!("{source}\n----- problems\n{shown}")));
    });
}

#[test]
fn line_ends_of_windows_change_no_message() {
    insta::glob!("rejected/*/*.yaml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        if text.contains('\r') {
            return;
        }
        let shown = |text: String| {
            let (_, sources, problems) = compiled_as(path, text);
            render(&problems, &sources, Format::Human { color: false })
        };
        let windows = shown(text.replace('\n', "\r\n")).replace('\r', "");
        assert_eq!(windows, shown(text), "{}", path.display());
    });
}

/// This project's sources, with their indices.
fn shipped() -> Vec<SourceFile> {
    let read = |folder: &Path| {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.is_file()).collect::<Vec<_>>()
    };
    let slos = Path::new(env!("CARGO_MANIFEST_DIR")).join("slos");
    let mut paths: Vec<_> =
        ["", "metrics", "runbooks"].iter().flat_map(|part| read(&slos.join(part))).collect();
    paths.sort();
    let file = |path: &Path| SourceFile {
        path: path.strip_prefix(slos.parent().unwrap()).unwrap().to_str().unwrap().to_owned(),
        text: std::fs::read_to_string(path).unwrap(),
    };
    paths.iter().map(|path| file(path)).collect()
}

/// The problems after one of the files was changed.
fn problems_after(files: &[SourceFile], index: usize, text: String) -> (Sources, Vec<Problem>) {
    let mut files = files.to_vec();
    files[index].text = text;
    let sources = Sources::new(files);
    let problems = slowburn::compile(&sources).problems;
    (sources, problems)
}

/// A misspelt key is reported without consequences of it.
#[test]
fn a_misspelt_key_is_one_problem() {
    let files = shipped();
    let mut cases = Vec::new();
    for (index, file) in files.iter().enumerate().filter(|(_, file)| file.path.ends_with(".yaml")) {
        let mut start = 0;
        for line in file.text.split_inclusive('\n') {
            let comment = if line.starts_with('#') { Some(0) } else { line.find(" #") };
            let code = &line[..comment.unwrap_or(line.trim_end().len())];
            for (colon, _) in code.match_indices(':') {
                let is_key = code[..colon].ends_with(|c: char| c.is_ascii_lowercase());
                if is_key && !code[colon + 1..].starts_with(|c: char| c != ' ') {
                    cases.push((index, start + colon - 1));
                }
            }
            start += line.len();
        }
    }
    assert!(cases.len() > 400, "{}", cases.len());
    if !full() {
        cases = cases.into_iter().step_by(7).collect();
    }
    let faults = slowburn::parallel::map(&cases, |(index, at)| {
        let mut text = files[*index].text.clone();
        text.insert(*at, 'q');
        let (sources, problems) = problems_after(&files, *index, text);
        // The key may be a name, which can be any word, or which is reported where it is used.
        let unknown = problems.iter().any(|problem| problem.code.name() == "unknown-key");
        let shown = || render(&problems, &sources, Format::Human { color: false });
        (unknown && problems.len() > 1).then(shown)
    });
    let faults: Vec<String> = faults.into_iter().flatten().collect();
    assert!(faults.is_empty(), "{} of {}\n{}", faults.len(), cases.len(), faults.join("\n-----\n"));
}

/// A file that is not YAML is reported without consequences of its absence.
#[test]
fn a_broken_file_is_one_problem() {
    let files = shipped();
    for (index, file) in files.iter().enumerate().filter(|(_, file)| file.path.ends_with(".yaml")) {
        let (sources, problems) = problems_after(&files, index, format!("{}\nbroken: [\n", file.text));
        let shown = render(&problems, &sources, Format::Human { color: false });
        assert_eq!(problems.len(), 1, "{}\n{shown}", file.path);
    }
}

#[test]
fn one_mistake_is_one_problem() {
    let mut faults = String::new();
    insta::glob!("rejected/*/*.yaml", |path| {
        let (name, _, problems) = compiled(path);
        let right = match name.split('-').next() {
            Some("accepted") => problems.is_empty(),
            Some("several") => problems.len() > 1,
            _ => problems.len() == 1,
        };
        if !right {
            let codes: Vec<&str> = problems.iter().map(|problem| problem.code.name()).collect();
            faults += &format!("{}: {codes:?}\n", path.display());
        }
    });
    assert!(faults.is_empty(), "{faults}");
}
