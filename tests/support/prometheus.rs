//! A real Prometheus on this machine, and its answers.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The program. Under `tests/run` it must exist.
pub fn prometheus() -> Option<PathBuf> {
    let found = super::tool("PROMETHEUS", "prometheus");
    assert!(
        found.is_some() || std::env::var("SLOWBURN_REQUIRE_TOOLS").as_deref() != Ok("1"),
        "there is no prometheus: run tests/tools, or set PROMETHEUS"
    );
    found
}

/// A server that ends with the test.
pub struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts one with the samples in `folder/data` and with `folder/prometheus.yml`.
    pub fn start(program: &Path, folder: &Path) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let child = Command::new(program)
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg("--storage.tsdb.retention.time=10y")
            .arg("--log.level=error")
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).unwrap())
            .spawn()
            .unwrap();
        let server = Self { child, address };
        let begun = Instant::now();
        while server.get("/-/ready").is_none_or(|(code, _)| code != 200) {
            let log = fs::read_to_string(folder.join("log")).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(60), "Prometheus does not become ready\n{log}");
            std::thread::sleep(Duration::from_millis(100));
        }
        server
    }

    /// Makes it read its configuration again. Returns before it has.
    pub fn reload(&self) {
        let status = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// `http://127.0.0.1:…`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The answer of an instant query, as series.
    pub fn query(&self, expr: &str, at: u64) -> Result<Vec<Value>, String> {
        self.ask(&format!("/api/v1/query?time={at}&query={}", encoded(expr)))
    }

    /// The answer of a range query, as series.
    pub fn query_range(&self, expr: &str, from: u64, to: u64, step: u64) -> Result<Vec<Value>, String> {
        self.ask(&format!("/api/v1/query_range?start={from}&end={to}&step={step}&query={}", encoded(expr)))
    }

    /// The data at a path of its API.
    pub fn data(&self, path: &str) -> Result<Value, String> {
        let (_, body) = self.get(path).ok_or("no answer")?;
        let mut answer: Value = serde_json::from_str(&body).map_err(|fault| format!("{fault}: {body}"))?;
        match answer["status"] == "success" {
            true => Ok(answer["data"].take()),
            false => Err(answer["error"].to_string()),
        }
    }

    fn ask(&self, path: &str) -> Result<Vec<Value>, String> {
        let data = self.data(path)?;
        data["result"].as_array().cloned().ok_or_else(|| format!("no series: {data}"))
    }

    /// HTTP 1.0, so that the answer ends with the connection.
    fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
