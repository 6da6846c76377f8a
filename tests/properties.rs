//! Properties that hold for all sources.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use slowburn::artifact::Artifacts;
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, Sources};
use support::rules::{check_rules, compiled, groups, written};
use support::{full, skipped};

/// The project's own sources.
fn own() -> Vec<(String, String)> {
    support::rules::own().into_iter().map(|file| (file.path, file.text)).collect()
}

fn sources(files: &[(String, String)]) -> Sources {
    let file = |(path, text): &(String, String)| SourceFile { path: path.clone(), text: text.clone() };
    Sources::new(files.iter().map(file).collect())
}

/// Compiles, renders every problem, and makes every file, without a panic.
fn goes_through(files: &[(String, String)]) {
    let sources = sources(files);
    let compiled = slowburn::compile(&sources);
    for format in [Format::Human { color: false }, Format::Json, Format::Github, Format::Sarif] {
        render(&compiled.problems, &sources, format);
    }
    if let Some(artifacts) = compiled.artifacts() {
        assert!(!artifacts.values().any(String::is_empty));
    }
}

/// The same, and then explains, simulates and compares the result.
fn answers(files: &[(String, String)], before: &[(String, String)]) {
    goes_through(files);
    let [old, new] = [before, files].map(sources);
    let models = [&old, &new].map(slowburn::model_of);
    let difference = slowburn::difference(&models[0], false, &models[1], false);
    let sides = [("old", &old), ("new", &new)].map(|(name, sources)| slowburn::render::ComparedSide {
        name,
        sources,
        problems: &[],
    });
    slowburn::render::difference(
        &difference,
        sides[0],
        sides[1],
        slowburn::render::DifferenceFormat::Markdown,
    );
    let compiled = slowburn::compile(&new);
    compiled.history();
    for service in compiled.plan().iter().flat_map(|plan| &plan.services) {
        for slo in &service.slos {
            slowburn::explain::explain(slo);
            let incident = slowburn::simulate::parse("100% for 5m").unwrap();
            let scenario = slowburn::simulate::Scenario::new(slo, &incident, None);
            let timeline = slowburn::simulate::simulate(slo, &scenario);
            slowburn::simulate::words(
                slo,
                "100% for 5m",
                &timeline,
                slowburn::simulate::Style { width: 80, unicode: true },
            );
            slowburn::simulate::json(slo, "100% for 5m", &timeline);
        }
    }
}

/// One way to damage a text.
#[derive(Clone, Debug)]
enum Ruin {
    DeleteLine(usize),
    DuplicateLine(usize),
    SwapLines(usize, usize),
    DeleteToken(usize),
    DuplicateToken(usize),
    SwapTokens(usize, usize),
    Insert(usize, String),
    Cut(usize),
}

