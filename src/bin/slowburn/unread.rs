//! Definitions that are not read, because of the name or the place of their file.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use slowburn::parse::PROJECT_FILE;
use slowburn::secret;

use crate::sources::{is_source, shown};
use crate::{read, stderr};

/// The most files of a directory whose names are looked at.
const MOST_FILES: usize = 10_000;

/// The most files that are opened, and that are named.
const MOST_OPENED: usize = 50;
const MOST_NAMED: usize = 3;

/// Names the definitions in `slos`, and the project file beside it, that are not read.
pub fn remind(slos: &Path) {
    let beside = slos.parent().map(|folder| folder.join(PROJECT_FILE)).filter(|path| is_definition(path));
    if let Some(path) = beside.filter(|_| !slos.as_os_str().is_empty()) {
        let (path, meant) = (shown(&path, Path::new("")), shown(slos, Path::new(PROJECT_FILE)));
        stderr::print(&format!("{path} is not read: the project file is {meant}\n"));
    }
    let unread = under(slos);
    for path in unread.iter().take(MOST_NAMED) {
        stderr::print(&format!("{}\n", secret::masked(&words(slos, path))));
    }
    if unread.len() > MOST_NAMED {
        stderr::print(&format!("and {} more\n", unread.len() - MOST_NAMED));
    }
}

/// What to do about a file that is not read.
pub fn words(slos: &Path, path: &Path) -> String {
    let meant = shown(slos, &renamed(path));
    format!("{} is not read, because of its name: rename it to {meant}", shown(slos, path))
}

/// The definitions under `slos` whose names are not those of definitions, relative to it.
pub fn under(slos: &Path) -> Vec<PathBuf> {
    let mut walk = WalkBuilder::new(slos);
    walk.standard_filters(false).hidden(false).max_depth(Some(4));
    let mut opened = 0;
    let mut unread: Vec<PathBuf> = walk
        .build()
        .flatten()
        .take(MOST_FILES)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| Some(entry.path().strip_prefix(slos).ok()?.to_owned()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let in_hidden = path
                .parent()
                .is_some_and(|folder| folder.iter().any(|part| part.as_encoded_bytes().starts_with(b".")));
            let is_alike = [".yaml", ".yml", ".json"].iter().any(|end| name.to_lowercase().contains(end));
            let is_read = is_source(path) && !name.starts_with('.');
            // A copy of a definition is left out on purpose.
            let is_copy = slos.join(renamed(path)).exists();
            if !is_alike || is_read || in_hidden || is_copy || opened >= MOST_OPENED {
                return false;
            }
            opened += 1;
            is_definition(&slos.join(path))
        })
        .collect();
    unread.sort();
    unread
}

/// The name with which a file is read: `shop.yaml` for `.shop.yaml`, `shop.yaml.txt` and `shop.json`.
fn renamed(path: &Path) -> PathBuf {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().trim_start_matches('.');
    let lower = name.to_ascii_lowercase();
    let stem = [".yaml", ".yml", ".json"].iter().filter_map(|end| lower.find(end)).min();
    path.with_file_name(format!("{}.yaml", &name[..stem.unwrap_or(name.len())]))
}

/// Whether a file says that it is a definition.
fn is_definition(path: &Path) -> bool {
    let Ok(bytes) = read::start(path, 4096) else { return false };
    String::from_utf8_lossy(&bytes).lines().any(|line| {
        let line = line.trim_start_matches(['{', '"', ' ', '\u{feff}']);
        line.starts_with("version") && line.contains("slowburn/v")
    })
}
