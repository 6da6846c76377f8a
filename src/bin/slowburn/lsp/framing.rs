//! Reads and writes messages with the header `Content-Length: 123`.
//!
//! Not taken from `lsp-server` 0.10, because that allocates as much memory as a header claims, and stops at the first message that it cannot read:
//! one mistake of a client would end the server.

use std::io::{self, BufRead, Read, Write};

use serde_json::{Value, json};

/// Longest message, in bytes. Longer ones are skipped: no text that is compiled is so long.
const AT_MOST: u64 = 64 << 20;

/// Longest line of a header, in bytes.
const LINE_AT_MOST: u64 = 4096;

/// The protocol's code for a message that is not JSON.
const PARSE_ERROR: i64 = -32700;

/// The protocol's code for JSON that is not a message, or is not allowed now.
pub const INVALID_REQUEST: i64 = -32600;

/// What was read.
pub enum Frame {
    /// A JSON value; perhaps not a valid message.
    Message(Value),
    /// Not readable as a message: the protocol's error code, and why.
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
        // If a message was longer than its header said, the rest is read as lines of a header, up to the next header.
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
    // The buffer grows with the bytes that arrive, not with the length in the header.
    let mut body = Vec::new();
    input.read_to_end(&mut body)?;
    Ok(match serde_json::from_slice(&body) {
        Ok(value) => Frame::Message(value),
        Err(fault) => Frame::Fault(PARSE_ERROR, format!("the message is not JSON: {fault}")),
    })
}

/// Writes a message. Errors are ignored: then the client is gone.
pub fn write(output: &mut impl Write, mut message: Value) {
    message["jsonrpc"] = json!("2.0");
    let body = message.to_string();
    let _ = write!(output, "Content-Length: {}\r\n\r\n{body}", body.len()).and_then(|()| output.flush());
}
