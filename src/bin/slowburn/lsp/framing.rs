//! Reads and writes messages with the header `Content-Length: 123`.
//!
//! Written here and not taken from `lsp-server` 0.10, because that sets aside as much memory as a header claims, and stops at the first message that
//! it cannot read: one mistake of a client would end the server.

use std::io::{self, BufRead, Read, Write};

use serde_json::{Value, json};

/// No text that is compiled is that long; what is longer is passed over.
const AT_MOST: u64 = 64 << 20;

/// The longest line of a header that is looked at whole.
const LINE_AT_MOST: u64 = 4096;

/// A message that is no JSON, as the protocol calls it.
const PARSE_ERROR: i64 = -32700;

/// JSON that is not a message, or comes at the wrong time.
pub const INVALID_REQUEST: i64 = -32600;

/// What came.
pub enum Frame {
    /// A value, which may or may not be a message.
    Message(Value),
    /// What cannot be read as one: the protocol's number for that, and why.
    Fault(i64, String),
}

/// The next message; `None` at the end of the input.
pub fn read(input: &mut impl BufRead) -> io::Result<Option<Frame>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if (&mut *input).take(LINE_AT_MOST).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        // A message that was longer than it said is read as lines of a header, up to where the next header begins.
        let lower = line.to_ascii_lowercase();
        if let Some(at) = lower.rfind("content-length:") {
            length = lower[at..].split_once(':').and_then(|(_, value)| value.trim().parse::<u64>().ok());
        } else if let Some(length) = length.filter(|_| line.trim_end_matches(['\r', '\n']).is_empty()) {
            return body(input, length).map(Some);
        }
    }
}

fn body(input: &mut impl BufRead, length: u64) -> io::Result<Frame> {
    let mut input = input.take(length);
    if length > AT_MOST {
        io::copy(&mut input, &mut io::sink())?;
        return Ok(Frame::Fault(
            INVALID_REQUEST,
            format!("the message is longer than {} MiB", AT_MOST >> 20),
        ));
    }
    // It grows with what comes, not with what the header claims.
    let mut body = Vec::new();
    input.read_to_end(&mut body)?;
    Ok(match serde_json::from_slice(&body) {
        Ok(value) => Frame::Message(value),
        Err(fault) => Frame::Fault(PARSE_ERROR, format!("the message is not JSON: {fault}")),
    })
}

/// Writes a message. A client that is gone reads nothing, and nobody is there to be told.
pub fn write(output: &mut impl Write, mut message: Value) {
    message["jsonrpc"] = json!("2.0");
    let body = message.to_string();
    let _ = write!(output, "Content-Length: {}\r\n\r\n{body}", body.len()).and_then(|()| output.flush());
}
