//! Which files the `.gitignore` files in a folder of definitions exclude. The same for files on the disk and in a revision.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Largest `.gitignore` file that is read, in bytes.
pub const RULES_AT_MOST: u64 = 1024 * 1024;

/// The rules of a folder, from its `.gitignore`.
pub fn rules(folder: &Path, text: &[u8]) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    for line in String::from_utf8_lossy(text).trim_start_matches('\u{feff}').lines() {
        // A line that is not a pattern is skipped, as in git.
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Whether these rules exclude a path. The innermost folder's rules come first, and the first match decides. Not called for paths in an excluded
/// folder.
pub fn excluded<'a>(rules: impl IntoIterator<Item = &'a Gitignore>, path: &Path, is_folder: bool) -> bool {
    let mut opinions = rules.into_iter().map(|rules| rules.matched(path, is_folder));
    opinions.find(|opinion| !opinion.is_none()).is_some_and(|opinion| opinion.is_ignore())
}
