//! Systems besides Prometheus get the same rules, within their limits, in files that their own loaders accept.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use slowburn::artifact::Artifacts;
use slowburn::source::{SourceFile, Sources};
use support::folder::Folder;
use support::readers::{LIBRARIES, read_by, readers};
use support::{promtool, rules as definitions, skipped};

const ALL: &str = "targets:
  operator:
    namespace: monitoring
    labels: { release: kube-prometheus-stack }
    dashboards: { grafana_dashboard: '1' }
    alertmanager: main
  thanos: {}
  mimir: {}
  cortex: {}
  vmalert: {}
  vmrule: { namespace: monitoring }
";

/// The limit of `kubectl apply`, which writes the object as JSON into an annotation.
const ANNOTATION: usize = 256 * 1024;

/// The files of this project's definitions, with all targets.
fn all() -> Artifacts {
    let files = definitions::own().into_iter().map(|mut file| {
        if file.path.ends_with("/slowburn.yaml") {
            file.text.push_str(ALL);
        }
        file
    });
    compiled(files.collect())
}

fn compiled(files: Vec<SourceFile>) -> Artifacts {
    let compiled = slowburn::compile(&Sources::new(files));
    compiled.artifacts().unwrap_or_else(|| panic!("{:?}", compiled.problems))
}

/// The documents of a file.
fn documents(text: &str) -> Vec<Value> {
    let parts = text.split("\n---\n");
    parts.map(|part| serde_yaml::from_str(part).unwrap()).collect()
}

/// The files of a target, by service.
fn of<'a>(files: &'a Artifacts, target: &str) -> BTreeMap<String, &'a str> {
    let own = files.iter().filter_map(|(path, text)| {
        let name = path.strip_prefix(target)?.strip_prefix('/')?;
        let stem = name.strip_suffix(".rules.yaml").or(name.strip_suffix(".yaml"))?;
        (!stem.contains('/')).then_some((stem.to_owned(), text.as_str()))
    });
    own.collect()
}

/// The groups of a file in any format.
fn groups(text: &str) -> Vec<Value> {
    let of = |document: Value| {
        let groups = document.get("groups").or_else(|| document.pointer("/spec/groups"));
        groups.unwrap().as_array().unwrap().clone()
    };
    documents(text).into_iter().flat_map(of).collect()
}

/// Rules with their intervals, in order.
fn rules(text: &str) -> Vec<(Value, Value)> {
    let of = |group: Value| {
        let rules = group["rules"].as_array().unwrap().clone();
        rules.into_iter().map(move |rule| (group["interval"].clone(), rule))
    };
    groups(text).into_iter().flat_map(of).collect()
}

#[test]
fn every_target_gets_the_same_rules() {
    let files = all();
    let ours = of(&files, "prometheus");
    assert!(ours.len() > 5);
    for target in ["operator", "thanos", "mimir", "cortex", "vmalert", "vmrule"] {
        let theirs = of(&files, target);
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{target}");
        for (service, text) in &ours {
            assert!(rules(text) == rules(theirs[service]), "{target}: {service}");
        }
    }
    // As mimirtool requires in strict mode: level:metric:operation.
    for (service, text) in &ours {
        for (_, rule) in rules(text) {
            let name = rule["record"].as_str().unwrap_or("slo:alert:none");
            assert_eq!(name.split(':').count(), 3, "{service}: {name}");
        }
    }
    for (path, text) in &files {
        assert!(!text.contains("expr: |2"), "an expression in {path} begins with a space");
    }
}

