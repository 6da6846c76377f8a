//! Servers that go away, do not answer, send incomplete or too large answers, or repeat credentials.
#![cfg(all(unix, feature = "http"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use support::folder::{API, Folder, Ran};
use support::server::Server;
use support::skipped;

const EMPTY: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;

fn check(folder: &Folder, url: &str, more: &[&str]) -> Ran {
    folder.slowburn(&[&["check", "--prometheus", url][..], more].concat())
}

fn answer(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A server that keeps connections open, answers so many requests on each, and closes it when the next request arrives. Returns the address, the
/// number of connections and the answered requests.
fn forgetful(each: usize) -> (String, Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let (connections, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (counted, heard) = (Arc::clone(&connections), Arc::clone(&asked));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let heard = Arc::clone(&heard);
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                for number in 0.. {
                    let mut bytes = Vec::new();
                    let mut byte = [0];
                    while !bytes.ends_with(b"\r\n\r\n") {
                        if stream.read(&mut byte).unwrap_or(0) == 0 {
                            return;
                        }
                        bytes.push(byte[0]);
                    }
                    if number == each {
                        return;
                    }
                    let line = String::from_utf8_lossy(&bytes).lines().next().unwrap().to_owned();
                    heard.lock().unwrap().push(line);
                    stream.write_all(answer(EMPTY).as_bytes()).unwrap();
                }
            });
        }
    });
    (url, connections, asked)
}

#[test]
fn a_lost_connection_is_opened_again_and_the_request_repeated_once() {
    let folder = Folder::new();
    for each in [1, 2, 3] {
        let (url, connections, asked) = forgetful(each);
        let ran = check(&folder, &url, &[]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains("unknown-metric"), "{}", ran.stderr);
        let mut asked = asked.lock().unwrap().clone();
        assert!(connections.load(Ordering::SeqCst) >= asked.len().div_ceil(each));
        let all = asked.len();
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), all, "every question is answered once");
    }
    // A server that never answers does not get endless requests.
    let (url, connections, _) = forgetful(0);
    let ran = check(&folder, &url, &[]);
    assert!(ran.stderr.contains("the answer ends early"), "{}", ran.stderr);
    assert_eq!((ran.code, connections.load(Ordering::SeqCst)), (Some(2), 1));
}

#[test]
fn a_silent_server_costs_one_timeout() {
    let folder = Folder::new();
    let server = Server::silent();
    let begun = Instant::now();
    let ran = check(&folder, &format!("http://127.0.0.1:{}", server.port), &["--timeout", "1s"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("the answer was not complete within 1s"), "{}", ran.stderr);
    assert!(begun.elapsed() < Duration::from_millis(1900), "{:?}", begun.elapsed());
}

/// If a server answers only the necessary requests, this is reported, and it gets no further requests.
#[test]
fn missing_answers_of_a_server_are_reported() {
    let folder = Folder::new();
    let server = Server::with(|stream, request| {
        if request.contains("/api/v1/query?") {
            let _ = stream
                .write_all(answer(EMPTY).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes());
        } else {
            std::thread::sleep(Duration::from_secs(5));
        }
    });
    let begun = Instant::now();
    let ran = check(&folder, &format!("http://127.0.0.1:{}", server.port), &["--timeout", "1s"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("some answers are missing: cannot ask http://127.0.0.1:"), "{}", ran.stderr);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn incomplete_answers_and_notes_are_shown() {
    let folder = Folder::new();
    let body = r#"{"status":"success","isPartial":true,"infos":["PromQL info: \u001b[2Jmay be no counter"],"data":{"resultType":"vector","result":[]}}"#;
    let server = Server::of("200 OK", "", body.as_bytes());
    let ran = check(&folder, &format!("http://127.0.0.1:{}", server.port), &[]);
    assert!(ran.stderr.contains("the server warns: the answer is incomplete"), "{}", ran.stderr);
    let remark = "the server warns: PromQL info: ␛[2Jmay be no counter\n";
    assert_eq!(ran.stderr.matches(remark).count(), 1, "{}", ran.stderr);
}

#[test]
fn label_names_cannot_move_the_cursor() {
    let folder = Folder::new();
    let server = Server::telling_time(|request| {
        let sample = r#"{"metric":{"service":"api","slo":"availability","a\u001b[2J\u202eb":"c\u001b[3Jd"},"value":[1,"0.5"]}"#;
        let body = match request.contains("/rules") {
            true => r#"{"status":"success","data":{"groups":[]}}"#.to_owned(),
            false => {
                format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{sample}]}}}}"#)
            }
        };
        ("200 OK", body)
    });
    let url = format!("http://127.0.0.1:{}", server.port);
    for format in ["human", "markdown", "json"] {
        let ran = folder.slowburn(&["status", "--prometheus", &url, "--format", format]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let said = ran.stdout + &ran.stderr;
        assert!(!said.contains('\u{1b}'), "{said}");
        assert!(format == "json" || !said.contains('\u{202e}'), "{said}");
        assert!(said.contains("[2J"), "{said}");
    }
}

