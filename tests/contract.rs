//! Metrics of programs, and the contracts that are made from them.
//!
//! `tests/expositions/*.prom` are read. Beside each is its result: the contract, and the lines that could not be read.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use slowburn::contract::Contract;
use slowburn::parse::contract;
use slowburn::parse::exposition::{Exposition, read};
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, SourceId, Sources};

/// The result of reading, as text.
fn shown(reading: &Exposition) -> String {
    let mut text = reading.contract.to_string();
    for skipped in &reading.skipped {
        let _ = write!(text, "\nskipped {}:{} {}", skipped.line, skipped.column, skipped.reason);
    }
    if reading.more > 0 {
        let _ = write!(text, "\nskipped {} more", reading.more);
    }
    text
}

fn parsed(text: &str) -> Contract {
    Contract::parse(SourceId(0), text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"))
}

/// Real captures, and the number of samples that Prometheus 2.42 read from them. `None` if it refused all: it does not know quoted names yet, and
/// does not accept exemplars on `_count`.
const REAL: [(&str, Option<u64>); 8] = [
    ("client-java.om", None),
    ("client-python-utf8.om", None),
    ("client-python.om", Some(56)),
    ("micrometer.om", Some(139)),
    ("opentelemetry-python.om", Some(55)),
    ("prom-client-openmetrics", Some(80)),
    ("pushgateway", Some(63)),
    ("snmp", Some(67)),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn prom_files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "prom"))
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// All raw captures in the repository.
fn captures() -> Vec<PathBuf> {
    [prom_files("tests/expositions"), prom_files("tests/expositions/real")].concat()
}

#[test]
fn real_captures_are_read_as_prometheus_reads_them() {
    for (name, samples) in REAL {
        let reading = read(&fs::read(root().join(format!("tests/expositions/real/{name}.prom"))).unwrap());
        assert_eq!(reading.skipped, [], "{name}");
        assert_eq!(Some(reading.samples), samples.or(Some(reading.samples)), "{name}");
    }
    assert_eq!(prom_files("tests/expositions/real").len(), REAL.len(), "each is listed");
}

#[test]
fn the_contracts_of_the_project_are_as_they_would_be_written() {
    for path in prom_files("slos/metrics") {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(parsed(&text).to_string(), text, "{}", path.display());
    }
}

#[test]
fn expositions_give_the_expected_contracts() {
    insta::glob!("expositions/**/*.prom", |path| {
        let reading = read(&fs::read(path).unwrap());
        insta::with_settings!({ snapshot_path => "expositions", prepend_module_to_snapshot => false, snapshot_suffix => "" }, {
            insta::assert_snapshot!(path.file_stem().unwrap().to_str().unwrap(), shown(&reading));
        });
    });
}

#[test]
fn contracts_are_read_back_unchanged() {
    for path in captures() {
        let bytes = fs::read(&path).unwrap();
        let contract = read(&bytes).contract;
        let text = contract.to_string();
        let again = parsed(&text);
        assert_eq!(again, contract, "{}", path.display());
        assert_eq!(again.to_string(), text, "{}", path.display());
    }
}

/// Every mistake in a contract that is written by hand, with its message.
#[test]
fn mistakes_in_a_contract_are_reported_at_their_place() {
    insta::glob!("contracts/*.prom", |path| {
        let text = fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let sources = Sources::new(vec![SourceFile { path: format!("slos/metrics/{name}"), text }]);
        let (id, file) = sources.iter().next().unwrap();
        let (contract, problems) = contract(id, &file.text);
        assert!(!problems.is_empty(), "{name}");
        let stripped = file.text.starts_with("# slowburn contract");
        assert_eq!(contract.is_none(), stripped, "{name}");
        insta::with_settings!({ snapshot_path => "contracts", prepend_module_to_snapshot => false, snapshot_suffix => "" }, {
            insta::assert_snapshot!(path.file_stem().unwrap().to_str().unwrap(), render(&problems, &sources, Format::Human { color: false }));
        });
    });
}

