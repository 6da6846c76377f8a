//! The contract checks are true: right selectors are never reported, and selectors that are reported as not within the total are not.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use slowburn::diagnostic::Problem;
use slowburn::promql::ast::{MatchOp, Matcher, Selector};
use slowburn::promql::build::selector;
use slowburn::promql::regex;
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, Sources};

type Labels = BTreeMap<&'static str, &'static str>;

const LABELS: [&str; 4] = ["status", "method", "handler", "zone"];
const VALUES: [&str; 6] = ["200", "5xx", "GET", "/a\"b", "x.y", "ñ"];

/// The series of one metric.
fn series() -> impl Strategy<Value = Vec<Labels>> {
    let labels = proptest::collection::btree_map(
        proptest::sample::select(LABELS.to_vec()),
        proptest::sample::select(VALUES.to_vec()),
        0..4,
    );
    proptest::collection::vec(labels, 1..8)
}

/// A matcher for a value; `""` stands for a missing label.
fn satisfied(label: &str, value: &str, way: usize) -> Matcher {
    let quoted: String = value
        .chars()
        .flat_map(|c| match c.is_alphanumeric() {
            true => vec![c],
            false => vec!['\\', c],
        })
        .collect();
    let (op, text) = match way {
        0 => (MatchOp::Equal, value.to_owned()),
        1 => (MatchOp::Matches, format!("{quoted}|other")),
        2 => (MatchOp::Matches, ".*".to_owned()),
        3 => (MatchOp::NotEqual, "none of them".to_owned()),
        4 => (MatchOp::NotMatches, "none|of them".to_owned()),
        _ => (MatchOp::Matches, format!("(?i:{quoted})")),
    };
    Matcher { label: label.to_owned(), op, value: text, placeholder: false, span: Default::default() }
}

fn exposition(all: &[Labels]) -> String {
    let mut text = "# TYPE requests_total counter\n".to_owned();
    for labels in all {
        let labels: Vec<(&str, &str)> = labels.iter().map(|(label, value)| (*label, *value)).collect();
        let _ = writeln!(text, "{} 1", selector("requests_total", &labels));
    }
    text
}

fn problems(total: &Selector, bad: &Selector, exposition: Option<&str>) -> (Vec<Problem>, String) {
    let metrics = if exposition.is_some() { "metrics: all.prom\n" } else { "" };
    let yaml = |selector: &Selector| serde_json::to_string(&selector.to_string()).unwrap();
    let text = format!(
        "version: slowburn/v1\nservice: api\n{metrics}slos:\n  a:\n    objective: 99%\n    sli:\n      total: {}\n      bad: {}\n",
        yaml(total),
        yaml(bad),
    );
    let mut files = vec![SourceFile { path: "slos/api.yaml".to_owned(), text }];
    files.extend(
        exposition.map(|text| SourceFile { path: "slos/all.prom".to_owned(), text: text.to_owned() }),
    );
    let sources = Sources::new(files);
    let problems = slowburn::compile(&sources).problems;
    let shown = render(&problems, &sources, Format::Human { color: false });
    (problems, shown)
}

/// Whether Prometheus would select a series.
fn selects(selector: &Selector, labels: &BTreeMap<String, String>) -> bool {
    selector.matchers.iter().all(|matcher| {
        let value = labels.get(&matcher.label).map_or("", String::as_str);
        match matcher.op {
            MatchOp::Equal => value == matcher.value,
            MatchOp::NotEqual => value != matcher.value,
            MatchOp::Matches => regex::matches(&matcher.value, value).unwrap(),
            MatchOp::NotMatches => !regex::matches(&matcher.value, value).unwrap(),
        }
    })
}

fn any_matcher() -> impl Strategy<Value = Matcher> {
    let label = proptest::sample::select(LABELS[..2].to_vec());
    let op = proptest::sample::select(vec![
        MatchOp::Equal,
        MatchOp::NotEqual,
        MatchOp::Matches,
        MatchOp::NotMatches,
    ]);
    let value = proptest::sample::select(vec!["200", "404", "5..", "2..|4..", ".+", "", "[45]..", "GET"]);
    (label, op, value).prop_map(|(label, op, value)| Matcher {
        label: label.to_owned(),
        op,
        value: value.to_owned(),
        placeholder: false,
        span: Default::default(),
    })
}

