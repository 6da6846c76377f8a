//! Writes the artifacts under `out`: all of them or none.
//!
//! 1. Every new text is written to `out/.slowburn-<process>` and synced, and every file that will be removed is linked there. A full disk or a
//!    missing permission is noticed here, before anything has changed.
//! 2. A list of the steps is written beside them: `finish`. From here on the work will be done, by this run or by a later one.
//! 3. The new files are renamed into place one by one, and the stale ones are removed. After an error the list is renamed to `undo`, and the old
//!    files are put back.
//! 4. The folders are synced, the list is removed, and then the staging directory.
//!
//! If a run is killed before the second step, it has changed nothing. If it is killed later, it leaves its list, and the next run finishes that
//! first. A list is ignored if other programs changed the files in the meantime. A power failure counts as a kill: each step syncs what the next one
//! needs.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};
use std::thread;

use serde::{Deserialize, Serialize};
use slowburn::artifact::Artifacts;
use slowburn::emit::Target;

use crate::changes::{self, Change};
use crate::ending::Failure;
use crate::sources::shown;
use crate::{read, stderr};

/// Prefix of the names of staging directories; the process id follows.
const STAGING: &str = ".slowburn-";

/// So many files are written in parallel: each waits for the disk, and a disk can write many at once.
const WRITERS: usize = 16;

/// The names of the two lists: steps to finish, steps to undo.
const FINISH: &str = "finish";
const UNDO: &str = "undo";

/// Keeps git from adding what is in a staging directory. It is made first and removed last, so that a killed run leaves nothing to add.
const IGNORE: &str = ".gitignore";

/// Limits memory. A list of a hundred thousand files takes ten megabytes. In bytes.
const LIST_AT_MOST: u64 = 256 * 1024 * 1024;

/// Makes the changes, and returns those that were made.
pub fn write<'a>(
    artifacts: &'a Artifacts,
    targets: &[&Target],
    out: &Path,
) -> Result<Vec<Change<'a>>, Failure> {
    let mut staging = Staging::new(out);
    staging.directory(out)?;
    // Only one writer at a time; the lock is held until the end. Where a directory cannot be locked, two runs may overlap. Even then every single
    // file is complete.
    let lock = lock(out);
    if lock.is_some() {
        recover(out)?;
    }
    let changes = changes::find(artifacts, targets, out)?;
    if changes.is_empty() {
        return Ok(changes);
    }
    staging.stage(&changes)?;
    staging.list(&changes)?;
    for (index, change) in changes.iter().enumerate() {
        if let Err(failure) = staging.apply(index, change) {
            return Err(match staging.undo(&changes) {
                Ok(()) => failure.and(&unchanged(out)),
                Err(second) => {
                    failure.and(&second.to_string()).and("no file is half written: run slowburn again")
                }
            });
        }
    }
    staging.keep(&changes);
    Ok(changes)
}

/// Finishes or undoes the work of killed runs in `out`, when this run itself writes nothing.
pub fn recover_interrupted(out: &Path) -> Result<(), Failure> {
    if !out.is_dir() || staged(out).next().is_none() {
        return Ok(());
    }
    match lock(out) {
        Some(_lock) => recover(out),
        None => Ok(()),
    }
}

/// Waits until no other run holds the lock.
fn lock(out: &Path) -> Option<File> {
    let directory = File::open(out).ok()?;
    if let Err(TryLockError::WouldBlock) = directory.try_lock() {
        stderr::print(&format!("another run writes to {}: waiting for it\n", shown(out, Path::new(""))));
    }
    directory.lock().ok()?;
    Some(directory)
}

/// Replaces one file completely or not at all. A file behind a link is replaced at the link's target, and keeps its mode.
pub fn file(path: &Path, text: &str) -> Result<(), Failure> {
    put(path, text, false)
}

/// As [`file`], but readable only by the user.
pub fn private(path: &Path, text: &str) -> Result<(), Failure> {
    put(path, text, true)
}

