//! `slowburn lsp`: a language server on stdin and stdout.
//!
//! | file | knows |
//! |---|---|
//! | `framing` | where a message begins and ends |
//! | `session` | which message is allowed when |
//! | `documents` | what is open |
//! | `project` | which folder a file belongs to |
//! | `work` | when to compile; a panic does not end the server |
//! | `diagnostics`, `answers` | the formats of the protocol |
//!
//! `slowburn::editor` knows what a place in a text means; it does not know the protocol. The messages are small, so they are read and written as
//! JSON, without the types of `lsp-types`: its last release is of June 2024, and its type for addresses does not support files.

mod answers;
mod diagnostics;
mod documents;
mod framing;
mod project;
mod session;
mod uri;
mod work;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use framing::Frame;
use serde_json::Value;
use session::Session;

use crate::ending::{Ending, Failure};

/// The output for messages, one at a time.
type Output = Arc<Mutex<io::Stdout>>;

/// Serves until the editor sends `exit` or closes the input.
pub fn run() -> Result<Ending, Failure> {
    let mut input = io::stdin().lock();
    let mut session = Session::new(Arc::new(Mutex::new(io::stdout())));
    loop {
        let frame = framing::read(&mut input).map_err(|error| Failure::of("read from", "stdin", &error))?;
        let ended = match frame {
            Some(Frame::Message(message)) => session.take(&message),
            Some(Frame::Fault(code, message)) => {
                session.fault(code, &message);
                None
            }
            None => {
                session.end();
                Some(false)
            }
        };
        // The protocol requires exit code 1 without a `shutdown` before.
        if let Some(agreed) = ended {
            return Ok(if agreed { Ending::Clean } else { Ending::Problems });
        }
    }
}

/// Sends one message.
fn send(output: &Output, message: Value) {
    framing::write(&mut *output.lock().unwrap_or_else(PoisonError::into_inner), message);
}
