//! `slowburn diff` with real git repositories and on the command line: what is read of a revision, and the messages if that fails.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::folder::{API, Folder, Ran, service};

/// Runs git in a folder, without the configuration of this machine.
fn git_in(folder: &Folder, part: &str, args: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Test",
            "-c",
            "user.email=test@shop.internal",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(folder.path(part))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn git(folder: &Folder, args: &[&str]) -> String {
    git_in(folder, "", args)
}

fn commit(folder: &Folder, message: &str) {
    git(folder, &["add", "--all", "--force", "."]);
    git(folder, &["commit", "--quiet", "--allow-empty", "--message", message]);
}

/// `v1` has an objective of 99.9 %, `v2` and the working tree 99.95 %.
fn repository() -> Folder {
    let folder = Folder::new();
    git(&folder, &["init", "--quiet"]);
    commit(&folder, "one");
    git(&folder, &["tag", "v1"]);
    folder.write("slos/api.yaml", API.replace("99.9%", "99.95%"));
    commit(&folder, "two");
    git(&folder, &["tag", "v2"]);
    folder
}

const STRICTER: &str = "api/availability: objective 99.95%, was 99.9%: stricter";

fn said(ran: &Ran, code: i32, words: &str) {
    assert_eq!(ran.code, Some(code), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains(words), "{words} in\n{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stderr, "");
}

#[test]
fn directories_and_revisions_can_be_mixed() {
    let folder = repository();
    folder.write("before/api.yaml", API);
    for args in [
        &["diff", "v1"][..],
        &["diff", "v1", "v2"],
        &["diff", "HEAD~1", "main"],
        &["diff", "before"],
        &["diff", "before", "slos"],
        &["diff", "before/", "v2"],
        &["diff", "v1", "./slos"],
        &["diff", "v1", "--path", "./slos/"],
        &["diff", "v1", "--path", "slos/../slos"],
    ] {
        said(&folder.slowburn(args), 0, STRICTER);
    }
    said(&folder.slowburn(&["diff", "v2"]), 0, "The two definitions mean the same.");
    said(&folder.slowburn(&["diff", "v2", "v1"]), 0, "objective 99.9%, was 99.95%: looser");
    let absolute = folder.path("slos");
    said(&folder.slowburn(&["diff", "v1", "--path", absolute.to_str().unwrap()]), 0, STRICTER);
}

#[test]
fn a_directory_has_priority_over_a_revision_of_the_same_name() {
    let folder = repository();
    git(&folder, &["branch", "before", "v2"]);
    folder.write("before/api.yaml", API);
    said(&folder.slowburn(&["diff", "before"]), 0, STRICTER);
    said(&folder.slowburn(&["diff", "refs/heads/before"]), 0, "The two definitions mean the same");
}

#[test]
fn diff_reads_committed_files_and_changes_nothing() {
    let folder = repository();
    folder.write("slos/api.yaml", "no: [definition");
    folder.write("slos/new.yaml", service("new"));
    git(&folder, &["add", "slos/new.yaml"]);
    let before = (folder.tree(".git"), git(&folder, &["status", "--porcelain"]));
    said(&folder.slowburn(&["diff", "v1", "v2"]), 0, STRICTER);
    assert_eq!((folder.tree(".git"), git(&folder, &["status", "--porcelain"])), before);
}

#[test]
fn the_formats_are_for_their_readers() {
    let folder = repository();
    let json = folder.slowburn(&["diff", "v1", "v2", "--format", "json"]);
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, json.stderr.as_str()), (Some(0), ""));
    assert_eq!(value["changes"][0]["kind"], "objective-stricter");
    assert_eq!(value["changes"][0]["before"], "99.9%");
    assert_eq!(value["old"]["name"], "v1");
    let markdown = folder.slowburn(&["diff", "v1", "v2", "--format", "markdown"]);
    said(&markdown, 0, "- **api/availability**: objective 99.95%, was 99.9%: stricter\n");
    let forced = folder.command(&["diff", "v1", "v2"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(forced.stdout.contains(&0x1b));
    assert!(!folder.slowburn(&["diff", "v1", "v2"]).stdout.contains('\u{1b}'));
}

#[test]
fn contracts_links_and_ignored_files_are_read_as_on_a_disk() {
    let folder = repository();
    folder.write("slos/.gitignore", "draft*.yaml\n!draft-kept.yaml\n/old/\n");
    folder.write("slos/team/.gitignore", "# ours\nscratch.yaml\n");
    for ignored in [
        "slos/draft-1.yaml",
        "slos/old/api.yaml",
        "slos/team/scratch.yaml",
        "slos/.hidden.yaml",
        "slos/.d/x.yaml",
    ] {
        folder.write(ignored, "no: [definition");
    }
    folder.write("slos/draft-kept.yaml", service("kept"));
    folder.write("slos/team/scratchy.yaml", service("scratchy"));
    folder.write("shared/b.yml", service("b"));
    folder.write("shared/deep/c.yaml", service("c").replace("slos:", "metrics: c.prom\nslos:"));
    folder.write(
        "shared/deep/c.prom",
        "# slowburn contract\n# from: c 1\n\ncounter http_requests_total\n  job: \"c\"\n  status: \"200\" \"500\"\n",
    );
    symlink("../shared", folder.path("slos/shared")).unwrap();
    symlink("../shared/b.yml", folder.path("slos/team/again.txt")).unwrap();
    symlink(".", folder.path("slos/circle")).unwrap();
    symlink("nowhere", folder.path("slos/broken")).unwrap();
    commit(&folder, "three");
    let on_disk = folder.slowburn(&["diff", "v2", "slos", "--format", "json"]);
    let committed = folder.slowburn(&["diff", "v2", "HEAD", "--format", "json"]);
    let changes = |ran: &Ran| serde_json::from_str::<Value>(&ran.stdout).unwrap()["changes"].clone();
    assert_eq!(changes(&on_disk), changes(&committed));
    let added: Vec<String> = changes(&committed)
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["kind"] == "slo-added")
        .flat_map(|change| {
            change["subjects"].as_array().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        added,
        ["\"b/availability\"", "\"c/availability\"", "\"kept/availability\"", "\"scratchy/availability\""]
    );
    said(&folder.slowburn(&["diff", "HEAD"]), 0, "The two definitions mean the same");
}

#[test]
fn unusual_repositories_work() {
    let folder = repository();
    git(&folder, &["worktree", "add", "--quiet", "beside", "v1"]);
    let run = |part: &str, args: &[&str]| {
        let output = folder.command(args).current_dir(folder.path(part)).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    };
    said(&run("beside", &["diff", "v2"]), 0, "looser");
    git(&folder, &["clone", "--quiet", "--bare", ".", "bare.git"]);
    said(&run("bare.git", &["diff", "v1", "v2"]), 0, STRICTER);
    fs::create_dir_all(folder.path("deep/er")).unwrap();
    said(&run("deep/er", &["diff", "v1", "--path", "../../slos"]), 0, STRICTER);
    said(&run("slos", &["diff", "v1", "--path", "."]), 0, STRICTER);
    // Inside a submodule its own revisions are used.
    folder.write("outer/readme", "");
    git_in(&folder, "outer", &["init", "--quiet"]);
    let inner = folder.path(".git");
    git_in(&folder, "outer", &["submodule", "--quiet", "add", inner.to_str().unwrap(), "inner"]);
    git_in(&folder, "outer", &["commit", "--quiet", "--all", "--message", "outer"]);
    said(&run("outer/inner", &["diff", "v1"]), 0, STRICTER);
    let ran = run("outer", &["diff", "HEAD", "--path", "inner/slos"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        ran.stderr,
        "error: HEAD:inner/slos is in the submodule inner\nrun slowburn in the submodule: it has its own revisions\n"
    );
    // git tells a hook in a worktree where the repository is.
    let hooked = folder.command(&["diff", "v2"]).env("GIT_DIR", ".git").output().unwrap();
    assert_eq!(hooked.status.code(), Some(0));
}

#[test]
fn a_shallow_clone_is_mentioned_in_the_message() {
    let folder = repository();
    let from = format!("file://{}", folder.path(".git").display());
    git(&folder, &["clone", "--quiet", "--depth", "1", &from, "shallow"]);
    let output = folder.command(&["diff", "HEAD~1"]).current_dir(folder.path("shallow")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("this clone is shallow") && stderr.contains("git fetch --unshallow"), "{stderr}");
}

#[test]
fn a_side_with_errors_is_reported_and_the_rest_is_compared() {
    let folder = repository();
    folder.write("slos/b.yaml", service("b").replace("99.9%", "200%"));
    commit(&folder, "three");
    for args in [&["diff", "v1"][..], &["diff", "v1", "HEAD"]] {
        let ran = folder.slowburn(args);
        said(&ran, 1, STRICTER);
        assert!(ran.stdout.contains("error[objective-out-of-range]"), "{}", ran.stdout);
        assert!(ran.stdout.contains("The new side has errors"), "{}", ran.stdout);
    }
    assert!(folder.slowburn(&["diff", "v1", "HEAD"]).stdout.contains("--> HEAD:slos/b.yaml:5:16 (new side)"));
    folder.write("slos/c.yaml", b"\xff\xfe");
    commit(&folder, "four");
    let ran = folder.slowburn(&["diff", "v2", "HEAD"]);
    said(&ran, 1, "error[invalid-utf-8]");
}

/// All failures to read a side, with their messages.
#[test]
fn unreadable_revisions_give_one_clear_message() {
    let mut text = String::new();
    let mut show = |title: &str, folder: &Folder, args: &[&str], set: &[(&str, &str)]| {
        let output = folder.command(args).envs(set.iter().copied()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{title}: {stderr}");
        assert!(output.stdout.is_empty(), "{title}");
        let shown = stderr.replace(folder.path("").to_str().unwrap(), "/HERE/");
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        let _ = writeln!(text, "# {title}\n$ slowburn {}\n{shown}", args.join(" ").escape_debug());
    };
    let none = Folder::new();
    let alone = [("GIT_CEILING_DIRECTORIES", none.path("..").to_str().unwrap().to_owned())];
    let alone: Vec<(&str, &str)> = alone.iter().map(|(name, value)| (*name, value.as_str())).collect();
    show("no repository", &none, &["diff", "v1"], &alone);
    let folder = repository();
    show("no git", &folder, &["diff", "v1"], &[("PATH", "/nowhere")]);
    show("no such revision", &folder, &["diff", "v3"], &[]);
    show("no such revision on the new side", &folder, &["diff", "v1", "v3"], &[]);
    show("a range", &folder, &["diff", "v1..v2"], &[]);
    show("an exclusion", &folder, &["diff", "^v1"], &[]);
    show("nothing", &folder, &["diff", ""], &[]);
    show("a revision of another kind", &folder, &["diff", "v1:slos"], &[]);
    show("control characters", &folder, &["diff", "\u{1b}[31mv1\u{7}\n\u{202e}"], &[]);
    for hostile in [
        "--output=pwned",
        "--upload-pack=touch pwned",
        "-h",
        "$(touch pwned)",
        "; touch pwned",
        "v1^{tree}",
        "@{-1}",
    ] {
        show("an option, or a command", &folder, &["diff", "--", hostile], &[]);
    }
    show("no such folder then", &folder, &["diff", "v1", "slos", "--path", "definitions"], &[]);
    folder.write("notes/readme.md", "");
    symlink("/etc", folder.path("linked")).unwrap();
    symlink("nowhere.yaml", folder.path("slos/linked.yaml")).unwrap();
    commit(&folder, "three");
    show("no definition in it", &folder, &["diff", "HEAD", "slos", "--path", "notes"], &[]);
    show("a file", &folder, &["diff", "v1", "slos", "--path", "slos/api.yaml"], &[]);
    show("a folder outside", &folder, &["diff", "v1", "slos", "--path", "../slos"], &[]);
    show("a link that leads out", &folder, &["diff", "HEAD", "slos", "--path", "linked"], &[]);
    show("a definition that is not there", &folder, &["diff", "HEAD", "v1"], &[]);
    fs::remove_file(folder.path("slos/linked.yaml")).unwrap();
    folder.write("slos/team/slowburn.yaml", "version: slowburn/v1\n");
    commit(&folder, "four");
    show("a second project file", &folder, &["diff", "HEAD", "v1"], &[]);
    fs::remove_dir_all(folder.path("slos")).unwrap();
    show("no working tree", &folder, &["diff", "v1"], &[]);
    assert!(!Path::new(&folder.path("pwned")).exists());
    insta::assert_snapshot!(text);
}
