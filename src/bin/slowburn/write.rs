//! Brings `out` to what the sources mean: all of it or nothing.
//!
//! 1. Every new text is written to `out/.slowburn-<process>` and synced, and every file that will go is linked there. A disk
//!    that is full or a directory that may not be written to shows itself here, when nothing has changed yet.
//! 2. The new files are renamed into place one by one, the stale ones are removed. An error puts back what went before.
//! 3. The staging directory is removed.
//!
//! After a crash in the first step `out` is as it was, after one in the second each file is wholly old or wholly new; the
//! next run finishes the work and removes the staging directory that was left.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::thread;

use slowburn::artifact::Artifacts;
use slowburn::emit::Target;

use crate::changes::{self, Change};
use crate::ending::Failure;
use crate::sources::shown;

/// What the names of staging directories begin with; the process's number follows.
const STAGING: &str = ".slowburn-";

/// As many files are written at once: each waits for the disk, and a disk takes many in the time of one.
const WRITERS: usize = 16;

/// Changes what is to be changed, and says what that was.
pub fn write<'a>(
    artifacts: &'a Artifacts,
    targets: &[&Target],
    out: &Path,
) -> Result<Vec<Change<'a>>, Failure> {
    let mut staging = Staging::new(out);
    staging.directory(out)?;
    // One writer at a time, held until the end. Where a directory cannot be locked, two writers may meet: each file is whole
    // even then.
    let lock = File::open(out).and_then(|directory| directory.lock().map(|()| directory));
    if lock.is_ok() {
        sweep(out);
    }
    let changes = changes::find(artifacts, targets, out)?;
    if changes.is_empty() {
        return Ok(changes);
    }
    staging.stage(&changes)?;
    for (index, change) in changes.iter().enumerate() {
        if let Err(failure) = staging.apply(index, change) {
            return Err(match staging.undo(&changes[..index]) {
                Ok(()) => failure.and(&unchanged(out)),
                Err(second) => failure.and(&second.to_string()).and("each file is whole: run slowburn again"),
            });
        }
    }
    staging.keep();
    Ok(changes)
}

/// Brings one file to `text`: wholly, or not at all. What stands there through a link is replaced where it is.
pub fn file(path: &Path, text: &str) -> Result<(), Failure> {
    let name = shown(path, Path::new(""));
    let unwritten =
        |error: &io::Error| Failure::of("write", &name, error).and(&format!("{name} is as it was"));
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            return Err(
                Failure::new(format!("{name} is not a regular file")).and("name a file to write: --out FILE")
            );
        }
        Ok(_) | Err(_) => {}
    }
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Some((directory, base)) = real.parent().zip(real.file_name()) else {
        return Err(Failure::new(format!("{name} names no file")).and("name a file to write: --out FILE"));
    };
    fs::create_dir_all(directory).map_err(|error| unwritten(&error))?;
    // Beside the file, so that a rename is one step.
    let temporary = directory.join(format!(".{}{STAGING}{}", base.to_string_lossy(), std::process::id()));
    let written = File::create(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, &real));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        unwritten(&error)
    })
}

/// Writes files that are not there yet: all of them, or none.
pub fn new_files(folder: &Path, files: &[&(PathBuf, String)]) -> Result<(), Failure> {
    for (index, (path, text)) in files.iter().enumerate() {
        if let Err(failure) = file(&folder.join(path), text) {
            for (path, _) in &files[..index] {
                // What cannot be removed could hardly be written.
                let _ = fs::remove_file(folder.join(path));
            }
            return Err(failure.and("no other file is left either"));
        }
    }
    Ok(())
}

/// Removes what a crash has left. Whoever holds the lock is the only writer, so nobody is using it.
fn sweep(out: &Path) {
    for entry in fs::read_dir(out).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(STAGING));
        let ours = number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        if ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            // If it cannot be removed it is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn unchanged(out: &Path) -> String {
    format!("nothing under {} has changed", shown(out, Path::new("")))
}

/// Everything that is on the disk only until the work is done. It goes when this is dropped.
struct Staging<'a> {
    out: &'a Path,
    /// Holds `<index>.new` and `<index>.old` of each change; on the same file system as `out`, so that a rename is one step.
    temporary: PathBuf,
    /// Directories that did not exist before, parents first.
    made: Vec<PathBuf>,
}

impl<'a> Staging<'a> {
    fn new(out: &'a Path) -> Self {
        let temporary = out.join(format!("{STAGING}{}", std::process::id()));
        Self { out, temporary, made: Vec::new() }
    }

