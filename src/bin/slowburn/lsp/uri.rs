//! `file://` addresses, as editors name files, and the paths of these files.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Characters that are not escaped in a path (RFC 3986).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path of a file on this machine; `None` for other addresses, such as a buffer without a file.
pub fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let decoded = percent_decode_str(rest).decode_utf8().ok()?;
    // `file:///c:/slos`: on Windows the drive follows the slash.
    let decoded = if cfg!(windows) { decoded.trim_start_matches('/') } else { &*decoded };
    // `.` and `..` are not resolved: addresses of files have neither.
    let path = PathBuf::from(decoded);
    path.is_absolute().then_some(path)
}

/// The address of a path.
pub fn of(path: &Path) -> String {
    let shown = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    let slash = if shown.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{}", utf8_percent_encode(&shown, ESCAPED))
}