#[test]
fn an_answer_that_takes_too_much_memory_is_refused() {
    let folder = Folder::new();
    for part in ["[],", "{},", "0,", "{\"a\":0},", "[[0]],"] {
        let values =
            format!("{{\"status\":\"success\",\"data\":[{}0]}}", part.repeat(20_000_000 / part.len()));
        let server = Server::of("200 OK", "", values.as_bytes());
        let url = format!("http://127.0.0.1:{}", server.port);
        let ran = check(&folder, &url, &["--max-size", "30"]);
        assert_eq!(ran.code, Some(2), "{part}: {}", ran.stderr);
        let words = format!("error: the answer of {url} is larger than 150 MB\n");
        assert!(ran.stderr.starts_with(&words), "{part}: {}", ran.stderr);
    }
}

/// Each label value has a history of the whole past, so the server decides how much memory is needed.
#[test]
fn a_backtest_with_too_many_label_values_is_refused() {
    let folder = Folder::new();
    folder.write("slos/api.yaml", API.replace("    sli:", "    by: [region]\n    sli:"));
    let regions = |many: usize| {
        let series = |index| format!(r#"{{"metric":{{"region":"r{index}"}},"values":[]}}"#);
        (0..many).map(series).collect::<Vec<_>>().join(",")
    };
    for (many, last, is_too_much) in [(150, "30d", true), (3, "1d", false)] {
        let body = format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#,
            regions(many)
        );
        let server = Server::telling_time(move |_| ("200 OK", body.clone()));
        let url = format!("http://127.0.0.1:{}", server.port);
        let ran = folder.slowburn(&["backtest", "api", "--raw", "--last", last, "--prometheus", &url]);
        assert_eq!(ran.code, Some(if is_too_much { 2 } else { 0 }), "{many} {last}: {}", ran.stderr);
        let words =
            format!("error: {url} has too many values of the labels in `by`: more than 10000000 counts\n");
        assert_eq!(ran.stderr.starts_with(&words), is_too_much, "{}", ran.stderr);
    }
}

/// Memory grows with the labels of a series, not with their square.
#[test]
fn a_series_of_many_labels_takes_little_memory() {
    let folder = Folder::new();
    folder.write("slos/api.yaml", API);
    let labels: Vec<String> = (0..20_000).map(|index| format!(r#""l{index}":"v""#)).collect();
    let body = format!(
        r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{{}}},"value":[0,"1"]}}]}}}}"#,
        labels.join(",")
    );
    let server = Server::of("200 OK", "", body.as_bytes());
    let script =
        format!("ulimit -v 2000000; exec $slowburn check --prometheus http://127.0.0.1:{}", server.port);
    let ran = folder.script(&["sh", "-c"], &script);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.len() < 20_000, "{}", ran.stderr);
}

