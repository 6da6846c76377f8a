//! History from raw series: the printed commands are run on a real Prometheus, and their results are compared with the events.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use support::prometheus::Server;
use support::{prometheus, promtool, skipped};

const SLOS: &str = r#"version: slowburn/v1
service: shop
slos:
  events:
    objective: 99.9%
    sli:
      total: requests_total{job="shop"}
      bad: requests_total{job="shop", status="500"}
  complement:
    objective: 99.9%
    sli:
      total: requests_total{job="shop"}
      good: requests_total{job="shop", status="200"}
  month:
    objective: 99.9%
    period: calendar month
    sli:
      total: requests_total{job="shop"}
      bad: requests_total{job="shop", status="500"}
  slices:
    objective: 99.5%
    sli:
      total: requests_total{job="shop"}
      bad: requests_total{job="shop", status="500"}
    budgeting: timeslices
    slice: { length: 5m, objective: 95% }
  state:
    objective: 99%
    sli:
      condition: queue_length{job="shop"} < 100
"#;

const HOUR: u64 = 3600;

/// Ten good requests per second for ten hours. The first errors are seven at once in a new series. An hour later there is one error per second for
/// half an hour. In the hour after, the queue is long for ten minutes.
fn happened(end: u64) -> String {
    let start = end - 10 * HOUR;
    let mut counted = ["# TYPE requests counter\n".to_owned(), String::new()];
    let mut queue = String::from("# TYPE queue_length gauge\n");
    for at in (start..=end).step_by(15) {
        let since = at - start;
        let _ = writeln!(
            counted[0],
            r#"requests_total{{job="shop",instance="a",status="200"}} {} {at}"#,
            1000 + 10 * since
        );
        if since >= 3 * HOUR {
            let bad = 7 + since.clamp(4 * HOUR, 4 * HOUR + 1800) - 4 * HOUR;
            let _ =
                writeln!(counted[1], r#"requests_total{{job="shop",instance="a",status="500"}} {bad} {at}"#);
        }
        let length = if (5 * HOUR..5 * HOUR + 600).contains(&since) { 200 } else { 50 };
        let _ = writeln!(queue, r#"queue_length{{job="shop",instance="a"}} {length} {at}"#);
    }
    format!("{}{queue}# EOF\n", counted.concat())
}

fn bash(folder: &Path, script: &str) {
    let run = Command::new("bash").args(["-euc", script]).current_dir(folder).output().unwrap();
    let said = [run.stdout, run.stderr].concat();
    assert!(run.status.success(), "{script}\n{}", String::from_utf8_lossy(&said));
}

#[test]
fn the_printed_commands_compute_the_right_history() {
    let (Some(promtool), Some(prometheus)) = (promtool(), prometheus()) else {
        return skipped("history made by promtool: there is no Prometheus");
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // In one calendar month, whatever the date of the test.
    let end: u64 = 1_760_000_400;
    fs::create_dir(folder.join("slos")).unwrap();
    fs::write(folder.join("slos/shop.yaml"), SLOS).unwrap();
    fs::write(folder.join("prometheus.yml"), "global: {}\n").unwrap();
    fs::write(folder.join("raw"), happened(end)).unwrap();
    let tool = promtool.display();
    bash(folder, &format!("'{tool}' tsdb create-blocks-from openmetrics --quiet raw data"));
    let server = Server::start(&prometheus, folder);
    let printed = Command::new(env!("CARGO_BIN_EXE_slowburn"))
        .args(["backfill", "--prometheus", &server.url()])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let script = String::from_utf8(printed.stdout).unwrap();
    assert!(script.contains("YYYY-MM-DD hh:mm") && script.contains("31 * 86400"), "{script}");
    // One day is enough here, and takes a thirtieth of the time.
    let filled =
        script.replace("YYYY-MM-DD hh:mm", &format!("@{}", end + 900)).replace("31 * 86400", "86400");
    bash(folder, &format!("promtool() {{ '{tool}' \"$@\"; }}\n{filled}"));
    drop(server);
    bash(folder, "mv history/blocks/* data/");

    let server = Server::start(&prometheus, folder);
    let value = |query: &str| {
        let answer = server.query(query, end).unwrap();
        assert_eq!(answer.len(), 1, "{query}: {answer:?}");
        answer[0]["value"][1].as_str().unwrap().parse::<f64>().unwrap()
    };
    let sum = |side: &str, tile: &str, slo: &str| {
        let series = format!(r#"slo:{side}_events:{tile}{{service="shop",slo="{slo}"}}[10h]"#);
        (value(&format!("sum(sum_over_time({series}))")), value(&format!("count_over_time({series})")))
    };
    for (slo, tile) in
        [("events", "tile5m"), ("complement", "tile5m"), ("month", "tile5m"), ("month", "month_tile5m")]
    {
        let ((total, tiles), (bad, _)) = (sum("total", tile, slo), sum("bad", tile, slo));
        assert!(tiles > 115.0, "{slo}: {tiles} tiles");
        assert_eq!(bad, 1807.0, "{slo}");
        assert_eq!(total, 3000.0 * tiles + 1807.0, "{slo}");
    }
    let ((total, tiles), (bad, _)) = (sum("total", "tile5m", "state"), sum("bad", "tile5m", "state"));
    // The first tile began before the samples.
    assert!(total > 10.0 * (tiles - 1.0) && total <= 10.0 * tiles, "{total} in {tiles} tiles");
    assert_eq!(bad, 20.0);
    // More than 5 % of a five-minute slice are errors from 158 s after the begin of the errors until 142 s after their end: 1,784 s.
    let ((total, tiles), (bad, _)) = (sum("total", "tile5m", "slices"), sum("bad", "tile5m", "slices"));
    assert!(total > 10.0 * (tiles - 1.0) && total <= 10.0 * tiles, "{total} in {tiles} tiles");
    assert!((59.0..=60.0).contains(&bad), "{bad}");
    let month =
        value(r#"count(count by (period) (last_over_time(slo:bad_events:month_tile5m{slo="month"}[1h])))"#);
    assert_eq!(month, 1.0);
}

#[test]
fn existing_files_are_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("slos")).unwrap();
    fs::write(folder.path().join("slos/shop.yaml"), SLOS).unwrap();
    fs::create_dir(folder.path().join("history")).unwrap();
    let run = |to: &str| {
        Command::new(env!("CARGO_BIN_EXE_slowburn"))
            .args(["backfill", "--to", to])
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    let refused = run("history");
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("history already exists"), "{said}");
    let spaced = run("a folder; rm -rf .");
    let script = String::from_utf8(spaced.stdout).unwrap();
    assert!(
        script.contains("--output-dir='a folder; rm -rf .'/blocks 'a folder; rm -rf .'/*.rules.yaml"),
        "{script}"
    );
}
