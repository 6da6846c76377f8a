//! Events that have to be fast and successful, counted by the rules and by the history: slow events are bad, and failed events are bad even if they
//! were fast.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::process::Command;

use support::folder::Folder;
use support::{promtool, skipped};

const SERVICE: &str = r#"version: slowburn/v1
service: api
slos:
  fast:
    objective: 99% < 500ms
    sli:
      latency: http_request_duration_seconds{job="api"}
      successful: status!~"5.."
"#;

/// Series, and the expected result of both for the last five minutes of an hour: 7 of 16 events in each half minute are good.
fn test(rules: &str, step: &str, of: &dyn Fn(&str) -> String) -> String {
    let pair = |status: &str, instance: u32, all: u32, fast: u32| {
        let labels = format!("job=\"api\",status=\"{status}\",instance=\"{instance}\"");
        let name = "http_request_duration_seconds";
        format!(
            "      - {{ series: '{name}_count{{{labels}}}', values: '0+{all}x200' }}\n      - {{ series: '{name}_bucket{{{labels},le=\"0.5\"}}', values: '0+{fast}x200' }}\n"
        )
    };
    // The second process has had only errors since it started.
    let series = [pair("200", 1, 10, 7), pair("500", 1, 4, 4), pair("500", 2, 2, 1)].concat();
    let check = |side: &str, value: u32| {
        let sample = format!("{{ labels: '{{service=\"api\",slo=\"fast\"}}', value: {value} }}");
        format!("      - {{ expr: '{}', eval_time: 1h, exp_samples: [{sample}] }}\n", of(side))
    };
    format!(
        "rule_files: [{rules}]\nevaluation_interval: {step}\ntests:\n  - interval: 30s\n    input_series:\n{series}    promql_expr_test:\n{}{}",
        check("total", 160),
        check("bad", 90)
    )
}

#[test]
fn slow_or_failed_events_are_bad() {
    let Some(promtool) = promtool() else { return skipped("fast and successful: there is no promtool") };
    let folder = Folder::empty();
    folder.write("slos/api.yaml", SERVICE);
    for args in [&["compile"][..], &["backfill"]] {
        let ran = folder.slowburn(args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let recorded = |side: &str| format!("sum_over_time(slo:{side}_events:increase30s[4m45s])");
    let tiles = |side: &str| format!("slo:{side}_events:tile5m + 0");
    folder.write("rules.test.yaml", test("out/prometheus/api.rules.yaml", "30s", &recorded));
    folder.write("history.test.yaml", test("history/api.rules.yaml", "5m", &tiles));
    let tests = ["rules.test.yaml", "history.test.yaml"];
    let ran =
        Command::new(promtool).args(["test", "rules"]).args(tests).current_dir(folder.path("")).output();
    let ran = ran.unwrap();
    let said = [ran.stdout, ran.stderr].concat();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&said));
}
