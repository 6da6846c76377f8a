//! The README and every page of the manual are true: each block is compiled, run or compared, depending on the words after its fence.
//!
//! | block | is |
//! |---|---|
//! | `yaml out/…` | an excerpt of what the sources below `slos/` compile to |
//! | `yaml …/*.yaml`, `prom …/*.prom` | a source; all of one folder compile together without a problem |
//! | `yaml prometheus.yml` | a configuration that promtool accepts with the compiled rules |
//! | `yaml .github/…`, `yaml .editor/…` | YAML |
//! | `console` | commands after `$`, and their complete output |
//! | `sh` | a script that bash can read |
//!
//! In excerpts and outputs `…` stands for anything.
//!
//! Each document is tested in a folder of its own. This folder has the files that the document shows, and `slos/shop.yaml` of the README, so that
//! pages need not repeat the first example. Files of other pages are not there. Commands run one after the other.
//!
//! The project `reference/` is spread over several pages. Its files compile together.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use slowburn::pages::manual::{INDEX, TOPICS, groups};
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::{Decimal, Duration};
use support::documents::{Document, MANUAL, documents, root};
use support::folder::{Folder, Ran};
use support::{promtool, skipped};

/// The first example, which every page may use.
const SHOP: &str = "slos/shop.yaml";

/// The project whose files are in several pages.
const REFERENCE: &str = "reference";

fn shop() -> String {
    let readme = &documents()[0];
    let text = readme.files().find(|(path, _)| *path == SHOP).unwrap().1;
    format!("{text}\n")
}

/// A folder with the shop and every file that the document shows.
fn folder(document: &Document) -> Folder {
    let folder = Folder::empty();
    folder.write(SHOP, shop());
    for (path, text) in document.files().filter(|(path, _)| !path.starts_with("out/")) {
        folder.write(path, format!("{text}\n"));
    }
    folder
}

/// The projects in documents: one per document, and the one that is spread over several pages.
fn projects() -> BTreeMap<(String, String), BTreeMap<String, String>> {
    let mut projects: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for document in documents() {
        for (path, text) in document.files() {
            let Some((folder, _)) = path.split_once('/') else { continue };
            if folder == "out" || folder.starts_with('.') {
                continue;
            }
            let of = if folder == REFERENCE { String::new() } else { document.path.clone() };
            let files = projects.entry((of, folder.to_owned())).or_default();
            if folder == "slos" {
                files.entry(SHOP.to_owned()).or_insert_with(shop);
            }
            files.insert(path.to_owned(), format!("{text}\n"));
        }
    }
    projects
}

/// Whether `text` matches the pattern, in which `…` stands for any text.
fn is(text: &str, pattern: &str) -> bool {
    let Some((head, mut pattern)) = pattern.split_once('…') else { return text == pattern };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    while let Some((part, after)) = pattern.split_once('…') {
        let Some(at) = rest.find(part) else { return false };
        (rest, pattern) = (&rest[at + part.len()..], after);
    }
    rest.ends_with(pattern)
}

#[test]
fn every_block_is_of_a_kind_that_is_tested() {
    for document in documents() {
        for (info, text) in document.blocks() {
            let known = match info.split_once(' ') {
                Some(("yaml" | "prom", path)) => path.contains('/') || path == "prometheus.yml",
                _ => ["console", "sh"].contains(&info),
            };
            assert!(known && !text.is_empty(), "{}: ```{info}\n{text}", document.path);
        }
    }
}

#[test]
fn sources_compile_without_a_problem() {
    let projects = projects();
    let spread = &projects[&(String::new(), REFERENCE.to_owned())];
    assert!(spread.len() > 3, "{:?}", spread.keys());
    for ((document, _), files) in projects {
        let file = |(path, text)| SourceFile { path, text };
        let sources = Sources::new(files.into_iter().map(file).collect());
        let problems = slowburn::compile(&sources).problems;
        let format = slowburn::render::Format::Human { color: false };
        let shown = slowburn::render::render(&problems, &sources, format);
        assert!(problems.is_empty(), "{document}: {shown}");
    }
}

