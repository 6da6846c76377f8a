//! Templates: the result is the same as definitions without templates, and a problem is shown in both of its places.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write;

use slowburn::source::{SourceFile, Sources};
use support::folder::Folder;

/// Three services from one template; one of them is different.
const TEMPLATE: &str = r#"
version: slowburn/v1
parameters:
  job: <<name>>
  codes: 5..
  threshold: 500ms
  metric: http_requests_total
instances:
  payments: {}
  orders: { job: orders-v2, owner: orders-team, threshold: 300ms }
  search:
    codes: '5\d\d|"é"'
    slos:
      latency: off
      availability: { objective: 99% }
owner: web-team
description: "The service <<name>>: its answers"
slos:
  availability:
    objective: 99.9%
    sli:
      total: <<metric>>{job="<<job>>"}
      bad: <<metric>>{job="<<job>>",code=~"<<codes>>"}
  latency:
    objective: P95 < <<threshold>>
    sli: { latency: 'http_request_duration_seconds{job="<<job>>"}' }
"#;

/// The same without a template.
fn by_hand() -> Vec<(String, String)> {
    let services = [
        ("payments", "payments", "web-team", "99.9%", "5..", Some("500ms")),
        ("orders", "orders-v2", "orders-team", "99.9%", "5..", Some("300ms")),
        ("search", "search", "web-team", "99%", r#"5\\d\\d|\"é\""#, None),
    ];
    let file = |(name, job, owner, objective, codes, threshold): (
        &str,
        &str,
        &str,
        &str,
        &str,
        Option<&str>,
    )| {
        let mut text = format!(
            "version: slowburn/v1\nservice: {name}\nowner: {owner}\ndescription: \"The service {name}: its answers\"\nslos:\n  availability:\n    objective: {objective}\n    sli:\n      total: http_requests_total{{job=\"{job}\"}}\n      bad: http_requests_total{{job=\"{job}\",code=~\"{codes}\"}}\n"
        );
        if let Some(threshold) = threshold {
            let _ = write!(
                text,
                "  latency:\n    objective: P95 < {threshold}\n    sli: {{ latency: 'http_request_duration_seconds{{job=\"{job}\"}}' }}\n"
            );
        }
        (format!("slos/{name}.yaml"), text)
    };
    services.into_iter().map(file).collect()
}

fn sources(files: &[(String, String)]) -> Sources {
    let file = |(path, text): &(String, String)| SourceFile { path: path.clone(), text: text.clone() };
    Sources::new(files.iter().map(file).collect())
}

#[test]
fn a_template_gives_the_same_as_separate_definitions() {
    let template =
        slowburn::compile(&sources(&[("slos/web.yaml".to_owned(), TEMPLATE.trim_start().to_owned())]));
    let hand = slowburn::compile(&sources(&by_hand()));
    assert_eq!((template.problems.len(), hand.problems.len()), (0, 0), "{:?}", template.problems);
    let (template, hand) = (template.artifacts().unwrap(), hand.artifacts().unwrap());
    assert!(template.keys().eq(hand.keys()));
    for (path, text) in &hand {
        assert_eq!(&template[path], text, "{path}");
    }
}

#[test]
fn slos_and_alerts_have_templates_too_also_within_a_template_of_services() {
    let text = "version: slowburn/v1
parameters: { job: <<name>> }
instances: { shop: {}, mail: { job: postfix } }
slos:
  routes:
    parameters: { route: , objective: 99.9% }
    instances:
      checkout: { route: /checkout }
      find: { route: /search, objective: 99% }
    objective: <<objective>>
    sli:
      total: http_requests_total{job=\"<<job>>\",route=\"<<route>>\"}
      bad: http_requests_total{job=\"<<job>>\",route=\"<<route>>\",code=~\"5..\"}
alerts:
  queues:
    parameters: { queue: <<name>>, most: 100 }
    instances: { inbox: {}, outbox: { most: 5 } }
    expr: queue_length{job=\"<<job>>\",queue=\"<<queue>>\"} > <<most>>
    for: 5m
    severity: ticket
";
    let compiled = slowburn::compile(&sources(&[("slos/all.yaml".to_owned(), text.to_owned())]));
    let model = compiled.model.unwrap_or_else(|| panic!("{:#?}", compiled.problems));
    let names = |of: &dyn Fn(&slowburn::model::Service) -> Vec<String>| -> Vec<(String, Vec<String>)> {
        model.services.iter().map(|service| (service.name.to_string(), of(service))).collect()
    };
    let slos = names(&|service| service.slos.iter().map(|slo| slo.name.to_string()).collect());
    let all = vec!["checkout".to_owned(), "find".to_owned()];
    assert_eq!(slos, [("mail".to_owned(), all.clone()), ("shop".to_owned(), all)]);
    let exprs = names(&|service| service.alerts.iter().map(|alert| alert.expr.to_string()).collect());
    assert_eq!(exprs[0].1[1], "queue_length{job=\"postfix\",queue=\"outbox\"} > 5");
    assert_eq!(exprs[1].1[0], "queue_length{job=\"shop\",queue=\"inbox\"} > 100");
}

/// Every value stays the value of one label, or one description.
#[test]
fn a_parameter_stays_one_value() {
    for value in ["a\"b", "a}b", "a\\b", "x'y", "{{ $value }}", "line\\nbreak", "<<name>", "é\u{301}", "`"] {
        let spelled = serde_json::to_string(value).unwrap();
        let text = format!(
            "version: slowburn/v1\nparameters: {{ route: }}\ninstances: {{ shop: {{ route: {spelled} }} }}\nslos:\n  a:\n    description: of <<route>>\n    objective: 99%\n    sli:\n      total: x_total{{route=\"<<route>>\",kind='<<route>>'}}\n      bad: x_total{{route=\"<<route>>\",kind='<<route>>',code=\"500\"}}\n"
        );
        let compiled = slowburn::compile(&sources(&[("slos/all.yaml".to_owned(), text)]));
        let model = compiled.model.unwrap_or_else(|| panic!("{value}: {:#?}", compiled.problems));
        let slo = &model.services[0].slos[0];
        assert_eq!(slo.description.as_deref(), Some(format!("of {value}").as_str()));
        let slowburn::model::Sli::Counted { total: Some(total), .. } = &slo.sli else { panic!() };
        let matchers = &total[0].counter.selector().matchers;
        for label in ["route", "kind"] {
            let found = matchers.iter().find(|matcher| matcher.label == label).unwrap();
            assert_eq!(found.value, value, "{label}");
        }
    }
}

/// Outside of quotes only words are allowed, so that a value cannot change the query.
#[test]
fn a_parameter_cannot_change_a_query() {
    for value in ["x_total or vector(1)", "x{y=\\\"z\\\"}", "", "a b", "x\\n"] {
        let text = format!(
            "version: slowburn/v1\nparameters: {{ metric: }}\ninstances: {{ shop: {{ metric: \"{value}\" }} }}\nslos:\n  a: {{ objective: 99%, sli: {{ total: <<metric>>, bad: '<<metric>>{{code=\"500\"}}' }} }}\n"
        );
        let problems = slowburn::compile(&sources(&[("slos/all.yaml".to_owned(), text)])).problems;
        assert_eq!(problems[0].code.name(), "wrong-type", "{value}: {problems:#?}");
    }
}

#[test]
fn an_environment_may_override_instances() {
    let folder = Folder::empty();
    folder.write("slos/web.yaml", TEMPLATE.trim_start());
    folder.write(
        "slos/slowburn.yaml",
        "version: slowburn/v1\nenvironments:\n  live: {}\n  test: { services: { orders: off, payments: { owner: testers } } }\n",
    );
    let ran = folder.slowburn(&[]);
    assert!(ran.stderr.starts_with("compiled 8 SLOs of 5 services in 2 environments"), "{}", ran.stderr);
    assert!(folder.read("out/environments/test/prometheus/payments.rules.yaml").contains("owner: testers"));
}

/// Two hundred services from one template give the rules of two hundred files.
#[test]
fn many_instances_are_bounded() {
    let names =
        |count: usize| -> String { (0..count).map(|number| format!("  s{number}: {{}}\n")).collect() };
    let text = |count| {
        let (head, rest) = TEMPLATE.trim_start().split_once("  payments:").unwrap();
        let (_, body) = rest.split_once("owner: web-team").unwrap();
        format!("{head}{}owner: web-team{body}", names(count))
    };
    let compiled = |count| slowburn::compile(&sources(&[("slos/all.yaml".to_owned(), text(count))]));
    assert_eq!(compiled(200).model.unwrap().services.len(), 200);
    let too_many = compiled(20_000).problems;
    assert!(too_many.iter().any(|problem| problem.code.name() == "too-large"), "{}", too_many.len());
}
