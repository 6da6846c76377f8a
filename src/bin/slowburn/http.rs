//! Sends requests to an address.
//!
//! Redirects are reported and not followed, so that credentials are sent only to the given host.

mod whole;

use std::cell::Cell;
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use slowburn::engine::asks_for_tenant;
use slowburn::{inert, secret};
use whole::{Whole, broken_off};

use crate::address::Address;
use crate::advice::Advice;
use crate::answer::{Answer, Responder, Unanswered};
use crate::args::Connection;
use crate::credentials::Credentials;
use crate::ending::Failure;
use crate::{read, stderr};

/// What Prometheus accepts, without protobuf. OpenMetrics comes first: Prometheus stores what it reads from that, so that is captured, too.
const ACCEPT: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// A server, for one or more requests.
pub struct Client<'a> {
    address: &'a Address,
    connection: &'a Connection,
    credentials: Option<Credentials>,
    agent: ureq::Agent,
    advice: Advice,
    /// Whether a request was answered before, so that the next one may use a kept connection.
    connected: Cell<bool>,
}

/// Refuses an address that is wrong before anything is sent.
fn refuse(address: &Address, advice: Advice) -> Result<(), Failure> {
    let url = address.written();
    // The secret is not repeated, because messages end up in logs.
    if secret::has_credentials(url) {
        return Err(Failure::new(
            "the address contains a user or a password, and others can see the command line",
        )
        .and("write `name:password` into SLOWBURN_USER, or into a file: --user-file FILE"));
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        let rest = secret::address(url.trim_start_matches('/'));
        let host = if rest.is_empty() || rest.contains(":/") { "localhost:9090" } else { &rest };
        // Without a port it is that of HTTP, which few of these servers have.
        let port = if host.contains([':', '/']) { "" } else { ", with its port if that is not 80" };
        return Err(Failure::new(format!("`{address}` is not an address"))
            .and(&format!("write it with its scheme{port}: http://{host}")));
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(Failure::new(format!("cannot ask {scheme}:// addresses")).and(advice.scheme));
    }
    if rest.split(['/', '?', '#']).next().unwrap_or_default().is_empty() {
        return Err(Failure::new(format!("{address} has no host")));
    }
    Ok(())
}

/// Whether others could read the request on its way: plain HTTP to another machine.
fn is_exposed(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    // A host name may look like a local address: `127.example.com` can belong to anybody.
    let near =
        host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    scheme.eq_ignore_ascii_case("http") && !near
}

impl<'a> Client<'a> {
    /// Sends nothing yet. Warns if credentials would be sent unencrypted.
    pub fn new(address: &'a Address, connection: &'a Connection, advice: Advice) -> Result<Self, Failure> {
        refuse(address, advice)?;
        let credentials =
            Credentials::find(connection.user_file.as_deref(), connection.bearer_file.as_deref())?;
        if credentials.is_some() && is_exposed(address.written()) {
            stderr::print("the credentials are sent unencrypted: others on the network can read them\n");
        }
        let agent = agent(connection)?;
        Ok(Self { address, connection, credentials, agent, advice, connected: Cell::new(false) })
    }