#[test]
fn excerpts_are_parts_of_compiled_files() {
    for document in documents() {
        let excerpts: Vec<_> = document.files().filter(|(path, _)| path.starts_with("out/")).collect();
        if excerpts.is_empty() {
            continue;
        }
        let folder = folder(&document);
        assert_eq!(folder.slowburn(&[]).code, Some(0));
        for (path, text) in excerpts {
            let compiled = folder.read(path);
            assert!(is(&compiled, &format!("…\n{text}\n…")), "{}: {path} lacks\n{text}", document.path);
        }
    }
}

#[test]
fn commands_print_the_shown_output() {
    let tools = [Path::new(env!("CARGO_BIN_EXE_slowburn")).to_owned()].into_iter().chain(promtool());
    let folders = tools.map(|tool| tool.parent().unwrap().to_owned());
    let known = env::split_paths(&env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    let path = env::join_paths(folders.chain(known)).unwrap();
    for document in documents() {
        let folder = folder(&document);
        for (_, text) in document.blocks().into_iter().filter(|(info, _)| *info == "console") {
            for shown in format!("\n{text}\n").split("\n$ ").skip(1) {
                let (command, expected) = command(shown);
                if command.starts_with("promtool ") && promtool().is_none() {
                    skipped(&format!(
                        "promtool is not installed, so `{command}` of {} did not run",
                        document.path
                    ));
                    continue;
                }
                let script = format!("exec 2>&1; PATH='{}'; {command}", path.display());
                let printed = folder.script(&["bash", "-c"], &script).stdout;
                let (printed, expected) = (printed.trim_end(), expected.trim_end());
                assert!(
                    is(printed, expected),
                    "{}: $ {command}\n{printed}\n--- is not ---\n{expected}",
                    document.path
                );
            }
        }
    }
}

/// The command, which continues after `\` at the end of a line, and its output.
fn command(shown: &str) -> (&str, &str) {
    let mut end = 0;
    for line in shown.split_inclusive('\n') {
        end += line.len();
        if !line.ends_with("\\\n") {
            break;
        }
    }
    (shown[..end].trim_end(), &shown[end..])
}

#[test]
fn other_shown_files_are_valid() {
    for document in documents() {
        for (path, text) in document.files() {
            // An excerpt need not be valid YAML.
            if !path.starts_with("out/") && !path.ends_with(".prom") {
                serde_yaml::from_str::<serde_yaml::Value>(text).unwrap();
            }
        }
        if !document.files().any(|(path, _)| path == "prometheus.yml") {
            continue;
        }
        let Some(promtool) = promtool() else {
            skipped("promtool is not installed, so it did not check the prometheus.yml of the documents");
            continue;
        };
        let folder = folder(&document);
        assert_eq!(folder.slowburn(&[]).code, Some(0));
        let config = folder.path("prometheus.yml");
        let checked = Command::new(promtool).args(["check", "config"]).arg(config).output().unwrap();
        let said = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success() && said.contains("shop.rules.yaml"), "{}: {said}", document.path);
    }
}

#[test]
fn scripts_are_read_by_bash() {
    for document in documents() {
        for (_, text) in document.blocks().into_iter().filter(|(info, _)| *info == "sh") {
            let read = Command::new("bash").args(["-n", "-c", text]).output().unwrap();
            assert!(read.status.success(), "{text}\n{}", String::from_utf8_lossy(&read.stderr));
        }
    }
}