/// Parts of metric texts, valid and invalid.
fn piece() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(vec![
        "a",
        "b_total",
        "b",
        "h",
        "h_bucket",
        "h_count",
        "h_sum",
        "s",
        "s_created",
        "i_info",
        "i",
        "{",
        "}",
        "=",
        ",",
        "\"",
        "\\",
        "le",
        "quantile",
        "\"0.5\"",
        "\"1.0\"",
        "\"+Inf\"",
        "\"\"",
        "\"x\"",
        "\"ñ\\n\"",
        " ",
        "\t",
        "1",
        "0x1p-2",
        "NaN",
        "-Inf",
        "1e5",
        "\n",
        "\r\n",
        "# TYPE ",
        "# HELP ",
        "# UNIT ",
        "# EOF\n",
        "#",
        " # {",
        "counter",
        "gauge",
        "histogram",
        "gaugehistogram",
        "summary",
        "info",
        "stateset",
        "unknown",
        "untyped",
        "{count:1,sum:2,schema:3}",
        "{count:1,bucket:[0.1:1,+Inf:2]}",
        "st@1",
        "\u{feff}",
        "\0",
    ]);
    prop_oneof![4 => word.prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

/// A sample with few different names and values, so that many are equal.
fn sample() -> impl Strategy<Value = String> {
    let name = proptest::sample::select(vec![
        "a", "b_total", "h_bucket", "h_count", "h_sum", "s", "s_count", "s_sum", "i_info",
    ]);
    let label = (
        proptest::sample::select(vec!["x", "y", "le", "quantile", "\"ñ.\""]),
        proptest::sample::select(vec![
            "0.1",
            "0.5",
            "1",
            "1.0",
            "1e1",
            "+Inf",
            "a\\\\b",
            "\\\"",
            "c\\n",
            "",
            "\u{202e}é",
        ]),
    );
    (name, proptest::collection::btree_map(label.0, label.1, 0..4)).prop_map(|(name, labels)| {
        let labels: Vec<String> =
            labels.into_iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        format!("{name}{{{}}} 1\n", labels.join(","))
    })
}

fn declarations() -> impl Strategy<Value = String> {
    let kind = || {
        proptest::sample::select(vec![
            "",
            "counter",
            "gauge",
            "histogram",
            "gaugehistogram",
            "summary",
            "info",
            "stateset",
            "unknown",
            "untyped",
        ])
    };
    let all = ["a", "b", "b_total", "h", "s", "i", "h_count"].map(|name| {
        (kind(), any::<bool>()).prop_map(move |(kind, unit)| {
            let unit = if unit { format!("# UNIT {name} seconds\n") } else { String::new() };
            if kind.is_empty() { String::new() } else { format!("# TYPE {name} {kind}\n{unit}") }
        })
    });
    all.to_vec().prop_map(|all| all.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_refused_at_a_place_or_printed_stably(pieces in proptest::collection::vec(piece(), 0..60)) {
        let text = pieces.concat();
        let reading = read(text.as_bytes());
        let lines = text.split('\n').count();
        prop_assert!(reading.skipped.iter().all(|skipped| (1..=lines).contains(&skipped.line) && skipped.column > 0));
        let printed = reading.contract.to_string();
        let again = parsed(&printed);
        prop_assert_eq!(&again, &reading.contract);
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn the_order_of_lines_does_not_matter(
        head in declarations(), samples in proptest::collection::vec(sample(), 0..30).prop_flat_map(|samples| (Just(samples.clone()), Just(samples).prop_shuffle())),
    ) {
        let (samples, shuffled) = samples;
        let (before, after) = (format!("{head}{}", samples.concat()), format!("{}{head}", shuffled.concat()));
        let (before, after) = (read(before.as_bytes()), read(after.as_bytes()));
        prop_assert_eq!(before.contract.to_string(), after.contract.to_string());
        prop_assert_eq!(&before.contract, &after.contract);
        prop_assert_eq!(parsed(&before.contract.to_string()), before.contract);
    }

    #[test]
    fn a_damaged_contract_is_read_or_reported(pieces in proptest::collection::vec((any::<usize>(), any::<usize>(), contract_piece()), 1..6)) {
        let mut text = CONTRACT.to_owned();
        for (at, length, piece) in pieces {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let start = at % places.len();
            let end = (start + length % 8).min(places.len() - 1);
            text.replace_range(places[start]..places[end], &piece);
        }
        match Contract::parse(SourceId(0), &text) {
            Ok(contract) => prop_assert_eq!(parsed(&contract.to_string()), contract),
            Err(problems) => {
                let sources = Sources::new(vec![SourceFile { path: "a.prom".to_owned(), text: text.clone() }]);
                prop_assert!(!problems.is_empty());
                let spans = problems.iter().map(|problem| problem.primary.span);
                prop_assert!(spans.into_iter().all(|span| text.get(span.start as usize..span.end as usize).is_some()));
                render(&problems, &sources, Format::Human { color: false });
            }
        }
    }
}

/// A contract with everything that is possible.
const CONTRACT: &str = "# slowburn contract\n# from: shop 1.4.2\n\ncounter http_requests_total\n  code: \"200\" \"500\"\n  \
    \"größe\":\n    \"a\\\"b\"\n    \"\\u{202e}\"\n    and 12 more\n  series: 3\nhistogram http_request_duration_seconds in seconds\n  \
    le: 0.1 0.5 1.0\nsummary rpc\n  quantile: 0.5\ngauge \"with.dot\"\n  series: 0\ngauge up\ngauge up\n  a: \"b\"\n";

fn contract_piece() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(vec![
        "",
        "\"",
        "\\",
        "\n",
        "  ",
        "counter ",
        "histogram h",
        "le: ",
        "quantile: ",
        "series: ",
        "0",
        "-1",
        "1e40",
        "and ",
        " more",
        ":",
        "#",
        "<<<<<<<",
        "in ",
        "\\u{",
        "}",
        "\u{202e}",
        "\u{feff}",
        "\r\n",
        "99999999999999999999999999999",
    ]);
    prop_oneof![3 => word.prop_map(str::to_owned), 1 => "\\PC{0,3}"]
}

/// Real captures with bytes removed, doubled and changed.
#[test]
fn a_damaged_capture_is_read_as_far_as_possible() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below.max(1) as u64) as usize
    };
    for path in captures() {
        let whole = fs::read(&path).unwrap();
        for _ in 0..30 {
            let mut bytes = whole.clone();
            for _ in 0..=next(20) {
                let at = next(bytes.len());
                match next(6) {
                    0 => bytes.truncate(at),
                    1 => bytes.insert(at, b"\0\"{}\\,= \n#\xff\xe9+1"[next(14)]),
                    2 => drop(bytes.drain(at..(at + next(200)).min(whole.len()).min(bytes.len()).max(at))),
                    3 => bytes.extend_from_within(at..),
                    4 => bytes.rotate_left(at),
                    _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << next(8)),
                }
                bytes.truncate(2 * whole.len());
            }
            let reading = read(&bytes);
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
            assert!(reading.skipped.iter().all(|skipped| (1..=lines).contains(&skipped.line)));
            assert_eq!(parsed(&reading.contract.to_string()), reading.contract);
        }
    }
}