fn any_selector() -> impl Strategy<Value = Selector> {
    proptest::collection::vec(any_matcher(), 0..4)
        .prop_map(|matchers| Selector { matchers: matchers.into(), ..selector("requests_total", &[]) })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn selectors_of_existing_series_are_not_reported(
        all in series(),
        chosen in any::<prop::sample::Index>(),
        ways in proptest::collection::vec(proptest::option::of(0..6usize), 4),
        of_bad in proptest::collection::vec(any::<bool>(), 4),
    ) {
        let one = chosen.get(&all);
        let asked = |narrow: bool| {
            let matchers = LABELS.iter().zip(&ways).zip(&of_bad).filter(|((_, _), of_bad)| narrow || !**of_bad);
            let matchers = matchers.filter_map(|((label, way), _)| Some((*label, (*way)?)));
            matchers.map(|(label, way)| satisfied(label, one.get(label).copied().unwrap_or(""), way)).collect()
        };
        // The selector of bad events has all matchers of the total, and more.
        let of = |matchers: Vec<Matcher>| {
            let job = satisfied("job", "api", 0);
            Selector { matchers: [vec![job], matchers].concat().into(), ..selector("requests_total", &[]) }
        };
        let (total, bad) = (of(asked(false)), of(asked(true)));
        let text = exposition(&all);
        let (problems, shown) = problems(&total, &bad, Some(&text));
        let codes = ["unknown-metric", "unknown-label", "unmatched-value", "uninitialised-series", "wrong-metric-type", "bad-not-within-total"];
        prop_assert!(!problems.iter().any(|problem| codes.contains(&problem.code.name())), "{}\n{}", text, shown);
    }

    #[test]
    fn bad_events_reported_as_not_within_the_total_are_not(total in any_selector(), bad in any_selector()) {
        let (problems, shown) = problems(&total, &bad, None);
        let Some(problem) = problems.iter().find(|problem| problem.code.name() == "bad-not-within-total") else { return Ok(()) };
        // The label in the message decides; the others can match the selector of bad events.
        let label = problem.primary.text.strip_prefix("for example those with").map(|rest| rest.trim_start_matches("out").trim_start_matches([' ', '`']));
        let label = label.and_then(|rest| rest.split(['=', '`']).next()).unwrap_or_default().to_owned();
        let value = problem.primary.text.split('"').nth(1).unwrap_or("").to_owned();
        let mut labels = BTreeMap::new();
        for matcher in bad.matchers.iter() {
            let of_label: Vec<(MatchOp, &str)> =
                bad.matchers.iter().filter(|other| other.label == matcher.label).map(|other| (other.op, other.value.as_str())).collect();
            labels.insert(matcher.label.clone(), regex::satisfying(&of_label).unwrap());
        }
        labels.insert(label, value);
        prop_assert!(selects(&bad, &labels), "{:?}\n{}", labels, shown);
        prop_assert!(!selects(&total, &labels), "{:?}\n{}", labels, shown);
    }
}

#[test]
fn an_up_of_a_job_that_no_contract_has_is_reported_if_all_contracts_have_jobs() {
    let problems = |contract: &str, job: &str| {
        let service = format!(
            "version: slowburn/v1\nservice: mail\nmetrics: metrics/all.prom\nslos:\n  up:\n    objective: 99%\n    sli: {{ probe: 'up{{job=\"{job}\"}}' }}\n"
        );
        let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
        let sources =
            Sources::new(vec![file("slos/mail.yaml", &service), file("slos/metrics/all.prom", contract)]);
        render(&slowburn::compile(&sources).problems, &sources, Format::Human { color: false })
    };
    let with_jobs = "# slowburn contract\n\ncounter sent_total\n  job: \"mail\" \"storage\"\n";
    let shown = problems(with_jobs, "mial");
    assert!(
        shown.contains("no contract has the job `mial`") && shown.contains("write `job=\"mail\"`"),
        "{shown}"
    );
    assert!(!problems(with_jobs, "storage").contains("not-scraped"));
    assert!(!problems("# slowburn contract\n\ncounter sent_total\n", "mial").contains("not-scraped"));
}
