//! Compares the files under `out` with the artifacts of the sources.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use slowburn::artifact::Artifacts;
use slowburn::emit::Target;

use crate::ending::Failure;
use crate::read;
use crate::sources::shown;

/// Every file of slowburn begins with one of these: a comment in YAML, Markdown and HTML, the first field in JSON. A file without it belongs to the
/// user.
const MARKS: [&str; 5] = [
    "# Compiled by slowburn:",
    "<!-- Compiled by slowburn:",
    "{\n \"description\": \"Compiled by slowburn:",
    "{\n\"description\": \"Compiled by slowburn:",
    "<!doctype html>\n<!-- Compiled by slowburn:",
];

/// One file that has to change.
#[derive(Debug)]
pub struct Change<'a> {
    /// Relative to `out`, with `/` between its parts.
    pub path: String,
    /// The present bytes; `None` if there is no file.
    pub old: Option<Vec<u8>>,
    /// The right text; `None` if no definition makes this file any more.
    pub new: Option<&'a str>,
}

impl Change<'_> {
    /// Whether only line ends differ: Git may change them on a checkout.
    pub fn is_of_line_ends(&self) -> bool {
        let (Some(old), Some(new)) = (&self.old, self.new) else { return false };
        std::str::from_utf8(old).is_ok_and(|old| old.replace("\r\n", "\n") == new)
    }

    /// What will be done with the file.
    pub fn words(&self) -> &'static str {
        match (&self.old, self.new) {
            (None, _) => "missing",
            (Some(_), None) => "no definition makes this file any more",
            (Some(_), Some(_)) if self.is_of_line_ends() => {
                "only its line ends differ: write `out/** -text` into .gitattributes"
            }
            (Some(_), Some(_)) => "differs",
        }
    }
}

/// Every file that differs, is missing, or is stale, by path.
///
/// A path that a source makes belongs to slowburn, whatever file is there. Any other file belongs to slowburn, and is stale, only if it begins with
/// the mark and is in the directory of one of these targets, at any depth.
pub fn find<'a>(
    artifacts: &'a Artifacts,
    targets: &[&Target],
    out: &Path,
) -> Result<Vec<Change<'a>>, Failure> {
    let mut changes = Vec::new();
    for (path, new) in artifacts {
        let old = old(out, path)?;
        if old.as_deref() != Some(new.as_bytes()) {
            changes.push(Change { path: path.clone(), old, new: Some(new) });
        }
    }
    for tree in trees(out)? {
        for target in targets {
            let folder = format!("{tree}{}", target.name);
            let is_written = artifacts.keys().any(|path| path.starts_with(&format!("{folder}/")));
            // What is behind a link belongs to others, unless this run writes there.
            if !is_written && out.join(&folder).is_symlink() {
                continue;
            }
            for path in marked_files(out, &folder)? {
                if !artifacts.contains_key(&path) {
                    let old = old(out, &path)?;
                    changes.push(Change { path, old, new: None });
                }
            }
        }
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(changes)
}

/// The folder under `out` with one tree per environment.
pub const ENVIRONMENTS: &str = "environments";

/// Where the folders of targets may be: `out` itself, and the tree of every present or former environment.
fn trees(out: &Path) -> Result<Vec<String>, Failure> {
    let failed = |error| Failure::of("read", shown(out, Path::new(ENVIRONMENTS)), &error);
    let mut trees = vec![String::new()];
    let entries = match fs::read_dir(out.join(ENVIRONMENTS)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(trees),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_str().filter(|name| !name.starts_with('.')).map(str::to_owned);
        // A link leads to a tree that does not belong to this environment.
        if let Some(name) = name.filter(|_| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            trees.push(format!("{ENVIRONMENTS}/{name}/"));
        }
    }
    trees.sort();
    Ok(trees)
}

/// Limits memory. In bytes.
const OLD_AT_MOST: u64 = 256 * 1024 * 1024;

fn old(out: &Path, path: &str) -> Result<Option<Vec<u8>>, Failure> {
    match read::plain(&out.join(path), OLD_AT_MOST) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::of("read", shown(out, Path::new(path)), &error)),
    }
}

/// The marked files under `directory`, at any depth. Links are not followed: their targets do not belong to slowburn.
fn marked_files(out: &Path, directory: &str) -> Result<Vec<String>, Failure> {
    let failed = |error| Failure::of("read", shown(out, Path::new(directory)), &error);
    let entries = match fs::read_dir(out.join(directory)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        // slowburn's names are ASCII and never hidden. A hidden directory is what an interrupted run has left (see `write`).
        let Some(name) = entry.file_name().to_str().filter(|name| !name.starts_with('.')).map(str::to_owned)
        else {
            continue;
        };
        let path = format!("{directory}/{name}");
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            found.extend(marked_files(out, &path)?);
        } else if kind.is_file() && is_marked(&entry.path()).map_err(failed)? {
            found.push(path);
        }
    }
    Ok(found)
}

fn is_marked(path: &Path) -> io::Result<bool> {
    let longest = MARKS.map(str::len).into_iter().max().unwrap_or_default() as u64;
    let start = match read::start(path, longest) {
        Ok(start) => start,
        // If a file cannot be read, another user wrote it.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(MARKS.iter().any(|mark| start.starts_with(mark.as_bytes())))
}
