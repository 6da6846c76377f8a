//! Services whose counters are set by a test, scraped like real ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::server::Server;

/// Several services behind one port: `/shop` shows the metrics of `shop`.
pub struct Application {
    server: Server,
    services: Arc<Mutex<BTreeMap<String, Service>>>,
}

#[derive(Default)]
struct Service {
    series: BTreeMap<String, Series>,
    gone: bool,
}

/// The value of a series, and its growth since a time.
struct Series {
    value: f64,
    per_second: f64,
    since: Instant,
}

impl Series {
    fn now(&self) -> f64 {
        self.value + self.per_second * self.since.elapsed().as_secs_f64()
    }
}

impl Application {
    pub fn start() -> Self {
        let services: Arc<Mutex<BTreeMap<String, Service>>> = Arc::default();
        let shown = Arc::clone(&services);
        let server = Server::with(move |stream, head| {
            let name = head.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            let services = shown.lock().unwrap();
            // A service that is gone closes the connection without an answer.
            let Some(service) = services.get(&name).filter(|service| !service.gone) else { return };
            let mut text = String::new();
            for (series, at) in &service.series {
                let _ = writeln!(text, "{series} {}", at.now().floor());
            }
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
                text.len()
            );
        });
        Self { server, services }
    }

    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// From now on a counter grows at this rate. A new counter begins now.
    pub fn grows(&self, service: &str, series: &str, per_second: f64) {
        self.change(service, series, |known| (known, per_second));
    }

    /// From now on a series has this value.
    pub fn set(&self, service: &str, series: &str, value: f64) {
        self.change(service, series, |_| (value, 0.0));
    }

    /// The service can no longer be scraped.
    pub fn vanishes(&self, service: &str) {
        self.services.lock().unwrap().get_mut(service).unwrap().gone = true;
    }

    /// It can be scraped again.
    pub fn returns(&self, service: &str) {
        self.services.lock().unwrap().get_mut(service).unwrap().gone = false;
    }

    fn change(&self, service: &str, series: &str, new: impl FnOnce(f64) -> (f64, f64)) {
        let mut services = self.services.lock().unwrap();
        let service = services.entry(service.to_owned()).or_default();
        let known = service.series.get(series).map_or(0.0, Series::now);
        let (value, per_second) = new(known);
        service.series.insert(series.to_owned(), Series { value, per_second, since: Instant::now() });
    }
}
