//! Sources that are written to take long. Each is checked completely, and exceeded limits are reported once. No test measures time: without a limit
//! it would not end, or would report too much.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use slowburn::diagnostic::{Code, Problem};
use slowburn::model::Behaviour;
use slowburn::source::{SourceFile, Sources};
use slowburn::vocabulary::Decimal;
use slowburn::{import, secret, simulate};

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

/// The offset of the only error.
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
fn aliases_have_a_limit_of_text() {
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
fn a_template_has_a_limit_of_text() {
    let text = |marks| {
        let (value, marks) = ("x".repeat(10_000), "<<p>>".repeat(marks));
        let head = "version: slowburn/v1\nparameters: { p: ";
        format!("{head}{value} }}\ninstances: {{ x: {{}} }}\ndescription: '{marks}'\n{SLO}")
    };
    assert!(problems(&[("a.yaml", text(300))]).is_empty(), "3 MB");
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
fn labels_are_counted_in_any_order() {
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

/// Each of these selectors can be avoided in two ways, and the last one cannot: 2⁴⁰ combinations, all without a result.
#[test]
fn the_search_for_impossible_labels_ends() {
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
    let unprovable = found.iter().find(|problem| problem.code == Code::Unprovable).unwrap();
    let text = &unprovable.primary.text;
    assert!(text.starts_with("the search for values of its series was stopped"), "{text}");
}

/// Of many problems of a kind only the first are reported. But errors are never hidden by warnings.
#[test]
fn many_warnings_hide_no_error_of_their_kind() {
    let alert = |index: usize, severity: &str| {
        format!("  s{index}: {{ objective: {severity}, sli: {{ probe: up }} }}\n")
    };
    let own = "policies: { p: { tiers: [{ severity: page, budget: 50%, long: 1h, short: 5m }, { severity: ticket, budget: 10%, long: 3d, short: 6h }] } }\n";
    let many = joined(60, "", |index| alert(index, "90%"));
    let source = format!(
        "version: slowburn/v1\nservice: a\nslos:\n{many}  z: {{ objective: 99%, policy: p, sli: {{ probe: up }} }}\n"
    );
    let project = format!("version: slowburn/v1\n{own}");
    let found = problems(&[("slowburn.yaml", project), ("a.yaml", source)]);
    only(&found, Code::BurnRateUnreachable);
    assert_eq!(count(&found, Code::BurnRateUnreachable), 51);
}

/// Dozens of neighbours without a proof do not take the steps of a simple alert.
#[test]
fn a_simple_alert_is_proven_beside_many_that_cannot_be() {
    let never = joined(40, "", |index| {
        format!(
            "  n{index}: {{ severity: ticket, for: 5m, expr: 'a < 11 and b < 22 and a + b > 40 and c > {index}' }}\n"
        )
    });
    let simple = "  zz: { severity: ticket, for: 5m, expr: 'a{x=\"y\"} > 11' }\n";
    let found = service(&format!("{SLO}alerts:\n{never}{simple}"));
    let unprovable: Vec<&Problem> = found.iter().filter(|problem| problem.code == Code::Unprovable).collect();
    assert_eq!(unprovable.len(), 40, "{unprovable:?}");
    assert!(!unprovable.iter().any(|problem| problem.headline.contains("`zz`")));
}

/// A search that finds something takes nothing from the next one: two counters, a histogram and a condition of each of a thousand routes.
#[test]
fn every_slo_of_a_large_service_is_proven() {
    let slos = joined(1_000, "", |index| {
        let metric = |name: &str, more: &str| format!("{name}{{job=\"web\",route=\"r{index}\"{more}}}");
        let (total, bad) = (metric("a_total", ""), metric("a_total", ",status=~\"5..\""));
        let (histogram, gauge) = (metric("b_seconds", ""), metric("c", ""));
        format!(
            "  a{index}: {{ objective: 99.9%, sli: {{ total: '{total}', bad: '{bad}' }} }}
  b{index}: {{ objective: P99 < 1s, sli: {{ latency: '{histogram}' }} }}
  c{index}: {{ objective: 99%, sli: {{ condition: '{gauge} < 10' }} }}
"
        )
    });
    let found = service(&format!("slos:\n{slos}"));
    assert_eq!(count(&found, Code::Unprovable), 0, "{:?}", found.first());
}

#[test]
fn own_series_are_checked_in_any_number_of_services() {
    let service = |index: usize| {
        let name = if index == 299 { "slo:sli_eror:ratio_rate5m" } else { "slo:sli_error:ratio_rate5m" };
        let alert = format!("{name}{{service=\"s{index}\",slo=\"s\"}} > 0.5");
        let text = format!(
            "version: slowburn/v1\nservice: s{index}\n{SLO}alerts: {{ a: {{ severity: ticket, expr: '{alert}' }} }}\n"
        );
        (format!("s{index}.yaml"), text)
    };
    let files: Vec<(String, String)> = (0..300).map(service).collect();
    let files: Vec<(&str, String)> = files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    assert_eq!(count(&problems(&files), Code::UnknownMetric), 1);
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

/// A pattern with thousands of states against texts with thousands of characters.
#[test]
fn patterns_are_matched_with_bounded_work() {
    let pattern = "(.*x)".repeat(1_500);
    let alerts = joined(10, "", |index| {
        format!("  a{index}: {{ severity: ticket, for: 5m, expr: 'm{{l=~\"{pattern}\"}} > {index}' }}\n")
    });
    assert_eq!(count(&service(&format!("{SLO}alerts:\n{alerts}")), Code::PromqlSyntax), 0);
}

#[test]
fn a_template_has_a_limit_of_parameters() {
    let text = |many| {
        let parameters = joined(many, "", |index| format!("  p{index}: x\n"));
        let instances = joined(300, "", |index| format!("  a{index}: {{}}\n"));
        format!("version: slowburn/v1\nparameters:\n{parameters}instances:\n{instances}{SLO}")
    };
    assert_eq!(count(&problems(&[("a.yaml", text(64))]), Code::TooLarge), 0);
    only(&problems(&[("a.yaml", text(3_000))]), Code::TooLarge);
}

/// A query with very many placeholders is parsed once, not once for each.
#[test]
fn placeholders_know_the_quotes_before_them() {
    let asked = joined(4_000, " or ", |index| format!("up{{a=\"<<p>>{index}\"}} == 0"));
    let text = format!(
        "version: slowburn/v1\nparameters: {{ p: '\\d' }}\ninstances: {{ x: {{}} }}\n{SLO}alerts: {{ a: {{ severity: page, expr: '{asked}' }} }}\n"
    );
    assert_eq!(count(&problems(&[("a.yaml", text)]), Code::PromqlSyntax), 1, "it is too long");
}

#[test]
fn queries_of_every_slo_are_short() {
    let slos = joined(100, "", |index| format!("  s{index}: {{ objective: 99%, sli: {{ probe: up }} }}\n"));
    let text = |many| {
        let except = joined(many, " or ", |index| format!("m{index} == 1"));
        format!("except: {except}\nslos:\n{slos}")
    };
    assert!(service(&text(50)).iter().all(|problem| !problem.is_error()));
    only(&service(&text(5_000)), Code::TooLarge);
}

#[test]
fn few_services_are_needed_by_everything() {
    let project = |many| {
        let needed = joined(many, ", ", |index| format!("s{index}"));
        format!("version: slowburn/v1\ndependencies: {{ everything: [{needed}] }}\n")
    };
    let found = |many| {
        let file = |index: usize| {
            (format!("s{index}.yaml"), format!("version: slowburn/v1\nservice: s{index}\n{SLO}"))
        };
        let services: Vec<(String, String)> = (0..60).map(file).collect();
        let mut files: Vec<(&str, String)> =
            services.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
        files.push(("slowburn.yaml", project(many)));
        problems(&files)
    };
    assert_eq!(count(&found(20), Code::TooLarge), 0);
    only(&found(50), Code::TooLarge);
}

/// For each part, only the alerts that mean that it fails are compared, not the hundreds of others.
#[test]
fn queries_of_journeys_read_only_their_parts() {
    let parts =
        joined(300, "", |index| format!("  s{index}: {{ objective: 99.99%, sli: {{ probe: up }} }}\n"));
    let journeys = joined(200, "", |index| {
        let through = joined(20, ", ", |part| format!("a/s{}", (index * 7 + part) % 300));
        format!("  j{index}: {{ objective: 99%, sli: {{ journey: [{through}] }} }}\n")
    });
    let found = service(&format!("slos:\n{parts}{journeys}"));
    assert!(found.iter().all(|problem| !problem.is_error()), "{found:?}");
    let unknown = joined(60, "", |index| {
        format!("  j{index}: {{ objective: 99%, sli: {{ journey: [a/s{index}, a/zs{index}] }} }}\n")
    });
    let found = service(&format!("slos:\n{parts}{unknown}"));
    let undefined = found.iter().filter(|problem| problem.code == Code::ServiceUndefined);
    let meant: Vec<bool> =
        undefined.map(|problem| problem.primary.text.starts_with("did you mean")).collect();
    assert_eq!(meant, [true; 50], "{found:?}");
}

#[test]
fn references_between_foreign_documents_have_a_limit_of_text() {
    let imported = |many| {
        let query = format!("sum(a{{b=\"{}\"}})", "x".repeat(40_000));
        let source =
            |query: &str| format!("{{ metricSource: {{ type: Prometheus, spec: {{ query: '{query}' }} }} }}");
        let sli = format!(
            "apiVersion: openslo/v1\nkind: SLI\nmetadata: {{ name: i }}\nspec: {{ ratioMetric: {{ counter: true, good: {}, total: {} }} }}\n",
            source(&query),
            source("sum(a)")
        );
        let slos = joined(many, "", |index| {
            format!(
                "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {{ name: o{index} }}\nspec: {{ service: web, indicatorRef: i, timeWindow: [{{ duration: 28d, isRolling: true }}], budgetingMethod: Occurrences, objectives: [{{ target: 0.99 }}] }}\n"
            )
        });
        let file = SourceFile { path: "in.yaml".to_owned(), text: format!("{sli}{slos}") };
        import::import(&Sources::new(vec![file]), &import::Options::default()).problems
    };
    assert_eq!(count(&imported(20), Code::TooLarge), 0);
    assert_eq!(count(&imported(200), Code::TooLarge), 1);
}

#[test]
fn messages_about_incidents_are_short() {
    for text in ["x".repeat(100_000), format!("1% for {}", "1m".repeat(50_000)), "1% for 1m ".repeat(10_000)]
    {
        let said = simulate::parse(&text).unwrap_err().to_string();
        assert!(said.len() < 1_000, "{said}");
    }
}

#[test]
fn suggestions_are_searched_a_limited_number_of_times() {
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
    let (searched, unsearched) = unknown.split_at(50);
    assert!(searched.iter().all(|problem| !problem.help.is_empty()), "{searched:?}");
    assert!(unsearched.iter().all(|problem| problem.help.is_empty()), "{unsearched:?}");
}

#[test]
fn after_a_hundred_addresses_the_rest_of_a_line_is_hidden() {
    let few = "http://a/ ".repeat(100);
    assert_eq!(secret::masked(&few), few);
    let many = format!("{few}http://b/ and http://u:secret@c/");
    assert_eq!(secret::masked(&many), format!("{few}http://…"));
    // One word consists of colons, and in another one every part may be a name with a password.
    let colons = ":".repeat(100_000);
    assert_eq!(secret::masked(&colons), colons);
    let names = format!("{}host", "a:b@".repeat(25_000));
    assert_eq!(secret::masked(&names), "a:…@host");
}

#[test]
fn patterns_of_many_names_are_searched_whole() {
    let slos = joined(4, "", |index| {
        let names = |many| joined(many, "|", |name| format!("code-{name:03}"));
        let many = [65, 257, 300, 700][index];
        let (all, most) = (names(many), names(many - 1));
        format!(
            "  s{index}: {{ objective: 99%, sli: {{ total: 'c_total{{c=~\"{all}\"}}', bad: 'c_total{{c=~\"{most}\"}}' }} }}\n"
        )
    });
    let found = service(&format!("slos:\n{slos}"));
    assert!(found.iter().all(|problem| !problem.is_error()), "{found:?}");
    assert_eq!(count(&found, Code::Unprovable), 0, "{found:?}");
    // Of the texts of an endless pattern only some are tried.
    let long = joined(65, "|", |name| format!("code-{name:03}x*"));
    let (most, _) = long.rsplit_once('|').unwrap();
    let found = service(&format!(
        "slos:\n  s: {{ objective: 99%, sli: {{ total: 'c_total{{c=~\"{long}\"}}', bad: 'c_total{{c=~\"{most}\"}}' }} }}\n"
    ));
    assert!(is_stopped(&found), "{found:?}");
}

fn is_stopped(problems: &[Problem]) -> bool {
    let unproven = problems.iter().filter(|problem| problem.code == Code::Unprovable);
    unproven.map(|problem| &problem.primary.text).eq([&STOPPED])
}

const STOPPED: &str = "the search for values of its series was stopped: there are too many to try";

#[test]
fn a_search_says_that_it_was_stopped() {
    let alert =
        |expr: &str| service(&format!("{SLO}alerts: {{ a: {{ severity: ticket, expr: '{expr}' }} }}\n"));
    assert!(is_stopped(&alert(&format!("{} > 5", joined(15, " + ", |index| format!("a{index}"))))));
    assert!(is_stopped(&alert("count(a > 5) > 100")));
    assert_eq!(count(&alert("count(a > 5) > 99"), Code::Unprovable), 0);
}

/// Enough are up, and then one too few.
#[test]
fn quorums_are_proven_with_enough_series() {
    for (expr, copies) in [
        ("count(up == 1) < 2", 2),
        ("count(up == 1) <= 3", 4),
        ("100 > count(up == 1)", 100),
        ("sum(up == 1) < 21", 21),
        ("count(up == 1) < 4 or absent(up == 1)", 4),
    ] {
        let text = format!(
            "version: slowburn/v1\nservice: a\nalerts: {{ q: {{ severity: ticket, expr: '{expr}' }} }}\n"
        );
        let sources = Sources::new(vec![SourceFile { path: "slos/a.yaml".to_owned(), text }]);
        let model = slowburn::compile(&sources).model.unwrap();
        let series = &model.services[0].alerts[0].stimulus.as_ref().unwrap().series;
        let (zero, one) = (Decimal::ZERO, Decimal::ONE);
        let stands = |good, bad| Behaviour::Stands { good, bad };
        assert_eq!(series.len(), copies, "{expr}");
        assert_eq!(series[0].behaviour, stands(one, zero), "{expr}");
        assert!(series[1..].iter().all(|series| series.behaviour == stands(one, one)), "{expr}");
    }
}

#[test]
fn every_selector_of_an_unrecorded_series_is_reported() {
    let project = |matcher: &str, count: usize| {
        let service = |index: usize| {
            let expr = format!("slo:sli_eror:ratio_rate5m{{service{matcher}\"s{index}\"}} > 0.5");
            let text = format!(
                "version: slowburn/v1\nservice: s{index}\n{SLO}alerts: {{ a: {{ severity: ticket, expr: '{expr}' }} }}\n"
            );
            (format!("s{index}.yaml"), text)
        };
        let files: Vec<(String, String)> = (0..count).map(service).collect();
        let files: Vec<(&str, String)> =
            files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
        problems(&files)
    };
    assert_eq!(count(&project("=", 150), Code::UnknownMetric), 150);
    let patterns = project("=~", 720);
    assert!(count(&patterns, Code::UnknownMetric) > 600);
    assert_eq!(count(&patterns, Code::UnmatchedValue), 1);
}

/// What is not shown is told.
#[test]
fn large_dashboards_say_what_they_leave_out() {
    let slos = joined(101, "", |index| {
        format!(
            "  s{index}: {{ objective: 99%, sli: {{ total: c{index}_total, bad: 'c{index}_total{{c=\"5\"}}' }} }}\n"
        )
    });
    let levels = joined(25, "", |index| {
        format!("  l{index}: {{ objective: 99%, sli: {{ condition: 'queue{index} < 10' }} }}\n")
    });
    let alerts =
        joined(31, "", |index| format!("  a{index}: {{ severity: ticket, expr: 'm{index} > 5' }}\n"));
    let address = format!("https://wiki/{}", "x".repeat(300));
    let text = format!(
        "version: slowburn/v1\nservice: a\nannotations: {{ runbook_url: '{address}', source_url: '{address}' }}\nslos:\n{slos}{levels}alerts:\n{alerts}"
    );
    let sources = Sources::new(vec![SourceFile { path: "slos/a.yaml".to_owned(), text }]);
    let targets: Vec<_> = slowburn::emit::TARGETS.iter().filter(|target| !target.proves).collect();
    let files = slowburn::compile(&sources).artifacts_of(&targets).unwrap();
    let dashboard = &files["grafana/dashboards/a.json"];
    for told in ["1 more SLOs are not in this panel", "(2 others are not shown)", "and 1 more, which are not"]
    {
        assert!(dashboard.contains(told), "{told}");
    }
    let rules = &files["prometheus/a.rules.yaml"];
    assert!(rules.contains("slo:definition:info") && !rules.contains("x…"));
}