fn ruin() -> impl Strategy<Value = Ruin> {
    let place = || any::<usize>();
    let word = prop_oneof![
        proptest::sample::select(vec![
            ":",
            "- ",
            "{",
            "}",
            "[",
            "]",
            "'",
            "\"",
            "|\n",
            ">\n",
            "&a ",
            "*a",
            "<<: ",
            "---\n",
            "#",
            "\t",
            "\u{feff}",
            "\0",
            "0",
            "-1",
            "1e999",
            "99999999999999999999",
            "%",
            "null",
            "~",
            "\r\n",
            "ñ",
            "é\u{301}",
            "$window",
            "(",
            ")",
            "offset 5m",
            "[5m]",
            "@",
            "!tag ",
            "? ",
            "{{ $value }}",
            "30d",
            "0s",
            "1ms",
            "P",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    prop_oneof![
        place().prop_map(Ruin::DeleteLine),
        place().prop_map(Ruin::DuplicateLine),
        (place(), place()).prop_map(|(a, b)| Ruin::SwapLines(a, b)),
        place().prop_map(Ruin::DeleteToken),
        place().prop_map(Ruin::DuplicateToken),
        (place(), place()).prop_map(|(a, b)| Ruin::SwapTokens(a, b)),
        (place(), word).prop_map(|(place, word)| Ruin::Insert(place, word)),
        place().prop_map(Ruin::Cut),
    ]
}

/// Words, runs of blanks, and signs.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let kind = |c: char| match c {
        ' ' => 0,
        c if c.is_alphanumeric() || c == '_' => 1,
        _ => 2,
    };
    let mut last = None;
    for (at, c) in text.char_indices() {
        if last.is_some_and(|last| last == 2 || last != kind(c)) {
            tokens.push(&text[start..at]);
            start = at;
        }
        last = Some(kind(c));
    }
    tokens.push(&text[start..]);
    tokens
}

fn ruined(text: &str, ruin: &Ruin) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut words = tokens(text);
    if lines.is_empty() {
        return text.to_owned();
    }
    let (line_count, word_count) = (lines.len(), words.len());
    match ruin {
        Ruin::DeleteLine(at) => drop(lines.remove(at % line_count)),
        Ruin::DuplicateLine(at) => lines.insert(at % line_count, lines[at % line_count]),
        Ruin::SwapLines(a, b) => lines.swap(a % line_count, b % line_count),
        Ruin::DeleteToken(at) => {
            words.remove(at % word_count);
            return words.concat();
        }
        Ruin::DuplicateToken(at) => {
            words.insert(at % word_count, words[at % word_count]);
            return words.concat();
        }
        Ruin::SwapTokens(a, b) => {
            words.swap(a % word_count, b % word_count);
            return words.concat();
        }
        Ruin::Insert(at, word) => {
            words.insert(at % word_count, word);
            return words.concat();
        }
        Ruin::Cut(at) => {
            words.truncate(at % word_count);
            return words.concat();
        }
    }
    lines.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,200}", yaml in "[-:#{}\\[\\]'\"|>&*!%@, \nslo0-9a-z]{0,200}") {
        for text in [String::from_utf8_lossy(&bytes).into_owned(), text, yaml] {
            goes_through(&[("slos/a.yaml".to_owned(), text.clone())]);
            goes_through(&[("slos/slowburn.yaml".to_owned(), text.clone()), ("slos/b.yaml".to_owned(), text)]);
        }
    }

    #[test]
    fn damaged_sources_cause_no_panic(file in any::<usize>(), ruins in proptest::collection::vec(ruin(), 1..6)) {
        let mut files = own();
        // The project file and one service: the others only take time.
        let chosen = 1 + file % (files.len() - 1);
        let project = files.iter().position(|(path, _)| path.ends_with("/slowburn.yaml")).unwrap();
        files = vec![files[project].clone(), files[if chosen == project { 0 } else { chosen }].clone()];
        let target = file % 4 / 3;
        for ruin in &ruins {
            let target = &mut files[1 - target].1;
            *target = ruined(target, ruin);
        }
        goes_through(&files);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_files_has_no_meaning(files in Just(own()).prop_shuffle()) {
        let [one, other] = [&own(), &files].map(|files| slowburn::compile(&sources(files)).artifacts().unwrap());
        prop_assert!(one == other);
    }
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let compile = || {
        let sources = sources(&own());
        let compiled = slowburn::compile(&sources);
        (compiled.artifacts().unwrap(), render(&compiled.problems, &sources, Format::Json))
    };
    assert!(compile() == compile());
}

