//! The rules of the architecture: which modules a stage may use, and what only the shell may do.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The stages, in the order of the table.
const VERBS: [&str; 20] = [
    "parse", "resolve", "derive", "check", "ask", "lower", "emit", "explain", "simulate", "backtest", "diff",
    "status", "attained", "drift", "compare", "editor", "render", "propose", "import", "schema",
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

/// The modules that a file names with `crate::`. Empty for `crate::{…}`, which stages may not use, so that each module is found.
fn seen(text: &str) -> impl Iterator<Item = &str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let paths = code.flat_map(|line| line.split("crate::").skip(1));
    paths.map(|path| path.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap_or_default())
}

#[test]
fn every_stage_sees_the_modules_that_the_table_lists_and_no_others() {
    let files = sources();
    let rows = files["lib.rs"].lines().filter_map(|line| line.strip_prefix("//! | [`"));
    let mut stages = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        let (stage, sees) = (cells[0].trim_end_matches("`]"), cells[3].trim_end_matches(" |"));
        let listed: Vec<&str> = sees.split(", ").collect();
        let of_stage = |path: &&String| path.split(['/', '.']).next() == Some(stage);
        let seen: BTreeSet<&str> =
            files.keys().filter(of_stage).flat_map(|path| seen(&files[path])).collect();
        let seen: Vec<&str> = seen.into_iter().filter(|module| *module != stage).collect();
        assert_eq!(listed, seen, "{stage}: the table lists what is on the left");
        stages.push(stage);
    }
    assert_eq!(stages, VERBS);
}

/// The paths of a `use` tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(tree: &str) -> Vec<String> {
    let Some((before, list)) = tree.split_once('{') else { return vec![tree.to_owned()] };
    let list = list.rsplit_once('}').unwrap().0;
    let (mut items, mut depth) = (vec![String::new()], 0);
    for c in list.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            ',' if depth == 0 => items.push(String::new()),
            c => items.last_mut().unwrap().push(c),
        }
    }
    let items = items.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
    items.flat_map(paths).map(|path| format!("{}{path}", before.trim())).collect()
}

/// The files of the same stage that a file uses, as paths of modules.
fn sees<'a>(module: &str, text: &str, modules: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| code + line + "\n");
    // Tests may use other modules.
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap();
    let (mut all, mut rest, mut tree) = (Vec::new(), String::new(), None::<String>);
    for line in code.lines() {
        let begins = line.trim_start().trim_start_matches("pub(super) ").trim_start_matches("pub ");
        match (&mut tree, begins.strip_prefix("use ")) {
            (Some(tree), _) => *tree += line,
            (None, Some(first)) => tree = Some(first.to_owned()),
            (None, None) => rest = rest + line + "\n",
        }
        if let Some(whole) = tree.take_if(|tree| tree.ends_with(';')) {
            all.extend(paths(whole.trim_end_matches(';')));
        }
    }
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    all.extend(rest.split(|c| !word(c)).filter(|path| path.contains("::")).map(str::to_owned));
    let parent =
        |module: &str| module.rsplit_once("::").map_or_else(String::new, |(parent, _)| parent.to_owned());
    let target = |path: &String| {
        let mut parts: Vec<&str> = path.split("::").collect();
        let mut base = match parts[0] {
            "crate" => String::new(),
            "super" => module.to_owned(),
            // A module that was imported by its name.
            _ => format!("{}::", parent(module)),
        };
        while parts.first() == Some(&"super") {
            base = parent(&base);
            parts.remove(0);
        }
        let parts = parts.iter().skip(usize::from(parts.first() == Some(&"crate")));
        let mut found = None;
        let mut at = base.trim_end_matches("::").to_owned();
        for part in parts {
            at = if at.is_empty() { (*part).to_owned() } else { format!("{at}::{part}") };
            found = modules.get(at.as_str()).copied().or(found);
        }
        found
    };
    all.iter().filter_map(target).filter(|found| *found != module).collect()
}

/// The main file of a folder is left out: it lists the files and has what they share.
#[test]
fn files_of_a_stage_have_no_import_circles() {
    let files = sources();
    let module = |path: &str| path.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
    let named: BTreeMap<String, &String> = files
        .iter()
        .filter(|(path, _)| !path.starts_with("bin/"))
        .map(|(path, text)| (module(path), text))
        .collect();
    let is_head = |name: &str| named.keys().any(|other| other.starts_with(&format!("{name}::")));
    let modules: BTreeSet<&str> = named.keys().map(String::as_str).filter(|name| !is_head(name)).collect();
    let mut left: BTreeMap<&str, BTreeSet<&str>> =
        modules.iter().map(|name| (*name, sees(name, named[*name], &modules))).collect();
    let edges: usize = left.values().map(BTreeSet::len).sum();
    assert!(edges > 500, "{edges}: too few to be true");
    // A file that uses none of the remaining files cannot be in a circle.
    while let Some(free) = left.iter().find(|(_, sees)| sees.is_empty()).map(|(name, _)| *name) {
        left.remove(free);
        for sees in left.values_mut() {
            sees.remove(free);
        }
    }
    let shown: Vec<_> = left.iter().map(|(name, sees)| format!("{name} sees {sees:?}")).collect();
    assert!(left.is_empty(), "{shown:#?}");
}

#[test]
fn data_modules_use_no_stages() {
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
fn only_the_shell_does_io_and_one_file_each_reads_and_writes_yaml() {
    for (path, text) in sources() {
        let shell = path.starts_with("bin/");
        for world in ["std::fs", "std::env", "std::process", "std::net", "SystemTime"] {
            assert!(shell || !text.contains(world), "{path} mentions {world}");
        }
        let yaml = ["parse/yaml.rs", "emit/yaml.rs"].contains(&path.as_str());
        assert!(yaml || !text.contains("serde_saphyr"), "{path} mentions serde_saphyr");
    }
}
