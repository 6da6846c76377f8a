//! The output: files by path, kept in memory until all of them exist.

use std::collections::BTreeMap;

/// What every file begins with, as a comment or, where the format has none, as its first field: what begins with it was made here, and
/// goes when no source makes it any more.
pub const MARK: &str = "Compiled by slowburn: change the sources, not this file.";

/// Paths relative to `out/`, with `/` between their parts, and their texts.
pub type Artifacts = BTreeMap<String, String>;
