//! A label that is recorded under another name: the rules and the history have the same counts, also if the raw series have a label with the new
//! name.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::process::Command;

use support::folder::Folder;
use support::{promtool, skipped};

const SERVICE: &str = r#"version: slowburn/v1
service: proxy
slos:
  answers:
    objective: 99%
    by: { backend: service, way: path }
    sli:
      total: proxy_requests_total{job="proxy"}
      bad: proxy_requests_total{job="proxy", code=~"5.."}
"#;

/// The expected counts of both for the last five minutes of this hour.
fn test(rules: &str, step: &str, of: &dyn Fn(&str) -> String) -> String {
    let series = |labels: &str, each: u32| {
        let series = format!("proxy_requests_total{{job=\"proxy\",path=\"x\",{labels}}}");
        format!("      - {{ series: '{series}', values: '0+{each}x200' }}\n")
    };
    let all = [
        series("code=\"200\",service=\"a\",backend=\"own\"", 10),
        series("code=\"200\",service=\"a\",backend=\"other\"", 10),
        series("code=\"500\",service=\"a\"", 1),
        series("code=\"200\",service=\"b\"", 3),
    ];
    let check = |side: &str, a: u32, b: u32| {
        let sample = |backend: &str, value: u32| {
            format!(
                "          - {{ labels: '{{backend=\"{backend}\",service=\"proxy\",slo=\"answers\",way=\"x\"}}', value: {value} }}\n"
            )
        };
        let samples = [sample("a", a), sample("b", b)].concat();
        format!("      - expr: {}\n        eval_time: 1h\n        exp_samples:\n{samples}", of(side))
    };
    format!(
        "rule_files: [{rules}]\nevaluation_interval: {step}\ntests:\n  - interval: 30s\n    input_series:\n{}    promql_expr_test:\n{}{}",
        all.concat(),
        check("total", 210, 30),
        check("bad", 10, 0)
    )
}

#[test]
fn labels_under_other_names_count_the_same() {
    let Some(promtool) = promtool() else { return skipped("labels under other names: there is no promtool") };
    let folder = Folder::empty();
    folder.write("slos/proxy.yaml", SERVICE);
    for args in [&["compile"][..], &["backfill"]] {
        let ran = folder.slowburn(args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let recorded = |side: &str| format!("sum_over_time(slo:{side}_events:increase30s[4m45s])");
    folder.write("rules.test.yaml", test("out/prometheus/proxy.rules.yaml", "30s", &recorded));
    folder.write(
        "history.test.yaml",
        test("history/proxy.rules.yaml", "5m", &|side| format!("slo:{side}_events:tile5m + 0")),
    );
    let tests = ["rules.test.yaml", "history.test.yaml"];
    let ran =
        Command::new(promtool).args(["test", "rules"]).args(tests).current_dir(folder.path("")).output();
    let ran = ran.unwrap();
    assert!(
        ran.status.success(),
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}