    /// The answer at the address, or at a path below it. `parameters` is a query string, already escaped.
    ///
    /// A server may close a kept connection just when the next request is sent. Requests change nothing, so such a request is sent once more, within
    /// the remaining time.
    pub fn get(&self, path: &str, parameters: &str) -> Result<Answer, Unanswered> {
        let begun = Instant::now();
        let url = self.url(path, parameters);
        let response = match self.send(&url, None) {
            Err(error) if self.connected.get() && went_away(&error) => {
                let timeout = Duration::from_millis(self.connection.timeout.millis());
                self.send(&url, Some(timeout.saturating_sub(begun.elapsed())))
            }
            sent => sent,
        };
        let response = response.map_err(|error| self.failed(error))?;
        self.connected.set(true);
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (status, content_type, location) =
            (response.status().as_u16(), header("Content-Type"), header("Location"));
        if status != 200 {
            let mut start = Vec::new();
            // Part of the body is enough, and none is acceptable: it only gives the reason.
            let _ = response.into_body().into_reader().take(REASON_AT_MOST).read_to_end(&mut start);
            let tenant = status == 401 && asks_for_tenant(&String::from_utf8_lossy(&start));
            let failure = match tenant {
                true => {
                    Failure::new(format!("{} needs a tenant", self.address)).and("name it: --tenant NAME")
                }
                false => {
                    let line = || self.line(&start).filter(|_| status >= 500);
                    self.refused(status, &location, self.reason(&start).or_else(line))
                }
            };
            let who = match status {
                404 => Responder::Other,
                300..=399 | 400 | 405 => Responder::Doubtful,
                _ => Responder::Meant,
            };
            return Err(Unanswered { failure, answered: true, who });
        }
        let mut body = Vec::new();
        // The reader's own limit counts compressed bytes; this one counts unpacked bytes.
        let reader = response.into_body().into_with_config().limit(u64::MAX).reader();
        let limit = self.connection.max_size * 1_000_000;
        reader
            .take(limit + 1)
            .read_to_end(&mut body)
            .map_err(|error| self.failed(ureq::Error::from(error)))?;
        if body.len() as u64 > limit {
            let failure =
                Failure::new(format!("{} is larger than {} MB", self.address, self.connection.max_size))
                    .and("if that is right, raise the limit: --max-size MEGABYTES");
            return Err(Unanswered { failure, answered: true, who: Responder::Meant });
        }
        if let Some(credentials) = &self.credentials {
            credentials.hide(&mut body);
        }
        Ok(Answer { content_type, body })
    }

    /// The answer at a path below the address, or below its host alone, with any status: to recognise the server. Size and time are limited.
    pub fn probe(&self, path: &str, of_host: bool) -> Option<String> {
        let written = self.address.written();
        let url = match of_host {
            true => format!("{}{path}", host(written)?),
            false => self.url(path, ""),
        };
        let timeout = Duration::from_millis(self.connection.timeout.millis()).min(PROBE_TIMEOUT);
        let response = self.send(&url, Some(timeout)).ok()?;
        let mut body = Vec::new();
        response.into_body().into_reader().take(PROBE_AT_MOST).read_to_end(&mut body).ok()?;
        Some(String::from_utf8_lossy(&body).into_owned())
    }

    /// The URL of a request. Parameters of the given address are sent with every request.
    fn url(&self, path: &str, parameters: &str) -> String {
        let written = self.address.written().split('#').next().unwrap_or_default();
        let (base, own) = written.split_once('?').unwrap_or((written, ""));
        let base = if path.is_empty() { base } else { base.trim_end_matches('/') };
        let query =
            [parameters, own].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
        format!("{base}{path}{}{query}", if query.is_empty() { "" } else { "?" })
    }

    /// Sends the request, within this time if it is given.
    fn send(
        &self,
        url: &str,
        within: Option<Duration>,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let mut call = self.agent.get(url).header("Accept", ACCEPT);
        if let Some(credentials) = &self.credentials {
            call = call.header("Authorization", credentials.header());
        }
        if let Some(tenant) = &self.connection.tenant {
            call = call.header("X-Scope-OrgID", tenant);
        }
        match within {
            Some(left) => call.config().timeout_global(Some(left)).build().call(),
            None => call.call(),
        }
    }

    /// The reason that a server gives for refusing: the field `error`, in Prometheus and compatible servers.
    fn reason(&self, body: &[u8]) -> Option<String> {
        let json: Value = serde_json::from_slice(body).ok()?;
        json["error"].as_str().map(|reason| self.clipped(reason)).filter(|reason| !reason.is_empty())
    }

    /// The first line of an error that is a text, as proxies write it.
    fn line(&self, body: &[u8]) -> Option<String> {
        let line = std::str::from_utf8(body).ok()?.trim().lines().next()?;
        (!line.starts_with(['<', '{', '['])).then(|| self.clipped(line))
    }

