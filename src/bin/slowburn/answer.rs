//! The answer of a server, or the reason why there is none.

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
    /// Who did not answer.
    pub who: Who,
}

/// Who did not answer as was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever was meant, or nobody.
    Meant,
    /// It may be somebody else.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "nobody is asked"))]
    Doubtful,
    /// Whoever was meant would have answered.
    Other,
}

impl Unanswered {
    /// Somebody answered, and not in the way of the one who was meant.
    pub fn by_a_stranger(failure: Failure) -> Self {
        Self { failure, heard: true, who: Who::Other }
    }
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        unanswered.failure
    }
}
