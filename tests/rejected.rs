//! One file per mistake, and beside it what people read of it. Files named `accepted-…` have no fault, `several-…` more than one; those named
//! `contract-…` are held against `all.prom`, those named `scraped-…` against `prometheus.yml`; beside those
//! named `beside-…` lies a service with a contract, beside those named `runbook-…` what somebody wrote for a runbook.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;

use slowburn::diagnostic::Problem;
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, Sources};

/// What the project's files are compiled with.
const SERVICE: &str = "version: slowburn/v1
service: mail
slos:
  delivery:
    objective: 99.9%
    sli:
      total: smtp_deliveries_total{job=\"mail\"}
      bad: smtp_deliveries_total{job=\"mail\", result=\"error\"}
";

fn compiled(path: &Path) -> (String, Sources, Vec<Problem>) {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let beside = |name: &str| std::fs::read_to_string(path.with_file_name(name)).unwrap();
    let sources = Sources::new(match name.split('-').next() {
        Some("project") => vec![file("slos/slowburn.yaml", &text), file("slos/mail.yaml", SERVICE)],
        Some("runbook") => {
            let written = file("slos/runbooks/Mail-down.md", "# Mail is down\n\nRestart the queue.\n");
            vec![file("slos/mail.yaml", &text), written]
        }
        Some("contract") => {
            vec![file("slos/mail.yaml", &text), file("slos/metrics/all.prom", &beside("all.prom"))]
        }
        Some("scraped") => vec![
            file(
                "slos/slowburn.yaml",
                "version: slowburn/v1\nprometheus: { scrape_config: prometheus.yml }\n",
            ),
            file("slos/prometheus.yml", &beside("prometheus.yml")),
            file("slos/mail.yaml", &text),
        ],
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
            file("slos/metrics/all.prom", &beside("all.prom")),
        ],
        _ => vec![file("slos/mail.yaml", &text)],
    });
    let problems = slowburn::compile(&sources).problems;
    (name, sources, problems)
}

#[test]
fn every_mistake_is_told_in_its_place_with_what_to_type() {
    insta::glob!("rejected/*.yaml", |path| {
        let (name, sources, problems) = compiled(path);
        let source = std::fs::read_to_string(path).unwrap();
        let shown = render(&problems, &sources, Format::Human { color: false });
        let mut settings = insta::Settings::clone_current();
        settings.remove_snapshot_suffix();
        settings.remove_input_file();
        settings.set_snapshot_path("rejected");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, format!("{source}\n----- problems\n{shown}")));
    });
}

#[test]
fn one_mistake_is_one_problem() {
    let mut faults = String::new();
    insta::glob!("rejected/*.yaml", |path| {
        let (name, _, problems) = compiled(path);
        let kind = name
            .strip_prefix("contract-")
            .or(name.strip_prefix("scraped-"))
            .or(name.strip_prefix("beside-"))
            .or(name.strip_prefix("runbook-"))
            .or(name.strip_prefix("project-"))
            .unwrap_or(&name);
        let right = match kind.split('-').next() {
            Some("accepted") => problems.is_empty(),
            Some("several") => problems.len() > 1,
            _ => problems.len() == 1,
        };
        if !right {
            let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
            faults += &format!("{name}: {codes:?}\n");
        }
    });
    assert!(faults.is_empty(), "{faults}");
}