/// The compiler lists all known keys when it finds an unknown one.
#[test]
fn every_key_is_explained() {
    let project = "x: 1\nprometheus: { x: 1 }\nseverities: { page: { x: 1 } }\nmissing_events: { x: 1 }\n\
                   slice: { x: 1 }\npolicies: { calm: { x: 1, tiers: [{ x: 1 }] } }\n\
                   dependencies: { a: { x: 1 } }\nalertmanager: { x: 1, smtp: { x: 1 }, times: { a: { x: 1 } }, \
                   routes: [{ x: 1 }], inhibitions: [{ x: 1 }], receivers: { a: { x: 1, slack: { x: 1 }, \
                   webhook: { x: 1 }, pagerduty: { x: 1 }, opsgenie: { x: 1 }, telegram: { x: 1 }, teams: { x: 1 }, \
                   discord: { x: 1 } } } }\n\
                   targets: { x: {}, operator: { x: 1 }, thanos: { x: 1 }, mimir: { x: 1 }, vmrule: { x: 1 } }\n";
    let service = "x: 1\nslos: { a: { x: 1, sli: { x: 1 } } }\nalerts: { a: { x: 1 } }\n";
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let sources = Sources::new(vec![file("slos/slowburn.yaml", project), file("slos/a.yaml", service)]);
    let problems = slowburn::compile(&sources).problems;
    let unknown: Vec<_> = problems.iter().filter(|problem| problem.code.name() == "unknown-key").collect();
    assert_eq!(unknown.len(), 30, "each `x` is one");
    let manual: String = documents().into_iter().map(|document| document.text).collect();
    for help in unknown.iter().flat_map(|problem| &problem.help) {
        for key in help.text.split('`').skip(1).step_by(2) {
            let forms = [format!("`{key}`"), format!(".{key}`"), format!("{key}: ")];
            assert!(forms.iter().any(|form| manual.contains(form)), "no page explains `{key}`");
        }
    }
}

/// The table of the project file lists every key that only the project has, and pages count the kinds of SLIs.
#[test]
fn tables_of_the_manual_are_complete() {
    let page = |name: &str| fs::read_to_string(root().join(MANUAL).join(name)).unwrap();
    let (project, shared) = (page("project-file.md"), page("settings.md"));
    let schema = slowburn::schema::SCHEMAS.iter().find(|schema| schema.name == "project").unwrap();
    for key in schema.value()["properties"].as_object().unwrap().keys() {
        let rows = [format!("| `{key}` |"), format!("| `{key}.")];
        let is_listed = |page: &str| page.lines().any(|line| rows.iter().any(|row| line.starts_with(row)));
        assert!(is_listed(&project) || is_listed(&shared), "{key}");
    }
    let table = page("sli.md");
    let kinds = table.lines().skip_while(|line| !line.starts_with("| kind |")).skip(2);
    let kinds = kinds.take_while(|line| line.starts_with('|')).count();
    let number = ["five", "six", "seven", "eight", "nine"][kinds - 5];
    for (name, said) in [
        ("README.md", format!("the {number} kinds of measurement")),
        ("slo.md", format!("one of {number} kinds")),
        ("service-file.md", format!("of the {number} [kinds of SLI]")),
    ] {
        assert!(page(name).contains(&said), "{name}: {said}");
    }
}

#[test]
fn the_readme_is_short_and_so_are_lines_and_a_page_has_one_title() {
    let documents = documents();
    let lines = documents[0].text.lines().count();
    assert!(lines <= 250, "README.md has {lines} lines, and 250 are read in one sitting");
    for document in documents {
        let prose = document.prose();
        assert!(prose.starts_with("# "), "{}: a page begins with its title", document.path);
        assert_eq!(prose.matches("\n# ").count(), 0, "{}: a page has one title", document.path);
        let long: Vec<&str> = document.text.lines().filter(|line| line.chars().count() > 120).collect();
        assert!(long.is_empty(), "{}: {long:#?}", document.path);
    }
}

