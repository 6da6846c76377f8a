//! SLOs of other tools become slowburn sources that compile. Every part that is left out is reported at its place. Hostile files do no harm.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use slowburn::diagnostic::Level;
use slowburn::import::{Imported, Options, import};
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, Sources};
use support::folder::Folder;

/// Every spec of `tests/import`, by name.
fn specs() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let yaml = paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let named = yaml.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path));
    named.map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect()
}

fn sources(files: &[(&str, &str)]) -> Sources {
    let file =
        |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() };
    Sources::new(files.iter().map(file).collect())
}

fn imported(text: &str) -> (Sources, Imported) {
    let sources = sources(&[("spec.yaml", text)]);
    let imported = import(&sources, &Options::default());
    (sources, imported)
}

/// The lines of the `sli` that a Sloth spec with these queries becomes, and the problems.
fn events(error: &str, total: &str) -> String {
    let quoted = |text: &str| text.replace('\'', "''");
    let spec = format!(
        "version: prometheus/v1\nservice: api\nslos:\n  - name: a\n    objective: 99\n    sli:\n      events:\n        error_query: '{}'\n        total_query: '{}'\n",
        quoted(error),
        quoted(total)
    );
    sli(&spec)
}

/// The same for a ratio.
fn ratio(query: &str) -> String {
    let spec = format!(
        "version: prometheus/v1\nservice: api\nslos:\n  - name: a\n    objective: 99\n    sli:\n      raw:\n        error_ratio_query: '{}'\n",
        query.replace('\'', "''")
    );
    sli(&spec)
}

fn sli(spec: &str) -> String {
    let (_, imported) = imported(spec);
    let codes =
        imported.problems.iter().map(|problem| format!("{}: {}", problem.code.name(), problem.primary.text));
    let codes: Vec<String> = codes.collect();
    let Some((_, file)) = imported.files.iter().find(|(path, _)| path == "api.yaml") else {
        return codes.join("\n");
    };
    let promise = file.lines().skip_while(|line| !line.starts_with("    objective")).map(str::trim);
    let lines: Vec<String> = promise.map(str::to_owned).chain(codes).collect();
    lines.join("\n").replace("objective: 99%\nsli:\n", "")
}

#[test]
fn specs_of_other_tools_become_sources_that_compile() {
    for (name, text) in specs() {
        let folder = Folder::empty();
        folder.write(&format!("{name}.yaml"), &text);
        let file = format!("{name}.yaml");
        let printed = folder.slowburn(&["import", &file]);
        let snapshot =
            format!("{}exit code {}\n---\n{}", printed.stdout, printed.code.unwrap(), printed.stderr);
        insta::assert_snapshot!(name.as_str(), snapshot);
        let ran = folder.slowburn(&["import", &file, "--to", "slos"]);
        assert_eq!(ran.code, printed.code, "{name}: {ran:?}");
        if !folder.path("slos").exists() {
            assert_eq!(ran.code, Some(1), "{name}");
            continue;
        }
        // The imported rest compiles.
        let compiled = folder.slowburn(&[]);
        assert_eq!(compiled.code, Some(0), "{name}: {compiled:?}");
        if let Some(promtool) = support::promtool() {
            let rules = folder.tree("out/prometheus");
            let rules = rules.keys().map(|rules| format!("out/prometheus{rules}"));
            let mut command = Command::new(promtool);
            let checked =
                command.args(["check", "rules"]).args(rules).current_dir(folder.path("")).output().unwrap();
            assert!(checked.status.success(), "{name}: {}", String::from_utf8_lossy(&checked.stderr));
        }
    }
}

