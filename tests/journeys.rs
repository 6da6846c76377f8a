//! Journeys with the real rules of their parts, in promtool: counts, computed by hand, in every order of groups; and notifications, with a real
//! Alertmanager.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use slowburn::artifact::Artifacts;
use slowburn::source::{SourceFile, Sources};
use support::alertmanager::Running;
use support::rules::{compiled, groups, test_rules, written};
use support::{promtool, promtool3, skipped};

const PROJECT: &str = "version: slowburn/v1
period: 1d
policies:
  brief:
    tiers:
      - { severity: page,   budget: 10%, long: 30m, short: 5m }
      - { severity: ticket, budget: 25%, long: 2h,  short: 10m }
policy: brief
dependencies: { api: [database] }
alertmanager:
  receivers:
    on-call: { webhook: { url: \"http://127.0.0.1:9/hook\" } }
  default: on-call
";

const API: &str = "version: slowburn/v1
service: api
slos:
  availability:
    objective: 99.9%
    by: [env]
    sli:
      total: http_requests_total{job=\"api\"}
      bad: http_requests_total{job=\"api\", code=\"500\"}
";

const MAIL: &str = "version: slowburn/v1
service: mail
slos:
  delivery:
    objective: 99%
    sli:
      total: smtp_sent_total{job=\"mail\"}
      bad: smtp_sent_total{job=\"mail\", outcome=\"error\"}
alerts:
  down: { expr: 'absent(up{job=\"mail\"} == 1)', for: 30s, severity: page, down: true }
";

const DATABASE: &str = "version: slowburn/v1
service: database
slos:
  availability:
    objective: 99.9%
    sli: { probe: 'up{job=\"database\"}' }
";

/// Its parts are in other files, and its name is between theirs in the alphabet.
const JOURNEY: &str = "version: slowburn/v1
service: invite
slos:
  invite:
    objective: 98.5%
    sli:
      journey: [api/availability, mail/delivery]
";

fn files(journey: &str) -> [(&'static str, &str); 5] {
    [
        ("slos/slowburn.yaml", PROJECT),
        ("slos/api.yaml", API),
        ("slos/database.yaml", DATABASE),
        ("slos/invite.yaml", journey),
        ("slos/mail.yaml", MAIL),
    ]
}

fn artifacts(journey: &str) -> Artifacts {
    compiled(&files(journey))
}

/// The increase per half minute, and the number of half minutes.
type Gains = (u64, usize);

/// A counter's samples every half minute.
fn counter(gains: &[Gains]) -> String {
    let mut value = 0;
    let mut samples = vec![value];
    for (gain, steps) in gains {
        for _ in 0..*steps {
            value += gain;
            samples.push(value);
        }
    }
    samples.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

/// Always good, except in these half minutes (numbered by their ends); no events in `rests`.
fn service(fails: &[std::ops::RangeInclusive<usize>], rests: std::ops::RangeInclusive<usize>) -> [String; 2] {
    let steps = 1..=100;
    let is_bad = |step: &usize| fails.iter().any(|fails| fails.contains(step));
    let gains = |bad: bool| -> Vec<Gains> {
        let gain = |step: usize| match () {
            () if rests.contains(&step) => 0,
            () if is_bad(&step) == bad => 100,
            () => 0,
        };
        steps.clone().map(|step| (gain(step), 1)).collect()
    };
    [counter(&gains(false)), counter(&gains(true))]
}

/// A test of all rule files, with the conditions at fifty minutes.
fn test(artifacts: &Artifacts, first: &str, checks: &[(String, &str)]) -> String {
    let services = ["api", "database", "invite", "mail"];
    let mut order: Vec<&str> = services.into_iter().filter(|service| *service != first).collect();
    order.insert(0, first);
    let mut text = "rule_files:\n".to_owned();
    for service in order.iter() {
        text += &format!("  - prometheus/{service}.rules.yaml\n");
    }
    text += "evaluation_interval: 30s\ngroup_eval_order:\n";
    for service in &order {
        for group in groups(&artifacts[&format!("prometheus/{service}.rules.yaml")]) {
            text += &format!("  - {}\n", group["name"].as_str().unwrap());
        }
    }
    // In half minutes: api fails alone at 20 and 21, both at 41, mail alone at 42; no events from 61 to 66, and then only in api.
    let [api_good, api_bad] = service(&[20..=21, 40..=41], 61..=66);
    let [mail_good, mail_bad] = service(&[41..=42], 61..=70);
    let series = [
        ("http_requests_total{job=\"api\",env=\"prod\",code=\"200\"}", &api_good),
        ("http_requests_total{job=\"api\",env=\"prod\",code=\"500\"}", &api_bad),
        ("smtp_sent_total{job=\"mail\",outcome=\"sent\"}", &mail_good),
        ("smtp_sent_total{job=\"mail\",outcome=\"error\"}", &mail_bad),
    ];
    text += "tests:\n  - interval: 30s\n    input_series:\n";
    for (name, values) in series {
        text += &format!("      - {{ series: '{name}', values: '{values}' }}\n");
    }
    // Another value of `by` is good at the same time, and has more events.
    text += "      - { series: 'http_requests_total{job=\"api\",env=\"test\",code=\"200\"}', values: '0+300x60 18000x6 18000+300x40' }\n";
    text += "    promql_expr_test:\n";
    for (query, value) in checks {
        text += &format!(
            "      - {{ expr: 'sum({query})', eval_time: 50m, exp_samples: [{{ labels: '{{}}', value: {value} }}] }}\n"
        );
    }
    text
}

fn hold(artifacts: &Artifacts, tests: &[(&str, String)]) {
    let Some(promtool) = promtool() else { return skipped("there is no promtool") };
    let folder = written(artifacts);
    let paths: Vec<_> = tests
        .iter()
        .map(|(name, text)| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        })
        .collect();
    for tool in std::iter::once(promtool).chain(promtool3()) {
        let failed = test_rules(&tool, paths.clone());
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }
}

/// A slice of a minute has two counts, and is judged half a minute after its end: k bad counts in a row make k + 1 moments bad.
#[test]
fn bad_moments_are_counted_once_and_shared() {
    let artifacts = artifacts(JOURNEY);
    let of = |name: &str, more: &str| {
        format!("sum_over_time({name}{{service=\"invite\",slo=\"invite\"{more}}}[44m59s])")
    };
    // From the evaluation at 5m30s to that at 50m: 90 slices. Slices without events end from 61.5 to 66: 5 of them.
    let checks = [
        (of("slo:total_events:increase30s", ""), "85"),
        // api alone from 21 to 23; api from 41 to 43 and mail from 42 to 44.
        (of("slo:bad_events:increase30s", ""), "7"),
        (of("slo:journey_bad_events:increase30s", ",part=\"api/availability\""), "5"),
        (of("slo:journey_bad_events:increase30s", ",part=\"mail/delivery\""), "2"),
        (of("slo:journey_part_bad:bool", ",part=\"api/availability\""), "6"),
        (of("slo:journey_part_bad:bool", ",part=\"mail/delivery\""), "3"),
        (
            "round(slo:journey_part_share:ratio{service=\"invite\",part=\"api/availability\"}, 0.001)"
                .to_owned(),
            "0.714",
        ),
        ("round(slo:journey_part_share:ratio{service=\"invite\"}, 0.001)".to_owned(), "1"),
    ];
    let tests = ["invite", "api", "mail"].map(|first| (first, test(&artifacts, first, &checks)));
    hold(&artifacts, &tests);
}

/// With the other value, half of the events fail, or 25 %, and 70 % are allowed.
#[test]
fn slices_of_a_journey_may_be_longer_and_have_a_lower_objective() {
    let lenient = format!("{JOURNEY}    slice: {{ length: 2m, objective: 70% }}\n");
    let artifacts = artifacts(&lenient);
    let of = |name: &str, more: &str| format!("sum_over_time({name}{{service=\"invite\"{more}}}[44m59s])");
    // api has 200 failures in 1600 events in two minutes. mail has 200 in 400, so slices with one or both of its bad counts are good.
    let checks = [
        (of("slo:bad_events:increase30s", ""), "3"),
        (of("slo:journey_bad_events:increase30s", ",part=\"mail/delivery\""), "3"),
        (of("slo:journey_bad_events:increase30s", ",part=\"api/availability\""), "0"),
    ];
    hold(&artifacts, &[("lenient", test(&artifacts, "invite", &checks))]);
}

/// Events outside of a part's hours do not count for the journey.
#[test]
fn maintenance_of_a_part_does_not_count_for_the_journey() {
    let calm = MAIL.replace("    objective: 99%\n", "    objective: 99%\n    except: maintenance == 1\n");
    let artifacts = compiled(&[
        ("slos/slowburn.yaml", PROJECT),
        ("slos/api.yaml", API),
        ("slos/database.yaml", DATABASE),
        ("slos/invite.yaml", JOURNEY),
        ("slos/mail.yaml", &calm),
    ]);
    let of = |name: &str| format!("sum_over_time({name}{{service=\"invite\"}}[44m59s])");
    let checks = [(of("slo:bad_events:increase30s"), "6")];
    let text = test(&artifacts, "invite", &checks);
    let text = text.replace(
        "    promql_expr_test:",
        "      - { series: 'maintenance', values: '0x38 1x6 0x60' }\n    promql_expr_test:",
    );
    hold(&artifacts, &[("maintenance", text)]);
}

/// The page of `api` has a longer short window than its journey, so it stops last.
const SLOW: &str = "    policy: slow\n";

/// The journey pages first if a part fails a little and then more. The part pages first if all its events fail. `first` is evaluated first.
fn sequence(artifacts: &Artifacts, first: &str) -> String {
    // In half minutes: good until 20, few errors until 32, more until 80; good until 180, all bad until 200.
    let gains = |bad: u64, steps: usize| ((1000 - bad, steps), (bad, steps));
    let scenes = [gains(0, 20), gains(3, 12), gains(20, 48), gains(0, 100), gains(1000, 20), gains(0, 60)];
    let (good, bad): (Vec<Gains>, Vec<Gains>) = scenes.into_iter().unzip();
    let (good, bad) = (counter(&good), counter(&bad));
    let (mail, hour) = ("0+1000x260", "2h10m");
    let fires = |alert: &str| format!("ALERTS{{alertname=\"{alert}\",alertstate=\"firing\"}}");
    let [page, part, notified] =
        ["InviteInviteBurnPage", "ApiAvailabilityBurnPage", "InviteInviteBurnPageNotified"].map(fires);
    let during = |from: &str, to: &str, query: &str| format!("count_over_time(({query})[{from}:30s]{to})");
    // A group that is evaluated before an alert's group sees the alert half a minute later.
    let checks = [
        ("the journey pages once", during("60m", " offset 70m", &format!("max({page})")), true),
        ("the part pages too", during("60m", " offset 70m", &format!("max({part})")), true),
        (
            "and is silenced all the time",
            during("60m", " offset 70m", &format!("max({part}) unless on () {notified}")),
            false,
        ),
        (
            "also after the journey",
            during("60m", " offset 70m", &format!("max({part}) unless on () {page}")),
            true,
        ),
        ("and nothing longer than it", during("25m", " offset 50m", &format!("max({notified})")), false),
        (
            "then the part pages first",
            during("45m", "", &format!("max({part} unless on () {notified})")),
            true,
        ),
        ("and the journey does not", during("45m", "", &page), false),
    ];
    let mut text = "rule_files:\n".to_owned();
    let mut order = vec!["api", "database", "mail"];
    order.insert(if first == "invite" { 0 } else { 3 }, "invite");
    for service in &order {
        text += &format!("  - prometheus/{service}.rules.yaml\n");
    }
    text += "evaluation_interval: 30s\ngroup_eval_order:\n";
    for service in &order {
        for group in groups(&artifacts[&format!("prometheus/{service}.rules.yaml")]) {
            text += &format!("  - {}\n", group["name"].as_str().unwrap());
        }
    }
    text += "tests:\n  - interval: 30s\n    input_series:\n";
    for (series, values) in [
        ("http_requests_total{job=\"api\",env=\"prod\",code=\"200\"}", good.as_str()),
        ("http_requests_total{job=\"api\",env=\"prod\",code=\"500\"}", &bad),
        ("smtp_sent_total{job=\"mail\",outcome=\"sent\"}", mail),
        ("up{job=\"mail\"}", "1x260"),
        ("up{job=\"database\"}", "1x260"),
    ] {
        text += &format!("      - {{ series: '{series}', values: '{values}' }}\n");
    }
    text += "    promql_expr_test:\n";
    for (what, query, is_so) in checks {
        let samples = if is_so { "[{ labels: '{}', value: 1 }]" } else { "[]" };
        let query = if is_so { format!("clamp_max(sum({query}), 1)") } else { query };
        text += &format!(
            "      # {what}\n      - {{ expr: '{query}', eval_time: {hour}, exp_samples: {samples} }}\n"
        );
    }
    text
}

#[test]
fn a_journey_and_its_part_page_once_for_one_failure() {
    let slow = "  slow: { tiers: [{ severity: page, budget: 10%, long: 30m, short: 10m }] }\npolicy:";
    let artifacts = compiled(&[
        ("slos/slowburn.yaml", &PROJECT.replacen("policy:", slow, 1)),
        ("slos/api.yaml", &format!("{API}{SLOW}")),
        ("slos/database.yaml", DATABASE),
        ("slos/invite.yaml", JOURNEY),
        ("slos/mail.yaml", MAIL),
    ]);
    let tests = ["invite", "api"].map(|first| (first, sequence(&artifacts, first)));
    hold(&artifacts, &tests);
}

/// People who are notified of a part but not of its journey are notified of the part. The same for everybody while another alert silences the
/// journey.
#[test]
fn no_part_is_silenced_by_a_journey_with_other_receivers() {
    let of = |project: &str, journey: &str| {
        let artifacts = compiled(&[
            ("slos/slowburn.yaml", project),
            ("slos/api.yaml", API),
            ("slos/database.yaml", DATABASE),
            ("slos/invite.yaml", journey),
            ("slos/mail.yaml", MAIL),
        ]);
        let configuration = &artifacts["alertmanager/alertmanager.yml"];
        ["api/availability", "mail/delivery"].map(|part| configuration.contains(&format!("part=\"{part}\"")))
    };
    assert_eq!(of(PROJECT, JOURNEY), [true, true]);
    let team = PROJECT.replace(
        "  default: on-call\n",
        "    team: { webhook: { url: \"http://127.0.0.1:9/team\" } }
  default: on-call
  routes:
    - { match: { severity: page }, to: on-call }
    - { match: { service: api }, to: team }
",
    );
    assert_eq!(of(&team, JOURNEY), [false, true]);
    let needs = PROJECT.replace("{ api: [database] }", "{ api: [database], invite: [database] }");
    assert_eq!(of(&needs, JOURNEY), [false, false]);
    let own = "alerts:\n  down: { expr: 'absent(up{job=\"invite\"} == 1)', severity: page, down: true }\n";
    assert_eq!(of(PROJECT, &format!("{JOURNEY}{own}")), [false, false]);
}

/// The labels of an alert that inhibitions use.
fn labels(name: &str) -> BTreeMap<String, String> {
    let labels = match name {
        "InviteInviteBurnPage" => vec![("service", "invite"), ("slo", "invite"), ("severity", "page")],
        "InviteInviteBurnTicket" => {
            vec![("service", "invite"), ("slo", "invite"), ("severity", "ticket")]
        }
        "ApiAvailabilityBurnTicket" => {
            vec![("service", "api"), ("slo", "availability"), ("severity", "ticket"), ("env", "prod")]
        }
        "InviteInviteBurnPageNotified" => vec![("part", "api/availability")],
        "MailDeliveryBurnPage" => vec![("service", "mail"), ("slo", "delivery"), ("severity", "page")],
        _ => vec![("severity", "page"), ("env", "prod")],
    };
    let labels = labels.into_iter().chain([("alertname", name)]);
    labels.map(|(label, value)| (label.to_owned(), value.to_owned())).collect()
}

/// The alerts that a real Alertmanager silences while these fire, after its answer was the same for a second: it receives alerts one by one.
fn silenced(running: &Running, firing: &[&str]) -> Vec<String> {
    running.fire(&firing.iter().map(|name| labels(name)).collect::<Vec<_>>());
    let begun = Instant::now();
    let mut last: Option<(Vec<String>, Instant)> = None;
    loop {
        let alerts = running.alerts();
        let judged = |alert: &Value| alert["status"]["state"] != "unprocessed";
        if alerts.len() == firing.len() && alerts.iter().all(judged) {
            let inhibited = |alert: &&Value| !alert["status"]["inhibitedBy"].as_array().unwrap().is_empty();
            let name = |alert: &Value| alert["labels"]["alertname"].as_str().unwrap().to_owned();
            let mut silent: Vec<String> = alerts.iter().filter(inhibited).map(name).collect();
            silent.sort();
            match &last {
                Some((said, since)) if *said == silent && since.elapsed() >= Duration::from_secs(1) => {
                    return silent;
                }
                Some((said, _)) if *said == silent => {}
                _ => last = Some((silent, Instant::now())),
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{alerts:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// No alert silences the page of the journey, because its rule holds it back. So two alerts cannot silence each other.
#[test]
fn alertmanager_silences_tickets_of_a_journey_and_the_parts_that_were_bad_before() {
    let artifacts = artifacts(JOURNEY);
    let (page, ticket) = ("InviteInviteBurnPage", "InviteInviteBurnTicket");
    let (journey, api, mail) =
        ("InviteInviteBurnPageNotified", "ApiAvailabilityBurnPage", "MailDeliveryBurnPage");
    let cases: [(&[&str], &[&str]); 7] = [
        (&[api, page, ticket], &[ticket]),
        // The first part was bad when the journey paged; the other one was not.
        (&[journey, page, api, mail], &[api]),
        // Its service is down, or one of its dependencies.
        (&["MailDown", page, ticket], &[ticket]),
        (&["DatabaseAvailabilityBurnPage", ticket], &[ticket]),
        // A ticket silences tickets, but never a page.
        (&["ApiAvailabilityBurnTicket", page], &[]),
        (&["ApiAvailabilityBurnTicket", ticket], &[ticket]),
        (&[page, ticket], &[ticket]),
    ];
    let file = |(path, text): (&str, &str)| SourceFile { path: path.into(), text: text.into() };
    let plan = slowburn::compile(&Sources::new(files(JOURNEY).map(file).into())).plan().unwrap();
    let inhibitions = plan.project.notifications.unwrap().inhibitions;
    for (firing, expected) in cases {
        // `simulate` marks the same alerts as silenced.
        let is_silenced = |target: &&&str| {
            let others = firing.iter().filter(|source| **source != **target);
            let mut pairs = others.flat_map(|source| inhibitions.iter().map(move |one| (one, source)));
            pairs.any(|(one, source)| one.silences(&labels(source), &labels(target)))
        };
        let marked: Vec<&str> = firing.iter().filter(is_silenced).copied().collect();
        assert_eq!(marked, expected, "{firing:?}");
        // Alertmanager remembers alerts, so it has to be a new one.
        let Some(running) = Running::start(&artifacts) else { return };
        assert_eq!(silenced(&running, firing), expected, "{firing:?}");
    }
}

/// The alerts of its parts silence a journey, so the alerts of the journey must not silence them.
#[test]
fn no_alert_is_silenced_by_an_alert_that_it_silences() {
    let artifacts = artifacts(JOURNEY);
    let configuration = support::rules::read(&artifacts["alertmanager/alertmanager.yml"]);
    let rules = configuration["inhibit_rules"].as_sequence().unwrap();
    let matchers = |rule: &serde_yaml::Value, side: &str| -> Vec<String> {
        rule[side].as_sequence().unwrap().iter().map(|matcher| matcher.as_str().unwrap().to_owned()).collect()
    };
    let own = |matchers: &[String]| matchers.iter().any(|matcher| matcher.contains("InviteInviteBurn\""));
    for rule in rules {
        assert!(!own(&matchers(rule, "source_matchers")), "{rule:?}");
        assert!(
            !matchers(rule, "target_matchers").iter().any(|matcher| matcher.contains("InviteInviteBurnPage"))
        );
    }
    let groups = groups(&artifacts["prometheus/invite.rules.yaml"]);
    assert!(
        groups.iter().all(|group| group["name"] != "invite"),
        "its parts say that their events are missing"
    );
}
