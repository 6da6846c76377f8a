//! Sources that are written to take long: each is checked to its end, and what is too much is told once. None of these tests looks at a clock: what is
//! not bounded does not end, or tells too much.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use slowburn::diagnostic::{Code, Problem};
use slowburn::secret;
use slowburn::source::{SourceFile, Sources};

const SLO: &str = "slos:\n  s: { objective: 99%, sli: { probe: up } }\n";

fn problems(files: &[(&str, String)]) -> Vec<Problem> {
    let file =
        |(path, text): &(&str, String)| SourceFile { path: format!("slos/{path}"), text: text.clone() };
    slowburn::compile_each(&Sources::new(files.iter().map(file).collect())).problems()
}

fn service(text: &str) -> Vec<Problem> {
    problems(&[("a.yaml", format!("version: slowburn/v1\nservice: a\n{text}"))])
}

fn joined(count: usize, by: &str, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(by)
}

/// The one error, and where it stands.
fn only(problems: &[Problem], code: Code) -> u32 {
    let errors: Vec<&Problem> = problems.iter().filter(|problem| problem.is_error()).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].code, code, "{errors:?}");
    errors[0].primary.span.start
}

fn count(problems: &[Problem], code: Code) -> usize {
    problems.iter().filter(|problem| problem.code == code).count()
}

#[test]
fn aliases_repeat_no_more_text_than_a_definition_needs() {
    let slos = |many| {
        joined(many, "", |index| {
            format!("  s{index}: {{ objective: 99%, description: *d, sli: {{ probe: up }} }}\n")
        })
    };
    let text = |many| format!("description: &d {}\nslos:\n{}", "d".repeat(40_000), slos(many));
    assert!(service(&text(26)).is_empty(), "less than 1 MiB");
    only(&service(&text(600)), Code::TooLarge);
}

#[test]
fn a_template_puts_no_more_text_together_than_a_definition_needs() {
    let text = |marks| {
        let (value, marks) = ("x".repeat(10_000), "<<p>>".repeat(marks));
        let head = "version: slowburn/v1\nparameters: { p: ";
        format!("{head}{value} }}\ninstances: {{ x: {{}} }}\ndescription: '{marks}'\n{SLO}")
    };
    assert!(problems(&[("a.yaml", text(1_000))]).is_empty(), "10 MB");
    only(&problems(&[("a.yaml", text(10_000))]), Code::TooLarge);
}

#[test]
fn environments_are_counted() {
    let project = |many| {
        format!(
            "version: slowburn/v1\nenvironments:\n{}",
            joined(many, "", |index| format!("  e{index}: {{}}\n"))
        )
    };
    let file = ("a.yaml", format!("version: slowburn/v1\nservice: a\n{SLO}"));
    assert!(problems(&[("slowburn.yaml", project(50)), file.clone()]).is_empty());
    only(&problems(&[("slowburn.yaml", project(9_000)), file]), Code::TooLarge);
}

#[test]
fn labels_are_counted_wherever_they_stand() {
    let labels = |many| joined(many, ", ", |index| format!("l{index}: x"));
    let names = |many| joined(many, ", ", |index| format!("l{index}"));
    let file = ("a.yaml", format!("version: slowburn/v1\nservice: a\n{SLO}"));
    for key in [
        "labels: { ALL }",
        "annotations: { ALL }",
        "severities: { page: { labels: { ALL } } }",
        "severities: { page: { annotations: { ALL } } }",
        "prometheus: { external_labels: [NAMES] }",
        "prometheus: { target_labels: [NAMES] }",
        "prometheus: { replica_labels: [NAMES] }",
        "targets: { operator: { namespace: m, labels: { ALL } } }",
        "alertmanager: { receivers: { r: { webhook: { url: \"http://a/\" } } }, default: r, group_by: [NAMES] }",
    ] {
        let project = |many| {
            let key = key.replace("ALL", &labels(many)).replace("NAMES", &names(many));
            problems(&[("slowburn.yaml", format!("version: slowburn/v1\n{key}\n")), file.clone()])
        };
        assert_eq!(count(&project(64), Code::TooLarge), 0, "{key}");
        assert_eq!(count(&project(5_000), Code::TooLarge), 1, "{key}");
    }
}

