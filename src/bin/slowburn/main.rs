//! The shell (to be written).
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::print_stderr,
    missing_docs
)]
use slowburn::render::{Format, render};
use slowburn::source::{SourceFile, Sources};
fn main() {
    let dir = std::env::args().nth(1).unwrap_or("slos".into());
    let out = std::env::args().nth(2).unwrap_or("out".into());
    let mut files = vec![];
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "yaml") {
            files.push(SourceFile {
                path: path.display().to_string(),
                text: std::fs::read_to_string(&path).unwrap(),
            });
        }
    }
    let sources = Sources::new(files);
    let compiled = slowburn::compile(&sources);
    eprint!("{}", render(&compiled.problems, &sources, Format::Human { color: false }));
    for (path, text) in compiled.artifacts().into_iter().flatten() {
        let path = std::path::Path::new(&out).join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}
