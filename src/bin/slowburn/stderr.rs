//! Prints messages for people on stderr.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use slowburn::inert;

/// Whether to print colours: on a terminal, unless `NO_COLOR` or `TERM=dumb` is set.
pub fn color() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Prints a text, with invisible characters shown as escapes: names of files and texts of servers may contain them.
pub fn print(text: &str) {
    painted(&inert::text(text));
}

/// Prints a text as it is, with its colours. Texts of others are already escaped in it. Errors of writing are ignored: nothing could report them.
pub fn painted(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