/// To escape each of these selectors there are two ways, and the last cannot be escaped: two to the power of forty ways that all end there.
#[test]
fn labels_that_no_series_can_have_are_not_looked_for_without_end() {
    let others = joined(40, " or ", |index| format!("m{{b=\"{index}\",c=\"{index}\"}} > 1"));
    let expr = format!("m{{a=\"1\"}} > 1 or {others} or m > 2");
    service(&format!("{SLO}alerts: {{ a: {{ severity: page, expr: '{expr}' }} }}\n"));
    let total = joined(9, " + ", |which| {
        let matchers = joined(8, ",", |index| format!("l{which}!=\"{index}\""));
        format!("m{{{matchers}}}")
    });
    let found = service(&format!(
        "slos: {{ s: {{ objective: 99%, sli: {{ total: '{total} + m', bad: 'm{{z=\"1\"}}' }} }} }}\n"
    ));
    assert_eq!(count(&found, Code::Unprovable), 1, "{found:?}");
}

/// What dozens of neighbours look for in vain takes nothing from an alert that is simple.
#[test]
fn a_simple_alert_is_proven_beside_many_that_cannot_be() {
    let never = joined(40, "", |index| {
        format!(
            "  n{index}: {{ severity: ticket, for: 5m, expr: 'a > 11 and b < 22 and a < 10 and c > {index}' }}\n"
        )
    });
    let simple = "  zz: { severity: ticket, for: 5m, expr: 'a{x=\"y\"} > 11' }\n";
    let found = service(&format!("{SLO}alerts:\n{never}{simple}"));
    let unprovable: Vec<&Problem> = found.iter().filter(|problem| problem.code == Code::Unprovable).collect();
    assert_eq!(unprovable.len(), 40, "{unprovable:?}");
    assert!(!unprovable.iter().any(|problem| problem.headline.contains("`zz`")));
}

#[test]
fn a_long_expression_of_alternatives_is_read_once() {
    let alternatives = joined(120, " or ", |index| format!("m{{a=\"{index}\"}} > 1"));
    let alerts = joined(20, "", |index| {
        format!("  a{index}: {{ severity: ticket, for: 5m, expr: '{alternatives}' }}\n")
    });
    let found = service(&format!("{SLO}alerts:\n{alerts}"));
    assert_eq!(count(&found, Code::PromqlSyntax) + count(&found, Code::PromqlType), 0, "{found:?}");
}

/// A machine of thousands of states against texts of thousands of letters.
#[test]
fn patterns_are_tried_against_little() {
    let pattern = "(.*x)".repeat(1_500);
    let alerts = joined(10, "", |index| {
        format!("  a{index}: {{ severity: ticket, for: 5m, expr: 'm{{l=~\"{pattern}\"}} > {index}' }}\n")
    });
    assert_eq!(count(&service(&format!("{SLO}alerts:\n{alerts}")), Code::PromqlSyntax), 0);
}

#[test]
fn what_was_meant_is_looked_for_as_often_as_anybody_reads_it() {
    let contract = joined(300, "", |index| format!("c_total{{code{index}=\"200\"}} 1\n"));
    let file = |name: &str| {
        let slos = joined(30, "", |index| {
            format!(
                "  s{index}: {{ objective: 99%, sli: {{ total: c_total, bad: 'c_total{{coed{index}=\"5\"}}' }} }}\n"
            )
        });
        format!("version: slowburn/v1\nservice: {name}\nmetrics: m.prom\nslos:\n{slos}")
    };
    let found = problems(&[
        ("m.prom", contract),
        ("a.yaml", file("a")),
        ("b.yaml", file("b")),
        ("c.yaml", file("c")),
    ]);
    let unknown: Vec<&Problem> = found.iter().filter(|problem| problem.code == Code::UnknownLabel).collect();
    assert_eq!(unknown.len(), 90);
    let (searched, told) = unknown.split_at(50);
    assert!(searched.iter().all(|problem| !problem.help.is_empty()), "{searched:?}");
    assert!(told.iter().all(|problem| problem.help.is_empty()), "{told:?}");
}

#[test]
fn behind_a_hundred_addresses_the_rest_of_a_line_is_hidden() {
    let few = "http://a/ ".repeat(100);
    assert_eq!(secret::masked(&few), few);
    let many = format!("{few}http://b/ and http://u:secret@c/");
    assert_eq!(secret::masked(&many), format!("{few}http://…"));
    // One word of nothing but colons, and one whose every part may be a name with its password.
    let colons = ":".repeat(100_000);
    assert_eq!(secret::masked(&colons), colons);
    let names = format!("{}host", "a:b@".repeat(25_000));
    assert_eq!(secret::masked(&names), "a:…@host");
}
