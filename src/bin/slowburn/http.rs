//! Asks an address.
//!
//! A redirect is not followed: it is told, and whoever asked may ask there. So credentials reach the one host that was named.

use std::io::Read;
use std::net::IpAddr;
use std::path::Path;

use serde_json::Value;
use slowburn::inert;

use crate::advice::Advice;
use crate::args::Connection;
use crate::credentials::Credentials;
use crate::ending::Failure;
use crate::stderr;

/// What Prometheus asks for, but for protobuf: OpenMetrics first, as what is stored is then what is captured.
const ACCEPT: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// Somebody who may be asked, several times.
pub struct Client<'a> {
    address: &'a str,
    connection: &'a Connection,
    credentials: Option<Credentials>,
    agent: ureq::Agent,
    advice: &'static Advice,
}

/// What came back.
pub struct Answer {
    /// `text/plain; version=0.0.4`; empty if it was not said.
    pub content_type: String,
    pub body: Vec<u8>,
}

/// What is wrong with an address before anything is sent.
fn refuse(url: &str, advice: &Advice) -> Result<(), Failure> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, url.trim_start_matches('/')),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // The secret is not repeated: what is said ends up in logs.
    if authority.contains('@') {
        return Err(Failure::new(
            "the address holds a name or a password, which others can see on the command line",
        )
        .and("put `name:password` into SLOWBURN_USER, or into a file: --user-file FILE"));
    }
    let Some(scheme) = scheme else {
        let host = if rest.is_empty() { "localhost:9090" } else { rest };
        return Err(Failure::new(format!("`{url}` is no address"))
            .and(&format!("write it with its scheme: http://{host}")));
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(Failure::new(format!("cannot ask {scheme}:// addresses")).and(advice.scheme));
    }
    if authority.is_empty() {
        return Err(Failure::new(format!("{url} names no host")));
    }
    Ok(())
}

/// Whether what is sent could be read on its way: by plain HTTP to another machine.
fn is_exposed(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    // A name may begin as an address does: 127.example.com is anybody's.
    let near =
        host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    scheme.eq_ignore_ascii_case("http") && !near
}

impl<'a> Client<'a> {
    /// Asks nothing yet. Says so if credentials would be sent for others to read.
    pub fn new(
        address: &'a str,
        connection: &'a Connection,
        advice: &'static Advice,
    ) -> Result<Self, Failure> {
        refuse(address, advice)?;
        let credentials =
            Credentials::find(connection.user_file.as_deref(), connection.bearer_file.as_deref())?;
        if credentials.is_some() && is_exposed(address) {
            stderr::print(
                "the credentials are sent unencrypted: whoever sees the connection can read them\n",
            );
        }
        Ok(Self { address, connection, credentials, agent: agent(connection)?, advice })
    }

