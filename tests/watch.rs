//! `--watch` in a real process, with edits like those of editors.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use support::folder::{API, Folder, service};
use support::skipped;

/// Longer than any machine needs to notice a change.
const LONG: Duration = Duration::from_secs(60);

/// A watcher, until the end of the test.
struct Watcher {
    process: Child,
    said: Receiver<String>,
}

impl Watcher {
    fn start(folder: &Folder, args: &[&str]) -> Self {
        let mut process = folder.command(args).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let (say, said) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        Self { process, said }
    }

    /// The output up to the end of the next run.
    fn run(&self) -> String {
        let mut run = String::new();
        while !run.ends_with("waiting for changes\n") {
            let line =
                self.said.recv_timeout(LONG).unwrap_or_else(|_| panic!("nothing happens after {run:?}"));
            run.push_str(&format!("{line}\n"));
        }
        run
    }

    /// Whether there is no output for two seconds, which is ten polls.
    fn rests(&self) -> bool {
        self.said.recv_timeout(Duration::from_secs(2)).is_err()
    }

    /// The signal that ends it on Ctrl-C. If a shell runs the tests in the background, they ignore this signal; then the result is `None`.
    fn interrupt(mut self) -> Option<i32> {
        if is_ignored(2) {
            skipped("Ctrl-C is ignored by whoever started the tests, so a watcher was not interrupted");
            let _ = self.process.kill();
            let _ = self.process.wait();
            return Some(2);
        }
        let killed = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.process.wait().unwrap().signal()
    }
}

/// Whether this process, and so its children, ignore a signal, as far as Linux shows it.
fn is_ignored(signal: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// As most editors write: to a temporary file, which is then renamed.
fn replace(folder: &Folder, path: &str, text: &str) {
    folder.write("slos/.4913~", text);
    fs::rename(folder.path("slos/.4913~"), folder.path(path)).unwrap();
}

#[test]
fn every_change_compiles_once_and_nothing_else_does() {
    let folder = Folder::empty();
    folder.write("slos/api.yaml", API);
    let watcher = Watcher::start(&folder, &["compile", "--watch"]);
    let first = watcher.run();
    assert!(first.starts_with("compiled 1 SLO of 1 service: "), "{first}");
    assert!(first.contains(" ms; waiting"), "{first}");
    assert!(watcher.rests(), "what it writes itself is no change");

    folder.write("slos/api.yaml", API.replace("99.9%", "99,9%"));
    let wrong = watcher.run();
    assert!(wrong.contains("error[invalid-objective]") && wrong.contains("nothing written, in "), "{wrong}");
    let rules = folder.read("out/prometheus/api.rules.yaml");
    assert!(rules.contains("99.9%"), "an error leaves what was there");

    replace(&folder, "slos/api.yaml", &API.replace("99.9%", "99.5%"));
    assert!(watcher.run().contains("compiled 1 SLO of 1 service"));
    assert!(folder.read("out/prometheus/api.rules.yaml").contains("99.5%"));

    folder.write("slos/more/web.yaml", service("web"));
    assert!(watcher.run().contains("compiled 2 SLOs of 2 services"));
    folder.remove("slos/more/web.yaml");
    let removed = watcher.run();
    assert!(removed.contains("compiled 1 SLO of 1 service") && !removed.contains(" 0 removed"), "{removed}");

    // Notes and swap files of editors are not definitions.
    folder.write("slos/notes.txt", "");
    folder.write("slos/.api.yaml.swp", "x");
    assert!(watcher.rests());
    assert_eq!(watcher.interrupt(), Some(2), "which shells report as 130");
}

#[test]
fn a_contract_is_a_source_too() {
    let folder = Folder::empty();
    folder.write("slos/api.yaml", API.replace("slos:", "metrics: api.prom\nslos:"));
    folder.write(
        "slos/api.prom",
        "# slowburn contract\n\ncounter http_requests_total\n  status: \"200\" \"500\"\n",
    );
    let watcher = Watcher::start(&folder, &["check", "--watch"]);
    let first = watcher.run();
    assert!(first.starts_with("no errors, in "), "{first}");
    folder
        .write("slos/api.prom", "# slowburn contract\n\ncounter requests_total\n  status: \"200\" \"500\"\n");
    let gone = watcher.run();
    assert!(gone.contains("error[unknown-metric]") && gone.contains("there are errors, in "), "{gone}");
    assert!(folder.tree("out").is_empty(), "a check writes nothing");
}

#[test]
fn a_folder_may_disappear_and_come_back() {
    let folder = Folder::empty();
    folder.write("slos/api.yaml", API);
    let watcher = Watcher::start(&folder, &["compile", "--watch"]);
    watcher.run();
    fs::rename(folder.path("slos"), folder.path("elsewhere")).unwrap();
    let gone = watcher.run();
    assert!(gone.contains("error: there is no directory slos"), "{gone}");
    assert!(folder.read("out/prometheus/api.rules.yaml").contains("99.9%"), "nothing is removed");
    fs::rename(folder.path("elsewhere"), folder.path("slos")).unwrap();
    assert!(watcher.run().contains("compiled 1 SLO of 1 service"));
}

#[test]
fn wrong_arguments_end_the_watch_at_once() {
    let folder = Folder::empty();
    let ran = folder.slowburn(&["compile", "nowhere", "--watch"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert_eq!(folder.slowburn(&["compile", "--watch", "--check"]).code, Some(2));
}