#[test]
fn counters_are_found_however_they_are_counted() {
    let all = "sum(rate(a_total[{{.window}}]))";
    let bad = "sum(rate(b_total[{{.window}}]))";
    let plain = "total: a_total\nbad: b_total";
    for error in [
        bad,
        "sum(irate(b_total[{{ .window }}]))",
        "(sum(rate(b_total[{{.window}}])))",
        "sum(rate(b_total[{{.window}}])) or vector(0)",
        "sum(rate(b_total[{{.window}}])) OR on() vector(0)",
        "sum(rate(b_total[{{.window}}])) or 0 * sum(rate(a_total[{{.window}}]))",
        "clamp_min(sum(rate(b_total[{{.window}}])), 0)",
        "sum(rate(b_total[{{.window}}]) or rate(a_total[{{.window}}]) * 0)",
        "sum by () (rate(b_total[5m])) > 0",
        "sum(rate(b_total[{{.window}}])) + vector(0)",
        "sum(rate(b_total[{{.window}}:1m]))",
        "-(-sum(rate(b_total[{{.window}}])))",
        "sum(rate(b_total[{{.window}}])) + sum(rate(a_total[5m])) - sum(rate(a_total[1h]))",
    ] {
        assert_eq!(events(error, all), plain, "{error}");
        assert_eq!(ratio(&format!("({error}) / {all}")), plain, "{error}");
    }
    for total in [
        "sum(rate(a_total[{{.window}}])) > 0",
        "(sum(rate(a_total[{{.window}}])) != 0)",
        "1 * sum(rate(a_total[5m]))",
        "sum(rate(a_total[{{.window}}])) or vector(1)",
    ] {
        assert_eq!(events(bad, total), plain, "{total}");
    }
    let good = "total: a_total\ngood: g_total";
    for query in [
        "1 - sum(rate(g_total[{{.window}}])) / sum(rate(a_total[{{.window}}]))",
        "1 - (sum(increase(g_total[{{.window}}])) / sum(increase(a_total[{{.window}}])))",
        "(sum(rate(a_total[{{.window}}])) - sum(rate(g_total[{{.window}}]))) / sum(rate(a_total[{{.window}}]))",
        "1 - (sum(rate(g_total[{{.window}}])) / (sum(rate(a_total[{{.window}}])) > 0) or vector(1))",
        "clamp_max(1 - sum(rate(g_total[{{.window}}])) / sum(rate(a_total[{{.window}}])), 1)",
        "(1 - sum(rate(g_total[{{.window}}])) / sum(rate(a_total[{{.window}}]))) and sum(rate(a_total[{{.window}}])) > 0",
        "1 - (1 - (1 - sum(rate(g_total[{{.window}}])) / sum(rate(a_total[{{.window}}]))))",
    ] {
        assert_eq!(ratio(query), good, "{query}");
        assert_eq!(events(query, "vector(1)"), good, "{query}");
    }
    let found = [
        events("sum(rate(b_total[5m])) + sum(rate(c_total[5m]))", all),
        events("sum(rate(b_total[5m]))", "sum(rate(g_total[5m])) + sum(rate(b_total[5m]))"),
        events("sum by (zone, le) (rate(b_total[5m]))", "sum by (zone) (rate(a_total[5m]))"),
        events("rate(b_total[5m])", "rate(a_total[5m])"),
        events("60 * sum(rate(b_total[5m]))", "sum(rate(a_total[5m])) * 60"),
        events("sum(rate(a_total[5m])) - sum(rate(g_total[5m])) - sum(rate(h_total[5m]))", all),
    ]
    .join("\n\n");
    insta::assert_snapshot!("counters", found);
}

#[test]
fn histograms_with_a_known_unit_become_latency_slos() {
    let found = [
            events(
                "sum(rate(x_seconds_count[5m])) - sum(rate(x_seconds_bucket{le=\"0.25\"}[5m]))",
                "sum(rate(x_seconds_count[5m]))"
            ),
            ratio("1 - sum(rate(x_seconds_bucket{le=~\"1|1.0\"}[5m])) / sum(rate(x_seconds_bucket{le=\"+Inf\"}[5m]))"),
            ratio("1 - sum(rate(x_ms_bucket{le=\"250\",job=\"a\"}[5m])) / sum(rate(x_ms_count{job=\"a\"}[5m]))"),
            ratio("1 - sum(rate(x_bytes_bucket{le=\"1024\"}[5m])) / sum(rate(x_bytes_count[5m]))"),
            ratio("1 - sum(rate(x_seconds_bucket{le=\"0.0005\"}[5m])) / sum(rate(x_seconds_count[5m]))"),
            ratio("1 - sum(rate(x_seconds_bucket{le=\"1\",code=\"200\"}[5m])) / sum(rate(x_seconds_count[5m]))"),
            ratio("1 - histogram_fraction(0, 0.2, sum(rate(x_seconds[5m])))"),
            ratio("sum(rate(x_seconds_bucket{le=\"1\"}[5m])) / sum(rate(x_seconds_count[5m]))"),
        ]
        .join("\n\n");
    insta::assert_snapshot!("histograms", found);
}

