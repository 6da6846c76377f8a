//! What a server answered, or why it did not.

use crate::ending::Failure;

/// What came back.
pub struct Answer {
    /// `text/plain; version=0.0.4`; empty if it was not said.
    pub content_type: String,
    pub body: Vec<u8>,
}

/// Why there is no answer.
pub struct Unanswered {
    /// In words.
    pub failure: Failure,
    /// Whether somebody spoke: whoever refuses one question may answer the next, whoever is silent will not.
    pub heard: bool,
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        unanswered.failure
    }
}
