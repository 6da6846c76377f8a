//! The output of `slowburn diff` for pairs of folders in `diffs/`: text, Markdown and JSON, each beside its pair.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

use slowburn::diagnostic::Problem;
use slowburn::difference::{Change, Difference, Weight};
use slowburn::render::{ComparedSide, DifferenceFormat, difference as rendered};
use slowburn::source::{SourceFile, Sources};

/// One side, compiled as far as possible.
struct Side {
    sources: Sources,
    problems: Vec<Problem>,
    complete: bool,
}

impl Side {
    fn of(files: Vec<SourceFile>) -> Self {
        let sources = Sources::new(files);
        let compiled = slowburn::compile(&sources);
        Self { sources, problems: compiled.problems, complete: compiled.model.is_some() }
    }

    fn read(folder: &Path) -> Self {
        let mut files = Vec::new();
        collect(folder, "slos", &mut files);
        Self::of(files)
    }

    /// A project with one service.
    fn service(text: &str) -> Self {
        Self::of(vec![SourceFile { path: "slos/api.yaml".to_owned(), text: text.to_owned() }])
    }

    /// A project with settings and a service.
    fn with_project(project: &str, service: &str) -> Self {
        let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
        Self::of(vec![file("slos/api.yaml", service), file("slos/slowburn.yaml", project)])
    }

    fn to(&self, new: &Self) -> Difference {
        let models = (slowburn::model_of(&self.sources), slowburn::model_of(&new.sources));
        slowburn::difference(&models.0, self.complete, &models.1, new.complete)
    }

    fn shown(&self, new: &Self, format: DifferenceFormat) -> String {
        fn compared<'a>(name: &'a str, side: &'a Side) -> ComparedSide<'a> {
            ComparedSide { name, sources: &side.sources, problems: &side.problems }
        }
        rendered(&self.to(new), compared("old", self), compared("new", new), format)
    }
}

fn collect(folder: &Path, name: &str, files: &mut Vec<SourceFile>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            collect(&path, &name, files);
        } else {
            files.push(SourceFile { path: name, text: fs::read_to_string(&path).unwrap() });
        }
    }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diffs");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn case(name: &str) -> (Side, Side) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diffs").join(name);
    (Side::read(&folder.join("old")), Side::read(&folder.join("new")))
}

const HUMAN: DifferenceFormat = DifferenceFormat::Human { color: false };

#[test]
fn each_pair_is_shown_in_each_format() {
    for folder in cases() {
        let (old, new) = (Side::read(&folder.join("old")), Side::read(&folder.join("new")));
        let name = folder.file_name().unwrap().to_str().unwrap();
        assert_eq!((old.complete, new.complete), (true, name != "broken"), "{name}: {:#?}", new.problems);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            let markdown = old.shown(&new, DifferenceFormat::Markdown);
            insta::assert_snapshot!("text", old.shown(&new, HUMAN));
            insta::assert_snapshot!("markdown", markdown);
            insta::assert_snapshot!("json", old.shown(&new, DifferenceFormat::Json));
        });
    }
}

#[test]
fn a_side_has_no_difference_from_itself() {
    for folder in cases() {
        for side in ["old", "new"] {
            let side = Side::read(&folder.join(side));
            assert_eq!(side.to(&side).changes, Vec::new());
        }
    }
}

#[test]
fn diff_is_symmetric() {
    for folder in cases() {
        let (old, new) = (Side::read(&folder.join("old")), Side::read(&folder.join("new")));
        let (forth, back) = (old.to(&new), new.to(&old));
        assert_eq!(forth.is_empty(), back.is_empty(), "{}", folder.display());
        assert_eq!((forth.before, forth.after, forth.kept), (back.after, back.before, back.kept));
    }
}

#[test]
fn comments_order_anchors_and_spelling_mean_nothing() {
    let (old, new) = case("only-the-bytes");
    let difference = old.to(&new);
    assert!(difference.is_empty(), "{:#?}", difference.changes);
    assert!(old.shown(&new, HUMAN).contains("The two definitions mean the same."));
    let json: serde_json::Value = serde_json::from_str(&old.shown(&new, DifferenceFormat::Json)).unwrap();
    assert_eq!(json["same"], true);
}

