//! Compiled sources, handed to the real promtool.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde_yaml::Value;
use slowburn::artifact::Artifacts;
use slowburn::source::{SourceFile, Sources};
use tempfile::TempDir;

/// The artifacts of sources with these paths and texts.
pub fn compiled(files: &[(&str, &str)]) -> Artifacts {
    let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).into(), text: (*text).into() };
    let compiled = slowburn::compile(&Sources::new(files.iter().map(file).collect()));
    compiled.artifacts().unwrap_or_else(|| panic!("{files:?}\ndoes not compile: {:#?}", compiled.problems))
}

/// A folder with these files; in memory if the system has a place for that, because promtool waits for its disk.
pub fn written(artifacts: &Artifacts) -> TempDir {
    let dir = tempfile::tempdir_in(memory()).unwrap();
    for (path, text) in artifacts {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn memory() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() { shared.to_owned() } else { env::temp_dir() }
}

/// Runs promtool; its output if it fails.
pub fn run(promtool: &Path, args: &[&str], files: &[PathBuf]) -> Result<(), String> {
    let mut command = Command::new(promtool);
    // Fewer garbage collections make it a third faster; two run at a time, so each has one processor.
    command.args(args).args(files).env("GOGC", "400").env("GOMAXPROCS", "1").env("TMPDIR", memory());
    let output = command.output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(readable(&said)) }
}

/// The beginning of a text, without the ends of its longest lines.
fn readable(text: &str) -> String {
    const LINES: usize = 40;
    const WIDTH: usize = 300;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut shown: Vec<String> =
        lines.iter().take(LINES).map(|line| line.chars().take(WIDTH).collect()).collect();
    if lines.len() > LINES {
        shown.push(format!("… and {} lines more", lines.len() - LINES));
    }
    shown.join("\n")
}

/// `promtool check rules` with all of its checks, with every existing promtool; `of` names the files.
pub fn check_rules(of: &str, files: &[PathBuf]) {
    let tools: Vec<PathBuf> = super::promtool().into_iter().chain(super::promtool3()).collect();
    if tools.is_empty() {
        super::skipped(&format!("check of the rules of {of}: there is no promtool"));
    }
    for promtool in tools {
        if let Err(said) = run(&promtool, &["check", "rules", "--lint=all", "--lint-fatal"], files) {
            panic!("{}\n{said}", promtool.display());
        }
    }
}

/// Runs every file of tests, two at a time, the largest first; returns the failures with promtool's output.
pub fn test_rules(promtool: &Path, mut files: Vec<PathBuf>) -> Vec<String> {
    files.sort_by_key(|path| fs::metadata(path).map(|file| file.len()).unwrap_or_default());
    let waiting = Mutex::new(files);
    let failed = Mutex::new(Vec::new());
    let worker = || {
        loop {
            let Some(file) = waiting.lock().unwrap().pop() else { return };
            if let Err(said) = run(promtool, &["test", "rules"], std::slice::from_ref(&file)) {
                failed.lock().unwrap().push(format!("{}\n{said}\n", file.display()));
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(worker);
        scope.spawn(worker);
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    failed
}

/// The project's own sources.
pub fn own() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let slos = root.join("slos");
    let beside = [("metrics", ".prom"), ("runbooks", ".md")];
    let beside = beside.into_iter().flat_map(|(folder, end)| files(&slos.join(folder), end));
    let all = files(&slos, ".yaml").into_iter().chain(beside);
    all.map(|path| SourceFile {
        path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(&path).unwrap(),
    })
    .collect()
}

/// The files of a folder whose names end with this text, sorted.
pub fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.to_str().is_some_and(|path| path.ends_with(end))).collect();
    files.sort();
    files
}

/// A document, read by another YAML library than the one that the compiler writes with.
pub fn read(yaml: &str) -> Value {
    serde_yaml::from_str(yaml).unwrap_or_else(|fault| panic!("{fault}\n{yaml}"))
}

/// The groups of a rule file.
pub fn groups(rules: &str) -> Vec<Value> {
    read(rules)["groups"].as_sequence().unwrap().clone()
}

