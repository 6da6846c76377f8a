//! The real Alertmanager, running on loopback.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use slowburn::artifact::Artifacts;
use tempfile::TempDir;

use super::rules::written;
use super::server::free_port;
use super::{alertmanager, skipped};

/// The command that starts it. Debian's reads its own templates only below /usr/share. If it was only unpacked, a namespace of its own shows it the
/// unpacked /usr/share in place of the system's, and time zones from the place of the system's.
fn command(program: &Path, folder: &Path) -> Option<Command> {
    const OWN: &str = "share/prometheus/alertmanager/default.tmpl";
    let unpacked = fs::canonicalize(program).ok().and_then(|path| Some(path.parent()?.parent()?.to_owned()));
    let unpacked = unpacked.filter(|usr| usr.join(OWN).exists() && !Path::new("/usr").join(OWN).exists());
    let Some(usr) = unpacked else { return Some(Command::new(program)) };
    let system = folder.join("share");
    fs::create_dir(&system).unwrap();
    let shell = |command: &mut Command, script: &str| {
        command.args(["--mount", "--map-root-user", "sh", "-ec", script, "sh"]);
        command.arg(&system).arg(usr.join("share")).arg(program).env("ZONEINFO", system.join("zoneinfo"));
    };
    let mounts = "mount --bind /usr/share \"$1\"; mount --bind \"$2\" /usr/share";
    let mut tried = Command::new("unshare");
    shell(&mut tried, mounts);
    let possible = tried.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    let mut command = Command::new("unshare");
    shell(&mut command, &format!("{mounts}; shift 2; exec \"$@\""));
    possible.then_some(command)
}

/// An Alertmanager with a configuration, until the test ends.
pub struct Running {
    process: Child,
    pub port: u16,
    folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Running {
    /// Starts it with `alertmanager/alertmanager.yml`; prints why and returns `None` if that is not possible here.
    pub fn start(artifacts: &Artifacts) -> Option<Self> {
        let Some(program) = alertmanager() else {
            skipped("alertmanager is not installed, so none was started");
            return None;
        };
        let folder = written(artifacts);
        let port = free_port();
        let Some(mut command) = command(&program, folder.path()) else {
            skipped(
                "alertmanager was only unpacked and mounting is not permitted, so none was started: install its package",
            );
            return None;
        };
        let process = command
            .current_dir(folder.path())
            .args([
                "--config.file=alertmanager/alertmanager.yml",
                "--storage.path=data",
                "--cluster.listen-address=",
            ])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let running = Self { process, port, folder };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = fs::read_to_string(running.folder.path().join("log")).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(60), "{log}");
            thread::sleep(Duration::from_millis(50));
        }
        Some(running)
    }

    fn ask(&self, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "{head} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.split(' ').nth(1) == Some("200"), "{answer}");
        answer
    }

    /// Its status, with its configuration.
    pub fn status(&self) -> Value {
        let answer = self.ask("GET /api/v2/status", "");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|fault| panic!("{fault}: {answer}"))
    }

    /// All alerts that it has, with their states.
    pub fn alerts(&self) -> Vec<Value> {
        let answer = self.ask("GET /api/v2/alerts", "");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|fault| panic!("{fault}: {answer}"))
    }

    /// Sends alerts as Prometheus does.
    pub fn fire(&self, alerts: &[BTreeMap<String, String>]) {
        let alerts: Vec<Value> = alerts
            .iter()
            .map(|labels| json!({ "labels": labels, "annotations": { "summary": "{{ .ExternalURL }} <!channel>" } }))
            .collect();
        self.ask("POST /api/v2/alerts", &json!(alerts).to_string());
    }
}
