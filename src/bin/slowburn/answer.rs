//! The answer of a server, or the reason why there is none.

use crate::ending::Failure;

/// The answer of a server.
pub struct Answer {
    /// The header `Content-Type`, as in `text/plain; version=0.0.4`; empty if there is none.
    pub content_type: String,
    pub body: Vec<u8>,
}

/// Why there is no answer.
pub struct Unanswered {
    /// The message for the user.
    pub failure: Failure,
    /// Whether a server answered at all. A server that refuses one request may answer the next one; a server that does not answer will not.
    pub answered: bool,
    /// Which server did not answer.
    pub who: Responder,
}

/// Which server did not answer as expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Responder {
    /// The right server, or no server.
    Meant,
    /// Perhaps another server.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "nobody is asked"))]
    Doubtful,
    /// Another server: the right one would have answered.
    Other,
}

impl Unanswered {
    /// A server answered, but not as the right server does.
    pub fn from_other_server(failure: Failure) -> Self {
        Self { failure, answered: true, who: Responder::Other }
    }
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        unanswered.failure
    }
}
