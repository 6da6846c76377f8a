//! Compiles and answers in a second thread, so that messages of the editor do not wait.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::diagnostics;
use super::documents::Documents;
use super::project::{self, Checked};
use super::session::Agreed;
use super::{Output, answers, send, uri};

/// Problems are checked when no change came for so long.
const PAUSE: Duration = Duration::from_millis(50);

/// They are checked after so long even if changes keep coming.
const AT_MOST: Duration = Duration::from_millis(500);

/// The open texts at some moment.
#[derive(Clone, Default)]
pub struct State {
    pub documents: Documents,
    /// The folders of the editor's workspace.
    pub folders: Arc<Vec<PathBuf>>,
    /// Counts all changes of texts and all reports of changed files.
    pub generation: u64,
}

/// A job for the thread.
pub enum Job {
    /// Check for problems.
    Changed(State),
    /// Answer a request of the editor.
    Asked {
        id: Value,
        method: String,
        params: Value,
        /// The texts at the time of the request.
        state: State,
    },
}

/// The state of the thread.
pub struct Work {
    agreed: Agreed,
    output: Output,
    /// Ids of requests that the editor has cancelled.
    cancelled: Arc<Mutex<Vec<Value>>>,
    /// By folder of definitions, with the generation. `Err` if the folder cannot be read, or the compiler panicked.
    checked: BTreeMap<PathBuf, (u64, Result<Arc<Checked>, String>)>,
    /// What was last published, by address: the version of the text, and its problems.
    published: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    /// The last error of a folder that cannot be read.
    failures: BTreeMap<PathBuf, String>,
}

impl Work {
    /// The state before the first job.
    pub fn new(agreed: Agreed, output: Output, cancelled: Arc<Mutex<Vec<Value>>>) -> Self {
        let (checked, published, failures) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { agreed, output, cancelled, checked, published, failures }
    }

    /// Works until the session ends.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        // The first and last change that is not checked yet, and the state after it.
        let mut waiting: Option<(Instant, Instant, State)> = None;
        loop {
            let job = match &waiting {
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some((first, last, _)) => {
                    let due = (*first + AT_MOST).min(*last + PAUSE);
                    jobs.recv_timeout(due.saturating_duration_since(Instant::now()))
                }
            };
            match job {
                Ok(Job::Changed(state)) => {
                    let now = Instant::now();
                    waiting = Some((waiting.map_or(now, |(first, ..)| first), now, state));
                }
                Ok(Job::Asked { id, method, params, state }) => self.answer(id, &method, &params, &state),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some((_, _, state)) = waiting.take() {
                        self.publish(&state);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// The present result for a folder, compiled once for each change.
    fn check(&mut self, root: &Path, state: &State) -> Result<Arc<Checked>, String> {
        if let Some((generation, checked)) = self.checked.get(root)
            && *generation == state.generation
        {
            return checked.clone();
        }
        let checked =
            guarded(|| Checked::of(root, &state.documents).map(Arc::new).map_err(|f| f.to_string()))
                .unwrap_or_else(|| Err("slowburn has a bug: these definitions make it panic".to_owned()));
        self.checked.insert(root.to_owned(), (state.generation, checked.clone()));
        checked
    }

    /// Publishes the problems of every file that has some, had some, or is open.
    fn publish(&mut self, state: &State) {
        let roots = project::roots(&state.folders, &state.documents);
        self.checked.retain(|root, _| roots.contains(root));
        let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for root in &roots {
            let checked = match self.check(root, state) {
                Ok(checked) => checked,
                Err(failure) => {
                    self.report_failure(root, failure);
                    continue;
                }
            };
            self.failures.remove(root);
            let places = self.agreed.places(&checked, &state.documents);
            for problem in &checked.project.compiled.problems {
                let uri = places.uri(&checked.path(problem.primary.span.source));
                let problem = diagnostics::diagnostic(problem, &places);
                found.entry(uri).or_default().push(problem);
            }
        }
        let open: BTreeMap<&str, i64> =
            state.documents.iter().map(|(_, document)| (document.uri.as_str(), document.version)).collect();
        let known = self.published.keys().map(String::as_str).chain(open.keys().copied());
        let files: BTreeSet<String> = known.map(str::to_owned).chain(found.keys().cloned()).collect();
        for uri in files {
            let problems = found.remove(&uri).unwrap_or_default();
            let now = (open.get(uri.as_str()).copied(), problems);
            let before = self.published.get(&uri);
            let silent = before.is_none() && now == (None, Vec::new());
            if silent || before == Some(&now) {
                continue;
            }
            let mut params = json!({ "uri": uri, "diagnostics": now.1 });
            if let Some(version) = now.0 {
                params["version"] = json!(version);
            }
            send(&self.output, json!({ "method": "textDocument/publishDiagnostics", "params": params }));
            match now {
                (None, problems) if problems.is_empty() => drop(self.published.remove(&uri)),
                now => drop(self.published.insert(uri, now)),
            }
        }
    }

    /// Reports once why a folder cannot be checked.
    fn report_failure(&mut self, root: &Path, failure: String) {
        if self.failures.get(root) != Some(&failure) {
            let params = json!({ "type": 1, "message": format!("slowburn: {failure}") });
            send(&self.output, json!({ "method": "window/showMessage", "params": params }));
            self.failures.insert(root.to_owned(), failure);
        }
    }

    fn answer(&mut self, id: Value, method: &str, params: &Value, state: &State) {
        let mut cancelled = self.cancelled.lock().unwrap_or_else(PoisonError::into_inner);
        let unwanted = cancelled.iter().position(|other| *other == id).map(|at| cancelled.remove(at));
        drop(cancelled);
        if unwanted.is_some() {
            let error = json!({ "code": -32800, "message": "cancelled" });
            return send(&self.output, json!({ "id": id, "error": error }));
        }
        let checked = params["textDocument"]["uri"].as_str().and_then(uri::path).and_then(|path| {
            let checked = self.check(&project::root_of(&path, &state.documents)?, state).ok()?;
            let source = checked.source(&path)?;
            Some((checked, source))
        });
        // A file that is not a definition, or whose folder cannot be compiled, has an empty answer.
        let answered = match &checked {
            None => Some(Value::Null),
            Some((checked, source)) => {
                let places = self.agreed.places(checked, &state.documents);
                guarded(|| answers::answer(method, params, *source, &places))
            }
        };
        send(
            &self.output,
            match answered {
                Some(result) => json!({ "id": id, "result": result }),
                None => {
                    let error = json!({ "code": -32603, "message": "slowburn has a bug: this question makes it panic" });
                    json!({ "id": id, "error": error })
                }
            },
        );
    }
}

/// The result of `work`; `None` if it panics. That is a bug of ours, and must not end the server.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_gives_no_answer() {
        assert_eq!(super::guarded(|| 1), Some(1));
        assert_eq!(super::guarded(|| -> u8 { panic!("as a test") }), None);
    }
}