fn put(path: &Path, text: &str, private: bool) -> Result<(), Failure> {
    let name = shown(path, Path::new(""));
    let unwritten =
        |error: &io::Error| Failure::of("write", &name, error).and(&format!("{name} was not changed"));
    let before = fs::metadata(path).ok();
    if before.as_ref().is_some_and(|found| !found.is_file()) {
        return Err(
            Failure::new(format!("{name} is not a regular file")).and("name a file to write: --out FILE")
        );
    }
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Some((directory, _)) = real.parent().zip(real.file_name()) else {
        return Err(
            Failure::new(format!("{name} does not name a file")).and("name a file to write: --out FILE")
        );
    };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    fs::create_dir_all(directory).map_err(|error| unwritten(&error))?;
    remove_staging(directory);
    // In the same directory, so that a rename is atomic.
    let staging = directory.join(format!("{STAGING}{}", std::process::id()));
    let temporary = staging.join("new");
    let written = stage(&staging).and_then(|_lock| {
        let mut file = create(&temporary, private)?;
        file.write_all(text.as_bytes())?;
        if let Some(before) = before.filter(|_| !private) {
            file.set_permissions(before.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&temporary, &real)
    });
    remove_directory(&staging);
    sync(directory);
    written.map_err(|error| unwritten(&error))
}

/// Makes a staging directory that git ignores. The lock on it keeps other runs from removing it.
fn stage(staging: &Path) -> io::Result<Option<File>> {
    fs::create_dir(staging)?;
    let lock = File::open(staging)
        .and_then(|directory| directory.try_lock().map_err(Into::into).map(|()| directory));
    fs::write(staging.join(IGNORE), "*\n")?;
    Ok(lock.ok())
}

/// Removes a staging directory. If it cannot be removed, it does no harm.
fn remove_directory(staging: &Path) {
    let _ = remove_content(staging).and_then(|()| fs::remove_dir_all(staging));
}

/// Removes everything in a staging directory except what keeps git from adding it.
fn remove_content(staging: &Path) -> io::Result<()> {
    for entry in fs::read_dir(staging)? {
        let entry = entry?;
        if entry.file_name() == IGNORE {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

fn create(path: &Path, private: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = private;
    options.open(path)
}

/// Makes changes of a folder's entries survive a power failure. Not every file system supports that.
fn sync(directory: &Path) {
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}

/// Writes files that do not exist yet: all or none.
pub fn new_files(folder: &Path, files: &[&(PathBuf, String)]) -> Result<(), Failure> {
    for (index, (path, text)) in files.iter().enumerate() {
        if let Err(failure) = file(&folder.join(path), text) {
            for (path, _) in &files[..index] {
                // Best effort: a file that was just written can nearly always be removed.
                let _ = fs::remove_file(folder.join(path));
            }
            return Err(failure.and("files that were already written are removed again"));
        }
    }
    Ok(())
}

/// The staging directories in a folder.
fn staged(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(STAGING))?;
        let ours = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (ours && entry.file_type().is_ok_and(|kind| kind.is_dir())).then(|| entry.path())
    })
}

/// Removes staging directories of killed runs beside a file. Those with a list are left to the next `compile`.
fn remove_staging(folder: &Path) {
    for staging in staged(folder) {
        let unlocked = File::open(&staging).is_ok_and(|directory| directory.try_lock().is_ok());
        if unlocked && ![FINISH, UNDO].iter().any(|list| staging.join(list).exists()) {
            remove_directory(&staging);
        }
    }
}

/// Does the steps in the lists of killed runs, and removes the lists. The caller holds the lock, so no other run uses them.
fn recover(out: &Path) -> Result<(), Failure> {
    let mut staged: Vec<PathBuf> = staged(out).collect();
    staged.sort();
    for temporary in staged {
        let name = shown(out, Path::new(""));
        let staging = Staging { out, temporary, made: Vec::new() };
        if let Some(list) = staging.listed(UNDO) {
            staging.put_back(&list).map_err(|failure| {
                failure.and(&format!("{name} is half written: an earlier run was killed"))
            })?;
            stderr::print(&format!("an earlier run was killed while it wrote: {name} is restored\n"));
        } else if let Some(list) = staging.listed(FINISH) {
            if staging.is_untouched(&list) {
                staging.finish(&list).map_err(|failure| {
                    failure.and(&format!("{name} is half written: an earlier run was killed"))
                })?;
                stderr::print(&format!("an earlier run was killed while it wrote: {name} is now complete\n"));
            } else {
                stderr::print(&format!(
                    "an earlier run was killed while it wrote, and {name} was changed later: what was left is not done\n"
                ));
            }
        }
        staging.remove();
    }
    Ok(())
}

/// One step of a list.
#[derive(Deserialize, Serialize)]
struct Step {
    path: String,
    /// Whether there was a file before.
    old: bool,
    /// Whether there will be a file afterwards.
    new: bool,
}

fn unchanged(out: &Path) -> String {
    format!("nothing under {} has changed", shown(out, Path::new("")))
}

/// What exists on the disk only during the work. Dropping it removes it.
struct Staging<'a> {
    out: &'a Path,
    /// Has `<index>.new` and `<index>.old` of each change. On the same file system as `out`, so that a rename is atomic.
    temporary: PathBuf,
    /// Directories that this run made, parents first.
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
                return Err(Failure::new(format!("{} is a file, but a directory is needed", shown()))
                    .and(&unchanged(self.out)));
            }
            Err(_) => {}
        }
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            self.directory(parent)?;
        }
        match fs::create_dir(path) {
            Ok(()) => self.made.push(path.to_owned()),
            // Another run made it in the meantime.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => return Err(Failure::of("make", shown(), &error).and(&unchanged(self.out))),
        }
        Ok(())
    }

    /// Links or copies the old files, and writes the new ones.
    fn stage(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let made = stage(&self.temporary);
        self.made.push(self.temporary.clone());
        made.map_err(|error| {
            Failure::of("make", shown(&self.temporary, Path::new("")), &error).and(&unchanged(self.out))
        })?;
        for (index, change) in changes.iter().enumerate() {
            let target = self.target(&change.path);
            let name = || shown(self.out, Path::new(&change.path));
            // A rename would replace the link itself, and writing through the link would not be atomic.
            if target.is_symlink() {
                return Err(Failure::new(format!("{} is a link, but slowburn writes files", name()))
                    .and(&unchanged(self.out))
                    .and("remove the link, or link the whole folder and name it: --out FOLDER"));
            }
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
        let write = || {
            let mut file = File::create_new(self.new_text(index))?;
            file.write_all(new.as_bytes())?;
            if let Ok(before) = fs::metadata(self.target(&change.path)) {
                file.set_permissions(before.permissions())?;
            }
            file.sync_all()
        };
        write().map_err(|error| self.unwritten(change, &error))
    }

    fn unwritten(&self, change: &Change, error: &io::Error) -> Failure {
        Failure::of("write", shown(self.out, Path::new(&change.path)), error).and(&unchanged(self.out))
    }

    /// Writes the list of steps, so that another run can finish them.
    fn list(&self, changes: &[Change]) -> Result<(), Failure> {
        let path = self.temporary.join("list");
        let list = serde_json::to_vec(&steps(changes)).expect("paths are JSON");
        let written = create(&path, false)
            .and_then(|mut file| file.write_all(&list).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&path, self.temporary.join(FINISH)));
        written.map_err(|error| {
            Failure::of("write", shown(&path, Path::new("")), &error).and(&unchanged(self.out))
        })?;
        sync(&self.temporary);
        for made in &self.made {
            sync(made.parent().unwrap_or(self.out));
        }
        sync(self.out);
        Ok(())
    }

    /// The steps of a list; `None` if there is no list, or it is not valid.
    fn listed(&self, name: &str) -> Option<Vec<Step>> {
        let text = read::plain(&self.temporary.join(name), LIST_AT_MOST).ok()?;
        let list: Vec<Step> = serde_json::from_slice(&text).ok()?;
        list.iter().all(|step| is_below(&step.path)).then_some(list)
    }

    /// Makes one change visible, in one step.
    fn apply(&self, index: usize, change: &Change) -> Result<(), Failure> {
        self.step(index, &change.path, change.new.is_some())
    }

    fn step(&self, index: usize, path: &str, new: bool) -> Result<(), Failure> {
        let target = self.target(path);
        let name = shown(self.out, Path::new(path));
        match new {
            true => {
                fs::rename(self.new_text(index), target).map_err(|error| Failure::of("replace", name, &error))
            }
            false => fs::remove_file(target).map_err(|error| Failure::of("remove", name, &error)),
        }
    }

    /// Whether every file that a list still has to change is as it was when the list was written.
    fn is_untouched(&self, list: &[Step]) -> bool {
        list.iter().enumerate().all(|(index, step)| {
            let target = self.target(&step.path);
            let is_done = match step.new {
                true => !self.new_text(index).exists(),
                false => target.symlink_metadata().is_err(),
            };
            is_done
                || match step.old {
                    true => same(&target, &self.old(index)),
                    false => target.symlink_metadata().is_err(),
                }
        })
    }

    /// Does the remaining steps of a list.
    fn finish(&self, list: &[Step]) -> Result<(), Failure> {
        for (index, step) in list.iter().enumerate() {
            let target = self.target(&step.path);
            if step.new && !self.new_text(index).exists() || !step.new && target.symlink_metadata().is_err() {
                continue;
            }
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)
                    .map_err(|error| Failure::of("make", shown(folder, Path::new("")), &error))?;
            }
            self.step(index, &step.path, step.new)?;
        }
        self.sync_all(list.iter().map(|step| step.path.as_str()));
        Ok(())
    }

    /// Undoes these changes.
    fn undo(&mut self, changes: &[Change]) -> Result<(), Failure> {
        let renamed = fs::rename(self.temporary.join(FINISH), self.temporary.join(UNDO));
        sync(&self.temporary);
        let undone = renamed
            .map_err(|error| Failure::of("rename", shown(&self.temporary, Path::new("")), &error))
            .and_then(|()| self.put_back(&steps(changes)));
        if undone.is_err() {
            // The list stays for the next run.
            self.made.clear();
        }
        undone
    }

    /// Puts back the files from before the list. Unchanged files are left alone.
    fn put_back(&self, list: &[Step]) -> Result<(), Failure> {
        for (index, step) in list.iter().enumerate().rev() {
            let target = self.target(&step.path);
            if step.old && same(&target, &self.old(index)) {
                continue;
            }
            let undone = match step.old {
                true => fs::rename(self.old(index), &target),
                false => fs::remove_file(&target),
            };
            match undone {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Failure::of("put back", shown(self.out, Path::new(&step.path)), &error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        self.sync_all(list.iter().map(|step| step.path.as_str()));
        Ok(())
    }

    /// Syncs every folder in which files changed.
    fn sync_all<'p>(&self, paths: impl Iterator<Item = &'p str>) {
        let folders: BTreeSet<PathBuf> =
            paths.filter_map(|path| self.target(path).parent().map(Path::to_owned)).collect();
        folders.iter().for_each(|folder| sync(folder));
        sync(self.out);
    }

    /// Keeps what was made: the work is done.
    fn keep(&mut self, changes: &[Change]) {
        self.sync_all(changes.iter().map(|change| change.path.as_str()));
        self.made.retain(|made| *made == self.temporary);
    }

    /// Removes the staging directory. The list goes first: without the texts beside it, its steps could not be done.
    fn remove(&self) {
        for list in [FINISH, UNDO] {
            let _ = fs::remove_file(self.temporary.join(list));
        }
        sync(&self.temporary);
        remove_directory(&self.temporary);
    }

    fn target(&self, path: &str) -> PathBuf {
        // Paths are made from names, and names have no `/` and no `.`.
        assert!(is_below(path), "an artifact leaves out: {path}");
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
            // A directory that got other files in the meantime stays.
            if *made == self.temporary {
                self.remove();
            } else {
                let _ = fs::remove_dir(made);
            }
        }
    }
}

/// Whether a path stays below the folder that it is joined to.
fn is_below(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fn steps(changes: &[Change]) -> Vec<Step> {
    let step = |change: &Change| Step {
        path: change.path.clone(),
        old: change.old.is_some(),
        new: change.new.is_some(),
    };
    changes.iter().map(step).collect()
}

/// Whether two files have the same bytes.
fn same(one: &Path, other: &Path) -> bool {
    let read = |path: &Path| read::plain(path, LIST_AT_MOST).ok();
    read(one).is_some_and(|bytes| read(other) == Some(bytes))
}

/// Makes a hard link to the present file, or a copy if the file system has no hard links. Does nothing if there is no file.
fn keep_old(target: &Path, old: &Path) -> io::Result<()> {
    match fs::hard_link(target, old) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) => fs::copy(target, old).and_then(|_| File::open(old)?.sync_all()),
    }
}
