//! `--watch`: runs again whenever a source changes, until somebody presses Ctrl-C.
//!
//! Changes are found by polling, not by events of the system. That works on every file system, also on those of networks and containers; an editor
//! that writes by renaming, or a folder that is missing for a moment, is not a special case. Polling hundreds of files takes a millisecond. Nothing
//! is cleaned up at the end because [`crate::write`] may be killed at any moment.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::ending::{Ending, Failure};
use crate::{sources, stderr};

/// How long to wait between two looks, at least.
const PAUSE: Duration = Duration::from_millis(200);

/// At most this part of the time is spent looking: folders may be large and file systems slow.
const SHARE: u32 = 20;

/// What tells one state of a source from the next: a file that was written anew has another time, length or number.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
    number: u64,
}

/// What a look shows, or why there is nothing to see.
type Look = Result<Vec<Seen>, String>;

/// Runs at once, and again after each change; each run says in words what came of it. Whatever fails the first time ends it: somebody has mistyped. Later it goes on, as
/// editors and version control take sources away and bring them back.
pub fn run(slos: &Path, mut once: impl FnMut() -> Result<String, Failure>) -> Result<Ending, Failure> {
    // What changes during a run is seen after it.
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

/// Waits until the sources are others than these, and have been the same for one pause: somebody may still be writing.
fn changed(slos: &Path, before: Look) -> Look {
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

/// All sources as they are now.
fn look(slos: &Path) -> Look {
    let seen = |path: PathBuf| {
        let found = fs::metadata(slos.join(&path)).ok();
        let length = found.as_ref().map_or(0, fs::Metadata::len);
        let modified = found.as_ref().and_then(|found| found.modified().ok());
        Seen { path, length, modified, number: found.as_ref().map_or(0, number) }
    };
    let found = sources::find(slos).map_err(|failure| failure.to_string())?;
    Ok(found.into_iter().map(seen).collect())
}

/// What the file system calls the file.
#[cfg(unix)]
fn number(found: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn number(_: &fs::Metadata) -> u64 {
    0
}
