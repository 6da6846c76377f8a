//! Answers to questions of editors about a place in a definition, as data. The shell speaks the protocol.
//!
//! Texts may be half-written: `cursor` finds the keys around a place, the schema knows what is allowed there, and the model knows what it means, if
//! it can be read.

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
pub use completion::{Item, Kind, completion};
pub use definition::definition;
pub use hover::{Hover, hover};
pub use lines::{Encoding, Lines, Place, Range};

use crate::diagnostic::Problem;
use crate::model::{Model, Service};
use crate::source::{SourceId, Sources};

/// All that is known of the definitions at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Project<'a> {
    /// The texts, of which some may not be saved.
    pub sources: &'a Sources,
    /// What is wrong with them.
    pub problems: &'a [Problem],
    /// What they mean, as far as they mean something.
    pub model: &'a Model,
}

impl<'a> Project<'a> {
    /// The service that a file defines.
    fn service(&self, source: SourceId) -> Option<&'a Service> {
        self.model.services.iter().find(|service| service.place.source.plain() == source)
    }
}
