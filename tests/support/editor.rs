//! An editor, as far as the protocol matters: the real `slowburn lsp`, and its client.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::folder::Folder;

/// A conversation.
pub struct Editor {
    process: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Messages that arrived while another one was expected.
    kept: Vec<Value>,
    asked: i64,
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The address of a file.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn messages(output: ChildStdout) -> impl Iterator<Item = Value> {
    let mut output = BufReader::new(output);
    std::iter::from_fn(move || {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if output.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.strip_prefix("Content-Length: ") {
                Some(value) => length = value.trim().parse().unwrap(),
                None => break assert_eq!(line, "\r\n"),
            }
        }
        let mut body = vec![0; length];
        output.read_exact(&mut body).unwrap();
        Some(serde_json::from_slice(&body).unwrap())
    })
}

impl Editor {
    /// A server before `initialize`.
    pub fn start(folder: &Folder) -> Self {
        let mut command = folder.command(&["lsp"]);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = process.stdin.take();
        let output = process.stdout.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for message in messages(output) {
                let _ = sender.send(message);
            }
        });
        Self { process, input, messages: receiver, kept: Vec::new(), asked: 0 }
    }

    /// A server after `initialize` with these capabilities, with the folder as its workspace; and its answer.
    pub fn greeted(folder: &Folder, capabilities: &Value) -> (Self, Value) {
        let mut editor = Self::start(folder);
        let root = uri(&folder.path(""));
        let params = json!({ "processId": null, "rootUri": root, "capabilities": capabilities });
        let answer = editor.ask("initialize", params);
        editor.tell("initialized", json!({}));
        (editor, answer)
    }

    /// Sends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).and_then(|()| input.flush()).unwrap();
    }

    /// Sends a message with its right length.
    pub fn send(&mut self, message: &str) {
        self.raw(format!("Content-Length: {}\r\n\r\n{message}", message.len()).as_bytes());
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    /// The whole answer, also an error.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
        self.wait(|message| message["id"] == id && message.get("method").is_none())
    }

    /// The first message that fits, already received or not.
    pub fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at);
        }
        let begun = Instant::now();
        loop {
            let left = Duration::from_secs(60).saturating_sub(begun.elapsed());
            let message = self.messages.recv_timeout(left);
            let message = message.unwrap_or_else(|_| panic!("it never came; instead {:#?}", self.kept));
            if wanted(&message) {
                return message;
            }
            self.kept.push(message);
        }
    }

    /// The next problems of a file.
    pub fn problems(&mut self, path: &Path) -> Vec<Value> {
        let uri = uri(path);
        let mut reply = self.wait(|message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri.as_str()
        });
        serde_json::from_value(reply["params"]["diagnostics"].take()).unwrap()
    }

    /// Opens a file with its content on the disk.
    pub fn open(&mut self, folder: &Folder, path: &str) {
        let text = folder.read(path);
        self.open_as(&folder.path(path), &text);
    }

    pub fn open_as(&mut self, path: &Path, text: &str) {
        let document = json!({ "uri": uri(path), "languageId": "yaml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces all of an open text.
    pub fn replace(&mut self, path: &Path, version: i64, text: &str) {
        self.change(path, version, json!([{ "text": text }]));
    }

    pub fn change(&mut self, path: &Path, version: i64, changes: Value) {
        let document = json!({ "uri": uri(path), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Sends a request about a place, and returns the result.
    pub fn ask_at(&mut self, method: &str, path: &Path, line: u32, character: u32) -> Value {
        let position = json!({ "line": line, "character": character });
        self.ask(method, json!({ "textDocument": { "uri": uri(path) }, "position": position }))["result"]
            .take()
    }

    /// Ends the input or sends `exit`; returns the exit code.
    pub fn ended(mut self) -> Option<i32> {
        drop(self.input.take());
        self.process.wait().unwrap().code()
    }
}