/// A project with every kind of number.
const NUMBERS: [(&str, &str); 3] = [
    (
        "slos/slowburn.yaml",
        "version: slowburn/v1
policy: own
min_bad_events: { page: 2, ticket: 1 }
missing_events: { severity: ticket, after: 20m }
prometheus: { version: \"2.42\", retention: 90d, scrape_interval: 15s }
policies:
  own:
    scale_to: 30d
    tiers:
      - { severity: page, budget: 3%, long: 1h, short: 5m }
      - { severity: ticket, budget: 10%, long: 3d, short: 6h }
",
    ),
    (
        "slos/mail.yaml",
        "version: slowburn/v1
service: mail
metrics: mail.prom
slos:
  sent:
    objective: 99.9%
    traffic: 40/h
    period: 7d
    sli: { total: 'sent_total', bad: 'sent_total{code=\"500\"}' }
  sliced:
    objective: 98%
    budgeting: timeslices
    slice: { length: 1m, objective: 95% }
    period: 28d
    sli: { total: 'sent_total', bad: 'sent_total{code=\"500\"}' }
  fast: { objective: P97 < 500ms, sli: { latency: took_seconds } }
  new: { objective: '97% < 60s', sli: { freshness: done_seconds } }
  short: { objective: 96%, sli: { condition: 'waiting / 3 < 7' } }
  raw: { objective: 97.5%, sli: { bad_ratio: 'sum(increase(sent_total{code=\"500\"}[$window])) / sum(increase(sent_total[$window])) * 11' } }
alerts:
  stands: { expr: 'sum(waiting) * 13 + count(waiting) > 17', for: 2m, severity: page }
  grows: { expr: 'rate(sent_total[4m]) > 19', for: 3m, severity: ticket }
  gains: { expr: 'increase(sent_total[8m]) % 21 > 5', severity: ticket, for: 4m }
  ages: { expr: 'time() - done_seconds > 29', for: 6m, severity: ticket }
  takes: { expr: 'histogram_quantile(0.31, sum by (le) (rate(took_seconds_bucket[7m]))) > 37', for: 7m, severity: ticket }
  falls: { expr: 'predict_linear(waiting[9m], 41) < 43', for: 8m, severity: ticket }
  clamps: { expr: 'clamp_min(waiting, 47) / 51 > 53', for: 9m, severity: ticket }
",
    ),
    (
        "slos/mail.prom",
        "# TYPE sent counter
sent_total{code=\"200\"} 61
sent_total{code=\"500\"} 0
# TYPE took_seconds histogram
took_seconds_bucket{le=\"0.5\"} 3
took_seconds_bucket{le=\"67\"} 4
took_seconds_bucket{le=\"+Inf\"} 5
took_seconds_count 5
took_seconds_sum 9
# TYPE waiting gauge
waiting 71
# TYPE done_seconds gauge
done_seconds 1
",
    ),
];

/// Unusual numbers.
const HOSTILE: [&str; 19] = [
    "0",
    "1",
    "-1",
    "366",
    "0.0000000000000000000000000001",
    "0.1234567890123456789012345678",
    "99.9999999999",
    "0.0000000001",
    "999999999999999",
    "1000000000000001",
    "9999999999999999999999999999",
    "18446744073709551615",
    "79228162514264337593543950335",
    "-79228162514264337593543950335",
    "99999999999999999999999999999999999999999999999999",
    "1e15",
    "1e308",
    "1e-308",
    "NaN",
];

/// Every number of the project, and every percentage with its sign: the file, the begin and the end.
fn numbers() -> Vec<(usize, usize, usize)> {
    let mut all = Vec::new();
    for (file, (_, text)) in NUMBERS.iter().enumerate() {
        let starts = text.match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| at);
        let mut end = 0;
        for start in starts {
            if start >= end {
                let length = text[start..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap();
                end = start + length;
                all.push((file, start, end));
                if text[end..].starts_with('%') {
                    all.push((file, start, end + 1));
                }
            }
        }
    }
    all
}

fn with_numbers(written: &[((usize, usize, usize), &str)]) -> Vec<(String, String)> {
    let mut files = NUMBERS.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec();
    let mut written = written.to_vec();
    written.sort_unstable();
    for ((file, start, end), number) in written.into_iter().rev() {
        files[file].1.replace_range(start..end, number);
    }
    files
}

#[test]
fn no_number_is_too_large_or_too_small_to_be_answered() {
    let plain = with_numbers(&[]);
    let problems = slowburn::compile(&sources(&plain)).problems;
    let shown = render(&problems, &sources(&plain), Format::Human { color: false });
    assert!(!problems.iter().any(slowburn::diagnostic::Problem::is_error), "{shown}");
    // A percentage without its sign is a mistake of its own.
    for place in numbers() {
        let (file, _, end) = place;
        if NUMBERS[file].1[..end].ends_with('%') {
            for number in HOSTILE {
                goes_through(&with_numbers(&[(place, number)]));
            }
        }
    }
    // All of them take minutes; the test below uses random ones.
    if !full() {
        return skipped("every hostile number in every place (set SLOWBURN_FULL=1)");
    }
    let mut unanswered = Vec::new();
    for place in numbers() {
        for number in HOSTILE {
            let files = with_numbers(&[(place, number)]);
            if std::panic::catch_unwind(|| answers(&files, &plain)).is_err() {
                unanswered.push((place, number));
            }
        }
    }
    assert!(unanswered.is_empty(), "{unanswered:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn several_changed_numbers_cause_no_panic(chosen in proptest::collection::vec((any::<prop::sample::Index>(), proptest::sample::select(HOSTILE.to_vec())), 1..4)) {
        let places = numbers();
        let mut written: Vec<_> = chosen.iter().map(|(at, number)| (*at.get(&places), *number)).collect();
        written.sort_unstable();
        written.dedup_by_key(|((file, start, _), _)| (*file, *start));
        answers(&with_numbers(&written), &with_numbers(&[]));
    }
}

/// Every expression of rule files can be parsed, and is printed unchanged.
fn read_back(artifacts: &Artifacts) -> usize {
    let mut count = 0;
    for (_, rules) in artifacts.iter().filter(|(path, _)| path.starts_with("prometheus/")) {
        for group in groups(rules) {
            for rule in group["rules"].as_sequence().unwrap() {
                let text = rule["expr"].as_str().unwrap();
                let expr =
                    slowburn::promql::read(text).unwrap_or_else(|faults| panic!("{faults:?}\n{text}")).0;
                let printed = expr.to_string();
                let again = slowburn::promql::parse(&printed).unwrap();
                assert_eq!(again.to_string(), printed);
                for width in [1, 40, 100, 10_000] {
                    let pretty = slowburn::promql::pretty(&expr, width);
                    assert_eq!(slowburn::promql::parse(&pretty).unwrap().to_string(), printed, "at {width}");
                }
                count += 1;
            }
        }
    }
    count
}

#[test]
fn generated_expressions_are_read_back() {
    let read = read_back(&slowburn::compile(&sources(&own())).artifacts().unwrap());
    assert!(read > 500, "{read}");
}

fn label_value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9]{1,8}", "\\PC{1,12}", "[\"\\\\'`{}$,=~!.*|#:% \n]{1,8}"]
}

/// A matcher on a label, as PromQL.
fn matcher(name: &'static str) -> impl Strategy<Value = String> {
    let pattern =
        proptest::sample::select(vec!["5..", "a|b", "(x|y).*", "[^z]+", "api-[0-9]{2}", "\\d+", ".+"]);
    let quoted = |text: &str| {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("\"{escaped}\"")
    };
    (0..4u8, label_value(), pattern).prop_map(move |(op, value, pattern)| match op {
        0 => format!("{name}={}", quoted(&value)),
        1 => format!("{name}!={}", quoted(&value)),
        2 => format!("{name}=~{}", quoted(pattern)),
        _ => format!("{name}!~{}", quoted(pattern)),
    })
}

/// A service with one SLO.
fn service() -> impl Strategy<Value = String> {
    let name = "[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,8}){0,2}";
    let metric = "[a-z_:][a-z0-9_:]{0,12}_total";
    let objective = (90u32..100, 0u32..999).prop_map(|(whole, part)| format!("{whole}.{:03}%", part + 1));
    let period = proptest::sample::select(vec![
        "7d",
        "14d",
        "28d",
        "30d",
        "90d",
        "calendar month",
        "calendar quarter",
    ]);
    let by = proptest::sample::subsequence(vec!["region", "queue", "env"], 0..=2);
    let kind = 0..6u8;
    (name, metric, objective, period, by, kind, matcher("job"), matcher("path"), label_value(), label_value()).prop_map(
        |(name, metric, objective, period, by, kind, one, two, label, words)| {
            let policy = if period.starts_with('c') { "workbook" } else { "workbook-scaled" };
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            // A label cannot be empty.
            let label = if label.trim().is_empty() { "x".to_owned() } else { label };
            let selector = |more: &str| quoted(&format!("{metric}{{{one}, {two}{more}}}"));
            let failed = ", outcome=~\"5..|error\"";
            let (objective, sli) = match kind {
                0 | 1 => (objective, format!("total: {}\n      bad: {}", selector(""), selector(failed))),
                2 => (objective, format!("good: {}\n      bad: {}", selector(", outcome=\"ok\""), selector(failed))),
                3 => (format!("{objective} < 750ms"), format!("latency: {}", selector(""))),
                4 => (objective, format!("condition: {}", quoted(&format!("{metric}{{{one}}} < 100")))),
                _ => (objective, format!("probe: {}", selector(""))),
            };
            let mut source = format!("version: slowburn/v1\nservice: {name}\nmissing_events: off\nslos:\n  promise:\n");
            let _ = write!(
                source,
                "    description: {}\n    objective: {objective}\n    period: {period}\n    policy: {policy}\n    sli:\n      {sli}\n    by: [{}]\n    labels: {{ own: {} }}\n    annotations: {{ note: {} }}\n",
                quoted(&words),
                by.join(", "),
                quoted(&label),
                quoted(&words),
            );
            source
        },
    )
}

#[test]
fn promtool_accepts_what_random_sources_compile_to() {
    let mut runner = TestRunner::deterministic();
    let mut all = Artifacts::new();
    let mut refused = 0;
    for index in 0..60 {
        let source = service().new_tree(&mut runner).unwrap().current();
        let files = [("slos/service.yaml".to_owned(), source.clone())];
        let problems = slowburn::compile(&sources(&files)).problems;
        // With a low objective, a burn rate may be unreachable. There are no other problems.
        let errors = problems.iter().filter(|problem| problem.level == slowburn::diagnostic::Level::Error);
        let codes: Vec<&str> = errors.map(|problem| problem.code.name()).collect();
        if !codes.is_empty() {
            assert!(
                codes.iter().all(|code| ["burn-rate-unreachable", "unprovable"].contains(code)),
                "{problems:#?}\n{source}"
            );
            refused += 1;
            continue;
        }
        let artifacts = compiled(&[("slos/service.yaml", &source)]);
        read_back(&artifacts);
        for (path, text) in artifacts {
            all.insert(format!("{index}/{path}"), text);
        }
    }
    assert!(refused < 20, "{refused} of 60 were refused");
    let dir = written(&all);
    let rules: Vec<_> =
        all.keys().filter(|path| path.contains("/prometheus/")).map(|path| dir.path().join(path)).collect();
    check_rules("random sources", &rules);
}
