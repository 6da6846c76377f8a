//! The content of compiled files, as programs in Go read it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::skipped;

/// The readers in Go, compiled; prints why and returns `None` if that is not possible here.
pub fn readers() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = root.join("target/tmp/readers");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    let mut build = Command::new("go");
    build
        .args(["build", "-buildvcs=false", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(root.join("tests/readers"));
    match build.output() {
        Ok(output) if output.status.success() => Some(program),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let first = said.lines().next().unwrap_or_default();
            skipped(&format!(
                "go-yaml and a parser of HTML read no outputs: go cannot build tests/readers: {first}"
            ));
            None
        }
        Err(_) => {
            skipped("go-yaml and a parser of HTML read no outputs: go is not installed");
            None
        }
    }
}

/// The libraries of YAML, in the order of their answers.
pub const LIBRARIES: [&str; 3] = ["yaml.v2", "yaml.v3", "sigs.k8s.io/yaml"];

/// The content of every file below a folder, as Go reads it.
pub fn read_by(program: &Path, folder: &Path) -> BTreeMap<String, Value> {
    let output = Command::new(program).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