#[test]
fn each_target_has_its_own_fields_only() {
    let files = all();
    let known = |target: &str| -> Vec<String> {
        let keys = of(&files, target).into_values().flat_map(groups).flat_map(|group| {
            let group = group.as_object().unwrap().clone();
            group.into_iter().map(|(key, _)| key)
        });
        let mut keys: Vec<String> = keys.collect();
        keys.sort();
        keys.dedup();
        keys
    };
    for target in ["prometheus", "operator", "cortex"] {
        assert_eq!(known(target), ["interval", "name", "rules"], "{target}");
    }
    assert_eq!(known("thanos"), ["interval", "name", "partial_response_strategy", "query_offset", "rules"]);
    let mimir = ["align_evaluation_time_on_interval", "interval", "name", "query_offset", "rules"];
    assert_eq!(known("mimir"), mimir);
    for target in ["vmalert", "vmrule"] {
        assert_eq!(known(target), ["eval_delay", "interval", "name", "params", "rules"], "{target}");
    }
    // Only groups that sum the series of others are evaluated later. Otherwise a tenth of the events was missing in their sums (`tests/engines`).
    let behind = [
        ("thanos", "query_offset", "1m"),
        ("mimir", "query_offset", "2m"),
        ("vmalert", "eval_delay", "90s"),
        ("vmrule", "eval_delay", "90s"),
    ];
    for (target, key, length) in behind {
        for group in of(&files, target).into_values().flat_map(groups) {
            let expected = if group["interval"] == "5m" { json!(length) } else { Value::Null };
            assert_eq!(group[key], expected, "{target}: {}", group["name"]);
        }
    }
    let namespaces = of(&files, "mimir")
        .into_iter()
        .map(|(service, text)| (service, documents(text)[0]["namespace"].as_str().unwrap().to_owned()));
    assert!(namespaces.into_iter().all(|(service, namespace)| namespace == format!("slo-{service}")));
    let secret = &documents(&files["operator/secrets/alertmanager.yaml"])[0];
    assert_eq!(secret["kind"], "Secret");
    assert_eq!(secret["metadata"]["name"], "alertmanager-main");
    let configuration = secret["stringData"]["alertmanager.yaml"].as_str().unwrap();
    let own = &files["alertmanager/alertmanager.yml"];
    assert_eq!(
        configuration,
        own.replace("- templates/slowburn.tmpl", "- /etc/alertmanager/config/slowburn.tmpl")
    );
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("grafana/dashboards/")) {
        let stem = path.trim_start_matches("grafana/dashboards/").trim_end_matches(".json");
        let map = &documents(&files[&format!("operator/dashboards/{stem}.yaml")])[0];
        assert_eq!(map["data"][format!("{stem}.json")].as_str().unwrap(), text);
        assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
        assert_eq!(map["metadata"]["labels"]["release"], "kube-prometheus-stack");
    }
}

/// A service with 200 SLOs, for these targets.
fn many(targets: &str) -> Vec<SourceFile> {
    let slo = |index: usize| {
        format!(
            "  calls-{index}:\n    objective: 99.9%\n    sli: {{ total: 'calls_{index}_total', bad: 'calls_{index}_total{{code=~\"5..\"}}' }}\n"
        )
    };
    let service =
        format!("version: slowburn/v1\nservice: many\nslos:\n{}", (0..200).map(slo).collect::<String>());
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), text: text.to_owned() };
    let project = format!("version: slowburn/v1\ntargets: {targets}\n");
    vec![file("slos/slowburn.yaml", &project), file("slos/many.yaml", &service)]
}

#[test]
fn files_are_within_the_limits_of_their_targets() {
    let files = all();
    let mimir: Vec<Value> = of(&files, "mimir").into_values().flat_map(groups).collect();
    assert!(mimir.len() <= 70, "{}", mimir.len());
    assert!(mimir.iter().all(|group| group["rules"].as_array().unwrap().len() <= 20));

    let files = compiled(many("{ operator: {}, vmrule: {} }"));
    for target in ["operator", "vmrule"] {
        let text = of(&files, target)["many"];
        let objects = documents(text);
        assert!(objects.len() > 3, "{}", objects.len());
        let mut names: Vec<&str> =
            objects.iter().map(|object| object["metadata"]["name"].as_str().unwrap()).collect();
        assert_eq!(names[..3], ["slo-many", "slo-many.2", "slo-many.3"]);
        names.dedup();
        assert_eq!(names.len(), objects.len());
        for object in &objects {
            let size = object.to_string().len();
            assert!(size < ANNOTATION, "{target}: {size}");
        }
        assert!(rules(of(&files, "prometheus")["many"]) == rules(text));
    }
    // Mimir refuses them with its default limits. This is reported by the compiler.
    let problems = slowburn::compile(&Sources::new(many("{ mimir: {} }"))).problems;
    let limits: Vec<&str> =
        problems.iter().map(|problem| problem.code.name()).filter(|code| *code == "group-limit").collect();
    assert_eq!(limits.len(), 1);
    let files = compiled(many("{ mimir: { max_groups: 300 } }"));
    assert!(groups(of(&files, "mimir")["many"]).len() > 70);
}

#[test]
fn only_declared_targets_can_be_selected() {
    let folder = Folder::new();
    let said = folder.slowburn(&["compile", "--only", "thanos"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("declares no target `thanos`"), "{}", said.stderr);
    folder.write("slos/slowburn.yaml", "version: slowburn/v1\ntargets: { thanos: {} }\n");
    assert_eq!(folder.slowburn(&["compile", "--only", "thanos"]).code, Some(0));
    assert_eq!(folder.tree("out").into_keys().filter(|path| path.ends_with(".yaml")).count(), 1);
    // Files of targets that are no longer declared are removed.
    folder.write("slos/slowburn.yaml", "version: slowburn/v1\n");
    assert_eq!(folder.slowburn(&[]).code, Some(0));
    assert!(
        !folder.tree("out").into_keys().any(|path| path.starts_with("thanos/") && path.ends_with(".yaml"))
    );
}

/// Whether two values are equal, if 1 and 1.0 are the same number.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        // A number that was converted to JSON again may differ in its last digit.
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= 1e-15 * one.abs().max(other.abs())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, one)| other.get(name).is_some_and(|other| alike(one, other));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

