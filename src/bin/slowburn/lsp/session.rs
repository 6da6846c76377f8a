//! The session with one editor: the agreed options, the open documents, and which request is allowed when.

use std::mem;
use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};
use slowburn::editor::Encoding;

use super::diagnostics::Places;
use super::documents::Documents;
use super::framing::INVALID_REQUEST;
use super::project::Checked;
use super::work::{Job, State, Work};
use super::{Output, answers, send, uri};

const METHOD_NOT_FOUND: i64 = -32601;
const NOT_INITIALIZED: i64 = -32002;

/// What the editor supports.
#[derive(Clone, Copy, Default)]
pub struct Agreed {
    /// What columns count.
    encoding: Encoding,
    /// Whether it shows related places of a problem.
    related: bool,
    /// Whether it can report changed files.
    watches: bool,
}

impl Agreed {
    fn with(params: &Value) -> Self {
        let capabilities = &params["capabilities"];
        let encodings = capabilities["general"]["positionEncodings"].as_array();
        let bytes = encodings.is_some_and(|known| known.contains(&json!("utf-8")));
        let text = &capabilities["textDocument"];
        let yes = |value: &Value| value.as_bool() == Some(true);
        Self {
            encoding: if bytes { Encoding::Utf8 } else { Encoding::Utf16 },
            related: yes(&text["publishDiagnostics"]["relatedInformation"]),
            watches: yes(&capabilities["workspace"]["didChangeWatchedFiles"]["dynamicRegistration"]),
        }
    }

    /// What is needed to give places to this editor.
    pub fn places<'a>(&self, checked: &'a Checked, documents: &'a Documents) -> Places<'a> {
        Places { checked, documents, encoding: self.encoding, related: self.related }
    }
}

/// The stage of the session.
enum Stage {
    Fresh,
    Running { jobs: Sender<Job>, work: JoinHandle<()>, agreed: Agreed },
    ShutDown,
}

/// A session.
pub struct Session {
    stage: Stage,
    state: State,
    cancelled: Arc<Mutex<Vec<Value>>>,
    output: Output,
}

impl Session {
    /// A session before the first message.
    pub fn new(output: Output) -> Self {
        Self { stage: Stage::Fresh, state: State::default(), cancelled: Arc::default(), output }
    }

    /// Reports to the editor that a message could not be read.
    pub fn fault(&self, code: i64, message: &str) {
        self.error(&Value::Null, code, message);
    }

    /// Handles a message. `Some` if it ends the session; true if `shutdown` came before.
    pub fn take(&mut self, message: &Value) -> Option<bool> {
        let id = message.get("id").filter(|id| id.is_string() || id.is_number());
        match (message["method"].as_str(), id) {
            (Some(method), Some(id)) => self.handle_request(id, method, &message["params"]),
            (Some("exit"), None) => {
                let agreed = matches!(self.stage, Stage::ShutDown);
                self.end();
                return Some(agreed);
            }
            (Some(method), None) => self.handle_notification(method, &message["params"]),
            // An answer to our own request. Nothing depends on it.
            (None, Some(_)) if message.get("result").is_some() || message.get("error").is_some() => {}
            (None, _) => self.fault(INVALID_REQUEST, "this is neither a request nor a notification"),
        }
        None
    }

    /// Waits until the pending requests are answered.
    pub fn end(&mut self) {
        if let Stage::Running { jobs, work, .. } = mem::replace(&mut self.stage, Stage::ShutDown) {
            drop(jobs);
            // After a panic there is nothing to do: the editor is gone.
            let _ = work.join();
        }
    }

    fn error(&self, id: &Value, code: i64, message: &str) {
        let error = json!({ "code": code, "message": message });
        send(&self.output, json!({ "id": id, "error": error }));
    }

