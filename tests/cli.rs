//! The interface of `slowburn` for people, scripts and CI jobs: exit codes, streams and messages.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;
use slowburn::diagnostic::Code;
use support::folder::{API, Folder, Ran, service};

/// An SLO without a possible event.
fn broken() -> String {
    API.replace("99.9%", "200%")
}

#[test]
fn without_arguments_it_compiles_slos_into_out() {
    let (bare, named) = (Folder::new(), Folder::new());
    let ran = bare.slowburn(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let files = bare.tree("out").keys().filter(|path| !path.ends_with('/')).count();
    let s = if files == 1 { "" } else { "s" };
    let summary =
        format!("compiled 1 SLO of 1 service: {files} file{s} in out, {files} changed, 0 removed\n");
    assert!(ran.stderr.ends_with(&summary), "{}", ran.stderr);
    assert_eq!(named.slowburn(&["compile", "slos", "--out", "out"]).code, Some(0));
    assert_eq!(bare.tree("out"), named.tree("out"));
}

#[test]
fn other_directories_can_be_given() {
    let folder = Folder::empty();
    folder.write("deep/definitions/api.yaml", API);
    let ran = folder.slowburn(&["compile", "deep/definitions/", "--out", "made/of/them/"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains(" in made/of/them, "), "{}", ran.stderr);
    assert!(folder.path("made/of/them/prometheus/api.rules.yaml").exists());
    assert!(!folder.path("out").exists());
}

#[test]
fn errors_end_with_1_and_are_shown_at_their_place() {
    let folder = Folder::new();
    folder.write("slos/api.yaml", broken());
    for command in ["compile", "check"] {
        let ran = folder.slowburn(&[command, "slos/"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
        assert!(ran.stderr.contains("slos/api.yaml:5:16"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("compiled"), "{}", ran.stderr);
    }
    assert!(!folder.path("out").exists());
}

#[test]
fn warnings_end_with_0() {
    let folder = Folder::empty();
    let page = slowburn::pages::page(Code::UnweightedRatio);
    let example = page.split("```yaml bad\n").nth(1).unwrap().split("```").next().unwrap();
    folder.write("slos/queue.yaml", example);
    let ran = folder.slowburn(&["compile"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("compiled 1 SLO of 1 service"), "{}", ran.stderr);
}

#[test]
fn check_writes_nothing() {
    let folder = Folder::new();
    let ran = folder.slowburn(&["check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    assert!(!folder.path("out").exists());
}

#[test]
fn programs_read_problems_on_stdout() {
    let folder = Folder::new();
    folder.write("slos/api.yaml", broken());
    for command in ["check", "compile"] {
        let json = folder.slowburn(&[command, "--format", "json"]);
        assert_eq!((json.code, json.stderr.as_str()), (Some(1), ""));
        let value: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!(value["problems"][0]["file"], "slos/api.yaml");
        let sarif = folder.slowburn(&[command, "--format", "sarif"]);
        let value: Value = serde_json::from_str(&sarif.stdout).unwrap();
        assert_eq!((sarif.code, &value["version"]), (Some(1), &Value::from("2.1.0")));
        let github = folder.slowburn(&[command, "--format", "github"]);
        assert!(github.stdout.starts_with("::error file=slos/api.yaml,line=5"), "{}", github.stdout);
    }
}

#[test]
fn a_program_reads_an_answer_even_if_there_is_no_problem() {
    let folder = Folder::new();
    let ran = folder.slowburn(&["compile", "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["problems"], Value::Array(Vec::new()));
    assert!(folder.path("out/prometheus/api.rules.yaml").exists());
}

#[test]
fn colours_are_printed_on_terminals_only() {
    let folder = Folder::new();
    folder.write("slos/api.yaml", broken());
    let colored = |set: &[(&str, &str)]| {
        let output = folder.command(&["check"]).envs(set.iter().copied()).output().unwrap();
        output.stderr.contains(&0x1b)
    };
    assert!(!colored(&[]));
    assert!(colored(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[("NO_COLOR", "1")]));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::new();
    for args in [&["explain", "too-large"][..], &["compile", "--format", "json"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = folder.command(args).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
    assert!(folder.path("out/prometheus/api.rules.yaml").exists(), "it compiles even if nobody listens");
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_printed_is_a_failure() {
    let folder = Folder::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = folder.command(&["explain", "too-large"]).stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), stderr.as_str()),
        (Some(2), "error: cannot write to stdout: No space left on device\n")
    );
}

#[test]
fn usage_ends_with_2() {
    let folder = Folder::new();
    for args in [
        &["complie"][..],
        &["compile", "a", "b"],
        &["check", "--format", "xml"],
        &["explain"],
        &["--out", "x"],
    ] {
        let ran = folder.slowburn(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(
            ["Usage: slowburn", "--help", "write `slowburn "].iter().any(|end| ran.stderr.contains(end)),
            "{}",
            ran.stderr
        );
    }
    for args in [&["--help"][..], &["--version"], &["compile", "--help"], &["explain", "-h"]] {
        let ran = folder.slowburn(args);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn help() {
    let folder = Folder::empty();
    let mut text = String::new();
    for args in [
        &["--help"][..],
        &["compile", "--help"],
        &["check", "--help"],
        &["explain", "--help"],
        &["simulate", "--help"],
        &["status", "--help"],
        &["import", "--help"],
        &["backtest", "--help"],
        &["diff", "--help"],
        &["metrics", "--help"],
        &["metrics", "capture", "--help"],
    ] {
        let ran = folder.slowburn(args);
        let _ = writeln!(text, "$ slowburn {}\n{}", args.join(" "), ran.stdout);
    }
    insta::assert_snapshot!(text);
}

/// All failures of the shell, with their messages.
#[test]
fn failures() {
    let mut text = String::new();
    let mut show = |title: &str, folder: &Folder, args: &[&str]| {
        let Ran { code, stdout, stderr } = folder.slowburn(args);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{title}: {stderr}");
        let _ = writeln!(text, "# {title}\n$ slowburn {}\n{stderr}", args.join(" "));
    };
    let nothing = Folder::empty();
    show("no directory", &nothing, &[]);
    show("no directory of that name", &nothing, &["check", "sols"]);
    show("no code", &nothing, &["explain", "too-lagre"]);

    let empty = Folder::empty();
    fs::create_dir(empty.path("slos")).unwrap();
    show("nothing in it", &empty, &["compile"]);
    empty.write("slos/.api.yaml", API);
    empty.write("slos/api.json", "{}");
    show("nothing that counts in it", &empty, &["compile"]);
    fs::create_dir_all(empty.path("inside/slos")).unwrap();
    let inside = empty.command(&["check"]).current_dir(empty.path("inside/slos")).output().unwrap();
    let said = String::from_utf8(inside.stderr).unwrap();
    assert!(said.contains("you are inside of it: go one folder up with `cd ..`"), "{said}");

    let folder = Folder::new();
    show("a file", &folder, &["check", "slos/api.yaml"]);
    show("out in slos", &folder, &["compile", "--out", "slos/out"]);
    show("out is slos", &folder, &["compile", "--out", "./slos"]);
    show("no such SLO", &folder, &["explain", "api/availabilty"]);
    show("no such SLO of the service", &folder, &["explain", "api/latency"]);
    show("no such service", &folder, &["explain", "postgis/connections"]);
    folder.write("file", "mine");
    show("out is a file", &folder, &["compile", "--out", "file"]);
    show("out is under a file", &folder, &["compile", "--out", "file/out"]);
    assert_eq!(folder.read("file"), "mine");
    folder.write("slos/team/slowburn.yaml", "version: slowburn/v1\n");
    show("a second project file", &folder, &["check"]);
    folder.remove("slos/team/slowburn.yaml");
    symlink("nowhere.yaml", folder.path("slos/team/linked.yaml")).unwrap();
    show("a definition that is not there", &folder, &["check"]);
    folder.remove("slos/team/linked.yaml");
    symlink("/dev/zero", folder.path("slos/endless.yaml")).unwrap();
    show("a definition without an end", &folder, &["check"]);
    insta::assert_snapshot!(text);
}

/// Words of other tools and of Spanish, in place of commands, options, names and incidents.
#[test]
fn what_was_meant() {
    let folder = Folder::new();
    let mut text = String::new();
    folder.write("sloth.yaml", "version: prometheus/v1\nservice: api\nslos: []\n");
    for args in [
        &["validate", "slos"][..],
        &["validate", "-i", "slos/api.yaml"],
        &["generate", "-i", "slos/api.yaml", "-o", "rules"],
        &["generate", "-i", "sloth.yaml", "-o", "rules.yaml"],
        &["check", "api.yaml"],
        &["status", "slos/api.yaml"],
        &["new", "shop"],
        &["create", "Shop", "--metrics", "shop.prom"],
        &["init", "--service", "api"],
        &["compile", "--only", "grafana,alerts"],
        &["compile", "--only=tableros"],
        &["dashboards"],
        &["scrape", "http://localhost:8000/metrics"],
        &["alerts", "api/availability"],
        &["check", "api/availability"],
        &["compile", "--env", "production"],
        &["status", "--prometheus", "prometheus"],
        &["generate", "-i", "slos", "-o", "rules"],
        &["verificar"],
        &["ayuda"],
        &["slos"],
        &["lint", "--verbose"],
        &["check", "--slos", "slos"],
        &["compile", "slos", "--output=rules"],
        &["compile", "--dry-run"],
        &["--verbose"],
        &["frobnicate"],
        &["check", "slso"],
        &["check", "slos/apy.yaml"],
        &["explain", "availability"],
        &["simulate", "api", "100% for 5m"],
        &["simulate", "availabilty", "100% for 5m"],
        &["simulate", "api/availability", "100%", "for", "5m"],
        &["simulate", "api/availability", "5m", "100%"],
        &["simulate", "api/availability", "caída total durante 5 minutos"],
        &["simulate", "api/availability", "100% for 5m", "--history", "2"],
        &["backtest", "api", "--prometheus", "http://localhost:9090", "--last", "1M"],
        &["check", "--strict"],
        &["check", "--fix"],
        &["check", "--dry-run"],
        &["check", "--ignore", "page-at-once"],
        &["check", "-o", "json"],
        &["check", "--only", "api"],
        &["check", "--wach"],
        &["explain", "--all"],
        &["backtest", "--days", "7"],
        &["backtest", "api", "--prometheus", "http://localhost:9090", "--from", "2027-01-01"],
        &["simulate", "api/availability", "--for", "5m", "--errors", "5%"],
        &["import", "--from", "sloth", "slo.yaml"],
        &["diff", "--from", "main", "--fmt", "json"],
        &["init", "--url", "http://localhost:9090", "extra", "words"],
        &["estado"],
        &["explain", "api", "availability"],
        &["explain", "error"],
        &["simulate", "api", "availability", "5% for 10m"],
        &["metrics", "http://localhost:8000/metrics"],
        &["metrics", "get", "http://localhost:8000/metrics", "--wrong"],
        &["metrics", "capture", "localhost:8000/metrics"],
        &["import", "slos"],
        &["init", "--name", "shop"],
        &["explain", "slos", "api/availability"],
        &["explain", "error[code]"],
        &["explain", "error[unknwn-key]"],
        &["status", "localhost:9090"],
        &["status", "slos", "http://localhost:9090"],
        &["report", "localhost:9090"],
        &["check", "localhost:9090"],
        &["diff"],
        &["diff", "main", "HEAD", "slos"],
        &["check", "slos", "api"],
        &["compile", "slos", "rules"],
        &["simulate", "100% for 5m", "api/availability"],
        &["simulate", "slos", "api/availability", "100% for 5m"],
        &["simulate", "api/availability"],
        &["simulate", "api/availability", "ramp 5% in 2h"],
        &["simulate", "api/availability", "5% for 1h30"],
        &["help", "hour"],
        &["init", "shop"],
        &["metrics", "http://localhost:9100/metrics"],
        &["unknown-key"],
        &["api/availability"],
        &["backtest", "api"],
        &["schema"],
        &["metrics", "capture", "http://localhost:8000/metrics", "-o", "api.prom"],
        &["status", "--prometheus", "http://localhost:9090", "--user", "admin:S3cr3tPW"],
        &["status", "--prometheus", "http://localhost:9090", "--token", "S3cr3tPW"],
        &["status", "--prometheus", "http://localhost:9090", "--insecure"],
        &["report", "--prometheus", "http://localhost:9090", "--from", "2027-01-01"],
        &["compile", "--only", "api/availability"],
        &["simulate", "api", "availability"],
        &["help", "slack"],
    ] {
        let Ran { code, stdout, stderr } = folder.slowburn(args);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{args:?}: {stderr}");
        let _ = writeln!(text, "$ slowburn {}\n{stderr}", args.join(" "));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn explain_prints_the_page_of_a_code() {
    let ran = Folder::empty().slowburn(&["explain", "too-large"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(ran.stdout, slowburn::pages::page(Code::TooLarge));
}

#[test]
fn explain_prints_an_slo() {
    let folder = Folder::new();
    let ran = folder.slowburn(&["explain", "api/availability"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.contains("api/availability"), "{}", ran.stdout);
    fs::rename(folder.path("slos"), folder.path("elsewhere")).unwrap();
    assert_eq!(folder.slowburn(&["explain", "api/availability", "elsewhere"]).stdout, ran.stdout);
}

/// As a notification shows it.
#[test]
fn explain_knows_the_names_of_alerts() {
    let folder = Folder::new();
    let slo = folder.slowburn(&["explain", "api/availability"]);
    assert_eq!(folder.slowburn(&["explain", "ApiAvailabilityBurnPage"]).stdout, slo.stdout);
    assert_eq!(folder.slowburn(&["explain", "ApiAvailabilityBurnPager"]).code, Some(2));
}

/// Some editors add an option.
#[test]
fn an_editor_may_name_its_streams() {
    let folder = Folder::new();
    assert_eq!(folder.slowburn(&["lsp", "--stdio"]).stderr, folder.slowburn(&["lsp"]).stderr);
}

#[test]
fn definitions_that_are_not_read_are_named() {
    let folder = Folder::new();
    for name in ["slos/b.yaml.txt", "slos/.c.yaml", "slos/team/d.json"] {
        folder.write(name, service("b"));
    }
    // Copies, other files and hidden folders are left out on purpose.
    folder.write("slos/api.yaml.bak", API);
    folder.write("slos/e.json", "{}");
    folder.write("slos/.old/f.yaml", service("f"));
    folder.write("slowburn.yaml", "version: slowburn/v1\ntime_zone: Europe/Madrid\n");
    let ran = folder.slowburn(&["check"]);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(
        lines,
        [
            "slowburn.yaml is not read: the project file is slos/slowburn.yaml",
            "slos/.c.yaml is not read, because of its name: rename it to slos/c.yaml",
            "slos/b.yaml.txt is not read, because of its name: rename it to slos/b.yaml",
            "slos/team/d.json is not read, because of its name: rename it to slos/team/d.yaml",
        ]
    );
    assert_eq!(ran.code, Some(0));
}

#[test]
fn explain_of_an_slo_shows_the_errors_of_the_definitions() {
    let folder = Folder::new();
    folder.write("slos/api.yaml", broken());
    let ran = folder.slowburn(&["explain", "api/availability"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("slos/api.yaml:5:16"), "{}", ran.stderr);
}

#[test]
fn definitions_are_found_at_any_depth_with_both_extensions() {
    let folder = Folder::empty();
    folder.write("slos/a.yaml", service("a"));
    folder.write("slos/team/b.yml", service("b"));
    folder.write("slos/team/deep/c.yaml", service("c"));
    symlink(folder.path("slos/team/deep/c.yaml"), folder.path("slos/.hidden.yaml")).unwrap();
    for left_out in ["slos/.d.yaml", "slos/.git/e.yaml", "slos/notes.txt", "slos/yaml", "slos/x.yaml~"] {
        folder.write(left_out, "no: [definition");
    }
    let ran = folder.slowburn(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for made in ["a", "b", "c"] {
        assert!(folder.path(&format!("out/prometheus/{made}.rules.yaml")).exists());
    }
}

#[test]
fn only_gitignore_files_inside_slos_count() {
    let folder = Folder::new();
    folder.write("slos/.gitignore", "draft*.yaml\n/old/\n");
    folder.write("slos/draft-1.yaml", "no: [definition");
    folder.write("slos/old/api.yaml", API);
    // A copy of the directory has the same result: parent folders do not matter.
    folder.write(".gitignore", "slos\n*.yaml\n");
    folder.write(".ignore", "*.yaml\n");
    folder.write("slos/.ignore", "*.yaml\n");
    assert_eq!(folder.slowburn(&["check"]).stderr, "");
    fs::create_dir(folder.path(".git")).unwrap();
    let ran = folder.slowburn(&["check"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
}

/// Stale files are removed where slowburn writes, and not behind links of others.
#[test]
fn links_under_out_keep_what_they_lead_to() {
    let folder = Folder::new();
    folder
        .write("slos/slowburn.yaml", "version: slowburn/v1\nenvironments: { production: {}, staging: {} }\n");
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    fs::rename(folder.path("out"), folder.path("other")).unwrap();
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    symlink("production", folder.path("out/environments/current")).unwrap();
    symlink("..", folder.path("out/environments/all")).unwrap();
    symlink("../../other/environments/staging", folder.path("out/environments/mine")).unwrap();
    symlink("../other/environments/production/prometheus", folder.path("out/operator")).unwrap();
    let ran = folder.slowburn(&[]);
    assert!(ran.stderr.contains("0 changed, 0 removed"), "{}", ran.stderr);
    for kept in ["out", "other"] {
        assert!(folder.path(&format!("{kept}/environments/production/prometheus/api.rules.yaml")).exists());
    }
}

#[test]
fn links_are_followed_but_not_in_circles() {
    let folder = Folder::new();
    folder.write("shared/b.yaml", service("b"));
    symlink("../shared", folder.path("slos/shared")).unwrap();
    symlink(".", folder.path("slos/again")).unwrap();
    symlink("../slos", folder.path("shared/up")).unwrap();
    symlink("nowhere", folder.path("slos/broken")).unwrap();
    symlink("me@host:1", folder.path("slos/.#api.yaml")).unwrap();
    let ran = folder.slowburn(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("compiled 2 SLOs of 2 services"), "{}", ran.stderr);
}

#[test]
fn the_order_in_which_files_are_made_does_not_matter() {
    let (forth, back) = (Folder::empty(), Folder::empty());
    let names = ["a", "b", "c", "d", "e", "f"];
    for name in names {
        forth.write(&format!("slos/{name}.yaml"), service(name));
    }
    for name in names.iter().rev() {
        back.write(&format!("slos/{name}.yaml"), service(name));
    }
    let (first, second) = (forth.slowburn(&[]), back.slowburn(&[]));
    assert_eq!((first.code, first.stderr), (second.code, second.stderr));
    assert_eq!(forth.tree("out"), back.tree("out"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_mean_nothing() {
    let (plain, windows) = (Folder::new(), Folder::empty());
    windows.write("slos/api.yaml", format!("\u{feff}{}", API.replace('\n', "\r\n")));
    plain.slowburn(&[]);
    let ran = windows.slowburn(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(plain.tree("out"), windows.tree("out"));
}

#[test]
fn invalid_utf_8_is_a_problem_at_its_place() {
    let folder = Folder::new();
    let mut latin = API.replace("slos:", "description: caf\u{1}\nslos:").into_bytes();
    let accent = latin.iter().position(|&byte| byte == 1).unwrap();
    latin[accent] = 0xe9;
    folder.write("slos/api.yaml", &latin);
    folder.write("slos/b.yaml", broken().replace("api", "b"));
    folder.write("slos/utf-16.yaml", b"\xff\xfev\0e\0");
    let ran = folder.slowburn(&["check", "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    let found: Vec<String> = value["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| format!("{} {}:{}", p["file"], p["start"]["line"], p["start"]["column"]))
        .collect();
    assert_eq!(found, [r#""slos/api.yaml" 3:17"#, r#""slos/b.yaml" 5:16"#, r#""slos/utf-16.yaml" 1:1"#]);
    assert_eq!(value["problems"][0]["code"], "invalid-utf-8");
    assert!(folder.slowburn(&["check"]).stderr.contains("description: caf"));
}

#[test]
fn a_huge_file_is_a_problem_and_is_not_read_whole() {
    let folder = Folder::new();
    // A sparse file of one GiB.
    let huge = fs::File::create(folder.path("slos/huge.yaml")).unwrap();
    huge.set_len(1 << 30).unwrap();
    let ran = folder.script(&["sh", "-c"], "ulimit -v 500000; exec $slowburn check --format json");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["problems"][0]["code"], "too-large");
    assert_eq!(value["problems"].as_array().unwrap().len(), 1);
}

#[test]
fn targets_can_be_chosen() {
    let (all, folder) = (Folder::new(), Folder::new());
    assert_eq!(all.slowburn(&[]).code, Some(0));
    let ran = folder.slowburn(&["compile", "--only", "prometheus"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let rules = "prometheus/api.rules.yaml";
    let files = |folder: &Folder| -> Vec<String> {
        let files = folder.tree("out").into_keys().filter(|path| !path.ends_with('/'));
        files.map(|path| path.trim_start_matches('/').to_owned()).collect()
    };
    assert_eq!(files(&folder), [rules]);
    assert_eq!(folder.read(&format!("out/{rules}")), all.read(&format!("out/{rules}")));
    // Other targets are not compared, written or removed.
    assert_eq!(folder.slowburn(&["compile", "--check", "--only", "prometheus"]).code, Some(0));
    let ran = folder.slowburn(&["compile", "--check", "--only", "promtool"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.ends_with("run slowburn compile --only promtool\n"), "{}", ran.stderr);
    all.write("slos/api.yaml", service("web"));
    assert_eq!(all.slowburn(&["compile", "--only", "prometheus"]).code, Some(0));
    let (rules, others): (Vec<String>, Vec<String>) =
        files(&all).into_iter().partition(|path| path.starts_with("prometheus/"));
    assert_eq!(rules, ["prometheus/web.rules.yaml"]);
    assert!(others.iter().any(|path| path.starts_with("promtool/api.")), "{others:?}");
    assert!(!others.iter().any(|path| path.contains("web")), "{others:?}");
    let ran = all.slowburn(&["compile", "--only", "nagios"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("`prometheus`, `promtool`"), "{}", ran.stderr);
}

#[test]
fn an_unknown_name_lists_the_known_ones() {
    let folder = Folder::new();
    folder.write(
        "slos/orders.yaml",
        br#"version: slowburn/v1
service: orders
slos:
  age:
    objectives: [P95 < 500ms, P99 < 2s]
    sli: { latency: order_age_seconds }
  lag:
    objective: 99%
    sli: { condition: order_lag < 5 }
alerts:
  down:
    description: No worker answers
    expr: up{job="orders"} == 0
    for: 2m
    severity: ticket
"#,
    );
    let said = |args: &[&str]| {
        let output = folder.command(args).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, age) = said(&["simulate", "orders/age", "100% for 5m"]);
    assert_eq!(code, Some(2));
    assert!(age.contains("did you mean `orders/age-p95` or `orders/age-p99`?"), "{age}");
    let (_, lap) = said(&["simulate", "orders/lap", "100% for 5m"]);
    assert!(lap.contains("did you mean `orders/lag`?"), "{lap}");
    let (_, far) = said(&["simulate", "orders/uptime", "100% for 5m"]);
    assert!(far.contains("there are `orders/age-p95`, `orders/age-p99`, `orders/lag`"), "{far}");
    let (code, all) = said(&["explain", "orders"]);
    assert_eq!(code, Some(0), "{all}");
    assert_eq!(
        all,
        "\
orders/age-p95  95% of events take less than 500ms in any 30d
orders/age-p99  99% of events take less than 2s in any 30d
orders/lag      99% of the time it is good, evaluated every 30s, in any 30d
orders/down     No worker answers
"
    );
    let (code, near) = said(&["explain", "order"]);
    assert_eq!(code, Some(2));
    assert!(near.contains("did you mean `orders`?"), "{near}");
}