#[test]
fn links_lead_somewhere() {
    let documents = documents();
    for document in &documents {
        let folder = Path::new(&document.path).parent().unwrap();
        for link in document.links().iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').map_or((&**link, None), |(file, at)| (file, Some(at)));
            let path =
                if file.is_empty() { root().join(&document.path) } else { root().join(folder).join(file) };
            let path = fs::canonicalize(&path).unwrap_or_else(|_| panic!("{}: {link}", document.path));
            let Some(anchor) = anchor else { continue };
            let of =
                documents.iter().find(|other| fs::canonicalize(root().join(&other.path)).unwrap() == path);
            let anchors = of.map(Document::anchors).unwrap_or_default();
            assert!(anchors.iter().any(|known| known == anchor), "{}: {link}", document.path);
        }
    }
}

#[test]
fn every_page_is_a_topic_and_is_in_the_index() {
    let pages: BTreeSet<String> = documents()[1..]
        .iter()
        .filter_map(|document| document.path.strip_prefix(MANUAL)?.strip_suffix(".md"))
        .map(|name| name[1..].to_owned())
        .filter(|name| name != "README")
        .collect();
    let topics: Vec<&str> = TOPICS.iter().map(|(topic, _)| *topic).collect();
    assert_eq!(topics.iter().map(|topic| (*topic).to_owned()).collect::<BTreeSet<_>>(), pages, "TOPICS");
    let lines: Vec<(&str, &str)> = groups().into_iter().flat_map(|(_, lines)| lines).collect();
    assert_eq!(lines.iter().map(|(topic, _)| *topic).collect::<Vec<_>>(), topics, "the index");
    for (topic, about) in lines {
        assert!(INDEX.contains(&format!("\n- [{topic}]({topic}.md): {about}")), "{topic}");
        assert!(
            topic.len() <= 16 && about.chars().count() <= 75,
            "{topic} fits into a line of a terminal: {about}"
        );
    }
    assert_eq!(INDEX.matches("\n- ").count(), topics.len());
}

#[test]
fn help_prints_the_page_of_every_topic() {
    let folder = Folder::empty();
    let list = folder.slowburn(&["help"]);
    assert_eq!((list.code, &*list.stderr), (Some(0), ""));
    for (topic, page) in TOPICS {
        let ran = folder.slowburn(&["help", topic]);
        // The only difference from the page: invisible characters are shown.
        let shown = slowburn::inert::text(page);
        let expected = match folder.slowburn(&[topic, "--help"]) {
            Ran { code: Some(0), stdout, .. } => format!("{shown}\n{stdout}"),
            _ => shown.into_owned(),
        };
        assert_eq!((ran.code, &*ran.stdout), (Some(0), &*expected), "{topic}");
        let file = fs::read_to_string(root().join(MANUAL).join(format!("{topic}.md"))).unwrap();
        assert_eq!(*page, file, "{topic}");
        assert!(list.stdout.contains(&format!("    {topic} ")), "{}", list.stdout);
    }
    assert_eq!(
        folder.slowburn(&["help", "service", "file"]).stdout,
        folder.slowburn(&["help", "service-file"]).stdout
    );
}

#[test]
fn help_prints_the_help_of_a_command() {
    let folder = Folder::empty();
    assert_eq!(folder.slowburn(&["help"]).stdout, folder.slowburn(&["--help"]).stdout);
    for command in [&["compile"][..], &["metrics"], &["metrics", "capture"], &["help"]] {
        let asked = [&["help"][..], command].concat();
        let (asked, own) = (folder.slowburn(&asked), folder.slowburn(&[command, &["--help"]].concat()));
        assert_eq!((asked.code, asked.stdout), (Some(0), own.stdout), "{command:?}");
    }
}

#[test]
fn an_unknown_topic_suggests_similar_ones() {
    let folder = Folder::empty();
    for (words, said) in [
        (&["polices"][..], "did you mean `policies`?"),
        (&["complie"], "did you mean `compile`?"),
        (&["grafana"], "did you mean `dashboards`?"),
        (&["horarios"], "did you mean `service-hours`?"),
        (&["budget-unwatched"], "`budget-unwatched` is a problem code: slowburn explain budget-unwatched"),
        (&["xyzzy"], "`slowburn help` lists all topics and commands"),
        (&["metrics", "capture", "all"], "`slowburn help` lists all topics and commands"),
    ] {
        let ran = folder.slowburn(&[&["help"][..], words].concat());
        let expected = format!("error: there is no topic and no command `{}`\n{said}\n", words.join(" "));
        assert_eq!((ran.code, &*ran.stdout, ran.stderr), (Some(2), "", expected));
    }
}

