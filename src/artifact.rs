//! What comes out: files by path, in memory until all of them exist.

use std::collections::BTreeMap;

/// Paths relative to `out/`, with `/` between their parts, and their texts.
pub type Artifacts = BTreeMap<String, String>;