    /// Makes a directory with its parents.
    fn directory(&mut self, path: &Path) -> Result<(), Failure> {
        let shown = || shown(path, Path::new(""));
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Ok(()),
            Ok(_) => {
                return Err(Failure::new(format!("{} is a file where a directory belongs", shown()))
                    .and(&unchanged(self.out)));
            }
            Err(_) => {}
        }
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.directory(parent)?;
        }
        match fs::create_dir(path) {
            Ok(()) => self.made.push(path.to_owned()),
            // Another writer was faster.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => return Err(Failure::of("make", shown(), &error).and(&unchanged(self.out))),
        }
        Ok(())
    }

    /// Keeps the old texts within reach, and writes the new ones.
    fn stage(&mut self, changes: &[Change]) -> Result<(), Failure> {
        self.directory(&self.temporary.clone())?;
        for (index, change) in changes.iter().enumerate() {
            let target = self.target(change);
            self.directory(target.parent().expect("a file has a directory"))?;
            keep_old(&target, &self.old(index)).map_err(|error| self.unwritten(change, &error))?;
        }
        let share = changes.len().div_ceil(WRITERS);
        let numbered: Vec<(usize, &Change)> = changes.iter().enumerate().collect();
        let staging = &*self;
        let written: Vec<Result<(), Failure>> = thread::scope(|scope| {
            let writers: Vec<_> = numbered
                .chunks(share)
                .map(|share| {
                    scope.spawn(|| {
                        share.iter().try_for_each(|(index, change)| staging.write_new(*index, change))
                    })
                })
                .collect();
            writers.into_iter().map(|writer| writer.join().expect("writing does not panic")).collect()
        });
        written.into_iter().collect()
    }

    fn write_new(&self, index: usize, change: &Change) -> Result<(), Failure> {
        let Some(new) = change.new else { return Ok(()) };
        File::create_new(self.new_text(index))
            .and_then(|mut file| file.write_all(new.as_bytes()).and_then(|()| file.sync_all()))
            .map_err(|error| self.unwritten(change, &error))
    }

    fn unwritten(&self, change: &Change, error: &io::Error) -> Failure {
        Failure::of("write", shown(self.out, Path::new(&change.path)), error).and(&unchanged(self.out))
    }

    /// The one step that others can see.
    fn apply(&self, index: usize, change: &Change) -> Result<(), Failure> {
        let target = self.target(change);
        let path = shown(self.out, Path::new(&change.path));
        match change.new {
            Some(_) => {
                fs::rename(self.new_text(index), target).map_err(|error| Failure::of("replace", path, &error))
            }
            None => fs::remove_file(target).map_err(|error| Failure::of("remove", path, &error)),
        }
    }

    /// Takes back these changes, the last one first.
    fn undo(&self, changes: &[Change]) -> Result<(), Failure> {
        for (index, change) in changes.iter().enumerate().rev() {
            let target = self.target(change);
            let undone = match fs::rename(self.old(index), &target) {
                Err(error) if error.kind() == ErrorKind::NotFound => fs::remove_file(&target),
                undone => undone,
            };
            undone
                .map_err(|error| Failure::of("put back", shown(self.out, Path::new(&change.path)), &error))?;
        }
        Ok(())
    }

    /// The work is done: what was made stays.
    fn keep(&mut self) {
        self.made.retain(|made| *made == self.temporary);
    }

    fn target(&self, change: &Change) -> PathBuf {
        let path = Path::new(&change.path);
        // Paths are made from names, and names hold no `/` and no `.`.
        assert!(
            path.components().all(|part| matches!(part, Component::Normal(_))),
            "an artifact leaves out: {}",
            change.path
        );
        self.out.join(path)
    }

    fn new_text(&self, index: usize) -> PathBuf {
        self.temporary.join(format!("{index}.new"))
    }

    fn old(&self, index: usize) -> PathBuf {
        self.temporary.join(format!("{index}.old"))
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        for made in self.made.iter().rev() {
            // A directory that somebody has put something into stays.
            let _ = if *made == self.temporary { fs::remove_dir_all(made) } else { fs::remove_dir(made) };
        }
    }
}

/// A second name for what stands there, or a copy on a file system without second names; nothing if nothing does.
fn keep_old(target: &Path, old: &Path) -> io::Result<()> {
    match fs::hard_link(target, old) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) => fs::copy(target, old).map(|_| ()),
    }
}
