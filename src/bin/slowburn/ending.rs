//! How a command ends.

use std::error::Error;
use std::fmt;

use slowburn::{inert, secret};

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Exit code 0: no error; there may be warnings.
    Clean,
    /// Exit code 1: the sources have errors, or `out` is not up to date.
    Problems,
}

/// Exit code 2: the command could not be carried out, for a reason outside the sources.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A message for people: what is wrong, and what to do about it.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// A message for an error of the system: `cannot read slos/api.yaml: Permission denied`.
    pub fn of(attempt: &str, path: impl fmt::Display, error: &dyn Error) -> Self {
        let mut cause = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let reason = cause.to_string();
        // Rust adds ` (os error 13)`, which does not help people.
        let reason = reason.split(" (os error").next().unwrap_or(&reason);
        Self(format!("cannot {attempt} {path}: {reason}"))
    }

    /// Adds a line: what to do, or what happened to the files.
    pub fn and(self, words: &str) -> Self {
        Self(format!("{}\n{words}", self.0))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Paths may be addresses, and servers repeat what they are sent: mask secrets in both, and quote only a part of long ones.
        f.write_str(&inert::bounded(&secret::masked(&self.0)))
    }
}
