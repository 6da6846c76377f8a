//! The README and every page of the manual, as files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the manual's pages.
pub const MANUAL: &str = "src/pages/manual";

/// A Markdown file.
pub struct Document {
    /// Its path from the root of the repository.
    pub path: String,
    pub text: String,
}

/// The README first, then the pages of the manual with their index, by name.
pub fn documents() -> Vec<Document> {
    let root = root();
    let pages = fs::read_dir(root.join(MANUAL)).unwrap();
    let names = pages.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut paths: Vec<String> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("{MANUAL}/{name}")).collect();
    paths.sort();
    paths.insert(0, "README.md".to_owned());
    let read = |path: String| Document { text: fs::read_to_string(root.join(&path)).unwrap(), path };
    paths.into_iter().map(read).collect()
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

impl Document {
    /// Every fenced block: the words after its fence, and its text.
    pub fn blocks(&self) -> Vec<(&str, &str)> {
        let fenced: Vec<&str> = self.text.split("\n```").skip(1).collect();
        assert!(fenced.len().is_multiple_of(2), "{}: every fence is closed", self.path);
        fenced.chunks(2).map(|block| block[0].split_once('\n').unwrap_or((block[0], ""))).collect()
    }

    /// The text outside of blocks.
    pub fn prose(&self) -> String {
        self.text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n")
    }

    /// The blocks that are files, by the path of each.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        let path = |info| str::strip_prefix(info, "yaml ").or(str::strip_prefix(info, "prom "));
        self.blocks().into_iter().filter_map(move |(info, text)| Some((path(info)?, text)))
    }

    /// The anchors that a code host gives to the headings.
    pub fn anchors(&self) -> Vec<String> {
        let prose = self.prose();
        let headings = prose.lines().filter(|line| line.starts_with('#'));
        let kept = |c: &char| c.is_alphanumeric() || ['-', '_', ' '].contains(c);
        let anchor = |heading: &str| {
            let title = heading.trim_start_matches('#').trim().to_lowercase();
            title.chars().filter(kept).collect::<String>().replace(' ', "-")
        };
        headings.map(anchor).collect()
    }

    /// The targets of its links and images.
    pub fn links(&self) -> Vec<String> {
        let prose = self.prose();
        let targets = prose.split("](").skip(1);
        targets.map(|rest| rest.split(')').next().unwrap().to_owned()).collect()
    }
}
