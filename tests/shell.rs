//! Completions in a real bash, and manual pages in a real `man`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::process::Command;

use support::folder::Folder;
use support::skipped;

/// The completions that bash offers after these words.
fn offered(folder: &Folder, words: &[&str]) -> Vec<String> {
    let script = format!(
        "source slowburn.bash; COMP_WORDS=({}); COMP_CWORD={}; _slowburn slowburn '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
        words.len() - 1,
        words[words.len() - 1],
        words[words.len() - 2],
    );
    let ran = folder.script(&["bash", "-c"], &script);
    assert_eq!(ran.stderr, "");
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_commands_and_their_options() {
    let folder = Folder::empty();
    let script = folder.slowburn(&["completions", "bash"]);
    assert_eq!((script.code, &*script.stderr), (Some(0), ""));
    folder.write("slowburn.bash", &script.stdout);
    let registered = folder.script(&["bash", "-c"], "source slowburn.bash; complete -p slowburn");
    assert!(registered.stdout.contains("-F _slowburn"), "{registered:?}");
    assert_eq!(offered(&folder, &["slowburn", "comp"]), ["compile", "completions"]);
    assert_eq!(offered(&folder, &["slowburn", "compile", "--for"]), ["--format"]);
    assert_eq!(
        offered(&folder, &["slowburn", "check", "--format", ""]),
        ["human", "json", "github", "sarif"]
    );
    assert_eq!(offered(&folder, &["slowburn", "schema", "p"]), ["project"]);
}

#[test]
fn every_shell_has_completions() {
    for (shell, begins) in [("zsh", "#compdef slowburn"), ("fish", "# Print an optspec")] {
        let ran = Folder::empty().slowburn(&["completions", shell]);
        assert!(
            ran.stdout.starts_with(begins) && ran.stdout.contains("budget") | ran.stdout.contains("compile")
        );
        let program = Command::new(shell).args(["-c", "true"]).status();
        if !program.is_ok_and(|status| status.success()) {
            skipped(&format!("{shell} is not installed, so it did not read its completions"));
            continue;
        }
        let folder = Folder::empty();
        folder.write("script", ran.stdout);
        let read = folder.script(&[shell, "-n"], "script");
        assert!(read.stderr.is_empty(), "{shell}: {read:?}");
    }
    assert_eq!(Folder::empty().slowburn(&["completions", "cmd"]).code, Some(2));
}

#[test]
fn every_command_has_a_page_that_man_reads() {
    let folder = Folder::empty();
    let wrote = folder.slowburn(&["man", "--out", "man/man1"]);
    assert_eq!(wrote.code, Some(0), "{wrote:?}");
    let pages: Vec<String> = folder.tree("man/man1").into_keys().collect();
    for page in ["/slowburn.1", "/slowburn-compile.1", "/slowburn-metrics-capture.1"] {
        assert!(pages.iter().any(|there| there == page), "{pages:?}");
    }
    assert_eq!(wrote.stderr, format!("wrote {} pages to man/man1\n", pages.len()));
    assert_eq!(folder.read("man/man1/slowburn.1"), folder.slowburn(&["man"]).stdout);
    if Command::new("groff").arg("--version").output().is_err() {
        return skipped("groff is not installed, so it did not read the manual pages");
    }
    for page in &pages {
        let read =
            folder.script(&["sh", "-c"], &format!("groff -Kutf8 -man -Tutf8 -P-cbu -ww man/man1{page}"));
        assert_eq!((read.code, &*read.stderr), (Some(0), ""), "{page}");
        assert!(read.stdout.contains("NAME") && read.stdout.contains("slowburn"), "{page}");
    }
}