    /// A server's text, shortened, with the credentials masked.
    fn clipped(&self, text: &str) -> String {
        let text = self.credentials.as_ref().map_or_else(|| text.to_owned(), |sent| sent.hidden_in(text));
        clipped(&secret::masked(&text))
    }

    /// The failure for an HTTP status that is not a success.
    fn refused(&self, status: u16, location: &str, reason: Option<String>) -> Failure {
        let url = &self.address;
        let mut says = Failure::new(format!("{url} answers {status}{}", meaning(status)));
        if let Some(reason) = reason {
            says = says.and(&format!("it says: {reason}"));
        }
        match status {
            300..=399 if !location.is_empty() => {
                says.and(&format!("it redirects to {}\nif you trust that address, use it", self.clipped(location)))
            }
            401 | 403 if self.credentials.is_none() => {
                says.and("it needs credentials: set SLOWBURN_USER or SLOWBURN_BEARER, or name a file: --user-file, --bearer-file")
            }
            401 | 403 => says.and("it does not accept these credentials"),
            404 if !self.advice.missing.is_empty() => says.and(self.advice.missing),
            422 | 503 if !self.advice.too_much.is_empty() => says.and(self.advice.too_much),
            _ => says,
        }
    }

    /// The failure for a request without an answer.
    fn failed(&self, error: ureq::Error) -> Unanswered {
        Unanswered { failure: self.to_failure(error), answered: false, who: Responder::Meant }
    }

    fn to_failure(&self, error: ureq::Error) -> Failure {
        use std::io::ErrorKind;

        let url = &self.address;
        let cannot = |why: &str| Failure::new(format!("cannot ask {url}: {why}"));
        let late = || {
            cannot(&format!("the answer was not complete within {}", self.connection.timeout))
                .and("allow more time: --timeout 2m")
        };
        if went_away(&error) {
            return cannot("the answer ends early");
        }
        match error {
            ureq::Error::Timeout(_) => late(),
            ureq::Error::HostNotFound => cannot("there is no host with this name"),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => cannot("this is not an address"),
            ureq::Error::Protocol(_) => cannot("it does not speak HTTP"),
            ureq::Error::Rustls(error) => self.untrusted(&error.to_string()),
            ureq::Error::Io(error) => match error.kind() {
                ErrorKind::TimedOut | ErrorKind::WouldBlock => late(),
                ErrorKind::ConnectionRefused => cannot("no server listens there"),
                _ if error.get_ref().is_some_and(|inner| inner.to_string().contains("certificate"))
                    || error.kind() == ErrorKind::InvalidData && url.written().starts_with("https") =>
                {
                    self.untrusted(&error.to_string())
                }
                _ => Failure::of("ask", url, &error),
            },
            other => cannot(&other.to_string()),
        }
    }

    /// The failure for a connection that cannot be trusted.
    fn untrusted(&self, why: &str) -> Failure {
        let failure = Failure::new(format!("cannot ask {} safely: {why}", self.address));
        if why.contains("UnknownIssuer") {
            failure.and("name the certificates of its certificate authority: --ca-file FILE")
        } else if why.contains("InvalidContentType") || why.contains("corrupt message") {
            failure.and("the server may use plain HTTP: try http://")
        } else {
            failure
        }
    }
}

/// All certificates of the public web need a quarter of this. In bytes.
const CERTIFICATES_AT_MOST: u64 = 4 * 1024 * 1024;