#[test]
fn states_become_conditions_and_probes() {
    let found = [
        events("sum_over_time(count(q < 3)[{{.window}}:])", "sum_over_time(count(q)[{{.window}}:])"),
        events("count_over_time((q > 3)[5m:])", "count_over_time(q[5m:])"),
        events(
            "sum_over_time(count(q)[{{.window}}:]) - sum_over_time(sum(q >= bool 3)[{{.window}}:])",
            "sum_over_time(count(q)[{{.window}}:])",
        ),
        ratio("1 - avg_over_time(up{job=\"a\"}[{{.window}}])"),
        ratio("1 - sum by (job) (sum_over_time(up[1h])) / sum by (job) (count_over_time(up[1h]))"),
        events(
            "avg by (job) (count_over_time(up[1h])) - avg by (job) (sum_over_time(up[1h]))",
            "avg by (job) (count_over_time(up[1h]))",
        ),
        events("sum_over_time(replicas_missing[1h])", "sum_over_time(replicas[1h])"),
        ratio("1 - avg(avg_over_time(temperature[1h]))"),
    ]
    .join("\n\n");
    insta::assert_snapshot!("states", found);
}

#[test]
fn queries_that_are_not_understood_have_place_and_reason() {
    let all = "sum(rate(a_total[{{.window}}]))";
    let found = [
        events("max(rate(b_total[5m]))", all),
        events("avg(rate(b_total[5m]))", all),
        events("avg(rate(b_total[5m]))", "avg(rate(a_total[5m]))"),
        ratio("sum(rate(b_total[5m])) / sum(rate(a_total[5m])) > 0.01"),
        events("sum(rate(b_total[5m])) without (pod)", all),
        events("sum(b_total)", all),
        events("sum by (zone) (rate(b_total[5m]))", all),
        events("sum(rate(b_total[5m])) * 2", all),
        events("sum(rate(b_total[5m])) / sum(rate(c_total[5m]))", all),
        events("sum(deriv(b[5m]))", all),
        ratio("rate(b_total[5m]) / ignoring(code) group_left rate(a_total[5m])"),
        events("sum(rate(b_total[5m]))", "sum(rate(a_total[5m] @ 5))"),
        events("sum(rate(b_total[{{.period}}]))", all),
        events("sum(rate(b_total[5m]", all),
        events("b", "c"),
        events("vector(0)", all),
        ratio("recorded:ratio"),
        ratio("1"),
    ]
    .join("\n\n");
    insta::assert_snapshot!("not-understood", found);
}

