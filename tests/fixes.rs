//! Every edit that a problem offers corrects it: the edited text can be read, and the problem is no longer there.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use slowburn::diagnostic::{Fix, Problem};
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, Sources};

/// Problems of texts that cannot be read. If the edit adds one of them, it is wrong.
const UNREAD: [&str; 4] = ["yaml-syntax", "promql-syntax", "promql-type", "wrong-type"];

fn compiled(files: &[SourceFile]) -> (Sources, Vec<Problem>) {
    let sources = Sources::new(files.to_vec());
    let problems = slowburn::compile(&sources).problems;
    (sources, problems)
}

/// The number of places with a problem.
fn places(problems: &[Problem], of: &Problem) -> usize {
    let same = |other: &&Problem| other.code == of.code && other.headline == of.headline;
    problems.iter().filter(same).map(|problem| 1 + problem.secondary.len()).sum()
}

fn broken(problems: &[Problem]) -> usize {
    problems.iter().filter(|problem| UNREAD.contains(&problem.code.name())).count()
}

/// The files after an edit.
fn mended(sources: &Sources, fix: &Fix) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = sources.iter().map(|(_, file)| file.clone()).collect();
    let text = &mut files[fix.span.source.0 as usize].text;
    text.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
    files
}

/// The number of edits. Adds those that do not correct their problem to `faults`.
fn tried(name: &str, files: &[SourceFile], faults: &mut String) -> usize {
    let (sources, problems) = compiled(files);
    let mut edits = 0;
    for problem in &problems {
        for help in &problem.help {
            let Some(fix) = &help.fix else { continue };
            edits += 1;
            let (after, left) = compiled(&mended(&sources, fix));
            if places(&left, problem) >= places(&problems, problem) || broken(&left) > broken(&problems) {
                let shown = |sources: &Sources, problems: &[Problem]| {
                    render(problems, sources, Format::Human { color: false })
                };
                let before = shown(&sources, std::slice::from_ref(problem));
                let _ = writeln!(
                    faults,
                    "## {name}: {}\n{before}\nafter it:\n{}",
                    help.text,
                    shown(&after, &left)
                );
            }
        }
    }
    edits
}

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), text: text.to_owned() }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn edits_correct_rejected_files() {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let contract = read(&here("tests/rejected/contract/all.prom"));
    let found = slowburn::parallel::map(&crate::support::rejected(), |(folder, path)| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let mut files = vec![file("slos/metrics/all.prom", &contract)];
        match folder == "project" {
            true => files.push(file("slos/slowburn.yaml", &read(path))),
            false => files.push(file("slos/mail.yaml", &read(path))),
        }
        let mut faults = String::new();
        (tried(name, &files, &mut faults), faults)
    });
    let faults: String = found.iter().map(|(_, faults)| faults.as_str()).collect();
    assert!(found.iter().map(|(edits, _)| edits).sum::<usize>() > 50);
    assert!(faults.is_empty(), "{faults}");
}

const CONTRACT: &str = r#"# TYPE http_requests counter
http_requests_total{service="web",status="200"} 1
http_requests_total{service="web",status="500"} 1
# TYPE "http.server.requests" counter
{"http.server.requests","service.name"="web","http.coded"="200",plain="a"} 1
{"http.server.requests","service.name"="web","http.coded"="500",plain="a"} 1
# TYPE "http.server.duration" histogram
{"http.server.duration_bucket","service.name"="web",le="0.5"} 1
{"http.server.duration_bucket","service.name"="web",le="+Inf"} 1
{"http.server.duration_count","service.name"="web"} 1
{"http.server.duration_sum","service.name"="web"} 1
"#;

const PROJECT: &str = "version: slowburn/v1\nprometheus: { version: \"3.0\" }\n";

/// The same query in every YAML spelling, as the value of a key at column eight.
fn written(query: &str) -> [String; 5] {
    [
        query.to_owned(),
        format!("'{}'", query.replace('\'', "''")),
        format!("\"{}\"", query.replace('\\', "\\\\").replace('"', "\\\"")),
        format!("|\n        {query}"),
        format!(">-\n        {query}"),
    ]
}