/// Help, pages and comments refer to `slowburn help TOPIC`; each of these topics exists.
#[test]
fn topics_that_are_named_exist() {
    fn texts(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                texts(&path, found);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push((path.display().to_string(), text));
            }
        }
    }
    let mut found = vec![("README.md".to_owned(), fs::read_to_string(root().join("README.md")).unwrap())];
    texts(&root().join("src"), &mut found);
    let folder = Folder::empty();
    for (path, text) in found {
        for rest in text.split("slowburn help ").skip(1) {
            let topic: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            assert!(
                topic.is_empty() || folder.slowburn(&["help", &topic]).code == Some(0),
                "{path}: {topic}"
            );
        }
    }
}

/// Five minutes of full outage at 99.9 % and ten events per second: the numbers on the page are computed here.
#[test]
fn the_remaining_budget_of_a_calendar_month_is_right() {
    let page = fs::read_to_string(root().join(MANUAL).join("budgeting.md")).unwrap();
    let text = "version: slowburn/v1\nservice: shop\nslos:\n  sales:\n    objective: 99.9%\n    period: calendar month\n    sli:\n      total: sales_total\n      bad: sales_total{code=\"500\"}\n";
    let file = SourceFile { path: "slos/shop.yaml".into(), text: text.into() };
    let plan = slowburn::compile(&Sources::new(vec![file])).plan().unwrap();
    let slo = &plan.services[0].slos[0];
    let count = |value: Decimal| {
        let digits = value.round().to_string();
        let groups = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap());
        groups.collect::<Vec<_>>().join(",")
    };
    // By hours into a month of thirty days. In the four weeks before it, traffic was constant.
    let row = |when: &str, hours: u64, per_hour: u64| {
        let earlier = 672_u64.saturating_sub(hours);
        let counted = Decimal::from((672 - earlier) * per_hour + earlier * 36_000);
        let so_far = Decimal::from(hours * per_hour);
        let expected = so_far + slo.promise.expected((720 - hours) * 12, counted, Decimal::from(672 * 12));
        let bad = Decimal::from(per_hour / 12);
        let left = (Decimal::ONE - bad / (expected * slo.promise.budget)) * Decimal::ONE_HUNDRED;
        let row = format!("| {when} | {} | {} | {}% |", count(so_far), count(expected), left.round_dp(1));
        assert!(page.contains(&row), "{row}");
        left
    };
    for (when, hours) in [
        ("an hour into the month", 1),
        ("a day into the month", 24),
        ("ten days into the month", 240),
        ("at its end", 720),
    ] {
        let left = row(when, hours, 36_000);
        // `simulate` has the same result for the same moment.
        let incident = slowburn::simulate::parse("100% for 5m").unwrap();
        let mut scenario = slowburn::simulate::Scenario::new(slo, &incident, Some(Decimal::from(10)));
        scenario.into_period = Some(Duration::from_secs(3600 * hours.min(719)));
        let after = slowburn::simulate::simulate(slo, &scenario).budget.after.unwrap();
        assert_eq!((after * Decimal::ONE_HUNDRED).round_dp(6), left.round_dp(6), "{when}");
    }
    for (when, hours) in
        [("ten days into the month", 240), ("twenty days into the month", 480), ("at its end", 720)]
    {
        row(when, hours, 18_000);
    }
    // The result of older versions.
    let before = 100.0 * (1.0 - 5.0 / 60.0 / 0.001);
    assert!(page.contains(&format!("left {before:.0}%")), "{before}");
}
