//! Prints messages for people on stderr.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use slowburn::inert;

/// Whether colour can be seen there: a terminal, and neither `NO_COLOR` nor `TERM=dumb` says otherwise.
pub fn color() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Prints all of it, with whatever is unseen in it shown: names of files, words of servers.
pub fn print(text: &str) {
    painted(&inert::text(text));
}

/// Prints all of it as it is, colours and all: what is unseen in texts of others is shown already. Where it cannot be said there is nobody to tell, and the exit code remains.
pub fn painted(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
