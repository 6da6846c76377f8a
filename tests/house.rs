//! The law of the house: what a stage may see, and what only the shell may touch.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::Path;

/// The stages, in the order of the table.
const VERBS: [&str; 19] = [
    "parse", "resolve", "check", "ask", "lower", "emit", "explain", "simulate", "backtest", "diff", "status",
    "attained", "drift", "compare", "editor", "render", "propose", "import", "schema",
];

/// Every source file by its path below `src`.
fn sources() -> BTreeMap<String, String> {
    fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(root, &path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    read(&root, &root, &mut files);
    files
}

/// The modules that a file names by `crate::`; an empty one for `crate::{…}`, which no stage may use, so that each is seen.
fn seen(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let paths = code.flat_map(|line| line.split("crate::").skip(1));
    paths.map(|path| path.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap_or_default())
}

#[test]
fn every_stage_sees_what_the_table_allows_and_no_more() {
    let files = sources();
    let rows = files["lib.rs"].lines().filter_map(|line| line.strip_prefix("//! | [`"));
    let mut stages = Vec::new();
    let mut faults = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        let (stage, sees) = (cells[0].trim_end_matches("`]"), cells[3].trim_end_matches(" |"));
        let words = sees.split(|c: char| !c.is_ascii_lowercase());
        let may: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let of_stage = |path: &&String| path.split(['/', '.']).next() == Some(stage);
        for path in files.keys().filter(of_stage) {
            let beyond = seen(&files[path]).filter(|module| *module != stage && !may.contains(module));
            faults.extend(beyond.map(|module| format!("{path} sees {module}")));
        }
        stages.push(stage);
    }
    assert_eq!(stages, VERBS);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_nouns_know_no_verb() {
    let files = sources();
    for (path, text) in &files {
        let part = path.split(['/', '.']).next().unwrap();
        if !VERBS.contains(&part) && !["lib", "bin"].contains(&part) {
            let seen: Vec<&str> = seen(text).filter(|module| VERBS.contains(module)).collect();
            assert!(seen.is_empty(), "{path} sees {seen:?}");
        }
    }
}

#[test]
fn only_the_shell_touches_the_world_and_one_file_each_way_knows_yaml() {
    for (path, text) in sources() {
        let shell = path.starts_with("bin/");
        for world in ["std::fs", "std::env", "std::process", "std::net", "SystemTime"] {
            assert!(shell || !text.contains(world), "{path} mentions {world}");
        }
        let yaml = ["parse/yaml.rs", "emit/yaml.rs"].contains(&path.as_str());
        assert!(yaml || !text.contains("serde_saphyr"), "{path} mentions serde_saphyr");
    }
}
