//! What somebody who writes definitions asks for at a place in them, as data: the shell speaks the protocol.

mod actions;
mod lines;

pub use actions::{Action, actions};
pub use lines::{Encoding, Lines, Place, Range};
