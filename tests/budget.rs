//! Budget alerts in promtool. Their input is the remaining budget, firing pages, or nothing.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fs;

use serde_yaml::Value;
use support::rules::{compiled, groups, test_rules};
use support::{promtool, promtool3, skipped};

const SERVICE: &str = "version: slowburn/v1
service: mail
slos:
  delivery:
    objective: 99%
    sli:
      total: smtp_sent_total{job=\"mail\"}
      bad: smtp_sent_total{job=\"mail\", outcome=\"error\"}
    by: [env]
    budget_alerts: [{ left: 0%, severity: page }, { left: 25%, severity: ticket }]
alerts:
  down: { expr: 'absent(up{job=\"mail\"} == 1)', for: 1m, severity: page, down: true }
";

/// The rules of budget alerts alone, so that the test can supply their input.
fn rules(service: &str) -> String {
    let artifacts = compiled(&[("slos/mail.yaml", service)]);
    let mut kept: Vec<Value> = Vec::new();
    for group in groups(&artifacts["prometheus/mail.rules.yaml"]) {
        for rule in group["rules"].as_sequence().unwrap() {
            let of =
                |key: &str, is: &str| rule.get(key).is_some_and(|name| name.as_str().unwrap().contains(is));
            if of("record", "budget_below") || of("alert", "BudgetBelow") {
                kept.push(rule.clone());
            }
        }
    }
    assert_eq!(kept.len(), 5, "a state for each line, the page, its ticket, and the ticket");
    let rules = serde_json::to_string(&kept).unwrap();
    format!("groups: [{{ name: it, interval: 5m, rules: {rules} }}]\n")
}

/// The remaining budget in steps of five minutes, and how many alerts of a line and severity fire at some moments.
struct Played {
    name: &'static str,
    left: &'static str,
    total: &'static str,
    more: &'static str,
    moments: &'static [(&'static str, &'static str, &'static str, usize)],
}

fn test(played: &Played) -> String {
    let labels = "service=\"mail\",slo=\"delivery\",env=\"prod\"";
    let mut text = format!(
        "  - name: {}
    interval: 5m
    input_series:
      - {{ series: 'slo:period_error_budget_remaining:ratio{{{labels}}}', values: {} }}
      - {{ series: 'slo:total_events:increase30d{{{labels}}}', values: {} }}
      - {{ series: 'slo:total_events:tile5m{{{labels}}}', values: 9x900 }}
{}    promql_expr_test:
",
        played.name, played.left, played.total, played.more
    );
    for (at, line, severity, count) in played.moments {
        let firing = format!(
            "count(ALERTS{{alertname=\"MailDeliveryBudgetBelow{line}\",alertstate=\"firing\",severity=\"{severity}\"}}) or vector(0)"
        );
        text += &format!(
            "      - {{ expr: '{firing}', eval_time: {at}, exp_samples: [{{ labels: '{{}}', value: {count} }}] }}\n"
        );
    }
    text
}

