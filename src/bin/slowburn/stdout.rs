//! Prints the result on stdout, and reports errors of writing.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use slowburn::inert;

use crate::ending::Failure;

/// Whether to print colours: on a terminal, unless `NO_COLOR` or `TERM=dumb` is set.
pub fn color() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Prints a text, with invisible characters shown as escapes.
pub fn print(text: &str) -> Result<(), Failure> {
    painted(&inert::text(text))
}

/// Prints a text as it is, with its colours. Texts of others are already escaped in it. A pipe that was closed early, as by `slowburn … | head`, is
/// not an error.
pub fn painted(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::of("write to", "stdout", &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The width of a line in characters: that of the terminal, or else that of most terminals.
pub fn width() -> usize {
    const USUAL: usize = 100;
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return USUAL;
    }
    terminal_size::terminal_size_of(stdout).map_or(USUAL, |(width, _)| usize::from(width.0))
}

/// Whether stdout is a terminal, and not a pipe or a file.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether characters outside ASCII may be printed: yes, unless the locale names another encoding than UTF-8.
pub fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|it| !it.is_empty()));
    locale.is_none_or(|locale| ["utf-8", "utf8"].iter().any(|name| locale.to_lowercase().contains(name)))
}