/// A promtool test from the test's own samples: the input of one service's rules, and the expected results.
pub struct Play {
    artifacts: Artifacts,
    service: String,
    scrape: u32,
    evaluate: u32,
    series: Vec<(String, String)>,
    checks: Vec<(String, String, String)>,
    length: String,
    /// The compiled rules, if another ruler must pass the same test.
    asynchronous: Option<String>,
    /// Whether its series need a promtool of Prometheus 3.
    newest: bool,
}

impl Play {
    /// The rules of one service, with evaluations and samples every half minute.
    pub fn of(project: &str, source: &str) -> Self {
        Self::from(&[("slos/slowburn.yaml", project), ("slos/service.yaml", source)])
    }

    /// The same for these sources.
    pub fn from(files: &[(&str, &str)]) -> Self {
        let artifacts = compiled(files);
        let path = artifacts.keys().find(|path| path.starts_with("prometheus/")).unwrap();
        let service = path.trim_start_matches("prometheus/").trim_end_matches(".rules.yaml").to_owned();
        let (series, checks) = (Vec::new(), Vec::new());
        Self {
            artifacts,
            service,
            scrape: 30,
            evaluate: 30,
            series,
            checks,
            length: String::new(),
            asynchronous: None,
            newest: false,
        }
    }

    /// With native histograms, which only a promtool of Prometheus 3 can read.
    pub fn newest(mut self) -> Self {
        self.newest = true;
        self
    }

    /// Seconds between samples.
    pub fn scraped_every(mut self, seconds: u32) -> Self {
        self.scrape = seconds;
        self
    }

    /// Seconds between evaluations.
    pub fn evaluated_every(mut self, seconds: u32) -> Self {
        self.evaluate = seconds;
        self
    }

    /// The order of a ruler whose rules read each other's results one evaluation late: each group from its last rule to its first. If vmalert-tool
    /// exists, it runs the rules in their own order.
    pub fn late(mut self) -> Self {
        let path = format!("prometheus/{}.rules.yaml", self.service);
        self.asynchronous = Some(self.artifacts[&path].clone());
        let mut all = groups(&self.artifacts[&path]);
        for group in &mut all {
            let rules = group["rules"].as_sequence_mut().unwrap();
            rules.reverse();
            // Tiles with and without their month both read nothing of this evaluation.
            let is_marked = |rule: &Value| {
                rule.get("record").and_then(Value::as_str).is_some_and(|name| name.contains("_tile5m"))
            };
            rules.sort_by_key(|rule| !is_marked(rule));
        }
        let text = format!("groups: {}\n", serde_json::to_string(&all).unwrap());
        self.artifacts.insert(path, text);
        self
    }

    /// The order of a ruler whose groups read the samples of others a moment too late: the last group is evaluated first.
    pub fn last_group_first(mut self) -> Self {
        let path = format!("prometheus/{}.rules.yaml", self.service);
        let mut all = groups(&self.artifacts[&path]);
        all.reverse();
        let text = format!("groups: {}\n", serde_json::to_string(&all).unwrap());
        self.artifacts.insert(path, text);
        self
    }

    /// The end of the test; all recorded samples until then must be valid.
    pub fn until(mut self, length: &str) -> Self {
        self.length = length.to_owned();
        let recorded = self.recorded();
        // If good events are counted instead of bad ones, the bad ones are a difference, which may be below zero for a moment.
        let signed = recorded.iter().any(|name| name.contains(":good_events:"));
        for name in recorded {
            // NaN and infinity both become NaN.
            self = self.is(length, &format!("sum(0 * sum_over_time({name}[{length}])) or vector(0)"), "0");
            if name.contains(":sli_error:") {
                let highest = format!("max(max_over_time({name}[{length}])) > bool 1 or vector(0)");
                self = self.is(length, &highest, "0");
            }
            let count = name.contains("_events:") || name.contains("_occurrences:");
            if name.contains(":sli_error:") || count && !(signed && name.contains(":bad_events:")) {
                let lowest = format!("min(min_over_time({name}[{length}])) < bool 0 or vector(0)");
                self = self.is(length, &lowest, "0");
            }
        }
        self
    }

    /// Names of recorded series, each once.
    fn recorded(&self) -> BTreeSet<String> {
        let groups = groups(&self.artifacts[&format!("prometheus/{}.rules.yaml", self.service)]);
        let rules = groups.iter().flat_map(|group| group["rules"].as_sequence().unwrap());
        rules.filter_map(|rule| Some(rule.get("record")?.as_str()?.to_owned())).collect()
    }