/// At 23h the first tile is a day old; 25h is step 300.
const PLAYS: [Played; 8] = [
    Played {
        name: "crossed, around the line, recovered, around where it ends, crossed again",
        left: "0.5x299 0.249x9 0.26x9 0.249x9 0.299x9 0.301x9 0.299x9 0.301x9 0.251x9 0.249x9",
        total: "1000x500",
        more: "",
        moments: &[
            ("24h55m", "25", "ticket", 0),
            ("25h", "25", "ticket", 1),
            ("26h15m", "25", "ticket", 1),
            ("27h5m", "25", "ticket", 1),
            ("27h55m", "25", "ticket", 1),
            ("28h20m", "25", "ticket", 0),
            ("29h35m", "25", "ticket", 0),
            ("30h25m", "25", "ticket", 0),
            ("31h15m", "25", "ticket", 0),
            ("31h40m", "25", "ticket", 1),
            ("31h40m", "0", "page", 0),
        ],
    },
    Played {
        name: "not known before a day",
        left: "0.1x400",
        total: "1000x500",
        more: "",
        moments: &[("5m", "25", "ticket", 0), ("22h55m", "25", "ticket", 0), ("23h", "25", "ticket", 1)],
    },
    Played {
        name: "not known of few events, and going on with few",
        left: "0.1x500",
        total: "99x309 100x9 3x100",
        more: "",
        moments: &[("25h45m", "25", "ticket", 0), ("25h50m", "25", "ticket", 1), ("30h", "25", "ticket", 1)],
    },
    Played {
        name: "a page where nobody is awake, and where another promise burns",
        left: "0.5x299 -0.01x50 0.04x9 0.05x9",
        total: "1000x500",
        more: "      - { series: 'ALERTS{alertname=\"MailDeliveryBurnPage\",alertstate=\"firing\",env=\"test\"}', values: 1x400 }\n",
        moments: &[
            ("24h55m", "0", "page", 0),
            ("25h", "0", "page", 1),
            ("25h", "0", "ticket", 0),
            ("29h30m", "0", "page", 1),
            ("30h5m", "0", "page", 0),
        ],
    },
    Played {
        name: "a ticket where a page has just fired, for as long as it lasts",
        left: "0.5x304 -0.01x50",
        total: "1000x500",
        more: "      - { series: 'ALERTS{alertname=\"MailDeliveryBurnPage\",alertstate=\"firing\",env=\"prod\"}', values: _x295 1x3 stale }\n",
        moments: &[
            ("25h25m", "0", "page", 0),
            ("25h25m", "0", "ticket", 1),
            ("25h25m", "25", "ticket", 1),
            ("29h", "0", "page", 0),
            ("29h", "0", "ticket", 1),
        ],
    },
    Played {
        name: "a page where a page has fired long ago",
        left: "0.5x304 -0.01x50",
        total: "1000x500",
        more: "      - { series: 'ALERTS{alertname=\"MailDeliveryBurnPage\",alertstate=\"firing\",env=\"prod\"}', values: _x280 1x10 stale }\n",
        moments: &[("25h25m", "0", "page", 1), ("25h25m", "0", "ticket", 0)],
    },
    Played {
        name: "a ticket where the service is down",
        left: "0.5x304 -0.01x50",
        total: "1000x500",
        more: "      - { series: 'ALERTS{alertname=\"MailDown\",alertstate=\"firing\"}', values: _x300 1x100 }\n",
        moments: &[("25h25m", "0", "page", 0), ("25h25m", "0", "ticket", 1)],
    },
    Played {
        name: "nothing where nothing is known",
        left: "0.5x299 0.1x9 _x100",
        total: "1000x500",
        more: "",
        moments: &[("25h", "25", "ticket", 1), ("26h10m", "25", "ticket", 0)],
    },
];

#[test]
fn a_budget_line_notifies_once_and_is_a_ticket_after_a_page() {
    play(SERVICE, &PLAYS);
}

/// The remaining budget also changes outside of the hours. A line is not crossed twenty minutes after their end, but it is ten minutes after their
/// end.
const OF_HOURS: [Played; 2] = [
    Played {
        name: "nothing begins outside of the hours",
        left: "0.5x303 -0.01x60",
        total: "1000x500",
        more: OPEN,
        moments: &[
            ("25h20m", "25", "ticket", 0),
            ("26h40m", "25", "ticket", 0),
            ("26h40m", "0", "page", 0),
            ("26h45m", "25", "ticket", 1),
            ("26h45m", "0", "page", 1),
        ],
    },
    Played {
        name: "what was counted last still crosses a line, and the alert goes on",
        left: "0.5x301 -0.01x60",
        total: "1000x500",
        more: OPEN,
        moments: &[("25h5m", "0", "page", 0), ("25h10m", "0", "page", 1), ("26h", "0", "page", 1)],
    },
];

/// Outside of the hours from 25h5m to 26h40m.
const OPEN: &str = "      - { series: 'slo:agreed_service_time:bool{service=\"mail\",slo=\"delivery\"}', values: 1x300 0x19 1x60 }\n";

#[test]
fn no_line_is_crossed_outside_of_the_hours() {
    let hours = "    by: [env]\n    hours: { days: monday-friday, hours: \"08:00-20:00\", time_zone: UTC }\n";
    play(&SERVICE.replace("    by: [env]\n", hours), &OF_HOURS);
}

/// Runs with every promtool that exists.
fn play(service: &str, plays: &[Played]) {
    let judges: Vec<_> = promtool().into_iter().chain(promtool3()).collect();
    if judges.is_empty() {
        return skipped("budget alerts: there is no promtool");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rules.yaml"), rules(service)).unwrap();
    let path = folder.path().join("it.test.yaml");
    let tests: String = plays.iter().map(test).collect();
    fs::write(&path, format!("rule_files: [rules.yaml]\nevaluation_interval: 5m\ntests:\n{tests}")).unwrap();
    for promtool in judges {
        let failed = test_rules(&promtool, vec![path.clone()]);
        assert!(failed.is_empty(), "{}\n{}", promtool.display(), failed.join("\n"));
    }
}
