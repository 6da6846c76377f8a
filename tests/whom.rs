//! If another program answers at an address, it is recognised, and the right address is suggested.
#![cfg(all(unix, feature = "http"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use support::alertmanager::Running;
use support::folder::Folder;
use support::prometheus::Server as Prometheus;
use support::server::Server;
use support::{prometheus, skipped};

/// A project with a receiver, so that routes can be compared, too.
fn project() -> Folder {
    let folder = Folder::new();
    folder.write(
        "slos/slowburn.yaml",
        "version: slowburn/v1\nalertmanager: { receivers: { ops: { email: a@b.internal } }, default: ops, smtp: { host: 'm:25', from: c@b.internal } }\n",
    );
    folder
}

/// A server that answers as a program did (`tests/servers.d/README.md`), and the name of the program.
fn recorded(path: &Path) -> (Server, String) {
    let output: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let program = output["program"].as_str().unwrap().to_owned();
    let answers: BTreeMap<String, Value> = output["answers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, answer)| (path.clone(), answer.clone()))
        .collect();
    let server = Server::with(move |stream, request| {
        let asked = request.split(' ').nth(1).unwrap_or_default();
        let (path, query) = asked.split_once('?').unwrap_or((asked, ""));
        let mut answer = answers.get(path.trim_end_matches("_range")).cloned();
        // Only the time was recorded; other queries have empty results.
        let is_time = !path.ends_with("_range") && query.contains("query=time%28%29");
        if let Some(answer) = answer.as_mut()
            && answer["status"] == 200
            && path.contains("/api/v1/query")
            && !is_time
        {
            let kind = if path.ends_with("_range") { "matrix" } else { "vector" };
            let none = json!({ "status": "success", "data": { "resultType": kind, "result": [] } });
            answer["body"] = none.to_string().into();
        }
        let answer = answer.as_ref();
        let status = answer.map_or(404, |answer| answer["status"].as_u64().unwrap());
        let body = answer.map_or("404 page not found\n", |answer| answer["body"].as_str().unwrap());
        let location = answer
            .and_then(|answer| answer["location"].as_str())
            .map(|to| format!("Location: {to}\r\n"))
            .unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n{location}\r\n",
            body.len()
        );
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    });
    (server, program)
}

/// The messages of all commands for a wrong address.
fn said(folder: &Folder, url: &str) -> String {
    let commands: [&[&str]; 5] = [
        &["status", "--prometheus"],
        &["check", "--prometheus"],
        &["backtest", "api/availability", "--last", "1d", "--prometheus"],
        &["drift", "--prometheus"],
        &["drift", "--alertmanager"],
    ];
    let mut all = String::new();
    for command in commands {
        let ran = folder.slowburn(&[command, &[url]].concat());
        let fault = ran.stderr.find("error: ").map(|start| ran.stderr[start..].to_owned());
        let output = match (ran.code, fault) {
            (Some(2), Some(fault)) => fault,
            (code, _) => format!("answered, exit code {}\n", code.unwrap()),
        };
        all += &format!("$ {} {}\n{output}", command[0], command[command.len() - 1]);
    }
    all
}

#[test]
fn another_program_at_an_address_is_recognised() {
    let folder = project();
    let mut files: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers.d"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    assert!(files.len() > 8);
    let mut all = String::new();
    for file in files {
        let (server, program) = recorded(&file);
        let url = format!("http://127.0.0.1:{}", server.port);
        all += &format!("# {program}\n{}\n", said(&folder, &url).replace(&url, "http://HOST"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn an_address_with_too_much_or_too_little_of_a_path_is_completed() {
    let folder = project();
    let of = |name: &str| {
        recorded(&Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/servers.d/{name}.json"))).0
    };
    let mut all = String::new();
    for (name, path) in [
        ("victoriametrics", "/vmui"),
        ("victoriametrics", "/select/0/prometheus?nocache=1"),
        ("mimir", "/prometheus"),
        ("mimir-tenant", "/prometheus"),
        ("mimir", "/prom\u{1b}[2J"),
        ("thanos-query", "/graph"),
    ] {
        let server = of(name);
        let host = format!("http://127.0.0.1:{}", server.port);
        for command in ["status", "drift"] {
            let ran = folder.slowburn(&[command, "--prometheus", &format!("{host}{path}")]);
            let output = if ran.code == Some(2) {
                ran.stderr
            } else {
                format!("answered, exit code {:?}\n", ran.code)
            };
            assert!(!output.contains('\u{1b}'), "{output}");
            all += &format!(
                "$ {command} {name}{}\n{}",
                path.replace('\u{1b}', "␛"),
                output.replace(&host, "http://HOST")
            );
        }
        // A server that is not recognised gets only a few requests.
        assert!(server.requests().len() < 60, "{}", server.requests().len());
    }
    insta::assert_snapshot!(all);
}

#[test]
fn real_prometheus_and_alertmanager_are_recognised() {
    let folder = project();
    if let Some(program) = prometheus() {
        let own = tempfile::tempdir().unwrap();
        fs::write(own.path().join("prometheus.yml"), "global: {}\n").unwrap();
        let server = Prometheus::start(&program, own.path());
        let output = said(&folder, &format!("{}/graph", server.url()));
        let right = format!("this is Prometheus: write {}\n", server.url());
        assert_eq!(output.matches(&right).count(), 4, "{output}");
        let other = "this is Prometheus, which does not notify anybody: write the address of Alertmanager, such as http://localhost:9093";
        assert!(output.contains(other), "{output}");
    } else {
        skipped("no real Prometheus was asked in the place of another");
    }
    let compiled = slowburn::compile(&slowburn::source::Sources::new(support::rules::own()));
    let Some(server) = Running::start(&compiled.artifacts().unwrap()) else { return };
    let output = said(&folder, &format!("http://127.0.0.1:{}", server.port));
    let other = "this is Alertmanager, which does not answer queries: write the address of Prometheus, such as http://localhost:9090";
    assert_eq!(output.matches(other).count(), 3, "{output}");
    assert!(
        output
            .contains("this is Alertmanager, which does not evaluate rules: write the address of Prometheus"),
        "{output}"
    );
    assert!(output.ends_with("$ drift --alertmanager\nanswered, exit code 1\n"), "{output}");
}

#[test]
fn a_right_server_is_not_probed() {
    let folder = project();
    let server = Server::telling_time(|_| {
        ("200 OK", r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#.to_owned())
    });
    let ran = folder.slowburn(&["status", "--prometheus", &format!("http://127.0.0.1:{}", server.port)]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.starts_with("GET /api/v1/")), "{requests:?}");
}

#[test]
fn status_says_how_to_load_rules_into_the_answering_server() {
    let folder = project();
    let mut all = String::new();
    for (name, path) in [("victoriametrics", ""), ("mimir", "/prometheus"), ("thanos-query", "")] {
        let file = format!("tests/servers.d/{name}.json");
        let (server, _) = recorded(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        let url = format!("http://127.0.0.1:{}{path}", server.port);
        let ran = folder.slowburn(&["status", "--prometheus", &url]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        all += &format!("# {name}\n{}", ran.stdout);
    }
    insta::assert_snapshot!(all);
}