    /// A series with its samples in promtool's notation.
    pub fn series(mut self, name: &str, values: &str) -> Self {
        self.series.push((name.to_owned(), values.to_owned()));
        self
    }

    /// A query has one sample without labels, of this value.
    pub fn is(mut self, at: &str, expr: &str, value: &str) -> Self {
        self.checks.push((at.to_owned(), expr.to_owned(), value.to_owned()));
        self
    }

    /// A query has a value within one percent of this one.
    pub fn near(self, at: &str, expr: &str, value: &str) -> Self {
        self.is(at, &format!("abs(({expr}) / ({value}) - 1) < bool 0.01"), "1")
    }

    /// How many alerts of a name fire.
    pub fn firing(self, at: &str, alert: &str, count: u32) -> Self {
        let expr = format!("count(ALERTS{{alertname='{alert}',alertstate='firing'}}) or vector(0)");
        self.is(at, &expr, &count.to_string())
    }

    /// At how many evaluations of a range an alert fires.
    pub fn firing_for(self, at: &str, range: &str, alert: &str, evaluations: u32) -> Self {
        let expr = format!(
            "sum(count_over_time(ALERTS{{alertname='{alert}',alertstate='firing'}}[{range}])) or vector(0)"
        );
        self.is(at, &expr, &evaluations.to_string())
    }

    /// No alert ever fires.
    pub fn silent(self) -> Self {
        let length = self.length.clone();
        self.is(&length, &format!("count(count_over_time(ALERTS[{length}])) or vector(0)"), "0")
    }

    fn test(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let path = format!("prometheus/{}.rules.yaml", self.service);
        let mut test = format!("rule_files: [../{path}]\nevaluation_interval: {}s\n", self.evaluate);
        test += "group_eval_order:\n";
        for group in groups(&self.artifacts[&path]) {
            test += &format!("  - {}\n", group["name"].as_str().unwrap());
        }
        test += &format!("tests:\n  - interval: {}s\n    input_series:\n", self.scrape);
        for (name, values) in &self.series {
            test += &format!("      - {{ series: {}, values: {} }}\n", quoted(name), quoted(values));
        }
        test += "    promql_expr_test:\n";
        for (at, expr, value) in &self.checks {
            test += &format!("      - expr: {}\n        eval_time: {at}\n", quoted(expr));
            test += &format!("        exp_samples: [{{ labels: '{{}}', value: {value} }}]\n");
        }
        test
    }

    /// Runs the test; with every promtool if slow tests are wanted.
    pub fn run(mut self) {
        assert!(!self.length.is_empty(), "say until when");
        let test = self.test();
        self.artifacts.insert("promtool/hand.yaml".to_owned(), test.clone());
        let dir = written(&self.artifacts);
        let older = super::promtool().filter(|_| !self.newest);
        let tools: Vec<PathBuf> = older.into_iter().chain(super::promtool3()).collect();
        if tools.is_empty() {
            super::skipped(match self.newest {
                true => "proofs of native histograms: there is no promtool3",
                false => "tests of rules by hand: there is no promtool",
            });
        }
        for promtool in tools.iter().take(if super::full() { 2 } else { 1 }) {
            if let Err(said) = run(promtool, &["test", "rules"], &[dir.path().join("promtool/hand.yaml")]) {
                panic!("{}\n{said}\n{test}", promtool.display());
            }
        }
        let Some(rules) = self.asynchronous else { return };
        let Some(vmalert_tool) = super::vmalert_tool() else {
            return super::skipped("rules under vmalert-tool: set VMALERT_TOOL");
        };
        let path = dir.path().join("promtool/vmalert.yaml");
        fs::write(dir.path().join(format!("prometheus/{}.rules.yaml", self.service)), rules).unwrap();
        fs::write(&path, test.replace("promql_expr_test:", "metricsql_expr_test:")).unwrap();
        let files = format!("--files={}", path.display());
        let args = ["unittest", "--disableAlertgroupLabel", &files];
        if let Err(said) = run(&vmalert_tool, &args, &[]) {
            panic!("{}\n{said}\n{test}", vmalert_tool.display());
        }
    }
}
