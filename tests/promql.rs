//! Compares slowburn's PromQL with itself (the printed text is parsed again), with another parser, and with promtool.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use crate::support;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use slowburn::promql::ast::*;
use slowburn::promql::{self, Fault, Type, absent, build, parse, pretty, regex, since, without_parens};
use slowburn::vocabulary::Duration;
use support::processor_time;

/// The expressions in a corpus: its lines without headings.
fn corpus(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promql").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

fn all_valid() -> Vec<String> {
    ["valid.txt", "valid-3.txt", "valid-3.8.txt"].into_iter().flat_map(corpus).collect()
}

fn snapshot(name: &str, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("promql");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The text with its faults underlined.
fn drawn(text: &str, faults: &[Fault]) -> String {
    let mut out = format!("{text}\n");
    for fault in faults {
        let before = text[..fault.span.start].chars().count();
        let marked = text[fault.span.start..fault.span.end].chars().count().max(1);
        let _ = writeln!(out, "{}{} {}", " ".repeat(before), "^".repeat(marked), fault.message);
        if let Some(help) = &fault.help {
            let _ = writeln!(out, "{}= help: {help}", " ".repeat(before));
        }
    }
    out
}

#[test]
fn invalid_expressions_are_refused_at_their_place() {
    let mut out = String::new();
    for name in ["invalid.txt", "ill-typed.txt"] {
        for text in corpus(name) {
            let faults = promql::read(&text).expect_err(&text);
            let _ = writeln!(out, "{}", drawn(&text, &faults));
        }
    }
    snapshot("faults", out);
}

#[test]
fn ill_typed_expressions_parse() {
    for text in corpus("ill-typed.txt") {
        assert!(parse(&text).is_ok(), "{text}");
    }
}

#[test]
fn valid_expressions_are_parsed_and_printed() {
    let mut out = String::new();
    for text in all_valid() {
        let (expr, found) = promql::read(&text).unwrap_or_else(|faults| panic!("{}", drawn(&text, &faults)));
        let printed = expr.to_string();
        let _ = writeln!(out, "{text}\n    {found:?}  {printed}");
        let again = parse(&printed).unwrap_or_else(|fault| panic!("{}", drawn(&printed, &[fault])));
        assert_eq!(without_parens(&again), without_parens(&expr), "{text}\n{printed}");
        assert_eq!(again.to_string(), printed, "printing settles");
        for width in [0, 10, 40] {
            let pretty = pretty(&expr, width);
            let again = parse(&pretty).unwrap_or_else(|fault| panic!("{pretty}\n{fault:?}"));
            assert_eq!(without_parens(&again), without_parens(&expr), "{text}\n{pretty}");
        }
    }
    snapshot("printed", out);
}

#[test]
fn long_expressions_are_broken_over_lines() {
    let texts = [
        r#"1 - (sum(rate(http_requests_total{job="api",code!~"5..|429"}[5m])) / sum(rate(http_requests_total{job="api"}[5m])))"#,
        "(slo:sli_error:ratio_rate1h{slo=\"api-availability\"} > (14.4 * 0.001) and slo:sli_error:ratio_rate5m{slo=\"api-availability\"} > (14.4 * 0.001)) or (slo:sli_error:ratio_rate6h{slo=\"api-availability\"} > (6 * 0.001) and slo:sli_error:ratio_rate30m{slo=\"api-availability\"} > (6 * 0.001))",
        r#"histogram_quantile(0.99, sum by (le, service) (rate(http_request_duration_seconds_bucket{job="api",handler!="/healthz"}[5m])))"#,
        r#"sum by (service) (rate(http_requests_total{code=~"5.."}[5m])) / on (service) group_left (team) sum by (service, team) (rate(http_requests_total[5m]))"#,
        r#"http_requests_total{job="api",code=~"5..|429",handler!="/healthz",environment="production",cluster="eu-west-1"}"#,
        "sum_over_time((slo:sli_error:ratio_rate5m{slo=\"api-availability\"} * on (slo) group_left () slo:objective:ratio)[30d:5m])",
        r#"label_replace(topk by (service) (3, sum by (service, path) (increase(http_requests_total[1h]))), "endpoint", "$1", "path", "/api/(.*)")"#,
        "-(some_metric_with_a_long_name_indeed + another_metric_with_a_long_name_too) * 2 ^ yet_another_metric_with_a_long_name",
        "a_metric_with_a_long_name_indeed or another_metric_with_a_long_name unless yet_another_one_of_these",
    ];
    let mut out = String::new();
    for text in texts {
        let expr = parse(text).unwrap();
        let pretty = pretty(&expr, 60);
        let _ = writeln!(out, "{pretty}\n");
        assert_eq!(without_parens(&parse(&pretty).unwrap()), without_parens(&expr));
    }
    snapshot("pretty", out);
}

#[test]
fn every_span_covers_its_own_text() {
    for text in all_valid() {
        let expr = parse(&text).unwrap();
        expr.visit(&mut |inner| {
            let slice = &text[inner.span.start..inner.span.end];
            if slice == "{}" {
                return; // In `info` only.
            }
            assert_eq!(slice, slice.trim(), "{text}");
            assert_eq!(
                without_parens(&parse(slice).unwrap_or_else(|f| panic!("{text}: {slice}: {f:?}"))),
                without_parens(inner)
            );
        });
    }
}

#[test]
fn deep_nesting_is_a_fault_and_not_a_crash() {
    for text in [
        "(".repeat(100_000),
        "-".repeat(100_000),
        "sum(".repeat(100_000),
        "up[".to_owned() + &"(".repeat(100_000),
        vec!["a"; 100_000].join("+"),
        vec!["a"; 100_000].join("^"),
        "a".to_owned() + &"[1h:]".repeat(100_000),
        format!("a[{}]", vec!["1m"; 100_000].join("+")),
        "{".repeat(100_000),
        format!("{{a=~\"{}\"}}", "(".repeat(100_000)),
        format!("{{a=~\"{}a{}\"}}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("{{a=~\"{}\"}}", "(a{1000}){1000}"),
    ] {
        let begun = processor_time();
        let _ = parse(&text).map(|expr| pretty(&expr, 0));
        assert!((processor_time() - begun).as_secs() < 5, "{}", &text[..20]);
    }
    // The deepest trees that are accepted can be printed, cloned, compared and dropped.
    let high = vec!["a"; 251].join("+");
    let deep = format!("{}{high}{}", "(".repeat(98), ")".repeat(98));
    for text in [high, deep] {
        let expr = parse(&text).unwrap();
        assert_eq!(parse(&pretty(&expr, 0)).unwrap(), expr);
        assert_eq!(without_parens(&expr).selectors().len(), 251);
        assert_eq!(promql::check(&expr.clone()), Ok(Type::Vector));
    }
}

/// Texts that can be nested around an expression, with `%` in its place.
const AROUND: [&str; 18] = [
    "+%",
    "-%",
    "+ -%",
    "(%)",
    "-(%)",
    "abs(%)",
    "sum(%)",
    "%[1h:]",
    "%[1h:5m] offset 1m",
    "% offset -(5m)",
    "% offset 1m",
    "1 ^ %",
    "% ^ 1",
    "-1 ^ %",
    "2 * %",
    "% + 2",
    "min_over_time(%[1h:])",
    "x offset (5m) * %",
];

/// The same for a duration.
const AROUND_TIME: [&str; 7] = ["(%)", "-%", "+(%)", "min(1h, %)", "1m ^ %", "(1m) * %", "% + 1m"];

#[test]
fn deep_expressions_can_be_printed_and_parsed_again() {
    let mut unread = Vec::new();
    let mut hold = |first: &str, second: &str, of: &str, place: &str| {
        let mut inner = of.to_owned();
        let mut read = Vec::new();
        for depth in 1..260 {
            let around = if depth % 2 == 0 { first } else { second };
            inner = around.replace('%', &inner);
            match parse(&place.replace('%', &inner)) {
                Ok(expr) => read.push((depth, expr)),
                Err(_) => break,
            }
        }
        // Below the limit of levels, only the deepest trees are examined.
        for (depth, expr) in read.into_iter().rev().take(4) {
            for printed in [expr.to_string(), pretty(&expr, 0), pretty(&expr, 80)] {
                match parse(&printed) {
                    Ok(again) => assert!(without_parens(&again) == without_parens(&expr), "{printed}"),
                    Err(fault) => unread.push(format!("{first} {second} {place} {depth}: {fault:?}")),
                }
            }
        }
    };
    for first in AROUND {
        for second in AROUND {
            hold(first, second, "x", "%");
        }
    }
    for first in AROUND_TIME {
        for second in AROUND_TIME {
            for place in ["x offset (%)", "x offset (%) * 2", "x[%]", "rate(x[1h:%])"] {
                hold(first, second, "5m", place);
            }
        }
    }
    assert!(unread.is_empty(), "{unread:#?}");
}

#[test]
fn many_signs_are_parsed_as_printed() {
    for text in
        [format!("{}x", "+".repeat(70)), format!("{}x", "- + ".repeat(49)), format!("+{}x", "-".repeat(70))]
    {
        let expr = parse(&text).unwrap();
        assert_eq!(without_parens(&parse(&pretty(&expr, 0)).unwrap()), expr);
    }
    assert_eq!(pretty(&parse("- + -x").unwrap(), 0), "-+-(\n  x\n)");
}

#[test]
fn built_trees_get_the_parentheses_they_need() {
    let a = || build::selector("a", &[]);
    let b = || build::selector("b", &[("x", "1")]);
    let cases: Vec<(Expr, &str)> = vec![
        (build::mul(build::add(a(), b()), a()).into(), r#"(a + b{x="1"}) * a"#),
        (build::sub(a(), build::sub(a(), a())).into(), "a - (a - a)"),
        (build::sub(build::sub(a(), a()), a()).into(), "a - a - a"),
        (build::pow(build::pow(a(), a()), a()).into(), "(a ^ a) ^ a"),
        (build::pow(build::number("-1"), a()).into(), "(-1) ^ a"),
        (build::mul(build::number("-1"), a()).into(), "-1 * a"),
        (build::neg(build::add(a(), a())), "-(a + a)"),
        (build::subquery(build::add(a(), a()), Duration::from_secs(3600), None), "(a + a)[1h:]"),
        (
            build::div(
                build::sum_by(
                    &["job"],
                    build::call("rate", vec![build::range(b(), Duration::from_secs(300))]),
                ),
                build::sum(a().offset(Duration::from_secs(60))),
            )
            .on(&["job"])
            .group_left::<&str>(&[])
            .into(),
            r#"sum by (job) (rate(b{x="1"}[5m])) / on (job) group_left () sum(a offset 1m)"#,
        ),
        (build::gt(a(), build::number("0.0144")).bool().into(), "a > bool 0.0144"),
        (
            build::unless(build::or(a(), b()), build::and(a(), b())).into(),
            r#"(a or b{x="1"}) unless (a and b{x="1"})"#,
        ),
        (build::selector("my.metric", &[("a.b", "c\"d\\\n")]).into(), r#"{"my.metric","a.b"="c\"d\\\n"}"#),
        (build::range(a().offset(Duration::from_secs(1)), Duration::from_secs(5)), "a[5s] offset 1s"),
    ];
    for (expr, text) in cases {
        assert_eq!(expr.to_string(), text);
        assert_eq!(without_parens(&parse(text).unwrap()), expr);
    }
}

#[test]
fn selectors_and_times_are_replaced_everywhere() {
    let text = r#"sum(rate(a{x="1"}[$window] offset $o)) / topk(scalar(b), (c))[1h:$s]"#;
    let expr = parse(text).unwrap();
    assert_eq!(
        expr.selectors().iter().filter_map(|s| s.name.as_deref()).collect::<Vec<_>>(),
        ["a", "b", "c"]
    );
    let expr = expr.map_selectors(&mut |selector| selector.matching("job", MatchOp::Equal, "api")).map_times(
        &mut |time| {
            if let Time::Placeholder(_) = time { Duration::from_secs(60).into() } else { time }
        },
    );
    assert_eq!(
        expr.to_string(),
        r#"sum(rate(a{x="1",job="api"}[1m] offset 1m)) / topk(scalar(b{job="api"}), (c{job="api"}))[1h:1m]"#
    );
}

#[test]
fn a_value_is_found_that_satisfies_all_matchers() {
    use MatchOp::{Equal, Matches, NotEqual, NotMatches};
    for matchers in [
        vec![(Matches, "5..")],
        vec![(Matches, "5.."), (NotEqual, "500")],
        vec![(NotMatches, "5..|429")],
        vec![(Matches, "GET|POST"), (NotEqual, "GET")],
        vec![(Matches, "/api/.*"), (NotEqual, "/api/")],
        vec![(Matches, ".+"), (NotMatches, "[a-z]"), (NotEqual, "")],
        vec![(Equal, "")],
        vec![(NotEqual, "")],
        vec![(Matches, "(?i)get")],
        vec![(Matches, "[^a]\\d\\w\\s\\.")],
        vec![(Matches, "a{2,3}(b|c)+?"), (NotMatches, "aab+")],
        vec![(Matches, "2..|3.."), (NotMatches, "2..")],
        vec![(Matches, "\\Qa.b\\E")],
    ] {
        let value = regex::satisfying(&matchers).unwrap_or_else(|| panic!("{matchers:?}"));
        for (op, pattern) in &matchers {
            let holds = match op {
                Equal => value == *pattern,
                NotEqual => value != *pattern,
                Matches => regex::matches(pattern, &value) == Some(true),
                NotMatches => regex::matches(pattern, &value) == Some(false),
            };
            assert!(holds, "{matchers:?}: {value}");
        }
    }
    assert_eq!(regex::example("5..").as_deref(), Some("500"));
    assert_eq!(regex::example("[^\\x00-\\x{10FFFF}]"), None);
    assert_eq!(regex::satisfying(&[(Equal, "a"), (Equal, "b")]), None);
    assert_eq!(regex::satisfying(&[(NotMatches, ".*")]), None);
    assert_eq!(regex::matches("a\\<b", "a<b"), Some(true), "RE2 knows no word starts");
    assert_eq!(regex::matches("[[a]b]", "[b]"), Some(true), "RE2's classes do not nest");
    assert_eq!(regex::matches("\\d", "٣"), Some(false), "RE2's digits are ASCII");
    assert_eq!(regex::matches("a.b", "a\nb"), Some(true), "as in Prometheus 3");
    for (pattern, text, is_match) in [
        ("(?-s)a.b", "a\nb", false),
        ("(?i)k", "\u{212a}", true),
        ("(?i)\\w", "ſ", true),
        ("(?i)[^k]", "K", false),
        ("(?i)\\p{Lu}", "a", true),
        ("\\p{^L}", "1", true),
        ("[^\\PL]", "é", true),
        ("\\bé", "é", false),
        ("a{,2}", "a{,2}", true),
        ("a{01}", "a", false),
        ("[a\\-z]", "b", false),
        ("(?m)a$\n^b", "a\nb", true),
        ("a$\n^b", "a\nb", false),
        ("(?i:a)b|\\Q(?i)\\E", "Ab", true),
        ("\\101\\x{61}", "Aa", true),
        ("[[:^digit:]]", "1", false),
    ] {
        assert_eq!(regex::matches(pattern, text), Some(is_match), "`{pattern}` and `{text}`");
    }
}

#[test]
fn a_group_with_a_name_in_angle_brackets_needs_a_newer_prometheus() {
    let newer = |text: &str, version| since::newer_than(&parse(text).unwrap(), version);
    let found = newer("up{a=~\"x(?<n>a)\"}", (2, 42));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].since, found[0].what.as_str()), ((2, 51), "the group `(?<n>…)`"));
    assert_eq!(newer("up{a=~\"x(?<n>a)\"}", (2, 51)), []);
    assert_eq!(newer("up{a=~\"x(?P<n>a)|\\\\(?<n>\"}", (2, 42)), []);
}

#[test]
fn the_other_parser_agrees() {
    // The other parser does not know duration arithmetic, extended ranges, trims and placeholders, and has other limits.
    let not_known = [
        "[step",
        "[STEP",
        "[min",
        "[max",
        "[(",
        "[-",
        "[2",
        "[10",
        "offset step",
        "offset -step",
        "offset +step",
        "offset (",
        "offset -(",
        "offset min",
        "offset -max",
        "offset - -",
        "offset -2 ^",
        " * 2]",
        "*2]",
        "* 2 ",
        "m + ",
        "h /",
        "anchored",
        "smoothed",
        "</",
        ">/",
        "range()",
        "$",
        "start()",
        "histogram_quantiles",
        ":step()",
        "[5m * 2",
        "@ 5m",
    ];
    let mut wrong = Vec::new();
    for text in all_valid().into_iter().filter(|text| !not_known.iter().any(|part| text.contains(part))) {
        match std::panic::catch_unwind(|| promql_parser::parser::parse(&text).map(drop)) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                wrong.push(format!("{text}: {error}"));
                continue;
            }
            Err(_) => {
                wrong.push(format!("{text}: panics"));
                continue;
            }
        }
        let printed = parse(&text).unwrap().to_string();
        match (promql_parser::parser::parse(&text), promql_parser::parser::parse(&printed)) {
            (Ok(ours), Ok(theirs)) if ours == theirs => {}
            (_, theirs) => wrong.push(format!("{text}: printed as {printed}: {theirs:?}")),
        }
    }
    for text in corpus("invalid.txt").into_iter().chain(corpus("ill-typed.txt")) {
        if std::panic::catch_unwind(|| promql_parser::parser::parse(&text).is_ok()).unwrap_or(false) {
            wrong.push(format!("{text}: accepted"));
        }
    }
    snapshot("other-parser", wrong.join("\n"));
}

/// The messages of promtool for these expressions as recording rules, which accept only scalars and vectors.
fn promtool_check(promtool: &Path, expressions: &[String]) -> Result<(), String> {
    let mut rules = String::from("groups:\n- name: all\n  rules:\n");
    for (i, expr) in expressions.iter().enumerate() {
        let lines: String = expr.lines().map(|line| format!("      {line}\n")).collect();
        let _ = write!(rules, "  - record: r{i}\n    expr: |2\n{lines}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yaml");
    std::fs::write(&file, rules).unwrap();
    let output = Command::new(promtool).arg("check").arg("rules").arg(&file).output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// The expression, converted to a type that rules accept.
fn as_rule(expr: &Expr, found: Type) -> Expr {
    match found {
        Type::Scalar | Type::Vector => expr.clone(),
        Type::Matrix => build::call("last_over_time", vec![expr.clone()]),
        Type::String => build::call("count_values_of", vec![expr.clone()]),
    }
}

#[test]
fn promtool_accepts_what_we_parse_and_print() {
    let Some(promtool) = support::promtool() else {
        return support::skipped("promtool's opinion on our corpus of PromQL");
    };
    let (mut texts, mut printed) = (Vec::new(), Vec::new());
    for text in corpus("valid.txt") {
        let (expr, found) = promql::read(&text).unwrap();
        match found {
            Type::Scalar | Type::Vector => texts.push(text),
            Type::Matrix => texts.push(format!("last_over_time({text})")),
            Type::String => continue,
        }
        let rule = as_rule(&expr, found);
        printed.extend([rule.to_string(), pretty(&rule, 0), pretty(&rule, 30)]);
    }
    assert_eq!(promtool_check(&promtool, &texts), Ok(()));
    assert_eq!(promtool_check(&promtool, &printed), Ok(()));
}

/// The labels that `absent` keeps decide which route matches an alert. Prometheus computes them here.
#[test]
fn absent_keeps_the_labels_that_we_compute() {
    let Some(promtool) = support::promtool() else {
        return support::skipped("promtool's opinion on the labels that absent keeps");
    };
    let selectors = [
        "up{job=\"api\"}",
        "(up{job=\"api\"})",
        "up{job=\"api\",job=~\"a.*\"}",
        "up{job=~\"a.*\",job=\"api\"}",
        "up{job=\"api\",job=\"web\",env=\"x\"}",
        "up{job=\"api\",job=\"api\"}",
        "up{job!=\"api\",env=\"x\",zone=\"\"}",
        "{__name__=\"up\",job=\"api\"}",
        "up{job=\"api\"} == 1",
        "sum(up{job=\"api\"})",
        "up{job=\"api\"} offset 5m",
    ];
    let mut tests = String::from("tests:\n- interval: 1m\n  promql_expr_test:\n");
    let mut queries: Vec<String> = selectors.iter().map(|selector| format!("absent({selector})")).collect();
    queries.extend(["absent_over_time(up{job=\"api\",env=~\"x\"}[5m])".to_owned()]);
    for query in &queries {
        let expr = parse(query).unwrap();
        let Kind::Call { args, .. } = &expr.kind else { panic!("{query}") };
        let labels: Vec<String> =
            absent::kept(&args[0]).iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let _ = write!(
            tests,
            "  - expr: '{query}'\n    eval_time: 10m\n    exp_samples:\n    - labels: '{{{}}}'\n      value: 1\n",
            labels.join(",")
        );
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("absent.test.yaml"), tests).unwrap();
    let output = Command::new(promtool)
        .args(["test", "rules", "absent.test.yaml"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn promtool_refuses_what_we_refuse() {
    let Some(promtool) = support::promtool() else {
        return support::skipped("promtool's opinion on our corpus of PromQL");
    };
    // One run for each: promtool checks all files, but one exit code could hide a file that it accepts.
    for text in corpus("invalid.txt").into_iter().chain(corpus("ill-typed.txt")) {
        // Prometheus 3.0 renamed it.
        let was_a_function = text.starts_with("holt_winters");
        assert!(was_a_function || promtool_check(&promtool, std::slice::from_ref(&text)).is_err(), "{text}");
    }
}

/// The version of a promtool, from `promtool, version 2.42.0+ds (branch: …)`.
fn version_of(promtool: &Path) -> (u32, u32) {
    let output = Command::new(promtool).arg("--version").output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let version = text.split("version ").nth(1).unwrap();
    let mut parts = version.split('.').map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}

/// Checks the minimum versions: every expression that needs no later version is accepted by the promtool here.
#[test]
fn promtool_accepts_expressions_of_its_version() {
    let Some(promtool) = support::promtool() else {
        return support::skipped("promtool's opinion on what came with which version");
    };
    let version = version_of(&promtool);
    let mut texts: Vec<String> = all_valid();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let cases = if support::full() { 100_000 } else { 3_000 };
    for _ in 0..cases {
        texts.push(any_expr().new_tree(&mut runner).unwrap().current().to_string());
    }
    let mut printed = Vec::new();
    for text in texts {
        let Ok((expr, found)) = promql::read(&text) else { continue };
        let experimental = ["histogram_fraction", "limitk"].iter().any(|word| text.contains(word));
        let replaced = text.contains('$') && text.parse::<u8>().is_err();
        if found == Type::String || replaced || experimental || !since::newer_than(&expr, version).is_empty()
        {
            continue;
        }
        printed.push(as_rule(&expr, found).to_string());
    }
    printed.sort();
    printed.dedup();
    assert!(printed.len() > 200, "{}", printed.len());
    if let Err(faults) = promtool_check(&promtool, &printed) {
        let of = |fault: &str| -> Option<String> {
            let number: usize = fault.split("\"r").nth(1)?.split('"').next()?.parse().ok()?;
            Some(format!("{}: {}", printed[number], fault.split("parse error").nth(1)?))
        };
        panic!("{}", faults.lines().filter_map(of).take(30).collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn newer_syntax_is_reported_with_its_version() {
    for (text, message) in [
        (r#"{"my.metric", job="api"}"#, "names in quotes such as `\"my.metric\"` 3.0"),
        (r#"sum by ("job") (up)"#, ""),
        (r#"sum by ("my.job") (up)"#, "names in quotes such as `\"my.job\"` 3.0"),
        (
            r#"up * on (job) group_left ("a.b") down"#,
            "names in quotes such as `\"a.b\"` in `on`, `ignoring` and `group_left` 3.10",
        ),
        (r#"rate(x{"a.b"="c"}[5m])"#, "names in quotes such as `\"a.b\"` 3.0"),
        (r#"{"up", "down"}"#, "names in quotes such as `\"up\"` 3.0"),
        (r#"{"up"}"#, ""),
        ("up[300]", ""),
        ("up[1h / 2]", "arithmetic on durations 3.4"),
        ("up > 5m", "numbers such as `5m` 2.54"),
        ("up > 1_000", "numbers such as `1_000` 2.54"),
        ("limitk(2, up)", "`limitk` 2.54"),
        ("a </ 0.5", "the operator `</` 3.11"),
        ("a + fill(0) b", "`fill` 3.10"),
        ("rate(up[5m] anchored)", "`anchored` 3.7"),
        ("step() + first_over_time(up[5m])", "`step` 3.12, `first_over_time` 3.7"),
    ] {
        let newer = since::newer_than(&parse(text).unwrap(), (2, 42));
        let told_is: Vec<String> =
            newer.iter().map(|it| format!("{} {}.{}", it.what, it.since.0, it.since.1)).collect();
        assert_eq!(told_is.join(", "), message, "{text}");
    }
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_][a-z0-9_]{0,3}",
        prop::sample::select(vec![
            "by", "on", "without", "inf", "bool", "offset", "a.b", "é", "a\"b", "a b", "sum", "__name__"
        ])
        .prop_map(str::to_owned),
    ]
}

fn metric() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_:][a-z0-9_:]{0,5}",
        prop::sample::select(vec![
            "by", "on", "inf", "sum", "offset", "and", "start", "fill", "a.b", "é", "bool", "step", "5m"
        ])
        .prop_map(str::to_owned),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["0", "1", "0.0144", "1e3", "Inf", "NaN", "0x1f", "5m"]).prop_map(str::to_owned)
}

fn duration() -> impl Strategy<Value = Duration> {
    (1u64..100_000_000).prop_map(Duration::from_millis)
}

fn time_expr() -> impl Strategy<Value = TimeExpr> {
    let leaf = prop_oneof![
        duration().prop_map(TimeExpr::Duration),
        prop::sample::select(vec!["2", "0.5", "7"]).prop_map(|n| TimeExpr::Number(n.to_owned())),
        prop::sample::select(vec!["step", "range"]).prop_map(|n| TimeExpr::Call(n.to_owned())),
    ];
    let op = prop::sample::select(vec![Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Mod, Op::Pow]);
    leaf.prop_recursive(3, 8, 2, move |inner| {
        prop_oneof![
            (any::<bool>(), inner.clone())
                .prop_map(|(negative, expr)| TimeExpr::Unary { negative, expr: Box::new(expr) }),
            (op.clone(), inner.clone(), inner.clone()).prop_map(|(op, left, right)| TimeExpr::Binary {
                op,
                left: Box::new(left),
                right: Box::new(right)
            }),
            (prop::bool::ANY, inner.clone(), inner).prop_map(|(min, left, right)| TimeExpr::Choose {
                function: if min { "min" } else { "max" }.to_owned(),
                args: vec![left, right]
            }),
        ]
    })
}

fn range_time() -> impl Strategy<Value = Time> {
    prop_oneof![
        4 => duration().prop_map(Time::Fixed),
        1 => Just(Time::Placeholder("window".to_owned())),
        1 => time_expr().prop_filter("a range is positive", |t| !matches!(t, TimeExpr::Unary { .. })).prop_map(Time::from),
    ]
}

fn modifiers() -> impl Strategy<Value = Modifiers> {
    let offset = prop_oneof![
        duration().prop_map(Time::Fixed),
        duration().prop_map(Time::Negative),
        Just(Time::Placeholder("o".to_owned())),
        time_expr().prop_map(Time::from),
    ];
    let at = prop_oneof![
        prop::sample::select(vec!["0", "-1", "12.5"]).prop_map(|s| At::Timestamp(s.to_owned())),
        Just(At::Start),
        Just(At::End),
        duration().prop_map(|d| At::Time(Time::Fixed(d))),
    ];
    let span = Span::default();
    (prop::option::weighted(0.3, offset), prop::option::weighted(0.2, at)).prop_map(move |(offset, at)| {
        Modifiers {
            offset: offset.map(|offset| (offset, span)),
            at: at.map(|at| (at, span)),
            extension: None,
        }
    })
}

fn any_selector() -> impl Strategy<Value = Selector> {
    let op =
        prop::sample::select(vec![MatchOp::Equal, MatchOp::NotEqual, MatchOp::Matches, MatchOp::NotMatches]);
    let matcher = (label(), op, "[a-z\\\\\"\n\té]{0,4}|\\PC{0,3}").prop_map(|(label, op, value)| {
        let pattern = matches!(op, MatchOp::Matches | MatchOp::NotMatches);
        let value = if pattern { regex_escaped(&value) } else { value };
        Matcher { label, op, value, placeholder: false, span: Span::default() }
    });
    let extension =
        prop::option::weighted(0.1, prop::sample::select(vec![Extension::Anchored, Extension::Smoothed]));
    (metric(), prop::collection::vec(matcher, 0..3), modifiers(), extension).prop_map(
        |(name, matchers, at, extension)| Selector {
            name: Some(name),
            matchers: matchers.into(),
            at: Modifiers { extension: extension.map(|it| (it, Span::default())), ..at },
            span: Span::default(),
        },
    )
}

fn regex_escaped(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }).collect()
}

fn matching() -> impl Strategy<Value = Matching> {
    let labels = || prop::collection::vec(label(), 0..3);
    let value = || prop::option::of(prop::sample::select(vec!["0", "-1.5", "NaN"]).prop_map(str::to_owned));
    let fill = (value(), value()).prop_map(|(left, right)| Fill { left, right });
    let fill = fill.prop_filter("one side at least", |fill| fill.left.is_some() || fill.right.is_some());
    let group = (any::<bool>(), labels()).prop_map(|(left, include)| Group { left, include });
    (any::<bool>(), labels(), prop::option::of(group), prop::option::weighted(0.2, fill))
        .prop_map(|(on, labels, group, fill)| Matching { on, labels, group, fill })
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        1 => number().prop_map(|text| Expr::from(Kind::Number(text))),
        1 => "\\PC{0,5}|[\\x00-\\x20\"\\\\]{0,3}".prop_map(|text| Expr::from(Kind::String(text))),
        4 => any_selector().prop_map(Expr::from),
        2 => (any_selector(), range_time()).prop_map(|(selector, range)| selector.range(range)),
    ];
    let op = prop::sample::select(vec![
        Op::Pow,
        Op::Mul,
        Op::Div,
        Op::Mod,
        Op::Atan2,
        Op::Add,
        Op::Sub,
        Op::Eq,
        Op::Ne,
        Op::Lt,
        Op::Le,
        Op::Gt,
        Op::Ge,
        Op::TrimUpper,
        Op::TrimLower,
        Op::And,
        Op::Unless,
        Op::Or,
    ]);
    let function = prop::sample::select(vec!["rate", "abs", "start", "range", "unknown_one"]);
    leaf.prop_recursive(5, 40, 3, move |inner| {
        let boxed = inner.clone().prop_map(Box::new).boxed();
        let grouping = (any::<bool>(), prop::collection::vec(label(), 0..3))
            .prop_map(|(without, labels)| Grouping { without, labels })
            .boxed();
        prop_oneof![
            4 => (op.clone(), any::<bool>(), prop::option::of(matching()), inner.clone(), inner.clone()).prop_map(
                |(op, bool, matching, left, right)| Expr::from(Binary { op, bool, matching, left, right })
            ),
            1 => (any::<bool>(), boxed.clone()).prop_map(|(negative, expr)| Kind::Unary { negative, expr }.into()),
            1 => (function.clone(), prop::collection::vec(inner.clone(), 0..3))
                .prop_map(|(function, args)| build::call(function, args)),
            1 => (prop::option::of(grouping.clone()), boxed.clone()).prop_map(|(grouping, expr)| {
                Kind::Aggregate { op: "sum".to_owned(), param: None, expr, grouping }.into()
            }),
            1 => (prop::option::of(grouping), boxed.clone(), boxed.clone()).prop_map(|(grouping, param, expr)| {
                Kind::Aggregate { op: "topk".to_owned(), param: Some(param), expr, grouping }.into()
            }),
            1 => (boxed, range_time(), prop::option::of(range_time()), modifiers())
                .prop_map(|(expr, range, step, at)| Kind::Subquery { expr, range, step, at: Box::new(at) }.into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_expressions_are_parsed_again(expr in any_expr()) {
        let text = expr.to_string();
        let again = parse(&text).unwrap_or_else(|fault| panic!("{}", drawn(&text, &[fault])));
        prop_assert_eq!(without_parens(&again), without_parens(&expr), "{}", text);
        prop_assert_eq!(again.to_string(), text, "no parentheses are doubled");
    }

    #[test]
    fn pretty_printed_expressions_are_parsed_again(expr in any_expr(), width in 0usize..80) {
        let text = pretty(&expr, width);
        let again = parse(&text).unwrap_or_else(|fault| panic!("{text}\n{fault:?}"));
        prop_assert_eq!(without_parens(&again), without_parens(&expr), "{}", text);
    }

    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = promql::read(&text);
    }

    #[test]
    fn random_tokens_cause_no_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "up", "sum", "by", "on", "offset", "(", ")", "{", "}", "[", "]", ",", ":", "@", "\"a\"", "'", "=", "=~", "!=", "5m", "1",
        "0x", "-", "+", "*", "^", "and", "group_left", "bool", "$w", "#", "\n", " ", "start", "step", "info", "fill", "é", "\\", "`",
        "anchored", "inf", ".", "rate", "without", "</",
    ]), 0..20)) {
        let text = tokens.concat();
        if let Ok((expr, _)) = promql::read(&text) {
            let printed = expr.to_string();
            prop_assert_eq!(without_parens(&parse(&printed).unwrap()), without_parens(&expr), "{}", printed);
        }
        if let Err(faults) = promql::read(&text) {
            drawn(&text, &faults);
        }
    }

    #[test]
    fn no_pattern_panics_and_examples_match(pattern in "[a-c.*+?|()\\[\\]{}^$\\\\dwDWsQE0-3,:<>&~-]{0,12}") {
        if let Some(example) = regex::example(&pattern) {
            prop_assert_eq!(regex::matches(&pattern, &example), Some(true));
        }
    }
}

/// Dashboards replace variables in the text of a query. Texts of the sources must not change, and real variables must work.
#[test]
fn texts_of_sources_are_not_dashboard_variables() {
    use slowburn::promql::build::selector;
    let value = "$env ${env} [[env]] [[env:csv]] $__range $1 [[:alpha:]] a$";
    let own = selector("x", &[("a", value)]);
    let printed = own.to_string();
    assert_eq!(
        printed,
        r#"x{a="\x24env \x24{env} \x5b[env]] \x5b[env:csv]] \x24__range $1 [[:alpha:]] a$"}"#
    );
    assert_eq!(parse(&printed).unwrap(), own.clone().into());
    assert!(own.chosen("env", "env").to_string().ends_with(r#",env=~"$env"}"#));
}