/// The text outside of inline code, in Markdown without code blocks.
fn outside_code(markdown: &str) -> String {
    let mut outside = String::new();
    let mut rest = markdown;
    while let Some(start) = rest.find('`') {
        outside += &rest[..start];
        let fence = rest[start..].chars().take_while(|c| *c == '`').count();
        if outside.ends_with('\\') {
            rest = &rest[start + 1..];
            continue;
        }
        let after = &rest[start + fence..];
        // The span ends at the next run of as many backticks (CommonMark 6.1).
        let mut at = 0;
        let end = loop {
            let next = at + after[at..].find('`').expect("every span ends");
            let run = after[next..].chars().take_while(|c| *c == '`').count();
            if run == fence {
                break next;
            }
            at = next + run;
        };
        assert!(!after[..end].contains('\n'), "a span is one line: {}", &after[..end]);
        rest = &after[end + fence..];
    }
    outside + rest
}

#[test]
fn texts_of_sources_are_never_markup_or_terminal_control() {
    let (old, new) = case("hostile");
    let markdown = old.shown(&new, DifferenceFormat::Markdown);
    let outside = outside_code(&markdown);
    for active in ["<script", "<img", "@everyone", "#1", "![i]", "http:", "**b**", "</code>"] {
        assert!(!outside.contains(active), "{active} in\n{outside}");
        let was_there = old.to(&new).changes.iter().any(|change| change.text.to_string().contains(active))
            || old.to(&new).changes.iter().any(|change| format!("{:?}", change.effects).contains(active));
        assert!(was_there, "the case holds {active}");
    }
    assert_eq!(outside.matches("</details>").count(), outside.matches("<details>").count());
    for format in [HUMAN, DifferenceFormat::Markdown, DifferenceFormat::Json] {
        let text = old.shown(&new, format);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    }
    for format in [HUMAN, DifferenceFormat::Markdown] {
        assert!(!old.shown(&new, format).contains('\u{202e}'));
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    for folder in cases() {
        let (old, new) = (Side::read(&folder.join("old")), Side::read(&folder.join("new")));
        let mut colored = old.shown(&new, DifferenceFormat::Human { color: true });
        for sequence in ["\u{1b}[1m", "\u{1b}[1;31m", "\u{1b}[1;33m", "\u{1b}[0m"] {
            colored = colored.replace(sequence, "");
        }
        assert_eq!(colored, old.shown(&new, HUMAN), "{}", folder.display());
    }
}

const API: &str = "version: slowburn/v1
service: api
slos:
  availability:
    objective: 99.9%
    sli:
      total: http_requests_total{job=\"api\"}
      bad: http_requests_total{job=\"api\", status=~\"5..\"}
";

/// The kinds of changes between a service and its new version.
fn kinds(old: &Side, new: &Side) -> Vec<&'static str> {
    assert!(old.complete && new.complete, "{:#?}", new.problems);
    let mut kinds: Vec<&str> = old.to(new).changes.iter().map(|change| change.kind.as_str()).collect();
    kinds.dedup();
    kinds
}

#[test]
fn every_key_of_the_language_is_tested() {
    let slo = |line: &str| Side::service(&format!("{API}    {line}\n"));
    let service = |line: &str| Side::service(&API.replace("slos:", &format!("{line}\nslos:")));
    let project = |line: &str| Side::with_project(&format!("version: slowburn/v1\n{line}\n"), API);
    let plain = Side::service(API);
    for (line, expected) in [
        ("description: x", "description"),
        ("by: [env]", "by"),
        ("tiers_off: [3d]", "tier"),
        ("tiers_off: [page]", "alert-removed"),
        ("traffic: 10/s", "traffic"),
        ("runbook: x", "runbook"),
        ("period: 28d\n    policy: workbook-scaled", "period"),
        ("period: calendar month", "period"),
        ("min_bad_events: { page: 3 }", "min-bad-events"),
        ("min_events: { page: 30 }", "min-events"),
        ("budgeting: timeslices\n    slice: { length: 5m, objective: 95% }", "budgeting"),
        ("labels: { a: b }", "label"),
        ("annotations: { a: b }", "annotation"),
    ] {
        let kinds = kinds(&plain, &slo(line));
        assert!(kinds.contains(&expected), "{line}: {kinds:?}");
    }
    for (line, expected) in [
        ("description: x", "description"),
        ("owner: x", "owner"),
        ("scrape_interval: 10s", "scrape"),
        ("planned: { http_requests_total: not yet }", "planned"),
        ("missing_events: off", "missing-events"),
        ("alerts: { down: { expr: 'up{job=\"api\"} == 0', severity: page } }", "alert-added"),
        ("missing_events: { severity: page }", "missing-events"),
        ("labels: { a: b }", "label"),
    ] {
        let kinds = kinds(&plain, &service(line));
        assert!(kinds.contains(&expected), "{line}: {kinds:?}");
    }
    for (line, expected) in [
        ("language: es", "language"),
        ("severities: { page: { label: critical } }", "severity"),
        ("severities: { page: { labels: { a: b } } }", "label"),
        ("severities: { ticket: { annotations: { a: b } } }", "annotation"),
        ("prometheus: { version: \"3.0\" }", "prometheus"),
        ("prometheus: { retention: 90d }", "prometheus"),
        ("prometheus: { target_labels: [env] }", "prometheus"),
        ("prometheus: { external_labels: [env] }", "prometheus"),
        ("prometheus: { scrape_interval: 10s }", "scrape"),
        ("links: { runbooks: 'https://wiki.shop.internal/runbooks' }", "link"),
        ("texts: { burn: { summary: x } }", "description"),
        ("targets: { operator: { namespace: monitoring } }", "target"),
        ("targets: { thanos: {} }", "target"),
        ("targets: { mimir: { max_rules: 40 } }", "target"),
        ("targets: { cortex: {} }", "target"),
        ("targets: { vmalert: {} }", "target"),
        ("targets: { vmrule: { labels: { team: sre } } }", "target"),
        ("alertmanager: { receivers: { a: { pagerduty: { routing_key_file: /k } } }, default: a }", "route"),
    ] {
        let kinds = kinds(&plain, &project(line));
        assert!(kinds.contains(&expected), "{line}: {kinds:?}");
    }
}

#[test]
fn changes_that_reset_a_budget_or_mix_meanings_need_care() {
    let plain = Side::service(API);
    for (old, new) in [
        ("  availability:", "  success:"),
        ("service: api", "service: web"),
        ("status=~\"5..\"", "status=~\"[45]..\""),
        ("objective: 99.9%", "objective: 99.9%\n    by: [env]"),
        ("objective: 99.9%", "objective: 99.9%\n    period: calendar month"),
        ("objective: 99.9%", "objective: 99.9%\n    period: 90d\n    policy: workbook-scaled"),
        (
            "objective: 99.9%",
            "objective: 99.9%\n    budgeting: timeslices\n    slice: { length: 5m, objective: 95% }",
        ),
    ] {
        let difference = plain.to(&Side::service(&API.replace(old, new)));
        let care: Vec<&Change> =
            difference.changes.iter().filter(|change| change.weight() == Weight::Care).collect();
        assert_eq!(care.len(), 1, "{new}: {:#?}", difference.changes);
        let until = ["until 30d after", "until 90d after", "until the next month begins"];
        let warning = care[0].warning.as_ref().unwrap().to_string();
        assert!(until.iter().any(|until| warning.contains(until)), "{warning}");
    }
}

#[test]
fn thirty_slos_with_one_change_are_one_line() {
    let many = |objective: &str| {
        let file = |index: usize| SourceFile {
            path: format!("slos/s{index}.yaml"),
            text: API.replace("api", &format!("s{index}")).replace("99.9%", objective),
        };
        Side::of((0..30).map(file).collect())
    };
    let difference = many("99.9%").to(&many("99.5%"));
    assert_eq!(difference.changes.len(), 1);
    assert_eq!(difference.changes[0].subjects.len(), 30);
    assert!(many("99.9%").shown(&many("99.5%"), HUMAN).contains("all 30 SLOs: objective 99.5%, was 99.9%"));
}

const COUNTED: &str = "counter http_requests_total\n  job: \"api\"\n  status: \"200\" \"500\"\n";

/// GitHub refuses comments with more than 65,536 characters, so a longer one would not appear at all.
#[test]
fn a_comment_is_within_the_limit_of_github() {
    let many = |services: usize, metrics: usize, objective: &str, text: &str| {
        let files = (0..services).flat_map(|index| {
            let contract: String = (0..metrics + index)
                .map(|metric| {
                    format!(
                        "gauge s{index}_{objective}_{metric}_messages_waiting_in_the_queue\n  job: \"api\"\n"
                    )
                })
                .collect();
            let service = API
                .replace("api\n", &format!("s{index}\nmetrics: s{index}.prom\n"))
                .replace("99.9%", &format!("99.{objective}%\n    labels: {{ note: \"{index}{text}\" }}"));
            let file = |path: String, text: String| SourceFile { path, text };
            [
                file(format!("slos/s{index}.yaml"), service),
                file(format!("slos/s{index}.prom"), format!("# slowburn contract\n\n{COUNTED}{contract}")),
            ]
        });
        Side::of(files.collect())
    };
    let comment = |old: &Side, new: &Side| {
        assert!(old.complete && new.complete, "{:#?}", new.problems);
        let markdown = old.shown(new, DifferenceFormat::Markdown);
        assert!(markdown.len() <= 60_000, "{}", markdown.len());
        assert_eq!(markdown.matches("<details>").count(), markdown.matches("</details>").count());
        assert!(markdown.ends_with("<sub>Compared: `old` with `new`</sub>\n"));
        let listed = markdown.lines().filter(|line| line.starts_with("- **")).count();
        let unseen = markdown.split_once("\n… and ").map_or(0, |(_, rest)| {
            assert!(rest.contains(" more changes: `slowburn diff old new`\n"), "{rest}");
            rest.split(' ').next().unwrap().parse().unwrap()
        });
        assert_eq!(listed + unseen, old.to(new).changes.len());
        (markdown, unseen)
    };
    // Folded parts are dropped first, and only as many as necessary.
    let (markdown, unseen) = comment(&many(20, 220, "9", "x"), &many(20, 220, "5", "x"));
    assert_eq!(unseen, 0);
    let folds = markdown.matches("<summary>").count() - 1;
    assert!((5..20).contains(&folds), "{folds}");
    // Then details, the least important first.
    for (was, is) in [("á", "é"), ("`", "``")] {
        let (old, new) = (many(50, 70, "9", &was.repeat(1_000)), many(50, 70, "5", &is.repeat(1_000)));
        let (markdown, unseen) = comment(&old, &new);
        // One fold is small enough.
        assert!(unseen > 50 && markdown.len() > 55_000, "{unseen} {}", markdown.len());
        assert!(markdown.matches(" more</summary>").count() < 3);
        assert!(markdown.contains("all 50 SLOs**: objective"), "{}", &markdown[..500]);
    }
}

#[test]
fn exchanged_names_are_not_a_renaming() {
    let two = |first: &str, second: &str| {
        let slo = |name: &str, metric: &str| {
            format!("  {name}:\n    objective: 99%\n    sli: {{ probe: '{metric}{{job=\"api\"}}' }}\n")
        };
        let text =
            format!("version: slowburn/v1\nservice: api\nslos:\n{}{}", slo("a", first), slo("b", second));
        Side::service(&text)
    };
    let difference = two("up", "alive").to(&two("alive", "up"));
    assert_eq!(kinds(&two("up", "alive"), &two("alive", "up")), ["sli"]);
    assert!(difference.changes.iter().all(|change| change.weight() == Weight::Care));
}

/// After every mistake, the other parts can still be compared.
#[test]
fn sources_with_errors_are_compared_as_far_as_possible() {
    let plain = Side::service(API);
    let mut seen = 0;
    for (folder, path) in crate::support::rejected() {
        let text = fs::read_to_string(&path).unwrap();
        let side = if folder == "project" { Side::with_project(&text, API) } else { Side::service(&text) };
        for (old, new) in [(&plain, &side), (&side, &plain)] {
            let difference = old.to(new);
            let said: Vec<&str> = difference.changes.iter().map(|change| change.kind.as_str()).collect();
            // If something was perhaps only not understood, it is not reported as removed.
            assert!(new.complete || !said.contains(&"slo-removed"), "{}: {said:?}", path.display());
            assert!(old.complete || !said.contains(&"slo-added"), "{}: {said:?}", path.display());
        }
        assert_eq!(plain.shown(&side, HUMAN).contains("error["), !side.complete, "{}", path.display());
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn renamed_services_are_found_among_thousands() {
    let many = |prefix: &str| {
        let file = |index: usize| {
            let slos: String = (0..10)
                .map(|slo| {
                    let job = 10 * index + slo;
                    format!(
                        "  {prefix}{slo}:\n    objective: 99%\n    sli: {{ probe: 'up{{job=\"j{job}\"}}' }}\n"
                    )
                })
                .collect();
            let text = format!("version: slowburn/v1\nservice: s{index}\nslos:\n{slos}");
            SourceFile { path: format!("slos/s{index}.yaml"), text }
        };
        Side::of((0..200).map(file).collect())
    };
    let difference = many("a").to(&many("b"));
    let renamed = difference.changes.iter().filter(|change| change.kind.as_str() == "slo-renamed").count();
    assert_eq!((renamed, difference.kept), (2_000, 2_000));
}

/// A service whose alerts have two labels with unknown values, and `routes` to the receivers `r0` to `r49`.
fn routed(routes: &[String]) -> Side {
    let service = "version: slowburn/v1
service: api
slos:
  availability:
    objective: 99%
    sli: { total: 'all_total{job=\"api\"}', bad: 'bad_total{job=\"api\"}' }
    by: [region, level]
";
    let receiver =
        |name: String| format!("    {name}: {{ webhook: {{ url: \"http://127.0.0.1:9/{name}\" }} }}\n");
    let receivers: String = (0..50).map(|one| receiver(format!("r{one}"))).collect();
    let routes: String = routes.iter().map(|route| format!("    - {route}\n")).collect();
    let project = format!(
        "version: slowburn/v1\nalertmanager:\n  default: r49\n  receivers:\n{receivers}  routes:\n{routes}"
    );
    Side::with_project(&project, service)
}

#[test]
fn changed_receivers_are_found_among_many_combinations_of_label_values() {
    let route = |one: usize, to: usize| format!("{{ match: {{ region: v{one}, level: gold }}, to: r{to} }}");
    for count in [20, 31, 32, 40] {
        let routes: Vec<String> = (0..count).map(|one| route(one, one)).collect();
        let old = routed(&routes);
        assert!(old.complete, "{:#?}", old.problems);
        let mut other = routes.clone();
        other[7] = route(7, 8);
        let shown = old.shown(&routed(&other), HUMAN);
        assert!(shown.contains("Other people are notified.\n"), "{shown}");
        assert!(shown.contains("page no longer goes to `r7`\n"), "{shown}");
        // Both receivers have other alerts too.
        other[7] = route(8, 7);
        other[8] = route(7, 8);
        let shown = old.shown(&routed(&other), HUMAN);
        assert!(shown.contains("page goes to the same receivers, but under other conditions\n"), "{shown}");
        assert_eq!(shown.matches("with `").count(), 2 * 4 + 4, "{shown}");
        assert!(shown.contains("- now with `level=gold, region=v7`: `r8`\n"), "{shown}");
        assert!(shown.contains("- before with `level=gold, region=v7`: `r7`\n"), "{shown}");
        // The limit is crossed by a value that decides nothing about these alerts.
        let mut more = routes;
        more.push("{ match: { service: other, region: v99 }, to: r1 }".to_owned());
        let shown = old.shown(&routed(&more), HUMAN);
        assert!(
            shown.starts_with("The two definitions mean the same.") || !shown.contains("people"),
            "{shown}"
        );
    }
}
