//! A real webhook that keeps its notifications.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::server::Server;

/// One notification.
#[derive(Clone, Debug)]
pub struct Notification {
    /// When it arrived, in seconds since 1970.
    pub at: f64,
    /// The path of its address.
    pub path: String,
    /// The header `Authorization`, if there is one.
    pub authorization: String,
    /// Its body.
    pub body: Value,
}

pub struct Recorder {
    server: Server,
    notifications: Arc<Mutex<Vec<Notification>>>,
}

impl Recorder {
    pub fn start() -> Self {
        let notifications: Arc<Mutex<Vec<Notification>>> = Arc::default();
        let kept = Arc::clone(&notifications);
        let server = Server::with(move |stream, head| {
            let header = |name: &str| {
                let mut pairs = head.lines().filter_map(|line| line.split_once(": "));
                let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.to_owned()).unwrap_or_default()
            };
            let mut body = vec![0; header("content-length").parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
            kept.lock().unwrap().push(Notification {
                at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64(),
                path: head.split(' ').nth(1).unwrap().to_owned(),
                authorization: header("authorization"),
                body: serde_json::from_slice(&body).unwrap(),
            });
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        });
        Self { server, notifications }
    }

    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// All notifications so far, in the order of arrival.
    pub fn notifications(&self) -> Vec<Notification> {
        self.notifications.lock().unwrap().clone()
    }
}
