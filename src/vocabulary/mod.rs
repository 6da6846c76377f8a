//! The words of the field as types: an invalid value has none to live in.

mod duration;

pub use duration::Duration;
