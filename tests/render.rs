//! The output for some problems, for people and for programs. Some are in hostile texts.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use proptest::prelude::*;
use serde_json::Value;
use slowburn::diagnostic::{Code, Problem};
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, SourceId, Sources, Span};
use support::processor_time;

const FORMATS: [Format; 5] = [
    Format::Human { color: false },
    Format::Human { color: true },
    Format::Json,
    Format::Github,
    Format::Sarif,
];

const POSTGIS: &str = "\u{feff}service: postgis\r\nslos:\r\n  - name: fast\r\n    objective: P95 < 200ms\r\n    name: again\r\n";

const HOSTILE: &str =
    "a: \"{{ $labels.x }}\" # %0A::error::<script>alert('漢字')</script>\n\tb: \u{1b}[31mred\u{202e}\n";

fn sources() -> Sources {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    Sources::new(vec![file("slos/postgis.yaml", POSTGIS), file("slos/ü: 100%,[x].yaml", HOSTILE)])
}

/// The place of `words` in a file.
fn at(file: u32, words: &str) -> Span {
    let text = if file == 0 { POSTGIS } else { HOSTILE };
    let start = text.find(words).unwrap() as u32;
    Span { source: SourceId(file), start, end: start + words.len() as u32 }
}

fn problems() -> Vec<Problem> {
    let end = Span { source: SourceId(0), start: POSTGIS.len() as u32, end: POSTGIS.len() as u32 };
    let slo = Span { start: at(0, "- name").start, end: at(0, "again").end, ..end };
    vec![
        Problem::error(
            Code::MissingBucket,
            at(0, "200ms"),
            "no bucket ends at 200ms, so P95 < 200ms cannot be answered",
        )
        .label("nearest bounds of `db_query_duration_seconds`: 100ms, 250ms")
        .fix("promise `P95 < 250ms`", at(0, "200ms"), "250ms")
        .help("add 0.2 to the histogram's bounds"),
        Problem::error(
            Code::DuplicateKey,
            at(0, "name: again"),
            "the key `name` is written twice in one mapping",
        )
        .label("again here")
        .and(at(0, "name: fast"), "first here")
        .and(at(1, "a"), "and in another file"),
        Problem::warning(Code::NotScraped, slo, "a place of several lines").label("all of it"),
        Problem::error(Code::YamlSyntax, end, "a place of no width at the end of the file").label("here"),
        Problem::warning(
            Code::InvalidText,
            at(1, "\u{1b}[31mred\u{202e}"),
            "a \"quoted\"\nheadline: with % and :: and \u{1b}[31m, {{ $x }} and <script>",
        )
        .label("label\u{7}\r\n::error file=x::y")
        .fix("two lines:\n[a](b) \\", at(1, "\u{1b}[31mred\u{202e}"), "\"[31m\"\n"),
    ]
}

#[test]
fn human_output_underlines_faults() {
    insta::assert_snapshot!("human", render(&problems(), &sources(), Format::Human { color: false }));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plain = render(&problems(), &sources(), Format::Human { color: false });
    let styled = render(&problems(), &sources(), Format::Human { color: true });
    assert!(styled.contains("\u{1b}["));
    let mut stripped = String::new();
    let mut rest = styled.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        stripped += before;
        rest = after.split_once('m').unwrap().1;
    }
    assert_eq!(stripped + rest, plain);
}

#[test]
fn programs_read_json() {
    let text = render(&problems(), &sources(), Format::Json);
    insta::assert_snapshot!("json", text);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((report["errors"].as_u64(), report["warnings"].as_u64()), (Some(3), Some(2)));
    let first = &report["problems"][0];
    let (start, end) = (first["start"]["offset"].as_u64().unwrap(), first["end"]["offset"].as_u64().unwrap());
    assert_eq!(&POSTGIS[start as usize..end as usize], "200ms");
}

#[test]
fn github_reads_one_command_a_problem() {
    let text = render(&problems(), &sources(), Format::Github);
    assert_eq!(text.lines().count(), problems().len());
    insta::assert_snapshot!("github", text);
}

#[test]
fn code_scanning_reads_sarif() {
    let text = render(&problems(), &sources(), Format::Sarif);
    insta::assert_snapshot!("sarif", text);
    check_sarif(&serde_json::from_str(&text).unwrap());
}

/// The requirements of SARIF 2.1.0 for the objects that are used.
fn check_sarif(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    for run in log["runs"].as_array().unwrap() {
        let driver = &run["tool"]["driver"];
        assert_eq!(driver["name"], "slowburn");
        let rules = driver["rules"].as_array().unwrap();
        assert!(["utf16CodeUnits", "unicodeCodePoints"].contains(&run["columnKind"].as_str().unwrap()));
        for result in run["results"].as_array().unwrap() {
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            assert!(["error", "warning", "note", "none"].contains(&result["level"].as_str().unwrap()));
            let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            let related = result["relatedLocations"].as_array().into_iter().flatten();
            for location in result["locations"].as_array().unwrap().iter().chain(related) {
                check_uri(&location["physicalLocation"]["artifactLocation"]["uri"]);
                check_region(&location["physicalLocation"]["region"]);
            }
            for fix in result["fixes"].as_array().into_iter().flatten() {
                for change in fix["artifactChanges"].as_array().unwrap() {
                    check_uri(&change["artifactLocation"]["uri"]);
                    let replacements = change["replacements"].as_array().unwrap();
                    assert!(!replacements.is_empty());
                    for replacement in replacements {
                        check_region(&replacement["deletedRegion"]);
                        assert!(replacement["insertedContent"]["text"].is_string());
                    }
                }
            }
        }
    }
}

