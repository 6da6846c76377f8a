//! The output: files by path, kept in memory until all of them exist.

use std::collections::BTreeMap;

/// The mark at the beginning of every file: a comment, or the first field if the format has no comments. Files with it were written by slowburn, and
/// are removed when no source makes them any more.
pub const MARK: &str = "Compiled by slowburn: change the sources, not this file.";

/// Paths relative to `out/`, with `/` between their parts, and their texts.
pub type Artifacts = BTreeMap<String, String>;
