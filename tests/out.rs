//! What happens to `out`: all files are written or none, the user's files are not changed, and the output is always the same.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::Stdio;

use support::folder::{API, Folder, service};
use support::skipped;

const RULES: &str = "out/prometheus/api.rules.yaml";

/// A compiled project.
fn compiled() -> Folder {
    let folder = Folder::new();
    folder.write("slos/b.yaml", service("b"));
    let ran = folder.slowburn(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    folder
}

/// A shell with its own mounts, where that is permitted.
fn private_mounts() -> Option<[&'static str; 4]> {
    let shell = ["unshare", "--mount", "sh", "-ec"];
    let mounts = std::process::Command::new("unshare")
        .args(["--mount", "sh", "-ec", "mount -t tmpfs none /mnt"])
        .stderr(Stdio::null())
        .status();
    mounts.is_ok_and(|status| status.success()).then_some(shell)
}

#[test]
fn the_same_sources_give_the_same_bytes_and_touch_nothing() {
    let folder = compiled();
    let before = (folder.tree("out"), fs::metadata(folder.path(RULES)).unwrap());
    let ran = folder.slowburn(&[]);
    assert!(ran.stderr.ends_with(" in out, 0 changed, 0 removed\n"), "{}", ran.stderr);
    let after = (folder.tree("out"), fs::metadata(folder.path(RULES)).unwrap());
    assert_eq!(before.0, after.0);
    let stamp = |metadata: &fs::Metadata| (metadata.ino(), metadata.mtime(), metadata.mtime_nsec());
    assert_eq!(stamp(&before.1), stamp(&after.1));
}

#[test]
fn only_changed_files_are_written() {
    let folder = compiled();
    let other = "out/prometheus/b.rules.yaml";
    let inode = fs::metadata(folder.path(other)).unwrap().ino();
    let right = folder.read(RULES);
    folder.write(RULES, "# by hand\n");
    let ran = folder.slowburn(&[]);
    assert!(ran.stderr.ends_with(", 1 changed, 0 removed\n"), "{}", ran.stderr);
    assert_eq!(folder.read(RULES), right);
    assert_eq!(fs::metadata(folder.path(other)).unwrap().ino(), inode);
}

#[test]
fn stale_files_are_removed_and_the_users_files_stay() {
    let folder = compiled();
    let own = [
        ("out/README.md", "# Compiled by slowburn, says my note\n"),
        ("out/prometheus/own.rules.yaml", "# Mine, not compiled by slowburn\ngroups: []\n"),
        ("out/prometheus/short", "# Comp"),
        ("out/mine/copy.rules.yaml", "# Compiled by slowburn: change the sources, not this file.\n"),
        (
            "out/grafana/dashboards/own.json",
            "{\n  \"description\": \"Compiled by slowburn: so says my copy\"\n}\n",
        ),
        ("out/grafana/dashboards/short.json", "{}\n"),
        ("out/report/own.html", "<!doctype html>\n<!-- Mine, not compiled by slowburn -->\n"),
        ("out/runbooks/own.md", "# Mine, not <!-- Compiled by slowburn: -->\n"),
        ("out/.slowburn-notes/x", "mine"),
    ];
    for (path, text) in own {
        folder.write(path, text);
    }
    folder.write("elsewhere/x.rules.yaml", "# Compiled by slowburn: change the sources, not this file.\n");
    symlink(folder.path("elsewhere"), folder.path("out/prometheus/linked")).unwrap();
    symlink(folder.path("elsewhere/x.rules.yaml"), folder.path("out/prometheus/linked.rules.yaml")).unwrap();
    folder.remove("slos/b.yaml");
    let ran = folder.slowburn(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // The list of runbooks and the report change, because they contain all services. Dashboards query Prometheus instead.
    assert!(ran.stderr.contains(", 2 changed, ") && !ran.stderr.contains(" 0 removed"), "{}", ran.stderr);
    assert!(!folder.path("out/prometheus/b.rules.yaml").exists());
    assert!(!folder.path("out/grafana/dashboards/b.json").exists());
    assert!(!folder.path("out/runbooks/b-availability.md").exists());
    assert!(folder.path(RULES).exists());
    for (path, text) in own {
        assert_eq!(folder.read(path), text);
    }
    assert!(folder.path("elsewhere/x.rules.yaml").exists());
    assert!(
        folder.path("out/prometheus/linked").exists()
            && folder.path("out/prometheus/linked.rules.yaml").exists()
    );
    assert_eq!(folder.slowburn(&["compile", "--check"]).code, Some(0));
}

#[test]
fn an_error_in_one_file_leaves_all_of_out_as_it_is() {
    let folder = compiled();
    let before = folder.tree("out");
    folder.write("slos/api.yaml", API.replace("99.9%", "99.5%"));
    folder.write("slos/b.yaml", "service: [\n");
    folder.write("slos/c.yaml", service("c"));
    assert_eq!(folder.slowburn(&[]).code, Some(1));
    assert_eq!(folder.tree("out"), before);
}

#[test]
fn compile_check_accepts_compiled_files() {
    let folder = compiled();
    let ran = folder.slowburn(&["compile", "--check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    assert!(ran.stderr.ends_with("checked 2 SLOs of 2 services: out matches slos\n"), "{}", ran.stderr);
}

#[test]
fn compile_check_shows_changed_missing_and_stale_files_and_writes_nothing() {
    let folder = compiled();
    let text = folder.read(RULES);
    folder.write(RULES, text.replacen("99.9%", "99.5%", 1));
    folder.remove("slos/b.yaml");
    folder.write("slos/c.yaml", service("c"));
    let before = folder.tree("out");
    let ran = folder.slowburn(&["compile", "--check"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.ends_with("out does not match slos: run slowburn compile\n"), "{}", ran.stderr);
    assert_eq!(folder.tree("out"), before);
    let headers: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("--- ") || line.starts_with("+++ "))
        .filter(|line| line.contains("rules.yaml") || line.contains("/dev/null"))
        .collect();
    let shown = |pair: [&str; 2]| headers.windows(2).any(|window| window == pair);
    assert!(
        shown(["--- a/out/prometheus/api.rules.yaml", "+++ b/out/prometheus/api.rules.yaml"]),
        "{headers:?}"
    );
    assert!(shown(["--- a/out/prometheus/b.rules.yaml", "+++ /dev/null"]), "{headers:?}");
    assert!(shown(["--- /dev/null", "+++ b/out/prometheus/c.rules.yaml"]), "{headers:?}");
    assert!(ran.stdout.contains(
        "\n-      # api/availability: 99.5% over 30d\n+      # api/availability: 99.9% over 30d\n"
    ));
}

#[test]
fn a_diff_that_check_shows_can_be_applied() {
    let folder = compiled();
    let text = folder.read(RULES);
    folder.write(RULES, text.replacen("99.9%", "99.5%", 1));
    let script = "$slowburn compile --check >change.diff 2>&2 || patch --quiet -p1 <change.diff";
    if folder.script(&["sh", "-c"], "command -v patch").code != Some(0) {
        return skipped("patch is not installed, so no diff was applied");
    }
    assert_eq!(folder.script(&["sh", "-c"], script).code, Some(0));
    assert_eq!(folder.read(RULES), text);
}

#[test]
fn a_long_diff_is_cut() {
    let folder = compiled();
    folder.write(RULES, format!("# Compiled by slowburn\n{}", "line\n".repeat(1000)));
    let ran = folder.slowburn(&["compile", "--check"]);
    assert_eq!(ran.code, Some(1));
    let diff = ran.stdout.split("--- a/out/prometheus/api.rules.yaml").nth(1).unwrap();
    let (shown, more) = diff.split_once("\n… ").unwrap();
    assert_eq!(shown.lines().count(), 200);
    assert!(more.lines().next().unwrap().ends_with(" more lines"));
}

#[test]
fn compile_check_without_out_names_the_command_to_run() {
    let folder = Folder::new();
    fs::rename(folder.path("slos"), folder.path("mine")).unwrap();
    let ran = folder.slowburn(&["compile", "mine", "--out", "made", "--check"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.ends_with("made does not match mine: run slowburn compile mine --out made\n"),
        "{}",
        ran.stderr
    );
    assert!(!folder.path("made").exists());
}

#[test]
fn output_for_programs_contains_no_diff() {
    let folder = compiled();
    folder.write(RULES, "mine\n");
    let ran = folder.slowburn(&["compile", "--check", "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["problems"][0]["code"], "stale-output", "{answer}");
    assert_eq!(ran.stderr, "out does not match slos: run slowburn compile\n");
    for format in ["github", "sarif"] {
        let ran = folder.slowburn(&["compile", "--check", "--format", format]);
        assert!(ran.code == Some(1) && ran.stdout.contains("stale-output"), "{}", ran.stdout);
    }
}

#[test]
fn files_are_listed_before_their_diffs_and_line_ends_are_mentioned() {
    let folder = compiled();
    let rules = folder.read(RULES).replace('\n', "\r\n");
    folder.write(RULES, &rules);
    let ran = folder.slowburn(&["compile", "--check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    let listed = format!("1 file:\n  {RULES}: only its line ends differ");
    assert!(ran.stderr.starts_with(&listed), "{}", ran.stderr);
}

#[test]
fn a_file_where_a_directory_belongs_changes_nothing() {
    let folder = Folder::new();
    folder.write("out/prometheus", "mine");
    let ran = folder.slowburn(&[]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(
        folder.tree("out").into_iter().collect::<Vec<_>>(),
        [("/prometheus".to_owned(), b"mine".to_vec())]
    );
}

#[test]
fn a_directory_where_a_file_belongs_changes_nothing() {
    let folder = compiled();
    folder.write("slos/api.yaml", API.replace("99.9%", "99.5%"));
    fs::remove_file(folder.path("out/prometheus/b.rules.yaml")).unwrap();
    folder.write("out/prometheus/b.rules.yaml/own", "mine");
    let before = folder.tree("out");
    let ran = folder.slowburn(&[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("out/prometheus/b.rules.yaml"), "{}", ran.stderr);
    assert_eq!(folder.tree("out"), before);
}

#[test]
fn a_limit_on_the_size_of_files_changes_nothing() {
    let folder = compiled();
    folder.write("slos/api.yaml", API.replace("99.9%", "99.5%"));
    folder.remove("slos/b.yaml");
    let before = folder.tree("out");
    let ran = folder.script(&["sh", "-c"], "ulimit -f 1; trap '' XFSZ; exec $slowburn");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.ends_with("File too large\nnothing under out has changed\n"), "{}", ran.stderr);
    assert_eq!(folder.tree("out"), before);
    let ran = folder.script(&["sh", "-c"], "ulimit -f 1; trap '' XFSZ; exec $slowburn compile --out new/one");
    assert_eq!(ran.code, Some(2));
    assert!(!folder.path("new").exists(), "what was made on the way is gone");
}

#[test]
fn a_full_disk_changes_nothing() {
    let Some(shell) = private_mounts() else {
        return skipped("mounting is not permitted, so no disk was filled");
    };
    let folder = compiled();
    for number in 0..30 {
        let name = format!("service-{number}");
        folder.write(&format!("slos/{name}.yaml"), service(&name));
    }
    // Space for twice the compiled files, and sixteen times as much to write.
    let script = "mkdir disk; size=$(($(du -sk out | cut -f1) * 2 + 64)); \
        mount -t tmpfs -o size=${size}k none disk; cp -r out disk; \
        $slowburn compile --out disk/out && exit 9; diff -r out disk/out && ls -A disk/out >left; ls -A out | diff - left";
    let ran = folder.script(&shell, script);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    assert!(
        ran.stderr.ends_with("No space left on device\nnothing under disk/out has changed\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_out_without_write_permission_is_reported() {
    let Some(shell) = private_mounts() else {
        return skipped("mounting is not permitted, so no disk was read-only");
    };
    let folder = compiled();
    let before = folder.tree("out");
    folder.write("slos/api.yaml", API.replace("99.9%", "99.5%"));
    let ran = folder.script(&shell, "mount --bind out out; mount -o remount,bind,ro out; exec $slowburn");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("Read-only file system"), "{}", ran.stderr);
    assert_eq!(folder.tree("out"), before);
    // Files that are already right are not written.
    folder.write("slos/api.yaml", API);
    let ran = folder.script(&shell, "mount --bind out out; mount -o remount,bind,ro out; exec $slowburn");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn a_file_that_cannot_be_replaced_undoes_the_others() {
    let Some(shell) = private_mounts() else {
        return skipped("mounting is not permitted, so no file was made irreplaceable");
    };
    let folder = compiled();
    // `a` is new and `api` changes. `b` is a mount point, so it cannot be replaced or removed.
    folder.write("slos/a.yaml", service("a"));
    folder.write("slos/api.yaml", API.replace("99.9%", "99.5%"));
    let before = folder.tree("out");
    let script = "mount --bind out/prometheus/b.rules.yaml out/prometheus/b.rules.yaml; exec $slowburn";
    for text in [service("b").replace("99.9%", "99.5%"), service("c")] {
        folder.write("slos/b.yaml", text);
        let ran = folder.script(&shell, script);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.ends_with("busy\nnothing under out has changed\n"), "{}", ran.stderr);
        assert_eq!(folder.tree("out"), before);
    }
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    assert_eq!(folder.slowburn(&["compile", "--check"]).code, Some(0));
}

#[test]
fn a_run_after_a_crash_finishes_the_work() {
    let folder = compiled();
    let right = folder.tree("out");
    folder.write("out/.slowburn-4194305/0.new", "half of a fi");
    folder.write("out/.slowburn-4194305/1.old", "old");
    folder.remove(RULES);
    assert_eq!(folder.slowburn(&["compile", "--check"]).code, Some(1));
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    assert_eq!(folder.tree("out"), right);
    // Even if there is nothing else to do.
    folder.write("out/.slowburn-1/0.new", "half of a fi");
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    assert_eq!(folder.tree("out"), right);
}

#[test]
fn parallel_runs_wait_for_each_other() {
    let right = compiled().tree("out");
    let folder = Folder::new();
    folder.write("slos/b.yaml", service("b"));
    folder.write("other/c.yaml", service("c"));
    let runs: Vec<_> = (0..12)
        .map(|number| {
            let slos = if number % 2 == 0 { "slos" } else { "other" };
            folder.command(&["compile", slos]).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    assert_eq!(folder.tree("out"), right);
}

#[test]
fn out_may_hold_links_to_folders() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("elsewhere/rules")).unwrap();
    fs::create_dir(folder.path("out")).unwrap();
    symlink("../elsewhere/rules", folder.path("out/prometheus")).unwrap();
    let ran = folder.slowburn(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(folder.path("elsewhere/rules/api.rules.yaml").is_file());
    assert_eq!(folder.slowburn(&["compile", "--check"]).code, Some(0));
}

/// A rename would replace the link, which the user made on purpose.
#[test]
fn a_link_instead_of_a_file_is_reported_and_stays() {
    for leads_to in ["../../mine.yaml", "nowhere"] {
        let folder = Folder::new();
        fs::create_dir_all(folder.path("out/prometheus")).unwrap();
        folder.write("mine.yaml", "mine");
        symlink(leads_to, folder.path(RULES)).unwrap();
        let ran = folder.slowburn(&[]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.starts_with(&format!("error: {RULES} is a link")), "{}", ran.stderr);
        assert!(folder.path(RULES).is_symlink());
        assert_eq!(folder.read("mine.yaml"), "mine");
        assert!(!folder.path("out/promtool").exists());
    }
}

#[test]
fn replaced_files_keep_their_mode() {
    use std::os::unix::fs::PermissionsExt;
    let folder = compiled();
    let mode = |path: &str| fs::metadata(folder.path(path)).unwrap().permissions().mode() & 0o7777;
    fs::set_permissions(folder.path(RULES), fs::Permissions::from_mode(0o640)).unwrap();
    folder.write("slos/api.yaml", API.replace("99.9%", "99.5%"));
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    assert_eq!(mode(RULES), 0o640);
}

/// A pipe waits for a writer, and a device does not end.
#[test]
fn only_regular_files_are_read() {
    for place in ["out/prometheus/api.rules.yaml", "slos/.gitignore", "slos/deep/.gitignore"] {
        let folder = Folder::new();
        folder.write("slos/deep/b.yaml", service("b"));
        fs::create_dir_all(folder.path("out/prometheus")).unwrap();
        for make in ["mkfifo", "ln -s /dev/zero", "mkdir"] {
            let _ = fs::remove_file(folder.path(place));
            let made = folder.script(&["sh", "-c"], &format!("{make} {place}"));
            assert_eq!(made.code, Some(0), "{}", made.stderr);
            let ran = folder.script(&["timeout", "10", "sh", "-c"], "exec \"$slowburn\"");
            assert_eq!(ran.code, Some(2), "{make} {place}: {}", ran.stderr);
            assert!(ran.stderr.contains(&format!("cannot read {place}: it is a ")), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_folder_with_the_name_of_a_definition_is_reported() {
    for place in ["slos/slowburn.yaml", "slos/b.yml", "slos/metrics/b.prom", "slos/runbooks/b.md"] {
        let folder = compiled();
        fs::create_dir_all(folder.path(place)).unwrap();
        let ran = folder.slowburn(&["check"]);
        assert_eq!(ran.code, Some(2), "{place}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("error: {place} is a folder, not a file\n")), "{}", ran.stderr);
    }
}

/// `/proc/kmsg` waits for the next message of the kernel, and so do some files under `/sys`.
#[cfg(target_os = "linux")]
#[test]
fn files_that_the_kernel_makes_are_not_read() {
    for file in ["/proc/kmsg", "/proc/version", "/sys/kernel/uevent_seqnum"] {
        let folder = compiled();
        folder.script(&["sh", "-c"], &format!("ln -sf {file} slos/b.yaml"));
        let ran = folder.script(&["timeout", "10", "sh", "-c"], "exec \"$slowburn\" check");
        assert_eq!(ran.code, Some(2), "{file}: {}", ran.stderr);
        assert!(ran.stderr.contains("cannot read slos/b.yaml: "), "{}", ran.stderr);
    }
}

/// Compiles other definitions, and is killed after so many renames.
fn killed(folder: &Folder, renames: usize) {
    folder.write("slos/b.yaml", service("b"));
    folder.write("slos/api.yaml", API.replace("99.9%", "99.5%"));
    // The program itself writes the list. Part of its steps are then done here, as after a kill.
    let traced = folder.script(
        &["sh", "-c"],
        &format!(
            "strace -f -o trace -e trace=rename -e inject=rename:signal=KILL:when={} \"$slowburn\"",
            renames + 2
        ),
    );
    assert_ne!(traced.code, Some(0), "{traced:?}");
}

#[test]
fn a_kill_between_two_renames_is_finished_by_the_next_run() {
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        return skipped("strace is not installed, so nothing was killed between two renames");
    }
    for renames in [0, 1, 3, 5] {
        let right = {
            let folder = compiled();
            folder.write("slos/b.yaml", service("b"));
            folder.write("slos/api.yaml", API.replace("99.9%", "99.5%"));
            assert_eq!(folder.slowburn(&[]).code, Some(0));
            folder.tree("out")
        };
        // With the same definitions, and with definitions that have errors and so write nothing else.
        for broken in [false, true] {
            let folder = compiled();
            killed(&folder, renames);
            let staged = fs::read_dir(folder.path("out")).unwrap().flatten();
            let staged: Vec<String> = staged
                .map(|entry| entry.file_name().into_string().unwrap())
                .filter(|name| name.starts_with(".slowburn-"))
                .collect();
            assert_eq!(staged.len(), 1, "{staged:?}");
            let added = folder.script(
                &["sh", "-c"],
                "git init -q . && git add -A && git ls-files | grep -c slowburn- || true",
            );
            assert_eq!(added.stdout, "0\n");
            if broken {
                folder.write("slos/b.yaml", service("b").replace("99.9%", "200%"));
            }
            let ran = folder.slowburn(&[]);
            assert_eq!(ran.code, Some(i32::from(broken)), "{}", ran.stderr);
            assert!(
                ran.stderr.contains("an earlier run was killed while it wrote: out is now complete"),
                "{}",
                ran.stderr
            );
            assert_eq!(folder.tree("out"), right, "{renames} {broken}");
        }
    }
}

/// What is left of a killed run can be added with `git add -A`, unless a `.gitignore` is there as long as anything else is.
#[test]
fn a_kill_while_the_staging_directory_is_removed_leaves_nothing_for_git() {
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        return skipped("strace is not installed, so nothing was killed between two removals");
    }
    let mut left = 0;
    for removals in 1.. {
        let folder = compiled();
        folder.write("slos/api.yaml", API.replace("99.9%", "99.5%"));
        let trace = "strace -f -o trace -e trace=unlink,unlinkat,rmdir";
        let inject = format!("-e inject=unlink,unlinkat,rmdir:signal=KILL:when={removals}");
        let ran = folder.script(&["sh", "-c"], &format!("{trace} {inject} \"$slowburn\""));
        if ran.code == Some(0) {
            assert!(removals > 5 && left > 3, "{removals} removals, {left} with files left");
            break;
        }
        let files = fs::read_dir(folder.path("out")).unwrap().flatten().map(|entry| entry.path());
        let staging: Vec<_> = files.filter(|path| path.to_string_lossy().contains("/.slowburn-")).collect();
        left += staging.len();
        let added = folder.script(&["sh", "-c"], "git init -q . && git add -A && git ls-files out");
        assert!(!added.stdout.contains("slowburn-"), "after {removals} removals: {}", added.stdout);
        assert_eq!(folder.slowburn(&[]).code, Some(0));
    }
}

#[test]
fn an_old_list_is_ignored_if_files_changed_since() {
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        return skipped("strace is not installed, so nothing was killed between two renames");
    }
    let folder = compiled();
    let before = folder.tree("out");
    killed(&folder, 1);
    // As after a checkout with git.
    fs::remove_dir_all(folder.path("out/prometheus")).unwrap();
    for (path, bytes) in before.iter().filter(|(path, _)| !path.ends_with('/')) {
        folder.write(&format!("out{path}"), bytes);
    }
    folder.write("slos/b.yaml", service("b").replace("99.9%", "200%"));
    folder.write("out/prometheus/api.rules.yaml", "mine");
    folder.write("out/promtool/api.alerts.test.yaml", "mine");
    let ran = folder.slowburn(&[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(folder.read("out/prometheus/api.rules.yaml"), "mine");
    assert!(
        fs::read_dir(folder.path("out"))
            .unwrap()
            .flatten()
            .all(|entry| { !entry.file_name().to_string_lossy().starts_with(".slowburn-") })
    );
}

/// A list may have been written by anybody.
#[test]
fn a_list_with_paths_outside_of_out_is_ignored() {
    let folder = compiled();
    let right = folder.tree("out");
    folder.write("precious", "precious");
    folder.write("out/.slowburn-7/finish", r#"[{"path":"../precious","old":true,"new":false}]"#);
    folder.write("out/.slowburn-7/0.old", "precious");
    folder.write("out/.slowburn-8/undo", r#"[{"path":"/etc/hostname","old":false,"new":true}]"#);
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    assert_eq!(folder.read("precious"), "precious");
    assert_eq!(folder.tree("out"), right);
}
