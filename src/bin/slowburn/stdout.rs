//! What is printed for the reader or the next program of a pipe, with every error noticed.

use std::io::{self, ErrorKind, Write};

use anstream::{AutoStream, ColorChoice};

use crate::ending::Failure;

/// Whether colour can be seen there: a terminal, and neither `NO_COLOR` nor `TERM=dumb` says otherwise.
pub fn color() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Prints all of it. A pipe whose reader has seen enough, as in `slowburn … | head`, is no failure.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::of("write to", "stdout", &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
