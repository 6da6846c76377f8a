//! Prints the result on stdout, and reports every error of writing.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use slowburn::inert;

use crate::ending::Failure;

/// Whether colour can be seen there: a terminal, and neither `NO_COLOR` nor `TERM=dumb` says otherwise.
pub fn color() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// Prints all of it, with whatever is unseen in it shown.
pub fn print(text: &str) -> Result<(), Failure> {
    painted(&inert::text(text))
}

/// Prints all of it as it is, colours and all: what is unseen in texts of others is shown already. A pipe whose reader has seen enough, as in `slowburn … | head`, is not a failure.
pub fn painted(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::of("write to", "stdout", &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Characters in a line: of the terminal, or of most terminals.
pub fn width() -> usize {
    const USUAL: usize = 100;
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return USUAL;
    }
    terminal_size::terminal_size_of(stdout).map_or(USUAL, |(width, _)| usize::from(width.0))
}

/// Whether somebody looks at it, rather than the next program of a pipe.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether there may be other characters than those of ASCII: yes, unless the locale names another encoding than UTF-8.
pub fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|it| !it.is_empty()));
    locale.is_none_or(|locale| ["utf-8", "utf8"].iter().any(|name| locale.to_lowercase().contains(name)))
}