    fn handle_request(&mut self, id: &Value, method: &str, params: &Value) {
        match (&self.stage, method) {
            (Stage::Fresh, "initialize") => self.initialize(id, params),
            (Stage::Fresh, _) => self.error(id, NOT_INITIALIZED, "the first request must be `initialize`"),
            (Stage::ShutDown, _) => {
                self.error(id, INVALID_REQUEST, "after `shutdown` only `exit` is allowed")
            }
            (Stage::Running { .. }, "initialize") => {
                self.error(id, INVALID_REQUEST, "`initialize` is allowed only once");
            }
            (Stage::Running { .. }, "shutdown") => {
                self.end();
                send(&self.output, json!({ "id": id, "result": null }));
            }
            (Stage::Running { jobs, .. }, _) if answers::METHODS.contains(&method) => {
                let (method, params, state) = (method.to_owned(), params.clone(), self.state.clone());
                // The receiver ends only after this sender, so sending cannot fail.
                let _ = jobs.send(Job::Asked { id: id.clone(), method, params, state });
            }
            (Stage::Running { .. }, _) => {
                self.error(id, METHOD_NOT_FOUND, &format!("slowburn does not answer `{method}`"));
            }
        }
    }

    fn initialize(&mut self, id: &Value, params: &Value) {
        let agreed = Agreed::with(params);
        self.state.folders = Arc::new(folders(params));
        let (jobs, todo) = mpsc::channel();
        let work = Work::new(agreed, self.output.clone(), self.cancelled.clone());
        let work = thread::spawn(move || work.run(&todo));
        self.stage = Stage::Running { jobs, work, agreed };
        let encoding = match agreed.encoding {
            Encoding::Utf16 => "utf-16",
            Encoding::Utf8 => "utf-8",
        };
        let mut capabilities = answers::capabilities();
        capabilities["positionEncoding"] = json!(encoding);
        capabilities["textDocumentSync"] = json!({ "openClose": true, "change": 2, "save": true });
        let server = json!({ "name": "slowburn", "version": env!("CARGO_PKG_VERSION") });
        let result = json!({ "capabilities": capabilities, "serverInfo": server });
        send(&self.output, json!({ "id": id, "result": result }));
    }

    fn handle_notification(&mut self, method: &str, params: &Value) {
        let Stage::Running { jobs, agreed, .. } = &self.stage else { return };
        match method {
            // Check the definitions in the workspace before any file is opened.
            "initialized" if agreed.watches => self.watch(),
            "textDocument/didOpen" => drop(self.state.documents.open(params)),
            "textDocument/didChange" => drop(self.state.documents.change(params, agreed.encoding)),
            "textDocument/didClose" => drop(self.state.documents.close(params)),
            "initialized" | "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {}
            "$/cancelRequest" => {
                let mut cancelled = self.cancelled.lock().unwrap_or_else(PoisonError::into_inner);
                // A request may be answered before it is cancelled. Then its id stays in the list, so the list is limited.
                if cancelled.len() == 1000 {
                    cancelled.remove(0);
                }
                cancelled.push(params["id"].clone());
                return;
            }
            _ => return,
        }
        self.state.generation += 1;
        let _ = jobs.send(Job::Changed(self.state.clone()));
    }

    /// Asks the editor to report changed files that are not open: other programs may write them.
    fn watch(&self) {
        let watchers = json!([{ "globPattern": "**/*.{yaml,yml,prom,md}" }]);
        let registration = json!({
            "id": "files",
            "method": "workspace/didChangeWatchedFiles",
            "registerOptions": { "watchers": watchers },
        });
        let params = json!({ "registrations": [registration] });
        send(&self.output, json!({ "id": "files", "method": "client/registerCapability", "params": params }));
    }
}

/// The folders of the editor's workspace.
fn folders(params: &Value) -> Vec<PathBuf> {
    let several = params["workspaceFolders"].as_array().into_iter().flatten();
    let mut folders: Vec<PathBuf> = several.filter_map(|folder| uri::path(folder["uri"].as_str()?)).collect();
    if folders.is_empty() {
        folders.extend(params["rootUri"].as_str().and_then(uri::path));
    }
    folders
}