    /// The answer at the address, or at a path below it.
    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        let address = self.address.split('#').next().unwrap_or_default();
        let url = match path {
            "" => address.to_owned(),
            path => format!("{}{path}", address.trim_end_matches('/')),
        };
        let mut call = self.agent.get(&url).header("Accept", ACCEPT);
        if let Some(credentials) = &self.credentials {
            call = call.header("Authorization", credentials.header());
        }
        if let Some(tenant) = &self.connection.tenant {
            call = call.header("X-Scope-OrgID", tenant);
        }
        let response = call.call().map_err(|error| self.failed(error))?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let (status, content_type, location) =
            (response.status().as_u16(), header("Content-Type"), header("Location"));
        if status != 200 {
            let mut start = Vec::new();
            // As much as came: the answer says less without its reason, but it is one.
            let _ = response.into_body().into_reader().take(REASON_AT_MOST).read_to_end(&mut start);
            return Err(self.refused(status, &location, reason(&start)));
        }
        let mut body = Vec::new();
        // The reader's own limit counts what was sent; this one counts what it unpacks to.
        let reader = response.into_body().into_with_config().limit(u64::MAX).reader();
        let limit = self.connection.max_size * 1_000_000;
        reader
            .take(limit + 1)
            .read_to_end(&mut body)
            .map_err(|error| self.failed(ureq::Error::from(error)))?;
        if body.len() as u64 > limit {
            return Err(Failure::new(format!(
                "{} is larger than {} MB",
                self.address, self.connection.max_size
            ))
            .and("if it should be, allow it more: --max-size MEGABYTES"));
        }
        Ok(Answer { content_type, body })
    }

    /// An answer that is none.
    fn refused(&self, status: u16, location: &str, reason: Option<String>) -> Failure {
        let url = self.address;
        let mut says = Failure::new(format!("{url} answers {status}{}", meaning(status)));
        if let Some(reason) = reason {
            says = says.and(&format!("it says: {reason}"));
        }
        match status {
            300..=399 if !location.is_empty() => {
                says.and(&format!("it leads to {}\nif you trust that address, ask there", clipped(location)))
            }
            401 | 403 if self.credentials.is_none() => {
                says.and("it asks for credentials: set SLOWBURN_USER or SLOWBURN_BEARER, or name a file: --user-file, --bearer-file")
            }
            401 | 403 => says.and("it does not take these credentials"),
            404 => says.and(self.advice.missing),
            422 | 503 if !self.advice.too_much.is_empty() => says.and(self.advice.too_much),
            _ => says,
        }
    }

    /// No answer.
    fn failed(&self, error: ureq::Error) -> Failure {
        use std::io::ErrorKind;

        let url = self.address;
        let cannot = |why: &str| Failure::new(format!("cannot ask {url}: {why}"));
        let late = || {
            cannot(&format!("there was no whole answer within {}", self.connection.timeout))
                .and("allow it more: --timeout 2m")
        };
        match error {
            ureq::Error::Timeout(_) => late(),
            ureq::Error::HostNotFound => cannot("there is no host of that name"),
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => cannot("this is no address"),
            ureq::Error::Protocol(_) => cannot("it does not speak HTTP"),
            ureq::Error::Rustls(error) => self.untrusted(&error.to_string()),
            ureq::Error::Io(error) => match error.kind() {
                ErrorKind::TimedOut | ErrorKind::WouldBlock => late(),
                ErrorKind::ConnectionRefused => cannot("nobody listens there"),
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
                    cannot("the answer breaks off")
                }
                _ if error.get_ref().is_some_and(|inner| inner.to_string().contains("certificate"))
                    || error.kind() == ErrorKind::InvalidData && url.starts_with("https") =>
                {
                    self.untrusted(&error.to_string())
                }
                _ => Failure::of("ask", url, &error),
            },
            other => cannot(&other.to_string()),
        }
    }

    /// A connection that is not safe.
    fn untrusted(&self, why: &str) -> Failure {
        let failure = Failure::new(format!("cannot ask {} safely: {why}", self.address));
        if why.contains("UnknownIssuer") {
            failure.and("name the certificates of whoever issued its certificate: --ca-file FILE")
        } else if why.contains("InvalidContentType") || why.contains("corrupt message") {
            failure.and("it may speak plain HTTP: try http://")
        } else {
            failure
        }
    }
}

fn agent(connection: &Connection) -> Result<ureq::Agent, Failure> {
    use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

    let mut tls = TlsConfig::builder();
    if let Some(path) = &connection.ca_file {
        let name = crate::sources::shown(path, Path::new(""));
        let pem = std::fs::read(path).map_err(|error| Failure::of("read", &name, &error))?;
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
        .timeout_global(Some(std::time::Duration::from_millis(connection.timeout.millis())))
        .user_agent(concat!("slowburn/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls.build())
        .build();
    Ok(config.new_agent())
}

/// More of an answer that is none is not read.
const REASON_AT_MOST: u64 = 4096;

/// Why a server refuses: Prometheus and those that speak as it does say so at `error`.
fn reason(body: &[u8]) -> Option<String> {
    let told: Value = serde_json::from_slice(body).ok()?;
    told["error"].as_str().map(clipped).filter(|reason| !reason.is_empty())
}

/// Text of a server, as much as a person reads.
fn clipped(text: &str) -> String {
    const MOST: usize = 500;
    let mut chars = text.trim().chars();
    let start: String = chars.by_ref().take(MOST).collect();
    inert::line(&start).into_owned() + if chars.next().is_some() { "…" } else { "" }
}

fn meaning(status: u16) -> &'static str {
    match status {
        300..=399 => ": not here",
        401 => ": unauthorized",
        403 => ": forbidden",
        404 => ": not found",
        406 => ": not acceptable",
        429 => ": too many requests",
        500..=599 => ": a fault of the server",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::{is_exposed, reason};

    #[test]
    fn only_the_own_machine_hears_what_is_sent_to_it() {
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
        assert_eq!(
            reason(br#"{"status":"error","error":"query\n\u001b[31m timed out"}"#).as_deref(),
            Some("query␊␛[31m timed out")
        );
        for none in ["", "busy", "[]", "{}", r#"{"error":7}"#, r#"{"error":" "}"#, r#"{"error":"cut"#] {
            assert_eq!(reason(none.as_bytes()), None, "{none}");
        }
        let long = format!(r#"{{"error":"{}"}}"#, "ñ".repeat(501));
        assert_eq!(reason(long.as_bytes()), Some("ñ".repeat(500) + "…"));
    }
}
