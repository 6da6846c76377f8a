//! Answers to questions of editors about a place in a definition, as data. The shell implements the protocol.
//!
//! Texts may be incomplete: `cursor` finds the keys around a place, the schema contains the allowed values, and the model contains the meaning, if it
//! can be read.

mod actions;
mod completion;
mod cursor;
mod definition;
mod exposed;
mod hover;
mod language;
mod lines;
mod parameters;
mod query;

pub use actions::{Action, actions};
pub use completion::{CompletionItem, Kind, completion};
pub use definition::definition;
pub use hover::{Hover, hover};
pub use lines::{Encoding, Lines, Place, Range};

use crate::diagnostic::Problem;
use crate::model::{Model, Service};
use crate::source::{SourceId, Sources};

/// The current state of the definitions.
#[derive(Clone, Copy, Debug)]
pub struct Project<'a> {
    /// The texts; some may not be saved.
    pub sources: &'a Sources,
    /// Their problems.
    pub problems: &'a [Problem],
    /// Their model, as far as they are valid.
    pub model: &'a Model,
}

impl<'a> Project<'a> {
    /// The service that a file defines.
    fn service(&self, source: SourceId) -> Option<&'a Service> {
        self.model.services.iter().find(|service| service.place.source.plain() == source)
    }
}
