//! `--watch`: runs again whenever a source changes, until Ctrl-C.
//!
//! Changes are found by polling, not by events of the system. That works on every file system, also on network file systems and in containers. An
//! editor that renames files, and a folder that is missing for a moment, need no special treatment. Polling hundreds of files takes a millisecond.
//! Ctrl-C needs no handler, because [`crate::write`] may be killed at any moment.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::ending::{Ending, Failure};
use crate::{sources, stderr};

/// Shortest time between two polls.
const PAUSE: Duration = Duration::from_millis(200);

/// At most 1/20 of the time is spent polling: folders may be large and file systems slow.
const SHARE: u32 = 20;

/// What is compared to notice that a source changed. A file that is written again has another time, size or inode.
#[derive(Debug, PartialEq, Eq)]
struct FileState {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
    number: u64,
}

/// The state of all sources, or why they cannot be read.
type SourcesState = Result<Vec<FileState>, String>;

/// Runs at once, and again after each change. Each run returns a summary. If the first run fails, the command ends: probably an argument is wrong.
/// Later failures do not end it, because editors and version control remove files and write them again.
pub fn run(slos: &Path, mut once: impl FnMut() -> Result<String, Failure>) -> Result<Ending, Failure> {
    // Read before the run, so that changes during the run are noticed.
    let mut seen = look(slos);
    let mut begun = Instant::now();
    let mut result = once()?;
    loop {
        let after = begun.elapsed().as_millis();
        stderr::print(&format!("{result}, in {after} ms; waiting for changes\n"));
        seen = changed(slos, seen);
        begun = Instant::now();
        result = match &seen {
            Ok(_) => once().unwrap_or_else(|failure| format!("error: {failure}")),
            Err(nothing) => format!("error: {nothing}"),
        };
    }
}

/// Waits until the sources differ from these, and then until they are stable for one pause: an editor may still be writing.
fn changed(slos: &Path, before: SourcesState) -> SourcesState {
    let mut last = None;
    loop {
        let begun = Instant::now();
        let now = look(slos);
        let took = begun.elapsed();
        if now != before && last.as_ref() == Some(&now) {
            return now;
        }
        last = Some(now);
        thread::sleep(PAUSE.max(took * SHARE));
    }
}

/// The present state of all sources.
fn look(slos: &Path) -> SourcesState {
    let seen = |path: PathBuf| {
        let found = fs::metadata(slos.join(&path)).ok();
        let length = found.as_ref().map_or(0, fs::Metadata::len);
        let modified = found.as_ref().and_then(|found| found.modified().ok());
        FileState { path, length, modified, number: found.as_ref().map_or(0, number) }
    };
    let found = sources::find(slos).map_err(|failure| failure.to_string())?;
    Ok(found.into_iter().map(seen).collect())
}

/// The inode of the file.
#[cfg(unix)]
fn number(found: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn number(_: &fs::Metadata) -> u64 {
    0
}