/// What is kept of answers has a limit for each command. It is said, with what to ask instead.
#[test]
fn answers_of_more_series_than_are_kept_end_a_command() {
    let folder = Folder::new();
    folder.write("slos/api.yaml", API);
    folder.write(
        "old.yaml",
        "groups:\n- name: g\n  rules:\n  - record: slo:sli_error:ratio_rate1h\n    expr: a / b\n    labels: { sloth_id: api-availability, sloth_service: api, sloth_slo: availability, sloth_window: 1h }\n",
    );
    let samples = |many: usize, one: fn(usize) -> String| {
        let result: Vec<String> = (0..many).map(one).collect();
        format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#, result.join(","))
    };
    let same = samples(500_001, |_| r#"{"metric":{},"value":[0,"1"]}"#.to_owned());
    let shapes = samples(100_001, |index| format!(r#"{{"metric":{{"l{index}":"v"}},"value":[0,"1"]}}"#));
    for (args, body, words) in [
        (&["status"][..], &same, "has more than 500000 series of these SLOs\nask for a part of them"),
        (
            &["import", "old.yaml", "--check"],
            &same,
            "has more than 500000 series of these SLOs\ncompare a part of it",
        ),
        (&["check"], &shapes, "have more than 100000 sets of label names\ncheck against a contract"),
    ] {
        let body = body.clone();
        let server = Server::telling_time(move |_| ("200 OK", body.clone()));
        let url = format!("http://127.0.0.1:{}", server.port);
        let ran = folder.slowburn(&[args, &["--prometheus", &url]].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{args:?}: {}", ran.stderr);
    }
}

/// The same for hours: many values of a label, and a month of each.
#[test]
fn answers_of_more_hours_than_are_kept_end_a_report() {
    const HOURS: u64 = 24 * 31;
    let folder = Folder::new();
    folder.write("slos/api.yaml", API.replace("    sli:", "    by: [region]\n    sli:"));
    let month = 1_759_276_800; // October 2025
    let hours: Vec<String> = (1..=HOURS).map(|hour| format!("[{},\"1\"]", month + 3600 * hour)).collect();
    let hours = hours.join(",");
    let asked = AtomicUsize::new(0);
    // Every answer is of other regions, so that none of them is too large by itself.
    let server = Server::telling_time(move |_| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        let series = |index| {
            format!(
                r#"{{"metric":{{"service":"api","slo":"availability","region":"r{number}-{index}"}},"values":[{hours}]}}"#
            )
        };
        let result: Vec<String> = (0..2_600).map(series).collect();
        let body = format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}}"#,
            result.join(",")
        );
        ("200 OK", body)
    });
    let url = format!("http://127.0.0.1:{}", server.port);
    let ran = folder.slowburn(&["report", "--prometheus", &url, "--month", "2025-10"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let words = "error: the answers have more than 5000000 hours of SLOs and values of their labels\n";
    assert!(ran.stderr.starts_with(words), "{}", ran.stderr);
}

#[test]
fn only_a_few_of_many_warnings_are_shown() {
    let folder = Folder::new();
    let warnings: Vec<String> =
        (0..5_000).map(|index| format!("\"{index} {}\"", "x".repeat(1_000))).collect();
    let body = format!(
        r#"{{"status":"success","warnings":[{}],"data":{{"resultType":"vector","result":[]}}}}"#,
        warnings.join(",")
    );
    let server = Server::telling_time(move |_| ("200 OK", body.clone()));
    let url = format!("http://127.0.0.1:{}", server.port);
    let ran = folder.slowburn(&["status", "--prometheus", &url, "--format", "json"]);
    assert!(ran.stdout.contains("and 4000 more warnings"), "{}", ran.stderr);
    assert!(ran.stdout.len() < 1_000_000, "{}", ran.stdout.len());
}

#[test]
fn credentials_in_answers_are_masked() {
    let folder = Folder::new();
    folder.write("user", "op:S3cr3t\"PW\n");
    folder.write("token", "S3cr3tT0ken\n");
    let echo = |status: &'static str, says: fn(&str) -> String| {
        Server::with(move |stream, request| {
            let line =
                request.lines().find(|line| line.to_lowercase().starts_with("authorization:")).unwrap();
            let value = line.split_once(':').unwrap().1.trim();
            let body = format!(
                r#"{{"status":"{}","error":{says},"warnings":[{says}],"data":{{"resultType":"vector","result":[]}}}}"#,
                if status == "200 OK" { "success" } else { "error" },
                says = serde_json::to_string(&says(value)).unwrap(),
            );
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\nLocation: /{}\r\n\r\n{body}",
                body.len(),
                says(value).replace(' ', "%20")
            );
            let _ = stream.write_all(head.as_bytes());
        })
    };
    let whole: fn(&str) -> String = |value| format!("not for {value}");
    let bare: fn(&str) -> String = |value| format!("not for {}!", value.split(' ').nth(1).unwrap());
    let decoded: fn(&str) -> String = |_| "not for op:S3cr3t\"PW or S3cr3tT0ken".to_owned();
    for status in ["200 OK", "401 Unauthorized", "403 Forbidden", "422 Unprocessable", "302 Found"] {
        for says in [whole, bare, decoded] {
            for sent in [["--user-file", "user"], ["--bearer-file", "token"]] {
                let url = format!("http://127.0.0.1:{}", echo(status, says).port);
                let ran = check(&folder, &url, &sent);
                let said = ran.stdout + &ran.stderr;
                assert!(said.contains("not for") || status == "302 Found", "{said}");
                let secret = if sent[0] == "--user-file" { "S3cr3t\"PW" } else { "S3cr3tT0ken" };
                for secret in [secret, "b3A6UzNjcjN0IlBX", "S3cr3t\\\"PW"] {
                    assert!(!said.contains(secret), "{status} {sent:?}: {said}");
                }
            }
        }
    }
}

