//! Every page of a code is true: its bad examples have exactly this problem, and its good examples have none.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::path::Path;

use slowburn::diagnostic::{Code, Problem};
use slowburn::pages::PAGES;
use slowburn::source::{SourceFile, Sources};

/// Pages without examples, with the reasons.
const WITHOUT: [(&str, &str); 7] = [
    ("stale-output", "it is no mistake in a source: what was compiled before differs"),
    ("object-too-large", "it takes a text of 180,000 characters"),
    ("duplicate-service", "it takes two files to make the mistake"),
    ("replicas-counted-twice", "it takes a server that shows it"),
    ("samples-late", "it takes a server that shows it"),
    ("no-contract", "it takes two files to make the mistake"),
    ("invalid-utf-8", "a page is UTF-8, and a file that is not cannot be shown in it"),
];

/// The problems of the examples of one kind on a page; `None` if it has none. An example may be of both kinds.
fn examples(page: &str, kind: &str) -> Option<(Vec<Problem>, String)> {
    let mut files = Vec::new();
    let (mut own, mut foreign) = (false, false);
    for block in page.split("\n```").skip(1) {
        let Some((title, text)) = block.split_once('\n') else { continue };
        let words: Vec<&str> = title.split(' ').collect();
        let path = match words[..] {
            ["yaml", _] => "slos/example.yaml",
            ["yaml", _, "foreign"] => "example.yaml",
            ["yaml", _, "database"] => "slos/database.yaml",
            ["yaml", _, "project"] => "slos/slowburn.yaml",
            ["yaml", _, "scrape"] => "slos/prometheus.yaml",
            ["md", _] => "slos/runbooks/captures-failing.md",
            ["prom", _] => "slos/metrics/example.prom",
            _ => continue,
        };
        if words[1] == kind || words[1] == "both" {
            own |= words[1] == kind;
            foreign |= words.contains(&"foreign");
            files.push(SourceFile { path: path.to_owned(), text: format!("{text}\n") });
        }
    }
    if !own {
        return None;
    }
    let sources = Sources::new(files);
    let problems = match foreign {
        true => slowburn::import::import(&sources, &slowburn::import::Options::default()).problems,
        false => slowburn::compile(&sources).problems,
    };
    let format = slowburn::render::Format::Human { color: false };
    let shown = slowburn::render::render(&problems, &sources, format);
    Some((problems, shown))
}

#[test]
fn bad_examples_have_the_one_fault_of_their_page_and_good_ones_none() {
    let mut faults = String::new();
    for (code, page) in PAGES {
        let without = WITHOUT.iter().any(|(listed, _)| *listed == code.name());
        let bad = examples(page, "bad");
        let good = examples(page, "good");
        assert_eq!(bad.is_none(), without, "{code} has bad examples or is listed");
        assert_eq!(good.is_none(), without, "{code} has good examples or is listed");
        let (Some((bad, bad_shown)), Some((good, good_shown))) = (bad, good) else { continue };
        let codes: Vec<&str> = bad.iter().map(|problem| problem.code.name()).collect();
        if codes != [code.name()] {
            faults += &format!("## {code}: the bad example has {codes:?}\n{bad_shown}\n");
        }
        if !good.is_empty() {
            faults += &format!("## {code}: the good example has problems\n{good_shown}\n");
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn pages_are_titled_by_their_codes_in_order() {
    for (code, page) in PAGES {
        assert!(page.starts_with(&format!("# {code}\n\n")), "{code}");
    }
    assert!(PAGES.iter().map(|(code, _)| *code).eq(Code::ALL.iter().copied()));
    assert!(Code::ALL.is_sorted_by_key(|code| code.name()));
}

/// Every code that is used in the sources.
fn used(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            used(&path, codes);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            for makes in ["Problem::error(", "Problem::warning(", "report("] {
                for call in text.split(makes).skip(1) {
                    let code = call.trim_start().strip_prefix("Code::");
                    let code = code.and_then(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
                    codes.extend(code.map(str::to_owned));
                }
            }
        }
    }
}

#[test]
fn every_code_is_used_by_a_problem() {
    let mut codes = BTreeSet::new();
    used(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut codes);
    assert_eq!(codes, Code::ALL.iter().map(|code| format!("{code:?}")).collect());
}
