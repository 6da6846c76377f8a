//! Reads input files: only regular files, and only up to a limit.
//!
//! A pipe waits for a writer, a device may never end, and a file may be larger than memory.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The bytes of a regular file.
///
/// # Errors
/// Errors of the system, or if it is not a regular file, or is larger than `most` bytes.
pub fn plain(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let bytes = start(path, most + 1)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::other(format!("it is larger than {}", size(most)))),
        false => Ok(bytes),
    }
}

/// Here Linux shows its state as regular files. Some of them, such as `/proc/kmsg`, wait for more text and never end.
const KERNEL: [&str; 2] = ["/proc", "/sys"];

/// The beginning of a regular file, at most so many bytes.
pub fn start(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    // The kind of file is tested before it is opened, because opening a pipe waits.
    is_plain(&fs::metadata(path)?)?;
    let real = fs::canonicalize(path)?;
    if KERNEL.iter().any(|folder| real.starts_with(folder)) {
        return Err(io::Error::other("it is under /proc or /sys, where reading may never end"));
    }
    let file = File::open(path)?;
    is_plain(&file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_plain(found: &fs::Metadata) -> io::Result<()> {
    match found.is_file() {
        true => Ok(()),
        false if found.is_dir() => Err(io::Error::other("it is a folder, not a file")),
        false => Err(io::Error::other("it is a pipe or a device, not a file")),
    }
}

/// `64 MiB`
fn size(bytes: u64) -> String {
    match bytes {
        ..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 0x10_0000),
    }
}