#[test]
fn cached_answers_are_used_for_the_same_server_only() {
    let folder = Folder::new();
    let server = Server::telling_time(|request| {
        assert!(request.contains("token=S3cr3tPW"), "{request}");
        if request.contains("query=time%28%29") {
            return ("200 OK", r#"{"status":"success","data":{"resultType":"scalar","result":[1763800000.5,"1763800000.5"]}}"#.to_owned());
        }
        ("200 OK", r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#.to_owned())
    });
    let url = format!("http://127.0.0.1:{}/?token=S3cr3tPW", server.port);
    let asked = [
        "backtest",
        "api",
        "--last",
        "1h",
        "--until",
        "2025-01-01T00:00:00Z",
        "--cache",
        "kept",
        "--prometheus",
    ];
    let ran = folder.slowburn(&[&asked[..], &[&url]].concat());
    let files: Vec<_> = fs::read_dir(folder.path("kept")).unwrap().flatten().collect();
    assert!(!files.is_empty(), "{}", ran.stderr);
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!fs::read_to_string(file.path()).unwrap().contains("S3cr3t"));
    }
    assert!(!(ran.stdout + &ran.stderr).contains("S3cr3t"));
}

/// A TLS server that sends one answer, and ends the connection with or without `close_notify`.
const TLS: &str = r#"
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
plain, _ = listener.accept()
stream = context.wrap_socket(plain, server_side=True)
stream.recv(65536)
stream.sendall(open("sent", "rb").read())
if sys.argv[1] == "farewell":
    stream.unwrap()
stream.close()
"#;

fn over_tls(folder: &Folder, sent: &str, ending: &str) -> Ran {
    folder.write("sent", sent);
    let mut server = Command::new("python3")
        .stderr(Stdio::null())
        .args(["-c", TLS, ending])
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let url = format!("https://127.0.0.1:{}/", port.trim());
    let ran = folder.slowburn(&["metrics", "capture", &url, "--ca-file", "cert.pem", "--from", "x 1"]);
    let _ = server.kill();
    let _ = server.wait();
    ran
}

#[test]
fn an_answer_that_ends_early_is_an_error() {
    let runs = |program: &str, how: &str| Command::new(program).arg(how).output().is_ok();
    if !runs("openssl", "version") || !runs("python3", "--version") {
        return skipped("openssl or python3 is not installed, so nothing broke off over TLS");
    }
    let folder = Folder::empty();
    let issued = folder.script(
        &["sh", "-c"],
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=shop \
         -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE 2>&1",
    );
    assert_eq!(issued.code, Some(0), "{}", issued.stdout);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    let body = "a_total 1\nb_total 2\n";
    let open = format!("{head}\r\n{body}");
    let long = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let short = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len() + 1);
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n", body.len());
    let cases = [
        (&open, "farewell", true),
        (&open, "cut", false),
        (&long, "farewell", true),
        (&long, "cut", true),
        (&short, "farewell", false),
        (&short, "cut", false),
        (&chunked, "farewell", false),
        (&chunked, "cut", false),
        (&format!("{chunked}0\r\n\r\n"), "cut", true),
    ];
    for (sent, ending, whole) in cases {
        let ran = over_tls(&folder, sent, ending);
        assert_eq!(ran.code, Some(if whole { 0 } else { 2 }), "{ending} {sent}\n{}", ran.stderr);
        assert!(whole || ran.stderr.contains("the answer ends early"), "{ending} {sent}\n{}", ran.stderr);
    }
}
