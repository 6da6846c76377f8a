//! A mail server on loopback that accepts and keeps every mail.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// One mail.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The receiver.
    pub to: String,
    /// Its head, unchanged.
    pub head: String,
    /// Its parts, decoded.
    pub body: String,
}

pub struct Mailbox {
    pub port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl Mailbox {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails: Arc<Mutex<Vec<Mail>>> = Arc::default();
        let kept = Arc::clone(&mails);
        // The thread ends with the test.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || converse(stream, &kept));
            }
        });
        Self { port, mails }
    }

    /// All mails so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

/// The part of SMTP that Alertmanager uses; ends with the connection.
fn converse(mut stream: TcpStream, kept: &Mutex<Vec<Mail>>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let mut to = String::new();
    stream.write_all(b"220 mailbox\r\n").ok()?;
    loop {
        let line = lines.next()?.ok()?;
        let answer = match line.get(..4)?.to_ascii_uppercase().as_str() {
            "RCPT" => {
                line["RCPT TO:".len()..].clone_into(&mut to);
                "250 ok"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").ok()?;
                let mut text = String::new();
                loop {
                    let line = lines.next()?.ok()?;
                    if line == "." {
                        break;
                    }
                    text += line.strip_prefix('.').unwrap_or(&line);
                    text += "\n";
                }
                let (head, body) = text.split_once("\n\n")?;
                let mail = Mail { to: to.clone(), head: head.to_owned(), body: unquoted(body) };
                kept.lock().unwrap().push(mail);
                "250 kept"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).ok()?;
    }
}

/// Decodes quoted-printable (RFC 2045, 6.7).
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut left = text.as_bytes();
    while let [first, rest @ ..] = left {
        left = rest;
        match (first, rest) {
            (b'=', [b'\n', rest @ ..]) => left = rest,
            (b'=', [high, low, rest @ ..]) => {
                let digits = [*high, *low];
                let byte = std::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                match byte {
                    Some(byte) => {
                        bytes.push(byte);
                        left = rest;
                    }
                    None => bytes.push(b'='),
                }
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap()
}
