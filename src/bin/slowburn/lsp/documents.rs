//! The texts that are open in the editor. They replace the files on the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use slowburn::editor::{Encoding, Lines, Range};

use super::uri;

/// One open text.
#[derive(Clone)]
pub struct Document {
    /// The address as the editor spells it. Answers have to use the same spelling.
    pub uri: String,
    /// The editor's version number.
    pub version: i64,
    pub text: Arc<String>,
}

/// Every open text, by path. A clone is cheap: texts are shared until they change.
#[derive(Clone, Default)]
pub struct Documents(BTreeMap<PathBuf, Document>);

impl Documents {
    /// The open text of a file.
    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.0.get(path)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&PathBuf, &Document)> {
        self.0.iter()
    }

    /// `textDocument/didOpen`
    pub fn open(&mut self, params: &Value) -> Option<()> {
        let document = &params["textDocument"];
        let uri = document["uri"].as_str()?.to_owned();
        let text = Arc::new(document["text"].as_str()?.to_owned());
        let version = document["version"].as_i64().unwrap_or(0);
        self.0.insert(uri::path(&uri)?, Document { uri, version, text });
        Some(())
    }

    /// `textDocument/didChange`: changes in their order. Each applies to the result of the previous one.
    pub fn change(&mut self, params: &Value, encoding: Encoding) -> Option<()> {
        let document = self.0.get_mut(&uri::path(params["textDocument"]["uri"].as_str()?)?)?;
        document.version = params["textDocument"]["version"].as_i64().unwrap_or(document.version + 1);
        for change in params["contentChanges"].as_array()? {
            let text = change["text"].as_str()?;
            let Some(range) = change.get("range").filter(|range| !range.is_null()) else {
                document.text = Arc::new(text.to_owned());
                continue;
            };
            let range: Range = serde_json::from_value(range.clone()).ok()?;
            let lines = Lines::of(&document.text, encoding);
            let (start, end) = (lines.offset(range.start), lines.offset(range.end));
            Arc::make_mut(&mut document.text).replace_range(start..end.max(start), text);
        }
        Some(())
    }

    /// `textDocument/didClose`: the file on the disk is used again.
    pub fn close(&mut self, params: &Value) -> Option<()> {
        self.0.remove(&uri::path(params["textDocument"]["uri"].as_str()?)?).map(drop)
    }
}