/// Texts that are large in one way each. Each takes time in proportion to its size.
#[test]
fn enormous_files_are_read_in_bounded_memory_and_reported() {
    let million = 1 << 20;
    let labels: String = (0..100_000).map(|label| format!("l{label}=\"v\",")).collect();
    let cases = [
        ("a line without an end", "x".repeat(4 * million), "1:4194305 the sample has no value"),
        (
            "a value without an end",
            format!("a{{b=\"{}", "x".repeat(4 * million)),
            "1:5 the quote of this value is not closed",
        ),
        (
            "a hundred thousand labels",
            format!("a{{{labels}}} 1\n"),
            "1:8893 the sample has more than 1000 labels",
        ),
        (
            "hundreds of thousands of names",
            (0..300_000).map(|name| format!("name_{name} 1\n")).collect(),
            "250001:1 the exposition has more than 500000 names, labels and bounds",
        ),
        (
            "hundreds of thousands of sets of labels",
            (0..200_000).map(|label| format!("a{{l{label}=\"\u{e9}\"}} 1\n")).collect(),
            "the exposition has more than 500000 names, labels and bounds",
        ),
        (
            "hundreds of thousands of bounds",
            (0..600_000).map(|bound| format!("a_bucket{{le=\"{bound}\"}} 1\n")).collect(),
            "the exposition has more than 500000 names, labels and bounds",
        ),
        ("nothing but ends of lines", "\n".repeat(4 * million), ""),
        ("nothing but braces", "{".repeat(4 * million), "1:2 a label's name is expected, not `{`"),
        ("nothing but backslashes", format!("a{{b=\"{}\"}} 1", "\\".repeat(4 * million)), ""),
    ];
    for (name, text, message) in cases {
        let reading = read(text.as_bytes());
        let first = reading
            .skipped
            .first()
            .map(|skipped| format!("{}:{} {}", skipped.line, skipped.column, skipped.reason));
        assert!(
            first.as_deref().unwrap_or_default().ends_with(message) && message.is_empty() == first.is_none(),
            "{name}: {first:?}"
        );
    }
}