#[test]
fn every_library_of_yaml_reads_the_same() {
    let files = all();
    let folder = Folder::empty();
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".yaml")) {
        folder.write(path, text);
    }
    let Some(program) = readers() else { return };
    let read = read_by(&program, &folder.path(""));
    assert!(read.len() > 50, "{}", read.len());
    for (path, values) in &read {
        let own = documents(&files[path]);
        let own = if own.len() == 1 { own[0].clone() } else { Value::Array(own) };
        for (at, library) in LIBRARIES.iter().enumerate() {
            assert!(alike(&values[at], &own), "{path} by {library}: {}", values[at]);
        }
    }
}

/// The program in an environment variable, or the one that `tests/engines/run` has built.
fn loader(variable: &str, what: &str) -> Option<String> {
    let name = variable.to_lowercase().replace('_', "-");
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/engines").join(name);
    let found = env::var(variable).ok().or(built.exists().then(|| built.display().to_string()));
    if found.is_none() {
        skipped(&format!("{what}: run tests/engines/run once, or set {variable}"));
    }
    found
}

fn passes(program: &str, args: &[&str]) {
    let output = Command::new(program).args(args).output().unwrap();
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    let _ = write!(said, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {args:?}: {said}");
}

#[test]
fn loaders_of_the_targets_take_the_files() {
    let folder = Folder::empty();
    for (path, text) in all() {
        folder.write(&format!("out/{path}"), text);
    }
    // With a service of 200 SLOs.
    let targets =
        "{ operator: {}, thanos: {}, mimir: { max_groups: 300 }, cortex: {}, vmalert: {}, vmrule: {} }";
    for (path, text) in compiled(many(targets)) {
        if ["prometheus/", "thanos/", "mimir/", "cortex/", "vmalert/", "vmrule/"]
            .iter()
            .any(|target| path.starts_with(target))
        {
            folder.write(&format!("out/{path}"), text);
        }
    }
    let out = |target: &str| folder.path(&format!("out/{target}"));
    let each = |target: &str| -> Vec<String> {
        let mut files: Vec<String> = std::fs::read_dir(out(target))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| path.to_str().unwrap().to_owned())
            .collect();
        files.sort();
        files
    };
    if let Some(promtool) = promtool() {
        let files = each("prometheus");
        assert!(files.iter().any(|file| file.ends_with("/many.rules.yaml")));
        let args: Vec<&str> =
            ["check", "rules"].into_iter().chain(files.iter().map(String::as_str)).collect();
        passes(promtool.to_str().unwrap(), &args);
    }
    let glob = |path: &Path| format!("{}/*.yaml", path.display());
    if let Some(vmalert) = loader("VMALERT", "vmalert's own check of rules") {
        for target in ["vmalert", "prometheus"] {
            let pattern = format!("-rule={}", glob(&out(target)));
            passes(&vmalert, &["-dryRun", &pattern]);
        }
        // The file that the operator of VictoriaMetrics gives to vmalert.
        for file in each("vmrule") {
            let text = std::fs::read_to_string(&file).unwrap();
            for (index, object) in documents(&text).iter().enumerate() {
                let name = format!("specs/{index}-{}", file.rsplit('/').next().unwrap());
                folder.write(&name, object["spec"].to_string());
            }
        }
        passes(&vmalert, &["-dryRun", &format!("-rule={}", glob(&folder.path("specs")))]);
    }
    if let Some(thanos) = loader("THANOS", "Thanos' own check of rules") {
        for file in each("thanos") {
            passes(&thanos, &["tools", "rules-check", &format!("--rules={file}")]);
        }
    }
    if let Some(mimirtool) = loader("MIMIRTOOL", "mimirtool's check of rules") {
        for target in ["mimir", "cortex"] {
            let files = each(target);
            let args: Vec<&str> =
                ["rules", "check", "--strict"].into_iter().chain(files.iter().map(String::as_str)).collect();
            passes(&mimirtool, &args);
        }
    }
    if let Some(operator) = loader("OPERATOR_CHECK", "the Prometheus Operator's own check of objects") {
        let mut objects = Vec::new();
        for (of, files) in [("all", all()), ("many", compiled(many("{ operator: {} }")))] {
            for (path, text) in files.iter().filter(|(path, _)| path.starts_with("operator/")) {
                folder.write(&format!("{of}/{path}"), text);
                objects.push(folder.path(&format!("{of}/{path}")).display().to_string());
            }
        }
        assert!(objects.len() > 20, "{objects:?}");
        passes(&operator, &objects.iter().map(String::as_str).collect::<Vec<_>>());
        // An invalid file is refused, so the check can fail.
        let broken = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  groups: [{ name: a, rules: [{ record: a, expr: '1 +' }] }]\n";
        folder.write("broken.yaml", broken);
        let broken = folder.path("broken.yaml");
        assert_eq!(Command::new(&operator).arg(broken).output().unwrap().status.code(), Some(1));
    }
}
