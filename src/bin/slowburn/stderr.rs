//! What is said to the person beside the result.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};

/// Whether colour can be seen there: a terminal, and neither `NO_COLOR` nor `TERM=dumb` says otherwise.
pub fn color() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Prints all of it. Where it cannot be said there is nobody to tell, and the exit code remains.
pub fn print(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