#[test]
fn an_existing_project_file_is_not_changed() {
    let folder = Folder::new();
    folder.write("spec.yaml", specs().into_iter().find(|(name, _)| name == "sloth-availability").unwrap().1);
    folder.write("slos/slowburn.yaml", "version: slowburn/v1\n");
    let before = folder.tree("slos");
    let ran = folder.slowburn(&["import", "spec.yaml", "--to", "slos", "--identity"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    insta::assert_snapshot!("beside", format!("{}---\n{}", folder.read("slos/checkout.yaml"), ran.stderr));
    let after = folder.tree("slos");
    assert!(before.iter().all(|(path, text)| after.get(path) == Some(text)));
    let again = folder.slowburn(&["import", "spec.yaml", "--to", "slos"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.stderr.contains("slos/checkout.yaml already exists"), "{again:?}");
    assert_eq!(folder.tree("slos"), after);
    // With another name it is another service, and its alerts may not have existing names.
    let taken = folder.slowburn(&["import", "spec.yaml", "--to", "slos", "--service", "store"]);
    assert_eq!(taken.code, Some(1), "{taken:?}");
    assert!(taken.stderr.contains("have the same alert name, `CheckoutErrorRate`"), "{taken:?}");
    fs::remove_file(folder.path("slos/store.yaml")).unwrap();
    fs::remove_file(folder.path("slos/checkout.yaml")).unwrap();
    let other = folder.slowburn(&["import", "spec.yaml", "--to", "slos", "--service", "shop"]);
    assert_eq!(other.code, Some(0), "{other:?}");
    assert!(folder.read("slos/shop.yaml").contains("service: shop\n"));
}

#[test]
fn unreadable_specs_are_reported_once_and_nothing_is_written() {
    let folder = Folder::empty();
    folder.write("good.yaml", specs().into_iter().find(|(name, _)| name == "sloth-availability").unwrap().1);
    folder.write("bad.yaml", "version: prometheus/v1\nservice: [a\n");
    folder.write("bytes.yaml", b"version: \xff\n");
    folder.write("empty.yaml", "# nothing\n---\n...\n");
    let ran =
        folder.slowburn(&["import", "good.yaml", "bad.yaml", "bytes.yaml", "empty.yaml", "--to", "slos"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!("unreadable", ran.stderr);
    assert!(!folder.path("slos").exists());
    for (args, words) in [
        (&["import", "nowhere.yaml"][..], "cannot read nowhere.yaml"),
        (&["import", "."], "name its files: slowburn import ./*.yaml"),
        (&["import"], "needs `FILES`"),
        (&["import", "good.yaml", "--format", "json"], "--to slos"),
        (&["import", "good.yaml", "--to", "good.yaml"], "good.yaml is a file"),
        (&["import", "good.yaml", "--service", "Shop"], "such as shop"),
    ] {
        let ran = folder.slowburn(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(words), "{args:?}: {ran:?}");
    }
    let ran = folder.slowburn(&["import", "good.yaml", "--to", "new", "--format", "json"]);
    assert_eq!(ran.code, Some(0));
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["problems"][0]["code"], "not-carried");
}

#[test]
fn an_import_without_slos_says_why() {
    let slo = "version: prometheus/v1\nservice: api\nslos:\n- { name: a, objective: 99, sli: { plugin: { id: x } } }\n";
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n";
    let helm = "{{- if .Values.slo }}\nversion: prometheus/v1\n{{- end }}\n";
    let value = "version: prometheus/v1\nservice: {{ .Values.service }}\n";
    let later = "apiVersion: openslo.com/v2alpha\nkind: SLO\nmetadata: { name: a }\n";
    let of_helm = "templates of Helm are not filled in: import what `helm template` prints";
    let empty = "apiVersion: v1\nkind: List\nitems: []\n";
    let sql = "apiVersion: openslo/v1alpha\nkind: SLO\nmetadata: { name: a }\nspec:\n  service: x\n  objectives:\n  - ratioMetrics:\n      good: { source: prometheus, queryType: sql, query: select 1 }\n      total: { source: prometheus, queryType: sql, query: select 1 }\n    target: 0.9\n";
    for (text, place, said, why) in [
        (empty, "", "", "no file contains an SLO"),
        (
            sql,
            "spec.yaml:3:19",
            "which query of Prometheus replaces its query for sql",
            "no SLO can be imported as it is",
        ),
        (slo, "spec.yaml:4:11", "`sloth generate` shows its query", "no SLO can be imported as it is"),
        (deployment, "spec.yaml:2:7", "this Deployment is not imported", "no file contains an SLO"),
        (helm, "spec.yaml:1:3", of_helm, "correct the errors, and import again"),
        (value, "spec.yaml:2:", of_helm, "correct the errors, and import again"),
        (later, "spec.yaml:1:13", "this version of OpenSLO is not supported", "no file can be imported"),
        (
            "version: slowburn/v1\nservice: api\n",
            "spec.yaml:1:10",
            "write `slowburn compile .`",
            "no file can be imported",
        ),
    ] {
        let folder = Folder::empty();
        folder.write("spec.yaml", text);
        let ran = folder.slowburn(&["import", "spec.yaml", "--to", "slos"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{text}{}", ran.stderr);
        assert!(ran.stderr.contains(place) && ran.stderr.contains(said), "{text}{}", ran.stderr);
        assert!(ran.stderr.ends_with(&format!("nothing was written: {why}\n")), "{text}{}", ran.stderr);
    }
}

#[test]
fn no_secret_of_a_spec_is_repeated() {
    let spec = "\
apiVersion: openslo/v1
kind: DataSource
metadata: { name: main }
spec:
  type: Prometheus
  connectionDetails: { password: hunter2hunter2, url: 'https://u:topsecret@host' }
---
version: prometheus/v1
service: api
labels:
  api_token: topsecret
  hook: https://hooks.slack.com/services/T00000000/B00000000/topsecrettopsecrettopsec
slos:
  # https://u:topsecret@wiki.internal says more
  - name: a
    objective: 99
    description: See https://u:topsecret@wiki.internal
    sli:
      events:
        error_query: sum(rate(b_total[5m]))
        total_query: sum(rate(a_total[5m]))
    alerting:
      annotations: { wiki: 'https://u:topsecret@wiki.internal' }
";
    let (sources, imported) = imported(spec);
    let mut said: String = imported.files.iter().map(|(_, text)| text.as_str()).collect();
    said += &imported.account;
    for format in [Format::Human { color: false }, Format::Json, Format::Github, Format::Sarif] {
        said += &render(&imported.problems, &sources, format);
    }
    assert!(!said.contains("hunter2") && !said.contains("topsecret"), "{said}");
    assert_eq!(imported.slos, 1);
}

#[test]
fn texts_of_others_stay_texts() {
    let hostile = r#""a\nb: c\u202e # {{ x }} ' \" \t-- |""#;
    let spec = format!(
        "version: prometheus/v1\nservice: {hostile}\nlabels: {{ owner: {hostile}, team: {hostile} }}\nslos:\n  # a: [b\n  - name: {hostile}\n    objective: 99\n    description: {hostile}\n    sli: {{ events: {{ error_query: 'sum(rate(b[5m]))', total_query: 'sum(rate(a[5m]))' }} }}\n    alerting: {{ name: {hostile}, page_alert: {{ labels: {{ severity: {hostile} }} }} }}\n"
    );
    let (_, imported) = imported(&spec);
    let files: Vec<(&str, &str)> =
        imported.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(files.len(), 2, "{:?}", imported.problems);
    let compiled = slowburn::compile(&sources(&files));
    let errors: Vec<&str> = compiled
        .problems
        .iter()
        .filter(|problem| problem.is_error())
        .map(|problem| problem.code.name())
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{}", files[1].1);
    assert!(files.iter().all(|(_, text)| !text.contains('\u{202e}')), "{}", files[1].1);
    insta::assert_snapshot!("texts", format!("{}---\n{}---\n{}", files[0].1, files[1].1, imported.account));
}

#[test]
fn documents_are_kept_apart_wherever_they_stand() {
    let slo = |name: &str| {
        format!(
            "version: prometheus/v1\nservice: api\nslos:\n- {{name: {name}, objective: 99, sli: {{events: {{error_query: 'sum(rate(b[5m]))', total_query: 'sum(rate(a[5m]))'}}}}}}\n"
        )
    };
    let text = format!(
        "%YAML 1.2\n--- # first\n{}...\n# between\n---\n\n---\n{}--- {{version: prometheus/v1, service: web, slos: []}}\n",
        slo("one"),
        slo("two").replace('\n', "\r\n")
    );
    let (sources, imported) = imported(&text);
    assert_eq!(imported.slos, 2, "{}", render(&imported.problems, &sources, Format::Human { color: false }));
    assert!(
        imported.account.contains("spec.yaml:6\n") && imported.account.contains("spec.yaml:15\n"),
        "{}",
        imported.account
    );
    // Too many documents are one problem.
    let many = import(&self::sources(&[("a.yaml", &"--- 1\n".repeat(5_000))]), &Options::default());
    assert!(many.problems.iter().any(|problem| problem.code.name() == "too-large"));
    assert!(many.problems.len() < 100);
}

#[test]
fn damaged_specs_cause_no_panic_and_have_a_stable_result() {
    let mut state: u64 = 1;
    let mut chance = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    const JUNK: [&str; 16] = [
        "{{",
        "}}",
        "'",
        "\"",
        "[",
        "}",
        ": ",
        "\n---\n",
        "\t",
        "&a *a",
        "\u{202e}",
        "\0",
        "é",
        "- ",
        "1e309",
        "sum(rate(",
    ];
    for (name, text) in specs() {
        for round in 0..24 {
            let mut ruined: Vec<char> = text.chars().collect();
            match round % 3 {
                0 => ruined.truncate(chance(ruined.len())),
                1 => {
                    let (from, length) = (chance(ruined.len()), chance(40));
                    ruined.drain(from..(from + length).min(ruined.len()));
                }
                _ => {
                    for _ in 0..1 + chance(4) {
                        let at = chance(ruined.len());
                        ruined.splice(at..at, JUNK[chance(JUNK.len())].chars());
                    }
                }
            }
            let ruined: String = ruined.into_iter().collect();
            let (sources, imported) = imported(&ruined);
            for format in [Format::Human { color: true }, Format::Json, Format::Github, Format::Sarif] {
                render(&imported.problems, &sources, format);
            }
            let (_, again) = self::imported(&ruined);
            assert_eq!((&imported.files, &imported.account), (&again.files, &again.account), "{name}");
            // The written sources can be read, whatever other problems there are.
            let files: Vec<(&str, &str)> =
                imported.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
            let compiled = slowburn::compile(&self::sources(&files));
            let broken = compiled.problems.iter().filter(|problem| problem.level == Level::Error);
            let broken = broken.map(|problem| problem.code.name());
            let readable = |code: &str| {
                !["yaml-syntax", "unknown-key", "wrong-type", "duplicate-key", "promql-syntax"]
                    .contains(&code)
            };
            assert!(
                broken.clone().all(readable),
                "{name}, round {round}: {:?}\n{ruined}",
                broken.collect::<Vec<_>>()
            );
        }
    }
}
