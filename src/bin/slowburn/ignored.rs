//! Which files `.gitignore` files in a folder of definitions exclude: the same on a disk and in a revision.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// No rules that people write are longer.
pub const RULES_AT_MOST: u64 = 1024 * 1024;

/// The rules of a folder, from its `.gitignore`.
pub fn rules(folder: &Path, text: &[u8]) -> Gitignore {
    let mut builder = GitignoreBuilder::new(folder);
    for line in String::from_utf8_lossy(text).trim_start_matches('\u{feff}').lines() {
        // A line that is not a pattern ignores nothing, as in git.
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Whether rules leave a path out, of which the innermost folder's come first: the first that has an opinion decides. Of what lies in a
/// folder that is left out, nobody asks.
pub fn leave_out<'a>(rules: impl IntoIterator<Item = &'a Gitignore>, path: &Path, is_folder: bool) -> bool {
    let mut opinions = rules.into_iter().map(|rules| rules.matched(path, is_folder));
    opinions.find(|opinion| !opinion.is_none()).is_some_and(|opinion| opinion.is_ignore())
}
