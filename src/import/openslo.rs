//! OpenSLO.
use super::{Document, Found, Options};
/// What the tool is called.
pub const TOOL: &str = "OpenSLO";
/// Reads all documents.
pub fn read(_documents: &[&Document], _options: &Options, _found: &mut Found) {}