/// Prints how fast a hundred megabytes are read, compared with only finding line ends: `cargo test --release contract::speed -- --ignored
/// --nocapture`
#[test]
#[ignore = "it measures, and means something with --release only"]
fn speed() {
    use std::io::Write as _;
    use std::time::Instant;

    const MEGABYTES: usize = 100;
    let size = MEGABYTES * 1_000_000;
    let counters = |line: usize| {
        let (pod, path, code) = (line % 997, line / 997 % 61, [200, 204, 404, 500][line % 4]);
        format!(
            "http_requests_total{{namespace=\"shop\",pod=\"web-{pod}\",path=\"/api/v1/{path}\",code=\"{code}\",line=\"{line}\"}} {line}.5\n"
        )
    };
    let histograms = |line: usize| {
        const BOUNDS: [&str; 12] =
            ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];
        let (series, bound) = (line / 12, BOUNDS[line % 12]);
        format!(
            "duration_seconds_bucket{{namespace=\"shop\",pod=\"web-{}\",path=\"/api/v1/{}\",le=\"{bound}\"}} {line}\n",
            series % 997,
            series / 997
        )
    };
    let gauges = |line: usize| {
        format!("# HELP metric_{0} Help.\n# TYPE metric_{0} gauge\nmetric_{0} {line}\n", line % 100_000)
    };
    let worlds: [(&str, &dyn Fn(usize) -> String); 3] = [
        ("counters with five labels", &counters),
        ("a histogram", &histograms),
        ("a hundred thousand gauges, again and again", &gauges),
    ];
    let mut said = String::new();
    for (world, line) in worlds {
        let mut text = String::with_capacity(size + 1000);
        (0..)
            .map(line)
            .take_while(|line| {
                text.push_str(line);
                text.len() < size
            })
            .for_each(drop);
        let timed = |read: &dyn Fn() -> usize| {
            let best = (0..5)
                .map(|_| {
                    let start = Instant::now();
                    assert!(read() > 0);
                    start.elapsed()
                })
                .min();
            best.unwrap().as_secs_f64()
        };
        let lines =
            timed(&|| text.as_bytes().split(|byte| *byte == b'\n').filter(|line| line.is_ascii()).count());
        let utf8 = timed(&|| std::str::from_utf8(text.as_bytes()).unwrap().lines().count());
        let whole = timed(&|| usize::try_from(read(text.as_bytes()).samples).unwrap());
        let _ = writeln!(
            said,
            "{world}: {MEGABYTES} MB in {whole:.3} s; {:.1} times as long as looking at each byte ({lines:.3} s), {:.1} times as UTF-8 and lines ({utf8:.3} s)",
            whole / lines,
            whole / utf8
        );
    }
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}
