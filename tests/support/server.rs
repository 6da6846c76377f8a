//! A real HTTP server on loopback with answers from a test.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub struct Server {
    pub port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Sends this answer, byte for byte, to every request.
    pub fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::with(move |stream, _| {
            let _ = stream.write_all(&answer);
        })
    }

    /// Sends an answer with this status, these headers and this body.
    pub fn of(status: &str, headers: &str, body: &[u8]) -> Self {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
            body.len()
        );
        Self::answering([head.as_bytes(), body].concat())
    }

    /// Answers requests for the time as Prometheus does, and all others with these statuses and bodies.
    pub fn telling_time(answer: impl Fn(&str) -> (&'static str, String) + Send + Sync + 'static) -> Self {
        const TIME: &str =
            r#"{"status":"success","data":{"resultType":"scalar","result":[1763800000.5,"1763800000.5"]}}"#;
        Self::with(move |stream, request| {
            let is_time = request.contains("query=time%28%29 ");
            let (status, body) = if is_time { ("200 OK", TIME.to_owned()) } else { answer(request) };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
        })
    }

    /// Never answers.
    pub fn silent() -> Self {
        Self::with(|stream, _| {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
            let _ = stream.read(&mut [0; 64]);
        })
    }

    pub fn with(answer: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        // The thread ends with the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let request = head(&mut stream);
                    seen.lock().unwrap().push(request.clone());
                    answer(&mut stream, &request);
                });
            }
        });
        Self { port, requests }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.port)
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A request up to its empty line, or the text before the connection closes.
fn head(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") && bytes.len() < 65536 {
        match stream.read(&mut byte) {
            Ok(1) => bytes.push(byte[0]),
            // A TLS client waits for an answer to its first bytes.
            _ => break,
        }
        if bytes.first() == Some(&0x16) {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A port without a listener.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A gzip stream without compression, which its format allows.
pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks = text.chunks(0xffff).count();
    for (index, block) in text.chunks(0xffff).enumerate() {
        let length = u16::try_from(block.len()).unwrap();
        bytes.push(u8::from(index + 1 == blocks));
        bytes.extend(length.to_le_bytes());
        bytes.extend((!length).to_le_bytes());
        bytes.extend(block);
    }
    let crc = text.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    });
    bytes.extend((!crc).to_le_bytes());
    bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    bytes
}