fn agent(connection: &Connection) -> Result<ureq::Agent, Failure> {
    use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
    use ureq::unversioned::resolver::DefaultResolver;
    use ureq::unversioned::transport::{Connector, DefaultConnector};

    let mut tls = TlsConfig::builder();
    if let Some(path) = &connection.ca_file {
        let name = crate::sources::shown(path, Path::new(""));
        let pem =
            read::plain(path, CERTIFICATES_AT_MOST).map_err(|error| Failure::of("read", &name, &error))?;
        let mut certificates = Vec::new();
        for item in parse_pem(&pem) {
            if let Ok(PemItem::Certificate(certificate)) = item {
                certificates.push(certificate);
            }
        }
        if certificates.is_empty() {
            return Err(Failure::new(format!("there is no certificate in PEM in {name}")));
        }
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
    }
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(Duration::from_millis(connection.timeout.millis())))
        .user_agent(concat!("slowburn/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls.build())
        .build();
    let connector = DefaultConnector::default().chain(Whole);
    Ok(ureq::Agent::with_parts(config, connector, DefaultResolver::default()))
}

/// Whether the connection ended before the answer began.
fn went_away(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Io(error) if broken_off(error))
}

/// At most so much of the body is read for the reason of an error. In bytes.
const REASON_AT_MOST: u64 = 65_536;

/// Enough for every page that identifies a server; metrics are the longest. In bytes.
const PROBE_AT_MOST: u64 = 1_000_000;
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// The scheme, host and port of an address: `http://host:1234`.
pub fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())?;
    Some(format!("{scheme}://{authority}"))
}

/// A server's text, shortened.
fn clipped(text: &str) -> String {
    const MOST: usize = 500;
    let mut chars = text.trim().chars();
    let start: String = chars.by_ref().take(MOST).collect();
    inert::line(&start).into_owned() + if chars.next().is_some() { "…" } else { "" }
}

fn meaning(status: u16) -> &'static str {
    match status {
        300..=399 => ": moved",
        401 => ": unauthorized",
        403 => ": forbidden",
        404 => ": not found",
        406 => ": not acceptable",
        429 => ": too many requests",
        500..=599 => ": a server error",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Advice, Cell, Client, Connection, agent, is_exposed};

    #[test]
    fn only_plain_http_to_other_machines_is_exposed() {
        for near in [
            "http://localhost:9090",
            "http://LOCALHOST/x",
            "http://127.0.0.1:1",
            "http://127.8.9.1",
            "http://[::1]:9090/x",
            "https://far.example",
        ] {
            assert!(!is_exposed(near), "{near}");
        }
        for far in [
            "http://127.attacker.example",
            "http://127.0.0.1.example:80",
            "HTTP://far.example",
            "http://192.0.2.1",
            "http://[2001:db8::1]:9090",
            "http://localhost.example",
        ] {
            assert!(is_exposed(far), "{far}");
        }
    }

    #[test]
    fn a_reason_is_one_short_line() {
        let connection = Connection {
            user_file: None,
            bearer_file: None,
            ca_file: None,
            tenant: None,
            timeout: slowburn::vocabulary::Duration::from_secs(1),
            max_size: 1,
        };
        let address: Address = "http://localhost".parse().expect("every text is one");
        let client = Client {
            address: &address,
            connection: &connection,
            credentials: None,
            agent: agent(&connection).expect("nothing is read for it"),
            advice: Advice { scheme: "", missing: "", too_much: "" },
            connected: Cell::new(false),
        };
        let reason = |body: &[u8]| client.reason(body);
        assert_eq!(
            reason(br#"{"status":"error","error":"query\n\u001b[31m timed out"}"#).as_deref(),
            Some("query␊␛[31m timed out")
        );
        assert_eq!(client.line(b"no healthy upstream\nretry").as_deref(), Some("no healthy upstream"));
        assert_eq!(client.line(b"<html>"), None);
        for none in ["", "busy", "[]", "{}", r#"{"error":7}"#, r#"{"error":" "}"#, r#"{"error":"cut"#] {
            assert_eq!(reason(none.as_bytes()), None, "{none}");
        }
        let long = format!(r#"{{"error":"{}"}}"#, "ñ".repeat(501));
        assert_eq!(reason(long.as_bytes()), Some("ñ".repeat(500) + "…"));
    }
}
