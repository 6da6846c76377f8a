//! `slowburn metrics capture` with real connections to servers on loopback, and with real programs if they exist.
#![cfg(all(unix, feature = "http"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::folder::{Folder, Ran};
use support::server::{Server, free_port, gzip};
use support::{alertmanager, prometheus, skipped};

const METRICS: &str = "\
# HELP http_requests_total All requests.
# TYPE http_requests_total counter
http_requests_total{code=\"200\"} 1027
http_requests_total{code=\"500\"} 3
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le=\"0.1\"} 1
http_request_duration_seconds_bucket{le=\"0.5\"} 2
http_request_duration_seconds_bucket{le=\"+Inf\"} 2
http_request_duration_seconds_sum 0.4
http_request_duration_seconds_count 2
";

const CONTRACT: &str = "\
# slowburn contract
# from: shop 1

histogram http_request_duration_seconds
  le: 0.1 0.5
counter http_requests_total
  code: \"200\" \"500\"
";

fn capture(folder: &Folder, args: &[&str]) -> Ran {
    folder.slowburn(&[&["metrics", "capture"], args].concat())
}

#[test]
fn an_address_is_asked_once_for_text() {
    let server = Server::of("200 OK", "Content-Type: text/plain; version=0.0.4\r\n", METRICS.as_bytes());
    let folder = Folder::empty();
    let ran = capture(&folder, &[&server.url(), "--from", "shop 1", "--out", "slos/metrics/shop.prom"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    assert_eq!(ran.stderr, "captured 2 metrics in slos/metrics/shop.prom\n");
    assert_eq!(folder.read("slos/metrics/shop.prom"), CONTRACT);
    assert_eq!(folder.tree("slos/metrics").len(), 1, "nothing else is left there");
    let [request] = &server.requests()[..] else { panic!("one request") };
    let request = request.to_lowercase();
    assert!(request.starts_with("get /metrics http/1.1\r\n"), "{request}");
    assert!(
        request.contains("\r\naccept: application/openmetrics-text;version=1.0.0,text/plain"),
        "{request}"
    );
    assert!(request.contains("\r\naccept-encoding: gzip\r\n"), "{request}");
    assert!(!request.contains("authorization"), "{request}");
}

#[test]
fn without_out_the_contract_goes_to_stdout() {
    let folder = Folder::empty();
    folder.write("raw.txt", format!("# from: shop 1\n{METRICS}"));
    let ran = capture(&folder, &["raw.txt"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), CONTRACT, ""));
    let piped = folder.script(&["bash", "-c"], "cat raw.txt | \"$slowburn\" metrics capture -");
    assert_eq!((piped.code, piped.stdout.as_str(), piped.stderr.as_str()), (Some(0), CONTRACT, ""));
    folder.write("contract.prom", CONTRACT);
    assert_eq!(capture(&folder, &["contract.prom"]).stdout, CONTRACT, "a contract is its own contract");
}

#[test]
fn packed_answers_are_unpacked() {
    let server = Server::of("200 OK", "Content-Encoding: gzip\r\n", &gzip(METRICS.as_bytes()));
    let ran = capture(&Folder::empty(), &[&server.url(), "--from", "shop 1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), CONTRACT), "{}", ran.stderr);
}

#[test]
fn credentials_come_from_files_and_from_the_environment() {
    let asked = |args: &[&str], environment: &[(&str, &str)]| {
        let server = Server::of("200 OK", "", METRICS.as_bytes());
        let folder = Folder::empty();
        folder.write("user", "operator:geheim ñ\n");
        folder.write("token", "abc.def-ghi\r\n");
        let url = server.url();
        let args = [&["metrics", "capture", &url], args].concat();
        let output = folder.command(&args).envs(environment.iter().copied()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert!(!stderr.contains("geheim") && !stderr.contains("abc"), "{stderr}");
        let [request] = &server.requests()[..] else { panic!("one request") };
        let header = request.lines().find_map(|line| {
            line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        });
        header.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    // As from `printf 'operator:geheim ñ' | base64`.
    const BASIC: &str = "Basic b3BlcmF0b3I6Z2VoZWltIMOx";
    assert_eq!(asked(&["--user-file", "user"], &[]), BASIC);
    assert_eq!(asked(&["--bearer-file", "token"], &[]), "Bearer abc.def-ghi");
    assert_eq!(asked(&[], &[("SLOWBURN_USER", "a:b")]), "Basic YTpi");
    assert_eq!(asked(&[], &[("SLOWBURN_USER", "ab:c")]), "Basic YWI6Yw==");
    assert_eq!(asked(&[], &[("SLOWBURN_USER", "ab:cd")]), "Basic YWI6Y2Q=");
    assert_eq!(asked(&[], &[("SLOWBURN_BEARER", "xyz")]), "Bearer xyz");
    assert_eq!(asked(&["--user-file", "user"], &[("SLOWBURN_BEARER", "xyz")]), BASIC);
    assert_eq!(asked(&[], &[("SLOWBURN_BEARER", "")]), "");
}

#[test]
fn a_redirect_is_reported_and_not_followed() {
    let elsewhere = Server::of("200 OK", "", METRICS.as_bytes());
    let server = Server::of("302 Found", &format!("Location: {}\r\n", elsewhere.url()), b"");
    let folder = Folder::empty();
    folder.write("token", "secret");
    let ran = capture(&folder, &[&server.url(), "--bearer-file", "token", "--out", "shop.prom"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains(&format!("it redirects to {}\n", elsewhere.url())), "{}", ran.stderr);
    assert_eq!((server.requests().len(), elsewhere.requests().len()), (1, 0));
    assert!(!folder.path("shop.prom").exists());
}

#[test]
fn an_updated_contract_shows_its_changes() {
    let folder = Folder::empty();
    folder.write("before.txt", format!("# from: shop 1\n{METRICS}# TYPE gone gauge\ngone 1\n# TYPE queue_length gauge\nqueue_length 1\n\
         # TYPE jobs_total counter\njobs_total{{kind=\"a\",zone=\"x\"}} 1\njobs_total{{kind=\"b\",zone=\"x\"}} 1\n\
         # TYPE users_total counter\n{}", (10..60).map(|user| format!("users_total{{user=\"{user}\"}} 1\n")).collect::<String>()));
    folder.write("after.txt", format!("# from: shop 2\n{}", METRICS.replace("500", "503").replace("0.5\"", "0.25\"")
        + "# TYPE here counter\nhere 1\n# TYPE queue_length histogram\n# UNIT queue_length items\nqueue_length_bucket{le=\"+Inf\"} 1\n\
           # TYPE jobs_total counter\njobs_total{kind=\"a\",zone=\"x\"} 1\njobs_total{kind=\"b\",place=\"y\"} 1\n\
           # TYPE users_total counter\n" + &(11..62).map(|user| format!("users_total{{user=\"{user}\"}} 1\n")).collect::<String>()));
    assert_eq!(capture(&folder, &["before.txt", "--out", "shop.prom"]).code, Some(0));
    let before = folder.read("shop.prom");

    let same = capture(&folder, &["before.txt", "--out", "shop.prom", "--check"]);
    assert_eq!((same.code, same.stderr.as_str()), (Some(0), "shop.prom agrees with before.txt: 6 metrics\n"));
    let other = capture(&folder, &["after.txt", "--out", "shop.prom", "--check"]);
    assert_eq!((other.code, other.stdout.as_str()), (Some(1), ""));
    assert_eq!(folder.read("shop.prom"), before, "--check writes nothing");
    let written = capture(&folder, &["after.txt", "--out", "shop.prom"]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""));
    assert!(folder.read("shop.prom").starts_with("# slowburn contract\n# from: shop 2\n"));
    let again = capture(&folder, &["after.txt", "--out", "shop.prom"]);
    insta::assert_snapshot!(format!(
        "$ --check\n{}\n$\n{}\n$\n{}",
        other.stderr, written.stderr, again.stderr
    ));
}

#[test]
fn a_new_version_alone_is_no_new_shape() {
    let folder = Folder::empty();
    folder.write("shop.prom", CONTRACT);
    folder.write("raw.txt", METRICS);
    let ran = capture(&folder, &["raw.txt", "--from", "shop 2", "--out", "shop.prom", "--check"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let kept = capture(&folder, &["raw.txt", "--out", "shop.prom"]);
    assert!(
        kept.stderr
            .starts_with("from shop 1, as before: if the version is different, write it with --from\n"),
        "{}",
        kept.stderr
    );
    assert_eq!(folder.read("shop.prom"), CONTRACT);
    folder.write(
        "raw.txt",
        format!("{METRICS}go_build_info{{version=\"x\"}} 1\nshop_build_info{{version=\"3.0\"}} 1\n"),
    );
    capture(&folder, &["raw.txt", "--out", "shop.prom"]);
    assert!(folder.read("shop.prom").contains("\n# from: shop 3.0\n"));
}

/// As the page of `contract-syntax` recommends.
#[test]
fn an_unreadable_contract_is_captured_again() {
    let folder = Folder::empty();
    folder.write("raw.txt", format!("# from: shop 1\n{METRICS}"));
    let broken = "# slowburn contract\n\ncounter a\n<<<<<<< HEAD\n  b: \"c\"\n";
    folder.write("shop.prom", broken);
    let checked = capture(&folder, &["raw.txt", "--out", "shop.prom", "--check"]);
    assert_eq!(checked.code, Some(1), "{}", checked.stderr);
    assert!(checked.stderr.contains("shop.prom:4:1"), "{}", checked.stderr);
    assert_eq!(folder.read("shop.prom"), broken);
    let written = capture(&folder, &["raw.txt", "--out", "shop.prom"]);
    let said = "shop.prom could not be read, so the metrics are not compared with it\ncaptured 2 metrics in shop.prom\n";
    assert_eq!((written.code, written.stderr.as_str()), (Some(0), said));
    assert_eq!(folder.read("shop.prom"), CONTRACT);
}

#[test]
fn a_raw_capture_is_stripped_in_its_place() {
    let folder = Folder::empty();
    folder.write("shop.prom", format!("# from: shop 1\n{METRICS}"));
    let ran = capture(&folder, &["shop.prom", "--out", "shop.prom"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(0), "captured 2 metrics in shop.prom: 0 appeared, 0 vanished, 0 changed\n")
    );
    assert_eq!(folder.read("shop.prom"), CONTRACT);
}

/// All failures of a capture, with their messages.
#[test]
fn failures() {
    let mut text = String::new();
    let mut show =
        |title: &str, folder: &Folder, source: &str, args: &[&str], environment: &[(&str, &str)]| {
            let args = [&["metrics", "capture", source], args].concat();
            let output = folder.command(&args).envs(environment.iter().copied()).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                (output.status.code(), output.stdout.as_slice()),
                (Some(2), &b""[..]),
                "{title}: {stderr}"
            );
            let port =
                source.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or("PORT");
            let said = format!("$ slowburn {}\n{stderr}", args.join(" "))
                .replace(&format!("127.0.0.1:{port}/"), "127.0.0.1:PORT/");
            let _ = writeln!(text, "# {title}\n{said}");
            assert!(!folder.path("new.prom").exists(), "{title}");
        };
    let folder = Folder::empty();
    let mut asked = |title: &str, server: &Server, args: &[&str], environment: &[(&str, &str)]| {
        show(title, &folder, &server.url(), args, environment);
    };
    asked("not found", &Server::of("404 Not Found", "", b""), &["--out", "new.prom"], &[]);
    asked("credentials are asked for", &Server::of("401 Unauthorized", "", b""), &[], &[]);
    asked(
        "other credentials are asked for",
        &Server::of("403 Forbidden", "", b""),
        &[],
        &[("SLOWBURN_BEARER", "geheim")],
    );
    asked("a redirect", &Server::of("301 Moved Permanently", "Location: /-/metrics\r\n", b""), &[], &[]);
    asked("a redirect to nowhere", &Server::of("302 Found", "", b""), &[], &[]);
    asked("a fault of the server", &Server::of("503 Service Unavailable", "", b"busy"), &[], &[]);
    asked(
        "a web page",
        &Server::of("200 OK", "Content-Type: text/html; charset=utf-8\r\n", b"<html>"),
        &[],
        &[],
    );
    asked("a web page that does not say so", &Server::of("200 OK", "", b"\n<!DOCTYPE html>"), &[], &[]);
    asked("JSON", &Server::of("200 OK", "Content-Type: application/json\r\n", b"{}"), &[], &[]);
    asked(
        "protobuf",
        &Server::of(
            "200 OK",
            "Content-Type: application/vnd.google.protobuf; encoding=delimited\r\n",
            b"\x01",
        ),
        &[],
        &[],
    );
    asked("nothing", &Server::of("200 OK", "", b""), &[], &[]);
    asked(
        "something else",
        &Server::of("200 OK", "", b"It works!\n\xff\xfe\n# but shows nothing\n"),
        &[],
        &[],
    );
    asked("no HTTP", &Server::answering("220 mail.example.com ESMTP\r\n"), &[], &[]);
    asked(
        "an answer that breaks off",
        &Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na 1\n"),
        &[],
        &[],
    );
    asked("no answer in time", &Server::silent(), &["--timeout", "300ms"], &[]);
    asked("too much", &Server::of("200 OK", "", &b"a 1\n".repeat(300_000)), &["--max-size", "1"], &[]);
    let packed = gzip(&b"a 1\n".repeat(300_000));
    asked(
        "too much, packed",
        &Server::of("200 OK", "Content-Encoding: gzip\r\n", &packed),
        &["--max-size", "1"],
        &[],
    );
    asked("badly packed", &Server::of("200 OK", "Content-Encoding: gzip\r\n", b"a 1\n"), &[], &[]);
    let plain = Server::answering("HTTP/1.1 400 Bad Request\r\n\r\n");
    show("no TLS", &folder, &format!("https://127.0.0.1:{}/metrics", plain.port), &[], &[]);
    show("nobody there", &folder, &format!("http://127.0.0.1:{}/metrics", free_port()), &[], &[]);
    show("a password in the address", &folder, "http://operator:geheim@127.0.0.1:1/metrics", &[], &[]);
    show("another protocol", &folder, "ftp://127.0.0.1/metrics", &[], &[]);
    show("no host", &folder, "http:///metrics", &[], &[]);
    show("no address", &folder, "http://a b/", &[], &[]);

    let unasked = "http://127.0.0.1:1/metrics";
    folder.write("empty", "\n");
    folder.write("lines", "a:b\nc:d\n");
    folder.write("name", "operator");
    show(
        "two kinds of credentials",
        &folder,
        unasked,
        &[],
        &[("SLOWBURN_USER", "a:b"), ("SLOWBURN_BEARER", "c")],
    );
    show("no password", &folder, unasked, &["--user-file", "name"], &[]);
    show("no token", &folder, unasked, &["--bearer-file", "empty"], &[]);
    show("a token with a blank", &folder, unasked, &[], &[("SLOWBURN_BEARER", "Bearer abc")]);
    show("too many lines", &folder, unasked, &["--user-file", "lines"], &[]);
    show("no file with credentials", &folder, unasked, &["--user-file", "nowhere"], &[]);
    show("credentials in place of a file", &folder, unasked, &["--user-file", "reader:S3cr3tPW"], &[]);
    show("no certificates", &folder, unasked, &["--ca-file", "name"], &[]);
    show("no file with certificates", &folder, unasked, &["--ca-file", "nowhere"], &[]);

    show("no file", &folder, "nowhere.txt", &[], &[]);
    show("no file, but perhaps an address", &folder, "localhost:9100", &[], &[]);
    show("a directory", &folder, ".", &[], &[]);
    show("a file without an end", &folder, "/dev/zero", &["--max-size", "1"], &[]);
    folder.write("packed.gz", gzip(METRICS.as_bytes()));
    show("a packed file", &folder, "packed.gz", &[], &[]);
    folder.write("raw.txt", METRICS);
    folder.write("mine.txt", "a shopping list\n");
    folder.write("broken.prom", "# slowburn contract\n\ncounter a\n<<<<<<< HEAD\n  b: \"c\"\n");
    fs::create_dir(folder.path("directory")).unwrap();
    show("a contract with a fault", &folder, "broken.prom", &[], &[]);
    show("something else in the place", &folder, "raw.txt", &["--out", "mine.txt"], &[]);
    show("a directory in the place", &folder, "raw.txt", &["--out", "directory"], &[]);
    show("a file where a directory belongs", &folder, "raw.txt", &["--out", "raw.txt/new.prom"], &[]);
    show("nothing to compare with", &folder, "raw.txt", &["--out", "new.prom", "--check"], &[]);
    show("nowhere to compare", &folder, "raw.txt", &["--check"], &[]);
    show("two files with credentials", &folder, "raw.txt", &["--user-file", "a", "--bearer-file", "b"], &[]);
    show("no duration", &folder, "raw.txt", &["--timeout", "0s"], &[]);
    show("no size", &folder, "raw.txt", &["--max-size", "0"], &[]);
    assert_eq!(folder.read("mine.txt"), "a shopping list\n");
    insta::assert_snapshot!(text);
}

#[test]
fn unencrypted_credentials_to_another_machine_cause_a_warning() {
    let folder = Folder::empty();
    // A network for documentation: no host answers.
    let args = ["metrics", "capture", "http://192.0.2.1:1/metrics", "--timeout", "100ms"];
    let warned = |user: &str| {
        let output = folder.command(&args).env("SLOWBURN_USER", user).output().unwrap();
        String::from_utf8(output.stderr).unwrap().contains("unencrypted")
    };
    assert!(warned("a:b"));
    assert!(!warned(""));
}

/// A program that is stopped when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The capture of a program as soon as it answers; `None` if the program ends.
fn of_program(folder: &Folder, program: &Path, args: &[&str], port: u16) -> Option<String> {
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(folder.path(""))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut running = Running(command.spawn().unwrap());
    let url = format!("http://127.0.0.1:{port}/metrics");
    let began = Instant::now();
    loop {
        let ran = capture(folder, &[&url]);
        if ran.code == Some(0) {
            assert_eq!(ran.stderr, "", "everything is read, and it tells its version");
            return Some(ran.stdout);
        }
        if running.0.try_wait().unwrap().is_some() {
            return None;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{}", ran.stderr);
        sleep(Duration::from_millis(200));
    }
}

#[test]
fn prometheus_is_captured() {
    let Some(program) = prometheus() else {
        return skipped("prometheus is not installed, so it was not captured");
    };
    let folder = Folder::empty();
    folder.write("prometheus.yml", "scrape_configs: []\n");
    let port = free_port();
    let listen = format!("--web.listen-address=127.0.0.1:{port}");
    let args = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", &listen];
    let text = of_program(&folder, &program, &args, port).expect("it starts");
    assert!(text.starts_with("# slowburn contract\n# from: prometheus "), "{text}");
    assert!(text.contains("\ncounter prometheus_tsdb_head_series_created_total\n"), "{text}");
    let chunks = "\nhistogram prometheus_tsdb_compaction_duration_seconds\n  le: 1 2 4 8 16 32 64 128 256 512 1024 2048 4096 8192\n";
    assert!(text.contains(chunks), "{text}");
}

#[test]
fn alertmanager_is_captured() {
    let Some(program) = alertmanager() else {
        return skipped("alertmanager is not installed, so it was not captured");
    };
    let folder = Folder::empty();
    folder.write("alertmanager.yml", "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n");
    let port = free_port();
    let listen = format!("--web.listen-address=127.0.0.1:{port}");
    let args =
        ["--config.file=alertmanager.yml", "--storage.path=data", "--cluster.listen-address=", &listen];
    let Some(text) = of_program(&folder, &program, &args, port) else {
        // The program from Debian reads a template that its package installs. If it was only unpacked, the template is missing.
        return skipped(
            "alertmanager does not start, so it was not captured: if it is Debian's, install its package",
        );
    };
    assert!(text.starts_with("# slowburn contract\n# from: alertmanager "), "{text}");
    assert!(text.contains("\ncounter alertmanager_notifications_failed_total\n  integration:"), "{text}");
}

/// A server with a certificate of its own issuer. python3 serves, openssl makes the certificates.
#[test]
fn https_uses_the_given_certificates() {
    let runs = |program: &str, flag: &str| {
        Command::new(program)
            .arg(flag)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if !runs("openssl", "version") || !runs("python3", "--version") {
        return skipped("openssl or python3 is not installed, so nothing was captured over HTTPS");
    }
    let folder = Folder::empty();
    let issued = folder.script(
        &["bash", "-c"],
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=issuer &&
         openssl req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=shop &&
         openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -days 2 -out cert.pem -CAcreateserial \
             -extfile <(printf 'subjectAltName=IP:127.0.0.1')",
    );
    assert_eq!(issued.code, Some(0), "{}", issued.stderr);
    folder.write(
        "serve.py",
        "\
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open('raw.txt', 'rb').read()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('cert.pem', 'key.pem')
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
",
    );
    folder.write("raw.txt", METRICS);
    let port = free_port();
    let mut command = Command::new("python3");
    command.arg("serve.py").arg(port.to_string()).current_dir(folder.path(""));
    let _running =
        Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let began = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(60));
        sleep(Duration::from_millis(100));
    }
    let url = format!("https://127.0.0.1:{port}/metrics");
    let ran = capture(&folder, &[&url, "--ca-file", "ca.pem", "--from", "shop 1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), CONTRACT), "{}", ran.stderr);
    let refused = capture(&folder, &[&url]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("safely") && refused.stderr.ends_with("--ca-file FILE\n"),
        "{}",
        refused.stderr
    );
    let misnamed = capture(&folder, &[&url.replace("127.0.0.1", "localhost"), "--ca-file", "ca.pem"]);
    assert_eq!(misnamed.code, Some(2));
    assert!(misnamed.stderr.contains("safely"), "{}", misnamed.stderr);
}
