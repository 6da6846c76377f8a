//! The sources that `slowburn init` writes compile, for every program; existing files are not changed.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};

use support::folder::{API, Folder};
use support::server::Server;

/// One metric of every kind that is recognised, and similar ones that are not.
const SHOP: &str = "\
# TYPE http_requests_total counter
http_requests_total{handler=\"/buy\",status=\"200\"} 7
http_requests_total{handler=\"/buy\",status=\"503\"} 1
http_requests_total{handler=\"/metrics\",status=\"200\"} 9
http_requests_total{handler=\"/health\",status=\"200\"} 9
# TYPE grpc_server_handled_total counter
grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Pay\"} 3
grpc_server_handled_total{grpc_code=\"Unavailable\",grpc_method=\"Pay\"} 1
# TYPE shop_mail_deliveries_total counter
shop_mail_deliveries_total 5
# TYPE shop_mail_delivery_errors_total counter
shop_mail_delivery_errors_total 1
# TYPE shop_stock_errors_total counter
shop_stock_errors_total 1
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{handler=\"/buy\",le=\"0.1\"} 3
http_request_duration_seconds_bucket{handler=\"/buy\",le=\"0.4\"} 5
http_request_duration_seconds_bucket{handler=\"/buy\",le=\"1\"} 7
http_request_duration_seconds_bucket{handler=\"/buy\",le=\"+Inf\"} 8
http_request_duration_seconds_sum{handler=\"/buy\"} 2
http_request_duration_seconds_count{handler=\"/buy\"} 8
# TYPE http_request_size_bytes histogram
http_request_size_bytes_bucket{le=\"100\"} 3
http_request_size_bytes_bucket{le=\"+Inf\"} 8
http_request_size_bytes_sum 2
http_request_size_bytes_count 8
# TYPE database_up gauge
database_up 1
# TYPE network_up gauge
network_up{device=\"eth0\"} 1
# TYPE backup_last_success_timestamp_seconds gauge
backup_last_success_timestamp_seconds 1.7e9
# TYPE config_last_reload_success_timestamp_seconds gauge
config_last_reload_success_timestamp_seconds 1.7e9
# TYPE shop_connections_active gauge
shop_connections_active 3
# TYPE shop_connections_max gauge
shop_connections_max 100
# TYPE shop_queue_length gauge
shop_queue_length 3
# TYPE process_open_fds gauge
process_open_fds 3
# TYPE process_max_fds gauge
process_max_fds 100
";

#[test]
fn durations_with_a_status_are_fast_and_successful() {
    let folder = Folder::empty();
    let histogram = |labels: &str| {
        let name = "http_server_request_duration_seconds";
        format!(
            "{name}_bucket{{{labels},le=\"0.4\"}} 5\n{name}_bucket{{{labels},le=\"+Inf\"}} 8\n{name}_sum{{{labels}}} 2\n{name}_count{{{labels}}} 8\n"
        )
    };
    let metrics = format!(
        "# TYPE http_server_request_duration_seconds histogram\n{}{}",
        histogram("status=\"200\""),
        histogram("status=\"503\"")
    );
    folder.write("shop.prom", metrics);
    for language in ["en", "es"] {
        let slos = format!("slos-{language}");
        let ran = folder.slowburn(&[
            "init",
            &slos,
            "--service",
            "shop",
            "--metrics",
            "shop.prom",
            "--language",
            language,
        ]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        insta::assert_snapshot!(
            format!("fast-and-successful-{language}"),
            folder.read(&format!("{slos}/shop.yaml"))
        );
        let checked = folder.slowburn(&["check", &slos]);
        assert_eq!((checked.code, checked.stderr.contains("error")), (Some(0), false), "{checked:?}");
    }
}

#[test]
fn recognised_metrics_are_proposed_with_the_reason() {
    let folder = Folder::empty();
    let server = Server::of("200 OK", "Content-Type: text/plain; version=0.0.4\r\n", SHOP.as_bytes());
    let ran = folder.slowburn(&["init", "--service", "shop", "--metrics", &server.url(), "--language", "en"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    insta::assert_snapshot!("shop", folder.read("slos/shop.yaml"));
    insta::assert_snapshot!("project", format!("{}---\n{}", folder.read("slos/slowburn.yaml"), ran.stderr));
    let compiled = folder.slowburn(&[]);
    assert_eq!(compiled.code, Some(0), "{compiled:?}");
    assert!(compiled.stderr.starts_with("compiled 7 SLOs of 1 service"), "{compiled:?}");
    // The same numbers in another language.
    let other = Folder::empty();
    other.write("shop.prom", SHOP);
    let ran = other.slowburn(&["init", "--job", "shop", "--metrics", "shop.prom", "--language", "es"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    insta::assert_snapshot!("spanish", other.read("slos/shop.yaml"));
    assert_eq!(other.read("slos/metrics/shop.prom"), folder.read("slos/metrics/shop.prom"));
    assert_eq!(other.slowburn(&[]).code, Some(0));
}

fn expositions(folder: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "prom")).collect();
    files.sort();
    files
}

#[test]
fn every_program_gets_a_project_that_compiles() {
    let mut files = expositions("tests/expositions/real");
    files.extend(expositions("slos/metrics"));
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        let folder = Folder::empty();
        let ran = folder.slowburn(&["init", "--service", "shop", "--metrics", file.to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{file:?}: {ran:?}");
        let checked = folder.slowburn(&["check"]);
        assert_eq!(checked.code, Some(0), "{file:?}: {checked:?}");
    }
}

#[test]
fn init_adds_a_service_to_an_existing_project() {
    let folder = Folder::empty();
    folder.write("slos/slowburn.yaml", "version: slowburn/v1\nlanguage: es\n");
    folder.write("slos/api.yaml", API);
    let ran = folder.slowburn(&["init", "--service", "mail"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(folder.read("slos/slowburn.yaml"), "version: slowburn/v1\nlanguage: es\n");
    assert!(folder.read("slos/mail.yaml").contains("Un momento es bueno"), "the project's language");
    assert!(folder.slowburn(&[]).stderr.starts_with("compiled 2 SLOs of 2 services"));

    let before = folder.tree("slos");
    for service in ["api", "mail"] {
        let ran = folder.slowburn(&["init", "--service", service]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(&format!("error: slos/{service}.yaml already exists")), "{ran:?}");
    }
    // If only the contract exists, the service is not written, either.
    folder.write("shop.prom", SHOP);
    folder.write("slos/metrics/shop.prom", "mine");
    let ran = folder.slowburn(&["init", "--service", "shop", "--metrics", "shop.prom"]);
    assert!(ran.stderr.contains("slos/metrics/shop.prom already exists"), "{ran:?}");
    folder.remove("slos/metrics/shop.prom");
    fs::remove_dir(folder.path("slos/metrics")).unwrap();
    assert_eq!(folder.tree("slos"), before);
}

#[test]
fn without_a_terminal_init_asks_no_questions() {
    let folder = Folder::empty();
    let ran = folder.slowburn(&["init"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--service"), "{ran:?}");
    let ran = folder.slowburn(&["init", "--service", "My Shop"]);
    assert!(ran.stderr.contains("--service my-shop"), "{ran:?}");
    let ran = folder.slowburn(&["init", "--service", "shop", "--metrics", "nowhere.prom"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(folder.tree("").is_empty(), "nothing is written");
    folder.write("file", "");
    let ran = folder.slowburn(&["init", "file", "--service", "shop"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("file is a file"), "{ran:?}");
    // The last file cannot be written, so the others are removed again.
    folder.write("half/.slowburn/keep", "");
    folder.write("half/metrics", "a file where the contract's folder would be");
    folder.write("shop.prom", SHOP);
    let before = folder.tree("half");
    let ran = folder.slowburn(&["init", "half", "--service", "shop", "--metrics", "shop.prom"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(folder.tree("half"), before);
}

/// `script` provides a terminal.
#[test]
#[cfg(unix)]
fn on_a_terminal_it_asks() {
    let folder = Folder::empty();
    folder.write("shop.prom", SHOP);
    let asked = |answers: &str| {
        let command = format!("printf '{answers}' | timeout 60 script -qec \"$slowburn init\" /dev/null");
        folder.script(&["sh", "-c"], &command)
    };
    let terminal = folder.script(&["sh", "-c"], "script -qec true /dev/null </dev/null");
    if terminal.code != Some(0) {
        return support::skipped("script is not installed, so nothing was asked on a terminal");
    }
    let ran = asked("My Shop\\nshop\\nweb\\nshop.prom\\nes\\n");
    assert!(ran.stdout.contains("such as my-shop"), "{ran:?}");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let written = folder.read("slos/shop.yaml");
    assert!(written.contains("job=\"web\"") && written.contains("Una petición"), "{written}");
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    // Only the name is needed, because the project's language is known.
    let ran = asked("mail\\n\\n\\n");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(folder.read("slos/mail.yaml").contains("up{job=\"mail\"}"));
}

/// The proposals of `init` for these metrics. They compile.
fn proposed(service: &str, metrics: &str) -> String {
    let folder = Folder::empty();
    folder.write("m.prom", metrics);
    let ran = folder.slowburn(&["init", "--service", service, "--metrics", "m.prom"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(folder.slowburn(&["check"]).code, Some(0));
    format!("{}---\n{}", folder.read("slos/slowburn.yaml"), folder.read(&format!("slos/{service}.yaml")))
}

#[test]
fn names_with_dots_are_recognised() {
    let labels = "\"http.response.status_code\"=\"500\",\"http.route\"=\"/buy\"";
    let histogram: String =
        [("bucket", ",le=\"0.5\""), ("bucket", ",le=\"+Inf\""), ("count", ""), ("sum", "")]
            .map(|(end, le)| format!("{{\"http.server.request.duration_{end}\",{labels}{le}}} 4\n"))
            .concat();
    let text = proposed("web", &format!("# TYPE \"http.server.request.duration\" histogram\n{histogram}"));
    assert!(text.contains("version: \"3.0\""), "{text}");
    assert!(text.contains("\\\"http.response.status_code\\\"=~\\\"5..\\\""), "{text}");
    assert!(text.contains("objective: P95 < 500ms"), "{text}");
}

#[test]
fn pushed_metrics_have_no_up() {
    let text = proposed(
        "jobs",
        "# TYPE push_time_seconds gauge
push_time_seconds{instance=\"\",job=\"nightly\"} 1.7e9
push_time_seconds{instance=\"\",job=\"weekly\"} 1.7e9
# TYPE backup_last_success_timestamp_seconds gauge
backup_last_success_timestamp_seconds{instance=\"\",job=\"nightly\"} 1.7e9
",
    );
    for job in ["nightly", "weekly"] {
        assert!(text.contains(&format!("freshness: push_time_seconds{{job=\"{job}\"}}")), "{text}");
    }
    assert!(text.contains("freshness: backup_last_success_timestamp_seconds{job=\"nightly\"}"), "{text}");
    assert!(!text.contains("probe:"), "{text}");
}

#[test]
fn every_spelling_of_grpc_codes_is_known() {
    for (label, codes, bad) in [
        ("grpc_code", ["OK", "DeadlineExceeded"], "Unknown|DeadlineExceeded|Internal|Unavailable|DataLoss"),
        (
            "rpc_grpc_status_code",
            ["OK", "NOT_FOUND"],
            "UNKNOWN|DEADLINE_EXCEEDED|INTERNAL|UNAVAILABLE|DATA_LOSS",
        ),
        ("rpc_grpc_status_code", ["0", "16"], "2|4|13|14|15"),
    ] {
        let series =
            codes.map(|code| format!("grpc_server_handled_total{{{label}=\"{code}\"}} 1\n")).concat();
        let text = proposed("pay", &format!("# TYPE grpc_server_handled_total counter\n{series}"));
        assert!(text.contains(&format!("{label}=~\"{bad}\"")), "{text}");
    }
}

#[test]
fn a_call_that_both_ends_report_counts_once() {
    let series = ["source", "destination"]
        .map(|end| format!("istio_requests_total{{reporter=\"{end}\",response_code=\"200\"}} 7\n"))
        .concat();
    let text = proposed("mesh", &format!("# TYPE istio_requests_total counter\n{series}"));
    assert!(text.contains("total: istio_requests_total{job=\"mesh\",reporter=\"destination\"}"), "{text}");
}