#[test]
fn edits_correct_quoted_names_in_every_yaml_spelling() {
    let total = r#"{"http.server.requests"}"#;
    let mut cases: Vec<String> = Vec::new();
    let mut events = |query: &str| {
        for query in written(query) {
            cases.push(format!("    objective: 99%\n    sli:\n      bad: {query}\n      total: '{total}'\n"));
        }
    };
    for query in [
        r#"{"http.server.requests", "http.code"="500"}"#,
        r#"{"http.code"="500", "http.server.requests"}"#,
        r#"{"http.server.requests", "http.code"=~"5..", plain="a"}"#,
        r#"{"http.server.requests", 'http.code'="500"}"#,
        r#"{"http.server.requests", plane="a"}"#,
        r#"{"http.server.requests", "plane"="a"}"#,
        r#"{"http.server.requests", "http.coded"="501", plain="b"}"#,
        r#"{"http.server.requests", "http.coded"="500", plain="aa"}"#,
        r#"{"http.server.request", plain="a"}"#,
        r#"{plain="a", "http.server.request"}"#,
        r#"{ 'http.server.request' , plain="a" }"#,
        r#"{"http_server.requests", plain="a"}"#,
        r#"http_server_requests{plain="a"}"#,
        r#"http_server_requests{"http.coded"="500"}"#,
        r#"{"http_requests_totals", status="500"}"#,
        r#"http_requests_totals{status="500"}"#,
        r#"http_requests_total{"sttus"="500"}"#,
        r#"http_requests_total{status="50"}"#,
        r#"{"http.server.duration", "service.name"="web"}"#,
        r#"rate({"http.server.requests", plain="a"}[5m])"#,
        r#"{"http.server.requests", plain="a"}[5m]"#,
        r#"{"http.server.requests", plain="a"} offset 5m"#,
    ] {
        events(query);
    }
    for query in [
        r#"{"http.server.duration_bucket", "service.name"="web"}"#,
        r#"{"http.server.duration", le="0.5", "service.name"="web"}"#,
        r#"{"http.server.duration", "service.name"="web", le="0.5"}"#,
        r#"{"http.server.duration", "service.nam"="web"}"#,
        r#"{"http.server.durations", "service.name"="web"}"#,
    ] {
        for query in written(query) {
            cases.push(format!("    objective: P99 < 500ms\n    sli:\n      latency: {query}\n"));
        }
    }
    let mut faults = String::new();
    let mut edits = 0;
    for case in &cases {
        let service = format!(
            "version: slowburn/v1\nservice: web\nmetrics: metrics/web.prom\nslos:\n  requests:\n{case}"
        );
        let files = [
            file("slos/slowburn.yaml", PROJECT),
            file("slos/metrics/web.prom", CONTRACT),
            file("slos/web.yaml", &service),
        ];
        edits += tried(case, &files, &mut faults);
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(edits > 60, "{edits}");
}

#[test]
fn edits_correct_bad_examples_of_pages() {
    let mut faults = String::new();
    let mut edits = 0;
    for (code, page) in slowburn::pages::PAGES {
        let mut files = Vec::new();
        for block in page.split("\n```").skip(1) {
            let Some((title, text)) = block.split_once('\n') else { continue };
            let path = match title.split(' ').collect::<Vec<_>>()[..] {
                ["yaml", "bad" | "both"] => "slos/example.yaml",
                ["yaml", "bad" | "both", "database"] => "slos/database.yaml",
                ["yaml", "bad" | "both", "project"] => "slos/slowburn.yaml",
                ["yaml", "bad" | "both", "scrape"] => "slos/prometheus.yaml",
                ["md", "bad" | "both"] => "slos/runbooks/captures-failing.md",
                ["prom", "bad" | "both"] => "slos/metrics/example.prom",
                _ => continue,
            };
            files.push(file(path, &format!("{text}\n")));
        }
        edits += tried(code.name(), &files, &mut faults);
    }
    assert!(faults.is_empty(), "{faults}");
    assert!(edits > 15, "{edits}");
}

#[test]
fn an_editor_proposes_names_as_they_have_to_be_written() {
    for (query, proposal, text) in [
        ("", "http.server.requests", r#"'{"http.server.requests"}'"#),
        ("'", "http.server.requests", r#"{"http.server.requests"}"#),
        ("\"", "http.server.requests", r#"{\"http.server.requests\"}"#),
        ("a + ", "http.server.requests", r#"{"http.server.requests"}"#),
        ("", "http_requests_total", "http_requests_total"),
        ("'{plain=\"a\",", "http.coded", r#""http.coded""#),
    ] {
        let service = format!(
            "version: slowburn/v1\nservice: web\nmetrics: metrics/web.prom\nslos:\n  requests:\n    objective: 99%\n    sli:\n      bad: {query}"
        );
        let files = vec![file("slos/metrics/web.prom", CONTRACT), file("slos/web.yaml", &service)];
        let (sources, problems) = compiled(&files);
        let model = slowburn::model_of(&sources);
        let project = slowburn::editor::Project { sources: &sources, problems: &problems, model: &model };
        let (source, _) = sources.iter().find(|(_, file)| file.path == "slos/web.yaml").unwrap();
        let items = slowburn::editor::completion(project, source, service.len());
        let item = items.iter().find(|item| item.label == proposal);
        assert_eq!(item.map(|item| item.text.as_str()), Some(text), "{query}: {items:?}");
    }
}