fn check_uri(uri: &Value) {
    let uri = uri.as_str().unwrap();
    assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)), "{uri}");
    assert!(!uri.starts_with('/'));
}

fn check_region(region: &Value) {
    let of = |name: &str| region[name].as_u64().unwrap();
    assert!(of("startLine") >= 1 && of("startColumn") >= 1);
    assert!((of("endLine"), of("endColumn")) >= (of("startLine"), of("startColumn")));
}

#[test]
fn without_problems_nothing_is_printed() {
    assert_eq!(render(&[], &sources(), Format::Human { color: true }), "");
    assert_eq!(render(&[], &sources(), Format::Github), "");
    insta::assert_snapshot!(render(&[], &sources(), Format::Json), @r#"
    {
      "problems": [],
      "errors": 0,
      "warnings": 0,
      "accepted": []
    }
    "#);
    check_sarif(&serde_json::from_str(&render(&[], &sources(), Format::Sarif)).unwrap());
}

fn one_file(text: String) -> Sources {
    Sources::new(vec![SourceFile { path: "long.yaml".to_owned(), text }])
}

#[test]
fn a_long_line_is_shortened_around_the_problem() {
    let text = format!("a: 1\nb: {}needle{}end\n", "é ".repeat(400_000), "ü ".repeat(400_000));
    let start = text.find("needle").unwrap() as u32;
    let end = text.len() as u32 - 1;
    let place = |start, end| Span { source: SourceId(0), start, end };
    let problem = Problem::error(Code::InvalidText, place(start, start + 6), "far out")
        .label("here")
        .and(place(end - 3, end), "the end");
    let short = place(start + 100, start + 102);
    let problems = [problem, Problem::error(Code::InvalidText, short, "farther out").fix("x", short, "y")];
    insta::assert_snapshot!("long-line", render(&problems, &one_file(text), Format::Human { color: false }));
}

#[test]
fn distant_labels_have_their_own_snippets() {
    let text: String = (1..=200_000).map(|line| format!("k{line}: v\n")).collect();
    let place = |words: &str| {
        let start = text.find(words).unwrap() as u32;
        Span { source: SourceId(0), start, end: start + words.len() as u32 }
    };
    let problem = Problem::error(Code::InvalidText, place("k150000"), "two places far apart")
        .and(place("k7:"), "one")
        .and(place("k150002"), "near");
    let all = Span { source: SourceId(0), start: 0, end: text.len() as u32 };
    let problems = [problem, Problem::warning(Code::InvalidText, all, "a large place").label("from here")];
    insta::assert_snapshot!(
        "far-apart",
        render(&problems, &one_file(text.clone()), Format::Human { color: false })
    );
}

/// Five times as many problems in a file five times as large take five times as long. They would take twenty-five times as long if the file was
/// scanned for each of them.
#[test]
fn many_problems_in_a_large_file_take_time_in_proportion() {
    let problem = |line: u32| {
        let start = line * 11;
        Problem::error(Code::InvalidText, Span { source: SourceId(0), start, end: start + 3 }, "one of many")
    };
    let taken = |problems: u32, format| {
        let sources = one_file("key: value\n".repeat(problems as usize * 100));
        let problems: Vec<Problem> = (0..problems).map(|number| problem(number * 100)).collect();
        let begun = processor_time();
        render(&problems, &sources, format);
        processor_time() - begun
    };
    for format in FORMATS {
        let shortest = |problems| (0..2).map(|_| taken(problems, format)).min().unwrap();
        let (few, many) = (shortest(100), shortest(500));
        assert!(many < 12 * few, "{format:?}: {few:?}, then {many:?}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let scraps = vec![
        "a",
        "é",
        "漢",
        "😀",
        "e\u{301}",
        " ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\u{feff}",
        "\0",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{85}",
        "\u{9b}",
        "\u{202e}",
        "\u{2028}",
        "\u{200d}",
        "%",
        "::",
        "{{",
        "…",
    ];
    let long = prop::sample::select(vec!["x", "é", "漢\t"]).prop_map(|c| c.repeat(600));
    let scrap = prop_oneof![20 => prop::sample::select(scraps).prop_map(str::to_owned), 1 => long];
    prop::collection::vec(scrap, 0..30).prop_map(|scraps| scraps.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_causes_a_panic_or_controls_the_terminal(
        text in any_text(), words in any_text(), spans in prop::collection::vec((0..900u32, 0..90u32), 1..5),
    ) {
        let mut spans = spans.into_iter().map(|(start, length)| {
            Span { source: SourceId(0), start, end: start + length }
        });
        let first = spans.next().unwrap();
        let mut problem = Problem::error(Code::InvalidText, first, &*words).label(&*words).help(&*words);
        for span in spans {
            problem = problem.and(span, &*words).fix(&*words, span, &*words);
        }
        let sources = Sources::new(vec![SourceFile { path: words, text }]);
        for format in FORMATS {
            let shown = render(std::slice::from_ref(&problem), &sources, format);
            prop_assert!(shown.ends_with('\n'));
            if format == (Format::Human { color: false }) {
                let harmful = |c: char| c.is_control() && !matches!(c, '\n' | '\t') || c == '\u{202e}';
                prop_assert!(!shown.contains(harmful), "{:?}", shown);
            }
            if format == Format::Sarif {
                check_sarif(&serde_json::from_str(&shown).unwrap());
            }
        }
    }
}
